/* msa-tls-sessions-private.h: TLS sessions that may be resumed
 *
 * A bounded store, locked, so that multis of several threads may share one. Bytes of a
 * session are secrets: they are overwritten when they are let go. What makes two peers the
 * same is said by the key, which the filter makes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MsaTlsSessions MsaTlsSessions;

typedef enum
{
  MSA_TLS_SESSION_TICKET, /* of TLS 1.3: to be used once (RFC 8446, C.4) */
  MSA_TLS_SESSION_OLD,    /* of TLS 1.2: may be used again and again; the newest takes the place of older ones */
} MsaTlsSessionKind;

MsaTlsSessions *msa_tls_sessions_new    (void) G_GNUC_WARN_UNUSED_RESULT;
MsaTlsSessions *msa_tls_sessions_ref    (MsaTlsSessions *self);
void            msa_tls_sessions_unref  (MsaTlsSessions *self);

/* @now_us counts suspended time. @lifetime_us is cut to what its kind may live; not above 0: not kept. Past
 * a limit the oldest goes. */
void            msa_tls_sessions_put    (MsaTlsSessions *self,
                                         const char *key,
                                         MsaTlsSessionKind kind,
                                         gconstpointer data,
                                         gsize len,
                                         gint64 lifetime_us,
                                         gint64 now_us);
/* The newest that is still alive; a ticket is gone from the store then. NULL: none. */
GBytes         *msa_tls_sessions_take   (MsaTlsSessions *self,
                                         const char *key,
                                         gint64 now_us) G_GNUC_WARN_UNUSED_RESULT;
/* All of a key: the peer did not take one back. */
void            msa_tls_sessions_forget (MsaTlsSessions *self,
                                         const char *key);
void            msa_tls_sessions_clear  (MsaTlsSessions *self);
guint           msa_tls_sessions_count  (MsaTlsSessions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTlsSessions, msa_tls_sessions_unref)

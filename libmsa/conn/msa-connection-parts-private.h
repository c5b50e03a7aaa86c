/* msa-connection-parts-private.h: the parts of a connection among themselves
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conn/msa-connection-private.h"

static inline gboolean
msa_connection_uses_tls (const MsaConnection *self)
{
  return self->url->scheme == MSA_SCHEME_HTTPS;
}

/* msa-connection-clock.c */

gint64 msa_connection_get_connect_timeout_us (const MsaSettings *settings);
/* To be called when another part of connecting has begun. */
void msa_connection_set_deadline    (MsaConnection *self);
/* The time is over. What has failed already, and was not looked at yet, stays the cause. */
void msa_connection_note_timed_out  (MsaConnection *self,
                                     gint64 now_us);

/* msa-connection-ask.c */

/* Somebody may be asked about the peer now, or not any more: the peer's clock stands meanwhile. */
void msa_connection_note_asking     (MsaConnection *self,
                                     gint64 now_us);
/* NULL: there is none, or none that opens the key. */
void msa_connection_answer_password (MsaConnection *self,
                                     const char *password,
                                     gint64 now_us);

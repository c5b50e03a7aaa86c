/* msa-tls-session-store.h: TLS sessions that later connections resume
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "msa-version-macros.h"

G_BEGIN_DECLS

#define MSA_TYPE_TLS_SESSION_STORE (msa_tls_session_store_get_type ())

MSA_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MsaTlsSessionStore, msa_tls_session_store, MSA, TLS_SESSION_STORE, GObject)

MSA_AVAILABLE_IN_1_0
MsaTlsSessionStore *msa_tls_session_store_new (void) G_GNUC_WARN_UNUSED_RESULT;

MSA_AVAILABLE_IN_1_0
guint               msa_tls_session_store_get_n_sessions (MsaTlsSessionStore *self);

MSA_AVAILABLE_IN_1_0
void                msa_tls_session_store_clear (MsaTlsSessionStore *self);

G_END_DECLS

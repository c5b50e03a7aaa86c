/* msa-tls-session-store-private.h: what the layers below are given of a session store
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-tls-session-store.h"
#include "model/msa-tls-sessions-private.h"

/* (transfer none) */
MsaTlsSessions *msa_tls_session_store_get_sessions (MsaTlsSessionStore *self);

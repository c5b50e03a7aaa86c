/* msa-tls-verify-private.h: the one place where a peer is found to be who it should be
 *
 * The function is the only maker of MsaTlsVerified, and no application byte goes
 * through a filter that has none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gnutls/gnutls.h>

#include "tls/msa-tls-private.h"

typedef struct _MsaTlsVerified MsaTlsVerified;

/* @session has its handshake done, with @trust as its credentials. @config, NULL for the
 * default, says which of chain and name are checked; each is checked alone, so the name counts
 * also where the chain does not. MSA_ERROR_TLS_VERIFY lists all that speaks against the peer. */
MsaTlsVerified *msa_tls_verify         (gnutls_session_t session,
                                        MsaTlsConfig *config,
                                        MsaHost *host,
                                        MsaTrust *trust,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whom the peer was verified to be. */
const MsaHost  *msa_tls_verified_get_host (const MsaTlsVerified *self);
void            msa_tls_verified_free  (MsaTlsVerified *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTlsVerified, msa_tls_verified_free)

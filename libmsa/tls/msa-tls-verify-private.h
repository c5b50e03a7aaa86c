/* msa-tls-verify-private.h: the one place where a peer is found to be who it should be
 *
 * The function is the only maker of MsaTlsVerified, and no application byte goes
 * through a filter that has none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "tls/msa-tls-private.h"

typedef struct _MsaTlsVerified MsaTlsVerified;

/* What spoke against a peer. */
typedef struct
{
  guint    flags;    /* GTlsCertificateFlags */
  gboolean is_final; /* nobody's word counts against it */
} MsaTlsDoubt;

/* @session has a certificate from its peer, with @trust as its credentials. @config, NULL for the
 * default, says which of chain and name are checked; each is checked alone, so the name counts
 * also where the chain does not, and pins always. @sys has the clock for stapled status. @accepted: somebody saw the doubt and takes the peer against
 * it; what is final stays an error. @doubt (nullable) is always set. MSA_ERROR_TLS_VERIFY or MSA_ERROR_TLS_PIN
 * lists all that speaks against the peer. */
MsaTlsVerified *msa_tls_verify         (gnutls_session_t session,
                                        MsaTlsConfig *config,
                                        MsaHost *host,
                                        MsaTrust *trust,
                                        MsaSys *sys,
                                        gboolean accepted,
                                        MsaTlsDoubt *doubt,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whom the peer was verified to be. */
const MsaHost  *msa_tls_verified_get_host (const MsaTlsVerified *self);
void            msa_tls_verified_free  (MsaTlsVerified *self);

/* What speaks against a status that the peer stapled, besides what GnuTLS finds; NULL: nothing, or there is none. */
const char     *msa_tls_staple_object  (gnutls_session_t session,
                                        gnutls_certificate_credentials_t credentials,
                                        MsaSys *sys);

/* Why a certificate is not made out to @host; NULL: it is. */
char           *msa_tls_names_object   (gnutls_x509_crt_t leaf,
                                        const MsaHost *host) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTlsVerified, msa_tls_verified_free)

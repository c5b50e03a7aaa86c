/* msa-tls-trust-private.h: what this folder alone knows of a trust
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gnutls/gnutls.h>

#include "tls/msa-tls-private.h"

/* Where certificates to trust come from: @path, or else @pem, or else the system's store. */
typedef struct
{
  char   *path; /* (owned) (nullable) */
  GBytes *pem;  /* (owned) (nullable) */
} MsaTrustSource;

/* Blocks: only within a job, unless the source is PEM. @sys may be NULL where the source is not
 * a file. MSA_ERROR_TLS_TRUST names the source and tells the unreadable from the empty. */
MsaTrust                         *msa_trust_load            (MsaSys *sys,
                                                             const MsaTrustSource *source,
                                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer none): not to be changed, other threads use it as well. */
gnutls_certificate_credentials_t  msa_trust_get_credentials (MsaTrust *self);
/* GnuTLS' text for one of its codes, in the form our messages have. */
char                             *msa_tls_describe          (int result) G_GNUC_WARN_UNUSED_RESULT;

/* msa-tls-trust-private.h: what this folder alone knows of a trust
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gnutls/gnutls.h>

#include "tls/msa-tls-private.h"

/* Blocks: only within a job, unless nothing of it is a file or a token. @sys may be NULL where nothing is a file. MSA_ERROR_TLS_TRUST,
 * MSA_ERROR_TLS_TRUST_EMPTY, MSA_ERROR_TLS_CLIENT_CERTIFICATE, MSA_ERROR_TLS_PASSWORD, MSA_ERROR_INVALID_ARGUMENT: the text names what
 * could not be had. */
MsaTrust                         *msa_trust_load            (MsaSys *sys,
                                                             const MsaTlsSettings *settings,
                                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A number that is another one when a file was changed that @settings name. Blocks. FALSE: one cannot be looked at. */
gboolean                          msa_trust_stamp           (MsaSys *sys,
                                                             const MsaTlsSettings *settings,
                                                             guint64 *stamp);

/* (transfer none): not to be changed, other threads use it as well. */
gnutls_certificate_credentials_t  msa_trust_get_credentials (MsaTrust *self);
gnutls_priority_t                 msa_trust_get_priority    (MsaTrust *self);
/* MSA_TLS_PIN_BYTES, of the file with a pinned key; NULL: there is none. */
const guint8                     *msa_trust_get_pin         (MsaTrust *self);
/* Text that is equal only if all was loaded from the same contents. */
const char                       *msa_trust_get_contents    (MsaTrust *self);
/* Its files say something else by now. */
void                              msa_trust_outdate         (MsaTrust *self);

/* GnuTLS' text for one of its codes, in the form our messages have. */
char                             *msa_tls_describe          (int result) G_GNUC_WARN_UNUSED_RESULT;

/* --- the parts; each blocks --- */

/* How a PIN is asked for: by GnuTLS, in a job, and again whenever the token wants one. */
typedef struct
{
  char *password; /* (owned) (nullable) */
  gint  missing;  /* atomic: it was asked for, and there was none */
  gint  wrong;    /* atomic: it was refused */
  gint  risky;    /* atomic: it was not tried, since that could lock the token */
} MsaTlsTokenPin;

MsaTlsTokenPin         *msa_tls_token_pin_new       (const char *password) G_GNUC_WARN_UNUSED_RESULT;
void               msa_tls_token_pin_free      (MsaTlsTokenPin *self);

/* Puts the client's certificate and key into @credentials. @pin outlives them. @contents (nullable) gets what was read. */
gboolean           msa_tls_client_load   (MsaSys *sys,
                                          const MsaTlsSettings *settings,
                                          MsaTlsTokenPin *pin,
                                          gnutls_certificate_credentials_t credentials,
                                          GChecksum *contents,
                                          GError **error);
/* MSA_ERROR_INVALID_ARGUMENT names the position of the fault. */
gnutls_priority_t  msa_tls_priority_new  (const MsaTlsSettings *settings,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The digest of the key in a file: a public one or a certificate, PEM or DER. */
gboolean           msa_tls_pinned_key_load      (MsaSys *sys,
                                          const char *path,
                                          guint8 digest[MSA_TLS_PIN_BYTES],
                                          GError **error);

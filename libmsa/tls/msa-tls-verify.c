/* msa-tls-verify.c: the one place where a peer is found to be who it should be
 *
 * Starts from "not verified": chain and dates, the name, and the pinned key are checked each
 * on its own, and every objection is listed. Dates are compared by GnuTLS with its own clock.
 * Names are matched in msa-tls-names.c, stapled status is judged in msa-tls-staple.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-verify-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

#include <gnutls/x509.h>
#include <string.h>

struct _MsaTlsVerified
{
  MsaHost *host; /* (owned) */
};

typedef struct
{
  gnutls_session_t session;  /* (unowned) */
  MsaTlsConfig    *config;   /* (unowned) (nullable) */
  MsaHost         *host;     /* (unowned) */
  MsaTrust        *trust;    /* (unowned) */
  MsaSys          *sys;      /* (unowned) */
  GString         *causes;   /* (owned): what speaks against the peer; empty: nothing so far */
  MsaTlsDoubt      doubt;
  gboolean         is_pin;   /* a wrong key is among the causes */
} Verification;

/* GNUTLS_CERT_INVALID stands beside each of them and says nothing by itself. */
static const struct
{
  guint       bit;
  guint       flag; /* GTlsCertificateFlags */
  const char *text;
} objections[] = {
  { GNUTLS_CERT_EXPIRED, G_TLS_CERTIFICATE_EXPIRED, "expired" },
  { GNUTLS_CERT_NOT_ACTIVATED, G_TLS_CERTIFICATE_NOT_ACTIVATED, "not yet valid" },
  { GNUTLS_CERT_SIGNER_NOT_FOUND, G_TLS_CERTIFICATE_UNKNOWN_CA, "unknown issuer" },
  { GNUTLS_CERT_SIGNER_NOT_CA, G_TLS_CERTIFICATE_GENERIC_ERROR,
    "issued by a certificate that is no authority" },
  { GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, G_TLS_CERTIFICATE_GENERIC_ERROR,
    "against the constraints of its issuer" },
  { GNUTLS_CERT_SIGNATURE_FAILURE, G_TLS_CERTIFICATE_GENERIC_ERROR, "wrong signature" },
  { GNUTLS_CERT_INSECURE_ALGORITHM, G_TLS_CERTIFICATE_INSECURE, "weak key or algorithm" },
  { GNUTLS_CERT_REVOKED, G_TLS_CERTIFICATE_REVOKED, "revoked" },
  { GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, G_TLS_CERTIFICATE_GENERIC_ERROR,
    "outdated revocation data" },
  { GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE, G_TLS_CERTIFICATE_GENERIC_ERROR,
    "revocation data from the future" },
  { GNUTLS_CERT_PURPOSE_MISMATCH, G_TLS_CERTIFICATE_GENERIC_ERROR, "not meant for TLS servers" },
  { GNUTLS_CERT_MISSING_OCSP_STATUS, G_TLS_CERTIFICATE_GENERIC_ERROR,
    "without the status it says will be stapled" },
  { GNUTLS_CERT_INVALID_OCSP_STATUS, G_TLS_CERTIFICATE_GENERIC_ERROR, "invalid stapled status" },
  { GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, G_TLS_CERTIFICATE_GENERIC_ERROR,
    "unknown critical extension" },
};

static void object (Verification *self, guint flag, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
object (Verification *self,
        guint flag,
        const char *format,
        ...)
{
  va_list args;

  self->doubt.flags |= flag;
  if (self->causes->len > 0)
    g_string_append (self->causes, ", ");
  va_start (args, format);
  g_string_append_vprintf (self->causes, format, args);
  va_end (args);
}

static void
object_to_result (Verification *self,
                  int result)
{
  g_autofree char *text = msa_tls_describe (result);

  object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "%s", text);
}

/* --- chain and dates --- */

/* A bit that is not in the table speaks against the peer as well. */
static void
object_to_status (Verification *self,
                  guint status)
{
  guint left = status & ~(guint) GNUTLS_CERT_INVALID;
  gsize i;

  if (status == GNUTLS_CERT_INVALID)
    object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "invalid");

  for (i = 0; i < G_N_ELEMENTS (objections); i++)
    {
      if ((left & objections[i].bit) != 0)
        object (self, objections[i].flag, "%s", objections[i].text);
      left &= ~objections[i].bit;
    }

  if (left != 0)
    object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "status 0x%x, which is not known", left);
}

/* Dates, signatures, constraints, strength, stapled status and purpose. The name is not GnuTLS' to
 * check here: that must work without the chain. */
static void
check_chain (Verification *self)
{
  gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID,
                                    (unsigned char *) GNUTLS_KP_TLS_WWW_SERVER, 0 };
  guint status = GNUTLS_CERT_INVALID;
  int result = gnutls_certificate_verify_peers (self->session, &purpose, 1, &status);
  const char *of_staple = msa_tls_staple_object (
      self->session, msa_trust_get_credentials (self->trust), self->sys);

  if (result < 0)
    object_to_result (self, result);
  else if (status != 0)
    object_to_status (self, status);
  if (of_staple != NULL)
    object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "%s", of_staple);
}

/* --- pins --- */

static gboolean
is_pinned (Verification *self,
           const guint8 digest[MSA_TLS_PIN_BYTES])
{
  const guint8 *of_file = msa_trust_get_pin (self->trust);
  const char *const *pins =
      self->config != NULL ? msa_tls_config_get_pinned_keys (self->config) : NULL;
  guint8 pin[MSA_TLS_PIN_BYTES];

  if (of_file != NULL && memcmp (of_file, digest, MSA_TLS_PIN_BYTES) == 0)
    return TRUE;
  for (; pins != NULL && *pins != NULL; pins++)
    if (msa_tls_pin_parse (*pins, pin) && memcmp (pin, digest, MSA_TLS_PIN_BYTES) == 0)
      return TRUE;
  return FALSE;
}

static void
check_pins (Verification *self,
            gnutls_x509_crt_t leaf)
{
  guint8 digest[MSA_TLS_PIN_BYTES];
  size_t len = sizeof (digest);

  if (msa_trust_get_pin (self->trust) == NULL &&
      (self->config == NULL || msa_tls_config_get_pinned_keys (self->config) == NULL))
    return;

  if (leaf != NULL &&
      gnutls_x509_crt_get_key_id (leaf, GNUTLS_KEYID_USE_SHA256, digest, &len) >= 0 &&
      is_pinned (self, digest))
    return;

  self->is_pin = self->doubt.is_final = TRUE;
  object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "its key is none of those that are pinned");
}

/* --- the whole --- */

/* Has to hold whatever the configuration says, and whoever is asked: a certificate from this
 * session, judged by this trust. */
static const gnutls_datum_t *
get_chain (Verification *self)
{
  const gnutls_datum_t *chain;
  gpointer credentials = NULL;
  guint len = 0;

  self->doubt.is_final = TRUE;
  if (gnutls_credentials_get (self->session, GNUTLS_CRD_CERTIFICATE, &credentials) < 0 ||
      credentials != (gpointer) msa_trust_get_credentials (self->trust))
    {
      object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "another trust store is in use");
      return NULL;
    }
  if (gnutls_auth_server_get_type (self->session) != GNUTLS_CRD_CERTIFICATE ||
      gnutls_certificate_type_get2 (self->session, GNUTLS_CTYPE_SERVER) != GNUTLS_CRT_X509)
    {
      object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "it is no X.509 certificate");
      return NULL;
    }

  chain = gnutls_certificate_get_peers (self->session, &len);
  if (chain == NULL || len == 0)
    {
      object (self, G_TLS_CERTIFICATE_GENERIC_ERROR, "none was sent");
      return NULL;
    }
  if (len > MSA_MAX_PEER_CHAIN)
    {
      object (self, G_TLS_CERTIFICATE_GENERIC_ERROR,
              "a chain of %u certificates, where at most %d are taken", len, MSA_MAX_PEER_CHAIN);
      return NULL;
    }
  self->doubt.is_final = FALSE;
  return chain;
}

static gnutls_x509_crt_t
import_leaf (Verification *self,
             const gnutls_datum_t *chain)
{
  gnutls_x509_crt_t leaf = NULL;
  int result = gnutls_x509_crt_init (&leaf);

  if (result >= 0)
    result = gnutls_x509_crt_import (leaf, &chain[0], GNUTLS_X509_FMT_DER);
  if (result >= 0)
    return leaf;

  self->doubt.is_final = TRUE;
  object_to_result (self, result);
  g_clear_pointer (&leaf, gnutls_x509_crt_deinit);
  return NULL;
}

static void
check_peer (Verification *self)
{
  const gnutls_datum_t *chain = get_chain (self);
  g_autofree char *names = NULL;
  gnutls_x509_crt_t leaf;

  if (chain == NULL)
    return;

  if (self->config == NULL || msa_tls_config_get_verify_chain (self->config))
    check_chain (self);

  leaf = import_leaf (self, chain);
  if (leaf != NULL && (self->config == NULL || msa_tls_config_get_verify_name (self->config)))
    names = msa_tls_names_object (leaf, self->host);
  if (names != NULL)
    object (self, G_TLS_CERTIFICATE_BAD_IDENTITY, "%s", names);
  check_pins (self, leaf);
  g_clear_pointer (&leaf, gnutls_x509_crt_deinit);
}

MsaTlsVerified *
msa_tls_verify (gnutls_session_t session,
                MsaTlsConfig *config,
                MsaHost *host,
                MsaTrust *trust,
                MsaSys *sys,
                gboolean accepted,
                MsaTlsDoubt *doubt,
                GError **error)
{
  g_autoptr (GString) causes = g_string_new (NULL);
  Verification verification = {
    .session = session,
    .config = config,
    .host = host,
    .trust = trust,
    .sys = sys,
    .causes = causes,
  };
  MsaTlsVerified *self;

  check_peer (&verification);
  if (doubt != NULL)
    *doubt = verification.doubt;
  if (causes->len > 0 && (!accepted || verification.doubt.is_final))
    {
      g_set_error (error, MSA_ERROR,
                   verification.is_pin ? MSA_ERROR_TLS_PIN : MSA_ERROR_TLS_VERIFY,
                   "the certificate of %s is not trusted: %s", host->name, causes->str);
      return NULL;
    }

  self = g_new0 (MsaTlsVerified, 1);
  self->host = msa_host_ref (host);
  return self;
}

const MsaHost *
msa_tls_verified_get_host (const MsaTlsVerified *self)
{
  return self->host;
}

void
msa_tls_verified_free (MsaTlsVerified *self)
{
  msa_host_unref (self->host);
  g_free (self);
}

/* msa-tls-pinned-key.c: a pinned key from a file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-trust-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* Gives a GnuTLS code. */
static int
digest_certificate (const gnutls_datum_t *datum,
                    gnutls_x509_crt_fmt_t format,
                    guint8 digest[MSA_TLS_PIN_BYTES])
{
  size_t len = MSA_TLS_PIN_BYTES;
  gnutls_x509_crt_t crt;
  int result = gnutls_x509_crt_init (&crt);

  if (result < 0)
    return result;

  result = gnutls_x509_crt_import (crt, datum, format);
  if (result >= 0)
    result = gnutls_x509_crt_get_key_id (crt, GNUTLS_KEYID_USE_SHA256, digest, &len);
  gnutls_x509_crt_deinit (crt);
  return result;
}

/* The same. */
static int
digest_key (const gnutls_datum_t *datum,
            gnutls_x509_crt_fmt_t format,
            guint8 digest[MSA_TLS_PIN_BYTES])
{
  size_t len = MSA_TLS_PIN_BYTES;
  gnutls_pubkey_t key;
  int result = gnutls_pubkey_init (&key);

  if (result < 0)
    return result;

  result = gnutls_pubkey_import (key, datum, format);
  if (result >= 0)
    result = gnutls_pubkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, digest, &len);
  gnutls_pubkey_deinit (key);
  return result;
}

char *
msa_tls_pin_new (GBytes *certificate)
{
  gnutls_datum_t datum;
  guint8 digest[MSA_TLS_PIN_BYTES];
  g_autofree char *text = NULL;
  gsize len;

  datum.data = (unsigned char *) g_bytes_get_data (certificate, &len);
  datum.size = (unsigned int) len;
  if (len == 0 || digest_certificate (&datum, GNUTLS_X509_FMT_DER, digest) < 0)
    return NULL;

  text = g_base64_encode (digest, sizeof digest);
  return g_strconcat ("sha256//", text, NULL);
}

/* Whatever it is: a key or a certificate, in PEM or DER. Gives a GnuTLS code. */
static int
digest_any (const gnutls_datum_t *datum,
            guint8 digest[MSA_TLS_PIN_BYTES])
{
  static const gnutls_x509_crt_fmt_t formats[] = { GNUTLS_X509_FMT_PEM, GNUTLS_X509_FMT_DER };
  int result = GNUTLS_E_NO_CERTIFICATE_FOUND;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      int of_key = digest_key (datum, formats[i], digest);
      int of_certificate = of_key >= 0 ? 0 : digest_certificate (datum, formats[i], digest);

      if (of_key >= 0 || of_certificate >= 0)
        return 0;
      if (of_key == GNUTLS_E_MEMORY_ERROR || of_certificate == GNUTLS_E_MEMORY_ERROR)
        result = GNUTLS_E_MEMORY_ERROR;
    }

  return result;
}

gboolean
msa_tls_pinned_key_load (MsaSys *sys,
                         const char *path,
                         guint8 digest[MSA_TLS_PIN_BYTES],
                         GError **error)
{
  g_autofree char *shown = g_utf8_make_valid (path, -1);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GBytes) contents = NULL;
  g_autofree char *text = NULL;
  gnutls_datum_t datum;
  gsize len;
  int result;

  contents = sys->ops->read_file (sys, path, MSA_MAX_CLIENT_KEY_BYTES, &cause);
  if (contents == NULL)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST,
                   "cannot read the pinned key file '%s': %s", shown, cause->message);
      return FALSE;
    }

  datum.data = (unsigned char *) g_bytes_get_data (contents, &len);
  datum.size = (unsigned int) len;
  result = len > 0 ? digest_any (&datum, digest) : GNUTLS_E_NO_CERTIFICATE_FOUND;
  if (result >= 0)
    return TRUE;

  if (result == GNUTLS_E_MEMORY_ERROR)
    {
      text = msa_tls_describe (result);
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST,
                   "cannot load the pinned key file '%s': %s", shown, text);
    }
  else
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST,
                   "the pinned key file '%s' holds no public key and no certificate", shown);
    }
  return FALSE;
}

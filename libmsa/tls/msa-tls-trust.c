/* msa-tls-trust.c: what is parsed of a configuration, once
 *
 * Certificates to trust, the client's certificate and key, the pinned key of a file and
 * the priorities. A trust is immutable once it is made and may be used by sessions in
 * several threads at once. Who has one made, and how long it is kept, is the business of
 * msa-tls-trust-cache.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-trust-private.h"

#include "base/msa-english-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-error.h"

struct _MsaTrust
{
  gatomicrefcount                  refs;
  gnutls_certificate_credentials_t credentials; /* (owned) */
  gnutls_priority_t                priority;    /* (owned) */
  MsaTlsTokenPin                  *token_pin;   /* (owned): the credentials' key asks it */
  gboolean                         has_pin;
  guint8                           pin[MSA_TLS_PIN_BYTES];
  char                            *contents;    /* (owned) */
  gboolean                         outdated;    /* of the loop's thread alone */
};

/* GnuTLS' sentences end with a stop, ours do not. */
char *
msa_tls_describe (int result)
{
  const char *text = msa_english (gnutls_strerror, result);

  return g_str_has_suffix (text, ".") ? g_strndup (text, strlen (text) - 1) : g_strdup (text);
}

static MsaTrust *
trust_new (const MsaTlsSettings *settings)
{
  MsaTrust *self = g_new0 (MsaTrust, 1);

  g_atomic_ref_count_init (&self->refs);
  self->token_pin = msa_tls_token_pin_new (settings->key_password);
  return self;
}

MsaTrust *
msa_trust_ref (MsaTrust *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
msa_trust_unref (MsaTrust *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_clear_pointer (&self->credentials, gnutls_certificate_free_credentials);
  g_clear_pointer (&self->priority, gnutls_priority_deinit);
  msa_tls_token_pin_free (self->token_pin);
  g_free (self->contents);
  g_free (self);
}

gnutls_certificate_credentials_t
msa_trust_get_credentials (MsaTrust *self)
{
  return self->credentials;
}

gnutls_priority_t
msa_trust_get_priority (MsaTrust *self)
{
  return self->priority;
}

const guint8 *
msa_trust_get_pin (MsaTrust *self)
{
  return self->has_pin ? self->pin : NULL;
}

const char *
msa_trust_get_contents (MsaTrust *self)
{
  return self->contents;
}

void
msa_trust_outdate (MsaTrust *self)
{
  self->outdated = TRUE;
}

gboolean
msa_trust_is_outdated (const MsaTrust *self)
{
  return self->outdated;
}

/* --- certificates to trust --- */

/* The source as it stands in messages. A path need not be UTF-8, a message has to be. */
static char *
describe_ca (const MsaTlsItem *ca)
{
  g_autofree char *path = NULL;

  if (ca->file == NULL)
    return g_strdup (ca->pem != NULL ? "the given PEM" : "the system's trust store");

  path = g_utf8_make_valid (ca->file, -1);
  return g_strdup_printf ("the trust file '%s'", path);
}

/* Gives the number of certificates, or a GnuTLS code. */
static int
add_pem (MsaTrust *self,
         GBytes *pem,
         GChecksum *contents)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (pem, &len);
  gnutls_datum_t datum = { (unsigned char *) data, (unsigned int) len };

  /* GnuTLS takes no bytes at all for a fault in the encoding. */
  if (len == 0)
    return 0;
  if (len > MSA_MAX_TRUST_BYTES)
    return GNUTLS_E_LARGE_PACKET;
  g_checksum_update (contents, data, (gssize) len);
  return gnutls_certificate_set_x509_trust_mem (self->credentials, &datum, GNUTLS_X509_FMT_PEM);
}

/* GnuTLS opens the system's store itself: where it is and whether it is a file or a token was
 * decided when GnuTLS was built. */
static int
add_ca (MsaTrust *self,
        MsaSys *sys,
        const MsaTlsItem *ca,
        GChecksum *contents,
        GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (ca->file == NULL && ca->pem == NULL)
    return gnutls_certificate_set_x509_system_trust (self->credentials);
  if (ca->pem != NULL)
    return add_pem (self, ca->pem, contents);

  bytes = sys->ops->read_file (sys, ca->file, MSA_MAX_TRUST_BYTES, error);
  return bytes != NULL ? add_pem (self, bytes, contents) : 0;
}

static gboolean
load_ca (MsaTrust *self,
         MsaSys *sys,
         const MsaTlsItem *ca,
         GChecksum *contents,
         GError **error)
{
  g_autofree char *name = describe_ca (ca);
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = NULL;
  int n_certificates = gnutls_certificate_allocate_credentials (&self->credentials);

  if (n_certificates >= 0)
    n_certificates = add_ca (self, sys, ca, contents, &cause);
  if (cause != NULL)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST, "cannot read %s: %s", name,
                   cause->message);
      return FALSE;
    }
  if (n_certificates == 0 || n_certificates == GNUTLS_E_NO_CERTIFICATE_FOUND)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST_EMPTY, "%s holds no certificate", name);
      return FALSE;
    }
  if (n_certificates < 0)
    {
      text = msa_tls_describe (n_certificates);
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST, "cannot load %s: %s", name, text);
      return FALSE;
    }
  return TRUE;
}

/* --- the whole --- */

MsaTrust *
msa_trust_load (MsaSys *sys,
                const MsaTlsSettings *settings,
                GError **error)
{
  g_autoptr (GChecksum) contents = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (MsaTrust) self = trust_new (settings);

  if (!msa_tls_settings_check (settings, error))
    return NULL;
  self->priority = msa_tls_priority_new (settings, error);
  if (self->priority == NULL)
    return NULL;
  if (!load_ca (self, sys, &settings->ca, contents, error))
    return NULL;
  if (!msa_tls_client_load (sys, settings, self->token_pin, self->credentials, contents, error))
    return NULL;

  self->has_pin = settings->pinned_key.file != NULL;
  if (self->has_pin &&
      !msa_tls_pinned_key_load (sys, settings->pinned_key.file, self->pin, error))
    return NULL;
  if (self->has_pin)
    g_checksum_update (contents, self->pin, sizeof (self->pin));

  self->contents = g_strdup (g_checksum_get_string (contents));
  return g_steal_pointer (&self);
}

/* --- changes of files --- */

static guint
get_files (const MsaTlsSettings *settings,
           const char *files[4])
{
  const MsaTlsItem *items[4] = { &settings->ca, &settings->certificate, &settings->key,
                                 &settings->pinned_key };
  guint n_files = 0;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (items); i++)
    if (items[i]->file != NULL && !msa_tls_item_is_token (items[i]))
      files[n_files++] = items[i]->file;
  return n_files;
}

gboolean
msa_trust_has_files (const MsaTlsSettings *settings)
{
  const char *files[4];

  return get_files (settings, files) > 0;
}

gboolean
msa_trust_stamp (MsaSys *sys,
                 const MsaTlsSettings *settings,
                 guint64 *stamp)
{
  const char *files[4];
  guint n_files = get_files (settings, files);
  guint i;

  *stamp = 0;
  for (i = 0; i < n_files; i++)
    {
      guint64 of_file;

      if (!sys->ops->file_stamp (sys, files[i], &of_file))
        return FALSE;
      *stamp = *stamp * 31 + of_file;
    }
  return TRUE;
}

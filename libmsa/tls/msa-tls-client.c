/* msa-tls-client.c: the client's certificate and key
 *
 * From PEM, in files or memory, or from PKCS#11 tokens. A token is asked with
 * the configuration's password as PIN, or that of its URI, once: it locks itself after a few wrong
 * ones.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-trust-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-wipe-private.h"
#include "model/msa-error.h"

#include <gnutls/abstract.h>
#include <gnutls/pkcs11.h>
#include <gnutls/x509.h>
#include <string.h>

typedef struct
{
  MsaSys               *sys;      /* (unowned) (nullable) */
  const MsaTlsSettings *settings; /* (unowned) */
  MsaTlsTokenPin            *pin;      /* (unowned) */
  GChecksum            *contents; /* (unowned) */
  gnutls_pcert_st      *chain;    /* (owned) (nullable) */
  guint                 n_chain;
  gnutls_privkey_t      key;      /* (owned) (nullable) */
} Client;

/* --- PIN --- */

MsaTlsTokenPin *
msa_tls_token_pin_new (const char *password)
{
  MsaTlsTokenPin *self = g_new0 (MsaTlsTokenPin, 1);

  self->password = g_strdup (password);
  return self;
}

void
msa_tls_token_pin_free (MsaTlsTokenPin *self)
{
  msa_wipe_free (self->password);
  g_free (self);
}

static int
pin_cb (void *user_data,
        int attempt,
        const char *url,
        const char *label,
        unsigned int flags,
        char *pin,
        size_t size)
{
  MsaTlsTokenPin *self = user_data;

  if (self->password == NULL)
    {
      g_atomic_int_set (&self->missing, TRUE);
      return -1;
    }
  if (attempt > 0 || (flags & GNUTLS_PIN_WRONG) != 0 || strlen (self->password) >= size)
    {
      g_atomic_int_set (&self->wrong, TRUE);
      return -1;
    }
  /* The last try before it locks is left to its owner. */
  if ((flags & GNUTLS_PIN_FINAL_TRY) != 0)
    {
      g_atomic_int_set (&self->risky, TRUE);
      return -1;
    }

  g_strlcpy (pin, self->password, size);
  return 0;
}

/* --- errors --- */

/* A URI may hold the PIN behind its '?'. */
static char *
describe_item (const char *what,
               const MsaTlsItem *item)
{
  g_autofree char *name = NULL;

  if (item->file == NULL)
    return g_strdup_printf ("the given client %s", what);

  name = g_utf8_make_valid (item->file, -1);
  if (!msa_tls_item_is_token (item))
    return g_strdup_printf ("the client %s file '%s'", what, name);
  name[strcspn (name, "?")] = '\0';
  return g_strdup_printf ("the client %s '%s'", what, name);
}

/* Gives the cause, if the token keeps it locked. */
static const char *
explain_token (Client *self,
               int result)
{
  if (g_atomic_int_get (&self->pin->missing))
    return "its token asks for a PIN, and none is given";
  if (g_atomic_int_get (&self->pin->risky))
    return "its token would lock itself if the PIN were wrong once more";
  if (g_atomic_int_get (&self->pin->wrong))
    return "its token refuses the PIN";
  if (result == GNUTLS_E_PKCS11_PIN_LOCKED || result == GNUTLS_E_PKCS11_PIN_EXPIRED)
    return "the PIN of its token is locked";
  return result == GNUTLS_E_PKCS11_PIN_ERROR ? "its token refuses the PIN" : NULL;
}

/* The same of a password. GnuTLS asks for that like for a PIN if there is none. */
static const char *
explain_password (Client *self,
                  int result)
{
  if (g_atomic_int_get (&self->pin->missing))
    return "it is locked by a password, and none is given";
  return result == GNUTLS_E_DECRYPTION_FAILED ? "the password is wrong" : NULL;
}

static gboolean
fail (Client *self,
      const char *what,
      const MsaTlsItem *item,
      int result,
      GError **error)
{
  g_autofree char *name = describe_item (what, item);
  g_autofree char *text = NULL;
  const char *lock = msa_tls_item_is_token (item) ? explain_token (self, result)
                                                  : explain_password (self, result);

  if (lock != NULL)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_PASSWORD, "cannot use %s: %s", name, lock);
      return FALSE;
    }

  /* GnuTLS has several words for it. */
  if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || result == GNUTLS_E_NO_CERTIFICATE_FOUND ||
      result == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR)
    text = g_strdup_printf ("there is no %s", what);
  else
    text = msa_tls_describe (result);
  g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_CLIENT_CERTIFICATE, "cannot load %s: %s", name,
               text);
  return FALSE;
}

/* --- loading --- */

/* The PEM of an item that is no token's. NULL with the error. */
static GBytes *
read_item (Client *self,
           const char *what,
           const MsaTlsItem *item,
           GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GError) cause = NULL;
  GBytes *bytes;

  if (item->pem != NULL)
    return g_bytes_ref (item->pem);

  bytes = self->sys->ops->read_file (self->sys, item->file, MSA_MAX_CLIENT_KEY_BYTES, &cause);
  if (bytes == NULL)
    {
      name = describe_item (what, item);
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_CLIENT_CERTIFICATE, "cannot read %s: %s", name,
                   cause->message);
    }
  return bytes;
}

static void
add_contents (Client *self,
              gconstpointer data,
              gsize len)
{
  guint64 framed = len;

  g_checksum_update (self->contents, (const guchar *) &framed, sizeof (framed));
  if (len > 0)
    g_checksum_update (self->contents, data, (gssize) len);
}

/* Gives a GnuTLS code; takes @list. */
static int
set_chain (Client *self,
           gnutls_x509_crt_t *list,
           guint n)
{
  int result = 0;
  guint i;

  self->chain = g_new0 (gnutls_pcert_st, n);
  for (i = 0; i < n; i++)
    {
      if (result >= 0)
        result = gnutls_pcert_import_x509 (&self->chain[i], list[i], 0);
      if (result >= 0)
        {
          self->n_chain++;
          add_contents (self, self->chain[i].cert.data, self->chain[i].cert.size);
        }
      gnutls_x509_crt_deinit (list[i]);
    }
  gnutls_free (list);
  return result < 0 ? result : 0;
}

/* The URI of a token without its PIN, which goes the way of the others: GnuTLS would spend the last
 * try on it. */
static char *
take_pin (Client *self,
          const MsaTlsItem *item)
{
  const char *at = msa_tls_item_find_pin (item);
  const char *value, *end;

  if (at == NULL)
    return g_strdup (item->file);

  value = at + 1 + strlen (MSA_TLS_PIN_ATTRIBUTE);
  end = value + strcspn (value, "&");
  msa_wipe_free (self->pin->password);
  self->pin->password = g_uri_unescape_segment (value, end, NULL);
  if (*end == '\0')
    return g_strndup (item->file, (gsize) (at - item->file));
  return g_strdup_printf ("%.*s%s", (int) (at + 1 - item->file), item->file, end + 1);
}

static gboolean
load_certificate (Client *self,
                  GError **error)
{
  const MsaTlsItem *item = &self->settings->certificate;
  g_autoptr (GBytes) pem = NULL;
  g_autofree char *uri = NULL;
  gnutls_x509_crt_t *list = NULL;
  gnutls_datum_t datum = { NULL, 0 };
  guint n = 0;
  gsize len = 0;
  int result;

  if (msa_tls_item_is_token (item))
    {
      uri = take_pin (self, item);
      result = gnutls_x509_crt_list_import_url (&list, &n, uri, pin_cb, self->pin, 0);
    }
  else
    {
      pem = read_item (self, "certificate", item, error);
      if (pem == NULL)
        return FALSE;
      datum.data = (unsigned char *) g_bytes_get_data (pem, &len);
      datum.size = (unsigned int) len;
      result = len == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND
                        : gnutls_x509_crt_list_import2 (&list, &n, &datum, GNUTLS_X509_FMT_PEM,
                                                        GNUTLS_X509_CRT_LIST_SORT);
    }

  if (result >= 0)
    result = n > 0 ? set_chain (self, list, n) : GNUTLS_E_NO_CERTIFICATE_FOUND;
  return result >= 0 || fail (self, "certificate", item, result, error);
}

static gboolean
load_key (Client *self,
          GError **error)
{
  const MsaTlsItem *item = &self->settings->key;
  g_autoptr (GBytes) pem = NULL;
  g_autofree char *uri = NULL;
  gnutls_datum_t datum = { NULL, 0 };
  gsize len = 0;
  int result = gnutls_privkey_init (&self->key);

  if (result < 0)
    return fail (self, "key", item, result, error);

  gnutls_privkey_set_pin_function (self->key, pin_cb, self->pin);
  if (msa_tls_item_is_token (item))
    {
      uri = take_pin (self, item);
      result = gnutls_privkey_import_url (self->key, uri, 0);
      return result >= 0 || fail (self, "key", item, result, error);
    }

  pem = read_item (self, "key", item, error);
  if (pem == NULL)
    return FALSE;
  datum.data = (unsigned char *) g_bytes_get_data (pem, &len);
  datum.size = (unsigned int) len;
  result = len == 0 ? GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR
                    : gnutls_privkey_import_x509_raw (self->key, &datum, GNUTLS_X509_FMT_PEM,
                                                      self->settings->key_password, 0);
  add_contents (self, datum.data, len);
  return result >= 0 || fail (self, "key", item, result, error);
}

/* GnuTLS signs with the one and verifies with the other, also on a token. */
static gboolean
set_key_pair (Client *self,
              gnutls_certificate_credentials_t credentials,
              GError **error)
{
  int result = gnutls_certificate_set_key (credentials, NULL, 0, self->chain, (int) self->n_chain,
                                           self->key);
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;

  if (result >= 0)
    {
      /* They are the credentials' now, but for the array. */
      self->n_chain = 0;
      self->key = NULL;
      return TRUE;
    }
  if (result != GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    return fail (self, "key", &self->settings->key, result, error);

  certificate = describe_item ("certificate", &self->settings->certificate);
  key = describe_item ("key", &self->settings->key);
  g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_CLIENT_CERTIFICATE, "%s does not belong to %s", key,
               certificate);
  return FALSE;
}

static void
client_clear (Client *self)
{
  guint i;

  for (i = 0; i < self->n_chain; i++)
    gnutls_pcert_deinit (&self->chain[i]);
  g_free (self->chain);
  if (self->key != NULL)
    gnutls_privkey_deinit (self->key);
}

gboolean
msa_tls_client_load (MsaSys *sys,
                     const MsaTlsSettings *settings,
                     MsaTlsTokenPin *pin,
                     gnutls_certificate_credentials_t credentials,
                     GChecksum *contents,
                     GError **error)
{
  Client self = { .sys = sys, .settings = settings, .pin = pin, .contents = contents };
  gboolean done;

  if (settings->certificate.file == NULL && settings->certificate.pem == NULL)
    return TRUE;

  done = load_certificate (&self, error) && load_key (&self, error) &&
         set_key_pair (&self, credentials, error);
  client_clear (&self);
  return done;
}

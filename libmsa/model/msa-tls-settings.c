/* msa-tls-settings.c: what a TLS configuration says, as plain data
 *
 * Nothing is read here, from files or tokens: that is the business of tls/, off the
 * loop. The object around it is in msa-tls-config.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-tls-settings-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-wipe-private.h"
#include "model/msa-error.h"

#include <string.h>

#define PIN_PREFIX "sha256//"
/* What Base64 makes of 32 bytes. */
#define PIN_DIGITS 44

gboolean
msa_tls_item_is_token (const MsaTlsItem *self)
{
  return self->file != NULL && g_ascii_strncasecmp (self->file, "pkcs11:", 7) == 0;
}

const char *
msa_tls_item_find_pin (const MsaTlsItem *self)
{
  const char *at = strchr (self->file, '?');

  while (at != NULL && !g_str_has_prefix (at + 1, MSA_TLS_PIN_ATTRIBUTE))
    at = strchr (at + 1, '&');
  return at;
}

/* --- life --- */

static void
item_clear (MsaTlsItem *self)
{
  g_clear_pointer (&self->file, g_free);
  g_clear_pointer (&self->pem, g_bytes_unref);
}

static void
item_copy (const MsaTlsItem *self,
           MsaTlsItem *copy)
{
  copy->file = g_strdup (self->file);
  copy->pem = self->pem != NULL ? g_bytes_ref (self->pem) : NULL;
}

void
msa_tls_settings_init (MsaTlsSettings *self)
{
  *self = (MsaTlsSettings) { .verify_chain = TRUE, .verify_name = TRUE };
}

void
msa_tls_settings_clear (MsaTlsSettings *self)
{
  item_clear (&self->ca);
  item_clear (&self->certificate);
  item_clear (&self->key);
  item_clear (&self->pinned_key);
  g_clear_pointer (&self->key_password, msa_wipe_free);
  g_clear_pointer (&self->pinned_keys, g_strfreev);
  g_clear_pointer (&self->priority, g_free);
}

void
msa_tls_settings_copy (const MsaTlsSettings *self,
                       MsaTlsSettings *copy)
{
  *copy = *self;
  item_copy (&self->ca, &copy->ca);
  item_copy (&self->certificate, &copy->certificate);
  item_copy (&self->key, &copy->key);
  item_copy (&self->pinned_key, &copy->pinned_key);
  copy->key_password = g_strdup (self->key_password);
  copy->pinned_keys = g_strdupv (self->pinned_keys);
  copy->priority = g_strdup (self->priority);
}

static gboolean
is_given (const MsaTlsItem *item)
{
  return item->file != NULL || item->pem != NULL;
}

/* --- certificates of GIO --- */

/* The text of a property; NULL where a backend of GIO has none. */
static char *
get_text (GTlsCertificate *certificate,
          const char *property)
{
  char *text = NULL;

  g_object_get (certificate, property, &text, NULL);
  return text;
}

/* PEM, or the URI of a token; neither if there is nothing to be had. */
static void
fill_item (MsaTlsItem *item,
           char *pem,
           char *uri)
{
  if (pem != NULL)
    item->pem = msa_wipe_bytes_take ((guint8 *) pem, strlen (pem));
  else
    item->file = g_steal_pointer (&uri);
  g_free (uri);
}

/* The certificate and those that sign it, as far as they are known. */
static char *
get_chain_pem (GTlsCertificate *certificate)
{
  g_autoptr (GString) pem = g_string_new (NULL);
  GTlsCertificate *link;
  guint n = 0;

  for (link = certificate; link != NULL && n < MSA_MAX_PEER_CHAIN;
       link = g_tls_certificate_get_issuer (link), n++)
    {
      g_autofree char *text = get_text (link, "certificate-pem");

      if (text == NULL)
        break;
      g_string_append (pem, text);
    }
  return pem->len > 0 ? g_string_free (g_steal_pointer (&pem), FALSE) : NULL;
}

/* GIO's type is of the border: from here on it is PEM or a token's URI, as all others. */
gboolean
msa_tls_settings_take_certificate (MsaTlsSettings *self,
                                   GTlsCertificate *certificate)
{
  MsaTlsItem key = { NULL, NULL };

  if (is_given (&self->certificate))
    {
      self->twice = "the client's certificate";
      return FALSE;
    }

  fill_item (&self->certificate, get_chain_pem (certificate),
             get_text (certificate, "pkcs11-uri"));
  /* What says nothing must not count as not given. */
  if (!is_given (&self->certificate))
    self->certificate.pem = g_bytes_new_static ("", 0);

  fill_item (&key, get_text (certificate, "private-key-pem"),
             get_text (certificate, "private-key-pkcs11-uri"));
  if (!is_given (&key))
    return FALSE;

  if (is_given (&self->key))
    {
      self->twice = "the client's key";
      item_clear (&key);
      return FALSE;
    }
  self->key = key;
  return TRUE;
}

/* --- pins --- */

gboolean
msa_tls_pin_parse (const char *text,
                   guint8 digest[MSA_TLS_PIN_BYTES])
{
  g_autofree guint8 *bytes = NULL;
  g_autofree char *again = NULL;
  const char *digits;
  gsize len;

  if (!g_str_has_prefix (text, PIN_PREFIX))
    return FALSE;
  digits = text + strlen (PIN_PREFIX);
  if (strlen (digits) != PIN_DIGITS)
    return FALSE;

  /* GLib skips what is no Base64 and takes bits that lie behind the end: one text a digest. */
  bytes = g_base64_decode (digits, &len);
  again = g_base64_encode (bytes, len);
  if (len != MSA_TLS_PIN_BYTES || strcmp (again, digits) != 0)
    return FALSE;

  memcpy (digest, bytes, len);
  return TRUE;
}

/* --- check --- */

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error,
        const char *format,
        ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, "the TLS configuration %s", text);
  return FALSE;
}

static gboolean
is_given_twice (const MsaTlsItem *item)
{
  return item->file != NULL && item->pem != NULL;
}

static gboolean
check_client (const MsaTlsSettings *self,
              GError **error)
{
  if (self->twice != NULL)
    return refuse (error, "has %s in more than one form", self->twice);
  if (is_given_twice (&self->certificate))
    return refuse (error, "has the client's certificate in more than one form");
  if (is_given_twice (&self->key))
    return refuse (error, "has the client's key in more than one form");

  if (is_given (&self->certificate) && !is_given (&self->key))
    return refuse (error, "has a client certificate without its key");
  if (is_given (&self->key) && !is_given (&self->certificate))
    return refuse (error, "has a client key without its certificate");
  if (self->key_password != NULL && !is_given (&self->key))
    return refuse (error, "has a password without a key");
  return TRUE;
}

/* A list without pins is no list at all for the one, and a peer that nobody can be for the other:
 * who says so, means something else. */
static gboolean
check_pins (const MsaTlsSettings *self,
            GError **error)
{
  guint8 digest[MSA_TLS_PIN_BYTES];
  guint i;

  if (self->pinned_keys == NULL)
    return TRUE;
  if (self->pinned_keys[0] == NULL)
    return refuse (error, "has an empty list of pinned keys");

  for (i = 0; self->pinned_keys[i] != NULL; i++)
    if (!msa_tls_pin_parse (self->pinned_keys[i], digest))
      {
        g_autofree char *shown = g_utf8_make_valid (self->pinned_keys[i], -1);

        return refuse (
            error, "has the pinned key '%s', which is not 'sha256//' and the Base64 of 32 bytes",
            shown);
      }
  return TRUE;
}

static gboolean
is_overlong (const char *text)
{
  return text != NULL && strnlen (text, MSA_MAX_OPTION_BYTES + 1) > MSA_MAX_OPTION_BYTES;
}

/* (nullable): the property of a text that is longer than any option may be. */
static const char *
find_overlong (const MsaTlsSettings *self)
{
  const struct
  {
    const char *property;
    const char *text;
  } texts[] = {
    { "ca-file", self->ca.file },
    { "certificate-file", self->certificate.file },
    { "key-file", self->key.file },
    { "key-password", self->key_password },
    { "priority", self->priority },
    { "pinned-key-file", self->pinned_key.file },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (is_overlong (texts[i].text))
      return texts[i].property;
  for (guint i = 0; self->pinned_keys != NULL && self->pinned_keys[i] != NULL; i++)
    if (is_overlong (self->pinned_keys[i]))
      return "pinned-keys";
  return NULL;
}

gboolean
msa_tls_settings_check (const MsaTlsSettings *self,
                        GError **error)
{
  const char *overlong = find_overlong (self);

  if (overlong != NULL)
    return refuse (error, "has a value of %s that is longer than %d bytes", overlong,
                   MSA_MAX_OPTION_BYTES);
  if (is_given_twice (&self->ca))
    return refuse (error, "has both a file and PEM to trust");
  /* AUTO as the lower end is the lowest one there is; as the upper, the highest. */
  if (self->max_version != MSA_TLS_VERSION_AUTO && self->min_version > self->max_version)
    return refuse (error, "has a lowest version above its highest");
  if (self->priority != NULL && self->priority[0] == '\0')
    return refuse (error, "has an empty priority string");
  return check_client (self, error) && check_pins (self, error);
}

/* --- identity --- */

/* Each piece has its length before it, so that no content can look like another piece, and what is
 * not given differs from what is empty. */
static void
add_piece (GChecksum *sum,
           gconstpointer data,
           gsize len)
{
  guint64 framed = data != NULL ? (guint64) len + 1 : 0;

  g_checksum_update (sum, (const guchar *) &framed, sizeof (framed));
  if (len > 0)
    g_checksum_update (sum, data, (gssize) len);
}

static void
add_text (GChecksum *sum,
          const char *text)
{
  add_piece (sum, text, text != NULL ? strlen (text) : 0);
}

static void
add_number (GChecksum *sum,
            guint64 number)
{
  g_checksum_update (sum, (const guchar *) &number, sizeof (number));
}

/* The data of no bytes may be NULL: those are given all the same. */
static void
add_item (GChecksum *sum,
          const MsaTlsItem *item)
{
  gsize len = 0;
  gconstpointer data = item->pem != NULL ? g_bytes_get_data (item->pem, &len) : NULL;

  add_text (sum, item->file);
  add_piece (sum, item->pem != NULL && data == NULL ? "" : data, len);
}

static GChecksum *
sum_trust (const MsaTlsSettings *self)
{
  GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);

  add_item (sum, &self->ca);
  add_item (sum, &self->certificate);
  add_item (sum, &self->key);
  add_item (sum, &self->pinned_key);
  add_text (sum, self->key_password);
  add_text (sum, self->priority);
  add_number (sum, self->min_version);
  add_number (sum, self->max_version);
  return sum;
}

char *
msa_tls_settings_identify_trust (const MsaTlsSettings *self)
{
  g_autoptr (GChecksum) sum = sum_trust (self);

  return g_strdup (g_checksum_get_string (sum));
}

char *
msa_tls_settings_identify (const MsaTlsSettings *self)
{
  g_autoptr (GChecksum) sum = sum_trust (self);
  guint i;

  add_number (sum, self->verify_chain);
  add_number (sum, self->verify_name);
  add_text (sum, self->twice);
  add_number (sum, self->pinned_keys != NULL ? (guint64) g_strv_length (self->pinned_keys) + 1 : 0);
  for (i = 0; self->pinned_keys != NULL && self->pinned_keys[i] != NULL; i++)
    add_text (sum, self->pinned_keys[i]);
  return g_strdup (g_checksum_get_string (sum));
}

/* fuzz-trust.c: what a configuration makes of PEM: certificates to trust, the client's, pinned keys
 *
 * Input: in the first line, a digit each, where the certificates to trust, the client's
 * certificate, its key and the pinned key come from (0: not given, 1: memory, 2: a file, 3:
 * both, 4: a file that is not there). Then the password and a pinned key, a line each, not
 * given if empty. Then the four texts, with a line "%%" between two; in them "\r" and its
 * like are pieces, see the table, "\!" changes what is there so far (two digits for the
 * place, then a byte) and "\-" cuts it there.
 *
 * The same must come of a file as of memory, and of the same twice.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-pki.h"
#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"
#include "model/msa-sys-private.h"
#include "tls/msa-tls-trust-private.h"

#define SEPARATOR "\n%%\n"
#define SECRET "hush!" /* what a password begins with that is looked for in messages */
#define N_DIGITS 61
#define MAX_TEXT_BYTES 20000

typedef enum
{
  TEXT_CA,
  TEXT_CERTIFICATE,
  TEXT_KEY,
  TEXT_PINNED,
  N_TEXTS,
} Text;

typedef enum
{
  FROM_NOWHERE,
  FROM_MEMORY,
  FROM_FILE,
  FROM_BOTH,
  FROM_MISSING,
  N_FROMS,
} From;

static const char *const file_names[N_TEXTS] = { "/ca", "/certificate", "/key", "/pinned" };

typedef struct
{
  MsaSys parent;
  GByteArray *texts[N_TEXTS];
} Sys;

/* A file */

static Text
find_file (const char *path)
{
  Text text = TEXT_CA;

  while (text < N_TEXTS && !g_str_equal (path, file_names[text]))
    text++;

  return text;
}

static GBytes *
sys_read_file (MsaSys *sys,
               const char *path,
               gsize max,
               GError **error)
{
  Sys *self = (Sys *) sys;
  Text text = find_file (path);

  g_assert_cmpuint (max, >=, MAX_TEXT_BYTES);
  if (text == N_TEXTS)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "No such file");
      return NULL;
    }

  return g_bytes_new (self->texts[text]->data, self->texts[text]->len);
}

static gboolean
sys_file_stamp (MsaSys *sys,
                const char *path,
                guint64 *stamp)
{
  *stamp = 1 + find_file (path);
  return find_file (path) < N_TEXTS;
}

static const MsaSysOps sys_ops = {
  .read_file = sys_read_file,
  .file_stamp = sys_file_stamp,
};

/* Reading the system's store at each run would take all the time. */
int
gnutls_certificate_set_x509_system_trust (gnutls_certificate_credentials_t credentials)
{
  gnutls_x509_crt_t root = msa_fuzz_pki_get (MSA_FUZZ_ROOT)->crt;

  return gnutls_certificate_set_x509_trust (credentials, &root, 1);
}

/* The texts */

static void
append_piece (GByteArray *text,
              int key)
{
  static const struct
  {
    char key;
    MsaFuzzCert cert;
    gboolean is_der;
  } certs[] = {
    { 'r', MSA_FUZZ_ROOT, FALSE },
    { 'l', MSA_FUZZ_LEAF, FALSE },
    { 't', MSA_FUZZ_TWIN, FALSE },
    { 'd', MSA_FUZZ_LEAF, TRUE },
  };
  static const struct
  {
    char key;
    const char *text;
  } texts[] = {
    { 'L', MSA_FUZZ_LOCKED_KEY },
    { 'K', "-----BEGIN PRIVATE KEY-----\n"
           "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
           "-----END PRIVATE KEY-----\n" },
    { 'k', "-----BEGIN PRIVATE KEY-----\n"
           "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpgukS6SS7SzEREnFaXsyKRnAOysDwcrn9g\n"
           "-----END PRIVATE KEY-----\n" },
    { 'p', "-----BEGIN PUBLIC KEY-----\n"
           "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
           "-----END PUBLIC KEY-----\n" },
    { 'c', "-----BEGIN CERTIFICATE-----\n" },
    { 'e', "-----END CERTIFICATE-----\n" },
    { 'y', "-----BEGIN EC PRIVATE KEY-----\n" },
    { 'x', "-----BEGIN X509 CRL-----\n" },
    { 'i', "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n" },
    { 'n', "\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (certs); i++)
    if (certs[i].key == key)
      {
        const MsaFuzzIdentity *cert = msa_fuzz_pki_get (certs[i].cert);
        const gnutls_datum_t *datum = certs[i].is_der ? &cert->der : &cert->pem;

        g_byte_array_append (text, datum->data, datum->size);
      }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i].key == key)
      g_byte_array_append (text, (const guint8 *) texts[i].text, (guint) strlen (texts[i].text));
}

static guint
choose_place (MsaCursor *input,
              const GByteArray *text)
{
  guint place = msa_fuzz_choose (input, N_DIGITS) * N_DIGITS;

  place += msa_fuzz_choose (input, N_DIGITS);

  return text->len > 0 ? place % text->len : 0;
}

static GByteArray *
make_text (MsaSlice plan)
{
  MsaCursor input = msa_cursor_from_slice (plan);
  GByteArray *text = g_byte_array_new ();

  while (!msa_cursor_is_empty (&input) && text->len < MAX_TEXT_BYTES / 2)
    {
      guint8 byte = (guint8) msa_cursor_next (&input);
      int key = byte == '\\' ? msa_cursor_next (&input) : -1;
      guint place;

      if (key == '!')
        {
          place = choose_place (&input, text);
          if (text->len > 0)
            text->data[place] = (guint8) msa_cursor_next (&input);
        }
      else if (key == '-')
        g_byte_array_set_size (text, choose_place (&input, text));
      else if (key >= 0)
        append_piece (text, key);
      else
        g_byte_array_append (text, &byte, 1);
    }

  return text;
}

/* What comes of it */

static void
set_item (MsaTlsItem *item,
          From from,
          Text text,
          const Sys *sys)
{
  if (from == FROM_MEMORY || from == FROM_BOTH)
    item->pem = g_bytes_new (sys->texts[text]->data, sys->texts[text]->len);
  if (from == FROM_FILE || from == FROM_BOTH)
    item->file = g_strdup (file_names[text]);
  if (from == FROM_MISSING)
    item->file = g_strdup ("/missing\xff");
}

/* A pinned key is no secret, and is quoted. */
static void
check_unsaid (const GError *error,
              const MsaTlsSettings *settings,
              const char *secret)
{
  if (settings->pinned_keys == NULL || strstr (settings->pinned_keys[0], secret) == NULL)
    g_assert_null (strstr (error->message, secret));
}

static void
check_error (const GError *error,
             const MsaTlsSettings *settings)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == MSA_ERROR);
  g_assert_true (error->code == MSA_ERROR_INVALID_ARGUMENT || error->code == MSA_ERROR_TLS_TRUST ||
                 error->code == MSA_ERROR_TLS_TRUST_EMPTY ||
                 error->code == MSA_ERROR_TLS_CLIENT_CERTIFICATE ||
                 error->code == MSA_ERROR_TLS_PASSWORD);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), >, 10);
  g_assert_cmpuint (strlen (error->message), <, 5000);
  /* Any other password may be what a message says by itself, as " password". */
  if (settings->key_password != NULL && g_str_has_prefix (settings->key_password, SECRET))
    check_unsaid (error, settings, SECRET);
  check_unsaid (error, settings, "MC4CAQAwBQYDK2VwBCIE");
}

static char *
describe (MsaTrust *trust,
          const GError *error)
{
  if (trust != NULL)
    return g_strdup (msa_trust_get_contents (trust));

  return g_strdup_printf ("error %d", error->code);
}

static char *
load (Sys *sys,
      const MsaTlsSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (MsaTrust) trust = msa_trust_load (&sys->parent, settings, &error);
  gboolean is_good = msa_tls_settings_check (settings, &refusal);

  g_assert_true ((trust == NULL) == (error != NULL));
  if (trust == NULL)
    check_error (error, settings);
  else
    {
      g_assert_true (is_good);
      g_assert_nonnull (msa_trust_get_credentials (trust));
      g_assert_true ((msa_trust_get_pin (trust) != NULL) == (settings->pinned_key.file != NULL));
    }
  if (!is_good)
    g_assert_cmpstr (refusal->message, ==, error->message);

  return describe (trust, error);
}

/* The same as from files, but of the pinned key, which has no other place. */
static void
check_memory (Sys *sys,
              const MsaTlsSettings *settings,
              const From froms[N_TEXTS],
              const char *result)
{
  MsaTlsSettings other;
  MsaTlsItem *items[] = { &other.ca, &other.certificate, &other.key };
  g_autofree char *again = NULL;

  msa_tls_settings_copy (settings, &other);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    if (froms[i] == FROM_MEMORY || froms[i] == FROM_FILE)
      {
        g_clear_pointer (&items[i]->file, g_free);
        g_clear_pointer (&items[i]->pem, g_bytes_unref);
        set_item (items[i], froms[i] == FROM_MEMORY ? FROM_FILE : FROM_MEMORY, (Text) i, sys);
      }
  again = load (sys, &other);
  g_assert_cmpstr (result, ==, again);
  msa_tls_settings_clear (&other);
}

static void
check_identity (const MsaTlsSettings *settings)
{
  g_autofree char *one = msa_tls_settings_identify (settings);
  g_autofree char *other = NULL;
  MsaTlsSettings copy;

  msa_tls_settings_copy (settings, &copy);
  other = msa_tls_settings_identify (&copy);
  g_assert_cmpstr (one, ==, other);
  msa_tls_settings_clear (&copy);
}

/* A certificate in DER is pinned by the same key from a text as from the file. */
static void
check_pin (Sys *sys)
{
  const GByteArray *text = sys->texts[TEXT_PINNED];
  g_autoptr (GBytes) bytes = g_bytes_new (text->data, text->len);
  g_autofree char *pin = msa_tls_pin_new (bytes);
  guint8 of_text[MSA_TLS_PIN_BYTES], of_file[MSA_TLS_PIN_BYTES];

  if (pin == NULL)
    return;
  g_assert_true (msa_tls_pin_parse (pin, of_text));
  if (g_strstr_len ((const char *) text->data, text->len, "-----BEGIN") != NULL)
    return;
  g_assert_true (msa_tls_pinned_key_load (&sys->parent, file_names[TEXT_PINNED], of_file, NULL));
  g_assert_cmpmem (of_text, sizeof (of_text), of_file, sizeof (of_file));
}

static void
read_texts (Sys *sys,
            MsaSlice rest)
{
  for (guint i = 0; i < N_TEXTS; i++)
    {
      const char *end = rest.len > 0 ? memmem (rest.data, rest.len, SEPARATOR, strlen (SEPARATOR))
                                     : NULL;
      gsize len = end != NULL ? (gsize) (end - rest.data) : rest.len;
      gsize skip = end != NULL ? len + strlen (SEPARATOR) : len;

      sys->texts[i] = make_text (msa_slice (rest.data, len));
      rest = msa_slice (rest.data + skip, rest.len - skip);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data != NULL ? data : (const guint8 *) "", size);
  MsaCursor line = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  g_autofree char *password = msa_fuzz_take_string (&input);
  g_autofree char *pin = msa_fuzz_take_string (&input);
  const char *pins[] = { pin, NULL };
  From froms[N_TEXTS];
  MsaTlsSettings settings;
  Sys sys = { .parent.ops = &sys_ops };
  g_autofree char *result = NULL;
  guint64 stamp;

  msa_tls_settings_init (&settings);
  read_texts (&sys, msa_cursor_rest (&input));
  for (guint i = 0; i < N_TEXTS; i++)
    froms[i] = (From) msa_fuzz_choose (&line, N_FROMS);
  set_item (&settings.ca, froms[TEXT_CA], TEXT_CA, &sys);
  set_item (&settings.certificate, froms[TEXT_CERTIFICATE], TEXT_CERTIFICATE, &sys);
  set_item (&settings.key, froms[TEXT_KEY], TEXT_KEY, &sys);
  if (froms[TEXT_PINNED] > FROM_MEMORY)
    set_item (&settings.pinned_key, froms[TEXT_PINNED] == FROM_MISSING ? FROM_MISSING : FROM_FILE,
              TEXT_PINNED, &sys);
  settings.key_password = password[0] != '\0' ? g_strdup (password) : NULL;
  settings.pinned_keys = pin[0] != '\0' ? g_strdupv ((char **) pins) : NULL;

  result = load (&sys, &settings);
  check_memory (&sys, &settings, froms, result);
  check_identity (&settings);
  check_pin (&sys);
  msa_trust_stamp (&sys.parent, &settings, &stamp);

  msa_tls_settings_clear (&settings);
  for (guint i = 0; i < N_TEXTS; i++)
    g_byte_array_unref (sys.texts[i]);

  return 0;
}

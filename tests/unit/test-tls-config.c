/* test-tls-config.c: how TLS is to be spoken and whom to trust
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "model/msa-tls-config-private.h"
#include "msa-enum-types.h"
#include "sim/msa-test-rows.h"

#define PIN_A "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_B "sha256//BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="

/* --- a certificate of GIO, without a backend --- */

typedef struct
{
  GTlsCertificate  parent_instance;
  char            *pem;       /* (owned) (nullable) */
  char            *key_pem;   /* (owned) (nullable) */
  char            *uri;       /* (owned) (nullable) */
  char            *key_uri;   /* (owned) (nullable) */
  GTlsCertificate *issuer;    /* (owned) (nullable) */
} TestCertificate;

typedef GTlsCertificateClass TestCertificateClass;

GType test_certificate_get_type (void);

G_DEFINE_TYPE (TestCertificate, test_certificate, G_TYPE_TLS_CERTIFICATE)

typedef enum
{
  CERT_CERTIFICATE = 1,
  CERT_CERTIFICATE_PEM,
  CERT_PRIVATE_KEY,
  CERT_PRIVATE_KEY_PEM,
  CERT_ISSUER,
  CERT_PKCS11_URI,
  CERT_PRIVATE_KEY_PKCS11_URI,
} TestCertificateProperty;

static void
test_certificate_get_property (GObject *object,
                               guint id,
                               GValue *value,
                               GParamSpec *pspec)
{
  TestCertificate *self = (TestCertificate *) object;

  if (id == CERT_CERTIFICATE_PEM)
    g_value_set_string (value, self->pem);
  else if (id == CERT_PRIVATE_KEY_PEM)
    g_value_set_string (value, self->key_pem);
  else if (id == CERT_PKCS11_URI)
    g_value_set_string (value, self->uri);
  else if (id == CERT_PRIVATE_KEY_PKCS11_URI)
    g_value_set_string (value, self->key_uri);
  else if (id == CERT_ISSUER)
    g_value_set_object (value, self->issuer);
}

/* All of them are for construction as well. */
static void
test_certificate_set_property (GObject *object,
                               guint id,
                               const GValue *value,
                               GParamSpec *pspec)
{
}

static void
test_certificate_finalize (GObject *object)
{
  TestCertificate *self = (TestCertificate *) object;

  g_free (self->pem);
  g_free (self->key_pem);
  g_free (self->uri);
  g_free (self->key_uri);
  g_clear_object (&self->issuer);
  G_OBJECT_CLASS (test_certificate_parent_class)->finalize (object);
}

static void
test_certificate_class_init (TestCertificateClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_certificate_get_property;
  object_class->set_property = test_certificate_set_property;
  object_class->finalize = test_certificate_finalize;
  g_object_class_override_property (object_class, CERT_CERTIFICATE, "certificate");
  g_object_class_override_property (object_class, CERT_CERTIFICATE_PEM, "certificate-pem");
  g_object_class_override_property (object_class, CERT_PRIVATE_KEY, "private-key");
  g_object_class_override_property (object_class, CERT_PRIVATE_KEY_PEM, "private-key-pem");
  g_object_class_override_property (object_class, CERT_ISSUER, "issuer");
  g_object_class_override_property (object_class, CERT_PKCS11_URI, "pkcs11-uri");
  g_object_class_override_property (object_class, CERT_PRIVATE_KEY_PKCS11_URI,
                                    "private-key-pkcs11-uri");
}

static void
test_certificate_init (TestCertificate *self)
{
}

static GTlsCertificate *
make_certificate (const char *pem,
                  const char *key_pem,
                  const char *uri,
                  const char *key_uri,
                  const char *issuer_pem)
{
  TestCertificate *self = g_object_new (test_certificate_get_type (), NULL);

  self->pem = g_strdup (pem);
  self->key_pem = g_strdup (key_pem);
  self->uri = g_strdup (uri);
  self->key_uri = g_strdup (key_uri);
  if (issuer_pem != NULL)
    self->issuer = make_certificate (issuer_pem, NULL, NULL, NULL, NULL);
  return G_TLS_CERTIFICATE (self);
}

/* --- the object --- */

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  MsaTlsConfig *config = msa_tls_config_new ();

  g_assert_null (msa_tls_config_get_ca_file (config));
  g_assert_null (msa_tls_config_get_ca_pem (config));
  g_assert_null (msa_tls_config_get_certificate_file (config));
  g_assert_null (msa_tls_config_get_certificate_pem (config));
  g_assert_null (msa_tls_config_get_certificate (config));
  g_assert_null (msa_tls_config_get_key_file (config));
  g_assert_null (msa_tls_config_get_pinned_keys (config));
  g_assert_null (msa_tls_config_get_pinned_key_file (config));
  g_assert_null (msa_tls_config_get_priority (config));
  g_assert_cmpint (msa_tls_config_get_min_version (config), ==, MSA_TLS_VERSION_AUTO);
  g_assert_cmpint (msa_tls_config_get_max_version (config), ==, MSA_TLS_VERSION_AUTO);
  g_assert_true (msa_tls_config_get_verify_chain (config));
  g_assert_true (msa_tls_config_get_verify_name (config));
  g_assert_true (msa_tls_config_check (config, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (config);
}

static MsaTlsConfig *
make_full (GBytes *pem,
           GTlsCertificate *certificate)
{
  const char *const pins[] = { PIN_A, PIN_B, NULL };

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "/a", "ca-pem", pem, "certificate-file",
                       "/b", "certificate-pem", pem, "certificate", certificate, "key-file", "/c",
                       "key-pem", pem, "key-password", "secret", "pinned-keys", pins,
                       "pinned-key-file", "/d", "priority", "NORMAL", "min-version",
                       MSA_TLS_VERSION_TLS_1_2, "max-version", MSA_TLS_VERSION_TLS_1_3,
                       "verify-chain", FALSE, "verify-name", FALSE, NULL);
}

static void
test_accessors (void)
{
  g_autoptr (GBytes) pem = g_bytes_new_static ("pem", 3);
  g_autoptr (MsaTlsConfig) config = make_full (pem, NULL);

  g_assert_cmpstr (msa_tls_config_get_ca_file (config), ==, "/a");
  g_assert_true (msa_tls_config_get_ca_pem (config) == pem);
  g_assert_cmpstr (msa_tls_config_get_certificate_file (config), ==, "/b");
  g_assert_true (msa_tls_config_get_certificate_pem (config) == pem);
  g_assert_cmpstr (msa_tls_config_get_key_file (config), ==, "/c");
  g_assert_cmpstr (msa_tls_config_get_pinned_keys (config)[0], ==, PIN_A);
  g_assert_cmpstr (msa_tls_config_get_pinned_keys (config)[1], ==, PIN_B);
  g_assert_null (msa_tls_config_get_pinned_keys (config)[2]);
  g_assert_cmpstr (msa_tls_config_get_pinned_key_file (config), ==, "/d");
  g_assert_cmpstr (msa_tls_config_get_priority (config), ==, "NORMAL");
  g_assert_cmpint (msa_tls_config_get_min_version (config), ==, MSA_TLS_VERSION_TLS_1_2);
  g_assert_cmpint (msa_tls_config_get_max_version (config), ==, MSA_TLS_VERSION_TLS_1_3);
  g_assert_false (msa_tls_config_get_verify_chain (config));
  g_assert_false (msa_tls_config_get_verify_name (config));
}

static void
test_properties (void)
{
  g_autoptr (GBytes) pem = g_bytes_new_static ("pem", 3);
  g_autoptr (MsaTlsConfig) config = make_full (pem, NULL);
  g_autofree char *ca_file = NULL;
  g_autofree char *certificate_file = NULL;
  g_autofree char *key_file = NULL;
  g_autofree char *pinned_key_file = NULL;
  g_autofree char *priority = NULL;
  g_autoptr (GBytes) ca_pem = NULL;
  g_autoptr (GBytes) certificate_pem = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_auto (GStrv) pins = NULL;
  MsaTlsVersion min_version, max_version;
  gboolean verify_chain, verify_name;

  g_object_get (config, "ca-file", &ca_file, "ca-pem", &ca_pem, "certificate-file",
                &certificate_file, "certificate-pem", &certificate_pem, "certificate", &certificate,
                "key-file", &key_file, "pinned-keys", &pins, "pinned-key-file", &pinned_key_file,
                "priority", &priority, "min-version", &min_version, "max-version", &max_version,
                "verify-chain", &verify_chain, "verify-name", &verify_name, NULL);
  g_assert_cmpstr (ca_file, ==, "/a");
  g_assert_true (g_bytes_equal (ca_pem, pem));
  g_assert_cmpstr (certificate_file, ==, "/b");
  g_assert_true (g_bytes_equal (certificate_pem, pem));
  g_assert_null (certificate);
  g_assert_cmpstr (key_file, ==, "/c");
  g_assert_cmpuint (g_strv_length (pins), ==, 2);
  g_assert_cmpstr (pins[1], ==, PIN_B);
  g_assert_cmpstr (pinned_key_file, ==, "/d");
  g_assert_cmpstr (priority, ==, "NORMAL");
  g_assert_cmpint (min_version, ==, MSA_TLS_VERSION_TLS_1_2);
  g_assert_cmpint (max_version, ==, MSA_TLS_VERSION_TLS_1_3);
  g_assert_false (verify_chain);
  g_assert_false (verify_name);
}

/* What is shared must not change: no property can be set afterwards. */
static void
test_immutable (void)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (MSA_TYPE_TLS_CONFIG);
  g_autofree GParamSpec **props = NULL;
  guint n_props;

  props = g_object_class_list_properties (G_OBJECT_CLASS (klass), &n_props);
  g_assert_cmpuint (n_props, ==, 15);
  for (guint i = 0; i < n_props; i++)
    g_assert_true (props[i]->flags & G_PARAM_CONSTRUCT_ONLY);
}

/* The objects of GLib warn, and what is not known counts as not said. */
static void
test_unknown_version (gconstpointer data)
{
  const char *property = data;
  static const int unknown[] = { -1, MSA_TLS_VERSION_TLS_1_3 + 1, G_MAXINT };

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    {
      g_autoptr (MsaTlsConfig) config = NULL;
      MsaTlsVersion version = MSA_TLS_VERSION_TLS_1_2;

      g_test_expect_message ("GLib-GObject", G_LOG_LEVEL_WARNING,
                             "*MsaTlsVersion*out of range*");
      config = g_object_new (MSA_TYPE_TLS_CONFIG, property, unknown[i], NULL);
      g_test_assert_expected_messages ();
      g_object_get (config, property, &version, NULL);
      g_assert_cmpint (version, ==, MSA_TLS_VERSION_AUTO);
    }
}

/* Secrets can be handed in, and not got back. */
static void
test_secrets_stay (void)
{
  static const char *const secrets[] = { "key-pem", "key-password" };
  g_autoptr (GTypeClass) klass = g_type_class_ref (MSA_TYPE_TLS_CONFIG);

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    {
      GParamSpec *spec = g_object_class_find_property (G_OBJECT_CLASS (klass), secrets[i]);

      g_assert_nonnull (spec);
      g_assert_false (spec->flags & G_PARAM_READABLE);
    }
}

static void
test_secrets_not_in_identity (void)
{
  g_autoptr (GBytes) pem = g_bytes_new_static ("key-text", 8);
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "certificate-file", "/a",
                                                  "key-pem", pem, "key-password", "pass-text",
                                                  NULL);

  g_assert_null (strstr (msa_tls_config_get_identity (config), "text"));
  g_assert_null (strstr (msa_tls_config_get_trust_identity (config), "text"));
}

static void
test_new_for_ca_file (void)
{
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/etc/ca.pem");

  g_assert_cmpstr (msa_tls_config_get_ca_file (config), ==, "/etc/ca.pem");
  g_assert_true (msa_tls_config_check (config, NULL));
}

/* --- identity and check --- */

/* A configuration, as a row of a table says it. */
typedef struct
{
  const char   *name;
  const char   *refusal; /* of the check, in the message; NULL: it passes */
  const char   *ca_file;
  const char   *ca_pem;
  MsaTlsVersion min_version;
  MsaTlsVersion max_version;
  gboolean      no_chain;
  gboolean      no_name;
  const char   *certificate_file;
  const char   *certificate_pem;
  const char   *key_file;
  const char   *key_pem;
  const char   *key_password;
  const char   *pins[3];
  gboolean      empty_pins;
  const char   *pinned_key_file;
  const char   *priority;
} Row;

/* No two rows ask for the same, though some try to look like another. */
static const Row rows[] = {
  { .name = "default" },
  { "no-chain", NULL, .no_chain = TRUE },
  { "no-name", NULL, .no_name = TRUE },
  { "neither", NULL, .no_chain = TRUE, .no_name = TRUE },
  { "min-1.2", NULL, .min_version = MSA_TLS_VERSION_TLS_1_2 },
  { "min-1.3", NULL, .min_version = MSA_TLS_VERSION_TLS_1_3 },
  { "max-1.2", NULL, .max_version = MSA_TLS_VERSION_TLS_1_2 },
  { "max-1.3", NULL, .max_version = MSA_TLS_VERSION_TLS_1_3 },
  { "range", NULL, .min_version = MSA_TLS_VERSION_TLS_1_2, .max_version = MSA_TLS_VERSION_TLS_1_3 },
  { "one-version", NULL, .min_version = MSA_TLS_VERSION_TLS_1_3,
    .max_version = MSA_TLS_VERSION_TLS_1_3 },
  { "empty-range", "a lowest version above its highest", .min_version = MSA_TLS_VERSION_TLS_1_3,
    .max_version = MSA_TLS_VERSION_TLS_1_2 },
  { "file", NULL, .ca_file = "/a" },
  { "other-file", NULL, .ca_file = "/b" },
  { "empty-file", NULL, .ca_file = "" },
  { "pem", NULL, .ca_pem = "/a" },
  { "other-pem", NULL, .ca_pem = "b" },
  { "empty-pem", NULL, .ca_pem = "" },
  { "file-and-pem", "both a file and PEM to trust", .ca_file = "/a", .ca_pem = "a" },
  { "client", NULL, .certificate_file = "/a", .key_file = "/b" },
  { "client-swapped", NULL, .certificate_file = "/b", .key_file = "/a" },
  { "client-pem", NULL, .certificate_pem = "/a", .key_pem = "/b" },
  { "client-half-pem", NULL, .certificate_file = "/a", .key_pem = "/b" },
  { "client-token", NULL, .certificate_file = "pkcs11:object=a", .key_file = "pkcs11:object=b" },
  { "client-other-key", NULL, .certificate_file = "/a", .key_file = "/c" },
  { "client-password", NULL, .certificate_file = "/a", .key_file = "/b", .key_password = "c" },
  { "client-other-password", NULL, .certificate_file = "/a", .key_file = "/b",
    .key_password = "d" },
  { "client-empty-password", NULL, .certificate_file = "/a", .key_file = "/b",
    .key_password = "" },
  { "client-and-ca", NULL, .ca_file = "/a", .certificate_file = "/a", .key_file = "/b" },
  { "certificate-alone", "a client certificate without its key", .certificate_file = "/a" },
  { "certificate-pem-alone", "a client certificate without its key", .certificate_pem = "/a" },
  { "key-alone", "a client key without its certificate", .key_file = "/a" },
  { "key-pem-alone", "a client key without its certificate", .key_pem = "/a" },
  { "certificate-twice", "the client's certificate in more than one form",
    .certificate_file = "/a", .certificate_pem = "/a", .key_file = "/b" },
  { "key-twice", "the client's key in more than one form", .certificate_file = "/a",
    .key_file = "/b", .key_pem = "/b" },
  { "password-alone", "a password without a key", .key_password = "a" },
  { "pin", NULL, .pins = { PIN_A } },
  { "other-pin", NULL, .pins = { PIN_B } },
  { "two-pins", NULL, .pins = { PIN_A, PIN_B } },
  { "two-pins-swapped", NULL, .pins = { PIN_B, PIN_A } },
  { "no-pins", "an empty list of pinned keys", .empty_pins = TRUE },
  { "pin-empty", "the pinned key ''", .pins = { "" } },
  { "pin-without-prefix", "the pinned key 'AAAA",
    .pins = { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" } },
  { "pin-other-digest", "the pinned key 'sha512//AAAA", .pins = { "sha512//AAAA" } },
  { "pin-short", "is not 'sha256//' and the Base64 of 32 bytes", .pins = { "sha256//AAAA" } },
  { "pin-long", "is not 'sha256//' and the Base64 of 32 bytes",
    .pins = { PIN_A "AAAA" } },
  { "pin-33-bytes", "is not 'sha256//' and the Base64 of 32 bytes",
    .pins = { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } },
  { "pin-unclean-end", "is not 'sha256//' and the Base64 of 32 bytes",
    .pins = { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=" } },
  { "pin-no-base64", "is not 'sha256//' and the Base64 of 32 bytes",
    .pins = { "sha256//AAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAA=" } },
  { "pin-second-bad", "the pinned key 'x'", .pins = { PIN_A, "x" } },
  { "pin-not-utf8", "the pinned key '\357\277\275'", .pins = { "\377" } },
  { "pinned-key-file", NULL, .pinned_key_file = "/a" },
  { "pinned-key-file-and-pin", NULL, .pins = { PIN_A }, .pinned_key_file = "/a" },
  { "priority", NULL, .priority = "NORMAL" },
  { "other-priority", NULL, .priority = "-CIPHER-ALL" },
  { "priority-empty", "an empty priority string", .priority = "" },
};

static GBytes *
make_bytes (const char *text)
{
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

static MsaTlsConfig *
make_config (const Row *row)
{
  g_autoptr (GBytes) ca_pem = make_bytes (row->ca_pem);
  g_autoptr (GBytes) certificate_pem = make_bytes (row->certificate_pem);
  g_autoptr (GBytes) key_pem = make_bytes (row->key_pem);
  const char *const *pins = row->pins[0] != NULL || row->empty_pins ? row->pins : NULL;

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", row->ca_file, "ca-pem", ca_pem,
                       "certificate-file", row->certificate_file, "certificate-pem",
                       certificate_pem, "key-file", row->key_file, "key-pem", key_pem,
                       "key-password", row->key_password, "pinned-keys", pins, "pinned-key-file",
                       row->pinned_key_file, "priority", row->priority, "min-version",
                       row->min_version, "max-version", row->max_version, "verify-chain",
                       !row->no_chain, "verify-name", !row->no_name, NULL);
}

static void
test_identity (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaTlsConfig) config = make_config (row);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MsaTlsConfig) other = make_config (&rows[i]);
      gboolean equal = g_str_equal (msa_tls_config_get_identity (config),
                                    msa_tls_config_get_identity (other));

      g_assert_cmpint (equal, ==, &rows[i] == row);
    }
}

static void
test_check (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaTlsConfig) config = make_config (row);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_tls_config_check (config, &error), ==, row->refusal == NULL);
  if (row->refusal == NULL)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, row->refusal));
}

/* Whom to verify, and how, is not what a trust is made of; all else is. */
static void
test_trust_identity (void)
{
  g_autoptr (MsaTlsConfig) plain = make_config (&rows[0]);

  for (guint i = 1; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (MsaTlsConfig) other = make_config (&rows[i]);
      gboolean is_policy =
          rows[i].no_chain || rows[i].no_name ||
          ((rows[i].pins[0] != NULL || rows[i].empty_pins) && rows[i].pinned_key_file == NULL);
      gboolean equal = g_str_equal (msa_tls_config_get_trust_identity (plain),
                                    msa_tls_config_get_trust_identity (other));

      g_assert_cmpint (equal, ==, is_policy);
    }
}

/* --- certificates of GIO --- */

static void
assert_bytes (GBytes *bytes,
              const char *text)
{
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

static MsaTlsConfig *
config_for_certificate (GTlsCertificate *certificate)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "certificate", certificate, NULL);
}

/* It counts by its content: another object that says the same is the same. */
static void
test_certificate (void)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ("cert\n", "key", NULL, NULL, "ca\n");
  g_autoptr (GTlsCertificate) equal = make_certificate ("cert\n", "key", NULL, NULL, "ca\n");
  g_autoptr (GTlsCertificate) other = make_certificate ("cert\n", "yek", NULL, NULL, "ca\n");
  g_autoptr (MsaTlsConfig) config = config_for_certificate (certificate);
  g_autoptr (MsaTlsConfig) same = config_for_certificate (equal);
  g_autoptr (MsaTlsConfig) different = config_for_certificate (other);
  const MsaTlsSettings *settings = msa_tls_config_get_settings (config);

  assert_bytes (settings->certificate.pem, "cert\nca\n");
  assert_bytes (settings->key.pem, "key");
  g_assert_true (msa_tls_config_check (config, NULL));
  g_assert_cmpstr (msa_tls_config_get_identity (config), ==, msa_tls_config_get_identity (same));
  g_assert_cmpstr (msa_tls_config_get_identity (config), !=,
                   msa_tls_config_get_identity (different));

  g_assert_true (msa_tls_config_get_certificate (config) == certificate);
  g_assert_null (msa_tls_config_get_certificate_pem (config));
  g_assert_null (msa_tls_config_get_certificate_file (config));
}

/* What would not be taken from a peer is not sent to one; a chain in a ring ends. */
static void
test_certificate_chain (void)
{
  g_autoptr (GTlsCertificate) certificate = make_certificate ("cert\n", "key", NULL, NULL, "ca\n");
  TestCertificate *first = (TestCertificate *) certificate;
  TestCertificate *issuer = (TestCertificate *) first->issuer;
  g_autoptr (MsaTlsConfig) config = NULL;
  GBytes *pem;

  issuer->issuer = g_object_ref (certificate);
  config = config_for_certificate (certificate);
  pem = msa_tls_config_get_settings (config)->certificate.pem;
  g_assert_cmpuint (g_bytes_get_size (pem), ==, MSA_MAX_PEER_CHAIN / 2 * strlen ("cert\nca\n"));
  g_clear_object (&issuer->issuer);
}

static void
test_certificate_of_token (void)
{
  g_autoptr (GTlsCertificate) certificate =
      make_certificate (NULL, NULL, "pkcs11:object=a", "pkcs11:object=b", NULL);
  g_autoptr (MsaTlsConfig) config = config_for_certificate (certificate);
  const MsaTlsSettings *settings = msa_tls_config_get_settings (config);

  g_assert_cmpstr (settings->certificate.file, ==, "pkcs11:object=a");
  g_assert_true (msa_tls_item_is_token (&settings->certificate));
  g_assert_cmpstr (settings->key.file, ==, "pkcs11:object=b");
  g_assert_null (msa_tls_config_get_key_file (config));
  g_assert_true (msa_tls_config_check (config, NULL));
}

static const struct
{
  const char *name;
  const char *refusal; /* NULL: it passes */
  const char *pem;
  const char *key_pem;
  const char *key_file;
  const char *certificate_file;
} certificates[] = {
  { "key-beside", NULL, "cert", NULL, "/key", NULL },
  { "no-key", "a client certificate without its key", "cert", NULL, NULL, NULL },
  { "key-twice", "the client's key in more than one form", "cert", "key", "/key", NULL },
  { "certificate-twice", "the client's certificate in more than one form", "cert", "key", NULL,
    "/cert" },
  { "nothing", "a client certificate without its key", NULL, NULL, NULL, NULL },
};

static void
test_certificate_check (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (GTlsCertificate) certificate = make_certificate (
      certificates[row].pem, certificates[row].key_pem, NULL, NULL, NULL);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "certificate", certificate, "certificate-file",
                    certificates[row].certificate_file, "key-file", certificates[row].key_file,
                    NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_tls_config_check (config, &error), ==, certificates[row].refusal == NULL);
  if (certificates[row].refusal == NULL)
    return;
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, certificates[row].refusal));
}

/* --- copies --- */

static void
test_copy (void)
{
  g_autoptr (GBytes) pem = g_bytes_new_static ("pem", 3);
  g_autoptr (MsaTlsConfig) config = make_full (pem, NULL);
  g_autofree char *identity = NULL;
  MsaTlsSettings copy;

  msa_tls_settings_copy (msa_tls_config_get_settings (config), &copy);
  identity = msa_tls_settings_identify (&copy);
  g_assert_cmpstr (identity, ==, msa_tls_config_get_identity (config));
  g_assert_true (copy.key_password != msa_tls_config_get_settings (config)->key_password);
  msa_tls_settings_clear (&copy);
  g_assert_null (copy.key_password);
}

/* Every text, with a byte less than an option may have, as many, and one more. */
static void
test_overlong (void)
{
  g_autoptr (GTypeClass) class = g_type_class_ref (MSA_TYPE_TLS_CONFIG);
  guint n_properties, n_tried = 0;
  g_autofree GParamSpec **properties =
      g_object_class_list_properties ((GObjectClass *) class, &n_properties);

  for (guint i = 0; i < n_properties; i++)
    {
      const gboolean is_list = properties[i]->value_type == G_TYPE_STRV;

      if (properties[i]->value_type != G_TYPE_STRING && !is_list)
        continue;
      for (int over = -1; over <= 1; over++)
        {
          g_autofree char *text = g_strnfill ((gsize) (MSA_MAX_OPTION_BYTES + over), 'x');
          const char *texts[] = { PIN_A, text, NULL };
          g_autoptr (MsaTlsConfig) config =
              g_object_new (MSA_TYPE_TLS_CONFIG, properties[i]->name,
                            is_list ? (gpointer) texts : text, NULL);
          g_autoptr (GError) error = NULL;
          gboolean good = msa_tls_config_check (config, &error);

          if (over <= 0)
            {
              g_assert_true (good || strstr (error->message, "8000000") == NULL);
              continue;
            }
          g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
          g_assert_nonnull (strstr (error->message, properties[i]->name));
          g_assert_nonnull (strstr (error->message, "longer than 8000000 bytes"));
        }
      n_tried++;
    }
  g_assert_cmpuint (n_tried, ==, 7);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/tls-config/defaults", test_defaults);
  g_test_add_func ("/msa/tls-config/accessors", test_accessors);
  g_test_add_func ("/msa/tls-config/properties", test_properties);
  g_test_add_func ("/msa/tls-config/immutable", test_immutable);
  g_test_add_data_func ("/msa/tls-config/unknown-version/min-version", "min-version",
                        test_unknown_version);
  g_test_add_data_func ("/msa/tls-config/unknown-version/max-version", "max-version",
                        test_unknown_version);
  g_test_add_func ("/msa/tls-config/secrets/stay", test_secrets_stay);
  g_test_add_func ("/msa/tls-config/secrets/not-in-identity", test_secrets_not_in_identity);
  g_test_add_func ("/msa/tls-config/new-for-ca-file", test_new_for_ca_file);
  MSA_TEST_ADD_ROWS ("/msa/tls-config/identity", rows, test_identity);
  MSA_TEST_ADD_ROWS ("/msa/tls-config/check", rows, test_check);
  g_test_add_func ("/msa/tls-config/trust-identity", test_trust_identity);
  g_test_add_func ("/msa/tls-config/certificate/pem", test_certificate);
  g_test_add_func ("/msa/tls-config/certificate/chain", test_certificate_chain);
  g_test_add_func ("/msa/tls-config/certificate/token", test_certificate_of_token);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-config/certificate", certificates, test_certificate_check);
  g_test_add_func ("/msa/tls-config/copy", test_copy);
  g_test_add_func ("/msa/tls-config/overlong", test_overlong);

  return g_test_run ();
}

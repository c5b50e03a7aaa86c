/* test-tls-token.c: the client's certificate and key on a PKCS#11 token
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "msa-password-request.h"
#include "msa-test-tls-peer.h"
#include "msa-test-token.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"
#include "tls/msa-tls-trust-private.h"

#include <dlfcn.h>
#include <gnutls/pkcs11.h>
#include <gnutls/x509.h>

#define HOST "www.example.org"
#define CERTIFICATE "pkcs11:token=Test%20Token;object=me;type=cert"
#define KEY "pkcs11:token=Test%20Token;object=me;type=private"
#define DIGITS "1234567890123456789012345678901234567890123456789012345678901234"

static MsaTestPki *root;
static MsaTestPki *client_root;
static MsaTestCert *server;
static MsaTestCert *client;
static MsaTestCert *other_client;
static MsaTestTokenFill fill;

static MsaTlsConfig *
make_config (const char *certificate,
             const char *key,
             const char *pin)
{
  const char *ca = msa_test_pki_ca_pem (root);
  g_autoptr (GBytes) ca_pem = g_bytes_new (ca, strlen (ca));

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca_pem, "certificate-file", certificate,
                       "key-file", key, "key-password", pin, NULL);
}

static MsaTrust *
load (MsaTlsConfig *config,
      GError **error)
{
  return msa_trust_load (NULL, msa_tls_config_get_settings (config), error);
}

/* --- loading --- */

static const struct
{
  const char *name;
  const char *certificate;
  const char *key;
  const char *pin;
  guint n_wrong; /* before */
  guint n_logins; /* tries that it takes */
  int code; /* 0: it is loaded */
  const char *message;
} loads[] = {
  { "pin", CERTIFICATE, KEY, MSA_TEST_TOKEN_PIN, 0, 1, 0, NULL },
  { "pin-after-a-mistake", CERTIFICATE, KEY, MSA_TEST_TOKEN_PIN, 1, 1, 0, NULL },
  { "pin-in-uri", CERTIFICATE, KEY "?pin-value=1234", NULL, 0, 1, 0, NULL },
  { "pin-in-uri-escaped", CERTIFICATE, KEY "?vendor=x&pin-value=%31%32%334", NULL, 0, 1, 0,
    NULL },
  { "pin-in-uri-among-others", CERTIFICATE, KEY "?pin-value=1234&max-slots=3", NULL, 0, 1, 0,
    NULL },
  { "pin-in-uri-wrong", CERTIFICATE, KEY "?pin-value=4321", NULL, 0, 1, MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key '" KEY "': its token refuses the PIN" },
  { "pin-in-uri-last-try", CERTIFICATE, KEY "?pin-value=1234", NULL, 2, 0,
    MSA_ERROR_TLS_PASSWORD, "its token would lock itself if the PIN were wrong once more" },
  { "pin-missing", CERTIFICATE, KEY, NULL, 0, 0, MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key '" KEY "': its token asks for a PIN, and none is given" },
  { "pin-wrong", CERTIFICATE, KEY, "4321", 0, 1, MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key '" KEY "': its token refuses the PIN" },
  { "pin-too-long", CERTIFICATE, KEY,
    DIGITS DIGITS DIGITS DIGITS DIGITS, 0, 0, MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key '" KEY "': its token refuses the PIN" },
  { "pin-last-try", CERTIFICATE, KEY, MSA_TEST_TOKEN_PIN, 2, 0, MSA_ERROR_TLS_PASSWORD,
    "its token would lock itself if the PIN were wrong once more" },
  { "pin-locked", CERTIFICATE, KEY, MSA_TEST_TOKEN_PIN, 3, 0, MSA_ERROR_TLS_PASSWORD,
    "the PIN of its token is locked" },
  { "no-such-key", CERTIFICATE, "pkcs11:token=Test%20Token;object=you;type=private?pin-value=1234",
    NULL, 0, 1, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client key 'pkcs11:token=Test%20Token;object=you;type=private': " },
  { "no-such-certificate", "pkcs11:token=Test%20Token;object=you;type=cert", KEY,
    MSA_TEST_TOKEN_PIN, 0, 0, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client certificate 'pkcs11:token=Test%20Token;object=you;type=cert': " },
  { "no-such-token", CERTIFICATE, "pkcs11:token=Other;object=me;type=private", MSA_TEST_TOKEN_PIN,
    0, 0, MSA_ERROR_TLS_CLIENT_CERTIFICATE, "cannot load the client key 'pkcs11:token=Other;" },
  { "no-uri", CERTIFICATE, "pkcs11:nonsense", MSA_TEST_TOKEN_PIN, 0, 0,
    MSA_ERROR_TLS_CLIENT_CERTIFICATE, "cannot load the client key 'pkcs11:nonsense'" },
};

static void
test_load (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (MsaTlsConfig) config =
      make_config (loads[row].certificate, loads[row].key, loads[row].pin);
  MsaTestTokenState *state = fill (client->cert_pem, client->key_pem);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaTrust) trust = NULL;

  state->n_wrong = loads[row].n_wrong;
  trust = load (config, &error);
  if (loads[row].code == 0)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (state->n_signed, >, 0);
    }
  else
    {
      g_assert_error (error, MSA_ERROR, loads[row].code);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, loads[row].message));
      g_assert_null (strstr (error->message, MSA_TEST_TOKEN_PIN));
      g_assert_null (trust);
    }
  g_assert_cmpuint (state->n_logins, ==, loads[row].n_logins);
}

/* One of the two from the token, the other from elsewhere. */
static void
test_mixed (void)
{
  const char *ca = msa_test_pki_ca_pem (root);
  g_autoptr (GBytes) ca_pem = g_bytes_new (ca, strlen (ca));
  g_autoptr (GBytes) right = g_bytes_new (client->cert_pem, strlen (client->cert_pem));
  g_autoptr (GBytes) wrong = g_bytes_new (other_client->cert_pem, strlen (other_client->cert_pem));
  g_autoptr (MsaTlsConfig) good =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca_pem, "certificate-pem", right, "key-file",
                    KEY, "key-password", MSA_TEST_TOKEN_PIN, NULL);
  g_autoptr (MsaTlsConfig) bad =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca_pem, "certificate-pem", wrong, "key-file",
                    KEY, "key-password", MSA_TEST_TOKEN_PIN, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaTrust) trust = NULL;

  fill (client->cert_pem, client->key_pem);
  trust = load (good, &error);
  g_assert_no_error (error);
  g_assert_null (load (bad, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_CLIENT_CERTIFICATE);
  g_assert_cmpstr (error->message, ==,
                   "the client key '" KEY "' does not belong to the given client certificate");
}

/* --- shaking hands --- */

static void
test_shown (gconstpointer data)
{
  MsaTestTlsOptions options = {
    .cert = server,
    .priority = data,
    .client_ca = msa_test_pki_ca_pem (client_root),
  };
  g_autoptr (MsaTlsConfig) config = make_config (CERTIFICATE, KEY, MSA_TEST_TOKEN_PIN);
  MsaTestTokenState *state = fill (client->cert_pem, client->key_pem);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new_full (&options);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = msa_host_new (msa_slice_from_string (HOST), &error);
  g_autoptr (MsaTrust) trust = load (config, &error);
  g_autoptr (MsaFilter) filter = NULL;
  guint n = 0, n_signed;

  g_assert_no_error (error);
  n_signed = state->n_signed;
  filter = msa_tls_filter_new (msa_test_tls_get_sys (),
                               msa_test_tls_peer_new_bottom (peer),
                               trust, config, host, NULL,
                               &error);
  g_assert_cmpint (msa_test_tls_peer_connect (peer, filter, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  while (!peer->is_done)
    msa_test_tls_peer_run (peer);
  g_assert_cmpint (peer->result, ==, 0);
  g_assert_nonnull (gnutls_certificate_get_peers (peer->session, &n));
  g_assert_cmpuint (state->n_signed, >, n_signed);
}

/* --- whole transfers --- */

#define WRONG_PIN "4321"

typedef struct
{
  const char *name;
  const char *key;
  const char *pin; /* (nullable): of the configuration */
  gboolean    has_handler;
  const char *answers[3]; /* its; NULL: it cancels */
  guint       n_asked;
  guint       n_logins;
  const char *cause; /* NULL: it goes well */
} Asked;

typedef struct
{
  const Asked *row;
  guint        n_asked;
} Person;

#define ASKS "its token asks for a PIN, and none is given"
#define REFUSES "its token refuses the PIN"

static const Asked asked[] = {
  { "right", KEY, NULL, TRUE, { MSA_TEST_TOKEN_PIN }, 1, 1, NULL },
  /* A card locks after a few: it is not asked for a second one. */
  { "wrong", KEY, NULL, TRUE, { WRONG_PIN, MSA_TEST_TOKEN_PIN }, 1, 1, REFUSES },
  { "cancelled", KEY, NULL, TRUE, { NULL }, 1, 0, ASKS },
  { "nobody", KEY, NULL, FALSE, { NULL }, 0, 0, ASKS },
  { "given", KEY, MSA_TEST_TOKEN_PIN, TRUE, { NULL }, 0, 1, NULL },
  { "given-wrong", KEY, WRONG_PIN, TRUE, { MSA_TEST_TOKEN_PIN }, 0, 1, REFUSES },
  { "in-uri", KEY "?pin-value=" WRONG_PIN, NULL, TRUE, { MSA_TEST_TOKEN_PIN }, 0, 1, REFUSES },
};

static gboolean
password_cb (MsaEasy *easy,
             MsaPasswordRequest *request,
             gpointer data)
{
  Person *self = data;
  const char *answer = self->row->answers[MIN (self->n_asked, 2)];
  const char *message = msa_password_request_get_message (request);

  g_assert_cmpint (msa_password_request_get_retry (request), ==, self->n_asked > 0);
  g_assert_nonnull (strstr (message, KEY));
  self->n_asked++;
  if (answer != NULL)
    msa_password_request_answer (request, answer);
  else
    msa_password_request_cancel (request);
  return TRUE;
}

static void
test_asked (MsaTestWorld *world)
{
  const Asked *row = world->row;
  const MsaTestTlsOptions options = {
    .cert = server,
    .client_ca = msa_test_pki_ca_pem (client_root),
  };
  MsaTestHttps *https =
      msa_test_https_new (world->sim, "10.0.0.7", &options, msa_test_https_answer, NULL);
  MsaTestTokenState *state = fill (client->cert_pem, client->key_pem);
  g_autoptr (MsaTlsConfig) config = make_config (CERTIFICATE, row->key, row->pin);
  Person person = { .row = row };
  MsaEasy *easy = msa_test_world_make (world, "https://" HOST "/status/200");

  msa_sim_set_host (world->sim, HOST, 1000, "10.0.0.7", NULL);
  msa_easy_set_tls_config (easy, config);
  if (row->has_handler)
    g_signal_connect (easy, "key-password", G_CALLBACK (password_cb), &person);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));

  g_assert_cmpuint (person.n_asked, ==, row->n_asked);
  g_assert_cmpuint (state->n_logins, ==, row->n_logins);
  g_assert_cmpuint (https->n_client_certificates, ==, row->cause == NULL);
  g_assert_cmpuint (https->n_requests, ==, row->cause == NULL);
  if (row->cause == NULL)
    {
      g_assert_no_error (msa_easy_get_error (easy));
      g_assert_cmpuint (state->n_signed, >, 0);
    }
  else
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_PASSWORD);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, HOST));
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, KEY));
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, row->cause));
      g_assert_null (strstr (msa_easy_get_error (easy)->message, WRONG_PIN));
    }
  msa_test_world_end_multi (world);
  msa_test_https_free (https);
}

/* --- all --- */

static void
load_module (void)
{
  g_autofree char *path =
      g_test_build_filename (G_TEST_BUILT, "msa-test-token.so", NULL);
  void *module;

  /* No other token of the machine is to be asked. */
  g_assert_cmpint (gnutls_pkcs11_init (GNUTLS_PKCS11_FLAG_MANUAL, NULL), ==, 0);
  module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL)
    g_error ("%s", dlerror ());
  fill = (MsaTestTokenFill) dlsym (module, MSA_TEST_TOKEN_FILL);
  g_assert_nonnull (fill);
  fill (NULL, NULL);
  g_assert_cmpint (gnutls_pkcs11_add_provider (path, NULL), ==, 0);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec server_spec = { .dns = { HOST } };
  const MsaTestCertSpec client_spec = { .common_name = "me", .purpose = GNUTLS_KP_TLS_WWW_CLIENT };
  int status;

  g_test_init (&argc, &argv, NULL);
  load_module ();
  root = msa_test_pki_new ();
  client_root = msa_test_pki_new ();
  server = msa_test_pki_issue (root, &server_spec);
  client = msa_test_pki_issue (client_root, &client_spec);
  other_client = msa_test_pki_issue (client_root, &client_spec);

  MSA_TEST_ADD_NUMBERED ("/msa/tls-token/load", loads, test_load);
  g_test_add_func ("/msa/tls-token/load/mixed", test_mixed);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-token/shown", test_shown);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/tls-token/asked", asked, test_asked);
  status = g_test_run ();

  fill (NULL, NULL);
  gnutls_pkcs11_deinit ();
  msa_test_cert_free (other_client);
  msa_test_cert_free (client);
  msa_test_cert_free (server);
  msa_test_pki_free (client_root);
  msa_test_pki_free (root);
  return status;
}

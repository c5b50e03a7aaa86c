/* test-tls-client.c: the client's certificate, from its file to the server
 *
 * Files are those of the simulated system. What a token gives is in test-tls-token.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-trust-private.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#define HOST "www.example.org"
#define BROKEN_CERTIFICATE "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define BROKEN_KEY "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

static MsaSim *sim;
static MsaSys *sys;
static MsaTestPki *root; /* of the servers */
static MsaTestPki *client_root; /* of the clients */
static MsaTestPki *client_sub;
static MsaTestCert *server;
static MsaTestCert *client; /* below the intermediate */
static MsaTestCert *other_client;

/* --- files --- */

/* As OpenSSL wrote it before PKCS #8. */
static char *
make_old_key (const char *key_pem)
{
  gnutls_datum_t datum = { (guchar *) key_pem, (guint) strlen (key_pem) };
  gnutls_datum_t out;
  gnutls_x509_privkey_t key;
  char *pem;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &out), ==, 0);
  pem = g_strndup ((const char *) out.data, out.size);
  gnutls_free (out.data);
  gnutls_x509_privkey_deinit (key);
  return pem;
}

static void
make_files (void)
{
  g_autofree char *locked = msa_test_key_lock (client->key_pem, "secret");
  g_autofree char *old = make_old_key (client->key_pem);
  g_autofree char *both = g_strconcat (client->key_pem, client->cert_pem, NULL);
  g_autofree char *large = g_strnfill (MSA_MAX_CLIENT_KEY_BYTES + 1, 'x');

  g_assert_nonnull (strstr (locked, "ENCRYPTED"));
  g_assert_nonnull (strstr (old, "EC PRIVATE KEY"));
  msa_sim_set_file (sim, "ca.pem", msa_test_pki_ca_pem (root), -1);
  msa_sim_set_file (sim, "cert.pem", client->cert_pem, -1);
  msa_sim_set_file (sim, "key.pem", client->key_pem, -1);
  msa_sim_set_file (sim, "other-key.pem", other_client->key_pem, -1);
  msa_sim_set_file (sim, "locked.pem", locked, -1);
  msa_sim_set_file (sim, "old.pem", old, -1);
  msa_sim_set_file (sim, "both.pem", both, -1);
  msa_sim_set_file (sim, "empty.pem", "", -1);
  msa_sim_set_file (sim, "text.pem", "no certificate\n", -1);
  msa_sim_set_file (sim, "broken-cert.pem", BROKEN_CERTIFICATE, -1);
  msa_sim_set_file (sim, "broken-key.pem", BROKEN_KEY, -1);
  msa_sim_set_file (sim, "large.pem", large, -1);
}

/* --- loading --- */

static const struct
{
  const char *name;
  const char *certificate;
  const char *key;
  const char *password;
  int code; /* 0: it is loaded */
  const char *message;
  const char *second_message;
} loads[] = {
  { "pair", "cert.pem", "key.pem", NULL, 0, NULL, NULL },
  { "one-file", "both.pem", "both.pem", NULL, 0, NULL, NULL },
  { "old-key", "cert.pem", "old.pem", NULL, 0, NULL, NULL },
  { "locked-key", "cert.pem", "locked.pem", "secret", 0, NULL, NULL },
  { "password-not-needed", "cert.pem", "key.pem", "secret", 0, NULL, NULL },
  { "password-missing", "cert.pem", "locked.pem", NULL, MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key file 'locked.pem'",
    "locked by a password, and none is given" },
  { "password-wrong", "cert.pem", "locked.pem", "public", MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key file 'locked.pem'",
    "the password is wrong" },
  { "password-empty", "cert.pem", "locked.pem", "", MSA_ERROR_TLS_PASSWORD,
    "cannot use the client key file 'locked.pem'",
    "the password is wrong" },
  { "key-of-another", "cert.pem", "other-key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "the client key file 'other-key.pem' does not belong to",
    "the client certificate file 'cert.pem'" },
  { "certificate-missing", "no.pem", "key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client certificate file 'no.pem'",
    "No such file" },
  { "certificate-empty", "empty.pem", "key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client certificate file 'empty.pem': there is no certificate", NULL },
  { "certificate-text", "text.pem", "key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client certificate file 'text.pem'", NULL },
  { "certificate-broken", "broken-cert.pem", "key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client certificate file 'broken-cert.pem'", NULL },
  { "certificate-is-key", "key.pem", "key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client certificate file 'key.pem': there is no certificate", NULL },
  { "certificate-large", "large.pem", "key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client certificate file 'large.pem'",
    "larger than" },
  { "key-missing", "cert.pem", "no.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client key file 'no.pem'",
    "No such file" },
  { "key-empty", "cert.pem", "empty.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client key file 'empty.pem': there is no key", NULL },
  { "key-text", "cert.pem", "text.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client key file 'text.pem': there is no key", NULL },
  { "key-broken", "cert.pem", "broken-key.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client key file 'broken-key.pem'", NULL },
  { "key-is-certificate", "cert.pem", "cert.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot load the client key file 'cert.pem': there is no key", NULL },
  { "key-large", "cert.pem", "large.pem", NULL, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client key file 'large.pem'",
    "larger than" },
};

static void
assert_loads (MsaTlsConfig *config,
              int code,
              const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaTrust) trust =
      msa_trust_load (sys, msa_tls_config_get_settings (config), &error);

  if (code == 0)
    {
      g_assert_no_error (error);
      g_assert_nonnull (trust);
      return;
    }
  g_assert_null (trust);
  g_assert_error (error, MSA_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_false (g_str_has_suffix (error->message, "."));
  g_assert_null (strstr (error->message, "secret"));
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_load (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file",
                    loads[row].certificate, "key-file", loads[row].key, "key-password",
                    loads[row].password, NULL);

  assert_loads (config, loads[row].code, loads[row].message);
  if (loads[row].second_message != NULL)
    assert_loads (config, loads[row].code, loads[row].second_message);
}

/* What is wrong with the trust store, the certificate and the key are told apart, and so are the
 * ways in which each may be wrong. */
static void
test_texts_differ (void)
{
  g_autoptr (GHashTable) texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = 0;

  for (gsize row = 0; row < G_N_ELEMENTS (loads); row++)
    {
      g_autoptr (MsaTlsConfig) config =
          g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file",
                        loads[row].certificate, "key-file", loads[row].key, "key-password",
                        loads[row].password, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaTrust) trust =
          msa_trust_load (sys, msa_tls_config_get_settings (config), &error);

      g_assert_true ((trust == NULL) == (error != NULL));
      /* An empty password is a wrong one. */
      if (error == NULL || g_str_equal (loads[row].name, "password-empty"))
        continue;
      if (!g_hash_table_add (texts, g_strdup (error->message)))
        g_error ("%s says nothing of its own: %s", loads[row].name, error->message);
      n++;
    }
  g_assert_cmpuint (n, >, 10);
}

/* Files that are there, and cannot be read. */
static const struct
{
  const char *name;
  guint nth; /* of the files that are read */
  int error_number;
  int code;
  const char *message;
} unreadable[] = {
  { "ca-is-a-folder", 1, EISDIR, MSA_ERROR_TLS_TRUST, "cannot read the trust file 'ca.pem': " },
  { "ca-is-forbidden", 1, EACCES, MSA_ERROR_TLS_TRUST, "cannot read the trust file 'ca.pem': " },
  { "certificate-is-a-folder", 2, EISDIR, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client certificate file 'cert.pem': " },
  { "certificate-is-forbidden", 2, EACCES, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client certificate file 'cert.pem': " },
  { "key-is-a-folder", 3, EISDIR, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client key file 'key.pem': " },
  { "key-is-forbidden", 3, EACCES, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
    "cannot read the client key file 'key.pem': " },
};

static void
test_unreadable (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file", "cert.pem",
                    "key-file", "key.pem", NULL);
  g_autoptr (GError) error = NULL;

  msa_sim_fail_nth (sim, "read_file", unreadable[row].nth, unreadable[row].error_number);
  g_assert_null (msa_trust_load (sys, msa_tls_config_get_settings (config), &error));
  g_assert_error (error, MSA_ERROR, unreadable[row].code);
  g_assert_true (g_str_has_prefix (error->message, unreadable[row].message));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (unreadable[row].error_number)));
  assert_loads (config, 0, NULL);
}

static GBytes *
make_bytes (const char *text)
{
  return g_bytes_new (text, strlen (text));
}

static MsaTlsConfig *
config_for_pem (const char *certificate,
                const char *key)
{
  g_autoptr (GBytes) certificate_pem = make_bytes (certificate);
  g_autoptr (GBytes) key_pem = make_bytes (key);

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-pem",
                       certificate_pem, "key-pem", key_pem, NULL);
}

static void
test_load_pem (void)
{
  g_autoptr (MsaTlsConfig) good = config_for_pem (client->cert_pem, client->key_pem);
  g_autoptr (MsaTlsConfig) other = config_for_pem (client->cert_pem, other_client->key_pem);
  g_autoptr (MsaTlsConfig) bad = config_for_pem (BROKEN_CERTIFICATE, client->key_pem);
  g_autoptr (MsaTlsConfig) without = config_for_pem (client->cert_pem, "");

  assert_loads (good, 0, NULL);
  assert_loads (other, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
                "the given client key does not belong to the given client certificate");
  assert_loads (bad, MSA_ERROR_TLS_CLIENT_CERTIFICATE,
                "cannot load the given client certificate");
  assert_loads (without, MSA_ERROR_TLS_CLIENT_CERTIFICATE, "cannot load the given client key");
}

/* A trust store that cannot be had is told of as such, whatever comes behind it. */
static void
test_load_without_ca (void)
{
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "no.pem", "certificate-file", "no.pem",
                    "key-file", "no.pem", NULL);

  assert_loads (config, MSA_ERROR_TLS_TRUST, "cannot read the trust file 'no.pem'");
}

/* What is loaded from other contents is told apart. */
static void
test_contents (void)
{
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem",
                                                  "certificate-file", "own.pem", "key-file",
                                                  "own-key.pem", NULL);
  const MsaTlsSettings *settings = msa_tls_config_get_settings (config);
  g_autoptr (MsaTrust) first = NULL;
  g_autoptr (MsaTrust) second = NULL;
  g_autoptr (MsaTrust) third = NULL;

  msa_sim_set_file (sim, "own.pem", client->cert_pem, -1);
  msa_sim_set_file (sim, "own-key.pem", client->key_pem, -1);
  first = msa_trust_load (sys, settings, NULL);
  second = msa_trust_load (sys, settings, NULL);
  g_assert_cmpstr (msa_trust_get_contents (first), ==, msa_trust_get_contents (second));

  msa_sim_set_file (sim, "own.pem", other_client->cert_pem, -1);
  msa_sim_set_file (sim, "own-key.pem", other_client->key_pem, -1);
  third = msa_trust_load (sys, settings, NULL);
  g_assert_cmpstr (msa_trust_get_contents (first), !=, msa_trust_get_contents (third));
}

/* --- showing --- */

typedef struct
{
  MsaTestTlsPeer *peer; /* (owned) */
  MsaFilter *filter; /* (owned) */
} Pair;

static void
pair_init (Pair *self,
           MsaTlsConfig *config,
           const char *host_text,
           const MsaTestTlsOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = msa_host_new (msa_slice_from_string (host_text), &error);
  g_autoptr (MsaTrust) trust = msa_trust_load (sys, msa_tls_config_get_settings (config), &error);

  g_assert_no_error (error);
  self->peer = msa_test_tls_peer_new_full (options);
  self->filter = msa_tls_filter_new (msa_test_tls_get_sys (),
                                     msa_test_tls_peer_new_bottom (self->peer),
                                     trust, config,
                                     host, NULL, &error);
  g_assert_no_error (error);
}

static void
pair_clear (Pair *self)
{
  msa_filter_free (self->filter);
  msa_test_tls_peer_free (self->peer);
}

static MsaTlsConfig *
config_for_files (void)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file", "cert.pem",
                       "key-file", "key.pem", NULL);
}

static void
assert_shown (MsaTestTlsPeer *peer,
              const MsaTestCert *cert)
{
  gnutls_datum_t pem = { (guchar *) cert->cert_pem, (guint) strlen (cert->cert_pem) };
  gnutls_x509_crt_t crt;
  gnutls_datum_t der;
  guint n = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (peer->session, &n);

  g_assert_nonnull (chain);
  g_assert_cmpuint (n, ==, 2);
  gnutls_x509_crt_init (&crt);
  g_assert_cmpint (gnutls_x509_crt_import (crt, &pem, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
  g_assert_cmpmem (chain[0].data, chain[0].size, der.data, der.size);
  gnutls_free (der.data);
  gnutls_x509_crt_deinit (crt);
}

static void
connect_and_talk (Pair *pair)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) got = NULL;
  gsize n_sent = 0;

  g_assert_cmpint (msa_test_tls_peer_connect (pair->peer, pair->filter, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  g_assert_cmpint (msa_filter_send (pair->filter, (const guint8 *) "me", 2, &n_sent, &error), ==,
                   MSA_IO_DONE);
  /* In TLS 1.3 the server's side of the handshake ends after the client's. */
  while (!pair->peer->is_done)
    msa_test_tls_peer_run (pair->peer);
  g_assert_cmpint (pair->peer->result, ==, 0);
  got = msa_test_tls_peer_read (pair->peer, NULL);
  g_assert_cmpmem (got->data, got->len, "me", 2);
}

static void
test_shown (gconstpointer data)
{
  MsaTestTlsOptions options = {
    .cert = server,
    .priority = data,
    .client_ca = msa_test_pki_ca_pem (client_root),
  };
  g_autoptr (MsaTlsConfig) config = config_for_files ();
  Pair pair;

  pair_init (&pair, config, HOST, &options);
  connect_and_talk (&pair);
  assert_shown (pair.peer, client);
  pair_clear (&pair);
}

/* The server names issuers, none of which is ours: what the application chose is shown all the
 * same. */
static void
test_shown_to_other_wishes (gconstpointer data)
{
  MsaTestTlsOptions options = {
    .cert = server,
    .priority = data,
    .client_hint = msa_test_pki_ca_pem (root),
  };
  g_autoptr (MsaTlsConfig) config = config_for_files ();
  Pair pair;

  pair_init (&pair, config, HOST, &options);
  connect_and_talk (&pair);
  assert_shown (pair.peer, client);
  pair_clear (&pair);
}

/* Who the client is, is nothing for a peer that is not who it should be. */
static void
test_not_shown_to_impostor (gconstpointer data)
{
  MsaTestTlsOptions options = {
    .cert = server,
    .priority = data,
    .client_ca = msa_test_pki_ca_pem (client_root),
  };
  g_autoptr (MsaTlsConfig) config = config_for_files ();
  g_autoptr (GError) error = NULL;
  guint n = 0;
  Pair pair;

  pair_init (&pair, config, "other.example", &options);
  g_assert_cmpint (msa_test_tls_peer_connect (pair.peer, pair.filter, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  while (!pair.peer->is_done)
    msa_test_tls_peer_run (pair.peer);
  g_assert_cmpint (pair.peer->result, <, 0);
  g_assert_cmpint (gnutls_alert_get (pair.peer->session), ==, GNUTLS_A_BAD_CERTIFICATE);
  g_assert_null (gnutls_certificate_get_peers (pair.peer->session, &n));
  pair_clear (&pair);
}

static void
test_not_asked_for (gconstpointer data)
{
  MsaTestTlsOptions options = { .cert = server, .priority = data };
  g_autoptr (MsaTlsConfig) config = config_for_files ();
  guint n = 0;
  Pair pair;

  pair_init (&pair, config, HOST, &options);
  connect_and_talk (&pair);
  g_assert_null (gnutls_certificate_get_peers (pair.peer->session, &n));
  pair_clear (&pair);
}

/* The server says so in the handshake, or, in TLS 1.3, after it. */
static void
test_none_to_show (gconstpointer data)
{
  MsaTestTlsOptions options = {
    .cert = server,
    .priority = data,
    .client_ca = msa_test_pki_ca_pem (client_root),
  };
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", NULL);
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gsize n_read = 0;
  MsaIo io;
  Pair pair;

  pair_init (&pair, config, HOST, &options);
  io = msa_test_tls_peer_connect (pair.peer, pair.filter, &error);
  while (!pair.peer->is_done)
    msa_test_tls_peer_run (pair.peer);
  g_assert_cmpint (pair.peer->result, <, 0);
  if (io == MSA_IO_DONE)
    io = msa_filter_recv (pair.filter, (guint8 *) buffer, sizeof (buffer), &n_read, &error);
  g_assert_cmpint (io, ==, MSA_IO_ERROR);
  g_assert_nonnull (strstr (error->message, "the peer sent the alert"));
  pair_clear (&pair);
}

/* --- pinned keys in files --- */

static const struct
{
  const char *name;
  const char *file;
  gboolean passes;
  const char *message; /* (nullable): it is not even loaded */
} pins[] = {
  { "certificate", "pin-cert.pem", TRUE, NULL },
  { "certificate-der", "pin-cert.der", TRUE, NULL },
  { "key", "pin-key.pem", TRUE, NULL },
  { "key-der", "pin-key.der", TRUE, NULL },
  { "other-certificate", "cert.pem", FALSE, NULL },
  { "missing", "no.pem", FALSE, "cannot read the pinned key file 'no.pem'" },
  { "empty", "empty.pem", FALSE,
    "the pinned key file 'empty.pem' holds no public key and no certificate" },
  { "text", "text.pem", FALSE,
    "the pinned key file 'text.pem' holds no public key and no certificate" },
  { "private-key", "key.pem", FALSE,
    "the pinned key file 'key.pem' holds no public key and no certificate" },
};

static void
make_pin_files (void)
{
  gnutls_datum_t pem = { (guchar *) server->cert_pem, (guint) strlen (server->cert_pem) };
  gnutls_x509_crt_fmt_t format;
  gnutls_x509_crt_t crt;
  gnutls_pubkey_t key;

  gnutls_x509_crt_init (&crt);
  gnutls_pubkey_init (&key);
  g_assert_cmpint (gnutls_x509_crt_import (crt, &pem, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint (gnutls_pubkey_import_x509 (key, crt, 0), ==, 0);
  for (format = GNUTLS_X509_FMT_DER; format <= GNUTLS_X509_FMT_PEM; format++)
    {
      gnutls_datum_t out;

      g_assert_cmpint (gnutls_x509_crt_export2 (crt, format, &out), ==, 0);
      msa_sim_set_file (sim, format == GNUTLS_X509_FMT_DER ? "pin-cert.der" : "pin-cert.pem",
                        out.data, (gssize) out.size);
      gnutls_free (out.data);
      g_assert_cmpint (gnutls_pubkey_export2 (key, format, &out), ==, 0);
      msa_sim_set_file (sim, format == GNUTLS_X509_FMT_DER ? "pin-key.der" : "pin-key.pem",
                        out.data, (gssize) out.size);
      gnutls_free (out.data);
    }
  gnutls_pubkey_deinit (key);
  gnutls_x509_crt_deinit (crt);
}

static void
test_pin_file (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  MsaTestTlsOptions options = { .cert = server };
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "pinned-key-file", pins[row].file,
                    "verify-chain", FALSE, "verify-name", FALSE, NULL);
  g_autoptr (GError) error = NULL;
  MsaIo io;
  Pair pair;

  if (pins[row].message != NULL)
    {
      assert_loads (config, MSA_ERROR_TLS_TRUST, pins[row].message);
      return;
    }

  pair_init (&pair, config, HOST, &options);
  io = msa_test_tls_peer_connect (pair.peer, pair.filter, &error);
  if (pins[row].passes)
    g_assert_no_error (error);
  else
    g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_PIN);
  g_assert_cmpint (io, ==, pins[row].passes ? MSA_IO_DONE : MSA_IO_ERROR);
  pair_clear (&pair);
}

/* The file is one more pin beside those of the list. */
static void
test_pin_file_and_list (void)
{
  MsaTestTlsOptions options = { .cert = server };
  g_autofree char *other = msa_test_pin_new (client->cert_pem);
  const char *const list[] = { other, NULL };
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "pinned-key-file", "pin-key.pem",
                    "pinned-keys", list, NULL);
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init (&pair, config, HOST, &options);
  g_assert_cmpint (msa_test_tls_peer_connect (pair.peer, pair.filter, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  pair_clear (&pair);
}

/* --- priorities --- */

static const struct
{
  const char *name;
  const char *priority;
  int position; /* -1: it is understood; -2: nothing is left */
} priorities[] = {
  { "narrowed", "-CIPHER-ALL:+AES-256-GCM", -1 },
  { "replaced", "SECURE192", -1 },
  { "option", "%NO_EXTENSIONS", -1 },
  { "unknown-word", "-CIPHER-ALL:+AES-999-GCM", 12 },
  { "unknown-first", "+NONSENSE", 0 },
  { "unknown-keyword", "NONSENSE", 0 },
  { "unknown-after-keyword", "NORMAL:+NONSENSE", 7 },
  { "unknown-option", "%NONSENSE", 0 },
  { "no-version", "-VERS-ALL", -2 },
  { "no-cipher", "-CIPHER-ALL", -2 },
  { "no-group-in-tls-1-3", "-VERS-TLS1.2:-GROUP-ALL", -2 },
  { "not-utf8", "+\377", 0 },
};

static void
test_priority (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "priority", priorities[row].priority,
                    NULL);
  g_autofree char *shown = g_utf8_make_valid (priorities[row].priority, -1);
  g_autofree char *text =
      priorities[row].position == -2
          ? g_strdup_printf ("the TLS priority string '%s' leaves nothing", shown)
          : g_strdup_printf ("the TLS priority string '%s' is not understood at position %d", shown,
                             priorities[row].position);

  assert_loads (config, priorities[row].position == -1 ? 0 : MSA_ERROR_INVALID_ARGUMENT, text);
}

static const struct
{
  const char *name;
  const char *priority;
  const char *server;
  gboolean passes;
} negotiations[] = {
  { "cipher-agreed", "-CIPHER-ALL:+AES-256-GCM", "NORMAL:-CIPHER-ALL:+AES-256-GCM", TRUE },
  { "cipher-not-agreed", "-CIPHER-ALL:+AES-256-GCM", "NORMAL:-CIPHER-ALL:+AES-128-GCM", FALSE },
  { "replaced", "NORMAL:-CIPHER-ALL:+AES-256-GCM", "NORMAL:-CIPHER-ALL:+AES-128-GCM", FALSE },
  { "tls-1-1-not-added", "+VERS-TLS1.1:-VERS-TLS1.2:-VERS-TLS1.3:+VERS-TLS1.2",
    "NORMAL:-VERS-ALL:+VERS-TLS1.1", FALSE },
  { "tls-1-1-not-in-replaced", "NORMAL:+VERS-TLS1.1:+VERS-TLS1.0",
    "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", FALSE },
};

static void
test_negotiation (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  MsaTestTlsOptions options = { .cert = server, .priority = negotiations[row].server };
  g_autoptr (MsaTlsConfig) config = g_object_new (
      MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "priority", negotiations[row].priority, NULL);
  g_autoptr (GError) error = NULL;
  MsaIo io;
  Pair pair;

  pair_init (&pair, config, HOST, &options);
  io = msa_test_tls_peer_connect (pair.peer, pair.filter, &error);
  g_assert_cmpint (io, ==, negotiations[row].passes ? MSA_IO_DONE : MSA_IO_ERROR);
  if (!negotiations[row].passes)
    g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  pair_clear (&pair);
}

/* --- all --- */

static void
make_certificates (void)
{
  const MsaTestCertSpec server_spec = { .dns = { HOST } };
  const MsaTestCertSpec client_spec = { .common_name = "me",
                                        .purpose = GNUTLS_KP_TLS_WWW_CLIENT };

  root = msa_test_pki_new ();
  client_root = msa_test_pki_new ();
  client_sub = msa_test_pki_new_sub (client_root, TRUE);
  server = msa_test_pki_issue (root, &server_spec);
  client = msa_test_pki_issue (client_sub, &client_spec);
  other_client = msa_test_pki_issue (client_sub, &client_spec);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  sim = msa_sim_new ();
  sys = msa_sim_get_sys (sim);
  make_certificates ();
  make_files ();
  make_pin_files ();

  MSA_TEST_ADD_NUMBERED ("/msa/tls-client/load", loads, test_load);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-client/load/unreadable", unreadable, test_unreadable);
  g_test_add_func ("/msa/tls-client/load/texts-differ", test_texts_differ);
  g_test_add_func ("/msa/tls-client/load/pem", test_load_pem);
  g_test_add_func ("/msa/tls-client/load/trust-store-first", test_load_without_ca);
  g_test_add_func ("/msa/tls-client/contents", test_contents);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-client/shown", test_shown);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-client/shown-to-other-wishes", test_shown_to_other_wishes);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-client/not-shown-to-impostor", test_not_shown_to_impostor);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-client/not-asked-for", test_not_asked_for);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-client/none-to-show", test_none_to_show);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-client/pin-file", pins, test_pin_file);
  g_test_add_func ("/msa/tls-client/pin-file/and-list", test_pin_file_and_list);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-client/priority", priorities, test_priority);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-client/negotiation", negotiations, test_negotiation);
  status = g_test_run ();

  msa_test_cert_free (other_client);
  msa_test_cert_free (client);
  msa_test_cert_free (server);
  msa_test_pki_free (client_sub);
  msa_test_pki_free (client_root);
  msa_test_pki_free (root);
  msa_sim_unref (sim);
  return status;
}

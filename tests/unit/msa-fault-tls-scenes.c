/* msa-fault-tls-scenes.c: scenes of the fault sweep with TLS
 *
 * Trust, handshakes, sessions, clients' certificates, questions and ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-fault-tls-scenes.h"

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-multi.h"
#include "msa-password-request.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#define MS G_GINT64_CONSTANT (1000)
#define URI "https://tls.org/size/300"
#define PASSWORD "open sesame"
#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

static MsaTestPki *root; /* of the server */
static MsaTestPki *client_root;
static MsaTestCert *good; /* made out to the names that are used */
static MsaTestCert *other; /* made out to another name */
static MsaTestCert *numeric; /* made out to an address and, as they were once, to a common name */
static MsaTestCert *common; /* with a common name alone */
static MsaTestCert *client;
static char *public_key; /* of good */
static char *locked_key; /* the client's */
static char *pin; /* of good */
static GBytes *staple; /* good is good */
static gnutls_datum_t ticket_key;

static char *
get_public_key (const char *cert_pem)
{
  gnutls_datum_t datum = { (guchar *) cert_pem, (guint) strlen (cert_pem) };
  gnutls_datum_t out;
  gnutls_x509_crt_t crt;
  gnutls_pubkey_t key;
  char *pem;

  gnutls_x509_crt_init (&crt);
  gnutls_pubkey_init (&key);
  g_assert_cmpint (gnutls_x509_crt_import (crt, &datum, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint (gnutls_pubkey_import_x509 (key, crt, 0), ==, 0);
  g_assert_cmpint (gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_PEM, &out), ==, 0);
  pem = g_strndup ((const char *) out.data, out.size);
  gnutls_free (out.data);
  gnutls_pubkey_deinit (key);
  gnutls_x509_crt_deinit (crt);

  return pem;
}

void
msa_fault_tls_init (void)
{
  static const MsaTestCertSpec good_spec = { .dns = { "tls.org", "again.org", "many.org" } };
  static const MsaTestCertSpec other_spec = { .dns = { "elsewhere.org", "again.org" } };
  static const MsaTestCertSpec numeric_spec = { .ip = { "10.0.0.20" }, .dns = { "again.org" } };
  static const MsaTestCertSpec common_spec = { .common_name = "tls.org" };
  static const MsaTestCertSpec client_spec = { .common_name = "a client",
                                               .purpose = GNUTLS_KP_TLS_WWW_CLIENT };

  root = msa_test_pki_new ();
  client_root = msa_test_pki_new ();
  good = msa_test_pki_issue (root, &good_spec);
  other = msa_test_pki_issue (root, &other_spec);
  numeric = msa_test_pki_issue (root, &numeric_spec);
  common = msa_test_pki_issue (root, &common_spec);
  public_key = get_public_key (good->cert_pem);
  client = msa_test_pki_issue (client_root, &client_spec);
  pin = msa_test_pin_new (good->cert_pem);
  locked_key = msa_test_key_lock (client->key_pem, PASSWORD);
  staple = msa_test_ocsp_new (root, root, good, MSA_TEST_STATUS_GOOD, MSA_TEST_VALID);
  gnutls_session_ticket_key_generate (&ticket_key);
}

void
msa_fault_tls_clear (void)
{
  msa_test_cert_free (good);
  msa_test_cert_free (other);
  msa_test_cert_free (numeric);
  msa_test_cert_free (common);
  msa_test_cert_free (client);
  msa_test_pki_free (root);
  msa_test_pki_free (client_root);
  g_free (public_key);
  g_free (locked_key);
  g_free (pin);
  g_bytes_unref (staple);
  gnutls_free (ticket_key.data);
}

static void
serve (MsaFaultPlay *play,
       const MsaTestTlsOptions *options)
{
  MsaSim *sim = play->sim;

  play->https = msa_test_https_new (sim, "10.0.0.20", options, msa_test_https_answer, NULL);
  play->config = msa_tls_config_new_for_ca_file ("ca.pem");
  play->again = g_strdup ("https://again.org/size/10");
  msa_sim_set_host (sim, "tls.org", 1000, "10.0.0.20", NULL);
  msa_sim_set_host (sim, "again.org", 1000, "10.0.0.20", NULL);
  msa_sim_set_host (sim, "many.org", 1000, "10.0.0.11", "fd00::7", "10.0.0.20", NULL);
  msa_sim_set_file (sim, "ca.pem", msa_test_pki_ca_pem (root), -1);
  msa_sim_set_file (sim, "cert.pem", client->cert_pem, -1);
  msa_sim_set_file (sim, "key.pem", client->key_pem, -1);
  msa_sim_set_file (sim, "locked.pem", locked_key, -1);
}

static void
serve_well (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .ticket_key = &ticket_key };

  serve (play, &options);
}

static MsaEasy *
make (MsaFaultPlay *play,
      const char *uri,
      MsaTlsConfig *config)
{
  MsaEasy *easy = msa_fault_make (play, uri);

  msa_easy_set_tls_config (easy, config);

  return easy;
}

static void
run (MsaFaultPlay *play,
     const char *uri,
     MsaTlsConfig *config)
{
  msa_test_world_add_again (play->world, make (play, uri, config));
  msa_fault_finish (play);
}

static void
play_get (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, URI, play->config);
}

static void
play_old_version (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .priority = TLS_1_2, .ticket_key = &ticket_key };

  serve (play, &options);
  for (guint i = 0; i < 2; i++)
    {
      MsaEasy *easy = make (play, URI, play->config);

      msa_easy_set_fresh_connection (easy, TRUE);
      msa_test_world_add_again (play->world, easy);
      msa_fault_finish (play);
    }
}

/* The server keeps no tickets, but gives its sessions numbers. */
static void
play_no_tickets (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .priority = TLS_1_2, .no_tickets = TRUE };

  serve (play, &options);
  run (play, URI, play->config);
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *text,
          gpointer data)
{
}

static void
play_traced (MsaFaultPlay *play)
{
  MsaEasy *easy;

  serve_well (play);
  easy = make (play, URI, play->config);
  g_signal_connect (easy, "trace", G_CALLBACK (trace_cb), NULL);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

static void
play_large (MsaFaultPlay *play)
{
  serve_well (play);
  msa_sim_set_segment (play->sim, 9000);
  run (play, "https://tls.org/size/60000", play->config);
}

static void
play_chunked (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, "https://tls.org/chunked/5000", play->config);
}

static void
play_file (MsaFaultPlay *play)
{
  MsaEasy *easy;

  serve_well (play);
  easy = make (play, "https://tls.org/size/20000", play->config);
  msa_fault_expect_file (play, easy, 20000, NULL);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

/* The window is small, so that sending stops now and then. */
static void
play_upload (MsaFaultPlay *play)
{
  g_autoptr (GBytes) bytes = msa_fault_bytes (30000);
  MsaEasy *easy;

  serve_well (play);
  msa_sim_set_send_window (play->sim, 5000);
  easy = make (play, URI, play->config);
  msa_easy_set_method (easy, "POST");
  msa_easy_set_body (easy, "text/plain", bytes);
  msa_easy_set_forbid_reuse (easy, TRUE);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

static void
play_reuse (MsaFaultPlay *play)
{
  serve_well (play);
  for (guint i = 0; i < 3; i++)
    run (play, URI, play->config);
}

static void
play_parallel (MsaFaultPlay *play)
{
  serve_well (play);
  msa_multi_set_max_connections_per_host (play->multi, 2);
  for (guint i = 0; i < 4; i++)
    msa_test_world_add_again (play->world, make (play, URI, play->config));
  msa_fault_finish (play);
}

static void
play_resumed (MsaFaultPlay *play)
{
  serve_well (play);
  for (guint i = 0; i < 3; i++)
    {
      MsaEasy *easy = make (play, URI, play->config);

      msa_easy_set_fresh_connection (easy, TRUE);
      msa_test_world_add_again (play->world, easy);
      msa_fault_finish (play);
    }
}

static gint64
get_real_us (MsaSim *sim)
{
  MsaSys *sys = msa_sim_get_sys (sim);

  return sys->ops->real_us (sys);
}

static void
play_stapled (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .ticket_key = &ticket_key, .staple = staple };

  serve (play, &options);
  /* What the authority says is of today. */
  msa_sim_suspend (play->sim, g_get_real_time () - get_real_us (play->sim));
  run (play, URI, play->config);
}

static void
play_address (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = numeric };

  serve (play, &options);
  run (play, "https://10.0.0.20/size/10", play->config);
}

static void
play_common_name (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = common };

  serve (play, &options);
  /* It is made out to one host, and that it is not to be found may be known by then. */
  g_clear_pointer (&play->again, g_free);
  run (play, URI, play->config);
}

static void
play_race (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, "https://many.org/size/10", play->config);
}

static MsaTlsConfig *
new_client_config (const char *key_file)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file", "cert.pem",
                       "key-file", key_file, NULL);
}

static void
play_client_certificate (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .client_ca = msa_test_pki_ca_pem (client_root) };
  g_autoptr (MsaTlsConfig) config = new_client_config ("key.pem");

  serve (play, &options);
  g_set_object (&play->config, config);
  run (play, URI, config);
}

/* Is wrong at first, then knows it. */
static gboolean
password_cb (MsaEasy *easy,
             MsaPasswordRequest *request,
             gpointer data)
{
  msa_password_request_answer (request, msa_password_request_get_retry (request) ? PASSWORD : "?");

  return TRUE;
}

static void
play_password (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .client_ca = msa_test_pki_ca_pem (client_root) };
  g_autoptr (MsaTlsConfig) unlocked = new_client_config ("key.pem");
  g_autoptr (MsaTlsConfig) config = new_client_config ("locked.pem");
  MsaEasy *easy;

  serve (play, &options);
  g_set_object (&play->config, unlocked);
  easy = make (play, URI, config);
  g_signal_connect (easy, "key-password", G_CALLBACK (password_cb), NULL);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

/* Nobody is there to be asked. */
static void
play_no_password (MsaFaultPlay *play)
{
  g_autoptr (MsaTlsConfig) config = new_client_config ("locked.pem");

  serve_well (play);
  run (play, URI, config);
}

static void
play_token (MsaFaultPlay *play)
{
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file",
                    "pkcs11:token=none", "key-file", "pkcs11:token=none", NULL);

  serve_well (play);
  run (play, URI, config);
}

static void
play_token_key (MsaFaultPlay *play)
{
  g_autoptr (MsaTlsConfig) config = new_client_config ("pkcs11:token=none");

  serve_well (play);
  run (play, URI, config);
}

static void
play_missing_files (MsaFaultPlay *play)
{
  g_autoptr (MsaTlsConfig) no_trust = msa_tls_config_new_for_ca_file ("nowhere.pem");
  g_autoptr (MsaTlsConfig) no_key = new_client_config ("nowhere.pem");

  serve_well (play);
  run (play, URI, no_trust);
  run (play, URI, no_key);
}

static void
play_given_trust (MsaFaultPlay *play)
{
  const char *pem = msa_test_pki_ca_pem (root);
  g_autoptr (GBytes) bytes = g_bytes_new (pem, strlen (pem));
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);

  serve_well (play);
  run (play, URI, config);
}

static void
play_pinned (MsaFaultPlay *play)
{
  const char *const pins[] = { pin, NULL };
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "pinned-keys", pins, NULL);
  g_autoptr (MsaTlsConfig) by_certificate =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "pinned-key-file", "pin.pem", NULL);
  g_autoptr (MsaTlsConfig) by_key =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "pinned-key-file", "key.pub", NULL);

  serve_well (play);
  msa_sim_set_file (play->sim, "pin.pem", good->cert_pem, -1);
  run (play, URI, config);
  msa_sim_set_file (play->sim, "key.pub", public_key, -1);
  run (play, URI, by_certificate);
  run (play, URI, by_key);
}

/* The system trusts others. */
static void
play_system_trust (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, URI, NULL);
}

/* The same peer is refused, or taken by a person. */

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *request,
                gpointer data)
{
  msa_certificate_request_accept (request);

  return TRUE;
}

static void
play_question (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = other };
  MsaEasy *easy;

  serve (play, &options);
  easy = make (play, URI, play->config);
  g_signal_connect (easy, "accept-certificate", G_CALLBACK (certificate_cb), NULL);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

static void
play_stranger (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = other };

  serve (play, &options);
  run (play, URI, play->config);
}

static void
play_distrusted (MsaFaultPlay *play)
{
  const char *pem = msa_test_pki_ca_pem (client_root);
  g_autoptr (GBytes) bytes = g_bytes_new (pem, strlen (pem));
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);

  serve_well (play);
  run (play, URI, config);
}

static void
play_no_common_version (MsaFaultPlay *play)
{
  MsaTestTlsOptions options = { .cert = good, .priority = TLS_1_2 };
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem",
                                                  "min-version", MSA_TLS_VERSION_TLS_1_3, NULL);

  serve (play, &options);
  run (play, URI, config);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
}

/* Does not say a word. */
static void
play_silent_peer (MsaFaultPlay *play)
{
  MsaEasy *easy;

  serve_well (play);
  msa_sim_set_host (play->sim, "silent.org", 1000, "10.0.0.21", NULL);
  msa_sim_listen (play->sim, "10.0.0.21", 443, accept_cb, NULL);
  easy = make (play, "https://silent.org/size/10", play->config);
  msa_easy_set_tls_timeout_ms (easy, 500);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

static void
talk_cb (MsaSim *sim,
         MsaSimPeer *peer,
         gpointer data)
{
  msa_sim_peer_send (peer, "HTTP/1.1 400 What is no TLS?\r\n\r\n", -1);
}

static void
play_foreign_peer (MsaFaultPlay *play)
{
  serve_well (play);
  msa_sim_set_host (play->sim, "foreign.org", 1000, "10.0.0.21", NULL);
  msa_sim_listen (play->sim, "10.0.0.21", 443, talk_cb, NULL);
  run (play, "https://foreign.org/size/10", play->config);
}

static void
close_peers (MsaSim *sim,
             gpointer data)
{
  for (guint i = 0; i < msa_sim_get_n_peers (sim); i++)
    msa_sim_peer_close (msa_sim_get_peer (sim, i));
}

static void
play_cut_handshake (MsaFaultPlay *play)
{
  serve_well (play);
  msa_sim_call_after (play->sim, 4500, close_peers, NULL);
  run (play, URI, play->config);
}

static void
play_cut_body (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, "https://tls.org/truncated/3000", play->config);
}

static void
end_links (MsaSim *sim,
           gpointer data)
{
  MsaTestHttps *https = data;

  for (guint i = 0; i < https->links->len; i++)
    msa_test_https_end (https->links->pdata[i], TRUE);
}

/* The peer says goodbye to an idle connection. */
static void
play_goodbye (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, URI, play->config);
  msa_sim_call_after (play->sim, 1000, end_links, play->https);
  msa_fault_pass (play, 50 * MS);
  run (play, URI, play->config);
}

static void
play_remove (MsaFaultPlay *play)
{
  static const gint64 delays_us[] = { 1500, 3500, 5500, 50000 };

  serve_well (play);
  for (guint i = 0; i < G_N_ELEMENTS (delays_us); i++)
    {
      MsaEasy *easy = make (play, "https://tls.org/hang", play->config);

      msa_test_world_add_again (play->world, easy);
      msa_fault_pass (play, delays_us[i]);
      if (msa_test_world_get_record (easy)->n_easy == 0)
        msa_test_world_remove (play->world, easy);
    }
}

/* One connection is idle, one is waiting for an answer, one is in its handshake. */
static void
play_close (MsaFaultPlay *play)
{
  static const char *const uris[] = { URI, "https://tls.org/hang", "https://tls.org/hang" };
  static const gint64 delays_us[] = { 0, 20 * MS, 4 * MS };

  serve_well (play);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      MsaEasy *easy = make (play, uris[i], play->config);

      msa_easy_set_fresh_connection (easy, TRUE);
      msa_easy_set_timeout_ms (easy, i == 0 ? 0 : 300);
      msa_test_world_add_again (play->world, easy);
      if (i == 0)
        msa_fault_finish (play);
      else
        msa_fault_pass (play, delays_us[i]);
    }
  msa_fault_close (play);
}

static void
play_close_idle (MsaFaultPlay *play)
{
  serve_well (play);
  run (play, URI, play->config);
  msa_fault_close (play);
}

static const MsaFaultScene scenes[] = {
  { "get", play_get },
  { "old-version", play_old_version },
  { "no-tickets", play_no_tickets },
  { "traced", play_traced },
  { "large", play_large },
  { "chunked", play_chunked },
  { "file", play_file },
  { "upload", play_upload },
  { "reuse", play_reuse },
  { "parallel", play_parallel },
  { "resumed", play_resumed },
  { "stapled", play_stapled },
  { "address", play_address },
  { "common-name", play_common_name },
  { "race", play_race },
  { "client-certificate", play_client_certificate },
  { "password", play_password },
  { "no-password", play_no_password },
  { "token", play_token },
  { "token-key", play_token_key },
  { "missing-files", play_missing_files },
  { "given-trust", play_given_trust },
  { "pinned", play_pinned },
  { "system-trust", play_system_trust },
  { "question", play_question },
  { "stranger", play_stranger },
  { "distrusted", play_distrusted },
  { "no-common-version", play_no_common_version },
  { "silent-peer", play_silent_peer },
  { "foreign-peer", play_foreign_peer },
  { "cut-handshake", play_cut_handshake },
  { "cut-body", play_cut_body },
  { "goodbye", play_goodbye },
  { "remove", play_remove },
  { "close", play_close },
  { "close-idle", play_close_idle },
};

void
msa_fault_tls_add (const char *prefix,
                   const MsaFaultKind *kind)
{
  msa_fault_add_scenes (prefix, kind, scenes, G_N_ELEMENTS (scenes));
}

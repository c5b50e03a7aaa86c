/* test-tls-doubt.c: peers that failed to verify, and somebody who may let them pass
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-trust-private.h"

#include <gnutls/x509.h>

#define HOST "www.example.org"

static MsaTestPki *pki;
static MsaTestPki *sub;
static MsaTestPki *other_pki;
static MsaTestCert *cert; /* good for HOST, below an intermediate */
static MsaTestCert *expired_cert; /* not good any more */
static MsaTestCert *client_cert;

typedef struct
{
  MsaTestTlsPeer *peer; /* (owned) */
  MsaFilter *client; /* (owned) */
} Pair;

/* A client of a server with @server_cert that trusts @ca. */
static void
pair_init_full (Pair *self,
                const MsaTestCert *server_cert,
                const char *priority,
                MsaTestPki *ca,
                const char *host_text,
                MsaTlsConfig *config)
{
  MsaTestTlsOptions options = {
    .cert = server_cert,
    .priority = priority,
    .client_hint = msa_test_pki_ca_pem (pki),
  };
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (ca), config);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = msa_host_new (msa_slice_from_string (host_text), &error);

  g_assert_no_error (error);
  self->peer = msa_test_tls_peer_new_full (&options);
  self->client = msa_tls_filter_new (msa_test_tls_get_sys (),
                                     msa_test_tls_peer_new_bottom (self->peer),
                                     trust, config,
                                     host, NULL, &error);
  g_assert_no_error (error);
  msa_tls_filter_set_may_ask (self->client, TRUE);
}

static void
pair_init (Pair *self,
           const char *priority)
{
  pair_init_full (self, cert, priority, other_pki, "other.example", NULL);
}

static void
pair_clear (Pair *self)
{
  msa_filter_free (self->client);
  msa_test_tls_peer_free (self->peer);
}

static MsaIo
pair_connect (Pair *self,
              GError **error)
{
  MsaIo io = msa_test_tls_peer_connect (self->peer, self->client, error);

  msa_test_tls_peer_run (self->peer);
  return io;
}

static void
assert_undecided (Pair *self)
{
  g_autoptr (GError) error = NULL;
  guint i;

  for (i = 0; i < 3; i++)
    {
      g_assert_cmpint (pair_connect (self, &error), ==, MSA_IO_AGAIN);
      g_assert_no_error (error);
      g_assert_true (msa_tls_filter_is_undecided (self->client));
      g_assert_false (msa_tls_filter_is_excepted (self->client));
      g_assert_cmpint (msa_filter_wants (self->client), ==, MSA_SOCKET_NONE);
      g_assert_false (self->client->connected);
    }
}

static void
assert_talks (Pair *self)
{
  g_autoptr (GByteArray) got = NULL;
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gsize n = 0;

  g_assert_cmpint (msa_filter_send (self->client, (const guint8 *) "ping", 4, &n, &error), ==,
                   MSA_IO_DONE);
  g_assert_no_error (error);
  while (!self->peer->is_done)
    msa_test_tls_peer_run (self->peer);
  got = msa_test_tls_peer_read (self->peer, NULL);
  g_assert_cmpmem (got->data, got->len, "ping", 4);
  msa_test_tls_peer_write (self->peer, "pong", 4);
  g_assert_cmpint (msa_filter_recv (self->client, (guint8 *) buffer, sizeof (buffer), &n, &error),
                   ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n, "pong", 4);
}

static void
assert_closed (Pair *self)
{
  gsize n = 0;
  char buffer[16];

  g_assert_cmpint (msa_filter_send (self->client, (const guint8 *) "secret", 6, &n, NULL), ==,
                   MSA_IO_ERROR);
  g_assert_cmpint (msa_filter_recv (self->client, (guint8 *) buffer, sizeof (buffer), &n, NULL), ==,
                   MSA_IO_ERROR);
}

/* --- deciding --- */

static void
test_accept (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init (&pair, data);
  assert_undecided (&pair);
  assert_closed (&pair);
  g_assert_nonnull (msa_tls_filter_get_doubt (pair.client));

  msa_tls_filter_decide (pair.client, TRUE);
  g_assert_false (msa_tls_filter_is_undecided (pair.client));
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  g_assert_true (msa_tls_filter_is_excepted (pair.client));
  assert_talks (&pair);
  pair_clear (&pair);
}

static void
test_reject (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *doubt = NULL;
  Pair pair;

  pair_init (&pair, data);
  assert_undecided (&pair);
  doubt = g_strdup (msa_tls_filter_get_doubt (pair.client)->message);

  msa_tls_filter_decide (pair.client, FALSE);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_cmpstr (error->message, ==, doubt);
  g_assert_false (msa_tls_filter_is_excepted (pair.client));
  g_assert_cmpint (gnutls_alert_get (pair.peer->session), ==, GNUTLS_A_BAD_CERTIFICATE);
  assert_closed (&pair);
  pair_clear (&pair);
}

/* The second word does not count. */
static void
test_decided_once (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init (&pair, data);
  assert_undecided (&pair);
  msa_tls_filter_decide (pair.client, FALSE);
  msa_tls_filter_decide (pair.client, TRUE);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  msa_tls_filter_decide (pair.client, TRUE);
  msa_tls_filter_set_may_ask (pair.client, TRUE);
  g_assert_cmpint (pair_connect (&pair, NULL), ==, MSA_IO_ERROR);
  pair_clear (&pair);
}

/* Who says yes before there is a question, says nothing. */
static void
test_decided_early (gconstpointer data)
{
  Pair pair;

  pair_init (&pair, data);
  msa_tls_filter_decide (pair.client, TRUE);
  assert_undecided (&pair);
  pair_clear (&pair);
}

/* Who is not known gets no goodbye either. */
static void
test_freed_undecided (gconstpointer data)
{
  guint n_sends;
  Pair pair;

  pair_init (&pair, data);
  assert_undecided (&pair);
  n_sends = pair.peer->n_sends;
  g_assert_cmpint (msa_filter_shutdown (pair.client), ==, MSA_IO_DONE);
  g_assert_cmpuint (pair.peer->n_sends, ==, n_sends);
  g_assert_true (pair.peer->was_shut_down);
  pair_clear (&pair);
}

static void
test_nobody_asked (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init (&pair, data);
  msa_tls_filter_set_may_ask (pair.client, FALSE);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_false (msa_tls_filter_is_undecided (pair.client));
  pair_clear (&pair);
}

/* Nobody is asked about a peer that is in order, and it is no exception. */
static void
test_no_doubt (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init_full (&pair, cert, data, pki, HOST, NULL);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  g_assert_false (msa_tls_filter_is_excepted (pair.client));
  g_assert_null (msa_tls_filter_get_doubt (pair.client));
  assert_talks (&pair);
  pair_clear (&pair);
}

/* While a question is open, the server has seen nothing but the hello. */
static void
test_rests (gconstpointer data)
{
  g_autoptr (GBytes) certificate = g_bytes_new (client_cert->cert_pem,
                                                strlen (client_cert->cert_pem));
  g_autoptr (GBytes) key = g_bytes_new (client_cert->key_pem, strlen (client_cert->key_pem));
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "certificate-pem",
                                                  certificate, "key-pem", key, NULL);
  g_autoptr (GError) error = NULL;
  guint n_sends, n = 0;
  Pair pair;

  pair_init_full (&pair, cert, data, other_pki, HOST, config);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_AGAIN);
  n_sends = pair.peer->n_sends;
  assert_undecided (&pair);
  g_assert_cmpuint (pair.peer->n_sends, ==, n_sends);
  g_assert_null (gnutls_certificate_get_peers (pair.peer->session, &n));

  msa_tls_filter_decide (pair.client, TRUE);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_DONE);
  assert_talks (&pair);
  g_assert_nonnull (gnutls_certificate_get_peers (pair.peer->session, &n));
  pair_clear (&pair);
}

/* An end in between shows when the handshake goes on. */
static void
test_gone_meanwhile (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init (&pair, data);
  assert_undecided (&pair);
  pair.peer->out_broken = TRUE;
  g_byte_array_set_size (pair.peer->to_client, 0);
  pair.peer->in_broken = TRUE;
  msa_tls_filter_decide (pair.client, TRUE);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  g_assert_false (msa_tls_filter_is_excepted (pair.client));
  pair_clear (&pair);
}

/* --- what is shown to whom is asked --- */

static const struct
{
  const char *name;
  gboolean expired;
  gboolean other_ca;
  const char *host;
  guint flags;
} doubts[] = {
  { "issuer", FALSE, TRUE, HOST, G_TLS_CERTIFICATE_UNKNOWN_CA },
  { "name", FALSE, FALSE, "other.example", G_TLS_CERTIFICATE_BAD_IDENTITY },
  { "expired", TRUE, FALSE, HOST, G_TLS_CERTIFICATE_EXPIRED },
  { "all", TRUE, TRUE, "other.example",
    G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_BAD_IDENTITY | G_TLS_CERTIFICATE_EXPIRED },
};

static void
test_flags (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  Pair pair;

  pair_init_full (&pair, doubts[row].expired ? expired_cert : cert, NULL,
                  doubts[row].other_ca ? other_pki : pki, doubts[row].host, NULL);
  assert_undecided (&pair);
  g_assert_cmpuint (msa_tls_filter_get_doubt_flags (pair.client), ==, doubts[row].flags);
  g_assert_error (msa_tls_filter_get_doubt (pair.client), MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  pair_clear (&pair);
}

static void
assert_chain (MsaFilter *client)
{
  g_autoptr (GPtrArray) chain = msa_tls_filter_dup_chain (client);
  const char *pem = cert->cert_pem;
  guint i;

  g_assert_nonnull (chain);
  g_assert_cmpuint (chain->len, ==, 2);
  for (i = 0; i < chain->len; i++)
    {
      gnutls_datum_t text = { (guchar *) pem, (guint) strlen (pem) };
      gnutls_datum_t der;
      gnutls_x509_crt_t crt;

      gnutls_x509_crt_init (&crt);
      g_assert_cmpint (gnutls_x509_crt_import (crt, &text, GNUTLS_X509_FMT_PEM), ==, 0);
      g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
      g_assert_cmpmem (g_bytes_get_data (chain->pdata[i], NULL), g_bytes_get_size (chain->pdata[i]),
                       der.data, der.size);
      gnutls_free (der.data);
      gnutls_x509_crt_deinit (crt);
      pem = strstr (pem + 1, "-----BEGIN");
    }
}

/* The leaf first; while somebody thinks about it, and afterwards. */
static void
test_chain (gconstpointer data)
{
  Pair pair;

  pair_init (&pair, data);
  g_assert_null (msa_tls_filter_dup_chain (pair.client));
  assert_undecided (&pair);
  assert_chain (pair.client);
  msa_tls_filter_decide (pair.client, TRUE);
  g_assert_cmpint (pair_connect (&pair, NULL), ==, MSA_IO_DONE);
  assert_chain (pair.client);
  pair_clear (&pair);
}

static void
test_chain_of_refused (gconstpointer data)
{
  Pair pair;

  pair_init (&pair, data);
  msa_tls_filter_set_may_ask (pair.client, FALSE);
  g_assert_cmpint (pair_connect (&pair, NULL), ==, MSA_IO_ERROR);
  assert_chain (pair.client);
  pair_clear (&pair);
}

/* --- beyond exceptions --- */

static MsaTlsConfig *
config_for_pin (const MsaTestCert *pinned)
{
  g_autofree char *pin = msa_test_pin_new (pinned->cert_pem);
  const char *const pins[] = { pin, NULL };

  return g_object_new (MSA_TYPE_TLS_CONFIG, "pinned-keys", pins, NULL);
}

static void
test_pin (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config = config_for_pin (client_cert);
  g_autoptr (GError) error = NULL;
  Pair pair;

  pair_init_full (&pair, cert, data, other_pki, HOST, config);
  g_assert_cmpint (pair_connect (&pair, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_PIN);
  g_assert_false (msa_tls_filter_is_undecided (pair.client));
  pair_clear (&pair);
}

/* The pin is right: the rest may be asked about. */
static void
test_pin_right (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config = config_for_pin (cert);
  Pair pair;

  pair_init_full (&pair, cert, data, other_pki, HOST, config);
  assert_undecided (&pair);
  msa_tls_filter_decide (pair.client, TRUE);
  g_assert_cmpint (pair_connect (&pair, NULL), ==, MSA_IO_DONE);
  pair_clear (&pair);
}

/* --- all --- */

static void
make_certificates (void)
{
  const MsaTestCertSpec spec = { .dns = { HOST } };
  const MsaTestCertSpec expired = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED };
  const MsaTestCertSpec client = { .common_name = "me", .purpose = GNUTLS_KP_TLS_WWW_CLIENT };

  pki = msa_test_pki_new ();
  sub = msa_test_pki_new_sub (pki, TRUE);
  other_pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (sub, &spec);
  expired_cert = msa_test_pki_issue (pki, &expired);
  client_cert = msa_test_pki_issue (pki, &client);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  make_certificates ();

  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/accept", test_accept);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/reject", test_reject);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/decided-once", test_decided_once);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/decided-early", test_decided_early);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/freed-undecided", test_freed_undecided);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/nobody-asked", test_nobody_asked);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/no-doubt", test_no_doubt);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/rests", test_rests);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/gone-meanwhile", test_gone_meanwhile);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-doubt/flags", doubts, test_flags);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/chain/doubted", test_chain);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/chain/refused", test_chain_of_refused);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/pin/wrong-is-final", test_pin);
  MSA_TEST_TLS_ADD_VERSIONS ("/msa/tls-doubt/pin/right-leaves-doubt", test_pin_right);
  status = g_test_run ();

  msa_test_cert_free (client_cert);
  msa_test_cert_free (expired_cert);
  msa_test_cert_free (cert);
  msa_test_pki_free (other_pki);
  msa_test_pki_free (sub);
  msa_test_pki_free (pki);
  return status;
}

/* test-tls-servers.c: requests to the servers that TLS libraries bring along
 *
 * nginx and httpd stand on one library and are set up with care. Here the other one is met too, and
 * each of both in its odder ways: a row for each. What a server does in the middle of a connection
 * is in test-tls-talk.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"

#include <gnutls/x509.h>
#include <string.h>

/* Authorities between the server's and the root. */
#define N_DEEP 8
/* Too many for one message of the handshake. */
#define N_HUGE_NAMES 5000

typedef enum
{
  CHAIN_USUAL,
  CHAIN_DEEP,
  CHAIN_HUGE,
} Chain;

typedef enum
{
  STAPLE_NONE,
  STAPLE_GOOD,
  STAPLE_REVOKED,
  STAPLE_OUTDATED,
} Staple;

/* A server, and what comes of it. */
typedef struct
{
  const char   *name;
  const char   *args[8];      /* besides the usual ones */
  MsaTestKey    key;
  Chain         chain;
  Staple        staple;
  gboolean      shows_client; /* the client has a certificate */
  MsaTlsVersion version;      /* the last that the client speaks */
  MsaError      error;        /* 0: there is none */
  const char   *text;         /* (nullable): in the page, or in the message */
} Peer;

static MsaTestPki *pki;

/* One at a time, for all drivers. */
static const Peer *running_peer;
static MsaInteropServer *running;

/* Files */

static MsaTestPki *
make_deep (void)
{
  MsaTestPki *above = msa_test_pki_new_sub (pki, TRUE);

  for (guint i = 1; i < N_DEEP; i++)
    {
      MsaTestPki *below = msa_test_pki_new_sub (above, TRUE);

      msa_test_pki_free (above);
      above = below;
    }

  return above;
}

static void
write_staple (MsaInteropServer *server,
              const MsaTestCert *cert,
              Staple staple)
{
  g_autoptr (GBytes) response = NULL;

  if (staple == STAPLE_NONE)
    return;

  response =
      msa_test_ocsp_new (pki, pki, cert,
                         staple == STAPLE_REVOKED ? MSA_TEST_STATUS_REVOKED : MSA_TEST_STATUS_GOOD,
                         staple == STAPLE_OUTDATED ? MSA_TEST_EXPIRED : MSA_TEST_VALID);
  msa_interop_server_write (server, "staple.der", g_bytes_get_data (response, NULL),
                            g_bytes_get_size (response));
}

static gboolean
gives_files (const Peer *peer)
{
  return peer->args[0] != NULL && strcmp (peer->args[0], "-WWW") == 0;
}

static void
write_files (MsaInteropServer *server,
             const Peer *peer)
{
  const MsaTestCertSpec spec = {
    .common_name = "good",
    .dns = { "localhost" },
    .ip = { "127.0.0.1" },
    .n_other_dns = peer->chain == CHAIN_HUGE ? N_HUGE_NAMES : 0,
    .key = peer->key,
  };
  g_autoptr (MsaTestPki) deep = peer->chain == CHAIN_DEEP ? make_deep () : NULL;
  g_autoptr (MsaTestCert) cert = msa_test_pki_issue (deep != NULL ? deep : pki, &spec);
  const char *ca_pem = msa_test_pki_ca_pem (pki);

  msa_interop_server_write (server, "good.pem", cert->cert_pem, strlen (cert->cert_pem));
  msa_interop_server_write (server, "good.key", cert->key_pem, strlen (cert->key_pem));
  msa_interop_server_write (server, "ca.pem", ca_pem, strlen (ca_pem));
  write_staple (server, cert, peer->staple);
  if (gives_files (peer))
    msa_interop_server_write (server, "99", msa_interop_get_bytes () + MSA_INTEROP_LONG_FILE,
                              msa_interop_get_file_size (MSA_INTEROP_LONG_FILE));
}

static GStrv
join_args (const char *const *usual,
           const Peer *peer)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv args;

  g_strv_builder_addv (builder, (const char **) usual);
  g_strv_builder_addv (builder, (const char **) peer->args);
  args = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);

  return args;
}

static GStrv
configure_gnutls (MsaInteropServer *server,
                  gpointer data)
{
  g_autofree char *port = g_strdup_printf ("--port=%u", msa_interop_server_get_port (server, 0));
  const char *const args[] = {
    "--http", port, "--x509certfile=good.pem", "--x509keyfile=good.key", "--x509cafile=ca.pem", NULL
  };

  write_files (server, data);

  return join_args (args, data);
}

static GStrv
configure_openssl (MsaInteropServer *server,
                   gpointer data)
{
  g_autofree char *address =
      g_strdup_printf ("127.0.0.1:%u", msa_interop_server_get_port (server, 0));
  const char *const args[] = {
    "s_server", "-accept", address, "-cert", "good.pem", "-cert_chain", "good.pem", "-key",
    "good.key", "-CAfile", "ca.pem", NULL
  };

  write_files (server, data);

  return join_args (args, data);
}

static const MsaInteropKind gnutls_kind = {
  .program = "gnutls-serv",
  .n_ports = 1,
  .configure = configure_gnutls,
  .ready_file = "output",
  .ready_text = "done",
};

static const MsaInteropKind openssl_kind = {
  .program = "openssl",
  .n_ports = 1,
  .configure = configure_openssl,
  .ready_file = "output",
  .ready_text = "ACCEPT",
};

/* Requests */

static MsaTlsConfig *
make_config (const Peer *peer)
{
  const MsaTestCertSpec spec = { .common_name = "client", .purpose = GNUTLS_KP_TLS_WWW_CLIENT };
  g_autofree char *ca_path = msa_interop_server_get_path (running, "ca.pem");
  g_autoptr (MsaTestCert) cert = NULL;
  g_autoptr (GBytes) cert_pem = NULL;
  g_autoptr (GBytes) key_pem = NULL;

  if (peer->shows_client)
    {
      cert = msa_test_pki_issue (pki, &spec);
      cert_pem = g_bytes_new (cert->cert_pem, strlen (cert->cert_pem));
      key_pem = g_bytes_new (cert->key_pem, strlen (cert->key_pem));
    }

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", ca_path, "certificate-pem", cert_pem,
                       "key-pem", key_pem, "max-version", peer->version, NULL);
}

static void
check_page (MsaEasy *easy,
            const Peer *peer)
{
  g_autofree char *page = NULL;

  msa_interop_check_status (easy, 200);
  page = g_strndup (g_bytes_get_data (msa_easy_get_body (easy), NULL),
                    g_bytes_get_size (msa_easy_get_body (easy)));
  if (peer->text != NULL && strstr (page, peer->text) == NULL)
    g_error ("'%s' is missing in: %s", peer->text, page);
}

static void
check_error (MsaEasy *easy,
             const Peer *peer)
{
  const GError *error = msa_easy_get_error (easy);

  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  msa_interop_check_failure (easy, peer->error);
  g_assert_nonnull (strstr (error->message, "localhost"));
  g_assert_nonnull (strstr (error->message, peer->text));
}

static void
switch_to (const MsaInteropKind *kind,
           const Peer *peer)
{
  if (running_peer == peer)
    return;

  g_clear_pointer (&running, msa_interop_server_stop);
  running = msa_interop_server_start (kind, (gpointer) peer);
  running_peer = peer;
}

/* One after the other: not all of them serve several at a time. */
static void
get_pages (MsaTestDriverKind kind,
           const Peer *peer,
           const char *path)
{
  g_autofree char *uri = msa_interop_server_make_uri (running, "https://localhost", 0, path);
  g_autoptr (MsaTlsConfig) config = make_config (peer);
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  msa_multi_set_tls_config (msa_interop_batch_get_multi (batch), config);
  for (guint i = 0; i < 3; i++)
    {
      MsaEasy *easy = msa_interop_batch_request (batch, "GET", uri, NULL);

      if (peer->error != 0)
        check_error (easy, peer);
      else if (strcmp (path, "/") == 0)
        check_page (easy, peer);
      else
        msa_interop_check_file (easy, MSA_INTEROP_LONG_FILE);
    }
}

static void
test_gnutls (MsaTestDriverKind kind,
             gconstpointer data)
{
  switch_to (&gnutls_kind, data);
  get_pages (kind, data, "/");
}

static void
test_openssl (MsaTestDriverKind kind,
              gconstpointer data)
{
  const Peer *peer = data;

  switch_to (&openssl_kind, peer);
  get_pages (kind, peer, gives_files (peer) ? "/99" : "/");
}

/* What GnuTLS says of the messages of a handshake. */
#define TOO_LARGE "handshake data size is too large"

#define GNUTLS_1_2 "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define GNUTLS_1_3 "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3"

static const Peer gnutls_peers[] = {
  { "tls-1-2", .args = { GNUTLS_1_2 }, .text = "<TD>TLS1.2</TD>" },
  { "tls-1-3", .args = { GNUTLS_1_3 }, .text = "<TD>TLS1.3</TD>" },
  { "key/rsa/tls-1-2", .args = { GNUTLS_1_2 }, .key = MSA_TEST_RSA_2048,
    .text = "<TD>TLS1.2</TD>" },
  { "key/rsa/tls-1-3", .args = { GNUTLS_1_3 }, .key = MSA_TEST_RSA_2048,
    .text = "<TD>TLS1.3</TD>" },
  { "key/rsa-pss/tls-1-2", .args = { GNUTLS_1_2 }, .key = MSA_TEST_RSA_PSS,
    .text = "<TD>TLS1.2</TD>" },
  { "key/rsa-pss/tls-1-3", .args = { GNUTLS_1_3 }, .key = MSA_TEST_RSA_PSS,
    .text = "<TD>TLS1.3</TD>" },
  { "key/p384", .args = { NULL }, .key = MSA_TEST_P384 },
  { "key/ed25519/tls-1-2", .args = { GNUTLS_1_2 }, .key = MSA_TEST_ED25519,
    .text = "<TD>TLS1.2</TD>" },
  { "key/ed25519/tls-1-3", .args = { GNUTLS_1_3 }, .key = MSA_TEST_ED25519,
    .text = "<TD>TLS1.3</TD>" },
  { "key/weak", .args = { NULL }, .key = MSA_TEST_RSA_1024, .error = MSA_ERROR_TLS_VERIFY,
    .text = "weak" },
  { "cipher/chacha20", .args = { "--priority=NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305" },
    .text = "CHACHA20-POLY1305" },
  { "cipher/ccm", .args = { "--priority=NORMAL:-CIPHER-ALL:+AES-128-CCM" },
    .text = "AES-128-CCM" },
  { "group/x25519", .args = { "--priority=NORMAL:-GROUP-ALL:+GROUP-X25519" } },
  { "group/ffdhe3072", .args = { "--priority=NORMAL:-GROUP-ALL:+GROUP-FFDHE3072" } },
  { "no-tickets", .args = { "--noticket" } },
  { "server-name/other", .args = { "--sni-hostname=example.org" } },
  { "server-name/other-fatal", .args = { "--sni-hostname=example.org", "--sni-hostname-fatal" },
    .error = MSA_ERROR_TLS_HANDSHAKE, .text = "the peer sent the alert" },
  { "alpn/http-1-1", .args = { "--alpn=http/1.1", "--alpn-fatal" } },
  { "alpn/h2-first", .args = { "--alpn=h2", "--alpn=http/1.1", "--alpn-fatal" } },
  { "alpn/h2", .args = { "--alpn=h2" } },
  { "alpn/h2-fatal", .args = { "--alpn=h2", "--alpn-fatal" }, .error = MSA_ERROR_TLS_HANDSHAKE,
    .text = "the peer sent the alert" },
  { "asks/none", .args = { "--disable-client-cert" } },
  { "asks/optional", .args = { "--verify-client-cert" } },
  { "asks/optional-shown", .args = { "--verify-client-cert" }, .shows_client = TRUE,
    .text = "client" },
  { "asks/required-shown", .args = { "--require-client-cert" }, .shows_client = TRUE,
    .text = "client" },
  { "asks/required/tls-1-2", .args = { GNUTLS_1_2, "--require-client-cert" },
    .error = MSA_ERROR_TLS_HANDSHAKE, .text = "the peer sent the alert" },
  { "asks/required/tls-1-3", .args = { GNUTLS_1_3, "--require-client-cert" },
    .error = MSA_ERROR_RECEIVE, .text = "the peer sent the alert 'Certificate is required'" },
  { "staple/good", .args = { "--ocsp-response=staple.der" }, .staple = STAPLE_GOOD },
  { "staple/revoked", .args = { "--ocsp-response=staple.der", "--ignore-ocsp-response-errors" },
    .staple = STAPLE_REVOKED, .error = MSA_ERROR_TLS_VERIFY, .text = "revoked" },
  { "chain/deep", .args = { NULL }, .chain = CHAIN_DEEP },
  { "chain/huge", .args = { NULL }, .chain = CHAIN_HUGE, .error = MSA_ERROR_TLS_HANDSHAKE,
    .text = TOO_LARGE },
  { "records/short", .args = { "--recordsize=512" } },
};

/* For the name that is not asked for. */
#define OTHER_CERT "-cert2", "good.pem", "-key2", "good.key"

static const Peer openssl_peers[] = {
  { "tls-1-2", .args = { "-www", "-tls1_2" }, .text = ", TLSv1.2, Cipher is" },
  { "tls-1-3", .args = { "-www", "-tls1_3" }, .text = ", TLSv1.3, Cipher is" },
  { "tls-1-1", .args = { "-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0" },
    .error = MSA_ERROR_TLS_HANDSHAKE, .text = "the peer sent the alert" },
  { "key/rsa/tls-1-2", .args = { "-www", "-tls1_2" }, .key = MSA_TEST_RSA_2048,
    .text = ", TLSv1.2, Cipher is" },
  { "key/rsa/tls-1-3", .args = { "-www", "-tls1_3" }, .key = MSA_TEST_RSA_2048,
    .text = ", TLSv1.3, Cipher is" },
  { "key/rsa-pss/tls-1-2", .args = { "-www", "-tls1_2" }, .key = MSA_TEST_RSA_PSS,
    .text = ", TLSv1.2, " },
  { "key/rsa-pss/tls-1-3", .args = { "-www", "-tls1_3" }, .key = MSA_TEST_RSA_PSS,
    .text = ", TLSv1.3, " },
  { "key/p384", .args = { "-www" }, .key = MSA_TEST_P384 },
  { "key/ed25519/tls-1-2", .args = { "-www", "-tls1_2" }, .key = MSA_TEST_ED25519,
    .text = ", TLSv1.2, " },
  { "key/ed25519/tls-1-3", .args = { "-www", "-tls1_3" }, .key = MSA_TEST_ED25519,
    .text = ", TLSv1.3, " },
  { "cipher/cbc", .args = { "-www", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA" },
    .text = "AES128-SHA" },
  { "cipher/cbc-no-etm",
    .args = { "-www", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA", "-no_etm" },
    .text = "AES128-SHA" },
  { "cipher/null", .args = { "-www", "-tls1_2", "-cipher", "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0" },
    .error = MSA_ERROR_TLS_HANDSHAKE, .text = "the peer sent the alert" },
  { "group/second-choice", .args = { "-www", "-groups", "P-521" }, .text = ", TLSv1.3, " },
  { "no-tickets", .args = { "-www", "-no_ticket" } },
  { "no-cache", .args = { "-www", "-no_ticket", "-no_cache", "-tls1_2" } },
  { "tickets/many", .args = { "-www", "-num_tickets", "50" } },
  { "stateless", .args = { "-www", "-tls1_3", "-stateless" } },
  { "server-name/other",
    .args = { "-www", "-servername", "example.org", OTHER_CERT } },
  { "server-name/other/tls-1-2",
    .args = { "-www", "-servername", "example.org", OTHER_CERT, "-tls1_2" } },
  { "server-name/other-fatal",
    .args = { "-www", "-servername", "example.org", "-servername_fatal", OTHER_CERT },
    .error = MSA_ERROR_TLS_HANDSHAKE, .text = "the peer sent the alert" },
  { "alpn/http-1-1", .args = { "-www", "-alpn", "http/1.1" } },
  { "alpn/h2-first", .args = { "-www", "-alpn", "h2,http/1.1" } },
  { "alpn/h2", .args = { "-www", "-alpn", "h2" }, .error = MSA_ERROR_TLS_HANDSHAKE,
    .text = "the peer sent the alert" },
  { "asks/optional", .args = { "-www", "-verify", "2" },
    .text = "no client certificate available" },
  { "asks/optional-shown", .args = { "-www", "-verify", "2" }, .shows_client = TRUE,
    .text = "CN=client" },
  { "asks/optional-shown/tls-1-2", .args = { "-www", "-verify", "2", "-tls1_2" },
    .shows_client = TRUE, .text = "CN=client" },
  { "asks/required-shown", .args = { "-www", "-Verify", "2", "-verify_return_error" },
    .shows_client = TRUE, .text = "CN=client" },
  { "asks/required/tls-1-2", .args = { "-www", "-Verify", "2", "-tls1_2" },
    .error = MSA_ERROR_TLS_HANDSHAKE, .text = "the peer sent the alert" },
  { "asks/required/tls-1-3", .args = { "-www", "-Verify", "2", "-tls1_3" },
    .error = MSA_ERROR_RECEIVE, .text = "the peer sent the alert 'Certificate is required'" },
  { "staple/good/tls-1-2", .args = { "-www", "-status_file", "staple.der", "-tls1_2" },
    .staple = STAPLE_GOOD },
  { "staple/good/tls-1-3", .args = { "-www", "-status_file", "staple.der", "-tls1_3" },
    .staple = STAPLE_GOOD },
  { "staple/revoked", .args = { "-www", "-status_file", "staple.der" }, .staple = STAPLE_REVOKED,
    .error = MSA_ERROR_TLS_VERIFY, .text = "revoked" },
  { "staple/outdated", .args = { "-www", "-status_file", "staple.der" },
    .staple = STAPLE_OUTDATED, .error = MSA_ERROR_TLS_VERIFY, .text = "outdated" },
  { "chain/deep/tls-1-2", .args = { "-www", "-tls1_2" }, .chain = CHAIN_DEEP },
  { "chain/deep/tls-1-3", .args = { "-www", "-tls1_3" }, .chain = CHAIN_DEEP },
  { "chain/huge", .args = { "-www" }, .chain = CHAIN_HUGE, .error = MSA_ERROR_TLS_HANDSHAKE,
    .text = TOO_LARGE },
  { "records/short/tls-1-2", .args = { "-WWW", "-max_send_frag", "512", "-tls1_2" } },
  { "records/short/tls-1-3", .args = { "-WWW", "-max_send_frag", "512", "-tls1_3" } },
  { "records/one-by-one", .args = { "-WWW", "-split_send_frag", "1000", "-max_pipelines", "4" } },
};

static void
add_peers (const char *server,
           const MsaInteropKind *kind,
           const Peer *peers,
           MsaInteropCase *cases,
           guint n,
           void (*test) (MsaTestDriverKind,
                         gconstpointer))
{
  for (guint i = 0; i < n; i++)
    cases[i] = (MsaInteropCase) { peers[i].name, test, &peers[i] };
  msa_interop_add_cases (server, kind, cases, n);
}

int
main (int argc,
      char **argv)
{
  static MsaInteropCase gnutls_cases[G_N_ELEMENTS (gnutls_peers)];
  static MsaInteropCase openssl_cases[G_N_ELEMENTS (openssl_peers)];
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  add_peers ("gnutls-serv", &gnutls_kind, gnutls_peers, gnutls_cases, G_N_ELEMENTS (gnutls_peers),
             test_gnutls);
  add_peers ("openssl", &openssl_kind, openssl_peers, openssl_cases, G_N_ELEMENTS (openssl_peers),
             test_openssl);

  result = g_test_run ();
  g_clear_pointer (&running, msa_interop_server_stop);
  msa_test_pki_free (pki);

  return result;
}

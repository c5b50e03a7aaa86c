/* test-tls-servers.c: one request with the servers that TLS libraries bring along
 *
 * nginx and httpd stand on one library; here the other one is met too, in each version of TLS
 * alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"

#include <string.h>

/* A server that speaks one version and answers with a page about the connection. */
typedef struct
{
  const MsaInteropKind *kind;
  const char           *version_arg;
  const char           *mark;    /* in the page: the version */
  MsaInteropServer     *running; /* (owned) (nullable): started at its first use */
} Peer;

static MsaTestPki *pki;

static GStrv
configure_gnutls (MsaInteropServer *server,
                  gpointer data)
{
  const Peer *peer = data;
  g_autofree char *port = g_strdup_printf ("--port=%u", msa_interop_server_get_port (server, 0));
  const char *const args[] = {
    "--http", port, "--x509certfile=good.pem", "--x509keyfile=good.key", peer->version_arg, NULL
  };

  msa_interop_server_write_good_cert (server, pki);

  return g_strdupv ((char **) args);
}

static GStrv
configure_openssl (MsaInteropServer *server,
                   gpointer data)
{
  const Peer *peer = data;
  g_autofree char *address =
      g_strdup_printf ("127.0.0.1:%u", msa_interop_server_get_port (server, 0));
  const char *const args[] = {
    "s_server", "-www", "-accept", address, "-cert", "good.pem", "-key", "good.key",
    peer->version_arg, NULL
  };

  msa_interop_server_write_good_cert (server, pki);

  return g_strdupv ((char **) args);
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

static Peer gnutls_1_2 = {
  &gnutls_kind, "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2", "<TD>TLS1.2</TD>", NULL
};
static Peer gnutls_1_3 = {
  &gnutls_kind, "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3", "<TD>TLS1.3</TD>", NULL
};
static Peer openssl_1_2 = { &openssl_kind, "-tls1_2", ", TLSv1.2, Cipher is", NULL };
static Peer openssl_1_3 = { &openssl_kind, "-tls1_3", ", TLSv1.3, Cipher is", NULL };

static Peer *const peers[] = { &gnutls_1_2, &gnutls_1_3, &openssl_1_2, &openssl_1_3 };

static void
check_page (MsaEasy *easy,
            const char *mark)
{
  g_autofree char *page = NULL;

  msa_interop_check_status (easy, 200);
  page = g_strndup (g_bytes_get_data (msa_easy_get_body (easy), NULL),
                    g_bytes_get_size (msa_easy_get_body (easy)));
  g_assert_nonnull (strstr (page, mark));
}

static void
test_page (MsaTestDriverKind kind,
           gconstpointer data)
{
  Peer *peer = (Peer *) data;
  g_autofree char *uri = NULL;
  g_autofree char *ca_path = NULL;
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  if (peer->running == NULL)
    peer->running = msa_interop_server_start (peer->kind, peer);
  uri = msa_interop_server_make_uri (peer->running, "https://localhost", 0, "/");
  ca_path = msa_interop_server_get_path (peer->running, "ca.pem");
  config = msa_tls_config_new_for_ca_file (ca_path);

  msa_multi_set_tls_config (msa_interop_batch_get_multi (batch), config);
  /* One after the other: not all of them serve several at a time. */
  for (guint i = 0; i < 3; i++)
    check_page (msa_interop_batch_request (batch, "GET", uri, NULL), peer->mark);
}

static const MsaInteropCase gnutls_cases[] = {
  { "tls-1-2", test_page, &gnutls_1_2 },
  { "tls-1-3", test_page, &gnutls_1_3 },
};

static const MsaInteropCase openssl_cases[] = {
  { "tls-1-2", test_page, &openssl_1_2 },
  { "tls-1-3", test_page, &openssl_1_3 },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  msa_interop_add_cases ("gnutls-serv", &gnutls_kind, gnutls_cases, G_N_ELEMENTS (gnutls_cases));
  msa_interop_add_cases ("openssl", &openssl_kind, openssl_cases, G_N_ELEMENTS (openssl_cases));

  result = g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    g_clear_pointer (&peers[i]->running, msa_interop_server_stop);
  msa_test_pki_free (pki);

  return result;
}

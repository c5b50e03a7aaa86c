/* test-alpn.c: which protocols a transfer offers within TLS (RFC 7301)
 *
 * Those that its http-version allows. What is done with the peer's choice is in test-tls-filter.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define CA_FILE "/etc/ca.pem"

static MsaTestPki *pki;
static MsaTestCert *cert;

typedef struct
{
  const char *name;
  MsaHttpVersion version;
  const char *chosen; /* (nullable): by a server that knows all; NULL: nothing was offered */
  const char *line;
} OfferRow;

static const OfferRow offers[] = {
  { "auto", MSA_HTTP_VERSION_AUTO, "http/1.1", "GET / HTTP/1.1\r\n" },
  { "http-1-1", MSA_HTTP_VERSION_HTTP_1_1, "http/1.1", "GET / HTTP/1.1\r\n" },
  { "http-1-0", MSA_HTTP_VERSION_HTTP_1_0, NULL, "GET / HTTP/1.0\r\n" },
};

static void
respond_cb (MsaTestHttpsLink *link,
            gpointer data)
{
  msa_test_https_send (link, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", -1);
}

static void
test_offer (MsaTestWorld *world)
{
  const OfferRow *row = world->row;
  static const char *const known[] = { "h2", "http/1.1", "http/0.9", "http/1.0", NULL };
  const MsaTestTlsOptions options = { .cert = cert, .alpn = known };
  MsaTestHttps *server = msa_test_https_new (world->sim, "10.0.0.1", &options, respond_cb, NULL);
  MsaEasy *easy = msa_test_world_make (world, "https://example.org/");
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (CA_FILE);
  g_autofree char *chosen = NULL;
  gnutls_datum_t protocol;
  MsaTestHttpsLink *link;

  msa_sim_set_file (world->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
  msa_easy_set_tls_config (easy, config);
  msa_easy_set_http_version (easy, row->version);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));

  link = msa_test_https_get (server, 0);
  if (gnutls_alpn_get_selected_protocol (link->tls->session, &protocol) == 0)
    chosen = g_strndup ((const char *) protocol.data, protocol.size);
  g_assert_cmpstr (chosen, ==, row->chosen);
  g_assert_true (g_str_has_prefix (link->received->str, row->line));
  msa_test_world_end_multi (world);
  msa_test_https_free (server);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .common_name = "example.org", .dns = { "example.org" } };
  int status;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/alpn/offers", offers, test_offer);
  status = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);

  return status;
}

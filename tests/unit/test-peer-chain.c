/* test-peer-chain.c: certificates at the border to GIO, with a TLS backend and without
 *
 * Run twice: with GIO's own backend, and with GIO_USE_TLS=dummy, which stands for none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-peer-chain-private.h"
#include "msa-test-tls-peer.h"

static MsaTestPki *root;
static MsaTestPki *sub;
static MsaTestCert *cert; /* below the intermediate */

static gboolean
has_backend (void)
{
  return g_tls_backend_supports_tls (g_tls_backend_get_default ());
}

static GBytes *
decode (const char *pem)
{
  gnutls_datum_t datum = { (unsigned char *) pem, (unsigned int) strlen (pem) };
  gnutls_datum_t der = { NULL, 0 };
  GBytes *bytes;

  g_assert_cmpint (gnutls_pem_base64_decode2 ("CERTIFICATE", &datum, &der), ==, 0);
  bytes = g_bytes_new (der.data, der.size);
  gnutls_free (der.data);
  return bytes;
}

/* The certificate, then the intermediate. */
static GPtrArray *
make_chain (void)
{
  GPtrArray *chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (chain, decode (cert->cert_pem));
  g_ptr_array_add (chain, decode (strstr (cert->cert_pem + 1, "-----BEGIN")));
  return chain;
}

static void
assert_der (GTlsCertificate *certificate,
            GBytes *expected)
{
  g_autoptr (GByteArray) der = NULL;

  g_object_get (certificate, "certificate", &der, NULL);
  g_assert_cmpmem (der->data, der->len, g_bytes_get_data (expected, NULL),
                   g_bytes_get_size (expected));
}

static void
test_certificate (void)
{
  g_autoptr (GPtrArray) chain = make_chain ();
  g_autoptr (GTlsCertificate) certificate = msa_peer_chain_to_certificate (chain);
  GTlsCertificate *issuer;

  if (!has_backend ())
    {
      g_assert_null (certificate);
      return;
    }

  g_assert_true (G_IS_TLS_CERTIFICATE (certificate));
  assert_der (certificate, chain->pdata[0]);
  issuer = g_tls_certificate_get_issuer (certificate);
  g_assert_nonnull (issuer);
  assert_der (issuer, chain->pdata[1]);
  g_assert_null (g_tls_certificate_get_issuer (issuer));
}

/* What GIO cannot read is no certificate; behind one it ends the chain. */
static void
test_junk (void)
{
  g_autoptr (GPtrArray) chain = make_chain ();
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GTlsCertificate) none = NULL;

  g_bytes_unref (chain->pdata[1]);
  chain->pdata[1] = g_bytes_new_static ("junk", 4);
  certificate = msa_peer_chain_to_certificate (chain);
  g_assert_true ((certificate != NULL) == has_backend ());
  if (certificate != NULL)
    g_assert_null (g_tls_certificate_get_issuer (certificate));

  g_bytes_unref (chain->pdata[0]);
  chain->pdata[0] = g_bytes_new_static ("", 0);
  none = msa_peer_chain_to_certificate (chain);
  g_assert_null (none);
  g_assert_null (msa_peer_chain_to_certificate (NULL));
}

static void
test_copy (void)
{
  g_autoptr (GPtrArray) chain = make_chain ();
  g_autoptr (GPtrArray) copy = msa_peer_chain_copy (chain);

  g_assert_true (copy != chain);
  g_assert_cmpuint (copy->len, ==, 2);
  g_assert_true (copy->pdata[0] == chain->pdata[0]);
  g_assert_null (msa_peer_chain_copy (NULL));
}

/* The other way: what GIO has loaded serves as the client's certificate. */
static void
test_client (void)
{
  g_autofree char *pem = g_strconcat (cert->cert_pem, cert->key_pem, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (MsaTestTlsPeer) peer = NULL;
  g_autoptr (MsaTrust) trust = NULL;
  g_autoptr (MsaHost) host = NULL;
  g_autoptr (MsaFilter) client = NULL;
  MsaTestCertSpec server_spec = { .dns = { "www.test" } };
  g_autoptr (MsaTestCert) server = msa_test_pki_issue (root, &server_spec);
  MsaTestTlsOptions options = { .cert = server, .client_ca = msa_test_pki_ca_pem (root) };
  guint n_shown = 0;

  if (!has_backend ())
    {
      g_assert_null (certificate);
      return;
    }

  g_assert_no_error (error);
  config = g_object_new (MSA_TYPE_TLS_CONFIG, "certificate", certificate, NULL);
  trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (root), config);
  host = msa_host_new (MSA_SLICE ("www.test"), &error);
  g_assert_no_error (error);
  peer = msa_test_tls_peer_new_full (&options);
  client = msa_tls_filter_new (msa_test_tls_get_sys (), msa_test_tls_peer_new_bottom (peer), trust,
                               config, host, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (msa_test_tls_peer_connect (peer, client, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  msa_test_tls_peer_run (peer);
  g_assert_nonnull (gnutls_certificate_get_peers (peer->session, &n_shown));
  g_assert_cmpuint (n_shown, ==, 2);
}

int
main (int argc,
      char **argv)
{
  MsaTestCertSpec spec = { .common_name = "me", .purpose = "1.3.6.1.5.5.7.3.2" };
  const char *word;
  int result;

  g_test_init (&argc, &argv, NULL);
  root = msa_test_pki_new ();
  sub = msa_test_pki_new_sub (root, TRUE);
  cert = msa_test_pki_issue (sub, &spec);
  word = has_backend () ? "backend" : "no-backend";

  {
    g_autofree char *base = g_strconcat ("/msa/peer-chain/", word, NULL);
    g_autofree char *certificate = g_strconcat (base, "/certificate", NULL);
    g_autofree char *junk = g_strconcat (base, "/junk", NULL);
    g_autofree char *copy = g_strconcat (base, "/copy", NULL);
    g_autofree char *own = g_strconcat (base, "/client", NULL);

    g_test_add_func (certificate, test_certificate);
    g_test_add_func (junk, test_junk);
    g_test_add_func (copy, test_copy);
    g_test_add_func (own, test_client);
    result = g_test_run ();
  }

  msa_test_cert_free (cert);
  msa_test_pki_free (sub);
  msa_test_pki_free (root);
  return result;
}

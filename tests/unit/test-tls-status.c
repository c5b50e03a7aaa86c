/* test-tls-status.c: what the verify function makes of what GnuTLS says of a chain
 *
 * GnuTLS' own function is replaced in this program by one that says what a test wants: also what
 * no GnuTLS says yet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-test-tls-peer.h"

#define HOST "www.example.org"

static MsaTestPki *root;
static MsaTestCert *cert;
static guint status_to_give;
static int result_to_give;
static guint n_calls;

int
gnutls_certificate_verify_peers (gnutls_session_t session,
                                 gnutls_typed_vdata_st *data,
                                 unsigned int n,
                                 unsigned int *status)
{
  n_calls++;
  *status = status_to_give;
  return result_to_give;
}

static MsaIo
meet (MsaTlsConfig *config,
      GError **error)
{
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (root), config);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, NULL, NULL);
  g_autoptr (MsaHost) host = msa_host_new (msa_slice_from_string (HOST), NULL);
  g_autoptr (MsaFilter) client =
      msa_tls_filter_new (msa_test_tls_get_sys (),
                          msa_test_tls_peer_new_bottom (peer),
                          trust, config, host, NULL, NULL);

  n_calls = 0;
  return msa_test_tls_peer_connect (peer, client, error);
}

static void
assert_refused (const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (meet (NULL, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_cmpuint (n_calls, >, 0);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;

  status_to_give = 0;
  result_to_give = 0;
  g_assert_cmpint (meet (NULL, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  g_assert_cmpuint (n_calls, >, 0);
}

/* With and without the bit that stands beside all others. */
static void
test_bit (gconstpointer data)
{
  guint bit = 1u << GPOINTER_TO_UINT (data);

  result_to_give = 0;
  status_to_give = bit;
  assert_refused (HOST);
  status_to_give = bit | GNUTLS_CERT_INVALID;
  assert_refused (HOST);
}

/* Each bit that means something has its words; the rest is named by number. */
static void
test_unknown_bits (void)
{
  result_to_give = 0;
  status_to_give = 1u << 30 | 1u << 3;
  assert_refused ("status 0x40000008, which is not known");
  status_to_give = GNUTLS_CERT_EXPIRED | 1u << 30;
  assert_refused ("expired, status 0x40000000, which is not known");
}

static void
test_only_invalid (void)
{
  result_to_give = 0;
  status_to_give = GNUTLS_CERT_INVALID;
  assert_refused ("not trusted: invalid");
}

/* Whatever else it may have said. */
static void
test_failure (void)
{
  status_to_give = 0;
  result_to_give = GNUTLS_E_MEMORY_ERROR;
  assert_refused ("not trusted: ");
  result_to_give = GNUTLS_E_NO_CERTIFICATE_FOUND;
  assert_refused ("not trusted: ");
}

static void
test_not_asked (void)
{
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "verify-chain", FALSE, NULL);
  g_autoptr (GError) error = NULL;

  status_to_give = GNUTLS_CERT_INVALID;
  result_to_give = 0;
  g_assert_cmpint (meet (config, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  g_assert_cmpuint (n_calls, ==, 0);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .dns = { HOST } };
  int status;
  guint i;

  g_test_init (&argc, &argv, NULL);
  root = msa_test_pki_new ();
  cert = msa_test_pki_issue (root, &spec);

  g_test_add_func ("/msa/tls-status/good", test_good);
  for (i = 0; i < 32; i++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/tls-status/bit/%u", i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_bit);
    }
  g_test_add_func ("/msa/tls-status/unknown-bits", test_unknown_bits);
  g_test_add_func ("/msa/tls-status/only-invalid", test_only_invalid);
  g_test_add_func ("/msa/tls-status/failure", test_failure);
  g_test_add_func ("/msa/tls-status/not-asked", test_not_asked);

  status = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (root);
  return status;
}

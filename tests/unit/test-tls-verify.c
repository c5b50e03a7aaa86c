/* test-tls-verify.c: whom the verify function lets pass
 *
 * A table of verdicts: each row is a certificate, the host it is met under and what has to be
 * said of it, in a real handshake.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "tls/msa-tls-trust-private.h"
#include "tls/msa-tls-verify-private.h"

#include <errno.h>

/* How the chain differs from a leaf signed by the trusted root. */
typedef enum
{
  CHAIN_PLAIN,
  CHAIN_INTERMEDIATE,
  CHAIN_NO_AUTHORITY, /* signed by a certificate that may not sign */
  CHAIN_INCOMPLETE, /* the intermediate is not sent */
  CHAIN_TOO_LONG,
  CHAIN_LONGEST,
  CHAIN_OTHER_ROOT, /* the trust knows another root only */
  CHAIN_LEAF_TRUSTED, /* the trust is the leaf itself */
} Chain;

typedef enum
{
  CHECK_ALL,
  CHECK_CHAIN,
  CHECK_NAME,
  CHECK_NOTHING,
} Checks;

typedef struct
{
  const char     *name;
  const char     *host;
  const char     *refusal;        /* in the message; NULL: to be accepted */
  const char     *second_refusal; /* the same, (nullable) */
  MsaTestCertSpec spec;
  Chain           chain;
  Checks          checks;
} Verdict;

#define HOST "www.example.org"

static const Verdict verdicts[] = {
  { "san-only", HOST, .spec = { .dns = { HOST } } },
  { "san-first", HOST, .spec = { .dns = { HOST, "b.example", "c.example" } } },
  { "san-last", HOST, .spec = { .dns = { "a.example", "b.example", HOST } } },
  { "san-other", HOST, "it is for DNS:a.example, DNS:b.example",
    .spec = { .dns = { "a.example", "b.example" } } },
  { "san-many-others", HOST, "it is for DNS:a.example, DNS:b.example, DNS:c.example and 2 more",
    .spec = { .dns = { "a.example", "b.example", "c.example", "d.example", "e.example" } } },
  { "san-upper-case", HOST, .spec = { .dns = { "WWW.Example.ORG" } } },
  { "san-parent", HOST, "it is for DNS:example.org", .spec = { .dns = { "example.org" } } },
  { "san-child", "example.org", "it is for DNS:" HOST, .spec = { .dns = { HOST } } },
  { "san-same-end", HOST, "it is for DNS:ample.org", .spec = { .dns = { "ample.org" } } },
  { "san-trailing-dot", HOST, "it is for DNS:" HOST ".", .spec = { .dns = { HOST "." } } },
  { "san-with-nul", HOST, "it is for DNS:" HOST "?.evil.example",
    .spec = { .dns_with_nul = HOST "|.evil.example" } },
  { "san-of-another-kind", HOST, "it is for", .spec = { .email = "webmaster@" HOST } },
  { "host-upper-case", "WWW.EXAMPLE.ORG", .spec = { .dns = { HOST } } },
  { "host-trailing-dot", HOST ".", .spec = { .dns = { HOST } } },
  { "host-single-label", "localhost", .spec = { .dns = { "localhost" } } },
  { "host-idn", "b\303\274cher.example", .spec = { .dns = { "xn--bcher-kva.example" } } },

  { "cn-without-san", HOST, .spec = { .common_name = HOST } },
  { "cn-other", HOST, "it is for CN:a.example", .spec = { .common_name = "a.example" } },
  { "cn-beside-dns-san", HOST, "it is for DNS:a.example",
    .spec = { .common_name = HOST, .dns = { "a.example" } } },
  { "cn-beside-ip-san", HOST, "it is for IP:127.0.0.1",
    .spec = { .common_name = HOST, .ip = { "127.0.0.1" } } },
  { "cn-beside-email-san", HOST, "it is for",
    .spec = { .common_name = HOST, .email = "a@a.example" } },
  { "cn-one-of-two", HOST, "it is for CN:" HOST ", a second CN",
    .spec = { .common_name = HOST, .second_common_name = "a.example" } },
  { "no-name", HOST, "it names nobody", .spec = { .common_name = NULL } },

  { "wildcard", HOST, .spec = { .dns = { "*.example.org" } } },
  { "wildcard-upper-case", HOST, .spec = { .dns = { "*.EXAMPLE.org" } } },
  { "wildcard-in-cn", HOST, .spec = { .common_name = "*.example.org" } },
  { "wildcard-for-idn", "b\303\274cher.example.org", .spec = { .dns = { "*.example.org" } } },
  { "wildcard-for-parent", "example.org", "it is for DNS:*.example.org",
    .spec = { .dns = { "*.example.org" } } },
  { "wildcard-for-two-labels", "a.b.example.org", "it is for",
    .spec = { .dns = { "*.example.org" } } },
  { "wildcard-for-same-end", "wwwexample.org", "it is for",
    .spec = { .dns = { "*.example.org" } } },
  { "wildcard-label-start", HOST, "it is for DNS:*w.example.org",
    .spec = { .dns = { "*w.example.org" } } },
  { "wildcard-label-end", HOST, "it is for DNS:w*.example.org",
    .spec = { .dns = { "w*.example.org" } } },
  { "wildcard-whole-label-and-more", HOST, "it is for", .spec = { .dns = { "*www.example.org" } } },
  { "wildcard-inside", HOST, "it is for", .spec = { .dns = { "w*w.example.org" } } },
  { "wildcard-second-label", HOST, "it is for", .spec = { .dns = { "www.*.org" } } },
  { "wildcard-twice", HOST, "it is for", .spec = { .dns = { "*.*.org" } } },
  { "wildcard-top-level", "example.org", "it is for DNS:*.org", .spec = { .dns = { "*.org" } } },
  { "wildcard-alone", HOST, "it is for DNS:*", .spec = { .dns = { "*" } } },
  { "wildcard-single-label", "localhost", "it is for", .spec = { .dns = { "*" } } },

  { "ip4-san", "127.0.0.1", .spec = { .ip = { "192.0.2.1", "127.0.0.1" } } },
  { "ip4-other", "127.0.0.1", "it is for IP:127.0.0.2", .spec = { .ip = { "127.0.0.2" } } },
  { "ip4-in-dns-san", "127.0.0.1", "it is for DNS:127.0.0.1", .spec = { .dns = { "127.0.0.1" } } },
  { "ip4-in-cn", "127.0.0.1", "it is for CN:127.0.0.1", .spec = { .common_name = "127.0.0.1" } },
  { "ip4-wildcard", "127.0.0.1", "it is for DNS:*.0.0.1", .spec = { .dns = { "*.0.0.1" } } },
  { "ip4-as-ip6", "[::ffff:127.0.0.1]", "it is for IP:127.0.0.1",
    .spec = { .ip = { "127.0.0.1" } } },
  { "ip6-san", "[2001:db8::1]", .spec = { .ip = { "2001:db8:0::1" } } },
  { "ip6-other", "[2001:db8::1]", "it is for IP:2001:db8::2", .spec = { .ip = { "2001:db8::2" } } },
  { "ip6-in-dns-san", "[2001:db8::1]", "it is for", .spec = { .dns = { "2001:db8::1" } } },
  { "name-with-ip-san", HOST, "it is for IP:127.0.0.1", .spec = { .ip = { "127.0.0.1" } } },

  { "expired", HOST, "expired", .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED } },
  { "not-yet-valid", HOST, "not yet valid",
    .spec = { .dns = { HOST }, .validity = MSA_TEST_NOT_YET_VALID } },
  { "unknown-issuer", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_OTHER_ROOT },
  { "self-signed", HOST, "unknown issuer", .spec = { .dns = { HOST }, .self_signed = TRUE } },
  { "self-signed-and-trusted", HOST, .spec = { .dns = { HOST }, .self_signed = TRUE },
    .chain = CHAIN_LEAF_TRUSTED },
  { "self-signed-trusted-expired", HOST, "expired",
    .spec = { .dns = { HOST }, .self_signed = TRUE, .validity = MSA_TEST_EXPIRED },
    .chain = CHAIN_LEAF_TRUSTED },
  { "self-signed-trusted-other-name", HOST, "it is for DNS:a.example",
    .spec = { .dns = { "a.example" }, .self_signed = TRUE }, .chain = CHAIN_LEAF_TRUSTED },
  { "for-clients", HOST, "not meant for TLS servers",
    .spec = { .dns = { HOST }, .client_only = TRUE } },
  { "weak-key", HOST, "weak key or algorithm", .spec = { .dns = { HOST }, .weak_key = TRUE } },
  { "unknown-critical-extension", HOST, "unknown critical extension",
    .spec = { .dns = { HOST }, .unknown_critical = TRUE } },
  { "intermediate", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE },
  { "intermediate-missing", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_INCOMPLETE },
  { "issuer-no-authority", HOST, "issued by a certificate that is no authority",
    .spec = { .dns = { HOST } }, .chain = CHAIN_NO_AUTHORITY },
  { "chain-too-long", HOST, "a chain of 17 certificates, where at most 16 are taken",
    .spec = { .dns = { HOST } }, .chain = CHAIN_TOO_LONG },
  { "chain-too-long-unchecked", HOST, "a chain of 17 certificates", .spec = { .dns = { HOST } },
    .chain = CHAIN_TOO_LONG, .checks = CHECK_NOTHING },
  { "chain-longest-unchecked", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_LONGEST,
    .checks = CHECK_NAME },
  { "unknown-issuer-and-other-name", HOST, "unknown issuer", "it is for DNS:a.example",
    .spec = { .dns = { "a.example" } }, .chain = CHAIN_OTHER_ROOT },
  { "unknown-issuer-and-expired", HOST, "unknown issuer", "expired",
    .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED }, .chain = CHAIN_OTHER_ROOT },
  { "expired-and-other-name", HOST, "expired", "it is for DNS:a.example",
    .spec = { .dns = { "a.example" }, .validity = MSA_TEST_EXPIRED } },

  { "chain-off-unknown-issuer", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_OTHER_ROOT,
    .checks = CHECK_NAME },
  { "chain-off-expired", HOST, .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED },
    .checks = CHECK_NAME },
  { "chain-off-other-name", HOST, "it is for DNS:a.example",
    .spec = { .dns = { "a.example" }, .self_signed = TRUE }, .checks = CHECK_NAME },
  { "name-off-other-name", HOST, .spec = { .dns = { "a.example" } }, .checks = CHECK_CHAIN },
  { "name-off-expired", HOST, "expired", .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED },
    .checks = CHECK_CHAIN },
  { "name-off-unknown-issuer", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_OTHER_ROOT, .checks = CHECK_CHAIN },
  { "both-off", HOST,
    .spec = { .dns = { "a.example" }, .self_signed = TRUE, .validity = MSA_TEST_EXPIRED },
    .checks = CHECK_NOTHING },
};

static MsaTestPki *root;
static MsaTestPki *other_root;

static MsaTrust *
make_trust (const char *pem)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (pem, strlen (pem));
  MsaTrustSource source = { .pem = bytes };
  g_autoptr (GError) error = NULL;
  MsaTrust *trust = msa_trust_load (NULL, &source, &error);

  g_assert_no_error (error);
  return trust;
}

/* A leaf below @n_subs intermediates. */
static MsaTestCert *
issue_below (guint n_subs,
             gboolean are_authorities,
             const MsaTestCertSpec *spec)
{
  g_autoptr (GPtrArray) subs = g_ptr_array_new_with_free_func ((GDestroyNotify) msa_test_pki_free);
  MsaTestPki *issuer = root;
  guint i;

  for (i = 0; i < n_subs; i++)
    {
      issuer = msa_test_pki_new_sub (issuer, are_authorities);
      g_ptr_array_add (subs, issuer);
    }
  return msa_test_pki_issue (issuer, spec);
}

static MsaTestCert *
issue (const Verdict *row)
{
  MsaTestCert *cert;
  char *second;

  switch (row->chain)
    {
    case CHAIN_INTERMEDIATE:
      return issue_below (1, TRUE, &row->spec);
    case CHAIN_NO_AUTHORITY:
      return issue_below (1, FALSE, &row->spec);
    case CHAIN_TOO_LONG:
      return issue_below (MSA_MAX_PEER_CHAIN, TRUE, &row->spec);
    case CHAIN_LONGEST:
      return issue_below (MSA_MAX_PEER_CHAIN - 1, TRUE, &row->spec);
    case CHAIN_INCOMPLETE:
      cert = issue_below (1, TRUE, &row->spec);
      second = strstr (cert->cert_pem + 1, "-----BEGIN");
      g_assert_nonnull (second);
      *second = '\0';
      return cert;
    case CHAIN_PLAIN:
    case CHAIN_OTHER_ROOT:
    case CHAIN_LEAF_TRUSTED:
    default:
      return msa_test_pki_issue (root, &row->spec);
    }
}

static MsaTlsConfig *
make_config (Checks checks)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "verify-chain",
                       checks == CHECK_ALL || checks == CHECK_CHAIN, "verify-name",
                       checks == CHECK_ALL || checks == CHECK_NAME, NULL);
}

static MsaHost *
make_host (const char *text)
{
  g_autoptr (GError) error = NULL;
  MsaHost *host = msa_host_new (msa_slice_from_string (text), &error);

  g_assert_no_error (error);
  return host;
}

/* The config that is NULL and the one of defaults have to say the same: @use_null asks for the
 * former. */
static void
meet (const Verdict *row,
      gboolean use_null)
{
  g_autoptr (MsaTestCert) cert = issue (row);
  g_autoptr (MsaTrust) trust =
      make_trust (row->chain == CHAIN_LEAF_TRUSTED ? cert->cert_pem
                  : row->chain == CHAIN_OTHER_ROOT ? msa_test_pki_ca_pem (other_root)
                                                   : msa_test_pki_ca_pem (root));
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, NULL, NULL);
  g_autoptr (MsaTlsConfig) config = use_null ? NULL : make_config (row->checks);
  g_autoptr (MsaHost) host = make_host (row->host);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaFilter) client =
      msa_tls_filter_new (msa_test_tls_peer_new_bottom (peer), trust, config, host, NULL, &error);
  MsaIo io;

  g_assert_no_error (error);
  io = msa_test_tls_peer_connect (peer, client, &error);
  if (row->refusal == NULL)
    {
      g_assert_no_error (error);
      g_assert_cmpint (io, ==, MSA_IO_DONE);
      return;
    }

  g_assert_cmpint (io, ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, row->refusal));
  g_assert_nonnull (strstr (error->message, host->name));
  if (row->second_refusal != NULL)
    g_assert_nonnull (strstr (error->message, row->second_refusal));
}

static void
test_verdict (gconstpointer data)
{
  const Verdict *row = data;

  meet (row, FALSE);
  if (row->checks == CHECK_ALL)
    meet (row, TRUE);
}

/* --- the token --- */

typedef struct
{
  MsaTestTlsPeer  *peer;
  MsaTrust        *trust;
  gnutls_session_t session;
} Plain;

static ssize_t
plain_push_cb (gnutls_transport_ptr_t user_data,
               const void *data,
               size_t len)
{
  Plain *plain = user_data;

  g_byte_array_append (plain->peer->to_server, data, (guint) len);
  return (ssize_t) len;
}

static ssize_t
plain_pull_cb (gnutls_transport_ptr_t user_data,
               void *buffer,
               size_t size)
{
  Plain *plain = user_data;
  GByteArray *from = plain->peer->to_client;
  gsize len = MIN (size, from->len);

  if (len == 0)
    {
      gnutls_transport_set_errno (plain->session, EAGAIN);
      return -1;
    }
  memcpy (buffer, from->data, len);
  g_byte_array_remove_range (from, 0, (guint) len);
  return (ssize_t) len;
}

/* A bare GnuTLS client: the verify function is asked without the filter. */
static void
plain_open (Plain *plain,
            const MsaTestCertSpec *spec,
            gboolean shake)
{
  g_autoptr (MsaTestCert) cert = msa_test_pki_issue (root, spec);
  int client = -1, server = -1;

  plain->peer = msa_test_tls_peer_new (cert, NULL, NULL);
  plain->trust = make_trust (msa_test_pki_ca_pem (root));
  gnutls_init (&plain->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
  gnutls_set_default_priority (plain->session);
  gnutls_credentials_set (plain->session, GNUTLS_CRD_CERTIFICATE,
                          msa_trust_get_credentials (plain->trust));
  gnutls_transport_set_ptr (plain->session, plain);
  gnutls_transport_set_push_function (plain->session, plain_push_cb);
  gnutls_transport_set_pull_function (plain->session, plain_pull_cb);

  while (shake && (client != 0 || server != 0))
    {
      if (client != 0)
        client = gnutls_handshake (plain->session);
      if (server != 0)
        server = gnutls_handshake (plain->peer->session);
      g_assert_true (client == 0 || client == GNUTLS_E_AGAIN);
      g_assert_true (server == 0 || server == GNUTLS_E_AGAIN);
    }
}

static void
plain_close (Plain *plain)
{
  gnutls_deinit (plain->session);
  msa_test_tls_peer_free (plain->peer);
  msa_trust_unref (plain->trust);
}

static void
test_token_names_host (void)
{
  MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (MsaTlsVerified) token = NULL;
  g_autoptr (GError) error = NULL;
  Plain plain;

  plain_open (&plain, &spec, TRUE);
  token = msa_tls_verify (plain.session, NULL, host, plain.trust, &error);
  g_assert_no_error (error);
  g_assert_nonnull (token);
  g_assert_true (msa_tls_verified_get_host (token) == host);
  plain_close (&plain);
}

/* Also with nothing to check: no handshake is no peer. */
static void
test_no_token_before_handshake (void)
{
  MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaTlsConfig) config = make_config (CHECK_NOTHING);
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (GError) error = NULL;
  Plain plain;

  plain_open (&plain, &spec, FALSE);
  g_assert_null (msa_tls_verify (plain.session, config, host, plain.trust, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  plain_close (&plain);
}

static void
test_no_token_for_other_trust (void)
{
  MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaTrust) trust = make_trust (msa_test_pki_ca_pem (root));
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (GError) error = NULL;
  Plain plain;

  plain_open (&plain, &spec, TRUE);
  g_assert_null (msa_tls_verify (plain.session, NULL, host, trust, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_nonnull (strstr (error->message, "another trust store"));
  plain_close (&plain);
}

int
main (int argc,
      char **argv)
{
  int status;
  gsize i;

  g_test_init (&argc, &argv, NULL);
  root = msa_test_pki_new ();
  other_root = msa_test_pki_new ();

  for (i = 0; i < G_N_ELEMENTS (verdicts); i++)
    {
      g_autofree char *path = g_strconcat ("/msa/tls-verify/verdict/", verdicts[i].name, NULL);

      g_test_add_data_func (path, &verdicts[i], test_verdict);
    }
  g_test_add_func ("/msa/tls-verify/token/names-host", test_token_names_host);
  g_test_add_func ("/msa/tls-verify/token/none-before-handshake", test_no_token_before_handshake);
  g_test_add_func ("/msa/tls-verify/token/none-for-other-trust", test_no_token_for_other_trust);

  status = g_test_run ();
  msa_test_pki_free (root);
  msa_test_pki_free (other_root);
  return status;
}

/* test-conn-key.c: which transfers may share a connection
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-conn-key-private.h"
#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "sim/msa-test-rows.h"

static MsaConnKey *
make_key (const char *uri,
          MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse (uri, MSA_URL_DEFAULT, &error);

  g_assert_no_error (error);

  return msa_conn_key_new (url, msa_easy_peek_settings (easy));
}

typedef struct
{
  const char *name;
  const char *one;
  const char *other;
  gboolean    equal;
} Row;

static const Row rows[] = {
  { "same", "http://example.org/", "http://example.org/", TRUE },
  { "path", "http://example.org/a", "http://example.org/b?c#d", TRUE },
  { "user", "http://a:b@example.org/", "http://c:d@example.org/", TRUE },
  { "case", "HTTP://EXAMPLE.org/", "http://example.ORG/", TRUE },
  { "default-port", "http://example.org:80/", "http://example.org/", TRUE },
  { "default-port-tls", "https://example.org:443/", "https://example.org/", TRUE },
  { "idn-spelling", "http://b\303\274cher.example/", "http://xn--bcher-kva.example/", TRUE },
  { "ipv4-spelling", "http://127.1/", "http://0x7f000001/", TRUE },
  { "ipv6-spelling", "http://[::1]/", "http://[0:0::0:1]/", TRUE },
  { "other-host", "http://example.org/", "http://example.com/", FALSE },
  { "sub-domain", "http://example.org/", "http://www.example.org/", FALSE },
  { "prefix", "http://example.org/", "http://example.orga/", FALSE },
  { "other-port", "http://example.org/", "http://example.org:8080/", FALSE },
  { "other-scheme", "http://example.org/", "https://example.org/", FALSE },
  { "other-scheme-same-port", "http://example.org:443/", "https://example.org/", FALSE },
  { "zone", "http://[fe80::1%25a]/", "http://[fe80::1%25b]/", FALSE },
  { "no-zone", "http://[fe80::1%25a]/", "http://[fe80::1]/", FALSE },
  { "final-dot", "http://intranet./", "http://intranet/", FALSE },
  { "digits-of-port", "http://example.org:81/", "http://example.org:8/", FALSE },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaConnKey) one = make_key (row->one, easy);
  g_autoptr (MsaConnKey) other = make_key (row->other, easy);

  g_assert_cmpint (msa_conn_key_equal (one, other), ==, row->equal);
  g_assert_cmpint (msa_conn_key_equal (other, one), ==, row->equal);
  g_assert_cmpint (msa_conn_key_origin_equal (one, other), ==, row->equal);
  if (row->equal)
    {
      g_assert_cmpuint (msa_conn_key_hash (one), ==, msa_conn_key_hash (other));
      g_assert_cmpuint (msa_conn_key_origin_hash (one), ==, msa_conn_key_origin_hash (other));
    }
}

static void
test_origin (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaConnKey) key = make_key ("HTTPS://Example.org/a", easy);
  MsaSlice origin = msa_conn_key_get_origin (key);

  g_assert_cmpmem (origin.data, origin.len, "https://example.org:443", 23);
}

/* Two keys are not the same because their hashes are. */
static void
test_collision (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaConnKey) one = make_key ("http://example.org/", easy);
  g_autoptr (MsaConnKey) other = make_key ("http://example.com/", easy);

  other->hash = one->hash;
  other->origin_hash = one->origin_hash;
  g_assert_false (msa_conn_key_equal (one, other));
  g_assert_false (msa_conn_key_origin_equal (one, other));
}

static void
assert_shares (MsaEasy *easy,
               gboolean shares)
{
  g_autoptr (MsaEasy) plain = msa_easy_new (NULL);
  g_autoptr (MsaConnKey) one = make_key ("https://example.org/", plain);
  g_autoptr (MsaConnKey) other = make_key ("https://example.org/", easy);

  g_assert_cmpint (msa_conn_key_equal (one, other), ==, shares);
  /* Limits go by the host alone. */
  g_assert_true (msa_conn_key_origin_equal (one, other));
  g_assert_cmpuint (msa_conn_key_origin_hash (one), ==, msa_conn_key_origin_hash (other));
}

/* What shapes a request, or is the transfer's own affair */
static void
test_neutral (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://elsewhere.org/");
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);

  msa_easy_set_method (easy, "POST");
  msa_easy_set_user_agent (easy, "a");
  msa_easy_set_referer (easy, "b");
  msa_easy_set_request_target (easy, "*");
  msa_easy_set_path_as_is (easy, TRUE);
  msa_easy_set_timeout_ms (easy, 1);
  msa_easy_set_connect_timeout_ms (easy, 1);
  msa_easy_set_max_body_bytes (easy, 1);
  msa_easy_set_priority (easy, 1);
  msa_easy_set_body (easy, "c", body);
  msa_headers_append (msa_easy_get_request_headers (easy), "d", "e", NULL);
  assert_shares (easy, TRUE);
}

static void
test_http_version (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);

  msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_1);
  assert_shares (easy, FALSE);
  msa_easy_set_http_version (easy, MSA_HTTP_VERSION_AUTO);
  assert_shares (easy, TRUE);
}

static MsaConnKey *
make_tls_key (const char *property,
              gboolean value)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, property, value, NULL);

  msa_easy_set_tls_config (easy, config);

  return make_key ("https://example.org/", easy);
}

/* By what it says, not by which object it is. */
static void
test_tls_config (void)
{
  g_autoptr (MsaConnKey) strict = make_tls_key ("verify-name", TRUE);
  g_autoptr (MsaConnKey) same = make_tls_key ("verify-chain", TRUE);
  g_autoptr (MsaConnKey) lax = make_tls_key ("verify-name", FALSE);
  g_autoptr (MsaConnKey) other = make_tls_key ("verify-chain", FALSE);

  g_assert_true (msa_conn_key_equal (strict, same));
  g_assert_false (msa_conn_key_equal (strict, lax));
  g_assert_false (msa_conn_key_equal (strict, other));
  g_assert_false (msa_conn_key_equal (lax, other));
}

static MsaConnKey *
make_client_key (const char *certificate,
                 const char *key,
                 const char *password)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "certificate-file", certificate, "key-file", key,
                    "key-password", password, NULL);

  msa_easy_set_tls_config (easy, config);

  return make_key ("https://example.org/", easy);
}

/* Each client for itself, and none, too. */
static void
test_clients (void)
{
  MsaConnKey *keys[] = {
    make_client_key (NULL, NULL, NULL),
    make_client_key ("/a.pem", "/a.key", NULL),
    make_client_key ("/b.pem", "/b.key", NULL),
    make_client_key ("/a.pem", "/b.key", NULL),
    make_client_key ("/a.pem", "/a.key", "secret"),
    make_client_key ("pkcs11:object=a", "pkcs11:object=a;type=private", NULL),
  };
  g_autoptr (MsaConnKey) same = make_client_key ("/a.pem", "/a.key", NULL);

  g_assert_true (msa_conn_key_equal (keys[1], same));
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    for (gsize j = 0; j < i; j++)
      g_assert_false (msa_conn_key_equal (keys[i], keys[j]));
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    msa_conn_key_unref (keys[i]);
}

static void
test_references (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  MsaConnKey *key = make_key ("http://example.org/", easy);

  g_assert_true (msa_conn_key_ref (key) == key);
  msa_conn_key_unref (key);
  g_assert_true (msa_conn_key_equal (key, key));
  msa_conn_key_unref (key);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/conn-key/url", rows, test_row);
  g_test_add_func ("/msa/conn-key/origin", test_origin);
  g_test_add_func ("/msa/conn-key/collision", test_collision);
  g_test_add_func ("/msa/conn-key/neutral", test_neutral);
  g_test_add_func ("/msa/conn-key/http-version", test_http_version);
  g_test_add_func ("/msa/conn-key/tls-config", test_tls_config);
  g_test_add_func ("/msa/conn-key/clients", test_clients);
  g_test_add_func ("/msa/conn-key/references", test_references);

  return g_test_run ();
}

/* test-httpd.c: HTTP with Apache httpd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"
#include "interop/msa-interop-httpd.h"

#include <string.h>

#define N_PARALLEL 1000
#define N_KEPT_ALIVE 10000
#define N_KEPT_CONNECTIONS 100
#define N_WAITS 10
#define N_AT_A_TIME 3
#define BIG_BODY_BYTES (8 * 1024 * 1024)

static MsaTestPki *pki;
static MsaInteropServer *httpd;

static char *
make_uri_at (guint port_index,
             const char *path)
{
  const char *start =
      port_index == MSA_INTEROP_WEB_TLS ? "https://localhost" : "http://127.0.0.1";

  if (httpd == NULL)
    httpd = msa_interop_httpd_start (pki);

  return msa_interop_server_make_uri (httpd, start, port_index, path);
}

static char *
make_uri (const char *path)
{
  return make_uri_at (MSA_INTEROP_WEB_PLAIN, path);
}

/* Many at once */

static void
get_many (MsaTestDriverKind kind,
          guint port_index,
          guint max_connections_per_host,
          guint n_connections)
{
  g_autofree char *start = make_uri_at (port_index, "/files/");
  g_autofree char *ca_path = msa_interop_server_get_path (httpd, "ca.pem");
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (ca_path);
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  MsaMulti *multi = msa_interop_batch_get_multi (batch);

  msa_multi_set_tls_config (multi, config);
  msa_multi_set_max_connections_per_host (multi, max_connections_per_host);
  msa_interop_batch_get_files (batch, start, N_PARALLEL, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, n_connections);
}

static void
test_limited (MsaTestDriverKind kind,
              gconstpointer data)
{
  get_many (kind, MSA_INTEROP_WEB_PLAIN, 6, 6);
}

static void
test_unlimited (MsaTestDriverKind kind,
                gconstpointer data)
{
  if (!msa_interop_allow_descriptors (N_PARALLEL + 100))
    {
      g_test_skip ("too few descriptors are allowed");
      return;
    }

  get_many (kind, MSA_INTEROP_WEB_PLAIN, 0, N_PARALLEL);
}

static void
test_tls (MsaTestDriverKind kind,
          gconstpointer data)
{
  get_many (kind, MSA_INTEROP_WEB_TLS, 6, 6);
}

static void
test_ten_thousand (MsaTestDriverKind kind,
                   gconstpointer data)
{
  g_autofree char *uri = make_uri ("/files/10");
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), N_KEPT_CONNECTIONS);
  for (guint i = 0; i < N_KEPT_ALIVE; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < N_KEPT_ALIVE; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, N_KEPT_CONNECTIONS);
}

/* Connections kept, and closed */

static void
test_keepalive_requests (MsaTestDriverKind kind,
                         gconstpointer data)
{
  g_autofree char *uri = make_uri_at (MSA_INTEROP_HTTPD_TEN, "/files/10");
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < N_PARALLEL; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < N_PARALLEL; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  /* The first one is not counted. */
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), >=, N_PARALLEL / 11);
}

static void
test_keepalive_timeout (MsaTestDriverKind kind,
                        gconstpointer data)
{
  g_autofree char *uri = make_uri_at (MSA_INTEROP_HTTPD_BRIEF, "/files/10");
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  guint n_connections;

  /* More waits than connections at a time. */
  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), N_AT_A_TIME);
  for (guint i = 0; i < N_WAITS; i++)
    {
      for (guint j = 0; j < N_AT_A_TIME; j++)
        msa_interop_batch_get (batch, uri);
      msa_interop_batch_wait (batch);
      msa_interop_batch_wait_for_close (batch);
    }
  for (guint i = 0; i < msa_interop_batch_get_length (batch); i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  /* None lives through a wait; a port may come again. */
  n_connections = msa_interop_batch_count_connections (batch);
  g_assert_cmpuint (n_connections, >=, N_WAITS / 2);
  g_assert_cmpuint (n_connections, <=, msa_interop_batch_get_length (batch));
}

/* Requests */

static MsaEasy *
request (MsaInteropBatch *batch,
         const char *method,
         const char *path,
         GBytes *body)
{
  g_autofree char *uri = make_uri (path);

  return msa_interop_batch_request (batch, method, uri, body);
}

static void
test_put (MsaTestDriverKind kind,
          gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autoptr (GBytes) body = msa_interop_make_body (GPOINTER_TO_SIZE (data));
  MsaEasy *easy = request (batch, "PUT", "/dav/file", body);

  msa_interop_check_status (easy, 201);
  easy = request (batch, "GET", "/dav/file", NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  easy = request (batch, "DELETE", "/dav/file", NULL);
  msa_interop_check_status (easy, 204);
  easy = request (batch, "GET", "/dav/file", NULL);
  msa_interop_check_status (easy, 404);
}

/* The reply comes while the body is on its way: who does not read meanwhile waits for ever. */
static void
test_echo (MsaTestDriverKind kind,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autoptr (GBytes) body = msa_interop_make_body (GPOINTER_TO_SIZE (data));
  MsaEasy *easy = request (batch, "POST", "/echo", body);

  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, g_bytes_get_size (body));
}

static void
test_methods (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  MsaEasy *easy;

  easy = request (batch, "HEAD", "/files/99", NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, NULL, 0);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "content-length"), ==,
                   "204800");
  easy = request (batch, "GET", "/files/absent", NULL);
  msa_interop_check_status (easy, 404);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), >, 0);
  easy = request (batch, "OPTIONS", "/files/10", NULL);
  msa_interop_check_status (easy, 200);
  easy = request (batch, "GET", "/files/10", NULL);
  msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Bodies */

/* Some of the files, the first and the longest among them: each costs the server two processes. */
#define FILE_STEP 11

static void
test_chunked (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < MSA_INTEROP_N_FILES; i += FILE_STEP)
    {
      g_autofree char *path = g_strdup_printf ("/chunked/%u", i);
      g_autofree char *uri = make_uri (path);

      msa_interop_batch_get (batch, uri);
    }
  msa_interop_batch_wait (batch);

  for (guint i = 0; i < msa_interop_batch_get_length (batch); i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);
      MsaHeaders *headers = msa_easy_get_response_headers (easy);

      msa_interop_check_file (easy, i * FILE_STEP);
      if (i * FILE_STEP == MSA_INTEROP_LONG_FILE)
        g_assert_cmpstr (msa_headers_get (headers, "transfer-encoding"), ==, "chunked");
    }
}

/* A page that the server makes while it sends. */
static void
test_listing (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  MsaEasy *easy = request (batch, "GET", "/files/", NULL);
  g_autofree char *page = NULL;

  msa_interop_check_status (easy, 200);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "transfer-encoding"),
                   ==, "chunked");
  page = g_strndup (g_bytes_get_data (msa_easy_get_body (easy), NULL),
                    g_bytes_get_size (msa_easy_get_body (easy)));
  for (guint i = 0; i < MSA_INTEROP_N_FILES; i++)
    {
      g_autofree char *link = g_strdup_printf ("<a href=\"%u\">", i);

      g_assert_nonnull (strstr (page, link));
    }
  g_assert_true (g_str_has_suffix (g_strchomp (page), "</html>"));
}

static void
test_slow (MsaTestDriverKind kind,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *uri = make_uri ("/slow/60");

  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), 0);
  for (guint i = 0; i < 20; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < 20; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_MIDDLE_FILE);
}

static void
test_large (MsaTestDriverKind kind,
            gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *uri = make_uri ("/files/large");

  msa_interop_batch_get_zeros (batch, uri, MSA_INTEROP_LARGE_BYTES);
}

static const MsaInteropCase cases[] = {
  { "parallel/limited", test_limited, NULL },
  { "parallel/unlimited", test_unlimited, NULL },
  { "parallel/tls", test_tls, NULL },
  { "keepalive-requests", test_keepalive_requests, NULL },
  { "keepalive-timeout", test_keepalive_timeout, NULL },
  { "put/small", test_put, GSIZE_TO_POINTER (100) },
  { "put/big", test_put, GSIZE_TO_POINTER (BIG_BODY_BYTES) },
  { "echo/empty", test_echo, GSIZE_TO_POINTER (0) },
  { "echo/small", test_echo, GSIZE_TO_POINTER (100) },
  { "echo/big", test_echo, GSIZE_TO_POINTER (BIG_BODY_BYTES) },
  { "methods", test_methods, NULL },
  { "chunked", test_chunked, NULL },
  { "listing", test_listing, NULL },
  { "slow", test_slow, NULL },
  { "large", test_large, NULL },
};

static const MsaInteropCase once_cases[] = {
  { "ten-thousand", test_ten_thousand, NULL },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  msa_interop_add_cases ("httpd", &msa_interop_httpd, cases, G_N_ELEMENTS (cases));
  msa_interop_add_cases_once ("httpd", &msa_interop_httpd, once_cases, G_N_ELEMENTS (once_cases));

  result = g_test_run ();
  g_clear_pointer (&httpd, msa_interop_server_stop);
  msa_test_pki_free (pki);

  return result;
}

/* test-nginx.c: HTTP with nginx
 *
 * TLS and what goes wrong have programs of their own: test-nginx-tls.c, test-nginx-faults.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"
#include "interop/msa-interop-nginx.h"

#define N_PARALLEL 1000
#define N_KEPT_ALIVE 10000
#define N_KEPT_CONNECTIONS 100
#define BIG_BODY_BYTES (8 * 1024 * 1024)

static MsaTestPki *pki;
static MsaInteropServer *nginx;

static char *
make_uri (const char *path)
{
  if (nginx == NULL)
    nginx = msa_interop_nginx_start (pki);

  return msa_interop_server_make_uri (nginx, "http://127.0.0.1", MSA_INTEROP_WEB_PLAIN, path);
}

static char *
make_file_uri (const char *folder,
               guint i)
{
  g_autofree char *path = g_strdup_printf ("/%s/%u", folder, i);

  return make_uri (path);
}

/* Many at once */

static void
test_parallel (MsaTestDriverKind kind,
               gconstpointer data)
{
  guint max_connections_per_host = GPOINTER_TO_UINT (data);
  g_autoptr (MsaInteropBatch) batch = NULL;
  g_autofree char *start = make_uri ("/files/");

  if (!msa_interop_allow_descriptors (N_PARALLEL + 100))
    {
      g_test_skip ("too few descriptors are allowed");
      return;
    }

  batch = msa_interop_batch_new (kind);
  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch),
                                          max_connections_per_host);
  msa_interop_batch_get_files (batch, start, N_PARALLEL, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==,
                    max_connections_per_host > 0 ? max_connections_per_host : N_PARALLEL);
}

/* Connections kept, and closed */

static void
get_small_files (MsaInteropBatch *batch,
                 const char *folder,
                 guint n)
{
  g_autofree char *uri = make_file_uri (folder, MSA_INTEROP_SMALL_FILE);

  for (guint i = 0; i < n; i++)
    msa_interop_batch_get (batch, uri);
}

static void
check_small_files (MsaInteropBatch *batch)
{
  for (guint i = 0; i < msa_interop_batch_get_length (batch); i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
}

static void
test_ten_thousand (MsaTestDriverKind kind,
                   gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), N_KEPT_CONNECTIONS);
  get_small_files (batch, "files", N_KEPT_ALIVE);
  msa_interop_batch_wait (batch);
  check_small_files (batch);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, N_KEPT_CONNECTIONS);
}

/* The server says that it closes after the tenth. */
static void
test_keepalive_requests (MsaTestDriverKind kind,
                         gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  get_small_files (batch, "ten", N_PARALLEL);
  msa_interop_batch_wait (batch);
  check_small_files (batch);
  /* Some are not used up when the last transfer ends. */
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), >=, N_PARALLEL / 10);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), <, N_PARALLEL / 10 + 6);
}

/* The server closes what idles without a word: the request is on its way, or about to be. */
static void
test_keepalive_timeout (MsaTestDriverKind kind,
                        gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < 20; i++)
    {
      get_small_files (batch, "brief", 6);
      msa_interop_batch_wait (batch);
      msa_interop_batch_wait_for_close (batch);
    }
  check_small_files (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 20 * 6);
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
put_and_get (MsaInteropBatch *batch,
             gsize len)
{
  g_autoptr (GBytes) body = msa_interop_make_body (len);
  MsaEasy *easy;

  easy = request (batch, "PUT", "/dav/file", body);
  msa_interop_check_status (easy, 201);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, len);
  easy = request (batch, "GET", "/dav/file", NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), len);
  easy = request (batch, "DELETE", "/dav/file", NULL);
  msa_interop_check_status (easy, 204);
  easy = request (batch, "GET", "/dav/file", NULL);
  msa_interop_check_status (easy, 404);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

static void
test_put (MsaTestDriverKind kind,
          gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  put_and_get (batch, GPOINTER_TO_SIZE (data));
}

/* The answer comes while the body still is on its way, and is not lost with the rest. */
static void
test_early_answer (MsaTestDriverKind kind,
                   gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autoptr (GBytes) body = msa_interop_make_body (BIG_BODY_BYTES);
  MsaEasy *easy = request (batch, "POST", "/refuse", body);

  msa_interop_check_status (easy, 403);
  easy = request (batch, "GET", "/files/10", NULL);
  msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
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
  easy = request (batch, "GET", "/empty", NULL);
  msa_interop_check_status (easy, 204);
  msa_interop_check_body (easy, NULL, 0);
  easy = request (batch, "GET", "/files/absent", NULL);
  msa_interop_check_status (easy, 404);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), >, 0);
  easy = request (batch, "POST", "/files/10", NULL);
  msa_interop_check_status (easy, 405);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Bodies */

static void
test_chunked (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *start = make_uri ("/chunked/");
  MsaEasy *easy;

  msa_interop_batch_get_files (batch, start, MSA_INTEROP_N_FILES, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  easy = msa_interop_batch_get_nth (batch, MSA_INTEROP_LONG_FILE);
  g_assert_cmpint (msa_easy_get_content_length (easy), ==, -1);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "transfer-encoding"),
                   ==, "chunked");
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 6);
}

/* To a client of HTTP/1.0 the end of the connection is that of the body. */
static void
test_until_close (MsaTestDriverKind kind,
                  gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < MSA_INTEROP_N_FILES; i++)
    {
      g_autofree char *uri = make_file_uri ("chunked", i);
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      g_object_set (easy, "http-version", MSA_HTTP_VERSION_HTTP_1_0, NULL);
      msa_interop_batch_add (batch, easy);
    }
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, MSA_INTEROP_N_FILES);
}

static void
test_slow (MsaTestDriverKind kind,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *uri = make_file_uri ("slow", 75);
  g_autofree char *long_uri = make_file_uri ("slow", MSA_INTEROP_LONG_FILE);
  g_autoptr (MsaEasy) hasty = msa_easy_new (long_uri);

  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), 0);
  for (guint i = 0; i < 20; i++)
    msa_interop_batch_get (batch, uri);
  g_object_set (hasty, "timeout-ms", 100, NULL);
  msa_interop_batch_add (batch, hasty);
  msa_interop_batch_wait (batch);

  for (guint i = 0; i < 20; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), 75);
  msa_interop_check_failure (hasty, MSA_ERROR_TIMED_OUT);
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
  { "parallel/limited", test_parallel, GUINT_TO_POINTER (6) },
  { "parallel/unlimited", test_parallel, GUINT_TO_POINTER (0) },
  { "ten-thousand", test_ten_thousand, NULL },
  { "keepalive-requests", test_keepalive_requests, NULL },
  { "keepalive-timeout", test_keepalive_timeout, NULL },
  { "put/empty", test_put, GSIZE_TO_POINTER (0) },
  { "put/small", test_put, GSIZE_TO_POINTER (100) },
  { "put/big", test_put, GSIZE_TO_POINTER (BIG_BODY_BYTES) },
  { "early-answer", test_early_answer, NULL },
  { "methods", test_methods, NULL },
  { "chunked", test_chunked, NULL },
  { "until-close", test_until_close, NULL },
  { "slow", test_slow, NULL },
  { "large", test_large, NULL },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  msa_interop_add_cases ("nginx", &msa_interop_nginx, cases, G_N_ELEMENTS (cases));

  result = g_test_run ();
  g_clear_pointer (&nginx, msa_interop_server_stop);
  msa_test_pki_free (pki);

  return result;
}

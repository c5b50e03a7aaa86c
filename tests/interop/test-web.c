/* test-web.c: requests and replies with nginx and httpd alike
 *
 * What is the same with both stands here; bodies and TLS in test-web-bodies.c and test-web-tls.c,
 * what only one of them does in its own programs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-web.h"

#include <string.h>

#define N_CONNECTIONS 6

static const char *
get_header (MsaEasy *easy,
            const char *name)
{
  return msa_headers_get (msa_easy_get_response_headers (easy), name);
}

/* Replies */

/* The length is that of the file; none of it comes, and the connection goes on. */
static void
test_head (MsaTestDriverKind kind,
           MsaInteropWeb *web,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy = msa_interop_web_request (web, batch, "HEAD", "/files/huge", NULL, NULL);

  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, NULL, 0);
  g_assert_cmpstr (get_header (easy, "content-length"), ==, "5368709120");

  easy = msa_interop_web_request (web, batch, "HEAD", "/chunked/99", NULL, NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, NULL, 0);

  easy = msa_interop_web_request (web, batch, "GET", "/files/10", NULL, NULL);
  msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

static void
test_not_modified (MsaTestDriverKind kind,
                   MsaInteropWeb *web,
                   gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy = msa_interop_web_request (web, batch, "GET", "/files/10", NULL, NULL);
  g_autofree char *etag = g_strdup (get_header (easy, "etag"));
  g_autofree char *modified = g_strdup (get_header (easy, "last-modified"));

  easy = msa_interop_web_request (web, batch, "GET", "/files/10", "If-None-Match", etag);
  msa_interop_check_status (easy, 304);
  msa_interop_check_body (easy, NULL, 0);
  easy = msa_interop_web_request (web, batch, "GET", "/files/10", "If-Modified-Since", modified);
  msa_interop_check_status (easy, 304);
  msa_interop_check_body (easy, NULL, 0);
  easy = msa_interop_web_request (web, batch, "GET", "/files/10", "If-None-Match", "\"other\"");
  msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

static void
test_ranges (MsaTestDriverKind kind,
             MsaInteropWeb *web,
             gconstpointer data)
{
  static const guint8 zeros[10];
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy = msa_interop_web_request (web, batch, "GET", "/files/99", "Range", "bytes=5-104");

  msa_interop_check_status (easy, 206);
  msa_interop_check_body (easy, msa_interop_get_bytes () + MSA_INTEROP_LONG_FILE + 5, 100);
  g_assert_cmpstr (get_header (easy, "content-range"), ==, "bytes 5-104/204800");

  /* Far beyond what 32 bits can count. */
  easy = msa_interop_web_request (web, batch, "GET", "/files/huge", "Range", "bytes=-10");
  msa_interop_check_status (easy, 206);
  msa_interop_check_body (easy, zeros, sizeof zeros);
  g_assert_cmpstr (get_header (easy, "content-range"), ==,
                   "bytes 5368709110-5368709119/5368709120");

  easy = msa_interop_web_request (web, batch, "GET", "/files/99", "Range", "bytes=204800-");
  msa_interop_check_status (easy, 416);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Connections */

static void
add_files (MsaInteropWeb *web,
           MsaInteropBatch *batch,
           MsaHttpVersion version,
           const char *connection)
{
  g_autofree char *start = msa_interop_web_make_uri (web, MSA_INTEROP_WEB_PLAIN, "/files/");

  for (guint i = 0; i < MSA_INTEROP_N_FILES; i++)
    {
      g_autofree char *uri = g_strdup_printf ("%s%u", start, i);
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      g_object_set (easy, "http-version", version, NULL);
      if (connection != NULL)
        msa_headers_append (msa_easy_get_request_headers (easy), "Connection", connection, NULL);
      msa_interop_batch_add (batch, easy);
    }
}

typedef struct
{
  MsaHttpVersion version;
  const char    *connection; /* (nullable): the request's header field */
  guint          n_connections;
} Lasting;

static const Lasting lasting = { MSA_HTTP_VERSION_AUTO, NULL, N_CONNECTIONS };
static const Lasting closing = { MSA_HTTP_VERSION_AUTO, "close", MSA_INTEROP_N_FILES };
static const Lasting old = { MSA_HTTP_VERSION_HTTP_1_0, NULL, MSA_INTEROP_N_FILES };
static const Lasting old_kept = { MSA_HTTP_VERSION_HTTP_1_0, "keep-alive", N_CONNECTIONS };

static void
test_lasting (MsaTestDriverKind kind,
              MsaInteropWeb *web,
              gconstpointer data)
{
  const Lasting *row = data;
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);

  add_files (web, batch, row->version, row->connection);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  msa_interop_web_check_connections (web, batch, row->n_connections);
}

static void
add_round (MsaInteropWeb *web,
           MsaInteropBatch *batch,
           guint port_index,
           const char *method,
           const char *path)
{
  g_autofree char *uri = msa_interop_web_make_uri (web, port_index, path);

  for (guint i = 0; i < N_CONNECTIONS; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      g_object_set (easy, "method", method, NULL);
      if (strcmp (method, "POST") == 0)
        {
          g_autoptr (GBytes) body = msa_interop_make_body (100);

          msa_easy_set_body (easy, "application/octet-stream", body);
        }
      msa_interop_batch_add (batch, easy);
    }
  msa_interop_batch_wait (batch);
}

/* All connections that idle have died of it, and the requests do not know: what may be repeated is
 * repeated, and what may not be finds out before it is sent. */
static void
test_restart (MsaTestDriverKind kind,
              MsaInteropWeb *web,
              gconstpointer data)
{
  guint port_index = GPOINTER_TO_UINT (data);
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  static const char *const methods[] = { "GET", "POST" };

  add_round (web, batch, port_index, "GET", "/files/10");
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_assert_cmpuint (msa_multi_get_n_connections (msa_interop_batch_get_multi (batch)), ==,
                        N_CONNECTIONS);
      msa_interop_server_kill (web->running);
      msa_interop_server_restart (web->running);
      msa_interop_batch_wait_for_close (batch);
      add_round (web, batch, port_index, methods[i], "/files/10");
    }

  for (guint i = 0; i < 2 * N_CONNECTIONS; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  /* What a file says to that is each server's own. */
  for (guint i = 2 * N_CONNECTIONS; i < 3 * N_CONNECTIONS; i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);

      msa_interop_check_status (easy, strcmp (web->name, "nginx") == 0 ? 405 : 200);
    }
}

/* Expect */

static void
note_status_cb (MsaEasy *easy,
                guint status,
                MsaHeaders *headers,
                guint *noted)
{
  *noted = status;
}

/* Gives the status of an answer before the last; 0: there was none. @expect "" keeps libmsa from
 * asking. */
static guint
put (MsaInteropWeb *web,
     MsaInteropBatch *batch,
     const char *path,
     gsize len,
     const char *expect,
     guint status)
{
  g_autofree char *uri = msa_interop_web_make_uri (web, MSA_INTEROP_WEB_PLAIN, path);
  g_autoptr (GBytes) body = msa_interop_make_body (len);
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  guint first = 0;

  g_object_set (easy, "method", "PUT", NULL);
  msa_easy_set_body (easy, "application/octet-stream", body);
  if (expect != NULL)
    msa_headers_replace (msa_easy_get_request_headers (easy), "Expect",
                         expect[0] != '\0' ? expect : NULL, NULL);
  g_signal_connect (easy, "informational", G_CALLBACK (note_status_cb), &first);
  msa_interop_batch_add (batch, easy);
  msa_interop_batch_wait (batch);
  msa_interop_check_status (easy, status);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, status < 300 ? len : 0);

  return first;
}

static void delete (MsaInteropWeb *web,
                    MsaInteropBatch *batch,
                    const char *path)
{
  msa_interop_check_status (msa_interop_web_request (web, batch, "DELETE", path, NULL, NULL), 204);
}

#define LONG_BYTES (2 * 1024 * 1024)

static void
test_expect (MsaTestDriverKind kind,
             MsaInteropWeb *web,
             gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);

  g_assert_cmpuint (put (web, batch, "/dav/short", 10, NULL, 201), ==, 0);
  g_assert_cmpuint (put (web, batch, "/dav/asked", 10, "100-continue", 201), ==, 100);
  g_assert_cmpuint (put (web, batch, "/dav/long", LONG_BYTES, NULL, 201), ==, 100);
  g_assert_cmpuint (put (web, batch, "/dav/unasked", LONG_BYTES, "", 201), ==, 0);
  delete (web, batch, "/dav/short");
  delete (web, batch, "/dav/asked");
  delete (web, batch, "/dav/long");
  delete (web, batch, "/dav/unasked");
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

static void
test_expect_refused (MsaTestDriverKind kind,
                     MsaInteropWeb *web,
                     gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);

  /* Asked of libmsa's own accord: sent again without. */
  g_assert_cmpuint (put (web, batch, "/picky/long", LONG_BYTES, NULL, 201), ==, 0);
  delete (web, batch, "/picky/long");
  /* Who asks gets the answer. */
  put (web, batch, "/picky/asked", 10, "100-continue", 417);
  put (web, batch, "/picky/short", 10, NULL, 201);
  delete (web, batch, "/picky/short");
}

static const MsaInteropWebCase cases[] = {
  { "head", test_head, NULL },
  { "not-modified", test_not_modified, NULL },
  { "ranges", test_ranges, NULL },
  { "lasting/kept", test_lasting, &lasting },
  { "lasting/closed", test_lasting, &closing },
  { "lasting/http-1-0", test_lasting, &old },
  { "lasting/http-1-0-kept", test_lasting, &old_kept },
  { "expect/long-body", test_expect, NULL },
  { "expect/refused", test_expect_refused, NULL },
  { "restart/plain", test_restart, GUINT_TO_POINTER (MSA_INTEROP_WEB_PLAIN) },
  { "restart/tls", test_restart, GUINT_TO_POINTER (MSA_INTEROP_WEB_TLS) },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  msa_interop_web_add_cases (cases, G_N_ELEMENTS (cases), FALSE);

  return msa_interop_web_run ();
}

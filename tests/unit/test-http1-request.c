/* test-http1-request.c: the head of an HTTP/1 request, written
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-request-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"

#define MAX_PAIRS 4

/* One head: what is asked for, what is written; without @expected it is refused with @code. */
typedef struct
{
  const char    *name;
  const char    *method;       /* NULL: GET */
  const char    *target;       /* NULL: / */
  const char    *authority;    /* NULL: example.com */
  const char    *user_agent;
  const char    *referer;
  const char    *content_type;
  gboolean       has_body;
  gint64         body_length;
  MsaHttpVersion version;
  gboolean       close;
  gboolean       expect;
  const char    *headers[2 * MAX_PAIRS + 1]; /* names and values; "-" takes the built-in one out */
  const char    *expected;
  MsaError       code;
  gboolean       asks_close;
} Row;

static const Row rows[] = {
  { .name = "plain", .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n" },
  {
      .name = "port-and-query",
      .target = "/a?b=c",
      .authority = "example.com:8080",
      .expected = "GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "ipv6",
      .authority = "[2001:db8::1]:81",
      .expected = "GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "target-asterisk",
      .method = "OPTIONS",
      .target = "*",
      .expected = "OPTIONS * HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "all-built-ins",
      .method = "POST",
      .user_agent = "u",
      .referer = "r",
      .content_type = "t/t",
      .has_body = TRUE,
      .body_length = 12,
      .close = TRUE,
      .asks_close = TRUE,
      .expected = "POST / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: u\r\nAccept: */*\r\n"
                  "Referer: r\r\nContent-Type: t/t\r\nContent-Length: 12\r\n"
                  "Connection: close\r\n\r\n",
  },
  {
      .name = "headers-in-order",
      .headers = { "X-B", "1", "x-a", "2", "X-B", "3" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nX-B: 1\r\nx-a: 2\r\n"
                  "X-B: 3\r\n\r\n",
  },
  {
      .name = "header-with-empty-value",
      .headers = { "X-Empty", "" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nX-Empty:\r\n\r\n",
  },

  {
      .name = "host-replaced",
      .headers = { "X", "y", "host", "other" },
      .expected = "GET / HTTP/1.1\r\nHost: other\r\nAccept: */*\r\nX: y\r\n\r\n",
  },
  {
      .name = "host-replaced-once",
      .headers = { "Host", "a", "Host", "b" },
      .expected = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "host-taken-out",
      .headers = { "Host", "-" },
      .expected = "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "accept-replaced",
      .headers = { "ACCEPT", "text/html" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nACCEPT: text/html\r\n\r\n",
  },
  {
      .name = "accept-taken-out",
      .headers = { "accept", "-" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
  },
  {
      .name = "accept-empty",
      .headers = { "Accept", "" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept:\r\n\r\n",
  },
  {
      .name = "user-agent-replaced",
      .user_agent = "u",
      .headers = { "User-Agent", "v" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nUser-Agent: v\r\n\r\n",
  },
  {
      .name = "user-agent-taken-out",
      .user_agent = "u",
      .headers = { "User-Agent", "-" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "referer-replaced",
      .referer = "r",
      .headers = { "Referer", "s" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nReferer: s\r\n\r\n",
  },
  {
      .name = "content-type-replaced",
      .content_type = "t/t",
      .has_body = TRUE,
      .headers = { "Content-Type", "a/b" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nContent-Length: 0\r\n"
                  "Content-Type: a/b\r\n\r\n",
  },
  {
      .name = "content-type-taken-out",
      .content_type = "t/t",
      .has_body = TRUE,
      .headers = { "Content-Type", "-" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Content-Length: 0\r\n\r\n",
  },

  {
      .name = "body-of-unknown-length",
      .method = "PUT",
      .has_body = TRUE,
      .body_length = -1,
      .expected = "PUT / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n",
  },
  {
      .name = "body-of-largest-length",
      .method = "PUT",
      .has_body = TRUE,
      .body_length = G_MAXINT64,
      .expected = "PUT / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Content-Length: 9223372036854775807\r\n\r\n",
  },
  {
      .name = "http-1-0",
      .version = MSA_HTTP_VERSION_HTTP_1_0,
      .asks_close = TRUE,
      .expected = "GET / HTTP/1.0\r\nHost: example.com\r\nAccept: */*\r\n\r\n",
  },
  {
      .name = "http-1-0-keep-alive",
      .version = MSA_HTTP_VERSION_HTTP_1_0,
      .headers = { "Connection", "Keep-Alive" },
      .expected = "GET / HTTP/1.0\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Connection: Keep-Alive\r\n\r\n",
  },
  {
      .name = "http-1-0-body-of-unknown-length",
      .version = MSA_HTTP_VERSION_HTTP_1_0,
      .has_body = TRUE,
      .body_length = -1,
      .code = MSA_ERROR_INVALID_ARGUMENT,
  },
  {
      .name = "http-1-0-body",
      .version = MSA_HTTP_VERSION_HTTP_1_0,
      .has_body = TRUE,
      .body_length = 3,
      .asks_close = TRUE,
      .expected = "GET / HTTP/1.0\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Content-Length: 3\r\n\r\n",
  },

  {
      .name = "connection-passed-on",
      .headers = { "Connection", "X-Hop" },
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Connection: X-Hop\r\n\r\n",
  },
  {
      .name = "connection-close-honoured",
      .headers = { "connection", "X-Hop, Close" },
      .asks_close = TRUE,
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "connection: X-Hop, Close\r\n\r\n",
  },
  {
      .name = "connection-close-once",
      .close = TRUE,
      .headers = { "Connection", "close" },
      .asks_close = TRUE,
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Connection: close\r\n\r\n",
  },
  {
      .name = "connection-beside-close",
      .close = TRUE,
      .headers = { "Connection", "X-Hop" },
      .asks_close = TRUE,
      .expected = "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nConnection: close\r\n"
                  "Connection: X-Hop\r\n\r\n",
  },
  {
      .name = "expect",
      .method = "PUT",
      .has_body = TRUE,
      .body_length = 3,
      .expect = TRUE,
      .expected = "PUT / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  },
  {
      .name = "expect-replaced",
      .method = "PUT",
      .has_body = TRUE,
      .body_length = 3,
      .expect = TRUE,
      .headers = { "expect", "x" },
      .expected = "PUT / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Content-Length: 3\r\nexpect: x\r\n\r\n",
  },
  {
      .name = "expect-taken-out",
      .method = "PUT",
      .has_body = TRUE,
      .body_length = 3,
      .expect = TRUE,
      .headers = { "Expect", "-" },
      .expected = "PUT / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
                  "Content-Length: 3\r\n\r\n",
  },
  {
      .name = "http-1-0-expect",
      .version = MSA_HTTP_VERSION_HTTP_1_0,
      .headers = { "EXPECT", "100-continue", "X", "y" },
      .asks_close = TRUE,
      .expected = "GET / HTTP/1.0\r\nHost: example.com\r\nAccept: */*\r\nX: y\r\n\r\n",
  },
  {
      .name = "content-length-refused",
      .headers = { "Content-Length", "3" },
      .code = MSA_ERROR_INVALID_ARGUMENT,
  },
  {
      .name = "transfer-encoding-refused",
      .headers = { "transfer-encoding", "chunked" },
      .code = MSA_ERROR_INVALID_ARGUMENT,
  },

  { .name = "method-with-blank", .method = "GET /", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "method-empty", .method = "", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "target-with-line", .target = "/\r\nX: y", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "target-with-blank", .target = "/ HTTP/1.1", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "target-with-delete", .target = "/\177", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "target-of-utf-8", .target = "/ü", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "target-empty", .target = "", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "authority-with-line", .authority = "a\r\nX: y", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "authority-with-blank", .authority = "a b", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "user-agent-with-line", .user_agent = "a\r\nX: y", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "referer-with-lf", .referer = "a\nX: y", .code = MSA_ERROR_INVALID_ARGUMENT },
  { .name = "content-type-with-cr", .content_type = "a\rX: y", .code = MSA_ERROR_INVALID_ARGUMENT },
};

static MsaSlice
slice_or (const char *text,
          const char *otherwise)
{
  return msa_slice_from_string (text != NULL ? text : otherwise);
}

static MsaRequest
make_request (const Row *row,
              MsaHeaders *headers)
{
  return (MsaRequest) {
    .method = slice_or (row->method, "GET"),
    .target = slice_or (row->target, "/"),
    .authority = slice_or (row->authority, "example.com"),
    .user_agent = slice_or (row->user_agent, ""),
    .referer = slice_or (row->referer, ""),
    .content_type = slice_or (row->content_type, ""),
    .headers = headers,
    .has_body = row->has_body,
    .body_length = row->body_length,
    .version = row->version,
    .close = row->close,
    .expect = row->expect,
  };
}

static MsaHeaders *
make_headers (const Row *row)
{
  MsaHeaders *headers = msa_headers_new ();

  for (guint i = 0; row->headers[i] != NULL; i += 2)
    {
      const char *value = g_str_equal (row->headers[i + 1], "-") ? NULL : row->headers[i + 1];

      g_assert_true (msa_headers_append (headers, row->headers[i], value, NULL));
    }

  return headers;
}

static void
check_row (const Row *row,
           MsaHeaders *headers)
{
  MsaRequest request = make_request (row, headers);
  g_autoptr (GError) error = NULL;
  MsaWriter writer;

  msa_writer_init (&writer, 1000);
  if (row->expected == NULL)
    {
      g_assert_false (msa_http1_write_request_head (&writer, &request, &error));
      g_assert_error (error, MSA_ERROR, (gint) row->code);
      /* What broke the grammar is not passed on in the message either. */
      g_assert_null (strpbrk (error->message, "\r\n"));
    }
  else
    {
      MsaSlice head;

      g_assert_true (msa_http1_write_request_head (&writer, &request, &error));
      g_assert_no_error (error);
      head = msa_writer_slice (&writer);
      g_assert_cmpmem (head.data, head.len, row->expected, strlen (row->expected));
      g_assert_cmpint (msa_http1_request_asks_close (&request), ==, row->asks_close);
    }
  msa_writer_release (&writer);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaHeaders) headers = make_headers (row);

  check_row (row, headers);
  if (row->headers[0] == NULL)
    check_row (row, NULL);
}

static const MsaSlice bad[][2] = {
  { { "X", 1 }, { "a\r\nY: z", 7 } },
  { { "X", 1 }, { "a\0b", 3 } },
  { { "X\n", 2 }, { "a", 1 } },
  { { "X ", 2 }, { "a", 1 } },
  { { "", 0 }, { "a", 1 } },
  { { "Authorization ", 14 }, { "a", 1 } },
};

/* A codec's door, which checks nothing, stands for a hole in the checks of options. */
static void
test_bad_headers_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const Row row = { .name = "bad", .code = MSA_ERROR_INVALID_ARGUMENT };
      g_autoptr (MsaHeaders) headers = msa_headers_new ();

      msa_headers_append_checked (headers, bad[i][0], bad[i][1]);
      check_row (&row, headers);
    }
}

static void
test_bad_trailers_refused (void)
{
  const Row row = { .method = "PUT", .has_body = TRUE, .body_length = -1 };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      MsaRequest request = make_request (&row, NULL);
      g_autoptr (MsaHeaders) trailers = msa_headers_new ();
      g_autoptr (GError) error = NULL;
      MsaWriter writer;

      g_assert_true (msa_headers_append (trailers, "X-Good", "1", NULL));
      msa_headers_append_checked (trailers, bad[i][0], bad[i][1]);
      request.trailers = trailers;
      msa_writer_init (&writer, 1000);
      g_assert_false (msa_http1_write_request_head (&writer, &request, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
      g_assert_null (strpbrk (error->message, "\r\n"));
      msa_writer_release (&writer);
    }
}

static void
test_appends_behind_what_is_there (void)
{
  const Row row = { .name = "plain" };
  MsaRequest request = make_request (&row, NULL);
  MsaWriter writer;

  msa_writer_init (&writer, 1000);
  msa_writer_append_string (&writer, "before ");
  g_assert_true (msa_http1_write_request_head (&writer, &request, NULL));
  g_assert_true (g_str_has_prefix (msa_writer_slice (&writer).data, "before GET / HTTP/1.1\r\n"));
  msa_writer_release (&writer);
}

static void
assert_head_size (gsize target_len,
                  gsize cap,
                  gboolean fits)
{
  g_autofree gchar *target = g_strnfill (target_len, 'x');
  const Row row = { .name = "long", .target = target };
  MsaRequest request = make_request (&row, NULL);
  g_autoptr (GError) error = NULL;
  MsaWriter writer;

  msa_writer_init (&writer, cap);
  g_assert_cmpint (msa_http1_write_request_head (&writer, &request, &error), ==, fits);
  if (!fits)
    g_assert_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE);
  msa_writer_release (&writer);
}

static void
test_head_limit (void)
{
  gsize rest = strlen ("GET  HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n");

  assert_head_size (MSA_MAX_REQUEST_HEAD_BYTES - rest, 2 * MSA_MAX_REQUEST_HEAD_BYTES, TRUE);
  assert_head_size (MSA_MAX_REQUEST_HEAD_BYTES - rest + 1, 2 * MSA_MAX_REQUEST_HEAD_BYTES, FALSE);
  assert_head_size (100, 100, FALSE);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *group = rows[i].expected != NULL ? "writes" : "refuses";
      g_autofree gchar *path = g_strdup_printf ("/msa/http1-request/%s/%s", group, rows[i].name);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/msa/http1-request/refuses/bad-headers", test_bad_headers_refused);
  g_test_add_func ("/msa/http1-request/refuses/bad-trailers", test_bad_trailers_refused);
  g_test_add_func ("/msa/http1-request/appends-behind-what-is-there",
                   test_appends_behind_what_is_there);
  g_test_add_func ("/msa/http1-request/head-limit", test_head_limit);

  return g_test_run ();
}

/* test-exchange.c: HTTP/1 replies, from the wire to the easy
 *
 * What a peer may write is told to the byte; each reply is read whole, and byte by byte. Requests
 * are in test-exchange-request.c; what happens on connections that were used before, in
 * test-exchange-reuse.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <errno.h>

#define LENGTH_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#define NO_ERROR (-1)

/* Replies */

typedef struct
{
  const char *name;
  const char *method;  /* (nullable) */
  const char *reply;
  gboolean    close;   /* and then the end of the connection */
  int         error;   /* MsaError, or NO_ERROR */
  guint       status;
  const char *text;    /* the body, or what stands in the message */
  gboolean    reused;  /* the connection is good for another request */
} Reply;

static const Reply replies[] = {
  { "length", NULL, LENGTH_5, FALSE, NO_ERROR, 200, "hello", TRUE },
  { "length-zero", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", FALSE, NO_ERROR, 200, "",
    TRUE },
  { "length-repeated", NULL,
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5, 5\r\n\r\nhello", FALSE, NO_ERROR,
    200, "hello", TRUE },
  { "length-then-end", NULL, LENGTH_5, TRUE, NO_ERROR, 200, "hello", FALSE },
  { "chunked", NULL, CHUNKED "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", FALSE, NO_ERROR, 200, "hello",
    TRUE },
  { "chunked-empty", NULL, CHUNKED "0\r\n\r\n", FALSE, NO_ERROR, 200, "", TRUE },
  { "chunked-trailers", NULL, CHUNKED "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n", FALSE, NO_ERROR, 200,
    "hello", TRUE },
  { "chunked-and-length", NULL,
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\n",
    FALSE, NO_ERROR, 200, "hello", FALSE },
  { "until-close", NULL, "HTTP/1.1 200 OK\r\n\r\nhello", TRUE, NO_ERROR, 200, "hello", FALSE },
  { "until-close-empty", NULL, "HTTP/1.1 200 OK\r\n\r\n", TRUE, NO_ERROR, 200, "", FALSE },
  { "http-1.0", NULL, "HTTP/1.0 200 OK\r\n\r\nhello", TRUE, NO_ERROR, 200, "hello", FALSE },
  { "http-1.0-length", NULL, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR,
    200, "hello", FALSE },
  { "http-1.0-keep-alive", NULL,
    "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR,
    200, "hello", TRUE },
  { "http-1.0-chunked", NULL,
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\n",
    FALSE, NO_ERROR, 200, "hello", FALSE },
  { "connection-close", NULL,
    "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR,
    200, "hello", FALSE },
  { "bare-lf", NULL, "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR, 200,
    "hello", FALSE },
  { "extra-bytes", NULL, LENGTH_5 "HTTP/1.1 200 OK\r\n", FALSE, NO_ERROR, 200, "hello", FALSE },
  { "no-content", NULL, "HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n", FALSE, NO_ERROR,
    204, "", TRUE },
  { "not-modified", NULL,
    "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", FALSE, NO_ERROR, 304, "",
    TRUE },
  { "head", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", FALSE, NO_ERROR, 200, "",
    TRUE },
  { "head-with-body", "HEAD", LENGTH_5, FALSE, NO_ERROR, 200, "", FALSE },
  { "head-chunked", "HEAD", CHUNKED, FALSE, NO_ERROR, 200, "", TRUE },
  { "interim", NULL,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" LENGTH_5, FALSE,
    NO_ERROR, 200, "hello", TRUE },
  { "not-found", NULL, "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR,
    404, "hello", TRUE },
  { "status-999", NULL, "HTTP/1.1 999 ?\r\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR, 999,
    "hello", TRUE },
  { "no-reason", NULL, "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", FALSE, NO_ERROR, 200,
    "hello", TRUE },

  { "truncated-length", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", TRUE,
    MSA_ERROR_TRUNCATED, 200, "4 of 9 bytes", FALSE },
  { "truncated-before-body", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", TRUE,
    MSA_ERROR_TRUNCATED, 200, "9 of 9 bytes", FALSE },
  { "truncated-chunk", NULL, CHUNKED "6\r\nhello", TRUE, MSA_ERROR_TRUNCATED, 200, "chunked body",
    FALSE },
  { "truncated-chunk-end", NULL, CHUNKED "5\r\nhello", TRUE, MSA_ERROR_TRUNCATED, 200,
    "chunked body", FALSE },
  { "truncated-chunk-size", NULL, CHUNKED "5\r\nhello\r\n1", TRUE, MSA_ERROR_TRUNCATED, 200,
    "chunked body", FALSE },
  { "truncated-chunks", NULL, CHUNKED "5\r\nhello\r\n", TRUE, MSA_ERROR_TRUNCATED, 200,
    "chunked body", FALSE },
  { "truncated-last-chunk", NULL, CHUNKED "5\r\nhello\r\n0\r\n", TRUE, MSA_ERROR_TRUNCATED, 200,
    "trailer section", FALSE },
  { "truncated-trailers", NULL, CHUNKED "5\r\nhello\r\n0\r\nX: 1\r\n", TRUE, MSA_ERROR_TRUNCATED,
    200, "trailer section", FALSE },
  { "truncated-head", NULL, "HTTP/1.1 200 OK\r\nContent-Le", TRUE, MSA_ERROR_TRUNCATED, 0, "head",
    FALSE },
  { "truncated-status-line", NULL, "HTTP/1.1 2", TRUE, MSA_ERROR_TRUNCATED, 0, "status line",
    FALSE },
  { "interim-only", NULL, "HTTP/1.1 103 x\r\n\r\n", TRUE, MSA_ERROR_TRUNCATED, 0, "status line",
    FALSE },
  { "nothing", NULL, "", TRUE, MSA_ERROR_EMPTY_REPLY, 0,
    "The peer closed the connection without a reply", FALSE },

  { "not-http", NULL, "220 mail.example.org ESMTP\r\n", FALSE, MSA_ERROR_BAD_REPLY, 0,
    "not the status line", FALSE },
  { "http-1.2", NULL, "HTTP/1.2 200 OK\r\n\r\n", FALSE, MSA_ERROR_BAD_REPLY, 0,
    "not the status line", FALSE },
  { "short-status", NULL, "HTTP/1.1 20 OK\r\n\r\n", FALSE, MSA_ERROR_BAD_REPLY, 0, "status",
    FALSE },
  { "switching", NULL, "HTTP/1.1 101 Switching Protocols\r\n\r\n", FALSE, MSA_ERROR_BAD_REPLY, 0,
    "was not asked for", FALSE },
  { "no-colon", NULL, "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", FALSE, MSA_ERROR_BAD_REPLY, 0, "colon",
    FALSE },
  { "lengths-differ", NULL,
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", FALSE,
    MSA_ERROR_BAD_REPLY, 0, "Content-Length", FALSE },
  { "length-negative", NULL, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", FALSE,
    MSA_ERROR_BAD_REPLY, 0, "-5", FALSE },
  { "coding-unknown", NULL, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", FALSE,
    MSA_ERROR_BAD_REPLY, 0, "gzip", FALSE },
  { "chunk-size-junk", NULL, CHUNKED "zz\r\nhello\r\n", FALSE, MSA_ERROR_BAD_REPLY, 200, "zz",
    FALSE },
  { "chunk-end-junk", NULL, CHUNKED "5\r\nhelloworld", FALSE, MSA_ERROR_BAD_REPLY, 200,
    "followed by", FALSE },
};

static void
reply_cb (MsaSimPeer *peer,
          const char *method,
          const char *target,
          const char *head,
          GBytes *body,
          gpointer data)
{
  const Reply *reply = data;

  if (g_str_equal (target, "/next"))
    {
      msa_sim_http_respond (peer, 200, NULL, "next");
      return;
    }
  msa_sim_peer_send (peer, reply->reply, -1);
  if (reply->close)
    msa_sim_peer_close (peer);
}

static void
check_reply (const Reply *reply,
             MsaEasy *easy)
{
  const GError *error = msa_easy_get_error (easy);

  g_assert_cmpuint (msa_easy_get_status (easy), ==, reply->status);
  if (reply->error == NO_ERROR)
    {
      g_assert_no_error (error);
      msa_test_world_assert_body (easy, reply->text);
      return;
    }

  g_assert_error (error, MSA_ERROR, reply->error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, reply->text));
  g_assert_null (msa_easy_get_body (easy));
}

static void
run_reply (const Reply *reply,
           gsize segment)
{
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy = msa_test_world_make (world, "/first");
  MsaEasy *next;

  msa_sim_set_segment (world->sim, segment);
  msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, (gpointer) reply);
  msa_easy_set_method (easy, reply->method);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  check_reply (reply, easy);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);

  /* What comes behind the message may still be on its way. */
  msa_test_world_settle (world, 5000);
  next = msa_test_world_add (world, "/next");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (next));
  msa_test_world_assert_body (next, "next");
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, reply->reused ? 1 : 2);
  /* The first one's results are not touched by the second. */
  check_reply (reply, easy);
  msa_test_world_free (world);
}

static void
test_reply (gconstpointer data)
{
  const Reply *reply = data;

  run_reply (reply, 0);
  run_reply (reply, 1);
  run_reply (reply, 7);
}

/* Large replies */

static void
test_large_replies (MsaTestWorld *world)
{
  MsaEasy *known = msa_test_world_add (world, "/size/3000000");
  MsaEasy *chunked = msa_test_world_add (world, "/chunked/3000000");

  msa_sim_set_segment (world->sim, 1460);
  g_assert_true (msa_test_world_run (world, 2));
  msa_test_world_assert_filled (known, 3000000);
  msa_test_world_assert_filled (chunked, 3000000);
  g_assert_cmpint (msa_easy_get_content_length (known), ==, 3000000);
  g_assert_cmpint (msa_easy_get_content_length (chunked), ==, -1);
}

/* Whatever the peer announces, room is made as the bytes come in. */

static struct
{
  const MsaSysOps *ops;
  gsize            largest;
} watch;

static gssize
watched_recv (MsaSys *sys,
              int fd,
              void *buffer,
              gsize size)
{
  watch.largest = MAX (watch.largest, size);

  return watch.ops->socket_recv (sys, fd, buffer, size);
}

static const Reply huge_reply = {
  .reply = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nhello",
  .close = TRUE,
};

static void
test_huge_announced (MsaTestWorld *world)
{
  static MsaSysOps ops;
  MsaSys *sys = msa_sim_get_sys (world->sim);
  MsaEasy *easy = msa_test_world_make (world, "/x");

  watch.ops = sys->ops;
  watch.largest = 0;
  ops = *sys->ops;
  ops.socket_recv = watched_recv;
  sys->ops = &ops;
  msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, (gpointer) &huge_reply);
  msa_easy_set_max_body_bytes (easy, -1);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message,
                            "10737418235 of 10737418240 bytes"));
  g_assert_cmpuint (watch.largest, <=, MSA_MAX_FIRST_BODY_BYTES);
}

/* Results */

static const Reply full_reply = {
  .reply = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
           "HTTP/1.1 100 Continue\r\nX-Hint: b\r\n\r\n"
           "HTTP/1.1 203 Quite  So\r\nTransfer-Encoding: chunked\r\nX-Mixed-Case: One\r\n"
           "x-mixed-case: Two\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-More: 8\r\n\r\n",
};

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  gpointer data)
{
  const char *value = NULL;
  const char *name = msa_headers_get_nth (headers, 0, &value);

  g_assert_cmpuint (msa_headers_get_length (headers), ==, 1);
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 0);
  g_assert_null (msa_easy_get_response_headers (easy));
  g_string_append_printf (data, "%u %s=%s;", status, name, value);
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 203);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 0);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_RECEIVING);
  g_assert_null (msa_easy_get_headers (easy, MSA_HEADER_TRAILER, 0));
  g_string_append (data, "head;");
}

static void
check_results (MsaEasy *easy)
{
  MsaHeaders *headers = msa_easy_get_response_headers (easy);
  g_auto (GStrv) values = msa_headers_get_all (headers, "X-MIXED-CASE");
  g_autofree char *uri = msa_easy_dup_effective_uri (easy);
  g_autofree char *address = msa_easy_dup_remote_address (easy);

  g_assert_cmpuint (msa_easy_get_status (easy), ==, 203);
  g_assert_cmpstr (msa_easy_get_reason_phrase (easy), ==, "Quite  So");
  g_assert_cmpint (msa_easy_get_response_version (easy), ==, MSA_HTTP_VERSION_HTTP_1_1);
  g_assert_cmpuint (g_strv_length (values), ==, 2);
  g_assert_cmpstr (values[0], ==, "One");
  g_assert_cmpstr (values[1], ==, "Two");
  g_assert_cmpstr (msa_headers_get_nth (headers, 1, NULL), ==, "X-Mixed-Case");
  g_assert_false (msa_headers_append (headers, "X", "y", NULL));
  g_assert_cmpstr (uri, ==, "http://example.org/x");
  g_assert_cmpstr (address, ==, "10.0.0.1:80");
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 5);
}

static void
check_headers_by_origin (MsaEasy *easy)
{
  MsaHeaders *interim = msa_easy_get_headers (easy, MSA_HEADER_INFORMATIONAL, 0);
  MsaHeaders *trailers = msa_easy_get_headers (easy, MSA_HEADER_TRAILER, 0);

  g_assert_true (msa_easy_get_headers (easy, MSA_HEADER_FINAL, 0) ==
                 msa_easy_get_response_headers (easy));
  g_assert_cmpuint (msa_headers_get_length (interim), ==, 2);
  g_assert_cmpstr (msa_headers_get (interim, "link"), ==, "</a>");
  g_assert_cmpstr (msa_headers_get (interim, "x-hint"), ==, "b");
  g_assert_cmpuint (msa_headers_get_length (trailers), ==, 2);
  g_assert_cmpstr (msa_headers_get (trailers, "x-sum"), ==, "7");
  g_assert_cmpstr (msa_headers_get (trailers, "x-more"), ==, "8");
  g_assert_null (msa_easy_get_headers (easy, MSA_HEADER_FINAL, 1));
  g_assert_null (msa_easy_get_headers (easy, (MsaHeaderOrigin) 99, 0));
}

static void
test_results (MsaTestWorld *world)
{
  g_autoptr (GString) log = g_string_new (NULL);
  MsaEasy *easy = msa_test_world_make (world, "/x");

  msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, (gpointer) &full_reply);
  g_signal_connect (easy, "informational", G_CALLBACK (informational_cb), log);
  g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), log);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpstr (log->str, ==, "103 Link=</a>;100 X-Hint=b;head;");
  msa_test_world_assert_body (easy, "hello");
  check_results (easy);
  check_headers_by_origin (easy);
}

/* Connecting */

static void
run_connect_error (MsaTestWorld *world,
                   const char *uri,
                   MsaError code,
                   const char *const *parts)
{
  MsaEasy *easy = msa_test_world_add (world, uri);

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, (int) code);
  for (guint i = 0; parts[i] != NULL; i++)
    g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, parts[i]));
}

static void
test_refused (MsaTestWorld *world)
{
  const char *const parts[] = { "10.0.0.1:1", g_strerror (ECONNREFUSED), NULL };

  run_connect_error (world, "http://example.org:1/", MSA_ERROR_CONNECT, parts);
}

static void
test_all_refused (MsaTestWorld *world)
{
  const char *const parts[] = { "10.0.0.9", "10.0.0.8", g_strerror (ECONNREFUSED),
                                g_strerror (ENETUNREACH), NULL };

  msa_sim_set_host (world->sim, "both.org", 0, "10.0.0.8", "10.0.0.9", NULL);
  msa_sim_set_unreachable (world->sim, "10.0.0.8");
  run_connect_error (world, "http://both.org/", MSA_ERROR_CONNECT, parts);
}

static void
test_unknown_host (MsaTestWorld *world)
{
  const char *const parts[] = { "nowhere.org", NULL };

  run_connect_error (world, "http://nowhere.org/", MSA_ERROR_RESOLVE, parts);
}

static void
test_reset (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");

  msa_sim_peer_reset (msa_sim_get_peer (world->sim, 0));
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_RECEIVE);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (ECONNRESET)));
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "10.0.0.1:80"));
}

/* One connection breaks; the others do not notice. */
static void
test_error_touches_no_other (MsaTestWorld *world)
{
  static const char *const targets[] = { "/size/200000", "/truncated/1000", "/chunked/200000",
                                         "/bad", "/empty", "/hello" };
  MsaEasy *easies[3 * G_N_ELEMENTS (targets)];

  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    easies[i] = msa_test_world_add (world, targets[i % G_N_ELEMENTS (targets)]);
  g_assert_true (msa_test_world_run (world, G_N_ELEMENTS (easies)));
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    {
      guint kind = i % G_N_ELEMENTS (targets);

      if (kind == 0 || kind == 2)
        msa_test_world_assert_filled (easies[i], 200000);
      else if (kind == 5)
        msa_test_world_assert_body (easies[i], "/hello");
      else
        g_assert_nonnull (msa_easy_get_error (easies[i]));
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/exchange/reply", replies, test_reply);
  msa_test_world_add_test ("/msa/exchange/large-replies", test_large_replies);
  msa_test_world_add_test ("/msa/exchange/huge-announced", test_huge_announced);
  msa_test_world_add_test ("/msa/exchange/results", test_results);
  msa_test_world_add_test ("/msa/exchange/connect/refused", test_refused);
  msa_test_world_add_test ("/msa/exchange/connect/all-refused", test_all_refused);
  msa_test_world_add_test ("/msa/exchange/connect/unknown-host", test_unknown_host);
  msa_test_world_add_test ("/msa/exchange/reset", test_reset);
  msa_test_world_add_test ("/msa/exchange/error-touches-no-other", test_error_touches_no_other);

  return g_test_run ();
}

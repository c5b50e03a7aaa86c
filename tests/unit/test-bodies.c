/* test-bodies.c: bodies from streams and files, and to them, through a multi
 *
 * The server here is scripted byte by byte: what is looked at is what stands on the wire.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "base/msa-lock-private.h"
#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <glib/gstdio.h>

#define URI "http://10.0.0.9/up"
/* Of :expect-timeout-ms, unless set. */
#define EXPECT_WAIT_US (1000 * 1000)

/* What the scripted server does. */
typedef struct
{
  const char *interim; /* (nullable): said when the head has come */
  const char *reply; /* said when the request is complete */
  const char *early; /* (nullable): said when the head has come; the rest is not waited for */
  gboolean refuse_once; /* 417 to the first request that asks first */
  const char *refusal; /* (nullable): in place of that 417 */
  gint64 late_us; /* how long after the head the interim or the refusal comes */
} Script;

static Script script;

static gboolean
is_complete (const char *request)
{
  const char *body = strstr (request, "\r\n\r\n");
  const char *length = strstr (request, "Content-Length: ");

  if (body == NULL)
    return FALSE;
  if (length != NULL && length < body)
    return strlen (body + 4) >= g_ascii_strtoull (length + 16, NULL, 10);
  if (strstr (request, "Transfer-Encoding: chunked") != NULL)
    return g_str_has_suffix (request, "\r\n\r\n") && strstr (body, "\r\n0\r\n") != NULL;

  return TRUE;
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  GString *request = msa_sim_peer_get_received (peer);
  gboolean first = peer->user_data == NULL;

  if (strstr (request->str, "\r\n\r\n") == NULL)
    return;
  if (first)
    peer->user_data = &script;
  if (first && script.refuse_once && strstr (request->str, "Expect:") != NULL)
    {
      msa_sim_peer_send_at (peer, script.late_us, script.refusal, -1);
      peer->user_data = &script.refusal;
    }
  else if (first && script.early != NULL)
    msa_sim_peer_send (peer, script.early, -1);
  else if (first && script.interim != NULL)
    msa_sim_peer_send_at (peer, script.late_us, script.interim, -1);
  if (script.early == NULL && peer->user_data == &script && is_complete (request->str))
    msa_sim_peer_send (peer, script.reply, -1);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  peer->received = received_cb;
}

static void
prepare (MsaTestWorld *world,
         Script wanted)
{
  script = wanted;
  if (script.reply == NULL)
    script.reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  if (script.refusal == NULL)
    script.refusal = "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n";
  msa_sim_listen (world->sim, "10.0.0.9", 80, accept_cb, NULL);
}

static const char *
get_request (MsaTestWorld *world,
             guint i)
{
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), >, i);
  return msa_sim_peer_get_received (msa_sim_get_peer (world->sim, i))->str;
}

static GError *
run_one (MsaTestWorld *world,
         MsaEasy *easy)
{
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  return msa_test_world_get_record (easy)->error;
}

/* A stream that cannot be sought in, and fails behind its text if it is to. */

#define TEST_TYPE_PIPE (test_pipe_get_type ())
G_DECLARE_FINAL_TYPE (TestPipe, test_pipe, TEST, PIPE, GInputStream)

struct _TestPipe
{
  GInputStream parent;
  const char *rest;
  gboolean breaks;
};

G_DEFINE_TYPE (TestPipe, test_pipe, G_TYPE_INPUT_STREAM)

static gssize
test_pipe_read (GInputStream *stream,
                void *buffer,
                gsize count,
                GCancellable *cancellable,
                GError **error)
{
  TestPipe *self = TEST_PIPE (stream);
  gsize len;

  /* GIO reads in a thread, one read at a time. */
  msa_lock_was_handed (self);
  len = MIN (count, strlen (self->rest));
  if (len == 0 && self->breaks)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "the pipe broke");
      return -1;
    }
  memcpy (buffer, self->rest, len);
  self->rest += len;
  msa_lock_hands_over (self);

  return (gssize) len;
}

static void
test_pipe_class_init (TestPipeClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = test_pipe_read;
}

static void
test_pipe_init (TestPipe *self)
{
}

static GInputStream *
make_pipe (const char *text,
           gboolean breaks)
{
  TestPipe *self = g_object_new (TEST_TYPE_PIPE, NULL);

  self->rest = text;
  self->breaks = breaks;
  msa_lock_hands_over (self);

  return G_INPUT_STREAM (self);
}

static GInputStream *
make_stream (const char *text)
{
  return g_memory_input_stream_new_from_data (g_strdup (text), -1, g_free);
}

static void
test_stream_of_known_length (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello world");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body_stream (easy, "text/plain", stream, 5);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 0), "POST /up HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (get_request (world, 0), "Content-Type: text/plain\r\n"));
  g_assert_nonnull (strstr (get_request (world, 0), "Content-Length: 5\r\n"));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "\r\n\r\nhello"));
  g_assert_null (strstr (get_request (world, 0), "Expect"));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, 5);
}

static void
test_stream_of_unknown_length (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello world");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n" });
  msa_easy_set_body_stream (easy, NULL, stream, -1);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 0), "Transfer-Encoding: chunked\r\n"));
  g_assert_nonnull (strstr (get_request (world, 0), "Expect: 100-continue\r\n"));
  g_assert_true (
      g_str_has_suffix (get_request (world, 0), "\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"));
}

static void
test_trailers (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n" });
  msa_easy_set_body_stream (easy, NULL, stream, 5);
  msa_headers_append (msa_easy_get_request_trailers (easy), "X-Sum", "42", NULL);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 0), "Trailer: X-Sum\r\n"));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"));
}

/* An own Trailer field says what is announced; the others stay out (B33). */
static void
test_trailers_announced (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);
  MsaHeaders *trailers = msa_easy_get_request_trailers (easy);

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n" });
  msa_easy_set_body_stream (easy, NULL, stream, 5);
  msa_headers_append (msa_easy_get_request_headers (easy), "trailer", "X-Last, x-SUM", NULL);
  msa_headers_append (trailers, "X-Sum", "42", NULL);
  msa_headers_append (trailers, "X-Unsaid", "43", NULL);
  g_assert_no_error (run_one (world, easy));
  g_assert_null (strstr (get_request (world, 0), "Trailer: X-Sum\r\n"));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"));
}

/* No line can be made to look like another: the list takes none. */
static void
test_trailers_malformed (MsaTestWorld *world)
{
  static const char *const pairs[][2] = {
    { "X:", "y" },
    { "", "y" },
    { "X Y", "z" },
    { "X", "y\r\nZ" },
    { "X", "y\nHost: z" },
  };
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);
  MsaHeaders *trailers = msa_easy_get_request_trailers (easy);

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n" });
  msa_easy_set_body_stream (easy, NULL, stream, 5);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_assert_false (msa_headers_append (trailers, pairs[i][0], pairs[i][1], NULL));
  msa_headers_append (trailers, "X-Sum", "42", NULL);
  g_assert_no_error (run_one (world, easy));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"));
}

static void
test_trailer_that_frames (MsaTestWorld *world)
{
  static const char *const names[] = {
    "content-LENGTH",
    "Transfer-Encoding",
    "Host",
    "Content-Type",
    "Connection",
    "Trailer",
    "Authorization",
    "Expect",
    "Content-Encoding",
  };

  prepare (world, (Script) { .reply = NULL });
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GInputStream) stream = make_stream ("hello");
      MsaEasy *easy = msa_test_world_make (world, URI);
      MsaHeaders *trailers = msa_easy_get_request_trailers (easy);

      msa_easy_set_body_stream (easy, NULL, stream, 5);
      g_assert_true (msa_headers_append (trailers, "X-Sum", "42", NULL));
      g_assert_true (msa_headers_append (trailers, names[i], "9", NULL));
      g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
    }
}

/* A byte less, as many as there may be, and one more, behind a long head. */
static void
test_trailers_limit (MsaTestWorld *world)
{
  const gsize rest = strlen ("X-Sum: \r\n");

  prepare (world, (Script) { .reply = NULL });
  for (int over = -1; over <= 1; over++)
    {
      const gsize len = (gsize) (MSA_MAX_REQUEST_TRAILER_BYTES + over);
      g_autofree char *value = g_strnfill (len - rest, 's');
      g_autofree char *padding = g_strnfill (MSA_MAX_REQUEST_HEAD_BYTES - 1000, 'p');
      g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);
      MsaEasy *easy = msa_test_world_make (world, URI);
      GError *error;

      msa_easy_set_fresh_connection (easy, TRUE);
      msa_easy_set_body (easy, NULL, body);
      msa_headers_append (msa_easy_get_request_headers (easy), "X-Padding", padding, NULL);
      msa_headers_append (msa_easy_get_request_trailers (easy), "X-Sum", value, NULL);
      error = run_one (world, easy);
      if (over <= 0)
        {
          g_autofree char *end = g_strconcat ("0\r\nX-Sum: ", value, "\r\n\r\n", NULL);

          g_assert_no_error (error);
          g_assert_true (g_str_has_suffix (get_request (world, (guint) (over + 1)), end));
          continue;
        }
      g_assert_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE);
      g_assert_nonnull (strstr (error->message, "trailers are longer than 1048576 bytes"));
    }
}

static void
test_short_stream (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("abc");
  MsaEasy *easy = msa_test_world_make (world, URI);
  GError *error;

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body_stream (easy, NULL, stream, 10);
  error = run_one (world, easy);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_READ);
  g_assert_nonnull (strstr (error->message, "3 of 10"));
}

static void
test_file (MsaTestWorld *world)
{
  g_autofree char *path = NULL;
  g_autoptr (GFile) file = NULL;
  MsaEasy *easy = msa_test_world_make (world, URI);
  int fd = g_file_open_tmp ("msa-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  g_file_set_contents (path, "from a file", -1, NULL);
  file = g_file_new_for_path (path);
  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_method (easy, "PUT");
  msa_easy_set_body_file (easy, NULL, file);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 0), "PUT /up HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (get_request (world, 0), "Content-Length: 11\r\n"));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "\r\n\r\nfrom a file"));

  /* And again: it is opened anew. */
  g_assert_no_error (run_one (world, easy));
  g_unlink (path);
}

static void
test_missing_file (MsaTestWorld *world)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/body");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body_file (easy, NULL, file);
  g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_READ);
}

static void
test_stream_runs_again (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_multi_set_max_idle_connections (world->multi, 0);
  msa_easy_set_body_stream (easy, NULL, stream, 5);
  g_assert_no_error (run_one (world, easy));
  g_assert_no_error (run_one (world, easy));
  g_assert_true (g_str_has_suffix (get_request (world, 1), "\r\n\r\nhello"));
}

/* A run that ended before it could send has read nothing: what cannot be sought in serves the
 * next one. */
static void
test_unread_pipe_runs_again (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_pipe ("hello", FALSE);
  MsaEasy *easy = msa_test_world_make (world, URI);
  GError *error;

  msa_easy_set_body_stream (easy, NULL, stream, 5);
  g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_CONNECT);
  msa_test_world_add_again (world, easy);
  msa_test_world_remove (world, easy);
  prepare (world, (Script) { .reply = NULL });
  g_assert_no_error (run_one (world, easy));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "\r\n\r\nhello"));

  /* That one has. */
  error = run_one (world, easy);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_READ);
  g_assert_nonnull (strstr (error->message, "cannot be sought in"));
}

/* What the next one sends is what comes next, if that is asked for. */
static void
test_pipe_goes_on (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_pipe ("hello", FALSE);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n" });
  msa_multi_set_max_idle_connections (world->multi, 0);
  msa_easy_set_body_stream (easy, NULL, stream, -1);
  g_assert_no_error (run_one (world, easy));
  ((TestPipe *) stream)->rest = "again";
  msa_lock_hands_over (stream);
  msa_easy_set_body_stream (easy, NULL, stream, -1);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 1), "again"));
}

/* The server answers before the body is through: that does not hide it. */
static void
test_stream_fails (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_pipe ("hello", TRUE);
  MsaEasy *easy = msa_test_world_make (world, "/hello");
  GError *error;

  msa_easy_set_body_stream (easy, NULL, stream, 10);
  error = run_one (world, easy);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_READ);
  g_assert_nonnull (strstr (error->message, "Reading the request's body failed: the pipe broke"));
}

/* It went out unasked, and then its expectation is refused: there is no second time. */
static void
test_stream_cannot_be_rewound (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_pipe ("hello", FALSE);
  MsaEasy *easy = msa_test_world_make (world, URI);
  GError *error;

  prepare (world, (Script) { .interim = "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n",
                             .late_us = 2 * EXPECT_WAIT_US,
                             .reply = "" });
  msa_easy_set_body_stream (easy, NULL, stream, -1);
  error = run_one (world, easy);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_READ);
  g_assert_nonnull (strstr (error->message, "cannot be sought in"));
  g_assert_nonnull (strstr (get_request (world, 0), "hello"));
}

static GBytes *
make_large (gsize size)
{
  guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) ('a' + i % 23);
  return g_bytes_new_take (data, size);
}

static void
test_expect_is_late (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  MsaEasy *easy = msa_test_world_make (world, URI);
  gint64 before_us;

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body (easy, NULL, body);
  before_us = msa_sim_get_now_us (world->sim);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 0), "Expect: 100-continue\r\n"));
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, >=, EXPECT_WAIT_US);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, MSA_EXPECT_THRESHOLD_BYTES + 1);
}

/* As long as is said, to the millisecond. */
static void
test_expect_timeout (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
  const guint timeout_ms = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy = msa_test_world_make (world, URI);
  gint64 before_us, passed_us;

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_expect_timeout_ms (easy, timeout_ms);
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
  before_us = msa_sim_get_now_us (world->sim);
  g_assert_no_error (run_one (world, easy));
  passed_us = msa_sim_get_now_us (world->sim) - before_us;
  g_assert_cmpint (passed_us, >=, (gint64) timeout_ms * 1000);
  g_assert_cmpint (passed_us, <, ((gint64) timeout_ms + 10) * 1000);
}

/* Nobody is asked who is not to be waited for. */
static void
test_expect_timeout_none (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_expect_timeout_ms (easy, 0);
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_null (strstr (get_request (world, 0), "Expect"));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, MSA_EXPECT_THRESHOLD_BYTES + 1);
}

static void
test_expect_is_not_for_small (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_null (strstr (get_request (world, 0), "Expect"));
}

/* Their chunks hide nothing: the length is known. */
static void
test_expect_is_not_for_small_with_trailers (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);
  MsaEasy *easy = msa_test_world_make (world, URI);
  gint64 before_us;

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_trailers (easy), "X-Sum", "42", NULL);
  before_us = msa_sim_get_now_us (world->sim);
  g_assert_no_error (run_one (world, easy));
  g_assert_null (strstr (get_request (world, 0), "Expect"));
  g_assert_true (g_str_has_suffix (get_request (world, 0), "\r\n0\r\nX-Sum: 42\r\n\r\n"));
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, EXPECT_WAIT_US);
}

/* Own fields stand in place of ours, which would be sent for this body. */

typedef struct
{
  const char *name;
  const char *values[2]; /* (nullable) */
  guint n_fields;
  gboolean waits;
} OwnExpect;

static const OwnExpect own_expects[] = {
  { "other", { "something-else" }, 1, FALSE },
  { "empty", { "" }, 1, FALSE },
  { "upper-case", { "100-CONTINUE" }, 1, TRUE },
  { "list", { "100-continue, x" }, 1, TRUE },
  { "list-behind", { "x,100-continue" }, 1, TRUE },
  { "two", { "x", "100-continue" }, 2, TRUE },
  { "taken-out", { NULL }, 0, FALSE },
};

static void
test_own_expect (MsaTestWorld *world)
{
  const OwnExpect *row = world->row;
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  MsaEasy *easy = msa_test_world_make (world, URI);
  MsaHeaders *headers = msa_easy_get_request_headers (easy);
  g_auto (GStrv) parts = NULL;
  gint64 before_us, passed_us;

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body (easy, NULL, body);
  for (guint i = 0; i < MAX (row->n_fields, 1); i++)
    g_assert_true (msa_headers_append (headers, "Expect", row->values[i], NULL));
  before_us = msa_sim_get_now_us (world->sim);
  g_assert_no_error (run_one (world, easy));
  passed_us = msa_sim_get_now_us (world->sim) - before_us;
  parts = g_strsplit (get_request (world, 0), "Expect:", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, row->n_fields + 1);
  if (row->waits)
    g_assert_cmpint (passed_us, >=, EXPECT_WAIT_US);
  else
    g_assert_cmpint (passed_us, <, EXPECT_WAIT_US);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, MSA_EXPECT_THRESHOLD_BYTES + 1);
}

static void
test_expect_by_application (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
  MsaEasy *easy = msa_test_world_make (world, URI);
  gint64 before_us;

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n" });
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
  before_us = msa_sim_get_now_us (world->sim);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, EXPECT_WAIT_US);
  g_assert_true (g_str_has_suffix (get_request (world, 0), "\r\n\r\nx"));
}

static void
test_expectation_fails (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .refuse_once = TRUE });
  msa_easy_set_body_stream (easy, NULL, stream, -1);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_null (strstr (get_request (world, 1), "Expect"));
  g_assert_true (g_str_has_suffix (get_request (world, 1), "5\r\nhello\r\n0\r\n\r\n"));
}

static char *
join_chunks (const char *chunks)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gssize size;

  while ((size = (gssize) g_ascii_strtoull (chunks, (char **) &chunks, 16)) > 0)
    {
      g_string_append_len (text, chunks + 2, size);
      chunks += 2 + size + 2;
    }
  g_assert_cmpstr (chunks, ==, "\r\n\r\n");

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The refusal comes when nobody waits any more: all of the body goes out once more. */
static void
test_expectation_fails_late (MsaTestWorld *world)
{
  const gint64 *length = world->row;
  g_autoptr (GBytes) bytes = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autoptr (GInputStream) stream = make_stream (text);
  MsaEasy *easy = msa_test_world_make (world, URI);
  gint64 before_us;

  prepare (world, (Script) { .refuse_once = TRUE, .late_us = 2 * EXPECT_WAIT_US });
  msa_easy_set_body_stream (easy, NULL, stream, *length);
  before_us = msa_sim_get_now_us (world->sim);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, >=, 2 * EXPECT_WAIT_US);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);

  g_assert_nonnull (strstr (get_request (world, 0), "Expect: 100-continue\r\n"));
  g_assert_null (strstr (get_request (world, 1), "Expect"));
  for (guint i = 0; i < 2; i++)
    {
      const char *body = strstr (get_request (world, i), "\r\n\r\n") + 4;
      g_autofree char *joined = *length < 0 ? join_chunks (body) : g_strdup (body);

      g_assert_true (g_str_equal (joined, text));
    }
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, strlen (text));
}

/* What the application asks is its own: it gets the answer. */
static void
test_own_expectation_fails (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .refuse_once = TRUE });
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 417);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
}

/* HTTP/1.0 knows no 100 (Continue). */
static void
test_expect_is_not_for_http_1_0 (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_0);
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 0), "POST /up HTTP/1.0\r\n"));
  g_assert_null (strstr (get_request (world, 0), "Expect"));
}

/* Nor does anybody wait there for what the application would ask. */
static void
test_own_expect_is_not_for_http_1_0 (MsaTestWorld *world)
{
  static const char *const values[] = { "100-continue", "something-else" };

  prepare (world, (Script) { .reply = NULL });
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);
      MsaEasy *easy = msa_test_world_make (world, URI);
      MsaHeaders *headers = msa_easy_get_request_headers (easy);
      gint64 before_us = msa_sim_get_now_us (world->sim);

      msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_0);
      msa_easy_set_body (easy, NULL, body);
      g_assert_true (msa_headers_append (headers, "expect", values[i], NULL));
      g_assert_true (msa_headers_append (headers, "X-Other", "sent", NULL));
      g_assert_no_error (run_one (world, easy));
      g_assert_null (strstr (get_request (world, i), "xpect"));
      g_assert_true (g_str_has_suffix (get_request (world, i), "X-Other: sent\r\n\r\nhello"));
      g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, EXPECT_WAIT_US);
    }
}

/* While the body is held nobody asks whether it could be sent: the socket always could. */
static void
test_expect_polls_no_room (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
  MsaEasy *easy = msa_test_world_make (world, URI);
  guint n_calls;

  prepare (world, (Script) { .interim = "HTTP/1.1 100 Continue\r\n\r\n", .late_us = 900000 });
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_SENDING));
  msa_test_world_settle (world, 10000);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, msa_test_world_get_fd (world)), ==,
                   MSA_SOCKET_IN);
  n_calls = msa_test_driver_count_socket_calls (world->driver);
  msa_test_world_settle (world, 800000);
  g_assert_cmpuint (msa_test_driver_count_socket_calls (world->driver), ==, n_calls);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, 0);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
}

/* Whatever comes of the question, the next request stands where the peer looks for it (Go
 * CVE-2024-24791). */

typedef struct
{
  const char *name;
  Script script;
  guint status;
  guint n_peers; /* with the request behind it */
  gboolean sent; /* the body was */
} Expectation;

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define FINAL(status) "HTTP/1.1 " status " X\r\nContent-Length: 0\r\n\r\n"

static const Expectation expectations[] = {
  { "continue", { .interim = CONTINUE }, 200, 1, TRUE },
  { "none", { .reply = NULL }, 200, 1, TRUE },
  { "late-continue", { .interim = CONTINUE, .late_us = 999500 }, 200, 1, TRUE },
  { "continue-behind-final", { .interim = CONTINUE, .late_us = 1005000 }, 200, 2, TRUE },
  { "another-interim-first", { .interim = "HTTP/1.1 103 X\r\n\r\n" CONTINUE }, 200, 1, TRUE },
  { "twice-continue", { .interim = CONTINUE CONTINUE }, 200, 1, TRUE },
  { "final", { .early = FINAL ("200") }, 200, 1, TRUE },
  { "final-that-closes",
    { .early = "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" },
    200,
    2,
    TRUE },
  { "refused", { .early = FINAL ("403") }, 403, 2, FALSE },
  { "refused-with-continue", { .early = CONTINUE FINAL ("403") }, 403, 1, TRUE },
  { "expectation-failed", { .early = FINAL ("417") }, 417, 2, FALSE },
};

static void
test_expectation (MsaTestWorld *world)
{
  const Expectation *row = world->row;
  g_autoptr (GBytes) body = g_bytes_new_static ("body", 4);
  MsaEasy *easy = msa_test_world_make (world, URI);
  MsaEasy *next = msa_test_world_make (world, "http://10.0.0.9/next");
  GString *received;

  prepare (world, row->script);
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, row->status);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, row->sent ? 4 : 0);
  msa_test_world_settle (world, 10000);

  received = msa_sim_peer_get_received (msa_sim_get_peer (world->sim, 0));
  g_assert_true (g_str_has_suffix (received->str, row->sent ? "\r\n\r\nbody" : "\r\n\r\n"));
  g_string_truncate (received, 0);
  script.early = NULL;
  g_assert_no_error (run_one (world, next));
  g_assert_cmpuint (msa_easy_get_status (next), ==, 200);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, row->n_peers);
  g_assert_true (g_str_has_prefix (get_request (world, row->n_peers - 1), "GET /next HTTP"));
}

/* After HTTP/1.0 */

#define REFUSAL_1_0 "HTTP/1.0 417 No\r\nContent-Length: 0\r\n\r\n"

static void
test_goes_on_in_http_1_0 (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .refuse_once = TRUE, .refusal = REFUSAL_1_0 });
  msa_easy_set_body (easy, NULL, body);
  msa_headers_append (msa_easy_get_request_trailers (easy), "X-Sum", "42", NULL);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_nonnull (strstr (get_request (world, 0), "POST /up HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (get_request (world, 0), "Transfer-Encoding: chunked\r\n"));
  g_assert_nonnull (strstr (get_request (world, 1), "POST /up HTTP/1.0\r\n"));
  g_assert_nonnull (strstr (get_request (world, 1), "Content-Length: 1048577\r\n"));
  g_assert_null (strstr (get_request (world, 1), "Transfer-Encoding"));
  g_assert_null (strstr (get_request (world, 1), "Trailer"));

  /* It is of that run alone. */
  msa_headers_clear (msa_easy_get_request_trailers (easy));
  g_assert_no_error (run_one (world, easy));
  g_assert_nonnull (strstr (get_request (world, 2), "POST /up HTTP/1.1\r\n"));
}

/* Nor can a length be made up. */
static void
test_http_1_0_needs_length (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .refuse_once = TRUE, .refusal = REFUSAL_1_0 });
  msa_easy_set_body_stream (easy, NULL, stream, -1);
  g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "HTTP/1.0"));
}

/* Sending on after an error: all of it goes out, and the connection stays good (B31). */
static void
test_keep_sending (MsaTestWorld *world)
{
  const gsize size = 200000;
  g_autoptr (GBytes) body = make_large (size);
  MsaEasy *easy = msa_test_world_make (world, URI);

  msa_sim_set_send_window (world->sim, 3000);
  prepare (world, (Script) { .early = FINAL ("403") });
  msa_easy_set_keep_sending_on_error (easy, TRUE);
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 403);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, size);
  msa_test_world_settle (world, 10000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
}

/* An answer that is no refusal stops nothing. */
static void
test_early_success (MsaTestWorld *world)
{
  const gsize size = 200000;
  g_autoptr (GBytes) body = make_large (size);
  MsaEasy *easy = msa_test_world_make (world, URI);

  msa_sim_set_send_window (world->sim, 3000);
  prepare (world, (Script) { .early = FINAL ("200") });
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, size);
  msa_test_world_settle (world, 10000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
}

/* The peer has had enough: then it ends there. */
static void
early_close_cb (MsaSim *sim,
                MsaSimPeer *peer,
                gpointer data)
{
  msa_sim_peer_stop_reading (peer);
  msa_sim_peer_send_at (peer, 20000, FINAL ("403"), -1);
  msa_sim_peer_close_at (peer, 40000);
}

static void
test_keep_sending_until_close (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (1000000);
  MsaEasy *easy = msa_test_world_make (world, URI);

  msa_sim_set_send_window (world->sim, 3000);
  msa_sim_listen (world->sim, "10.0.0.9", 80, early_close_cb, NULL);
  msa_easy_set_keep_sending_on_error (easy, TRUE);
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 403);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), <, 1000000);
  msa_test_world_settle (world, 10000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
}

static void
test_early_refusal_stops (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = make_large (MSA_EXPECT_THRESHOLD_BYTES + 1);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .early = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" });
  msa_easy_set_body (easy, NULL, body);
  g_assert_no_error (run_one (world, easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 403);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, 0);
  /* What was announced was not sent: the connection is of no more use. Its peer does not close. */
  msa_test_world_settle (world, MSA_SHUTDOWN_BUDGET_US);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
}

/* Sinks */

static void
test_output_stream (MsaTestWorld *world)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_output_stream (easy, stream);
  g_assert_no_error (run_one (world, easy));
  g_assert_null (msa_easy_get_body (easy));
  g_assert_false (g_output_stream_is_closed (stream));
  g_assert_cmpmem (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream)),
                   g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (stream)), "ok", 2);
}

static char *
make_folder (void)
{
  char *folder = g_dir_make_tmp ("msa-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

static void
test_output_file (MsaTestWorld *world)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *contents = NULL;
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_output_file (easy, file);
  g_assert_no_error (run_one (world, easy));
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "ok");
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_output_file_of_empty_body (MsaTestWorld *world)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" });
  msa_easy_set_output_file (easy, file);
  g_assert_no_error (run_one (world, easy));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_truncated_leaves_no_file (MsaTestWorld *world)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" });
  msa_easy_set_timeout_ms (easy, 500);
  msa_easy_set_output_file (easy, file);
  g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  msa_test_world_settle (world, 10000);
  /* Nothing at all was left behind. */
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_failure_keeps_old_file (MsaTestWorld *world)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *contents = NULL;
  MsaEasy *easy = msa_test_world_make (world, URI);

  g_file_set_contents (path, "old", -1, NULL);
  prepare (world, (Script) { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" });
  msa_easy_set_timeout_ms (easy, 500);
  msa_easy_set_output_file (easy, file);
  g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  msa_test_world_settle (world, 10000);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "old");
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The peer waits until the disk has caught up. */
static void
test_slow_disk (MsaTestWorld *world)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = msa_test_world_make (world, "/size/1000000");
  GStatBuf info;

  msa_sim_set_job_delay (world->sim, 2 * G_USEC_PER_SEC);
  msa_easy_set_output_file (easy, file);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), >=, MSA_MAX_SINK_BYTES);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), <, MSA_MAX_SINK_BYTES + MSA_SCRATCH_BYTES);

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 1000000);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_output_file_that_cannot_be (MsaTestWorld *world)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/out");
  MsaEasy *easy = msa_test_world_make (world, URI);
  GError *error;

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_output_file (easy, file);
  error = run_one (world, easy);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_WRITE);
  g_assert_nonnull (strstr (error->message, "/nonexistent/out"));
}

int
main (int argc,
      char **argv)
{
  static const gint64 lengths[] = { -1, MSA_EXPECT_THRESHOLD_BYTES + 1 };
  static const MsaTestWorldTest tests[] = {
    { "/msa/bodies/stream-of-known-length", test_stream_of_known_length },
    { "/msa/bodies/stream-of-unknown-length", test_stream_of_unknown_length },
    { "/msa/bodies/trailers", test_trailers },
    { "/msa/bodies/trailers-announced", test_trailers_announced },
    { "/msa/bodies/trailers-malformed", test_trailers_malformed },
    { "/msa/bodies/trailers-limit", test_trailers_limit },
    { "/msa/bodies/trailer-that-frames", test_trailer_that_frames },
    { "/msa/bodies/short-stream", test_short_stream },
    { "/msa/bodies/file", test_file },
    { "/msa/bodies/missing-file", test_missing_file },
    { "/msa/bodies/stream-runs-again", test_stream_runs_again },
    { "/msa/bodies/expect/late", test_expect_is_late },
    { "/msa/bodies/expect/timeout-none", test_expect_timeout_none },
    { "/msa/bodies/expect/not-for-small", test_expect_is_not_for_small },
    { "/msa/bodies/expect/not-for-small-with-trailers",
      test_expect_is_not_for_small_with_trailers },
    { "/msa/bodies/expect/by-application", test_expect_by_application },
    { "/msa/bodies/expect/fails", test_expectation_fails },
    { "/msa/bodies/expect/own-fails", test_own_expectation_fails },
    { "/msa/bodies/expect/not-for-http-1-0", test_expect_is_not_for_http_1_0 },
    { "/msa/bodies/expect/own-not-for-http-1-0", test_own_expect_is_not_for_http_1_0 },
    { "/msa/bodies/http-1-0/goes-on", test_goes_on_in_http_1_0 },
    { "/msa/bodies/http-1-0/needs-length", test_http_1_0_needs_length },
    { "/msa/bodies/keep-sending/all", test_keep_sending },
    { "/msa/bodies/keep-sending/until-close", test_keep_sending_until_close },
    { "/msa/bodies/early-refusal-stops", test_early_refusal_stops },
    { "/msa/bodies/early-success", test_early_success },
    { "/msa/bodies/output-stream", test_output_stream },
    { "/msa/bodies/output-file", test_output_file },
    { "/msa/bodies/output-file-of-empty-body", test_output_file_of_empty_body },
    { "/msa/bodies/truncated-leaves-no-file", test_truncated_leaves_no_file },
    { "/msa/bodies/failure-keeps-old-file", test_failure_keeps_old_file },
    { "/msa/bodies/output-file-that-cannot-be", test_output_file_that_cannot_be },
    { "/msa/bodies/slow-disk", test_slow_disk },
  };

  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  MSA_TEST_WORLD_ADD_ROWS ("/msa/bodies/expect-then", expectations, test_expectation);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/bodies/expect/own", own_expects, test_own_expect);
  msa_test_world_add_row_test ("/msa/bodies/expect/fails-late/unknown-length",
                               test_expectation_fails_late, &lengths[0]);
  msa_test_world_add_row_test ("/msa/bodies/expect/fails-late/known-length",
                               test_expectation_fails_late, &lengths[1]);
  /* GIO's own threads read from it on an attached multi. */
  msa_test_world_add_real_test ("/msa/bodies/stream-fails", test_stream_fails);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/bodies/stream-cannot-be-rewound",
                              test_stream_cannot_be_rewound);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/bodies/unread-pipe-runs-again",
                              test_unread_pipe_runs_again);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/bodies/pipe-goes-on", test_pipe_goes_on);
  msa_test_world_add_row_test ("/msa/bodies/expect/timeout/none", test_expect_timeout,
                               GUINT_TO_POINTER (0));
  msa_test_world_add_row_test ("/msa/bodies/expect/timeout/short", test_expect_timeout,
                               GUINT_TO_POINTER (20));
  msa_test_world_add_row_test ("/msa/bodies/expect/timeout/long", test_expect_timeout,
                               GUINT_TO_POINTER (30000));
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/bodies/expect/polls-no-room",
                              test_expect_polls_no_room);

  return g_test_run ();
}

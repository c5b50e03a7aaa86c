/* test-bodies.c: bodies from streams and files, and to them, through a multi
 *
 * The server here is scripted byte by byte: what is looked at is what stands on the wire.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

#include <glib/gstdio.h>

#define URI "http://10.0.0.9/up"

/* What the scripted server does. */
typedef struct
{
  const char *interim; /* (nullable): said when the head has come */
  const char *reply; /* said when the request is complete */
  const char *early; /* (nullable): said when the head has come; the rest is not waited for */
  gboolean refuse_once; /* 417 to the first request that asks first */
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
  peer->user_data = &script;
  if (first && script.refuse_once && strstr (request->str, "Expect:") != NULL)
    msa_sim_peer_send (peer, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", -1);
  else if (first && script.early != NULL)
    msa_sim_peer_send (peer, script.early, -1);
  else if (first && script.interim != NULL)
    msa_sim_peer_send (peer, script.interim, -1);
  if (script.early == NULL && is_complete (request->str))
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

static void
test_trailer_that_frames (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = make_stream ("hello");
  MsaEasy *easy = msa_test_world_make (world, URI);

  prepare (world, (Script) { .reply = NULL });
  msa_easy_set_body_stream (easy, NULL, stream, 5);
  msa_headers_append (msa_easy_get_request_trailers (easy), "Content-Length", "9", NULL);
  g_assert_error (run_one (world, easy), MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
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
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, >=, MSA_EXPECT_WAIT_US);
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
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, MSA_EXPECT_WAIT_US);
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
  static const struct
  {
    const char *path;
    MsaTestWorldFunc func;
  } tests[] = {
    { "/msa/bodies/stream-of-known-length", test_stream_of_known_length },
    { "/msa/bodies/stream-of-unknown-length", test_stream_of_unknown_length },
    { "/msa/bodies/trailers", test_trailers },
    { "/msa/bodies/trailer-that-frames", test_trailer_that_frames },
    { "/msa/bodies/short-stream", test_short_stream },
    { "/msa/bodies/file", test_file },
    { "/msa/bodies/missing-file", test_missing_file },
    { "/msa/bodies/stream-runs-again", test_stream_runs_again },
    { "/msa/bodies/expect/late", test_expect_is_late },
    { "/msa/bodies/expect/not-for-small", test_expect_is_not_for_small },
    { "/msa/bodies/expect/by-application", test_expect_by_application },
    { "/msa/bodies/expect/fails", test_expectation_fails },
    { "/msa/bodies/early-refusal-stops", test_early_refusal_stops },
    { "/msa/bodies/output-stream", test_output_stream },
    { "/msa/bodies/output-file", test_output_file },
    { "/msa/bodies/output-file-of-empty-body", test_output_file_of_empty_body },
    { "/msa/bodies/truncated-leaves-no-file", test_truncated_leaves_no_file },
    { "/msa/bodies/failure-keeps-old-file", test_failure_keeps_old_file },
    { "/msa/bodies/output-file-that-cannot-be", test_output_file_that_cannot_be },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    msa_test_world_add_test (tests[i].path, tests[i].func);

  return g_test_run ();
}

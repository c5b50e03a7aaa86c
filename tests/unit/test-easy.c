/* test-easy.c: the object: settings, copies, results, one run after the other
 *
 * Each option by itself is tested by what the option table generates. What goes over the wire
 * is in test-exchange.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "sim/msa-test-world.h"

/* Settings */

static void
test_new (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/");
  g_autoptr (MsaEasy) bare = msa_easy_new (NULL);

  g_assert_cmpstr (msa_easy_get_uri (easy), ==, "http://example.org/");
  g_assert_null (msa_easy_get_uri (bare));
  g_assert_cmpuint (msa_headers_get_length (msa_easy_get_request_headers (easy)), ==, 0);
}

static void
test_defaults (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);

  g_assert_null (msa_easy_get_method (easy));
  g_assert_null (msa_easy_get_user_agent (easy));
  g_assert_null (msa_easy_get_referer (easy));
  g_assert_null (msa_easy_get_request_target (easy));
  g_assert_false (msa_easy_get_path_as_is (easy));
  g_assert_cmpint (msa_easy_get_http_version (easy), ==, MSA_HTTP_VERSION_AUTO);
  g_assert_cmpuint (msa_easy_get_timeout_ms (easy), ==, 0);
  g_assert_cmpint (msa_easy_get_max_body_bytes (easy), ==, 0);
  g_assert_cmpint (msa_easy_get_priority (easy), ==, G_PRIORITY_DEFAULT);
  g_assert_null (msa_easy_get_tls_config (easy));
}

/* What no run has filled */
static void
assert_no_results (MsaEasy *easy)
{
  g_assert_null (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 0);
  g_assert_null (msa_easy_get_reason_phrase (easy));
  g_assert_cmpint (msa_easy_get_response_version (easy), ==, MSA_HTTP_VERSION_AUTO);
  g_assert_null (msa_easy_get_response_headers (easy));
  g_assert_null (msa_easy_get_headers (easy, MSA_HEADER_FINAL, 0));
  g_assert_null (msa_easy_get_headers (easy, MSA_HEADER_INFORMATIONAL, 0));
  g_assert_null (msa_easy_get_headers (easy, MSA_HEADER_TRAILER, 0));
  g_assert_null (msa_easy_get_body (easy));
  g_assert_cmpint (msa_easy_get_content_length (easy), ==, -1);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 0);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, 0);
  g_assert_null (msa_easy_dup_effective_uri (easy));
  g_assert_null (msa_easy_dup_remote_address (easy));
}

static void
test_no_results (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/");

  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_IDLE);
  assert_no_results (easy);
  /* Neither does what steers a run any harm. */
  msa_easy_pause (easy, MSA_DIRECTION_BOTH);
  msa_easy_resume (easy, MSA_DIRECTION_BOTH);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_IDLE);
}

static void
fill (MsaEasy *easy)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);

  msa_easy_set_uri (easy, "http://example.org/set");
  msa_easy_set_method (easy, "PUT");
  msa_easy_set_timeout_ms (easy, 5000);
  msa_easy_set_priority (easy, 7);
  msa_easy_set_body (easy, "text/plain", body);
  msa_headers_append (msa_easy_get_request_headers (easy), "X-Mine", "1", NULL);
}

/* What a run of it would be like */
static void
assert_filled (MsaEasy *easy)
{
  g_assert_cmpstr (msa_easy_get_uri (easy), ==, "http://example.org/set");
  g_assert_cmpstr (msa_easy_get_method (easy), ==, "PUT");
  g_assert_cmpuint (msa_easy_get_timeout_ms (easy), ==, 5000);
  g_assert_cmpint (msa_easy_get_priority (easy), ==, 7);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_request_headers (easy), "x-mine"), ==, "1");
}

static void
test_copy (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaEasy) copy = NULL;

  fill (easy);
  copy = msa_easy_copy (easy);
  g_assert_true (copy != easy);
  assert_filled (copy);
  g_assert_cmpint (msa_easy_get_state (copy), ==, MSA_EASY_IDLE);

  /* Neither hears of what is done to the other. */
  msa_easy_set_method (easy, "POST");
  msa_headers_clear (msa_easy_get_request_headers (easy));
  assert_filled (copy);
  msa_easy_set_uri (copy, "http://example.com/");
  msa_headers_append (msa_easy_get_request_headers (copy), "X-Other", "2", NULL);
  g_assert_cmpstr (msa_easy_get_uri (easy), ==, "http://example.org/set");
  g_assert_cmpuint (msa_headers_get_length (msa_easy_get_request_headers (easy)), ==, 0);
}

static void
count_cb (MsaEasy *easy,
          GParamSpec *pspec,
          gpointer data)
{
  (*(guint *) data)++;
}

static void
test_notify (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  guint n = 0;

  g_signal_connect (easy, "notify", G_CALLBACK (count_cb), &n);
  msa_easy_set_method (easy, "PUT");
  msa_easy_set_method (easy, "PUT");
  g_assert_cmpuint (n, ==, 1);
  msa_easy_set_timeout_ms (easy, 1);
  msa_easy_set_timeout_ms (easy, 1);
  g_assert_cmpuint (n, ==, 2);
  msa_easy_set_method (easy, NULL);
  g_assert_cmpuint (n, ==, 3);
}

static void
test_reset (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  guint n = 0;

  fill (easy);
  g_signal_connect (easy, "notify::method", G_CALLBACK (count_cb), &n);
  msa_easy_reset (easy);
  g_assert_cmpuint (n, ==, 1);
  g_assert_null (msa_easy_get_uri (easy));
  g_assert_null (msa_easy_get_method (easy));
  g_assert_cmpuint (msa_easy_get_timeout_ms (easy), ==, 0);
  g_assert_cmpint (msa_easy_get_priority (easy), ==, 0);
  g_assert_cmpuint (msa_headers_get_length (msa_easy_get_request_headers (easy)), ==, 0);
  msa_easy_reset (easy);
  g_assert_cmpuint (n, ==, 1);
}

/* Through the properties, as bindings do */
static void
test_properties (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/hello");
  g_autofree char *reason = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *address = NULL;
  g_autoptr (MsaHeaders) headers = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (MsaTimings) timings = NULL;
  MsaEasyState state;
  MsaHttpVersion version;
  guint status;
  gint64 length;
  guint64 received, sent;

  g_assert_true (msa_test_world_run (world, 1));
  g_object_get (easy, "state", &state, "status", &status, "reason-phrase", &reason,
                "response-version", &version, "response-headers", &headers, "body", &body,
                "content-length", &length, "bytes-received", &received, "bytes-sent", &sent,
                "effective-uri", &uri, "remote-address", &address, "timings", &timings, NULL);
  g_assert_cmpint (state, ==, MSA_EASY_DONE);
  g_assert_cmpuint (status, ==, 200);
  g_assert_cmpstr (reason, ==, msa_easy_get_reason_phrase (easy));
  g_assert_cmpint (version, ==, MSA_HTTP_VERSION_HTTP_1_1);
  g_assert_true (headers == msa_easy_get_response_headers (easy));
  g_assert_true (body == msa_easy_get_body (easy));
  g_assert_cmpint (length, ==, 6);
  g_assert_cmpuint (received, ==, 6);
  g_assert_cmpuint (sent, ==, 0);
  g_assert_cmpstr (uri, ==, "http://example.org/hello");
  g_assert_cmpstr (address, ==, "10.0.0.1:80");
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_FINISHED), >, 0);
}

static void
test_property_bounds (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);

  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*priority*");
  msa_easy_set_priority (easy, 1000001);
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*max_body_bytes*");
  msa_easy_set_max_body_bytes (easy, -2);
  g_test_assert_expected_messages ();
  g_assert_cmpint (msa_easy_get_priority (easy), ==, 0);
  g_assert_cmpint (msa_easy_get_max_body_bytes (easy), ==, 0);
}

/* What only the caller can do wrong */
static void
test_arguments (void)
{
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*MSA_IS_EASY*");
  g_assert_null (msa_easy_copy (NULL));
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*MSA_IS_EASY*");
  g_assert_null (msa_easy_get_uri (NULL));
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*MSA_IS_EASY*");
  msa_easy_set_uri (NULL, "x");
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*MSA_IS_EASY*");
  g_assert_cmpuint (msa_easy_get_status (NULL), ==, 0);
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*MSA_IS_EASY*");
  g_assert_false (msa_easy_run_sync (NULL, NULL, NULL));
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*MSA_IS_EASY*");
  msa_easy_pause (NULL, MSA_DIRECTION_BOTH);
  g_test_assert_expected_messages ();
}

/* The write function */

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  return MSA_WRITE_CONTINUE;
}

static void
destroy_cb (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_write_func_destroyed (void)
{
  MsaEasy *easy = msa_easy_new (NULL);
  g_autoptr (MsaEasy) copy = NULL;
  guint n = 0;

  msa_easy_set_write_func (easy, write_cb, &n, destroy_cb);
  g_assert_cmpuint (n, ==, 0);
  msa_easy_set_write_func (easy, write_cb, &n, destroy_cb);
  g_assert_cmpuint (n, ==, 1);
  copy = msa_easy_copy (easy);
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
  g_assert_cmpuint (n, ==, 2);
  msa_easy_set_write_func (easy, write_cb, &n, destroy_cb);
  msa_easy_reset (easy);
  g_assert_cmpuint (n, ==, 3);
  msa_easy_set_write_func (easy, write_cb, &n, destroy_cb);
  g_object_unref (easy);
  g_assert_cmpuint (n, ==, 4);
  /* Data without a function is not kept. */
  msa_easy_set_write_func (copy, NULL, &n, destroy_cb);
  g_assert_cmpuint (n, ==, 5);
}

/* A run goes on with the function it began with. */
typedef struct
{
  MsaEasy *easy; /* (owned) (nullable) */
  gboolean drops;
  int n;
} Owner;

static void
owner_cb (gpointer data)
{
  Owner *self = data;

  if (self->drops)
    g_clear_object (&self->easy);
  else
    msa_easy_set_write_func (self->easy, write_cb, &self->n, destroy_cb);
}

/* What is destroyed by replacing sets another one, or lets go of the easy. */
static void
test_write_func_replaced_underneath (void)
{
  Owner owner = { msa_easy_new (NULL), FALSE, 0 };

  msa_easy_set_write_func (owner.easy, write_cb, &owner, owner_cb);
  msa_easy_set_write_func (owner.easy, write_cb, &owner.n, destroy_cb);
  g_assert_cmpint (owner.n, ==, 1);
  g_clear_object (&owner.easy);
  g_assert_cmpint (owner.n, ==, 2);

  owner = (Owner) { msa_easy_new (NULL), TRUE, 0 };
  msa_easy_set_write_func (owner.easy, write_cb, &owner, owner_cb);
  msa_easy_set_write_func (owner.easy, write_cb, &owner.n, destroy_cb);
  g_assert_null (owner.easy);
  g_assert_cmpint (owner.n, ==, 1);
}

static void
free_body_cb (gpointer data)
{
  Owner *self = data;

  if (self->drops)
    g_clear_object (&self->easy);
  else
    msa_easy_set_method (self->easy, "PUT");
  self->n++;
}

/* The same of a body. */
static void
test_body_replaced_underneath (void)
{
  for (guint drops = 0; drops < 2; drops++)
    {
      Owner owner = { msa_easy_new (NULL), drops != 0, 0 };
      g_autoptr (GBytes) body = g_bytes_new_with_free_func ("body", 4, free_body_cb, &owner);

      msa_easy_set_body (owner.easy, NULL, body);
      g_clear_pointer (&body, g_bytes_unref);
      msa_easy_set_body (owner.easy, NULL, NULL);
      g_assert_cmpint (owner.n, ==, 1);
      g_assert_cmpint (owner.easy == NULL, ==, owner.drops);
      g_clear_object (&owner.easy);
    }
}

static void
test_write_func_replaced (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/100000");
  guint n = 0;

  msa_easy_set_write_func (easy, write_cb, &n, destroy_cb);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_null (msa_easy_get_body (easy));
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 100000);
  g_assert_cmpuint (n, ==, 1);

  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 100000);
}

typedef struct
{
  MsaWriteResult answer;
  guint          n_calls;
} Writer;

static MsaWriteResult
answer_cb (MsaEasy *easy,
           const guint8 *data,
           gsize len,
           gpointer user_data)
{
  Writer *writer = user_data;

  g_assert_cmpuint (len, >, 0);
  writer->n_calls++;

  return writer->answer;
}

static void
run_refusal (MsaTestWorld *world,
             int answer)
{
  Writer writer = { .answer = (MsaWriteResult) answer };
  MsaEasy *easy = msa_test_world_make (world, "/size/100000");

  msa_easy_set_write_func (easy, answer_cb, &writer, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->records->len));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_WRITE);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "after 0 bytes"));
  g_assert_cmpuint (writer.n_calls, ==, 1);
}

static void
test_write_func_refuses (MsaTestWorld *world)
{
  run_refusal (world, MSA_WRITE_ABORT);
  run_refusal (world, 17);
}

/* One run after the other */

static void
test_states (MsaTestWorld *world)
{
  static const MsaEasyState states[] = { MSA_EASY_CONNECTING, MSA_EASY_WAITING, MSA_EASY_RECEIVING,
                                         MSA_EASY_DONE };
  MsaEasy *easy = msa_test_world_add (world, "/size/500000");

  msa_sim_set_segment (world->sim, 1000);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_QUEUED);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_true (msa_test_world_run_until_state (world, easy, states[i]));
}

static void
test_results_until_next (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/hello");
  g_autoptr (GBytes) kept = NULL;

  g_assert_true (msa_test_world_run (world, 1));
  kept = g_bytes_ref (msa_easy_get_body (easy));
  msa_easy_reset (easy);
  msa_easy_set_uri (easy, "http://example.org/status/404");
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_true (msa_easy_get_body (easy) == kept);

  /* Added, it has nothing to show but what this run brings. */
  msa_test_world_add_again (world, easy);
  assert_no_results (easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 404);
  g_assert_cmpmem (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept), "/hello", 6);
}

static void
test_error_until_next (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "http://:bad/");

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BAD_URI);
  msa_easy_set_uri (easy, "http://example.org/hello");
  msa_test_world_add_again (world, easy);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (easy));
}

static void
echo_cb (MsaSimPeer *peer,
         const char *method,
         const char *target,
         const char *head,
         GBytes *body,
         gpointer data)
{
  msa_sim_http_respond (peer, 200, NULL, head);
}

static gboolean
body_has (MsaEasy *easy,
          const char *text)
{
  GBytes *body = msa_easy_get_body (easy);
  g_autofree char *copy = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));

  return strstr (copy, text) != NULL;
}

/* Body and headers are copied too. */
static void
test_copy_runs (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaEasy) copy = NULL;

  msa_sim_http_server (world->sim, "10.0.0.1", 80, echo_cb, NULL);
  fill (easy);
  copy = msa_easy_copy (easy);
  msa_easy_reset (easy);
  g_assert_true (msa_multi_add (world->multi, copy, NULL));
  g_assert_true (msa_test_world_run_until_state (world, copy, MSA_EASY_DONE));
  g_assert_no_error (msa_easy_get_error (copy));
  g_assert_true (body_has (copy, "PUT /set "));
  g_assert_true (body_has (copy, "Content-Type: text/plain\r\nContent-Length: 5\r\nX-Mine: 1\r\n"));

  /* What was reset has none of them. */
  msa_easy_set_uri (easy, "http://example.org/");
  g_assert_true (msa_multi_add (world->multi, easy, NULL));
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_DONE));
  g_assert_true (body_has (easy, "GET / "));
  g_assert_false (body_has (easy, "Content-"));
  g_assert_false (body_has (easy, "X-Mine"));
}

/* All settings, the header list among them, are those of the time of adding. */
static void
test_snapshot (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/one");
  MsaHeaders *headers = msa_easy_get_request_headers (easy);

  msa_sim_http_server (world->sim, "10.0.0.1", 80, echo_cb, NULL);
  msa_headers_append (headers, "X-Run", "one", NULL);
  msa_test_world_add_again (world, easy);
  msa_headers_replace (headers, "X-Run", "two", NULL);
  msa_easy_set_uri (easy, "http://example.org/two");
  msa_easy_set_method (easy, "DELETE");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_true (body_has (easy, "GET /one "));
  g_assert_true (body_has (easy, "X-Run: one"));

  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_true (body_has (easy, "DELETE /two "));
  g_assert_true (body_has (easy, "X-Run: two"));
  msa_headers_clear (headers);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_false (body_has (easy, "X-Run"));
}

/* An easy that runs again unchanged does not work everything out again. */
static void
test_snapshot_shared (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/hello");
  const MsaHop *hop;

  g_assert_true (msa_test_world_run (world, 1));
  hop = msa_easy_get_membership (easy)->transfer->hop;
  g_assert_nonnull (hop);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_true (msa_easy_get_membership (easy)->transfer->hop == hop);
}

/* Synchronously, on the real system */

static void
test_sync (MsaTestWorld *world)
{
  g_autofree char *uri = g_strconcat (world->base, "/size/1000", NULL);
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (MsaTimings) timings = NULL;

      g_assert_true (msa_easy_run_sync (easy, NULL, &error));
      g_assert_no_error (error);
      msa_test_world_assert_filled (easy, 1000);
      /* Its multi stays, with the connection. */
      timings = msa_easy_get_timings (easy);
      g_assert_cmpint (msa_timings_is_reused (timings), ==, i > 0);
    }
  g_assert_cmpuint (msa_test_server_count_requests (world->server), ==, 3);
}

static void
test_sync_error (MsaTestWorld *world)
{
  g_autofree char *uri = g_strconcat (world->base, "/truncated/1000", NULL);
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  g_autoptr (GError) error = NULL;

  g_assert_false (msa_easy_run_sync (easy, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TRUNCATED);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
  g_assert_false (msa_easy_run_sync (easy, NULL, NULL));
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_sync_cancelled (MsaTestWorld *world)
{
  g_autofree char *uri = g_strconcat (world->base, "/hang", NULL);
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_thread, cancellable);

  g_assert_false (msa_easy_run_sync (easy, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_DONE);
}

static void
test_sync_added (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/hang");
  g_autoptr (GError) error = NULL;

  g_assert_false (msa_easy_run_sync (easy, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 1);
}

/* From a handler of another multi's run: both go on. */
static void
run_within_cb (MsaEasy *easy,
               const GError *error,
               gpointer data)
{
  g_autoptr (MsaEasy) inner = msa_easy_new (data);
  g_autoptr (GError) failure = NULL;

  g_assert_true (msa_easy_run_sync (inner, NULL, &failure));
  g_assert_no_error (failure);
  g_assert_cmpuint (msa_easy_get_status (inner), ==, 200);
}

static void
test_sync_in_handler (MsaTestWorld *world)
{
  g_autofree char *uri = g_strconcat (world->base, "/size/1000", NULL);
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  g_signal_connect (easy, "completed", G_CALLBACK (run_within_cb), uri);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_test_server_count_requests (world->server), ==, 2);
}

/* Bodies from and to streams need no loop of the application's. */
static void
test_sync_streams (MsaTestWorld *world)
{
  g_autofree char *uri = g_strconcat (world->base, "/size/300000", NULL);
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  g_autoptr (GInputStream) input = g_memory_input_stream_new_from_data ("hello", 5, NULL);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  msa_easy_set_body_stream (easy, NULL, input, 5);
  msa_easy_set_output_stream (easy, output);
  g_assert_true (msa_easy_run_sync (easy, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, 5);
  g_assert_cmpuint (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (output)), ==,
                    300000);
}

static void
add_run_tests (void)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/easy/properties", test_properties },
    { "/msa/easy/copy-runs", test_copy_runs },
    { "/msa/easy/write-func/replaced", test_write_func_replaced },
    { "/msa/easy/write-func/refuses", test_write_func_refuses },
    { "/msa/easy/run/states", test_states },
    { "/msa/easy/run/results-until-next", test_results_until_next },
    { "/msa/easy/run/error-until-next", test_error_until_next },
    { "/msa/easy/run/snapshot", test_snapshot },
    { "/msa/easy/run/snapshot-shared", test_snapshot_shared },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    msa_test_world_add_test_in (MSA_TEST_CALLBACKS, tests[i].path, tests[i].func);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/easy/new", test_new);
  g_test_add_func ("/msa/easy/defaults", test_defaults);
  g_test_add_func ("/msa/easy/no-results", test_no_results);
  g_test_add_func ("/msa/easy/copy", test_copy);
  g_test_add_func ("/msa/easy/notify", test_notify);
  g_test_add_func ("/msa/easy/reset", test_reset);
  g_test_add_func ("/msa/easy/property-bounds", test_property_bounds);
  g_test_add_func ("/msa/easy/arguments", test_arguments);
  g_test_add_func ("/msa/easy/write-func/replaced-underneath", test_write_func_replaced_underneath);
  g_test_add_func ("/msa/easy/body-replaced-underneath", test_body_replaced_underneath);
  g_test_add_func ("/msa/easy/write-func/destroyed", test_write_func_destroyed);
  add_run_tests ();
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/easy/sync/body", test_sync);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/easy/sync/error", test_sync_error);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/easy/sync/cancelled",
                                   test_sync_cancelled);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/easy/sync/added", test_sync_added);
  msa_test_world_add_real_test ("/msa/easy/sync/in-handler", test_sync_in_handler);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/easy/sync/streams", test_sync_streams);

  return g_test_run ();
}

/* test-contract-real.c: the core of the contract on the real system, in each driver
 *
 * The same promises as in the other files named contract, with real descriptors and a real clock,
 * against a server on the loopback interface; the driver that watches each descriptor by itself
 * is shown only here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-result.h"
#include "sim/msa-test-world.h"

#include <string.h>

/* Nobody listens there. */
static char *
make_refusing_uri (GSocket **socket)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) local = NULL;

  *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (*socket, any, FALSE, NULL));
  local = g_socket_get_local_address (*socket, NULL);

  return g_strdup_printf ("http://127.0.0.1:%u/",
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local)));
}

static void
test_results (MsaTestWorld *world)
{
  static const struct
  {
    const char *uri;
    int         code; /* -1: none */
    guint       timeout_ms;
  } rows[] = {
    { "/size/100", -1, 0 },
    { "/chunked/5000", -1, 0 },
    { "/status/404", -1, 0 },
    { "/interim", -1, 0 },
    { "http://[/", MSA_ERROR_BAD_URI, 0 },
    { "/truncated/100", MSA_ERROR_TRUNCATED, 0 },
    { "/empty", MSA_ERROR_EMPTY_REPLY, 0 },
    { "/bad", MSA_ERROR_BAD_REPLY, 0 },
    { "/hang", MSA_ERROR_TIMED_OUT, 50 },
    { "/part/100", MSA_ERROR_TIMED_OUT, 50 },
    { NULL, MSA_ERROR_CONNECT, 0 },
  };
  const guint n = 3 * G_N_ELEMENTS (rows);
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *refusing = make_refusing_uri (&socket);
  MsaEasy *easies[3 * G_N_ELEMENTS (rows)];

  msa_multi_set_max_connections_per_host (world->multi, 0);
  for (guint i = 0; i < n; i++)
    {
      const char *uri = rows[i % G_N_ELEMENTS (rows)].uri;

      easies[i] = msa_test_world_make (world, uri != NULL ? uri : refusing);
      msa_easy_set_timeout_ms (easies[i], rows[i % G_N_ELEMENTS (rows)].timeout_ms);
      msa_test_world_add_again (world, easies[i]);
    }
  g_assert_cmpuint (world->n_completed, ==, 0);

  g_assert_true (msa_test_world_run (world, n));
  msa_test_world_settle (world, 0);
  for (guint i = 0; i < n; i++)
    {
      int code = rows[i % G_N_ELEMENTS (rows)].code;

      if (code < 0)
        g_assert_no_error (msa_easy_get_error (easies[i]));
      else
        g_assert_error (msa_easy_get_error (easies[i]), MSA_ERROR, code);
    }
  msa_test_world_assert_all_once (world);
}

/* More than there are connections, each used many times. */
static void
test_many (MsaTestWorld *world)
{
  MsaEasy *easies[200];

  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    easies[i] = msa_test_world_add (world, i % 2 == 0 ? "/size/20000" : "/chunked/20000");
  g_assert_true (msa_test_world_run (world, G_N_ELEMENTS (easies)));
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    msa_test_world_assert_filled (easies[i], 20000);
  g_assert_cmpuint (msa_test_server_count_requests (world->server), ==, 200);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 6);
  msa_test_world_assert_all_once (world);
}

/* Removed at each state; others go on. */
static void
test_removed (MsaTestWorld *world)
{
  MsaEasy *queued = msa_test_world_add (world, "/size/10");
  MsaEasy *waiting = msa_test_world_make (world, "/hang");
  MsaEasy *receiving = msa_test_world_make (world, "/part/100");

  msa_test_world_remove (world, queued);
  msa_test_world_add_again (world, waiting);
  msa_test_world_add_again (world, receiving);
  g_assert_true (msa_test_world_run_until_state (world, waiting, MSA_EASY_WAITING));
  g_assert_true (msa_test_world_run_until_state (world, receiving, MSA_EASY_RECEIVING));
  msa_test_world_remove (world, waiting);
  msa_test_world_remove (world, receiving);
  msa_test_world_add (world, "/size/10");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  msa_test_world_assert_all_once (world);
}

/* Asynchronous calls, and cancelling from another thread: nobody else wakes the driver */

/* Cancels when the other thread's turn has come: usually while the driver waits, at times
 * before. */
static gpointer
cancel_in_thread (gpointer data)
{
  g_thread_yield ();
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_cancelled_from_thread (MsaTestWorld *world)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_auto (MsaTestResult) result = { 0 };
      MsaEasy *easy = msa_test_world_make (world, "/hang");
      GThread *thread;

      msa_test_world_get_record (easy)->n_added++;
      msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, cancellable,
                           msa_test_result_run_cb, &result);
      if (i % 2 == 0)
        g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
      thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
      g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &result));
      g_thread_join (thread);
      g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (result.n_calls, ==, 1);
    }
  msa_test_world_assert_all_once (world);
}

/* The result and the cancellation race: one of both, once. */
static void
test_cancelled_in_race (MsaTestWorld *world)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_auto (MsaTestResult) result = { 0 };
      MsaEasy *easy = msa_test_world_make (world, "/size/10");
      GThread *thread = g_thread_new ("cancel", cancel_in_thread, cancellable);

      msa_test_world_get_record (easy)->n_added++;
      msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, cancellable,
                           msa_test_result_run_cb, &result);
      g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &result));
      g_thread_join (thread);
      msa_test_world_settle (world, 0);
      if (result.error != NULL)
        g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (result.n_calls, ==, 1);
    }
  msa_test_world_assert_all_once (world);
}

static void
test_fetch (MsaTestWorld *world)
{
  g_autofree char *good = g_strconcat (world->base, "/size/100000", NULL);
  g_autofree char *missing = g_strconcat (world->base, "/status/404", NULL);
  g_auto (MsaTestResult) result = { 0 };
  g_auto (MsaTestResult) failed = { 0 };

  msa_multi_fetch_async (world->multi, good, NULL, msa_test_result_fetch_cb, &result);
  msa_multi_fetch_async (world->multi, missing, NULL, msa_test_result_fetch_cb, &failed);
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &result));
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &failed));
  g_assert_no_error (result.error);
  msa_test_assert_fill (g_bytes_get_data (result.body, NULL), g_bytes_get_size (result.body),
                        100000);
  g_assert_error (failed.error, MSA_ERROR, MSA_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (failed.error->message, "404"));
}

static void
test_closed (MsaTestWorld *world)
{
  g_autoptr (GError) error = NULL;
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *late = msa_test_world_make (world, "/size/10");

  for (guint i = 0; i < 20; i++)
    msa_test_world_add (world, "/chunked/5000");
  g_assert_true (msa_test_world_run (world, 1));
  msa_multi_close_async (world->multi, NULL, msa_test_result_close_cb, &result);
  g_assert_false (msa_multi_add (world->multi, late, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &result));
  g_assert_no_error (result.error);
  g_assert_cmpuint (world->n_ok, ==, 20);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  msa_test_world_assert_all_once (world);
}

/* Handlers */

static void
add_itself (MsaTestRecord *record,
            gpointer data)
{
  if (record->n_easy < 10)
    msa_test_world_add_again (record->world, record->easy);
}

static void
test_again_in_own_completion (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  msa_test_world_get_record (easy)->completed = add_itself;
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 10));
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
  msa_test_world_assert_all_once (world);
}

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  GString      *body;  /* (owned) */
  guint         depth;
  guint         n_pauses;
} Reader;

static gboolean
is_other_over (gpointer data)
{
  return msa_easy_get_state (data) == MSA_EASY_DONE;
}

/* In each call another transfer runs from start to end. */
static MsaWriteResult
nested_cb (MsaEasy *easy,
           const guint8 *data,
           gsize len,
           gpointer user_data)
{
  Reader *self = user_data;
  g_autofree char *copy = g_memdup2 (data, len);
  MsaEasy *other;

  g_assert_cmpuint (self->depth++, ==, 0);
  if (self->n_pauses++ < 5)
    {
      other = msa_test_world_add (self->world, "/chunked/20000");
      g_assert_true (msa_test_world_run_until (self->world, is_other_over, other));
      g_assert_no_error (msa_easy_get_error (other));
    }
  self->depth--;
  g_assert_cmpmem (data, len, copy, len);
  g_string_append_len (self->body, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

static void
test_nested (MsaTestWorld *world)
{
  Reader reader = { .world = world, .body = g_string_new (NULL) };
  MsaEasy *easy = msa_test_world_make (world, "/chunked/200000");

  msa_easy_set_write_func (easy, nested_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, is_other_over, easy));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_assert_fill (reader.body->str, reader.body->len, 200000);
  msa_test_world_assert_all_once (world);
  g_string_free (reader.body, TRUE);
}

static void
quit_loop (MsaTestRecord *record,
           gpointer data)
{
  g_main_loop_quit (data);
}

static void
modal_headers_cb (MsaEasy *easy,
                  gpointer data)
{
  g_main_loop_run (data);
}

/* As a dialog does. */
static void
test_main_loop (MsaTestWorld *world)
{
  GMainLoop *loop = g_main_loop_new (msa_test_driver_get_context (world->driver), FALSE);
  MsaEasy *easy = msa_test_world_make (world, "/size/300000");
  MsaEasy *other = msa_test_world_make (world, "/hang");

  msa_easy_set_timeout_ms (other, 100);
  msa_test_world_get_record (other)->completed = quit_loop;
  msa_test_world_get_record (other)->data = loop;
  g_signal_connect (easy, "headers", G_CALLBACK (modal_headers_cb), loop);
  msa_test_world_add_again (world, easy);
  msa_test_world_add_again (world, other);
  g_assert_true (msa_test_world_run (world, 2));
  msa_test_world_assert_filled (easy, 300000);
  msa_test_world_assert_all_once (world);
  g_main_loop_unref (loop);
}

/* Pausing */

static MsaWriteResult
pause_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  Reader *self = user_data;

  if (self->n_pauses % 2 == 0)
    {
      self->n_pauses++;
      return MSA_WRITE_PAUSE;
    }
  if (self->n_pauses < 40)
    self->n_pauses++;
  g_string_append_len (self->body, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

static gboolean
is_paused_or_over (gpointer data)
{
  Reader *self = data;

  return self->n_pauses % 2 == 1 || self->world->n_completed > 0;
}

/* More than the sockets' buffers hold. */
static void
test_paused (MsaTestWorld *world)
{
  Reader reader = { .world = world, .body = g_string_new (NULL) };
  MsaEasy *easy = msa_test_world_make (world, "/size/9000000");

  msa_easy_set_write_func (easy, pause_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  while (world->n_completed == 0)
    {
      g_assert_true (msa_test_world_run_until (world, is_paused_or_over, &reader));
      msa_test_world_settle (world, 0);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
      msa_test_world_settle (world, 0);
    }
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_assert_fill (reader.body->str, reader.body->len, 9000000);
  msa_test_world_assert_all_once (world);
  g_string_free (reader.body, TRUE);
}

static void
test_run_sync (void)
{
  MsaTestServer *server = msa_test_server_new ();
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/size/70000",
                                          msa_test_server_get_port (server));
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i <= 3; i++)
    {
      g_assert_true (msa_easy_run_sync (easy, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 70000);
      g_assert_cmpuint (msa_test_server_count_requests (server), ==, i);
    }
  g_assert_finalize_object (g_steal_pointer (&easy));
  msa_test_server_free (server);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) msa_test_world_add_real_test ("/msa/contract/real/" path, func)
  ADD ("results", test_results);
  ADD ("many", test_many);
  ADD ("removed", test_removed);
  ADD ("cancelled-from-thread", test_cancelled_from_thread);
  ADD ("cancelled-in-race", test_cancelled_in_race);
  ADD ("fetch", test_fetch);
  ADD ("closed", test_closed);
  ADD ("again-in-own-completion", test_again_in_own_completion);
  ADD ("nested", test_nested);
  ADD ("paused", test_paused);
#undef ADD
  msa_test_world_add_real_test_in (MSA_TEST_ATTACHED, "/msa/contract/real/main-loop/attached",
                                   test_main_loop);
  msa_test_world_add_real_test_in (MSA_TEST_SINGLY, "/msa/contract/real/main-loop/singly",
                                   test_main_loop);
  g_test_add_func ("/msa/contract/real/run-sync", test_run_sync);

  return g_test_run ();
}

/* test-contract-async.c: asynchronous calls end exactly once, however the run ends
 *
 * run_async() at success, failure, cancelling and removal at every stage; fetch_async();
 * close_async() is in test-contract-life.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-result.h"
#include "sim/msa-test-world.h"

#include <string.h>

/* What belongs to another call, or to another multi, is refused; then the right one has it. */
static void
fetch_wrongly_cb (GObject *source,
                  GAsyncResult *result,
                  gpointer user_data)
{
  MsaMulti *multi = MSA_MULTI (source);
  g_autoptr (MsaMulti) other = msa_multi_new ();
  g_autoptr (GError) run_error = NULL;
  g_autoptr (GError) close_error = NULL;
  g_autoptr (GError) other_error = NULL;

  g_assert_false (msa_multi_run_finish (multi, result, &run_error));
  g_assert_error (run_error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_false (msa_multi_close_finish (multi, result, &close_error));
  g_assert_error (close_error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_null (msa_multi_fetch_finish (other, result, &other_error));
  g_assert_error (other_error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  msa_test_result_fetch_cb (source, result, user_data);
}

/* Runs on, so that a second call would show. */
static void
wait_for (MsaTestWorld *world,
          MsaTestResult *result)
{
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, result));
  msa_test_world_settle (world, 40 * G_USEC_PER_SEC);
  g_assert_cmpuint (result->n_calls, ==, 1);
}

/* The record expects one delivery. */
static void
start (MsaTestWorld *world,
       MsaEasy *easy,
       GCancellable *cancellable,
       MsaTestResult *result)
{
  msa_test_result_forbid (TRUE);
  msa_test_world_get_record (easy)->n_added++;
  msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, cancellable,
                       msa_test_result_run_cb, result);
  msa_test_result_forbid (FALSE);
}

static void
test_success (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  start (world, easy, NULL, &result);
  wait_for (world, &result);
  g_assert_no_error (result.error);
  msa_test_world_assert_all_once (world);
}

static void
test_failure (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, world->row);

  start (world, easy, NULL, &result);
  wait_for (world, &result);
  g_assert_nonnull (result.error);
  g_assert_cmpstr (result.error->message, ==, msa_easy_get_error (easy)->message);
  msa_test_world_assert_all_once (world);
}

/* It is in a multi: the call fails, the run goes on. */
static void
test_already_added (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_add (world, "/size/10");

  msa_test_result_forbid (TRUE);
  msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, NULL,
                       msa_test_result_run_cb, &result);
  msa_test_result_forbid (FALSE);
  wait_for (world, &result);
  g_assert_error (result.error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_all_once (world);
}

/* Cancelling and removing at every stage */

static MsaWriteResult
pause_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  return MSA_WRITE_PAUSE;
}

typedef struct
{
  const char  *name;
  const char  *uri;
  MsaEasyState state; /* IDLE: before it was started, QUEUED: at once after */
} Stage;

static const Stage stages[] = {
  { "before", "/size/10", MSA_EASY_IDLE },
  { "at-once", "/size/10", MSA_EASY_QUEUED },
  { "connecting", "http://10.0.0.9/", MSA_EASY_CONNECTING },
  { "waiting", "/hang", MSA_EASY_WAITING },
  { "receiving", "/part/100", MSA_EASY_RECEIVING },
  { "paused", "/size/100", MSA_EASY_RECEIVING },
};

/* Starts it and runs to the stage. */
static MsaEasy *
start_at (MsaTestWorld *world,
          const Stage *stage,
          GCancellable *cancellable,
          MsaTestResult *result)
{
  MsaEasy *easy = msa_test_world_make (world, stage->uri);

  msa_sim_set_black_hole (world->sim, "10.0.0.9");
  if (strcmp (stage->name, "paused") == 0)
    msa_easy_set_write_func (easy, pause_cb, NULL, NULL);
  start (world, easy, cancellable, result);
  if (stage->state > MSA_EASY_QUEUED)
    g_assert_true (msa_test_world_run_until_state (world, easy, stage->state));

  return easy;
}

static void
cancel (GCancellable *cancellable)
{
  msa_test_result_forbid (TRUE);
  g_cancellable_cancel (cancellable);
  msa_test_result_forbid (FALSE);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
assert_cancelled (MsaTestWorld *world,
                  MsaEasy *easy,
                  MsaTestResult *result)
{
  wait_for (world, result);
  g_assert_error (result->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (msa_easy_get_error (easy), G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancelled (MsaTestWorld *world)
{
  const Stage *stage = world->row;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy;

  if (stage->state == MSA_EASY_IDLE)
    cancel (cancellable);
  easy = start_at (world, stage, cancellable, &result);
  cancel (cancellable);
  g_assert_cmpuint (result.n_calls, ==, 0);
  g_assert_cmpuint (world->n_completed, ==, 0);

  assert_cancelled (world, easy, &result);
  msa_test_world_assert_all_once (world);
}

static void
test_cancelled_from_thread (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = start_at (world, world->row, cancellable, &result);

  g_thread_join (g_thread_new ("cancel", cancel_in_thread, cancellable));
  assert_cancelled (world, easy, &result);
  msa_test_world_assert_all_once (world);
}

/* Twice before the next dispatch, and another call's cancellation between the two. */
static void
test_cancelled_twice (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GCancellable) other_cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  g_auto (MsaTestResult) other_result = { 0 };
  MsaEasy *easy = start_at (world, &stages[3], cancellable, &result);
  MsaEasy *other = start_at (world, &stages[3], other_cancellable, &other_result);

  cancel (cancellable);
  cancel (other_cancellable);
  g_cancellable_reset (cancellable);
  cancel (cancellable);
  assert_cancelled (world, easy, &result);
  assert_cancelled (world, other, &other_result);
  msa_test_world_assert_all_once (world);
}

static void
cancel_data (MsaTestRecord *record,
             gpointer data)
{
  g_cancellable_cancel (data);
}

static void
test_cancelled_from_other_completion (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = start_at (world, &stages[3], cancellable, &result);
  MsaEasy *other = msa_test_world_add (world, "/size/10");

  msa_test_world_get_record (other)->completed = cancel_data;
  msa_test_world_get_record (other)->data = cancellable;
  assert_cancelled (world, easy, &result);
  g_assert_no_error (msa_easy_get_error (other));
  msa_test_world_assert_all_once (world);
}

/* Once. */
static void
cancel_and_run_again (MsaTestRecord *record,
                      gpointer data)
{
  record->completed = NULL;
  g_cancellable_cancel (data);
  msa_test_world_add_again (record->world, record->easy);
  while (msa_test_driver_turn (record->world->driver))
    ;
}

/* Too late for that run, and nothing to the next one, which has begun meanwhile. */
static void
test_cancelled_and_run_again (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  msa_test_world_get_record (easy)->completed = cancel_and_run_again;
  msa_test_world_get_record (easy)->data = cancellable;
  start (world, easy, cancellable, &result);
  wait_for (world, &result);
  g_assert_no_error (result.error);
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_all_once (world);
}

/* Too late: the result is there. */
static void
test_cancelled_from_own_completion (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  msa_test_world_get_record (easy)->completed = cancel_data;
  msa_test_world_get_record (easy)->data = cancellable;
  start (world, easy, cancellable, &result);
  wait_for (world, &result);
  g_assert_no_error (result.error);
  msa_test_world_assert_all_once (world);
}

static void
cancel_in_headers_cb (MsaEasy *easy,
                      gpointer data)
{
  g_cancellable_cancel (data);
}

static void
test_cancelled_from_headers (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/part/100");

  g_signal_connect (easy, "headers", G_CALLBACK (cancel_in_headers_cb), cancellable);
  start (world, easy, cancellable, &result);
  assert_cancelled (world, easy, &result);
  msa_test_world_assert_all_once (world);
}

static MsaWriteResult
cancel_in_write_cb (MsaEasy *easy,
                    const guint8 *data,
                    gsize len,
                    gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return MSA_WRITE_CONTINUE;
}

static void
test_cancelled_from_write (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/part/100");

  msa_easy_set_write_func (easy, cancel_in_write_cb, cancellable, NULL);
  start (world, easy, cancellable, &result);
  assert_cancelled (world, easy, &result);
  msa_test_world_assert_all_once (world);
}

/* A loop within the handler sees it: not for this one, whose handler it is. */
static MsaWriteResult
cancel_and_settle_cb (MsaEasy *easy,
                      const guint8 *data,
                      gsize len,
                      gpointer user_data)
{
  MsaTestRecord *record = msa_test_world_get_record (easy);

  g_cancellable_cancel (user_data);
  msa_test_world_settle (record->world, 100000);
  g_assert_cmpuint (record->n_easy, ==, 0);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_RECEIVING);

  return MSA_WRITE_CONTINUE;
}

static void
test_cancelled_underneath (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/part/100");

  msa_easy_set_write_func (easy, cancel_and_settle_cb, cancellable, NULL);
  start (world, easy, cancellable, &result);
  assert_cancelled (world, easy, &result);
  msa_test_world_assert_all_once (world);
}

/* Of an earlier run: the next one is not its business. */
static void
test_cancelled_when_over (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  start (world, easy, cancellable, &result);
  wait_for (world, &result);
  msa_test_world_add_again (world, easy);
  cancel (cancellable);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (result.n_calls, ==, 1);
  msa_test_world_assert_all_once (world);
}

/* Cancelled and, before a dispatch sees that, removed and added again. */
static void
test_cancelled_then_replaced (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = start_at (world, &stages[3], cancellable, &result);

  cancel (cancellable);
  msa_test_world_remove (world, easy);
  msa_easy_set_uri (easy, "http://example.org/size/10");
  msa_test_world_add_again (world, easy);
  wait_for (world, &result);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_all_once (world);
}

/* The call ends, but not from within remove(), and nothing else is delivered. */
static void
test_removed (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = start_at (world, world->row, NULL, &result);

  msa_test_result_forbid (TRUE);
  msa_test_world_remove (world, easy);
  msa_test_result_forbid (FALSE);
  g_assert_cmpuint (result.n_calls, ==, 0);
  wait_for (world, &result);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  msa_test_world_assert_all_once (world);
}

/* On the very context that the call ends on, where it could end at once. */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaEasy      *easy;  /* (unowned) */
} Removal;

static gboolean
remove_in_idle_cb (gpointer data)
{
  Removal *removal = data;

  msa_test_result_forbid (TRUE);
  msa_test_world_remove (removal->world, removal->easy);
  msa_test_result_forbid (FALSE);

  return G_SOURCE_REMOVE;
}

static void
test_removed_in_idle (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  Removal removal = { world, start_at (world, &stages[3], NULL, &result) };

  g_idle_add (remove_in_idle_cb, &removal);
  wait_for (world, &result);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  msa_test_world_assert_all_once (world);
}

static void
remove_all (MsaTestRecord *record,
            gpointer data)
{
  MsaTestWorld *world = record->world;

  msa_test_result_forbid (TRUE);
  for (guint i = 0; i < world->records->len; i++)
    {
      MsaTestRecord *each = g_ptr_array_index (world->records, i);

      if (each->n_easy == 0)
        msa_test_world_remove (world, each->easy);
    }
  msa_test_result_forbid (FALSE);
}

static void
test_removed_from_completion (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  start_at (world, &stages[3], NULL, &result);
  msa_test_world_get_record (easy)->completed = remove_all;
  msa_test_world_add_again (world, easy);
  wait_for (world, &result);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  msa_test_world_assert_all_once (world);
}

/* Run again by another asynchronous call from the callback of the first. */
typedef struct
{
  MsaTestResult result;
  MsaEasy      *easy; /* (unowned) */
  guint         n_left;
} Chain;

static void
chain_cb (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  Chain *chain = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (msa_multi_run_finish (MSA_MULTI (source), result, &error));
  g_assert_no_error (error);
  if (--chain->n_left == 0)
    {
      chain->result.n_calls++;
      return;
    }

  msa_test_world_get_record (chain->easy)->n_added++;
  msa_multi_run_async (MSA_MULTI (source), chain->easy, G_PRIORITY_DEFAULT, NULL, chain_cb, chain);
}

static void
test_chain (MsaTestWorld *world)
{
  Chain chain = { .n_left = 5 };

  chain.easy = msa_test_world_make (world, "/size/10");
  msa_test_world_get_record (chain.easy)->n_added++;
  msa_multi_run_async (world->multi, chain.easy, G_PRIORITY_DEFAULT, NULL, chain_cb, &chain);
  wait_for (world, &chain.result);
  g_assert_cmpuint (world->n_completed, ==, 5);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  msa_test_world_assert_all_once (world);
}

/* fetch_async() */

static void
test_fetch_body (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };

  msa_multi_fetch_async (world->multi, "http://example.org/hello", NULL,
                         msa_test_result_fetch_cb, &result);
  wait_for (world, &result);
  g_assert_no_error (result.error);
  g_assert_cmpmem (g_bytes_get_data (result.body, NULL), g_bytes_get_size (result.body), "/hello",
                   6);
}

static void
test_fetch_finished_wrongly (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };

  msa_multi_fetch_async (world->multi, "http://example.org/hello", NULL, fetch_wrongly_cb,
                         &result);
  wait_for (world, &result);
  g_assert_no_error (result.error);
  g_assert_cmpuint (g_bytes_get_size (result.body), ==, 6);
}

static void
test_fetch_empty (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };

  msa_multi_fetch_async (world->multi, world->row, NULL, msa_test_result_fetch_cb, &result);
  wait_for (world, &result);
  g_assert_no_error (result.error);
  g_assert_cmpuint (g_bytes_get_size (result.body), ==, 0);
}

static void
test_fetch_status (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };
  g_autofree char *uri = g_strconcat ("http://example.org/status/", world->row, NULL);

  msa_multi_fetch_async (world->multi, uri, NULL, msa_test_result_fetch_cb, &result);
  wait_for (world, &result);
  if (strcmp (world->row, "400") < 0)
    {
      g_assert_no_error (result.error);
      return;
    }
  g_assert_error (result.error, MSA_ERROR, MSA_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (result.error->message, world->row));
}

static void
test_fetch_failure (MsaTestWorld *world)
{
  g_auto (MsaTestResult) result = { 0 };

  msa_multi_fetch_async (world->multi, "http://unknown.example/", NULL,
                         msa_test_result_fetch_cb, &result);
  wait_for (world, &result);
  g_assert_error (result.error, MSA_ERROR, MSA_ERROR_RESOLVE);
}

static void
test_fetch_cancelled (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) result = { 0 };

  msa_multi_fetch_async (world->multi, "http://example.org/hang", cancellable,
                         msa_test_result_fetch_cb, &result);
  msa_test_world_settle (world, 100000);
  cancel (cancellable);
  wait_for (world, &result);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
add_stage_tests (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      const Stage *stage = &stages[i];
      g_autofree char *cancelled =
          g_strconcat ("/msa/contract/async/cancelled/", stage->name, NULL);
      g_autofree char *thread =
          g_strconcat ("/msa/contract/async/cancelled-from-thread/", stage->name, NULL);
      g_autofree char *removed = g_strconcat ("/msa/contract/async/removed/", stage->name, NULL);

      msa_test_world_add_row_test (cancelled, test_cancelled, stage);
      if (stage->state == MSA_EASY_IDLE)
        continue;
      msa_test_world_add_row_test (thread, test_cancelled_from_thread, stage);
      msa_test_world_add_row_test (removed, test_removed, stage);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_stage_tests ();
#define ADD(path, func, row) \
  msa_test_world_add_row_test ("/msa/contract/async/" path, func, row)
  ADD ("success", test_success, NULL);
  ADD ("failure/in-dispatch", test_failure, "http://unknown.example/");
  ADD ("failure/at-start", test_failure, "http://[/");
  ADD ("already-added", test_already_added, NULL);
  ADD ("cancelled-twice", test_cancelled_twice, NULL);
  ADD ("cancelled-and-run-again", test_cancelled_and_run_again, NULL);
  ADD ("cancelled-from-other-completion", test_cancelled_from_other_completion, NULL);
  ADD ("cancelled-from-own-completion", test_cancelled_from_own_completion, NULL);
  ADD ("cancelled-from-headers", test_cancelled_from_headers, NULL);
  ADD ("cancelled-from-write", test_cancelled_from_write, NULL);
  ADD ("cancelled-underneath", test_cancelled_underneath, NULL);
  ADD ("cancelled-when-over", test_cancelled_when_over, NULL);
  ADD ("cancelled-then-replaced", test_cancelled_then_replaced, NULL);
  ADD ("removed-in-idle", test_removed_in_idle, NULL);
  ADD ("removed-from-completion", test_removed_from_completion, NULL);
  ADD ("chain", test_chain, NULL);
  ADD ("fetch/body", test_fetch_body, NULL);
  ADD ("fetch/finished-as-another", test_fetch_finished_wrongly, NULL);
  ADD ("fetch/empty", test_fetch_empty, "http://example.org/size/0");
  ADD ("fetch/no-content", test_fetch_empty, "http://example.org/status/204");
  ADD ("fetch/status-399", test_fetch_status, "399");
  ADD ("fetch/status-400", test_fetch_status, "400");
  ADD ("fetch/status-503", test_fetch_status, "503");
  ADD ("fetch/failure", test_fetch_failure, NULL);
  ADD ("fetch/cancelled", test_fetch_cancelled, NULL);
#undef ADD

  return g_test_run ();
}

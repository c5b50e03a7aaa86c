/* test-contract-life.c: who holds whom, and how a multi ends
 *
 * The contract's tenth promise: running transfers are held by their multi, an attached multi with
 * something to do by itself; disposal, which delivers nothing; and close_async(), which lets all
 * finish. What is dropped from within handlers is in test-contract-nested.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-result.h"
#include "sim/msa-test-world.h"

#include <string.h>

static void
count_destroy (gpointer data)
{
  (*(guint *) data)++;
}

/* Easies */

static void
test_easy_held (MsaTestWorld *world)
{
  gpointer weak[3];

  for (guint i = 0; i < G_N_ELEMENTS (weak); i++)
    {
      weak[i] = msa_test_world_add (world, i == 1 ? "http://[/" : "/size/100");
      g_object_add_weak_pointer (weak[i], &weak[i]);
      msa_test_world_drop (world, weak[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_nonnull (weak[i]);

  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (world->n_ok, ==, 2);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  for (guint i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_null (weak[i]);
  msa_test_world_assert_all_once (world);
}

/* With keep-finished, until it is removed. */
static void
test_easy_held_kept (MsaTestWorld *world)
{
  gpointer weak;

  msa_multi_set_keep_finished (world->multi, TRUE);
  weak = msa_test_world_add (world, "/size/100");
  g_object_add_weak_pointer (weak, &weak);
  msa_test_world_drop (world, weak);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_nonnull (weak);

  msa_multi_remove (world->multi, weak);
  msa_test_world_settle (world, 0);
  g_assert_null (weak);
}

/* The attached multi */

typedef struct
{
  MsaSim       *sim;
  GMainContext *context;
  MsaMulti     *multi;       /* (unowned) (nullable): weak */
  guint         n_completed;
} Alone;

static void
alone_init (Alone *self)
{
  self->sim = msa_sim_new ();
  self->context = g_main_context_new ();
  self->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (self->sim)));
  g_object_add_weak_pointer (G_OBJECT (self->multi), (gpointer *) &self->multi);
  msa_sim_http_server (self->sim, "10.0.0.1", 80, msa_test_world_respond_cb, NULL);
  msa_sim_set_black_hole (self->sim, "10.0.0.9");
}

static void
alone_clear (Alone *self)
{
  g_assert_null (self->multi);
  msa_sim_assert_clean (self->sim);
  msa_sim_unref (self->sim);
  g_main_context_unref (self->context);
}

static void
alone_completed_cb (MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  Alone *self = data;

  g_assert_nonnull (self->multi);
  self->n_completed++;
}

static void
alone_add (Alone *self,
           const char *uri)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);

  msa_easy_set_timeout_ms (easy, 500);
  g_signal_connect (easy, "completed", G_CALLBACK (alone_completed_cb), self);
  g_assert_true (msa_multi_add (self->multi, easy, NULL));
}

/* As long as there is a multi. */
static void
alone_run (Alone *self)
{
  for (guint i = 0; i < 1000 && self->multi != NULL; i++)
    {
      int timeout_ms;

      if (g_main_context_iteration (self->context, FALSE) || self->multi == NULL)
        continue;
      timeout_ms = msa_multi_get_timeout_ms (self->multi);
      msa_sim_step (self->sim, timeout_ms < 0 ? G_MAXINT64
                                              : msa_sim_get_now_us (self->sim) + timeout_ms * 1000);
    }
}

static void
test_attached_holds_itself (void)
{
  Alone self = { .sim = NULL };

  alone_init (&self);
  msa_multi_attach (self.multi, self.context);
  alone_add (&self, "http://10.0.0.1/size/100");
  alone_add (&self, "http://10.0.0.1/hang");
  g_object_unref (self.multi);
  g_assert_nonnull (self.multi);

  alone_run (&self);
  g_assert_cmpuint (self.n_completed, ==, 2);
  alone_clear (&self);
}

/* In the other order; and what was kept only for the transfers does not hold it afterwards. */
static void
test_attached_late_holds_itself (void)
{
  Alone self = { .sim = NULL };

  alone_init (&self);
  alone_add (&self, "http://10.0.0.1/size/100");
  msa_multi_attach (self.multi, self.context);
  g_object_unref (self.multi);
  alone_run (&self);
  g_assert_cmpuint (self.n_completed, ==, 1);
  alone_clear (&self);
}

static void
test_attached_idle_is_free (void)
{
  Alone self = { .sim = NULL };

  alone_init (&self);
  msa_multi_attach (self.multi, self.context);
  g_object_unref (self.multi);
  alone_clear (&self);
}

/* An idle connection is nothing to do. */
static void
test_attached_with_idle_connection_is_free (void)
{
  Alone self = { .sim = NULL };

  alone_init (&self);
  msa_multi_attach (self.multi, self.context);
  alone_add (&self, "http://10.0.0.1/size/100");
  while (self.n_completed == 0)
    if (!g_main_context_iteration (self.context, FALSE))
      msa_sim_step (self.sim, G_MAXINT64);
  g_assert_cmpuint (msa_multi_get_n_connections (self.multi), ==, 1);
  g_object_unref (self.multi);
  alone_clear (&self);
}

static void
test_detaching_lets_go (void)
{
  Alone self = { .sim = NULL };

  alone_init (&self);
  msa_multi_attach (self.multi, self.context);
  alone_add (&self, "http://10.0.0.1/hang");
  g_object_unref (self.multi);
  msa_multi_detach (self.multi);
  alone_clear (&self);
  g_assert_cmpuint (self.n_completed, ==, 0);
}

static void
test_removing_lets_go (void)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://10.0.0.1/hang");
  Alone self = { .sim = NULL };

  alone_init (&self);
  msa_multi_attach (self.multi, self.context);
  g_assert_true (msa_multi_add (self.multi, easy, NULL));
  g_object_unref (self.multi);
  g_main_context_iteration (self.context, FALSE);
  msa_multi_remove (self.multi, easy);
  alone_clear (&self);
}

/* Disposal without a driver that would hold it */

typedef struct
{
  guint n_functions;
  guint n_destroyed;
} Calls;

static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  ((Calls *) user_data)->n_functions++;
}

static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  ((Calls *) user_data)->n_functions++;
}

static void
calls_destroyed (gpointer data)
{
  ((Calls *) data)->n_destroyed++;
}

static MsaWriteResult
pause_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  return MSA_WRITE_PAUSE;
}

/* Nothing is due any more. */
static void
run_unattached (Alone *self)
{
  for (guint i = 0; i < 20 || msa_multi_get_timeout_ms (self->multi) == 0; i++)
    {
      msa_multi_perform (self->multi, NULL, NULL);
      msa_sim_step (self->sim, msa_sim_get_now_us (self->sim) + 1000);
    }
}

/* Transfers in every state go without a word, and all that is theirs; @data: those that have
 * started. */
static void
test_disposed_unattached (gconstpointer data)
{
  gboolean only_started = GPOINTER_TO_INT (data);
  static const char *const uris[] = {
    "http://10.0.0.1/hang",
    "http://10.0.0.1/part/100",
    "http://10.0.0.1/size/100",
    "http://10.0.0.9/",
    "http://[/",
    "http://10.0.0.1/size/10",
    "http://10.0.0.1/chunked/9",
    "http://10.0.0.1/hang",
  };
  MsaEasy *easies[G_N_ELEMENTS (uris)];
  Alone self = { .sim = NULL };
  Calls calls = { 0 };
  guint n_destroyed = 0;
  guint n_functions;

  alone_init (&self);
  msa_multi_set_max_connections_per_host (self.multi, 5);
  msa_multi_set_socket_func (self.multi, socket_cb, &calls, calls_destroyed);
  msa_multi_set_timer_func (self.multi, timer_cb, &calls, calls_destroyed);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      easies[i] = msa_easy_new (uris[i]);
      g_signal_connect (easies[i], "completed", G_CALLBACK (alone_completed_cb), &self);
      if (i == 2)
        msa_easy_set_write_func (easies[i], pause_cb, &n_destroyed, count_destroy);
    }
  for (guint i = 0; i < 4; i++)
    g_assert_true (msa_multi_add (self.multi, easies[i], NULL));
  run_unattached (&self);
  /* These have not started. */
  for (guint i = 4; i < G_N_ELEMENTS (uris) && !only_started; i++)
    g_assert_true (msa_multi_add (self.multi, easies[i], NULL));
  g_assert_cmpint (msa_easy_get_state (easies[0]), ==, MSA_EASY_WAITING);
  g_assert_cmpint (msa_easy_get_state (easies[1]), ==, MSA_EASY_RECEIVING);
  g_assert_cmpint (msa_easy_get_state (easies[2]), ==, MSA_EASY_RECEIVING);
  g_assert_cmpint (msa_easy_get_state (easies[3]), ==, MSA_EASY_CONNECTING);

  n_functions = calls.n_functions;
  g_assert_cmpuint (n_functions, >, 0);
  g_object_unref (self.multi);
  g_assert_cmpuint (calls.n_functions, ==, n_functions);
  g_assert_cmpuint (calls.n_destroyed, ==, 2);
  g_assert_cmpuint (self.n_completed, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      if (i < 4 || !only_started)
        g_assert_error (msa_easy_get_error (easies[i]), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_finalize_object (easies[i]);
    }
  g_assert_cmpuint (n_destroyed, ==, 1);
  alone_clear (&self);
}

/* Easies of a multi that went are as free as any. */
static void
test_reusable_after_disposal (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  g_assert_true (msa_multi_add (other, easy, NULL));
  g_clear_object (&other);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_all_once (world);
}

/* Disposing by force, with all kinds of calls pending: these end, but not from within. */

static void
test_disposed_by_force (MsaTestWorld *world)
{
  g_auto (MsaTestResult) run = { 0 };
  g_auto (MsaTestResult) closed = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/hang");

  msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, NULL, msa_test_result_run_cb, &run);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
  msa_multi_close_async (world->multi, NULL, msa_test_result_close_cb, &closed);
  msa_test_world_settle (world, 1000);

  msa_multi_detach (world->multi);
  msa_test_result_forbid (TRUE);
  g_object_run_dispose (G_OBJECT (world->multi));
  msa_test_result_forbid (FALSE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (run.n_calls, ==, 1);
  g_assert_error (run.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (closed.n_calls, ==, 1);
  g_assert_error (closed.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (world->n_completed, ==, 0);
}

/* close_async() */

static void
close_world (MsaTestWorld *world,
             GCancellable *cancellable,
             MsaTestResult *result)
{
  msa_test_result_forbid (TRUE);
  msa_multi_close_async (world->multi, cancellable, msa_test_result_close_cb, result);
  msa_test_result_forbid (FALSE);
}

static void
assert_closed (MsaTestWorld *world)
{
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_null (world->multi->source);
  g_assert_cmpuint (msa_test_driver_count_watched (world->driver), ==, 0);
  for (guint i = 0; i < msa_sim_get_n_peers (world->sim); i++)
    g_assert_true (msa_sim_peer_is_closed (msa_sim_get_peer (world->sim, i)));
}

/* Those that run finish, those that wait for a connection too; others are refused. */
static void
test_close (MsaTestWorld *world)
{
  g_autoptr (GError) error = NULL;
  g_auto (MsaTestResult) closed = { 0 };
  g_auto (MsaTestResult) again = { 0 };
  g_auto (MsaTestResult) run = { 0 };
  MsaEasy *late = msa_test_world_make (world, "/size/10");
  MsaEasy *slow;

  msa_multi_set_max_connections_per_host (world->multi, 2);
  slow = msa_test_world_make (world, "/hang");
  msa_easy_set_timeout_ms (slow, 700);
  msa_test_world_add_again (world, slow);
  for (guint i = 0; i < 5; i++)
    msa_test_world_add (world, "/size/100");
  g_assert_true (msa_test_world_run (world, 1));

  close_world (world, NULL, &closed);
  g_assert_false (msa_multi_add (world->multi, late, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
  msa_multi_run_async (world->multi, late, G_PRIORITY_DEFAULT, NULL, msa_test_result_run_cb, &run);
  close_world (world, NULL, &again);

  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &closed));
  g_assert_no_error (closed.error);
  g_assert_cmpuint (world->n_ok, ==, 5);
  msa_test_world_assert_all_once (world);
  g_assert_error (run.error, MSA_ERROR, MSA_ERROR_CLOSED);
  g_assert_error (again.error, MSA_ERROR, MSA_ERROR_CLOSED);
  msa_test_world_settle (world, 10000);
  g_assert_cmpuint (closed.n_calls, ==, 1);
  assert_closed (world);
}

/* Nothing to wait for, but a connection is idle. */
static void
test_close_idle (MsaTestWorld *world)
{
  g_auto (MsaTestResult) closed = { 0 };

  msa_test_world_add (world, "/size/100");
  g_assert_true (msa_test_world_run (world, 1));
  close_world (world, NULL, &closed);
  g_assert_cmpuint (closed.n_calls, ==, 0);
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &closed));
  g_assert_no_error (closed.error);
  msa_test_world_settle (world, 10000);
  assert_closed (world);
}

static void
test_close_unused (MsaTestWorld *world)
{
  g_auto (MsaTestResult) closed = { 0 };

  close_world (world, NULL, &closed);
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &closed));
  g_assert_no_error (closed.error);
  assert_closed (world);
}

/* Ends the waiting: at once, not when all is over. */
static void
test_close_cancelled (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (MsaTestResult) closed = { 0 };
  MsaEasy *easy = msa_test_world_make (world, "/hang");

  msa_easy_set_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
  close_world (world, cancellable, &closed);
  msa_test_world_settle (world, 1000);
  g_assert_cmpuint (closed.n_calls, ==, 0);

  msa_test_result_forbid (TRUE);
  g_cancellable_cancel (cancellable);
  msa_test_result_forbid (FALSE);
  msa_test_world_settle (world, 1000);
  g_assert_cmpuint (closed.n_calls, ==, 1);
  g_assert_error (closed.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (world->n_completed, ==, 0);

  /* The closing goes on. */
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, 10000);
  g_assert_cmpuint (closed.n_calls, ==, 1);
  assert_closed (world);
}

static void
close_in_handler (MsaTestRecord *record,
                  gpointer data)
{
  close_world (record->world, NULL, data);
}

static void
test_close_from_completion (MsaTestWorld *world)
{
  g_auto (MsaTestResult) closed = { 0 };
  MsaEasy *easy = msa_test_world_add (world, "/size/100");

  msa_test_world_add (world, "/chunked/9000");
  msa_test_world_get_record (easy)->completed = close_in_handler;
  msa_test_world_get_record (easy)->data = &closed;
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, &closed));
  g_assert_no_error (closed.error);
  msa_test_world_settle (world, 10000);
  msa_test_world_assert_all_once (world);
  assert_closed (world);
}

/* run_sync() from which nothing of its own comes back: the easy goes in its handler. */
static void
drop_ref_cb (MsaEasy *easy,
             const GError *error,
             gpointer data)
{
  g_object_unref (easy);
}

static void
test_run_sync_dropped (void)
{
  MsaEasy *easy = msa_easy_new ("http://[/");
  g_autoptr (GError) error = NULL;
  gpointer weak = easy;

  g_object_add_weak_pointer (weak, &weak);
  g_signal_connect (easy, "completed", G_CALLBACK (drop_ref_cb), NULL);
  g_assert_false (msa_easy_run_sync (easy, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
  g_assert_null (weak);
}

static void
dispose_cb (MsaEasy *easy,
            const GError *error,
            gpointer data)
{
  g_object_run_dispose (G_OBJECT (easy));
}

static void
test_run_sync_disposed (void)
{
  MsaEasy *easy = msa_easy_new ("http://[/");
  g_autoptr (GError) error = NULL;

  g_signal_connect (easy, "completed", G_CALLBACK (dispose_cb), NULL);
  g_assert_false (msa_easy_run_sync (easy, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
  g_assert_finalize_object (easy);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) msa_test_world_add_test ("/msa/contract/life/" path, func)
#define ADD_ONE(path, func) g_test_add_func ("/msa/contract/life/" path, func)
  ADD ("easy-held", test_easy_held);
  ADD ("easy-held-kept", test_easy_held_kept);
  ADD_ONE ("attached/holds-itself", test_attached_holds_itself);
  ADD_ONE ("attached/late-holds-itself", test_attached_late_holds_itself);
  ADD_ONE ("attached/idle-is-free", test_attached_idle_is_free);
  ADD_ONE ("attached/with-idle-connection-is-free", test_attached_with_idle_connection_is_free);
  ADD_ONE ("attached/detaching-lets-go", test_detaching_lets_go);
  ADD_ONE ("attached/removing-lets-go", test_removing_lets_go);
  g_test_add_data_func ("/msa/contract/life/disposed/unattached", GINT_TO_POINTER (FALSE),
                        test_disposed_unattached);
  g_test_add_data_func ("/msa/contract/life/disposed/unattached-started", GINT_TO_POINTER (TRUE),
                        test_disposed_unattached);
  ADD ("disposed/easy-is-reusable", test_reusable_after_disposal);
  ADD ("disposed/by-force", test_disposed_by_force);
  ADD ("close/all", test_close);
  ADD ("close/idle", test_close_idle);
  ADD ("close/unused", test_close_unused);
  ADD ("close/cancelled", test_close_cancelled);
  ADD ("close/from-completion", test_close_from_completion);
  ADD_ONE ("run-sync/dropped", test_run_sync_dropped);
  ADD_ONE ("run-sync/disposed", test_run_sync_disposed);
#undef ADD
#undef ADD_ONE

  return g_test_run ();
}

/* test-contract-time.c: deadlines, what is said of them, and the ages of idle connections
 *
 * A deadline fires once, never early, at most one dispatch late. All on the simulated clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#define MS 1000
#define IDLE_MS 118000

static void
act_on_timeout (MsaTestWorld *world)
{
  g_assert_true (msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL,
                                          NULL));
}

static MsaEasy *
add_with_timeout (MsaTestWorld *world,
                  const char *target,
                  guint timeout_ms)
{
  MsaEasy *easy = msa_test_world_make (world, target);

  msa_easy_set_timeout_ms (easy, timeout_ms);
  msa_test_world_add_again (world, easy);

  return easy;
}

static MsaEasy *
add_with_connect_timeout (MsaTestWorld *world,
                          const char *target,
                          guint timeout_ms)
{
  MsaEasy *easy = msa_test_world_make (world, target);

  msa_easy_set_connect_timeout_ms (easy, timeout_ms);
  msa_test_world_add_again (world, easy);

  return easy;
}

/* The timer function */

typedef struct
{
  MsaMultiTimerFunc next;
  gpointer          next_data; /* (unowned) */
  guint             n_calls;
  guint             n_zero;
  gint64            deadline_us;
  gboolean          said;      /* deadline_us is not over yet */
} TimerSpy;

static void
timer_spy_cb (MsaMulti *multi,
              int timeout_ms,
              gpointer user_data)
{
  TimerSpy *spy = user_data;
  gint64 deadline_us = msa_engine_get_deadline (msa_multi_get_engine (multi));

  g_assert_cmpint (timeout_ms, ==, msa_multi_get_timeout_ms (multi));
  g_assert_cmpint (timeout_ms, >=, -1);
  g_assert_false (spy->said && spy->deadline_us == deadline_us);
  spy->said = TRUE;
  spy->deadline_us = deadline_us;
  spy->n_calls++;
  spy->n_zero += timeout_ms == 0;
  spy->next (multi, timeout_ms, spy->next_data);
}

/* Goes with the multi. */
static TimerSpy *
spy_on_timer (MsaTestWorld *world)
{
  TimerSpy *spy = g_new0 (TimerSpy, 1);

  spy->next = (MsaMultiTimerFunc) world->multi->timer_func->func;
  spy->next_data = world->multi->timer_func->user_data;
  msa_multi_set_timer_func (world->multi, timer_spy_cb, spy, g_free);

  return spy;
}

static void
test_told_equals_timeout (MsaTestWorld *world)
{
  TimerSpy *spy;

  msa_test_world_settle (world, 0);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, -1);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  spy = spy_on_timer (world);
  g_assert_cmpuint (spy->n_calls, ==, 0);

  add_with_timeout (world, "/hello", 5000);
  g_assert_cmpuint (spy->n_calls, ==, 1);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, 0);

  /* The application has used up what it was told: it is told anew. */
  spy->said = FALSE;
  act_on_timeout (world);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, 5000);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, IDLE_MS);
  spy->said = FALSE;
  msa_test_world_settle (world, (gint64) IDLE_MS * MS);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, MSA_SHUTDOWN_BUDGET_US / MS);
  msa_test_world_settle (world, 5 * MS);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, -1);
}

/* Only what changes is told. */
static void
test_told_changes_only (MsaTestWorld *world)
{
  guint n_calls;
  int fd;

  add_with_timeout (world, "/hang", 5000);
  msa_test_world_settle (world, 100 * MS);
  n_calls = msa_test_driver_count_timer_calls (world->driver);
  fd = msa_test_world_get_fd (world);
  for (guint i = 0; i < 50; i++)
    {
      msa_sim_advance_by (world->sim, MS);
      msa_multi_socket_action (world->multi, fd, MSA_SOCKET_IN, NULL, NULL);
    }
  g_assert_cmpuint (msa_test_driver_count_timer_calls (world->driver), ==, n_calls);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 4850);
}

static void
test_told_nothing_left (MsaTestWorld *world)
{
  MsaEasy *easy;

  msa_test_world_settle (world, 0);
  easy = msa_test_world_add (world, "/hello");
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, 0);
  msa_multi_remove (world->multi, easy);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, -1);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
}

/* Calling early */

static void
test_early_is_harmless (MsaTestWorld *world)
{
  MsaEasy *easy = add_with_timeout (world, "/hang", 5000);

  for (guint i = 0; i < 10; i++)
    {
      msa_test_world_settle (world, 400 * MS);
      act_on_timeout (world);
      g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 5000 - 400 * ((int) i + 1));
    }
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, MSA_SIM_START_US + 5000 * MS);
}

/* Else the application would wait for ever. */
static void
test_early_tells_again (MsaTestWorld *world)
{
  guint n_calls;

  add_with_timeout (world, "/hang", 5000);
  msa_test_world_settle (world, 1000 * MS);
  for (guint i = 1; i <= 5; i++)
    {
      n_calls = msa_test_driver_count_timer_calls (world->driver);
      msa_sim_advance_by (world->sim, 100 * MS);
      act_on_timeout (world);
      g_assert_cmpuint (msa_test_driver_count_timer_calls (world->driver), ==, n_calls + 1);
      g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, 4000 - 100 * (int) i);
    }
}

/* Never early, and rounded up */

static void
note_time_cb (MsaTestRecord *record,
              gpointer data)
{
  *(gint64 *) data = msa_sim_get_now_us (record->world->sim);
}

static void
test_rounding (MsaTestWorld *world)
{
  static const gint64 offsets_us[] = { 0, 1, 333, 500, 999 };

  for (guint i = 0; i < G_N_ELEMENTS (offsets_us); i++)
    {
      gint64 start_us, over_us = 0;
      MsaEasy *easy;

      msa_sim_advance_by (world->sim, offsets_us[i]);
      start_us = msa_sim_get_now_us (world->sim);
      easy = add_with_timeout (world, "/hang", 100);
      msa_test_world_get_record (easy)->completed = note_time_cb;
      msa_test_world_get_record (easy)->data = &over_us;
      g_assert_true (msa_test_world_run (world, i + 1));
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
      g_assert_cmpint (over_us, >=, start_us + 100 * MS);
      g_assert_cmpint (over_us, <, start_us + 101 * MS);
    }
}

static void
test_not_a_microsecond_early (MsaTestWorld *world)
{
  gint64 start_us = msa_sim_get_now_us (world->sim);

  add_with_timeout (world, "/hang", 100);
  msa_test_world_settle (world, 50 * MS);
  msa_sim_advance_to (world->sim, start_us + 99999);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 1);
  act_on_timeout (world);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 1);

  msa_sim_advance_to (world->sim, start_us + 100000);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
  act_on_timeout (world);
  g_assert_cmpuint (world->n_completed, ==, 1);
}

/* Any number of deadlines, each by itself; in the end each has fired once. */
static void
test_many_deadlines (MsaTestWorld *world)
{
  static gint64 over_us[500];
  GRand *random = g_rand_new_with_seed (7);

  for (guint i = 0; i < G_N_ELEMENTS (over_us); i++)
    {
      guint timeout_ms = (guint) g_rand_int_range (random, 100, 9000);
      MsaEasy *easy = add_with_timeout (world, "/hang", timeout_ms);

      msa_test_world_get_record (easy)->completed = note_time_cb;
      msa_test_world_get_record (easy)->data = &over_us[i];
    }
  g_rand_free (random);

  g_assert_true (msa_test_world_run (world, G_N_ELEMENTS (over_us)));
  msa_test_world_assert_all_once (world);
  for (guint i = 0; i < G_N_ELEMENTS (over_us); i++)
    {
      MsaTestRecord *record = g_ptr_array_index (world->records, i);
      gint64 due_us = MSA_SIM_START_US + (gint64) msa_easy_get_timeout_ms (record->easy) * MS;

      g_assert_error (record->error, MSA_ERROR, MSA_ERROR_TIMED_OUT);
      g_assert_cmpint (over_us[i], >=, due_us);
      g_assert_cmpint (over_us[i], <, due_us + MS);
    }
}

/* An application that comes late finds all of them over: one dispatch, as far as its budget
 * goes. */
static void
test_late_application (MsaTestWorld *world)
{
  guint n_dispatches = 0;

  for (guint i = 0; i < 600; i++)
    add_with_timeout (world, "/hang", 1000 + i);
  msa_test_world_settle (world, 500 * MS);
  msa_sim_advance_by (world->sim, 60 * G_USEC_PER_SEC);
  while (world->n_completed < 600)
    {
      g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
      act_on_timeout (world);
      g_assert_cmpuint (++n_dispatches, <=, 6);
    }
  msa_test_world_assert_all_once (world);
}

/* timeout-ms */

static void
test_total (MsaTestWorld *world,
            MsaEasy *easy,
            MsaEasyState state,
            const char *word)
{
  g_assert_cmpint (msa_easy_get_state (easy), ==, state);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "2000 ms"));
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, word));
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, MSA_SIM_START_US + 2000 * MS);
  g_assert_null (msa_easy_get_body (easy));
}

static void
test_total_queued (MsaTestWorld *world)
{
  MsaEasy *easy;

  msa_multi_set_max_connections (world->multi, 1);
  msa_test_world_add (world, "/hang");
  easy = add_with_timeout (world, "/hello", 2000);
  msa_test_world_settle (world, 100 * MS);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 1);
  test_total (world, easy, MSA_EASY_QUEUED, "queued");
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 0);
}

static void
test_total_resolving (MsaTestWorld *world)
{
  MsaEasy *easy;

  msa_sim_set_host (world->sim, "slow.org", 30 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  easy = add_with_timeout (world, "http://slow.org/", 2000);
  msa_test_world_settle (world, 100 * MS);
  test_total (world, easy, MSA_EASY_CONNECTING, "connecting");
}

static void
test_total_connecting (MsaTestWorld *world)
{
  MsaEasy *easy;

  msa_sim_set_black_hole (world->sim, "10.0.0.1");
  easy = add_with_timeout (world, "/hello", 2000);
  msa_test_world_settle (world, 100 * MS);
  test_total (world, easy, MSA_EASY_CONNECTING, "connecting");
}

static void
test_total_sending (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (100), 100);
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_easy_set_body (easy, NULL, body);
  msa_easy_set_timeout_ms (easy, 2000);
  msa_test_world_add_again (world, easy);
  msa_easy_pause (easy, MSA_DIRECTION_SEND);
  msa_test_world_settle (world, 100 * MS);
  test_total (world, easy, MSA_EASY_SENDING, "sending");
}

static void
test_total_waiting (MsaTestWorld *world)
{
  MsaEasy *easy = add_with_timeout (world, "/hang", 2000);

  msa_test_world_settle (world, 100 * MS);
  test_total (world, easy, MSA_EASY_WAITING, "waiting");
}

static void
test_total_receiving (MsaTestWorld *world)
{
  MsaEasy *easy = add_with_timeout (world, "/part/100", 2000);

  msa_test_world_settle (world, 100 * MS);
  test_total (world, easy, MSA_EASY_RECEIVING, "receiving");
}

static void
test_total_paused (MsaTestWorld *world)
{
  MsaEasy *easy = add_with_timeout (world, "/size/100", 2000);

  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 100 * MS);
  test_total (world, easy, MSA_EASY_WAITING, "waiting");
}

/* It is the run's: the next run has all of it again. */
static void
test_total_each_run (MsaTestWorld *world)
{
  MsaEasy *easy = add_with_timeout (world, "/hang", 2000);

  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, MSA_SIM_START_US + 4000 * MS);
}

/* A change during a run is for the next one. */
static void
test_total_is_snapshot (MsaTestWorld *world)
{
  MsaEasy *easy = add_with_timeout (world, "/hang", 2000);

  msa_easy_set_timeout_ms (easy, 10);
  msa_test_world_settle (world, 1000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, MSA_SIM_START_US + 2000 * MS);
}

static void
test_total_longest (MsaTestWorld *world)
{
  add_with_timeout (world, "/hang", G_MAXINT);
  msa_test_world_settle (world, 1000 * MS);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, G_MAXINT - 1000);
}

/* connect-timeout-ms */

static void
run_connect_timeout (MsaTestWorld *world,
                     const char *uri,
                     guint timeout_ms,
                     const char *message)
{
  MsaEasy *easy = add_with_connect_timeout (world, uri, timeout_ms);
  gint64 expected_us = MSA_SIM_START_US + (timeout_ms == 0 ? 30000 : timeout_ms) * MS;

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT_TIMED_OUT);
  g_assert_cmpstr (msa_easy_get_error (easy)->message, ==, message);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, expected_us);
}

static void
test_connect_resolving (MsaTestWorld *world)
{
  msa_sim_set_host (world->sim, "slow.org", 50 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  run_connect_timeout (world, "http://slow.org/", 1500,
                       "No connection to “slow.org” within 1500 ms: "
                       "still looking up the name after 1500 ms");
}

static void
test_connect_connecting (MsaTestWorld *world)
{
  msa_sim_set_black_hole (world->sim, "10.0.0.1");
  run_connect_timeout (world, "/hello", 1500,
                       "No connection to “example.org” within 1500 ms: "
                       "still connecting after 1500 ms");
}

static void
test_connect_default (MsaTestWorld *world)
{
  msa_sim_set_black_hole (world->sim, "10.0.0.1");
  run_connect_timeout (world, "/hello", 0,
                       "No connection to “example.org” within 30000 ms: "
                       "still connecting after 30000 ms");
}

/* Once connected, it is of no more meaning. */
static void
test_connect_over (MsaTestWorld *world)
{
  add_with_connect_timeout (world, "/hang", 1500);
  msa_test_world_settle (world, 100 * MS);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  msa_test_world_settle (world, 100 * G_USEC_PER_SEC);
  g_assert_cmpuint (world->n_completed, ==, 0);
}

/* It begins with the connection, not in the queue. */
static void
test_connect_queued (MsaTestWorld *world)
{
  MsaEasy *first, *easy;

  msa_multi_set_max_connections (world->multi, 1);
  first = add_with_timeout (world, "/hang", 5000);
  easy = add_with_connect_timeout (world, "/hello", 1500);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (first), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (easy));
}

/* Idle connections */

/* What this driver does when something is due: all that wakes it. */
static guint
count_wakeups (MsaTestWorld *world)
{
  if (world->kind == MSA_TEST_CALLBACKS)
    return msa_test_driver_count_timer_calls (world->driver) +
           msa_test_driver_count_socket_calls (world->driver);

  return msa_sim_count (world->sim, "poller_wait");
}

/* A wake-up when the connection is too old to be used again, one when its peer has closed it, too;
 * then none. */
static void
test_idle (MsaTestWorld *world)
{
  guint n_open, n_wakeups;

  for (guint i = 0; i < 5; i++)
    {
      add_with_timeout (world, "/hello", 9000);
      g_assert_true (msa_test_world_run (world, i + 1));
    }
  msa_test_world_settle (world, 10 * MS);
  n_wakeups = count_wakeups (world);
  n_open = msa_sim_n_open (world->sim);

  msa_test_world_settle (world, (gint64) (IDLE_MS - 20) * MS);
  g_assert_cmpuint (count_wakeups (world), ==, n_wakeups);
  g_assert_cmpuint (msa_sim_n_open (world->sim), ==, n_open);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);

  msa_test_world_settle (world, 20 * MS);
  g_assert_cmpuint (count_wakeups (world), >, n_wakeups);
  g_assert_cmpuint (count_wakeups (world), <=, n_wakeups + 6);
  g_assert_cmpuint (msa_sim_n_open (world->sim), ==, n_open - 1);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);

  n_wakeups = count_wakeups (world);
  msa_test_world_settle (world, (gint64) 24 * 3600 * G_USEC_PER_SEC);
  g_assert_cmpuint (count_wakeups (world), ==, n_wakeups);
}

static void
run_one (MsaTestWorld *world)
{
  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, world->records->len));
  g_assert_cmpuint (world->n_ok, ==, world->records->len);
}

static void
test_idle_reuse (MsaTestWorld *world)
{
  run_one (world);
  for (guint i = 0; i < 3; i++)
    {
      msa_test_world_settle (world, (gint64) (IDLE_MS - 10) * MS);
      run_one (world);
    }
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  msa_test_world_settle (world, (gint64) (IDLE_MS + 10) * MS);
  run_one (world);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
}

/* In use again, it does not expire. */
static void
test_idle_then_used (MsaTestWorld *world)
{
  run_one (world);
  msa_test_world_settle (world, 10 * MS);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), <=, IDLE_MS);
  msa_test_world_add (world, "/hang");
  msa_test_world_settle (world, 10 * MS);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
}

/* While the machine slept nothing could fire, but the peer's patience may be over. */
static void
test_idle_suspended (MsaTestWorld *world)
{
  run_one (world);
  msa_sim_suspend (world->sim, 60 * G_USEC_PER_SEC);
  run_one (world);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  msa_sim_suspend (world->sim, (gint64) (IDLE_MS + 1) * MS);
  run_one (world);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
}

/* Deadlines are of the time in which the machine worked. */
static void
test_timeout_suspended (MsaTestWorld *world)
{
  add_with_timeout (world, "/hang", 5000);
  msa_test_world_settle (world, 1000 * MS);
  msa_sim_suspend (world->sim, (gint64) 3600 * G_USEC_PER_SEC);
  act_on_timeout (world);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 4000);
}

/* However busy, no connection is kept for more than a day. */
static void
test_idle_max_age (MsaTestWorld *world)
{
  for (guint i = 0; i < 23 * 60; i++)
    {
      run_one (world);
      msa_test_world_settle (world, 60 * G_USEC_PER_SEC);
      msa_test_world_drop (world, ((MsaTestRecord *) world->records->pdata[i])->easy);
    }
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  for (guint i = 0; i < 70; i++)
    {
      run_one (world);
      msa_test_world_settle (world, 60 * G_USEC_PER_SEC);
    }
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
}

static void
add_timer_tests (void)
{
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/told-equals-timeout",
                              test_told_equals_timeout);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/told-changes-only",
                              test_told_changes_only);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/told-nothing-left",
                              test_told_nothing_left);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/early-tells-again",
                              test_early_tells_again);
  msa_test_world_add_test ("/msa/contract/time/early-is-harmless", test_early_is_harmless);
  msa_test_world_add_test ("/msa/contract/time/rounding", test_rounding);
  msa_test_world_add_test ("/msa/contract/time/not-a-microsecond-early",
                           test_not_a_microsecond_early);
  msa_test_world_add_test ("/msa/contract/time/many-deadlines", test_many_deadlines);
  msa_test_world_add_test ("/msa/contract/time/late-application", test_late_application);
}

static void
add_timeout_tests (void)
{
  msa_test_world_add_test ("/msa/contract/time/total/queued", test_total_queued);
  msa_test_world_add_test ("/msa/contract/time/total/resolving", test_total_resolving);
  msa_test_world_add_test ("/msa/contract/time/total/connecting", test_total_connecting);
  msa_test_world_add_test ("/msa/contract/time/total/sending", test_total_sending);
  msa_test_world_add_test ("/msa/contract/time/total/waiting", test_total_waiting);
  msa_test_world_add_test ("/msa/contract/time/total/receiving", test_total_receiving);
  msa_test_world_add_test ("/msa/contract/time/total/paused", test_total_paused);
  msa_test_world_add_test ("/msa/contract/time/total/each-run", test_total_each_run);
  msa_test_world_add_test ("/msa/contract/time/total/is-snapshot", test_total_is_snapshot);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/total/longest",
                              test_total_longest);
  msa_test_world_add_test ("/msa/contract/time/connect/resolving", test_connect_resolving);
  msa_test_world_add_test ("/msa/contract/time/connect/connecting", test_connect_connecting);
  msa_test_world_add_test ("/msa/contract/time/connect/default", test_connect_default);
  msa_test_world_add_test ("/msa/contract/time/connect/over", test_connect_over);
  msa_test_world_add_test ("/msa/contract/time/connect/queued", test_connect_queued);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_timer_tests ();
  add_timeout_tests ();
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/contract/time/idle/attached", test_idle);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/idle/callbacks", test_idle);
  msa_test_world_add_test_in (MSA_TEST_EXPORTED, "/msa/contract/time/idle/exported", test_idle);
  msa_test_world_add_test ("/msa/contract/time/idle-reuse", test_idle_reuse);
  msa_test_world_add_test ("/msa/contract/time/idle-then-used", test_idle_then_used);
  msa_test_world_add_test ("/msa/contract/time/idle-suspended", test_idle_suspended);
  msa_test_world_add_test ("/msa/contract/time/timeout-suspended", test_timeout_suspended);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/time/idle-max-age",
                              test_idle_max_age);

  return g_test_run ();
}

/* conformance-timers.c: checks of the one timeout, and of rest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-trial.h"

#define ROUNDS 5
#define TIMEOUT_MS 30
#define WITHDRAWN_MS 100
/* The best of several rounds: a machine that is busy does not count. */
#define MAX_LATE_MS 250
/* A loop that does not wait makes thousands of calls in that time. */
#define REST_MS 300
#define MAX_CALLS_AT_REST 20
#define SETTLE_MS 20

static void
check_timer (Trial *trial)
{
  gint64 least_us = G_MAXINT64;

  for (guint i = 1; i <= ROUNDS; i++)
    {
      MsaEasy *easy = trial_make_counted (trial, "/silent");
      gint64 due_us = g_get_monotonic_time () + TIMEOUT_MS * 1000;

      msa_easy_set_timeout_ms (easy, TIMEOUT_MS);
      trial_add (trial, easy);
      if (!trial_run_completed (trial, i))
        return;
      least_us = MIN (least_us, g_get_monotonic_time () - due_us);
    }
  if (least_us > MAX_LATE_MS * 1000)
    trial_broken (trial, "Timeouts of %d ms were %" G_GINT64_FORMAT " ms late or more.",
                  TIMEOUT_MS, least_us / 1000);
}

static gboolean
is_waiting (Trial *trial)
{
  return msa_easy_get_state (trial->data) == MSA_EASY_WAITING;
}

static void
check_earlier (Trial *trial)
{
  MsaEasy *slow = trial_make (trial, "/silent");
  MsaEasy *quick = trial_make_counted (trial, "/silent");
  MsaEasy *unanswered;

  trial->data = slow;
  msa_easy_set_timeout_ms (slow, 3600 * 1000);
  trial_add (trial, slow);
  if (!trial_run (trial, is_waiting))
    {
      trial_stalled (trial, "the first transfer had not begun");
      return;
    }
  trial_rest (trial, SETTLE_MS);
  msa_easy_set_timeout_ms (quick, 2 * TIMEOUT_MS);
  trial_add (trial, quick);
  if (!trial_run_completed (trial, 1))
    return;

  /* By a socket's event: that of connecting, 30 s, makes room for this one. */
  unanswered = trial_make_counted (trial, "/silent");
  msa_easy_set_response_timeout_ms (unanswered, 2 * TIMEOUT_MS);
  trial_add (trial, unanswered);
  trial_run_completed (trial, 2);
}

static gboolean
is_over (Trial *trial)
{
  gint64 when_us;

  return trial->n_completed >= trial->n_wanted &&
         msa_multi_get_n_connections (trial->multi) == 0 && watch_get_told_ms (&when_us) < 0;
}

static void
check_withdrawn (Trial *trial)
{
  if (!trial_is_by_callbacks (trial))
    {
      trial_skip (trial, "there is no timer function");
      return;
    }

  for (guint i = 1; i <= ROUNDS; i++)
    {
      MsaEasy *easy = trial_make_counted (trial, "/bad");
      gint64 left_ms;

      msa_easy_set_timeout_ms (easy, WITHDRAWN_MS << i);
      trial->n_wanted = i;
      trial_add (trial, easy);
      if (!trial_run (trial, is_over))
        {
          trial_stalled (trial, "the transfer and its connection had not ended");
          return;
        }
      /* So late that both may have been seen in one turn: once more, with more time. */
      left_ms = (watch_get_withdrawn_us () - g_get_monotonic_time ()) / 1000;
      if (left_ms < WITHDRAWN_MS / 2)
        continue;

      trial_rest (trial, (guint) left_ms + SETTLE_MS);
      trial_rest (trial, SETTLE_MS);
      if (watch_count_unbidden () > 0)
        trial_broken (trial, "After -1 was told, MSA_SOCKET_TIMEOUT was called %u times.",
                      watch_count_unbidden ());
      return;
    }
  trial_skip (trial, "this machine is too slow");
}

static void
rest (Trial *trial,
      const char *when)
{
  guint n = trial_rest_counting (trial, REST_MS);

  if (n > MAX_CALLS_AT_REST)
    trial_broken (trial, "%s, the multi was called %u times in %d ms.", when, n, REST_MS);
}

static void
check_rest (Trial *trial)
{
  MsaEasy *silent = trial_make (trial, "/silent");

  rest (trial, "With nothing added");

  trial->data = silent;
  trial_add (trial, trial_make_counted (trial, "/size/10"));
  trial_add (trial, silent);
  if (!trial_run_completed (trial, 1))
    return;
  if (!trial_run (trial, is_waiting))
    {
      trial_stalled (trial, "the transfer had not begun");
      return;
    }
  trial_rest (trial, SETTLE_MS);
  rest (trial, "With an idle connection, and a transfer whose server is silent");
}

/* Other threads */

#define THREAD_WAITS_US 20000

static gpointer
cancel_in_thread (gpointer data)
{
  g_usleep (THREAD_WAITS_US);
  g_cancellable_cancel (data);

  return NULL;
}

static gpointer
wake_in_thread (gpointer data)
{
  g_usleep (THREAD_WAITS_US);
  msa_multi_wakeup (data);

  return NULL;
}

static gboolean
has_performed (Trial *trial)
{
  return watch_count_performs () > trial->n_wanted;
}

static void
check_wakeup (Trial *trial)
{
  GThread *thread;

  trial_rest (trial, SETTLE_MS);
  trial->n_wanted = watch_count_performs ();
  thread = g_thread_new ("wakeup", wake_in_thread, trial->multi);
  if (!trial_run (trial, has_performed))
    trial_stalled (trial, "msa_multi_perform() had not been called for msa_multi_wakeup()");
  g_thread_join (thread);
}

static void
check_threads (Trial *trial)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  MsaEasy *easy = trial_make_counted (trial, "/silent");
  GThread *thread;

  /* Who drives by perform() is the driver from the first call on. */
  trial_add (trial, trial_make_counted (trial, "/size/10"));
  if (!trial_run_completed (trial, 1))
    return;

  trial->data = easy;
  msa_multi_run_async (trial->multi, easy, G_PRIORITY_DEFAULT, cancellable, NULL, NULL);
  if (!trial_run (trial, is_waiting))
    {
      trial_stalled (trial, "the transfer had not begun");
      return;
    }
  trial_rest (trial, SETTLE_MS);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  trial_run_completed (trial, 2);
  g_thread_join (thread);

  if ((watch_get_kinds () & (KIND_PERFORM | KIND_EXPORTED)) != 0)
    check_wakeup (trial);
}

const Check timer_checks[] = {
  { "timer", "C7", "MSA_SOCKET_TIMEOUT or perform() is called when the timeout is over.",
    check_timer },
  { "timer-earlier", "C7", "A timeout replaces the one before.", check_earlier },
  { "timer-withdrawn", "C7", "A timeout of -1 takes away the one before.", check_withdrawn },
  { "rest", "P5", "While nothing is ready or due, the multi is left alone.", check_rest },
  { "threads", "C9", "What another thread makes due is done.", check_threads },
  { 0 },
};

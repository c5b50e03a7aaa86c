/* conformance-results.c: checks of how transfers start, end and are told of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-trial.h"

#define SETTLE_MS 20
#define ROUNDS 5

static void
expect_body (Trial *trial,
             MsaEasy *easy,
             gsize size)
{
  const GError *error = msa_easy_get_error (easy);
  GBytes *body = msa_easy_get_body (easy);
  gsize is = body != NULL ? g_bytes_get_size (body) : 0;

  if (error != NULL)
    trial_broken (trial, "%s failed: %s.", msa_easy_get_uri (easy), error->message);
  else if (is != size)
    trial_broken (trial, "The body of %s had %" G_GSIZE_FORMAT " bytes.", msa_easy_get_uri (easy),
                  is);
}

/* Before the loop runs for the first time, and while it stands. */
static void
check_starts (Trial *trial)
{
  for (guint i = 1; i <= 3; i++)
    {
      MsaEasy *easy = trial_make_counted (trial, "/size/1000");

      trial_add (trial, easy);
      if (!trial_run_completed (trial, i))
        return;
      expect_body (trial, easy, 1000);
    }
}

static void
check_results (Trial *trial)
{
  static const char *const targets[] = { "/size/0", "/size/100000", "/close/10", "/truncated/10",
                                         "/empty", "/bad" };
  guint n = 0;

  for (guint i = 0; i < 3; i++)
    for (guint j = 0; j < G_N_ELEMENTS (targets); j++)
      {
        trial_add (trial, trial_make_counted (trial, targets[j]));
        n++;
      }
  if (!trial_run_completed (trial, n))
    return;

  trial_rest (trial, SETTLE_MS);
  if (trial->n_completed != n)
    trial_broken (trial, "Of %u transfers there were %u deliveries.", n, trial->n_completed);
}

/* What the handlers add, and take away, is heard of within a dispatch. */

static void
next_cb (MsaEasy *easy,
         const GError *error,
         gpointer user_data)
{
  Trial *trial = user_data;
  MsaEasy *leaving;

  if (trial->n_completed >= trial->n_wanted)
    return;
  leaving = trial_make (trial, "/silent");
  trial_add (trial, leaving);
  trial_add (trial, easy);
  msa_multi_remove (trial->multi, leaving);
  g_object_set_data (G_OBJECT (easy), "conformance-deliveries", NULL);
}

static void
check_handlers (Trial *trial)
{
  MsaEasy *easy = trial_make_counted (trial, "/close/10");

  trial->n_wanted = 20;
  g_signal_connect (easy, "completed", G_CALLBACK (next_cb), trial);
  trial_add (trial, easy);
  trial_run_completed (trial, 20);
}

/* What is done where the loop is not inside of libmsa: by the function it asks. */

static gboolean
add_and_ask (Trial *trial)
{
  if (trial->data == NULL)
    {
      trial->data = trial_make_counted (trial, "/size/10");
      trial_add (trial, trial->data);
    }

  return trial->n_completed >= trial->n_wanted;
}

static void
check_outside (Trial *trial)
{
  MsaEasy *first = trial_make_counted (trial, "/size/10");

  trial_add (trial, first);
  msa_multi_remove (trial->multi, first);
  trial_add (trial, first);
  if (!trial_run_completed (trial, 1))
    return;

  trial->n_wanted = 2;
  if (!trial_run (trial, add_and_ask))
    {
      trial_stalled (trial, "what the function that run_until() asks added had not ended");
      return;
    }
  trial_rest (trial, 1);
  trial_add (trial, trial_make_counted (trial, "/size/10"));
  trial_run_completed (trial, 3);
}

/* Messages */

static gboolean
are_none_running (Trial *trial)
{
  return msa_multi_get_n_running (trial->multi) == 0;
}

static void
skip_messages (Trial *trial)
{
  trial_skip (trial, (watch_get_kinds () & KIND_ATTACHED) != 0
                         ? "an attached multi has no messages"
                         : "no calls of the glue are seen");
}

static gboolean
has_messages (void)
{
  return watch_get_kinds () != 0 && (watch_get_kinds () & KIND_ATTACHED) == 0;
}

static gboolean
are_read (Trial *trial)
{
  return watch_count_messages () >= trial->n_wanted;
}

static void
check_messages (Trial *trial)
{
  const guint n = 10;

  for (guint i = 0; i < n; i++)
    trial_add (trial, trial_make (trial, i % 2 == 0 ? "/size/100" : "/truncated/10"));
  if (!trial_run (trial, are_none_running))
    {
      trial_stalled (trial, "the transfers had not ended");
      return;
    }
  if (!has_messages ())
    {
      skip_messages (trial);
      return;
    }

  trial->n_wanted = n;
  if (!trial_run (trial, are_read))
    trial_broken (trial, "%u transfers ended, and %u messages were read.", n,
                  watch_count_messages ());
}

/* As many run after a transfer's end as before. */

static void
add_silent_cb (MsaEasy *easy,
               gpointer user_data)
{
  Trial *trial = user_data;

  trial_add (trial, trial_make (trial, "/silent"));
}

static gboolean
has_ended (Trial *trial)
{
  return msa_easy_get_state (trial->data) == MSA_EASY_DONE;
}

static void
check_running (Trial *trial)
{
  msa_multi_set_max_connections_per_host (trial->multi, 0);
  for (guint i = 1; i <= ROUNDS; i++)
    {
      MsaEasy *easy = trial_make (trial, "/size/100");

      trial->data = easy;
      g_signal_connect (easy, "headers", G_CALLBACK (add_silent_cb), trial);
      trial_add (trial, easy);
      if (!trial_run (trial, has_ended))
        {
          trial_stalled (trial, "the transfer had not ended");
          return;
        }
      if (!has_messages ())
        {
          skip_messages (trial);
          return;
        }
      trial->n_wanted = i;
      if (!trial_run (trial, are_read))
        {
          trial_broken (trial, "%u transfers ended while others began, and %u messages were read.",
                        i, watch_count_messages ());
          return;
        }
    }
}

/* Many */

static void
check_crowd (Trial *trial)
{
  const guint n = 1000;

  msa_multi_set_max_connections_per_host (trial->multi, 200);
  for (guint i = 0; i < n; i++)
    trial_add (trial, trial_make_counted (trial, "/size/500"));
  trial_run_completed (trial, n);
}

const Check result_checks[] = {
  { "starts", "C3", "What is added is begun, by MSA_SOCKET_TIMEOUT or perform().", check_starts },
  { "results", "P1", "Each transfer is delivered once, however it ends.", check_results },
  { "handlers", "P2", "What a handler adds or removes within a dispatch is taken care of.",
    check_handlers },
  { "outside", "C7", "What becomes due outside of a dispatch is done.", check_outside },
  { "messages", "C5", "After driving, messages are read until there are none.", check_messages },
  { "running", "C4", "Messages are read also when the number of running transfers is the same.",
    check_running },
  { "crowd", "P7", "A thousand transfers end, 200 at a time.", check_crowd },
  { 0 },
};

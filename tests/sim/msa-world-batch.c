/* msa-world-batch.c: many random worlds, in processes of their own
 *
 * Each worker notes in shared memory which seed it is at, and its complaint.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-world-batch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the processor's time: a world that takes so long is in an endless loop. */
#define PATIENCE_S 100
/* Of real time, on a machine that has much else to do: it waits for ever. */
#define REAL_PATIENCE_S 3000

/* A worker's part of the shared memory. */
typedef struct
{
  pid_t pid;
  MsaWorldReport report;
} Worker;

static void
log_cb (const char *domain,
        GLogLevelFlags level,
        const char *message,
        gpointer data)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) != 0)
    msa_world_fail ("%s: %s", domain != NULL ? domain : "", message);
}

static void
set_patience (guint processor_s,
              guint real_s)
{
  const struct itimerval timer = { .it_value = { .tv_sec = processor_s } };

  setitimer (ITIMER_PROF, &timer, NULL);
  alarm (real_s);
}

static void
run_seed (const MsaWorldBatch *batch,
          guint64 seed,
          MsaWorldReport *report)
{
  MsaWorldOptions options = batch->options;
  g_autoptr (MsaWorldResult) result = NULL;

  options.seed = report->seed = seed;
  set_patience (PATIENCE_S, REAL_PATIENCE_S);
  result = batch->all_drivers ? msa_world_run_all (&options) : msa_world_run (&options);
  report->n_worlds += batch->all_drivers ? 4 : 1;
  report->hash += result->hash;
  report->n_steps = result->n_steps;
  report->n_runs += result->n_runs;
  report->n_ok += result->n_ok;
  report->n_failed += result->n_failed;
  report->n_taken += result->n_taken;
  report->n_apart += result->is_apart;
}

/* In the child. */
G_GNUC_NORETURN static void
work (const MsaWorldBatch *batch,
      guint first,
      guint step,
      MsaWorldReport *report)
{
  signal (SIGALRM, SIG_DFL);
  signal (SIGPROF, SIG_DFL);
  g_log_set_default_handler (log_cb, NULL);
  msa_world_set_complaint (report->complaint, sizeof report->complaint);
  for (guint64 i = first; i < batch->n_seeds; i += step)
    run_seed (batch, batch->options.seed + i, report);
  set_patience (0, 0);
  fflush (NULL);
  /* A sanitizer looks for leaks there. */
  exit (0);
}

static void
note_end (MsaWorldReport *report,
          int status)
{
  gsize len = strlen (report->complaint);

  report->has_failed = !WIFEXITED (status) || WEXITSTATUS (status) != 0;
  if (!report->has_failed)
    return;
  if (WIFSIGNALED (status) && (WTERMSIG (status) == SIGALRM || WTERMSIG (status) == SIGPROF))
    g_snprintf (report->complaint + len, sizeof report->complaint - len, "it does not end");
  else if (WIFSIGNALED (status))
    g_snprintf (report->complaint + len, sizeof report->complaint - len, "ended by signal %d",
                WTERMSIG (status));
  else if (len == 0)
    g_snprintf (report->complaint, sizeof report->complaint, "ended with status %d",
                WEXITSTATUS (status));
}

static pid_t
start (const MsaWorldBatch *batch,
       guint first,
       guint step,
       MsaWorldReport *report,
       gboolean quiet)
{
  pid_t pid;

  fflush (NULL);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0 && quiet &&
      (freopen ("/dev/null", "w", stderr) == NULL || freopen ("/dev/null", "w", stdout) == NULL))
    _exit (2);
  if (pid == 0)
    work (batch, first, step, report);

  return pid;
}

static void *
map_memory (gsize size)
{
  void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  g_assert_true (memory != MAP_FAILED);
  return memory;
}

static void
add_up (MsaWorldReport *sum,
        const MsaWorldReport *part)
{
  sum->n_worlds += part->n_worlds;
  sum->hash += part->hash;
  sum->n_runs += part->n_runs;
  sum->n_ok += part->n_ok;
  sum->n_failed += part->n_failed;
  sum->n_taken += part->n_taken;
  sum->n_apart += part->n_apart;
  sum->n_steps = part->n_steps;
  if (!part->has_failed || sum->has_failed)
    return;

  sum->has_failed = TRUE;
  sum->seed = part->seed;
  g_strlcpy (sum->complaint, part->complaint, sizeof sum->complaint);
}

gboolean
msa_world_batch_run (const MsaWorldBatch *self,
                     MsaWorldReport *report)
{
  guint n_jobs = MAX (self->n_jobs, 1);
  Worker *workers = map_memory (sizeof (Worker) * n_jobs);
  guint n_left = n_jobs;

  memset (report, 0, sizeof *report);
  msa_world_prepare (self->options.tls);
  for (guint i = 0; i < n_jobs; i++)
    workers[i].pid = start (self, i, n_jobs, &workers[i].report, FALSE);

  while (n_left > 0)
    {
      int status;
      pid_t pid = waitpid (-1, &status, 0);

      if (pid < 0 && errno == EINTR)
        continue;
      g_assert_cmpint (pid, >, 0);
      for (guint i = 0; i < n_jobs; i++)
        {
          if (workers[i].pid != pid)
            continue;
          n_left--;
          workers[i].pid = 0;
          note_end (&workers[i].report, status);
          /* One is enough; the others are ended, which is no failure of theirs. */
          if (report->has_failed)
            workers[i].report.has_failed = FALSE;
          add_up (report, &workers[i].report);
        }
      for (guint i = 0; report->has_failed && i < n_jobs; i++)
        if (workers[i].pid != 0)
          kill (workers[i].pid, SIGKILL);
    }
  munmap (workers, sizeof (Worker) * n_jobs);

  return !report->has_failed;
}

/* Whether the shorter world fails too; @report gets its complaint then. */
static gboolean
fails (const MsaWorldBatch *batch,
       MsaWorldReport *report,
       guint n_steps,
       const guint *without,
       guint n_without)
{
  MsaWorldBatch one = *batch;
  MsaWorldReport *shared = map_memory (sizeof *shared);
  gboolean has_failed;
  int status;
  pid_t pid;

  one.options.seed = report->seed;
  one.options.n_steps = n_steps;
  one.options.without = without;
  one.options.n_without = n_without;
  one.options.trace = FALSE;
  one.n_seeds = 1;
  pid = start (&one, 0, 1, shared, TRUE);
  while (waitpid (pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  note_end (shared, status);
  has_failed = shared->has_failed;
  if (has_failed)
    {
      g_strlcpy (report->complaint, shared->complaint, sizeof report->complaint);
      report->n_steps = n_steps;
      report->n_without = n_without;
      memmove (report->without, without, n_without * sizeof *without);
    }
  munmap (shared, sizeof *shared);

  return has_failed;
}

void
msa_world_batch_shrink (const MsaWorldBatch *self,
                        MsaWorldReport *report)
{
  guint without[G_N_ELEMENTS (report->without)];
  guint n_without = MIN (self->options.n_without, G_N_ELEMENTS (without));
  guint n_most = self->options.n_steps > 0 ? self->options.n_steps : G_N_ELEMENTS (without);

  if (n_without > 0)
    memcpy (without, self->options.without, n_without * sizeof *without);
  report->n_steps = self->options.n_steps;
  report->n_without = n_without;
  memcpy (report->without, without, n_without * sizeof *without);

  /* The first steps that are enough. */
  for (guint n = 1; n <= n_most; n++)
    if (fails (self, report, n, without, n_without))
      break;
  if (report->n_steps == 0)
    return;

  for (guint i = report->n_steps; i-- > 0 && n_without < G_N_ELEMENTS (without);)
    {
      without[n_without] = i;
      if (fails (self, report, report->n_steps, without, n_without + 1))
        n_without++;
    }
}

char *
msa_world_batch_command (const MsaWorldBatch *self,
                         const MsaWorldReport *report)
{
  GString *text = g_string_new ("msa-sim");

  g_string_append_printf (text, " --seed %" G_GUINT64_FORMAT, report->seed);
  if (report->n_steps > 0)
    g_string_append_printf (text, " --steps %u", report->n_steps);
  for (guint i = 0; i < report->n_without; i++)
    g_string_append_printf (text, "%s%u", i == 0 ? " --without " : ",", report->without[i]);
  g_string_append_printf (text, " --driver %s",
                          self->all_drivers ? "all"
                                            : msa_test_driver_get_name (self->options.driver));
  if (self->options.tls)
    g_string_append (text, " --tls");
  if (self->options.fails_at > 0)
    g_string_append_printf (text, " --fail-at %u", self->options.fails_at);

  return g_string_free (text, FALSE);
}

/* msa-sim-main.c: msa-sim, which runs random worlds from the command line
 *
 * The last line is the hash of what happened; the status is 1 where an oracle was not content, 2
 * where the command line is not right.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-world-batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gint64 seed = 1;
static gint64 n_seeds = 1;
static int n_steps, n_jobs = 1, fails_at;
static char *driver, *left_out;
static gboolean tls, trace, alone;

static const GOptionEntry entries[] = {
  { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "The world, or the first one (1)", "N" },
  { "seeds", 0, 0, G_OPTION_ARG_INT64, &n_seeds, "How many, one after the other (1)", "COUNT" },
  { "steps", 0, 0, G_OPTION_ARG_INT, &n_steps, "How many steps, at most 64", "M" },
  { "without", 0, 0, G_OPTION_ARG_STRING, &left_out, "Steps that are left out", "I,J,..." },
  { "driver", 0, 0, G_OPTION_ARG_STRING, &driver,
    "attached, callbacks, perform, exported, or all, which compares them (all)", "D" },
  { "tls", 0, 0, G_OPTION_ARG_NONE, &tls, "Most servers speak TLS", NULL },
  { "jobs", 0, 0, G_OPTION_ARG_INT, &n_jobs, "How many processes (1)", "N" },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &trace, "Print what happens", NULL },
  { "alone", 0, 0, G_OPTION_ARG_NONE, &alone, "In this process, for a debugger", NULL },
  { "fail-at", 0, 0, G_OPTION_ARG_INT, &fails_at, "Fail at this step, to try the tool", "I" },
  G_OPTION_ENTRY_NULL,
};

static gboolean
complain (const char *text)
{
  fprintf (stderr, "msa-sim: %s\n", text);
  return FALSE;
}

static gboolean
find_driver (MsaWorldBatch *batch)
{
  g_autofree char *text = NULL;

  batch->all_drivers = driver == NULL || g_str_equal (driver, "all");
  if (batch->all_drivers)
    return TRUE;
  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    if (msa_test_driver_works_in_sim (kind) &&
        g_str_equal (driver, msa_test_driver_get_name (kind)))
      {
        batch->options.driver = kind;
        return TRUE;
      }

  text = g_strdup_printf ("there is no driver '%s': attached, callbacks, perform, exported, all",
                          driver);
  return complain (text);
}

static gboolean
find_left_out (GArray *numbers)
{
  g_auto (GStrv) words = g_strsplit (left_out != NULL ? left_out : "", ",", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint64 number;
      guint step;

      if (!g_ascii_string_to_unsigned (words[i], 10, 0, 63, &number, NULL))
        return complain ("--without takes numbers of steps, with commas between");
      step = (guint) number;
      g_array_append_val (numbers, step);
    }

  return TRUE;
}

static gboolean
read_command (int *argc,
              char ***argv,
              MsaWorldBatch *batch,
              GArray *numbers)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- random worlds for libmsa");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    return complain (error->message);
  if (*argc > 1)
    return complain ("there are only options");
  if (seed < 0 || n_seeds < 1 || n_steps < 0 || n_steps > 64 || n_jobs < 1 || n_jobs > 64 ||
      fails_at < 0)
    return complain ("a number is out of range");
  if (!find_driver (batch) || !find_left_out (numbers))
    return FALSE;

  batch->options.seed = (guint64) seed;
  batch->options.n_steps = (guint) n_steps;
  batch->options.without = (const guint *) (gpointer) numbers->data;
  batch->options.n_without = numbers->len;
  batch->options.tls = tls;
  batch->options.trace = trace;
  batch->options.fails_at = (guint) fails_at;
  batch->n_seeds = (guint64) n_seeds;
  batch->n_jobs = (guint) n_jobs;
  return TRUE;
}

static int
run_alone (const MsaWorldBatch *batch)
{
  g_autoptr (MsaWorldResult) result = NULL;

  msa_world_prepare (batch->options.tls);
  if (batch->all_drivers)
    result = msa_world_run_all (&batch->options);
  else
    result = msa_world_run (&batch->options);
  printf ("hash %016" G_GINT64_MODIFIER "x\n", result->hash);
  return EXIT_SUCCESS;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree char *command = NULL;
  MsaWorldBatch batch = { 0 };
  MsaWorldReport report;

  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  if (!read_command (&argc, &argv, &batch, numbers))
    return 2;
  if (alone)
    return run_alone (&batch);

  if (msa_world_batch_run (&batch, &report))
    {
      printf ("%" G_GUINT64_FORMAT " worlds, %" G_GUINT64_FORMAT " runs: %" G_GUINT64_FORMAT
              " ended well, %" G_GUINT64_FORMAT " by an error, %" G_GUINT64_FORMAT
              " were removed; drivers differ by a clock for %" G_GUINT64_FORMAT " seeds\n",
              report.n_worlds, report.n_runs, report.n_ok, report.n_failed, report.n_taken,
              report.n_apart);
      printf ("hash %016" G_GINT64_MODIFIER "x\n", report.hash);
      return EXIT_SUCCESS;
    }

  fprintf (stderr, "seed %" G_GUINT64_FORMAT ": %s\n", report.seed, report.complaint);
  msa_world_batch_shrink (&batch, &report);
  command = msa_world_batch_command (&batch, &report);
  fprintf (stderr, "shortest: %s\n%s\n", report.complaint, command);
  return MSA_WORLD_FAILED;
}

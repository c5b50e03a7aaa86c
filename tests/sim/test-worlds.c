/* test-worlds.c: random worlds in the suite, and the tool that runs them
 *
 * So many worlds, each in every driver, and what each transfer saw is compared. A world that fails
 * is told of by the command that shows it. MSA_WORLDS=N runs N seeds in the clear, and a twentieth
 * of that in TLS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-world-batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static guint
get_n_seeds (void)
{
  const char *text = g_getenv ("MSA_WORLDS");

  return text != NULL ? (guint) strtoul (text, NULL, 10) : MSA_WORLDS_IN_SUITE;
}

static void
run_batch (MsaWorldBatch *batch)
{
  MsaWorldReport report;

  batch->n_jobs = 2;
  if (msa_world_batch_run (batch, &report))
    {
      g_test_message ("%" G_GUINT64_FORMAT " worlds, %" G_GUINT64_FORMAT " runs: %" G_GUINT64_FORMAT
                      " ended well, hash %016" G_GINT64_MODIFIER "x",
                      report.n_worlds, report.n_runs, report.n_ok, report.hash);
      g_assert_cmpuint (report.n_worlds, ==, batch->n_seeds * (batch->all_drivers ? 4 : 1));
      return;
    }

  g_test_message ("seed %" G_GUINT64_FORMAT ": %s", report.seed, report.complaint);
  msa_world_batch_shrink (batch, &report);
  g_test_message ("shortest: %s", report.complaint);
  g_test_message ("%s", msa_world_batch_command (batch, &report));
  g_test_fail ();
}

static void
test_clear (void)
{
  MsaWorldBatch batch = { .all_drivers = TRUE };

  batch.options.seed = 1;
  batch.n_seeds = get_n_seeds ();
  run_batch (&batch);
}

static void
test_tls (void)
{
  MsaWorldBatch batch = { .all_drivers = TRUE };

  batch.options.seed = 1;
  batch.options.tls = TRUE;
  batch.n_seeds = MAX (get_n_seeds () / 20, 1);
  run_batch (&batch);
}

/* The same history for the same seed, whoever else runs beside it; another one for another seed. */
static void
test_hash (gconstpointer data)
{
  MsaWorldBatch batch = { .n_jobs = 1, .n_seeds = 20, .all_drivers = TRUE };
  MsaWorldReport first, second, other;

  batch.options.tls = GPOINTER_TO_INT (data);
  batch.options.seed = 7;
  g_assert_true (msa_world_batch_run (&batch, &first));
  batch.n_jobs = 3;
  g_assert_true (msa_world_batch_run (&batch, &second));
  batch.options.seed = 1007;
  g_assert_true (msa_world_batch_run (&batch, &other));
  g_assert_cmpuint (first.n_worlds, ==, 80);
  g_assert_cmpuint (first.hash, ==, second.hash);
  g_assert_cmpuint (first.hash, !=, other.hash);
}

/* A part of a plan that is left out leaves the others as they are. */
static void
test_plan (void)
{
  MsaWorldBatch batch = { .n_jobs = 1, .n_seeds = 1 };
  guint without[] = { 1, 2, 3, 4, 5, 6, 7 };
  MsaWorldReport whole, shorter;

  batch.options.seed = 3;
  batch.options.n_steps = 8;
  batch.options.without = without;
  batch.options.n_without = G_N_ELEMENTS (without);
  g_assert_true (msa_world_batch_run (&batch, &whole));
  batch.options.n_steps = 1;
  batch.options.n_without = 0;
  g_assert_true (msa_world_batch_run (&batch, &shorter));
  g_assert_cmpuint (whole.hash, ==, shorter.hash);
}

static void
test_shrinks (void)
{
  MsaWorldBatch batch = { .n_jobs = 1, .n_seeds = 1 };
  g_autofree char *command = NULL;
  MsaWorldReport report;

  batch.options.seed = 7;
  batch.options.driver = MSA_TEST_CALLBACKS;
  batch.options.n_steps = 20;
  /* In this world it is done from outside. */
  batch.options.fails_at = 6;
  g_assert_false (msa_world_batch_run (&batch, &report));
  g_assert_cmpuint (report.seed, ==, 7);
  g_assert_cmpstr (report.complaint, ==, "step 6 was to fail");

  msa_world_batch_shrink (&batch, &report);
  g_assert_cmpuint (report.n_steps, ==, 7);
  g_assert_cmpuint (report.n_without, ==, 6);
  command = msa_world_batch_command (&batch, &report);
  g_assert_cmpstr (command, ==,
                   "msa-sim --seed 7 --steps 7 --without 5,4,3,2,1,0 --driver callbacks"
                   " --fail-at 6");
}

/* --- the command --- */

static int
run_tool (const char *arguments,
          char **out,
          char **err)
{
  const char *tool = g_getenv ("MSA_SIM");
  g_autofree char *line = g_strconcat (tool, " ", arguments, NULL);
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_command_line_sync (line, out, err, &status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static const char *
get_last_line (char *text)
{
  const char *last;

  g_strchomp (text);
  last = strrchr (text, '\n');
  return last != NULL ? last + 1 : text;
}

static void
test_command_replays (void)
{
  static const char command[] = "--seed 11 --steps 12 --driver exported";
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *alone = NULL;
  g_autofree char *alone_command = g_strconcat (command, " --alone --trace", NULL);

  g_assert_cmpint (run_tool (command, &first, NULL), ==, 0);
  g_assert_cmpint (run_tool (command, &second, NULL), ==, 0);
  g_assert_cmpint (run_tool (alone_command, &alone, NULL), ==, 0);
  g_assert_true (g_str_has_prefix (get_last_line (first), "hash "));
  g_assert_cmpstr (get_last_line (first), ==, get_last_line (second));
  g_assert_cmpstr (get_last_line (first), ==, get_last_line (alone));
}

static void
test_command_fails (void)
{
  static const char command[] = "--seed 7 --seeds 3 --steps 20 --driver callbacks --fail-at 6";
  g_autofree char *err = NULL;
  g_autofree char *again = NULL;
  const char *shorter;

  g_assert_cmpint (run_tool (command, NULL, &err), ==, 1);
  g_assert_nonnull (strstr (err, "step 6 was to fail"));
  shorter = get_last_line (err);
  g_assert_true (g_str_has_prefix (shorter, "msa-sim --seed 7 --steps 7 --without "));
  g_assert_cmpint (run_tool (shorter + strlen ("msa-sim "), NULL, &again), ==, 1);
  g_assert_nonnull (strstr (again, "step 6 was to fail"));
}

static void
test_command_refuses (void)
{
  static const struct
  {
    const char *arguments;
    const char *words;
  } rows[] = {
    { "--driver singly", "there is no driver 'singly'" },
    { "--driver ''", "there is no driver ''" },
    { "--seed x", "x" },
    { "--seeds 0", "out of range" },
    { "--steps 65", "out of range" },
    { "--without 1,two", "--without takes numbers" },
    { "--colour", "--colour" },
    { "7", "only options" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *err = NULL;

      g_assert_cmpint (run_tool (rows[i].arguments, NULL, &err), ==, 2);
      g_assert_true (g_str_has_prefix (err, "msa-sim: "));
      g_assert_nonnull (strstr (err, rows[i].words));
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/worlds/clear", test_clear);
  g_test_add_func ("/msa/worlds/tls", test_tls);
  g_test_add_data_func ("/msa/worlds/hash/clear", GINT_TO_POINTER (FALSE), test_hash);
  g_test_add_data_func ("/msa/worlds/hash/tls", GINT_TO_POINTER (TRUE), test_hash);
  g_test_add_func ("/msa/worlds/plan", test_plan);
  g_test_add_func ("/msa/worlds/shrinks", test_shrinks);
  if (g_getenv ("MSA_SIM") != NULL)
    {
      g_test_add_func ("/msa/worlds/command/replays", test_command_replays);
      g_test_add_func ("/msa/worlds/command/fails", test_command_fails);
      g_test_add_func ("/msa/worlds/command/refuses", test_command_refuses);
    }

  return g_test_run ();
}

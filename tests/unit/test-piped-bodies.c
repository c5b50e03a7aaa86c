/* test-piped-bodies.c: large bodies that go from the socket into a file through a pipe
 *
 * Real files and pipes; the network is the simulated one. Whatever the system says to it, the file
 * has the whole body, or there is a cause and no file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* Some pipes full. */
#define BODY_BYTES 3000000
#define BODY_TARGET "/size/3000000"

typedef struct
{
  MsaTestWorld *world;
  char *path;
  MsaEasy *easy; /* (unowned): the world's */
} Piped;

static void
piped_init (Piped *self,
            MsaTestWorld *world,
            const char *target)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-XXXXXX", NULL);
  g_autoptr (GFile) file = NULL;

  g_assert_nonnull (folder);
  self->world = world;
  self->path = g_build_filename (folder, "out", NULL);
  self->easy = msa_test_world_make (world, target);
  file = g_file_new_for_path (self->path);
  msa_easy_set_output_file (self->easy, file);
  msa_easy_set_timeout_ms (self->easy, 30000);
}

/* Nothing else is left in the folder. */
static void
piped_clear (Piped *self)
{
  g_autofree char *folder = g_path_get_dirname (self->path);

  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (self->path);
}

static void
finish (Piped *self)
{
  g_assert_true (msa_test_world_run (self->world, 1));
  msa_test_world_settle (self->world, 10000);
}

static void
run_through (Piped *self)
{
  msa_test_world_add_again (self->world, self->easy);
  finish (self);
}

static void
assert_whole (Piped *self,
              gsize len)
{
  g_autofree char *contents = NULL;
  gsize contents_len;

  g_assert_no_error (msa_easy_get_error (self->easy));
  g_assert_cmpuint (msa_easy_get_bytes_received (self->easy), ==, len);
  g_assert_true (g_file_get_contents (self->path, &contents, &contents_len, NULL));
  msa_test_assert_fill (contents, contents_len, len);
}

static void
assert_nothing (Piped *self,
                int code)
{
  g_assert_error (msa_easy_get_error (self->easy), MSA_ERROR, code);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

static guint
count_pipes (MsaTestWorld *world)
{
  return msa_sim_count (world->sim, "pipe_open");
}

/* What is piped, and what is not */

static void
test_whole (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, BODY_TARGET);
  run_through (&piped);
  assert_whole (&piped, BODY_BYTES);
  g_assert_cmpuint (count_pipes (world), ==, 1);
  /* Reading it took the head and what came with that. */
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), <, 12);
  piped_clear (&piped);
}

/* What is left in the pipe at the end may be little. */
static void
test_size (MsaTestWorld *world)
{
  gsize len = GPOINTER_TO_SIZE (world->row);
  g_autofree char *target = g_strdup_printf ("/size/%" G_GSIZE_FORMAT, len);
  Piped piped;

  msa_sim_set_segment (world->sim, 100000);
  piped_init (&piped, world, target);
  run_through (&piped);
  assert_whole (&piped, len);
  g_assert_cmpuint (count_pipes (world), ==, 1);
  piped_clear (&piped);
}

/* Each segment takes a place in the pipe, so that it is full of few bytes. */
static void
test_small_segments (MsaTestWorld *world)
{
  Piped piped;

  msa_sim_set_segment (world->sim, 700);
  piped_init (&piped, world, BODY_TARGET);
  run_through (&piped);
  assert_whole (&piped, BODY_BYTES);
  g_assert_cmpuint (count_pipes (world), ==, 1);
  piped_clear (&piped);
}

static void
test_second_run (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, BODY_TARGET);
  run_through (&piped);
  msa_test_world_add_again (world, piped.easy);
  g_assert_true (msa_test_world_run (world, 2));
  assert_whole (&piped, BODY_BYTES);
  piped_clear (&piped);
}

/* Two descriptors are not worth it. */
static void
test_small_body (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, "/size/500000");
  run_through (&piped);
  assert_whole (&piped, 500000);
  g_assert_cmpuint (count_pipes (world), ==, 0);
  piped_clear (&piped);
}

static void
test_chunked (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, "/chunked/3000000");
  run_through (&piped);
  assert_whole (&piped, BODY_BYTES);
  g_assert_cmpuint (count_pipes (world), ==, 0);
  piped_clear (&piped);
}

static void
data_cb (MsaEasy *easy,
         GBytes *bytes,
         gsize *n_told)
{
  *n_told += g_bytes_get_size (bytes);
}

/* Who listens gets all of it. */
static void
test_told (MsaTestWorld *world)
{
  gsize n_told = 0;
  Piped piped;

  piped_init (&piped, world, BODY_TARGET);
  g_signal_connect (piped.easy, "data", G_CALLBACK (data_cb), &n_told);
  run_through (&piped);
  assert_whole (&piped, BODY_BYTES);
  g_assert_cmpuint (n_told, ==, BODY_BYTES);
  g_assert_cmpuint (count_pipes (world), ==, 0);
  piped_clear (&piped);
}

static gboolean
has_half (gpointer data)
{
  return msa_easy_get_bytes_received (data) > BODY_BYTES / 2;
}

static void
test_paused (MsaTestWorld *world)
{
  guint64 received;
  Piped piped;

  piped_init (&piped, world, BODY_TARGET);
  msa_sim_set_segment (world->sim, 10000);
  msa_test_world_add_again (world, piped.easy);
  g_assert_true (msa_test_world_run_until (world, has_half, piped.easy));
  msa_easy_pause (piped.easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 10000);
  received = msa_easy_get_bytes_received (piped.easy);
  g_assert_cmpuint (received, <, BODY_BYTES);
  msa_test_world_settle (world, 1000000);
  g_assert_cmpuint (msa_easy_get_bytes_received (piped.easy), ==, received);
  msa_easy_resume (piped.easy, MSA_DIRECTION_RECEIVE);
  finish (&piped);
  assert_whole (&piped, BODY_BYTES);
  piped_clear (&piped);
}

/* What goes wrong */

static void
test_too_large (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, "/truncated/6000000");
  msa_easy_set_max_body_bytes (piped.easy, 5000000);
  run_through (&piped);
  assert_nothing (&piped, MSA_ERROR_TOO_LARGE);
  piped_clear (&piped);
}

static void
test_truncated (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, "/truncated/6000000");
  run_through (&piped);
  assert_nothing (&piped, MSA_ERROR_TRUNCATED);
  g_assert_cmpuint (count_pipes (world), ==, 1);
  piped_clear (&piped);
}

static void
test_late (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, "/part/6000000");
  run_through (&piped);
  assert_nothing (&piped, MSA_ERROR_TIMED_OUT);
  piped_clear (&piped);
}

static void
test_removed (MsaTestWorld *world)
{
  Piped piped;

  piped_init (&piped, world, BODY_TARGET);
  msa_sim_set_segment (world->sim, 10000);
  msa_test_world_add_again (world, piped.easy);
  g_assert_true (msa_test_world_run_until (world, has_half, piped.easy));
  g_assert_cmpint (msa_easy_get_state (piped.easy), ==, MSA_EASY_RECEIVING);
  msa_test_world_remove (world, piped.easy);
  msa_test_world_settle (world, 100000);
  g_assert_false (g_file_test (piped.path, G_FILE_TEST_EXISTS));
  piped_clear (&piped);
}

typedef struct
{
  const char *name;
  const char *op;
  guint nth;
  guint n_times;
  int error_number;
  int code; /* of MSA_ERROR; -1: none, the body comes in another way */
} Fault;

static const Fault faults[] = {
  { "no-descriptors", "pipe_open", 1, 1, EMFILE, -1 },
  { "unknown", "socket_splice", 1, 100, EINVAL, -1 },
  { "unknown-once", "socket_splice", 1, 1, EINVAL, -1 },
  { "unknown-later", "socket_splice", 3, 100, EINVAL, -1 },
  { "empty", "socket_splice", 1, 1, EAGAIN, -1 },
  { "empty-later", "socket_splice", 2, 1, EAGAIN, -1 },
  { "reset", "socket_splice", 2, 1, ECONNRESET, MSA_ERROR_RECEIVE },
  { "full", "pipe_drain", 1, 1, ENOSPC, MSA_ERROR_WRITE },
  { "full-later", "pipe_drain", 2, 1, ENOSPC, MSA_ERROR_WRITE },
};

static void
test_fault (MsaTestWorld *world)
{
  const Fault *row = world->row;
  const GError *error;
  Piped piped;

  piped_init (&piped, world, BODY_TARGET);
  for (guint i = 0; i < row->n_times; i++)
    msa_sim_fail_nth (world->sim, row->op, row->nth + i, row->error_number);
  run_through (&piped);
  error = msa_easy_get_error (piped.easy);
  if (row->code < 0)
    {
      assert_whole (&piped, BODY_BYTES);
    }
  else
    {
      assert_nothing (&piped, row->code);
      g_assert_nonnull (strstr (error->message, g_strerror (row->error_number)));
      g_test_message ("%s", error->message);
    }
  g_assert_cmpuint (msa_sim_count (world->sim, row->op), >=, row->nth);
  piped_clear (&piped);
}

int
main (int argc,
      char **argv)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/piped-bodies/whole", test_whole },
    { "/msa/piped-bodies/small-segments", test_small_segments },
    { "/msa/piped-bodies/second-run", test_second_run },
    { "/msa/piped-bodies/small-body", test_small_body },
    { "/msa/piped-bodies/chunked", test_chunked },
    { "/msa/piped-bodies/told", test_told },
    { "/msa/piped-bodies/paused", test_paused },
    { "/msa/piped-bodies/too-large", test_too_large },
    { "/msa/piped-bodies/truncated", test_truncated },
    { "/msa/piped-bodies/late", test_late },
    { "/msa/piped-bodies/removed", test_removed },
  };

  static const guint sizes[] = { 1200000, 1250000, 1600000, 2200000, 4200000 };

  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/piped-bodies/size/%u", sizes[i]);

      msa_test_world_add_row_test (path, test_size, GSIZE_TO_POINTER (sizes[i]));
    }
  MSA_TEST_WORLD_ADD_ROWS ("/msa/piped-bodies/fault", faults, test_fault);

  return g_test_run ();
}

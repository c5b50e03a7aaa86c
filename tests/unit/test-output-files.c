/* test-output-files.c: where a body cannot be written to, and what is left behind
 *
 * Real files in a folder of the test's own; the network is the simulated one but for one test.
 * Whatever goes wrong ends the transfer with a cause, leaves an older file as it was, and no other
 * behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define OLD "what was there before"

/* A folder with the file that is written to, and what else a row puts there. */
typedef struct
{
  char *folder;
  char *path; /* the output file */
  char *other; /* a second name, or the file that is linked to */
} Place;

static void
place_init (Place *self)
{
  self->folder = g_dir_make_tmp ("msa-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->path = g_build_filename (self->folder, "out", NULL);
  self->other = g_build_filename (self->folder, "other", NULL);
}

/* Nothing else may be there. */
static void
place_clear (Place *self)
{
  g_unlink (self->path);
  g_unlink (self->other);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->other);
}

static MsaEasy *
run_into (MsaTestWorld *world,
          const char *target,
          const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = msa_test_world_make (world, target);

  msa_easy_set_output_file (easy, file);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  g_assert_null (msa_easy_get_body (easy));
  /* What is thrown away is thrown away in a thread. */
  msa_test_world_settle (world, 10000);

  return easy;
}

static void
assert_write_error (MsaEasy *easy,
                    const char *path,
                    const char *cause)
{
  const GError *error = msa_easy_get_error (easy);

  g_assert_error (error, MSA_ERROR, MSA_ERROR_WRITE);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, cause));
}

static void
assert_contents (const char *path,
                 const char *expected)
{
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, expected);
}

/* What cannot be opened */

static void
test_no_folder (MsaTestWorld *world)
{
  g_autofree char *path = NULL;
  Place place;

  place_init (&place);
  path = g_build_filename (place.folder, "none", "out", NULL);
  assert_write_error (run_into (world, "/size/300000", path), path, g_strerror (ENOENT));
  place_clear (&place);
}

static void
test_below_file (MsaTestWorld *world)
{
  g_autofree char *path = NULL;
  Place place;

  place_init (&place);
  g_assert_true (g_file_set_contents (place.other, OLD, -1, NULL));
  path = g_build_filename (place.other, "out", NULL);
  assert_write_error (run_into (world, "/size/300000", path), path, g_strerror (ENOTDIR));
  assert_contents (place.other, OLD);
  place_clear (&place);
}

static void
test_is_folder (MsaTestWorld *world)
{
  Place place;

  place_init (&place);
  g_assert_cmpint (g_mkdir (place.path, 0700), ==, 0);
  assert_write_error (run_into (world, "/hello", place.path), place.path, "");
  g_assert_cmpint (g_rmdir (place.path), ==, 0);
  place_clear (&place);
}

static void
test_is_device (MsaTestWorld *world)
{
  assert_write_error (run_into (world, "/hello", "/dev/full"), "/dev/full", "");
}

/* The peer has nothing more to say: that is not waited for. */
static void
test_silent_peer (MsaTestWorld *world)
{
  g_autofree char *path = NULL;
  Place place;

  place_init (&place);
  path = g_build_filename (place.folder, "none", "out", NULL);
  assert_write_error (run_into (world, "/part/2000", path), path, g_strerror (ENOENT));
  place_clear (&place);
}

/* What cannot be written to its end: the disk is full after 100000 bytes. */

static void
run_full (MsaTestWorld *world,
          const char *path)
{
  struct rlimit before, small;
  MsaEasy *easy;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  small = before;
  small.rlim_cur = 100000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  easy = run_into (world, "/size/300000", path);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  assert_write_error (easy, path, g_strerror (EFBIG));
}

static void
test_full (MsaTestWorld *world)
{
  Place place;

  place_init (&place);
  run_full (world, place.path);
  g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));
  place_clear (&place);
}

static void
test_full_keeps_old (MsaTestWorld *world)
{
  Place place;

  place_init (&place);
  g_assert_true (g_file_set_contents (place.path, OLD, -1, NULL));
  run_full (world, place.path);
  assert_contents (place.path, OLD);
  place_clear (&place);
}

static void
test_full_stream (MsaTestWorld *world)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/dev/full");
  g_autoptr (GFileIOStream) full = g_file_open_readwrite (file, NULL, NULL);
  MsaEasy *easy = msa_test_world_make (world, "/size/300000");

  g_assert_nonnull (full);
  msa_easy_set_output_stream (easy, g_io_stream_get_output_stream (G_IO_STREAM (full)));
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  assert_write_error (easy, "output stream", g_strerror (ENOSPC));
}

/* An older file, whatever it is and whatever goes wrong */

typedef enum
{
  PLAIN,
  SYMLINK,
  HARD_LINK,
} Kind;

typedef struct
{
  const char *name;
  Kind kind;
  const char *target;
  int code; /* of MSA_ERROR; -1: none */
} Older;

static const Older olders[] = {
  { "plain/truncated", PLAIN, "/truncated/200000", MSA_ERROR_TRUNCATED },
  { "plain/too-large", PLAIN, "/chunked/300000", MSA_ERROR_TOO_LARGE },
  { "plain/late", PLAIN, "/part/200000", MSA_ERROR_TIMED_OUT },
  { "plain/complete", PLAIN, "/hello", -1 },
  { "symlink/truncated", SYMLINK, "/truncated/200000", MSA_ERROR_TRUNCATED },
  { "symlink/too-large", SYMLINK, "/chunked/300000", MSA_ERROR_TOO_LARGE },
  { "symlink/late", SYMLINK, "/part/200000", MSA_ERROR_TIMED_OUT },
  { "symlink/complete", SYMLINK, "/hello", -1 },
  { "hard-link/truncated", HARD_LINK, "/truncated/200000", MSA_ERROR_TRUNCATED },
  { "hard-link/late", HARD_LINK, "/part/200000", MSA_ERROR_TIMED_OUT },
  { "hard-link/complete", HARD_LINK, "/hello", -1 },
};

static void
make_older (const Place *place,
            Kind kind)
{
  const char *real = kind == SYMLINK ? place->other : place->path;

  g_assert_true (g_file_set_contents (real, OLD, -1, NULL));
  g_assert_cmpint (g_chmod (real, 0640), ==, 0);
  if (kind == SYMLINK)
    g_assert_cmpint (symlink ("other", place->path), ==, 0);
  if (kind == HARD_LINK)
    g_assert_cmpint (link (place->path, place->other), ==, 0);
}

/* Its mode is kept, a link stays one; another name of the same file keeps what was there. */
static void
assert_older (const Place *place,
              Kind kind,
              const char *contents)
{
  GStatBuf info;

  assert_contents (place->path, contents);
  g_assert_cmpint (g_stat (place->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
  g_assert_cmpint (g_file_test (place->path, G_FILE_TEST_IS_SYMLINK), ==, kind == SYMLINK);
  if (kind == HARD_LINK)
    assert_contents (place->other, OLD);
}

static void
test_older (MsaTestWorld *world)
{
  const Older *row = world->row;
  g_autoptr (GFile) file = NULL;
  MsaEasy *easy = msa_test_world_make (world, row->target);
  Place place;

  place_init (&place);
  make_older (&place, row->kind);
  file = g_file_new_for_path (place.path);
  msa_easy_set_output_file (easy, file);
  msa_easy_set_max_body_bytes (easy, 200000);
  msa_easy_set_timeout_ms (easy, 500);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, 10000);
  if (row->code >= 0)
    g_assert_error (msa_easy_get_error (easy), MSA_ERROR, row->code);
  else
    g_assert_no_error (msa_easy_get_error (easy));
  assert_older (&place, row->kind, row->code >= 0 ? OLD : "/hello");
  place_clear (&place);
}

/* Removed in the middle. */
static void
test_removed (MsaTestWorld *world)
{
  g_autoptr (GFile) file = NULL;
  MsaEasy *easy = msa_test_world_make (world, "/part/200000");
  Place place;

  place_init (&place);
  make_older (&place, PLAIN);
  file = g_file_new_for_path (place.path);
  msa_easy_set_output_file (easy, file);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_test_world_settle (world, 10000);
  msa_test_world_remove (world, easy);
  msa_test_world_settle (world, 10000);
  assert_older (&place, PLAIN, OLD);
  place_clear (&place);
}

/* Until all of it is there, nothing has its name. */
static void
test_new (MsaTestWorld *world)
{
  g_autoptr (GFile) file = NULL;
  MsaEasy *easy = msa_test_world_make (world, "/part/200000");
  MsaEasy *other = msa_test_world_make (world, "/hello");
  Place place;

  place_init (&place);
  file = g_file_new_for_path (place.path);
  msa_easy_set_output_file (easy, file);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_test_world_settle (world, 10000);
  g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));

  /* Of two that have the same name, the one that is complete has it. */
  msa_easy_set_output_file (other, file);
  msa_test_world_add_again (world, other);
  g_assert_true (msa_test_world_run (world, 1));
  assert_contents (place.path, "/hello");
  msa_test_world_remove (world, easy);
  msa_test_world_settle (world, 10000);
  assert_contents (place.path, "/hello");
  place_clear (&place);
}

/* The transfer fails while its file is being opened, and the multi goes before that has ended. */
static void
test_multi_gone (MsaTestWorld *world)
{
  const gboolean *is_older = world->row;
  g_autoptr (GFile) file = NULL;
  MsaEasy *easy = msa_test_world_make (world, "/truncated/2000");
  Place place;

  place_init (&place);
  if (*is_older)
    make_older (&place, PLAIN);
  file = g_file_new_for_path (place.path);
  msa_easy_set_output_file (easy, file);
  msa_sim_set_job_delay (world->sim, 2 * G_USEC_PER_SEC);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
  msa_test_world_end_multi (world);
  if (*is_older)
    assert_older (&place, PLAIN, OLD);
  else
    g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));
  place_clear (&place);
}

static void
closed_cb (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  g_assert_true (msa_multi_close_finish (MSA_MULTI (source), result, NULL));
  (*(gboolean *) data) = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

/* The process may end when the multi is closed: nothing may be left behind then. */
static void
close_while_discarding (MsaTestWorld *world,
                        gboolean writing)
{
  g_autoptr (GFile) file = NULL;
  MsaEasy *easy = msa_test_world_make (world, "/part/200000");
  gboolean closed = FALSE;
  Place place;

  place_init (&place);
  file = g_file_new_for_path (place.path);
  msa_easy_set_output_file (easy, file);
  if (writing)
    msa_sim_set_job_delay (world->sim, G_USEC_PER_SEC);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  /* Opened, and another job under way, or none. */
  msa_test_world_settle (world, writing ? G_USEC_PER_SEC + G_USEC_PER_SEC / 2 : 10000);
  msa_sim_set_job_delay (world->sim, G_USEC_PER_SEC);
  msa_test_world_remove (world, easy);
  msa_multi_close_async (world->multi, NULL, closed_cb, &closed);
  msa_test_world_settle (world, G_USEC_PER_SEC / 4);
  g_assert_false (closed);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_true (msa_test_world_run_until (world, is_true, &closed));
  g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));
  place_clear (&place);
}

static void
test_close_while_discarding (MsaTestWorld *world)
{
  close_while_discarding (world, FALSE);
}

static void
test_close_while_writing (MsaTestWorld *world)
{
  close_while_discarding (world, TRUE);
}

/* One that is complete is not waited for, though its easy is kept. */
static void
test_close_when_complete (MsaTestWorld *world)
{
  gboolean closed = FALSE;
  Place place;

  place_init (&place);
  msa_multi_set_keep_finished (world->multi, TRUE);
  run_into (world, "/hello", place.path);
  assert_contents (place.path, "/hello");
  msa_multi_close_async (world->multi, NULL, closed_cb, &closed);
  g_assert_true (msa_test_world_run_until (world, is_true, &closed));
  place_clear (&place);
}

int
main (int argc,
      char **argv)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/output-files/no-folder", test_no_folder },
    { "/msa/output-files/below-file", test_below_file },
    { "/msa/output-files/is-folder", test_is_folder },
    { "/msa/output-files/is-device", test_is_device },
    { "/msa/output-files/silent-peer", test_silent_peer },
    { "/msa/output-files/full", test_full },
    { "/msa/output-files/full-keeps-old", test_full_keeps_old },
    { "/msa/output-files/removed", test_removed },
    { "/msa/output-files/close/while-discarding", test_close_while_discarding },
    { "/msa/output-files/close/while-writing", test_close_while_writing },
    { "/msa/output-files/close/when-complete", test_close_when_complete },
    { "/msa/output-files/new", test_new },
  };

  static const gboolean new_file = FALSE, older_file = TRUE;

  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_row_test ("/msa/output-files/multi-gone/new", test_multi_gone, &new_file);
  msa_test_world_add_row_test ("/msa/output-files/multi-gone/older", test_multi_gone, &older_file);
  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  /* GIO's own threads write to it on an attached multi. */
  msa_test_world_add_real_test ("/msa/output-files/full-stream", test_full_stream);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/output-files/older", olders, test_older);

  return g_test_run ();
}

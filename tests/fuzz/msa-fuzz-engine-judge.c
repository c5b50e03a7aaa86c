/* msa-fuzz-engine-judge.c: what must hold of the engine, whatever went on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"

#include "sim/msa-test-server.h"
#include "msa-easy-options.h"

#include <glib/gstdio.h>
#include <stdlib.h>

/* Far more than any input needs: the multi is busy with nothing. */
#define MAX_TURNS 100000

static char *folder; /* (owned): of the files that are written */

gboolean
msa_fuzz_engine_is_running (const MsaTestRecord *record)
{
  return record->n_added > record->n_easy;
}

gboolean
msa_fuzz_engine_count_turn (gpointer data)
{
  MsaFuzzEngine *self = data;

  g_assert_cmpuint (++self->n_turns, <, MAX_TURNS);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  return FALSE;
}

/* What the peer has filled comes as it was sent, whatever else went on. */
static void
check_body (MsaEasy *easy)
{
  g_autofree char *uri = msa_easy_dup_effective_uri (easy);
  GBytes *body = msa_easy_get_body (easy);
  char filled[MSA_FUZZ_FILLED_BYTES];

  if (body == NULL || uri == NULL || msa_easy_get_method (easy) != NULL ||
      !g_str_has_suffix (uri, MSA_FUZZ_FILLED_TARGET))
    return;

  msa_test_fill (filled, 0, sizeof (filled));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), filled, sizeof (filled));
}

void
msa_fuzz_engine_completed_cb (MsaTestRecord *record,
                              gpointer data)
{
  if (record->error == NULL)
    {
      if (record->easy != NULL)
        check_body (record->easy);
    }
  else if (!g_error_matches (record->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_autoptr (GString) text = g_string_new (NULL);

      msa_fuzz_append_error (text, record->error);
    }
  msa_fuzz_engine_act_in_handler (data);
}

static gboolean
is_over (gpointer data)
{
  MsaFuzzEngine *self = data;
  GPtrArray *records = self->world->records;

  msa_fuzz_engine_count_turn (self);
  for (guint i = 0; i < records->len; i++)
    if (msa_fuzz_engine_is_running (records->pdata[i]))
      return FALSE;

  return self->n_async == 0;
}

/* From here on the application wants only to be done. */
static void
come_to_rest (MsaFuzzEngine *self)
{
  GPtrArray *records = self->world->records;

  self->is_ending = TRUE;
  /* Who is not answered any more is refused. */
  g_ptr_array_set_size (self->questions, 0);
  self->handlers = msa_cursor ("", 0);
  msa_sim_set_fd_limit (self->world->sim, 0);
  for (guint i = 0; i < records->len; i++)
    {
      MsaTestRecord *record = records->pdata[i];

      if (record->easy != NULL)
        msa_easy_resume (record->easy, MSA_DIRECTION_BOTH);
    }

  if (!msa_test_world_run_until (self->world, is_over, self) && self->n_fetches > 0)
    for (guint i = 0; i < self->cancellables->len; i++)
      g_cancellable_cancel (self->cancellables->pdata[i]);
  g_assert_true (msa_test_world_run_until (self->world, is_over, self));
  msa_test_world_assert_all_once (self->world);
  g_assert_cmpuint (msa_multi_get_n_pending (self->world->multi), ==, 0);
}

/* Nothing that was taken for the others, a slot or a mark, is kept from the next one. */
static void
check_that_it_works (MsaFuzzEngine *self)
{
  MsaEasy *easy;

  if (self->is_faulty || self->is_closed)
    return;

  easy = msa_test_world_add (self->world, "/size/10");
  g_assert_true (msa_test_world_run_until (self->world, is_over, self));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
}

/* Files */

static void
remove_folder (void)
{
  g_rmdir (folder);
}

const char *
msa_fuzz_engine_get_folder (void)
{
  if (folder == NULL)
    {
      folder = g_dir_make_tmp ("msa-fuzz-XXXXXX", NULL);
      g_assert_nonnull (folder);
      atexit (remove_folder);
    }

  return folder;
}

/* What was begun in vain is gone. */
static void
clean_up (MsaFuzzEngine *self)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (self->n_files == 0)
    return;
  dir = g_dir_open (msa_fuzz_engine_get_folder (), 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpuint (strlen (name), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

void
msa_fuzz_engine_end (MsaFuzzEngine *self)
{
  come_to_rest (self);
  check_that_it_works (self);
  msa_test_world_free (self->world);
  clean_up (self);
}

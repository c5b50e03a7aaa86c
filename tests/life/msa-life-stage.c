/* msa-life-stage.c: what a case runs on, and what is counted there
 *
 * The multi, its transfers and all that calls are made with; how often each transfer was added,
 * delivered and removed; and the one call that is made when its point is reached.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "life/msa-life.h"

#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "msa-multi-private.h"

/* Accounting */

MsaLifeRecord *
msa_life_get_record (MsaEasy *easy)
{
  return g_object_get_data (G_OBJECT (easy), "record");
}

void
msa_life_added (MsaLife *self,
                MsaEasy *easy)
{
  msa_life_get_record (easy)->n_added++;
}

void
msa_life_removes (MsaLife *self,
                  MsaEasy *easy)
{
  MsaLifeRecord *record = msa_life_get_record (easy);

  if (msa_easy_get_membership (easy)->multi == self->multi &&
      record->n_completed + record->n_removed < record->n_added)
    record->n_removed++;
}

void
msa_life_awaits (MsaLife *self,
                 MsaEasy *easy)
{
  self->n_awaited++;
  g_object_set_data (G_OBJECT (easy), "run", msa_easy_get_membership (easy)->run);
}

void
msa_life_awaited (MsaLife *self,
                  MsaEasy *easy)
{
  gpointer run = msa_easy_get_membership (easy)->run;

  if (run != NULL && run != g_object_get_data (G_OBJECT (easy), "run"))
    msa_life_added (self, easy);
}

void
msa_life_answered_cb (GObject *source,
                      GAsyncResult *result,
                      gpointer data)
{
  ((MsaLife *) data)->n_answered++;
}

void
msa_life_check_accounts (MsaLife *self)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      const MsaLifeRecord *record = g_ptr_array_index (self->records, i);

      if (!record->is_disposed)
        g_assert_cmpuint (record->n_completed + record->n_removed, ==, record->n_added);
    }
}

/* The point */

void
msa_life_at_point (MsaLife *self,
                   MsaLifePoint point)
{
  guint state = self->own != NULL ? (guint) msa_easy_get_state (self->own) : MSA_EASY_IDLE;
  g_autoptr (MsaEasy) target = NULL;
  g_autoptr (MsaTimings) timings = NULL;

  if (point != self->point || self->has_acted || self->multi == NULL)
    return;
  self->seen |= 1u << state;
  if (self->call == NULL || (self->is_own && state != self->own_state))
    return;

  self->has_acted = TRUE;
  target = self->is_own ? self->own : self->other;
  g_object_ref (target);
  timings = msa_easy_get_timings (target);
  self->timings = timings;
  self->target = target;
  self->call->call (self);
  self->target = NULL;
  self->timings = NULL;
}

/* Easies */

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  MsaLifeRecord *record = msa_life_get_record (easy);

  record->n_completed++;
  g_assert_cmpuint (record->n_completed + record->n_removed, <=, record->n_added);
  if (easy == ((MsaLife *) data)->own)
    msa_life_at_point (data, MSA_LIFE_POINT_COMPLETED);
}

MsaEasy *
msa_life_make_easy (MsaLife *self,
                    const char *uri)
{
  MsaEasy *easy = msa_easy_new (uri);
  MsaLifeRecord *record = g_new0 (MsaLifeRecord, 1);

  g_ptr_array_add (self->records, record);
  g_object_set_data (G_OBJECT (easy), "record", record);
  msa_easy_set_timeout_ms (easy, 20000);
  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), self);

  return easy;
}

void
msa_life_add (MsaLife *self,
              MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;

  msa_life_added (self, easy);
  msa_multi_add (self->multi, easy, &error);
  g_assert_no_error (error);
}

void
msa_life_start (MsaLife *self,
                MsaEasy *easy,
                GAsyncReadyCallback callback)
{
  msa_life_awaits (self, easy);
  msa_multi_run_async (self->multi, easy, G_PRIORITY_DEFAULT, self->cancellable, callback, self);
  msa_life_awaited (self, easy);
}

gboolean
msa_life_is_own_done (MsaLife *self)
{
  return msa_easy_get_state (self->own) == MSA_EASY_DONE;
}

/* The stage */

MsaLife *
msa_life_new (MsaLifeDriver driver,
              const char *path)
{
  MsaLife *self = g_new0 (MsaLife, 1);

  self->driver = driver;
  self->point = MSA_LIFE_N_POINTS;
  self->sim = msa_sim_new ();
  self->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (self->sim)));
  self->holds_multi = TRUE;
  g_object_add_weak_pointer (G_OBJECT (self->multi), (gpointer *) &self->multi);
  self->context = g_main_context_new ();
  self->watched = g_hash_table_new (NULL, NULL);
  self->records = g_ptr_array_new_with_free_func (g_free);
  self->timer_us = G_MAXINT64;
  self->fd = -1;
  self->tls_config = msa_tls_config_new_for_ca_file ("/ca.pem");
  self->store = msa_tls_session_store_new ();
  self->cancellable = g_cancellable_new ();
  self->file = g_file_new_for_path (path);
  self->input = g_memory_input_stream_new_from_data ("input", 5, NULL);
  self->output = g_memory_output_stream_new_resizable ();
  self->resolver = msa_life_resolver_new ();
  self->bytes = g_bytes_new_static ("bytes", 5);
  msa_life_make_network (self->sim);
  msa_life_install_driver (self);

  return self;
}

void
msa_life_free (MsaLife *self)
{
  /* What was removed may still have to be answered. */
  msa_life_run (self, NULL, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint (self->n_answered, ==, self->n_awaited);
  self->point = MSA_LIFE_N_POINTS;
  g_clear_object (&self->certificate_request);
  g_clear_object (&self->password_request);
  g_clear_object (&self->old);
  g_clear_pointer (&self->https, msa_test_https_free);
  if (self->own != NULL)
    g_assert_finalize_object (self->own);
  if (self->other != NULL)
    g_assert_finalize_object (self->other);
  if (self->holder != NULL)
    g_assert_finalize_object (self->holder);
  g_assert_cmpuint (self->n_destroyed, ==, self->n_to_destroy);
  g_object_unref (self->tls_config);
  g_object_unref (self->store);
  g_object_unref (self->cancellable);
  g_object_unref (self->file);
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_object_unref (self->resolver);
  g_bytes_unref (self->bytes);
  g_hash_table_unref (self->watched);
  g_main_context_unref (self->context);
  g_ptr_array_unref (self->records);
  msa_sim_assert_clean (self->sim);
  msa_sim_unref (self->sim);
  g_free (self);
}

/* msa-world.c: random worlds
 *
 * The life of one: it is made as its seed says, its steps are done, it calms down, all ends, and
 * nothing is left.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-kernel.h"
#include "sim/msa-world-private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* After it no transfer runs that ends by itself. */
#define END_US (1000 * G_GINT64_CONSTANT (1000000))

static char *complaint; /* (unowned) (nullable) */
static gsize complaint_size;

void
msa_world_set_complaint (char *room,
                         gsize size)
{
  complaint = room;
  complaint_size = size;
}

void
msa_world_fail (const char *format,
                ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (complaint != NULL)
    g_strlcpy (complaint, text, complaint_size);
  else
    fprintf (stderr, "%s\n", text);
  fflush (NULL);
  _exit (MSA_WORLD_FAILED);
}

static void
story_free (gpointer data)
{
  MsaWorldStory *self = data;

  g_string_free (self->text, TRUE);
  g_free (self);
}

void
msa_world_result_free (MsaWorldResult *self)
{
  g_ptr_array_unref (self->stories);
  g_free (self);
}

void
msa_world_prepare (gboolean tls)
{
  msa_world_prepare_servers (tls);
}

static void
plan (MsaWorld *self)
{
  const MsaWorldOptions *options = self->options;

  self->seed = options->seed;
  self->tls = options->tls;
  msa_world_plan_net (self->seed, &self->net);
  self->n_steps = options->n_steps > 0 ? options->n_steps : self->net.n_steps;
  self->n_steps = MIN (self->n_steps, MSA_WORLD_MAX_STEPS);
  for (guint i = 0; i < self->net.n_hosts; i++)
    msa_world_plan_host (self->seed, self->tls, i, &self->hosts[i]);
  for (guint i = 0; i < self->n_steps; i++)
    msa_world_plan_step (self->seed, i, &self->steps[i]);
  for (guint i = 0; i < options->n_without; i++)
    if (options->without[i] < self->n_steps)
      self->left_out[options->without[i]] = TRUE;
}

static void
make (MsaWorld *self)
{
  self->sim = msa_sim_new ();
  msa_sim_kernel_use (self->sim);
  msa_sim_set_latency (self->sim, self->net.latency_us);
  msa_sim_set_segment (self->sim, self->net.segment);
  if (self->net.send_window > 0)
    msa_sim_set_send_window (self->sim, self->net.send_window);
  if (self->net.unsteady)
    msa_sim_set_unsteady (self->sim, self->seed);
  if (self->options->trace && g_getenv ("MSA_DEBUG") != NULL)
    msa_sim_set_env (self->sim, "MSA_DEBUG", g_getenv ("MSA_DEBUG"));
  msa_world_serve (self);
  if (self->tls)
    {
      msa_sim_set_file (self->sim, "ca.pem", msa_world_get_ca_pem (), -1);
      self->tls_configs[FALSE] = msa_tls_config_new_for_ca_file ("ca.pem");
      self->tls_configs[TRUE] = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem",
                                              "verify-name", FALSE, NULL);
    }
  msa_sim_add_local_address (self->sim, MSA_WORLD_LOCAL_ADDRESS);
  self->tickets = msa_world_tickets_new ();
  self->questions = g_ptr_array_new_with_free_func (g_object_unref);

  self->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (self->sim)));
  self->highest_connections = self->net.max_connections;
  self->highest_per_host = self->net.max_per_host;
  msa_multi_set_max_connections (self->multi, self->net.max_connections);
  msa_multi_set_max_connections_per_host (self->multi, self->net.max_per_host);
  msa_multi_set_max_idle_connections (self->multi, self->net.max_idle);
  msa_world_listen_to_multi (self);
  msa_world_watch (self);
}

static void
live (MsaWorld *self)
{
  for (guint i = 0; i < self->n_steps; i++)
    {
      const MsaWorldStep *step = &self->steps[i];

      if (self->left_out[i] || step->place != MSA_WORLD_OUTSIDE)
        continue;
      if (step->wait_us > 0)
        msa_world_drive (self, msa_sim_get_now_us (self->sim) + step->wait_us);
      msa_world_do_step (self, i);
    }
}

static void
end_transfers (MsaWorld *self)
{
  msa_world_calm_down (self);
  do
    msa_world_drive (self, msa_sim_get_now_us (self->sim) + END_US);
  while (msa_world_take_hanging (self));

  if (msa_multi_get_n_running (self->multi) > 0)
    msa_world_fail ("%u transfers run for ever", msa_multi_get_n_running (self->multi));
  if (msa_world_is_waiting (self))
    msa_world_fail ("an asynchronous call runs for ever");
  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL && self->easies[i]->runs)
      msa_world_fail ("transfer %u ended, and was not delivered", i);
    else if (self->easies[i] != NULL && !self->net.reads_messages &&
             self->easies[i]->n_multi != self->easies[i]->n_easy)
      msa_world_fail ("transfer %u was delivered %u times by its easy, %u times by the multi", i,
                      self->easies[i]->n_easy, self->easies[i]->n_multi);
}

static void
end (MsaWorld *self)
{
  msa_multi_set_address_func (self->multi, NULL, NULL, NULL);
  msa_test_driver_set_hook (self->driver, NULL, NULL);
  g_clear_pointer (&self->driver, msa_test_driver_free);
  g_object_add_weak_pointer (G_OBJECT (self->multi), (gpointer *) &self->multi);
  g_object_unref (self->multi);
  if (self->multi != NULL)
    msa_world_fail ("the multi is held by somebody after the end");
  msa_world_end_easies (self);
  g_clear_object (&self->tls_configs[FALSE]);
  g_clear_object (&self->tls_configs[TRUE]);
  g_ptr_array_unref (self->questions);

  if (msa_sim_get_violations (self->sim)->len > 0)
    msa_world_fail ("the kernel is misused: %s",
                    (char *) msa_sim_get_violations (self->sim)->pdata[0]);
  if (msa_sim_n_open (self->sim) > 0)
    msa_world_fail ("%u descriptors are open after the end", msa_sim_n_open (self->sim));
  msa_world_end_servers (self);
  g_ptr_array_unref (self->tickets);
  msa_sim_set_watch_func (self->sim, NULL, NULL);
  msa_sim_kernel_use (NULL);
  msa_sim_unref (self->sim);
}

MsaWorldResult *
msa_world_run (const MsaWorldOptions *options)
{
  MsaWorld *self = g_new0 (MsaWorld, 1);
  MsaWorldResult *result = g_new0 (MsaWorldResult, 1);

  result->stories = g_ptr_array_new_with_free_func (story_free);
  self->options = options;
  self->result = result;
  plan (self);
  make (self);
  live (self);
  end_transfers (self);
  msa_world_watch_idle (self);
  end (self);
  result->hash = self->hash;
  result->n_steps = self->n_steps;
  g_free (self);

  return result;
}

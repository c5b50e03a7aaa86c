/* get-msa.c: libmsa, attached, the body as GBytes
 *
 *   --mode signal   the same easies run again from `completed`
 *          run      the same with msa_multi_run_async()
 *          fetch    msa_multi_fetch_async()
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <msa.h>

typedef struct
{
  Bench      bench;
  MsaMulti  *multi;
  GMainLoop *loop;
} Get;

static void
finish (Get *self,
        guint status,
        GBytes *body,
        const GError *error)
{
  if (error != NULL)
    bench_fail ("%s", error->message);

  bench_finish (&self->bench, status, body != NULL ? g_bytes_get_size (body) : 0);
  if (bench_is_over (&self->bench))
    g_main_loop_quit (self->loop);
}

static void
ask_signal (Get *self,
            MsaEasy *easy)
{
  if (bench_start (&self->bench))
    msa_multi_add (self->multi, easy, NULL);
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer user_data)
{
  Get *self = user_data;

  finish (self, msa_easy_get_status (easy), msa_easy_get_body (easy), error);
  ask_signal (self, easy);
}

static void ask_run (Get *self,
                     MsaEasy *easy);

static void
run_cb (GObject *object,
        GAsyncResult *result,
        gpointer user_data)
{
  MsaEasy *easy = user_data;
  Get *self = g_object_get_data (G_OBJECT (easy), "get");
  g_autoptr (GError) error = NULL;

  msa_multi_run_finish (MSA_MULTI (object), result, &error);
  finish (self, msa_easy_get_status (easy), msa_easy_get_body (easy), error);
  ask_run (self, easy);
}

static void
ask_run (Get *self,
         MsaEasy *easy)
{
  if (bench_start (&self->bench))
    msa_multi_run_async (self->multi, easy, G_PRIORITY_DEFAULT, NULL, run_cb, easy);
}

static void ask_fetch (Get *self,
                       MsaEasy *easy);

static void
fetch_cb (GObject *object,
          GAsyncResult *result,
          gpointer user_data)
{
  Get *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = msa_multi_fetch_finish (MSA_MULTI (object), result, &error);

  finish (self, 200, body, error);
  ask_fetch (self, NULL);
}

/* Makes its own easy. */
static void
ask_fetch (Get *self,
           MsaEasy *easy)
{
  if (bench_start (&self->bench))
    msa_multi_fetch_async (self->multi, self->bench.uri, NULL, fetch_cb, self);
}

static const struct
{
  const char *name;
  void (*ask) (Get *self, MsaEasy *easy);
} modes[] = {
  { "signal", ask_signal },
  { "run", ask_run },
  { "fetch", ask_fetch },
};

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (GPtrArray) easies = g_ptr_array_new_with_free_func (g_object_unref);
  Get self = { .multi = multi, .loop = loop };
  guint mode = 0;

  bench_init (&self.bench, argc, argv);
  while (mode < G_N_ELEMENTS (modes) && g_strcmp0 (modes[mode].name, self.bench.mode) != 0)
    mode++;
  if (mode == G_N_ELEMENTS (modes))
    bench_fail ("no mode is given");

  if (self.bench.ca_file != NULL)
    config = msa_tls_config_new_for_ca_file (self.bench.ca_file);
  msa_multi_set_tls_config (multi, config);
  msa_multi_set_max_connections_per_host (multi, (guint) self.bench.in_flight);
  msa_multi_set_max_idle_connections (multi, (guint) self.bench.in_flight);
  msa_multi_attach (multi, NULL);

  for (int i = 0; i < self.bench.in_flight; i++)
    {
      MsaEasy *easy = NULL;

      if (modes[mode].ask != ask_fetch)
        {
          easy = msa_easy_new (self.bench.uri);
          g_ptr_array_add (easies, easy);
          if (modes[mode].ask == ask_run)
            g_object_set_data (G_OBJECT (easy), "get", &self);
        }
      if (modes[mode].ask == ask_signal)
        g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), &self);
      modes[mode].ask (&self, easy);
    }
  g_main_loop_run (loop);

  bench_report (&self.bench);
  return 0;
}

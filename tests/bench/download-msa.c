/* download-msa.c: a large download with libmsa
 *
 *   --mode count   to a write function
 *          file    to a file
 *
 * A small request first: the connection is there when measuring begins.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <msa.h>

typedef struct
{
  Bench      bench;
  GMainLoop *loop;
  gsize      n_body;
} Download;

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  Download *self = user_data;

  self->n_body += len;
  return MSA_WRITE_CONTINUE;
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer user_data)
{
  Download *self = user_data;

  if (error != NULL)
    bench_fail ("%s", error->message);

  g_main_loop_quit (self->loop);
}

static void
run (Download *self,
     MsaMulti *multi,
     MsaEasy *easy)
{
  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), self);
  msa_multi_add (multi, easy, NULL);
  g_main_loop_run (self->loop);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (MsaEasy) first = NULL;
  g_autoptr (MsaEasy) easy = NULL;
  g_autofree char *first_uri = NULL;
  Download self = { .loop = loop };

  bench_init (&self.bench, argc, argv);
  first_uri = g_strdup_printf ("%s://127.0.0.1:%d/small",
                               self.bench.ca_file != NULL ? "https" : "http", self.bench.port);
  if (self.bench.ca_file != NULL)
    config = msa_tls_config_new_for_ca_file (self.bench.ca_file);
  msa_multi_set_tls_config (multi, config);
  msa_multi_attach (multi, NULL);
  first = msa_easy_new (first_uri);
  run (&self, multi, first);

  bench_begin (&self.bench);
  bench_start (&self.bench);
  easy = msa_easy_new (self.bench.uri);
  if (self.bench.output != NULL)
    {
      g_autoptr (GFile) file = g_file_new_for_path (self.bench.output);

      msa_easy_set_output_file (easy, file);
    }
  else
    {
      msa_easy_set_write_func (easy, write_cb, &self, NULL);
    }
  run (&self, multi, easy);
  if (self.bench.output != NULL)
    self.n_body = msa_easy_get_bytes_received (easy);
  bench_finish (&self.bench, msa_easy_get_status (easy), self.n_body);

  bench_report (&self.bench);
  return 0;
}

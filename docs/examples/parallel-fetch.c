/* parallel-fetch.c: fetches many URLs at once
 *
 *   parallel-fetch [--ca-file FILE] [--count N] [--progress] URL…
 *
 * Bodies are counted and thrown away. The same program stands beside this one in Vala, Python
 * and JavaScript.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>
#include <unistd.h>

#define MAX_CONNECTIONS_PER_HOST 100
#define MAX_ERRORS_SHOWN 5
#define PROGRESS_INTERVAL_MS 100

typedef struct
{
  GMainLoop *loop;
  guint      n_left;
  guint      n_done;
  guint      n_failed;
  guint64    n_bytes;
  GString   *errors;
} Fetch;

static char *ca_file;
static int count = 1;
static gboolean show_progress;
static char **urls;

static const GOptionEntry options[] = {
  { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &ca_file,
    "Trust the certificates in this file", "FILE" },
  { "count", 0, 0, G_OPTION_ARG_INT, &count, "Fetch each URL so many times (1)", "N" },
  { "progress", 0, 0, G_OPTION_ARG_NONE, &show_progress,
    "Show progress also where it is no terminal", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &urls, NULL, "URL…" },
  G_OPTION_ENTRY_NULL
};

static MsaWriteResult
data_cb (MsaEasy *easy,
         const guint8 *data,
         gsize len,
         gpointer user_data)
{
  Fetch *fetch = user_data;

  fetch->n_bytes += len;
  return MSA_WRITE_CONTINUE;
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autofree char *status = g_strdup_printf ("HTTP status %u", msa_easy_get_status (easy));

  if (error == NULL && msa_easy_get_status (easy) < 400)
    fetch->n_done++;
  else if (fetch->n_failed++ < MAX_ERRORS_SHOWN)
    g_string_append_printf (fetch->errors, "%s: %s\n", msa_easy_get_uri (easy),
                            error != NULL ? error->message : status);

  if (--fetch->n_left == 0)
    g_main_loop_quit (fetch->loop);
}

static void
add (MsaMulti *multi,
     const char *url,
     Fetch *fetch)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (url);

  msa_easy_set_write_func (easy, data_cb, fetch, NULL);
  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), fetch);
  fetch->n_left++;
  /* The multi holds the easy until it has ended. A bad URL is heard of then. */
  msa_multi_add (multi, easy, NULL);
}

static gboolean
progress_cb (gpointer user_data)
{
  Fetch *fetch = user_data;

  g_print ("\r%u done, %u failed, %.1f MB ", fetch->n_done, fetch->n_failed,
           (double) fetch->n_bytes / 1e6);
  return G_SOURCE_CONTINUE;
}

static void
run (Fetch *fetch)
{
  gint64 start_us = g_get_monotonic_time ();

  if (show_progress)
    g_timeout_add (PROGRESS_INTERVAL_MS, progress_cb, fetch);
  g_main_loop_run (fetch->loop);
  if (show_progress)
    {
      progress_cb (fetch);
      g_print ("\n");
    }

  g_printerr ("%s", fetch->errors->str);
  g_print ("done    %12u\n", fetch->n_done);
  g_print ("failed  %12u\n", fetch->n_failed);
  g_print ("bytes   %12" G_GUINT64_FORMAT "\n", fetch->n_bytes);
  g_print ("seconds %12.3f\n", (double) (g_get_monotonic_time () - start_us) / 1e6);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GString) errors = g_string_new (NULL);
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  Fetch fetch = { .loop = loop, .errors = errors };

  setlocale (LC_ALL, "");
  show_progress = isatty (STDOUT_FILENO);
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || urls == NULL || count < 1)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      g_printerr ("%s\n%s",
                  error != NULL ? error->message : "A URL and a count above 0 are needed", help);
      return 2;
    }

  if (ca_file != NULL)
    config = msa_tls_config_new_for_ca_file (ca_file);
  msa_multi_set_tls_config (multi, config);
  msa_multi_set_max_connections_per_host (multi, MAX_CONNECTIONS_PER_HOST);
  msa_multi_attach (multi, NULL);
  for (int i = 0; i < count; i++)
    for (char **url = urls; *url != NULL; url++)
      add (multi, *url, &fetch);
  run (&fetch);

  return fetch.n_failed > 0 ? 1 : 0;
}

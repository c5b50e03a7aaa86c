/* glib-fetch.c: a multi on a main context
 *
 *   glib-fetch URL…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>

typedef struct
{
  GMainLoop *loop;
  guint      n_left;
  guint      n_failed;
} Fetch;

/* [completed] */
static void
completed_cb (MsaMulti *multi,
              MsaEasy *easy,
              const GError *error,
              gpointer user_data)
{
  Fetch *fetch = user_data;

  fetch->n_failed += error != NULL;
  if (error != NULL)
    g_print ("%s: %s\n", msa_easy_get_uri (easy), error->message);
  else
    g_print ("%s: %u, %zu bytes\n", msa_easy_get_uri (easy), msa_easy_get_status (easy),
             g_bytes_get_size (msa_easy_get_body (easy)));

  if (--fetch->n_left == 0)
    g_main_loop_quit (fetch->loop);
}
/* [/completed] */

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  Fetch fetch = { .loop = loop };

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("Usage: glib-fetch URL…\n");
      return 2;
    }

  /* [attach] */
  msa_multi_attach (multi, NULL);
  g_signal_connect (multi, "completed", G_CALLBACK (completed_cb), &fetch);
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (argv[i]);

      msa_multi_add (multi, easy, NULL);
      fetch.n_left++;
    }
  g_main_loop_run (loop);
  /* [/attach] */

  return fetch.n_failed > 0 ? 1 : 0;
}

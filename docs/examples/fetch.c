/* fetch.c: fetches a URL, and tells how long its body is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>

static void
fetched_cb (GObject *source,
            GAsyncResult *result,
            gpointer loop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = msa_multi_fetch_finish (MSA_MULTI (source), result, &error);

  if (body != NULL)
    g_print ("%zu bytes\n", g_bytes_get_size (body));
  else
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

int
main (int argc,
      char **argv)
{
  const char *uri = argc > 1 ? argv[1] : "https://example.org/";
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  setlocale (LC_ALL, "");
  msa_multi_fetch_async (multi, uri, NULL, fetched_cb, loop);
  g_main_loop_run (loop);
  return 0;
}

/* poll-fetch.c: the smallest loop: perform and poll in turn
 *
 *   poll-fetch URL…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>

static guint n_failed;

static void
print_result (MsaEasy *easy)
{
  const GError *error = msa_easy_get_error (easy);

  n_failed += error != NULL;
  if (error != NULL)
    g_print ("%s: %s\n", msa_easy_get_uri (easy), error->message);
  else
    g_print ("%s: %u, %zu bytes\n", msa_easy_get_uri (easy), msa_easy_get_status (easy),
             g_bytes_get_size (msa_easy_get_body (easy)));
}

int
main (int argc,
      char **argv)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (GError) error = NULL;
  guint n_running = 1;

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("Usage: poll-fetch URL…\n");
      return 2;
    }

  for (int i = 1; i < argc; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (argv[i]);

      /* A bad URL is heard of when the transfer has ended. */
      msa_multi_add (multi, easy, NULL);
    }

  /* [loop] */
  while (msa_multi_perform (multi, &n_running, &error))
    {
      MsaEasy *easy;

      while ((easy = msa_multi_info_read (multi, NULL)) != NULL)
        {
          print_result (easy);
          g_object_unref (easy);
        }
      if (n_running == 0 || !msa_multi_poll (multi, -1, NULL, &error))
        break;
    }
  /* [/loop] */

  if (error != NULL)
    g_printerr ("poll-fetch: %s\n", error->message);

  return n_failed > 0 || error != NULL ? 1 : 0;
}

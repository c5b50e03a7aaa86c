/* uv-fetch.c: fetches URLs in a loop of libuv
 *
 *   uv-fetch URL…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "uv-driver.h"

#include <locale.h>

typedef struct
{
  uv_loop_t *loop;
  guint      n_left;
  guint      n_failed;
} Fetch;

static void
finished_cb (MsaEasy *easy,
             gpointer data)
{
  const GError *error = msa_easy_get_error (easy);
  Fetch *fetch = data;

  fetch->n_failed += error != NULL;
  if (error != NULL)
    g_print ("%s: %s\n", msa_easy_get_uri (easy), error->message);
  else
    g_print ("%s: %u, %zu bytes\n", msa_easy_get_uri (easy), msa_easy_get_status (easy),
             g_bytes_get_size (msa_easy_get_body (easy)));

  /* The multi keeps connections for later: the loop would not end by itself. */
  if (--fetch->n_left == 0)
    uv_stop (fetch->loop);
}

/* [main] */
int
main (int argc,
      char **argv)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  Fetch fetch = { .loop = uv_default_loop () };
  UvDriver *driver;

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("Usage: uv-fetch URL…\n");
      return 2;
    }

  driver = uv_driver_new (fetch.loop, multi, finished_cb, &fetch);
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (argv[i]);

      msa_multi_add (multi, easy, NULL);
      fetch.n_left++;
    }
  uv_run (fetch.loop, UV_RUN_DEFAULT);

  /* Once more, for what is closing. */
  uv_driver_free (driver);
  uv_run (fetch.loop, UV_RUN_DEFAULT);
  uv_loop_close (fetch.loop);

  return fetch.n_failed > 0 ? 1 : 0;
}
/* [/main] */

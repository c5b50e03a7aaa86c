/* curl-after.c: some URLs at once, with libmsa; curl-before.c does the same with libcurl
 *
 *   curl-after URL…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <msa.h>

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  gsize *n_bytes = user_data;

  *n_bytes += len;
  return MSA_WRITE_CONTINUE;
}

static void
add (MsaMulti *multi,
     const char *url)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (url);
  gsize *n_bytes = g_new0 (gsize, 1);

  msa_easy_set_user_agent (easy, "example/1.0");
  msa_easy_set_timeout_ms (easy, 60000);
  msa_easy_set_write_func (easy, write_cb, n_bytes, NULL);
  g_object_set_data_full (G_OBJECT (easy), "n-bytes", n_bytes, g_free);
  msa_multi_add (multi, easy, NULL);
}

static void
tell (MsaEasy *easy)
{
  gsize *n_bytes = g_object_get_data (G_OBJECT (easy), "n-bytes");

  if (msa_easy_get_error (easy) == NULL)
    g_print ("%s: %u, %zu bytes\n", msa_easy_get_uri (easy), msa_easy_get_status (easy), *n_bytes);
  else
    g_print ("%s: failed\n", msa_easy_get_uri (easy));
}

int
main (int argc,
      char **argv)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  MsaEasy *easy;
  guint n_running;

  msa_multi_set_max_connections_per_host (multi, 6);
  for (int i = 1; i < argc; i++)
    add (multi, argv[i]);

  do
    {
      msa_multi_perform (multi, &n_running, NULL);
      while ((easy = msa_multi_info_read (multi, NULL)) != NULL)
        {
          tell (easy);
          g_object_unref (easy);
        }
      if (n_running > 0)
        msa_multi_poll (multi, -1, NULL, NULL);
    }
  while (n_running > 0);

  return 0;
}

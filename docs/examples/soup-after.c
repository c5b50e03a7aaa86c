/* soup-after.c: posts some JSON, with libmsa; soup-before.c does the same with libsoup
 *
 *   soup-after URL
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <msa.h>
#include <string.h>

static void
headers_cb (MsaEasy *easy,
            gpointer user_data)
{
  MsaHeaders *headers = msa_easy_get_response_headers (easy);

  g_print ("type: %s\n", msa_headers_get (headers, "Content-Type"));
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer loop)
{
  GBytes *body = msa_easy_get_body (easy);

  if (body != NULL)
    g_print ("%u: %.*s\n", msa_easy_get_status (easy), (int) g_bytes_get_size (body),
             (const char *) g_bytes_get_data (body, NULL));
  else if (g_error_matches (error, MSA_ERROR, MSA_ERROR_CONNECT))
    g_print ("nobody is there\n");
  else
    g_print ("failed\n");
  g_main_loop_quit (loop);
}

int
main (int argc,
      char **argv)
{
  const char *json = "{\"name\": \"value\"}";
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (MsaEasy) easy = msa_easy_new (argc > 1 ? argv[1] : "");
  g_autoptr (GBytes) body = g_bytes_new_static (json, strlen (json));

  msa_easy_set_body (easy, "application/json", body);
  msa_easy_set_idle_timeout_ms (easy, 30000);
  msa_headers_replace (msa_easy_get_request_headers (easy), "Accept", "*/*", NULL);
  g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), NULL);
  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), loop);
  msa_multi_attach (multi, NULL);
  msa_multi_add (multi, easy, NULL);
  g_main_loop_run (loop);
  return 0;
}

/* soup-before.c: posts some JSON, with libsoup; soup-after.c does the same with libmsa
 *
 *   soup-before URL
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libsoup/soup.h>
#include <string.h>

static void
got_headers_cb (SoupMessage *message,
                gpointer user_data)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  g_print ("type: %s\n", soup_message_headers_get_one (headers, "Content-Type"));
}

static void
sent_cb (GObject *source,
         GAsyncResult *result,
         gpointer loop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body =
      soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (source), result);

  if (body != NULL)
    g_print ("%u: %.*s\n", soup_message_get_status (message), (int) g_bytes_get_size (body),
             (const char *) g_bytes_get_data (body, NULL));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
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
  g_autoptr (SoupSession) session = soup_session_new_with_options ("timeout", 30, NULL);
  g_autoptr (SoupMessage) message = soup_message_new ("POST", argc > 1 ? argv[1] : "");
  g_autoptr (GBytes) body = g_bytes_new_static (json, strlen (json));

  if (message == NULL)
    {
      g_print ("failed\n");
      return 0;
    }
  soup_message_set_request_body_from_bytes (message, "application/json", body);
  soup_message_headers_replace (soup_message_get_request_headers (message), "Accept", "*/*");
  g_signal_connect (message, "got-headers", G_CALLBACK (got_headers_cb), NULL);
  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, sent_cb, loop);
  g_main_loop_run (loop);
  return 0;
}

/* get-soup.c: libsoup, soup_session_send_and_read_async()
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <libsoup/soup.h>

typedef struct
{
  Bench        bench;
  SoupSession *session;
  GMainLoop   *loop;
  GUri        *uri;
} Get;

typedef struct
{
  Get         *get;
  SoupMessage *message; /* (owned) */
} Request;

static void ask (Get *self);

static void
read_cb (GObject *object,
         GAsyncResult *result,
         gpointer user_data)
{
  g_autofree Request *request = user_data;
  g_autoptr (SoupMessage) message = request->message;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body =
      soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  Get *self = request->get;

  if (error != NULL)
    bench_fail ("%s", error->message);

  bench_finish (&self->bench, soup_message_get_status (message), g_bytes_get_size (body));
  if (bench_is_over (&self->bench))
    g_main_loop_quit (self->loop);
  ask (self);
}

static void
ask (Get *self)
{
  Request *request;

  if (!bench_start (&self->bench))
    return;

  request = g_new (Request, 1);
  request->get = self;
  request->message = soup_message_new_from_uri ("GET", self->uri);
  soup_session_send_and_read_async (self->session, request->message, G_PRIORITY_DEFAULT, NULL,
                                    read_cb, request);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SoupSession) session = NULL;
  g_autoptr (GUri) uri = NULL;
  Get self = { .loop = loop };

  bench_init (&self.bench, argc, argv);
  session = soup_session_new_with_options ("max-conns", self.bench.in_flight, "max-conns-per-host",
                                           self.bench.in_flight, NULL);
  uri = g_uri_parse (self.bench.uri, SOUP_HTTP_URI_FLAGS, NULL);
  self.session = session;
  self.uri = uri;
  for (int i = 0; i < self.bench.in_flight; i++)
    ask (&self);
  g_main_loop_run (loop);

  bench_report (&self.bench);
  return 0;
}

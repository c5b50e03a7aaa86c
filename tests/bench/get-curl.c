/* get-curl.c: libcurl in a GLib main loop, with one source a socket
 *
 * The same easies are added again when they are done; a body is gathered into GBytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <curl/curl.h>

typedef struct
{
  Bench      bench;
  CURLM     *multi;
  GMainLoop *loop;
  GSource   *timer; /* (owned) */
} Get;

typedef struct
{
  Get        *get;
  CURL       *easy; /* (owned) */
  GByteArray *body; /* (owned) */
} Slot;

typedef struct
{
  GSource  source;
  Get     *get;
  int      fd;
  gpointer tag;
} SocketSource;

static size_t
write_cb (char *data,
          size_t size,
          size_t n,
          void *user_data)
{
  Slot *slot = user_data;

  g_byte_array_append (slot->body, (guint8 *) data, (guint) (size * n));
  return size * n;
}

static void
ask (Slot *slot)
{
  if (!bench_start (&slot->get->bench))
    return;

  slot->body = g_byte_array_new ();
  curl_multi_add_handle (slot->get->multi, slot->easy);
}

static void
finish (Slot *slot,
        CURLcode result)
{
  Get *self = slot->get;
  g_autoptr (GBytes) body = g_byte_array_free_to_bytes (g_steal_pointer (&slot->body));
  long status = 0;

  if (result != CURLE_OK)
    bench_fail ("%s", curl_easy_strerror (result));

  curl_easy_getinfo (slot->easy, CURLINFO_RESPONSE_CODE, &status);
  bench_finish (&self->bench, (guint) status, g_bytes_get_size (body));
  if (bench_is_over (&self->bench))
    g_main_loop_quit (self->loop);
}

static void
act (Get *self,
     curl_socket_t fd,
     int events)
{
  CURLMsg *message;
  int n;

  curl_multi_socket_action (self->multi, fd, events, &n);
  while ((message = curl_multi_info_read (self->multi, &n)) != NULL)
    {
      CURLcode result = message->data.result;
      CURL *easy = message->easy_handle;
      Slot *slot = NULL;

      curl_easy_getinfo (easy, CURLINFO_PRIVATE, (char **) &slot);
      curl_multi_remove_handle (self->multi, easy);
      finish (slot, result);
      ask (slot);
    }
}

static gboolean
socket_dispatch (GSource *source,
                 GSourceFunc callback,
                 gpointer user_data)
{
  SocketSource *self = (SocketSource *) source;
  GIOCondition ready = g_source_query_unix_fd (source, self->tag);
  int events = 0;

  if (ready & (G_IO_IN | G_IO_HUP))
    events |= CURL_CSELECT_IN;
  if (ready & G_IO_OUT)
    events |= CURL_CSELECT_OUT;
  if (ready & G_IO_ERR)
    events |= CURL_CSELECT_ERR;
  act (self->get, self->fd, events);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs socket_funcs = { .dispatch = socket_dispatch };

static SocketSource *
watch (Get *self,
       int fd)
{
  SocketSource *source = (SocketSource *) g_source_new (&socket_funcs, sizeof (SocketSource));

  source->get = self;
  source->fd = fd;
  source->tag = g_source_add_unix_fd (&source->source, fd, 0);
  /* Else GLib takes the descriptor out and in at each turn, and wakes the context up twice. */
  g_source_set_can_recurse (&source->source, TRUE);
  g_source_attach (&source->source, NULL);
  curl_multi_assign (self->multi, fd, source);

  return source;
}

static int
socket_cb (CURL *easy,
           curl_socket_t fd,
           int what,
           void *user_data,
           void *socket_data)
{
  SocketSource *source = socket_data;
  GIOCondition wanted = 0;

  if (what == CURL_POLL_REMOVE)
    {
      if (source != NULL)
        {
          g_source_destroy (&source->source);
          g_source_unref (&source->source);
        }
      return 0;
    }

  if (source == NULL)
    source = watch (user_data, fd);
  if (what & CURL_POLL_IN)
    wanted |= G_IO_IN;
  if (what & CURL_POLL_OUT)
    wanted |= G_IO_OUT;
  g_source_modify_unix_fd (&source->source, source->tag, wanted);

  return 0;
}

static int
timer_cb (CURLM *multi,
          long timeout_ms,
          void *user_data)
{
  Get *self = user_data;

  g_source_set_ready_time (self->timer, timeout_ms < 0
                                            ? -1
                                            : g_get_monotonic_time () + timeout_ms * 1000);
  return 0;
}

static gboolean
timer_dispatch (GSource *source,
                GSourceFunc callback,
                gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  act (user_data, CURL_SOCKET_TIMEOUT, 0);

  return G_SOURCE_CONTINUE;
}

static gboolean
never_called_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

static Slot *
make_slot (Get *self)
{
  Slot *slot = g_new0 (Slot, 1);

  slot->get = self;
  slot->easy = curl_easy_init ();
  curl_easy_setopt (slot->easy, CURLOPT_URL, self->bench.uri);
  curl_easy_setopt (slot->easy, CURLOPT_PRIVATE, slot);
  curl_easy_setopt (slot->easy, CURLOPT_WRITEFUNCTION, write_cb);
  curl_easy_setopt (slot->easy, CURLOPT_WRITEDATA, slot);
  curl_easy_setopt (slot->easy, CURLOPT_NOSIGNAL, 1L);
  if (self->bench.ca_file != NULL)
    curl_easy_setopt (slot->easy, CURLOPT_CAINFO, self->bench.ca_file);

  return slot;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree Slot **slots = NULL;
  Get self = { .loop = loop };

  bench_init (&self.bench, argc, argv);
  curl_global_init (CURL_GLOBAL_DEFAULT);
  self.timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self.timer, never_called_cb, &self, NULL);
  g_source_set_can_recurse (self.timer, TRUE);
  g_source_attach (self.timer, NULL);
  self.multi = curl_multi_init ();
  curl_multi_setopt (self.multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
  curl_multi_setopt (self.multi, CURLMOPT_SOCKETDATA, &self);
  curl_multi_setopt (self.multi, CURLMOPT_TIMERFUNCTION, timer_cb);
  curl_multi_setopt (self.multi, CURLMOPT_TIMERDATA, &self);
  curl_multi_setopt (self.multi, CURLMOPT_MAXCONNECTS, (long) self.bench.in_flight);

  slots = g_new0 (Slot *, self.bench.in_flight);
  for (int i = 0; i < self.bench.in_flight; i++)
    {
      slots[i] = make_slot (&self);
      ask (slots[i]);
    }
  g_main_loop_run (loop);

  bench_report (&self.bench);
  for (int i = 0; i < self.bench.in_flight; i++)
    {
      curl_easy_cleanup (slots[i]->easy);
      g_free (slots[i]);
    }
  curl_multi_cleanup (self.multi);
  return 0;
}

/* get-glib.c: the floor of what runs in a GLib main loop
 *
 * One source with an epoll descriptor, an index of the fields, the body as GBytes, and one signal
 * a request, with a marshaller; nothing else. Like any fair source it goes on until nothing is
 * ready or its budget is spent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* memmem */

#include "bench.h"

#include "bench-marshal.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define BUDGET_EVENTS 256
#define BUDGET_US 2000
#define EVENTS_A_TURN 64
#define MAX_FIELDS 64
#define REPLY_BYTES 65536

#define SLOT_TYPE (slot_get_type ())
G_DECLARE_FINAL_TYPE (Slot, slot, BENCH, SLOT, GObject)

typedef struct
{
  guint16 name;
  guint16 name_len;
  guint16 value;
  guint16 value_len;
} Field;

struct _Slot
{
  GObject     parent_instance;

  int         fd;
  GByteArray *in;     /* (owned): a reply that came in parts */
  guint       status;
  guint       n_fields;
  Field       fields[MAX_FIELDS];
};

G_DEFINE_TYPE (Slot, slot, G_TYPE_OBJECT)

typedef struct
{
  GSource    source;
  Bench     *bench;
  GMainLoop *loop;
  GString   *request;
  int        epoll_fd;
  gpointer   tag;
} Source;

static guint completed_signal;
static char scratch[REPLY_BYTES];

static void
slot_finalize (GObject *object)
{
  g_byte_array_unref (BENCH_SLOT (object)->in);
  G_OBJECT_CLASS (slot_parent_class)->finalize (object);
}

static void
slot_class_init (SlotClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = slot_finalize;
  completed_signal = g_signal_new ("completed", SLOT_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   bench_marshal_VOID__UINT_BOXED, G_TYPE_NONE, 2, G_TYPE_UINT,
                                   G_TYPE_BYTES | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_set_va_marshaller (completed_signal, SLOT_TYPE, bench_marshal_VOID__UINT_BOXEDv);
}

static void
slot_init (Slot *self)
{
  self->in = g_byte_array_new ();
}

static void
ask (Source *self,
     Slot *slot)
{
  if (bench_start (self->bench) &&
      send (slot->fd, self->request->str, self->request->len, MSG_NOSIGNAL) !=
          (gssize) self->request->len)
    bench_fail ("cannot send");
}

static void
completed_cb (Slot *slot,
              guint status,
              GBytes *body,
              gpointer user_data)
{
  Source *self = user_data;

  bench_finish (self->bench, status, g_bytes_get_size (body));
  if (bench_is_over (self->bench))
    g_main_loop_quit (self->loop);
  ask (self, slot);
}

/* Gives the length of the body. */
static gsize
read_head (Slot *self,
           const char *head,
           const char *end)
{
  const char *line = memchr (head, '\n', (gsize) (end - head));
  gsize length = 0;

  self->status = (guint) g_ascii_strtoull (head + strlen ("HTTP/1.1 "), NULL, 10);
  self->n_fields = 0;
  line++;
  while (line < end && self->n_fields < MAX_FIELDS)
    {
      const char *line_end = memchr (line, '\r', (gsize) (end - line));
      const char *colon = memchr (line, ':', (gsize) (line_end - line));
      const char *value = colon + 1;
      Field *field = &self->fields[self->n_fields++];

      while (*value == ' ')
        value++;
      field->name = (guint16) (line - head);
      field->name_len = (guint16) (colon - line);
      field->value = (guint16) (value - head);
      field->value_len = (guint16) (line_end - value);
      if (field->name_len == strlen ("content-length") &&
          g_ascii_strncasecmp (line, "content-length", field->name_len) == 0)
        length = (gsize) g_ascii_strtoull (value, NULL, 10);
      line = line_end + 2;
    }

  return length;
}

/* Whether @data begins with a complete reply. */
static gboolean
take_reply (Slot *self,
            const char *data,
            gsize len)
{
  const char *end = memmem (data, len, "\r\n\r\n", 4);
  g_autoptr (GBytes) body = NULL;
  gsize n_body;

  if (end == NULL)
    return FALSE;
  n_body = read_head (self, data, end + 2);
  if ((gsize) (data + len - (end + 4)) < n_body)
    return FALSE;

  body = g_bytes_new (end + 4, n_body);
  g_signal_emit (self, completed_signal, 0, self->status, body);
  return TRUE;
}

static void
receive (Slot *self)
{
  gssize n = recv (self->fd, scratch, sizeof (scratch), MSG_DONTWAIT);

  if (n <= 0)
    bench_fail ("cannot receive");
  if (self->in->len == 0 && take_reply (self, scratch, (gsize) n))
    return;

  g_byte_array_append (self->in, (guint8 *) scratch, (guint) n);
  if (take_reply (self, (char *) self->in->data, self->in->len))
    g_byte_array_set_size (self->in, 0);
}

static gboolean
source_dispatch (GSource *source,
                 GSourceFunc callback,
                 gpointer user_data)
{
  Source *self = (Source *) source;
  struct epoll_event events[EVENTS_A_TURN];
  gint64 end_us = g_get_monotonic_time () + BUDGET_US;
  int n_left = BUDGET_EVENTS, n;

  do
    {
      n = epoll_wait (self->epoll_fd, events, MIN (EVENTS_A_TURN, n_left), 0);
      for (int i = 0; i < n; i++)
        receive (events[i].data.ptr);
      n_left -= n;
    }
  while (n > 0 && n_left > 0 && g_get_monotonic_time () < end_us);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = source_dispatch };

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GPtrArray) slots = g_ptr_array_new_with_free_func (g_object_unref);
  Source *self = (Source *) g_source_new (&source_funcs, sizeof (Source));
  Bench bench;

  bench_init (&bench, argc, argv);
  self->bench = &bench;
  self->loop = loop;
  self->request = bench_make_request (&bench);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->tag = g_source_add_unix_fd (&self->source, self->epoll_fd, G_IO_IN);
  /* Else GLib takes the descriptor out and in at each turn, and wakes the context up twice. */
  g_source_set_can_recurse (&self->source, TRUE);
  g_source_attach (&self->source, NULL);

  for (int i = 0; i < bench.in_flight; i++)
    {
      Slot *slot = g_object_new (SLOT_TYPE, NULL);
      struct epoll_event event = { .events = EPOLLIN, .data.ptr = slot };

      g_ptr_array_add (slots, slot);
      slot->fd = bench_connect (&bench);
      epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, slot->fd, &event);
      g_signal_connect (slot, "completed", G_CALLBACK (completed_cb), self);
      ask (self, slot);
    }
  g_main_loop_run (loop);

  bench_report (&bench);
  return 0;
}

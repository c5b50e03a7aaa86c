/* get-bare.c: the floor of all contenders: epoll, send and recv
 *
 * Looks for the end of a reply and for nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* memmem */

#include "bench.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define EVENTS_A_TURN 256
#define REPLY_BYTES 4096

typedef struct
{
  int   fd;
  gsize n_in;
  char  in[REPLY_BYTES];
} Slot;

static gboolean
ask (Bench *bench,
     Slot *slot,
     GString *request)
{
  if (!bench_start (bench))
    return FALSE;
  if (send (slot->fd, request->str, request->len, MSG_NOSIGNAL) != (gssize) request->len)
    bench_fail ("cannot send");

  return TRUE;
}

/* Whether the reply is complete. */
static gboolean
receive (Bench *bench,
         Slot *slot)
{
  gssize n = recv (slot->fd, slot->in + slot->n_in, REPLY_BYTES - slot->n_in, MSG_DONTWAIT);
  const char *end;
  gsize n_body;

  if (n <= 0)
    bench_fail ("cannot receive");
  slot->n_in += (gsize) n;
  end = memmem (slot->in, slot->n_in, "\r\n\r\n", 4);
  if (end == NULL)
    return FALSE;
  n_body = slot->n_in - (gsize) (end + 4 - slot->in);
  if ((gint64) n_body < bench->body_length)
    return FALSE;

  slot->n_in = 0;
  bench_finish (bench, 200, n_body);
  return TRUE;
}

int
main (int argc,
      char **argv)
{
  struct epoll_event events[EVENTS_A_TURN];
  g_autoptr (GString) request = NULL;
  g_autofree Slot *slots = NULL;
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  Bench bench;

  bench_init (&bench, argc, argv);
  request = bench_make_request (&bench);
  slots = g_new0 (Slot, bench.in_flight);
  for (int i = 0; i < bench.in_flight; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.ptr = &slots[i] };

      slots[i].fd = bench_connect (&bench);
      epoll_ctl (epoll_fd, EPOLL_CTL_ADD, slots[i].fd, &event);
      ask (&bench, &slots[i], request);
    }

  while (!bench_is_over (&bench))
    {
      int n = epoll_wait (epoll_fd, events, EVENTS_A_TURN, -1);

      for (int i = 0; i < n; i++)
        if (receive (&bench, events[i].data.ptr))
          ask (&bench, events[i].data.ptr, request);
    }

  bench_report (&bench);
  return 0;
}

/* msa-sys-real-poller.c: epoll, eventfd and timerfd
 *
 * What the real system has on Linux only; msa-sys-real-no-poller.c stands in its place
 * elsewhere. The poller is level-triggered and hands the registrations' tokens back as
 * they came.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include "model/msa-enums.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Taken from the kernel at once; more are ready again at the next call. */
#define MAX_EVENTS 256

G_STATIC_ASSERT ((guint) EPOLLIN == MSA_SOCKET_IN);
G_STATIC_ASSERT ((guint) EPOLLOUT == MSA_SOCKET_OUT);
G_STATIC_ASSERT ((guint) EPOLLERR == MSA_SOCKET_ERR);
G_STATIC_ASSERT ((guint) EPOLLHUP == MSA_SOCKET_HUP);

int
msa_sys_real_poller_open (MsaSys *sys)
{
  return epoll_create1 (EPOLL_CLOEXEC);
}

int
msa_sys_real_poller_set (MsaSys *sys,
                         int poller,
                         int fd,
                         guint old,
                         guint events,
                         guint64 token)
{
  struct epoll_event event = { .events = events, .data.u64 = token };
  int op = EPOLL_CTL_MOD;

  if (events == 0)
    op = EPOLL_CTL_DEL;
  else if (old == 0)
    op = EPOLL_CTL_ADD;
  return epoll_ctl (poller, op, fd, &event);
}

int
msa_sys_real_poller_wait (MsaSys *sys,
                          int poller,
                          MsaSysEvent *events,
                          guint max,
                          int timeout_ms)
{
  struct epoll_event ready[MAX_EVENTS];
  int n_max = (int) MIN (max, MAX_EVENTS);
  gint64 end_us = timeout_ms > 0 ? g_get_monotonic_time () + (gint64) timeout_ms * 1000 : 0;
  int n;

  while ((n = epoll_wait (poller, ready, n_max, timeout_ms)) < 0 && errno == EINTR)
    timeout_ms = msa_sys_real_time_left (timeout_ms, end_us);

  for (int i = 0; i < n; i++)
    events[i] = (MsaSysEvent) { ready[i].data.u64, ready[i].events };
  return n;
}

int
msa_sys_real_event_open (MsaSys *sys)
{
  return eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* From any thread. */
void
msa_sys_real_event_set (MsaSys *sys,
                        int fd)
{
  guint64 one = 1;

  /* EAGAIN: the counter is full, which is as readable as it gets. */
  while (write (fd, &one, sizeof one) < 0 && errno == EINTR)
    ;
}

void
msa_sys_real_event_clear (MsaSys *sys,
                          int fd)
{
  guint64 count;

  while (read (fd, &count, sizeof count) < 0 && errno == EINTR)
    ;
}

int
msa_sys_real_timer_open (MsaSys *sys)
{
  return timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

int
msa_sys_real_timer_set (MsaSys *sys,
                        int fd,
                        gint64 deadline_us)
{
  struct itimerspec spec = { { 0, 0 }, { 0, 0 } };

  if (deadline_us != G_MAXINT64)
    {
      /* Zero would disarm; a time that has passed fires at once. */
      deadline_us = MAX (deadline_us, 1);
      spec.it_value.tv_sec = deadline_us / G_USEC_PER_SEC;
      spec.it_value.tv_nsec = (deadline_us % G_USEC_PER_SEC) * 1000;
    }
  return timerfd_settime (fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

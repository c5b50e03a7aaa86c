/* epoll-loop.c: a loop over epoll that drives a multi of libmsa, and what else a program has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "epoll-loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_A_TURN 64
#define NEVER G_MAXINT64

typedef struct
{
  EpollLoopReady ready;
  gpointer       data;
} Watch;

struct _EpollLoop
{
  MsaMulti         *multi;    /* (owned) */
  int               epoll;
  gint64            timer_us; /* when the multi's timeout is over */
  GHashTable       *watches;  /* (owned): the program's own, by descriptor */
  EpollLoopFinished finished; /* (nullable) */
  gpointer          data;
};

/* [callbacks] */
/* Tells epoll what to watch. A descriptor keeps what is assigned to it until it is removed. */
static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  EpollLoop *self = user_data;
  gboolean known = msa_multi_get_assigned (multi, fd) != NULL;
  struct epoll_event event = { .data.fd = fd };

  if ((wanted & MSA_SOCKET_IN) != 0)
    event.events |= EPOLLIN;
  if ((wanted & MSA_SOCKET_OUT) != 0)
    event.events |= EPOLLOUT;

  if (removed)
    {
      epoll_ctl (self->epoll, EPOLL_CTL_DEL, fd, NULL);
      return;
    }
  if (epoll_ctl (self->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
    g_warning ("Descriptor %d cannot be watched: %m", fd);
  msa_multi_assign (multi, fd, self);
}

/* Only notes it: the multi is not to be driven from in here. */
static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  EpollLoop *self = user_data;

  self->timer_us = timeout_ms < 0 ? NEVER : g_get_monotonic_time () + timeout_ms * 1000LL;
}
/* [/callbacks] */

EpollLoop *
epoll_loop_new (MsaMulti *multi,
                EpollLoopFinished finished,
                gpointer data)
{
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  EpollLoop *self;

  if (epoll < 0)
    return NULL;

  self = g_new0 (EpollLoop, 1);
  self->multi = g_object_ref (multi);
  self->epoll = epoll;
  self->timer_us = NEVER;
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->finished = finished;
  self->data = data;
  msa_multi_set_socket_func (multi, socket_cb, self, NULL);
  msa_multi_set_timer_func (multi, timer_cb, self, NULL);

  return self;
}

/* Without detaching, the multi would go on to call functions of a loop that is no more. */
void
epoll_loop_free (EpollLoop *self)
{
  msa_multi_detach (self->multi);
  g_object_unref (self->multi);
  close (self->epoll);
  g_hash_table_unref (self->watches);
  g_free (self);
}

gboolean
epoll_loop_watch (EpollLoop *self,
                  int fd,
                  EpollLoopReady ready,
                  gpointer data)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
  Watch *watch;

  if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
    return FALSE;

  watch = g_new0 (Watch, 1);
  *watch = (Watch) { .ready = ready, .data = data };
  g_hash_table_insert (self->watches, GINT_TO_POINTER (fd), watch);

  return TRUE;
}

/* [turn] */
/* Messages are read until there are none: how many transfers run says nothing of them. */
static void
read_messages (EpollLoop *self)
{
  MsaEasy *easy;

  while ((easy = msa_multi_info_read (self->multi, NULL)) != NULL)
    {
      if (self->finished != NULL)
        self->finished (easy, self->data);
      g_object_unref (easy);
    }
}

/* An event that an earlier one of the same turn has made out of date does no harm. */
static void
act (EpollLoop *self,
     const struct epoll_event *event)
{
  Watch *watch = g_hash_table_lookup (self->watches, GINT_TO_POINTER (event->data.fd));
  MsaSocketEvents events = MSA_SOCKET_NONE;

  if (watch != NULL)
    {
      watch->ready (event->data.fd, watch->data);
      return;
    }

  if ((event->events & EPOLLIN) != 0)
    events |= MSA_SOCKET_IN;
  if ((event->events & EPOLLOUT) != 0)
    events |= MSA_SOCKET_OUT;
  if ((event->events & EPOLLERR) != 0)
    events |= MSA_SOCKET_ERR;
  if ((event->events & EPOLLHUP) != 0)
    events |= MSA_SOCKET_HUP;
  msa_multi_socket_action (self->multi, event->data.fd, events, NULL, NULL);
}

static void
turn (EpollLoop *self,
      gint64 until_us)
{
  struct epoll_event events[EVENTS_A_TURN];
  gint64 next_us = MIN (until_us, self->timer_us);
  gint64 left_us = next_us - g_get_monotonic_time ();
  int wait_ms = next_us == NEVER ? -1 : (int) CLAMP ((left_us + 999) / 1000, 0, G_MAXINT);
  int n = epoll_wait (self->epoll, events, EVENTS_A_TURN, wait_ms);

  for (int i = 0; i < n; i++)
    act (self, &events[i]);
  if (self->timer_us <= g_get_monotonic_time ())
    {
      /* Once; what comes next is told by timer_cb(). */
      self->timer_us = NEVER;
      msa_multi_socket_action (self->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
    }
  read_messages (self);
}
/* [/turn] */

gboolean
epoll_loop_run (EpollLoop *self,
                EpollLoopDone done,
                gpointer data,
                gint64 limit_us)
{
  gint64 until_us = limit_us < 0 ? NEVER : g_get_monotonic_time () + limit_us;

  while (!done (data))
    {
      if (g_get_monotonic_time () >= until_us)
        return FALSE;
      turn (self, until_us);
    }

  return TRUE;
}

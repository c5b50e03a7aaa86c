/* faulty-glue.c: a glue over epoll with one fault, for the test of msa-conformance
 *
 * Which one, FAULT says, by a name of the table below. With NONE it is a good one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "msa-conformance.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef enum
{
  NONE,
  REMOVAL_IGNORED,    /* what was announced once is watched until it is closed */
  REMOVAL_IGNORED_BY_NUMBER, /* and beyond, as with poll() */
  NUMBERS_KEPT,       /* what is announced again is taken for what was there */
  CHANGES_IGNORED,    /* after the first, watched for IN only */
  OUT_ALWAYS,         /* watched for both, whatever is wanted */
  ONE_SHOT,           /* one event for each announcement */
  FIRST_EVENT_ONLY,   /* of several, by edges */
  FIRST_IGNORED,      /* what is announced before the loop runs is not watched */
  STALE_ASSERTED,     /* an event of what was removed is taken for impossible */
  WRONG_EVENTS,       /* libuv's values, not GIOCondition's */
  STOPS_AT_ZERO,      /* does not look at descriptors while nothing runs */
  TIMER_IGNORED,      /* only what is due at once is done */
  TIMER_LOOKED_UP,    /* before the program does its part of the turn */
  TIMER_FIRST,        /* a timeout is not replaced */
  TIMER_MINUS_ONE,    /* the timeout before stays */
  TIMER_MINUS_ONE_IS_ZERO,
  TIMER_LATE,         /* by half a second */
  TIMER_INSIDE,       /* called from within the timer function */
  NO_TIMER,           /* there is no timer function */
  MESSAGES_UNREAD,
  MESSAGE_A_TURN,     /* one, and the rest with what happens next */
  MESSAGES_BY_COUNT,  /* read when fewer run than before */
  BUSY,               /* does not wait */
  OTHER_THREAD,       /* drives in a thread of its own */
  STAYS_ATTACHED,     /* its functions stay set after detach */
  HOLDS_MULTI,
  HOLDS_EPOLL,
  WRONG_CALLS,
  NO_HANDLE,
  LATE,               /* run_until() waits without having asked */
  EARLY,              /* run_until() returns before its time */
  UNTRUE,             /* run_until() says that it is done */
  HANGS,
  CRASHES,
  EXITS,
  WRONG_VERSION,
  NO_TABLE,
  EMPTY_TABLE,
} Fault;

#define NEVER G_MAXINT64
#define LATE_US 500000
#define EVENTS_A_TURN 256

typedef struct
{
  MsaMulti   *multi;      /* (owned) */
  int         epoll;
  gint64      timer_us;
  GHashTable *known;      /* (owned): numbers that were announced */
  guint       n_running;
  guint       n_running_before;
  gboolean    has_run;
} Glue;

static const Fault fault = FAULT;

static void
drive (Glue *self,
       int fd,
       MsaSocketEvents events)
{
  msa_multi_socket_action (self->multi, fd, events, &self->n_running, NULL);
}

/* The functions that are set */

static gboolean
ignores_removal (void)
{
  return fault == REMOVAL_IGNORED || fault == REMOVAL_IGNORED_BY_NUMBER;
}

static void
watch (Glue *self,
       int fd,
       MsaSocketEvents wanted)
{
  gboolean is_known = !g_hash_table_add (self->known, GINT_TO_POINTER (fd));
  struct epoll_event event = { .data.fd = fd };

  event.events = ((wanted & MSA_SOCKET_IN) != 0 ? EPOLLIN : 0) |
                 ((wanted & MSA_SOCKET_OUT) != 0 ? EPOLLOUT : 0);
  if (fault == CHANGES_IGNORED && is_known)
    event.events = EPOLLIN;
  if (fault == OUT_ALWAYS)
    event.events |= EPOLLOUT;
  if (fault == FIRST_EVENT_ONLY)
    event.events |= EPOLLET;
  if (fault == ONE_SHOT)
    event.events |= EPOLLONESHOT;
  if (fault == FIRST_IGNORED && !self->has_run)
    return;

  /* The kernel has forgotten what was closed. */
  if (epoll_ctl (self->epoll, is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0 &&
      ignores_removal ())
    epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  Glue *self = user_data;

  if (!removed)
    {
      watch (self, fd, wanted);
      return;
    }
  if (ignores_removal ())
    return;
  epoll_ctl (self->epoll, EPOLL_CTL_DEL, fd, NULL);
  if (fault != NUMBERS_KEPT)
    g_hash_table_remove (self->known, GINT_TO_POINTER (fd));
}

static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  Glue *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  if (fault == TIMER_INSIDE && timeout_ms == 0)
    {
      drive (self, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
      return;
    }
  if (fault == TIMER_IGNORED && timeout_ms > 0)
    timeout_ms = -1;
  if (fault == TIMER_FIRST && timeout_ms != 0 && self->timer_us > now_us &&
      self->timer_us != NEVER)
    return;
  if (timeout_ms < 0 && fault == TIMER_MINUS_ONE)
    return;
  if (timeout_ms < 0 && fault == TIMER_MINUS_ONE_IS_ZERO)
    timeout_ms = 0;
  self->timer_us = timeout_ms < 0 ? NEVER : now_us + timeout_ms * 1000LL;
  if (fault == TIMER_LATE && timeout_ms > 0)
    self->timer_us += LATE_US;
}

/* The loop */

static void
read_messages (Glue *self)
{
  MsaEasy *easy;

  if (fault == MESSAGES_UNREAD)
    return;
  if (fault == MESSAGES_BY_COUNT && self->n_running >= self->n_running_before)
    {
      self->n_running_before = self->n_running;
      return;
    }
  self->n_running_before = self->n_running;
  while ((easy = msa_multi_info_read (self->multi, NULL)) != NULL)
    {
      g_object_unref (easy);
      if (fault == MESSAGE_A_TURN)
        return;
    }
}

static void
act (Glue *self,
     const struct epoll_event *event)
{
  if (fault == STALE_ASSERTED &&
      !g_hash_table_contains (self->known, GINT_TO_POINTER (event->data.fd)))
    abort ();

  if (fault == WRONG_EVENTS)
    drive (self, event->data.fd, (MsaSocketEvents) 2);
  else
    drive (self, event->data.fd, (MsaSocketEvents) event->events);
}

static gpointer
drive_in_thread (gpointer data)
{
  drive (data, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);

  return NULL;
}

static void
time_out (Glue *self)
{
  self->timer_us = NEVER;
  if (fault == OTHER_THREAD)
    g_thread_join (g_thread_new ("driver", drive_in_thread, self));
  else
    drive (self, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
}

/* As poll() would have it, which knows numbers alone. */
static void
watch_numbers (Glue *self)
{
  GHashTableIter iter;
  gpointer fd;

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, &fd, NULL))
    {
      struct epoll_event event = { .events = EPOLLIN, .data.fd = GPOINTER_TO_INT (fd) };

      epoll_ctl (self->epoll, EPOLL_CTL_ADD, GPOINTER_TO_INT (fd), &event);
    }
}

static void
turn (Glue *self,
      gint64 until_us,
      gint64 timer_us)
{
  struct epoll_event events[EVENTS_A_TURN];
  gint64 left_us = MIN (until_us, timer_us) - g_get_monotonic_time ();
  int wait_ms = fault == BUSY ? 0 : (int) CLAMP ((left_us + 999) / 1000, 0, G_MAXINT);
  int n;

  if (fault == REMOVAL_IGNORED_BY_NUMBER)
    watch_numbers (self);
  if (fault == STOPS_AT_ZERO && self->n_running == 0 && wait_ms > 0)
    {
      g_usleep (1000);
      return;
    }
  n = epoll_wait (self->epoll, events, EVENTS_A_TURN, wait_ms);
  if (fault == FIRST_EVENT_ONLY)
    n = MIN (n, 1);
  for (int i = 0; i < n; i++)
    act (self, &events[i]);
  if (self->timer_us <= g_get_monotonic_time () || fault == BUSY)
    time_out (self);
  read_messages (self);
}

static gboolean
run_until (gpointer handle,
           MsaConformanceDone done,
           gpointer data,
           gint64 limit_us)
{
  Glue *self = handle;
  gint64 until_us = g_get_monotonic_time () + limit_us;
  gint64 timer_us;

  while (fault == HANGS)
    g_usleep (1000);
  if (fault == CRASHES)
    abort ();
  if (fault == EXITS)
    exit (3);
  if (fault == WRONG_CALLS)
    msa_multi_wakeup (NULL);
  if (fault == EARLY || fault == UNTRUE)
    return fault == UNTRUE;

  self->has_run = TRUE;
  timer_us = self->timer_us;
  while (!done (data))
    {
      while (fault == LATE && g_get_monotonic_time () < until_us)
        turn (self, until_us, self->timer_us);
      if (g_get_monotonic_time () >= until_us)
        return FALSE;
      turn (self, until_us, fault == TIMER_LOOKED_UP ? timer_us : self->timer_us);
      timer_us = self->timer_us;
    }

  return TRUE;
}

static gpointer
attach (MsaMulti *multi)
{
  Glue *self;

  if (fault == NO_HANDLE)
    return NULL;

  self = g_new0 (Glue, 1);
  self->multi = g_object_ref (multi);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->timer_us = NEVER;
  self->known = g_hash_table_new (NULL, NULL);
  msa_multi_set_socket_func (multi, socket_cb, self, NULL);
  if (fault != NO_TIMER)
    msa_multi_set_timer_func (multi, timer_cb, self, NULL);

  return self;
}

static void
detach (gpointer handle)
{
  Glue *self = handle;

  if (fault == STAYS_ATTACHED)
    return;

  msa_multi_detach (self->multi);
  if (fault != HOLDS_MULTI)
    g_object_unref (self->multi);
  if (fault != HOLDS_EPOLL)
    close (self->epoll);
  g_hash_table_unref (self->known);
  g_free (self);
}

const MsaConformanceGlue *
msa_conformance_get_glue (void)
{
  static const MsaConformanceGlue glue = {
    .version = MSA_CONFORMANCE_VERSION + (FAULT == WRONG_VERSION),
    .name = "faulty",
    .attach = attach,
    .run_until = FAULT == EMPTY_TABLE ? NULL : run_until,
    .detach = detach,
  };

  return fault == NO_TABLE ? NULL : &glue;
}

/* msa-engine-driver.c: who drives the engine, and how it knows when to
 *
 * Announces deadlines to the driver, takes the events that it saw, and waits for it where the
 * engine has its own poller. Changes of interest go through msa-sockets.c; what there is to do
 * is done in msa-dispatch.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-dispatch-private.h"

#include "base/msa-container-private.h"

/* Deadlines */

static gboolean
is_due (MsaEngine *self)
{
  return self->due_transfers.length > 0 || self->due_connections.length > 0 ||
         self->done.length > 0 || self->scheduler.reap_due || self->poked ||
         self->traces.due.length > 0 || msa_sockets_is_dirty (&self->sockets) ||
         !msa_mailbox_is_empty (self->mailbox);
}

gint64
msa_engine_get_deadline (MsaEngine *self)
{
  MsaHeapNode *first;

  if (is_due (self))
    return 0;
  first = msa_heap_first (&self->reactor.timers);

  return first == NULL ? G_MAXINT64 : first->key;
}

int
msa_engine_get_timeout_ms (MsaEngine *self)
{
  gint64 deadline_us = msa_engine_get_deadline (self);
  gint64 left_us;

  if (deadline_us == G_MAXINT64)
    return -1;
  if (deadline_us == 0)
    return 0;
  left_us = deadline_us - self->reactor.sys->ops->now_us (self->reactor.sys);
  if (left_us <= 0)
    return 0;

  return (int) MIN ((left_us + 999) / 1000, G_MAXINT);
}

static void
set_timer_fd (MsaEngine *self,
              gint64 deadline_us)
{
  MsaSys *sys = self->reactor.sys;

  sys->ops->timer_set (sys, self->timer_watch.fd, deadline_us == 0 ? 1 : deadline_us);
}

void
msa_engine_announce (MsaEngine *self)
{
  gint64 deadline_us = msa_engine_get_deadline (self);

  /* One that is over need not be told to be none. */
  if (deadline_us == self->told_us && (self->told || deadline_us == G_MAXINT64))
    return;

  self->told = TRUE;
  self->told_us = deadline_us;
  if (self->timer_watch.fd >= 0)
    set_timer_fd (self, deadline_us);
  else if (self->sockets.driver != NULL)
    self->sockets.driver->timer (self->sockets.driver_data, deadline_us);
}

/* Events */

/* An event from outside is a hint; without one the descriptor is asked. */
void
msa_engine_note_event (MsaEngine *self,
                       int fd,
                       guint events)
{
  MsaSys *sys = self->reactor.sys;
  MsaWatch *watch = msa_sockets_find (&self->sockets, fd);
  GPollFD poll_fd = { .fd = fd };

  if (watch == NULL)
    return;

  if (events == MSA_SOCKET_NONE)
    {
      poll_fd.events = (gushort) watch->wanted;
      if (sys->ops->poll (sys, &poll_fd, 1, 0) <= 0)
        return;
      events = poll_fd.revents;
    }
  watch->ready (watch, events, self->now_us);
}

void
msa_engine_socket_action (MsaEngine *self,
                          int fd,
                          guint events)
{
  if (fd == MSA_SOCKET_TIMEOUT)
    self->told = FALSE;
  else
    msa_engine_note_event (self, fd, events);
  msa_dispatch (self);
}

/* Waiting and doing */

#define EVENTS_A_WAIT 64

gboolean
msa_engine_collect_events (MsaEngine *self)
{
  MsaSysEvent events[EVENTS_A_WAIT];
  MsaSys *sys = self->reactor.sys;
  int n;

  if (!self->sockets.uses_poller || self->sockets.n_announced == 0)
    return FALSE;

  n = sys->ops->poller_wait (sys, self->sockets.poller, events, EVENTS_A_WAIT, 0);
  for (int i = 0; i < n; i++)
    {
      MsaWatch *watch = msa_sockets_find_token (&self->sockets, events[i].token);

      if (watch != NULL)
        watch->ready (watch, events[i].events, self->now_us);
    }

  return n > 0;
}

/* poll(2) over all descriptors: for drivers without the own poller. */
static int
poll_all (MsaEngine *self,
          int timeout_ms,
          gboolean note)
{
  MsaSys *sys = self->reactor.sys;
  g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (GPollFD));
  int n;

  msa_sockets_get_poll_fds (&self->sockets, fds);
  n = sys->ops->poll (sys, (GPollFD *) (gpointer) fds->data, fds->len, timeout_ms);
  for (guint i = 0; note && n > 0 && i < fds->len; i++)
    {
      GPollFD *poll_fd = &g_array_index (fds, GPollFD, i);

      if (poll_fd->revents != 0)
        msa_engine_note_event (self, poll_fd->fd, poll_fd->revents);
    }

  return n;
}

void
msa_engine_perform (MsaEngine *self)
{
  /* The exported descriptor's timer may be what is ready: it is set anew, which makes it
   * unready. */
  self->told = FALSE;
  if (!self->sockets.uses_poller)
    poll_all (self, 0, TRUE);
  msa_dispatch (self);
}

static int
shorter_timeout (int a,
                 int b)
{
  if (a < 0)
    return b;

  return b < 0 ? a : MIN (a, b);
}

int
msa_engine_poll (MsaEngine *self,
                 int timeout_ms)
{
  MsaSys *sys = self->reactor.sys;
  int n;

  /* Sockets that changed outside a dispatch are due: the deadline is then now. */
  timeout_ms = shorter_timeout (timeout_ms, msa_engine_get_timeout_ms (self));
  if (g_atomic_int_get (&self->woken))
    timeout_ms = 0;
  if (self->sockets.uses_poller)
    {
      MsaSysEvent events[EVENTS_A_WAIT];

      n = sys->ops->poller_wait (sys, self->sockets.poller, events, EVENTS_A_WAIT, timeout_ms);
    }
  else
    {
      n = poll_all (self, timeout_ms, FALSE);
    }

  /* The wake-up has done its work; mail is kept in the mailbox and seen there. */
  if (g_atomic_int_compare_and_exchange (&self->woken, TRUE, FALSE) && self->wake_watch.fd >= 0)
    sys->ops->event_clear (sys, self->wake_watch.fd);

  return n;
}

void
msa_engine_wakeup (MsaEngine *self)
{
  g_atomic_int_set (&self->woken, TRUE);
  if (self->wake_watch.fd >= 0)
    self->reactor.sys->ops->event_set (self->reactor.sys, self->wake_watch.fd);
}

void
msa_engine_poke (MsaEngine *self)
{
  self->poked = TRUE;
  msa_engine_announce (self);
}

/* Drivers */

static void
forget_told (MsaEngine *self)
{
  self->told = FALSE;
  self->told_us = G_MAXINT64;
}

static void
close_timer_fd (MsaEngine *self)
{
  msa_reactor_close (&self->reactor, &self->timer_watch);
}

void
msa_engine_set_driver (MsaEngine *self,
                       const MsaDriverOps *driver,
                       gpointer driver_data)
{
  MSA_TRACE (&self->log, MULTI, 0, "driven by %s", driver != NULL ? "callbacks" : "nobody");
  close_timer_fd (self);
  msa_sockets_set_driver (&self->sockets, FALSE, driver, driver_data);
  forget_told (self);
  msa_engine_announce (self);
}

gboolean
msa_engine_use_poller (MsaEngine *self)
{
  if (self->sockets.uses_poller)
    return TRUE;

  MSA_TRACE (&self->log, MULTI, 0, "driven by the own poller");
  forget_told (self);
  return msa_sockets_set_driver (&self->sockets, TRUE, NULL, NULL);
}

static void
timer_ready_cb (MsaWatch *watch,
                MsaSocketEvents events,
                gint64 now_us)
{
  MsaEngine *self = MSA_CONTAINER_OF (watch, MsaEngine, timer_watch);

  /* The deadlines themselves are looked at in each round, and the next one is told at the end. */
  self->told = FALSE;
  self->reactor.sys->ops->timer_set (self->reactor.sys, watch->fd, G_MAXINT64);
}

int
msa_engine_export_fd (MsaEngine *self)
{
  MsaSys *sys = self->reactor.sys;

  if (!msa_engine_use_poller (self))
    return -1;

  if (self->timer_watch.fd < 0)
    {
      self->timer_watch.ready = timer_ready_cb;
      self->timer_watch.fd = sys->ops->timer_open (sys);
      if (self->timer_watch.fd < 0)
        return -1;
      msa_reactor_want (&self->reactor, &self->timer_watch, MSA_SOCKET_IN);
      msa_sockets_flush (&self->sockets, self->now_us);
      if (self->timer_watch.announced == MSA_SOCKET_NONE)
        {
          close_timer_fd (self);
          return -1;
        }
      forget_told (self);
      msa_engine_announce (self);
    }

  return self->sockets.poller;
}

/* msa-engine.c: the multi core: dispatch, budget, delivery
 *
 * One dispatch is a sequence of rounds: finished tasks, deadlines, due transfers, events, due
 * connections, changes of interest, delivery; until nothing is left or the budget is spent.
 * What events and callbacks find is only noted in lists; each step takes one thing at a time
 * from its list, so that a dispatch within a dispatch, from application code, simply goes on
 * with what is there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-engine-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"

#include <errno.h>

/* How much one dispatch may do. */
typedef struct
{
  guint steps_left;
  gint64 end_us;
} MsaBudget;

/* The reactor */

static MsaEngine *
from_reactor (MsaReactor *reactor)
{
  return (MsaEngine *) reactor;
}

static void
reactor_want (MsaReactor *reactor,
              MsaWatch *watch,
              MsaSocketEvents events)
{
  msa_sockets_want (&from_reactor (reactor)->sockets, watch, events);
}

static void
reactor_close (MsaReactor *reactor,
               MsaWatch *watch)
{
  msa_sockets_close (&from_reactor (reactor)->sockets, watch);
}

void
msa_engine_post (MsaMailbox *mailbox,
                 MsaTask *task)
{
  if (!msa_mailbox_put (mailbox, &task->mail))
    task->done (task, NULL, 0);
}

static void
job_finished_cb (MsaJob *job)
{
  MsaTask *task = (MsaTask *) job;
  g_autoptr (MsaMailbox) mailbox = task->mailbox;

  msa_engine_post (mailbox, task);
}

static void
reactor_run (MsaReactor *reactor,
             MsaTask *task)
{
  task->job.finished = job_finished_cb;
  task->mailbox = msa_mailbox_ref (from_reactor (reactor)->mailbox);
  if (reactor->sys->ops->run_job (reactor->sys, &task->job, NULL))
    return;

  task->job.work = NULL;
  job_finished_cb (&task->job);
}

static void
reactor_post (MsaReactor *reactor,
              MsaTask *task)
{
  msa_engine_post (from_reactor (reactor)->mailbox, task);
}

static const MsaReactorOps reactor_ops = {
  .want = reactor_want,
  .close = reactor_close,
  .run = reactor_run,
  .post = reactor_post,
};

/* Wake-ups from other threads */

/* What another thread may use to wake the engine: lives as long as the mailbox. */
typedef struct
{
  MsaSys *sys; /* (unowned): outlives the open mailbox */
  int fd;
} MsaWaker;

static void
waker_wake (gpointer data)
{
  MsaWaker *self = data;

  if (self->fd >= 0)
    self->sys->ops->event_set (self->sys, self->fd);
}

static void
wake_ready_cb (MsaWatch *watch,
               MsaSocketEvents events,
               gint64 now_us)
{
  MsaEngine *self = MSA_CONTAINER_OF (watch, MsaEngine, wake_watch);

  if (events != MSA_SOCKET_NONE)
    self->reactor.sys->ops->event_clear (self->reactor.sys, watch->fd);
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

static void
open_wake_fd (MsaEngine *self)
{
  MsaSys *sys = self->reactor.sys;
  MsaWaker *waker = g_new0 (MsaWaker, 1);

  self->wake_watch.ready = wake_ready_cb;
  self->wake_watch.fd = sys->ops->event_open (sys);
  if (self->wake_watch.fd >= 0)
    msa_reactor_want (&self->reactor, &self->wake_watch, MSA_SOCKET_IN);
  waker->sys = sys;
  waker->fd = self->wake_watch.fd;
  self->mailbox = msa_mailbox_new (waker_wake, waker, g_free);
}

static void
conn_env_wake (MsaConnEnv *env,
               MsaConnection *connection)
{
  msa_engine_wake_connection (
      MSA_CONTAINER_OF (env, MsaEngine, conn_env), connection);
}

/* Making and freeing */

static gint64
log_now_us (gpointer data)
{
  MsaSys *sys = ((MsaEngine *) data)->reactor.sys;

  return sys->ops->now_us (sys);
}

MsaEngine *
msa_engine_new (MsaSys *sys,
                const MsaEngineClient *client,
                gpointer client_data)
{
  MsaEngine *self = g_new0 (MsaEngine, 1);

  self->reactor.ops = &reactor_ops;
  self->reactor.sys = sys;
  self->client = client;
  self->client_data = client_data;
  self->told_us = G_MAXINT64;
  self->told = TRUE;
  self->timer_watch.fd = -1;
  self->timer_watch.ready = timer_ready_cb;
  self->now_us = sys->ops->now_us (sys);
  self->scratch = g_ptr_array_new_with_free_func (g_free);
  msa_log_init (&self->log, sys->ops->getenv (sys, "MSA_DEBUG"));
  self->log.now_us = log_now_us;
  self->log.hear = msa_traces_hear;
  self->log.data = self;
  self->reactor.log = &self->log;
  msa_traces_init (&self->traces);
  msa_heap_init (&self->reactor.timers);
  msa_sockets_init (&self->sockets, sys);
  msa_scheduler_init (&self->scheduler);
  open_wake_fd (self);
  self->resolver = msa_resolver_new (&self->reactor);
  self->trusts = msa_trust_cache_new (&self->reactor);
  self->conn_env = (MsaConnEnv) {
    .reactor = &self->reactor,
    .resolver = self->resolver,
    .trusts = self->trusts,
    .log = &self->log,
    .wake = conn_env_wake,
  };

  return self;
}

static void
free_mail (MsaMail *mail)
{
  while (mail != NULL)
    {
      MsaTask *task = MSA_CONTAINER_OF (mail, MsaTask, mail);

      mail = mail->next;
      task->done (task, NULL, 0);
    }
}

void
msa_engine_free (MsaEngine *self)
{
  MsaSys *sys = self->reactor.sys;

  g_assert (self->depth == 0 && self->n_transfers == 0);

  msa_sockets_silence (&self->sockets);
  msa_scheduler_close_unused (self);
  msa_scheduler_reap (self);
  free_mail (msa_mailbox_close (self->mailbox));
  msa_resolver_free (self->resolver);
  msa_trust_cache_free (self->trusts);
  g_clear_pointer (&self->conn_env.sessions, msa_tls_sessions_unref);
  msa_reactor_close (&self->reactor, &self->wake_watch);
  msa_reactor_close (&self->reactor, &self->timer_watch);
  msa_scheduler_clear (&self->scheduler);
  msa_sockets_clear (&self->sockets);
  msa_mailbox_unref (self->mailbox);
  msa_heap_clear (&self->reactor.timers);
  g_ptr_array_unref (self->scratch);
  msa_traces_clear (&self->traces);
  sys->ops->free (sys);
  g_free (self);
}

guint8 *
msa_engine_get_scratch (MsaEngine *self)
{
  while (self->scratch->len < self->depth)
    g_ptr_array_add (self->scratch, g_malloc (MSA_SCRATCH_BYTES));

  return g_ptr_array_index (self->scratch, self->depth - 1);
}

/* Due lists */

void
msa_engine_make_due (MsaEngine *self,
                     MsaTransfer *transfer)
{
  if (transfer->due)
    return;
  transfer->due = TRUE;
  g_queue_push_tail_link (&self->due_transfers, &transfer->link);
}

void
msa_engine_make_not_due (MsaEngine *self,
                         MsaTransfer *transfer)
{
  if (!transfer->due)
    return;
  transfer->due = FALSE;
  g_queue_unlink (&self->due_transfers, &transfer->link);
}

void
msa_engine_wake_connection (MsaEngine *self,
                            MsaConnection *connection)
{
  if (connection->due || connection->doomed)
    return;
  connection->due = TRUE;
  g_queue_push_tail_link (&self->due_connections, &connection->due_link);
}

/* Application code runs: the transfer may be gone after it. A nested dispatch passes it over. */
gboolean
msa_engine_begin_telling (MsaEngine *self,
                          MsaTransfer *transfer)
{
  if (transfer->telling || (transfer->connection != NULL && transfer->connection->busy))
    return FALSE;

  msa_transfer_ref (transfer);
  transfer->telling = TRUE;
  msa_engine_announce (self);

  return TRUE;
}

/* The handler has returned: what was passed over meanwhile is due. */
void
msa_engine_end_telling (MsaEngine *self,
                        MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;

  transfer->telling = FALSE;
  if (connection != NULL && connection->again)
    {
      connection->again = FALSE;
      msa_engine_wake_connection (self, connection);
    }
  if (transfer->again && transfer->state < MSA_TRANSFER_DONE)
    msa_engine_make_due (self, transfer);
  transfer->again = FALSE;
  if (transfer->interrupted != NULL)
    msa_transfer_fail (transfer, g_steal_pointer (&transfer->interrupted));
  if (transfer->trace != NULL)
    msa_trace_look_again (self, transfer);
  msa_transfer_unref (transfer);
}

void
msa_engine_tell_progress (MsaEngine *self,
                          MsaTransfer *transfer)
{
  if (!msa_engine_begin_telling (self, transfer))
    return;

  /* The driver may have ended it. */
  if (transfer->state < MSA_TRANSFER_DONE)
    self->client->progress (self->client_data, transfer);
  /* Who knows how long that took. */
  self->now_us = self->reactor.sys->ops->now_us (self->reactor.sys);
  msa_engine_end_telling (self, transfer);
}

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

/* A dispatch */

static gboolean
is_spent (MsaEngine *self,
          const MsaBudget *budget)
{
  return budget->steps_left == 0 || self->now_us >= budget->end_us;
}

static void
use_step (MsaBudget *budget)
{
  if (budget->steps_left > 0)
    budget->steps_left--;
}

static gboolean
take_mail (MsaEngine *self)
{
  MsaMail *mail;

  if (msa_mailbox_is_empty (self->mailbox))
    return FALSE;

  mail = msa_mailbox_take_all (self->mailbox);
  while (mail != NULL)
    {
      MsaTask *task = MSA_CONTAINER_OF (mail, MsaTask, mail);

      mail = mail->next;
      task->done (task, &self->reactor, self->now_us);
    }

  return TRUE;
}

static gboolean
expire_timers (MsaEngine *self,
               MsaBudget *budget)
{
  gboolean any = FALSE;
  MsaHeapNode *node;

  while (!is_spent (self, budget) && (node = msa_heap_first (&self->reactor.timers)) != NULL &&
         node->key <= self->now_us)
    {
      MsaTimer *timer = (MsaTimer *) node;

      MSA_TRACE (&self->log, TIMER, 0, "a deadline is over since %" G_GINT64_FORMAT " µs",
                 self->now_us - node->key);
      msa_heap_remove (&self->reactor.timers, node);
      use_step (budget);
      timer->expired (timer, self->now_us);
      any = TRUE;
    }

  return any;
}

/* The URL as it was understood: user and password are no part of these. */
static void
trace_request (MsaEngine *self,
               const MsaTransfer *transfer)
{
  const MsaUrl *url = transfer->hop->url;

  MSA_TRACE (&self->log, TRANSFER, transfer->serial, "%.*s %s://%s%s",
             (int) transfer->hop->request.method.len, transfer->hop->request.method.data,
             msa_scheme_get_name (url->scheme), url->authority, url->target);
}

static void
start_transfer (MsaEngine *self,
                MsaTransfer *transfer)
{
  GError *error = NULL;

  if (transfer->telling)
    {
      transfer->again = TRUE;
      return;
    }
  if (transfer->state == MSA_TRANSFER_STORING)
    {
      msa_transfer_finish (transfer);
      return;
    }
  /* The source wakes the transfer when it is ready. */
  if (transfer->source != NULL && transfer->source->ops->prepare != NULL &&
      !transfer->source->ops->prepare (transfer->source))
    return;

  if (transfer->hop == NULL)
    transfer->hop = msa_hop_get_first (transfer->settings, &error);
  if (transfer->hop != NULL)
    trace_request (self, transfer);
  if (transfer->hop == NULL)
    msa_transfer_fail (transfer, error);
  else
    msa_scheduler_submit (self, transfer);
}

static gboolean
start_transfers (MsaEngine *self,
                 MsaBudget *budget)
{
  guint n_left = self->due_transfers.length;
  gboolean any = FALSE;

  /* Those for which a connection is closed first come again when that is done. */
  for (; n_left > 0 && !is_spent (self, budget) && self->due_transfers.length > 0; n_left--)
    {
      MsaTransfer *transfer = g_queue_peek_head (&self->due_transfers);

      msa_engine_make_not_due (self, transfer);
      use_step (budget);
      start_transfer (self, transfer);
      any = TRUE;
    }

  return any;
}

#define EVENTS_A_WAIT 64

/* Notes what the own poller knows to be ready, without waiting. */
static gboolean
collect_events (MsaEngine *self)
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

static gboolean
drive_connections (MsaEngine *self,
                   MsaBudget *budget)
{
  guint n_left = self->due_connections.length;
  gboolean any = FALSE;

  /* Those that become due again meanwhile wait for the next round. */
  for (; n_left > 0 && !is_spent (self, budget) && self->due_connections.length > 0; n_left--)
    {
      MsaConnection *connection = g_queue_pop_head_link (&self->due_connections)->data;

      connection->due = FALSE;
      use_step (budget);
      msa_exchange_drive (self, connection);
      any = TRUE;
    }

  return any;
}

/* What has ended is told with its delivery. */
static gboolean
tell_traces (MsaEngine *self,
             MsaBudget *budget)
{
  gboolean any = FALSE;
  MsaTransfer *transfer;

  while (!is_spent (self, budget) && (transfer = msa_traces_take_due (self)) != NULL)
    {
      if (transfer->state < MSA_TRANSFER_DONE)
        msa_trace_tell (self, transfer);
      self->now_us = self->reactor.sys->ops->now_us (self->reactor.sys);
      any = TRUE;
    }

  return any;
}

static gboolean
flush (MsaEngine *self)
{
  gboolean any = msa_scheduler_reap (self);

  any |= msa_sockets_flush (&self->sockets, self->now_us);
  if (any)
    msa_scheduler_wake (self);

  return any;
}

/* The sink, whose end may be application code, is held until the client has let go of the
 * transfer. */
static void
deliver_one (MsaEngine *self,
             MsaTransfer *transfer)
{
  MsaSink *sink = transfer->sink != NULL ? msa_sink_ref (transfer->sink) : NULL;

  msa_transfer_set_state (transfer, MSA_TRANSFER_GONE);
  self->client->deliver (self->client_data, transfer);
  msa_transfer_unref (transfer);
  g_clear_pointer (&sink, msa_sink_unref);
}

/* Takes no step of the budget: what is delivered took its step when it ended. */
static gboolean
deliver (MsaEngine *self,
         MsaBudget *budget)
{
  gboolean any = FALSE;
  GList *link;

  while (!is_spent (self, budget) && (link = g_queue_pop_head_link (&self->done)) != NULL)
    {
      MsaTransfer *transfer = msa_transfer_ref (link->data);

      transfer->delivering = TRUE;
      msa_engine_announce (self);
      if (transfer->trace != NULL)
        msa_trace_tell (self, transfer);
      /* The driver, or who was told, may have removed it. */
      if (transfer->state == MSA_TRANSFER_DONE)
        deliver_one (self, transfer);
      msa_transfer_unref (transfer);
      /* Who knows how long that took. */
      self->now_us = self->reactor.sys->ops->now_us (self->reactor.sys);
      any = TRUE;
    }

  return any;
}

static gboolean
run_round (MsaEngine *self,
           MsaBudget *budget)
{
  gboolean any = FALSE;

  use_step (budget);
  any |= take_mail (self);
  any |= expire_timers (self, budget);
  any |= start_transfers (self, budget);
  any |= collect_events (self);
  any |= drive_connections (self, budget);
  any |= flush (self);
  any |= tell_traces (self, budget);
  any |= deliver (self, budget);

  return any;
}

static void
dispatch (MsaEngine *self)
{
  MsaSys *sys = self->reactor.sys;
  MsaBudget budget = { .steps_left = MSA_DISPATCH_BUDGET_EVENTS };
  gboolean any;

  self->depth++;
  self->poked = FALSE;
  self->now_us = sys->ops->now_us (sys);
  budget.end_us = self->now_us + MSA_DISPATCH_BUDGET_US;
  do
    {
      any = run_round (self, &budget);
      self->now_us = sys->ops->now_us (sys);
    }
  while (any && !is_spent (self, &budget));
  self->client->dispatched (self->client_data);
  msa_engine_announce (self);
  self->depth--;
}

/* Calls from above */

void
msa_engine_set_tls_sessions (MsaEngine *self,
                             MsaTlsSessions *sessions)
{
  MsaTlsSessions *old = self->conn_env.sessions;

  self->conn_env.sessions = sessions != NULL ? msa_tls_sessions_ref (sessions) : NULL;
  g_clear_pointer (&old, msa_tls_sessions_unref);
}

MsaTransfer *
msa_engine_add (MsaEngine *self,
                MsaSettings *settings,
                MsaSink *sink,
                gpointer owner)
{
  gint64 now_us = self->reactor.sys->ops->now_us (self->reactor.sys);
  MsaTransfer *transfer =
      msa_transfer_new (self, settings, sink, owner, ++self->n_added, now_us);

  self->n_transfers++;
  msa_engine_make_due (self, transfer);

  return transfer;
}

void
msa_engine_remove (MsaEngine *self,
                   MsaTransfer *transfer)
{
  if (transfer->engine != self)
    return;

  msa_transfer_drop (transfer);
  msa_transfer_unref (transfer);
}

void
msa_engine_cancel (MsaEngine *self,
                   MsaTransfer *transfer,
                   GError *error)
{
  if (transfer->engine == self)
    msa_transfer_interrupt (transfer, error);
  else
    g_error_free (error);
}

void
msa_engine_pause (MsaEngine *self,
                  MsaTransfer *transfer,
                  MsaDirections directions)
{
  transfer->paused |= directions;
  if (transfer->connection != NULL)
    msa_engine_wake_connection (self, transfer->connection);
}

void
msa_engine_resume (MsaEngine *self,
                   MsaTransfer *transfer,
                   MsaDirections directions)
{
  transfer->paused &= ~directions;
  if (transfer->connection != NULL)
    msa_engine_wake_connection (self, transfer->connection);
}

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
  dispatch (self);
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
  dispatch (self);
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

int
msa_engine_export_fd (MsaEngine *self)
{
  MsaSys *sys = self->reactor.sys;

  if (!msa_engine_use_poller (self))
    return -1;

  if (self->timer_watch.fd < 0)
    {
      self->timer_watch.fd = sys->ops->timer_open (sys);
      if (self->timer_watch.fd < 0)
        return -1;
      msa_reactor_want (&self->reactor, &self->timer_watch, MSA_SOCKET_IN);
      msa_sockets_flush (&self->sockets, self->now_us);
      forget_told (self);
      msa_engine_announce (self);
    }

  return self->sockets.poller;
}

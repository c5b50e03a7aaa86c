/* msa-engine.c: the multi core: its life, and what is asked of it
 *
 * Makes and frees the engine, stands behind the reactor of the layers below, and takes the calls
 * about transfers. They only note things in lists: the round that works these off is
 * msa-dispatch.c, whoever calls it msa-engine-driver.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-engine-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"

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
reactor_await (MsaReactor *reactor,
               MsaTask *task)
{
  task->job.finished = job_finished_cb;
  task->mailbox = msa_mailbox_ref (from_reactor (reactor)->mailbox);
}

static void
reactor_run (MsaReactor *reactor,
             MsaTask *task)
{
  reactor_await (reactor, task);
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
  .await = reactor_await,
};

/* Wake-ups from other threads */

/* What another thread may use to wake the engine: lives as long as the mailbox. */
struct _MsaWaker
{
  MsaSys *sys; /* (unowned): outlives the open mailbox */
  int fd; /* atomic; -1: none could be had yet */
};

static void
waker_wake (gpointer data)
{
  MsaWaker *self = data;
  int fd = g_atomic_int_get (&self->fd);

  if (fd >= 0)
    self->sys->ops->event_set (self->sys, fd);
}

/* Nobody can wake us: mail is looked for in each dispatch, and so there is one now and then, until
 * the system has a descriptor again, or watches the one there is. */
static void
listen_later (MsaEngine *self,
              gint64 now_us)
{
  msa_reactor_set_timer (&self->reactor, &self->wake_timer, now_us + MSA_DEAF_RETRY_US);
}

static void
wake_ready_cb (MsaWatch *watch,
               MsaSocketEvents events,
               gint64 now_us)
{
  MsaEngine *self = MSA_CONTAINER_OF (watch, MsaEngine, wake_watch);

  if (events != MSA_SOCKET_NONE)
    self->reactor.sys->ops->event_clear (self->reactor.sys, watch->fd);
  else
    listen_later (self, now_us);
}

static void
open_wake_fd (MsaEngine *self,
              gint64 now_us)
{
  MsaSys *sys = self->reactor.sys;

  if (self->wake_watch.fd < 0)
    self->wake_watch.fd = sys->ops->event_open (sys);
  if (self->wake_watch.fd < 0)
    {
      listen_later (self, now_us);
      return;
    }

  g_atomic_int_set (&self->waker->fd, self->wake_watch.fd);
  /* Said again where the own poller did not take it. */
  self->reactor.ops->want (&self->reactor, &self->wake_watch, MSA_SOCKET_IN);
}

static void
wake_timer_cb (MsaTimer *timer,
               gint64 now_us)
{
  MsaEngine *self = MSA_CONTAINER_OF (timer, MsaEngine, wake_timer);

  open_wake_fd (self, now_us);
}

static void
make_mailbox (MsaEngine *self)
{
  self->waker = g_new0 (MsaWaker, 1);
  self->waker->sys = self->reactor.sys;
  self->waker->fd = -1;
  self->mailbox = msa_mailbox_new (waker_wake, self->waker, g_free);
  self->wake_watch.ready = wake_ready_cb;
  self->wake_watch.fd = -1;
  self->wake_timer.expired = wake_timer_cb;
  open_wake_fd (self, self->now_us);
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
  make_mailbox (self);
  self->resolver = msa_resolver_new (&self->reactor);
  self->trusts = msa_trust_cache_new (&self->reactor);
  self->conn_env = (MsaConnEnv) {
    .reactor = &self->reactor,
    .resolver = self->resolver,
    .trusts = self->trusts,
    .max_idle_us = MSA_IDLE_EXPIRY_US,
    .max_age_us = MSA_CONNECTION_MAX_AGE_US,
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
  /* They let go of their jobs, each of which frees itself from here on, some in the mail. */
  msa_resolver_free (self->resolver);
  msa_trust_cache_free (self->trusts);
  free_mail (msa_mailbox_close (self->mailbox));
  g_clear_pointer (&self->conn_env.sessions, msa_tls_sessions_unref);
  msa_reactor_remove_timer (&self->reactor, &self->wake_timer);
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

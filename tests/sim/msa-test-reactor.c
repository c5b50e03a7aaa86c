/* msa-test-reactor.c: the smallest MsaReactor, for tests of what lies below the engine
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-reactor.h"

#define MAX_EVENTS 16

/* The event descriptor's token; those of watches have a generation above 0 in the upper half. */
#define TOKEN_EVENT 0

struct _MsaTestReactor
{
  MsaReactor  reactor;     /* first */

  int         poller;
  int         event;       /* readable: there is mail */
  MsaMailbox *mailbox;     /* (owned) */
  GHashTable *watches;     /* (owned): fd to MsaWatch (unowned): removed by close() */
  guint32     generation;
};

static guint64
token_of (const MsaWatch *watch)
{
  return ((guint64) watch->generation << 32) | (guint32) watch->fd;
}

static void
announce (MsaTestReactor *self,
          MsaWatch *watch,
          MsaSocketEvents events)
{
  MsaSys *sys = self->reactor.sys;
  int result;

  if (watch->announced == events)
    return;
  if (g_hash_table_insert (self->watches, GINT_TO_POINTER (watch->fd), watch))
    watch->generation = ++self->generation;
  result = sys->ops->poller_set (sys, self->poller, watch->fd, watch->announced, events,
                                 token_of (watch));
  g_assert_cmpint (result, ==, 0);
  watch->announced = events;
}

static void
test_want (MsaReactor *reactor,
           MsaWatch *watch,
           MsaSocketEvents events)
{
  watch->wanted = events;
  announce ((MsaTestReactor *) reactor, watch, events);
}

static void
test_close (MsaReactor *reactor,
            MsaWatch *watch)
{
  MsaTestReactor *self = (MsaTestReactor *) reactor;

  announce (self, watch, MSA_SOCKET_NONE);
  g_hash_table_remove (self->watches, GINT_TO_POINTER (watch->fd));
  reactor->sys->ops->close (reactor->sys, watch->fd);
  watch->fd = -1;
}

/* In a thread. */
static void
task_finished_cb (MsaJob *job)
{
  MsaTask *task = (MsaTask *) job;
  g_autoptr (MsaMailbox) mailbox = task->mailbox;

  if (!msa_mailbox_put (mailbox, &task->mail))
    task->done (task, NULL, 0);
}

static void
test_await (MsaReactor *reactor,
            MsaTask *task)
{
  MsaTestReactor *self = (MsaTestReactor *) reactor;

  task->mailbox = msa_mailbox_ref (self->mailbox);
  task->job.finished = task_finished_cb;
}

static void
test_run (MsaReactor *reactor,
          MsaTask *task)
{
  test_await (reactor, task);
  if (!reactor->sys->ops->run_job (reactor->sys, &task->job, NULL))
    {
      task->job.work = NULL;
      task_finished_cb (&task->job);
    }
}

static const MsaReactorOps ops = {
  .want = test_want,
  .close = test_close,
  .run = test_run,
  .await = test_await,
};

/* From any thread. */
static void
wake_cb (gpointer data)
{
  MsaTestReactor *self = data;

  self->reactor.sys->ops->event_set (self->reactor.sys, self->event);
}

MsaTestReactor *
msa_test_reactor_new (MsaSys *sys)
{
  MsaTestReactor *self = g_new0 (MsaTestReactor, 1);
  int result;

  self->reactor.ops = &ops;
  self->reactor.sys = sys;
  msa_heap_init (&self->reactor.timers);
  self->watches = g_hash_table_new (NULL, NULL);
  self->mailbox = msa_mailbox_new (wake_cb, self, NULL);
  self->poller = sys->ops->poller_open (sys);
  self->event = sys->ops->event_open (sys);
  result = sys->ops->poller_set (sys, self->poller, self->event, 0, MSA_SOCKET_IN, TOKEN_EVENT);
  g_assert_cmpint (result, ==, 0);
  return self;
}

static void
deliver_mail (MsaMail *mail,
              MsaReactor *reactor,
              gint64 now_us)
{
  while (mail != NULL)
    {
      MsaTask *task = (gpointer) ((guint8 *) mail - G_STRUCT_OFFSET (MsaTask, mail));

      mail = mail->next;
      task->done (task, reactor, now_us);
    }
}

void
msa_test_reactor_free (MsaTestReactor *self)
{
  MsaSys *sys = self->reactor.sys;

  deliver_mail (msa_mailbox_close (self->mailbox), NULL, 0);
  msa_mailbox_unref (self->mailbox);
  g_assert_cmpuint (g_hash_table_size (self->watches), ==, 0);
  g_hash_table_unref (self->watches);
  sys->ops->poller_set (sys, self->poller, self->event, MSA_SOCKET_IN, 0, TOKEN_EVENT);
  sys->ops->close (sys, self->event);
  sys->ops->close (sys, self->poller);
  msa_heap_clear (&self->reactor.timers);
  sys->ops->free (sys);
  g_free (self);
}

MsaReactor *
msa_test_reactor_get (MsaTestReactor *self)
{
  return &self->reactor;
}

gint64
msa_test_reactor_get_now_us (MsaTestReactor *self)
{
  return self->reactor.sys->ops->now_us (self->reactor.sys);
}

/* @timeout_ms, or less if a timer is due before. */
static int
limit_timeout (MsaTestReactor *self,
               int timeout_ms)
{
  MsaHeapNode *first = msa_heap_first (&self->reactor.timers);
  gint64 left_us;

  if (first == NULL)
    return timeout_ms;
  left_us = first->key - msa_test_reactor_get_now_us (self);
  if (left_us <= 0)
    return 0;
  if (timeout_ms < 0 || left_us / 1000 < timeout_ms)
    return (int) MIN ((left_us + 999) / 1000, G_MAXINT);
  return timeout_ms;
}

static void
dispatch_event (MsaTestReactor *self,
                const MsaSysEvent *event,
                gint64 now_us)
{
  MsaSys *sys = self->reactor.sys;
  MsaWatch *watch;

  if (event->token == TOKEN_EVENT)
    {
      /* Before taking, so that what comes in between wakes again. */
      sys->ops->event_clear (sys, self->event);
      deliver_mail (msa_mailbox_take_all (self->mailbox), &self->reactor, now_us);
      return;
    }

  /* Closed by an earlier one of this turn, or its number is another's by now. */
  watch = g_hash_table_lookup (self->watches, GINT_TO_POINTER ((int) (event->token & G_MAXUINT32)));
  if (watch == NULL || token_of (watch) != event->token)
    return;
  watch->ready (watch, event->events, now_us);
}

static void
expire_timers (MsaTestReactor *self,
               gint64 now_us)
{
  MsaHeapNode *first;

  while ((first = msa_heap_first (&self->reactor.timers)) != NULL && first->key <= now_us)
    {
      MsaTimer *timer = (gpointer) ((guint8 *) first - G_STRUCT_OFFSET (MsaTimer, node));

      msa_heap_remove (&self->reactor.timers, first);
      timer->expired (timer, now_us);
    }
}

void
msa_test_reactor_turn (MsaTestReactor *self,
                       int timeout_ms)
{
  MsaSys *sys = self->reactor.sys;
  MsaSysEvent events[MAX_EVENTS];
  int n = sys->ops->poller_wait (sys, self->poller, events, MAX_EVENTS,
                                 limit_timeout (self, timeout_ms));
  gint64 now_us = msa_test_reactor_get_now_us (self);

  for (int i = 0; i < n; i++)
    dispatch_event (self, &events[i], now_us);
  expire_timers (self, now_us);
}

gboolean
msa_test_reactor_run_until (MsaTestReactor *self,
                            const gboolean *flag,
                            int timeout_ms)
{
  gint64 end_us = msa_test_reactor_get_now_us (self) + (gint64) timeout_ms * 1000;
  gint64 left_us;

  while (!*flag && (left_us = end_us - msa_test_reactor_get_now_us (self)) > 0)
    msa_test_reactor_turn (self, (int) ((left_us + 999) / 1000));
  return *flag;
}

void
msa_test_reactor_run_for (MsaTestReactor *self,
                          int timeout_ms)
{
  const gboolean never = FALSE;

  msa_test_reactor_run_until (self, &never, timeout_ms);
}

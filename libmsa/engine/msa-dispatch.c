/* msa-dispatch.c: the round, and its budget
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

#include "engine/msa-dispatch-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"

/* How much one dispatch may do. */
typedef struct
{
  guint steps_left;
  gint64 end_us;
} MsaBudget;

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
  /* Its source has news, which do not help: the scheduler wakes it. */
  if (transfer->waiting.index != 0)
    return;
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
  any |= msa_engine_collect_events (self);
  any |= drive_connections (self, budget);
  any |= flush (self);
  any |= tell_traces (self, budget);
  any |= deliver (self, budget);

  return any;
}

void
msa_dispatch (MsaEngine *self)
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

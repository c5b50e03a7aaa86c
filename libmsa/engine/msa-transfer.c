/* msa-transfer.c: one run of an easy
 *
 * The states of a transfer and what arriving in one does; who moves it on lives in
 * msa-scheduler.c (connections) and msa-exchange.c (request and response).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-transfer-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"
#include "engine/msa-engine-private.h"
#include "engine/msa-transfer-clock-private.h"
#include "engine/msa-transfer-error-private.h"
#include "model/msa-error.h"

static void enter_waiting (MsaTransfer *self);
static void enter_done (MsaTransfer *self);
static void enter_gone (MsaTransfer *self);

#define TO(s) (1u << MSA_TRANSFER_##s)
#define ENDS (TO (DONE) | TO (GONE))

static const struct
{
  const char *name;
  guint next; /* bit set: states allowed after this one */
  void (*enter) (MsaTransfer *self); /* (nullable) */
} states[] = {
  [MSA_TRANSFER_QUEUED] = { "queued", TO (CONNECTING) | TO (SENDING) | ENDS, NULL },
  [MSA_TRANSFER_CONNECTING] = { "connecting", TO (SENDING) | TO (QUEUED) | ENDS, NULL },
  [MSA_TRANSFER_SENDING] = { "sending", TO (WAITING) | TO (RECEIVING) | TO (QUEUED) | ENDS, NULL },
  [MSA_TRANSFER_WAITING] = { "waiting", TO (RECEIVING) | TO (QUEUED) | ENDS, enter_waiting },
  [MSA_TRANSFER_RECEIVING] = { "receiving", TO (STORING) | ENDS, NULL },
  [MSA_TRANSFER_STORING] = { "storing", ENDS, NULL },
  [MSA_TRANSFER_DONE] = { "done", TO (GONE), enter_done },
  [MSA_TRANSFER_GONE] = { "gone", 0, enter_gone },
};

void
msa_transfer_set_state (MsaTransfer *self,
                        MsaTransferState state)
{
  g_assert ((states[self->state].next & (1u << state)) != 0);

  MSA_TRACE (&self->engine->log, TRANSFER, self->serial, "%s -> %s", states[self->state].name,
             states[state].name);
  self->state = state;
  if (states[state].enter != NULL)
    states[state].enter (self);
}

/* Application code that runs for this transfer is on the stack. */
static gboolean
is_busy (const MsaTransfer *self)
{
  return self->telling || (self->connection != NULL && self->connection->busy);
}

static void
timer_expired_cb (MsaTimer *timer,
                  gint64 now_us)
{
  MsaTransfer *self = MSA_CONTAINER_OF (timer, MsaTransfer, timer);

  msa_transfer_interrupt (
      self, g_error_new (MSA_ERROR, MSA_ERROR_TIMED_OUT,
                         "The transfer took longer than %u ms: still %s after %" G_GINT64_FORMAT
                         " ms",
                         self->settings->timeout_ms, states[self->state].name,
                         (now_us - self->added_us) / 1000));
}

/* Source and sink only say that something has changed: the next round looks at it. */
static void
wake_cb (gpointer data)
{
  MsaTransfer *self = data;

  if (self->connection != NULL)
    msa_engine_wake_connection (self->engine, self->connection);
  else if (self->state == MSA_TRANSFER_QUEUED || self->state == MSA_TRANSFER_STORING)
    msa_engine_make_due (self->engine, self);
}

static void
expect_expired_cb (MsaTimer *timer,
                   gint64 now_us)
{
  MsaTransfer *self = MSA_CONTAINER_OF (timer, MsaTransfer, expect_timer);

  if (self->upload == MSA_UPLOAD_HELD)
    self->upload = MSA_UPLOAD_RUNNING;
  wake_cb (self);
}

/* While nothing moves it is told, too, so that a program can tell that it is alive. */
static void
progress_due_cb (MsaTimer *timer,
                 gint64 now_us)
{
  MsaTransfer *self = MSA_CONTAINER_OF (timer, MsaTransfer, progress_timer);

  self->told_us = now_us;
  msa_reactor_set_timer (&self->engine->reactor, timer, now_us + MSA_PROGRESS_IDLE_US);
  msa_engine_tell_progress (self->engine, self);
}

void
msa_transfer_tell_progress (MsaTransfer *self)
{
  self->told_us = self->added_us;
  self->progress_timer.expired = progress_due_cb;
  msa_reactor_set_timer (&self->engine->reactor, &self->progress_timer,
                         self->added_us + MSA_PROGRESS_IDLE_US);
}

void
msa_transfer_has_progress (MsaTransfer *self)
{
  const gint64 due_us = self->told_us + MSA_PROGRESS_INTERVAL_US;

  if (self->progress_timer.node.key != due_us)
    msa_reactor_set_timer (&self->engine->reactor, &self->progress_timer, due_us);
}

MsaTransfer *
msa_transfer_new (MsaEngine *engine,
                  MsaSettings *settings,
                  MsaSink *sink,
                  gpointer owner,
                  guint64 order,
                  gint64 now_us)
{
  MsaTransfer *self = g_new0 (MsaTransfer, 1);

  g_ref_count_init (&self->refs);
  self->engine = engine;
  self->settings = msa_settings_ref (settings);
  self->sink = sink;
  self->owner = owner;
  self->serial = self->order = order;
  self->link.data = self;
  self->added_us = now_us;
  self->fresh = settings->fresh_connection;
  self->content_length = -1;
  self->sink->wake = wake_cb;
  self->sink->wake_data = self;
  if (settings->body != NULL)
    self->source = msa_source_new (settings->body, &engine->reactor, wake_cb, self);
  self->expect_timer.expired = expect_expired_cb;
  self->timer.expired = timer_expired_cb;
  if (settings->timeout_ms > 0)
    msa_reactor_set_timer (&engine->reactor, &self->timer,
                           now_us + (gint64) settings->timeout_ms * 1000);
  if ((settings->queue_timeout_ms | settings->response_timeout_ms | settings->idle_timeout_ms) != 0)
    msa_transfer_clock_init (self);

  return self;
}

MsaTransfer *
msa_transfer_ref (MsaTransfer *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

static void
clear_results (MsaTransfer *self)
{
  self->status = 0;
  self->version = MSA_HTTP_VERSION_AUTO;
  self->content_length = -1;
  self->bytes_received = 0;
  g_clear_pointer (&self->reason, msa_reason_free);
  g_clear_pointer (&self->headers, msa_headers_unref);
  g_clear_pointer (&self->interim, msa_headers_unref);
  g_clear_pointer (&self->trailers, msa_headers_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->remote, g_ref_string_release);
  g_clear_pointer (&self->peer_chain, g_ptr_array_unref);
  self->peer_flags = 0;
}

void
msa_transfer_unref (MsaTransfer *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  g_assert (self->engine == NULL);
  clear_results (self);
  g_clear_pointer (&self->sink, msa_sink_unref);
  g_clear_pointer (&self->url, msa_url_unref);
  g_clear_error (&self->interrupted);
  g_clear_error (&self->error);
  msa_settings_unref (self->settings);
  g_free (self);
}

/* Leaves all places that could still touch it. */
static void
leave (MsaTransfer *self)
{
  msa_reactor_remove_timer (&self->engine->reactor, &self->timer);
  if (self->clocked)
    msa_reactor_remove_timer (&self->engine->reactor, &self->clock_timer);
  msa_reactor_remove_timer (&self->engine->reactor, &self->expect_timer);
  msa_reactor_remove_timer (&self->engine->reactor, &self->progress_timer);
  msa_engine_make_not_due (self->engine, self);
  msa_scheduler_leave (self->engine, self);
  if (self->connection != NULL)
    msa_exchange_abandon (self->engine, self);
}

static void
enter_waiting (MsaTransfer *self)
{
  self->times.at_us[MSA_PHASE_SENT] = self->engine->now_us;
}

static void
enter_done (MsaTransfer *self)
{
  leave (self);
  self->times.at_us[MSA_PHASE_FINISHED] = self->engine->now_us;
  g_queue_push_tail_link (&self->engine->done, &self->link);
}

static void
enter_gone (MsaTransfer *self)
{
  MsaEngine *engine = self->engine;

  if (self->trace != NULL)
    msa_trace_end (engine, self);
  self->engine = NULL;
  engine->n_transfers--;
  g_clear_pointer (&self->source, msa_source_free);
  /* Last: its end may be application code. */
  g_clear_pointer (&self->sink, msa_sink_unref);
}

void
msa_transfer_fail (MsaTransfer *self,
                   GError *error)
{
  if (self->state >= MSA_TRANSFER_DONE)
    {
      g_error_free (error);
      return;
    }

  /* What interrupts it was the first cause. */
  if (self->interrupted != NULL)
    {
      g_error_free (error);
      error = g_steal_pointer (&self->interrupted);
    }
  msa_transfer_explain_error (self, error);
  MSA_TRACE (&self->engine->log, TRANSFER, self->serial, "failed: %s", error->message);
  self->error = error;
  msa_transfer_set_state (self, MSA_TRANSFER_DONE);
}

void
msa_transfer_interrupt (MsaTransfer *self,
                        GError *error)
{
  if (!is_busy (self))
    msa_transfer_fail (self, error);
  else if (self->interrupted == NULL)
    self->interrupted = error;
  else
    g_error_free (error);
}

void
msa_transfer_finish (MsaTransfer *self)
{
  const MsaSinkOps *ops = self->sink->ops;
  const GError *error;

  if (self->state != MSA_TRANSFER_STORING)
    msa_transfer_set_state (self, MSA_TRANSFER_STORING);
  if (ops->close != NULL && !ops->close (self->sink))
    return;

  error = ops->get_error == NULL ? NULL : ops->get_error (self->sink);
  if (error != NULL)
    {
      msa_transfer_fail (self, g_error_copy (error));
      return;
    }

  if (ops->finish != NULL)
    self->body = ops->finish (self->sink);
  msa_transfer_set_state (self, MSA_TRANSFER_DONE);
}

void
msa_transfer_drop (MsaTransfer *self)
{
  if (self->state == MSA_TRANSFER_GONE)
    return;

  if (self->state != MSA_TRANSFER_DONE)
    leave (self);
  else if (!self->delivering)
    g_queue_unlink (&self->engine->done, &self->link);
  if (self->error == NULL)
    self->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                       "The transfer was removed");
  msa_transfer_set_state (self, MSA_TRANSFER_GONE);
}

void
msa_transfer_rewind (MsaTransfer *self)
{
  clear_results (self);
  msa_reactor_remove_timer (&self->engine->reactor, &self->expect_timer);
  if (self->source != NULL)
    self->source->ops->rewind (self->source);
  self->upload = MSA_UPLOAD_NONE;
  self->body_written = 0;
  self->bytes_sent = 0;
  self->times = (MsaPhaseTimes) { .reused = FALSE };
}

guint64
msa_transfer_get_max_body (const MsaTransfer *self)
{
  if (self->settings->max_body_bytes > 0)
    return (guint64) self->settings->max_body_bytes;
  if (self->settings->max_body_bytes == 0 && self->sink->in_memory)
    return MSA_DEFAULT_MAX_BODY_BYTES;

  return G_MAXUINT64;
}

/* msa-transfer-clock.c: how long a transfer may wait, by what it waits for
 *
 * When the time is over that a peer has, its socket is looked at once more: what came while
 * something else kept the loop is not held against it. That bytes move sets no timer: they are
 * counted by the socket, and only when the timer fires it is set to when the time really is over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-transfer-clock-private.h"

#include "base/msa-container-private.h"
#include "engine/msa-engine-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"

static const struct
{
  MsaError code;
  const char *what;
} clocks[] = {
  [MSA_CLOCK_QUEUE] = { MSA_ERROR_QUEUE_TIMED_OUT, "Waiting for a connection" },
  [MSA_CLOCK_RESPONSE] = { MSA_ERROR_RESPONSE_TIMED_OUT, "Waiting for the response" },
  [MSA_CLOCK_IDLE] = { MSA_ERROR_IDLE_TIMED_OUT, "Waiting for any byte" },
};

static guint
get_limit_ms (const MsaTransfer *self,
              MsaClock clock)
{
  switch (clock)
    {
    case MSA_CLOCK_QUEUE:
      return self->settings->queue_timeout_ms;
    case MSA_CLOCK_RESPONSE:
      return self->settings->response_timeout_ms;
    case MSA_CLOCK_IDLE:
      return self->settings->idle_timeout_ms;
    case MSA_CLOCK_NONE:
    default:
      return 0;
    }
}

static MsaClock
choose_clock (const MsaTransfer *self)
{
  switch (self->state)
    {
    case MSA_TRANSFER_QUEUED:
      return MSA_CLOCK_QUEUE;
    case MSA_TRANSFER_SENDING:
    case MSA_TRANSFER_RECEIVING:
      return MSA_CLOCK_IDLE;
    case MSA_TRANSFER_WAITING:
      return self->connection->session->answering ? MSA_CLOCK_IDLE : MSA_CLOCK_RESPONSE;
    case MSA_TRANSFER_CONNECTING:
    case MSA_TRANSFER_STORING:
    case MSA_TRANSFER_DONE:
    case MSA_TRANSFER_GONE:
    default:
      return MSA_CLOCK_NONE;
    }
}

static gboolean
waits_for_source (const MsaTransfer *self)
{
  MsaSession *session = self->connection->session;
  MsaSlice data;

  if ((session->ops->wants (session) & MSA_SOCKET_OUT) != 0)
    return FALSE;
  if (self->upload == MSA_UPLOAD_HELD)
    return TRUE;

  return self->upload == MSA_UPLOAD_RUNNING &&
         self->source->ops->peek (self->source, &data, NULL) == MSA_SOURCE_WAIT;
}

/* That nothing moves is the application's doing, or our own. */
static gboolean
is_held (const MsaTransfer *self)
{
  if ((self->paused & MSA_DIRECTION_RECEIVE) != 0)
    return TRUE;
  if (self->state == MSA_TRANSFER_RECEIVING)
    return self->sink->ops->is_full != NULL && self->sink->ops->is_full (self->sink);

  return self->state == MSA_TRANSFER_SENDING &&
         ((self->paused & MSA_DIRECTION_SEND) != 0 || waits_for_source (self));
}

/* Not the round's time: a byte that came after slow application code is as young as it is. */
static gint64
read_now_us (const MsaTransfer *self)
{
  MsaSys *sys = self->engine->reactor.sys;

  return sys->ops->now_us (sys);
}

static void
begin (MsaTransfer *self)
{
  self->clock = choose_clock (self);
  self->clock_over = FALSE;
  self->clock_since_us = read_now_us (self);
  self->clock_bytes =
      self->connection != NULL && self->connection->socket != NULL
          ? msa_socket_count_bytes (self->connection->socket)
          : 0;
}

static gint64
get_deadline_us (const MsaTransfer *self)
{
  guint limit_ms = get_limit_ms (self, self->clock);

  return limit_ms > 0 ? self->clock_since_us + (gint64) limit_ms * 1000 : G_MAXINT64;
}

static void
set_timer (MsaTransfer *self)
{
  msa_reactor_set_timer (&self->engine->reactor, &self->clock_timer, get_deadline_us (self));
}

static GError *
make_error (const MsaTransfer *self)
{
  return g_error_new (MSA_ERROR, clocks[self->clock].code,
                      "%s took longer than %u ms: given up after %" G_GINT64_FORMAT " ms",
                      clocks[self->clock].what, get_limit_ms (self, self->clock),
                      (read_now_us (self) - self->clock_since_us) / 1000);
}

static void
clock_expired_cb (MsaTimer *timer,
                  gint64 now_us)
{
  MsaTransfer *self = MSA_CONTAINER_OF (timer, MsaTransfer, clock_timer);

  if (self->clock == MSA_CLOCK_QUEUE)
    {
      msa_transfer_interrupt (self, make_error (self));
      return;
    }

  /* What waits for the application has its timer set when that is over. */
  if (self->clock_held)
    return;
  if (get_deadline_us (self) > now_us)
    {
      set_timer (self);
      return;
    }

  self->clock_over = TRUE;
  msa_engine_wake_connection (self->engine, self->connection);
}

void
msa_transfer_clock_init (MsaTransfer *self)
{
  self->clock_timer.expired = clock_expired_cb;
  self->clocked = TRUE;
  msa_transfer_clock_start (self);
}

void
msa_transfer_clock_start (MsaTransfer *self)
{
  self->clock_held = FALSE;
  begin (self);
  set_timer (self);
}

static gboolean
has_moved (const MsaTransfer *self)
{
  return self->clock == MSA_CLOCK_IDLE &&
         msa_socket_count_bytes (self->connection->socket) != self->clock_bytes;
}

void
msa_transfer_clock_check (MsaTransfer *self)
{
  gboolean was_held = self->clock_held;

  if (self->state >= MSA_TRANSFER_DONE)
    return;
  if (choose_clock (self) != self->clock)
    msa_transfer_clock_start (self);
  if (self->connection == NULL || self->connection->state != MSA_CONNECTION_OPEN)
    return;

  self->clock_held = is_held (self);
  if (self->clock_held || was_held || has_moved (self))
    begin (self);

  if (self->clock_over)
    msa_transfer_fail (self, make_error (self));
  else if (!self->clock_held && self->clock_timer.node.index == 0)
    set_timer (self);
}

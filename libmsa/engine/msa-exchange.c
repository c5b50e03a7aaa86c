/* msa-exchange.c: a transfer on a connection
 *
 * Pulls the session's events and acts on them: head, body, end, failure. Making the connection is
 * in msa-exchange-connect.c, sending in msa-exchange-request.c.
 * Application code runs from here in four places (headers, informational, the sink's write, data);
 * the connection is busy meanwhile, so that a nested dispatch passes it over, and neither it
 * nor the transfer is taken to be as it was when that code returns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-exchange-private.h"

#include "base/msa-limits-private.h"
#include "engine/msa-exchange-parts-private.h"
#include "engine/msa-transfer-clock-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"

/* Letting go */

static void
detach (MsaTransfer *transfer)
{
  if (transfer->trace != NULL)
    msa_trace_detach (transfer->engine, transfer);
  transfer->connection->stream = NULL;
  transfer->connection = NULL;
}

void
msa_exchange_abandon (MsaEngine *engine,
                      MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;

  if (transfer->times.at_us[MSA_PHASE_REQUESTED] == 0)
    msa_exchange_note_connecting (transfer, connection);
  if (connection->state == MSA_CONNECTION_OPEN)
    connection->session->ops->reset (connection->session, transfer);
  /* Closed while it still has a stream: there is nobody to say goodbye to. */
  msa_scheduler_close (engine, connection);
  detach (transfer);
}

/* The exchange is over as it should be. */
static void
release_connection (MsaEngine *engine,
                    MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;

  detach (transfer);
  msa_scheduler_release (engine, connection);
}

/* Events */

/* Application code is about to run, and may run a main loop of its own: it must know what is due.
 * FALSE: the driver, when told so, has ended the transfer. */
gboolean
msa_exchange_settle (MsaEngine *engine,
                     const MsaTransfer *transfer)
{
  msa_engine_announce (engine);

  return transfer->state < MSA_TRANSFER_DONE;
}

static void
take_head (MsaTransfer *transfer,
           MsaHead *head)
{
  transfer->status = head->status;
  transfer->version = head->version;
  transfer->reason = g_steal_pointer (&head->reason);
  transfer->headers = g_steal_pointer (&head->headers);
  transfer->content_length = head->content_length;
  if (transfer->headers != NULL)
    msa_headers_freeze (transfer->headers);
}

/* FALSE: that was too much. */
static gboolean
count_head (MsaTransfer *transfer,
            const MsaHead *head)
{
  transfer->peer_is_1_0 |= head->version == MSA_HTTP_VERSION_HTTP_1_0;
  transfer->head_bytes += head->n_bytes;
  if (transfer->head_bytes <= MSA_MAX_TRANSFER_HEAD_BYTES)
    return TRUE;

  msa_transfer_fail (transfer, g_error_new (MSA_ERROR, MSA_ERROR_TOO_LARGE,
                                            "All heads of the reply are longer than %d bytes",
                                            MSA_MAX_TRANSFER_HEAD_BYTES));
  return FALSE;
}

static void
fail_too_large (MsaTransfer *transfer,
                guint64 size)
{
  msa_transfer_fail (transfer,
                     g_error_new (MSA_ERROR, MSA_ERROR_TOO_LARGE,
                                  "The body has %s%" G_GUINT64_FORMAT
                                  " bytes: the limit is %" G_GUINT64_FORMAT,
                                  transfer->content_length >= 0 ? "" : "at least ", size,
                                  msa_transfer_get_max_body (transfer)));
}

static void
append_interim (MsaTransfer *transfer,
                MsaHeaders *headers)
{
  MsaHeaders *all;

  if (transfer->interim != NULL)
    all = msa_headers_copy (transfer->interim);
  else
    all = msa_headers_new_sized (msa_headers_get_size (headers));
  for (guint i = 0; i < msa_headers_get_length (headers); i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      msa_headers_append_checked (all, name, value);
    }
  msa_headers_freeze (all);
  g_clear_pointer (&transfer->interim, msa_headers_unref);
  transfer->interim = all;
}

static void
handle_informational (MsaEngine *engine,
                      MsaTransfer *transfer,
                      MsaHead *head)
{
  g_autoptr (MsaHeaders) headers = g_steal_pointer (&head->headers);

  if (!count_head (transfer, head))
    return;
  msa_headers_freeze (headers);
  append_interim (transfer, headers);
  if (transfer->clocked)
    msa_transfer_clock_start (transfer);
  if (head->status == 100)
    msa_exchange_release_body (transfer, transfer->connection->session);
  if (msa_exchange_settle (engine, transfer))
    engine->client->informational (engine->client_data, transfer, head->status, headers);
}

/* The request goes out again, on another connection. */
static void
start_over (MsaEngine *engine,
            MsaTransfer *transfer)
{
  msa_scheduler_close (engine, transfer->connection);
  detach (transfer);
  msa_transfer_rewind (transfer);
  msa_transfer_set_state (transfer, MSA_TRANSFER_QUEUED);
  if (transfer->clocked)
    msa_transfer_clock_check (transfer);
  msa_engine_make_due (engine, transfer);
}

/* Some peers refuse the question (RFC 9110, 10.1.1): asked for without it. */
static void
ask_again (MsaEngine *engine,
           MsaTransfer *transfer)
{
  MSA_TRACE (&engine->log, TRANSFER, transfer->serial,
             "the expectation failed: sent again without");
  transfer->no_expect = TRUE;
  start_over (engine, transfer);
}

static void
handle_head (MsaEngine *engine,
             MsaTransfer *transfer,
             MsaHead *head)
{
  if (!count_head (transfer, head))
    return;
  take_head (transfer, head);
  transfer->times.at_us[MSA_PHASE_RESPONDED] = engine->now_us;
  if (transfer->status == 417 && transfer->asked_first)
    {
      ask_again (engine, transfer);
      return;
    }
  msa_transfer_set_state (transfer, MSA_TRANSFER_RECEIVING);
  msa_exchange_judge_upload (transfer, transfer->connection->session);
  if (transfer->content_length > 0 &&
      (guint64) transfer->content_length > msa_transfer_get_max_body (transfer))
    {
      fail_too_large (transfer, (guint64) transfer->content_length);
      return;
    }
  transfer->sink->ops->begin (transfer->sink, transfer->content_length);
  if (msa_exchange_settle (engine, transfer))
    engine->client->headers (engine->client_data, transfer);
}

/* (nullable): why the sink takes no more, if it knows. */
static GError *
dup_sink_error (const MsaTransfer *transfer)
{
  const MsaSinkOps *ops = transfer->sink->ops;
  const GError *error = ops->get_error == NULL ? NULL : ops->get_error (transfer->sink);

  return error == NULL ? NULL : g_error_copy (error);
}

static void
fail_refused (MsaTransfer *transfer,
              guint64 taken)
{
  GError *error = dup_sink_error (transfer);

  if (error == NULL)
    error = g_error_new (MSA_ERROR, MSA_ERROR_WRITE,
                         "The body was refused after %" G_GUINT64_FORMAT " bytes", taken);
  msa_transfer_fail (transfer, error);
}

/* The sink has them: now they are told. */
static void
tell_data (MsaEngine *engine,
           MsaTransfer *transfer,
           MsaSlice data)
{
  /* A copy, and before anything can end the transfer: handlers keep it, and the buffer is used
   * again. */
  GBytes *bytes = g_bytes_new (data.data, data.len);

  if (msa_exchange_settle (engine, transfer))
    engine->client->data (engine->client_data, transfer, bytes);
  g_bytes_unref (bytes);
}

/* Gives the bytes to the sink, which may run application code, as may their being told. FALSE:
 * they were not taken, and come again after a pause. */
static gboolean
handle_data (MsaEngine *engine,
             MsaTransfer *transfer,
             const guint8 *destination,
             MsaSlice data)
{
  guint64 received = transfer->bytes_received + data.len;
  MsaWriteResult result = MSA_WRITE_CONTINUE;

  if (received > msa_transfer_get_max_body (transfer))
    {
      fail_too_large (transfer, received);
      return TRUE;
    }

  if (destination != NULL && data.data == (const char *) destination)
    {
      transfer->sink->ops->commit (transfer->sink, data.len);
    }
  else
    {
      MsaSink *sink = msa_sink_ref (transfer->sink);

      if (msa_exchange_settle (engine, transfer))
        result = sink->ops->write (sink, data);
      msa_sink_unref (sink);
    }
  /* Application code may have ended it. */
  if (transfer->state != MSA_TRANSFER_RECEIVING)
    return TRUE;

  if (result == MSA_WRITE_PAUSE)
    {
      transfer->paused |= MSA_DIRECTION_RECEIVE;
      return FALSE;
    }
  transfer->bytes_received = received;
  msa_transfer_note_progress (transfer);
  if (result == MSA_WRITE_ABORT)
    fail_refused (transfer, received - data.len);
  else if (G_UNLIKELY (transfer->tells_data))
    tell_data (engine, transfer, data);

  return TRUE;
}

/* They are on their way into the sink, which counts them. */
static void
handle_piped (MsaTransfer *transfer,
              gsize len)
{
  transfer->bytes_received += len;
  msa_transfer_note_progress (transfer);
  if (transfer->bytes_received > msa_transfer_get_max_body (transfer))
    fail_too_large (transfer, transfer->bytes_received);
  else
    transfer->sink->ops->commit (transfer->sink, len);
}

/* Whether a request whose connection died is sent again (RFC 9110, 9.2.2 and B97, B98). Once: the
 * next connection is a fresh one, of which "unanswered" is never said. */
static gboolean
may_replay (const MsaTransfer *transfer,
            const MsaSessionEvent *event)
{
  return event->unanswered && transfer->hop->is_idempotent &&
         transfer->state < MSA_TRANSFER_RECEIVING;
}

static void
replay (MsaEngine *engine,
        MsaTransfer *transfer)
{
  MSA_TRACE (&engine->log, TRANSFER, transfer->serial, "the reused connection died: sent again");
  transfer->fresh = TRUE;
  start_over (engine, transfer);
}

static void
handle_failed (MsaEngine *engine,
               MsaTransfer *transfer,
               MsaSessionEvent *event)
{
  if (may_replay (transfer, event))
    {
      g_clear_error (&event->error);
      replay (engine, transfer);
      return;
    }

  msa_transfer_fail (transfer, g_steal_pointer (&event->error));
}

static void
handle_end (MsaEngine *engine,
            MsaTransfer *transfer)
{
  release_connection (engine, transfer);
  msa_transfer_finish (transfer);
}

/* TRUE: go on with the next event, if the transfer still is there. */
static gboolean
handle_event (MsaEngine *engine,
              MsaConnection *connection,
              MsaSessionEventKind kind,
              MsaSessionEvent *event,
              const guint8 *destination)
{
  MsaTransfer *transfer = event->stream;

  switch (kind)
    {
    case MSA_SESSION_BLOCKED:
      return FALSE;
    case MSA_SESSION_INFORMATIONAL:
      handle_informational (engine, transfer, event->head);
      return TRUE;
    case MSA_SESSION_HEAD:
      handle_head (engine, transfer, event->head);
      return TRUE;
    case MSA_SESSION_DATA:
      if (handle_data (engine, transfer, destination, event->data))
        return TRUE;
      connection->session->ops->park (connection->session, TRUE);
      return FALSE;
    case MSA_SESSION_PIPED:
      handle_piped (transfer, event->n_piped);
      return TRUE;
    case MSA_SESSION_TRAILERS:
      transfer->trailers = msa_headers_ref (event->trailers);
      msa_headers_freeze (transfer->trailers);
      return TRUE;
    case MSA_SESSION_WRITABLE:
      msa_exchange_send_more (transfer, connection->session);
      return TRUE;
    case MSA_SESSION_END:
      handle_end (engine, transfer);
      return FALSE;
    case MSA_SESSION_FAILED:
      handle_failed (engine, transfer, event);
      return FALSE;
    case MSA_SESSION_CLOSED:
    default:
      msa_scheduler_shut_down (engine, connection);
      return FALSE;
    }
}

/* Pulling */

static gboolean
is_paused (const MsaConnection *connection)
{
  const MsaTransfer *transfer = connection->stream;

  if (transfer == NULL)
    return FALSE;
  if ((transfer->paused & MSA_DIRECTION_RECEIVE) != 0)
    return TRUE;

  /* A sink that is full goes on taking when it was emptied, and says so. */
  return transfer->sink->ops->is_full != NULL && transfer->sink->ops->is_full (transfer->sink);
}

/* Where the next bytes go: past us to where the body is kept, or into the body itself if its length
 * is known, when nothing else can come; else into the scratch buffer of this depth. What is
 * told comes in parts as small as there. */
static MsaPlace
choose_place (MsaEngine *engine,
              MsaConnection *connection,
              guint8 **destination)
{
  MsaTransfer *transfer = connection->stream;
  guint64 raw_left = connection->session->raw_body_left;
  MsaPlace place = { .data = NULL };

  *destination = NULL;
  if (raw_left > 0 && transfer != NULL)
    {
      const MsaSinkOps *ops = transfer->sink->ops;

      if (G_UNLIKELY (transfer->tells_data))
        raw_left = MIN (raw_left, MSA_MAX_WRITE_CHUNK_BYTES);
      else if (ops->get_pipe != NULL && msa_filter_can_splice (connection->session->chain))
        place.pipe = ops->get_pipe (transfer->sink, raw_left);
      if (transfer->content_length > 0 && ops->reserve != NULL)
        place.data = *destination = ops->reserve (transfer->sink, raw_left, &place.size);
    }
  if (place.data == NULL)
    {
      place.data = msa_engine_get_scratch (engine);
      place.size = MSA_SCRATCH_BYTES;
    }

  return place;
}

/* Its time ran out, or it was cancelled, while application code ran for it; or there are lines
 * that could not be told. */
void
msa_exchange_end_busy (MsaEngine *engine,
                       MsaTransfer *transfer)
{
  if (transfer->interrupted != NULL)
    msa_transfer_fail (transfer, g_steal_pointer (&transfer->interrupted));
  if (transfer->trace != NULL)
    msa_trace_look_again (engine, transfer);
}

/* Its time ran out, or it was cancelled, in a handler: what its peer says counts no more. */
static gboolean
is_interrupted (const MsaTransfer *transfer)
{
  return transfer != NULL && transfer->interrupted != NULL;
}

/* Takes events until the session blocks, the stream ends, someone pauses, or it has had its
 * share. */
static void
pull (MsaEngine *engine,
      MsaConnection *connection)
{
  MsaSession *session = connection->session;
  gpointer stream = connection->stream;
  guint n_reads = 0;

  while (connection->state == MSA_CONNECTION_OPEN && connection->stream == stream &&
         !is_interrupted (stream))
    {
      MsaSessionEvent event = { .stream = NULL };
      MsaSessionEventKind kind;
      guint8 *destination;
      MsaPlace place;

      if (is_paused (connection) || n_reads == MSA_READS_IN_A_ROW)
        {
          session->ops->park (session, FALSE);
          if (!is_paused (connection))
            msa_engine_wake_connection (engine, connection);
          return;
        }

      place = choose_place (engine, connection, &destination);
      kind = session->ops->next (session, &place, &event);
      n_reads += (kind == MSA_SESSION_DATA || kind == MSA_SESSION_PIPED);
      if (!handle_event (engine, connection, kind, &event, destination))
        return;
    }
}

/* What lies in a buffer above the socket makes nothing ready. */
void
msa_exchange_look_again (MsaEngine *engine,
                         MsaConnection *connection)
{
  MsaSession *session = connection->session;

  if (connection->state == MSA_CONNECTION_OPEN && !is_paused (connection) &&
      (connection->again || session->ops->pending (session)))
    msa_engine_wake_connection (engine, connection);
  connection->again = FALSE;
}

/* An early answer does not end the sending: what the session holds goes out, or its socket would
 * be ready for ever. */
static gboolean
needs_sending (const MsaTransfer *transfer,
               MsaSession *session)
{
  return transfer->state == MSA_TRANSFER_SENDING || transfer->upload == MSA_UPLOAD_RUNNING ||
         (session->ops->wants (session) & MSA_SOCKET_OUT) != 0;
}

/* A sink that writes in the background fails there, and only wakes us: the peer may have nothing
 * more to say for long. */
static void
check_sink (MsaTransfer *transfer)
{
  GError *error = dup_sink_error (transfer);

  if (error != NULL)
    msa_transfer_fail (transfer, error);
}

static void
drive_open (MsaEngine *engine,
            MsaConnection *connection)
{
  MsaTransfer *transfer = connection->stream;

  if (transfer != NULL)
    {
      msa_transfer_ref (transfer);
      check_sink (transfer);
    }
  connection->busy = TRUE;
  if (connection->stream != NULL && needs_sending (transfer, connection->session))
    msa_exchange_send_more (transfer, connection->session);
  pull (engine, connection);
  connection->busy = FALSE;
  engine->scheduler.reap_due |= connection->doomed;
  if (transfer != NULL)
    msa_exchange_end_busy (engine, transfer);
  if (transfer != NULL && transfer->clocked)
    msa_transfer_clock_check (transfer);

  if (connection->state == MSA_CONNECTION_OPEN)
    msa_connection_update_interest (connection, !is_paused (connection));
  msa_exchange_look_again (engine, connection);
  if (transfer != NULL)
    msa_transfer_unref (transfer);
}

static void
drive_checking (MsaEngine *engine,
                MsaConnection *connection)
{
  MsaTransfer *transfer = connection->stream;
  MsaIo io = msa_connection_check (connection);

  if (io == MSA_IO_AGAIN)
    return;

  if (io == MSA_IO_DONE)
    msa_exchange_begin (engine, transfer);
  else
    start_over (engine, transfer);
  if (transfer->clocked)
    msa_transfer_clock_check (transfer);
}

static void
fail_unwatchable (MsaEngine *engine,
                  MsaConnection *connection)
{
  if (connection->stream != NULL)
    msa_transfer_fail (connection->stream,
                       g_error_new_literal (MSA_ERROR, MSA_ERROR_FAILED,
                                            "The system watches no more descriptors"));
  else
    msa_scheduler_close (engine, connection);
}

/* Application code that runs for it, or for its transfer, is on the stack. */
static gboolean
is_passed_over (const MsaConnection *connection)
{
  const MsaTransfer *transfer = connection->stream;

  return connection->busy ||
         (connection->state == MSA_CONNECTION_OPEN && transfer != NULL && transfer->telling);
}

void
msa_exchange_drive (MsaEngine *engine,
                    MsaConnection *connection)
{
  if (is_passed_over (connection))
    {
      /* Its sockets would wake a nested loop without end. */
      msa_connection_rest (connection);
      connection->again = TRUE;
      return;
    }

  switch (connection->state)
    {
    case MSA_CONNECTION_NEW:
    case MSA_CONNECTION_RESOLVING:
    case MSA_CONNECTION_CONNECTING:
      msa_exchange_drive_connecting (engine, connection);
      break;
    case MSA_CONNECTION_OPEN:
      if (connection->unwatchable)
        fail_unwatchable (engine, connection);
      else if (connection->idle && connection->timed_out)
        msa_scheduler_shut_down (engine, connection);
      else
        drive_open (engine, connection);
      break;
    case MSA_CONNECTION_CHECKING:
      drive_checking (engine, connection);
      break;
    case MSA_CONNECTION_SHUTTING:
      if (msa_connection_drain (connection, engine->now_us, msa_engine_get_scratch (engine),
                                MSA_SCRATCH_BYTES))
        msa_scheduler_close (engine, connection);
      break;
    case MSA_CONNECTION_CLOSED:
    default:
      break;
    }
}

void
msa_exchange_attach (MsaEngine *engine,
                     MsaTransfer *transfer,
                     MsaConnection *connection)
{
  connection->stream = transfer;
  transfer->connection = connection;
  connection->exclusive |= transfer->settings->forbid_reuse;
  if (G_UNLIKELY (engine->log.topics != 0))
    msa_trace_attach (engine, transfer);
  transfer->times.at_us[MSA_PHASE_STARTED] = engine->now_us;
  if (connection->state == MSA_CONNECTION_OPEN)
    msa_exchange_begin (engine, transfer);
  else
    msa_transfer_set_state (transfer, MSA_TRANSFER_CONNECTING);
  if (transfer->clocked)
    msa_transfer_clock_check (transfer);
}

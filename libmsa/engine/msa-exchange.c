/* msa-exchange.c: a transfer on a connection
 *
 * Sends the request, pulls the session's events and acts on them: head, body, end, failure.
 * Application code runs from here in three places (headers, informational, the sink's write);
 * the connection is busy meanwhile, so that a nested dispatch passes it over, and neither it
 * nor the transfer is taken to be as it was when that code returns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-exchange-private.h"

#include "base/msa-limits-private.h"
#include "engine/msa-engine-private.h"
#include "engine/msa-transfer-clock-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"

/* Sending */

/* The body has to end where it was announced to. */
static void
end_body (MsaTransfer *transfer,
          MsaSession *session)
{
  gint64 length = transfer->source->length;

  if (length >= 0 && transfer->body_written < (guint64) length)
    {
      msa_transfer_fail (transfer, g_error_new (MSA_ERROR, MSA_ERROR_READ,
                                                "The request's body ended after %" G_GUINT64_FORMAT
                                                " of %" G_GINT64_FORMAT " bytes",
                                                transfer->body_written, length));
      return;
    }

  session->ops->write (session, transfer, NULL, 0, TRUE);
  transfer->upload = MSA_UPLOAD_NONE;
}

/* FALSE: the session takes no more for now. What the source has beyond the announced length is
 * not sent. */
static gboolean
write_part (MsaTransfer *transfer,
            MsaSession *session,
            MsaSlice data)
{
  gint64 length = transfer->source->length;
  gsize taken;

  if (length >= 0)
    data.len = (gsize) MIN ((guint64) data.len, (guint64) length - transfer->body_written);
  taken = session->ops->write (session, transfer, (const guint8 *) data.data, data.len, FALSE);
  transfer->source->ops->consume (transfer->source, taken);
  transfer->body_written += taken;
  transfer->bytes_sent = transfer->body_written;

  return taken == data.len;
}

static gboolean
is_body_complete (const MsaTransfer *transfer)
{
  return transfer->source->length >= 0 &&
         transfer->body_written == (guint64) transfer->source->length;
}

/* Hands over what the source has and the session takes. */
static void
write_body (MsaTransfer *transfer,
            MsaSession *session)
{
  while (transfer->upload == MSA_UPLOAD_RUNNING)
    {
      GError *error = NULL;
      MsaSlice data;

      if (is_body_complete (transfer))
        {
          end_body (transfer, session);
          return;
        }

      switch (transfer->source->ops->peek (transfer->source, &data, &error))
        {
        case MSA_SOURCE_READY:
          if (!write_part (transfer, session, data))
            return;
          break;
        case MSA_SOURCE_END:
          end_body (transfer, session);
          return;
        case MSA_SOURCE_ERROR:
          msa_transfer_fail (transfer, error);
          return;
        case MSA_SOURCE_WAIT:
        default:
          return;
        }
    }
}

static void
send_more (MsaTransfer *transfer,
           MsaSession *session)
{
  if ((transfer->paused & MSA_DIRECTION_SEND) == 0)
    write_body (transfer, session);
  if (transfer->connection == NULL)
    return;

  if (session->ops->flush (session) && transfer->upload == MSA_UPLOAD_NONE &&
      transfer->state == MSA_TRANSFER_SENDING)
    msa_transfer_set_state (transfer, MSA_TRANSFER_WAITING);
}

/* The peer has said that it wants the body, or is late with that. */
static void
release_body (MsaTransfer *transfer,
              MsaSession *session)
{
  if (transfer->upload != MSA_UPLOAD_HELD)
    return;

  msa_reactor_remove_timer (&transfer->engine->reactor, &transfer->expect_timer);
  transfer->upload = MSA_UPLOAD_RUNNING;
  send_more (transfer, session);
}

/* A final answer came while the body was held or on its way. One of 300 or more does not want
 * the rest, as far as the application believes it (B31). */
static void
judge_upload (MsaTransfer *transfer,
              MsaSession *session)
{
  if (transfer->upload == MSA_UPLOAD_NONE)
    return;

  if (transfer->status >= 300 && !transfer->settings->keep_sending_on_error)
    transfer->upload = MSA_UPLOAD_STOPPED;
  else
    release_body (transfer, session);
}

/* Letting go */

static void
detach (MsaTransfer *transfer)
{
  if (transfer->trace != NULL)
    msa_trace_detach (transfer->engine, transfer);
  transfer->connection->stream = NULL;
  transfer->connection = NULL;
}

/* How far its making has come. */
static void
note_connecting (MsaTransfer *transfer,
                 const MsaConnection *connection)
{
  gint64 started_us = transfer->times.at_us[MSA_PHASE_STARTED];

  transfer->times = connection->times;
  transfer->times.at_us[MSA_PHASE_STARTED] = started_us;
}

void
msa_exchange_abandon (MsaEngine *engine,
                      MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;

  if (transfer->times.at_us[MSA_PHASE_REQUESTED] == 0)
    note_connecting (transfer, connection);
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
static gboolean
settle (MsaEngine *engine,
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
    release_body (transfer, transfer->connection->session);
  if (settle (engine, transfer))
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
  judge_upload (transfer, transfer->connection->session);
  if (transfer->content_length > 0 &&
      (guint64) transfer->content_length > msa_transfer_get_max_body (transfer))
    {
      fail_too_large (transfer, (guint64) transfer->content_length);
      return;
    }
  transfer->sink->ops->begin (transfer->sink, transfer->content_length);
  if (settle (engine, transfer))
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

/* Gives the bytes to the sink, which may run application code. FALSE: they were not taken, and
 * come again after a pause. */
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

      if (settle (engine, transfer))
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
  if (result == MSA_WRITE_ABORT)
    fail_refused (transfer, received - data.len);

  return TRUE;
}

/* Whether a request whose connection died is sent again (RFC 9110, 9.2.2 and B97, B98). */
static gboolean
may_replay (const MsaTransfer *transfer,
            const MsaSessionEvent *event)
{
  return event->unanswered && transfer->hop->is_idempotent &&
         transfer->state < MSA_TRANSFER_RECEIVING && transfer->n_replays < MSA_MAX_REPLAYS;
}

static void
replay (MsaEngine *engine,
        MsaTransfer *transfer)
{
  MSA_TRACE (&engine->log, TRANSFER, transfer->serial, "the reused connection died: sent again");
  transfer->n_replays++;
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
    case MSA_SESSION_TRAILERS:
      transfer->trailers = msa_headers_ref (event->trailers);
      msa_headers_freeze (transfer->trailers);
      return TRUE;
    case MSA_SESSION_WRITABLE:
      send_more (transfer, connection->session);
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

/* Where the next bytes go: into the body itself if its length is known and nothing else can
 * come, else into the scratch buffer of this depth. */
static guint8 *
choose_buffer (MsaEngine *engine,
               MsaConnection *connection,
               gsize *size,
               guint8 **destination)
{
  MsaTransfer *transfer = connection->stream;
  guint64 raw_left = connection->session->raw_body_left;

  *destination = NULL;
  if (raw_left > 0 && transfer != NULL && transfer->content_length > 0 &&
      transfer->sink->ops->reserve != NULL)
    {
      *destination = transfer->sink->ops->reserve (transfer->sink, raw_left, size);
      if (*destination != NULL)
        return *destination;
    }

  *size = MSA_SCRATCH_BYTES;
  return msa_engine_get_scratch (engine);
}

/* Its time ran out, or it was cancelled, while application code ran for it; or there are lines
 * that could not be told. */
static void
end_busy (MsaEngine *engine,
          MsaTransfer *transfer)
{
  if (transfer->interrupted != NULL)
    msa_transfer_fail (transfer, g_steal_pointer (&transfer->interrupted));
  if (transfer->trace != NULL)
    msa_trace_look_again (engine, transfer);
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

  while (connection->state == MSA_CONNECTION_OPEN && connection->stream == stream)
    {
      MsaSessionEvent event = { .stream = NULL };
      MsaSessionEventKind kind;
      guint8 *destination;
      guint8 *buffer;
      gsize size;

      if (is_paused (connection) || n_reads == MSA_READS_IN_A_ROW)
        {
          session->ops->park (session, FALSE);
          if (!is_paused (connection))
            msa_engine_wake_connection (engine, connection);
          return;
        }

      buffer = choose_buffer (engine, connection, &size, &destination);
      kind = session->ops->next (session, buffer, size, &event);
      n_reads += (kind == MSA_SESSION_DATA);
      if (!handle_event (engine, connection, kind, &event, destination))
        return;
    }
}

/* What lies in a buffer above the socket makes nothing ready. */
static void
look_again (MsaEngine *engine,
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
    send_more (transfer, connection->session);
  pull (engine, connection);
  connection->busy = FALSE;
  engine->scheduler.reap_due |= connection->doomed;
  if (transfer != NULL)
    end_busy (engine, transfer);
  if (transfer != NULL && transfer->clocked)
    msa_transfer_clock_check (transfer);

  if (connection->state == MSA_CONNECTION_OPEN)
    msa_connection_update_interest (connection, !is_paused (connection));
  look_again (engine, connection);
  if (transfer != NULL)
    msa_transfer_unref (transfer);
}

/* What belongs to making the connection counts for its first exchange alone. */
static void
note_times (MsaEngine *engine,
            MsaTransfer *transfer,
            const MsaConnection *connection)
{
  if (connection->n_streams == 0)
    note_connecting (transfer, connection);
  else
    transfer->times.reused = TRUE;
  transfer->times.secured = connection->times.at_us[MSA_PHASE_SECURED] != 0;
  transfer->times.at_us[MSA_PHASE_REQUESTED] = engine->now_us;
}

/* Asking first costs a round trip: for bodies that would cost more (B28). */
static gboolean
should_ask (const MsaTransfer *transfer,
            const MsaRequest *request)
{
  return request->has_body && !transfer->no_expect &&
         request->version != MSA_HTTP_VERSION_HTTP_1_0 &&
         (request->body_length < 0 || request->body_length > MSA_EXPECT_THRESHOLD_BYTES);
}

/* The application's own field decides, if there is one. */
static gboolean
has_own_expect (const MsaRequest *request,
                gboolean *asks)
{
  MsaSlice value;

  if (request->headers == NULL)
    return FALSE;
  *asks = msa_headers_find (request->headers, MSA_SLICE ("Expect"), &value) &&
          msa_slice_equal_ci (value, MSA_SLICE ("100-continue"));

  return *asks || msa_headers_is_suppressed (request->headers, MSA_SLICE ("Expect"));
}

static MsaRequest
make_request (MsaTransfer *transfer)
{
  MsaRequest request = transfer->hop->request;
  gboolean asks = FALSE;

  if (transfer->peer_is_1_0)
    request.version = MSA_HTTP_VERSION_HTTP_1_0;
  if (transfer->source != NULL)
    request.body_length = transfer->source->length;
  /* Trailers follow chunks only. */
  if (request.trailers != NULL && request.version != MSA_HTTP_VERSION_HTTP_1_0)
    request.body_length = -1;
  if (has_own_expect (&request, &asks))
    {
      transfer->asked_first = FALSE;
      transfer->upload = asks ? MSA_UPLOAD_HELD : MSA_UPLOAD_RUNNING;
      return request;
    }

  transfer->asked_first = request.expect = should_ask (transfer, &request);
  transfer->upload = request.expect ? MSA_UPLOAD_HELD : MSA_UPLOAD_RUNNING;

  return request;
}

static void
start_upload (MsaEngine *engine,
              MsaTransfer *transfer,
              const MsaRequest *request)
{
  if (!request->has_body)
    transfer->upload = MSA_UPLOAD_NONE;
  if (transfer->upload == MSA_UPLOAD_HELD)
    msa_reactor_set_timer (&engine->reactor, &transfer->expect_timer,
                           engine->now_us + MSA_EXPECT_WAIT_US);
}

static void
note_peer (MsaTransfer *transfer,
           const MsaConnection *connection)
{
  g_clear_pointer (&transfer->peer_chain, g_ptr_array_unref);
  if (connection->peer_chain != NULL)
    transfer->peer_chain = g_ptr_array_ref (connection->peer_chain);
  transfer->peer_flags = msa_connection_get_peer_flags (connection);
}

/* The request goes straight to the chain: no wait for the socket to be writable unless it said
 * so. */
static void
begin (MsaEngine *engine,
       MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;
  MsaRequest request = make_request (transfer);
  GError *error = NULL;

  g_clear_pointer (&transfer->url, msa_url_unref);
  transfer->url = msa_url_ref (transfer->hop->url);
  transfer->remote = connection->remote;
  note_peer (transfer, connection);
  note_times (engine, transfer, connection);
  msa_transfer_set_state (transfer, MSA_TRANSFER_SENDING);
  if (!connection->session->ops->open (connection->session, &request, transfer, &error))
    {
      msa_transfer_interrupt (transfer, error);
      return;
    }

  connection->n_streams++;
  start_upload (engine, transfer, &request);
  send_more (transfer, connection->session);
  msa_connection_update_interest (connection, TRUE);
  look_again (engine, connection);
}

static void
take_answer (MsaEngine *engine,
             MsaConnection *connection)
{
  const char *text;
  gboolean yes;

  if (connection->question == NULL ||
      !msa_question_get_answer (connection->question, &yes, &text))
    return;

  MSA_TRACE (&engine->log, CONN, connection->serial, "the answer is %s", yes ? "yes" : "no");
  msa_connection_answer (connection, yes, text, engine->now_us);
  g_clear_pointer (&connection->question, msa_question_drop);
}

/* Nobody has taken it: whatever was said meanwhile does not count. */
static void
refuse (MsaEngine *engine,
        MsaConnection *connection)
{
  if (connection->question == NULL)
    return;

  g_clear_pointer (&connection->question, msa_question_drop);
  msa_connection_answer (connection, FALSE, NULL, engine->now_us);
  msa_engine_wake_connection (engine, connection);
}

/* Application code runs, and may answer at once: that is taken up when it has returned, by the next
 * round. */
static void
ask (MsaEngine *engine,
     MsaConnection *connection)
{
  MsaTransfer *transfer = msa_transfer_ref (connection->stream);
  g_autoptr (MsaQuestion) question = msa_question_new (engine, connection);
  gboolean taken = FALSE;

  MSA_TRACE (&engine->log, CONN, connection->serial, "the application is asked");
  connection->question = msa_question_ref (question);
  connection->busy = TRUE;
  if (settle (engine, transfer))
    taken = engine->client->ask (engine->client_data, transfer, question);
  connection->busy = FALSE;
  engine->scheduler.reap_due |= connection->doomed;
  if (!taken)
    refuse (engine, connection);
  end_busy (engine, transfer);
  if (connection->again)
    msa_engine_wake_connection (engine, connection);
  connection->again = FALSE;
  msa_transfer_unref (transfer);
}

static void
drive_connecting (MsaEngine *engine,
                  MsaConnection *connection)
{
  MsaTransfer *transfer = connection->stream;
  GError *error = NULL;

  take_answer (engine, connection);
  switch (msa_connection_connect (connection, engine->now_us, &error))
    {
    case MSA_IO_DONE:
      begin (engine, transfer);
      if (transfer->clocked)
        msa_transfer_clock_check (transfer);
      break;
    case MSA_IO_AGAIN:
      if (connection->question != NULL || msa_connection_get_asks (connection) == MSA_ASKS_NOTHING)
        break;
      /* Not underneath another handler of the transfer. */
      if (transfer->telling)
        connection->again = TRUE;
      else
        ask (engine, connection);
      break;
    case MSA_IO_END:
    case MSA_IO_ERROR:
    default:
      note_peer (transfer, connection);
      msa_transfer_interrupt (transfer, error);
      break;
    }
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
      /* Its socket would wake a nested loop without end. */
      if (connection->state == MSA_CONNECTION_OPEN)
        msa_socket_want (connection->socket, MSA_SOCKET_NONE);
      connection->again = TRUE;
      return;
    }

  switch (connection->state)
    {
    case MSA_CONNECTION_NEW:
    case MSA_CONNECTION_RESOLVING:
    case MSA_CONNECTION_CONNECTING:
      drive_connecting (engine, connection);
      break;
    case MSA_CONNECTION_OPEN:
      if (connection->race.unwatchable)
        fail_unwatchable (engine, connection);
      else if (connection->idle && connection->timed_out)
        msa_scheduler_shut_down (engine, connection);
      else
        drive_open (engine, connection);
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
  if (G_UNLIKELY (engine->log.topics != 0))
    msa_trace_attach (engine, transfer);
  transfer->times.at_us[MSA_PHASE_STARTED] = engine->now_us;
  if (connection->state == MSA_CONNECTION_OPEN)
    begin (engine, transfer);
  else
    msa_transfer_set_state (transfer, MSA_TRANSFER_CONNECTING);
  if (transfer->clocked)
    msa_transfer_clock_check (transfer);
}

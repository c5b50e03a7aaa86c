/* msa-exchange.c: a transfer on a connection
 *
 * Sends the request, pulls the session's events and acts on them: head, body, end, failure. Application
 * code runs from here in three places (headers, informational, the sink's write); the connection is
 * busy meanwhile, so that a nested dispatch passes it over, and neither it nor the transfer is taken to be as it was
 * when that code returns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-exchange-private.h"

#include "base/msa-limits-private.h"
#include "engine/msa-engine-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"

/* Sending */

/* Hands over what the session takes of the body. */
static void
write_body (MsaTransfer *transfer,
            MsaSession *session)
{
  GBytes *body = transfer->settings->body;
  const guint8 *data;
  gsize size, taken;

  if (body == NULL)
    return;

  data = g_bytes_get_data (body, &size);
  while (transfer->body_written < size)
    {
      taken = session->ops->write (session, transfer, data + transfer->body_written,
                                   size - transfer->body_written, TRUE);
      if (taken == 0)
        return;
      transfer->body_written += taken;
      transfer->bytes_sent = transfer->body_written;
    }
}

static gboolean
is_body_written (const MsaTransfer *transfer)
{
  return transfer->settings->body == NULL ||
         transfer->body_written == g_bytes_get_size (transfer->settings->body);
}

static void
send_more (MsaTransfer *transfer,
           MsaSession *session)
{
  if ((transfer->paused & MSA_DIRECTION_SEND) == 0)
    write_body (transfer, session);
  if (session->ops->flush (session) && is_body_written (transfer) &&
      transfer->state == MSA_TRANSFER_SENDING)
    msa_transfer_set_state (transfer, MSA_TRANSFER_WAITING);
}

/* Letting go */

static void
detach (MsaTransfer *transfer)
{
  transfer->connection->stream = NULL;
  transfer->connection = NULL;
}

void
msa_exchange_abandon (MsaEngine *engine,
                      MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;

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
  if (connection->session->ops->is_reusable (connection->session) &&
      engine->scheduler.max_idle_connections > 0)
    msa_scheduler_put_idle (engine, connection);
  else
    msa_scheduler_close (engine, connection);
}

/* Events */

/* Application code is about to run, and may run a main loop of its own: it must know what is due. */
static void
settle (MsaEngine *engine)
{
  msa_engine_announce (engine);
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
  MsaHeaders *all = transfer->interim != NULL ? msa_headers_copy (transfer->interim)
                                              : msa_headers_new_sized (msa_headers_get_size (headers));

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

  msa_headers_freeze (headers);
  append_interim (transfer, headers);
  settle (engine);
  engine->client->informational (engine->client_data, transfer, head->status, headers);
}

static void
handle_head (MsaEngine *engine,
             MsaTransfer *transfer,
             MsaHead *head)
{
  take_head (transfer, head);
  msa_transfer_set_state (transfer, MSA_TRANSFER_RECEIVING);
  if (transfer->content_length > 0 &&
      (guint64) transfer->content_length > msa_transfer_get_max_body (transfer))
    {
      fail_too_large (transfer, (guint64) transfer->content_length);
      return;
    }
  transfer->sink->ops->begin (transfer->sink, transfer->content_length);
  settle (engine);
  engine->client->headers (engine->client_data, transfer);
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

      settle (engine);
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
    msa_transfer_fail (transfer,
                       g_error_new (MSA_ERROR, MSA_ERROR_WRITE,
                                    "The body was refused after %" G_GUINT64_FORMAT " bytes",
                                    received - data.len));

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
  msa_scheduler_close (engine, transfer->connection);
  detach (transfer);
  msa_transfer_rewind (transfer);
  msa_transfer_set_state (transfer, MSA_TRANSFER_QUEUED);
  msa_engine_make_due (engine, transfer);
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
      transfer->trailers = g_steal_pointer (&event->trailers);
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
      msa_scheduler_close (engine, connection);
      return FALSE;
    }
}

/* Pulling */

static gboolean
is_paused (const MsaConnection *connection)
{
  const MsaTransfer *transfer = connection->stream;

  return transfer != NULL && (transfer->paused & MSA_DIRECTION_RECEIVE) != 0;
}

/* Where the next bytes go: into the body itself if its length is known and nothing else can come, else
 * into the scratch buffer of this depth. */
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

/* The transfer's time ran out while application code ran for it. */
static void
check_time (MsaConnection *connection,
            gint64 now_us)
{
  MsaTransfer *transfer = connection->stream;

  if (transfer != NULL && transfer->timed_out)
    transfer->timer.expired (&transfer->timer, now_us);
}

/* Takes events until the session blocks, the stream ends, someone pauses, or it has had its share. */
static void
pull (MsaEngine *engine,
      MsaConnection *connection)
{
  MsaSession *session = connection->session;
  gpointer stream = connection->stream;
  guint n_reads = 0;

  while (connection->state == MSA_CONNECTION_OPEN && connection->stream == stream)
    {
      MsaSessionEvent event = { NULL };
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

static void
drive_open (MsaEngine *engine,
            MsaConnection *connection)
{
  MsaTransfer *transfer = connection->stream;

  if (transfer != NULL)
    msa_transfer_ref (transfer);
  connection->busy = TRUE;
  if (transfer != NULL && transfer->state == MSA_TRANSFER_SENDING)
    send_more (transfer, connection->session);
  pull (engine, connection);
  connection->busy = FALSE;
  engine->scheduler.reap_due |= connection->doomed;
  check_time (connection, engine->now_us);

  if (connection->state == MSA_CONNECTION_OPEN)
    msa_connection_update_interest (connection, !is_paused (connection));
  look_again (engine, connection);
  if (transfer != NULL)
    msa_transfer_unref (transfer);
}

/* The request goes straight to the chain: no wait for the socket to be writable unless it said so. */
static void
begin (MsaEngine *engine,
       MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;
  MsaRequest request = transfer->hop->request;
  GError *error = NULL;

  g_clear_pointer (&transfer->url, msa_url_unref);
  transfer->url = msa_url_ref (transfer->hop->url);
  transfer->remote = connection->remote;
  msa_transfer_set_state (transfer, MSA_TRANSFER_SENDING);
  if (!connection->session->ops->open (connection->session, &request, transfer, &error))
    {
      msa_transfer_fail (transfer, error);
      return;
    }

  connection->n_streams++;
  send_more (transfer, connection->session);
  msa_connection_update_interest (connection, TRUE);
  look_again (engine, connection);
}

static void
drive_connecting (MsaEngine *engine,
                  MsaConnection *connection)
{
  MsaTransfer *transfer = connection->stream;
  GError *error = NULL;

  switch (msa_connection_connect (connection, engine->now_us, &error))
    {
    case MSA_IO_DONE:
      begin (engine, transfer);
      break;
    case MSA_IO_AGAIN:
      break;
    case MSA_IO_END:
    case MSA_IO_ERROR:
    default:
      msa_transfer_fail (transfer, error);
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

void
msa_exchange_drive (MsaEngine *engine,
                    MsaConnection *connection)
{
  if (connection->busy)
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
      if (connection->unwatchable)
        fail_unwatchable (engine, connection);
      else if (connection->idle && connection->timed_out)
        msa_scheduler_close (engine, connection);
      else
        drive_open (engine, connection);
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
  if (connection->state == MSA_CONNECTION_OPEN)
    begin (engine, transfer);
  else
    msa_transfer_set_state (transfer, MSA_TRANSFER_CONNECTING);
}

/* msa-exchange-request.c: the way of a request
 *
 * From the open connection to the last byte of the body, which may go on while the response
 * comes, be held back until the peer asks for it, or be stopped by an early answer. What the peer
 * says is msa-exchange.c's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-exchange-parts-private.h"

#include "base/msa-limits-private.h"
#include "engine/msa-transfer-clock-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"
#include "proto/http1/msa-http1-framing-private.h"

/* A connection that opens begins to send also while another handler of the transfer is on the
 * stack. */
static void
fail_body (MsaTransfer *transfer,
           GError *error)
{
  if (transfer->telling)
    msa_transfer_interrupt (transfer, error);
  else
    msa_transfer_fail (transfer, error);
}

/* The body has to end where it was announced to. */
static void
end_body (MsaTransfer *transfer,
          MsaSession *session)
{
  gint64 length = transfer->source->length;

  if (length >= 0 && transfer->body_written < (guint64) length)
    {
      fail_body (transfer, g_error_new (MSA_ERROR, MSA_ERROR_READ,
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
  if (taken > 0)
    msa_transfer_note_progress (transfer);

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
          fail_body (transfer, error);
          return;
        case MSA_SOURCE_WAIT:
        default:
          return;
        }
    }
}

void
msa_exchange_send_more (MsaTransfer *transfer,
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
void
msa_exchange_release_body (MsaTransfer *transfer,
                           MsaSession *session)
{
  if (transfer->upload != MSA_UPLOAD_HELD)
    return;

  msa_reactor_remove_timer (&transfer->engine->reactor, &transfer->expect_timer);
  transfer->upload = MSA_UPLOAD_RUNNING;
  msa_exchange_send_more (transfer, session);
}

/* A final answer came while the body was held or on its way. One of 300 or more does not want
 * the rest, as far as the application believes it (B31). */
void
msa_exchange_judge_upload (MsaTransfer *transfer,
                           MsaSession *session)
{
  if (transfer->upload == MSA_UPLOAD_NONE)
    return;

  if (transfer->status >= 300 && !transfer->settings->keep_sending_on_error)
    transfer->upload = MSA_UPLOAD_STOPPED;
  else
    msa_exchange_release_body (transfer, session);
}

static void
note_times (MsaEngine *engine,
            MsaTransfer *transfer,
            const MsaConnection *connection)
{
  msa_exchange_note_connecting (transfer, connection);
  transfer->times.secured = connection->times.at_us[MSA_PHASE_SECURED] != 0;
  transfer->times.at_us[MSA_PHASE_REQUESTED] = engine->now_us;
}

/* Asking first costs a round trip: for bodies that would cost more (B28). */
static gboolean
should_ask (const MsaTransfer *transfer)
{
  gint64 length = transfer->source->length;

  return !transfer->no_expect && transfer->settings->expect_timeout_ms > 0 &&
         (length < 0 || length > MSA_EXPECT_THRESHOLD_BYTES);
}

/* The application's own fields decide, if there are any. */
static gboolean
has_own_expect (const MsaHeaders *headers,
                gboolean *asks)
{
  guint n_fields = msa_headers_get_length ((MsaHeaders *) headers);
  gboolean any = msa_headers_is_suppressed (headers, MSA_SLICE ("Expect"));

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      if (!msa_slice_equal_ci (name, MSA_SLICE ("Expect")))
        continue;
      any = TRUE;
      *asks |= msa_http1_list_has (value, MSA_SLICE ("100-continue"));
    }

  return any;
}

/* Whether the body waits for an answer, whoever asks. HTTP/1.0 knows no such question. */
static void
decide_to_ask (MsaTransfer *transfer,
               MsaRequest *request)
{
  gboolean can_ask = request->has_body && request->version != MSA_HTTP_VERSION_HTTP_1_0;
  gboolean asks = FALSE;

  if (can_ask && (request->headers == NULL || !has_own_expect (request->headers, &asks)))
    request->expect = should_ask (transfer);
  transfer->asked_first = request->expect;
  transfer->upload = asks || request->expect ? MSA_UPLOAD_HELD : MSA_UPLOAD_RUNNING;
}

static MsaRequest
make_request (MsaTransfer *transfer)
{
  MsaRequest request = transfer->hop->request;

  if (transfer->peer_is_1_0)
    request.version = MSA_HTTP_VERSION_HTTP_1_0;
  if (transfer->source != NULL)
    request.body_length = transfer->source->length;
  /* Trailers follow chunks only. */
  if (request.trailers != NULL && request.version != MSA_HTTP_VERSION_HTTP_1_0)
    request.body_length = -1;
  decide_to_ask (transfer, &request);

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
                           engine->now_us +
                               (gint64) transfer->settings->expect_timeout_ms * 1000);
}

/* The request goes straight to the chain: no wait for the socket to be writable unless it said
 * so. */
void
msa_exchange_begin (MsaEngine *engine,
                    MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;
  MsaRequest request = make_request (transfer);
  GError *error = NULL;

  g_clear_pointer (&transfer->url, msa_url_unref);
  transfer->url = msa_url_ref (transfer->hop->url);
  g_clear_pointer (&transfer->remote, g_ref_string_release);
  transfer->remote = g_ref_string_acquire (msa_socket_get_peer (connection->socket));
  msa_exchange_note_peer (transfer, connection);
  note_times (engine, transfer, connection);
  msa_transfer_set_state (transfer, MSA_TRANSFER_SENDING);
  if (!connection->session->ops->open (connection->session, &request, transfer, &error))
    {
      msa_transfer_interrupt (transfer, error);
      return;
    }

  connection->n_streams++;
  start_upload (engine, transfer, &request);
  msa_exchange_send_more (transfer, connection->session);
  msa_connection_update_interest (connection, TRUE);
  msa_exchange_look_again (engine, connection);
}

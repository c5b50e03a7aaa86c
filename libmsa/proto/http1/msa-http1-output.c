/* msa-http1-output.c: a request on its way to the chain
 *
 * Head and body meet in one queue, so that a small body leaves in the head's send,
 * and so that a chain that would block is offered the same bytes again. The body's framing is
 * put around it here; the head's words are those of msa-http1-request.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-output-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-request-private.h"

/* What an idle connection may keep for its next request. */
#define MAX_IDLE_BYTES 1024

/* Around a chunk: 16 digits and CRLF before it, CRLF behind. */
#define MAX_CHUNK_FRAME_BYTES 20

static const char last_chunk[] = "0\r\n";

#define MAX_QUEUE_BYTES \
  (MSA_MAX_REQUEST_HEAD_BYTES + MSA_MAX_REQUEST_TRAILER_BYTES + MSA_MAX_PENDING_OUTPUT_BYTES + \
   sizeof (last_chunk))

void
msa_http1_output_init (MsaHttp1Output *self)
{
  *self = (MsaHttp1Output) { .complete = TRUE };
  msa_writer_init (&self->queue, MAX_QUEUE_BYTES);
}

void
msa_http1_output_clear (MsaHttp1Output *self)
{
  msa_writer_release (&self->queue);
  g_clear_pointer (&self->trailers, msa_headers_unref);
  g_clear_error (&self->failure);
  msa_http1_output_init (self);
}

void
msa_http1_output_settle (MsaHttp1Output *self)
{
  if (self->queue.capacity > MAX_IDLE_BYTES)
    msa_writer_release (&self->queue);
}

gboolean
msa_http1_output_open (MsaHttp1Output *self,
                       const MsaRequest *request,
                       GError **error)
{
  if (!msa_http1_write_request_head (&self->queue, request, error))
    {
      msa_writer_clear (&self->queue);
      return FALSE;
    }

  self->chunked = request->has_body && request->body_length < 0;
  g_clear_pointer (&self->trailers, msa_headers_unref);
  if (self->chunked && request->trailers != NULL)
    self->trailers = msa_http1_request_dup_trailers (request);
  self->left = request->has_body && !self->chunked ? (guint64) request->body_length : 0;
  self->complete = !self->chunked && self->left == 0;
  self->refused = FALSE;
  self->writable_due = FALSE;

  return TRUE;
}

static void
fail (MsaHttp1Output *self,
      GError *error)
{
  if (self->failure != NULL)
    g_clear_error (&error);
  else if (error != NULL)
    self->failure = error;
  else
    self->failure = g_error_new (MSA_ERROR, MSA_ERROR_SEND, "The chain did not send the request");
  msa_writer_clear (&self->queue);
}

static void
write_known (MsaHttp1Output *self,
             MsaCursor *rest,
             gsize room)
{
  MsaSlice part = msa_cursor_take (rest, (gsize) MIN (self->left, (guint64) room));

  msa_writer_append_slice (&self->queue, part);
  self->left -= part.len;
  self->complete = self->left == 0;
}

static void
write_chunk (MsaHttp1Output *self,
             MsaCursor *rest,
             gsize room)
{
  char size_line[MAX_CHUNK_FRAME_BYTES];
  MsaSlice part;

  if (room <= MAX_CHUNK_FRAME_BYTES)
    return;
  part = msa_cursor_take (rest, room - MAX_CHUNK_FRAME_BYTES);
  if (part.len == 0)
    return;

  g_snprintf (size_line, sizeof (size_line), "%" G_GSIZE_MODIFIER "x\r\n", part.len);
  msa_writer_append_string (&self->queue, size_line);
  msa_writer_append_slice (&self->queue, part);
  msa_writer_append_slice (&self->queue, MSA_SLICE ("\r\n"));
}

static void
write_trailers (MsaWriter *queue,
                MsaHeaders *trailers)
{
  guint n_fields = msa_headers_get_length (trailers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (trailers, i, &name, &value);
      msa_writer_append_slice (queue, name);
      msa_writer_append_slice (queue, MSA_SLICE (": "));
      msa_writer_append_slice (queue, value);
      msa_writer_append_slice (queue, MSA_SLICE ("\r\n"));
    }
}

static void
write_part (MsaHttp1Output *self,
            MsaCursor *rest,
            gboolean end)
{
  gsize room = MSA_MAX_PENDING_OUTPUT_BYTES - MIN (self->queue.len, MSA_MAX_PENDING_OUTPUT_BYTES);

  if (!self->chunked)
    {
      write_known (self, rest, room);
      return;
    }

  write_chunk (self, rest, room);
  /* Always has room: a caller with no byte left could not come again with it. */
  if (end && msa_cursor_is_empty (rest))
    {
      msa_writer_append_string (&self->queue, last_chunk);
      if (self->trailers != NULL)
        write_trailers (&self->queue, self->trailers);
      msa_writer_append_slice (&self->queue, MSA_SLICE ("\r\n"));
      self->complete = TRUE;
    }
}

gsize
msa_http1_output_write (MsaHttp1Output *self,
                        MsaFilter *chain,
                        const guint8 *data,
                        gsize len,
                        gboolean end)
{
  MsaCursor rest = msa_cursor (data != NULL ? data : (const guint8 *) "", len);

  self->refused = FALSE;
  self->writable_due = FALSE;

  while (self->failure == NULL && !self->complete)
    {
      write_part (self, &rest, end);
      if (self->queue.failed)
        fail (self, g_error_new (MSA_ERROR, MSA_ERROR_SEND, "No memory is left for the body"));
      if (self->complete || msa_cursor_is_empty (&rest) || !msa_http1_output_flush (self, chain))
        break;
    }
  if (self->failure != NULL || self->complete)
    return len;

  self->refused = !msa_cursor_is_empty (&rest);

  return len - msa_cursor_left (&rest);
}

gboolean
msa_http1_output_flush (MsaHttp1Output *self,
                        MsaFilter *chain)
{
  self->wants = MSA_SOCKET_NONE;

  while (self->queue.len > 0)
    {
      MsaSlice bytes = msa_writer_slice (&self->queue);
      g_autoptr (GError) error = NULL;
      gsize n_sent = 0;
      MsaIo io;

      io = msa_filter_send (chain, (const guint8 *) bytes.data, bytes.len, &n_sent, &error);
      if (io == MSA_IO_AGAIN)
        {
          self->wants = msa_filter_wants (chain);
          return FALSE;
        }
      if (io == MSA_IO_DONE)
        msa_writer_consume (&self->queue, MIN (n_sent, bytes.len));
      else
        fail (self, g_steal_pointer (&error));
    }

  self->writable_due |= self->refused && self->failure == NULL;
  self->refused = FALSE;

  return TRUE;
}

gboolean
msa_http1_output_is_sent (const MsaHttp1Output *self)
{
  return self->complete && self->queue.len == 0 && self->failure == NULL;
}

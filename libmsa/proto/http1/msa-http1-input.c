/* msa-http1-input.c: the bytes between the chain and the parser
 *
 * They are read into the caller's buffer and parsed where they lie. The connection
 * holds bytes of its own only where a message is cut short or the caller stops in
 * the middle, and lets go of the storage when they are used up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-input-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"

/* A read that joins a line cut short: the next ones go to the caller's buffer again. */
#define JOIN_BYTES (16 * 1024)

void
msa_http1_input_init (MsaHttp1Input *self)
{
  *self = (MsaHttp1Input) { .place = msa_cursor ("", 0) };
  msa_writer_init (&self->held, MSA_MAX_HELD_BYTES);
}

void
msa_http1_input_clear (MsaHttp1Input *self)
{
  msa_writer_release (&self->held);
  msa_http1_input_init (self);
}

gsize
msa_http1_input_left (const MsaHttp1Input *self)
{
  return self->held.len - self->n_shown + msa_cursor_left (&self->place);
}

static void
drop_held (MsaHttp1Input *self,
           gsize len)
{
  msa_writer_consume (&self->held, len);
  if (self->held.len == 0 && self->held.data != NULL)
    msa_writer_release (&self->held);
}

void
msa_http1_input_settle (MsaHttp1Input *self)
{
  drop_held (self, self->n_shown);
  self->n_shown = 0;
  self->shown = msa_slice ("", 0);
}

static MsaHttp1Result
parse_held (MsaHttp1Input *self,
            MsaHttp1Parser *parser,
            GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (msa_writer_slice (&self->held));
  MsaHttp1Result result = msa_http1_parser_next (parser, &cursor, error);
  gsize n_taken = self->held.len - msa_cursor_left (&cursor);

  if (result == MSA_HTTP1_DATA)
    self->n_shown = n_taken;
  else
    drop_held (self, n_taken);

  return result;
}

MsaHttp1Result
msa_http1_input_parse (MsaHttp1Input *self,
                       MsaHttp1Parser *parser,
                       GError **error)
{
  MsaHttp1Result result;

  if (self->held.len > 0)
    result = parse_held (self, parser, error);
  else
    result = msa_http1_parser_next (parser, &self->place, error);

  if (result == MSA_HTTP1_DATA)
    self->shown = msa_http1_parser_get_data (parser);

  return result;
}

static MsaIo
receive (MsaHttp1Input *self,
         MsaFilter *chain,
         guint8 *buffer,
         gsize size,
         gsize *n_read,
         GError **error)
{
  MsaIo io;

  *n_read = 0;
  io = msa_filter_recv (chain, buffer, size, n_read, error);
  /* A read that was not filled has emptied the socket: another would only say so. */
  self->drained = io == MSA_IO_DONE && *n_read < size && !msa_filter_pending (chain);

  return io;
}

static MsaIo
receive_held (MsaHttp1Input *self,
              MsaFilter *chain,
              gsize size,
              GError **error)
{
  guint8 *room = msa_writer_reserve (&self->held, size);
  gsize n_read;
  MsaIo io;

  if (room == NULL)
    {
      g_propagate_error (error, msa_http1_input_dup_failure (self));
      return MSA_IO_ERROR;
    }

  io = receive (self, chain, room, size, &n_read, error);
  if (io == MSA_IO_DONE)
    msa_writer_commit (&self->held, n_read);

  return io;
}

MsaIo
msa_http1_input_receive (MsaHttp1Input *self,
                         MsaFilter *chain,
                         guint8 *buffer,
                         gsize size,
                         GError **error)
{
  gsize n_read;
  MsaIo io;

  msa_http1_input_hold (self);
  if (self->held.len > 0 || self->held.failed)
    return receive_held (self, chain, MIN (size, JOIN_BYTES), error);

  io = receive (self, chain, buffer, size, &n_read, error);
  if (io == MSA_IO_DONE)
    self->place = msa_cursor (buffer, n_read);

  return io;
}

MsaIo
msa_http1_input_receive_raw (MsaHttp1Input *self,
                             MsaFilter *chain,
                             guint8 *buffer,
                             gsize size,
                             guint64 max,
                             GError **error)
{
  gsize n_read;
  MsaIo io;

  io = receive (self, chain, buffer, (gsize) MIN ((guint64) size, max), &n_read, error);
  if (io == MSA_IO_DONE)
    self->shown = msa_slice (buffer, n_read);

  return io;
}

MsaIo
msa_http1_input_splice (MsaHttp1Input *self,
                        MsaFilter *chain,
                        MsaPipe *pipe,
                        guint64 max,
                        gsize *n_read,
                        GError **error)
{
  gsize size = (gsize) MIN (max, (guint64) MSA_PIPE_BYTES);
  MsaIo io;

  *n_read = 0;
  io = msa_filter_splice (chain, pipe, size, n_read, error);
  /* Fewer than were asked for may also be all that the pipe had room for: then the socket is ready
   * still, and says so. */
  self->drained = io == MSA_IO_DONE && *n_read > 0 && *n_read < size;

  return io;
}

gboolean
msa_http1_input_hold (MsaHttp1Input *self)
{
  if (!msa_cursor_is_empty (&self->place))
    msa_writer_append_slice (&self->held, msa_cursor_rest (&self->place));
  self->place = msa_cursor ("", 0);

  return !self->held.failed;
}

gboolean
msa_http1_input_park (MsaHttp1Input *self,
                      gboolean again)
{
  gsize len = again ? self->shown.len : 0;

  if (len > 0 && self->n_shown > 0)
    {
      /* It ends where n_shown does; before it stand at most the lines around a chunk. */
      self->n_shown -= len;
    }
  else if (len > 0)
    {
      msa_writer_append_slice (&self->held, self->shown);
    }

  msa_http1_input_settle (self);
  /* What was parked before, and not given since, stays to be given again. */
  if (again)
    self->again_len = len;
  self->drained = FALSE;

  return msa_http1_input_hold (self);
}

gboolean
msa_http1_input_give_again (MsaHttp1Input *self)
{
  if (self->again_len == 0)
    return FALSE;

  self->shown = msa_writer_slice (&self->held);
  self->shown.len = self->n_shown = self->again_len;
  self->again_len = 0;

  return TRUE;
}

GError *
msa_http1_input_dup_failure (const MsaHttp1Input *self)
{
  return g_error_new (MSA_ERROR, MSA_ERROR_TOO_LARGE,
                      "More than %d bytes of the reply would have to be kept", MSA_MAX_HELD_BYTES);
}

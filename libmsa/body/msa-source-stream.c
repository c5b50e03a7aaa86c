/* msa-source-stream.c: a request's body from a stream or a file
 *
 * Reads one buffer ahead, off the loop. A file is opened first, which also tells the
 * length. Rewinding needs a stream that can be sought in, unless nothing was read yet. Whether an
 * earlier run has read from a stream is looked at when the first bytes are wanted: before, that
 * run's last read may be under way.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-source-private.h"

#include "base/msa-cursor-private.h"
#include "body/msa-stream-io-private.h"
#include "model/msa-error.h"

typedef enum
{
  MSA_STREAM_SOURCE_CLOSED, /* a file that is not open */
  MSA_STREAM_SOURCE_OPENING,
  MSA_STREAM_SOURCE_UNSEEN, /* a stream: nobody has looked where it stands */
  MSA_STREAM_SOURCE_AWAITING, /* the end of an earlier run's operation */
  MSA_STREAM_SOURCE_EMPTY, /* nothing is at hand or on its way */
  MSA_STREAM_SOURCE_READING,
  MSA_STREAM_SOURCE_FULL, /* rest is at hand */
  MSA_STREAM_SOURCE_SEEKING,
  MSA_STREAM_SOURCE_ENDED,
  MSA_STREAM_SOURCE_FAILED,
} MsaStreamSourceState;

typedef struct
{
  MsaSource parent;
  MsaBody *body; /* (owned) */
  MsaReactor *reactor; /* (unowned) */
  MsaStreamIo *io; /* (owned) */
  MsaStreamSourceState state;
  gint64 start; /* where the stream stood at first; -1: it cannot be sought in */
  gboolean moved; /* it does not stand there any more */
  gboolean rewind_due; /* when the read under way has ended */
  MsaCursor rest;
  GError *error; /* (owned) (nullable): when FAILED */
} MsaStreamSource;

#define TO(s) (1u << MSA_STREAM_SOURCE_##s)

/* Bit set: states allowed after this one; FAILED always is. */
static const guint edges[] = {
  [MSA_STREAM_SOURCE_CLOSED] = TO (OPENING),
  [MSA_STREAM_SOURCE_OPENING] = TO (EMPTY),
  [MSA_STREAM_SOURCE_UNSEEN] = TO (AWAITING) | TO (EMPTY) | TO (SEEKING),
  [MSA_STREAM_SOURCE_AWAITING] = TO (EMPTY) | TO (SEEKING),
  [MSA_STREAM_SOURCE_EMPTY] = TO (READING) | TO (SEEKING),
  [MSA_STREAM_SOURCE_READING] = TO (FULL) | TO (ENDED) | TO (EMPTY) | TO (SEEKING),
  [MSA_STREAM_SOURCE_FULL] = TO (EMPTY) | TO (SEEKING),
  [MSA_STREAM_SOURCE_SEEKING] = TO (EMPTY),
  [MSA_STREAM_SOURCE_ENDED] = TO (SEEKING),
  [MSA_STREAM_SOURCE_FAILED] = TO (SEEKING),
};

static void
set_state (MsaStreamSource *self,
           MsaStreamSourceState state)
{
  g_assert (state == MSA_STREAM_SOURCE_FAILED || (edges[self->state] & (1u << state)) != 0);

  self->state = state;
}

static void
fail (MsaStreamSource *self,
      const char *what,
      const char *cause)
{
  g_clear_error (&self->error);
  self->error = g_error_new (MSA_ERROR, MSA_ERROR_READ, "%s the request's body failed: %s",
                             what, cause);
  set_state (self, MSA_STREAM_SOURCE_FAILED);
}

static void
seek_to_start (MsaStreamSource *self)
{
  if (self->start < 0)
    {
      fail (self, "Rewinding", "its stream cannot be sought in");
      return;
    }

  g_clear_error (&self->error);
  self->rest = msa_cursor ("", 0);
  self->moved = FALSE;
  set_state (self, MSA_STREAM_SOURCE_SEEKING);
  msa_stream_io_seek (self->io, self->start);
}

/* Nothing is under way. */
static void
go_to_start (MsaStreamSource *self)
{
  if (self->moved)
    seek_to_start (self);
  else
    set_state (self, MSA_STREAM_SOURCE_EMPTY);
}

static void
look (MsaStreamSource *self)
{
  self->moved = !msa_body_is_at_start (self->body);
  go_to_start (self);
}

static void
note_opened (MsaStreamSource *self)
{
  self->parent.length = msa_stream_io_get_length (self->io);
  self->start = msa_stream_io_tell (self->io);
  set_state (self, MSA_STREAM_SOURCE_EMPTY);
}

static void
note_at_start (MsaStreamSource *self)
{
  if (self->body->kind == MSA_BODY_STREAM)
    msa_body_note_start (self->body);
  set_state (self, MSA_STREAM_SOURCE_EMPTY);
}

static void
note_read (MsaStreamSource *self,
           gsize n)
{
  self->moved |= n > 0;
  self->rest = msa_cursor (msa_stream_io_get_data (self->io), n);
  set_state (self, n > 0 ? MSA_STREAM_SOURCE_FULL : MSA_STREAM_SOURCE_ENDED);
}

/* The read that was under way has ended: its bytes are of no use. */
static void
rewind_now (MsaStreamSource *self,
            gsize n)
{
  self->rewind_due = FALSE;
  self->moved |= n > 0;
  go_to_start (self);
}

static void
io_done_cb (gpointer owner,
            gsize n,
            const GError *error,
            gint64 now_us)
{
  MsaStreamSource *self = owner;

  if (self->state == MSA_STREAM_SOURCE_OPENING && error != NULL)
    fail (self, "Opening", error->message);
  else if (self->state == MSA_STREAM_SOURCE_OPENING)
    note_opened (self);
  else if (self->state == MSA_STREAM_SOURCE_AWAITING)
    look (self);
  else if (self->rewind_due)
    rewind_now (self, n);
  else if (self->state == MSA_STREAM_SOURCE_READING && error != NULL)
    fail (self, "Reading", error->message);
  else if (self->state == MSA_STREAM_SOURCE_READING)
    note_read (self, n);
  else if (self->state == MSA_STREAM_SOURCE_SEEKING && error != NULL)
    fail (self, "Rewinding", error->message);
  else if (self->state == MSA_STREAM_SOURCE_SEEKING)
    note_at_start (self);

  self->parent.wake (self->parent.wake_data);
}

static gboolean
stream_prepare (MsaSource *source)
{
  MsaStreamSource *self = (MsaStreamSource *) source;

  if (self->state == MSA_STREAM_SOURCE_CLOSED)
    {
      set_state (self, MSA_STREAM_SOURCE_OPENING);
      msa_stream_io_open_input (self->io, self->body->file);
    }

  return self->state != MSA_STREAM_SOURCE_OPENING;
}

/* A stream, whose first bytes are wanted. */
static void
see (MsaStreamSource *self)
{
  if (msa_stream_io_await_stream (self->io))
    look (self);
  else
    set_state (self, MSA_STREAM_SOURCE_AWAITING);
}

static MsaSourceState
stream_peek (MsaSource *source,
             MsaSlice *data,
             GError **error)
{
  MsaStreamSource *self = (MsaStreamSource *) source;

  if (self->state == MSA_STREAM_SOURCE_UNSEEN)
    see (self);
  switch (self->state)
    {
    case MSA_STREAM_SOURCE_FULL:
      *data = msa_cursor_rest (&self->rest);
      return MSA_SOURCE_READY;
    case MSA_STREAM_SOURCE_ENDED:
      return MSA_SOURCE_END;
    case MSA_STREAM_SOURCE_FAILED:
      g_propagate_error (error, g_error_copy (self->error));
      return MSA_SOURCE_ERROR;
    case MSA_STREAM_SOURCE_EMPTY:
      set_state (self, MSA_STREAM_SOURCE_READING);
      msa_stream_io_read (self->io);
      return MSA_SOURCE_WAIT;
    case MSA_STREAM_SOURCE_CLOSED:
    case MSA_STREAM_SOURCE_OPENING:
    case MSA_STREAM_SOURCE_UNSEEN:
    case MSA_STREAM_SOURCE_AWAITING:
    case MSA_STREAM_SOURCE_READING:
    case MSA_STREAM_SOURCE_SEEKING:
    default:
      return MSA_SOURCE_WAIT;
    }
}

static void
stream_consume (MsaSource *source,
                gsize len)
{
  MsaStreamSource *self = (MsaStreamSource *) source;

  msa_cursor_take (&self->rest, len);
  if (msa_cursor_is_empty (&self->rest))
    set_state (self, MSA_STREAM_SOURCE_EMPTY);
}

static void
stream_rewind (MsaSource *source)
{
  MsaStreamSource *self = (MsaStreamSource *) source;

  /* One operation on a stream at a time: a read that is under way ends first. */
  if (self->state == MSA_STREAM_SOURCE_READING)
    self->rewind_due = TRUE;
  else if (self->moved)
    seek_to_start (self);
}

static void
stream_free (MsaSource *source)
{
  MsaStreamSource *self = (MsaStreamSource *) source;

  msa_stream_io_free (self->io);
  msa_body_unref (self->body);
  g_clear_error (&self->error);
  g_free (self);
}

static const MsaSourceOps stream_ops = {
  .prepare = stream_prepare,
  .peek = stream_peek,
  .consume = stream_consume,
  .rewind = stream_rewind,
  .free = stream_free,
};

MsaSource *
msa_source_new_stream (MsaBody *body,
                       MsaReactor *reactor)
{
  MsaStreamSource *self = g_new0 (MsaStreamSource, 1);

  self->parent.ops = &stream_ops;
  self->parent.length = body->length;
  self->body = msa_body_ref (body);
  self->reactor = reactor;
  self->io = msa_stream_io_new (reactor, io_done_cb, self);
  self->start = -1;
  self->state = MSA_STREAM_SOURCE_CLOSED;
  if (body->kind == MSA_BODY_STREAM)
    {
      msa_stream_io_set_input (self->io, body->stream);
      self->start = body->start;
      self->state = MSA_STREAM_SOURCE_UNSEEN;
    }

  return &self->parent;
}

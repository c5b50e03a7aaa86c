/* msa-sink-stream.c: a body written to a stream or a file
 *
 * What comes is gathered while a write is under way, off the loop; past MSA_MAX_SINK_BYTES the
 * sink is full and the peer has to wait. A large body for a file goes through a pipe, if it can
 * come unchanged from the socket. A file is opened at the first byte, or at the end of
 * an empty body, and takes its name when all is written: what fails leaves nothing behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-sink-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-writer-private.h"
#include "body/msa-stream-io-private.h"
#include "model/msa-error.h"

typedef enum
{
  MSA_STREAM_SINK_UNOPENED, /* a file */
  MSA_STREAM_SINK_OPENING,
  MSA_STREAM_SINK_READY, /* nothing is under way */
  MSA_STREAM_SINK_WRITING,
  MSA_STREAM_SINK_CLOSING,
  MSA_STREAM_SINK_CLOSED,
  MSA_STREAM_SINK_FAILED,
} MsaStreamSinkState;

typedef struct
{
  MsaSink parent;
  MsaStreamIo *io; /* (owned) */
  GFile *file; /* (owned) (nullable): NULL: a stream was given */
  MsaStreamSinkState state;
  MsaWriter pending; /* not yet handed to a write; behind what is in the pipe */
  gsize n_piped; /* in the pipe, not yet handed to a write */
  gboolean pipe_full;
  gboolean no_pipe; /* it does not serve here */
  gboolean ending; /* all has come */
  GError *error; /* (owned) (nullable): when FAILED */
} MsaStreamSink;

#define TO(s) (1u << MSA_STREAM_SINK_##s)

/* Bit set: states allowed after this one; FAILED always is. */
static const guint edges[] = {
  [MSA_STREAM_SINK_UNOPENED] = TO (OPENING),
  [MSA_STREAM_SINK_OPENING] = TO (READY),
  [MSA_STREAM_SINK_READY] = TO (WRITING) | TO (CLOSING) | TO (CLOSED),
  [MSA_STREAM_SINK_WRITING] = TO (READY),
  [MSA_STREAM_SINK_CLOSING] = TO (CLOSED),
  [MSA_STREAM_SINK_CLOSED] = 0,
  [MSA_STREAM_SINK_FAILED] = 0,
};

static void
set_state (MsaStreamSink *self,
           MsaStreamSinkState state)
{
  g_assert (state == MSA_STREAM_SINK_FAILED || (edges[self->state] & (1u << state)) != 0);

  self->state = state;
}

static void
fail (MsaStreamSink *self,
      const char *cause)
{
  g_autofree char *name = self->file == NULL ? NULL : g_file_get_parse_name (self->file);

  self->error = g_error_new (MSA_ERROR, MSA_ERROR_WRITE, "The body could not be written to %s: %s",
                             name == NULL ? "the output stream" : name, cause);
  set_state (self, MSA_STREAM_SINK_FAILED);
  /* Nobody is to wait until there is room again. */
  msa_writer_release (&self->pending);
}

static void
start_drain (MsaStreamSink *self)
{
  set_state (self, MSA_STREAM_SINK_WRITING);
  msa_stream_io_drain (self->io, self->n_piped);
  self->n_piped = 0;
}

static void
start_write (MsaStreamSink *self)
{
  gsize len;
  guint8 *data = msa_writer_steal (&self->pending, &len);
  g_autoptr (GBytes) bytes = g_bytes_new_take (data, len);

  set_state (self, MSA_STREAM_SINK_WRITING);
  msa_stream_io_write (self->io, bytes);
}

/* The application's stream stays open: it may go on with it. */
static void
end (MsaStreamSink *self)
{
  if (self->file == NULL)
    {
      set_state (self, MSA_STREAM_SINK_CLOSED);
      return;
    }

  set_state (self, MSA_STREAM_SINK_CLOSING);
  msa_stream_io_close (self->io);
}

/* A thread costs more than the pages of a pipe. */
static gboolean
is_drain_due (const MsaStreamSink *self)
{
  return self->n_piped >= MSA_PIPE_BYTES / 2 ||
         (self->n_piped > 0 && (self->pipe_full || self->pending.len > 0 || self->ending));
}

/* Begins what is to be done next, if nothing is under way. */
static void
go_on (MsaStreamSink *self)
{
  if (self->state == MSA_STREAM_SINK_UNOPENED && (self->pending.len > 0 || self->ending))
    {
      set_state (self, MSA_STREAM_SINK_OPENING);
      msa_stream_io_open_output (self->io, self->file);
    }
  else if (self->state == MSA_STREAM_SINK_READY && is_drain_due (self))
    {
      start_drain (self);
    }
  else if (self->state == MSA_STREAM_SINK_READY && self->pending.len > 0)
    {
      start_write (self);
    }
  else if (self->state == MSA_STREAM_SINK_READY && self->ending)
    {
      end (self);
    }
}

static void
io_done_cb (gpointer owner,
            gsize n,
            const GError *error,
            gint64 now_us)
{
  MsaStreamSink *self = owner;

  self->pipe_full = FALSE;
  if (error != NULL)
    fail (self, error->message);
  else if (self->state == MSA_STREAM_SINK_CLOSING)
    set_state (self, MSA_STREAM_SINK_CLOSED);
  else
    set_state (self, MSA_STREAM_SINK_READY);

  go_on (self);
  self->parent.wake (self->parent.wake_data);
}

static void
stream_begin (MsaSink *sink,
              gint64 length)
{
}

static MsaWriteResult
stream_write (MsaSink *sink,
              MsaSlice data)
{
  MsaStreamSink *self = (MsaStreamSink *) sink;

  if (self->state == MSA_STREAM_SINK_FAILED || !msa_writer_append_slice (&self->pending, data))
    return MSA_WRITE_ABORT;
  go_on (self);

  return MSA_WRITE_CONTINUE;
}

static gboolean
stream_is_full (MsaSink *sink)
{
  MsaStreamSink *self = (MsaStreamSink *) sink;

  return self->pipe_full || self->pending.len >= MSA_MAX_SINK_BYTES;
}

/* What is pending would be overtaken. */
static MsaPipe *
stream_get_pipe (MsaSink *sink,
                 guint64 left)
{
  MsaStreamSink *self = (MsaStreamSink *) sink;
  MsaPipe *pipe;

  if (self->file == NULL || self->no_pipe || self->pending.len > 0 ||
      (self->state != MSA_STREAM_SINK_READY && self->state != MSA_STREAM_SINK_WRITING))
    return NULL;
  if (left < MSA_MIN_PIPED_BODY_BYTES && !msa_stream_io_has_pipe (self->io))
    return NULL;

  pipe = msa_stream_io_ensure_pipe (self->io);
  self->no_pipe = pipe == NULL;

  return pipe;
}

static void
stream_commit (MsaSink *sink,
               gsize len)
{
  MsaStreamSink *self = (MsaStreamSink *) sink;

  self->n_piped += len;
  if (len == 0)
    {
      self->pipe_full = self->n_piped > 0 || self->state == MSA_STREAM_SINK_WRITING;
      self->no_pipe = !self->pipe_full;
    }
  go_on (self);
}

static gboolean
stream_close (MsaSink *sink)
{
  MsaStreamSink *self = (MsaStreamSink *) sink;

  self->ending = TRUE;
  go_on (self);

  return self->state >= MSA_STREAM_SINK_CLOSED;
}

static const GError *
stream_get_error (MsaSink *sink)
{
  return ((MsaStreamSink *) sink)->error;
}

static void
stream_free (MsaSink *sink)
{
  MsaStreamSink *self = (MsaStreamSink *) sink;

  msa_stream_io_free (self->io);
  g_clear_object (&self->file);
  g_clear_error (&self->error);
  msa_writer_release (&self->pending);
  g_free (self);
}

static const MsaSinkOps stream_ops = {
  .begin = stream_begin,
  .write = stream_write,
  .commit = stream_commit,
  .get_pipe = stream_get_pipe,
  .is_full = stream_is_full,
  .close = stream_close,
  .get_error = stream_get_error,
  .free = stream_free,
};

static MsaStreamSink *
new_sink (MsaReactor *reactor)
{
  MsaStreamSink *self = g_new0 (MsaStreamSink, 1);

  self->parent.ops = &stream_ops;
  g_ref_count_init (&self->parent.refs);
  self->io = msa_stream_io_new (reactor, io_done_cb, self);
  /* One read may pass the mark: room for it is kept. */
  msa_writer_init (&self->pending, MSA_MAX_SINK_BYTES + 2 * MSA_MAX_FIRST_BODY_BYTES);

  return self;
}

MsaSink *
msa_sink_new_stream (MsaReactor *reactor,
                     GOutputStream *stream)
{
  MsaStreamSink *self = new_sink (reactor);

  msa_stream_io_set_output (self->io, stream);
  self->state = MSA_STREAM_SINK_READY;

  return &self->parent;
}

MsaSink *
msa_sink_new_file (MsaReactor *reactor,
                   GFile *file)
{
  MsaStreamSink *self = new_sink (reactor);

  self->file = g_object_ref (file);
  self->state = MSA_STREAM_SINK_UNOPENED;

  return &self->parent;
}

/* msa-stream-io.c: one operation at a time on a GIO stream, off the loop
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-stream-io-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-stream-turn-private.h"

typedef enum
{
  MSA_STREAM_NONE,
  MSA_STREAM_AWAIT, /* until the stream is free */
  MSA_STREAM_OPEN_INPUT,
  MSA_STREAM_OPEN_OUTPUT,
  MSA_STREAM_READ,
  MSA_STREAM_SEEK,
  MSA_STREAM_WRITE,
  MSA_STREAM_DRAIN, /* writes what lies in the pipe */
  MSA_STREAM_CLOSE,
  MSA_STREAM_DISCARD, /* what was opened for output */
} MsaStreamOp;

struct _MsaStreamIo
{
  MsaTask task;
  MsaReactor *reactor; /* (unowned): outlives an io with an owner */
  MsaSys *sys; /* (unowned): ends its jobs before it goes, and so outlives an operation */
  MsaStreamIoFunc done;
  gpointer owner; /* (unowned) (nullable): NULL: freed, the operation under way ends it */
  MsaStreamOp op; /* NONE: nothing is under way */
  GCancellable *cancellable; /* (owned) */
  MsaStreamTurn *turn; /* (owned) (nullable): of a stream that was given */
  gboolean waiting; /* for its turn; nothing has begun */
  gboolean has_turn; /* the operation's, as what follows */

  /* The operation's: not touched by the owner's thread while it is under way. */
  GInputStream *input; /* (owned) (nullable) */
  GOutputStream *output; /* (owned) (nullable) */
  GFile *file; /* (owned) (nullable) */
  GBytes *bytes; /* (owned) (nullable): to be written */
  MsaPipe *pipe; /* (owned) (nullable): the loop fills it meanwhile */
  guint8 *buffer; /* (owned) (nullable): what was read */
  gint64 offset; /* to seek to */
  gint64 length; /* of the file that was opened; -1: unknown */
  gboolean existed; /* the file that was opened for output */
  gboolean unfinished; /* it was opened, and not closed */
  gboolean counted; /* in the reactor's n_open_outputs; the owner's thread's */
  gsize n;
  gsize n_moved; /* how far a read has moved the stream */
  GError *error; /* (owned) (nullable) */
};

static void
destroy (MsaStreamIo *self)
{
  if (self->pipe != NULL)
    self->pipe->free (self->pipe);
  g_clear_pointer (&self->turn, msa_stream_turn_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_object (&self->file);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self->buffer);
  g_free (self);
}

static void
discard (MsaStreamIo *self,
         MsaSys *sys)
{
  sys->ops->discard_output (sys, self->output, self->file, self->existed);
  self->unfinished = FALSE;
}

static void
operate (MsaStreamIo *self,
         MsaSys *sys)
{
  gssize n = 0;

  switch (self->op)
    {
    case MSA_STREAM_OPEN_INPUT:
      self->input =
          sys->ops->open_input (sys, self->file, &self->length, self->cancellable, &self->error);
      break;
    case MSA_STREAM_OPEN_OUTPUT:
      self->output =
          sys->ops->open_output (sys, self->file, &self->existed, self->cancellable, &self->error);
      self->unfinished = self->output != NULL;
      break;
    case MSA_STREAM_READ:
      n = g_input_stream_read (self->input, self->buffer, MSA_SCRATCH_BYTES, self->cancellable,
                               &self->error);
      self->n = self->n_moved = n < 0 ? 0 : (gsize) n;
      break;
    case MSA_STREAM_SEEK:
      g_seekable_seek (G_SEEKABLE (self->input), self->offset, G_SEEK_SET, self->cancellable,
                       &self->error);
      break;
    case MSA_STREAM_WRITE:
      g_output_stream_write_all (self->output, g_bytes_get_data (self->bytes, NULL),
                                 g_bytes_get_size (self->bytes), &self->n, self->cancellable,
                                 &self->error);
      break;
    case MSA_STREAM_DRAIN:
      sys->ops->pipe_drain (sys, self->pipe, self->output, self->n, self->cancellable,
                            &self->error);
      break;
    case MSA_STREAM_CLOSE:
      self->unfinished = !sys->ops->finish_output (sys, self->output, self->file,
                                                   self->cancellable, &self->error);
      break;
    case MSA_STREAM_DISCARD:
      discard (self, sys);
      break;
    case MSA_STREAM_AWAIT:
    case MSA_STREAM_NONE:
    default:
      break;
    }
}

/* The operation has returned, wherever it was: whoever waits for the stream goes on, even if the
 * own multi is not driven any more. */
static void
give_turn (MsaStreamIo *self)
{
  if (!self->has_turn)
    return;

  self->has_turn = FALSE;
  msa_stream_turn_give (self->turn, self->n_moved);
}

/* In a thread. */
static void
work (MsaJob *job,
      MsaSys *sys)
{
  MsaStreamIo *self = (MsaStreamIo *) job;

  /* Not every stream looks at its cancellable: what has not begun leaves it as it is. */
  if (!self->has_turn || !g_cancellable_set_error_if_cancelled (self->cancellable, &self->error))
    operate (self, sys);
  give_turn (self);
  if (self->unfinished && g_cancellable_is_cancelled (self->cancellable))
    discard (self, sys);
}

/* Nobody waits any more. A file that is not complete must not look as if it were. */
static void
abandon (MsaStreamIo *self,
         MsaReactor *reactor)
{
  /* No thread will do it any more. Left to its last reference, the stream would be closed, and the
   * file take its place. */
  if (self->unfinished && reactor == NULL)
    discard (self, self->sys);
  if (!self->unfinished)
    {
      destroy (self);
      return;
    }

  self->op = MSA_STREAM_DISCARD;
  self->task.job.work = work;
  reactor->ops->run (reactor, &self->task);
}

/* A closing multi waits for files that are neither complete nor gone. */
static void
count_output (MsaStreamIo *self,
              MsaReactor *reactor,
              gboolean counted)
{
  if (self->counted == counted)
    return;

  self->counted = counted;
  if (counted)
    reactor->n_open_outputs++;
  else
    reactor->n_open_outputs--;
}

static void start (MsaStreamIo *self);

static void
task_done_cb (MsaTask *task,
              MsaReactor *reactor,
              gint64 now_us)
{
  MsaStreamIo *self = MSA_CONTAINER_OF (task, MsaStreamIo, task);
  g_autoptr (GError) error = g_steal_pointer (&self->error);
  gboolean waited = self->waiting;

  self->waiting = FALSE;
  self->has_turn |= waited;
  if (waited && self->op != MSA_STREAM_AWAIT && self->owner != NULL && reactor != NULL)
    {
      start (self);
      return;
    }

  give_turn (self);
  if (reactor != NULL && !self->unfinished)
    count_output (self, reactor, FALSE);
  if (self->owner == NULL || reactor == NULL)
    {
      abandon (self, reactor);
      return;
    }

  if (task->job.work == NULL && error == NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "No thread could be started");
  self->op = MSA_STREAM_NONE;
  g_clear_pointer (&self->bytes, g_bytes_unref);
  /* It may free the io. */
  self->done (self->owner, self->n, error, now_us);
}

MsaStreamIo *
msa_stream_io_new (MsaReactor *reactor,
                   MsaStreamIoFunc done,
                   gpointer owner)
{
  MsaStreamIo *self = g_new0 (MsaStreamIo, 1);

  self->task.done = task_done_cb;
  self->reactor = reactor;
  self->sys = reactor->sys;
  self->done = done;
  self->owner = owner;
  self->cancellable = g_cancellable_new ();

  return self;
}

void
msa_stream_io_free (MsaStreamIo *self)
{
  self->owner = NULL;
  g_cancellable_cancel (self->cancellable);
  if (self->waiting)
    {
      self->waiting = FALSE;
      msa_stream_turn_leave (self->turn, &self->task);
      return;
    }

  if (self->op == MSA_STREAM_NONE)
    abandon (self, self->reactor);
}

gboolean
msa_stream_io_is_busy (const MsaStreamIo *self)
{
  return self->op != MSA_STREAM_NONE;
}

void
msa_stream_io_set_input (MsaStreamIo *self,
                         GInputStream *stream)
{
  g_set_object (&self->input, stream);
  self->turn = msa_stream_turn_get (G_OBJECT (stream));
}

void
msa_stream_io_set_output (MsaStreamIo *self,
                          GOutputStream *stream)
{
  g_set_object (&self->output, stream);
  self->turn = msa_stream_turn_get (G_OBJECT (stream));
}

GInputStream *
msa_stream_io_get_input (MsaStreamIo *self)
{
  return self->input;
}

const guint8 *
msa_stream_io_get_data (const MsaStreamIo *self)
{
  return self->buffer;
}

gint64
msa_stream_io_get_length (const MsaStreamIo *self)
{
  return self->length;
}

gint64
msa_stream_io_tell (MsaStreamIo *self)
{
  if (!G_IS_SEEKABLE (self->input) || !g_seekable_can_seek (G_SEEKABLE (self->input)))
    return -1;

  return g_seekable_tell (G_SEEKABLE (self->input));
}

/* On a main context */

/* In the thread of the context, which is the multi's. */
static void
report (MsaStreamIo *self)
{
  give_turn (self);
  if (self->owner == NULL)
    destroy (self);
  else
    self->reactor->ops->post (self->reactor, &self->task);
}

static void
read_ready_cb (GObject *source,
               GAsyncResult *result,
               gpointer user_data)
{
  MsaStreamIo *self = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &self->error);

  self->n = n < 0 ? 0 : (gsize) n;
  /* Of a cancelled one GIO says no more than that, even if its thread took bytes. */
  self->n_moved = g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? 1 : self->n;
  report (self);
}

static void
write_ready_cb (GObject *source,
                GAsyncResult *result,
                gpointer user_data)
{
  MsaStreamIo *self = user_data;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, &self->n, &self->error);
  report (self);
}

static void
close_ready_cb (GObject *source,
                GAsyncResult *result,
                gpointer user_data)
{
  MsaStreamIo *self = user_data;

  self->unfinished &=
      !g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, &self->error);
  report (self);
}

/* TRUE: GIO has taken it on the context that drives the multi. Opening always is a job: it is
 * short, and GIO would use a thread too. */
static gboolean
begin_on_context (MsaStreamIo *self)
{
  switch (self->op)
    {
    case MSA_STREAM_READ:
      g_input_stream_read_async (self->input, self->buffer, MSA_SCRATCH_BYTES, G_PRIORITY_DEFAULT,
                                 self->cancellable, read_ready_cb, self);
      return TRUE;
    case MSA_STREAM_WRITE:
      g_output_stream_write_all_async (self->output, g_bytes_get_data (self->bytes, NULL),
                                       g_bytes_get_size (self->bytes), G_PRIORITY_DEFAULT,
                                       self->cancellable, write_ready_cb, self);
      return TRUE;
    case MSA_STREAM_CLOSE:
      g_output_stream_close_async (self->output, G_PRIORITY_DEFAULT, self->cancellable,
                                   close_ready_cb, self);
      return TRUE;
    case MSA_STREAM_OPEN_INPUT:
    case MSA_STREAM_OPEN_OUTPUT:
    case MSA_STREAM_SEEK:
    case MSA_STREAM_DRAIN:
    case MSA_STREAM_DISCARD:
    case MSA_STREAM_AWAIT:
    case MSA_STREAM_NONE:
    default:
      return FALSE;
    }
}

static gboolean
try_context (MsaStreamIo *self)
{
  GMainContext *context = self->reactor->context;
  gboolean taken;

  /* Another driver, or a call from outside the loop's turn. What was opened here is nobody
   * else's, and may need a thread to be discarded in. */
  if (context == NULL || !g_main_context_is_owner (context) || self->file != NULL)
    return FALSE;

  g_main_context_push_thread_default (context);
  taken = begin_on_context (self);
  g_main_context_pop_thread_default (context);

  return taken;
}

static void
start (MsaStreamIo *self)
{
  self->task.job.work = work;
  if (!try_context (self))
    self->reactor->ops->run (self->reactor, &self->task);
}

static void
await_turn (MsaStreamIo *self)
{
  self->waiting = TRUE;
  self->task.job.work = work;
  self->reactor->ops->await (self->reactor, &self->task);
  msa_stream_turn_await (self->turn, &self->task);
}

static void
begin (MsaStreamIo *self,
       MsaStreamOp op,
       gsize n)
{
  g_assert (self->op == MSA_STREAM_NONE);

  self->op = op;
  self->n = n;
  self->n_moved = 0;
  self->has_turn = self->turn != NULL && msa_stream_turn_take (self->turn);
  if (self->turn == NULL || self->has_turn)
    start (self);
  else
    await_turn (self);
}

gboolean
msa_stream_io_await_stream (MsaStreamIo *self)
{
  if (msa_stream_turn_take (self->turn))
    {
      msa_stream_turn_give (self->turn, 0);
      return TRUE;
    }

  self->op = MSA_STREAM_AWAIT;
  self->n = self->n_moved = 0;
  await_turn (self);

  return FALSE;
}

void
msa_stream_io_open_input (MsaStreamIo *self,
                          GFile *file)
{
  g_set_object (&self->file, file);
  begin (self, MSA_STREAM_OPEN_INPUT, 0);
}

void
msa_stream_io_open_output (MsaStreamIo *self,
                           GFile *file)
{
  g_set_object (&self->file, file);
  count_output (self, self->reactor, TRUE);
  begin (self, MSA_STREAM_OPEN_OUTPUT, 0);
}

void
msa_stream_io_read (MsaStreamIo *self)
{
  if (self->buffer == NULL)
    self->buffer = g_malloc (MSA_SCRATCH_BYTES);
  begin (self, MSA_STREAM_READ, 0);
}

void
msa_stream_io_seek (MsaStreamIo *self,
                    gint64 offset)
{
  self->offset = offset;
  begin (self, MSA_STREAM_SEEK, 0);
}

void
msa_stream_io_write (MsaStreamIo *self,
                     GBytes *bytes)
{
  self->bytes = g_bytes_ref (bytes);
  begin (self, MSA_STREAM_WRITE, 0);
}

gboolean
msa_stream_io_has_pipe (const MsaStreamIo *self)
{
  return self->pipe != NULL;
}

MsaPipe *
msa_stream_io_ensure_pipe (MsaStreamIo *self)
{
  MsaSys *sys = self->reactor->sys;

  if (self->pipe == NULL)
    self->pipe = sys->ops->pipe_open (sys);

  return self->pipe;
}

void
msa_stream_io_drain (MsaStreamIo *self,
                     gsize n)
{
  begin (self, MSA_STREAM_DRAIN, n);
}

void
msa_stream_io_close (MsaStreamIo *self)
{
  begin (self, MSA_STREAM_CLOSE, 0);
}

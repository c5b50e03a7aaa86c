/* msa-stream-turn.c: whose turn it is to work on a stream of the application
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-stream-turn-private.h"

#include "base/msa-lock-private.h"

struct _MsaStreamTurn
{
  gatomicrefcount refs;
  MsaLock lock; /* guards what follows */
  gboolean taken;
  GQueue waiting; /* (element-type MsaTask): in the order they came */
  guint64 n_read;
};

static MsaStreamTurn *
new_turn (void)
{
  MsaStreamTurn *self = g_new0 (MsaStreamTurn, 1);

  g_atomic_ref_count_init (&self->refs);
  msa_lock_init (&self->lock);
  g_queue_init (&self->waiting);

  return self;
}

MsaStreamTurn *
msa_stream_turn_ref (MsaStreamTurn *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
msa_stream_turn_unref (MsaStreamTurn *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  msa_lock_clear (&self->lock);
  g_free (self);
}

static gpointer
ref_cb (gpointer data,
        gpointer user_data)
{
  return data == NULL ? NULL : msa_stream_turn_ref (data);
}

static void
unref_cb (gpointer data)
{
  msa_stream_turn_unref (data);
}

MsaStreamTurn *
msa_stream_turn_get (GObject *stream)
{
  GQuark quark = g_quark_from_static_string ("msa-stream-turn");
  MsaStreamTurn *self;

  while ((self = g_object_dup_qdata (stream, quark, ref_cb, NULL)) == NULL)
    {
      MsaStreamTurn *fresh = new_turn ();

      /* Another thread may have been faster. */
      if (!g_object_replace_qdata (stream, quark, NULL, fresh, unref_cb, NULL))
        msa_stream_turn_unref (fresh);
    }

  return self;
}

gboolean
msa_stream_turn_take (MsaStreamTurn *self)
{
  gboolean was_taken;

  msa_lock_take (&self->lock);
  was_taken = self->taken;
  self->taken = TRUE;
  msa_lock_give (&self->lock);

  return !was_taken;
}

void
msa_stream_turn_await (MsaStreamTurn *self,
                       MsaTask *task)
{
  gboolean was_taken;

  msa_lock_take (&self->lock);
  was_taken = self->taken;
  self->taken = TRUE;
  if (was_taken)
    g_queue_push_tail (&self->waiting, task);
  msa_lock_give (&self->lock);

  if (!was_taken)
    task->job.finished (&task->job);
}

void
msa_stream_turn_leave (MsaStreamTurn *self,
                       MsaTask *task)
{
  gboolean was_waiting;

  msa_lock_take (&self->lock);
  was_waiting = g_queue_remove (&self->waiting, task);
  msa_lock_give (&self->lock);

  if (was_waiting)
    task->job.finished (&task->job);
  else
    msa_stream_turn_give (self, 0);
}

void
msa_stream_turn_give (MsaStreamTurn *self,
                      gsize n)
{
  MsaTask *next;

  msa_lock_take (&self->lock);
  self->n_read += n;
  next = g_queue_pop_head (&self->waiting);
  self->taken = next != NULL;
  msa_lock_give (&self->lock);

  /* Not under the lock: if its multi has gone, it gives its turn at once. */
  if (next != NULL)
    next->job.finished (&next->job);
}

guint64
msa_stream_turn_count (MsaStreamTurn *self)
{
  guint64 n_read;

  msa_lock_take (&self->lock);
  n_read = self->n_read;
  msa_lock_give (&self->lock);

  return n_read;
}

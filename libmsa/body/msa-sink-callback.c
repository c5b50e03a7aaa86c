/* msa-sink-callback.c: a body handed to a function, as it comes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-sink-private.h"

typedef struct
{
  MsaSink        parent;
  MsaSinkFunc    func;
  gpointer       user_data;
  GDestroyNotify destroy; /* (nullable) */
} MsaCallbackSink;

static void
callback_begin (MsaSink *sink,
                gint64 length)
{
}

static MsaWriteResult
callback_write (MsaSink *sink,
                MsaSlice data)
{
  MsaCallbackSink *self = (MsaCallbackSink *) sink;
  MsaWriteResult result = self->func (self->user_data, data);

  return result == MSA_WRITE_CONTINUE || result == MSA_WRITE_PAUSE ? result : MSA_WRITE_ABORT;
}

static void
callback_free (MsaSink *sink)
{
  MsaCallbackSink *self = (MsaCallbackSink *) sink;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

static const MsaSinkOps callback_ops = {
  .begin = callback_begin,
  .write = callback_write,
  .free = callback_free,
};

MsaSink *
msa_sink_new_callback (MsaSinkFunc func,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  MsaCallbackSink *self = g_new0 (MsaCallbackSink, 1);

  self->parent.ops = &callback_ops;
  g_ref_count_init (&self->parent.refs);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return &self->parent;
}

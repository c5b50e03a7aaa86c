/* msa-source.c: where a request's body comes from
 *
 * The choice of the source, and the one that has its bytes at hand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-source-private.h"

#include "base/msa-cursor-private.h"

typedef struct
{
  MsaSource parent;
  MsaBody  *body; /* (owned) */
  MsaCursor rest;
} MsaBytesSource;

static void
bytes_rewind (MsaSource *source)
{
  MsaBytesSource *self = (MsaBytesSource *) source;
  gsize size;
  const void *data = g_bytes_get_data (self->body->bytes, &size);

  self->rest = msa_cursor (data, size);
}

static MsaSourceState
bytes_peek (MsaSource *source,
            MsaSlice *data,
            GError **error)
{
  MsaBytesSource *self = (MsaBytesSource *) source;

  *data = msa_cursor_rest (&self->rest);

  return data->len > 0 ? MSA_SOURCE_READY : MSA_SOURCE_END;
}

static void
bytes_consume (MsaSource *source,
               gsize len)
{
  msa_cursor_take (&((MsaBytesSource *) source)->rest, len);
}

static void
bytes_free (MsaSource *source)
{
  msa_body_unref (((MsaBytesSource *) source)->body);
  g_free (source);
}

static const MsaSourceOps bytes_ops = {
  .peek = bytes_peek,
  .consume = bytes_consume,
  .rewind = bytes_rewind,
  .free = bytes_free,
};

MsaSource *
msa_source_new_bytes (MsaBody *body)
{
  MsaBytesSource *self = g_new0 (MsaBytesSource, 1);

  self->parent.ops = &bytes_ops;
  self->parent.length = body->length;
  self->body = msa_body_ref (body);
  bytes_rewind (&self->parent);

  return &self->parent;
}

MsaSource *
msa_source_new (MsaBody *body,
                MsaReactor *reactor,
                void (*wake) (gpointer data),
                gpointer wake_data)
{
  MsaSource *self = body->kind == MSA_BODY_BYTES ? msa_source_new_bytes (body)
                                                 : msa_source_new_stream (body, reactor);

  self->wake = wake;
  self->wake_data = wake_data;

  return self;
}

void
msa_source_free (MsaSource *self)
{
  self->ops->free (self);
}

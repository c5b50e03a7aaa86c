/* msa-sink-memory.c: a body kept as GBytes
 *
 * A known length gets one block of that size, at most MSA_MAX_FIRST_BODY_BYTES at first,
 * whatever the peer announced. The limit on the body is the engine's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-sink-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-writer-private.h"

typedef struct
{
  MsaSink parent;
  MsaWriter writer;
} MsaMemorySink;

static void
memory_begin (MsaSink *sink,
              gint64 length)
{
  MsaMemorySink *self = (MsaMemorySink *) sink;

  if (length > 0)
    msa_writer_reserve (&self->writer, MIN (length, MSA_MAX_FIRST_BODY_BYTES));
}

static MsaWriteResult
memory_write (MsaSink *sink,
              MsaSlice data)
{
  MsaMemorySink *self = (MsaMemorySink *) sink;

  return msa_writer_append_slice (&self->writer, data) ? MSA_WRITE_CONTINUE : MSA_WRITE_ABORT;
}

static guint8 *
memory_reserve (MsaSink *sink,
                gsize max,
                gsize *size)
{
  MsaMemorySink *self = (MsaMemorySink *) sink;
  guint8 *room;

  *size = MIN (max, MSA_MAX_FIRST_BODY_BYTES);
  room = msa_writer_reserve (&self->writer, *size);
  if (room == NULL)
    *size = 0;

  return room;
}

static void
memory_commit (MsaSink *sink,
               gsize len)
{
  msa_writer_commit (&((MsaMemorySink *) sink)->writer, len);
}

static GBytes *
memory_finish (MsaSink *sink)
{
  gsize len;
  guint8 *data = msa_writer_steal (&((MsaMemorySink *) sink)->writer, &len);

  return g_bytes_new_take (data, len);
}

static void
memory_free (MsaSink *sink)
{
  msa_writer_release (&((MsaMemorySink *) sink)->writer);
  g_free (sink);
}

static const MsaSinkOps memory_ops = {
  .begin = memory_begin,
  .write = memory_write,
  .reserve = memory_reserve,
  .commit = memory_commit,
  .finish = memory_finish,
  .free = memory_free,
};

MsaSink *
msa_sink_new_memory (void)
{
  MsaMemorySink *self = g_new0 (MsaMemorySink, 1);

  self->parent.ops = &memory_ops;
  g_ref_count_init (&self->parent.refs);
  self->parent.in_memory = TRUE;
  msa_writer_init (&self->writer, G_MAXSSIZE);

  return &self->parent;
}

/* msa-writer-private.h: the growing buffer with a hard cap
 *
 * Bytes are appended at the end and consumed from the start. Past its cap an
 * append fails, sticks, and leaves the contents as they were: a caller may append
 * many times and ask once. Storage is let go when the writer runs empty through
 * msa_writer_release() only, so that a busy one keeps its block.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

typedef struct
{
  guint8  *data;     /* (owned) (nullable) */
  gsize    start;    /* first byte not yet consumed */
  gsize    len;      /* bytes from start on */
  gsize    capacity;
  gsize    cap;      /* most bytes that may be held at once */
  gboolean failed;   /* an append went past the cap, or memory was refused */
} MsaWriter;

void     msa_writer_init    (MsaWriter *self,
                             gsize cap);
/* Frees the storage; the writer may be used again. */
void     msa_writer_release (MsaWriter *self);
/* It does not grow any more: gives back what is free, if that is more than @spare bytes. */
void     msa_writer_trim (MsaWriter *self,
                          gsize spare);
/* Empties it and forgets a failure; keeps the storage. */
void     msa_writer_clear   (MsaWriter *self);

/* msa_writer_reserve() where there is no room yet. */
guint8  *msa_writer_grow    (MsaWriter *self,
                             gsize len);

/* Room for @len bytes at the end, to be filled by the caller and then counted in
 * with msa_writer_commit(); NULL past the cap. */
static inline guint8 *
msa_writer_reserve (MsaWriter *self,
                    gsize len)
{
  if (self->failed || self->data == NULL || len > self->cap - self->len ||
      len > self->capacity - self->start - self->len)
    return msa_writer_grow (self, len);

  return self->data + self->start + self->len;
}

static inline void
msa_writer_commit (MsaWriter *self,
                   gsize len)
{
  g_assert (len <= self->capacity - self->start - self->len);
  self->len += len;
}

static inline gboolean
msa_writer_append (MsaWriter *self,
                   const void *data,
                   gsize len)
{
  guint8 *room = msa_writer_reserve (self, len);

  if (room == NULL)
    return FALSE;

  if (len > 0)
    memcpy (room, data, len);
  self->len += len;
  return TRUE;
}

static inline gboolean
msa_writer_append_slice (MsaWriter *self,
                         MsaSlice slice)
{
  return msa_writer_append (self, slice.data, slice.len);
}

static inline gboolean
msa_writer_append_string (MsaWriter *self,
                          const char *text)
{
  return msa_writer_append (self, text, strlen (text));
}

static inline gboolean
msa_writer_append_byte (MsaWriter *self,
                        guint8 byte)
{
  return msa_writer_append (self, &byte, 1);
}

/* In decimal. */
gboolean msa_writer_append_number (MsaWriter *self,
                                   guint64 number);


/* Drops @len bytes from the start. */
void     msa_writer_consume (MsaWriter *self,
                             gsize len);

/* The storage itself, from the first unconsumed byte; the writer is then empty.
 * @len gives its length. */
guint8  *msa_writer_steal   (MsaWriter *self,
                             gsize *len);

static inline MsaSlice
msa_writer_slice (const MsaWriter *self)
{
  return self->len == 0 ? msa_slice ("", 0) : msa_slice (self->data + self->start, self->len);
}

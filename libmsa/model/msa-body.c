/* msa-body.c: the body of a request, one tagged value
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-body-private.h"

static MsaBody *
new_body (MsaBodyKind kind,
          const char *content_type,
          gint64 length)
{
  MsaBody *self = g_new0 (MsaBody, 1);

  g_ref_count_init (&self->refs);
  self->kind = kind;
  self->content_type = g_strdup (content_type);
  self->length = length;

  return self;
}

MsaBody *
msa_body_new_bytes (const char *content_type,
                    GBytes *bytes)
{
  MsaBody *self = new_body (MSA_BODY_BYTES, content_type, (gint64) g_bytes_get_size (bytes));

  self->bytes = g_bytes_ref (bytes);

  return self;
}

MsaBody *
msa_body_new_stream (const char *content_type,
                     GInputStream *stream,
                     gint64 length)
{
  MsaBody *self = new_body (MSA_BODY_STREAM, content_type, length);

  self->stream = g_object_ref (stream);
  self->turn = msa_stream_turn_get (G_OBJECT (stream));
  msa_body_note_start (self);
  self->start = -1;
  if (G_IS_SEEKABLE (stream) && g_seekable_can_seek (G_SEEKABLE (stream)))
    self->start = g_seekable_tell (G_SEEKABLE (stream));

  return self;
}

MsaBody *
msa_body_new_file (const char *content_type,
                   GFile *file)
{
  MsaBody *self = new_body (MSA_BODY_FILE, content_type, -1);

  self->file = g_object_ref (file);

  return self;
}

gboolean
msa_body_is_at_start (const MsaBody *self)
{
  return msa_stream_turn_count (self->turn) == self->n_read;
}

void
msa_body_note_start (MsaBody *self)
{
  self->n_read = msa_stream_turn_count (self->turn);
}

MsaBody *
msa_body_ref (MsaBody *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_body_unref (MsaBody *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  g_free (self->content_type);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->turn, msa_stream_turn_unref);
  g_clear_object (&self->stream);
  g_clear_object (&self->file);
  g_free (self);
}

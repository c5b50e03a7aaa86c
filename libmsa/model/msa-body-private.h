/* msa-body-private.h: the body of a request, one tagged value
 *
 * Reference-counted; immutable but for where a stream stands. What is read from it and when is
 * the source's (body/).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-stream-turn-private.h"

typedef enum
{
  MSA_BODY_BYTES,
  MSA_BODY_STREAM,
  MSA_BODY_FILE,
} MsaBodyKind;

typedef struct
{
  grefcount     refs;
  MsaBodyKind   kind;
  char         *content_type; /* (owned) (nullable) */
  GBytes       *bytes;        /* (owned) (nullable) */
  GInputStream *stream;       /* (owned) (nullable) */
  GFile        *file;         /* (owned) (nullable) */
  gint64        length;       /* -1: unknown */
  gint64        start;        /* where the stream stood; -1: it cannot be sought in */
  MsaStreamTurn *turn;        /* (owned) (nullable): the stream's */
  guint64       n_read;       /* its count when the stream stood at the start */
} MsaBody;

MsaBody *msa_body_new_bytes  (const char *content_type,
                              GBytes *bytes) G_GNUC_WARN_UNUSED_RESULT;
MsaBody *msa_body_new_stream (const char *content_type,
                              GInputStream *stream,
                              gint64 length) G_GNUC_WARN_UNUSED_RESULT;
MsaBody *msa_body_new_file   (const char *content_type,
                              GFile *file) G_GNUC_WARN_UNUSED_RESULT;
/* Of a stream, while no operation on it is under way: whether nothing was read since it stood
 * there. */
gboolean msa_body_is_at_start (const MsaBody *self);
/* It stands there again. */
void     msa_body_note_start (MsaBody *self);
MsaBody *msa_body_ref        (MsaBody *self);
void     msa_body_unref      (MsaBody *self);

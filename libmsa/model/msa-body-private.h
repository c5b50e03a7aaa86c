/* msa-body-private.h: the body of a request, one tagged value
 *
 * Reference-counted; immutable but for the mark that a stream was used. What is read from it
 * and when is the source's (body/).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

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
  gboolean      used;         /* a run has read from the stream: the next one goes back first */
} MsaBody;

MsaBody *msa_body_new_bytes  (const char *content_type,
                              GBytes *bytes) G_GNUC_WARN_UNUSED_RESULT;
MsaBody *msa_body_new_stream (const char *content_type,
                              GInputStream *stream,
                              gint64 length) G_GNUC_WARN_UNUSED_RESULT;
MsaBody *msa_body_new_file   (const char *content_type,
                              GFile *file) G_GNUC_WARN_UNUSED_RESULT;
MsaBody *msa_body_ref        (MsaBody *self);
void     msa_body_unref      (MsaBody *self);

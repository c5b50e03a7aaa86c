/* msa-source-private.h: where a request's body comes from
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"
#include "model/msa-body-private.h"
#include "model/msa-reactor-private.h"

typedef enum
{
  MSA_SOURCE_READY, /* data: at least one byte */
  MSA_SOURCE_WAIT,  /* wake() follows */
  MSA_SOURCE_END,
  MSA_SOURCE_ERROR, /* error: MSA_ERROR_READ; stays so until rewind() */
} MsaSourceState;

typedef struct _MsaSource MsaSource;

typedef struct
{
  /* (nullable): FALSE: the length is not known yet, wake() follows. Called before anything else. */
  gboolean       (*prepare) (MsaSource *self);
  /* What comes next, true until any other call. */
  MsaSourceState (*peek)    (MsaSource *self, MsaSlice *data, GError **error);
  void           (*consume) (MsaSource *self, gsize len);
  /* From the start again. What cannot be rewound shows in peek(). */
  void           (*rewind)  (MsaSource *self);
  void           (*free)    (MsaSource *self);
} MsaSourceOps;

struct _MsaSource
{
  const MsaSourceOps *ops;
  gint64              length; /* -1: unknown */
  /* The owner's: only takes note. */
  void              (*wake) (gpointer data);
  gpointer            wake_data;
};

/* Reads @body, which it keeps. */
MsaSource *msa_source_new       (MsaBody *body,
                                 MsaReactor *reactor,
                                 void (*wake) (gpointer data),
                                 gpointer wake_data) G_GNUC_WARN_UNUSED_RESULT;
void       msa_source_free      (MsaSource *self);

MsaSource *msa_source_new_bytes  (MsaBody *body) G_GNUC_WARN_UNUSED_RESULT;
MsaSource *msa_source_new_stream (MsaBody *body,
                                  MsaReactor *reactor) G_GNUC_WARN_UNUSED_RESULT;

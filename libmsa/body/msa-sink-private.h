/* msa-sink-private.h: where a response's body goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"
#include "model/msa-enums.h"
#include "model/msa-reactor-private.h"

typedef struct _MsaSink MsaSink;

typedef struct
{
  /* A body begins; @length is -1 where it is unknown, and only a hint. */
  void           (*begin)   (MsaSink *self, gint64 length);
  /* Takes all of @data or none of it. May run application code. */
  MsaWriteResult (*write)   (MsaSink *self, MsaSlice data);
  /* (nullable): room of at most @max bytes to receive into, *size 0 for none; what was received
   * is then counted by commit(). */
  guint8 *       (*reserve) (MsaSink *self, gsize max, gsize *size);
  void           (*commit)  (MsaSink *self, gsize len);
  /* (nullable): a pipe that takes the next bytes, of which @left may come, in the place of
   * write(); counted by commit(), 0: there was no room. NULL: none for now. */
  MsaPipe *      (*get_pipe) (MsaSink *self, guint64 left);
  /* (nullable): TRUE: nothing more may come for now; wake() follows. */
  gboolean        (*is_full) (MsaSink *self);
  /* (nullable): all has come. TRUE: the sink is done with it, or has failed; FALSE: wake()
   * follows. */
  gboolean        (*close)   (MsaSink *self);
  /* (nullable): why it takes no more. */
  const GError *  (*get_error) (MsaSink *self);
  /* (nullable): the body, where the sink keeps it. */
  GBytes *       (*finish)  (MsaSink *self);
  void           (*free)    (MsaSink *self);
} MsaSinkOps;

struct _MsaSink
{
  const MsaSinkOps *ops;
  grefcount         refs;
  gboolean          in_memory; /* the body is kept: it gets a limit by default */
  /* The owner's: only takes note. */
  void            (*wake) (gpointer data);
  gpointer          wake_data;
};

MsaSink *msa_sink_new_memory   (void) G_GNUC_WARN_UNUSED_RESULT;

/* Answers of @func other than CONTINUE and PAUSE are ABORT. */
typedef MsaWriteResult (*MsaSinkFunc) (gpointer user_data,
                                       MsaSlice data);

MsaSink *msa_sink_new_callback (MsaSinkFunc func,
                                gpointer user_data,
                                GDestroyNotify destroy) G_GNUC_WARN_UNUSED_RESULT;
/* Written off the loop. The stream stays open; the file is replaced when all is written, else
 * left as it was. */
MsaSink *msa_sink_new_stream   (MsaReactor *reactor,
                                GOutputStream *stream) G_GNUC_WARN_UNUSED_RESULT;
MsaSink *msa_sink_new_file     (MsaReactor *reactor,
                                GFile *file) G_GNUC_WARN_UNUSED_RESULT;

MsaSink *msa_sink_ref          (MsaSink *self);
void     msa_sink_unref        (MsaSink *self);

/* msa-stream-turn-private.h: whose turn it is to work on a stream of the application
 *
 * A run that ends leaves its last operation behind, which nobody waits for: the next run may not
 * touch the stream before that has returned. So each operation takes its turn, which belongs to
 * the stream itself: whatever uses the stream shares it. From any thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-reactor-private.h"

typedef struct _MsaStreamTurn MsaStreamTurn;

/* That of @stream. */
MsaStreamTurn *msa_stream_turn_get   (GObject *stream) G_GNUC_WARN_UNUSED_RESULT;
MsaStreamTurn *msa_stream_turn_ref   (MsaStreamTurn *self);
void           msa_stream_turn_unref (MsaStreamTurn *self);

/* FALSE: an operation is under way. */
gboolean       msa_stream_turn_take  (MsaStreamTurn *self);
/* Takes it when it is free, which task->job.finished() tells, perhaps at once. */
void           msa_stream_turn_await (MsaStreamTurn *self,
                                      MsaTask *task);
/* The turn is not wanted any more: task->job.finished() comes all the same, and without it. */
void           msa_stream_turn_leave (MsaStreamTurn *self,
                                      MsaTask *task);
/* The operation has returned, and has read @n bytes. */
void           msa_stream_turn_give  (MsaStreamTurn *self,
                                      gsize n);

/* All bytes that were read in turns: another number means that the stream has moved. */
guint64        msa_stream_turn_count (MsaStreamTurn *self);

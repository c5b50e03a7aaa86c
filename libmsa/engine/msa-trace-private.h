/* msa-trace-private.h: trace lines of a transfer, kept until the application can be told
 *
 * A line is written wherever something happens, below codecs and in the middle of a step: too deep
 * for application code. So the lines of a transfer whose ::trace is listened to, and of the connection it has
 * at that moment, are kept here, and told at a safe point of the round: all of a run before its delivery.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-log-private.h"
#include "engine/msa-transfer-private.h"

/* The lines of one transfer. */
struct _MsaTrace
{
  GQueue   lines;  /* (element-type Line) */
  guint    n_lost; /* the oldest, for want of room */
  gboolean due;
  GList    link;   /* in the engine's list while due */
};

/* The engine's. */
typedef struct
{
  GHashTable *transfers;   /* (owned) (element-type guint64 MsaTransfer): those that keep lines, by their serial */
  GHashTable *connections; /* (owned) (element-type guint64 MsaTransfer): the same by that of their connection */
  GQueue      due;         /* transfers with lines to tell, by MsaTrace.link */
} MsaTraces;

void msa_traces_init   (MsaTraces *self);
void msa_traces_clear  (MsaTraces *self);
/* MsaLog.hear of an engine. */
void msa_traces_hear   (gpointer engine,
                        const MsaLogLine *line);

/* From now on lines are kept. */
void msa_trace_start   (MsaTransfer *transfer);
/* It is GONE. */
void msa_trace_end     (MsaEngine *engine,
                        MsaTransfer *transfer);
/* It got a connection (to be called if anybody listens to anything), or is about to leave it. */
void msa_trace_attach  (MsaEngine *engine,
                        MsaTransfer *transfer);
void msa_trace_detach  (MsaEngine *engine,
                        MsaTransfer *transfer);

/* The next transfer with lines to tell, which is then not due any more; NULL: none. */
MsaTransfer *msa_traces_take_due (MsaEngine *engine);
/* It was passed over, and may be told now. */
void msa_trace_look_again (MsaEngine *engine,
                           MsaTransfer *transfer);
/* Tells its lines, one by one. Application code runs: the transfer may be gone after it. */
void msa_trace_tell    (MsaEngine *engine,
                        MsaTransfer *transfer);

/* msa-fuzz-engine.h: the parts of the engine's target
 *
 * A multi in the simulation (fuzz-engine.c), its peers, the easies that an application adds, what else
 * it does, and what must hold at the end; a file for each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fuzz/msa-fuzz.h"

#include "sim/msa-test-world.h"

/* Of an action's argument. */
#define MSA_FUZZ_N_ARGUMENTS 62
/* More than a peer takes at once in most worlds. Every 100 bytes of it may be a send of their own. */
#define MSA_FUZZ_LONG_BYTES 8000
#define MSA_FUZZ_FILLED_BYTES 3000
#define MSA_FUZZ_FILLED_TARGET "/size/3000"

typedef struct
{
  MsaTestWorld *world;        /* (owned) */
  MsaCursor     accepts;      /* what becomes of each connection */
  MsaCursor     handlers;     /* what is done in handlers */
  GArray       *answers;      /* (element-type MsaSlice) */
  guint         n_requests;
  GPtrArray    *links;        /* (owned): connections, as peers see them */
  GPtrArray    *questions;    /* (owned) (element-type GObject): that were not answered yet */
  GPtrArray    *cancellables; /* (element-type GCancellable) */
  guint         n_async;      /* asynchronous calls that have not ended */
  guint         n_fetches;    /* of these: they wait for ever */
  guint         n_files;      /* that may have been written */
  guint         n_turns;
  guint         depth;        /* of handlers that act */
  gboolean      is_faulty;    /* a driver cannot be made any more */
  gboolean      is_closed;    /* the multi takes nothing any more */
  gboolean      is_ending;
} MsaFuzzEngine;

typedef struct
{
  char     key;
  gboolean only_at_top; /* where no handler is on the stack */
  void   (*run) (MsaFuzzEngine *self, guint argument);
} MsaFuzzAction;

/* Peers: what they do stands in the answers, see play(). */
void           msa_fuzz_engine_listen         (MsaFuzzEngine *self);

/* Easies: (transfer none), up to one without a key. */
const MsaFuzzAction *msa_fuzz_engine_get_additions (void);
/* NULL if there is none. */
MsaTestRecord *msa_fuzz_engine_choose_record  (MsaFuzzEngine *self,
                                               guint argument);
/* NULL if there are enough; not added yet. */
MsaEasy       *msa_fuzz_engine_make_easy      (MsaFuzzEngine *self,
                                               const char *uri);
void           msa_fuzz_engine_add            (MsaFuzzEngine *self,
                                               MsaEasy *easy);
/* (transfer none): one that the input may cancel. */
GCancellable  *msa_fuzz_engine_make_cancellable (MsaFuzzEngine *self);

/* Those that speak TLS */
void           msa_fuzz_engine_add_tls        (MsaFuzzEngine *self,
                                               guint argument);
void           msa_fuzz_engine_answer         (MsaFuzzEngine *self,
                                               guint argument);

/* The application */
void           msa_fuzz_engine_act            (MsaFuzzEngine *self,
                                               MsaCursor *plan,
                                               gboolean is_top);
void           msa_fuzz_engine_act_in_handler (MsaFuzzEngine *self);
void           msa_fuzz_engine_drive          (MsaFuzzEngine *self);
/* (transfer none): of all actions. */
const char    *msa_fuzz_engine_get_keys       (void);

/* What must hold */
gboolean       msa_fuzz_engine_is_running     (const MsaTestRecord *record);
/* One turn more, and those of the default main context; always FALSE. @data: a MsaFuzzEngine. */
gboolean       msa_fuzz_engine_count_turn     (gpointer data);
/* For MsaTestRecord; @data: a MsaFuzzEngine. */
void           msa_fuzz_engine_completed_cb   (MsaTestRecord *record,
                                               gpointer data);
/* (transfer none): for files that are written. */
const char    *msa_fuzz_engine_get_folder     (void);
void           msa_fuzz_engine_end            (MsaFuzzEngine *self);

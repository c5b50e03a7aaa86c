/* msa-world-batch.h: many random worlds, in processes of their own
 *
 * A world that fails, in whatever way, ends its process alone. It is then made shorter, and told
 * of by the command that shows it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-world.h"

typedef struct
{
  MsaWorldOptions options;     /* of each; the seed is the first one's */
  gboolean        all_drivers; /* compares them */
  guint64         n_seeds;
  guint           n_jobs;
} MsaWorldBatch;

typedef struct
{
  guint64  n_worlds;           /* that were run: one for each seed and driver */
  guint64  hash;               /* over those of all seeds, in any order */
  guint64  n_runs;
  guint64  n_ok;
  guint64  n_failed;
  guint64  n_taken;
  guint64  n_apart;            /* seeds for which drivers differed, as they may */
  gboolean has_failed;
  guint64  seed;               /* that failed, and the shortest world that shows it: */
  guint    n_steps;
  guint    n_without;
  guint    without[64];
  char     complaint[2048];
} MsaWorldReport;

/* FALSE: one has failed. */
gboolean msa_world_batch_run     (const MsaWorldBatch *self,
                                  MsaWorldReport *report);
/* Leaves out of the world of @report what it does not need to fail. */
void     msa_world_batch_shrink  (const MsaWorldBatch *self,
                                  MsaWorldReport *report);
/* The command line that shows it. */
char    *msa_world_batch_command (const MsaWorldBatch *self,
                                  const MsaWorldReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* msa-world.h: random worlds
 *
 * One seed gives one world: a network, servers, and an application that does things at random, out
 * of every callback too. What happens is judged by oracles: a world that ends is a good one. The
 * same seed gives the same history, whose hash stands for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-test-driver.h"

typedef struct
{
  guint64           seed;
  guint             n_steps;  /* 0: as many as the seed says */
  const guint      *without;  /* (nullable): numbers of steps that are left out */
  guint             n_without;
  MsaTestDriverKind driver;
  gboolean          tls;
  gboolean          trace;    /* print what happens */
  guint             fails_at; /* 0: not; to try those who look for failures: this step is one */
} MsaWorldOptions;

/* What the application saw of one transfer: lines of text, one for each event. */
typedef struct
{
  guint    id;
  GString *text; /* (owned) */
} MsaWorldStory;

typedef struct
{
  guint64    hash;        /* over events, times and lengths */
  guint      n_steps;
  guint      n_runs;      /* of transfers */
  guint      n_ok;
  guint      n_failed;    /* by an error that was to be expected */
  guint      n_taken;     /* removed before the end */
  guint      n_clocks;    /* that had a part in it: those that were over, and those of progress */
  gboolean   is_apart;    /* drivers gave different results, and may */
  GPtrArray *stories;     /* (owned) (element-type MsaWorldStory) */
} MsaWorldResult;

/* Fails by msa_world_fail(). */
MsaWorldResult *msa_world_run         (const MsaWorldOptions *options) G_GNUC_WARN_UNUSED_RESULT;
void            msa_world_result_free (MsaWorldResult *self);

/* Runs the world in each driver and compares what each transfer saw. The hash is over all. */
MsaWorldResult *msa_world_run_all     (const MsaWorldOptions *options) G_GNUC_WARN_UNUSED_RESULT;

/* What is made once for all worlds of a process and those that it forks: certificates. */
void            msa_world_prepare     (gboolean tls);

/* An oracle is not content: says why, and ends the process with the status MSA_WORLD_FAILED. */
#define MSA_WORLD_FAILED 1

void            msa_world_fail        (const char *format,
                                       ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;
/* Where msa_world_fail() puts its words; NULL: to standard error. */
void            msa_world_set_complaint (char *room,
                                         gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaWorldResult, msa_world_result_free)

/* msa-timings-private.h: how times are taken
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-timings.h"

#define MSA_N_PHASES (MSA_PHASE_FINISHED + 1)

/* Monotonic µs by phase; 0: did not happen. */
typedef struct
{
  gint64   at_us[MSA_N_PHASES];
  gboolean reused;  /* the connection had served before: making it took no time */
  gboolean secured; /* it speaks TLS */
} MsaPhaseTimes;

/* Times are told from @start_us on. */
MsaTimings *msa_timings_new (const MsaPhaseTimes *times,
                             gint64 start_us) G_GNUC_WARN_UNUSED_RESULT;

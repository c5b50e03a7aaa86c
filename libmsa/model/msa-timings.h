/* msa-timings.h: when what happened in a run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "msa-enums.h"

G_BEGIN_DECLS

#define MSA_TYPE_TIMINGS (msa_timings_get_type ())

typedef struct _MsaTimings MsaTimings;

MSA_AVAILABLE_IN_1_0
GType       msa_timings_get_type    (void);
MSA_AVAILABLE_IN_1_0
MsaTimings *msa_timings_ref         (MsaTimings *self);
MSA_AVAILABLE_IN_1_0
void        msa_timings_unref       (MsaTimings *self);
MSA_AVAILABLE_IN_1_0
gint64      msa_timings_get_time_us (MsaTimings *self,
                                     MsaPhase phase);
MSA_AVAILABLE_IN_1_0
gboolean    msa_timings_is_reused   (MsaTimings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTimings, msa_timings_unref)

G_END_DECLS

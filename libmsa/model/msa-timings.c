/* msa-timings.c: when what happened in a run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-timings-private.h"

/**
 * MsaTimings:
 *
 * When what happened in a run, by a clock that nobody sets.
 *
 * Since: 1.0
 */
struct _MsaTimings
{
  gatomicrefcount refs;
  gint64 since_us[MSA_N_PHASES]; /* -1: did not happen */
  gboolean reused;
};

G_DEFINE_BOXED_TYPE (MsaTimings, msa_timings, msa_timings_ref, msa_timings_unref)

MsaTimings *
msa_timings_new (const MsaPhaseTimes *times,
                 gint64 start_us)
{
  MsaTimings *self = g_new0 (MsaTimings, 1);

  g_atomic_ref_count_init (&self->refs);
  for (guint i = 0; i < MSA_N_PHASES; i++)
    self->since_us[i] = times->at_us[i] == 0 ? -1 : times->at_us[i] - start_us;
  self->reused = times->reused;
  if (times->reused)
    {
      self->since_us[MSA_PHASE_RESOLVED] = self->since_us[MSA_PHASE_STARTED];
      self->since_us[MSA_PHASE_CONNECTED] = self->since_us[MSA_PHASE_STARTED];
      self->since_us[MSA_PHASE_SECURED] =
          times->secured ? self->since_us[MSA_PHASE_STARTED] : -1;
    }

  return self;
}

/**
 * msa_timings_ref:
 * @self: the timings
 *
 * Takes a reference.
 *
 * Returns: (transfer full): the timings
 *
 * Since: 1.0
 */
MsaTimings *
msa_timings_ref (MsaTimings *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * msa_timings_unref:
 * @self: (transfer full): the timings
 *
 * Drops a reference.
 *
 * Since: 1.0
 */
void
msa_timings_unref (MsaTimings *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->refs))
    g_free (self);
}

/**
 * msa_timings_get_time_us:
 * @self: the timings
 * @phase: what to tell the time of
 *
 * Gets how long after the easy was added a phase was reached.
 *
 * Phases are in the order of [enum@Phase], and so are their times. On a connection that had
 * served before, those that belong to making it took no time: they are as late as
 * %MSA_PHASE_STARTED. If the request had to be sent again on another connection, the times are
 * those of the last attempt.
 *
 * Returns: microseconds; -1 if the phase was not reached
 *
 * Since: 1.0
 */
gint64
msa_timings_get_time_us (MsaTimings *self,
                         MsaPhase phase)
{
  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail ((guint) phase < MSA_N_PHASES, -1);

  return self->since_us[phase];
}

/**
 * msa_timings_is_reused:
 * @self: the timings
 *
 * Tells whether the request went over a connection that had served before.
 *
 * Returns: %TRUE if so, %FALSE also while no request was sent
 *
 * Since: 1.0
 */
gboolean
msa_timings_is_reused (MsaTimings *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->reused;
}

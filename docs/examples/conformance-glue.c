/* conformance-glue.c: a glue for msa-conformance: poll and perform in turn
 *
 *   cc -shared -fPIC -o glue.so conformance-glue.c $(pkg-config --cflags --libs libmsa-1)
 *   msa-conformance glue.so
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <msa-conformance.h>

/* What is given back here is the handle that the others get. */
static gpointer
attach (MsaMulti *multi)
{
  return g_object_ref (multi);
}

static void
perform (MsaMulti *multi)
{
  MsaEasy *easy;

  msa_multi_perform (multi, NULL, NULL);
  while ((easy = msa_multi_info_read (multi, NULL)) != NULL)
    g_object_unref (easy);
}

/* Asks before each wait. */
static gboolean
run_until (gpointer handle,
           MsaConformanceDone done,
           gpointer data,
           gint64 limit_us)
{
  gint64 end_us = g_get_monotonic_time () + limit_us;

  while (!done (data))
    {
      gint64 left_us = end_us - g_get_monotonic_time ();

      if (left_us <= 0)
        return FALSE;
      msa_multi_poll (handle, (int) ((left_us + 999) / 1000), NULL, NULL);
      perform (handle);
    }

  return TRUE;
}

/* Afterwards nothing here may drive the multi, or hold it. */
static void
detach (gpointer handle)
{
  msa_multi_detach (handle);
  g_object_unref (handle);
}

const MsaConformanceGlue *
msa_conformance_get_glue (void)
{
  static const MsaConformanceGlue glue = {
    .version = MSA_CONFORMANCE_VERSION,
    .name = "poll and perform",
    .attach = attach,
    .run_until = run_until,
    .detach = detach,
  };

  return &glue;
}

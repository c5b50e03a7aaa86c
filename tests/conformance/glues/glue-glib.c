/* glue-glib.c: an attached multi, for msa-conformance
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "msa-conformance.h"

typedef struct
{
  MsaMulti     *multi;   /* (owned) */
  GMainContext *context; /* (owned) */
} Glue;

static gpointer
attach (MsaMulti *multi)
{
  Glue *self = g_new0 (Glue, 1);

  self->multi = g_object_ref (multi);
  self->context = g_main_context_new ();
  msa_multi_attach (multi, self->context);

  return self;
}

static gboolean
over_cb (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

static gboolean
run_until (gpointer handle,
           MsaConformanceDone done,
           gpointer data,
           gint64 limit_us)
{
  Glue *self = handle;
  g_autoptr (GSource) limit = g_timeout_source_new ((guint) ((limit_us + 999) / 1000));
  gboolean is_over = FALSE;
  gboolean is_done;

  g_source_set_callback (limit, over_cb, &is_over, NULL);
  g_source_attach (limit, self->context);
  while (!(is_done = done (data)) && !is_over)
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (limit);

  return is_done;
}

static void
detach (gpointer handle)
{
  Glue *self = handle;

  msa_multi_detach (self->multi);
  g_object_unref (self->multi);
  g_main_context_unref (self->context);
  g_free (self);
}

const MsaConformanceGlue *
msa_conformance_get_glue (void)
{
  static const MsaConformanceGlue glue = {
    .version = MSA_CONFORMANCE_VERSION,
    .name = "GMainContext",
    .attach = attach,
    .run_until = run_until,
    .detach = detach,
  };

  return &glue;
}

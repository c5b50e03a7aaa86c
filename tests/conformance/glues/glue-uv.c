/* glue-uv.c: the driver of docs/examples/uv-driver.c, for msa-conformance
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "msa-conformance.h"
#include "uv-driver.h"

typedef struct
{
  uv_loop_t          loop;
  uv_prepare_t       prepare; /* before each wait */
  uv_timer_t         limit;
  UvDriver          *driver;  /* (owned) */
  MsaConformanceDone done;
  gpointer           data;
  gboolean           is_done;
} Glue;

static gpointer
attach (MsaMulti *multi)
{
  Glue *self = g_new0 (Glue, 1);

  uv_loop_init (&self->loop);
  uv_prepare_init (&self->loop, &self->prepare);
  uv_timer_init (&self->loop, &self->limit);
  self->prepare.data = self;
  self->driver = uv_driver_new (&self->loop, multi, NULL, NULL);

  return self;
}

/* A loop that was stopped does not wait. */
static void
prepare_cb (uv_prepare_t *prepare)
{
  Glue *self = prepare->data;

  self->is_done = self->done (self->data);
  if (self->is_done)
    uv_stop (&self->loop);
}

static void
limit_cb (uv_timer_t *timer)
{
  uv_stop (timer->loop);
}

static gboolean
run_until (gpointer handle,
           MsaConformanceDone done,
           gpointer data,
           gint64 limit_us)
{
  Glue *self = handle;

  self->done = done;
  self->data = data;
  self->is_done = FALSE;
  uv_update_time (&self->loop);
  uv_timer_start (&self->limit, limit_cb, (guint64) (limit_us + 999) / 1000, 0);
  uv_prepare_start (&self->prepare, prepare_cb);
  uv_run (&self->loop, UV_RUN_DEFAULT);
  uv_prepare_stop (&self->prepare);
  uv_timer_stop (&self->limit);

  return self->is_done;
}

static void
detach (gpointer handle)
{
  Glue *self = handle;

  uv_driver_free (self->driver);
  uv_close ((uv_handle_t *) &self->prepare, NULL);
  uv_close ((uv_handle_t *) &self->limit, NULL);
  uv_run (&self->loop, UV_RUN_DEFAULT);
  uv_loop_close (&self->loop);
  g_free (self);
}

const MsaConformanceGlue *
msa_conformance_get_glue (void)
{
  static const MsaConformanceGlue glue = {
    .version = MSA_CONFORMANCE_VERSION,
    .name = "libuv",
    .attach = attach,
    .run_until = run_until,
    .detach = detach,
  };

  return &glue;
}

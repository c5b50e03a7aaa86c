/* glue-epoll.c: the loop of docs/examples/epoll-loop.c, for msa-conformance
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "epoll-loop.h"
#include "msa-conformance.h"

static gpointer
attach (MsaMulti *multi)
{
  return epoll_loop_new (multi, NULL, NULL);
}

static gboolean
run_until (gpointer handle,
           MsaConformanceDone done,
           gpointer data,
           gint64 limit_us)
{
  return epoll_loop_run (handle, done, data, limit_us);
}

static void
detach (gpointer handle)
{
  epoll_loop_free (handle);
}

const MsaConformanceGlue *
msa_conformance_get_glue (void)
{
  static const MsaConformanceGlue glue = {
    .version = MSA_CONFORMANCE_VERSION,
    .name = "epoll",
    .attach = attach,
    .run_until = run_until,
    .detach = detach,
  };

  return &glue;
}

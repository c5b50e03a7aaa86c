/* glue-fd.c: the one exported descriptor in an epoll of the program's own, for msa-conformance
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "msa-conformance.h"

#include <sys/epoll.h>
#include <unistd.h>

typedef struct
{
  MsaMulti *multi; /* (owned) */
  int       epoll;
} Glue;

static gpointer
attach (MsaMulti *multi)
{
  struct epoll_event event = { .events = EPOLLIN };
  Glue *self = g_new0 (Glue, 1);

  self->multi = g_object_ref (multi);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  epoll_ctl (self->epoll, EPOLL_CTL_ADD, msa_multi_get_fd (multi), &event);

  return self;
}

static void
perform (MsaMulti *multi)
{
  MsaEasy *easy;

  msa_multi_perform (multi, NULL, NULL);
  while ((easy = msa_multi_info_read (multi, NULL)) != NULL)
    g_object_unref (easy);
}

static gboolean
run_until (gpointer handle,
           MsaConformanceDone done,
           gpointer data,
           gint64 limit_us)
{
  Glue *self = handle;
  gint64 end_us = g_get_monotonic_time () + limit_us;

  while (!done (data))
    {
      struct epoll_event event;
      gint64 left_us = end_us - g_get_monotonic_time ();

      if (left_us <= 0)
        return FALSE;
      if (epoll_wait (self->epoll, &event, 1, (int) ((left_us + 999) / 1000)) > 0)
        perform (self->multi);
    }

  return TRUE;
}

static void
detach (gpointer handle)
{
  Glue *self = handle;

  msa_multi_detach (self->multi);
  g_object_unref (self->multi);
  close (self->epoll);
  g_free (self);
}

const MsaConformanceGlue *
msa_conformance_get_glue (void)
{
  static const MsaConformanceGlue glue = {
    .version = MSA_CONFORMANCE_VERSION,
    .name = "one descriptor",
    .attach = attach,
    .run_until = run_until,
    .detach = detach,
  };

  return &glue;
}

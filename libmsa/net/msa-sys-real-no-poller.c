/* msa-sys-real-no-poller.c: no epoll, eventfd, timerfd and splice
 *
 * Stands in the place of msa-sys-real-poller.c and msa-sys-real-pipe.c where the system has none
 * of these: all say ENOSYS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include <errno.h>

static int
fail_unsupported (void)
{
  errno = ENOSYS;
  return -1;
}

int
msa_sys_real_poller_open (MsaSys *sys)
{
  return fail_unsupported ();
}

int
msa_sys_real_poller_set (MsaSys *sys,
                         int poller,
                         int fd,
                         guint old,
                         guint events,
                         guint64 token)
{
  return fail_unsupported ();
}

int
msa_sys_real_poller_wait (MsaSys *sys,
                          int poller,
                          MsaSysEvent *events,
                          guint max,
                          int timeout_ms)
{
  return fail_unsupported ();
}

int
msa_sys_real_event_open (MsaSys *sys)
{
  return fail_unsupported ();
}

void
msa_sys_real_event_set (MsaSys *sys,
                        int fd)
{
}

void
msa_sys_real_event_clear (MsaSys *sys,
                          int fd)
{
}

int
msa_sys_real_timer_open (MsaSys *sys)
{
  return fail_unsupported ();
}

int
msa_sys_real_timer_set (MsaSys *sys,
                        int fd,
                        gint64 deadline_us)
{
  return fail_unsupported ();
}

MsaPipe *
msa_sys_real_pipe_open (MsaSys *sys)
{
  errno = ENOSYS;
  return NULL;
}

gssize
msa_sys_real_socket_splice (MsaSys *sys,
                            int fd,
                            MsaPipe *pipe,
                            gsize max)
{
  return fail_unsupported ();
}

/* There is no pipe to call it with. */
gboolean
msa_sys_real_pipe_drain (MsaSys *sys,
                         MsaPipe *pipe,
                         GOutputStream *stream,
                         gsize n,
                         GCancellable *cancellable,
                         GError **error)
{
  g_assert_not_reached ();
}

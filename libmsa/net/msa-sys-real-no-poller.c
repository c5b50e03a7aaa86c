/* msa-sys-real-no-poller.c: no epoll, eventfd and timerfd
 *
 * Stands in the place of msa-sys-real-poller.c where the system has none of these: all
 * say ENOSYS.
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

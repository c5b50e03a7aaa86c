/* msa-sim-kernel.c: the waits and the clock of this program, on the simulation's time
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-kernel.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Thread_local MsaSim *current; /* (unowned) (nullable) */

void
msa_sim_kernel_use (MsaSim *sim)
{
  current = sim;
}

void
msa_sim_kernel_set_limit (gint64 until_us)
{
  msa_sim_set_limit (current, until_us);
}

static int
real_wait (struct pollfd *fds,
           nfds_t n_fds,
           const struct timespec *timeout,
           const sigset_t *mask)
{
  struct timespec copy = timeout != NULL ? *timeout : (struct timespec) { 0 };

  return (int) syscall (SYS_ppoll, fds, n_fds, timeout != NULL ? &copy : NULL, mask, _NSIG / 8);
}

/* The descriptors are real: those of the simulation's pollers are readable when something is. */
static int
virtual_wait (struct pollfd *fds,
              nfds_t n_fds,
              gint64 timeout_us)
{
  const struct timespec at_once = { 0 };
  gint64 now_us = msa_sim_get_now_us (current);
  gint64 end_us = G_MAXINT64;

  if (timeout_us >= 0 && timeout_us < G_MAXINT64 - now_us)
    end_us = now_us + timeout_us;
  end_us = MIN (end_us, msa_sim_get_limit (current));

  while (TRUE)
    {
      int n = real_wait (fds, n_fds, &at_once, NULL);

      if (n != 0 || msa_sim_get_now_us (current) >= end_us)
        return n;
      /* A wait without end, and nothing will happen: the caller sees that it has not. */
      if (!msa_sim_step (current, end_us) && end_us == G_MAXINT64)
        return 0;
    }
}

static gint64
to_us (const struct timespec *timeout)
{
  return (gint64) timeout->tv_sec * G_USEC_PER_SEC + (timeout->tv_nsec + 999) / 1000;
}

int
poll (struct pollfd *fds,
      nfds_t n_fds,
      int timeout_ms)
{
  struct timespec timeout = { timeout_ms / 1000, (timeout_ms % 1000) * 1000000L };

  if (current != NULL)
    return virtual_wait (fds, n_fds, timeout_ms < 0 ? -1 : (gint64) timeout_ms * 1000);

  return real_wait (fds, n_fds, timeout_ms < 0 ? NULL : &timeout, NULL);
}

int
ppoll (struct pollfd *fds,
       nfds_t n_fds,
       const struct timespec *timeout,
       const sigset_t *mask)
{
  if (current != NULL)
    return virtual_wait (fds, n_fds, timeout != NULL ? to_us (timeout) : -1);

  return real_wait (fds, n_fds, timeout, mask);
}

int
clock_gettime (clockid_t clock,
               struct timespec *time)
{
  gint64 now_us;

  if (current == NULL || clock != CLOCK_MONOTONIC)
    return (int) syscall (SYS_clock_gettime, clock, time);

  now_us = msa_sim_get_now_us (current);
  time->tv_sec = now_us / G_USEC_PER_SEC;
  time->tv_nsec = (now_us % G_USEC_PER_SEC) * 1000;
  return 0;
}

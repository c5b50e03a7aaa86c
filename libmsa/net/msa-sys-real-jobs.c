/* msa-sys-real-jobs.c: the threads of the real system
 *
 * At most MSA_MAX_RESOLVER_THREADS of one MsaSys, started when there is a job and no
 * idle one, ended when idle for a while. Not a GThreadPool: that keeps a job it could
 * start no thread for, and some versions abort if they get none at all. Threads are
 * detached and never joined; each holds the MsaSys.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include "base/msa-limits-private.h"

#include <signal.h>

/* Long enough for the next burst of look-ups, short enough to leave no threads behind. */
#define IDLE_THREAD_US (10 * G_USEC_PER_SEC)

/* The next job; NULL: the thread is to end. Called with the lock held. */
static MsaJob *
wait_for_job (MsaSysReal *self)
{
  gint64 end_us = g_get_monotonic_time () + IDLE_THREAD_US;
  gboolean in_time = TRUE;

  while (g_queue_is_empty (&self->jobs))
    {
      if (self->ended || !in_time)
        return NULL;
      self->n_idle++;
      in_time = msa_lock_wait_until (&self->lock, &self->wake, end_us);
      self->n_idle--;
    }

  return g_queue_pop_head (&self->jobs);
}

static gpointer
run_thread (gpointer data)
{
  MsaSysReal *self = data;
  MsaJob *job;

  msa_lock_take (&self->lock);
  while ((job = wait_for_job (self)) != NULL)
    {
      msa_lock_give (&self->lock);
      job->work (job, &self->sys);
      job->finished (job);
      msa_lock_take (&self->lock);
    }
  self->n_threads--;
  msa_lock_give (&self->lock);

  msa_sys_real_unref (self);
  return NULL;
}

/* Called with the lock held. */
static gboolean
start_thread (MsaSysReal *self,
              GError **error)
{
  sigset_t all, before;
  GThread *thread;

  /* The application's signals are handled in its own threads. A thread inherits the mask. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  g_atomic_int_inc (&self->refs);
  thread = g_thread_try_new ("msa-job", run_thread, self, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  if (thread == NULL)
    {
      /* Never the last: the caller has one. */
      msa_sys_real_unref (self);
      return FALSE;
    }

  self->n_threads++;
  g_thread_unref (thread);
  return TRUE;
}

gboolean
msa_sys_real_run_job (MsaSys *sys,
                      MsaJob *job,
                      GError **error)
{
  MsaSysReal *self = (MsaSysReal *) sys;
  g_autoptr (GError) local_error = NULL;
  gboolean served;

  msa_lock_take (&self->lock);
  /* An idle thread that was woken for an earlier job still counts as idle until it runs. */
  if (self->n_idle <= self->jobs.length && self->n_threads < MSA_MAX_RESOLVER_THREADS)
    start_thread (self, &local_error);
  /* Without a new thread the ones that are there do. */
  served = self->n_threads > 0;
  if (served)
    {
      g_queue_push_tail (&self->jobs, job);
      g_cond_signal (&self->wake);
    }
  msa_lock_give (&self->lock);

  if (!served)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return served;
}

void
msa_sys_real_end_jobs (MsaSysReal *self)
{
  GQueue left;
  MsaJob *job;

  msa_lock_take (&self->lock);
  self->ended = TRUE;
  left = self->jobs;
  g_queue_init (&self->jobs);
  g_cond_broadcast (&self->wake);
  msa_lock_give (&self->lock);

  while ((job = g_queue_pop_head (&left)) != NULL)
    {
      job->work = NULL;
      job->finished (job);
    }
}

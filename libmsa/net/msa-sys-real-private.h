/* msa-sys-real-private.h: the parts of the real system among themselves
 *
 * msa-sys-real.c has the table, sockets and clocks; msa-sys-real-jobs.c the threads;
 * msa-sys-real-files.c files that are written; msa-sys-real-poller.c and msa-sys-real-pipe.c (Linux) or
 * msa-sys-real-no-poller.c what only Linux has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-lock-private.h"
#include "model/msa-sys-private.h"

typedef struct
{
  MsaSys   sys;       /* first */
  int      refs;      /* atomic: the owner's and one of each thread */

  MsaLock  lock;      /* guards what follows */
  GCond    wake;      /* there is a job, or the end */
  GQueue   jobs;      /* (element-type MsaJob): not yet begun; given back through finished() */
  guint    n_threads;
  guint    n_idle;    /* of them, waiting for a job */
  gboolean ended;
} MsaSysReal;

/* msa-sys-real.c */
void     msa_sys_real_unref   (MsaSysReal *self);

/* TRUE: @address stands in @addresses (element-type MsaAddress). */
gboolean msa_sys_real_has_address (const GArray *addresses,
                                   const MsaAddress *address);

/* msa-sys-real-ask.c; needs no real system behind @sys, so that the simulation has it too */
int      msa_sys_real_ask_resolver (MsaSys *sys,
                                    MsaJob *job,
                                    GResolver *resolver,
                                    const char *name,
                                    int family,
                                    GArray *addresses,
                                    char **reason);

/* msa-sys-real-jobs.c */
gboolean msa_sys_real_run_job (MsaSys *sys,
                               MsaJob *job,
                               GError **error);
void     msa_sys_real_end_jobs (MsaSysReal *self);

/* msa-sys-real-files.c: as in MsaSysOps; the simulation's files are real too. */
GOutputStream *msa_sys_real_open_output (MsaSys *sys,
                                         GFile *file,
                                         gboolean *existed,
                                         GCancellable *cancellable,
                                         GError **error);
gboolean msa_sys_real_finish_output (MsaSys *sys,
                                     GOutputStream *stream,
                                     GFile *file,
                                     GCancellable *cancellable,
                                     GError **error);
void     msa_sys_real_discard_output (MsaSys *sys,
                                      GOutputStream *stream,
                                      GFile *file,
                                      gboolean existed);

/* msa-sys-real-poller.c */
int      msa_sys_real_poller_open (MsaSys *sys);
int      msa_sys_real_poller_set  (MsaSys *sys,
                                   int poller,
                                   int fd,
                                   guint old,
                                   guint events,
                                   guint64 token);
int      msa_sys_real_poller_wait (MsaSys *sys,
                                   int poller,
                                   MsaSysEvent *events,
                                   guint max,
                                   int timeout_ms);
int      msa_sys_real_event_open  (MsaSys *sys);
void     msa_sys_real_event_set   (MsaSys *sys,
                                   int fd);
void     msa_sys_real_event_clear (MsaSys *sys,
                                   int fd);
int      msa_sys_real_timer_open  (MsaSys *sys);
int      msa_sys_real_timer_set   (MsaSys *sys,
                                   int fd,
                                   gint64 deadline_us);

/* msa-sys-real-pipe.c; the simulation's pipes are real too. */
MsaPipe *msa_sys_real_pipe_open   (MsaSys *sys);
gssize   msa_sys_real_socket_splice (MsaSys *sys,
                                     int fd,
                                     MsaPipe *pipe,
                                     gsize max);
gboolean msa_sys_real_pipe_drain  (MsaSys *sys,
                                   MsaPipe *pipe,
                                   GOutputStream *stream,
                                   gsize n,
                                   GCancellable *cancellable,
                                   GError **error);

/* What is left of @timeout_ms for a call that a signal broke off and that has to be over at
 * @end_us; negative times are without end. */
static inline int
msa_sys_real_time_left (int timeout_ms,
                        gint64 end_us)
{
  gint64 left_us;

  if (timeout_ms <= 0)
    return timeout_ms;
  left_us = end_us - g_get_monotonic_time ();
  return left_us > 0 ? (int) ((left_us + 999) / 1000) : 0;
}

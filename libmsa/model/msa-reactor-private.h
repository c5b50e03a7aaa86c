/* msa-reactor-private.h: what the engine lends to the layers below it
 *
 * A watch is a descriptor with the events it waits for; the reactor announces it to whoever
 * drives the multi and calls ready() when it is ready. Deadlines are nodes of
 * one heap. Jobs are work for a thread whose end is reported in a dispatch. The one
 * implementation is engine/msa-engine.c; unit tests bring their own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-heap-private.h"
#include "base/msa-log-private.h"
#include "base/msa-mailbox-private.h"
#include "model/msa-enums.h"
#include "model/msa-sys-private.h"

typedef struct _MsaReactor MsaReactor;
typedef struct _MsaWatch   MsaWatch;
typedef struct _MsaTimer   MsaTimer;
typedef struct _MsaTask    MsaTask;

struct _MsaWatch
{
  int             fd;          /* -1: none */
  guint32         generation;  /* the reactor's; tells this registration from an older one of the same number */
  MsaSocketEvents wanted;      /* what the owner waits for */
  MsaSocketEvents announced;   /* what the driver was told; the reactor's */
  gboolean        changed;     /* in the reactor's list of changes */
  /* Only takes note. NONE: the descriptor cannot be watched. */
  void          (*ready) (MsaWatch *self, MsaSocketEvents events, gint64 now_us);
};

struct _MsaTimer
{
  MsaHeapNode node;            /* key: the deadline in monotonic µs */
  void      (*expired) (MsaTimer *self, gint64 now_us);
};

/* A job whose end is reported in the multi's thread. Made by its owner, freed by done(). */
struct _MsaTask
{
  MsaJob      job;             /* its work() is the owner's; finished() is the reactor's */
  gpointer    mailbox;         /* the reactor's */
  MsaMail     mail;            /* the reactor's: the link in its mailbox */
  /* In a dispatch, once; or @reactor is NULL when the reactor has gone: then only free. In that
   * case it may run in any thread. */
  void      (*done) (MsaTask *self, MsaReactor *reactor, gint64 now_us);
};

typedef struct
{
  /* Says what the watch waits for from now on. Announced at the end of the round. */
  void     (*want)  (MsaReactor *self, MsaWatch *watch, MsaSocketEvents events);
  /* Takes the descriptor over: its end is announced and it is closed, in this order, at the end of
   * this round or of the next dispatch's first. watch->fd is -1 on return and the watch may be
   * freed. */
  void     (*close) (MsaReactor *self, MsaWatch *watch);
  /* Runs @task in a thread; done() follows from a dispatch, also when no thread could be had (then
   * work() ran not, and task->job.work is NULL). */
  void     (*run)   (MsaReactor *self, MsaTask *task);
  /* The task ended without run(): done() follows from a dispatch. In the multi's thread. */
  void     (*post)  (MsaReactor *self, MsaTask *task);
  /* Somebody else ends @task, by task->job.finished() and from any thread: done() follows from a
   * dispatch. */
  void     (*await) (MsaReactor *self, MsaTask *task);
} MsaReactorOps;

struct _MsaReactor
{
  const MsaReactorOps *ops;
  MsaSys              *sys;     /* (unowned) */
  MsaLog              *log;     /* (unowned) (nullable) */
  MsaHeap              timers;  /* of MsaTimer.node */
  guint                n_open_outputs; /* files that are being written, neither complete nor discarded */
  GMainContext        *context; /* (unowned) (nullable): what drives the multi, if a context does; its source holds it */
};

static inline void
msa_reactor_want (MsaReactor *self,
                  MsaWatch *watch,
                  MsaSocketEvents events)
{
  if (watch->wanted != events)
    self->ops->want (self, watch, events);
}

static inline void
msa_reactor_close (MsaReactor *self,
                   MsaWatch *watch)
{
  if (watch->fd >= 0)
    self->ops->close (self, watch);
}

static inline void
msa_reactor_set_timer (MsaReactor *self,
                       MsaTimer *timer,
                       gint64 deadline_us)
{
  msa_heap_set (&self->timers, &timer->node, deadline_us);
}

/* To be called before the timer's memory goes. */
static inline void
msa_reactor_remove_timer (MsaReactor *self,
                          MsaTimer *timer)
{
  msa_heap_remove (&self->timers, &timer->node);
}

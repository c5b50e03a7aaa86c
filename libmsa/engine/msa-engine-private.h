/* msa-engine-private.h: the multi core
 *
 * Plain C below the GObjects. It owns the life of transfers, the table of descriptors,
 * deadlines, queue, limits and delivery, and announces to a driver what it waits for.
 * Everything is called in one thread, but for msa_engine_wakeup().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-log-private.h"
#include "base/msa-mailbox-private.h"
#include "engine/msa-exchange-private.h"
#include "engine/msa-question-private.h"
#include "engine/msa-scheduler-private.h"
#include "engine/msa-sockets-private.h"
#include "engine/msa-trace-private.h"
#include "engine/msa-transfer-private.h"

/* What the engine calls upwards. Each may run application code, which may call anything. */
typedef struct
{
  /* The transfer has ended; it is no longer the engine's. */
  void (*deliver) (gpointer client, MsaTransfer *transfer);
  /* A head came: of the final response, or an interim one. */
  void (*headers) (gpointer client, MsaTransfer *transfer);
  void (*informational) (gpointer client, MsaTransfer *transfer, guint status, MsaHeaders *headers);
  /* A part of the body came, and its sink has taken it. */
  void (*data) (gpointer client, MsaTransfer *transfer, GBytes *part);
  /* Bytes moved, or a second has passed. */
  void (*progress) (gpointer client, MsaTransfer *transfer);
  /* What somebody listens for who could answer it, when a connection is made for the transfer. */
  MsaAsks (*may_ask) (gpointer client, MsaTransfer *transfer);
  /* Asks what its connection has to know. The question may be kept, and answered later. FALSE: nobody took
   * it, which is a no. */
  gboolean (*ask) (gpointer client, MsaTransfer *transfer, MsaQuestion *question);
  /* A line of its trace. */
  void (*trace) (gpointer client, MsaTransfer *transfer, const char *topic, const char *text);
  /* Whether its connection may try @address, and by which socket ((transfer full)); NULL, as set before: one of our own. */
  gboolean (*ask_about_address) (gpointer client, MsaTransfer *transfer, const MsaAddress *address, GSocket **socket);
  /* A dispatch is over. */
  void (*dispatched) (gpointer client);
} MsaEngineClient;

typedef struct _MsaWaker MsaWaker;

struct _MsaEngine
{
  MsaReactor             reactor;      /* first */
  MsaConnEnv             conn_env;
  MsaLog                 log;
  MsaTraces              traces;
  MsaSockets             sockets;
  MsaScheduler           scheduler;
  MsaResolver           *resolver;     /* (owned) */
  MsaTrustCache         *trusts;       /* (owned) */
  MsaMailbox            *mailbox;      /* (owned): finished tasks */
  MsaWatch               wake_watch;   /* readable when another thread has something for us; fd -1: none could be had */
  MsaTimer               wake_timer;   /* runs while there is none, or the own poller did not take it */
  MsaWaker              *waker;        /* (unowned): the mailbox's */
  MsaWatch               timer_watch;  /* readable when a deadline is over; only for the exported descriptor */
  int                    woken;        /* (atomic) */
  const MsaEngineClient *client;
  gpointer               client_data;  /* (unowned) */

  GQueue                 due_transfers;   /* by MsaTransfer.link */
  GQueue                 due_connections; /* by MsaConnection.due_link */
  GQueue                 done;            /* transfers to deliver, by link */
  GPtrArray             *scratch;         /* (owned): a read buffer for each depth */
  gboolean               poked;           /* someone asked for a dispatch */
  guint                  depth;           /* of nested dispatches */
  gint64                 now_us;          /* read once a round */
  gint64                 told_us;         /* deadline the driver knows: G_MAXINT64 none */
  gboolean               told;            /* FALSE: whatever it knew is over */
  guint                  n_transfers;     /* added and not GONE */
  guint64                n_added;
  guint64                n_connections_made;
};

MsaEngine   *msa_engine_new       (MsaSys *sys,
                                   const MsaEngineClient *client,
                                   gpointer client_data) G_GNUC_WARN_UNUSED_RESULT;
/* Takes @sys along. Ends what runs, tells nobody. Not from within a dispatch. */
void         msa_engine_free      (MsaEngine *self);

/* For transfers that name no store of their own; (nullable). */
void         msa_engine_set_tls_sessions (MsaEngine *self,
                                          MsaTlsSessions *sessions);

/* Takes @sink. It starts with the next dispatch. The engine holds a reference until GONE;
 * @owner is the caller's to keep alive until then. */
MsaTransfer *msa_engine_add       (MsaEngine *self,
                                   MsaSettings *settings,
                                   MsaSink *sink,
                                   gpointer owner);
/* Nothing is delivered any more. */
void         msa_engine_remove    (MsaEngine *self,
                                   MsaTransfer *transfer);
/* Ends with @error, which is taken, by a delivery in the next round. */
void         msa_engine_cancel    (MsaEngine *self,
                                   MsaTransfer *transfer,
                                   GError *error);
void         msa_engine_pause     (MsaEngine *self,
                                   MsaTransfer *transfer,
                                   MsaDirections directions);
void         msa_engine_resume    (MsaEngine *self,
                                   MsaTransfer *transfer,
                                   MsaDirections directions);

/* Does as much as can be done now. @fd is ready for @events (0: to be tested), or
 * MSA_SOCKET_TIMEOUT: the announced time is over. Unknown descriptors are no error. */
void         msa_engine_socket_action (MsaEngine *self,
                                       int fd,
                                       guint events);
/* Only takes note that @fd is ready: the next dispatch acts on it. */
void         msa_engine_note_event (MsaEngine *self,
                                    int fd,
                                    guint events);
/* Does as much as can be done now, for all descriptors. */
void         msa_engine_perform   (MsaEngine *self);
/* Waits until something is ready, the deadline or @timeout_ms (-1: none) is over, or a wakeup
 * comes. Gives the number of ready descriptors, or -1 with errno. */
int          msa_engine_poll      (MsaEngine *self,
                                   int timeout_ms);
/* In any thread: ends one poll, now or the next. */
void         msa_engine_wakeup    (MsaEngine *self);

/* When the next call is due, monotonic µs: G_MAXINT64 never, 0 at once. */
gint64       msa_engine_get_deadline (MsaEngine *self);
/* The same in ms from now, rounded up: -1 never. */
int          msa_engine_get_timeout_ms (MsaEngine *self);
/* A dispatch is due, whatever else is. */
void         msa_engine_poke      (MsaEngine *self);
/* Tells the driver the deadline if it does not know it. */
void         msa_engine_announce  (MsaEngine *self);

/* A driver by callbacks, or none (NULL). */
void         msa_engine_set_driver (MsaEngine *self,
                                    const MsaDriverOps *driver,
                                    gpointer driver_data);
/* The own poller; FALSE if it cannot be had (then there is no driver). */
gboolean     msa_engine_use_poller (MsaEngine *self);
/* The own poller's descriptor, with a timer within, -1 if it cannot be had. */
int          msa_engine_export_fd (MsaEngine *self);

/* In any thread: task->done() follows from a dispatch, or as MsaTask says if @mailbox, an
 * engine's, is closed. */
void         msa_engine_post      (MsaMailbox *mailbox,
                                   MsaTask *task);

/* For the rest of engine/. */
/* Notes what the own poller knows to be ready, without waiting. TRUE if there was anything. */
gboolean     msa_engine_collect_events (MsaEngine *self);
void         msa_engine_make_due  (MsaEngine *self,
                                   MsaTransfer *transfer);
void         msa_engine_make_not_due (MsaEngine *self,
                                      MsaTransfer *transfer);
void         msa_engine_tell_progress (MsaEngine *self,
                                       MsaTransfer *transfer);
/* Around application code that runs for the transfer alone, not for an event of its connection; it is
 * held meanwhile. FALSE: not now, it is passed over. */
gboolean     msa_engine_begin_telling (MsaEngine *self,
                                       MsaTransfer *transfer);
void         msa_engine_end_telling  (MsaEngine *self,
                                      MsaTransfer *transfer);
void         msa_engine_wake_connection (MsaEngine *self,
                                         MsaConnection *connection);
/* The read buffer of this depth, MSA_SCRATCH_BYTES long. */
guint8      *msa_engine_get_scratch (MsaEngine *self);

/* msa-transfer-private.h: one run of an easy
 *
 * Begins when the easy is added, ends with its delivery or removal. The easy keeps it
 * afterwards for its results.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "body/msa-sink-private.h"
#include "body/msa-source-private.h"
#include "conn/msa-connection-private.h"
#include "engine/msa-hop-private.h"

#include <stdbool.h>

typedef struct _MsaEngine   MsaEngine;
typedef struct _MsaSite     MsaSite;
typedef struct _MsaTrace    MsaTrace;
typedef struct _MsaTransfer MsaTransfer;

typedef enum
{
  MSA_TRANSFER_QUEUED,     /* due, or waiting for a slot */
  MSA_TRANSFER_CONNECTING, /* a connection is made for it */
  MSA_TRANSFER_SENDING,    /* the request goes out */
  MSA_TRANSFER_WAITING,    /* it is out; no response yet */
  MSA_TRANSFER_RECEIVING,  /* the final head came */
  MSA_TRANSFER_STORING,    /* the response is complete; the sink still works on it */
  MSA_TRANSFER_DONE,       /* has its result, which is to be delivered */
  MSA_TRANSFER_GONE,       /* delivered or removed: the engine has forgotten it */
} MsaTransferState;

/* How far the request's body has come. It goes on when the response has begun already. */
typedef enum
{
  MSA_UPLOAD_NONE,     /* there is none, or all of it was handed over */
  MSA_UPLOAD_HELD,     /* not before the peer says that it may come (100, RFC 9110, 10.1.1), or is late with that */
  MSA_UPLOAD_RUNNING,
  MSA_UPLOAD_STOPPED,  /* the peer has answered without it */
} MsaUpload;

/* What the transfer waits for, as msa-transfer-clock.c sees it. */
typedef enum
{
  MSA_CLOCK_NONE,
  MSA_CLOCK_QUEUE,    /* a connection */
  MSA_CLOCK_RESPONSE, /* the first byte of a response */
  MSA_CLOCK_IDLE,     /* any byte */
} MsaClock;

/* There are many: flags have a byte each, and what is small stands together. */
struct _MsaTransfer
{
  grefcount        refs;
  MsaTransferState state;
  guint64          serial;
  MsaEngine       *engine;       /* (unowned) (nullable): until GONE */
  gpointer         owner;        /* (unowned): the MsaEasy, held by the multi until GONE */
  MsaSettings     *settings;     /* (owned) */
  const MsaHop    *hop;          /* (nullable): the settings'; NULL until first tried */
  MsaSink         *sink;         /* (owned) (nullable): until GONE */

  MsaConnection   *connection;   /* (unowned) (nullable): which names it as its stream */
  MsaSite         *site;         /* (unowned) (nullable): where it waits */
  MsaHeapNode      waiting;      /* in the site */
  guint64          order;        /* of adding */
  GList            link;         /* in the engine's due or done list */
  bool             due;          /* in the due list */
  bool             woken;        /* holds a slot that got free */
  bool             fresh;        /* wants a connection of its own making */
  bool             delivering;   /* DONE, and no longer in the done list */

  bool             clocked;      /* there is a limit for a part of it */
  bool             clock_over;   /* the time is over: its socket is looked at once more */
  bool             clock_held;   /* it waits for the application, and the clock stands */
  bool             telling;      /* progress or trace: application code is on the stack */
  bool             again;        /* it came up meanwhile */
  bool             tells_data;   /* somebody listens to the body; set by who adds it */
  bool             asked_first;  /* the request said "Expect" of libmsa's own accord */
  bool             no_expect;    /* the peer refused that (417) */
  bool             peer_is_1_0;  /* a head of HTTP/1.0 came from the hop's origin: what follows there speaks that too (B36) */
  MsaClock         clock;
  MsaDirections    paused;
  MsaUpload        upload;

  MsaTimer         timer;        /* the whole transfer */
  MsaTimer         clock_timer;  /* what it waits for now */
  gint64           clock_since_us; /* began, or a byte moved */
  guint64          clock_bytes;  /* of the socket, then */
  MsaTimer         expect_timer; /* how long the body is held */
  MsaTimer         progress_timer; /* when progress is to be told */
  MsaTrace        *trace;        /* (owned) (nullable): its lines, if somebody listens; until GONE */
  gint64           told_us;      /* when progress was told last */
  GError          *interrupted;  /* (owned) (nullable): it fails when application code that runs for it returns */
  gint64           added_us;
  MsaSource       *source;       /* (owned) (nullable): of the request's body, until GONE */
  guint64          body_written; /* of the request's body, handed to the session */
  guint64          head_bytes;   /* of all heads */

  /* Results: of the last response. */
  GError          *error;        /* (owned) (nullable) */
  char            *reason;       /* (owned) (nullable): msa_reason_free() */
  MsaHeaders      *headers;      /* (owned) (nullable) */
  MsaHeaders      *interim;      /* (owned) (nullable): of all interim heads */
  MsaHeaders      *trailers;     /* (owned) (nullable) */
  GBytes          *body;         /* (owned) (nullable) */
  gint64           content_length; /* -1: unknown */
  guint64          bytes_received; /* of the body */
  guint64          bytes_sent;     /* of the body */
  MsaUrl          *url;          /* (owned) (nullable): effective */
  char            *remote;       /* (owned) (nullable): a GRefString, shared with the connection */
  GPtrArray       *peer_chain;   /* (owned) (nullable) (element-type GBytes): shared with the connection */
  guint            status;
  MsaHttpVersion   version;
  guint            peer_flags;   /* GTlsCertificateFlags: what spoke against the peer */
  MsaPhaseTimes    times;
};

/* Takes @sink. */
MsaTransfer *msa_transfer_new    (MsaEngine *engine,
                                  MsaSettings *settings,
                                  MsaSink *sink,
                                  gpointer owner,
                                  guint64 order,
                                  gint64 now_us) G_GNUC_WARN_UNUSED_RESULT;
MsaTransfer *msa_transfer_ref    (MsaTransfer *self);
void         msa_transfer_unref  (MsaTransfer *self);

/* Progress is told from now on: when there is some, at most each MSA_PROGRESS_INTERVAL_US; else
 * each MSA_PROGRESS_IDLE_US. */
void         msa_transfer_tell_progress (MsaTransfer *self);
/* For msa_transfer_note_progress(). */
void         msa_transfer_has_progress (MsaTransfer *self);

/* The one way from state to state. */
void         msa_transfer_set_state (MsaTransfer *self,
                                     MsaTransferState state);

/* Takes @error, leaves connection and queue; to be delivered. Harmless once DONE. */
void         msa_transfer_fail   (MsaTransfer *self,
                                  GError *error);
/* The same from a timer or another call: not underneath application code that runs for it, but
 * after that. */
void         msa_transfer_interrupt (MsaTransfer *self,
                                     GError *error);
/* The response is complete; the connection was let go of before. Ends when the sink is done. */
void         msa_transfer_finish (MsaTransfer *self);
/* Removed: nothing will be delivered. */
void         msa_transfer_drop   (MsaTransfer *self);
/* What was found out about the response is forgotten: the request goes out again. */
void         msa_transfer_rewind (MsaTransfer *self);

/* The limit that counts, G_MAXUINT64 for none. */
guint64      msa_transfer_get_max_body (const MsaTransfer *self);

/* Bytes of a body have moved. */
static inline void
msa_transfer_note_progress (MsaTransfer *self)
{
  if (G_UNLIKELY (self->progress_timer.expired != NULL))
    msa_transfer_has_progress (self);
}

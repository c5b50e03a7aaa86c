/* msa-session-private.h: the protocol spoken on a connection
 *
 * A session sits above a filter chain and carries streams, one exchange each. It is
 * pulled: the engine asks for the next event and acts on it after the session has returned, so that
 * no application code ever runs below a codec or a library's callback.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filter/msa-filter-private.h"
#include "model/msa-headers-private.h"
#include "model/msa-message-private.h"

typedef struct _MsaSession MsaSession;

/* Where a session receives to. */
typedef struct
{
  guint8  *data;
  gsize    size;
  MsaPipe *pipe;         /* (nullable): raw bytes of a body go here instead */
} MsaPlace;

typedef enum
{
  MSA_SESSION_BLOCKED,       /* nothing more until the socket is ready */
  MSA_SESSION_INFORMATIONAL, /* head: of an interim response */
  MSA_SESSION_HEAD,          /* head: of the final response */
  MSA_SESSION_DATA,          /* data: of the body, true until the next call */
  MSA_SESSION_PIPED,         /* n_piped bytes of the body are in the pipe; 0: it has no room */
  MSA_SESSION_TRAILERS,      /* trailers */
  MSA_SESSION_END,           /* the stream ended as it should; it is closed */
  MSA_SESSION_WRITABLE,      /* more of the request's body can be sent */
  MSA_SESSION_FAILED,        /* error: the stream failed and is closed, the session takes no more */
  MSA_SESSION_CLOSED,        /* no stream is open, and the session takes no more */
} MsaSessionEventKind;

typedef struct
{
  gpointer     stream;   /* (unowned): what open() was given */
  MsaHead     *head;     /* (owned by the session): true until the next call; steal what is wanted from it */
  MsaSlice     data;
  gsize        n_piped;
  MsaHeaders  *trailers; /* (owned by the session): as head */
  GError      *error;    /* (owned by the receiver) */
  /* FAILED: not one byte of a response came, on a session that had served before: the request
   * may be sent again elsewhere if its method allows (RFC 9110, 9.2.2). */
  gboolean     unanswered;
} MsaSessionEvent;

typedef struct
{
  const char *name;
  /* Begins an exchange: queues the head of @request. @stream is the caller's name for it. */
  gboolean            (*open)  (MsaSession *self, const MsaRequest *request, gpointer stream, GError **error);
  /* Takes what it can of the request's body; @end with the last bytes (@len may then be 0). Bytes
   * taken are copied or sent. Nothing is sent before flush(), unless buffers fill. */
  gsize               (*write) (MsaSession *self, gpointer stream, const guint8 *data, gsize len, gboolean end);
  /* Sends what is queued, as far as the socket takes it; a failure shows up in next(). TRUE:
   * nothing is left. */
  gboolean            (*flush) (MsaSession *self);
  /* Reads into @place when it has nothing left to tell, one recv a call, and gives the next
   * event. The same memory is passed until BLOCKED or park(): between calls the session keeps
   * its place in it. */
  MsaSessionEventKind (*next)  (MsaSession *self, const MsaPlace *place, MsaSessionEvent *event);
  /* The engine stops asking before BLOCKED: what is left in the buffer is kept. @again: the
   * DATA event given last was not taken and comes again. */
  void                (*park)  (MsaSession *self, gboolean again);
  /* The stream's owner has gone: no event names it any more. HTTP/1 is then of no more use. */
  void                (*reset) (MsaSession *self, gpointer stream);
  /* next() would give an event without the socket. */
  gboolean            (*pending) (MsaSession *self);
  /* What the session waits for to go on sending; IN is the engine's to add. */
  MsaSocketEvents     (*wants) (MsaSession *self);
  /* May take another stream: it is between messages and stays open. */
  gboolean            (*is_reusable) (MsaSession *self);
  void                (*free)  (MsaSession *self);
} MsaSessionOps;

struct _MsaSession
{
  const MsaSessionOps *ops;
  MsaFilter           *chain;   /* (owned) */
  MsaLogContext        trace;   /* the maker's to set */
  /* Set by the session while raw bytes of a body, and nothing else, come next from the chain:
   * how many of them at most. 0: not so. The engine may then pass next() a destination of at
   * most that size, or, if the chain splices, a pipe. */
  guint64              raw_body_left;
  /* Set by the session: bytes came of a response that its stream was not told of in whole. */
  gboolean             answering;
  /* Set by the session: the last stream's end is as far as was read, and more may lie there of which
   * the socket would tell a poller alone. */
  gboolean             may_have_more;
};

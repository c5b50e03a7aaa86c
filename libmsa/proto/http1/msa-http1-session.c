/* msa-http1-session.c: HTTP/1 on a filter chain
 *
 * One exchange at a time. What goes out is in msa-http1-output.c, what comes in in
 * msa-http1-input.c and the parser; here is the order of both, and what is left of
 * the connection after each exchange. One send and one recv carry a small one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-session-private.h"

#include "model/msa-error.h"
#include "proto/http1/msa-http1-input-private.h"
#include "proto/http1/msa-http1-output-private.h"
#include "proto/http1/msa-http1-parser-private.h"
#include "proto/http1/msa-http1-request-private.h"
#include "proto/http1/msa-http1-trace-private.h"

#include <stdbool.h>

typedef enum
{
  MSA_HTTP1_SESSION_IDLE,  /* takes a stream */
  MSA_HTTP1_SESSION_BUSY,  /* has one */
  MSA_HTTP1_SESSION_SPENT, /* takes none any more */
} MsaHttp1SessionState;

typedef struct
{
  MsaSession           parent;

  gpointer             stream;      /* (unowned): while busy */
  MsaHttp1SessionState state;
  MsaHttpVersion       version;     /* of the first head; AUTO: none came */
  MsaSocketEvents      wants;       /* the chain's, after a recv that would block; without IN */
  bool                 served;      /* an exchange ended as it should */
  bool                 asked_close; /* the request of this one says it is the last */
  bool                 keep_sending; /* the request goes out to its end */
  bool                 switched;    /* a later head had another version */
  bool                 starved;     /* the parser wants more bytes than are there */

  MsaHttp1Parser      *parser;      /* (owned) */
  MsaHttp1Output       output;
  MsaHttp1Input        input;
} MsaHttp1Session;

#define TO(s) (1u << MSA_HTTP1_SESSION_##s)

/* Bit set: states allowed after this one. */
static const guint edges[] = {
  [MSA_HTTP1_SESSION_IDLE]  = TO (BUSY) | TO (SPENT),
  [MSA_HTTP1_SESSION_BUSY]  = TO (IDLE) | TO (SPENT),
  [MSA_HTTP1_SESSION_SPENT] = 0,
};

static inline MsaHttp1Session *
get_self (MsaSession *session)
{
  return (MsaHttp1Session *) session;
}

static void
set_state (MsaHttp1Session *self,
           MsaHttp1SessionState state)
{
  g_assert ((edges[self->state] & (1u << state)) != 0);

  self->state = state;
  if (state == MSA_HTTP1_SESSION_BUSY)
    return;

  self->stream = NULL;
  self->wants = MSA_SOCKET_NONE;
  self->parent.raw_body_left = 0;
  if (state == MSA_HTTP1_SESSION_SPENT)
    {
      /* The input stays: the bytes given last may still be looked at by whoever resets. */
      msa_http1_output_clear (&self->output);
      return;
    }
  msa_http1_input_clear (&self->input);
  msa_http1_output_settle (&self->output);
}

static inline gboolean
is_traced (const MsaHttp1Session *self)
{
  return msa_log_has_topic (self->parent.trace.log, MSA_LOG_HTTP);
}

static gboolean
msa_http1_session_open (MsaSession *session,
                        const MsaRequest *request,
                        gpointer stream,
                        GError **error)
{
  MsaHttp1Session *self = get_self (session);
  gboolean is_head = msa_slice_equal (request->method, MSA_SLICE ("HEAD"));

  if (self->state != MSA_HTTP1_SESSION_IDLE)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_INTERNAL, "The connection takes no further request");
      return FALSE;
    }
  if (!msa_http1_output_open (&self->output, request, error))
    return FALSE;

  if (G_UNLIKELY (is_traced (self)))
    msa_http1_trace_request (&session->trace, msa_writer_slice (&self->output.queue));
  set_state (self, MSA_HTTP1_SESSION_BUSY);
  self->stream = stream;
  self->parent.answering = FALSE;
  self->asked_close = msa_http1_request_asks_close (request);
  self->keep_sending = request->keep_sending;
  self->starved = TRUE;
  msa_http1_parser_start (self->parser, is_head);
  if (request->allow_http09 && !self->served && !is_head)
    msa_http1_parser_allow_http09 (self->parser);

  return TRUE;
}

static gsize
msa_http1_session_write (MsaSession *session,
                         gpointer stream,
                         const guint8 *data,
                         gsize len,
                         gboolean end)
{
  MsaHttp1Session *self = get_self (session);

  if (self->state != MSA_HTTP1_SESSION_BUSY || self->stream != stream)
    return len;

  return msa_http1_output_write (&self->output, session->chain, data, len, end);
}

/* Takes @error. What the peer sent counts for more than that it took no more; only without any of
 * it the failure to send is the cause. */
static MsaSessionEventKind
give_failure (MsaHttp1Session *self,
              MsaSessionEvent *event,
              GError *error)
{
  gboolean virgin = msa_http1_parser_is_virgin (self->parser);

  if (virgin && self->output.failure != NULL)
    {
      g_clear_error (&error);
      error = g_steal_pointer (&self->output.failure);
    }

  MSA_TRACE_BY (self->parent.trace, HTTP, "failed: %s", error->message);
  event->error = error;
  event->unanswered = virgin && self->served;
  set_state (self, MSA_HTTP1_SESSION_SPENT);

  return MSA_SESSION_FAILED;
}

/* Bytes behind the message's end answer nothing that was asked, and a request that was not sent to
 * its end stands before whatever would be sent next. */
static MsaSessionEventKind
give_end (MsaHttp1Session *self)
{
  gboolean reusable = !self->asked_close && !self->switched &&
                      msa_http1_parser_keeps_alive (self->parser) &&
                      msa_http1_input_left (&self->input) == 0 &&
                      msa_http1_output_is_sent (&self->output);

  MSA_TRACE_BY (self->parent.trace, HTTP, "the response is over: the connection %s",
                reusable ? "stays" : "takes no more");
  self->served = TRUE;
  self->parent.may_have_more = !self->input.drained;
  set_state (self, reusable ? MSA_HTTP1_SESSION_IDLE : MSA_HTTP1_SESSION_SPENT);

  return MSA_SESSION_END;
}

/* One and the same server does not change its version: somebody else answers, as a balancer does
 * whose own pages are HTTP/1.0. Read, but not trusted with a further request. */
static MsaHead *
take_head (MsaHttp1Session *self)
{
  MsaHead *head = msa_http1_parser_get_head (self->parser);

  if (self->version == MSA_HTTP_VERSION_AUTO)
    self->version = head->version;
  self->switched |= self->version != head->version;

  return head;
}

/* @result is not MORE. Takes @error. */
static MsaSessionEventKind
give_result (MsaHttp1Session *self,
             MsaHttp1Result result,
             MsaSessionEvent *event,
             GError *error)
{
  switch (result)
    {
    case MSA_HTTP1_INFORMATIONAL:
      self->parent.answering = msa_http1_input_left (&self->input) > 0;
      event->head = take_head (self);
      if (G_UNLIKELY (is_traced (self)))
        msa_http1_trace_response (&self->parent.trace, event->head, NULL);
      return MSA_SESSION_INFORMATIONAL;
    case MSA_HTTP1_HEAD:
      event->head = take_head (self);
      /* What is no refusal leaves the rest of the request wanted. */
      self->keep_sending |= event->head->status < 300;
      if (G_UNLIKELY (is_traced (self)))
        msa_http1_trace_response (&self->parent.trace, event->head,
                                  msa_http1_parser_get_framing (self->parser));
      return MSA_SESSION_HEAD;
    case MSA_HTTP1_DATA:
      event->data = self->input.shown;
      return MSA_SESSION_DATA;
    case MSA_HTTP1_TRAILERS:
      event->trailers = msa_http1_parser_get_trailers (self->parser);
      if (G_UNLIKELY (is_traced (self)))
        msa_http1_trace_trailers (&self->parent.trace, event->trailers);
      return MSA_SESSION_TRAILERS;
    case MSA_HTTP1_END:
      return give_end (self);
    case MSA_HTTP1_ERROR:
    case MSA_HTTP1_MORE:
    default:
      return give_failure (self, event, error);
    }
}

/* Nothing more for now. After a failed send nothing at all: what the peer had said was read. */
static MsaSessionEventKind
block (MsaHttp1Session *self,
       MsaSessionEvent *event)
{
  self->input.drained = FALSE;

  if (self->output.failure != NULL)
    return give_failure (self, event, g_steal_pointer (&self->output.failure));
  if (!msa_http1_input_hold (&self->input))
    return give_failure (self, event, msa_http1_input_dup_failure (&self->input));

  return MSA_SESSION_BLOCKED;
}

/* A reader that is paused must not go on waiting for IN, so that is the engine's to add. */
static void
note_wants (MsaHttp1Session *self)
{
  self->wants = msa_filter_wants (self->parent.chain) & ~(guint) MSA_SOCKET_IN;
}

static gboolean
msa_http1_session_flush (MsaSession *session)
{
  MsaHttp1Session *self = get_self (session);
  gboolean done = msa_http1_output_flush (&self->output, session->chain);

  /* What a recv found the chain to wait for may have been room for what has gone out now. */
  if (done && self->wants != MSA_SOCKET_NONE)
    note_wants (self);

  return done;
}

static MsaSessionEventKind
give_eof (MsaHttp1Session *self,
          MsaSessionEvent *event)
{
  GError *error = NULL;
  gsize n_left = msa_http1_input_left (&self->input);
  MsaHttp1Result result = msa_http1_parser_eof (self->parser, n_left, &error);

  return give_result (self, result, event, error);
}

/* TRUE: @kind is to be given. */
static gboolean
receive (MsaHttp1Session *self,
         const MsaPlace *place,
         MsaSessionEvent *event,
         MsaSessionEventKind *kind)
{
  guint64 raw_left = msa_http1_parser_get_raw_left (self->parser);
  MsaFilter *chain = self->parent.chain;
  GError *error = NULL;
  MsaIo io;

  self->wants = MSA_SOCKET_NONE;
  if (raw_left > 0 && place->pipe != NULL)
    io = msa_http1_input_splice (&self->input, chain, place->pipe, raw_left, &event->n_piped,
                                 &error);
  else if (raw_left > 0)
    io = msa_http1_input_receive_raw (&self->input, chain, place->data, place->size, raw_left,
                                      &error);
  else
    io = msa_http1_input_receive (&self->input, chain, place->data, place->size, &error);

  switch (io)
    {
    case MSA_IO_DONE:
      self->starved = FALSE;
      self->parent.answering = TRUE;
      if (raw_left == 0)
        return FALSE;
      if (place->pipe != NULL)
        {
          msa_http1_parser_skip_raw (self->parser, event->n_piped);
          *kind = MSA_SESSION_PIPED;
          return TRUE;
        }
      msa_http1_parser_skip_raw (self->parser, self->input.shown.len);
      *kind = give_result (self, MSA_HTTP1_DATA, event, NULL);
      return TRUE;

    case MSA_IO_AGAIN:
      note_wants (self);
      *kind = block (self, event);
      return TRUE;

    case MSA_IO_END:
      *kind = give_eof (self, event);
      return TRUE;

    case MSA_IO_ERROR:
    default:
      *kind = give_failure (self, event, error);
      return TRUE;
    }
}

/* The response may be over, but not the request, and nobody has given that up: we would not, and
 * the peer has said nothing that it should not have. */
static gboolean
is_end_held (const MsaHttp1Session *self)
{
  return self->keep_sending && self->output.failure == NULL &&
         msa_http1_input_left (&self->input) == 0 && !msa_http1_output_is_sent (&self->output);
}

/* The peer may still say such, or close: then there is nothing to send for. */
static MsaSessionEventKind
hold_end (MsaHttp1Session *self,
          const MsaPlace *place)
{
  g_autoptr (GError) error = NULL;
  gsize n_read = 0;

  if (msa_filter_recv (self->parent.chain, place->data, place->size, &n_read, &error) !=
      MSA_IO_AGAIN)
    return give_end (self);

  note_wants (self);

  return MSA_SESSION_BLOCKED;
}

/* Goes round only while reads are filled and give no event: at most as often as a head has room. */
static MsaSessionEventKind
next_busy (MsaHttp1Session *self,
           const MsaPlace *place,
           MsaSessionEvent *event)
{
  MsaSessionEventKind kind;

  if (self->input.held.failed)
    return give_failure (self, event, msa_http1_input_dup_failure (&self->input));
  if (msa_http1_input_give_again (&self->input))
    return give_result (self, MSA_HTTP1_DATA, event, NULL);
  if (self->output.writable_due)
    {
      self->output.writable_due = FALSE;
      return MSA_SESSION_WRITABLE;
    }

  do
    {
      if (!self->starved)
        {
          GError *error = NULL;
          MsaHttp1Result result = msa_http1_input_parse (&self->input, self->parser, &error);

          if (result == MSA_HTTP1_END && is_end_held (self))
            return hold_end (self, place);
          if (result != MSA_HTTP1_MORE)
            return give_result (self, result, event, error);
          self->starved = TRUE;
        }
      if (self->input.drained && self->output.failure == NULL)
        return block (self, event);
    }
  while (!receive (self, place, event, &kind));

  return kind;
}

/* Between exchanges a server has nothing to say but that it goes. */
static MsaSessionEventKind
next_idle (MsaHttp1Session *self,
           const MsaPlace *place)
{
  g_autoptr (GError) error = NULL;
  gsize n_read = 0;

  self->wants = MSA_SOCKET_NONE;
  if (msa_filter_recv (self->parent.chain, place->data, place->size, &n_read, &error) ==
      MSA_IO_AGAIN)
    {
      note_wants (self);
      return MSA_SESSION_BLOCKED;
    }

  set_state (self, MSA_HTTP1_SESSION_SPENT);

  return MSA_SESSION_CLOSED;
}

static void
update_raw_body_left (MsaHttp1Session *self)
{
  self->parent.raw_body_left = 0;
  if (self->state == MSA_HTTP1_SESSION_BUSY && msa_http1_input_left (&self->input) == 0)
    self->parent.raw_body_left = msa_http1_parser_get_raw_left (self->parser);
}

static MsaSessionEventKind
msa_http1_session_next (MsaSession *session,
                        const MsaPlace *place,
                        MsaSessionEvent *event)
{
  MsaHttp1Session *self = get_self (session);
  MsaSessionEventKind kind;

  *event = (MsaSessionEvent) { .stream = self->stream, .data = { "", 0 } };
  msa_http1_input_settle (&self->input);

  switch (self->state)
    {
    case MSA_HTTP1_SESSION_IDLE:
      return next_idle (self, place);
    case MSA_HTTP1_SESSION_BUSY:
      kind = next_busy (self, place, event);
      update_raw_body_left (self);
      return kind;
    case MSA_HTTP1_SESSION_SPENT:
    default:
      return MSA_SESSION_CLOSED;
    }
}

static void
msa_http1_session_park (MsaSession *session,
                        gboolean again)
{
  MsaHttp1Session *self = get_self (session);

  if (self->state != MSA_HTTP1_SESSION_BUSY)
    return;

  /* Past the ceiling next() tells. */
  msa_http1_input_park (&self->input, again);
  update_raw_body_left (self);
}

static void
msa_http1_session_reset (MsaSession *session,
                         gpointer stream)
{
  MsaHttp1Session *self = get_self (session);

  if (self->state == MSA_HTTP1_SESSION_BUSY && self->stream == stream)
    set_state (self, MSA_HTTP1_SESSION_SPENT);
}

static gboolean
msa_http1_session_pending (MsaSession *session)
{
  MsaHttp1Session *self = get_self (session);

  if (self->state == MSA_HTTP1_SESSION_SPENT)
    return FALSE;
  if (msa_filter_pending (session->chain))
    return TRUE;
  if (self->state == MSA_HTTP1_SESSION_IDLE)
    return FALSE;

  if (self->output.writable_due || self->output.failure != NULL)
    return TRUE;
  if (self->input.again_len > 0 || self->input.held.failed)
    return TRUE;
  if (!msa_http1_parser_needs_bytes (self->parser))
    return !is_end_held (self);

  return !self->starved && msa_http1_input_left (&self->input) > 0;
}

static MsaSocketEvents
msa_http1_session_wants (MsaSession *session)
{
  MsaHttp1Session *self = get_self (session);
  MsaSocketEvents wants = self->wants;

  if (self->output.queue.len > 0)
    wants |= self->output.wants != MSA_SOCKET_NONE ? self->output.wants : MSA_SOCKET_OUT;

  return wants;
}

static gboolean
msa_http1_session_is_reusable (MsaSession *session)
{
  return get_self (session)->state == MSA_HTTP1_SESSION_IDLE;
}

static void
msa_http1_session_free (MsaSession *session)
{
  MsaHttp1Session *self = get_self (session);

  msa_http1_input_clear (&self->input);
  msa_http1_output_clear (&self->output);
  msa_http1_parser_free (self->parser);
  msa_filter_free (session->chain);
  g_free (self);
}

static const MsaSessionOps http1_ops = {
  .name = "http/1.1",
  .open = msa_http1_session_open,
  .write = msa_http1_session_write,
  .flush = msa_http1_session_flush,
  .next = msa_http1_session_next,
  .park = msa_http1_session_park,
  .reset = msa_http1_session_reset,
  .pending = msa_http1_session_pending,
  .wants = msa_http1_session_wants,
  .is_reusable = msa_http1_session_is_reusable,
  .free = msa_http1_session_free,
};

MsaSession *
msa_http1_session_new (MsaFilter *chain)
{
  MsaHttp1Session *self = g_new0 (MsaHttp1Session, 1);

  self->parent.ops = &http1_ops;
  self->parent.chain = chain;
  self->parser = msa_http1_parser_new ();
  msa_http1_output_init (&self->output);
  msa_http1_input_init (&self->input);

  return &self->parent;
}

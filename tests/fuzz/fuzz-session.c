/* fuzz-session.c: HTTP/1 on a filter chain that gives and takes what it likes
 *
 * Input: in the first line how the last response ends (0: nothing more comes, 1: the
 * peer closes, 2: the line is cut), the request (0: GET, 1: HEAD, 2: a body of known
 * length, 3: one in chunks, 4 and 5: the same, long), whether the response comes
 * before all of it is sent (1) and whether that is sent on (2; 3: both), and how much the
 * chain takes in each send. In the
 * second line the lengths of what it gives; in the third one what the caller does
 * between the events. Then the responses, with a line "%%" between two. The same
 * events must come as from a chain that does all at once, and the same request must go
 * out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-chunked-private.h"
#include "proto/http1/msa-http1-session-private.h"

#define MAX_RESPONSES 4
#define SEPARATOR "%%\n"
#define SHORT_BODY 100
/* More than the session keeps. */
#define LONG_BODY (MSA_MAX_PENDING_OUTPUT_BYTES + MSA_MAX_PENDING_OUTPUT_BYTES / 13)
/* Of it the chain takes so many times what the plan says: it would take for ever. */
#define LONG_STRIDE (MSA_MAX_PENDING_OUTPUT_BYTES / 64)
#define BUFFER_BYTES 3000

static char stream_place;
#define STREAM ((gpointer) &stream_place)

typedef enum
{
  END_OPEN,
  END_CLOSED,
  END_CUT,
  N_ENDS,
} ScriptEnd;

typedef enum
{
  REQUEST_GET,
  REQUEST_HEAD,
  REQUEST_KNOWN,
  REQUEST_CHUNKED,
  REQUEST_LONG_KNOWN,
  REQUEST_LONG_CHUNKED,
  N_REQUESTS,
} RequestKind;

/* What the caller does between two events. */
typedef enum
{
  ACT_NOTHING,
  ACT_PARK,
  ACT_PARK_AGAIN,    /* after data: it comes again */
  ACT_SMALL_BUFFER,  /* parks, then goes on with a buffer of a few bytes */
  ACT_RAW_BUFFER,    /* where only raw bytes can come: another buffer for them */
  ACT_CHAIN_PENDING, /* the chain says from now on that it holds bytes, or no more */
  N_ACTS,
} Act;

/* The chain */

typedef struct
{
  MsaFilter   parent;
  MsaCursor   bytes;     /* of the response that may be read now */
  ScriptEnd   end;       /* behind them */
  MsaFuzzCuts gives;
  gboolean    rests;     /* AGAIN before the next piece */
  gboolean    cuts;      /* does not do all at once */
  gboolean    pending;
  MsaFuzzCuts takes;
  gboolean    sulks;     /* the last send would have blocked */
  GString    *sent;      /* (owned) */
  guint       n_recv;
  gboolean    told_end;  /* the reader knows that nothing is behind the bytes */
} Chain;

static MsaIo
chain_send (MsaFilter *filter,
            const guint8 *data,
            gsize len,
            gsize *n_sent,
            GError **error)
{
  Chain *self = (Chain *) filter;
  gsize n = len;

  g_assert_cmpuint (len, >, 0);
  if (self->cuts)
    {
      self->sulks = !self->sulks;
      if (self->sulks)
        return MSA_IO_AGAIN;
      n = msa_fuzz_cut (&self->takes, len);
      n = MIN (n * (len > LONG_STRIDE ? LONG_STRIDE : 1), len);
    }
  g_string_append_len (self->sent, (const char *) data, (gssize) n);
  *n_sent = n;

  return MSA_IO_DONE;
}

static MsaIo
chain_recv (MsaFilter *filter,
            guint8 *buffer,
            gsize size,
            gsize *n_read,
            GError **error)
{
  Chain *self = (Chain *) filter;
  MsaSlice piece;

  g_assert_cmpuint (size, >, 0);
  self->n_recv++;
  if (self->cuts)
    {
      self->rests = !self->rests;
      if (self->rests)
        return MSA_IO_AGAIN;
    }

  if (!msa_cursor_is_empty (&self->bytes))
    {
      gsize len = msa_fuzz_cut (&self->gives, msa_cursor_left (&self->bytes));

      piece = msa_cursor_take (&self->bytes, MIN (len, size));
      memcpy (buffer, piece.data, piece.len);
      *n_read = piece.len;
      return MSA_IO_DONE;
    }
  self->told_end = TRUE;
  if (self->end == END_CUT)
    {
      g_set_error_literal (error, MSA_ERROR, MSA_ERROR_RECEIVE, "The line is cut");
      return MSA_IO_ERROR;
    }

  return self->end == END_CLOSED ? MSA_IO_END : MSA_IO_AGAIN;
}

static gboolean
chain_pending (MsaFilter *filter)
{
  return ((Chain *) filter)->pending;
}

static MsaSocketEvents
chain_wants (MsaFilter *filter)
{
  return ((Chain *) filter)->sulks ? MSA_SOCKET_OUT : MSA_SOCKET_NONE;
}

static void
chain_free (MsaFilter *filter)
{
  Chain *self = (Chain *) filter;

  g_string_free (self->sent, TRUE);
  g_free (self);
}

static const MsaFilterOps chain_ops = {
  .name = "chain",
  .send = chain_send,
  .recv = chain_recv,
  .pending = chain_pending,
  .wants = chain_wants,
  .free = chain_free,
};

/* The caller */

typedef struct
{
  RequestKind kind;
  gboolean    early;     /* the response comes before all of the request is sent */
  gboolean    keep_sending; /* which does not end with it */
  ScriptEnd   end;
  MsaSlice    takes;
  MsaSlice    gives;
  MsaSlice    acts;
  MsaSlice    responses[MAX_RESPONSES];
  guint       n_responses;
} Plan;

typedef struct
{
  MsaSession *session;   /* (owned) */
  Chain      *chain;     /* (unowned) */
  MsaCursor   acts;
  guint8     *buffer;    /* (owned) */
  gsize       size;
  GString    *text;
  GString    *data;      /* (owned): of a DATA event, until it is known to have been taken */
  gboolean    again;     /* it was not, and must come again */
  gboolean    in_body;   /* the last event was data */
  gsize       n_written; /* of the request's body */
  gboolean    wanted; /* all of it, by the answer that has begun */
  gsize       end_at;    /* in the text: behind the end of the exchange */
  guint       n_steps;
} Caller;

static void
set_buffer (Caller *self,
            gsize size)
{
  /* What still points into the old one is seen. */
  g_free (self->buffer);
  self->buffer = g_malloc (size);
  self->size = size;
}

static void
take_data (Caller *self)
{
  if (self->data->len == 0)
    return;
  if (!self->in_body)
    g_string_append (self->text, " body=");
  self->in_body = TRUE;
  g_string_append_len (self->text, self->data->str, (gssize) self->data->len);
  g_string_truncate (self->data, 0);
}

static void
note_data (Caller *self,
           MsaSlice data)
{
  g_assert_cmpuint (data.len, >, 0);
  if (self->again)
    g_assert_cmpmem (self->data->str, self->data->len, data.data, data.len);
  self->again = FALSE;
  g_string_truncate (self->data, 0);
  g_string_append_len (self->data, data.data, (gssize) data.len);
}

static void
write_head (Caller *self,
            const MsaSessionEvent *event)
{
  g_string_append_printf (self->text, " %u ", event->head->status);
  msa_fuzz_append_headers (self->text, event->head->headers);
}

static void
write_failure (Caller *self,
               MsaSessionEvent *event)
{
  g_string_append_c (self->text, ' ');
  msa_fuzz_append_error (self->text, event->error);
  g_string_append (self->text, event->unanswered ? " unanswered" : "");
  g_clear_error (&event->error);
}

static gsize
get_body_size (RequestKind kind)
{
  if (kind < REQUEST_KNOWN)
    return 0;

  return kind < REQUEST_LONG_KNOWN ? SHORT_BODY : LONG_BODY;
}

static gboolean
is_chunked (RequestKind kind)
{
  return kind == REQUEST_CHUNKED || kind == REQUEST_LONG_CHUNKED;
}

/* Of every body: no two neighbouring places are alike. */
static const guint8 *
get_body (void)
{
  static guint8 *body;

  if (body == NULL)
    {
      body = g_malloc (LONG_BODY);
      for (gsize i = 0; i < LONG_BODY; i++)
        body[i] = (guint8) (i * 7 + i / 251);
    }

  return body;
}

static void
write_body (Caller *self,
            RequestKind kind)
{
  gsize left = get_body_size (kind) - self->n_written;
  const guint8 *bytes = &get_body ()[self->n_written];
  gsize taken = self->session->ops->write (self->session, STREAM, bytes, left, TRUE);

  g_assert_cmpuint (taken, <=, left);
  self->n_written += taken;
}

static void
handle (Caller *self,
        const Plan *plan,
        MsaSessionEventKind kind,
        MsaSessionEvent *event)
{
  if (kind != MSA_SESSION_DATA && kind != MSA_SESSION_BLOCKED)
    g_assert_false (self->again);
  if (kind != MSA_SESSION_BLOCKED && !self->again)
    take_data (self);

  switch (kind)
    {
    case MSA_SESSION_BLOCKED:
      break;
    case MSA_SESSION_INFORMATIONAL:
    case MSA_SESSION_HEAD:
      write_head (self, event);
      self->wanted = kind == MSA_SESSION_HEAD && event->head->status < 300;
      break;
    case MSA_SESSION_DATA:
      note_data (self, event->data);
      break;
    case MSA_SESSION_TRAILERS:
      g_string_append (self->text, " trailers=");
      msa_fuzz_append_headers (self->text, event->trailers);
      break;
    case MSA_SESSION_WRITABLE:
      write_body (self, plan->kind);
      break;
    case MSA_SESSION_END:
      g_string_append (self->text, " end");
      break;
    case MSA_SESSION_FAILED:
      write_failure (self, event);
      break;
    case MSA_SESSION_CLOSED:
      g_string_append (self->text, " closed");
      break;
    case MSA_SESSION_PIPED: /* no pipe was given */
    default:
      g_assert_not_reached ();
    }
  if (kind != MSA_SESSION_DATA && kind != MSA_SESSION_BLOCKED && kind != MSA_SESSION_WRITABLE)
    self->in_body = FALSE;
  if (kind == MSA_SESSION_END || kind == MSA_SESSION_FAILED)
    self->end_at = self->text->len;
}

/* The caller's freedom between two events: see msa-session-private.h. */
static void
act (Caller *self,
     MsaSessionEventKind kind)
{
  guint64 raw_left = self->session->raw_body_left;
  gboolean in_data = kind == MSA_SESSION_DATA;
  Act chosen;

  if (msa_cursor_is_empty (&self->acts))
    return;

  chosen = (Act) msa_fuzz_choose (&self->acts, N_ACTS);
  switch (chosen)
    {
    case ACT_PARK_AGAIN:
      self->session->ops->park (self->session, in_data);
      self->again = in_data;
      set_buffer (self, BUFFER_BYTES);
      break;
    case ACT_PARK:
    case ACT_SMALL_BUFFER:
      self->session->ops->park (self->session, FALSE);
      set_buffer (self, chosen == ACT_PARK ? BUFFER_BYTES : 5);
      break;
    case ACT_RAW_BUFFER:
      if (raw_left > 0)
        set_buffer (self, (gsize) MIN (raw_left, 9));
      break;
    case ACT_CHAIN_PENDING:
      self->chain->pending = !self->chain->pending;
      break;
    case ACT_NOTHING:
    case N_ACTS:
    default:
      break;
    }
}

static MsaSessionEventKind
step (Caller *self,
      const Plan *plan)
{
  MsaSession *session = self->session;
  gboolean was_pending = session->ops->pending (session);
  guint n_recv = self->chain->n_recv;
  MsaSessionEvent event;
  MsaSessionEventKind kind;

  self->n_steps++;
  kind = session->ops->next (session, &(MsaPlace) { self->buffer, self->size, NULL }, &event);
  /* An event that no readiness of the socket brings must have been announced. */
  if (self->chain->n_recv == n_recv && kind != MSA_SESSION_BLOCKED && kind != MSA_SESSION_CLOSED)
    g_assert_true (was_pending);
  handle (self, plan, kind, &event);
  if (kind == MSA_SESSION_BLOCKED)
    g_assert_true (!session->ops->pending (session) || self->chain->pending);

  return kind;
}

/* FALSE: the chain wants to be asked again, and says so. Else it must not go on waiting for room:
 * it would be ready at once, for ever. */
static gboolean
flush_once (Caller *self)
{
  MsaSession *session = self->session;
  gboolean done = session->ops->flush (session);
  gboolean waits = (session->ops->wants (session) & MSA_SOCKET_OUT) != 0;

  g_assert_true (done != waits);

  return done;
}

static void
flush (Caller *self)
{
  while (!flush_once (self))
    ;
}

static void
send_request (Caller *self,
              const Plan *plan)
{
  gsize size = get_body_size (plan->kind);
  MsaRequest request = {
    .method = MSA_SLICE ("GET"),
    .target = MSA_SLICE ("/"),
    .authority = MSA_SLICE ("example.com"),
    .has_body = size > 0,
    .body_length = is_chunked (plan->kind) ? -1 : (gint64) size,
    .keep_sending = plan->keep_sending,
  };
  g_autoptr (GError) error = NULL;

  if (plan->kind == REQUEST_HEAD)
    request.method = MSA_SLICE ("HEAD");
  else if (size > 0)
    request.method = MSA_SLICE ("PUT");

  g_assert_true (self->session->ops->open (self->session, &request, STREAM, &error));
  g_assert_no_error (error);
  self->n_written = 0;
  self->wanted = FALSE;
  do
    {
      if (self->n_written < size)
        write_body (self, plan->kind);
      if (plan->early && self->chain->cuts)
        return;
      flush (self);
    }
  while (self->n_written < size);
}

/* The request goes on beside the response. TRUE: some more of it is out. */
static gboolean
send_more (Caller *self,
           const Plan *plan)
{
  gsize n_before = self->chain->sent->len;

  if (!plan->keep_sending && !self->wanted)
    return FALSE;
  if (self->n_written < get_body_size (plan->kind))
    write_body (self, plan->kind);
  /* A chain that has refused takes some at the second try, so that nothing stands for ever. */
  if (!flush_once (self) && self->chain->sent->len == n_before)
    flush_once (self);

  return self->chain->sent->len > n_before;
}

/* Pulls until nothing more comes of what the chain has. TRUE: another exchange may follow. */
static gboolean
receive (Caller *self,
         const Plan *plan)
{
  guint max_steps = 20 * (guint) msa_cursor_left (&self->chain->bytes) + 2 * LONG_STRIDE + 1000;
  gboolean ended = FALSE;
  MsaSessionEventKind kind;

  self->n_steps = 0;
  self->chain->told_end = FALSE;
  for (;;)
    {
      g_assert_cmpuint (self->n_steps, <, max_steps);
      kind = step (self, plan);
      ended |= kind == MSA_SESSION_END || kind == MSA_SESSION_FAILED;
      if (kind == MSA_SESSION_CLOSED)
        return FALSE;
      if (kind == MSA_SESSION_BLOCKED && self->chain->told_end && !self->again &&
          (ended || !send_more (self, plan)))
        break;
      if (kind == MSA_SESSION_BLOCKED && plan->early)
        flush_once (self);
      act (self, kind);
    }
  take_data (self);

  return ended && self->session->ops->is_reusable (self->session);
}

static void
caller_init (Caller *self,
             const Plan *plan,
             gboolean cuts)
{
  Chain *chain = g_new0 (Chain, 1);

  chain->parent.ops = &chain_ops;
  chain->cuts = cuts;
  chain->gives = msa_fuzz_cuts (cuts ? plan->gives : MSA_SLICE ("0"));
  chain->takes = msa_fuzz_cuts (plan->takes);
  chain->sent = g_string_new (NULL);

  *self = (Caller) { .chain = chain, .text = g_string_new (NULL), .data = g_string_new (NULL) };
  self->session = msa_http1_session_new (&chain->parent);
  self->acts = cuts ? msa_cursor_from_slice (plan->acts) : msa_cursor ("", 0);
  set_buffer (self, BUFFER_BYTES);
}

static void
caller_clear (Caller *self)
{
  self->session->ops->free (self->session);
  g_free (self->buffer);
  g_string_free (self->text, TRUE);
  g_string_free (self->data, TRUE);
}

static void
caller_run (Caller *self,
            const Plan *plan)
{
  guint n = plan->early ? 1 : plan->n_responses;

  for (guint i = 0; i < n; i++)
    {
      send_request (self, plan);
      self->chain->bytes = msa_cursor_from_slice (plan->responses[i]);
      self->chain->end = i + 1 == n ? plan->end : END_OPEN;
      if (!receive (self, plan))
        return;
      g_string_append (self->text, " reused");
    }
}

/* What was sent */

static void
take_chunked_body (MsaCursor *sent,
                   GString *body)
{
  MsaHttp1Chunked decoder = { .left = 0 };
  MsaHttp1Result result;
  MsaSlice data;

  while ((result = msa_http1_chunked_next (&decoder, sent, &data, NULL)) == MSA_HTTP1_DATA)
    g_string_append_len (body, data.data, (gssize) data.len);
  g_assert_cmpint (result, ==, MSA_HTTP1_END);
  g_assert_true (msa_cursor_accept_slice (sent, MSA_SLICE ("\r\n")));
}

/* Each request is whole, and ends where the next one begins. */
static void
check_sent (const GString *text,
            RequestKind kind)
{
  MsaCursor sent = msa_cursor (text->str, text->len);

  while (!msa_cursor_is_empty (&sent))
    {
      g_autoptr (GString) body = g_string_new (NULL);
      MsaSlice line, data;

      do
        g_assert_cmpint (msa_cursor_take_line (&sent, 0, &line), ==, MSA_LINE_CRLF);
      while (line.len > 0);
      if (is_chunked (kind))
        take_chunked_body (&sent, body);
      else
        {
          data = msa_cursor_take (&sent, get_body_size (kind));
          g_string_append_len (body, data.data, (gssize) data.len);
        }
      g_assert_cmpmem (body->str, body->len, get_body (), get_body_size (kind));
    }
}

/* The owner goes in the middle: no event names it any more. */
static void
check_reset (const Plan *plan)
{
  Caller caller;
  MsaSessionEvent event;

  caller_init (&caller, plan, TRUE);
  send_request (&caller, plan);
  caller.chain->bytes = msa_cursor_from_slice (plan->responses[0]);
  for (guint i = plan->takes.len % 7; i > 0; i--)
    {
      MsaSessionEventKind kind = step (&caller, plan);

      if (kind == MSA_SESSION_END || kind == MSA_SESSION_FAILED || kind == MSA_SESSION_CLOSED)
        break;
      act (&caller, kind);
      if (caller.again)
        break;
    }

  caller.session->ops->reset (caller.session, STREAM);
  caller.session->ops->next (caller.session, &(MsaPlace) { caller.buffer, caller.size, NULL },
                             &event);
  g_assert_null (event.stream);
  g_clear_error (&event.error);
  caller_clear (&caller);
}

static void
read_responses (Plan *plan,
                MsaSlice text)
{
  while (plan->n_responses < MAX_RESPONSES)
    {
      const char *found = NULL;

      if (text.len > 0 && plan->n_responses < MAX_RESPONSES - 1)
        found = memmem (text.data, text.len, SEPARATOR, strlen (SEPARATOR));
      if (found == NULL)
        {
          plan->responses[plan->n_responses++] = text;
          return;
        }
      plan->responses[plan->n_responses++] = msa_slice (text.data, (gsize) (found - text.data));
      found += strlen (SEPARATOR);
      text = msa_slice (found, text.len - (gsize) (found - text.data));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor line = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  Plan plan = { .n_responses = 0 };
  Caller at_once, cut;
  guint when;

  plan.end = (ScriptEnd) msa_fuzz_choose (&line, N_ENDS);
  plan.kind = (RequestKind) msa_fuzz_choose (&line, N_REQUESTS);
  when = msa_fuzz_choose (&line, 4);
  plan.early = (when & 1) != 0;
  plan.keep_sending = (when & 2) != 0;
  plan.takes = msa_cursor_rest (&line);
  plan.gives = msa_fuzz_take_line (&input);
  plan.acts = msa_fuzz_take_line (&input);
  read_responses (&plan, msa_cursor_rest (&input));

  caller_init (&at_once, &plan, FALSE);
  caller_init (&cut, &plan, TRUE);
  caller_run (&at_once, &plan);
  caller_run (&cut, &plan);
  if (plan.early)
    {
      /* Whether the connection is good for another exchange is another matter then. */
      g_string_truncate (at_once.text, at_once.end_at);
      g_string_truncate (cut.text, cut.end_at);
    }
  msa_fuzz_assert_equal (at_once.text, cut.text);
  check_sent (at_once.chain->sent, plan.kind);
  if (!plan.early)
    check_sent (cut.chain->sent, plan.kind);
  check_reset (&plan);
  caller_clear (&at_once);
  caller_clear (&cut);

  return 0;
}

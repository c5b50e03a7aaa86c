/* test-http1-session.c: HTTP/1 on a filter chain
 *
 * The chain is a filter with a script: what recv gives, call by call, and what send takes. The
 * session is driven as the engine drives it, and what it gives is written down as one line of text:
 *
 *   100 200 [hello] {1} end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-session-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "sim/msa-test-rows.h"

#define GET "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n"
#define PUT_START "PUT / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n"
#define REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define REFUSAL "HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nhello"

/* The name of the stream, which is no more than an address. */
static char stream_place;
#define STREAM ((gpointer) &stream_place)

/* --- The chain --- */

typedef struct
{
  MsaIo       io;
  const char *data;
  gsize       len;
} Step;

typedef struct
{
  MsaFilter       parent;
  GArray         *steps;       /* of Step: what recv gives; AGAIN behind the last */
  guint           at;
  gboolean        pending;
  MsaSocketEvents wants;
  gsize           send_budget; /* bytes taken before AGAIN */
  gsize           send_max;    /* of one call */
  gboolean        send_fails;
  GString        *sent;
  guint           n_send;
  guint           n_recv;
  gsize           last_size;   /* of the buffer of the last recv */
} Script;

static MsaIo
script_send (MsaFilter *filter,
             const guint8 *data,
             gsize len,
             gsize *n_sent,
             GError **error)
{
  Script *self = (Script *) filter;
  gsize n = MIN (MIN (len, self->send_max), self->send_budget);

  self->n_send++;
  g_assert_cmpuint (len, >, 0);
  if (self->send_fails)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_SEND, "The pipe broke");
      return MSA_IO_ERROR;
    }
  if (n == 0)
    return MSA_IO_AGAIN;

  g_string_append_len (self->sent, (const char *) data, (gssize) n);
  self->send_budget -= n;
  *n_sent = n;

  return MSA_IO_DONE;
}

static MsaIo
script_recv (MsaFilter *filter,
             guint8 *buffer,
             gsize size,
             gsize *n_read,
             GError **error)
{
  Script *self = (Script *) filter;
  Step *step;

  self->n_recv++;
  self->last_size = size;
  g_assert_cmpuint (size, >, 0);
  if (self->at == self->steps->len)
    return MSA_IO_AGAIN;

  step = &g_array_index (self->steps, Step, self->at);
  if (step->io == MSA_IO_DONE)
    {
      *n_read = MIN (size, step->len);
      memcpy (buffer, step->data, *n_read);
      step->data = &step->data[*n_read];
      step->len -= *n_read;
    }
  if (step->io == MSA_IO_ERROR)
    g_set_error (error, MSA_ERROR, MSA_ERROR_RECEIVE, "The line is cut");
  if (step->len == 0)
    self->at++;

  return step->io;
}

static gboolean
script_pending (MsaFilter *filter)
{
  return ((Script *) filter)->pending;
}

static MsaSocketEvents
script_wants (MsaFilter *filter)
{
  return ((Script *) filter)->wants;
}

static void
script_free (MsaFilter *filter)
{
  Script *self = (Script *) filter;

  g_array_unref (self->steps);
  g_string_free (self->sent, TRUE);
  g_free (self);
}

static const MsaFilterOps script_ops = {
  .name = "script",
  .send = script_send,
  .recv = script_recv,
  .pending = script_pending,
  .wants = script_wants,
  .free = script_free,
};

/* --- Driving the session --- */

typedef struct
{
  MsaSession *session;
  Script     *script;     /* (unowned) */
  guint8     *buffer;     /* (owned) */
  gsize       size;
  GString    *text;
  GError     *error;      /* (owned) (nullable): of FAILED */
  gboolean    unanswered;
} Driver;

static void
driver_init (Driver *self,
             gsize size)
{
  Script *script = g_new0 (Script, 1);

  script->parent.ops = &script_ops;
  script->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  script->sent = g_string_new (NULL);
  script->send_budget = script->send_max = G_MAXSIZE;

  *self = (Driver) { .script = script, .size = size, .text = g_string_new (NULL) };
  self->session = msa_http1_session_new (&script->parent);
  self->buffer = g_malloc (size);
}

static void
driver_clear (Driver *self)
{
  self->session->ops->free (self->session);
  g_free (self->buffer);
  g_string_free (self->text, TRUE);
  g_clear_error (&self->error);
}

static void
add_bytes (Driver *self,
           const char *data,
           gsize len)
{
  Step step = { MSA_IO_DONE, data, len };

  g_array_append_val (self->script->steps, step);
}

static void
add_reply (Driver *self,
           const char *text)
{
  add_bytes (self, text, strlen (text));
}

static void
add_io (Driver *self,
        MsaIo io)
{
  Step step = { io, NULL, 0 };

  g_array_append_val (self->script->steps, step);
}

static MsaRequest
get_request (void)
{
  return (MsaRequest) {
    .method = MSA_SLICE ("GET"),
    .target = MSA_SLICE ("/"),
    .authority = MSA_SLICE ("example.com"),
  };
}

static MsaRequest
put_request (gint64 body_length)
{
  MsaRequest request = get_request ();

  request.method = MSA_SLICE ("PUT");
  request.has_body = TRUE;
  request.body_length = body_length;

  return request;
}

static void
open_stream (Driver *self,
             const MsaRequest *request)
{
  GError *error = NULL;

  g_string_truncate (self->text, 0);
  g_assert_true (self->session->ops->open (self->session, request, STREAM, &error));
  g_assert_no_error (error);
}

static void
open_get (Driver *self)
{
  MsaRequest request = get_request ();

  open_stream (self, &request);
  g_assert_true (self->session->ops->flush (self->session));
}

/* FALSE: the session gave no event of the stream's. */
static gboolean
write_event (Driver *self,
             MsaSessionEventKind kind,
             const MsaSessionEvent *event)
{
  gboolean joined = self->text->len > 0 && self->text->str[self->text->len - 1] == ']';

  if (kind == MSA_SESSION_DATA && joined)
    g_string_truncate (self->text, self->text->len - 1);
  else if (self->text->len > 0 && kind != MSA_SESSION_BLOCKED)
    g_string_append_c (self->text, ' ');

  switch (kind)
    {
    case MSA_SESSION_BLOCKED:
      return FALSE;
    case MSA_SESSION_INFORMATIONAL:
    case MSA_SESSION_HEAD:
      g_string_append_printf (self->text, "%u", event->head->status);
      break;
    case MSA_SESSION_DATA:
      g_assert_cmpuint (event->data.len, >, 0);
      if (!joined)
        g_string_append_c (self->text, '[');
      g_string_append_len (self->text, event->data.data, (gssize) event->data.len);
      g_string_append_c (self->text, ']');
      break;
    case MSA_SESSION_TRAILERS:
      g_string_append_printf (self->text, "{%u}", msa_headers_get_length (event->trailers));
      break;
    case MSA_SESSION_END:
      g_string_append (self->text, "end");
      break;
    case MSA_SESSION_WRITABLE:
      g_string_append (self->text, "writable");
      break;
    case MSA_SESSION_FAILED:
      g_string_append (self->text, "failed");
      g_clear_error (&self->error);
      self->error = event->error;
      self->unanswered = event->unanswered;
      g_assert_nonnull (self->error);
      break;
    case MSA_SESSION_CLOSED:
      g_string_append (self->text, "closed");
      return FALSE;
    case MSA_SESSION_PIPED: /* no pipe was given */
    default:
      g_assert_not_reached ();
    }
  g_assert_true (event->stream == STREAM);

  return kind != MSA_SESSION_END && kind != MSA_SESSION_FAILED;
}

static MsaSessionEventKind
next_event (Driver *self,
            MsaSessionEvent *event)
{
  MsaPlace place = { .data = self->buffer, .size = self->size };

  return self->session->ops->next (self->session, &place, event);
}

/* Takes one event; FALSE behind the last for now. */
static gboolean
step (Driver *self)
{
  MsaSessionEvent event;
  MsaSessionEventKind kind;

  kind = next_event (self, &event);

  return write_event (self, kind, &event);
}

/* Takes events up to BLOCKED or the end. */
static void
drive (Driver *self)
{
  while (step (self))
    ;
}

static void
assert_text (Driver *self,
             const char *expected)
{
  g_assert_cmpstr (self->text->str, ==, expected);
}

static gboolean
is_reusable (Driver *self)
{
  return self->session->ops->is_reusable (self->session);
}

static gboolean
is_pending (Driver *self)
{
  return self->session->ops->pending (self->session);
}

static gsize
write_body (Driver *self,
            const char *data,
            gboolean end)
{
  const guint8 *bytes = (const guint8 *) data;

  return self->session->ops->write (self->session, STREAM, bytes, strlen (data), end);
}

/* An exchange that went well, so that the session has served. */
static void
exchange (Driver *self)
{
  add_reply (self, REPLY);
  open_get (self);
  drive (self);
  assert_text (self, "200 [hello] end");
  g_assert_true (is_reusable (self));
}

/* --- One exchange --- */

static void
test_small_exchange (void)
{
  Driver driver;

  driver_init (&driver, MSA_SCRATCH_BYTES);
  g_assert_true (is_reusable (&driver));
  for (guint i = 1; i <= 3; i++)
    {
      exchange (&driver);
      g_assert_cmpuint (driver.script->n_send, ==, i);
      g_assert_cmpuint (driver.script->n_recv, ==, i);
    }
  g_assert_cmpstr (driver.script->sent->str, ==, GET GET GET);
  driver_clear (&driver);
}

static void
test_no_recv_after_short_read (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n");
  open_get (&driver);
  drive (&driver);
  assert_text (&driver, "");
  g_assert_cmpuint (driver.script->n_recv, ==, 1);

  add_reply (&driver, "\r\nhello");
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_cmpuint (driver.script->n_recv, ==, 2);
  driver_clear (&driver);
}

static void
test_recv_while_chain_is_pending (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  driver.script->pending = TRUE;
  add_reply (&driver, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n");
  add_reply (&driver, "\r\nhello");
  open_get (&driver);
  g_assert_true (is_pending (&driver));
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_cmpuint (driver.script->n_recv, ==, 2);
  driver_clear (&driver);
}

static const struct
{
  const char *name;
  const char *reply;
  const char *expected;
  gboolean    closes;    /* the peer does, behind the reply */
  gboolean    reusable;
} replies[] = {
  { "length", REPLY, "200 [hello] end", FALSE, TRUE },
  { "no-body", "HTTP/1.1 204 X\r\n\r\n", "204 end", FALSE, TRUE },
  { "chunked",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n",
    "200 [hello] {1} end", FALSE, TRUE },
  { "interim", "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 H\r\nLink: x\r\n\r\n" REPLY,
    "100 103 200 [hello] end", FALSE, TRUE },
  { "until-close", "HTTP/1.1 200 OK\r\n\r\nhello", "200 [hello] end", TRUE, FALSE },
  { "connection-close", "HTTP/1.1 204 X\r\nConnection: close\r\n\r\n", "204 end", FALSE, FALSE },
  { "bare-lf", "HTTP/1.1 204 X\n\n", "204 end", FALSE, FALSE },
  { "truncated", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
    "200 [hello] failed", TRUE, FALSE },
  { "nonsense", "nonsense\r\n\r\n", "failed", FALSE, FALSE },
};

static void
run_reply (guint row,
           gsize first,
           gsize rest_step,
           gsize size)
{
  const char *reply = replies[row].reply;
  gsize len = strlen (reply);
  Driver driver;

  driver_init (&driver, size);
  for (gsize at = 0; at < len;)
    {
      gsize n = MIN (at == 0 ? first : rest_step, len - at);

      add_bytes (&driver, &reply[at], n);
      add_io (&driver, MSA_IO_AGAIN);
      at += n;
    }
  if (replies[row].closes)
    add_io (&driver, MSA_IO_END);

  open_get (&driver);
  while (!strstr (driver.text->str, "end") && !strstr (driver.text->str, "failed"))
    {
      g_assert_cmpuint (driver.script->n_recv, <, 3 * len + 10);
      drive (&driver);
      /* What the buffer held is not needed any more. */
      memset (driver.buffer, 'Z', size);
    }
  assert_text (&driver, replies[row].expected);
  g_assert_cmpint (is_reusable (&driver), ==, replies[row].reusable);
  driver_clear (&driver);
}

static void
test_reply (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  gsize len = strlen (replies[row].reply);

  run_reply (row, len, len, 1000);
  run_reply (row, 1, 1, 1000);
  run_reply (row, len, len, 1);
  run_reply (row, len, len, 7);
  for (gsize cut = 1; cut < len; cut++)
    run_reply (row, cut, len, 1000);
}

static void
test_long_head_in_small_reads (void)
{
  g_autoptr (GString) reply = g_string_new ("HTTP/1.1 204 X\r\n");
  Driver driver;

  driver_init (&driver, 100);
  for (guint i = 0; i < 90; i++)
    {
      g_string_append (reply, "A: ");
      for (guint n = 0; n < 3000; n++)
        g_string_append_c (reply, 'x');
      g_string_append (reply, "\r\n");
    }
  g_string_append (reply, "\r\n");
  add_bytes (&driver, reply->str, reply->len);
  open_get (&driver);
  drive (&driver);
  assert_text (&driver, "204 end");
  g_assert_true (is_reusable (&driver));
  driver_clear (&driver);
}

/* --- What ends the connection --- */

static void
test_surplus_ends_reuse (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, REPLY "!");
  open_get (&driver);
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_false (is_reusable (&driver));
  drive (&driver);
  assert_text (&driver, "200 [hello] end closed");
  g_assert_cmpuint (driver.script->n_recv, ==, 1);
  driver_clear (&driver);
}

static void
test_head_reply_with_body_ends_reuse (void)
{
  MsaRequest request = get_request ();
  Driver driver;

  driver_init (&driver, 1000);
  request.method = MSA_SLICE ("HEAD");
  add_reply (&driver, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  open_stream (&driver, &request);
  g_assert_true (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "200 end");
  g_assert_true (is_reusable (&driver));

  add_reply (&driver, REPLY);
  open_stream (&driver, &request);
  g_assert_true (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "200 end");
  g_assert_false (is_reusable (&driver));
  driver_clear (&driver);
}

static void
test_asked_close_ends_reuse (void)
{
  MsaRequest request = get_request ();
  Driver driver;

  driver_init (&driver, 1000);
  request.close = TRUE;
  add_reply (&driver, REPLY);
  open_stream (&driver, &request);
  g_assert_true (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_nonnull (strstr (driver.script->sent->str, "\r\nConnection: close\r\n"));
  g_assert_false (is_reusable (&driver));
  driver_clear (&driver);
}

static void
test_unsent_request_ends_reuse (void)
{
  MsaRequest request = put_request (10);
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, REFUSAL);
  open_stream (&driver, &request);
  g_assert_cmpuint (write_body (&driver, "12345", TRUE), ==, 5);
  g_assert_true (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "403 [hello] end");
  g_assert_false (is_reusable (&driver));
  driver_clear (&driver);
}

/* The same when the peer wants all of it: then the end waits for what is missing. */
static void
test_unsent_request_is_wanted (void)
{
  MsaRequest request = put_request (10);
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, REPLY);
  open_stream (&driver, &request);
  g_assert_cmpuint (write_body (&driver, "12345", FALSE), ==, 5);
  g_assert_true (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "200 [hello]");
  g_assert_cmpuint (write_body (&driver, "67890", TRUE), ==, 5);
  g_assert_true (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_true (is_reusable (&driver));
  driver_clear (&driver);
}

static void
test_queued_request_ends_reuse (void)
{
  MsaRequest request = get_request ();
  Driver driver;

  driver_init (&driver, 1000);
  driver.script->send_budget = 10;
  add_reply (&driver, REFUSAL);
  open_stream (&driver, &request);
  g_assert_false (driver.session->ops->flush (driver.session));
  drive (&driver);
  assert_text (&driver, "403 [hello] end");
  g_assert_false (is_reusable (&driver));
  driver_clear (&driver);
}

static void
test_idle (void)
{
  static const MsaIo closing[] = { MSA_IO_END, MSA_IO_ERROR };
  Driver driver;

  for (guint i = 0; i <= G_N_ELEMENTS (closing); i++)
    {
      driver_init (&driver, 1000);
      exchange (&driver);
      drive (&driver);
      assert_text (&driver, "200 [hello] end");
      g_assert_true (is_reusable (&driver));
      g_assert_false (is_pending (&driver));

      if (i < G_N_ELEMENTS (closing))
        add_io (&driver, closing[i]);
      else
        add_reply (&driver, "?");
      drive (&driver);
      assert_text (&driver, "200 [hello] end closed");
      g_assert_false (is_reusable (&driver));
      driver_clear (&driver);
    }
}

static void
test_open_refused (void)
{
  MsaRequest request = get_request ();
  g_autoptr (GError) error = NULL;
  Driver driver;

  driver_init (&driver, 1000);
  request.target = MSA_SLICE ("/ /");
  g_assert_false (driver.session->ops->open (driver.session, &request, STREAM, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_true (is_reusable (&driver));
  exchange (&driver);
  g_assert_cmpstr (driver.script->sent->str, ==, GET);

  open_get (&driver);
  request = get_request ();
  g_assert_false (is_reusable (&driver));
  g_assert_false (driver.session->ops->open (driver.session, &request, STREAM, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INTERNAL);
  driver_clear (&driver);
}

static void
test_reset (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, REPLY);
  open_get (&driver);
  g_assert_true (step (&driver));
  driver.session->ops->reset (driver.session, (gpointer) "another");
  g_assert_true (step (&driver));
  driver.session->ops->reset (driver.session, STREAM);
  g_assert_false (is_pending (&driver));
  g_assert_false (is_reusable (&driver));
  g_assert_cmpuint (driver.session->raw_body_left, ==, 0);
  drive (&driver);
  assert_text (&driver, "200 [hello] closed");
  driver_clear (&driver);
}

/* --- Failures --- */

static void
test_unanswered (void)
{
  static const struct
  {
    gboolean    reused;
    const char *reply;
    MsaIo       io;
    MsaError    code;
    gboolean    unanswered;
  } cases[] = {
    { FALSE, "", MSA_IO_END, MSA_ERROR_EMPTY_REPLY, FALSE },
    { TRUE, "", MSA_IO_END, MSA_ERROR_EMPTY_REPLY, TRUE },
    { FALSE, "", MSA_IO_ERROR, MSA_ERROR_RECEIVE, FALSE },
    { TRUE, "", MSA_IO_ERROR, MSA_ERROR_RECEIVE, TRUE },
    { TRUE, "H", MSA_IO_END, MSA_ERROR_TRUNCATED, FALSE },
    { TRUE, "H", MSA_IO_ERROR, MSA_ERROR_RECEIVE, FALSE },
    { TRUE, "HTTP/1.1 100 C\r\n\r\n", MSA_IO_END, MSA_ERROR_TRUNCATED, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Driver driver;

      driver_init (&driver, 1000);
      if (cases[i].reused)
        exchange (&driver);
      if (cases[i].reply[0] != '\0')
        add_reply (&driver, cases[i].reply);
      add_io (&driver, cases[i].io);
      open_get (&driver);
      drive (&driver);
      drive (&driver);
      g_assert_error (driver.error, MSA_ERROR, (gint) cases[i].code);
      g_assert_cmpint (driver.unanswered, ==, cases[i].unanswered);
      g_assert_false (is_reusable (&driver));
      g_string_truncate (driver.text, 0);
      drive (&driver);
      assert_text (&driver, "closed");
      driver_clear (&driver);
    }
}

static void
test_send_failure_without_answer (void)
{
  static const MsaIo last[] = { MSA_IO_END, MSA_IO_ERROR, MSA_IO_AGAIN };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (last); i++)
    {
      gboolean reused = i % 2 == 1;
      Driver driver;

      driver_init (&driver, 1000);
      if (reused)
        exchange (&driver);
      driver.script->send_fails = TRUE;
      add_io (&driver, last[i / 2]);
      open_get (&driver);
      g_assert_true (is_pending (&driver));
      drive (&driver);
      assert_text (&driver, "failed");
      g_assert_error (driver.error, MSA_ERROR, MSA_ERROR_SEND);
      g_assert_cmpint (driver.unanswered, ==, reused);
      driver_clear (&driver);
    }
}

static void
test_send_failure_with_answer (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  driver.script->send_fails = TRUE;
  add_reply (&driver, "HTTP/1.1 413 Too Large\r\nContent-");
  add_reply (&driver, "Length: 2\r\n\r\nno");
  add_io (&driver, MSA_IO_END);
  open_get (&driver);
  drive (&driver);
  assert_text (&driver, "413 [no] end");
  g_assert_false (is_reusable (&driver));
  driver_clear (&driver);
}

static void
test_send_failure_with_part_of_answer (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  driver.script->send_fails = TRUE;
  add_reply (&driver, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nn");
  add_io (&driver, MSA_IO_END);
  open_get (&driver);
  drive (&driver);
  assert_text (&driver, "413 [n] failed");
  g_assert_error (driver.error, MSA_ERROR, MSA_ERROR_TRUNCATED);
  g_assert_false (driver.unanswered);
  driver_clear (&driver);
}

/* --- Sending a body --- */

static void
test_small_body_with_head (void)
{
  MsaRequest request = put_request (5);
  Driver driver;

  driver_init (&driver, 1000);
  open_stream (&driver, &request);
  g_assert_cmpuint (write_body (&driver, "hello", TRUE), ==, 5);
  g_assert_cmpuint (driver.script->n_send, ==, 0);
  g_assert_true (driver.session->ops->flush (driver.session));
  g_assert_cmpuint (driver.script->n_send, ==, 1);
  g_assert_cmpstr (driver.script->sent->str, ==, PUT_START "Content-Length: 5\r\n\r\nhello");

  add_reply (&driver, REPLY);
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_true (is_reusable (&driver));
  driver_clear (&driver);
}

static void
test_body_is_cut_at_its_length (void)
{
  MsaRequest request = put_request (5);
  Driver driver;

  driver_init (&driver, 1000);
  open_stream (&driver, &request);
  g_assert_cmpuint (write_body (&driver, "hello, GET / HTTP/1.1", FALSE), ==, 21);
  g_assert_cmpuint (write_body (&driver, "more", TRUE), ==, 4);
  g_assert_true (driver.session->ops->flush (driver.session));
  g_assert_cmpstr (driver.script->sent->str, ==, PUT_START "Content-Length: 5\r\n\r\nhello");
  driver_clear (&driver);
}

static void
test_chunked_body (void)
{
  MsaRequest request = put_request (-1);
  Driver driver;

  driver_init (&driver, 1000);
  open_stream (&driver, &request);
  g_assert_cmpuint (write_body (&driver, "hello, world, ab", FALSE), ==, 16);
  g_assert_cmpuint (write_body (&driver, "", FALSE), ==, 0);
  g_assert_cmpuint (write_body (&driver, "x", FALSE), ==, 1);
  g_assert_cmpuint (driver.session->ops->write (driver.session, STREAM, NULL, 0, TRUE), ==, 0);
  g_assert_true (driver.session->ops->flush (driver.session));
  g_assert_cmpuint (driver.script->n_send, ==, 1);
  g_assert_cmpstr (driver.script->sent->str, ==,
                   PUT_START "Transfer-Encoding: chunked\r\n\r\n"
                             "10\r\nhello, world, ab\r\n1\r\nx\r\n0\r\n\r\n");

  add_reply (&driver, REPLY);
  drive (&driver);
  g_assert_true (is_reusable (&driver));
  driver_clear (&driver);
}

/* Undoes the chunking of what was sent behind the head. */
static gchar *
unchunk (const char *text)
{
  g_autoptr (GString) body = g_string_new (NULL);
  gchar *end;
  guint64 size;

  while ((size = g_ascii_strtoull (text, &end, 16)) > 0)
    {
      g_assert_true (g_str_has_prefix (end, "\r\n"));
      g_string_append_len (body, &end[2], (gssize) size);
      text = &end[2 + size];
      g_assert_true (g_str_has_prefix (text, "\r\n"));
      text = &text[2];
    }
  g_assert_cmpstr (end, ==, "\r\n\r\n");

  return g_string_free (g_steal_pointer (&body), FALSE);
}

static void
test_large_body (gconstpointer data)
{
  gboolean chunked = GPOINTER_TO_INT (data);
  gsize len = 300000;
  g_autofree gchar *body = g_malloc (len + 1);
  MsaRequest request = put_request (chunked ? -1 : (gint64) len);
  g_autofree gchar *sent = NULL;
  const char *start;
  gsize at = 0;
  Driver driver;

  for (gsize i = 0; i < len; i++)
    body[i] = (char) ('a' + i % 23);
  body[len] = '\0';

  driver_init (&driver, 1000);
  driver.script->send_budget = 0;
  driver.script->send_max = 7777;
  open_stream (&driver, &request);
  for (guint turn = 0; at < len; turn++)
    {
      gsize n;

      g_assert_cmpuint (turn, <, 1000);
      n = write_body (&driver, &body[at], TRUE);
      g_assert_cmpuint (n, <=, MSA_MAX_PENDING_OUTPUT_BYTES + 20000);
      at += n;
      g_string_truncate (driver.text, 0);
      drive (&driver);
      assert_text (&driver, "");

      /* Nothing is told before all that was queued has gone. */
      driver.script->send_budget = 20000;
      while (!driver.session->ops->flush (driver.session))
        {
          g_assert_false (is_pending (&driver));
          g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_OUT);
          driver.script->send_budget = 20000;
        }
      g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_NONE);
      g_assert_cmpint (is_pending (&driver), ==, at < len);
      drive (&driver);
      assert_text (&driver, at < len ? "writable" : "");
    }

  start = strstr (driver.script->sent->str, "\r\n\r\n");
  g_assert_nonnull (start);
  sent = chunked ? unchunk (&start[4]) : g_strdup (&start[4]);
  g_assert_cmpstr (sent, ==, body);
  driver_clear (&driver);
}

static void
test_wants (void)
{
  MsaRequest request = get_request ();
  Driver driver;

  driver_init (&driver, 1000);
  g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_NONE);
  open_stream (&driver, &request);
  g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_OUT);

  /* A chain that must read before it can send. */
  driver.script->send_budget = 0;
  driver.script->wants = MSA_SOCKET_IN;
  g_assert_false (driver.session->ops->flush (driver.session));
  g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_IN);
  driver.script->send_budget = G_MAXSIZE;
  g_assert_true (driver.session->ops->flush (driver.session));
  g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_NONE);

  /* To wait for IN is the engine's to decide: it may have paused. */
  drive (&driver);
  g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_NONE);
  driver.script->wants = MSA_SOCKET_OUT;
  drive (&driver);
  g_assert_cmpint (driver.session->ops->wants (driver.session), ==, MSA_SOCKET_OUT);
  driver_clear (&driver);
}

/* --- Parking and raw bodies --- */

static void
test_park (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, REPLY);
  open_get (&driver);
  g_assert_true (step (&driver));
  assert_text (&driver, "200");
  driver.session->ops->park (driver.session, FALSE);
  memset (driver.buffer, 'Z', driver.size);
  g_assert_true (is_pending (&driver));
  g_assert_cmpuint (driver.session->raw_body_left, ==, 0);
  drive (&driver);
  assert_text (&driver, "200 [hello] end");
  g_assert_cmpuint (driver.script->n_recv, ==, 1);
  g_assert_true (is_reusable (&driver));
  driver_clear (&driver);
}

/* Refuses each DATA @n_refused times. */
static void
drive_refusing (Driver *self,
                guint n_refused)
{
  MsaSessionEventKind kind;
  MsaSessionEvent event;

  do
    {
      kind = next_event (self, &event);
      for (guint i = 0; kind == MSA_SESSION_DATA && i < n_refused; i++)
        {
          g_autofree gchar *data = msa_slice_dup (event.data);

          self->session->ops->park (self->session, TRUE);
          memset (self->buffer, 'Z', self->size);
          g_assert_true (is_pending (self));
          kind = next_event (self, &event);
          g_assert_cmpint (kind, ==, MSA_SESSION_DATA);
          g_assert_cmpmem (event.data.data, event.data.len, data, strlen (data));
        }
    }
  while (write_event (self, kind, &event));
}

static void
test_park_again (void)
{
  static const char *replies_to_park[] = {
    REPLY,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (replies_to_park); i++)
    for (guint n_refused = 0; n_refused <= 3; n_refused++)
      for (gsize size = 1; size <= 100; size++)
        {
          Driver driver;

          driver_init (&driver, size);
          add_reply (&driver, replies_to_park[i]);
          open_get (&driver);
          drive_refusing (&driver, n_refused);
          assert_text (&driver, "200 [hello] end");
          g_assert_true (is_reusable (&driver));
          driver_clear (&driver);
        }
}

static void
test_park_again_then_close (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, "HTTP/1.1 200 OK\r\n\r\nhello");
  add_io (&driver, MSA_IO_END);
  open_get (&driver);
  g_assert_true (step (&driver));
  g_assert_true (step (&driver));
  driver.session->ops->park (driver.session, TRUE);
  g_string_truncate (driver.text, 0);
  drive (&driver);
  assert_text (&driver, "[hello] end");
  driver_clear (&driver);
}

static void
test_raw_body (void)
{
  guint8 place[8];
  MsaSessionEventKind kind;
  MsaSessionEvent event;
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nab");
  open_get (&driver);
  g_assert_cmpuint (driver.session->raw_body_left, ==, 0);
  g_assert_true (step (&driver));
  g_assert_cmpuint (driver.session->raw_body_left, ==, 0);
  g_assert_true (step (&driver));
  g_assert_cmpuint (driver.session->raw_body_left, ==, 5);
  g_assert_false (is_pending (&driver));
  g_assert_false (step (&driver));
  g_assert_cmpuint (driver.session->raw_body_left, ==, 5);

  /* Received where the caller wants it, and no byte past the body. */
  add_reply (&driver, "cde");
  add_reply (&driver, "fgHTTP");
  kind = driver.session->ops->next (driver.session, &(MsaPlace) { place, 3, NULL }, &event);
  g_assert_cmpint (kind, ==, MSA_SESSION_DATA);
  g_assert_true (event.data.data == (const char *) place);
  g_assert_cmpmem (event.data.data, event.data.len, "cde", 3);
  g_assert_cmpuint (driver.session->raw_body_left, ==, 2);
  kind = driver.session->ops->next (driver.session, &(MsaPlace) { place, 8, NULL }, &event);
  g_assert_cmpint (kind, ==, MSA_SESSION_DATA);
  g_assert_cmpuint (driver.script->last_size, ==, 2);
  g_assert_cmpmem (event.data.data, event.data.len, "fg", 2);
  g_assert_cmpuint (driver.session->raw_body_left, ==, 0);
  g_assert_true (is_pending (&driver));

  drive (&driver);
  assert_text (&driver, "200 [ab] end");
  g_assert_true (is_reusable (&driver));
  drive (&driver);
  assert_text (&driver, "200 [ab] end closed");
  driver_clear (&driver);
}

static void
test_no_raw_body_of_chunks (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  add_reply (&driver, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nab");
  open_get (&driver);
  drive (&driver);
  assert_text (&driver, "200 [ab]");
  g_assert_cmpuint (driver.session->raw_body_left, ==, 0);
  driver_clear (&driver);
}

static void
park_bytes (gsize len,
            gboolean fits)
{
  g_autofree gchar *body = g_strnfill (len, 'x');
  Driver driver;

  driver_init (&driver, len);
  add_reply (&driver, "HTTP/1.1 200 OK\r\n\r\n");
  add_bytes (&driver, body, len);
  open_get (&driver);
  drive (&driver);
  g_assert_true (step (&driver));
  driver.session->ops->park (driver.session, TRUE);
  g_assert_true (is_pending (&driver));
  g_string_truncate (driver.text, 0);
  drive (&driver);
  if (fits)
    {
      g_assert_cmpuint (driver.text->len, ==, len + strlen ("[]"));
    }
  else
    {
      assert_text (&driver, "failed");
      g_assert_error (driver.error, MSA_ERROR, MSA_ERROR_TOO_LARGE);
      g_assert_nonnull (strstr (driver.error->message, "1150976"));
    }
  driver_clear (&driver);
}

/* A caller that parks more than any engine does: an end, not endless memory. */
static void
test_park_past_the_ceiling (void)
{
  park_bytes (MSA_MAX_HELD_BYTES - 1, TRUE);
  park_bytes (MSA_MAX_HELD_BYTES, TRUE);
  park_bytes (MSA_MAX_HELD_BYTES + 1, FALSE);
}

static void
test_pending (void)
{
  Driver driver;

  driver_init (&driver, 1000);
  g_assert_false (is_pending (&driver));
  add_reply (&driver, REPLY);
  open_get (&driver);
  g_assert_false (is_pending (&driver));
  g_assert_true (step (&driver)); /* head; the body is there */
  g_assert_true (is_pending (&driver));
  g_assert_true (step (&driver)); /* body; the end needs no byte */
  g_assert_true (is_pending (&driver));
  g_assert_false (step (&driver));
  g_assert_false (is_pending (&driver));

  add_reply (&driver, "HTTP/1.1 200 OK\r\nContent-");
  open_get (&driver);
  drive (&driver);
  g_assert_false (is_pending (&driver)); /* the rest of a line is held, and tells nothing */
  driver_clear (&driver);
}

#define ADD(name, func) g_test_add_func ("/msa/http1-session/" name, func)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("small-exchange-is-one-send-one-recv", test_small_exchange);
  ADD ("no-recv-after-short-read", test_no_recv_after_short_read);
  ADD ("recv-while-chain-is-pending", test_recv_while_chain_is_pending);
  MSA_TEST_ADD_NUMBERED ("/msa/http1-session/reply", replies, test_reply);
  ADD ("long-head-in-small-reads", test_long_head_in_small_reads);
  ADD ("reuse/surplus-ends-it", test_surplus_ends_reuse);
  ADD ("reuse/head-reply-with-body-ends-it", test_head_reply_with_body_ends_reuse);
  ADD ("reuse/asked-close-ends-it", test_asked_close_ends_reuse);
  ADD ("reuse/unsent-request-ends-it", test_unsent_request_ends_reuse);
  ADD ("reuse/unsent-request-is-wanted", test_unsent_request_is_wanted);
  ADD ("reuse/queued-request-ends-it", test_queued_request_ends_reuse);
  ADD ("reuse/idle", test_idle);
  ADD ("open-refused", test_open_refused);
  ADD ("reset", test_reset);
  ADD ("failure/unanswered", test_unanswered);
  ADD ("failure/send-without-answer", test_send_failure_without_answer);
  ADD ("failure/send-with-answer", test_send_failure_with_answer);
  ADD ("failure/send-with-part-of-answer", test_send_failure_with_part_of_answer);
  ADD ("body/small-goes-with-head", test_small_body_with_head);
  ADD ("body/is-cut-at-its-length", test_body_is_cut_at_its_length);
  ADD ("body/chunked", test_chunked_body);
  g_test_add_data_func ("/msa/http1-session/body/large", GINT_TO_POINTER (FALSE), test_large_body);
  g_test_add_data_func ("/msa/http1-session/body/large-chunked", GINT_TO_POINTER (TRUE),
                        test_large_body);
  ADD ("wants", test_wants);
  ADD ("park/rest-is-kept", test_park);
  ADD ("park/data-comes-again", test_park_again);
  ADD ("park/data-comes-again-before-end", test_park_again_then_close);
  ADD ("park/past-the-ceiling", test_park_past_the_ceiling);
  ADD ("raw-body/received-in-place", test_raw_body);
  ADD ("raw-body/not-of-chunks", test_no_raw_body_of_chunks);
  ADD ("pending", test_pending);

  return g_test_run ();
}

/* msa-http1-parser.c: HTTP/1 responses, from bytes to events
 *
 * The status line, and the order of a message's parts. Lines and fields are read by
 * msa-http1-lines.c, chunks by msa-http1-chunked.c; how long a body is, and whether the connection
 * is good for another, is decided in msa-http1-framing.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-parser-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-number-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-chunked-private.h"
#include "proto/http1/msa-http1-lines-private.h"

#include <stdbool.h>

/* The block of a head's fields at first: what came of it, within these. */
#define MIN_FIELD_BYTES 256
#define MAX_FIELD_BYTES 2048

typedef enum
{
  MSA_HTTP1_STATUS_LINE,
  MSA_HTTP1_FIELDS,
  MSA_HTTP1_RAW,          /* a body of raw_left bytes */
  MSA_HTTP1_UNTIL_CLOSE,
  MSA_HTTP1_CHUNKS,
  MSA_HTTP1_TRAILER_PART,
  MSA_HTTP1_OVER,
  MSA_HTTP1_FAILED,
} MsaHttp1State;

struct _MsaHttp1Parser
{
  MsaHttp1State   state;
  bool            no_body;     /* the response is to a HEAD request */
  bool            allow_http09; /* it may come without a head */
  bool            seen;        /* a byte came */
  guint           n_interim;
  MsaHttp1Lines   lines;       /* of this head, or of the trailers */

  MsaHead         head;
  MsaHeaders     *trailers;    /* (owned) (nullable) */
  MsaHttp1Framing framing;
  guint64         raw_left;
  MsaHttp1Chunked chunked;
  MsaSlice        data;        /* of the last MSA_HTTP1_DATA */
  GError         *failure;     /* (owned) (nullable): set in MSA_HTTP1_FAILED */
};

/* Each takes what it can; TRUE when @result is to be given, FALSE to go on in the state it set. */
static gboolean read_status_line (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean read_fields      (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean read_raw         (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean read_until_close (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean read_chunks      (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean read_trailers    (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean give_end         (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
static gboolean give_failure     (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);

static const MsaHttp1Part head_part = {
  "head",
  MSA_MAX_HEADER_LINE_BYTES,
  MSA_MAX_HEAD_BYTES,
};
static const MsaHttp1Part trailer_part = {
  "trailer section",
  MSA_MAX_TRAILER_LINE_BYTES,
  MSA_MAX_TRAILER_BYTES,
};

static const char not_http[] = "is not the status line of HTTP/1.0 or HTTP/1.1";

#define TO(s) (1u << MSA_HTTP1_##s)

#define AFTER_HEAD (TO (STATUS_LINE) | TO (RAW) | TO (UNTIL_CLOSE) | TO (CHUNKS) | TO (OVER))

static const struct
{
  const char *name;
  guint       next; /* bit set: states allowed after this one; FAILED always is */
  gboolean  (*read) (MsaHttp1Parser *self, MsaCursor *input, MsaHttp1Result *result);
} states[] = {
  [MSA_HTTP1_STATUS_LINE]  = { "status line", TO (FIELDS) | TO (UNTIL_CLOSE), read_status_line },
  [MSA_HTTP1_FIELDS]       = { "head", AFTER_HEAD, read_fields },
  [MSA_HTTP1_RAW]          = { "body", TO (OVER), read_raw },
  [MSA_HTTP1_UNTIL_CLOSE]  = { "body", TO (OVER), read_until_close },
  [MSA_HTTP1_CHUNKS]       = { "chunked body", TO (TRAILER_PART), read_chunks },
  [MSA_HTTP1_TRAILER_PART] = { "trailer section", TO (OVER), read_trailers },
  [MSA_HTTP1_OVER]         = { "end", 0, give_end },
  [MSA_HTTP1_FAILED]       = { "failure", 0, give_failure },
};

static gboolean fail (MsaHttp1Parser *self,
                      MsaError code,
                      const char *format,
                      ...) G_GNUC_PRINTF (3, 4);

static void
set_state (MsaHttp1Parser *self,
           MsaHttp1State state)
{
  if (state != MSA_HTTP1_FAILED && (states[self->state].next & (1u << state)) == 0)
    {
      fail (self, MSA_ERROR_INTERNAL, "The %s of a response cannot follow its %s",
            states[state].name, states[self->state].name);
      return;
    }

  self->state = state;
}

/* Always FALSE: the next turn of the loop gives the failure. */
static gboolean
fail (MsaHttp1Parser *self,
      MsaError code,
      const char *format,
      ...)
{
  if (self->failure == NULL)
    {
      va_list args;

      va_start (args, format);
      self->failure = g_error_new_valist (MSA_ERROR, code, format, args);
      va_end (args);
    }
  set_state (self, MSA_HTTP1_FAILED);

  return FALSE;
}

/* As fail(), for what a helper has put into failure. */
static gboolean
note_failure (MsaHttp1Parser *self)
{
  set_state (self, MSA_HTTP1_FAILED);

  return FALSE;
}

MsaHttp1Parser *
msa_http1_parser_new (void)
{
  MsaHttp1Parser *self = g_new0 (MsaHttp1Parser, 1);

  msa_http1_parser_start (self, FALSE);

  return self;
}

void
msa_http1_parser_free (MsaHttp1Parser *self)
{
  msa_head_clear (&self->head);
  g_clear_pointer (&self->trailers, msa_headers_unref);
  g_clear_error (&self->failure);
  g_free (self);
}

void
msa_http1_parser_start (MsaHttp1Parser *self,
                        gboolean no_body)
{
  msa_head_clear (&self->head);
  g_clear_pointer (&self->trailers, msa_headers_unref);
  g_clear_error (&self->failure);
  *self = (MsaHttp1Parser) {
    .state = MSA_HTTP1_STATUS_LINE,
    .no_body = no_body,
    .lines = { .part = &head_part },
    .head = { .content_length = -1 },
  };
}

void
msa_http1_parser_allow_http09 (MsaHttp1Parser *self)
{
  self->allow_http09 = TRUE;
}

/* "HTTP/1.1 200 OK"; the last blank may be missing with the reason. 101 is refused since no request
 * asks for another protocol. */
static gboolean
parse_status_line (MsaHead *head,
                   MsaSlice line,
                   GError **error)
{
  MsaCursor rest = msa_cursor_from_slice (line);
  MsaSlice digits, reason;
  guint64 status;

  if (msa_cursor_accept_slice (&rest, MSA_SLICE ("HTTP/1.1")))
    head->version = MSA_HTTP_VERSION_HTTP_1_1;
  else if (msa_cursor_accept_slice (&rest, MSA_SLICE ("HTTP/1.0")))
    head->version = MSA_HTTP_VERSION_HTTP_1_0;
  else
    return msa_http1_fail_line (line, not_http, error);

  if (!msa_cursor_accept (&rest, ' '))
    return msa_http1_fail_line (line, "has no blank behind the version", error);
  digits = msa_cursor_take (&rest, 3);
  if (digits.len != 3 || !msa_number_parse (digits, 10, 999, &status) || status < 100)
    return msa_http1_fail_line (line, "has no status from 100 to 999", error);
  if (!msa_cursor_is_empty (&rest) && msa_cursor_peek (&rest) != ' ')
    return msa_http1_fail_line (line, "has no blank behind a status of three digits", error);
  if (status == 101)
    return msa_http1_fail_line (line, "switches to a protocol that was not asked for", error);

  reason = msa_slice_trim (msa_cursor_rest (&rest));
  if (!msa_is_field_value (reason))
    return msa_http1_fail_line (line, "has a control character in its reason", error);

  head->status = (guint) status;
  if (reason.len > 0)
    head->reason = msa_reason_new (reason);

  return TRUE;
}

/* As far as it is there. */
static gboolean
may_begin (const MsaCursor *input,
           MsaSlice expected)
{
  MsaSlice start = msa_cursor_rest (input);

  expected.len = start.len = MIN (expected.len, start.len);

  return msa_slice_equal (start, expected);
}

/* A reply that begins with its body (RFC 1945, 3.1). */
static gboolean
give_no_head (MsaHttp1Parser *self,
              MsaHttp1Result *result)
{
  self->head.status = 200;
  self->head.version = MSA_HTTP_VERSION_HTTP_1_0;
  self->head.headers = msa_headers_new_sized (0);
  msa_headers_freeze (self->head.headers);
  set_state (self, MSA_HTTP1_UNTIL_CLOSE);
  *result = MSA_HTTP1_HEAD;

  return TRUE;
}

static gboolean
read_status_line (MsaHttp1Parser *self,
                  MsaCursor *input,
                  MsaHttp1Result *result)
{
  MsaSlice start = msa_cursor_rest (input);
  gboolean is_http = may_begin (input, MSA_SLICE ("HTTP/1."));
  MsaSlice line;

  if (self->allow_http09 && self->n_interim == 0 && !may_begin (input, MSA_SLICE ("HTTP/")))
    return give_no_head (self, result);

  switch (msa_http1_lines_take (&self->lines, input, &line, &self->failure))
    {
    case MSA_HTTP1_LINE_MORE:
    case MSA_HTTP1_LINE_ERROR:
      /* A peer that does not speak HTTP/1 may never send a line's end; how long its line is, is not
       * what is wrong with it. */
      if (!is_http)
        {
          g_clear_error (&self->failure);
          msa_http1_fail_line (start, not_http, &self->failure);
        }
      if (self->failure != NULL)
        return note_failure (self);
      *result = MSA_HTTP1_MORE;
      return TRUE;
    case MSA_HTTP1_LINE_TAKEN:
      break;
    }

  msa_head_clear (&self->head);
  if (!parse_status_line (&self->head, line, &self->failure))
    return note_failure (self);

  self->head.headers = msa_headers_new_sized (CLAMP (msa_cursor_left (input), MIN_FIELD_BYTES,
                                                     MAX_FIELD_BYTES));
  set_state (self, MSA_HTTP1_FIELDS);

  return FALSE;
}

static gboolean
end_interim_head (MsaHttp1Parser *self,
                  MsaHttp1Result *result)
{
  if (++self->n_interim > MSA_MAX_INTERIM_HEADS)
    return fail (self, MSA_ERROR_TOO_LARGE, "More than %d interim heads came before the final one",
                 MSA_MAX_INTERIM_HEADS);

  self->head.content_length = 0;
  msa_http1_lines_begin (&self->lines, &head_part);
  set_state (self, MSA_HTTP1_STATUS_LINE);
  *result = MSA_HTTP1_INFORMATIONAL;

  return TRUE;
}

static gboolean
end_head (MsaHttp1Parser *self,
          MsaHttp1Result *result)
{
  msa_headers_freeze (self->head.headers);
  self->head.n_bytes = self->lines.n_bytes;
  if (self->head.status < 200)
    return end_interim_head (self, result);

  if (!msa_http1_framing_decide (&self->head, self->no_body, &self->framing, &self->failure))
    return note_failure (self);

  self->head.content_length = -1;
  switch (self->framing.kind)
    {
    case MSA_HTTP1_BODY_NONE:
    case MSA_HTTP1_BODY_LENGTH:
      self->head.content_length = (gint64) self->framing.length;
      self->raw_left = self->framing.length;
      set_state (self, self->raw_left == 0 ? MSA_HTTP1_OVER : MSA_HTTP1_RAW);
      break;
    case MSA_HTTP1_BODY_CHUNKED:
      set_state (self, MSA_HTTP1_CHUNKS);
      break;
    case MSA_HTTP1_BODY_CLOSE:
      set_state (self, MSA_HTTP1_UNTIL_CLOSE);
      break;
    }
  *result = MSA_HTTP1_HEAD;

  return TRUE;
}

/* Takes the lines up to the empty one. TRUE if that came; else @result is MORE, or the state
 * FAILED. */
static gboolean
take_fields (MsaHttp1Parser *self,
             MsaHeaders **headers,
             MsaCursor *input,
             MsaHttp1Result *result)
{
  GError **failure = &self->failure;
  MsaHttp1LineResult taken;
  MsaSlice line;

  for (;;)
    {
      taken = msa_http1_lines_take (&self->lines, input, &line, failure);
      if (taken != MSA_HTTP1_LINE_TAKEN)
        break;

      if (line.len == 0)
        return TRUE;
      if (*headers == NULL)
        *headers = msa_headers_new_sized (MIN_FIELD_BYTES);
      if (!msa_http1_lines_add_field (&self->lines, *headers, line, failure))
        return note_failure (self);
    }

  *result = MSA_HTTP1_MORE;

  return taken == MSA_HTTP1_LINE_MORE ? FALSE : note_failure (self);
}

static gboolean
read_fields (MsaHttp1Parser *self,
             MsaCursor *input,
             MsaHttp1Result *result)
{
  if (take_fields (self, &self->head.headers, input, result))
    return end_head (self, result);

  return self->state != MSA_HTTP1_FAILED;
}

static gboolean
read_raw (MsaHttp1Parser *self,
          MsaCursor *input,
          MsaHttp1Result *result)
{
  self->data = msa_cursor_take (input, (gsize) MIN (self->raw_left, (guint64) G_MAXSSIZE));
  msa_http1_parser_skip_raw (self, self->data.len);
  *result = self->data.len > 0 ? MSA_HTTP1_DATA : MSA_HTTP1_MORE;

  return TRUE;
}

static gboolean
read_until_close (MsaHttp1Parser *self,
                  MsaCursor *input,
                  MsaHttp1Result *result)
{
  self->data = msa_cursor_take (input, msa_cursor_left (input));
  *result = self->data.len > 0 ? MSA_HTTP1_DATA : MSA_HTTP1_MORE;

  return TRUE;
}

static gboolean
read_chunks (MsaHttp1Parser *self,
             MsaCursor *input,
             MsaHttp1Result *result)
{
  *result = msa_http1_chunked_next (&self->chunked, input, &self->data, &self->failure);

  if (*result == MSA_HTTP1_ERROR)
    return note_failure (self);
  if (*result == MSA_HTTP1_END)
    {
      msa_http1_lines_begin (&self->lines, &trailer_part);
      set_state (self, MSA_HTTP1_TRAILER_PART);
      return FALSE;
    }

  return TRUE;
}

/* Framing fields among them frame nothing: the body is over. */
static gboolean
read_trailers (MsaHttp1Parser *self,
               MsaCursor *input,
               MsaHttp1Result *result)
{
  if (!take_fields (self, &self->trailers, input, result))
    return self->state != MSA_HTTP1_FAILED;

  set_state (self, MSA_HTTP1_OVER);
  if (self->trailers == NULL)
    return FALSE;

  msa_headers_freeze (self->trailers);
  *result = MSA_HTTP1_TRAILERS;

  return TRUE;
}

static gboolean
give_end (MsaHttp1Parser *self,
          MsaCursor *input,
          MsaHttp1Result *result)
{
  *result = MSA_HTTP1_END;

  return TRUE;
}

static gboolean
give_failure (MsaHttp1Parser *self,
              MsaCursor *input,
              MsaHttp1Result *result)
{
  *result = MSA_HTTP1_ERROR;

  return TRUE;
}

static MsaHttp1Result
finish (MsaHttp1Parser *self,
        MsaHttp1Result result,
        GError **error)
{
  if (result == MSA_HTTP1_ERROR && error != NULL)
    *error = g_error_copy (self->failure);

  return result;
}

MsaHttp1Result
msa_http1_parser_next (MsaHttp1Parser *self,
                       MsaCursor *input,
                       GError **error)
{
  MsaHttp1Result result = MSA_HTTP1_MORE;

  if (!msa_cursor_is_empty (input))
    self->seen = TRUE;

  while (!states[self->state].read (self, input, &result))
    ;

  return finish (self, result, error);
}

MsaHttp1Result
msa_http1_parser_eof (MsaHttp1Parser *self,
                      gsize n_left,
                      GError **error)
{
  if (self->state == MSA_HTTP1_UNTIL_CLOSE)
    set_state (self, MSA_HTTP1_OVER);
  if (self->state == MSA_HTTP1_OVER)
    return MSA_HTTP1_END;

  if (!self->seen && n_left == 0)
    fail (self, MSA_ERROR_EMPTY_REPLY, "The peer closed the connection without a reply");
  else if (self->state == MSA_HTTP1_RAW)
    fail (self, MSA_ERROR_TRUNCATED,
          "The peer closed the connection, and %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
          " bytes are missing",
          self->raw_left, self->framing.length);
  else
    fail (self, MSA_ERROR_TRUNCATED, "The peer closed the connection within the %s of its reply",
          states[self->state].name);

  return finish (self, MSA_HTTP1_ERROR, error);
}

MsaHead *
msa_http1_parser_get_head (MsaHttp1Parser *self)
{
  return &self->head;
}

const MsaHttp1Framing *
msa_http1_parser_get_framing (const MsaHttp1Parser *self)
{
  return &self->framing;
}

MsaSlice
msa_http1_parser_get_data (const MsaHttp1Parser *self)
{
  return self->data;
}

MsaHeaders *
msa_http1_parser_get_trailers (MsaHttp1Parser *self)
{
  return self->trailers;
}

guint64
msa_http1_parser_get_raw_left (const MsaHttp1Parser *self)
{
  return self->raw_left;
}

void
msa_http1_parser_skip_raw (MsaHttp1Parser *self,
                           gsize len)
{
  self->raw_left -= MIN (self->raw_left, (guint64) len);
  if (self->raw_left == 0)
    set_state (self, MSA_HTTP1_OVER);
}

gboolean
msa_http1_parser_is_virgin (const MsaHttp1Parser *self)
{
  return !self->seen;
}

gboolean
msa_http1_parser_needs_bytes (const MsaHttp1Parser *self)
{
  return self->state != MSA_HTTP1_OVER && self->state != MSA_HTTP1_FAILED;
}

gboolean
msa_http1_parser_keeps_alive (const MsaHttp1Parser *self)
{
  return self->state == MSA_HTTP1_OVER && self->framing.keeps_alive && !self->lines.bare_lf;
}

/* msa-fuzz-http1.c: what the parser of HTTP/1 makes of bytes that come in pieces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-http1.h"

#include "proto/http1/msa-http1-parser-private.h"

#define MAX_RESPONSES 8

typedef struct
{
  MsaHttp1Parser   *parser;      /* (owned) */
  MsaFuzzHttp1Flags flags;
  GString          *text;
  MsaCursor         rest;        /* of the input: not yet in the block */
  guint8           *block;       /* (owned) (nullable) */
  MsaCursor         here;        /* what is left of the block */
  gboolean          in_body;     /* the last event was data */
  guint64           n_body;      /* bytes of this response's body */
  gint64            announced;   /* of these, as the head said; -1: not */
  guint             n_responses;
  gboolean          over;
} Run;

static void
write_head (Run *self,
            gboolean final)
{
  MsaHead *head = msa_http1_parser_get_head (self->parser);

  g_assert_cmpuint (head->status, >=, 100);
  g_assert_cmpuint (head->status, <=, 999);
  g_assert_cmpint (final, ==, head->status >= 200);
  g_assert_true (head->reason == NULL || head->reason[0] != '\0');
  g_string_append_printf (self->text, " %u %s %d len=%" G_GINT64_FORMAT " ", head->status,
                          head->reason != NULL ? head->reason : "-", head->version,
                          head->content_length);
  msa_fuzz_append_headers (self->text, head->headers);
  if (final)
    {
      self->announced = head->content_length;
      self->n_body = 0;
    }
}

static void
write_data (Run *self)
{
  MsaSlice data = msa_http1_parser_get_data (self->parser);

  g_assert_cmpuint (data.len, >, 0);
  if (!self->in_body)
    g_string_append (self->text, " body=");
  g_string_append_len (self->text, data.data, (gssize) data.len);
  self->n_body += data.len;
  g_assert_true (self->announced < 0 || self->n_body <= (guint64) self->announced);
}

static void
write_end (Run *self)
{
  gboolean keeps_alive = msa_http1_parser_keeps_alive (self->parser);
  gsize left = msa_cursor_left (&self->here) + msa_cursor_left (&self->rest);

  g_assert_true (self->announced < 0 || self->n_body == (guint64) self->announced);
  g_assert_false (msa_http1_parser_needs_bytes (self->parser));
  g_string_append_printf (self->text, " end %s left=%" G_GSIZE_FORMAT,
                          keeps_alive ? "keep" : "close", left);
  self->over = !keeps_alive || left == 0 || ++self->n_responses == MAX_RESPONSES;
  if (!self->over)
    msa_http1_parser_start (self->parser, (self->flags & MSA_FUZZ_NO_BODY) != 0);
}

static void
write_error (Run *self,
             const GError *error)
{
  g_autoptr (GError) again = NULL;

  g_string_append_c (self->text, ' ');
  msa_fuzz_append_error (self->text, error);
  g_assert_cmpint (msa_http1_parser_next (self->parser, &self->here, &again), ==, MSA_HTTP1_ERROR);
  g_assert_error (again, error->domain, error->code);
  self->over = TRUE;
}

/* FALSE if more bytes are wanted. */
static gboolean
write_event (Run *self,
             MsaHttp1Result result,
             const GError *error)
{
  switch (result)
    {
    case MSA_HTTP1_MORE:
      return FALSE;
    case MSA_HTTP1_INFORMATIONAL:
      write_head (self, FALSE);
      break;
    case MSA_HTTP1_HEAD:
      write_head (self, TRUE);
      break;
    case MSA_HTTP1_DATA:
      write_data (self);
      break;
    case MSA_HTTP1_TRAILERS:
      g_string_append (self->text, " trailers=");
      msa_fuzz_append_headers (self->text, msa_http1_parser_get_trailers (self->parser));
      break;
    case MSA_HTTP1_END:
      write_end (self);
      break;
    case MSA_HTTP1_ERROR:
    default:
      write_error (self, error);
      break;
    }
  self->in_body = result == MSA_HTTP1_DATA;

  return !self->over;
}

static void
pull (Run *self)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      gsize left = msa_cursor_left (&self->here);
      gboolean needs_bytes = msa_http1_parser_needs_bytes (self->parser);
      MsaHttp1Result result = msa_http1_parser_next (self->parser, &self->here, &error);

      /* An event is made of bytes, unless it says that it is not, or there is no head. */
      g_assert_true (result == MSA_HTTP1_MORE || result == MSA_HTTP1_ERROR || !needs_bytes ||
                     msa_cursor_left (&self->here) < left ||
                     ((self->flags & MSA_FUZZ_HTTP09) != 0 && result == MSA_HTTP1_HEAD));
      if (!write_event (self, result, error))
        return;
    }
}

/* Puts a piece behind what is left. */
static void
feed (Run *self,
      MsaSlice piece)
{
  MsaSlice left = msa_cursor_rest (&self->here);
  gsize len = left.len + piece.len;
  guint8 *block = g_malloc (len);

  if (left.len > 0)
    memcpy (block, left.data, left.len);
  if (piece.len > 0)
    memcpy (&block[left.len], piece.data, piece.len);
  g_free (self->block);
  self->block = block;
  self->here = msa_cursor (block, len);
}

static void
end (Run *self)
{
  g_autoptr (GError) error = NULL;
  MsaHttp1Result result;

  if (self->over || (self->flags & MSA_FUZZ_EOF) == 0)
    return;

  result = msa_http1_parser_eof (self->parser, msa_cursor_left (&self->here), &error);
  g_assert_true (result == MSA_HTTP1_END || result == MSA_HTTP1_ERROR);
  write_event (self, result, error);
}

GString *
msa_fuzz_http1_run (MsaSlice bytes,
                    MsaSlice plan,
                    MsaFuzzHttp1Flags flags)
{
  MsaFuzzCuts cuts = msa_fuzz_cuts (plan);
  Run self = { .flags = flags, .text = g_string_new (NULL), .announced = -1 };

  self.parser = msa_http1_parser_new ();
  msa_http1_parser_start (self.parser, (flags & MSA_FUZZ_NO_BODY) != 0);
  if ((flags & MSA_FUZZ_HTTP09) != 0)
    msa_http1_parser_allow_http09 (self.parser);
  self.rest = msa_cursor_from_slice (bytes);
  self.here = msa_cursor ("", 0);

  do
    {
      gsize len = msa_fuzz_cut (&cuts, msa_cursor_left (&self.rest));

      feed (&self, msa_cursor_take (&self.rest, len));
      pull (&self);
    }
  while (!self.over && !msa_cursor_is_empty (&self.rest));
  end (&self);

  g_free (self.block);
  msa_http1_parser_free (self.parser);

  return self.text;
}

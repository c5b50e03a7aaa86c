/* msa-http1-chunked.c: the chunked transfer coding, decoded
 *
 * RFC 9112, 7.1. Lines end in CRLF and nothing else: readers that disagree on where a
 * chunk ends disagree on where the message does. Extensions are skipped; the trailers
 * are read by the parser, as fields.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-chunked-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-number-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-quote-private.h"

static MsaHttp1Result
fail_line (MsaSlice line,
           GError **error)
{
  g_autofree gchar *quoted = msa_http1_quote (line);

  g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_REPLY,
               "The chunk size line %s is malformed", quoted);

  return MSA_HTTP1_ERROR;
}

static MsaHttp1Result
fail_size (GError **error)
{
  g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE,
               "A chunk size line is longer than %d bytes", MSA_MAX_CHUNK_LINE_BYTES);

  return MSA_HTTP1_ERROR;
}

/* Digits and nothing else, but for the blanks that RFC 9112, 7.1.1 allows before an extension:
 * readers that skip what others count differ on where the chunk ends. */
static gboolean
parse_size (MsaSlice line,
            guint64 *size)
{
  MsaCursor rest = msa_cursor_from_slice (line);
  MsaSlice digits;

  if (msa_hex_value (msa_cursor_peek (&rest)) < 0 || !msa_is_field_value (line))
    return FALSE;
  if (msa_cursor_take_until (&rest, ';', &digits))
    digits = msa_slice_trim (digits);
  else
    digits = line;

  return digits.len <= MSA_MAX_CHUNK_SIZE_DIGITS && msa_number_parse (digits, 16, G_MAXINT64, size);
}

/* FALSE: what the peer sends is more frame than body. */
static gboolean
count_line (MsaHttp1Chunked *self,
            gsize n_bytes)
{
  guint64 fair = MSA_FAIR_CHUNK_LINE_BYTES;

  fair += MSA_FAIR_CHUNK_LINE_FACTOR * MIN (self->left, (guint64) G_MAXUINT32);
  self->excess += n_bytes;
  self->excess -= MIN (self->excess, fair);

  return self->excess <= MSA_MAX_CHUNK_EXCESS_BYTES;
}

static MsaHttp1Result
fail_excess (GError **error)
{
  g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE,
               "The chunk size lines have over %d bytes more than what they frame would need",
               MSA_MAX_CHUNK_EXCESS_BYTES);

  return MSA_HTTP1_ERROR;
}

static MsaHttp1Result
read_size (MsaHttp1Chunked *self,
           MsaCursor *input,
           GError **error)
{
  gsize left = msa_cursor_left (input);
  MsaSlice line = MSA_SLICE_INIT;
  MsaLineEnd line_end = msa_cursor_take_line (input, self->searched, &line);
  gsize n_bytes = left - msa_cursor_left (input);

  if (line_end == MSA_LINE_NONE)
    {
      self->searched = left;
      return left < MSA_MAX_CHUNK_LINE_BYTES ? MSA_HTTP1_MORE : fail_size (error);
    }
  self->searched = 0;
  if (n_bytes > MSA_MAX_CHUNK_LINE_BYTES)
    return fail_size (error);
  if (line_end != MSA_LINE_CRLF || !parse_size (line, &self->left))
    return fail_line (line, error);
  if (!count_line (self, n_bytes))
    return fail_excess (error);

  if (self->left == 0)
    return MSA_HTTP1_END;
  self->place = MSA_HTTP1_CHUNK_DATA;

  return MSA_HTTP1_DATA;
}

static MsaHttp1Result
read_data (MsaHttp1Chunked *self,
           MsaCursor *input,
           MsaSlice *data)
{
  *data = msa_cursor_take (input, (gsize) MIN (self->left, (guint64) G_MAXSSIZE));
  self->left -= data->len;
  if (self->left == 0)
    self->place = MSA_HTTP1_CHUNK_CR;

  return MSA_HTTP1_DATA;
}

static MsaHttp1Result
fail_data_end (MsaCursor *input,
               GError **error)
{
  g_autofree gchar *quoted = msa_http1_quote (msa_cursor_take (input, 2));

  g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_REPLY,
               "A chunk is followed by %s and not by an end of line", quoted);

  return MSA_HTTP1_ERROR;
}

MsaHttp1Result
msa_http1_chunked_next (MsaHttp1Chunked *self,
                        MsaCursor *input,
                        MsaSlice *data,
                        GError **error)
{
  while (!msa_cursor_is_empty (input))
    {
      MsaHttp1Result result;

      switch (self->place)
        {
        case MSA_HTTP1_CHUNK_SIZE:
          result = read_size (self, input, error);
          if (result != MSA_HTTP1_DATA)
            return result;
          break;

        case MSA_HTTP1_CHUNK_DATA:
          return read_data (self, input, data);

        case MSA_HTTP1_CHUNK_CR:
          if (!msa_cursor_accept (input, '\r'))
            return fail_data_end (input, error);
          self->place = MSA_HTTP1_CHUNK_LF;
          break;

        case MSA_HTTP1_CHUNK_LF:
          if (!msa_cursor_accept (input, '\n'))
            return fail_data_end (input, error);
          self->place = MSA_HTTP1_CHUNK_SIZE;
          break;
        }
    }

  return MSA_HTTP1_MORE;
}

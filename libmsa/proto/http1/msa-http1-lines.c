/* msa-http1-lines.c: the lines of a head or of trailers
 *
 * RFC 9112, 2.2 and 5. A bare LF ends a line as CRLF does, but is remembered: the
 * connection is not used again. Each line is searched for its end once, however it
 * trickles in, and a field is copied once, into the block of its MsaHeaders.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-lines-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-mask-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-quote-private.h"

/* RFC 9110, 5.6.2, as msa_is_token() has it: a name is checked while its end is looked for. */
static const guint8 name_set[256] = {
  ['!'] = 1,
  ['#' ... '\''] = 1,
  ['*' ... '+'] = 1,
  ['-' ... '.'] = 1,
  ['0' ... '9'] = 1,
  ['A' ... 'Z'] = 1,
  ['^' ... 'z'] = 1,
  ['|'] = 1,
  ['~'] = 1,
};

/* A faulty field may be one with a secret all the same: then its name is left. */
static MsaSlice
hide_secret (MsaSlice line)
{
  MsaCursor rest = msa_cursor_from_slice (msa_slice_trim (line));
  MsaSlice name = msa_cursor_take_set (&rest, name_set);
  MsaSlice value = msa_cursor_rest (&rest);

  return msa_mask_field (name, value).data == value.data ? line : name;
}

gboolean
msa_http1_fail_line (MsaSlice line,
                     const char *fault,
                     GError **error)
{
  g_autofree gchar *quoted = msa_http1_quote (hide_secret (line));

  g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_REPLY, "The line %s of the reply %s", quoted, fault);

  return FALSE;
}

static gboolean
fail_size (MsaHttp1Lines *self,
           const char *what,
           gsize max_bytes,
           GError **error)
{
  g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE,
               "%s the %s of the reply is longer than %" G_GSIZE_FORMAT " bytes",
               what, self->part->name, max_bytes);

  return FALSE;
}

void
msa_http1_lines_begin (MsaHttp1Lines *self,
                       const MsaHttp1Part *part)
{
  *self = (MsaHttp1Lines) { .part = part, .bare_lf = self->bare_lf };
}

static inline gboolean
check_size (MsaHttp1Lines *self,
            gsize n_bytes,
            GError **error)
{
  if (G_UNLIKELY (n_bytes > self->part->max_line_bytes))
    return fail_size (self, "A line of", self->part->max_line_bytes, error);
  if (G_UNLIKELY (n_bytes > self->part->max_bytes - self->n_bytes))
    return fail_size (self, "All of", self->part->max_bytes, error);

  return TRUE;
}

MsaHttp1LineResult
msa_http1_lines_take (MsaHttp1Lines *self,
                      MsaCursor *input,
                      MsaSlice *line,
                      GError **error)
{
  gsize left = msa_cursor_left (input);
  MsaLineEnd line_end = msa_cursor_take_line (input, self->searched, line);
  gsize n_bytes = left - msa_cursor_left (input);

  if (line_end == MSA_LINE_NONE)
    {
      self->searched = left;
      /* At least the line's end is still to come. */
      return check_size (self, left + 1, error) ? MSA_HTTP1_LINE_MORE : MSA_HTTP1_LINE_ERROR;
    }

  if (!check_size (self, n_bytes, error))
    return MSA_HTTP1_LINE_ERROR;

  self->searched = 0;
  self->n_bytes += n_bytes;
  if (line_end == MSA_LINE_LF)
    self->bare_lf = TRUE;

  return MSA_HTTP1_LINE_TAKEN;
}

/* A line that begins with a blank goes on with the field before it (RFC 9112, 5.2). */
static gboolean
unfold_line (MsaHttp1Lines *self,
             MsaHeaders *headers,
             MsaSlice line,
             GError **error)
{
  MsaSlice more = msa_slice_trim (line);

  if (self->n_fields == 0)
    return msa_http1_fail_line (line, "begins with a blank, and no field is before it", error);
  if (!msa_is_field_value (more))
    return msa_http1_fail_line (line, "has a control character", error);

  self->field_bytes += line.len;
  if (self->field_bytes > self->part->max_line_bytes)
    return fail_size (self, "A folded field of", self->part->max_line_bytes, error);

  msa_headers_extend_last (headers, more);

  return TRUE;
}

static gboolean
fail_name (MsaSlice line,
           GError **error)
{
  if (!msa_slice_has_byte (line, ':'))
    return msa_http1_fail_line (line, "has no colon", error);

  return msa_http1_fail_line (line, "has no valid field name before its colon", error);
}

/* A name that ends in a blank is no token: one reader would drop the blank, another the
 * field (RFC 9112, 5.1). */
static gboolean
add_field (MsaHttp1Lines *self,
           MsaHeaders *headers,
           MsaSlice line,
           GError **error)
{
  MsaCursor rest = msa_cursor_from_slice (line);
  MsaSlice name, value;

  name = msa_cursor_take_set (&rest, name_set);
  if (name.len == 0 || !msa_cursor_accept (&rest, ':'))
    return fail_name (line, error);

  value = msa_slice_trim (msa_cursor_rest (&rest));
  if (!msa_is_field_value (value))
    return msa_http1_fail_line (line, "has a control character", error);

  if (++self->n_fields > MSA_MAX_HEADER_FIELDS)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE,
                   "The %s of the reply has more than %d fields", self->part->name,
                   MSA_MAX_HEADER_FIELDS);
      return FALSE;
    }

  self->field_bytes = line.len;
  msa_headers_append_checked (headers, name, value);

  return TRUE;
}

gboolean
msa_http1_lines_add_field (MsaHttp1Lines *self,
                           MsaHeaders *headers,
                           MsaSlice line,
                           GError **error)
{
  int first = (guchar) line.data[0];

  if (first == ' ' || first == '\t')
    return unfold_line (self, headers, line, error);

  return add_field (self, headers, line, error);
}

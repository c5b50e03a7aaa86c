/* fuzz-trailers.c: the lines of a head or of trailers against a simple reader of the whole
 *
 * Input: the lengths of the pieces in one line, then the bytes. They are read as lines
 * with ceilings so low that a short input gets there, and by the parser as trailers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-http1.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-lines-private.h"

#define START "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"

static const MsaHttp1Part part = { "trailer section", 40, 200 };

/* The simple one: writes a text of fields as it goes. */

typedef struct
{
  GString *text; /* the fields, each ended by LF */
  gsize n_bytes;
  gsize field_bytes;
  gsize value_at; /* in the text: where the last value begins */
  guint n_fields;
  gboolean bare_lf;
  gint code; /* 0: no error */
  gboolean over;
} Simple;

static gboolean
fail (Simple *self,
      MsaError code)
{
  self->code = (gint) code;

  return FALSE;
}

static gboolean
is_clean (const char *text,
          gsize len)
{
  for (gsize i = 0; i < len; i++)
    {
      if (g_ascii_iscntrl (text[i]) && text[i] != '\t')
        return FALSE;
    }

  return TRUE;
}

static MsaSlice
trim (MsaSlice text)
{
  while (text.len > 0 && strchr (" \t", text.data[0]) != NULL && text.data[0] != '\0')
    text = msa_slice (&text.data[1], text.len - 1);
  while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
    text.len--;

  return text;
}

static gboolean
go_on (Simple *self,
       MsaSlice line)
{
  MsaSlice more = trim (line);

  if (self->n_fields == 0 || !is_clean (more.data, more.len))
    return fail (self, MSA_ERROR_BAD_REPLY);
  self->field_bytes += line.len;
  if (self->field_bytes > part.max_line_bytes)
    return fail (self, MSA_ERROR_TOO_LARGE);
  if (more.len == 0)
    return TRUE;

  g_string_truncate (self->text, self->text->len - 1);
  if (self->text->len > self->value_at)
    g_string_append_c (self->text, ' ');
  g_string_append_len (self->text, more.data, (gssize) more.len);
  g_string_append_c (self->text, '\n');

  return TRUE;
}

static gboolean
read_field (Simple *self,
            MsaSlice line)
{
  static const char name_bytes[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  g_autofree char *copy = msa_slice_dup (line);
  gsize name_len = strspn (copy, name_bytes);
  MsaSlice value;

  if (name_len == 0 || copy[name_len] != ':')
    return fail (self, MSA_ERROR_BAD_REPLY);
  value = trim (msa_slice (&line.data[name_len + 1], line.len - name_len - 1));
  if (!is_clean (value.data, value.len))
    return fail (self, MSA_ERROR_BAD_REPLY);

  if (++self->n_fields > MSA_MAX_HEADER_FIELDS)
    return fail (self, MSA_ERROR_TOO_LARGE);
  self->field_bytes = line.len;
  g_string_append_len (self->text, line.data, (gssize) name_len);
  g_string_append (self->text, ": ");
  self->value_at = self->text->len;
  g_string_append_len (self->text, value.data, (gssize) value.len);
  g_string_append_c (self->text, '\n');

  return TRUE;
}

/* FALSE: there is no more to be had. */
static gboolean
read_line (Simple *self,
           MsaSlice *rest)
{
  const char *lf = rest->len == 0 ? NULL : memchr (rest->data, '\n', rest->len);
  gsize len = lf == NULL ? rest->len + 1 : (gsize) (lf - rest->data) + 1;
  MsaSlice line;

  if (len > part.max_line_bytes || self->n_bytes + len > part.max_bytes)
    return fail (self, MSA_ERROR_TOO_LARGE);
  if (lf == NULL)
    return FALSE;

  self->n_bytes += len;
  line = msa_slice (rest->data, len - 1);
  *rest = msa_slice (&rest->data[len], rest->len - len);
  if (line.len > 0 && line.data[line.len - 1] == '\r')
    line.len--;
  else
    self->bare_lf = TRUE;

  if (line.len == 0)
    {
      self->over = TRUE;
      return FALSE;
    }

  return line.data[0] == ' ' || line.data[0] == '\t' ? go_on (self, line) : read_field (self, line);
}

/* Ours, in pieces */

typedef struct
{
  MsaHttp1Lines lines;
  MsaHeaders *headers; /* (owned) */
  gint code;
  gboolean over;
} Ours;

/* FALSE: more is wanted, or none. */
static gboolean
take_line (Ours *self,
           MsaCursor *here)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  MsaSlice line;
  gboolean good = FALSE;

  switch (msa_http1_lines_take (&self->lines, here, &line, &error))
    {
    case MSA_HTTP1_LINE_MORE:
      return FALSE;
    case MSA_HTTP1_LINE_TAKEN:
      self->over = line.len == 0;
      if (self->over)
        return FALSE;
      good = msa_http1_lines_add_field (&self->lines, self->headers, line, &error);
      break;
    case MSA_HTTP1_LINE_ERROR:
    default:
      break;
    }

  if (!good)
    {
      msa_fuzz_append_error (text, error);
      self->code = error->code;
    }

  return good;
}

static void
read_in_pieces (Ours *self,
                MsaSlice bytes,
                MsaSlice plan)
{
  MsaFuzzCuts cuts = msa_fuzz_cuts (plan);
  MsaCursor rest = msa_cursor_from_slice (bytes);
  g_autoptr (GByteArray) kept = g_byte_array_new ();

  while (!msa_cursor_is_empty (&rest) && !self->over && self->code == 0)
    {
      MsaSlice piece = msa_cursor_take (&rest, msa_fuzz_cut (&cuts, msa_cursor_left (&rest)));
      g_autofree guint8 *block = NULL;
      MsaCursor here;

      g_byte_array_append (kept, (const guint8 *) piece.data, (guint) piece.len);
      block = g_memdup2 (kept->data, kept->len);
      here = msa_cursor (block, kept->len);
      while (take_line (self, &here))
        ;
      g_byte_array_remove_range (kept, 0, kept->len - (guint) msa_cursor_left (&here));
    }
}

static void
add_text (const char *name,
          const char *value,
          gpointer user_data)
{
  g_string_append_printf (user_data, "%s: %s\n", name, value);
}

static void
check_against (const Simple *simple,
               MsaSlice bytes,
               MsaSlice plan)
{
  Ours ours = { .headers = msa_headers_new () };
  GString *text = g_string_new (NULL);

  msa_http1_lines_begin (&ours.lines, &part);
  read_in_pieces (&ours, bytes, plan);
  msa_headers_foreach (ours.headers, add_text, text);

  msa_fuzz_assert_equal (simple->text, text);
  g_assert_cmpint (simple->code, ==, ours.code);
  g_assert_cmpint (simple->over, ==, ours.over);
  g_assert_cmpuint (simple->n_fields, ==, ours.lines.n_fields);
  g_assert_cmpint (simple->bare_lf, ==, ours.lines.bare_lf);

  g_string_free (text, TRUE);
  msa_headers_unref (ours.headers);
}

static void
check_lines (MsaSlice bytes,
             MsaSlice plan)
{
  Simple simple = { .text = g_string_new (NULL) };
  MsaSlice rest = bytes;

  while (read_line (&simple, &rest))
    ;
  check_against (&simple, bytes, MSA_SLICE ("0"));
  check_against (&simple, bytes, plan);
  g_string_free (simple.text, TRUE);
}

static void
check_parser (MsaSlice bytes,
              MsaSlice plan)
{
  GString *input = g_string_new (START);
  GString *whole, *cut;

  g_string_append_len (input, bytes.data, (gssize) bytes.len);
  whole = msa_fuzz_http1_run (msa_slice (input->str, input->len), MSA_SLICE ("0"), MSA_FUZZ_EOF);
  cut = msa_fuzz_http1_run (msa_slice (input->str, input->len), plan, MSA_FUZZ_EOF);
  msa_fuzz_assert_equal (whole, cut);

  g_string_free (input, TRUE);
  g_string_free (whole, TRUE);
  g_string_free (cut, TRUE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaSlice plan = msa_fuzz_take_line (&input);
  MsaSlice bytes = msa_cursor_rest (&input);

  check_lines (bytes, plan);
  check_parser (bytes, plan);

  return 0;
}

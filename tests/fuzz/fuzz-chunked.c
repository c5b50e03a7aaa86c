/* fuzz-chunked.c: the chunked coding against a simple decoder of the whole
 *
 * Input: the lengths of the pieces in one line, then the bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-chunked-private.h"

/* What became of the bytes. */
typedef struct
{
  GString       *body;
  MsaHttp1Result result; /* MORE, END or ERROR */
  gint           code;   /* of ERROR */
  gsize          n_left; /* behind the last chunk's line, if END */
  guint64        excess; /* bytes of lines that no data pays for; the simple one's */
} Outcome;

/* The simple one: takes bytes from the front of a string. */

static gboolean
fail (Outcome *self,
      MsaError code)
{
  self->result = MSA_HTTP1_ERROR;
  self->code = (gint) code;

  return FALSE;
}

/* RFC 9112, 7.1: 1*HEXDIG, then maybe blanks and an extension. */
static gboolean
read_size_line (Outcome *self,
                const char *line,
                gsize len,
                guint64 *size)
{
  gsize n_digits = 0;
  gsize end;

  for (gsize i = 0; i < len; i++)
    {
      guchar byte = (guchar) line[i];

      if ((byte < ' ' && byte != '\t') || byte == 0x7f)
        return fail (self, MSA_ERROR_BAD_REPLY);
    }
  while (n_digits < len && g_ascii_isxdigit (line[n_digits]))
    n_digits++;
  end = n_digits;
  while (end < len && (line[end] == ' ' || line[end] == '\t'))
    end++;
  if (n_digits == 0 || n_digits > MSA_MAX_CHUNK_SIZE_DIGITS ||
      (n_digits < len && (end == len || line[end] != ';')))
    return fail (self, MSA_ERROR_BAD_REPLY);

  *size = 0;
  for (gsize i = 0; i < n_digits; i++)
    *size = *size << 4 | (guint64) g_ascii_xdigit_value (line[i]);

  return *size <= G_MAXINT64 || fail (self, MSA_ERROR_BAD_REPLY);
}

/* FALSE: there is no more to be had. */
static gboolean
read_chunk (Outcome *self,
            GString *rest)
{
  const char *lf = memchr (rest->str, '\n', rest->len);
  gsize len = lf == NULL ? rest->len : (gsize) (lf - rest->str) + 1;
  guint64 size;
  gsize n;

  if (len > MSA_MAX_CHUNK_LINE_BYTES || (lf == NULL && len == MSA_MAX_CHUNK_LINE_BYTES))
    return fail (self, MSA_ERROR_TOO_LARGE);
  if (lf == NULL)
    return FALSE;
  if (len < 2 || rest->str[len - 2] != '\r')
    return fail (self, MSA_ERROR_BAD_REPLY);
  if (!read_size_line (self, rest->str, len - 2, &size))
    return FALSE;

  self->excess += len;
  self->excess -= MIN (self->excess, 16 + 2 * MIN (size, (guint64) G_MAXUINT32));
  if (self->excess > MSA_MAX_CHUNK_EXCESS_BYTES)
    return fail (self, MSA_ERROR_TOO_LARGE);

  g_string_erase (rest, 0, (gssize) len);
  if (size == 0)
    {
      self->result = MSA_HTTP1_END;
      self->n_left = rest->len;
      return FALSE;
    }

  n = (gsize) MIN (size, (guint64) rest->len);
  g_string_append_len (self->body, rest->str, (gssize) n);
  g_string_erase (rest, 0, (gssize) n);
  if (n < size || rest->len == 0)
    return FALSE;
  if (rest->str[0] != '\r' || (rest->len > 1 && rest->str[1] != '\n'))
    return fail (self, MSA_ERROR_BAD_REPLY);
  if (rest->len == 1)
    return FALSE;
  g_string_erase (rest, 0, 2);

  return TRUE;
}

static void
decode_simply (Outcome *self,
               MsaSlice bytes)
{
  g_autoptr (GString) rest = g_string_new_len (bytes.data, (gssize) bytes.len);

  while (read_chunk (self, rest))
    ;
}

/* Ours, in pieces */

static void
decode_piece (Outcome *self,
              MsaHttp1Chunked *decoder,
              MsaCursor *input)
{
  g_autoptr (GError) error = NULL;
  MsaSlice data = MSA_SLICE_INIT;

  while ((self->result = msa_http1_chunked_next (decoder, input, &data, &error)) == MSA_HTTP1_DATA)
    {
      g_assert_cmpuint (data.len, >, 0);
      g_string_append_len (self->body, data.data, (gssize) data.len);
    }

  if (self->result == MSA_HTTP1_ERROR)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      msa_fuzz_append_error (text, error);
      self->code = error->code;
    }
  else
    g_assert_no_error (error);
}

static void
decode (Outcome *self,
        MsaSlice bytes,
        MsaSlice plan)
{
  MsaFuzzCuts cuts = msa_fuzz_cuts (plan);
  MsaCursor rest = msa_cursor_from_slice (bytes);
  MsaHttp1Chunked decoder = { .left = 0 };
  g_autoptr (GByteArray) kept = g_byte_array_new ();

  do
    {
      gsize len = msa_fuzz_cut (&cuts, msa_cursor_left (&rest));
      MsaSlice piece = msa_cursor_take (&rest, len);
      g_autofree guint8 *block = NULL;
      MsaSlice left;
      MsaCursor here;

      if (piece.len > 0)
        g_byte_array_append (kept, (const guint8 *) piece.data, (guint) piece.len);
      /* Just as long as it is: a read past its end is seen. */
      block = g_memdup2 (kept->data, kept->len);
      here = msa_cursor (block, kept->len);
      decode_piece (self, &decoder, &here);
      left = msa_cursor_rest (&here);
      g_byte_array_remove_range (kept, 0, kept->len - (guint) left.len);
    }
  while (self->result == MSA_HTTP1_MORE && !msa_cursor_is_empty (&rest));

  if (self->result == MSA_HTTP1_END)
    self->n_left = kept->len + msa_cursor_left (&rest);
}

static void
assert_same (const Outcome *a,
             const Outcome *b)
{
  msa_fuzz_assert_equal (a->body, b->body);
  g_assert_cmpint (a->result, ==, b->result);
  g_assert_cmpint (a->code, ==, b->code);
  g_assert_cmpuint (a->n_left, ==, b->n_left);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaSlice plan = msa_fuzz_take_line (&input);
  MsaSlice bytes = msa_cursor_rest (&input);
  Outcome simple = { .body = g_string_new (NULL), .result = MSA_HTTP1_MORE };
  Outcome whole = { .body = g_string_new (NULL) };
  Outcome cut = { .body = g_string_new (NULL) };

  decode_simply (&simple, bytes);
  decode (&whole, bytes, MSA_SLICE ("0"));
  decode (&cut, bytes, plan);
  assert_same (&simple, &whole);
  assert_same (&simple, &cut);

  g_string_free (simple.body, TRUE);
  g_string_free (whole.body, TRUE);
  g_string_free (cut.body, TRUE);

  return 0;
}

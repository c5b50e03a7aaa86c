/* test-cursor.c: the bounded reader
 *
 * Inputs lie in allocations of exactly their size, so that reading past the end
 * is seen by the address sanitizer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-cursor-private.h"
#include "sim/msa-test-rows.h"

typedef struct
{
  guint8 *bytes; /* (owned) */
  MsaCursor cursor;
} Input;

static void
clear_input (Input *self)
{
  g_free (self->bytes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Input, clear_input)

static Input
make_input (const char *text,
            gsize len)
{
  guint8 *bytes = g_memdup2 (text, len);

  return (Input) { bytes, msa_cursor (bytes, len) };
}

static void
assert_slice (MsaSlice slice,
              const char *expected)
{
  g_assert_cmpmem (slice.data, slice.len, expected, strlen (expected));
}

static void
test_empty (void)
{
  static const guint8 none[256];
  MsaCursor cursors[] = { msa_cursor ("", 0), msa_cursor_from_slice ((MsaSlice) MSA_SLICE_INIT) };

  for (guint i = 0; i < G_N_ELEMENTS (cursors); i++)
    {
      MsaCursor *cursor = &cursors[i];
      MsaSlice slice = MSA_SLICE_INIT;

      g_assert_true (msa_cursor_is_empty (cursor));
      g_assert_cmpint (msa_cursor_peek (cursor), ==, -1);
      g_assert_cmpint (msa_cursor_next (cursor), ==, -1);
      g_assert_cmpint (msa_cursor_next_decoded (cursor), ==, -1);
      g_assert_false (msa_cursor_accept (cursor, 'a'));
      g_assert_true (msa_cursor_accept_slice (cursor, (MsaSlice) MSA_SLICE_INIT));
      g_assert_false (msa_cursor_accept_slice (cursor, MSA_SLICE ("a")));
      g_assert_cmpuint (msa_cursor_take (cursor, 5).len, ==, 0);
      g_assert_cmpuint (msa_cursor_take_set (cursor, none).len, ==, 0);
      g_assert_false (msa_cursor_take_until (cursor, 'a', &slice));
      g_assert_false (msa_cursor_take_until_last (cursor, 'a', &slice));
      g_assert_cmpint (msa_cursor_take_line (cursor, 0, &slice), ==, MSA_LINE_NONE);
      g_assert_cmpint (msa_cursor_take_line (cursor, 7, &slice), ==, MSA_LINE_NONE);
    }
}

/* What is looked for comes right behind the end, as when a buffer is parsed in parts. */
static void
test_text_goes_on (void)
{
  static const guint8 digits[256] = { ['0' ... '9'] = 1 };
  static const char text[] = "%41:\n23";
  MsaSlice slice = MSA_SLICE_INIT;
  MsaCursor cursor;

  for (gsize len = 1; len <= 2; len++)
    {
      cursor = msa_cursor (text, len);
      g_assert_cmpint (msa_cursor_next_decoded (&cursor), ==, '%');
      g_assert_cmpuint (msa_cursor_left (&cursor), ==, len - 1);
    }
  cursor = msa_cursor (text, 3);
  g_assert_false (msa_cursor_take_until (&cursor, ':', &slice));
  g_assert_false (msa_cursor_take_until_last (&cursor, ':', &slice));
  cursor = msa_cursor (text, 4);
  for (gsize skip = 0; skip <= 5; skip++)
    g_assert_cmpint (msa_cursor_take_line (&cursor, skip, &slice), ==, MSA_LINE_NONE);
  g_assert_false (msa_cursor_accept_slice (&cursor, MSA_SLICE ("%41:\n")));
  assert_slice (msa_cursor_rest (&cursor), "%41:");
  cursor = msa_cursor (&text[1], 0);
  g_assert_cmpint (msa_cursor_peek (&cursor), ==, -1);
  g_assert_cmpint (msa_cursor_next (&cursor), ==, -1);
  g_assert_false (msa_cursor_accept (&cursor, '4'));
  cursor = msa_cursor (&text[5], 1);
  assert_slice (msa_cursor_take_set (&cursor, digits), "2");
  g_assert_true (msa_cursor_is_empty (&cursor));
}

static void
test_next_and_peek (void)
{
  g_auto (Input) input = make_input ("a\xff", 2);

  g_assert_cmpint (msa_cursor_peek (&input.cursor), ==, 'a');
  g_assert_cmpint (msa_cursor_next (&input.cursor), ==, 'a');
  g_assert_cmpuint (msa_cursor_left (&input.cursor), ==, 1);
  g_assert_cmpint (msa_cursor_peek (&input.cursor), ==, 0xff);
  g_assert_false (msa_cursor_accept (&input.cursor, 'a'));
  g_assert_true (msa_cursor_accept (&input.cursor, 0xff));
  g_assert_cmpint (msa_cursor_next (&input.cursor), ==, -1);
  g_assert_cmpint (msa_cursor_next (&input.cursor), ==, -1);
}

static void
test_take (void)
{
  g_auto (Input) input = make_input ("abcdef", 6);

  assert_slice (msa_cursor_take (&input.cursor, 0), "");
  assert_slice (msa_cursor_take (&input.cursor, 2), "ab");
  assert_slice (msa_cursor_rest (&input.cursor), "cdef");
  assert_slice (msa_cursor_take (&input.cursor, G_MAXSIZE), "cdef");
  g_assert_true (msa_cursor_is_empty (&input.cursor));
}

static void
test_accept_slice (void)
{
  g_auto (Input) input = make_input ("HTTP/1", 6);

  g_assert_false (msa_cursor_accept_slice (&input.cursor, MSA_SLICE ("HTTP/1.")));
  g_assert_false (msa_cursor_accept_slice (&input.cursor, MSA_SLICE ("http")));
  g_assert_cmpuint (msa_cursor_left (&input.cursor), ==, 6);
  g_assert_true (msa_cursor_accept_slice (&input.cursor, MSA_SLICE ("HTTP/")));
  g_assert_true (msa_cursor_accept_slice (&input.cursor, MSA_SLICE ("1")));
  g_assert_true (msa_cursor_is_empty (&input.cursor));
}

static void
test_take_set (void)
{
  static const guint8 digits[256] = { ['0' ... '9'] = 1, [0xff] = 1 };
  g_auto (Input) input = make_input ("12\xff"
                                     "a3",
                                     5);

  assert_slice (msa_cursor_take_set (&input.cursor, digits), "12\xff");
  assert_slice (msa_cursor_take_set (&input.cursor, digits), "");
  g_assert_cmpint (msa_cursor_next (&input.cursor), ==, 'a');
  assert_slice (msa_cursor_take_set (&input.cursor, digits), "3");
}

static void
test_take_until (void)
{
  g_auto (Input) input = make_input ("a:b:c", 5);
  MsaSlice taken = MSA_SLICE_INIT;

  g_assert_false (msa_cursor_take_until (&input.cursor, ';', &taken));
  g_assert_cmpuint (msa_cursor_left (&input.cursor), ==, 5);
  g_assert_true (msa_cursor_take_until (&input.cursor, ':', &taken));
  assert_slice (taken, "a");
  g_assert_true (msa_cursor_take_until (&input.cursor, ':', &taken));
  assert_slice (taken, "");
  assert_slice (msa_cursor_rest (&input.cursor), ":b:c");
}

static void
test_take_until_last (void)
{
  g_auto (Input) input = make_input ("a@b@c", 5);
  MsaSlice taken = MSA_SLICE_INIT;

  g_assert_false (msa_cursor_take_until_last (&input.cursor, ':', &taken));
  g_assert_cmpuint (msa_cursor_left (&input.cursor), ==, 5);
  g_assert_true (msa_cursor_take_until_last (&input.cursor, '@', &taken));
  assert_slice (taken, "a@b");
  assert_slice (msa_cursor_rest (&input.cursor), "@c");
}

static const struct
{
  const char *name;
  const char *input;
  MsaLineEnd end;
  const char *line;
  const char *rest;
} lines[] = {
  { "crlf", "ab\r\nc", MSA_LINE_CRLF, "ab", "c" },
  { "lf", "ab\nc", MSA_LINE_LF, "ab", "c" },
  { "empty-crlf", "\r\n", MSA_LINE_CRLF, "", "" },
  { "empty-lf", "\n\n", MSA_LINE_LF, "", "\n" },
  { "one-cr-is-taken", "a\r\r\n", MSA_LINE_CRLF, "a\r", "" },
  { "cr-within", "a\rb\n", MSA_LINE_LF, "a\rb", "" },
  { "none", "abc", MSA_LINE_NONE, NULL, "abc" },
  { "cr-at-end", "abc\r", MSA_LINE_NONE, NULL, "abc\r" },
};

/* Whole, and for each count of bytes that may be known to hold no LF. */
static void
test_take_line (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  const char *lf = strchr (lines[row].input, '\n');
  gsize len = strlen (lines[row].input);
  gsize max_skip = lf != NULL ? (gsize) (lf - lines[row].input) : len + 2;

  for (gsize skip = 0; skip <= max_skip; skip++)
    {
      g_auto (Input) input = make_input (lines[row].input, len);
      MsaSlice line = MSA_SLICE_INIT;

      g_assert_cmpint (msa_cursor_take_line (&input.cursor, skip, &line), ==, lines[row].end);
      if (lines[row].line != NULL)
        assert_slice (line, lines[row].line);
      assert_slice (msa_cursor_rest (&input.cursor), lines[row].rest);
    }
}

/* A line cut anywhere before its LF is no line, and nothing is taken. */
static void
test_take_line_cut (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  gsize whole = strcspn (lines[row].input, "\n");

  for (gsize len = 1; len <= whole; len++)
    {
      g_auto (Input) input = make_input (lines[row].input, len);
      MsaSlice line = MSA_SLICE_INIT;

      g_assert_cmpint (msa_cursor_take_line (&input.cursor, 0, &line), ==, MSA_LINE_NONE);
      g_assert_cmpuint (msa_cursor_left (&input.cursor), ==, len);
    }
}

static const struct
{
  const char *name;
  const char *input;
  const char *decoded;
} percents[] = {
  { "plain", "abc", "abc" },
  { "pair", "a%41b", "aAb" },
  { "both-cases", "%4a%4A", "JJ" },
  { "once", "%2541", "%41" },
  { "stray", "%zz%4", "%zz%4" },
  { "at-end", "a%", "a%" },
  { "one-digit-then-pair", "%4%41", "%4A" },
  { "high", "%fF", "\xff" },
};

static void
test_next_decoded (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_auto (Input) input = make_input (percents[row].input, strlen (percents[row].input));
  g_autoptr (GString) out = g_string_new (NULL);
  int byte;

  while ((byte = msa_cursor_next_decoded (&input.cursor)) >= 0)
    g_string_append_c (out, (gchar) byte);
  g_assert_cmpstr (out->str, ==, percents[row].decoded);
}

static void
test_next_decoded_nul (void)
{
  g_auto (Input) input = make_input ("%00", 3);

  g_assert_cmpint (msa_cursor_next_decoded (&input.cursor), ==, 0);
  g_assert_cmpint (msa_cursor_next_decoded (&input.cursor), ==, -1);
}

static void
test_trim (void)
{
  assert_slice (msa_slice_trim (MSA_SLICE ("")), "");
  assert_slice (msa_slice_trim (MSA_SLICE (" \t ")), "");
  assert_slice (msa_slice_trim (MSA_SLICE (" \ta b\t ")), "a b");
  assert_slice (msa_slice_trim (MSA_SLICE ("\na\r")), "\na\r");
  g_assert_cmpuint (msa_slice_trim ((MsaSlice) MSA_SLICE_INIT).len, ==, 0);
}

static void
test_has_byte (void)
{
  g_assert_true (msa_slice_has_byte (MSA_SLICE ("ab"), 'b'));
  g_assert_false (msa_slice_has_byte (MSA_SLICE ("ab"), '\0'));
  g_assert_true (msa_slice_has_byte (msa_slice ("a\0b", 3), '\0'));
  g_assert_false (msa_slice_has_byte ((MsaSlice) MSA_SLICE_INIT, 'a'));
}

static void
add_rows (void)
{
  MSA_TEST_ADD_NUMBERED ("/msa/cursor/take-line", lines, test_take_line);
  MSA_TEST_ADD_NUMBERED ("/msa/cursor/take-line-cut", lines, test_take_line_cut);
  MSA_TEST_ADD_NUMBERED ("/msa/cursor/next-decoded", percents, test_next_decoded);
}

/* Every byte at every place, from an exactly sized allocation: whatever else is around it. */
static void
assert_has_control (guint byte,
                    gsize len,
                    gsize at,
                    char filler)
{
  g_autofree char *bytes = g_malloc (len);
  gboolean expected = (byte < 0x20 && byte != '\t') || byte == 0x7f;

  memset (bytes, filler, len);
  bytes[at] = (char) byte;
  if (msa_slice_has_control (msa_slice (bytes, len)) != expected)
    g_error ("byte 0x%02x at %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, byte, at, len);
}

static void
test_has_control (void)
{
  static const char fillers[] = { ' ', 'a', '~', '\t', (char) 0x80, (char) 0xff };

  for (guint byte = 0; byte < 256; byte++)
    for (gsize len = 1; len <= 26; len++)
      for (gsize at = 0; at < len; at++)
        for (gsize i = 0; i < G_N_ELEMENTS (fillers); i++)
          assert_has_control (byte, len, at, fillers[i]);

  g_assert_false (msa_slice_has_control (MSA_SLICE ("")));
  g_assert_false (msa_slice_has_control ((MsaSlice) MSA_SLICE_INIT));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/cursor/empty", test_empty);
  g_test_add_func ("/msa/cursor/text-goes-on", test_text_goes_on);
  g_test_add_func ("/msa/cursor/next-and-peek", test_next_and_peek);
  g_test_add_func ("/msa/cursor/take", test_take);
  g_test_add_func ("/msa/cursor/accept-slice", test_accept_slice);
  g_test_add_func ("/msa/cursor/take-set", test_take_set);
  g_test_add_func ("/msa/cursor/take-until", test_take_until);
  g_test_add_func ("/msa/cursor/take-until-last", test_take_until_last);
  g_test_add_func ("/msa/cursor/next-decoded-nul", test_next_decoded_nul);
  g_test_add_func ("/msa/cursor/trim", test_trim);
  g_test_add_func ("/msa/cursor/has-control", test_has_control);
  g_test_add_func ("/msa/cursor/has-byte", test_has_byte);
  add_rows ();

  return g_test_run ();
}

/* test-nghttp2.c: names and values of fields, as nghttp2 judges them
 *
 * Two readers that differ on what a field may hold see two messages (libsoup CVE-2024-52530). Each
 * byte at each place, and each beside one that is special: what is checked here, what our parser
 * takes whole, and what nghttp2's checks say. Where they differ by intent, that is told by itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-headers-private.h"
#include "proto/http1/msa-http1-parser-private.h"
#include "proto/http1/msa-http1-quote-private.h"
#include "sim/msa-test-rows.h"

#include <nghttp2/nghttp2.h>

#define MAX_LEN 10

/* TRUE: a reply with this one field is taken, and has it as it was sent. */
static gboolean
parse_field (MsaSlice name,
             MsaSlice value)
{
  MsaHttp1Parser *parser = msa_http1_parser_new ();
  g_autoptr (GString) text = g_string_new ("HTTP/1.1 204 X\r\n");
  gboolean taken = FALSE;
  MsaCursor input;

  g_string_append_len (text, name.data, (gssize) name.len);
  g_string_append (text, ": ");
  g_string_append_len (text, value.data, (gssize) value.len);
  g_string_append (text, "\r\n\r\n");
  input = msa_cursor (text->str, text->len);
  if (msa_http1_parser_next (parser, &input, NULL) == MSA_HTTP1_HEAD)
    {
      MsaHeaders *headers = msa_http1_parser_get_head (parser)->headers;

      if (msa_headers_get_length (headers) == 1)
        {
          MsaSlice got_name, got_value;

          msa_headers_peek_nth (headers, 0, &got_name, &got_value);
          taken = msa_slice_equal (got_name, name) && msa_slice_equal (got_value, value);
        }
    }
  msa_http1_parser_free (parser);

  return taken;
}

static gboolean
parse_name (MsaSlice name)
{
  return parse_field (name, MSA_SLICE ("b"));
}

static gboolean
parse_value (MsaSlice value)
{
  return parse_field (MSA_SLICE ("A"), value);
}

/* In HTTP/2 names have no capitals (RFC 9113, 8.2.1), and those that begin with a colon are not of
 * fields (8.3). */
static gboolean
expect_name (MsaSlice name)
{
  g_autofree char *lower = g_ascii_strdown (name.len > 0 ? name.data : "", (gssize) name.len);

  return name.len > 0 && lower[0] != ':' &&
         nghttp2_check_header_name ((const uint8_t *) lower, name.len) != 0;
}

static gboolean
expect_value (MsaSlice value)
{
  return nghttp2_check_header_value ((const uint8_t *) value.data, value.len) != 0;
}

/* Blanks around a value are none of it, so a value that has them cannot be taken whole (8.2.1). */
static gboolean
expect_trimmed_value (MsaSlice value)
{
  return nghttp2_check_header_value_rfc9113 ((const uint8_t *) value.data, value.len) != 0;
}

typedef struct
{
  const char *name;
  gboolean (*decide) (MsaSlice text);
  gboolean (*expect) (MsaSlice text);
} Row;

static const Row rows[] = {
  { "name/checked", msa_is_token, expect_name },
  { "name/parsed", parse_name, expect_name },
  { "value/checked", msa_is_field_value, expect_value },
  { "value/parsed", parse_value, expect_trimmed_value },
};

static void
assert_same (const Row *row,
             const char *text,
             gsize len)
{
  MsaSlice slice = msa_slice (text, len);

  if (row->decide (slice) != row->expect (slice))
    {
      g_autofree char *quoted = msa_http1_quote (slice);

      g_error ("%s: we say %d", quoted, row->decide (slice));
    }
}

static void
test_each_byte (gconstpointer data)
{
  const Row *row = data;

  assert_same (row, "", 0);
  for (guint byte = 0; byte < 256; byte++)
    for (gsize len = 1; len <= MAX_LEN; len++)
      for (gsize at = 0; at < len; at++)
        {
          char text[MAX_LEN + 1] = "aaaaaaaaaa";

          text[at] = (char) byte;
          assert_same (row, text, len);
        }
}

static void
test_each_pair (gconstpointer data)
{
  static const char special[] = "\0\t\n\r :A@[`{\177\200\377";
  const Row *row = data;

  for (guint byte = 0; byte < 256; byte++)
    for (gsize i = 0; i < sizeof (special) - 1; i++)
      {
        const char pair[] = { (char) byte, special[i], 'a', special[i], (char) byte, '\0' };

        for (gsize start = 0; start < 4; start++)
          for (gsize len = 2; start + len < sizeof (pair); len++)
            assert_same (row, &pair[start], len);
      }
}

/* The differences are there: without them nothing above would need to be explained. */
static void
test_differences (void)
{
  g_assert_true (msa_is_token (MSA_SLICE ("Aa")) && parse_name (MSA_SLICE ("Aa")));
  g_assert_false (nghttp2_check_header_name ((const uint8_t *) "Aa", 2));
  g_assert_false (msa_is_token (MSA_SLICE (":a")) || parse_name (MSA_SLICE (":a")));
  g_assert_true (nghttp2_check_header_name ((const uint8_t *) ":a", 2));
  g_assert_true (msa_is_field_value (MSA_SLICE ("a ")));
  g_assert_false (parse_value (MSA_SLICE ("a ")));
  g_assert_false (nghttp2_check_header_value_rfc9113 ((const uint8_t *) "a ", 2));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/nghttp2/each-byte", rows, test_each_byte);
  MSA_TEST_ADD_ROWS ("/msa/nghttp2/each-pair", rows, test_each_pair);
  g_test_add_func ("/msa/nghttp2/differences", test_differences);

  return g_test_run ();
}

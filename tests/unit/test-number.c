/* test-number.c: the one parser of numbers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-number-private.h"
#include "sim/msa-test-rows.h"

#define UNTOUCHED 4711

static const struct
{
  const char *name;
  const char *text;
  guint base;
  guint64 max;
  guint64 number;
} accepted[] = {
  { "zero", "0", 10, 0, 0 },
  { "decimal", "65535", 10, 65535, 65535 },
  { "leading-zeros", "0000000000000000000000000012", 10, 12, 12 },
  { "hexadecimal", "fF", 16, 255, 255 },
  { "octal", "17", 8, 15, 15 },
  { "largest-decimal", "18446744073709551615", 10, G_MAXUINT64, G_MAXUINT64 },
  { "largest-hexadecimal", "ffffffffffffffff", 16, G_MAXUINT64, G_MAXUINT64 },
  { "largest-octal", "1777777777777777777777", 8, G_MAXUINT64, G_MAXUINT64 },
  { "largest-signed", "9223372036854775807", 10, G_MAXINT64, G_MAXINT64 },
};

static const struct
{
  const char *name;
  const char *text;
  guint base;
  guint64 max;
} rejected[] = {
  { "empty", "", 10, G_MAXUINT64 },
  { "minus", "-1", 10, G_MAXUINT64 },
  { "plus", "+1", 10, G_MAXUINT64 },
  { "space-before", " 1", 10, G_MAXUINT64 },
  { "space-after", "1 ", 10, G_MAXUINT64 },
  { "prefix", "0x1", 16, G_MAXUINT64 },
  { "letter-in-decimal", "1a", 10, G_MAXUINT64 },
  { "letter-past-hexadecimal", "g", 16, G_MAXUINT64 },
  { "eight-in-octal", "8", 8, G_MAXUINT64 },
  { "point", "1.0", 10, G_MAXUINT64 },
  { "high-byte", "1\xb2", 10, G_MAXUINT64 },
  { "above-max", "65536", 10, 65535 },
  { "above-max-zero", "1", 10, 0 },
  { "above-max-by-a-digit", "655350", 10, 65535 },
  { "overflow-by-one", "18446744073709551616", 10, G_MAXUINT64 },
  { "overflow-by-a-digit", "99999999999999999999", 10, G_MAXUINT64 },
  { "overflow-hexadecimal", "10000000000000000", 16, G_MAXUINT64 },
  { "overflow-octal", "2000000000000000000000", 8, G_MAXUINT64 },
};

static gboolean
parse (const char *text,
       guint base,
       guint64 max,
       guint64 *number)
{
  gsize len = strlen (text);
  g_autofree char *exact = g_memdup2 (text, len);

  return msa_number_parse (msa_slice (exact, len), base, max, number);
}

static void
test_accepts (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  guint64 number = UNTOUCHED;

  g_assert_true (parse (accepted[row].text, accepted[row].base, accepted[row].max, &number));
  g_assert_cmpuint (number, ==, accepted[row].number);
}

static void
test_rejects (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  guint64 number = UNTOUCHED;

  g_assert_false (parse (rejected[row].text, rejected[row].base, rejected[row].max, &number));
  g_assert_cmpuint (number, ==, UNTOUCHED);
}

static void
test_nul (void)
{
  guint64 number = UNTOUCHED;

  g_assert_false (msa_number_parse (msa_slice ("1\0", 2), 10, G_MAXUINT64, &number));
  g_assert_cmpuint (number, ==, UNTOUCHED);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_NUMBERED ("/msa/number/accepts", accepted, test_accepts);
  MSA_TEST_ADD_NUMBERED ("/msa/number/rejects", rejected, test_rejects);
  g_test_add_func ("/msa/number/rejects/nul", test_nul);

  return g_test_run ();
}

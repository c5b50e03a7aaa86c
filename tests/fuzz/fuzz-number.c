/* fuzz-number.c: the parser of numbers against one that counts in 128 bits
 *
 * Input: the base (0: 8, 1: 10, 2: 16) and the maximum in one line, then the text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "base/msa-number-private.h"

#define UNTOUCHED G_GUINT64_CONSTANT (0x5ca1ab1e5ca1ab1e)

/* FALSE unless it is a number up to @max. */
static gboolean
read_slowly (MsaSlice text,
             guint base,
             guint64 max,
             guint64 *number)
{
  static const char digits[] = "0123456789abcdef";
  unsigned __int128 value = 0;

  for (gsize i = 0; i < text.len; i++)
    {
      const char *digit = memchr (digits, g_ascii_tolower (text.data[i]), base);

      if (digit == NULL)
        return FALSE;
      value = value * base + (guint) (digit - digits);
      /* It does not get smaller any more, but could go round. */
      value = MIN (value, (unsigned __int128) 1 << 100);
    }
  *number = (guint64) value;

  return text.len > 0 && value <= max;
}

static void
check_text (MsaSlice text,
            guint base,
            guint64 max)
{
  guint64 number = UNTOUCHED;
  guint64 expected = UNTOUCHED;

  if (read_slowly (text, base, max, &expected))
    {
      g_assert_true (msa_number_parse (text, base, max, &number));
      g_assert_cmpuint (number, ==, expected);
    }
  else
    {
      g_assert_false (msa_number_parse (text, base, max, &number));
      g_assert_cmpuint (number, ==, UNTOUCHED);
    }
}

static void
write_number (char *text,
              gsize size,
              guint64 number,
              guint base)
{
  if (base == 8)
    g_snprintf (text, size, "%" G_GINT64_MODIFIER "o", number);
  else if (base == 10)
    g_snprintf (text, size, "%" G_GINT64_MODIFIER "u", number);
  else
    g_snprintf (text, size, "%" G_GINT64_MODIFIER "x", number);
}

/* What was written is read, and is over a limit that is one less. */
static void
check_written (guint64 written,
               guint base)
{
  char text[32];
  guint64 number;

  write_number (text, sizeof (text), written, base);
  g_assert_true (msa_number_parse (msa_slice_from_string (text), base, written, &number));
  g_assert_cmpuint (number, ==, written);
  if (written > 0)
    g_assert_false (msa_number_parse (msa_slice_from_string (text), base, written - 1, &number));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  static const guint bases[] = { 8, 10, 16 };
  MsaCursor input = msa_cursor (data, size);
  guint base = bases[msa_fuzz_choose (&input, G_N_ELEMENTS (bases))];
  g_autofree char *line = msa_fuzz_take_string (&input);
  guint64 max = line[0] == '\0' ? G_MAXUINT64 : g_ascii_strtoull (line, NULL, 10);
  MsaSlice text = msa_cursor_rest (&input);

  check_text (text, base, max);
  check_text (text, base, G_MAXUINT64);
  check_text (text, base, G_MAXINT64);
  check_written (max, base);

  return 0;
}

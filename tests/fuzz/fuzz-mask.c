/* fuzz-mask.c: what is shown of a text
 *
 * Input: how much of it may be shown in one line, as a digit; then the text. What is shown is text
 * that prints, not longer than asked for, and never a password.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "base/msa-mask-private.h"

#define PASSWORD "Xhunter2X"
/* Behind the last byte that may come: what stands for a user, four bytes as "\x00", and "...". */
#define SLACK 40

static void
assert_prints (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    g_assert_true (g_unichar_isprint (g_utf8_get_char (at)));
}

static void
check_append (MsaSlice text,
              gsize max_bytes)
{
  g_autoptr (GString) shown = g_string_new (NULL);

  msa_mask_append (shown, text, max_bytes);
  g_assert_cmpuint (shown->len, <=, max_bytes + SLACK);
  assert_prints (shown->str);
}

/* Whatever stands before and behind it. */
static void
check_password (const char *before)
{
  g_autofree char *uri = g_strconcat (before, "://user:" PASSWORD "@h/", NULL);
  g_autofree char *masked = msa_mask_uri (uri);
  g_autoptr (GString) shown = g_string_new (NULL);

  if (strstr (before, "hunter") != NULL)
    return;
  msa_mask_append (shown, msa_slice_from_string (uri), G_MAXUINT16);
  g_assert_null (strstr (shown->str, "hunter"));
  g_assert_null (strstr (masked, "hunter"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor first = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  gsize max_bytes = msa_fuzz_choose (&first, 62);
  MsaSlice text = msa_cursor_rest (&input);
  g_autofree char *string = msa_slice_dup (text);

  check_append (text, max_bytes);
  check_append (text, G_MAXUINT16);
  check_password (string);

  return 0;
}

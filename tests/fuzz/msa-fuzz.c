/* msa-fuzz.c: what the fuzz targets share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"

#include <signal.h>
#include <stdlib.h>

#define MAX_MESSAGE_BYTES 1000

/* What GLib ends a program with for a critical; of this libFuzzer would keep no input. */
static void
trap_cb (int signal_number)
{
  abort ();
}

int
LLVMFuzzerInitialize (int *argc,
                      char ***argv)
{
  signal (SIGTRAP, trap_cb);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);

  return 0;
}

/* '0' to '9', 'A' to 'Z' and 'a' to 'z' follow each other closely; other bytes have a value too. */
static guint
get_value (int byte)
{
  if (g_ascii_isdigit (byte))
    return (guint) byte - '0';
  if (g_ascii_isupper (byte))
    return (guint) byte - 'A' + 10;
  if (g_ascii_islower (byte))
    return (guint) byte - 'a' + 36;

  return (guint) byte;
}

guint
msa_fuzz_choose (MsaCursor *input,
                 guint n)
{
  int byte = msa_cursor_next (input);

  return byte < 0 ? 0 : get_value (byte) % n;
}

MsaSlice
msa_fuzz_take_line (MsaCursor *input)
{
  MsaSlice line;

  if (!msa_cursor_take_until (input, '\n', &line))
    return msa_cursor_take (input, G_MAXSIZE);
  msa_cursor_next (input);

  return line;
}

char *
msa_fuzz_take_string (MsaCursor *input)
{
  return msa_slice_dup (msa_fuzz_take_line (input));
}

MsaFuzzCuts
msa_fuzz_cuts (MsaSlice plan)
{
  return (MsaFuzzCuts) { plan, msa_cursor_from_slice (plan) };
}

gsize
msa_fuzz_cut (MsaFuzzCuts *self,
              gsize left)
{
  gsize len;

  if (msa_cursor_is_empty (&self->at))
    self->at = msa_cursor_from_slice (self->plan);
  len = msa_fuzz_choose (&self->at, 61);

  return len == 0 ? left : MIN (len, left);
}

void
msa_fuzz_append_headers (GString *text,
                         MsaHeaders *headers)
{
  guint n_fields = msa_headers_get_length (headers);

  g_string_append_c (text, '{');
  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      g_assert_true (msa_is_token (name));
      g_assert_true (msa_is_field_value (value));
      g_string_append_len (text, name.data, (gssize) name.len);
      g_string_append (text, ": ");
      g_string_append_len (text, value.data, (gssize) value.len);
      g_string_append_c (text, '|');
    }
  g_string_append_c (text, '}');
}

void
msa_fuzz_append_error (GString *text,
                       const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == MSA_ERROR);
  g_assert_cmpint (error->code, !=, MSA_ERROR_INTERNAL);
  g_assert_cmpuint (strlen (error->message), >, 10);
  g_assert_cmpuint (strlen (error->message), <, MAX_MESSAGE_BYTES);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *at = error->message; *at != '\0'; at++)
    g_assert_false (g_ascii_iscntrl (*at));
  g_string_append_printf (text, "error-%d", error->code);
}

void
msa_fuzz_assert_equal (const GString *a,
                       const GString *b)
{
  if (g_string_equal (a, b))
    return;

  g_printerr ("# one:   %s\n# other: %s\n", a->str, b->str);
  g_assert_cmpmem (a->str, a->len, b->str, b->len);
}

/* fuzz-pin.c: the texts of pinned keys
 *
 * Input: the text. What is taken for a pin is the one text of its digest; and 32 bytes of the
 * input, written as a pin, are read back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "model/msa-tls-settings-private.h"

static char *
write_pin (const guint8 digest[MSA_TLS_PIN_BYTES])
{
  g_autofree char *digits = g_base64_encode (digest, MSA_TLS_PIN_BYTES);

  return g_strconcat ("sha256//", digits, NULL);
}

static void
check_text (const char *text)
{
  guint8 digest[MSA_TLS_PIN_BYTES];
  g_autofree char *again = NULL;

  if (!msa_tls_pin_parse (text, digest))
    return;
  again = write_pin (digest);
  g_assert_cmpstr (text, ==, again);
}

static void
check_written (const guint8 *data,
               gsize size)
{
  guint8 digest[MSA_TLS_PIN_BYTES] = { 0 };
  guint8 read[MSA_TLS_PIN_BYTES];
  g_autofree char *text = NULL;

  if (size > 0)
    memcpy (digest, data, MIN (size, sizeof (digest)));
  text = write_pin (digest);
  g_assert_true (msa_tls_pin_parse (text, read));
  g_assert_cmpmem (read, sizeof (read), digest, sizeof (digest));
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  g_autofree char *text = g_strndup (size > 0 ? (const char *) data : "", size);

  check_text (text);
  check_written (data, size);
  return 0;
}

/* msa-error.c: the one error domain
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error-private.h"

#include "base/msa-limits-private.h"

#include <string.h>

/**
 * msa_error_quark:
 *
 * The domain of libmsa's errors, whose codes are [error@Msa.Error].
 *
 * Returns: the quark
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (msa-error-quark, msa_error)

/* No control, no mark that turns the direction of what follows, no other end of a line. */
static gboolean
is_text (gunichar c)
{
  return g_unichar_isprint (c) && c != 0x2028 && c != 0x2029;
}

static gsize
get_len_without_stop (const char *text)
{
  gsize len = strlen (text);

  while (len > 0 && strchr (". \t\r\n", text[len - 1]) != NULL)
    len--;

  return len;
}

void
msa_error_tidy (GError *error)
{
  const char *at = error->message;
  const char *end = at + get_len_without_stop (at);
  GString *text = g_string_sized_new ((gsize) (end - at));

  while (at < end && text->len < MSA_MAX_MESSAGE_BYTES)
    {
      gunichar c = g_utf8_get_char_validated (at, end - at);
      gsize len = (gint32) c < 0 ? 1 : (gsize) (g_utf8_next_char (at) - at);

      if ((gint32) c >= 0 && is_text (c))
        g_string_append_len (text, at, (gssize) len);
      else
        for (gsize i = 0; i < len; i++)
          g_string_append_printf (text, "\\x%02x", (guint8) at[i]);
      at += len;
    }
  if (at < end)
    g_string_append (text, "…");

  g_free (error->message);
  error->message = g_string_free (text, FALSE);
}

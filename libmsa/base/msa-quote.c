/* msa-quote.c: a text for a message
 *
 * What an application or a URL says, which may be anything. What a peer says on the wire is
 * quoted in proto/.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-quote-private.h"

#define MAX_QUOTED_BYTES 200

gchar *
msa_quote (MsaSlice text)
{
  const char *data = text.len == 0 ? "" : text.data;
  g_autofree gchar *valid = g_utf8_make_valid (data, (gssize) MIN (text.len, MAX_QUOTED_BYTES));
  GString *quoted = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (g_unichar_isprint (c))
        g_string_append_unichar (quoted, c);
      else
        g_string_append_printf (quoted, "\\x%02x", c);
    }
  if (text.len > MAX_QUOTED_BYTES)
    g_string_append (quoted, "…");
  return g_string_free (quoted, FALSE);
}

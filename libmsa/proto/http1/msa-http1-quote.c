/* msa-http1-quote.c: a peer's bytes, made fit for an error message
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-quote-private.h"

#include "base/msa-cursor-private.h"

/* Enough to find the place in a trace, little enough for one line. */
#define MAX_QUOTED_BYTES 40

gchar *
msa_http1_quote (MsaSlice text)
{
  MsaCursor rest = msa_cursor_from_slice (text);
  MsaCursor shown = msa_cursor_from_slice (msa_cursor_take (&rest, MAX_QUOTED_BYTES));
  GString *quoted = g_string_new ("“");
  int byte;

  while ((byte = msa_cursor_next (&shown)) >= 0)
    {
      if (byte == '\\' || !g_ascii_isprint ((char) byte))
        g_string_append_printf (quoted, "\\x%02x", (guint) byte);
      else
        g_string_append_c (quoted, (char) byte);
    }
  g_string_append (quoted, msa_cursor_is_empty (&rest) ? "”" : "...”");

  return g_string_free (quoted, FALSE);
}

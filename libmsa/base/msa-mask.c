/* msa-mask.c: what may be shown of a text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-mask-private.h"

#include <string.h>

#define MASK "(masked)"

/* Fields whose values let in whoever knows them. */
static const MsaSlice secret_fields[] = {
  { "authorization", 13 },
  { "proxy-authorization", 19 },
  { "authentication-info", 19 },
  { "proxy-authentication-info", 25 },
  { "cookie", 6 },
  { "cookie2", 7 },
  { "set-cookie", 10 },
  { "set-cookie2", 11 },
  { "api-key", 7 },
  { "x-api-key", 9 },
  { "x-auth-token", 12 },
  { "x-csrf-token", 12 },
  { "x-amz-security-token", 20 },
};

MsaSlice
msa_mask_field (MsaSlice name,
                MsaSlice value)
{
  for (guint i = 0; i < G_N_ELEMENTS (secret_fields); i++)
    if (msa_slice_equal_ci (name, secret_fields[i]))
      return MSA_SLICE (MASK);

  return value;
}

/* A password that was not encoded may hold anything, so that the last @ counts. */
gchar *
msa_mask_uri (const char *uri)
{
  const char *at = strrchr (uri, '@');
  const char *slashes = strstr (uri, "//");
  int n_scheme = slashes != NULL && at != NULL && slashes < at ? (int) (slashes + 2 - uri) : 0;

  if (at == NULL)
    return g_strdup (uri);

  return g_strdup_printf ("%.*s" MASK "%s", n_scheme, uri, at);
}

/* The length of user and password where an authority begins; 0: there are none. */
static gsize
measure_userinfo (const char *text,
                  gsize len)
{
  gsize n = 0;

  for (gsize i = 0; i < len && strchr ("/?#<>\" \t\r\n", text[i]) == NULL; i++)
    if (text[i] == '@')
      n = i;

  return n;
}

/* One character, or one byte that is none. Gives how many bytes it took. */
static gsize
append_character (GString *shown,
                  const char *text,
                  gsize len)
{
  gunichar character = g_utf8_get_char_validated (text, (gssize) len);
  gsize n = 1;

  if (character < 0x80 && g_ascii_isprint ((char) character))
    {
      g_string_append_c (shown, text[0]);
      return 1;
    }
  if (character >= 0x80 && character <= 0x10ffff)
    n = (gsize) (g_utf8_next_char (text) - text);
  if (n > 1 && g_unichar_isprint (character))
    {
      g_string_append_len (shown, text, (gssize) n);
      return n;
    }

  for (gsize i = 0; i < n; i++)
    g_string_append_printf (shown, "\\x%02x", (guint) (guint8) text[i]);

  return n;
}

void
msa_mask_append (GString *shown,
                 MsaSlice text,
                 gsize max_bytes)
{
  gsize i = 0;

  while (i < text.len)
    {
      if (shown->len >= max_bytes)
        {
          g_string_append (shown, "...");
          return;
        }
      if (i >= 3 && memcmp (text.data + i - 3, "://", 3) == 0)
        {
          gsize n_user = measure_userinfo (text.data + i, text.len - i);

          if (n_user > 0)
            g_string_append (shown, MASK);
          i += n_user;
        }
      if (i < text.len)
        i += append_character (shown, text.data + i, text.len - i);
    }
}

/* msa-slice-private.h: a borrowed run of bytes
 *
 * A slice points into memory that somebody else keeps and says how long it is.
 * It is what the cursor hands out, so that no other file needs to do pointer
 * arithmetic on a peer's bytes. Comparison of names is ASCII only, never by locale.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <string.h>

typedef struct
{
  const char *data; /* (unowned): not terminated */
  gsize       len;
} MsaSlice;

#define MSA_SLICE_INIT { NULL, 0 }
#define MSA_SLICE(literal) ((MsaSlice) { ("" literal), sizeof (literal) - 1 })

static inline MsaSlice
msa_slice (const void *data,
           gsize len)
{
  return (MsaSlice) { data, len };
}

static inline MsaSlice
msa_slice_from_string (const char *text)
{
  return (MsaSlice) { text, strlen (text) };
}

static inline gboolean
msa_slice_equal (MsaSlice a,
                 MsaSlice b)
{
  return a.len == b.len && (a.len == 0 || memcmp (a.data, b.data, a.len) == 0);
}

/* ASCII case is ignored. */
static inline gboolean
msa_slice_equal_ci (MsaSlice a,
                    MsaSlice b)
{
  return a.len == b.len && (a.len == 0 || g_ascii_strncasecmp (a.data, b.data, a.len) == 0);
}

static inline gchar *
msa_slice_dup (MsaSlice self)
{
  return g_strndup (self.len == 0 ? "" : self.data, self.len);
}

/* msa-wipe-private.h: secrets are overwritten before their memory is given back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* As the writes are volatile, no compiler leaves them out. */
static inline void
msa_wipe (gpointer data,
          gsize len)
{
  volatile guint8 *bytes = data;
  gsize i;

  for (i = 0; i < len; i++)
    bytes[i] = 0;
}

/* @text: (nullable) (transfer full). */
static inline void
msa_wipe_free (char *text)
{
  gsize len;

  if (text == NULL)
    return;

  for (len = 0; text[len] != '\0'; len++)
    ;
  msa_wipe (text, len);
  g_free (text);
}

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

typedef struct
{
  guint8 *data; /* (owned) */
  gsize   len;
} MsaWiped;

static inline void
msa_wiped_free (gpointer data)
{
  MsaWiped *self = data;

  msa_wipe (self->data, self->len);
  g_free (self->data);
  g_free (self);
}

/* @data (transfer full) is overwritten when the last reference is dropped. */
static inline GBytes *
msa_wipe_bytes_take (guint8 *data,
                     gsize len)
{
  MsaWiped *wiped = g_new (MsaWiped, 1);

  wiped->data = data;
  wiped->len = len;
  return g_bytes_new_with_free_func (data, len, msa_wiped_free, wiped);
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

/* msa-callback-private.h: an application's function with its data
 *
 * Reference-counted, so that one that is replaced or cleared from within itself lives until it has
 * returned; its data is destroyed after that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct
{
  grefcount      refs;
  GCallback      func;
  gpointer       user_data;
  GDestroyNotify destroy; /* (nullable) */
} MsaCallback;

/* NULL for a NULL @func; then @user_data is destroyed at once. */
static inline MsaCallback *
msa_callback_new (GCallback func,
                  gpointer user_data,
                  GDestroyNotify destroy)
{
  MsaCallback *self;

  if (func == NULL)
    {
      if (destroy != NULL)
        destroy (user_data);
      return NULL;
    }

  self = g_new0 (MsaCallback, 1);
  g_ref_count_init (&self->refs);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return self;
}

static inline MsaCallback *
msa_callback_ref (MsaCallback *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

static inline void
msa_callback_unref (MsaCallback *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaCallback, msa_callback_unref)

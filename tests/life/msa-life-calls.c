/* msa-life-calls.c: what is called at a point
 *
 * Every public function, as generate-life.py makes its call, and what else is done to our objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "life/msa-life.h"

#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "msa-version-info.h"

/* Functions that calls set */

static void
any_destroy_cb (gpointer data)
{
  ((MsaLife *) data)->n_destroyed++;
}

static MsaWriteResult
any_write_cb (MsaEasy *easy,
              const guint8 *data,
              gsize len,
              gpointer user_data)
{
  return MSA_WRITE_CONTINUE;
}

static void
any_foreach_cb (const char *name,
                const char *value,
                gpointer user_data)
{
}

static gboolean
any_address_cb (MsaMulti *multi,
                MsaEasy *easy,
                GSocketAddress *address,
                gpointer user_data)
{
  return TRUE;
}

static GSocket *
any_open_cb (MsaMulti *multi,
             MsaEasy *easy,
             GSocketAddress *address,
             gpointer user_data)
{
  return NULL;
}

static void
any_socket_cb (MsaMulti *multi,
               int fd,
               MsaSocketEvents wanted,
               gboolean removed,
               gpointer user_data)
{
}

static void
any_timer_cb (MsaMulti *multi,
              int timeout_ms,
              gpointer user_data)
{
}

#include "life-calls.h"

/* What is no function of ours, but done to our objects */

static void
call_quiet (MsaLife *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    if (calls[i].is_quiet)
      calls[i].call (self);
}

/* Sets each property to what it is, by way of GObject. */
static void
set_all (gpointer object)
{
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, all[i]->value_type);
      if ((all[i]->flags & G_PARAM_READABLE) != 0)
        g_object_get_property (object, all[i]->name, &value);
      if ((all[i]->flags & G_PARAM_WRITABLE) != 0 && (all[i]->flags & G_PARAM_READABLE) != 0)
        g_object_set_property (object, all[i]->name, &value);
    }
}

static void
call_properties (MsaLife *self)
{
  set_all (self->multi);
  set_all (self->target);
}

static void
call_drop_easy (MsaLife *self)
{
  if (self->is_own)
    g_clear_object (&self->own);
  else
    g_clear_object (&self->other);
}

static void
call_drop_multi (MsaLife *self)
{
  if (self->holds_multi)
    {
      self->holds_multi = FALSE;
      g_object_unref (self->multi);
    }
}

static void
call_cancel (MsaLife *self)
{
  g_cancellable_cancel (self->cancellable);
}

static void
call_dispose_easy (MsaLife *self)
{
  g_object_run_dispose (G_OBJECT (self->target));
  /* Its handlers are gone with it. */
  msa_life_get_record (self->target)->is_disposed = TRUE;
}

static void
call_nested (MsaLife *self)
{
  for (guint i = 0; i < 5; i++)
    msa_life_turn (self);
}

static const MsaLifeCall own_calls[] = {
  { "quiet", FALSE, call_quiet },
  { "properties", FALSE, call_properties },
  { "drop-easy", FALSE, call_drop_easy },
  { "drop-multi", FALSE, call_drop_multi },
  { "cancel", FALSE, call_cancel },
  { "dispose-easy", FALSE, call_dispose_easy },
  { "nested", FALSE, call_nested },
};

const MsaLifeCall *
msa_life_get_call (guint i)
{
  if (i < G_N_ELEMENTS (calls))
    return &calls[i];
  i -= G_N_ELEMENTS (calls);

  return i < G_N_ELEMENTS (own_calls) ? &own_calls[i] : NULL;
}

/* A result */

static void
old_cb (GObject *source,
        GAsyncResult *result,
        gpointer data)
{
  MsaLife *self = data;

  self->old = g_object_ref (result);
  self->result = result;
}

static gboolean
has_old (MsaLife *self)
{
  return self->old != NULL;
}

void
msa_life_make_old (MsaLife *self)
{
  msa_multi_fetch_async (self->multi, "http://plain.org/", NULL, old_cb, self);
  msa_life_run (self, has_old, G_USEC_PER_SEC);
  g_assert_nonnull (self->old);
}

/* msa-multi-source.c: a multi on a GMainContext
 *
 * One source for all of a multi's descriptors: its turn costs the same for one as for ten
 * thousand. It polls the engine's own poller; where there is none it polls each descriptor. The
 * deadline is given in prepare: setting a ready time from outside would cost a wake-up of the
 * context each time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi-source-private.h"

typedef struct
{
  GSource source;
  MsaEngine *engine; /* (unowned) */
  GObject *owner; /* (unowned): frees the source before it goes */
  gpointer poller_tag; /* (nullable): NULL when each descriptor is watched by itself */
  GHashTable *tags; /* (owned) (nullable): descriptor → tag */
} MsaMultiSource;

static gboolean
source_prepare (GSource *source,
                int *timeout_ms)
{
  MsaMultiSource *self = (MsaMultiSource *) source;

  *timeout_ms = msa_engine_get_timeout_ms (self->engine);

  return *timeout_ms == 0;
}

static gboolean
is_any_ready (MsaMultiSource *self)
{
  GHashTableIter iter;
  gpointer tag;

  if (self->poller_tag != NULL)
    return g_source_query_unix_fd (&self->source, self->poller_tag) != 0;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, &tag))
    if (g_source_query_unix_fd (&self->source, tag) != 0)
      return TRUE;

  return FALSE;
}

static gboolean
source_check (GSource *source)
{
  MsaMultiSource *self = (MsaMultiSource *) source;

  return is_any_ready (self) || msa_engine_get_timeout_ms (self->engine) == 0;
}

static void
note_events (MsaMultiSource *self)
{
  GHashTableIter iter;
  gpointer fd, tag;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, &fd, &tag))
    {
      GIOCondition events = g_source_query_unix_fd (&self->source, tag);

      if (events != 0)
        msa_engine_note_event (self->engine, GPOINTER_TO_INT (fd), events);
    }
}

static gboolean
source_dispatch (GSource *source,
                 GSourceFunc callback,
                 gpointer user_data)
{
  MsaMultiSource *self = (MsaMultiSource *) source;
  g_autoptr (GObject) owner G_GNUC_UNUSED = g_object_ref (self->owner);

  if (self->poller_tag == NULL)
    note_events (self);
  msa_engine_socket_action (self->engine, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);

  return G_SOURCE_CONTINUE;
}

static void
source_finalize (GSource *source)
{
  MsaMultiSource *self = (MsaMultiSource *) source;

  g_clear_pointer (&self->tags, g_hash_table_unref);
}

static const GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
  .finalize = source_finalize,
};

static void
watch_singly (gpointer data,
              int fd,
              MsaSocketEvents wanted,
              gboolean removed)
{
  MsaMultiSource *self = data;
  gpointer tag = g_hash_table_lookup (self->tags, GINT_TO_POINTER (fd));

  if (removed)
    {
      g_source_remove_unix_fd (&self->source, tag);
      g_hash_table_remove (self->tags, GINT_TO_POINTER (fd));
    }
  else if (tag != NULL)
    {
      g_source_modify_unix_fd (&self->source, tag, (GIOCondition) wanted);
    }
  else
    {
      tag = g_source_add_unix_fd (&self->source, fd, (GIOCondition) wanted);
      g_hash_table_insert (self->tags, GINT_TO_POINTER (fd), tag);
    }
}

static void
ignore_timer (gpointer data,
              gint64 deadline_us)
{
  /* prepare asks for it. */
}

static const MsaDriverOps singly_ops = {
  .socket = watch_singly,
  .timer = ignore_timer,
};

GSource *
msa_multi_source_new (MsaEngine *engine,
                      GObject *owner,
                      gboolean singly)
{
  GSource *source = g_source_new ((GSourceFuncs *) &source_funcs, sizeof (MsaMultiSource));
  MsaMultiSource *self = (MsaMultiSource *) source;

  self->engine = engine;
  self->owner = owner;
  g_source_set_static_name (source, "MsaMulti");
  g_source_set_can_recurse (source, TRUE);
  if (!singly && msa_engine_use_poller (engine))
    {
      self->poller_tag = g_source_add_unix_fd (source, engine->sockets.poller, G_IO_IN);
    }
  else
    {
      self->tags = g_hash_table_new (NULL, NULL);
      msa_engine_set_driver (engine, &singly_ops, self);
    }

  return source;
}

void
msa_multi_source_free (GSource *source)
{
  MsaMultiSource *self = (MsaMultiSource *) source;

  msa_engine_set_driver (self->engine, NULL, NULL);
  self->engine->reactor.context = NULL;
  g_source_destroy (source);
  g_source_unref (source);
}

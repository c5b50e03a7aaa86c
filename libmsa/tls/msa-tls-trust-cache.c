/* msa-tls-trust-cache.c: trusts, made by jobs and shared
 *
 * One for each configuration, so that no dispatch waits for a disk or a parser. The cache
 * lives in its multi's thread; a load belongs to its thread until it is done.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-wipe-private.h"
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

typedef struct _TrustLoad TrustLoad;

/* What the cache knows of one configuration. It is loading for the first time, or is locked and one
 * of its waiters is asked for a password, or has a trust and perhaps a job that looks whether it
 * still holds, or was taken out of the table since its load failed. */
typedef struct
{
  grefcount refs; /* the table's, and the delivery's while it runs */
  char *identity; /* (owned): what it is filed under */
  MsaTlsConfig *config; /* (owned) (nullable): while it loads or is locked; NULL: the default */
  TrustLoad *load; /* (unowned) (nullable): while it runs; load_done() clears it */
  MsaTrust *trust; /* (owned) (nullable) */
  guint64 stamp; /* of the files that @trust was made of */
  gboolean has_files;
  gint64 loaded_us;
  gint64 checked_us; /* when the files were last looked at */
  gint64 used_us;
  GQueue waiters; /* (element-type MsaTrustWaiter): by link; the first that came is told first */
  MsaTrustWaiter *asked; /* (unowned) (nullable): not among @waiters; looks for a password */
  GError *lock; /* (owned) (nullable): set with @asked: what it was told */
} TrustEntry;

struct _TrustLoad
{
  MsaTask task;
  MsaTrustCache *cache; /* (unowned) (nullable): the cache clears it, in the multi's thread */
  char *identity; /* (owned) */
  MsaTlsSettings settings; /* (owned) */
  MsaTrust *trust; /* (owned) (nullable) */
  guint64 stamp; /* of the files, taken before they are read */
  gboolean has_stamp; /* @stamp is that of a trust: without a change nothing is to do */
  gboolean unchanged;
  GError *error; /* (owned) (nullable) */
};

struct _MsaTrustCache
{
  MsaReactor *reactor; /* (unowned): outlives the cache */
  GHashTable *entries; /* (owned) (element-type utf8 TrustEntry): by identity of the trust */
};

/* --- loading --- */

static void
load_free (TrustLoad *self)
{
  g_free (self->identity);
  msa_tls_settings_clear (&self->settings);
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_error (&self->error);
  g_free (self);
}

/* A file that cannot be looked at counts as changed: loading tells what is wrong with it. */
static void
load_work (MsaJob *job,
           MsaSys *sys)
{
  TrustLoad *self = (TrustLoad *) job;
  guint64 stamp = 0;
  gboolean seen = msa_trust_stamp (sys, &self->settings, &stamp);

  self->unchanged = self->has_stamp && seen && stamp == self->stamp;
  if (self->unchanged)
    return;

  self->stamp = stamp;
  self->trust = msa_trust_load (sys, &self->settings, &self->error);
}

static void load_done (MsaTask *task, MsaReactor *reactor, gint64 now_us);

static TrustLoad *
load_new (MsaTrustCache *cache,
          const TrustEntry *entry)
{
  TrustLoad *self = g_new0 (TrustLoad, 1);

  self->task.job.work = load_work;
  self->task.done = load_done;
  self->cache = cache;
  self->identity = g_strdup (entry->identity);
  self->has_stamp = entry->trust != NULL;
  self->stamp = entry->stamp;
  if (entry->config != NULL)
    msa_tls_settings_copy (msa_tls_config_get_settings (entry->config), &self->settings);
  else
    msa_tls_settings_init (&self->settings);
  return self;
}

/* --- the cache --- */

static void
entry_unref (TrustEntry *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  /* Of a change nobody would be told any more. */
  if (self->trust != NULL)
    msa_trust_outdate (self->trust);
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_error (&self->lock);
  g_clear_object (&self->config);
  g_free (self->identity);
  g_free (self);
}

/* Takes the entry out of the table's hands: nobody is told any more. */
static void
entry_destroy (TrustEntry *self)
{
  if (self->load != NULL)
    self->load->cache = NULL;
  self->load = NULL;
  entry_unref (self);
}

/* The one that came first, out of the list; NULL: none is left. */
static MsaTrustWaiter *
take_waiter (TrustEntry *self)
{
  GList *link = g_queue_pop_head_link (&self->waiters);
  MsaTrustWaiter *waiter = link != NULL ? link->data : NULL;

  if (waiter != NULL)
    waiter->entry = NULL;
  return waiter;
}

/* Waiters may start and cancel others, even free the cache: each is out of the list before it is
 * told, and the entry is held by the caller. */
static void
tell_waiters (TrustEntry *self,
              const GError *error,
              gint64 now_us)
{
  MsaTrustWaiter *waiter;

  while ((waiter = take_waiter (self)) != NULL)
    waiter->done (waiter, self->trust, error, now_us);
}

static void
forget_waiters (TrustEntry *self)
{
  if (self->asked != NULL)
    self->asked->entry = NULL;
  self->asked = NULL;
  while (take_waiter (self) != NULL)
    ;
}

/* --- locked keys --- */

/* Another password may help where none was given, or a file refused it. A token is not tried twice:
 * it counts. The PIN may be in its URI. */
static gboolean
can_be_unlocked (const TrustLoad *load)
{
  return load->error != NULL && load->error->code == MSA_ERROR_TLS_PASSWORD &&
         (!msa_tls_item_is_token (&load->settings.key) ||
          (load->settings.key_password == NULL &&
           msa_tls_item_find_pin (&load->settings.key) == NULL));
}

/* Takes the first waiter that could ask somebody out of the list. */
static MsaTrustWaiter *
take_asker (TrustEntry *self)
{
  for (GList *link = self->waiters.head; link != NULL; link = link->next)
    {
      MsaTrustWaiter *waiter = link->data;

      if (waiter->locked == NULL)
        continue;
      g_queue_unlink (&self->waiters, link);
      return waiter;
    }

  return NULL;
}

/* The others wait for what it brings. FALSE: there is nobody to ask. */
static gboolean
ask_one (TrustEntry *self,
         const GError *lock,
         gint64 now_us)
{
  self->asked = take_asker (self);
  if (self->asked == NULL)
    return FALSE;

  g_clear_error (&self->lock);
  self->lock = g_error_copy (lock);
  self->asked->locked (self->asked, self->lock, now_us);
  return TRUE;
}

/* Connections that were made with the old one know it by that. The same contents, loaded again
 * after a while, are no change. */
static void
outdate (MsaTrust *old,
         MsaTrust *new)
{
  if (new == NULL || !g_str_equal (msa_trust_get_contents (old), msa_trust_get_contents (new)))
    msa_trust_outdate (old);
}

/* What came of the job becomes the entry's. */
static void
settle_entry (TrustEntry *entry,
              TrustLoad *load,
              gint64 now_us)
{
  entry->load = NULL;
  entry->checked_us = now_us;
  if (load->unchanged)
    return;

  if (entry->trust != NULL)
    outdate (entry->trust, load->trust);
  g_clear_pointer (&entry->trust, msa_trust_unref);
  entry->trust = g_steal_pointer (&load->trust);
  entry->stamp = load->stamp;
  entry->loaded_us = now_us;
}

/* There is a trust, or @error. */
static void
finish_entry (MsaTrustCache *cache,
              TrustEntry *entry,
              const GError *error,
              gint64 now_us)
{
  g_ref_count_inc (&entry->refs);
  g_clear_object (&entry->config);
  /* A failure is not kept: the next need tries again, also one out of tell_waiters(). */
  if (entry->trust == NULL)
    g_hash_table_remove (cache->entries, entry->identity);

  tell_waiters (entry, error, now_us);
  entry_unref (entry);
}

static void
load_done (MsaTask *task,
           MsaReactor *reactor,
           gint64 now_us)
{
  TrustLoad *self = (TrustLoad *) task;
  TrustEntry *entry;

  /* Without a reactor this may be any thread: nothing but the load may be touched. */
  if (reactor == NULL || self->cache == NULL)
    {
      load_free (self);
      return;
    }

  /* No thread could be had. What is there already serves on. */
  if (self->task.job.work == NULL && self->has_stamp)
    self->unchanged = TRUE;
  if (self->trust == NULL && self->error == NULL && !self->unchanged)
    g_set_error (&self->error, MSA_ERROR, MSA_ERROR_TLS_TRUST,
                 "cannot load the trust store: no thread could be started");

  entry = g_hash_table_lookup (self->cache->entries, self->identity);
  settle_entry (entry, self, now_us);
  if (!can_be_unlocked (self) || !ask_one (entry, self->error, now_us))
    finish_entry (self->cache, entry, self->error, now_us);
  load_free (self);
}

MsaTrustCache *
msa_trust_cache_new (MsaReactor *reactor)
{
  MsaTrustCache *self = g_new0 (MsaTrustCache, 1);

  self->reactor = reactor;
  self->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) entry_destroy);
  return self;
}

void
msa_trust_cache_free (MsaTrustCache *self)
{
  GHashTableIter iter;
  TrustEntry *entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &entry))
    forget_waiters (entry);

  g_hash_table_unref (self->entries);
  g_free (self);
}

/* gpointer is now_us. What a job looks at stays until it is done. */
static gboolean
entry_is_expired (gpointer identity,
                  gpointer value,
                  gpointer now_us)
{
  const TrustEntry *entry = value;

  return entry->trust != NULL && entry->load == NULL &&
         *(gint64 *) now_us - entry->loaded_us >= MSA_TRUST_TTL_US;
}

/* Configurations are the application's, which may make them without end: what was not used for
 * the longest time goes. */
static void
make_room (MsaTrustCache *self)
{
  GHashTableIter iter;
  const char *identity;
  const char *oldest = NULL;
  TrustEntry *entry;
  gint64 oldest_us = G_MAXINT64;

  if (g_hash_table_size (self->entries) < MSA_MAX_TRUSTS)
    return;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, (gpointer *) &identity, (gpointer *) &entry))
    if (entry->load == NULL && entry->asked == NULL && entry->used_us < oldest_us)
      {
        oldest = identity;
        oldest_us = entry->used_us;
      }
  if (oldest != NULL)
    g_hash_table_remove (self->entries, oldest);
}

static void
append_waiter (TrustEntry *entry,
               MsaTrustWaiter *waiter)
{
  waiter->entry = entry;
  waiter->link.data = waiter;
  g_queue_push_tail_link (&entry->waiters, &waiter->link);
}

static TrustEntry *
add_entry (MsaTrustCache *self,
           const char *identity,
           MsaTlsConfig *config)
{
  TrustEntry *entry = g_new0 (TrustEntry, 1);

  make_room (self);
  g_ref_count_init (&entry->refs);
  entry->identity = g_strdup (identity);
  entry->has_files =
      config != NULL && msa_trust_has_files (msa_tls_config_get_settings (config));
  g_hash_table_insert (self->entries, entry->identity, entry);
  return entry;
}

static gboolean
has_to_be_checked (const TrustEntry *entry,
                   gint64 now_us)
{
  return entry->has_files && now_us - entry->checked_us >= MSA_TRUST_CHECK_US;
}

static void
start_load (MsaTrustCache *self,
            TrustEntry *entry,
            TrustLoad *load)
{
  entry->load = load;
  self->reactor->ops->run (self->reactor, &load->task);
}

/* Who was asked has left without an answer. For the others it is as if they were the first: from
 * here nobody may be told anything. */
static void
pass_lock_on (MsaTrustCache *self,
              TrustEntry *entry)
{
  entry->asked = NULL;
  if (entry->waiters.length > 0)
    start_load (self, entry, load_new (self, entry));
  else
    g_hash_table_remove (self->entries, entry->identity);
}

/* Nothing is to be waited for. */
static gboolean
is_current (const TrustEntry *entry,
            gint64 now_us)
{
  return entry->load == NULL && entry->trust != NULL && !has_to_be_checked (entry, now_us);
}

gboolean
msa_trust_cache_is_current (MsaTrustCache *self,
                            MsaTlsConfig *config,
                            gint64 now_us)
{
  const TrustEntry *entry =
      g_hash_table_lookup (self->entries, msa_tls_config_get_trust_identity (config));

  return entry != NULL && is_current (entry, now_us);
}

MsaTrust *
msa_trust_cache_start (MsaTrustCache *self,
                       MsaTlsConfig *config,
                       MsaTrustWaiter *waiter,
                       gint64 now_us)
{
  const char *identity = config != NULL ? msa_tls_config_get_trust_identity (config) : "";
  TrustEntry *entry;

  /* One walk over what are a handful of entries drops all that is too old, wanted or not. */
  g_hash_table_foreach_remove (self->entries, entry_is_expired, &now_us);

  entry = g_hash_table_lookup (self->entries, identity);
  if (entry == NULL)
    entry = add_entry (self, identity, config);
  entry->used_us = now_us;
  if (is_current (entry, now_us))
    return msa_trust_ref (entry->trust);

  append_waiter (entry, waiter);
  if (entry->load == NULL && entry->asked == NULL)
    {
      g_set_object (&entry->config, config);
      start_load (self, entry, load_new (self, entry));
    }
  return NULL;
}

void
msa_trust_cache_cancel (MsaTrustCache *self,
                        MsaTrustWaiter *waiter)
{
  TrustEntry *entry = waiter->entry;

  if (entry == NULL)
    return;

  waiter->entry = NULL;
  if (entry->asked == waiter)
    pass_lock_on (self, entry);
  else
    g_queue_unlink (&entry->waiters, &waiter->link);
}

void
msa_trust_cache_unlock (MsaTrustCache *self,
                        MsaTrustWaiter *waiter,
                        const char *password)
{
  TrustEntry *entry = waiter->entry;
  TrustLoad *load;

  g_assert (entry->asked == waiter);

  entry->asked = NULL;
  g_queue_push_head_link (&entry->waiters, &waiter->link);

  load = load_new (self, entry);
  msa_wipe_free (load->settings.key_password);
  load->settings.key_password = g_strdup (password);
  start_load (self, entry, load);
}

void
msa_trust_cache_give_up (MsaTrustCache *self,
                         MsaTrustWaiter *waiter,
                         gint64 now_us)
{
  TrustEntry *entry = waiter->entry;

  g_assert (entry->asked == waiter);

  entry->asked = NULL;
  g_queue_push_head_link (&entry->waiters, &waiter->link);
  finish_entry (self, entry, entry->lock, now_us);
}

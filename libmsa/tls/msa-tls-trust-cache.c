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
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

typedef struct _TrustLoad TrustLoad;

/* What the cache knows of one configuration. It is loading for the first time, or has a trust and
 * perhaps a job that looks whether it still holds, or was taken out of the table since its load
 * failed. */
typedef struct
{
  grefcount       refs;       /* the table's, and the delivery's while it runs */
  TrustLoad      *load;       /* (unowned) (nullable): while it runs; load_done() clears it */
  MsaTrust       *trust;      /* (owned) (nullable) */
  guint64         stamp;      /* of the files that @trust was made of */
  gboolean        has_files;
  gint64          loaded_us;
  gint64          checked_us; /* when the files were last looked at */
  gint64          used_us;
  MsaTrustWaiter *waiters;    /* (unowned): the first that came is the first told */
} TrustEntry;

struct _TrustLoad
{
  MsaTask        task;
  MsaTrustCache *cache;     /* (unowned) (nullable): the cache clears it, in the multi's thread */
  char          *identity;  /* (owned) */
  MsaTlsSettings settings;  /* (owned) */
  MsaTrust      *trust;     /* (owned) (nullable) */
  guint64        stamp;     /* of the files, taken before they are read */
  gboolean       has_stamp; /* @stamp is that of a trust: without a change nothing is to do */
  gboolean       unchanged;
  GError        *error;     /* (owned) (nullable) */
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

/* A configuration that is NULL asks for the defaults. */
static TrustLoad *
load_new (MsaTrustCache *cache,
          const char *identity,
          MsaTlsConfig *config)
{
  TrustLoad *self = g_new0 (TrustLoad, 1);

  self->task.job.work = load_work;
  self->task.done = load_done;
  self->cache = cache;
  self->identity = g_strdup (identity);
  if (config != NULL)
    msa_tls_settings_copy (msa_tls_config_get_settings (config), &self->settings);
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

  g_clear_pointer (&self->trust, msa_trust_unref);
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

/* Waiters may start and cancel others, even free the cache: each is out of the list before it is
 * told, and the entry is held by the caller. */
static void
tell_waiters (TrustEntry *self,
              const GError *error,
              gint64 now_us)
{
  while (self->waiters != NULL)
    {
      MsaTrustWaiter *waiter = self->waiters;

      self->waiters = waiter->next;
      waiter->next = NULL;
      waiter->entry = NULL;
      waiter->done (waiter, self->trust, error, now_us);
    }
}

static void
forget_waiters (TrustEntry *self)
{
  while (self->waiters != NULL)
    {
      MsaTrustWaiter *waiter = self->waiters;

      self->waiters = waiter->next;
      waiter->next = NULL;
      waiter->entry = NULL;
    }
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

  g_clear_pointer (&entry->trust, msa_trust_unref);
  entry->trust = g_steal_pointer (&load->trust);
  entry->stamp = load->stamp;
  entry->loaded_us = now_us;
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
                 "cannot load the trust store: no thread could be had");

  entry = g_hash_table_lookup (self->cache->entries, self->identity);
  settle_entry (entry, self, now_us);
  g_ref_count_inc (&entry->refs);
  /* A failure is not kept: the next need tries again, also one out of tell_waiters(). */
  if (entry->trust == NULL)
    g_hash_table_remove (self->cache->entries, self->identity);

  tell_waiters (entry, self->error, now_us);
  entry_unref (entry);
  load_free (self);
}

MsaTrustCache *
msa_trust_cache_new (MsaReactor *reactor)
{
  MsaTrustCache *self = g_new0 (MsaTrustCache, 1);

  self->reactor = reactor;
  self->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) entry_destroy);
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
    if (entry->load == NULL && entry->used_us < oldest_us)
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
  MsaTrustWaiter **last = &entry->waiters;

  while (*last != NULL)
    last = &(*last)->next;

  waiter->entry = entry;
  waiter->next = NULL;
  *last = waiter;
}

static TrustEntry *
add_entry (MsaTrustCache *self,
           const char *identity,
           MsaTlsConfig *config)
{
  TrustEntry *entry = g_new0 (TrustEntry, 1);

  make_room (self);
  g_ref_count_init (&entry->refs);
  entry->has_files =
      config != NULL && msa_trust_has_files (msa_tls_config_get_settings (config));
  g_hash_table_insert (self->entries, g_strdup (identity), entry);
  return entry;
}

static gboolean
has_to_be_checked (const TrustEntry *entry,
                   gint64 now_us)
{
  return entry->has_files && now_us - entry->checked_us >= MSA_TRUST_CHECK_US;
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
  if (entry->load == NULL && entry->trust != NULL && !has_to_be_checked (entry, now_us))
    return msa_trust_ref (entry->trust);

  append_waiter (entry, waiter);
  if (entry->load == NULL)
    {
      entry->load = load_new (self, identity, config);
      entry->load->has_stamp = entry->trust != NULL;
      entry->load->stamp = entry->stamp;
      self->reactor->ops->run (self->reactor, &entry->load->task);
    }
  return NULL;
}

void
msa_trust_cache_cancel (MsaTrustCache *self,
                        MsaTrustWaiter *waiter)
{
  TrustEntry *entry = waiter->entry;
  MsaTrustWaiter **link;

  if (entry == NULL)
    return;

  for (link = &entry->waiters; *link != NULL && *link != waiter; link = &(*link)->next)
    ;
  if (*link == waiter)
    *link = waiter->next;
  waiter->next = NULL;
  waiter->entry = NULL;
}

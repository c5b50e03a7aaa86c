/* msa-tls-trust.c: trust stores, parsed once and shared
 *
 * A trust is immutable once it is made and may be used by sessions in several
 * threads at once. The cache makes one for each configuration by a job, so that no
 * dispatch waits for a disk or a parser. It lives in its multi's thread; a load belongs
 * to its thread until it is done.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

struct _MsaTrust
{
  gatomicrefcount                  refs;
  gnutls_certificate_credentials_t credentials; /* (owned) */
};

typedef struct _TrustLoad TrustLoad;

/* What the cache knows of one configuration. It is loading, or has a trust, or was taken out of
 * the table since its load failed. */
typedef struct
{
  grefcount       refs;      /* the table's, and the delivery's while it runs */
  TrustLoad      *load;      /* (unowned) (nullable): while it runs; load_done() clears it */
  MsaTrust       *trust;     /* (owned) (nullable) */
  gint64          loaded_us;
  MsaTrustWaiter *waiters;   /* (unowned): the first that came is the first told */
} TrustEntry;

struct _TrustLoad
{
  MsaTask        task;
  MsaTrustCache *cache;    /* (unowned) (nullable): the cache clears it, in the multi's thread */
  char          *identity; /* (owned) */
  MsaTrustSource source;   /* (owned) */
  MsaTrust      *trust;    /* (owned) (nullable) */
  GError        *error;    /* (owned) (nullable) */
};

struct _MsaTrustCache
{
  MsaReactor *reactor; /* (unowned): outlives the cache */
  GHashTable
      *entries; /* (owned) (element-type utf8 TrustEntry): by identity of the configuration */
};

/* GnuTLS' sentences end with a stop, ours do not. */
char *
msa_tls_describe (int result)
{
  const char *text = gnutls_strerror (result);

  return g_str_has_suffix (text, ".") ? g_strndup (text, strlen (text) - 1) : g_strdup (text);
}

/* --- one trust --- */

static MsaTrust *
trust_new (void)
{
  MsaTrust *self = g_new0 (MsaTrust, 1);

  g_atomic_ref_count_init (&self->refs);
  if (gnutls_certificate_allocate_credentials (&self->credentials) < 0)
    g_clear_pointer (&self, g_free);
  return self;
}

MsaTrust *
msa_trust_ref (MsaTrust *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
msa_trust_unref (MsaTrust *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  gnutls_certificate_free_credentials (self->credentials);
  g_free (self);
}

gnutls_certificate_credentials_t
msa_trust_get_credentials (MsaTrust *self)
{
  return self->credentials;
}

/* The source as it stands in messages. A path need not be UTF-8, a message has to be. */
static char *
describe_source (const MsaTrustSource *source)
{
  g_autofree char *path = NULL;

  if (source->path == NULL)
    return g_strdup (source->pem != NULL ? "the given PEM" : "the system's trust store");

  path = g_utf8_make_valid (source->path, -1);
  return g_strdup_printf ("the trust file '%s'", path);
}

/* Gives the number of certificates, or a GnuTLS code. */
static int
add_pem (MsaTrust *self,
         GBytes *pem)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (pem, &len);
  gnutls_datum_t datum = { (unsigned char *) data, (unsigned int) len };

  /* GnuTLS takes no bytes at all for a fault in the encoding. */
  if (len == 0)
    return 0;
  if (len > MSA_MAX_TRUST_BYTES)
    return GNUTLS_E_LARGE_PACKET;
  return gnutls_certificate_set_x509_trust_mem (self->credentials, &datum, GNUTLS_X509_FMT_PEM);
}

/* GnuTLS opens the system's store itself: where it is and whether it is a file or a token was
 * decided when GnuTLS was built. */
static int
add_source (MsaTrust *self,
            MsaSys *sys,
            const MsaTrustSource *source,
            GError **error)
{
  g_autoptr (GBytes) contents = NULL;

  if (source->path == NULL && source->pem == NULL)
    return gnutls_certificate_set_x509_system_trust (self->credentials);
  if (source->path == NULL)
    return add_pem (self, source->pem);

  contents = sys->ops->read_file (sys, source->path, MSA_MAX_TRUST_BYTES, error);
  return contents != NULL ? add_pem (self, contents) : 0;
}

MsaTrust *
msa_trust_load (MsaSys *sys,
                const MsaTrustSource *source,
                GError **error)
{
  g_autofree char *name = describe_source (source);
  g_autoptr (MsaTrust) self = trust_new ();
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = NULL;
  int n_certificates;

  n_certificates = self != NULL ? add_source (self, sys, source, &cause) : GNUTLS_E_MEMORY_ERROR;
  if (cause != NULL)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST, "cannot read %s: %s", name,
                   cause->message);
      return NULL;
    }
  if (n_certificates == 0 || n_certificates == GNUTLS_E_NO_CERTIFICATE_FOUND)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST, "%s holds no certificate", name);
      return NULL;
    }
  if (n_certificates < 0)
    {
      text = msa_tls_describe (n_certificates);
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST, "cannot load %s: %s", name, text);
      return NULL;
    }
  return g_steal_pointer (&self);
}

/* --- loading --- */

static void
load_free (TrustLoad *self)
{
  g_free (self->identity);
  g_free (self->source.path);
  g_clear_pointer (&self->source.pem, g_bytes_unref);
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static void
load_work (MsaJob *job,
           MsaSys *sys)
{
  TrustLoad *self = (TrustLoad *) job;

  self->trust = msa_trust_load (sys, &self->source, &self->error);
}

static void load_done (MsaTask *task, MsaReactor *reactor, gint64 now_us);

/* A configuration that is NULL asks for the system's store. */
static TrustLoad *
load_new (MsaTrustCache *cache,
          const char *identity,
          MsaTlsConfig *config)
{
  TrustLoad *self = g_new0 (TrustLoad, 1);
  GBytes *pem = config != NULL ? msa_tls_config_get_ca_pem (config) : NULL;

  self->task.job.work = load_work;
  self->task.done = load_done;
  self->cache = cache;
  self->identity = g_strdup (identity);
  if (config != NULL)
    self->source.path = g_strdup (msa_tls_config_get_ca_file (config));
  if (pem != NULL)
    self->source.pem = g_bytes_ref (pem);
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

  if (self->trust == NULL && self->error == NULL)
    g_set_error (&self->error, MSA_ERROR, MSA_ERROR_TLS_TRUST,
                 "cannot load the trust store: no thread could be had");

  entry = g_hash_table_lookup (self->cache->entries, self->identity);
  entry->load = NULL;
  entry->trust = g_steal_pointer (&self->trust);
  entry->loaded_us = now_us;
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

/* gpointer is now_us. */
static gboolean
entry_is_expired (gpointer identity,
                  gpointer value,
                  gpointer now_us)
{
  const TrustEntry *entry = value;

  return entry->trust != NULL && *(gint64 *) now_us - entry->loaded_us >= MSA_TRUST_TTL_US;
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

MsaTrust *
msa_trust_cache_start (MsaTrustCache *self,
                       MsaTlsConfig *config,
                       MsaTrustWaiter *waiter,
                       gint64 now_us)
{
  const char *identity = config != NULL ? msa_tls_config_get_identity (config) : "";
  TrustEntry *entry;

  /* One walk over what are a handful of entries drops all that is too old, wanted or not. */
  g_hash_table_foreach_remove (self->entries, entry_is_expired, &now_us);

  entry = g_hash_table_lookup (self->entries, identity);
  if (entry != NULL && entry->trust != NULL)
    return msa_trust_ref (entry->trust);

  if (entry == NULL)
    {
      entry = g_new0 (TrustEntry, 1);
      g_ref_count_init (&entry->refs);
      entry->load = load_new (self, identity, config);
      g_hash_table_insert (self->entries, g_strdup (identity), entry);
      append_waiter (entry, waiter);
      self->reactor->ops->run (self->reactor, &entry->load->task);
      return NULL;
    }

  append_waiter (entry, waiter);
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

/* msa-resolver.c: host names to addresses, with a cache and single flight
 *
 * An entry stands for a name: first with two queries under way, one for each family, and
 * the look-ups that wait; then with the answer, until that expires. Queries run in threads
 * and touch nothing but themselves; all else happens in the multi's thread, except that the
 * last reference to an entry may go in another one. Racing addresses lives in conn/.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-resolver-private.h"

#include "base/msa-container-private.h"
#include "base/msa-english-private.h"
#include "base/msa-limits-private.h"

#include <errno.h>
#include <netdb.h>

/* The order in which families are preferred: RFC 8305, section 4. */
static const int families[] = { AF_INET6, AF_INET };

#define N_FAMILIES G_N_ELEMENTS (families)

/* A port for what is known of all of them. */
#define ANY_PORT (-1)

/* No thread for the query; below all of netdb.h's codes. */
#define CODE_NO_THREAD (-10000)

typedef struct
{
  int           refs;                 /* atomic: the table's, each query's, its worker's */
  /* The key: */
  char         *name;                 /* (owned) */
  int           port;                 /* ANY_PORT, but for what was put */
  MsaIpVersion  version;

  MsaResolver  *resolver;             /* (unowned) (nullable): cleared when that is freed */

  guint         round;                /* queries of an earlier one are of no use */
  guint         n_running;
  MsaTimer      timer;                /* how long IPv4 waits for IPv6 */
  MsaAddresses *partial;              /* (owned) (nullable): one family, while the other is late */
  GArray       *found[N_FAMILIES];    /* (owned) (nullable) (element-type MsaAddress) */
  int           codes[N_FAMILIES];    /* of getaddrinfo() */
  char         *reasons[N_FAMILIES];  /* (owned) (nullable): NULL: what the code says */
  MsaLookup    *waiting;              /* (unowned) (nullable): the first; they remove themselves */
  MsaLookup    *last_waiting;         /* (unowned) (nullable) */

  MsaAddresses *answer;               /* (owned) (nullable): while it is cached */
  gint64        kept_us;              /* since when */
  gboolean      is_denial;            /* there is no such name: kept half as long */
  GList         age;                  /* link in the resolver's queue, while answer is set */
} Entry;

/* One family of one name, in a thread. */
typedef struct
{
  MsaTask  task;                      /* first */
  Entry   *entry;                     /* (owned): not touched in the thread */
  guint    round;
  guint    i_family;

  GResolver *source;                  /* (owned) (nullable) */
  char    *name;                      /* (owned) */
  char    *reason;                    /* (owned) (nullable) */
  GArray  *addresses;                 /* (owned) (nullable) (element-type MsaAddress) */
  int      code;
} Query;

struct _MsaResolver
{
  MsaReactor *reactor;                /* (unowned) */
  GResolver  *source;                 /* (owned) (nullable): NULL: the system */
  gint64      ttl_us;                 /* how long answers are kept: -1 for ever */
  GHashTable *entries;                /* (owned): a set of Entry, by its key */
  GQueue      by_age;                 /* entries with an answer, oldest first */
};

/* What needs no look-up; NULL for all other hosts. */
static MsaAddresses *
answer_directly (MsaResolver *self,
                 MsaHost *host,
                 MsaIpVersion version)
{
  if (host->kind != MSA_HOST_NAME)
    return msa_addresses_new_literal (self->reactor->sys, host->name, &host, 1, version);

  /* Whatever the system's files say: RFC 6761, section 6.3. */
  if (msa_host_is_localhost (host))
    return msa_addresses_new_localhost (version);

  if (msa_host_is_onion (host))
    return msa_addresses_new_failure (host->name, version, "Names in .onion are not looked up");

  return NULL;
}

static guint
hash_entry (gconstpointer data)
{
  const Entry *self = data;

  return g_str_hash (self->name) ^ ((guint) self->port << 2) ^ self->version;
}

static gboolean
equal_entries (gconstpointer a,
               gconstpointer b)
{
  const Entry *one = a;
  const Entry *other = b;

  return one->port == other->port && one->version == other->version &&
         strcmp (one->name, other->name) == 0;
}

static Entry *
find_entry (MsaResolver *self,
            const char *name,
            int port,
            MsaIpVersion version)
{
  const Entry probe = { .name = (char *) name, .port = port, .version = version };

  return g_hash_table_lookup (self->entries, &probe);
}

static void
clear_findings (Entry *self)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    {
      g_clear_pointer (&self->found[i], g_array_unref);
      g_clear_pointer (&self->reasons[i], g_free);
    }
}

/* Any thread. */
static void
unref_entry (Entry *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  clear_findings (self);
  g_clear_pointer (&self->answer, msa_addresses_unref);
  g_clear_pointer (&self->partial, msa_addresses_unref);
  g_free (self->name);
  g_free (self);
}

static Entry *
ref_entry (Entry *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

/* Takes the entry out of the cache, if it is in. Whoever works on it holds a reference. */
static void
drop_entry (MsaResolver *self,
            Entry *entry)
{
  if (entry->answer != NULL)
    {
      g_queue_unlink (&self->by_age, &entry->age);
      g_clear_pointer (&entry->answer, msa_addresses_unref);
    }
  g_hash_table_remove (self->entries, entry);
}

static void
keep_answer (MsaResolver *self,
             Entry *entry,
             MsaAddresses *answer,
             gboolean is_denial,
             gint64 now_us)
{
  if (self->by_age.length >= MSA_MAX_DNS_ENTRIES)
    drop_entry (self, g_queue_peek_head (&self->by_age));

  entry->answer = msa_addresses_ref (answer);
  entry->is_denial = is_denial;
  entry->kept_us = now_us;
  entry->age.data = entry;
  g_queue_push_tail_link (&self->by_age, &entry->age);
}

/* TRUE: it is so, and not only now. */
static gboolean
is_final (int code)
{
  switch (code)
    {
    case 0:
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
    case EAI_FAMILY:
      return TRUE;
    default:
      return FALSE;
    }
}

/* 0 also while the family is not in. */
static guint
count_found (const Entry *entry,
             guint i_family)
{
  return entry->found[i_family] == NULL ? 0 : entry->found[i_family]->len;
}

static MsaAddresses *
interleave (const Entry *entry)
{
  guint n = 0, n_rounds = 0;
  MsaAddresses *answer;

  for (guint i = 0; i < N_FAMILIES; i++)
    {
      n += count_found (entry, i);
      n_rounds = MAX (n_rounds, count_found (entry, i));
    }

  answer = msa_addresses_new (MIN (n, MSA_MAX_ADDRESSES));
  for (guint round = 0; round < n_rounds; round++)
    {
      for (guint i = 0; i < N_FAMILIES; i++)
        {
          if (round < count_found (entry, i) && answer->n_addresses < MSA_MAX_ADDRESSES)
            answer->addresses[answer->n_addresses++] = g_array_index (entry->found[i],
                                                                      MsaAddress, round);
        }
    }
  return answer;
}

static gboolean
is_asked (const Entry *entry,
          guint i_family)
{
  return msa_ip_version_has (entry->version, families[i_family]);
}

static const char *
get_reason (const Entry *entry,
            guint i_family)
{
  const int code = entry->codes[i_family];

  if (entry->reasons[i_family] != NULL)
    return entry->reasons[i_family];
  if (code == CODE_NO_THREAD)
    return "No thread could be started";
  return msa_english (gai_strerror, code != 0 ? code : EAI_NODATA);
}

static MsaAddresses *
explain_failure (const Entry *entry)
{
  guint i_told = N_FAMILIES;

  /* The passing failure is the one to know of: it hides what the family has. */
  for (guint i = 0; i < N_FAMILIES; i++)
    {
      if (is_asked (entry, i) && (i_told == N_FAMILIES || !is_final (entry->codes[i])))
        i_told = i;
    }

  return msa_addresses_new_failure (entry->name, entry->version, get_reason (entry, i_told));
}

/* @passing: it may be another one the next time. */
static MsaAddresses *
make_answer (const Entry *entry,
             gboolean *passing)
{
  MsaAddresses *answer = interleave (entry);

  *passing = FALSE;
  if (answer->n_addresses > 0)
    return answer;

  msa_addresses_unref (answer);
  for (guint i = 0; i < N_FAMILIES; i++)
    *passing |= is_asked (entry, i) && !is_final (entry->codes[i]);

  return explain_failure (entry);
}

static void
remove_waiting (Entry *entry,
                MsaLookup *lookup)
{
  if (lookup->prev != NULL)
    lookup->prev->next = lookup->next;
  else
    entry->waiting = lookup->next;
  if (lookup->next != NULL)
    lookup->next->prev = lookup->prev;
  else
    entry->last_waiting = lookup->prev;

  lookup->entry = NULL;
  lookup->prev = NULL;
  lookup->next = NULL;
}

static void
add_waiting (Entry *entry,
             MsaLookup *lookup)
{
  lookup->entry = entry;
  lookup->prev = entry->last_waiting;
  lookup->next = NULL;
  if (lookup->prev != NULL)
    lookup->prev->next = lookup;
  else
    entry->waiting = lookup;
  entry->last_waiting = lookup;
}

static void
trace_answer (MsaResolver *self,
              const MsaLookup *lookup,
              const char *how,
              const MsaAddresses *answer)
{
  MSA_TRACE (self->reactor->log, DNS, lookup->serial, "%s: %u addresses%s%s", how,
             answer->n_addresses, answer->error != NULL ? ", " : "",
             answer->error != NULL ? answer->error->message : "");
}

/* One at a time, from the list itself: those told may cancel others, or free the resolver.
 * Nobody joins the list any more: the entry is in the cache with its answer, or not at all. */
static void
tell_waiting (Entry *entry,
              MsaAddresses *answer,
              gint64 now_us)
{
  while (entry->waiting != NULL)
    {
      MsaLookup *lookup = entry->waiting;

      remove_waiting (entry, lookup);
      if (entry->resolver != NULL)
        trace_answer (entry->resolver, lookup, "answered", answer);
      lookup->done (lookup, answer, now_us);
    }
}

static void
tell_partial (MsaLookup *lookup,
              MsaAddresses *addresses,
              gint64 now_us)
{
  if (lookup->partial != NULL)
    lookup->partial (lookup, addresses, now_us);
}

/* Who waits goes on with the family that is in. */
static void
stop_waiting_for_other (Entry *entry,
                        gint64 now_us)
{
  entry->partial = interleave (entry);
  for (MsaLookup *lookup = entry->waiting; lookup != NULL; lookup = lookup->next)
    {
      trace_answer (entry->resolver, lookup, "one family answered", entry->partial);
      tell_partial (lookup, entry->partial, now_us);
    }
}

static void
other_is_late_cb (MsaTimer *timer,
                  gint64 now_us)
{
  stop_waiting_for_other (MSA_CONTAINER_OF (timer, Entry, timer), now_us);
}

/* IPv6 need not wait, since it would be tried first anyway. */
static void
note_first_family (Entry *entry,
                   guint i_family,
                   gint64 now_us)
{
  if (count_found (entry, i_family) == 0)
    return;

  if (families[i_family] == AF_INET6)
    stop_waiting_for_other (entry, now_us);
  else
    msa_reactor_set_timer (entry->resolver->reactor, &entry->timer,
                           now_us + MSA_LATE_FAMILY_DELAY_US);
}

/* Both families are in. */
static void
complete_entry (Entry *entry,
                gint64 now_us)
{
  MsaResolver *self = entry->resolver;
  gboolean passing;
  MsaAddresses *answer = make_answer (entry, &passing);

  msa_reactor_remove_timer (self->reactor, &entry->timer);
  g_clear_pointer (&entry->partial, msa_addresses_unref);
  clear_findings (entry);

  ref_entry (entry);
  if (passing || self->ttl_us == 0)
    drop_entry (self, entry);
  else
    keep_answer (self, entry, answer, answer->n_addresses == 0, now_us);
  tell_waiting (entry, answer, now_us);
  msa_addresses_unref (answer);
  unref_entry (entry);
}

static void
free_query (Query *query)
{
  unref_entry (query->entry);
  g_clear_pointer (&query->addresses, g_array_unref);
  g_clear_object (&query->source);
  g_free (query->name);
  g_free (query->reason);
  g_free (query);
}

/* In a thread. */
static void
run_query (MsaJob *job,
           MsaSys *sys)
{
  Query *query = (Query *) job;

  if (query->source != NULL)
    query->code = sys->ops->ask_resolver (sys, job, query->source, query->name,
                                          families[query->i_family], query->addresses,
                                          &query->reason);
  else
    query->code = sys->ops->look_up (sys, job, query->name, families[query->i_family],
                                     query->addresses);
  if (query->source == NULL && query->code == EAI_SYSTEM)
    query->reason = g_strdup (msa_english_errno (errno));
}

static void
query_done_cb (MsaTask *task,
               MsaReactor *reactor,
               gint64 now_us)
{
  Query *query = (Query *) task;
  Entry *entry = query->entry;

  /* Without a reactor this may be any thread: only to be freed. */
  if (reactor != NULL && entry->resolver != NULL && query->round == entry->round)
    {
      entry->codes[query->i_family] = task->job.work == NULL ? CODE_NO_THREAD : query->code;
      entry->found[query->i_family] = g_steal_pointer (&query->addresses);
      entry->reasons[query->i_family] = g_steal_pointer (&query->reason);
      if (--entry->n_running == 0)
        complete_entry (entry, now_us);
      else
        note_first_family (entry, query->i_family, now_us);
    }
  free_query (query);
}

static void
start_query (MsaResolver *self,
             Entry *entry,
             guint i_family)
{
  Query *query = g_new0 (Query, 1);

  query->task.job.work = run_query;
  query->task.done = query_done_cb;
  query->entry = ref_entry (entry);
  query->round = entry->round;
  g_set_object (&query->source, self->source);
  query->i_family = i_family;
  query->name = g_strdup (entry->name);
  query->addresses = g_array_new (FALSE, FALSE, sizeof (MsaAddress));
  entry->n_running++;
  self->reactor->ops->run (self->reactor, &query->task);
}

/* With the final dot, which keeps the system's resolver from trying search domains: not the
 * same question as without. */
static char *
get_question (const MsaHost *host)
{
  return g_strconcat (host->name, host->trailing_dot ? "." : NULL, NULL);
}

static Entry *
new_entry (MsaResolver *self,
           const char *name,
           int port,
           MsaIpVersion version)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->refs = 1;
  entry->name = g_strdup (name);
  entry->port = port;
  entry->version = version;
  entry->resolver = self;
  entry->timer.expired = other_is_late_cb;
  g_hash_table_add (self->entries, entry);
  return entry;
}

static void
start_queries (MsaResolver *self,
               Entry *entry)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    if (is_asked (entry, i))
      start_query (self, entry, i);
}

static Entry *
start_entry (MsaResolver *self,
             const char *name,
             MsaIpVersion version)
{
  Entry *entry = new_entry (self, name, ANY_PORT, version);

  start_queries (self, entry);
  return entry;
}

/* Who waits goes on waiting. */
static void
restart_entry (MsaResolver *self,
               Entry *entry)
{
  entry->round++;
  entry->n_running = 0;
  msa_reactor_remove_timer (self->reactor, &entry->timer);
  g_clear_pointer (&entry->partial, msa_addresses_unref);
  clear_findings (entry);
  start_queries (self, entry);
}

static void
drop_answers (MsaResolver *self)
{
  while (self->by_age.length > 0)
    drop_entry (self, g_queue_peek_head (&self->by_age));
}

void
msa_resolver_set_source (MsaResolver *self,
                         GResolver *source)
{
  GResolver *before = g_steal_pointer (&self->source);
  GHashTableIter iter;
  gpointer key;

  g_set_object (&self->source, source);
  drop_answers (self);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    restart_entry (self, key);
  /* Its last reference may be this one, and its end the application's code. */
  g_clear_object (&before);
}

GResolver *
msa_resolver_get_source (MsaResolver *self)
{
  return self->source;
}

void
msa_resolver_set_ttl_us (MsaResolver *self,
                         gint64 ttl_us)
{
  self->ttl_us = ttl_us;
  if (ttl_us == 0)
    drop_answers (self);
}

gint64
msa_resolver_get_ttl_us (MsaResolver *self)
{
  return self->ttl_us;
}

/* A name that there is not may be made: nobody wants to hear for ever that there is none. */
static gboolean
is_expired (const MsaResolver *self,
            const Entry *entry,
            gint64 now_us)
{
  gint64 ttl_us = self->ttl_us;

  if (entry->is_denial)
    ttl_us = ttl_us < 0 ? MSA_DNS_NEGATIVE_TTL_US : ttl_us / 2;

  return ttl_us >= 0 && now_us - entry->kept_us >= ttl_us;
}

/* Its answer has not expired, or is under way. */
static Entry *
find_valid (MsaResolver *self,
            const char *name,
            int port,
            MsaIpVersion version,
            gint64 now_us)
{
  Entry *entry = find_entry (self, name, port, version);

  if (entry == NULL || entry->answer == NULL || !is_expired (self, entry, now_us))
    return entry;

  drop_entry (self, entry);
  return NULL;
}

MsaAddresses *
msa_resolver_start (MsaResolver *self,
                    MsaHost *host,
                    guint16 port,
                    MsaIpVersion version,
                    MsaLookup *lookup,
                    gint64 now_us)
{
  MsaAddresses *answer = answer_directly (self, host, version);
  g_autofree char *name = NULL;
  Entry *entry;

  if (answer != NULL)
    {
      trace_answer (self, lookup, "needs no look-up", answer);
      return answer;
    }

  name = get_question (host);
  entry = find_valid (self, host->name, port, version, now_us);
  if (entry == NULL)
    entry = find_valid (self, name, ANY_PORT, version, now_us);
  if (entry != NULL && entry->answer != NULL)
    {
      trace_answer (self, lookup, "known", entry->answer);
      return msa_addresses_ref (entry->answer);
    }

  MSA_TRACE (self->reactor->log, DNS, lookup->serial, "“%s” is %s", name,
             entry == NULL ? "looked up" : "being looked up");
  if (entry == NULL)
    entry = start_entry (self, name, version);
  add_waiting (entry, lookup);
  if (entry->partial != NULL)
    tell_partial (lookup, entry->partial, now_us);
  return NULL;
}

void
msa_resolver_cancel (MsaResolver *self,
                     MsaLookup *lookup)
{
  if (lookup->entry != NULL)
    remove_waiting (lookup->entry, lookup);
}

static void
forget (MsaResolver *self,
        const char *name,
        int port)
{
  for (guint version = MSA_IP_VERSION_AUTO; version <= MSA_IP_VERSION_IPV6; version++)
    {
      Entry *entry = find_entry (self, name, port, version);

      /* One under way gives a fresh answer anyway. */
      if (entry != NULL && entry->answer != NULL)
        drop_entry (self, entry);
    }
}

void
msa_resolver_forget (MsaResolver *self,
                     const MsaHost *host,
                     guint16 port)
{
  g_autofree char *name = get_question (host);

  forget (self, name, ANY_PORT);
  /* What was put is for the host, with and without a final dot. */
  forget (self, host->name, port);
}

/* For each version by itself: an answer is not asked what it has. */
void
msa_resolver_put (MsaResolver *self,
                  const MsaHost *host,
                  guint16 port,
                  MsaHost *const *literals,
                  guint n_literals,
                  gint64 now_us)
{
  forget (self, host->name, port);
  if (self->ttl_us == 0)
    return;
  for (guint version = MSA_IP_VERSION_AUTO; version <= MSA_IP_VERSION_IPV6; version++)
    {
      g_autoptr (MsaAddresses) answer = msa_addresses_new_literal (
          self->reactor->sys, host->name, literals, n_literals, version);

      keep_answer (self, new_entry (self, host->name, port, version), answer, FALSE, now_us);
    }
}

MsaResolver *
msa_resolver_new (MsaReactor *reactor)
{
  MsaResolver *self = g_new0 (MsaResolver, 1);

  self->reactor = reactor;
  self->ttl_us = MSA_DNS_TTL_US;
  self->entries = g_hash_table_new_full (hash_entry, equal_entries,
                                         (GDestroyNotify) unref_entry, NULL);
  g_queue_init (&self->by_age);
  return self;
}

/* Leaves the entry to its queries, which may end in another thread. */
static void
detach_entry (Entry *entry)
{
  while (entry->waiting != NULL)
    remove_waiting (entry, entry->waiting);
  clear_findings (entry);
  g_clear_pointer (&entry->answer, msa_addresses_unref);
  g_clear_pointer (&entry->partial, msa_addresses_unref);
  msa_reactor_remove_timer (entry->resolver->reactor, &entry->timer);
  entry->resolver = NULL;
}

void
msa_resolver_free (MsaResolver *self)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &entry, NULL))
    detach_entry (entry);
  g_hash_table_unref (self->entries);
  g_clear_object (&self->source);
  g_free (self);
}

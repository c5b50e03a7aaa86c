/* msa-tls-sessions.c: TLS sessions that may be resumed
 *
 * Two orders over the same sessions: by key, the newest first, and all by age. Both are
 * short lists, since a key has few sessions. May be used from several threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-tls-sessions-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-lock-private.h"
#include "base/msa-wipe-private.h"

#include <string.h>

typedef struct
{
  gsize  len;
  guint8 data[];
} Secret;

typedef struct
{
  char             *key;        /* (owned) */
  MsaTlsSessionKind kind;
  GBytes           *bytes;      /* (owned) */
  gint64            expires_us;
  GList             by_age;     /* its link in the store's queue, the newest first */
  GList             by_key;     /* its link in the peer's queue, the same */
} Session;

struct _MsaTlsSessions
{
  gatomicrefcount refs;
  MsaLock         lock;
  GQueue          by_age; /* (element-type Session): owns them */
  GHashTable     *by_key; /* (owned) (element-type utf8 GQueue): no queue is empty */
};

static void
secret_free (gpointer data)
{
  Secret *self = data;

  msa_wipe (self->data, self->len);
  g_free (self);
}

static GBytes *
secret_new (gconstpointer data,
            gsize len)
{
  Secret *self = g_malloc (sizeof (Secret) + len);

  self->len = len;
  memcpy (self->data, data, len);
  return g_bytes_new_with_free_func (self->data, len, secret_free, self);
}

MsaTlsSessions *
msa_tls_sessions_new (void)
{
  MsaTlsSessions *self = g_new0 (MsaTlsSessions, 1);

  g_atomic_ref_count_init (&self->refs);
  msa_lock_init (&self->lock);
  g_queue_init (&self->by_age);
  self->by_key = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

MsaTlsSessions *
msa_tls_sessions_ref (MsaTlsSessions *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/* --- with the lock held --- */

/* The queue of its key goes with the last of it. */
static void
drop (MsaTlsSessions *self,
      Session *session)
{
  GQueue *peers = g_hash_table_lookup (self->by_key, session->key);

  g_queue_unlink (&self->by_age, &session->by_age);
  g_queue_unlink (peers, &session->by_key);
  if (peers->length == 0)
    g_hash_table_remove (self->by_key, session->key);

  g_bytes_unref (session->bytes);
  g_free (session->key);
  g_free (session);
}

static void
drop_all (MsaTlsSessions *self)
{
  while (self->by_age.head != NULL)
    drop (self, self->by_age.head->data);
}

/* @peers goes when nothing is left of it. */
static void
drop_of_key (MsaTlsSessions *self,
             GQueue *peers,
             gboolean old_only)
{
  GList *link = peers->head;

  while (link != NULL)
    {
      Session *session = link->data;

      link = link->next;
      if (!old_only || session->kind == MSA_TLS_SESSION_OLD)
        drop (self, session);
    }
}

static void
make_room (MsaTlsSessions *self,
           const char *key,
           MsaTlsSessionKind kind)
{
  GQueue *peers = g_hash_table_lookup (self->by_key, key);

  if (peers != NULL && kind == MSA_TLS_SESSION_OLD)
    drop_of_key (self, peers, TRUE);

  peers = g_hash_table_lookup (self->by_key, key);
  if (peers != NULL && peers->length >= MSA_MAX_TLS_SESSIONS_PER_PEER)
    drop (self, peers->tail->data);
  if (self->by_age.length >= MSA_MAX_TLS_SESSIONS)
    drop (self, self->by_age.tail->data);
}

static void
add (MsaTlsSessions *self,
     Session *session)
{
  GQueue *peers = g_hash_table_lookup (self->by_key, session->key);

  if (peers == NULL)
    {
      peers = g_new0 (GQueue, 1);
      g_hash_table_insert (self->by_key, g_strdup (session->key), peers);
    }
  session->by_age.data = session->by_key.data = session;
  g_queue_push_head_link (&self->by_age, &session->by_age);
  g_queue_push_head_link (peers, &session->by_key);
}

/* The newest of a key that is alive; older ones that are not, go. */
static Session *
find (MsaTlsSessions *self,
      const char *key,
      gint64 now_us)
{
  GQueue *peers;

  while ((peers = g_hash_table_lookup (self->by_key, key)) != NULL)
    {
      Session *session = peers->head->data;

      if (session->expires_us > now_us)
        return session;
      drop (self, session);
    }
  return NULL;
}

/* --- without --- */

void
msa_tls_sessions_unref (MsaTlsSessions *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  drop_all (self);
  g_hash_table_unref (self->by_key);
  msa_lock_clear (&self->lock);
  g_free (self);
}

void
msa_tls_sessions_put (MsaTlsSessions *self,
                      const char *key,
                      MsaTlsSessionKind kind,
                      gconstpointer data,
                      gsize len,
                      gint64 lifetime_us,
                      gint64 now_us)
{
  gint64 most_us = kind == MSA_TLS_SESSION_TICKET ? MSA_TLS_TICKET_LIFETIME_US
                                                  : MSA_TLS_SESSION_LIFETIME_US;
  Session *session;

  if (len == 0 || len > MSA_MAX_TLS_SESSION_BYTES || lifetime_us <= 0)
    return;

  session = g_new0 (Session, 1);
  session->key = g_strdup (key);
  session->kind = kind;
  session->bytes = secret_new (data, len);
  session->expires_us = now_us + MIN (lifetime_us, most_us);

  msa_lock_take (&self->lock);
  make_room (self, key, kind);
  add (self, session);
  msa_lock_give (&self->lock);
}

GBytes *
msa_tls_sessions_take (MsaTlsSessions *self,
                       const char *key,
                       gint64 now_us)
{
  GBytes *bytes = NULL;
  Session *session;

  msa_lock_take (&self->lock);
  session = find (self, key, now_us);
  if (session != NULL)
    bytes = g_bytes_ref (session->bytes);
  if (session != NULL && session->kind == MSA_TLS_SESSION_TICKET)
    drop (self, session);
  msa_lock_give (&self->lock);

  return bytes;
}

void
msa_tls_sessions_forget (MsaTlsSessions *self,
                         const char *key)
{
  GQueue *peers;

  msa_lock_take (&self->lock);
  peers = g_hash_table_lookup (self->by_key, key);
  if (peers != NULL)
    drop_of_key (self, peers, FALSE);
  msa_lock_give (&self->lock);
}

void
msa_tls_sessions_clear (MsaTlsSessions *self)
{
  msa_lock_take (&self->lock);
  drop_all (self);
  msa_lock_give (&self->lock);
}

guint
msa_tls_sessions_count (MsaTlsSessions *self)
{
  guint n;

  msa_lock_take (&self->lock);
  n = self->by_age.length;
  msa_lock_give (&self->lock);
  return n;
}

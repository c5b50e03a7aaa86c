/* msa-conn-pool.c: idle connections, found again by key
 *
 * Keeps connections whose exchange has ended. Opening and choosing a protocol live in
 * msa-connection.c, limits and the order of closing in the engine's scheduler. Does no
 * I/O and reads no clock. Used from the multi's thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-conn-pool-private.h"

void
msa_conn_pool_init (MsaConnPool *self)
{
  self->by_key = g_hash_table_new_full (msa_conn_key_hash, msa_conn_key_equal,
                                        (GDestroyNotify) msa_conn_key_unref, g_free);
  g_queue_init (&self->lru);
}

void
msa_conn_pool_clear (MsaConnPool *self)
{
  g_assert (self->lru.length == 0);
  g_clear_pointer (&self->by_key, g_hash_table_unref);
}

void
msa_conn_pool_put (MsaConnPool *self,
                   MsaConnection *connection)
{
  GQueue *queue = g_hash_table_lookup (self->by_key, connection->key);

  g_assert (!connection->idle);
  connection->idle = TRUE;
  if (queue == NULL)
    {
      queue = g_new0 (GQueue, 1);
      g_hash_table_insert (self->by_key, msa_conn_key_ref (connection->key), queue);
    }
  connection->pool_queue = queue;
  g_queue_push_head_link (queue, &connection->pool_link);
  g_queue_push_head_link (&self->lru, &connection->lru_link);
}

static gboolean
is_empty_queue (gpointer key,
                gpointer value,
                gpointer user_data)
{
  return g_queue_is_empty (value);
}

void
msa_conn_pool_remove (MsaConnPool *self,
                      MsaConnection *connection)
{
  g_assert (connection->idle);
  connection->idle = FALSE;
  g_queue_unlink (g_steal_pointer (&connection->pool_queue), &connection->pool_link);
  g_queue_unlink (&self->lru, &connection->lru_link);

  /* Emptied queues stay for a while: a key in use would make and free its own with each
   * exchange. The bound keeps this linear over time. */
  if (g_hash_table_size (self->by_key) > 2 * self->lru.length + 64)
    g_hash_table_foreach_remove (self->by_key, is_empty_queue, NULL);
}

MsaConnection *
msa_conn_pool_find (MsaConnPool *self,
                    const MsaConnKey *key)
{
  GQueue *queue = g_hash_table_lookup (self->by_key, key);

  return queue == NULL ? NULL : g_queue_peek_head (queue);
}

MsaConnection *
msa_conn_pool_oldest (MsaConnPool *self)
{
  return g_queue_peek_tail (&self->lru);
}

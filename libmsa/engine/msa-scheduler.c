/* msa-scheduler.c: which transfer gets a connection, and when
 *
 * Limits, the queue, and the choice between a connection from the pool, a new one and waiting.
 * How a connection is made lives in conn/, what goes through it in msa-exchange.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-scheduler-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"
#include "engine/msa-engine-private.h"

/* A priority, then the order of adding, as one number: 2^42 transfers fit between two
 * priorities, which the option table keeps within a million. */
#define ORDERS_A_PRIORITY ((gint64) 1 << 42)

static void
site_free (gpointer data)
{
  MsaSite *self = data;

  msa_heap_clear (&self->waiting);
  msa_conn_key_unref (self->key);
  g_free (self);
}

void
msa_scheduler_init (MsaScheduler *self)
{
  self->sites = g_hash_table_new_full (msa_conn_key_origin_hash, msa_conn_key_origin_equal, NULL,
                                       site_free);
  msa_heap_init (&self->open_sites);
  msa_conn_pool_init (&self->pool);
  g_queue_init (&self->shutting);
  g_queue_init (&self->doomed);
  self->max_connections_per_host = 6;
  self->max_idle_connections = 64;
}

/* Sites */

static MsaSite *
use_site (MsaScheduler *self,
          MsaConnKey *key)
{
  MsaSite *site = g_hash_table_lookup (self->sites, key);

  if (site == NULL)
    {
      site = g_new0 (MsaSite, 1);
      site->key = msa_conn_key_ref (key);
      msa_heap_init (&site->waiting);
      g_hash_table_insert (self->sites, site->key, site);
    }
  site->n_users++;

  return site;
}

static void
release_site (MsaScheduler *self,
              MsaSite *site)
{
  if (--site->n_users > 0)
    return;

  g_assert (site->n_waiting == 0 && site->n_connections == 0 && site->n_woken == 0);
  msa_heap_remove (&self->open_sites, &site->node);
  g_hash_table_remove (self->sites, site->key);
}

/* Slots that are free or can be made free by closing a connection that nobody uses, and are
 * promised to nobody. */
static gboolean
has_room (guint limit,
          guint n_connections,
          guint n_unused,
          guint n_woken)
{
  return limit == 0 || (guint64) limit + n_unused > (guint64) n_connections + n_woken;
}

static gboolean
site_has_room (const MsaScheduler *self,
               const MsaSite *site)
{
  return has_room (self->max_connections_per_host, site->n_connections,
                   site->idle.length + site->shutting.length, site->n_woken);
}

static gboolean
scheduler_has_room (const MsaScheduler *self)
{
  return has_room (self->max_connections, self->n_connections,
                   msa_conn_pool_get_length (&self->pool) + self->shutting.length, self->n_woken);
}

/* To be called when what its place in the heap goes by has changed. */
static void
update_site (MsaScheduler *self,
             MsaSite *site)
{
  if (site->n_waiting > 0 && site_has_room (self, site))
    msa_heap_set (&self->open_sites, &site->node, msa_heap_first (&site->waiting)->key);
  else if (site->node.index != 0)
    msa_heap_remove (&self->open_sites, &site->node);
}

/* Waiting and waking */

static void
enqueue (MsaScheduler *self,
         MsaTransfer *transfer)
{
  MsaSite *site = transfer->site;

  msa_heap_set (&site->waiting, &transfer->waiting,
                transfer->settings->priority * ORDERS_A_PRIORITY + (gint64) transfer->order);
  site->n_waiting++;
  self->n_waiting++;
  update_site (self, site);
}

static void
dequeue (MsaScheduler *self,
         MsaTransfer *transfer)
{
  MsaSite *site = transfer->site;

  msa_heap_remove (&site->waiting, &transfer->waiting);
  site->n_waiting--;
  self->n_waiting--;
  update_site (self, site);
}

static void
set_woken (MsaScheduler *self,
           MsaTransfer *transfer,
           gboolean woken)
{
  if (transfer->woken == woken)
    return;

  transfer->woken = woken;
  transfer->site->n_woken += woken ? 1 : -1;
  self->n_woken += woken ? 1 : -1;
  update_site (self, transfer->site);
}

void
msa_scheduler_wake (MsaEngine *engine)
{
  MsaScheduler *self = &engine->scheduler;
  MsaHeapNode *node;

  while (scheduler_has_room (self) && (node = msa_heap_first (&self->open_sites)) != NULL)
    {
      MsaSite *site = MSA_CONTAINER_OF (node, MsaSite, node);
      MsaHeapNode *first = msa_heap_first (&site->waiting);
      MsaTransfer *transfer = MSA_CONTAINER_OF (first, MsaTransfer, waiting);

      dequeue (self, transfer);
      set_woken (self, transfer, TRUE);
      msa_engine_make_due (engine, transfer);
    }
}

/* Connections */

static void
take_from_pool (MsaScheduler *self,
                MsaConnection *connection)
{
  MsaSite *site = connection->site;

  msa_conn_pool_remove (&self->pool, connection);
  g_queue_unlink (&site->idle, &connection->site_link);
  update_site (self, site);
}

static void
take_from_shutting (MsaScheduler *self,
                    MsaConnection *connection)
{
  MsaSite *site = connection->site;

  g_queue_unlink (&self->shutting, &connection->lru_link);
  g_queue_unlink (&site->shutting, &connection->site_link);
  update_site (self, site);
}

void
msa_scheduler_close (MsaEngine *engine,
                     MsaConnection *connection)
{
  MsaScheduler *self = &engine->scheduler;

  if (connection->doomed)
    return;

  connection->doomed = TRUE;
  g_clear_pointer (&connection->question, msa_question_drop);
  if (connection->idle)
    take_from_pool (self, connection);
  else if (connection->state == MSA_CONNECTION_SHUTTING)
    take_from_shutting (self, connection);
  msa_connection_close (connection);
  g_queue_push_tail_link (&self->doomed, &connection->lru_link);
  self->reap_due = TRUE;
}

void
msa_scheduler_shut_down (MsaEngine *engine,
                         MsaConnection *connection)
{
  MsaScheduler *self = &engine->scheduler;
  MsaSite *site = connection->site;

  if (connection->state != MSA_CONNECTION_OPEN)
    return;

  if (connection->idle)
    take_from_pool (self, connection);
  g_queue_push_head_link (&self->shutting, &connection->lru_link);
  g_queue_push_head_link (&site->shutting, &connection->site_link);
  update_site (self, site);
  msa_connection_shut_down (connection);
  if (self->shutting.length > MSA_MAX_SHUTTING_CONNECTIONS)
    msa_scheduler_close (engine, g_queue_peek_tail (&self->shutting));
}

/* Of the idle ones. */
static void
shut_down_oldest (MsaEngine *engine)
{
  msa_scheduler_shut_down (engine, msa_conn_pool_oldest (&engine->scheduler.pool));
}

/* What a woken waiter is about to take does not idle. */
static void
trim_pool (MsaEngine *engine)
{
  MsaScheduler *self = &engine->scheduler;

  while (msa_conn_pool_get_length (&self->pool) >
         (guint64) self->max_idle_connections + self->n_woken)
    shut_down_oldest (engine);
}

static void
forget_site (MsaScheduler *self,
             MsaTransfer *transfer)
{
  release_site (self, g_steal_pointer (&transfer->site));
}

void
msa_scheduler_leave (MsaEngine *engine,
                     MsaTransfer *transfer)
{
  MsaScheduler *self = &engine->scheduler;

  if (transfer->site == NULL)
    return;

  if (transfer->woken)
    set_woken (self, transfer, FALSE);
  else if (transfer->waiting.index != 0)
    dequeue (self, transfer);
  forget_site (self, transfer);
  /* What was kept for it goes to the next. */
  msa_scheduler_wake (engine);
  trim_pool (engine);
}

/* Connections beyond a limit that was lowered; those that go anyway do not count. */
static guint
get_surplus (guint limit,
             guint n_connections)
{
  return limit > 0 && n_connections > limit ? n_connections - limit : 0;
}

static guint
get_total_surplus (const MsaScheduler *self)
{
  return get_surplus (self->max_connections,
                      self->n_connections - self->doomed.length - self->shutting.length);
}

static guint
get_site_surplus (const MsaScheduler *self,
                  const MsaSite *site)
{
  return get_surplus (self->max_connections_per_host, site->n_connections - site->shutting.length);
}

static gboolean
may_idle (const MsaScheduler *self,
          MsaConnection *connection)
{
  return connection->session->ops->is_reusable (connection->session) && !connection->exclusive &&
         connection->generation == self->generation &&
         self->max_idle_connections > 0 && get_total_surplus (self) == 0 &&
         get_site_surplus (self, connection->site) == 0;
}

static void
put_idle (MsaEngine *engine,
          MsaConnection *connection)
{
  MsaScheduler *self = &engine->scheduler;
  MsaSite *site = connection->site;

  msa_connection_set_idle (connection, engine->now_us);
  msa_conn_pool_put (&self->pool, connection);
  g_queue_push_head_link (&site->idle, &connection->site_link);
  update_site (self, site);
}

void
msa_scheduler_release (MsaEngine *engine,
                       MsaConnection *connection)
{
  if (may_idle (&engine->scheduler, connection))
    put_idle (engine, connection);
  else
    msa_scheduler_shut_down (engine, connection);
  msa_scheduler_wake (engine);
  trim_pool (engine);
}

static void
free_connection (MsaEngine *engine,
                 MsaConnection *connection)
{
  MsaScheduler *self = &engine->scheduler;
  MsaSite *site = connection->site;

  if (connection->due)
    {
      g_queue_unlink (&engine->due_connections, &connection->due_link);
      connection->due = FALSE;
    }
  msa_connection_free (connection);
  site->n_connections--;
  self->n_connections--;
  update_site (self, site);
  release_site (self, site);
}

gboolean
msa_scheduler_reap (MsaEngine *engine)
{
  GQueue *doomed = &engine->scheduler.doomed;
  gboolean any = FALSE;

  engine->scheduler.reap_due = FALSE;

  /* Those whose handler is on the stack stay for a later round. */
  for (guint n = doomed->length; n > 0; n--)
    {
      MsaConnection *connection = g_queue_pop_head_link (doomed)->data;

      if (connection->busy)
        {
          g_queue_push_tail_link (doomed, &connection->lru_link);
          continue;
        }
      free_connection (engine, connection);
      any = TRUE;
    }

  return any;
}

/* An idle connection for the transfer; those found dead or too old on the way are closed. */
static MsaConnection *
find_idle (MsaEngine *engine,
           MsaTransfer *transfer)
{
  MsaConnection *connection;

  while ((connection = msa_conn_pool_find (&engine->scheduler.pool, transfer->hop->key)) != NULL)
    {
      /* What may be sent again needs no look at the socket first: a dead connection then shows
       * by itself, and costs nothing in the usual case. But bytes right behind the last response
       * would be taken for the next one. */
      gboolean is_sure = transfer->hop->is_idempotent && !connection->session->may_have_more;

      if (msa_connection_is_fresh (connection) &&
          (is_sure || !msa_filter_peek (connection->session->chain)))
        return connection;
      msa_scheduler_shut_down (engine, connection);
    }

  return NULL;
}

static void
build (MsaEngine *engine,
       MsaTransfer *transfer)
{
  MsaScheduler *self = &engine->scheduler;
  MsaConnection *connection;

  connection = msa_connection_new (&engine->conn_env, transfer->hop->key, transfer->hop->url,
                                   transfer->hop->endpoint, transfer->settings,
                                   ++engine->n_connections_made, engine->now_us);
  connection->generation = self->generation;
  connection->may_ask = engine->client->may_ask (engine->client_data, transfer);
  connection->site = use_site (self, transfer->hop->key);
  ((MsaSite *) connection->site)->n_connections++;
  self->n_connections++;
  update_site (self, connection->site);
  msa_exchange_attach (engine, transfer, connection);
  msa_engine_wake_connection (engine, connection);
}

static gboolean
is_full (guint limit,
         guint n_connections)
{
  return limit > 0 && n_connections >= limit;
}

typedef enum
{
  START_DONE,
  START_SOON, /* a connection is closed for it, at the end of the round */
  START_LATER,
} Start;

/* One that says goodbye is of no more use to anybody, an idle one may be. */
static Start
make_room (MsaEngine *engine,
           const GQueue *shutting,
           const GQueue *idle)
{
  const GQueue *spare = shutting->length > 0 ? shutting : idle;

  if (spare->length == 0)
    return START_LATER;
  msa_scheduler_close (engine, spare->tail->data);

  return START_SOON;
}

static Start
try_start (MsaEngine *engine,
           MsaTransfer *transfer)
{
  MsaScheduler *self = &engine->scheduler;
  MsaConnection *connection = transfer->fresh ? NULL : find_idle (engine, transfer);

  if (connection != NULL)
    {
      take_from_pool (self, connection);
      msa_connection_set_used (connection, transfer->settings, engine->now_us);
      msa_exchange_attach (engine, transfer, connection);
      return START_DONE;
    }

  if (is_full (self->max_connections_per_host, transfer->site->n_connections))
    return make_room (engine, &transfer->site->shutting, &transfer->site->idle);
  if (is_full (self->max_connections, self->n_connections))
    return make_room (engine, &self->shutting, &self->pool.lru);

  build (engine, transfer);
  return START_DONE;
}

/* Nobody who came before it, or matters more, waits for the same; what is free is promised to
 * nobody else. */
static gboolean
is_first (const MsaScheduler *self,
          const MsaTransfer *transfer)
{
  return transfer->woken || (transfer->site->n_waiting == 0 &&
                             site_has_room (self, transfer->site) && scheduler_has_room (self));
}

void
msa_scheduler_submit (MsaEngine *engine,
                      MsaTransfer *transfer)
{
  MsaScheduler *self = &engine->scheduler;
  Start start;

  if (transfer->site == NULL)
    transfer->site = use_site (self, transfer->hop->key);
  start = is_first (self, transfer) ? START_SOON : START_LATER;
  set_woken (self, transfer, FALSE);

  if (start == START_SOON)
    start = try_start (engine, transfer);
  if (start == START_LATER)
    {
      enqueue (self, transfer);
    }
  else if (start == START_SOON)
    {
      set_woken (self, transfer, TRUE);
      msa_engine_make_due (engine, transfer);
    }
  else if (transfer->site != NULL) /* else it has failed already */
    {
      forget_site (self, transfer);
    }
  msa_scheduler_wake (engine);
  trim_pool (engine);
}

static void
trim_site (MsaEngine *engine,
           MsaSite *site)
{
  while (get_site_surplus (&engine->scheduler, site) > 0 && site->idle.length > 0)
    msa_scheduler_shut_down (engine, g_queue_peek_tail (&site->idle));
  update_site (&engine->scheduler, site);
}

void
msa_scheduler_limits_changed (MsaEngine *engine)
{
  MsaScheduler *self = &engine->scheduler;
  GHashTableIter iter;
  gpointer site;

  g_hash_table_iter_init (&iter, self->sites);
  while (g_hash_table_iter_next (&iter, NULL, &site))
    trim_site (engine, site);
  while (get_total_surplus (self) > 0 && msa_conn_pool_get_length (&self->pool) > 0)
    shut_down_oldest (engine);
  msa_scheduler_wake (engine);
  trim_pool (engine);
}

void
msa_scheduler_ages_changed (MsaEngine *engine)
{
  gint64 now_us = engine->reactor.sys->ops->now_us (engine->reactor.sys);

  for (GList *link = engine->scheduler.pool.lru.head; link != NULL; link = link->next)
    msa_connection_renew_expiry (link->data, now_us);
}

void
msa_scheduler_shut_down_idle (MsaEngine *engine)
{
  while (msa_conn_pool_get_length (&engine->scheduler.pool) > 0)
    shut_down_oldest (engine);
}

void
msa_scheduler_close_unused (MsaEngine *engine)
{
  MsaScheduler *self = &engine->scheduler;

  while (self->shutting.length > 0)
    msa_scheduler_close (engine, g_queue_peek_tail (&self->shutting));
  while (msa_conn_pool_get_length (&self->pool) > 0)
    msa_scheduler_close (engine, msa_conn_pool_oldest (&self->pool));
}

void
msa_scheduler_outdate (MsaEngine *engine)
{
  engine->scheduler.generation++;
  msa_scheduler_close_unused (engine);
}

void
msa_scheduler_clear (MsaScheduler *self)
{
  g_assert (self->n_connections == 0);

  msa_conn_pool_clear (&self->pool);
  msa_heap_clear (&self->open_sites);
  g_hash_table_unref (self->sites);
}

/* msa-scheduler-private.h: which transfer gets a connection, and when
 *
 * A site is a host as limits see it: scheme, name, port. It counts its connections and keeps
 * its waiters, most urgent and oldest first. Sites that have both a waiter and room stand in a
 * heap. A slot that gets free wakes one waiter; a woken one that leaves passes its slot on.
 * Adding, waking and leaving cost O(log n).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conn/msa-conn-pool-private.h"
#include "engine/msa-transfer-private.h"

struct _MsaSite
{
  MsaConnKey *key;           /* (owned): by whose origin it is filed */
  guint       n_connections; /* that exist, idle ones included, until their last descriptor is closed */
  GQueue      idle;          /* of them, in the pool; by MsaConnection.site_link, newest first */
  GQueue      shutting;      /* of them, that wait for their peer's end; the same */
  guint       n_woken;       /* waiters on their way to a slot */
  guint       n_users;       /* transfers and connections that point here */
  MsaHeap     waiting;       /* of MsaTransfer.waiting */
  guint       n_waiting;
  MsaHeapNode node;          /* in the heap of sites with a waiter and room */
};

typedef struct
{
  GHashTable *sites;         /* (owned): MsaConnKey, by its origin → MsaSite */
  MsaHeap     open_sites;    /* of MsaSite.node */
  MsaConnPool pool;
  GQueue      shutting;      /* of MsaConnection.lru_link, newest first */
  GQueue      doomed;        /* of MsaConnection.lru_link: to be freed at the end of the round */
  gboolean    reap_due;      /* some of them were not looked at yet */
  guint       n_connections;
  guint       n_woken;
  guint       n_waiting;
  guint       generation;    /* connections of an earlier one serve no other transfer */
  guint       max_connections;          /* 0: none */
  guint       max_connections_per_host; /* 0: none */
  guint       max_idle_connections;
} MsaScheduler;

void msa_scheduler_init   (MsaScheduler *self);
/* All connections are closed and freed, telling nobody. No transfer may be left. */
void msa_scheduler_clear  (MsaScheduler *self);

/* A due transfer with its hop: starts it on a connection, or has one built, or makes it wait. */
void msa_scheduler_submit (MsaEngine *engine,
                           MsaTransfer *transfer);
/* The transfer leaves, whether it waits or was woken. */
void msa_scheduler_leave  (MsaEngine *engine,
                           MsaTransfer *transfer);
/* Wakes as many waiters as there is room for. */
void msa_scheduler_wake   (MsaEngine *engine);

/* The exchange on it ended as it should: it idles, or is shut down. */
void msa_scheduler_release (MsaEngine *engine,
                            MsaConnection *connection);
/* An open connection without an exchange is needed no more: it says goodbye and waits for its
 * peer's end, unless a waiter needs its slot before. Harmless when repeated. */
void msa_scheduler_shut_down (MsaEngine *engine,
                              MsaConnection *connection);
/* Closes it at once and frees it at the end of the round; its slot is free then. Harmless when
 * repeated. */
void msa_scheduler_close  (MsaEngine *engine,
                           MsaConnection *connection);
/* The end of the round. TRUE if there was anything. */
gboolean msa_scheduler_reap (MsaEngine *engine);
/* Settings changed. */
void msa_scheduler_limits_changed (MsaEngine *engine);
/* Those of the connections' environment: idle ones go by the new ones. */
void msa_scheduler_ages_changed (MsaEngine *engine);
void msa_scheduler_shut_down_idle (MsaEngine *engine);
/* Closes all that no transfer uses, at once. */
void msa_scheduler_close_unused (MsaEngine *engine);
/* The same, and none that exists now is ever given to another transfer. */
void msa_scheduler_outdate (MsaEngine *engine);

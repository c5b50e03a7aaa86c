/* msa-conn-pool-private.h: idle connections, found again by key
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conn/msa-connection-private.h"

typedef struct
{
  GHashTable *by_key; /* (owned): MsaConnKey of one of them → GQueue of MsaConnection, newest first */
  GQueue      lru;    /* all of them, newest first */
} MsaConnPool;

void           msa_conn_pool_init   (MsaConnPool *self);
/* Must be empty. */
void           msa_conn_pool_clear  (MsaConnPool *self);

void           msa_conn_pool_put    (MsaConnPool *self,
                                     MsaConnection *connection);
/* Takes the connection out, wherever it stands. */
void           msa_conn_pool_remove (MsaConnPool *self,
                                     MsaConnection *connection);
/* The newest with this key, which stays in; NULL if there is none. */
MsaConnection *msa_conn_pool_find   (MsaConnPool *self,
                                     const MsaConnKey *key);
/* The one unused for longest; NULL if there is none. */
MsaConnection *msa_conn_pool_oldest (MsaConnPool *self);

static inline guint
msa_conn_pool_get_length (const MsaConnPool *self)
{
  return self->lru.length;
}

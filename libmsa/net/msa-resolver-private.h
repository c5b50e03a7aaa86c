/* msa-resolver-private.h: host names to addresses
 *
 * Asks the system's resolver, or the application's, in threads, one job for each family of a name, at once; keeps
 * answers (MSA_DNS_TTL_US, unless set; "no such name" half as long; passing failures not at all); one
 * look-up serves all who ask the same meanwhile. What is known is known by name and IP version: the
 * answer to one question never stands for that to another. Literal addresses and localhost (B11) are answered
 * without a look-up, .onion (B12) is refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-reactor-private.h"
#include "net/msa-addresses-private.h"

typedef struct _MsaResolver MsaResolver;
typedef struct _MsaLookup   MsaLookup;

/* Who waits for an answer; embedded by the caller. */
struct _MsaLookup
{
  /* In a dispatch, once, unless cancelled. @addresses is borrowed. */
  void      (*done) (MsaLookup *self, MsaAddresses *addresses, gint64 now_us);
  /* (nullable): @addresses, borrowed, are those of one family; the other is late, and done()
   * follows with both (RFC 8305, section 3). Only takes note. Once, but for a change of source. */
  void      (*partial) (MsaLookup *self, MsaAddresses *addresses, gint64 now_us);
  guint64     serial; /* of the connection, for traces */
  gpointer    entry;  /* the resolver's: NULL when not waiting */
  MsaLookup  *prev;   /* the resolver's */
  MsaLookup  *next;   /* the resolver's */
};

MsaResolver  *msa_resolver_new    (MsaReactor *reactor) G_GNUC_WARN_UNUSED_RESULT;
/* Those who wait are not told. Running jobs end by themselves. */
void          msa_resolver_free   (MsaResolver *self);

/* Asks @source (nullable: the system) from now on. What is known of names is dropped, and what is
 * being looked up is looked up anew. */
void          msa_resolver_set_source (MsaResolver *self,
                                       GResolver *source);
GResolver    *msa_resolver_get_source (MsaResolver *self);

/* How long answers are kept: -1 for ever, 0 not at all. Those that are kept already go by it, too. */
void          msa_resolver_set_ttl_us (MsaResolver *self,
                                       gint64 ttl_us);
gint64        msa_resolver_get_ttl_us (MsaResolver *self);

/* The answer if it is known now ((transfer full)); else NULL, and @lookup->done follows. A name's
 * addresses come IPv6 first, then in turn (RFC 8305, section 4). @port: what was put for it is
 * known of it. */
MsaAddresses *msa_resolver_start  (MsaResolver *self,
                                   MsaHost *host,
                                   guint16 port,
                                   MsaIpVersion version,
                                   MsaLookup *lookup,
                                   gint64 now_us);
/* @lookup is forgotten; no thread is waited for. Harmless when not waiting. */
void          msa_resolver_cancel (MsaResolver *self,
                                   MsaLookup *lookup);
/* Drops what is known of @host, and what was put for this port of it: none of its addresses
 * answered (B204), or the application knows better. */
void          msa_resolver_forget (MsaResolver *self,
                                   const MsaHost *host,
                                   guint16 port);
/* @literals are what this port of @host stands for from now on, until they expire as what was looked
 * up does. A host that is never looked up is not asked for there either. */
void          msa_resolver_put    (MsaResolver *self,
                                   const MsaHost *host,
                                   guint16 port,
                                   MsaHost *const *literals,
                                   guint n_literals,
                                   gint64 now_us);

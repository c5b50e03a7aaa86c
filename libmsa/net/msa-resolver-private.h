/* msa-resolver-private.h: host names to addresses
 *
 * Asks the system's resolver in threads, one job for each family of a name, at once; keeps
 * answers (MSA_DNS_TTL_US; "no such name" half as long; passing failures not at all); one
 * look-up serves all who ask meanwhile. Literal addresses and localhost (B11) are answered
 * without a look-up, .onion (B12) is refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-host-private.h"
#include "model/msa-reactor-private.h"

typedef struct _MsaResolver MsaResolver;
typedef struct _MsaLookup   MsaLookup;

/* What came out: shared by all who asked. */
typedef struct
{
  grefcount   refs;
  GError     *error;       /* (owned) (nullable): MSA_ERROR_RESOLVE with the resolver's text */
  guint       n_addresses;
  MsaAddress  addresses[]; /* port 0; families interleaved, IPv6 first, as RFC 8305 section 4 */
} MsaAddresses;

MsaAddresses *msa_addresses_ref   (MsaAddresses *self);
void          msa_addresses_unref (MsaAddresses *self);

/* Who waits for an answer; embedded by the caller. */
struct _MsaLookup
{
  /* In a dispatch, once, unless cancelled. @addresses is borrowed. */
  void      (*done) (MsaLookup *self, MsaAddresses *addresses, gint64 now_us);
  /* (nullable): @addresses, borrowed, are those of one family; the other is late, and done()
   * follows with both (RFC 8305, section 3). Only takes note; at most once. */
  void      (*partial) (MsaLookup *self, MsaAddresses *addresses, gint64 now_us);
  guint64     serial; /* of the connection, for traces */
  gpointer    entry;  /* the resolver's: NULL when not waiting */
  MsaLookup  *prev;   /* the resolver's */
  MsaLookup  *next;   /* the resolver's */
};

MsaResolver  *msa_resolver_new    (MsaReactor *reactor) G_GNUC_WARN_UNUSED_RESULT;
/* Those who wait are not told. Running jobs end by themselves. */
void          msa_resolver_free   (MsaResolver *self);

/* The answer if it is known now ((transfer full)); else NULL, and @lookup->done follows. */
MsaAddresses *msa_resolver_start  (MsaResolver *self,
                                   MsaHost *host,
                                   MsaLookup *lookup,
                                   gint64 now_us);
/* @lookup is forgotten; no thread is waited for. Harmless when not waiting. */
void          msa_resolver_cancel (MsaResolver *self,
                                   MsaLookup *lookup);
/* Drops what is known of @host: none of its addresses answered (B204). */
void          msa_resolver_forget (MsaResolver *self,
                                   MsaHost *host);

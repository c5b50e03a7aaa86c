/* msa-tls-private.h: TLS by GnuTLS
 *
 * A trust is the parsed credentials of an MsaTlsConfig, made off the loop once and
 * shared; the filter speaks TLS with both. GnuTLS appears in no header outside this folder.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filter/msa-filter-private.h"
#include "model/msa-host-private.h"
#include "model/msa-tls-config-private.h"

/* Trust stores, loaded by jobs: one for each configuration (by its identity), kept
 * MSA_TRUST_TTL_US (24 h), single flight. A store that failed to load is tried again at the
 * next need. */
typedef struct _MsaTrust       MsaTrust;
typedef struct _MsaTrustCache  MsaTrustCache;
typedef struct _MsaTrustWaiter MsaTrustWaiter;

struct _MsaTrustWaiter
{
  /* In a dispatch, once, unless cancelled. Exactly one of @trust and @error, both borrowed. */
  void           (*done) (MsaTrustWaiter *self, MsaTrust *trust, const GError *error, gint64 now_us);
  gpointer         entry; /* the cache's */
  MsaTrustWaiter  *next;  /* the cache's */
};

MsaTrustCache *msa_trust_cache_new    (MsaReactor *reactor) G_GNUC_WARN_UNUSED_RESULT;
void           msa_trust_cache_free   (MsaTrustCache *self);
/* The trust if it is there ((transfer full)); else NULL, and @waiter->done follows. */
MsaTrust      *msa_trust_cache_start  (MsaTrustCache *self,
                                       MsaTlsConfig *config,
                                       MsaTrustWaiter *waiter,
                                       gint64 now_us);
void           msa_trust_cache_cancel (MsaTrustCache *self,
                                       MsaTrustWaiter *waiter);
MsaTrust      *msa_trust_ref          (MsaTrust *self);
void           msa_trust_unref        (MsaTrust *self);

/* The client's side above @next, which it takes. @alpn: "http/1.1" and the like,
 * NULL-terminated, may be NULL. connect() is DONE only when the handshake is done and the peer
 * is verified: there is no other way to send or receive. MSA_ERROR_TLS_HANDSHAKE,
 * MSA_ERROR_TLS_VERIFY; the text names host and cause. */
MsaFilter     *msa_tls_filter_new     (MsaFilter *next,
                                       MsaTrust *trust,
                                       MsaTlsConfig *config,
                                       MsaHost *host,
                                       const char * const *alpn,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What the peer chose, after connect(); NULL: nothing. */
const char    *msa_tls_filter_get_alpn (MsaFilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTrust, msa_trust_unref)

/* msa-tls-private.h: TLS by GnuTLS
 *
 * A trust is what is parsed of an MsaTlsConfig, made off the loop once and
 * shared; the filter speaks TLS with both. GnuTLS appears in no header outside this folder.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filter/msa-filter-private.h"
#include "model/msa-host-private.h"
#include "model/msa-tls-config-private.h"
#include "model/msa-tls-sessions-private.h"

/* Trusts, loaded by jobs: trust store, client certificate and key, pinned key, priorities. One for each configuration (by what
 * of its identity bears on them), kept MSA_TRUST_TTL_US (24 h) and at most MSA_MAX_TRUSTS, single flight. One whose files were changed
 * is loaded again: they are looked at by the same kind of job, at most once in MSA_TRUST_CHECK_US. A trust that failed to load is tried
 * again at the next need. */
typedef struct _MsaTrust       MsaTrust;
typedef struct _MsaTrustCache  MsaTrustCache;
typedef struct _MsaTrustWaiter MsaTrustWaiter;

struct _MsaTrustWaiter
{
  /* In a dispatch, once, unless cancelled. Exactly one of @trust and @error, both borrowed. */
  void           (*done) (MsaTrustWaiter *self, MsaTrust *trust, const GError *error, gint64 now_us);
  /* (nullable): the client's key is locked, and another password could open it. msa_trust_cache_unlock() or
   * msa_trust_cache_give_up() follow, or cancel; of all that wait for the same, one is told at a time. Only takes
   * note. NULL: a locked key is a failure. */
  void           (*locked) (MsaTrustWaiter *self, const GError *error, gint64 now_us);
  gpointer         entry; /* the cache's */
  GList            link;  /* the cache's */
};

MsaTrustCache *msa_trust_cache_new    (MsaReactor *reactor) G_GNUC_WARN_UNUSED_RESULT;
void           msa_trust_cache_free   (MsaTrustCache *self);
/* The trust if it is there ((transfer full)); else NULL, and @waiter->done follows. */
MsaTrust      *msa_trust_cache_start  (MsaTrustCache *self,
                                       MsaTlsConfig *config,
                                       MsaTrustWaiter *waiter,
                                       gint64 now_us);
/* Whether it is there and its files were looked at just now: start() would not wait. */
gboolean       msa_trust_cache_is_current (MsaTrustCache *self,
                                           MsaTlsConfig *config,
                                           gint64 now_us);
void           msa_trust_cache_cancel (MsaTrustCache *self,
                                       MsaTrustWaiter *waiter);
/* After locked(): tries again with @password, for all who wait; done() or locked() follows. */
void           msa_trust_cache_unlock (MsaTrustCache *self,
                                       MsaTrustWaiter *waiter,
                                       const char *password);
/* After locked(): all who wait are told that it is locked, the giver-up first. */
void           msa_trust_cache_give_up (MsaTrustCache *self,
                                        MsaTrustWaiter *waiter,
                                        gint64 now_us);
MsaTrust      *msa_trust_ref          (MsaTrust *self);
void           msa_trust_unref        (MsaTrust *self);
/* Whether it is made of files, which may change. */
gboolean       msa_trust_has_files    (const MsaTlsSettings *settings);
/* Its files were seen to have changed, or nobody looks after them any more: what was made with it is not to be shared. */
gboolean       msa_trust_is_outdated  (const MsaTrust *self);

/* The client's side above @next, which it takes. @trust was loaded for @config. @alpn: "http/1.1" and the like, NULL-terminated, may
 * be NULL. connect() is DONE only when the handshake is done and the peer is verified: there is no other way to send or receive; and the
 * client's certificate is shown to nobody before. MSA_ERROR_TLS_HANDSHAKE, MSA_ERROR_TLS_VERIFY, MSA_ERROR_TLS_PIN; the text names
 * host and cause. @sys gives the time, and outlives the filter. */
MsaFilter     *msa_tls_filter_new     (MsaSys *sys,
                                       MsaFilter *next,
                                       MsaTrust *trust,
                                       MsaTlsConfig *config,
                                       MsaHost *host,
                                       const char * const *alpn,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What the peer chose, after connect(); NULL: nothing. */
const char    *msa_tls_filter_get_alpn (MsaFilter *self);
/* The chain that the peer showed, of GBytes with DER, the leaf first; as soon as it is known. Also a resumed session has it. NULL: not yet. */
GPtrArray     *msa_tls_filter_dup_chain (MsaFilter *self) G_GNUC_WARN_UNUSED_RESULT;

/* What pins the key of a certificate in DER, as MsaTlsConfig takes it; NULL if it cannot be read. */
char          *msa_tls_pin_new         (GBytes *certificate) G_GNUC_WARN_UNUSED_RESULT;

/* --- sessions to resume; to be called before connect(), or not at all --- */

/* Takes a session from @sessions when the handshake begins, and puts new ones there as they come: from verified peers
 * only. They are found again by @role ("origin", or the name of a proxy's place in the chain), host, @port, configuration and
 * the contents of its files. */
void           msa_tls_filter_set_sessions (MsaFilter *self,
                                            MsaTlsSessions *sessions,
                                            const char *role,
                                            guint16 port);
gboolean       msa_tls_filter_is_resumed   (MsaFilter *self);

/* --- peers in doubt --- */

/* Someone may be asked whether a peer that failed to verify is taken all the same; by default nobody is. Then connect() gives
 * AGAIN, wants() NONE, and is_undecided() TRUE; the handshake rests until decide(), after which connect() goes on: DONE, or ERROR with the
 * doubt. A wrong pin, a peer without a certificate and a resumed session are never asked about. */
void           msa_tls_filter_set_may_ask     (MsaFilter *self,
                                               gboolean may_ask);
gboolean       msa_tls_filter_is_undecided    (MsaFilter *self);
/* What spoke against the peer; (transfer none) (nullable). Also after it was decided. */
const GError  *msa_tls_filter_get_doubt       (MsaFilter *self);
/* The same as GTlsCertificateFlags. */
guint          msa_tls_filter_get_doubt_flags (MsaFilter *self);
void           msa_tls_filter_decide          (MsaFilter *self,
                                               gboolean accept);
/* It was taken against the doubt: no session of it is kept, and nothing may be learnt from it. */
gboolean       msa_tls_filter_is_excepted     (MsaFilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTrust, msa_trust_unref)

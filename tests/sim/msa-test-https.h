/* msa-test-https.h: a server on the simulation's network, in the clear or in TLS
 *
 * It answers as the test says, and ends its connections in the ways that the test wants: with a
 * goodbye, without one, late or never. What the client said at its end is noted. Real GnuTLS, in
 * one thread, driven by what arrives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-sim.h"
#include "unit/msa-test-tls-peer.h"

typedef struct _MsaTestHttps MsaTestHttps;

/* One of its connections. Lives as long as the server. */
typedef struct
{
  MsaTestHttps   *server;      /* (unowned) */
  MsaSimPeer     *peer;        /* (unowned) */
  MsaTestTlsPeer *tls;         /* (owned) (nullable): NULL in the clear */
  GString        *received;    /* (owned): all of it, decrypted */
  gsize           request;     /* where the last request begins there */
  gsize           n_read;      /* up to where requests were found there */
  guint           n_requests;
  gboolean        has_greeted; /* the handshake has ended, and well */
  gboolean        has_goodbye; /* a close_notify came, and nothing was wrong before it */
  gboolean        has_end;     /* a FIN or a reset came */
} MsaTestHttpsLink;

typedef void (*MsaTestHttpsFunc) (MsaTestHttpsLink *link,
                                  gpointer data);

struct _MsaTestHttps
{
  MsaSim            *sim;     /* (unowned): it outlives the server */
  MsaTestTlsOptions  options; /* no cert: in the clear */
  MsaTestHttpsFunc   respond; /* a request without a body came */
  MsaTestHttpsFunc   ended;   /* (nullable): the client's end came; else it is answered by one */
  gpointer           data;
  GPtrArray         *links;   /* (owned) (element-type MsaTestHttpsLink) */
  MsaTestPki        *pki;     /* (owned) (nullable): of one made by new_www(); so is this: */
  MsaTestCert       *cert;    /* (owned) (nullable) */

  /* Of all links. */
  guint              n_handshakes;          /* that ended well */
  guint              n_resumed;             /* of these */
  guint              n_client_certificates; /* the same */
  guint              n_requests;
  gsize              n_received;            /* bytes, decrypted */
};

/* At port 443 of @address, or at 80 if @options is NULL or has no certificate. What it points to outlives the
 * server. Replaces a server that is there. */
MsaTestHttps     *msa_test_https_new        (MsaSim *sim,
                                             const char *address,
                                             const MsaTestTlsOptions *options,
                                             MsaTestHttpsFunc respond,
                                             gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* At port 443 as www.test, by an authority of its own. Answers each request with @reply, which outlives it. */
MsaTestHttps     *msa_test_https_new_www    (MsaSim *sim,
                                             const char *address,
                                             const char *reply) G_GNUC_WARN_UNUSED_RESULT;
/* Nothing is heard of its connections any more. */
void              msa_test_https_free       (MsaTestHttps *self);
/* Trusts that authority. */
MsaTlsConfig     *msa_test_https_new_config (MsaTestHttps *self) G_GNUC_WARN_UNUSED_RESULT;
MsaTestHttpsLink *msa_test_https_get        (MsaTestHttps *self,
                                             guint i);

/* @len -1: a terminated text. */
void              msa_test_https_send       (MsaTestHttpsLink *link,
                                             const void *data,
                                             gssize len);
/* Closes; with a close_notify first if @clean. */
void              msa_test_https_end        (MsaTestHttpsLink *link,
                                             gboolean clean);

/* For respond: answers with @data, a text; or as msa_test_answer() says for the target. */
void              msa_test_https_reply      (MsaTestHttpsLink *link,
                                             gpointer data);
void              msa_test_https_answer     (MsaTestHttpsLink *link,
                                             gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestHttps, msa_test_https_free)

/* msa-test-https.h: a server on the simulation's network, in the clear or in TLS
 *
 * It answers as the test says, and ends its connections in the ways that the test wants: with a
 * goodbye, without one, late or never. What the client said at its end is noted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-test-tls-peer.h"
#include "sim/msa-sim.h"

typedef struct _MsaTestHttps MsaTestHttps;

/* One of its connections. Lives as long as the server. */
typedef struct
{
  MsaTestHttps   *server;      /* (unowned) */
  MsaSimPeer     *peer;        /* (unowned) */
  MsaTestTlsPeer *tls;         /* (owned) (nullable): NULL in the clear */
  GString        *received;    /* (owned): all of it, decrypted */
  guint           n_requests;
  gboolean        has_goodbye; /* a close_notify came, and nothing was wrong before it */
  gboolean        has_end;     /* a FIN or a reset came */
} MsaTestHttpsLink;

typedef void (*MsaTestHttpsFunc) (MsaTestHttpsLink *link,
                                  gpointer data);

struct _MsaTestHttps
{
  MsaSim            *sim;     /* (unowned): it outlives the server */
  const MsaTestCert *cert;    /* (unowned) (nullable): NULL: in the clear */
  MsaTestHttpsFunc   respond; /* a request without a body came */
  MsaTestHttpsFunc   ended;   /* (nullable): the client's end came; else it is answered by one */
  gpointer           data;
  GPtrArray         *links;   /* (owned) (element-type MsaTestHttpsLink) */
};

/* At port 443 of @address, or at 80 if @cert is NULL. Replaces a server that is there. */
MsaTestHttps     *msa_test_https_new  (MsaSim *sim,
                                       const char *address,
                                       const MsaTestCert *cert,
                                       MsaTestHttpsFunc respond,
                                       gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* Nothing is heard of its connections any more. */
void              msa_test_https_free (MsaTestHttps *self);
MsaTestHttpsLink *msa_test_https_get  (MsaTestHttps *self,
                                       guint i);

/* @len -1: a terminated text. */
void              msa_test_https_send (MsaTestHttpsLink *link,
                                       const void *data,
                                       gssize len);
/* Closes; with a close_notify first if @clean. */
void              msa_test_https_end  (MsaTestHttpsLink *link,
                                       gboolean clean);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestHttps, msa_test_https_free)

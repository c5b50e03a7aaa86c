/* msa-test-tls-peer.h: a TLS server in memory, and the transport to it
 *
 * Two queues of bytes lie between the server and the bottom filter of a client. Either side is
 * driven by the test, so every order of events can be had. No sockets, no threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gnutls/gnutls.h>

#include "msa-test-pki.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-private.h"

/* Priorities that leave one version. */
#define MSA_TEST_TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define MSA_TEST_TLS_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

typedef struct
{
  const char *name;
  const char *priority;
} MsaTestTlsVersion;

extern const MsaTestTlsVersion msa_test_tls_versions[2];

/* A test for each version, which is given its priority. */
#define MSA_TEST_TLS_ADD_VERSIONS(folder, func) \
  MSA_TEST_FOR_ROWS (folder, msa_test_tls_versions, \
                     g_test_add_data_func (path_, msa_test_tls_versions[i_].priority, func))

typedef struct
{
  gnutls_session_t                 session;     /* (owned): the server's side */
  gnutls_certificate_credentials_t credentials; /* (owned) */
  GByteArray                      *to_server;   /* (owned) */
  GByteArray                      *to_client;   /* (owned) */
  GBytes                          *staple;      /* (unowned) (nullable): with that of the issuer: */
  GBytes                          *issuer_staple; /* (unowned) (nullable) */

  /* Knobs of the transport, as the client meets it. */
  gsize    step;          /* most bytes a send or recv moves; 0: all */
  gboolean stutter;       /* every other call would block */
  gboolean out_blocked;   /* sends would block */
  gboolean out_broken;    /* sends fail */
  gboolean in_ended;      /* an end comes after the bytes of to_client */
  gboolean in_broken;     /* a failure comes after them */

  /* What was seen of the client. */
  guint    n_sends;       /* that moved bytes */
  guint    n_recvs;       /* the same */
  gsize    largest_recv;  /* most bytes that it asked for at once */
  gboolean was_shut_down;
  gboolean sent_last;     /* its last call was a send, not a recv */
  gboolean want_out;      /* the same, and it would have blocked */
  gboolean odd;
  gboolean is_done;       /* the server's handshake has ended, well or not */
  int      result;        /* what it ended with; a GnuTLS code */
} MsaTestTlsPeer;

/* How a server is to be. All that is left out is not done. */
typedef struct
{
  const MsaTestCert     *cert;
  const char            *priority;    /* NULL: GnuTLS' default */
  const char * const    *alpn;        /* (nullable) */
  const gnutls_datum_t  *ticket_key;  /* (nullable): by default one of its own */
  gboolean               no_tickets;
  const char            *client_ca;   /* (nullable): asks for a certificate, and takes one below this PEM */
  const char            *client_hint; /* (nullable): says that it takes only those below this PEM; not so */
  GBytes                *staple;      /* (nullable) */
  GBytes                *issuer_staple; /* (nullable): of the next certificate; with @staple, in TLS 1.3 */
} MsaTestTlsOptions;

MsaTestTlsPeer *msa_test_tls_peer_new_full   (const MsaTestTlsOptions *options) G_GNUC_WARN_UNUSED_RESULT;
/* @priority NULL: GnuTLS' default. @alpn, NULL-terminated, may be NULL. */
MsaTestTlsPeer *msa_test_tls_peer_new        (const MsaTestCert *cert,
                                              const char *priority,
                                              const char * const *alpn) G_GNUC_WARN_UNUSED_RESULT;
void            msa_test_tls_peer_free       (MsaTestTlsPeer *self);
/* The bottom of a client's chain. @self outlives it. */
MsaFilter      *msa_test_tls_peer_new_bottom (MsaTestTlsPeer *self) G_GNUC_WARN_UNUSED_RESULT;
/* Lets both sides shake hands until the client is DONE or has failed. A failing server's alert
 * reaches the client, then an end; an end comes also when both sides wait for each other. */
MsaIo           msa_test_tls_peer_connect    (MsaTestTlsPeer *self,
                                              MsaFilter *client,
                                              GError **error);
/* Lets the server go on with its handshake. */
void            msa_test_tls_peer_run        (MsaTestTlsPeer *self);
/* Sends all of it. */
void            msa_test_tls_peer_write      (MsaTestTlsPeer *self,
                                              const void *data,
                                              gsize len);
/* What the client has sent by now, decrypted; a failure of TLS is stored in @result (nullable). */
GByteArray     *msa_test_tls_peer_read       (MsaTestTlsPeer *self,
                                              int *result) G_GNUC_WARN_UNUSED_RESULT;

/* The clocks of this machine; nothing else. */
MsaSys         *msa_test_tls_get_sys         (void);

/* What is loaded for @config (nullable), but that @ca_pem is trusted where it says nothing about that. */
MsaTrust       *msa_test_tls_trust_new       (const char *ca_pem,
                                              MsaTlsConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/* The same, with files from @sys. */
MsaTrust       *msa_test_tls_trust_load      (MsaSys *sys,
                                              const char *ca_pem,
                                              MsaTlsConfig *config) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestTlsPeer, msa_test_tls_peer_free)

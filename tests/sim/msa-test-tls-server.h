/* msa-test-tls-server.h: a TLS server in the simulation
 *
 * Real GnuTLS on the other end of simulated connections; what a decrypted request is answered
 * is said by msa_test_answer(). In one thread, driven by what arrives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-sim.h"
#include "unit/msa-test-tls-peer.h"

typedef struct
{
  MsaSim            *sim;     /* (unowned) */
  MsaTestTlsOptions  options;
  GPtrArray         *ends;    /* of connections; owned */

  guint    n_connections;
  guint    n_handshakes;      /* that ended well */
  guint    n_resumed;         /* of these */
  guint    n_client_certificates; /* the same */
  guint    n_requests;
  GString *plain;             /* (owned): all that was received, decrypted */
} MsaTestTlsServer;

/* What @options point to outlives the server, and the server the simulation's last step. */
MsaTestTlsServer *msa_test_tls_server_new  (MsaSim *sim,
                                            const char *address,
                                            guint16 port,
                                            const MsaTestTlsOptions *options) G_GNUC_WARN_UNUSED_RESULT;
void              msa_test_tls_server_free (MsaTestTlsServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestTlsServer, msa_test_tls_server_free)

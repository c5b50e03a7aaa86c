/* msa-test-www.c: an HTTP server over TLS on the simulation's network
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-www.h"

#include "msa-test-tls-peer.h"

#include <string.h>

struct _MsaTestWww
{
  MsaTestPki *pki; /* (owned) */
  MsaTestCert *cert; /* (owned) */
  GPtrArray *peers; /* (owned) (element-type MsaTestTlsPeer) */
  char *reply; /* (owned) */
};

typedef struct
{
  MsaTestWww *server; /* (unowned) */
  MsaTestTlsPeer *tls; /* (unowned) */
} Connection;

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  Connection *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  GByteArray *bytes = self->tls->to_client;

  g_byte_array_append (self->tls->to_server, (guint8 *) received->str, (guint) received->len);
  g_string_truncate (received, 0);
  msa_test_tls_peer_run (self->tls);
  if (self->tls->is_done && self->tls->result >= 0)
    {
      g_autoptr (GByteArray) request = msa_test_tls_peer_read (self->tls, NULL);

      /* Requests here are small: one has no body, and comes in one piece. */
      if (request->len > 0)
        msa_test_tls_peer_write (self->tls, self->server->reply, strlen (self->server->reply));
    }
  msa_sim_peer_send (peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaTestWww *server = data;
  Connection *self = g_new0 (Connection, 1);

  self->server = server;
  self->tls = msa_test_tls_peer_new (server->cert, NULL, NULL);
  g_ptr_array_add (server->peers, self);
  peer->user_data = self;
  peer->received = received_cb;
}

static void
connection_free (gpointer data)
{
  Connection *self = data;

  msa_test_tls_peer_free (self->tls);
  g_free (self);
}

MsaTestWww *
msa_test_www_new (MsaSim *sim,
                  const char *address,
                  const char *reply)
{
  static const MsaTestCertSpec spec = { .dns = { "www.test" } };
  MsaTestWww *self = g_new0 (MsaTestWww, 1);

  self->pki = msa_test_pki_new ();
  self->cert = msa_test_pki_issue (self->pki, &spec);
  self->peers = g_ptr_array_new_with_free_func (connection_free);
  self->reply = g_strdup (reply);
  msa_sim_listen (sim, address, 443, accept_cb, self);

  return self;
}

void
msa_test_www_free (MsaTestWww *self)
{
  g_ptr_array_unref (self->peers);
  msa_test_cert_free (self->cert);
  msa_test_pki_free (self->pki);
  g_free (self->reply);
  g_free (self);
}

MsaTlsConfig *
msa_test_www_new_config (MsaTestWww *self)
{
  const char *pem = msa_test_pki_ca_pem (self->pki);
  g_autoptr (GBytes) bytes = g_bytes_new (pem, strlen (pem));

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);
}

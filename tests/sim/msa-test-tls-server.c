/* msa-test-tls-server.c: a TLS server in the simulation
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-tls-server.h"

#include "sim/msa-test-server.h"

#include <string.h>

typedef struct
{
  MsaTestTlsServer *server; /* (unowned) */
  MsaTestTlsPeer *tls; /* (owned) */
  MsaSimPeer *peer; /* (unowned): the simulation's */
  GString *input; /* (owned): decrypted, not yet answered */
  gboolean greeted;
} End;

static void
end_free (gpointer data)
{
  End *self = data;

  if (self->peer != NULL)
    self->peer->received = NULL;
  msa_test_tls_peer_free (self->tls);
  g_string_free (self->input, TRUE);
  g_free (self);
}

static void
send_records (End *self)
{
  GByteArray *bytes = self->tls->to_client;

  if (bytes->len > 0)
    msa_sim_peer_send (self->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

static void
greet (End *self)
{
  guint n = 0;

  self->greeted = TRUE;
  self->server->n_handshakes++;
  self->server->n_resumed += gnutls_session_is_resumed (self->tls->session) != 0;
  self->server->n_client_certificates +=
      gnutls_certificate_get_peers (self->tls->session, &n) != NULL && n > 0;
}

static void
answer_requests (End *self)
{
  char *end;

  while ((end = strstr (self->input->str, "\r\n\r\n")) != NULL)
    {
      g_auto (GStrv) words = g_strsplit (self->input->str, " ", 3);
      MsaTestThen then;
      g_autoptr (GString) answer = msa_test_answer (words[1], &then);

      self->server->n_requests++;
      g_string_erase (self->input, 0, end + 4 - self->input->str);
      msa_test_tls_peer_write (self->tls, answer->str, answer->len);
      if (then == MSA_TEST_THEN_CLOSE)
        {
          send_records (self);
          msa_sim_peer_close (self->peer);
        }
    }
}

static void
read_plain (End *self)
{
  g_autoptr (GByteArray) plain = msa_test_tls_peer_read (self->tls, NULL);

  g_string_append_len (self->input, (const char *) plain->data, plain->len);
  g_string_append_len (self->server->plain, (const char *) plain->data, plain->len);
  answer_requests (self);
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  End *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);

  g_byte_array_append (self->tls->to_server, (guint8 *) received->str, (guint) received->len);
  g_string_truncate (received, 0);
  if (!self->tls->is_done)
    msa_test_tls_peer_run (self->tls);
  if (self->tls->is_done && self->tls->result >= 0)
    {
      if (!self->greeted)
        greet (self);
      read_plain (self);
    }
  send_records (self);
  if (self->tls->is_done && self->tls->result < 0)
    msa_sim_peer_close (peer);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaTestTlsServer *server = data;
  End *self = g_new0 (End, 1);

  self->server = server;
  self->tls = msa_test_tls_peer_new_full (&server->options);
  self->peer = peer;
  self->input = g_string_new (NULL);
  peer->user_data = self;
  peer->received = received_cb;
  server->n_connections++;
  g_ptr_array_add (server->ends, self);
}

MsaTestTlsServer *
msa_test_tls_server_new (MsaSim *sim,
                         const char *address,
                         guint16 port,
                         const MsaTestTlsOptions *options)
{
  MsaTestTlsServer *self = g_new0 (MsaTestTlsServer, 1);

  self->sim = sim;
  self->options = *options;
  self->ends = g_ptr_array_new_with_free_func (end_free);
  self->plain = g_string_new (NULL);
  msa_sim_listen (sim, address, port, accept_cb, self);
  return self;
}

void
msa_test_tls_server_free (MsaTestTlsServer *self)
{
  g_ptr_array_unref (self->ends);
  g_string_free (self->plain, TRUE);
  g_free (self);
}

/* msa-test-https.c: a server on the simulation's network, in the clear or in TLS
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-https.h"

#include "sim/msa-test-server.h"

#include <string.h>

static void
send_records (MsaTestHttpsLink *link)
{
  GByteArray *bytes = link->tls->to_client;

  if (bytes->len > 0)
    msa_sim_peer_send (link->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

static void
greet (MsaTestHttpsLink *link)
{
  MsaTestHttps *self = link->server;
  guint n = 0;

  link->has_greeted = TRUE;
  self->n_handshakes++;
  self->n_resumed += gnutls_session_is_resumed (link->tls->session) != 0;
  self->n_client_certificates +=
      gnutls_certificate_get_peers (link->tls->session, &n) != NULL && n > 0;
}

/* FALSE: the handshake goes on, or has failed, which ends the connection. */
static gboolean
shake_hands (MsaTestHttpsLink *link)
{
  if (link->has_greeted)
    return TRUE;

  msa_test_tls_peer_run (link->tls);
  send_records (link);
  if (link->tls->is_done && link->tls->result < 0)
    msa_sim_peer_close (link->peer);
  else if (link->tls->is_done)
    greet (link);

  return link->has_greeted;
}

static void
take_records (MsaTestHttpsLink *link,
              const GString *bytes)
{
  g_autoptr (GByteArray) clear = NULL;
  int result;

  g_byte_array_append (link->tls->to_server, (guint8 *) bytes->str, (guint) bytes->len);
  if (!shake_hands (link) || link->has_goodbye)
    return;

  clear = msa_test_tls_peer_read (link->tls, &result);
  g_string_append_len (link->received, (char *) clear->data, clear->len);
  link->has_goodbye = result == 0;
  /* What the library answers of its own accord. */
  send_records (link);
}

static void
answer_requests (MsaTestHttpsLink *link)
{
  const char *end;

  while ((end = strstr (link->received->str + link->n_read, "\r\n\r\n")) != NULL)
    {
      link->request = link->n_read;
      link->n_read = (gsize) (end - link->received->str) + 4;
      link->n_requests++;
      link->server->n_requests++;
      link->server->respond (link, link->server->data);
    }
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  MsaTestHttpsLink *link = user_data;
  GString *bytes = msa_sim_peer_get_received (peer);
  gsize old_len = link->received->len;

  if (link->tls != NULL)
    take_records (link, bytes);
  else
    g_string_append_len (link->received, bytes->str, (gssize) bytes->len);
  g_string_truncate (bytes, 0);
  link->server->n_received += link->received->len - old_len;
  answer_requests (link);
}

static void
closed_cb (MsaSimPeer *peer,
           gpointer user_data)
{
  MsaTestHttpsLink *link = user_data;
  MsaTestHttps *self = link->server;

  link->has_end = TRUE;
  if (self->ended != NULL)
    self->ended (link, self->data);
  else
    msa_test_https_end (link, TRUE);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaTestHttps *self = data;
  MsaTestHttpsLink *link = g_new0 (MsaTestHttpsLink, 1);

  link->server = self;
  link->peer = peer;
  link->received = g_string_new (NULL);
  if (self->options.cert != NULL)
    link->tls = msa_test_tls_peer_new_full (&self->options);
  peer->user_data = link;
  peer->received = received_cb;
  peer->closed = closed_cb;
  g_ptr_array_add (self->links, link);
}

static void
link_free (gpointer data)
{
  MsaTestHttpsLink *self = data;

  self->peer->received = NULL;
  self->peer->closed = NULL;
  g_clear_pointer (&self->tls, msa_test_tls_peer_free);
  g_string_free (self->received, TRUE);
  g_free (self);
}

MsaTestHttps *
msa_test_https_new (MsaSim *sim,
                    const char *address,
                    const MsaTestTlsOptions *options,
                    MsaTestHttpsFunc respond,
                    gpointer data)
{
  MsaTestHttps *self = g_new0 (MsaTestHttps, 1);

  self->sim = sim;
  if (options != NULL)
    self->options = *options;
  self->respond = respond;
  self->data = data;
  self->links = g_ptr_array_new_with_free_func (link_free);
  msa_sim_listen (sim, address, self->options.cert != NULL ? 443 : 80, accept_cb, self);

  return self;
}

MsaTestHttps *
msa_test_https_new_www (MsaSim *sim,
                        const char *address,
                        const char *reply)
{
  static const MsaTestCertSpec spec = { .dns = { "www.test" } };
  MsaTestPki *pki = msa_test_pki_new ();
  MsaTestTlsOptions options = { .cert = msa_test_pki_issue (pki, &spec) };
  MsaTestHttps *self =
      msa_test_https_new (sim, address, &options, msa_test_https_reply, (gpointer) reply);

  self->pki = pki;
  self->cert = (MsaTestCert *) options.cert;

  return self;
}

void
msa_test_https_free (MsaTestHttps *self)
{
  g_ptr_array_unref (self->links);
  g_clear_pointer (&self->cert, msa_test_cert_free);
  g_clear_pointer (&self->pki, msa_test_pki_free);
  g_free (self);
}

MsaTlsConfig *
msa_test_https_new_config (MsaTestHttps *self)
{
  const char *pem = msa_test_pki_ca_pem (self->pki);
  g_autoptr (GBytes) bytes = g_bytes_new (pem, strlen (pem));

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);
}

MsaTestHttpsLink *
msa_test_https_get (MsaTestHttps *self,
                    guint i)
{
  g_assert_cmpuint (i, <, self->links->len);

  return g_ptr_array_index (self->links, i);
}

void
msa_test_https_send (MsaTestHttpsLink *link,
                     const void *data,
                     gssize len)
{
  gsize size = len < 0 ? strlen (data) : (gsize) len;

  if (link->tls == NULL)
    {
      msa_sim_peer_send (link->peer, data, (gssize) size);
      return;
    }

  msa_test_tls_peer_write (link->tls, data, size);
  send_records (link);
}

void
msa_test_https_end (MsaTestHttpsLink *link,
                    gboolean clean)
{
  if (link->has_greeted && clean)
    {
      gnutls_bye (link->tls->session, GNUTLS_SHUT_WR);
      send_records (link);
    }
  msa_sim_peer_close (link->peer);
}

void
msa_test_https_reply (MsaTestHttpsLink *link,
                      gpointer data)
{
  msa_test_https_send (link, data, -1);
}

void
msa_test_https_answer (MsaTestHttpsLink *link,
                       gpointer data)
{
  g_auto (GStrv) words = g_strsplit (link->received->str + link->request, " ", 3);
  MsaTestThen then;
  g_autoptr (GString) answer = msa_test_answer (words[1], &then);

  msa_test_https_send (link, answer->str, (gssize) answer->len);
  if (then == MSA_TEST_THEN_CLOSE)
    msa_test_https_end (link, FALSE);
}

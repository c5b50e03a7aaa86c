/* msa-test-https.c: a server on the simulation's network, in the clear or in TLS
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-https.h"

#include <string.h>

static void
send_records (MsaTestHttpsLink *link)
{
  GByteArray *bytes = link->tls->to_client;

  msa_sim_peer_send (link->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

/* FALSE: the handshake goes on. */
static gboolean
shake_hands (MsaTestHttpsLink *link)
{
  msa_test_tls_peer_run (link->tls);
  send_records (link);

  return link->tls->is_done;
}

static void
take_records (MsaTestHttpsLink *link,
              GString *bytes)
{
  g_autoptr (GByteArray) clear = NULL;
  int result;

  g_byte_array_append (link->tls->to_server, (guint8 *) bytes->str, (guint) bytes->len);
  if (!shake_hands (link) || link->has_goodbye)
    return;

  clear = msa_test_tls_peer_read (link->tls, &result);
  g_string_append_len (link->received, (char *) clear->data, clear->len);
  link->has_goodbye = result == 0;
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

  if (link->received->len > old_len && g_str_has_suffix (link->received->str, "\r\n\r\n"))
    {
      link->n_requests++;
      link->server->respond (link, link->server->data);
    }
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
  if (self->cert != NULL)
    link->tls = msa_test_tls_peer_new (self->cert, NULL, NULL);
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
                    const MsaTestCert *cert,
                    MsaTestHttpsFunc respond,
                    gpointer data)
{
  MsaTestHttps *self = g_new0 (MsaTestHttps, 1);

  self->sim = sim;
  self->cert = cert;
  self->respond = respond;
  self->data = data;
  self->links = g_ptr_array_new_with_free_func (link_free);
  msa_sim_listen (sim, address, cert != NULL ? 443 : 80, accept_cb, self);

  return self;
}

void
msa_test_https_free (MsaTestHttps *self)
{
  g_ptr_array_unref (self->links);
  g_free (self);
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
  if (link->tls != NULL && clean && link->tls->is_done)
    {
      gnutls_bye (link->tls->session, GNUTLS_SHUT_WR);
      send_records (link);
    }
  msa_sim_peer_close (link->peer);
}

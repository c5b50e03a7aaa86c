/* msa-test-tls-peer.c: a TLS server in memory, and the transport to it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-tls-peer.h"

#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* More turns than a stuttering transport needs to move a byte. */
#define MAX_IDLE_TURNS 4

const MsaTestTlsVersion msa_test_tls_versions[2] = {
  { "tls-1-2", MSA_TEST_TLS_1_2 },
  { "tls-1-3", MSA_TEST_TLS_1_3 },
};

typedef struct
{
  MsaFilter base;
  MsaTestTlsPeer *peer; /* (unowned) */
} Bottom;

/* --- the client's transport --- */

static gboolean
stutters (MsaTestTlsPeer *self)
{
  self->odd = !self->odd;
  return self->stutter && self->odd;
}

static gsize
limit (MsaTestTlsPeer *self,
       gsize len)
{
  return self->step == 0 ? len : MIN (len, self->step);
}

static MsaIo
bottom_send (MsaFilter *filter,
             const guint8 *data,
             gsize len,
             gsize *n_sent,
             GError **error)
{
  MsaTestTlsPeer *self = ((Bottom *) filter)->peer;

  g_assert_cmpuint (len, >, 0);
  if (self->out_broken)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_SEND, "the pipe is broken");
      return MSA_IO_ERROR;
    }

  self->sent_last = TRUE;
  self->want_out = self->out_blocked || stutters (self);
  if (self->want_out)
    return MSA_IO_AGAIN;

  *n_sent = limit (self, len);
  g_byte_array_append (self->to_server, data, (guint) *n_sent);
  self->n_sends++;
  return MSA_IO_DONE;
}

static MsaIo
bottom_recv (MsaFilter *filter,
             guint8 *buffer,
             gsize size,
             gsize *n_read,
             GError **error)
{
  MsaTestTlsPeer *self = ((Bottom *) filter)->peer;

  g_assert_cmpuint (size, >, 0);
  self->largest_recv = MAX (self->largest_recv, size);
  if (self->to_client->len == 0 && self->in_broken)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_RECEIVE, "the connection was reset");
      return MSA_IO_ERROR;
    }
  if (self->to_client->len == 0 && self->in_ended)
    return MSA_IO_END;

  self->sent_last = FALSE;
  self->want_out = FALSE;
  if (self->to_client->len == 0 || stutters (self))
    return MSA_IO_AGAIN;

  *n_read = limit (self, MIN (size, self->to_client->len));
  memcpy (buffer, self->to_client->data, *n_read);
  g_byte_array_remove_range (self->to_client, 0, (guint) *n_read);
  self->n_recvs++;
  return MSA_IO_DONE;
}

static gboolean
bottom_peek (MsaFilter *filter)
{
  MsaTestTlsPeer *self = ((Bottom *) filter)->peer;

  return self->to_client->len > 0 || self->in_ended || self->in_broken;
}

static MsaSocketEvents
bottom_wants (MsaFilter *filter)
{
  return ((Bottom *) filter)->peer->want_out ? MSA_SOCKET_OUT : MSA_SOCKET_NONE;
}

static MsaIo
bottom_shutdown (MsaFilter *filter)
{
  ((Bottom *) filter)->peer->was_shut_down = TRUE;
  return MSA_IO_DONE;
}

static void
bottom_free (MsaFilter *filter)
{
  g_free (filter);
}

static const MsaFilterOps bottom_ops = {
  .name = "memory",
  .send = bottom_send,
  .recv = bottom_recv,
  .peek = bottom_peek,
  .wants = bottom_wants,
  .shutdown = bottom_shutdown,
  .free = bottom_free,
};

MsaFilter *
msa_test_tls_peer_new_bottom (MsaTestTlsPeer *self)
{
  Bottom *bottom = g_new0 (Bottom, 1);

  bottom->base.ops = &bottom_ops;
  bottom->peer = self;
  return &bottom->base;
}

/* --- the server --- */

static ssize_t
server_push_cb (gnutls_transport_ptr_t user_data,
                const void *data,
                size_t len)
{
  MsaTestTlsPeer *self = user_data;

  g_byte_array_append (self->to_client, data, (guint) len);
  return (ssize_t) len;
}

static ssize_t
server_pull_cb (gnutls_transport_ptr_t user_data,
                void *buffer,
                size_t size)
{
  MsaTestTlsPeer *self = user_data;
  gsize len = MIN (size, self->to_server->len);

  if (len == 0)
    {
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    }

  memcpy (buffer, self->to_server->data, len);
  g_byte_array_remove_range (self->to_server, 0, (guint) len);
  return (ssize_t) len;
}

static void
load_cert (MsaTestTlsPeer *self,
           const MsaTestCert *cert)
{
  gnutls_datum_t crt = { (guchar *) cert->cert_pem, (guint) strlen (cert->cert_pem) };
  gnutls_datum_t key = { (guchar *) cert->key_pem, (guint) strlen (cert->key_pem) };
  gnutls_x509_privkey_t privkey;
  gnutls_x509_crt_t *list;
  guint i, n;

  /* Not by gnutls_certificate_set_x509_key_mem(), which leaves out what is past the sixteenth
   * certificate. */
  g_assert_cmpint (gnutls_x509_crt_list_import2 (&list, &n, &crt, GNUTLS_X509_FMT_PEM, 0), >=, 0);
  g_assert_cmpint (gnutls_x509_privkey_init (&privkey), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_import2 (privkey, &key, GNUTLS_X509_FMT_PEM, NULL, 0), ==,
                   0);
  g_assert_cmpint (gnutls_certificate_allocate_credentials (&self->credentials), ==, 0);
  g_assert_cmpint (gnutls_certificate_set_x509_key (self->credentials, list, (int) n, privkey), >=,
                   0);

  gnutls_x509_privkey_deinit (privkey);
  for (i = 0; i < n; i++)
    gnutls_x509_crt_deinit (list[i]);
  gnutls_free (list);
}

static void
offer_alpn (MsaTestTlsPeer *self,
            const char *const *alpn)
{
  gnutls_datum_t protocols[4];
  guint n = 0;

  for (; alpn != NULL && alpn[n] != NULL && n < G_N_ELEMENTS (protocols); n++)
    protocols[n] = (gnutls_datum_t) { (guchar *) alpn[n], (guint) strlen (alpn[n]) };
  if (n > 0)
    g_assert_cmpint (gnutls_alpn_set_protocols (self->session, protocols, n, 0), ==, 0);
}

static void
set_ticket_key (MsaTestTlsPeer *self,
                const gnutls_datum_t *given)
{
  gnutls_datum_t own = { NULL, 0 };

  if (given == NULL)
    g_assert_cmpint (gnutls_session_ticket_key_generate (&own), ==, 0);
  g_assert_cmpint (
      gnutls_session_ticket_enable_server (self->session, given != NULL ? given : &own), ==, 0);
  gnutls_free (own.data);
}

/* The names of the authorities that are taken go to the client; in the case of a hint, with nobody
 * looking at what it sends. */
static void
ask_client (MsaTestTlsPeer *self,
            const char *ca_pem,
            gboolean check)
{
  gnutls_datum_t ca = { (guchar *) ca_pem, (guint) strlen (ca_pem) };

  g_assert_cmpint (
      gnutls_certificate_set_x509_trust_mem (self->credentials, &ca, GNUTLS_X509_FMT_PEM), >, 0);
  gnutls_certificate_server_set_request (self->session,
                                         check ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
  if (check)
    gnutls_session_set_verify_cert (self->session, NULL, 0);
}

static int
staple_cb (gnutls_session_t session,
           void *user_data,
           gnutls_datum_t *response)
{
  GBytes *staple = user_data;
  gsize len;
  gconstpointer data = g_bytes_get_data (staple, &len);

  response->data = gnutls_malloc (len);
  response->size = (guint) len;
  memcpy (response->data, data, len);
  return 0;
}

static gnutls_ocsp_data_st
make_response (GBytes *staple)
{
  gnutls_ocsp_data_st response = { 0 };

  staple_cb (NULL, staple, &response.response);
  return response;
}

/* The functions that take a list of responses refuse what is revoked or outdated. */
static int
retrieve_cb (gnutls_session_t session,
             const struct gnutls_cert_retr_st *info,
             gnutls_pcert_st **chain,
             unsigned int *n_chain,
             gnutls_ocsp_data_st **responses,
             unsigned int *n_responses,
             gnutls_privkey_t *key,
             unsigned int *flags)
{
  MsaTestTlsPeer *self = gnutls_transport_get_ptr (session);
  gnutls_x509_privkey_t own_key;
  gnutls_x509_crt_t *crts;

  g_assert_cmpint (gnutls_certificate_get_x509_crt (self->credentials, 0, &crts, n_chain), ==, 0);
  *chain = gnutls_calloc (*n_chain, sizeof **chain);
  for (guint i = 0; i < *n_chain; i++)
    {
      g_assert_cmpint (gnutls_pcert_import_x509 (&(*chain)[i], crts[i], 0), ==, 0);
      gnutls_x509_crt_deinit (crts[i]);
    }
  gnutls_free (crts);

  g_assert_cmpint (gnutls_certificate_get_x509_key (self->credentials, 0, &own_key), ==, 0);
  gnutls_privkey_init (key);
  g_assert_cmpint (
      gnutls_privkey_import_x509 (*key, own_key, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE), ==, 0);

  *n_responses = 2;
  *responses = gnutls_calloc (*n_responses, sizeof **responses);
  (*responses)[0] = make_response (self->staple);
  (*responses)[1] = make_response (self->issuer_staple);
  *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
  return 0;
}

static void
set_staples (MsaTestTlsPeer *self,
             const MsaTestTlsOptions *options)
{
  if (options->issuer_staple == NULL)
    {
      gnutls_certificate_set_ocsp_status_request_function (self->credentials, staple_cb,
                                                           options->staple);
      return;
    }
  self->staple = options->staple;
  self->issuer_staple = options->issuer_staple;
  gnutls_certificate_set_retrieve_function3 (self->credentials, retrieve_cb);
}

MsaTestTlsPeer *
msa_test_tls_peer_new_full (const MsaTestTlsOptions *options)
{
  MsaTestTlsPeer *self = g_new0 (MsaTestTlsPeer, 1);
  const char *priority = options->priority != NULL ? options->priority : "NORMAL";

  self->to_server = g_byte_array_new ();
  self->to_client = g_byte_array_new ();
  load_cert (self, options->cert);
  if (options->staple != NULL)
    set_staples (self, options);

  g_assert_cmpint (gnutls_init (&self->session,
                                GNUTLS_SERVER | GNUTLS_NONBLOCK |
                                    (options->no_tickets ? GNUTLS_NO_TICKETS : 0)),
                   ==, 0);
  g_assert_cmpint (gnutls_priority_set_direct (self->session, priority, NULL), ==, 0);
  g_assert_cmpint (
      gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials), ==, 0);
  if (!options->no_tickets)
    set_ticket_key (self, options->ticket_key);
  offer_alpn (self, options->alpn);
  if (options->client_ca != NULL)
    ask_client (self, options->client_ca, TRUE);
  if (options->client_hint != NULL)
    ask_client (self, options->client_hint, FALSE);

  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_push_function (self->session, server_push_cb);
  gnutls_transport_set_pull_function (self->session, server_pull_cb);
  return self;
}

MsaTestTlsPeer *
msa_test_tls_peer_new (const MsaTestCert *cert,
                       const char *priority,
                       const char *const *alpn)
{
  MsaTestTlsOptions options = { .cert = cert, .priority = priority, .alpn = alpn };

  return msa_test_tls_peer_new_full (&options);
}

void
msa_test_tls_peer_free (MsaTestTlsPeer *self)
{
  gnutls_deinit (self->session);
  gnutls_certificate_free_credentials (self->credentials);
  g_byte_array_unref (self->to_server);
  g_byte_array_unref (self->to_client);
  g_free (self);
}

/* Once it is done it must not shake hands again: that would ask for a renegotiation. */
void
msa_test_tls_peer_run (MsaTestTlsPeer *self)
{
  int result;

  if (self->is_done)
    return;

  result = gnutls_handshake (self->session);
  if (result < 0 && gnutls_error_is_fatal (result) == 0)
    return;

  self->is_done = TRUE;
  self->result = result;
  if (result >= 0)
    return;

  gnutls_alert_send_appropriate (self->session, result);
  self->in_ended = TRUE;
}

MsaIo
msa_test_tls_peer_connect (MsaTestTlsPeer *self,
                           MsaFilter *client,
                           GError **error)
{
  MsaIo io = MSA_IO_AGAIN;
  guint n_idle = 0;

  while (io == MSA_IO_AGAIN)
    {
      guint n_moves = self->n_sends + self->n_recvs;

      io = msa_filter_connect (client, 0, error);
      if (io == MSA_IO_AGAIN && msa_tls_filter_is_undecided (client))
        {
          g_assert_cmpint (msa_filter_wants (client), ==, MSA_SOCKET_NONE);
          return io;
        }
      if (io == MSA_IO_AGAIN)
        g_assert_cmpint (msa_filter_wants (client), ==,
                         self->sent_last ? MSA_SOCKET_OUT : MSA_SOCKET_IN);
      msa_test_tls_peer_run (self);

      n_idle = self->n_sends + self->n_recvs == n_moves ? n_idle + 1 : 0;
      self->in_ended |= n_idle > MAX_IDLE_TURNS;
      g_assert_cmpuint (n_idle, <=, 2 * MAX_IDLE_TURNS);
    }
  return io;
}

void
msa_test_tls_peer_write (MsaTestTlsPeer *self,
                         const void *data,
                         gsize len)
{
  const guint8 *at = data;

  while (len > 0)
    {
      gssize n = gnutls_record_send (self->session, at, len);

      g_assert_cmpint (n, >, 0);
      at += n;
      len -= (gsize) n;
    }
}

GByteArray *
msa_test_tls_peer_read (MsaTestTlsPeer *self,
                        int *result)
{
  GByteArray *bytes = g_byte_array_new ();
  guint8 buffer[16384];
  gssize n;

  do
    {
      n = gnutls_record_recv (self->session, buffer, sizeof (buffer));
      if (n > 0)
        g_byte_array_append (bytes, buffer, (guint) n);
    }
  while (n > 0 || (n == GNUTLS_E_AGAIN && self->to_server->len > 0));

  if (result != NULL)
    *result = (int) n;
  return bytes;
}

MsaTrust *
msa_test_tls_trust_load (MsaSys *sys,
                         const char *ca_pem,
                         MsaTlsConfig *config)
{
  MsaTlsSettings settings;
  g_autoptr (GError) error = NULL;
  MsaTrust *trust;

  if (config != NULL)
    msa_tls_settings_copy (msa_tls_config_get_settings (config), &settings);
  else
    msa_tls_settings_init (&settings);
  if (settings.ca.file == NULL && settings.ca.pem == NULL)
    settings.ca.pem = g_bytes_new (ca_pem, strlen (ca_pem));

  trust = msa_trust_load (sys, &settings, &error);
  g_assert_no_error (error);
  msa_tls_settings_clear (&settings);
  return trust;
}

MsaTrust *
msa_test_tls_trust_new (const char *ca_pem,
                        MsaTlsConfig *config)
{
  return msa_test_tls_trust_load (NULL, ca_pem, config);
}

/* --- time --- */

static gint64
get_monotonic_us (MsaSys *sys)
{
  return g_get_monotonic_time ();
}

static gint64
get_real_us (MsaSys *sys)
{
  return g_get_real_time ();
}

MsaSys *
msa_test_tls_get_sys (void)
{
  static const MsaSysOps ops = {
    .now_us = get_monotonic_us,
    .boot_us = get_monotonic_us,
    .real_us = get_real_us,
  };
  static MsaSys sys = { .ops = &ops };

  return &sys;
}

/* test-tls-filter.c: handshakes and records, against a server in memory
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-filter-private.h"

#define HOST "www.example.org"

static MsaTestPki *pki;
static MsaTestCert *cert;
static MsaTrust *trust;

typedef struct
{
  MsaTestTlsPeer *peer; /* (owned) */
  MsaFilter *client; /* (owned) */
} Pair;

/* How the bytes get across. */
typedef struct
{
  const char *name;
  const char *priority;
  gsize step;
  gboolean stutter;
} Transport;

static const Transport transports[] = {
  { "tls-1-3", MSA_TEST_TLS_1_3, 0, FALSE },
  { "tls-1-2", MSA_TEST_TLS_1_2, 0, FALSE },
  { "tls-1-3-byte-by-byte", MSA_TEST_TLS_1_3, 1, TRUE },
  { "tls-1-2-byte-by-byte", MSA_TEST_TLS_1_2, 1, TRUE },
  { "tls-1-3-by-seven", MSA_TEST_TLS_1_3, 7, FALSE },
};

static MsaHost *
make_host (const char *text)
{
  g_autoptr (GError) error = NULL;
  MsaHost *host = msa_host_new (msa_slice_from_string (text), &error);

  g_assert_no_error (error);
  return host;
}

/* A client over @peer, not connected. */
static MsaFilter *
make_client (MsaTestTlsPeer *peer,
             MsaTlsConfig *config,
             const char *host_text,
             const char *const *alpn)
{
  g_autoptr (MsaHost) host = make_host (host_text);
  g_autoptr (MsaTrust) own = NULL;
  g_autoptr (GError) error = NULL;
  MsaFilter *client;

  if (config != NULL)
    own = msa_test_tls_trust_new (msa_test_pki_ca_pem (pki), config);
  client = msa_tls_filter_new (msa_test_tls_get_sys (),
                               msa_test_tls_peer_new_bottom (peer),
                               own != NULL ? own : trust,
                               config, host, alpn, &error);

  g_assert_no_error (error);
  return client;
}

static void
pair_init (Pair *self,
           const char *priority)
{
  self->peer = msa_test_tls_peer_new (cert, priority, NULL);
  self->client = make_client (self->peer, NULL, HOST, NULL);
}

static void
pair_connect (Pair *self)
{
  g_autoptr (GError) error = NULL;
  MsaIo io = msa_test_tls_peer_connect (self->peer, self->client, &error);

  g_assert_no_error (error);
  g_assert_cmpint (io, ==, MSA_IO_DONE);
}

static void
pair_open (Pair *self,
           const char *priority)
{
  pair_init (self, priority);
  pair_connect (self);
}

static void
pair_clear (Pair *self)
{
  g_clear_pointer (&self->client, msa_filter_free);
  g_clear_pointer (&self->peer, msa_test_tls_peer_free);
}

/* One recv. */
static MsaIo
receive (Pair *self,
         char *buffer,
         gsize size,
         gsize *n_read,
         GError **error)
{
  *n_read = 0;
  return msa_filter_recv (self->client, (guint8 *) buffer, size, n_read, error);
}

static void
assert_receives (Pair *self,
                 const char *text)
{
  g_autoptr (GString) got = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  char buffer[64];
  gsize n_read;

  while (got->len < strlen (text))
    {
      g_assert_cmpint (receive (self, buffer, sizeof (buffer), &n_read, &error), ==, MSA_IO_DONE);
      g_assert_cmpuint (n_read, >, 0);
      g_string_append_len (got, buffer, (gssize) n_read);
    }
  g_assert_cmpstr (got->str, ==, text);
}

static void
assert_gives (Pair *self,
              MsaIo expected)
{
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gsize n_read;

  g_assert_cmpint (receive (self, buffer, sizeof (buffer), &n_read, &error), ==, expected);
  g_assert_true ((error != NULL) == (expected == MSA_IO_ERROR));
  g_assert_cmpuint (n_read, ==, 0);
}

static void
assert_fails (Pair *self,
              int code,
              const char *text)
{
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gsize n_read;

  g_assert_cmpint (receive (self, buffer, sizeof (buffer), &n_read, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, code);
  g_assert_nonnull (strstr (error->message, text));
}

/* Repeats after AGAIN, as it is agreed. */
static void
client_write (Pair *self,
              const guint8 *data,
              gsize len)
{
  guint n_again = 0;

  while (len > 0)
    {
      g_autoptr (GError) error = NULL;
      gsize n_sent = 0;
      MsaIo io = msa_filter_send (self->client, data, len, &n_sent, &error);

      g_assert_no_error (error);
      if (io == MSA_IO_AGAIN)
        {
          g_assert_cmpint (msa_filter_wants (self->client), ==, MSA_SOCKET_OUT);
          g_assert_cmpuint (++n_again, <, 10 * 1000 * 1000);
          continue;
        }
      g_assert_cmpint (io, ==, MSA_IO_DONE);
      g_assert_cmpuint (n_sent, >, 0);
      g_assert_cmpuint (n_sent, <=, len);
      data += n_sent;
      len -= n_sent;
    }
  g_assert_cmpint (msa_filter_wants (self->client), ==, MSA_SOCKET_NONE);
}

static void
assert_server_reads (Pair *self,
                     const void *data,
                     gsize len)
{
  g_autoptr (GByteArray) got = msa_test_tls_peer_read (self->peer, NULL);

  g_assert_cmpmem (got->data, got->len, data, len);
}

/* --- handshake --- */

static void
test_handshake (gconstpointer data)
{
  const Transport *transport = data;
  Pair pair;

  pair_init (&pair, transport->priority);
  pair.peer->step = transport->step;
  pair.peer->stutter = transport->stutter;
  pair_connect (&pair);

  client_write (&pair, (const guint8 *) "question", 8);
  assert_server_reads (&pair, "question", 8);
  g_assert_true (pair.client->connected);
  g_assert_null (msa_tls_filter_get_alpn (pair.client));
  pair_clear (&pair);
}

/* The client's second flight, of three messages, is one send, so with TCP_NODELAY one packet. */
static void
test_flight (void)
{
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_2);
  g_assert_cmpuint (pair.peer->n_sends, ==, 2);
  pair_clear (&pair);
}

static void
test_alpn (void)
{
  static const char *const offered[] = { "http/1.1", "acme/1", NULL };
  static const char *const server_takes[] = { "acme/1", NULL };
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, NULL, server_takes);
  g_autoptr (MsaFilter) client = make_client (peer, NULL, HOST, offered);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_test_tls_peer_connect (peer, client, &error), ==, MSA_IO_DONE);
  g_assert_cmpstr (msa_tls_filter_get_alpn (client), ==, "acme/1");
}

static void
test_alpn_none_chosen (void)
{
  static const char *const offered[] = { "http/1.1", NULL };
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, NULL, NULL);
  g_autoptr (MsaFilter) client = make_client (peer, NULL, HOST, offered);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_test_tls_peer_connect (peer, client, &error), ==, MSA_IO_DONE);
  g_assert_null (msa_tls_filter_get_alpn (client));
}

/* Neither is it taken for what was offered, nor does it pass in silence. No server at hand chooses
 * so: what was offered is forgotten here, once it is on its way. */
static void
test_alpn_not_offered (gconstpointer data)
{
  static const char *const offered[] = { "http/1.1", "h2", NULL };
  static const char *const server_takes[] = { "h2", NULL };
  const Transport *transport = data;
  g_autoptr (MsaTestTlsPeer) peer =
      msa_test_tls_peer_new (cert, transport->priority, server_takes);
  g_autoptr (MsaFilter) client = make_client (peer, NULL, HOST, offered);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_filter_connect (client, 0, NULL), ==, MSA_IO_AGAIN);
  ((MsaTlsFilter *) client)->alpn[1][1] = '9';
  g_assert_cmpint (msa_test_tls_peer_connect (peer, client, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  g_assert_nonnull (strstr (error->message, "the peer chose a protocol that was not offered"));
  g_assert_null (msa_tls_filter_get_alpn (client));
  while (!peer->is_done)
    msa_test_tls_peer_run (peer);
  g_assert_cmpint (peer->result, <, 0);
  g_assert_cmpint (gnutls_alert_get (peer->session), ==, GNUTLS_A_ILLEGAL_PARAMETER);
}

static const struct
{
  const char *name;
  const char *host;
  const char *sent; /* NULL: nothing */
} server_names[] = {
  { "name", HOST, HOST },
  { "trailing-dot", HOST ".", HOST },
  { "upper-case", "WWW.Example.ORG", HOST },
  { "idn", "b\303\274cher.example", "xn--bcher-kva.example" },
  { "ip4", "127.0.0.1", NULL },
  { "ip6", "[::1]", NULL },
};

static void
test_server_name (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, NULL, NULL);
  g_autoptr (MsaFilter) client = make_client (peer, NULL, server_names[row].host, NULL);
  char name[256];
  size_t len = sizeof (name);
  guint type = 0;
  int result;

  /* Some rows are not for this certificate: what was asked for is known either way. */
  if (msa_test_tls_peer_connect (peer, client, NULL) == MSA_IO_AGAIN)
    g_assert_not_reached ();

  result = gnutls_server_name_get (peer->session, name, &len, &type, 0);
  if (server_names[row].sent == NULL)
    {
      g_assert_cmpint (result, ==, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
      return;
    }
  g_assert_cmpint (result, ==, 0);
  g_assert_cmpint (type, ==, GNUTLS_NAME_DNS);
  g_assert_cmpmem (name, len, server_names[row].sent, strlen (server_names[row].sent));
}

static const struct
{
  const char *name;
  MsaTlsVersion min;
  MsaTlsVersion max;
  const char *server;
  int version; /* 0: no handshake */
} versions[] = {
  { "best-is-1-3", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO, "NORMAL", GNUTLS_TLS1_3 },
  { "default-takes-1-2", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO, MSA_TEST_TLS_1_2,
    GNUTLS_TLS1_2 },
  { "default-refuses-1-1", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO,
    "NORMAL:-VERS-ALL:+VERS-TLS1.1", 0 },
  { "default-refuses-1-0", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO,
    "NORMAL:-VERS-ALL:+VERS-TLS1.0", 0 },
  { "max-1-2", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_TLS_1_2, "NORMAL", GNUTLS_TLS1_2 },
  { "max-1-2-refuses-1-3", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_TLS_1_2, MSA_TEST_TLS_1_3, 0 },
  { "max-1-2-refuses-1-1", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_TLS_1_2,
    "NORMAL:-VERS-ALL:+VERS-TLS1.1", 0 },
  { "min-1-3", MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_AUTO, "NORMAL", GNUTLS_TLS1_3 },
  { "min-1-3-refuses-1-2", MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_AUTO, MSA_TEST_TLS_1_2, 0 },
  { "only-1-2", MSA_TLS_VERSION_TLS_1_2, MSA_TLS_VERSION_TLS_1_2, "NORMAL", GNUTLS_TLS1_2 },
  { "only-1-3", MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_TLS_1_3, "NORMAL", GNUTLS_TLS1_3 },
};

static MsaTlsConfig *
config_for_versions (MsaTlsVersion min,
                     MsaTlsVersion max)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "min-version", min, "max-version", max, NULL);
}

static void
test_version (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (MsaTlsConfig) config = config_for_versions (versions[row].min, versions[row].max);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, versions[row].server, NULL);
  g_autoptr (MsaFilter) client = make_client (peer, config, HOST, NULL);
  g_autoptr (GError) error = NULL;
  MsaIo io = msa_test_tls_peer_connect (peer, client, &error);

  if (versions[row].version != 0)
    {
      g_assert_no_error (error);
      g_assert_cmpint (io, ==, MSA_IO_DONE);
      g_assert_cmpint ((int) gnutls_protocol_get_version (peer->session), ==,
                       versions[row].version);
      return;
    }
  g_assert_cmpint (io, ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  g_test_message ("%s", error->message);
}

static void
test_version_impossible (void)
{
  g_autoptr (MsaTlsConfig) config =
      config_for_versions (MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_TLS_1_2);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, NULL, NULL);
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (GError) error = NULL;

  g_assert_null (
      msa_tls_filter_new (msa_test_tls_get_sys (),
                          msa_test_tls_peer_new_bottom (peer),
                          trust, config, host, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
}

/* --- a peer that does not speak TLS --- */

static const struct
{
  const char *name;
  const char *bytes;
  gsize len;
  const char *message;
} strangers[] = {
  { "end-at-once", "", 0, "the peer closed the connection" },
  { "http", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 47,
    "does not seem to speak TLS" },
  { "mail-greeting", "220 mail.example.org ESMTP\r\n", 28, "does not seem to speak TLS" },
  { "ssh", "SSH-2.0-OpenSSH_9.2\r\n", 21, "does not seem to speak TLS" },
  { "zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, "TLS handshake with " HOST " failed: " },
  { "ones", "\377\377\377\377\377\377\377\377\377\377\377\377", 12,
    "TLS handshake with " HOST " failed: " },
  { "record-too-large", "\026\003\003\377\377xxxxxxxxxxxxxxxxxxxx", 25,
    "TLS handshake with " HOST " failed: " },
  { "cut-record", "\026\003\003\000\100\002\000", 7, "the peer closed the connection" },
  { "application-data", "\027\003\003\000\005hello", 10, "TLS handshake with " HOST " failed: " },
  { "alert", "\025\003\003\000\002\002\050", 7, "the peer sent the alert 'Handshake failed'" },
};

static void
test_stranger (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  Pair pair;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;

  pair_init (&pair, NULL);
  g_byte_array_append (pair.peer->to_client, (const guint8 *) strangers[row].bytes,
                       (guint) strangers[row].len);
  pair.peer->in_ended = TRUE;

  g_assert_cmpint (msa_filter_connect (pair.client, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  g_test_message ("%s", error->message);
  g_assert_false (g_str_has_suffix (error->message, "."));
  g_assert_null (strstr (error->message, ". ("));
  g_assert_nonnull (strstr (error->message, HOST));
  g_assert_nonnull (strstr (error->message, strangers[row].message));

  /* The first cause is kept. */
  g_assert_cmpint (msa_filter_connect (pair.client, 0, &again), ==, MSA_IO_ERROR);
  g_assert_cmpstr (again->message, ==, error->message);
  pair_clear (&pair);
}

static void
test_reset_in_handshake (void)
{
  Pair pair;
  g_autoptr (GError) error = NULL;

  pair_init (&pair, NULL);
  pair.peer->in_broken = TRUE;
  g_assert_cmpint (msa_filter_connect (pair.client, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  g_assert_cmpstr (error->message, ==,
                   "TLS handshake with " HOST " failed: the connection was reset");
  pair_clear (&pair);
}

static void
test_broken_send_in_handshake (void)
{
  Pair pair;
  g_autoptr (GError) error = NULL;

  pair_init (&pair, NULL);
  pair.peer->out_broken = TRUE;
  g_assert_cmpint (msa_filter_connect (pair.client, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
  g_assert_nonnull (strstr (error->message, "the pipe is broken"));
  pair_clear (&pair);
}

/* The server's first flight. */
static GByteArray *
take_flight (Pair *pair)
{
  GByteArray *flight = g_byte_array_new ();

  g_assert_cmpint (msa_filter_connect (pair->client, 0, NULL), ==, MSA_IO_AGAIN);
  gnutls_handshake (pair->peer->session);
  g_byte_array_append (flight, pair->peer->to_client->data, pair->peer->to_client->len);
  g_byte_array_set_size (pair->peer->to_client, 0);
  return flight;
}

/* Wherever in its first flight the server stops. At its very end stand tickets, which nobody
 * misses. */
static void
test_end_within_flight (gconstpointer data)
{
  const Transport *transport = data;
  guint n_failed = 0;
  gsize len = 1, at;
  MsaIo io = MSA_IO_ERROR;

  for (at = 0; at < len && io == MSA_IO_ERROR; at += 1 + len / 50)
    {
      g_autoptr (GByteArray) flight = NULL;
      g_autoptr (GError) error = NULL;
      Pair pair;

      pair_init (&pair, transport->priority);
      flight = take_flight (&pair);
      len = flight->len;
      g_byte_array_append (pair.peer->to_client, flight->data, (guint) at);
      pair.peer->in_ended = TRUE;

      io = msa_filter_connect (pair.client, 0, &error);
      if (io == MSA_IO_ERROR)
        {
          n_failed++;
          g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE);
          g_assert_nonnull (strstr (error->message, "the peer closed the connection"));
        }
      pair_clear (&pair);
    }
  g_assert_cmpuint (n_failed, >, 20);
}

/* A changed byte either does not matter (versions of the record layer) or ends the handshake: it
 * never makes a connection that does not work. */
static void
test_mutated_flight (gconstpointer data)
{
  const Transport *transport = data;
  guint n_failed = 0;
  gsize len = 1, at;

  for (at = 0; at < len; at += 1 + len / 100)
    {
      g_autoptr (GByteArray) flight = NULL;
      g_autoptr (GError) error = NULL;
      MsaIo io;
      Pair pair;

      pair_init (&pair, transport->priority);
      flight = take_flight (&pair);
      len = flight->len;
      flight->data[at] ^= 0x41;
      g_byte_array_append (pair.peer->to_client, flight->data, flight->len);

      io = msa_test_tls_peer_connect (pair.peer, pair.client, &error);
      g_assert_true (io == MSA_IO_DONE || error != NULL);
      if (io == MSA_IO_DONE)
        {
          client_write (&pair, (const guint8 *) "ping", 4);
          assert_server_reads (&pair, "ping", 4);
        }
      else
        {
          n_failed++;
        }
      pair_clear (&pair);
    }
  g_assert_cmpuint (n_failed, >, 50);
}

/* --- no byte before the peer is verified --- */

static void
test_closed_before_connect (void)
{
  Pair pair;
  g_autoptr (GError) error = NULL;
  gsize n_sent;

  pair_init (&pair, NULL);
  g_assert_cmpint (msa_filter_send (pair.client, (const guint8 *) "secret", 6, &n_sent, &error), ==,
                   MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INTERNAL);
  assert_fails (&pair, MSA_ERROR_INTERNAL, "not verified");
  g_assert_cmpuint (pair.peer->to_server->len, ==, 0);
  pair_clear (&pair);
}

/* The server must not get more than the alert, nor be heard. */
static void
test_closed_after_refusal (gconstpointer data)
{
  const Transport *transport = data;
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, transport->priority, NULL);
  Pair pair = { peer, make_client (peer, NULL, "other.example", NULL) };
  g_autoptr (MsaFilter) client = pair.client;
  gsize n_sent;

  g_assert_cmpint (msa_test_tls_peer_connect (peer, client, NULL), ==, MSA_IO_ERROR);
  g_assert_cmpint (msa_filter_send (client, (const guint8 *) "secret", 6, &n_sent, NULL), ==,
                   MSA_IO_ERROR);
  assert_fails (&pair, MSA_ERROR_TLS_VERIFY, "other.example");
  g_assert_cmpint (msa_filter_connect (client, 0, NULL), ==, MSA_IO_ERROR);

  g_assert_cmpint (peer->result, ==, GNUTLS_E_FATAL_ALERT_RECEIVED);
  g_assert_cmpint (gnutls_alert_get (peer->session), ==, GNUTLS_A_BAD_CERTIFICATE);
  g_assert_cmpuint (peer->to_server->len, ==, 0);
}

/* --- data --- */

static void
test_large (gconstpointer data)
{
  const Transport *transport = data;
  gsize len = transport->step == 0 ? 1000 * 1000 : 40 * 1000;
  g_autoptr (GByteArray) got = g_byte_array_new ();
  g_autofree guint8 *bytes = g_malloc (len);
  guint8 buffer[5000];
  gsize i, n_read;
  guint n_again = 0;
  Pair pair;

  for (i = 0; i < len; i++)
    bytes[i] = (guint8) (i * 7 + i / 251);

  pair_open (&pair, transport->priority);
  pair.peer->step = transport->step;
  pair.peer->stutter = transport->stutter;
  client_write (&pair, bytes, len);
  assert_server_reads (&pair, bytes, len);

  msa_test_tls_peer_write (pair.peer, bytes, len);
  pair.peer->n_recvs = 0;
  while (got->len < len)
    {
      MsaIo io = msa_filter_recv (pair.client, buffer, sizeof (buffer), &n_read, NULL);

      if (io == MSA_IO_AGAIN)
        {
          g_assert_cmpuint (++n_again, <, 10 * 1000 * 1000);
          continue;
        }
      g_assert_cmpint (io, ==, MSA_IO_DONE);
      g_byte_array_append (got, buffer, (guint) n_read);
    }
  g_assert_cmpmem (got->data, got->len, bytes, len);
  g_assert_false (msa_filter_pending (pair.client));

  /* One read for two full records. */
  if (transport->step == 0)
    g_assert_cmpuint (pair.peer->n_recvs, <=, len / 30000 + 2);
  pair_clear (&pair);
}

static void
test_send_blocked (void)
{
  Pair pair;
  g_autoptr (GError) error = NULL;
  gsize n_sent = 0;

  pair_open (&pair, NULL);
  pair.peer->out_blocked = TRUE;
  g_assert_cmpint (msa_filter_send (pair.client, (const guint8 *) "hello", 5, &n_sent, &error), ==,
                   MSA_IO_AGAIN);
  g_assert_cmpint (msa_filter_wants (pair.client), ==, MSA_SOCKET_OUT);

  /* Receiving goes on in the meantime. */
  msa_test_tls_peer_write (pair.peer, "early", 5);
  assert_receives (&pair, "early");
  g_assert_cmpint (msa_filter_wants (pair.client), ==, MSA_SOCKET_OUT);

  pair.peer->out_blocked = FALSE;
  client_write (&pair, (const guint8 *) "hello", 5);
  assert_server_reads (&pair, "hello", 5);
  pair_clear (&pair);
}

/* What the peer said before is still heard: an early answer often comes with a reset. */
static void
test_send_broken (void)
{
  Pair pair;
  g_autoptr (GError) error = NULL;
  gsize n_sent = 0;

  pair_open (&pair, NULL);
  msa_test_tls_peer_write (pair.peer, "too large", 9);
  pair.peer->out_broken = TRUE;
  g_assert_cmpint (msa_filter_send (pair.client, (const guint8 *) "hello", 5, &n_sent, &error), ==,
                   MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_SEND);
  g_assert_cmpstr (error->message, ==, "the pipe is broken");
  assert_receives (&pair, "too large");
  pair_clear (&pair);
}

/* Who refuses a client says so and closes: the alert is the cause, not the broken pipe. */
static void
test_send_refused (void)
{
  Pair pair;
  g_autoptr (GError) error = NULL;
  gsize n_sent = 0;

  pair_open (&pair, NULL);
  gnutls_alert_send (pair.peer->session, GNUTLS_AL_FATAL, GNUTLS_A_CERTIFICATE_REQUIRED);
  pair.peer->in_ended = TRUE;
  pair.peer->out_broken = TRUE;
  g_assert_cmpint (msa_filter_send (pair.client, (const guint8 *) "hello", 5, &n_sent, &error), ==,
                   MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_RECEIVE);
  g_assert_nonnull (strstr (error->message, "the peer sent the alert 'Certificate is required'"));
  assert_fails (&pair, MSA_ERROR_RECEIVE, "Certificate is required");
  pair_clear (&pair);
}

/* --- ends --- */

static void
test_close_notify (gconstpointer data)
{
  const Transport *transport = data;
  Pair pair;

  pair_open (&pair, transport->priority);
  msa_test_tls_peer_write (pair.peer, "bye", 3);
  gnutls_bye (pair.peer->session, GNUTLS_SHUT_WR);
  pair.peer->in_ended = TRUE;
  assert_receives (&pair, "bye");
  assert_gives (&pair, MSA_IO_END);
  assert_gives (&pair, MSA_IO_END);
  pair_clear (&pair);
}

static void
test_truncated (gconstpointer data)
{
  const Transport *transport = data;
  Pair pair;

  pair_open (&pair, transport->priority);
  msa_test_tls_peer_write (pair.peer, "bye", 3);
  pair.peer->in_ended = TRUE;
  assert_receives (&pair, "bye");
  assert_fails (&pair, MSA_ERROR_TRUNCATED, HOST " closed the connection without");
  assert_fails (&pair, MSA_ERROR_TRUNCATED, HOST " closed the connection without");
  pair_clear (&pair);
}

static void
test_truncated_in_record (gconstpointer data)
{
  const Transport *transport = data;
  guint keep;

  for (keep = 1; keep < 24; keep++)
    {
      Pair pair;

      pair_open (&pair, transport->priority);
      assert_gives (&pair, MSA_IO_AGAIN);
      msa_test_tls_peer_write (pair.peer, "body", 4);
      g_assert_cmpuint (pair.peer->to_client->len, >, keep);
      g_byte_array_set_size (pair.peer->to_client, keep);
      pair.peer->in_ended = TRUE;
      assert_fails (&pair, MSA_ERROR_TRUNCATED, "without");
      pair_clear (&pair);
    }
}

static void
test_reset (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  msa_test_tls_peer_write (pair.peer, "bye", 3);
  pair.peer->in_broken = TRUE;
  assert_receives (&pair, "bye");
  assert_fails (&pair, MSA_ERROR_RECEIVE, "the connection was reset");
  pair_clear (&pair);
}

static void
test_fatal_alert (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  gnutls_alert_send (pair.peer->session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
  assert_fails (&pair, MSA_ERROR_RECEIVE, "the peer sent the alert 'Internal error'");
  pair_clear (&pair);
}

/* What the server gets is the close_notify, once, and nothing else. */
static void
assert_says_goodbye (Pair *pair)
{
  g_autoptr (GByteArray) got = NULL;
  gsize len;
  int result = -1;

  g_assert_cmpint (msa_filter_shutdown (pair->client), ==, MSA_IO_DONE);
  g_assert_true (pair->peer->was_shut_down);
  len = pair->peer->to_server->len;
  g_assert_cmpint (msa_filter_shutdown (pair->client), ==, MSA_IO_DONE);
  g_assert_cmpuint (pair->peer->to_server->len, ==, len);
  got = msa_test_tls_peer_read (pair->peer, &result);
  g_assert_cmpuint (got->len, ==, 0);
  g_assert_cmpint (result, ==, 0);
}

static void
test_shutdown (gconstpointer data)
{
  const Transport *transport = data;
  Pair pair;

  pair_open (&pair, transport->priority);
  assert_says_goodbye (&pair);
  /* The other direction stays. */
  msa_test_tls_peer_write (pair.peer, "late", 4);
  assert_receives (&pair, "late");
  pair_clear (&pair);
}

/* It goes out when it can, and only then the end below. */
static void
test_shutdown_blocked (gconstpointer data)
{
  const Transport *transport = data;
  Pair pair;

  pair_open (&pair, transport->priority);
  pair.peer->out_blocked = TRUE;
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (msa_filter_shutdown (pair.client), ==, MSA_IO_AGAIN);
      g_assert_cmpint (msa_filter_wants (pair.client), ==, MSA_SOCKET_OUT);
      g_assert_false (pair.peer->was_shut_down);
    }
  msa_test_tls_peer_write (pair.peer, "late", 4);
  assert_receives (&pair, "late");
  pair.peer->out_blocked = FALSE;
  assert_says_goodbye (&pair);
  g_assert_cmpint (msa_filter_wants (pair.client), ==, MSA_SOCKET_NONE);
  pair_clear (&pair);
}

/* A byte at a time. */
static void
test_shutdown_in_pieces (gconstpointer data)
{
  const Transport *transport = data;
  guint n_calls = 0;
  Pair pair;

  pair_open (&pair, transport->priority);
  pair.peer->step = 1;
  pair.peer->stutter = TRUE;
  while (msa_filter_shutdown (pair.client) == MSA_IO_AGAIN)
    {
      g_assert_false (pair.peer->was_shut_down);
      g_assert_cmpuint (++n_calls, <, 100);
    }
  g_assert_cmpuint (n_calls, >, 1);
  assert_says_goodbye (&pair);
  pair_clear (&pair);
}

static void
test_shutdown_broken (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  pair.peer->out_broken = TRUE;
  g_assert_cmpint (msa_filter_shutdown (pair.client), ==, MSA_IO_ERROR);
  pair_clear (&pair);
}

/* Nothing was agreed upon that could be ended. */
static void
test_shutdown_unconnected (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  g_assert_cmpint (msa_filter_shutdown (pair.client), ==, MSA_IO_DONE);
  g_assert_true (pair.peer->was_shut_down);
  g_assert_cmpuint (pair.peer->to_server->len, ==, 0);
  pair_clear (&pair);
}

/* --- records without data --- */

static void
test_ticket_is_no_data (void)
{
  Pair pair;

  /* The first one came with the handshake and lies in the input. */
  pair_open (&pair, MSA_TEST_TLS_1_3);
  g_assert_true (msa_filter_pending (pair.client));
  g_assert_false (msa_filter_peek (pair.client));
  g_assert_false (msa_filter_pending (pair.client));

  g_assert_cmpint (gnutls_session_ticket_send (pair.peer->session, 1, 0), ==, 0);
  g_assert_cmpuint (pair.peer->to_client->len, >, 0);
  g_assert_false (msa_filter_peek (pair.client));
  g_assert_cmpuint (pair.peer->to_client->len, ==, 0);
  assert_gives (&pair, MSA_IO_AGAIN);
  pair_clear (&pair);
}

static void
test_key_update_is_no_data (void)
{
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_3);
  g_assert_false (msa_filter_peek (pair.client));
  g_assert_cmpint (gnutls_session_key_update (pair.peer->session, GNUTLS_KU_PEER), ==, 0);
  g_assert_cmpuint (pair.peer->to_client->len, >, 0);
  g_assert_false (msa_filter_peek (pair.client));

  client_write (&pair, (const guint8 *) "newly keyed", 11);
  assert_server_reads (&pair, "newly keyed", 11);
  msa_test_tls_peer_write (pair.peer, "as well", 7);
  assert_receives (&pair, "as well");
  pair_clear (&pair);
}

/* No readiness of the socket will tell of what lies behind the tickets. */
static void
test_data_behind_tickets (void)
{
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_3);
  g_assert_cmpint (gnutls_session_ticket_send (pair.peer->session, 3, 0), ==, 0);
  msa_test_tls_peer_write (pair.peer, "data", 4);
  assert_receives (&pair, "data");
  pair_clear (&pair);
}

/* A flood is worked through in portions, and what waits is told of. */
static void
test_many_tickets (void)
{
  g_autoptr (GError) error = NULL;
  guint n_again = 0;
  char buffer[16];
  gsize n_read;
  MsaIo io;
  Pair pair;
  int i;

  pair_open (&pair, MSA_TEST_TLS_1_3);
  assert_gives (&pair, MSA_IO_AGAIN);
  for (i = 0; i < 50; i++)
    g_assert_cmpint (gnutls_session_ticket_send (pair.peer->session, 1, 0), ==, 0);
  msa_test_tls_peer_write (pair.peer, "data", 4);

  while ((io = receive (&pair, buffer, sizeof (buffer), &n_read, &error)) == MSA_IO_AGAIN)
    {
      g_assert_true (msa_filter_pending (pair.client));
      n_again++;
    }
  g_assert_cmpint (io, ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n_read, "data", 4);
  g_assert_cmpuint (n_again, >, 0);
  pair_clear (&pair);
}

/* A record that is nothing but padding (RFC 8446, 5.4) is neither data nor an end. */
static void
test_empty_record (void)
{
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_3);
  g_assert_cmpint (gnutls_record_send2 (pair.peer->session, "", 0, 16, 0), ==, 0);
  g_assert_cmpuint (pair.peer->to_client->len, >, 0);
  g_assert_false (msa_filter_peek (pair.client));
  assert_gives (&pair, MSA_IO_AGAIN);
  g_assert_cmpint (gnutls_record_send2 (pair.peer->session, "", 0, 16, 0), ==, 0);
  msa_test_tls_peer_write (pair.peer, "data", 4);
  assert_receives (&pair, "data");
  pair_clear (&pair);
}

static void
test_renegotiation_refused (void)
{
  g_autoptr (GByteArray) got = NULL;
  int result;
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_2);
  g_assert_cmpint (gnutls_rehandshake (pair.peer->session), ==, 0);
  assert_gives (&pair, MSA_IO_AGAIN);
  got = msa_test_tls_peer_read (pair.peer, &result);
  g_assert_cmpint (result, ==, GNUTLS_E_WARNING_ALERT_RECEIVED);
  g_assert_cmpint (gnutls_alert_get (pair.peer->session), ==, GNUTLS_A_NO_RENEGOTIATION);

  msa_test_tls_peer_write (pair.peer, "well then", 9);
  assert_receives (&pair, "well then");
  pair_clear (&pair);
}

/* The refusal is stuck half way: it must not be taken for the first bytes of what is sent next. */
static void
test_renegotiation_refused_blocked (void)
{
  g_autoptr (GByteArray) got = NULL;
  gsize n_sent = 0;
  int result;
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_2);
  g_assert_cmpint (gnutls_rehandshake (pair.peer->session), ==, 0);
  pair.peer->out_blocked = TRUE;
  assert_gives (&pair, MSA_IO_AGAIN);
  g_assert_cmpint (msa_filter_wants (pair.client), ==, MSA_SOCKET_NONE);
  g_assert_cmpint (msa_filter_send (pair.client, (const guint8 *) "hello", 5, &n_sent, NULL), ==,
                   MSA_IO_AGAIN);
  g_assert_cmpint (msa_filter_wants (pair.client), ==, MSA_SOCKET_OUT);

  pair.peer->out_blocked = FALSE;
  client_write (&pair, (const guint8 *) "hello", 5);
  got = msa_test_tls_peer_read (pair.peer, &result);
  g_assert_cmpint (result, ==, GNUTLS_E_WARNING_ALERT_RECEIVED);
  assert_server_reads (&pair, "hello", 5);
  pair_clear (&pair);
}

/* The other way round: data is stuck, and then it is asked for. Nothing may come between, and the
 * peer gets no answer. */
static void
test_renegotiation_while_sending (void)
{
  gsize n_sent = 0;
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_2);
  pair.peer->out_blocked = TRUE;
  g_assert_cmpint (msa_filter_send (pair.client, (const guint8 *) "hello", 5, &n_sent, NULL), ==,
                   MSA_IO_AGAIN);
  g_assert_cmpint (gnutls_rehandshake (pair.peer->session), ==, 0);
  assert_gives (&pair, MSA_IO_AGAIN);
  pair.peer->out_blocked = FALSE;
  assert_gives (&pair, MSA_IO_AGAIN);
  client_write (&pair, (const guint8 *) "hello", 5);
  client_write (&pair, (const guint8 *) " again", 6);
  assert_server_reads (&pair, "hello again", 11);
  pair_clear (&pair);
}

/* Who only reads gets it sent as well. */
static void
test_renegotiation_refused_late (void)
{
  g_autoptr (GByteArray) got = NULL;
  int result;
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_2);
  g_assert_cmpint (gnutls_rehandshake (pair.peer->session), ==, 0);
  pair.peer->out_blocked = TRUE;
  assert_gives (&pair, MSA_IO_AGAIN);
  pair.peer->out_blocked = FALSE;
  assert_gives (&pair, MSA_IO_AGAIN);
  got = msa_test_tls_peer_read (pair.peer, &result);
  g_assert_cmpint (result, ==, GNUTLS_E_WARNING_ALERT_RECEIVED);
  pair_clear (&pair);
}

static void
test_renegotiation_flood (void)
{
  g_autoptr (GError) error = NULL;
  guint n_requests = 0;
  char buffer[16];
  gsize n_read;
  Pair pair;

  pair_open (&pair, MSA_TEST_TLS_1_2);
  do
    {
      g_assert_cmpint (gnutls_rehandshake (pair.peer->session), ==, 0);
      g_assert_cmpuint (++n_requests, <, 100);
    }
  while (receive (&pair, buffer, sizeof (buffer), &n_read, &error) == MSA_IO_AGAIN);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_RECEIVE);
  g_assert_cmpuint (n_requests, >, 2);
  pair_clear (&pair);
}

/* --- peek and pending --- */

static void
test_peek_data (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  msa_test_tls_peer_write (pair.peer, "unasked", 7);
  g_assert_true (msa_filter_peek (pair.client));
  g_assert_true (msa_filter_peek (pair.client));
  g_assert_true (msa_filter_pending (pair.client));
  assert_receives (&pair, "unasked");
  g_assert_false (msa_filter_peek (pair.client));
  pair_clear (&pair);
}

static void
test_peek_close_notify (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  gnutls_bye (pair.peer->session, GNUTLS_SHUT_WR);
  g_assert_true (msa_filter_peek (pair.client));
  g_assert_true (msa_filter_peek (pair.client));
  assert_gives (&pair, MSA_IO_END);
  pair_clear (&pair);
}

static void
test_peek_end (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  g_assert_false (msa_filter_peek (pair.client));
  pair.peer->in_ended = TRUE;
  g_assert_true (msa_filter_peek (pair.client));
  g_assert_true (msa_filter_peek (pair.client));
  g_assert_true (msa_filter_pending (pair.client));
  assert_fails (&pair, MSA_ERROR_TRUNCATED, "without");
  pair_clear (&pair);
}

static void
test_peek_reset (void)
{
  Pair pair;

  pair_open (&pair, NULL);
  g_assert_false (msa_filter_peek (pair.client));
  pair.peer->in_broken = TRUE;
  g_assert_true (msa_filter_peek (pair.client));
  assert_fails (&pair, MSA_ERROR_RECEIVE, "the connection was reset");
  pair_clear (&pair);
}

/* Half a record is no byte of the application's yet. */
static void
test_peek_half_record (void)
{
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  Pair pair;

  pair_open (&pair, NULL);
  g_assert_false (msa_filter_peek (pair.client));
  msa_test_tls_peer_write (pair.peer, "whole", 5);
  g_byte_array_append (rest, pair.peer->to_client->data + 8, pair.peer->to_client->len - 8);
  g_byte_array_set_size (pair.peer->to_client, 8);
  g_assert_false (msa_filter_peek (pair.client));
  g_assert_false (msa_filter_pending (pair.client));

  g_byte_array_append (pair.peer->to_client, rest->data, rest->len);
  g_assert_true (msa_filter_peek (pair.client));
  assert_receives (&pair, "whole");
  pair_clear (&pair);
}

static void
test_pending (void)
{
  char buffer[3];
  gsize n_read;
  Pair pair;

  pair_open (&pair, NULL);
  assert_gives (&pair, MSA_IO_AGAIN);
  msa_test_tls_peer_write (pair.peer, "first", 5);
  msa_test_tls_peer_write (pair.peer, "second", 6);
  g_assert_false (msa_filter_pending (pair.client));

  /* Left of a record, then a record in the input, then nothing. */
  g_assert_cmpint (receive (&pair, buffer, sizeof (buffer), &n_read, NULL), ==, MSA_IO_DONE);
  g_assert_true (msa_filter_pending (pair.client));
  g_assert_cmpint (receive (&pair, buffer, sizeof (buffer), &n_read, NULL), ==, MSA_IO_DONE);
  g_assert_cmpuint (pair.peer->to_client->len, ==, 0);
  g_assert_true (msa_filter_pending (pair.client));
  assert_receives (&pair, "second");
  g_assert_false (msa_filter_pending (pair.client));

  /* Left of the only record: nothing but GnuTLS knows of it. */
  msa_test_tls_peer_write (pair.peer, "third", 5);
  g_assert_cmpint (receive (&pair, buffer, sizeof (buffer), &n_read, NULL), ==, MSA_IO_DONE);
  g_assert_true (msa_filter_pending (pair.client));
  assert_receives (&pair, "rd");
  g_assert_false (msa_filter_pending (pair.client));
  pair_clear (&pair);
}

/* Whichever byte of a record was changed, no data comes of it. */
static void
test_mutated_record (gconstpointer data)
{
  const Transport *transport = data;
  gsize len = 1, at;

  for (at = 0; at < len; at++)
    {
      g_autoptr (GError) error = NULL;
      char buffer[16];
      gsize n_read;
      MsaIo io;
      Pair pair;

      pair_open (&pair, transport->priority);
      assert_gives (&pair, MSA_IO_AGAIN);
      msa_test_tls_peer_write (pair.peer, "body", 4);
      len = pair.peer->to_client->len;
      pair.peer->to_client->data[at] ^= 0x20;
      pair.peer->in_ended = TRUE;

      /* The version in a record's head is ignored by TLS 1.3 (RFC 8446, 5.1). */
      io = receive (&pair, buffer, sizeof (buffer), &n_read, &error);
      if (at == 1 || at == 2)
        g_assert_true (io == MSA_IO_DONE || io == MSA_IO_ERROR);
      else
        g_assert_cmpint (io, ==, MSA_IO_ERROR);
      if (io == MSA_IO_ERROR)
        g_assert_true (g_error_matches (error, MSA_ERROR, MSA_ERROR_RECEIVE) ||
                       g_error_matches (error, MSA_ERROR, MSA_ERROR_TRUNCATED));
      pair_clear (&pair);
    }
}

/* --- registering --- */

static void
add_for_versions (const char *name,
                  GTestDataFunc func)
{
  gsize i;

  for (i = 0; i < 2; i++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/tls-filter/%s/%s", name, transports[i].name);

      g_test_add_data_func (path, &transports[i], func);
    }
}

static void
add_for_transports (const char *name,
                    GTestDataFunc func)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (transports); i++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/tls-filter/%s/%s", name, transports[i].name);

      g_test_add_data_func (path, &transports[i], func);
    }
}

static void
add_handshake_tests (void)
{
  add_for_transports ("handshake", test_handshake);
  g_test_add_func ("/msa/tls-filter/handshake/one-send-a-flight", test_flight);
  g_test_add_func ("/msa/tls-filter/alpn/chosen", test_alpn);
  g_test_add_func ("/msa/tls-filter/alpn/none-chosen", test_alpn_none_chosen);
  add_for_versions ("alpn/not-offered", test_alpn_not_offered);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-filter/server-name", server_names, test_server_name);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-filter/version", versions, test_version);
  g_test_add_func ("/msa/tls-filter/version/impossible-range", test_version_impossible);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-filter/stranger", strangers, test_stranger);
  g_test_add_func ("/msa/tls-filter/handshake/reset", test_reset_in_handshake);
  g_test_add_func ("/msa/tls-filter/handshake/broken-send", test_broken_send_in_handshake);
  add_for_versions ("handshake/end-within-flight", test_end_within_flight);
  add_for_versions ("handshake/mutated-flight", test_mutated_flight);
  g_test_add_func ("/msa/tls-filter/unverified/before-connect", test_closed_before_connect);
  add_for_versions ("unverified/after-refusal", test_closed_after_refusal);
}

static void
add_data_tests (void)
{
  add_for_transports ("large", test_large);
  g_test_add_func ("/msa/tls-filter/send/blocked", test_send_blocked);
  g_test_add_func ("/msa/tls-filter/send/broken", test_send_broken);
  g_test_add_func ("/msa/tls-filter/send/refused", test_send_refused);
  g_test_add_func ("/msa/tls-filter/no-data/empty-record", test_empty_record);
  add_for_versions ("end/close-notify", test_close_notify);
  add_for_versions ("end/truncated", test_truncated);
  add_for_versions ("end/truncated-in-record", test_truncated_in_record);
  g_test_add_func ("/msa/tls-filter/end/reset", test_reset);
  g_test_add_func ("/msa/tls-filter/end/fatal-alert", test_fatal_alert);
  add_for_versions ("shutdown/said", test_shutdown);
  add_for_versions ("shutdown/blocked", test_shutdown_blocked);
  add_for_versions ("shutdown/in-pieces", test_shutdown_in_pieces);
  g_test_add_func ("/msa/tls-filter/shutdown/broken", test_shutdown_broken);
  g_test_add_func ("/msa/tls-filter/shutdown/unconnected", test_shutdown_unconnected);
  g_test_add_func ("/msa/tls-filter/no-data/ticket", test_ticket_is_no_data);
  g_test_add_func ("/msa/tls-filter/no-data/key-update", test_key_update_is_no_data);
  g_test_add_func ("/msa/tls-filter/no-data/data-behind-tickets", test_data_behind_tickets);
  g_test_add_func ("/msa/tls-filter/no-data/many-tickets", test_many_tickets);
  g_test_add_func ("/msa/tls-filter/renegotiation/refused", test_renegotiation_refused);
  g_test_add_func ("/msa/tls-filter/renegotiation/refused-blocked",
                   test_renegotiation_refused_blocked);
  g_test_add_func ("/msa/tls-filter/renegotiation/while-sending",
                   test_renegotiation_while_sending);
  g_test_add_func ("/msa/tls-filter/renegotiation/refused-late", test_renegotiation_refused_late);
  g_test_add_func ("/msa/tls-filter/renegotiation/flood", test_renegotiation_flood);
  g_test_add_func ("/msa/tls-filter/peek/data", test_peek_data);
  g_test_add_func ("/msa/tls-filter/peek/close-notify", test_peek_close_notify);
  g_test_add_func ("/msa/tls-filter/peek/end", test_peek_end);
  g_test_add_func ("/msa/tls-filter/peek/reset", test_peek_reset);
  g_test_add_func ("/msa/tls-filter/peek/half-record", test_peek_half_record);
  g_test_add_func ("/msa/tls-filter/pending", test_pending);
  add_for_versions ("mutated-record", test_mutated_record);
}

static void
make_certificates (void)
{
  MsaTestCertSpec spec = { .dns = { HOST }, .ip = { "127.0.0.1" } };

  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);
  trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (pki), NULL);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  make_certificates ();
  add_handshake_tests ();
  add_data_tests ();
  status = g_test_run ();

  msa_trust_unref (trust);
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);
  return status;
}

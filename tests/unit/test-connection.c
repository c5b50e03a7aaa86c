/* test-connection.c: from the look-up to the close, in virtual time
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-container-private.h"
#include "conn/msa-connection-private.h"
#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "net/msa-socket-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-reactor.h"
#include "sim/msa-test-rows.h"

#include <errno.h>
#include <netdb.h>

#define TIMEOUT_MS 700
#define CA_FILE "/etc/ca.pem"
#define HOUR_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static MsaTestPki *pki;
static MsaTestCert *cert;

typedef struct
{
  MsaSim *sim;
  MsaTestReactor *reactor;
  MsaReactorOps ops; /* the reactor's, but for what stands below */
  const MsaReactorOps *reactor_ops;
  guint hold_nth; /* this task waits for release_held(); 0: none */
  guint n_tasks;
  MsaTask *held; /* (owned) (nullable) */
  guint refuse_nth; /* this descriptor cannot be watched; 0: all can */
  guint n_wants;

  MsaResolver *resolver;
  MsaTrustCache *trusts;
  MsaConnEnv env;
  MsaTlsConfig *config; /* (owned) (nullable): NULL: with CA_FILE */
  const char *const *connect_to; /* (nullable): of the settings */
  const char *unix_path; /* (nullable): of the settings; so are these */
  const char *local_address;

  MsaConnection *connection; /* (owned) (nullable) */
  gboolean woken;
  guint n_wakes;
  MsaIo io; /* of the last call */
  GError *error; /* (owned) (nullable) */

  MsaSimPeer *peer; /* (unowned) (nullable): accepted last */
  MsaTestTlsPeer *tls; /* (owned) (nullable): what speaks there */
} Fixture;

static void
wake_cb (MsaConnEnv *env,
         MsaConnection *connection)
{
  Fixture *fixture = MSA_CONTAINER_OF (env, Fixture, env);

  fixture->woken = TRUE;
  fixture->n_wakes++;
}

static Fixture *
from_reactor (MsaReactor *reactor)
{
  return (gpointer) ((guint8 *) reactor->ops - G_STRUCT_OFFSET (Fixture, ops));
}

static void
run_cb (MsaReactor *reactor,
        MsaTask *task)
{
  Fixture *fixture = from_reactor (reactor);

  if (++fixture->n_tasks == fixture->hold_nth)
    fixture->held = task;
  else
    fixture->reactor_ops->run (reactor, task);
}

static void
release_held (Fixture *fixture)
{
  MsaTask *task = g_steal_pointer (&fixture->held);

  if (task != NULL)
    fixture->reactor_ops->run (msa_test_reactor_get (fixture->reactor), task);
}

static void
want_cb (MsaReactor *reactor,
         MsaWatch *watch,
         MsaSocketEvents events)
{
  Fixture *fixture = from_reactor (reactor);

  if (events != MSA_SOCKET_NONE && ++fixture->n_wants == fixture->refuse_nth)
    {
      watch->wanted = events;
      watch->ready (watch, MSA_SOCKET_NONE, 0);
      return;
    }
  fixture->reactor_ops->want (reactor, watch, events);
}

/* The server */

static void
send_records (Fixture *fixture)
{
  GByteArray *bytes = fixture->tls->to_client;

  msa_sim_peer_send (fixture->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

static void
tls_received_cb (MsaSimPeer *peer,
                 gpointer user_data)
{
  Fixture *fixture = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  int result;

  g_byte_array_append (fixture->tls->to_server, (guint8 *) received->str, (guint) received->len);
  g_string_truncate (received, 0);
  if (fixture->tls->is_done)
    return;

  result = gnutls_handshake (fixture->tls->session);
  fixture->tls->is_done = result >= 0;
  send_records (fixture);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  ((Fixture *) data)->peer = peer;
}

static void
accept_tls_cb (MsaSim *sim,
               MsaSimPeer *peer,
               gpointer data)
{
  Fixture *fixture = data;

  g_clear_pointer (&fixture->tls, msa_test_tls_peer_free);
  fixture->tls = msa_test_tls_peer_new (cert, NULL, NULL);
  fixture->peer = peer;
  peer->user_data = fixture;
  peer->received = tls_received_cb;
}

static void
reset_cb (MsaSimPeer *peer,
          gpointer user_data)
{
  msa_sim_peer_reset (peer);
}

static void
close_cb (MsaSimPeer *peer,
          gpointer user_data)
{
  msa_sim_peer_close (peer);
}

static void
accept_reset_cb (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  peer->received = reset_cb;
}

static void
accept_close_cb (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  peer->received = close_cb;
}

/* What there is:
 *   10.0.0.1   answers, at port 443 in TLS as www.test
 *   10.0.0.2   answers, at port 443 with silence
 *   10.0.0.3   resets at the first byte
 *   10.0.0.4   closes at the first byte
 *   10.0.0.8   refuses; so does fd00::8
 *   10.0.0.9   never answers; nor does fd00::9 */
static void
set_up_network (Fixture *fixture)
{
  MsaSim *sim = fixture->sim;

  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, fixture);
  msa_sim_listen (sim, "fd00::1", 80, accept_cb, fixture);
  msa_sim_listen (sim, "10.0.0.1", 443, accept_tls_cb, fixture);
  msa_sim_listen (sim, "10.0.0.2", 443, accept_cb, fixture);
  msa_sim_listen (sim, "10.0.0.3", 443, accept_reset_cb, fixture);
  msa_sim_listen (sim, "10.0.0.4", 443, accept_close_cb, fixture);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_black_hole (sim, "fd00::9");
  msa_sim_set_host (sim, "www.test", 5000, "10.0.0.1", NULL);
  msa_sim_set_host (sim, "other.test", 5000, "10.0.0.1", NULL);
  msa_sim_set_host (sim, "refused.test", 5000, "10.0.0.8", "fd00::8", NULL);
  msa_sim_set_host (sim, "hole.test", 5000, "10.0.0.9", "fd00::9", NULL);
  msa_sim_set_host (sim, "mixed.test", 5000, "10.0.0.9", "fd00::8", NULL);
  msa_sim_set_host (sim, "silent.test", 5000, "10.0.0.2", NULL);
  msa_sim_set_host (sim, "slow.test", 60 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_sim_set_file (sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
}

/* late.test: one family is in after 1 ms, the other after @late_ms. */
static void
set_late_host (Fixture *fixture,
               const char *ipv6,
               const char *ipv4,
               int late_family,
               gint64 late_ms)
{
  msa_sim_set_host (fixture->sim, "late.test", 1000, ipv6, ipv4, NULL);
  msa_sim_set_host_family (fixture->sim, "late.test", late_family, 0, late_ms * 1000);
}

static void
setup (Fixture *fixture,
       gconstpointer data)
{
  MsaReactor *reactor;

  fixture->sim = msa_sim_new ();
  fixture->reactor = msa_test_reactor_new (msa_sim_get_sys (msa_sim_ref (fixture->sim)));
  reactor = msa_test_reactor_get (fixture->reactor);
  fixture->reactor_ops = reactor->ops;
  fixture->ops = *reactor->ops;
  fixture->ops.run = run_cb;
  fixture->ops.want = want_cb;
  reactor->ops = &fixture->ops;
  fixture->resolver = msa_resolver_new (reactor);
  fixture->trusts = msa_trust_cache_new (reactor);
  fixture->env = (MsaConnEnv) {
    .reactor = reactor,
    .resolver = fixture->resolver,
    .trusts = fixture->trusts,
    .max_idle_us = MSA_IDLE_EXPIRY_US,
    .max_age_us = MSA_CONNECTION_MAX_AGE_US,
    .wake = wake_cb,
  };
  set_up_network (fixture);
}

static void
teardown (Fixture *fixture,
          gconstpointer data)
{
  g_clear_pointer (&fixture->connection, msa_connection_free);
  release_held (fixture);
  msa_resolver_free (fixture->resolver);
  msa_trust_cache_free (fixture->trusts);
  msa_test_reactor_free (fixture->reactor);
  g_clear_pointer (&fixture->tls, msa_test_tls_peer_free);
  g_clear_object (&fixture->config);
  g_clear_error (&fixture->error);
  msa_sim_assert_clean (fixture->sim);
  msa_sim_unref (fixture->sim);
}

/* The connection */

static gint64
get_now_us (Fixture *fixture)
{
  return msa_sim_get_now_us (fixture->sim);
}

static gint64
get_now_ms (Fixture *fixture)
{
  return (get_now_us (fixture) - MSA_SIM_START_US) / 1000;
}

static void
make (Fixture *fixture,
      const char *uri)
{
  g_autoptr (MsaUrl) url = msa_url_parse (uri, MSA_URL_DEFAULT, NULL);
  g_autoptr (MsaSettings) settings = msa_settings_new ();
  g_autoptr (MsaConnKey) key = msa_conn_key_new (url, settings);
  g_autoptr (MsaEndpoint) endpoint = NULL;

  if (fixture->config == NULL)
    fixture->config = msa_tls_config_new_for_ca_file (CA_FILE);
  g_clear_pointer (&fixture->connection, msa_connection_free);
  g_clear_error (&fixture->error);
  fixture->woken = FALSE;
  g_set_object (&settings->tls_config, fixture->config);
  settings->connect_timeout_ms = TIMEOUT_MS;
  settings->connect_to = g_strdupv ((char **) fixture->connect_to);
  settings->unix_socket_path = g_strdup (fixture->unix_path);
  settings->local_address = g_strdup (fixture->local_address);
  endpoint = msa_endpoint_new (url, settings, &fixture->error);
  g_assert_no_error (fixture->error);
  fixture->connection =
      msa_connection_new (&fixture->env, key, url, endpoint, settings, 1, get_now_us (fixture));
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_NEW);
}

static gboolean
is_connecting (Fixture *fixture)
{
  return fixture->connection->state < MSA_CONNECTION_OPEN;
}

static void
drive (Fixture *fixture)
{
  MsaConnection *connection = fixture->connection;

  fixture->woken = FALSE;
  fixture->io = msa_connection_connect (connection, get_now_us (fixture), &fixture->error);
  g_assert_true ((fixture->io == MSA_IO_DONE) == (connection->state == MSA_CONNECTION_OPEN));
  g_assert_true ((fixture->io == MSA_IO_ERROR) == (connection->state == MSA_CONNECTION_CLOSED));
  g_assert_true ((fixture->io == MSA_IO_ERROR) == (fixture->error != NULL));
  /* As the engine does. */
  if (fixture->io == MSA_IO_DONE)
    msa_connection_update_interest (connection, TRUE);
}

/* Until @at_ms after the start of the simulation, or something has come out. */
static void
run_to (Fixture *fixture,
        gint64 at_ms)
{
  while (is_connecting (fixture) && get_now_ms (fixture) < at_ms)
    {
      msa_test_reactor_turn (fixture->reactor, (int) (at_ms - get_now_ms (fixture)));
      if (fixture->woken)
        drive (fixture);
    }
}

static void
start (Fixture *fixture,
       const char *uri)
{
  make (fixture, uri);
  drive (fixture);
}

static void
start_open (Fixture *fixture,
            const char *uri)
{
  start (fixture, uri);
  run_to (fixture, get_now_ms (fixture) + TIMEOUT_MS - 1);
  g_assert_no_error (fixture->error);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
}

static void
expect_error (Fixture *fixture,
              int code,
              const char *text)
{
  run_to (fixture, get_now_ms (fixture) + TIMEOUT_MS - 1);
  g_assert_error (fixture->error, MSA_ERROR, code);
  g_assert_cmpstr (fixture->error->message, ==, text);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CLOSED);
}

static gboolean
is_off (const MsaTimer *timer)
{
  return timer->node.index == 0 || timer->node.key == G_MAXINT64;
}

static guint
count_look_ups (Fixture *fixture)
{
  return msa_sim_count (fixture->sim, "look_up");
}

static guint
count_attempts (Fixture *fixture)
{
  return msa_sim_count (fixture->sim, "socket_connect");
}

/* Descriptors besides the reactor's own. */
static guint
count_open (Fixture *fixture)
{
  return msa_sim_n_open (fixture->sim) - 2;
}

/* Nothing wakes the connection for an hour, though all that was on its way comes in. */
static void
expect_quiet (Fixture *fixture)
{
  gint64 end_us = get_now_us (fixture) + HOUR_US;
  guint n_wakes = fixture->n_wakes;

  g_assert_true (fixture->connection == NULL || is_off (&fixture->connection->timer));
  g_assert_true (fixture->connection == NULL || fixture->connection->dial == NULL ||
                 is_off (&fixture->connection->dial->race.timer));
  for (guint n = 0; get_now_us (fixture) < end_us; n++)
    {
      /* What is ready and wakes nobody would go on for ever. */
      g_assert_cmpuint (n, <, 1000);
      msa_test_reactor_turn (fixture->reactor, (int) ((end_us - get_now_us (fixture)) / 1000));
    }
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes);
}

/* What is on its way arrives. Nobody reads it. */
static void
settle (Fixture *fixture)
{
  msa_connection_update_interest (fixture->connection, FALSE);
  msa_test_reactor_run_for (fixture->reactor, 10);
}

/* Opening */

static void
test_plain (Fixture *fixture,
            gconstpointer data)
{
  g_autofree char *remote = NULL;

  make (fixture, "http://www.test/");
  g_assert_cmpuint (count_look_ups (fixture), ==, 0);
  drive (fixture);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_RESOLVING);
  run_to (fixture, 5);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CONNECTING);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  run_to (fixture, 7);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);

  remote = g_strdup (msa_socket_get_peer (fixture->connection->socket));
  g_assert_cmpstr (remote, ==, "10.0.0.1:80");
  g_assert_nonnull (fixture->connection->session);
  g_assert_cmpuint (count_open (fixture), ==, 1);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "read_file"), ==, 0);
  expect_quiet (fixture);
}

/* What is known needs no further turn. */
static void
test_literal (Fixture *fixture,
              gconstpointer data)
{
  start (fixture, "http://10.0.0.1/");
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CONNECTING);
  run_to (fixture, 100);
  g_assert_cmpint (fixture->io, ==, MSA_IO_DONE);
  g_assert_cmpuint (count_look_ups (fixture), ==, 0);
}

static void
test_tls (Fixture *fixture,
          gconstpointer data)
{
  start_open (fixture, "https://www.test/");
  g_assert_cmpuint (msa_sim_count (fixture->sim, "read_file"), ==, 1);
  g_assert_cmpuint (count_open (fixture), ==, 1);
  settle (fixture);
  g_assert_true (fixture->tls->is_done);
  expect_quiet (fixture);

  /* The trust is kept, and what was learnt of the name. */
  start_open (fixture, "https://www.test/");
  g_assert_cmpuint (msa_sim_count (fixture->sim, "read_file"), ==, 1);
}

/* Look-up and trust are waited for side by side, whichever is later. */
static void
test_trust_late (Fixture *fixture,
                 gconstpointer data)
{
  fixture->hold_nth = 3;
  start (fixture, "https://www.test/");
  run_to (fixture, 300);
  g_assert_nonnull (fixture->held);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_RESOLVING);
  g_assert_cmpuint (count_attempts (fixture), ==, 0);
  release_held (fixture);
  run_to (fixture, TIMEOUT_MS - 1);
  g_assert_no_error (fixture->error);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
}

/* Each change while it connects is told by wake(), and calls without one are harmless. */
static void
test_no_reason (Fixture *fixture,
                gconstpointer data)
{
  start (fixture, "https://www.test/");
  while (is_connecting (fixture))
    {
      msa_test_reactor_turn (fixture->reactor, 1);
      for (guint i = 0; i < 3 && is_connecting (fixture); i++)
        drive (fixture);
    }
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

/* The path stands in the place of the host, and of nothing else: the name is the one that the
 * certificate is for. */
static void
test_unix (Fixture *fixture,
           gconstpointer data)
{
  gboolean uses_tls = GPOINTER_TO_INT (data);
  g_autofree char *remote = NULL;

  fixture->unix_path = "/run/server";
  msa_sim_listen (fixture->sim, "unix:/run/server", 0, uses_tls ? accept_tls_cb : accept_cb,
                  fixture);
  start_open (fixture, uses_tls ? "https://www.test/" : "http://nowhere.test/");
  remote = g_strdup (msa_socket_get_peer (fixture->connection->socket));
  g_assert_cmpstr (remote, ==, "unix:/run/server");
  g_assert_cmpuint (count_look_ups (fixture), ==, 0);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  if (!uses_tls)
    g_assert_cmpint (get_now_ms (fixture), ==, 0);
  settle (fixture);
  expect_quiet (fixture);
}

static void
test_unix_wrong_name (Fixture *fixture,
                      gconstpointer data)
{
  fixture->unix_path = "/run/server";
  msa_sim_listen (fixture->sim, "unix:/run/server", 0, accept_tls_cb, fixture);
  start (fixture, "https://other.test/");
  run_to (fixture, TIMEOUT_MS - 1);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
}

static void
test_local (Fixture *fixture,
            gconstpointer data)
{
  msa_sim_add_local_address (fixture->sim, "10.255.0.2");
  fixture->local_address = "10.255.0.2";
  start_open (fixture, "http://www.test/");
  g_assert_cmpstr (fixture->peer->client, ==, "10.255.0.2:49152");
}

static const struct
{
  const char *name;
  const char *uri;
  const char *unix_path;
  const char *local_address;
  int         code;
  const char *text;
} bad_ends[] = {
  { "unix-nobody", "http://www.test/", "/run/none", NULL, MSA_ERROR_CONNECT,
    "Connecting to unix:/run/none failed: No such file or directory" },
  { "unix-nobody-tls", "https://www.test/", "/run/none", NULL, MSA_ERROR_CONNECT,
    "Connecting to unix:/run/none failed: No such file or directory" },
  { "local-bad", "http://www.test/", NULL, "eth0", MSA_ERROR_INVALID_ARGUMENT,
    "The local-address “eth0” is no numeric IPv4 or IPv6 address" },
  { "local-foreign", "http://www.test/", NULL, "10.255.0.3", MSA_ERROR_BIND,
    "Binding to address 10.255.0.3 for 10.0.0.1:80 failed: "
    "Cannot assign requested address" },
};

static void
test_bad_end (Fixture *fixture,
              gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  fixture->unix_path = bad_ends[i].unix_path;
  fixture->local_address = bad_ends[i].local_address;
  start (fixture, bad_ends[i].uri);
  expect_error (fixture, bad_ends[i].code, bad_ends[i].text);
  expect_quiet (fixture);
}

/* It reads only if somebody takes what comes. */
static void
test_interest (Fixture *fixture,
               gconstpointer data)
{
  start_open (fixture, "http://www.test/");
  fixture->woken = FALSE;
  msa_connection_update_interest (fixture->connection, FALSE);
  msa_sim_peer_send (fixture->peer, "x", 1);
  msa_test_reactor_run_for (fixture->reactor, 1000);
  g_assert_false (fixture->woken);
  msa_connection_update_interest (fixture->connection, TRUE);
  msa_test_reactor_turn (fixture->reactor, 1000);
  g_assert_true (fixture->woken);
}

/* Failing */

static const struct
{
  const char *name, *uri;
  int code;
  const char *text;
} failures[] = {
  { "no-name", "http://nowhere.test/", MSA_ERROR_RESOLVE,
    "Could not resolve host 'nowhere.test': Name or service not known" },
  { "no-name-tls", "https://nowhere.test/", MSA_ERROR_RESOLVE,
    "Could not resolve host 'nowhere.test': Name or service not known" },
  { "onion", "http://a.onion/", MSA_ERROR_RESOLVE,
    "Could not resolve host 'a.onion': Names in .onion are not looked up" },
  { "refused", "http://10.0.0.8/", MSA_ERROR_CONNECT,
    "Connecting to 10.0.0.8:80 failed: Connection refused" },
  { "all-refused", "http://refused.test/", MSA_ERROR_CONNECT,
    "Connecting to [fd00::8]:80 failed: Connection refused; "
    "Connecting to 10.0.0.8:80 failed: Connection refused" },
  { "wrong-name", "https://other.test/", MSA_ERROR_TLS_VERIFY, NULL },
  { "reset-in-handshake", "https://10.0.0.3/", MSA_ERROR_TLS_HANDSHAKE, NULL },
  { "closed-in-handshake", "https://10.0.0.4/", MSA_ERROR_TLS_HANDSHAKE, NULL },
};

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  start (fixture, failures[i].uri);
  run_to (fixture, TIMEOUT_MS - 1);
  g_assert_error (fixture->error, MSA_ERROR, failures[i].code);
  if (failures[i].text != NULL)
    g_assert_cmpstr (fixture->error->message, ==, failures[i].text);
  expect_quiet (fixture);
  g_clear_pointer (&fixture->connection, msa_connection_free);
  g_assert_cmpuint (count_open (fixture), ==, 0);
}

/* It does not wait for a look-up whose answer is of no use. */
static void
test_no_trust (Fixture *fixture,
               gconstpointer data)
{
  fixture->config = msa_tls_config_new_for_ca_file ("/none.pem");
  start (fixture, "https://slow.test/");
  run_to (fixture, 100);
  expect_error (fixture, MSA_ERROR_TLS_TRUST,
                "cannot read the trust file '/none.pem': "
                "Reading '/none.pem' failed: No such file or directory");
  g_assert_cmpint (get_now_ms (fixture), ==, 0);
  expect_quiet (fixture);
}

static void
test_bad_config (Fixture *fixture,
                 gconstpointer data)
{
  fixture->config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", CA_FILE, "min-version",
                                  MSA_TLS_VERSION_TLS_1_3, "max-version", MSA_TLS_VERSION_TLS_1_2,
                                  NULL);
  start (fixture, "https://10.0.0.1/");
  run_to (fixture, 100);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (count_open (fixture), ==, 0);
  expect_quiet (fixture);
}

static void
test_no_descriptor (Fixture *fixture,
                    gconstpointer data)
{
  msa_sim_set_fd_limit (fixture->sim, 2);
  start (fixture, "http://10.0.0.1/");
  expect_error (fixture, MSA_ERROR_CONNECT,
                "Opening a socket for 10.0.0.1:80 failed: Too many open files");
}

/* The name that is proven and asked for stays the URL's, wherever the connection goes. */
static void
test_connect_to (Fixture *fixture,
                 gconstpointer data)
{
  static const char *const entries[] = { "right.test:443:10.0.0.2:", "www.test::other.test:",
                                         "other.test::www.test:", NULL };
  char name[100];
  size_t len = sizeof name;
  unsigned type;

  fixture->connect_to = entries;
  msa_sim_set_host (fixture->sim, "www.test", 0, "10.0.0.8", NULL);
  start_open (fixture, "https://www.test/");
  settle (fixture);
  g_assert_cmpint (gnutls_server_name_get (fixture->tls->session, name, &len, &type, 0), ==, 0);
  g_assert_cmpstr (name, ==, "www.test");

  msa_sim_set_host (fixture->sim, "www.test", 0, "10.0.0.1", NULL);
  start (fixture, "https://other.test/");
  run_to (fixture, get_now_ms (fixture) + TIMEOUT_MS - 1);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_nonnull (strstr (fixture->error->message, "other.test"));
}

/* The system watches no more descriptors: the first of a race, and the winner's later on. */
static void
test_unwatchable (Fixture *fixture,
                  gconstpointer data)
{
  gboolean later = GPOINTER_TO_INT (data);

  fixture->refuse_nth = later ? 2 : 1;
  start (fixture, "https://10.0.0.1/");
  expect_error (fixture, MSA_ERROR_CONNECT,
                later ? "Connecting to “10.0.0.1” failed: "
                        "The system watches no more descriptors"
                      : "Connecting to 10.0.0.1:443 failed: "
                        "The system watches no more descriptors");
  expect_quiet (fixture);
  g_clear_pointer (&fixture->connection, msa_connection_free);
  g_assert_cmpuint (count_open (fixture), ==, 0);
}

/* What is known of the name is dropped if no address was reached, and only then. */
static const struct
{
  const char *name, *uri;
  guint n_look_ups; /* after a second connection */
} forgets[] = {
  { "all-refused", "http://refused.test/", 4 },
  { "opened", "http://www.test/", 2 },
  { "tls-failed", "https://other.test/", 2 },
  { "timed-out", "http://hole.test/", 4 },
  { "timed-out-in-handshake", "https://silent.test/", 2 },
};

static void
test_forget (Fixture *fixture,
             gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  for (guint n = 1; n <= 2; n++)
    {
      start (fixture, forgets[i].uri);
      run_to (fixture, n * 2000);
    }
  g_assert_cmpuint (count_look_ups (fixture), ==, forgets[i].n_look_ups);
}

/* Too late */

static const struct
{
  const char *name, *uri;
  guint hold_nth;
  int late_family;
  const char *host, *phase;
} phases[] = {
  { "look-up", "http://slow.test/", 0, 0, "slow.test", "looking up the name" },
  { "look-up-tls", "https://slow.test/", 0, 0, "slow.test", "looking up the name" },
  { "trust", "https://10.0.0.1/", 1, 0, "10.0.0.1", "loading the trust store" },
  { "trust-and-late-family", "https://late.test/", 3, AF_INET, "late.test",
    "loading the trust store" },
  { "connect", "http://hole.test:8080/", 0, 0, "hole.test:8080", "connecting" },
  { "connect-some-failed", "http://mixed.test/", 0, 0, "mixed.test",
    "connecting after 700 ms; Connecting to [fd00::8]:80 failed: Connection refused" },
  { "late-family", "http://late.test/", 0, AF_INET, "late.test",
    "looking up the name after 700 ms; Connecting to [fd00::8]:80 failed: Connection refused" },
  { "handshake", "https://10.0.0.2/", 0, 0, "10.0.0.2", "in the TLS handshake" },
};

static void
test_timeout (Fixture *fixture,
              gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *text = NULL;

  fixture->hold_nth = phases[i].hold_nth;
  if (phases[i].late_family != 0)
    set_late_host (fixture, "fd00::8", "10.0.0.9", phases[i].late_family, 60 * 1000);
  start (fixture, phases[i].uri);
  run_to (fixture, TIMEOUT_MS - 1);
  g_assert_no_error (fixture->error);
  run_to (fixture, TIMEOUT_MS);
  text = g_strdup_printf ("No connection to “%s” within 700 ms: still %s%s", phases[i].host,
                          phases[i].phase,
                          strchr (phases[i].phase, ';') == NULL ? " after 700 ms" : "");
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_CONNECT_TIMED_OUT);
  g_assert_cmpstr (fixture->error->message, ==, text);
  g_assert_cmpint (get_now_us (fixture), ==, MSA_SIM_START_US + TIMEOUT_MS * 1000);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CLOSED);
  release_held (fixture);
  expect_quiet (fixture);
}

/* One time for all phases, not one for each. */
static void
test_timeout_sum (Fixture *fixture,
                  gconstpointer data)
{
  msa_sim_set_host (fixture->sim, "sum.test", 400 * 1000, "10.0.0.2", NULL);
  msa_sim_set_latency (fixture->sim, 100 * 1000);
  start (fixture, "https://sum.test/");
  run_to (fixture, 650);
  g_assert_cmpuint (msa_sim_peer_get_received (fixture->peer)->len, ==, 0);
  g_assert_nonnull (fixture->connection->socket);
  run_to (fixture, 5000);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_CONNECT_TIMED_OUT);
  g_assert_cmpint (get_now_ms (fixture), ==, TIMEOUT_MS);
}

/* One family is late */

static void
test_late_not_needed (Fixture *fixture,
                      gconstpointer data)
{
  set_late_host (fixture, "fd00::1", "10.0.0.1", AF_INET, 500);
  start (fixture, "http://late.test/");
  run_to (fixture, 3);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
  g_assert_cmpint (get_now_ms (fixture), ==, 3);
  g_assert_null (fixture->connection->dial);
  /* Also when the other family is in. */
  expect_quiet (fixture);
  g_assert_null (fixture->connection->addresses);
}

static void
test_late_delayed (Fixture *fixture,
                   gconstpointer data)
{
  set_late_host (fixture, "fd00::1", "10.0.0.1", AF_INET6, 500);
  start (fixture, "http://late.test/");
  run_to (fixture, 50);
  g_assert_cmpuint (count_attempts (fixture), ==, 0);
  run_to (fixture, 51);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  run_to (fixture, 53);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
}

/* The addresses that come late take part in the race. */
static const struct
{
  const char *name, *ipv6, *ipv4;
  int late_family;
  gint64 late_ms, open_ms;
} joined[] = {
  { "while-first-runs", "fd00::9", "10.0.0.1", AF_INET, 100, 203 },
  { "after-delay", "fd00::9", "10.0.0.1", AF_INET, 500, 502 },
  { "after-failure", "fd00::8", "10.0.0.1", AF_INET, 500, 502 },
  { "ipv6-while-first-runs", "fd00::1", "10.0.0.9", AF_INET6, 100, 253 },
  { "ipv6-after-failure", "fd00::1", "10.0.0.8", AF_INET6, 500, 502 },
};

static void
test_late_joined (Fixture *fixture,
                  gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  set_late_host (fixture, joined[i].ipv6, joined[i].ipv4, joined[i].late_family,
                 joined[i].late_ms);
  start (fixture, "http://late.test/");
  run_to (fixture, joined[i].open_ms - 1);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CONNECTING);
  run_to (fixture, joined[i].open_ms);
  g_assert_no_error (fixture->error);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
  g_assert_cmpuint (count_open (fixture), ==, 1);
}

static void
test_late_all_fail (Fixture *fixture,
                    gconstpointer data)
{
  set_late_host (fixture, "fd00::8", "10.0.0.8", AF_INET, 500);
  start (fixture, "http://late.test/");
  run_to (fixture, 499);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CONNECTING);
  expect_error (fixture, MSA_ERROR_CONNECT,
                "Connecting to [fd00::8]:80 failed: Connection refused; "
                "Connecting to 10.0.0.8:80 failed: Connection refused");
  g_assert_cmpint (get_now_ms (fixture), ==, 502);

  start (fixture, "http://late.test/");
  g_assert_cmpuint (count_look_ups (fixture), ==, 4);
}

/* The late family has nothing: what the other one gave is all there is. */
static void
test_late_fails (Fixture *fixture,
                 gconstpointer data)
{
  set_late_host (fixture, "fd00::8", "10.0.0.8", AF_INET, 500);
  msa_sim_set_host_family (fixture->sim, "late.test", AF_INET, EAI_AGAIN, 500 * 1000);
  start (fixture, "http://late.test/");
  run_to (fixture, 499);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CONNECTING);
  expect_error (fixture, MSA_ERROR_CONNECT,
                "Connecting to [fd00::8]:80 failed: Connection refused");
  g_assert_cmpint (get_now_ms (fixture), ==, 500);
}

/* Another connection waits for the same look-up: it begins with what is known. */
static void
test_late_known (Fixture *fixture,
                 gconstpointer data)
{
  set_late_host (fixture, "fd00::9", "10.0.0.1", AF_INET, 500);
  start (fixture, "http://late.test/");
  run_to (fixture, 10);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  start (fixture, "http://late.test/");
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
  g_assert_true (fixture->connection->addresses_late);
  run_to (fixture, 502);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

/* Both families are in by the time that trust is loaded. */
static void
test_late_trust (Fixture *fixture,
                 gconstpointer data)
{
  fixture->hold_nth = 3;
  set_late_host (fixture, "fd00::8", "10.0.0.1", AF_INET, 200);
  start (fixture, "https://late.test/");
  run_to (fixture, 100);
  g_assert_true (fixture->connection->addresses_late);
  run_to (fixture, 300);
  g_assert_false (fixture->connection->addresses_late);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_RESOLVING);
  release_held (fixture);
  run_to (fixture, 303);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
  run_to (fixture, TIMEOUT_MS - 1);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
}

/* Closing */

static const struct
{
  const char *name, *uri;
  guint hold_nth;
  gint64 at_ms;
  MsaConnectionState state;
  guint n_open; /* descriptors at that time */
} stages[] = {
  { "look-up", "http://slow.test/", 0, 100, MSA_CONNECTION_RESOLVING, 0 },
  { "look-up-tls", "https://slow.test/", 0, 100, MSA_CONNECTION_RESOLVING, 0 },
  { "trust", "https://www.test/", 3, 100, MSA_CONNECTION_RESOLVING, 0 },
  { "look-up-and-trust", "https://slow.test/", 3, 100, MSA_CONNECTION_RESOLVING, 0 },
  { "connect", "http://10.0.0.9/", 0, 100, MSA_CONNECTION_CONNECTING, 1 },
  { "race", "http://hole.test/", 0, 300, MSA_CONNECTION_CONNECTING, 2 },
  { "late-family", "http://late.test/", 0, 100, MSA_CONNECTION_CONNECTING, 1 },
  { "late-family-delay", "http://wait.test/", 0, 20, MSA_CONNECTION_RESOLVING, 0 },
  { "handshake", "https://10.0.0.2/", 0, 100, MSA_CONNECTION_CONNECTING, 1 },
  { "open", "http://www.test/", 0, 100, MSA_CONNECTION_OPEN, 1 },
  { "open-tls", "https://www.test/", 0, 100, MSA_CONNECTION_OPEN, 1 },
  { "failed", "http://10.0.0.8/", 0, 100, MSA_CONNECTION_CLOSED, 0 },
};

static void
run_to_stage (Fixture *fixture,
              guint i)
{
  fixture->hold_nth = stages[i].hold_nth;
  set_late_host (fixture, "fd00::9", "10.0.0.9", AF_INET, 500);
  msa_sim_set_host (fixture->sim, "wait.test", 1000, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_host_family (fixture->sim, "wait.test", AF_INET6, 0, 500 * 1000);
  start (fixture, stages[i].uri);
  run_to (fixture, stages[i].at_ms);
  g_assert_cmpint (fixture->connection->state, ==, stages[i].state);
  g_assert_cmpuint (count_open (fixture), ==, stages[i].n_open);
}

static void
test_close (Fixture *fixture,
            gconstpointer data)
{
  run_to_stage (fixture, GPOINTER_TO_UINT (data));
  msa_connection_close (fixture->connection);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CLOSED);
  msa_connection_close (fixture->connection);

  /* Nothing comes of what it was waiting for, nor of what its peer says. */
  if (fixture->peer != NULL)
    msa_sim_peer_send (fixture->peer, "x", 1);
  release_held (fixture);
  expect_quiet (fixture);
  g_clear_pointer (&fixture->connection, msa_connection_free);
  g_assert_cmpuint (count_open (fixture), ==, 0);
}

/* Freed as it is. */
static void
test_free (Fixture *fixture,
           gconstpointer data)
{
  run_to_stage (fixture, GPOINTER_TO_UINT (data));
  g_clear_pointer (&fixture->connection, msa_connection_free);
  g_assert_cmpuint (count_open (fixture), ==, 0);
  release_held (fixture);
  expect_quiet (fixture);
}

static void
test_close_new (Fixture *fixture,
                gconstpointer data)
{
  make (fixture, "https://www.test/");
  msa_connection_close (fixture->connection);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CLOSED);
  expect_quiet (fixture);
  g_assert_cmpuint (count_look_ups (fixture), ==, 0);
}

/* Goodbye is said only between messages: in the middle of one the peer has to see that it is
 * cut off. */
static void
test_goodbye (Fixture *fixture,
              gconstpointer data)
{
  gboolean in_use = GPOINTER_TO_INT (data);

  start_open (fixture, "https://www.test/");
  settle (fixture);
  fixture->connection->stream = in_use ? fixture : NULL;
  msa_connection_close (fixture->connection);
  msa_test_reactor_run_for (fixture->reactor, 10);
  g_assert_true (msa_sim_peer_is_closed (fixture->peer) == !in_use);

  g_clear_pointer (&fixture->connection, msa_connection_free);
  msa_test_reactor_run_for (fixture->reactor, 10);
  g_assert_true (msa_sim_peer_is_closed (fixture->peer));
  if (in_use)
    {
      g_assert_cmpuint (fixture->tls->to_server->len, ==, 0);
    }
  else
    {
      int result;
      g_autoptr (GByteArray) bytes = msa_test_tls_peer_read (fixture->tls, &result);

      /* A close_notify, and nothing before it. */
      g_assert_cmpint (result, ==, 0);
      g_assert_cmpuint (bytes->len, ==, 0);
    }
}

/* A connection that is being made has said nothing, and says nothing. */
static void
test_close_unsaid (Fixture *fixture,
                   gconstpointer data)
{
  make (fixture, "http://www.test/");
  drive (fixture);
  run_to (fixture, 6);
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_CONNECTING);
  msa_connection_close (fixture->connection);
  msa_test_reactor_run_for (fixture->reactor, 1000);
  g_assert_true (msa_sim_peer_is_closed (fixture->peer));
  g_assert_cmpuint (msa_sim_peer_get_received (fixture->peer)->len, ==, 0);
}

/* Waiting for the next exchange */

static void
set_idle (Fixture *fixture)
{
  msa_connection_set_idle (fixture->connection, get_now_us (fixture));
}

static void
test_idle_expiry (Fixture *fixture,
                  gconstpointer data)
{
  guint n_wakes;

  start_open (fixture, "http://www.test/");
  set_idle (fixture);
  n_wakes = fixture->n_wakes;
  msa_test_reactor_run_for (fixture->reactor, MSA_IDLE_EXPIRY_US / 1000 - 1);
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes);
  g_assert_true (msa_connection_is_fresh (fixture->connection));

  msa_test_reactor_run_for (fixture->reactor, 1);
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes + 1);
  g_assert_true (fixture->connection->timed_out);
  g_assert_false (msa_connection_is_fresh (fixture->connection));
  expect_quiet (fixture);
}

/* An exchange ends the wait, and the next wait is as long as the first. */
static void
set_used (Fixture *fixture)
{
  g_autoptr (MsaSettings) settings = msa_settings_new ();

  msa_connection_set_used (fixture->connection, settings, get_now_us (fixture));
  g_assert_cmpint (fixture->connection->state, ==, MSA_CONNECTION_OPEN);
}

static void
test_idle_used (Fixture *fixture,
                gconstpointer data)
{
  guint n_wakes;

  start_open (fixture, "http://www.test/");
  set_idle (fixture);
  msa_test_reactor_run_for (fixture->reactor, 100 * 1000);
  set_used (fixture);
  expect_quiet (fixture);

  set_idle (fixture);
  n_wakes = fixture->n_wakes;
  msa_test_reactor_run_for (fixture->reactor, MSA_IDLE_EXPIRY_US / 1000 - 1);
  g_assert_true (msa_connection_is_fresh (fixture->connection));
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes);
  msa_test_reactor_run_for (fixture->reactor, 1);
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes + 1);

  /* Taken at the last moment. */
  set_used (fixture);
  g_assert_false (fixture->connection->timed_out);
}

/* The machine slept: no timer has run, but the peer's has. */
static void
test_idle_suspend (Fixture *fixture,
                   gconstpointer data)
{
  guint n_wakes;

  start_open (fixture, "http://www.test/");
  set_idle (fixture);
  n_wakes = fixture->n_wakes;
  msa_test_reactor_run_for (fixture->reactor, 18 * 1000);
  msa_sim_suspend (fixture->sim, 100 * G_USEC_PER_SEC - 1);
  g_assert_true (msa_connection_is_fresh (fixture->connection));
  msa_sim_suspend (fixture->sim, 1);
  g_assert_false (msa_connection_is_fresh (fixture->connection));
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes);
  g_assert_false (fixture->connection->timed_out);
}

/* However busy it is kept. */
static void
test_idle_age (Fixture *fixture,
               gconstpointer data)
{
  gboolean suspended = GPOINTER_TO_INT (data);

  start_open (fixture, "http://www.test/");
  if (suspended)
    msa_sim_suspend (fixture->sim, 24 * HOUR_US - 1);
  else
    msa_sim_advance_by (fixture->sim, 24 * HOUR_US - 1);
  set_idle (fixture);
  g_assert_true (msa_connection_is_fresh (fixture->connection));
  msa_sim_advance_by (fixture->sim, 1);
  set_idle (fixture);
  g_assert_false (msa_connection_is_fresh (fixture->connection));
}

/* Registering */

typedef void (*TestFunc) (Fixture *fixture, gconstpointer data);

static const struct
{
  const char *path;
  TestFunc func;
  guint data;
} tests[] = {
  { "/msa/connection/open/plain", test_plain, 0 },
  { "/msa/connection/open/literal", test_literal, 0 },
  { "/msa/connection/open/tls", test_tls, 0 },
  { "/msa/connection/open/connect-to", test_connect_to, 0 },
  { "/msa/connection/open/trust-late", test_trust_late, 0 },
  { "/msa/connection/open/no-reason", test_no_reason, 0 },
  { "/msa/connection/open/interest", test_interest, 0 },
  { "/msa/connection/fails/no-trust", test_no_trust, 0 },
  { "/msa/connection/fails/bad-config", test_bad_config, 0 },
  { "/msa/connection/fails/no-descriptor", test_no_descriptor, 0 },
  { "/msa/connection/fails/unwatchable", test_unwatchable, FALSE },
  { "/msa/connection/fails/unwatchable-in-handshake", test_unwatchable, TRUE },
  { "/msa/connection/timeout/all-phases", test_timeout_sum, 0 },
  { "/msa/connection/late/not-needed", test_late_not_needed, 0 },
  { "/msa/connection/late/delayed", test_late_delayed, 0 },
  { "/msa/connection/late/all-fail", test_late_all_fail, 0 },
  { "/msa/connection/late/fails", test_late_fails, 0 },
  { "/msa/connection/late/known", test_late_known, 0 },
  { "/msa/connection/late/trust", test_late_trust, 0 },
  { "/msa/connection/close/new", test_close_new, 0 },
  { "/msa/connection/close/unsaid", test_close_unsaid, 0 },
  { "/msa/connection/goodbye/idle", test_goodbye, FALSE },
  { "/msa/connection/goodbye/in-use", test_goodbye, TRUE },
  { "/msa/connection/idle/expiry", test_idle_expiry, 0 },
  { "/msa/connection/idle/used", test_idle_used, 0 },
  { "/msa/connection/idle/suspend", test_idle_suspend, 0 },
  { "/msa/connection/idle/age", test_idle_age, FALSE },
  { "/msa/connection/idle/age-suspended", test_idle_age, TRUE },
  { "/msa/connection/unix/plain", test_unix, FALSE },
  { "/msa/connection/unix/tls", test_unix, TRUE },
  { "/msa/connection/unix/wrong-name", test_unix_wrong_name, 0 },
  { "/msa/connection/local/address", test_local, 0 },
};

static void
add_rows (void)
{
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/fails", failures, test_failure);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/ends", bad_ends, test_bad_end);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/forget", forgets, test_forget);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/timeout", phases, test_timeout);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/late/joined", joined, test_late_joined);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/close", stages, test_close);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/connection/free", stages, test_free);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .common_name = "www.test", .dns = { "www.test" } };
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, GUINT_TO_POINTER (tests[i].data), setup, tests[i].func,
                teardown);
  add_rows ();
  result = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);
  return result;
}

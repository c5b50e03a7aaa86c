/* test-socket.c: the bottom filter, on a simulated network
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-reactor.h"
#include "sim/msa-test-rows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

typedef struct
{
  MsaSim *sim;
  MsaTestReactor *reactor;
  MsaSimPeer *peer; /* (unowned) (nullable): of the connection accepted last */

  MsaLocalEnd *local; /* (unowned) (nullable): of the sockets to be made */

  gboolean ready;
  MsaSocketEvents events; /* with which ready_cb came */
  gint64 ready_us;
} Fixture;

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  ((Fixture *) data)->peer = peer;
}

static void
ready_cb (gpointer user_data,
          MsaSocketEvents events,
          gint64 now_us)
{
  Fixture *fixture = user_data;

  fixture->ready = TRUE;
  fixture->events = events;
  fixture->ready_us = now_us;
}

static void
setup (Fixture *fixture,
       gconstpointer data)
{
  fixture->sim = msa_sim_new ();
  msa_sim_listen (fixture->sim, "10.0.0.1", 80, accept_cb, fixture);
  fixture->reactor = msa_test_reactor_new (msa_sim_get_sys (msa_sim_ref (fixture->sim)));
}

static void
teardown (Fixture *fixture,
          gconstpointer data)
{
  msa_test_reactor_free (fixture->reactor);
  msa_sim_assert_clean (fixture->sim);
  msa_sim_unref (fixture->sim);
}

static MsaFilter *
make_socket (Fixture *fixture,
             const char *text,
             guint16 port)
{
  MsaAddress address = { .len = sizeof (struct sockaddr_in) };
  struct sockaddr_in *in = (struct sockaddr_in *) &address.addr;

  in->sin_family = AF_INET;
  inet_pton (AF_INET, text, &in->sin_addr);
  in->sin_port = htons (port);
  return msa_socket_new (msa_test_reactor_get (fixture->reactor), &address, fixture->local,
                         ready_cb, fixture);
}

static gint64
get_now_us (Fixture *fixture)
{
  return msa_sim_get_now_us (fixture->sim);
}

/* Waits for @events, or for as long as the simulation lasts. */
static void
wait_ready (Fixture *fixture,
            MsaFilter *filter,
            MsaSocketEvents events)
{
  fixture->ready = FALSE;
  msa_socket_want (filter, events);
  g_assert_true (msa_test_reactor_run_until (fixture->reactor, &fixture->ready, 10000));
}

static MsaFilter *
make_connected (Fixture *fixture)
{
  MsaFilter *filter = make_socket (fixture, "10.0.0.1", 80);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_filter_connect (filter, get_now_us (fixture), &error), ==, MSA_IO_AGAIN);
  wait_ready (fixture, filter, msa_filter_wants (filter));
  g_assert_cmpint (msa_filter_connect (filter, get_now_us (fixture), &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  msa_socket_want (filter, MSA_SOCKET_NONE);
  return filter;
}

static void
test_connect (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_socket (fixture, "10.0.0.1", 80);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 start_us = get_now_us (fixture);

  g_assert_cmpint (msa_socket_get_fd (filter), ==, -1);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_open"), ==, 0);
  g_assert_cmpint (msa_filter_connect (filter, start_us, &error), ==, MSA_IO_AGAIN);
  g_assert_cmpint (msa_socket_get_fd (filter), >=, 0);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_OUT);

  wait_ready (fixture, filter, MSA_SOCKET_OUT);
  g_assert_cmpuint (fixture->events, ==, MSA_SOCKET_OUT);
  g_assert_cmpint (fixture->ready_us, ==, start_us + 2000);
  g_assert_cmpint (msa_filter_connect (filter, fixture->ready_us, &error), ==, MSA_IO_DONE);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_NONE);
  g_assert_no_error (error);

  text = g_strdup (msa_socket_get_peer (filter));
  g_assert_cmpstr (text, ==, "10.0.0.1:80");
}

/* Readiness is but a hint. */
static void
test_connect_asked_too_early (Fixture *fixture,
                              gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_socket (fixture, "10.0.0.1", 80);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_AGAIN);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_OUT);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_connect"), ==, 1);
  wait_ready (fixture, filter, MSA_SOCKET_OUT);
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_DONE);
}

static void
test_connect_refused (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_socket (fixture, "10.0.0.2", 8080);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_AGAIN);
  wait_ready (fixture, filter, MSA_SOCKET_OUT);
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpstr (error->message, ==, "Connecting to 10.0.0.2:8080 failed: Connection refused");
  g_clear_error (&error);

  /* And stays so. */
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
}

static void
test_connect_unreachable (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_socket (fixture, "10.0.0.1", 80);
  g_autoptr (GError) error = NULL;

  msa_sim_set_unreachable (fixture->sim, "10.0.0.1");
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpstr (error->message, ==, "Connecting to 10.0.0.1:80 failed: Network is unreachable");
}

static void
test_no_descriptors (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_socket (fixture, "10.0.0.1", 80);
  g_autoptr (GError) error = NULL;

  msa_sim_set_fd_limit (fixture->sim, msa_sim_n_open (fixture->sim));
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpstr (error->message, ==,
                   "Opening a socket for 10.0.0.1:80 failed: Too many open files");
  g_assert_cmpint (msa_socket_get_fd (filter), ==, -1);
  /* Harmless without a descriptor. */
  msa_socket_want (filter, MSA_SOCKET_IN);
  g_assert_cmpint (msa_filter_shutdown (filter), ==, MSA_IO_ERROR);
}

static void
test_connect_outcome_unknown (Fixture *fixture,
                              gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_socket (fixture, "10.0.0.1", 80);
  g_autoptr (GError) error = NULL;

  /* The call that asks for the outcome fails itself. */
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_AGAIN);
  msa_sim_fail_nth (fixture->sim, "socket_error", 1, ENOBUFS);
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_nonnull (strstr (error->message, "No buffer space"));
}

static void
test_freed_while_connecting (Fixture *fixture,
                             gconstpointer data)
{
  MsaFilter *filter = make_socket (fixture, "10.0.0.1", 80);

  g_assert_cmpint (msa_filter_connect (filter, 0, NULL), ==, MSA_IO_AGAIN);
  msa_socket_want (filter, MSA_SOCKET_OUT);
  msa_filter_free (filter);
  msa_test_reactor_run_for (fixture->reactor, 100);
  g_assert_false (fixture->ready);
}

/* Local ends. Ports 5001 and 5002 are taken, 10.255.0.2 is ours, eth0 is there. */

static const struct
{
  const char *name;
  const char *interface;
  const char *address;
  guint16     port;
  guint       n_ports;
  guint       n_binds;
  const char *client;  /* where it comes from; NULL: it fails */
  const char *message;
} locals[] = {
  { "none", NULL, NULL, 0, 1, 0, "10.255.0.1:49152", NULL },
  { "interface", "eth0", NULL, 0, 1, 0, "10.255.0.1:49152", NULL },
  { "address", NULL, "10.255.0.2", 0, 1, 1, "10.255.0.2:49152", NULL },
  { "port", NULL, NULL, 5000, 1, 1, "10.255.0.1:5000", NULL },
  { "first-of-range", NULL, NULL, 5000, 9, 1, "10.255.0.1:5000", NULL },
  { "first-free-of-range", NULL, NULL, 5001, 9, 3, "10.255.0.1:5003", NULL },
  { "last-of-range", NULL, NULL, 5001, 3, 3, "10.255.0.1:5003", NULL },
  { "last-port", NULL, NULL, 65535, 1, 1, "10.255.0.1:65535", NULL },
  { "all", "eth0", "10.255.0.2", 5001, 9, 3, "10.255.0.2:5003", NULL },
  { "no-interface", "eth1", NULL, 0, 1, 0, NULL,
    "Binding to interface eth1 for 10.0.0.1:80 failed: No such device" },
  { "no-interface-of-all", "eth1", "10.255.0.2", 5000, 9, 0, NULL,
    "Binding to interface eth1, address 10.255.0.2, ports 5000 to 5008 for 10.0.0.1:80 failed: "
    "No such device" },
  { "foreign-address", NULL, "10.255.0.3", 0, 1, 1, NULL,
    "Binding to address 10.255.0.3 for 10.0.0.1:80 failed: Cannot assign requested address" },
  { "foreign-address-at-once", NULL, "10.255.0.3", 5000, 9, 1, NULL,
    "Binding to address 10.255.0.3, ports 5000 to 5008 for 10.0.0.1:80 failed: "
    "Cannot assign requested address" },
  { "taken-port", NULL, NULL, 5001, 1, 1, NULL,
    "Binding to port 5001 for 10.0.0.1:80 failed: Address already in use" },
  { "taken-range", NULL, NULL, 5001, 2, 2, NULL,
    "Binding to ports 5001 to 5002 for 10.0.0.1:80 failed: Address already in use" },
  { "other-family", NULL, "fd00::ff:1", 0, 1, 0, NULL,
    "Binding to address [fd00::ff:1] for 10.0.0.1:80 failed: One is IPv4, the other IPv6" },
};

static void
set_up_local (Fixture *fixture)
{
  msa_sim_set_interface (fixture->sim, "eth0", 2);
  msa_sim_add_local_address (fixture->sim, "10.255.0.2");
  msa_sim_take_local_port (fixture->sim, 5001);
  msa_sim_take_local_port (fixture->sim, 5002);
}

static void
test_local (Fixture *fixture,
            gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  MsaLocalEnd local = {
    .interface = locals[i].interface,
    .port = locals[i].port,
    .n_ports = locals[i].n_ports,
  };
  g_autoptr (MsaFilter) filter = NULL;
  g_autoptr (GError) error = NULL;

  set_up_local (fixture);
  if (locals[i].address != NULL)
    g_assert_true (msa_address_parse (&local.address, locals[i].address));
  fixture->local = &local;
  if (locals[i].client != NULL)
    {
      filter = make_connected (fixture);
      g_assert_cmpstr (fixture->peer->client, ==, locals[i].client);
      g_assert_cmpstr (fixture->peer->device, ==, locals[i].interface);
    }
  else
    {
      filter = make_socket (fixture, "10.0.0.1", 80);
      g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
      g_assert_error (error, MSA_ERROR, MSA_ERROR_BIND);
      g_assert_cmpstr (error->message, ==, locals[i].message);
    }
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_bind"), ==, locals[i].n_binds);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_open"), <=, 1);
}

/* Connections to one place each take the next port; another place may have the first again. */
static void
test_local_clash (Fixture *fixture,
                  gconstpointer data)
{
  MsaLocalEnd local = { .port = 5000, .n_ports = 4 };
  g_autoptr (MsaFilter) first = NULL;
  g_autoptr (MsaFilter) second = NULL;
  g_autoptr (MsaFilter) third = NULL;
  g_autoptr (MsaFilter) elsewhere = NULL;
  g_autoptr (GError) error = NULL;

  set_up_local (fixture);
  msa_sim_listen (fixture->sim, "10.0.0.2", 80, accept_cb, fixture);
  fixture->local = &local;
  first = make_connected (fixture);
  g_assert_cmpstr (fixture->peer->client, ==, "10.255.0.1:5000");
  second = make_connected (fixture);
  g_assert_cmpstr (fixture->peer->client, ==, "10.255.0.1:5003");
  third = make_socket (fixture, "10.0.0.1", 80);
  g_assert_cmpint (msa_filter_connect (third, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BIND);
  g_assert_cmpstr (error->message, ==,
                   "Binding to ports 5000 to 5003 for 10.0.0.1:80 failed: Address already in use");
  /* With the reactor's two, and the third's. */
  g_assert_cmpuint (msa_sim_n_open (fixture->sim), ==, 2 + 3);

  elsewhere = make_socket (fixture, "10.0.0.2", 80);
  g_assert_cmpint (msa_filter_connect (elsewhere, 0, NULL), ==, MSA_IO_AGAIN);
  wait_ready (fixture, elsewhere, MSA_SOCKET_OUT);
  g_assert_cmpstr (fixture->peer->client, ==, "10.255.0.1:5000");
}

/* Only a fixed port makes a clash of it. */
static void
test_local_no_clash (Fixture *fixture,
                     gconstpointer data)
{
  MsaLocalEnd local = { .n_ports = 1 };
  g_autoptr (MsaFilter) filter = NULL;
  g_autoptr (GError) error = NULL;

  fixture->local = &local;
  filter = make_socket (fixture, "10.0.0.1", 80);
  msa_sim_fail_nth (fixture->sim, "socket_connect", 1, EADDRNOTAVAIL);
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_open"), ==, 1);
}

/* As of 1020 to 1029, for who is not root. */
static void
test_local_privileged (Fixture *fixture,
                       gconstpointer data)
{
  MsaLocalEnd local = { .port = 5000, .n_ports = 5 };
  g_autoptr (MsaFilter) first = NULL, second = NULL;
  g_autoptr (GError) error = NULL;

  set_up_local (fixture);
  fixture->local = &local;
  msa_sim_fail_nth (fixture->sim, "socket_bind", 1, EACCES);
  first = make_connected (fixture);
  g_assert_cmpstr (fixture->peer->client, ==, "10.255.0.1:5003");

  local = (MsaLocalEnd) { .port = 5003, .n_ports = 1 };
  second = make_socket (fixture, "10.0.0.1", 80);
  msa_sim_fail_nth (fixture->sim, "socket_bind", 1, EACCES);
  g_assert_cmpint (msa_filter_connect (second, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BIND);
  g_assert_cmpstr (error->message, ==,
                   "Binding to port 5003 for 10.0.0.1:80 failed: Permission denied");
}

static const struct
{
  const char *name;
  const char *op;
  int         error_number;
  const char *message;
} local_faults[] = {
  { "no-address", "socket_bind", EADDRNOTAVAIL,
    "Binding to interface eth0, ports 5000 to 5008 for 10.0.0.1:80 failed: "
    "Cannot assign requested address" },
  { "forbidden-interface", "socket_bind_device", EACCES,
    "Binding to interface eth0, ports 5000 to 5008 for 10.0.0.1:80 failed: Permission denied" },
  { "privileged-interface", "socket_bind_device", EPERM,
    "Binding to interface eth0, ports 5000 to 5008 for 10.0.0.1:80 failed: "
    "Operation not permitted" },
};

static void
test_local_fault (Fixture *fixture,
                  gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  MsaLocalEnd local = { .interface = "eth0", .port = 5000, .n_ports = 9 };
  g_autoptr (MsaFilter) filter = NULL;
  g_autoptr (GError) error = NULL;

  set_up_local (fixture);
  fixture->local = &local;
  filter = make_socket (fixture, "10.0.0.1", 80);
  msa_sim_fail_nth (fixture->sim, local_faults[i].op, 1, local_faults[i].error_number);
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BIND);
  g_assert_cmpstr (error->message, ==, local_faults[i].message);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_connect"), ==, 0);
}

/* Unix sockets */

static MsaFilter *
make_unix_socket (Fixture *fixture,
                  const char *path)
{
  MsaAddress address;

  g_assert_true (msa_address_parse_path (&address, path, NULL));
  return msa_socket_new (msa_test_reactor_get (fixture->reactor), &address, NULL, ready_cb,
                         fixture);
}

static void
test_unix (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_unix_socket (fixture, "/run/server");
  g_autofree char *text = NULL;
  gsize n = 0;

  msa_sim_listen (fixture->sim, "unix:/run/server", 0, accept_cb, fixture);
  g_assert_cmpint (msa_filter_connect (filter, 0, NULL), ==, MSA_IO_DONE);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_NONE);
  text = g_strdup (msa_socket_get_peer (filter));
  g_assert_cmpstr (text, ==, "unix:/run/server");
  g_assert_cmpint (msa_filter_send (filter, (const guint8 *) "abc", 3, &n, NULL), ==, MSA_IO_DONE);
  msa_test_reactor_run_for (fixture->reactor, 10);
  g_assert_cmpstr (msa_sim_peer_get_received (fixture->peer)->str, ==, "abc");
}

static const struct
{
  const char *name;
  int         error_number; /* 0: there is no such path */
  const char *message;
} unix_faults[] = {
  { "nobody", 0, "Connecting to unix:/run/none failed: No such file or directory" },
  { "refused", ECONNREFUSED, "Connecting to unix:/run/none failed: Connection refused" },
  { "forbidden", EACCES, "Connecting to unix:/run/none failed: Permission denied" },
  { "backlog-full", EAGAIN,
    "Connecting to unix:/run/none failed: Its queue of connections is full" },
};

static void
test_unix_fault (Fixture *fixture,
                 gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (MsaFilter) filter = make_unix_socket (fixture, "/run/none");
  g_autoptr (GError) error = NULL;

  if (unix_faults[i].error_number != 0)
    msa_sim_fail_nth (fixture->sim, "socket_connect", 1, unix_faults[i].error_number);
  g_assert_cmpint (msa_filter_connect (filter, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpstr (error->message, ==, unix_faults[i].message);
}

static void
test_send (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  g_autoptr (GError) error = NULL;
  gsize n = 0;

  msa_sim_set_send_window (fixture->sim, 5);
  g_assert_cmpint (msa_filter_send (filter, (const guint8 *) "abcdefg", 7, &n, &error), ==,
                   MSA_IO_DONE);
  g_assert_cmpuint (n, ==, 5);
  /* Nothing is waited for unless the socket said so. */
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_NONE);
  g_assert_cmpint (msa_filter_send (filter, (const guint8 *) "fg", 2, &n, &error), ==,
                   MSA_IO_AGAIN);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_OUT);

  wait_ready (fixture, filter, MSA_SOCKET_OUT);
  g_assert_cmpint (msa_filter_send (filter, (const guint8 *) "fg", 2, &n, &error), ==,
                   MSA_IO_DONE);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_NONE);
  msa_socket_want (filter, MSA_SOCKET_NONE);
  msa_test_reactor_run_for (fixture->reactor, 10);
  g_assert_cmpstr (msa_sim_peer_get_received (fixture->peer)->str, ==, "abcdefg");
}

static void
test_send_fails (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  g_autoptr (GError) error = NULL;
  gsize n = 0;

  msa_sim_fail_nth (fixture->sim, "socket_send", 1, EPIPE);
  g_assert_cmpint (msa_filter_send (filter, (const guint8 *) "x", 1, &n, &error), ==,
                   MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_SEND);
  g_assert_cmpstr (error->message, ==, "Sending to 10.0.0.1:80 failed: Broken pipe");
}

static void
test_recv (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  g_autoptr (GError) error = NULL;
  guint8 buffer[4];
  gsize n = 0;

  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, &error), ==, MSA_IO_AGAIN);
  g_assert_cmpuint (msa_filter_wants (filter), ==, MSA_SOCKET_NONE);
  msa_sim_peer_send (fixture->peer, "abcdef", -1);
  msa_sim_peer_close (fixture->peer);
  wait_ready (fixture, filter, MSA_SOCKET_IN);
  g_assert_cmpuint (fixture->events, ==, MSA_SOCKET_IN);

  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, &error), ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n, "abcd", 4);
  g_assert_true (msa_filter_pending (filter));
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, &error), ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n, "ef", 2);
  g_assert_false (msa_filter_pending (filter));
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, &error), ==, MSA_IO_END);
  g_assert_no_error (error);
}

/* All that there was filled the buffer exactly. */
static void
test_pending_ends (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  guint8 buffer[4];
  gsize n = 0;

  msa_sim_peer_send (fixture->peer, "abcd", -1);
  wait_ready (fixture, filter, MSA_SOCKET_IN);
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, NULL), ==, MSA_IO_DONE);
  g_assert_true (msa_filter_pending (filter));
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, NULL), ==, MSA_IO_AGAIN);
  g_assert_false (msa_filter_pending (filter));
}

static void
test_recv_reset (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  g_autoptr (GError) error = NULL;
  guint8 buffer[4];
  gsize n = 0;

  msa_sim_peer_reset (fixture->peer);
  wait_ready (fixture, filter, MSA_SOCKET_IN);
  g_assert_cmpuint (fixture->events & MSA_SOCKET_ERR, !=, 0);
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_RECEIVE);
  g_assert_cmpstr (error->message, ==,
                   "Receiving from 10.0.0.1:80 failed: Connection reset by peer");
}

static void
send_byte (Fixture *fixture)
{
  msa_sim_peer_send (fixture->peer, "x", 1);
}

static void
close_peer (Fixture *fixture)
{
  msa_sim_peer_close (fixture->peer);
}

static void
reset_peer (Fixture *fixture)
{
  msa_sim_peer_reset (fixture->peer);
}

static const struct
{
  const char *name;
  void (*act) (Fixture *fixture); /* (nullable) */
  gboolean found;
} peeks[] = {
  { "quiet", NULL, FALSE },
  { "byte", send_byte, TRUE },
  { "end", close_peer, TRUE },
  { "error", reset_peer, TRUE },
};

static void
test_peek (Fixture *fixture,
           gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  guint8 byte;
  gsize n = 0;

  if (peeks[i].act != NULL)
    peeks[i].act (fixture);
  msa_sim_advance_by (fixture->sim, 10000);
  g_assert_true (msa_filter_peek (filter) == peeks[i].found);
  if (peeks[i].act == send_byte)
    {
      /* It was not taken. */
      g_assert_cmpint (msa_filter_recv (filter, &byte, 1, &n, NULL), ==, MSA_IO_DONE);
      g_assert_cmpint (byte, ==, 'x');
    }
}

static void
test_shutdown_after_reset (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);

  msa_sim_peer_reset (fixture->peer);
  msa_sim_advance_by (fixture->sim, 1000);
  g_assert_cmpint (msa_filter_shutdown (filter), ==, MSA_IO_ERROR);
}

static void
test_shutdown (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  guint8 buffer[4];
  gsize n = 0;

  g_assert_cmpint (msa_filter_shutdown (filter), ==, MSA_IO_DONE);
  msa_sim_advance_by (fixture->sim, 1000);
  g_assert_true (msa_sim_peer_is_closed (fixture->peer));
  /* The other direction stays. */
  msa_sim_peer_send (fixture->peer, "bye", -1);
  wait_ready (fixture, filter, MSA_SOCKET_IN);
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &n, NULL), ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n, "bye", 3);
}

/* The reactor is told once for each change. */
static void
test_want (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (MsaFilter) filter = make_connected (fixture);
  guint n = msa_sim_count (fixture->sim, "poller_set");

  msa_socket_want (filter, MSA_SOCKET_IN);
  msa_socket_want (filter, MSA_SOCKET_IN);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "poller_set"), ==, n + 1);
  msa_sim_peer_send (fixture->peer, "x", 1);
  msa_socket_want (filter, MSA_SOCKET_NONE);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "poller_set"), ==, n + 2);
  fixture->ready = FALSE;
  msa_test_reactor_run_for (fixture->reactor, 10);
  g_assert_false (fixture->ready);
}

/* The peer sees the end; that it is removed from the poller first, teardown() checks. */
static void
test_free_closes (Fixture *fixture,
                  gconstpointer data)
{
  MsaFilter *filter = make_connected (fixture);

  msa_socket_want (filter, MSA_SOCKET_IN);
  msa_filter_free (filter);
  msa_sim_advance_by (fixture->sim, 1000);
  g_assert_true (msa_sim_peer_is_closed (fixture->peer));
}

/* So many ports are not tried in one go. */
static void
test_local_range (Fixture *fixture,
                  gconstpointer data)
{
  MsaLocalEnd local = { .port = 20000, .n_ports = 1001 };
  g_autoptr (MsaFilter) filter = NULL;
  g_autoptr (GError) error = NULL;
  guint n_turns = 0;

  for (guint16 port = 20000; port < 21000; port++)
    msa_sim_take_local_port (fixture->sim, port);
  fixture->local = &local;
  filter = make_socket (fixture, "10.0.0.1", 80);
  do
    {
      guint n_before = msa_sim_count (fixture->sim, "socket_bind");

      fixture->ready = FALSE;
      n_turns++;
      g_assert_cmpint (msa_filter_connect (filter, get_now_us (fixture), &error), ==, MSA_IO_AGAIN);
      g_assert_no_error (error);
      g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_bind") - n_before, <=,
                        MSA_BINDS_IN_A_ROW);
      /* It wants to be called again, for as long as it has no socket. */
      g_assert_cmpint (fixture->ready, ==, msa_socket_get_fd (filter) < 0);
      msa_socket_want (filter, msa_filter_wants (filter));
    }
  while (fixture->ready);

  g_assert_cmpuint (n_turns, ==, 4);
  wait_ready (fixture, filter, msa_filter_wants (filter));
  g_assert_cmpint (msa_filter_connect (filter, get_now_us (fixture), &error), ==, MSA_IO_DONE);
  g_assert_cmpstr (fixture->peer->client, ==, "10.255.0.1:21000");
  msa_socket_want (filter, MSA_SOCKET_NONE);
}

static const struct
{
  const char *path;
  void (*func) (Fixture *fixture, gconstpointer data);
} tests[] = {
  { "/msa/socket/connect", test_connect },
  { "/msa/socket/connect-asked-too-early", test_connect_asked_too_early },
  { "/msa/socket/connect-refused", test_connect_refused },
  { "/msa/socket/connect-unreachable", test_connect_unreachable },
  { "/msa/socket/connect-outcome-unknown", test_connect_outcome_unknown },
  { "/msa/socket/no-descriptors", test_no_descriptors },
  { "/msa/socket/freed-while-connecting", test_freed_while_connecting },
  { "/msa/socket/local/clash", test_local_clash },
  { "/msa/socket/local/no-clash", test_local_no_clash },
  { "/msa/socket/local/privileged", test_local_privileged },
  { "/msa/socket/local/range", test_local_range },
  { "/msa/socket/unix/connects", test_unix },
  { "/msa/socket/send", test_send },
  { "/msa/socket/send-fails", test_send_fails },
  { "/msa/socket/recv", test_recv },
  { "/msa/socket/pending-ends", test_pending_ends },
  { "/msa/socket/recv-reset", test_recv_reset },
  { "/msa/socket/shutdown", test_shutdown },
  { "/msa/socket/shutdown-after-reset", test_shutdown_after_reset },
  { "/msa/socket/want", test_want },
  { "/msa/socket/free-closes", test_free_closes },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, setup, tests[i].func, teardown);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/socket/local", locals, test_local);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/socket/local", local_faults, test_local_fault);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/socket/unix", unix_faults, test_unix_fault);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/socket/peek", peeks, test_peek);
  return g_test_run ();
}

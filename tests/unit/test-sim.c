/* test-sim.c: the simulation does what a kernel and a network do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-mailbox-private.h"
#include "model/msa-enums.h"
#include "net/msa-socket-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-rows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netdb.h>
#include <netinet/in.h>

#define LATENCY_US 1000

static MsaSim *sim;
static MsaSys *sys;

static void
setup (void)
{
  sim = msa_sim_new ();
  sys = msa_sim_get_sys (sim);
}

static void
teardown (void)
{
  msa_sim_assert_clean (sim);
  g_clear_pointer (&sim, msa_sim_unref);
}

static MsaAddress
ipv4 (const char *text,
      guint16 port)
{
  MsaAddress address = { .len = sizeof (struct sockaddr_in) };
  struct sockaddr_in *in = (struct sockaddr_in *) &address.addr;

  in->sin_family = AF_INET;
  g_assert_cmpint (inet_pton (AF_INET, text, &in->sin_addr), ==, 1);
  in->sin_port = htons (port);
  return address;
}

static int
start_connect (const char *text,
               guint16 port)
{
  MsaAddress address = ipv4 (text, port);
  int fd = sys->ops->socket_open (sys, AF_INET);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &address), ==, -1);
  g_assert_cmpint (errno, ==, EINPROGRESS);
  return fd;
}

static void
accept_cb (MsaSim *self,
           MsaSimPeer *peer,
           gpointer data)
{
  if (data != NULL)
    *(MsaSimPeer **) data = peer;
}

/* A connection that stands, with its peer. */
static int
connect_pair (MsaSimPeer **peer)
{
  int fd;

  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, peer);
  fd = start_connect ("10.0.0.1", 80);
  msa_sim_advance_by (sim, 2 * LATENCY_US);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, 0);
  return fd;
}

static guint
get_ready (int fd)
{
  GPollFD poll_fd = { fd, MSA_SOCKET_IN | MSA_SOCKET_OUT, 0 };

  sys->ops->poll (sys, &poll_fd, 1, 0);
  return poll_fd.revents;
}

static void
expect_recv (int fd,
             const char *text)
{
  char buffer[100];
  gssize n = sys->ops->socket_recv (sys, fd, buffer, sizeof buffer);

  g_assert_cmpint (n, ==, strlen (text));
  g_assert_cmpmem (buffer, n, text, strlen (text));
}

static void
expect_again (int fd)
{
  char byte;

  g_assert_cmpint (sys->ops->socket_recv (sys, fd, &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
}

/* Takes the violation that is expected, so that none is left. */
static void
expect_violation (const char *part)
{
  GPtrArray *violations = msa_sim_get_violations (sim);

  g_assert_cmpuint (violations->len, ==, 1);
  g_assert_nonnull (strstr (violations->pdata[0], part));
  g_ptr_array_set_size (violations, 0);
}

/* Time */

static void
note_cb (MsaSim *self,
         gpointer data)
{
  GString *notes = data;

  g_string_append_printf (notes, "%" G_GINT64_FORMAT " ",
                          msa_sim_get_now_us (self) - MSA_SIM_START_US);
}

static void
note_letter_cb (MsaSim *self,
                gpointer data)
{
  g_string_append_c (data, 'x');
}

static void
test_clock (void)
{
  g_autoptr (GString) notes = g_string_new (NULL);

  g_assert_cmpint (sys->ops->now_us (sys), ==, MSA_SIM_START_US);
  g_assert_cmpint (msa_sim_next_event (sim), ==, G_MAXINT64);
  msa_sim_call_after (sim, 20, note_cb, notes);
  msa_sim_call_after (sim, 10, note_cb, notes);
  msa_sim_call_after (sim, 10, note_letter_cb, notes);
  g_assert_cmpint (msa_sim_next_event (sim), ==, MSA_SIM_START_US + 10);

  g_assert_false (msa_sim_step (sim, MSA_SIM_START_US + 5));
  g_assert_cmpint (sys->ops->now_us (sys), ==, MSA_SIM_START_US + 5);
  g_assert_true (msa_sim_step (sim, MSA_SIM_START_US + 100));
  g_assert_cmpstr (notes->str, ==, "10 x");
  g_assert_true (msa_sim_step (sim, G_MAXINT64));
  g_assert_cmpstr (notes->str, ==, "10 x20 ");
  g_assert_false (msa_sim_step (sim, G_MAXINT64));
  g_assert_cmpint (sys->ops->now_us (sys), ==, MSA_SIM_START_US + 20);
}

static void
test_suspend (void)
{
  gint64 boot_us = sys->ops->boot_us (sys);

  msa_sim_suspend (sim, 500);
  msa_sim_advance_by (sim, 100);
  g_assert_cmpint (sys->ops->boot_us (sys), ==, boot_us + 600);
  g_assert_cmpint (sys->ops->now_us (sys), ==, MSA_SIM_START_US + 100);
}

/* Connections */

static void
test_connect (void)
{
  MsaSimPeer *peer = NULL;
  int fd;

  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, &peer);
  fd = start_connect ("10.0.0.1", 80);
  g_assert_cmpuint (get_ready (fd), ==, 0);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, EINPROGRESS);
  msa_sim_advance_by (sim, LATENCY_US - 1);
  g_assert_null (peer);
  msa_sim_advance_by (sim, 1);
  g_assert_nonnull (peer);
  g_assert_cmpstr (peer->address, ==, "10.0.0.1:80");
  g_assert_cmpuint (get_ready (fd), ==, 0);
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_cmpuint (get_ready (fd), ==, MSA_SOCKET_OUT);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, 0);

  g_assert_cmpuint (msa_sim_get_n_peers (sim), ==, 1);
  g_assert_true (msa_sim_get_peer (sim, 0) == peer);
  sys->ops->close (sys, fd);
}

static void
test_refused (void)
{
  int fd = start_connect ("10.0.0.9", 80);

  msa_sim_advance_by (sim, 2 * LATENCY_US - 1);
  g_assert_cmpuint (get_ready (fd), ==, 0);
  msa_sim_advance_by (sim, 1);
  g_assert_cmpuint (get_ready (fd) & MSA_SOCKET_ERR, !=, 0);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, ECONNREFUSED);
  sys->ops->close (sys, fd);
}

static void
test_black_hole (void)
{
  int fd;

  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, NULL);
  msa_sim_set_black_hole (sim, "10.0.0.1");
  fd = start_connect ("10.0.0.1", 80);
  g_assert_cmpint (msa_sim_next_event (sim), ==, G_MAXINT64);
  msa_sim_advance_by (sim, G_TIME_SPAN_HOUR);
  g_assert_cmpuint (get_ready (fd), ==, 0);
  sys->ops->close (sys, fd);
}

static void
test_unreachable (void)
{
  MsaAddress address = ipv4 ("10.0.0.1", 80);
  int fd = sys->ops->socket_open (sys, AF_INET);

  msa_sim_set_unreachable (sim, "10.0.0.1");
  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &address), ==, -1);
  g_assert_cmpint (errno, ==, ENETUNREACH);
  sys->ops->close (sys, fd);
}

/* Local ends */

static const struct
{
  const char *name;
  const char *address;
  guint16     port;
  int         error_number; /* 0: it is bound */
  const char *client;       /* where it is then seen to come from */
} bindings[] = {
  { "port", "0.0.0.0", 5000, 0, "10.255.0.1:5000" },
  { "address", "10.255.0.2", 0, 0, "10.255.0.2:49152" },
  { "both", "10.255.0.2", 5000, 0, "10.255.0.2:5000" },
  { "port-taken", "0.0.0.0", 5001, EADDRINUSE, "10.255.0.1:49152" },
  { "not-ours", "10.255.0.3", 0, EADDRNOTAVAIL, "10.255.0.1:49152" },
};

static void
test_bind (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  MsaAddress local, remote = ipv4 ("10.0.0.1", 80);
  MsaSimPeer *peer = NULL;
  int fd;

  setup ();
  msa_sim_add_local_address (sim, "10.255.0.2");
  msa_sim_take_local_port (sim, 5001);
  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, &peer);
  fd = sys->ops->socket_open (sys, AF_INET);
  local = ipv4 (bindings[i].address, bindings[i].port);
  errno = 0;
  g_assert_cmpint (sys->ops->socket_bind (sys, fd, &local), ==,
                   bindings[i].error_number == 0 ? 0 : -1);
  g_assert_cmpint (errno, ==, bindings[i].error_number);

  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &remote), ==, -1);
  msa_sim_advance_by (sim, 2 * LATENCY_US);
  g_assert_cmpstr (peer->client, ==, bindings[i].client);
  sys->ops->close (sys, fd);
  teardown ();
}

static void
test_bind_misused (void)
{
  MsaAddress address = ipv4 ("0.0.0.0", 5000);
  int ipv6 = sys->ops->socket_open (sys, AF_INET6);
  int fd = sys->ops->socket_open (sys, AF_INET);

  g_assert_cmpint (sys->ops->socket_bind (sys, ipv6, &address), ==, -1);
  g_assert_cmpint (errno, ==, EINVAL);
  g_assert_cmpint (sys->ops->socket_bind (sys, fd, &address), ==, 0);
  g_assert_cmpint (sys->ops->socket_bind (sys, fd, &address), ==, -1);
  g_assert_cmpint (errno, ==, EINVAL);
  sys->ops->close (sys, ipv6);
  sys->ops->close (sys, fd);
}

/* A port is shared by connections to different places only. */
static void
test_bind_clash (void)
{
  MsaAddress local = ipv4 ("0.0.0.0", 5000);
  MsaAddress remotes[] = { ipv4 ("10.0.0.1", 80), ipv4 ("10.0.0.2", 80), ipv4 ("10.0.0.1", 80) };
  int fds[3];

  for (guint i = 0; i < 3; i++)
    {
      fds[i] = sys->ops->socket_open (sys, AF_INET);
      g_assert_cmpint (sys->ops->socket_bind (sys, fds[i], &local), ==, 0);
      g_assert_cmpint (sys->ops->socket_connect (sys, fds[i], &remotes[i]), ==, -1);
      g_assert_cmpint (errno, ==, i < 2 ? EINPROGRESS : EADDRNOTAVAIL);
    }
  for (guint i = 0; i < 3; i++)
    sys->ops->close (sys, fds[i]);
}

static void
test_bind_device (void)
{
  MsaAddress address = ipv4 ("10.0.0.1", 80);
  MsaSimPeer *peer = NULL;
  int fd = sys->ops->socket_open (sys, AF_INET);

  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, &peer);
  msa_sim_set_interface (sim, "eth0", 2);
  g_assert_cmpint (sys->ops->socket_bind_device (sys, fd, "eth1"), ==, -1);
  g_assert_cmpint (errno, ==, ENODEV);
  g_assert_cmpint (sys->ops->socket_bind_device (sys, fd, "eth0"), ==, 0);
  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &address), ==, -1);
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_cmpstr (peer->device, ==, "eth0");
  sys->ops->close (sys, fd);
}

static void
test_tune (void)
{
  const MsaSocketTuning tuning = { TRUE, 7, 3 };
  MsaSimPeer *peer = NULL;
  int fd = connect_pair (&peer);
  int early = start_connect ("10.0.0.1", 80);

  sys->ops->socket_tune (sys, fd, &tuning);
  g_assert_true (peer->tuning.nodelay);
  g_assert_cmpuint (peer->tuning.keepalive_idle_s, ==, 7);
  g_assert_cmpuint (peer->tuning.keepalive_interval_s, ==, 3);
  sys->ops->socket_tune (sys, early, &tuning);
  expect_violation ("before there is a connection");
  sys->ops->close (sys, fd);
  sys->ops->close (sys, early);
}

static void
test_unix (void)
{
  MsaSimPeer *peer = NULL;
  MsaAddress address, none;
  int fd = sys->ops->socket_open (sys, AF_UNIX);

  g_assert_true (msa_address_parse_path (&address, "/run/server", NULL));
  g_assert_true (msa_address_parse_path (&none, "/run/none", NULL));
  msa_sim_listen (sim, "unix:/run/server", 0, accept_cb, &peer);
  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &none), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);

  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &address), ==, 0);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, 0);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "ping", 4), ==, 4);
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_cmpstr (peer->address, ==, "unix:/run/server");
  g_assert_cmpstr (peer->client, ==, "unix:");
  g_assert_cmpstr (msa_sim_peer_get_received (peer)->str, ==, "ping");
  msa_sim_peer_send (peer, "pong", -1);
  msa_sim_advance_by (sim, LATENCY_US);
  expect_recv (fd, "pong");
  sys->ops->close (sys, fd);
}

static void
test_closed_before_accept (void)
{
  MsaSimPeer *peer = NULL;

  msa_sim_listen (sim, "10.0.0.1", 80, accept_cb, &peer);
  sys->ops->close (sys, start_connect ("10.0.0.1", 80));
  msa_sim_advance_by (sim, 10 * LATENCY_US);
  g_assert_null (peer);
}

static void
test_receive (void)
{
  MsaSimPeer *peer;
  char byte;
  int fd = connect_pair (&peer);

  msa_sim_peer_send (peer, "hello", -1);
  msa_sim_advance_by (sim, LATENCY_US - 1);
  expect_again (fd);
  msa_sim_advance_by (sim, 1);
  g_assert_cmpuint (get_ready (fd), ==, MSA_SOCKET_IN | MSA_SOCKET_OUT);
  g_assert_cmpint (sys->ops->socket_peek (sys, fd, &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 'h');
  expect_recv (fd, "hello");
  expect_again (fd);
  g_assert_cmpuint (get_ready (fd), ==, MSA_SOCKET_OUT);
  sys->ops->close (sys, fd);
}

static void
test_segments (void)
{
  MsaSimPeer *peer;
  int fd = connect_pair (&peer);

  msa_sim_set_segment (sim, 2);
  msa_sim_peer_send (peer, "abc", -1);
  msa_sim_peer_send (peer, "d", -1);
  g_assert_true (msa_sim_step (sim, G_MAXINT64));
  expect_recv (fd, "ab");
  g_assert_true (msa_sim_step (sim, G_MAXINT64));
  expect_recv (fd, "c");
  g_assert_true (msa_sim_step (sim, G_MAXINT64));
  expect_recv (fd, "d");
  g_assert_false (msa_sim_step (sim, G_MAXINT64));
  sys->ops->close (sys, fd);
}

static void
test_send_later (void)
{
  MsaSimPeer *peer;
  int fd = connect_pair (&peer);

  msa_sim_peer_send_at (peer, 5000, "late", -1);
  msa_sim_peer_close_at (peer, 5000);
  msa_sim_peer_send (peer, "early", -1);
  msa_sim_advance_by (sim, LATENCY_US);
  expect_recv (fd, "early");
  msa_sim_advance_by (sim, 4999);
  expect_again (fd);
  msa_sim_advance_by (sim, 1);
  expect_recv (fd, "late");
  expect_recv (fd, "");
  sys->ops->close (sys, fd);
}

static void
count_received_cb (MsaSimPeer *peer,
                   gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_send (void)
{
  MsaSimPeer *peer;
  guint n_received = 0, n_closed = 0;
  int fd = connect_pair (&peer);

  peer->user_data = &n_received;
  peer->received = count_received_cb;
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "GET ", 4), ==, 4);
  msa_sim_advance_by (sim, LATENCY_US - 1);
  g_assert_cmpuint (n_received, ==, 0);
  msa_sim_advance_by (sim, 1);
  g_assert_cmpuint (n_received, ==, 1);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "/", 1), ==, 1);
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_cmpstr (msa_sim_peer_get_received (peer)->str, ==, "GET /");

  peer->user_data = &n_closed;
  peer->closed = count_received_cb;
  g_assert_cmpint (sys->ops->socket_shutdown_write (sys, fd), ==, 0);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  sys->ops->close (sys, fd);
  g_assert_false (msa_sim_peer_is_closed (peer));
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_true (msa_sim_peer_is_closed (peer));
  g_assert_cmpuint (n_closed, ==, 1);
}

static void
test_send_window (void)
{
  MsaSimPeer *peer;
  int fd = connect_pair (&peer);

  msa_sim_set_send_window (sim, 6);
  msa_sim_peer_stop_reading (peer);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "abcd", 4), ==, 4);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "efgh", 4), ==, 2);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "gh", 2), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_cmpuint (get_ready (fd), ==, 0);
  msa_sim_advance_by (sim, 10 * LATENCY_US);
  g_assert_cmpuint (get_ready (fd), ==, 0);
  g_assert_cmpuint (msa_sim_peer_get_received (peer)->len, ==, 0);

  msa_sim_peer_go_on_reading (peer);
  g_assert_cmpstr (msa_sim_peer_get_received (peer)->str, ==, "abcdef");
  g_assert_cmpuint (get_ready (fd), ==, MSA_SOCKET_OUT);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "gh", 2), ==, 2);
  sys->ops->close (sys, fd);
}

/* A peer that closed answers what still comes with a reset; one that shut down does not. */
static void
test_peer_close (gconstpointer data)
{
  const gboolean whole = GPOINTER_TO_INT (data);
  MsaSimPeer *peer;
  char byte;
  int fd = connect_pair (&peer);

  if (whole)
    msa_sim_peer_close (peer);
  else
    msa_sim_peer_shutdown (peer);
  msa_sim_peer_send (peer, "ignored", -1);
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_cmpuint (get_ready (fd), ==, MSA_SOCKET_IN | MSA_SOCKET_OUT);
  expect_recv (fd, "");
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "x", 1), ==, 1);
  msa_sim_advance_by (sim, 2 * LATENCY_US);
  if (whole)
    {
      g_assert_cmpint (sys->ops->socket_recv (sys, fd, &byte, 1), ==, -1);
      g_assert_cmpint (errno, ==, ECONNRESET);
    }
  else
    {
      expect_recv (fd, "");
      g_assert_cmpstr (msa_sim_peer_get_received (peer)->str, ==, "x");
    }
  sys->ops->close (sys, fd);
}

static void
test_peer_reset (void)
{
  MsaSimPeer *peer;
  char byte;
  int fd = connect_pair (&peer);

  msa_sim_peer_send (peer, "rest", -1);
  msa_sim_peer_reset (peer);
  msa_sim_advance_by (sim, LATENCY_US);
  g_assert_cmpuint (get_ready (fd), ==,
                    MSA_SOCKET_IN | MSA_SOCKET_OUT | MSA_SOCKET_ERR | MSA_SOCKET_HUP);
  expect_recv (fd, "rest");
  g_assert_cmpint (sys->ops->socket_recv (sys, fd, &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, ECONNRESET);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  sys->ops->close (sys, fd);
}

/* Waiting */

static void
test_wait_moves_clock (void)
{
  MsaSimPeer *peer;
  MsaSysEvent events[2];
  int poller = sys->ops->poller_open (sys);
  int fd = connect_pair (&peer);
  gint64 start_us = sys->ops->now_us (sys);

  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, 0, MSA_SOCKET_IN, 77), ==, 0);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 2, 0), ==, 0);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 2, 3), ==, 0);
  g_assert_cmpint (sys->ops->now_us (sys), ==, start_us + 3000);

  msa_sim_peer_send (peer, "x", 1);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 2, -1), ==, 1);
  g_assert_cmpint (sys->ops->now_us (sys), ==, start_us + 3000 + LATENCY_US);
  g_assert_cmpuint (events[0].token, ==, 77);
  g_assert_cmpuint (events[0].events, ==, MSA_SOCKET_IN);
  expect_recv (fd, "x");

  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 2, -1), ==, -1);
  expect_violation ("without end");
  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, MSA_SOCKET_IN, 0, 0), ==, 0);
  sys->ops->close (sys, fd);
  sys->ops->close (sys, poller);
}

/* More are ready than are asked for: each has its turn. */
static void
test_wait_fair (void)
{
  MsaSysEvent event;
  int poller = sys->ops->poller_open (sys);
  int fds[3];
  guint seen = 0;

  for (guint i = 0; i < 3; i++)
    {
      fds[i] = sys->ops->event_open (sys);
      sys->ops->event_set (sys, fds[i]);
      sys->ops->poller_set (sys, poller, fds[i], 0, MSA_SOCKET_IN, i);
    }
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (sys->ops->poller_wait (sys, poller, &event, 1, 0), ==, 1);
      seen |= 1u << event.token;
    }
  g_assert_cmpuint (seen, ==, 7);
  for (guint i = 0; i < 3; i++)
    {
      sys->ops->poller_set (sys, poller, fds[i], MSA_SOCKET_IN, 0, 0);
      sys->ops->close (sys, fds[i]);
    }
  sys->ops->close (sys, poller);
}

static gboolean
is_readable (int fd)
{
  GPollFD poll_fd = { fd, G_IO_IN, 0 };

  return g_poll (&poll_fd, 1, 0) == 1;
}

/* For a main loop that really waits on it. */
static void
test_poller_is_real (void)
{
  int poller = sys->ops->poller_open (sys);
  int event = sys->ops->event_open (sys);
  int timer = sys->ops->timer_open (sys);

  sys->ops->poller_set (sys, poller, event, 0, MSA_SOCKET_IN, 1);
  sys->ops->poller_set (sys, poller, timer, 0, MSA_SOCKET_IN, 2);
  g_assert_false (is_readable (poller));
  sys->ops->event_set (sys, event);
  g_assert_true (is_readable (poller));
  sys->ops->event_clear (sys, event);
  g_assert_false (is_readable (poller));

  sys->ops->timer_set (sys, timer, MSA_SIM_START_US + 100);
  g_assert_false (is_readable (poller));
  msa_sim_advance_by (sim, 100);
  g_assert_true (is_readable (poller));
  sys->ops->poller_set (sys, poller, timer, MSA_SOCKET_IN, 0, 0);
  g_assert_false (is_readable (poller));

  sys->ops->event_set (sys, event);
  sys->ops->poller_set (sys, poller, event, MSA_SOCKET_IN, MSA_SOCKET_OUT, 1);
  g_assert_false (is_readable (poller));
  sys->ops->poller_set (sys, poller, event, MSA_SOCKET_OUT, 0, 1);
  sys->ops->close (sys, event);
  sys->ops->close (sys, timer);
  sys->ops->close (sys, poller);
}

static void
test_timer (void)
{
  int timer = sys->ops->timer_open (sys);

  g_assert_cmpint (sys->ops->timer_set (sys, timer, MSA_SIM_START_US + 50), ==, 0);
  g_assert_cmpint (sys->ops->timer_set (sys, timer, MSA_SIM_START_US + 100), ==, 0);
  msa_sim_advance_by (sim, 99);
  g_assert_cmpuint (get_ready (timer), ==, 0);
  msa_sim_advance_by (sim, 1);
  g_assert_cmpuint (get_ready (timer), ==, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->timer_set (sys, timer, G_MAXINT64), ==, 0);
  g_assert_cmpuint (get_ready (timer), ==, 0);
  g_assert_cmpint (sys->ops->timer_set (sys, timer, 0), ==, 0);
  g_assert_cmpuint (get_ready (timer), ==, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->timer_set (sys, timer, G_MAXINT64 - 1), ==, 0);
  sys->ops->close (sys, timer);
}

/* Numbers, misuse, faults */

static void
test_lowest_number_first (void)
{
  int first = sys->ops->socket_open (sys, AF_INET);
  int second = sys->ops->socket_open (sys, AF_INET);
  int again;

  g_assert_cmpint (second, >, first);
  sys->ops->close (sys, first);
  again = sys->ops->socket_open (sys, AF_INET6);
  g_assert_cmpint (again, ==, first);
  sys->ops->close (sys, second);
  sys->ops->close (sys, again);
}

static void
test_fd_limit (void)
{
  int first = sys->ops->socket_open (sys, AF_INET);
  int second;

  msa_sim_set_fd_limit (sim, 2);
  second = sys->ops->socket_open (sys, AF_INET);
  g_assert_cmpint (second, >=, 0);
  g_assert_cmpint (sys->ops->socket_open (sys, AF_INET), ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
  g_assert_cmpint (sys->ops->event_open (sys), ==, -1);
  g_assert_cmpuint (msa_sim_n_open (sim), ==, 2);
  sys->ops->close (sys, first);
  sys->ops->close (sys, second);
}

static void
test_double_close (void)
{
  int fd = sys->ops->socket_open (sys, AF_INET);

  sys->ops->close (sys, fd);
  sys->ops->close (sys, fd);
  expect_violation ("close on closed descriptor");
}

static void
test_close_registered (void)
{
  int poller = sys->ops->poller_open (sys);
  int fd = sys->ops->socket_open (sys, AF_INET);
  MsaSysEvent event;

  sys->ops->poller_set (sys, poller, fd, 0, MSA_SOCKET_IN, 1);
  sys->ops->close (sys, fd);
  expect_violation ("close on registered descriptor");
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, &event, 1, 0), ==, 0);
  sys->ops->close (sys, poller);
}

static void
test_use_after_close (void)
{
  int fd = sys->ops->socket_open (sys, AF_INET);
  char byte;

  sys->ops->close (sys, fd);
  g_assert_cmpint (sys->ops->socket_recv (sys, fd, &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
  expect_violation ("socket_recv on closed descriptor");
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "x", 1), ==, -1);
  expect_violation ("socket_send on closed descriptor");
}

static void
test_wrong_registration (void)
{
  int poller = sys->ops->poller_open (sys);
  int fd = sys->ops->socket_open (sys, AF_INET);

  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, MSA_SOCKET_IN, 0, 1), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  expect_violation ("unregistered");
  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, 0, MSA_SOCKET_IN, 1), ==, 0);
  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, 0, MSA_SOCKET_OUT, 1), ==, -1);
  g_assert_cmpint (errno, ==, EEXIST);
  expect_violation ("twice");
  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, MSA_SOCKET_OUT, 0, 1), ==, 0);
  expect_violation ("for the old events");
  sys->ops->close (sys, fd);
  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, 0, MSA_SOCKET_IN, 1), ==, -1);
  expect_violation ("poller_set on closed descriptor");
  sys->ops->close (sys, poller);
}

static void
test_use_after_free (void)
{
  msa_sim_ref (sim);
  sys->ops->free (sys);
  sys->ops->now_us (sys);
  expect_violation ("now_us after free");
}

static void
test_fail_nth (void)
{
  int first, second;

  msa_sim_fail_nth (sim, "socket_open", 2, ENFILE);
  msa_sim_fail_nth (sim, "*", 4, ENOMEM);
  first = sys->ops->socket_open (sys, AF_INET);
  g_assert_cmpint (first, >=, 0);
  g_assert_cmpint (sys->ops->socket_open (sys, AF_INET), ==, -1);
  g_assert_cmpint (errno, ==, ENFILE);
  second = sys->ops->socket_open (sys, AF_INET);
  g_assert_cmpint (second, >=, 0);
  g_assert_cmpint (sys->ops->event_open (sys), ==, -1);
  g_assert_cmpint (errno, ==, ENOMEM);
  g_assert_cmpuint (msa_sim_count (sim, "socket_open"), ==, 3);
  g_assert_cmpuint (msa_sim_count (sim, "*"), ==, 4);
  sys->ops->close (sys, first);
  sys->ops->close (sys, second);
}

/* Jobs, names, files */

typedef struct
{
  MsaJob   job; /* first */
  gint64   takes_us;
  gboolean worked;
  gint64   finished_us;
} TestJob;

static void
work_cb (MsaJob *job,
         MsaSys *job_sys)
{
  TestJob *self = (TestJob *) job;

  self->worked = TRUE;
  job->duration_us = self->takes_us;
}

static void
finished_cb (MsaJob *job)
{
  ((TestJob *) job)->finished_us = msa_sim_get_now_us (sim);
}

static void
test_job (void)
{
  TestJob slow = { { work_cb, finished_cb, 0 }, 5000, FALSE, 0 };
  TestJob fast = { { work_cb, finished_cb, 0 }, 0, FALSE, 0 };

  g_assert_true (sys->ops->run_job (sys, &slow.job, NULL));
  g_assert_true (sys->ops->run_job (sys, &fast.job, NULL));
  g_assert_true (slow.worked && fast.worked);
  g_assert_cmpint (fast.finished_us, ==, 0);
  msa_sim_step (sim, msa_sim_get_now_us (sim));
  g_assert_cmpint (fast.finished_us, ==, MSA_SIM_START_US);
  msa_sim_advance_by (sim, G_USEC_PER_SEC);
  g_assert_cmpint (slow.finished_us, ==, MSA_SIM_START_US + 5000);
}

static void
test_job_ends_with_system (void)
{
  TestJob job = { { work_cb, finished_cb, 0 }, 5000, FALSE, 0 };

  g_assert_true (sys->ops->run_job (sys, &job.job, NULL));
  msa_sim_ref (sim);
  sys->ops->free (sys);
  g_assert_cmpint (job.finished_us, ==, MSA_SIM_START_US);
  g_assert_cmpint (msa_sim_next_event (sim), ==, G_MAXINT64);
}

static void
test_job_without_thread (void)
{
  TestJob job = { { work_cb, finished_cb, 0 }, 0, FALSE, 0 };
  g_autoptr (GError) error = NULL;

  msa_sim_fail_nth (sim, "run_job", 1, EAGAIN);
  g_assert_false (sys->ops->run_job (sys, &job.job, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_assert_false (job.worked);
}

static const struct
{
  const char *name, *host;
  int         family, code;
  guint       n;
  gint64      delay_us;
} lookups[] = {
  { "ipv4", "both.test", AF_INET, 0, 2, 700 },
  { "ipv6", "both.test", AF_INET6, 0, 1, 700 },
  { "missing-family", "four.test", AF_INET6, EAI_NODATA, 0, 10 },
  { "error", "bad.test", AF_INET, EAI_FAIL, 0, 30 },
  { "error-of-family", "half.test", AF_INET6, EAI_AGAIN, 0, 90 },
  { "error-not-of-family", "half.test", AF_INET, 0, 1, 0 },
  { "unknown", "unknown.test", AF_INET, EAI_NONAME, 0, 0 },
};

static void
test_look_up (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GArray) addresses = g_array_new (FALSE, FALSE, sizeof (MsaAddress));
  MsaJob job = { 0 };

  setup ();
  msa_sim_set_host (sim, "both.test", 700, "10.0.0.1", "fd00::1", "10.0.0.2", NULL);
  msa_sim_set_host (sim, "four.test", 10, "10.0.0.1", NULL);
  msa_sim_set_host (sim, "half.test", 0, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_host_family (sim, "half.test", AF_INET6, EAI_AGAIN, 90);
  msa_sim_set_host_error (sim, "bad.test", EAI_FAIL, 30);

  g_assert_cmpint (sys->ops->look_up (sys, &job, lookups[i].host, lookups[i].family, addresses),
                   ==, lookups[i].code);
  g_assert_cmpuint (addresses->len, ==, lookups[i].n);
  g_assert_cmpint (job.duration_us, ==, lookups[i].delay_us);
  teardown ();
}

static void
test_files (void)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  msa_sim_set_file (sim, "/etc/x", "abc", -1);
  bytes = sys->ops->read_file (sys, "/etc/x", 3, NULL);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "abc", 3);
  g_assert_null (sys->ops->read_file (sys, "/etc/x", 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (sys->ops->read_file (sys, "/etc/y", 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_file_stamp (void)
{
  guint64 first, second;

  g_assert_false (sys->ops->file_stamp (sys, "/etc/x", &first));
  msa_sim_set_file (sim, "/etc/x", "abc", -1);
  g_assert_true (sys->ops->file_stamp (sys, "/etc/x", &first));
  g_assert_true (sys->ops->file_stamp (sys, "/etc/x", &second));
  g_assert_cmpuint (first, ==, second);
  msa_sim_set_file (sim, "/etc/x", "abd", -1);
  g_assert_true (sys->ops->file_stamp (sys, "/etc/x", &second));
  g_assert_cmpuint (first, !=, second);
}

static void
test_environment (void)
{
  msa_sim_set_env (sim, "HOME", "/home/x");
  msa_sim_set_interface (sim, "eth0", 5);
  g_assert_cmpstr (sys->ops->getenv (sys, "HOME"), ==, "/home/x");
  g_assert_null (sys->ops->getenv (sys, "PATH"));
  g_assert_cmpuint (sys->ops->interface_index (sys, "eth0"), ==, 5);
  g_assert_cmpuint (sys->ops->interface_index (sys, "eth1"), ==, 0);
}

/* The HTTP server */

static void
echo_handler (MsaSimPeer *peer,
              const char *method,
              const char *target,
              const char *head,
              GBytes *body,
              gpointer data)
{
  g_autofree char *text = g_strdup_printf (
      "%s %s %.*s", method, target, (int) g_bytes_get_size (body),
      (const char *) g_bytes_get_data (body, NULL));

  g_assert_cmpstr (data, ==, "data");
  g_assert_true (g_str_has_suffix (head, "\r\n\r\n"));
  msa_sim_http_respond (peer, 200, "X-Extra: 1\r\n", text);
}

static void
test_http (void)
{
  static const char requests[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                                 "POST /b HTTP/1.1\r\ncontent-length: 3\r\n\r\nxyz";
  const gsize cut = sizeof requests - 1 - 2;
  int fd;

  msa_sim_http_server (sim, "10.0.0.1", 80, echo_handler, (gpointer) "data");
  fd = start_connect ("10.0.0.1", 80);
  msa_sim_advance_by (sim, 2 * LATENCY_US);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, requests, cut), ==, cut);
  msa_sim_advance_by (sim, 2 * LATENCY_US);
  expect_recv (fd, "HTTP/1.1 200 OK\r\nX-Extra: 1\r\nContent-Length: 7\r\n\r\nGET /a ");
  expect_again (fd);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, requests + cut, 2), ==, 2);
  msa_sim_advance_by (sim, 2 * LATENCY_US);
  expect_recv (fd, "HTTP/1.1 200 OK\r\nX-Extra: 1\r\nContent-Length: 11\r\n\r\nPOST /b xyz");
  sys->ops->close (sys, fd);
}

static const struct
{
  const char *name;
  guint       status;
  const char *headers, *body, *text;
} responses[] = {
  { "empty", 404, NULL, NULL, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
  { "interim", 100, NULL, NULL, "HTTP/1.1 100 Continue\r\n\r\n" },
  { "no-content", 204, NULL, NULL, "HTTP/1.1 204 No Content\r\n\r\n" },
  { "framed", 200, "transfer-encoding: chunked\r\n", "0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" },
  { "head", 200, "Content-Length: 9\r\n", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" },
};

static void
test_http_response (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  MsaSimPeer *peer;
  int fd;

  setup ();
  fd = connect_pair (&peer);
  msa_sim_http_respond (peer, responses[i].status, responses[i].headers, responses[i].body);
  msa_sim_advance_by (sim, LATENCY_US);
  expect_recv (fd, responses[i].text);
  sys->ops->close (sys, fd);
  teardown ();
}

static const struct
{
  const char *path;
  void      (*func) (void);
} tests[] = {
  { "/msa/sim/clock", test_clock },
  { "/msa/sim/suspend", test_suspend },
  { "/msa/sim/connect", test_connect },
  { "/msa/sim/refused", test_refused },
  { "/msa/sim/black-hole", test_black_hole },
  { "/msa/sim/unreachable", test_unreachable },
  { "/msa/sim/closed-before-accept", test_closed_before_accept },
  { "/msa/sim/bind-misused", test_bind_misused },
  { "/msa/sim/bind-clash", test_bind_clash },
  { "/msa/sim/bind-device", test_bind_device },
  { "/msa/sim/unix", test_unix },
  { "/msa/sim/tune", test_tune },
  { "/msa/sim/receive", test_receive },
  { "/msa/sim/segments", test_segments },
  { "/msa/sim/send-later", test_send_later },
  { "/msa/sim/send", test_send },
  { "/msa/sim/send-window", test_send_window },
  { "/msa/sim/peer-reset", test_peer_reset },
  { "/msa/sim/wait-moves-clock", test_wait_moves_clock },
  { "/msa/sim/wait-fair", test_wait_fair },
  { "/msa/sim/poller-is-real", test_poller_is_real },
  { "/msa/sim/timer", test_timer },
  { "/msa/sim/lowest-number-first", test_lowest_number_first },
  { "/msa/sim/fd-limit", test_fd_limit },
  { "/msa/sim/double-close", test_double_close },
  { "/msa/sim/close-registered", test_close_registered },
  { "/msa/sim/use-after-close", test_use_after_close },
  { "/msa/sim/wrong-registration", test_wrong_registration },
  { "/msa/sim/use-after-free", test_use_after_free },
  { "/msa/sim/fail-nth", test_fail_nth },
  { "/msa/sim/job/duration", test_job },
  { "/msa/sim/job/ends-with-system", test_job_ends_with_system },
  { "/msa/sim/job/without-thread", test_job_without_thread },
  { "/msa/sim/files", test_files },
  { "/msa/sim/file-stamp", test_file_stamp },
  { "/msa/sim/environment", test_environment },
  { "/msa/sim/http/requests", test_http },
};

static void
run_test (gconstpointer data)
{
  setup ();
  tests[GPOINTER_TO_UINT (data)].func ();
  teardown ();
}

static void
run_peer_close (gconstpointer data)
{
  setup ();
  test_peer_close (data);
  teardown ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].path, GUINT_TO_POINTER (i), run_test);
  g_test_add_data_func ("/msa/sim/peer-close", GINT_TO_POINTER (TRUE), run_peer_close);
  g_test_add_data_func ("/msa/sim/peer-shutdown", GINT_TO_POINTER (FALSE), run_peer_close);
  MSA_TEST_ADD_NUMBERED ("/msa/sim/bind", bindings, test_bind);
  MSA_TEST_ADD_NUMBERED ("/msa/sim/look-up", lookups, test_look_up);
  MSA_TEST_ADD_NUMBERED ("/msa/sim/http/respond", responses, test_http_response);
  return g_test_run ();
}

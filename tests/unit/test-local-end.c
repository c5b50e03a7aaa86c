/* test-local-end.c: Unix sockets, and connections that begin where they are told to
 *
 * And sockets that are tuned. Through the whole of the library: in the simulation, and on the real
 * system with what the loopback interface offers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>

#define MS G_GINT64_CONSTANT (1000)

static void
expect_ok (MsaEasy *easy,
           const char *remote)
{
  g_autofree char *address = msa_easy_dup_remote_address (easy);

  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  if (remote != NULL)
    g_assert_cmpstr (address, ==, remote);
}

static const char *
get_client (MsaTestWorld *world,
            guint i)
{
  g_assert_cmpuint (i, <, msa_sim_get_n_peers (world->sim));
  return msa_sim_get_peer (world->sim, i)->client;
}

/* Settings that cannot be meant */

static const struct
{
  const char *name;
  const char *unix_path;
  const char *interface;
  const char *address;
  guint       port;
  guint       range;
  const char *message;
} refused[] = {
  { "range-alone", NULL, NULL, NULL, 0, 10,
    "local-port-range is 10, but there is no local-port from which to go on" },
  { "range-alone-of-one", NULL, NULL, NULL, 0, 1,
    "local-port-range is 1, but there is no local-port from which to go on" },
  { "range-beyond", NULL, NULL, NULL, 65530, 7,
    "local-port-range is 7, but there are only 6 ports from local-port 65530 on" },
  { "range-far-beyond", NULL, NULL, NULL, 2, 65535,
    "local-port-range is 65535, but there are only 65534 ports from local-port 2 on" },
  { "address-name", NULL, NULL, "localhost", 0, 0,
    "The local-address “localhost” is no numeric IPv4 or IPv6 address" },
  { "address-empty", NULL, NULL, "", 0, 0,
    "The local-address “” is no numeric IPv4 or IPv6 address" },
  { "address-not-utf8", NULL, NULL, "\377", 0, 0,
    "The local-address “\357\277\275” is no numeric IPv4 or IPv6 address" },
  { "interface-empty", NULL, "", NULL, 0, 0, "The interface is empty" },
  { "unix-empty", "", NULL, NULL, 0, 0,
    "The Unix socket path “” has 0 bytes: 1 to 107 are possible" },
  { "unix-and-interface", "/run/server", "eth0", NULL, 0, 0,
    "With unix-socket-path there is no interface, local-address or local-port" },
  { "unix-and-address", "/run/server", NULL, "10.255.0.1", 0, 0,
    "With unix-socket-path there is no interface, local-address or local-port" },
  { "unix-and-port", "/run/server", NULL, NULL, 5000, 0,
    "With unix-socket-path there is no interface, local-address or local-port" },
};

static void
test_refused (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy = msa_test_world_make (world, "/");

  msa_easy_set_unix_socket_path (easy, refused[i].unix_path);
  msa_easy_set_interface (easy, refused[i].interface);
  msa_easy_set_local_address (easy, refused[i].address);
  msa_easy_set_local_port (easy, refused[i].port);
  msa_easy_set_local_port_range (easy, refused[i].range);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_suffix (msa_easy_get_error (easy)->message, refused[i].message));
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_open"), ==, 0);
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 0);
  msa_test_world_assert_all_once (world);
}

/* Unix sockets */

static void
tell_host_cb (MsaSimPeer *peer,
              const char *method,
              const char *target,
              const char *head,
              GBytes *body,
              gpointer data)
{
  const char *host = strstr (head, "Host: ");

  if (strcmp (target, "/hang") == 0)
    return;
  g_assert_nonnull (host);
  host += strlen ("Host: ");
  *strchr (host, '\r') = '\0';
  msa_sim_http_respond (peer, 200, NULL, host);
}

static MsaEasy *
add_unix (MsaTestWorld *world,
          const char *uri,
          const char *path)
{
  MsaEasy *easy = msa_test_world_make (world, uri);

  msa_easy_set_unix_socket_path (easy, path);
  msa_test_world_add_again (world, easy);

  return easy;
}

static void
serve_unix (MsaTestWorld *world)
{
  msa_sim_http_server (world->sim, "unix:/run/server", 0, tell_host_cb, NULL);
  msa_sim_http_server (world->sim, "unix:/run/other", 0, tell_host_cb, NULL);
  msa_sim_http_server (world->sim, "unix:@server", 0, tell_host_cb, NULL);
}

static const struct
{
  const char *name;
  const char *uri;
  const char *path;
  const char *remote;
  const char *host;
} served[] = {
  { "known-host", "http://example.org/", "/run/server", "unix:/run/server", "example.org" },
  { "unknown-host", "http://api.invalid:8080/", "/run/server", "unix:/run/server",
    "api.invalid:8080" },
  { "literal", "http://192.0.2.1/", "/run/server", "unix:/run/server", "192.0.2.1" },
  { "abstract", "http://example.org/", "@server", "unix:@server", "example.org" },
};

static void
test_served (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;

  serve_unix (world);
  easy = add_unix (world, served[i].uri, served[i].path);
  g_assert_true (msa_test_world_run (world, 1));
  expect_ok (easy, served[i].remote);
  msa_test_world_assert_body (easy, served[i].host);
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 0);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_open"), ==, 1);
}

/* By path and by host: what one server says for one host is not taken for another's. */
static void
test_unix_reuse (MsaTestWorld *world)
{
  static const struct
  {
    const char *uri, *path;
    guint       n_peers; /* afterwards */
  } steps[] = {
    { "/", "/run/server", 1 },
    { "/", "/run/server", 1 },
    { "/", "/run/other", 2 },
    { "http://other.org/", "/run/server", 3 },
    { "/", NULL, 4 },
    { "/", NULL, 4 },
    { "/", "/run/server", 4 },
  };

  serve_unix (world);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      MsaEasy *easy = add_unix (world, steps[i].uri, steps[i].path);

      g_assert_true (msa_test_world_run (world, i + 1));
      expect_ok (easy, NULL);
      g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, steps[i].n_peers);
    }
}

/* The limit is one of the host, whichever way leads to it. */
static void
test_unix_limit (MsaTestWorld *world)
{
  MsaEasy *hanging, *waiting;

  serve_unix (world);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  hanging = add_unix (world, "/hang", "/run/server");
  waiting = msa_test_world_add (world, "/");
  msa_test_world_settle (world, 100 * MS);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  g_assert_cmpint (msa_easy_get_state (waiting), ==, MSA_EASY_QUEUED);
  msa_test_world_remove (world, hanging);
  g_assert_true (msa_test_world_run (world, 1));
  expect_ok (waiting, "10.0.0.1:80");
}

/* Local ends */

static const struct
{
  const char *name;
  const char *uri;
  const char *interface;
  const char *address;
  guint       port;
  guint       range;
  const char *client;  /* (nullable): NULL: it fails */
  const char *message;
} locals[] = {
  { "interface", "/", "eth0", NULL, 0, 0, "10.255.0.1:49152", NULL },
  { "address", "/", NULL, "10.255.0.2", 0, 0, "10.255.0.2:49152", NULL },
  { "address-ipv6", "http://both.org/", NULL, "fd00::ff:1", 0, 0, "[fd00::ff:1]:49152", NULL },
  { "address-picks-family", "http://both.org/", NULL, "10.255.0.1", 0, 0, "10.255.0.1:49152",
    NULL },
  { "port", "/", NULL, NULL, 5000, 0, "10.255.0.1:5000", NULL },
  { "port-ipv6", "http://both.org/", NULL, NULL, 5000, 0, "[fd00::ff:1]:5000", NULL },
  { "range", "/", NULL, NULL, 5001, 5, "10.255.0.1:5003", NULL },
  { "range-to-the-end", "/", NULL, NULL, 65535, 1, "10.255.0.1:65535", NULL },
  { "all", "/", "eth0", "10.255.0.2", 5001, 5, "10.255.0.2:5003", NULL },
  { "interface-missing", "/", "eth1", NULL, 0, 0, NULL,
    "example.org: Binding to interface eth1 for 10.0.0.1:80 failed: "
    "No such device" },
  { "address-foreign", "/", NULL, "192.0.2.9", 0, 0, NULL,
    "example.org: Binding to address 192.0.2.9 for 10.0.0.1:80 failed: "
    "Cannot assign requested address" },
  { "address-other-family", "/", NULL, "fd00::ff:1", 0, 0, NULL,
    "example.org: Binding to address [fd00::ff:1] for 10.0.0.1:80 failed: "
    "One is IPv4, the other IPv6" },
  { "port-taken", "/", NULL, NULL, 5001, 0, NULL,
    "example.org: Binding to port 5001 for 10.0.0.1:80 failed: "
    "Address already in use" },
  { "range-taken", "/", NULL, NULL, 5001, 2, NULL,
    "example.org: Binding to ports 5001 to 5002 for 10.0.0.1:80 failed: "
    "Address already in use" },
};

/* Ports 5001 and 5002 are taken, 10.255.0.2 is ours, eth0 is there. */
static void
set_up_local (MsaTestWorld *world)
{
  msa_sim_set_interface (world->sim, "eth0", 2);
  msa_sim_add_local_address (world->sim, "10.255.0.2");
  msa_sim_take_local_port (world->sim, 5001);
  msa_sim_take_local_port (world->sim, 5002);
  msa_sim_set_host (world->sim, "both.org", 2 * MS, "10.0.0.1", "fd00::1", NULL);
  msa_sim_http_server (world->sim, "fd00::1", 80, msa_test_world_respond_cb, NULL);
}

static MsaEasy *
add_local (MsaTestWorld *world,
           const char *uri,
           guint port,
           guint range)
{
  MsaEasy *easy = msa_test_world_make (world, uri);

  msa_easy_set_local_port (easy, port);
  msa_easy_set_local_port_range (easy, range);
  msa_test_world_add_again (world, easy);

  return easy;
}

static void
test_local (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy = msa_test_world_make (world, locals[i].uri);

  set_up_local (world);
  msa_easy_set_interface (easy, locals[i].interface);
  msa_easy_set_local_address (easy, locals[i].address);
  msa_easy_set_local_port (easy, locals[i].port);
  msa_easy_set_local_port_range (easy, locals[i].range);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_assert_all_once (world);
  if (locals[i].client == NULL)
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BIND);
      g_assert_cmpstr (msa_easy_get_error (easy)->message, ==, locals[i].message);
      return;
    }

  expect_ok (easy, NULL);
  g_assert_cmpstr (get_client (world, 0), ==, locals[i].client);
  g_assert_cmpstr (msa_sim_get_peer (world->sim, 0)->device, ==, locals[i].interface);
}

/* Several connections to one host take the ports in turn; when there is none left, the transfer
 * fails and the others do not. */
static void
test_ports_in_turn (MsaTestWorld *world)
{
  MsaEasy *late;

  for (guint i = 0; i < 3; i++)
    add_local (world, "/hang", 5000, 3);
  msa_test_world_settle (world, 100 * MS);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 3);
  g_assert_cmpstr (get_client (world, 0), ==, "10.255.0.1:5000");
  g_assert_cmpstr (get_client (world, 1), ==, "10.255.0.1:5001");
  g_assert_cmpstr (get_client (world, 2), ==, "10.255.0.1:5002");

  late = add_local (world, "/", 5000, 3);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (late), MSA_ERROR, MSA_ERROR_BIND);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 3);

  /* Another host may be reached from the same port. */
  late = add_local (world, "http://other.org/", 5000, 3);
  g_assert_true (msa_test_world_run (world, 2));
  expect_ok (late, "10.0.0.2:80");
  g_assert_cmpstr (get_client (world, 3), ==, "10.255.0.1:5000");
}

/* A connection from elsewhere is none of those that were asked for. */
static void
test_local_reuse (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up_local (world);
  msa_test_world_add (world, "/");
  g_assert_true (msa_test_world_run (world, 1));
  for (guint i = 0; i < 2; i++)
    {
      easy = msa_test_world_make (world, "/");
      msa_easy_set_local_address (easy, "10.255.0.2");
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, i + 2));
      g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
    }
}

/* Tuning */

static const struct
{
  const char     *name;
  MsaSocketTuning tuning;
} tunings[] = {
  { "gathers", { FALSE, 60, 60 } },
  { "no-probes", { TRUE, 0, 60 } },
  { "probes", { FALSE, 7, 3 } },
};

static void
expect_tuning (MsaTestWorld *world,
               guint i_peer,
               const MsaSocketTuning *expected)
{
  const MsaSocketTuning *tuning = &msa_sim_get_peer (world->sim, i_peer)->tuning;

  g_assert_cmpint (tuning->nodelay, ==, expected->nodelay);
  g_assert_cmpuint (tuning->keepalive_idle_s, ==, expected->keepalive_idle_s);
  g_assert_cmpuint (tuning->keepalive_interval_s, ==, expected->keepalive_interval_s);
}

/* Unlike the usual, whose connection is not taken for it. */
static void
test_tuned (MsaTestWorld *world)
{
  const MsaSocketTuning usual = { TRUE, 60, 60 };
  const MsaSocketTuning *tuning = &tunings[GPOINTER_TO_UINT (world->row)].tuning;
  MsaEasy *easy = msa_test_world_make (world, "/");

  msa_test_world_add (world, "/");
  g_assert_true (msa_test_world_run (world, 1));
  expect_tuning (world, 0, &usual);

  msa_easy_set_tcp_nodelay (easy, tuning->nodelay);
  msa_easy_set_tcp_keepalive_idle_s (easy, tuning->keepalive_idle_s);
  msa_easy_set_tcp_keepalive_interval_s (easy, tuning->keepalive_interval_s);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  expect_tuning (world, 1, tuning);
}

static void
test_unix_is_not_tuned (MsaTestWorld *world)
{
  serve_unix (world);
  add_unix (world, "/", "/run/server");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_tune"), ==, 0);
}

/* The real system */

static void
test_real_unix (MsaTestWorld *world)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-local-end-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  g_autofree char *remote = g_strconcat ("unix:", path, NULL);
  g_autofree char *message = g_strdup_printf ("api.invalid: Connecting to %s failed: %s",
                                              remote, g_strerror (ECONNREFUSED));
  MsaTestServer *server = msa_test_server_new_unix (path);
  MsaEasy *easy;

  for (guint i = 0; i < 3; i++)
    {
      easy = add_unix (world, "http://api.invalid/size/100000", path);
      g_assert_true (msa_test_world_run (world, i + 1));
      expect_ok (easy, remote);
      g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 100000);
    }
  g_assert_cmpuint (msa_test_server_count_requests (server), ==, 3);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);

  /* The path outlives its server. */
  msa_test_server_free (server);
  easy = add_unix (world, "http://api.invalid/", path);
  g_assert_true (msa_test_world_run (world, 4));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpstr (msa_easy_get_error (easy)->message, ==, message);
  g_unlink (path);
  g_rmdir (folder);
}

/* "127.0.0.2:5000", of the one connection, which is idle. */
static char *
dup_local (MsaTestWorld *world)
{
  struct sockaddr_in in;
  socklen_t len = sizeof in;
  char text[INET_ADDRSTRLEN];

  g_assert_cmpint (getsockname (msa_test_world_get_fd (world), (struct sockaddr *) &in, &len), ==,
                   0);
  g_assert_nonnull (inet_ntop (AF_INET, &in.sin_addr, text, sizeof text));

  return g_strdup_printf ("%s:%u", text, ntohs (in.sin_port));
}

static void
test_real_address (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/");
  g_autofree char *local = NULL;

  msa_easy_set_local_address (easy, "127.0.0.2");
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  expect_ok (easy, NULL);
  local = dup_local (world);
  g_assert_true (g_str_has_prefix (local, "127.0.0.2:"));
}

/* A range of the documentation: nobody's. */
static void
test_real_foreign_address (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/");

  msa_easy_set_local_address (easy, "192.0.2.1");
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BIND);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "Binding to address 192.0.2.1"));
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (EADDRNOTAVAIL)));
}

/* Holds a port; -1 if somebody else does. */
static int
hold_port (guint16 port)
{
  struct sockaddr_in in = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
    .sin_port = htons (port),
  };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  if (bind (fd, (struct sockaddr *) &in, sizeof in) == 0)
    return fd;

  close (fd);
  return -1;
}

/* The first of three neighbouring ports, of which the first two are held and the third was free
 * a moment ago. One after the other: who finds the first held leaves the third alone. */
static guint16
hold_two_of_three (int *fds)
{
  for (guint port = 20000; port < 30000; port += 3)
    {
      guint n = 0;
      int held[3];

      while (n < 3 && (held[n] = hold_port ((guint16) (port + n))) >= 0)
        n++;
      if (n == 3)
        {
          close (held[2]);
          memcpy (fds, held, 2 * sizeof *fds);
          return (guint16) port;
        }
      while (n > 0)
        close (held[--n]);
    }

  g_assert_not_reached ();
}

static void
test_real_range (MsaTestWorld *world)
{
  int fds[2];
  guint16 port = hold_two_of_three (fds);
  g_autofree char *expected = g_strdup_printf ("127.0.0.1:%u", port + 2);
  g_autofree char *message = g_strdup_printf ("Binding to address 127.0.0.1, ports %u to %u",
                                              port, port + 1);
  g_autofree char *local = NULL;

  for (guint i = 0; i < 2; i++)
    {
      MsaEasy *easy = msa_test_world_make (world, "/");

      msa_easy_set_local_address (easy, "127.0.0.1");
      msa_easy_set_local_port (easy, port);
      msa_easy_set_local_port_range (easy, 3 - i);
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, i + 1));
      if (i == 0)
        {
          expect_ok (easy, NULL);
          local = dup_local (world);
          continue;
        }
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BIND);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, message));
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (EADDRINUSE)));
    }
  g_assert_cmpstr (local, ==, expected);
  close (fds[0]);
  close (fds[1]);
}

/* Kernels before 5.7 leave interfaces to the administrator, and say so. */
static void
expect_binding_error (MsaEasy *easy,
                      const char *interface,
                      int error_number)
{
  g_autofree char *binding = g_strdup_printf ("Binding to interface %s for ", interface);
  const char *message;

  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BIND);
  message = msa_easy_get_error (easy)->message;
  g_assert_nonnull (strstr (message, binding));
  if (strstr (message, g_strerror (EPERM)) == NULL)
    g_assert_nonnull (strstr (message, g_strerror (error_number)));
}

static void
test_real_interface (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/");

  msa_easy_set_interface (easy, "lo");
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  if (msa_easy_get_error (easy) != NULL)
    expect_binding_error (easy, "lo", EPERM);
  else
    {
      char name[16] = "";
      socklen_t len = sizeof name;

      expect_ok (easy, NULL);
      g_assert_cmpint (getsockopt (msa_test_world_get_fd (world), SOL_SOCKET, SO_BINDTODEVICE, name,
                                   &len),
                       ==, 0);
      g_assert_cmpstr (name, ==, "lo");
    }
}

static void
test_real_no_interface (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/");

  msa_easy_set_interface (easy, "no-such-thing");
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  expect_binding_error (easy, "no-such-thing", ENODEV);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/local-end/refused", refused, test_refused);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/local-end/unix/served", served, test_served);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/local-end/bound", locals, test_local);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/local-end/tuned", tunings, test_tuned);
  msa_test_world_add_test ("/msa/local-end/unix/not-tuned", test_unix_is_not_tuned);
  msa_test_world_add_test ("/msa/local-end/unix/reuse", test_unix_reuse);
  msa_test_world_add_test ("/msa/local-end/unix/limit", test_unix_limit);
  msa_test_world_add_test ("/msa/local-end/ports-in-turn", test_ports_in_turn);
  msa_test_world_add_test ("/msa/local-end/reuse", test_local_reuse);
  msa_test_world_add_real_test ("/msa/local-end/real/unix", test_real_unix);
  msa_test_world_add_real_test ("/msa/local-end/real/address", test_real_address);
  msa_test_world_add_real_test ("/msa/local-end/real/foreign-address", test_real_foreign_address);
  msa_test_world_add_real_test ("/msa/local-end/real/range", test_real_range);
  msa_test_world_add_real_test ("/msa/local-end/real/interface", test_real_interface);
  msa_test_world_add_real_test ("/msa/local-end/real/no-interface", test_real_no_interface);

  return g_test_run ();
}

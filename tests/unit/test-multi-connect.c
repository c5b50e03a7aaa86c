/* test-multi-connect.c: what the application has to say when connections are made
 *
 * Refused addresses and driven handlers in the simulation; sockets that the application makes on
 * the real system.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <gio/gunixsocketaddress.h>

/* --- addresses --- */

typedef enum
{
  ALLOW,
  REMOVE,
  NEST,
  REPLACE,
  CLEAR,
  DISPOSE_EASY,
} Manner;

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  const char *refused; /* (nullable): addresses that begin like this */
  Manner manner;
  GString *asked; /* (owned): in their order, each with a space behind */
  guint n_destroyed;
} Judge;

static char *
show (GSocketAddress *address)
{
  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    return g_strdup (g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)));

  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

static void
destroy_cb (gpointer data)
{
  ((Judge *) data)->n_destroyed++;
}

static gboolean judge_cb (MsaMulti *multi,
                          MsaEasy *easy,
                          GSocketAddress *address,
                          gpointer data);

static void
act (Judge *self,
     MsaMulti *multi,
     MsaEasy *easy)
{
  switch (self->manner)
    {
    case REMOVE:
      msa_test_world_remove (self->world, easy);
      break;
    case DISPOSE_EASY:
      msa_test_world_get_record (easy)->n_added--;
      g_object_run_dispose (G_OBJECT (easy));
      break;
    case NEST:
      for (guint i = 0; i < 5; i++)
        msa_test_driver_turn (self->world->driver);
      break;
    case REPLACE:
      msa_multi_set_address_func (multi, judge_cb, self, destroy_cb);
      break;
    case CLEAR:
      msa_multi_set_address_func (multi, NULL, NULL, NULL);
      break;
    case ALLOW:
    default:
      break;
    }
}

static gboolean
judge_cb (MsaMulti *multi,
          MsaEasy *easy,
          GSocketAddress *address,
          gpointer data)
{
  Judge *self = data;
  g_autofree char *text = show (address);

  g_assert_true (multi == self->world->multi);
  g_assert_true (MSA_IS_EASY (easy));
  g_string_append_printf (self->asked, "%s ", text);
  act (self, multi, easy);
  return self->refused == NULL || !g_str_has_prefix (text, self->refused);
}

static void
judge_init (Judge *self,
            MsaTestWorld *world,
            Manner manner)
{
  *self = (Judge) { .world = world, .manner = manner, .asked = g_string_new (NULL) };
  msa_multi_set_address_func (world->multi, judge_cb, self, destroy_cb);
}

static void
judge_clear (Judge *self)
{
  msa_multi_set_address_func (self->world->multi, NULL, NULL, NULL);
  g_assert_cmpuint (self->n_destroyed, >, 0);
  g_string_free (self->asked, TRUE);
}

static void
serve_cb (MsaSim *sim,
          MsaSimPeer *peer,
          gpointer data)
{
  msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -1);
}

static const struct
{
  const char *name;
  const char *uri;
  const char *pin; /* (nullable): of :resolve */
  const char *unix_path; /* (nullable) */
  const char *refused; /* (nullable) */
  const char *asked;
  gboolean works;
} rows[] = {
  { "name", "http://example.org/", NULL, NULL, NULL, "10.0.0.1:80 ", TRUE },
  { "literal", "http://10.0.0.1/", NULL, NULL, NULL, "10.0.0.1:80 ", TRUE },
  { "pin", "http://elsewhere.org/", "elsewhere.org:80:10.0.0.1", NULL, NULL, "10.0.0.1:80 ", TRUE },
  { "unix", "http://example.org/", NULL, "/run/server", NULL, "/run/server ", TRUE },
  { "refused-name", "http://example.org/", NULL, NULL, "10.", "10.0.0.1:80 ", FALSE },
  { "refused-literal", "http://10.0.0.1/", NULL, NULL, "10.", "10.0.0.1:80 ", FALSE },
  { "refused-pin", "http://elsewhere.org/", "elsewhere.org:80:10.0.0.1", NULL, "10.",
    "10.0.0.1:80 ", FALSE },
  { "refused-unix", "http://example.org/", NULL, "/run/server", "/run", "/run/server ", FALSE },
  { "next-of-two", "http://two.org/", NULL, NULL, "10.9.", "10.9.0.1:80 10.0.0.1:80 ", TRUE },
  { "both-of-two", "http://two.org/", NULL, NULL, "10.", "10.9.0.1:80 10.0.0.1:80 ", FALSE },
  { "first-fails", "http://two.org/", NULL, NULL, NULL, "10.9.0.1:80 10.0.0.1:80 ", TRUE },
  { "late-family", "http://late.org/", NULL, NULL, "10.", "10.0.0.1:80 [fd00::1]:80 ", TRUE },
};

static void
test_row (MsaTestWorld *world)
{
  guint row = GPOINTER_TO_UINT (world->row);
  const char *pins[] = { rows[row].pin, NULL };
  MsaEasy *easy;
  Judge judge;

  msa_sim_set_host (world->sim, "two.org", 1000, "10.9.0.1", "10.0.0.1", NULL);
  msa_sim_set_host (world->sim, "late.org", 1000, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_host_family (world->sim, "late.org", AF_INET6, 0, 900000);
  msa_sim_listen (world->sim, "unix:/run/server", 0, serve_cb, NULL);
  msa_sim_listen (world->sim, "fd00::1", 80, serve_cb, NULL);
  judge_init (&judge, world, ALLOW);
  judge.refused = rows[row].refused;
  easy = msa_test_world_make (world, rows[row].uri);
  if (rows[row].pin != NULL)
    msa_easy_set_resolve (easy, pins);
  msa_easy_set_unix_socket_path (easy, rows[row].unix_path);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));

  g_assert_cmpstr (judge.asked->str, ==, rows[row].asked);
  if (rows[row].works)
    {
      g_assert_no_error (msa_easy_get_error (easy));
    }
  else
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "The application refused"));
    }
  judge_clear (&judge);
}

/* --- what the function may do --- */

static void
test_manner (MsaTestWorld *world)
{
  Manner manner = GPOINTER_TO_UINT (world->row);
  gboolean leaves = manner == REMOVE || manner == DISPOSE_EASY;
  Judge judge;

  judge_init (&judge, world, manner);
  msa_test_world_add (world, "/a");
  msa_test_world_add (world, "http://other.org/b");
  if (leaves)
    msa_test_world_settle (world, G_USEC_PER_SEC);
  else
    g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, leaves ? 0 : 2);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  /* Cleared in its first call, it is not asked again. */
  g_assert_cmpstr (judge.asked->str, ==,
                   manner == CLEAR ? "10.0.0.1:80 " : "10.0.0.1:80 10.0.0.2:80 ");
  judge_clear (&judge);
}

/* A function that is new was not asked about what is there. */
static void
test_idle_is_closed (MsaTestWorld *world)
{
  Judge judge;

  msa_test_world_add (world, "/a");
  g_assert_true (msa_test_world_run (world, 1));
  judge_init (&judge, world, ALLOW);
  msa_test_world_add (world, "/b");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpstr (judge.asked->str, ==, "10.0.0.1:80 ");

  g_string_truncate (judge.asked, 0);
  msa_test_world_add (world, "/c");
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpstr (judge.asked->str, ==, "");
  judge_clear (&judge);
}

/* Nor is a connection that was in use when the function came given to others. */
static void
test_used_serves_nobody (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/part/100");
  Judge judge;

  msa_easy_set_timeout_ms (easy, 60000);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  judge_init (&judge, world, ALLOW);
  msa_sim_peer_send (msa_sim_get_peer (world->sim, 0),
                     "01234567890123456789012345678901234567890123456789", 50);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);

  msa_test_world_add (world, "/b");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpstr (judge.asked->str, ==, "10.0.0.1:80 ");
  judge_clear (&judge);
}

/* --- time passes in the function --- */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  gint64 pass_us;
  guint n_asked;
} Thinker;

/* What a turn finds ready is dealt with, or else it would find it for ever. */
static gboolean
think_cb (MsaMulti *multi,
          MsaEasy *easy,
          GSocketAddress *address,
          gpointer data)
{
  Thinker *self = data;
  g_autofree char *text = show (address);
  guint n = 0;

  self->n_asked++;
  msa_sim_advance_by (self->world->sim, self->pass_us);
  while (msa_test_driver_turn (self->world->driver))
    g_assert_cmpuint (++n, <, 50);
  return !g_str_has_prefix (text, "[");
}

/* IPv6 comes in while IPv4 is allowed, and goes before it: it was not. */
static void
test_joined_meanwhile (MsaTestWorld *world)
{
  Thinker thinker = { .world = world, .pass_us = G_USEC_PER_SEC };
  g_autofree char *remote = NULL;
  MsaEasy *easy;

  msa_sim_set_host (world->sim, "late.org", 1000, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_host_family (world->sim, "late.org", AF_INET6, 0, 900000);
  msa_sim_listen (world->sim, "fd00::1", 80, serve_cb, NULL);
  msa_multi_set_address_func (world->multi, think_cb, &thinker, NULL);
  easy = msa_test_world_add (world, "http://late.org/");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  remote = msa_easy_dup_remote_address (easy);
  g_assert_cmpstr (remote, ==, "10.0.0.1:80");
  g_assert_cmpuint (thinker.n_asked, ==, 1);
  msa_multi_set_address_func (world->multi, NULL, NULL, NULL);
}

/* The first address has connected when the function for the second runs a loop. */
static void
test_connected_meanwhile (MsaTestWorld *world)
{
  Thinker thinker = { .world = world, .pass_us = 500000 };
  MsaEasy *easy;

  msa_sim_set_host (world->sim, "two.org", 1000, "10.0.0.1", "10.0.0.2", NULL);
  msa_sim_set_latency (world->sim, 150000);
  msa_multi_set_address_func (world->multi, think_cb, &thinker, NULL);
  easy = msa_test_world_add (world, "http://two.org/");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (thinker.n_asked, ==, 2);
  msa_multi_set_address_func (world->multi, NULL, NULL, NULL);
}

/* --- sockets of the application's --- */

typedef enum
{
  GIVE_NEW,
  GIVE_CONNECTED,
  GIVE_CONNECTING,
  GIVE_CLOSED,
  GIVE_DATAGRAM,
  GIVE_NONE,
} Gift;

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  Gift gift;
  guint n_opened;
  GWeakRef last;
} Maker;

static GSocket *
open_cb (MsaMulti *multi,
         MsaEasy *easy,
         GSocketAddress *address,
         gpointer data)
{
  Maker *self = data;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) server = NULL;

  self->n_opened++;
  if (self->gift == GIVE_NONE)
    return NULL;

  server = g_inet_socket_address_new_from_string (
      "127.0.0.1", msa_test_server_get_port (self->world->server));
  socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                         self->gift == GIVE_DATAGRAM ? G_SOCKET_TYPE_DATAGRAM
                                                     : G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_socket_set_blocking (socket, self->gift == GIVE_CONNECTED);
  if (self->gift == GIVE_CONNECTED)
    g_assert_true (g_socket_connect (socket, server, NULL, NULL));
  else if (self->gift == GIVE_CONNECTING)
    g_socket_connect (socket, server, NULL, NULL);
  else if (self->gift == GIVE_CLOSED)
    g_assert_true (g_socket_close (socket, NULL));
  g_weak_ref_set (&self->last, socket);
  return g_steal_pointer (&socket);
}

static gboolean
is_let_go (gpointer data)
{
  g_autoptr (GObject) socket = g_weak_ref_get (&((Maker *) data)->last);

  return socket == NULL;
}

static const struct
{
  const char *name;
  Gift gift;
  const char *refusal; /* (nullable) */
} gifts[] = {
  { "new", GIVE_NEW, NULL },
  { "connected", GIVE_CONNECTED, NULL },
  { "connecting", GIVE_CONNECTING, NULL },
  { "closed", GIVE_CLOSED, "Taking over a socket for 127.0.0.1:" },
  { "datagram", GIVE_DATAGRAM, "Taking over a socket for 127.0.0.1:" },
  { "none", GIVE_NONE, "The application refused 127.0.0.1:" },
};

static void
test_gift (MsaTestWorld *world)
{
  guint row = GPOINTER_TO_UINT (world->row);
  Maker maker = { .world = world, .gift = gifts[row].gift };
  MsaEasy *easy;

  g_weak_ref_init (&maker.last, NULL);
  msa_multi_set_open_func (world->multi, open_cb, &maker, NULL);
  /* A socket that is connected is used as it is, whatever the address was. */
  easy = msa_test_world_make (world, gifts[row].gift == GIVE_CONNECTED ? "http://127.0.0.1:9/"
                                                                       : "/size/100000");
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (maker.n_opened, ==, 1);
  if (gifts[row].refusal == NULL)
    {
      g_assert_no_error (msa_easy_get_error (easy));
      /* Held with the connection, which waits for another transfer. */
      g_assert_false (is_let_go (&maker));
    }
  else
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, gifts[row].refusal));
    }

  msa_multi_set_open_func (world->multi, NULL, NULL, NULL);
  g_assert_true (msa_test_world_run_until (world, is_let_go, &maker));
  g_weak_ref_clear (&maker.last);
}

static void
add_addresses (void)
{
  static const struct
  {
    const char *name;
    Manner manner;
  } manners[] = {
    { "allow", ALLOW },
    { "remove", REMOVE },
    { "nest", NEST },
    { "replace", REPLACE },
    { "clear", CLEAR },
    { "dispose-easy", DISPOSE_EASY },
  };

  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/multi-connect/address", rows, test_row);
  for (guint i = 0; i < G_N_ELEMENTS (manners); i++)
    {
      g_autofree char *path = g_strconcat ("/msa/multi-connect/manner/", manners[i].name, NULL);

      msa_test_world_add_row_test (path, test_manner, GUINT_TO_POINTER (manners[i].manner));
    }
  msa_test_world_add_test ("/msa/multi-connect/idle-is-closed", test_idle_is_closed);
  msa_test_world_add_test ("/msa/multi-connect/used-serves-nobody", test_used_serves_nobody);
  msa_test_world_add_test ("/msa/multi-connect/meanwhile/joined", test_joined_meanwhile);
  msa_test_world_add_test ("/msa/multi-connect/meanwhile/connected", test_connected_meanwhile);
}

/* One driver shows it: sockets are the same in all. */
static void
test_gift_attached (gconstpointer data)
{
  MsaTestWorld *world = msa_test_world_new_real (MSA_TEST_ATTACHED);

  world->row = data;
  test_gift (world);
  msa_test_world_free (world);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_addresses ();
  MSA_TEST_ADD_NUMBERED ("/msa/multi-connect/socket", gifts, test_gift_attached);
  return g_test_run ();
}

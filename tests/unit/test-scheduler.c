/* test-scheduler.c: limits on connections, and whose turn it is
 *
 * All through the multi, on the simulation; sockets are counted where they are opened and closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <errno.h>

/* Sockets that are open, and the most there ever were. */
static struct
{
  const MsaSysOps *ops;
  GHashTable      *fds; /* (owned) */
  guint            n_most;
} sockets;

static int
counted_open (MsaSys *sys,
              int family)
{
  int fd = sockets.ops->socket_open (sys, family);

  if (fd >= 0)
    g_hash_table_add (sockets.fds, GINT_TO_POINTER (fd));
  sockets.n_most = MAX (sockets.n_most, g_hash_table_size (sockets.fds));

  return fd;
}

static void
counted_close (MsaSys *sys,
               int fd)
{
  g_hash_table_remove (sockets.fds, GINT_TO_POINTER (fd));
  sockets.ops->close (sys, fd);
}

static void
count_sockets (MsaTestWorld *world)
{
  static MsaSysOps ops;
  MsaSys *sys = msa_sim_get_sys (world->sim);

  g_clear_pointer (&sockets.fds, g_hash_table_unref);
  sockets.fds = g_hash_table_new (NULL, NULL);
  sockets.n_most = 0;
  sockets.ops = sys->ops;
  ops = *sys->ops;
  ops.socket_open = counted_open;
  ops.close = counted_close;
  sys->ops = &ops;
}

/* As many hosts “host0.org” … as wanted, each with an address of its own. */
static void
add_hosts (MsaTestWorld *world,
           guint n_hosts,
           MsaSimHttpFunc respond)
{
  for (guint i = 0; i < n_hosts; i++)
    {
      g_autofree char *name = g_strdup_printf ("host%u.org", i);
      g_autofree char *address = g_strdup_printf ("10.1.0.%u", i + 1);

      msa_sim_set_host (world->sim, name, 1000, address, NULL);
      msa_sim_http_server (world->sim, address, 80, respond, NULL);
    }
}

static void
respond_cb (MsaSimPeer *peer,
            const char *method,
            const char *target,
            const char *head,
            GBytes *body,
            gpointer data)
{
  if (!g_str_has_prefix (target, "/hang"))
    msa_sim_http_respond (peer, 200, NULL, target);
}

static MsaEasy *
add_to_host (MsaTestWorld *world,
             guint i,
             const char *target)
{
  g_autofree char *uri = g_strdup_printf ("http://host%u.org%s", i, target);

  return msa_test_world_add (world, uri);
}

static void
add_many (MsaTestWorld *world,
          guint n,
          const char *target)
{
  for (guint i = 0; i < n; i++)
    msa_test_world_add (world, target);
}

static MsaTestRecord *
get_record (MsaTestWorld *world,
            guint i)
{
  return g_ptr_array_index (world->records, i);
}

static guint
count_state (MsaTestWorld *world,
             MsaEasyState state)
{
  guint n = 0;

  for (guint i = 0; i < world->records->len; i++)
    n += msa_easy_get_state (get_record (world, i)->easy) == state;

  return n;
}

/* Limits */

static void
test_per_host_default (MsaTestWorld *world)
{
  count_sockets (world);
  add_many (world, 50, "/hello");
  g_assert_true (msa_test_world_run (world, 50));
  g_assert_cmpuint (sockets.n_most, ==, 6);
  g_assert_cmpuint (world->n_ok, ==, 50);
}

/* A host is a name with its port. */
static void
test_per_host_is_origin (MsaTestWorld *world)
{
  count_sockets (world);
  msa_sim_http_server (world->sim, "10.0.0.1", 8080, respond_cb, NULL);
  msa_multi_set_max_connections_per_host (world->multi, 2);
  add_many (world, 10, "/hang");
  add_many (world, 10, "http://other.org/hang");
  add_many (world, 10, "http://example.org:8080/hang");
  add_many (world, 10, "http://EXAMPLE.org:80/hang");
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 6);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 6);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 34);
}

static void
test_total (MsaTestWorld *world)
{
  count_sockets (world);
  add_hosts (world, 8, respond_cb);
  msa_multi_set_max_connections (world->multi, 3);
  for (guint i = 0; i < 64; i++)
    add_to_host (world, i % 8, "/hello");
  g_assert_true (msa_test_world_run (world, 64));
  g_assert_cmpuint (world->n_ok, ==, 64);
  g_assert_cmpuint (sockets.n_most, ==, 3);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), <=, 3);
}

static void
test_no_limit (MsaTestWorld *world)
{
  count_sockets (world);
  msa_multi_set_max_connections_per_host (world->multi, 0);
  add_many (world, 100, "/hang");
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 100);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 0);
}

/* The connection counts until its descriptor is closed: a new one is not opened beside it. */
static void
test_closing_counts (MsaTestWorld *world)
{
  count_sockets (world);
  msa_multi_set_max_connections (world->multi, 1);
  for (guint i = 0; i < 10; i++)
    msa_test_world_add (world, i % 2 == 0 ? "/truncated/100" : "http://other.org/empty");
  g_assert_true (msa_test_world_run (world, 10));
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_open"), ==, 10);
  g_assert_cmpuint (sockets.n_most, ==, 1);
}

/* What failed to be made is no connection any more. */
static void
test_failed_connections (MsaTestWorld *world)
{
  count_sockets (world);
  msa_multi_set_max_connections (world->multi, 2);
  msa_sim_set_unreachable (world->sim, "10.0.0.2");
  add_many (world, 5, "http://nowhere.org/");
  add_many (world, 5, "http://other.org/");
  add_many (world, 5, "http://example.org:1/");
  add_many (world, 5, "/hello");
  g_assert_true (msa_test_world_run (world, 20));
  g_assert_cmpuint (world->n_ok, ==, 5);
  g_assert_cmpuint (sockets.n_most, <=, 2);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), <=, 2);
}

/* Idle connections */

static void
test_idle_limit (MsaTestWorld *world)
{
  count_sockets (world);
  add_hosts (world, 5, respond_cb);
  msa_multi_set_max_idle_connections (world->multi, 2);
  for (guint i = 0; i < 5; i++)
    {
      add_to_host (world, i, "/hello");
      g_assert_true (msa_test_world_run (world, i + 1));
      msa_test_world_settle (world, 5000);
      g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, MIN (i + 1, 2));
      g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, MIN (i + 1, 2));
    }

  /* Those used last were kept. */
  add_to_host (world, 4, "/hello");
  add_to_host (world, 3, "/hello");
  g_assert_true (msa_test_world_run (world, 7));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 5);
  add_to_host (world, 0, "/hello");
  g_assert_true (msa_test_world_run (world, 8));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 6);
}

static void
test_idle_none (MsaTestWorld *world)
{
  msa_multi_set_max_idle_connections (world->multi, 0);
  for (guint i = 0; i < 3; i++)
    {
      msa_test_world_add (world, "/hello");
      g_assert_true (msa_test_world_run (world, i + 1));
      msa_test_world_settle (world, 5000);
      g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
    }
  g_assert_cmpuint (world->n_ok, ==, 3);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 3);
}

/* Lowered, what is over it goes, in the next dispatch. */
static void
test_idle_lowered (MsaTestWorld *world)
{
  count_sockets (world);
  add_many (world, 6, "/hello");
  g_assert_true (msa_test_world_run (world, 6));
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 6);
  msa_multi_set_max_idle_connections (world->multi, 1);
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 6);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 1);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
}

/* Where all slots are taken by idle ones of others, the oldest makes room. */
static void
test_evict_other_host (MsaTestWorld *world)
{
  count_sockets (world);
  add_hosts (world, 3, respond_cb);
  msa_multi_set_max_connections (world->multi, 2);
  add_to_host (world, 0, "/hello");
  g_assert_true (msa_test_world_run (world, 1));
  add_to_host (world, 1, "/hello");
  g_assert_true (msa_test_world_run (world, 2));
  add_to_host (world, 2, "/hello");
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (sockets.n_most, ==, 2);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 3);
  g_assert_true (msa_sim_peer_is_closed (msa_sim_get_peer (world->sim, 0)));
  g_assert_false (msa_sim_peer_is_closed (msa_sim_get_peer (world->sim, 1)));

  add_to_host (world, 1, "/hello");
  g_assert_true (msa_test_world_run (world, 4));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 3);
}

/* The same host, but what differs is in the key. */
static void
test_evict_other_key (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  count_sockets (world);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 1));
  msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_1);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  g_assert_true (msa_sim_peer_is_closed (msa_sim_get_peer (world->sim, 0)));
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 2);
}

/* Idle ones to no other's cost: a busy one is never closed for a waiter. */
static void
test_evict_only_idle (MsaTestWorld *world)
{
  add_hosts (world, 3, respond_cb);
  msa_multi_set_max_connections (world->multi, 2);
  add_to_host (world, 0, "/hang");
  add_to_host (world, 1, "/hang");
  msa_test_world_settle (world, 10000);
  add_to_host (world, 2, "/hello");
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (count_state (world, MSA_EASY_WAITING), ==, 2);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 1);
}

/* Order */

static void
note_order_cb (MsaTestRecord *record,
               gpointer data)
{
  const char *uri = msa_easy_get_uri (record->easy);

  g_string_append_c (data, uri[strlen (uri) - 1]);
}

static MsaEasy *
add_in_order (MsaTestWorld *world,
              GString *order,
              const char *uri,
              int priority)
{
  MsaEasy *easy = msa_test_world_make (world, uri);

  msa_easy_set_priority (easy, priority);
  msa_test_world_get_record (easy)->completed = note_order_cb;
  msa_test_world_get_record (easy)->data = order;
  msa_test_world_add_again (world, easy);

  return easy;
}

static void
test_order (MsaTestWorld *world)
{
  g_autoptr (GString) order = g_string_new (NULL);

  msa_multi_set_max_connections_per_host (world->multi, 1);
  add_in_order (world, order, "/a", 0);
  msa_test_world_settle (world, 3000);
  add_in_order (world, order, "/b", 0);
  add_in_order (world, order, "/c", 10);
  add_in_order (world, order, "/d", -1000000);
  add_in_order (world, order, "/e", 0);
  add_in_order (world, order, "/f", 1000000);
  add_in_order (world, order, "/g", -1000000);
  add_in_order (world, order, "/h", 10);
  g_assert_true (msa_test_world_run (world, 8));
  g_assert_cmpstr (order->str, ==, "adgbechf");
}

/* The priority is that of the time of adding. */
static void
test_order_is_snapshot (MsaTestWorld *world)
{
  g_autoptr (GString) order = g_string_new (NULL);
  MsaEasy *easy;

  msa_multi_set_max_connections_per_host (world->multi, 1);
  add_in_order (world, order, "/a", 0);
  add_in_order (world, order, "/b", 0);
  easy = add_in_order (world, order, "/c", 0);
  msa_test_world_settle (world, 3000);
  msa_easy_set_priority (easy, -100);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpstr (order->str, ==, "abc");
}

/* Among hosts too, where the total is what is short. */
static void
test_order_among_hosts (MsaTestWorld *world)
{
  g_autoptr (GString) order = g_string_new (NULL);

  add_hosts (world, 3, respond_cb);
  msa_multi_set_max_connections (world->multi, 1);
  add_in_order (world, order, "http://host0.org/a", 0);
  msa_test_world_settle (world, 2000);
  add_in_order (world, order, "http://host1.org/b", 0);
  add_in_order (world, order, "http://host0.org/c", 0);
  add_in_order (world, order, "http://host2.org/d", 0);
  add_in_order (world, order, "http://host2.org/e", -1);
  add_in_order (world, order, "http://host1.org/f", 0);
  g_assert_true (msa_test_world_run (world, 6));
  g_assert_cmpstr (order->str, ==, "aebcdf");
}

/* Who waits for a full host keeps nobody else waiting, however urgent. */
static void
test_no_starvation (MsaTestWorld *world)
{
  add_hosts (world, 2, respond_cb);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_multi_set_max_connections (world->multi, 2);
  add_to_host (world, 0, "/hang");
  for (guint i = 0; i < 20; i++)
    msa_easy_set_priority (add_to_host (world, 0, "/hang"), -100);
  msa_test_world_settle (world, 5000);
  for (guint i = 0; i < 20; i++)
    add_to_host (world, 1, "/hello");
  g_assert_true (msa_test_world_run (world, 20));
  g_assert_cmpuint (world->n_ok, ==, 20);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 20);
}

typedef struct
{
  MsaEasy *late; /* (unowned) (nullable): until added */
} Late;

static void
add_late_cb (MsaEasy *easy,
             gpointer data)
{
  Late *late = data;
  MsaEasy *other = g_steal_pointer (&late->late);

  if (other != NULL)
    msa_test_world_add_again (msa_test_world_get_record (other)->world, other);
}

/* The slot that gets free is promised to the waiter; one that was added meanwhile, and is looked at
 * first, stands behind it. */
static void
test_promised_slot (MsaTestWorld *world)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Late late = { NULL };
  MsaEasy *first;

  msa_multi_set_max_connections_per_host (world->multi, 1);
  first = add_in_order (world, order, "/a", 0);
  add_in_order (world, order, "/b", 0);
  msa_test_world_settle (world, 3000);
  late.late = msa_test_world_make (world, "/c");
  msa_test_world_get_record (late.late)->completed = note_order_cb;
  msa_test_world_get_record (late.late)->data = order;
  g_signal_connect (first, "headers", G_CALLBACK (add_late_cb), &late);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpstr (order->str, ==, "abc");
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
}

/* The same for one to another host, where the total is short. */
static void
test_promised_slot_total (MsaTestWorld *world)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Late late = { NULL };
  MsaEasy *first;

  msa_multi_set_max_connections (world->multi, 1);
  first = add_in_order (world, order, "/a", 0);
  add_in_order (world, order, "/b", 0);
  msa_test_world_settle (world, 3000);
  late.late = msa_test_world_make (world, "http://other.org/c");
  msa_test_world_get_record (late.late)->completed = note_order_cb;
  msa_test_world_get_record (late.late)->data = order;
  g_signal_connect (first, "headers", G_CALLBACK (add_late_cb), &late);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpstr (order->str, ==, "abc");
}

/* Waking */

static void
test_one_wakes_one (MsaTestWorld *world)
{
  msa_multi_set_max_connections_per_host (world->multi, 2);
  add_many (world, 10, "/hang");
  msa_test_world_settle (world, 20000);
  for (guint i = 0; i < 8; i++)
    {
      g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 8 - i);
      msa_multi_remove (world->multi, get_record (world, i)->easy);
      msa_test_world_settle (world, 20000);
      g_assert_cmpuint (count_state (world, MSA_EASY_WAITING), ==, 2);
      g_assert_cmpint (msa_easy_get_state (get_record (world, i + 2)->easy), ==, MSA_EASY_WAITING);
    }
}

/* One that waits frees nothing when it goes. */
static void
test_waiter_wakes_none (MsaTestWorld *world)
{
  msa_multi_set_max_connections_per_host (world->multi, 2);
  add_many (world, 10, "/hang");
  msa_test_world_settle (world, 20000);
  for (guint i = 2; i < 10; i++)
    {
      msa_multi_remove (world->multi, get_record (world, i)->easy);
      msa_test_world_settle (world, 20000);
      g_assert_cmpuint (count_state (world, MSA_EASY_WAITING), ==, 2);
      g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 9 - i);
    }
}

static void
remove_cb (MsaTestRecord *record,
           gpointer data)
{
  g_assert_cmpuint (msa_multi_get_n_pending (record->world->multi), ==, 1);
  msa_multi_remove (record->world->multi, data);
}

/* When the first one is delivered, the second has been woken; it leaves, and the third has its
 * slot. */
static void
test_woken_removed (MsaTestWorld *world)
{
  msa_multi_set_max_connections_per_host (world->multi, 1);
  add_many (world, 3, "/hello");
  get_record (world, 0)->completed = remove_cb;
  get_record (world, 0)->data = get_record (world, 1)->easy;
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (get_record (world, 1)->n_easy, ==, 0);
  g_assert_cmpuint (get_record (world, 2)->n_easy, ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 2);
}

static void
pass_time_cb (MsaTestRecord *record,
              gpointer data)
{
  msa_sim_advance_by (record->world->sim, 100000);
}

static void
test_woken_timed_out (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_test_world_get_record (msa_test_world_add (world, "/hello"))->completed = pass_time_cb;
  msa_easy_set_timeout_ms (easy, 50);
  msa_test_world_add_again (world, easy);
  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "queued"));
  g_assert_cmpuint (world->n_ok, ==, 2);
}

/* It begins, and has no luck. */
static void
test_woken_failed (MsaTestWorld *world)
{
  msa_multi_set_max_connections (world->multi, 1);
  msa_multi_set_max_idle_connections (world->multi, 0);
  add_many (world, 3, "/hello");
  msa_test_world_settle (world, 3000);
  msa_sim_fail_nth (world->sim, "socket_open", 1, EMFILE);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_error (get_record (world, 1)->error, MSA_ERROR, MSA_ERROR_CONNECT);
}

static void
raise_cb (MsaTestRecord *record,
          gpointer data)
{
  msa_multi_set_max_connections_per_host (record->world->multi, 1);
}

/* Woken, and then the limit sinks below it: it waits on. */
static void
test_woken_then_lowered (MsaTestWorld *world)
{
  count_sockets (world);
  msa_multi_set_max_connections_per_host (world->multi, 2);
  add_many (world, 1, "/hello");
  add_many (world, 1, "/hang");
  add_many (world, 3, "/hello");
  get_record (world, 0)->completed = raise_cb;
  msa_test_world_settle (world, 50000);
  g_assert_cmpuint (world->n_completed, ==, 1);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 3);
  msa_multi_remove (world->multi, get_record (world, 1)->easy);
  g_assert_true (msa_test_world_run (world, 4));
  g_assert_cmpuint (world->n_ok, ==, 4);
}

/* Changed limits */

static void
test_lowered (MsaTestWorld *world)
{
  count_sockets (world);
  add_many (world, 12, "/size/300000");
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (g_hash_table_size (sockets.fds), ==, 6);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_multi_set_max_connections (world->multi, 1);
  g_assert_true (msa_test_world_run (world, 6));
  for (guint i = 0; i < 6; i++)
    g_assert_no_error (get_record (world, i)->error);

  /* None is begun before there is room below the new limit. */
  sockets.n_most = 0;
  while (world->n_completed < 12)
    {
      g_assert_cmpuint (msa_multi_get_n_running (world->multi) -
                            msa_multi_get_n_pending (world->multi),
                        <=, 1);
      g_assert_true (msa_test_world_run (world, world->n_completed + 1));
    }
  g_assert_cmpuint (world->n_ok, ==, 12);
}

static void
test_raised (MsaTestWorld *world)
{
  static const guint limits[] = { 2, 3, 7, 8, 0 };

  for (guint i = 0; i < 20; i++)
    msa_test_world_add (world, "/hang");
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      msa_multi_set_max_connections_per_host (world->multi, limits[i]);
      msa_test_world_settle (world, 50000);
      g_assert_cmpuint (count_state (world, MSA_EASY_WAITING), ==,
                        limits[i] == 0 ? 20 : limits[i]);
      g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==,
                        limits[i] == 0 ? 0 : 20 - limits[i]);
    }
}

static void
test_raised_total (MsaTestWorld *world)
{
  static const guint limits[] = { 1, 4, 9, 0 };

  add_hosts (world, 5, respond_cb);
  msa_multi_set_max_connections (world->multi, 1);
  for (guint i = 0; i < 20; i++)
    add_to_host (world, i % 5, "/hang");
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      msa_multi_set_max_connections (world->multi, limits[i]);
      msa_test_world_settle (world, 50000);
      g_assert_cmpuint (count_state (world, MSA_EASY_WAITING), ==,
                        limits[i] == 0 ? 20 : limits[i]);
    }
}

/* What nobody uses is forgotten: hosts are as many as a program may ever ask. */
static void
test_hosts_forgotten (MsaTestWorld *world)
{
  MsaScheduler *scheduler = &msa_multi_get_engine (world->multi)->scheduler;

  add_hosts (world, 50, respond_cb);
  for (guint i = 0; i < 200; i++)
    add_to_host (world, i % 50, "/hello");
  g_assert_true (msa_test_world_run (world, 200));
  g_assert_cmpuint (g_hash_table_size (scheduler->sites), >, 0);
  msa_test_world_settle (world, 120 * G_USEC_PER_SEC);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpuint (g_hash_table_size (scheduler->sites), ==, 0);
  g_assert_cmpuint (scheduler->n_woken, ==, 0);
}

/* Everything at once, by chance: the limits hold, and nobody is forgotten. */
static void
test_at_random (MsaTestWorld *world)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  guint n_removed = 0;
  guint n_back;

  count_sockets (world);
  add_hosts (world, 4, respond_cb);
  msa_multi_set_max_connections (world->multi, 5);
  msa_multi_set_max_connections_per_host (world->multi, 2);
  for (guint i = 0; i < 300; i++)
    {
      MsaEasy *easy = add_to_host (world, (guint) g_rand_int_range (random, 0, 4), "/hello");

      msa_easy_set_priority (easy, g_rand_int_range (random, -3, 3));
      msa_test_world_settle (world, g_rand_int_range (random, 0, 600));
      n_back = (guint) g_rand_int_range (random, 0, 5);
      easy = get_record (world, i - MIN (i, n_back))->easy;
      if (i % 2 == 0 && msa_easy_get_state (easy) != MSA_EASY_DONE)
        {
          msa_multi_remove (world->multi, easy);
          n_removed++;
        }
    }
  g_assert_true (msa_test_world_run (world, 300 - n_removed));
  g_assert_cmpuint (world->n_ok, ==, 300 - n_removed);
  g_assert_cmpuint (n_removed, >, 20);
  g_assert_cmpuint (sockets.n_most, <=, 5);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
}

/* Its body is rewound meanwhile, and says so: that is no reason to go on. */
static void
test_body_of_waiter (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data ("body", 4, NULL);
  MsaEasy *easy = msa_test_world_make (world, "/put");
  MsaEasy *hanging;

  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_easy_set_method (easy, "PUT");
  msa_easy_set_body_stream (easy, NULL, stream, 4);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));

  hanging = msa_test_world_add_waiting (world, "/hang");
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (msa_multi_get_engine (world->multi)->scheduler.n_waiting, ==, 1);
  msa_test_world_remove (world, hanging);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpuint (msa_multi_get_engine (world->multi)->scheduler.n_waiting, ==, 0);
}

static void
add_tests (void)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/scheduler/limit/per-host-default", test_per_host_default },
    { "/msa/scheduler/limit/per-host-is-origin", test_per_host_is_origin },
    { "/msa/scheduler/limit/total", test_total },
    { "/msa/scheduler/limit/none", test_no_limit },
    { "/msa/scheduler/limit/closing-counts", test_closing_counts },
    { "/msa/scheduler/limit/failed-connections", test_failed_connections },
    { "/msa/scheduler/limit/lowered", test_lowered },
    { "/msa/scheduler/limit/raised", test_raised },
    { "/msa/scheduler/limit/raised-total", test_raised_total },
    { "/msa/scheduler/idle/limit", test_idle_limit },
    { "/msa/scheduler/idle/none", test_idle_none },
    { "/msa/scheduler/idle/lowered", test_idle_lowered },
    { "/msa/scheduler/evict/other-host", test_evict_other_host },
    { "/msa/scheduler/evict/other-key", test_evict_other_key },
    { "/msa/scheduler/evict/only-idle", test_evict_only_idle },
    { "/msa/scheduler/order/priority-then-fifo", test_order },
    { "/msa/scheduler/order/is-snapshot", test_order_is_snapshot },
    { "/msa/scheduler/order/among-hosts", test_order_among_hosts },
    { "/msa/scheduler/order/no-starvation", test_no_starvation },
    { "/msa/scheduler/order/promised-slot", test_promised_slot },
    { "/msa/scheduler/order/promised-slot-total", test_promised_slot_total },
    { "/msa/scheduler/wake/one-wakes-one", test_one_wakes_one },
    { "/msa/scheduler/wake/waiter-wakes-none", test_waiter_wakes_none },
    { "/msa/scheduler/wake/woken-removed", test_woken_removed },
    { "/msa/scheduler/wake/woken-timed-out", test_woken_timed_out },
    { "/msa/scheduler/wake/woken-failed", test_woken_failed },
    { "/msa/scheduler/wake/woken-then-lowered", test_woken_then_lowered },
    { "/msa/scheduler/wake/body-of-waiter", test_body_of_waiter },
    { "/msa/scheduler/hosts-forgotten", test_hosts_forgotten },
    { "/msa/scheduler/at-random", test_at_random },
  };

  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);

  add_tests ();
  status = g_test_run ();
  g_clear_pointer (&sockets.fds, g_hash_table_unref);

  return status;
}

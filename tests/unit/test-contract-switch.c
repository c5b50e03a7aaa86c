/* test-contract-switch.c: one driver at a time, and changing it in mid-transfer
 *
 * Each driver hands over to each other one while transfers are in all states: the old one hears
 * that all is removed, the new one all that is wanted, and no transfer notices.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <errno.h>

#define N_TRANSFERS 9

typedef struct
{
  MsaTestDriverKind from;
  MsaTestDriverKind to;
  gboolean          real;
} Pair;

static guint
count_wanted (MsaMulti *multi)
{
  guint n_fds = 0;

  g_free (msa_multi_get_poll_fds (multi, &n_fds));

  return n_fds;
}

/* A peer that is fast enough would have ended all of them within one dispatch. */
static void
hold_cb (MsaEasy *easy,
         gpointer data)
{
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
}

static void
add_mixture (MsaTestWorld *world)
{
  msa_multi_set_max_connections_per_host (world->multi, 4);
  for (guint i = 0; i < N_TRANSFERS; i++)
    msa_test_world_add (world, i % 2 == 0 ? "/size/400000" : "/chunked/100000");
}

/* The driver's end is looked at when the other has done its work: both are told apart by then. */
static void
switch_driver (MsaTestWorld *world,
               MsaTestDriverKind kind)
{
  MsaTestDriver *old = world->driver;

  /* perform() and poll() go with whatever driver there is. */
  if (kind == MSA_TEST_PERFORM)
    msa_multi_detach (world->multi);
  world->driver = msa_test_driver_new (kind, world->multi, world->sim);
  g_assert_cmpuint (msa_test_driver_count_watched (old), ==, 0);
  if (kind == MSA_TEST_CALLBACKS)
    g_assert_cmpuint (msa_test_driver_count_watched (world->driver), ==,
                      count_wanted (world->multi));
  g_object_set_data (G_OBJECT (world->multi), "old-driver", old);
}

static void
end_old_driver (MsaTestWorld *world)
{
  msa_test_driver_free (g_object_steal_data (G_OBJECT (world->multi), "old-driver"));
}

static void
run_pair (MsaTestWorld *world,
          const Pair *pair)
{
  MsaEasy *held;

  add_mixture (world);
  held = ((MsaTestRecord *) world->records->pdata[0])->easy;
  g_signal_connect (held, "headers", G_CALLBACK (hold_cb), NULL);
  g_assert_true (msa_test_world_run_until_state (world, held, MSA_EASY_RECEIVING));
  g_assert_cmpuint (world->n_completed, <, N_TRANSFERS);

  switch_driver (world, pair->to);
  msa_easy_resume (held, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, N_TRANSFERS));
  for (guint i = 0; i < N_TRANSFERS; i++)
    msa_test_world_assert_filled (((MsaTestRecord *) world->records->pdata[i])->easy,
                                  i % 2 == 0 ? 400000 : 100000);
  msa_test_world_assert_all_once (world);
  end_old_driver (world);
}

static void
test_pair (gconstpointer data)
{
  const Pair *pair = data;
  MsaTestWorld *world = pair->real ? msa_test_world_new_real (pair->from)
                                   : msa_test_world_new (pair->from);

  if (!pair->real)
    msa_sim_set_segment (world->sim, 5000);
  run_pair (world, pair);
  msa_test_world_free (world);
}

/* Again and again, at every step of a transfer. */
static void
test_every_step (MsaTestWorld *world)
{
  static const MsaTestDriverKind kinds[] = { MSA_TEST_CALLBACKS, MSA_TEST_ATTACHED,
                                             MSA_TEST_EXPORTED, MSA_TEST_CALLBACKS,
                                             MSA_TEST_PERFORM };

  msa_sim_set_segment (world->sim, 5000);
  add_mixture (world);
  for (guint i = 0; world->n_completed < N_TRANSFERS; i++)
    {
      switch_driver (world, kinds[i % G_N_ELEMENTS (kinds)]);
      end_old_driver (world);
      /* Ending the old one has detached the new. */
      g_assert_cmpuint (msa_test_driver_count_watched (world->driver), ==, 0);
      msa_test_driver_free (world->driver);
      world->driver = msa_test_driver_new (kinds[i % G_N_ELEMENTS (kinds)], world->multi,
                                           world->sim);
      msa_test_world_settle (world, 500);
      g_assert_cmpuint (i, <, 1000);
    }
  g_assert_cmpuint (world->n_ok, ==, N_TRANSFERS);
}

typedef struct
{
  GArray *calls;       /* of int: 2 × fd + removed */
  guint   n_timer;
  int     timeout_ms;
  guint   n_destroyed;
} Log;

static void
log_socket_cb (MsaMulti *multi,
               int fd,
               MsaSocketEvents wanted,
               gboolean removed,
               gpointer user_data)
{
  int call = 2 * fd + (removed ? 1 : 0);

  g_array_append_val (((Log *) user_data)->calls, call);
}

static void
log_timer_cb (MsaMulti *multi,
              int timeout_ms,
              gpointer user_data)
{
  ((Log *) user_data)->n_timer++;
  ((Log *) user_data)->timeout_ms = timeout_ms;
}

static void
log_destroyed_cb (gpointer data)
{
  ((Log *) data)->n_destroyed++;
}

static void
assert_all (Log *log,
            guint n,
            gboolean removed)
{
  g_assert_cmpuint (log->calls->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (log->calls, int, i) % 2, ==, removed ? 1 : 0);
  g_array_set_size (log->calls, 0);
}

/* First all to the old function, then all to the new one, whatever is put in whose place. */
static void
test_order (MsaTestWorld *world)
{
  Log one = { g_array_new (FALSE, FALSE, sizeof (int)), 0, 0, 0 };
  Log other = { g_array_new (FALSE, FALSE, sizeof (int)), 0, 0, 0 };
  guint n_wanted;

  for (guint i = 0; i < 3; i++)
    msa_test_world_add (world, "/hang");
  msa_test_world_settle (world, 50000);
  n_wanted = count_wanted (world->multi);
  g_assert_cmpuint (n_wanted, ==, 4);

  msa_multi_set_socket_func (world->multi, log_socket_cb, &one, log_destroyed_cb);
  assert_all (&one, n_wanted, FALSE);
  msa_multi_set_socket_func (world->multi, log_socket_cb, &other, log_destroyed_cb);
  assert_all (&one, n_wanted, TRUE);
  assert_all (&other, n_wanted, FALSE);
  g_assert_cmpuint (one.n_destroyed, ==, 1);

  msa_multi_set_socket_func (world->multi, NULL, NULL, NULL);
  assert_all (&other, n_wanted, TRUE);
  g_assert_cmpuint (other.n_destroyed, ==, 1);
  msa_multi_set_socket_func (world->multi, log_socket_cb, &other, log_destroyed_cb);
  assert_all (&other, n_wanted, FALSE);
  msa_multi_detach (world->multi);
  assert_all (&other, n_wanted, TRUE);
  g_assert_cmpuint (other.n_destroyed, ==, 2);
  msa_multi_detach (world->multi);
  g_assert_cmpuint (other.calls->len, ==, 0);

  g_array_unref (one.calls);
  g_array_unref (other.calls);
}

/* A new timer function is told the present deadline, an old one nothing more. */
static void
test_timer_func (MsaTestWorld *world)
{
  Log one = { .timeout_ms = -2 };
  Log other = { .timeout_ms = -2 };
  MsaEasy *easy = msa_test_world_make (world, "/hang");

  msa_easy_set_timeout_ms (easy, 5000);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 1000000);

  msa_multi_set_timer_func (world->multi, log_timer_cb, &one, log_destroyed_cb);
  g_assert_cmpint (one.timeout_ms, ==, 4000);
  g_assert_cmpuint (one.n_timer, ==, 1);
  msa_multi_set_timer_func (world->multi, log_timer_cb, &other, NULL);
  g_assert_cmpint (other.timeout_ms, ==, 4000);
  g_assert_cmpuint (one.n_timer, ==, 1);
  g_assert_cmpuint (one.n_destroyed, ==, 1);

  msa_multi_set_timer_func (world->multi, NULL, &one, log_destroyed_cb);
  g_assert_cmpuint (one.n_destroyed, ==, 2);
  g_assert_cmpuint (other.n_timer, ==, 1);
}

/* The same transfers, whoever drives: the same calls of the socket layer. */
static guint
count_for (MsaTestDriverKind kind,
           const char *op)
{
  MsaTestWorld *world = msa_test_world_new (kind);
  guint n;

  for (guint i = 0; i < 30; i++)
    msa_test_world_add (world, i % 3 == 0 ? "/chunked/1000" : "/hello");
  g_assert_true (msa_test_world_run (world, 30));
  g_assert_cmpuint (world->n_ok, ==, 30);
  n = msa_sim_count (world->sim, op);
  msa_test_world_free (world);

  return n;
}

static void
test_same_entry (void)
{
  static const char *const ops[] = { "socket_open", "socket_connect", "socket_send",
                                     "socket_recv", "look_up" };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    for (guint kind = MSA_TEST_ATTACHED; kind < MSA_TEST_N_DRIVERS; kind++)
      if (msa_test_driver_works_in_sim (kind))
        g_assert_cmpuint (count_for (kind, ops[i]), ==, count_for (MSA_TEST_CALLBACKS, ops[i]));
}

/* Where there is no poller */

static int
refuse_poller (MsaSys *sys)
{
  errno = ENOSYS;

  return -1;
}

static MsaTestWorld *
make_world_without_poller (MsaTestDriverKind kind)
{
  static MsaSysOps ops;
  MsaTestWorld *world = msa_test_world_new_real (kind);
  MsaSys *sys = msa_multi_get_engine (world->multi)->reactor.sys;

  ops = *sys->ops;
  ops.poller_open = refuse_poller;
  sys->ops = &ops;

  return world;
}

static void
test_attach_without_poller (void)
{
  MsaTestWorld *world = make_world_without_poller (MSA_TEST_CALLBACKS);
  MsaTestDriver *old = world->driver;

  world->driver = msa_test_driver_new (MSA_TEST_ATTACHED, world->multi, NULL);
  msa_test_world_add (world, "/size/300000");
  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpint (msa_multi_get_engine (world->multi)->sockets.poller, ==, -1);

  msa_test_driver_free (old);
  msa_test_world_free (world);
}

static void
test_perform_without_poller (void)
{
  MsaTestWorld *world = make_world_without_poller (MSA_TEST_PERFORM);

  g_assert_cmpint (msa_multi_get_fd (world->multi), ==, -1);
  msa_test_world_add (world, "/size/300000");
  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, 2);
  msa_test_world_free (world);
}

static void
add_pairs (gboolean real)
{
  for (guint from = 0; from < MSA_TEST_N_DRIVERS; from++)
    for (guint to = 0; to < MSA_TEST_N_DRIVERS; to++)
      {
        Pair pair = { from, to, real };
        g_autofree char *path = g_strdup_printf ("/msa/contract/switch/%s/%s-to-%s",
                                                 real ? "real" : "sim",
                                                 msa_test_driver_get_name (from),
                                                 msa_test_driver_get_name (to));

        if (real || (msa_test_driver_works_in_sim (from) && msa_test_driver_works_in_sim (to)))
          g_test_add_data_func_full (path, g_memdup2 (&pair, sizeof pair), test_pair, g_free);
      }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_pairs (FALSE);
  add_pairs (TRUE);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/switch/every-step",
                              test_every_step);
  msa_test_world_add_test_in (MSA_TEST_PERFORM, "/msa/contract/switch/order", test_order);
  msa_test_world_add_test_in (MSA_TEST_PERFORM, "/msa/contract/switch/timer-func",
                              test_timer_func);
  g_test_add_func ("/msa/contract/switch/same-entry", test_same_entry);
  g_test_add_func ("/msa/contract/switch/attach-without-poller", test_attach_without_poller);
  g_test_add_func ("/msa/contract/switch/perform-without-poller", test_perform_without_poller);

  return g_test_run ();
}

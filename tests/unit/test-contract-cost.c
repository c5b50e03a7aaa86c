/* test-contract-cost.c: a dispatch costs by what is ready, not by what exists
 *
 * Counted in calls of the system, which the simulation tells, and once in CPU time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <sys/resource.h>
#include <time.h>

static void
raise_fd_limit (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* The calls that one request costs beside @n_hanging others, each with a connection and two
 * deadlines. */
static guint
count_calls (MsaTestDriverKind kind,
             guint n_hanging,
             guint n_queued)
{
  MsaTestWorld *world = msa_test_world_new (kind);
  guint n_calls;

  msa_multi_set_max_connections_per_host (world->multi, n_hanging);
  for (guint i = 0; i < n_hanging + n_queued; i++)
    {
      MsaEasy *easy = msa_test_world_make (world, "/hang");

      msa_easy_set_timeout_ms (easy, 100000 + i);
      msa_test_world_add_again (world, easy);
    }
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, n_hanging);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, n_queued);

  msa_test_world_add (world, "http://other.org/hello");
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, 5000);
  n_calls = msa_sim_count (world->sim, "*");
  msa_test_world_add (world, "http://other.org/hello");
  g_assert_true (msa_test_world_run (world, 2));
  n_calls = msa_sim_count (world->sim, "*") - n_calls;
  msa_test_world_free (world);

  return n_calls;
}

static void
test_cost_of_watches (gconstpointer data)
{
  MsaTestDriverKind kind = GPOINTER_TO_UINT (data);
  struct rlimit limit;
  guint n = 10000;

  raise_fd_limit ();
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_cur < n + 100)
    n = (guint) limit.rlim_cur - 100;
  g_assert_cmpuint (count_calls (kind, n, 0), ==, count_calls (kind, 10, 0));
}

static void
test_cost_of_queue (gconstpointer data)
{
  MsaTestDriverKind kind = GPOINTER_TO_UINT (data);

  g_assert_cmpuint (count_calls (kind, 10, 10000), ==, count_calls (kind, 10, 10));
}

static double
get_cpu_s (void)
{
  struct timespec now;

  g_assert_cmpint (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now), ==, 0);

  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void
shuffle (GPtrArray *array)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);

  for (guint i = array->len - 1; i > 0; i--)
    {
      guint j = (guint) g_rand_int_range (random, 0, (gint32) i + 1);
      gpointer item = array->pdata[i];

      array->pdata[i] = array->pdata[j];
      array->pdata[j] = item;
    }
}

/* CPU time for adding @n that wait, and removing them in no order. */
static double
measure_queue (guint n)
{
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  g_autoptr (GPtrArray) easies = g_ptr_array_new_with_free_func (g_object_unref);
  double start_s;

  msa_multi_set_max_connections (world->multi, 1);
  msa_test_world_add (world, "/hang");
  msa_test_world_settle (world, 10000);
  for (guint i = 0; i < n; i++)
    {
      MsaEasy *easy = msa_easy_new (i % 2 == 0 ? "http://example.org/" : "http://other.org/");

      msa_easy_set_priority (easy, (int) (i % 100));
      msa_easy_set_timeout_ms (easy, 100000 + i);
      g_ptr_array_add (easies, easy);
    }

  start_s = get_cpu_s ();
  for (guint i = 0; i < n; i++)
    g_assert_true (msa_multi_add (world->multi, easies->pdata[i], NULL));
  while (msa_multi_get_n_pending (world->multi) < n)
    msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
  shuffle (easies);
  for (guint i = 0; i < n; i++)
    msa_multi_remove (world->multi, easies->pdata[i]);
  start_s = get_cpu_s () - start_s;
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 1);

  msa_test_world_free (world);

  return start_s;
}

/* Ten times as many cost less than forty times as much: a list walked for each would cost a hundred
 * times. CPU time says no more than that; the least of three, since other programs disturb the
 * caches. */
static void
test_cost_of_adding (void)
{
  double few_s = G_MAXDOUBLE;
  double many_s = G_MAXDOUBLE;

  for (guint i = 0; i < 3; i++)
    {
      few_s = MIN (few_s, measure_queue (2000));
      many_s = MIN (many_s, measure_queue (20000));
    }
  g_test_message ("2000: %f s, 20000: %f s", few_s, many_s);
  g_assert_cmpfloat (many_s, <, 40 * few_s);
}

/* System calls */

typedef struct
{
  guint n_sends;
  guint n_receives;
  guint n_registered;
  guint n_waits;
  guint n_peeks;
  guint n_all;
} Calls;

static Calls
read_calls (MsaSim *sim)
{
  return (Calls) {
    .n_sends = msa_sim_count (sim, "socket_send"),
    .n_receives = msa_sim_count (sim, "socket_recv"),
    .n_registered = msa_sim_count (sim, "poller_set"),
    .n_waits = msa_sim_count (sim, "poller_wait"),
    .n_peeks = msa_sim_count (sim, "socket_peek"),
    .n_all = msa_sim_count (sim, "*"),
  };
}

static void
check_calls (MsaTestWorld *world,
             Calls before,
             guint n)
{
  Calls calls = read_calls (world->sim);

  g_assert_cmpuint (calls.n_sends - before.n_sends, ==, n);
  g_assert_cmpuint (calls.n_receives - before.n_receives, ==, n);
  g_assert_cmpuint (calls.n_registered, ==, before.n_registered);
  g_assert_cmpuint (calls.n_peeks, ==, before.n_peeks);
  g_assert_cmpuint (calls.n_waits - before.n_waits, <=, 6 * n);
  /* And nothing else: no clock, timer or event that can fail is counted here but these. */
  g_assert_cmpuint (calls.n_all - before.n_all, ==,
                    2 * n + (calls.n_waits - before.n_waits));
}

static void
test_calls (MsaTestWorld *world)
{
  Calls before;

  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, 5000);
  before = read_calls (world->sim);
  for (guint i = 0; i < 100; i++)
    {
      msa_test_world_add (world, "/hello");
      g_assert_true (msa_test_world_run (world, i + 2));
    }
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  check_calls (world, before, 100);
}

/* A reply that comes in pieces: one recv for each, none to see that there is no more. */
static void
test_calls_in_pieces (MsaTestWorld *world)
{
  guint n_receives;

  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 1));
  n_receives = msa_sim_count (world->sim, "socket_recv");
  msa_sim_set_segment (world->sim, 50);
  msa_test_world_add (world, "/chunked/1000");
  g_assert_true (msa_test_world_run (world, 2));
  n_receives = msa_sim_count (world->sim, "socket_recv") - n_receives;
  g_assert_cmpuint (n_receives, >=, 1000 / 50);
  g_assert_cmpuint (n_receives, <=, 1000 / 50 + 5);
}

static void
add_again_cb (MsaTestRecord *record,
              gpointer data)
{
  if (record->n_added < 101)
    msa_test_world_add_again (record->world, record->easy);
}

/* The next request is on its way in the dispatch in which the last one ended. */
static void
test_calls_from_handler (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");
  gint64 start_us;
  Calls before;

  msa_test_world_get_record (easy)->completed = add_again_cb;
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  before = read_calls (world->sim);
  start_us = msa_sim_get_now_us (world->sim);
  g_assert_true (msa_test_world_run (world, 101));
  /* The first of them is sent already. */
  before.n_sends--;
  before.n_all--;
  check_calls (world, before, 100);
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - start_us, ==, 100 * 2000);
}

static void
add_tests (void)
{
  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    {
      const char *name = msa_test_driver_get_name (kind);
      g_autofree char *watches = g_strdup_printf ("/msa/contract/cost/watches/%s", name);
      g_autofree char *queue = g_strdup_printf ("/msa/contract/cost/queue/%s", name);

      if (!msa_test_driver_works_in_sim (kind))
        continue;
      g_test_add_data_func (watches, GUINT_TO_POINTER (kind), test_cost_of_watches);
      g_test_add_data_func (queue, GUINT_TO_POINTER (kind), test_cost_of_queue);
    }
  g_test_add_func ("/msa/contract/cost/adding", test_cost_of_adding);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/cost/calls-in-pieces",
                              test_calls_in_pieces);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/contract/cost/calls/attached", test_calls);
  msa_test_world_add_test_in (MSA_TEST_PERFORM, "/msa/contract/cost/calls/perform", test_calls);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/contract/cost/calls-from-handler/attached",
                              test_calls_from_handler);
  msa_test_world_add_test_in (MSA_TEST_PERFORM, "/msa/contract/cost/calls-from-handler/perform",
                              test_calls_from_handler);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_tests ();

  return g_test_run ();
}

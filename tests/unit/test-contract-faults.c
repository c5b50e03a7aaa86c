/* test-contract-faults.c: whatever fails below, each transfer is delivered once and the multi
 * stays usable
 *
 * The contract's thirteenth promise. A scene of a few transfers is played once for each call of
 * the system that it makes, with that call failing; and with too few descriptors. That no error
 * of a transfer comes out of socket_action() is checked by the drivers themselves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <errno.h>

#define N_TRANSFERS 9

static void
add_transfers (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("a body", 6);
  MsaEasy *post = msa_test_world_make (world, "/post");
  MsaEasy *hanging = msa_test_world_make (world, "/hang");
  MsaEasy *bound = msa_test_world_make (world, "http://other.org/size/10");
  MsaEasy *local = msa_test_world_make (world, "http://local.org/size/10");

  msa_multi_set_max_connections_per_host (world->multi, 2);
  msa_easy_set_method (post, "POST");
  msa_easy_set_body (post, "text/plain", body);
  msa_easy_set_timeout_ms (hanging, 400);
  msa_test_world_add (world, "/size/3000");
  msa_test_world_add_again (world, post);
  msa_test_world_add (world, "/chunked/3000");
  msa_test_world_add_again (world, hanging);
  msa_test_world_add (world, "http://other.org/size/10");
  msa_test_world_add (world, "http://other.org/size/10");
  msa_test_world_add (world, "http://10.0.0.7/");
  msa_sim_set_interface (world->sim, "eth0", 2);
  msa_easy_set_interface (bound, "eth0");
  msa_easy_set_local_port (bound, 5000);
  msa_test_world_add_again (world, bound);
  msa_test_world_serve_unix (world, "/run/server");
  msa_easy_set_unix_socket_path (local, "/run/server");
  msa_test_world_add_again (world, local);
}

/* perform() alone: poll() may well say that waiting failed. */
static void
run_by_hand (MsaTestWorld *world,
             guint n)
{
  for (guint i = 0; i < 2000 && world->n_completed < n; i++)
    {
      gint64 until_us = G_MAXINT64;
      int timeout_ms;

      g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
      timeout_ms = msa_multi_get_timeout_ms (world->multi);
      if (timeout_ms >= 0)
        until_us = msa_sim_get_now_us (world->sim) + timeout_ms * 1000;
      msa_sim_step (world->sim, until_us);
    }
  g_assert_cmpuint (world->n_completed, ==, n);
}

static void
run (MsaTestWorld *world,
     guint n)
{
  if (world->kind == MSA_TEST_PERFORM)
    run_by_hand (world, n);
  else
    g_assert_true (msa_test_world_run (world, n));
}

/* All is well again: so are new transfers. */
static void
assert_usable (MsaTestWorld *world)
{
  guint n_ok = world->n_ok;
  guint n = world->n_completed;

  for (guint i = 0; i < 3; i++)
    msa_test_world_add (world, i == 0 ? "http://other.org/size/10" : "/size/10");
  run (world, n + 3);
  g_assert_cmpuint (world->n_ok, ==, n_ok + 3);
}

/* How many calls of @op there are without a fault; with one, at the @nth, of @error_number. */
static guint
play (MsaTestDriverKind kind,
      const char *op,
      guint nth,
      int error_number)
{
  MsaTestWorld *world = msa_test_world_new (kind);
  guint n_before = msa_sim_count (world->sim, op);
  guint n_calls;

  if (nth > 0)
    msa_sim_fail_nth (world->sim, op, nth, error_number);
  add_transfers (world);
  run (world, N_TRANSFERS);
  n_calls = msa_sim_count (world->sim, op) - n_before;
  if (nth == 0)
    g_assert_cmpuint (world->n_ok, ==, N_TRANSFERS - 2);
  if (nth <= n_calls)
    assert_usable (world);
  msa_test_world_assert_all_once (world);
  msa_test_world_free (world);

  return n_calls;
}

static const struct
{
  const char *name;
  const char *op;
  int         error_number;
} faults[] = {
  { "any-emfile", "*", EMFILE },
  { "any-enomem", "*", ENOMEM },
  { "any-econnreset", "*", ECONNRESET },
  { "socket-open", "socket_open", EMFILE },
  { "socket-bind", "socket_bind", EADDRINUSE },
  { "socket-bind-device", "socket_bind_device", EPERM },
  { "socket-connect", "socket_connect", ENETUNREACH },
  { "socket-error", "socket_error", ECONNREFUSED },
  { "socket-send", "socket_send", EPIPE },
  { "socket-send-interrupted", "socket_send", EINTR },
  { "socket-recv", "socket_recv", ECONNRESET },
  { "socket-recv-interrupted", "socket_recv", EINTR },
  { "socket-peek", "socket_peek", ECONNRESET },
  { "poller-set", "poller_set", ENOSPC },
  { "poller-wait", "poller_wait", EINTR },
  { "poll", "poll", EINTR },
  { "run-job", "run_job", EAGAIN },
};

typedef struct
{
  guint             fault;
  MsaTestDriverKind kind;
} Place;

static void
test_sweep (gconstpointer data)
{
  const Place *place = data;
  const char *op = faults[place->fault].op;
  guint n_calls = play (place->kind, op, 0, 0);

  for (guint nth = 1; nth <= n_calls; nth++)
    play (place->kind, op, nth, faults[place->fault].error_number);
}

/* As many descriptors as there are, and one more each time. */
static void
test_few_descriptors (gconstpointer data)
{
  MsaTestDriverKind kind = GPOINTER_TO_UINT (data);
  guint n_failures = 0;

  for (guint n_more = 0; n_more <= 6; n_more++)
    {
      MsaTestWorld *world = msa_test_world_new (kind);

      msa_sim_set_fd_limit (world->sim, msa_sim_n_open (world->sim) + n_more);
      add_transfers (world);
      run (world, N_TRANSFERS);
      msa_test_world_assert_all_once (world);
      n_failures += N_TRANSFERS - 2 - world->n_ok;
      msa_sim_set_fd_limit (world->sim, 0);
      assert_usable (world);
      msa_test_world_assert_all_once (world);
      msa_test_world_free (world);
    }
  g_assert_cmpuint (n_failures, >, 0);
}

/* None to begin with: no wake-up, no poller. */

static void
count_completed_cb (MsaMulti *multi,
                    MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  (*(guint *) data)++;
}

static void
test_made_without_descriptors (gconstpointer data)
{
  gboolean no_socket = GPOINTER_TO_INT (data);
  MsaSim *sim = msa_sim_new ();
  MsaMulti *multi;
  guint n_completed = 0;

  msa_sim_http_server (sim, "10.0.0.1", 80, msa_test_world_respond_cb, NULL);
  for (guint i = 0; i < 4; i++)
    msa_sim_fail_nth (sim, i % 2 == 0 ? "event_open" : "poller_open", 1 + i / 2, EMFILE);
  if (no_socket)
    msa_sim_fail_nth (sim, "socket_open", 1, EMFILE);
  multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (sim)));
  g_signal_connect (multi, "completed", G_CALLBACK (count_completed_cb), &n_completed);

  for (guint round = 1; round <= 2; round++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new ("http://10.0.0.1/hello");

      g_assert_true (msa_multi_add (multi, easy, NULL));
      for (guint i = 0; i < 100 && n_completed < round; i++)
        {
          g_assert_true (msa_multi_perform (multi, NULL, NULL));
          if (msa_multi_get_timeout_ms (multi) != 0)
            msa_sim_step (sim, msa_sim_get_now_us (sim) + 1000000);
        }
      g_assert_cmpuint (n_completed, ==, round);
      if (no_socket && round == 1)
        g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT);
      else
        g_assert_no_error (msa_easy_get_error (easy));
    }

  g_assert_finalize_object (multi);
  msa_sim_assert_clean (sim);
  msa_sim_unref (sim);
}

/* Who cannot be woken looks now and then, and at last has a descriptor for it. */
static void
test_made_deaf (gconstpointer data)
{
  static const char *const ops[] = { "event_open", "poller_set", "timer_open" };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      MsaSim *sim = msa_sim_new ();
      MsaTestWorld *world;

      msa_sim_fail_nth (sim, ops[i], 1, ENOMEM);
      world = msa_test_world_new_in (GPOINTER_TO_UINT (data), sim);
      for (guint n = 1; n <= 3; n++)
        {
          msa_test_world_add (world, n == 2 ? "http://other.org/size/10" : "/size/10");
          g_assert_true (msa_test_world_run (world, n));
        }
      g_assert_cmpint (msa_sim_get_now_us (sim), <, MSA_SIM_START_US + 200000);
      g_assert_cmpuint (world->n_ok, ==, 3);
      msa_test_world_free (world);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    {
      const char *driver = msa_test_driver_get_name (kind);
      g_autofree char *few = g_strconcat ("/msa/contract/faults/few-descriptors/", driver, NULL);
      g_autofree char *deaf = g_strconcat ("/msa/contract/faults/made-deaf/", driver, NULL);

      if (!msa_test_driver_works_in_sim (kind))
        continue;
      for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
        {
          g_autofree char *path =
              g_strdup_printf ("/msa/contract/faults/%s/%s", faults[i].name, driver);
          Place *place = g_new (Place, 1);

          *place = (Place) { i, kind };
          g_test_add_data_func_full (path, place, test_sweep, g_free);
        }
      g_test_add_data_func (few, GUINT_TO_POINTER (kind), test_few_descriptors);
      g_test_add_data_func (deaf, GUINT_TO_POINTER (kind), test_made_deaf);
    }
  g_test_add_data_func ("/msa/contract/faults/made-without-poller", GINT_TO_POINTER (FALSE),
                        test_made_without_descriptors);
  g_test_add_data_func ("/msa/contract/faults/made-without-descriptors", GINT_TO_POINTER (TRUE),
                        test_made_without_descriptors);

  return g_test_run ();
}

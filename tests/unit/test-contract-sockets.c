/* test-contract-sockets.c: what the multi says of descriptors, and what it makes of what it is told
 *
 * The clauses of the multi interface on socket_action, the socket function, get_poll_fds, assign
 * and wakeup. The timer function and deadlines are in test-contract-time.c, change of drivers in
 * test-contract-switch.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <fcntl.h>

G_STATIC_ASSERT ((int) MSA_SOCKET_IN == (int) G_IO_IN);
G_STATIC_ASSERT ((int) MSA_SOCKET_OUT == (int) G_IO_OUT);
G_STATIC_ASSERT ((int) MSA_SOCKET_ERR == (int) G_IO_ERR);
G_STATIC_ASSERT ((int) MSA_SOCKET_HUP == (int) G_IO_HUP);

#define ALL_EVENTS ((MsaSocketEvents) (G_IO_IN | G_IO_OUT | G_IO_ERR | G_IO_HUP))

/* Gives the running count, which must be the property's. */
static guint
act (MsaTestWorld *world,
     int fd,
     MsaSocketEvents events)
{
  g_autoptr (GError) error = NULL;
  guint n_running = G_MAXUINT;
  gboolean done = msa_multi_socket_action (world->multi, fd, events, &n_running, &error);

  g_assert_no_error (error);
  g_assert_true (done);
  g_assert_cmpuint (n_running, ==, msa_multi_get_n_running (world->multi));

  return n_running;
}

/* Gives its descriptor. */
static int
run_until_waiting (MsaTestWorld *world,
                   const char *target)
{
  msa_test_world_add_waiting (world, target);

  return msa_test_world_get_fd (world);
}

/* socket_action */

static void
test_mask_zero (MsaTestWorld *world)
{
  int fd = run_until_waiting (world, "/hello");
  guint n_polls = msa_sim_count (world->sim, "poll");
  guint n_receives = msa_sim_count (world->sim, "socket_recv");

  g_assert_cmpuint (act (world, fd, MSA_SOCKET_NONE), ==, 1);
  g_assert_cmpuint (msa_sim_count (world->sim, "poll"), ==, n_polls + 1);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), ==, n_receives);

  msa_sim_advance_by (world->sim, 5000);
  g_assert_cmpuint (act (world, fd, MSA_SOCKET_NONE), ==, 0);
  g_assert_cmpuint (msa_sim_count (world->sim, "poll"), ==, n_polls + 2);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), ==, n_receives + 1);
  g_assert_cmpuint (world->n_ok, ==, 1);
}

static void
test_condition (MsaTestWorld *world,
                GIOCondition condition)
{
  int fd = run_until_waiting (world, "/hello");
  guint n_polls = msa_sim_count (world->sim, "poll");

  msa_sim_advance_by (world->sim, 5000);
  g_assert_cmpuint (act (world, fd, (MsaSocketEvents) condition), ==, 0);
  g_assert_cmpuint (msa_sim_count (world->sim, "poll"), ==, n_polls);
  g_assert_cmpuint (world->n_ok, ==, 1);
}

static void
test_condition_in (MsaTestWorld *world)
{
  test_condition (world, G_IO_IN);
}

static void
test_condition_in_hup (MsaTestWorld *world)
{
  test_condition (world, G_IO_IN | G_IO_HUP);
}

/* What the application says is a hint, any of it: the transfer is run. */
static void
test_condition_other (MsaTestWorld *world)
{
  test_condition (world, G_IO_ERR);
}

static void
test_hints (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");
  int fd = msa_test_world_get_fd (world);

  for (guint events = 1; events <= 63; events++)
    {
      g_assert_cmpuint (act (world, fd, (MsaSocketEvents) events), ==, 1);
      g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_WAITING);
    }
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpuint (msa_sim_get_violations (world->sim)->len, ==, 0);
}

static void
test_hint_while_connecting (MsaTestWorld *world)
{
  MsaEasy *easy;

  msa_sim_set_black_hole (world->sim, "10.0.0.1");
  easy = msa_test_world_add (world, "/hello");
  msa_test_world_settle (world, 10000);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_CONNECTING);

  g_assert_cmpuint (act (world, msa_test_world_get_fd (world), ALL_EVENTS), ==, 1);
  g_assert_cmpuint (act (world, msa_test_world_get_fd (world), MSA_SOCKET_NONE), ==, 1);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_CONNECTING);
}

static void
test_unknown_descriptor (MsaTestWorld *world)
{
  static const int unknown[] = { 0, 1, 2, 9999, G_MAXINT, -2, G_MININT };
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");
  guint n_polls = msa_sim_count (world->sim, "poll");

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    {
      g_assert_cmpuint (act (world, unknown[i], MSA_SOCKET_NONE), ==, 1);
      g_assert_cmpuint (act (world, unknown[i], ALL_EVENTS), ==, 1);
    }
  g_assert_cmpuint (msa_sim_count (world->sim, "poll"), ==, n_polls);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_WAITING);
}

/* The event of a descriptor that was closed in the same round of the application's poll. */
static void
test_closed_descriptor (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");
  int fd = msa_test_world_get_fd (world);

  msa_multi_remove (world->multi, easy);
  g_assert_cmpuint (act (world, fd, MSA_SOCKET_NONE), ==, 0);
  g_assert_cmpuint (act (world, fd, MSA_SOCKET_IN), ==, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_cmpuint (msa_sim_get_violations (world->sim)->len, ==, 0);
}

static void
test_timeout_starts (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/hello");

  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_QUEUED);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
  g_assert_cmpuint (act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE), ==, 1);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_CONNECTING);
}

static void
test_running_count (MsaTestWorld *world)
{
  guint n_running;

  msa_multi_set_max_connections_per_host (world->multi, 2);
  for (guint i = 0; i < 5; i++)
    msa_test_world_add (world, "/hello");
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 5);
  g_assert_cmpuint (act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE), ==, 5);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 3);

  for (guint n_done = 1; n_done <= 5; n_done++)
    {
      g_assert_true (msa_test_world_run (world, n_done));
      n_running = msa_multi_get_n_running (world->multi);
      g_assert_cmpuint (n_running, ==, 5 - world->n_completed);
    }
  g_assert_cmpuint (act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE), ==, 0);

  /* One that cannot even begin is counted as long as it is not delivered. */
  msa_test_world_add (world, "http://:bad/");
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 1);
  g_assert_cmpuint (act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE), ==, 0);
  g_assert_cmpuint (world->n_completed, ==, 6);
}

/* The socket function, seen from between it and the model application */

typedef struct
{
  MsaTestWorld      *world;     /* (unowned) */
  MsaMultiSocketFunc next;
  gpointer           next_data; /* (unowned) */
  guint              n_calls;
  guint              n_removed;
  int                last_removed;
  gboolean           outside;   /* no call is allowed now */
} Spy;

static void
spy_cb (MsaMulti *multi,
        int fd,
        MsaSocketEvents wanted,
        gboolean removed,
        gpointer user_data)
{
  Spy *spy = user_data;

  g_assert_true (multi == spy->world->multi);
  g_assert_false (spy->outside);
  /* An announced descriptor is open, one that is removed still is. */
  g_assert_cmpint (fcntl (fd, F_GETFD), >=, 0);
  g_assert_cmpuint (wanted & ~(guint) (MSA_SOCKET_IN | MSA_SOCKET_OUT), ==, 0);

  spy->n_calls++;
  if (removed)
    {
      spy->n_removed++;
      spy->last_removed = fd;
    }
  spy->next (multi, fd, wanted, removed, spy->next_data);
}

/* Goes with the multi. */
static Spy *
spy_on (MsaTestWorld *world)
{
  Spy *spy = g_new0 (Spy, 1);

  spy->world = world;
  spy->next = (MsaMultiSocketFunc) world->multi->socket_func->func;
  spy->next_data = world->multi->socket_func->user_data;
  msa_multi_set_socket_func (world->multi, spy_cb, spy, g_free);

  return spy;
}

static void
test_removed_before_close (MsaTestWorld *world)
{
  Spy *spy = spy_on (world);
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");
  int fd = msa_test_world_get_fd (world);

  msa_multi_remove (world->multi, easy);
  g_assert_cmpint (fcntl (fd, F_GETFD), >=, 0);
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_cmpuint (spy->n_removed, ==, 1);
  g_assert_cmpint (spy->last_removed, ==, fd);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

static void
test_only_changes (MsaTestWorld *world)
{
  Spy *spy = spy_on (world);
  int fd = run_until_waiting (world, "/hang");
  guint n_calls = spy->n_calls;

  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_IN);
  for (guint i = 0; i < 10; i++)
    {
      act (world, fd, MSA_SOCKET_IN);
      act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
    }
  g_assert_cmpuint (spy->n_calls, ==, n_calls);
}

/* One request after the other on one connection: it is wanted for IN all the time. */
static void
test_keep_alive_announces_nothing (MsaTestWorld *world)
{
  guint n_calls;

  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 1));
  n_calls = msa_test_driver_count_socket_calls (world->driver);
  for (guint i = 0; i < 20; i++)
    {
      msa_test_world_add (world, "/hello");
      g_assert_true (msa_test_world_run (world, i + 2));
    }
  g_assert_cmpuint (msa_test_driver_count_socket_calls (world->driver), ==, n_calls);
  g_assert_cmpuint (world->n_ok, ==, 21);
}

static void
change_from_outside (MsaTestWorld *world,
                     MsaEasy *easy,
                     MsaEasy *spare)
{
  msa_easy_pause (easy, MSA_DIRECTION_BOTH);
  msa_easy_resume (easy, MSA_DIRECTION_BOTH);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_add_again (world, spare);
  msa_multi_remove (world->multi, spare);
  msa_multi_set_max_connections (world->multi, 1);
  msa_multi_set_max_connections (world->multi, 0);
  msa_multi_set_max_idle_connections (world->multi, 0);
  msa_multi_wakeup (world->multi);
  msa_multi_get_timeout_ms (world->multi);
  msa_multi_remove (world->multi, easy);
}

/* They may arm 0 ms, and nothing else. */
static void
test_silent_outside_dispatch (MsaTestWorld *world)
{
  MsaEasy *idle = msa_test_world_add (world, "/hello");
  MsaEasy *spare = msa_test_world_make (world, "/hello");
  guint n_timer_calls, n_open;
  MsaEasy *easy;
  Spy *spy;

  g_assert_true (msa_test_world_run (world, 1));
  easy = msa_test_world_add_waiting (world, "http://other.org/hang");
  g_assert_cmpint (msa_easy_get_state (idle), ==, MSA_EASY_DONE);
  spy = spy_on (world);
  n_timer_calls = msa_test_driver_count_timer_calls (world->driver);
  n_open = msa_sim_n_open (world->sim);

  spy->outside = TRUE;
  change_from_outside (world, easy, spare);
  spy->outside = FALSE;
  g_assert_cmpuint (msa_sim_n_open (world->sim), ==, n_open);
  g_assert_cmpuint (msa_test_driver_count_timer_calls (world->driver), ==, n_timer_calls + 1);
  g_assert_cmpint (msa_test_driver_get_told_ms (world->driver), ==, 0);

  spy->n_removed = 0;
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_cmpuint (spy->n_removed, ==, 1);
  g_assert_cmpuint (msa_sim_n_open (world->sim), ==, n_open - 1);
  /* The idle one has said goodbye, and its peer answers. */
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (spy->n_removed, ==, 2);
  g_assert_cmpuint (msa_sim_n_open (world->sim), ==, n_open - 2);
}

static void
test_pause_removes (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add_waiting (world, "/part/100");
  int fd = msa_test_world_get_fd (world);

  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_IN);
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_NONE);
  g_assert_cmpint (fcntl (fd, F_GETFD), >=, 0);

  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_NONE);
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_IN);
}

/* OUT is wanted while connecting and while the peer takes no more, and at no other time. */
static void
test_wanted_directions (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (1000000), 1000000);
  MsaEasy *easy = msa_test_world_make (world, "/hello");
  MsaSimPeer *peer;
  int fd;

  msa_easy_set_body (easy, NULL, body);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_CONNECTING));
  msa_test_world_settle (world, 3000);
  fd = msa_test_world_get_fd (world);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_OUT);

  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  peer = msa_sim_get_peer (world->sim, 0);
  msa_sim_peer_stop_reading (peer);
  msa_test_world_settle (world, 10000);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_SENDING);
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==,
                   MSA_SOCKET_IN | MSA_SOCKET_OUT);

  msa_sim_peer_go_on_reading (peer);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
  g_assert_cmpint (msa_test_driver_get_wanted (world->driver, fd), ==, MSA_SOCKET_IN);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
}

/* Were the model application blind, it would prove nothing. */
static void
test_model_application_sees (MsaTestWorld *world)
{
  static const struct
  {
    int             fd;
    MsaSocketEvents wanted;
    gboolean        removed;
    gboolean        bad;
  } calls[] = {
    { 900, MSA_SOCKET_NONE, TRUE, TRUE }, /* never announced */
    { 900, MSA_SOCKET_NONE, FALSE, TRUE }, /* announced for nothing */
    { 901, MSA_SOCKET_IN, FALSE, FALSE },
    { 901, MSA_SOCKET_IN, FALSE, TRUE }, /* no change */
    { 901, MSA_SOCKET_OUT, FALSE, FALSE },
    { 901, MSA_SOCKET_IN, TRUE, TRUE }, /* removed, but wanted */
    { 901, MSA_SOCKET_NONE, TRUE, TRUE }, /* removed twice */
  };
  MsaCallback *callback = world->multi->socket_func;
  GPtrArray *violations = msa_test_driver_get_violations (world->driver);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      guint n = violations->len;

      ((MsaMultiSocketFunc) callback->func) (world->multi, calls[i].fd, calls[i].wanted,
                                             calls[i].removed, callback->user_data);
      g_assert_cmpuint (violations->len, ==, n + (calls[i].bad ? 1 : 0));
    }

  /* What was announced for nothing is still thought to be watched. */
  ((MsaMultiSocketFunc) callback->func) (world->multi, 900, MSA_SOCKET_NONE, TRUE,
                                         callback->user_data);
  g_ptr_array_set_size (violations, 0);
}

/* get_poll_fds */

static void
assert_poll_fds_match (MsaTestWorld *world)
{
  guint n_fds = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (world->multi, &n_fds);

  g_assert_cmpuint (n_fds, ==, msa_test_driver_count_watched (world->driver));
  for (guint i = 0; i < n_fds; i++)
    {
      g_assert_cmpint (fds[i].events, ==,
                       msa_test_driver_get_wanted (world->driver, fds[i].fd));
      g_assert_cmpint (fds[i].revents, ==, 0);
    }
}

static void
test_poll_fds_match (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/size/500000");

  msa_test_world_add (world, "http://other.org/chunked/10000");
  msa_test_world_add (world, "/hang");
  while (world->n_completed < 2)
    {
      msa_test_world_settle (world, 500);
      assert_poll_fds_match (world);
      if (msa_easy_get_state (easy) == MSA_EASY_RECEIVING)
        msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
      act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
      assert_poll_fds_match (world);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
      g_assert_cmpint (msa_sim_get_now_us (world->sim), <, MSA_SIM_START_US + G_USEC_PER_SEC);
    }
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpuint (msa_test_driver_count_watched (world->driver), >=, 3);
}

/* As with select() or a poll() of one's own: no function is set, and msa_multi_poll() is not
 * called. */
static void
test_poll_fds_drive (MsaTestWorld *world)
{
  MsaSys *sys = msa_sim_get_sys (world->sim);

  for (guint i = 0; i < 20; i++)
    msa_test_world_add (world, "/size/100000");
  while (world->n_completed < 20)
    {
      guint n_fds = 0;
      g_autofree GPollFD *fds = msa_multi_get_poll_fds (world->multi, &n_fds);

      g_assert_true (n_fds > 0);
      sys->ops->poll (sys, fds, n_fds, msa_multi_get_timeout_ms (world->multi));
      g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
      g_assert_cmpint (msa_sim_get_now_us (world->sim), <, MSA_SIM_START_US + G_USEC_PER_SEC);
    }
  g_assert_cmpuint (world->n_ok, ==, 20);
}

/* assign */

typedef struct
{
  MsaMultiSocketFunc next;
  gpointer           next_data; /* (unowned) */
  gpointer           seen;      /* what was assigned when the removal was told */
} AssignSpy;

static void
assign_spy_cb (MsaMulti *multi,
               int fd,
               MsaSocketEvents wanted,
               gboolean removed,
               gpointer user_data)
{
  AssignSpy *spy = user_data;

  if (removed)
    {
      spy->seen = msa_multi_get_assigned (multi, fd);
      g_assert_false (msa_multi_assign (multi, fd, spy));
    }
  spy->next (multi, fd, wanted, removed, spy->next_data);
}

static AssignSpy *
spy_on_assigned (MsaTestWorld *world)
{
  AssignSpy *spy = g_new0 (AssignSpy, 1);

  spy->next = (MsaMultiSocketFunc) world->multi->socket_func->func;
  spy->next_data = world->multi->socket_func->user_data;
  msa_multi_set_socket_func (world->multi, assign_spy_cb, spy, g_free);

  return spy;
}

static void
test_assign (MsaTestWorld *world)
{
  AssignSpy *spy = spy_on_assigned (world);
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");
  int fd = msa_test_world_get_fd (world);

  g_assert_null (msa_multi_get_assigned (world->multi, fd));
  g_assert_true (msa_multi_assign (world->multi, fd, world));
  g_assert_true (msa_multi_get_assigned (world->multi, fd) == world);
  g_assert_true (msa_multi_assign (world->multi, fd, easy));
  g_assert_true (msa_multi_get_assigned (world->multi, fd) == easy);
  act (world, fd, MSA_SOCKET_IN);
  g_assert_true (msa_multi_get_assigned (world->multi, fd) == easy);

  msa_multi_remove (world->multi, easy);
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_true (spy->seen == easy);
  g_assert_null (msa_multi_get_assigned (world->multi, fd));
  g_assert_false (msa_multi_assign (world->multi, fd, world));

  /* The next connection has the number again, and nothing of the former one. */
  easy = msa_test_world_add_waiting (world, "/hang");
  g_assert_cmpint (msa_test_world_get_fd (world), ==, fd);
  g_assert_null (msa_multi_get_assigned (world->multi, fd));
}

static void
test_assign_unannounced (MsaTestWorld *world)
{
  static const int unknown[] = { -1, -2, 0, 9999, G_MAXINT, G_MININT };

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    {
      g_assert_false (msa_multi_assign (world->multi, unknown[i], world));
      g_assert_null (msa_multi_get_assigned (world->multi, unknown[i]));
    }
}

static void
test_assign_paused (MsaTestWorld *world)
{
  AssignSpy *spy = spy_on_assigned (world);
  MsaEasy *easy = msa_test_world_add_waiting (world, "/hang");
  int fd = msa_test_world_get_fd (world);

  g_assert_true (msa_multi_assign (world->multi, fd, world));
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_true (spy->seen == world);
  g_assert_null (msa_multi_get_assigned (world->multi, fd));
  g_assert_false (msa_multi_assign (world->multi, fd, world));

  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  act (world, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
  g_assert_null (msa_multi_get_assigned (world->multi, fd));
  g_assert_true (msa_multi_assign (world->multi, fd, world));
}

/* The new driver's functions would take it for theirs. */
static void
test_assign_new_driver (MsaTestWorld *world)
{
  int fd = run_until_waiting (world, "/hang");

  g_assert_true (msa_multi_assign (world->multi, fd, world));
  spy_on (world);
  g_assert_null (msa_multi_get_assigned (world->multi, fd));
  g_assert_true (msa_multi_assign (world->multi, fd, world));
}

/* wakeup */

static gint64
poll_and_measure (MsaTestWorld *world,
                  int timeout_ms)
{
  gint64 before_us = msa_sim_get_now_us (world->sim);

  g_assert_true (msa_multi_poll (world->multi, timeout_ms, NULL, NULL));

  return msa_sim_get_now_us (world->sim) - before_us;
}

static void
test_wakeup_ends_one_poll (MsaTestWorld *world)
{
  g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
  g_assert_cmpint (poll_and_measure (world, 700), ==, 700000);
  msa_multi_wakeup (world->multi);
  g_assert_cmpint (poll_and_measure (world, 700), ==, 0);
  g_assert_cmpint (poll_and_measure (world, 700), ==, 700000);

  for (guint i = 0; i < 5; i++)
    msa_multi_wakeup (world->multi);
  g_assert_cmpint (poll_and_measure (world, 700), ==, 0);
  g_assert_cmpint (poll_and_measure (world, 700), ==, 700000);
}

/* It was sent before the dispatch, which clears the descriptor. */
static void
test_wakeup_is_sticky (MsaTestWorld *world)
{
  msa_multi_wakeup (world->multi);
  g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
  g_assert_cmpint (poll_and_measure (world, 700), ==, 0);
  g_assert_cmpint (poll_and_measure (world, 700), ==, 700000);
}

static gpointer
wake_thread (gpointer data)
{
  msa_multi_wakeup (data);

  return NULL;
}

/* The wait is without end: whichever comes first, wakeup or wait, it must be ended. */
static void
test_wakeup_from_thread (MsaTestWorld *world)
{
  for (guint i = 0; i < 200; i++)
    {
      GThread *thread = g_thread_new ("wake", wake_thread, world->multi);

      g_assert_true (msa_multi_poll (world->multi, -1, NULL, NULL));
      g_thread_join (thread);
      /* What a wait left of it, if it overtook the wakeup, ends here. */
      g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
      g_assert_true (msa_multi_poll (world->multi, 0, NULL, NULL));
    }
}

static gboolean
is_readable (int fd)
{
  GPollFD poll_fd = { .fd = fd, .events = G_IO_IN };

  return g_poll (&poll_fd, 1, 0) > 0;
}

static void
test_wakeup_exported (MsaTestWorld *world)
{
  int fd = msa_multi_get_fd (world->multi);
  GThread *thread;

  msa_test_world_settle (world, 0);
  g_assert_false (is_readable (fd));
  thread = g_thread_new ("wake", wake_thread, world->multi);
  g_thread_join (thread);
  g_assert_true (is_readable (fd));
  g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
  g_assert_false (is_readable (fd));
}

/* Without function and source nothing is announced, and driving works all the same. */
static void
test_no_driver (MsaTestWorld *world)
{
  msa_multi_detach (world->multi);
  msa_test_world_add (world, "/hello");
  for (guint i = 0; world->n_completed == 0; i++)
    {
      int fd = msa_test_world_get_fd (world);

      msa_sim_advance_by (world->sim, 1000);
      act (world, fd, MSA_SOCKET_NONE);
      g_assert_cmpuint (i, <, 20);
    }
  g_assert_cmpuint (world->n_ok, ==, 1);
}

typedef struct
{
  MsaTestDriverKind kind;
  const char       *path;
  MsaTestWorldFunc  func;
} Test;

static const Test tests[] = {
  { MSA_TEST_CALLBACKS, "removed-before-close", test_removed_before_close },
  { MSA_TEST_CALLBACKS, "only-changes", test_only_changes },
  { MSA_TEST_CALLBACKS, "keep-alive-announces-nothing", test_keep_alive_announces_nothing },
  { MSA_TEST_CALLBACKS, "silent-outside-dispatch", test_silent_outside_dispatch },
  { MSA_TEST_CALLBACKS, "pause-removes", test_pause_removes },
  { MSA_TEST_CALLBACKS, "wanted-directions", test_wanted_directions },
  { MSA_TEST_CALLBACKS, "model-application-sees", test_model_application_sees },
  { MSA_TEST_CALLBACKS, "poll-fds-match", test_poll_fds_match },
  { MSA_TEST_PERFORM, "poll-fds-drive", test_poll_fds_drive },
  { MSA_TEST_CALLBACKS, "assign", test_assign },
  { MSA_TEST_CALLBACKS, "assign-unannounced", test_assign_unannounced },
  { MSA_TEST_CALLBACKS, "assign-paused", test_assign_paused },
  { MSA_TEST_CALLBACKS, "assign-new-driver", test_assign_new_driver },
  { MSA_TEST_PERFORM, "wakeup-ends-one-poll", test_wakeup_ends_one_poll },
  { MSA_TEST_PERFORM, "wakeup-is-sticky", test_wakeup_is_sticky },
  { MSA_TEST_PERFORM, "no-driver", test_no_driver },
};

static const Test each_driver_tests[] = {
  { MSA_TEST_N_DRIVERS, "mask-zero", test_mask_zero },
  { MSA_TEST_N_DRIVERS, "condition-in", test_condition_in },
  { MSA_TEST_N_DRIVERS, "condition-in-hup", test_condition_in_hup },
  { MSA_TEST_N_DRIVERS, "condition-other", test_condition_other },
  { MSA_TEST_N_DRIVERS, "hints", test_hints },
  { MSA_TEST_N_DRIVERS, "hint-while-connecting", test_hint_while_connecting },
  { MSA_TEST_N_DRIVERS, "unknown-descriptor", test_unknown_descriptor },
  { MSA_TEST_N_DRIVERS, "closed-descriptor", test_closed_descriptor },
  { MSA_TEST_N_DRIVERS, "timeout-starts", test_timeout_starts },
  { MSA_TEST_N_DRIVERS, "running-count", test_running_count },
};

static void
add_test (const Test *test)
{
  g_autofree char *path = g_strconcat ("/msa/contract/sockets/", test->path, NULL);

  if (test->kind == MSA_TEST_N_DRIVERS)
    msa_test_world_add_test (path, test->func);
  else
    msa_test_world_add_test_in (test->kind, path, test->func);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (each_driver_tests); i++)
    add_test (&each_driver_tests[i]);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    add_test (&tests[i]);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/contract/sockets/wakeup-from-thread",
                                   test_wakeup_from_thread);
  msa_test_world_add_real_test_in (MSA_TEST_EXPORTED, "/msa/contract/sockets/wakeup-exported",
                                   test_wakeup_exported);

  return g_test_run ();
}

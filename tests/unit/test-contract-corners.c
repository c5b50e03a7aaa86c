/* test-contract-corners.c: rare meetings of calls, handlers and peers
 *
 * Each was found by tests/fuzz/fuzz-engine.c, and is written down here so that it is seen at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

#include <string.h>

#define BODY_BYTES 50000
/* Far more than the transfer needs. */
#define MAX_TURNS 10000

/* The timer function ends the run that run_async() has just added */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaEasy      *easy;  /* (unowned) */
  gboolean      armed;
  gboolean      removes;
  guint         n_calls;
  GError       *error; /* (owned) (nullable) */
} AsyncCorner;

static void
end_in_timer (MsaMulti *multi,
              gboolean timer,
              gpointer data)
{
  AsyncCorner *self = data;

  if (!timer || !self->armed)
    return;

  self->armed = FALSE;
  if (self->removes)
    msa_multi_remove (multi, self->easy);
  else
    g_assert_true (msa_test_world_run (self->world, 1));
}

static void
run_cb (GObject *source,
        GAsyncResult *result,
        gpointer user_data)
{
  AsyncCorner *self = user_data;

  self->n_calls++;
  msa_multi_run_finish (MSA_MULTI (source), result, &self->error);
}

static gboolean
has_called (gpointer data)
{
  return ((AsyncCorner *) data)->n_calls > 0;
}

static void
run_async_corner (MsaTestWorld *world,
                  AsyncCorner *self)
{
  self->world = world;
  self->easy = msa_test_world_make (world, "/size/10");
  self->armed = TRUE;
  msa_test_world_get_record (self->easy)->n_added = self->removes ? 0 : 1;
  /* So that there is a deadline to be told. */
  msa_test_world_settle (world, G_USEC_PER_SEC);
  msa_test_driver_set_hook (world->driver, end_in_timer, self);

  msa_multi_run_async (world->multi, self->easy, G_PRIORITY_DEFAULT, NULL, run_cb, self);
  g_assert_false (self->armed);
  g_assert_true (msa_test_world_run_until (world, has_called, self));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (self->n_calls, ==, 1);
  msa_test_world_assert_all_once (world);
}

static void
test_removed_in_timer_func (MsaTestWorld *world)
{
  AsyncCorner corner = { .removes = TRUE };

  run_async_corner (world, &corner);
  g_assert_error (corner.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&corner.error);
}

static void
test_done_in_timer_func (MsaTestWorld *world)
{
  AsyncCorner corner = { .removes = FALSE };

  run_async_corner (world, &corner);
  g_assert_no_error (corner.error);
  g_assert_cmpuint (msa_easy_get_status (corner.easy), ==, 200);
}

/* The answer begins before all of the request is sent, and ends after that */

typedef struct
{
  MsaTestWorld *world;    /* (unowned) */
  gboolean      answered;
  guint         n_turns;
} EarlyAnswer;

static void
answer_early (MsaSimPeer *peer,
              gpointer user_data)
{
  EarlyAnswer *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  const char *body = strstr (received->str, "\r\n\r\n");

  if (body == NULL)
    return;
  if (!self->answered)
    msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", -1);
  self->answered = TRUE;
  if (strlen (body + 4) == BODY_BYTES)
    msa_sim_peer_send (peer, "world", -1);
}

static void
accept_early (MsaSim *sim,
              MsaSimPeer *peer,
              gpointer data)
{
  peer->user_data = data;
  peer->received = answer_early;
}

static gboolean
is_answered (gpointer data)
{
  EarlyAnswer *self = data;

  g_assert_cmpuint (++self->n_turns, <, MAX_TURNS);

  return self->world->n_completed == 1;
}

static void
test_early_answer (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_strnfill (BODY_BYTES, 'b'), BODY_BYTES);
  EarlyAnswer answer = { .world = world };
  MsaEasy *easy;

  msa_sim_listen (world->sim, "10.0.0.3", 80, accept_early, &answer);
  msa_sim_set_send_window (world->sim, 1000);
  easy = msa_test_world_make (world, "http://10.0.0.3/");
  msa_easy_set_body (easy, "text/plain", body);
  msa_test_world_add_again (world, easy);

  g_assert_true (msa_test_world_run_until (world, is_answered, &answer));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_body (easy, "helloworld");
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, BODY_BYTES);
}

/* A receiver that is paused, of a request that had to wait for room */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  guint         n_turns;
} Pause;

static gboolean
has_received (gpointer data)
{
  return msa_sim_count (((Pause *) data)->world->sim, "socket_recv") > 0;
}

static gboolean
is_timed_out (gpointer data)
{
  Pause *self = data;

  g_assert_cmpuint (++self->n_turns, <, MAX_TURNS);

  return self->world->n_completed == 1;
}

static void
test_paused_sender (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_strnfill (BODY_BYTES, 'b'), BODY_BYTES);
  Pause self = { world, 0 };
  MsaEasy *easy;

  msa_sim_set_send_window (world->sim, 1000);
  easy = msa_test_world_make (world, "/size/10");
  msa_easy_set_body (easy, "text/plain", body);
  msa_easy_set_timeout_ms (easy, 10000);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, has_received, &self));
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_SENDING);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);

  g_assert_true (msa_test_world_run_until (world, is_timed_out, &self));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, BODY_BYTES);
}

/* The old functions hear of a descriptor's end, and dispatch */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaEasy      *paused; /* (unowned) */
  guint         n_acts;
} Removal;

static void
dispatch_at_last_removal (MsaMulti *multi,
                          gboolean timer,
                          gpointer data)
{
  Removal *self = data;

  if (timer || self->n_acts > 0 || msa_test_driver_count_watched (self->world->driver) > 0)
    return;

  self->n_acts++;
  msa_easy_resume (self->paused, MSA_DIRECTION_RECEIVE);
  msa_test_driver_turn (self->world->driver);
  g_assert_cmpuint (msa_test_driver_count_watched (self->world->driver), ==, 0);
}

static void
test_dispatch_in_removal (MsaTestWorld *world)
{
  MsaEasy *paused = msa_test_world_add (world, "/part/100");
  MsaEasy *other = msa_test_world_add (world, "/part/100");
  Removal removal = { world, paused, 0 };

  g_assert_true (msa_test_world_run_until_state (world, paused, MSA_EASY_RECEIVING));
  g_assert_true (msa_test_world_run_until_state (world, other, MSA_EASY_RECEIVING));
  msa_easy_pause (paused, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, G_USEC_PER_SEC);

  /* It fails if anything is still announced to the driver that goes. */
  msa_test_driver_set_hook (world->driver, dispatch_at_last_removal, &removal);
  msa_test_world_renew_driver (world);
  g_assert_cmpuint (removal.n_acts, ==, 1);
  g_assert_cmpuint (msa_test_driver_count_watched (world->driver), >=, 2);

  msa_test_world_remove (world, paused);
  msa_test_world_remove (world, other);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  msa_test_world_assert_all_once (world);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/run-async/removed-in-timer-func",
                              test_removed_in_timer_func);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/run-async/done-in-timer-func",
                              test_done_in_timer_func);
  msa_test_world_add_test ("/msa/contract/early-answer/rest-of-request-goes-out",
                           test_early_answer);
  msa_test_world_add_test ("/msa/contract/pause/sent-to-the-end-costs-nothing",
                           test_paused_sender);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/switch/dispatch-in-removal",
                              test_dispatch_in_removal);

  return g_test_run ();
}

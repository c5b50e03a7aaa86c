/* test-clocks.c: the time that each part of a transfer may take
 *
 * Queue, look-up, handshake, response, and the time without a byte: each has a limit and a code
 * of its own, fires when it is over and not before, and stands while it is the application that is
 * waited for. All on the simulated clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define MS 1000
#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"

/* A peer with a script */

/* What it says, each part so long after the request was complete. */
typedef struct
{
  gint64 at_ms;
  const char *text;
} Line;

static void
script_received_cb (MsaSimPeer *peer,
                    gpointer user_data)
{
  GString *received = msa_sim_peer_get_received (peer);

  if (strstr (received->str, "\r\n\r\n") == NULL)
    return;
  g_string_truncate (received, 0);
  for (const Line *line = user_data; line->text != NULL; line++)
    msa_sim_peer_send_at (peer, line->at_ms * MS, line->text, -1);
  peer->received = NULL;
}

static void
script_accept_cb (MsaSim *sim,
                  MsaSimPeer *peer,
                  gpointer data)
{
  peer->user_data = data;
  peer->received = script_received_cb;
}

static MsaEasy *
make_scripted (MsaTestWorld *world,
               const Line *lines)
{
  msa_sim_listen (world->sim, "10.0.0.9", 80, script_accept_cb, (gpointer) lines);

  return msa_test_world_make (world, "http://10.0.0.9/");
}

/* Looking at the outcome */

static gint64
get_now_ms (MsaTestWorld *world)
{
  return (msa_sim_get_now_us (world->sim) - MSA_SIM_START_US) / MS;
}

static void
expect_error (MsaTestWorld *world,
              MsaEasy *easy,
              MsaError code,
              const char *message,
              gint64 at_ms)
{
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, (int) code);
  g_assert_cmpstr (msa_easy_get_error (easy)->message, ==, message);
  g_assert_cmpint (get_now_ms (world), ==, at_ms);
  msa_test_world_assert_all_once (world);
}

/* Ends at @at_ms and not before. */
static void
run_into (MsaTestWorld *world,
          MsaEasy *easy,
          MsaError code,
          const char *message,
          gint64 at_ms)
{
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, (at_ms - get_now_ms (world) - 5) * MS);
  g_assert_cmpuint (msa_test_world_get_record (easy)->n_easy, ==, 0);
  g_assert_true (msa_test_world_run (world, 1));
  expect_error (world, easy, code, message, at_ms);
}

/* Each of them */

static void
test_queue (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_multi_set_max_connections (world->multi, 1);
  msa_easy_set_queue_timeout_ms (easy, 700);
  msa_test_world_add (world, "/hang");
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 695 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 1);
  msa_test_world_settle (world, 5 * MS);
  g_assert_cmpuint (world->n_completed, ==, 1);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_QUEUE_TIMED_OUT);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 0);
}

/* Its turn came in time: what follows is not of the queue. */
static void
test_queue_left (MsaTestWorld *world)
{
  MsaEasy *first = msa_test_world_make (world, "/hang");
  MsaEasy *easy = msa_test_world_make (world, "/hang");

  msa_multi_set_max_connections (world->multi, 1);
  msa_easy_set_timeout_ms (first, 600);
  msa_easy_set_queue_timeout_ms (easy, 700);
  msa_test_world_add_again (world, first);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 5000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 1);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_WAITING);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
}

static void
test_resolve (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "http://slow.org:81/");

  msa_sim_set_host (world->sim, "slow.org", 20 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_easy_set_resolve_timeout_ms (easy, 700);
  run_into (world, easy, MSA_ERROR_RESOLVE_TIMED_OUT,
            "The look-up of “slow.org:81” took longer than 700 ms: given up after 700 ms", 700);
}

/* Of the connection's clock and that of a part the earlier counts. */
static void
test_connect_first (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "http://slow.org/");

  msa_sim_set_host (world->sim, "slow.org", 20 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_easy_set_resolve_timeout_ms (easy, 700);
  msa_easy_set_connect_timeout_ms (easy, 600);
  run_into (world, easy, MSA_ERROR_CONNECT_TIMED_OUT,
            "No connection to “slow.org” within 600 ms: still looking up the name after 600 ms",
            600);
}

/* The name was known in time. */
static void
test_resolve_left (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "http://slow.org/");

  msa_sim_set_host (world->sim, "slow.org", 600 * MS, "10.0.0.8", NULL);
  msa_sim_set_black_hole (world->sim, "10.0.0.8");
  msa_easy_set_resolve_timeout_ms (easy, 700);
  msa_easy_set_connect_timeout_ms (easy, 3000);
  run_into (world, easy, MSA_ERROR_CONNECT_TIMED_OUT,
            "No connection to “slow.org” within 3000 ms: still connecting after 3000 ms", 3000);
}

static void
silent_accept_cb (MsaSim *sim,
                  MsaSimPeer *peer,
                  gpointer data)
{
}

/* From the end of connecting, which takes 4 ms here. */
static void
test_tls (MsaTestWorld *world)
{
  MsaTestHttps *server = msa_test_https_new_www (world->sim, "10.0.0.7", "");
  g_autoptr (MsaTlsConfig) config = msa_test_https_new_config (server);
  MsaEasy *easy = msa_test_world_make (world, "https://example.org/");

  msa_sim_listen (world->sim, "10.0.0.1", 443, silent_accept_cb, NULL);
  msa_easy_set_tls_config (easy, config);
  msa_easy_set_resolve_timeout_ms (easy, 300);
  msa_easy_set_tls_timeout_ms (easy, 700);
  run_into (world, easy, MSA_ERROR_TLS_TIMED_OUT,
            "The TLS handshake with “example.org” took longer than 700 ms: "
            "given up after 700 ms",
            704);
  msa_test_https_free (server);
}

/* None of them means anything when its part is over. */
static void
test_tls_left (MsaTestWorld *world)
{
  MsaTestHttps *server = msa_test_https_new_www (world->sim, "10.0.0.7", HEAD);
  g_autoptr (MsaTlsConfig) config = msa_test_https_new_config (server);
  MsaEasy *easy = msa_test_world_make (world, "https://www.test/");

  msa_sim_set_host (world->sim, "www.test", 2 * MS, "10.0.0.7", NULL);
  msa_easy_set_tls_config (easy, config);
  msa_easy_set_queue_timeout_ms (easy, 300);
  msa_easy_set_resolve_timeout_ms (easy, 300);
  msa_easy_set_connect_timeout_ms (easy, 300);
  msa_easy_set_tls_timeout_ms (easy, 300);
  msa_easy_set_response_timeout_ms (easy, 300);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 5000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_RECEIVING);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  msa_test_world_remove (world, easy);
  msa_test_world_settle (world, MS);
  msa_test_world_end_multi (world);
  msa_test_https_free (server);
}

/* The response. Its connection is there after 2 ms. */

#define NO_RESPONSE \
  "10.0.0.9: Waiting for the response took longer than 700 ms: given up after 700 ms"
#define NO_BYTE "10.0.0.9: Waiting for any byte took longer than 700 ms: given up after 700 ms"

static const Line silence[] = { { 0, NULL } };
static const Line interim[] = { { 500, "HTTP/1.1 103 Early Hints\r\n\r\n" }, { 0, NULL } };
static const Line first_byte[] = { { 500, "H" }, { 0, NULL } };
static const Line head_only[] = { { 500, HEAD }, { 0, NULL } };
static const Line dribble[] = { { 600, "HTTP/1.1 200 OK\r\n" },
                                { 1200, "Content-Length: 3\r\n\r\n" },
                                { 1800, "a" },
                                { 2400, "b" },
                                { 3000, "c" },
                                { 0, NULL } };

static const struct
{
  const char *name;
  const Line *lines;
  guint response_ms, idle_ms;
  MsaError code;
  const char *message;
  gint64 at_ms;
} answers[] = {
  { "silence", silence, 700, 300, MSA_ERROR_RESPONSE_TIMED_OUT, NO_RESPONSE, 702 },
  /* The way of a byte takes 1 ms each way. */
  { "after-interim", interim, 700, 0, MSA_ERROR_RESPONSE_TIMED_OUT, NO_RESPONSE, 502 + 702 },
  { "after-first-byte", first_byte, 600, 700, MSA_ERROR_IDLE_TIMED_OUT, NO_BYTE, 502 + 702 },
  { "after-head", head_only, 600, 700, MSA_ERROR_IDLE_TIMED_OUT, NO_BYTE, 502 + 702 },
};

static void
test_answer (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy = make_scripted (world, answers[i].lines);

  msa_easy_set_response_timeout_ms (easy, answers[i].response_ms);
  msa_easy_set_idle_timeout_ms (easy, answers[i].idle_ms);
  run_into (world, easy, answers[i].code, answers[i].message, answers[i].at_ms);
}

/* Slow, but never still for so long. */
static void
test_slow_answer (MsaTestWorld *world)
{
  MsaEasy *easy = make_scripted (world, dribble);

  msa_easy_set_response_timeout_ms (easy, 700);
  msa_easy_set_idle_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 3);
}

/* The first byte came in time, and nothing watches the rest. */
static void
test_first_byte_only (MsaTestWorld *world)
{
  MsaEasy *easy = make_scripted (world, first_byte);

  msa_easy_set_response_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 20000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
}

/* From the last byte of the body on. */
static void
test_response_after_body (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("0123456789", 10);
  MsaEasy *easy = make_scripted (world, silence);

  msa_easy_set_body (easy, NULL, body);
  msa_easy_set_response_timeout_ms (easy, 700);
  msa_easy_set_idle_timeout_ms (easy, 500);
  msa_test_world_add_again (world, easy);
  msa_easy_pause (easy, MSA_DIRECTION_SEND);
  msa_test_world_settle (world, 5000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_easy_resume (easy, MSA_DIRECTION_SEND);
  g_assert_true (msa_test_world_run (world, 1));
  expect_error (world, easy, MSA_ERROR_RESPONSE_TIMED_OUT, NO_RESPONSE, 5700);
}

/* The peer takes no more of the body. */
static void
test_idle_sending (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (1000000), 1000000);
  MsaEasy *easy = make_scripted (world, silence);

  msa_sim_set_send_window (world->sim, 10000);
  msa_easy_set_body (easy, NULL, body);
  msa_easy_set_idle_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_SENDING));
  msa_sim_step (world->sim, G_MAXINT64);
  msa_sim_peer_stop_reading (msa_sim_get_peer (world->sim, 0));
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_IDLE_TIMED_OUT);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), <, 1000000);
  g_assert_cmpint (get_now_ms (world), >=, 702);
  g_assert_cmpint (get_now_ms (world), <=, 710);
}

/* The application */

/* Waiting for leave to send a body is our own doing: a peer need not give it. */
static void
test_held_body (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (2000000), 2000000);
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_easy_set_body (easy, NULL, body);
  msa_easy_set_idle_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpint (get_now_ms (world), >=, 1000);
}

static const Line long_body[] = { { 10, HEAD "abc" }, { 0, NULL } };

/* Paused it stands; resumed it begins anew. */
static void
test_paused (MsaTestWorld *world)
{
  MsaEasy *easy = make_scripted (world, long_body);

  msa_easy_set_idle_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 9000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 695 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_IDLE_TIMED_OUT);
}

/* While nobody reads, the response may have come. */
static void
test_paused_waiting (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_easy_set_response_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 9000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
}

static const Line late[] = { { 600, HEAD "0123456789" }, { 0, NULL } };

/* Something else kept the loop for long: what came meanwhile counts, also if the time is over. */
static void
test_late_application (MsaTestWorld *world)
{
  MsaEasy *easy = make_scripted (world, late);

  msa_easy_set_response_timeout_ms (easy, 700);
  msa_easy_set_idle_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 100 * MS);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_WAITING);
  msa_sim_advance_by (world->sim, 20 * G_USEC_PER_SEC);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 10);
}

static void
keep_loop_cb (MsaEasy *easy,
              gpointer data)
{
  MsaTestWorld *world = data;

  if (msa_easy_get_state (easy) != MSA_EASY_WAITING)
    return;
  g_signal_handlers_disconnect_by_func (easy, keep_loop_cb, data);
  msa_test_world_settle (world, 9000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
}

/* The time runs out under the easy's own handler: it ends when that returns (P2). */
static void
test_under_handler (MsaTestWorld *world)
{
  MsaEasy *easy = make_scripted (world, silence);

  msa_easy_set_response_timeout_ms (easy, 1700);
  g_signal_connect (easy, "progress", G_CALLBACK (keep_loop_cb), world);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_RESPONSE_TIMED_OUT);
  g_assert_cmpint (get_now_ms (world), >=, 10000);
  g_assert_cmpint (get_now_ms (world), <, 10200);
}

/* Each run has all of it again, also on a connection that was used before. */
static void
test_each_run (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_easy_set_response_timeout_ms (easy, 700);
  msa_easy_set_idle_timeout_ms (easy, 700);
  for (guint i = 1; i <= 3; i++)
    {
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, i));
      g_assert_no_error (msa_easy_get_error (easy));
      msa_test_world_settle (world, 2000 * MS);
    }
  msa_easy_set_uri (easy, "http://example.org/hang");
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 4));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_RESPONSE_TIMED_OUT);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
}

/* A byte moves no deadline that the driver would have to be told of. */
static void
test_untold (MsaTestWorld *world)
{
  static Line lines[102];
  MsaEasy *easy;
  guint n_calls;

  lines[0] = (Line) { 0, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" };
  for (guint i = 1; i <= 100; i++)
    lines[i] = (Line) { 10 * i, "x" };
  easy = make_scripted (world, lines);
  msa_easy_set_idle_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  n_calls = msa_test_driver_count_timer_calls (world->driver);
  msa_test_world_settle (world, 1000 * MS);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), >=, 98);
  g_assert_cmpuint (msa_test_driver_count_timer_calls (world->driver), <=, n_calls + 3);
  g_assert_true (msa_test_world_run (world, 1));
  expect_error (world, easy, MSA_ERROR_IDLE_TIMED_OUT, NO_BYTE, 1000 + 2 + 702);
}

/* 0 is none of them. */
static void
test_none (MsaTestWorld *world)
{
  MsaEasy *easy = make_scripted (world, head_only);

  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 50000 * MS);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
}

/* The longest that can be said does not overflow. */
static void
test_longest (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  msa_easy_set_queue_timeout_ms (easy, G_MAXINT);
  msa_easy_set_resolve_timeout_ms (easy, G_MAXINT);
  msa_easy_set_connect_timeout_ms (easy, G_MAXINT);
  msa_easy_set_tls_timeout_ms (easy, G_MAXINT);
  msa_easy_set_response_timeout_ms (easy, G_MAXINT);
  msa_easy_set_idle_timeout_ms (easy, G_MAXINT);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_test ("/msa/clocks/queue/over", test_queue);
  msa_test_world_add_test ("/msa/clocks/queue/left", test_queue_left);
  msa_test_world_add_test ("/msa/clocks/resolve/over", test_resolve);
  msa_test_world_add_test ("/msa/clocks/resolve/left", test_resolve_left);
  msa_test_world_add_test ("/msa/clocks/resolve/connect-first", test_connect_first);
  msa_test_world_add_test ("/msa/clocks/tls/over", test_tls);
  msa_test_world_add_test ("/msa/clocks/tls/left", test_tls_left);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/clocks/answer", answers, test_answer);
  msa_test_world_add_test ("/msa/clocks/answer/slow", test_slow_answer);
  msa_test_world_add_test ("/msa/clocks/answer/first-byte-only", test_first_byte_only);
  msa_test_world_add_test ("/msa/clocks/answer/after-body", test_response_after_body);
  msa_test_world_add_test ("/msa/clocks/idle/sending", test_idle_sending);
  msa_test_world_add_test ("/msa/clocks/held/body", test_held_body);
  msa_test_world_add_test ("/msa/clocks/held/paused", test_paused);
  msa_test_world_add_test ("/msa/clocks/held/paused-waiting", test_paused_waiting);
  msa_test_world_add_test ("/msa/clocks/late-application", test_late_application);
  msa_test_world_add_test ("/msa/clocks/under-handler", test_under_handler);
  msa_test_world_add_test ("/msa/clocks/each-run", test_each_run);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/clocks/untold", test_untold);
  msa_test_world_add_test ("/msa/clocks/none", test_none);
  msa_test_world_add_test ("/msa/clocks/longest", test_longest);

  return g_test_run ();
}

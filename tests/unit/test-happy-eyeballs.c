/* test-happy-eyeballs.c: hosts with several addresses, through the whole of the library
 *
 * In each driver, in virtual time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "msa-test-pki.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

#define MS G_GINT64_CONSTANT (1000)
#define LOOK_UP_US (2 * MS)
#define EIGHT_HOLES \
  "fd00::91", "fd00::92", "fd00::93", "fd00::94", "10.0.0.91", "10.0.0.92", "10.0.0.93", "10.0.0.94"

/* Beside the world's 10.0.0.1:
 *   fd00::1, 10.0.0.5     answer
 *   fd00::8, 10.0.0.8     refuse
 *   fd00::9x, 10.0.0.9x   never answer
 *   fd00::7               cannot be reached */
static void
set_up (MsaTestWorld *world)
{
  static const char *const holes[] = { EIGHT_HOLES };

  msa_sim_http_server (world->sim, "fd00::1", 80, msa_test_world_respond_cb, NULL);
  msa_sim_http_server (world->sim, "10.0.0.5", 80, msa_test_world_respond_cb, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (holes); i++)
    msa_sim_set_black_hole (world->sim, holes[i]);
  msa_sim_set_unreachable (world->sim, "fd00::7");
}

/* What was asked of the system until some time, looked at from outside of the library. */
typedef struct
{
  guint n_look_ups;
  guint n_attempts;
  guint n_open;
} Snapshot;

static void
take_snapshot (MsaSim *sim,
               gpointer data)
{
  Snapshot *self = data;

  self->n_look_ups = msa_sim_count (sim, "look_up");
  self->n_attempts = msa_sim_count (sim, "socket_connect");
  self->n_open = msa_sim_n_open (sim);
}

static void
take_snapshot_at (MsaTestWorld *world,
                  gint64 at_us,
                  Snapshot *snapshot)
{
  msa_sim_call_after (world->sim, MSA_SIM_START_US + at_us - msa_sim_get_now_us (world->sim),
                      take_snapshot, snapshot);
}

static gint64
get_now_us (MsaTestWorld *world)
{
  return msa_sim_get_now_us (world->sim) - MSA_SIM_START_US;
}

static void
expect_ok (MsaTestWorld *world,
           MsaEasy *easy,
           const char *remote)
{
  g_autofree char *address = msa_easy_dup_remote_address (easy);

  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_cmpstr (address, ==, remote);
}

static void
expect_error (MsaEasy *easy,
              int code,
              const char *text)
{
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, code);
  /* The host may stand before it: “/msa/errors” looks at that. */
  if (!g_str_has_suffix (msa_easy_get_error (easy)->message, text))
    g_assert_cmpstr (msa_easy_get_error (easy)->message, ==, text);
}

/* Runs until the one transfer is over, at about @at_us and not before. */
static void
run_one (MsaTestWorld *world,
         gint64 at_us)
{
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpint (get_now_us (world), >=, at_us);
  g_assert_cmpint (get_now_us (world), <, at_us + 5 * MS);
  msa_test_world_assert_all_once (world);
}

static MsaSimPeer *
find_peer (MsaTestWorld *world,
           const char *address)
{
  for (guint i = 0; i < msa_sim_get_n_peers (world->sim); i++)
    if (strcmp (msa_sim_get_peer (world->sim, i)->address, address) == 0)
      return msa_sim_get_peer (world->sim, i);

  return NULL;
}

/* The order of attempts */

static void
test_ipv6_first (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "both.org", LOOK_UP_US, "10.0.0.5", "fd00::1", NULL);
  easy = msa_test_world_add (world, "http://both.org/");
  run_one (world, LOOK_UP_US + 4 * MS);
  expect_ok (world, easy, "[fd00::1]:80");
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 1);
}

static void
test_delay (MsaTestWorld *world)
{
  Snapshot before, after, later;
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "slow.org", LOOK_UP_US, "fd00::91", "10.0.0.91", "fd00::1", NULL);
  take_snapshot_at (world, LOOK_UP_US + 200 * MS - 1, &before);
  take_snapshot_at (world, LOOK_UP_US + 210 * MS, &after);
  take_snapshot_at (world, LOOK_UP_US + 400 * MS - 1, &later);
  easy = msa_test_world_add (world, "http://slow.org/");
  run_one (world, LOOK_UP_US + 404 * MS);
  expect_ok (world, easy, "[fd00::1]:80");
  g_assert_cmpuint (before.n_attempts, ==, 1);
  g_assert_cmpuint (after.n_attempts, ==, 2);
  g_assert_cmpuint (later.n_attempts, ==, 2);
}

/* Two addresses that never answer come before the one that does: twice the delay. */
static void
test_delay_set (MsaTestWorld *world)
{
  const guint delay_ms = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "slow.org", LOOK_UP_US, "fd00::91", "10.0.0.91", "fd00::1", NULL);
  easy = msa_test_world_make (world, "http://slow.org/");
  msa_easy_set_happy_eyeballs_delay_ms (easy, delay_ms);
  msa_test_world_add_again (world, easy);
  run_one (world, LOOK_UP_US + 2 * delay_ms * MS + 4 * MS);
  expect_ok (world, easy, "[fd00::1]:80");
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 3);
}

/* A race is one connection: the second transfer waits until all of its sockets are closed. */
static void
test_six (MsaTestWorld *world)
{
  Snapshot before, racing, second;
  MsaEasy *easies[2];

  set_up (world);
  msa_sim_set_host (world->sim, "holes.org", LOOK_UP_US, EIGHT_HOLES, NULL);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  take_snapshot_at (world, 1 * MS, &before);
  take_snapshot_at (world, 4900 * MS, &racing);
  take_snapshot_at (world, 5100 * MS, &second);
  for (guint i = 0; i < 2; i++)
    {
      easies[i] = msa_test_world_make (world, "http://holes.org/");
      msa_easy_set_connect_timeout_ms (easies[i], 5000);
      msa_test_world_add_again (world, easies[i]);
    }
  g_assert_true (msa_test_world_run (world, 2));

  g_assert_cmpuint (racing.n_attempts, ==, 6);
  g_assert_cmpuint (racing.n_open, ==, before.n_open + 6);
  g_assert_cmpuint (second.n_attempts, ==, 7);
  g_assert_cmpuint (second.n_open, ==, before.n_open + 1);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 12);
  for (guint i = 0; i < 2; i++)
    expect_error (easies[i], MSA_ERROR_CONNECT_TIMED_OUT,
                  "No connection to “holes.org” within 5000 ms: "
                  "still connecting after 5000 ms");
  g_assert_cmpint (get_now_us (world), >=, 10000 * MS);
  msa_test_world_assert_all_once (world);
}

static void
faster_cb (MsaSim *sim,
           gpointer data)
{
  msa_sim_set_latency (sim, 1 * MS);
}

/* The loser was reached as well: it is closed, and the request was never said to it. */
static void
test_loser (MsaTestWorld *world)
{
  MsaSimPeer *loser, *winner;
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "both.org", LOOK_UP_US, "10.0.0.5", "fd00::1", NULL);
  msa_sim_set_latency (world->sim, 150 * MS);
  msa_sim_call_after (world->sim, 160 * MS, faster_cb, NULL);
  easy = msa_test_world_add (world, "http://both.org/");
  run_one (world, LOOK_UP_US + 204 * MS);
  expect_ok (world, easy, "10.0.0.5:80");

  msa_test_world_settle (world, 500 * MS);
  loser = find_peer (world, "[fd00::1]:80");
  winner = find_peer (world, "10.0.0.5:80");
  g_assert_true (msa_sim_peer_is_closed (loser));
  g_assert_cmpuint (msa_sim_peer_get_received (loser)->len, ==, 0);
  g_assert_false (msa_sim_peer_is_closed (winner));
  g_assert_cmpuint (msa_sim_peer_get_received (winner)->len, >, 0);
}

/* Once there is a winner, the connection is as any other: it is used again. */
static void
test_reused (MsaTestWorld *world)
{
  set_up (world);
  msa_sim_set_host (world->sim, "slow.org", LOOK_UP_US, "fd00::91", "10.0.0.5", NULL);
  msa_test_world_add (world, "http://slow.org/a");
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_add (world, "http://slow.org/b");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 2);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 2);
}

/* Failures */

static void
test_refused (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "half.org", LOOK_UP_US, "fd00::8", "10.0.0.5", NULL);
  easy = msa_test_world_add (world, "http://half.org/");
  run_one (world, LOOK_UP_US + 6 * MS);
  expect_ok (world, easy, "10.0.0.5:80");
}

static void
test_unreachable (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "half.org", LOOK_UP_US, "fd00::7", "10.0.0.5", NULL);
  easy = msa_test_world_add (world, "http://half.org/");
  run_one (world, LOOK_UP_US + 4 * MS);
  expect_ok (world, easy, "10.0.0.5:80");
}

static void
test_all_fail (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "none.org", LOOK_UP_US, "fd00::7", "10.0.0.8", "fd00::8", NULL);
  easy = msa_test_world_add (world, "http://none.org/");
  run_one (world, LOOK_UP_US + 4 * MS);
  expect_error (easy, MSA_ERROR_CONNECT,
                "Connecting to [fd00::7]:80 failed: Network is unreachable; "
                "Connecting to 10.0.0.8:80 failed: Connection refused; "
                "Connecting to [fd00::8]:80 failed: Connection refused");
}

static void
test_one_refused (MsaTestWorld *world)
{
  MsaEasy *easy;

  easy = msa_test_world_add (world, "http://10.0.0.8:8080/");
  run_one (world, 2 * MS);
  expect_error (easy, MSA_ERROR_CONNECT, "Connecting to 10.0.0.8:8080 failed: Connection refused");
}

/* Descriptors run out in the middle of a race. */
static void
test_no_descriptor (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "slow.org", LOOK_UP_US, "fd00::91", "10.0.0.8", "fd00::1", NULL);
  msa_sim_fail_nth (world->sim, "socket_open", 2, EMFILE);
  easy = msa_test_world_add (world, "http://slow.org/");
  run_one (world, LOOK_UP_US + 204 * MS);
  expect_ok (world, easy, "[fd00::1]:80");
}

/* Not before: the drivers have descriptors of their own, and some open them late. */
static void
allow_one_more (MsaSim *sim,
                gpointer data)
{
  msa_sim_set_fd_limit (sim, msa_sim_n_open (sim) + 1);
}

/* They stay so: what runs goes on, and later transfers work again when there is room. */
static void
test_no_descriptors (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "slow.org", LOOK_UP_US, "fd00::91", "10.0.0.5", NULL);
  msa_sim_call_after (world->sim, 1 * MS, allow_one_more, NULL);
  easy = msa_test_world_make (world, "http://slow.org/");
  msa_easy_set_connect_timeout_ms (easy, 1000);
  msa_test_world_add_again (world, easy);
  run_one (world, 1000 * MS);
  expect_error (easy, MSA_ERROR_CONNECT_TIMED_OUT,
                "No connection to “slow.org” within 1000 ms: still connecting after 1000 ms; "
                "Opening a socket for 10.0.0.5:80 failed: Too many open files");

  msa_sim_set_fd_limit (world->sim, 0);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  expect_ok (world, easy, "10.0.0.5:80");
}

/* The poller takes no more, for the drivers that have one of their own: as any other failure. */
static void
test_unwatchable (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "slow.org", LOOK_UP_US, "fd00::91", "10.0.0.91", "fd00::1", NULL);
  msa_sim_fail_nth (world->sim, "poller_set", 2, ENOSPC);
  easy = msa_test_world_add (world, "http://slow.org/");
  run_one (world, LOOK_UP_US + 204 * MS);
  expect_ok (world, easy, "[fd00::1]:80");
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 3);
}

/* The one socket there is. */
static void
test_unwatchable_all (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "one.org", LOOK_UP_US, "10.0.0.5", NULL);
  msa_sim_fail_nth (world->sim, "poller_set", 1, ENOSPC);
  easy = msa_test_world_add (world, "http://one.org/");
  run_one (world, LOOK_UP_US);
  expect_error (easy, MSA_ERROR_CONNECT,
                "Connecting to 10.0.0.5:80 failed: The system watches no more descriptors");
}

/* Names */

/* Each family is asked for by itself, at once. */
static void
test_parallel (MsaTestWorld *world)
{
  Snapshot first;
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "both.org", 30 * MS, "10.0.0.5", "fd00::1", NULL);
  take_snapshot_at (world, 5 * MS, &first);
  easy = msa_test_world_add (world, "http://both.org/");
  run_one (world, 34 * MS);
  expect_ok (world, easy, "[fd00::1]:80");
  g_assert_cmpuint (first.n_look_ups, ==, 2);
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 2);
}

/* One family is late: the other waits for it a little, IPv6 not at all. */
static const struct
{
  const char *name;
  gint64 ipv6_ms, ipv4_ms;
  const char *ipv6, *ipv4, *remote;
  gint64 over_ms;
} late[] = {
  { "ipv4", 2, 20000, "fd00::1", "10.0.0.5", "[fd00::1]:80", 6 },
  { "ipv6", 20000, 2, "fd00::1", "10.0.0.5", "10.0.0.5:80", 56 },
  { "ipv6-in-time", 40, 2, "fd00::1", "10.0.0.5", "[fd00::1]:80", 44 },
  { "ipv4-needed", 2, 500, "fd00::8", "10.0.0.5", "10.0.0.5:80", 504 },
  { "ipv4-joins-race", 2, 100, "fd00::91", "10.0.0.5", "10.0.0.5:80", 206 },
  { "ipv6-joins-race", 100, 2, "fd00::1", "10.0.0.91", "[fd00::1]:80", 256 },
};

static void
test_late (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "late.org", 0, late[i].ipv6, late[i].ipv4, NULL);
  msa_sim_set_host_family (world->sim, "late.org", AF_INET6, 0, late[i].ipv6_ms * MS);
  msa_sim_set_host_family (world->sim, "late.org", AF_INET, 0, late[i].ipv4_ms * MS);
  easy = msa_test_world_add (world, "http://late.org/");
  run_one (world, late[i].over_ms * MS);
  expect_ok (world, easy, late[i].remote);

  /* The other family's answer disturbs nothing, and is known from then on. */
  msa_test_world_settle (world, 30 * G_USEC_PER_SEC);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  expect_ok (world, easy, late[i].remote);
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 2);
}

/* Where the server was, nobody listens any more: the next try asks where it is now. */
static void
test_moved (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "moved.org", LOOK_UP_US, "10.0.0.5", "fd00::1", NULL);
  easy = msa_test_world_add (world, "http://moved.org/");
  g_assert_true (msa_test_world_run (world, 1));
  expect_ok (world, easy, "[fd00::1]:80");
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 2);

  msa_sim_unlisten (world->sim, "fd00::1", 80);
  msa_sim_unlisten (world->sim, "10.0.0.5", 80);
  msa_sim_peer_close (find_peer (world, "[fd00::1]:80"));
  msa_sim_set_host (world->sim, "moved.org", LOOK_UP_US, "10.0.0.1", NULL);
  msa_test_world_settle (world, 10 * MS);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  expect_error (easy, MSA_ERROR_CONNECT,
                "Connecting to [fd00::1]:80 failed: Connection refused; "
                "Connecting to 10.0.0.5:80 failed: Connection refused");
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 2);

  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 3));
  expect_ok (world, easy, "10.0.0.1:80");
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 4);
}

/* One of the addresses answers: the entry stays. */
static void
test_not_moved (MsaTestWorld *world)
{
  MsaEasy *easy;

  set_up (world);
  msa_sim_set_host (world->sim, "half.org", LOOK_UP_US, "fd00::8", "10.0.0.5", NULL);
  easy = msa_test_world_add (world, "http://half.org/");
  g_assert_true (msa_test_world_run (world, 1));
  msa_sim_peer_close (find_peer (world, "10.0.0.5:80"));
  msa_test_world_settle (world, 10 * MS);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  expect_ok (world, easy, "10.0.0.5:80");
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 2);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 4);
}

/* Phases */

static const struct
{
  const char *name, *uri, *phase;
} phases[] = {
  { "look-up", "http://never.org/", "looking up the name" },
  { "connect", "http://holes.org/", "connecting" },
  { "connect-some-failed", "http://mixed.org/",
    "connecting after 900 ms; Connecting to 10.0.0.8:80 failed: Connection refused" },
  { "late-family", "http://late.org/",
    "looking up the name after 900 ms; Connecting to 10.0.0.8:80 failed: Connection refused" },
  { "handshake", "https://silent.org/", "in the TLS handshake" },
};

static void
set_up_phases (MsaTestWorld *world)
{
  MsaSim *sim = world->sim;

  set_up (world);
  msa_sim_listen (sim, "10.0.0.5", 443, NULL, NULL);
  msa_sim_set_host (sim, "never.org", 50 * G_USEC_PER_SEC, "10.0.0.5", NULL);
  msa_sim_set_host (sim, "holes.org", LOOK_UP_US, EIGHT_HOLES, NULL);
  msa_sim_set_host (sim, "mixed.org", LOOK_UP_US, "fd00::91", "10.0.0.8", NULL);
  msa_sim_set_host (sim, "late.org", LOOK_UP_US, "fd00::1", "10.0.0.8", NULL);
  msa_sim_set_host_family (sim, "late.org", AF_INET6, 0, 50 * G_USEC_PER_SEC);
  msa_sim_set_host (sim, "silent.org", LOOK_UP_US, "10.0.0.5", NULL);
}

/* @uri, with a trust of its own where TLS is spoken. */
static MsaEasy *
add_in_phase (MsaTestWorld *world,
              const char *uri,
              guint timeout_ms)
{
  g_autoptr (MsaTestPki) pki = msa_test_pki_new ();
  const char *pem = msa_test_pki_ca_pem (pki);
  g_autoptr (GBytes) bytes = g_bytes_new (pem, strlen (pem));
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);
  MsaEasy *easy = msa_test_world_make (world, uri);

  msa_easy_set_tls_config (easy, config);
  msa_easy_set_connect_timeout_ms (easy, timeout_ms);
  msa_test_world_add_again (world, easy);

  return easy;
}

/* One limit for all of it, and the text says how far it came. */
static void
test_timeout (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  g_autofree char *host = g_strndup (strstr (phases[i].uri, "//") + 2,
                                     strlen (strstr (phases[i].uri, "//")) - 3);
  g_autofree char *text =
      g_strdup_printf ("No connection to “%s” within 900 ms: still %s%s", host, phases[i].phase,
                       strchr (phases[i].phase, ';') == NULL ? " after 900 ms" : "");
  MsaEasy *easy;

  set_up_phases (world);
  easy = add_in_phase (world, phases[i].uri, 900);
  run_one (world, 900 * MS);
  expect_error (easy, MSA_ERROR_CONNECT_TIMED_OUT, text);
}

/* Removed in each of them: nothing stays behind, and nothing is delivered. */
static void
test_remove (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  Snapshot before;
  MsaEasy *easy;

  set_up_phases (world);
  take_snapshot_at (world, 1 * MS, &before);
  easy = add_in_phase (world, phases[i].uri, 30000);
  msa_test_world_settle (world, 500 * MS);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 1);
  msa_test_world_remove (world, easy);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);

  msa_test_world_settle (world, 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (msa_sim_n_open (world->sim), ==, before.n_open);
  msa_test_world_assert_all_once (world);
}

/* The same with the multi itself, in either order with the easy. */
static void
test_dispose (MsaTestWorld *world,
              gboolean easy_first)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaTestRecord *record;
  MsaMulti *multi;

  set_up_phases (world);
  record = msa_test_world_get_record (add_in_phase (world, phases[i].uri, 30000));
  msa_test_world_settle (world, 500 * MS);
  multi = msa_test_world_take_multi (world);
  if (easy_first)
    msa_test_world_drop (world, record->easy);
  g_assert_finalize_object (multi);
  g_assert_cmpuint (record->n_easy, ==, 0);
  if (!easy_first)
    g_assert_finalize_object (g_steal_pointer (&record->easy));

  /* What is on its way comes to nobody. */
  msa_sim_advance_by (world->sim, 60 * G_USEC_PER_SEC);
}

static void
test_dispose_multi (MsaTestWorld *world)
{
  test_dispose (world, FALSE);
}

static void
test_dispose_easy (MsaTestWorld *world)
{
  test_dispose (world, TRUE);
}

static const MsaTestWorldTest tests[] = {
  { "/msa/happy-eyeballs/ipv6-first", test_ipv6_first },
  { "/msa/happy-eyeballs/delay", test_delay },
  { "/msa/happy-eyeballs/six-in-flight", test_six },
  { "/msa/happy-eyeballs/loser-closed", test_loser },
  { "/msa/happy-eyeballs/reused", test_reused },
  { "/msa/happy-eyeballs/failure/refused", test_refused },
  { "/msa/happy-eyeballs/failure/unreachable", test_unreachable },
  { "/msa/happy-eyeballs/failure/all", test_all_fail },
  { "/msa/happy-eyeballs/failure/only-one", test_one_refused },
  { "/msa/happy-eyeballs/failure/no-descriptor", test_no_descriptor },
  { "/msa/happy-eyeballs/failure/no-descriptors", test_no_descriptors },
  { "/msa/happy-eyeballs/names/parallel", test_parallel },
  { "/msa/happy-eyeballs/names/moved", test_moved },
  { "/msa/happy-eyeballs/names/not-moved", test_not_moved },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  msa_test_world_add_row_test ("/msa/happy-eyeballs/delay-set/none", test_delay_set,
                               GUINT_TO_POINTER (0));
  msa_test_world_add_row_test ("/msa/happy-eyeballs/delay-set/short", test_delay_set,
                               GUINT_TO_POINTER (1));
  msa_test_world_add_row_test ("/msa/happy-eyeballs/delay-set/long", test_delay_set,
                               GUINT_TO_POINTER (1000));
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/happy-eyeballs/failure/unwatchable/attached",
                              test_unwatchable);
  msa_test_world_add_test_in (MSA_TEST_EXPORTED, "/msa/happy-eyeballs/failure/unwatchable/exported",
                              test_unwatchable);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED,
                              "/msa/happy-eyeballs/failure/unwatchable-all/attached",
                              test_unwatchable_all);
  msa_test_world_add_test_in (MSA_TEST_EXPORTED,
                              "/msa/happy-eyeballs/failure/unwatchable-all/exported",
                              test_unwatchable_all);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/happy-eyeballs/names/late", late, test_late);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/happy-eyeballs/timeout", phases, test_timeout);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/happy-eyeballs/remove", phases, test_remove);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/happy-eyeballs/dispose/multi-first", phases,
                               test_dispose_multi);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/happy-eyeballs/dispose/easy-first", phases,
                               test_dispose_easy);

  return g_test_run ();
}

/* test-race.c: which of several addresses wins, in virtual time
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-race-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-reactor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#define PORT 80

typedef struct
{
  MsaSim *sim;
  MsaTestReactor *reactor;
  MsaRace race;
  gboolean woken;
  guint n_wakes;

  gboolean over;
  gint64 over_us; /* since the start */
  MsaFilter *winner; /* (owned) (nullable) */
  GError *error; /* (owned) (nullable) */
} Fixture;

static void
wake_cb (MsaRace *race)
{
  Fixture *fixture = (gpointer) ((guint8 *) race - G_STRUCT_OFFSET (Fixture, race));

  fixture->woken = TRUE;
  fixture->n_wakes++;
}

static void
setup (Fixture *fixture,
       gconstpointer data)
{
  fixture->sim = msa_sim_new ();
  fixture->reactor = msa_test_reactor_new (msa_sim_get_sys (msa_sim_ref (fixture->sim)));
  msa_race_init (&fixture->race, msa_test_reactor_get (fixture->reactor), wake_cb);
  fixture->race.delay_us = 200 * 1000;
}

static void
teardown (Fixture *fixture,
          gconstpointer data)
{
  g_clear_pointer (&fixture->winner, msa_filter_free);
  g_clear_error (&fixture->error);
  msa_race_clear (&fixture->race);
  msa_test_reactor_free (fixture->reactor);
  msa_sim_assert_clean (fixture->sim);
  msa_sim_unref (fixture->sim);
}

static MsaAddress
parse_address (const char *text)
{
  MsaAddress address = { .len = 0 };
  struct sockaddr_in *in = (struct sockaddr_in *) &address.addr;
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &address.addr;

  if (inet_pton (AF_INET, text, &in->sin_addr) == 1)
    {
      in->sin_family = AF_INET;
      address.len = sizeof *in;
    }
  else
    {
      g_assert_cmpint (inet_pton (AF_INET6, text, &in6->sin6_addr), ==, 1);
      in6->sin6_family = AF_INET6;
      address.len = sizeof *in6;
    }

  return address;
}

/* @texts: addresses with spaces between. */
static MsaAddresses *
make_addresses (const char *texts)
{
  g_auto (GStrv) list = g_strsplit (texts, " ", -1);
  guint n = g_strv_length (list);
  MsaAddresses *addresses = g_malloc0 (sizeof *addresses + n * sizeof addresses->addresses[0]);

  g_ref_count_init (&addresses->refs);
  addresses->n_addresses = n;
  for (guint i = 0; i < n; i++)
    addresses->addresses[i] = parse_address (list[i]);

  return addresses;
}

static gint64
get_now_us (Fixture *fixture)
{
  return msa_sim_get_now_us (fixture->sim);
}

/* TRUE: something came out. */
static gboolean
drive (Fixture *fixture)
{
  MsaIo io = msa_race_drive (&fixture->race, get_now_us (fixture), &fixture->winner,
                             &fixture->error);

  fixture->woken = FALSE;
  g_assert_true ((io == MSA_IO_DONE) == (fixture->winner != NULL));
  g_assert_true ((io == MSA_IO_ERROR) == (fixture->error != NULL));
  if (io == MSA_IO_AGAIN)
    return FALSE;

  fixture->over = TRUE;
  fixture->over_us = get_now_us (fixture) - MSA_SIM_START_US;
  return TRUE;
}

static void
begin (Fixture *fixture,
       const char *texts)
{
  MsaAddresses *addresses = make_addresses (texts);

  msa_race_begin (&fixture->race, addresses, PORT);
  msa_addresses_unref (addresses);
}

static void
start (Fixture *fixture,
       const char *texts)
{
  begin (fixture, texts);
  drive (fixture);
}

static void
start_partly (Fixture *fixture,
              const char *texts)
{
  begin (fixture, texts);
  fixture->race.more_to_come = TRUE;
  drive (fixture);
}

static void
join (Fixture *fixture,
      const char *texts)
{
  MsaAddresses *addresses = make_addresses (texts);

  fixture->race.more_to_come = FALSE;
  msa_race_join (&fixture->race, addresses);
  msa_addresses_unref (addresses);
  drive (fixture);
}

/* Until @at_ms after the start of the simulation, or the race is over. */
static void
run_to (Fixture *fixture,
        gint64 at_ms)
{
  gint64 end_us = MSA_SIM_START_US + at_ms * 1000;

  while (!fixture->over && get_now_us (fixture) < end_us)
    {
      msa_test_reactor_turn (fixture->reactor, (int) ((end_us - get_now_us (fixture)) / 1000));
      if (fixture->woken)
        drive (fixture);
    }
}

static guint
count_attempts (Fixture *fixture)
{
  return msa_sim_count (fixture->sim, "socket_connect");
}

/* What a race that is over or cleared leaves: nothing that could wake it, the winner's socket
 * alone. The reactor has two descriptors of its own. */
static void
expect_left (Fixture *fixture,
             guint n_sockets)
{
  g_assert_cmpuint (fixture->race.n_running, ==, 0);
  g_assert_null (msa_heap_first (&msa_test_reactor_get (fixture->reactor)->timers));
  g_assert_cmpuint (msa_sim_n_open (fixture->sim), ==, 2 + n_sockets);
}

static void
expect_winner (Fixture *fixture,
               const char *expected,
               gint64 after_ms)
{
  g_autofree char *text = NULL;

  g_assert_no_error (fixture->error);
  g_assert_true (fixture->over);
  text = g_strdup (msa_socket_get_peer (fixture->winner));
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (fixture->over_us, ==, after_ms * 1000);
  expect_left (fixture, 1);
}

static void
expect_failure (Fixture *fixture,
                const char *expected,
                gint64 after_ms)
{
  g_assert_true (fixture->over);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpstr (fixture->error->message, ==, expected);
  g_assert_cmpint (fixture->over_us, ==, after_ms * 1000);
  expect_left (fixture, 0);
}

static void
listen_at (Fixture *fixture,
           const char *address)
{
  msa_sim_listen (fixture->sim, address, PORT, NULL, NULL);
}

static void
make_holes (Fixture *fixture,
            const char *texts)
{
  g_auto (GStrv) list = g_strsplit (texts, " ", -1);

  for (guint i = 0; list[i] != NULL; i++)
    msa_sim_set_black_hole (fixture->sim, list[i]);
}

/* The course of a race */

static void
test_one (Fixture *fixture,
          gconstpointer data)
{
  listen_at (fixture, "10.0.0.1");
  start (fixture, "10.0.0.1");
  /* There is no other to start: nothing is timed. */
  g_assert_null (msa_heap_first (&msa_test_reactor_get (fixture->reactor)->timers));
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.1:80", 2);
}

static void
test_first_wins (Fixture *fixture,
                 gconstpointer data)
{
  listen_at (fixture, "fd00::1");
  listen_at (fixture, "10.0.0.1");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  run_to (fixture, 1000);
  expect_winner (fixture, "[fd00::1]:80", 2);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
}

static void
test_delay (Fixture *fixture,
            gconstpointer data)
{
  make_holes (fixture, "fd00::1 10.0.0.1");
  listen_at (fixture, "fd00::2");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  for (guint i = 1; i <= 2; i++)
    {
      g_assert_cmpuint (count_attempts (fixture), ==, i);
      run_to (fixture, i * 200 - 1);
      g_assert_cmpuint (count_attempts (fixture), ==, i);
      run_to (fixture, i * 200);
    }
  g_assert_cmpuint (count_attempts (fixture), ==, 3);
  g_assert_cmpuint (fixture->race.n_running, ==, 3);
  run_to (fixture, 1000);
  expect_winner (fixture, "[fd00::2]:80", 402);
}

/* Called without a reason, it does nothing. */
static void
test_no_reason (Fixture *fixture,
                gconstpointer data)
{
  make_holes (fixture, "fd00::1 10.0.0.1 fd00::2");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  for (guint i = 0; i < 10; i++)
    g_assert_false (drive (fixture));
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  run_to (fixture, 200);
  for (guint i = 0; i < 10; i++)
    g_assert_false (drive (fixture));
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
}

#define EIGHT "fd00::1 10.0.0.1 fd00::2 10.0.0.2 fd00::3 10.0.0.3 fd00::4 10.0.0.4"

static void
test_six (Fixture *fixture,
          gconstpointer data)
{
  guint n_wakes;

  make_holes (fixture, EIGHT);
  start (fixture, EIGHT);
  run_to (fixture, 1000);
  g_assert_cmpuint (count_attempts (fixture), ==, 6);
  g_assert_cmpuint (fixture->race.n_running, ==, 6);
  g_assert_cmpuint (msa_sim_n_open (fixture->sim), ==, 2 + 6);

  /* Once more it learns that the delay is over, then it waits in peace. */
  run_to (fixture, 1200);
  n_wakes = fixture->n_wakes;
  run_to (fixture, 60000);
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes);
  g_assert_cmpuint (count_attempts (fixture), ==, 6);

  msa_race_clear (&fixture->race);
  expect_left (fixture, 0);
}

/* The seventh starts when one of six has failed, and at once. */
static void
test_seventh (Fixture *fixture,
              gconstpointer data)
{
  make_holes (fixture, "10.0.0.1 fd00::2 10.0.0.2 fd00::3 10.0.0.3");
  listen_at (fixture, "fd00::4");
  msa_sim_set_latency (fixture->sim, 750 * 1000);
  start (fixture, EIGHT);
  run_to (fixture, 1000);
  msa_sim_set_latency (fixture->sim, 1000);
  run_to (fixture, 1499);
  g_assert_cmpuint (count_attempts (fixture), ==, 6);
  run_to (fixture, 1500);
  g_assert_cmpuint (count_attempts (fixture), ==, 7);
  g_assert_cmpuint (fixture->race.n_running, ==, 6);
  run_to (fixture, 2000);
  expect_winner (fixture, "[fd00::4]:80", 1502);
}

static void
faster_cb (MsaSim *sim,
           gpointer data)
{
  msa_sim_set_latency (sim, 1000);
}

/* Reached, but too slow to answer: closed, and nothing was ever said to it. */
static void
test_loser (Fixture *fixture,
            gconstpointer data)
{
  listen_at (fixture, "fd00::1");
  listen_at (fixture, "10.0.0.1");
  msa_sim_set_latency (fixture->sim, 150 * 1000);
  msa_sim_call_after (fixture->sim, 160 * 1000, faster_cb, NULL);
  start (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.1:80", 202);

  g_assert_cmpuint (msa_sim_get_n_peers (fixture->sim), ==, 2);
  msa_sim_advance_by (fixture->sim, 500 * 1000);
  g_assert_cmpstr (msa_sim_get_peer (fixture->sim, 0)->address, ==, "[fd00::1]:80");
  g_assert_true (msa_sim_peer_is_closed (msa_sim_get_peer (fixture->sim, 0)));
  g_assert_cmpuint (msa_sim_peer_get_received (msa_sim_get_peer (fixture->sim, 0))->len, ==, 0);
  g_assert_false (msa_sim_peer_is_closed (msa_sim_get_peer (fixture->sim, 1)));
}

/* Both have answered by the time somebody looks: one of them wins, the other is closed. */
static void
test_tie (Fixture *fixture,
          gconstpointer data)
{
  listen_at (fixture, "fd00::1");
  listen_at (fixture, "10.0.0.1");
  msa_sim_set_latency (fixture->sim, 150 * 1000);
  start (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 250);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
  msa_sim_advance_by (fixture->sim, 750 * 1000);
  g_assert_true (drive (fixture));
  expect_winner (fixture, "[fd00::1]:80", 1000);
  msa_sim_advance_by (fixture->sim, 500 * 1000);
  g_assert_true (msa_sim_peer_is_closed (msa_sim_get_peer (fixture->sim, 1)));
}

/* The winner's socket goes on calling through the race. */
static void
test_winner_wakes (Fixture *fixture,
                   gconstpointer data)
{
  make_holes (fixture, "fd00::1");
  listen_at (fixture, "10.0.0.1");
  start (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.1:80", 202);

  msa_race_clear (&fixture->race);
  msa_socket_want (fixture->winner, MSA_SOCKET_IN);
  msa_sim_peer_send (msa_sim_get_peer (fixture->sim, 0), "x", 1);
  g_assert_false (fixture->woken);
  g_assert_true (msa_test_reactor_run_until (fixture->reactor, &fixture->woken, 1000));
}

/* Failures */

static void
test_refused (Fixture *fixture,
              gconstpointer data)
{
  listen_at (fixture, "10.0.0.1");
  start (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 1000);
  /* Two milliseconds for the refusal, two for the answer. */
  expect_winner (fixture, "10.0.0.1:80", 4);
}

static void
test_unreachable (Fixture *fixture,
                  gconstpointer data)
{
  msa_sim_set_unreachable (fixture->sim, "fd00::1");
  msa_sim_set_unreachable (fixture->sim, "fd00::2");
  listen_at (fixture, "10.0.0.1");
  start (fixture, "fd00::1 fd00::2 10.0.0.1");
  /* Found out within the call. */
  g_assert_cmpuint (count_attempts (fixture), ==, 3);
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.1:80", 2);
}

/* A failure hastens the next one only: that has its own 200 ms. */
static void
test_delay_after_failure (Fixture *fixture,
                          gconstpointer data)
{
  make_holes (fixture, "10.0.0.1");
  listen_at (fixture, "fd00::2");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  run_to (fixture, 201);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
  run_to (fixture, 1000);
  expect_winner (fixture, "[fd00::2]:80", 204);
}

static void
test_all_fail (Fixture *fixture,
               gconstpointer data)
{
  msa_sim_set_unreachable (fixture->sim, "10.0.0.1");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  run_to (fixture, 1000);
  expect_failure (fixture,
                  "Connecting to [fd00::1]:80 failed: Connection refused; "
                  "Connecting to 10.0.0.1:80 failed: Network is unreachable; "
                  "Connecting to [fd00::2]:80 failed: Connection refused",
                  4);
}

/* While others run, a failure ends nothing. */
static void
test_last_fails_first (Fixture *fixture,
                       gconstpointer data)
{
  listen_at (fixture, "fd00::1");
  msa_sim_set_latency (fixture->sim, 150 * 1000);
  msa_sim_set_unreachable (fixture->sim, "10.0.0.1");
  start (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 250);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
  g_assert_false (fixture->over);
  run_to (fixture, 1000);
  expect_winner (fixture, "[fd00::1]:80", 300);
}

static void
test_sixty_four (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GString) texts = g_string_new (NULL);
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < MSA_MAX_ADDRESSES; i++)
    {
      g_autofree char *text = g_strdup_printf ("10.0.1.%u", i);

      msa_sim_set_unreachable (fixture->sim, text);
      g_string_append_printf (texts, "%s%s", i > 0 ? " " : "", text);
      g_string_append_printf (expected, "%sConnecting to %s:80 failed: Network is unreachable",
                              i > 0 ? "; " : "", text);
    }
  start (fixture, texts->str);
  expect_failure (fixture, expected->str, 0);
}

/* In the middle of a race: the others go on, and the message says what was the matter. */
static void
test_no_descriptor (Fixture *fixture,
                    gconstpointer data)
{
  make_holes (fixture, "fd00::1");
  listen_at (fixture, "10.0.0.2");
  msa_sim_fail_nth (fixture->sim, "socket_open", 2, EMFILE);
  start (fixture, "fd00::1 10.0.0.1 10.0.0.2");
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.2:80", 202);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
}

static void
test_no_descriptors (Fixture *fixture,
                     gconstpointer data)
{
  msa_sim_set_fd_limit (fixture->sim, 3);
  msa_sim_set_latency (fixture->sim, 150 * 1000);
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  run_to (fixture, 250);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_open"), ==, 3);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  g_assert_false (fixture->over);
  run_to (fixture, 1000);
  expect_failure (fixture,
                  "Opening a socket for 10.0.0.1:80 failed: Too many open files; "
                  "Opening a socket for [fd00::2]:80 failed: Too many open files; "
                  "Connecting to [fd00::1]:80 failed: Connection refused",
                  300);
}

static void
test_connect_fails (Fixture *fixture,
                    gconstpointer data)
{
  listen_at (fixture, "10.0.0.1");
  msa_sim_fail_nth (fixture->sim, "socket_connect", 1, EADDRNOTAVAIL);
  start (fixture, "10.0.0.1");
  expect_failure (fixture, "Connecting to 10.0.0.1:80 failed: Cannot assign requested address", 0);
}

static void
test_error_fails (Fixture *fixture,
                  gconstpointer data)
{
  listen_at (fixture, "fd00::1");
  listen_at (fixture, "10.0.0.1");
  msa_sim_fail_nth (fixture->sim, "socket_error", 1, ENOBUFS);
  start (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.1:80", 4);
}

/* More is known later */

/* The first attempt runs when the others come: they wait for its 200 ms, no less and no more. */
static void
test_join_running (Fixture *fixture,
                   gconstpointer data)
{
  make_holes (fixture, "10.0.0.1");
  listen_at (fixture, "fd00::1");
  start_partly (fixture, "10.0.0.1");
  run_to (fixture, 70);
  join (fixture, "fd00::1 10.0.0.1");
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  run_to (fixture, 199);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
  run_to (fixture, 1000);
  expect_winner (fixture, "[fd00::1]:80", 202);
}

static void
test_join_after_delay (Fixture *fixture,
                       gconstpointer data)
{
  make_holes (fixture, "10.0.0.1");
  listen_at (fixture, "fd00::1");
  start_partly (fixture, "10.0.0.1");
  run_to (fixture, 3000);
  g_assert_false (fixture->over);
  join (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 4000);
  expect_winner (fixture, "[fd00::1]:80", 3002);
}

static void
test_join_after_failure (Fixture *fixture,
                         gconstpointer data)
{
  listen_at (fixture, "fd00::1");
  start_partly (fixture, "10.0.0.1");
  run_to (fixture, 500);
  g_assert_false (fixture->over);
  g_assert_cmpuint (fixture->race.n_running, ==, 0);
  join (fixture, "fd00::1 10.0.0.1");
  run_to (fixture, 1000);
  expect_winner (fixture, "[fd00::1]:80", 502);
  g_assert_cmpuint (count_attempts (fixture), ==, 2);
}

/* Those that were tried are not tried again, wherever they stand by then; the rest keeps its
 * order. */
static void
test_join_order (Fixture *fixture,
                 gconstpointer data)
{
  start_partly (fixture, "10.0.0.1 10.0.0.2");
  run_to (fixture, 100);
  join (fixture, "fd00::1 10.0.0.1 fd00::2 10.0.0.2 10.0.0.3");
  run_to (fixture, 1000);
  expect_failure (fixture,
                  "Connecting to 10.0.0.1:80 failed: Connection refused; "
                  "Connecting to 10.0.0.2:80 failed: Connection refused; "
                  "Connecting to [fd00::1]:80 failed: Connection refused; "
                  "Connecting to [fd00::2]:80 failed: Connection refused; "
                  "Connecting to 10.0.0.3:80 failed: Connection refused",
                  106);
  g_assert_cmpuint (count_attempts (fixture), ==, 5);
}

/* Those not yet tried take their place among the others. */
static void
test_join_untried (Fixture *fixture,
                   gconstpointer data)
{
  make_holes (fixture, "10.0.0.1 10.0.0.2 fd00::1");
  listen_at (fixture, "fd00::2");
  start_partly (fixture, "10.0.0.1 10.0.0.2");
  run_to (fixture, 100);
  join (fixture, "fd00::1 10.0.0.1 fd00::2 10.0.0.2");
  run_to (fixture, 2000);
  expect_winner (fixture, "[fd00::2]:80", 402);
  g_assert_cmpuint (count_attempts (fixture), ==, 3);
}

static void
test_join_nothing (Fixture *fixture,
                   gconstpointer data)
{
  start_partly (fixture, "10.0.0.1");
  run_to (fixture, 100);
  g_assert_false (fixture->over);
  join (fixture, "10.0.0.1");
  expect_failure (fixture, "Connecting to 10.0.0.1:80 failed: Connection refused", 100);
  g_assert_cmpuint (count_attempts (fixture), ==, 1);
}

/* There was an answer before the other family was known. */
static void
test_win_before_join (Fixture *fixture,
                      gconstpointer data)
{
  listen_at (fixture, "10.0.0.1");
  start_partly (fixture, "10.0.0.1");
  run_to (fixture, 100);
  expect_winner (fixture, "10.0.0.1:80", 2);
}

/* Local ends */

static void
expect_no_binding (Fixture *fixture,
                   const char *expected,
                   gint64 after_ms)
{
  g_assert_true (fixture->over);
  g_assert_error (fixture->error, MSA_ERROR, MSA_ERROR_BIND);
  g_assert_cmpstr (fixture->error->message, ==, expected);
  g_assert_cmpint (fixture->over_us, ==, after_ms * 1000);
  expect_left (fixture, 0);
}

static const MsaLocalEnd *
make_local (const char *address,
            guint16 port)
{
  static MsaLocalEnd local;

  local = (MsaLocalEnd) { .port = port, .n_ports = 1 };
  if (address != NULL)
    g_assert_true (msa_address_parse (&local.address, address));
  return &local;
}

/* Those of the other family cost no time, and no socket. */
static void
test_other_family (Fixture *fixture,
                   gconstpointer data)
{
  fixture->race.local = make_local ("10.255.0.1", 0);
  listen_at (fixture, "10.0.0.1");
  listen_at (fixture, "fd00::1");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.1:80", 2);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "socket_open"), ==, 1);
}

static void
test_other_family_only (Fixture *fixture,
                        gconstpointer data)
{
  fixture->race.local = make_local ("10.255.0.1", 0);
  start (fixture, "fd00::1 fd00::2");
  expect_no_binding (fixture,
                     "Binding to address 10.255.0.1 for [fd00::1]:80 failed: "
                     "One is IPv4, the other IPv6; "
                     "Binding to address 10.255.0.1 for [fd00::2]:80 failed: "
                     "One is IPv4, the other IPv6",
                     0);
}

/* What could be tried has the word, whichever failed last. */
static void
test_other_family_refused (Fixture *fixture,
                           gconstpointer data)
{
  gboolean last = GPOINTER_TO_INT (data);

  fixture->race.local = make_local ("10.255.0.1", 0);
  start (fixture, last ? "10.0.0.1 fd00::1" : "fd00::1 10.0.0.1");
  run_to (fixture, 1000);
  expect_failure (fixture,
                  last ? "Connecting to 10.0.0.1:80 failed: Connection refused; "
                         "Binding to address 10.255.0.1 for [fd00::1]:80 failed: "
                         "One is IPv4, the other IPv6"
                       : "Binding to address 10.255.0.1 for [fd00::1]:80 failed: "
                         "One is IPv4, the other IPv6; "
                         "Connecting to 10.0.0.1:80 failed: Connection refused",
                  2);
}

/* One port is enough for all attempts of a race. */
static void
test_one_port (Fixture *fixture,
               gconstpointer data)
{
  fixture->race.local = make_local (NULL, 5000);
  make_holes (fixture, "fd00::1 10.0.0.1");
  listen_at (fixture, "10.0.0.2");
  start (fixture, "fd00::1 10.0.0.1 10.0.0.2");
  run_to (fixture, 1000);
  expect_winner (fixture, "10.0.0.2:80", 402);
  g_assert_cmpstr (msa_sim_get_peer (fixture->sim, 0)->client, ==, "10.255.0.1:5000");
}

/* Ends */

static void
test_clear (Fixture *fixture,
            gconstpointer data)
{
  const gint64 at_ms = GPOINTER_TO_INT (data);
  guint n_wakes;

  make_holes (fixture, "fd00::1 10.0.0.1");
  listen_at (fixture, "fd00::2");
  start (fixture, "fd00::1 10.0.0.1 fd00::2");
  run_to (fixture, at_ms);
  g_assert_false (fixture->over);
  msa_race_clear (&fixture->race);
  expect_left (fixture, 0);
  n_wakes = fixture->n_wakes;
  run_to (fixture, 2000);
  g_assert_cmpuint (fixture->n_wakes, ==, n_wakes);
  msa_race_clear (&fixture->race);
}

static void
test_clear_unused (Fixture *fixture,
                   gconstpointer data)
{
  msa_race_clear (&fixture->race);
  expect_left (fixture, 0);
}

static void
test_again (Fixture *fixture,
            gconstpointer data)
{
  start_partly (fixture, "10.0.0.1");
  run_to (fixture, 100);
  join (fixture, "10.0.0.1 10.0.0.2");
  run_to (fixture, 101);
  g_assert_false (fixture->over);

  /* What was tried, failed and promised then counts no more. */
  start (fixture, "10.0.0.1 10.0.0.3");
  run_to (fixture, 200);
  expect_failure (fixture,
                  "Connecting to 10.0.0.1:80 failed: Connection refused; "
                  "Connecting to 10.0.0.3:80 failed: Connection refused",
                  105);
}

static const struct
{
  const char *path;
  void (*func) (Fixture *fixture, gconstpointer data);
  gint data;
} tests[] = {
  { "/msa/race/one", test_one, 0 },
  { "/msa/race/first-wins", test_first_wins, 0 },
  { "/msa/race/delay", test_delay, 0 },
  { "/msa/race/no-reason", test_no_reason, 0 },
  { "/msa/race/six-in-flight", test_six, 0 },
  { "/msa/race/seventh", test_seventh, 0 },
  { "/msa/race/loser-closed", test_loser, 0 },
  { "/msa/race/tie", test_tie, 0 },
  { "/msa/race/winner-wakes", test_winner_wakes, 0 },
  { "/msa/race/failure/refused", test_refused, 0 },
  { "/msa/race/failure/unreachable", test_unreachable, 0 },
  { "/msa/race/failure/delay-after", test_delay_after_failure, 0 },
  { "/msa/race/failure/all", test_all_fail, 0 },
  { "/msa/race/failure/last-first", test_last_fails_first, 0 },
  { "/msa/race/failure/sixty-four", test_sixty_four, 0 },
  { "/msa/race/failure/no-descriptor", test_no_descriptor, 0 },
  { "/msa/race/failure/no-descriptors", test_no_descriptors, 0 },
  { "/msa/race/failure/connect", test_connect_fails, 0 },
  { "/msa/race/failure/error", test_error_fails, 0 },
  { "/msa/race/join/running", test_join_running, 0 },
  { "/msa/race/join/after-delay", test_join_after_delay, 0 },
  { "/msa/race/join/after-failure", test_join_after_failure, 0 },
  { "/msa/race/join/order", test_join_order, 0 },
  { "/msa/race/join/untried", test_join_untried, 0 },
  { "/msa/race/join/nothing", test_join_nothing, 0 },
  { "/msa/race/join/won-before", test_win_before_join, 0 },
  { "/msa/race/local/other-family", test_other_family, 0 },
  { "/msa/race/local/other-family-only", test_other_family_only, 0 },
  { "/msa/race/local/other-family-first", test_other_family_refused, FALSE },
  { "/msa/race/local/other-family-last", test_other_family_refused, TRUE },
  { "/msa/race/local/one-port", test_one_port, 0 },
  { "/msa/race/clear/unused", test_clear_unused, 0 },
  { "/msa/race/clear/at-once", test_clear, 0 },
  { "/msa/race/clear/one-running", test_clear, 100 },
  { "/msa/race/clear/two-running", test_clear, 300 },
  { "/msa/race/clear/before-answer", test_clear, 401 },
  { "/msa/race/again", test_again, 0 },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, GINT_TO_POINTER (tests[i].data), setup, tests[i].func,
                teardown);
  return g_test_run ();
}

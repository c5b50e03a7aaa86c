/* test-timings.c: when what happened in a run
 *
 * For each kind of run, fresh and reused, over TLS, sent again, ended in each phase: the times are
 * in order, none is of before the run, and those that did not happen are left out; from inside
 * each handler they are those of so far. And how often progress is told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <errno.h>

#define MS 1000
#define REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define BIT(phase) (1u << MSA_PHASE_##phase)

#define QUEUED 0
#define STARTED BIT (STARTED)
#define RESOLVED (STARTED | BIT (RESOLVED))
#define CONNECTED (RESOLVED | BIT (CONNECTED))
#define REQUESTED (CONNECTED | BIT (REQUESTED))
#define SENT (REQUESTED | BIT (SENT))
#define RESPONDED (SENT | BIT (RESPONDED))
#define SECURED BIT (SECURED)

static MsaTestHttps *tls_server; /* (nullable) */
static GObject *kept; /* (nullable): a question that nobody answers */

/* What there is */

static void
close_cb (MsaSimPeer *peer,
          gpointer user_data)
{
  msa_sim_peer_close (peer);
}

static void
accept_close_cb (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  peer->received = close_cb;
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
}

static void
accept_stop_cb (MsaSim *sim,
                MsaSimPeer *peer,
                gpointer data)
{
  msa_sim_peer_stop_reading (peer);
}

static void
early_received_cb (MsaSimPeer *peer,
                   gpointer user_data)
{
  peer->received = NULL;
  msa_sim_peer_send (peer, REPLY, -1);
}

static void
accept_early_cb (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  peer->received = early_received_cb;
}

static void
set_up_network (MsaTestWorld *world)
{
  MsaSim *sim = world->sim;

  msa_sim_set_host (sim, "slow.org", 30 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_sim_set_host (sim, "hole.org", 2 * MS, "10.0.0.78", NULL);
  msa_sim_set_host (sim, "silent.org", 2 * MS, "10.0.0.10", NULL);
  msa_sim_set_host (sim, "www.test", 2 * MS, "10.0.0.7", NULL);
  msa_sim_set_host (sim, "other.test", 2 * MS, "10.0.0.7", NULL);
  msa_sim_set_host (sim, "closes.org", 2 * MS, "10.0.0.11", NULL);
  msa_sim_set_host (sim, "stuck.org", 2 * MS, "10.0.0.13", NULL);
  msa_sim_set_host (sim, "early.org", 2 * MS, "10.0.0.14", NULL);
  msa_sim_set_black_hole (sim, "10.0.0.78");
  msa_sim_listen (sim, "10.0.0.10", 443, accept_cb, NULL);
  msa_sim_listen (sim, "10.0.0.11", 80, accept_close_cb, NULL);
  msa_sim_listen (sim, "10.0.0.13", 80, accept_stop_cb, NULL);
  msa_sim_listen (sim, "10.0.0.14", 80, accept_early_cb, NULL);
}

/* In TLS, if it is asked for; what is wrong there is the name other.test. */
static void
serve_tls (MsaTestWorld *world,
           MsaEasy *easy)
{
  g_autoptr (MsaTlsConfig) config = NULL;

  tls_server = msa_test_https_new_www (world->sim, "10.0.0.7", REPLY);
  config = msa_test_https_new_config (tls_server);
  msa_easy_set_tls_config (easy, config);
}

static void
end_world (MsaTestWorld *world)
{
  g_clear_object (&kept);
  msa_test_world_end_multi (world);
  g_clear_pointer (&tls_server, msa_test_https_free);
}

/* How the run is to be */

static void
fill_queue (MsaTestWorld *world,
            MsaEasy *easy)
{
  msa_multi_set_max_connections (world->multi, 1);
  msa_test_world_add (world, "/hang");
  msa_test_world_settle (world, 100 * MS);
}

static void
run_before (MsaTestWorld *world,
            MsaEasy *easy)
{
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_settle (world, 500 * MS);
}

static void
lose_connection (MsaTestWorld *world,
                 MsaEasy *easy)
{
  run_before (world, easy);
  msa_sim_fail_nth (world->sim, "socket_send", 1, ECONNRESET);
}

static void
lose_name_too (MsaTestWorld *world,
               MsaEasy *easy)
{
  lose_connection (world, easy);
  msa_sim_unlisten (world->sim, "10.0.0.1", 80);
}

static void
small_limit (MsaTestWorld *world,
             MsaEasy *easy)
{
  msa_easy_set_max_body_bytes (easy, 3);
}

static void
add_body (MsaTestWorld *world,
          MsaEasy *easy)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (2000000), 2000000);

  msa_easy_set_body (easy, NULL, body);
}

/* The peer answers before it has read all of it. */
static void
add_body_unasked (MsaTestWorld *world,
                  MsaEasy *easy)
{
  add_body (world, easy);
  msa_sim_set_send_window (world->sim, 3000);
  msa_easy_set_expect_timeout_ms (easy, 0);
}

static const struct
{
  const char *name, *uri;
  void (*set_up) (MsaTestWorld *world, MsaEasy *easy); /* (nullable) */
  guint phases; /* that are told, but FINISHED, which always is */
  gboolean reused;
} runs[] = {
  { "fresh", "http://example.org/hello", NULL, RESPONDED, FALSE },
  { "reused", "http://example.org/hello", run_before, RESPONDED, TRUE },
  { "tls", "https://www.test/", NULL, RESPONDED | SECURED, FALSE },
  { "tls-reused", "https://www.test/", run_before, RESPONDED | SECURED, TRUE },
  { "body", "http://example.org/hello", add_body, RESPONDED, FALSE },
  { "early-answer", "http://early.org/", add_body_unasked, RESPONDED & ~BIT (SENT), FALSE },
  { "sent-again", "http://example.org/hello", lose_connection, RESPONDED, FALSE },
  { "sent-again-refused", "http://example.org/hello", lose_name_too, RESOLVED, FALSE },
  { "queue-over", "http://example.org/hello", fill_queue, QUEUED, FALSE },
  { "bad-uri", "http://exa mple.org/", NULL, QUEUED, FALSE },
  { "resolve-fails", "http://nowhere.org/", NULL, STARTED, FALSE },
  { "resolve-over", "http://slow.org/", NULL, STARTED, FALSE },
  { "refused", "http://example.org:81/", NULL, RESOLVED, FALSE },
  { "connect-over", "http://hole.org/", NULL, RESOLVED, FALSE },
  { "tls-over", "https://silent.org/", NULL, CONNECTED, FALSE },
  { "closed", "http://closes.org/", NULL, SENT, FALSE },
  { "response-over", "http://example.org/hang", NULL, SENT, FALSE },
  { "truncated", "http://example.org/truncated/10", NULL, RESPONDED, FALSE },
  { "too-large", "http://example.org/size/10", small_limit, RESPONDED, FALSE },
  { "body-over", "http://example.org/part/10", NULL, RESPONDED, FALSE },
};

/* In order, of the run, and each that was reached. */
static void
check_times (MsaTimings *timings,
             guint phases,
             gint64 took_us)
{
  gint64 last_us = 0;

  for (guint i = MSA_PHASE_STARTED; i <= MSA_PHASE_FINISHED; i++)
    {
      gint64 time_us = msa_timings_get_time_us (timings, i);

      g_test_message ("%u: %" G_GINT64_FORMAT, i, time_us);
      if (i != MSA_PHASE_FINISHED && (phases & (1u << i)) == 0)
        {
          g_assert_cmpint (time_us, ==, -1);
          continue;
        }
      g_assert_cmpint (time_us, >=, last_us);
      g_assert_cmpint (time_us, <=, took_us);
      last_us = time_us;
    }
}

static void
check_reused (MsaTimings *timings,
              guint phases)
{
  gint64 started_us = msa_timings_get_time_us (timings, MSA_PHASE_STARTED);

  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_RESOLVED), ==, started_us);
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_CONNECTED), ==, started_us);
  if ((phases & SECURED) != 0)
    g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_SECURED), ==, started_us);
}

static void
test_run (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy = msa_test_world_make (world, runs[i].uri);
  g_autoptr (MsaTimings) timings = NULL;
  gint64 start_us;

  serve_tls (world, easy);
  set_up_network (world);
  msa_easy_set_timeout_ms (easy, 5000);
  if (runs[i].set_up != NULL)
    runs[i].set_up (world, easy);

  start_us = msa_sim_get_now_us (world->sim);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  timings = msa_easy_get_timings (easy);
  check_times (timings, runs[i].phases, msa_sim_get_now_us (world->sim) - start_us);
  g_assert_cmpint (msa_timings_is_reused (timings), ==, runs[i].reused);
  if (runs[i].reused)
    check_reused (timings, runs[i].phases);

  end_world (world);
}

/* From inside a handler, all that was reached is told, and no more. */
static guint
read_phases (MsaTestWorld *world,
             MsaEasy *easy)
{
  g_autoptr (MsaTimings) timings = msa_easy_get_timings (easy);
  const gint64 now_us = msa_sim_get_now_us (world->sim) - MSA_SIM_START_US;
  gint64 last_us = 0;
  guint phases = 0;

  for (guint i = MSA_PHASE_STARTED; i <= MSA_PHASE_FINISHED; i++)
    {
      gint64 time_us = msa_timings_get_time_us (timings, i);

      if (time_us < 0)
        continue;
      phases |= 1u << i;
      g_assert_cmpint (time_us, >=, last_us);
      g_assert_cmpint (time_us, <=, now_us);
      last_us = time_us;
    }

  return phases;
}

typedef struct
{
  MsaTestWorld *world;
  guint phases; /* that are expected */
  guint n;
} Reader;

static void
read_inside (Reader *self,
             MsaEasy *easy)
{
  self->n++;
  g_assert_cmphex (read_phases (self->world, easy), ==, self->phases);
}

static void
plain_cb (MsaEasy *easy,
          Reader *reader)
{
  read_inside (reader, easy);
}

static void
pointer_cb (MsaEasy *easy,
            gpointer value,
            Reader *reader)
{
  read_inside (reader, easy);
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  Reader *reader)
{
  read_inside (reader, easy);
}

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *request,
                Reader *reader)
{
  read_inside (reader, easy);
  return FALSE;
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer reader)
{
  read_inside (reader, easy);
  return MSA_WRITE_CONTINUE;
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer reader)
{
  read_inside (reader, easy);
  return TRUE;
}

static const struct
{
  const char *name, *uri, *signal; /* its signal, or function */
  GCallback handler;
  guint phases;
} insides[] = {
  { "address", "http://example.org/hello", "address-func", NULL, RESOLVED },
  { "certificate", "https://other.test/", "accept-certificate", G_CALLBACK (certificate_cb),
    CONNECTED },
  { "informational", "http://example.org/interim", "informational", G_CALLBACK (informational_cb),
    SENT },
  { "headers", "http://example.org/hello", "headers", G_CALLBACK (plain_cb), RESPONDED },
  { "headers-in-tls", "https://www.test/", "headers", G_CALLBACK (plain_cb), RESPONDED | SECURED },
  { "write", "http://example.org/hello", "write-func", NULL, RESPONDED },
  { "data", "http://example.org/hello", "data", G_CALLBACK (pointer_cb), RESPONDED },
  { "completed", "http://example.org/hello", "completed", G_CALLBACK (pointer_cb),
    RESPONDED | BIT (FINISHED) },
};

static void
test_inside (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  Reader reader = { .world = world, .phases = insides[i].phases };
  MsaEasy *easy = msa_test_world_make (world, insides[i].uri);

  set_up_network (world);
  serve_tls (world, easy);
  if (insides[i].handler != NULL)
    g_signal_connect (easy, insides[i].signal, insides[i].handler, &reader);
  else if (g_str_equal (insides[i].signal, "write-func"))
    msa_easy_set_write_func (easy, write_cb, &reader, NULL);
  else
    msa_multi_set_address_func (world->multi, address_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (reader.n, ==, 1);
  end_world (world);
}

/* What each phase took is known to the simulation: 2 ms for the name, 1 ms each way. */
static void
test_lengths (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/hello");
  g_autoptr (MsaTimings) timings = NULL;

  msa_multi_set_max_connections (world->multi, 1);
  msa_easy_set_timeout_ms (msa_test_world_add (world, "/hang"), 0);
  msa_test_world_settle (world, 100 * MS);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 300 * MS);
  msa_multi_set_max_connections (world->multi, 2);
  g_assert_true (msa_test_world_run (world, 1));
  timings = msa_easy_get_timings (easy);
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_STARTED), ==, 300 * MS);
  /* The name was known. */
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_RESOLVED), ==, 300 * MS);
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_CONNECTED), ==, 302 * MS);
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_SECURED), ==, -1);
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_SENT), ==, 302 * MS);
  g_assert_cmpint (msa_timings_get_time_us (timings, MSA_PHASE_RESPONDED), ==, 304 * MS);
}

/* Progress */

typedef struct
{
  MsaTestWorld *world;
  guint n;
  gint64 last_us;
  gint64 longest_us, shortest_us; /* between two */
  const guint *phases; /* (nullable): that are expected */
  gboolean removes;
} Watcher;

static void
progress_cb (MsaEasy *easy,
             gpointer data)
{
  Watcher *watcher = data;
  gint64 now_us = msa_sim_get_now_us (watcher->world->sim);

  watcher->n++;
  watcher->longest_us = MAX (watcher->longest_us, now_us - watcher->last_us);
  watcher->shortest_us = MIN (watcher->shortest_us, now_us - watcher->last_us);
  watcher->last_us = now_us;
  if (watcher->phases != NULL)
    g_assert_cmphex (read_phases (watcher->world, easy), ==, *watcher->phases);
  if (watcher->removes)
    msa_test_world_remove (watcher->world, easy);
}

static Watcher
watch_for (MsaTestWorld *world,
           const char *uri,
           void (*set_up) (MsaTestWorld *world, MsaEasy *easy),
           Watcher *watcher,
           gint64 us)
{
  MsaEasy *easy = msa_test_world_make (world, uri);

  set_up_network (world);
  if (set_up != NULL)
    set_up (world, easy);
  watcher->world = world;
  watcher->last_us = msa_sim_get_now_us (world->sim);
  watcher->shortest_us = G_MAXINT64;
  msa_easy_set_connect_timeout_ms (easy, 50000);
  g_signal_connect (easy, "progress", G_CALLBACK (progress_cb), watcher);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, us);

  return *watcher;
}

static gboolean
keep_cb (MsaEasy *easy,
         MsaCertificateRequest *request,
         gpointer data)
{
  g_set_object (&kept, G_OBJECT (request));
  return TRUE;
}

static void
keep_question (MsaTestWorld *world,
               MsaEasy *easy)
{
  serve_tls (world, easy);
  g_signal_connect (easy, "accept-certificate", G_CALLBACK (keep_cb), NULL);
}

static void
hold_body (MsaTestWorld *world,
           MsaEasy *easy)
{
  add_body (world, easy);
  msa_easy_set_expect_timeout_ms (easy, 50000);
}

static const struct
{
  const char *name, *uri;
  void (*set_up) (MsaTestWorld *world, MsaEasy *easy); /* (nullable) */
  guint phases; /* that were reached */
} waits[] = {
  { "queued", "http://example.org/hello", fill_queue, QUEUED },
  { "resolving", "http://slow.org/", NULL, STARTED },
  { "connecting", "http://hole.org/", NULL, RESOLVED },
  { "handshaking", "https://silent.org/", serve_tls, CONNECTED },
  { "asking", "https://other.test/", keep_question, CONNECTED },
  { "holding", "http://example.org/hang", hold_body, REQUESTED },
  { "uploading", "http://stuck.org/", add_body_unasked, REQUESTED },
  { "waiting", "http://example.org/hang", NULL, SENT },
  { "receiving", "http://example.org/part/10", NULL, RESPONDED },
};

/* Once a second while nothing moves (B213), and the times are those of so far (B214). */
static void
test_progress_waiting (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  Watcher watcher = { .phases = &waits[i].phases };

  watch_for (world, waits[i].uri, waits[i].set_up, &watcher, 9500 * MS);
  g_assert_cmpuint (watcher.n, >=, 9);
  g_assert_cmpuint (watcher.n, <=, 11);
  g_assert_cmpint (watcher.longest_us, <=, 1100 * MS);
  /* And it sleeps between (P5): more than the next tenth of a second. */
  msa_test_world_settle (world, watcher.last_us + 1050 * MS - msa_sim_get_now_us (world->sim));
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), >, 500);
  end_world (world);
}

static void
dribble_received_cb (MsaSimPeer *peer,
                     gpointer user_data)
{
  msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", -1);
  for (guint i = 0; i < 2000; i++)
    msa_sim_peer_send_at (peer, i * MS, "x", 1);
}

static void
dribble_accept_cb (MsaSim *sim,
                   MsaSimPeer *peer,
                   gpointer data)
{
  peer->received = dribble_received_cb;
}

/* Ten times a second at most, whatever moves. */
static void
test_progress_busy (MsaTestWorld *world)
{
  Watcher watcher = { .n = 0 };

  msa_sim_listen (world->sim, "10.0.0.12", 80, dribble_accept_cb, NULL);
  watch_for (world, "http://10.0.0.12/", NULL, &watcher, 2000 * MS);
  g_assert_cmpuint (watcher.n, >=, 15);
  g_assert_cmpuint (watcher.n, <=, 20);
  g_assert_cmpint (watcher.shortest_us, >=, 100 * MS);
}

/* Removing it there ends it at once. */
static void
test_progress_removes (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  Watcher watcher = { .removes = TRUE };

  watch_for (world, waits[i].uri, waits[i].set_up, &watcher, 9500 * MS);
  g_assert_cmpuint (watcher.n, ==, 1);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==,
                    waits[i].set_up == fill_queue ? 1 : 0);
  end_world (world);
}

/* Nobody listens: nothing is due. */
static void
test_progress_unheard (MsaTestWorld *world)
{
  msa_test_world_add (world, "/hang");
  msa_test_world_settle (world, 10 * MS);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/timings/run", runs, test_run);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/timings/inside", insides, test_inside);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/timings/lengths", test_lengths);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/progress/waiting", waits, test_progress_waiting);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/progress/removes", waits, test_progress_removes);
  msa_test_world_add_test ("/msa/progress/busy", test_progress_busy);
  msa_test_world_add_test ("/msa/progress/unheard", test_progress_unheard);

  return g_test_run ();
}

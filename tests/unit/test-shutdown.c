/* test-shutdown.c: how connections end, and what may happen while they do
 *
 * Through a multi in each of its ways, in the clear and in TLS, on the simulation. What the
 * peer saw of the end is the peer's to say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-world.h"

#include <errno.h>

#define CA_FILE "/etc/ca.pem"
#define MS 1000
/* A round trip, and what is at its end. */
#define SOON_US (5 * MS)

static MsaTestPki *pki;
static MsaTestCert *cert;

/* What a peer does when the client's end has come. */
typedef enum
{
  ANSWER_END,
  ANSWER_UNCLEAN, /* in TLS: no close_notify */
  ANSWER_NOTHING,
  ANSWER_LATE, /* after a second */
  ANSWER_RESET,
  ANSWER_FLOOD, /* bytes without end, as fast as they are taken */
  ANSWER_TRICKLE, /* a byte each 100 ms, without end */
  ANSWER_BEHIND, /* in TLS: several records, a close_notify, and no FIN */
} Answer;

#define LATE_US (1000 * MS)

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaTestHttps *server;
  MsaTlsConfig *config;
  gboolean tls;
  gboolean keep; /* the connection stays open after a response */
  Answer answer;
} Scene;

/* Targets: /hang is not answered, /part only in part. */
static void
respond_cb (MsaTestHttpsLink *link,
            gpointer data)
{
  Scene *scene = data;
  const char *last = link->received->str + link->request;

  if (g_str_has_prefix (last, "GET /hang"))
    return;
  if (g_str_has_prefix (last, "GET /part"))
    msa_test_https_send (link, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", -1);
  else if (scene->keep)
    msa_test_https_send (link, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", -1);
  else
    msa_test_https_send (
        link, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", -1);
}

/* Until the client's descriptor is closed, or more was sent than anybody should take. */
typedef struct
{
  MsaTestHttpsLink *link;
  Answer answer;
  guint n_left;
} Flood;

static void
flood_cb (MsaSim *sim,
          gpointer data)
{
  Flood *flood = data;
  static const char bytes[16 * 1024];

  if (flood->n_left-- == 0)
    {
      g_free (flood);
      return;
    }
  msa_test_https_send (flood->link, bytes, flood->answer == ANSWER_FLOOD ? sizeof bytes : 1);
  msa_sim_call_after (sim, flood->answer == ANSWER_FLOOD ? MS : 100 * MS, flood_cb, flood);
}

static void
end_late_cb (MsaSim *sim,
             gpointer data)
{
  msa_test_https_end (data, TRUE);
}

/* All of it arrives at once: what comes first makes its socket ready, the rest nothing. */
static void
end_behind (MsaTestHttpsLink *link)
{
  GByteArray *bytes = link->tls->to_client;

  for (guint i = 0; i < 5; i++)
    msa_test_tls_peer_write (link->tls, "late", 4);
  gnutls_bye (link->tls->session, GNUTLS_SHUT_WR);
  msa_sim_peer_send (link->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

static void
ended_cb (MsaTestHttpsLink *link,
          gpointer data)
{
  Scene *scene = data;
  Flood *flood;

  switch (scene->answer)
    {
    case ANSWER_END:
    case ANSWER_UNCLEAN:
      msa_test_https_end (link, scene->answer == ANSWER_END);
      break;
    case ANSWER_LATE:
      msa_sim_call_after (scene->world->sim, LATE_US, end_late_cb, link);
      break;
    case ANSWER_RESET:
      msa_sim_peer_reset (link->peer);
      break;
    case ANSWER_FLOOD:
    case ANSWER_TRICKLE:
      flood = g_new0 (Flood, 1);
      *flood = (Flood) { link, scene->answer, scene->answer == ANSWER_FLOOD ? 200 : 40 };
      flood_cb (scene->world->sim, flood);
      break;
    case ANSWER_BEHIND:
      end_behind (link);
      break;
    case ANSWER_NOTHING:
    default:
      break;
    }
}

static void
open_scene (Scene *scene,
            MsaTestWorld *world,
            Answer answer)
{
  MsaTestTlsOptions options = { .cert = NULL };

  *scene = (Scene) { .world = world, .answer = answer };
  scene->tls = GPOINTER_TO_INT (world->row);
  options.cert = scene->tls ? cert : NULL;
  scene->server = msa_test_https_new (world->sim, "10.0.0.1", &options, respond_cb, scene);
  scene->server->ended = ended_cb;
  scene->config = msa_tls_config_new_for_ca_file (CA_FILE);
  msa_sim_set_file (world->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
}

/* What is still to come from the peers is waited for. */
static void
close_scene (Scene *scene)
{
  msa_test_world_end_multi (scene->world);
  msa_sim_advance_by (scene->world->sim, 10 * G_USEC_PER_SEC);
  g_clear_pointer (&scene->server, msa_test_https_free);
  g_clear_object (&scene->config);
}

static MsaEasy *
add (Scene *scene,
     const char *target)
{
  g_autofree char *uri =
      g_strconcat (scene->tls ? "https" : "http", "://example.org", target, NULL);
  MsaEasy *easy = msa_test_world_make (scene->world, uri);

  msa_easy_set_tls_config (easy, scene->config);
  msa_test_world_add_again (scene->world, easy);

  return easy;
}

/* A response has ended. Where the scene does not keep connections, this one shuts down. */
static void
run_one (Scene *scene)
{
  guint n = scene->world->n_completed + 1;

  add (scene, "/x");
  g_assert_true (msa_test_world_run (scene->world, n));
  g_assert_cmpuint (scene->world->n_ok, ==, n);
}

static void
settle (Scene *scene,
        gint64 us)
{
  msa_test_world_settle (scene->world, us);
}

static guint
count_connections (Scene *scene)
{
  return msa_multi_get_n_connections (scene->world->multi);
}

static MsaScheduler *
get_scheduler (Scene *scene)
{
  return &msa_multi_get_engine (scene->world->multi)->scheduler;
}

static void
assert_shutting (Scene *scene,
                 guint n)
{
  g_assert_cmpuint (get_scheduler (scene)->shutting.length, ==, n);
  g_assert_cmpuint (count_connections (scene), >=, n);
}

static void
assert_said_goodbye (Scene *scene,
                     guint i)
{
  MsaTestHttpsLink *link = msa_test_https_get (scene->server, i);

  g_assert_true (link->has_end);
  g_assert_cmpint (link->has_goodbye, ==, scene->tls);
}

/* The peer's part */

/* It has nothing to wait for once the peer has ended, too. */
static void
run_answer (MsaTestWorld *world,
            Answer answer)
{
  Scene scene;

  open_scene (&scene, world, answer);
  run_one (&scene);
  assert_shutting (&scene, 1);
  settle (&scene, SOON_US);
  assert_said_goodbye (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  close_scene (&scene);
}

static void
test_peer_ends (MsaTestWorld *world)
{
  run_answer (world, ANSWER_END);
}

static void
test_peer_ends_unclean (MsaTestWorld *world)
{
  run_answer (world, ANSWER_UNCLEAN);
}

static void
test_peer_resets (MsaTestWorld *world)
{
  run_answer (world, ANSWER_RESET);
}

static void
test_peer_ends_behind (MsaTestWorld *world)
{
  run_answer (world, ANSWER_BEHIND);
}

/* Two seconds, in which nothing is done. */
static void
test_peer_never_ends (MsaTestWorld *world)
{
  guint n_calls;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  run_one (&scene);
  settle (&scene, SOON_US);
  assert_said_goodbye (&scene, 0);
  n_calls = msa_sim_count (world->sim, "socket_recv");
  settle (&scene, MSA_SHUTDOWN_BUDGET_US - 2 * SOON_US);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), ==, n_calls);
  assert_shutting (&scene, 1);

  settle (&scene, 2 * SOON_US);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  close_scene (&scene);
}

static void
test_peer_ends_late (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_LATE);
  run_one (&scene);
  settle (&scene, LATE_US - SOON_US);
  assert_shutting (&scene, 1);
  settle (&scene, 2 * SOON_US);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

static guint64 n_bytes_read;
static const MsaSysOps *sys_ops;

static gssize
counted_recv (MsaSys *sys,
              int fd,
              void *buffer,
              gsize size)
{
  gssize n = sys_ops->socket_recv (sys, fd, buffer, size);

  n_bytes_read += n > 0 ? (guint64) n : 0;

  return n;
}

static void
count_bytes (MsaTestWorld *world)
{
  static MsaSysOps ops;
  MsaSys *sys = msa_sim_get_sys (world->sim);

  n_bytes_read = 0;
  sys_ops = sys->ops;
  ops = *sys->ops;
  ops.socket_recv = counted_recv;
  sys->ops = &ops;
}

/* So much may have been on its way, and no more. */
static void
test_peer_floods (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_FLOOD);
  run_one (&scene);
  count_bytes (world);
  settle (&scene, 15 * MS);
  assert_shutting (&scene, 1);
  settle (&scene, 50 * MS);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  g_assert_cmpuint (n_bytes_read, >, MSA_MAX_SHUTDOWN_BYTES);
  g_assert_cmpuint (n_bytes_read, <, MSA_MAX_SHUTDOWN_BYTES + 2 * MSA_SCRATCH_BYTES);
  close_scene (&scene);
}

/* Nor does what comes make it wait longer. */
static void
test_peer_trickles (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_TRICKLE);
  run_one (&scene);
  settle (&scene, MSA_SHUTDOWN_BUDGET_US - SOON_US);
  assert_shutting (&scene, 1);
  settle (&scene, SOON_US);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

/* Bytes behind the response are no answer to anything: they are read, and nobody gets them. */
static void
test_peer_sent_more (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_END);
  scene.keep = TRUE;
  run_one (&scene);
  g_assert_cmpuint (get_scheduler (&scene)->pool.lru.length, ==, 1);
  msa_test_https_send (msa_test_https_get (scene.server, 0),
                       "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", -1);
  settle (&scene, 2 * SOON_US);
  assert_said_goodbye (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  run_one (&scene);
  g_assert_cmpuint (scene.server->links->len, ==, 2);
  close_scene (&scene);
}

/* A goodbye that does not go out at once */

/* A byte at a time, each when the one before was read. */
static void
block_sends (Scene *scene)
{
  msa_sim_set_send_window (scene->world->sim, 1);
  msa_sim_peer_stop_reading (msa_test_https_get (scene->server, 0)->peer);
}

static void
test_blocked (MsaTestWorld *world)
{
  MsaTestHttpsLink *link;
  int fd;
  Scene scene;

  open_scene (&scene, world, ANSWER_END);
  scene.keep = TRUE;
  run_one (&scene);
  settle (&scene, SOON_US);
  link = msa_test_https_get (scene.server, 0);
  block_sends (&scene);
  msa_multi_set_max_idle_connections (world->multi, 0);
  settle (&scene, 100 * MS);
  assert_shutting (&scene, 1);
  g_assert_false (link->has_end);
  fd = msa_test_world_get_fd (world);
  if (world->kind == MSA_TEST_CALLBACKS)
    g_assert_cmpuint (msa_test_driver_get_wanted (world->driver, fd), ==,
                      MSA_SOCKET_IN | MSA_SOCKET_OUT);

  msa_sim_peer_go_on_reading (link->peer);
  settle (&scene, 200 * MS);
  assert_said_goodbye (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

static void
test_blocked_for_ever (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_END);
  scene.keep = TRUE;
  run_one (&scene);
  settle (&scene, SOON_US);
  block_sends (&scene);
  msa_multi_set_max_idle_connections (world->multi, 0);
  settle (&scene, MSA_SHUTDOWN_BUDGET_US - SOON_US);
  assert_shutting (&scene, 1);
  settle (&scene, SOON_US);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

static void
test_blocked_then_reset (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_END);
  scene.keep = TRUE;
  run_one (&scene);
  settle (&scene, SOON_US);
  block_sends (&scene);
  msa_multi_set_max_idle_connections (world->multi, 0);
  settle (&scene, SOON_US);
  msa_sim_peer_reset (msa_test_https_get (scene.server, 0)->peer);
  settle (&scene, SOON_US);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

/* The own poller takes no change: nobody would tell when it can go on. */
static void
test_unwatchable (MsaTestWorld *world)
{
  Scene scene;

  world->row = GINT_TO_POINTER (TRUE);
  open_scene (&scene, world, ANSWER_END);
  scene.keep = TRUE;
  run_one (&scene);
  settle (&scene, SOON_US);
  block_sends (&scene);
  msa_sim_fail_nth (world->sim, "poller_set", 1, ENOSPC);
  msa_multi_set_max_idle_connections (world->multi, 0);
  settle (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

/* Why it ends */

static void
closed_async_cb (GObject *object,
                 GAsyncResult *result,
                 gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (msa_multi_close_finish (MSA_MULTI (object), result, &error));
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *) data;
}

/* Each of them is no fault of the exchange's, and has time. */
static void
expire (Scene *scene)
{
  settle (scene, MSA_IDLE_EXPIRY_US);
}

static void
lower_idle (Scene *scene)
{
  msa_multi_set_max_idle_connections (scene->world->multi, 0);
}

static void
grow_too_old (Scene *scene)
{
  msa_sim_suspend (scene->world->sim, MSA_IDLE_EXPIRY_US);
  add (scene, "/hang");
}

static void
run_occasion (MsaTestWorld *world,
              void (*happen) (Scene *scene))
{
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  scene.keep = TRUE;
  run_one (&scene);
  settle (&scene, SOON_US);
  /* Something happens at the connection that idles: the second, where the first hangs. */
  happen (&scene);
  settle (&scene, SOON_US);
  assert_said_goodbye (&scene, 0);
  assert_shutting (&scene, 1);
  settle (&scene, MSA_SHUTDOWN_BUDGET_US);
  assert_shutting (&scene, 0);
  close_scene (&scene);
}

static void
test_expired (MsaTestWorld *world)
{
  run_occasion (world, expire);
}

static void
test_idle_lowered (MsaTestWorld *world)
{
  run_occasion (world, lower_idle);
}

static void
test_too_old (MsaTestWorld *world)
{
  run_occasion (world, grow_too_old);
}

/* Two idle ones: the older goes, and only that. */
static void
run_lowered (MsaTestWorld *world,
             void (*set_limit) (MsaMulti *multi, guint limit))
{
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  scene.keep = TRUE;
  add (&scene, "/x");
  add (&scene, "/x");
  g_assert_true (msa_test_world_run (world, 2));
  settle (&scene, SOON_US);
  g_assert_cmpuint (get_scheduler (&scene)->pool.lru.length, ==, 2);
  set_limit (world->multi, 1);
  settle (&scene, SOON_US);
  assert_shutting (&scene, 1);
  g_assert_cmpuint (get_scheduler (&scene)->pool.lru.length, ==, 1);
  /* What goes anyway is no reason for another to go. */
  run_one (&scene);
  assert_shutting (&scene, 1);
  g_assert_cmpuint (get_scheduler (&scene)->pool.lru.length, ==, 1);
  close_scene (&scene);
}

static void
test_total_lowered (MsaTestWorld *world)
{
  run_lowered (world, msa_multi_set_max_connections);
}

static void
test_per_host_lowered (MsaTestWorld *world)
{
  run_lowered (world, msa_multi_set_max_connections_per_host);
}

/* Nobody has time for an exchange that was broken off: its peer has to see that. */
static void
assert_cut_off (Scene *scene)
{
  assert_shutting (scene, 0);
  g_assert_cmpuint (count_connections (scene), ==, 0);
  settle (scene, SOON_US);
  g_assert_false (msa_test_https_get (scene->server, 0)->has_goodbye);
  g_assert_true (msa_test_https_get (scene->server, 0)->has_end);
  close_scene (scene);
}

static void
test_removed (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  easy = add (&scene, "/part");
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_test_world_remove (world, easy);
  settle (&scene, 0);
  assert_cut_off (&scene);
}

static void
test_timed_out (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  easy = add (&scene, "/part");
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_test_world_remove (world, easy);
  msa_easy_set_timeout_ms (easy, 50);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  assert_cut_off (&scene);
}

/* Waiters */

/* As if the connection were closed already: nothing is waited for. */
static void
test_waiter_at_host (MsaTestWorld *world)
{
  gint64 before_us;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  before_us = msa_sim_get_now_us (world->sim);
  for (guint i = 0; i < 4; i++)
    add (&scene, "/x");
  g_assert_true (msa_test_world_run (world, 4));
  g_assert_cmpuint (world->n_ok, ==, 4);
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, 60 * MS);
  assert_shutting (&scene, 1);
  g_assert_cmpuint (count_connections (&scene), ==, 1);
  settle (&scene, SOON_US);
  for (guint i = 0; i < 4; i++)
    assert_said_goodbye (&scene, i);
  close_scene (&scene);
}

/* One that was added later. */
static void
test_waiter_later (MsaTestWorld *world)
{
  gint64 before_us;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  msa_multi_set_max_connections (world->multi, 1);
  run_one (&scene);
  settle (&scene, SOON_US);
  assert_shutting (&scene, 1);
  before_us = msa_sim_get_now_us (world->sim);
  msa_test_world_add (world, "http://other.org/hello");
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, 20 * MS);
  assert_shutting (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 1);
  close_scene (&scene);
}

static guint64
get_serial (const GQueue *queue,
            guint i)
{
  return ((MsaConnection *) g_queue_peek_nth ((GQueue *) queue, i))->serial;
}

/* The others have more of their time before them. */
static void
test_waiter_takes_oldest (MsaTestWorld *world)
{
  GQueue *shutting;
  guint64 second, third;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  msa_multi_set_max_connections (world->multi, 3);
  for (guint i = 0; i < 3; i++)
    {
      run_one (&scene);
      settle (&scene, SOON_US);
    }
  shutting = &get_scheduler (&scene)->shutting;
  g_assert_cmpuint (shutting->length, ==, 3);
  second = get_serial (shutting, 1);
  third = get_serial (shutting, 0);
  msa_test_world_add (world, "http://other.org/hang");
  settle (&scene, 20 * MS);
  g_assert_cmpuint (shutting->length, ==, 2);
  g_assert_cmpuint (get_serial (shutting, 0), ==, third);
  g_assert_cmpuint (get_serial (shutting, 1), ==, second);
  g_assert_cmpuint (count_connections (&scene), ==, 3);
  close_scene (&scene);
}

/* Where its host is what is full, only one of that host helps. */
static void
test_waiter_takes_own (MsaTestWorld *world)
{
  MsaTestHttps *other;
  GQueue *shutting;
  guint64 first;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  other = msa_test_https_new (world->sim, "10.0.0.2", NULL, respond_cb, &scene);
  other->ended = ended_cb;
  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_test_world_add (world, "http://other.org/x");
  g_assert_true (msa_test_world_run (world, 1));
  shutting = &get_scheduler (&scene)->shutting;
  first = get_serial (shutting, 0);
  run_one (&scene);
  assert_shutting (&scene, 2);
  add (&scene, "/hang");
  settle (&scene, 20 * MS);
  assert_shutting (&scene, 1);
  g_assert_cmpuint (get_serial (shutting, 0), ==, first);
  g_assert_cmpuint (count_connections (&scene), ==, 2);
  close_scene (&scene);
  msa_test_https_free (other);
}

/* An idle one may be of use yet. */
static void
test_waiter_spares_idle (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  msa_multi_set_max_connections (world->multi, 2);
  msa_test_world_add (world, "http://other.org/hello");
  g_assert_true (msa_test_world_run (world, 1));
  run_one (&scene);
  settle (&scene, SOON_US);
  assert_shutting (&scene, 1);
  g_assert_cmpuint (get_scheduler (&scene)->pool.lru.length, ==, 1);
  msa_sim_set_host (world->sim, "third.org", MS, "10.0.0.2", NULL);
  msa_test_world_add (world, "http://third.org/hang");
  settle (&scene, 20 * MS);
  assert_shutting (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 2);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 0);
  g_assert_cmpuint (get_scheduler (&scene)->pool.lru.length, ==, 1);
  close_scene (&scene);
}

/* A program that asks many hosts once must not run out of descriptors by those it is done with. */
static void
test_ceiling (MsaTestWorld *world)
{
  const guint n = MSA_MAX_SHUTTING_CONNECTIONS + 20;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  msa_multi_set_max_connections_per_host (world->multi, 0);
  for (guint i = 0; i < n; i++)
    add (&scene, "/x");
  g_assert_true (msa_test_world_run (world, n));
  g_assert_cmpuint (world->n_ok, ==, n);
  settle (&scene, SOON_US);
  assert_shutting (&scene, MSA_MAX_SHUTTING_CONNECTIONS);
  g_assert_cmpuint (count_connections (&scene), ==, MSA_MAX_SHUTTING_CONNECTIONS);
  close_scene (&scene);
}

/* In the middle of it */

static void
test_driver_changes (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_LATE);
  run_one (&scene);
  settle (&scene, LATE_US / 2);
  assert_shutting (&scene, 1);
  msa_test_world_renew_driver (world);
  settle (&scene, SOON_US);
  assert_shutting (&scene, 1);
  settle (&scene, LATE_US / 2);
  g_assert_cmpuint (count_connections (&scene), ==, 0);

  /* The time runs while nobody drives. */
  scene.answer = ANSWER_NOTHING;
  run_one (&scene);
  settle (&scene, SOON_US);
  g_clear_pointer (&world->driver, msa_test_driver_free);
  msa_sim_advance_by (world->sim, MSA_SHUTDOWN_BUDGET_US);
  g_assert_cmpuint (count_connections (&scene), ==, 1);
  world->driver = msa_test_driver_new (world->kind, world->multi, world->sim);
  settle (&scene, 0);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

/* Nothing is waited for, and nothing left open. */
static void
test_disposed (MsaTestWorld *world)
{
  gint64 before_us;
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  run_one (&scene);
  settle (&scene, SOON_US);
  assert_shutting (&scene, 1);
  before_us = msa_sim_get_now_us (world->sim);
  msa_test_world_end_multi (world);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, before_us);
  close_scene (&scene);
}

/* An idle connection still gets its goodbye, as far as that goes without waiting. */
static void
test_disposed_idle (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world, ANSWER_NOTHING);
  scene.keep = TRUE;
  run_one (&scene);
  msa_test_world_end_multi (world);
  msa_sim_advance_by (world->sim, SOON_US);
  assert_said_goodbye (&scene, 0);
  close_scene (&scene);
}

/* What has ended has nothing to do with its connection any more. */
static void
test_removed_after (MsaTestWorld *world)
{
  Scene scene;
  MsaEasy *easy;

  open_scene (&scene, world, ANSWER_LATE);
  easy = add (&scene, "/x");
  g_assert_true (msa_test_world_run (world, 1));
  msa_multi_remove (world->multi, easy);
  settle (&scene, SOON_US);
  assert_said_goodbye (&scene, 0);
  assert_shutting (&scene, 1);
  settle (&scene, LATE_US);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  close_scene (&scene);
}

static void
drive_nested_cb (MsaTestRecord *record,
                 gpointer data)
{
  Scene *scene = data;

  for (guint i = 0; i < 40; i++)
    {
      msa_sim_advance_by (scene->world->sim, MS);
      msa_test_driver_turn (scene->world->driver);
    }
  assert_said_goodbye (scene, 0);
  g_assert_cmpuint (count_connections (scene), ==, 0);
}

/* A loop that is run within the handler goes on with it. */
static void
test_nested (MsaTestWorld *world)
{
  MsaTestRecord *record;
  Scene scene;

  open_scene (&scene, world, ANSWER_END);
  record = msa_test_world_get_record (add (&scene, "/x"));
  record->completed = drive_nested_cb;
  record->data = &scene;
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  close_scene (&scene);
}

/* Closing the multi */

static void
run_close (MsaTestWorld *world,
           Answer answer,
           gint64 at_least_us,
           gint64 at_most_us)
{
  gboolean closed = FALSE;
  gint64 before_us, took_us;
  Scene scene;

  open_scene (&scene, world, answer);
  run_one (&scene);
  scene.keep = TRUE;
  run_one (&scene);
  before_us = msa_sim_get_now_us (world->sim);
  msa_multi_close_async (world->multi, NULL, closed_async_cb, &closed);
  g_assert_true (msa_test_world_run_until (world, is_set, &closed));
  took_us = msa_sim_get_now_us (world->sim) - before_us;
  g_assert_cmpint (took_us, >=, at_least_us);
  g_assert_cmpint (took_us, <=, at_most_us);
  g_assert_cmpuint (count_connections (&scene), ==, 0);
  assert_said_goodbye (&scene, 0);
  assert_said_goodbye (&scene, 1);
  close_scene (&scene);
}

static void
test_close_answered (MsaTestWorld *world)
{
  run_close (world, ANSWER_END, 0, SOON_US);
}

static void
test_close_late (MsaTestWorld *world)
{
  run_close (world, ANSWER_LATE, LATE_US, LATE_US + SOON_US);
}

static void
test_close_unanswered (MsaTestWorld *world)
{
  run_close (world, ANSWER_NOTHING, MSA_SHUTDOWN_BUDGET_US, MSA_SHUTDOWN_BUDGET_US + SOON_US);
}

/* Registering */

static const struct
{
  const char *name;
  MsaTestWorldFunc func;
} tests[] = {
  { "peer/ends", test_peer_ends },
  { "peer/ends-unclean", test_peer_ends_unclean },
  { "peer/ends-late", test_peer_ends_late },
  { "peer/never-ends", test_peer_never_ends },
  { "peer/resets", test_peer_resets },
  { "peer/floods", test_peer_floods },
  { "peer/trickles", test_peer_trickles },
  { "peer/sent-more", test_peer_sent_more },
  { "why/expired", test_expired },
  { "why/too-old", test_too_old },
  { "why/idle-lowered", test_idle_lowered },
  { "why/total-lowered", test_total_lowered },
  { "why/per-host-lowered", test_per_host_lowered },
  { "at-once/removed", test_removed },
  { "at-once/timed-out", test_timed_out },
  { "at-once/disposed", test_disposed },
  { "at-once/disposed-idle", test_disposed_idle },
  { "waiter/at-host", test_waiter_at_host },
  { "waiter/later", test_waiter_later },
  { "waiter/takes-oldest", test_waiter_takes_oldest },
  { "waiter/takes-own", test_waiter_takes_own },
  { "waiter/spares-idle", test_waiter_spares_idle },
  { "ceiling", test_ceiling },
  { "middle/driver-changes", test_driver_changes },
  { "middle/removed", test_removed_after },
  { "middle/nested", test_nested },
  { "close/answered", test_close_answered },
  { "close/late", test_close_late },
  { "close/unanswered", test_close_unanswered },
};

/* In the clear a goodbye is a FIN, which always goes out, and an end one, too. */
static const struct
{
  const char *name;
  MsaTestWorldFunc func;
} tls_tests[] = {
  { "peer/ends-behind-bytes", test_peer_ends_behind },
  { "blocked/goes-on", test_blocked },
  { "blocked/for-ever", test_blocked_for_ever },
  { "blocked/then-reset", test_blocked_then_reset },
};

static void
add_test (const char *name,
          MsaTestWorldFunc func,
          gboolean tls)
{
  g_autofree char *path = g_strconcat ("/msa/shutdown/", name, tls ? "/tls" : "/clear", NULL);

  msa_test_world_add_row_test (path, func, GINT_TO_POINTER (tls));
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .common_name = "example.org", .dns = { "example.org" } };
  int status;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      add_test (tests[i].name, tests[i].func, FALSE);
      add_test (tests[i].name, tests[i].func, TRUE);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tls_tests); i++)
    add_test (tls_tests[i].name, tls_tests[i].func, TRUE);

  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/shutdown/unwatchable", test_unwatchable);
  status = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);

  return status;
}

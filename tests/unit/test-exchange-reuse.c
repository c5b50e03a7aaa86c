/* test-exchange-reuse.c: requests on connections that were used before
 *
 * Such a connection may be gone without our knowing: what shows it, what is sent again, and
 * what is not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <errno.h>

/* How a connection takes its second request. The first is answered. */
typedef enum
{
  DIE_CLOSE,     /* a FIN in place of an answer */
  DIE_RESET,
  DIE_ANSWERING, /* one byte of an answer, then a FIN */
} Death;

typedef struct
{
  Death    death;
  guint    n_dying;     /* connections that die at their second request */
  gboolean fresh_dies;  /* later ones die at their first */
  guint    n_requests;
  GBytes  *last_body;   /* (owned) (nullable) */
} Server;

static gboolean
is_first_request (MsaSimPeer *peer)
{
  const char *received = msa_sim_peer_get_received (peer)->str;
  const char *end = strstr (received, "\r\n\r\n");

  return strstr (end + 4, "HTTP/1.1\r\n") == NULL;
}

static void
die (MsaSimPeer *peer,
     Death death)
{
  if (death == DIE_RESET)
    {
      msa_sim_peer_reset (peer);
      return;
    }

  if (death == DIE_ANSWERING)
    msa_sim_peer_send (peer, "H", 1);
  msa_sim_peer_close (peer);
}

static void
serve_cb (MsaSimPeer *peer,
          const char *method,
          const char *target,
          const char *head,
          GBytes *body,
          gpointer data)
{
  Server *server = data;
  gboolean first = is_first_request (peer);

  server->n_requests++;
  g_clear_pointer (&server->last_body, g_bytes_unref);
  server->last_body = g_bytes_ref (body);
  if (!first && peer->serial <= server->n_dying)
    die (peer, server->death);
  else if (first && server->fresh_dies && peer->serial > server->n_dying)
    die (peer, server->death);
  else
    msa_sim_http_respond (peer, 200, NULL, target);
}

/* A first request, after which its connection idles. */
static void
prime (MsaTestWorld *world,
       Server *server)
{
  msa_sim_http_server (world->sim, "10.0.0.1", 80, serve_cb, server);
  msa_test_world_add (world, "/first");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
}

static MsaEasy *
run_method (MsaTestWorld *world,
            const char *method,
            GBytes *body)
{
  MsaEasy *easy = msa_test_world_make (world, "/second");

  msa_easy_set_method (easy, method);
  msa_easy_set_body (easy, NULL, body);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->records->len));

  return easy;
}

static void
end (Server *server)
{
  g_clear_pointer (&server->last_body, g_bytes_unref);
}

/* Sent again, or not */

typedef struct
{
  const char *name;
  const char *method;
  gboolean    replayed;
} Method;

static const Method methods[] = {
  { "get", "GET", TRUE },
  { "head", "HEAD", TRUE },
  { "options", "OPTIONS", TRUE },
  { "trace", "TRACE", TRUE },
  { "delete", "DELETE", TRUE },
  { "put", "PUT", TRUE },
  { "post", "POST", FALSE },
  { "patch", "PATCH", FALSE },
  { "unknown", "LINK", FALSE },
  { "lower-case", "get", FALSE },
};

static void
run_death (const Method *method,
           Death death)
{
  static const int codes[] = {
    [DIE_CLOSE] = MSA_ERROR_EMPTY_REPLY,
    [DIE_RESET] = MSA_ERROR_RECEIVE,
    [DIE_ANSWERING] = MSA_ERROR_TRUNCATED,
  };
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  Server server = { .death = death, .n_dying = 1 };
  const GError *error;
  MsaEasy *easy;

  prime (world, &server);
  easy = run_method (world, method->method, NULL);
  error = msa_easy_get_error (easy);
  if (method->replayed && death != DIE_ANSWERING)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
      g_assert_cmpuint (server.n_requests, ==, 3);
      g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
    }
  else
    {
      g_assert_error (error, MSA_ERROR, codes[death]);
      g_assert_null (msa_easy_get_body (easy));
      g_assert_cmpuint (server.n_requests, ==, 2);
      g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
    }
  msa_test_world_free (world);
  end (&server);
}

static void
test_closed (gconstpointer data)
{
  run_death (data, DIE_CLOSE);
}

static void
test_was_reset (gconstpointer data)
{
  run_death (data, DIE_RESET);
}

/* An answer has begun: who knows what was done. */
static void
test_answering (gconstpointer data)
{
  run_death (data, DIE_ANSWERING);
}

static void
test_replay_each_driver (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 1 };
  MsaEasy *easy;

  prime (world, &server);
  easy = run_method (world, "GET", NULL);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  msa_test_world_assert_all_once (world);
  end (&server);
}

/* A fresh connection that dies is no matter of chance. */
static void
test_fresh_dies (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .fresh_dies = TRUE };
  MsaEasy *easy;

  msa_sim_http_server (world->sim, "10.0.0.1", 80, serve_cb, &server);
  easy = run_method (world, "GET", NULL);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_EMPTY_REPLY);
  g_assert_cmpuint (server.n_requests, ==, 1);
  end (&server);
}

/* The same after a replay. */
static void
test_replay_dies (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 1, .fresh_dies = TRUE };
  MsaEasy *easy;

  prime (world, &server);
  easy = run_method (world, "GET", NULL);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_EMPTY_REPLY);
  g_assert_cmpuint (server.n_requests, ==, 3);
  end (&server);
}

/* It does not try its luck with the other idle connections, which may be as dead. */
static void
test_replay_takes_fresh (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 6 };
  MsaEasy *easy;

  msa_sim_http_server (world->sim, "10.0.0.1", 80, serve_cb, &server);
  for (guint i = 0; i < 6; i++)
    msa_test_world_add (world, "/first");
  g_assert_true (msa_test_world_run (world, 6));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 6);
  msa_test_world_settle (world, 5000);

  easy = run_method (world, "GET", NULL);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (server.n_requests, ==, 8);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 7);
  end (&server);
}

static void
test_body_rewound (MsaTestWorld *world)
{
  const gsize size = 600000;
  Server server = { .death = DIE_CLOSE, .n_dying = 1 };
  g_autofree char *data = g_malloc (size);
  g_autoptr (GBytes) body = NULL;
  MsaEasy *easy;

  msa_test_fill (data, 0, size);
  body = g_bytes_new (data, size);
  prime (world, &server);
  easy = run_method (world, "PUT", body);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (server.n_requests, ==, 3);
  g_assert_true (g_bytes_equal (server.last_body, body));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, size);
  end (&server);
}

static void
count_cb (MsaEasy *easy,
          gpointer data)
{
  (*(guint *) data)++;
}

/* The one that died is not told as the peer of what was never sent again. */
static void
test_replay_refused (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 1 };
  g_autofree char *remote = NULL;
  MsaEasy *easy;

  prime (world, &server);
  msa_sim_unlisten (world->sim, "10.0.0.1", 80);
  easy = run_method (world, "GET", NULL);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_cmpuint (server.n_requests, ==, 2);
  remote = msa_easy_dup_remote_address (easy);
  g_assert_null (remote);
  end (&server);
}

/* Who reads what an earlier try left would be misled. */
static void
test_replay_forgets (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 1 };
  MsaEasy *easy = msa_test_world_make (world, "/second");
  guint n_heads = 0;

  prime (world, &server);
  g_signal_connect (easy, "headers", G_CALLBACK (count_cb), &n_heads);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (n_heads, ==, 1);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 7);
  end (&server);
}

/* The whole time limit is that of all tries. */
static void
test_replay_times_out (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 1 };
  MsaEasy *easy = msa_test_world_make (world, "/second");
  gint64 start_us;

  prime (world, &server);
  start_us = msa_sim_get_now_us (world->sim);
  msa_sim_set_black_hole (world->sim, "10.0.0.1");
  msa_easy_set_timeout_ms (easy, 500);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - start_us, ==, 500000);
  end (&server);
}

/* The limit holds all the same. */
static void
test_replay_within_limit (MsaTestWorld *world)
{
  Server server = { .death = DIE_CLOSE, .n_dying = 1 };

  msa_multi_set_max_connections_per_host (world->multi, 1);
  prime (world, &server);
  for (guint i = 0; i < 5; i++)
    msa_test_world_add (world, "/second");
  while (world->n_completed < 6)
    {
      msa_test_world_settle (world, 100);
      g_assert_cmpuint (msa_multi_get_n_connections (world->multi), <=, 1);
    }
  g_assert_cmpuint (world->n_ok, ==, 6);
  g_assert_cmpuint (server.n_requests, ==, 7);
  end (&server);
}

/* A look before */

/* The end has arrived, and no dispatch has seen it. */
static MsaEasy *
run_over_unseen_end (MsaTestWorld *world,
                     const char *method)
{
  Server server = { .n_dying = 0 };
  MsaEasy *easy = msa_test_world_make (world, "/second");

  prime (world, &server);
  msa_sim_peer_close (msa_sim_get_peer (world->sim, 0));
  msa_sim_advance_by (world->sim, 5000);
  msa_easy_set_method (easy, method);
  msa_test_world_add_again (world, easy);
  msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  end (&server);

  return easy;
}

static void
test_peek_post (MsaTestWorld *world)
{
  run_over_unseen_end (world, "POST");
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, 1);
  /* Nothing was sent into the void. */
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_send"), ==, 2);
}

static void
test_peek_get (MsaTestWorld *world)
{
  run_over_unseen_end (world, "GET");
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, 0);
}

/* One look for each request that cannot be repeated, on a connection that was used. */
static void
test_peek_count (MsaTestWorld *world)
{
  Server server = { .n_dying = 0 };

  prime (world, &server);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, 0);
  for (guint i = 0; i < 5; i++)
    {
      run_method (world, "GET", NULL);
      g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, i);
      run_method (world, "POST", NULL);
      g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, i + 1);
    }
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 11);
  end (&server);
}

static void
test_peek_fresh (MsaTestWorld *world)
{
  Server server = { .n_dying = 0 };

  msa_sim_http_server (world->sim, "10.0.0.1", 80, serve_cb, &server);
  run_method (world, "POST", NULL);
  g_assert_cmpuint (world->n_ok, ==, 1);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, 0);
  end (&server);
}

/* While idle */

static void
run_idle_event (MsaTestWorld *world,
                void (*happen) (MsaSimPeer *peer))
{
  Server server = { .n_dying = 0 };

  prime (world, &server);
  happen (msa_sim_get_peer (world->sim, 0));
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpuint (world->n_completed, ==, 1);

  run_method (world, "POST", NULL);
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  end (&server);
}

static void
test_idle_closed (MsaTestWorld *world)
{
  run_idle_event (world, msa_sim_peer_close);
}

static void
test_idle_reset (MsaTestWorld *world)
{
  run_idle_event (world, msa_sim_peer_reset);
}

static void
send_response (MsaSimPeer *peer)
{
  msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", -1);
}

/* What nobody asked for must not be taken for the answer to what is asked next. */
static void
test_idle_bytes (MsaTestWorld *world)
{
  run_idle_event (world, send_response);
}

/* The same when it arrives together with the next request's dispatch. */
static void
test_forged_reply (MsaTestWorld *world)
{
  Server server = { .n_dying = 0 };
  MsaEasy *easy;

  prime (world, &server);
  send_response (msa_sim_get_peer (world->sim, 0));
  msa_sim_advance_by (world->sim, 5000);
  easy = run_method (world, "POST", NULL);
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_body (easy, "/second");
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  end (&server);
}

/* The head comes first, so that no more of the rest is read than the body is long. */
static void
forge_cb (MsaSimPeer *peer,
          const char *method,
          const char *target,
          const char *head,
          GBytes *body,
          gpointer data)
{
  static const char rest[] = "goneHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";

  if (peer->serial > 1)
    {
      msa_sim_http_respond (peer, 200, NULL, target);
      return;
    }
  msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", -1);
  msa_sim_peer_send_at (peer, 2000, rest, -1);
}

/* The same right behind a response, where the next request waits for the connection. */
static void
test_forged_behind_body (MsaTestWorld *world)
{
  MsaEasy *easies[3];

  msa_sim_http_server (world->sim, "10.0.0.1", 80, forge_cb, NULL);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    {
      easies[i] = msa_test_world_make (world, i == 0 ? "/first" : "/second");
      msa_test_world_add_again (world, easies[i]);
    }
  g_assert_true (msa_test_world_run (world, 3));
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    {
      g_assert_no_error (msa_easy_get_error (easies[i]));
      g_assert_cmpmem (g_bytes_get_data (msa_easy_get_body (easies[i]), NULL),
                       g_bytes_get_size (msa_easy_get_body (easies[i])),
                       i == 0 ? "gone" : "/second", i == 0 ? 4 : 7);
    }
  /* What came in one piece with its head needs no look. */
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_peek"), ==, 1);
}

/* In the key */

static void
test_not_shared (MsaTestWorld *world)
{
  Server server = { .n_dying = 0 };
  MsaEasy *easy = msa_test_world_make (world, "/x");

  prime (world, &server);
  msa_sim_add_host_address (world->sim, "same.org", "10.0.0.1");
  msa_test_world_add (world, "http://same.org/");
  g_assert_true (msa_test_world_run (world, 2));
  /* The same address, but another name. */
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);

  msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_1);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 3);
  end (&server);
}

static void
test_shared (MsaTestWorld *world)
{
  static const char *const same[] = { "http://EXAMPLE.ORG:80/a?b", "example.org",
                                      "http://u:p@example.org/", "http:/example.org/#c" };
  Server server = { .n_dying = 0 };

  prime (world, &server);
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      msa_test_world_add (world, same[i]);
      g_assert_true (msa_test_world_run (world, i + 2));
    }
  g_assert_cmpuint (world->n_ok, ==, 1 + G_N_ELEMENTS (same));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  end (&server);
}

static void
add_methods (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      const char *name = methods[i].name;
      g_autofree char *closed = g_strconcat ("/msa/exchange/replay/closed/", name, NULL);
      g_autofree char *was_reset = g_strconcat ("/msa/exchange/replay/reset/", name, NULL);
      g_autofree char *answering = g_strconcat ("/msa/exchange/replay/answering/", name, NULL);

      g_test_add_data_func (closed, &methods[i], test_closed);
      g_test_add_data_func (was_reset, &methods[i], test_was_reset);
      g_test_add_data_func (answering, &methods[i], test_answering);
    }
}

int
main (int argc,
      char **argv)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/exchange/replay/each-driver", test_replay_each_driver },
    { "/msa/exchange/replay/fresh-dies", test_fresh_dies },
    { "/msa/exchange/replay/dies-again", test_replay_dies },
    { "/msa/exchange/replay/takes-fresh", test_replay_takes_fresh },
    { "/msa/exchange/replay/body-rewound", test_body_rewound },
    { "/msa/exchange/replay/forgets", test_replay_forgets },
    { "/msa/exchange/replay/refused", test_replay_refused },
    { "/msa/exchange/replay/times-out", test_replay_times_out },
    { "/msa/exchange/replay/within-limit", test_replay_within_limit },
    { "/msa/exchange/peek/post", test_peek_post },
    { "/msa/exchange/peek/get", test_peek_get },
    { "/msa/exchange/peek/count", test_peek_count },
    { "/msa/exchange/peek/fresh", test_peek_fresh },
    { "/msa/exchange/idle/closed", test_idle_closed },
    { "/msa/exchange/idle/reset", test_idle_reset },
    { "/msa/exchange/idle/bytes", test_idle_bytes },
    { "/msa/exchange/idle/forged-reply", test_forged_reply },
    { "/msa/exchange/idle/forged-behind-body", test_forged_behind_body },
    { "/msa/exchange/not-shared", test_not_shared },
    { "/msa/exchange/shared", test_shared },
  };

  g_test_init (&argc, &argv, NULL);

  add_methods ();
  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}

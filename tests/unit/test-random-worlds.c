/* test-random-worlds.c: what nobody thought of
 *
 * Each seed makes a world of good and bad peers, and an application that adds, removes, pauses,
 * cancels and drives at random, from outside and out of every handler. Whatever happens, each run
 * is delivered once, those that nothing was done to succeed, and nothing stays open. A seed that
 * fails is run alone by MSA_RANDOM_SEED=N; MSA_RANDOM_SEEDS=N runs so many for each driver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-world.h"

#include <stdlib.h>

#define SEEDS 6
#define N_ACTIONS 60
#define MAX_EASIES 80
/* Turns of a nested loop in which time stands still: with more, something wakes it without end. */
#define MAX_NESTED_TURNS 300

static MsaTestPki *root;
static MsaTestCert *good;
static MsaTestCert *other; /* made out to another name */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  GRand *rand; /* (owned) */
  MsaTlsConfig *config; /* (owned) */
  GPtrArray *tls; /* (owned) (element-type MsaTestHttps) */
  GPtrArray *questions; /* (owned) (element-type MsaCertificateRequest): not answered yet */
  GPtrArray *cancellables; /* (owned) */
  guint depth; /* of handlers */
  gboolean calm; /* nothing is done at random any more */
} Chaos;

/* What is known of an easy. */
typedef struct
{
  Chaos *chaos; /* (unowned) */
  gboolean spoilt; /* something was done to it, or its peer is a bad one: it may fail */
  gboolean removed;
} Fate;

static gboolean
one_in (Chaos *self,
        guint n)
{
  return g_rand_int_range (self->rand, 0, (gint32) n) == 0;
}

static guint
below (Chaos *self,
       guint n)
{
  return (guint) g_rand_int_range (self->rand, 0, (gint32) n);
}

/* --- peers --- */

/* The head is whole, with the rest anything. */
static void
respond_cb (MsaSimPeer *peer,
            const char *method,
            const char *target,
            const char *head,
            GBytes *body,
            gpointer data)
{
  static const char *const targets[] = {
    "/size/20000",
    "/chunked/9000",
    "/interim",
    "/hang",
    "/head-only",
    "/part/5000",
    "/truncated/80",
    "/empty",
    "/bad",
    "/status/404",
    "/size/0",
    "/chunked/0",
    "/size/200000",
    "/status/204",
  };
  Chaos *self = data;
  gboolean is_bad = g_str_equal (target, "/random");
  MsaTestThen then;
  g_autoptr (GString) answer =
      msa_test_answer (is_bad ? targets[below (self, G_N_ELEMENTS (targets))] : target, &then);
  gsize cut = answer->len;

  if (is_bad && one_in (self, 3))
    cut = below (self, (guint) answer->len + 1);
  if (cut > 0)
    msa_sim_peer_send (peer, answer->str, (gssize) cut);
  if (is_bad && one_in (self, 8))
    {
      msa_sim_peer_reset (peer);
      return;
    }
  if (answer->len > cut)
    msa_sim_peer_send_at (peer, below (self, 3000000), answer->str + cut,
                          (gssize) (answer->len - cut));
  if (then == MSA_TEST_THEN_CLOSE)
    msa_sim_peer_close_at (peer, 4000000);
  else if (is_bad && one_in (self, 6))
    msa_sim_peer_close_at (peer, below (self, 4000000));
}

/* Answers as soon as a request line is there, whatever follows it. */
static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  static const char line_end[] = " HTTP/1.1\r\n";
  GString *received = msa_sim_peer_get_received (peer);
  char *found = memmem (received->str, received->len, line_end, strlen (line_end));

  if (found == NULL)
    return;

  g_string_erase (received, 0, found + strlen (line_end) - received->str);
  respond_cb (peer, NULL, "/random", NULL, NULL, user_data);
  received_cb (peer, user_data);
}

static void
closed_cb (MsaSimPeer *peer,
           gpointer user_data)
{
  if (one_in (user_data, 2))
    msa_sim_peer_close (peer);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  peer->user_data = data;
  peer->received = received_cb;
  peer->closed = closed_cb;
}

/* Says anything, at once or never, or ends. */
static void
accept_badly_cb (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  static const char *const garbage[] = {
    "",
    "\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "\x15\x03\x03\x00\x02\x02\x28",
    "\x16\x03\x03\x00\x04\x02\x00\x00\x00",
    "SSH-2.0-x\r\n",
  };
  Chaos *self = data;

  msa_sim_peer_send_at (peer, one_in (self, 2) ? 0 : below (self, 2000000),
                        garbage[below (self, G_N_ELEMENTS (garbage))], -1);
  if (one_in (self, 3))
    msa_sim_peer_stop_reading (peer);
  if (one_in (self, 3))
    msa_sim_peer_reset (peer);
  else if (one_in (self, 2))
    msa_sim_peer_close_at (peer, below (self, 3000000));
  else if (one_in (self, 2))
    msa_sim_peer_shutdown (peer);
}

static void
add_tls (Chaos *self,
         const char *address,
         const MsaTestCert *cert)
{
  MsaTestTlsOptions options = {
    .cert = cert,
    .priority = one_in (self, 3) ? "NORMAL:-VERS-TLS1.3" : NULL,
    .no_tickets = one_in (self, 4),
  };

  g_ptr_array_add (self->tls, msa_test_https_new (self->world->sim, address, &options,
                                                  msa_test_https_answer, NULL));
}

static void
make_peers (Chaos *self)
{
  MsaSim *sim = self->world->sim;

  msa_sim_http_server (sim, "10.0.0.1", 80, respond_cb, self);
  msa_sim_http_server (sim, "10.0.0.2", 80, respond_cb, self);
  msa_sim_http_server (sim, "fd00::2", 80, respond_cb, self);
  msa_sim_listen (sim, "10.0.0.4", 80, accept_cb, self);
  msa_sim_listen (sim, "fd00::4", 80, accept_cb, self);
  msa_sim_listen (sim, "unix:/run/it", 0, accept_cb, self);
  msa_sim_listen (sim, "10.0.0.3", 80, accept_badly_cb, self);
  msa_sim_listen (sim, "10.0.0.3", 443, accept_badly_cb, self);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_unreachable (sim, "fd00::9");
  msa_sim_set_host (sim, "example.org", below (self, 300000), "10.0.0.1", NULL);
  msa_sim_set_host (sim, "two.org", below (self, 300000), "fd00::9", "fd00::2", "10.0.0.9",
                    "10.0.0.2", NULL);
  msa_sim_set_host_family (sim, "two.org", one_in (self, 2) ? AF_INET6 : AF_INET, 0,
                           below (self, 900000));
  msa_sim_set_host (sim, "other.org", below (self, 300000), "fd00::9", "10.0.0.4", NULL);
  msa_sim_set_host (sim, "random.org", below (self, 300000), "10.0.0.4", "fd00::4", NULL);
  msa_sim_set_host (sim, "bad.org", below (self, 3000000), "10.0.0.3", "10.0.0.9", NULL);
  msa_sim_set_host (sim, "mixed.org", 0, "10.0.0.2", NULL);
  msa_sim_set_host (sim, "hole.org", 0, "10.0.0.9", "fd00::9", NULL);
  add_tls (self, "10.0.0.1", good);
  add_tls (self, "10.0.0.2", other);
  msa_sim_set_latency (sim, below (self, 60000));
  if (one_in (self, 3))
    msa_sim_set_segment (sim, 1 + below (self, 2000));
  if (one_in (self, 3))
    msa_sim_set_send_window (sim, 1 + below (self, 5000));
}

/* --- easies --- */

static void act (Chaos *self);

static void
act_in_handler (Chaos *self,
                MsaEasy *easy)
{
  guint n = 0;

  if (self->calm || self->depth > 3)
    return;

  self->depth++;
  switch (below (self, 12))
    {
    case 0:
    case 1:
      act (self);
      break;
    case 2:
      while (msa_test_driver_turn (self->world->driver))
        g_assert_cmpuint (++n, <, MAX_NESTED_TURNS);
      break;
    case 3:
      msa_test_driver_pass (self->world->driver, below (self, 2000000));
      break;
    default:
      break;
    }
  self->depth--;
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  act_in_handler (data, easy);
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *text,
          gpointer data)
{
  if (one_in (data, 8))
    act_in_handler (data, easy);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *bytes,
          gsize len,
          gpointer data)
{
  act_in_handler (data, easy);
  return MSA_WRITE_CONTINUE;
}

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *request,
                gpointer data)
{
  Chaos *self = data;

  act_in_handler (self, easy);
  switch (below (self, 4))
    {
    case 0:
      msa_certificate_request_accept (request);
      return TRUE;
    case 1:
      msa_certificate_request_reject (request);
      return TRUE;
    case 2:
      g_ptr_array_add (self->questions, g_object_ref (request));
      return TRUE;
    default:
      return one_in (self, 2);
    }
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer data)
{
  act_in_handler (data, easy);
  return TRUE;
}

static Fate *
get_fate (MsaEasy *easy)
{
  return g_object_get_data (G_OBJECT (easy), "fate");
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  Chaos *self = data;

  if (!get_fate (easy)->spoilt)
    g_assert_no_error (error);
  act_in_handler (self, easy);
}

static void
set_clocks (Chaos *self,
            MsaEasy *easy)
{
  msa_easy_set_timeout_ms (easy, 1 + below (self, 20000));
  if (one_in (self, 4))
    msa_easy_set_connect_timeout_ms (easy, 1 + below (self, 9000));
  if (one_in (self, 4))
    msa_easy_set_resolve_timeout_ms (easy, 1 + below (self, 2000));
  if (one_in (self, 4))
    msa_easy_set_tls_timeout_ms (easy, 1 + below (self, 2000));
  if (one_in (self, 4))
    msa_easy_set_queue_timeout_ms (easy, 1 + below (self, 5000));
  if (one_in (self, 4))
    msa_easy_set_response_timeout_ms (easy, 1 + below (self, 3000));
  if (one_in (self, 4))
    msa_easy_set_idle_timeout_ms (easy, 1 + below (self, 3000));
}

static void
set_places (Chaos *self,
            MsaEasy *easy)
{
  const char *const resolve[] = { "hole.org:80:10.0.0.4", "-two.org:80", "+new.org:80:10.0.0.4",
                                  NULL };
  const char *const connect_to[] = { "hole.org::random.org:", NULL };

  if (one_in (self, 6))
    msa_easy_set_resolve (easy, resolve);
  if (one_in (self, 6))
    msa_easy_set_connect_to (easy, connect_to);
  if (one_in (self, 12))
    msa_easy_set_unix_socket_path (easy, "/run/it");
  if (one_in (self, 8))
    {
      msa_easy_set_local_port (easy, 5000 + below (self, 10));
      msa_easy_set_local_port_range (easy, 1 + below (self, 4));
    }
}

static void
listen_to (Chaos *self,
           MsaEasy *easy)
{
  if (one_in (self, 2))
    g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), self);
  if (one_in (self, 3))
    g_signal_connect (easy, "progress", G_CALLBACK (headers_cb), self);
  if (one_in (self, 3))
    g_signal_connect (easy, "trace", G_CALLBACK (trace_cb), self);
  if (one_in (self, 3))
    msa_easy_set_write_func (easy, write_cb, self, NULL);
  if (one_in (self, 2))
    g_signal_connect (easy, "accept-certificate", G_CALLBACK (certificate_cb), self);
}

static void
set_body (Chaos *self,
          MsaEasy *easy)
{
  gsize len = below (self, 3) * 700000;
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (len), len);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (body);

  if (one_in (self, 2))
    msa_easy_set_body (easy, NULL, body);
  else
    msa_easy_set_body_stream (easy, NULL, stream, one_in (self, 2) ? -1 : (gint64) len);
  msa_easy_set_method (easy, one_in (self, 2) ? "PUT" : "POST");
}

static MsaEasy *
make_easy (Chaos *self)
{
  static const char *const good_uris[] = {
    "http://example.org/size/300",
    "http://example.org/chunked/70000",
    "http://two.org/interim",
    "https://example.org/size/9000",
    "http://two.org/size/100000",
  };
  static const char *const bad_uris[] = {
    "http://random.org/random",
    "http://other.org/random",
    "https://example.org/hang",
    "https://two.org/size/10",
    "http://bad.org/random",
    "https://bad.org/",
    "http://hole.org/random",
    "http://nowhere.org/",
    "http://new.org/random",
    "https://example.org/empty",
    "https://example.org/bad",
    "https://mixed.org/size/50",
  };
  gboolean spoilt = one_in (self, 2);
  const char *uri = spoilt ? bad_uris[below (self, G_N_ELEMENTS (bad_uris))]
                           : good_uris[below (self, G_N_ELEMENTS (good_uris))];
  MsaEasy *easy = msa_test_world_make (self->world, uri);
  Fate *fate = g_new0 (Fate, 1);

  fate->chaos = self;
  fate->spoilt = spoilt;
  g_object_set_data_full (G_OBJECT (easy), "fate", fate, g_free);
  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), self);
  msa_easy_set_tls_config (easy, self->config);
  msa_easy_set_priority (easy, (int) below (self, 3));
  listen_to (self, easy);
  /* Handlers of others take their time. */
  msa_easy_set_connect_timeout_ms (easy, 3600000);
  if (spoilt)
    {
      set_clocks (self, easy);
      set_places (self, easy);
      /* The TLS server reads none. */
      if (one_in (self, 3) && g_str_has_prefix (uri, "http:"))
        set_body (self, easy);
    }

  return easy;
}

/* --- what is done at random --- */

static void
run_done_cb (GObject *source,
             GAsyncResult *result,
             gpointer data)
{
  guint *n = data;

  msa_multi_run_finish (MSA_MULTI (source), result, NULL);
  (*n)++;
}

static guint n_runs_begun, n_runs_done;

static void
add_one (Chaos *self)
{
  g_autoptr (GCancellable) cancellable = NULL;
  MsaEasy *easy;

  if (self->world->records->len >= MAX_EASIES)
    return;

  easy = make_easy (self);
  if (!get_fate (easy)->spoilt || one_in (self, 2))
    {
      msa_test_world_add_again (self->world, easy);
      return;
    }

  cancellable = g_cancellable_new ();
  msa_test_world_get_record (easy)->n_added++;
  n_runs_begun++;
  msa_multi_run_async (self->world->multi, easy, 0, cancellable, run_done_cb, &n_runs_done);
  g_ptr_array_add (self->cancellables, g_steal_pointer (&cancellable));
}

static MsaEasy *
pick (Chaos *self)
{
  MsaTestRecord *record;

  if (self->world->records->len == 0)
    return NULL;

  record = g_ptr_array_index (self->world->records, below (self, self->world->records->len));
  return record->easy;
}

static gboolean
is_running (MsaEasy *easy)
{
  MsaTestRecord *record = msa_test_world_get_record (easy);

  return record->n_easy < record->n_added;
}

static void
remove_one (Chaos *self)
{
  MsaEasy *easy = pick (self);

  if (easy != NULL && is_running (easy) && get_fate (easy)->spoilt)
    msa_test_world_remove (self->world, easy);
}

static void
add_again (Chaos *self)
{
  MsaEasy *easy = pick (self);

  if (easy != NULL && !is_running (easy) && msa_easy_get_state (easy) != MSA_EASY_QUEUED &&
      get_fate (easy)->spoilt)
    msa_test_world_add_again (self->world, easy);
}

static void
pause_one (Chaos *self)
{
  MsaEasy *easy = pick (self);

  if (easy == NULL)
    return;
  if (get_fate (easy)->spoilt && one_in (self, 2))
    msa_easy_pause (easy, 1 + below (self, 3));
  else
    msa_easy_resume (easy, MSA_DIRECTION_RECEIVE | MSA_DIRECTION_SEND);
}

static void
answer_one (Chaos *self)
{
  MsaCertificateRequest *request;

  if (self->questions->len == 0)
    return;

  request = g_ptr_array_index (self->questions, below (self, self->questions->len));
  if (one_in (self, 2))
    msa_certificate_request_accept (request);
  else if (one_in (self, 2))
    msa_certificate_request_reject (request);
  g_ptr_array_remove (self->questions, request);
}

static void
cancel_one (Chaos *self)
{
  if (self->cancellables->len > 0)
    g_cancellable_cancel (
        g_ptr_array_index (self->cancellables, below (self, self->cancellables->len)));
}

static void
change_settings (Chaos *self)
{
  MsaMulti *multi = self->world->multi;

  switch (below (self, 6))
    {
    case 0:
      msa_multi_set_max_connections (multi, below (self, 8));
      break;
    case 1:
      msa_multi_set_max_connections_per_host (multi, below (self, 5));
      break;
    case 2:
      msa_multi_set_max_idle_connections (multi, below (self, 4));
      break;
    case 3:
      msa_multi_set_address_func (multi, one_in (self, 2) ? address_cb : NULL, self, NULL);
      break;
    default:
      break;
    }
}

static void
act (Chaos *self)
{
  switch (below (self, 16))
    {
    case 0:
      remove_one (self);
      break;
    case 1:
    case 2:
      pause_one (self);
      break;
    case 3:
      answer_one (self);
      break;
    case 4:
      cancel_one (self);
      break;
    case 5:
      change_settings (self);
      break;
    case 6:
    case 7:
      add_again (self);
      break;
    default:
      add_one (self);
      break;
    }
}

/* --- a world --- */

/* What was held back is let go: all else has to end by itself. */
static void
calm_down (Chaos *self)
{
  self->calm = TRUE;
  g_ptr_array_set_size (self->questions, 0);
  for (guint i = 0; i < self->world->records->len; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (self->world->records, i);

      msa_easy_resume (record->easy, MSA_DIRECTION_RECEIVE | MSA_DIRECTION_SEND);
    }
}

static gboolean
has_all_ended (gpointer data)
{
  Chaos *self = data;

  return msa_multi_get_n_running (self->world->multi) == 0 && n_runs_done == n_runs_begun;
}

static void
run_seed (MsaTestWorld *world,
          guint seed)
{
  Chaos self = {
    .world = world,
    .rand = g_rand_new_with_seed (seed),
    .config = msa_tls_config_new_for_ca_file ("ca.pem"),
    .tls = g_ptr_array_new_with_free_func ((GDestroyNotify) msa_test_https_free),
    .questions = g_ptr_array_new_with_free_func (g_object_unref),
    .cancellables = g_ptr_array_new_with_free_func (g_object_unref),
  };

  g_test_message ("seed %u", seed);
  n_runs_begun = n_runs_done = 0;
  msa_sim_set_file (world->sim, "ca.pem", msa_test_pki_ca_pem (root), -1);
  make_peers (&self);
  for (guint i = 0; i < N_ACTIONS; i++)
    {
      act (&self);
      if (one_in (&self, 2))
        msa_test_world_settle (world, below (&self, 500000));
    }
  calm_down (&self);
  g_assert_true (msa_test_world_run_until (world, has_all_ended, &self));
  msa_test_world_assert_all_once (world);
  msa_multi_set_address_func (world->multi, NULL, NULL, NULL);
  msa_test_world_end_multi (world);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_ptr_array_unref (self.tls);
  g_ptr_array_unref (self.questions);
  g_ptr_array_unref (self.cancellables);
  g_object_unref (self.config);
  g_rand_free (self.rand);
}

static guint
get_number (const char *name,
            guint otherwise)
{
  const char *text = g_getenv (name);

  return text != NULL ? (guint) strtoul (text, NULL, 10) : otherwise;
}

static void
test_seeds (gconstpointer data)
{
  guint first = get_number ("MSA_RANDOM_SEED", 0);
  guint n = g_getenv ("MSA_RANDOM_SEED") != NULL ? 1 : get_number ("MSA_RANDOM_SEEDS", SEEDS);

  for (guint seed = first; seed < first + n; seed++)
    {
      MsaTestWorld *world = msa_test_world_new (GPOINTER_TO_UINT (data));

      run_seed (world, seed);
      msa_test_world_free (world);
    }
}

int
main (int argc,
      char **argv)
{
  MsaTestCertSpec good_spec = { .dns = { "example.org" } };
  MsaTestCertSpec other_spec = { .dns = { "elsewhere.org" } };
  int result;

  g_test_init (&argc, &argv, NULL);
  root = msa_test_pki_new ();
  good = msa_test_pki_issue (root, &good_spec);
  other = msa_test_pki_issue (root, &other_spec);
  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    {
      g_autofree char *path = g_strconcat ("/msa/random-worlds/", msa_test_driver_get_name (kind),
                                           NULL);

      if (msa_test_driver_works_in_sim (kind))
        g_test_add_data_func (path, GUINT_TO_POINTER (kind), test_seeds);
    }
  result = g_test_run ();
  msa_test_cert_free (good);
  msa_test_cert_free (other);
  msa_test_pki_free (root);
  return result;
}

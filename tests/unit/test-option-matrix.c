/* test-option-matrix.c: every option, and every two of them, through a multi
 *
 * The rows are made from model/options.toml: an option that is new there is tested here with no
 * hand put to it. POOL: two transfers that differ in one option share a connection, or not, as the
 * row says. STATE: an easy that ran before sends what a fresh one with the same settings sends,
 * and fares the same: no setting is forgotten. SHOWS: each option changes something
 * that can be seen in one of the scenes, so that the others cannot pass by comparing nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-writer-private.h"
#include "msa-easy-private.h"
#include "msa-multi-private.h"
#include "sim/msa-test-driver.h"
#include "unit/msa-test-option-row.h"
#include "unit/msa-test-pki.h"

#include <stdlib.h>
#include <string.h>

#define MS 1000
#define LIMIT_US (40 * G_USEC_PER_SEC)
#define CA_FILE "/etc/ca.pem"

/* The scenes: what the server does, and what is asked of it */

typedef enum
{
  SERVE_WHOLE,  /* 6000 bytes, when the request is there */
  SERVE_SMALL,
  SERVE_ONCE, /* and closes */
  SERVE_NEVER,
  SERVE_HALF,
  SERVE_NO_HEAD,
  SERVE_REFUSAL, /* as soon as the head is there */
  SERVE_LATE,    /* what asks for /hold waits ten seconds */
} Serve;

typedef enum
{
  BODY_NONE,
  BODY_LARGE,
  BODY_EXPECTED,
  BODY_STREAM,
} BodyKind;

typedef struct
{
  const char *name;
  const char *uri;
  Serve serve;
  BodyKind body;
  gint64 look_up_us;
  gboolean has_dead_address;
  gboolean has_queue;
} Scene;

static const Scene scenes[] = {
  { "whole", "http://example.org/a/../b", SERVE_WHOLE, BODY_NONE, MS, FALSE, FALSE },
  { "hang", "http://example.org/", SERVE_NEVER, BODY_NONE, MS, FALSE, FALSE },
  { "half", "http://example.org/", SERVE_HALF, BODY_NONE, MS, FALSE, FALSE },
  { "slow-name", "http://example.org/", SERVE_SMALL, BODY_NONE, 200000 * MS, FALSE, FALSE },
  { "dead-address", "http://example.org/", SERVE_ONCE, BODY_NONE, MS, TRUE, FALSE },
  { "no-head", "http://example.org/", SERVE_NO_HEAD, BODY_NONE, MS, FALSE, FALSE },
  { "refused", "http://example.org/", SERVE_REFUSAL, BODY_LARGE, MS, FALSE, FALSE },
  { "expected", "http://example.org/", SERVE_SMALL, BODY_EXPECTED, MS, FALSE, FALSE },
  { "stream", "http://example.org/", SERVE_SMALL, BODY_STREAM, MS, FALSE, FALSE },
  { "no-scheme", "ftp.example.org/", SERVE_SMALL, BODY_NONE, MS, FALSE, FALSE },
  { "queue", "http://example.org/", SERVE_LATE, BODY_NONE, MS, FALSE, TRUE },
  { "tls", "https://example.org/", SERVE_NEVER, BODY_NONE, MS, FALSE, FALSE },
};

static const Scene small = { "small", "http://example.org/", SERVE_SMALL, BODY_NONE, MS, FALSE,
                             FALSE };

/* Where each row shows first; NULL: nowhere. */
static const Scene *shown_in[N_ROWS];

static MsaTestPki *pki;

typedef struct
{
  const Scene *scene;
  MsaSim *sim;           /* (owned) */
  MsaMulti *multi;       /* (owned) */
  MsaTestDriver *driver; /* (owned) */
  GArray *answered;      /* (owned) (element-type gsize): how much of each peer's input was */
} World;

static gsize
find (const char *text,
      const char *what)
{
  const char *found = strstr (text, what);

  return found != NULL ? (gsize) (found - text) + strlen (what) : 0;
}

/* The length of the request that @text begins with; 0: it is not whole. */
static gsize
measure_request (const char *text,
                 Serve serve)
{
  gsize len = find (text, "\r\n\r\n");
  g_autofree char *head = g_strndup (text, len);
  gsize length = find (head, "\r\nContent-Length: ");
  gsize body = length > 0 ? strtoul (head + length, NULL, 10) : 0;

  if (len == 0 || serve == SERVE_REFUSAL)
    return len;
  if (find (head, "\r\nTransfer-Encoding: chunked") > 0)
    {
      gsize last = find (text + len, "\r\n0\r\n");

      /* The last chunk's own line end may be that of an empty trailer. */
      body = last == 0 ? 0 : find (text + len + last - 2, "\r\n\r\n");
      return body == 0 ? 0 : len + last - 2 + body;
    }

  return strlen (text + len) >= body ? len + body : 0;
}

static void
answer (World *self,
        MsaSimPeer *peer,
        const char *request)
{
  static const char small_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  g_autofree char *filling = g_strnfill (6000, 'x');
  g_autoptr (GString) text = g_string_new ("HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n");

  switch (self->scene->serve)
    {
    case SERVE_WHOLE:
      g_string_append (text, filling);
      msa_sim_peer_send (peer, text->str, -1);
      break;
    case SERVE_HALF:
      g_string_append (text, filling + 3000);
      msa_sim_peer_send (peer, text->str, -1);
      break;
    case SERVE_SMALL:
      msa_sim_peer_send (peer, small_answer, -1);
      break;
    case SERVE_ONCE:
      msa_sim_peer_send (peer, small_answer, -1);
      msa_sim_peer_close_at (peer, MS);
      break;
    case SERVE_LATE:
      msa_sim_peer_send_at (peer, g_str_has_prefix (request, "GET /hold") ? 10000 * MS : 0,
                            small_answer, -1);
      break;
    case SERVE_REFUSAL:
      msa_sim_peer_send (peer, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", -1);
      break;
    case SERVE_NO_HEAD:
      msa_sim_peer_send (peer, "no head\n", -1);
      msa_sim_peer_close_at (peer, MS);
      break;
    case SERVE_NEVER:
    default:
      break;
    }
}

static void
received_cb (MsaSimPeer *peer,
             gpointer data)
{
  World *self = data;
  const char *received = msa_sim_peer_get_received (peer)->str;
  gsize *used = &g_array_index (self->answered, gsize, peer->serial - 1);
  gsize len;

  if (self->scene->serve == SERVE_REFUSAL && *used > 0)
    return;
  while ((len = measure_request (received + *used, self->scene->serve)) > 0)
    {
      answer (self, peer, received + *used);
      *used += len;
      if (self->scene->serve == SERVE_REFUSAL)
        return;
    }
}

static void
closed_cb (MsaSimPeer *peer,
           gpointer data)
{
  msa_sim_peer_close (peer);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  World *self = data;

  g_array_set_size (self->answered, MAX (self->answered->len, peer->serial));
  peer->user_data = self;
  peer->received = received_cb;
  peer->closed = closed_cb;
}

static World *
world_new (const Scene *scene)
{
  static const char *const addresses[] = { "10.0.0.1", "fd00::1", "10.0.0.2", "10.0.0.3" };
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (CA_FILE);
  World *self = g_new0 (World, 1);

  self->scene = scene;
  self->sim = msa_sim_new ();
  self->answered = g_array_new (FALSE, TRUE, sizeof (gsize));
  self->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (self->sim)));
  self->driver = msa_test_driver_new (MSA_TEST_CALLBACKS, self->multi, self->sim);
  /* Settings that the multi's are filled into are copies: in the others nothing is. */
  if (g_str_equal (scene->name, "tls"))
    msa_multi_set_tls_config (self->multi, config);
  if (scene->has_queue)
    msa_multi_set_max_connections_per_host (self->multi, 1);

  msa_sim_set_file (self->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
  if (scene->has_dead_address)
    msa_sim_set_host (self->sim, "example.org", scene->look_up_us, "10.0.0.99", "10.0.0.1", NULL);
  else
    msa_sim_set_host (self->sim, "example.org", scene->look_up_us, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_black_hole (self->sim, "10.0.0.99");
  msa_sim_set_host (self->sim, "ftp.example.org", MS, "10.0.0.1", NULL);
  msa_sim_set_host (self->sim, "other.org", MS, "10.0.0.2", NULL);
  msa_sim_set_interface (self->sim, "eth7", 7);
  msa_sim_add_local_address (self->sim, "10.9.9.9");
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      msa_sim_listen (self->sim, addresses[i], 80, accept_cb, self);
      msa_sim_listen (self->sim, addresses[i], 443, accept_cb, self);
    }
  msa_sim_listen (self->sim, "unix:/run/example", 0, accept_cb, self);

  return self;
}

static void
world_free (World *self)
{
  msa_test_driver_free (self->driver);
  g_assert_finalize_object (self->multi);
  msa_sim_assert_clean (self->sim);
  msa_sim_unref (self->sim);
  g_array_unref (self->answered);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* What the scene asks for; said again, it changes nothing but what an option has changed. */
static void
prepare (MsaEasy *easy,
         const Scene *scene)
{
  static const char ten[] = "0123456789";
  g_autofree char *filling = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GInputStream) stream = NULL;

  msa_easy_set_uri (easy, scene->uri);
  switch (scene->body)
    {
    case BODY_LARGE:
      filling = g_strnfill (1000 * 1000, 'u');
      body = g_bytes_new (filling, 1000 * 1000);
      msa_easy_set_body (easy, "text/plain", body);
      break;
    case BODY_EXPECTED:
      body = g_bytes_new_static (ten, 10);
      msa_easy_set_body (easy, "text/plain", body);
      msa_headers_replace (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
      break;
    case BODY_STREAM:
      stream = g_memory_input_stream_new_from_data ("stream", 6, NULL);
      msa_easy_set_body_stream (easy, "text/plain", stream, -1);
      break;
    case BODY_NONE:
    default:
      break;
    }
}

static void
apply (MsaEasy *easy,
       const Scene *scene,
       const OptionRow *a,
       const OptionRow *b)
{
  prepare (easy, scene);
  if (a != NULL && a->beside != NULL)
    a->beside (easy);
  if (b != NULL && b->beside != NULL)
    b->beside (easy);
}

/* Running, and looking */

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  *(gboolean *) data = TRUE;
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *) data;
}

static void
append_peers (World *self,
              GString *text)
{
  for (guint i = 0; i < msa_sim_get_n_peers (self->sim); i++)
    {
      MsaSimPeer *peer = msa_sim_get_peer (self->sim, i);
      GString *received = msa_sim_peer_get_received (peer);
      const gboolean is_tls = g_str_has_suffix (peer->address, ":443");

      g_string_append_printf (text, "%s from %s at %s, %d %u %u, closed %d, %" G_GSIZE_FORMAT,
                              peer->address, peer->client, peer->device, peer->tuning.nodelay,
                              peer->tuning.keepalive_idle_s, peer->tuning.keepalive_interval_s,
                              msa_sim_peer_is_closed (peer), received->len);
      g_string_append_printf (text, ": %s\n", is_tls ? "TLS" : received->str);
    }
}

static void
append_key (const MsaSettings *settings,
            GString *text)
{
  MsaWriter writer;
  MsaSlice bytes;

  msa_writer_init (&writer, G_MAXUINT32);
  msa_settings_append_key (settings, &writer);
  bytes = msa_writer_slice (&writer);
  g_string_append_len (text, bytes.data, (gssize) bytes.len);
  msa_writer_release (&writer);
}

/* All that can be seen of a run. */
static void
append_results (World *self,
                MsaEasy *easy,
                GString *text)
{
  const GError *error = msa_easy_get_error (easy);
  GBytes *body = msa_easy_get_body (easy);
  g_autofree char *uri = msa_easy_dup_effective_uri (easy);
  g_autofree char *remote = msa_easy_dup_remote_address (easy);

  g_string_append_printf (text, "state %d, error %d %s\n", msa_easy_get_state (easy),
                          error != NULL ? error->code : -1, error != NULL ? error->message : "");
  g_string_append_printf (text, "status %u, body %" G_GSIZE_FORMAT ", sent %" G_GUINT64_FORMAT "\n",
                          msa_easy_get_status (easy), body != NULL ? g_bytes_get_size (body) : 0,
                          msa_easy_get_bytes_sent (easy));
  g_string_append_printf (text, "%s at %s\n", uri, remote);
  append_key (msa_easy_peek_settings (easy), text);
  g_string_append_printf (text, "\n%u connections\n", msa_multi_get_n_connections (self->multi));
  append_peers (self, text);
}

static void
add (World *self,
     MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;

  msa_multi_add (self->multi, easy, &error);
  g_assert_no_error (error);
}

/* Runs it once, and tells what was to be seen. */
static char *
run (World *self,
     MsaEasy *easy)
{
  g_autoptr (MsaEasy) holder = msa_easy_new ("http://example.org/hold");
  g_autoptr (MsaEasy) waiter = msa_easy_new ("http://example.org/wait");
  const gint64 start_us = msa_sim_get_now_us (self->sim);
  GString *text = g_string_new (NULL);
  gboolean is_done = FALSE;
  gulong handler = g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), &is_done);

  if (self->scene->has_queue)
    {
      add (self, holder);
      msa_test_driver_pass (self->driver, 10 * MS);
      add (self, waiter);
    }
  add (self, easy);
  msa_test_driver_run (self->driver, is_set, &is_done, LIMIT_US);
  g_string_append_printf (text, "%s after %" G_GINT64_FORMAT " us\n", is_done ? "done" : "not done",
                          msa_sim_get_now_us (self->sim) - start_us);
  msa_multi_remove (self->multi, easy);
  msa_test_driver_pass (self->driver, self->scene->has_queue ? 15000 * MS : 10 * MS);
  append_results (self, easy, text);
  msa_multi_remove (self->multi, holder);
  msa_multi_remove (self->multi, waiter);
  g_signal_handler_disconnect (easy, handler);

  return g_string_free (text, FALSE);
}

static void
run_unseen (World *self,
            MsaEasy *easy)
{
  g_free (run (self, easy));
}

static MsaEasy *
make (const Scene *scene,
      const OptionRow *a,
      const OptionRow *b)
{
  MsaEasy *easy = msa_easy_new (NULL);

  apply (easy, scene, a, b);

  return easy;
}

/* SHOWS */

static char *
run_after_plain (const Scene *scene,
                 const OptionRow *row)
{
  g_autoptr (World) world = world_new (scene);
  g_autoptr (MsaEasy) plain = make (scene, NULL, NULL);
  g_autoptr (MsaEasy) easy = make (scene, row, NULL);

  run_unseen (world, plain);
  if (row != NULL)
    row->apply (easy, 0);

  return run (world, easy);
}

/* The key is left out of account: it says what the option is, not what it does. */
static gboolean
is_other (const char *a,
          const char *b)
{
  g_auto (GStrv) a_lines = g_strsplit (a, "\n", -1);
  g_auto (GStrv) b_lines = g_strsplit (b, "\n", -1);

  for (guint i = 0; a_lines[i] != NULL && b_lines[i] != NULL; i++)
    if (i != 4 && strcmp (a_lines[i], b_lines[i]) != 0)
      return TRUE;

  return g_strv_length (a_lines) != g_strv_length (b_lines);
}

static void
find_scenes (void)
{
  for (guint s = 0; s < G_N_ELEMENTS (scenes); s++)
    {
      g_autofree char *plain = run_after_plain (&scenes[s], NULL);

      for (guint i = 0; i < N_ROWS; i++)
        if (shown_in[i] == NULL)
          {
            g_autofree char *text = run_after_plain (&scenes[s], &option_rows[i]);

            if (is_other (plain, text))
              shown_in[i] = &scenes[s];
          }
    }
}

static void
test_shows (gconstpointer data)
{
  const OptionRow *row = data;
  const Scene *scene = shown_in[row - option_rows];

  if (scene != NULL)
    g_test_message ("seen in %s", scene->name);
  else
    g_test_message ("not seen: %s", row->unseen);
  g_assert_cmpint (scene == NULL, ==, row->unseen != NULL);
}

/* POOL */

/* 0 is the default, n the nth other value. How many connections were made; 0: one failed. */
static guint
count_connections (const OptionRow *row,
                   guint first,
                   guint second)
{
  g_autoptr (World) world = world_new (&small);
  const guint values[] = { first, second };

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MsaEasy) easy = make (&small, row, NULL);

      if (values[i] > 0)
        row->apply (easy, values[i] - 1);
      run_unseen (world, easy);
      if (msa_easy_get_error (easy) != NULL)
        g_test_message ("%s: %s", row->name, msa_easy_get_error (easy)->message);
      if (msa_easy_get_error (easy) != NULL || msa_easy_get_status (easy) != 200)
        return 0;
    }

  return msa_sim_get_n_peers (world->sim);
}

static guint
expect_connections (const OptionRow *row,
                    guint first,
                    guint second)
{
  switch (row->reuse)
    {
    case REUSE_NEVER:
      return first != second ? 2 : 1;
    case REUSE_TAKES_NONE:
      return second > 0 ? 2 : 1;
    case REUSE_LEAVES_NONE:
      return first > 0 ? 2 : 1;
    case REUSE_ALWAYS:
    default:
      return 1;
    }
}

static void
test_pool (gconstpointer data)
{
  const OptionRow *row = data;
  const guint n = count_values (row) + 1;

  for (guint first = 0; first < n; first++)
    for (guint second = 0; second < n; second++)
      if (first != second || first == 0)
        {
          g_test_message ("%u then %u", first, second);
          g_assert_cmpuint (count_connections (row, first, second), ==,
                            expect_connections (row, first, second));
        }
}

/* STATE */

typedef enum
{
  CHANGE_ADDS,   /* the first option stays */
  CHANGE_UNDOES, /* it gets its default back */
  CHANGE_RESETS, /* by msa_easy_reset() */
  N_CHANGES,
} Change;

/* The second run: of the easy that ran first, or of a fresh one that has the same settings. */
static char *
run_second (const Scene *scene,
            const OptionRow *a,
            const OptionRow *b,
            Change change,
            gboolean is_fresh)
{
  g_autoptr (World) world = world_new (scene);
  g_autoptr (MsaEasy) first = make (scene, a, b);
  g_autoptr (MsaEasy) second = NULL;

  a->apply (first, 0);
  run_unseen (world, first);
  if (is_fresh)
    {
      second = make (scene, a, b);
      if (change == CHANGE_ADDS)
        a->apply (second, 0);
    }
  else
    {
      second = g_object_ref (first);
      if (change == CHANGE_UNDOES)
        a->undo (second);
      else if (change == CHANGE_RESETS)
        msa_easy_reset (second);
      if (change != CHANGE_ADDS)
        apply (second, scene, a, b);
    }
  b->apply (second, 0);

  return run (world, second);
}

static void
check_pair (const Scene *scene,
            const OptionRow *a,
            const OptionRow *b)
{
  g_autofree char *fresh = NULL;

  for (guint change = 0; change < N_CHANGES; change++)
    {
      g_autofree char *text = run_second (scene, a, b, change, FALSE);

      /* A fresh one is the same for the last two. */
      if (change != CHANGE_RESETS)
        {
          g_free (fresh);
          fresh = run_second (scene, a, b, change, TRUE);
        }
      if (strcmp (text, fresh) != 0)
        {
          g_test_message ("%s, then %s, change %u, scene %s", a->name, b->name, change,
                          scene->name);
          g_assert_cmpstr (text, ==, fresh);
        }
    }
}

static void
test_state (gconstpointer data)
{
  const OptionRow *a = data;
  const Scene *a_scene = shown_in[a - option_rows];

  for (guint i = 0; i < N_ROWS; i++)
    {
      const OptionRow *b = &option_rows[i];
      const Scene *b_scene = shown_in[i];

      if (a_scene != NULL)
        check_pair (a_scene, a, b);
      if (b_scene != NULL && b_scene != a_scene)
        check_pair (b_scene, a, b);
    }
}

/* COPY */

/* It sends what the original sends. */
static void
test_copy_runs (gconstpointer data)
{
  const OptionRow *row = data;
  const Scene *scene = shown_in[row - option_rows] != NULL ? shown_in[row - option_rows] : &small;
  g_auto (GStrv) texts = g_new0 (char *, 3);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (World) world = world_new (scene);
      g_autoptr (MsaEasy) easy = make (scene, row, NULL);
      g_autoptr (MsaEasy) copy = NULL;

      row->apply (easy, 0);
      copy = i == 0 ? g_object_ref (easy) : msa_easy_copy (easy);
      texts[i] = run (world, copy);
    }
  g_assert_cmpstr (texts[0], ==, texts[1]);
}

static void
add_test (const OptionRow *row,
          const char *what,
          GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/msa/option-matrix/%s/%s", what, row->name);

  g_test_add_data_func (path, row, func);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  find_scenes ();

  for (guint i = 0; i < N_ROWS; i++)
    {
      const OptionRow *row = &option_rows[i];

      add_test (row, "shows", test_shows);
      add_test (row, "pool", test_pool);
      add_test (row, "state", test_state);
      add_test (row, "copy-runs", test_copy_runs);
    }

  status = g_test_run ();
  msa_test_pki_free (pki);

  return status;
}

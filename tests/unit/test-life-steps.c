/* test-life-steps.c: what is done to a transfer at each step of it, and cuts at each byte
 *
 * Each script is played whole first. Then it is cancelled, paused, removed, let go of, or its multi
 * is, once before each dispatch; and its server's bytes come in two parts, cut at each byte.
 * However it comes, a transfer is delivered once or not at all, one that was only held up or cut
 * ends as the whole one did, and a plain transfer completes afterwards.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-world.h"

#include <glib/gstdio.h>
#include <string.h>

#define MS 1000
#define MAX_CUTS 700
/* In how large pieces replies arrive where steps are counted: more of them, more steps. */
#define STEP_BYTES 40

typedef enum
{
  REQUEST_PLAIN,
  REQUEST_HEAD,
  REQUEST_BODY,
  REQUEST_STREAM,
  REQUEST_EXPECT,
  REQUEST_WRITE_FUNC,
  REQUEST_STREAM_OUT,
  REQUEST_FILE_OUT,
  REQUEST_TLS,
} Request;

typedef struct
{
  const char *name;
  Request request;
  const char *reply;
  gboolean closes; /* the server does, behind it */
  int error; /* of MSA_ERROR; -1: none */
} Script;

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define FIELDS "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nServer: script\r\nX-Folded: a\r\n b\r\n"

static const Script scripts[] = {
  { "length", REQUEST_PLAIN, "HTTP/1.1 200 OK\r\n" FIELDS "Content-Length: 100\r\n\r\n" HUNDRED,
    FALSE, -1 },
  { "chunked", REQUEST_PLAIN,
    "HTTP/1.1 200 OK\r\n" FIELDS "Transfer-Encoding: chunked\r\n\r\n64;a=b\r\n" HUNDRED
    "\r\na\r\n" TEN "\r\n0\r\nX-End: yes\r\n\r\n",
    FALSE, -1 },
  { "until-close", REQUEST_PLAIN, "HTTP/1.1 200 OK\r\n" FIELDS "\r\n" HUNDRED, TRUE, -1 },
  { "interim", REQUEST_PLAIN,
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" TEN,
    FALSE, -1 },
  { "no-content", REQUEST_PLAIN, "HTTP/1.1 204 No Content\r\n" FIELDS "\r\n", FALSE, -1 },
  { "head", REQUEST_HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", FALSE, -1 },
  { "http-1-0", REQUEST_PLAIN, "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n" TEN, TRUE, -1 },
  { "redirect", REQUEST_PLAIN,
    "HTTP/1.1 302 Found\r\nLocation: http://other.org/\r\nContent-Length: 10\r\n\r\n" TEN, FALSE,
    -1 },
  { "truncated", REQUEST_PLAIN, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" TEN, TRUE,
    MSA_ERROR_TRUNCATED },
  { "bad", REQUEST_PLAIN, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", FALSE,
    MSA_ERROR_BAD_REPLY },
  { "body", REQUEST_BODY, "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n" TEN, FALSE, -1 },
  { "stream", REQUEST_STREAM, "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n" TEN, FALSE,
    -1 },
  { "expect", REQUEST_EXPECT,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n" TEN, FALSE,
    -1 },
  { "write-func", REQUEST_WRITE_FUNC, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" HUNDRED,
    FALSE, -1 },
  { "stream-out", REQUEST_STREAM_OUT, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" HUNDRED,
    FALSE, -1 },
  { "file-out", REQUEST_FILE_OUT, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" HUNDRED, FALSE,
    -1 },
  { "tls", REQUEST_TLS, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" HUNDRED, FALSE, -1 },
};

typedef enum
{
  ACTION_NONE,
  ACTION_CANCEL,
  ACTION_PAUSE_RECEIVING,
  ACTION_PAUSE_SENDING,
  ACTION_PAUSE,
  ACTION_REMOVE,
  ACTION_DROP,
  ACTION_DROP_MULTI,
  N_ACTIONS
} Action;

static const char *const action_names[] = {
  "whole",
  "cancel",
  "pause-receiving",
  "pause-sending",
  "pause",
  "remove",
  "drop",
  "drop-multi",
};

static MsaTestPki *pki;
static MsaTestCert *cert;
static char *folder;

typedef struct
{
  const Script *script;
  MsaTestWorld *world; /* (unowned) */
  MsaTestHttps *https; /* (owned) (nullable) */
  MsaEasy *easy; /* (unowned) (nullable) */
  GCancellable *cancel; /* (owned) */
  GFile *file; /* (owned) */
  GOutputStream *output; /* (owned) */
  GString *written; /* (owned): by the write function */
  gsize cut; /* 0: the reply comes in one piece */
  Action action;
  guint at; /* before which step */
  guint n_steps;
  gboolean has_acted;
  guint n_answered; /* asynchronous calls */
  gboolean resumes;
  GString *seen; /* (owned): what became of it */
} Play;

/* The server */

static void
received_cb (MsaSimPeer *peer,
             gpointer data)
{
  Play *self = data;
  const char *reply = self->script->reply;
  const gsize len = strlen (reply);

  peer->received = NULL;
  if (self->cut == 0)
    {
      msa_sim_peer_send (peer, reply, -1);
      if (self->script->closes)
        msa_sim_peer_close (peer);
      return;
    }
  msa_sim_peer_send (peer, reply, (gssize) self->cut);
  msa_sim_peer_send_at (peer, 2 * MS, reply + self->cut, (gssize) (len - self->cut));
  if (self->script->closes)
    msa_sim_peer_close_at (peer, 2 * MS + MS / 2);
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
  peer->user_data = data;
  peer->received = received_cb;
  peer->closed = closed_cb;
}

/* The client */

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  g_string_append_len (((Play *) user_data)->written, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  gpointer data)
{
  g_string_append_printf (((Play *) data)->seen, "interim %u\n", status);
}

static void
append_headers (GString *text,
                MsaHeaders *headers)
{
  for (guint i = 0; headers != NULL && i < msa_headers_get_length (headers); i++)
    {
      const char *value = NULL;
      const char *name = msa_headers_get_nth (headers, i, &value);

      g_string_append_printf (text, "%s: %s\n", name, value);
    }
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  Play *self = data;
  GBytes *body = msa_easy_get_body (easy);

  g_string_append_printf (self->seen, "completed %u, error %d %s\n", msa_easy_get_status (easy),
                          error != NULL ? error->code : -1, error != NULL ? error->message : "");
  append_headers (self->seen, msa_easy_get_response_headers (easy));
  append_headers (self->seen, msa_easy_get_headers (easy, MSA_HEADER_TRAILER, 0));
  if (body != NULL)
    g_string_append_len (self->seen, g_bytes_get_data (body, NULL),
                         (gssize) g_bytes_get_size (body));
  g_string_append_printf (self->seen, "written %s, %" G_GUINT64_FORMAT " received\n",
                          self->written->str, msa_easy_get_bytes_received (easy));
}

static void
answered_cb (GObject *source,
             GAsyncResult *result,
             gpointer data)
{
  ((Play *) data)->n_answered++;
}

static void
set_request (Play *self)
{
  g_autoptr (GBytes) body = g_bytes_new_static (HUNDRED, 100);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (body);
  g_autoptr (MsaTlsConfig) config = NULL;

  switch (self->script->request)
    {
    case REQUEST_HEAD:
      msa_easy_set_method (self->easy, "HEAD");
      break;
    case REQUEST_EXPECT:
      msa_headers_append (msa_easy_get_request_headers (self->easy), "Expect", "100-continue",
                          NULL);
      msa_easy_set_body (self->easy, NULL, body);
      break;
    case REQUEST_BODY:
      msa_easy_set_body (self->easy, NULL, body);
      break;
    case REQUEST_STREAM:
      msa_easy_set_body_stream (self->easy, NULL, stream, -1);
      break;
    case REQUEST_WRITE_FUNC:
      msa_easy_set_write_func (self->easy, write_cb, self, NULL);
      break;
    case REQUEST_STREAM_OUT:
      msa_easy_set_output_stream (self->easy, self->output);
      break;
    case REQUEST_FILE_OUT:
      msa_easy_set_output_file (self->easy, self->file);
      break;
    case REQUEST_TLS:
      config = msa_tls_config_new_for_ca_file ("ca.pem");
      msa_easy_set_tls_config (self->easy, config);
      break;
    case REQUEST_PLAIN:
    default:
      break;
    }
}

static void
set_stage (Play *self)
{
  const MsaTestTlsOptions options = { .cert = cert };
  MsaSim *sim = self->world->sim;

  msa_sim_set_host (sim, "script.org", MS, "10.0.0.7", NULL);
  msa_sim_set_file (sim, "ca.pem", msa_test_pki_ca_pem (pki), -1);
  if (self->script->request == REQUEST_TLS)
    self->https = msa_test_https_new (sim, "10.0.0.7", &options, msa_test_https_reply,
                                      (gpointer) self->script->reply);
  else
    msa_sim_listen (sim, "10.0.0.7", 80, accept_cb, self);
}

static void
start (Play *self)
{
  const gboolean is_tls = self->script->request == REQUEST_TLS;

  self->easy =
      msa_test_world_make (self->world, is_tls ? "https://script.org/" : "http://script.org/");
  msa_easy_set_timeout_ms (self->easy, 20000);
  g_signal_connect (self->easy, "informational", G_CALLBACK (informational_cb), self);
  g_signal_connect (self->easy, "completed", G_CALLBACK (completed_cb), self);
  set_request (self);
  if (self->action != ACTION_CANCEL)
    {
      msa_test_world_add_again (self->world, self->easy);
      return;
    }
  msa_test_world_get_record (self->easy)->n_added++;
  msa_multi_run_async (self->world->multi, self->easy, 0, self->cancel, answered_cb, self);
}

/* Acting */

static void
act (Play *self)
{
  static const MsaDirections directions[] = {
    [ACTION_PAUSE_RECEIVING] = MSA_DIRECTION_RECEIVE,
    [ACTION_PAUSE_SENDING] = MSA_DIRECTION_SEND,
    [ACTION_PAUSE] = MSA_DIRECTION_BOTH,
  };
  MsaTestRecord *record = msa_test_world_get_record (self->easy);

  self->has_acted = TRUE;
  switch (self->action)
    {
    case ACTION_CANCEL:
      g_cancellable_cancel (self->cancel);
      break;
    case ACTION_PAUSE_RECEIVING:
    case ACTION_PAUSE_SENDING:
    case ACTION_PAUSE:
      msa_easy_pause (self->easy, directions[self->action]);
      self->resumes = TRUE;
      break;
    case ACTION_REMOVE:
      if (record->n_easy == 0)
        msa_test_world_remove (self->world, self->easy);
      else
        msa_multi_remove (self->world->multi, self->easy);
      break;
    case ACTION_DROP:
      msa_test_world_drop (self->world, self->easy);
      break;
    case ACTION_DROP_MULTI: /* by who looks on */
    case ACTION_NONE:
    case N_ACTIONS:
    default:
      break;
    }
}

/* Asked before each step. */
static gboolean
is_at_step (gpointer data)
{
  Play *self = data;

  if (self->action != ACTION_NONE && !self->has_acted && self->n_steps == self->at)
    act (self);
  self->n_steps++;
  if (self->action == ACTION_DROP_MULTI || self->resumes)
    return self->has_acted;

  return self->world->n_completed > 0 && (self->has_acted || self->action == ACTION_NONE);
}

static void
check_plain (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/plain");

  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
}

/* Ends what has to be. */
static void
end (Play *self)
{
  MsaTestWorld *world = self->world;

  if (self->action == ACTION_DROP_MULTI)
    {
      msa_test_world_end_multi (world);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      return;
    }
  if (self->resumes)
    {
      msa_test_driver_pass (world->driver, 100 * MS);
      msa_easy_resume (self->easy, MSA_DIRECTION_BOTH);
    }
  msa_test_driver_pass (world->driver, 25 * G_USEC_PER_SEC);
  msa_test_world_settle (world, 10 * MS);
  msa_test_world_assert_all_once (world);
  if (self->action == ACTION_CANCEL)
    g_assert_cmpuint (self->n_answered, ==, 1);
  check_plain (world);
  msa_test_world_end_multi (world);
}

static void
append_output (Play *self)
{
  g_autofree char *text = NULL;
  gsize len = 0;

  if (self->script->request == REQUEST_STREAM_OUT)
    g_string_append_len (self->seen,
                         g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (self->output)),
                         (gssize) g_memory_output_stream_get_data_size (
                             G_MEMORY_OUTPUT_STREAM (self->output)));
  if (self->script->request == REQUEST_FILE_OUT &&
      g_file_load_contents (self->file, NULL, &text, &len, NULL, NULL))
    {
      /* Never a part of it. */
      g_assert_cmpuint (len, ==, 100);
      g_string_append (self->seen, text);
      g_file_delete (self->file, NULL, NULL);
    }
}

/* What became of it; @n_steps is how many it took. */
static char *
play (const Script *script,
      MsaTestDriverKind kind,
      Action action,
      guint at,
      gsize cut,
      gsize segment,
      guint *n_steps)
{
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  Play self = { .script = script, .action = action, .at = at, .cut = cut };

  self.world = msa_test_world_new (kind);
  self.cancel = g_cancellable_new ();
  self.file = g_file_new_for_path (path);
  self.output = g_memory_output_stream_new_resizable ();
  self.written = g_string_new (NULL);
  self.seen = g_string_new (NULL);
  set_stage (&self);
  msa_sim_set_segment (self.world->sim, segment);
  start (&self);

  msa_test_world_run_until (self.world, is_at_step, &self);
  if (n_steps != NULL)
    *n_steps = self.n_steps;
  end (&self);
  append_output (&self);

  g_clear_pointer (&self.https, msa_test_https_free);
  msa_test_world_free (self.world);
  g_object_unref (self.cancel);
  g_object_unref (self.file);
  g_object_unref (self.output);
  g_string_free (self.written, TRUE);

  return g_string_free (self.seen, FALSE);
}

typedef struct
{
  const Script *script;
  MsaTestDriverKind kind;
  Action action;
} Cell;

static char *
play_whole (const Cell *cell,
            gsize segment,
            guint *n_steps)
{
  char *whole = play (cell->script, cell->kind, ACTION_NONE, 0, 0, segment, n_steps);
  g_autofree char *error = g_strdup_printf ("error %d ", cell->script->error);

  g_assert_nonnull (strstr (whole, error));

  return whole;
}

static void
test_steps (gconstpointer data)
{
  const Cell *cell = data;
  guint n_steps = 0;
  g_autofree char *whole = play_whole (cell, STEP_BYTES, &n_steps);

  g_assert_cmpuint (n_steps, >, 3);
  g_test_message ("%u steps", n_steps);
  for (guint at = 0; at < n_steps; at++)
    {
      g_autofree char *seen = play (cell->script, cell->kind, cell->action, at, 0, STEP_BYTES,
                                    NULL);

      if (g_test_verbose ())
        g_test_message ("at %u: %s", at, seen);
      /* What was held up, or nobody holds, goes on. */
      if ((cell->action >= ACTION_PAUSE_RECEIVING && cell->action <= ACTION_PAUSE) ||
          cell->action == ACTION_DROP)
        g_assert_cmpstr (seen, ==, whole);
    }
}

static void
test_cuts (gconstpointer data)
{
  static const gsize segments[] = { 1, 2, 3, 7, 64 };
  const Cell *cell = data;
  const gsize len = strlen (cell->script->reply);
  g_autofree char *whole = play_whole (cell, 0, NULL);

  /* In TLS the bytes are of another making each time. */
  for (gsize cut = 1; cut < MIN (len, MAX_CUTS) && cell->script->request != REQUEST_TLS; cut++)
    {
      g_autofree char *seen = play (cell->script, cell->kind, ACTION_NONE, 0, cut, 0, NULL);

      if (strcmp (seen, whole) != 0)
        g_test_message ("cut at %" G_GSIZE_FORMAT, cut);
      g_assert_cmpstr (seen, ==, whole);
    }
  for (guint i = 0; i < G_N_ELEMENTS (segments); i++)
    {
      g_autofree char *seen =
          play (cell->script, cell->kind, ACTION_NONE, 0, 0, segments[i], NULL);

      g_assert_cmpstr (seen, ==, whole);
    }
}

static void
add_tests (const Script *script,
           MsaTestDriverKind kind)
{
  for (guint action = 0; action < N_ACTIONS; action++)
    {
      const char *what = action == ACTION_NONE ? "cuts" : action_names[action];
      g_autofree char *path = g_strdup_printf ("/msa/life-steps/%s/%s/%s", script->name, what,
                                               msa_test_driver_get_name (kind));
      Cell *cell = g_new0 (Cell, 1);

      cell->script = script;
      cell->kind = kind;
      cell->action = action;
      g_test_add_data_func_full (path, cell, action == ACTION_NONE ? test_cuts : test_steps,
                                 g_free);
    }
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .dns = { "script.org" } };
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("msa-steps-XXXXXX", NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
      if (msa_test_driver_works_in_sim (kind))
        add_tests (&scripts[i], kind);

  status = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);
  g_rmdir (folder);
  g_free (folder);

  return status;
}

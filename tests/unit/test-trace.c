/* test-trace.c: what is traced of a transfer, and what is not shown
 *
 * Each row of the table is one run on the simulated system with MSA_DEBUG=all and a handler of
 * ::trace: the lines that must be there, in this order, and a secret that must be nowhere. When
 * ::trace is emitted, and what its handler may do, is tested below; the calls it may make are in
 * test-contract-reentry.c, and lines by themselves in test-log.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-multi-private.h"
#include "msa-test-tls-peer.h"
#include "msa.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-rows.h"

#include <stdio.h>
#include <string.h>

#define SECRET "s3cret-canary"
#define CA_FILE "/ca.pem"
#define LIMIT_US (60 * G_USEC_PER_SEC)

static MsaTestPki *pki;
static MsaTestCert *cert;

/* What the program's own log writer saw. */
static GPtrArray *logged; /* (element-type utf8): topic, then the line */

static GLogWriterOutput
log_cb (GLogLevelFlags level,
        const GLogField *fields,
        gsize n_fields,
        gpointer user_data)
{
  const char *domain = "";
  const char *message = "";

  for (gsize i = 0; i < n_fields; i++)
    {
      if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0)
        domain = fields[i].value;
      if (strcmp (fields[i].key, "MESSAGE") == 0)
        message = fields[i].value;
    }
  if (strcmp (domain, "msa") != 0 || level != G_LOG_LEVEL_DEBUG)
    return g_log_writer_default (level, fields, n_fields, NULL);

  g_ptr_array_add (logged, g_strdup (message));

  return G_LOG_WRITER_HANDLED;
}

/* The scene */

typedef struct _Scene Scene;

struct _Scene
{
  MsaSim *sim;
  MsaMulti *multi;
  MsaEasy *easy;
  MsaTestTlsPeer *tls;
  MsaSimPeer *peer;
  const char *answer; /* of the server */
  GPtrArray *heard; /* (element-type utf8): of ::trace, as the log has them */
  gboolean done;
  GError *error;
  guint n_told;
  void (*in_trace) (Scene *self);
  guint depth; /* of handlers of ::trace */
  gboolean asked;
};

static void
answer (Scene *self)
{
  if (self->answer == NULL)
    return;
  if (self->tls == NULL)
    {
      msa_sim_peer_send (self->peer, self->answer, -1);
      return;
    }

  msa_test_tls_peer_write (self->tls, self->answer, strlen (self->answer));
  msa_sim_peer_send (self->peer, self->tls->to_client->data, self->tls->to_client->len);
  g_byte_array_set_size (self->tls->to_client, 0);
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  GString *received = msa_sim_peer_get_received (peer);

  if (strstr (received->str, "\r\n\r\n") == NULL)
    return;
  g_string_truncate (received, 0);
  answer (user_data);
}

static void
tls_received_cb (MsaSimPeer *peer,
                 gpointer user_data)
{
  Scene *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);

  g_byte_array_append (self->tls->to_server, (guint8 *) received->str, (guint) received->len);
  g_string_truncate (received, 0);
  if (!self->tls->is_done)
    self->tls->is_done = gnutls_handshake (self->tls->session) >= 0;
  if (self->tls->is_done)
    {
      g_autoptr (GByteArray) request = msa_test_tls_peer_read (self->tls, NULL);

      if (request->len > 0)
        answer (self);
    }
  msa_sim_peer_send (peer, self->tls->to_client->data, self->tls->to_client->len);
  g_byte_array_set_size (self->tls->to_client, 0);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  Scene *self = data;

  self->peer = peer;
  peer->user_data = self;
  peer->received = received_cb;
}

static void
accept_tls_cb (MsaSim *sim,
               MsaSimPeer *peer,
               gpointer data)
{
  static const char *const alpn[] = { "http/1.1", NULL };
  Scene *self = data;

  accept_cb (sim, peer, data);
  self->tls = msa_test_tls_peer_new (cert, NULL, alpn);
  peer->received = tls_received_cb;
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *message,
          gpointer data)
{
  Scene *self = data;

  g_assert_false (self->done);
  self->n_told++;
  g_ptr_array_add (self->heard, g_strdup_printf ("[%s] %s", topic, message));
  self->depth++;
  if (self->in_trace != NULL)
    self->in_trace (self);
  self->depth--;
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  Scene *self = data;

  g_assert_false (self->done);
  self->done = TRUE;
  if (error != NULL)
    self->error = g_error_copy (error);
}

static Scene *
scene_new_full (const char *uri,
                const char *the_answer,
                const char *debug)
{
  Scene *self = g_new0 (Scene, 1);
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (CA_FILE);

  g_ptr_array_set_size (logged, 0);
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->answer = the_answer;
  self->sim = msa_sim_new ();
  msa_sim_set_env (self->sim, "MSA_DEBUG", debug);
  msa_sim_set_file (self->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
  msa_sim_set_host (self->sim, "www.test", 2000, "10.0.0.1", NULL);
  msa_sim_set_host (self->sim, "other.test", 2000, "10.0.0.1", NULL);
  msa_sim_set_host (self->sim, "refused.test", 2000, "10.0.0.8", NULL);
  msa_sim_listen (self->sim, "10.0.0.1", 80, accept_cb, self);
  msa_sim_listen (self->sim, "10.0.0.1", 443, accept_tls_cb, self);
  self->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (self->sim)));
  msa_multi_set_tls_config (self->multi, config);
  self->easy = msa_easy_new (uri);
  msa_easy_set_timeout_ms (self->easy, 5000);
  g_signal_connect (self->easy, "trace", G_CALLBACK (trace_cb), self);
  g_signal_connect (self->easy, "completed", G_CALLBACK (completed_cb), self);

  return self;
}

static Scene *
scene_new (const char *uri,
           const char *the_answer)
{
  return scene_new_full (uri, the_answer, "all");
}

static void
scene_free (Scene *self)
{
  g_assert_finalize_object (self->multi);
  g_assert_finalize_object (self->easy);
  g_clear_pointer (&self->tls, msa_test_tls_peer_free);
  msa_sim_assert_clean (self->sim);
  msa_sim_unref (self->sim);
  g_ptr_array_unref (self->heard);
  g_clear_error (&self->error);
  g_free (self);
}

/* One drive, and on to what comes next. FALSE: nothing does. */
static gboolean
turn (Scene *self)
{
  gint64 until_us = MSA_SIM_START_US + LIMIT_US;
  g_autoptr (GError) error = NULL;
  int timeout_ms;

  g_assert_true (msa_multi_perform (self->multi, NULL, &error));
  g_assert_no_error (error);
  if (self->done)
    return FALSE;
  timeout_ms = msa_multi_get_timeout_ms (self->multi);
  if (timeout_ms >= 0)
    until_us = MIN (until_us, msa_sim_get_now_us (self->sim) + (gint64) timeout_ms * 1000);
  if (until_us > msa_sim_get_now_us (self->sim) && !msa_sim_step (self->sim, until_us))
    msa_sim_advance_to (self->sim, until_us);

  return msa_sim_get_now_us (self->sim) < MSA_SIM_START_US + LIMIT_US;
}

static void
run (Scene *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (msa_multi_add (self->multi, self->easy, &error));
  g_assert_no_error (error);
  while (!self->done && turn (self))
    ;
  g_assert_true (self->done);
}

/* What must be there, and what not */

/* In this order, with others between. */
static void
assert_lines (GPtrArray *lines,
              const char *const *expected)
{
  guint i = 0;

  for (; *expected != NULL; expected++)
    {
      g_auto (GStrv) parts = g_strsplit (*expected, "|", 2);
      g_autofree char *topic = g_strdup_printf ("[%s] ", parts[0]);

      while (i < lines->len && (!g_str_has_prefix (lines->pdata[i], topic) ||
                                strstr (lines->pdata[i], parts[1]) == NULL))
        i++;
      if (i == lines->len)
        {
          for (guint j = 0; j < lines->len; j++)
            g_test_message ("%s", (char *) lines->pdata[j]);
          g_test_message ("missing, or out of order: %s", *expected);
        }
      g_assert_cmpuint (i, <, lines->len);
    }
}

static void
assert_no_secret (const char *text)
{
  if (text != NULL && strstr (text, SECRET) != NULL)
    g_test_message ("%s", text);
  g_assert_true (text == NULL || strstr (text, SECRET) == NULL);
}

/* Each line says when it was, and of what; B270. */
static void
assert_form (GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    {
      g_assert_true (g_regex_match_simple (
          "^\\[(?:multi|timer)\\] \\d+\\.\\d{6} |"
          "^\\[transfer\\] \\d+\\.\\d{6} \\[transfer 1\\] |"
          "^\\[(?:conn|dns|socket|tls|http)\\] \\d+\\.\\d{6} \\[conn 1\\] ",
          lines->pdata[i], G_REGEX_RAW, 0));
      assert_no_secret (lines->pdata[i]);
    }
}

/* Rows */

static void
send_authorization (Scene *self)
{
  MsaHeaders *headers = msa_easy_get_request_headers (self->easy);

  msa_headers_append (headers, "Authorization", "Basic " SECRET, NULL);
  msa_headers_append (headers, "Cookie", "id=" SECRET, NULL);
  msa_headers_append (headers, "X-Harmless", "shown", NULL);
  msa_easy_set_referer (self->easy, "http://me:" SECRET "@www.test/before");
}

static void
send_body (Scene *self)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (SECRET, strlen (SECRET));

  msa_easy_set_body (self->easy, "text/plain", bytes);
}

static void
send_many_fields (Scene *self)
{
  MsaHeaders *headers = msa_easy_get_request_headers (self->easy);

  for (guint i = 0; i < MSA_MAX_TRACE_FIELDS + 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("X-%u", i);

      msa_headers_append (headers, name, "a", NULL);
    }
}

static void
send_absolute_form (Scene *self)
{
  msa_easy_set_request_target (self->easy, "http://me:" SECRET "@www.test/");
}

static void
use_client_key (Scene *self)
{
  static const char key[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                            "-----END ENCRYPTED PRIVATE KEY-----\n";
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", CA_FILE, "certificate-file", "/client.pem",
                    "key-file", "/key.pem", "key-password", SECRET, NULL);

  msa_sim_set_file (self->sim, "/client.pem", cert->cert_pem, -1);
  msa_sim_set_file (self->sim, "/key.pem", key, -1);
  msa_easy_set_tls_config (self->easy, config);
}

static const struct
{
  const char *name;
  const char *uri;
  const char *answer; /* (nullable): none */
  void (*prepare) (Scene *self); /* (nullable) */
  int code; /* of the error; -1: none */
  const char *lines[20];
} rows[] = {
  {
      "plain",
      "http://www.test/plain?a=1",
      "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" SECRET,
      NULL,
      -1,
      {
          "transfer|GET http://www.test/plain?a=1",
          "transfer|on [conn 1], new",
          "transfer|queued -> connecting",
          "dns|“www.test” is looked up",
          "dns|answered: 1 addresses",
          "socket|connecting to 10.0.0.1:80",
          "socket|connected to 10.0.0.1:80",
          "conn|connecting -> open",
          "transfer|connecting -> sending",
          "http|> GET /plain?a=1 HTTP/1.1",
          "http|> Host: www.test",
          "socket|sent ",
          "socket|received 52 bytes",
          "http|< HTTP/1.1 200 OK",
          "http|< Content-Length: 13",
          "http|a body of 13 bytes follows",
          "http|the response is over: the connection stays",
          "transfer|storing -> done",
      },
  },
  {
      "chunked",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n" SECRET "\r\n0\r\n"
      "Set-Cookie: " SECRET "\r\nX-Sum: 1\r\n\r\n",
      NULL,
      -1,
      {
          "http|a body in chunks follows",
          "http|trailers:",
          "http|< Set-Cookie: (masked)",
          "http|< X-Sum: 1",
          "http|the response is over",
      },
  },
  {
      "tls",
      "https://www.test/",
      "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" SECRET,
      NULL,
      -1,
      {
          "transfer|GET https://www.test/",
          "socket|connected to 10.0.0.1:443",
          "tls|handshake with www.test begins",
          "tls|agreed on (TLS1.3)",
          "http|> GET / HTTP/1.1",
          "http|< HTTP/1.1 200 OK",
          "transfer|storing -> done",
      },
  },
  {
      "tls-agreement",
      "https://www.test/",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      NULL,
      -1,
      {
          "tls|ALPN http/1.1, a new session; the peer is verified",
      },
  },
  {
      "tls-doubt",
      "https://other.test/",
      NULL,
      NULL,
      MSA_ERROR_TLS_VERIFY,
      {
          "tls|handshake with other.test begins",
          "tls|the peer is in doubt: ",
          "tls|the peer is refused, with an alert: ",
          "conn|connecting -> closed",
          "transfer|failed: ",
      },
  },
  {
      "client-key",
      "https://www.test/",
      NULL,
      use_client_key,
      MSA_ERROR_TLS_CLIENT_CERTIFICATE,
      {
          "transfer|failed: ",
      },
  },
  {
      "refused",
      "http://refused.test/",
      NULL,
      NULL,
      MSA_ERROR_CONNECT,
      {
          "socket|connecting to 10.0.0.8:80",
          "socket|Connecting to 10.0.0.8:80 failed: ",
          "transfer|failed: ",
          "transfer|connecting -> done",
      },
  },
  {
      "no-such-host",
      "http://nosuch.test/",
      NULL,
      NULL,
      MSA_ERROR_RESOLVE,
      {
          "dns|“nosuch.test” is looked up",
          "dns|answered: 0 addresses, Could not resolve",
          "transfer|failed: Could not resolve",
      },
  },
  {
      "timed-out",
      "http://www.test/",
      NULL,
      NULL,
      MSA_ERROR_TIMED_OUT,
      {
          "transfer|sending -> waiting",
          "transfer|failed: www.test: The transfer took longer than 5000 ms",
      },
  },
  {
      "credentials",
      "http://www.test/",
      "HTTP/1.1 401 Unauthorized\r\nSet-Cookie: id=" SECRET "\r\nContent-Length: 0\r\n"
      "WWW-Authenticate: Basic realm=a\r\n\r\n",
      send_authorization,
      -1,
      {
          "http|> Authorization: (masked)",
          "http|> Cookie: (masked)",
          "http|> X-Harmless: shown",
          "http|< HTTP/1.1 401 Unauthorized",
          "http|< Set-Cookie: (masked)",
          "http|< WWW-Authenticate: Basic realm=a",
          "http|a body of 0 bytes follows",
      },
  },
  {
      "many-fields",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      send_many_fields,
      -1,
      {
          "http|> X-0: a",
          "http|> (7 more fields)",
          "http|< HTTP/1.1 200 OK",
      },
  },
  {
      "referer",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      send_authorization,
      -1,
      {
          "http|> Referer: http://(masked)@www.test/before",
      },
  },
  {
      "location",
      "http://www.test/",
      "HTTP/1.1 302 Found\r\nLocation: http://a:" SECRET "@b/\r\nContent-Length: 0\r\n\r\n",
      NULL,
      -1,
      {
          "http|< Location: http://(masked)@b/",
      },
  },
  {
      "absolute-form",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      send_absolute_form,
      -1,
      {
          "http|> GET http://(masked)@www.test/ HTTP/1.1",
      },
  },
  {
      "user-in-url",
      "http://me:" SECRET "@www.test/p",
      "HTTP/1.1 204 No\r\n\r\n",
      NULL,
      -1,
      {
          "transfer|GET http://www.test/p",
          "http|> GET /p HTTP/1.1",
          "http|no body follows",
      },
  },
  {
      "user-in-url-refused",
      "http://me:" SECRET "@refused.test/",
      NULL,
      NULL,
      MSA_ERROR_CONNECT,
      {
          "transfer|failed: ",
      },
  },
  {
      "user-in-bad-url",
      "http://me:" SECRET "/x@www.test/",
      NULL,
      NULL,
      MSA_ERROR_BAD_URI,
      {
          "transfer|failed: ",
      },
  },
  {
      "user-in-bad-host",
      "http://me:" SECRET "@www test/",
      NULL,
      NULL,
      MSA_ERROR_BAD_URI,
      {
          "transfer|failed: ",
      },
  },
  {
      "request-body",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      send_body,
      -1,
      {
          "http|> POST / HTTP/1.1",
          "http|> Content-Length: 13",
      },
  },
  {
      "control-bytes",
      "http://www.test/",
      "HTTP/1.1 200 \xff\r\nX-A: \xc2\x9b"
      "31m\r\nContent-Length: 0\r\n\r\n",
      NULL,
      -1,
      {
          "http|< HTTP/1.1 200 \\xff",
          "http|< X-A: \\xc2\\x9b31m",
      },
  },
  {
      "bad-cookie",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nSet-Cookie: " SECRET "\001\r\nContent-Length: 0\r\n\r\n",
      NULL,
      MSA_ERROR_BAD_REPLY,
      {
          "http|failed: The line “Set-Cookie” of the reply has a control",
          "transfer|failed: www.test: The line “Set-Cookie”",
      },
  },
  {
      "cookie-without-colon",
      "http://www.test/",
      "HTTP/1.1 200 OK\r\nSet-Cookie " SECRET "\r\nContent-Length: 0\r\n\r\n",
      NULL,
      MSA_ERROR_BAD_REPLY,
      {
          "transfer|failed: www.test: The line “Set-Cookie”",
      },
  },
};

static void
test_row (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  Scene *scene = scene_new (rows[row].uri, rows[row].answer);
  g_autofree char *effective_uri = NULL;

  if (rows[row].prepare != NULL)
    rows[row].prepare (scene);
  run (scene);

  if (rows[row].code < 0)
    g_assert_no_error (scene->error);
  else
    g_assert_error (scene->error, MSA_ERROR, rows[row].code);
  assert_lines (logged, rows[row].lines);
  assert_lines (scene->heard, rows[row].lines);
  assert_form (logged);
  assert_form (scene->heard);
  assert_no_secret (scene->error != NULL ? scene->error->message : NULL);
  effective_uri = msa_easy_dup_effective_uri (scene->easy);
  assert_no_secret (effective_uri);
  g_ptr_array_set_size (logged, 0);
  scene_free (scene);
  /* The goodbyes of the connection. */
  assert_form (logged);
}

/* When it is told */

static const char empty[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/* Who listens later, or no more, hears nothing; the log goes on. */
static void
test_nobody_listens (void)
{
  Scene *scene = scene_new ("http://www.test/", empty);
  gulong id = g_signal_handler_find (scene->easy, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                     (gpointer) trace_cb, NULL);

  g_signal_handler_disconnect (scene->easy, id);
  g_assert_true (msa_multi_add (scene->multi, scene->easy, NULL));
  g_signal_connect (scene->easy, "trace", G_CALLBACK (trace_cb), scene);
  while (!scene->done && turn (scene))
    ;
  g_assert_true (scene->done);
  g_assert_cmpuint (scene->heard->len, ==, 0);
  g_assert_cmpuint (logged->len, >, 10);
  scene_free (scene);
}

/* Without MSA_DEBUG the handler hears all the same, and the log nothing. */
static void
test_without_log (void)
{
  Scene *scene = scene_new_full ("http://www.test/", empty, NULL);

  run (scene);
  g_assert_cmpuint (logged->len, ==, 0);
  g_assert_cmpuint (scene->heard->len, >, 10);
  /* Nothing is written any more when the last listener has gone. */
  g_assert_cmphex (msa_multi_get_engine (scene->multi)->log.topics, ==, 0);
  scene_free (scene);
}

/* The next transfer of a connection hears its lines from then on, under the connection's id. */
static void
test_reused_connection (void)
{
  static const char *const second[] = { "transfer|[transfer 2] GET ",
                                        "transfer|[transfer 2] on [conn 1], used before",
                                        "http|[conn 1] > GET / ", "http|[conn 1] < HTTP/1.1 200 OK",
                                        "transfer|[transfer 2] storing -> done", NULL };
  Scene *scene = scene_new ("http://www.test/", empty);

  run (scene);
  g_ptr_array_set_size (scene->heard, 0);
  scene->done = FALSE;
  run (scene);
  assert_lines (scene->heard, second);
  for (guint i = 0; i < scene->heard->len; i++)
    g_assert_null (strstr (scene->heard->pdata[i], "[transfer 1]"));
  scene_free (scene);
}

/* More lines at once than are kept: the newest stay, and it is said that others went. */
static void
test_too_many_lines (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  static const char *const cut[] = { "http|< X-99: a", "http|< (10 more fields)", NULL };
  Scene *scene;
  guint n_lost = 0;

  for (guint i = 0; i < 10; i++)
    {
      g_string_append (text, "HTTP/1.1 103 Early\r\n");
      for (guint j = 0; j < MSA_MAX_TRACE_FIELDS + 10; j++)
        g_string_append_printf (text, "X-%u: a\r\n", j);
      g_string_append (text, "\r\n");
    }
  g_string_append (text, empty);
  scene = scene_new ("http://www.test/", text->str);
  run (scene);

  for (guint i = 0; i < scene->heard->len; i++)
    if (sscanf (scene->heard->pdata[i], "[transfer] (%u older lines were lost)", &n_lost) == 1)
      break;
  g_assert_cmpuint (n_lost, >, 10 * MSA_MAX_TRACE_FIELDS - MSA_MAX_TRACE_LINES);
  g_assert_cmpuint (n_lost, <, 10 * MSA_MAX_TRACE_FIELDS);
  g_assert_nonnull (strstr (scene->heard->pdata[scene->heard->len - 1], "storing -> done"));
  assert_lines (logged, cut);
  for (guint i = 0; i < logged->len; i++)
    g_assert_null (strstr (logged->pdata[i], "X-100: a"));
  scene_free (scene);
}

static void
remove_it (Scene *self)
{
  if (self->n_told == 5)
    msa_multi_remove (self->multi, self->easy);
}

/* Nothing is told after the removal, not even what waited. */
static void
test_removed_within (void)
{
  Scene *scene = scene_new ("http://www.test/", empty);

  scene->in_trace = remove_it;
  g_assert_true (msa_multi_add (scene->multi, scene->easy, NULL));
  for (guint i = 0; i < 20; i++)
    turn (scene);
  g_assert_cmpuint (scene->n_told, ==, 5);
  g_assert_false (scene->done);
  scene_free (scene);
}

static void
drive_within (Scene *self)
{
  void (*in_trace) (Scene *) = g_steal_pointer (&self->in_trace);

  for (guint i = 0; i < 30; i++)
    {
      msa_sim_advance_by (self->sim, 1000);
      g_assert_true (msa_multi_perform (self->multi, NULL, NULL));
    }
  self->in_trace = in_trace;
}

/* The transfer whose handler runs goes no further than its next line: it is delivered when all are
 * told, in their order. */
static void
test_driven_within (void)
{
  Scene *scene = scene_new ("http://www.test/", empty);
  guint i = 0;

  scene->in_trace = drive_within;
  msa_easy_set_timeout_ms (scene->easy, 0);
  run (scene);
  g_assert_no_error (scene->error);
  /* Those of the timer and “gone” are for the log only. */
  for (guint j = 0; j < logged->len && i < scene->heard->len; j++)
    i += strcmp (scene->heard->pdata[i], logged->pdata[j]) == 0;
  g_assert_cmpuint (i, ==, scene->heard->len);
  g_assert_nonnull (strstr (scene->heard->pdata[i - 1], "storing -> done"));
  scene_free (scene);
}

static void
run_returned_cb (GObject *source,
                 GAsyncResult *result,
                 gpointer user_data)
{
  gboolean *returned = user_data;

  g_assert_false (msa_multi_run_finish (MSA_MULTI (source), result, NULL));
  *returned = TRUE;
}

static GCancellable *cancellable;

static void
cancel_within (Scene *self)
{
  if (self->n_told != 3)
    return;
  g_cancellable_cancel (cancellable);
  drive_within (self);
  g_assert_false (self->done);
}

/* It ends when its handler has returned, and tells that first. */
static void
test_cancelled_within (void)
{
  static const char *const lines[] = { "transfer|failed: ", "transfer| -> done", NULL };
  Scene *scene = scene_new ("http://www.test/", empty);
  gboolean returned = FALSE;

  cancellable = g_cancellable_new ();
  scene->in_trace = cancel_within;
  msa_multi_run_async (scene->multi, scene->easy, G_PRIORITY_DEFAULT, cancellable, run_returned_cb,
                       &returned);
  while (turn (scene))
    ;
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (returned);
  g_assert_error (scene->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_lines (scene->heard, lines);
  g_clear_object (&cancellable);
  scene_free (scene);
}

static void
drive_in_headers_cb (MsaEasy *easy,
                     gpointer data)
{
  drive_within (data);
}

/* What was passed over while another handler ran is told when that returns, though nothing more
 * happens. */
static void
test_told_after_handler (void)
{
  static const char *const lines[] = { "http|a body of 10 bytes follows",
                                       "transfer|waiting -> receiving", NULL };
  Scene *scene = scene_new ("http://www.test/", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12");

  g_signal_connect (scene->easy, "headers", G_CALLBACK (drive_in_headers_cb), scene);
  g_assert_true (msa_multi_add (scene->multi, scene->easy, NULL));
  while (msa_easy_get_status (scene->easy) == 0)
    turn (scene);
  msa_multi_perform (scene->multi, NULL, NULL);
  g_assert_false (scene->done);
  assert_lines (scene->heard, lines);
  msa_multi_remove (scene->multi, scene->easy);
  scene_free (scene);
}

static gboolean
accept_cb_not_underneath (MsaEasy *easy,
                          MsaCertificateRequest *request,
                          gpointer data)
{
  Scene *self = data;

  g_assert_cmpuint (self->depth, ==, 0);
  self->asked = TRUE;

  return FALSE;
}

/* Connecting goes on while a handler drives; what it then has to ask waits. */
static void
test_asked_after_handler (void)
{
  static const char *const lines[] = { "tls|the peer is in doubt", "conn|the application is asked",
                                       "transfer|failed: ", NULL };
  Scene *scene = scene_new ("https://other.test/", NULL);

  g_signal_connect (scene->easy, "accept-certificate", G_CALLBACK (accept_cb_not_underneath),
                    scene);
  scene->in_trace = drive_within;
  run (scene);
  g_assert_true (scene->asked);
  g_assert_error (scene->error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  assert_lines (scene->heard, lines);
  scene_free (scene);
}

/* Errors outside of a run */

static void
test_added_twice (void)
{
  Scene *scene = scene_new ("http://me:" SECRET "@www.test/", empty);
  g_autoptr (GError) error = NULL;

  g_assert_true (msa_multi_add (scene->multi, scene->easy, NULL));
  g_assert_false (msa_multi_add (scene->multi, scene->easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
  g_assert_nonnull (strstr (error->message, "http://(masked)@www.test/"));
  msa_multi_remove (scene->multi, scene->easy);
  scene_free (scene);
}

int
main (int argc,
      char **argv)
{
  static const MsaTestCertSpec spec = { .common_name = "www.test", .dns = { "www.test" } };
  int result;

  g_test_init (&argc, &argv, NULL);
  logged = g_ptr_array_new_with_free_func (g_free);
  g_log_set_writer_func (log_cb, NULL, NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);

  MSA_TEST_ADD_NUMBERED ("/msa/trace/lines", rows, test_row);

  g_test_add_func ("/msa/trace/nobody-listens", test_nobody_listens);
  g_test_add_func ("/msa/trace/without-log", test_without_log);
  g_test_add_func ("/msa/trace/reused-connection", test_reused_connection);
  g_test_add_func ("/msa/trace/too-many-lines", test_too_many_lines);
  g_test_add_func ("/msa/trace/removed-within", test_removed_within);
  g_test_add_func ("/msa/trace/driven-within", test_driven_within);
  g_test_add_func ("/msa/trace/cancelled-within", test_cancelled_within);
  g_test_add_func ("/msa/trace/told-after-handler", test_told_after_handler);
  g_test_add_func ("/msa/trace/asked-after-handler", test_asked_after_handler);
  g_test_add_func ("/msa/trace/added-twice", test_added_twice);

  result = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);
  g_ptr_array_unref (logged);
  return result;
}

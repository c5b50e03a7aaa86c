/* test-errors.c: what a person reads when a transfer has failed
 *
 * A table of failures, each brought about in the simulation: the code, the host, the cause; one
 * line of valid text without a stop, no byte of the peer that a terminal would act upon, no
 * password.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "engine/msa-transfer-error-private.h"
#include "model/msa-error-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <errno.h>
#include <glib/gstdio.h>

#define MS 1000
#define PASSWORD "hunter2"
#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

typedef struct
{
  const char *name;
  const char *uri; /* without the user; the scripted server is at “peer.org” */
  const char *reply; /* (nullable): of the scripted server */
  gboolean closes; /* it closes after that */
  void (*set_up) (MsaTestWorld *world, MsaEasy *easy); /* (nullable) */
  MsaError code;
  const char *host;
  const char *cause;
} Failure;

static MsaTestHttps *tls_server;

/* How it comes about */

static void
small_limit (MsaTestWorld *world,
             MsaEasy *easy)
{
  msa_easy_set_max_body_bytes (easy, 3);
}

static MsaWriteResult
refuse_cb (MsaEasy *easy,
           const guint8 *data,
           gsize len,
           gpointer user_data)
{
  return MSA_WRITE_ABORT;
}

static void
refused (MsaTestWorld *world,
         MsaEasy *easy)
{
  msa_easy_set_write_func (easy, refuse_cb, NULL, NULL);
}

static void
no_output_file (MsaTestWorld *world,
                MsaEasy *easy)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/out");

  msa_easy_set_output_file (easy, file);
}

static void
no_body_file (MsaTestWorld *world,
              MsaEasy *easy)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/in");

  msa_easy_set_body_file (easy, NULL, file);
}

static void
short_body (MsaTestWorld *world,
            MsaEasy *easy)
{
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data ("abc", 3, NULL);

  msa_easy_set_body_stream (easy, NULL, stream, 10);
}

static void
reset_peer (MsaSim *sim,
            gpointer data)
{
  msa_sim_peer_reset (msa_sim_get_peer (sim, 0));
}

static void
reset_later (MsaTestWorld *world,
             MsaEasy *easy)
{
  msa_sim_call_after (world->sim, 50 * MS, reset_peer, NULL);
}

static void
broken_pipe (MsaTestWorld *world,
             MsaEasy *easy)
{
  msa_sim_fail_nth (world->sim, "socket_send", 1, EPIPE);
}

static void
bad_method (MsaTestWorld *world,
            MsaEasy *easy)
{
  msa_easy_set_method (easy, "G\x1b[31mT");
}

static void
bad_agent (MsaTestWorld *world,
           MsaEasy *easy)
{
  msa_easy_set_user_agent (easy, "a\r\nb");
}

static void
other_authority (MsaTestWorld *world,
                 MsaEasy *easy)
{
  MsaTestHttps *other = msa_test_https_new_www (world->sim, "10.0.0.66", "");
  g_autoptr (MsaTlsConfig) config = msa_test_https_new_config (other);

  msa_easy_set_tls_config (easy, config);
  msa_test_https_free (other);
}

static void
same_authority (MsaTestWorld *world,
                MsaEasy *easy)
{
  g_autoptr (MsaTlsConfig) config = msa_test_https_new_config (tls_server);

  msa_easy_set_tls_config (easy, config);
}

static void
no_trust_file (MsaTestWorld *world,
               MsaEasy *easy)
{
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/none.pem");

  msa_easy_set_tls_config (easy, config);
}

static void
empty_trust_file (MsaTestWorld *world,
                  MsaEasy *easy)
{
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/empty.pem");

  msa_sim_set_file (world->sim, "/empty.pem", "", -1);
  msa_easy_set_tls_config (easy, config);
}

static void
other_pin (MsaTestWorld *world,
           MsaEasy *easy)
{
  const char *pins[] = { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL };
  const char *ca = msa_test_pki_ca_pem (tls_server->pki);
  g_autoptr (GBytes) ca_pem = g_bytes_new (ca, strlen (ca));
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca_pem, "pinned-keys", pins, NULL);

  msa_easy_set_tls_config (easy, config);
}

static void
show_certificate (MsaTestWorld *world,
                  MsaEasy *easy,
                  const char *certificate_file,
                  const char *password)
{
  const MsaTestCert *cert = tls_server->cert;
  const char *ca = msa_test_pki_ca_pem (tls_server->pki);
  g_autoptr (GBytes) ca_pem = g_bytes_new (ca, strlen (ca));
  g_autofree char *locked = msa_test_key_lock (cert->key_pem, "open sesame");
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca_pem, "certificate-file", certificate_file,
                    "key-file", "/locked.pem", "key-password", password, NULL);

  msa_sim_set_file (world->sim, "/cert.pem", cert->cert_pem, -1);
  msa_sim_set_file (world->sim, "/locked.pem", locked, -1);
  msa_easy_set_tls_config (easy, config);
}

static void
no_certificate_file (MsaTestWorld *world,
                     MsaEasy *easy)
{
  show_certificate (world, easy, "/none.pem", NULL);
}

static void
no_password (MsaTestWorld *world,
             MsaEasy *easy)
{
  show_certificate (world, easy, "/cert.pem", NULL);
}

static void
wrong_password (MsaTestWorld *world,
                MsaEasy *easy)
{
  show_certificate (world, easy, "/cert.pem", PASSWORD);
}

static void
foreign_address (MsaTestWorld *world,
                 MsaEasy *easy)
{
  msa_easy_set_local_address (easy, "192.0.2.1");
  msa_sim_fail_nth (world->sim, "socket_bind", 1, EADDRNOTAVAIL);
}

static void
total (MsaTestWorld *world,
       MsaEasy *easy)
{
  msa_easy_set_timeout_ms (easy, 500);
}

static void
connecting (MsaTestWorld *world,
            MsaEasy *easy)
{
  msa_easy_set_connect_timeout_ms (easy, 500);
}

static void
queue (MsaTestWorld *world,
       MsaEasy *easy)
{
  msa_multi_set_max_connections (world->multi, 1);
  msa_test_world_add (world, "/hang");
  msa_easy_set_queue_timeout_ms (easy, 500);
}

static void
resolve (MsaTestWorld *world,
         MsaEasy *easy)
{
  msa_easy_set_resolve_timeout_ms (easy, 500);
}

static void
shaking_hands (MsaTestWorld *world,
               MsaEasy *easy)
{
  same_authority (world, easy);
  msa_easy_set_tls_timeout_ms (easy, 500);
}

static void
response (MsaTestWorld *world,
          MsaEasy *easy)
{
  msa_easy_set_response_timeout_ms (easy, 500);
}

static void
idle (MsaTestWorld *world,
      MsaEasy *easy)
{
  msa_easy_set_idle_timeout_ms (easy, 500);
}

#define EVIL "\x1b[31m\xe2\x80\xae\xff\x07"

static const Failure failures[] = {
  { "bad-reply", "http://peer.org/", "What" EVIL " is no HTTP\r\n\r\n", FALSE, NULL,
    MSA_ERROR_BAD_REPLY, "peer.org", "\\x1b" },
  { "bad-field", "http://peer.org/", "HTTP/1.1 200 OK\r\nA" EVIL "\r\n\r\n", FALSE, NULL,
    MSA_ERROR_BAD_REPLY, "peer.org", "\\x1b" },
  { "bad-length", "http://peer.org/", "HTTP/1.1 200 OK\r\nContent-Length: 1" EVIL "\r\n\r\n",
    FALSE, NULL, MSA_ERROR_BAD_REPLY, "peer.org", "\\x1b" },
  { "bad-chunk", "http://peer.org/",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" EVIL "\r\n", FALSE, NULL,
    MSA_ERROR_BAD_REPLY, "peer.org", "chunk" },
  { "bad-port-named", "http://peer.org:8080/", "What\r\n\r\n", FALSE, NULL, MSA_ERROR_BAD_REPLY,
    "peer.org:8080", "What" },
  { "truncated", "http://peer.org/", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", TRUE, NULL,
    MSA_ERROR_TRUNCATED, "peer.org", "5" },
  { "truncated-head", "http://peer.org/", "HTTP/1.1 200", TRUE, NULL, MSA_ERROR_TRUNCATED,
    "peer.org", "closed" },
  { "empty", "http://peer.org/", "", TRUE, NULL, MSA_ERROR_EMPTY_REPLY, "peer.org", "closed" },
  { "too-large", "http://peer.org/", OK_REPLY, FALSE, small_limit, MSA_ERROR_TOO_LARGE, "peer.org",
    "limit is 3" },
  { "write-refused", "http://peer.org/", OK_REPLY, FALSE, refused, MSA_ERROR_WRITE, "peer.org",
    "refused" },
  { "output-file", "http://peer.org/", OK_REPLY, FALSE, no_output_file, MSA_ERROR_WRITE,
    "peer.org", "/nonexistent/out" },
  { "body-file", "http://peer.org/", OK_REPLY, FALSE, no_body_file, MSA_ERROR_READ, "peer.org",
    "/nonexistent/in" },
  { "short-body", "http://peer.org/", OK_REPLY, FALSE, short_body, MSA_ERROR_READ, "peer.org",
    "3 of 10" },
  { "reset", "http://peer.org/", NULL, FALSE, reset_later, MSA_ERROR_RECEIVE, "peer.org",
    "Connection reset" },
  { "broken-pipe", "http://peer.org/", NULL, FALSE, broken_pipe, MSA_ERROR_SEND, "peer.org",
    "Broken pipe" },
  { "refused", "http://refuses.org:81/", NULL, FALSE, NULL, MSA_ERROR_CONNECT, "refuses.org:81",
    "Connection refused" },
  { "refused-address", "http://10.0.0.77:81/", NULL, FALSE, NULL, MSA_ERROR_CONNECT,
    "10.0.0.77:81", "Connection refused" },
  { "resolve", "http://nowhere.org/", NULL, FALSE, NULL, MSA_ERROR_RESOLVE, "nowhere.org",
    "not known" },
  { "resolve-onion", "http://a.onion/", NULL, FALSE, NULL, MSA_ERROR_RESOLVE, "a.onion", "" },
  { "resolve-word", "http://host/", NULL, FALSE, NULL, MSA_ERROR_RESOLVE, "'host'", "not known" },
  { "tls-foreign", "https://peer.org/", "HTTP/1.1 400 No TLS here\r\n\r\n", FALSE, same_authority,
    MSA_ERROR_TLS_HANDSHAKE, "peer.org", "TLS" },
  { "tls-untrusted", "https://www.test/", NULL, FALSE, other_authority, MSA_ERROR_TLS_VERIFY,
    "www.test", "" },
  { "tls-other-name", "https://alias.test/", NULL, FALSE, same_authority, MSA_ERROR_TLS_VERIFY,
    "alias.test", "www.test" },
  { "tls-trust", "https://www.test/", NULL, FALSE, no_trust_file, MSA_ERROR_TLS_TRUST, "www.test",
    "/none.pem" },
  { "tls-trust-empty", "https://www.test/", NULL, FALSE, empty_trust_file,
    MSA_ERROR_TLS_TRUST_EMPTY, "www.test", "'/empty.pem' holds no certificate" },
  { "tls-pin", "https://www.test/", NULL, FALSE, other_pin, MSA_ERROR_TLS_PIN, "www.test",
    "none of those that are pinned" },
  { "tls-client-certificate", "https://www.test/", NULL, FALSE, no_certificate_file,
    MSA_ERROR_TLS_CLIENT_CERTIFICATE, "www.test", "/none.pem" },
  { "tls-password-missing", "https://www.test/", NULL, FALSE, no_password, MSA_ERROR_TLS_PASSWORD,
    "www.test", "'/locked.pem': it is locked by a password, and none is given" },
  { "tls-password-wrong", "https://www.test/", NULL, FALSE, wrong_password,
    MSA_ERROR_TLS_PASSWORD, "www.test", "'/locked.pem': the password is wrong" },
  { "bind", "http://peer.org/", NULL, FALSE, foreign_address, MSA_ERROR_BIND, "peer.org",
    "192.0.2.1 for 10.0.0.9:80 failed: Cannot assign requested address" },
  { "total", "http://peer.org/", NULL, FALSE, total, MSA_ERROR_TIMED_OUT, "peer.org",
    "500 ms: still waiting after 500 ms" },
  { "connect-over", "http://hole.org/", NULL, FALSE, connecting, MSA_ERROR_CONNECT_TIMED_OUT,
    "hole.org", "500 ms: still connecting after 500 ms" },
  { "queue-over", "http://peer.org/", NULL, FALSE, queue, MSA_ERROR_QUEUE_TIMED_OUT, "peer.org",
    "500 ms: given up after 500 ms" },
  { "resolve-over", "http://slow.org/", NULL, FALSE, resolve, MSA_ERROR_RESOLVE_TIMED_OUT,
    "slow.org", "500 ms: given up after 500 ms" },
  { "tls-over", "https://silent.org/", NULL, FALSE, shaking_hands, MSA_ERROR_TLS_TIMED_OUT,
    "silent.org", "500 ms: given up after 500 ms" },
  { "response-over", "http://peer.org/", NULL, FALSE, response, MSA_ERROR_RESPONSE_TIMED_OUT,
    "peer.org", "500 ms: given up after 500 ms" },
  { "idle-over", "http://peer.org/", "HTTP/1.1 200 OK\r\n", FALSE, idle, MSA_ERROR_IDLE_TIMED_OUT,
    "peer.org", "500 ms: given up after 500 ms" },
  { "bad-uri", "http://exa mple.org/", NULL, FALSE, NULL, MSA_ERROR_BAD_URI, "exa mple.org",
    "space" },
  { "bad-uri-control", "http://exam\x1bple.org/", NULL, FALSE, NULL, MSA_ERROR_BAD_URI, "ple.org",
    "0x1b" },
  { "bad-port", "http://example.org:99999/", NULL, FALSE, NULL, MSA_ERROR_BAD_URI, "example.org",
    "99999" },
  { "scheme", "gopher://example.org/", NULL, FALSE, NULL, MSA_ERROR_UNSUPPORTED_SCHEME,
    "example.org", "gopher" },
  { "bad-method", "http://peer.org/", NULL, FALSE, bad_method, MSA_ERROR_INVALID_ARGUMENT,
    "peer.org", "\\x1b[31m" },
  { "bad-agent", "http://peer.org/", NULL, FALSE, bad_agent, MSA_ERROR_INVALID_ARGUMENT,
    "peer.org", "user-agent" },
};

/* The server */

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  const Failure *failure = user_data;

  if (failure->reply == NULL)
    return;
  peer->received = NULL;
  msa_sim_peer_send (peer, failure->reply, -1);
  if (failure->closes)
    msa_sim_peer_close (peer);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  peer->user_data = data;
  peer->received = received_cb;
}

static void
set_up_network (MsaTestWorld *world,
                const Failure *failure)
{
  MsaSim *sim = world->sim;
  gpointer data = (gpointer) failure;

  msa_sim_set_host (sim, "peer.org", MS, "10.0.0.9", NULL);
  msa_sim_set_host (sim, "refuses.org", MS, "10.0.0.77", NULL);
  msa_sim_set_host (sim, "hole.org", MS, "10.0.0.78", NULL);
  msa_sim_set_host (sim, "slow.org", 30 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_sim_set_host (sim, "silent.org", MS, "10.0.0.10", NULL);
  msa_sim_set_host (sim, "www.test", MS, "10.0.0.7", NULL);
  msa_sim_set_host (sim, "alias.test", MS, "10.0.0.7", NULL);
  msa_sim_set_black_hole (sim, "10.0.0.78");
  msa_sim_listen (sim, "10.0.0.9", 80, accept_cb, data);
  msa_sim_listen (sim, "10.0.0.9", 8080, accept_cb, data);
  msa_sim_listen (sim, "10.0.0.9", 443, accept_cb, data);
  msa_sim_listen (sim, "10.0.0.10", 443, accept_cb, data);
}

/* What every message is */

static void
check_message (const char *message,
               const char *host)
{
  g_test_message ("%s", message);
  g_assert_true (g_utf8_validate (message, -1, NULL));
  g_assert_nonnull (strstr (message, host));
  g_assert_null (strstr (message, PASSWORD));
  g_assert_cmpuint (strlen (message), <=, 2100);
  g_assert_false (g_str_has_suffix (message, "."));
  for (const char *at = message; *at != '\0'; at = g_utf8_next_char (at))
    {
      g_assert_true (g_unichar_isprint (g_utf8_get_char (at)));
      g_assert_cmpuint (g_utf8_get_char (at), !=, 0x202e);
    }
}

static char *
add_user (const char *uri)
{
  const char *host = strstr (uri, "//") + 2;

  return g_strdup_printf ("%.*suser:" PASSWORD "@%s", (int) (host - uri), uri, host);
}

static void
test_failure (MsaTestWorld *world)
{
  const Failure *failure = world->row;
  g_autofree char *uri = add_user (failure->uri);
  MsaEasy *easy = msa_test_world_make (world, uri);
  const GError *error;

  tls_server = msa_test_https_new_www (world->sim, "10.0.0.7", OK_REPLY);
  set_up_network (world, failure);
  if (failure->set_up != NULL)
    failure->set_up (world, easy);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  error = msa_easy_get_error (easy);
  g_assert_error (error, MSA_ERROR, (int) failure->code);
  check_message (error->message, failure->host);
  g_assert_nonnull (strstr (error->message, failure->cause));
  g_assert_null (msa_easy_get_body (easy));

  msa_test_world_end_multi (world);
  msa_test_https_free (tls_server);
}

static void
test_success (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "/status/404");

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_no_error (msa_test_world_get_record (easy)->error);
}

static void
finished_cb (GObject *object,
             GAsyncResult *result,
             gpointer data)
{
  g_autoptr (GBytes) body = NULL;

  if (g_async_result_is_tagged (result, msa_multi_fetch_async))
    body = msa_multi_fetch_finish (MSA_MULTI (object), result, data);
  else
    g_assert_false (msa_multi_run_finish (MSA_MULTI (object), result, data));
  g_assert_null (body);
}

static gboolean
is_set (gpointer data)
{
  return *(GError **) data != NULL;
}

static void
test_status (MsaTestWorld *world)
{
  static const Failure server = { .reply = "HTTP/1.1 404 Not\xe2\x80\xae\xff here.\r\n"
                                           "Content-Length: 0\r\n\r\n" };
  g_autoptr (GError) error = NULL;

  set_up_network (world, &server);
  msa_multi_fetch_async (world->multi, "http://user:" PASSWORD "@peer.org/", NULL, finished_cb,
                         &error);
  g_assert_true (msa_test_world_run_until (world, is_set, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_HTTP_STATUS);
  check_message (error->message, "peer.org");
  g_assert_nonnull (strstr (error->message, "404 Not\\xe2"));
  g_assert_nonnull (strstr (error->message, "\\xff"));
}

static void
test_cancelled (MsaTestWorld *world)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  MsaEasy *easy = msa_test_world_make (world, "/hang");

  msa_test_world_get_record (easy)->n_added++;
  msa_multi_run_async (world->multi, easy, 0, cancellable, finished_cb, &error);
  msa_test_world_settle (world, 10 * MS);
  g_cancellable_cancel (cancellable);
  g_assert_true (msa_test_world_run_until (world, is_set, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (msa_easy_get_error (easy), G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The first cause */

static MsaWriteResult
loop_then_refuse_cb (MsaEasy *easy,
                     const guint8 *data,
                     gsize len,
                     gpointer user_data)
{
  msa_test_world_settle (user_data, 5000 * MS);

  return MSA_WRITE_ABORT;
}

/* The time was over before the handler refused. */
static void
test_first_timed_out (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/5");

  msa_easy_set_timeout_ms (easy, 500);
  msa_easy_set_write_func (easy, loop_then_refuse_cb, world, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
}

/* It fails in the very instant in which its time would be over: it had failed before. */
static void
test_first_resolve (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "http://broken.org/");

  msa_sim_set_host_error (world->sim, "broken.org", -2, 500 * MS);
  msa_easy_set_resolve_timeout_ms (easy, 500);
  msa_easy_set_connect_timeout_ms (easy, 500);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_RESOLVE);
}

static guint n_sent_at_reply;

/* What the client sends next fails. */
static void
reply_and_break (MsaTestHttpsLink *link,
                 gpointer data)
{
  MsaSim *sim = link->server->sim;

  msa_test_https_reply (link, data);
  n_sent_at_reply = msa_sim_count (sim, "socket_send");
  msa_sim_fail_nth (sim, "socket_send", 1, EPIPE);
}

/* The file cannot be finished, and the connection's goodbye cannot be sent. */
static void
test_first_goodbye (MsaTestWorld *world)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = msa_test_world_make (world, "https://www.test/");

  tls_server = msa_test_https_new_www (world->sim, "10.0.0.7", OK_REPLY);
  tls_server->respond = reply_and_break;
  msa_sim_set_host (world->sim, "www.test", MS, "10.0.0.7", NULL);
  same_authority (world, easy);
  msa_easy_set_output_file (easy, file);
  msa_easy_set_forbid_reuse (easy, TRUE);
  msa_sim_fail_nth (world->sim, "finish_output", 1, ENOSPC);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, 10 * MS);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_WRITE);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (ENOSPC)));
  g_assert_false (msa_test_https_get (tls_server, 0)->has_goodbye);
  /* It was tried, and was what failed. */
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_send"), ==, n_sent_at_reply + 1);

  msa_test_world_end_multi (world);
  msa_test_https_free (tls_server);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
remove_and_close (MsaSim *sim,
                  gpointer data)
{
  remove_folder (data);
  msa_sim_peer_close (msa_sim_get_peer (sim, 0));
}

/* Half of the file is written, and cannot be thrown away. */
static void
test_first_output_file (MsaTestWorld *world)
{
  static const Failure half = { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe" };
  g_autofree char *folder = g_dir_make_tmp ("msa-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "out", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = msa_test_world_make (world, "http://peer.org/");

  set_up_network (world, &half);
  msa_easy_set_output_file (easy, file);
  msa_sim_call_after (world->sim, 100 * MS, remove_and_close, folder);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, 10 * MS);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
  g_assert_cmpuint (msa_sim_count (world->sim, "discard_output"), ==, 1);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

/* Texts */

static const struct
{
  const char *name, *text, *tidy;
} texts[] = {
  { "plain", "It failed", "It failed" },
  { "stop", "It failed.", "It failed" },
  { "newline", "It failed. \r\n", "It failed" },
  { "lines", "It\nfailed", "It\\x0afailed" },
  { "tab", "It\tfailed", "It\\x09failed" },
  { "escape", "\x1b[0m", "\\x1b[0m" },
  { "delete", "\x7f", "\\x7f" },
  { "c1", "\302\23331m", "\\xc2\\x9b31m" },
  { "umlaut", "Größe", "Größe" },
  { "latin-1", "Gr\366\337e", "Gr\\xf6\\xdfe" },
  { "half-a-letter", "\xe2\x80", "\\xe2\\x80" },
  { "right-to-left", "\xe2\x80\xae", "\\xe2\\x80\\xae" },
  { "isolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6" },
  { "line-separator", "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
  { "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
  { "empty", "", "" },
};

static void
test_tidy (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = g_error_new_literal (MSA_ERROR, MSA_ERROR_FAILED, texts[i].text);

  msa_error_tidy (error);
  g_assert_cmpstr (error->message, ==, texts[i].tidy);
}

static void
test_tidy_long (void)
{
  g_autofree char *text = g_strnfill (100000, '\a');
  g_autoptr (GError) error = g_error_new_literal (MSA_ERROR, MSA_ERROR_FAILED, text);

  msa_error_tidy (error);
  g_assert_cmpuint (strlen (error->message), <, 2100);
  g_assert_true (g_str_has_suffix (error->message, "\\x07…"));
}

static void
test_tidy_longest (void)
{
  for (int over = -1; over <= 1; over++)
    {
      g_autofree char *text = g_strnfill ((gsize) (MSA_MAX_MESSAGE_BYTES + over), 'x');
      g_autoptr (GError) error = g_error_new_literal (MSA_ERROR, MSA_ERROR_FAILED, text);

      msa_error_tidy (error);
      if (over > 0)
        memcpy (&text[MSA_MAX_MESSAGE_BYTES], "", 1);
      g_assert_true (g_str_has_prefix (error->message, text));
      g_assert_cmpstr (&error->message[strlen (text)], ==, (over > 0 ? "…" : ""));
    }
}

static const struct
{
  const char *name, *uri, *text, *message;
} namings[] = {
  { "missing", "http://example.org/", "It failed", "example.org: It failed" },
  { "port", "http://example.org:81/", "It failed", "example.org:81: It failed" },
  { "there", "http://example.org/", "With example.org it failed", "With example.org it failed" },
  { "quoted", "http://example.org/", "“example.org” failed", "“example.org” failed" },
  { "part-of-another", "http://ample.org/", "With example.org it failed",
    "ample.org: With example.org it failed" },
  { "parent-of-another", "http://example.org/", "With www.example.org it failed",
    "example.org: With www.example.org it failed" },
  { "second-time", "http://ample.org/", "example.org, ample.org", "example.org, ample.org" },
  { "word", "http://body/", "The body failed", "body: The body failed" },
  { "word-quoted", "http://body/", "The body of “body” failed",
    "The body of “body” failed" },
  { "ipv6", "http://[::1]:81/", "Connecting to [::1]:81 failed", "Connecting to [::1]:81 failed" },
  { "no-uri", NULL, "It failed", "It failed" },
  { "bad", "http://a b/", "It failed", "“http://a b/”: It failed" },
  { "bad-user", "http://u:" PASSWORD "@a b/", "It failed", "“a b/”: It failed" },
  { "bad-query", "http://a b/?key=" PASSWORD, "It failed", "“http://a b/”: It failed" },
  { "bad-user-with-mark", "http://u:" PASSWORD "?x@a b/", "It failed", "“a b/”: It failed" },
};

static void
test_naming (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (MsaSettings) settings = msa_settings_new ();
  g_autoptr (GError) error = g_error_new_literal (MSA_ERROR, MSA_ERROR_FAILED, namings[i].text);
  MsaTransfer transfer = { .settings = settings };

  settings->uri = g_strdup (namings[i].uri);
  msa_transfer_explain_error (&transfer, error);
  g_assert_cmpstr (error->message, ==, namings[i].message);
  /* Once. */
  if (settings->uri != NULL && strchr (settings->uri, ' ') == NULL)
    msa_transfer_explain_error (&transfer, error);
  g_assert_cmpstr (error->message, ==, namings[i].message);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_WORLD_ADD_ROWS ("/msa/errors/failure", failures, test_failure);
  msa_test_world_add_test ("/msa/errors/success", test_success);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/errors/status", test_status);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/errors/cancelled", test_cancelled);
  msa_test_world_add_test ("/msa/errors/first/timed-out", test_first_timed_out);
  msa_test_world_add_test ("/msa/errors/first/resolve", test_first_resolve);
  msa_test_world_add_test ("/msa/errors/first/goodbye", test_first_goodbye);
  msa_test_world_add_test ("/msa/errors/first/output-file", test_first_output_file);
  MSA_TEST_ADD_NUMBERED ("/msa/errors/tidy", texts, test_tidy);
  g_test_add_func ("/msa/errors/tidy-long", test_tidy_long);
  g_test_add_func ("/msa/errors/tidy-longest", test_tidy_longest);
  MSA_TEST_ADD_NUMBERED ("/msa/errors/naming", namings, test_naming);

  return g_test_run ();
}

/* test-exchange-request.c: HTTP/1 requests, from the easy to the wire, and what is refused there
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

typedef struct
{
  GString *head;
  GBytes  *body; /* (nullable) */
  guint    n;
} Seen;

static void
record_cb (MsaSimPeer *peer,
           const char *method,
           const char *target,
           const char *head,
           GBytes *body,
           gpointer data)
{
  Seen *seen = data;

  g_string_assign (seen->head, head);
  g_clear_pointer (&seen->body, g_bytes_unref);
  seen->body = g_bytes_ref (body);
  seen->n++;
  msa_sim_http_respond (peer, 200, NULL, "ok");
}

static void
set_body (MsaEasy *easy,
          const char *type,
          const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));

  msa_easy_set_body (easy, type, body);
}

static void
use_get (MsaEasy *easy)
{
}

static void
use_delete (MsaEasy *easy)
{
  msa_easy_set_method (easy, "DELETE");
}

static void
use_own_method (MsaEasy *easy)
{
  msa_easy_set_method (easy, "m-search");
}

static void
use_get_with_body (MsaEasy *easy)
{
  msa_easy_set_method (easy, "GET");
  set_body (easy, NULL, "hello");
}

static void
use_post (MsaEasy *easy)
{
  set_body (easy, NULL, "hello");
}

static void
use_post_typed (MsaEasy *easy)
{
  set_body (easy, "text/plain", "hello");
}

static void
use_post_empty (MsaEasy *easy)
{
  set_body (easy, "text/plain", "");
}

static void
use_put (MsaEasy *easy)
{
  msa_easy_set_method (easy, "PUT");
  set_body (easy, NULL, "hello");
}

static void
use_agent (MsaEasy *easy)
{
  msa_easy_set_user_agent (easy, "test/1 (a b)");
  msa_easy_set_referer (easy, "http://example.org/from");
}

static void
use_target (MsaEasy *easy)
{
  msa_easy_set_method (easy, "OPTIONS");
  msa_easy_set_request_target (easy, "*");
}

static void
use_absolute_target (MsaEasy *easy)
{
  msa_easy_set_request_target (easy, "http://other.org:81/y/../z?q");
}

static void
use_path_as_is (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http://example.org/a/../b/./c?d#e");
  msa_easy_set_path_as_is (easy, TRUE);
}

static void
use_dots (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http://example.org/a/%2e%2E/b/./c?d#e");
}

static void
use_1_0 (MsaEasy *easy)
{
  msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_0);
}

static void
use_port (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "HTTP://user:secret@EXAMPLE.org:8080?#");
}

static void
use_ipv6 (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http://[::1]:8080/");
}

static void
use_no_scheme (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "example.org");
}

static void
use_default_scheme (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "example.org/x");
  msa_easy_set_default_scheme (easy, "http");
}

static void
bad_guess (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "ftp.example.org/x");
}

static void
bad_default_scheme (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "example.org/x");
  msa_easy_set_default_scheme (easy, "gopher");
}

static void
use_own_headers (MsaEasy *easy)
{
  MsaHeaders *headers = msa_easy_get_request_headers (easy);

  g_assert_true (msa_headers_append (headers, "X-One", "1", NULL));
  g_assert_true (msa_headers_append (headers, "x-two", "", NULL));
  g_assert_true (msa_headers_append (headers, "X-One", "2", NULL));
}

static void
use_replaced_headers (MsaEasy *easy)
{
  MsaHeaders *headers = msa_easy_get_request_headers (easy);

  msa_easy_set_user_agent (easy, "hidden");
  msa_easy_set_referer (easy, "http://hidden/");
  set_body (easy, "hidden/hidden", "hello");
  g_assert_true (msa_headers_append (headers, "accept", "text/html", NULL));
  g_assert_true (msa_headers_append (headers, "HOST", "elsewhere.org", NULL));
  g_assert_true (msa_headers_append (headers, "user-agent", "own", NULL));
  g_assert_true (msa_headers_append (headers, "referer", "own", NULL));
  g_assert_true (msa_headers_append (headers, "content-type", "text/own", NULL));
}

static void
use_suppressed (MsaEasy *easy)
{
  MsaHeaders *headers = msa_easy_get_request_headers (easy);

  set_body (easy, NULL, "hello");
  g_assert_true (msa_headers_append (headers, "Accept", NULL, NULL));
  g_assert_true (msa_headers_append (headers, "content-type", NULL, NULL));
}

#define HOST "Host: example.org\r\n"
#define ACCEPT "Accept: */*\r\n"

typedef struct
{
  const char *name;
  void      (*set) (MsaEasy *easy);
  const char *head;
  const char *body;
} Request;

static const Request requests[] = {
  { "get", use_get, "GET /x HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "delete", use_delete, "DELETE /x HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "own-method", use_own_method, "m-search /x HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "get-with-body", use_get_with_body,
    "GET /x HTTP/1.1\r\n" HOST ACCEPT "Content-Length: 5\r\n\r\n", "hello" },
  { "post", use_post,
    "POST /x HTTP/1.1\r\n" HOST ACCEPT "Content-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 5\r\n\r\n",
    "hello" },
  { "post-typed", use_post_typed,
    "POST /x HTTP/1.1\r\n" HOST ACCEPT "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n",
    "hello" },
  { "post-empty", use_post_empty,
    "POST /x HTTP/1.1\r\n" HOST ACCEPT "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
    "" },
  { "put", use_put, "PUT /x HTTP/1.1\r\n" HOST ACCEPT "Content-Length: 5\r\n\r\n", "hello" },
  { "user-agent-and-referer", use_agent,
    "GET /x HTTP/1.1\r\n" HOST "User-Agent: test/1 (a b)\r\n" ACCEPT
    "Referer: http://example.org/from\r\n\r\n",
    "" },
  { "request-target", use_target, "OPTIONS * HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "request-target-absolute", use_absolute_target,
    "GET http://other.org:81/y/../z?q HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "path-as-is", use_path_as_is, "GET /a/../b/./c?d HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "path-without-dots", use_dots, "GET /b/c?d HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "http-1.0", use_1_0, "GET /x HTTP/1.0\r\n" HOST ACCEPT "\r\n", "" },
  { "port", use_port, "GET /? HTTP/1.1\r\nHost: example.org:8080\r\n" ACCEPT "\r\n", "" },
  { "ipv6", use_ipv6, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n" ACCEPT "\r\n", "" },
  { "no-scheme", use_no_scheme, "GET / HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "default-scheme", use_default_scheme, "GET /x HTTP/1.1\r\n" HOST ACCEPT "\r\n", "" },
  { "own-headers", use_own_headers,
    "GET /x HTTP/1.1\r\n" HOST ACCEPT "X-One: 1\r\nx-two:\r\nX-One: 2\r\n\r\n", "" },
  { "replaced-headers", use_replaced_headers,
    "POST /x HTTP/1.1\r\nHost: elsewhere.org\r\nContent-Length: 5\r\naccept: text/html\r\n"
    "user-agent: own\r\nreferer: own\r\ncontent-type: text/own\r\n\r\n",
    "hello" },
  { "suppressed-headers", use_suppressed,
    "POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", "hello" },
};

static void
test_request (gconstpointer data)
{
  const Request *request = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_ATTACHED);
  Seen seen = { .head = g_string_new (NULL) };
  MsaEasy *easy = msa_test_world_make (world, "/x");

  msa_sim_http_server (world->sim, "10.0.0.1", 80, record_cb, &seen);
  msa_sim_http_server (world->sim, "10.0.0.1", 8080, record_cb, &seen);
  msa_sim_http_server (world->sim, "::1", 8080, record_cb, &seen);
  request->set (easy);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpstr (seen.head->str, ==, request->head);
  g_assert_cmpmem (g_bytes_get_data (seen.body, NULL), g_bytes_get_size (seen.body), request->body,
                   strlen (request->body));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, strlen (request->body));
  /* Head and body leave together. */
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_send"), ==, 1);

  msa_test_world_free (world);
  g_string_free (seen.head, TRUE);
  g_bytes_unref (seen.body);
}

/* Only now and then room for a bit of it. */
static void
test_large_request (MsaTestWorld *world)
{
  const gsize size = 1000000;
  Seen seen = { .head = g_string_new (NULL) };
  g_autofree char *data = g_malloc (size);
  g_autoptr (GBytes) body = NULL;
  MsaEasy *easy = msa_test_world_make (world, "/x");

  msa_test_fill (data, 0, size);
  body = g_bytes_new (data, size);
  msa_sim_set_send_window (world->sim, 3000);
  msa_sim_http_server (world->sim, "10.0.0.1", 80, record_cb, &seen);
  msa_easy_set_body (easy, NULL, body);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (seen.n, ==, 1);
  g_assert_true (g_bytes_equal (seen.body, body));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, size);

  g_string_free (seen.head, TRUE);
  g_bytes_unref (seen.body);
}

/* A reply that comes while the body goes out ends the transfer, and the connection. */
static void
early_accept_cb (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  msa_sim_peer_stop_reading (peer);
  msa_sim_peer_send_at (peer, 20000, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno", -1);
}

static void
test_early_reply (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (1000000), 1000000);
  MsaEasy *easy = msa_test_world_make (world, "/x");

  msa_sim_listen (world->sim, "10.0.0.1", 80, early_accept_cb, NULL);
  msa_easy_set_body (easy, NULL, body);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 413);
  msa_test_world_assert_body (easy, "no");
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), <, 1000000);
  msa_test_world_settle (world, MSA_SHUTDOWN_BUDGET_US);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
}

/* What cannot be sent ends the transfer by itself; no setter refuses it. */

static void
bad_uri_none (MsaEasy *easy)
{
  msa_easy_set_uri (easy, NULL);
}

static void
bad_uri_empty (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "");
}

static void
bad_uri_port (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http://example.org:70000/");
}

static void
bad_uri_space (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http://example.org/a b");
}

static void
bad_uri_control (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http://example.org/\r\nX: y");
}

static void
bad_uri_slashes (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "http:////example.org/");
}

static void
bad_scheme (MsaEasy *easy)
{
  msa_easy_set_uri (easy, "gopher://example.org/");
}

static void
bad_method (MsaEasy *easy)
{
  msa_easy_set_method (easy, "GET /evil");
}

static void
bad_method_empty (MsaEasy *easy)
{
  msa_easy_set_method (easy, "");
}

static void
bad_method_connect (MsaEasy *easy)
{
  msa_easy_set_method (easy, "CONNECT");
  msa_easy_set_request_target (easy, "example.org:443");
}

static void
bad_method_connect_lower (MsaEasy *easy)
{
  msa_easy_set_method (easy, "connect");
}

static void
bad_target (MsaEasy *easy)
{
  msa_easy_set_request_target (easy, "/a b");
}

static void
bad_target_empty (MsaEasy *easy)
{
  msa_easy_set_request_target (easy, "");
}

static void
bad_user_agent (MsaEasy *easy)
{
  msa_easy_set_user_agent (easy, "a\r\nX: y");
}

static void
bad_referer (MsaEasy *easy)
{
  msa_easy_set_referer (easy, "a\nb");
}

static void
bad_content_type (MsaEasy *easy)
{
  set_body (easy, "a\rb", "hello");
}

static void
bad_length (MsaEasy *easy)
{
  g_assert_true (msa_headers_append (msa_easy_get_request_headers (easy), "content-LENGTH", "1",
                                     NULL));
}

static void
bad_coding (MsaEasy *easy)
{
  g_assert_true (msa_headers_append (msa_easy_get_request_headers (easy), "Transfer-Encoding",
                                     "chunked", NULL));
}

static void
bad_tls_range (MsaEasy *easy)
{
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "min-version", MSA_TLS_VERSION_TLS_1_3, "max-version",
                    MSA_TLS_VERSION_TLS_1_2, NULL);

  msa_easy_set_uri (easy, "https://example.org/");
  msa_easy_set_tls_config (easy, config);
}

static void
bad_head_size (MsaEasy *easy)
{
  g_autofree char *value = g_strnfill (MSA_MAX_REQUEST_HEAD_BYTES, 'x');

  g_assert_true (msa_headers_append (msa_easy_get_request_headers (easy), "X-Long", value, NULL));
}

typedef struct
{
  const char *name;
  void      (*set) (MsaEasy *easy);
  MsaError    code;
  const char *value; /* what the message names: the value, or where it is wrong */
  const char *rule;  /* and why */
} Bad;

static const Bad bad[] = {
  { "uri-none", bad_uri_none, MSA_ERROR_BAD_URI, "No URI", "set" },
  { "uri-empty", bad_uri_empty, MSA_ERROR_BAD_URI, "URI", "" },
  { "uri-port", bad_uri_port, MSA_ERROR_BAD_URI, "Port", "65535" },
  { "uri-space", bad_uri_space, MSA_ERROR_BAD_URI, "byte 20", "%20" },
  { "uri-control", bad_uri_control, MSA_ERROR_BAD_URI, "0x0d", "control" },
  { "uri-slashes", bad_uri_slashes, MSA_ERROR_BAD_URI, "URI", "three slashes" },
  { "scheme", bad_scheme, MSA_ERROR_UNSUPPORTED_SCHEME, "gopher", "not supported" },
  { "scheme-guessed", bad_guess, MSA_ERROR_UNSUPPORTED_SCHEME, "“ftp”", "suggests" },
  { "scheme-default", bad_default_scheme, MSA_ERROR_UNSUPPORTED_SCHEME, "“gopher”", "default" },
  { "method", bad_method, MSA_ERROR_INVALID_ARGUMENT, "GET /evil", "token" },
  { "method-empty", bad_method_empty, MSA_ERROR_INVALID_ARGUMENT, "method", "token" },
  { "method-connect", bad_method_connect, MSA_ERROR_INVALID_ARGUMENT, "CONNECT", "tunnel" },
  { "method-connect-lower", bad_method_connect_lower, MSA_ERROR_INVALID_ARGUMENT, "connect",
    "tunnel" },
  { "request-target", bad_target, MSA_ERROR_INVALID_ARGUMENT, "0x20", "visible ASCII" },
  { "request-target-empty", bad_target_empty, MSA_ERROR_INVALID_ARGUMENT, "request target",
    "empty" },
  { "user-agent", bad_user_agent, MSA_ERROR_INVALID_ARGUMENT, "user-agent", "control" },
  { "referer", bad_referer, MSA_ERROR_INVALID_ARGUMENT, "referer", "control" },
  { "content-type", bad_content_type, MSA_ERROR_INVALID_ARGUMENT, "content type", "control" },
  { "content-length", bad_length, MSA_ERROR_INVALID_ARGUMENT, "content-LENGTH",
    "made by the library" },
  { "transfer-encoding", bad_coding, MSA_ERROR_INVALID_ARGUMENT, "Transfer-Encoding",
    "made by the library" },
  { "tls-range", bad_tls_range, MSA_ERROR_INVALID_ARGUMENT, "lowest", "above" },
  { "head-size", bad_head_size, MSA_ERROR_TOO_LARGE, "request head", "1048576" },
};

static void
test_bad (gconstpointer data)
{
  const Bad *row = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy = msa_test_world_make (world, "/x");
  MsaEasy *good;
  const GError *error;

  row->set (easy);
  msa_test_world_add_again (world, easy);
  g_assert_cmpuint (world->n_completed, ==, 0);
  good = msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 2));
  error = msa_easy_get_error (easy);
  g_assert_error (error, MSA_ERROR, (int) row->code);
  g_assert_nonnull (strstr (error->message, row->value));
  g_assert_nonnull (strstr (error->message, row->rule));
  g_assert_false (g_str_has_suffix (error->message, "."));
  g_assert_null (msa_easy_get_body (easy));
  g_assert_no_error (msa_easy_get_error (good));
  msa_test_world_free (world);
}

/* Every option that is a text or a list of them, with a byte less than a URI may have, as many, and
 * one more. */

static void
assert_length (const GParamSpec *property,
               int over)
{
  const int code = strcmp (property->name, "uri") == 0 ? (int) MSA_ERROR_BAD_URI
                                                       : (int) MSA_ERROR_INVALID_ARGUMENT;
  g_autofree char *text = g_strnfill ((gsize) (MSA_MAX_OPTION_BYTES + over), 'x');
  const char *texts[] = { "short", text, NULL };
  const gboolean is_list = property->value_type == G_TYPE_STRV;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy = msa_test_world_make (world, "/x");
  const GError *error;

  g_object_set (easy, property->name, is_list ? (gpointer) texts : text, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  error = msa_easy_get_error (easy);
  if (over <= 0)
    /* It is too long for something else, or good. */
    g_assert_true (error == NULL || strstr (error->message, "8000000") == NULL);
  else
    {
      g_assert_error (error, MSA_ERROR, code);
      g_assert_nonnull (strstr (error->message, property->name));
      g_assert_nonnull (strstr (error->message, "8000000"));
      g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 0);
    }
  msa_test_world_free (world);
}

static void
test_overlong (void)
{
  g_autoptr (GTypeClass) class = g_type_class_ref (MSA_TYPE_EASY);
  guint n_properties, n_tried = 0;
  g_autofree GParamSpec **properties =
      g_object_class_list_properties ((GObjectClass *) class, &n_properties);

  for (guint i = 0; i < n_properties; i++)
    {
      if ((properties[i]->flags & G_PARAM_WRITABLE) == 0 ||
          (properties[i]->value_type != G_TYPE_STRING && properties[i]->value_type != G_TYPE_STRV))
        continue;
      for (int over = -1; over <= 1; over++)
        assert_length (properties[i], over);
      n_tried++;
    }
  g_assert_cmpuint (n_tried, >=, 6);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/exchange/request", requests, test_request);
  MSA_TEST_ADD_ROWS ("/msa/exchange/refuses", bad, test_bad);
  g_test_add_func ("/msa/exchange/refuses/overlong-option", test_overlong);
  msa_test_world_add_test ("/msa/exchange/large-request", test_large_request);
  msa_test_world_add_test ("/msa/exchange/early-reply", test_early_reply);

  return g_test_run ();
}

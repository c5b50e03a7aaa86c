/* test-httpd.c: HTTP with Apache httpd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"

#include <glib/gstdio.h>
#include <string.h>

#define N_PARALLEL 1000
#define BIG_BODY_BYTES (8 * 1024 * 1024)
#define LARGE_BYTES (64 * 1024 * 1024)

enum
{
  PORT_PLAIN,
  PORT_TLS,
  PORT_TEN,   /* ten requests a connection */
  PORT_BRIEF, /* an idle connection is closed soon */
  N_PORTS
};

static MsaTestPki *pki;
static MsaInteropServer *httpd;

/* The server */

static const char *const modules[] = {
  "mpm_event", "authz_core", "alias", "autoindex", "cgid", "dav", "dav_fs", "dir", "env",
  "headers", "ratelimit", "reflector", "socache_shmcb", "ssl"
};

static const char main_part[] =
    "DefaultRuntimeDir .\n"
    "PidFile pid\n"
    "ErrorLog error.log\n"
    "ServerName localhost\n"
    "DocumentRoot .\n"
    "DavLockDB dav-locks/lock\n"
    "ListenBacklog 4096\n"
    "StartServers 2\n"
    "ServerLimit 4\n"
    "ThreadsPerChild 64\n"
    "MinSpareThreads 64\n"
    "MaxSpareThreads 256\n"
    "MaxRequestWorkers 256\n"
    "AsyncRequestWorkerFactor 8\n"
    "MaxKeepAliveRequests 0\n"
    "KeepAliveTimeout 60\n"
    "Header always set X-Connection expr=%{REMOTE_PORT}\n"
    "<Location />\n"
    "  Options +Indexes\n"
    "  IndexOptions FancyIndexing HTMLTable\n"
    "</Location>\n"
    "ScriptSock cgi-socket\n"
    "ScriptAlias /chunked ./cgi/file\n"
    "Alias /slow/ ./files/\n"
    "<Location /slow/>\n"
    "  SetOutputFilter RATE_LIMIT\n"
    "  SetEnv rate-limit 100\n"
    "</Location>\n"
    "<Location /echo>\n"
    "  SetHandler reflector\n"
    "</Location>\n"
    "<Location /dav/>\n"
    "  Dav on\n"
    "</Location>\n"
    "SSLCertificateFile good.pem\n"
    "SSLCertificateKeyFile good.key\n";

/* What a program writes has no length, and is sent in chunks. */
static const char script[] =
    "#!/bin/sh\n"
    "printf 'Content-Type: application/octet-stream\\n\\n'\n"
    "exec cat ../files/$PATH_INFO\n";

static const char *const port_settings[] = {
  [PORT_PLAIN] = "",
  [PORT_TLS] = "SSLEngine on\n",
  [PORT_TEN] = "MaxKeepAliveRequests 10\n",
  [PORT_BRIEF] = "KeepAliveTimeout 1ms\n",
};

static void
write_script (MsaInteropServer *server)
{
  g_autofree char *path = msa_interop_server_get_path (server, "cgi/file");

  msa_interop_server_write (server, "cgi/file", script, strlen (script));
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);
}

static GStrv
configure_httpd (MsaInteropServer *server,
                 gpointer data)
{
  const char *const args[] = { "-d", ".", "-f", "httpd.conf", "-DFOREGROUND", NULL };
  g_autoptr (GString) config = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (modules); i++)
    g_string_append_printf (config, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n",
                            modules[i], modules[i]);
  g_string_append (config, main_part);
  for (guint i = 0; i < N_PORTS; i++)
    {
      guint port = msa_interop_server_get_port (server, i);

      g_string_append_printf (config,
                              "Listen 127.0.0.1:%u\n"
                              "<VirtualHost 127.0.0.1:%u>\n%s</VirtualHost>\n",
                              port, port, port_settings[i]);
    }
  msa_interop_server_write (server, "httpd.conf", config->str, config->len);

  write_script (server);
  msa_interop_server_write_good_cert (server, pki);
  msa_interop_write_files (server, "files");
  msa_interop_server_write_sparse (server, "files/large", LARGE_BYTES);
  msa_interop_server_make_folder (server, "dav");
  msa_interop_server_make_folder (server, "dav-locks");

  return g_strdupv ((char **) args);
}

static const MsaInteropKind httpd_kind = {
  .program = "apache2",
  .n_ports = N_PORTS,
  .configure = configure_httpd,
  .ready_file = "pid",
};

static char *
make_uri_at (guint port_index,
             const char *path)
{
  if (httpd == NULL)
    httpd = msa_interop_server_start (&httpd_kind, NULL);

  return msa_interop_server_make_uri (
      httpd, port_index == PORT_TLS ? "https://localhost" : "http://127.0.0.1", port_index, path);
}

static char *
make_uri (const char *path)
{
  return make_uri_at (PORT_PLAIN, path);
}

/* Many at once */

static void
get_many (MsaTestDriverKind kind,
          guint port_index,
          guint max_connections_per_host,
          guint n_connections)
{
  g_autofree char *start = make_uri_at (port_index, "/files/");
  g_autofree char *ca_path = msa_interop_server_get_path (httpd, "ca.pem");
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (ca_path);
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  MsaMulti *multi = msa_interop_batch_get_multi (batch);

  msa_multi_set_tls_config (multi, config);
  msa_multi_set_max_connections_per_host (multi, max_connections_per_host);
  msa_interop_batch_get_files (batch, start, N_PARALLEL, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, n_connections);
}

static void
test_limited (MsaTestDriverKind kind,
              gconstpointer data)
{
  get_many (kind, PORT_PLAIN, 6, 6);
}

static void
test_unlimited (MsaTestDriverKind kind,
                gconstpointer data)
{
  if (!msa_interop_allow_descriptors (N_PARALLEL + 100))
    {
      g_test_skip ("too few descriptors are allowed");
      return;
    }

  get_many (kind, PORT_PLAIN, 0, N_PARALLEL);
}

static void
test_tls (MsaTestDriverKind kind,
          gconstpointer data)
{
  get_many (kind, PORT_TLS, 6, 6);
}

/* Connections kept, and closed */

static void
test_keepalive_requests (MsaTestDriverKind kind,
                         gconstpointer data)
{
  g_autofree char *uri = make_uri_at (PORT_TEN, "/files/10");
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < N_PARALLEL; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < N_PARALLEL; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  /* The first one is not counted. */
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), >=, N_PARALLEL / 11);
}

static void
test_keepalive_timeout (MsaTestDriverKind kind,
                        gconstpointer data)
{
  g_autofree char *uri = make_uri_at (PORT_BRIEF, "/files/10");
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < 5; i++)
    {
      for (guint j = 0; j < 6; j++)
        msa_interop_batch_get (batch, uri);
      msa_interop_batch_wait (batch);
      msa_interop_batch_wait_for_close (batch);
    }
  for (guint i = 0; i < msa_interop_batch_get_length (batch); i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
}

/* Requests */

static MsaEasy *
request (MsaInteropBatch *batch,
         const char *method,
         const char *path,
         GBytes *body)
{
  g_autofree char *uri = make_uri (path);

  return msa_interop_batch_request (batch, method, uri, body);
}

static void
test_put (MsaTestDriverKind kind,
          gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autoptr (GBytes) body = msa_interop_make_body (GPOINTER_TO_SIZE (data));
  MsaEasy *easy = request (batch, "PUT", "/dav/file", body);

  msa_interop_check_status (easy, 201);
  easy = request (batch, "GET", "/dav/file", NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  easy = request (batch, "DELETE", "/dav/file", NULL);
  msa_interop_check_status (easy, 204);
  easy = request (batch, "GET", "/dav/file", NULL);
  msa_interop_check_status (easy, 404);
}

/* The reply comes while the body is on its way: who does not read meanwhile waits for ever. */
static void
test_echo (MsaTestDriverKind kind,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autoptr (GBytes) body = msa_interop_make_body (GPOINTER_TO_SIZE (data));
  MsaEasy *easy = request (batch, "POST", "/echo", body);

  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, g_bytes_get_size (body));
}

static void
test_methods (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  MsaEasy *easy;

  easy = request (batch, "HEAD", "/files/99", NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, NULL, 0);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "content-length"), ==,
                   "204800");
  easy = request (batch, "GET", "/files/absent", NULL);
  msa_interop_check_status (easy, 404);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), >, 0);
  easy = request (batch, "OPTIONS", "/files/10", NULL);
  msa_interop_check_status (easy, 200);
  easy = request (batch, "GET", "/files/10", NULL);
  msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Bodies */

/* Some of the files, the first and the longest among them: each costs the server two processes. */
#define FILE_STEP 11

static void
test_chunked (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  for (guint i = 0; i < MSA_INTEROP_N_FILES; i += FILE_STEP)
    {
      g_autofree char *path = g_strdup_printf ("/chunked/%u", i);
      g_autofree char *uri = make_uri (path);

      msa_interop_batch_get (batch, uri);
    }
  msa_interop_batch_wait (batch);

  for (guint i = 0; i < msa_interop_batch_get_length (batch); i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);
      MsaHeaders *headers = msa_easy_get_response_headers (easy);

      msa_interop_check_file (easy, i * FILE_STEP);
      if (i * FILE_STEP == MSA_INTEROP_LONG_FILE)
        g_assert_cmpstr (msa_headers_get (headers, "transfer-encoding"), ==, "chunked");
    }
}

/* A page that the server makes while it sends. */
static void
test_listing (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  MsaEasy *easy = request (batch, "GET", "/files/", NULL);
  g_autofree char *page = NULL;

  msa_interop_check_status (easy, 200);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "transfer-encoding"),
                   ==, "chunked");
  page = g_strndup (g_bytes_get_data (msa_easy_get_body (easy), NULL),
                    g_bytes_get_size (msa_easy_get_body (easy)));
  for (guint i = 0; i < MSA_INTEROP_N_FILES; i++)
    {
      g_autofree char *link = g_strdup_printf ("<a href=\"%u\">", i);

      g_assert_nonnull (strstr (page, link));
    }
  g_assert_true (g_str_has_suffix (g_strchomp (page), "</html>"));
}

static void
test_slow (MsaTestDriverKind kind,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *uri = make_uri ("/slow/60");

  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), 0);
  for (guint i = 0; i < 20; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < 20; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_MIDDLE_FILE);
}

static void
test_large (MsaTestDriverKind kind,
            gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *uri = make_uri ("/files/large");

  msa_interop_batch_get_zeros (batch, uri, LARGE_BYTES);
}

static const MsaInteropCase cases[] = {
  { "parallel/limited", test_limited, NULL },
  { "parallel/unlimited", test_unlimited, NULL },
  { "parallel/tls", test_tls, NULL },
  { "keepalive-requests", test_keepalive_requests, NULL },
  { "keepalive-timeout", test_keepalive_timeout, NULL },
  { "put/small", test_put, GSIZE_TO_POINTER (100) },
  { "put/big", test_put, GSIZE_TO_POINTER (BIG_BODY_BYTES) },
  { "echo/empty", test_echo, GSIZE_TO_POINTER (0) },
  { "echo/small", test_echo, GSIZE_TO_POINTER (100) },
  { "echo/big", test_echo, GSIZE_TO_POINTER (BIG_BODY_BYTES) },
  { "methods", test_methods, NULL },
  { "chunked", test_chunked, NULL },
  { "listing", test_listing, NULL },
  { "slow", test_slow, NULL },
  { "large", test_large, NULL },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  msa_interop_add_cases ("httpd", &httpd_kind, cases, G_N_ELEMENTS (cases));

  result = g_test_run ();
  g_clear_pointer (&httpd, msa_interop_server_stop);
  msa_test_pki_free (pki);

  return result;
}

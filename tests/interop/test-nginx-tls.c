/* test-nginx-tls.c: HTTPS with nginx
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"
#include "interop/msa-interop-nginx.h"

#include <string.h>

#define N_PARALLEL 1000
#define BIG_BODY_BYTES (8 * 1024 * 1024)

static MsaTestPki *pki;
static MsaTestPki *other_pki;
static MsaInteropServer *nginx;

static char *
make_uri (const char *start,
          guint port_index,
          const char *path)
{
  if (nginx == NULL)
    nginx = msa_interop_nginx_start (pki);

  return msa_interop_server_make_uri (nginx, start, port_index, path);
}

/* Trusts by the file. The server has to be running. */
static MsaTlsConfig *
make_config (void)
{
  g_autofree char *path = msa_interop_server_get_path (nginx, "ca.pem");

  return msa_tls_config_new_for_ca_file (path);
}

static MsaTlsConfig *
make_pem_config (MsaTestPki *authority)
{
  const char *pem = msa_test_pki_ca_pem (authority);
  g_autoptr (GBytes) bytes = g_bytes_new_static (pem, strlen (pem));

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", bytes, NULL);
}

static MsaInteropBatch *
make_batch (MsaTestDriverKind kind,
            MsaTlsConfig *config)
{
  MsaInteropBatch *batch = msa_interop_batch_new (kind);

  msa_multi_set_tls_config (msa_interop_batch_get_multi (batch), config);

  return batch;
}

/* Many at once */

static void
test_limited (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autofree char *start = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS, "/files/");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  msa_interop_batch_get_files (batch, start, N_PARALLEL, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 6);
}

static void
test_unlimited (MsaTestDriverKind kind,
                gconstpointer data)
{
  g_autofree char *start = make_uri ("https://127.0.0.1", MSA_INTEROP_WEB_TLS, "/files/");
  g_autoptr (MsaTlsConfig) config = make_pem_config (pki);
  g_autoptr (MsaInteropBatch) batch = NULL;

  if (!msa_interop_allow_descriptors (N_PARALLEL + 100))
    {
      g_test_skip ("too few descriptors are allowed");
      return;
    }

  batch = msa_interop_batch_new (kind);
  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch), 0);
  msa_interop_batch_get_files (batch, start, N_PARALLEL, config);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  msa_interop_batch_tell_rate (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, N_PARALLEL);
}

/* Whom to trust */

/* @cause is what the message has to name. */
static void
check_refused (MsaTestDriverKind kind,
               MsaTlsConfig *config,
               const char *uri,
               const char *cause)
{
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  /* More than there may be connections. */
  for (guint i = 0; i < 10; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < 10; i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);

      msa_interop_check_failure (easy, MSA_ERROR_TLS_VERIFY);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, cause));
      g_assert_cmpuint (msa_easy_get_status (easy), ==, 0);
      g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 0);
    }
}

/* Not a byte of a request reached those that are not to be trusted. */
static void
check_nothing_asked (void)
{
  g_autofree char *log = msa_interop_server_read (nginx, "access.log");

  g_assert_cmpstr (log, ==, "");
}

static void
test_unknown_ca (MsaTestDriverKind kind,
                 gconstpointer data)
{
  g_autofree char *uri = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS, "/files/10");
  g_autoptr (MsaTlsConfig) config = make_pem_config (other_pki);

  check_refused (kind, config, uri, "unknown issuer");
}

static void
check_untrusted (MsaTestDriverKind kind,
                 guint port_index,
                 const char *cause)
{
  g_autofree char *uri = make_uri ("https://localhost", port_index, "/files/10");
  g_autofree char *ip_uri = make_uri ("https://127.0.0.1", port_index, "/files/10");
  g_autoptr (MsaTlsConfig) config = make_config ();

  check_refused (kind, config, uri, cause);
  check_refused (kind, config, ip_uri, cause);
  check_nothing_asked ();
}

static void
test_wrong_name (MsaTestDriverKind kind,
                 gconstpointer data)
{
  check_untrusted (kind, MSA_INTEROP_NGINX_WRONG_NAME, "example.org");
}

static void
test_expired (MsaTestDriverKind kind,
              gconstpointer data)
{
  check_untrusted (kind, MSA_INTEROP_NGINX_EXPIRED, "expired");
}

/* The two names of the certificate, an alternative address among them. */
static void
test_trusted (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autofree char *uri = make_uri (data, MSA_INTEROP_WEB_TLS, "/files/10");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  msa_interop_check_file (msa_interop_batch_request (batch, "GET", uri, NULL),
                          MSA_INTEROP_SMALL_FILE);
}

/* What a TLS connection carries */

static void
test_keepalive_timeout (MsaTestDriverKind kind,
                        gconstpointer data)
{
  g_autofree char *uri = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS, "/brief/10");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  for (guint i = 0; i < 10; i++)
    {
      for (guint j = 0; j < 6; j++)
        msa_interop_batch_get (batch, uri);
      msa_interop_batch_wait (batch);
      msa_interop_batch_wait_for_close (batch);
    }
  for (guint i = 0; i < 60; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 60);
}

static void
test_put (MsaTestDriverKind kind,
          gconstpointer data)
{
  g_autofree char *uri = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS, "/dav/file");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);
  g_autoptr (GBytes) body = msa_interop_make_body (BIG_BODY_BYTES);
  MsaEasy *easy = msa_interop_batch_request (batch, "PUT", uri, body);

  msa_interop_check_status (easy, 201);
  easy = msa_interop_batch_request (batch, "GET", uri, NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), BIG_BODY_BYTES);
  easy = msa_interop_batch_request (batch, "DELETE", uri, NULL);
  msa_interop_check_status (easy, 204);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Where the end of the connection is that of the body, it is told apart from a cut. */
static void
test_until_close (MsaTestDriverKind kind,
                  gconstpointer data)
{
  g_autofree char *start = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS, "/chunked/");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  for (guint i = 0; i < MSA_INTEROP_N_FILES; i++)
    {
      g_autofree char *uri = g_strdup_printf ("%s%u", start, i);
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      g_object_set (easy, "http-version", MSA_HTTP_VERSION_HTTP_1_0, NULL);
      msa_interop_batch_add (batch, easy);
    }
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, MSA_INTEROP_N_FILES);
}

static void
test_large (MsaTestDriverKind kind,
            gconstpointer data)
{
  g_autofree char *uri = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS, "/files/large");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  msa_interop_batch_get_zeros (batch, uri, MSA_INTEROP_LARGE_BYTES);
}

/* Versions */

static void
test_older_server (MsaTestDriverKind kind,
                   gconstpointer data)
{
  g_autofree char *start = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS_1_2, "/files/");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);

  msa_interop_batch_get_files (batch, start, MSA_INTEROP_N_FILES, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
}

static void
test_no_common_version (MsaTestDriverKind kind,
                        gconstpointer data)
{
  g_autofree char *uri = make_uri ("https://localhost", MSA_INTEROP_WEB_TLS_1_2, "/files/10");
  g_autofree char *ca_path = msa_interop_server_get_path (nginx, "ca.pem");
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", ca_path, "min-version",
                    MSA_TLS_VERSION_TLS_1_3, NULL);
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);
  MsaEasy *easy = msa_interop_batch_request (batch, "GET", uri, NULL);

  msa_interop_check_failure (easy, MSA_ERROR_TLS_HANDSHAKE);
}

/* https where only http is spoken. */
static void
test_not_tls (MsaTestDriverKind kind,
              gconstpointer data)
{
  g_autofree char *uri = make_uri ("https://localhost", MSA_INTEROP_WEB_PLAIN, "/files/10");
  g_autoptr (MsaTlsConfig) config = make_config ();
  g_autoptr (MsaInteropBatch) batch = make_batch (kind, config);
  MsaEasy *easy = msa_interop_batch_request (batch, "GET", uri, NULL);

  msa_interop_check_failure (easy, MSA_ERROR_TLS_HANDSHAKE);
}

static const MsaInteropCase cases[] = {
  { "parallel/limited", test_limited, NULL },
  { "parallel/unlimited", test_unlimited, NULL },
  { "refuses/unknown-ca", test_unknown_ca, NULL },
  { "refuses/wrong-name", test_wrong_name, NULL },
  { "refuses/expired", test_expired, NULL },
  { "trusts/name", test_trusted, "https://localhost" },
  { "trusts/address", test_trusted, "https://127.0.0.1" },
  { "keepalive-timeout", test_keepalive_timeout, NULL },
  { "put", test_put, NULL },
  { "until-close", test_until_close, NULL },
  { "large", test_large, NULL },
  { "older-server", test_older_server, NULL },
  { "no-common-version", test_no_common_version, NULL },
  { "not-tls", test_not_tls, NULL },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  other_pki = msa_test_pki_new ();
  msa_interop_add_cases ("nginx-tls", &msa_interop_nginx, cases, G_N_ELEMENTS (cases));

  result = g_test_run ();
  g_clear_pointer (&nginx, msa_interop_server_stop);
  msa_test_pki_free (pki);
  msa_test_pki_free (other_pki);

  return result;
}

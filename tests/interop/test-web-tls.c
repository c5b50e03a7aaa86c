/* test-web-tls.c: TLS with nginx and httpd alike: versions, clients that show who they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-web.h"

#include <string.h>

#define N_BRIEF 60

static MsaTestPki *other_pki;

/* What is asked for with a configuration of its own. */
static MsaEasy *
get_with (MsaInteropWeb *web,
          MsaInteropBatch *batch,
          guint port_index,
          MsaTlsConfig *config)
{
  g_autofree char *uri = msa_interop_web_make_uri (web, port_index, "/files/10");
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);

  g_object_set (easy, "tls-config", config, NULL);
  msa_interop_batch_add (batch, easy);
  msa_interop_batch_wait (batch);

  return easy;
}

static char *
get_ca_path (MsaInteropWeb *web)
{
  return msa_interop_server_get_path (msa_interop_web_start (web), "ca.pem");
}

/* Versions */

static MsaTlsConfig *
make_version_config (MsaInteropWeb *web,
                     MsaTlsVersion min,
                     MsaTlsVersion max)
{
  g_autofree char *ca_path = get_ca_path (web);

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", ca_path, "min-version", min, "max-version",
                       max, NULL);
}

typedef struct
{
  guint         port_index;
  MsaTlsVersion version;
  MsaTlsVersion other;
} Version;

static const Version tls_1_2 = { MSA_INTEROP_WEB_TLS_1_2, MSA_TLS_VERSION_TLS_1_2,
                                 MSA_TLS_VERSION_TLS_1_3 };
static const Version tls_1_3 = { MSA_INTEROP_WEB_TLS_1_3, MSA_TLS_VERSION_TLS_1_3,
                                 MSA_TLS_VERSION_TLS_1_2 };

/* With any version, with that one alone, and not with the other one. */
static void
test_version (MsaTestDriverKind kind,
              MsaInteropWeb *web,
              gconstpointer data)
{
  const Version *row = data;
  g_autoptr (MsaTlsConfig) same = make_version_config (web, row->version, row->version);
  g_autoptr (MsaTlsConfig) other = make_version_config (web, row->other, row->other);
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  g_autofree char *start = msa_interop_web_make_uri (web, row->port_index, "/files/");
  MsaEasy *easy;

  msa_interop_batch_get_files (batch, start, MSA_INTEROP_N_FILES, NULL);
  msa_interop_batch_wait (batch);
  msa_interop_batch_check_files (batch);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 6);

  easy = get_with (web, batch, row->port_index, same);
  msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
  easy = get_with (web, batch, row->port_index, other);
  msa_interop_check_failure (easy, MSA_ERROR_TLS_HANDSHAKE);
  g_test_message ("%s", msa_easy_get_error (easy)->message);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "localhost"));
}

/* Tickets come with each of many connections, and are of no use. */
static void
test_brief (MsaTestDriverKind kind,
            MsaInteropWeb *web,
            gconstpointer data)
{
  const Version *row = data;
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  g_autofree char *uri = msa_interop_web_make_uri (web, row->port_index, "/files/10");

  for (guint i = 0; i < N_BRIEF; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      msa_headers_append (msa_easy_get_request_headers (easy), "Connection", "close", NULL);
      msa_interop_batch_add (batch, easy);
    }
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < N_BRIEF; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (batch, i), MSA_INTEROP_SMALL_FILE);
  msa_interop_web_check_connections (web, batch, N_BRIEF);
}

static void
test_long_put (MsaTestDriverKind kind,
               MsaInteropWeb *web,
               gconstpointer data)
{
  const Version *row = data;
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  g_autofree char *uri = msa_interop_web_make_uri (web, row->port_index, "/dav/file");
  g_autoptr (GBytes) body = msa_interop_make_body (4 * 1024 * 1024);
  MsaEasy *easy = msa_interop_batch_request (batch, "PUT", uri, body);

  msa_interop_check_status (easy, 201);
  easy = msa_interop_batch_request (batch, "GET", uri, NULL);
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  easy = msa_interop_batch_request (batch, "DELETE", uri, NULL);
  msa_interop_check_status (easy, 204);
}

/* Clients that show who they are */

/* A certificate of GIO, as a backend makes them: there need be none here. */
typedef struct
{
  GTlsCertificate parent_instance;
  MsaTestCert    *cert; /* (unowned) */
} GioCertificate;

typedef GTlsCertificateClass GioCertificateClass;

GType gio_certificate_get_type (void);

G_DEFINE_TYPE (GioCertificate, gio_certificate, G_TYPE_TLS_CERTIFICATE)

/* All that a backend has; here, most are left at their defaults. */
static const char *const gio_properties[] = {
  "certificate", "certificate-pem", "private-key", "private-key-pem", "issuer", "pkcs11-uri",
  "private-key-pkcs11-uri"
};

static void
gio_certificate_get_property (GObject *object,
                              guint id,
                              GValue *value,
                              GParamSpec *pspec)
{
  GioCertificate *self = (GioCertificate *) object;

  if (strcmp (pspec->name, "certificate-pem") == 0)
    g_value_set_string (value, self->cert->cert_pem);
  else if (strcmp (pspec->name, "private-key-pem") == 0)
    g_value_set_string (value, self->cert->key_pem);
}

/* All of them are for construction as well. */
static void
gio_certificate_set_property (GObject *object,
                              guint id,
                              const GValue *value,
                              GParamSpec *pspec)
{
}

static void
gio_certificate_class_init (GioCertificateClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = gio_certificate_get_property;
  object_class->set_property = gio_certificate_set_property;
  for (guint i = 0; i < G_N_ELEMENTS (gio_properties); i++)
    g_object_class_override_property (object_class, i + 1, gio_properties[i]);
}

static void
gio_certificate_init (GioCertificate *self)
{
}

static MsaTestCert *
issue_client (MsaTestPki *pki)
{
  const MsaTestCertSpec spec = {
    .common_name = "client",
    .purpose = "1.3.6.1.5.5.7.3.2",
  };

  return msa_test_pki_issue (pki, &spec);
}

/* Who the server knows, told in three ways; and two that it does not. */
typedef enum
{
  FROM_FILES,
  FROM_MEMORY,
  FROM_GIO,
  NOBODY,
  STRANGER,
} Client;

typedef struct
{
  Client        client;
  MsaTlsVersion version; /* the last one */
} ClientCase;

static void
write_client (MsaInteropWeb *web,
              MsaTestCert *cert,
              char **cert_path,
              char **key_path)
{
  msa_interop_server_write (web->running, "client.pem", cert->cert_pem, strlen (cert->cert_pem));
  msa_interop_server_write (web->running, "client.key", cert->key_pem, strlen (cert->key_pem));
  *cert_path = msa_interop_server_get_path (web->running, "client.pem");
  *key_path = msa_interop_server_get_path (web->running, "client.key");
}

/* What is NULL is as if it were not given. */
static MsaTlsConfig *
make_client_config (MsaInteropWeb *web,
                    const ClientCase *row)
{
  MsaTestPki *pki = row->client == STRANGER ? other_pki : msa_interop_web_get_pki ();
  g_autofree char *ca_path = get_ca_path (web);
  g_autoptr (MsaTestCert) cert = issue_client (pki);
  g_autofree char *cert_path = NULL;
  g_autofree char *key_path = NULL;
  g_autoptr (GBytes) cert_pem = NULL;
  g_autoptr (GBytes) key_pem = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (row->client == FROM_FILES || row->client == STRANGER)
    write_client (web, cert, &cert_path, &key_path);
  if (row->client == FROM_MEMORY)
    {
      cert_pem = g_bytes_new (cert->cert_pem, strlen (cert->cert_pem));
      key_pem = g_bytes_new (cert->key_pem, strlen (cert->key_pem));
    }
  if (row->client == FROM_GIO)
    {
      certificate = g_object_new (gio_certificate_get_type (), NULL);
      ((GioCertificate *) certificate)->cert = cert;
    }

  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", ca_path, "certificate-file", cert_path,
                       "key-file", key_path, "certificate-pem", cert_pem, "key-pem", key_pem,
                       "certificate", certificate, "max-version", row->version, NULL);
}

static void
test_client_known (MsaTestDriverKind kind,
                   MsaInteropWeb *web,
                   gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config = make_client_config (web, data);
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);

  for (guint i = 0; i < 3; i++)
    msa_interop_check_file (get_with (web, batch, MSA_INTEROP_WEB_CLIENT, config),
                            MSA_INTEROP_SMALL_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* nginx tells in a page; httpd by an alert, which in TLS 1.3 comes when the client has long ended
 * its handshake. */
static void
test_client_unknown (MsaTestDriverKind kind,
                     MsaInteropWeb *web,
                     gconstpointer data)
{
  const ClientCase *row = data;
  g_autoptr (MsaTlsConfig) config = make_client_config (web, row);
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy = get_with (web, batch, MSA_INTEROP_WEB_CLIENT, config);

  if (strcmp (web->name, "nginx") == 0)
    {
      msa_interop_check_status (easy, 400);
      return;
    }

  g_test_message ("%s", msa_easy_get_error (easy)->message);
  msa_interop_check_failure (easy, row->version == MSA_TLS_VERSION_TLS_1_2
                                       ? MSA_ERROR_TLS_HANDSHAKE
                                       : MSA_ERROR_RECEIVE);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "localhost"));
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "the peer sent the alert"));
}

/* Another one, or none, is not let through on the connection of a client that was. */
static void
test_client_not_shared (MsaTestDriverKind kind,
                        MsaInteropWeb *web,
                        gconstpointer data)
{
  static const ClientCase known = { FROM_MEMORY, MSA_TLS_VERSION_AUTO };
  g_autoptr (MsaTlsConfig) config = make_client_config (web, &known);
  g_autoptr (MsaTlsConfig) stranger = make_client_config (web, data);
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy;

  msa_interop_check_file (get_with (web, batch, MSA_INTEROP_WEB_CLIENT, config),
                          MSA_INTEROP_SMALL_FILE);
  easy = get_with (web, batch, MSA_INTEROP_WEB_CLIENT, stranger);
  g_assert_cmpuint (msa_easy_get_status (easy), !=, 200);
  msa_interop_check_file (get_with (web, batch, MSA_INTEROP_WEB_CLIENT, config),
                          MSA_INTEROP_SMALL_FILE);
}

static const ClientCase files_1_2 = { FROM_FILES, MSA_TLS_VERSION_TLS_1_2 };
static const ClientCase files_1_3 = { FROM_FILES, MSA_TLS_VERSION_TLS_1_3 };
static const ClientCase memory_1_2 = { FROM_MEMORY, MSA_TLS_VERSION_TLS_1_2 };
static const ClientCase memory_1_3 = { FROM_MEMORY, MSA_TLS_VERSION_TLS_1_3 };
static const ClientCase gio_1_2 = { FROM_GIO, MSA_TLS_VERSION_TLS_1_2 };
static const ClientCase gio_1_3 = { FROM_GIO, MSA_TLS_VERSION_TLS_1_3 };
static const ClientCase nobody_1_2 = { NOBODY, MSA_TLS_VERSION_TLS_1_2 };
static const ClientCase nobody_1_3 = { NOBODY, MSA_TLS_VERSION_TLS_1_3 };
static const ClientCase stranger_1_2 = { STRANGER, MSA_TLS_VERSION_TLS_1_2 };
static const ClientCase stranger_1_3 = { STRANGER, MSA_TLS_VERSION_TLS_1_3 };

static const MsaInteropWebCase cases[] = {
  { "tls-1-2", test_version, &tls_1_2 },
  { "tls-1-3", test_version, &tls_1_3 },
  { "tls-1-2/brief", test_brief, &tls_1_2 },
  { "tls-1-3/brief", test_brief, &tls_1_3 },
  { "tls-1-2/long-put", test_long_put, &tls_1_2 },
  { "tls-1-3/long-put", test_long_put, &tls_1_3 },
  { "client/file/tls-1-2", test_client_known, &files_1_2 },
  { "client/file/tls-1-3", test_client_known, &files_1_3 },
  { "client/memory/tls-1-2", test_client_known, &memory_1_2 },
  { "client/memory/tls-1-3", test_client_known, &memory_1_3 },
  { "client/gio/tls-1-2", test_client_known, &gio_1_2 },
  { "client/gio/tls-1-3", test_client_known, &gio_1_3 },
  { "client/none/tls-1-2", test_client_unknown, &nobody_1_2 },
  { "client/none/tls-1-3", test_client_unknown, &nobody_1_3 },
  { "client/stranger/tls-1-2", test_client_unknown, &stranger_1_2 },
  { "client/stranger/tls-1-3", test_client_unknown, &stranger_1_3 },
  { "client/not-shared/none", test_client_not_shared, &nobody_1_3 },
  { "client/not-shared/stranger", test_client_not_shared, &stranger_1_3 },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  other_pki = msa_test_pki_new ();
  msa_interop_web_add_cases (cases, G_N_ELEMENTS (cases), FALSE);

  result = msa_interop_web_run ();
  msa_test_pki_free (other_pki);

  return result;
}

/* test-tls-refusals.c: nobody is trusted, and nothing kept, because a call of GnuTLS failed
 *
 * The calls that the verify function, the check of names, of stapled status and of pins, and the
 * keeping of sessions make are replaced in this program: each fails when a test says so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-filter-private.h"
#include "tls/msa-tls-trust-private.h"

#include <dlfcn.h>
#include <gnutls/abstract.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509-ext.h>

#define HOST "www.example.org"

static MsaSim *sim;
static MsaSys *sys;
static MsaTestPki *root;
static MsaTestPki *sub;
static MsaTestCert *cert; /* by the root */
static MsaTestCert *below_sub; /* by the intermediate, which is sent */
static GBytes *status_of_cert;
static GBytes *status_below_sub;
static GBytes *status_of_sub;
static const char *const pin_files[] = { "leaf.pem", "other.pem" };

static const gnutls_datum_t no_certificate;
static const char *failing; /* (nullable): the function that is to fail */
static gboolean oddly; /* in its second way, where it has one */
static guint fail_at; /* at which call */
static guint n_calls; /* since it was to fail */

/* The program's own code, of the linker. */
extern const char __executable_start[], etext[];

/* @caller: GnuTLS calls some of them itself, and these calls do not count. */
static gboolean
fails (const char *function,
       const char *caller)
{
  return caller >= __executable_start && caller < etext && g_strcmp0 (function, failing) == 0 &&
         ++n_calls == fail_at;
}

/* The function of the library. */
#define REAL(function) ((__typeof__ (&function)) dlsym (RTLD_NEXT, #function))

#define FAIL_OR_PASS(function, failure, ...) \
  if (fails (#function, __builtin_return_address (0))) \
    return failure; \
  return REAL (function) (__VA_ARGS__)

int
gnutls_credentials_get (gnutls_session_t session,
                        gnutls_credentials_type_t type,
                        void **cred)
{
  FAIL_OR_PASS (gnutls_credentials_get, GNUTLS_E_INVALID_REQUEST, session, type, cred);
}

gnutls_credentials_type_t
gnutls_auth_server_get_type (gnutls_session_t session)
{
  FAIL_OR_PASS (gnutls_auth_server_get_type, GNUTLS_CRD_ANON, session);
}

gnutls_certificate_type_t
gnutls_certificate_type_get2 (gnutls_session_t session,
                              gnutls_ctype_target_t target)
{
  FAIL_OR_PASS (gnutls_certificate_type_get2, GNUTLS_CRT_RAWPK, session, target);
}

const gnutls_datum_t *
gnutls_certificate_get_peers (gnutls_session_t session,
                              unsigned int *len)
{
  FAIL_OR_PASS (gnutls_certificate_get_peers,
                oddly ? (*len = 0, &no_certificate) : (*len = 1, NULL), session, len);
}

int
gnutls_x509_crt_init (gnutls_x509_crt_t *crt)
{
  FAIL_OR_PASS (gnutls_x509_crt_init, GNUTLS_E_MEMORY_ERROR, crt);
}

int
gnutls_x509_crt_import (gnutls_x509_crt_t crt,
                        const gnutls_datum_t *data,
                        gnutls_x509_crt_fmt_t format)
{
  FAIL_OR_PASS (gnutls_x509_crt_import, GNUTLS_E_MEMORY_ERROR, crt, data, format);
}

int
gnutls_x509_crt_get_key_id (gnutls_x509_crt_t crt,
                            unsigned int flags,
                            unsigned char *data,
                            size_t *len)
{
  FAIL_OR_PASS (gnutls_x509_crt_get_key_id, GNUTLS_E_MEMORY_ERROR, crt, flags, data, len);
}

int
gnutls_subject_alt_names_init (gnutls_subject_alt_names_t *names)
{
  FAIL_OR_PASS (gnutls_subject_alt_names_init, GNUTLS_E_MEMORY_ERROR, names);
}

int
gnutls_subject_alt_names_get (gnutls_subject_alt_names_t names,
                              unsigned int i,
                              unsigned int *type,
                              gnutls_datum_t *name,
                              gnutls_datum_t *oid)
{
  FAIL_OR_PASS (gnutls_subject_alt_names_get, GNUTLS_E_MEMORY_ERROR, names, i, type, name, oid);
}

int
gnutls_x509_crt_get_extension_by_oid2 (gnutls_x509_crt_t crt,
                                       const char *oid,
                                       unsigned int index,
                                       gnutls_datum_t *data,
                                       unsigned int *critical)
{
  FAIL_OR_PASS (gnutls_x509_crt_get_extension_by_oid2, GNUTLS_E_MEMORY_ERROR, crt, oid, index,
                data, critical);
}

int
gnutls_x509_ext_import_subject_alt_names (const gnutls_datum_t *data,
                                          gnutls_subject_alt_names_t names,
                                          unsigned int flags)
{
  FAIL_OR_PASS (gnutls_x509_ext_import_subject_alt_names, GNUTLS_E_MEMORY_ERROR, data, names,
                flags);
}

unsigned int
gnutls_x509_crt_check_hostname2 (gnutls_x509_crt_t crt,
                                 const char *name,
                                 unsigned int flags)
{
  FAIL_OR_PASS (gnutls_x509_crt_check_hostname2, 0, crt, name, flags);
}

int
gnutls_x509_crt_verify (gnutls_x509_crt_t crt,
                        const gnutls_x509_crt_t *issuers,
                        unsigned int n,
                        unsigned int flags,
                        unsigned int *status)
{
  FAIL_OR_PASS (gnutls_x509_crt_verify, (*status = 0, GNUTLS_E_MEMORY_ERROR), crt, issuers, n,
                flags, status);
}

int
gnutls_x509_trust_list_get_issuer (gnutls_x509_trust_list_t list,
                                   gnutls_x509_crt_t crt,
                                   gnutls_x509_crt_t *issuer,
                                   unsigned int flags)
{
  FAIL_OR_PASS (gnutls_x509_trust_list_get_issuer, GNUTLS_E_MEMORY_ERROR, list, crt, issuer, flags);
}

int
gnutls_ocsp_resp_init (gnutls_ocsp_resp_t *response)
{
  FAIL_OR_PASS (gnutls_ocsp_resp_init, GNUTLS_E_MEMORY_ERROR, response);
}

int
gnutls_ocsp_resp_import (gnutls_ocsp_resp_t response,
                         const gnutls_datum_t *data)
{
  FAIL_OR_PASS (gnutls_ocsp_resp_import, GNUTLS_E_MEMORY_ERROR, response, data);
}

int
gnutls_ocsp_resp_verify_direct (gnutls_ocsp_resp_const_t response,
                                gnutls_x509_crt_t issuer,
                                unsigned int *verify,
                                unsigned int flags)
{
  FAIL_OR_PASS (gnutls_ocsp_resp_verify_direct, (*verify = 0, GNUTLS_E_MEMORY_ERROR),
                response, issuer, verify, flags);
}

/* Oddly: it does not say since when. */
int
gnutls_ocsp_resp_get_single (gnutls_ocsp_resp_const_t response,
                             unsigned index,
                             gnutls_digest_algorithm_t *digest,
                             gnutls_datum_t *name_hash,
                             gnutls_datum_t *key_hash,
                             gnutls_datum_t *serial,
                             unsigned int *status,
                             time_t *since,
                             time_t *next,
                             time_t *revoked,
                             unsigned int *reason)
{
  if (oddly && since != NULL)
    return gnutls_ocsp_resp_get_single (response, index, digest, name_hash, key_hash, serial,
                                        status, NULL, next, revoked, reason);
  FAIL_OR_PASS (gnutls_ocsp_resp_get_single, GNUTLS_E_MEMORY_ERROR, response, index, digest,
                name_hash, key_hash, serial, status, since, next, revoked, reason);
}

int
gnutls_session_get_data2 (gnutls_session_t session,
                          gnutls_datum_t *data)
{
  FAIL_OR_PASS (gnutls_session_get_data2, GNUTLS_E_MEMORY_ERROR, session, data);
}

int
gnutls_pubkey_init (gnutls_pubkey_t *key)
{
  FAIL_OR_PASS (gnutls_pubkey_init, GNUTLS_E_MEMORY_ERROR, key);
}

int
gnutls_session_get_id2 (gnutls_session_t session,
                        gnutls_datum_t *id)
{
  FAIL_OR_PASS (gnutls_session_get_id2, oddly ? (id->size = 0) : GNUTLS_E_MEMORY_ERROR, session,
                id);
}

/* Oddly: without a position. */
int
gnutls_priority_init2 (gnutls_priority_t *priority,
                       const char *text,
                       const char **stop,
                       unsigned int flags)
{
  FAIL_OR_PASS (gnutls_priority_init2, (*stop = oddly ? NULL : text + 3, GNUTLS_E_INVALID_REQUEST),
                priority, text, stop, flags);
}

/* --- a client --- */

typedef struct
{
  const MsaTestCert *cert;
  GBytes *staple;
  GBytes *issuer_staple;
  const char *priority;
  gboolean no_tickets;
} Server;

typedef struct
{
  MsaTestTlsPeer *peer; /* (owned) */
  MsaTlsConfig *config; /* (owned) */
  MsaTrust *trust; /* (owned) */
  MsaHost *host; /* (owned) */
  MsaFilter *filter; /* (owned) */
} Client;

/* @config is taken. */
static void
client_open_with (Client *self,
                  const Server *server,
                  MsaTlsConfig *config)
{
  const MsaTestTlsOptions options = {
    .cert = server->cert,
    .priority = server->priority,
    .no_tickets = server->no_tickets,
    .staple = server->staple,
    .issuer_staple = server->issuer_staple,
  };

  self->peer = msa_test_tls_peer_new_full (&options);
  self->config = config;
  self->trust = msa_test_tls_trust_load (sys, msa_test_pki_ca_pem (root), self->config);
  self->host = msa_host_new (msa_slice_from_string (HOST), NULL);
  self->filter = msa_tls_filter_new (sys,
                                     msa_test_tls_peer_new_bottom (self->peer), self->trust,
                                     self->config, self->host, NULL, NULL);
  g_assert_nonnull (self->filter);
}

static void
client_open (Client *self,
             const Server *server)
{
  g_autofree char *pin = msa_test_pin_new (server->cert->cert_pem);
  const char *pins[] = { pin, NULL };

  client_open_with (self, server, g_object_new (MSA_TYPE_TLS_CONFIG, "pinned-keys", pins, NULL));
}

static void
client_close (Client *self)
{
  msa_filter_free (self->filter);
  msa_host_unref (self->host);
  msa_trust_unref (self->trust);
  g_clear_object (&self->config);
  msa_test_tls_peer_free (self->peer);
}

static MsaTlsVerified *
verify (Client *self,
        GError **error)
{
  gnutls_session_t session = ((MsaTlsFilter *) self->filter)->session;

  return msa_tls_verify (session, self->config, self->host, self->trust, sys,
                         FALSE, NULL, error);
}

/* --- peers --- */

typedef struct
{
  const char *function;
  const char *text; /* in the refusal, for one of its calls at least */
  int code;
} Refusal;

#define NOT_ISSUERS "stapled status that is not its issuer's"

static const Refusal refusals[] = {
  { "gnutls_credentials_get", "another trust store is in use", MSA_ERROR_TLS_VERIFY },
  { "gnutls_auth_server_get_type", "it is no X.509 certificate", MSA_ERROR_TLS_VERIFY },
  { "gnutls_certificate_type_get2", "it is no X.509 certificate", MSA_ERROR_TLS_VERIFY },
  { "gnutls_certificate_get_peers", "none was sent", MSA_ERROR_TLS_VERIFY },
  { "gnutls_x509_crt_init", "memory", MSA_ERROR_TLS_PIN },
  { "gnutls_x509_crt_import", "memory", MSA_ERROR_TLS_PIN },
  { "gnutls_x509_crt_get_key_id", "its key is none of those", MSA_ERROR_TLS_PIN },
  { "gnutls_subject_alt_names_init", "unreadable names", MSA_ERROR_TLS_VERIFY },
  { "gnutls_subject_alt_names_get", "unreadable names", MSA_ERROR_TLS_VERIFY },
  { "gnutls_x509_crt_get_extension_by_oid2", "unreadable names", MSA_ERROR_TLS_VERIFY },
  { "gnutls_x509_ext_import_subject_alt_names", "unreadable names", MSA_ERROR_TLS_VERIFY },
  { "gnutls_x509_crt_check_hostname2", "it is for DNS:" HOST, MSA_ERROR_TLS_VERIFY },
};

static const Refusal of_status[] = {
  { "gnutls_x509_crt_init", "a certificate that cannot be read", MSA_ERROR_TLS_VERIFY },
  { "gnutls_x509_crt_import", "a certificate that cannot be read", MSA_ERROR_TLS_VERIFY },
  { "gnutls_x509_crt_verify", NOT_ISSUERS, MSA_ERROR_TLS_VERIFY },
  { "gnutls_ocsp_resp_init", "no memory to read its status", MSA_ERROR_TLS_VERIFY },
  { "gnutls_ocsp_resp_import", "unreadable stapled status", MSA_ERROR_TLS_VERIFY },
  { "gnutls_ocsp_resp_verify_direct", NOT_ISSUERS, MSA_ERROR_TLS_VERIFY },
  { "gnutls_ocsp_resp_get_single", "unreadable stapled status", MSA_ERROR_TLS_VERIFY },
};

static gboolean
refuses (Client *client,
         const Refusal *row,
         gboolean *as_said)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaTlsVerified) verified = NULL;

  n_calls = 0;
  failing = row->function;
  verified = verify (client, &error);
  failing = NULL;
  if (n_calls < fail_at)
    {
      g_assert_no_error (error);
      g_assert_nonnull (verified);
      return FALSE;
    }

  g_test_message ("call %u: %s", fail_at, error != NULL ? error->message : "accepted");
  g_assert_null (verified);
  g_assert_true (g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY) ||
                 g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_PIN));
  if (error->code == row->code && strstr (error->message, row->text) != NULL)
    *as_said = TRUE;
  return TRUE;
}

/* Each call of the function fails, one after another. */
static void
assert_refused (const Server *server,
                const Refusal *row)
{
  g_autoptr (GError) error = NULL;
  gboolean as_said = FALSE;
  Client client;

  client_open (&client, server);
  g_assert_cmpint (msa_test_tls_peer_connect (client.peer, client.filter, &error), ==, MSA_IO_DONE);
  g_assert_no_error (error);
  for (fail_at = 1; refuses (&client, row, &as_said); fail_at++)
    ;
  g_assert_true (as_said);
  client_close (&client);
}

static void
test_peer (gconstpointer data)
{
  assert_refused (&(const Server) { .cert = cert }, data);
}

static void
test_empty_chain (void)
{
  const Refusal row = { "gnutls_certificate_get_peers", "none was sent", MSA_ERROR_TLS_VERIFY };
  g_autoptr (GError) error = NULL;
  Client client;

  client_open (&client, &(const Server) { .cert = cert });
  g_assert_cmpint (msa_test_tls_peer_connect (client.peer, client.filter, &error), ==, MSA_IO_DONE);
  failing = row.function;
  oddly = TRUE;
  n_calls = 0;
  fail_at = 1;
  g_assert_null (verify (&client, &error));
  failing = NULL;
  oddly = FALSE;
  g_assert_error (error, MSA_ERROR, row.code);
  g_assert_nonnull (strstr (error->message, row.text));
  client_close (&client);
}

/* The pin of a file counts with the trust, whatever the configuration. */
static void
test_pin_of_trust (void)
{
  const Server server = { .cert = cert };
  gboolean other;

  for (other = FALSE; other <= TRUE; other++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaTlsVerified) verified = NULL;
      Client client;

      client_open_with (&client, &server,
                        g_object_new (MSA_TYPE_TLS_CONFIG, "pinned-key-file",
                                      pin_files[other ? 1 : 0], NULL));
      g_assert_cmpint (msa_test_tls_peer_connect (client.peer, client.filter, &error), ==,
                       other ? MSA_IO_ERROR : MSA_IO_DONE);
      g_clear_error (&error);
      g_clear_object (&client.config);
      verified = verify (&client, &error);
      g_assert_cmpint (verified != NULL, ==, !other);
      if (other)
        g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_PIN);
      client_close (&client);
    }
}

/* The status of both certificates of a chain, each from its issuer. */
static void
test_status (gconstpointer data)
{
  const Server server = {
    .cert = below_sub,
    .staple = status_below_sub,
    .issuer_staple = status_of_sub,
    .priority = MSA_TEST_TLS_1_3,
  };

  assert_refused (&server, data);
}

/* The issuer is among those that are trusted, not in the chain. */
static void
test_issuer (void)
{
  const Refusal row = { "gnutls_x509_trust_list_get_issuer", NOT_ISSUERS, MSA_ERROR_TLS_VERIFY };

  assert_refused (&(const Server) { .cert = cert, .staple = status_of_cert }, &row);
}

static void
test_status_without_time (void)
{
  const Server server = { .cert = cert, .staple = status_of_cert };
  g_autoptr (GError) error = NULL;
  Client client;

  client_open (&client, &server);
  g_assert_cmpint (msa_test_tls_peer_connect (client.peer, client.filter, &error), ==, MSA_IO_DONE);
  oddly = TRUE;
  g_assert_null (verify (&client, &error));
  oddly = FALSE;
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_nonnull (strstr (error->message, "unreadable stapled status"));
  client_close (&client);
}

/* --- what is loaded --- */

static void
test_pin_file (gconstpointer data)
{
  const char *const *row = data;
  guint8 digest[MSA_TLS_PIN_BYTES];

  for (gsize i = 0; i < G_N_ELEMENTS (pin_files); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (msa_tls_pinned_key_load (sys, pin_files[i], digest, &error));
      g_assert_no_error (error);
    }

  /* Whatever is in it, a key is looked for first, and then a certificate. */
  n_calls = 0;
  fail_at = 1;
  failing = *row;
  for (gsize i = 0; i < G_N_ELEMENTS (pin_files) && n_calls == 0; i++)
    {
      g_autoptr (GError) error = NULL;

      if (msa_tls_pinned_key_load (sys, pin_files[i], digest, &error))
        continue;
      g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_TRUST);
      g_assert_nonnull (strstr (error->message, "memory"));
    }
  failing = NULL;
  g_assert_cmpuint (n_calls, >, 0);
}

static void
test_pin_of_junk (void)
{
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) junk = g_bytes_new_static ("junk", 4);

  g_assert_null (msa_tls_pin_new (empty));
  g_assert_null (msa_tls_pin_new (junk));
}

static const struct
{
  const char *name;
  const char *priority;
  gboolean oddly;
  int code;
  const char *text;
} priorities[] = {
  { "default", NULL, FALSE, MSA_ERROR_TLS_HANDSHAKE, "the default TLS priorities cannot be used" },
  { "own", "NORMAL", FALSE, MSA_ERROR_INVALID_ARGUMENT, "not understood at position 3" },
  { "own-without-position", "NORMAL", TRUE, MSA_ERROR_INVALID_ARGUMENT,
    "not understood at position 0" },
};

static void
test_priorities (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  MsaTlsSettings settings = { .priority = (char *) priorities[row].priority };
  g_autoptr (GError) error = NULL;

  n_calls = 0;
  fail_at = 1;
  oddly = priorities[row].oddly;
  failing = "gnutls_priority_init2";
  g_assert_null (msa_tls_priority_new (&settings, &error));
  failing = NULL;
  oddly = FALSE;
  g_assert_error (error, MSA_ERROR, priorities[row].code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, priorities[row].text));
}

/* --- sessions --- */

/* An old session without a ticket is known by its number. */
static void
test_no_number (void)
{
  static const gboolean ways[] = { FALSE, TRUE };
  const Server server = { .cert = cert, .priority = MSA_TEST_TLS_1_2, .no_tickets = TRUE };

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (MsaTlsSessions) sessions = msa_tls_sessions_new ();
      g_autoptr (GError) error = NULL;
      Client client;

      client_open (&client, &server);
      msa_tls_filter_set_sessions (client.filter, sessions, "origin", 443);
      g_assert_false (msa_tls_filter_is_resumed (client.filter));
      n_calls = 0;
      fail_at = 1;
      failing = "gnutls_session_get_id2";
      oddly = ways[i];
      g_assert_cmpint (msa_test_tls_peer_connect (client.peer, client.filter, &error), ==,
                       MSA_IO_DONE);
      failing = NULL;
      oddly = FALSE;
      g_assert_cmpuint (n_calls, ==, 1);
      g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 0);
      client_close (&client);
    }
}

typedef struct
{
  const char *function;
  const char *priority;
} Keeping;

static const Keeping keepings[] = {
  { "gnutls_session_get_data2", MSA_TEST_TLS_1_2 },
  { "gnutls_session_get_data2", MSA_TEST_TLS_1_3 },
  { "gnutls_x509_crt_init", MSA_TEST_TLS_1_2 },
  { "gnutls_x509_crt_init", MSA_TEST_TLS_1_3 },
  { "gnutls_x509_crt_import", MSA_TEST_TLS_1_2 },
  { "gnutls_x509_crt_import", MSA_TEST_TLS_1_3 },
  { "gnutls_ocsp_resp_init", MSA_TEST_TLS_1_2 },
  { "gnutls_ocsp_resp_init", MSA_TEST_TLS_1_3 },
  { "gnutls_ocsp_resp_import", MSA_TEST_TLS_1_2 },
  { "gnutls_ocsp_resp_import", MSA_TEST_TLS_1_3 },
  { "gnutls_ocsp_resp_get_single", MSA_TEST_TLS_1_2 },
  { "gnutls_ocsp_resp_get_single", MSA_TEST_TLS_1_3 },
};

static void
hear (Client *client)
{
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gsize n_read = 0;

  while (!client->peer->is_done)
    msa_test_tls_peer_run (client->peer);
  msa_test_tls_peer_write (client->peer, "hello", 5);
  g_assert_cmpint (msa_filter_recv (client->filter, (guint8 *) buffer, sizeof (buffer), &n_read,
                                    &error),
                   ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n_read, "hello", 5);
}

/* How many sessions one connection leaves. */
static guint
count_kept (const Keeping *row,
            guint at)
{
  const Server server = { .cert = cert, .staple = status_of_cert, .priority = row->priority };
  g_autoptr (MsaTlsSessions) sessions = msa_tls_sessions_new ();
  g_autoptr (GError) error = NULL;
  guint n_kept;
  Client client;

  client_open (&client, &server);
  msa_tls_filter_set_sessions (client.filter, sessions, "origin", 443);
  n_calls = 0;
  fail_at = at;
  failing = row->function;
  if (msa_test_tls_peer_connect (client.peer, client.filter, &error) == MSA_IO_DONE)
    hear (&client);
  failing = NULL;

  n_kept = msa_tls_sessions_count (sessions);
  client_close (&client);
  return n_kept;
}

/* What cannot be known of a session is not taken for endless. */
static void
test_kept (gconstpointer data)
{
  guint n = count_kept (data, 0);
  guint n_all = n_calls;

  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n_all, >, 0);
  for (guint at = 1; at <= n_all; at++)
    {
      guint n_kept = count_kept (data, at);

      g_test_message ("call %u of %u: %u of %u kept", at, n_all, n_kept, n);
      g_assert_cmpuint (n_kept, <, n);
    }
}

static void
add_rows (const char *name,
          const Refusal *rows,
          gsize n,
          GTestDataFunc func)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/msa/tls-refusals/%s/%s", name, rows[i].function);

      g_test_add_data_func (path, &rows[i], func);
    }
}

static void
make_certificates (void)
{
  const MsaTestCertSpec spec = { .dns = { HOST } };
  g_autofree char *sub_pem = NULL;
  MsaTestCert of_sub = { NULL, NULL };

  root = msa_test_pki_new ();
  sub = msa_test_pki_new_sub (root, TRUE);
  cert = msa_test_pki_issue (root, &spec);
  below_sub = msa_test_pki_issue (sub, &spec);
  sub_pem = msa_test_pki_own_pem (sub);
  of_sub.cert_pem = sub_pem;
  status_of_cert = msa_test_ocsp_new (root, root, cert, MSA_TEST_STATUS_GOOD, MSA_TEST_VALID);
  status_below_sub = msa_test_ocsp_new (sub, sub, below_sub, MSA_TEST_STATUS_GOOD, MSA_TEST_VALID);
  status_of_sub = msa_test_ocsp_new (root, root, &of_sub, MSA_TEST_STATUS_GOOD, MSA_TEST_VALID);
  msa_sim_set_file (sim, pin_files[0], cert->cert_pem, -1);
  msa_sim_set_file (sim, pin_files[1],
                    "-----BEGIN PUBLIC KEY-----\n"
                    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                    "-----END PUBLIC KEY-----\n",
                    -1);
}

static void
free_certificates (void)
{
  msa_sim_unref (sim);
  g_bytes_unref (status_of_cert);
  g_bytes_unref (status_below_sub);
  g_bytes_unref (status_of_sub);
  msa_test_cert_free (cert);
  msa_test_cert_free (below_sub);
  msa_test_pki_free (sub);
  msa_test_pki_free (root);
}

int
main (int argc,
      char **argv)
{
  static const char *const of_pins[] = { "gnutls_x509_crt_init", "gnutls_pubkey_init" };
  int status;

  g_test_init (&argc, &argv, NULL);
  sim = msa_sim_new ();
  sys = msa_sim_get_sys (sim);
  msa_sim_advance_by (sim, g_get_real_time () - sys->ops->real_us (sys));
  make_certificates ();
  add_rows ("peer", refusals, G_N_ELEMENTS (refusals), test_peer);
  add_rows ("status", of_status, G_N_ELEMENTS (of_status), test_status);
  g_test_add_func ("/msa/tls-refusals/status/gnutls_x509_trust_list_get_issuer", test_issuer);
  g_test_add_func ("/msa/tls-refusals/status/without-time", test_status_without_time);
  g_test_add_func ("/msa/tls-refusals/peer/empty-chain", test_empty_chain);
  g_test_add_func ("/msa/tls-refusals/peer/pin-of-trust", test_pin_of_trust);
  g_test_add_func ("/msa/tls-refusals/pin/junk", test_pin_of_junk);
  g_test_add_func ("/msa/tls-refusals/kept/no-number", test_no_number);
  for (gsize i = 0; i < G_N_ELEMENTS (of_pins); i++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/tls-refusals/pin/%s", of_pins[i]);

      g_test_add_data_func (path, &of_pins[i], test_pin_file);
    }
  MSA_TEST_ADD_NUMBERED ("/msa/tls-refusals/priorities", priorities, test_priorities);
  for (gsize i = 0; i < G_N_ELEMENTS (keepings); i++)
    {
      const gboolean is_old = g_str_equal (keepings[i].priority, MSA_TEST_TLS_1_2);
      g_autofree char *path =
          g_strdup_printf ("/msa/tls-refusals/kept/%s/%s", keepings[i].function,
                           is_old ? "tls-1-2" : "tls-1-3");

      g_test_add_data_func (path, &keepings[i], test_kept);
    }
  status = g_test_run ();
  free_certificates ();
  return status;
}

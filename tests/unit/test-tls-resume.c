/* test-tls-resume.c: which sessions are kept, and who may resume them
 *
 * The server is in memory; store and filter take their time from the simulated system.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "sim/msa-sim.h"
#include "tls/msa-tls-trust-private.h"

#include <gnutls/x509.h>
#include <time.h>

#define HOST "www.example.org"
#define HOUR_US ((gint64) 3600 * G_USEC_PER_SEC)
#define DAY_US (24 * HOUR_US)

static MsaSim *sim;
static MsaSys *sys;
static MsaTestPki *pki;
static MsaTestPki *other_pki;
static MsaTestCert *cert;
static MsaTestCert *other_cert; /* for the same name, by the other authority */
static MsaTestCert *brief_cert; /* for an hour */
static MsaTestCert *clients[2];
static gnutls_datum_t ticket_key;
static time_t gnutls_ahead_s; /* what GnuTLS' clock shows more than it should */

static MsaTlsSessions *sessions;

/* One connection: what is asked for, and what came of it. */
typedef struct
{
  /* What is left out is as in the others. */
  const MsaTestCert *cert;
  const char *priority;
  const char *ca_pem;
  MsaTlsConfig *config;
  const char *host;
  const char *role;
  guint16 port;
  const gnutls_datum_t *ticket_key;
  gboolean no_tickets;
  GBytes *staple;
  gboolean ask; /* and accept */
  gboolean silent; /* nothing is received after the handshake */
  gboolean broken; /* the connection breaks within the handshake */

  MsaIo io;
  GError *error; /* (owned) (nullable) */
  gboolean resumed; /* both sides say so */
  GBytes *leaf; /* (owned) (nullable) */
} Visit;

static MsaFilter *
make_client (const Visit *visit,
             MsaTestTlsPeer *peer)
{
  const char *ca_pem = visit->ca_pem != NULL ? visit->ca_pem : msa_test_pki_ca_pem (pki);
  const char *text = visit->host != NULL ? visit->host : HOST;
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_load (sys, ca_pem, visit->config);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = msa_host_new (msa_slice_from_string (text), &error);
  MsaFilter *client = msa_tls_filter_new (sys, msa_test_tls_peer_new_bottom (peer), trust,
                                          visit->config, host, NULL, &error);

  g_assert_no_error (error);
  msa_tls_filter_set_sessions (client, sessions, visit->role != NULL ? visit->role : "origin",
                               visit->port != 0 ? visit->port : 443);
  msa_tls_filter_set_may_ask (client, visit->ask);
  return client;
}

static void
exchange (MsaTestTlsPeer *peer,
          MsaFilter *client)
{
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gsize n_read = 0;

  while (!peer->is_done)
    msa_test_tls_peer_run (peer);
  msa_test_tls_peer_write (peer, "hello", 5);
  g_assert_cmpint (msa_filter_recv (client, (guint8 *) buffer, sizeof (buffer), &n_read, &error),
                   ==, MSA_IO_DONE);
  g_assert_cmpmem (buffer, n_read, "hello", 5);
}

static void
note (Visit *self,
      MsaTestTlsPeer *peer,
      MsaFilter *client)
{
  g_autoptr (GPtrArray) chain = msa_tls_filter_dup_chain (client);

  self->resumed = msa_tls_filter_is_resumed (client);
  if (self->io == MSA_IO_DONE)
    g_assert_cmpint (self->resumed, ==, gnutls_session_is_resumed (peer->session) != 0);
  self->leaf = chain != NULL ? g_bytes_ref (chain->pdata[0]) : NULL;
}

static void
visit (Visit *self)
{
  MsaTestTlsOptions options = {
    .cert = self->cert != NULL ? self->cert : cert,
    .priority = self->priority,
    .ticket_key = self->ticket_key != NULL ? self->ticket_key : &ticket_key,
    .no_tickets = self->no_tickets,
    .staple = self->staple,
  };
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new_full (&options);
  g_autoptr (MsaFilter) client = make_client (self, peer);

  peer->in_broken = self->broken;
  self->io = msa_test_tls_peer_connect (peer, client, &self->error);
  if (msa_tls_filter_is_undecided (client))
    {
      msa_tls_filter_decide (client, TRUE);
      self->io = msa_test_tls_peer_connect (peer, client, &self->error);
    }
  if (self->io == MSA_IO_DONE && !self->silent)
    exchange (peer, client);
  note (self, peer, client);
}

static void
visit_clear (Visit *self)
{
  g_clear_error (&self->error);
  g_clear_pointer (&self->leaf, g_bytes_unref);
}

/* Gives whether it was resumed. */
static gboolean
visit_well (Visit self)
{
  gboolean resumed;

  visit (&self);
  g_assert_no_error (self.error);
  g_assert_cmpint (self.io, ==, MSA_IO_DONE);
  resumed = self.resumed;
  visit_clear (&self);
  return resumed;
}

static void
visit_badly (Visit self,
             int code)
{
  visit (&self);
  g_assert_cmpint (self.io, ==, MSA_IO_ERROR);
  g_assert_error (self.error, MSA_ERROR, code);
  visit_clear (&self);
}

static guint
count (void)
{
  return msa_tls_sessions_count (sessions);
}

/* --- keeping and taking --- */

static void
test_resumes (gconstpointer data)
{
  g_assert_false (visit_well ((Visit) { .priority = data }));
  g_assert_cmpuint (count (), >, 0);
  g_assert_true (visit_well ((Visit) { .priority = data }));
  g_assert_true (visit_well ((Visit) { .priority = data }));
}

/* Several tickets that come at once are several sessions; each is used once. */
static void
test_tickets_are_used_once (gconstpointer data)
{
  guint i, n_tickets;

  g_assert_false (visit_well ((Visit) { .priority = data }));
  n_tickets = count ();
  g_assert_cmpuint (n_tickets, >=, 2);
  for (i = 0; i < n_tickets; i++)
    g_assert_true (visit_well ((Visit) { .priority = data, .silent = TRUE }));
  g_assert_cmpuint (count (), ==, 0);
  g_assert_false (visit_well ((Visit) { .priority = data, .silent = TRUE }));
}

static void
test_old_session_is_used_again (gconstpointer data)
{
  guint i;

  g_assert_false (visit_well ((Visit) { .priority = data }));
  g_assert_cmpuint (count (), ==, 1);
  for (i = 0; i < 3; i++)
    g_assert_true (visit_well ((Visit) { .priority = data }));
  g_assert_cmpuint (count (), ==, 1);
}

/* Nothing waits for a ticket that does not come. A server of TLS 1.2 gives its session a number,
 * even if it does not mean to know it again. */
static void
test_no_tickets (gconstpointer data)
{
  g_assert_false (visit_well ((Visit) { .priority = data, .no_tickets = TRUE }));
  g_assert_cmpuint (count (), ==, g_str_equal (data, MSA_TEST_TLS_1_2) ? 1 : 0);
  g_assert_false (visit_well ((Visit) { .priority = data, .no_tickets = TRUE }));
}

/* A server that lost its key answers as if there had been no session. */
static void
test_ticket_key_lost (gconstpointer data)
{
  gnutls_datum_t new_key;

  g_assert_cmpint (gnutls_session_ticket_key_generate (&new_key), ==, 0);
  g_assert_false (visit_well ((Visit) { .priority = data }));
  g_assert_false (visit_well ((Visit) { .priority = data, .ticket_key = &new_key }));
  g_assert_true (visit_well ((Visit) { .priority = data, .ticket_key = &new_key }));
  gnutls_free (new_key.data);
}

static void
test_broken_handshake (gconstpointer data)
{
  g_assert_false (visit_well ((Visit) { .priority = data }));
  visit_badly ((Visit) { .priority = data, .broken = TRUE }, MSA_ERROR_TLS_HANDSHAKE);
  g_assert_cmpuint (count (), ==, 0);
}

/* --- time --- */

static const struct
{
  const char *name;
  const char *priority;
  gint64 lives_us;
} ages[] = {
  { "tls-1-2", MSA_TEST_TLS_1_2, DAY_US },
  { "tls-1-3", MSA_TEST_TLS_1_3, 7 * DAY_US },
};

static void
test_age (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);

  g_assert_false (visit_well ((Visit) { .priority = ages[row].priority }));
  msa_sim_advance_by (sim, ages[row].lives_us - 1);
  g_assert_true (visit_well ((Visit) { .priority = ages[row].priority, .silent = TRUE }));

  msa_tls_sessions_clear (sessions);
  g_assert_false (visit_well ((Visit) { .priority = ages[row].priority }));
  msa_sim_advance_by (sim, ages[row].lives_us);
  g_assert_false (visit_well ((Visit) { .priority = ages[row].priority }));
}

static void
test_suspended (gconstpointer data)
{
  g_assert_false (visit_well ((Visit) { .priority = data }));
  msa_sim_suspend (sim, 8 * DAY_US);
  g_assert_false (visit_well ((Visit) { .priority = data }));
}

/* Sets the simulated wall clock to the real one, by which certificates are made. */
static void
synchronize (void)
{
  msa_sim_advance_by (sim, (gint64) time (NULL) * G_USEC_PER_SEC - sys->ops->real_us (sys));
}

static void
test_certificate_expires (gconstpointer data)
{
  synchronize ();
  g_assert_false (visit_well ((Visit) { .priority = data, .cert = brief_cert }));
  g_assert_true (visit_well ((Visit) { .priority = data, .cert = brief_cert }));
  msa_sim_advance_by (sim, HOUR_US + HOUR_US / 60);
  g_assert_false (visit_well ((Visit) { .priority = data, .cert = brief_cert }));
}

static void
test_staple_expires (gconstpointer data)
{
  g_autoptr (GBytes) staple =
      msa_test_ocsp_new (pki, pki, cert, MSA_TEST_STATUS_GOOD, MSA_TEST_JUST_VALID);

  synchronize ();
  g_assert_false (visit_well ((Visit) { .priority = data, .staple = staple }));
  g_assert_true (visit_well ((Visit) { .priority = data, .staple = staple }));
  msa_sim_advance_by (sim, HOUR_US + HOUR_US / 60);
  g_assert_false (visit_well ((Visit) { .priority = data, .staple = staple }));
}

/* The status is kept with the session, and looked at again. */
static void
test_must_staple (gconstpointer data)
{
  const MsaTestCertSpec spec = { .dns = { HOST }, .must_staple = TRUE };
  g_autoptr (MsaTestCert) own = msa_test_pki_issue (pki, &spec);
  g_autoptr (GBytes) staple =
      msa_test_ocsp_new (pki, pki, own, MSA_TEST_STATUS_GOOD, MSA_TEST_VALID);

  synchronize ();
  visit_badly ((Visit) { .priority = data, .cert = own }, MSA_ERROR_TLS_VERIFY);
  g_assert_cmpuint (count (), ==, 0);
  g_assert_false (visit_well ((Visit) { .priority = data, .cert = own, .staple = staple }));
  g_assert_true (visit_well ((Visit) { .priority = data, .cert = own }));
}

/* CVE-2024-0853: a second try must not find what the first left behind. */
static void
test_bad_staple_is_not_kept (gconstpointer data)
{
  g_autoptr (GBytes) staple =
      msa_test_ocsp_new (pki, pki, cert, MSA_TEST_STATUS_REVOKED, MSA_TEST_VALID);
  guint i;

  synchronize ();
  for (i = 0; i < 2; i++)
    {
      visit_badly ((Visit) { .priority = data, .staple = staple }, MSA_ERROR_TLS_VERIFY);
      g_assert_cmpuint (count (), ==, 0);
    }
}

/* --- who is verified --- */

static void
test_refused_is_not_kept (gconstpointer data)
{
  visit_badly ((Visit) { .priority = data, .cert = other_cert }, MSA_ERROR_TLS_VERIFY);
  g_assert_cmpuint (count (), ==, 0);
}

static void
test_excepted_is_not_kept (gconstpointer data)
{
  g_assert_false (visit_well ((Visit) { .priority = data, .cert = other_cert, .ask = TRUE }));
  g_assert_cmpuint (count (), ==, 0);
  visit_badly ((Visit) { .priority = data, .cert = other_cert }, MSA_ERROR_TLS_VERIFY);
}

/* A certificate that has expired since, whatever the store thinks: nobody is asked about it either,
 * and the next connection begins anew. */
static void
test_resumed_is_verified (gconstpointer data)
{
  Visit second = { .priority = data, .cert = brief_cert, .ask = TRUE };

  g_assert_false (visit_well ((Visit) { .priority = data, .cert = brief_cert }));
  gnutls_ahead_s = 3600 + 60;
  visit (&second);
  gnutls_ahead_s = 0;
  g_assert_true (second.resumed);
  g_assert_cmpint (second.io, ==, MSA_IO_ERROR);
  g_assert_error (second.error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_nonnull (strstr (second.error->message, "expired"));
  visit_clear (&second);
  g_assert_cmpuint (count (), ==, 0);
}

/* It has our session but not the key of its tickets. */
static void
test_impostor (gconstpointer data)
{
  gnutls_datum_t own_key;

  g_assert_cmpint (gnutls_session_ticket_key_generate (&own_key), ==, 0);
  g_assert_false (visit_well ((Visit) { .priority = data }));
  visit_badly ((Visit) { .priority = data, .cert = other_cert, .ticket_key = &own_key },
               MSA_ERROR_TLS_VERIFY);
  gnutls_free (own_key.data);
}

/* Who has the key of the tickets is the server, as far as TLS can tell. Its certificate is not
 * seen: what is verified, and shown, is the one that the session was made with. */
static void
test_other_certificate_with_key (gconstpointer data)
{
  Visit first = { .priority = data };
  Visit second = { .priority = data, .cert = other_cert };

  visit (&first);
  visit (&second);
  g_assert_true (second.resumed);
  g_assert_true (g_bytes_equal (first.leaf, second.leaf));
  visit_clear (&first);
  visit_clear (&second);
}

/* --- what tells sessions apart --- */

static MsaTlsConfig *
config_for_client (const MsaTestCert *client)
{
  g_autoptr (GBytes) certificate = g_bytes_new (client->cert_pem, strlen (client->cert_pem));
  g_autoptr (GBytes) key = g_bytes_new (client->key_pem, strlen (client->key_pem));

  return g_object_new (MSA_TYPE_TLS_CONFIG, "certificate-pem", certificate, "key-pem", key, NULL);
}

/* CVE-2016-5419, CVE-2017-7468 */
static void
test_apart_by_client (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) first = config_for_client (clients[0]);
  g_autoptr (MsaTlsConfig) again = config_for_client (clients[0]);
  g_autoptr (MsaTlsConfig) second = config_for_client (clients[1]);

  g_assert_false (visit_well ((Visit) { .priority = data, .config = first }));
  g_assert_false (visit_well ((Visit) { .priority = data, .config = second }));
  g_assert_false (visit_well ((Visit) { .priority = data }));
  g_assert_true (visit_well ((Visit) { .priority = data, .config = again }));
  g_assert_true (visit_well ((Visit) { .priority = data, .config = second }));
}

/* The files have the names they had, but it is somebody else now. */
static void
test_apart_by_contents (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config = g_object_new (
      MSA_TYPE_TLS_CONFIG, "certificate-file", "cert.pem", "key-file", "key.pem", NULL);
  gsize i;

  for (i = 0; i < 2; i++)
    {
      msa_sim_set_file (sim, "cert.pem", clients[i]->cert_pem, -1);
      msa_sim_set_file (sim, "key.pem", clients[i]->key_pem, -1);
      g_assert_false (visit_well ((Visit) { .priority = data, .config = config }));
      g_assert_true (visit_well ((Visit) { .priority = data, .config = config }));
    }
}

/* CVE-2025-68121 */
static void
test_apart_by_trust (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", NULL);

  msa_sim_set_file (sim, "ca.pem", msa_test_pki_ca_pem (pki), -1);
  g_assert_false (visit_well ((Visit) { .priority = data, .config = config }));
  msa_sim_set_file (sim, "ca.pem", msa_test_pki_ca_pem (other_pki), -1);
  visit_badly ((Visit) { .priority = data, .config = config }, MSA_ERROR_TLS_VERIFY);
}

/* CVE-2014-8151: what came of a connection that did not look is nothing for one that does. */
static void
test_apart_by_policy (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) lax =
      g_object_new (MSA_TYPE_TLS_CONFIG, "verify-chain", FALSE, "verify-name", FALSE, NULL);
  g_autoptr (MsaTlsConfig) half =
      g_object_new (MSA_TYPE_TLS_CONFIG, "verify-chain", FALSE, NULL);

  g_assert_false (visit_well ((Visit) { .priority = data, .cert = other_cert, .config = lax }));
  g_assert_true (visit_well ((Visit) { .priority = data, .cert = other_cert, .config = lax }));
  g_assert_false (visit_well ((Visit) { .priority = data, .cert = other_cert, .config = half }));
  visit_badly ((Visit) { .priority = data, .cert = other_cert }, MSA_ERROR_TLS_VERIFY);
}

static void
test_apart_by_pin (gconstpointer data)
{
  g_autofree char *pin = msa_test_pin_new (other_cert->cert_pem);
  const char *const pins[] = { pin, NULL };
  g_autoptr (MsaTlsConfig) pinned = g_object_new (MSA_TYPE_TLS_CONFIG, "pinned-keys", pins, NULL);

  g_assert_false (visit_well ((Visit) { .priority = data }));
  visit_badly ((Visit) { .priority = data, .config = pinned }, MSA_ERROR_TLS_PIN);
}

/* The server has a new key, and the file names it: the session of the old one would be refused. */
static void
test_apart_by_pin_file (gconstpointer data)
{
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "pinned-key-file", "key.pem", NULL);
  g_autofree char *both = g_strconcat (msa_test_pki_ca_pem (pki), msa_test_pki_ca_pem (other_pki),
                                       NULL);

  msa_sim_set_file (sim, "key.pem", cert->cert_pem, -1);
  g_assert_false (visit_well ((Visit) { .priority = data, .config = config, .ca_pem = both }));
  g_assert_true (visit_well ((Visit) { .priority = data, .config = config, .ca_pem = both }));
  msa_sim_set_file (sim, "key.pem", other_cert->cert_pem, -1);
  g_assert_false (visit_well ((Visit) {
      .priority = data, .config = config, .ca_pem = both, .cert = other_cert }));
}

/* CVE-2021-22890: a proxy's session must not serve as the origin's, nor the other way round. */
static void
test_apart_by_place (gconstpointer data)
{
  g_assert_false (visit_well ((Visit) { .priority = data }));
  g_assert_false (visit_well ((Visit) { .priority = data, .role = "proxy" }));
  g_assert_false (visit_well ((Visit) { .priority = data, .port = 8443 }));
  g_assert_false (visit_well ((Visit) { .priority = data, .host = "api.example.org" }));
  g_assert_true (visit_well ((Visit) { .priority = data }));
  g_assert_true (visit_well ((Visit) { .priority = data, .role = "proxy" }));
  g_assert_true (visit_well ((Visit) { .priority = data, .host = "API.example.org." }));
  g_assert_false (visit_well ((Visit) { .priority = data, .host = "[fe80::1%25a]" }));
  g_assert_false (visit_well ((Visit) { .priority = data, .host = "[fe80::1%25b]" }));
  g_assert_true (visit_well ((Visit) { .priority = data, .host = "[fe80::1%25a]" }));
}

/* --- all --- */

static void
set_up (void)
{
  sim = msa_sim_new ();
  sys = msa_sim_get_sys (sim);
  sessions = msa_tls_sessions_new ();
}

static void
tear_down (void)
{
  g_clear_pointer (&sessions, msa_tls_sessions_unref);
  g_clear_pointer (&sim, msa_sim_unref);
}

typedef struct
{
  GTestDataFunc func;
  gconstpointer data;
} Test;

static void
run (gconstpointer data)
{
  const Test *test = data;

  set_up ();
  test->func (test->data);
  tear_down ();
}

static void
add (const char *path,
     GTestDataFunc func,
     gconstpointer data)
{
  Test *test = g_new0 (Test, 1);

  test->func = func;
  test->data = data;
  g_test_add_data_func_full (path, test, run, g_free);
}

#define ADD_VERSIONS(folder, func) \
  MSA_TEST_FOR_ROWS (folder, msa_test_tls_versions, \
                     add (path_, func, msa_test_tls_versions[i_].priority))

static time_t
gnutls_clock (time_t *result)
{
  time_t now = time (NULL) + gnutls_ahead_s;

  if (result != NULL)
    *result = now;
  return now;
}

static void
make_certificates (void)
{
  const MsaTestCertSpec spec = { .dns = { HOST, "api.example.org" }, .ip = { "fe80::1" } };
  const MsaTestCertSpec brief = { .dns = { HOST }, .validity = MSA_TEST_JUST_VALID };
  const MsaTestCertSpec client = { .common_name = "me", .purpose = GNUTLS_KP_TLS_WWW_CLIENT };

  pki = msa_test_pki_new ();
  other_pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);
  other_cert = msa_test_pki_issue (other_pki, &spec);
  brief_cert = msa_test_pki_issue (pki, &brief);
  clients[0] = msa_test_pki_issue (pki, &client);
  clients[1] = msa_test_pki_issue (pki, &client);
  g_assert_cmpint (gnutls_session_ticket_key_generate (&ticket_key), ==, 0);
}

static void
free_certificates (void)
{
  gnutls_free (ticket_key.data);
  msa_test_cert_free (clients[1]);
  msa_test_cert_free (clients[0]);
  msa_test_cert_free (brief_cert);
  msa_test_cert_free (other_cert);
  msa_test_cert_free (cert);
  msa_test_pki_free (other_pki);
  msa_test_pki_free (pki);
}

static void
add_tests (void)
{
  ADD_VERSIONS ("/msa/tls-resume/resumes", test_resumes);
  add ("/msa/tls-resume/used-once/tls-1-3", test_tickets_are_used_once, MSA_TEST_TLS_1_3);
  add ("/msa/tls-resume/used-again/tls-1-2", test_old_session_is_used_again, MSA_TEST_TLS_1_2);
  ADD_VERSIONS ("/msa/tls-resume/no-tickets", test_no_tickets);
  ADD_VERSIONS ("/msa/tls-resume/ticket-key-lost", test_ticket_key_lost);
  ADD_VERSIONS ("/msa/tls-resume/broken-handshake", test_broken_handshake);
  add ("/msa/tls-resume/age/tls-1-2", test_age, GSIZE_TO_POINTER (0));
  add ("/msa/tls-resume/age/tls-1-3", test_age, GSIZE_TO_POINTER (1));
  ADD_VERSIONS ("/msa/tls-resume/age/suspended", test_suspended);
  ADD_VERSIONS ("/msa/tls-resume/age/certificate", test_certificate_expires);
  ADD_VERSIONS ("/msa/tls-resume/age/staple", test_staple_expires);
  ADD_VERSIONS ("/msa/tls-resume/staple/required", test_must_staple);
  ADD_VERSIONS ("/msa/tls-resume/staple/bad-is-not-kept", test_bad_staple_is_not_kept);
  ADD_VERSIONS ("/msa/tls-resume/refused-is-not-kept", test_refused_is_not_kept);
  ADD_VERSIONS ("/msa/tls-resume/excepted-is-not-kept", test_excepted_is_not_kept);
  ADD_VERSIONS ("/msa/tls-resume/resumed-is-verified", test_resumed_is_verified);
  ADD_VERSIONS ("/msa/tls-resume/impostor", test_impostor);
  ADD_VERSIONS ("/msa/tls-resume/other-certificate-with-key", test_other_certificate_with_key);
  ADD_VERSIONS ("/msa/tls-resume/apart/client", test_apart_by_client);
  ADD_VERSIONS ("/msa/tls-resume/apart/contents", test_apart_by_contents);
  ADD_VERSIONS ("/msa/tls-resume/apart/trust", test_apart_by_trust);
  ADD_VERSIONS ("/msa/tls-resume/apart/policy", test_apart_by_policy);
  ADD_VERSIONS ("/msa/tls-resume/apart/pin", test_apart_by_pin);
  ADD_VERSIONS ("/msa/tls-resume/apart/pin-file", test_apart_by_pin_file);
  ADD_VERSIONS ("/msa/tls-resume/apart/place", test_apart_by_place);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  gnutls_global_set_time_function (gnutls_clock);
  make_certificates ();
  add_tests ();
  status = g_test_run ();
  free_certificates ();
  return status;
}

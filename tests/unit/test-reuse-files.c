/* test-reuse-files.c: connections, and the files they were made with
 *
 * The key of a connection says which file, not what is in it: a client's certificate that was
 * replaced under the same name is another client. So the files are looked at again, off the loop,
 * before a connection is shared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <gnutls/x509.h>

#define CA_FILE "/etc/ca.pem"
#define CERTIFICATE_FILE "/etc/me.pem"
#define KEY_FILE "/etc/me.key"
#define MS 1000

static MsaTestPki *pki;
static MsaTestCert *cert;
static MsaTestCert *clients[2];

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaTestHttps *server; /* asks who the client is */
  MsaTlsConfig *config; /* (owned) */
} Scene;

static void
respond_cb (MsaTestHttpsLink *link,
            gpointer data)
{
  msa_test_https_send (link, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", -1);
}

static void
install_client (Scene *scene,
                guint i)
{
  msa_sim_set_file (scene->world->sim, CERTIFICATE_FILE, clients[i]->cert_pem, -1);
  msa_sim_set_file (scene->world->sim, KEY_FILE, clients[i]->key_pem, -1);
}

static void
open_scene (Scene *scene,
            MsaTestWorld *world)
{
  const MsaTestTlsOptions options = { .cert = cert, .client_ca = msa_test_pki_ca_pem (pki) };

  scene->world = world;
  scene->server = msa_test_https_new (world->sim, "10.0.0.1", &options, respond_cb, NULL);
  scene->config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", CA_FILE, "certificate-file",
                                CERTIFICATE_FILE, "key-file", KEY_FILE, NULL);
  msa_sim_set_file (world->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
  install_client (scene, 0);
}

static void
close_scene (Scene *scene)
{
  /* Its connections end with the multi. */
  msa_test_world_end_multi (scene->world);
  msa_test_https_free (scene->server);
  g_object_unref (scene->config);
}

static MsaEasy *
make_easy (Scene *scene)
{
  MsaEasy *easy = msa_test_world_make (scene->world, "https://example.org/");

  msa_easy_set_tls_config (easy, scene->config);

  return easy;
}

/* Runs @n of them at once, and leaves their connections idle for @idle_us. */
static void
run (Scene *scene,
     guint n,
     gint64 idle_us)
{
  MsaTestWorld *world = scene->world;

  for (guint i = 0; i < n; i++)
    msa_test_world_add_again (world, make_easy (scene));
  g_assert_true (msa_test_world_run (world, world->n_completed + n));
  msa_test_world_settle (world, idle_us);
}

/* Which of the clients is at the other end. */
static guint
find_client (MsaTestHttpsLink *link)
{
  guint n;
  const gnutls_datum_t *seen = gnutls_certificate_get_peers (link->tls->session, &n);
  guint i = 0;

  g_assert_cmpuint (n, >, 0);
  for (; i < G_N_ELEMENTS (clients); i++)
    {
      gnutls_datum_t pem = { (guchar *) clients[i]->cert_pem,
                             (guint) strlen (clients[i]->cert_pem) };
      gnutls_datum_t der;
      gboolean is_it;

      g_assert_cmpint (gnutls_pem_base64_decode2 ("CERTIFICATE", &pem, &der), ==, 0);
      is_it = der.size == seen->size && memcmp (der.data, seen->data, der.size) == 0;
      gnutls_free (der.data);
      if (is_it)
        break;
    }

  return i;
}

static void
expect_link (Scene *scene,
             guint i,
             guint client,
             guint n_requests)
{
  MsaTestHttpsLink *link = msa_test_https_get (scene->server, i);

  g_assert_cmpuint (find_client (link), ==, client);
  g_assert_cmpuint (link->n_requests, ==, n_requests);
}

static void
expect_connections (Scene *scene,
                    guint n)
{
  g_assert_cmpuint (scene->server->links->len, ==, n);
  g_assert_cmpuint (scene->world->n_ok, ==, scene->world->n_completed);
}

/* The very next request is the new client's, though the old one's connection is there. */
static void
test_identity_replaced (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 1, 2000 * MS);
  install_client (&scene, 1);
  run (&scene, 1, 2000 * MS);
  run (&scene, 1, 5 * MS);
  expect_connections (&scene, 2);
  expect_link (&scene, 0, 0, 1);
  expect_link (&scene, 1, 1, 2);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
  close_scene (&scene);
}

/* All that idle are of no more use. */
static void
test_authority_replaced (MsaTestWorld *world)
{
  const char *ca = msa_test_pki_ca_pem (pki);
  g_autofree char *more = g_strconcat (ca, clients[1]->cert_pem, NULL);
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 3, 2000 * MS);
  expect_connections (&scene, 3);
  msa_sim_set_file (world->sim, CA_FILE, more, -1);
  run (&scene, 3, 5 * MS);
  expect_connections (&scene, 6);
  for (guint i = 0; i < 6; i++)
    expect_link (&scene, i, 0, 1);
  close_scene (&scene);
}

/* Written again as it was, or not at all. */
static void
test_unchanged (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 2, 2000 * MS);
  run (&scene, 2, 2000 * MS);
  install_client (&scene, 0);
  run (&scene, 2, 5 * MS);
  expect_connections (&scene, 2);
  expect_link (&scene, 0, 0, 3);
  close_scene (&scene);
}

/* At most once in a second: what is asked for meanwhile costs no look. */
static void
test_looked_at_just_now (MsaTestWorld *world)
{
  Scene scene;
  gint64 before_us;

  open_scene (&scene, world);
  run (&scene, 1, 5 * MS);
  msa_sim_set_job_delay (world->sim, 60 * G_USEC_PER_SEC);
  before_us = msa_sim_get_now_us (world->sim);
  run (&scene, 1, 0);
  g_assert_cmpint (msa_sim_get_now_us (world->sim) - before_us, <, 500 * MS);
  expect_connections (&scene, 1);
  msa_sim_set_job_delay (world->sim, 0);
  close_scene (&scene);
}

/* The next connection says what is wrong. */
static void
test_broken (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 1, 2000 * MS);
  msa_sim_set_file (world->sim, CA_FILE, "no certificate", -1);
  easy = make_easy (&scene);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_TRUST_EMPTY);
  g_assert_cmpuint (scene.server->links->len, ==, 1);
  close_scene (&scene);
}

/* A disk that does not answer: as long as for any other connection. */
static void
test_too_slow (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 1, 2000 * MS);
  msa_sim_set_job_delay (world->sim, 3600 * (gint64) G_USEC_PER_SEC);
  easy = make_easy (&scene);
  msa_easy_set_connect_timeout_ms (easy, 700);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT_TIMED_OUT);
  g_assert_cmpuint (scene.server->links->len, ==, 1);
  g_assert_cmpuint (msa_test_https_get (scene.server, 0)->n_requests, ==, 1);
  msa_sim_set_job_delay (world->sim, 0);
  close_scene (&scene);
}

/* How long the old connection took to be made is no time of this transfer. */
static void
test_times (MsaTestWorld *world)
{
  g_autoptr (MsaTimings) checking = NULL, sent = NULL;
  MsaEasy *easy;
  Scene scene;
  gint64 started_us;

  open_scene (&scene, world);
  run (&scene, 1, 2000 * MS);
  install_client (&scene, 1);
  msa_sim_set_job_delay (world->sim, 50 * MS);
  easy = make_easy (&scene);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 10 * MS);
  checking = msa_easy_get_timings (easy);
  g_assert_true (msa_timings_is_reused (checking));
  started_us = msa_timings_get_time_us (checking, MSA_PHASE_STARTED);
  g_assert_cmpint (msa_timings_get_time_us (checking, MSA_PHASE_CONNECTED), ==, started_us);

  g_assert_true (msa_test_world_run (world, 2));
  sent = msa_easy_get_timings (easy);
  g_assert_false (msa_timings_is_reused (sent));
  g_assert_cmpint (msa_timings_get_time_us (sent, MSA_PHASE_STARTED), >, started_us);
  msa_sim_set_job_delay (world->sim, 0);
  close_scene (&scene);
}

/* The application has lost interest: the job's end finds nobody. */
static void
test_removed_meanwhile (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 1, 2000 * MS);
  msa_sim_set_job_delay (world->sim, 50 * MS);
  easy = make_easy (&scene);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 10 * MS);
  msa_test_world_remove (world, easy);
  msa_test_world_settle (world, 100 * MS);
  msa_sim_set_job_delay (world->sim, 0);
  g_assert_cmpuint (msa_test_https_get (scene.server, 0)->n_requests, ==, 1);
  run (&scene, 1, 5 * MS);
  g_assert_cmpuint (world->n_ok, ==, 2);
  close_scene (&scene);
}

/* Nobody is woken by it; it shows once the files are known to be the same. */
static void
test_ended_meanwhile (MsaTestWorld *world)
{
  MsaTestHttpsLink *link;
  Scene scene;

  open_scene (&scene, world);
  run (&scene, 1, 2000 * MS);
  link = msa_test_https_get (scene.server, 0);
  msa_sim_set_job_delay (world->sim, 50 * MS);
  msa_test_world_add_again (world, make_easy (&scene));
  msa_test_world_settle (world, 10 * MS);
  msa_test_https_end (link, TRUE);
  g_assert_true (msa_test_world_run (world, 2));
  msa_sim_set_job_delay (world->sim, 0);
  expect_connections (&scene, 2);
  close_scene (&scene);
}

/* What is known of files is thrown away after a day: connections older than that are not shared,
 * since of a change they would not be told. */
static void
test_forgotten (MsaTestWorld *world)
{
  Scene scene;

  open_scene (&scene, world);
  msa_multi_set_max_idle_age_s (world->multi, 0);
  msa_multi_set_max_connection_age_s (world->multi, 0);
  run (&scene, 1, MSA_TRUST_TTL_US + 2000 * MS);
  install_client (&scene, 1);
  run (&scene, 1, 5 * MS);
  expect_connections (&scene, 2);
  expect_link (&scene, 1, 1, 1);
  close_scene (&scene);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .common_name = "example.org", .dns = { "example.org" } };
  static const MsaTestWorldTest tests[] = {
    { "/msa/reuse/files/identity-replaced", test_identity_replaced },
    { "/msa/reuse/files/authority-replaced", test_authority_replaced },
    { "/msa/reuse/files/unchanged", test_unchanged },
    { "/msa/reuse/files/looked-at-just-now", test_looked_at_just_now },
    { "/msa/reuse/files/broken", test_broken },
    { "/msa/reuse/files/too-slow", test_too_slow },
    { "/msa/reuse/files/times", test_times },
    { "/msa/reuse/files/removed-meanwhile", test_removed_meanwhile },
    { "/msa/reuse/files/ended-meanwhile", test_ended_meanwhile },
    { "/msa/reuse/files/forgotten", test_forgotten },
  };
  int status;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = msa_test_pki_issue (pki, &spec);
  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  status = g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    msa_test_cert_free (clients[i]);
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);

  return status;
}

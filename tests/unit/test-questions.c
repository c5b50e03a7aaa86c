/* test-questions.c: what an application is asked while a connection is made
 *
 * Whether a peer in doubt is taken all the same, and the password of a client's key: answered at
 * once, later, not at all or too late, in every driver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "msa-password-request.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define URI "https://example.org/secret"
#define PASSWORD "open sesame"

static MsaTestPki *root;
static MsaTestPki *client_root;
static MsaTestCert *good; /* made out to example.org */
static MsaTestCert *other; /* made out to another name */
static MsaTestCert *client;
static char *locked_key; /* the client's */
static gnutls_datum_t ticket_key;

/* --- who answers --- */

typedef enum
{
  ACCEPT,
  REJECT,
  DROP, /* takes the question, and lets the request go */
  KEEP, /* takes it, and keeps the request */
  PASS, /* does not take it */
  ACCEPT_PASS, /* says yes, but does not take it */
  REMOVE, /* removes its easy */
  REMOVE_ACCEPT,
  NEST, /* drives, and accepts */
  DISPOSE_EASY,
} Manner;

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  Manner manner;
  const char *answers[5]; /* passwords, one after the other */
  guint n_asked;
  GObject *kept; /* (owned) (nullable) */
} Person;

static gboolean
act (Person *self,
     MsaEasy *easy)
{
  switch (self->manner)
    {
    case REMOVE:
    case REMOVE_ACCEPT:
      msa_test_world_remove (self->world, easy);
      return TRUE;
    case DISPOSE_EASY:
      msa_test_world_get_record (easy)->n_added--;
      g_object_run_dispose (G_OBJECT (easy));
      return TRUE;
    case NEST:
      for (guint i = 0; i < 5; i++)
        msa_test_driver_turn (self->world->driver);
      return TRUE;
    case PASS:
    case ACCEPT_PASS:
      return FALSE;
    case ACCEPT:
    case REJECT:
    case DROP:
    case KEEP:
    default:
      return TRUE;
    }
}

static gboolean
accepts (Manner manner)
{
  return manner == ACCEPT || manner == ACCEPT_PASS || manner == REMOVE_ACCEPT || manner == NEST;
}

static void
assert_pin (MsaCertificateRequest *request)
{
  g_autofree char *pin = msa_certificate_request_dup_pin (request);
  g_autofree char *expected = msa_test_pin_new (other->cert_pem);

  g_assert_cmpstr (pin, ==, expected);
}

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *request,
                gpointer data)
{
  Person *self = data;

  self->n_asked++;
  g_assert_cmpstr (msa_certificate_request_get_host (request), ==, "example.org");
  g_assert_cmpuint (msa_certificate_request_get_port (request), ==, 443);
  g_assert_cmpuint (msa_certificate_request_get_errors (request), ==,
                    G_TLS_CERTIFICATE_BAD_IDENTITY);
  g_assert_nonnull (strstr (msa_certificate_request_get_message (request), "example.org"));
  assert_pin (request);
  if (accepts (self->manner))
    msa_certificate_request_accept (request);
  else if (self->manner == REJECT)
    msa_certificate_request_reject (request);
  else if (self->manner == KEEP)
    g_set_object (&self->kept, G_OBJECT (request));
  return act (self, easy);
}

static gboolean
password_cb (MsaEasy *easy,
             MsaPasswordRequest *request,
             gpointer data)
{
  Person *self = data;
  const char *answer = self->answers[MIN (self->n_asked, G_N_ELEMENTS (self->answers) - 1)];

  g_assert_cmpint (msa_password_request_get_retry (request), ==, self->n_asked > 0);
  g_assert_nonnull (strstr (msa_password_request_get_message (request), "locked.pem"));
  g_assert_null (strstr (msa_password_request_get_message (request), PASSWORD));
  self->n_asked++;
  if (self->manner == KEEP)
    g_set_object (&self->kept, G_OBJECT (request));
  else if (self->manner == REJECT)
    msa_password_request_cancel (request);
  else if (self->manner != DROP && answer != NULL)
    msa_password_request_answer (request, answer);
  return act (self, easy);
}

/* --- the scene --- */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaTestHttps *server; /* (owned) */
  MsaTlsConfig *config; /* (owned) */
  Person person;
} Scene;

static void
scene_init (Scene *self,
            MsaTestWorld *world,
            const MsaTestCert *cert,
            const char *client_ca)
{
  MsaTestTlsOptions options = {
    .cert = cert,
    .client_ca = client_ca,
    .ticket_key = &ticket_key,
  };

  *self = (Scene) { .world = world };
  self->person.world = world;
  self->server =
      msa_test_https_new (world->sim, "10.0.0.1", &options, msa_test_https_answer, NULL);
  msa_sim_set_file (world->sim, "ca.pem", msa_test_pki_ca_pem (root), -1);
  msa_sim_set_file (world->sim, "cert.pem", client->cert_pem, -1);
  msa_sim_set_file (world->sim, "locked.pem", locked_key, -1);
  if (client_ca == NULL)
    self->config = msa_tls_config_new_for_ca_file ("ca.pem");
  else
    self->config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "certificate-file",
                                 "cert.pem", "key-file", "locked.pem", NULL);
}

static void
scene_clear (Scene *self)
{
  g_clear_object (&self->person.kept);
  g_clear_object (&self->config);
  msa_test_https_free (self->server);
}

static MsaEasy *
make (Scene *self,
      Manner manner)
{
  MsaEasy *easy = msa_test_world_make (self->world, URI);

  msa_easy_set_tls_config (easy, self->config);
  self->person.manner = manner;
  g_signal_connect (easy, "accept-certificate", G_CALLBACK (certificate_cb), &self->person);
  g_signal_connect (easy, "key-password", G_CALLBACK (password_cb), &self->person);
  return easy;
}

static gboolean
is_asked (gpointer data)
{
  return ((Person *) data)->n_asked > 0;
}

/* As many as were asked for. */
static MsaEasy *
add (Scene *self,
     Manner manner)
{
  MsaEasy *easy = make (self, manner);

  msa_test_world_add_again (self->world, easy);
  return easy;
}

static MsaEasy *
add_and_ask (Scene *self,
             Manner manner)
{
  MsaEasy *easy = add (self, manner);

  g_assert_true (msa_test_world_run_until (self->world, is_asked, &self->person));
  g_assert_cmpuint (self->person.n_asked, ==, 1);
  g_assert_cmpuint (self->server->n_received, ==, 0);
  return easy;
}

static guint
count_kept_sessions (MsaTestWorld *world)
{
  return msa_tls_session_store_get_n_sessions (msa_multi_get_tls_session_store (world->multi));
}

/* --- certificates: at once --- */

static const struct
{
  const char *name;
  Manner manner;
  int code; /* 0: none */
} at_once[] = {
  { "accept", ACCEPT, 0 },
  { "reject", REJECT, MSA_ERROR_TLS_VERIFY },
  { "drop", DROP, MSA_ERROR_TLS_VERIFY },
  { "pass", PASS, MSA_ERROR_TLS_VERIFY },
  { "accept-and-pass", ACCEPT_PASS, MSA_ERROR_TLS_VERIFY },
  { "nest-and-accept", NEST, 0 },
};

static void
test_at_once (MsaTestWorld *world)
{
  guint row = GPOINTER_TO_UINT (world->row);
  g_autoptr (GPtrArray) chain = NULL;
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  easy = add (&scene, at_once[row].manner);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  if (at_once[row].code == 0)
    g_assert_no_error (msa_easy_get_error (easy));
  else
    g_assert_error (msa_easy_get_error (easy), MSA_ERROR, at_once[row].code);
  g_assert_cmpuint (scene.server->n_requests, ==, at_once[row].code == 0);

  /* What spoke against the peer can be seen in each case. */
  chain = msa_easy_dup_peer_chain (easy);
  g_assert_nonnull (chain);
  g_assert_cmpuint (chain->len, ==, 1);
  g_assert_cmpuint (msa_easy_get_peer_errors (easy), ==, G_TLS_CERTIFICATE_BAD_IDENTITY);
  scene_clear (&scene);
}

/* --- certificates: later --- */

static void
test_later (MsaTestWorld *world)
{
  gboolean accept = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  easy = add_and_ask (&scene, KEEP);
  /* Whatever has the connection looked at, it is not asked again. */
  msa_easy_pause (easy, MSA_DIRECTION_BOTH);
  msa_easy_resume (easy, MSA_DIRECTION_BOTH);
  msa_test_world_settle (world, 3 * G_USEC_PER_SEC);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_CONNECTING);
  g_assert_cmpuint (scene.person.n_asked, ==, 1);

  if (accept)
    msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  else
    msa_certificate_request_reject (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  /* Nothing is delivered in here, and only the first word counts. */
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  g_assert_true (msa_test_world_run (world, 1));
  if (accept)
    g_assert_no_error (msa_easy_get_error (easy));
  else
    g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  scene_clear (&scene);
}

/* Let go later than the handler: a refusal, from wherever the last reference went. */
static void
test_dropped_later (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  easy = add_and_ask (&scene, KEEP);
  g_assert_finalize_object (g_steal_pointer (&scene.person.kept));
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  scene_clear (&scene);
}

/* The clock of the handshake measures the peer, not the person. */
static void
test_handshake_clock (MsaTestWorld *world)
{
  gboolean peer_is_slow = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  scene.server->options.priority = "NORMAL:-VERS-TLS1.3";
  easy = make (&scene, KEEP);
  msa_easy_set_tls_timeout_ms (easy, 1000);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, is_asked, &scene.person));
  msa_test_world_settle (world, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (world->n_completed, ==, 0);
  /* In TLS 1.2 the peer has the last word of the handshake. */
  if (peer_is_slow)
    msa_sim_peer_stop_reading (msa_sim_get_peer (world->sim, 0));
  msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  g_assert_true (msa_test_world_run (world, 1));
  if (peer_is_slow)
    g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_TIMED_OUT);
  else
    g_assert_no_error (msa_easy_get_error (easy));
  scene_clear (&scene);
}

/* Timeouts go on, and an answer that is late does nothing. */
static void
test_timed_out (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  easy = make (&scene, KEEP);
  msa_easy_set_connect_timeout_ms (easy, 4000);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_CONNECT_TIMED_OUT);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "for the application's answer"));
  msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (scene.server->n_requests, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  scene_clear (&scene);
}

/* --- certificates: who leaves --- */

static void
test_removed_in_handler (MsaTestWorld *world)
{
  Scene scene;

  scene_init (&scene, world, other, NULL);
  add_and_ask (&scene, GPOINTER_TO_UINT (world->row));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpuint (scene.server->n_requests, ==, 0);
  scene_clear (&scene);
}

static void
test_removed_later (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  easy = add_and_ask (&scene, KEEP);
  msa_test_world_remove (world, easy);
  msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (scene.server->n_requests, ==, 0);
  scene_clear (&scene);
}

/* The request may be answered when there is no multi any more. */
static void
test_multi_gone (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  easy = add_and_ask (&scene, KEEP);
  msa_test_world_remove (world, easy);
  msa_test_world_end_multi (world);
  msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (scene.person.kept));
  scene_clear (&scene);
}

/* --- certificates: what an exception is good for --- */

/* The connection serves the one transfer, and nothing is kept of it. */
static void
test_exception_is_alone (MsaTestWorld *world)
{
  MsaEasy *first, *second;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  first = add (&scene, ACCEPT);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (first));
  msa_test_world_settle (world, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpuint (count_kept_sessions (world), ==, 0);

  second = msa_test_world_make (world, URI);
  msa_easy_set_tls_config (second, scene.config);
  msa_test_world_add_again (world, second);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_error (msa_easy_get_error (second), MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_cmpuint (scene.server->links->len, ==, 2);
  g_assert_cmpuint (scene.server->n_resumed, ==, 0);
  scene_clear (&scene);
}

/* Nobody's word counts against a pin. */
static void
test_pin_is_not_asked_about (MsaTestWorld *world)
{
  g_autofree char *pin = msa_test_pin_new (msa_test_pki_ca_pem (root));
  const char *pins[] = { pin, NULL };
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, other, NULL);
  g_object_unref (scene.config);
  scene.config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "ca.pem", "pinned-keys", pins, NULL);
  easy = add (&scene, ACCEPT);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_PIN);
  g_assert_cmpuint (scene.person.n_asked, ==, 0);
  scene_clear (&scene);
}

/* A peer that is not in doubt: nobody is asked, its sessions are kept and resumed. */
static void
test_no_doubt (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, good, NULL);
  easy = add (&scene, REJECT);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (scene.person.n_asked, ==, 0);
  g_assert_cmpuint (msa_easy_get_peer_errors (easy), ==, 0);
  g_assert_cmpuint (count_kept_sessions (world), >, 0);
  scene_clear (&scene);
}

/* --- sessions --- */

/* The store that an easy names, else the multi's, if it has one. */
static const struct
{
  const char *name;
  gboolean own;
  gboolean shared;
  guint n_resumed;
} stores[] = {
  { "multi", FALSE, TRUE, 1 },
  { "easy", TRUE, TRUE, 1 },
  { "easy-alone", TRUE, FALSE, 1 },
  { "none", FALSE, FALSE, 0 },
};

static void
test_resumed (MsaTestWorld *world)
{
  guint row = GPOINTER_TO_UINT (world->row);
  g_autoptr (MsaTlsSessionStore) store = msa_tls_session_store_new ();
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, good, NULL);
  msa_multi_set_max_idle_connections (world->multi, 0);
  if (!stores[row].shared)
    msa_multi_set_tls_session_store (world->multi, NULL);
  easy = make (&scene, REJECT);
  if (stores[row].own)
    msa_easy_set_tls_session_store (easy, store);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));

  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (scene.server->n_handshakes, ==, 2);
  g_assert_cmpuint (scene.server->n_resumed, ==, stores[row].n_resumed);
  g_assert_cmpuint (msa_tls_session_store_get_n_sessions (store) > 0, ==, stores[row].own);
  if (stores[row].own && stores[row].shared)
    g_assert_cmpuint (count_kept_sessions (world), ==, 0);
  scene_clear (&scene);
}

/* --- passwords --- */

static const struct
{
  const char *name;
  Manner manner;
  const char *answers[5];
  guint n_asked;
  gboolean opens;
} passwords[] = {
  { "right", ACCEPT, { PASSWORD }, 1, TRUE },
  { "second", ACCEPT, { "wrong", PASSWORD }, 2, TRUE },
  { "third", ACCEPT, { "wrong", "", PASSWORD }, 3, TRUE },
  { "never", ACCEPT, { "wrong", "wronger", "wrongest", PASSWORD }, 3, FALSE },
  { "cancel", REJECT, { NULL }, 1, FALSE },
  { "cancel-second", ACCEPT, { "wrong", NULL }, 2, FALSE },
  { "drop", DROP, { PASSWORD }, 1, FALSE },
  { "pass", PASS, { NULL }, 1, FALSE },
  { "answer-and-pass", ACCEPT_PASS, { PASSWORD }, 1, FALSE },
  { "nest", NEST, { PASSWORD }, 1, TRUE },
};

static void
test_password (MsaTestWorld *world)
{
  guint row = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, good, msa_test_pki_ca_pem (client_root));
  memcpy (scene.person.answers, passwords[row].answers, sizeof scene.person.answers);
  easy = add (&scene, passwords[row].manner);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (scene.person.n_asked, ==, passwords[row].n_asked);
  g_assert_cmpuint (scene.server->n_client_certificates, ==, passwords[row].opens);
  if (passwords[row].opens)
    {
      g_assert_no_error (msa_easy_get_error (easy));
    }
  else
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_PASSWORD);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "locked.pem"));
    }
  scene_clear (&scene);
}

/* Of many one asks; what it brings is for all, and for those that come later. */
static void
test_password_for_many (MsaTestWorld *world)
{
  Scene scene;

  scene_init (&scene, world, good, msa_test_pki_ca_pem (client_root));
  for (guint i = 0; i < 5; i++)
    add (&scene, KEEP);
  g_assert_true (msa_test_world_run_until (world, is_asked, &scene.person));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  msa_password_request_answer (MSA_PASSWORD_REQUEST (scene.person.kept), PASSWORD);
  g_assert_true (msa_test_world_run (world, 5));
  g_assert_cmpuint (world->n_ok, ==, 5);

  add (&scene, KEEP);
  g_assert_true (msa_test_world_run (world, 6));
  g_assert_cmpuint (world->n_ok, ==, 6);
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  scene_clear (&scene);
}

/* Who cancels, cancels for all that wait; each would ask the same. */
static void
test_password_cancelled_for_many (MsaTestWorld *world)
{
  MsaEasy *easies[5];
  Scene scene;

  scene_init (&scene, world, good, msa_test_pki_ca_pem (client_root));
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    easies[i] = add (&scene, KEEP);
  g_assert_true (msa_test_world_run_until (world, is_asked, &scene.person));
  g_assert_finalize_object (g_steal_pointer (&scene.person.kept));
  g_assert_true (msa_test_world_run (world, G_N_ELEMENTS (easies)));
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    g_assert_error (msa_easy_get_error (easies[i]), MSA_ERROR, MSA_ERROR_TLS_PASSWORD);
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  scene_clear (&scene);
}

/* One that leaves passes the question on. */
static void
test_password_passed_on (MsaTestWorld *world)
{
  MsaEasy *first;
  Scene scene;

  scene_init (&scene, world, good, msa_test_pki_ca_pem (client_root));
  first = add (&scene, KEEP);
  g_assert_true (msa_test_world_run_until (world, is_asked, &scene.person));
  add (&scene, KEEP);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (scene.person.n_asked, ==, 1);

  scene.person.n_asked = 0;
  scene.person.manner = ACCEPT;
  scene.person.answers[0] = PASSWORD;
  msa_test_world_remove (world, first);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 1);
  scene_clear (&scene);
}

/* The last one leaves: the next transfer begins anew. */
static void
test_password_abandoned (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, good, msa_test_pki_ca_pem (client_root));
  easy = add_and_ask (&scene, KEEP);
  msa_test_world_remove (world, easy);
  msa_password_request_answer (MSA_PASSWORD_REQUEST (scene.person.kept), PASSWORD);
  msa_test_world_settle (world, G_USEC_PER_SEC);

  scene.person.n_asked = 0;
  scene.person.answers[0] = PASSWORD;
  add (&scene, ACCEPT);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (scene.person.n_asked, ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 1);
  scene_clear (&scene);
}

/* One without a handler waits for what the other's brings. */
static void
test_password_without_handler (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  scene_init (&scene, world, good, msa_test_pki_ca_pem (client_root));
  easy = msa_test_world_make (world, URI);
  msa_easy_set_tls_config (easy, scene.config);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TLS_PASSWORD);

  scene.person.answers[0] = PASSWORD;
  msa_test_world_add_again (world, easy);
  add (&scene, ACCEPT);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (world->n_ok, ==, 2);
  scene_clear (&scene);
}

/* --- threads --- */

static gpointer
answer_thread (gpointer data)
{
  msa_question_answer (data, TRUE, "yes");
  msa_question_unref (data);
  return NULL;
}

/* Two answer at once: one of them counts, and wakes the multi. */
static void
test_threads (void)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (MsaQuestion) question = msa_question_new (msa_multi_get_engine (multi), NULL);
      GThread *thread = g_thread_new ("answer", answer_thread, msa_question_ref (question));
      const char *text = NULL;
      gboolean yes = FALSE;

      msa_question_answer (question, FALSE, NULL);
      g_thread_join (thread);
      g_assert_true (msa_question_get_answer (question, &yes, &text));
      g_assert_cmpstr (text, ==, yes ? "yes" : NULL);
      g_assert_cmpint (msa_multi_get_timeout_ms (multi), ==, 0);
      msa_multi_perform (multi, NULL, NULL);
    }
}

static void
set_up (void)
{
  MsaTestCertSpec good_spec = { .dns = { "example.org" } };
  MsaTestCertSpec other_spec = { .dns = { "other.org" } };
  MsaTestCertSpec client_spec = { .common_name = "me", .purpose = "1.3.6.1.5.5.7.3.2" };

  root = msa_test_pki_new ();
  client_root = msa_test_pki_new ();
  good = msa_test_pki_issue (root, &good_spec);
  other = msa_test_pki_issue (root, &other_spec);
  client = msa_test_pki_issue (client_root, &client_spec);
  gnutls_session_ticket_key_generate (&ticket_key);
  locked_key = msa_test_key_lock (client->key_pem, PASSWORD);
}

static void
tear_down (void)
{
  msa_test_pki_free (root);
  msa_test_pki_free (client_root);
  msa_test_cert_free (good);
  msa_test_cert_free (other);
  msa_test_cert_free (client);
  g_free (locked_key);
  gnutls_free (ticket_key.data);
}

static void
add_certificates (void)
{
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/questions/certificate/at-once", at_once, test_at_once);
  msa_test_world_add_row_test ("/msa/questions/certificate/later/accept", test_later,
                               GUINT_TO_POINTER (TRUE));
  msa_test_world_add_row_test ("/msa/questions/certificate/later/reject", test_later,
                               GUINT_TO_POINTER (FALSE));
  msa_test_world_add_test ("/msa/questions/certificate/later/drop", test_dropped_later);
  msa_test_world_add_test ("/msa/questions/certificate/timed-out", test_timed_out);
  msa_test_world_add_row_test ("/msa/questions/certificate/handshake-clock/stands",
                               test_handshake_clock, GUINT_TO_POINTER (FALSE));
  msa_test_world_add_row_test ("/msa/questions/certificate/handshake-clock/goes-on",
                               test_handshake_clock, GUINT_TO_POINTER (TRUE));
  msa_test_world_add_row_test ("/msa/questions/certificate/removed/in-handler",
                               test_removed_in_handler, GUINT_TO_POINTER (REMOVE));
  msa_test_world_add_row_test ("/msa/questions/certificate/removed/accepted-in-handler",
                               test_removed_in_handler, GUINT_TO_POINTER (REMOVE_ACCEPT));
  msa_test_world_add_row_test ("/msa/questions/certificate/removed/disposed-in-handler",
                               test_removed_in_handler, GUINT_TO_POINTER (DISPOSE_EASY));
  msa_test_world_add_test ("/msa/questions/certificate/removed/later", test_removed_later);
  msa_test_world_add_test ("/msa/questions/certificate/removed/multi", test_multi_gone);
  msa_test_world_add_test ("/msa/questions/certificate/exception-is-alone",
                           test_exception_is_alone);
  msa_test_world_add_test ("/msa/questions/certificate/pin", test_pin_is_not_asked_about);
  msa_test_world_add_test ("/msa/questions/certificate/no-doubt", test_no_doubt);
}

static void
add_passwords (void)
{
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/questions/password/answers", passwords, test_password);
  msa_test_world_add_test ("/msa/questions/password/many/one-asks", test_password_for_many);
  msa_test_world_add_test ("/msa/questions/password/many/cancelled",
                           test_password_cancelled_for_many);
  msa_test_world_add_test ("/msa/questions/password/many/passed-on", test_password_passed_on);
  msa_test_world_add_test ("/msa/questions/password/abandoned", test_password_abandoned);
  msa_test_world_add_test ("/msa/questions/password/without-handler",
                           test_password_without_handler);
}

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  set_up ();
  add_certificates ();
  add_passwords ();
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/questions/sessions", stores, test_resumed);
  g_test_add_func ("/msa/questions/threads", test_threads);
  result = g_test_run ();
  tear_down ();
  return result;
}

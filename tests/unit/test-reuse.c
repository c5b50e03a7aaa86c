/* test-reuse.c: which transfers share a connection
 *
 * The keys themselves are in test-conn-key.c and, option by option, in the generated test; here is
 * what comes of them: two transfers through a multi, and how many connections the server saw. What
 * is sent again when a shared connection is gone stands in test-exchange-reuse.c, what becomes of
 * one whose files were replaced in test-reuse-files.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-writer-private.h"
#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <gnutls/x509.h>

#define CA_FILE "/etc/ca.pem"
#define OTHER_CA_FILE "/etc/other.pem"
#define MS 1000

static MsaTestPki *pki;
static MsaTestCert *cert;

static void
respond_cb (MsaTestHttpsLink *link,
            gpointer data)
{
  msa_test_https_send (link, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", -1);
}

/* Runs it, and leaves its connection idle. */
static void
run (MsaTestWorld *world,
     MsaEasy *easy)
{
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  msa_test_world_settle (world, 5 * MS);
}

/* Its connections end with the multi. */
static void
end_server (MsaTestWorld *world,
            MsaTestHttps *server)
{
  msa_test_world_end_multi (world);
  msa_test_https_free (server);
}

/* Options: two transfers that differ in exactly one */

static void
set_other_enum (const GParamSpec *pspec,
                GValue *value)
{
  const GEnumClass *enum_class = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  int normal = G_PARAM_SPEC_ENUM (pspec)->default_value;

  for (guint i = 0; i < enum_class->n_values; i++)
    if (enum_class->values[i].value != normal)
      {
        g_value_set_enum (value, enum_class->values[i].value);
        return;
      }
}

/* FALSE: nothing is known about this type. */
static gboolean
set_other (const GParamSpec *pspec,
           GValue *value)
{
  static const char *const texts[] = { "other", NULL };
  /* A time limit that is no hindrance. */
  const int number = 60007;

  if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (value, "other");
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, !G_PARAM_SPEC_BOOLEAN (pspec)->default_value);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, MIN (number, G_PARAM_SPEC_UINT (pspec)->maximum));
  else if (G_IS_PARAM_SPEC_INT (pspec))
    g_value_set_int (value, MIN (number, G_PARAM_SPEC_INT (pspec)->maximum));
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    g_value_set_int64 (value, MIN (number, G_PARAM_SPEC_INT64 (pspec)->maximum));
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    set_other_enum (pspec, value);
  else if (G_IS_PARAM_SPEC_FLAGS (pspec))
    g_value_set_flags (value, ~G_PARAM_SPEC_FLAGS (pspec)->default_value &
                                  G_PARAM_SPEC_FLAGS (pspec)->flags_class->mask);
  else if (G_IS_PARAM_SPEC_OBJECT (pspec))
    g_value_take_object (value, g_object_new (pspec->value_type, NULL));
  else if (pspec->value_type == G_TYPE_STRV)
    g_value_set_boxed (value, texts);
  else
    return FALSE;

  return TRUE;
}

static GBytes *
make_key (MsaEasy *easy)
{
  MsaWriter writer;
  MsaSlice bytes;
  GBytes *key;

  msa_writer_init (&writer, G_MAXUINT32);
  msa_settings_append_key (msa_easy_peek_settings (easy), &writer);
  bytes = msa_writer_slice (&writer);
  key = g_bytes_new (bytes.data, bytes.len);
  msa_writer_release (&writer);

  return key;
}

/* As the option table says; but one is about this very thing. */
static gboolean
is_to_share (MsaEasy *one,
             MsaEasy *other)
{
  g_autoptr (GBytes) a = make_key (one);
  g_autoptr (GBytes) b = make_key (other);

  return g_bytes_equal (a, b) && !msa_easy_get_fresh_connection (other);
}

/* Some values end the transfer before it is sent: then nothing must have been. */
static void
test_option (gconstpointer data)
{
  const GParamSpec *pspec = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaTestHttps *server = msa_test_https_new (world->sim, "10.0.0.1", NULL, respond_cb, NULL);
  MsaEasy *plain = msa_test_world_make (world, "/x");
  MsaEasy *other = msa_test_world_make (world, "/x");
  g_auto (GValue) value = G_VALUE_INIT;
  guint n_requests;

  g_value_init (&value, pspec->value_type);
  g_assert_true (set_other (pspec, &value));
  g_object_set_property (G_OBJECT (other), pspec->name, &value);
  run (world, plain);
  g_assert_no_error (msa_easy_get_error (plain));
  run (world, other);

  n_requests = msa_test_https_get (server, 0)->n_requests;
  if (msa_easy_get_error (other) != NULL)
    {
      g_test_message ("with another %s: %s", pspec->name, msa_easy_get_error (other)->message);
      g_assert_cmpuint (n_requests, ==, 1);
    }
  else
    {
      g_assert_cmpuint (n_requests, ==, is_to_share (plain, other) ? 2 : 1);
      g_assert_cmpuint (server->links->len, ==, is_to_share (plain, other) ? 1 : 2);
    }
  end_server (world, server);
  msa_test_world_free (world);
}

/* Names */

typedef struct
{
  const char *name;
  const char *one;
  const char *other;
  gboolean shares;
} NameRow;

/* All of them are at one address. */
static const NameRow names[] = {
  { "same", "http://example.org/", "http://example.org/x?y", TRUE },
  { "case", "http://example.org/", "http://EXAMPLE.ORG/", TRUE },
  { "default-port", "http://example.org/", "http://example.org:80/", TRUE },
  { "login", "http://a:b@example.org/", "http://c:d@example.org/", TRUE },
  { "idn", "http://b\303\274cher.org/", "http://xn--bcher-kva.org/", TRUE },
  { "idn-case", "http://B\303\234CHER.org/", "http://XN--BCHER-KVA.org/", TRUE },
  { "idn-percent", "http://b%C3%BCcher.org/", "http://b\303\274cher.org/", TRUE },
  { "address-spelling", "http://10.0.0.1/", "http://0xa.1/", TRUE },
  { "other-name", "http://example.org/", "http://same.org/", FALSE },
  { "sub-domain", "http://example.org/", "http://www.example.org/", FALSE },
  { "address", "http://example.org/", "http://10.0.0.1/", FALSE },
  { "final-dot", "http://example.org/", "http://example.org./", FALSE },
  { "look-alike", "http://b\303\274cher.org/", "http://bucher.org/", FALSE },
};

static void
test_name (gconstpointer data)
{
  static const char *const hosts[] = { "xn--bcher-kva.org", "same.org", "www.example.org",
                                       "example.org.", "bucher.org" };
  const NameRow *row = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaTestHttps *server = msa_test_https_new (world->sim, "10.0.0.1", NULL, respond_cb, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    msa_sim_set_host (world->sim, hosts[i], MS, "10.0.0.1", NULL);
  run (world, msa_test_world_make (world, row->one));
  run (world, msa_test_world_make (world, row->other));
  run (world, msa_test_world_make (world, row->one));
  g_assert_cmpuint (world->n_ok, ==, 3);
  g_assert_cmpuint (server->links->len, ==, row->shares ? 1 : 2);
  end_server (world, server);
  msa_test_world_free (world);
}

/* Who asks is in the request: both are answered as who they are. */
static void
test_authorization (MsaTestWorld *world)
{
  static const char *const fields[] = { "Basic YTph", "Basic Yjpi", NULL };
  MsaTestHttps *server = msa_test_https_new (world->sim, "10.0.0.1", NULL, respond_cb, NULL);
  const char *received;

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      MsaEasy *easy = msa_test_world_make (world, "/x");

      if (fields[i] != NULL)
        msa_headers_append (msa_easy_get_request_headers (easy), "Authorization", fields[i], NULL);
      run (world, easy);
    }
  g_assert_cmpuint (world->n_ok, ==, 3);
  g_assert_cmpuint (server->links->len, ==, 1);
  received = msa_test_https_get (server, 0)->received->str;
  received = strstr (received, "Authorization: Basic YTph\r\n");
  g_assert_nonnull (received);
  received = strstr (received, "Authorization: Basic Yjpi\r\n");
  g_assert_nonnull (received);
  /* The third has none. */
  g_assert_null (strstr (received + 1, "Authorization"));
  end_server (world, server);
}

/* TLS */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaTestHttps *server;
} Scene;

static void
open_scene (Scene *scene,
            MsaTestWorld *world)
{
  const MsaTestTlsOptions options = { .cert = cert };

  scene->world = world;
  scene->server = msa_test_https_new (world->sim, "10.0.0.1", &options, respond_cb, NULL);
  msa_sim_set_file (world->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
  msa_sim_set_file (world->sim, OTHER_CA_FILE, msa_test_pki_ca_pem (pki), -1);
}

static MsaEasy *
make_tls (Scene *scene,
          MsaTlsConfig *config)
{
  MsaEasy *easy = msa_test_world_make (scene->world, "https://example.org/");
  g_autoptr (MsaTlsConfig) normal = msa_tls_config_new_for_ca_file (CA_FILE);

  msa_easy_set_tls_config (easy, config != NULL ? config : normal);

  return easy;
}

/* A new one is made, and idles afterwards beside the one that was there. */
static void
test_fresh (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  run (world, make_tls (&scene, NULL));
  easy = make_tls (&scene, NULL);
  msa_easy_set_fresh_connection (easy, TRUE);
  run (world, easy);
  g_assert_cmpuint (scene.server->links->len, ==, 2);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 2);
  run (world, make_tls (&scene, NULL));
  g_assert_cmpuint (scene.server->links->len, ==, 2);
  run (world, easy);
  g_assert_cmpuint (scene.server->links->len, ==, 3);
  g_assert_cmpuint (world->n_ok, ==, 4);
  end_server (world, scene.server);
}

/* The limit holds: the idle one makes room. */
static void
test_fresh_at_limit (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  run (world, make_tls (&scene, NULL));
  easy = make_tls (&scene, NULL);
  msa_easy_set_fresh_connection (easy, TRUE);
  run (world, easy);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (scene.server->links->len, ==, 2);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
  end_server (world, scene.server);
}

/* Who forbids it may use one that is there: it is the last to do so. */
static void
test_forbidden (MsaTestWorld *world)
{
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  run (world, make_tls (&scene, NULL));
  easy = make_tls (&scene, NULL);
  msa_easy_set_forbid_reuse (easy, TRUE);
  run (world, easy);
  g_assert_cmpuint (scene.server->links->len, ==, 1);
  g_assert_true (msa_test_https_get (scene.server, 0)->has_goodbye);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  run (world, easy);
  run (world, make_tls (&scene, NULL));
  g_assert_cmpuint (scene.server->links->len, ==, 3);
  g_assert_cmpuint (world->n_ok, ==, 4);
  end_server (world, scene.server);
}

/* By what it says, not by which object it is. */
static void
test_tls_config (MsaTestWorld *world)
{
  g_autoptr (MsaTlsConfig) other_file = msa_tls_config_new_for_ca_file (OTHER_CA_FILE);
  g_autoptr (MsaTlsConfig) lax =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", CA_FILE, "verify-name", FALSE, NULL);
  Scene scene;

  open_scene (&scene, world);
  run (world, make_tls (&scene, NULL));
  run (world, make_tls (&scene, NULL));
  g_assert_cmpuint (scene.server->links->len, ==, 1);
  run (world, make_tls (&scene, lax));
  g_assert_cmpuint (scene.server->links->len, ==, 2);
  run (world, make_tls (&scene, other_file));
  g_assert_cmpuint (scene.server->links->len, ==, 3);
  run (world, make_tls (&scene, NULL));
  g_assert_cmpuint (scene.server->links->len, ==, 3);
  g_assert_cmpuint (world->n_ok, ==, 5);
  end_server (world, scene.server);
}

/* Who a connection was made as, it stays: the server knows its client by that. */
static void
test_clients (MsaTestWorld *world)
{
  MsaTestCert *certs[2];
  MsaTlsConfig *configs[3] = { NULL, NULL, NULL };
  const MsaTestCertSpec spec = { .common_name = "client", .purpose = GNUTLS_KP_TLS_WWW_CLIENT };
  const MsaTestTlsOptions options = {
    .cert = cert,
    .client_hint = msa_test_pki_ca_pem (pki),
  };
  guint i;
  Scene scene;

  open_scene (&scene, world);
  msa_test_https_free (scene.server);
  scene.server = msa_test_https_new (world->sim, "10.0.0.1", &options, respond_cb, NULL);
  for (i = 0; i < G_N_ELEMENTS (certs); i++)
    {
      g_autofree char *cert_path = g_strdup_printf ("/client-%u.pem", i);
      g_autofree char *key_path = g_strdup_printf ("/client-%u.key", i);

      certs[i] = msa_test_pki_issue (pki, &spec);
      msa_sim_set_file (world->sim, cert_path, certs[i]->cert_pem, -1);
      msa_sim_set_file (world->sim, key_path, certs[i]->key_pem, -1);
      configs[i] = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", CA_FILE, "certificate-file",
                                 cert_path, "key-file", key_path, NULL);
    }

  for (i = 0; i < 2 * G_N_ELEMENTS (configs); i++)
    run (world, make_tls (&scene, configs[i % G_N_ELEMENTS (configs)]));
  g_assert_cmpuint (world->n_ok, ==, 6);
  g_assert_cmpuint (scene.server->links->len, ==, 3);
  g_assert_cmpuint (scene.server->n_resumed, ==, 0);
  for (i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      MsaTestHttpsLink *link = msa_test_https_get (scene.server, i);
      guint n = 0;

      g_assert_cmpuint (link->n_requests, ==, 2);
      gnutls_certificate_get_peers (link->tls->session, &n);
      g_assert_cmpuint (n, ==, configs[i] != NULL ? 1 : 0);
    }
  end_server (world, scene.server);
  for (i = 0; i < G_N_ELEMENTS (certs); i++)
    {
      msa_test_cert_free (certs[i]);
      g_object_unref (configs[i]);
    }
}

/* Never in the clear what was asked for in TLS, nor the other way round. */
static void
test_scheme (MsaTestWorld *world)
{
  MsaTestHttps *clear = msa_test_https_new (world->sim, "10.0.0.1", NULL, respond_cb, NULL);
  Scene scene;

  open_scene (&scene, world);
  run (world, msa_test_world_make (world, "/x"));
  run (world, make_tls (&scene, NULL));
  g_assert_cmpuint (clear->links->len, ==, 1);
  g_assert_cmpuint (scene.server->links->len, ==, 1);
  g_assert_cmpuint (world->n_ok, ==, 2);
  end_server (world, scene.server);
  msa_test_https_free (clear);
}

/* What a server says of its own accord */

static void
send_ticket (MsaTestHttpsLink *link)
{
  g_assert_cmpint (gnutls_session_ticket_send (link->tls->session, 1, 0), ==, 0);
}

static void
update_key (MsaTestHttpsLink *link)
{
  g_assert_cmpint (gnutls_session_key_update (link->tls->session, 0), ==, 0);
}

static void
send_byte (MsaTestHttpsLink *link)
{
  msa_test_tls_peer_write (link->tls, "x", 1);
}

static void
say_goodbye (MsaTestHttpsLink *link)
{
  gnutls_bye (link->tls->session, GNUTLS_SHUT_WR);
}

static const struct
{
  const char *name;
  void (*say) (MsaTestHttpsLink *link);
  gboolean shares;
} sayings[] = {
  { "ticket", send_ticket, TRUE },
  { "key-update", update_key, TRUE },
  { "byte", send_byte, FALSE },
  { "close-notify", say_goodbye, FALSE },
};

static void
say (Scene *scene,
     guint i)
{
  MsaTestHttpsLink *link = msa_test_https_get (scene->server, 0);
  GByteArray *bytes = link->tls->to_client;

  sayings[i].say (link);
  msa_sim_peer_send (link->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

/* @seen: by a dispatch, before the next request is added. Else by the look at the connection,
 * which is taken for requests that cannot be sent again. */
static void
run_saying (MsaTestWorld *world,
            gboolean seen)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy;
  Scene scene;

  open_scene (&scene, world);
  run (world, make_tls (&scene, NULL));
  say (&scene, i);
  if (seen)
    msa_test_world_settle (world, 20 * MS);
  else
    msa_sim_advance_by (world->sim, 20 * MS);

  easy = make_tls (&scene, NULL);
  msa_easy_set_method (easy, "POST");
  run (world, easy);
  g_assert_cmpuint (world->n_ok, ==, 2);
  g_assert_cmpuint (scene.server->links->len, ==, sayings[i].shares ? 1 : 2);
  g_assert_cmpuint (msa_test_https_get (scene.server, 0)->n_requests, ==,
                    sayings[i].shares ? 2 : 1);
  end_server (world, scene.server);
}

static void
test_said_while_idle (MsaTestWorld *world)
{
  run_saying (world, TRUE);
}

static void
test_said_unseen (MsaTestWorld *world)
{
  run_saying (world, FALSE);
}

/* Exchanges that did not end as they should */

static void
break_cb (MsaTestHttpsLink *link,
          gpointer data)
{
  if (link->server->links->len == 1)
    msa_test_https_send (link, data, -1);
  else
    respond_cb (link, NULL);
}

static MsaWriteResult
abort_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  return MSA_WRITE_ABORT;
}

static void
remove_easy (MsaTestWorld *world,
             MsaEasy *easy)
{
  msa_test_world_remove (world, easy);
}

static void
let_fail (MsaTestWorld *world,
          MsaEasy *easy)
{
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_nonnull (msa_easy_get_error (easy));
}

typedef struct
{
  const char *name;
  const char *reply;
  void (*prepare) (MsaEasy *easy); /* (nullable) */
  void (*end) (MsaTestWorld *world, MsaEasy *easy);
} BreakRow;

static void
limit_body (MsaEasy *easy)
{
  msa_easy_set_max_body_bytes (easy, 3);
}

static void
limit_time (MsaEasy *easy)
{
  msa_easy_set_timeout_ms (easy, 100);
}

static void
take_no_body (MsaEasy *easy)
{
  msa_easy_set_write_func (easy, abort_cb, NULL, NULL);
}

#define PART "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
#define LONG "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlong\r\n"

static const BreakRow breaks[] = {
  { "removed-before-head", "", NULL, remove_easy },
  { "removed-in-head", "HTTP/1.1 200 OK\r\nA", NULL, remove_easy },
  { "removed-in-body", PART, NULL, remove_easy },
  { "timed-out", PART, limit_time, let_fail },
  { "too-large", LONG, limit_body, let_fail },
  { "too-large-announced", PART, limit_body, let_fail },
  { "refused", PART, take_no_body, let_fail },
  { "refused-at-end", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf", take_no_body,
    let_fail },
  { "bad-chunk", LONG "!\r\n", NULL, let_fail },
  { "bad-head", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", NULL, let_fail },
};

/* Its connection is used by nobody after it, who could take the rest for an answer. */
static void
test_broken (MsaTestWorld *world)
{
  const BreakRow *row = world->row;
  MsaTestHttps *server =
      msa_test_https_new (world->sim, "10.0.0.1", NULL, break_cb, (gpointer) row->reply);
  MsaEasy *easy = msa_test_world_make (world, "/x");
  guint n_before;

  if (row->prepare != NULL)
    row->prepare (easy);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 20 * MS);
  row->end (world, easy);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);

  n_before = world->n_completed;
  run (world, msa_test_world_make (world, "/x"));
  g_assert_cmpuint (world->n_completed, ==, n_before + 1);
  g_assert_cmpuint (world->n_ok, ==, 1);
  g_assert_cmpuint (server->links->len, ==, 2);
  g_assert_cmpuint (msa_test_https_get (server, 0)->n_requests, ==, 1);
  end_server (world, server);
}

/* Registering */

static void
add_options (GTypeClass *easy_class)
{
  guint n_properties;
  g_autofree GParamSpec **all =
      g_object_class_list_properties (G_OBJECT_CLASS (easy_class), &n_properties);

  for (guint i = 0; i < n_properties; i++)
    {
      g_autofree char *path = g_strconcat ("/msa/reuse/option/", all[i]->name, NULL);

      if ((all[i]->flags & G_PARAM_WRITABLE) != 0 && !g_str_equal (all[i]->name, "uri"))
        g_test_add_data_func (path, all[i], test_option);
    }
}

static void
add_tests (void)
{
  MSA_TEST_ADD_ROWS ("/msa/reuse/name", names, test_name);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/reuse/said-while-idle", sayings, test_said_while_idle);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/reuse/said-unseen", sayings, test_said_unseen);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/reuse/broken", breaks, test_broken);
  msa_test_world_add_test ("/msa/reuse/authorization", test_authorization);
  msa_test_world_add_test ("/msa/reuse/fresh", test_fresh);
  msa_test_world_add_test ("/msa/reuse/fresh-at-limit", test_fresh_at_limit);
  msa_test_world_add_test ("/msa/reuse/forbidden", test_forbidden);
  msa_test_world_add_test ("/msa/reuse/tls-config", test_tls_config);
  msa_test_world_add_test ("/msa/reuse/clients", test_clients);
  msa_test_world_add_test ("/msa/reuse/scheme", test_scheme);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .common_name = "example.org", .dns = { "example.org" } };
  GTypeClass *easy_class;
  int status;

  g_test_init (&argc, &argv, NULL);
  easy_class = g_type_class_ref (MSA_TYPE_EASY);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);
  add_options (easy_class);
  add_tests ();
  status = g_test_run ();
  g_type_class_unref (easy_class);
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);

  return status;
}

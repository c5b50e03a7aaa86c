/* test-names.c: names, addresses and where connections go, through the whole of the library
 *
 * How connect-to and resolve are written is shown in test-endpoint.c, what the resolver does by
 * itself in test-resolver.c. In virtual time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <netdb.h>

#define MS G_GINT64_CONSTANT (1000)

/* The server says where it is, and what Host it was asked for. */
static void
respond_cb (MsaSimPeer *peer,
            const char *method,
            const char *target,
            const char *head,
            GBytes *body,
            gpointer data)
{
  const char *host = strstr (head, "Host: ") + strlen ("Host: ");
  g_autofree char *text = g_strdup_printf ("%.*s at %s", (int) strcspn (host, "\r"), host,
                                           peer->address);

  msa_sim_http_respond (peer, 200, NULL, text);
}

/* Beside the world's example.org (10.0.0.1) and other.org (10.0.0.2):
 *   both.org             10.0.0.3 and fd00::3
 *   slow.org             is found after a minute
 *   10.0.0.8             refuses
 *   fe80::1              is there behind en0, the seventh interface, alone */
static void
set_up (MsaTestWorld *world)
{
  static const char *const servers[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::3", "::1",
                                         "127.0.0.1", "fe80::1%7" };

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      msa_sim_http_server (world->sim, servers[i], 80, respond_cb, NULL);
      msa_sim_http_server (world->sim, servers[i], 8080, respond_cb, NULL);
    }
  msa_sim_set_interface (world->sim, "en0", 7);
  msa_sim_set_host (world->sim, "both.org", 2 * MS, "10.0.0.3", "fd00::3", NULL);
  msa_sim_set_host (world->sim, "slow.org", 60 * 1000 * MS, "10.0.0.1", NULL);
}

static guint
count_look_ups (MsaTestWorld *world)
{
  return msa_sim_count (world->sim, "look_up");
}

static MsaEasy *
make (MsaTestWorld *world,
      const char *uri,
      const char *connect_to,
      const char *resolve)
{
  MsaEasy *easy = msa_test_world_make (world, uri);
  const char *entries[] = { connect_to, NULL };

  if (connect_to != NULL)
    msa_easy_set_connect_to (easy, entries);
  entries[0] = resolve;
  if (resolve != NULL)
    msa_easy_set_resolve (easy, entries);
  return easy;
}

/* Runs @easy by itself. */
static void
run (MsaTestWorld *world,
     MsaEasy *easy)
{
  const guint n_before = world->n_completed;

  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, n_before + 1));
}

static void
expect_body (MsaEasy *easy,
             const char *text)
{
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_body (easy, text);
}

static void
expect_error (MsaEasy *easy,
              int code,
              const char *text)
{
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, code);
  g_assert_true (g_str_has_suffix (msa_easy_get_error (easy)->message, text));
}

/* Where it goes */

typedef struct
{
  const char  *name, *uri;
  const char  *connect_to, *resolve; /* (nullable) */
  MsaIpVersion version;
  const char  *text;                 /* of the server, or of the error */
  int          code;                 /* of the error */
  guint        n_look_ups;
} Going;

static const Going goings[] = {
  { "plain", "http://example.org/", NULL, NULL, 0, "example.org at 10.0.0.1:80", 0, 2 },
  { "no-scheme", "example.org", NULL, NULL, 0, "example.org at 10.0.0.1:80", 0, 2 },
  { "ipv4-hexadecimal", "http://0xa.0.2/", NULL, NULL, 0, "10.0.0.2 at 10.0.0.2:80", 0, 0 },
  { "ipv6", "http://[FD00:0::3]:8080/", NULL, NULL, 0, "[fd00::3]:8080 at [fd00::3]:8080", 0, 0 },
  { "ipv6-zone", "http://[fd00::3%25eth0]/", NULL, NULL, 0,
    "Could not resolve host 'fd00::3': There is no network interface 'eth0'", MSA_ERROR_RESOLVE,
    0 },
  { "ipv6-zone-found", "http://[fe80::1%en0]/", NULL, NULL, 0, "[fe80::1] at [fe80::1%7]:80", 0,
    0 },
  { "ipv6-zone-found-coded", "http://[FE80::1%25en0]:8080/", NULL, NULL, 0,
    "[fe80::1]:8080 at [fe80::1%7]:8080", 0, 0 },
  { "ipv6-zone-of-number", "http://[fe80::1%257]/", NULL, NULL, 0, "[fe80::1] at [fe80::1%7]:80", 0,
    0 },
  { "ipv6-zone-pinned", "http://[fe80::1%25eth0]/", NULL, "[fe80::1%eth0]:80:[fd00::3]", 0,
    "[fe80::1] at [fd00::3]:80", 0, 0 },
  { "localhost", "http://a.localhost/", NULL, NULL, 0, "a.localhost at [::1]:80", 0, 0 },
  { "onion", "http://a.onion./", NULL, NULL, 0,
    "Could not resolve host 'a.onion': Names in .onion are not looked up", MSA_ERROR_RESOLVE, 0 },
  { "connect-to", "http://example.org/", "example.org:80:other.org:8080", NULL, 0,
    "example.org at 10.0.0.2:8080", 0, 2 },
  { "connect-to-port", "http://example.org/", ":::8080", NULL, 0,
    "example.org at 10.0.0.1:8080", 0, 2 },
  { "connect-to-address", "http://unknown.org:99/", "::10.0.0.2:80", NULL, 0,
    "unknown.org:99 at 10.0.0.2:80", 0, 0 },
  { "connect-to-localhost", "http://example.org/", "::localhost:", NULL, 0,
    "example.org at [::1]:80", 0, 0 },
  { "connect-to-unknown", "http://example.org/", "::unknown.org:", NULL, 0,
    "Could not resolve host 'unknown.org': Name or service not known", MSA_ERROR_RESOLVE, 2 },
  { "connect-to-onion", "http://example.org/", "::a.onion:", NULL, 0,
    "Could not resolve host 'a.onion': Names in .onion are not looked up", MSA_ERROR_RESOLVE, 0 },
  { "pin", "http://example.org/", NULL, "example.org:80:10.0.0.2", 0,
    "example.org at 10.0.0.2:80", 0, 0 },
  { "pin-unknown", "http://unknown.org/", NULL, "*:80:10.0.0.2", 0,
    "unknown.org at 10.0.0.2:80", 0, 0 },
  { "pin-next-address", "http://example.org/", NULL, "example.org:80:10.0.0.8,10.0.0.2", 0,
    "example.org at 10.0.0.2:80", 0, 0 },
  { "pin-after-connect-to", "http://example.org/", "::other.org:8080", "other.org:8080:10.0.0.3", 0,
    "example.org at 10.0.0.3:8080", 0, 0 },
  { "pin-of-url-after-connect-to", "http://example.org/", "::other.org:", "example.org:80:10.0.0.3",
    0, "example.org at 10.0.0.2:80", 0, 2 },
  { "put", "http://example.org/", NULL, "+example.org:80:10.0.0.2", 0,
    "example.org at 10.0.0.2:80", 0, 0 },
  { "put-other-port", "http://example.org/", NULL, "+example.org:81:10.0.0.2", 0,
    "example.org at 10.0.0.1:80", 0, 2 },
  { "auto", "http://both.org/", NULL, NULL, MSA_IP_VERSION_AUTO, "both.org at [fd00::3]:80", 0, 2 },
  { "only-ipv4", "http://both.org/", NULL, NULL, MSA_IP_VERSION_IPV4, "both.org at 10.0.0.3:80", 0,
    1 },
  { "only-ipv6", "http://both.org/", NULL, NULL, MSA_IP_VERSION_IPV6, "both.org at [fd00::3]:80", 0,
    1 },
  { "no-ipv6", "http://example.org/", NULL, NULL, MSA_IP_VERSION_IPV6,
    "Could not resolve host 'example.org' to an IPv6 address: "
    "No address associated with hostname",
    MSA_ERROR_RESOLVE, 1 },
  { "address-of-other-version", "http://10.0.0.1/", NULL, NULL, MSA_IP_VERSION_IPV6,
    "Could not resolve host '10.0.0.1' to an IPv6 address: Only IPv4 addresses are given",
    MSA_ERROR_RESOLVE, 0 },
  { "pin-of-other-version", "http://example.org/", NULL, "example.org:80:[fd00::3]",
    MSA_IP_VERSION_IPV4,
    "Could not resolve host 'example.org' to an IPv4 address: Only IPv6 addresses are given",
    MSA_ERROR_RESOLVE, 0 },
  { "put-of-other-version", "http://example.org/", NULL, "+example.org:80:[fd00::3]",
    MSA_IP_VERSION_IPV4,
    "Could not resolve host 'example.org' to an IPv4 address: Only IPv6 addresses are given",
    MSA_ERROR_RESOLVE, 0 },
  { "localhost-ipv4", "http://localhost/", NULL, NULL, MSA_IP_VERSION_IPV4,
    "localhost at 127.0.0.1:80", 0, 0 },
  { "bad-connect-to", "http://example.org/", "a:b", NULL, 0,
    "Entry “a:b” of connect-to: a port is not a decimal number from 0 to 65535",
    MSA_ERROR_INVALID_ARGUMENT, 0 },
  { "bad-resolve", "http://example.org/", NULL, "example.org:80:other.org", 0,
    "Entry “example.org:80:other.org” of resolve: “other.org” is not an IP address",
    MSA_ERROR_INVALID_ARGUMENT, 0 },
};

static void
test_going (gconstpointer data)
{
  const Going *going = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy = make (world, going->uri, going->connect_to, going->resolve);

  set_up (world);
  msa_easy_set_ip_version (easy, going->version);
  run (world, easy);
  if (going->code != 0)
    expect_error (easy, going->code, going->text);
  else
    expect_body (easy, going->text);
  g_assert_cmpuint (count_look_ups (world), ==, going->n_look_ups);
  if (going->code == MSA_ERROR_INVALID_ARGUMENT)
    g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  msa_test_world_assert_all_once (world);
  msa_test_world_free (world);
}

/* Reuse */

static void
set_version (MsaEasy *easy)
{
  msa_easy_set_ip_version (easy, MSA_IP_VERSION_IPV4);
}

static void
set_connect_to (MsaEasy *easy)
{
  const char *const entries[] = { "example.org::10.0.0.1:", NULL };

  msa_easy_set_connect_to (easy, entries);
}

static void
set_pin (MsaEasy *easy)
{
  const char *const entries[] = { "example.org:80:10.0.0.1", NULL };

  msa_easy_set_resolve (easy, entries);
}

static void
set_nothing (MsaEasy *easy)
{
}

typedef struct
{
  const char *name;
  void      (*set) (MsaEasy *easy);
} Way;

static const Way ways[] = {
  { "plain", set_nothing },
  { "ip-version", set_version },
  { "connect-to", set_connect_to },
  { "pin", set_pin },
};

/* All end at the same server, yet each way has its own connection, and only that. */
static void
test_reuse (void)
{
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);

  set_up (world);
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
      {
        MsaEasy *easy = msa_test_world_make (world, "http://example.org/");

        ways[i].set (easy);
        run (world, easy);
        expect_body (easy, "example.org at 10.0.0.1:80");
        g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==,
                          round == 0 ? i + 1 : G_N_ELEMENTS (ways));
      }
  msa_test_world_free (world);
}

/* Limits go by the URL: where connections go is no way around them. */
static void
test_limits (MsaTestWorld *world)
{
  static const char *const targets[] = { "::10.0.0.1:", "::10.0.0.2:", "::10.0.0.3:" };

  set_up (world);
  msa_multi_set_max_connections_per_host (world->multi, 1);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    msa_test_world_add_again (world, make (world, "http://example.org/", targets[i], NULL));
  msa_test_world_settle (world, 1);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 1);
  g_assert_cmpuint (msa_multi_get_n_pending (world->multi), ==, 2);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 3);
  msa_test_world_assert_all_once (world);
}

/* Pins */

/* They are of this easy alone: not in the cache, and others' answers do not touch them. */
static void
test_pins_stay_here (MsaTestWorld *world)
{
  MsaEasy *pinned = make (world, "http://example.org/", NULL, "example.org:80:10.0.0.3");
  MsaEasy *other = msa_test_world_make (world, "http://example.org/");

  set_up (world);
  run (world, pinned);
  expect_body (pinned, "example.org at 10.0.0.3:80");
  run (world, other);
  expect_body (other, "example.org at 10.0.0.1:80");
  g_assert_cmpuint (count_look_ups (world), ==, 2);
  run (world, pinned);
  expect_body (pinned, "example.org at 10.0.0.3:80");
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
}

/* Long after all that was looked up has expired, and its connection too. */
static void
test_pins_outlive (MsaTestWorld *world)
{
  MsaEasy *pinned = make (world, "http://example.org/", NULL, "example.org:80:10.0.0.3");

  set_up (world);
  for (guint i = 0; i < 3; i++)
    {
      run (world, pinned);
      expect_body (pinned, "example.org at 10.0.0.3:80");
      g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, i + 1);
      msa_test_world_settle (world, 200 * 1000 * MS);
    }
  g_assert_cmpuint (count_look_ups (world), ==, 0);
}

/* What was looked up is dropped when none of it answers (B204), pins are not. */
static void
test_refused (MsaTestWorld *world)
{
  MsaEasy *pinned = make (world, "http://example.org/", NULL, "example.org:80:10.0.0.8");
  MsaEasy *plain = msa_test_world_make (world, "http://moved.org/");

  set_up (world);
  msa_sim_set_host (world->sim, "moved.org", 0, "10.0.0.8", NULL);
  for (guint i = 0; i < 2; i++)
    {
      run (world, pinned);
      expect_error (pinned, MSA_ERROR_CONNECT,
                    "Connecting to 10.0.0.8:80 failed: Connection refused");
    }
  g_assert_cmpuint (count_look_ups (world), ==, 0);

  run (world, plain);
  expect_error (plain, MSA_ERROR_CONNECT, "Connecting to 10.0.0.8:80 failed: Connection refused");
  msa_sim_set_host (world->sim, "moved.org", 0, "10.0.0.2", NULL);
  run (world, plain);
  expect_body (plain, "moved.org at 10.0.0.2:80");
  g_assert_cmpuint (count_look_ups (world), ==, 4);
}

/* The cache */

static void
expect_fetch (MsaTestWorld *world,
              const char *uri,
              const char *resolve,
              const char *text)
{
  MsaEasy *easy = make (world, uri, NULL, resolve);

  run (world, easy);
  expect_body (easy, text);
}

/* What one easy puts there is there for all, for a while, at its port. */
static void
test_put (MsaTestWorld *world)
{
  set_up (world);
  msa_multi_set_max_idle_connections (world->multi, 0);
  expect_fetch (world, "http://other.org/", "+example.org:80:10.0.0.3", "other.org at 10.0.0.2:80");
  g_assert_cmpuint (count_look_ups (world), ==, 2);
  expect_fetch (world, "http://example.org/", NULL, "example.org at 10.0.0.3:80");
  expect_fetch (world, "http://example.org./", NULL, "example.org. at 10.0.0.3:80");
  g_assert_cmpuint (count_look_ups (world), ==, 2);
  expect_fetch (world, "http://example.org:8080/", NULL, "example.org:8080 at 10.0.0.1:8080");
  expect_fetch (world, "http://example.org/", NULL, "example.org at 10.0.0.3:80");
  g_assert_cmpuint (count_look_ups (world), ==, 4);

  /* Put again, it stands in the place of the first. */
  expect_fetch (world, "http://example.org/", "+example.org:80:10.0.0.2",
                "example.org at 10.0.0.2:80");
  expect_fetch (world, "http://example.org/", NULL, "example.org at 10.0.0.2:80");
  g_assert_cmpuint (count_look_ups (world), ==, 4);

  msa_test_world_settle (world, 60 * 1000 * MS);
  expect_fetch (world, "http://example.org/", NULL, "example.org at 10.0.0.1:80");
  g_assert_cmpuint (count_look_ups (world), ==, 6);
}

static void
test_drop (MsaTestWorld *world)
{
  set_up (world);
  msa_multi_set_max_idle_connections (world->multi, 0);
  expect_fetch (world, "http://example.org/", NULL, "example.org at 10.0.0.1:80");
  expect_fetch (world, "http://example.org/", "-other.org:80", "example.org at 10.0.0.1:80");
  g_assert_cmpuint (count_look_ups (world), ==, 2);
  msa_sim_set_host (world->sim, "example.org", 0, "10.0.0.2", NULL);
  expect_fetch (world, "http://example.org/", "-example.org:80", "example.org at 10.0.0.2:80");
  g_assert_cmpuint (count_look_ups (world), ==, 4);

  /* What was put, too. */
  expect_fetch (world, "http://example.org/", "+example.org:80:10.0.0.3",
                "example.org at 10.0.0.3:80");
  expect_fetch (world, "http://example.org/", "-example.org:80", "example.org at 10.0.0.2:80");
  g_assert_cmpuint (count_look_ups (world), ==, 6);
}

/* One entry after the other. */
static void
test_order (MsaTestWorld *world)
{
  static const char *const entries[] = { "+example.org:80:10.0.0.2", "-example.org:80",
                                         "+example.org:80:10.0.0.3", NULL };
  MsaEasy *easy = msa_test_world_make (world, "http://example.org/");

  set_up (world);
  msa_easy_set_resolve (easy, entries);
  run (world, easy);
  expect_body (easy, "example.org at 10.0.0.3:80");
}

/* An answer for one version says nothing of another. */
static void
test_versions_apart (MsaTestWorld *world)
{
  static const MsaIpVersion versions[] = { MSA_IP_VERSION_IPV4, MSA_IP_VERSION_AUTO,
                                           MSA_IP_VERSION_IPV6 };
  static const char *const texts[] = { "both.org at 10.0.0.3:80", "both.org at [fd00::3]:80",
                                       "both.org at [fd00::3]:80" };
  static const guint n_look_ups[] = { 1, 3, 4 };

  set_up (world);
  msa_multi_set_max_idle_connections (world->multi, 0);
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
      {
        MsaEasy *easy = msa_test_world_make (world, "http://both.org/");

        msa_easy_set_ip_version (easy, versions[i]);
        run (world, easy);
        expect_body (easy, texts[i]);
        g_assert_cmpuint (count_look_ups (world), ==, round == 0 ? n_look_ups[i] : 4);
      }
}

/* Nobody waits for a look-up */

static void
test_time_out (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "http://slow.org/");

  set_up (world);
  msa_easy_set_timeout_ms (easy, 100);
  run (world, easy);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), <, MSA_SIM_START_US + 102 * MS);
  msa_test_world_assert_all_once (world);
}

static void
test_removed (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "http://slow.org/");

  set_up (world);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_CONNECTING));
  msa_test_world_remove (world, easy);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, MSA_SIM_START_US);
  msa_test_world_settle (world, 1 * MS);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  msa_test_world_assert_all_once (world);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/names/goes", goings, test_going);
  g_test_add_func ("/msa/names/reuse", test_reuse);
  msa_test_world_add_test ("/msa/names/limits", test_limits);
  msa_test_world_add_test ("/msa/names/pins-stay-here", test_pins_stay_here);
  msa_test_world_add_test ("/msa/names/pins-outlive-the-cache", test_pins_outlive);
  msa_test_world_add_test ("/msa/names/refused", test_refused);
  msa_test_world_add_test ("/msa/names/put", test_put);
  msa_test_world_add_test ("/msa/names/drop", test_drop);
  msa_test_world_add_test ("/msa/names/order", test_order);
  msa_test_world_add_test ("/msa/names/versions-apart", test_versions_apart);
  msa_test_world_add_test ("/msa/names/time-out-during-look-up", test_time_out);
  msa_test_world_add_test ("/msa/names/removed-during-look-up", test_removed);

  return g_test_run ();
}

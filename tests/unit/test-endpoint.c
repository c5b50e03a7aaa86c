/* test-endpoint.c: where a connection goes
 *
 * What connect-to, resolve and ip-version make of a URL, and how their entries are read. What
 * that means for transfers is shown in test-names.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "conn/msa-endpoint-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-reactor.h"
#include "sim/msa-test-rows.h"

#define MAX_ENTRIES 4

static MsaEndpoint *
make (const char *uri,
      MsaIpVersion version,
      const char *const *connect_to,
      const char *const *resolve,
      GError **error)
{
  g_autoptr (MsaUrl) url = msa_url_parse (uri, MSA_URL_DEFAULT, NULL);
  g_autoptr (MsaSettings) settings = msa_settings_new ();

  g_assert_nonnull (url);
  settings->ip_version = version;
  settings->connect_to = g_strdupv ((char **) connect_to);
  settings->resolve = g_strdupv ((char **) resolve);
  return msa_endpoint_new (url, settings, error);
}

/* connect-to */

static const struct
{
  const char *name, *uri;
  const char *entries[MAX_ENTRIES];
  const char *host;
  guint16 port;
} moves[] = {
  { "none", "http://a.test/", { NULL }, "a.test", 80 },
  { "all", "http://a.test/", { "a.test:80:b.test:8080" }, "b.test", 8080 },
  { "other-host", "http://a.test/", { "c.test:80:b.test:8080" }, "a.test", 80 },
  { "other-port", "http://a.test/", { "a.test:443:b.test:8080" }, "a.test", 80 },
  { "default-port", "https://a.test/", { "a.test:443:b.test:8080" }, "b.test", 8080 },
  { "any-host", "http://a.test/", { ":80:b.test:8080" }, "b.test", 8080 },
  { "any-port", "http://a.test:99/", { "a.test::b.test:8080" }, "b.test", 8080 },
  { "any", "http://a.test/", { "::b.test:8080" }, "b.test", 8080 },
  { "host-kept", "http://a.test/", { "a.test:80::8080" }, "a.test", 8080 },
  { "port-kept", "http://a.test:99/", { "a.test:99:b.test:" }, "b.test", 99 },
  { "all-empty", "http://a.test/", { ":::" }, "a.test", 80 },
  { "port-zero", "http://a.test/", { "a.test:80:b.test:0" }, "b.test", 0 },
  { "first-wins", "http://a.test/", { "a.test::b.test:", "a.test::c.test:" }, "b.test", 80 },
  { "first-wins-of-wild", "http://a.test/", { "::b.test:", "a.test::c.test:" }, "b.test", 80 },
  { "first-that-fits",
    "http://a.test/",
    { "x.test::y.test:", "a.test:81:z.test:", "a.test::c.test:" },
    "c.test",
    80 },
  { "not-twice", "http://a.test/", { "a.test::b.test:", "b.test::c.test:" }, "b.test", 80 },
  { "first-keeps-all", "http://a.test/", { "a.test:::", "::b.test:1" }, "a.test", 80 },
  { "upper-case", "http://a.test/", { "A.TEST:80:B.Test:8080" }, "b.test", 8080 },
  { "final-dot", "http://a.test./", { "a.test:80:b.test:8080" }, "b.test", 8080 },
  { "final-dot-in-entry", "http://a.test/", { "a.test.:80:b.test:8080" }, "b.test", 8080 },
  { "idn", "http://xn--bcher-kva.test/", { "b\xc3\xbc"
                                           "cher.test:80:b.test:" },
    "b.test",
    80 },
  { "ipv4", "http://127.0.0.1/", { "127.1:80:10.0.0.1:8080" }, "10.0.0.1", 8080 },
  { "ipv6", "http://[::1]/", { "[::1]:80:[fd00::1]:8080" }, "fd00::1", 8080 },
  { "ipv6-other", "http://[::1]/", { "[::2]:80:[fd00::1]:8080" }, "::1", 80 },
  { "zone-other", "http://[fe80::1%25a]/", { "[fe80::1%b]:80:b.test:" }, "fe80::1", 80 },
  { "zone", "http://[fe80::1%25a]/", { "[fe80::1%a]:80:b.test:" }, "b.test", 80 },
};

static void
test_move (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaEndpoint) endpoint =
      make (moves[i].uri, MSA_IP_VERSION_AUTO, moves[i].entries, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (endpoint->host->name, ==, moves[i].host);
  g_assert_cmpuint (endpoint->port, ==, moves[i].port);
  g_assert_null (endpoint->pins);
}

/* Wrong entries */

typedef struct
{
  const char *name, *entry;
  const char *reason; /* at the end of the message */
} Bad;

static const Bad bad_moves[] = {
  { "empty", "", "not of the form HOST:PORT:CONNECT-HOST:CONNECT-PORT" },
  { "one-field", "a.test", "CONNECT-HOST:CONNECT-PORT" },
  { "two-fields", "a.test:80", "CONNECT-HOST:CONNECT-PORT" },
  { "three-fields", "a.test:80:b.test", "CONNECT-HOST:CONNECT-PORT" },
  { "five-fields", "a.test:80:b.test:80:", "CONNECT-HOST:CONNECT-PORT" },
  { "port-letters", "a.test:http:b.test:80", "a port is not a decimal number from 0 to 65535" },
  { "port-too-large", "a.test:80:b.test:65536", "from 0 to 65535" },
  { "port-minus", "a.test:80:b.test:-1", "from 0 to 65535" },
  { "host", "a..test:80:b.test:80", "Host “a..test” has an empty label" },
  { "connect-host", "a.test:80:b c:80", "Host “b c” must not contain the byte 0x20" },
  { "ipv6-unclosed", "[::1:80:b.test:80", "lacks its closing bracket" },
  { "ipv6-rubbish", "[::1]x:80:b.test:80", "CONNECT-HOST:CONNECT-PORT" },
  { "ipv6-without-brackets", "::1:80:b.test:80", "CONNECT-HOST:CONNECT-PORT" },
};

static const Bad bad_pins[] = {
  { "empty", "", "it has no host" },
  { "sign-only", "+", "it has no host" },
  { "host-only", "a.test", "not of the form HOST:PORT:ADDRESS[,ADDRESS]..." },
  { "no-address", "a.test:80", "HOST:PORT:ADDRESS[,ADDRESS]..." },
  { "empty-address", "a.test:80:", "“” is not an IP address" },
  { "empty-second-address", "a.test:80:10.0.0.1,", "“” is not an IP address" },
  { "name", "a.test:80:b.test", "“b.test” is not an IP address" },
  { "address-and-port", "a.test:80:10.0.0.1:81", "“10.0.0.1:81” is not an IP address" },
  { "bad-ipv6", "a.test:80:[::x]", "“[::x]” is not an IP address" },
  { "host", "a..test:80:10.0.0.1", "Host “a..test” has an empty label" },
  { "no-host", ":80:10.0.0.1", "it has no host" },
  { "no-port", "a.test::10.0.0.1", "it has no port" },
  { "port-too-large", "a.test:65536:10.0.0.1", "from 0 to 65535" },
  { "put-for-every-host", "+*:80:10.0.0.1", "only a pin may be for every host" },
  { "put-without-address", "+a.test:80", "HOST:PORT:ADDRESS[,ADDRESS]..." },
  { "drop-for-every-host", "-*:80", "only a pin may be for every host" },
  { "drop-without-port", "-a.test", "not of the form -HOST:PORT" },
  { "drop-with-address", "-a.test:80:10.0.0.1", "not of the form -HOST:PORT" },
};

static void
expect_refused (const char *option,
                const char *entry,
                const char *reason,
                const GError *error)
{
  g_autofree char *start = g_strdup_printf ("Entry “%s” of %s: ", entry, option);

  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_prefix (error->message, start));
  g_assert_true (g_str_has_suffix (error->message, reason));
}

/* Also behind one that fits. */
static void
test_bad_move (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  const char *const entries[] = { "a.test::b.test:", bad_moves[i].entry, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (make ("http://a.test/", MSA_IP_VERSION_AUTO, entries, NULL, &error));
  expect_refused ("connect-to", bad_moves[i].entry, bad_moves[i].reason, error);
  g_assert_null (make ("http://a.test/", MSA_IP_VERSION_AUTO, entries + 1, NULL, NULL));
}

static void
test_bad_pin (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  const char *const entries[] = { "a.test:80:10.0.0.1", bad_pins[i].entry, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (make ("http://a.test/", MSA_IP_VERSION_AUTO, NULL, entries, &error));
  expect_refused ("resolve", bad_pins[i].entry, bad_pins[i].reason, error);
  g_assert_null (make ("http://a.test/", MSA_IP_VERSION_AUTO, NULL, entries + 1, NULL));
}

static void
test_too_many (void)
{
  g_autoptr (GString) entry = g_string_new ("a.test:80:10.0.0.1");
  const char *entries[] = { NULL, NULL };
  g_autoptr (MsaEndpoint) endpoint = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < MSA_MAX_ADDRESSES; i++)
    g_string_append (entry, ",10.0.0.1");
  entries[0] = entry->str;
  endpoint = make ("http://a.test/", MSA_IP_VERSION_AUTO, NULL, entries, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (endpoint->pins->len, ==, MSA_MAX_ADDRESSES);

  g_string_append (entry, ",10.0.0.1");
  entries[0] = entry->str;
  g_assert_null (make ("http://a.test/", MSA_IP_VERSION_AUTO, NULL, entries, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "more than 64 addresses"));
  g_assert_cmpuint (strlen (error->message), <, 1000);
}

/* Pins */

typedef struct
{
  MsaSim         *sim;
  MsaTestReactor *reactor;
  MsaResolver    *resolver;
} Fixture;

static void
setup (Fixture *fixture,
       gconstpointer data)
{
  fixture->sim = msa_sim_new ();
  fixture->reactor = msa_test_reactor_new (msa_sim_get_sys (msa_sim_ref (fixture->sim)));
  fixture->resolver = msa_resolver_new (msa_test_reactor_get (fixture->reactor));
  msa_sim_set_interface (fixture->sim, "eth0", 7);
}

static void
teardown (Fixture *fixture,
          gconstpointer data)
{
  msa_resolver_free (fixture->resolver);
  msa_test_reactor_free (fixture->reactor);
  msa_sim_assert_clean (fixture->sim);
  msa_sim_unref (fixture->sim);
}

static const struct
{
  const char *name, *uri;
  const char *entries[MAX_ENTRIES];
  MsaIpVersion version;
  const char *connect_to; /* (nullable) */
  const char *answer;     /* NULL: not pinned */
} pins[] = {
  { "one", "http://a.test/", { "a.test:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "several-in-order",
    "http://a.test/",
    { "a.test:80:10.0.0.1,[fd00::1],10.0.0.2" },
    0,
    NULL,
    "10.0.0.1:0,[fd00::1]:0,10.0.0.2:0" },
  { "ipv6", "http://a.test/", { "a.test:80:[fd00::1]" }, 0, NULL, "[fd00::1]:0" },
  { "ipv6-bare", "http://a.test/", { "a.test:80:fd00::1,::2" }, 0, NULL, "[fd00::1]:0,[::2]:0" },
  { "ipv6-zone", "http://a.test/", { "a.test:80:[fe80::1%eth0]" }, 0, NULL, "[fe80::1%7]:0" },
  { "ipv6-zone-unknown",
    "http://a.test/",
    { "a.test:80:[fe80::1%eth9]" },
    0,
    NULL,
    "error: Could not resolve host 'a.test': There is no network interface 'eth9'" },
  { "other-host", "http://a.test/", { "b.test:80:10.0.0.1" }, 0, NULL, NULL },
  { "other-port", "http://a.test/", { "a.test:81:10.0.0.1" }, 0, NULL, NULL },
  { "upper-case", "http://a.test/", { "A.TEST:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "final-dot", "http://a.test./", { "a.test:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "every-host", "http://a.test/", { "*:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "every-host-other-port", "http://a.test/", { "*:81:10.0.0.1" }, 0, NULL, NULL },
  { "first-wins",
    "http://a.test/",
    { "a.test:80:10.0.0.1", "a.test:80:10.0.0.2" },
    0,
    NULL,
    "10.0.0.1:0" },
  { "first-wins-of-wild",
    "http://a.test/",
    { "b.test:80:10.0.0.9", "*:80:10.0.0.1", "a.test:80:10.0.0.2" },
    0,
    NULL,
    "10.0.0.1:0" },
  { "address", "http://10.0.0.9/", { "10.0.0.9:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "ipv6-host", "http://[::9]/", { "[::9]:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "localhost", "http://localhost/", { "localhost:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  /* A pin asks nobody. */
  { "onion", "http://a.onion/", { "a.onion:80:10.0.0.1" }, 0, NULL, "10.0.0.1:0" },
  { "after-connect-to",
    "http://a.test/",
    { "a.test:80:10.0.0.2", "b.test:8080:10.0.0.1" },
    0,
    "a.test:80:b.test:8080",
    "10.0.0.1:0" },
  { "only-ipv4",
    "http://a.test/",
    { "a.test:80:10.0.0.1,::1,10.0.0.2" },
    MSA_IP_VERSION_IPV4,
    NULL,
    "10.0.0.1:0,10.0.0.2:0" },
  { "only-ipv6",
    "http://a.test/",
    { "a.test:80:10.0.0.1,::1" },
    MSA_IP_VERSION_IPV6,
    NULL,
    "[::1]:0" },
  { "no-ipv4",
    "http://a.test/",
    { "a.test:80:::1" },
    MSA_IP_VERSION_IPV4,
    NULL,
    "error: Could not resolve host 'a.test' to an IPv4 address: Only IPv6 addresses are given" },
  { "no-ipv6",
    "http://a.test/",
    { "a.test:80:10.0.0.1" },
    MSA_IP_VERSION_IPV6,
    NULL,
    "error: Could not resolve host 'a.test' to an IPv6 address: Only IPv4 addresses are given" },
};

static char *
describe (const MsaAddresses *answer)
{
  GString *text = g_string_new (NULL);

  if (answer->error != NULL)
    {
      g_assert_error (answer->error, MSA_ERROR, MSA_ERROR_RESOLVE);
      g_string_append_printf (text, "error: %s", answer->error->message);
    }
  for (guint i = 0; i < answer->n_addresses; i++)
    {
      g_autofree char *address = msa_address_to_string (&answer->addresses[i]);

      g_string_append_printf (text, "%s%s", i > 0 ? "," : "", address);
    }
  return g_string_free (text, FALSE);
}

static void
test_pin (Fixture *fixture,
          gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  const char *const connect_to[] = { pins[i].connect_to, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaEndpoint) endpoint =
      make (pins[i].uri, pins[i].version, connect_to, pins[i].entries, &error);
  g_autoptr (MsaAddresses) answer = NULL;
  g_autofree char *text = NULL;
  MsaLookup lookup = { 0 };

  g_assert_no_error (error);
  g_assert_true ((endpoint->pins != NULL) == (pins[i].answer != NULL));
  if (pins[i].answer == NULL)
    return;

  answer = msa_endpoint_resolve (endpoint, msa_sim_get_sys (fixture->sim), fixture->resolver,
                                 &lookup, 0);
  g_assert_nonnull (answer);
  text = describe (answer);
  g_assert_cmpstr (text, ==, pins[i].answer);
  g_assert_cmpuint (msa_sim_count (fixture->sim, "look_up"), ==, 0);
}

static void
test_ref (void)
{
  g_autoptr (MsaEndpoint) endpoint = make ("http://a.test/", MSA_IP_VERSION_AUTO, NULL, NULL, NULL);
  MsaEndpoint *other = msa_endpoint_ref (endpoint);

  g_assert_true (other == endpoint);
  msa_endpoint_unref (other);
  g_assert_cmpstr (endpoint->host->name, ==, "a.test");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_NUMBERED ("/msa/endpoint/connect-to", moves, test_move);
  MSA_TEST_ADD_NUMBERED ("/msa/endpoint/connect-to-refuses", bad_moves, test_bad_move);
  MSA_TEST_ADD_NUMBERED ("/msa/endpoint/resolve-refuses", bad_pins, test_bad_pin);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/endpoint/pin", pins, test_pin);
  g_test_add_func ("/msa/endpoint/resolve-refuses/too-many", test_too_many);
  g_test_add_func ("/msa/endpoint/ref", test_ref);

  return g_test_run ();
}

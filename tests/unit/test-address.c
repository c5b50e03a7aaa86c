/* test-address.c: socket addresses as text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "net/msa-socket-private.h"
#include "sim/msa-test-rows.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

/* Of Linux, with a zero at its end. */
#define MAX_PATH 107

static const struct
{
  const char *name;
  int         family;
  const char *address;
  guint       scope;
  guint16     port;
  const char *text;
} printed[] = {
  { "ipv4", AF_INET, "192.0.2.1", 0, 80, "192.0.2.1:80" },
  { "ipv4-port-zero", AF_INET, "127.0.0.1", 0, 0, "127.0.0.1:0" },
  { "ipv4-largest", AF_INET, "255.255.255.255", 0, 65535, "255.255.255.255:65535" },
  { "ipv6", AF_INET6, "2001:db8::1", 0, 443, "[2001:db8::1]:443" },
  { "ipv6-any", AF_INET6, "::", 0, 1, "[::]:1" },
  { "ipv6-mapped", AF_INET6, "::ffff:192.0.2.1", 0, 80, "[::ffff:192.0.2.1]:80" },
  { "ipv6-longest", AF_INET6, "1111:2222:3333:4444:5555:6666:7777:8888", 4294967295u, 65535,
    "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535" },
  { "ipv6-scope", AF_INET6, "fe80::1", 3, 80, "[fe80::1%3]:80" },
  { "other-family", AF_UNSPEC, NULL, 0, 80, "address of family 0" },
};

static void
test_printed (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  MsaAddress address = { .len = 0 };
  g_autofree char *text = NULL;

  address.addr.ss_family = (sa_family_t) printed[i].family;
  if (printed[i].family == AF_INET)
    inet_pton (AF_INET, printed[i].address, &((struct sockaddr_in *) &address.addr)->sin_addr);
  if (printed[i].family == AF_INET6)
    {
      struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &address.addr;

      inet_pton (AF_INET6, printed[i].address, &in6->sin6_addr);
      in6->sin6_scope_id = printed[i].scope;
    }
  msa_address_set_port (&address, printed[i].port);
  text = msa_address_to_string (&address);
  g_assert_cmpstr (text, ==, printed[i].text);
  g_assert_cmpuint (msa_address_get_port (&address), ==,
                    printed[i].family != AF_UNSPEC ? printed[i].port : 0);
}

static const struct
{
  const char *name;
  const char *text;
  const char *printed; /* (nullable): NULL: it is none */
} parsed[] = {
  { "ipv4", "192.0.2.1", "192.0.2.1:0" },
  { "ipv6", "2001:DB8::1", "[2001:db8::1]:0" },
  { "empty", "", NULL },
  { "name", "localhost", NULL },
  { "brackets", "[::1]", NULL },
  { "port", "192.0.2.1:80", NULL },
  { "zone", "fe80::1%1", NULL },
  { "short", "127.1", NULL },
  { "octal", "0177.0.0.1", NULL },
  { "space", "192.0.2.1 ", NULL },
  { "interface", "eth0", NULL },
};

static void
test_parsed (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  MsaAddress address;
  g_autofree char *text = NULL;

  g_assert_true (msa_address_parse (&address, parsed[i].text) == (parsed[i].printed != NULL));
  if (parsed[i].printed == NULL)
    return;
  text = msa_address_to_string (&address);
  g_assert_cmpstr (text, ==, parsed[i].printed);
}

static const struct
{
  const char *name;
  const char *path;
  gsize       n_more;  /* bytes “x” that follow */
  const char *message; /* (nullable): NULL: it is taken */
} paths[] = {
  { "absolute", "/run/server", 0, NULL },
  { "relative", "server", 0, NULL },
  { "abstract", "@server", 0, NULL },
  { "at-within", "./@server", 0, NULL },
  { "longest", "/", MAX_PATH - 1, NULL },
  { "longest-abstract", "@", MAX_PATH, NULL },
  { "empty", "", 0, "The Unix socket path “” has 0 bytes: 1 to 107 are possible" },
  { "too-long", "/", MAX_PATH, "xx” has 108 bytes: 1 to 107 are possible" },
  { "too-long-abstract", "@", MAX_PATH + 1, "xx” has 109 bytes: 1 to 108 are possible" },
};

static void
test_path (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *more = g_strnfill (paths[i].n_more, 'x');
  g_autofree char *path = g_strconcat (paths[i].path, more, NULL);
  g_autofree char *expected = g_strconcat ("unix:", path, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  MsaAddress address;

  g_assert_true (msa_address_parse_path (&address, path, &error) == (paths[i].message == NULL));
  if (paths[i].message != NULL)
    {
      g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, paths[i].message));
      return;
    }
  g_assert_no_error (error);
  text = msa_address_to_string (&address);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (address.len, <=, sizeof (struct sockaddr_un));
}

/* As accept() gives it. */
static void
test_unnamed (void)
{
  MsaAddress address = { .addr.ss_family = AF_UNIX, .len = sizeof (sa_family_t) };
  g_autofree char *text = msa_address_to_string (&address);

  g_assert_cmpstr (text, ==, "unix:");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  MSA_TEST_ADD_NUMBERED ("/msa/address/printed", printed, test_printed);
  MSA_TEST_ADD_NUMBERED ("/msa/address/parsed", parsed, test_parsed);
  MSA_TEST_ADD_NUMBERED ("/msa/address/path", paths, test_path);
  g_test_add_func ("/msa/address/unnamed", test_unnamed);
  return g_test_run ();
}

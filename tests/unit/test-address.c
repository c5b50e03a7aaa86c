/* test-address.c: socket addresses as text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-socket-private.h"

#include <arpa/inet.h>
#include <netinet/in.h>

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
  { "other-family", AF_UNIX, NULL, 0, 80, "address of family 1" },
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
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (printed); i++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/address/printed/%s", printed[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_printed);
    }
  return g_test_run ();
}

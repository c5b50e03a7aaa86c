/* msa-address.c: a socket address as text, and its port
 *
 * No name is looked up: an IPv6 scope is printed as its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-socket-private.h"

#include <arpa/inet.h>
#include <netinet/in.h>

gchar *
msa_address_to_string (const MsaAddress *self)
{
  char text[INET6_ADDRSTRLEN];

  if (self->addr.ss_family == AF_INET)
    {
      const struct sockaddr_in *in = (const struct sockaddr_in *) &self->addr;

      inet_ntop (AF_INET, &in->sin_addr, text, sizeof text);
      return g_strdup_printf ("%s:%u", text, ntohs (in->sin_port));
    }

  if (self->addr.ss_family == AF_INET6)
    {
      const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) &self->addr;

      inet_ntop (AF_INET6, &in6->sin6_addr, text, sizeof text);
      if (in6->sin6_scope_id != 0)
        return g_strdup_printf ("[%s%%%u]:%u", text, in6->sin6_scope_id, ntohs (in6->sin6_port));
      return g_strdup_printf ("[%s]:%u", text, ntohs (in6->sin6_port));
    }

  return g_strdup_printf ("address of family %d", self->addr.ss_family);
}

void
msa_address_set_port (MsaAddress *self,
                      guint16 port)
{
  if (self->addr.ss_family == AF_INET)
    ((struct sockaddr_in *) &self->addr)->sin_port = htons (port);
  else if (self->addr.ss_family == AF_INET6)
    ((struct sockaddr_in6 *) &self->addr)->sin6_port = htons (port);
}

/* msa-addresses.c: what a host's name stands for
 *
 * Made here of what is written down: literal addresses and localhost. Names are looked up in
 * msa-resolver.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-addresses-private.h"

#include "base/msa-number-private.h"
#include "model/msa-error.h"

#include <netinet/in.h>

MsaAddresses *
msa_addresses_new (guint max)
{
  MsaAddresses *self = g_malloc0 (sizeof *self + max * sizeof self->addresses[0]);

  g_ref_count_init (&self->refs);
  return self;
}

MsaAddresses *
msa_addresses_ref (MsaAddresses *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_addresses_unref (MsaAddresses *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  g_clear_error (&self->error);
  g_free (self);
}

MsaAddresses *
msa_addresses_new_single (const MsaAddress *address)
{
  MsaAddresses *self = msa_addresses_new (1);

  self->addresses[self->n_addresses++] = *address;
  return self;
}

MsaAddresses *
msa_addresses_new_failure (const char *name,
                           MsaIpVersion version,
                           const char *reason)
{
  static const char *const wanted[] = {
    [MSA_IP_VERSION_AUTO] = "",
    [MSA_IP_VERSION_IPV4] = " to an IPv4 address",
    [MSA_IP_VERSION_IPV6] = " to an IPv6 address",
  };
  MsaAddresses *self = msa_addresses_new (0);

  self->error = g_error_new (MSA_ERROR, MSA_ERROR_RESOLVE, "Could not resolve host '%s'%s: %s",
                             name, wanted[version], reason);
  return self;
}

static void
add_ipv4 (MsaAddresses *self,
          const void *bytes)
{
  MsaAddress *address = &self->addresses[self->n_addresses++];
  struct sockaddr_in *in = (struct sockaddr_in *) &address->addr;

  in->sin_family = AF_INET;
  memcpy (&in->sin_addr, bytes, sizeof in->sin_addr);
  address->len = sizeof *in;
}

static void
add_ipv6 (MsaAddresses *self,
          const void *bytes,
          guint scope)
{
  MsaAddress *address = &self->addresses[self->n_addresses++];
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &address->addr;

  in6->sin6_family = AF_INET6;
  memcpy (&in6->sin6_addr, bytes, sizeof in6->sin6_addr);
  in6->sin6_scope_id = scope;
  address->len = sizeof *in6;
}

/* 0: there is no such interface. */
static guint
find_scope (MsaSys *sys,
            const char *zone)
{
  guint64 number;

  /* RFC 4007, section 11.2: a zone may be named by its index. */
  if (msa_number_parse (msa_slice_from_string (zone), 10, G_MAXUINT32, &number))
    return (guint) number;
  return sys->ops->interface_index (sys, zone);
}

/* FALSE: it has a zone, of which there is no interface. */
static gboolean
add_literal (MsaAddresses *self,
             MsaSys *sys,
             const MsaHost *literal)
{
  guint scope;

  if (literal->kind == MSA_HOST_IPV4)
    {
      add_ipv4 (self, literal->address);
      return TRUE;
    }

  scope = literal->zone != NULL ? find_scope (sys, literal->zone) : 0;
  if (literal->zone != NULL && scope == 0)
    return FALSE;
  add_ipv6 (self, literal->address, scope);
  return TRUE;
}

MsaAddresses *
msa_addresses_new_literal (MsaSys *sys,
                           const char *name,
                           MsaHost *const *literals,
                           guint n_literals,
                           MsaIpVersion version)
{
  g_autoptr (MsaAddresses) self = msa_addresses_new (n_literals);

  for (guint i = 0; i < n_literals; i++)
    {
      const int family = literals[i]->kind == MSA_HOST_IPV4 ? AF_INET : AF_INET6;

      if (msa_ip_version_has (version, family) && !add_literal (self, sys, literals[i]))
        {
          g_autofree char *reason = g_strdup_printf ("There is no network interface '%s'",
                                                     literals[i]->zone);

          return msa_addresses_new_failure (name, version, reason);
        }
    }

  if (self->n_addresses == 0)
    return msa_addresses_new_failure (name, version,
                                      version == MSA_IP_VERSION_IPV4
                                          ? "Only IPv6 addresses are given"
                                          : "Only IPv4 addresses are given");
  return g_steal_pointer (&self);
}

MsaAddresses *
msa_addresses_new_localhost (MsaIpVersion version)
{
  const struct in_addr loopback = { g_htonl (INADDR_LOOPBACK) };
  MsaAddresses *self = msa_addresses_new (2);

  if (msa_ip_version_has (version, AF_INET6))
    add_ipv6 (self, &in6addr_loopback, 0);
  if (msa_ip_version_has (version, AF_INET))
    add_ipv4 (self, &loopback);
  return self;
}

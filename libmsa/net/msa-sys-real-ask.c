/* msa-sys-real-ask.c: addresses from the application's GResolver
 *
 * In a thread, as the system's resolver: no main context is needed. What the application's code
 * answers is taken with the same limits as what the system answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include "base/msa-limits-private.h"

#include <netdb.h>

static GList *
ask (GResolver *resolver,
     const char *name,
     int family,
     GError **error)
{
  const GResolverClass *class = G_RESOLVER_GET_CLASS (resolver);

  /* GIO would call it all the same. */
  if (class->lookup_by_name_with_flags == NULL && class->lookup_by_name == NULL)
    {
      g_set_error (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_INTERNAL, "%s looks no names up",
                   G_OBJECT_TYPE_NAME (resolver));
      return NULL;
    }
  /* One that knows no flags answers with both families. */
  if (class->lookup_by_name_with_flags == NULL)
    return g_resolver_lookup_by_name (resolver, name, NULL, error);

  return g_resolver_lookup_by_name_with_flags (resolver, name,
                                               family == AF_INET
                                                   ? G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY
                                                   : G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY,
                                               NULL, error);
}

/* What is not known to be lasting is taken to pass. */
static int
get_code (const GError *error)
{
  return g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND) ? EAI_NONAME
                                                                               : EAI_AGAIN;
}

static void
add_address (GArray *addresses,
             GInetAddress *inet)
{
  g_autoptr (GSocketAddress) socket_address = g_inet_socket_address_new (inet, 0);
  MsaAddress address = { .len = (socklen_t) g_socket_address_get_native_size (socket_address) };

  if (address.len <= sizeof address.addr &&
      g_socket_address_to_native (socket_address, &address.addr, sizeof address.addr, NULL) &&
      !msa_sys_real_has_address (addresses, &address))
    g_array_append_val (addresses, address);
}

int
msa_sys_real_ask_resolver (MsaSys *sys,
                           MsaJob *job,
                           GResolver *resolver,
                           const char *name,
                           int family,
                           GArray *addresses,
                           char **reason)
{
  g_autoptr (GError) error = NULL;
  GList *found = ask (resolver, name, family, &error);

  if (error != NULL)
    {
      g_resolver_free_addresses (found);
      *reason = g_strdup (error->message);
      return get_code (error);
    }

  for (const GList *at = found; at != NULL && addresses->len < MSA_MAX_ADDRESSES; at = at->next)
    if (g_inet_address_get_family (at->data) ==
        (family == AF_INET ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6))
      add_address (addresses, at->data);
  g_resolver_free_addresses (found);

  return addresses->len > 0 ? 0 : EAI_NODATA;
}

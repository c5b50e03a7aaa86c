/* msa-endpoint.c: where a connection goes
 *
 * First connect-to, which may put another host and port in the place of the URL's; then
 * resolve, which may have the addresses of that. Both lists are in the connection key. How
 * their entries are written stands in msa-endpoint-entry.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-endpoint-private.h"

#include "conn/msa-endpoint-entry-private.h"
#include "net/msa-socket-private.h"

/* Every entry is read, so that a wrong one does not hide behind one that fits. */
static gboolean
apply_connect_to (MsaEndpoint *self,
                  char **entries,
                  GError **error)
{
  const guint16 port = self->port;
  g_autoptr (MsaHost) host = msa_host_ref (self->host);
  gboolean found = FALSE;

  for (; entries != NULL && *entries != NULL; entries++)
    {
      g_autoptr (MsaConnectTo) entry = msa_connect_to_parse (*entries, error);

      if (entry == NULL)
        return FALSE;
      if (found || (entry->host != NULL && !msa_host_equal (entry->host, host)) ||
          (entry->port != MSA_ENTRY_NO_PORT && entry->port != port))
        continue;

      found = TRUE;
      if (entry->to_host != NULL)
        {
          msa_host_unref (self->host);
          self->host = msa_host_ref (entry->to_host);
        }
      if (entry->to_port != MSA_ENTRY_NO_PORT)
        self->port = (guint16) entry->to_port;
    }

  return TRUE;
}

static void
apply_pin (MsaEndpoint *self,
           const MsaResolveEntry *entry)
{
  if (self->pins == NULL && entry->port == self->port &&
      (entry->host == NULL || msa_host_equal (entry->host, self->host)))
    self->pins = g_ptr_array_ref (entry->literals);
}

static gboolean
apply_resolve (MsaEndpoint *self,
               char **entries,
               GError **error)
{
  for (; entries != NULL && *entries != NULL; entries++)
    {
      g_autoptr (MsaResolveEntry) entry = msa_resolve_entry_parse (*entries, error);

      if (entry == NULL)
        return FALSE;
      if (entry->kind == MSA_RESOLVE_PIN)
        {
          apply_pin (self, entry);
          continue;
        }
      if (self->edits == NULL)
        self->edits = g_ptr_array_new_with_free_func ((GDestroyNotify) msa_resolve_entry_free);
      g_ptr_array_add (self->edits, g_steal_pointer (&entry));
    }

  return TRUE;
}

static gboolean
apply_unix_socket (MsaEndpoint *self,
                   const char *path,
                   GError **error)
{
  MsaAddress address;

  if (path == NULL)
    return TRUE;
  if (!msa_address_parse_path (&address, path, error))
    return FALSE;

  self->socket = msa_addresses_new_single (&address);
  return TRUE;
}

MsaEndpoint *
msa_endpoint_new (const MsaUrl *url,
                  const MsaSettings *settings,
                  GError **error)
{
  g_autoptr (MsaEndpoint) self = g_new0 (MsaEndpoint, 1);

  g_ref_count_init (&self->refs);
  self->host = msa_host_ref (url->host);
  self->port = url->port;
  self->version = settings->ip_version;
  if (!apply_connect_to (self, settings->connect_to, error) ||
      !apply_resolve (self, settings->resolve, error) ||
      !apply_unix_socket (self, settings->unix_socket_path, error))
    return NULL;

  return g_steal_pointer (&self);
}

MsaEndpoint *
msa_endpoint_ref (MsaEndpoint *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_endpoint_unref (MsaEndpoint *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  msa_host_unref (self->host);
  g_clear_pointer (&self->socket, msa_addresses_unref);
  g_clear_pointer (&self->pins, g_ptr_array_unref);
  g_clear_pointer (&self->edits, g_ptr_array_unref);
  g_free (self);
}

static void
edit_cache (const MsaEndpoint *self,
            MsaResolver *resolver,
            gint64 now_us)
{
  for (guint i = 0; self->edits != NULL && i < self->edits->len; i++)
    {
      const MsaResolveEntry *entry = g_ptr_array_index (self->edits, i);

      if (entry->kind == MSA_RESOLVE_PUT)
        msa_resolver_put (resolver, entry->host, entry->port,
                          (MsaHost *const *) entry->literals->pdata, entry->literals->len, now_us);
      else
        msa_resolver_forget (resolver, entry->host, entry->port);
    }
}

MsaAddresses *
msa_endpoint_resolve (const MsaEndpoint *self,
                      MsaSys *sys,
                      MsaResolver *resolver,
                      MsaLookup *lookup,
                      gint64 now_us)
{
  edit_cache (self, resolver, now_us);
  if (self->socket != NULL)
    return msa_addresses_ref (self->socket);
  if (self->pins != NULL)
    return msa_addresses_new_literal (sys, self->host->name, (MsaHost *const *) self->pins->pdata,
                                      self->pins->len, self->version);

  return msa_resolver_start (resolver, self->host, self->port, self->version, lookup, now_us);
}

void
msa_endpoint_forget (const MsaEndpoint *self,
                     MsaResolver *resolver)
{
  if (self->pins == NULL && self->socket == NULL)
    msa_resolver_forget (resolver, self->host, self->port);
}

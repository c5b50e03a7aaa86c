/* msa-sim-local.c: the local ends of the simulation's connections
 *
 * The machine's addresses and interfaces, and the ports that are held on it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-private.h"

#include "net/msa-socket-private.h"

#include <errno.h>
#include <string.h>

#define FIRST_PORT 49152
#define IPV4_HOST "10.255.0.1"
#define IPV6_HOST "fd00::ff:1"

void
sim_local_init (MsaSim *self)
{
  self->next_port = FIRST_PORT;
  self->local_hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->local_ports = g_hash_table_new (NULL, NULL);
  msa_sim_add_local_address (self, "0.0.0.0");
  msa_sim_add_local_address (self, "::");
  msa_sim_add_local_address (self, IPV4_HOST);
  msa_sim_add_local_address (self, IPV6_HOST);
}

void
sim_local_clear (MsaSim *self)
{
  g_hash_table_unref (self->local_hosts);
  g_hash_table_unref (self->local_ports);
}

void
msa_sim_add_local_address (MsaSim *self,
                           const char *address)
{
  MsaAddress parsed = sim_parse_address (address, 0);

  g_hash_table_add (self->local_hosts, msa_address_to_string (&parsed));
}

void
msa_sim_take_local_port (MsaSim *self,
                         guint16 port)
{
  g_hash_table_add (self->local_ports, GUINT_TO_POINTER (port));
}

static int
fail (int error_number)
{
  errno = error_number;
  return -1;
}

int
sim_socket_bind (MsaSys *sys,
                 int fd,
                 const MsaAddress *address)
{
  MsaSim *self = (MsaSim *) sys;
  g_autofree char *host = sim_format_address (address, FALSE);
  SimDescriptor *descriptor;
  SimSocket *client;

  if (!sim_enter (self, SIM_OP_socket_bind))
    return -1;
  descriptor = sim_descriptor_find (self, fd, SIM_SOCKET, "socket_bind");
  if (descriptor == NULL)
    return -1;
  client = descriptor->socket;
  if (client->local.len != 0 || client->family != address->addr.ss_family)
    return fail (EINVAL);
  if (!g_hash_table_contains (self->local_hosts, host))
    return fail (EADDRNOTAVAIL);
  if (g_hash_table_contains (self->local_ports, GUINT_TO_POINTER (msa_address_get_port (address))))
    return fail (EADDRINUSE);

  client->local = *address;
  return 0;
}

/* An object of GIO has a descriptor of the kernel's, which no simulated peer can be reached by. */
int
sim_socket_adopt (MsaSys *sys,
                  GSocket *socket,
                  gboolean *connected)
{
  return sim_enter ((MsaSim *) sys, SIM_OP_socket_adopt) ? fail (ENOTSUP) : -1;
}

int
sim_socket_bind_device (MsaSys *sys,
                        int fd,
                        const char *name)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *descriptor;

  if (!sim_enter (self, SIM_OP_socket_bind_device))
    return -1;
  descriptor = sim_descriptor_find (self, fd, SIM_SOCKET, "socket_bind_device");
  if (descriptor == NULL)
    return -1;
  if (!g_hash_table_contains (self->interfaces, name))
    return fail (ENODEV);

  g_free (descriptor->socket->device);
  descriptor->socket->device = g_strdup (name);
  return 0;
}

static gboolean
is_any (const MsaAddress *address)
{
  g_autofree char *host = sim_format_address (address, FALSE);

  return g_str_equal (host, "0.0.0.0:0") || g_str_equal (host, "[::]:0");
}

static gboolean
is_same (const MsaAddress *one,
         const MsaAddress *other)
{
  return one->len == other->len && memcmp (&one->addr, &other->addr, one->len) == 0;
}

static gboolean
is_taken (MsaSim *self,
          const MsaAddress *local,
          const MsaAddress *remote)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->descriptors);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const SimSocket *other = ((SimDescriptor *) value)->socket;

      if (other != NULL && is_same (&other->local, local) && is_same (&other->remote, remote))
        return TRUE;
    }

  return FALSE;
}

gboolean
sim_local_choose (SimSocket *self,
                  const MsaAddress *remote)
{
  MsaSim *sim = self->sim;
  MsaAddress local = self->local;

  if (self->family == AF_UNIX)
    {
      self->local.addr.ss_family = AF_UNIX;
      self->local.len = sizeof self->local.addr.ss_family;
      return TRUE;
    }

  if (local.len == 0 || is_any (&local))
    local = sim_parse_address (self->family == AF_INET ? IPV4_HOST : IPV6_HOST,
                               msa_address_get_port (&local));
  if (msa_address_get_port (&local) == 0)
    {
      msa_address_set_port (&local, sim->next_port);
      sim->next_port = sim->next_port == G_MAXUINT16 ? FIRST_PORT : sim->next_port + 1;
    }
  else if (is_taken (sim, &local, remote))
    return FALSE;

  self->local = local;
  return TRUE;
}

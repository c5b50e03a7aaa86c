/* msa-multi-connect.c: what the application has to say when connections are made
 *
 * Which addresses may be connected to, and by which sockets. Called from a dispatch, for one
 * address at a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi-private.h"

gboolean
msa_multi_has_say (const MsaMulti *self)
{
  return self->address_func != NULL || self->open_func != NULL;
}

/* The callback is held while it runs: it may be replaced in there. */
static gboolean
is_allowed (MsaMulti *self,
            MsaEasy *easy,
            GSocketAddress *address)
{
  g_autoptr (MsaCallback) callback = NULL;

  if (self->address_func == NULL)
    return TRUE;

  callback = msa_callback_ref (self->address_func);
  return ((MsaMultiAddressFunc) callback->func) (self, easy, address, callback->user_data);
}

static gboolean
open_socket (MsaMulti *self,
             MsaEasy *easy,
             GSocketAddress *address,
             GSocket **socket)
{
  g_autoptr (MsaCallback) callback = NULL;

  if (self->open_func == NULL)
    return TRUE;

  callback = msa_callback_ref (self->open_func);
  *socket = ((MsaMultiOpenFunc) callback->func) (self, easy, address, callback->user_data);
  return *socket != NULL;
}

gboolean
msa_multi_ask_about_address (MsaMulti *self,
                             MsaEasy *easy,
                             const MsaAddress *address,
                             GSocket **socket)
{
  g_autoptr (GSocketAddress) shown =
      g_socket_address_new_from_native ((gpointer) &address->addr, address->len);

  /* What GIO has no type for, nobody can judge. */
  if (shown == NULL)
    return FALSE;

  return is_allowed (self, easy, shown) && open_socket (self, easy, shown, socket);
}

/* Connections of which the new function was not asked serve nobody else. */
static void
replace (MsaMulti *self,
         MsaCallback **place,
         MsaCallback *callback)
{
  MsaCallback *old = g_steal_pointer (place);

  *place = callback;
  msa_scheduler_outdate (self->engine);
  msa_engine_poke (self->engine);
  g_clear_pointer (&old, msa_callback_unref);
}

/**
 * msa_multi_set_address_func:
 * @self: the multi
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): asked about each
 *   address; %NULL to clear
 * @user_data: passed to @func
 * @destroy: (nullable): frees @user_data
 *
 * Has a function say to which addresses connections may be made.
 *
 * It sees every address, whether it comes from a name, a literal, [property@Easy:resolve],
 * [property@Easy:connect-to] or [property@Easy:unix-socket-path], right before it is tried, and
 * so can keep a program that fetches what others name away from its own network. The next
 * address follows one that is refused; if all are, the transfer ends with %MSA_ERROR_CONNECT.
 *
 * When a function is set, connections that idle are closed, and those that are in use or being made
 * serve nobody after their transfer; only these are not asked about. Called from a dispatch, in the
 * thread of the multi; not for a transfer that gets a connection which was made before.
 *
 * Since: 1.0
 */
void
msa_multi_set_address_func (MsaMulti *self,
                            MsaMultiAddressFunc func,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  replace (self, &self->address_func, msa_callback_new (G_CALLBACK (func), user_data, destroy));
}

/**
 * msa_multi_set_open_func:
 * @self: the multi
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): makes each socket;
 *   %NULL to clear
 * @user_data: passed to @func
 * @destroy: (nullable): frees @user_data
 *
 * Has a function make the sockets of connections.
 *
 * Where the socket that it gives is not connected, libmsa connects it to the address, which is the
 * way to set options that libmsa does not know; one that is connected, to whatever peer, is used
 * as it is. TLS is spoken through it as through any other. [property@Easy:interface],
 * [property@Easy:local-address] and [property@Easy:local-port] do not count for it.
 *
 * The object is held until the connection's end, and may be watched to see that; data goes through
 * a duplicate of its descriptor, which becomes non-blocking. A function set by
 * [method@Multi.set_address_func] is asked before.
 *
 * When a function is set, connections that idle are closed, and those that are in use serve nobody
 * after their transfer. Called from a dispatch, in the thread of the multi.
 *
 * Since: 1.0
 */
void
msa_multi_set_open_func (MsaMulti *self,
                         MsaMultiOpenFunc func,
                         gpointer user_data,
                         GDestroyNotify destroy)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  replace (self, &self->open_func, msa_callback_new (G_CALLBACK (func), user_data, destroy));
}

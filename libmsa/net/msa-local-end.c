/* msa-local-end.c: from where a socket connects
 *
 * Reads the options for it, and binds. What is done with a socket that could be bound lives in
 * msa-socket.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-local-end-private.h"

#include "model/msa-error.h"
#include "net/msa-socket-private.h"

#include <errno.h>

static gboolean
check_ports (const MsaSettings *settings,
             GError **error)
{
  guint port = settings->local_port;
  guint n_ports = settings->local_port_range;

  if (port == 0 && n_ports > 0)
    g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                 "local-port-range is %u, but there is no local-port from which to go on", n_ports);
  else if (n_ports > 0 && n_ports - 1 > G_MAXUINT16 - port)
    g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                 "local-port-range is %u, but there are only %u ports from local-port %u on",
                 n_ports, G_MAXUINT16 - port + 1, port);
  else
    return TRUE;

  return FALSE;
}

/* A program that says which way to go is not sent another one without a word. */
static gboolean
check_alone (const MsaSettings *settings,
             GError **error)
{
  if (settings->unix_socket_path == NULL || (settings->interface == NULL &&
                                             settings->local_address == NULL &&
                                             settings->local_port == 0))
    return TRUE;

  g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                       "With unix-socket-path there is no interface, local-address or local-port");
  return FALSE;
}

gboolean
msa_local_end_read (MsaLocalEnd *self,
                    const MsaSettings *settings,
                    GError **error)
{
  *self = (MsaLocalEnd) {
    .interface = settings->interface,
    .port = (guint16) settings->local_port,
    .n_ports = MAX (settings->local_port_range, 1),
  };

  if (!check_ports (settings, error) || !check_alone (settings, error))
    return FALSE;
  if (settings->interface != NULL && settings->interface[0] == '\0')
    {
      g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, "The interface is empty");
      return FALSE;
    }
  if (settings->local_address != NULL &&
      !msa_address_parse (&self->address, settings->local_address))
    {
      g_autofree char *shown = g_utf8_make_valid (settings->local_address, -1);

      g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                   "The local-address “%s” is no numeric IPv4 or IPv6 address", shown);
      return FALSE;
    }

  return TRUE;
}

gboolean
msa_local_end_suits (const MsaLocalEnd *self,
                     int family)
{
  return self->address.len == 0 || self->address.addr.ss_family == family;
}

/* This port is another's, or needs more rights; the next may do. */
gboolean
msa_local_end_may_go_on (int code)
{
  return code == EADDRINUSE || code == EACCES;
}

gboolean
msa_local_end_bind (const MsaLocalEnd *self,
                    MsaSys *sys,
                    int fd,
                    int family,
                    guint *n_tried,
                    guint end)
{
  MsaAddress address = self->address;

  if (self->interface != NULL && sys->ops->socket_bind_device (sys, fd, self->interface) < 0)
    {
      *n_tried = self->n_ports;
      return FALSE;
    }
  if (address.len == 0 && self->port == 0)
    return TRUE;
  if (address.len == 0)
    msa_address_parse (&address, family == AF_INET ? "0.0.0.0" : "::");

  /* Where all were tried before, connecting found the last taken. */
  errno = EADDRINUSE;
  while (*n_tried < MIN (self->n_ports, end))
    {
      msa_address_set_port (&address, (guint16) (self->port + (*n_tried)++));
      if (sys->ops->socket_bind (sys, fd, &address) == 0)
        return TRUE;
      if (!msa_local_end_may_go_on (errno))
        return FALSE;
    }

  return FALSE;
}

char *
msa_local_end_describe (const MsaLocalEnd *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->interface != NULL)
    {
      g_autofree char *name = g_utf8_make_valid (self->interface, -1);

      g_string_append_printf (text, "interface %s, ", name);
    }
  if (self->address.len != 0)
    {
      g_autofree char *host = msa_address_to_string (&self->address);

      /* Without its port 0 */
      host[strlen (host) - 2] = '\0';
      g_string_append_printf (text, "address %s, ", host);
    }
  if (self->n_ports > 1)
    g_string_append_printf (text, "ports %u to %u, ", self->port, self->port + self->n_ports - 1);
  else if (self->port != 0)
    g_string_append_printf (text, "port %u, ", self->port);
  g_string_truncate (text, text->len > 2 ? text->len - 2 : 0);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* msa-address.c: a socket address from and as text, and its port
 *
 * No name is looked up: an IPv6 scope is printed as its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-socket-private.h"

#include "model/msa-error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

/* A name in the abstract namespace begins with a zero, and ends where the address ends. */
static char *
path_to_string (const MsaAddress *self)
{
  const struct sockaddr_un *un = (const struct sockaddr_un *) &self->addr;
  gsize offset = G_STRUCT_OFFSET (struct sockaddr_un, sun_path);
  gsize len = self->len > offset ? self->len - offset : 0;
  g_autofree char *path = g_strndup (un->sun_path, len);
  g_autofree char *shown = NULL;

  if (len > 0 && un->sun_path[0] == '\0')
    {
      path[0] = '@';
      memcpy (path + 1, un->sun_path + 1, len - 1);
    }
  shown = g_filename_display_name (path);

  return g_strconcat ("unix:", shown, NULL);
}

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

  if (self->addr.ss_family == AF_UNIX)
    return path_to_string (self);

  return g_strdup_printf ("address of family %d", self->addr.ss_family);
}

guint16
msa_address_get_port (const MsaAddress *self)
{
  if (self->addr.ss_family == AF_INET)
    return ntohs (((const struct sockaddr_in *) &self->addr)->sin_port);
  if (self->addr.ss_family == AF_INET6)
    return ntohs (((const struct sockaddr_in6 *) &self->addr)->sin6_port);
  return 0;
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

gboolean
msa_address_parse (MsaAddress *self,
                   const char *text)
{
  struct sockaddr_in *in = (struct sockaddr_in *) &self->addr;
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &self->addr;

  *self = (MsaAddress) { .len = 0 };
  if (inet_pton (AF_INET, text, &in->sin_addr) == 1)
    {
      in->sin_family = AF_INET;
      self->len = sizeof *in;
    }
  else if (inet_pton (AF_INET6, text, &in6->sin6_addr) == 1)
    {
      in6->sin6_family = AF_INET6;
      self->len = sizeof *in6;
    }

  return self->len != 0;
}

gboolean
msa_address_parse_path (MsaAddress *self,
                        const char *path,
                        GError **error)
{
  struct sockaddr_un *un = (struct sockaddr_un *) &self->addr;
  gsize len = strlen (path);
  gboolean abstract = path[0] == '@';
  /* A path has a zero at its end. */
  gsize max_len = abstract ? sizeof un->sun_path : sizeof un->sun_path - 1;

  if (len == 0 || len > max_len)
    {
      g_autofree char *shown = g_filename_display_name (path);

      g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                   "The Unix socket path “%s” has %" G_GSIZE_FORMAT
                   " bytes: 1 to %" G_GSIZE_FORMAT " are possible",
                   shown, len, max_len);
      return FALSE;
    }

  *self = (MsaAddress) { .len = 0 };
  un->sun_family = AF_UNIX;
  memcpy (un->sun_path, path, len);
  if (abstract)
    un->sun_path[0] = '\0';
  self->len = (socklen_t) (G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + len + !abstract);

  return TRUE;
}

/* fuzz-local.c: Unix socket paths, and from where sockets connect
 *
 * Input: in the first line which of the four are given, a digit each; then, a line each, a
 * local address, an interface, the path of a Unix socket, and local port and range as two
 * numbers. Each is taken and refused as a simple reading says, and what is taken is what is
 * bound.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"
#include "net/msa-local-end-private.h"
#include "net/msa-socket-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

/* Of a long range no more ports are tried. */
#define MAX_BINDS 50

/* Every port is taken. */
typedef struct
{
  MsaSys      parent;
  guint       n_bound;
  guint       last_port;
  MsaAddress  last;
  const char *device; /* (unowned) (nullable) */
} Sys;

static int
sys_bind (MsaSys *sys,
          int fd,
          const MsaAddress *address)
{
  Sys *self = (Sys *) sys;
  guint port = msa_address_get_port (address);

  if (self->n_bound > 0)
    g_assert_cmpuint (port, ==, self->last_port + 1);
  self->n_bound++;
  self->last_port = port;
  self->last = *address;
  errno = EADDRINUSE;
  return -1;
}

static int
sys_bind_device (MsaSys *sys,
                 int fd,
                 const char *name)
{
  ((Sys *) sys)->device = name;
  return 0;
}

static const MsaSysOps sys_ops = {
  .socket_bind = sys_bind,
  .socket_bind_device = sys_bind_device,
};

static void
check_refusal (const GError *error)
{
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), >, 10);
}

/* The simple reading */

static gboolean
is_ipv4 (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", -1);

  if (g_strv_length (parts) != 4)
    return FALSE;
  for (guint i = 0; i < 4; i++)
    {
      gsize len = strlen (parts[i]);

      if (len == 0 || len > 3 || strspn (parts[i], "0123456789") != len ||
          (len > 1 && parts[i][0] == '0') || atoi (parts[i]) > 255)
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_good (const MsaSettings *settings)
{
  gboolean is_local = settings->interface != NULL || settings->local_address != NULL ||
                      settings->local_port > 0;
  MsaAddress address;

  if (settings->local_port == 0 && settings->local_port_range > 0)
    return FALSE;
  if (settings->local_port + MAX (settings->local_port_range, 1) > 65536)
    return FALSE;
  if (settings->unix_socket_path != NULL && is_local)
    return FALSE;
  if (settings->interface != NULL && strlen (settings->interface) == 0)
    return FALSE;

  return settings->local_address == NULL ||
         msa_address_parse (&address, settings->local_address);
}

/* What it is said to be */

/* Written and read again it is the same. */
static void
check_address (const char *text)
{
  MsaAddress address, again;
  g_autofree char *written = NULL;
  char *host;

  if (!msa_address_parse (&address, text))
    {
      g_assert_cmpuint (address.len, ==, 0);
      g_assert_false (is_ipv4 (text));
      return;
    }

  g_assert_cmpint (address.addr.ss_family == AF_INET, ==, is_ipv4 (text));
  g_assert_cmpuint (msa_address_get_port (&address), ==, 0);
  written = msa_address_to_string (&address);
  g_assert_true (g_str_has_suffix (written, ":0"));
  written[strlen (written) - 2] = '\0';
  host = written;
  if (address.addr.ss_family == AF_INET6)
    {
      g_assert_true (written[0] == '[' && g_str_has_suffix (written, "]"));
      written[strlen (written) - 1] = '\0';
      host++;
    }
  g_assert_true (msa_address_parse (&again, host));
  g_assert_cmpmem (&address.addr, address.len, &again.addr, again.len);
}

static void
check_path (const char *path)
{
  g_autoptr (GError) error = NULL;
  MsaAddress address;
  const struct sockaddr_un *un = (const struct sockaddr_un *) &address.addr;
  gsize len = strlen (path);
  gboolean is_abstract = path[0] == '@';
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *wanted = g_strconcat ("unix:", shown, NULL);
  g_autofree char *written = NULL;

  if (!msa_address_parse_path (&address, path, &error))
    {
      check_refusal (error);
      g_assert_true (len == 0 || len + !is_abstract > sizeof (un->sun_path));
      return;
    }

  g_assert_no_error (error);
  g_assert_cmpuint (address.len, <=, sizeof (*un));
  g_assert_cmpuint (address.len, ==,
                    G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + len + !is_abstract);
  g_assert_cmpint (un->sun_path[0], ==, is_abstract ? '\0' : path[0]);
  g_assert_cmpmem (&un->sun_path[1], len - 1, &path[1], len - 1);
  written = msa_address_to_string (&address);
  g_assert_cmpstr (written, ==, wanted);
}

/* Where it goes */

static void
check_bind (const MsaLocalEnd *end,
            const MsaSettings *settings)
{
  Sys sys = { .parent.ops = &sys_ops };
  int family = end->address.len > 0 ? end->address.addr.ss_family : AF_INET6;
  guint n_tried = 0;
  gboolean is_bound;

  g_assert_true (msa_local_end_suits (end, family));
  is_bound = msa_local_end_bind (end, &sys.parent, 3, family, &n_tried, MAX_BINDS);
  g_assert_true (sys.device == settings->interface);
  g_assert_cmpint (is_bound, ==, settings->local_address == NULL && settings->local_port == 0);
  if (is_bound)
    {
      g_assert_cmpuint (sys.n_bound, ==, 0);
      return;
    }

  g_assert_cmpint (errno, ==, EADDRINUSE);
  g_assert_cmpuint (sys.n_bound, ==, MIN (MAX (settings->local_port_range, 1), MAX_BINDS));
  g_assert_cmpuint (n_tried, ==, sys.n_bound);
  g_assert_cmpuint (sys.last_port, ==, settings->local_port + sys.n_bound - 1);
  g_assert_cmpint (sys.last.addr.ss_family, ==, family);
}

static void
check_end (const MsaSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  MsaLocalEnd end;

  if (!msa_local_end_read (&end, settings, &error))
    {
      check_refusal (error);
      g_assert_false (is_good (settings));
      return;
    }

  g_assert_no_error (error);
  g_assert_true (is_good (settings));
  text = msa_local_end_describe (&end);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpint (text[0] == '\0', ==,
                   settings->interface == NULL && settings->local_address == NULL &&
                       settings->local_port == 0);
  if (settings->interface == NULL)
    g_assert_false (g_str_has_suffix (text, ", "));
  check_bind (&end, settings);
}

/* A line that counts only if it is said to. */
static char *
take (MsaCursor *input,
      MsaCursor *flags)
{
  g_autofree char *line = msa_fuzz_take_string (input);

  return msa_fuzz_choose (flags, 2) == 1 ? g_steal_pointer (&line) : NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor flags = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  g_autofree char *address = take (&input, &flags);
  g_autofree char *interface = take (&input, &flags);
  g_autofree char *path = take (&input, &flags);
  g_autofree char *ports = take (&input, &flags);
  MsaSettings settings = {
    .local_address = address,
    .interface = interface,
    .unix_socket_path = path,
  };

  if (ports != NULL)
    {
      char *rest;

      /* No more than the properties take. */
      settings.local_port = (guint) strtoul (ports, &rest, 10) & G_MAXUINT16;
      settings.local_port_range = (guint) strtoul (rest, NULL, 10) % (G_MAXUINT16 + 2);
    }
  if (address != NULL)
    check_address (address);
  if (path != NULL)
    check_path (path);
  check_end (&settings);

  return 0;
}

/* fuzz-names.c: whom a certificate is made out to, against a simple reading
 *
 * Input: a host in the first line, then a name in each line; its first character says
 * of which kind it is, see add_name(). What is taken for the host's must be so by the
 * simple reading too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "tls/msa-tls-verify-private.h"

#include <gnutls/x509-ext.h>

#define MAX_NAMES 20

typedef struct
{
  gnutls_x509_crt_t crt; /* (owned) */
  gnutls_subject_alt_names_t alternatives; /* (owned): written into @crt at once */
  const MsaHost *host; /* (unowned) */
  guint n_alternatives;
  guint n_common;
  gboolean is_alternative; /* of the host, by the simple reading */
  gboolean is_common;
} Fuzz;

/* The simple reading: as texts, split at their dots. */

static gboolean
is_host_name (const MsaHost *host,
              MsaSlice name)
{
  g_autofree char *text = g_strndup (name.data, name.len);
  g_autofree char *lower = g_ascii_strdown (text, -1);
  g_auto (GStrv) labels = g_strsplit (lower, ".", -1);
  g_auto (GStrv) wanted = g_strsplit (host->name, ".", -1);
  guint n = g_strv_length (labels);
  g_autofree char *rest = NULL;
  g_autofree char *wanted_rest = NULL;

  if (host->kind != MSA_HOST_NAME || strlen (text) != name.len)
    return FALSE;
  if (g_str_equal (lower, host->name))
    return TRUE;
  if (n < 3 || n != g_strv_length (wanted) || !g_str_equal (labels[0], "*"))
    return FALSE;

  rest = g_strjoinv (".", &labels[1]);
  wanted_rest = g_strjoinv (".", &wanted[1]);

  return strchr (rest, '*') == NULL && g_str_equal (rest, wanted_rest);
}

static gboolean
is_host_address (const MsaHost *host,
                 MsaSlice address)
{
  gsize len = host->kind == MSA_HOST_IPV4 ? 4 : 16;

  return host->kind != MSA_HOST_NAME && address.len == len &&
         memcmp (address.data, host->address, len) == 0;
}

static void
add_alternative (Fuzz *self,
                 gnutls_x509_subject_alt_name_t type,
                 MsaSlice name)
{
  const gnutls_datum_t datum = { (guint8 *) name.data, (guint) name.len };

  if (gnutls_subject_alt_names_set (self->alternatives, type, &datum, NULL) < 0)
    return;

  self->n_alternatives++;
  if (type == GNUTLS_SAN_DNSNAME)
    self->is_alternative |= is_host_name (self->host, name);
  else if (type == GNUTLS_SAN_IPADDRESS)
    self->is_alternative |= is_host_address (self->host, name);
}

static void
add_common (Fuzz *self,
            MsaSlice name)
{
  if (gnutls_x509_crt_set_dn_by_oid (self->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name.data,
                                     (guint) name.len) < 0)
    return;

  self->n_common++;
  self->is_common |= is_host_name (self->host, name);
}

/* 'd' a name of DNS, 'i' the bytes of an address, 'u' a URI, 'm' a mail address, 'c' a common
 * name. */
static void
add_name (Fuzz *self,
          MsaSlice line)
{
  MsaCursor cursor = msa_cursor_from_slice (line);
  int kind = msa_cursor_next (&cursor);
  MsaSlice name = msa_cursor_rest (&cursor);

  if (name.len == 0)
    return;
  if (kind == 'd')
    add_alternative (self, GNUTLS_SAN_DNSNAME, name);
  else if (kind == 'i')
    add_alternative (self, GNUTLS_SAN_IPADDRESS, name);
  else if (kind == 'u')
    add_alternative (self, GNUTLS_SAN_URI, name);
  else if (kind == 'm')
    add_alternative (self, GNUTLS_SAN_RFC822NAME, name);
  else if (kind == 'c')
    add_common (self, name);
}

static void
write_alternatives (Fuzz *self)
{
  gnutls_datum_t der;

  if (self->n_alternatives == 0)
    return;

  g_assert_cmpint (gnutls_x509_ext_export_subject_alt_names (self->alternatives, &der), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_extension_by_oid (self->crt, GNUTLS_X509EXT_OID_SAN,
                                                         der.data, der.size, 0),
                   ==, 0);
  gnutls_free (der.data);
}

static void
check (Fuzz *self)
{
  g_autofree char *objection = msa_tls_names_object (self->crt, self->host);

  if (objection == NULL)
    {
      g_assert_true (self->n_alternatives > 0 ? self->is_alternative : self->is_common);
      g_assert_true (self->n_alternatives > 0 || self->n_common == 1);
      return;
    }

  for (const char *at = objection; *at != '\0'; at++)
    g_assert_true (g_ascii_isprint (*at));
  g_assert_cmpuint (strlen (objection), <, 1000);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  g_autoptr (MsaHost) host = msa_host_new (msa_fuzz_take_line (&input), NULL);
  Fuzz self = { .host = host };

  if (host == NULL)
    return 0;

  g_assert_cmpint (gnutls_x509_crt_init (&self.crt), ==, 0);
  g_assert_cmpint (gnutls_subject_alt_names_init (&self.alternatives), ==, 0);
  for (guint i = 0; i < MAX_NAMES && !msa_cursor_is_empty (&input); i++)
    add_name (&self, msa_fuzz_take_line (&input));
  write_alternatives (&self);
  check (&self);
  gnutls_subject_alt_names_deinit (self.alternatives);
  gnutls_x509_crt_deinit (self.crt);

  return 0;
}

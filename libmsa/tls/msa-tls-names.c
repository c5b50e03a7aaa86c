/* msa-tls-names.c: whom a certificate is made out to
 *
 * Of names GnuTLS is asked, and a stricter reading of the same certificate has to agree
 * (RFC 9525): GnuTLS takes "*b.example" for a part of a label, an address for a text, and
 * the common name beside other alternative names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-verify-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"

#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

/* More names than these are counted, not shown. */
#define MAX_SHOWN_NAMES 3
#define MAX_SHOWN_NAME_BYTES 64

typedef struct
{
  const MsaHost *host;    /* (unowned) */
  gboolean       matched;
  guint          n_names; /* of any type */
  GString       *shown;   /* (owned): the first ones */
} NameSearch;

/* "*.rest" where the rest has a dot and no further star: the star stands for exactly the first
 * label (RFC 9525, 6.3). */
static gboolean
wildcard_covers (MsaSlice pattern,
                 MsaSlice name)
{
  MsaCursor wild = msa_cursor_from_slice (pattern);
  MsaCursor host = msa_cursor_from_slice (name);
  MsaSlice label, rest;

  if (!msa_cursor_accept_slice (&wild, MSA_SLICE ("*.")))
    return FALSE;
  rest = msa_cursor_rest (&wild);
  if (!msa_slice_has_byte (rest, '.') || msa_slice_has_byte (rest, '*'))
    return FALSE;

  /* A host has no empty label. */
  if (!msa_cursor_take_until (&host, '.', &label))
    return FALSE;
  msa_cursor_next (&host);
  return msa_slice_equal_ci (rest, msa_cursor_rest (&host));
}

static gboolean
name_covers (MsaSlice pattern,
             const MsaHost *host)
{
  MsaSlice name = msa_slice (host->name, host->name_len);

  if (host->kind != MSA_HOST_NAME)
    return FALSE;
  return msa_slice_equal_ci (pattern, name) || wildcard_covers (pattern, name);
}

static gsize
address_len (const MsaHost *host)
{
  return host->kind == MSA_HOST_IPV4 ? 4 : 16;
}

static gboolean
address_covers (MsaSlice address,
                const MsaHost *host)
{
  return host->kind != MSA_HOST_NAME &&
         msa_slice_equal (address, msa_slice (host->address, address_len (host)));
}

/* Notes a name for the message: a peer's bytes, so what is not plain text is masked. */
static void
show_name (NameSearch *self,
           const char *type,
           MsaSlice name)
{
  MsaCursor cursor = msa_cursor_from_slice (name);
  guint n_bytes = 0;
  int byte;

  self->n_names++;
  if (self->n_names > MAX_SHOWN_NAMES)
    return;

  if (self->n_names > 1)
    g_string_append (self->shown, ", ");
  g_string_append (self->shown, type);
  while (n_bytes++ < MAX_SHOWN_NAME_BYTES && (byte = msa_cursor_next (&cursor)) >= 0)
    g_string_append_c (self->shown,
                       byte < 128 && g_ascii_isgraph ((gchar) byte) ? (gchar) byte : '?');
  if (!msa_cursor_is_empty (&cursor))
    g_string_append (self->shown, "...");
}

static void
show_address (NameSearch *self,
              MsaSlice address)
{
  g_autoptr (GInetAddress) inet = NULL;
  g_autofree char *text = NULL;

  if (address.len != 4 && address.len != 16)
    {
      show_name (self, "IP:", MSA_SLICE ("?"));
      return;
    }

  inet = g_inet_address_new_from_bytes ((const guint8 *) address.data, address.len == 4
                                                                           ? G_SOCKET_FAMILY_IPV4
                                                                           : G_SOCKET_FAMILY_IPV6);
  text = g_inet_address_to_string (inet);
  show_name (self, "IP:", msa_slice_from_string (text));
}

/* FALSE: one cannot be read. */
static gboolean
search_alternative_names (NameSearch *self,
                          gnutls_subject_alt_names_t names)
{
  gnutls_datum_t datum;
  guint type;
  guint i = 0;
  int result;

  while ((result = gnutls_subject_alt_names_get (names, i++, &type, &datum, NULL)) == 0)
    {
      MsaSlice name = msa_slice (datum.data, datum.size);

      if (type == GNUTLS_SAN_DNSNAME)
        {
          self->matched |= name_covers (name, self->host);
          show_name (self, "DNS:", name);
        }
      else if (type == GNUTLS_SAN_IPADDRESS)
        {
          self->matched |= address_covers (name, self->host);
          show_address (self, name);
        }
      else
        {
          show_name (self, "another kind of name", MSA_SLICE (""));
        }
    }

  return result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

/* Asked only where there is no alternative name of any type (RFC 6125, 6.4.4); one common name,
 * not several. */
static void
search_common_name (NameSearch *self,
                    gnutls_x509_crt_t leaf)
{
  char buffer[256];
  gsize len = sizeof (buffer);
  gsize second = 0;

  if (gnutls_x509_crt_get_dn_by_oid (leaf, GNUTLS_OID_X520_COMMON_NAME, 0, 0, buffer, &len) < 0)
    return;

  show_name (self, "CN:", msa_slice (buffer, len));
  if (gnutls_x509_crt_get_dn_by_oid (leaf, GNUTLS_OID_X520_COMMON_NAME, 1, 0, NULL, &second) ==
      GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
    self->matched = name_covers (msa_slice (buffer, len), self->host);
  else
    show_name (self, "a second CN", MSA_SLICE (""));
}

/* The alternative names; none with @present FALSE if there is no such extension; NULL if it cannot
 * be read. */
static gnutls_subject_alt_names_t
get_alternative_names (gnutls_x509_crt_t leaf,
                       gboolean *present)
{
  gnutls_subject_alt_names_t names = NULL;
  gnutls_datum_t der = { NULL, 0 };
  guint critical;
  int result;

  *present = FALSE;
  if (gnutls_subject_alt_names_init (&names) < 0)
    return NULL;

  result = gnutls_x509_crt_get_extension_by_oid2 (leaf, GNUTLS_X509EXT_OID_SAN, 0, &der, &critical);
  if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
    return names;

  *present = TRUE;
  if (result >= 0)
    result = gnutls_x509_ext_import_subject_alt_names (&der, names, 0);
  gnutls_free (der.data);
  if (result < 0)
    {
      gnutls_subject_alt_names_deinit (names);
      return NULL;
    }
  return names;
}

static gboolean
library_agrees (gnutls_x509_crt_t leaf,
                const MsaHost *host)
{
  if (host->kind == MSA_HOST_NAME)
    return gnutls_x509_crt_check_hostname2 (leaf, host->name, 0) != 0;

  return gnutls_x509_crt_check_ip (leaf, host->address, (guint) address_len (host), 0) != 0;
}

/* GnuTLS' own matching may cost by the square of the number of names: it is not asked about too
 * many. */
static gboolean
is_for_host (const NameSearch *search,
             gnutls_x509_crt_t leaf)
{
  return search->n_names <= MSA_MAX_PEER_NAMES && search->matched &&
         library_agrees (leaf, search->host);
}

char *
msa_tls_names_object (gnutls_x509_crt_t leaf,
                      const MsaHost *host)
{
  g_autoptr (GString) shown = g_string_new (NULL);
  NameSearch search = { .host = host, .shown = shown };
  gboolean present;
  gboolean readable;
  gnutls_subject_alt_names_t names = get_alternative_names (leaf, &present);

  if (names == NULL)
    return g_strdup ("unreadable names");

  readable = search_alternative_names (&search, names);
  gnutls_subject_alt_names_deinit (names);
  if (!readable)
    return g_strdup ("unreadable names");
  if (!present)
    search_common_name (&search, leaf);

  if (is_for_host (&search, leaf))
    return NULL;
  if (search.n_names == 0)
    return g_strdup ("it names nobody");
  if (search.n_names > MSA_MAX_PEER_NAMES)
    return g_strdup_printf ("it has %u names, where at most %d are taken", search.n_names,
                            MSA_MAX_PEER_NAMES);
  if (search.n_names > MAX_SHOWN_NAMES)
    return g_strdup_printf ("it is for %s and %u more", shown->str,
                            search.n_names - MAX_SHOWN_NAMES);
  return g_strdup_printf ("it is for %s", shown->str);
}

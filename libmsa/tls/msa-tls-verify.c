/* msa-tls-verify.c: the one place where a peer is found to be who it should be
 *
 * Starts from "not verified": chain and dates, and the name, are checked each on its
 * own, and every objection is listed. Dates are compared by GnuTLS with its own clock. Of names
 * GnuTLS is asked, and a stricter reading of the same certificate has to agree (RFC 9525):
 * GnuTLS takes "*b.example" for a part of a label, an address for a text, and
 * the common name beside other alternative names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-verify-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

/* More names than these are counted, not shown. */
#define MAX_SHOWN_NAMES 3
#define MAX_SHOWN_NAME_BYTES 64

struct _MsaTlsVerified
{
  MsaHost *host; /* (owned) */
};

typedef struct
{
  gnutls_session_t session; /* (unowned) */
  MsaHost         *host;    /* (unowned) */
  GString         *causes;  /* (owned): what speaks against the peer; empty: nothing so far */
} Verification;

typedef struct
{
  const MsaHost *host;    /* (unowned) */
  gboolean       matched;
  guint          n_names; /* of any type */
  GString       *shown;   /* (owned): the first ones */
} NameSearch;

/* GNUTLS_CERT_INVALID stands beside each of them and says nothing by itself. */
static const struct
{
  guint       bit;
  const char *text;
} objections[] = {
  { GNUTLS_CERT_EXPIRED, "expired" },
  { GNUTLS_CERT_NOT_ACTIVATED, "not yet valid" },
  { GNUTLS_CERT_SIGNER_NOT_FOUND, "unknown issuer" },
  { GNUTLS_CERT_SIGNER_NOT_CA, "issued by a certificate that is no authority" },
  { GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "against the constraints of its issuer" },
  { GNUTLS_CERT_SIGNATURE_FAILURE, "wrong signature" },
  { GNUTLS_CERT_INSECURE_ALGORITHM, "weak key or algorithm" },
  { GNUTLS_CERT_REVOKED, "revoked" },
  { GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, "outdated revocation data" },
  { GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE, "revocation data from the future" },
  { GNUTLS_CERT_PURPOSE_MISMATCH, "not meant for TLS servers" },
  { GNUTLS_CERT_MISSING_OCSP_STATUS, "without the status it says will be stapled" },
  { GNUTLS_CERT_INVALID_OCSP_STATUS, "invalid stapled status" },
  { GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, "unknown critical extension" },
};

static void object (Verification *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
object (Verification *self,
        const char *format,
        ...)
{
  va_list args;

  if (self->causes->len > 0)
    g_string_append (self->causes, ", ");
  va_start (args, format);
  g_string_append_vprintf (self->causes, format, args);
  va_end (args);
}

static void
object_to_result (Verification *self,
                  int result)
{
  g_autofree char *text = msa_tls_describe (result);

  object (self, "%s", text);
}

/* --- chain and dates --- */

/* A bit that is not in the table speaks against the peer as well. */
static void
object_to_status (Verification *self,
                  guint status)
{
  guint left = status & ~(guint) GNUTLS_CERT_INVALID;
  gsize i;

  if (status == GNUTLS_CERT_INVALID)
    object (self, "invalid");

  for (i = 0; i < G_N_ELEMENTS (objections); i++)
    {
      if ((left & objections[i].bit) != 0)
        object (self, "%s", objections[i].text);
      left &= ~objections[i].bit;
    }

  if (left != 0)
    object (self, "status 0x%x, which is not known", left);
}

/* Dates, signatures, constraints, strength, stapled status and purpose. The name is not GnuTLS' to
 * check here: that must work without the chain. */
static void
check_chain (Verification *self)
{
  gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID,
                                    (unsigned char *) GNUTLS_KP_TLS_WWW_SERVER, 0 };
  guint status = GNUTLS_CERT_INVALID;
  int result = gnutls_certificate_verify_peers (self->session, &purpose, 1, &status);

  if (result < 0)
    object_to_result (self, result);
  else if (status != 0)
    object_to_status (self, status);
}

/* --- name --- */

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

  if (!msa_cursor_take_until (&host, '.', &label) || label.len == 0)
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

static void
search_alternative_names (NameSearch *self,
                          gnutls_subject_alt_names_t names)
{
  gnutls_datum_t datum;
  guint type, i;

  for (i = 0; gnutls_subject_alt_names_get (names, i, &type, &datum, NULL) == 0; i++)
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

static void
check_name (Verification *self,
            gnutls_x509_crt_t leaf)
{
  g_autoptr (GString) shown = g_string_new (NULL);
  NameSearch search = { .host = self->host, .shown = shown };
  gboolean present;
  gnutls_subject_alt_names_t names = get_alternative_names (leaf, &present);

  if (names == NULL)
    {
      object (self, "unreadable names");
      return;
    }

  search_alternative_names (&search, names);
  gnutls_subject_alt_names_deinit (names);
  if (!present)
    search_common_name (&search, leaf);

  if (search.matched && library_agrees (leaf, self->host))
    return;

  if (search.n_names == 0)
    object (self, "it names nobody");
  else if (search.n_names > MAX_SHOWN_NAMES)
    object (self, "it is for %s and %u more", shown->str, search.n_names - MAX_SHOWN_NAMES);
  else
    object (self, "it is for %s", shown->str);
}

/* --- the whole --- */

/* Has to hold whatever the configuration says: a certificate from this session, judged by this
 * trust. */
static const gnutls_datum_t *
get_chain (Verification *self,
           MsaTrust *trust)
{
  const gnutls_datum_t *chain;
  gpointer credentials = NULL;
  guint len = 0;

  if (gnutls_credentials_get (self->session, GNUTLS_CRD_CERTIFICATE, &credentials) < 0 ||
      credentials != (gpointer) msa_trust_get_credentials (trust))
    {
      object (self, "another trust store is in use");
      return NULL;
    }
  if (gnutls_auth_get_type (self->session) != GNUTLS_CRD_CERTIFICATE ||
      gnutls_certificate_type_get2 (self->session, GNUTLS_CTYPE_SERVER) != GNUTLS_CRT_X509)
    {
      object (self, "it is no X.509 certificate");
      return NULL;
    }

  chain = gnutls_certificate_get_peers (self->session, &len);
  if (chain == NULL || len == 0)
    {
      object (self, "none was sent");
      return NULL;
    }
  if (len > MSA_MAX_PEER_CHAIN)
    {
      object (self, "a chain of %u certificates, where at most %d are taken", len,
              MSA_MAX_PEER_CHAIN);
      return NULL;
    }
  return chain;
}

static void
check_peer (Verification *self,
            MsaTlsConfig *config,
            MsaTrust *trust)
{
  const gnutls_datum_t *chain = get_chain (self, trust);
  gnutls_x509_crt_t leaf;
  int result;

  if (chain == NULL)
    return;

  if (config == NULL || msa_tls_config_get_verify_chain (config))
    check_chain (self);

  if (config != NULL && !msa_tls_config_get_verify_name (config))
    return;
  if (gnutls_x509_crt_init (&leaf) < 0)
    {
      object (self, "no memory to read it");
      return;
    }

  result = gnutls_x509_crt_import (leaf, &chain[0], GNUTLS_X509_FMT_DER);
  if (result < 0)
    object_to_result (self, result);
  else
    check_name (self, leaf);
  gnutls_x509_crt_deinit (leaf);
}

MsaTlsVerified *
msa_tls_verify (gnutls_session_t session,
                MsaTlsConfig *config,
                MsaHost *host,
                MsaTrust *trust,
                GError **error)
{
  g_autoptr (GString) causes = g_string_new (NULL);
  Verification verification = { session, host, causes };
  MsaTlsVerified *self;

  check_peer (&verification, config, trust);
  if (causes->len > 0)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY,
                   "the certificate of %s is not trusted: %s", host->name, causes->str);
      return NULL;
    }

  self = g_new0 (MsaTlsVerified, 1);
  self->host = msa_host_ref (host);
  return self;
}

const MsaHost *
msa_tls_verified_get_host (const MsaTlsVerified *self)
{
  return self->host;
}

void
msa_tls_verified_free (MsaTlsVerified *self)
{
  msa_host_unref (self->host);
  g_free (self);
}

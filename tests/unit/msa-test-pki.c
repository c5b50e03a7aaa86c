/* msa-test-pki.c: certificates made on the spot, for tests and servers of examples
 *
 * Each call makes a new key; P-256 keeps that below a millisecond. A failure of
 * GnuTLS here is a fault of the test and ends it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-pki.h"

#include <gio/gio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define DAY_S (24 * 3600)

struct _MsaTestPki
{
  gnutls_x509_privkey_t key;       /* (owned) */
  gnutls_x509_crt_t     crt;       /* (owned) */
  char                 *ca_pem;    /* (owned): of the root */
  char                 *chain_pem; /* (owned): this and those above it, without the root */
};

static void
check (int result)
{
  if (result < 0)
    g_error ("test PKI: %s", gnutls_strerror (result));
}

static gnutls_x509_privkey_t
make_key (gboolean weak)
{
  gnutls_x509_privkey_t key;

  check (gnutls_x509_privkey_init (&key));
  if (weak)
    check (gnutls_x509_privkey_generate (key, GNUTLS_PK_RSA, 1024, 0));
  else
    check (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                         GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
  return key;
}

/* The parts that every certificate has. */
static gnutls_x509_crt_t
make_crt (gnutls_x509_privkey_t key,
          MsaTestValidity validity)
{
  static gint next_serial = 1;
  guint32 serial = GUINT32_TO_BE ((guint32) g_atomic_int_add (&next_serial, 1));
  guint8 id[20];
  size_t id_len = sizeof (id);
  time_t now = time (NULL);
  time_t from = now - 2 * DAY_S;
  time_t until = now + 2 * DAY_S;
  gnutls_x509_crt_t crt;

  if (validity == MSA_TEST_EXPIRED)
    until = now - DAY_S;
  else if (validity == MSA_TEST_NOT_YET_VALID)
    from = now + DAY_S;

  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_set_version (crt, 3));
  check (gnutls_x509_crt_set_serial (crt, &serial, sizeof (serial)));
  check (gnutls_x509_crt_set_activation_time (crt, from));
  check (gnutls_x509_crt_set_expiration_time (crt, until));
  check (gnutls_x509_crt_set_key (crt, key));
  check (gnutls_x509_crt_get_key_id (crt, 0, id, &id_len));
  check (gnutls_x509_crt_set_subject_key_id (crt, id, id_len));
  return crt;
}

static void
add_common_name (gnutls_x509_crt_t crt,
                 const char *name)
{
  if (name != NULL)
    check (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                          (guint) strlen (name)));
}

static void
add_alternative_name (gnutls_x509_crt_t crt,
                      gnutls_x509_subject_alt_name_t type,
                      const void *data,
                      gsize len)
{
  check (gnutls_x509_crt_set_subject_alt_name (crt, type, data, (guint) len, GNUTLS_FSAN_APPEND));
}

static void
add_address (gnutls_x509_crt_t crt,
             const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  g_assert_nonnull (address);
  add_alternative_name (crt, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
                        g_inet_address_get_native_size (address));
}

/* GnuTLS writes a name only up to a NUL, so the extension is made by hand: a SEQUENCE of a [2]. */
static void
add_name_with_nul (gnutls_x509_crt_t crt,
                   const char *name)
{
  g_autofree char *raw = g_strdelimit (g_strdup (name), "|", '\0');
  gsize len = strlen (name);
  guint8 der[128] = { 0x30, (guint8) (len + 2), 0x82, (guint8) len };

  g_assert_cmpuint (len, <=, sizeof (der) - 4);
  memcpy (der + 4, raw, len);
  check (gnutls_x509_crt_set_extension_by_oid (crt, GNUTLS_X509EXT_OID_SAN, der, len + 4, 0));
}

static void
add_names (gnutls_x509_crt_t crt,
           const MsaTestCertSpec *spec)
{
  gsize i;

  add_common_name (crt, spec->common_name);
  add_common_name (crt, spec->second_common_name);
  for (i = 0; i < G_N_ELEMENTS (spec->dns) && spec->dns[i] != NULL; i++)
    add_alternative_name (crt, GNUTLS_SAN_DNSNAME, spec->dns[i], strlen (spec->dns[i]));
  for (i = 0; i < G_N_ELEMENTS (spec->ip) && spec->ip[i] != NULL; i++)
    add_address (crt, spec->ip[i]);
  if (spec->email != NULL)
    add_alternative_name (crt, GNUTLS_SAN_RFC822NAME, spec->email, strlen (spec->email));
  if (spec->dns_with_nul != NULL)
    add_name_with_nul (crt, spec->dns_with_nul);
}

static void
sign (gnutls_x509_crt_t crt,
      gnutls_x509_crt_t issuer,
      gnutls_x509_privkey_t issuer_key)
{
  guint8 id[64];
  size_t id_len = sizeof (id);

  check (gnutls_x509_crt_get_subject_key_id (issuer, id, &id_len, NULL));
  check (gnutls_x509_crt_set_authority_key_id (crt, id, id_len));
  check (gnutls_x509_crt_sign2 (crt, issuer, issuer_key, GNUTLS_DIG_SHA256, 0));
}

static char *
export_crt (gnutls_x509_crt_t crt)
{
  gnutls_datum_t pem;
  char *text;

  check (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &pem));
  text = g_strndup ((const char *) pem.data, pem.size);
  gnutls_free (pem.data);
  return text;
}

static char *
export_key (gnutls_x509_privkey_t key)
{
  gnutls_datum_t pem;
  char *text;

  check (gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &pem));
  text = g_strndup ((const char *) pem.data, pem.size);
  gnutls_free (pem.data);
  return text;
}

/* @issuer NULL: a root. */
static MsaTestPki *
make_authority (MsaTestPki *issuer,
                gboolean is_authority)
{
  MsaTestPki *self = g_new0 (MsaTestPki, 1);
  g_autofree char *name = NULL;

  self->key = make_key (FALSE);
  self->crt = make_crt (self->key, MSA_TEST_VALID);
  name = g_strdup_printf ("Test %s %p", issuer == NULL ? "Root" : "Intermediate", (gpointer) self);
  add_common_name (self->crt, name);
  check (gnutls_x509_crt_set_basic_constraints (self->crt, is_authority, -1));
  check (gnutls_x509_crt_set_key_usage (self->crt, is_authority ? GNUTLS_KEY_KEY_CERT_SIGN
                                                                : GNUTLS_KEY_DIGITAL_SIGNATURE));
  sign (self->crt, issuer != NULL ? issuer->crt : self->crt,
        issuer != NULL ? issuer->key : self->key);
  return self;
}

MsaTestPki *
msa_test_pki_new (void)
{
  MsaTestPki *self = make_authority (NULL, TRUE);

  self->ca_pem = export_crt (self->crt);
  self->chain_pem = g_strdup ("");
  return self;
}

MsaTestPki *
msa_test_pki_new_sub (MsaTestPki *issuer,
                      gboolean is_authority)
{
  MsaTestPki *self = make_authority (issuer, is_authority);
  g_autofree char *pem = export_crt (self->crt);

  self->ca_pem = g_strdup (issuer->ca_pem);
  self->chain_pem = g_strconcat (pem, issuer->chain_pem, NULL);
  return self;
}

void
msa_test_pki_free (MsaTestPki *self)
{
  gnutls_x509_crt_deinit (self->crt);
  gnutls_x509_privkey_deinit (self->key);
  g_free (self->ca_pem);
  g_free (self->chain_pem);
  g_free (self);
}

const char *
msa_test_pki_ca_pem (MsaTestPki *self)
{
  return self->ca_pem;
}

MsaTestCert *
msa_test_pki_issue (MsaTestPki *self,
                    const MsaTestCertSpec *spec)
{
  MsaTestCert *cert = g_new0 (MsaTestCert, 1);
  gnutls_x509_privkey_t key = make_key (spec->weak_key);
  gnutls_x509_crt_t crt = make_crt (key, spec->validity);
  g_autofree char *pem = NULL;

  add_names (crt, spec);
  check (gnutls_x509_crt_set_basic_constraints (crt, 0, -1));
  check (gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_DIGITAL_SIGNATURE));
  check (gnutls_x509_crt_set_key_purpose_oid (
      crt, spec->client_only ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER, 0));
  if (spec->unknown_critical)
    check (gnutls_x509_crt_set_extension_by_oid (crt, "1.3.6.1.4.1.32473.1", "\x05\x00", 2, 1));

  sign (crt, spec->self_signed ? crt : self->crt, spec->self_signed ? key : self->key);

  pem = export_crt (crt);
  cert->cert_pem = g_strconcat (pem, spec->self_signed ? "" : self->chain_pem, NULL);
  cert->key_pem = export_key (key);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
  return cert;
}

void
msa_test_cert_free (MsaTestCert *self)
{
  g_free (self->cert_pem);
  g_free (self->key_pem);
  g_free (self);
}

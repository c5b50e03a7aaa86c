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
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

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
make_key (MsaTestKey kind)
{
  static const struct
  {
    gnutls_pk_algorithm_t algorithm;
    guint                 bits;
  } kinds[] = {
    [MSA_TEST_P256] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1) },
    [MSA_TEST_P384] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP384R1) },
    [MSA_TEST_ED25519] = { GNUTLS_PK_EDDSA_ED25519,
                           GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_ED25519) },
    [MSA_TEST_RSA_2048] = { GNUTLS_PK_RSA, 2048 },
    [MSA_TEST_RSA_PSS] = { GNUTLS_PK_RSA_PSS, 2048 },
    [MSA_TEST_RSA_1024] = { GNUTLS_PK_RSA, 1024 },
  };
  gnutls_x509_privkey_t key;

  check (gnutls_x509_privkey_init (&key));
  check (gnutls_x509_privkey_generate (key, kinds[kind].algorithm, kinds[kind].bits, 0));
  return key;
}

static void
get_validity (MsaTestValidity validity,
              time_t *from,
              time_t *until)
{
  time_t now = time (NULL);

  *from = now - 2 * DAY_S;
  *until = now + 2 * DAY_S;
  if (validity == MSA_TEST_EXPIRED)
    *until = now - DAY_S;
  else if (validity == MSA_TEST_JUST_EXPIRED)
    *until = now - HOUR_S;
  else if (validity == MSA_TEST_NOT_YET_VALID)
    *from = now + DAY_S;
  else if (validity == MSA_TEST_JUST_VALID)
    {
      *from = now - HOUR_S;
      *until = now + HOUR_S;
    }
}

/* The parts that every certificate has, but for the identifier of its key. */
static gnutls_x509_crt_t
make_crt (gnutls_x509_privkey_t key,
          MsaTestValidity validity)
{
  static gint next_serial = 1;
  guint32 serial = GUINT32_TO_BE ((guint32) g_atomic_int_add (&next_serial, 1));
  time_t from, until;
  gnutls_x509_crt_t crt;

  get_validity (validity, &from, &until);
  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_set_version (crt, 3));
  check (gnutls_x509_crt_set_serial (crt, &serial, sizeof (serial)));
  check (gnutls_x509_crt_set_activation_time (crt, from));
  check (gnutls_x509_crt_set_expiration_time (crt, until));
  check (gnutls_x509_crt_set_key (crt, key));
  return crt;
}

static void
add_key_id (gnutls_x509_crt_t crt)
{
  guint8 id[20];
  size_t len = sizeof (id);

  check (gnutls_x509_crt_get_key_id (crt, 0, id, &len));
  check (gnutls_x509_crt_set_subject_key_id (crt, id, len));
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

static void
add_common_name_with_nul (gnutls_x509_crt_t crt,
                          const char *name)
{
  g_autofree char *raw = g_strdelimit (g_strdup (name), "|", '\0');

  check (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, raw,
                                        (guint) strlen (name)));
}

static void
add_address_with_mask (gnutls_x509_crt_t crt,
                       const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  guint8 bytes[8] = { 0, 0, 0, 0, 255, 255, 255, 255 };

  memcpy (bytes, g_inet_address_to_bytes (address), 4);
  add_alternative_name (crt, GNUTLS_SAN_IPADDRESS, bytes, sizeof (bytes));
}

/* --- DER, as far as it is needed --- */

/* @der becomes the contents of an element. */
static void
wrap (GByteArray *der,
      guint8 tag)
{
  guint8 head[4] = { tag, 0 };
  guint n = 2;

  g_assert_cmpuint (der->len, <, 0x1000000);
  if (der->len < 0x80)
    head[1] = (guint8) der->len;
  else if (der->len < 0x10000)
    {
      head[1] = 0x82;
      head[2] = (guint8) (der->len >> 8);
      head[3] = (guint8) der->len;
      n = 4;
    }
  else
    {
      guint8 long_head[5] = { tag, 0x83, (guint8) (der->len >> 16), (guint8) (der->len >> 8),
                              (guint8) der->len };

      g_byte_array_prepend (der, long_head, sizeof (long_head));
      return;
    }
  g_byte_array_prepend (der, head, n);
}

static void
append_element (GByteArray *der,
                guint8 tag,
                gconstpointer data,
                gsize len)
{
  g_autoptr (GByteArray) element = g_byte_array_new ();

  g_byte_array_append (element, data, (guint) len);
  wrap (element, tag);
  g_byte_array_append (der, element->data, element->len);
}

/* --- names --- */

/* GnuTLS takes the square of their number to add them one by one. */
static void
add_many_names (gnutls_x509_crt_t crt,
                const MsaTestCertSpec *spec)
{
  g_autoptr (GByteArray) der = g_byte_array_new ();
  guint i;

  for (i = 0; i < spec->n_other_dns; i++)
    {
      g_autofree char *name = g_strdup_printf ("h%u.example", i);

      append_element (der, 0x82, name, strlen (name));
    }
  for (i = 0; i < G_N_ELEMENTS (spec->dns) && spec->dns[i] != NULL; i++)
    append_element (der, 0x82, spec->dns[i], strlen (spec->dns[i]));
  wrap (der, 0x30);
  check (
      gnutls_x509_crt_set_extension_by_oid (crt, GNUTLS_X509EXT_OID_SAN, der->data, der->len, 0));
}

static void
set_raw_names (gnutls_x509_crt_t crt,
               gconstpointer der,
               gsize len)
{
  check (gnutls_x509_crt_set_extension_by_oid (crt, GNUTLS_X509EXT_OID_SAN, der, len, 0));
}

/* GnuTLS writes a name only up to a NUL, and none of these: the extension is made by hand. */
static void
add_odd_names (gnutls_x509_crt_t crt,
               const MsaTestCertSpec *spec)
{
  const char *with_nul = spec->dns_with_nul != NULL ? spec->dns_with_nul : "";
  g_autofree char *raw = g_strdelimit (g_strdup (with_nul), "|", '\0');
  g_autoptr (GByteArray) der = g_byte_array_new ();

  if (spec->empty_san)
    set_raw_names (crt, "\x30\x00", 2);
  if (spec->dns_with_nul == NULL)
    return;

  append_element (der, 0x82, raw, strlen (with_nul));
  wrap (der, 0x30);
  set_raw_names (crt, der->data, der->len);
}

static void
add_names (gnutls_x509_crt_t crt,
           const MsaTestCertSpec *spec)
{
  gsize i;

  if (spec->cn_with_nul != NULL)
    add_common_name_with_nul (crt, spec->cn_with_nul);
  add_common_name (crt, spec->common_name);
  add_common_name (crt, spec->second_common_name);
  if (spec->n_other_dns > 0)
    {
      add_many_names (crt, spec);
      return;
    }
  for (i = 0; i < G_N_ELEMENTS (spec->dns) && spec->dns[i] != NULL; i++)
    add_alternative_name (crt, GNUTLS_SAN_DNSNAME, spec->dns[i], strlen (spec->dns[i]));
  for (i = 0; i < G_N_ELEMENTS (spec->ip) && spec->ip[i] != NULL; i++)
    add_address (crt, spec->ip[i]);
  if (spec->email != NULL)
    add_alternative_name (crt, GNUTLS_SAN_RFC822NAME, spec->email, strlen (spec->email));
  if (spec->uri != NULL)
    add_alternative_name (crt, GNUTLS_SAN_URI, spec->uri, strlen (spec->uri));
  if (spec->ip_with_mask != NULL)
    add_address_with_mask (crt, spec->ip_with_mask);
  add_odd_names (crt, spec);
}

static void
sign (gnutls_x509_crt_t crt,
      gnutls_x509_crt_t issuer,
      gnutls_x509_privkey_t issuer_key,
      MsaTestDigest digest)
{
  static const gnutls_digest_algorithm_t digests[] = {
    [MSA_TEST_SHA256] = GNUTLS_DIG_SHA256,
    [MSA_TEST_SHA1] = GNUTLS_DIG_SHA1,
    [MSA_TEST_MD5] = GNUTLS_DIG_MD5,
  };
  guint8 id[64];
  size_t id_len = sizeof (id);

  if (gnutls_x509_crt_get_version (crt) == 3 && gnutls_x509_crt_get_version (issuer) == 3)
    {
      check (gnutls_x509_crt_get_subject_key_id (issuer, id, &id_len, NULL));
      check (gnutls_x509_crt_set_authority_key_id (crt, id, id_len));
    }
  /* An Ed25519 key has but one way to sign. */
  if (gnutls_x509_privkey_get_pk_algorithm (issuer_key) == GNUTLS_PK_EDDSA_ED25519)
    check (gnutls_x509_crt_sign2 (crt, issuer, issuer_key, GNUTLS_DIG_SHA512, 0));
  else
    check (gnutls_x509_crt_sign2 (crt, issuer, issuer_key, digests[digest], 0));
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

  check (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                            &pem));
  text = g_strndup ((const char *) pem.data, pem.size);
  gnutls_free (pem.data);
  return text;
}

/* --- authorities --- */

static void
add_name_constraint (gnutls_x509_name_constraints_t constraints,
                     const char *name,
                     gboolean is_permitted)
{
  gnutls_datum_t datum = { (guchar *) name, name != NULL ? (guint) strlen (name) : 0 };

  if (name == NULL)
    return;
  check (is_permitted ? gnutls_x509_name_constraints_add_permitted (constraints,
                                                                    GNUTLS_SAN_DNSNAME, &datum)
                      : gnutls_x509_name_constraints_add_excluded (constraints, GNUTLS_SAN_DNSNAME,
                                                                   &datum));
}

static void
add_name_constraints (gnutls_x509_crt_t crt,
                      const MsaTestAuthoritySpec *spec)
{
  gnutls_x509_name_constraints_t constraints;
  gnutls_datum_t range = { NULL, 0 };

  if (spec->permitted_dns == NULL && spec->excluded_dns == NULL && spec->permitted_ip == NULL)
    return;

  check (gnutls_x509_name_constraints_init (&constraints));
  add_name_constraint (constraints, spec->permitted_dns, TRUE);
  add_name_constraint (constraints, spec->excluded_dns, FALSE);
  if (spec->permitted_ip != NULL)
    {
      check (gnutls_x509_cidr_to_rfc5280 (spec->permitted_ip, &range));
      check (gnutls_x509_name_constraints_add_permitted (constraints, GNUTLS_SAN_IPADDRESS,
                                                         &range));
      gnutls_free (range.data);
    }
  check (gnutls_x509_crt_set_name_constraints (crt, constraints, 1));
  gnutls_x509_name_constraints_deinit (constraints);
}

static void
add_unknown_critical (gnutls_x509_crt_t crt)
{
  check (gnutls_x509_crt_set_extension_by_oid (crt, "1.3.6.1.4.1.32473.1", "\x05\x00", 2, 1));
}

static void
add_authority_parts (gnutls_x509_crt_t crt,
                     const MsaTestAuthoritySpec *spec)
{
  gboolean may_sign = !spec->not_authority && !spec->no_cert_sign;

  if (spec->is_version_1)
    {
      check (gnutls_x509_crt_set_version (crt, 1));
      return;
    }
  if (!spec->no_constraints)
    check (gnutls_x509_crt_set_basic_constraints (crt, !spec->not_authority,
                                                  spec->not_authority ? -1
                                                                      : (int) spec->max_depth - 1));
  check (gnutls_x509_crt_set_key_usage (crt, may_sign ? GNUTLS_KEY_KEY_CERT_SIGN
                                                      : GNUTLS_KEY_DIGITAL_SIGNATURE));
  add_name_constraints (crt, spec);
  if (spec->purpose != NULL)
    check (gnutls_x509_crt_set_key_purpose_oid (crt, spec->purpose, 0));
  if (spec->unknown_critical)
    add_unknown_critical (crt);
}

static void
finish_authority (MsaTestPki *self,
                  MsaTestPki *issuer)
{
  g_autofree char *pem = export_crt (self->crt);

  self->ca_pem = g_strdup (issuer != NULL ? issuer->ca_pem : pem);
  self->chain_pem = issuer != NULL ? g_strconcat (pem, issuer->chain_pem, NULL) : g_strdup ("");
}

MsaTestPki *
msa_test_pki_new_full (MsaTestPki *issuer,
                       const MsaTestAuthoritySpec *spec)
{
  static gint next_name = 1;
  MsaTestPki *self = g_new0 (MsaTestPki, 1);
  g_autofree char *name = NULL;

  self->key = make_key (spec->key);
  self->crt = make_crt (self->key, spec->validity);
  if (!spec->is_version_1)
    add_key_id (self->crt);
  name = g_strdup_printf ("Test %s %d", issuer == NULL ? "Root" : "Intermediate",
                          g_atomic_int_add (&next_name, 1));
  add_common_name (self->crt, spec->name != NULL ? spec->name : name);
  add_authority_parts (self->crt, spec);
  sign (self->crt, issuer != NULL ? issuer->crt : self->crt,
        issuer != NULL ? issuer->key : self->key, spec->digest);
  finish_authority (self, issuer);
  return self;
}

static void
copy_name (gnutls_x509_crt_t crt,
           gnutls_x509_crt_t from)
{
  char name[256];
  size_t len = sizeof (name);

  check (gnutls_x509_crt_get_dn_by_oid (from, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len));
  add_common_name (crt, name);
}

MsaTestPki *
msa_test_pki_new_cross (MsaTestPki *self,
                        MsaTestPki *issuer)
{
  const MsaTestAuthoritySpec spec = { .name = NULL };
  MsaTestPki *cross = g_new0 (MsaTestPki, 1);

  check (gnutls_x509_privkey_init (&cross->key));
  check (gnutls_x509_privkey_cpy (cross->key, self->key));
  cross->crt = make_crt (cross->key, MSA_TEST_VALID);
  add_key_id (cross->crt);
  copy_name (cross->crt, self->crt);
  add_authority_parts (cross->crt, &spec);
  sign (cross->crt, issuer->crt, issuer->key, MSA_TEST_SHA256);
  finish_authority (cross, issuer);
  return cross;
}

MsaTestPki *
msa_test_pki_new_twin (MsaTestPki *self)
{
  const MsaTestAuthoritySpec spec = { .name = NULL };
  MsaTestPki *twin = g_new0 (MsaTestPki, 1);
  guint8 id[64];
  size_t len = sizeof (id);

  twin->key = make_key (MSA_TEST_P256);
  twin->crt = make_crt (twin->key, MSA_TEST_VALID);
  check (gnutls_x509_crt_get_subject_key_id (self->crt, id, &len, NULL));
  check (gnutls_x509_crt_set_subject_key_id (twin->crt, id, len));
  copy_name (twin->crt, self->crt);
  add_authority_parts (twin->crt, &spec);
  sign (twin->crt, twin->crt, twin->key, MSA_TEST_SHA256);
  finish_authority (twin, NULL);
  return twin;
}

MsaTestPki *
msa_test_pki_new (void)
{
  const MsaTestAuthoritySpec spec = { .name = NULL };

  return msa_test_pki_new_full (NULL, &spec);
}

MsaTestPki *
msa_test_pki_new_sub (MsaTestPki *issuer,
                      gboolean is_authority)
{
  const MsaTestAuthoritySpec spec = { .not_authority = !is_authority };

  return msa_test_pki_new_full (issuer, &spec);
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

char *
msa_test_pki_own_pem (MsaTestPki *self)
{
  return export_crt (self->crt);
}

/* --- leaves --- */

static void
add_usage (gnutls_x509_crt_t crt,
           const MsaTestCertSpec *spec)
{
  const char *purpose = spec->purpose != NULL ? spec->purpose : GNUTLS_KP_TLS_WWW_SERVER;
  guint usage = spec->only_cert_sign ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE;
  gnutls_x509_tlsfeatures_t features;

  check (gnutls_x509_crt_set_basic_constraints (crt, spec->is_authority, -1));
  if (!spec->no_key_usage)
    check (gnutls_x509_crt_set_key_usage (crt, usage));
  if (!spec->no_purpose)
    check (gnutls_x509_crt_set_key_purpose_oid (crt, purpose, 0));
  if (spec->second_purpose != NULL)
    check (gnutls_x509_crt_set_key_purpose_oid (crt, spec->second_purpose, 0));
  if (spec->unknown_critical)
    add_unknown_critical (crt);
  if (!spec->must_staple)
    return;

  check (gnutls_x509_tlsfeatures_init (&features));
  check (gnutls_x509_tlsfeatures_add (features, 5));
  check (gnutls_x509_crt_set_tlsfeatures (crt, features));
  gnutls_x509_tlsfeatures_deinit (features);
}

/* At the end of a certificate stands its signature. */
static char *
export_broken (gnutls_x509_crt_t crt)
{
  gnutls_datum_t der, pem;
  char *text;

  check (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der));
  der.data[der.size - 1] ^= 1;
  check (gnutls_pem_base64_encode2 ("CERTIFICATE", &der, &pem));
  text = g_strndup ((const char *) pem.data, pem.size);
  gnutls_free (der.data);
  gnutls_free (pem.data);
  return text;
}

MsaTestCert *
msa_test_pki_issue (MsaTestPki *self,
                    const MsaTestCertSpec *spec)
{
  MsaTestCert *cert = g_new0 (MsaTestCert, 1);
  gnutls_x509_privkey_t key = make_key (spec->weak_key ? MSA_TEST_RSA_1024 : spec->key);
  gnutls_x509_crt_t crt = make_crt (key, spec->validity);
  g_autofree char *pem = NULL;

  add_key_id (crt);
  add_names (crt, spec);
  add_usage (crt, spec);
  sign (crt, spec->self_signed ? crt : self->crt, spec->self_signed ? key : self->key,
        spec->digest);

  pem = spec->broken_signature ? export_broken (crt) : export_crt (crt);
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

static gnutls_x509_crt_t
import_crt (const char *pem)
{
  gnutls_datum_t datum = { (guchar *) pem, (guint) strlen (pem) };
  gnutls_x509_crt_t crt;

  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_import (crt, &datum, GNUTLS_X509_FMT_PEM));
  return crt;
}

/* Locked keys */

static void
put_item (GByteArray *array,
          guint8 tag,
          gconstpointer data,
          gsize len)
{
  guint8 head[] = { tag, 0x82, (guint8) (len >> 8), (guint8) len };

  g_byte_array_append (array, head, sizeof head);
  g_byte_array_append (array, data, (guint) len);
}

static void
put_sequence (GByteArray *array,
              GByteArray *items)
{
  put_item (array, 0x30, items->data, items->len);
  g_byte_array_set_size (items, 0);
}

/* How it is locked: PBES2 of PBKDF2, by a single iteration, and AES-128-CBC (RFC 8018). */
static void
put_scheme (GByteArray *array,
            const guint8 *salt,
            gsize salt_len,
            const guint8 *iv,
            gsize iv_len)
{
  static const guint8 pbes2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d };
  static const guint8 pbkdf2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c };
  static const guint8 aes[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02 };
  static const guint8 one = 1;
  g_autoptr (GByteArray) items = g_byte_array_new ();
  g_autoptr (GByteArray) function = g_byte_array_new ();
  g_autoptr (GByteArray) parts = g_byte_array_new ();

  put_item (items, 0x04, salt, salt_len);
  put_item (items, 0x02, &one, 1);
  put_item (function, 0x06, pbkdf2, sizeof pbkdf2);
  put_sequence (function, items);
  put_sequence (parts, function);
  put_item (items, 0x06, aes, sizeof aes);
  put_item (items, 0x04, iv, iv_len);
  put_sequence (parts, items);
  put_item (items, 0x06, pbes2, sizeof pbes2);
  put_sequence (items, parts);
  put_sequence (array, items);
}

static void
encrypt (GByteArray *data,
         const char *password,
         const guint8 *salt,
         gsize salt_len,
         const guint8 *iv,
         gsize iv_len)
{
  guint8 key[16];
  guint8 padding = (guint8) (sizeof key - data->len % sizeof key);
  gnutls_datum_t password_datum = { (guchar *) password, (guint) strlen (password) };
  gnutls_datum_t salt_datum = { (guchar *) salt, (guint) salt_len };
  gnutls_datum_t key_datum = { key, sizeof key };
  gnutls_datum_t iv_datum = { (guchar *) iv, (guint) iv_len };
  gnutls_cipher_hd_t cipher;

  for (guint i = 0; i < padding; i++)
    g_byte_array_append (data, &padding, 1);
  g_assert_cmpint (
      gnutls_pbkdf2 (GNUTLS_MAC_SHA1, &password_datum, &salt_datum, 1, key, sizeof key), ==, 0);
  g_assert_cmpint (gnutls_cipher_init (&cipher, GNUTLS_CIPHER_AES_128_CBC, &key_datum, &iv_datum),
                   ==, 0);
  g_assert_cmpint (gnutls_cipher_encrypt (cipher, data->data, data->len), ==, 0);
  gnutls_cipher_deinit (cipher);
}

/* GnuTLS itself locks keys so that trying a password takes a tenth of a second, each time. */
char *
msa_test_key_lock (const char *key_pem,
                   const char *password)
{
  static const guint8 salt[8] = { 1 };
  static const guint8 iv[16] = { 2 };
  gnutls_datum_t datum = { (guchar *) key_pem, (guint) strlen (key_pem) };
  gnutls_datum_t out;
  gnutls_x509_privkey_t key;
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autoptr (GByteArray) parts = g_byte_array_new ();
  g_autoptr (GByteArray) all = g_byte_array_new ();
  char *pem;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0), ==, 0);
  g_assert_cmpint (
      gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &out),
      ==, 0);
  gnutls_x509_privkey_deinit (key);
  g_byte_array_append (data, out.data, out.size);
  gnutls_free (out.data);

  encrypt (data, password, salt, sizeof salt, iv, sizeof iv);
  put_scheme (parts, salt, sizeof salt, iv, sizeof iv);
  put_item (parts, 0x04, data->data, data->len);
  put_sequence (all, parts);
  datum = (gnutls_datum_t) { all->data, all->len };
  g_assert_cmpint (gnutls_pem_base64_encode2 ("ENCRYPTED PRIVATE KEY", &datum, &out), ==, 0);
  pem = g_strndup ((const char *) out.data, out.size);
  gnutls_free (out.data);

  return pem;
}

/* By another road than that of the library: over the key as it is written. */
char *
msa_test_pin_new (const char *pem)
{
  gnutls_x509_crt_t crt = import_crt (pem);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *digits = NULL;
  gnutls_pubkey_t key;
  gnutls_datum_t der;
  guint8 digest[32];
  gsize len = sizeof (digest);

  check (gnutls_pubkey_init (&key));
  check (gnutls_pubkey_import_x509 (key, crt, 0));
  check (gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &der));
  g_checksum_update (sum, der.data, der.size);
  g_checksum_get_digest (sum, digest, &len);
  digits = g_base64_encode (digest, len);
  gnutls_free (der.data);
  gnutls_pubkey_deinit (key);
  gnutls_x509_crt_deinit (crt);
  return g_strconcat ("sha256//", digits, NULL);
}

/* --- OCSP (RFC 6960) --- */

static void
append_time (GByteArray *der,
             time_t time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time);
  g_autofree char *text = g_date_time_format (date, "%Y%m%d%H%M%SZ");

  append_element (der, 0x18, text, strlen (text));
}

static void
append_sha1 (GByteArray *der,
             gconstpointer data,
             gsize len)
{
  guint8 digest[20];

  check (gnutls_hash_fast (GNUTLS_DIG_SHA1, data, len, digest));
  append_element (der, 0x04, digest, sizeof (digest));
}

/* Of a P-256 key: the point. */
static void
append_key_hash (GByteArray *der,
                 MsaTestPki *issuer)
{
  gnutls_datum_t x, y;
  guint8 point[65] = { 4 };

  check (gnutls_x509_privkey_export_ecc_raw (issuer->key, NULL, &x, &y, NULL));
  /* A zero may stand before, or be missing. */
  memcpy (point + 1 + 32 - MIN (x.size, 32), x.data + x.size - MIN (x.size, 32), MIN (x.size, 32));
  memcpy (point + 33 + 32 - MIN (y.size, 32), y.data + y.size - MIN (y.size, 32), MIN (y.size, 32));
  append_sha1 (der, point, sizeof (point));
  gnutls_free (x.data);
  gnutls_free (y.data);
}

static void
append_cert_id (GByteArray *der,
                MsaTestPki *issuer,
                const MsaTestCert *cert)
{
  static const guint8 sha1[] = { 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00 };
  g_autoptr (GByteArray) id = g_byte_array_new ();
  gnutls_x509_crt_t crt = import_crt (cert->cert_pem);
  gnutls_datum_t name;
  guint8 serial[32];
  size_t len = sizeof (serial);

  g_byte_array_append (id, sha1, sizeof (sha1));
  check (gnutls_x509_crt_get_raw_dn (issuer->crt, &name));
  append_sha1 (id, name.data, name.size);
  gnutls_free (name.data);
  append_key_hash (id, issuer);
  check (gnutls_x509_crt_get_serial (crt, serial, &len));
  append_element (id, 0x02, serial, len);
  gnutls_x509_crt_deinit (crt);

  wrap (id, 0x30);
  g_byte_array_append (der, id->data, id->len);
}

static GByteArray *
make_response_data (MsaTestPki *issuer,
                    MsaTestPki *signer,
                    const MsaTestCert *cert,
                    MsaTestStatus status,
                    MsaTestValidity validity)
{
  g_autoptr (GByteArray) single = g_byte_array_new ();
  g_autoptr (GByteArray) next = g_byte_array_new ();
  g_autoptr (GByteArray) when = g_byte_array_new ();
  GByteArray *data = g_byte_array_new ();
  gnutls_datum_t name;
  time_t from, until;

  get_validity (validity, &from, &until);
  append_cert_id (single, issuer, cert);
  append_time (when, from);
  if (status == MSA_TEST_STATUS_REVOKED)
    append_element (single, 0xa1, when->data, when->len);
  else
    append_element (single, status == MSA_TEST_STATUS_GOOD ? 0x80 : 0x82, "", 0);
  append_time (single, from);
  append_time (next, until);
  append_element (single, 0xa0, next->data, next->len);
  wrap (single, 0x30);
  wrap (single, 0x30);

  check (gnutls_x509_crt_get_raw_dn (signer->crt, &name));
  append_element (data, 0xa1, name.data, name.size);
  gnutls_free (name.data);
  append_time (data, from);
  g_byte_array_append (data, single->data, single->len);
  wrap (data, 0x30);
  return data;
}

static void
append_certificate (GByteArray *der,
                    MsaTestPki *signer)
{
  g_autoptr (GByteArray) list = g_byte_array_new ();
  gnutls_datum_t crt;

  check (gnutls_x509_crt_export2 (signer->crt, GNUTLS_X509_FMT_DER, &crt));
  g_byte_array_append (list, crt.data, crt.size);
  gnutls_free (crt.data);
  wrap (list, 0x30);
  append_element (der, 0xa0, list->data, list->len);
}

/* @data becomes a BasicOCSPResponse. */
static void
sign_response (GByteArray *data,
               MsaTestPki *issuer,
               MsaTestPki *signer)
{
  static const guint8 ecdsa_with_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                              0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
  g_autoptr (GByteArray) bits = g_byte_array_new ();
  gnutls_datum_t datum = { data->data, data->len };
  gnutls_datum_t signature;
  gnutls_privkey_t key;

  check (gnutls_privkey_init (&key));
  check (gnutls_privkey_import_x509 (key, signer->key, 0));
  check (gnutls_privkey_sign_data2 (key, GNUTLS_SIGN_ECDSA_SHA256, 0, &datum, &signature));
  g_byte_array_append (bits, (const guint8 *) "\0", 1);
  g_byte_array_append (bits, signature.data, signature.size);

  g_byte_array_append (data, ecdsa_with_sha256, sizeof (ecdsa_with_sha256));
  append_element (data, 0x03, bits->data, bits->len);
  if (signer != issuer && signer->chain_pem[0] != '\0')
    append_certificate (data, signer);
  wrap (data, 0x30);
  gnutls_free (signature.data);
  gnutls_privkey_deinit (key);
}

GBytes *
msa_test_ocsp_new (MsaTestPki *issuer,
                   MsaTestPki *signer,
                   const MsaTestCert *cert,
                   MsaTestStatus status,
                   MsaTestValidity validity)
{
  static const guint8 basic[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05,
                                  0x05, 0x07, 0x30, 0x01, 0x01 };
  static const guint8 successful[] = { 0x0a, 0x01, 0x00 };
  g_autoptr (GByteArray) der = make_response_data (issuer, signer, cert, status, validity);

  sign_response (der, issuer, signer);
  wrap (der, 0x04);
  g_byte_array_prepend (der, basic, sizeof (basic));
  wrap (der, 0x30);
  wrap (der, 0xa0);
  g_byte_array_prepend (der, successful, sizeof (successful));
  wrap (der, 0x30);
  return g_byte_array_free_to_bytes (g_steal_pointer (&der));
}

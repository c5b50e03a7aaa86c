/* msa-fuzz-pki.c: a few certificates, the same ones in each run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-pki.h"

#include <string.h>

/* 2000 to 2049. */
#define ACTIVATION_S 946684800
#define EXPIRATION_S 2493072000

static const struct
{
  const char *secret;
  const char *public;
} keys[] = {
  { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" },
  { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c" },
  { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025" },
};

static const struct
{
  const char *name;
  guint       key;
  MsaFuzzCert issuer;
  const char *purpose; /* (nullable): NULL for an authority */
} specs[MSA_FUZZ_N_CERTS] = {
  [MSA_FUZZ_ROOT] = { "Fuzz Root", 0, MSA_FUZZ_ROOT, NULL },
  [MSA_FUZZ_LEAF] = { "fuzz.org", 1, MSA_FUZZ_ROOT, GNUTLS_KP_TLS_WWW_SERVER },
  [MSA_FUZZ_DELEGATE] = { "Delegate", 2, MSA_FUZZ_ROOT, GNUTLS_KP_OCSP_SIGNING },
  [MSA_FUZZ_BYSTANDER] = { "Bystander", 2, MSA_FUZZ_ROOT, GNUTLS_KP_TLS_WWW_SERVER },
  [MSA_FUZZ_TWIN] = { "Fuzz Root", 1, MSA_FUZZ_TWIN, NULL },
};

static MsaFuzzIdentity identities[MSA_FUZZ_N_CERTS];

static void
check (int result)
{
  if (result < 0)
    g_error ("certificates: %s", gnutls_strerror (result));
}

static gnutls_datum_t
decode (const char *digits)
{
  gnutls_datum_t text = { (guint8 *) digits, (guint) strlen (digits) };
  gnutls_datum_t bytes;

  check (gnutls_hex_decode2 (&text, &bytes));

  return bytes;
}

static void
make_key (MsaFuzzIdentity *self,
          guint number)
{
  gnutls_datum_t secret = decode (keys[number].secret);
  gnutls_datum_t public = decode (keys[number].public);
  gnutls_x509_privkey_t plain;

  self->key_number = number;
  check (gnutls_privkey_init (&self->key));
  check (gnutls_privkey_import_ecc_raw (self->key, GNUTLS_ECC_CURVE_ED25519, &public, NULL,
                                        &secret));
  check (gnutls_privkey_export_x509 (self->key, &plain));
  check (gnutls_x509_privkey_export2_pkcs8 (plain, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                            &self->key_pem));
  gnutls_x509_privkey_deinit (plain);
  gnutls_free (secret.data);
  gnutls_free (public.data);
}

static void
make_certificate (MsaFuzzIdentity *self,
                  guint which)
{
  const MsaFuzzIdentity *issuer = &identities[specs[which].issuer];
  const char *name = specs[which].name;
  guint8 serial[] = { 1, (guint8) which };
  gnutls_pubkey_t public;

  check (gnutls_pubkey_init (&public));
  check (gnutls_pubkey_import_privkey (public, self->key, 0, 0));
  check (gnutls_x509_crt_init (&self->crt));
  check (gnutls_x509_crt_set_version (self->crt, 3));
  check (gnutls_x509_crt_set_serial (self->crt, serial, sizeof (serial)));
  check (gnutls_x509_crt_set_activation_time (self->crt, ACTIVATION_S));
  check (gnutls_x509_crt_set_expiration_time (self->crt, EXPIRATION_S));
  check (gnutls_x509_crt_set_pubkey (self->crt, public));
  check (gnutls_x509_crt_set_dn_by_oid (self->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                        (guint) strlen (name)));
  if (specs[which].purpose == NULL)
    check (gnutls_x509_crt_set_basic_constraints (self->crt, 1, -1));
  else
    check (gnutls_x509_crt_set_key_purpose_oid (self->crt, specs[which].purpose, 0));
  check (gnutls_x509_crt_privkey_sign (self->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA512, 0));
  check (gnutls_x509_crt_export2 (self->crt, GNUTLS_X509_FMT_DER, &self->der));
  check (gnutls_x509_crt_export2 (self->crt, GNUTLS_X509_FMT_PEM, &self->pem));
  gnutls_pubkey_deinit (public);

  /* One that was only made has no name by which it is found. */
  gnutls_x509_crt_deinit (self->crt);
  check (gnutls_x509_crt_init (&self->crt));
  check (gnutls_x509_crt_import (self->crt, &self->der, GNUTLS_X509_FMT_DER));
}

const MsaFuzzIdentity *
msa_fuzz_pki_get (MsaFuzzCert which)
{
  for (guint i = 0; i < MSA_FUZZ_N_CERTS && identities[i].crt == NULL; i++)
    {
      make_key (&identities[i], specs[i].key);
      make_certificate (&identities[i], i);
    }

  return &identities[which];
}

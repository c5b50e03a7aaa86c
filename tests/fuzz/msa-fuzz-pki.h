/* msa-fuzz-pki.h: a few certificates, the same ones in each run
 *
 * Ed25519 keys of RFC 8032 (7.1): public ones, and signatures that are the same each time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* The key of the leaf, with the password "secret", in one round. */
#define MSA_FUZZ_LOCKED_KEY \
  "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
  "MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAgx89NZYXaCUgIBATAM\n" \
  "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBAgQQocyEqPYKI90xdeCMvi3wuARA6ocu\n" \
  "LCQk1FNqQmIT6jkdPbOp86+jKPUSD/3AoUMsJEx/mdrbqtlF5WXmDGtUN1cbwt04\n" \
  "LEAURXVMGLp+jopi8w==\n" \
  "-----END ENCRYPTED PRIVATE KEY-----\n"

typedef enum
{
  MSA_FUZZ_ROOT,
  MSA_FUZZ_LEAF,      /* issued by it, as all that say nothing else */
  MSA_FUZZ_DELEGATE,  /* may speak of the status of certificates */
  MSA_FUZZ_BYSTANDER, /* may not; it has the delegate's key */
  MSA_FUZZ_TWIN,      /* has the root's name and the leaf's key, and is its own issuer */
  MSA_FUZZ_N_CERTS
} MsaFuzzCert;

typedef struct
{
  gnutls_x509_crt_t crt;
  gnutls_datum_t    der;
  gnutls_datum_t    pem;
  gnutls_privkey_t  key;
  gnutls_datum_t    key_pem;
  guint             key_number; /* equal for equal keys */
} MsaFuzzIdentity;

/* (transfer none): made at the first call. */
const MsaFuzzIdentity *msa_fuzz_pki_get (MsaFuzzCert which);

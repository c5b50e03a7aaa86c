/* msa-test-pki.h: certificates made on the spot, for tests and servers of examples
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MsaTestPki MsaTestPki;

typedef enum
{
  MSA_TEST_VALID,
  MSA_TEST_EXPIRED,       /* since a day */
  MSA_TEST_NOT_YET_VALID, /* for a day */
} MsaTestValidity;

/* What a certificate is to say. All that is left out is absent from it. */
typedef struct
{
  const char     *common_name;
  const char     *second_common_name;
  const char     *dns[5];           /* alternative names, up to the first NULL */
  const char     *ip[3];            /* the same; as text */
  const char     *email;            /* an alternative name that is no host's */
  const char     *dns_with_nul;     /* written with a '|', which becomes a NUL byte */
  MsaTestValidity validity;
  gboolean        self_signed;      /* by its own key instead of the authority's */
  gboolean        client_only;      /* its purpose is TLS clients */
  gboolean        weak_key;         /* RSA of 1024 bits instead of P-256 */
  gboolean        unknown_critical; /* with a critical extension that nobody knows */
} MsaTestCertSpec;

typedef struct
{
  char *cert_pem; /* (owned): the certificate, then the intermediates, without the root */
  char *key_pem;  /* (owned) */
} MsaTestCert;

/* A root. Nothing is random but the keys. */
MsaTestPki  *msa_test_pki_new      (void) G_GNUC_WARN_UNUSED_RESULT;
/* An intermediate below @issuer; with @is_authority FALSE one that may not sign. */
MsaTestPki  *msa_test_pki_new_sub  (MsaTestPki *issuer,
                                    gboolean is_authority) G_GNUC_WARN_UNUSED_RESULT;
void         msa_test_pki_free     (MsaTestPki *self);
/* The root's certificate. */
const char  *msa_test_pki_ca_pem   (MsaTestPki *self);
MsaTestCert *msa_test_pki_issue    (MsaTestPki *self,
                                    const MsaTestCertSpec *spec) G_GNUC_WARN_UNUSED_RESULT;
void         msa_test_cert_free    (MsaTestCert *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestPki, msa_test_pki_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestCert, msa_test_cert_free)

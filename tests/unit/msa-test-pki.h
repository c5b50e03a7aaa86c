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
  MSA_TEST_JUST_EXPIRED,  /* since an hour */
  MSA_TEST_NOT_YET_VALID, /* for a day */
  MSA_TEST_JUST_VALID,    /* since an hour, for another one */
} MsaTestValidity;

typedef enum
{
  MSA_TEST_P256,
  MSA_TEST_P384,
  MSA_TEST_ED25519,
  MSA_TEST_RSA_2048,
  MSA_TEST_RSA_PSS,  /* of 2048 bits, and for this way to sign alone */
  MSA_TEST_RSA_1024, /* too weak */
} MsaTestKey;

typedef enum
{
  MSA_TEST_SHA256,
  MSA_TEST_SHA1, /* too weak */
  MSA_TEST_MD5,  /* the same */
} MsaTestDigest;

/* What a certificate is to say. All that is left out is absent from it. */
typedef struct
{
  const char     *common_name;
  const char     *second_common_name;
  const char     *dns[5];           /* alternative names, up to the first NULL */
  guint           n_other_dns;      /* as many more, before them */
  const char     *ip[3];            /* the same; as text */
  const char     *email;            /* an alternative name that is no host's */
  const char     *uri;              /* the same */
  const char     *dns_with_nul;     /* written with a '|', which becomes a NUL byte */
  const char     *cn_with_nul;      /* the same */
  const char     *ip_with_mask;     /* an address of IPv4 and four bytes more */
  gboolean        empty_san;        /* the extension, with no name in it */
  MsaTestValidity validity;
  gboolean        self_signed;      /* by its own key instead of the authority's */
  const char     *purpose;          /* an OID; by default TLS servers */
  const char     *second_purpose;
  gboolean        no_purpose;
  gboolean        no_key_usage;
  gboolean        only_cert_sign;   /* may not sign handshakes */
  gboolean        is_authority;
  gboolean        weak_key;         /* RSA of 1024 bits instead of P-256 */
  MsaTestKey      key;
  MsaTestDigest   digest;           /* of its signature */
  gboolean        broken_signature;
  gboolean        unknown_critical; /* with a critical extension that nobody knows */
  gboolean        must_staple;
} MsaTestCertSpec;

/* An authority. By default an honest one. */
typedef struct
{
  const char     *name;             /* by default one that no other has */
  MsaTestValidity validity;
  gboolean        not_authority;    /* it says that it is none */
  gboolean        no_constraints;   /* it does not say that it is one */
  gboolean        no_cert_sign;     /* its key may not sign certificates */
  guint           max_depth;        /* 0: any; else one more than authorities that may be below */
  const char     *permitted_dns;
  const char     *excluded_dns;
  const char     *permitted_ip;     /* in CIDR notation */
  const char     *purpose;          /* an OID */
  MsaTestKey      key;
  MsaTestDigest   digest;
  gboolean        unknown_critical;
  gboolean        is_version_1;     /* X.509 of 1988, without extensions */
} MsaTestAuthoritySpec;

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
/* @issuer NULL: a root. */
MsaTestPki  *msa_test_pki_new_full (MsaTestPki *issuer,
                                    const MsaTestAuthoritySpec *spec) G_GNUC_WARN_UNUSED_RESULT;
/* The same name and key as @self, certified by @issuer. */
MsaTestPki  *msa_test_pki_new_cross (MsaTestPki *self,
                                     MsaTestPki *issuer) G_GNUC_WARN_UNUSED_RESULT;
/* A root that gives itself the name and the key identifier of @self; its key is another one. */
MsaTestPki  *msa_test_pki_new_twin (MsaTestPki *self) G_GNUC_WARN_UNUSED_RESULT;
void         msa_test_pki_free     (MsaTestPki *self);
/* The root's certificate. */
const char  *msa_test_pki_ca_pem   (MsaTestPki *self);
/* Its own. */
char        *msa_test_pki_own_pem  (MsaTestPki *self) G_GNUC_WARN_UNUSED_RESULT;
MsaTestCert *msa_test_pki_issue    (MsaTestPki *self,
                                    const MsaTestCertSpec *spec) G_GNUC_WARN_UNUSED_RESULT;
void         msa_test_cert_free    (MsaTestCert *self);
/* The same key in PEM, locked by a password. */
char        *msa_test_key_lock     (const char *key_pem,
                                    const char *password) G_GNUC_WARN_UNUSED_RESULT;
/* "sha256//…" of the first certificate in @pem. */
char        *msa_test_pin_new      (const char *pem) G_GNUC_WARN_UNUSED_RESULT;

typedef enum
{
  MSA_TEST_STATUS_GOOD,
  MSA_TEST_STATUS_REVOKED,
  MSA_TEST_STATUS_UNKNOWN,
} MsaTestStatus;

/* An OCSP response about @cert, which @issuer has issued; signed by @signer, whose certificate is in it if neither
 * @issuer nor a root. Its time has come, or is over. */
GBytes      *msa_test_ocsp_new     (MsaTestPki *issuer,
                                    MsaTestPki *signer,
                                    const MsaTestCert *cert,
                                    MsaTestStatus status,
                                    MsaTestValidity validity) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestPki, msa_test_pki_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestCert, msa_test_cert_free)

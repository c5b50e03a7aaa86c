/* msa-test-token.h: a PKCS#11 token without a card
 *
 * The module is loaded twice: by the test, which fills the token, and by p11-kit for GnuTLS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MSA_TEST_TOKEN_LABEL "Test Token"
#define MSA_TEST_TOKEN_PIN "1234"
#define MSA_TEST_TOKEN_TRIES 3

typedef struct
{
  guint n_logins; /* tried */
  guint n_wrong;  /* in a row: at three it is locked */
  guint n_signed;
} MsaTestTokenState;

/* The symbol of the module: what is on it from now on, a P-256 key and its certificate, both in PEM and
 * labelled "me". */
#define MSA_TEST_TOKEN_FILL "msa_test_token_fill"
typedef MsaTestTokenState *(*MsaTestTokenFill) (const char *cert_pem,
                                                const char *key_pem);

MsaTestTokenState *msa_test_token_fill (const char *cert_pem,
                                        const char *key_pem);

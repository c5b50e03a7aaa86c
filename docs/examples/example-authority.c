/* example-authority.c: a certificate authority for a server of examples
 *
 * Two certificates with P-256 keys, made on the spot: the authority's, and one for localhost,
 * 127.0.0.1 and ::1 that it signs. The authority's key is forgotten at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "example-authority.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

static void
check (int result)
{
  if (result >= 0)
    return;

  g_printerr ("Cannot make certificates: %s\n", gnutls_strerror (result));
  exit (1);
}

static gnutls_x509_privkey_t
make_key (void)
{
  gnutls_x509_privkey_t key;

  check (gnutls_x509_privkey_init (&key));
  check (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                       GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0));
  return key;
}

/* What both certificates have. */
static gnutls_x509_crt_t
make_certificate (gnutls_x509_privkey_t key,
                  const char *name,
                  unsigned int is_authority)
{
  gnutls_x509_crt_t certificate;
  guint8 serial[16];
  guint8 id[64];
  size_t id_len = sizeof (id);
  time_t now = time (NULL);

  check (gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof (serial)));
  serial[0] &= 0x7f;

  check (gnutls_x509_crt_init (&certificate));
  check (gnutls_x509_crt_set_version (certificate, 3));
  check (gnutls_x509_crt_set_serial (certificate, serial, sizeof (serial)));
  check (gnutls_x509_crt_set_activation_time (certificate, now - HOUR_S));
  check (gnutls_x509_crt_set_expiration_time (certificate, now + DAY_S));
  check (gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                        (unsigned int) strlen (name)));
  check (gnutls_x509_crt_set_key (certificate, key));
  check (gnutls_x509_crt_get_key_id (certificate, 0, id, &id_len));
  check (gnutls_x509_crt_set_subject_key_id (certificate, id, id_len));
  check (gnutls_x509_crt_set_basic_constraints (certificate, is_authority, is_authority ? 0 : -1));
  check (gnutls_x509_crt_set_key_usage (certificate, is_authority ? GNUTLS_KEY_KEY_CERT_SIGN
                                                                  : GNUTLS_KEY_DIGITAL_SIGNATURE));
  return certificate;
}

static void
add_name (gnutls_x509_crt_t certificate,
          gnutls_x509_subject_alt_name_t type,
          const void *data,
          size_t len)
{
  check (gnutls_x509_crt_set_subject_alt_name (certificate, type, data, (unsigned int) len,
                                               GNUTLS_FSAN_APPEND));
}

static gnutls_x509_crt_t
make_server_certificate (gnutls_x509_privkey_t key)
{
  static const guint8 loopback4[4] = { 127, 0, 0, 1 };
  static const guint8 loopback6[16] = { [15] = 1 };
  gnutls_x509_crt_t certificate = make_certificate (key, "localhost", FALSE);

  add_name (certificate, GNUTLS_SAN_DNSNAME, "localhost", strlen ("localhost"));
  add_name (certificate, GNUTLS_SAN_IPADDRESS, loopback4, sizeof (loopback4));
  add_name (certificate, GNUTLS_SAN_IPADDRESS, loopback6, sizeof (loopback6));
  check (gnutls_x509_crt_set_key_purpose_oid (certificate, GNUTLS_KP_TLS_WWW_SERVER, FALSE));
  return certificate;
}

static void
write_pem (gnutls_x509_crt_t certificate,
           int file)
{
  gnutls_datum_t pem;

  check (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem));
  if (write (file, pem.data, pem.size) != (ssize_t) pem.size)
    {
      g_printerr ("Cannot write the certificate: %s\n", g_strerror (errno));
      exit (1);
    }
  gnutls_free (pem.data);
}

gnutls_certificate_credentials_t
example_authority_issue (int ca_file)
{
  gnutls_x509_privkey_t authority_key = make_key ();
  gnutls_x509_privkey_t key = make_key ();
  gnutls_x509_crt_t authority = make_certificate (authority_key, "Authority of the examples", TRUE);
  gnutls_x509_crt_t certificate = make_server_certificate (key);
  gnutls_certificate_credentials_t credentials;

  check (gnutls_x509_crt_sign2 (authority, authority, authority_key, GNUTLS_DIG_SHA256, 0));
  check (gnutls_x509_crt_sign2 (certificate, authority, authority_key, GNUTLS_DIG_SHA256, 0));
  write_pem (authority, ca_file);

  check (gnutls_certificate_allocate_credentials (&credentials));
  check (gnutls_certificate_set_x509_key (credentials, &certificate, 1, key));

  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_crt_deinit (authority);
  gnutls_x509_privkey_deinit (key);
  gnutls_x509_privkey_deinit (authority_key);
  return credentials;
}

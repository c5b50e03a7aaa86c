/* msa-fault-gnutls.c: the calls of GnuTLS that may fail, and what their manual says they fail with
 *
 * Linked with --wrap for each name of fault-gnutls.list that has no excuse there: what is called in
 * the library comes here first. What the simulation's peers call in their events goes straight on.
 * A name without a wrapper does not link, nor does a wrapper without a name; that the list is
 * complete is a test of its own. AGAIN means that the transport said so: it is failed there, by
 * the calls behind MsaSys.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-fault-gnutls.h"

#include "model/msa-error.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/ocsp.h>
#include <gnutls/pkcs11.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

/* Those that give no code: NULL, or FALSE. */
#define NOTHING 1

static MsaSim *current; /* (unowned) (nullable): whose library's calls are counted */
static GHashTable *counts; /* (owned): name to calls */
static const char *failing; /* (unowned) (nullable): the door that fails */
static guint failing_at;
static int failing_code;
static GHashTable *dead_for_recv; /* (owned): sessions */
static GHashTable *dead_for_send; /* (owned): the same */

/* TRUE: the call of @name fails, with @code. */
static gboolean
strike (const char *name,
        int *code)
{
  guint n;

  if (current == NULL || msa_sim_is_happening (current))
    return FALSE;

  n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, name)) + 1;
  g_hash_table_insert (counts, (gpointer) name, GUINT_TO_POINTER (n));
  *code = failing_code;

  return g_strcmp0 (failing, name) == 0 && n == failing_at;
}

/* A session that failed is of no more use: not in the direction that failed, nor at all if it was
 * the handshake. */
static void
check_alive (const char *name,
             GHashTable *dead,
             gnutls_session_t session)
{
  if (current != NULL && !msa_sim_is_happening (current) && g_hash_table_contains (dead, session))
    g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, name, "called again after a failure");
}

#define WRAP(Type, name, parameters, arguments, failure) \
  Type __real_##name parameters; \
  Type __wrap_##name parameters; \
\
  Type __wrap_##name parameters \
  { \
    int code; \
\
    return strike (#name, &code) ? (failure) : __real_##name arguments; \
  }
#define WRAP_CODE(Type, name, parameters, arguments) \
  WRAP (Type, name, parameters, arguments, code)
#define WRAP_NOTHING(Type, name, parameters, arguments) \
  WRAP (Type, name, parameters, arguments, 0)

#define STRIKE_SESSION(name, arguments, for_recv, for_send) \
  int code; \
\
  if (for_recv) \
    check_alive (#name, dead_for_recv, session); \
  if (for_send) \
    check_alive (#name, dead_for_send, session); \
  if (!strike (#name, &code)) \
    return __real_##name arguments; \
  if (for_recv && gnutls_error_is_fatal (code) != 0) \
    g_hash_table_add (dead_for_recv, session); \
  if (for_send && gnutls_error_is_fatal (code) != 0) \
    g_hash_table_add (dead_for_send, session); \
  return code

int __real_gnutls_init (gnutls_session_t *session, unsigned int flags);
int __wrap_gnutls_init (gnutls_session_t *session, unsigned int flags);
int __real_gnutls_handshake (gnutls_session_t session);
int __wrap_gnutls_handshake (gnutls_session_t session);
ssize_t __real_gnutls_record_recv (gnutls_session_t session, void *data, size_t size);
ssize_t __wrap_gnutls_record_recv (gnutls_session_t session, void *data, size_t size);
ssize_t __real_gnutls_record_send (gnutls_session_t session, const void *data, size_t size);
ssize_t __wrap_gnutls_record_send (gnutls_session_t session, const void *data, size_t size);

int
__wrap_gnutls_init (gnutls_session_t *session,
                    unsigned int flags)
{
  int code;

  if (strike ("gnutls_init", &code))
    return code;

  code = __real_gnutls_init (session, flags);
  /* It may have the address of one that is gone. */
  if (code >= 0 && dead_for_recv != NULL)
    {
      g_hash_table_remove (dead_for_recv, *session);
      g_hash_table_remove (dead_for_send, *session);
    }

  return code;
}

int
__wrap_gnutls_handshake (gnutls_session_t session)
{
  STRIKE_SESSION (gnutls_handshake, (session), TRUE, TRUE);
}

ssize_t
__wrap_gnutls_record_recv (gnutls_session_t session,
                           void *data,
                           size_t size)
{
  STRIKE_SESSION (gnutls_record_recv, (session, data, size), TRUE, FALSE);
}

ssize_t
__wrap_gnutls_record_send (gnutls_session_t session,
                           const void *data,
                           size_t size)
{
  STRIKE_SESSION (gnutls_record_send, (session, data, size), FALSE, TRUE);
}

/* clang-format off */

WRAP_CODE (int, gnutls_alert_send,
  (gnutls_session_t session, gnutls_alert_level_t level, gnutls_alert_description_t desc),
  (session, level, desc))
WRAP_CODE (int, gnutls_alert_send_appropriate,
  (gnutls_session_t session, int err),
  (session, err))
WRAP_CODE (int, gnutls_alpn_get_selected_protocol,
  (gnutls_session_t session, gnutls_datum_t *protocol),
  (session, protocol))
WRAP_CODE (int, gnutls_alpn_set_protocols,
  (gnutls_session_t session, const gnutls_datum_t *protocols, unsigned protocols_size, unsigned
   flags),
  (session, protocols, protocols_size, flags))
WRAP_CODE (int, gnutls_bye,
  (gnutls_session_t session, gnutls_close_request_t how),
  (session, how))
WRAP_CODE (int, gnutls_certificate_allocate_credentials,
  (gnutls_certificate_credentials_t *res),
  (res))
WRAP_NOTHING (const gnutls_datum_t *, gnutls_certificate_get_peers,
  (gnutls_session_t session, unsigned int *list_size),
  (session, list_size))
WRAP_CODE (int, gnutls_certificate_set_key,
  (gnutls_certificate_credentials_t res, const char **names, int names_size, gnutls_pcert_st
   *pcert_list, int pcert_list_size, gnutls_privkey_t key),
  (res, names, names_size, pcert_list, pcert_list_size, key))
WRAP_CODE (int, gnutls_certificate_set_x509_system_trust,
  (gnutls_certificate_credentials_t cred),
  (cred))
WRAP_CODE (int, gnutls_certificate_set_x509_trust_mem,
  (gnutls_certificate_credentials_t res, const gnutls_datum_t *ca, gnutls_x509_crt_fmt_t type),
  (res, ca, type))
WRAP_CODE (int, gnutls_certificate_verify_peers,
  (gnutls_session_t session, gnutls_typed_vdata_st *data, unsigned int elements, unsigned int
   *status),
  (session, data, elements, status))
WRAP_CODE (int, gnutls_credentials_get,
  (gnutls_session_t session, gnutls_credentials_type_t type, void **cred),
  (session, type, cred))
WRAP_CODE (int, gnutls_credentials_set,
  (gnutls_session_t session, gnutls_credentials_type_t type, void *cred),
  (session, type, cred))
WRAP_CODE (int, gnutls_ocsp_resp_get_single,
  (gnutls_ocsp_resp_const_t resp, unsigned indx, gnutls_digest_algorithm_t *digest,
   gnutls_datum_t *issuer_name_hash, gnutls_datum_t *issuer_key_hash, gnutls_datum_t
   *serial_number, unsigned int *cert_status, time_t *this_update, time_t *next_update, time_t
   *revocation_time, unsigned int *revocation_reason),
  (resp, indx, digest, issuer_name_hash, issuer_key_hash, serial_number, cert_status,
   this_update, next_update, revocation_time, revocation_reason))
WRAP_CODE (int, gnutls_ocsp_resp_get_status,
  (gnutls_ocsp_resp_const_t resp),
  (resp))
WRAP_CODE (int, gnutls_ocsp_resp_import,
  (gnutls_ocsp_resp_t resp, const gnutls_datum_t *data),
  (resp, data))
WRAP_CODE (int, gnutls_ocsp_resp_init,
  (gnutls_ocsp_resp_t *resp),
  (resp))
WRAP_CODE (int, gnutls_ocsp_resp_verify_direct,
  (gnutls_ocsp_resp_const_t resp, gnutls_x509_crt_t issuer, unsigned int *verify, unsigned int
   flags),
  (resp, issuer, verify, flags))
WRAP_CODE (int, gnutls_ocsp_status_request_get2,
  (gnutls_session_t session, unsigned idx, gnutls_datum_t *response),
  (session, idx, response))
WRAP_CODE (int, gnutls_pcert_import_x509,
  (gnutls_pcert_st *pcert, gnutls_x509_crt_t crt, unsigned int flags),
  (pcert, crt, flags))
WRAP_CODE (int, gnutls_priority_init2,
  (gnutls_priority_t *priority_cache, const char *priorities, const char **err_pos, unsigned
   flags),
  (priority_cache, priorities, err_pos, flags))
WRAP_CODE (int, gnutls_priority_set,
  (gnutls_session_t session, gnutls_priority_t priority),
  (session, priority))
WRAP_CODE (int, gnutls_privkey_import_url,
  (gnutls_privkey_t key, const char *url, unsigned int flags),
  (key, url, flags))
WRAP_CODE (int, gnutls_privkey_import_x509_raw,
  (gnutls_privkey_t pkey, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format, const char
   *password, unsigned int flags),
  (pkey, data, format, password, flags))
WRAP_CODE (int, gnutls_privkey_init,
  (gnutls_privkey_t *key),
  (key))
WRAP_CODE (int, gnutls_pubkey_get_key_id,
  (gnutls_pubkey_t key, unsigned int flags, unsigned char *output_data, size_t
   *output_data_size),
  (key, flags, output_data, output_data_size))
WRAP_CODE (int, gnutls_pubkey_import,
  (gnutls_pubkey_t key, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format),
  (key, data, format))
WRAP_CODE (int, gnutls_pubkey_init,
  (gnutls_pubkey_t *key),
  (key))
WRAP_CODE (int, gnutls_server_name_set,
  (gnutls_session_t session, gnutls_server_name_type_t type, const void *name, size_t
   name_length),
  (session, type, name, name_length))
WRAP_CODE (int, gnutls_session_get_data2,
  (gnutls_session_t session, gnutls_datum_t *data),
  (session, data))
WRAP_NOTHING (char *, gnutls_session_get_desc,
  (gnutls_session_t session),
  (session))
WRAP_CODE (int, gnutls_session_get_id2,
  (gnutls_session_t session, gnutls_datum_t *session_id),
  (session, session_id))
WRAP_CODE (int, gnutls_session_set_data,
  (gnutls_session_t session, const void *session_data, size_t session_data_size),
  (session, session_data, session_data_size))
WRAP_CODE (int, gnutls_subject_alt_names_get,
  (gnutls_subject_alt_names_t sans, unsigned int seq, unsigned int *san_type, gnutls_datum_t
   *san, gnutls_datum_t *othername_oid),
  (sans, seq, san_type, san, othername_oid))
WRAP_CODE (int, gnutls_subject_alt_names_init,
  (gnutls_subject_alt_names_t *arg0),
  (arg0))
WRAP_NOTHING (unsigned, gnutls_x509_crt_check_hostname2,
  (gnutls_x509_crt_t cert, const char *hostname, unsigned int flags),
  (cert, hostname, flags))
WRAP_NOTHING (unsigned, gnutls_x509_crt_check_ip,
  (gnutls_x509_crt_t cert, const unsigned char *ip, unsigned int ip_size, unsigned int flags),
  (cert, ip, ip_size, flags))
WRAP_NOTHING (unsigned, gnutls_x509_crt_check_issuer,
  (gnutls_x509_crt_t cert, gnutls_x509_crt_t issuer),
  (cert, issuer))
WRAP_CODE (int, gnutls_x509_crt_get_dn_by_oid,
  (gnutls_x509_crt_t cert, const char *oid, unsigned indx, unsigned int raw_flag, void *buf,
   size_t *buf_size),
  (cert, oid, indx, raw_flag, buf, buf_size))
WRAP_CODE (time_t, gnutls_x509_crt_get_expiration_time,
  (gnutls_x509_crt_t cert),
  (cert))
WRAP_CODE (int, gnutls_x509_crt_get_extension_by_oid2,
  (gnutls_x509_crt_t cert, const char *oid, unsigned indx, gnutls_datum_t *output, unsigned int
   *critical),
  (cert, oid, indx, output, critical))
WRAP_CODE (int, gnutls_x509_crt_get_key_id,
  (gnutls_x509_crt_t crt, unsigned int flags, unsigned char *output_data, size_t
   *output_data_size),
  (crt, flags, output_data, output_data_size))
WRAP_CODE (int, gnutls_x509_crt_import,
  (gnutls_x509_crt_t cert, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format),
  (cert, data, format))
WRAP_CODE (int, gnutls_x509_crt_init,
  (gnutls_x509_crt_t *cert),
  (cert))
WRAP_CODE (int, gnutls_x509_crt_list_import2,
  (gnutls_x509_crt_t **certs, unsigned int *size, const gnutls_datum_t *data,
   gnutls_x509_crt_fmt_t format, unsigned int flags),
  (certs, size, data, format, flags))
WRAP_CODE (int, gnutls_x509_crt_list_import_url,
  (gnutls_x509_crt_t **certs, unsigned int *size, const char *url, gnutls_pin_callback_t pin_fn,
   void *pin_fn_userdata, unsigned int flags),
  (certs, size, url, pin_fn, pin_fn_userdata, flags))
WRAP_CODE (int, gnutls_x509_crt_verify,
  (gnutls_x509_crt_t cert, const gnutls_x509_crt_t *CA_list, unsigned CA_list_length, unsigned
   int flags, unsigned int *verify),
  (cert, CA_list, CA_list_length, flags, verify))
WRAP_CODE (int, gnutls_x509_ext_import_subject_alt_names,
  (const gnutls_datum_t *ext, gnutls_subject_alt_names_t arg1, unsigned int flags),
  (ext, arg1, flags))
WRAP_CODE (int, gnutls_x509_trust_list_get_issuer,
  (gnutls_x509_trust_list_t list, gnutls_x509_crt_t cert, gnutls_x509_crt_t *issuer, unsigned
   int flags),
  (list, cert, issuer, flags))

#define CODES(...) (const int[]) { __VA_ARGS__, 0 }

/* What a transfer may end with. */
#define SETUP CODES (MSA_ERROR_TLS_HANDSHAKE)
#define TRUST CODES (MSA_ERROR_TLS_TRUST)
#define VERIFY CODES (MSA_ERROR_TLS_VERIFY)
#define CERTIFICATE CODES (MSA_ERROR_TLS_VERIFY, MSA_ERROR_TLS_PIN, MSA_ERROR_TLS_TRUST)
#define CLIENT CODES (MSA_ERROR_TLS_CLIENT_CERTIFICATE, MSA_ERROR_TLS_PASSWORD)
#define RECEIVE CODES (MSA_ERROR_RECEIVE)
#define SEND CODES (MSA_ERROR_SEND)

static const MsaFaultDoor doors[] = {
  { "gnutls_alert_send",
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_PUSH_ERROR, GNUTLS_E_AGAIN,
      GNUTLS_E_INTERRUPTED) },
  { "gnutls_alert_send_appropriate",
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_PUSH_ERROR, GNUTLS_E_INVALID_REQUEST,
      GNUTLS_E_AGAIN, GNUTLS_E_INTERRUPTED) },
  { "gnutls_alpn_get_selected_protocol",
    .errors = CODES (GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) },
  { "gnutls_alpn_set_protocols",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_bye",
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_PUSH_ERROR,
      GNUTLS_E_INVALID_SESSION), .harmless = CODES (GNUTLS_E_AGAIN, GNUTLS_E_INTERRUPTED)
      },
  { "gnutls_certificate_allocate_credentials",
    .ends = TRUST,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_certificate_get_peers",
    .ends = VERIFY,
    .errors = CODES (NOTHING) },
  { "gnutls_certificate_set_key",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_CERTIFICATE_KEY_MISMATCH) },
  { "gnutls_certificate_set_x509_system_trust",
    .ends = TRUST,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_UNIMPLEMENTED_FEATURE) },
  { "gnutls_certificate_set_x509_trust_mem",
    .ends = TRUST,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_BASE64_DECODING_ERROR) },
  { "gnutls_certificate_verify_peers",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_INTERNAL_ERROR,
      GNUTLS_E_NO_CERTIFICATE_FOUND) },
  { "gnutls_credentials_get",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_INVALID_REQUEST) },
  { "gnutls_credentials_set",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_handshake",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_DECRYPTION_FAILED,
      GNUTLS_E_FATAL_ALERT_RECEIVED, GNUTLS_E_INTERNAL_ERROR,
      GNUTLS_E_PREMATURE_TERMINATION, GNUTLS_E_PULL_ERROR, GNUTLS_E_PUSH_ERROR,
      GNUTLS_E_UNEXPECTED_PACKET), .harmless = CODES (GNUTLS_E_INTERRUPTED,
      GNUTLS_E_WARNING_ALERT_RECEIVED) },
  { "gnutls_init",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_ocsp_resp_get_single",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_ocsp_resp_get_status",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_ocsp_resp_import",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_ocsp_resp_init",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_ocsp_resp_verify_direct",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_ocsp_status_request_get2",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) },
  { "gnutls_pcert_import_x509",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_priority_init2",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_INVALID_REQUEST) },
  { "gnutls_priority_set",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_privkey_import_url",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_PKCS11_ERROR) },
  { "gnutls_privkey_import_x509_raw",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR,
      GNUTLS_E_DECRYPTION_FAILED) },
  { "gnutls_privkey_init",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_pubkey_get_key_id",
    .ends = TRUST,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_pubkey_import",
    .ends = TRUST,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_pubkey_init",
    .ends = TRUST,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_record_recv",
    .ends = RECEIVE,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_DECRYPTION_FAILED,
      GNUTLS_E_FATAL_ALERT_RECEIVED, GNUTLS_E_INVALID_SESSION,
      GNUTLS_E_PREMATURE_TERMINATION, GNUTLS_E_PULL_ERROR,
      GNUTLS_E_UNEXPECTED_PACKET_LENGTH), .harmless = CODES (GNUTLS_E_INTERRUPTED,
      GNUTLS_E_WARNING_ALERT_RECEIVED) },
  { "gnutls_record_send",
    .ends = SEND,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_INVALID_SESSION,
      GNUTLS_E_PUSH_ERROR), .harmless = CODES (GNUTLS_E_INTERRUPTED) },
  { "gnutls_server_name_set",
    .ends = SETUP,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_session_get_data2",
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_INVALID_REQUEST) },
  { "gnutls_session_get_desc",
    .errors = CODES (NOTHING) },
  { "gnutls_session_get_id2",
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_session_set_data",
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_DB_ERROR) },
  { "gnutls_subject_alt_names_get",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_subject_alt_names_init",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_x509_crt_check_hostname2",
    .ends = VERIFY,
    .errors = CODES (NOTHING) },
  { "gnutls_x509_crt_check_ip",
    .ends = VERIFY,
    .errors = CODES (NOTHING) },
  { "gnutls_x509_crt_check_issuer",
    .ends = VERIFY,
    .errors = CODES (NOTHING) },
  { "gnutls_x509_crt_get_dn_by_oid",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) },
  { "gnutls_x509_crt_get_expiration_time",
    .errors = CODES (GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_x509_crt_get_extension_by_oid2",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_x509_crt_get_key_id",
    .ends = CERTIFICATE,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_x509_crt_import",
    .ends = CERTIFICATE,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_x509_crt_init",
    .ends = CERTIFICATE,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR) },
  { "gnutls_x509_crt_list_import2",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_BASE64_DECODING_ERROR) },
  { "gnutls_x509_crt_list_import_url",
    .ends = CLIENT,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_PKCS11_ERROR) },
  { "gnutls_x509_crt_verify",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_x509_ext_import_subject_alt_names",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_ASN1_DER_ERROR) },
  { "gnutls_x509_trust_list_get_issuer",
    .ends = VERIFY,
    .errors = CODES (GNUTLS_E_MEMORY_ERROR, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) },
  { .name = NULL },
};
/* clang-format on */

static void
arm (MsaSim *sim)
{
  g_clear_pointer (&counts, g_hash_table_unref);
  g_clear_pointer (&dead_for_recv, g_hash_table_unref);
  g_clear_pointer (&dead_for_send, g_hash_table_unref);
  dead_for_recv = g_hash_table_new (NULL, NULL);
  dead_for_send = g_hash_table_new (NULL, NULL);
  counts = g_hash_table_new (g_str_hash, g_str_equal);
  failing = NULL;
  current = sim;
}

static void
fail (MsaSim *sim,
      const char *door,
      guint nth,
      int code)
{
  failing = door;
  failing_at = nth;
  failing_code = code;
}

static void
disarm (MsaSim *sim)
{
  current = NULL;
}

static guint
count (MsaSim *sim,
       const char *door)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (counts, door));
}

const MsaFaultKind msa_fault_gnutls = {
  .doors = doors,
  .where = "/msa/fault-sweep/gnutls",
  .arm = arm,
  .fail = fail,
  .disarm = disarm,
  .count = count,
};

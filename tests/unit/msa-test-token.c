/* msa-test-token.c: a PKCS#11 token without a card
 *
 * One slot, one token, a certificate and a private key that shows after login only. What
 * GnuTLS does not call is not supported.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-token.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <p11-kit/pkcs11.h>
#include <string.h>

#define EXPORT __attribute__ ((visibility ("default")))
#define SLOT 1
#define SESSION 7
#define COORDINATE_BYTES 32

typedef enum
{
  OBJECT_CERTIFICATE = 1,
  OBJECT_KEY,
} Object;

typedef struct
{
  CK_ATTRIBUTE_TYPE type;
  GBytes           *value; /* (owned) */
} Attribute;

static MsaTestTokenState state;
static GArray *objects[OBJECT_KEY + 1]; /* of Attribute */
static gnutls_privkey_t key;
static guint n_sessions;
static gboolean logged_in;
static GQueue found = G_QUEUE_INIT; /* of Object */

/* --- filling --- */

static void
attribute_clear (gpointer data)
{
  g_bytes_unref (((Attribute *) data)->value);
}

static void
add (Object object,
     CK_ATTRIBUTE_TYPE type,
     gconstpointer data,
     gsize len)
{
  Attribute attribute = { type, g_bytes_new (data, len) };

  if (objects[object] == NULL)
    {
      objects[object] = g_array_new (FALSE, FALSE, sizeof (Attribute));
      g_array_set_clear_func (objects[object], attribute_clear);
    }
  g_array_append_val (objects[object], attribute);
}

static void
add_number (Object object,
            CK_ATTRIBUTE_TYPE type,
            CK_ULONG number)
{
  add (object, type, &number, sizeof (number));
}

static void
add_flag (Object object,
          CK_ATTRIBUTE_TYPE type,
          CK_BBOOL flag)
{
  add (object, type, &flag, sizeof (flag));
}

static void
add_common (Object object,
            CK_OBJECT_CLASS klass,
            CK_BBOOL is_private)
{
  add_number (object, CKA_CLASS, klass);
  add_flag (object, CKA_TOKEN, CK_TRUE);
  add_flag (object, CKA_PRIVATE, is_private);
  add (object, CKA_LABEL, "me", 2);
  add (object, CKA_ID, "\1\2", 2);
}

static void
add_certificate (const char *pem)
{
  gnutls_datum_t text = { (guchar *) pem, (guint) strlen (pem) };
  gnutls_datum_t der, name;
  gnutls_x509_crt_t crt;

  gnutls_x509_crt_init (&crt);
  g_assert_cmpint (gnutls_x509_crt_import (crt, &text, GNUTLS_X509_FMT_PEM), ==, 0);
  add_common (OBJECT_CERTIFICATE, CKO_CERTIFICATE, CK_FALSE);
  add_number (OBJECT_CERTIFICATE, CKA_CERTIFICATE_TYPE, CKC_X_509);
  g_assert_cmpint (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
  add (OBJECT_CERTIFICATE, CKA_VALUE, der.data, der.size);
  gnutls_free (der.data);
  g_assert_cmpint (gnutls_x509_crt_get_raw_dn (crt, &name), ==, 0);
  add (OBJECT_CERTIFICATE, CKA_SUBJECT, name.data, name.size);
  gnutls_free (name.data);
  gnutls_x509_crt_deinit (crt);
}

static void
add_key (const char *pem)
{
  static const guint8 p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
  gnutls_datum_t text = { (guchar *) pem, (guint) strlen (pem) };

  gnutls_privkey_init (&key);
  g_assert_cmpint (gnutls_privkey_import_x509_raw (key, &text, GNUTLS_X509_FMT_PEM, NULL, 0), ==,
                   0);
  add_common (OBJECT_KEY, CKO_PRIVATE_KEY, CK_TRUE);
  add_number (OBJECT_KEY, CKA_KEY_TYPE, CKK_ECDSA);
  add_flag (OBJECT_KEY, CKA_SIGN, CK_TRUE);
  add_flag (OBJECT_KEY, CKA_ALWAYS_AUTHENTICATE, CK_FALSE);
  add (OBJECT_KEY, CKA_EC_PARAMS, p256, sizeof (p256));
}

EXPORT MsaTestTokenState *
msa_test_token_fill (const char *cert_pem,
                     const char *key_pem)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (objects); i++)
    g_clear_pointer (&objects[i], g_array_unref);
  g_clear_pointer (&key, gnutls_privkey_deinit);
  logged_in = FALSE;
  state = (MsaTestTokenState) { 0 };

  if (cert_pem != NULL)
    add_certificate (cert_pem);
  if (key_pem != NULL)
    add_key (key_pem);
  return &state;
}

/* --- what p11-kit and GnuTLS call --- */

/* Texts of PKCS#11 are filled up with spaces. */
static void
set_text (CK_UTF8CHAR *field,
          gsize size,
          const char *text)
{
  memset (field, ' ', size);
  memcpy (field, text, strlen (text));
}

static CK_RV
initialize (void *args)
{
  return CKR_OK;
}

static CK_RV
finalize (void *args)
{
  return CKR_OK;
}

static CK_RV
get_info (CK_INFO *info)
{
  memset (info, 0, sizeof (*info));
  info->cryptokiVersion.major = 2;
  info->cryptokiVersion.minor = 20;
  set_text (info->manufacturerID, sizeof (info->manufacturerID), "msa");
  set_text (info->libraryDescription, sizeof (info->libraryDescription), "test token");
  return CKR_OK;
}

static CK_RV
get_slot_list (CK_BBOOL with_token,
               CK_SLOT_ID *list,
               CK_ULONG *count)
{
  if (list != NULL && *count < 1)
    return CKR_BUFFER_TOO_SMALL;
  if (list != NULL)
    list[0] = SLOT;
  *count = 1;
  return CKR_OK;
}

static CK_RV
get_slot_info (CK_SLOT_ID slot,
               CK_SLOT_INFO *info)
{
  memset (info, 0, sizeof (*info));
  set_text (info->slotDescription, sizeof (info->slotDescription), "slot");
  set_text (info->manufacturerID, sizeof (info->manufacturerID), "msa");
  info->flags = CKF_TOKEN_PRESENT;
  return CKR_OK;
}

static CK_RV
get_token_info (CK_SLOT_ID slot,
                CK_TOKEN_INFO *info)
{
  memset (info, 0, sizeof (*info));
  set_text (info->label, sizeof (info->label), MSA_TEST_TOKEN_LABEL);
  set_text (info->manufacturerID, sizeof (info->manufacturerID), "msa");
  set_text (info->model, sizeof (info->model), "1");
  set_text (info->serialNumber, sizeof (info->serialNumber), "1");
  info->flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;
  if (state.n_wrong > 0)
    info->flags |= CKF_USER_PIN_COUNT_LOW;
  if (state.n_wrong == MSA_TEST_TOKEN_TRIES - 1)
    info->flags |= CKF_USER_PIN_FINAL_TRY;
  if (state.n_wrong >= MSA_TEST_TOKEN_TRIES)
    info->flags |= CKF_USER_PIN_LOCKED;
  info->ulMaxPinLen = 8;
  info->ulMinPinLen = 4;
  return CKR_OK;
}

static CK_RV
get_mechanism_list (CK_SLOT_ID slot,
                    CK_MECHANISM_TYPE *list,
                    CK_ULONG *count)
{
  if (list != NULL && *count < 1)
    return CKR_BUFFER_TOO_SMALL;
  if (list != NULL)
    list[0] = CKM_ECDSA;
  *count = 1;
  return CKR_OK;
}

static CK_RV
get_mechanism_info (CK_SLOT_ID slot,
                    CK_MECHANISM_TYPE type,
                    CK_MECHANISM_INFO *info)
{
  if (type != CKM_ECDSA)
    return CKR_MECHANISM_INVALID;
  *info = (CK_MECHANISM_INFO) { 256, 256, CKF_SIGN };
  return CKR_OK;
}

static CK_RV
open_session (CK_SLOT_ID slot,
              CK_FLAGS flags,
              void *application,
              CK_NOTIFY notify,
              CK_SESSION_HANDLE *session)
{
  n_sessions++;
  *session = SESSION;
  return CKR_OK;
}

/* With its last session a token forgets who logged in. */
static CK_RV
close_session (CK_SESSION_HANDLE session)
{
  if (n_sessions > 0 && --n_sessions == 0)
    logged_in = FALSE;
  return CKR_OK;
}

static CK_RV
close_all_sessions (CK_SLOT_ID slot)
{
  n_sessions = 0;
  logged_in = FALSE;
  return CKR_OK;
}

static CK_RV
get_session_info (CK_SESSION_HANDLE session,
                  CK_SESSION_INFO *info)
{
  *info = (CK_SESSION_INFO) {
    .slotID = SLOT,
    .state = logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION,
    .flags = CKF_SERIAL_SESSION,
  };
  return CKR_OK;
}

static CK_RV
login (CK_SESSION_HANDLE session,
       CK_USER_TYPE user,
       CK_UTF8CHAR *pin,
       CK_ULONG len)
{
  if (logged_in)
    return CKR_USER_ALREADY_LOGGED_IN;
  if (state.n_wrong >= MSA_TEST_TOKEN_TRIES)
    return CKR_PIN_LOCKED;

  state.n_logins++;
  if (len != strlen (MSA_TEST_TOKEN_PIN) || memcmp (pin, MSA_TEST_TOKEN_PIN, len) != 0)
    {
      state.n_wrong++;
      return CKR_PIN_INCORRECT;
    }
  state.n_wrong = 0;
  logged_in = TRUE;
  return CKR_OK;
}

static CK_RV
logout (CK_SESSION_HANDLE session)
{
  logged_in = FALSE;
  return CKR_OK;
}

static GBytes *
get_value (Object object,
           CK_ATTRIBUTE_TYPE type)
{
  guint i;

  for (i = 0; objects[object] != NULL && i < objects[object]->len; i++)
    if (g_array_index (objects[object], Attribute, i).type == type)
      return g_array_index (objects[object], Attribute, i).value;
  return NULL;
}

static gboolean
matches (Object object,
         const CK_ATTRIBUTE *pattern,
         CK_ULONG count)
{
  CK_ULONG i;

  if (objects[object] == NULL || (object == OBJECT_KEY && !logged_in))
    return FALSE;

  for (i = 0; i < count; i++)
    {
      GBytes *value = get_value (object, pattern[i].type);

      if (value == NULL || g_bytes_get_size (value) != pattern[i].ulValueLen ||
          memcmp (g_bytes_get_data (value, NULL), pattern[i].pValue, pattern[i].ulValueLen) != 0)
        return FALSE;
    }
  return TRUE;
}

static CK_RV
find_objects_init (CK_SESSION_HANDLE session,
                   CK_ATTRIBUTE *pattern,
                   CK_ULONG count)
{
  guint i;

  g_queue_clear (&found);
  for (i = OBJECT_CERTIFICATE; i <= OBJECT_KEY; i++)
    if (matches ((Object) i, pattern, count))
      g_queue_push_tail (&found, GUINT_TO_POINTER (i));
  return CKR_OK;
}

static CK_RV
find_objects (CK_SESSION_HANDLE session,
              CK_OBJECT_HANDLE *list,
              CK_ULONG max,
              CK_ULONG *count)
{
  *count = 0;
  while (*count < max && found.length > 0)
    list[(*count)++] = GPOINTER_TO_UINT (g_queue_pop_head (&found));
  return CKR_OK;
}

static CK_RV
find_objects_final (CK_SESSION_HANDLE session)
{
  g_queue_clear (&found);
  return CKR_OK;
}

static CK_RV
get_attribute_value (CK_SESSION_HANDLE session,
                     CK_OBJECT_HANDLE object,
                     CK_ATTRIBUTE *attributes,
                     CK_ULONG count)
{
  CK_RV result = CKR_OK;
  CK_ULONG i;

  for (i = 0; i < count; i++)
    {
      GBytes *value = get_value ((Object) object, attributes[i].type);
      gsize len = value != NULL ? g_bytes_get_size (value) : 0;
      gsize room = attributes[i].ulValueLen;

      attributes[i].ulValueLen = value != NULL ? len : (CK_ULONG) -1;
      if (value == NULL)
        result = CKR_ATTRIBUTE_TYPE_INVALID;
      else if (attributes[i].pValue != NULL && room < len)
        result = CKR_BUFFER_TOO_SMALL;
      else if (attributes[i].pValue != NULL)
        memcpy (attributes[i].pValue, g_bytes_get_data (value, NULL), len);
    }
  return result;
}

static CK_RV
sign_init (CK_SESSION_HANDLE session,
           CK_MECHANISM *mechanism,
           CK_OBJECT_HANDLE object)
{
  if (!logged_in)
    return CKR_USER_NOT_LOGGED_IN;
  return mechanism->mechanism == CKM_ECDSA ? CKR_OK : CKR_MECHANISM_INVALID;
}

static void
put_number (guint8 *field,
            const gnutls_datum_t *number)
{
  gsize len = MIN (number->size, COORDINATE_BYTES);

  memcpy (field + COORDINATE_BYTES - len, number->data + number->size - len, len);
}

/* Both numbers of the signature, next to each other. */
static CK_RV
sign (CK_SESSION_HANDLE session,
      guint8 *data,
      CK_ULONG len,
      guint8 *signature,
      CK_ULONG *signature_len)
{
  gnutls_datum_t hash = { data, (guint) len };
  gnutls_datum_t der, r, s;

  if (signature == NULL)
    {
      *signature_len = 2 * COORDINATE_BYTES;
      return CKR_OK;
    }
  if (len != 32 || gnutls_privkey_sign_hash (key, GNUTLS_DIG_SHA256, 0, &hash, &der) < 0)
    return CKR_DATA_INVALID;

  state.n_signed++;
  g_assert_cmpint (gnutls_decode_rs_value (&der, &r, &s), ==, 0);
  memset (signature, 0, 2 * COORDINATE_BYTES);
  put_number (signature, &r);
  put_number (signature + COORDINATE_BYTES, &s);
  *signature_len = 2 * COORDINATE_BYTES;
  gnutls_free (der.data);
  gnutls_free (r.data);
  gnutls_free (s.data);
  return CKR_OK;
}

typedef CK_RV (*Stub) (void);

static CK_RV
not_supported (void)
{
  return CKR_FUNCTION_NOT_SUPPORTED;
}

static CK_FUNCTION_LIST functions;

static CK_RV
get_function_list (CK_FUNCTION_LIST **list)
{
  *list = &functions;
  return CKR_OK;
}

/* Each slot behind the version is one function. */
static void
fill_functions (void)
{
  Stub stub = not_supported;
  guint8 *at = (guint8 *) &functions.C_Initialize;

  for (; at < (guint8 *) (&functions + 1); at += sizeof (stub))
    memcpy (at, &stub, sizeof (stub));

  functions.version.major = 2;
  functions.version.minor = 20;
  functions.C_Initialize = initialize;
  functions.C_Finalize = finalize;
  functions.C_GetInfo = get_info;
  functions.C_GetFunctionList = get_function_list;
  functions.C_GetSlotList = get_slot_list;
  functions.C_GetSlotInfo = get_slot_info;
  functions.C_GetTokenInfo = get_token_info;
  functions.C_GetMechanismList = get_mechanism_list;
  functions.C_GetMechanismInfo = get_mechanism_info;
  functions.C_OpenSession = open_session;
  functions.C_CloseSession = close_session;
  functions.C_CloseAllSessions = close_all_sessions;
  functions.C_GetSessionInfo = get_session_info;
  functions.C_Login = login;
  functions.C_Logout = logout;
  functions.C_FindObjectsInit = find_objects_init;
  functions.C_FindObjects = find_objects;
  functions.C_FindObjectsFinal = find_objects_final;
  functions.C_GetAttributeValue = get_attribute_value;
  functions.C_SignInit = sign_init;
  functions.C_Sign = sign;
}

EXPORT CK_RV
C_GetFunctionList (CK_FUNCTION_LIST **list)
{
  fill_functions ();
  return get_function_list (list);
}

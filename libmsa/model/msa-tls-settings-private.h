/* msa-tls-settings-private.h: what a TLS configuration says, as plain data
 *
 * MsaTlsConfig holds one, the layers below read it, and jobs take copies into their
 * threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "model/msa-enums.h"

#define MSA_TLS_PIN_BYTES 32

/* Where something is to be had. At most one of the two. */
typedef struct
{
  char   *file; /* (owned) (nullable) (type filename): or a URI that begins with "pkcs11:" */
  GBytes *pem;  /* (owned) (nullable) */
} MsaTlsItem;

typedef struct
{
  MsaTlsItem    ca;              /* neither: the system's trust store */
  MsaTlsItem    certificate;     /* the client's, with those that sign it */
  MsaTlsItem    key;             /* the client's */
  MsaTlsItem    pinned_key;      /* a public key or certificate; never PEM */
  char         *key_password;    /* (owned) (nullable): or the PIN of a token */
  char        **pinned_keys;     /* (owned) (nullable): "sha256//" and Base64 */
  char         *priority;        /* (owned) (nullable) */
  MsaTlsVersion min_version;
  MsaTlsVersion max_version;
  gboolean      verify_chain;
  gboolean      verify_name;
  const char   *twice;           /* (nullable): what was given in two ways, one of which is lost by now */
} MsaTlsSettings;

#define MSA_TLS_PIN_ATTRIBUTE "pin-value="

/* Whether the item is one of a PKCS#11 token. */
gboolean msa_tls_item_is_token   (const MsaTlsItem *self);
/* Of a token's URI: the attribute with the PIN, with the '?' or '&' before it. NULL: it has none. */
const char *msa_tls_item_find_pin (const MsaTlsItem *self);

/* libmsa's defaults, which verify all. */
void     msa_tls_settings_init   (MsaTlsSettings *self);
/* Overwrites the password. */
void     msa_tls_settings_clear  (MsaTlsSettings *self);
void     msa_tls_settings_copy   (const MsaTlsSettings *self,
                                  MsaTlsSettings *copy);
/* Takes over what a certificate of GIO holds: its chain as PEM or the URI of a token, and its key, if it has one, in
 * the same way. TRUE: the key is from it. */
gboolean msa_tls_settings_take_certificate (MsaTlsSettings *self,
                                            GTlsCertificate *certificate);
/* FALSE with MSA_ERROR_INVALID_ARGUMENT for what contradicts itself or can never work. What GnuTLS alone
 * understands, as the priority string, is checked when the trust is loaded. */
gboolean msa_tls_settings_check  (const MsaTlsSettings *self,
                                  GError **error);
/* The digest that a pin names. FALSE: @text is no pin. */
gboolean msa_tls_pin_parse       (const char *text,
                                  guint8 digest[MSA_TLS_PIN_BYTES]);

/* Texts that are equal exactly if all settings are. The second counts only what a trust is made of: not whom to verify.
 * Files count by name, and PEM and passwords by a digest, from which they cannot be had back. */
char    *msa_tls_settings_identify       (const MsaTlsSettings *self) G_GNUC_WARN_UNUSED_RESULT;
char    *msa_tls_settings_identify_trust (const MsaTlsSettings *self) G_GNUC_WARN_UNUSED_RESULT;

/* msa-tls-config.h: how TLS is to be spoken and whom to trust
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-enums.h"

G_BEGIN_DECLS

#define MSA_TYPE_TLS_CONFIG (msa_tls_config_get_type ())

MSA_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MsaTlsConfig, msa_tls_config, MSA, TLS_CONFIG, GObject)

MSA_AVAILABLE_IN_1_0
MsaTlsConfig *msa_tls_config_new (void) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
MsaTlsConfig *msa_tls_config_new_for_ca_file (const char *path) G_GNUC_WARN_UNUSED_RESULT;

MSA_AVAILABLE_IN_1_0
const char   *msa_tls_config_get_ca_file (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
GBytes       *msa_tls_config_get_ca_pem (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
const char   *msa_tls_config_get_certificate_file (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
GBytes       *msa_tls_config_get_certificate_pem (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
GTlsCertificate *msa_tls_config_get_certificate (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
const char   *msa_tls_config_get_key_file (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
const char * const *msa_tls_config_get_pinned_keys (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
const char   *msa_tls_config_get_pinned_key_file (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
const char   *msa_tls_config_get_priority (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
MsaTlsVersion msa_tls_config_get_min_version (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
MsaTlsVersion msa_tls_config_get_max_version (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
gboolean      msa_tls_config_get_verify_chain (MsaTlsConfig *self);
MSA_AVAILABLE_IN_1_0
gboolean      msa_tls_config_get_verify_name (MsaTlsConfig *self);

G_END_DECLS

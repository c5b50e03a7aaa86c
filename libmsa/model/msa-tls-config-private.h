/* msa-tls-config-private.h: what the layers below the objects ask of a TLS configuration
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-tls-config.h"
#include "model/msa-tls-settings-private.h"

/* Text that is equal exactly if two configurations are: a part of the connection key. Computed once. */
const char *msa_tls_config_get_identity       (MsaTlsConfig *self);
/* The same for what a trust is made of; see msa_tls_settings_identify_trust(). */
const char *msa_tls_config_get_trust_identity (MsaTlsConfig *self);
/* (transfer none) */
const MsaTlsSettings *msa_tls_config_get_settings (MsaTlsConfig *self);
/* FALSE with MSA_ERROR_INVALID_ARGUMENT for what can never work; see msa_tls_settings_check(). */
gboolean    msa_tls_config_check              (MsaTlsConfig *self,
                                               GError **error);

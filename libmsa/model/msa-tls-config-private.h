/* msa-tls-config-private.h: what the layers below the objects ask of a TLS configuration
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-tls-config.h"

/* Text that is equal exactly if two configurations are: a part of the connection key. Computed
 * once. */
const char *msa_tls_config_get_identity (MsaTlsConfig *self);
/* FALSE with MSA_ERROR_INVALID_ARGUMENT for what can never work: an impossible range of
 * versions, both a file and PEM. */
gboolean    msa_tls_config_check        (MsaTlsConfig *self,
                                         GError **error);

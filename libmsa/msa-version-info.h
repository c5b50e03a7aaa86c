/* msa-version-info.h: what the library in use can do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#include "msa-version-macros.h"
#include "msa-version.h"

G_BEGIN_DECLS

MSA_AVAILABLE_IN_1_0
const char *msa_get_version      (void);
MSA_AVAILABLE_IN_1_0
gboolean    msa_has_feature      (const char *name);
MSA_AVAILABLE_IN_1_0
gboolean    msa_supports_scheme  (const char *scheme);

G_END_DECLS

/* msa.h: libmsa, all of it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-easy.h"
#include "msa-enum-types.h"
#include "msa-enums.h"
#include "msa-error.h"
#include "msa-headers.h"
#include "msa-multi.h"
#include "msa-password-request.h"
#include "msa-timings.h"
#include "msa-tls-config.h"
#include "msa-tls-session-store.h"
#include "msa-version-info.h"
#include "msa-version-macros.h"
#include "msa-version.h"

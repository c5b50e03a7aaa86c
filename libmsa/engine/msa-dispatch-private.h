/* msa-dispatch-private.h: the one entry of all drivers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-engine-private.h"

/* Does as much as can be done now, within the budget. Application code runs. */
void msa_dispatch (MsaEngine *engine);

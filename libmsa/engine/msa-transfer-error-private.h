/* msa-transfer-error-private.h: why a transfer failed, for a person to read
 *
 * The one place in which an error is made fit to be handed out: whoever finds it says what failed
 * and why, and here the host is added where it is not named yet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-transfer-private.h"

/* Changes the message of @error. A cancellation passes as it is. */
void msa_transfer_explain_error (const MsaTransfer *self,
                                 GError *error);

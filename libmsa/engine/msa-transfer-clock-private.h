/* msa-transfer-clock-private.h: how long a transfer may wait, by what it waits for
 *
 * One timer, whose meaning follows the transfer's state: waiting in the queue, for the
 * response, or for any byte at all. The clocks of connecting are the connection's, that of the
 * whole is the transfer's own. Nothing is done for a transfer that has none of these limits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-transfer-private.h"

/* From now on it is clocked. */
void msa_transfer_clock_init  (MsaTransfer *self);
/* What it waits for begins anew: an interim response came. This and the next only for those that
 * are clocked. */
void msa_transfer_clock_start (MsaTransfer *self);
/* Its state may have changed, bytes may have moved; or the time is over, which ends it. */
void msa_transfer_clock_check (MsaTransfer *self);

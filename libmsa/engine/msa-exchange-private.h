/* msa-exchange-private.h: a transfer on a connection
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-transfer-private.h"

/* The transfer gets the connection: sends its request if that is open, else waits for it. */
void     msa_exchange_attach  (MsaEngine *engine,
                               MsaTransfer *transfer,
                               MsaConnection *connection);
/* Something happened to the connection: goes on as far as it can. */
void     msa_exchange_drive   (MsaEngine *engine,
                               MsaConnection *connection);
/* The transfer leaves in the middle: the connection is of no more use. */
void     msa_exchange_abandon (MsaEngine *engine,
                               MsaTransfer *transfer);

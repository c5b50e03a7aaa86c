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
/* How far the making of a connection has come becomes the transfer's to tell: when that is over,
 * or somebody asks meanwhile. */
void     msa_exchange_note_connecting (MsaTransfer *transfer,
                                       const MsaConnection *connection);
/* The transfer leaves in the middle: the connection is of no more use. */
void     msa_exchange_abandon (MsaEngine *engine,
                               MsaTransfer *transfer);

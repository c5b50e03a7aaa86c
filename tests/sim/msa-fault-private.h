/* msa-fault-private.h: the parts of the fault sweep among themselves
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-fault-sweep.h"

/* msa-fault-upload.c: at port 80 of @address. */
void msa_fault_serve_uploads (MsaFaultPlay *play,
                              const char *address);

/* msa-fault-tls-scenes.h: scenes of the fault sweep with TLS
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-fault-sweep.h"

/* Makes keys and certificates: once for all scenes. */
void msa_fault_tls_init  (void);
void msa_fault_tls_clear (void);
void msa_fault_tls_add   (const char *prefix,
                          const MsaFaultKind *kind);

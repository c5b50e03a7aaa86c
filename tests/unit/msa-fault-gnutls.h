/* msa-fault-gnutls.h: the calls of GnuTLS as doors of the fault sweep
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-fault-sweep.h"

extern const MsaFaultKind msa_fault_gnutls;

/* msa-error.c: the one error domain
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"

/**
 * msa_error_quark:
 *
 * The domain of libmsa's errors, whose codes are [error@Msa.Error].
 *
 * Returns: the quark
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (msa-error-quark, msa_error)

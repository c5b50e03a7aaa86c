/* msa-error-private.h: the text of an error, made fit to be shown
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-error.h"

/* One line of valid UTF-8 without a stop at its end, whoever wrote parts of it: a byte that is no
 * text, or that a terminal would act upon, is written \xNN; what is long is cut. */
void msa_error_tidy (GError *error);

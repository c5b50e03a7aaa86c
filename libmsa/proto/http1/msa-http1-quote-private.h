/* msa-http1-quote-private.h: a peer's bytes, made fit for an error message
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

/* What is not printable ASCII is written \xNN; what is long is cut and ends in "...". */
gchar *msa_http1_quote (MsaSlice text) G_GNUC_WARN_UNUSED_RESULT;

/* msa-http1-session-private.h: HTTP/1 on a filter chain
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filter/msa-session-private.h"

/* Takes @chain, which is connected. */
MsaSession *msa_http1_session_new (MsaFilter *chain) G_GNUC_WARN_UNUSED_RESULT;

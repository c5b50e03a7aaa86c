/* msa-quote-private.h: a text for a message
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

/* Short, valid UTF-8, and nothing in it that a terminal would obey. */
gchar *msa_quote (MsaSlice text) G_GNUC_WARN_UNUSED_RESULT;

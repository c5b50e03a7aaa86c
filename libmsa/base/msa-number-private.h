/* msa-number-private.h: the one parser of numbers
 *
 * Takes whole tokens only: no sign, no space, no prefix, no empty text, nothing
 * that depends on a locale.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

/* @base is 8, 10 or 16. FALSE, and @number untouched, unless every byte is a digit of the
 * base and the value is at most @max. Leading zeros are allowed. */
gboolean msa_number_parse (MsaSlice text,
                           guint base,
                           guint64 max,
                           guint64 *number);

/* The value of a hexadecimal digit, or -1. */
static inline int
msa_hex_value (int byte)
{
  if (byte >= '0' && byte <= '9')
    return byte - '0';

  return g_ascii_xdigit_value ((char) byte);
}

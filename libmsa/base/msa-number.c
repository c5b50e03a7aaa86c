/* msa-number.c: the one parser of numbers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-number-private.h"

gboolean
msa_number_parse (MsaSlice text,
                  guint base,
                  guint64 max,
                  guint64 *number)
{
  guint64 last_factor = max / base;
  guint64 value = 0;

  if (text.len == 0)
    return FALSE;

  for (gsize i = 0; i < text.len; i++)
    {
      int digit = msa_hex_value (text.data[i]);

      if (digit < 0 || (guint) digit >= base || value > last_factor)
        return FALSE;
      value *= base;
      if ((guint64) digit > max - value)
        return FALSE;
      value += (guint64) digit;
    }

  *number = value;
  return TRUE;
}

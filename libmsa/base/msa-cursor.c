/* msa-cursor.c: the bounded reader of a peer's bytes
 *
 * The searching half of the cursor; what is done byte by byte is inline in the
 * header. Nothing here allocates, and nothing is read at or past the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-cursor-private.h"

#include "base/msa-number-private.h"

/* memchr() and memcmp() must not be given NULL, not even for no bytes. */
static const guint8 *
find_byte (const guint8 *from,
           gsize len,
           guint8 byte)
{
  return len == 0 ? NULL : memchr (from, byte, len);
}

int
msa_cursor_next_decoded (MsaCursor *self)
{
  int byte = msa_cursor_next (self);
  MsaCursor ahead = *self;
  int high, low;

  if (byte != '%')
    return byte;

  high = msa_cursor_next (&ahead);
  low = msa_cursor_next (&ahead);
  high = high < 0 ? -1 : msa_hex_value (high);
  low = low < 0 ? -1 : msa_hex_value (low);
  if (high < 0 || low < 0)
    return byte;

  *self = ahead;
  return 16 * high + low;
}

gboolean
msa_cursor_accept_slice (MsaCursor *self,
                         MsaSlice text)
{
  if (text.len > msa_cursor_left (self))
    return FALSE;
  if (text.len > 0 && memcmp (self->at, text.data, text.len) != 0)
    return FALSE;

  msa_cursor_take (self, text.len);
  return TRUE;
}

gboolean
msa_cursor_take_until (MsaCursor *self,
                       guint8 byte,
                       MsaSlice *taken)
{
  const guint8 *found = find_byte (self->at, msa_cursor_left (self), byte);

  if (found == NULL)
    return FALSE;

  *taken = msa_cursor_take (self, (gsize) (found - self->at));
  return TRUE;
}

gboolean
msa_cursor_take_until_last (MsaCursor *self,
                            guint8 byte,
                            MsaSlice *taken)
{
  gsize left = msa_cursor_left (self);
  const guint8 *found = left == 0 ? NULL : memrchr (self->at, byte, left);

  if (found == NULL)
    return FALSE;

  *taken = msa_cursor_take (self, (gsize) (found - self->at));
  return TRUE;
}

gboolean
msa_slice_has_byte (MsaSlice self,
                    guint8 byte)
{
  return find_byte ((const guint8 *) self.data, self.len, byte) != NULL;
}

static inline gboolean
is_control (guint8 byte)
{
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

#define EIGHT(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

/* Whether eight bytes are all from 0x20 to 0x7e: one that is not has, or gets by one of the
 * sums, its highest bit. */
static inline gboolean
are_plain (const guint8 *bytes)
{
  guint64 eight;

  memcpy (&eight, bytes, sizeof (eight));

  return ((eight | (eight + EIGHT (0x01)) | (eight - EIGHT (0x20))) & EIGHT (0x80)) == 0;
}

gboolean
msa_slice_has_control (MsaSlice self)
{
  const guint8 *bytes = (const guint8 *) self.data;
  gsize i = 0;

  while (self.len - i >= 8 && are_plain (&bytes[i]))
    i += 8;
  /* What is left of plain text is told with some of the bytes before it. */
  if (self.len >= 8 && self.len - i < 8 && are_plain (&bytes[self.len - 8]))
    return FALSE;

  for (; i < self.len; i++)
    {
      if (is_control (bytes[i]))
        return TRUE;
    }
  return FALSE;
}

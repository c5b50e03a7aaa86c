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

MsaSlice
msa_cursor_take (MsaCursor *self,
                 gsize max)
{
  MsaSlice taken = msa_slice (self->at, MIN (max, msa_cursor_left (self)));

  if (taken.len > 0)
    self->at += taken.len;
  return taken;
}

MsaSlice
msa_cursor_take_set (MsaCursor *self,
                     const guint8 set[256])
{
  const guint8 *start = self->at;

  while (self->at < self->end && set[*self->at] != 0)
    self->at++;
  return msa_slice (start, (gsize) (self->at - start));
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

MsaLineEnd
msa_cursor_take_line (MsaCursor *self,
                      gsize skip,
                      MsaSlice *line)
{
  gsize left = msa_cursor_left (self);
  const guint8 *found;
  gsize len;

  if (skip >= left)
    return MSA_LINE_NONE;
  found = find_byte (self->at + skip, left - skip, '\n');
  if (found == NULL)
    return MSA_LINE_NONE;

  len = (gsize) (found - self->at);
  *line = msa_cursor_take (self, len);
  self->at++;

  if (len == 0 || line->data[len - 1] != '\r')
    return MSA_LINE_LF;
  line->len--;
  return MSA_LINE_CRLF;
}

static inline gboolean
is_blank (char byte)
{
  return byte == ' ' || byte == '\t';
}

MsaSlice
msa_slice_trim (MsaSlice self)
{
  while (self.len > 0 && is_blank (self.data[self.len - 1]))
    self.len--;
  while (self.len > 0 && is_blank (self.data[0]))
    {
      self.data++;
      self.len--;
    }
  return self;
}

gboolean
msa_slice_has_byte (MsaSlice self,
                    guint8 byte)
{
  return find_byte ((const guint8 *) self.data, self.len, byte) != NULL;
}

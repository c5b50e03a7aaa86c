/* msa-cursor-private.h: the bounded reader of a peer's bytes
 *
 * The only place, with the writer, where a pointer into a peer's bytes is moved
 * (docs/architecture.md, "Two files touch peer bytes"). Every function checks the
 * end; none allocates; none keeps a reference to the bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

typedef struct
{
  const guint8 *at;
  const guint8 *end;
} MsaCursor;

/* How the line that msa_cursor_take_line() found was ended. */
typedef enum
{
  MSA_LINE_NONE, /* no LF within the bytes: nothing was taken */
  MSA_LINE_CRLF,
  MSA_LINE_LF,   /* without a CR before it */
} MsaLineEnd;

static inline MsaCursor
msa_cursor (const void *data,
            gsize len)
{
  /* Not even zero may be added to NULL. */
  const guint8 *at = data == NULL ? (const guint8 *) "" : data;

  return (MsaCursor) { at, at + len };
}

static inline MsaCursor
msa_cursor_from_slice (MsaSlice slice)
{
  return msa_cursor (slice.data, slice.len);
}

static inline gsize
msa_cursor_left (const MsaCursor *self)
{
  return (gsize) (self->end - self->at);
}

static inline gboolean
msa_cursor_is_empty (const MsaCursor *self)
{
  return self->at == self->end;
}

/* All that is left, without taking it. */
static inline MsaSlice
msa_cursor_rest (const MsaCursor *self)
{
  return msa_slice (self->at, msa_cursor_left (self));
}

/* The next byte without taking it; -1 at the end. */
static inline int
msa_cursor_peek (const MsaCursor *self)
{
  return self->at < self->end ? *self->at : -1;
}

/* The next byte; -1 at the end. */
static inline int
msa_cursor_next (MsaCursor *self)
{
  return self->at < self->end ? *self->at++ : -1;
}

/* Takes @byte if it is next. */
static inline gboolean
msa_cursor_accept (MsaCursor *self,
                   guint8 byte)
{
  if (self->at == self->end || *self->at != byte)
    return FALSE;
  self->at++;
  return TRUE;
}

/* Takes at most @max bytes. */
static inline MsaSlice
msa_cursor_take (MsaCursor *self,
                 gsize max)
{
  MsaSlice taken = msa_slice (self->at, MIN (max, msa_cursor_left (self)));

  if (taken.len > 0)
    self->at += taken.len;
  return taken;
}

/* Takes the bytes whose entry in @set is non-zero, from here on. */
static inline MsaSlice
msa_cursor_take_set (MsaCursor *self,
                     const guint8 set[256])
{
  const guint8 *start = self->at;
  const guint8 *end = self->end;
  const guint8 *at = start;

  while (at < end && set[*at] != 0)
    at++;
  self->at = at;
  return msa_slice (start, (gsize) (at - start));
}

/* The next byte, or the one that a %XX stands for (RFC 3986, 2.1); -1 at the end. A '%'
 * without two hexadecimal digits is taken for itself. */
int        msa_cursor_next_decoded (MsaCursor *self);

/* Takes the bytes of @text if they are next, else nothing. */
gboolean   msa_cursor_accept_slice (MsaCursor *self,
                                    MsaSlice text);

/* Takes up to but without @byte; FALSE, and nothing taken, if it does not occur. */
gboolean   msa_cursor_take_until   (MsaCursor *self,
                                    guint8 byte,
                                    MsaSlice *taken);

/* Takes up to but without the last @byte; FALSE, and nothing taken, if it does not occur. */
gboolean   msa_cursor_take_until_last (MsaCursor *self,
                                       guint8 byte,
                                       MsaSlice *taken);

/* Takes a line with its end, and gives it without. @skip bytes at the start
 * are known to hold no LF: a caller that comes again with more bytes passes
 * what it saw before, so that a line that trickles in is searched once. */
static inline MsaLineEnd
msa_cursor_take_line (MsaCursor *self,
                      gsize skip,
                      MsaSlice *line)
{
  gsize left = msa_cursor_left (self);
  const guint8 *found;

  /* memchr() must not be given NULL, not even for no bytes. */
  found = skip < left ? memchr (self->at + skip, '\n', left - skip) : NULL;
  if (found == NULL)
    return MSA_LINE_NONE;

  *line = msa_slice (self->at, (gsize) (found - self->at));
  self->at = found + 1;

  if (line->len == 0 || line->data[line->len - 1] != '\r')
    return MSA_LINE_LF;
  line->len--;
  return MSA_LINE_CRLF;
}

static inline gboolean
msa_is_blank (char byte)
{
  return byte == ' ' || byte == '\t';
}

/* Drops spaces and tabs from both ends. */
static inline MsaSlice
msa_slice_trim (MsaSlice self)
{
  while (self.len > 0 && msa_is_blank (self.data[self.len - 1]))
    self.len--;
  while (self.len > 0 && msa_is_blank (self.data[0]))
    {
      self.data++;
      self.len--;
    }
  return self;
}

gboolean   msa_slice_has_byte      (MsaSlice self,
                                    guint8 byte);

/* Whether it has a control character of ASCII other than TAB. */
gboolean   msa_slice_has_control   (MsaSlice self);

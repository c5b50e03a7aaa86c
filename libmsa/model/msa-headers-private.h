/* msa-headers-private.h: the side of MsaHeaders that codecs and the engine use
 *
 * One growing block holds every name and value, each terminated, and an index says
 * where: reading a field makes no string, and a response head costs one block.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "model/msa-headers.h"

/* For a codec, whose input it has checked: no NUL within. Sized for @n_bytes of
 * lines so that a usual head needs one allocation. Frozen lists refuse changes. */
MsaHeaders *msa_headers_new_sized (gsize n_bytes) G_GNUC_WARN_UNUSED_RESULT;
void        msa_headers_append_checked (MsaHeaders *self,
                                        MsaSlice name,
                                        MsaSlice value);
/* Appends to the value of the last field, after one space if it has a value yet: an unfolded
 * line. Does nothing without a field or without @more. */
void        msa_headers_extend_last (MsaHeaders *self,
                                     MsaSlice more);
/* Public changes fail from now on: a response's headers are not the application's to change. */
void        msa_headers_freeze (MsaHeaders *self);

/* The fields without making strings. */
void        msa_headers_peek_nth (const MsaHeaders *self,
                                  guint i,
                                  MsaSlice *name,
                                  MsaSlice *value);
/* The first field of this name, ASCII case ignored; FALSE if there is none. */
gboolean    msa_headers_find (const MsaHeaders *self,
                              MsaSlice name,
                              MsaSlice *value);

/* Whether the application asked for the built-in field of this name not to be sent: by
 * msa_headers_append() or msa_headers_replace() with NULL for a value. No field
 * stands for it. */
gboolean    msa_headers_is_suppressed (const MsaHeaders *self,
                                       MsaSlice name);

/* Grows with each change: tells whether a copy taken earlier is still true. */
guint       msa_headers_get_serial (const MsaHeaders *self);
/* Bytes held, for accounting. */
gsize       msa_headers_get_size (const MsaHeaders *self);

/* RFC 9110 grammar, for whoever takes a name, value or method from the application. */
gboolean    msa_is_token       (MsaSlice text);          /* 5.6.2; not empty */

/* 5.5 without obs-fold: no CR, LF, NUL, no other control but TAB */
static inline gboolean
msa_is_field_value (MsaSlice text)
{
  return !msa_slice_has_control (text);
}

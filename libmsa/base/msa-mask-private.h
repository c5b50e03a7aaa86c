/* msa-mask-private.h: what may be shown of a text
 *
 * Traces and errors quote what peers and applications wrote. What is secret in it, and what would
 * upset a terminal or a log, is taken out here and nowhere else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

/* @value, or what stands for it if fields of this name carry secrets. */
MsaSlice msa_mask_field  (MsaSlice name,
                          MsaSlice value);
/* @uri, which need not be one, without user and password: wherever they may end. */
gchar   *msa_mask_uri    (const char *uri) G_GNUC_WARN_UNUSED_RESULT;
/* Appends @text, fit to be read: what does not print as \xNN, no user and password of a URL in
 * it, and at most @max_bytes of it. */
void     msa_mask_append (GString *shown,
                          MsaSlice text,
                          gsize max_bytes);

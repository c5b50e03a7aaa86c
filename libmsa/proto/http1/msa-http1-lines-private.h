/* msa-http1-lines-private.h: the lines of a head or of trailers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "model/msa-headers-private.h"

/* What is made of lines, and its ceilings. */
typedef struct
{
  const char *name;
  gsize       max_line_bytes; /* of a line with its end, and of a folded field */
  gsize       max_bytes;
} MsaHttp1Part;

typedef struct
{
  const MsaHttp1Part *part;
  gsize               searched;    /* bytes of the input's first line known to hold no LF */
  gsize               n_bytes;     /* of the part, so far */
  gsize               field_bytes; /* of the last field with its folded lines */
  guint               n_fields;
  gboolean            bare_lf;     /* a line of this or an earlier part ended without CR */
} MsaHttp1Lines;

typedef enum
{
  MSA_HTTP1_LINE_MORE,
  MSA_HTTP1_LINE_TAKEN,
  MSA_HTTP1_LINE_ERROR,
} MsaHttp1LineResult;

void               msa_http1_lines_begin     (MsaHttp1Lines *self,
                                              const MsaHttp1Part *part);
/* Takes a whole line; what is not whole stays in @input. */
MsaHttp1LineResult msa_http1_lines_take      (MsaHttp1Lines *self,
                                              MsaCursor *input,
                                              MsaSlice *line,
                                              GError **error);
/* Puts the field of @line, which is not empty, into @headers, or goes on with the last one. */
gboolean           msa_http1_lines_add_field (MsaHttp1Lines *self,
                                              MsaHeaders *headers,
                                              MsaSlice line,
                                              GError **error);

/* Always FALSE. */
gboolean           msa_http1_fail_line       (MsaSlice line,
                                              const char *fault,
                                              GError **error);

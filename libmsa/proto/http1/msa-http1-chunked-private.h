/* msa-http1-chunked-private.h: the chunked transfer coding, decoded
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "proto/http1/msa-http1-parser-private.h"

typedef enum
{
  MSA_HTTP1_CHUNK_SIZE, /* within a size line */
  MSA_HTTP1_CHUNK_DATA,
  MSA_HTTP1_CHUNK_CR,   /* before the CR behind the data */
  MSA_HTTP1_CHUNK_LF,   /* between it and its LF */
} MsaHttp1ChunkPlace;

/* All zero at the start. */
typedef struct
{
  MsaHttp1ChunkPlace place;
  guint64            left;     /* bytes of this chunk's data still to come */
  guint64            excess;   /* bytes of size lines beyond their fair share */
  gsize              searched; /* bytes of the input's first line known to hold no LF */
} MsaHttp1Chunked;

/* MORE, DATA with @data, ERROR, or END behind the line of the last chunk: the trailers follow. */
MsaHttp1Result msa_http1_chunked_next (MsaHttp1Chunked *self,
                                       MsaCursor *input,
                                       MsaSlice *data,
                                       GError **error);

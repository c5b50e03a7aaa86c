/* msa-fuzz-http1.h: what the parser of HTTP/1 makes of bytes that come in pieces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fuzz/msa-fuzz.h"

typedef enum
{
  MSA_FUZZ_OPEN = 0,
  MSA_FUZZ_EOF = 1 << 0,     /* the peer closes behind the bytes */
  MSA_FUZZ_NO_BODY = 1 << 1, /* the requests are HEAD */
  MSA_FUZZ_HTTP09 = 1 << 2,  /* the first response may come without a head */
} MsaFuzzHttp1Flags;

/* All events as a text, of as many responses as the bytes hold. Each piece comes, with what the parser left of
 * those before it, in a block of just that size. */
GString *msa_fuzz_http1_run (MsaSlice bytes,
                             MsaSlice plan,
                             MsaFuzzHttp1Flags flags) G_GNUC_WARN_UNUSED_RESULT;

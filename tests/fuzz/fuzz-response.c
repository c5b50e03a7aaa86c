/* fuzz-response.c: responses in HTTP/1, whole and in pieces
 *
 * Input: in the first line a sum (1: the peer closes, 2: the requests are HEAD, 4: the first
 * response may come without a head) and the lengths of the pieces, then the bytes. What they
 * mean does not depend on how they are cut.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-http1.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor line = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  MsaFuzzHttp1Flags flags = (MsaFuzzHttp1Flags) msa_fuzz_choose (&line, 8);
  MsaSlice plan = msa_cursor_rest (&line);
  MsaSlice bytes = msa_cursor_rest (&input);
  GString *whole = msa_fuzz_http1_run (bytes, MSA_SLICE ("0"), flags);
  GString *cut = msa_fuzz_http1_run (bytes, plan, flags);

  msa_fuzz_assert_equal (whole, cut);
  g_string_free (whole, TRUE);
  g_string_free (cut, TRUE);

  return 0;
}

/* msa-fuzz.h: what the fuzz targets share
 *
 * A target is a program with the two entries of libFuzzer, linked with that or with
 * msa-fuzz-main.c. Inputs are texts as far as it goes, so that they can be written and
 * read: where a target wants more than one thing, a line stands for each. What must
 * hold is held by g_assert_*(), which aborts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "model/msa-headers-private.h"

int      LLVMFuzzerInitialize   (int *argc,
                                 char ***argv);
int      LLVMFuzzerTestOneInput (const guint8 *data,
                                 size_t size);

/* A choice from 0 to @n - 1: a digit stands for its value, capitals and small letters go on from there. 0 at
 * the end of the input. */
guint    msa_fuzz_choose        (MsaCursor *input,
                                 guint n);
/* Takes a line, gives it without its LF; all that is left if there is none. */
MsaSlice msa_fuzz_take_line     (MsaCursor *input);
/* The same as a string; it ends at a NUL. */
char    *msa_fuzz_take_string   (MsaCursor *input) G_GNUC_WARN_UNUSED_RESULT;

/* A plan of lengths, read again and again from its start: '1' to 'l' are 1 to 60 bytes, '0' all that is left. */
typedef struct
{
  MsaSlice  plan;
  MsaCursor at;
} MsaFuzzCuts;

MsaFuzzCuts msa_fuzz_cuts       (MsaSlice plan);
/* The next length, from 1 to @left; 0 if nothing is left. */
gsize    msa_fuzz_cut           (MsaFuzzCuts *self,
                                 gsize left);

void     msa_fuzz_append_headers (GString *text,
                                  MsaHeaders *headers);
/* An error of ours, with a message as they are to be; appends its code. */
void     msa_fuzz_append_error  (GString *text,
                                 const GError *error);
void     msa_fuzz_assert_equal  (const GString *a,
                                 const GString *b);

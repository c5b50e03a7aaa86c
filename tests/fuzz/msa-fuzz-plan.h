/* msa-fuzz-plan.h: inputs of lines, changed as what they are
 *
 * The first line is a row of digits. Plans follow, rows of actions: pairs of a key and its argument.
 * All further lines are texts. A change of bytes alone seldom gives another good plan.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct
{
  guint              n_plans;
  const char        *keys;    /* of actions */
  const char *const *phrases; /* NULL-terminated: what texts may be made of */
} MsaFuzzGrammar;

/* libFuzzer's, or that of msa-fuzz-main.c: changes bytes. Gives the new size. */
size_t LLVMFuzzerMutate          (guint8 *data,
                                  size_t size,
                                  size_t max_size);
/* For a target that has a grammar: these are looked for by libFuzzer and msa-fuzz-main.c. */
size_t LLVMFuzzerCustomMutator   (guint8 *data,
                                  size_t size,
                                  size_t max_size,
                                  unsigned int seed);
size_t LLVMFuzzerCustomCrossOver (const guint8 *one,
                                  size_t one_size,
                                  const guint8 *other,
                                  size_t other_size,
                                  guint8 *out,
                                  size_t max_size,
                                  unsigned int seed);

/* One change of @data in its place. The same seed makes the same one. */
size_t msa_fuzz_plan_mutate      (const MsaFuzzGrammar *grammar,
                                  guint8 *data,
                                  size_t size,
                                  size_t max_size,
                                  guint seed);
/* The start of each plan of @one and the end of that of @other; of the texts now one's, now the other's. */
size_t msa_fuzz_plan_cross       (const MsaFuzzGrammar *grammar,
                                  const guint8 *one,
                                  size_t one_size,
                                  const guint8 *other,
                                  size_t other_size,
                                  guint8 *out,
                                  size_t max_size,
                                  guint seed);

/* fuzz-engine.c: a multi in the simulation; peers and application do what the input says
 *
 * Input: the world in the first line (see set_up()); in the second one what the
 * application does, in the third one what it does in its handlers: pairs of an action,
 * see the table, and its argument. Each further line is what a peer answers to a
 * request, see play(). Each transfer must be delivered exactly once or be removed
 * before, and leave nothing behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"
#include "fuzz/msa-fuzz-plan.h"

#define MAX_ACTIONS 200

/* Driver, latency, segments, send window; what becomes of connections. */
static void
set_up (MsaFuzzEngine *self,
        MsaCursor *line)
{
  static const MsaTestDriverKind kinds[] = {
    MSA_TEST_CALLBACKS,
    MSA_TEST_ATTACHED,
    MSA_TEST_PERFORM,
    MSA_TEST_EXPORTED,
  };
  MsaSim *sim;

  self->world = msa_test_world_new (kinds[msa_fuzz_choose (line, G_N_ELEMENTS (kinds))]);
  sim = self->world->sim;
  msa_sim_set_latency (sim, msa_fuzz_choose (line, MSA_FUZZ_N_ARGUMENTS) * 500);
  msa_sim_set_segment (sim, msa_fuzz_choose (line, 4) * 700);
  msa_sim_set_send_window (sim, 100 << msa_fuzz_choose (line, 12));
  msa_multi_set_keep_finished (self->world->multi, msa_fuzz_choose (line, 2) == 1);
  self->accepts = *line;

  msa_fuzz_engine_listen (self);
  msa_fuzz_engine_drive (self);
}

/* The same changes as a grammar */

static const MsaFuzzGrammar *
get_grammar (void)
{
  static const char *const texts[] = {
    "\\k", "\\u", "\\i", "\\e", "\\o", "\\t", "\\d", "\\l", "\\c", "\\h", "\\x", "\\s\\w9\\g",
    "\\z", "\\y", "\\v", "\\a", "\\m", "\\b", "\\w9", "\\wF", "\\wL", "\\s", "\\g", "\\r\\n",
    "\\r\\n\\r\\n", "HTTP/1.1 200 OK\\r\\n", "HTTP/1.0 200\\r\\n",
    "HTTP/1.1 100 Continue\\r\\n\\r\\n", "HTTP/1.1 417 No\\r\\n", "HTTP/1.1 304 N\\r\\n\\r\\n",
    "Content-Length: 5\\r\\n", "Content-Length: 0\\r\\n\\r\\n",
    "Transfer-Encoding: chunked\\r\\n", "Connection: close\\r\\n", "5\\r\\nhello\\r\\n",
    "0\\r\\n\\r\\n", "hello", NULL
  };
  static MsaFuzzGrammar grammar = { 2, NULL, texts };

  grammar.keys = msa_fuzz_engine_get_keys ();

  return &grammar;
}

size_t
LLVMFuzzerCustomMutator (guint8 *data,
                         size_t size,
                         size_t max_size,
                         unsigned int seed)
{
  return msa_fuzz_plan_mutate (get_grammar (), data, size, max_size, seed);
}

size_t
LLVMFuzzerCustomCrossOver (const guint8 *one,
                           size_t one_size,
                           const guint8 *other,
                           size_t other_size,
                           guint8 *out,
                           size_t max_size,
                           unsigned int seed)
{
  return msa_fuzz_plan_cross (get_grammar (), one, one_size, other, other_size, out, max_size,
                              seed);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor first = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  MsaCursor plan = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  MsaFuzzEngine self = { .answers = g_array_new (FALSE, FALSE, sizeof (MsaSlice)) };

  self.handlers = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  while (!msa_cursor_is_empty (&input))
    {
      MsaSlice answer = msa_fuzz_take_line (&input);

      g_array_append_val (self.answers, answer);
    }
  self.cancellables = g_ptr_array_new_with_free_func (g_object_unref);
  self.questions = g_ptr_array_new_with_free_func (g_object_unref);

  set_up (&self, &first);
  for (guint i = 0; i < MAX_ACTIONS && !msa_cursor_is_empty (&plan); i++)
    msa_fuzz_engine_act (&self, &plan, TRUE);
  msa_fuzz_engine_end (&self);

  g_ptr_array_unref (self.cancellables);
  g_ptr_array_unref (self.questions);
  g_ptr_array_unref (self.links);
  g_array_unref (self.answers);

  return 0;
}

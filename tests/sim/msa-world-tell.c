/* msa-world-tell.c: what happened in a random world
 *
 * All of it goes into the hash, with its time. What a transfer's application saw goes into the
 * transfer's story, without times, and with neighbouring parts of a body in one: how it is cut is
 * not the contract's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-world-private.h"

#include <stdio.h>

static const char *const names[] = {
  "step",
  "connect",
  "close",
  "request",
  "reply",
  "begin",
  "interim",
  "head",
  "body",
  "doubt",
  "end",
  "async",
  "taken",
  "multi",
};

static void
add_to_hash (MsaWorld *self,
             guint64 number)
{
  /* FNV-1a, by words. */
  self->hash = (self->hash ^ number) * G_GUINT64_CONSTANT (0x100000001b3);
  self->hash ^= self->hash >> 29;
}

static void
add_to_story (MsaWorldEasy *easy,
              MsaWorldTold told,
              gint64 number)
{
  GString *text = easy->story->text;
  guint run = easy->run;

  switch (told)
    {
    case MSA_WORLD_TOLD_BODY:
      /* Summed up at the end of the run. */
    case MSA_WORLD_TOLD_REQUEST:
    case MSA_WORLD_TOLD_REPLY:
    case MSA_WORLD_TOLD_STEP:
    case MSA_WORLD_TOLD_CONNECT:
    case MSA_WORLD_TOLD_CLOSE:
      return;
    case MSA_WORLD_TOLD_END:
      if (number == 0 || msa_world_gives_all (easy, number))
        g_string_append_printf (text, "run %u: body %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT "\n", run,
                                easy->n_body, easy->n_data);
      break;
    case MSA_WORLD_TOLD_ASYNC:
      g_array_append_val (easy->async_ends, number);
      return;
    case MSA_WORLD_TOLD_BEGIN:
    case MSA_WORLD_TOLD_INTERIM:
    case MSA_WORLD_TOLD_HEAD:
    case MSA_WORLD_TOLD_DOUBT:
    case MSA_WORLD_TOLD_TAKEN:
    case MSA_WORLD_TOLD_MULTI:
    default:
      break;
    }
  g_string_append_printf (text, "run %u: %s %" G_GINT64_FORMAT "\n", run, names[told], number);
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return first < second ? -1 : first > second;
}

/* The ends of two asynchronous calls have no order: each is an idle source of the default context,
 * and GTask puts off to another one what returns in the very iteration that began it. Whether the
 * call began in an iteration at all depends on the driver. */
void
msa_world_tell_async_ends (MsaWorldEasy *easy)
{
  g_array_sort (easy->async_ends, compare_numbers);
  for (guint i = 0; i < easy->async_ends->len; i++)
    g_string_append_printf (easy->story->text, "async %" G_GINT64_FORMAT "\n",
                            g_array_index (easy->async_ends, gint64, i));
}

void
msa_world_tell (MsaWorld *self,
                MsaWorldTold told,
                MsaWorldEasy *easy,
                gint64 number)
{
  gint64 now_us = msa_sim_get_now_us (self->sim) - MSA_SIM_START_US;

  self->progress++;
  add_to_hash (self, (guint64) now_us);
  add_to_hash (self, ((guint64) told << 32) | (easy != NULL ? easy->id + 1 : 0));
  add_to_hash (self, (guint64) number);
  if (easy != NULL)
    add_to_story (easy, told, number);
  if (!self->options->trace)
    return;

  printf ("%12.6f ", (double) now_us / G_USEC_PER_SEC);
  if (easy != NULL)
    printf ("[transfer %u, run %u] ", easy->id, easy->run);
  printf ("%s %" G_GINT64_FORMAT, names[told], number);
  if (told == MSA_WORLD_TOLD_STEP)
    printf (" %s", msa_world_step_get_name (self->steps[number].kind));
  printf ("\n");
}

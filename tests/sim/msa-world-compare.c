/* msa-world-compare.c: one world in each of the drivers
 *
 * Whoever drives, each transfer sees the same. One thing may differ: a driver that waits in whole
 * milliseconds hears of a deadline up to one later, and something else may come first. So where a
 * clock has ended a transfer, or something was done when progress, a trace or the end of an
 * asynchronous call was told of, in any driver, a difference is counted and no failure. The same
 * holds where something was done in the socket or the timer function, which one driver alone has,
 * at a part of a body behind its first, or while a handler drove, where a handler came too late to
 * do something, or did something to a transfer that ran, and where one was cancelled while it ran.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-world.h"

#include <string.h>

static MsaWorldStory *
find_story (MsaWorldResult *result,
            guint id)
{
  for (guint i = 0; i < result->stories->len; i++)
    {
      MsaWorldStory *story = g_ptr_array_index (result->stories, i);

      if (story->id == id)
        return story;
    }

  return NULL;
}

static gboolean
tells_body (const char *line)
{
  return line != NULL && strstr (line, ": body ") != NULL;
}

/* How much came of a body before an error is told where it is sure. A server that does something
 * of its own about then may make it so for one driver and not for another. */
static gboolean
is_same_story (const char *text,
               const char *other)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_auto (GStrv) others = g_strsplit (other, "\n", -1);
  guint i = 0, j = 0;

  while (lines[i] != NULL || others[j] != NULL)
    {
      if (g_strcmp0 (lines[i], others[j]) == 0)
        {
          i++;
          j++;
        }
      else if (tells_body (lines[i]) && !tells_body (others[j]))
        i++;
      else if (tells_body (others[j]) && !tells_body (lines[i]))
        j++;
      else
        return FALSE;
    }

  return TRUE;
}

static gboolean
are_equal (MsaWorldResult *result,
           MsaWorldResult *other)
{
  if (result->stories->len != other->stories->len)
    return FALSE;
  for (guint i = 0; i < result->stories->len; i++)
    {
      MsaWorldStory *story = g_ptr_array_index (result->stories, i);
      MsaWorldStory *told = find_story (other, story->id);

      if (told == NULL || !is_same_story (story->text->str, told->text->str))
        return FALSE;
    }

  return TRUE;
}

static void
compare (MsaWorldResult *result,
         MsaWorldResult *other,
         MsaTestDriverKind kind,
         MsaTestDriverKind other_kind)
{
  if (are_equal (result, other))
    return;
  if (result->n_clocks > 0 || other->n_clocks > 0)
    {
      result->is_apart = TRUE;
      return;
    }
  for (guint i = 0; i < result->stories->len; i++)
    {
      MsaWorldStory *story = g_ptr_array_index (result->stories, i);
      MsaWorldStory *told = find_story (other, story->id);

      if (told == NULL || !is_same_story (story->text->str, told->text->str))
        msa_world_fail ("transfer %u differs by driver\n%s:\n%s%s:\n%s", story->id,
                        msa_test_driver_get_name (kind), story->text->str,
                        msa_test_driver_get_name (other_kind),
                        told != NULL ? told->text->str : "(it was never added)\n");
    }
  if (result->stories->len != other->stories->len)
    msa_world_fail ("a transfer was added by %s alone", msa_test_driver_get_name (other_kind));
}

MsaWorldResult *
msa_world_run_all (const MsaWorldOptions *options)
{
  MsaWorldOptions each = *options;
  MsaWorldResult *first = NULL;

  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    {
      g_autoptr (MsaWorldResult) result = NULL;

      if (!msa_test_driver_works_in_sim (kind))
        continue;
      each.driver = kind;
      result = msa_world_run (&each);
      if (first == NULL)
        {
          first = g_steal_pointer (&result);
          continue;
        }
      compare (first, result, MSA_TEST_ATTACHED, kind);
      first->hash = first->hash * 31 + result->hash;
      first->n_runs += result->n_runs;
      first->n_ok += result->n_ok;
      first->n_failed += result->n_failed;
      first->n_taken += result->n_taken;
    }

  return first;
}

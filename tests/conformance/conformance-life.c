/* conformance-life.c: checks of how a glue lets go
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-trial.h"

#define DRIVE_MS 10
#define ROUNDS 3

static gboolean
drive_until (Trial *trial,
             guint n)
{
  gint64 end_us = g_get_monotonic_time () + trial->limit_us;

  while (trial->n_completed < n && g_get_monotonic_time () < end_us)
    watch_drive (DRIVE_MS);

  return trial->n_completed >= n;
}

/* In the middle of things: others drive it, then the glue again. */
static void
check_detach (Trial *trial)
{
  trial_add (trial, trial_make (trial, "/silent"));
  trial_add (trial, trial_make_counted (trial, "/held/10"));
  if (!trial_run_held (trial, 1))
    return;
  trial_detach (trial);
  if (watch_has_socket_func () || watch_has_timer_func ())
    trial_broken (trial, "The multi still has the functions that the glue set.");
  else if (watch_is_attached ())
    trial_broken (trial, "The multi is still attached.");

  server_release (trial->server);
  if (!drive_until (trial, 1))
    trial_stalled (trial, "a transfer that ran then, driven by another, had not ended");

  trial_attach (trial);
  trial_add (trial, trial_make_counted (trial, "/size/10"));
  trial_run_completed (trial, 2);
}

/* Life */

static guint
count_files (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* What is made once, like GLib's own descriptors, is there after the first round. */
static void
check_released (Trial *trial)
{
  guint before = 0;

  for (guint i = 1; i <= ROUNDS; i++)
    {
      gpointer weak;

      trial_add (trial, trial_make_counted (trial, "/size/10"));
      if (!trial_run_completed (trial, i))
        return;
      trial_detach (trial);
      weak = trial->multi;
      g_object_add_weak_pointer (G_OBJECT (trial->multi), &weak);
      watch_end ();
      g_clear_object (&trial->multi);
      if (weak != NULL)
        {
          trial_broken (trial, "After detach() the glue still holds the multi.");
          g_object_remove_weak_pointer (weak, &weak);
          trial_watch_new (trial);
          return;
        }

      if (i == 1)
        before = count_files ();
      else if (i == ROUNDS && count_files () > before)
        trial_broken (trial, "Of %d rounds %u descriptors were left open.", ROUNDS - 1,
                      count_files () - before);
      trial_watch_new (trial);
      trial_attach (trial);
    }
}

const Check life_checks[] = {
  { "detach", "C10", "After detach() nothing of the glue drives the multi, and another may.",
    check_detach },
  { "released", "C9", "After detach() nothing is held or left open.", check_released },
  { 0 },
};

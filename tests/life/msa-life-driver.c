/* msa-life-driver.c: an application that puts up with whatever a call has done to it
 *
 * The multi is driven in one of four ways, and time passes until something holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "life/msa-life.h"

#include "msa-multi-private.h"

#include <poll.h>

#define MS 1000

static const char *const names[] = { "callbacks", "attached", "perform", "exported" };

const char *
msa_life_driver_get_name (MsaLifeDriver driver)
{
  return names[driver];
}

void
msa_life_socket_cb (MsaMulti *multi,
                    int fd,
                    MsaSocketEvents wanted,
                    gboolean removed,
                    gpointer user_data)
{
  MsaLife *self = user_data;

  if (removed)
    g_hash_table_remove (self->watched, GINT_TO_POINTER (fd));
  else
    g_hash_table_replace (self->watched, GINT_TO_POINTER (fd), GUINT_TO_POINTER (wanted));
  self->fd = fd;
  msa_life_at_point (self, MSA_LIFE_POINT_SOCKET);
}

static void
socket_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_SOCKET_DESTROY);
}

void
msa_life_timer_cb (MsaMulti *multi,
                   int timeout_ms,
                   gpointer user_data)
{
  MsaLife *self = user_data;

  self->timer_us = timeout_ms < 0
                       ? G_MAXINT64
                       : msa_sim_get_now_us (self->sim) + (gint64) timeout_ms * MS;
  msa_life_at_point (self, MSA_LIFE_POINT_TIMER);
}

static void
timer_destroy_cb (gpointer data)
{
  msa_life_at_point (data, MSA_LIFE_POINT_TIMER_DESTROY);
}

void
msa_life_install_driver (MsaLife *self)
{
  switch (self->driver)
    {
    case MSA_LIFE_CALLBACKS:
      msa_multi_set_socket_func (self->multi, msa_life_socket_cb, self, socket_destroy_cb);
      msa_multi_set_timer_func (self->multi, msa_life_timer_cb, self, timer_destroy_cb);
      break;
    case MSA_LIFE_ATTACHED:
      msa_multi_attach (self->multi, self->context);
      break;
    case MSA_LIFE_EXPORTED:
      self->exported = msa_multi_get_fd (self->multi);
      break;
    case MSA_LIFE_PERFORM:
    case MSA_LIFE_N_DRIVERS:
    default:
      break;
    }
}

void
msa_life_renew_driver (MsaLife *self)
{
  self->is_driver_lost = FALSE;
  msa_multi_detach (self->multi);
  g_hash_table_remove_all (self->watched);
  self->timer_us = G_MAXINT64;
  msa_life_install_driver (self);
}

/* Turns */

static void
act (MsaLife *self,
     int fd,
     MsaSocketEvents events)
{
  g_autoptr (GError) error = NULL;

  if (self->multi != NULL)
    msa_multi_socket_action (self->multi, fd, events, NULL, &error);
}

static gboolean
turn_callbacks (MsaLife *self)
{
  MsaSys *sys = msa_sim_get_sys (self->sim);
  g_autoptr (GArray) fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  GHashTableIter iter;
  gpointer fd, events;
  gboolean any = FALSE;

  g_hash_table_iter_init (&iter, self->watched);
  while (g_hash_table_iter_next (&iter, &fd, &events))
    {
      GPollFD poll_fd = { GPOINTER_TO_INT (fd), (gushort) GPOINTER_TO_UINT (events), 0 };

      g_array_append_val (fds, poll_fd);
    }
  sys->ops->poll (sys, (GPollFD *) (gpointer) fds->data, fds->len, 0);
  for (guint i = 0; i < fds->len; i++)
    {
      GPollFD *poll_fd = &g_array_index (fds, GPollFD, i);

      if (poll_fd->revents == 0)
        continue;
      act (self, poll_fd->fd, (MsaSocketEvents) poll_fd->revents);
      any = TRUE;
    }
  if (self->timer_us <= msa_sim_get_now_us (self->sim))
    {
      self->timer_us = G_MAXINT64;
      act (self, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
      any = TRUE;
    }

  return any;
}

static void
perform (MsaLife *self)
{
  g_autoptr (GError) error = NULL;

  msa_multi_perform (self->multi, NULL, &error);
}

static gboolean
turn_perform (MsaLife *self)
{
  g_autoptr (GError) error = NULL;
  guint n_ready = 0;
  gboolean due = msa_multi_get_timeout_ms (self->multi) == 0;

  msa_multi_poll (self->multi, 0, &n_ready, &error);
  if (self->multi != NULL)
    perform (self);

  return due || n_ready > 0;
}

static gboolean
turn_exported (MsaLife *self)
{
  struct pollfd poll_fd = { .fd = self->exported, .events = POLLIN };

  if (poll (&poll_fd, 1, 0) <= 0)
    return FALSE;
  perform (self);

  return TRUE;
}

gboolean
msa_life_turn (MsaLife *self)
{
  gboolean any = g_main_context_iteration (NULL, FALSE);

  any |= g_main_context_iteration (self->context, FALSE);
  if (self->multi == NULL)
    return any;

  if (self->driver == MSA_LIFE_CALLBACKS)
    any |= turn_callbacks (self);
  else if (self->driver == MSA_LIFE_PERFORM)
    any |= turn_perform (self);
  else if (self->driver == MSA_LIFE_EXPORTED)
    any |= turn_exported (self);

  return any;
}

/* Time */

static gint64
get_next_us (MsaLife *self)
{
  const gint64 next_us = msa_sim_next_event (self->sim);

  /* A closed one is driven by nobody. */
  if (self->multi == NULL || self->multi->closed == MSA_MULTI_CLOSED)
    return next_us;
  /* The functions are told of whole milliseconds. */
  if (self->driver == MSA_LIFE_CALLBACKS)
    return MIN (next_us, self->timer_us);

  return MIN (next_us, msa_engine_get_deadline (msa_multi_get_engine (self->multi)));
}

void
msa_life_run (MsaLife *self,
              MsaLifeCondition done,
              gint64 us)
{
  const gint64 end_us = msa_sim_get_now_us (self->sim) + us;
  guint n_turns = 0;

  while (done == NULL || !done (self))
    {
      gint64 next_us;

      if (self->is_driver_lost && self->multi != NULL)
        msa_life_renew_driver (self);
      msa_life_at_point (self, MSA_LIFE_POINT_OUTSIDE);
      if (self->between != NULL)
        self->between (self);
      /* Something would turn for ever. */
      g_assert_cmpuint (n_turns++, <, 20000);
      if (msa_life_turn (self))
        continue;
      next_us = get_next_us (self);
      if (next_us > end_us)
        break;
      msa_sim_advance_to (self->sim, MAX (next_us, msa_sim_get_now_us (self->sim)));
    }
}

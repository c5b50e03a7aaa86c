/* msa-test-driver.c: a multi driven in each of its ways, on either system
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-driver.h"

#include "msa-multi-private.h"

#include <poll.h>

struct _MsaTestDriver
{
  MsaTestDriverKind kind;
  MsaMulti *multi; /* (owned) */
  MsaSim *sim; /* (owned) (nullable) */
  MsaSys *sys; /* (unowned) */
  GMainContext *context; /* (owned): of the attached ones */
  int fd; /* of the exported one */
  GArray *watched; /* (element-type GPollFD): in the order in which they were announced */
  GPtrArray *violations; /* (element-type utf8) */
  gint64 timer_us; /* G_MAXINT64: none */
  int told_ms;
  guint n_socket_calls;
  guint n_timer_calls;
  gboolean waits_may_fail;
  MsaTestHook hook; /* (nullable) */
  gpointer hook_data;
  void (*set_limit) (gint64 until_us); /* (nullable) */
};

const char *
msa_test_driver_get_name (MsaTestDriverKind kind)
{
  static const char *const names[] = { "attached", "singly", "callbacks", "perform", "exported" };

  return names[kind];
}

gboolean
msa_test_driver_works_in_sim (MsaTestDriverKind kind)
{
  return kind != MSA_TEST_SINGLY;
}

static gint64
get_now_us (MsaTestDriver *self)
{
  return self->sys->ops->now_us (self->sys);
}

/* The model application */

static void
note_violation (MsaTestDriver *self,
                const char *rule,
                int fd)
{
  g_ptr_array_add (self->violations, g_strdup_printf ("descriptor %d: %s", fd, rule));
}

static GPollFD *
find_watched (MsaTestDriver *self,
              int fd)
{
  for (guint i = 0; i < self->watched->len; i++)
    {
      GPollFD *watched = &g_array_index (self->watched, GPollFD, i);

      if (watched->fd == fd)
        return watched;
    }

  return NULL;
}

static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  MsaTestDriver *self = user_data;
  GPollFD told = { .fd = fd, .events = (gushort) wanted };
  GPollFD *known = find_watched (self, fd);

  self->n_socket_calls++;
  if (removed && known == NULL)
    note_violation (self, "removed without having been announced", fd);
  if (removed && wanted != MSA_SOCKET_NONE)
    note_violation (self, "removed, and wanted all the same", fd);
  if (!removed && wanted == MSA_SOCKET_NONE)
    note_violation (self, "announced for nothing", fd);
  if (!removed && known != NULL && known->events == wanted)
    note_violation (self, "announced without a change", fd);

  if (removed && known != NULL)
    g_array_remove_index (self->watched,
                          (guint) (known - (GPollFD *) (gpointer) self->watched->data));
  else if (!removed && known != NULL)
    known->events = (gushort) wanted;
  else if (!removed)
    g_array_append_val (self->watched, told);

  if (self->hook != NULL)
    self->hook (multi, FALSE, self->hook_data);
}

static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  MsaTestDriver *self = user_data;

  self->n_timer_calls++;
  self->told_ms = timeout_ms;
  self->timer_us = timeout_ms < 0 ? G_MAXINT64 : get_now_us (self) + (gint64) timeout_ms * 1000;

  if (self->hook != NULL)
    self->hook (multi, TRUE, self->hook_data);
}

static void
act (MsaTestDriver *self,
     int fd,
     MsaSocketEvents events)
{
  g_autoptr (GError) error = NULL;
  gboolean done = msa_multi_socket_action (self->multi, fd, events, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

/* Waits until @until_us at most. */
static gboolean
turn_callbacks (MsaTestDriver *self,
                gint64 until_us)
{
  /* What is watched changes meanwhile. */
  g_autoptr (GArray) fds = g_array_copy (self->watched);
  gint64 wait_us = MIN (until_us, self->timer_us) - get_now_us (self);
  int timeout_ms = wait_us <= 0 ? 0 : (int) MIN ((wait_us + 999) / 1000, 3600 * 1000);
  gboolean any = FALSE;

  self->sys->ops->poll (self->sys, (GPollFD *) (gpointer) fds->data, fds->len, timeout_ms);
  for (guint i = 0; i < fds->len; i++)
    {
      GPollFD *poll_fd = &g_array_index (fds, GPollFD, i);

      if (poll_fd->revents == 0)
        continue;
      act (self, poll_fd->fd, (MsaSocketEvents) poll_fd->revents);
      any = TRUE;
    }

  if (self->timer_us <= get_now_us (self))
    {
      self->timer_us = G_MAXINT64;
      act (self, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
      any = TRUE;
    }

  return any;
}

/* The others */

static void
perform (MsaTestDriver *self)
{
  g_autoptr (GError) error = NULL;
  gboolean done = msa_multi_perform (self->multi, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

static int
to_wait_ms (MsaTestDriver *self,
            gint64 until_us)
{
  gint64 wait_us = until_us - get_now_us (self);

  return wait_us <= 0 ? 0 : (int) MIN ((wait_us + 999) / 1000, 3600 * 1000);
}

static gboolean
turn_perform (MsaTestDriver *self,
              gint64 until_us)
{
  g_autoptr (GError) error = NULL;
  guint n_ready = 0;
  gboolean due = msa_multi_get_timeout_ms (self->multi) == 0;
  gboolean done = msa_multi_poll (self->multi, to_wait_ms (self, until_us), &n_ready, &error);

  g_assert_cmpint (done, ==, error == NULL);
  if (!self->waits_may_fail)
    g_assert_no_error (error);
  due |= n_ready > 0 || msa_multi_get_timeout_ms (self->multi) == 0;
  perform (self);

  return due;
}

static gboolean
is_readable (int fd,
             int timeout_ms)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  return poll (&poll_fd, 1, timeout_ms) > 0;
}

/* What the multi waits for. A closed one waits for nothing more, since nobody drives it. */
static gint64
get_deadline_us (MsaTestDriver *self)
{
  if (self->multi->closed == MSA_MULTI_CLOSED)
    return G_MAXINT64;

  return msa_engine_get_deadline (msa_multi_get_engine (self->multi));
}

/* Moves virtual time on to what happens next for the multi. */
static void
let_time_pass (MsaTestDriver *self,
               gint64 until_us)
{
  if (self->sim != NULL && until_us > get_now_us (self))
    msa_sim_step (self->sim, MIN (until_us, get_deadline_us (self)));
}

static gboolean
turn_exported (MsaTestDriver *self,
               gint64 until_us)
{
  gboolean waits = self->sim == NULL || self->set_limit != NULL;
  /* It goes with the end of the multi, which leaves nothing to be done. */
  int fd = self->multi->closed == MSA_MULTI_CLOSED ? -1 : self->fd;

  if (!is_readable (fd, waits ? to_wait_ms (self, until_us) : 0))
    {
      /* The descriptor's own timer is one of the things that happen. */
      if (!waits && until_us > get_now_us (self))
        msa_sim_step (self->sim, until_us);
      return FALSE;
    }
  perform (self);

  return TRUE;
}

static gboolean
set_flag_cb (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_CONTINUE;
}

/* Blocks on the real system until something happens, or @until_us. */
static void
iterate_blocking (MsaTestDriver *self,
                  gint64 until_us)
{
  gboolean over = FALSE;
  GSource *source = g_timeout_source_new ((guint) to_wait_ms (self, until_us));

  g_source_set_callback (source, set_flag_cb, &over, NULL);
  g_source_attach (source, self->context);
  g_main_context_iteration (self->context, TRUE);
  g_source_destroy (source);
  g_source_unref (source);
}

static gboolean
turn_attached (MsaTestDriver *self,
               gint64 until_us)
{
  if (self->set_limit != NULL)
    return g_main_context_iteration (self->context, until_us > get_now_us (self));
  if (g_main_context_iteration (self->context, FALSE))
    return TRUE;

  if (self->sim != NULL)
    let_time_pass (self, until_us);
  else if (until_us > get_now_us (self))
    iterate_blocking (self, until_us);

  return FALSE;
}

static gboolean
turn (MsaTestDriver *self,
      gint64 until_us)
{
  if (self->set_limit != NULL)
    self->set_limit (until_us);
  switch (self->kind)
    {
    case MSA_TEST_ATTACHED:
    case MSA_TEST_SINGLY:
      return turn_attached (self, until_us);
    case MSA_TEST_CALLBACKS:
      return turn_callbacks (self, until_us);
    case MSA_TEST_PERFORM:
      return turn_perform (self, until_us);
    case MSA_TEST_EXPORTED:
      return turn_exported (self, until_us);
    case MSA_TEST_N_DRIVERS:
    default:
      g_assert_not_reached ();
    }
}

/* Where the system has no poller: the kernel cannot watch the simulation's descriptors. */
static void
perform_instead (MsaTestDriver *self)
{
  msa_multi_detach (self->multi);
  self->kind = MSA_TEST_PERFORM;
}

MsaTestDriver *
msa_test_driver_new (MsaTestDriverKind kind,
                     MsaMulti *multi,
                     MsaSim *sim)
{
  MsaTestDriver *self = g_new0 (MsaTestDriver, 1);

  g_assert_true (sim == NULL || msa_test_driver_works_in_sim (kind));
  self->kind = kind;
  self->multi = g_object_ref (multi);
  self->sim = sim != NULL ? msa_sim_ref (sim) : NULL;
  self->sys = msa_multi_get_engine (multi)->reactor.sys;
  self->context = g_main_context_new ();
  self->watched = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  self->violations = g_ptr_array_new_with_free_func (g_free);
  self->timer_us = G_MAXINT64;
  self->told_ms = -1;

  if (kind == MSA_TEST_ATTACHED || kind == MSA_TEST_SINGLY)
    {
      msa_multi_attach_with (multi, self->context, kind == MSA_TEST_SINGLY);
      if (sim != NULL && !msa_multi_get_engine (multi)->sockets.uses_poller)
        perform_instead (self);
    }
  else if (kind == MSA_TEST_CALLBACKS)
    {
      msa_multi_set_socket_func (multi, socket_cb, self, NULL);
      msa_multi_set_timer_func (multi, timer_cb, self, NULL);
    }
  else if (kind == MSA_TEST_EXPORTED)
    {
      self->fd = msa_multi_get_fd (multi);
      if (self->fd < 0 && sim != NULL)
        perform_instead (self);
      else
        g_assert_cmpint (self->fd, >=, 0);
    }

  return self;
}

void
msa_test_driver_free (MsaTestDriver *self)
{
  msa_multi_detach (self->multi);
  if (self->watched->len > 0)
    g_ptr_array_add (self->violations, g_strdup ("descriptors are announced after detaching"));
  for (guint i = 0; i < self->violations->len; i++)
    g_test_message ("contract: %s", (const char *) g_ptr_array_index (self->violations, i));
  g_assert_cmpuint (self->violations->len, ==, 0);

  g_object_unref (self->multi);
  g_clear_pointer (&self->sim, msa_sim_unref);
  g_main_context_unref (self->context);
  g_array_unref (self->watched);
  g_ptr_array_unref (self->violations);
  g_free (self);
}

/* Nothing is under way in the multi or the simulated world. */
static gboolean
is_dead (MsaTestDriver *self)
{
  return self->sim != NULL && msa_sim_next_event (self->sim) == G_MAXINT64 &&
         get_deadline_us (self) == G_MAXINT64;
}

gboolean
msa_test_driver_run (MsaTestDriver *self,
                     MsaTestCondition done,
                     gpointer data,
                     gint64 limit_us)
{
  gint64 end_us = get_now_us (self) + limit_us;

  while (!done (data))
    {
      gboolean any = turn (self, end_us);

      if (any || done (data))
        continue;
      /* The last thing that happened may have made something ready. */
      if ((get_now_us (self) >= end_us || is_dead (self)) && !msa_test_driver_turn (self))
        return done (data);
    }

  return TRUE;
}

gboolean
msa_test_driver_turn (MsaTestDriver *self)
{
  return turn (self, get_now_us (self));
}

gboolean
msa_test_driver_turn_until (MsaTestDriver *self,
                            gint64 until_us)
{
  return turn (self, until_us);
}

void
msa_test_driver_set_limit_func (MsaTestDriver *self,
                                void (*set_limit) (gint64 until_us))
{
  self->set_limit = set_limit;
}

static gboolean
never (gpointer data)
{
  return FALSE;
}

void
msa_test_driver_pass (MsaTestDriver *self,
                      gint64 us)
{
  gint64 end_us = get_now_us (self) + us;

  g_assert_nonnull (self->sim);
  msa_test_driver_run (self, never, NULL, us);
  if (get_now_us (self) < end_us)
    msa_sim_advance_to (self->sim, end_us);
  while (msa_test_driver_turn (self))
    ;
}

void
msa_test_driver_let_waits_fail (MsaTestDriver *self)
{
  self->waits_may_fail = TRUE;
}

void
msa_test_driver_set_hook (MsaTestDriver *self,
                          MsaTestHook hook,
                          gpointer data)
{
  self->hook = hook;
  self->hook_data = data;
}

GMainContext *
msa_test_driver_get_context (MsaTestDriver *self)
{
  return self->context;
}

guint
msa_test_driver_count_watched (MsaTestDriver *self)
{
  return self->watched->len;
}

MsaSocketEvents
msa_test_driver_get_wanted (MsaTestDriver *self,
                            int fd)
{
  GPollFD *watched = find_watched (self, fd);

  return watched != NULL ? (MsaSocketEvents) watched->events : MSA_SOCKET_NONE;
}

guint
msa_test_driver_count_socket_calls (MsaTestDriver *self)
{
  return self->n_socket_calls;
}

guint
msa_test_driver_count_timer_calls (MsaTestDriver *self)
{
  return self->n_timer_calls;
}

int
msa_test_driver_get_told_ms (MsaTestDriver *self)
{
  return self->told_ms;
}

GPtrArray *
msa_test_driver_get_violations (MsaTestDriver *self)
{
  return self->violations;
}

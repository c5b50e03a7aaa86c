/* conformance-watch.c: what a glue was told, and what it then calls
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-watch.h"

#include <dlfcn.h>
#include <string.h>

/* What was collected together with a change may still be told: once for each direction. */
#define MAX_STALE 4
#define MAX_UNBIDDEN 4
#define KNOWN_EVENTS (G_IO_IN | G_IO_OUT | G_IO_ERR | G_IO_HUP | G_IO_NVAL)

typedef struct
{
  MsaMultiSocketFunc socket_func; /* (nullable) */
  MsaMultiTimerFunc  timer_func;  /* (nullable) */
  gpointer           user_data;
  GDestroyNotify     destroy;     /* (nullable) */
} Func;

static struct
{
  MsaMulti *multi; /* (unowned) (nullable) */
  WatchBroken broken;
  GThread *thread; /* (unowned): where it began */
  GHashTable *fds; /* (owned): number → WatchedFd */
  Kinds kinds;
  gboolean has_socket_func;
  gboolean has_timer_func;
  gboolean is_attached;
  gboolean is_detached;
  guint in_timer; /* calls of the timer function on the stack */
  int told_ms;
  gint64 told_us;
  gboolean is_pending; /* not called for since */
  gint64 withdrawn_us;
  guint n_unbidden;
  guint n_calls;
  guint n_performs;
  guint n_messages;
} watch;

/* The library's own function behind one of ours, as `real`. */
#define FIND_REAL(name) __typeof__ (&name) real = find_real (#name)

static gpointer
find_real (const char *name)
{
  gpointer function = dlsym (RTLD_NEXT, name);

  if (function == NULL)
    g_error ("%s is not in the library", name);

  return function;
}

static gboolean
is_watched (MsaMulti *multi)
{
  return multi != NULL && multi == watch.multi;
}

static void
broken (const char *clause,
        const char *expected,
        const char *format,
        ...) G_GNUC_PRINTF (3, 4);

static void
broken (const char *clause,
        const char *expected,
        const char *format,
        ...)
{
  g_autofree char *seen = NULL;
  va_list args;

  va_start (args, format);
  seen = g_strdup_vprintf (format, args);
  va_end (args);
  watch.broken (clause, expected, seen);
}

/* What it is told */

static WatchedFd *
get_fd (int fd)
{
  WatchedFd *watched = g_hash_table_lookup (watch.fds, GINT_TO_POINTER (fd));

  if (watched == NULL)
    {
      watched = g_new0 (WatchedFd, 1);
      watched->fd = fd;
      g_hash_table_insert (watch.fds, GINT_TO_POINTER (fd), watched);
    }

  return watched;
}

static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  Func *func = user_data;

  if (is_watched (multi))
    {
      WatchedFd *watched = get_fd (fd);

      watched->announced = wanted;
      watched->n_stale = 0;
    }
  func->socket_func (multi, fd, wanted, removed, func->user_data);
}

static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  Func *func = user_data;

  if (is_watched (multi))
    {
      if (timeout_ms < 0)
        watch.withdrawn_us = watch.is_pending
                                 ? watch.told_us + watch.told_ms * G_GINT64_CONSTANT (1000)
                                 : 0;
      watch.is_pending = timeout_ms >= 0;
      watch.told_ms = timeout_ms;
      watch.told_us = g_get_monotonic_time ();
      watch.n_unbidden = 0;
    }
  watch.in_timer++;
  func->timer_func (multi, timeout_ms, func->user_data);
  watch.in_timer--;
}

static void
free_func (gpointer data)
{
  Func *func = data;

  if (func->destroy != NULL)
    func->destroy (func->user_data);
  g_free (func);
}

void
msa_multi_set_socket_func (MsaMulti *self,
                           MsaMultiSocketFunc socket_func,
                           gpointer user_data,
                           GDestroyNotify destroy)
{
  FIND_REAL (msa_multi_set_socket_func);
  Func *func = g_new0 (Func, 1);

  *func = (Func) { .socket_func = socket_func, .user_data = user_data, .destroy = destroy };
  if (is_watched (self))
    {
      watch.has_socket_func = socket_func != NULL;
      watch.is_attached = FALSE;
      watch.kinds |= KIND_CALLBACKS;
    }
  real (self, socket_func != NULL ? socket_cb : NULL, func, free_func);
}

void
msa_multi_set_timer_func (MsaMulti *self,
                          MsaMultiTimerFunc timer_func,
                          gpointer user_data,
                          GDestroyNotify destroy)
{
  FIND_REAL (msa_multi_set_timer_func);
  Func *func = g_new0 (Func, 1);

  *func = (Func) { .timer_func = timer_func, .user_data = user_data, .destroy = destroy };
  if (is_watched (self))
    {
      watch.has_timer_func = timer_func != NULL;
      watch.is_attached = FALSE;
      watch.kinds |= KIND_CALLBACKS;
    }
  real (self, timer_func != NULL ? timer_cb : NULL, func, free_func);
}

void
msa_multi_attach (MsaMulti *self,
                  GMainContext *context)
{
  FIND_REAL (msa_multi_attach);
  if (is_watched (self))
    {
      watch.has_socket_func = watch.has_timer_func = FALSE;
      watch.kinds |= KIND_ATTACHED;
      watch.is_attached = TRUE;
    }
  real (self, context);
}

void
msa_multi_detach (MsaMulti *self)
{
  FIND_REAL (msa_multi_detach);
  real (self);
  if (is_watched (self))
    {
      watch.has_socket_func = watch.has_timer_func = watch.is_attached = FALSE;
      watch.told_ms = -1;
    }
}

/* What it calls */

static void
note_call (const char *name)
{
  watch.n_calls++;
  if (watch.thread != g_thread_self ())
    broken ("C9", "Only msa_multi_wakeup() is called in another thread.",
            "%s() was called in another thread than the functions of the glue.", name);
  if (watch.is_detached)
    broken ("C10", "A glue that was detached does not drive the multi.",
            "%s() was called after detach().", name);
}

static void
note_timeout (void)
{
  if (watch.in_timer > 0)
    broken ("C7", "A timeout of 0 means at once, but not from within the timer function.",
            "msa_multi_socket_action() was called with MSA_SOCKET_TIMEOUT from within it.");
  watch.is_pending = FALSE;
  if (watch.told_ms < 0 && watch.has_timer_func)
    watch.n_unbidden++;
  if (watch.n_unbidden > MAX_UNBIDDEN)
    broken ("C7", "A timeout of -1 takes away the one before: nothing is called for it.",
            "MSA_SOCKET_TIMEOUT was called %u times while the timeout was -1.", watch.n_unbidden);
}

static void
note_socket (int fd,
             MsaSocketEvents events)
{
  WatchedFd *watched = get_fd (fd);

  if (events != 0 && (events & KNOWN_EVENTS) == 0)
    broken ("C1", "Events are given as values of MsaSocketEvents or GIOCondition.",
            "The events for descriptor %d were 0x%x.", fd, events);
  if (watched->announced == MSA_SOCKET_NONE && watch.has_socket_func &&
      ++watched->n_stale > MAX_STALE)
    broken ("C6", "A descriptor that was told as removed is watched no longer.",
            "msa_multi_socket_action() was called %u times for descriptor %d, which was %s.",
            watched->n_stale, fd, "removed, or never announced");
}

gboolean
msa_multi_socket_action (MsaMulti *self,
                         int fd,
                         MsaSocketEvents events,
                         guint *n_running,
                         GError **error)
{
  FIND_REAL (msa_multi_socket_action);
  if (is_watched (self))
    {
      note_call ("msa_multi_socket_action");
      if (fd == MSA_SOCKET_TIMEOUT)
        note_timeout ();
      else
        note_socket (fd, events);
    }

  return real (self, fd, events, n_running, error);
}

gboolean
msa_multi_perform (MsaMulti *self,
                   guint *n_running,
                   GError **error)
{
  FIND_REAL (msa_multi_perform);
  if (is_watched (self))
    {
      note_call ("msa_multi_perform");
      watch.n_performs++;
      watch.kinds |= watch.kinds == 0 ? KIND_PERFORM : 0;
    }

  return real (self, n_running, error);
}

gboolean
msa_multi_poll (MsaMulti *self,
                int timeout_ms,
                guint *n_ready,
                GError **error)
{
  FIND_REAL (msa_multi_poll);
  if (is_watched (self))
    {
      note_call ("msa_multi_poll");
      watch.kinds |= watch.kinds == 0 ? KIND_PERFORM : 0;
    }

  return real (self, timeout_ms, n_ready, error);
}

int
msa_multi_get_fd (MsaMulti *self)
{
  FIND_REAL (msa_multi_get_fd);
  if (is_watched (self))
    {
      watch.has_socket_func = watch.has_timer_func = watch.is_attached = FALSE;
      watch.kinds |= KIND_EXPORTED;
    }

  return real (self);
}

MsaEasy *
msa_multi_info_read (MsaMulti *self,
                     guint *n_left)
{
  FIND_REAL (msa_multi_info_read);
  MsaEasy *easy = real (self, n_left);

  if (is_watched (self) && easy != NULL)
    watch.n_messages++;

  return easy;
}

/* What the checks ask */

void
watch_begin (MsaMulti *multi,
             WatchBroken broken_func)
{
  watch_end ();
  watch.multi = multi;
  watch.broken = broken_func;
  watch.thread = g_thread_self ();
  watch.fds = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  watch.told_ms = -1;
}

void
watch_end (void)
{
  g_clear_pointer (&watch.fds, g_hash_table_unref);
  memset (&watch, 0, sizeof watch);
}

void
watch_set_detached (gboolean detached)
{
  watch.is_detached = detached;
}

void
watch_drive (int timeout_ms)
{
  FIND_REAL (msa_multi_perform);
  __typeof__ (&msa_multi_poll) poll = find_real ("msa_multi_poll");

  poll (watch.multi, timeout_ms, NULL, NULL);
  real (watch.multi, NULL, NULL);
}

Kinds
watch_get_kinds (void)
{
  return watch.kinds;
}

gboolean
watch_has_socket_func (void)
{
  return watch.has_socket_func;
}

gboolean
watch_has_timer_func (void)
{
  return watch.has_timer_func;
}

gboolean
watch_is_attached (void)
{
  return watch.is_attached;
}

guint
watch_count_calls (void)
{
  return watch.n_calls;
}

guint
watch_count_performs (void)
{
  return watch.n_performs;
}

guint
watch_count_messages (void)
{
  return watch.n_messages;
}

guint
watch_count_unbidden (void)
{
  return watch.n_unbidden;
}

int
watch_get_told_ms (gint64 *when_us)
{
  *when_us = watch.told_us;

  return watch.told_ms;
}

gint64
watch_get_withdrawn_us (void)
{
  return watch.withdrawn_us;
}

GHashTable *
watch_get_fds (void)
{
  return watch.fds;
}

guint
watch_count_announced (void)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, watch.fds);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += ((WatchedFd *) value)->announced != MSA_SOCKET_NONE;

  return n;
}

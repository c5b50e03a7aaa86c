/* msa-multi-driver.c: who calls the engine
 *
 * The four drivers of a multi, of which one is set at a time: a main context's source, an
 * application's loop by callbacks, perform and poll in turn, one exported descriptor. All end
 * in the engine's one dispatch.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi.h"

#include "base/msa-english-private.h"
#include "model/msa-error.h"
#include "msa-multi-private.h"
#include "msa-multi-source-private.h"

#include <errno.h>

/* Callbacks */

static void
socket_cb (gpointer data,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed)
{
  MsaMulti *self = data;
  g_autoptr (MsaCallback) callback = NULL;

  if (self->socket_func == NULL)
    return;

  callback = msa_callback_ref (self->socket_func);
  ((MsaMultiSocketFunc) callback->func) (self, fd, wanted, removed, callback->user_data);
}

static int
to_timeout_ms (MsaMulti *self,
               gint64 deadline_us)
{
  if (deadline_us == G_MAXINT64)
    return -1;

  return deadline_us == 0 ? 0 : msa_engine_get_timeout_ms (self->engine);
}

static void
timer_cb (gpointer data,
          gint64 deadline_us)
{
  MsaMulti *self = data;
  g_autoptr (MsaCallback) callback = NULL;

  if (self->timer_func == NULL)
    return;

  callback = msa_callback_ref (self->timer_func);
  ((MsaMultiTimerFunc) callback->func) (self, to_timeout_ms (self, deadline_us),
                                        callback->user_data);
}

static const MsaDriverOps callback_ops = {
  .socket = socket_cb,
  .timer = timer_cb,
};

static gboolean
has_callbacks (const MsaMulti *self)
{
  return self->socket_func != NULL || self->timer_func != NULL;
}

void
msa_multi_drop_driver (MsaMulti *self)
{
  g_autoptr (MsaCallback) socket_func = NULL;
  g_autoptr (MsaCallback) timer_func = NULL;

  if (self->source != NULL)
    msa_multi_source_free (g_steal_pointer (&self->source));
  else
    msa_engine_set_driver (self->engine, NULL, NULL);
  socket_func = g_steal_pointer (&self->socket_func);
  timer_func = g_steal_pointer (&self->timer_func);
}

static void
detach_source (MsaMulti *self)
{
  if (self->source != NULL)
    msa_multi_source_free (g_steal_pointer (&self->source));
}

void
msa_multi_attach_with (MsaMulti *self,
                       GMainContext *context,
                       gboolean singly)
{
  g_autoptr (GMainContext) own = NULL;

  g_object_ref (self);
  msa_multi_drop_driver (self);
  own = context != NULL ? g_main_context_ref (context) : g_main_context_ref_thread_default ();
  self->source = msa_multi_source_new (self->engine, G_OBJECT (self), singly);
  g_source_set_priority (self->source, self->priority);
  g_source_attach (self->source, own);
  self->engine->reactor.context = own;
  msa_multi_update_hold (self);
  g_object_unref (self);
}

/**
 * msa_multi_attach:
 * @self: the multi
 * @context: (nullable): the context; %NULL for the thread-default one
 *
 * Has the multi driven by a main context, by one source at [property@Multi:priority].
 *
 * Ends any other driver. While transfers run, the attached multi holds itself.
 *
 * Since: 1.0
 */
void
msa_multi_attach (MsaMulti *self,
                  GMainContext *context)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  msa_multi_attach_with (self, context, FALSE);
}

/**
 * msa_multi_detach:
 * @self: the multi
 *
 * Ends the driver, whichever it is. Functions that were set are told that each descriptor is
 * removed, then dropped. Transfers stay as they are until another driver goes on.
 *
 * Since: 1.0
 */
void
msa_multi_detach (MsaMulti *self)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  g_object_ref (self);
  msa_multi_drop_driver (self);
  msa_multi_update_hold (self);
  g_object_unref (self);
}

static void
use_callbacks (MsaMulti *self)
{
  if (has_callbacks (self))
    msa_engine_set_driver (self->engine, &callback_ops, self);
  else
    msa_engine_set_driver (self->engine, NULL, NULL);
}

/* The old function hears that all is removed before the new one hears what is wanted. */
static void
replace_callback (MsaMulti *self,
                  MsaCallback **place,
                  MsaCallback *callback)
{
  g_autoptr (MsaCallback) old = NULL;

  g_object_ref (self);
  detach_source (self);
  msa_engine_set_driver (self->engine, NULL, NULL);
  old = g_steal_pointer (place);
  *place = callback;
  use_callbacks (self);
  msa_multi_update_hold (self);
  g_object_unref (self);
}

/**
 * msa_multi_set_socket_func:
 * @self: the multi
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): told of each
 *   change of a descriptor's interest; %NULL to clear
 * @user_data: passed to @func
 * @destroy: (nullable): frees @user_data
 *
 * Has an application's own loop drive the multi, together with [method@Multi.set_timer_func].
 *
 * @func is called from within [method@Multi.socket_action] and [method@Multi.perform], and when a
 * driver is set or cleared; only for changes; with @removed before a descriptor is closed; and
 * never @removed for one that was not announced.
 *
 * Since: 1.0
 */
void
msa_multi_set_socket_func (MsaMulti *self,
                           MsaMultiSocketFunc func,
                           gpointer user_data,
                           GDestroyNotify destroy)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  replace_callback (self, &self->socket_func,
                    msa_callback_new (G_CALLBACK (func), user_data, destroy));
}

/**
 * msa_multi_set_timer_func:
 * @self: the multi
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): told of each
 *   change of the one timeout; %NULL to clear
 * @user_data: passed to @func
 * @destroy: (nullable): frees @user_data
 *
 * Has an application's own loop drive the multi, together with [method@Multi.set_socket_func].
 *
 * @func is called when the deadline changes: from within a dispatch, when a driver is set,
 *   and, with a timeout
 * of 0, from functions like [method@Multi.add] that make something due.
 *
 * Since: 1.0
 */
void
msa_multi_set_timer_func (MsaMulti *self,
                          MsaMultiTimerFunc func,
                          gpointer user_data,
                          GDestroyNotify destroy)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  replace_callback (self, &self->timer_func,
                    msa_callback_new (G_CALLBACK (func), user_data, destroy));
}

/* perform(), poll() and get_fd() need no preparation by the caller. */
static void
ensure_driver (MsaMulti *self)
{
  if (self->source == NULL && !has_callbacks (self))
    msa_engine_use_poller (self->engine);
}

/**
 * msa_multi_get_fd:
 * @self: the multi
 *
 * Gives one descriptor that is readable whenever [method@Multi.perform] is due: a socket is
 * ready, a deadline is over, or [method@Multi.wakeup] was called.
 *
 * Ends any other driver. The descriptor belongs to the multi: it must not be read or closed.
 *
 * Returns: the descriptor; -1 where the system has none of this kind
 *
 * Since: 1.0
 */
int
msa_multi_get_fd (MsaMulti *self)
{
  int fd;

  g_return_val_if_fail (MSA_IS_MULTI (self), -1);

  g_object_ref (self);
  if (self->source != NULL || has_callbacks (self))
    msa_multi_drop_driver (self);
  fd = msa_engine_export_fd (self->engine);
  msa_multi_update_hold (self);
  g_object_unref (self);

  return fd;
}

/**
 * msa_multi_get_poll_fds:
 * @self: the multi
 * @n_fds: (out): how many there are
 *
 * Lists the descriptors that the multi waits for now, as `poll()` takes them. To be asked anew
 * before each wait.
 *
 * Returns: (transfer container) (array length=n_fds) (nullable): the descriptors; %NULL if
 * there are none
 *
 * Since: 1.0
 */
GPollFD *
msa_multi_get_poll_fds (MsaMulti *self,
                        guint *n_fds)
{
  GArray *fds;

  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);
  g_return_val_if_fail (n_fds != NULL, NULL);

  fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  msa_sockets_get_poll_fds (&self->engine->sockets, fds);
  *n_fds = fds->len;

  return (GPollFD *) (gpointer) g_array_free (fds, fds->len == 0);
}

/**
 * msa_multi_get_timeout_ms:
 * @self: the multi
 *
 * Gives how long the multi may be left alone if no descriptor gets ready.
 *
 * Returns: milliseconds, rounded up; 0: a call is due; -1: for ever
 *
 * Since: 1.0
 */
int
msa_multi_get_timeout_ms (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), -1);

  return msa_engine_get_timeout_ms (self->engine);
}

/**
 * msa_multi_assign: (skip)
 * @self: the multi
 * @fd: a descriptor that was announced
 * @data: (nullable): what to keep with it
 *
 * Keeps a pointer with a descriptor, until that is removed.
 *
 * Returns: %FALSE if the descriptor is not announced
 *
 * Since: 1.0
 */
gboolean
msa_multi_assign (MsaMulti *self,
                  int fd,
                  gpointer data)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);

  return msa_sockets_assign (&self->engine->sockets, fd, data);
}

/**
 * msa_multi_get_assigned: (skip)
 * @self: the multi
 * @fd: a descriptor
 *
 * Gets what [method@Multi.assign] keeps with a descriptor.
 *
 * Returns: (nullable): the pointer
 *
 * Since: 1.0
 */
gpointer
msa_multi_get_assigned (MsaMulti *self,
                        int fd)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  return msa_sockets_get_assigned (&self->engine->sockets, fd);
}

void
msa_multi_ensure_driven (MsaMulti *self)
{
  if (self->source == NULL && !has_callbacks (self) && !self->engine->sockets.uses_poller)
    msa_multi_attach (self, NULL);
}

/* Driving */

static gboolean
drive (MsaMulti *self,
       int fd,
       guint events,
       gboolean all,
       guint *n_running)
{
  g_object_ref (self);
  if (all)
    msa_engine_perform (self->engine);
  else
    msa_engine_socket_action (self->engine, fd, events);
  if (n_running != NULL)
    *n_running = self->engine->n_transfers;
  g_object_unref (self);

  return TRUE;
}

/**
 * msa_multi_socket_action:
 * @self: the multi
 * @fd: a descriptor that is ready, or %MSA_SOCKET_TIMEOUT
 * @events: what it is ready for; %MSA_SOCKET_NONE if that is not known. Values of
 *   [flags@GLib.IOCondition] may be passed
 * @n_running: (out) (optional): transfers that are added and not finished, those that wait included
 * @error: return location for an error
 *
 * Does as much as can be done now, without blocking.
 *
 * Events are hints: what is not ready does no harm, and a descriptor that is not known is no
 * error. Calling with %MSA_SOCKET_TIMEOUT starts what was added and says that the announced
 * timeout is over; calling early has it announced again.
 *
 * An error of a transfer is never one of this function. Should it fail, each transfer still
 * runs, or was delivered.
 *
 * Returns: %TRUE
 *
 * Since: 1.0
 */
gboolean
msa_multi_socket_action (MsaMulti *self,
                         int fd,
                         MsaSocketEvents events,
                         guint *n_running,
                         GError **error)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);

  return drive (self, fd, events, FALSE, n_running);
}

/**
 * msa_multi_perform:
 * @self: the multi
 * @n_running: (out) (optional): as for [method@Multi.socket_action]
 * @error: return location for an error
 *
 * Does as much as can be done now for all transfers, without blocking.
 *
 * Returns: %TRUE
 *
 * Since: 1.0
 */
gboolean
msa_multi_perform (MsaMulti *self,
                   guint *n_running,
                   GError **error)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);

  ensure_driver (self);

  return drive (self, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, TRUE, n_running);
}

/**
 * msa_multi_poll:
 * @self: the multi
 * @timeout_ms: how long to wait at most, in milliseconds; -1: as long as it takes
 * @n_ready: (out) (optional): how many descriptors are ready
 * @error: return location for an error
 *
 * Waits until [method@Multi.perform] has something to do: a descriptor is ready, a deadline is
 * over, or [method@Multi.wakeup] was called. Waits also when there are no descriptors.
 *
 * Gives %MSA_ERROR_FAILED if the system cannot wait.
 *
 * Returns: %TRUE, also when the time was over
 *
 * Since: 1.0
 */
gboolean
msa_multi_poll (MsaMulti *self,
                int timeout_ms,
                guint *n_ready,
                GError **error)
{
  int n;

  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);

  ensure_driver (self);
  n = msa_engine_poll (self->engine, timeout_ms);
  if (n < 0)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_FAILED, "Waiting for descriptors failed: %s",
                   msa_english_errno (errno));
      return FALSE;
    }
  if (n_ready != NULL)
    *n_ready = (guint) n;

  return TRUE;
}

/**
 * msa_multi_wakeup:
 * @self: the multi
 *
 * Ends one wait of [method@Multi.poll]: the one under way, or the next. Makes the descriptor of
 * [method@Multi.get_fd] readable.
 *
 * May be called in any thread; several calls before a wait count as one.
 *
 * Since: 1.0
 */
void
msa_multi_wakeup (MsaMulti *self)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  msa_engine_wakeup (self->engine);
}

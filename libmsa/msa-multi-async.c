/* msa-multi-async.c: the asynchronous calls of a multi
 *
 * A run is what waits behind one asynchronous call: the task, and the cancellable that may end
 * it. Cancelling, which any thread may do, puts the run into the engine's mailbox; the transfer
 * then ends from a dispatch.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi.h"

#include "base/msa-container-private.h"
#include "base/msa-lock-private.h"
#include "model/msa-error-private.h"
#include "msa-easy-private.h"
#include "msa-multi-private.h"

/* Enough of a phrase to tell what it says. */
#define MAX_SHOWN_REASON_BYTES 80

typedef struct
{
  int refs; /* (atomic): the cancellable's thread may drop the last */
  MsaTask cancelled; /* the mail that cancelling sends, once */
  MsaMailbox *mailbox; /* (owned): the engine's */
  MsaEasy *easy; /* (owned) (nullable): until the call has ended */
  GTask *task; /* (owned) (nullable): until the call has ended */
  GCancellable *cancellable; /* (owned) (nullable) */
  gulong handler;
  int is_posted; /* (atomic): the mail was sent; it cannot be twice */
  gboolean is_fetch;
} MsaRun;

static MsaRun *
run_ref (MsaRun *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

static void
run_unref (gpointer data)
{
  MsaRun *self = data;

  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  g_clear_object (&self->easy);
  g_clear_object (&self->task);
  g_clear_object (&self->cancellable);
  msa_mailbox_unref (self->mailbox);
  g_free (self);
}

static void
run_closure_notify (gpointer data,
                    GClosure *closure)
{
  run_unref (data);
}

/* Its result is not on its way yet. While that is delivered the easy may run again already. */
static gboolean
is_running (const MsaRun *self)
{
  return self->easy != NULL && msa_easy_get_membership (self->easy)->run == self;
}

/* In a dispatch. The easy may have left, or run again for somebody else. */
static void
cancel_done_cb (MsaTask *task,
                MsaReactor *reactor,
                gint64 now_us)
{
  MsaRun *self = MSA_CONTAINER_OF (task, MsaRun, cancelled);
  GError *error = NULL;

  if (reactor != NULL && is_running (self))
    {
      g_cancellable_set_error_if_cancelled (self->cancellable, &error);
      if (error == NULL)
        g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                             "The transfer was cancelled");
      msa_engine_cancel ((MsaEngine *) reactor, msa_easy_get_membership (self->easy)->transfer,
                         error);
    }
  run_unref (self);
}

/* In any thread; again after g_cancellable_reset(), or when watch_cancellable() finds it
 * cancelled meanwhile. */
static void
cancelled_cb (GCancellable *cancellable,
              gpointer user_data)
{
  MsaRun *self = user_data;

  MSA_LOCK_TOOK (self);
  if (!g_atomic_int_compare_and_exchange (&self->is_posted, FALSE, TRUE))
    return;
  run_ref (self);
  msa_engine_post (self->mailbox, &self->cancelled);
}

static MsaRun *
run_new (MsaMulti *multi,
         MsaEasy *easy,
         GTask *task,
         GCancellable *cancellable)
{
  MsaRun *self = g_new0 (MsaRun, 1);

  self->refs = 1;
  self->cancelled.done = cancel_done_cb;
  self->mailbox = msa_mailbox_ref (multi->engine->mailbox);
  self->easy = g_object_ref (easy);
  self->task = g_object_ref (task);
  g_set_object (&self->cancellable, cancellable);

  return self;
}

/* A plain connection: g_cancellable_disconnect() would wait for handlers that may be waiting
 * for us. What stands in the run is ordered before the handler by the lock of GLib's signals. */
static void
watch_cancellable (MsaRun *self)
{
  if (self->cancellable == NULL)
    return;

  MSA_LOCK_GIVES (self);
  self->handler = g_signal_connect_data (self->cancellable, "cancelled", G_CALLBACK (cancelled_cb),
                                         run_ref (self), run_closure_notify, 0);
  if (g_cancellable_is_cancelled (self->cancellable))
    {
      g_signal_handler_disconnect (self->cancellable, self->handler);
      self->handler = 0;
      cancelled_cb (self->cancellable, self);
    }
}

/* The run waits for nothing any more. Gives its task. */
static GTask *
run_settle (MsaRun *self)
{
  if (self->handler != 0)
    g_signal_handler_disconnect (self->cancellable, self->handler);
  self->handler = 0;
  g_clear_object (&self->easy);

  return g_steal_pointer (&self->task);
}

/* The reason phrase is the peer's. */
static GError *
make_status_error (const MsaTransfer *transfer)
{
  const char *reason = transfer->reason != NULL ? transfer->reason : "";
  GError *error = g_error_new (MSA_ERROR, MSA_ERROR_HTTP_STATUS, "%s answered with %u%s%.*s",
                               transfer->url->authority, transfer->status,
                               reason[0] == '\0' ? "" : " ", MAX_SHOWN_REASON_BYTES, reason);

  msa_error_tidy (error);

  return error;
}

static void
return_body (GTask *task,
             MsaTransfer *transfer)
{
  if (transfer->status >= 400)
    g_task_return_error (task, make_status_error (transfer));
  else
    g_task_return_pointer (task, g_bytes_ref (transfer->body), (GDestroyNotify) g_bytes_unref);
}

void
msa_multi_run_return (gpointer run,
                      MsaTransfer *transfer)
{
  MsaRun *self = run;
  g_autoptr (GTask) task = run_settle (self);

  if (transfer->error != NULL)
    g_task_return_error (task, g_error_copy (transfer->error));
  else if (self->is_fetch)
    return_body (task, transfer);
  else
    g_task_return_boolean (task, TRUE);
  run_unref (self);
}

/* Languages may hand in the result of anything. */
static gboolean
is_result_of (MsaMulti *self,
              GAsyncResult *result,
              gpointer tag,
              GError **error)
{
  if (g_task_is_valid (result, self) && g_async_result_is_tagged (result, tag))
    return TRUE;

  g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                       "The result is that of another call");
  return FALSE;
}

static gboolean
return_cancelled_cb (gpointer user_data)
{
  g_task_return_new_error (user_data, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s",
                           g_task_get_source_tag (user_data) == (gpointer) msa_multi_close_async
                               ? "The multi was disposed of"
                               : "The transfer was removed");

  return G_SOURCE_REMOVE;
}

static void
return_later (GTask *task)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, g_task_get_priority (task));
  g_source_set_callback (source, return_cancelled_cb, task, g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

void
msa_multi_run_cancel (gpointer run)
{
  return_later (run_settle (run));
  run_unref (run);
}

static void
start_run (MsaMulti *self,
           MsaEasy *easy,
           GTask *task,
           GCancellable *cancellable,
           gboolean is_fetch)
{
  MsaRun *run = run_new (self, easy, task, cancellable);
  GError *error = NULL;

  run->is_fetch = is_fetch;
  watch_cancellable (run);
  if (!msa_multi_add_run (self, easy, run, &error))
    {
      g_autoptr (GTask) own_task = run_settle (run);

      g_task_return_error (own_task, error);
      run_unref (run);
      return;
    }

  msa_multi_ensure_driven (self);
}

/**
 * msa_multi_run_async:
 * @self: the multi
 * @easy: what to run
 * @io_priority: the priority of the call's end; the order among transfers is
 *   [property@Easy:priority]
 * @cancellable: (nullable): to cancel
 * @callback: (scope async) (closure user_data): called when the run has ended
 * @user_data: passed to @callback
 *
 * Adds an easy and waits for its end, which comes after [signal@Easy::completed].
 *
 * If the multi has no driver, it is attached to the thread-default context.
 *
 * Since: 1.0
 */
void
msa_multi_run_async (MsaMulti *self,
                     MsaEasy *easy,
                     int io_priority,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (MSA_IS_EASY (easy));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, msa_multi_run_async);
  g_task_set_priority (task, io_priority);
  start_run (self, easy, task, cancellable, FALSE);
}

/**
 * msa_multi_run_finish:
 * @self: the multi
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Multi.run_async].
 *
 * Gives any code of [error@Error] that a transfer can end with, %MSA_ERROR_ALREADY_ADDED and
 * %MSA_ERROR_CLOSED as [method@Multi.add], %G_IO_ERROR_CANCELLED if it was cancelled or the
 * easy was removed, and %MSA_ERROR_INVALID_ARGUMENT for the result of another call.
 *
 * Returns: %TRUE if the run succeeded; a status of 400 or more is no failure
 *
 * Since: 1.0
 */
gboolean
msa_multi_run_finish (MsaMulti *self,
                      GAsyncResult *result,
                      GError **error)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), FALSE);

  if (!is_result_of (self, result, msa_multi_run_async, error))
    return FALSE;

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * msa_multi_fetch_async:
 * @self: the multi
 * @uri: what to fetch
 * @cancellable: (nullable): to cancel
 * @callback: (scope async) (closure user_data): called when it has ended
 * @user_data: passed to @callback
 *
 * Fetches a URI with default settings.
 *
 * If the multi has no driver, it is attached to the thread-default context.
 *
 * Since: 1.0
 */
void
msa_multi_fetch_async (MsaMulti *self,
                       const char *uri,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (MsaEasy) easy = NULL;
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (uri != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, msa_multi_fetch_async);
  easy = msa_easy_new (uri);
  start_run (self, easy, task, cancellable, TRUE);
}

/**
 * msa_multi_fetch_finish:
 * @self: the multi
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Multi.fetch_async].
 *
 * Gives %MSA_ERROR_HTTP_STATUS, with the status in the message, if that is 400 or more;
 * %MSA_ERROR_TOO_LARGE past 64 MiB; and the errors of [method@Multi.run_finish].
 *
 * Returns: (transfer full): the body, empty if the response had none
 *
 * Since: 1.0
 */
GBytes *
msa_multi_fetch_finish (MsaMulti *self,
                        GAsyncResult *result,
                        GError **error)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  if (!is_result_of (self, result, msa_multi_fetch_async, error))
    return NULL;

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Synchronous */

static void
wakeup_cb (GCancellable *cancellable,
           gpointer user_data)
{
  /* In the thread that cancels. */
  msa_lock_was_handed (user_data);
  msa_multi_wakeup (user_data);
  msa_lock_hands_over (user_data);
}

static gboolean
wait_until_done (MsaMulti *self,
                 MsaTransfer *transfer,
                 GCancellable *cancellable,
                 GError **error)
{
  while (TRUE)
    {
      if (!msa_multi_perform (self, NULL, error))
        return FALSE;
      if (transfer->state == MSA_TRANSFER_GONE)
        return TRUE;
      if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
          !msa_multi_poll (self, -1, NULL, error))
        return FALSE;
    }
}

gboolean
msa_multi_run_until_done (MsaMulti *self,
                          MsaEasy *easy,
                          GCancellable *cancellable,
                          GError **error)
{
  MsaTransfer *transfer;
  gulong handler = 0;
  gboolean done;

  if (!msa_multi_add (self, easy, error))
    return FALSE;

  transfer = msa_transfer_ref (msa_easy_get_membership (easy)->transfer);
  msa_lock_hands_over (self);
  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (wakeup_cb), self, NULL);
  done = wait_until_done (self, transfer, cancellable, error);
  g_cancellable_disconnect (cancellable, handler);
  msa_lock_was_handed (self);
  msa_multi_remove (self, easy);
  g_queue_clear_full (&self->messages, g_object_unref);

  if (done && transfer->error != NULL)
    {
      g_propagate_error (error, g_error_copy (transfer->error));
      done = FALSE;
    }
  msa_transfer_unref (transfer);

  return done;
}

/* Closing */

static void
stop_waiting (MsaMulti *self)
{
  if (self->close_watch == NULL)
    return;

  g_source_destroy (self->close_watch);
  g_clear_pointer (&self->close_watch, g_source_unref);
}

void
msa_multi_finish_close (MsaMulti *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->closed != MSA_MULTI_CLOSING || self->engine->n_transfers > 0)
    return;

  msa_scheduler_shut_down_idle (self->engine);
  if (self->engine->scheduler.n_connections > 0 || self->engine->reactor.n_open_outputs > 0)
    return;

  self->closed = MSA_MULTI_CLOSED;
  stop_waiting (self);
  task = g_steal_pointer (&self->closing);
  msa_multi_detach (self);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

void
msa_multi_cancel_close (MsaMulti *self)
{
  stop_waiting (self);
  if (self->closing != NULL)
    return_later (g_steal_pointer (&self->closing));
}

/* The closing goes on. */
static gboolean
close_cancelled_cb (GCancellable *cancellable,
                    gpointer user_data)
{
  MsaMulti *self = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&self->closing);

  stop_waiting (self);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

/* In the context of the caller. */
static void
watch_close (MsaMulti *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->closing);

  if (cancellable == NULL)
    return;

  self->close_watch = g_cancellable_source_new (cancellable);
  g_source_set_callback (self->close_watch, G_SOURCE_FUNC (close_cancelled_cb), self, NULL);
  g_source_attach (self->close_watch, g_task_get_context (self->closing));
}

/**
 * msa_multi_close_async:
 * @self: the multi
 * @cancellable: (nullable): ends the waiting, not the closing
 * @callback: (scope async) (closure user_data): called when all is closed
 * @user_data: passed to @callback
 *
 * Takes no more easies, lets those that run finish, then closes all connections and ends
 * the driver. Peers have two seconds to answer the goodbye, and files that were begun in vain are
 * gone; unreferencing the multi waits for nothing.
 *
 * If the multi has no driver, it is attached to the thread-default context.
 *
 * Since: 1.0
 */
void
msa_multi_close_async (MsaMulti *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (MSA_IS_MULTI (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, msa_multi_close_async);
  if (self->closed != MSA_MULTI_OPEN)
    {
      g_task_return_new_error (task, MSA_ERROR, MSA_ERROR_CLOSED, "The multi was closed already");
      return;
    }

  self->closed = MSA_MULTI_CLOSING;
  self->closing = g_steal_pointer (&task);
  watch_close (self);
  msa_multi_ensure_driven (self);
  msa_engine_poke (self->engine);
}

/**
 * msa_multi_close_finish:
 * @self: the multi
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Multi.close_async]. Gives %MSA_ERROR_CLOSED if the multi was closed before.
 *
 * Returns: %TRUE if all is closed
 *
 * Since: 1.0
 */
gboolean
msa_multi_close_finish (MsaMulti *self,
                        GAsyncResult *result,
                        GError **error)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), FALSE);

  if (!is_result_of (self, result, msa_multi_close_async, error))
    return FALSE;

  return g_task_propagate_boolean (G_TASK (result), error);
}

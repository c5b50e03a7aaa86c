/* msa-multi.c: the driver of any number of transfers
 *
 * Its life, adding, removing and delivery: keeps the easies that are added and the messages
 * that nobody took. Who calls the engine lives in msa-multi-driver.c, asynchronous calls in
 * msa-multi-async.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi.h"

#include "base/msa-mask-private.h"
#include "model/msa-error.h"
#include "msa-callback-private.h"
#include "msa-easy-private.h"
#include "msa-marshal.h"
#include "msa-multi-private.h"
#include "msa-multi-source-private.h"

/**
 * MsaMulti:
 *
 * Drives any number of transfers in one thread, without blocking.
 *
 * On a [struct@GLib.MainContext] all it takes is [method@Multi.attach]: completion arrives as
 * [signal@Easy::completed], or as the end of [method@Multi.run_async].
 *
 * ```c
 * MsaMulti *multi = msa_multi_new ();
 *
 * msa_multi_attach (multi, NULL);
 * msa_multi_fetch_async (multi, "https://example.org/", NULL, fetched_cb, NULL);
 * ```
 *
 * Without one, an application's own loop drives it in one of three ways: by the functions of
 * [method@Multi.set_socket_func] and [method@Multi.set_timer_func] with
 * [method@Multi.socket_action]; by [method@Multi.perform] and [method@Multi.poll] in turn; or
 * by [method@Multi.perform] whenever the descriptor of [method@Multi.get_fd] is readable. There
 * is one driver at a time; the one set last counts.
 *
 * A multi and its easies belong to one thread; [method@Multi.wakeup] alone may be called in any:
 * see [threads](threads.html).
 *
 * Every function may be called from every handler. A loop that is run within a handler drives
 * all transfers but the one whose handler it is. What else a program may rely on, is
 * [the contract](contract.html).
 *
 * Since: 1.0
 */
G_DEFINE_TYPE (MsaMulti, msa_multi, G_TYPE_OBJECT)

enum
{
  COMPLETED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

MsaEngine *
msa_multi_get_engine (MsaMulti *self)
{
  return self->engine;
}

/* Life: who holds whom */

/* An attached multi lives as long as it has something to do. To be called last: the multi may
 * go with it. */
void
msa_multi_update_hold (MsaMulti *self)
{
  gboolean hold = self->source != NULL && self->engine->n_transfers > 0;

  if (hold == self->holds_itself)
    return;

  self->holds_itself = hold;
  if (hold)
    g_object_ref (self);
  else
    g_object_unref (self);
}

static void
enter (MsaMulti *self,
       MsaEasy *easy)
{
  MsaMembership *membership = msa_easy_get_membership (easy);

  g_object_ref (easy);
  membership->multi = self;
  g_queue_push_tail_link (&self->easies, &membership->link);
  if (self->transfers != NULL)
    msa_transfer_list_add (self->transfers, easy);
}

/* The multi's reference is the caller's now. */
static void
leave (MsaMulti *self,
       MsaEasy *easy)
{
  MsaMembership *membership = msa_easy_get_membership (easy);

  membership->multi = NULL;
  g_queue_unlink (&self->easies, &membership->link);
  if (self->transfers != NULL)
    msa_transfer_list_remove (self->transfers, easy);
}

/* What the engine calls */

/* Nobody reads the messages of an attached multi: they would hold their easies for ever. */
static gboolean
needs_message (MsaMulti *self,
               MsaEasy *easy)
{
  return self->source == NULL && !msa_easy_hears_completed (easy) &&
         !g_signal_has_handler_pending (self, signals[COMPLETED], 0, FALSE);
}

static void
push_message (MsaMulti *self,
              MsaEasy *easy)
{
  g_queue_push_tail (&self->messages, g_object_ref (easy));
}

static void
deliver_cb (gpointer data,
            MsaTransfer *transfer)
{
  MsaMulti *self = data;
  g_autoptr (MsaEasy) easy = transfer->owner;
  MsaMembership *membership = msa_easy_get_membership (easy);
  gpointer run = g_steal_pointer (&membership->run);
  gboolean unheard;

  if (self->keep_finished)
    g_object_ref (easy);
  else
    leave (self, easy);

  msa_easy_notify_state (easy);
  unheard = run == NULL && needs_message (self, easy);
  msa_easy_emit_completed (easy, transfer->error);
  g_signal_emit (self, signals[COMPLETED], 0, easy, transfer->error);
  if (run != NULL)
    msa_multi_run_return (run, transfer);
  if (unheard)
    push_message (self, easy);
}

static void
headers_cb (gpointer data,
            MsaTransfer *transfer)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  msa_easy_emit_headers (easy);
}

static void
informational_cb (gpointer data,
                  MsaTransfer *transfer,
                  guint status,
                  MsaHeaders *headers)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  msa_easy_emit_informational (easy, status, headers);
}

static void
dispatched_cb (gpointer data)
{
  MsaMulti *self = data;

  msa_multi_notify_counts (self);
  if (self->transfers != NULL)
    msa_transfer_list_emit (self->transfers);
  msa_multi_finish_close (self);
  /* Whoever called the engine holds the multi. */
  msa_multi_update_hold (self);
}

static void
data_cb (gpointer data,
         MsaTransfer *transfer,
         GBytes *part)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  msa_easy_emit_data (easy, part);
}

static void
progress_cb (gpointer data,
             MsaTransfer *transfer)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  msa_easy_emit_progress (easy);
}

static MsaAsks
may_ask_cb (gpointer data,
            MsaTransfer *transfer)
{
  MsaMulti *self = data;
  MsaAsks asks = msa_easy_get_answerable (transfer->owner);

  return msa_multi_has_say (self) ? asks | MSA_ASKS_ADDRESS : asks;
}

static gboolean
ask_about_address_cb (gpointer data,
                      MsaTransfer *transfer,
                      const MsaAddress *address,
                      GSocket **socket)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  return msa_multi_ask_about_address (data, easy, address, socket);
}

static gboolean
ask_cb (gpointer data,
        MsaTransfer *transfer,
        MsaQuestion *question)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  return msa_easy_emit_question (easy, question, transfer->connection);
}

static void
trace_cb (gpointer data,
          MsaTransfer *transfer,
          const char *topic,
          const char *text)
{
  g_autoptr (MsaEasy) easy = g_object_ref (transfer->owner);

  msa_easy_emit_trace (easy, topic, text);
}

static const MsaEngineClient engine_client = {
  .deliver = deliver_cb,
  .headers = headers_cb,
  .informational = informational_cb,
  .data = data_cb,
  .progress = progress_cb,
  .may_ask = may_ask_cb,
  .ask = ask_cb,
  .ask_about_address = ask_about_address_cb,
  .trace = trace_cb,
  .dispatched = dispatched_cb,
};

/**
 * msa_multi_info_read:
 * @self: the multi
 * @n_left: (out) (optional): how many messages are left
 *
 * Takes the oldest message: an easy whose run has ended. Its error is [method@Easy.get_error].
 *
 * Messages are kept by multis that are not attached, for runs whose end was heard neither by a
 * handler of `completed` nor by an asynchronous call.
 *
 * Returns: (transfer full) (nullable): the easy; %NULL if there is no message
 *
 * Since: 1.0
 */
MsaEasy *
msa_multi_info_read (MsaMulti *self,
                     guint *n_left)
{
  MsaEasy *easy;

  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  easy = g_queue_pop_head (&self->messages);
  if (n_left != NULL)
    *n_left = self->messages.length;

  return easy;
}

/* Adding and removing */

static gboolean
check_add (MsaMulti *self,
           MsaEasy *easy,
           GError **error)
{
  MsaMembership *membership = msa_easy_get_membership (easy);
  g_autofree gchar *uri = NULL;

  if (self->closed != MSA_MULTI_OPEN)
    {
      g_set_error_literal (error, MSA_ERROR, MSA_ERROR_CLOSED, "The multi was closed");
      return FALSE;
    }
  if (membership->multi == NULL ||
      (membership->multi == self && membership->transfer->state == MSA_TRANSFER_GONE))
    return TRUE;

  if (msa_easy_peek_settings (easy)->uri != NULL)
    uri = msa_mask_uri (msa_easy_peek_settings (easy)->uri);
  g_set_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED,
               "The easy for “%s” is in %s multi already",
               uri != NULL ? uri : "",
               membership->multi == self ? "this" : "another");
  return FALSE;
}

/**
 * msa_multi_add:
 * @self: the multi
 * @easy: what to run
 * @error: return location for an error
 *
 * Adds an easy: it runs from the next dispatch on, with the settings it has now.
 *
 * Does no I/O. Gives %MSA_ERROR_ALREADY_ADDED if the easy is in a multi and has not finished
 * there, and %MSA_ERROR_CLOSED after [method@Multi.close_async]; everything else, a bad URI
 * too, ends the run later. The multi holds the easy until it is delivered or removed. One that
 * has finished, also in its own handler of [signal@Easy::completed], runs again.
 *
 * Returns: %TRUE if it was added
 *
 * Since: 1.0
 */
gboolean
msa_multi_add (MsaMulti *self,
               MsaEasy *easy,
               GError **error)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);
  g_return_val_if_fail (MSA_IS_EASY (easy), FALSE);

  return msa_multi_add_run (self, easy, NULL, error);
}

gboolean
msa_multi_add_run (MsaMulti *self,
                   MsaEasy *easy,
                   gpointer run,
                   GError **error)
{
  MsaMembership *membership;
  MsaTransfer *last;

  if (!check_add (self, easy, error))
    return FALSE;

  membership = msa_easy_get_membership (easy);
  if (membership->multi == NULL)
    enter (self, easy);
  /* Let go of at the end: what frees its body's bytes may be application code. */
  last = g_steal_pointer (&membership->transfer);
  membership->transfer = msa_transfer_ref (
      msa_engine_add (self->engine, msa_easy_take_snapshot (easy, self->tls_config),
                      msa_easy_make_sink (easy, &self->engine->reactor), easy));
  membership->run = run;
  if (msa_easy_wants_trace (easy))
    msa_trace_start (membership->transfer);
  membership->transfer->tells_data = msa_easy_wants_data (easy);
  if (msa_easy_wants_progress (easy))
    msa_transfer_tell_progress (membership->transfer);
  msa_multi_update_hold (self);
  /* The timer function may remove the easy, or run it to its end. */
  msa_engine_announce (self->engine);
  g_clear_pointer (&last, msa_transfer_unref);

  return TRUE;
}

/**
 * msa_multi_remove:
 * @self: the multi
 * @easy: what to take out
 *
 * Takes an easy out, cancelling it if it has not finished: nothing is delivered then, and a pending
 * [method@Multi.run_async] of it ends with %G_IO_ERROR_CANCELLED.
 *
 * Harmless if the easy is not in this multi. Announces nothing: the connection is closed in the
 * next dispatch.
 *
 * Since: 1.0
 */
void
msa_multi_remove (MsaMulti *self,
                  MsaEasy *easy)
{
  MsaMembership *membership;
  MsaTransfer *transfer;
  gpointer run;

  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (MSA_IS_EASY (easy));

  membership = msa_easy_get_membership (easy);
  if (membership->multi != self)
    return;

  g_object_ref (self);
  run = g_steal_pointer (&membership->run);
  transfer = msa_transfer_ref (membership->transfer);
  leave (self, easy);
  /* What destroys the data of a write function may call this again. */
  msa_engine_remove (self->engine, transfer);
  msa_transfer_unref (transfer);
  if (run != NULL)
    msa_multi_run_cancel (run);
  /* The list shows it at the end of a dispatch: there has to be one. */
  if (self->transfers != NULL)
    msa_engine_poke (self->engine);
  else
    msa_engine_announce (self->engine);
  g_object_unref (easy);
  msa_multi_update_hold (self);
  g_object_unref (self);
}

void
msa_multi_pause (MsaMulti *self,
                 MsaEasy *easy,
                 MsaDirections directions)
{
  msa_engine_pause (self->engine, msa_easy_get_membership (easy)->transfer, directions);
  msa_engine_announce (self->engine);
}

void
msa_multi_resume (MsaMulti *self,
                  MsaEasy *easy,
                  MsaDirections directions)
{
  msa_engine_resume (self->engine, msa_easy_get_membership (easy)->transfer, directions);
  msa_engine_announce (self->engine);
}

/* The class */

static void
msa_multi_dispose (GObject *object)
{
  MsaMulti *self = MSA_MULTI (object);

  /* No callback may run from here: bindings forbid it. So the driver is dropped without a word. */
  msa_sockets_silence (&self->engine->sockets);
  while (!g_queue_is_empty (&self->easies))
    msa_multi_remove (self, g_queue_peek_head (&self->easies));
  msa_multi_cancel_close (self);
  if (self->source != NULL)
    msa_multi_source_free (g_steal_pointer (&self->source));
  g_clear_pointer (&self->socket_func, msa_callback_unref);
  g_clear_pointer (&self->timer_func, msa_callback_unref);
  g_clear_pointer (&self->address_func, msa_callback_unref);
  g_clear_pointer (&self->open_func, msa_callback_unref);
  g_queue_clear_full (&self->messages, g_object_unref);
  g_clear_object (&self->tls_config);
  g_clear_object (&self->tls_session_store);

  G_OBJECT_CLASS (msa_multi_parent_class)->dispose (object);
}

static void
msa_multi_finalize (GObject *object)
{
  MsaMulti *self = MSA_MULTI (object);

  /* Not before: a dispatch may be on the stack when dispose runs, and holds a reference. */
  msa_engine_free (self->engine);
  g_clear_object (&self->transfers);

  G_OBJECT_CLASS (msa_multi_parent_class)->finalize (object);
}

static void
msa_multi_class_init (MsaMultiClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = msa_multi_dispose;
  object_class->finalize = msa_multi_finalize;
  msa_multi_install_properties (object_class);

  /**
   * MsaMulti::completed:
   * @self: the multi
   * @easy: whose run has ended
   * @error: (nullable): why it failed, %NULL if it did not
   *
   * A run has ended. Emitted after [signal@Easy::completed], under the same conditions.
   *
   * Since: 1.0
   */
  signals[COMPLETED] = g_signal_new ("completed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, _msa_marshal_VOID__OBJECT_BOXED, G_TYPE_NONE, 2,
                                     MSA_TYPE_EASY, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_set_va_marshaller (signals[COMPLETED], G_TYPE_FROM_CLASS (klass),
                              _msa_marshal_VOID__OBJECT_BOXEDv);
}

static void
set_engine (MsaMulti *self,
            MsaSys *sys)
{
  self->engine = msa_engine_new (sys, &engine_client, self);
  msa_engine_set_tls_sessions (self->engine,
                               msa_tls_session_store_get_sessions (self->tls_session_store));
}

static void
msa_multi_init (MsaMulti *self)
{
  g_queue_init (&self->easies);
  g_queue_init (&self->messages);
  self->tls_session_store = msa_tls_session_store_new ();
  set_engine (self, msa_sys_real_new ());
}

MsaMulti *
msa_multi_new_with_sys (MsaSys *sys)
{
  MsaMulti *self = g_object_new (MSA_TYPE_MULTI, NULL);

  msa_engine_free (self->engine);
  set_engine (self, sys);

  return self;
}

/**
 * msa_multi_new:
 *
 * Makes a multi without a driver.
 *
 * Returns: (transfer full): the multi
 *
 * Since: 1.0
 */
MsaMulti *
msa_multi_new (void)
{
  return g_object_new (MSA_TYPE_MULTI, NULL);
}

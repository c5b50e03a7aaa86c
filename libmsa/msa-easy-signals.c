/* msa-easy-signals.c: what an easy tells of its runs, and asks
 *
 * The signals, and their emission. GObject is asked for handlers only where that saves more than an
 * emission that nobody hears, or decides something. When each is due is the engine's to know; all
 * come from a dispatch, by way of msa-multi.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy.h"

#include "msa-certificate-request-private.h"
#include "msa-easy-private.h"
#include "msa-marshal.h"
#include "msa-password-request-private.h"

enum
{
  HEADERS,
  INFORMATIONAL,
  DATA,
  PROGRESS,
  TRACE,
  COMPLETED,
  ACCEPT_CERTIFICATE,
  KEY_PASSWORD,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* What is told */

gboolean
msa_easy_hears_completed (MsaEasy *self)
{
  return g_signal_has_handler_pending (self, signals[COMPLETED], 0, FALSE);
}

void
msa_easy_emit_completed (MsaEasy *self,
                         const GError *error)
{
  g_signal_emit (self, signals[COMPLETED], 0, error);
}

void
msa_easy_emit_headers (MsaEasy *self)
{
  g_signal_emit (self, signals[HEADERS], 0);
}

void
msa_easy_emit_informational (MsaEasy *self,
                             guint status,
                             MsaHeaders *headers)
{
  g_signal_emit (self, signals[INFORMATIONAL], 0, status, headers);
}

/* The one question of GObject's that asks for nothing else: it is put at each run. */
static gboolean
has_handler (MsaEasy *self,
             guint signal)
{
  return g_signal_handler_find (self, G_SIGNAL_MATCH_ID, signal, 0, NULL, NULL, NULL) != 0;
}

gboolean
msa_easy_wants_data (MsaEasy *self)
{
  return has_handler (self, signals[DATA]);
}

void
msa_easy_emit_data (MsaEasy *self,
                    GBytes *part)
{
  g_signal_emit (self, signals[DATA], 0, part);
}

gboolean
msa_easy_wants_progress (MsaEasy *self)
{
  return has_handler (self, signals[PROGRESS]);
}

void
msa_easy_emit_progress (MsaEasy *self)
{
  g_signal_emit (self, signals[PROGRESS], 0);
}

gboolean
msa_easy_wants_trace (MsaEasy *self)
{
  return has_handler (self, signals[TRACE]);
}

void
msa_easy_emit_trace (MsaEasy *self,
                     const char *topic,
                     const char *message)
{
  g_signal_emit (self, signals[TRACE], 0, topic, message);
}

/* What is asked */

MsaAsks
msa_easy_get_answerable (MsaEasy *self)
{
  MsaAsks asks = MSA_ASKS_NOTHING;

  if (g_signal_has_handler_pending (self, signals[ACCEPT_CERTIFICATE], 0, FALSE))
    asks |= MSA_ASKS_CERTIFICATE;
  if (g_signal_has_handler_pending (self, signals[KEY_PASSWORD], 0, FALSE))
    asks |= MSA_ASKS_PASSWORD;

  return asks;
}

gboolean
msa_easy_emit_question (MsaEasy *self,
                        MsaQuestion *question,
                        MsaConnection *connection)
{
  g_autoptr (GObject) request = NULL;
  gboolean taken = FALSE;

  switch (msa_connection_get_asks (connection))
    {
    case MSA_ASKS_CERTIFICATE:
      request = G_OBJECT (msa_certificate_request_new (question, connection));
      g_signal_emit (self, signals[ACCEPT_CERTIFICATE], 0, request, &taken);
      break;
    case MSA_ASKS_PASSWORD:
      request = G_OBJECT (msa_password_request_new (question, connection));
      g_signal_emit (self, signals[KEY_PASSWORD], 0, request, &taken);
      break;
    case MSA_ASKS_ADDRESS: /* the multi's to answer */
    case MSA_ASKS_NOTHING:
    default:
      break;
    }

  return taken;
}

/* The class */

static void
install_news (GObjectClass *klass)
{
  /**
   * MsaEasy::headers:
   * @self: the easy
   *
   * The head of the final response came: status and headers can be read, the body follows.
   *
   * Emitted from a dispatch, in the thread of the multi.
   *
   * Since: 1.0
   */
  signals[HEADERS] = g_signal_new ("headers", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MsaEasy::informational:
   * @self: the easy
   * @status: the interim status, 100 to 199
   * @headers: the fields of the interim head
   *
   * An interim head came (RFC 9110, section 15.2); the final one follows.
   *
   * Emitted from a dispatch, in the thread of the multi.
   *
   * Since: 1.0
   */
  signals[INFORMATIONAL] =
      g_signal_new ("informational", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    _msa_marshal_VOID__UINT_BOXED, G_TYPE_NONE, 2, G_TYPE_UINT, MSA_TYPE_HEADERS);
  g_signal_set_va_marshaller (signals[INFORMATIONAL], G_TYPE_FROM_CLASS (klass),
                              _msa_marshal_VOID__UINT_BOXEDv);
  /**
   * MsaEasy::data:
   * @self: the easy
   * @part: the next part of the body, at most 64 KiB, never empty
   *
   * A part of the response's body came, and was taken by whatever the body goes to: the memory,
   * the write function, the stream or the file.
   *
   * A part that the write function paused at is told once it was taken.
   * [property@Easy:bytes-received] counts this part already. Emitted from a dispatch, in the
   * thread of the multi; only for runs that were added while a handler was connected. A handler
   * may pause the easy, and may remove it to end the run.
   *
   * The body is still kept in memory where nothing else was set: for long ones, set something
   * else, and see [property@Easy:max-body-bytes].
   *
   * Since: 1.0
   */
  signals[DATA] = g_signal_new ("data", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                NULL, g_cclosure_marshal_VOID__BOXED, G_TYPE_NONE, 1, G_TYPE_BYTES);
  g_signal_set_va_marshaller (signals[DATA], G_TYPE_FROM_CLASS (klass),
                              g_cclosure_marshal_VOID__BOXEDv);
  /**
   * MsaEasy::progress:
   * @self: the easy
   *
   * Bytes were received or sent, or a second has passed without.
   *
   * [property@Easy:bytes-received], [property@Easy:bytes-sent] and
   * [property@Easy:content-length] tell how many. Emitted at most ten times a second, from a
   * dispatch, in the thread of the multi; only for runs that were added while a handler was
   * connected. A handler may remove the easy to end the run.
   *
   * Since: 1.0
   */
  signals[PROGRESS] = g_signal_new ("progress", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MsaEasy::trace:
   * @self: the easy
   * @topic: what part of libmsa speaks: `transfer`, `conn`, `dns`, `socket`, `tls` or `http`
   * @message: one line: the monotonic time in seconds, whose line it is, and what happened
   *
   * Something happened to the run, or to its connection while the run has it.
   *
   * The lines are those of the environment variable `MSA_DEBUG`, made for people to read: their
   * words may change. Values of fields that carry secrets and user and password of URLs are
   * masked, and no byte of a body is shown. All lines of a run come before its
   * [signal@Easy::completed]. Emitted from a dispatch, in the thread of the multi, a little after
   * what it tells of; only for runs that were added while a handler was connected. When more
   * lines wait than are kept, the oldest are dropped, and a line says how many. A handler may
   * remove the easy to end the run.
   *
   * Since: 1.0
   */
  signals[TRACE] = g_signal_new ("trace", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, _msa_marshal_VOID__STRING_STRING, G_TYPE_NONE, 2,
                                 G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
                                 G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_set_va_marshaller (signals[TRACE], G_TYPE_FROM_CLASS (klass),
                              _msa_marshal_VOID__STRING_STRINGv);
  /**
   * MsaEasy::completed:
   * @self: the easy
   * @error: (nullable): why it failed, %NULL if it did not
   *
   * The run has ended.
   *
   * A status of 400 or more is no failure of the transfer. Emitted once for each run, from a
   * dispatch, in the thread of the multi; not for a run that was removed.
   *
   * Since: 1.0
   */
  signals[COMPLETED] = g_signal_new ("completed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, g_cclosure_marshal_VOID__BOXED, G_TYPE_NONE, 1,
                                     G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_set_va_marshaller (signals[COMPLETED], G_TYPE_FROM_CLASS (klass),
                              g_cclosure_marshal_VOID__BOXEDv);
}

/* The first handler that answers TRUE has taken the question. */
static guint
install_question (GObjectClass *klass,
                  const char *name,
                  GType request)
{
  guint id = g_signal_new (name, G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                           g_signal_accumulator_true_handled, NULL,
                           _msa_marshal_BOOLEAN__OBJECT, G_TYPE_BOOLEAN, 1, request);

  g_signal_set_va_marshaller (id, G_TYPE_FROM_CLASS (klass), _msa_marshal_BOOLEAN__OBJECTv);
  return id;
}

static void
install_questions (GObjectClass *klass)
{
  /**
   * MsaEasy::accept-certificate:
   * @self: the easy
   * @request: what speaks against the peer, and the way to answer
   *
   * The peer's certificate is in doubt: is it taken all the same?
   *
   * A handler that takes the question upon itself returns %TRUE, and answers by
   * [method@CertificateRequest.accept] or [method@CertificateRequest.reject], then or later; a
   * request that is let go unanswered is a refusal. If no handler returns %TRUE, as one that
   * raises an exception in a language binding, the transfer ends with %MSA_ERROR_TLS_VERIFY,
   * whatever the request was told. Nobody is asked about a key that is not the pinned one.
   *
   * Nothing of the request, and no client certificate, is sent before the answer. The
   * transfer's timeouts go on: [property@Easy:connect-timeout-ms] has to leave time for a person
   * to decide. Emitted from a dispatch, in the thread of the multi; only for connections that
   * are made for a run while a handler is connected.
   *
   * Returns: %TRUE if the handler answers the request
   *
   * Since: 1.0
   */
  signals[ACCEPT_CERTIFICATE] =
      install_question (klass, "accept-certificate", MSA_TYPE_CERTIFICATE_REQUEST);
  /**
   * MsaEasy::key-password:
   * @self: the easy
   * @request: what is locked, and the way to answer
   *
   * The key of the client's certificate is locked, and [property@TlsConfig:key-password] does not
   * open it: what does?
   *
   * A handler that takes the question upon itself returns %TRUE, and answers by
   * [method@PasswordRequest.answer] or [method@PasswordRequest.cancel], then or later; a request
   * that is let go unanswered is cancelled. If no handler returns %TRUE, the transfer ends with
   * %MSA_ERROR_TLS_PASSWORD. Of many transfers that need the same key, one asks and the others
   * wait for it.
   *
   * The transfer's timeouts go on meanwhile. Emitted from a dispatch, in the thread of the
   * multi; only for connections that are made for a run while a handler is connected.
   *
   * Returns: %TRUE if the handler answers the request
   *
   * Since: 1.0
   */
  signals[KEY_PASSWORD] = install_question (klass, "key-password", MSA_TYPE_PASSWORD_REQUEST);
}

void
msa_easy_install_signals (GObjectClass *klass)
{
  install_news (klass);
  install_questions (klass);
}

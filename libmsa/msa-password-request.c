/* msa-password-request.c: the password of a client's key
 *
 * What a handler of MsaEasy::key-password is given. It outlives what it was made for; the
 * answer goes through an MsaQuestion.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-password-request-private.h"

/**
 * MsaPasswordRequest:
 *
 * The question for the password of a client's key, or for the PIN of the token it lies on.
 *
 * A handler of [signal@Easy::key-password] gets it. It may answer at once, or keep the request
 * and answer later; the transfer's timeouts go on meanwhile. An answer counts if the handler
 * returned %TRUE, and the first one does. A request that is let go without one is a refusal, and
 * an answer that comes too late does nothing.
 *
 * All its methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MsaPasswordRequest
{
  GObject parent_instance;

  MsaQuestion *question; /* (owned) */
  char *message; /* (owned) */
  gboolean retry;
};

G_DEFINE_TYPE (MsaPasswordRequest, msa_password_request, G_TYPE_OBJECT)

static void
msa_password_request_finalize (GObject *object)
{
  MsaPasswordRequest *self = MSA_PASSWORD_REQUEST (object);

  msa_question_answer (self->question, FALSE, NULL);
  msa_question_unref (self->question);
  g_free (self->message);

  G_OBJECT_CLASS (msa_password_request_parent_class)->finalize (object);
}

static void
msa_password_request_class_init (MsaPasswordRequestClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = msa_password_request_finalize;
}

static void
msa_password_request_init (MsaPasswordRequest *self)
{
}

MsaPasswordRequest *
msa_password_request_new (MsaQuestion *question,
                          const MsaConnection *connection)
{
  MsaPasswordRequest *self = g_object_new (MSA_TYPE_PASSWORD_REQUEST, NULL);

  self->question = msa_question_ref (question);
  self->message = g_strdup (msa_connection_get_cause (connection)->message);
  self->retry = connection->n_passwords > 0;

  return self;
}

/**
 * msa_password_request_answer:
 * @self: the request
 * @password: the password
 *
 * Gives the password.
 *
 * It is tried by a thread. If it is wrong, [signal@Easy::key-password] asks again, three times in
 * all; but a token is not asked twice, since it locks itself after a few wrong PINs. A key
 * that was unlocked stays so for all transfers of the multi with an equal [class@TlsConfig], for
 * up to a day. The password itself is overwritten as soon as it was tried.
 *
 * Since: 1.0
 */
void
msa_password_request_answer (MsaPasswordRequest *self,
                             const char *password)
{
  g_return_if_fail (MSA_IS_PASSWORD_REQUEST (self));
  g_return_if_fail (password != NULL);

  msa_question_answer (self->question, TRUE, password);
}

/**
 * msa_password_request_cancel:
 * @self: the request
 *
 * Gives none: the transfer ends with %MSA_ERROR_TLS_PASSWORD, and so do those that wait for the
 * same key.
 *
 * Since: 1.0
 */
void
msa_password_request_cancel (MsaPasswordRequest *self)
{
  g_return_if_fail (MSA_IS_PASSWORD_REQUEST (self));

  msa_question_answer (self->question, FALSE, NULL);
}

/**
 * msa_password_request_get_message:
 * @self: the request
 *
 * Gets what is locked, as a sentence in English that names the file or token.
 *
 * Returns: (transfer none): the message of the error that a refusal gives
 *
 * Since: 1.0
 */
const char *
msa_password_request_get_message (MsaPasswordRequest *self)
{
  g_return_val_if_fail (MSA_IS_PASSWORD_REQUEST (self), NULL);

  return self->message;
}

/**
 * msa_password_request_get_retry:
 * @self: the request
 *
 * Gets whether the password that was given before is wrong.
 *
 * Returns: %TRUE if the question was asked before
 *
 * Since: 1.0
 */
gboolean
msa_password_request_get_retry (MsaPasswordRequest *self)
{
  g_return_val_if_fail (MSA_IS_PASSWORD_REQUEST (self), FALSE);

  return self->retry;
}

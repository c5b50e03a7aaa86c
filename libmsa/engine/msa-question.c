/* msa-question.c: what the application is asked, and may answer later
 *
 * Carries an answer from any thread to the connection that waits for it. What is asked, and
 * what follows from the answer, is the connection's to know.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-question-private.h"

#include "base/msa-wipe-private.h"
#include "engine/msa-engine-private.h"

typedef enum
{
  QUESTION_OPEN,
  QUESTION_TAKEN, /* an answer is being written down */
  QUESTION_YES,
  QUESTION_NO,
} QuestionState;

struct _MsaQuestion
{
  MsaTask task; /* first: how the answer reaches the engine */
  gatomicrefcount refs;
  MsaMailbox *mailbox; /* (owned): the engine's */
  MsaConnection *connection; /* (unowned) (nullable): drop() clears it; engine's thread only */
  int state; /* atomic: QuestionState */
  char *text; /* (owned) (nullable): set before @state says so */
};

/* The engine has gone, or its dispatch takes the answer up. */
static void
answered_cb (MsaTask *task,
             MsaReactor *reactor,
             gint64 now_us)
{
  g_autoptr (MsaQuestion) self = (MsaQuestion *) task;

  if (reactor != NULL && self->connection != NULL)
    msa_engine_wake_connection ((MsaEngine *) reactor, self->connection);
}

MsaQuestion *
msa_question_new (MsaEngine *engine,
                  MsaConnection *connection)
{
  MsaQuestion *self = g_new0 (MsaQuestion, 1);

  self->task.done = answered_cb;
  g_atomic_ref_count_init (&self->refs);
  self->mailbox = msa_mailbox_ref (engine->mailbox);
  self->connection = connection;
  return self;
}

MsaQuestion *
msa_question_ref (MsaQuestion *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
msa_question_unref (MsaQuestion *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  msa_mailbox_unref (self->mailbox);
  msa_wipe_free (self->text);
  g_free (self);
}

void
msa_question_answer (MsaQuestion *self,
                     gboolean yes,
                     const char *text)
{
  if (!g_atomic_int_compare_and_exchange (&self->state, QUESTION_OPEN, QUESTION_TAKEN))
    return;

  self->text = g_strdup (text);
  g_atomic_int_set (&self->state, yes ? QUESTION_YES : QUESTION_NO);
  msa_question_ref (self);
  msa_engine_post (self->mailbox, &self->task);
}

gboolean
msa_question_get_answer (MsaQuestion *self,
                         gboolean *yes,
                         const char **text)
{
  int state = g_atomic_int_get (&self->state);

  if (state != QUESTION_YES && state != QUESTION_NO)
    return FALSE;

  *yes = state == QUESTION_YES;
  *text = self->text;
  return TRUE;
}

void
msa_question_drop (MsaQuestion *self)
{
  self->connection = NULL;
  msa_question_unref (self);
}

/* msa-question-private.h: what the application is asked, and may answer later
 *
 * Held by the connection that cannot go on without an answer, and by the object that the
 * application was given. The first answer counts. It may come in any thread, also when the
 * connection has gone; it reaches the connection by a dispatch, so that nothing goes on
 * underneath the caller.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-transfer-private.h"

typedef struct _MsaQuestion MsaQuestion;

MsaQuestion *msa_question_new    (MsaEngine *engine,
                                  MsaConnection *connection) G_GNUC_WARN_UNUSED_RESULT;
/* These two and answer(): in any thread. */
MsaQuestion *msa_question_ref    (MsaQuestion *self);
void         msa_question_unref  (MsaQuestion *self);
/* @text (nullable): what goes with a yes. */
void         msa_question_answer (MsaQuestion *self,
                                  gboolean yes,
                                  const char *text);

/* FALSE: not answered yet. @text (transfer none). */
gboolean     msa_question_get_answer (MsaQuestion *self,
                                      gboolean *yes,
                                      const char **text);
/* The connection does not wait for it any more; takes its reference. */
void         msa_question_drop   (MsaQuestion *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaQuestion, msa_question_unref)

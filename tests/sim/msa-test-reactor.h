/* msa-test-reactor.h: the smallest MsaReactor, for tests of what lies below the engine
 *
 * Announces what watches want at once and closes at once, over any MsaSys. On the simulation a
 * wait moves the virtual clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-reactor-private.h"

typedef struct _MsaTestReactor MsaTestReactor;

/* @sys: (transfer full): freed with the reactor. */
MsaTestReactor *msa_test_reactor_new       (MsaSys *sys) G_GNUC_WARN_UNUSED_RESULT;
/* What is under way in threads ends by itself. */
void            msa_test_reactor_free      (MsaTestReactor *self);
MsaReactor     *msa_test_reactor_get       (MsaTestReactor *self);
gint64          msa_test_reactor_get_now_us (MsaTestReactor *self);

/* Waits for at most @timeout_ms (0: not, as poll(2)) and dispatches what is ready: watches,
 * ends of tasks, timers. */
void            msa_test_reactor_turn      (MsaTestReactor *self,
                                            int timeout_ms);
/* Turns until @flag is set, at most for @timeout_ms. */
gboolean        msa_test_reactor_run_until (MsaTestReactor *self,
                                            const gboolean *flag,
                                            int timeout_ms);
/* Turns until @timeout_ms have passed. */
void            msa_test_reactor_run_for   (MsaTestReactor *self,
                                            int timeout_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaTestReactor, msa_test_reactor_free)

/* msa-test-result.h: how an asynchronous call of a multi ended, and how often
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-multi.h"

typedef struct
{
  guint   n_calls; /* of its callback */
  GBytes *body;    /* (owned) (nullable): of a fetch */
  GError *error;   /* (owned) (nullable) */
} MsaTestResult;

void     msa_test_result_clear    (MsaTestResult *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MsaTestResult, msa_test_result_clear)

/* Callbacks with a result as their data: there is an error exactly where the call failed. */
void     msa_test_result_run_cb   (GObject *source,
                                   GAsyncResult *result,
                                   gpointer data);
void     msa_test_result_fetch_cb (GObject *source,
                                   GAsyncResult *result,
                                   gpointer data);
void     msa_test_result_close_cb (GObject *source,
                                   GAsyncResult *result,
                                   gpointer data);

/* While it is forbidden, none may be called: something is on the stack that must not deliver. */
void     msa_test_result_forbid   (gboolean forbidden);

/* For msa_test_world_run_until(): it has ended. */
gboolean msa_test_result_is_there (gpointer data);

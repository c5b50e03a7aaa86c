/* msa-test-result.c: how an asynchronous call of a multi ended, and how often
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-result.h"

static gboolean is_forbidden;

void
msa_test_result_clear (MsaTestResult *self)
{
  g_clear_error (&self->error);
  g_clear_pointer (&self->body, g_bytes_unref);
}

void
msa_test_result_run_cb (GObject *source,
                        GAsyncResult *result,
                        gpointer data)
{
  MsaTestResult *self = data;
  gboolean done;

  g_assert_false (is_forbidden);
  self->n_calls++;
  done = msa_multi_run_finish (MSA_MULTI (source), result, &self->error);
  g_assert_true (done == (self->error == NULL));
}

void
msa_test_result_fetch_cb (GObject *source,
                          GAsyncResult *result,
                          gpointer data)
{
  MsaTestResult *self = data;

  g_assert_false (is_forbidden);
  self->n_calls++;
  self->body = msa_multi_fetch_finish (MSA_MULTI (source), result, &self->error);
  g_assert_true ((self->body != NULL) == (self->error == NULL));
}

void
msa_test_result_close_cb (GObject *source,
                          GAsyncResult *result,
                          gpointer data)
{
  MsaTestResult *self = data;
  gboolean done;

  g_assert_false (is_forbidden);
  self->n_calls++;
  done = msa_multi_close_finish (MSA_MULTI (source), result, &self->error);
  g_assert_true (done == (self->error == NULL));
}

void
msa_test_result_forbid (gboolean forbidden)
{
  is_forbidden = forbidden;
}

gboolean
msa_test_result_is_there (gpointer data)
{
  return ((MsaTestResult *) data)->n_calls > 0;
}

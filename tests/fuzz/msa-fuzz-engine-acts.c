/* msa-fuzz-engine-acts.c: what an application does with a multi and its easies
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"

#include "msa-easy-options.h"

#include <errno.h>
#include <netdb.h>

#define MAX_DEPTH 3

static void
closed_cb (GObject *object,
           GAsyncResult *result,
           gpointer user_data)
{
  MsaFuzzEngine *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = msa_multi_close_finish (MSA_MULTI (object), result, &error);

  g_assert_cmpint (done, ==, error == NULL);
  g_assert_cmpuint (self->n_async, >, 0);
  self->n_async--;
}

static void
close_multi (MsaFuzzEngine *self,
             guint argument)
{
  /* An end that came too often would hide much. */
  if (argument % 4 != 0)
    return;
  self->is_closed = TRUE;
  self->n_async++;
  msa_multi_close_async (self->world->multi, msa_fuzz_engine_make_cancellable (self), closed_cb,
                         self);
}

static void
cancel (MsaFuzzEngine *self,
        guint argument)
{
  if (self->cancellables->len > 0)
    g_cancellable_cancel (self->cancellables->pdata[argument % self->cancellables->len]);
}

static void
remove_easy (MsaFuzzEngine *self,
             guint argument)
{
  MsaTestRecord *record = msa_fuzz_engine_choose_record (self, argument);

  if (record == NULL)
    return;
  if (msa_fuzz_engine_is_running (record))
    msa_test_world_remove (self->world, record->easy);
  else
    msa_multi_remove (self->world->multi, record->easy);
}

static void
drop_easy (MsaFuzzEngine *self,
           guint argument)
{
  MsaTestRecord *record = msa_fuzz_engine_choose_record (self, argument);

  if (record != NULL)
    msa_test_world_drop (self->world, record->easy);
}

static void
pause_easy (MsaFuzzEngine *self,
            guint argument)
{
  MsaTestRecord *record = msa_fuzz_engine_choose_record (self, argument / 3);

  if (record != NULL)
    msa_easy_pause (record->easy, (MsaDirections) (1 + argument % 3));
}

static void
resume_easy (MsaFuzzEngine *self,
             guint argument)
{
  MsaTestRecord *record = msa_fuzz_engine_choose_record (self, argument / 3);

  if (record != NULL)
    msa_easy_resume (record->easy, (MsaDirections) (1 + argument % 3));
}

/* What is set meanwhile counts from the next run on. */
static void
change_easy (MsaFuzzEngine *self,
             guint argument)
{
  MsaTestRecord *record = msa_fuzz_engine_choose_record (self, argument);

  if (record == NULL)
    return;
  if (argument % 3 == 0)
    msa_easy_set_uri (record->easy, "http://fuzz.org/b");
  else if (argument % 3 == 1)
    msa_headers_append (msa_easy_get_request_headers (record->easy), "A", "b", NULL);
  else
    g_object_unref (msa_easy_copy (record->easy));
}

static void
set_limits (MsaFuzzEngine *self,
            guint argument)
{
  msa_multi_set_max_connections (self->world->multi, argument % 5);
  msa_multi_set_max_connections_per_host (self->world->multi, argument / 5 % 4);
  msa_multi_set_max_idle_connections (self->world->multi, argument / 20);
}

/* Driving */

static void
take_turn (MsaFuzzEngine *self,
           guint argument)
{
  msa_fuzz_engine_count_turn (self);
  msa_test_driver_turn (self->world->driver);
}

static void
pass_time (MsaFuzzEngine *self,
           guint argument)
{
  gint64 us = (gint64) 1 << argument % 26;
  gint64 end_us = msa_sim_get_now_us (self->world->sim) + us;

  msa_test_driver_run (self->world->driver, msa_fuzz_engine_count_turn, self, us);
  msa_sim_advance_to (self->world->sim, end_us);
}

/* The application is busy with something else. */
static void
waste_time (MsaFuzzEngine *self,
            guint argument)
{
  msa_sim_advance_by (self->world->sim, (gint64) 1 << argument % 20);
}

static void
sleep_deeply (MsaFuzzEngine *self,
              guint argument)
{
  msa_sim_suspend (self->world->sim, (gint64) argument * 10 * G_USEC_PER_SEC);
}

static void
driver_hook (MsaMulti *multi,
             gboolean timer,
             gpointer data)
{
  msa_fuzz_engine_act_in_handler (data);
}

void
msa_fuzz_engine_drive (MsaFuzzEngine *self)
{
  g_autoptr (GError) error = NULL;

  /* An asynchronous call attaches a multi that nobody drives: this one is performed. */
  if (self->world->kind == MSA_TEST_PERFORM)
    g_assert_true (msa_multi_perform (self->world->multi, NULL, &error));
  g_assert_no_error (error);
  msa_test_driver_set_hook (self->world->driver, driver_hook, self);
}

static void
renew_driver (MsaFuzzEngine *self,
              guint argument)
{
  if (self->is_faulty || self->is_closed)
    return;
  msa_test_world_renew_driver (self->world);
  msa_fuzz_engine_drive (self);
}

/* A hint that may be wrong. */
static void
act_on_socket (MsaFuzzEngine *self,
               guint argument)
{
  g_autoptr (GError) error = NULL;
  guint n_fds = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (self->world->multi, &n_fds);
  int fd = n_fds > 0 && argument % 4 > 0 ? fds[argument / 4 % n_fds].fd : (int) argument / 4 - 1;
  gboolean done = msa_multi_socket_action (self->world->multi, fd,
                                           (MsaSocketEvents) (argument % 32), NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

static void
wake (MsaFuzzEngine *self,
      guint argument)
{
  msa_multi_wakeup (self->world->multi);
}

static void
read_messages (MsaFuzzEngine *self,
               guint argument)
{
  g_autoptr (MsaEasy) easy = msa_multi_info_read (self->world->multi, NULL);

  /* Handlers take all ends. */
  g_assert_null (easy);
}

/* Faults */

static void
plant_fault (MsaFuzzEngine *self,
             guint argument)
{
  static const struct
  {
    const char *op;
    int         error_number;
  } faults[] = {
    { "socket_open", EMFILE },
    { "socket_connect", EADDRNOTAVAIL },
    { "socket_send", EPIPE },
    { "socket_recv", ECONNRESET },
    { "socket_recv", EINTR },
    { "socket_send", EINTR },
    { "socket_error", EINVAL },
    { "look_up", EAI_AGAIN },
    { "run_job", EAGAIN },
  };
  guint i = argument % G_N_ELEMENTS (faults);

  msa_sim_fail_nth (self->world->sim, faults[i].op, 1 + argument / G_N_ELEMENTS (faults),
                    faults[i].error_number);
  self->is_faulty = TRUE;
}

static void
limit_descriptors (MsaFuzzEngine *self,
                   guint argument)
{
  guint n_open = msa_sim_n_open (self->world->sim);

  msa_sim_set_fd_limit (self->world->sim, argument % 4 == 3 ? 0 : n_open + argument % 4);
  self->is_faulty = TRUE;
}

static void
do_nothing (MsaFuzzEngine *self,
            guint argument)
{
}

/* All of it: the additions, then these */

static const MsaFuzzAction acts[] = {
  { 'C', FALSE, close_multi },
  { 'c', FALSE, cancel },
  { 'r', FALSE, remove_easy },
  { 'x', FALSE, drop_easy },
  { 'p', FALSE, pause_easy },
  { 'u', FALSE, resume_easy },
  { 's', FALSE, change_easy },
  { 'l', FALSE, set_limits },
  { 'k', FALSE, take_turn },
  { 't', TRUE, pass_time },
  { 'j', FALSE, waste_time },
  { 'z', FALSE, sleep_deeply },
  { 'd', TRUE, renew_driver },
  { 'a', FALSE, act_on_socket },
  { 'o', FALSE, wake },
  { 'i', FALSE, read_messages },
  { 'f', FALSE, plant_fault },
  { 'v', FALSE, limit_descriptors },
  { '.', FALSE, do_nothing },
  { 'A', FALSE, msa_fuzz_engine_answer },
  { 0 },
};

#define MAX_ACTIONS 100

static guint
list_actions (const MsaFuzzAction *actions[MAX_ACTIONS])
{
  guint n = 0;

  for (const MsaFuzzAction *action = msa_fuzz_engine_get_additions (); action->key != 0; action++)
    actions[n++] = action;
  for (const MsaFuzzAction *action = acts; action->key != 0; action++)
    actions[n++] = action;

  return n;
}

const char *
msa_fuzz_engine_get_keys (void)
{
  static char keys[MAX_ACTIONS];
  const MsaFuzzAction *actions[MAX_ACTIONS];
  guint n = list_actions (actions);

  for (guint i = 0; i < n; i++)
    keys[i] = actions[i]->key;

  return keys;
}

void
msa_fuzz_engine_act (MsaFuzzEngine *self,
                     MsaCursor *plan,
                     gboolean is_top)
{
  int key = msa_cursor_next (plan);
  guint argument = msa_fuzz_choose (plan, MSA_FUZZ_N_ARGUMENTS);
  const MsaFuzzAction *actions[MAX_ACTIONS];
  guint n = list_actions (actions);
  guint i = 0;

  while (i < n && actions[i]->key != key)
    i++;
  if (i == n)
    i = (guint) key % n;
  if (is_top || !actions[i]->only_at_top)
    actions[i]->run (self, argument);
}

void
msa_fuzz_engine_act_in_handler (MsaFuzzEngine *self)
{
  if (self->depth == MAX_DEPTH || msa_cursor_is_empty (&self->handlers))
    return;

  self->depth++;
  msa_fuzz_engine_act (self, &self->handlers, FALSE);
  self->depth--;
}

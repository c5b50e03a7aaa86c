/* msa-test-world.c: a multi, its driver and a server, for tests of the contract
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-world.h"

#include "msa-multi-private.h"

#include <string.h>

#define RECORD_KEY "msa-test-record"
#define SIM_LIMIT_US (60 * G_USEC_PER_SEC)
#define REAL_LIMIT_US (10 * G_USEC_PER_SEC)

void
msa_test_world_respond_cb (MsaSimPeer *peer,
                           const char *method,
                           const char *target,
                           const char *head,
                           GBytes *body,
                           gpointer data)
{
  MsaTestThen then;
  g_autoptr (GString) answer = msa_test_answer (target, &then);

  if (answer->len > 0)
    msa_sim_peer_send (peer, answer->str, (gssize) answer->len);
  if (then == MSA_TEST_THEN_CLOSE)
    msa_sim_peer_close (peer);
}

/* Counting */

MsaTestRecord *
msa_test_world_get_record (MsaEasy *easy)
{
  return g_object_get_data (G_OBJECT (easy), RECORD_KEY);
}

static void
record_free (MsaTestRecord *self)
{
  if (self->easy != NULL)
    g_assert_finalize_object (self->easy);
  g_clear_error (&self->error);
  g_free (self);
}

static void
easy_completed_cb (MsaEasy *easy,
                   const GError *error,
                   gpointer data)
{
  MsaTestRecord *record = data;

  record->n_easy++;
  g_assert_cmpuint (record->n_easy, <=, record->n_added);
  /* Else a handler that came before has added it again. */
  if (record->n_easy == record->n_added)
    g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_DONE);
  g_clear_error (&record->error);
  record->error = error != NULL ? g_error_copy (error) : NULL;

  record->world->n_completed++;
  if (error == NULL)
    record->world->n_ok++;
  if (record->completed != NULL)
    record->completed (record, record->data);
}

static void
multi_completed_cb (MsaMulti *multi,
                    MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  MsaTestWorld *self = data;
  MsaTestRecord *record = msa_test_world_get_record (easy);

  self->n_multi++;
  if (record == NULL)
    return;

  record->n_multi++;
  g_assert_cmpuint (record->n_multi, <=, record->n_added);
}

/* The world */

static MsaTestWorld *
make_world (MsaTestDriverKind kind,
            MsaMulti *multi,
            MsaSim *sim)
{
  MsaTestWorld *self = g_new0 (MsaTestWorld, 1);

  self->kind = kind;
  self->sim = sim;
  self->multi = multi;
  self->driver = msa_test_driver_new (kind, multi, sim);
  self->records = g_ptr_array_new_with_free_func ((GDestroyNotify) record_free);
  g_signal_connect (multi, "completed", G_CALLBACK (multi_completed_cb), self);

  return self;
}

MsaTestWorld *
msa_test_world_new (MsaTestDriverKind kind)
{
  return msa_test_world_new_in (kind, msa_sim_new ());
}

MsaTestWorld *
msa_test_world_new_in (MsaTestDriverKind kind,
                       MsaSim *sim)
{
  MsaMulti *multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (sim)));
  MsaTestWorld *self = make_world (kind, multi, sim);

  self->base = g_strdup ("http://example.org");
  msa_sim_set_host (sim, "example.org", 2000, "10.0.0.1", NULL);
  msa_sim_set_host (sim, "other.org", 2000, "10.0.0.2", NULL);
  msa_sim_http_server (sim, "10.0.0.1", 80, msa_test_world_respond_cb, NULL);
  msa_sim_http_server (sim, "10.0.0.2", 80, msa_test_world_respond_cb, NULL);

  return self;
}

void
msa_test_world_serve_unix (MsaTestWorld *self,
                           const char *path)
{
  g_autofree char *address = g_strconcat ("unix:", path, NULL);

  msa_sim_http_server (self->sim, address, 0, msa_test_world_respond_cb, NULL);
}

MsaTestWorld *
msa_test_world_new_real (MsaTestDriverKind kind)
{
  MsaTestWorld *self = make_world (kind, msa_multi_new (), NULL);

  self->server = msa_test_server_new ();
  self->base = g_strdup_printf ("http://127.0.0.1:%u", msa_test_server_get_port (self->server));

  return self;
}

void
msa_test_world_end_multi (MsaTestWorld *self)
{
  if (self->multi == NULL)
    return;

  g_clear_pointer (&self->driver, msa_test_driver_free);
  g_assert_finalize_object (g_steal_pointer (&self->multi));
}

MsaMulti *
msa_test_world_take_multi (MsaTestWorld *self)
{
  g_signal_handlers_disconnect_by_data (self->multi, self);
  g_clear_pointer (&self->driver, msa_test_driver_free);

  return g_steal_pointer (&self->multi);
}

void
msa_test_world_free (MsaTestWorld *self)
{
  msa_test_world_end_multi (self);
  g_ptr_array_unref (self->records);
  if (self->sim != NULL)
    {
      msa_sim_assert_clean (self->sim);
      msa_sim_unref (self->sim);
    }
  g_clear_pointer (&self->server, msa_test_server_free);
  g_free (self->base);
  g_free (self);
}

/* Easies */

MsaEasy *
msa_test_world_make (MsaTestWorld *self,
                     const char *uri)
{
  g_autofree char *whole = g_strconcat (uri[0] == '/' ? self->base : "", uri, NULL);
  MsaTestRecord *record = g_new0 (MsaTestRecord, 1);

  record->world = self;
  record->easy = msa_easy_new (whole);
  g_object_set_data (G_OBJECT (record->easy), RECORD_KEY, record);
  g_signal_connect (record->easy, "completed", G_CALLBACK (easy_completed_cb), record);
  g_ptr_array_add (self->records, record);

  return record->easy;
}

void
msa_test_world_add_again (MsaTestWorld *self,
                          MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;
  gboolean added;

  msa_test_world_get_record (easy)->n_added++;
  added = msa_multi_add (self->multi, easy, &error);
  g_assert_no_error (error);
  g_assert_true (added);
}

MsaEasy *
msa_test_world_add (MsaTestWorld *self,
                    const char *uri)
{
  MsaEasy *easy = msa_test_world_make (self, uri);

  msa_test_world_add_again (self, easy);

  return easy;
}

void
msa_test_world_drop (MsaTestWorld *self,
                     MsaEasy *easy)
{
  g_clear_object (&msa_test_world_get_record (easy)->easy);
}

/* Running */

typedef struct
{
  MsaTestCondition done;
  gpointer         data;
} Wish;

/* Asynchronous calls end on the default context, which no driver here iterates. */
static gboolean
is_wish_fulfilled (gpointer data)
{
  Wish *wish = data;

  while (g_main_context_iteration (NULL, FALSE))
    ;

  return wish->done (wish->data);
}

gboolean
msa_test_world_run_until (MsaTestWorld *self,
                          MsaTestCondition done,
                          gpointer data)
{
  Wish wish = { done, data };

  return msa_test_driver_run (self->driver, is_wish_fulfilled, &wish,
                              self->sim != NULL ? SIM_LIMIT_US : REAL_LIMIT_US);
}

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  guint         n;
} Goal;

static gboolean
is_reached (gpointer data)
{
  Goal *goal = data;

  return goal->world->n_completed >= goal->n;
}

gboolean
msa_test_world_run (MsaTestWorld *self,
                    guint n_completions)
{
  Goal goal = { self, n_completions };

  return msa_test_world_run_until (self, is_reached, &goal);
}

typedef struct
{
  MsaEasy     *easy; /* (unowned) */
  MsaEasyState state;
} StateGoal;

static gboolean
is_in_state (gpointer data)
{
  StateGoal *goal = data;

  return msa_easy_get_state (goal->easy) == goal->state;
}

gboolean
msa_test_world_run_until_state (MsaTestWorld *self,
                                MsaEasy *easy,
                                MsaEasyState state)
{
  StateGoal goal = { easy, state };

  return msa_test_world_run_until (self, is_in_state, &goal);
}

MsaEasy *
msa_test_world_add_waiting (MsaTestWorld *self,
                            const char *uri)
{
  MsaEasy *easy = msa_test_world_add (self, uri);

  g_assert_true (msa_test_world_run_until_state (self, easy, MSA_EASY_WAITING));

  return easy;
}

void
msa_test_world_settle (MsaTestWorld *self,
                       gint64 us)
{
  if (self->sim != NULL)
    msa_test_driver_pass (self->driver, us);
  else
    while (msa_test_driver_turn (self->driver))
      ;
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
msa_test_world_renew_driver (MsaTestWorld *self)
{
  msa_test_driver_free (self->driver);
  self->driver = msa_test_driver_new (self->kind, self->multi, self->sim);
}

int
msa_test_world_get_fd (MsaTestWorld *self)
{
  MsaEngine *engine = msa_multi_get_engine (self->multi);
  guint n_fds = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (self->multi, &n_fds);
  int found = -1;

  for (guint i = 0; i < n_fds; i++)
    if (fds[i].fd != engine->wake_watch.fd && fds[i].fd != engine->timer_watch.fd)
      {
        g_assert_cmpint (found, ==, -1);
        found = fds[i].fd;
      }

  return found;
}

void
msa_test_world_remove (MsaTestWorld *self,
                       MsaEasy *easy)
{
  msa_test_world_get_record (easy)->n_added--;
  msa_multi_remove (self->multi, easy);
}

void
msa_test_world_assert_all_once (MsaTestWorld *self)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (self->records, i);

      g_assert_cmpuint (record->n_easy, ==, record->n_added);
      g_assert_cmpuint (record->n_multi, ==, record->n_added);
    }
  if (self->multi != NULL)
    g_assert_cmpuint (msa_multi_get_n_running (self->multi), ==, 0);
}

void
msa_test_world_assert_filled (MsaEasy *easy,
                              gsize len)
{
  GBytes *body = msa_easy_get_body (easy);

  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_nonnull (body);
  msa_test_assert_fill (g_bytes_get_data (body, NULL), g_bytes_get_size (body), len);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, len);
}

void
msa_test_world_assert_body (MsaEasy *easy,
                            const char *text)
{
  GBytes *body = msa_easy_get_body (easy);

  g_assert_nonnull (body);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), text, strlen (text));
}

/* Registering */

typedef struct
{
  MsaTestWorldFunc  func;
  MsaTestDriverKind kind;
  gboolean          real;
  gconstpointer     row;  /* (unowned) (nullable) */
} WorldTest;

static void
run_test (gconstpointer data)
{
  const WorldTest *test = data;
  MsaTestWorld *world = test->real ? msa_test_world_new_real (test->kind)
                                   : msa_test_world_new (test->kind);

  world->row = test->row;
  test->func (world);
  msa_test_world_free (world);
}

static void
add_test_in (const char *path,
             MsaTestWorldFunc func,
             MsaTestDriverKind kind,
             gboolean real,
             gconstpointer row)
{
  WorldTest *test = g_new0 (WorldTest, 1);

  test->func = func;
  test->kind = kind;
  test->real = real;
  test->row = row;
  g_test_add_data_func_full (path, test, run_test, g_free);
}

static void
add_test (const char *path,
          MsaTestWorldFunc func,
          MsaTestDriverKind kind,
          gboolean real,
          gconstpointer row)
{
  g_autofree char *whole = g_strconcat (path, "/", msa_test_driver_get_name (kind), NULL);

  add_test_in (whole, func, kind, real, row);
}

void
msa_test_world_add_row_test (const char *path,
                             MsaTestWorldFunc func,
                             gconstpointer row)
{
  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    if (msa_test_driver_works_in_sim (kind))
      add_test (path, func, kind, FALSE, row);
}

void
msa_test_world_add_test (const char *path,
                         MsaTestWorldFunc func)
{
  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    if (msa_test_driver_works_in_sim (kind))
      add_test (path, func, kind, FALSE, NULL);
}

void
msa_test_world_add_tests (const MsaTestWorldTest *tests,
                          gsize n_tests)
{
  for (gsize i = 0; i < n_tests; i++)
    msa_test_world_add_test (tests[i].path, tests[i].func);
}

void
msa_test_world_add_real_test (const char *path,
                              MsaTestWorldFunc func)
{
  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    add_test (path, func, kind, TRUE, NULL);
}

void
msa_test_world_add_test_in (MsaTestDriverKind kind,
                            const char *path,
                            MsaTestWorldFunc func)
{
  add_test_in (path, func, kind, FALSE, NULL);
}

void
msa_test_world_add_real_test_in (MsaTestDriverKind kind,
                                 const char *path,
                                 MsaTestWorldFunc func)
{
  add_test_in (path, func, kind, TRUE, NULL);
}

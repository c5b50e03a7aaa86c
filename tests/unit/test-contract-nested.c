/* test-contract-nested.c: loops within handlers, and what is dropped there
 *
 * A nested drive completes other transfers and leaves the one alone whose handler is on the
 * stack. The last references to easies and to the multi may go in any handler. That nothing else
 * breaks either is shown for all calls in test-contract-reentry.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <string.h>

/* The one on the stack */

typedef struct
{
  MsaTestWorld *world;   /* (unowned) */
  GString      *body;    /* (owned) */
  guint         depth;   /* of calls of the write function */
  gint64        pass_us; /* how long a loop runs in each */
  guint         n_calls;
} Reader;

static MsaWriteResult
read_nested_cb (MsaEasy *easy,
                const guint8 *data,
                gsize len,
                gpointer user_data)
{
  Reader *self = user_data;
  g_autofree char *copy = g_memdup2 (data, len);

  g_assert_cmpuint (self->depth, ==, 0);
  self->depth++;
  self->n_calls++;
  msa_test_world_settle (self->world, self->pass_us);
  self->depth--;
  g_assert_cmpuint (msa_test_world_get_record (easy)->n_easy, ==, 0);
  /* Nor was it written over meanwhile. */
  g_assert_cmpmem (data, len, copy, len);
  g_string_append_len (self->body, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

/* More of it arrives in each of the loops, and others read their bodies in the same. */
static void
test_data_in_order (MsaTestWorld *world)
{
  Reader reader = { .world = world, .body = g_string_new (NULL), .pass_us = 3 };
  MsaEasy *easy = msa_test_world_make (world, world->row);
  MsaEasy *others[4];

  msa_sim_set_segment (world->sim, 700);
  msa_easy_set_write_func (easy, read_nested_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = msa_test_world_add (world, "/chunked/20000");

  g_assert_true (msa_test_world_run (world, 5));
  msa_test_assert_fill (reader.body->str, reader.body->len, 20000);
  g_assert_cmpuint (reader.n_calls, >, 3);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GString) text = g_string_new_len (
          g_bytes_get_data (msa_easy_get_body (others[i]), NULL),
          (gssize) g_bytes_get_size (msa_easy_get_body (others[i])));

      msa_test_assert_fill (text->str, text->len, 20000);
    }
  msa_test_world_assert_all_once (world);
  g_string_free (reader.body, TRUE);
}

/* All of the others, among them one whose time is over, complete while the first is on the
 * stack; its own time is over as well, which counts once it is not. */
static void
test_timeout_not_underneath (MsaTestWorld *world)
{
  Reader reader = { .world = world, .body = g_string_new (NULL), .pass_us = G_USEC_PER_SEC };
  MsaEasy *easy = msa_test_world_make (world, "/part/100");
  MsaEasy *hanging = msa_test_world_make (world, "/hang");

  msa_easy_set_timeout_ms (easy, 200);
  msa_easy_set_timeout_ms (hanging, 300);
  msa_easy_set_write_func (easy, read_nested_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  msa_test_world_add_again (world, hanging);
  msa_test_world_add (world, "/size/100");

  g_assert_true (msa_test_world_run (world, 2));
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_cmpuint (reader.n_calls, ==, 1);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_error (msa_easy_get_error (hanging), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  msa_test_world_assert_all_once (world);
  g_string_free (reader.body, TRUE);
}

/* All of the answer is there when its time is over in a handler. */
static void
test_timeout_before_end (MsaTestWorld *world)
{
  Reader reader = { .world = world, .body = g_string_new (NULL), .pass_us = G_USEC_PER_SEC };
  MsaEasy *easy = msa_test_world_make (world, world->row);

  msa_easy_set_timeout_ms (easy, 200);
  msa_easy_set_write_func (easy, read_nested_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_cmpuint (reader.n_calls, ==, 1);
  msa_test_world_assert_all_once (world);
  g_string_free (reader.body, TRUE);
}

/* The same in the signals. */

static void
settle_in_handler (MsaEasy *easy,
                   MsaTestWorld *world)
{
  MsaTestRecord *record = msa_test_world_get_record (easy);

  if (record->data != NULL)
    return;
  record->data = world;
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (record->n_easy, ==, 0);
  g_assert_cmpuint (world->n_completed, ==, 2);
}

static void
settle_cb (MsaEasy *easy,
           gpointer data)
{
  settle_in_handler (easy, data);
}

static void
settle_informational_cb (MsaEasy *easy,
                         guint status,
                         MsaHeaders *headers,
                         gpointer data)
{
  settle_in_handler (easy, data);
}

static void
settle_trace_cb (MsaEasy *easy,
                 const char *topic,
                 const char *message,
                 gpointer data)
{
  settle_in_handler (easy, data);
}

static void
settle_data_cb (MsaEasy *easy,
                GBytes *part,
                gpointer data)
{
  settle_in_handler (easy, data);
}

static void
test_signal_not_underneath (MsaTestWorld *world)
{
  gboolean interim = strcmp (world->row, "informational") == 0;
  MsaEasy *easy = msa_test_world_make (world, interim ? "/interim" : "/part/100");
  MsaEasy *hanging = msa_test_world_make (world, "/hang");

  msa_easy_set_timeout_ms (easy, 200);
  msa_easy_set_timeout_ms (hanging, 300);
  if (strcmp (world->row, "data") == 0)
    g_signal_connect (easy, "data", G_CALLBACK (settle_data_cb), world);
  else if (strcmp (world->row, "trace") == 0)
    g_signal_connect (easy, "trace", G_CALLBACK (settle_trace_cb), world);
  else if (interim)
    g_signal_connect (easy, world->row, G_CALLBACK (settle_informational_cb), world);
  else
    g_signal_connect (easy, world->row, G_CALLBACK (settle_cb), world);
  msa_test_world_add_again (world, easy);
  msa_test_world_add_again (world, hanging);
  msa_test_world_add (world, "/size/100");

  g_assert_true (msa_test_world_run (world, 3));
  g_assert_nonnull (msa_test_world_get_record (easy)->data);
  g_assert_error (msa_easy_get_error (hanging), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  /* Its time is over, also where all of the reply is there. */
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  msa_test_world_assert_all_once (world);
}

/* The peer goes while the handler's loop runs: what it had sent is not lost. */
static void
test_peer_gone (MsaTestWorld *world)
{
  Reader reader = { .world = world, .body = g_string_new (NULL), .pass_us = G_USEC_PER_SEC };
  MsaEasy *easy = msa_test_world_make (world, "/truncated/100");

  msa_easy_set_write_func (easy, read_nested_cb, &reader, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_assert_fill (reader.body->str, reader.body->len, 50);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
  msa_test_world_assert_all_once (world);
  g_string_free (reader.body, TRUE);
}

/* More data is there, which nobody may read now: that must not keep a loop busy. */
static void
quiet_headers_cb (MsaEasy *easy,
                  gpointer data)
{
  MsaTestWorld *world = data;
  guint n_ready = 99;

  msa_sim_advance_by (world->sim, 10000);
  for (guint i = 0; i < 3; i++)
    g_assert_true (msa_multi_perform (world->multi, NULL, NULL));
  g_assert_true (msa_multi_poll (world->multi, 0, &n_ready, NULL));
  g_assert_cmpuint (n_ready, ==, 0);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), !=, 0);
}

static void
test_no_busy_loop (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/5000");

  msa_sim_set_segment (world->sim, 200);
  g_signal_connect (easy, "headers", G_CALLBACK (quiet_headers_cb), world);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 5000);
  msa_test_world_assert_all_once (world);
}

/* Deep down */

static void
run_next (MsaTestRecord *record,
          gpointer data)
{
  MsaTestWorld *world = record->world;
  guint n = world->n_completed;

  if (n < world->records->len)
    g_assert_true (msa_test_world_run (world, n + 1));
}

/* Each handler waits for the next completion. */
static void
test_deep (MsaTestWorld *world)
{
  for (guint i = 0; i < 30; i++)
    {
      MsaEasy *easy = msa_test_world_make (world, i % 3 == 0 ? "/size/500" : "/chunked/5000");

      msa_test_world_get_record (easy)->completed = run_next;
      msa_test_world_add_again (world, easy);
    }

  g_assert_true (msa_test_world_run (world, 30));
  g_assert_cmpuint (world->n_ok, ==, 30);
  msa_test_world_assert_all_once (world);
}

/* A GMainLoop of its own, as a dialog runs one */

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  GMainLoop    *loop;  /* (owned) */
  gboolean      ran;
} Modal;

static gboolean
step_cb (gpointer data)
{
  Modal *modal = data;
  MsaSim *sim = modal->world->sim;
  int timeout_ms = msa_multi_get_timeout_ms (modal->world->multi);

  if (timeout_ms != 0)
    msa_sim_step (sim, timeout_ms < 0 ? G_MAXINT64 : msa_sim_get_now_us (sim) + timeout_ms * 1000);

  return G_SOURCE_CONTINUE;
}

static void
quit_loop (MsaTestRecord *record,
           gpointer data)
{
  g_main_loop_quit (((Modal *) data)->loop);
}

static void
run_modal (Modal *modal)
{
  GSource *source;

  if (modal->ran)
    return;
  modal->ran = TRUE;
  source = g_idle_source_new ();
  g_source_set_callback (source, step_cb, modal, NULL);
  g_source_attach (source, g_main_loop_get_context (modal->loop));
  g_main_loop_run (modal->loop);
  g_source_destroy (source);
  g_source_unref (source);
}

static void
modal_headers_cb (MsaEasy *easy,
                  gpointer data)
{
  run_modal (data);
}

static void
modal_completed (MsaTestRecord *record,
                 gpointer data)
{
  run_modal (data);
}

static void
test_main_loop (MsaTestWorld *world)
{
  Modal modal = { .world = world };
  MsaEasy *easy = msa_test_world_make (world, "/size/100");
  MsaEasy *other = msa_test_world_make (world, "/hang");

  modal.loop = g_main_loop_new (msa_test_driver_get_context (world->driver), FALSE);
  msa_easy_set_timeout_ms (other, 500);
  msa_test_world_get_record (other)->completed = quit_loop;
  msa_test_world_get_record (other)->data = &modal;
  if (world->row != NULL)
    g_signal_connect (easy, "headers", G_CALLBACK (modal_headers_cb), &modal);
  msa_test_world_get_record (easy)->completed = modal_completed;
  msa_test_world_get_record (easy)->data = &modal;
  msa_test_world_add_again (world, easy);
  msa_test_world_add_again (world, other);
  msa_test_world_add (world, "/size/100");

  g_assert_true (msa_test_world_run (world, 3));
  g_assert_true (modal.ran);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), >=, MSA_SIM_START_US + 500000);
  msa_test_world_assert_all_once (world);
  g_main_loop_unref (modal.loop);
}

static void
test_main_loop_in_headers (MsaTestWorld *world)
{
  world->row = "headers";
  test_main_loop (world);
}

/* Dropped in handlers: an easy */

static void
drop_easy_in_headers_cb (MsaEasy *easy,
                         gpointer data)
{
  msa_test_world_drop (data, easy);
}

static void
drop_easy (MsaTestRecord *record,
           gpointer data)
{
  msa_test_world_drop (record->world, record->easy);
}

static void
remove_and_drop_in_headers_cb (MsaEasy *easy,
                               gpointer data)
{
  msa_test_world_remove (data, easy);
  msa_test_world_drop (data, easy);
}

static void
test_drop_easy (MsaTestWorld *world)
{
  MsaEasy *in_headers = msa_test_world_make (world, "/size/100");
  MsaEasy *in_completed = msa_test_world_make (world, "/size/100");
  MsaEasy *removed = msa_test_world_make (world, "/size/100");
  gpointer first = in_headers, second = in_completed, third = removed;

  g_object_add_weak_pointer (first, &first);
  g_object_add_weak_pointer (second, &second);
  g_object_add_weak_pointer (third, &third);
  g_signal_connect (in_headers, "headers", G_CALLBACK (drop_easy_in_headers_cb), world);
  msa_test_world_get_record (in_completed)->completed = drop_easy;
  g_signal_connect (removed, "headers", G_CALLBACK (remove_and_drop_in_headers_cb), world);
  msa_test_world_add_again (world, in_headers);
  msa_test_world_add_again (world, in_completed);
  msa_test_world_add_again (world, removed);

  g_assert_true (msa_test_world_run (world, 2));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_null (first);
  g_assert_null (second);
  g_assert_null (third);
  msa_test_world_assert_all_once (world);
}

static MsaWriteResult
remove_and_drop_in_write_cb (MsaEasy *easy,
                             const guint8 *data,
                             gsize len,
                             gpointer user_data)
{
  remove_and_drop_in_headers_cb (easy, user_data);

  return MSA_WRITE_CONTINUE;
}

static void
set_flag (gpointer data)
{
  MsaTestWorld *world = data;

  world->row = "destroyed";
}

static void
test_drop_easy_in_write (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/chunked/5000");
  gpointer weak = easy;

  g_object_add_weak_pointer (weak, &weak);
  msa_easy_set_write_func (easy, remove_and_drop_in_write_cb, world, set_flag);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_null (weak);
  g_assert_cmpstr (world->row, ==, "destroyed");
  msa_test_world_assert_all_once (world);
}

/* In the timer function, which is called also right before another handler of the same easy. */

typedef struct
{
  MsaTestWorld *world;  /* (unowned) */
  MsaEasy      *easy;   /* (unowned) (nullable): until it was dropped */
  guint         n_left; /* calls until then */
} TimerDrop;

static void
drop_in_timer_hook (MsaMulti *multi,
                    gboolean timer,
                    gpointer data)
{
  TimerDrop *self = data;
  MsaEasy *easy = self->easy;

  if (!timer || easy == NULL || self->world->n_completed > 0 || --self->n_left > 0)
    return;
  self->easy = NULL;
  msa_test_world_remove (self->world, easy);
  msa_test_world_drop (self->world, easy);
}

static MsaWriteResult
take_living_cb (MsaEasy *easy,
                const guint8 *data,
                gsize len,
                gpointer user_data)
{
  TimerDrop *self = user_data;

  g_assert_true (self->easy == easy);

  return MSA_WRITE_CONTINUE;
}

static void
pause_headers_cb (MsaEasy *easy,
                  gpointer data)
{
  TimerDrop *self = data;

  g_assert_true (self->easy == easy);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
}

static void
pause_informational_cb (MsaEasy *easy,
                        guint status,
                        MsaHeaders *headers,
                        gpointer data)
{
  pause_headers_cb (easy, data);
}

/* FALSE: it came to its end before. */
static gboolean
play_timer_drop (const char *uri,
                 guint nth)
{
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  TimerDrop self = { .world = world, .n_left = nth };
  gboolean dropped;

  self.easy = msa_test_world_make (world, uri);
  msa_easy_set_write_func (self.easy, take_living_cb, &self, NULL);
  g_signal_connect (self.easy, "headers", G_CALLBACK (pause_headers_cb), &self);
  g_signal_connect (self.easy, "informational", G_CALLBACK (pause_informational_cb), &self);
  msa_test_world_add_again (world, self.easy);
  msa_test_driver_set_hook (world->driver, drop_in_timer_hook, &self);
  for (guint i = 0; i < 20 && self.easy != NULL && world->n_completed == 0; i++)
    {
      msa_test_world_settle (world, 50000);
      if (self.easy != NULL)
        msa_easy_resume (self.easy, MSA_DIRECTION_RECEIVE);
    }
  msa_test_driver_set_hook (world->driver, NULL, NULL);
  dropped = self.easy == NULL;
  g_assert_true (dropped || world->n_completed == 1);
  msa_test_world_assert_all_once (world);
  msa_test_world_free (world);

  return dropped;
}

static void
test_drop_easy_in_timer (gconstpointer data)
{
  guint nth = 1;

  while (play_timer_drop (data, nth))
    nth++;
  g_assert_cmpuint (nth, >, 5);
}

/* Dropped in handlers: the multi. Nobody else has it, so it is driven by hand. */

typedef struct
{
  MsaSim     *sim;
  MsaMulti   *multi;       /* (unowned) (nullable): weak; one reference is the handlers' to drop */
  const char *place;
  gboolean    dispose;     /* only dispose of it */
  MsaMulti   *disposed;    /* (owned) (nullable): then; no weak pointer outlives that */
  gboolean    armed;
  gboolean    gone;        /* dropped or disposed of */
  guint       n_after;     /* calls of anything else afterwards */
} Drop;

static void
drop_at (Drop *self,
         const char *place)
{
  /* The list outlives the multi: what changed in it is told. */
  if (self->gone && strcmp (place, "items-changed") != 0)
    self->n_after++;
  if (!self->armed || self->gone || strcmp (self->place, place) != 0)
    return;

  self->gone = TRUE;
  if (!self->dispose)
    {
      g_object_unref (self->multi);
      return;
    }
  self->disposed = self->multi;
  g_object_run_dispose (G_OBJECT (self->disposed));
}

static void
drop_headers_cb (MsaEasy *easy,
                 gpointer data)
{
  drop_at (data, "headers");
}

static void
drop_informational_cb (MsaEasy *easy,
                       guint status,
                       MsaHeaders *headers,
                       gpointer data)
{
  drop_at (data, "informational");
}

static void
drop_completed_cb (MsaEasy *easy,
                   const GError *error,
                   gpointer data)
{
  drop_at (data, "completed");
}

static void
drop_multi_completed_cb (MsaMulti *multi,
                         MsaEasy *easy,
                         const GError *error,
                         gpointer data)
{
  drop_at (data, "multi-completed");
}

static void
drop_notify_cb (GObject *object,
                GParamSpec *pspec,
                gpointer data)
{
  drop_at (data, "notify");
}

static void
drop_items_cb (GListModel *model,
               guint position,
               guint n_removed,
               guint n_added,
               gpointer data)
{
  drop_at (data, "items-changed");
}

static MsaWriteResult
drop_write_cb (MsaEasy *easy,
               const guint8 *data,
               gsize len,
               gpointer user_data)
{
  drop_at (user_data, "write");

  return MSA_WRITE_CONTINUE;
}

static void
drop_data_cb (MsaEasy *easy,
              GBytes *part,
              gpointer data)
{
  drop_at (data, "data");
}

static void
drop_socket_cb (MsaMulti *multi,
                int fd,
                MsaSocketEvents wanted,
                gboolean removed,
                gpointer user_data)
{
  drop_at (user_data, removed ? "socket-removed" : "socket");
}

static void
drop_timer_cb (MsaMulti *multi,
               int timeout_ms,
               gpointer user_data)
{
  drop_at (user_data, timeout_ms < 0 ? "timer-off" : "timer");
}

static void
add_for_drop (Drop *self,
              MsaEasy *easy)
{
  g_signal_connect (easy, "headers", G_CALLBACK (drop_headers_cb), self);
  g_signal_connect (easy, "informational", G_CALLBACK (drop_informational_cb), self);
  g_signal_connect (easy, "data", G_CALLBACK (drop_data_cb), self);
  g_signal_connect (easy, "completed", G_CALLBACK (drop_completed_cb), self);
  msa_easy_set_write_func (easy, drop_write_cb, self, NULL);
  g_assert_true (msa_multi_add (self->multi, easy, NULL));
}

static void
drive_by_hand (Drop *self)
{
  for (guint i = 0; i < 1000 && self->multi != NULL; i++)
    {
      gint64 until_us = G_MAXINT64;
      int timeout_ms;

      msa_multi_perform (self->multi, NULL, NULL);
      if (self->multi == NULL)
        return;
      timeout_ms = msa_multi_get_timeout_ms (self->multi);
      if (timeout_ms >= 0)
        until_us = msa_sim_get_now_us (self->sim) + timeout_ms * 1000;
      if (!msa_sim_step (self->sim, until_us) && timeout_ms < 0)
        return;
    }
}

static void
start_drop (Drop *self)
{
  self->sim = msa_sim_new ();
  self->multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (self->sim)));
  g_object_add_weak_pointer (G_OBJECT (self->multi), (gpointer *) &self->multi);
  msa_sim_http_server (self->sim, "10.0.0.1", 80, msa_test_world_respond_cb, NULL);
  g_signal_connect (self->multi, "completed", G_CALLBACK (drop_multi_completed_cb), self);
  g_signal_connect (self->multi, "notify::n-running", G_CALLBACK (drop_notify_cb), self);
  g_signal_connect (msa_multi_get_transfers (self->multi), "items-changed",
                    G_CALLBACK (drop_items_cb), self);
}

/* One that answers is first; others are under way, and end without a word. */
static void
test_drop_multi (gconstpointer data)
{
  g_auto (GStrv) words = g_strsplit (data, "/", 2);
  Drop self = { .place = words[1], .dispose = strcmp (words[0], "dispose") == 0 };
  MsaEasy *easies[4];

  start_drop (&self);
  if (g_str_has_prefix (self.place, "socket") || g_str_has_prefix (self.place, "timer"))
    {
      msa_multi_set_socket_func (self.multi, drop_socket_cb, &self, NULL);
      msa_multi_set_timer_func (self.multi, drop_timer_cb, &self, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    {
      easies[i] = msa_easy_new (i % 2 == 0 ? "http://10.0.0.1/interim" : "http://10.0.0.1/hang");
      add_for_drop (&self, easies[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    g_object_unref (easies[i]);

  self.armed = TRUE;
  drive_by_hand (&self);
  g_assert_true (self.gone);
  /* A dropped one lives until the dispatch is over. */
  if (self.dispose)
    {
      g_assert_true (msa_multi_perform (self.disposed, NULL, NULL));
      g_assert_cmpuint (msa_multi_get_n_running (self.disposed), ==, 0);
      g_assert_cmpuint (self.n_after, ==, 0);
      g_assert_finalize_object (self.disposed);
    }
  g_assert_null (self.multi);
  msa_sim_assert_clean (self.sim);
  msa_sim_unref (self.sim);
}

/* Outside of a dispatch, but all the same: a change is announced before it is notified. */

static void
test_drop_in_setter (gconstpointer data)
{
  const char *property = data;
  Drop self = { .place = "timer" };
  MsaEasy *easy = msa_easy_new ("http://10.0.0.1/size/10");

  start_drop (&self);
  msa_multi_set_timer_func (self.multi, drop_timer_cb, &self, NULL);
  add_for_drop (&self, easy);
  g_object_unref (easy);
  while (msa_multi_get_n_running (self.multi) > 0)
    {
      msa_multi_perform (self.multi, NULL, NULL);
      msa_sim_step (self.sim, G_MAXINT64);
    }

  /* Its connection idles: it is to go, or to expire earlier. */
  self.armed = TRUE;
  if (strcmp (property, "max-idle-connections") == 0)
    msa_multi_set_max_idle_connections (self.multi, 0);
  else
    msa_multi_set_max_idle_age_s (self.multi, 5);
  g_assert_true (self.gone);
  g_assert_null (self.multi);
  msa_sim_assert_clean (self.sim);
  msa_sim_unref (self.sim);
}

static void
add_drop_tests (void)
{
  static const char *const places[] = {
    "informational",
    "headers",
    "write",
    "data",
    "completed",
    "multi-completed",
    "notify",
    "items-changed",
    "socket",
    "socket-removed",
    "timer-off",
  };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *drop = g_strconcat ("/msa/contract/nested/drop-multi/", places[i], NULL);
      g_autofree char *dispose =
          g_strconcat ("/msa/contract/nested/dispose-multi/", places[i], NULL);

      g_test_add_data_func_full (drop, g_strconcat ("drop/", places[i], NULL), test_drop_multi,
                                 g_free);
      g_test_add_data_func_full (dispose, g_strconcat ("dispose/", places[i], NULL),
                                 test_drop_multi, g_free);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func, row) \
  msa_test_world_add_row_test ("/msa/contract/nested/" path, func, row)
  ADD ("data-in-order/chunked", test_data_in_order, "/chunked/20000");
  ADD ("data-in-order/sized", test_data_in_order, "/size/20000");
  ADD ("timeout-not-underneath", test_timeout_not_underneath, NULL);
  ADD ("timeout-before-end/sized", test_timeout_before_end, "/size/100");
  ADD ("timeout-before-end/chunked", test_timeout_before_end, "/chunked/100");
  ADD ("not-underneath/headers", test_signal_not_underneath, "headers");
  ADD ("not-underneath/informational", test_signal_not_underneath, "informational");
  ADD ("not-underneath/data", test_signal_not_underneath, "data");
  ADD ("not-underneath/progress", test_signal_not_underneath, "progress");
  ADD ("not-underneath/trace", test_signal_not_underneath, "trace");
  ADD ("peer-gone", test_peer_gone, NULL);
  ADD ("no-busy-loop", test_no_busy_loop, NULL);
  ADD ("deep", test_deep, NULL);
  ADD ("drop-easy", test_drop_easy, NULL);
  ADD ("drop-easy-in-write", test_drop_easy_in_write, NULL);
#undef ADD
  msa_test_world_add_test_in (MSA_TEST_ATTACHED,
                              "/msa/contract/nested/main-loop/in-completed/attached",
                              test_main_loop);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED,
                              "/msa/contract/nested/main-loop/in-headers/attached",
                              test_main_loop_in_headers);
  g_test_add_data_func ("/msa/contract/nested/drop-easy-in-timer/interim", "/interim",
                        test_drop_easy_in_timer);
  g_test_add_data_func ("/msa/contract/nested/drop-easy-in-timer/chunked", "/chunked/300000",
                        test_drop_easy_in_timer);
  g_test_add_data_func ("/msa/contract/nested/drop-easy-in-timer/sized", "/size/300000",
                        test_drop_easy_in_timer);
  add_drop_tests ();
  g_test_add_data_func ("/msa/contract/nested/drop-multi-in-setter/idle-connections",
                        "max-idle-connections", test_drop_in_setter);
  g_test_add_data_func ("/msa/contract/nested/drop-multi-in-setter/idle-age", "max-idle-age-s",
                        test_drop_in_setter);

  return g_test_run ();
}

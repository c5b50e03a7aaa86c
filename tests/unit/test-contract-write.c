/* test-contract-write.c: what a write function answers, and what becomes of it
 *
 * Pausing by the answer and by msa_easy_pause(), the same bytes again, aborting; replaced,
 * cleared or removed while it is on the stack.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

#include <string.h>

typedef struct
{
  MsaTestWorld  *world;       /* (unowned) */
  MsaTestRecord *record;      /* (unowned) (nullable): of the easy it is set on */
  GString       *body;        /* (owned): what was taken */
  GString       *offered;     /* (owned): what came last */
  guint          n_calls;
  guint          n_destroyed;
  guint          n_pauses;    /* so many calls yet are answered by PAUSE */
  MsaWriteResult answer;
  gboolean       on_stack;
} Writer;

static Writer *
writer_new (MsaTestWorld *world)
{
  Writer *self = g_new0 (Writer, 1);

  self->world = world;
  self->answer = MSA_WRITE_CONTINUE;
  self->body = g_string_new (NULL);
  self->offered = g_string_new (NULL);

  return self;
}

/* The easy lets go of it once. */
static void
writer_free (Writer *self)
{
  if (self->record->easy != NULL)
    msa_easy_set_write_func (self->record->easy, NULL, NULL, NULL);
  g_assert_cmpuint (self->n_destroyed, ==, 1);
  g_string_free (self->body, TRUE);
  g_string_free (self->offered, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Writer, writer_free)

/* Never while the function it belongs to runs. */
static void
writer_destroyed (gpointer data)
{
  Writer *self = data;

  g_assert_false (self->on_stack);
  self->n_destroyed++;
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  Writer *self = user_data;

  g_assert_cmpuint (len, >, 0);
  self->n_calls++;
  g_string_truncate (self->offered, 0);
  g_string_append_len (self->offered, (const char *) data, (gssize) len);
  if (self->n_pauses > 0)
    {
      self->n_pauses--;
      return MSA_WRITE_PAUSE;
    }
  if (self->answer == MSA_WRITE_CONTINUE)
    g_string_append_len (self->body, (const char *) data, (gssize) len);

  return self->answer;
}

static void
assert_taken (const Writer *self,
              gsize len)
{
  msa_test_assert_fill (self->body->str, self->body->len, len);
}

/* Not added. */
static MsaEasy *
make_writer (Writer *self,
             const char *uri,
             MsaEasyWriteFunc func)
{
  MsaEasy *easy = msa_test_world_make (self->world, uri);

  self->record = msa_test_world_get_record (easy);
  msa_easy_set_write_func (easy, func, self, writer_destroyed);

  return easy;
}

static MsaEasy *
add_writer (Writer *self,
            const char *uri,
            MsaEasyWriteFunc func)
{
  MsaEasy *easy = make_writer (self, uri, func);

  msa_test_world_add_again (self->world, easy);

  return easy;
}

static gboolean
was_called (gpointer data)
{
  return ((Writer *) data)->n_calls > 0;
}

/* Added, and paused by the answer to its first bytes, as by so many more. */
static MsaEasy *
pause_writer (Writer *self,
              const char *uri,
              guint n_pauses)
{
  MsaEasy *easy = add_writer (self, uri, write_cb);

  self->n_pauses = n_pauses;
  g_assert_true (msa_test_world_run_until (self->world, was_called, self));

  return easy;
}

/* Taking */

static void
test_takes_all (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, world->row, write_cb);

  msa_sim_set_segment (world->sim, 900);
  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 30000);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 30000);
  g_assert_null (msa_easy_get_body (easy));
  g_assert_cmpuint (writer->n_destroyed, ==, 0);
  msa_test_world_drop (world, easy);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (writer->n_destroyed, ==, 1);
  msa_test_world_assert_all_once (world);
}

/* No bytes, no call. */
static void
test_empty (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);

  msa_easy_set_write_func (add_writer (writer, world->row, write_cb), NULL, NULL, NULL);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  g_assert_cmpuint (writer->n_calls, ==, 0);
  g_assert_cmpuint (writer->n_destroyed, ==, 1);
}

/* Refusing */

static void
test_refused (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, "/chunked/30000", write_cb);

  writer->answer = (MsaWriteResult) GPOINTER_TO_INT (world->row);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_WRITE);
  g_assert_cmpuint (writer->n_calls, ==, 1);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  msa_test_world_assert_all_once (world);
}

/* Pausing by the answer */

/* The same bytes come again, once for each resume, and nothing between. */
static void
test_paused_by_answer (MsaTestWorld *world)
{
  g_autoptr (GString) first = g_string_new (NULL);
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = pause_writer (writer, world->row, 3);

  g_string_append_len (first, writer->offered->str, (gssize) writer->offered->len);

  for (guint i = 1; i <= 3; i++)
    {
      msa_test_world_settle (world, G_USEC_PER_SEC);
      g_assert_cmpuint (writer->n_calls, ==, i);
      g_assert_cmpmem (writer->offered->str, MIN (first->len, writer->offered->len), first->str,
                       MIN (first->len, writer->offered->len));
      g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 0);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
      g_assert_cmpuint (writer->n_calls, ==, i);
    }

  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 30000);
  msa_test_world_assert_all_once (world);
}

/* What is done with the transfer meanwhile leaves what is to come again. */
static void
test_paused_and_touched (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = pause_writer (writer, world->row, 2);

  for (guint i = 1; i <= 2; i++)
    {
      msa_easy_pause (easy, MSA_DIRECTION_BOTH);
      msa_test_world_settle (world, G_USEC_PER_SEC);
      msa_easy_resume (easy, MSA_DIRECTION_SEND);
      msa_test_world_settle (world, G_USEC_PER_SEC);
      g_assert_cmpuint (writer->n_calls, ==, i);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
      msa_test_world_settle (world, 0);
    }

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  assert_taken (writer, 30000);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 30000);
  msa_test_world_assert_all_once (world);
}

/* At every place of the body. */
static MsaWriteResult
pause_each_cb (MsaEasy *easy,
               const guint8 *data,
               gsize len,
               gpointer user_data)
{
  Writer *self = user_data;

  self->n_calls++;
  if (self->n_calls % 2 == 1)
    {
      g_string_truncate (self->offered, 0);
      g_string_append_len (self->offered, (const char *) data, (gssize) len);
      return MSA_WRITE_PAUSE;
    }
  g_assert_cmpmem (data, MIN (len, self->offered->len), self->offered->str,
                   MIN (len, self->offered->len));
  g_string_append_len (self->body, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

static void
test_paused_each_time (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, world->row, pause_each_cb);

  msa_sim_set_segment (world->sim, 333);
  g_assert_true (msa_test_world_run_until (world, was_called, writer));
  for (guint i = 0; i < 1000 && world->n_completed == 0; i++)
    {
      msa_test_world_settle (world, 2);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
    }
  g_assert_cmpuint (world->n_ok, ==, 1);
  assert_taken (writer, 30000);
  g_assert_cmpuint (writer->n_calls, >=, 4);
  msa_test_world_assert_all_once (world);
}

/* Pausing by the function */

static MsaWriteResult
pause_and_take_cb (MsaEasy *easy,
                   const guint8 *data,
                   gsize len,
                   gpointer user_data)
{
  Writer *self = user_data;

  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  self->n_calls++;
  g_string_append_len (self->body, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

/* These bytes are taken, none follow. */
static void
test_paused_by_function (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, world->row, pause_and_take_cb);

  for (guint i = 1; world->n_completed == 0; i++)
    {
      msa_test_world_settle (world, G_USEC_PER_SEC);
      if (world->n_completed == 0)
        g_assert_cmpuint (writer->n_calls, ==, i);
      g_assert_cmpuint (i, <, 1000);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
    }
  assert_taken (writer, 30000);
  msa_test_world_assert_all_once (world);
}

static void
pause_in_headers_cb (MsaEasy *easy,
                     gpointer data)
{
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
}

/* Before anything of the body, which has arrived with the head. */
static void
test_paused_in_headers (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, world->row, write_cb);

  g_signal_connect (easy, "headers", G_CALLBACK (pause_in_headers_cb), NULL);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_RECEIVING);
  g_assert_cmpuint (writer->n_calls, ==, 0);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 30000);
}

/* Before it is even started: nothing of the body comes. */
static void
test_paused_from_start (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, "/size/30000", write_cb);

  msa_easy_pause (easy, MSA_DIRECTION_BOTH);
  msa_test_world_settle (world, 10 * G_USEC_PER_SEC);
  g_assert_cmpuint (writer->n_calls, ==, 0);
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_easy_resume (easy, MSA_DIRECTION_BOTH);
  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 30000);
}

/* One direction alone */

#define POST_BYTES 200000

static MsaEasy *
add_post (Writer *self,
          MsaDirections paused)
{
  MsaEasy *easy = make_writer (self, "/size/30000", write_cb);
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (POST_BYTES), POST_BYTES);

  msa_easy_set_method (easy, "POST");
  msa_easy_set_body (easy, "text/plain", body);
  msa_test_world_add_again (self->world, easy);
  msa_easy_pause (easy, paused);

  return easy;
}

static gsize
count_sent (MsaTestWorld *world)
{
  return msa_sim_peer_get_received (msa_sim_get_peer (world->sim, 0))->len;
}

/* The head goes, the body does not. */
static void
test_paused_send (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_post (writer, MSA_DIRECTION_SEND);

  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (count_sent (world), >, 0);
  g_assert_cmpuint (count_sent (world), <, 1000);
  /* The other direction is another matter. */
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (count_sent (world), <, 1000);

  msa_easy_resume (easy, MSA_DIRECTION_SEND);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (count_sent (world), >, POST_BYTES);
  assert_taken (writer, 30000);
}

/* The body goes, the reply is not looked at. */
static void
test_paused_receive_sends (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_post (writer, MSA_DIRECTION_RECEIVE);

  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (count_sent (world), >, POST_BYTES);
  msa_easy_resume (easy, MSA_DIRECTION_SEND);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (writer->n_calls, ==, 0);

  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 30000);
}

/* Resumed by another transfer's handler. */
static void
resume_data (MsaTestRecord *record,
             gpointer data)
{
  msa_easy_resume (data, MSA_DIRECTION_RECEIVE);
}

static void
test_resumed_from_handler (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = pause_writer (writer, "/chunked/30000", 1);
  MsaEasy *other = msa_test_world_add (world, "/size/10");

  msa_test_world_get_record (other)->completed = resume_data;
  msa_test_world_get_record (other)->data = easy;
  g_assert_true (msa_test_world_run (world, 2));
  assert_taken (writer, 30000);
  msa_test_world_assert_all_once (world);
}

/* A paused transfer's time goes on. */
static void
test_paused_times_out (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = make_writer (writer, "/size/30000", write_cb);

  writer->n_pauses = 1;
  msa_easy_set_timeout_ms (easy, 500);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (writer->n_calls, ==, 1);
}

/* The other end goes meanwhile: what had come is delivered first. */
static void
test_paused_peer_gone (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = pause_writer (writer, "/truncated/1000", 1);

  msa_test_world_settle (world, G_USEC_PER_SEC);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 500);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
}

/* Replaced, cleared, removed */

static MsaWriteResult
replace_itself_cb (MsaEasy *easy,
                   const guint8 *data,
                   gsize len,
                   gpointer user_data)
{
  Writer *self = user_data;

  self->on_stack = TRUE;
  self->n_calls++;
  msa_easy_set_write_func (easy, self->answer == MSA_WRITE_PAUSE ? NULL : write_cb, self, NULL);
  g_string_append_len (self->body, (const char *) data, (gssize) len);
  g_assert_cmpuint (self->n_destroyed, ==, 0);
  self->on_stack = FALSE;

  return MSA_WRITE_CONTINUE;
}

/* The run goes on with what it began with. */
static void
test_replaced_within_itself (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);

  if (world->row != NULL)
    writer->answer = MSA_WRITE_PAUSE;
  add_writer (writer, "/chunked/30000", replace_itself_cb);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  assert_taken (writer, 30000);
  g_assert_cmpuint (writer->n_destroyed, ==, 1);
}

static MsaWriteResult
remove_itself_cb (MsaEasy *easy,
                  const guint8 *data,
                  gsize len,
                  gpointer user_data)
{
  Writer *self = user_data;
  g_autofree char *copy = g_memdup2 (data, len);

  self->on_stack = TRUE;
  self->n_calls++;
  msa_test_world_remove (self->world, easy);
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
  msa_test_world_drop (self->world, easy);
  g_assert_cmpmem (data, len, copy, len);
  g_assert_cmpuint (self->n_destroyed, ==, 0);
  self->on_stack = FALSE;

  return self->answer;
}

/* Whatever it answers then. */
static void
test_removed_within_itself (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);

  writer->answer = (MsaWriteResult) GPOINTER_TO_INT (world->row);
  add_writer (writer, "/chunked/30000", remove_itself_cb);
  g_assert_true (msa_test_world_run_until (world, was_called, writer));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (writer->n_calls, ==, 1);
  g_assert_cmpuint (writer->n_destroyed, ==, 1);
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_test_world_assert_all_once (world);
}

/* Removed while paused: its bytes, its connection and the function's data are freed. */
static void
test_removed_while_paused (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = pause_writer (writer, world->row, 1);

  msa_test_world_settle (world, 100000);
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
  g_assert_cmpuint (writer->n_destroyed, ==, 0);
  msa_test_world_remove (world, easy);
  g_assert_cmpuint (writer->n_destroyed, ==, 1);
  msa_easy_resume (easy, MSA_DIRECTION_BOTH);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (writer->n_calls, ==, 1);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_true (msa_sim_peer_is_closed (msa_sim_get_peer (world->sim, 0)));
  msa_test_world_assert_all_once (world);
}

/* What destroys the data calls the multi in turn. */

static void
call_when_destroyed (gpointer data)
{
  Writer *self = data;
  MsaTestRecord *record = g_ptr_array_index (self->world->records, 0);

  self->n_destroyed++;
  msa_multi_remove (self->world->multi, record->easy);
  if (self->answer == MSA_WRITE_PAUSE)
    msa_test_world_add_again (self->world, record->easy);
}

static void
test_destroy_calls (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = msa_test_world_make (world, "/part/100");

  writer->record = msa_test_world_get_record (easy);
  msa_easy_set_write_func (easy, write_cb, writer, call_when_destroyed);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, was_called, writer));
  if (world->row != NULL)
    writer->answer = MSA_WRITE_PAUSE;
  /* The run alone has it: it goes in the removal. */
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
  msa_easy_set_uri (easy, "http://example.org/size/10");
  msa_test_world_remove (world, easy);
  g_assert_cmpuint (writer->n_destroyed, ==, 1);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (world->n_ok, ==, world->row != NULL ? 1 : 0);
  msa_test_world_assert_all_once (world);
}

/* A pause belongs to its run. */
static void
test_pause_ends_with_run (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = pause_writer (writer, "/size/1000", 1);

  msa_test_world_remove (world, easy);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  assert_taken (writer, 1000);
}

/* The other transfers of the same host do not mind. */
static void
test_paused_beside_others (MsaTestWorld *world)
{
  g_autoptr (Writer) writer = writer_new (world);
  MsaEasy *easy = add_writer (writer, "/size/30000", write_cb);

  writer->n_pauses = 1;
  for (guint i = 0; i < 20; i++)
    msa_test_world_add (world, "/chunked/5000");
  g_assert_true (msa_test_world_run (world, 20));
  g_assert_cmpuint (world->n_ok, ==, 20);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, 21));
  assert_taken (writer, 30000);
  msa_test_world_assert_all_once (world);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func, row) \
  msa_test_world_add_row_test ("/msa/contract/write/" path, func, row)
  ADD ("takes-all/sized", test_takes_all, "/size/30000");
  ADD ("takes-all/chunked", test_takes_all, "/chunked/30000");
  ADD ("empty/sized", test_empty, "/size/0");
  ADD ("empty/chunked", test_empty, "/chunked/0");
  ADD ("empty/no-content", test_empty, "/status/204");
  ADD ("refused/abort", test_refused, GINT_TO_POINTER (MSA_WRITE_ABORT));
  ADD ("refused/unknown-3", test_refused, GINT_TO_POINTER (3));
  ADD ("refused/unknown-negative", test_refused, GINT_TO_POINTER (-1));
  ADD ("paused-by-answer/sized", test_paused_by_answer, "/size/30000");
  ADD ("paused-by-answer/chunked", test_paused_by_answer, "/chunked/30000");
  ADD ("paused-and-touched/sized", test_paused_and_touched, "/size/30000");
  ADD ("paused-and-touched/chunked", test_paused_and_touched, "/chunked/30000");
  ADD ("paused-each-time/sized", test_paused_each_time, "/size/30000");
  ADD ("paused-each-time/chunked", test_paused_each_time, "/chunked/30000");
  ADD ("paused-by-function/sized", test_paused_by_function, "/size/30000");
  ADD ("paused-by-function/chunked", test_paused_by_function, "/chunked/30000");
  ADD ("paused-in-headers/sized", test_paused_in_headers, "/size/30000");
  ADD ("paused-in-headers/chunked", test_paused_in_headers, "/chunked/30000");
  ADD ("paused-from-start", test_paused_from_start, NULL);
  ADD ("paused-send", test_paused_send, NULL);
  ADD ("paused-receive-sends", test_paused_receive_sends, NULL);
  ADD ("resumed-from-handler", test_resumed_from_handler, NULL);
  ADD ("paused-times-out", test_paused_times_out, NULL);
  ADD ("paused-peer-gone", test_paused_peer_gone, NULL);
  ADD ("paused-beside-others", test_paused_beside_others, NULL);
  ADD ("pause-ends-with-run", test_pause_ends_with_run, NULL);
  ADD ("destroy-removes", test_destroy_calls, NULL);
  ADD ("destroy-adds", test_destroy_calls, "adds");
  ADD ("replaced-within-itself", test_replaced_within_itself, NULL);
  ADD ("cleared-within-itself", test_replaced_within_itself, "cleared");
  ADD ("removed-within-itself/continue", test_removed_within_itself,
       GINT_TO_POINTER (MSA_WRITE_CONTINUE));
  ADD ("removed-within-itself/pause", test_removed_within_itself,
       GINT_TO_POINTER (MSA_WRITE_PAUSE));
  ADD ("removed-within-itself/abort", test_removed_within_itself,
       GINT_TO_POINTER (MSA_WRITE_ABORT));
  ADD ("removed-while-paused/sized", test_removed_while_paused, "/size/30000");
  ADD ("removed-while-paused/chunked", test_removed_while_paused, "/chunked/30000");
#undef ADD

  return g_test_run ();
}

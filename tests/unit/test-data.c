/* test-data.c: the body told as it comes, by MsaEasy::data
 *
 * Every part once, in order, after its sink has taken it; and what a handler may do there. That any
 * call may be made in it is shown in test-contract-reentry.c, loops within it in
 * test-contract-nested.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

typedef enum
{
  THEN_GO_ON,
  THEN_PAUSE,
  THEN_REMOVE,
  THEN_DISCONNECT,
} Then;

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  GPtrArray *parts; /* (owned) (element-type GBytes): all that was told */
  gsize n_told; /* their bytes */
  gsize n_taken; /* by the write function, if there is one */
  guint n_offered; /* to it, in calls */
  guint n_pauses; /* so many calls yet are answered by PAUSE */
  gboolean refuses;
  Then then;
} Listener;

static Listener *
listener_new (MsaTestWorld *world)
{
  Listener *self = g_new0 (Listener, 1);

  self->world = world;
  self->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  return self;
}

static void
listener_free (Listener *self)
{
  g_ptr_array_unref (self->parts);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Listener, listener_free)

static void
data_cb (MsaEasy *easy,
         GBytes *part,
         gpointer data)
{
  Listener *self = data;

  g_ptr_array_add (self->parts, g_bytes_ref (part));
  self->n_told += g_bytes_get_size (part);
  g_assert_cmpuint (g_bytes_get_size (part), >, 0);
  g_assert_cmpuint (g_bytes_get_size (part), <=, 64 * 1024);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, self->n_told);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_RECEIVING);
  if (self->n_offered > 0)
    g_assert_cmpuint (self->n_taken, ==, self->n_told);

  if (self->then == THEN_PAUSE)
    msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  else if (self->then == THEN_REMOVE)
    msa_test_world_remove (self->world, easy);
  else if (self->then == THEN_DISCONNECT)
    g_signal_handlers_disconnect_by_data (easy, self);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  Listener *self = user_data;

  self->n_offered++;
  if (self->refuses)
    return MSA_WRITE_ABORT;
  if (self->n_pauses > 0)
    {
      self->n_pauses--;
      return MSA_WRITE_PAUSE;
    }
  self->n_taken += len;

  return MSA_WRITE_CONTINUE;
}

/* What was told is kept to here, past the life of the buffers it was read into. */
static void
assert_told (const Listener *self,
             gsize len)
{
  g_autoptr (GString) told = g_string_new (NULL);

  for (guint i = 0; i < self->parts->len; i++)
    {
      gsize size;
      const char *part = g_bytes_get_data (g_ptr_array_index (self->parts, i), &size);

      g_string_append_len (told, part, (gssize) size);
    }
  msa_test_assert_fill (told->str, told->len, len);
}

/* Not added. */
static MsaEasy *
make_heard (Listener *self,
            const char *uri)
{
  MsaEasy *easy = msa_test_world_make (self->world, uri);

  g_signal_connect (easy, "data", G_CALLBACK (data_cb), self);

  return easy;
}

/* @func (nullable): what takes the body. */
static MsaEasy *
listen_to (Listener *self,
           const char *uri,
           MsaEasyWriteFunc func)
{
  MsaEasy *easy = make_heard (self, uri);

  if (func != NULL)
    msa_easy_set_write_func (easy, func, self, NULL);
  msa_test_world_add_again (self->world, easy);

  return easy;
}

/* All of it */

static void
test_memory (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);
  MsaEasy *easy = listen_to (listener, world->row, NULL);

  msa_sim_set_segment (world->sim, 900);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  assert_told (listener, 30000);
  g_assert_cmpuint (listener->parts->len, >, 1);
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 30000);
  msa_test_world_drop (world, easy);
  assert_told (listener, 30000);
}

static void
test_function (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);

  msa_sim_set_segment (world->sim, 900);
  listen_to (listener, world->row, write_cb);
  g_assert_true (msa_test_world_run (world, 1));
  assert_told (listener, 30000);
  g_assert_cmpuint (listener->n_taken, ==, 30000);
  g_assert_cmpuint (listener->parts->len, ==, listener->n_offered);
}

static void
test_stream (MsaTestWorld *world)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr (Listener) listener = listener_new (world);
  MsaEasy *easy = make_heard (listener, world->row);

  msa_easy_set_output_stream (easy, stream);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  assert_told (listener, 30000);
}

/* A body of known length is read straight to where it is kept, as much as there is at once: but not
 * where it is told (what data_cb() sees is at most 64 KiB). */
static void
test_large (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);

  listen_to (listener, world->row, NULL);
  g_assert_true (msa_test_world_run (world, 1));
  assert_told (listener, 1000000);
  g_assert_cmpuint (listener->parts->len, >=, 1000000 / MSA_MAX_WRITE_CHUNK_BYTES);
}

/* No bytes, no part. */
static void
test_empty (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);

  listen_to (listener, world->row, NULL);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  g_assert_cmpuint (listener->parts->len, ==, 0);
}

/* What the sink does not take */

/* A part is offered again after each pause, and told once. */
static void
test_paused_part (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);
  MsaEasy *easy = listen_to (listener, world->row, write_cb);

  listener->n_pauses = 3;
  for (guint i = 1; i <= 3; i++)
    {
      msa_test_world_settle (world, G_USEC_PER_SEC);
      g_assert_cmpuint (listener->n_offered, ==, i);
      g_assert_cmpuint (listener->parts->len, ==, 0);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
    }
  g_assert_true (msa_test_world_run (world, 1));
  assert_told (listener, 30000);
}

static void
test_refused_part (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);
  MsaEasy *easy = listen_to (listener, world->row, write_cb);

  listener->refuses = TRUE;
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_WRITE);
  g_assert_cmpuint (listener->parts->len, ==, 0);
}

/* Removed by its write function: nobody hears more of it. */
static MsaWriteResult
remove_and_take_cb (MsaEasy *easy,
                    const guint8 *data,
                    gsize len,
                    gpointer user_data)
{
  msa_test_world_remove (((Listener *) user_data)->world, easy);

  return MSA_WRITE_CONTINUE;
}

static void
test_removed_by_function (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);

  listen_to (listener, world->row, remove_and_take_cb);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (listener->parts->len, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
}

/* What a handler does */

/* No part follows until it is resumed. */
static void
test_pauses (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);
  MsaEasy *easy = listen_to (listener, world->row, NULL);

  listener->then = THEN_PAUSE;
  msa_sim_set_segment (world->sim, 5000);
  for (guint i = 1; world->n_completed == 0; i++)
    {
      msa_test_world_settle (world, G_USEC_PER_SEC);
      if (world->n_completed == 0)
        g_assert_cmpuint (listener->parts->len, ==, i);
      g_assert_cmpuint (i, <, 1000);
      msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
    }
  g_assert_cmpuint (world->n_ok, ==, 1);
  g_assert_cmpuint (listener->parts->len, >, 1);
  assert_told (listener, 30000);
}

static void
test_removes (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);

  listener->then = THEN_REMOVE;
  msa_sim_set_segment (world->sim, 900);
  listen_to (listener, world->row, NULL);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (listener->parts->len, ==, 1);
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
}

/* The run goes on unheard. */
static void
test_disconnects (MsaTestWorld *world)
{
  g_autoptr (Listener) listener = listener_new (world);
  MsaEasy *easy = listen_to (listener, world->row, NULL);

  listener->then = THEN_DISCONNECT;
  msa_sim_set_segment (world->sim, 900);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (listener->parts->len, ==, 1);
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 30000);
}

/* Only runs that were added while somebody listened: the next one is. */
static void
test_connected_late (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, world->row);
  g_autoptr (Listener) listener = listener_new (world);

  g_signal_connect (easy, "data", G_CALLBACK (data_cb), listener);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (listener->parts->len, ==, 0);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  assert_told (listener, 30000);
}

int
main (int argc,
      char **argv)
{
  static const MsaTestWorldTest tests[] = {
    { "memory", test_memory },
    { "function", test_function },
    { "stream", test_stream },
    { "paused-part", test_paused_part },
    { "refused-part", test_refused_part },
    { "removed-by-function", test_removed_by_function },
    { "pauses", test_pauses },
    { "removes", test_removes },
    { "disconnects", test_disconnects },
    { "connected-late", test_connected_late },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *sized = g_strconcat ("/msa/data/", tests[i].path, "/sized", NULL);
      g_autofree char *chunked = g_strconcat ("/msa/data/", tests[i].path, "/chunked", NULL);

      msa_test_world_add_row_test (sized, tests[i].func, "/size/30000");
      msa_test_world_add_row_test (chunked, tests[i].func, "/chunked/30000");
    }
  msa_test_world_add_row_test ("/msa/data/large/sized", test_large, "/size/1000000");
  msa_test_world_add_row_test ("/msa/data/large/chunked", test_large, "/chunked/1000000");
  msa_test_world_add_row_test ("/msa/data/empty/sized", test_empty, "/size/0");
  msa_test_world_add_row_test ("/msa/data/empty/chunked", test_empty, "/chunked/0");

  return g_test_run ();
}

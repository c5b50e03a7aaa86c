/* test-sink.c: bodies that are kept in memory, handed to a function, or written to a stream
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "body/msa-sink-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-reactor.h"

#include <string.h>

/* Memory */

static MsaWriteResult
write_text (MsaSink *sink,
            const char *text)
{
  return sink->ops->write (sink, msa_slice_from_string (text));
}

static void
assert_finish (MsaSink *sink,
               const char *text)
{
  g_autoptr (GBytes) body = sink->ops->finish (sink);

  g_assert_nonnull (body);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), text, strlen (text));
}

static void
test_memory (void)
{
  MsaSink *sink = msa_sink_new_memory ();

  g_assert_true (sink->in_memory);
  sink->ops->begin (sink, -1);
  g_assert_cmpint (write_text (sink, "one "), ==, MSA_WRITE_CONTINUE);
  g_assert_cmpint (write_text (sink, ""), ==, MSA_WRITE_CONTINUE);
  g_assert_cmpint (write_text (sink, "two"), ==, MSA_WRITE_CONTINUE);
  assert_finish (sink, "one two");
  msa_sink_unref (sink);
}

static void
test_memory_empty (void)
{
  MsaSink *sink = msa_sink_new_memory ();

  assert_finish (sink, "");
  sink->ops->begin (sink, 0);
  assert_finish (sink, "");
  msa_sink_unref (sink);
}

/* The body outlives its sink. */
static void
test_memory_taken (void)
{
  MsaSink *sink = msa_sink_new_memory ();
  GBytes *body;

  write_text (sink, "kept");
  body = sink->ops->finish (sink);
  msa_sink_unref (sink);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "kept", 4);
  g_bytes_unref (body);
}

/* Received into the sink itself, in turn with what is written. */
static void
test_memory_reserve (void)
{
  MsaSink *sink = msa_sink_new_memory ();
  gsize size = 0;
  guint8 *room;

  sink->ops->begin (sink, 20);
  room = sink->ops->reserve (sink, 10, &size);
  g_assert_nonnull (room);
  g_assert_cmpuint (size, ==, 10);
  memcpy (room, "abc", 3);
  sink->ops->commit (sink, 3);
  g_assert_cmpint (write_text (sink, "def"), ==, MSA_WRITE_CONTINUE);
  room = sink->ops->reserve (sink, 4, &size);
  g_assert_cmpuint (size, ==, 4);
  memcpy (room, "ghij", 4);
  sink->ops->commit (sink, 4);
  /* What was reserved and not counted is no part of the body. */
  room = sink->ops->reserve (sink, 100, &size);
  memset (room, 'x', size);
  assert_finish (sink, "abcdefghij");
  msa_sink_unref (sink);
}

/* A peer's word costs no memory. */
static void
test_memory_announced (void)
{
  static const gint64 lengths[] = { G_MAXINT64, G_GINT64_CONSTANT (10) << 30,
                                    MSA_MAX_FIRST_BODY_BYTES + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      MsaSink *sink = msa_sink_new_memory ();
      gsize size = 0;

      sink->ops->begin (sink, lengths[i]);
      g_assert_nonnull (sink->ops->reserve (sink, (gsize) lengths[i], &size));
      g_assert_cmpuint (size, ==, MSA_MAX_FIRST_BODY_BYTES);
      msa_sink_unref (sink);
    }
}

/* It grows while bytes come, whatever was announced. */
static void
test_memory_grows (void)
{
  MsaSink *sink = msa_sink_new_memory ();
  g_autofree char *piece = g_strnfill (100000, 'x');
  g_autoptr (GBytes) body = NULL;

  sink->ops->begin (sink, 1);
  for (guint i = 0; i < 30; i++)
    {
      piece[0] = (char) ('a' + i % 26);
      g_assert_cmpint (write_text (sink, piece), ==, MSA_WRITE_CONTINUE);
    }
  body = sink->ops->finish (sink);
  g_assert_cmpuint (g_bytes_get_size (body), ==, 3000000);
  for (guint i = 0; i < 30; i++)
    g_assert_cmpint (((const char *) g_bytes_get_data (body, NULL))[i * 100000], ==, 'a' + i % 26);
  msa_sink_unref (sink);
}

/* A function */

typedef struct
{
  GString       *text;
  MsaWriteResult answer;
  guint          n_calls;
  guint          n_destroyed;
} Taker;

static MsaWriteResult
take_cb (gpointer user_data,
         MsaSlice data)
{
  Taker *taker = user_data;

  taker->n_calls++;
  g_string_append_len (taker->text, data.data, (gssize) data.len);

  return taker->answer;
}

static void
destroy_cb (gpointer user_data)
{
  ((Taker *) user_data)->n_destroyed++;
}

static void
test_function (void)
{
  Taker taker = { g_string_new (NULL), MSA_WRITE_CONTINUE, 0, 0 };
  MsaSink *sink = msa_sink_new_callback (take_cb, &taker, destroy_cb);

  g_assert_false (sink->in_memory);
  g_assert_null (sink->ops->finish);
  g_assert_null (sink->ops->reserve);
  sink->ops->begin (sink, 100);
  g_assert_cmpuint (taker.n_calls, ==, 0);
  g_assert_cmpint (write_text (sink, "one "), ==, MSA_WRITE_CONTINUE);
  g_assert_cmpint (write_text (sink, "two"), ==, MSA_WRITE_CONTINUE);
  g_assert_cmpstr (taker.text->str, ==, "one two");
  g_assert_cmpuint (taker.n_calls, ==, 2);
  g_assert_cmpuint (taker.n_destroyed, ==, 0);
  msa_sink_unref (sink);
  g_assert_cmpuint (taker.n_destroyed, ==, 1);
  g_string_free (taker.text, TRUE);
}

/* What a binding answers by accident is a refusal. */
static void
test_function_answers (void)
{
  static const struct
  {
    int            answer;
    MsaWriteResult result;
  } rows[] = {
    { MSA_WRITE_ABORT, MSA_WRITE_ABORT },
    { MSA_WRITE_CONTINUE, MSA_WRITE_CONTINUE },
    { MSA_WRITE_PAUSE, MSA_WRITE_PAUSE },
    { 3, MSA_WRITE_ABORT },
    { -1, MSA_WRITE_ABORT },
    { 5, MSA_WRITE_ABORT },
  };
  Taker taker = { g_string_new (NULL), MSA_WRITE_CONTINUE, 0, 0 };
  MsaSink *sink = msa_sink_new_callback (take_cb, &taker, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      taker.answer = (MsaWriteResult) rows[i].answer;
      g_assert_cmpint (write_text (sink, "x"), ==, rows[i].result);
    }
  msa_sink_unref (sink);
  g_string_free (taker.text, TRUE);
}

static void
test_references (void)
{
  Taker taker = { NULL, MSA_WRITE_CONTINUE, 0, 0 };
  MsaSink *sink = msa_sink_new_callback (take_cb, &taker, destroy_cb);

  g_assert_true (msa_sink_ref (sink) == sink);
  msa_sink_unref (sink);
  g_assert_cmpuint (taker.n_destroyed, ==, 0);
  msa_sink_unref (sink);
  g_assert_cmpuint (taker.n_destroyed, ==, 1);
}

/* Streams */

static void
wake_cb (gpointer data)
{
}

/* The first write is under way; what comes meanwhile is gathered. */
static void
test_stream_full (void)
{
  g_autofree char *data = g_malloc0 (MSA_MAX_SINK_BYTES + 1);

  for (int over = -1; over <= 1; over++)
    {
      MsaSim *sim = msa_sim_new ();
      MsaTestReactor *reactor = msa_test_reactor_new (msa_sim_get_sys (sim));
      g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
      MsaSink *sink = msa_sink_new_stream (msa_test_reactor_get (reactor), stream);
      gsize len = (gsize) (MSA_MAX_SINK_BYTES + over);

      sink->wake = wake_cb;
      sink->ops->begin (sink, -1);
      g_assert_cmpint (write_text (sink, "first"), ==, MSA_WRITE_CONTINUE);
      g_assert_false (sink->ops->is_full (sink));
      g_assert_cmpint (sink->ops->write (sink, msa_slice (data, len)), ==, MSA_WRITE_CONTINUE);
      g_assert_cmpint (sink->ops->is_full (sink), ==, over >= 0);

      msa_test_reactor_run_for (reactor, 1);
      g_assert_false (sink->ops->is_full (sink));
      g_assert_cmpuint (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (stream)), ==,
                        strlen ("first") + len);
      msa_sink_unref (sink);
      msa_test_reactor_free (reactor);
    }
}

/* One after the other */

static MsaTask *begun; /* (nullable): was given to a thread */
static MsaTask *told; /* (nullable): it is its turn */

static void
run_cb (MsaReactor *reactor,
        MsaTask *task)
{
  g_assert_null (begun);
  begun = task;
}

static void
finished_cb (MsaJob *job)
{
  g_assert_null (told);
  told = (MsaTask *) job;
}

static void
await_cb (MsaReactor *reactor,
          MsaTask *task)
{
  task->job.finished = finished_cb;
}

static void
end_operation (MsaReactor *reactor)
{
  MsaTask *task = g_steal_pointer (&begun);

  task->job.work (&task->job, reactor->sys);
  task->done (task, reactor, 0);
}

static MsaSink *
begin_write (MsaReactor *reactor,
             GOutputStream *stream,
             const char *text)
{
  MsaSink *sink = msa_sink_new_stream (reactor, stream);

  sink->wake = wake_cb;
  sink->ops->begin (sink, -1);
  g_assert_cmpint (write_text (sink, text), ==, MSA_WRITE_CONTINUE);

  return sink;
}

/* A run that ended has left a write behind: the next one begins none before that has returned. */
static void
test_stream_turns (void)
{
  static const MsaReactorOps ops = { .run = run_cb, .await = await_cb };
  MsaReactor reactor = { .ops = &ops };
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  MsaTask *first, *next;
  MsaSink *sink;

  msa_sink_unref (begin_write (&reactor, stream, "first"));
  first = begun;
  g_assert_nonnull (first);
  sink = begin_write (&reactor, stream, "second");
  g_assert_true (begun == first);
  g_assert_null (told);

  end_operation (&reactor);
  next = g_steal_pointer (&told);
  g_assert_nonnull (next);
  g_assert_null (begun);
  next->done (next, &reactor, 0);
  g_assert_true (begun == next);
  end_operation (&reactor);
  g_assert_null (told);
  g_assert_true (sink->ops->close (sink));
  g_assert_null (sink->ops->get_error (sink));
  /* The first one was cancelled before it began. */
  g_assert_cmpmem (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (stream)),
                   g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (stream)),
                   "second", 6);
  msa_sink_unref (sink);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/sink/memory/pieces", test_memory);
  g_test_add_func ("/msa/sink/memory/empty", test_memory_empty);
  g_test_add_func ("/msa/sink/memory/taken", test_memory_taken);
  g_test_add_func ("/msa/sink/memory/reserve", test_memory_reserve);
  g_test_add_func ("/msa/sink/memory/announced", test_memory_announced);
  g_test_add_func ("/msa/sink/memory/grows", test_memory_grows);
  g_test_add_func ("/msa/sink/function/pieces", test_function);
  g_test_add_func ("/msa/sink/function/answers", test_function_answers);
  g_test_add_func ("/msa/sink/references", test_references);
  g_test_add_func ("/msa/sink/stream/full", test_stream_full);
  g_test_add_func ("/msa/sink/stream/turns", test_stream_turns);

  return g_test_run ();
}

/* test-busy-streams.c: streams that are slow, or that an ended run has left an operation on
 *
 * The latter on the real system, since such an operation is in a thread: it waits at a gate, which
 * the test opens. What is looked at is what the stream was asked for, and that it is one thing at
 * a time. What is merely slow is so in simulated time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "base/msa-lock-private.h"
#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

#include <string.h>

#define DEADLINE_US (20 * G_USEC_PER_SEC)

static const char text[] = "hello";

/* The stream */

typedef struct
{
  MsaLock lock; /* guards what follows */
  GCond changed;
  gboolean open;
  gboolean obeys; /* who is cancelled at the gate does nothing */
  guint n_entered;
  guint n_inside;
  guint most_inside;
  goffset position;
  GString *told; /* (owned): what was done, in order */
} Gate;

static Gate gate;

static void
set_up_gate (gboolean obeys)
{
  gate = (Gate) { .obeys = obeys, .told = g_string_new (NULL) };
  msa_lock_init (&gate.lock);
}

static void
assert_told (const char *told)
{
  msa_lock_take (&gate.lock);
  g_assert_cmpstr (gate.told->str, ==, told);
  msa_lock_give (&gate.lock);
}

static void
clear_gate (void)
{
  msa_lock_take (&gate.lock);
  g_assert_cmpuint (gate.n_inside, ==, 0);
  g_assert_cmpuint (gate.most_inside, ==, 1);
  g_string_free (gate.told, TRUE);
  msa_lock_give (&gate.lock);
  msa_lock_clear (&gate.lock);
}

/* In a thread. With the lock held, when it returns. FALSE: nothing is to be done. */
static gboolean
pass (GCancellable *cancellable,
      GError **error)
{
  const gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  msa_lock_take (&gate.lock);
  gate.n_entered++;
  gate.n_inside++;
  gate.most_inside = MAX (gate.most_inside, gate.n_inside);
  g_cond_broadcast (&gate.changed);
  while (!gate.open)
    g_assert_true (msa_lock_wait_until (&gate.lock, &gate.changed, end_us));
  gate.n_inside--;

  return !gate.obeys || !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static void
wait_until_inside (void)
{
  const gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  msa_lock_take (&gate.lock);
  while (gate.n_entered == 0)
    g_assert_true (msa_lock_wait_until (&gate.lock, &gate.changed, end_us));
  msa_lock_give (&gate.lock);
}

static guint
open_gate (void)
{
  guint n_entered;

  msa_lock_take (&gate.lock);
  n_entered = gate.n_entered;
  gate.open = TRUE;
  g_cond_broadcast (&gate.changed);
  msa_lock_give (&gate.lock);

  return n_entered;
}

static gssize
gate_read (GInputStream *stream,
           void *buffer,
           gsize count,
           GCancellable *cancellable,
           GError **error)
{
  gssize len = -1;

  if (pass (cancellable, error))
    {
      len = (gssize) MIN (count, strlen (text) - (gsize) gate.position);
      memcpy (buffer, text + gate.position, (gsize) len);
      g_string_append_printf (gate.told, "read@%d ", (int) gate.position);
      gate.position += len;
    }
  msa_lock_give (&gate.lock);

  return len;
}

static gssize
gate_write (GOutputStream *stream,
            const void *buffer,
            gsize count,
            GCancellable *cancellable,
            GError **error)
{
  gboolean passed = pass (cancellable, error);

  if (passed)
    g_string_append_len (gate.told, buffer, (gssize) count);
  msa_lock_give (&gate.lock);

  return passed ? (gssize) count : -1;
}

static goffset
gate_tell (GSeekable *seekable)
{
  goffset position;

  msa_lock_take (&gate.lock);
  position = gate.position;
  msa_lock_give (&gate.lock);

  return position;
}

static gboolean
gate_can_seek (GSeekable *seekable)
{
  return TRUE;
}

static gboolean
gate_seek (GSeekable *seekable,
           goffset offset,
           GSeekType type,
           GCancellable *cancellable,
           GError **error)
{
  gboolean passed = pass (cancellable, error);

  if (passed)
    {
      gate.position = offset;
      g_string_append_printf (gate.told, "seek@%d ", (int) offset);
    }
  msa_lock_give (&gate.lock);

  return passed;
}

static gboolean
gate_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

typedef GInputStream GatePipe;
typedef GInputStreamClass GatePipeClass;
typedef GOutputStream GateOutput;
typedef GOutputStreamClass GateOutputClass;
typedef GInputStream GateFile;
typedef GInputStreamClass GateFileClass;

GType gate_pipe_get_type (void);
GType gate_file_get_type (void);
GType gate_output_get_type (void);

G_DEFINE_TYPE (GatePipe, gate_pipe, G_TYPE_INPUT_STREAM)
G_DEFINE_TYPE (GateOutput, gate_output, G_TYPE_OUTPUT_STREAM)

static void
gate_file_seekable_init (GSeekableIface *iface)
{
  iface->tell = gate_tell;
  iface->can_seek = gate_can_seek;
  iface->seek = gate_seek;
  iface->can_truncate = gate_can_truncate;
}

#define IS_SEEKABLE G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, gate_file_seekable_init)
G_DEFINE_TYPE_WITH_CODE (GateFile, gate_file, gate_pipe_get_type (), IS_SEEKABLE)

static void
gate_pipe_class_init (GatePipeClass *klass)
{
  klass->read_fn = gate_read;
}

static void
gate_pipe_init (GatePipe *self)
{
}

static void
gate_output_class_init (GateOutputClass *klass)
{
  klass->write_fn = gate_write;
}

static void
gate_output_init (GateOutput *self)
{
}

static void
gate_file_class_init (GateFileClass *klass)
{
}

static void
gate_file_init (GateFile *self)
{
}

/* Bodies to send */

static MsaEasy *
make_upload (MsaTestWorld *world,
             GInputStream *stream,
             const char *target)
{
  MsaEasy *easy = msa_test_world_make (world, target);

  msa_easy_set_body_stream (easy, NULL, stream, (gint64) strlen (text));

  return easy;
}

/* Runs until its stream is read, and ends then. */
static void
leave_read_behind (MsaTestWorld *world,
                   MsaEasy *easy)
{
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_SENDING));
  wait_until_inside ();
  msa_test_world_remove (world, easy);
}

/* The server may have answered already: it does not look at bodies. */
static gboolean
is_begun (gpointer data)
{
  return msa_easy_get_state (data) >= MSA_EASY_SENDING;
}

/* Runs as far as it can while the gate is shut. */
static void
add_behind_gate (MsaTestWorld *world,
                 MsaEasy *easy)
{
  msa_easy_set_uri (easy, world->base);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, is_begun, easy));
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (world->n_completed, ==, 0);
}

static void
run_to_end (MsaTestWorld *world)
{
  g_assert_cmpuint (open_gate (), ==, 1);
  g_assert_true (msa_test_world_run (world, 1));
}

static gboolean
is_on_context (const MsaTestWorld *world)
{
  return world->kind == MSA_TEST_ATTACHED || world->kind == MSA_TEST_SINGLY;
}

/* Back at the start, whatever the read that was left behind has moved. */
static void
test_read (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = g_object_new (gate_file_get_type (), NULL);
  MsaEasy *easy;

  set_up_gate (FALSE);
  easy = make_upload (world, stream, "/hang");
  leave_read_behind (world, easy);
  add_behind_gate (world, easy);
  run_to_end (world);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, strlen (text));
  assert_told ("read@0 seek@0 read@0 ");
  clear_gate ();
}

/* It took bytes that nobody can have again. */
static void
test_read_of_pipe (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = g_object_new (gate_pipe_get_type (), NULL);
  MsaEasy *easy;

  set_up_gate (FALSE);
  easy = make_upload (world, stream, "/hang");
  leave_read_behind (world, easy);
  add_behind_gate (world, easy);
  run_to_end (world);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_READ);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "cannot be sought in"));
  assert_told ("read@0 ");
  clear_gate ();
}

/* It took none. What GIO cancels in a thread of its own may have taken some all the same. */
static void
test_cancelled_read_of_pipe (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = g_object_new (gate_pipe_get_type (), NULL);
  MsaEasy *easy;

  set_up_gate (TRUE);
  easy = make_upload (world, stream, "/hang");
  leave_read_behind (world, easy);
  add_behind_gate (world, easy);
  run_to_end (world);
  if (is_on_context (world))
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_READ);
      assert_told ("");
    }
  else
    {
      g_assert_no_error (msa_easy_get_error (easy));
      assert_told ("read@0 ");
    }
  clear_gate ();
}

/* Who waits may go, too, and others go on. */
static void
test_waiting_is_removed (MsaTestWorld *world)
{
  g_autoptr (GInputStream) stream = g_object_new (gate_file_get_type (), NULL);
  MsaEasy *easy;

  set_up_gate (FALSE);
  easy = make_upload (world, stream, "/hang");
  leave_read_behind (world, easy);
  add_behind_gate (world, easy);
  msa_test_world_remove (world, easy);
  add_behind_gate (world, easy);
  run_to_end (world);
  g_assert_no_error (msa_easy_get_error (easy));
  assert_told ("read@0 seek@0 read@0 ");
  clear_gate ();
}

/* A read is under way and another one waits for it when the multi goes, or nobody drives it any
 * more: another one has the stream all the same. */
static void
run_in_another (MsaTestWorld *world,
                gboolean goes)
{
  MsaTestWorld *other = msa_test_world_new_real (MSA_TEST_PERFORM);
  g_autoptr (GInputStream) stream = g_object_new (gate_file_get_type (), NULL);
  MsaEasy *easy, *next;

  set_up_gate (FALSE);
  easy = make_upload (world, stream, "/hang");
  leave_read_behind (world, easy);
  add_behind_gate (world, easy);
  msa_test_world_remove (world, easy);
  if (goes)
    msa_test_world_end_multi (world);

  next = make_upload (other, stream, "/hang");
  add_behind_gate (other, next);
  run_to_end (other);
  g_assert_no_error (msa_easy_get_error (next));
  assert_told ("read@0 seek@0 read@0 ");
  msa_test_world_free (other);
  clear_gate ();
}

static void
test_multi_goes (MsaTestWorld *world)
{
  run_in_another (world, TRUE);
}

static void
test_multi_rests (MsaTestWorld *world)
{
  run_in_another (world, FALSE);
}

/* Bodies to keep */

static gboolean
has_received (gpointer data)
{
  return msa_easy_get_bytes_received (data) > 0;
}

/* What the ended run has begun to write is in the stream, then comes all of the next one. */
static void
test_write (MsaTestWorld *world)
{
  g_autoptr (GOutputStream) stream = g_object_new (gate_output_get_type (), NULL);
  char told[] = "....";
  MsaEasy *easy;

  set_up_gate (FALSE);
  easy = msa_test_world_make (world, "/part/6");
  msa_easy_set_output_stream (easy, stream);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, has_received, easy));
  wait_until_inside ();
  msa_test_world_remove (world, easy);

  msa_easy_set_uri (easy, world->base);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, has_received, easy));
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (world->n_completed, ==, 0);
  run_to_end (world);
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_fill (told, 0, 3);
  told[3] = '/';
  assert_told (told);
  clear_gate ();
}

/* Slow */

/* Writes at once; on a context, what it is given first it has done when the test says so. */
typedef struct
{
  GOutputStream parent;
  GString *taken; /* (owned) */
  GTask *held; /* (owned) (nullable) */
  gsize n_held;
  gboolean fast;
} SlowOutput;

typedef GOutputStreamClass SlowOutputClass;

GType slow_output_get_type (void);

G_DEFINE_TYPE (SlowOutput, slow_output, G_TYPE_OUTPUT_STREAM)

static gssize
slow_output_write (GOutputStream *stream,
                   const void *buffer,
                   gsize count,
                   GCancellable *cancellable,
                   GError **error)
{
  g_string_append_len (((SlowOutput *) stream)->taken, buffer, (gssize) count);

  return (gssize) count;
}

static void
slow_output_write_async (GOutputStream *stream,
                         const void *buffer,
                         gsize count,
                         int io_priority,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  SlowOutput *self = (SlowOutput *) stream;
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);

  slow_output_write (stream, buffer, count, cancellable, NULL);
  self->n_held = count;
  if (self->fast)
    g_task_return_int (task, (gssize) count);
  else
    self->held = g_steal_pointer (&task);
}

static gssize
slow_output_write_finish (GOutputStream *stream,
                          GAsyncResult *result,
                          GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static void
slow_output_let_go (SlowOutput *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->held);

  self->fast = TRUE;
  if (task != NULL)
    g_task_return_int (task, (gssize) self->n_held);
}

static void
slow_output_finalize (GObject *object)
{
  g_string_free (((SlowOutput *) object)->taken, TRUE);
  G_OBJECT_CLASS (slow_output_parent_class)->finalize (object);
}

static void
slow_output_class_init (SlowOutputClass *klass)
{
  klass->write_fn = slow_output_write;
  klass->write_async = slow_output_write_async;
  klass->write_finish = slow_output_write_finish;
  G_OBJECT_CLASS (klass)->finalize = slow_output_finalize;
}

static void
slow_output_init (SlowOutput *self)
{
  self->taken = g_string_new (NULL);
}

#define SLOW_BYTES 3000000

/* The peer waits until the stream has caught up, each time, and nobody looks at the socket. */
static void
test_slow_output (MsaTestWorld *world)
{
  g_autoptr (GOutputStream) stream = g_object_new (slow_output_get_type (), NULL);
  SlowOutput *output = (SlowOutput *) stream;
  MsaEasy *easy = msa_test_world_make (world, "/size/3000000");

  msa_sim_set_job_delay (world->sim, 2 * G_USEC_PER_SEC);
  msa_easy_set_output_stream (easy, stream);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until (world, has_received, easy));
  for (guint i = 0; i < 3; i++)
    {
      msa_test_world_settle (world, G_USEC_PER_SEC / 2);
      g_assert_cmpuint (msa_easy_get_bytes_received (easy), >=, MSA_MAX_SINK_BYTES);
      g_assert_cmpuint (msa_easy_get_bytes_received (easy), <,
                        MSA_MAX_SINK_BYTES + 2 * MSA_SCRATCH_BYTES);
      g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
    }

  slow_output_let_go (output);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_assert_fill (output->taken->str, output->taken->len, SLOW_BYTES);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) msa_test_world_add_real_test ("/msa/busy-streams/" path, func)
  ADD ("read", test_read);
  ADD ("read-of-pipe", test_read_of_pipe);
  ADD ("cancelled-read-of-pipe", test_cancelled_read_of_pipe);
  ADD ("waiting-is-removed", test_waiting_is_removed);
  ADD ("write", test_write);
#undef ADD
  msa_test_world_add_test ("/msa/busy-streams/slow-output", test_slow_output);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/busy-streams/multi-goes",
                                   test_multi_goes);
  msa_test_world_add_real_test_in (MSA_TEST_PERFORM, "/msa/busy-streams/multi-rests",
                                   test_multi_rests);

  return g_test_run ();
}

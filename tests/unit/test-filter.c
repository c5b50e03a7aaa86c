/* test-filter.c: calling down a chain of filters
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "filter/msa-filter-private.h"

#include "model/msa-error.h"

typedef struct
{
  MsaFilter   parent;
  const char *name;
  MsaIo       connect_io;
} TestFilter;

/* What was called, in order. */
static GString *calls;

static void
note (MsaFilter *filter,
      const char *call)
{
  g_string_append_printf (calls, "%s.%s ", ((TestFilter *) filter)->name, call);
}

static MsaIo
test_filter_connect (MsaFilter *filter,
                     gint64 now_us,
                     GError **error)
{
  note (filter, "connect");
  if (((TestFilter *) filter)->connect_io == MSA_IO_ERROR)
    g_set_error (error, MSA_ERROR, MSA_ERROR_CONNECT, "It did not connect");

  return ((TestFilter *) filter)->connect_io;
}

static MsaIo
test_filter_send (MsaFilter *filter,
                  const guint8 *data,
                  gsize len,
                  gsize *n_sent,
                  GError **error)
{
  note (filter, "send");
  *n_sent = len;

  return MSA_IO_DONE;
}

static MsaIo
test_filter_recv (MsaFilter *filter,
                  guint8 *buffer,
                  gsize size,
                  gsize *n_read,
                  GError **error)
{
  note (filter, "recv");
  *n_read = size;

  return MSA_IO_DONE;
}

static gboolean
test_filter_pending (MsaFilter *filter)
{
  note (filter, "pending");

  return TRUE;
}

static gboolean
test_filter_peek (MsaFilter *filter)
{
  note (filter, "peek");

  return TRUE;
}

static MsaSocketEvents
test_filter_wants (MsaFilter *filter)
{
  note (filter, "wants");

  return MSA_SOCKET_OUT;
}

static MsaIo
test_filter_shutdown (MsaFilter *filter)
{
  note (filter, "shutdown");

  return MSA_IO_AGAIN;
}

static void
test_filter_free (MsaFilter *filter)
{
  note (filter, "free");
  g_free (filter);
}

static const MsaFilterOps full_ops = {
  .name = "full",
  .connect = test_filter_connect,
  .send = test_filter_send,
  .recv = test_filter_recv,
  .pending = test_filter_pending,
  .peek = test_filter_peek,
  .wants = test_filter_wants,
  .shutdown = test_filter_shutdown,
  .free = test_filter_free,
};

static const MsaFilterOps empty_ops = {
  .name = "empty",
  .free = test_filter_free,
};

static MsaFilter *
new_filter (const char *name,
            const MsaFilterOps *ops,
            MsaFilter *next)
{
  TestFilter *self = g_new0 (TestFilter, 1);

  self->parent.ops = ops;
  self->parent.next = next;
  self->name = name;
  self->connect_io = MSA_IO_DONE;

  return &self->parent;
}

static void
assert_calls (const char *expected)
{
  g_assert_cmpstr (calls->str, ==, expected);
  g_string_truncate (calls, 0);
}

static void
call_all (MsaFilter *filter)
{
  guint8 buffer[4] = { 0 };
  gsize len = 0;

  g_assert_cmpint (msa_filter_send (filter, buffer, 3, &len, NULL), ==, MSA_IO_DONE);
  g_assert_cmpuint (len, ==, 3);
  g_assert_cmpint (msa_filter_recv (filter, buffer, 4, &len, NULL), ==, MSA_IO_DONE);
  g_assert_cmpuint (len, ==, 4);
  g_assert_true (msa_filter_pending (filter));
  g_assert_true (msa_filter_peek (filter));
  g_assert_cmpint (msa_filter_wants (filter), ==, MSA_SOCKET_OUT);
  g_assert_cmpint (msa_filter_shutdown (filter), ==, MSA_IO_AGAIN);
}

static void
test_empty_slots_pass_through (void)
{
  MsaFilter *bottom = new_filter ("bottom", &full_ops, NULL);
  MsaFilter *middle = new_filter ("middle", &empty_ops, bottom);
  g_autoptr (MsaFilter) top = new_filter ("top", &empty_ops, middle);

  call_all (top);
  assert_calls ("bottom.send bottom.recv bottom.pending bottom.peek bottom.wants bottom.shutdown ");
}

static void
test_top_is_asked_first (void)
{
  MsaFilter *bottom = new_filter ("bottom", &full_ops, NULL);
  g_autoptr (MsaFilter) top = new_filter ("top", &full_ops, bottom);

  call_all (top);
  assert_calls ("top.send top.recv top.pending top.peek top.wants top.shutdown ");
}

static void
test_missing_bottom_is_an_error (void)
{
  g_autoptr (MsaFilter) top = new_filter ("top", &empty_ops, NULL);
  g_autoptr (GError) error = NULL;
  guint8 buffer[1] = { 0 };
  gsize len = 0;

  g_assert_cmpint (msa_filter_send (top, buffer, 1, &len, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INTERNAL);
  g_clear_error (&error);
  g_assert_cmpint (msa_filter_recv (top, buffer, 1, &len, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INTERNAL);
  g_assert_false (msa_filter_pending (top));
  g_assert_false (msa_filter_peek (top));
  g_assert_cmpint (msa_filter_wants (top), ==, MSA_SOCKET_NONE);
  g_assert_cmpint (msa_filter_shutdown (top), ==, MSA_IO_DONE);
}

static void
test_connects_from_the_bottom (void)
{
  MsaFilter *bottom = new_filter ("bottom", &full_ops, NULL);
  MsaFilter *middle = new_filter ("middle", &empty_ops, bottom);
  g_autoptr (MsaFilter) top = new_filter ("top", &full_ops, middle);

  g_assert_cmpint (msa_filter_connect (top, 0, NULL), ==, MSA_IO_DONE);
  assert_calls ("bottom.connect top.connect ");
  g_assert_true (bottom->connected && middle->connected && top->connected);

  g_assert_cmpint (msa_filter_connect (top, 0, NULL), ==, MSA_IO_DONE);
  assert_calls ("");
}

static void
test_connect_goes_on_where_it_stopped (void)
{
  MsaFilter *bottom = new_filter ("bottom", &full_ops, NULL);
  g_autoptr (MsaFilter) top = new_filter ("top", &full_ops, bottom);

  ((TestFilter *) bottom)->connect_io = MSA_IO_AGAIN;
  g_assert_cmpint (msa_filter_connect (top, 0, NULL), ==, MSA_IO_AGAIN);
  assert_calls ("bottom.connect ");
  g_assert_false (bottom->connected);

  ((TestFilter *) bottom)->connect_io = MSA_IO_DONE;
  ((TestFilter *) top)->connect_io = MSA_IO_AGAIN;
  g_assert_cmpint (msa_filter_connect (top, 0, NULL), ==, MSA_IO_AGAIN);
  assert_calls ("bottom.connect top.connect ");
  g_assert_true (bottom->connected);
  g_assert_false (top->connected);

  ((TestFilter *) top)->connect_io = MSA_IO_DONE;
  g_assert_cmpint (msa_filter_connect (top, 0, NULL), ==, MSA_IO_DONE);
  assert_calls ("top.connect ");
}

static void
test_connect_error_stops (void)
{
  MsaFilter *bottom = new_filter ("bottom", &full_ops, NULL);
  g_autoptr (MsaFilter) top = new_filter ("top", &full_ops, bottom);
  g_autoptr (GError) error = NULL;

  ((TestFilter *) bottom)->connect_io = MSA_IO_ERROR;
  g_assert_cmpint (msa_filter_connect (top, 0, &error), ==, MSA_IO_ERROR);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CONNECT);
  g_assert_false (top->connected);
  assert_calls ("bottom.connect ");
}

static void
test_frees_from_the_top (void)
{
  MsaFilter *bottom = new_filter ("bottom", &full_ops, NULL);
  MsaFilter *middle = new_filter ("middle", &empty_ops, bottom);
  MsaFilter *top = new_filter ("top", &full_ops, middle);

  msa_filter_free (top);
  assert_calls ("top.free middle.free bottom.free ");
  msa_filter_free (NULL);
  assert_calls ("");
}

/* Each test begins without what freeing the last one's chain has noted. */
static void
run (gconstpointer test)
{
  g_string_truncate (calls, 0);
  ((void (*) (void)) test) ();
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  calls = g_string_new (NULL);

  g_test_add_data_func ("/msa/filter/empty-slots-pass-through", test_empty_slots_pass_through, run);
  g_test_add_data_func ("/msa/filter/top-is-asked-first", test_top_is_asked_first, run);
  g_test_add_data_func ("/msa/filter/missing-bottom-is-an-error",
                        test_missing_bottom_is_an_error, run);
  g_test_add_data_func ("/msa/filter/connects-from-the-bottom", test_connects_from_the_bottom, run);
  g_test_add_data_func ("/msa/filter/connect-goes-on-where-it-stopped",
                        test_connect_goes_on_where_it_stopped, run);
  g_test_add_data_func ("/msa/filter/connect-error-stops", test_connect_error_stops, run);
  g_test_add_data_func ("/msa/filter/frees-from-the-top", test_frees_from_the_top, run);

  status = g_test_run ();
  g_string_free (calls, TRUE);

  return status;
}

/* test-writer.c: the growing buffer with a hard cap
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-writer-private.h"
#include "sim/msa-test-rows.h"

static gboolean out_of_memory;

/* GLib's, but that there may be no memory. */
gpointer
g_try_malloc (gsize n_bytes)
{
  return out_of_memory ? NULL : g_malloc (n_bytes);
}

gpointer
g_try_realloc (gpointer memory,
               gsize n_bytes)
{
  return out_of_memory ? NULL : g_realloc (memory, n_bytes);
}

static void
assert_holds (const MsaWriter *writer,
              const char *expected)
{
  MsaSlice slice = msa_writer_slice (writer);

  g_assert_cmpmem (slice.data, slice.len, expected, strlen (expected));
}

static void
test_append (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, 1000);
  g_assert_null (writer.data);
  assert_holds (&writer, "");

  g_assert_true (msa_writer_append (&writer, NULL, 0));
  g_assert_true (msa_writer_append (&writer, "ab", 2));
  g_assert_true (msa_writer_append_slice (&writer, MSA_SLICE ("cd")));
  g_assert_true (msa_writer_append_string (&writer, "ef"));
  g_assert_true (msa_writer_append_byte (&writer, 'g'));
  assert_holds (&writer, "abcdefg");

  msa_writer_release (&writer);
  g_assert_null (writer.data);
  assert_holds (&writer, "");
  g_assert_true (msa_writer_append_string (&writer, "again"));
  assert_holds (&writer, "again");
  msa_writer_release (&writer);
}

static const struct
{
  const char *name;
  guint64 number;
  const char *text;
} numbers[] = {
  { "zero", 0, "0" },
  { "one-digit", 9, "9" },
  { "two-digits", 10, "10" },
  { "largest", G_MAXUINT64, "18446744073709551615" },
};

static void
test_number (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  MsaWriter writer;

  msa_writer_init (&writer, 20);
  g_assert_true (msa_writer_append_number (&writer, numbers[row].number));
  assert_holds (&writer, numbers[row].text);
  msa_writer_release (&writer);
}

static void
test_cap (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, 5);
  g_assert_true (msa_writer_append_string (&writer, "abcde"));
  g_assert_cmpuint (writer.capacity, ==, 5);
  g_assert_false (msa_writer_append_byte (&writer, 'f'));
  assert_holds (&writer, "abcde");

  msa_writer_release (&writer);
}

/* Nothing is appended behind a gap, even if it would fit. */
static void
test_failure_sticks (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, 5);
  g_assert_true (msa_writer_append_string (&writer, "abc"));
  g_assert_false (msa_writer_append_string (&writer, "def"));
  g_assert_false (msa_writer_append_byte (&writer, 'd'));
  g_assert_null (msa_writer_reserve (&writer, 0));
  g_assert_true (writer.failed);
  assert_holds (&writer, "abc");

  msa_writer_clear (&writer);
  g_assert_false (writer.failed);
  g_assert_nonnull (writer.data);
  g_assert_true (msa_writer_append_string (&writer, "fghij"));
  assert_holds (&writer, "fghij");
  msa_writer_release (&writer);
}

static void
test_huge_lengths (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, G_MAXSIZE);
  g_assert_true (msa_writer_append_byte (&writer, 'a'));
  g_assert_null (msa_writer_reserve (&writer, G_MAXSIZE));
  g_assert_true (writer.failed);
  assert_holds (&writer, "a");
  msa_writer_release (&writer);
}

static void
test_cap_zero (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, 0);
  g_assert_true (msa_writer_append (&writer, "", 0));
  g_assert_false (msa_writer_append_byte (&writer, 'a'));
  assert_holds (&writer, "");
  msa_writer_release (&writer);
}

static void
test_reserve (void)
{
  MsaWriter writer;
  guint8 *room;

  msa_writer_init (&writer, 100);
  g_assert_true (msa_writer_append_string (&writer, "ab"));
  room = msa_writer_reserve (&writer, 98);
  g_assert_nonnull (room);
  memset (room, 'x', 98);
  assert_holds (&writer, "ab");
  msa_writer_commit (&writer, 3);
  assert_holds (&writer, "abxxx");
  g_assert_null (msa_writer_reserve (&writer, 96));
  msa_writer_release (&writer);
}

static void
test_consume (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, 8);
  g_assert_true (msa_writer_append_string (&writer, "abcdefgh"));
  msa_writer_consume (&writer, 0);
  msa_writer_consume (&writer, 3);
  assert_holds (&writer, "defgh");
  g_assert_true (msa_writer_append_string (&writer, "ijk"));
  assert_holds (&writer, "defghijk");
  g_assert_false (msa_writer_append_byte (&writer, 'l'));
  msa_writer_consume (&writer, 8);
  assert_holds (&writer, "");
  g_assert_nonnull (writer.data);
  msa_writer_release (&writer);
}

static void
test_steal (void)
{
  MsaWriter writer;
  g_autofree guint8 *data = NULL;
  gsize len = 7;

  msa_writer_init (&writer, 100);
  g_assert_null (msa_writer_steal (&writer, &len));
  g_assert_cmpuint (len, ==, 0);

  g_assert_true (msa_writer_append_string (&writer, "abcdef"));
  msa_writer_consume (&writer, 2);
  data = msa_writer_steal (&writer, &len);
  g_assert_cmpmem (data, len, "cdef", 4);
  g_assert_null (writer.data);
  g_assert_true (msa_writer_append_string (&writer, "new"));
  assert_holds (&writer, "new");
  msa_writer_release (&writer);
}

/* Against a plain string, in random steps; storage stays below twice the cap. */
static void
test_model (void)
{
  const gsize cap = 300;
  g_autoptr (GString) model = g_string_new (NULL);
  MsaWriter writer;

  msa_writer_init (&writer, cap);
  for (guint i = 0; i < 20000; i++)
    {
      char bytes[64];
      gsize n = (gsize) g_test_rand_int_range (0, sizeof (bytes));

      if (g_test_rand_bit ())
        {
          n = MIN (n, model->len);
          msa_writer_consume (&writer, n);
          g_string_erase (model, 0, (gssize) n);
        }
      else
        {
          memset (bytes, 'a' + (int) (i % 26), n);
          g_assert_cmpint (msa_writer_append (&writer, bytes, n), ==, model->len + n <= cap);
          if (model->len + n <= cap)
            g_string_append_len (model, bytes, (gssize) n);
          writer.failed = FALSE;
        }

      assert_holds (&writer, model->str);
      g_assert_cmpuint (writer.capacity, <=, 2 * cap);
    }
  msa_writer_release (&writer);
}

static void
test_out_of_memory (void)
{
  MsaWriter writer;

  msa_writer_init (&writer, 1000);
  out_of_memory = TRUE;
  g_assert_false (msa_writer_append (&writer, "ab", 2));
  out_of_memory = FALSE;
  g_assert_true (writer.failed);
  assert_holds (&writer, "");

  msa_writer_clear (&writer);
  g_assert_true (msa_writer_append (&writer, "ab", 2));
  out_of_memory = TRUE;
  g_assert_null (msa_writer_grow (&writer, 500));
  out_of_memory = FALSE;
  g_assert_true (writer.failed);
  assert_holds (&writer, "ab");
  msa_writer_release (&writer);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/writer/append", test_append);
  g_test_add_func ("/msa/writer/cap", test_cap);
  g_test_add_func ("/msa/writer/cap-zero", test_cap_zero);
  g_test_add_func ("/msa/writer/failure-sticks", test_failure_sticks);
  g_test_add_func ("/msa/writer/huge-lengths", test_huge_lengths);
  g_test_add_func ("/msa/writer/out-of-memory", test_out_of_memory);
  g_test_add_func ("/msa/writer/reserve", test_reserve);
  g_test_add_func ("/msa/writer/consume", test_consume);
  g_test_add_func ("/msa/writer/steal", test_steal);
  g_test_add_func ("/msa/writer/model", test_model);
  MSA_TEST_ADD_NUMBERED ("/msa/writer/number", numbers, test_number);

  return g_test_run ();
}

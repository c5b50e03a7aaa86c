/* test-headers.c: an ordered list of HTTP fields
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "model/msa-headers-private.h"
#include "sim/msa-test-rows.h"

/* "name=value" for each field, with commas between. */
static void
assert_fields (MsaHeaders *headers,
               const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < msa_headers_get_length (headers); i++)
    {
      const char *value = NULL;
      const char *name = msa_headers_get_nth (headers, i, &value);
      MsaSlice name_slice, value_slice;

      g_string_append_printf (text, "%s%s=%s", i > 0 ? "," : "", name, value);

      msa_headers_peek_nth (headers, i, &name_slice, &value_slice);
      g_assert_cmpmem (name_slice.data, name_slice.len, name, strlen (name));
      g_assert_cmpmem (value_slice.data, value_slice.len, value, strlen (value));
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
append (MsaHeaders *headers,
        const char *name,
        const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (msa_headers_append (headers, name, value, &error));
  g_assert_no_error (error);
}

/* From allocations of exactly the slices' sizes. */
static void
append_checked (MsaHeaders *headers,
                const char *name,
                const char *value)
{
  g_autofree char *exact_name = g_memdup2 (name, strlen (name));
  g_autofree char *exact_value = g_memdup2 (value, strlen (value));

  msa_headers_append_checked (headers, msa_slice (exact_name, strlen (name)),
                              msa_slice (exact_value, strlen (value)));
}

static void
test_empty (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_auto (GStrv) all = msa_headers_get_all (headers, "a");
  const char *value = "set";
  MsaSlice slice;

  g_assert_cmpuint (msa_headers_get_length (headers), ==, 0);
  g_assert_null (msa_headers_get (headers, "a"));
  g_assert_nonnull (all);
  g_assert_null (all[0]);
  g_assert_null (msa_headers_get_nth (headers, 0, &value));
  g_assert_null (value);
  g_assert_false (msa_headers_find (headers, MSA_SLICE ("a"), &slice));
  g_assert_false (msa_headers_remove (headers, "a"));
  msa_headers_clear (headers);
  assert_fields (headers, "");
}

static void
test_append_keeps_order_and_case (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, "X-B", "1");
  append (headers, "x-a", "2");
  append (headers, "x-b", "3");
  assert_fields (headers, "X-B=1,x-a=2,x-b=3");
  g_assert_cmpstr (msa_headers_get_nth (headers, 1, NULL), ==, "x-a");
  g_assert_null (msa_headers_get_nth (headers, 3, NULL));
  g_assert_null (msa_headers_get_nth (headers, G_MAXUINT, NULL));
}

static void
test_get (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_auto (GStrv) all = NULL;
  MsaSlice value;

  append (headers, "Set-Cookie", "a=1");
  append (headers, "Accept", "x");
  append (headers, "SET-COOKIE", "b=2");

  g_assert_cmpstr (msa_headers_get (headers, "set-cookie"), ==, "a=1");
  g_assert_cmpstr (msa_headers_get (headers, " set-cookie\t"), ==, "a=1");
  g_assert_null (msa_headers_get (headers, "set-cooki"));
  g_assert_null (msa_headers_get (headers, "set_cookie"));
  g_assert_null (msa_headers_get (headers, "Bccept"));
  g_assert_null (msa_headers_get (headers, ""));

  all = msa_headers_get_all (headers, "Set-cookie");
  g_assert_cmpuint (g_strv_length (all), ==, 2);
  g_assert_cmpstr (all[0], ==, "a=1");
  g_assert_cmpstr (all[1], ==, "b=2");

  g_assert_true (msa_headers_find (headers, MSA_SLICE ("ACCEPT"), &value));
  g_assert_cmpmem (value.data, value.len, "x", 1);
}

/* Some characters differ from others by the bit that makes the case of a letter. */
static void
test_case_is_of_letters_only (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, "^a", "1");
  append (headers, "a^", "2");
  g_assert_null (msa_headers_get (headers, "~a"));
  g_assert_null (msa_headers_get (headers, "a~"));
  g_assert_cmpstr (msa_headers_get (headers, "^A"), ==, "1");
}

static const struct
{
  const char *name;
  const char *field;
  const char *value;
  const char *fields;
} trimmed[] = {
  { "value", "A", " \tb c\t ", "A=b c" },
  { "name-blank-behind", "Authorization ", "x", "Authorization=x" },
  { "name-tab-behind", "Authorization\t", "x", "Authorization=x" },
  { "name-blank-in-front", "  Authorization", "x", "Authorization=x" },
  { "value-of-blanks", "A", " \t ", "A=" },
  { "empty-value", "A", "", "A=" },
  { "tab-within", "A", "b\tc", "A=b\tc" },
  { "high-bytes", "A", "\xc3\xbc\xff", "A=\xc3\xbc\xff" },
  { "all-token-characters", "!#$%&'*+-.^_`|~09azAZ", "x", "!#$%&'*+-.^_`|~09azAZ=x" },
};

static void
test_trims (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, trimmed[row].field, trimmed[row].value);
  assert_fields (headers, trimmed[row].fields);
}

static const struct
{
  const char *name;
  const char *field;
  const char *value;
  const char *message; /* a part of it */
} rejected[] = {
  { "name-empty", "", "x", "empty" },
  { "name-of-blanks", " \t", "x", "empty" },
  { "name-colon", "A:", "x", "0x3a after “A”" },
  { "name-colon-in-front", ":authority", "x", "0x3a after “”" },
  { "name-blank-within", "A B", "x", "0x20 after “A”" },
  { "name-blank-before-colon", "Authorization :", "x", "0x20 after “Authorization”" },
  { "name-line-feed", "A\n", "x", "0x0a" },
  { "name-carriage-return", "A\r", "x", "0x0d" },
  { "name-injection", "A: b\r\nB", "x", "0x3a" },
  { "name-high-byte", "\xc3\xbc", "x", "0xc3" },
  { "name-delete", "A\x7f", "x", "0x7f" },
  { "name-quotation-mark", "\"A\"", "x", "0x22" },
  { "name-parenthesis", "A(b)", "x", "0x28" },
  { "name-slash", "A/b", "x", "0x2f" },
  { "name-bracket", "A[b]", "x", "0x5b" },
  { "name-brace", "A{b}", "x", "0x7b" },
  { "name-whole-line", "Authorization: Bearer s3cret", "x", "after “Authorization”" },
  { "value-line-feed", "A", "b\nc", "“A” has the character 0x0a" },
  { "value-carriage-return", "A", "b\rc", "“A” has the character 0x0d" },
  { "value-injection", "A", "b\r\nHost: evil", "“A” has the character 0x0d" },
  { "value-line-feed-at-end", "A", "b\n", "0x0a" },
  { "value-line-feed-in-front", "A", "\nb", "0x0a" },
  { "value-folded", "A", "b\r\n c", "0x0d" },
  { "value-escape", "A", "b\x1b[0m", "0x1b" },
  { "value-delete", "A", "b\x7f", "0x7f" },
  { "value-secret", "Authorization", "Bearer s3cret\n",
    "“Authorization” has the character 0x0a" },
};

static void
test_rejects (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autoptr (GError) error = NULL;
  guint serial;

  append (headers, "A", "old");
  serial = msa_headers_get_serial (headers);

  g_assert_false (msa_headers_append (headers, rejected[row].field, rejected[row].value, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, rejected[row].message));
  g_assert_null (strstr (error->message, "s3cret"));
  for (const char *at = error->message; *at != '\0'; at++)
    g_assert_false (g_ascii_iscntrl (*at));

  g_assert_false (msa_headers_replace (headers, rejected[row].field, rejected[row].value, NULL));
  assert_fields (headers, "A=old");
  g_assert_cmpuint (msa_headers_get_serial (headers), ==, serial);
}

static void
test_rejects_name_without_value (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  g_assert_false (msa_headers_append (headers, "A\r\nB", NULL, NULL));
  g_assert_false (msa_headers_replace (headers, "A B", NULL, NULL));
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("A\r\nB")));
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("A B")));
}

static void
test_replace (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, "A", "1");
  append (headers, "B", "2");
  append (headers, "a", "3");
  g_assert_true (msa_headers_replace (headers, " A ", " 4 ", NULL));
  assert_fields (headers, "B=2,A=4");
  g_assert_true (msa_headers_replace (headers, "C", "5", NULL));
  assert_fields (headers, "B=2,A=4,C=5");
  g_assert_true (msa_headers_replace (headers, "b", "", NULL));
  assert_fields (headers, "A=4,C=5,b=");
}

static void
test_remove (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, "A", "1");
  append (headers, "B", "2");
  append (headers, "a", "3");
  append (headers, "AA", "4");
  g_assert_false (msa_headers_remove (headers, "C"));
  g_assert_true (msa_headers_remove (headers, "\tA"));
  assert_fields (headers, "B=2,AA=4");
  g_assert_false (msa_headers_remove (headers, "A"));
  g_assert_true (msa_headers_remove (headers, "b"));
  g_assert_true (msa_headers_remove (headers, "aa"));
  assert_fields (headers, "");
  append (headers, "A", "5");
  assert_fields (headers, "A=5");
}

static void
test_clear (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, "A", "1");
  append (headers, "B", NULL);
  msa_headers_clear (headers);
  assert_fields (headers, "");
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("B")));
  append (headers, "C", "2");
  assert_fields (headers, "C=2");
}

/* What a getter gave may be passed back in, though the block moves. */
static void
test_own_strings (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  const char *value;
  const char *name;

  append (headers, "Name", "value");
  for (guint i = 0; i < 100; i++)
    {
      name = msa_headers_get_nth (headers, 0, &value);
      append (headers, name, value);
    }
  g_assert_cmpstr (msa_headers_get_nth (headers, 100, &value), ==, "Name");
  g_assert_cmpstr (value, ==, "value");

  name = msa_headers_get_nth (headers, 0, &value);
  g_assert_true (msa_headers_replace (headers, name, value, NULL));
  assert_fields (headers, "Name=value");

  g_assert_true (msa_headers_remove (headers, msa_headers_get_nth (headers, 0, NULL)));
  assert_fields (headers, "");
}

static void
test_suppressed (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autoptr (MsaHeaders) copy = NULL;
  guint serial = msa_headers_get_serial (headers);

  append (headers, " Accept ", NULL);
  g_assert_cmpuint (msa_headers_get_serial (headers), !=, serial);
  g_assert_true (msa_headers_is_suppressed (headers, MSA_SLICE ("accept")));
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("accept-encoding")));
  assert_fields (headers, "");
  g_assert_null (msa_headers_get (headers, "Accept"));

  serial = msa_headers_get_serial (headers);
  append (headers, "ACCEPT", NULL);
  g_assert_cmpuint (msa_headers_get_serial (headers), ==, serial);

  copy = msa_headers_copy (headers);
  g_assert_true (msa_headers_remove (headers, "accept"));
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("accept")));
  g_assert_true (msa_headers_is_suppressed (copy, MSA_SLICE ("accept")));
}

static void
test_suppressed_by_replace (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  append (headers, "Accept", "text/html");
  append (headers, "B", "1");
  g_assert_true (msa_headers_replace (headers, "accept", NULL, NULL));
  assert_fields (headers, "B=1");
  g_assert_true (msa_headers_is_suppressed (headers, MSA_SLICE ("Accept")));

  g_assert_true (msa_headers_replace (headers, "Accept", "x", NULL));
  assert_fields (headers, "B=1,Accept=x");
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("Accept")));
}

static void
test_extend_last (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new_sized (4);

  msa_headers_extend_last (headers, MSA_SLICE ("nothing to extend"));
  assert_fields (headers, "");

  append_checked (headers, "A", "1");
  append_checked (headers, "B", "2");
  msa_headers_extend_last (headers, MSA_SLICE ("3 4"));
  msa_headers_extend_last (headers, MSA_SLICE (""));
  msa_headers_extend_last (headers, MSA_SLICE ("5"));
  assert_fields (headers, "A=1,B=2 3 4 5");

  append_checked (headers, "C", "");
  msa_headers_extend_last (headers, MSA_SLICE ("6"));
  append_checked (headers, "D", "7");
  assert_fields (headers, "A=1,B=2 3 4 5,C=6,D=7");

  g_assert_true (msa_headers_remove (headers, "D"));
  msa_headers_extend_last (headers, MSA_SLICE ("8"));
  assert_fields (headers, "A=1,B=2 3 4 5,C=6 8");
}

static void
test_frozen (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autoptr (MsaHeaders) copy = NULL;
  g_autoptr (GError) append_error = NULL;
  g_autoptr (GError) replace_error = NULL;

  append_checked (headers, "A", "1");
  msa_headers_freeze (headers);

  g_assert_false (msa_headers_append (headers, "B", "2", &append_error));
  g_assert_error (append_error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_false (msa_headers_replace (headers, "A", "2", &replace_error));
  g_assert_error (replace_error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_false (msa_headers_append (headers, "A", NULL, NULL));
  g_assert_false (msa_headers_is_suppressed (headers, MSA_SLICE ("A")));
  g_assert_false (msa_headers_remove (headers, "A"));
  msa_headers_clear (headers);
  assert_fields (headers, "A=1");

  copy = msa_headers_copy (headers);
  append (copy, "B", "2");
  assert_fields (copy, "A=1,B=2");
  assert_fields (headers, "A=1");
}

static void
test_copy (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autoptr (MsaHeaders) copy = NULL;

  for (guint i = 0; i < 40; i++)
    append (headers, "A", "1");
  copy = msa_headers_copy (headers);
  g_assert_cmpuint (msa_headers_get_length (copy), ==, 40);

  g_assert_true (msa_headers_remove (headers, "A"));
  append (headers, "B", "2");
  g_assert_cmpstr (msa_headers_get (copy, "A"), ==, "1");
  g_assert_null (msa_headers_get (copy, "B"));
}

static void
test_serial (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  guint serial = msa_headers_get_serial (headers);

#define ASSERT_CHANGED(what) \
  what; \
  g_assert_cmpuint (msa_headers_get_serial (headers), >, serial); \
  serial = msa_headers_get_serial (headers)

  ASSERT_CHANGED (append (headers, "A", "1"));
  ASSERT_CHANGED (msa_headers_extend_last (headers, MSA_SLICE ("2")));
  ASSERT_CHANGED (append_checked (headers, "B", "3"));
  ASSERT_CHANGED (g_assert_true (msa_headers_replace (headers, "A", "4", NULL)));
  ASSERT_CHANGED (g_assert_true (msa_headers_remove (headers, "A")));
  ASSERT_CHANGED (append (headers, "C", NULL));
  ASSERT_CHANGED (g_assert_true (msa_headers_remove (headers, "C")));
  ASSERT_CHANGED (msa_headers_clear (headers));
#undef ASSERT_CHANGED

  g_assert_false (msa_headers_remove (headers, "A"));
  g_assert_cmpuint (msa_headers_get_serial (headers), ==, serial);
}

typedef struct
{
  MsaHeaders *headers;
  GString *seen;
  gboolean unref;
} Visit;

static void
visit_cb (const char *name,
          const char *value,
          gpointer user_data)
{
  Visit *visit = user_data;

  if (visit->headers != NULL)
    {
      append (visit->headers, "Added", value);
      g_assert_true (msa_headers_remove (visit->headers, name));
    }
  if (visit->unref)
    g_clear_pointer (&visit->headers, msa_headers_unref);
  g_string_append_printf (visit->seen, "%s=%s;", name, value);
}

static void
test_foreach (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autoptr (GString) seen = g_string_new (NULL);
  Visit visit = { NULL, seen, FALSE };

  msa_headers_foreach (headers, visit_cb, &visit);
  g_assert_cmpstr (seen->str, ==, "");
  append (headers, "A", "1");
  append (headers, "B", "2");
  msa_headers_foreach (headers, visit_cb, &visit);
  g_assert_cmpstr (seen->str, ==, "A=1;B=2;");
  msa_headers_freeze (headers);
  msa_headers_foreach (headers, visit_cb, &visit);
  g_assert_cmpstr (seen->str, ==, "A=1;B=2;A=1;B=2;");
}

static void
test_foreach_changing (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autoptr (GString) seen = g_string_new (NULL);
  Visit visit = { headers, seen, FALSE };

  append (headers, "A", "1");
  append (headers, "B", "2");
  append (headers, "C", "3");
  msa_headers_foreach (headers, visit_cb, &visit);
  g_assert_cmpstr (seen->str, ==, "A=1;B=2;C=3;");
  assert_fields (headers, "Added=1,Added=2,Added=3");
}

static void
test_foreach_unref (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  Visit visit = { msa_headers_new (), seen, TRUE };

  append (visit.headers, "A", "1");
  append (visit.headers, "B", "2");
  msa_headers_foreach (visit.headers, visit_cb, &visit);
  g_assert_cmpstr (seen->str, ==, "A=1;B=2;");
  g_assert_null (visit.headers);
}

static void
unref_frozen_cb (const char *name,
                 const char *value,
                 gpointer user_data)
{
  MsaHeaders **headers = user_data;

  g_clear_pointer (headers, msa_headers_unref);
  g_assert_cmpstr (value, ==, "1");
}

static void
test_foreach_unref_frozen (void)
{
  MsaHeaders *headers = msa_headers_new ();

  append (headers, "A", "1");
  append (headers, "B", "1");
  msa_headers_freeze (headers);
  msa_headers_foreach (headers, unref_frozen_cb, &headers);
  g_assert_null (headers);
}

static void
test_boxed (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  MsaHeaders *boxed = g_boxed_copy (MSA_TYPE_HEADERS, headers);

  g_assert_true (boxed == headers);
  g_boxed_free (MSA_TYPE_HEADERS, boxed);
  append (headers, "A", "1");
  assert_fields (headers, "A=1");
}

/* A head of the size that was told needs one allocation for its text. */
static void
test_sized (void)
{
  const char *const head[] = { "Date", "Server", "Content-Type", "Content-Length" };
  g_autoptr (MsaHeaders) headers = NULL;
  gsize n_bytes = 0;
  gsize size;

  for (guint i = 0; i < G_N_ELEMENTS (head); i++)
    n_bytes += strlen (head[i]) + strlen (": value\r\n");

  headers = msa_headers_new_sized (n_bytes);
  size = msa_headers_get_size (headers);
  g_assert_cmpuint (size, >=, n_bytes);
  for (guint i = 0; i < G_N_ELEMENTS (head); i++)
    append_checked (headers, head[i], "value");
  g_assert_cmpuint (msa_headers_get_size (headers), ==, size);
  assert_fields (headers, "Date=value,Server=value,Content-Type=value,Content-Length=value");
}

static void
test_many (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();

  for (guint i = 0; i < MSA_MAX_HEADER_FIELDS; i++)
    {
      g_autofree gchar *value = g_strdup_printf ("%u", i);

      append_checked (headers, "Name", value);
    }
  append_checked (headers, "Last", "x");

  g_assert_cmpuint (msa_headers_get_length (headers), ==, MSA_MAX_HEADER_FIELDS + 1);
  for (guint i = 0; i < MSA_MAX_HEADER_FIELDS; i++)
    {
      g_autofree gchar *expected = g_strdup_printf ("%u", i);
      const char *value = NULL;

      g_assert_cmpstr (msa_headers_get_nth (headers, i, &value), ==, "Name");
      g_assert_cmpstr (value, ==, expected);
    }
  g_assert_cmpstr (msa_headers_get (headers, "last"), ==, "x");
}

static void
test_too_large (void)
{
  g_autoptr (MsaHeaders) headers = msa_headers_new ();
  g_autofree gchar *half = g_strnfill (MSA_MAX_HEADER_LIST_BYTES / 2, 'x');
  g_autoptr (GError) error = NULL;

  append (headers, "A", half);
  g_assert_false (msa_headers_append (headers, "B", half, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE);
  g_assert_cmpuint (msa_headers_get_length (headers), ==, 1);
  append (headers, "C", "small");
  g_assert_cmpstr (msa_headers_get (headers, "C"), ==, "small");
  msa_headers_extend_last (headers, msa_slice_from_string (half));
  g_assert_cmpstr (msa_headers_get (headers, "C"), ==, "small");
}

/* With a NUL behind each name and value. */
static void
test_size_limit (void)
{
  for (int over = -1; over <= 1; over++)
    {
      const gsize len = (gsize) (MSA_MAX_HEADER_LIST_BYTES - (int) strlen ("A") - 2 + over);
      g_autoptr (MsaHeaders) headers = msa_headers_new ();
      g_autofree gchar *value = g_strnfill (len, 'x');
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (msa_headers_append (headers, "A", value, &error), ==, over <= 0);
      if (over > 0)
        {
          g_assert_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE);
          g_assert_nonnull (strstr (error->message, "16777216"));
          continue;
        }
      g_assert_cmpstr (msa_headers_get (headers, "A"), ==, value);
      /* A fold takes its blank, and room is for one byte at most. */
      msa_headers_extend_last (headers, MSA_SLICE ("y"));
      g_assert_cmpstr (msa_headers_get (headers, "A"), ==, value);
    }
}

static void
test_token (void)
{
  static const char separators[] = "()<>@,;:\\\"/[]?={} \t";

  g_assert_false (msa_is_token ((MsaSlice) MSA_SLICE_INIT));
  for (guint c = 0; c < 256; c++)
    {
      char byte = (char) c;
      gboolean expected = c > 0x20 && c < 0x7f && strchr (separators, (int) c) == NULL;

      g_assert_cmpint (msa_is_token (msa_slice (&byte, 1)), ==, expected);
    }
  g_assert_true (msa_is_token (MSA_SLICE ("GET")));
  g_assert_false (msa_is_token (MSA_SLICE ("GET ")));
}

static void
test_field_value (void)
{
  g_assert_true (msa_is_field_value ((MsaSlice) MSA_SLICE_INIT));
  for (guint c = 0; c < 256; c++)
    {
      char byte = (char) c;
      gboolean expected = c == '\t' || (c >= 0x20 && c != 0x7f);

      g_assert_cmpint (msa_is_field_value (msa_slice (&byte, 1)), ==, expected);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/headers/empty", test_empty);
  g_test_add_func ("/msa/headers/append-keeps-order-and-case", test_append_keeps_order_and_case);
  g_test_add_func ("/msa/headers/get", test_get);
  g_test_add_func ("/msa/headers/case-is-of-letters-only", test_case_is_of_letters_only);
  MSA_TEST_ADD_NUMBERED ("/msa/headers/trims", trimmed, test_trims);
  MSA_TEST_ADD_NUMBERED ("/msa/headers/rejects", rejected, test_rejects);
  g_test_add_func ("/msa/headers/rejects/name-without-value", test_rejects_name_without_value);
  g_test_add_func ("/msa/headers/replace", test_replace);
  g_test_add_func ("/msa/headers/remove", test_remove);
  g_test_add_func ("/msa/headers/clear", test_clear);
  g_test_add_func ("/msa/headers/own-strings", test_own_strings);
  g_test_add_func ("/msa/headers/suppressed", test_suppressed);
  g_test_add_func ("/msa/headers/suppressed-by-replace", test_suppressed_by_replace);
  g_test_add_func ("/msa/headers/extend-last", test_extend_last);
  g_test_add_func ("/msa/headers/frozen", test_frozen);
  g_test_add_func ("/msa/headers/copy", test_copy);
  g_test_add_func ("/msa/headers/serial", test_serial);
  g_test_add_func ("/msa/headers/foreach", test_foreach);
  g_test_add_func ("/msa/headers/foreach-changing", test_foreach_changing);
  g_test_add_func ("/msa/headers/foreach-unref", test_foreach_unref);
  g_test_add_func ("/msa/headers/foreach-unref-frozen", test_foreach_unref_frozen);
  g_test_add_func ("/msa/headers/boxed", test_boxed);
  g_test_add_func ("/msa/headers/sized", test_sized);
  g_test_add_func ("/msa/headers/many", test_many);
  g_test_add_func ("/msa/headers/too-large", test_too_large);
  g_test_add_func ("/msa/headers/size-limit", test_size_limit);
  g_test_add_func ("/msa/headers/token", test_token);
  g_test_add_func ("/msa/headers/field-value", test_field_value);

  return g_test_run ();
}

/* test-log.c: trace lines by topic
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-log-private.h"

typedef struct
{
  guint n_lines;
  GLogLevelFlags level;
  GHashTable *fields; /* (owned) (element-type utf8 utf8): of the last line */
} Capture;

static Capture capture;

static GLogWriterOutput
capture_cb (GLogLevelFlags level,
            const GLogField *fields,
            gsize n_fields,
            gpointer user_data)
{
  Capture *self = user_data;

  self->n_lines++;
  self->level = level;
  g_hash_table_remove_all (self->fields);
  for (gsize i = 0; i < n_fields; i++)
    {
      gsize len = fields[i].length < 0 ? strlen (fields[i].value) : (gsize) fields[i].length;

      g_hash_table_insert (self->fields, g_strdup (fields[i].key),
                           g_strndup (fields[i].value, len));
    }
  return G_LOG_WRITER_HANDLED;
}

static void
assert_field (const char *key,
              const char *expected)
{
  g_assert_cmpstr (g_hash_table_lookup (capture.fields, key), ==, expected);
}

static const struct
{
  const char *name;
  const char *debug;
  guint topics;
} values[] = {
  { "unset", NULL, 0 },
  { "empty", "", 0 },
  { "one", "conn", 1u << MSA_LOG_CONN },
  { "two", "tls,dns", 1u << MSA_LOG_TLS | 1u << MSA_LOG_DNS },
  { "spaces", " multi , timer ", 1u << MSA_LOG_MULTI | 1u << MSA_LOG_TIMER },
  { "unknown", "nosuch,http,", 1u << MSA_LOG_HTTP },
  { "part-of-a-name", "con", 0 },
  { "upper-case", "CONN", 0 },
  { "transfer-and-socket", "transfer,socket", 1u << MSA_LOG_TRANSFER | 1u << MSA_LOG_SOCKET },
  { "all", "all", 0xff },
};

static void
test_init (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  MsaLog log = { 0xffffffff };

  msa_log_init (&log, values[row].debug);
  g_assert_cmphex (log.topics, ==, values[row].topics);
}

static int
count_calls (int *n_calls)
{
  return ++*n_calls;
}

static void
test_line (void)
{
  MsaLog log;

  msa_log_init (&log, "conn");
  capture.n_lines = 0;
  MSA_TRACE (&log, CONN, 17, "%s -> %s", "idle", "closed");

  g_assert_cmpuint (capture.n_lines, ==, 1);
  g_assert_cmpint (capture.level & G_LOG_LEVEL_MASK, ==, G_LOG_LEVEL_DEBUG);
  assert_field ("GLIB_DOMAIN", "msa");
  assert_field ("PRIORITY", "7");
  assert_field ("MESSAGE", "[conn 17] idle -> closed");
  assert_field ("MSA_TOPIC", "conn");
  assert_field ("MSA_ID", "17");
}

static void
test_large_id (void)
{
  MsaLog log;

  msa_log_init (&log, "all");
  MSA_TRACE (&log, HTTP, G_MAXUINT64, "text");
  assert_field ("MSA_ID", "18446744073709551615");
  assert_field ("MESSAGE", "[http 18446744073709551615] text");
}

/* A topic that is off costs no formatting: its arguments are not evaluated. */
static void
test_off (void)
{
  MsaLog log;
  MsaLog *none = NULL;
  int n_calls = 0;

  msa_log_init (&log, "tls");
  capture.n_lines = 0;
  MSA_TRACE (&log, CONN, 1, "%d", count_calls (&n_calls));
  MSA_TRACE (none, TLS, 1, "%d", count_calls (&n_calls));
  g_assert_cmpint (n_calls, ==, 0);
  g_assert_cmpuint (capture.n_lines, ==, 0);

  MSA_TRACE (&log, TLS, 1, "%d", count_calls (&n_calls));
  g_assert_cmpint (n_calls, ==, 1);
  g_assert_cmpuint (capture.n_lines, ==, 1);
}

static const struct
{
  const char *name;
  const char *field;
  gboolean masked;
} fields[] = {
  { "authorization", "Authorization", TRUE },
  { "proxy-authorization", "PROXY-authorization", TRUE },
  { "cookie", "cookie", TRUE },
  { "set-cookie", "Set-Cookie", TRUE },
  { "longer-name", "Authorization-Info", FALSE },
  { "shorter-name", "Auth", FALSE },
  { "empty-name", "", FALSE },
  { "harmless", "Content-Type", FALSE },
};

static void
test_mask (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);

  g_assert_cmpstr (msa_log_mask_field (msa_slice_from_string (fields[row].field), "s3cret"), ==,
                   fields[row].masked ? "(masked)" : "s3cret");
}

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  capture.fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_log_set_writer_func (capture_cb, &capture, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree gchar *path = g_strdup_printf ("/msa/log/topics/%s", values[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_init);
    }
  g_test_add_func ("/msa/log/line", test_line);
  g_test_add_func ("/msa/log/large-id", test_large_id);
  g_test_add_func ("/msa/log/off", test_off);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autofree gchar *path = g_strdup_printf ("/msa/log/mask/%s", fields[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_mask);
    }

  result = g_test_run ();
  g_hash_table_unref (capture.fields);
  return result;
}

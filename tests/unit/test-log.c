/* test-log.c: trace lines by topic, and what they may show
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "base/msa-log-private.h"
#include "base/msa-mask-private.h"
#include "sim/msa-test-rows.h"

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
  MsaLog log = { .topics = 0xffffffff };

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
  assert_field ("MESSAGE", "[conn] [conn 17] idle -> closed");
  assert_field ("MSA_TOPIC", "conn");
  assert_field ("MSA_CONNECTION", "17");
  assert_field ("MSA_TRANSFER", NULL);
}

static void
test_large_id (void)
{
  MsaLog log;

  msa_log_init (&log, "all");
  MSA_TRACE (&log, HTTP, G_MAXUINT64, "text");
  assert_field ("MSA_CONNECTION", "18446744073709551615");
  assert_field ("MESSAGE", "[http] [conn 18446744073709551615] text");
}

/* Whose id a line carries is the topic's to say. */
static void
test_owners (void)
{
  MsaLog log;

  msa_log_init (&log, "all");
  MSA_TRACE (&log, TRANSFER, 7, "text");
  assert_field ("MSA_TRANSFER", "7");
  assert_field ("MSA_CONNECTION", NULL);
  assert_field ("MESSAGE", "[transfer] [transfer 7] text");
  MSA_TRACE (&log, TIMER, 0, "text");
  assert_field ("MSA_TRANSFER", NULL);
  assert_field ("MSA_CONNECTION", NULL);
  assert_field ("MESSAGE", "[timer] text");
}

static gint64
now_cb (gpointer data)
{
  return *(gint64 *) data;
}

static void
test_time (void)
{
  gint64 now_us = 12 * G_USEC_PER_SEC + 34;
  MsaLog log;

  msa_log_init (&log, "tls");
  log.now_us = now_cb;
  log.data = &now_us;
  MSA_TRACE (&log, TLS, 3, "text");
  assert_field ("MESSAGE", "[tls] 12.000034 [conn 3] text");
  assert_field ("MSA_TIME_US", "12000034");
}

static void
hear_cb (gpointer data,
         const MsaLogLine *line)
{
  GString *heard = data;

  g_string_append_printf (heard, "%s/%d/%" G_GUINT64_FORMAT "/%s;", line->topic, line->owner,
                          line->id, line->text);
}

/* Who hears gets every topic; what is printed is what was asked for. */
static void
test_heard (void)
{
  g_autoptr (GString) heard = g_string_new (NULL);
  MsaLog log;

  msa_log_init (&log, "tls");
  log.hear = hear_cb;
  log.data = heard;
  capture.n_lines = 0;
  msa_log_set_heard (&log, TRUE);
  MSA_TRACE (&log, HTTP, 3, "a");
  MSA_TRACE (&log, TLS, 3, "b");
  g_assert_cmpstr (heard->str, ==, "http/2/3/[conn 3] a;tls/2/3/[conn 3] b;");
  g_assert_cmpuint (capture.n_lines, ==, 1);

  msa_log_set_heard (&log, FALSE);
  MSA_TRACE (&log, HTTP, 3, "a");
  g_assert_cmpuint (capture.n_lines, ==, 1);
  g_assert_cmphex (log.topics, ==, 1u << MSA_LOG_TLS);
}

static const struct
{
  const char *name;
  const char *text;
  const char *shown;
} texts[] = {
  { "plain", "a line", "a line" },
  { "unicode", "gr\303\274n", "gr\303\274n" },
  { "control", "a\r\nb\033[1m\177", "a\\x0d\\x0ab\\x1b[1m\\x7f" },
  { "c1-control", "a\302\205b", "a\\xc2\\x85b" },
  { "direction-override", "a\342\200\256b", "a\\xe2\\x80\\xaeb" },
  { "bad-utf-8", "a\377b\303", "a\\xffb\\xc3" },
  { "url", "to http://host/path?a=1 now", "to http://host/path?a=1 now" },
  { "user", "http://me@host/", "http://(masked)@host/" },
  { "password", "to http://me:s3cret@host/ now", "to http://(masked)@host/ now" },
  { "password-with-at", "http://me:s3@cret@host/", "http://(masked)@host/" },
  { "password-with-control", "http://me:s3\001cret@host/", "http://(masked)@host/" },
  { "two-urls", "a://b:s3cret@c://d:s3cret@e", "a://(masked)@c://(masked)@e" },
  { "at-in-query", "http://host/?to=a@b", "http://host/?to=a@b" },
  { "at-behind-blank", "http://host/ a@b", "http://host/ a@b" },
};

static void
test_text (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GString) shown = g_string_new (NULL);

  msa_mask_append (shown, msa_slice_from_string (texts[row].text), 1000);
  g_assert_cmpstr (shown->str, ==, texts[row].shown);
}

static void
test_long_line (void)
{
  g_autofree char *text = g_strnfill (100000, 'a');
  MsaLog log;

  msa_log_init (&log, "all");
  MSA_TRACE (&log, HTTP, 1, "%s", text);
  g_assert_cmpuint (strlen (g_hash_table_lookup (capture.fields, "MESSAGE")), <,
                    MSA_MAX_TRACE_LINE_BYTES + 20);
}

static const struct
{
  const char *name;
  const char *uri;
  const char *shown;
} uris[] = {
  { "none", "http://host/a", "http://host/a" },
  { "user", "http://me@host/", "http://(masked)@host/" },
  { "password", "http://me:s3cret@host/", "http://(masked)@host/" },
  { "unencoded-slash", "http://me:s3/cret@host/", "http://(masked)@host/" },
  { "unencoded-hash", "http://me:s3#cret@host/", "http://(masked)@host/" },
  { "no-scheme", "me:s3cret@host", "(masked)@host" },
  { "slashes-behind", "me:s3cret@host//", "(masked)@host//" },
};

static void
test_uri (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *shown = msa_mask_uri (uris[row].uri);

  g_assert_cmpstr (shown, ==, uris[row].shown);
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
  { "api-key", "X-Api-Key", TRUE },
  { "longer-name", "Authorization-Info", FALSE },
  { "shorter-name", "Auth", FALSE },
  { "empty-name", "", FALSE },
  { "harmless", "Content-Type", FALSE },
};

static void
test_mask (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  MsaSlice shown = msa_mask_field (msa_slice_from_string (fields[row].field), MSA_SLICE ("s3cret"));

  g_assert_cmpmem (shown.data, shown.len, fields[row].masked ? "(masked)" : "s3cret",
                   strlen (fields[row].masked ? "(masked)" : "s3cret"));
}

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  capture.fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_log_set_writer_func (capture_cb, &capture, NULL);

  MSA_TEST_ADD_NUMBERED ("/msa/log/topics", values, test_init);
  g_test_add_func ("/msa/log/line", test_line);
  g_test_add_func ("/msa/log/large-id", test_large_id);
  g_test_add_func ("/msa/log/off", test_off);
  g_test_add_func ("/msa/log/owners", test_owners);
  g_test_add_func ("/msa/log/time", test_time);
  g_test_add_func ("/msa/log/heard", test_heard);
  g_test_add_func ("/msa/log/long-line", test_long_line);
  MSA_TEST_ADD_NUMBERED ("/msa/log/text", texts, test_text);
  MSA_TEST_ADD_NUMBERED ("/msa/log/uri", uris, test_uri);
  MSA_TEST_ADD_NUMBERED ("/msa/log/mask", fields, test_mask);

  result = g_test_run ();
  g_hash_table_unref (capture.fields);
  return result;
}

/* test-web-bodies.c: bodies with nginx and httpd alike: long ones, coded ones, and parts of them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-web.h"

#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <string.h>
#include <sys/resource.h>

/* Longer than memory should hold */

/* What a transfer may need at most, whatever the length of its body. */
#define MAX_GROWTH_KIB (32 * 1024)
/* A sanitizer keeps that much of what was freed. */
#define QUARANTINE_KIB (512 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#define IS_SANITIZED __has_feature (address_sanitizer)
#else
#define IS_SANITIZED 0
#endif

static glong
get_peak_kib (void)
{
  struct rusage usage;

  g_assert_cmpint (getrusage (RUSAGE_SELF, &usage), ==, 0);

  return usage.ru_maxrss;
}

static void
check_peak (glong before_kib)
{
  g_assert_cmpint (get_peak_kib () - before_kib, <,
                   MAX_GROWTH_KIB + (IS_SANITIZED ? QUARANTINE_KIB : 0));
}

static MsaWriteResult
count_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  *(guint64 *) user_data += len;

  return MSA_WRITE_CONTINUE;
}

static void
send_nowhere (MsaEasy *easy)
{
  g_autoptr (GOutputStream) nowhere =
      g_unix_output_stream_new (open ("/dev/null", O_WRONLY | O_CLOEXEC), TRUE);

  msa_easy_set_output_stream (easy, nowhere);
}

/* It takes a while: each way to take it is gone once, one from nginx and the other from httpd. */
static void
test_huge (MsaTestDriverKind kind,
           MsaInteropWeb *web,
           gconstpointer data)
{
  gboolean counts = strcmp (web->name, "nginx") == 0;
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  g_autofree char *uri = msa_interop_web_make_uri (web, MSA_INTEROP_WEB_PLAIN, "/files/huge");
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  glong before_kib = get_peak_kib ();
  gint64 content_length = 0;
  guint64 n_counted = 0;

  if (counts)
    msa_easy_set_write_func (easy, count_cb, &n_counted, NULL);
  else
    send_nowhere (easy);
  msa_interop_batch_add (batch, easy);
  msa_interop_batch_wait (batch);

  msa_interop_check_status (easy, 200);
  g_object_get (easy, "content-length", &content_length, NULL);
  g_assert_cmpint (content_length, ==, (gint64) MSA_INTEROP_HUGE_BYTES);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, MSA_INTEROP_HUGE_BYTES);
  g_assert_cmpuint (n_counted, ==, counts ? MSA_INTEROP_HUGE_BYTES : 0);
  check_peak (before_kib);
}

/* In memory it is too long, and that is known before any of it is read. */
static void
test_huge_refused (MsaTestDriverKind kind,
                   MsaInteropWeb *web,
                   gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy = msa_interop_web_request (web, batch, "GET", "/files/huge", NULL, NULL);

  msa_interop_check_failure (easy, MSA_ERROR_TOO_LARGE);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 0);
}

/* Uploads */

/* Of one piece of memory, again and again. */
#define N_PIECES 320

static GInputStream *
make_long_stream (gsize *len)
{
  gsize piece_len = msa_interop_get_file_size (MSA_INTEROP_LONG_FILE);
  g_autoptr (GBytes) piece = g_bytes_new_static (msa_interop_get_bytes (), piece_len);
  GInputStream *stream = g_memory_input_stream_new ();

  for (guint i = 0; i < N_PIECES; i++)
    g_memory_input_stream_add_bytes (G_MEMORY_INPUT_STREAM (stream), piece);
  *len = N_PIECES * piece_len;

  return stream;
}

static MsaWriteResult
compare_cb (MsaEasy *easy,
            const guint8 *data,
            gsize len,
            gpointer user_data)
{
  const gsize period = msa_interop_get_file_size (MSA_INTEROP_LONG_FILE);
  gsize *at = user_data;

  while (len > 0)
    {
      gsize n = MIN (len, period - *at % period);

      if (memcmp (data, msa_interop_get_bytes () + *at % period, n) != 0)
        return MSA_WRITE_ABORT;
      *at += n;
      data += n;
      len -= n;
    }

  return MSA_WRITE_CONTINUE;
}

static void
check_uploaded (MsaInteropBatch *batch,
                const char *uri,
                gsize len)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  gsize n_equal = 0;

  msa_easy_set_write_func (easy, compare_cb, &n_equal, NULL);
  msa_interop_batch_add (batch, easy);
  msa_interop_batch_wait (batch);
  msa_interop_check_status (easy, 200);
  g_assert_cmpuint (n_equal, ==, len);
}

static void
test_upload (MsaTestDriverKind kind,
             MsaInteropWeb *web,
             gconstpointer data)
{
  gboolean known = GPOINTER_TO_INT (data);
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  g_autofree char *uri = msa_interop_web_make_uri (web, MSA_INTEROP_WEB_PLAIN, "/dav/upload");
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  gsize len;
  g_autoptr (GInputStream) stream = make_long_stream (&len);
  glong before_kib = get_peak_kib ();

  g_object_set (easy, "method", "PUT", NULL);
  msa_easy_set_body_stream (easy, "application/octet-stream", stream, known ? (gint64) len : -1);
  msa_interop_batch_add (batch, easy);
  msa_interop_batch_wait (batch);
  msa_interop_check_status (easy, 201);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), ==, len);
  check_peak (before_kib);

  check_uploaded (batch, uri, len);
  msa_interop_check_status (msa_interop_batch_request (batch, "DELETE", uri, NULL), 204);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Content codings: handed on as they are */

static void
check_unzipped (MsaEasy *easy,
                guint file)
{
  g_autoptr (GInputStream) zipped = g_memory_input_stream_new_from_bytes (msa_easy_get_body (easy));
  g_autoptr (GConverter) converter =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (zipped, converter);
  g_autofree guint8 *content = g_malloc (msa_interop_get_file_size (file) + 1);
  g_autoptr (GError) error = NULL;
  gsize len;

  g_input_stream_read_all (stream, content, msa_interop_get_file_size (file) + 1, &len, NULL,
                           &error);
  g_assert_no_error (error);
  g_assert_cmpmem (content, len, msa_interop_get_bytes () + file, msa_interop_get_file_size (file));
}

static void
test_gzip (MsaTestDriverKind kind,
           MsaInteropWeb *web,
           gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);
  MsaEasy *easy =
      msa_interop_web_request (web, batch, "GET", "/gzip/99", "Accept-Encoding", "gzip");

  msa_interop_check_status (easy, 200);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "content-encoding"), ==,
                   "gzip");
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==,
                    g_bytes_get_size (msa_easy_get_body (easy)));
  check_unzipped (easy, MSA_INTEROP_LONG_FILE);

  /* Nothing is asked for that was not. */
  easy = msa_interop_web_request (web, batch, "GET", "/gzip/99", NULL, NULL);
  msa_interop_check_file (easy, MSA_INTEROP_LONG_FILE);
  g_assert_cmpuint (msa_interop_batch_count_connections (batch), ==, 1);
}

/* Killed in the middle, when all that was sent to it was read: its sockets end without a reset. */

#define NO_GOODBYE "without ending TLS by a close_notify"

static const struct
{
  guint port_index;
  const char *path;
  MsaHttpVersion version;
  const char *text;
} cut_off[] = {
  { MSA_INTEROP_WEB_PLAIN, "/slow/large", MSA_HTTP_VERSION_AUTO, "of 67108864 bytes are missing" },
  { MSA_INTEROP_WEB_PLAIN, "/slow-chunked/large", MSA_HTTP_VERSION_AUTO,
    "within the chunked body" },
  { MSA_INTEROP_WEB_TLS, "/slow/large", MSA_HTTP_VERSION_AUTO, NO_GOODBYE },
  { MSA_INTEROP_WEB_TLS, "/slow-chunked/large", MSA_HTTP_VERSION_AUTO, NO_GOODBYE },
  /* Its body goes on until the connection ends: only TLS tells whether that was the end. */
  { MSA_INTEROP_WEB_TLS, "/slow-chunked/large", MSA_HTTP_VERSION_HTTP_1_0, NO_GOODBYE },
};

static void
add_cut_off (MsaInteropBatch *batch,
             MsaInteropWeb *web)
{
  for (guint i = 0; i < G_N_ELEMENTS (cut_off); i++)
    {
      g_autofree char *uri =
          msa_interop_web_make_uri (web, cut_off[i].port_index, cut_off[i].path);
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      g_object_set (easy, "http-version", cut_off[i].version, NULL);
      msa_interop_batch_add (batch, easy);
    }
}

static gboolean
have_all_begun (gpointer data)
{
  MsaInteropBatch *batch = data;

  for (guint i = 0; i < msa_interop_batch_get_length (batch); i++)
    if (msa_easy_get_bytes_received (msa_interop_batch_get_nth (batch, i)) == 0)
      return FALSE;

  return TRUE;
}

static void
test_cut_off (MsaTestDriverKind kind,
              MsaInteropWeb *web,
              gconstpointer data)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_web_make_batch (web, kind);

  add_cut_off (batch, web);
  msa_interop_batch_wait_for (batch, have_all_begun, batch);
  g_assert_cmpuint (msa_interop_batch_get_n_left (batch), ==, G_N_ELEMENTS (cut_off));

  msa_interop_server_kill (web->running);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < G_N_ELEMENTS (cut_off); i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);

      msa_interop_check_failure (easy, MSA_ERROR_TRUNCATED);
      g_test_message ("%s", msa_easy_get_error (easy)->message);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, cut_off[i].text));
      g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
      g_assert_cmpuint (msa_easy_get_bytes_received (easy), <, MSA_INTEROP_LARGE_BYTES);
    }

  /* Now nobody listens there. */
  msa_interop_batch_clear (batch);
  add_cut_off (batch, web);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < G_N_ELEMENTS (cut_off); i++)
    msa_interop_check_failure (msa_interop_batch_get_nth (batch, i), MSA_ERROR_CONNECT);
  msa_interop_server_restart (web->running);
}

static const MsaInteropWebCase cases[] = {
  { "huge/refused", test_huge_refused, NULL },
  { "gzip", test_gzip, NULL },
  { "cut-off", test_cut_off, NULL },
};

static const MsaInteropWebCase once_cases[] = {
  { "huge/taken", test_huge, NULL },
  { "upload/known-length", test_upload, GINT_TO_POINTER (TRUE) },
  { "upload/unknown-length", test_upload, GINT_TO_POINTER (FALSE) },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  msa_interop_web_add_cases (cases, G_N_ELEMENTS (cases), FALSE);
  msa_interop_web_add_cases (once_cases, G_N_ELEMENTS (once_cases), TRUE);

  return msa_interop_web_run ();
}

/* test-http1-limits.c: each ceiling of HTTP/1 at one less, at itself and at one more
 *
 * A reply of just the size goes through the parser in pieces and then through a multi; a
 * request's through a multi. One more is refused with the limit in the message, and nothing is
 * left of the connection. What never ends at all is in test-contract-limits.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "proto/http1/msa-http1-output-private.h"
#include "proto/http1/msa-http1-parser-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define NO_CONTENT "HTTP/1.1 204 X\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* A line of exactly @len bytes with its end. */
static void
append_line (GString *text,
             const char *start,
             gsize len)
{
  gsize end = text->len + len;

  g_string_append (text, start);
  g_assert_cmpuint (text->len + 2, <=, end);
  while (text->len < end - 2)
    g_string_append_c (text, 'x');
  g_string_append (text, "\r\n");
}

/* Fields up to @end bytes of @text in all, none longer than @max. */
static void
append_fields (GString *text,
               gsize end,
               gsize max)
{
  while (end - text->len > max)
    append_line (text, "A: ", max / 2);
  append_line (text, "A: ", end - text->len);
}

/* Replies of which something has @size */

static void
make_status_line (GString *text,
                  gsize size)
{
  append_line (text, "HTTP/1.1 204 ", size);
  g_string_append (text, "\r\n");
}

static void
make_header_line (GString *text,
                  gsize size)
{
  g_string_append (text, NO_CONTENT);
  append_line (text, "A: ", size);
  g_string_append (text, "\r\n");
}

/* The fold's line with its blank, without its end, counts on. */
static void
make_folded_field (GString *text,
                   gsize size)
{
  g_string_append (text, NO_CONTENT "A: b\r\n");
  append_line (text, " ", size / 2 + 2);
  append_line (text, " ", size - 4 - size / 2 + 2);
  g_string_append (text, "\r\n");
}

static void
make_head (GString *text,
           gsize size)
{
  g_string_append (text, NO_CONTENT);
  append_fields (text, size - 2, 60000);
  g_string_append (text, "\r\n");
}

static void
make_header_fields (GString *text,
                    gsize size)
{
  g_string_append (text, NO_CONTENT);
  for (gsize i = 0; i < size; i++)
    g_string_append (text, "A: b\r\n");
  g_string_append (text, "\r\n");
}

static void
make_interim_heads (GString *text,
                    gsize size)
{
  for (gsize i = 0; i < size; i++)
    g_string_append (text, "HTTP/1.1 103 X\r\nA: b\r\n\r\n");
  g_string_append (text, NO_CONTENT "\r\n");
}

static void
make_chunk_line (GString *text,
                 gsize size)
{
  g_string_append (text, CHUNKED);
  append_line (text, "1;", size);
  g_string_append (text, "h\r\n0\r\n\r\n");
}

static void
make_chunk_size (GString *text,
                 gsize size)
{
  g_string_append (text, CHUNKED);
  for (gsize i = 1; i < size; i++)
    g_string_append_c (text, '0');
  g_string_append (text, "1\r\nh\r\n0\r\n\r\n");
}

/* Lines of 1000 bytes before chunks of one, which pay for 18; the rest in one more. */
static void
make_chunk_excess (GString *text,
                   gsize size)
{
  const gsize each = 1000 - MSA_FAIR_CHUNK_LINE_BYTES - MSA_FAIR_CHUNK_LINE_FACTOR;
  gsize n = size / each - 1;

  g_string_append (text, CHUNKED);
  for (gsize i = 0; i < n; i++)
    {
      append_line (text, "1;", 1000);
      g_string_append (text, "h\r\n");
    }
  append_line (text, "1;", size - n * each + 1000 - each);
  g_string_append (text, "h\r\n0\r\n\r\n");
}

static void
make_trailer_line (GString *text,
                   gsize size)
{
  g_string_append (text, CHUNKED "0\r\n");
  append_line (text, "A: ", size);
  g_string_append (text, "\r\n");
}

static void
make_trailers (GString *text,
               gsize size)
{
  gsize start;

  g_string_append (text, CHUNKED "0\r\n");
  start = text->len;
  append_fields (text, start + size - 2, 4000);
  g_string_append (text, "\r\n");
}

static void
make_trailer_fields (GString *text,
                     gsize size)
{
  g_string_append (text, CHUNKED "0\r\n");
  for (gsize i = 0; i < size; i++)
    g_string_append (text, "A: b\r\n");
  g_string_append (text, "\r\n");
}

typedef struct
{
  const char *name;
  gsize max;
  void (*make) (GString *text, gsize size);
  MsaError code;
  const char *limit; /* in the message */
} Row;

static const Row rows[] = {
  { "status-line", MSA_MAX_HEADER_LINE_BYTES, make_status_line, MSA_ERROR_TOO_LARGE, "102400" },
  { "header-line", MSA_MAX_HEADER_LINE_BYTES, make_header_line, MSA_ERROR_TOO_LARGE, "102400" },
  { "folded-field", MSA_MAX_HEADER_LINE_BYTES, make_folded_field, MSA_ERROR_TOO_LARGE, "102400" },
  { "head", MSA_MAX_HEAD_BYTES, make_head, MSA_ERROR_TOO_LARGE, "307200" },
  { "header-fields", MSA_MAX_HEADER_FIELDS, make_header_fields, MSA_ERROR_TOO_LARGE, "5000" },
  { "interim-heads", MSA_MAX_INTERIM_HEADS, make_interim_heads, MSA_ERROR_TOO_LARGE, "32" },
  { "chunk-line", MSA_MAX_CHUNK_LINE_BYTES, make_chunk_line, MSA_ERROR_TOO_LARGE, "4096" },
  { "chunk-size-digits", MSA_MAX_CHUNK_SIZE_DIGITS, make_chunk_size, MSA_ERROR_BAD_REPLY, "" },
  { "chunk-excess", MSA_MAX_CHUNK_EXCESS_BYTES, make_chunk_excess, MSA_ERROR_TOO_LARGE, "16384" },
  { "trailer-line", MSA_MAX_TRAILER_LINE_BYTES, make_trailer_line, MSA_ERROR_TOO_LARGE, "4096" },
  { "trailers", MSA_MAX_TRAILER_BYTES, make_trailers, MSA_ERROR_TOO_LARGE, "65536" },
  { "trailer-fields", MSA_MAX_HEADER_FIELDS, make_trailer_fields, MSA_ERROR_TOO_LARGE, "5000" },
};

/* Through the parser */

/* NULL: it was taken, and the connection is good for another. */
static GError *
parse (GString *text,
       gsize step)
{
  MsaHttp1Parser *parser = msa_http1_parser_new ();
  MsaHttp1Result result = MSA_HTTP1_MORE;
  GError *error = NULL;
  gsize taken = 0;
  gsize given = 0;

  while (result != MSA_HTTP1_END && result != MSA_HTTP1_ERROR)
    {
      MsaCursor input;

      if (result == MSA_HTTP1_MORE)
        given = MIN (text->len, given + step);
      input = msa_cursor (&text->str[taken], given - taken);
      result = msa_http1_parser_next (parser, &input, &error);
      taken = given - msa_cursor_left (&input);
      g_assert_false (result == MSA_HTTP1_MORE && given == text->len);
    }
  if (error == NULL)
    {
      g_assert_cmpuint (taken, ==, text->len);
      g_assert_true (msa_http1_parser_keeps_alive (parser));
    }
  msa_http1_parser_free (parser);

  return error;
}

static void
assert_limited (const GError *error,
                const Row *row,
                int over)
{
  if (over <= 0)
    {
      g_assert_no_error (error);
      return;
    }

  g_assert_error (error, MSA_ERROR, (int) row->code);
  g_assert_nonnull (strstr (error->message, row->limit));
}

static void
test_parser (gconstpointer data)
{
  static const gsize steps[] = { G_MAXSIZE / 2, 65536, 4096, 1000, 1 };
  const Row *row = data;

  for (int over = -1; over <= 1; over++)
    for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
      {
        g_autoptr (GString) text = g_string_new (NULL);
        g_autoptr (GError) error = NULL;

        row->make (text, (gsize) ((gssize) row->max + over));
        error = parse (text, steps[i]);
        assert_limited (error, row, over);
      }
}

/* Through a multi */

static void
reply_cb (MsaSimPeer *peer,
          const char *method,
          const char *target,
          const char *head,
          GBytes *body,
          gpointer data)
{
  GString *text = data;

  msa_sim_peer_send (peer, text->str, (gssize) text->len);
}

static void
test_multi (gconstpointer data)
{
  const Row *row = data;

  for (int over = -1; over <= 1; over++)
    {
      MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
      g_autoptr (GString) text = g_string_new (NULL);
      MsaEasy *easy;

      row->make (text, (gsize) ((gssize) row->max + over));
      msa_sim_set_segment (world->sim, 1460);
      msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, text);
      easy = msa_test_world_add (world, "/x");
      g_assert_true (msa_test_world_run (world, 1));
      assert_limited (msa_easy_get_error (easy), row, over);
      msa_test_world_settle (world, 5000);
      g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, over > 0 ? 0 : 1);
      msa_test_world_free (world);
    }
}

/* All heads of a transfer: twenty times one, whatever each is. The last in two, so that its own
 * limit is not what counts. */
static void
make_all_heads (GString *text,
                gsize size)
{
  for (guint i = 0; i < 19; i++)
    {
      gsize start = text->len;

      g_string_append (text, "HTTP/1.1 103 X\r\n");
      append_fields (text, start + MSA_MAX_HEAD_BYTES - 2, 60000);
      g_string_append (text, "\r\n");
    }
  g_string_append (text, "HTTP/1.1 103 X\r\n\r\n" NO_CONTENT);
  append_fields (text, size - 2, 60000);
  g_string_append (text, "\r\n");
}

static const Row all_heads = {
  "all-heads",
  MSA_MAX_TRANSFER_HEAD_BYTES,
  make_all_heads,
  MSA_ERROR_TOO_LARGE,
  "6144000",
};

/* Chunks that pay for their lines may be as many as they like. */
static void
test_fair_chunks (MsaTestWorld *world)
{
  g_autoptr (GString) text = g_string_new (CHUNKED);
  MsaEasy *easy;

  for (guint i = 0; i < 20000; i++)
    g_string_append (text, "1;some=extens\r\nh\r\n");
  g_string_append (text, "0\r\n\r\n");
  msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, text);
  easy = msa_test_world_add (world, "/x");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 20000);
}

/* The body, announced and not, in memory and elsewhere */

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
test_body (MsaTestWorld *world)
{
  static const char *const formats[] = { "size", "chunked" };

  for (guint i = 0; i < 4; i++)
    for (int over = -1; over <= 1; over++)
      {
        g_autofree char *target = g_strdup_printf ("/%s/%d", formats[i % 2], 100000 + over);
        MsaEasy *easy = msa_test_world_make (world, target);
        guint64 n_written = 0;

        msa_easy_set_max_body_bytes (easy, 100000);
        if (i >= 2)
          msa_easy_set_write_func (easy, count_cb, &n_written, NULL);
        msa_test_world_add_again (world, easy);
        g_assert_true (msa_test_world_run (world, world->n_completed + 1));
        g_assert_cmpuint (n_written, <=, 100000);
        if (over <= 0)
          g_assert_no_error (msa_easy_get_error (easy));
        else
          g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TOO_LARGE);
      }
}

/* What is in memory by default: the announced size alone is looked at. */
static void
test_default_body (void)
{
  for (int over = -1; over <= 1; over++)
    {
      MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
      g_autoptr (GString) text = g_string_new (NULL);
      MsaEasy *easy = msa_test_world_make (world, "/x");

      g_string_printf (text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nhello",
                       MSA_DEFAULT_MAX_BODY_BYTES + over);
      msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, text);
      msa_easy_set_timeout_ms (easy, 500);
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, 1));
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR,
                      (over > 0 ? MSA_ERROR_TOO_LARGE : MSA_ERROR_TIMED_OUT));
      msa_test_world_free (world);
    }
}

/* Requests */

static void
test_request_head (MsaTestWorld *world)
{
  gsize rest = strlen ("GET /x HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\nA: \r\n\r\n");

  msa_sim_set_send_window (world->sim, 4 * MSA_MAX_REQUEST_HEAD_BYTES);
  for (int over = -1; over <= 1; over++)
    {
      gsize len = (gsize) ((gssize) (MSA_MAX_REQUEST_HEAD_BYTES - rest) + over);
      g_autofree char *value = g_strnfill (len, 'x');
      MsaEasy *easy = msa_test_world_make (world, "/x");

      g_assert_true (msa_headers_append (msa_easy_get_request_headers (easy), "A", value, NULL));
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, world->n_completed + 1));
      if (over <= 0)
        g_assert_no_error (msa_easy_get_error (easy));
      else
        g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TOO_LARGE);
    }
}

/* A chain that takes nothing. */

static MsaIo
blocked_send (MsaFilter *filter,
              const guint8 *data,
              gsize len,
              gsize *n_sent,
              GError **error)
{
  return MSA_IO_AGAIN;
}

static const MsaFilterOps blocked_ops = { .name = "blocked", .send = blocked_send };

static void
test_pending_output (void)
{
  MsaFilter chain = { .ops = &blocked_ops };
  g_autofree guint8 *data = g_malloc0 (2 * MSA_MAX_PENDING_OUTPUT_BYTES);

  for (int over = -1; over <= 1; over++)
    {
      MsaRequest request = {
        .method = MSA_SLICE ("PUT"),
        .target = MSA_SLICE ("/"),
        .authority = MSA_SLICE ("example.org"),
        .user_agent = MSA_SLICE_INIT,
        .referer = MSA_SLICE_INIT,
        .content_type = MSA_SLICE_INIT,
        .has_body = TRUE,
        .body_length = 10 * MSA_MAX_PENDING_OUTPUT_BYTES,
      };
      MsaHttp1Output output;
      gsize room, len;

      msa_http1_output_init (&output);
      g_assert_true (msa_http1_output_open (&output, &request, NULL));
      room = MSA_MAX_PENDING_OUTPUT_BYTES - output.queue.len;
      len = (gsize) ((gssize) room + over);
      g_assert_cmpuint (msa_http1_output_write (&output, &chain, data, len, FALSE), ==,
                        MIN (len, room));
      g_assert_cmpuint (output.queue.len, <=, MSA_MAX_PENDING_OUTPUT_BYTES);
      g_assert_cmpint (output.refused, ==, over > 0);
      msa_http1_output_clear (&output);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/http1-limits/parser", rows, test_parser);
  MSA_TEST_ADD_ROWS ("/msa/http1-limits/multi", rows, test_multi);
  g_test_add_data_func ("/msa/http1-limits/multi/all-heads", &all_heads, test_multi);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/http1-limits/fair-chunks",
                              test_fair_chunks);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/http1-limits/body", test_body);
  g_test_add_func ("/msa/http1-limits/default-body", test_default_body);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/http1-limits/request-head",
                              test_request_head);
  g_test_add_func ("/msa/http1-limits/pending-output", test_pending_output);

  return g_test_run ();
}

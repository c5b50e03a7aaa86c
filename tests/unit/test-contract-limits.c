/* test-contract-limits.c: all that a peer can make grow has a ceiling
 *
 * End to end: a peer that never stops is told to, long before memory is short, and what is said
 * names the limit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <malloc.h>

/* The body */

static MsaWriteResult
count_bytes_cb (MsaEasy *easy,
                const guint8 *data,
                gsize len,
                gpointer user_data)
{
  *(guint64 *) user_data += len;

  return MSA_WRITE_CONTINUE;
}

static MsaEasy *
run_limited (MsaTestWorld *world,
             const char *target,
             gint64 max_body_bytes,
             guint64 *n_written)
{
  MsaEasy *easy = msa_test_world_make (world, target);

  msa_easy_set_max_body_bytes (easy, max_body_bytes);
  if (n_written != NULL)
    msa_easy_set_write_func (easy, count_bytes_cb, n_written, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->records->len));

  return easy;
}

static void
assert_too_large (MsaEasy *easy,
                  const char *limit)
{
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, limit));
  g_assert_null (msa_easy_get_body (easy));
}

/* Refused by what is announced: nothing of it is taken, and no handler hears of it. */
static void
test_announced (MsaTestWorld *world)
{
  guint64 n_written = 0;
  MsaEasy *easy = run_limited (world, "/size/100001", 100000, &n_written);

  assert_too_large (easy, "100000");
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "100001 bytes"));
  g_assert_cmpuint (n_written, ==, 0);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, 0);
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), ==, 1);
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);

  easy = run_limited (world, "/size/100000", 100000, &n_written);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (n_written, ==, 100000);
}

static void
test_unannounced (MsaTestWorld *world)
{
  guint64 n_written = 0;
  MsaEasy *easy;

  msa_sim_set_segment (world->sim, 1000);
  easy = run_limited (world, "/chunked/100001", 100000, &n_written);
  assert_too_large (easy, "100000");
  g_assert_cmpuint (n_written, <=, 100000);
  g_assert_cmpuint (n_written, >=, 90000);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, n_written);

  n_written = 0;
  easy = run_limited (world, "/chunked/100000", 100000, &n_written);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (n_written, ==, 100000);
}

static void
test_unannounced_memory (MsaTestWorld *world)
{
  MsaEasy *easy = run_limited (world, "/chunked/100001", 100000, NULL);

  assert_too_large (easy, "100000");
  easy = run_limited (world, "/chunked/100000", 100000, NULL);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (easy)), ==, 100000);
}

/* A peer with a head of its own and then whatever is asked for */

typedef struct
{
  const char *start;
  const char *more;    /* (nullable): sent again and again */
  gsize       max;     /* bytes of it at most */
  gsize       n_sent;
} Endless;

static void
send_more (MsaSim *sim,
           gpointer data)
{
  MsaSimPeer *peer = data;
  Endless *endless = peer->user_data;
  g_autoptr (GString) text = g_string_new (NULL);

  if (endless->n_sent >= endless->max || msa_sim_peer_is_closed (peer))
    return;
  while (text->len < 8192)
    g_string_append (text, endless->more);
  endless->n_sent += text->len;
  msa_sim_peer_send (peer, text->str, (gssize) text->len);
  msa_sim_call_after (sim, 100, send_more, peer);
}

static void
endless_received_cb (MsaSimPeer *peer,
                     gpointer user_data)
{
  Endless *endless = user_data;

  msa_sim_peer_send (peer, endless->start, -1);
  if (endless->more != NULL)
    send_more (peer->sim, peer);
  else
    msa_sim_peer_close (peer);
}

static void
endless_accept_cb (MsaSim *sim,
                   MsaSimPeer *peer,
                   gpointer data)
{
  peer->user_data = data;
  peer->received = endless_received_cb;
}

static void
run_announced (MsaTestWorld *world,
               const char *start,
               guint64 *n_written,
               MsaError code)
{
  Endless endless = { .start = start };
  MsaEasy *easy;

  msa_sim_listen (world->sim, "10.0.0.1", 80, endless_accept_cb, &endless);
  easy = run_limited (world, "/x", 0, n_written);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, (int) code);
}

/* 64 MiB where it is kept in memory; elsewhere what the application can bear is not known. */
static void
test_default (MsaTestWorld *world)
{
  const char *more = "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n";
  const char *just = "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n";
  guint64 n_written = 0;

  run_announced (world, more, NULL, MSA_ERROR_TOO_LARGE);
  run_announced (world, just, NULL, MSA_ERROR_TRUNCATED);
  run_announced (world, more, &n_written, MSA_ERROR_TRUNCATED);
}

static void
test_unlimited (MsaTestWorld *world)
{
  Endless endless = { .start = "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n" };
  MsaEasy *easy;

  msa_sim_listen (world->sim, "10.0.0.1", 80, endless_accept_cb, &endless);
  easy = run_limited (world, "/x", -1, NULL);
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TRUNCATED);
}

/* What never ends, in each place */

typedef struct
{
  const char *name;
  const char *start;
  const char *more;
  gsize       limit; /* bytes that may be taken */
  gsize       kept;  /* and those that may be kept at a time, with what is noted of them */
  const char *text;  /* in the message */
} Row;

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* Few, but each nearly as long as it may be: 2 KiB here for 32 of them, so that their number ends
 * it. */
#define X64 "0123456789012345678901234567890123456789012345678901234567890123"
#define X512 X64 X64 X64 X64 X64 X64 X64 X64
static const char long_interim_head[] = "HTTP/1.1 103 x\r\nX: " X512 X512 X512 X512 "\r\n\r\n";

static const Row rows[] = {
  { "status-line", "HTTP/1.1 200 ", "x", MSA_MAX_HEADER_LINE_BYTES, MSA_MAX_HEADER_LINE_BYTES,
    "102400" },
  { "header-line", OK "X: ", "x", MSA_MAX_HEADER_LINE_BYTES, MSA_MAX_HEADER_LINE_BYTES, "102400" },
  { "folded-line", OK "X: y", "\r\n  0123456789", MSA_MAX_HEAD_BYTES, MSA_MAX_HEADER_LINE_BYTES,
    "102400" },
  { "cve-2023-38039-head", OK, "X-Some: " X64 X64 "\r\n", MSA_MAX_HEAD_BYTES, MSA_MAX_HEAD_BYTES,
    "307200" },
  { "cve-2026-12548-fields", OK, "X: y\r\n", MSA_MAX_HEADER_FIELDS * 6, MSA_MAX_HEADER_FIELDS * 48,
    "5000 fields" },
  { "cve-2021-3737-interim-heads", "", "HTTP/1.1 103 x\r\n\r\n", (MSA_MAX_INTERIM_HEADS + 1) * 18,
    (MSA_MAX_INTERIM_HEADS + 1) * 18, "32" },
  { "long-interim-heads", "", long_interim_head,
    (MSA_MAX_INTERIM_HEADS + 1) * sizeof (long_interim_head),
    (MSA_MAX_INTERIM_HEADS + 1) * sizeof (long_interim_head), "32" },
  { "chunk-line", CHUNKED "5;", "x", MSA_MAX_CHUNK_LINE_BYTES, MSA_MAX_CHUNK_LINE_BYTES, "4096" },
  { "trailer-line", CHUNKED "0\r\nX: ", "x", MSA_MAX_TRAILER_LINE_BYTES,
    MSA_MAX_TRAILER_LINE_BYTES, "4096" },
  { "trailers", CHUNKED "0\r\n", "X-Some: 01234567890123456789\r\n", MSA_MAX_TRAILER_BYTES,
    MSA_MAX_TRAILER_BYTES, "65536" },
  { "cve-2023-39326-chunk-extensions", CHUNKED, "1;" X512 "\r\nx\r\n",
    2 * MSA_MAX_CHUNK_EXCESS_BYTES, MSA_MAX_CHUNK_LINE_BYTES, "16384" },
  { "body-chunked", CHUNKED, "8\r\nabcdefgh\r\n", 3 * MSA_MAX_FIRST_BODY_BYTES,
    MSA_MAX_FIRST_BODY_BYTES, "1048576" },
  { "body-until-close", OK "\r\n", "abcdefgh", 2 * MSA_MAX_FIRST_BODY_BYTES,
    MSA_MAX_FIRST_BODY_BYTES, "1048576" },
};

/* The most memory that was ever in use when the socket was read from, and at the end. With a
 * sanitizer's allocator it is not seen, and stays 0. */

static struct
{
  const MsaSysOps *ops;
  gsize            peak;
} memory;

static gsize
measure_memory (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

static void
note_memory (void)
{
  memory.peak = MAX (memory.peak, measure_memory ());
}

static gssize
measured_recv (MsaSys *sys,
               int fd,
               void *buffer,
               gsize size)
{
  note_memory ();

  return memory.ops->socket_recv (sys, fd, buffer, size);
}

static void
watch_memory (MsaSys *sys)
{
  static MsaSysOps ops;

  memory.ops = sys->ops;
  memory.peak = 0;
  ops = *sys->ops;
  ops.socket_recv = measured_recv;
  sys->ops = &ops;
}

/* What a reply that never ends makes of memory: what is kept of it, twice that while a block grows,
 * and what is on its way. */
#define PEAK_BYTES(kept) (2 * (kept) + 512 * 1024)

static void
test_endless (gconstpointer data)
{
  const Row *row = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  Endless endless = { .start = row->start, .more = row->more, .max = 50 * 1000 * 1000 };
  gsize before;
  MsaEasy *easy;

  msa_sim_listen (world->sim, "10.0.0.1", 80, endless_accept_cb, &endless);
  watch_memory (msa_sim_get_sys (world->sim));
  before = measure_memory ();
  easy = run_limited (world, "/x", MSA_MAX_FIRST_BODY_BYTES, NULL);
  note_memory ();
  assert_too_large (easy, row->text);
  g_test_message ("%" G_GSIZE_FORMAT " bytes at most", memory.peak - before);
  g_assert_cmpuint (memory.peak, <=, before + PEAK_BYTES (row->kept));
  /* Besides, what was on its way. */
  g_assert_cmpuint (endless.n_sent, <=, row->limit + 4 * 65536);
  msa_test_world_settle (world, 5000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  msa_test_world_free (world);
}

static void
test_interim_heads_allowed (MsaTestWorld *world)
{
  g_autoptr (GString) reply = g_string_new (NULL);
  Endless endless = { .more = NULL };
  MsaEasy *easy;

  for (guint i = 0; i < MSA_MAX_INTERIM_HEADS; i++)
    g_string_append (reply, "HTTP/1.1 103 x\r\nA: b\r\n\r\n");
  g_string_append (reply, OK "Content-Length: 2\r\n\r\nok");
  endless.start = reply->str;
  msa_sim_listen (world->sim, "10.0.0.1", 80, endless_accept_cb, &endless);
  easy = run_limited (world, "/x", 0, NULL);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_headers_get_length (
                        msa_easy_get_headers (easy, MSA_HEADER_INFORMATIONAL, 0)),
                    ==, MSA_MAX_INTERIM_HEADS);
}

/* What goes out */

/* A peer that takes nothing: of the body no more is taken from its source than the socket and
 * one buffer hold. */
static void
test_pending_output (MsaTestWorld *world)
{
  const gsize size = 20000000;
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (size), size);
  MsaEasy *easy = msa_test_world_make (world, "/x");
  gsize window = 100000;

  msa_sim_set_send_window (world->sim, window);
  msa_sim_listen (world->sim, "10.0.0.1", 80, NULL, NULL);
  msa_easy_set_body (easy, NULL, body);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_CONNECTING));
  msa_test_world_settle (world, 3500);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  msa_sim_peer_stop_reading (msa_sim_get_peer (world->sim, 0));
  /* The wait for 100 (Continue) is over by then. */
  msa_test_world_settle (world, 3000000);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_SENDING);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), >=, window);
  g_assert_cmpuint (msa_easy_get_bytes_sent (easy), <=, window + 65536);
}

/* A reader that is paused takes nothing from the socket, so that the peer feels it. */
static void
test_paused_reads_nothing (MsaTestWorld *world)
{
  Endless endless = { .start = OK "\r\n", .more = "abcdefgh", .max = 1000000 };
  MsaEasy *easy = msa_test_world_make (world, "/x");
  guint n_receives;

  msa_sim_listen (world->sim, "10.0.0.1", 80, endless_accept_cb, &endless);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 0);
  n_receives = msa_sim_count (world->sim, "socket_recv");
  msa_test_world_settle (world, 50000);
  g_assert_cmpuint (endless.n_sent, >=, 500000);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), ==, n_receives);
}

/* Settings */

static void
test_uri_size (MsaTestWorld *world)
{
  g_autofree char *rest = g_strnfill (MSA_MAX_URI_BYTES, 'x');
  g_autofree char *uri = g_strconcat ("http://example.org/", rest, NULL);
  MsaEasy *easy = run_limited (world, uri, 0, NULL);

  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BAD_URI);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, "8000000"));
}

int
main (int argc,
      char **argv)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/contract/limits/body/announced", test_announced },
    { "/msa/contract/limits/body/unannounced", test_unannounced },
    { "/msa/contract/limits/body/unannounced-memory", test_unannounced_memory },
    { "/msa/contract/limits/body/default", test_default },
    { "/msa/contract/limits/body/unlimited", test_unlimited },
    { "/msa/contract/limits/interim-heads-allowed", test_interim_heads_allowed },
    { "/msa/contract/limits/pending-output", test_pending_output },
    { "/msa/contract/limits/cve-2024-24750-paused-reads-nothing", test_paused_reads_nothing },
    { "/msa/contract/limits/uri-size", test_uri_size },
  };

  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  MSA_TEST_ADD_ROWS ("/msa/contract/limits/endless", rows, test_endless);

  return g_test_run ();
}

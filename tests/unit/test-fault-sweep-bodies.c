/* test-fault-sweep-bodies.c: each call behind MsaSys fails in turn, while bodies come and go
 *
 * From and into memory, functions, streams and files; a file is whole or not there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "msa-easy-options.h"
#include "sim/msa-fault-sweep.h"

#define MS G_GINT64_CONSTANT (1000)
#define OLD "what was there before"
#define LARGE 600000
#define LARGE_UPLOAD 200000
#define LARGE_TARGET "/size/600000"
/* So large that it goes through a pipe, also when some came with the head. */
#define PIPED 1200000
#define PIPED_TARGET "/size/1200000"

G_STATIC_ASSERT (PIPED >= MSA_MIN_PIPED_BODY_BYTES + 2 * MSA_SCRATCH_BYTES);

static void
run (MsaFaultPlay *play,
     MsaEasy *easy)
{
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

/* Sending */

static MsaEasy *
make_sized (MsaFaultPlay *play,
            const char *target,
            gsize len)
{
  g_autoptr (GBytes) bytes = msa_fault_bytes (len);
  MsaEasy *easy = msa_fault_make_upload (play, target);

  msa_easy_set_body (easy, "text/plain", bytes);
  msa_fault_expect_upload (play, easy, len);

  return easy;
}

/* @length -1: in chunks. */
static MsaEasy *
make_stream (MsaFaultPlay *play,
             const char *target,
             gsize len,
             gint64 length)
{
  g_autoptr (GBytes) bytes = msa_fault_bytes (len);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
  MsaEasy *easy = msa_fault_make_upload (play, target);

  msa_easy_set_body_stream (easy, "text/plain", stream, length);
  msa_fault_expect_upload (play, easy, len);

  return easy;
}

/* However small its body. */
static void
let_expect (MsaEasy *easy)
{
  msa_headers_append (msa_easy_get_request_headers (easy), "Expect", "100-continue", NULL);
  msa_easy_set_expect_timeout_ms (easy, 1000);
}

static MsaEasy *
make_file (MsaFaultPlay *play,
           const char *target,
           gsize len)
{
  g_autoptr (GFile) file = msa_fault_input (play, len);
  MsaEasy *easy = msa_fault_make_upload (play, target);

  msa_easy_set_body_file (easy, "text/plain", file);
  msa_fault_expect_upload (play, easy, len);

  return easy;
}

static void
play_sized (MsaFaultPlay *play)
{
  run (play, make_sized (play, "/plain", 500));
  run (play, make_sized (play, "/plain", 3000));
}

static void
play_sized_large (MsaFaultPlay *play)
{
  run (play, make_sized (play, "/plain", LARGE_UPLOAD));
}

static void
play_chunked (MsaFaultPlay *play)
{
  run (play, make_stream (play, "/plain", 3000, -1));
}

static void
play_stream (MsaFaultPlay *play)
{
  run (play, make_stream (play, "/plain", 100000, 100000));
}

static void
play_file (MsaFaultPlay *play)
{
  run (play, make_file (play, "/plain", 3000));
}

static void
play_file_large (MsaFaultPlay *play)
{
  msa_sim_set_send_window (play->sim, 50000);
  run (play, make_file (play, "/plain", LARGE_UPLOAD));
}

static void
play_file_missing (MsaFaultPlay *play)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nowhere/at/all");
  MsaEasy *easy = msa_fault_make_upload (play, "/plain");

  msa_easy_set_body_file (easy, "text/plain", file);
  run (play, easy);
}

static void
play_expect (MsaFaultPlay *play)
{
  MsaEasy *easy = make_sized (play, "/plain", 3000);

  let_expect (easy);
  run (play, easy);
}

static void
play_refused (MsaFaultPlay *play)
{
  MsaEasy *easy = make_file (play, "/refuse", 3000);

  let_expect (easy);
  run (play, easy);
}

static void
play_early_answer (MsaFaultPlay *play)
{
  run (play, make_sized (play, "/early", LARGE_UPLOAD));
  run (play, make_stream (play, "/early", LARGE_UPLOAD, -1));
}

static void
play_trailers (MsaFaultPlay *play)
{
  MsaEasy *easy = make_stream (play, "/plain", 300, -1);

  msa_headers_append (msa_easy_get_request_trailers (easy), "X-Sum", "7", NULL);
  run (play, easy);
}

static void
close_peers (MsaSim *sim,
             gpointer data)
{
  for (guint i = 0; i < msa_sim_get_n_peers (sim); i++)
    msa_sim_peer_close (msa_sim_get_peer (sim, i));
}

/* On a connection that ends meanwhile: what can be sent again is sent again, from its beginning. */
static void
play_replay (MsaFaultPlay *play)
{
  for (guint i = 0; i < 3; i++)
    {
      MsaEasy *easy = i == 1 ? make_file (play, "/plain", 3000) : make_sized (play, "/plain", 3000);

      msa_easy_set_method (easy, "PUT");
      msa_sim_call_after (play->sim, i > 0 ? 500 : 3600 * 1000 * MS, close_peers, NULL);
      run (play, easy);
    }
}

static void
play_pause_sending (MsaFaultPlay *play)
{
  MsaEasy *easy = make_file (play, "/plain", LARGE_UPLOAD);

  msa_sim_set_send_window (play->sim, 50000);
  msa_test_world_add_again (play->world, easy);
  msa_fault_pass (play, 5 * MS);
  msa_easy_pause (easy, MSA_DIRECTION_SEND);
  msa_fault_pass (play, 50 * MS);
  msa_easy_resume (easy, MSA_DIRECTION_SEND);
  msa_fault_finish (play);
}

static void
play_remove_sending (MsaFaultPlay *play)
{
  MsaEasy *easy = make_file (play, "/plain", LARGE_UPLOAD);

  msa_sim_set_send_window (play->sim, 50000);
  msa_test_world_add_again (play->world, easy);
  msa_fault_pass (play, 5 * MS);
  if (msa_test_world_get_record (easy)->n_easy == 0)
    msa_test_world_remove (play->world, easy);
}

/* Receiving */

static void
play_function (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, LARGE_TARGET);

  msa_fault_expect_call (play, easy, LARGE);
  run (play, easy);
}

static void
play_memory (MsaFaultPlay *play)
{
  msa_sim_set_segment (play->sim, 40000);
  run (play, msa_fault_make (play, LARGE_TARGET));
}

static void
play_output_stream (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "/chunked/50000");

  msa_fault_expect_stream (play, easy, 50000);
  run (play, easy);
}

static void
play_output_file (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "/chunked/30000");

  msa_fault_expect_file (play, easy, 30000, NULL);
  run (play, easy);
}

static void
play_output_over_old (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "/size/3000");

  msa_fault_expect_file (play, easy, 3000, OLD);
  run (play, easy);
}

static void
play_piped (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, PIPED_TARGET);

  msa_sim_set_segment (play->sim, 60000);
  msa_fault_expect_file (play, easy, PIPED, NULL);
  run (play, easy);
}

static void
play_piped_over_old (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, PIPED_TARGET);

  msa_fault_expect_file (play, easy, PIPED, OLD);
  run (play, easy);
}

static void
play_piped_cut (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_test_world_make (play->world, "/truncated/1200000");

  msa_fault_expect_file (play, easy, PIPED, NULL);
  run (play, easy);
}

static void
play_remove_receiving (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_test_world_make (play->world, "/part/800000");

  msa_fault_expect_file (play, easy, 800000, OLD);
  msa_test_world_add_again (play->world, easy);
  msa_fault_pass (play, 20 * MS);
  if (msa_test_world_get_record (easy)->n_easy == 0)
    msa_test_world_remove (play->world, easy);
  msa_fault_pass (play, 20 * MS);
}

static void
play_too_large (MsaFaultPlay *play)
{
  MsaEasy *memory = msa_fault_make (play, "/chunked/3000");
  MsaEasy *file = msa_fault_make (play, "/chunked/30000");

  msa_fault_expect_file (play, file, 30000, NULL);
  msa_easy_set_max_body_bytes (memory, 2000);
  msa_easy_set_max_body_bytes (file, 20000);
  msa_test_world_add_again (play->world, memory);
  run (play, file);
}

static void
play_pause_receiving (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, PIPED_TARGET);

  msa_sim_set_segment (play->sim, 60000);
  msa_fault_expect_file (play, easy, PIPED, NULL);
  msa_test_world_add_again (play->world, easy);
  msa_fault_pass (play, 5 * MS);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_fault_pass (play, 50 * MS);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  msa_fault_finish (play);
}

static void
play_close (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, LARGE_TARGET);

  msa_fault_expect_file (play, easy, LARGE, NULL);
  msa_test_world_add_again (play->world, easy);
  msa_fault_pass (play, 5 * MS);
  msa_fault_close (play);
}

/* What was under way when the multi went leaves nothing behind. */
static void
play_dispose (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_test_world_make (play->world, "/part/800000");

  play->is_closed = TRUE;
  msa_fault_expect_file (play, easy, 800000, OLD);
  msa_test_world_add_again (play->world, easy);
  msa_fault_pass (play, 10 * MS);
  if (msa_test_world_get_record (easy)->n_easy == 0)
    msa_test_world_remove (play->world, easy);
  msa_test_world_end_multi (play->world);
}

static void
play_both (MsaFaultPlay *play)
{
  MsaEasy *easy = make_file (play, "/plain", 30000);
  MsaEasy *other = msa_fault_make (play, "/size/30000");

  msa_fault_expect_stream (play, other, 30000);
  msa_test_world_add_again (play->world, other);
  run (play, easy);
}

static const MsaFaultScene scenes[] = {
  { "sized", play_sized },
  { "sized-large", play_sized_large },
  { "chunked", play_chunked },
  { "stream", play_stream },
  { "file", play_file },
  { "file-large", play_file_large },
  { "file-missing", play_file_missing },
  { "expect", play_expect },
  { "refused", play_refused },
  { "early-answer", play_early_answer },
  { "trailers", play_trailers },
  { "replay", play_replay },
  { "pause-sending", play_pause_sending },
  { "remove-sending", play_remove_sending },
  { "function", play_function },
  { "memory", play_memory },
  { "output-stream", play_output_stream },
  { "output-file", play_output_file },
  { "output-over-old", play_output_over_old },
  { "piped", play_piped },
  { "piped-over-old", play_piped_over_old },
  { "piped-cut", play_piped_cut },
  { "remove-receiving", play_remove_receiving },
  { "too-large", play_too_large },
  { "pause-receiving", play_pause_receiving },
  { "close", play_close },
  { "dispose", play_dispose },
  { "both", play_both },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  msa_fault_add_scenes ("/msa/fault-sweep/bodies", &msa_fault_sys, scenes, G_N_ELEMENTS (scenes));

  return g_test_run ();
}

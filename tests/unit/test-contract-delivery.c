/* test-contract-delivery.c: each added transfer is delivered exactly once, or was removed before
 *
 * The contract's first promise, in each driver: every kind of result, removal at every stage, the
 * order of what is told, and running again. The asynchronous calls are in test-contract-async.c,
 * messages in test-contract-messages.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <string.h>

/* TRUE while a call is on the stack that must not deliver. */
static gboolean inside;

static void
forbid_inside (MsaTestRecord *record,
               gpointer data)
{
  g_assert_false (inside);
}

static void
no_op (gpointer data)
{
}

static MsaWriteResult
refuse_cb (MsaEasy *easy,
           const guint8 *data,
           gsize len,
           gpointer user_data)
{
  return MSA_WRITE_ABORT;
}

/* Every kind of result */

static void
reset_at_request (MsaSimPeer *peer,
                  gpointer user_data)
{
  msa_sim_peer_reset (peer);
}

static void
accept_to_reset (MsaSim *sim,
                 MsaSimPeer *peer,
                 gpointer data)
{
  peer->received = reset_at_request;
}

static void
use_short_timeout (MsaEasy *easy)
{
  msa_easy_set_timeout_ms (easy, 70);
}

static void
use_small_limit (MsaEasy *easy)
{
  msa_easy_set_max_body_bytes (easy, 5);
}

static void
use_refusing_func (MsaEasy *easy)
{
  msa_easy_set_write_func (easy, refuse_cb, NULL, no_op);
}

static void
use_no_uri (MsaEasy *easy)
{
  msa_easy_set_uri (easy, NULL);
}

typedef struct
{
  const char *name;
  const char *uri;
  void      (*prepare) (MsaEasy *easy); /* (nullable) */
  int         code;                     /* -1: no error */
  guint       status;
} ResultRow;

static const ResultRow results[] = {
  { "success", "/size/100", NULL, -1, 200 },
  { "chunked", "/chunked/5000", NULL, -1, 200 },
  { "empty-body", "/size/0", NULL, -1, 200 },
  { "no-content", "/status/204", NULL, -1, 204 },
  { "status-404", "/status/404", NULL, -1, 404 },
  { "status-500", "/status/500", NULL, -1, 500 },
  { "interim", "/interim", NULL, -1, 200 },
  { "bad-uri", "http://[/", NULL, MSA_ERROR_BAD_URI, 0 },
  { "no-uri", "/", use_no_uri, MSA_ERROR_BAD_URI, 0 },
  { "unsupported-scheme", "nope://example.org/", NULL, MSA_ERROR_UNSUPPORTED_SCHEME, 0 },
  { "unknown-host", "http://unknown.example/", NULL, MSA_ERROR_RESOLVE, 0 },
  { "refused", "http://example.org:81/", NULL, MSA_ERROR_CONNECT, 0 },
  { "unreachable", "http://10.0.0.8/", NULL, MSA_ERROR_CONNECT, 0 },
  { "connect-timed-out", "http://10.0.0.9/", NULL, MSA_ERROR_CONNECT_TIMED_OUT, 0 },
  { "timed-out-connecting", "http://10.0.0.9/", use_short_timeout, MSA_ERROR_TIMED_OUT, 0 },
  { "timed-out-waiting", "/hang", use_short_timeout, MSA_ERROR_TIMED_OUT, 0 },
  { "timed-out-receiving", "/part/100", use_short_timeout, MSA_ERROR_TIMED_OUT, 200 },
  { "reset", "http://10.0.0.7/", NULL, MSA_ERROR_RECEIVE, 0 },
  { "empty-reply", "/empty", NULL, MSA_ERROR_EMPTY_REPLY, 0 },
  { "bad-reply", "/bad", NULL, MSA_ERROR_BAD_REPLY, 0 },
  { "truncated", "/truncated/100", NULL, MSA_ERROR_TRUNCATED, 200 },
  { "announced-too-large", "/size/100", use_small_limit, MSA_ERROR_TOO_LARGE, 200 },
  { "grown-too-large", "/chunked/100", use_small_limit, MSA_ERROR_TOO_LARGE, 200 },
  { "refused-by-write-func", "/size/100", use_refusing_func, MSA_ERROR_WRITE, 200 },
};

static void
prepare_network (MsaSim *sim)
{
  msa_sim_listen (sim, "10.0.0.7", 80, accept_to_reset, NULL);
  msa_sim_set_unreachable (sim, "10.0.0.8");
  msa_sim_set_black_hole (sim, "10.0.0.9");
}

static void
assert_result (MsaEasy *easy,
               const ResultRow *row)
{
  MsaTestRecord *record = msa_test_world_get_record (easy);
  const GError *kept = msa_easy_get_error (easy);

  g_assert_cmpuint (record->n_easy, ==, 1);
  g_assert_cmpuint (record->n_multi, ==, 1);
  g_assert_cmpuint (msa_easy_get_status (easy), ==, row->status);
  if (row->code < 0)
    {
      g_assert_no_error (record->error);
      g_assert_no_error (kept);
      return;
    }
  g_assert_error (record->error, MSA_ERROR, row->code);
  g_assert_error (kept, MSA_ERROR, row->code);
  g_assert_cmpstr (kept->message, ==, record->error->message);
}

/* Beside one that has nothing to do with it. */
static void
test_result (MsaTestWorld *world)
{
  const ResultRow *row = world->row;
  MsaEasy *bystander = msa_test_world_add (world, "http://other.org/size/3000");
  MsaEasy *easy = msa_test_world_make (world, row->uri);

  prepare_network (world->sim);
  if (row->prepare != NULL)
    row->prepare (easy);
  msa_test_world_get_record (easy)->completed = forbid_inside;

  inside = TRUE;
  msa_test_world_add_again (world, easy);
  inside = FALSE;
  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 2);

  g_assert_true (msa_test_world_run (world, 2));
  msa_test_world_settle (world, 5 * G_USEC_PER_SEC);
  assert_result (easy, row);
  g_assert_no_error (msa_easy_get_error (bystander));
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (bystander)), ==, 3000);
  msa_test_world_assert_all_once (world);
}

/* All at once, ten of each. */
static void
test_all_results (MsaTestWorld *world)
{
  const guint n = 10 * G_N_ELEMENTS (results);
  MsaEasy *easies[10 * G_N_ELEMENTS (results)];

  prepare_network (world->sim);
  for (guint i = 0; i < n; i++)
    {
      const ResultRow *row = &results[i % G_N_ELEMENTS (results)];

      easies[i] = msa_test_world_make (world, row->uri);
      if (row->prepare != NULL)
        row->prepare (easies[i]);
      /* Waiting for a connection counts against the timeout. */
      if (row->prepare == use_short_timeout)
        msa_easy_set_timeout_ms (easies[i], 20000);
      msa_test_world_add_again (world, easies[i]);
    }

  /* The slow ones hold connections of their host for as long as their time is. */
  msa_multi_set_max_connections_per_host (world->multi, 0);
  msa_test_world_run (world, n);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  for (guint i = 0; i < n; i++)
    assert_result (easies[i], &results[i % G_N_ELEMENTS (results)]);
  msa_test_world_assert_all_once (world);
}

/* Removal at every stage */

static MsaWriteResult
pause_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return MSA_WRITE_PAUSE;
}

static void
fill_limit (MsaTestWorld *world)
{
  msa_multi_set_max_connections_per_host (world->multi, 1);
  msa_test_world_add (world, "/part/100");
}

static void
send_much (MsaTestWorld *world,
           MsaEasy *easy)
{
  gsize len = 1024 * 1024;
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (len), len);

  msa_easy_set_method (easy, "POST");
  msa_easy_set_body (easy, "text/plain", body);
}

static gboolean
is_paused (gpointer data)
{
  return *(gboolean *) data;
}

typedef enum
{
  STAGE_BEFORE_START,
  STAGE_QUEUED,
  STAGE_RESOLVING,
  STAGE_CONNECTING,
  STAGE_SENDING,
  STAGE_WAITING,
  STAGE_RECEIVING,
  STAGE_PAUSED,
  N_STAGES
} Stage;

static const struct
{
  const char  *name;
  const char  *uri;
  MsaEasyState state;
} stages[N_STAGES] = {
  [STAGE_BEFORE_START] = { "before-start", "/size/10", MSA_EASY_QUEUED },
  [STAGE_QUEUED] = { "queued", "/size/10", MSA_EASY_QUEUED },
  [STAGE_RESOLVING] = { "resolving", "http://slow.org/size/10", MSA_EASY_CONNECTING },
  [STAGE_CONNECTING] = { "connecting", "http://10.0.0.9/size/10", MSA_EASY_CONNECTING },
  [STAGE_SENDING] = { "sending", "/size/10", MSA_EASY_SENDING },
  [STAGE_WAITING] = { "waiting", "/hang", MSA_EASY_WAITING },
  [STAGE_RECEIVING] = { "receiving", "/part/100", MSA_EASY_RECEIVING },
  [STAGE_PAUSED] = { "paused", "/size/100", MSA_EASY_RECEIVING },
};

/* Brings an easy to where it is to be removed. */
static MsaEasy *
bring_to_stage (MsaTestWorld *world,
                Stage stage)
{
  MsaEasy *easy = msa_test_world_make (world, stages[stage].uri);
  gboolean paused = FALSE;

  prepare_network (world->sim);
  msa_sim_set_host (world->sim, "slow.org", G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_sim_set_send_window (world->sim, 1000);
  if (stage == STAGE_QUEUED)
    fill_limit (world);
  if (stage == STAGE_SENDING)
    send_much (world, easy);
  if (stage == STAGE_PAUSED)
    msa_easy_set_write_func (easy, pause_cb, &paused, NULL);
  msa_test_world_get_record (easy)->completed = forbid_inside;
  msa_test_world_add_again (world, easy);

  if (stage == STAGE_PAUSED)
    g_assert_true (msa_test_world_run_until (world, is_paused, &paused));
  else if (stage != STAGE_BEFORE_START)
    g_assert_true (msa_test_world_run_until_state (world, easy, stages[stage].state));
  if (stage == STAGE_QUEUED || stage == STAGE_RESOLVING || stage == STAGE_CONNECTING)
    msa_test_world_settle (world, 10000);
  g_assert_cmpint (msa_easy_get_state (easy), ==, stages[stage].state);

  return easy;
}

static void
test_removed (MsaTestWorld *world)
{
  Stage stage = GPOINTER_TO_UINT (world->row);
  MsaEasy *easy = bring_to_stage (world, stage);
  guint n_running = msa_multi_get_n_running (world->multi);

  inside = TRUE;
  msa_test_world_remove (world, easy);
  inside = FALSE;
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, n_running - 1);
  g_assert_error (msa_easy_get_error (easy), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* A second time does no harm. */
  msa_multi_remove (world->multi, easy);

  msa_test_world_settle (world, 40 * G_USEC_PER_SEC);
  g_assert_cmpuint (msa_test_world_get_record (easy)->n_easy, ==, 0);
  g_assert_cmpuint (world->n_multi, ==, 0);

  /* It runs again, and the multi is as before. */
  if (stage == STAGE_QUEUED)
    msa_multi_set_max_connections_per_host (world->multi, 2);
  msa_easy_set_uri (easy, "http://example.org/size/20");
  msa_easy_set_body (easy, NULL, NULL);
  msa_easy_set_method (easy, "GET");
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_test_world_get_record (easy)->n_multi, ==, 1);
}

static void
remove_data (MsaTestRecord *record,
             gpointer data)
{
  if (data == NULL)
    return;

  /* Its result is there already, but not delivered. */
  g_assert_cmpint (msa_easy_get_state (data), ==, MSA_EASY_DONE);
  msa_test_world_remove (record->world, data);
  if (record->world->row != NULL)
    msa_test_world_add_again (record->world, data);
}

/* Both are over in one dispatch; the handler of the first removes the second. */
static void
test_removed_undelivered (MsaTestWorld *world)
{
  MsaEasy *first = msa_test_world_make (world, "/hang");
  MsaEasy *second = msa_test_world_make (world, "/hang");

  msa_easy_set_timeout_ms (first, 100);
  msa_easy_set_timeout_ms (second, 100);
  msa_test_world_get_record (first)->completed = remove_data;
  msa_test_world_get_record (first)->data = second;
  msa_test_world_add_again (world, first);
  msa_test_world_add_again (world, second);

  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (msa_test_world_get_record (first)->n_easy, ==, 1);
  /* Added once more it runs once more. */
  g_assert_cmpuint (msa_test_world_get_record (second)->n_easy, ==, world->row != NULL ? 1 : 0);
  g_assert_cmpuint (world->n_multi, ==, world->row != NULL ? 2 : 1);
  msa_test_world_assert_all_once (world);
}

static void
remove_itself (MsaTestRecord *record,
               gpointer data)
{
  msa_multi_remove (record->world->multi, record->easy);
}

/* It is being delivered: that goes on. */
static void
test_removed_in_own_completion (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  msa_multi_set_keep_finished (world->multi, GPOINTER_TO_INT (world->row));
  msa_test_world_get_record (easy)->completed = remove_itself;
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  msa_test_world_assert_all_once (world);
  g_assert_cmpuint (g_list_model_get_n_items (msa_multi_get_transfers (world->multi)), ==, 0);
}

static void
remove_in_headers_cb (MsaEasy *easy,
                      gpointer data)
{
  MsaTestWorld *world = data;

  msa_test_world_remove (world, easy);
}

static void
test_removed_in_headers (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  g_signal_connect (easy, "headers", G_CALLBACK (remove_in_headers_cb), world);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_test_world_assert_all_once (world);
}

/* Order, and where nothing is called */

static void
note_easy_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  g_string_append (data, "easy ");
}

static void
note_multi_cb (MsaMulti *multi,
               MsaEasy *easy,
               const GError *error,
               gpointer data)
{
  g_string_append (data, "multi ");
}

static void
note_async_cb (GObject *source,
               GAsyncResult *result,
               gpointer data)
{
  g_assert_true (msa_multi_run_finish (MSA_MULTI (source), result, NULL));
  g_string_append (data, "async ");
}

static gboolean
has_async (gpointer data)
{
  return strstr (((GString *) data)->str, "async") != NULL;
}

static void
test_order (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/size/10");
  g_autoptr (GString) text = g_string_new (NULL);

  g_signal_connect (world->multi, "completed", G_CALLBACK (note_multi_cb), text);
  g_signal_connect (easy, "completed", G_CALLBACK (note_easy_cb), text);
  msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, NULL, note_async_cb, text);
  g_assert_true (msa_test_world_run_until (world, has_async, text));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpstr (text->str, ==, "easy multi async ");
}

static void
forbid_notify_cb (GObject *object,
                  GParamSpec *pspec,
                  gpointer data)
{
  g_assert_false (inside);
}

static void
forbid_items_cb (GListModel *model,
                 guint position,
                 guint n_removed,
                 guint n_added,
                 gpointer data)
{
  g_assert_false (inside);
}

/* The timer function may be: it is how the driver gets to know. */
static void
forbid_socket_hook (MsaMulti *multi,
                    gboolean timer,
                    gpointer data)
{
  g_assert_true (timer || !inside);
}

static MsaWriteResult
pause_once_cb (MsaEasy *easy,
               const guint8 *data,
               gsize len,
               gpointer user_data)
{
  gboolean *paused = user_data;
  MsaWriteResult result = *paused ? MSA_WRITE_CONTINUE : MSA_WRITE_PAUSE;

  g_assert_false (inside);
  *paused = TRUE;

  return result;
}

/* What is ready to happen at once must wait for a dispatch all the same. */
static void
test_nothing_inside (MsaTestWorld *world)
{
  MsaEasy *paused = msa_test_world_make (world, "/size/100");
  MsaEasy *other;
  gboolean is = FALSE;

  g_signal_connect (world->multi, "notify::n-running", G_CALLBACK (forbid_notify_cb), NULL);
  g_signal_connect (world->multi, "notify::n-pending", G_CALLBACK (forbid_notify_cb), NULL);
  g_signal_connect (msa_multi_get_transfers (world->multi), "items-changed",
                    G_CALLBACK (forbid_items_cb), NULL);
  msa_test_driver_set_hook (world->driver, forbid_socket_hook, NULL);
  msa_easy_set_write_func (paused, pause_once_cb, &is, NULL);
  msa_test_world_get_record (paused)->completed = forbid_inside;
  msa_test_world_add_again (world, paused);
  g_assert_true (msa_test_world_run_until (world, is_paused, &is));
  msa_test_world_settle (world, 100000);

  inside = TRUE;
  other = msa_test_world_add (world, "http://[/");
  msa_test_world_get_record (other)->completed = forbid_inside;
  msa_easy_resume (paused, MSA_DIRECTION_BOTH);
  msa_easy_pause (paused, MSA_DIRECTION_SEND);
  msa_easy_resume (paused, MSA_DIRECTION_SEND);
  msa_test_world_remove (world, msa_test_world_add (world, "/size/10"));
  msa_multi_set_max_connections (world->multi, 3);
  msa_multi_wakeup (world->multi);
  inside = FALSE;

  g_assert_cmpuint (world->n_completed, ==, 0);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (paused));
  msa_test_world_assert_all_once (world);
}

/* Running again */

static void
test_again_from_outside (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/10");

  msa_multi_set_keep_finished (world->multi, GPOINTER_TO_INT (world->row));
  for (guint i = 1; i <= 4; i++)
    {
      msa_test_world_add_again (world, easy);
      g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_QUEUED);
      g_assert_true (msa_test_world_run (world, i));
      msa_test_world_assert_all_once (world);
    }
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
}

typedef struct
{
  MsaTestWorld *world;    /* (unowned) */
  guint         n_sends;  /* when it completed first */
  guint         n_later;  /* in the end of that dispatch */
} AgainCheck;

static void
add_itself_once (MsaTestRecord *record,
                 gpointer data)
{
  AgainCheck *check = data;

  if (record->n_easy > 1)
    return;
  check->n_sends = msa_sim_count (record->world->sim, "socket_send");
  msa_test_world_add_again (record->world, record->easy);
  g_assert_cmpuint (msa_sim_count (record->world->sim, "socket_send"), ==, check->n_sends);
}

/* Changes of the list are told at the end of a dispatch. */
static void
count_sends_cb (GListModel *model,
                guint position,
                guint n_removed,
                guint n_added,
                gpointer data)
{
  AgainCheck *check = data;

  if (check->n_sends > 0 && check->n_later == 0)
    check->n_later = msa_sim_count (check->world->sim, "socket_send");
}

/* The new request goes out before the dispatch is over that ended the old one, on the same
 * connection. */
static void
test_again_in_own_completion (MsaTestWorld *world)
{
  AgainCheck check = { .world = world };
  MsaEasy *easy = msa_test_world_make (world, "/size/10");
  GListModel *list = msa_multi_get_transfers (world->multi);

  g_signal_connect (list, "items-changed", G_CALLBACK (count_sends_cb), &check);
  msa_test_world_get_record (easy)->completed = add_itself_once;
  msa_test_world_get_record (easy)->data = &check;
  msa_test_world_add_again (world, easy);

  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (check.n_later, ==, check.n_sends + 1);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  g_assert_cmpuint (msa_test_world_get_record (easy)->n_multi, ==, 2);
  msa_test_world_assert_all_once (world);
  g_signal_handlers_disconnect_by_data (list, &check);
}

/* Added once only */

static void
test_added_twice (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  g_autoptr (GError) error = NULL;
  MsaEasy *easy = msa_test_world_add (world, "/size/10");

  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (msa_multi_add (world->multi, easy, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
      g_clear_error (&error);
      g_assert_false (msa_multi_add (other, easy, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
      g_clear_error (&error);
      /* Nor does the other one remove it. */
      msa_multi_remove (other, easy);
      if (i == 0)
        g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
    }

  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_assert_all_once (world);
}

/* Which there are, without waiting for a dispatch */

static void
assert_easies (MsaTestWorld *world,
               MsaEasy *first,
               MsaEasy *second)
{
  g_autoptr (GPtrArray) easies = msa_multi_dup_easies (world->multi);
  guint n = 0;

  if (first != NULL)
    g_assert_true (g_ptr_array_index (easies, n++) == first);
  if (second != NULL)
    g_assert_true (g_ptr_array_index (easies, n++) == second);
  g_assert_cmpuint (easies->len, ==, n);
}

static void
test_easies (MsaTestWorld *world)
{
  MsaEasy *first = msa_test_world_make (world, "/size/10");
  MsaEasy *second = msa_test_world_make (world, "/size/10");

  msa_multi_set_keep_finished (world->multi, TRUE);
  assert_easies (world, NULL, NULL);
  msa_test_world_add_again (world, first);
  msa_test_world_add_again (world, second);
  assert_easies (world, first, second);
  g_assert_true (msa_test_world_run (world, 2));
  assert_easies (world, first, second);
  msa_multi_remove (world->multi, first);
  assert_easies (world, second, NULL);
  msa_multi_set_keep_finished (world->multi, FALSE);
  msa_multi_remove (world->multi, second);
  assert_easies (world, NULL, NULL);
}

/* Kept after its end: still in the first multi, so not for another. */
static void
test_kept_finished (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  g_autoptr (GError) error = NULL;
  GListModel *list = msa_multi_get_transfers (world->multi);
  g_autoptr (MsaEasy) item = NULL;
  MsaEasy *easy;

  msa_multi_set_keep_finished (world->multi, TRUE);
  easy = msa_test_world_add (world, "/size/10");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  item = g_list_model_get_item (list, 0);
  g_assert_true (item == easy);
  g_assert_false (msa_multi_add (other, easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);

  msa_multi_remove (world->multi, easy);
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_settle (world, 0);
  msa_test_world_assert_all_once (world);
}

static void
add_table_tests (void)
{
  MSA_TEST_WORLD_ADD_ROWS ("/msa/contract/delivery/result", results, test_result);
  for (guint i = 0; i < N_STAGES; i++)
    {
      g_autofree char *path = g_strconcat ("/msa/contract/delivery/removed/", stages[i].name, NULL);

      msa_test_world_add_row_test (path, test_removed, GUINT_TO_POINTER (i));
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_table_tests ();
#define ADD(path, func, row)                                                                       \
  msa_test_world_add_row_test ("/msa/contract/delivery/" path, func, GINT_TO_POINTER (row))
  ADD ("all-results-at-once", test_all_results, 0);
  ADD ("removed/undelivered", test_removed_undelivered, FALSE);
  ADD ("removed/undelivered-and-added", test_removed_undelivered, TRUE);
  ADD ("removed/in-own-completion", test_removed_in_own_completion, FALSE);
  ADD ("removed/in-own-completion-kept", test_removed_in_own_completion, TRUE);
  ADD ("removed/in-headers", test_removed_in_headers, 0);
  ADD ("order", test_order, 0);
  ADD ("nothing-inside-calls", test_nothing_inside, 0);
  ADD ("again/from-outside", test_again_from_outside, FALSE);
  ADD ("again/from-outside-kept", test_again_from_outside, TRUE);
  ADD ("again/in-own-completion", test_again_in_own_completion, 0);
  ADD ("added-twice", test_added_twice, 0);
  ADD ("easies", test_easies, 0);
  ADD ("keep-finished", test_kept_finished, 0);
#undef ADD

  return g_test_run ();
}

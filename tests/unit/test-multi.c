/* test-multi.c: the object: properties, arguments, adding and removing, the list of transfers
 *
 * What it promises of delivery, drivers and time is in the tests of the contract.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-result.h"
#include "sim/msa-test-world.h"

/* Properties */

static void
test_defaults (void)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  g_assert_cmpint (msa_multi_get_priority (multi), ==, G_PRIORITY_DEFAULT);
  g_assert_false (msa_multi_get_keep_finished (multi));
  g_assert_cmpuint (msa_multi_get_max_connections (multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_max_connections_per_host (multi), ==, 6);
  g_assert_cmpuint (msa_multi_get_max_idle_connections (multi), ==, 64);
  g_assert_null (msa_multi_get_tls_config (multi));
  g_assert_null (msa_multi_get_resolver (multi));
  g_assert_cmpuint (msa_multi_get_n_running (multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_n_pending (multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_n_connections (multi), ==, 0);
  g_assert_null (msa_multi_info_read (multi, NULL));
}

/* Each writable property: its default is what a new multi has, a change is notified once. */

static void
count_cb (MsaMulti *multi,
          GParamSpec *pspec,
          gpointer data)
{
  (*(guint *) data)++;
}

static void
set_other_value (GParamSpec *pspec,
                 GValue *value)
{
  if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, 3);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, 3);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, !g_value_get_boolean (value));
  else
    g_value_take_object (value, G_VALUE_HOLDS (value, G_TYPE_RESOLVER)
                                    ? (gpointer) g_resolver_get_default ()
                                    : g_object_new (pspec->value_type, NULL));
}

static void
check_property (MsaMulti *multi,
                GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) seen = G_VALUE_INIT;
  guint n = 0;
  gulong id = g_signal_connect (multi, "notify", G_CALLBACK (count_cb), &n);

  g_object_get_property (G_OBJECT (multi), pspec->name, &value);
  /* A multi makes its own store. */
  if (pspec->value_type == MSA_TYPE_TLS_SESSION_STORE)
    g_assert_nonnull (g_value_get_object (&value));
  else
    g_assert_true (g_param_value_defaults (pspec, &value));
  if ((pspec->flags & G_PARAM_WRITABLE) != 0)
    {
      set_other_value (pspec, &value);
      g_object_set_property (G_OBJECT (multi), pspec->name, &value);
      g_object_set_property (G_OBJECT (multi), pspec->name, &value);
      g_assert_cmpuint (n, ==, 1);
      g_object_get_property (G_OBJECT (multi), pspec->name, &seen);
      g_assert_cmpint (g_param_values_cmp (pspec, &value, &seen), ==, 0);
    }
  g_signal_handler_disconnect (multi, id);
}

static void
test_properties (void)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  guint n = 0;
  g_autofree GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (multi), &n);

  g_assert_cmpuint (n, >=, 9);
  for (guint i = 0; i < n; i++)
    check_property (multi, all[i]);
}

static void
test_limit_bounds (void)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*max_connections <= G_MAXINT*");
  msa_multi_set_max_connections (multi, G_MAXUINT);
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*max_connections_per_host <= G_MAXINT*");
  msa_multi_set_max_connections_per_host (multi, G_MAXUINT);
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*max_idle_connections <= G_MAXINT*");
  msa_multi_set_max_idle_connections (multi, G_MAXUINT);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (msa_multi_get_max_connections (multi), ==, 0);
  g_assert_cmpuint (msa_multi_get_max_connections_per_host (multi), ==, 6);
  g_assert_cmpuint (msa_multi_get_max_idle_connections (multi), ==, 64);
  msa_multi_set_max_connections (multi, G_MAXINT);
  g_assert_cmpuint (msa_multi_get_max_connections (multi), ==, G_MAXINT);
}

/* The counts are notified at the end of a dispatch, once for all that changed in it. */
static void
test_counts_notified (MsaTestWorld *world)
{
  guint n_running = 0;
  guint n_pending = 0;

  msa_multi_set_max_connections (world->multi, 1);
  g_signal_connect (world->multi, "notify::n-running", G_CALLBACK (count_cb), &n_running);
  g_signal_connect (world->multi, "notify::n-pending", G_CALLBACK (count_cb), &n_pending);
  for (guint i = 0; i < 3; i++)
    msa_test_world_add (world, "/hello");
  g_assert_cmpuint (n_running, ==, 0);
  msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
  g_assert_cmpuint (n_running, ==, 1);
  g_assert_cmpuint (n_pending, ==, 1);
  msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
  g_assert_cmpuint (n_running, ==, 1);
  g_assert_true (msa_test_world_run (world, 3));
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (n_running, ==, 4);
  g_assert_cmpuint (n_pending, ==, 3);
}

/* Arguments */

#define EXPECT(text) g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, text)

static void
test_arguments (void)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);

  EXPECT ("*MSA_IS_MULTI*");
  g_assert_false (msa_multi_add (NULL, easy, NULL));
  EXPECT ("*MSA_IS_EASY*");
  g_assert_false (msa_multi_add (multi, NULL, NULL));
  EXPECT ("*MSA_IS_MULTI*");
  msa_multi_remove (NULL, easy);
  EXPECT ("*MSA_IS_EASY*");
  msa_multi_remove (multi, NULL);
  EXPECT ("*MSA_IS_MULTI*");
  g_assert_false (msa_multi_socket_action (NULL, 0, MSA_SOCKET_NONE, NULL, NULL));
  EXPECT ("*MSA_IS_MULTI*");
  g_assert_false (msa_multi_perform (NULL, NULL, NULL));
  EXPECT ("*MSA_IS_MULTI*");
  g_assert_cmpint (msa_multi_get_timeout_ms (NULL), ==, -1);
  EXPECT ("*MSA_IS_MULTI*");
  g_assert_cmpint (msa_multi_get_fd (NULL), ==, -1);
  EXPECT ("*n_fds != NULL*");
  g_assert_null (msa_multi_get_poll_fds (multi, NULL));
  EXPECT ("*MSA_IS_MULTI*");
  msa_multi_wakeup (NULL);
  EXPECT ("*uri != NULL*");
  msa_multi_fetch_async (multi, NULL, NULL, NULL, NULL);
  g_test_assert_expected_messages ();
}

/* Adding and removing */

static void
test_added_twice (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  g_autoptr (GError) error = NULL;
  MsaEasy *easy = msa_test_world_add (world, "/hello");

  g_assert_false (msa_multi_add (world->multi, easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
  g_assert_nonnull (strstr (error->message, "http://example.org/hello"));
  g_assert_nonnull (strstr (error->message, "this multi"));
  g_clear_error (&error);
  g_assert_false (msa_multi_add (other, easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
  g_assert_nonnull (strstr (error->message, "another multi"));

  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 1);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
}

static void
test_remove (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  MsaEasy *easy = msa_test_world_make (world, "/hello");

  /* Of one that is not there, and of one that is elsewhere */
  msa_multi_remove (world->multi, easy);
  msa_test_world_add_again (world, easy);
  msa_multi_remove (other, easy);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 1);

  msa_multi_remove (world->multi, easy);
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_DONE);
  g_assert_error (msa_easy_get_error (easy), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  msa_multi_remove (world->multi, easy);
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (world->n_completed, ==, 0);

  /* It may go on elsewhere. */
  g_assert_true (msa_multi_add (other, easy, NULL));
  msa_multi_remove (other, easy);
}

/* By default an easy leaves when it is delivered. */
static void
test_leaves (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  MsaEasy *easy = msa_test_world_add (world, "/hello");

  g_assert_true (msa_test_world_run (world, 1));
  g_assert_true (msa_multi_add (other, easy, NULL));
  msa_multi_remove (other, easy);
}

static void
test_keep_finished (MsaTestWorld *world)
{
  g_autoptr (MsaMulti) other = msa_multi_new ();
  g_autoptr (GError) error = NULL;
  MsaEasy *easy;

  msa_multi_set_keep_finished (world->multi, TRUE);
  easy = msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 0);
  g_assert_false (msa_multi_add (other, easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_ALREADY_ADDED);
  g_assert_nonnull (strstr (error->message, "another multi"));

  /* Here it runs again. */
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_multi_remove (world->multi, easy);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_true (msa_multi_add (other, easy, NULL));
  msa_multi_remove (other, easy);
}

static void
closed_cb (GObject *object,
           GAsyncResult *result,
           gpointer data)
{
  *(gboolean *) data = msa_multi_close_finish (MSA_MULTI (object), result, NULL);
}

static void
test_add_to_closed (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/");
  g_autoptr (GError) error = NULL;
  gboolean closed = FALSE;

  msa_multi_close_async (world->multi, NULL, closed_cb, &closed);
  g_assert_false (msa_multi_add (world->multi, easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
  msa_test_world_settle (world, 1000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (closed);
}

/* A multi's own configuration fills in where an easy has none, for those added from then on. */
static void
test_tls_config (MsaTestWorld *world)
{
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/multi.pem");
  g_autoptr (MsaTlsConfig) own = msa_tls_config_new_for_ca_file ("/easy.pem");
  MsaEasy *before = msa_test_world_add (world, "https://example.org/");
  MsaEasy *filled, *other;

  msa_multi_set_tls_config (world->multi, config);
  g_assert_true (msa_multi_get_tls_config (world->multi) == config);
  filled = msa_test_world_add (world, "https://example.org/");
  other = msa_test_world_make (world, "https://example.org/");
  msa_easy_set_tls_config (other, own);
  msa_test_world_add_again (world, other);
  g_assert_true (msa_test_world_run (world, 3));
  g_assert_nonnull (strstr (msa_easy_get_error (filled)->message, "/multi.pem"));
  g_assert_nonnull (strstr (msa_easy_get_error (other)->message, "/easy.pem"));
  g_assert_null (strstr (msa_easy_get_error (before)->message, ".pem"));
  g_assert_null (msa_easy_get_tls_config (filled));
}

/* The list of transfers */

static void
items_changed_cb (GListModel *list,
                  guint position,
                  guint removed,
                  guint added,
                  gpointer data)
{
  g_assert_cmpuint (removed + added, >=, 1);
  g_assert_cmpuint (position + added, <=, g_list_model_get_n_items (list));
  (*(guint *) data)++;
}

static gboolean
is_item (GListModel *list,
         guint i,
         MsaEasy *easy)
{
  g_autoptr (MsaEasy) item = g_list_model_get_item (list, i);

  return item == easy;
}

static void
test_transfers (MsaTestWorld *world)
{
  MsaEasy *first = msa_test_world_add (world, "/hang");
  GListModel *list = msa_multi_get_transfers (world->multi);
  MsaEasy *second = msa_test_world_make (world, "/hang");
  guint n_changes = 0;

  g_assert_true (list == msa_multi_get_transfers (world->multi));
  g_assert_true (g_list_model_get_item_type (list) == MSA_TYPE_EASY);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  g_assert_true (is_item (list, 0, first));
  g_assert_null (g_list_model_get_item (list, 1));
  g_signal_connect (list, "items-changed", G_CALLBACK (items_changed_cb), &n_changes);

  /* Shown at the end of a dispatch, and not before. */
  msa_test_world_add_again (world, second);
  g_assert_cmpuint (n_changes, ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (n_changes, ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 2);
  g_assert_true (is_item (list, 1, second));

  msa_multi_remove (world->multi, first);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 2);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (n_changes, ==, 2);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  g_assert_true (is_item (list, 0, second));
}

static void
test_transfers_finish (MsaTestWorld *world)
{
  GListModel *list = msa_multi_get_transfers (world->multi);

  for (guint i = 0; i < 20; i++)
    msa_test_world_add (world, "/hello");
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 20);
  g_assert_true (msa_test_world_run (world, 20));
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 0);

  /* Where they stay in the multi, they stay in the list. */
  msa_multi_set_keep_finished (world->multi, TRUE);
  msa_test_world_add (world, "/hello");
  g_assert_true (msa_test_world_run (world, 21));
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
}

/* A source of a priority */

static gboolean
note_cb (gpointer data)
{
  g_string_append_c (data, 'i');

  return G_SOURCE_REMOVE;
}

static void
note_completed_cb (MsaTestRecord *record,
                   gpointer data)
{
  g_string_append_c (data, 'm');
}

static void
run_with_priority (MsaTestWorld *world,
                   int priority,
                   gboolean after,
                   const char *expected)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  GSource *source = g_idle_source_new ();
  MsaEasy *easy = msa_test_world_make (world, "http://:bad/");

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, note_cb, order, NULL);
  g_source_attach (source, context);
  msa_test_world_get_record (easy)->completed = note_completed_cb;
  msa_test_world_get_record (easy)->data = order;

  if (!after)
    msa_multi_set_priority (world->multi, priority);
  msa_multi_attach (world->multi, context);
  if (after)
    msa_multi_set_priority (world->multi, priority);
  msa_test_world_add_again (world, easy);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpstr (order->str, ==, expected);
  msa_multi_detach (world->multi);
  msa_multi_set_priority (world->multi, 0);
  g_source_unref (source);
}

static void
test_priority (MsaTestWorld *world)
{
  run_with_priority (world, G_PRIORITY_HIGH, FALSE, "mi");
  run_with_priority (world, G_PRIORITY_LOW, FALSE, "im");
  run_with_priority (world, G_PRIORITY_HIGH, TRUE, "mi");
  run_with_priority (world, G_PRIORITY_LOW, TRUE, "im");
}

/* attach() is harmless when repeated. */
static void
test_attach_again (MsaTestWorld *world)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  msa_multi_attach (world->multi, context);
  msa_multi_attach (world->multi, context);
  msa_test_world_add (world, "/hello");
  for (guint i = 0; world->n_ok == 0; i++)
    {
      while (g_main_context_iteration (context, FALSE))
        ;
      msa_sim_advance_by (world->sim, 500);
      g_assert_cmpuint (i, <, 100);
    }
  msa_multi_detach (world->multi);
  msa_multi_detach (world->multi);
}

/* Fetching */

static void
fetch (MsaTestWorld *world,
       const char *uri,
       MsaTestResult *result)
{
  msa_multi_fetch_async (world->multi, uri, NULL, msa_test_result_fetch_cb, result);
  g_assert_true (msa_test_world_run_until (world, msa_test_result_is_there, result));
}

static void
test_fetch (MsaTestWorld *world)
{
  g_auto (MsaTestResult) good = { 0 };
  g_auto (MsaTestResult) missing = { 0 };
  g_auto (MsaTestResult) cut = { 0 };

  fetch (world, "http://example.org/hello", &good);
  g_assert_no_error (good.error);
  g_assert_cmpmem (g_bytes_get_data (good.body, NULL), g_bytes_get_size (good.body), "/hello", 6);

  fetch (world, "http://example.org/status/404", &missing);
  g_assert_error (missing.error, MSA_ERROR, MSA_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (missing.error->message, "404"));
  g_assert_nonnull (strstr (missing.error->message, "example.org"));

  fetch (world, "http://example.org/truncated/100", &cut);
  g_assert_error (cut.error, MSA_ERROR, MSA_ERROR_TRUNCATED);
}

int
main (int argc,
      char **argv)
{
  static const MsaTestWorldTest tests[] = {
    { "/msa/multi/counts-notified", test_counts_notified },
    { "/msa/multi/add/twice", test_added_twice },
    { "/msa/multi/add/closed", test_add_to_closed },
    { "/msa/multi/remove", test_remove },
    { "/msa/multi/leaves", test_leaves },
    { "/msa/multi/keep-finished", test_keep_finished },
    { "/msa/multi/tls-config", test_tls_config },
    { "/msa/multi/transfers/changes", test_transfers },
    { "/msa/multi/transfers/finish", test_transfers_finish },
    { "/msa/multi/priority", test_priority },
    { "/msa/multi/attach-again", test_attach_again },
    { "/msa/multi/fetch", test_fetch },
  };

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/multi/defaults", test_defaults);
  g_test_add_func ("/msa/multi/properties", test_properties);
  g_test_add_func ("/msa/multi/limit-bounds", test_limit_bounds);
  g_test_add_func ("/msa/multi/arguments", test_arguments);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    msa_test_world_add_test_in (MSA_TEST_CALLBACKS, tests[i].path, tests[i].func);

  return g_test_run ();
}

/* test-contract-messages.c: messages, of results that nobody took
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

static gboolean
is_idle (gpointer data)
{
  return msa_multi_get_n_running (data) == 0;
}

/* The world no longer listens to the multi. */
static void
stop_listening (MsaTestWorld *world)
{
  g_signal_handlers_disconnect_by_data (world->multi, world);
}

static void
run_all (MsaTestWorld *world)
{
  g_assert_true (msa_test_world_run_until (world, is_idle, world->multi));
}

static MsaEasy *
add_unheard (MsaTestWorld *world,
             const char *uri)
{
  MsaEasy *easy = msa_easy_new (uri);

  g_assert_true (msa_multi_add (world->multi, easy, NULL));

  return easy;
}

/* The one of the two with a timeout ends later. */
static void
test_kept (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) slow = msa_easy_new ("http://example.org/hang");
  g_autoptr (MsaEasy) quick = NULL;
  g_autoptr (MsaEasy) first = NULL, second = NULL;
  guint n_left = 99;

  stop_listening (world);
  msa_easy_set_timeout_ms (slow, 500);
  g_assert_true (msa_multi_add (world->multi, slow, NULL));
  quick = add_unheard (world, "http://example.org/size/10");
  g_assert_null (msa_multi_info_read (world->multi, &n_left));
  g_assert_cmpuint (n_left, ==, 0);
  run_all (world);

  first = msa_multi_info_read (world->multi, &n_left);
  g_assert_true (first == quick);
  g_assert_cmpuint (n_left, ==, 1);
  g_assert_no_error (msa_easy_get_error (first));
  second = msa_multi_info_read (world->multi, &n_left);
  g_assert_true (second == slow);
  g_assert_cmpuint (n_left, ==, 0);
  g_assert_error (msa_easy_get_error (second), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  g_assert_null (msa_multi_info_read (world->multi, NULL));
}

/* Nobody would read them. */
static void
test_none_when_attached (MsaTestWorld *world)
{
  MsaEasy *easy;

  stop_listening (world);
  easy = add_unheard (world, "http://example.org/size/10");
  run_all (world);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_DONE);
  g_assert_null (msa_multi_info_read (world->multi, NULL));
  g_assert_finalize_object (easy);
}

static void
test_none_when_easy_heard (MsaTestWorld *world)
{
  stop_listening (world);
  msa_test_world_add (world, "/size/10");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_null (msa_multi_info_read (world->multi, NULL));
}

static void
test_none_when_multi_heard (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = add_unheard (world, "http://example.org/size/10");

  run_all (world);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_DONE);
  g_assert_cmpuint (world->n_multi, ==, 1);
  g_assert_null (msa_multi_info_read (world->multi, NULL));
}

static void
run_cb (GObject *source,
        GAsyncResult *result,
        gpointer user_data)
{
  *(gboolean *) user_data = msa_multi_run_finish (MSA_MULTI (source), result, NULL);
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *) data;
}

static void
test_none_when_awaited (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/size/10");
  gboolean done = FALSE;

  stop_listening (world);
  msa_multi_run_async (world->multi, easy, G_PRIORITY_DEFAULT, NULL, run_cb, &done);
  g_assert_true (msa_test_world_run_until (world, is_set, &done));
  g_assert_null (msa_multi_info_read (world->multi, NULL));
}

/* Removed, and all other references gone: the message still has it all. */
static void
test_outlives_removal (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) message = NULL;
  MsaEasy *easy;

  stop_listening (world);
  msa_multi_set_keep_finished (world->multi, GPOINTER_TO_INT (world->row));
  easy = add_unheard (world, "http://example.org/size/10");
  run_all (world);
  msa_multi_remove (world->multi, easy);
  g_object_unref (easy);

  message = msa_multi_info_read (world->multi, NULL);
  g_assert_nonnull (message);
  g_assert_cmpuint (msa_easy_get_status (message), ==, 200);
  g_assert_cmpuint (g_bytes_get_size (msa_easy_get_body (message)), ==, 10);
}

/* Unread: they go with the multi. */
static void
test_freed_with_multi (MsaTestWorld *world)
{
  MsaEasy *easy;

  stop_listening (world);
  easy = add_unheard (world, "http://example.org/size/10");
  run_all (world);
  msa_test_world_end_multi (world);
  g_assert_finalize_object (easy);
}

/* Each run has its own. */
static void
test_one_a_run (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = NULL;

  stop_listening (world);
  easy = add_unheard (world, "http://example.org/size/10");
  run_all (world);
  g_assert_true (msa_multi_add (world->multi, easy, NULL));
  run_all (world);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MsaEasy) message = msa_multi_info_read (world->multi, NULL);

      g_assert_true (message == easy);
    }
  g_assert_null (msa_multi_info_read (world->multi, NULL));
}

static void
test_none_when_removed (MsaTestWorld *world)
{
  g_autoptr (MsaEasy) easy = NULL;

  stop_listening (world);
  easy = add_unheard (world, "http://example.org/hang");
  msa_test_world_settle (world, 100000);
  msa_multi_remove (world->multi, easy);
  msa_test_world_settle (world, 100000);
  g_assert_null (msa_multi_info_read (world->multi, NULL));
}

/* In every driver but the attached one. */
static void
add_test (const char *name,
          MsaTestWorldFunc func)
{
  for (guint kind = MSA_TEST_CALLBACKS; kind < MSA_TEST_N_DRIVERS; kind++)
    {
      g_autofree char *path = g_strdup_printf ("/msa/contract/messages/%s/%s", name,
                                               msa_test_driver_get_name (kind));

      msa_test_world_add_test_in (kind, path, func);
    }
}

static void
test_outlives_removal_kept (MsaTestWorld *world)
{
  world->row = GINT_TO_POINTER (TRUE);
  test_outlives_removal (world);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_test ("kept", test_kept);
  add_test ("none-when-easy-heard", test_none_when_easy_heard);
  add_test ("none-when-multi-heard", test_none_when_multi_heard);
  add_test ("none-when-awaited", test_none_when_awaited);
  add_test ("none-when-removed", test_none_when_removed);
  add_test ("outlives-removal", test_outlives_removal);
  add_test ("outlives-removal-kept", test_outlives_removal_kept);
  add_test ("freed-with-multi", test_freed_with_multi);
  add_test ("one-a-run", test_one_a_run);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED,
                              "/msa/contract/messages/none-when-attached/attached",
                              test_none_when_attached);

  return g_test_run ();
}

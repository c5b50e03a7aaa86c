/* test-ages.c: how long connections and addresses are kept, as a multi is told
 *
 * What holds where nobody says anything is in test-contract-time.c and test-resolver.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define MS 1000
#define S ((gint64) G_USEC_PER_SEC)
#define HOUR (3600 * S)

static void
run_one (MsaTestWorld *world,
         const char *uri)
{
  msa_test_world_add (world, uri);
  g_assert_true (msa_test_world_run (world, world->records->len));
  msa_test_world_settle (world, 10 * MS);
}

/* On the last of so many connections. */
static void
run_on (MsaTestWorld *world,
        const char *uri,
        guint n_connections)
{
  run_one (world, uri);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, n_connections);
}

static guint
count_connections (MsaTestWorld *world)
{
  return msa_multi_get_n_connections (world->multi);
}

/* It is there until @us from now, and gone a little later. */
static void
expect_end_after (MsaTestWorld *world,
                  gint64 us)
{
  g_assert_cmpuint (count_connections (world), ==, 1);
  msa_test_world_settle (world, us - 50 * MS);
  g_assert_cmpuint (count_connections (world), ==, 1);
  msa_test_world_settle (world, 100 * MS);
  g_assert_cmpuint (count_connections (world), ==, 0);
}

/* By either age, set before there is a connection or while it idles */

typedef struct
{
  const char *name;
  const char *property;
  guint first_s;   /* before there is one; 0: the default */
  guint idle_s;    /* after so long */
  guint changed_s; /* it is this; 0: the same */
  guint left_s;    /* and so long it is still there */
} EndRow;

static const EndRow ends[] = {
  { "idle/set", "max-idle-age-s", 5, 0, 0, 5 },
  { "idle/raised", "max-idle-age-s", 0, 100, 200, 100 },
  { "old/idle", "max-connection-age-s", 10, 0, 0, 10 },
  { "old/lowered", "max-connection-age-s", 0, 50, 60, 10 },
};

static void
test_end (MsaTestWorld *world)
{
  const EndRow *row = world->row;

  if (row->first_s != 0)
    g_object_set (world->multi, row->property, row->first_s, NULL);
  run_one (world, "/a");
  msa_test_world_settle (world, row->idle_s * S);
  if (row->changed_s != 0)
    g_object_set (world->multi, row->property, row->changed_s, NULL);
  expect_end_after (world, row->left_s * S);
}

/* Idle connections */

static void
test_idle_longer (MsaTestWorld *world)
{
  msa_multi_set_max_idle_age_s (world->multi, 5000);
  run_one (world, "/a");
  msa_test_world_settle (world, 4990 * S);
  run_on (world, "/b", 1);
  expect_end_after (world, 5000 * S);
}

/* Nothing is due any more, and the connection is used again after days. */
static void
test_idle_without_limit (MsaTestWorld *world)
{
  msa_multi_set_max_idle_age_s (world->multi, 0);
  msa_multi_set_max_connection_age_s (world->multi, 0);
  run_one (world, "/a");
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, -1);
  msa_test_world_settle (world, 100 * HOUR);
  run_on (world, "/b", 1);
}

/* Set while it idles, to what is over already or not yet. */
static void
test_idle_lowered (MsaTestWorld *world)
{
  run_one (world, "/a");
  msa_test_world_settle (world, 50 * S);
  msa_multi_set_max_idle_age_s (world->multi, 60);
  expect_end_after (world, 10 * S);
  run_one (world, "/b");
  msa_test_world_settle (world, 30 * S);
  g_assert_cmpuint (count_connections (world), ==, 1);
  msa_multi_set_max_idle_age_s (world->multi, 20);
  msa_test_world_settle (world, 10 * MS);
  g_assert_cmpuint (count_connections (world), ==, 0);
}

/* No timer runs meanwhile. */
static void
test_idle_asleep (MsaTestWorld *world)
{
  msa_multi_set_max_idle_age_s (world->multi, 300);
  run_one (world, "/a");
  msa_sim_suspend (world->sim, 200 * S);
  run_on (world, "/b", 1);
  msa_sim_suspend (world->sim, 301 * S);
  run_on (world, "/c", 2);
}

/* Old ones */

static void
test_age_busy (MsaTestWorld *world)
{
  msa_multi_set_max_connection_age_s (world->multi, 10);
  for (guint i = 0; i < 5; i++)
    {
      run_one (world, "/a");
      msa_test_world_settle (world, 3 * S);
    }
  /* At 0, 3, 6 and 9 seconds; and at 12. */
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 2);
  g_assert_cmpuint (world->n_ok, ==, 5);
}

/* It ends the connection, not what runs there. */
static void
test_age_in_use (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/30000");

  msa_multi_set_max_connection_age_s (world->multi, 10);
  msa_test_world_add_again (world, easy);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_test_world_settle (world, 60 * S);
  g_assert_cmpuint (world->n_completed, ==, 0);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_settle (world, 10 * MS);
  g_assert_cmpuint (count_connections (world), ==, 0);
}

static void
test_age_without_limit (MsaTestWorld *world)
{
  msa_multi_set_max_idle_age_s (world->multi, 100 * 3600);
  msa_multi_set_max_connection_age_s (world->multi, 0);
  run_one (world, "/a");
  msa_test_world_settle (world, 50 * HOUR);
  run_on (world, "/b", 1);
}

/* Addresses */

typedef struct
{
  const char *name;
  int timeout_s;
  gint64 after_us;
  gboolean known; /* then */
} NameRow;

static const NameRow found[] = {
  { "default-known", 60, 59 * S, TRUE },
  { "default-over", 60, 60 * S, FALSE },
  { "set-known", 600, 599 * S, TRUE },
  { "set-over", 600, 600 * S, FALSE },
  { "none", 0, 0, FALSE },
  { "for-ever", -1, 1000 * HOUR, TRUE },
};

static const NameRow denied[] = {
  { "default-known", 60, 29 * S, TRUE },
  { "default-over", 60, 30 * S, FALSE },
  { "set-known", 600, 299 * S, TRUE },
  { "set-over", 600, 300 * S, FALSE },
  { "none", 0, 0, FALSE },
  { "for-ever-known", -1, 29 * S, TRUE },
  { "for-ever-over", -1, 30 * S, FALSE },
};

/* A look-up asks for each family by itself. */
static guint
count_look_ups (MsaTestWorld *world)
{
  guint n = msa_sim_count (world->sim, "look_up");

  g_assert_cmpuint (n % 2, ==, 0);
  return n / 2;
}

/* No connection is kept, so that each transfer needs the name. */
static void
run_row (MsaTestWorld *world,
         const NameRow *row,
         const char *uri)
{
  msa_multi_set_max_idle_connections (world->multi, 0);
  msa_multi_set_dns_cache_timeout_s (world->multi, row->timeout_s);
  g_assert_cmpint (msa_multi_get_dns_cache_timeout_s (world->multi), ==, row->timeout_s);
  msa_test_world_add (world, uri);
  g_assert_true (msa_test_world_run (world, 1));
  /* Counted from the answer: to be over, by a little more. */
  msa_test_world_settle (world, row->after_us + (row->known ? 0 : 100 * MS));
  msa_test_world_add (world, uri);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (count_look_ups (world), ==, row->known ? 1 : 2);
}

static void
test_found (MsaTestWorld *world)
{
  run_row (world, world->row, "http://example.org/");
  g_assert_cmpuint (world->n_ok, ==, 2);
}

static void
test_denied (MsaTestWorld *world)
{
  run_row (world, world->row, "http://nowhere.org/");
  g_assert_cmpuint (world->n_ok, ==, 0);
}

/* What is known goes by the new time. */
static void
test_names_changed (MsaTestWorld *world)
{
  msa_multi_set_max_idle_connections (world->multi, 0);
  run_one (world, "/a");
  msa_multi_set_dns_cache_timeout_s (world->multi, 600);
  msa_test_world_settle (world, 500 * S);
  run_one (world, "/b");
  g_assert_cmpuint (count_look_ups (world), ==, 1);
  msa_multi_set_dns_cache_timeout_s (world->multi, 400);
  run_one (world, "/c");
  g_assert_cmpuint (count_look_ups (world), ==, 2);
  /* Dropped, and not there again. */
  msa_multi_set_dns_cache_timeout_s (world->multi, 0);
  msa_multi_set_dns_cache_timeout_s (world->multi, -1);
  run_one (world, "/d");
  g_assert_cmpuint (count_look_ups (world), ==, 3);
}

static void
test_names_shared (MsaTestWorld *world)
{
  msa_multi_set_dns_cache_timeout_s (world->multi, 0);
  msa_sim_set_host (world->sim, "example.org", 5 * MS, "10.0.0.1", NULL);
  for (guint i = 0; i < 5; i++)
    msa_test_world_add (world, "http://example.org/");
  g_assert_true (msa_test_world_run (world, 5));
  g_assert_cmpuint (world->n_ok, ==, 5);
  g_assert_cmpuint (count_look_ups (world), ==, 1);
}

/* Nothing is kept, nor what an easy puts there. */
static void
test_names_put (MsaTestWorld *world)
{
  static const char *const entries[] = { "+example.org:80:10.0.0.2", NULL };
  MsaEasy *easy = msa_test_world_make (world, "http://example.org/");
  g_autofree char *address = NULL;

  msa_multi_set_dns_cache_timeout_s (world->multi, 0);
  msa_easy_set_resolve (easy, entries);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  address = msa_easy_dup_remote_address (easy);
  g_assert_cmpstr (address, ==, "10.0.0.1:80");
  g_assert_cmpuint (count_look_ups (world), ==, 1);
}

/* The properties */

static void
count_cb (GObject *object,
          GParamSpec *pspec,
          gpointer data)
{
  (*(guint *) data)++;
}

static void
test_properties (void)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  guint n_notified = 0, idle_s, age_s;
  int names_s;

  g_signal_connect (multi, "notify", G_CALLBACK (count_cb), &n_notified);
  g_object_get (multi, "max-idle-age-s", &idle_s, "max-connection-age-s", &age_s,
                "dns-cache-timeout-s", &names_s, NULL);
  g_assert_cmpuint (idle_s, ==, 118);
  g_assert_cmpuint (age_s, ==, 24 * 3600);
  g_assert_cmpint (names_s, ==, 60);
  g_object_set (multi, "max-idle-age-s", 118, "max-connection-age-s", 24 * 3600,
                "dns-cache-timeout-s", 60, NULL);
  g_assert_cmpuint (n_notified, ==, 0);

  g_object_set (multi, "max-idle-age-s", G_MAXINT, "max-connection-age-s", G_MAXINT,
                "dns-cache-timeout-s", G_MAXINT, NULL);
  g_assert_cmpuint (n_notified, ==, 3);
  g_assert_cmpuint (msa_multi_get_max_idle_age_s (multi), ==, G_MAXINT);
  g_assert_cmpuint (msa_multi_get_max_connection_age_s (multi), ==, G_MAXINT);
  g_assert_cmpint (msa_multi_get_dns_cache_timeout_s (multi), ==, G_MAXINT);
}

static const MsaTestWorldTest tests[] = {
  { "/msa/ages/idle/longer", test_idle_longer },
  { "/msa/ages/idle/without-limit", test_idle_without_limit },
  { "/msa/ages/idle/lowered", test_idle_lowered },
  { "/msa/ages/idle/asleep", test_idle_asleep },
  { "/msa/ages/old/busy", test_age_busy },
  { "/msa/ages/old/in-use", test_age_in_use },
  { "/msa/ages/old/without-limit", test_age_without_limit },
  { "/msa/ages/names/changed", test_names_changed },
  { "/msa/ages/names/shared", test_names_shared },
  { "/msa/ages/names/put", test_names_put },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_tests (tests, G_N_ELEMENTS (tests));
  MSA_TEST_WORLD_ADD_ROWS ("/msa/ages", ends, test_end);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/ages/names/found", found, test_found);
  MSA_TEST_WORLD_ADD_ROWS ("/msa/ages/names/denied", denied, test_denied);
  g_test_add_func ("/msa/ages/properties", test_properties);

  return g_test_run ();
}

/* test-contract-reentry.c: every public function, called from every callback
 *
 * A table of callbacks, each hooked onto one transfer among several, and a table of calls, of
 * which one is made in the callback. Whatever it does, nothing breaks and all others complete
 * exactly once. Nested loops in their finer points are in test-contract-nested.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-test-calls.h"

#include <string.h>

/* Where it strikes */

static void
reach (MsaTestScene *self,
       const char *callback)
{
  if (self->struck || strcmp (self->callback, callback) != 0 || --self->n_left > 0)
    return;

  self->struck = TRUE;
  self->row->call (self);
}

static void
completed_cb (MsaTestRecord *record,
              gpointer data)
{
  reach (data, "easy-completed");
}

static void
multi_completed_cb (MsaMulti *multi,
                    MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  MsaTestScene *self = data;

  if (easy == self->victim)
    reach (self, "multi-completed");
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  reach (data, "headers");
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  gpointer data)
{
  reach (data, "informational");
}

static void
data_cb (MsaEasy *easy,
         GBytes *part,
         gpointer data)
{
  reach (data, "data");
}

static void
progress_cb (MsaEasy *easy,
             gpointer data)
{
  reach (data, "progress");
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *message,
          gpointer data)
{
  reach (data, "trace");
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  reach (user_data, "write");

  return MSA_WRITE_CONTINUE;
}

static void
write_destroy_cb (gpointer data)
{
  reach (data, "write-destroy");
}

static void
driver_hook (MsaMulti *multi,
             gboolean timer,
             gpointer data)
{
  reach (data, timer ? "timer" : "socket");
}

static void
items_cb (GListModel *model,
          guint position,
          guint n_removed,
          guint n_added,
          gpointer data)
{
  reach (data, "items-changed");
}

static void
notify_cb (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  g_autofree char *name = g_strconcat ("notify-", pspec->name, NULL);

  reach (data, name);
}

static void
run_cb (GObject *source,
        GAsyncResult *result,
        gpointer user_data)
{
  MsaTestScene *self = user_data;

  msa_multi_run_finish (MSA_MULTI (source), result, NULL);
  self->n_pending--;
  reach (self, "async");
}

static const struct
{
  const char *name;
  guint       n_times;        /* of how many calls each one strikes once */
  gboolean    only_callbacks; /* the driver that has it */
} callbacks[] = {
  { "easy-completed", 1, FALSE },
  { "multi-completed", 1, FALSE },
  { "async", 1, FALSE },
  { "headers", 1, FALSE },
  { "informational", 1, FALSE },
  { "data", 2, FALSE },
  { "progress", 2, FALSE },
  { "trace", 16, FALSE },
  { "write", 2, FALSE },
  { "write-destroy", 1, FALSE },
  { "notify-state", 1, FALSE },
  { "notify-n-running", 3, FALSE },
  { "notify-n-pending", 3, FALSE },
  { "items-changed", 6, FALSE },
  { "socket", 8, TRUE },
  { "timer", 8, TRUE },
};

/* The scene */

/* Three connections: some wait for their turn. */
static void
set_up (MsaTestScene *self)
{
  MsaTestWorld *world = self->world;
  GListModel *list = msa_multi_get_transfers (world->multi);

  msa_multi_set_max_connections_per_host (world->multi, 3);
  self->hanging = msa_test_world_make (world, "/hang");
  msa_easy_set_timeout_ms (self->hanging, 300);
  /* Progress is told of what takes its time. */
  self->is_slow = strcmp (self->callback, "progress") == 0;
  self->victim = msa_test_world_make (world, self->is_slow ? "/part/100" : "/interim");
  if (self->is_slow)
    msa_easy_set_timeout_ms (self->victim, 1500);
  self->other = msa_test_world_make (world, "/chunked/3000");

  msa_test_world_get_record (self->victim)->completed = completed_cb;
  msa_test_world_get_record (self->victim)->data = self;
  g_signal_connect (self->victim, "headers", G_CALLBACK (headers_cb), self);
  g_signal_connect (self->victim, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect (self->victim, "data", G_CALLBACK (data_cb), self);
  if (strcmp (self->callback, "trace") == 0)
    g_signal_connect (self->victim, "trace", G_CALLBACK (trace_cb), self);
  g_signal_connect (self->victim, "informational", G_CALLBACK (informational_cb), self);
  g_signal_connect (self->victim, "notify::state", G_CALLBACK (notify_cb), self);
  g_signal_connect (world->multi, "completed", G_CALLBACK (multi_completed_cb), self);
  g_signal_connect (world->multi, "notify::n-running", G_CALLBACK (notify_cb), self);
  g_signal_connect (world->multi, "notify::n-pending", G_CALLBACK (notify_cb), self);
  g_signal_connect (list, "items-changed", G_CALLBACK (items_cb), self);
  msa_easy_set_write_func (self->victim, write_cb, self, write_destroy_cb);

  self->n_pending++;
  msa_test_world_get_record (self->victim)->n_added++;
  msa_multi_run_async (world->multi, self->victim, G_PRIORITY_DEFAULT, NULL, run_cb, self);
  /* The run alone has it now. */
  msa_easy_set_write_func (self->victim, NULL, NULL, NULL);
  msa_test_world_add_again (world, self->hanging);
  msa_test_world_add_again (world, self->other);
  for (guint i = 0; i < 4; i++)
    msa_test_world_add (world, i % 2 == 0 ? "/size/2000" : "/chunked/2000");
  msa_test_driver_set_hook (world->driver, driver_hook, self);
}

static gboolean
is_all_over (gpointer data)
{
  MsaTestScene *self = data;

  return msa_multi_get_n_running (self->world->multi) == 0 && self->n_pending == 0;
}

static gboolean
is_struck (gpointer data)
{
  return ((MsaTestScene *) data)->struck || is_all_over (data);
}

static void
resume_all (MsaTestScene *self)
{
  for (guint i = 0; i < self->world->records->len; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (self->world->records, i);

      msa_easy_resume (record->easy, MSA_DIRECTION_BOTH);
    }
}

static void
check_all (MsaTestScene *self)
{
  for (guint i = 0; i < self->world->records->len; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (self->world->records, i);

      g_assert_cmpuint (record->n_easy, <=, record->n_added);
      if (!self->row->removes)
        {
          g_assert_cmpuint (record->n_easy, ==, record->n_added);
          g_assert_cmpuint (record->n_multi, ==, record->n_added);
        }
      if (record->n_easy > 0 &&
          (record->easy == self->hanging || (record->easy == self->victim && self->is_slow)))
        g_assert_error (record->error, MSA_ERROR, MSA_ERROR_TIMED_OUT);
      else
        g_assert_no_error (record->error);
    }
}

/* FALSE: the callback was not called as often as that. */
static gboolean
play (MsaTestDriverKind kind,
      const char *callback,
      guint nth,
      const MsaTestCall *row)
{
  MsaTestWorld *world = msa_test_world_new (kind);
  MsaTestScene scene = { .world = world, .callback = callback, .row = row, .n_left = nth };

  set_up (&scene);
  msa_test_world_run_until (world, is_struck, &scene);
  /* It may have ended the driver, and paused what runs. */
  msa_test_driver_set_hook (world->driver, NULL, NULL);
  msa_test_world_renew_driver (world);
  resume_all (&scene);
  g_assert_true (msa_test_world_run_until (world, is_all_over, &scene));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  check_all (&scene);

  /* Each easy that the multi keeps, and each handler, goes with these. */
  g_signal_handlers_disconnect_by_data (msa_multi_get_transfers (world->multi), &scene);
  g_signal_handlers_disconnect_by_data (world->multi, &scene);
  msa_test_world_free (world);

  return scene.struck;
}

typedef struct
{
  guint callback;
  guint call;
} Place;

static void
test_call (gconstpointer data)
{
  const Place *place = data;
  guint n_struck = 0;

  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    {
      if (!msa_test_driver_works_in_sim (kind) ||
          (callbacks[place->callback].only_callbacks && kind != MSA_TEST_CALLBACKS))
        continue;
      for (guint nth = 1; nth <= callbacks[place->callback].n_times; nth++)
        n_struck += play (kind, callbacks[place->callback].name, nth, &msa_test_calls[place->call]);
    }
  g_assert_cmpuint (n_struck, >, 0);
}

/* The table against the headers */

static void
check_functions_of (const char *header)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "libmsa", header, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("^[A-Za-z][^/*\n]*[ *](msa_(?:multi|easy)_\\w+) +\\(",
                                          G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);
      g_autofree char *padded = g_strconcat (" ", name, " ", NULL);
      gboolean found = FALSE;

      for (guint i = 0; msa_test_calls[i].name != NULL; i++)
        found |= strstr (msa_test_calls[i].functions, padded) != NULL;
      if (!found)
        g_test_message ("%s is in no row", name);
      g_assert_true (found);
      n++;
    }
  g_assert_cmpuint (n, >, 10);
}

static void
test_table_is_whole (void)
{
  check_functions_of ("msa-multi.h");
  check_functions_of ("msa-easy.h");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/contract/reentry/table-names-every-function", test_table_is_whole);
  for (guint i = 0; i < G_N_ELEMENTS (callbacks); i++)
    for (guint j = 0; msa_test_calls[j].name != NULL; j++)
      {
        Place *place = g_new (Place, 1);
        g_autofree char *path = g_strdup_printf ("/msa/contract/reentry/%s/%s", callbacks[i].name,
                                                 msa_test_calls[j].name);

        *place = (Place) { i, j };
        g_test_add_data_func_full (path, place, test_call, g_free);
      }

  return g_test_run ();
}

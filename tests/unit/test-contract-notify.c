/* test-contract-notify.c: counts and the list of transfers change at the end of a dispatch only
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-world.h"

#include <string.h>

/* Counts */

typedef struct
{
  MsaTestWorld *world;            /* (unowned) */
  GString      *text;             /* (owned): what happened, in order */
  guint         last_running;
  guint         last_pending;
} Notes;

static void
note_running_cb (GObject *object,
                 GParamSpec *pspec,
                 gpointer data)
{
  Notes *self = data;
  guint n = msa_multi_get_n_running (MSA_MULTI (object));
  guint value;

  g_object_get (object, "n-running", &value, NULL);
  g_assert_cmpuint (value, ==, n);
  g_assert_cmpuint (n, !=, self->last_running);
  self->last_running = n;
  g_string_append_printf (self->text, "running=%u ", n);
}

static void
note_pending_cb (GObject *object,
                 GParamSpec *pspec,
                 gpointer data)
{
  Notes *self = data;
  guint n = msa_multi_get_n_pending (MSA_MULTI (object));
  guint value;

  g_object_get (object, "n-pending", &value, NULL);
  g_assert_cmpuint (value, ==, n);
  g_assert_cmpuint (n, !=, self->last_pending);
  self->last_pending = n;
  g_string_append_printf (self->text, "pending=%u ", n);
}

static void
note_completed (MsaTestRecord *record,
                gpointer data)
{
  g_string_append (((Notes *) data)->text, "completed ");
}

static void
notes_init (Notes *self,
            MsaTestWorld *world)
{
  *self = (Notes) { .world = world, .text = g_string_new (NULL) };
  g_signal_connect (world->multi, "notify::n-running", G_CALLBACK (note_running_cb), self);
  g_signal_connect (world->multi, "notify::n-pending", G_CALLBACK (note_pending_cb), self);
}

static MsaEasy *
notes_add (Notes *self,
           const char *uri,
           guint timeout_ms)
{
  MsaEasy *easy = msa_test_world_make (self->world, uri);

  msa_easy_set_timeout_ms (easy, timeout_ms);
  msa_test_world_get_record (easy)->completed = note_completed;
  msa_test_world_get_record (easy)->data = self;
  msa_test_world_add_again (self->world, easy);

  return easy;
}

/* Three end in one dispatch: one notification, after them. */
static void
test_counts (MsaTestWorld *world)
{
  Notes notes;

  notes_init (&notes, world);
  msa_multi_set_max_connections_per_host (world->multi, 2);
  for (guint i = 0; i < 3; i++)
    notes_add (&notes, "/hang", 300);
  g_assert_cmpstr (notes.text->str, ==, "");
  /* The getters know before. */
  g_assert_cmpuint (msa_multi_get_n_running (world->multi), ==, 3);

  g_assert_true (msa_test_world_run (world, 3));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpstr (notes.text->str, ==,
                   "running=3 pending=1 completed completed completed running=0 pending=0 ");
  g_signal_handlers_disconnect_by_data (world->multi, &notes);
  g_string_free (notes.text, TRUE);
}

/* What comes and goes between two dispatches' ends is not seen. */
static void
test_counts_unseen (MsaTestWorld *world)
{
  Notes notes;

  notes_init (&notes, world);
  notes_add (&notes, "http://[/", 0);
  msa_test_world_remove (world, notes_add (&notes, "/hang", 0));
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpstr (notes.text->str, ==, "completed ");
  g_signal_handlers_disconnect_by_data (world->multi, &notes);
  g_string_free (notes.text, TRUE);
}

/* A removal alone makes a dispatch due, which tells. */
static void
test_counts_removed (MsaTestWorld *world)
{
  Notes notes;
  MsaEasy *easy;

  notes_init (&notes, world);
  easy = notes_add (&notes, "/hang", 0);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
  msa_test_world_settle (world, 1000);
  g_string_truncate (notes.text, 0);
  msa_test_world_remove (world, easy);
  g_assert_cmpstr (notes.text->str, ==, "");
  msa_test_world_settle (world, 0);
  g_assert_cmpstr (notes.text->str, ==, "running=0 ");
  g_signal_handlers_disconnect_by_data (world->multi, &notes);
  g_string_free (notes.text, TRUE);
}

/* The list */

typedef struct
{
  MsaTestWorld *world;     /* (unowned) */
  GListModel   *list;      /* (unowned) */
  GPtrArray    *items;     /* (element-type MsaEasy): kept by what the signal says */
  guint         n_changes;
} Mirror;

static gboolean inside;

static void
mirror_cb (GListModel *list,
           guint position,
           guint n_removed,
           guint n_added,
           gpointer data)
{
  Mirror *self = data;

  g_assert_false (inside);
  self->n_changes++;
  g_assert_cmpuint (position + n_removed, <=, self->items->len);
  if (n_removed > 0)
    g_ptr_array_remove_range (self->items, position, n_removed);
  for (guint i = 0; i < n_added; i++)
    {
      g_autoptr (MsaEasy) easy = g_list_model_get_item (list, position + i);

      g_ptr_array_insert (self->items, (int) (position + i), easy);
    }

  g_assert_cmpuint (g_list_model_get_n_items (list), ==, self->items->len);
  for (guint i = 0; i < self->items->len; i++)
    {
      g_autoptr (MsaEasy) easy = g_list_model_get_item (list, i);

      g_assert_true (easy == g_ptr_array_index (self->items, i));
    }
  g_assert_null (g_list_model_get_item (list, self->items->len));
}

static void
mirror_init (Mirror *self,
             MsaTestWorld *world)
{
  self->world = world;
  self->list = msa_multi_get_transfers (world->multi);
  self->items = g_ptr_array_new ();
  self->n_changes = 0;
  g_assert_true (g_list_model_get_item_type (self->list) == MSA_TYPE_EASY);
  g_assert_true (msa_multi_get_transfers (world->multi) == self->list);
  for (guint i = 0; i < g_list_model_get_n_items (self->list); i++)
    {
      g_autoptr (MsaEasy) easy = g_list_model_get_item (self->list, i);

      g_ptr_array_add (self->items, easy);
    }
  g_signal_connect (self->list, "items-changed", G_CALLBACK (mirror_cb), self);
}

static void
mirror_clear (Mirror *self)
{
  g_signal_handlers_disconnect_by_data (self->list, self);
  g_ptr_array_unref (self->items);
}

/* In order of adding, for as long as they run. */
static void
test_list (MsaTestWorld *world)
{
  Mirror mirror;
  MsaEasy *first, *second;

  mirror_init (&mirror, world);
  inside = TRUE;
  first = msa_test_world_add (world, "/hang");
  second = msa_test_world_add (world, "/hang");
  inside = FALSE;
  g_assert_cmpuint (g_list_model_get_n_items (mirror.list), ==, 0);
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (mirror.items->len, ==, 2);
  g_assert_true (g_ptr_array_index (mirror.items, 0) == first);
  g_assert_true (g_ptr_array_index (mirror.items, 1) == second);

  inside = TRUE;
  msa_test_world_remove (world, first);
  inside = FALSE;
  g_assert_cmpuint (g_list_model_get_n_items (mirror.list), ==, 2);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (mirror.items->len, ==, 1);
  msa_test_world_remove (world, second);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (mirror.items->len, ==, 0);
  mirror_clear (&mirror);
}

/* Asked for when there are some already. */
static void
test_list_made_late (MsaTestWorld *world)
{
  Mirror mirror;

  for (guint i = 0; i < 4; i++)
    msa_test_world_add (world, i % 2 == 0 ? "/size/10" : "/hang");
  g_assert_true (msa_test_world_run (world, 2));
  mirror_init (&mirror, world);
  g_assert_cmpuint (mirror.items->len, ==, 2);
  msa_test_world_add (world, "/size/10");
  g_assert_true (msa_test_world_run (world, 3));
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (mirror.items->len, ==, 2);
  for (guint i = 0; i < 4; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (world->records, i);

      if (record->n_easy == 0)
        msa_test_world_remove (world, record->easy);
    }
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (mirror.items->len, ==, 0);
  mirror_clear (&mirror);
}

/* Nothing else is due then: neither for one that has finished, nor for one that waits. */
static void
test_list_removed_when_idle (MsaTestWorld *world)
{
  Mirror mirror;
  MsaEasy *finished, *waiting;

  msa_multi_set_keep_finished (world->multi, TRUE);
  msa_multi_set_max_connections (world->multi, 1);
  mirror_init (&mirror, world);
  finished = msa_test_world_add (world, "/size/10");
  g_assert_true (msa_test_world_run (world, 1));
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (mirror.items->len, ==, 1);
  msa_test_world_remove (world, finished);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (mirror.items->len, ==, 0);

  msa_test_world_add (world, "/hang");
  waiting = msa_test_world_add (world, "/size/10");
  msa_test_world_settle (world, G_USEC_PER_SEC);
  g_assert_cmpuint (mirror.items->len, ==, 2);
  msa_test_world_remove (world, waiting);
  msa_test_world_settle (world, 0);
  g_assert_cmpuint (mirror.items->len, ==, 1);
  mirror_clear (&mirror);
}

/* Any sequence of changes, with some from the list's own handler. */
static void
add_more_cb (GListModel *list,
             guint position,
             guint n_removed,
             guint n_added,
             gpointer data)
{
  MsaTestWorld *world = data;

  if (world->records->len < 60 && n_removed > 0)
    msa_test_world_add (world, "/size/10");
}

static void
test_list_at_random (MsaTestWorld *world)
{
  GRand *rand = g_rand_new_with_seed (7);
  Mirror mirror;
  gulong handler;

  mirror_init (&mirror, world);
  handler = g_signal_connect (mirror.list, "items-changed", G_CALLBACK (add_more_cb), world);
  for (guint i = 0; i < 150; i++)
    {
      guint what = (guint) g_rand_int_range (rand, 0, 4);
      MsaTestRecord *record = NULL;

      if (world->records->len > 0)
        record = g_ptr_array_index (world->records,
                                    g_rand_int_range (rand, 0, (int) world->records->len));
      if (what <= 1)
        msa_test_world_add (world, what == 0 ? "/hang" : "/chunked/2000");
      else if (what == 2 && record != NULL && record->n_easy < record->n_added)
        msa_test_world_remove (world, record->easy);
      else if (what == 2 && record != NULL)
        msa_test_world_add_again (world, record->easy);
      else
        msa_test_world_settle (world, g_rand_int_range (rand, 0, 3000));
    }
  g_signal_handler_disconnect (mirror.list, handler);
  msa_multi_set_max_connections_per_host (world->multi, 0);
  msa_test_world_settle (world, G_USEC_PER_SEC);
  for (guint i = 0; i < world->records->len; i++)
    {
      MsaTestRecord *record = g_ptr_array_index (world->records, i);

      if (record->n_easy < record->n_added)
        msa_test_world_remove (world, record->easy);
    }
  msa_test_world_settle (world, 0);
  msa_test_world_assert_all_once (world);
  g_assert_cmpuint (mirror.items->len, ==, 0);
  g_assert_cmpuint (mirror.n_changes, >, 50);
  mirror_clear (&mirror);
  g_rand_free (rand);
}

/* It may outlive the multi. */
static void
test_list_outlives (MsaTestWorld *world)
{
  g_autoptr (GListModel) list = g_object_ref (msa_multi_get_transfers (world->multi));

  msa_test_world_add (world, "/hang");
  msa_test_world_settle (world, 100000);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  msa_test_world_end_multi (world);
  g_assert_cmpuint (g_list_model_get_n_items (list), <=, 1);
}

/* The easy's state */

static void
note_state_cb (MsaEasy *easy,
               GParamSpec *pspec,
               gpointer data)
{
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_DONE);
  g_assert_cmpuint (msa_test_world_get_record (easy)->n_easy, ==, *(guint *) data);
  (*(guint *) data)++;
}

static void
test_state (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/size/10");
  guint n = 0;

  g_signal_connect (easy, "notify::state", G_CALLBACK (note_state_cb), &n);
  for (guint i = 1; i <= 3; i++)
    {
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, i));
      g_assert_cmpuint (n, ==, i);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) msa_test_world_add_test ("/msa/contract/notify/" path, func)
  ADD ("counts", test_counts);
  ADD ("counts-unseen", test_counts_unseen);
  ADD ("counts-removed", test_counts_removed);
  ADD ("list", test_list);
  ADD ("list-made-late", test_list_made_late);
  ADD ("list-at-random", test_list_at_random);
  ADD ("list-removed-when-idle", test_list_removed_when_idle);
  ADD ("list-outlives-multi", test_list_outlives);
  ADD ("state", test_state);
#undef ADD

  return g_test_run ();
}

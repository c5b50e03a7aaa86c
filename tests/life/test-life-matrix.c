/* test-life-matrix.c: every public call, from inside every callback, in every state of a transfer
 *
 * The calls are listed and made by generate-life.py out of the introspection data; one that is new
 * there is called here too. At its point, a callback or signal, each case makes one call, on the
 * transfer whose callback it is or on another one that stands in a given state. Then the world runs
 * on: no critical, each transfer delivered once or removed, each asynchronous call answered, each
 * function that was set let go of once, and a plain transfer completes afterwards. ASAN looks on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "life/msa-life.h"

#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "msa-multi-private.h"

#include <glib/gstdio.h>

#define MS 1000

typedef enum
{
  TARGET_OWN, /* the transfer whose callback it is */
  TARGET_IDLE,
  TARGET_QUEUED,
  TARGET_RESOLVING,
  TARGET_CONNECTING,
  TARGET_SENDING,
  TARGET_WAITING,
  TARGET_RECEIVING,
  TARGET_STORING,
  TARGET_DONE,
  N_TARGETS
} Target;

static const char *const target_names[] = { "own", "idle", "queued", "resolving", "connecting",
                                            "sending", "waiting", "receiving", "storing", "done" };

typedef struct
{
  MsaLifeDriver driver;
  MsaLifePoint point;
} Cell;

static char *path; /* of the file that transfers write to */

/* The other transfer */

static gboolean
is_other_in (MsaLife *self,
             MsaTransferState state)
{
  MsaTransfer *transfer = msa_easy_get_membership (self->other)->transfer;

  return transfer != NULL && transfer->state == state;
}

static gboolean
is_other_storing (MsaLife *self)
{
  return is_other_in (self, MSA_TRANSFER_STORING);
}

static gboolean
is_other_done (MsaLife *self)
{
  return msa_easy_get_state (self->other) == MSA_EASY_DONE;
}

/* Another transfer, which stands in a state and stays there. */
static void
bring_other (MsaLife *self,
             Target target)
{
  static const struct
  {
    const char *uri;
    MsaTransferState state;
  } rows[] = {
    [TARGET_IDLE] = { "http://plain.org/", 0 },
    [TARGET_QUEUED] = { "http://silent.org/", MSA_TRANSFER_QUEUED },
    [TARGET_RESOLVING] = { "http://slow.org/", MSA_TRANSFER_CONNECTING },
    [TARGET_CONNECTING] = { "http://hole.org/", MSA_TRANSFER_CONNECTING },
    [TARGET_SENDING] = { "http://deaf.org/", MSA_TRANSFER_SENDING },
    [TARGET_WAITING] = { "http://silent.org/", MSA_TRANSFER_WAITING },
    [TARGET_RECEIVING] = { "http://half.org/", MSA_TRANSFER_RECEIVING },
    [TARGET_STORING] = { "http://plain.org/", MSA_TRANSFER_STORING },
    [TARGET_DONE] = { "http://plain.org/", MSA_TRANSFER_GONE },
  };

  if (target == TARGET_OWN)
    return;

  self->other = msa_life_make_easy (self, rows[target].uri);
  if (target == TARGET_QUEUED)
    {
      msa_multi_set_max_connections_per_host (self->multi, 1);
      self->holder = msa_life_make_easy (self, "http://silent.org/");
      msa_life_add (self, self->holder);
    }
  if (target == TARGET_SENDING)
    {
      g_autofree char *filling = g_strnfill (1000 * 1000, 'u');
      g_autoptr (GBytes) body = g_bytes_new (filling, 1000 * 1000);

      msa_easy_set_body (self->other, NULL, body);
    }
  if (target == TARGET_STORING)
    msa_easy_set_output_file (self->other, self->file);
  if (target == TARGET_IDLE)
    return;

  if (target == TARGET_STORING)
    msa_sim_set_job_delay (self->sim, 4 * G_USEC_PER_SEC);
  msa_life_start (self, self->other, msa_life_answered_cb);
  if (target == TARGET_STORING)
    {
      /* All jobs are slow, the last one still. */
      msa_life_run (self, is_other_storing, 20 * G_USEC_PER_SEC);
      msa_sim_set_job_delay (self->sim, 0);
    }
  else
    {
      msa_life_run (self, target == TARGET_DONE ? is_other_done : NULL, 100 * MS);
    }
  g_assert_cmpint (msa_easy_get_membership (self->other)->transfer->state, ==, rows[target].state);
}

/* A case */

/* It works as if nothing had been. */
static void
check_plain (MsaLife *self)
{
  g_autoptr (GError) error = NULL;

  msa_multi_set_address_func (self->multi, NULL, NULL, NULL);
  msa_multi_set_open_func (self->multi, NULL, NULL, NULL);
  msa_multi_set_resolver (self->multi, NULL);
  msa_life_renew_driver (self);
  g_clear_object (&self->own);
  self->own = msa_life_make_easy (self, "http://plain.org/");
  if (self->multi->closed != MSA_MULTI_OPEN)
    {
      g_assert_false (msa_multi_add (self->multi, self->own, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
      return;
    }
  msa_life_add (self, self->own);
  msa_life_run (self, msa_life_is_own_done, 10 * G_USEC_PER_SEC);
  g_assert_no_error (msa_easy_get_error (self->own));
  g_assert_cmpuint (msa_easy_get_status (self->own), ==, 200);
}

static void
end_multi (MsaLife *self)
{
  msa_multi_detach (self->multi);
  if (self->holds_multi)
    g_object_unref (self->multi);
  msa_life_run (self, NULL, 3 * G_USEC_PER_SEC);
  g_assert_null (self->multi);
}

/* @call NULL: what states of the own transfer the point is reached in, as a bit set. */
static guint
play (const Cell *cell,
      Target target,
      guint own_state,
      const MsaLifeCall *call)
{
  MsaLife *self = msa_life_new (cell->driver, path);
  guint seen;

  if (call != NULL && g_str_has_suffix (call->name, "_finish"))
    msa_life_make_old (self);
  bring_other (self, target);
  self->point = cell->point;
  self->is_own = target == TARGET_OWN;
  self->own_state = own_state;
  self->call = call;
  msa_life_start_own (self);
  msa_life_run (self, NULL, 45 * G_USEC_PER_SEC);

  /* It holds the multi. */
  self->result = NULL;
  g_clear_object (&self->old);
  seen = self->seen;
  if (call != NULL && !self->has_acted)
    g_test_message ("%s at %s, %s %u: not reached", call->name,
                    msa_life_point_get_name (cell->point), target_names[target], own_state);
  g_assert_true (call == NULL || self->has_acted);
  self->point = MSA_LIFE_N_POINTS;
  if (self->multi != NULL)
    {
      g_assert_cmpuint (msa_multi_get_n_running (self->multi), ==, 0);
      msa_life_check_accounts (self);
      check_plain (self);
      end_multi (self);
    }
  msa_life_free (self);

  return seen;
}

/* All of a point */

static void
play_all (const Cell *cell,
          Target target,
          guint own_state,
          guint *n_played)
{
  const char *only = g_getenv ("MSA_LIFE_CALL");
  const MsaLifeCall *call;

  for (guint i = 0; (call = msa_life_get_call (i)) != NULL; i++)
    {
      if (call->is_quiet || (only != NULL && !g_str_equal (call->name, only)))
        continue;
      if (g_test_verbose ())
        g_test_message ("%s in %s, %s %u", call->name, msa_life_point_get_name (cell->point),
                        target_names[target], own_state);
      play (cell, target, own_state, call);
      (*n_played)++;
    }
}

static void
test_point (gconstpointer data)
{
  const Cell *cell = data;
  const guint seen = play (cell, TARGET_OWN, 0, NULL);
  guint n_played = 0;

  g_assert_cmpuint (seen, !=, 0);
  for (guint state = 0; state <= MSA_EASY_DONE; state++)
    if ((seen & (1u << state)) != 0)
      play_all (cell, TARGET_OWN, state, &n_played);
  for (guint target = TARGET_IDLE; target < N_TARGETS; target++)
    play_all (cell, target, 0, &n_played);
  g_test_message ("%u played, own states 0x%x", n_played, seen);
}

static char *
make_path (MsaLifeDriver driver,
           MsaLifePoint point)
{
  return g_strconcat ("/msa/life-matrix/", msa_life_driver_get_name (driver), "/",
                      msa_life_point_get_name (point), NULL);
}

int
main (int argc,
      char **argv)
{
  g_autofree char *folder = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("msa-life-XXXXXX", NULL);
  path = g_build_filename (folder, "body", NULL);
  msa_life_make_keys ();

  for (guint driver = 0; driver < MSA_LIFE_N_DRIVERS; driver++)
    for (guint point = 0; point < MSA_LIFE_N_POINTS; point++)
      if (msa_life_has_point (driver, point))
        {
          g_autofree char *name = make_path (driver, point);
          Cell *cell = g_new0 (Cell, 1);

          cell->driver = driver;
          cell->point = point;
          g_test_add_data_func_full (name, cell, test_point, g_free);
        }

  status = g_test_run ();
  g_rmdir (folder);
  g_free (path);
  msa_life_free_keys ();

  return status;
}

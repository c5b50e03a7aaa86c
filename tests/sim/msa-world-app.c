/* msa-world-app.c: the application of a random world
 *
 * Its transfers, the callbacks of these, and all that it does: from outside, and out of its
 * callbacks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "msa-easy-private.h"
#include "sim/msa-world-private.h"

#include <string.h>

#define MAX_DEPTH 3
/* Turns of a nested drive in which time stands still: with more, something wakes it without end. */
#define MAX_NESTED_TURNS 1000

/* --- callbacks --- */

/* Told by a clock, or by another context than the multi's; or a part of a body behind the first:
 * in how many it comes hangs on when they are read. */
static gboolean
comes_by_chance (MsaWorldPlace place,
                 guint call)
{
  switch ((int) place)
    {
    case MSA_WORLD_IN_PROGRESS:
    case MSA_WORLD_IN_TRACE:
    case MSA_WORLD_IN_ASYNC:
      return TRUE;
    case MSA_WORLD_IN_DATA:
    case MSA_WORLD_IN_WRITE:
      return call > 0;
    default:
      return FALSE;
    }
}

/* Whether it is for this callback, the @call-th of its place. */
static gboolean
is_step_for (const MsaWorldEasy *easy,
             guint i,
             MsaWorldPlace place,
             guint call)
{
  const MsaWorldStep *step = &easy->world->steps[i];

  return (easy->steps & (G_GUINT64_CONSTANT (1) << i)) != 0 && step->place == place &&
         step->nth == call;
}

void
msa_world_come_by (MsaWorld *self,
                   MsaWorldEasy *easy,
                   MsaWorldPlace place)
{
  guint call = easy->calls[place]++;

  self->progress++;
  if (easy->steps == 0)
    return;

  for (guint i = 0; i < self->n_steps; i++)
    {
      /* How deep it is told of, and whether before the last step from outside, hangs on who
       * drives. */
      gboolean is_missed = self->is_calm || self->depth >= MAX_DEPTH;

      if (!is_step_for (easy, i, place, call))
        continue;
      if (is_missed || comes_by_chance (place, call))
        self->result->n_clocks++;
      if (is_missed)
        continue;
      self->depth++;
      msa_world_do_step (self, i);
      self->depth--;
    }
}

void
msa_world_come_by_driver (MsaMulti *multi,
                          gboolean timer,
                          gpointer data)
{
  MsaWorld *self = data;
  guint call = self->n_func_calls[timer]++;

  if (self->is_calm || self->depth >= MAX_DEPTH || !self->net.acts_in_functions)
    return;

  self->depth++;
  self->func_depth++;
  for (guint i = 0; i < self->n_steps; i++)
    if (!self->left_out[i] && self->steps[i].nth == call &&
        self->steps[i].place == (timer ? MSA_WORLD_IN_TIMER_FUNC : MSA_WORLD_IN_SOCKET_FUNC))
      {
        /* One driver alone has them. */
        self->result->n_clocks++;
        msa_world_do_step (self, i);
      }
  self->func_depth--;
  self->depth--;
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  gpointer data)
{
  MsaWorldEasy *self = data;

  if (!self->runs || self->has_head)
    msa_world_fail ("transfer %u: an interim head in no place for it", self->id);
  msa_world_tell (self->world, MSA_WORLD_TOLD_INTERIM, self, status);
  msa_world_come_by (self->world, self, MSA_WORLD_IN_INFORMATIONAL);
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  MsaWorldEasy *self = data;

  if (!self->runs || self->has_head)
    msa_world_fail ("transfer %u: a head in no place for it", self->id);
  self->has_head = TRUE;
  msa_world_tell (self->world, MSA_WORLD_TOLD_HEAD, self, msa_easy_get_status (easy));
  msa_world_come_by (self->world, self, MSA_WORLD_IN_HEADERS);
}

static void
data_cb (MsaEasy *easy,
         GBytes *part,
         gpointer data)
{
  MsaWorldEasy *self = data;

  if (!self->runs || !self->has_head)
    msa_world_fail ("transfer %u: a part of a body in no place for it", self->id);
  msa_world_judge_part (self, self->n_data, g_bytes_get_data (part, NULL),
                        g_bytes_get_size (part));
  self->n_data += g_bytes_get_size (part);
  msa_world_come_by (self->world, self, MSA_WORLD_IN_DATA);
}

static void
progress_cb (MsaEasy *easy,
             gpointer data)
{
  MsaWorldEasy *self = data;

  msa_world_come_by (self->world, self, MSA_WORLD_IN_PROGRESS);
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *text,
          gpointer data)
{
  MsaWorldEasy *self = data;

  msa_world_come_by (self->world, self, MSA_WORLD_IN_TRACE);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *bytes,
          gsize len,
          gpointer data)
{
  MsaWorldEasy *self = data;
  guint run = self->run;

  if (!self->runs || !self->has_head)
    msa_world_fail ("transfer %u: the write function in no place for it", self->id);
  if (self->has_refused)
    msa_world_fail ("transfer %u: the write function is called after it refused", self->id);
  msa_world_judge_part (self, self->n_body, bytes, len);
  msa_world_tell (self->world, MSA_WORLD_TOLD_BODY, self, (gint64) len);
  self->answer = MSA_WRITE_CONTINUE;
  msa_world_come_by (self->world, self, MSA_WORLD_IN_WRITE);
  /* It may have been taken out meanwhile, and run anew. */
  if (self->run != run)
    return MSA_WRITE_CONTINUE;
  self->has_refused = self->answer == MSA_WRITE_ABORT;
  /* What was not taken comes again. */
  if (self->answer == MSA_WRITE_CONTINUE)
    self->n_body += len;
  return self->answer;
}

static void
answer_question (MsaWorldEasy *self,
                 MsaCertificateRequest *question,
                 gboolean yes)
{
  guint run = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (question), "run"));

  if (!yes)
    {
      msa_certificate_request_reject (question);
      return;
    }
  self->was_accepted |= self->run == run;
  msa_certificate_request_accept (question);
}

static gboolean
certificate_cb (MsaEasy *easy,
                MsaCertificateRequest *question,
                gpointer data)
{
  MsaWorldEasy *self = data;

  msa_world_tell (self->world, MSA_WORLD_TOLD_DOUBT, self, self->plan.answer);
  if (!self->runs || self->plan.is_lax)
    msa_world_fail ("transfer %u: a question about a peer in no place for it", self->id);
  self->was_asked = TRUE;
  g_object_set_data (G_OBJECT (question), "run", GUINT_TO_POINTER (self->run));
  g_object_set_data (G_OBJECT (question), "easy", self);
  msa_world_come_by (self->world, self, MSA_WORLD_IN_QUESTION);
  switch (self->plan.answer)
    {
    case 0:
    case 1:
      answer_question (self, question, self->plan.answer == 1);
      return TRUE;
    case 2:
      if (self->world->is_calm)
        return FALSE;
      g_ptr_array_add (self->world->questions, g_object_ref (question));
      return TRUE;
    default:
      return FALSE;
    }
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  MsaWorldEasy *self = data;

  if (!self->runs)
    msa_world_fail ("transfer %u was delivered, and did not run", self->id);
  if (self->world->depth == 0 && msa_easy_get_state (easy) != MSA_EASY_DONE)
    msa_world_fail ("transfer %u was delivered, and its state is %d", self->id,
                    msa_easy_get_state (easy));
  self->n_easy++;
  self->runs = FALSE;
  msa_world_judge (self, error);
  msa_world_tell (self->world, MSA_WORLD_TOLD_END, self, msa_world_get_code (self, error));
  if (!self->plan.by_message)
    msa_world_come_by (self->world, self, MSA_WORLD_IN_COMPLETED);
}

/* Its message waits to be read. */
static gboolean
has_message (MsaWorldEasy *self)
{
  return self->runs && self->plan.by_message && self->alive != NULL &&
         msa_easy_get_membership (self->alive)->transfer->state == MSA_TRANSFER_GONE;
}

void
msa_world_read_messages (MsaWorld *self)
{
  guint n_left = 0, n_left_before = 0;
  MsaEasy *easy;

  /* Messages outlive that. */
  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL && has_message (self->easies[i]) && i % 2 == 1)
      msa_multi_remove (self->multi, self->easies[i]->alive);

  while ((easy = msa_multi_info_read (self->multi, &n_left)) != NULL)
    {
      MsaWorldEasy *of = g_object_get_data (G_OBJECT (easy), "world-easy");

      if (!of->plan.by_message || self->options->driver == MSA_TEST_ATTACHED)
        msa_world_fail ("transfer %u: a message tells of an end that was heard of", of->id);
      if (n_left_before > 0 && n_left != n_left_before - 1)
        msa_world_fail ("%u messages were left, and after one more %u", n_left_before, n_left);
      n_left_before = n_left;
      completed_cb (easy, msa_easy_get_error (easy), of);
      g_object_unref (easy);
    }
  if (n_left_before > 0)
    msa_world_fail ("%u messages were left, and there is none", n_left_before);
}

static void
multi_completed_cb (MsaMulti *multi,
                    MsaEasy *easy,
                    const GError *error,
                    gpointer data)
{
  MsaWorldEasy *self = g_object_get_data (G_OBJECT (easy), "world-easy");

  self->n_multi++;
  if (self->n_multi > self->n_easy)
    msa_world_fail ("transfer %u was delivered by the multi before the easy", self->id);
  msa_world_tell (self->world, MSA_WORLD_TOLD_MULTI, self, msa_world_get_code (self, error));
  msa_world_come_by (self->world, self, MSA_WORLD_IN_MULTI_COMPLETED);
}

static void
async_cb (GObject *source,
          GAsyncResult *result,
          gpointer data)
{
  MsaWorldEasy *self = data;
  g_autoptr (GError) error = NULL;
  gboolean ok = msa_multi_run_finish (MSA_MULTI (source), result, &error);

  if (ok != (error == NULL))
    msa_world_fail ("transfer %u: an asynchronous call says two things", self->id);
  self->n_async_done++;
  if (self->n_async_done > self->n_async_begun)
    msa_world_fail ("transfer %u: an asynchronous call ended twice", self->id);
  msa_world_tell (self->world, MSA_WORLD_TOLD_ASYNC, self, msa_world_get_code (self, error));
  msa_world_come_by (self->world, self, MSA_WORLD_IN_ASYNC);
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer data)
{
  MsaWorldEasy *self = g_object_get_data (G_OBJECT (easy), "world-easy");

  if (!self->runs)
    msa_world_fail ("transfer %u: an address is asked about, and it does not run", self->id);
  msa_world_come_by (self->world, self, MSA_WORLD_IN_ADDRESS);
  return TRUE;
}

/* --- transfers --- */

static void
set_clocks (MsaWorldEasy *self)
{
  const MsaWorldTransfer *plan = &self->plan;

  if (plan->timeout_ms > 0)
    msa_easy_set_timeout_ms (self->easy, plan->timeout_ms);
  if (plan->connect_ms > 0)
    msa_easy_set_connect_timeout_ms (self->easy, plan->connect_ms);
  if (plan->resolve_ms > 0)
    msa_easy_set_resolve_timeout_ms (self->easy, plan->resolve_ms);
  if (plan->tls_ms > 0)
    msa_easy_set_tls_timeout_ms (self->easy, plan->tls_ms);
  if (plan->queue_ms > 0)
    msa_easy_set_queue_timeout_ms (self->easy, plan->queue_ms);
  if (plan->response_ms > 0)
    msa_easy_set_response_timeout_ms (self->easy, plan->response_ms);
  if (plan->idle_ms > 0)
    msa_easy_set_idle_timeout_ms (self->easy, plan->idle_ms);
}

static void
set_up (MsaWorldEasy *self)
{
  const MsaWorldTransfer *plan = &self->plan;
  MsaWorld *world = self->world;
  MsaEasy *easy = self->easy;

  /* A multi that is attached has no messages. */
  if (!plan->by_message || world->options->driver == MSA_TEST_ATTACHED)
    g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), self);
  g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), self);
  g_signal_connect (easy, "informational", G_CALLBACK (informational_cb), self);
  if (plan->listens)
    {
      g_signal_connect (easy, "data", G_CALLBACK (data_cb), self);
      g_signal_connect (easy, "progress", G_CALLBACK (progress_cb), self);
    }
  if (plan->traces)
    g_signal_connect (easy, "trace", G_CALLBACK (trace_cb), self);
  if (world->tls)
    g_signal_connect (easy, "accept-certificate", G_CALLBACK (certificate_cb), self);
  msa_easy_set_method (easy, plan->method);
  msa_easy_set_priority (easy, plan->priority);
  msa_easy_set_fresh_connection (easy, plan->fresh);
  msa_easy_set_forbid_reuse (easy, plan->forbids_reuse);
  if (plan->max_body >= 0)
    msa_easy_set_max_body_bytes (easy, plan->max_body);
  if (plan->sink == MSA_WORLD_BY_FUNCTION)
    msa_easy_set_write_func (easy, write_cb, self, NULL);
  set_clocks (self);
  msa_world_set_identity (self);
}

static void
set_upload (MsaWorldEasy *self)
{
  const MsaWorldTransfer *plan = &self->plan;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GInputStream) stream = NULL;
  guint8 *body;

  if (plan->method[0] != 'P')
    return;

  body = g_malloc (plan->n_upload + 1);
  msa_world_fill (self->id, 0, body, plan->n_upload);
  bytes = g_bytes_new_take (body, plan->n_upload);
  if (!plan->streams)
    {
      msa_easy_set_body (self->easy, NULL, bytes);
      return;
    }
  stream = g_memory_input_stream_new_from_bytes (bytes);
  msa_easy_set_body_stream (self->easy, NULL, stream,
                            plan->hides_length ? -1 : (gint64) plan->n_upload);
}

static void
begin (MsaWorldEasy *self)
{
  MsaWorld *world = self->world;
  const MsaWorldHost *host = &world->hosts[self->next.host];
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *secret = NULL;

  self->run++;
  self->plan = self->next;
  uri = g_strdup_printf ("http%s://h%u.world.test:%u/%u/%u", host->tls ? "s" : "", self->plan.host,
                         msa_world_get_port (host, self->plan.other_port), self->id, self->run);
  msa_easy_set_uri (self->easy, uri);
  secret = msa_world_dup_secret (self, self->run);
  msa_headers_replace (msa_easy_get_request_headers (self->easy), "Authorization", secret, NULL);
  self->generation = world->generation;
  set_upload (self);
  g_clear_object (&self->stream);
  if (self->plan.sink == MSA_WORLD_INTO_STREAM)
    {
      self->stream = g_memory_output_stream_new_resizable ();
      msa_easy_set_output_stream (self->easy, self->stream);
    }

  msa_world_plan_reply (world->seed, self->id, self->run, &self->reply);
  self->runs = TRUE;
  self->begun_us = msa_sim_get_now_us (world->sim);
  self->nested_us = world->nested_us;
  self->n_body = self->n_data = self->n_sent = 0;
  self->may_go_on = self->has_refused = FALSE;
  self->has_head = self->is_cancelled = self->was_asked = self->was_accepted = FALSE;
  world->result->n_runs++;
  g_clear_object (&self->cancellable);
  msa_world_tell (world, MSA_WORLD_TOLD_BEGIN, self, 0);
  if (self->plan.by_async)
    {
      self->cancellable = g_cancellable_new ();
      self->n_async_begun++;
      msa_multi_run_async (world->multi, self->easy, 0, self->cancellable, async_cb, self);
    }
  else if (!msa_multi_add (world->multi, self->easy, &error))
    {
      msa_world_fail ("transfer %u cannot be added: %s", self->id, error->message);
    }
}

static void
add (MsaWorld *self,
     guint id)
{
  MsaWorldEasy *easy = g_new0 (MsaWorldEasy, 1);

  self->easies[id] = easy;
  easy->world = self;
  easy->id = id;
  msa_world_plan_transfer (self->seed, id, &easy->plan);
  easy->plan.is_lax &= self->tls;
  easy->next = easy->plan;
  easy->story = g_new0 (MsaWorldStory, 1);
  easy->story->id = id;
  easy->story->text = g_string_new (NULL);
  easy->async_ends = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_ptr_array_add (self->result->stories, easy->story);
  for (guint i = id + 1; i < self->n_steps; i++)
    if (!self->left_out[i] && self->steps[i].place != MSA_WORLD_OUTSIDE &&
        self->steps[i].target == id)
      easy->steps |= G_GUINT64_CONSTANT (1) << i;

  easy->easy = msa_easy_new (NULL);
  easy->alive = easy->easy;
  g_object_add_weak_pointer (G_OBJECT (easy->easy), (gpointer *) &easy->alive);
  g_object_set_data (G_OBJECT (easy->easy), "world-easy", easy);
  set_up (easy);
  begin (easy);
}

static void
take_out (MsaWorldEasy *self)
{
  /* Dropped ones are the multi's alone. */
  if (self->alive == NULL)
    return;

  if (has_message (self))
    {
      msa_multi_remove (self->world->multi, self->alive);
      return;
    }
  if (self->runs)
    {
      msa_world_tell (self->world, MSA_WORLD_TOLD_TAKEN, self, 0);
      self->world->result->n_taken++;
    }
  self->runs = FALSE;
  msa_multi_remove (self->world->multi, self->alive);
}

/* --- what is done --- */

static void
turn_about (MsaWorld *self)
{
  guint n = 0;

  while (msa_world_turn (self, msa_sim_get_now_us (self->sim)))
    if (++n > MAX_NESTED_TURNS)
      msa_world_fail ("the multi is busy without end while time stands still");
}

static void
pass (MsaWorld *self,
      guint number)
{
  gint64 us = number % 3 == 0 ? number % 900000 : number % 30000;
  gint64 from_us = msa_sim_get_now_us (self->sim);

  msa_world_drive (self, from_us + us);
  if (self->depth == 0)
    return;
  self->nested_us += msa_sim_get_now_us (self->sim) - from_us;
  /* The dispatch below has used up its time: what it had still to do comes after what the
   * application does next, or before it, if that was driven in here. */
  self->result->n_clocks++;
}

static void
change_limits (MsaWorld *self,
               guint number)
{
  guint n = number / 3 % 6;

  switch (number % 3)
    {
    case 0:
      if (n == 0 || self->highest_connections == 0)
        self->highest_connections = 0;
      else
        self->highest_connections = MAX (self->highest_connections, n);
      msa_multi_set_max_connections (self->multi, n);
      break;
    case 1:
      if (n == 0 || self->highest_per_host == 0)
        self->highest_per_host = 0;
      else
        self->highest_per_host = MAX (self->highest_per_host, n);
      msa_multi_set_max_connections_per_host (self->multi, n);
      break;
    default:
      msa_multi_set_max_idle_connections (self->multi, n);
      break;
    }
}

/* Holds from the next run on. */
static void
change_options (MsaWorldEasy *self,
                guint number)
{
  if (self == NULL || self->easy == NULL)
    return;

  switch (number % 5)
    {
    case 0:
      self->next.timeout_ms = 1 + number % 3000;
      msa_easy_set_timeout_ms (self->easy, self->next.timeout_ms);
      break;
    case 1:
      self->next.max_body = 1 + number % 3000;
      msa_easy_set_max_body_bytes (self->easy, self->next.max_body);
      break;
    case 2:
      msa_easy_set_uri (self->easy, "http://elsewhere.world.test/");
      break;
    case 3:
      msa_easy_set_user_agent (self->easy, "world");
      break;
    default:
      self->next.forbids_reuse = !self->next.forbids_reuse;
      msa_easy_set_forbid_reuse (self->easy, self->next.forbids_reuse);
      break;
    }
}

static void
ask (MsaWorld *self,
     MsaWorldEasy *easy)
{
  g_autofree GPollFD *fds = NULL;
  g_autoptr (GPtrArray) easies = msa_multi_dup_easies (self->multi);
  guint n_fds, n_runs = 0;

  msa_world_read_messages (self);
  fds = msa_multi_get_poll_fds (self->multi, &n_fds);
  for (guint i = 0; i < self->n_steps; i++)
    n_runs += self->easies[i] != NULL && self->easies[i]->runs;
  if (self->depth == 0 && msa_multi_get_n_running (self->multi) != n_runs)
    msa_world_fail ("%u transfers run, and the multi says %u", n_runs,
                    msa_multi_get_n_running (self->multi));
  if (self->depth == 0 && easies->len != n_runs)
    msa_world_fail ("%u transfers run, and the multi lists %u", n_runs, easies->len);
  if (msa_multi_get_n_pending (self->multi) > msa_multi_get_n_running (self->multi))
    msa_world_fail ("more transfers wait than run");
  if (easy != NULL && easy->alive != NULL)
    msa_easy_get_bytes_received (easy->alive);
}

static void
answer_one (MsaWorld *self,
            guint number)
{
  MsaCertificateRequest *question;

  if (self->questions->len == 0)
    return;

  question = g_ptr_array_index (self->questions, number % self->questions->len);
  answer_question (g_object_get_data (G_OBJECT (question), "easy"), question, number % 2 == 0);
  g_ptr_array_remove (self->questions, question);
}

static void
switch_driver (MsaWorld *self)
{
  /* What it is told last is told while it goes. */
  msa_test_driver_set_hook (self->driver, NULL, NULL);
  msa_test_driver_free (self->driver);
  self->driver = NULL;
  msa_world_watch (self);
}

/* To one easy. */
static void
do_to_easy (MsaWorldEasy *self,
            const MsaWorldStep *step)
{
  if (self == NULL)
    return;

  /* Of two connections that are ready at once, one driver has both served in one dispatch, another
   * each in its own, and a handler of the one comes between. */
  if (self->world->depth > 0)
    self->world->result->n_clocks += self->runs;
  switch ((int) step->kind)
    {
    case MSA_WORLD_ADD_AGAIN:
      msa_world_read_messages (self->world);
      if (self->easy != NULL && !self->runs)
        begin (self);
      break;
    case MSA_WORLD_REMOVE:
      take_out (self);
      break;
    case MSA_WORLD_PAUSE:
      if (self->alive != NULL)
        msa_easy_pause (self->alive, (MsaDirections) (1 + step->number % 3));
      self->was_paused = TRUE;
      break;
    case MSA_WORLD_RESUME:
      if (self->alive != NULL)
        msa_easy_resume (self->alive, (MsaDirections) (1 + step->number % 3));
      break;
    case MSA_WORLD_CANCEL:
      if (self->cancellable == NULL)
        break;
      self->is_cancelled = TRUE;
      /* The multi hears of it by mail, which it takes between its rounds; whether what has come
       * already is read before hangs on what the driver looks at first. */
      self->world->result->n_clocks += self->runs;
      g_cancellable_cancel (self->cancellable);
      break;
    case MSA_WORLD_DROP:
    default:
      g_clear_object (&self->easy);
      break;
    }
}

void
msa_world_do_step (MsaWorld *self,
                   guint i)
{
  const MsaWorldStep *step = &self->steps[i];
  MsaWorldEasy *victim = self->easies[step->victim];

  msa_world_tell (self, MSA_WORLD_TOLD_STEP, NULL, i);
  if (self->options->fails_at > 0 && self->options->fails_at == i)
    msa_world_fail ("step %u was to fail", i);
  switch (step->kind)
    {
    case MSA_WORLD_ADD:
      add (self, i);
      break;
    case MSA_WORLD_TURN:
      turn_about (self);
      break;
    case MSA_WORLD_PASS:
      pass (self, step->number);
      break;
    case MSA_WORLD_LIMITS:
      change_limits (self, step->number);
      break;
    case MSA_WORLD_OPTIONS:
      change_options (victim, step->number);
      break;
    case MSA_WORLD_ASK:
      ask (self, victim);
      break;
    case MSA_WORLD_WAKE:
      msa_multi_wakeup (self->multi);
      break;
    case MSA_WORLD_SWITCH:
      switch_driver (self);
      break;
    case MSA_WORLD_ADDRESSES:
      self->generation += step->number % 3 != 0;
      msa_multi_set_address_func (self->multi, step->number % 3 != 0 ? address_cb : NULL, self,
                                  NULL);
      break;
    case MSA_WORLD_ANSWER:
      answer_one (self, step->number);
      break;
    case MSA_WORLD_HOLD:
      self->easies[step->target]->answer = MSA_WRITE_PAUSE;
      self->easies[step->target]->was_paused = TRUE;
      break;
    case MSA_WORLD_ABORT:
      self->easies[step->target]->answer = MSA_WRITE_ABORT;
      break;
    case MSA_WORLD_ADD_AGAIN:
    case MSA_WORLD_REMOVE:
    case MSA_WORLD_PAUSE:
    case MSA_WORLD_RESUME:
    case MSA_WORLD_CANCEL:
    case MSA_WORLD_DROP:
    case MSA_WORLD_N_STEPS:
    default:
      do_to_easy (victim, step);
      break;
    }
}

/* --- the end --- */

void
msa_world_calm_down (MsaWorld *self)
{
  self->is_calm = TRUE;
  g_ptr_array_set_size (self->questions, 0);
  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL && self->easies[i]->alive != NULL)
      msa_easy_resume (self->easies[i]->alive, MSA_DIRECTION_BOTH);
}

gboolean
msa_world_is_waiting (MsaWorld *self)
{
  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL &&
        self->easies[i]->n_async_done != self->easies[i]->n_async_begun)
      return TRUE;
  return FALSE;
}

void
msa_world_end_easies (MsaWorld *self)
{
  for (guint i = 0; i < self->n_steps; i++)
    {
      MsaWorldEasy *easy = self->easies[i];

      if (easy == NULL)
        continue;
      g_clear_object (&easy->easy);
      if (easy->alive != NULL)
        msa_world_fail ("the easy of transfer %u is held by somebody after the end", easy->id);
      msa_world_tell_async_ends (easy);
      g_array_unref (easy->async_ends);
      g_clear_object (&easy->cancellable);
      g_clear_object (&easy->stream);
      g_free (easy);
    }
}

/* Of all easies, so that the multi has but one handler. */
void
msa_world_listen_to_multi (MsaWorld *self)
{
  if (!self->net.reads_messages)
    g_signal_connect (self->multi, "completed", G_CALLBACK (multi_completed_cb), self);
}

/* Those that would not end by themselves are taken out. */
gboolean
msa_world_take_hanging (MsaWorld *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->n_steps; i++)
    {
      MsaWorldEasy *easy = self->easies[i];

      if (easy == NULL || !easy->runs)
        continue;
      if (easy->reply.kind != MSA_WORLD_HANGS &&
          self->hosts[easy->plan.host].kind != MSA_WORLD_SCRIPT)
        continue;
      take_out (easy);
      any = TRUE;
    }
  return any;
}

/* test-contract-resume.c: a paused transfer may be resumed from any handler
 *
 * Its own that are called while it is paused, those of another transfer, and the very handler
 * that has paused it. What it answers by itself is in test-contract-write.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#include <string.h>

#define POST_BYTES 200000
#define REPLY_BYTES 30000

typedef struct
{
  MsaTestWorld *world; /* (unowned) */
  MsaEasy *easy; /* (unowned): what is paused */
  GString *body; /* (owned): what it has taken */
  guint n_refused; /* so many writes yet are answered by PAUSE */
  guint n_writes;
  guint n_handled;
  gboolean pauses; /* the handler does that first */
} Subject;

static void
subject_init (Subject *self,
              MsaTestWorld *world)
{
  *self = (Subject) { .world = world, .body = g_string_new (NULL) };
}

static void
subject_clear (Subject *self)
{
  msa_easy_set_write_func (self->easy, NULL, NULL, NULL);
  g_string_free (self->body, TRUE);
}

/* In a handler. */
static void
resume (Subject *self)
{
  self->n_handled++;
  if (self->pauses)
    msa_easy_pause (self->easy, MSA_DIRECTION_BOTH);
  msa_easy_resume (self->easy, MSA_DIRECTION_BOTH);
}

static MsaWriteResult
take_cb (MsaEasy *easy,
         const guint8 *data,
         gsize len,
         gpointer user_data)
{
  Subject *self = user_data;

  self->n_writes++;
  if (self->n_refused > 0)
    {
      self->n_refused--;
      return MSA_WRITE_PAUSE;
    }

  g_string_append_len (self->body, (const char *) data, (gssize) len);
  return MSA_WRITE_CONTINUE;
}

/* The handlers */

static void
plain_cb (MsaEasy *easy,
          Subject *subject)
{
  resume (subject);
}

static void
pointer_cb (MsaEasy *easy,
            gpointer value,
            Subject *subject)
{
  resume (subject);
}

static void
informational_cb (MsaEasy *easy,
                  guint status,
                  MsaHeaders *headers,
                  Subject *subject)
{
  resume (subject);
}

static void
trace_cb (MsaEasy *easy,
          const char *topic,
          const char *message,
          Subject *subject)
{
  resume (subject);
}

static void
multi_cb (MsaMulti *multi,
          MsaEasy *easy,
          gpointer error,
          Subject *subject)
{
  resume (subject);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer subject)
{
  resume (subject);
  return MSA_WRITE_CONTINUE;
}

static MsaWriteResult
take_and_resume_cb (MsaEasy *easy,
                    const guint8 *data,
                    gsize len,
                    gpointer subject)
{
  MsaWriteResult result = take_cb (easy, data, len, subject);

  resume (subject);
  return result;
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer subject)
{
  resume (subject);
  return TRUE;
}

static void
connect_handler (MsaEasy *easy,
                 const char *name,
                 GCallback handler,
                 Subject *subject)
{
  if (handler != NULL)
    g_signal_connect (easy, name, handler, subject);
  else
    msa_easy_set_write_func (easy, write_cb, subject, NULL);
}

/* A paused upload */

static void
add_paused (Subject *self)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (POST_BYTES), POST_BYTES);

  msa_easy_set_method (self->easy, "POST");
  msa_easy_set_body (self->easy, "text/plain", body);
  msa_easy_set_write_func (self->easy, take_cb, self, NULL);
  msa_test_world_add_again (self->world, self->easy);
  msa_easy_pause (self->easy, MSA_DIRECTION_BOTH);
}

static gboolean
has_ended (gpointer data)
{
  return msa_test_world_get_record (data)->n_easy > 0;
}

static void
run_to_end (Subject *self)
{
  g_assert_true (msa_test_world_run_until (self->world, has_ended, self->easy));
  g_assert_no_error (msa_easy_get_error (self->easy));
  g_assert_cmpuint (self->n_handled, >, 0);
}

static void
assert_all_moved (Subject *self)
{
  msa_test_assert_fill (self->body->str, self->body->len, REPLY_BYTES);
  g_assert_cmpuint (msa_easy_get_bytes_sent (self->easy), ==, POST_BYTES);
}

static const struct
{
  const char *name, *signal;
  GCallback handler; /* NULL: a function of the multi */
} owns[] = {
  { "progress", "progress", G_CALLBACK (plain_cb) },
  { "trace", "trace", G_CALLBACK (trace_cb) },
  { "address", NULL, NULL },
};

/* Its own, that are called all the same. */
static void
test_own (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  Subject subject;

  subject_init (&subject, world);
  subject.easy = msa_test_world_make (world, "/size/30000");
  if (owns[i].handler != NULL)
    g_signal_connect (subject.easy, owns[i].signal, owns[i].handler, &subject);
  else
    msa_multi_set_address_func (world->multi, address_cb, &subject, NULL);
  add_paused (&subject);
  run_to_end (&subject);
  assert_all_moved (&subject);
  subject_clear (&subject);
}

static const struct
{
  const char *name, *uri, *signal;
  GCallback handler; /* NULL: the write function */
} others[] = {
  { "informational", "http://other.org/interim", "informational", G_CALLBACK (informational_cb) },
  { "headers", "http://other.org/head-only", "headers", G_CALLBACK (plain_cb) },
  { "write", "http://other.org/part/100", NULL, NULL },
  { "data", "http://other.org/part/100", "data", G_CALLBACK (pointer_cb) },
  { "progress", "http://other.org/hang", "progress", G_CALLBACK (plain_cb) },
  { "completed", "http://other.org/size/100", "completed", G_CALLBACK (pointer_cb) },
};

static gboolean
was_handled (gpointer data)
{
  return ((Subject *) data)->n_handled > 0;
}

/* Those of another: nothing moved before, all does then. */
static void
test_other (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  MsaEasy *other = msa_test_world_make (world, others[i].uri);
  Subject subject;

  subject_init (&subject, world);
  subject.easy = msa_test_world_make (world, "/size/30000");
  add_paused (&subject);
  msa_test_world_settle (world, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (msa_easy_get_bytes_sent (subject.easy), ==, 0);

  connect_handler (other, others[i].signal, others[i].handler, &subject);
  msa_test_world_add_again (world, other);
  g_assert_true (msa_test_world_run_until (world, was_handled, &subject));
  run_to_end (&subject);
  assert_all_moved (&subject);
  subject_clear (&subject);
  msa_easy_set_write_func (other, NULL, NULL, NULL);
}

static void
test_other_multi (MsaTestWorld *world)
{
  Subject subject;

  subject_init (&subject, world);
  subject.easy = msa_test_world_make (world, "/size/30000");
  add_paused (&subject);
  msa_test_world_settle (world, 5 * G_USEC_PER_SEC);
  g_signal_connect (world->multi, "completed", G_CALLBACK (multi_cb), &subject);
  msa_test_world_add (world, "http://other.org/size/100");
  run_to_end (&subject);
  assert_all_moved (&subject);
  subject_clear (&subject);
}

/* Paused where it is resumed */

static const struct
{
  const char *name, *target, *signal;
  GCallback handler; /* NULL: the write function */
} places[] = {
  { "informational", "/interim", "informational", G_CALLBACK (informational_cb) },
  { "headers", "/size/30000", "headers", G_CALLBACK (plain_cb) },
  { "data", "/chunked/30000", "data", G_CALLBACK (pointer_cb) },
  { "write", "/chunked/30000", NULL, NULL },
};

/* As if nothing had been said. */
static void
test_in_place (MsaTestWorld *world)
{
  guint i = GPOINTER_TO_UINT (world->row);
  Subject subject;

  subject_init (&subject, world);
  subject.pauses = TRUE;
  subject.easy = msa_test_world_make (world, places[i].target);
  msa_easy_set_write_func (subject.easy, places[i].handler != NULL ? take_cb : take_and_resume_cb,
                           &subject, NULL);
  if (places[i].handler != NULL)
    g_signal_connect (subject.easy, places[i].signal, places[i].handler, &subject);
  msa_test_world_add_again (world, subject.easy);
  run_to_end (&subject);
  if (g_str_has_suffix (places[i].target, "/30000"))
    msa_test_assert_fill (subject.body->str, subject.body->len, REPLY_BYTES);
  else
    g_assert_cmpstr (subject.body->str, ==, places[i].target);
  subject_clear (&subject);
}

/* What it refused comes again (B215), resumed from its own handler. */
static void
test_refused_in_progress (MsaTestWorld *world)
{
  Subject subject;

  subject_init (&subject, world);
  subject.n_refused = 1;
  subject.easy = msa_test_world_make (world, "/chunked/30000");
  msa_easy_set_write_func (subject.easy, take_cb, &subject, NULL);
  g_signal_connect (subject.easy, "progress", G_CALLBACK (plain_cb), &subject);
  msa_test_world_add_again (world, subject.easy);
  run_to_end (&subject);
  g_assert_cmpuint (subject.n_refused, ==, 0);
  msa_test_assert_fill (subject.body->str, subject.body->len, REPLY_BYTES);
  subject_clear (&subject);
}

/* The answer comes last: it counts, whatever was said before. */
static void
test_answer_counts (MsaTestWorld *world)
{
  Subject subject;

  subject_init (&subject, world);
  subject.n_refused = 1;
  subject.easy = msa_test_world_make (world, "/chunked/30000");
  msa_easy_set_write_func (subject.easy, take_and_resume_cb, &subject, NULL);
  msa_test_world_add_again (world, subject.easy);
  msa_test_world_settle (world, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (subject.n_writes, ==, 1);
  msa_easy_resume (subject.easy, MSA_DIRECTION_RECEIVE);
  run_to_end (&subject);
  msa_test_assert_fill (subject.body->str, subject.body->len, REPLY_BYTES);
  subject_clear (&subject);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/contract/resume/own", owns, test_own);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/contract/resume/other", others, test_other);
  msa_test_world_add_test ("/msa/contract/resume/other/multi-completed", test_other_multi);
  MSA_TEST_WORLD_ADD_NUMBERED ("/msa/contract/resume/in-place", places, test_in_place);
  msa_test_world_add_test ("/msa/contract/resume/refused-in-progress", test_refused_in_progress);
  msa_test_world_add_test ("/msa/contract/resume/answer-counts", test_answer_counts);

  return g_test_run ();
}

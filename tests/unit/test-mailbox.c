/* test-mailbox.c: handing over between threads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-mailbox-private.h"

#define N_THREADS 4
#define N_EACH 5000

typedef struct
{
  MsaMail mail; /* first */
  guint   thread;
  guint   number;
} Letter;

static void
count_cb (gpointer data)
{
  g_atomic_int_inc ((int *) data);
}

static void
test_order (void)
{
  Letter letters[3] = { 0 };
  int n_wakes = 0;
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (count_cb, &n_wakes, NULL);
  MsaMail *mail;

  g_assert_true (msa_mailbox_is_empty (mailbox));
  g_assert_null (msa_mailbox_take_all (mailbox));
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    g_assert_true (msa_mailbox_put (mailbox, &letters[i].mail));
  g_assert_false (msa_mailbox_is_empty (mailbox));
  g_assert_cmpint (n_wakes, ==, 3);

  mail = msa_mailbox_take_all (mailbox);
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    {
      g_assert_true (mail == &letters[i].mail);
      mail = mail->next;
    }
  g_assert_null (mail);
  g_assert_true (msa_mailbox_is_empty (mailbox));
  g_assert_null (msa_mailbox_close (mailbox));
}

static void
test_used_again (void)
{
  Letter letters[2] = { 0 };
  int n_wakes = 0;
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (count_cb, &n_wakes, NULL);

  g_assert_true (msa_mailbox_put (mailbox, &letters[0].mail));
  g_assert_true (msa_mailbox_take_all (mailbox) == &letters[0].mail);
  g_assert_true (msa_mailbox_put (mailbox, &letters[1].mail));
  g_assert_true (msa_mailbox_put (mailbox, &letters[0].mail));
  g_assert_true (msa_mailbox_take_all (mailbox) == &letters[1].mail);
  g_assert_true (letters[1].mail.next == &letters[0].mail);
  g_assert_null (msa_mailbox_close (mailbox));
}

static void
test_close (void)
{
  Letter letters[2] = { 0 };
  int n_wakes = 0;
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (count_cb, &n_wakes, NULL);

  g_assert_true (msa_mailbox_put (mailbox, &letters[0].mail));
  g_assert_true (msa_mailbox_close (mailbox) == &letters[0].mail);
  g_assert_true (msa_mailbox_is_empty (mailbox));

  g_assert_false (msa_mailbox_put (mailbox, &letters[1].mail));
  g_assert_cmpint (n_wakes, ==, 1);
  g_assert_null (msa_mailbox_take_all (mailbox));
}

static void
test_destroy (void)
{
  int n_destroyed = 0;
  MsaMailbox *mailbox = msa_mailbox_new (count_cb, &n_destroyed, count_cb);
  MsaMailbox *other = msa_mailbox_ref (mailbox);

  g_assert_null (msa_mailbox_close (mailbox));
  msa_mailbox_unref (mailbox);
  g_assert_cmpint (n_destroyed, ==, 0);
  msa_mailbox_unref (other);
  g_assert_cmpint (n_destroyed, ==, 1);
}

typedef struct
{
  MsaMailbox *mailbox; /* (owned) */
  guint       thread;
  guint       n_refused;
} Writer;

static gpointer
write_letters (gpointer data)
{
  Writer *writer = data;

  for (guint i = 0; i < N_EACH; i++)
    {
      Letter *letter = g_new0 (Letter, 1);

      letter->thread = writer->thread;
      letter->number = i;
      if (!msa_mailbox_put (writer->mailbox, &letter->mail))
        {
          writer->n_refused++;
          g_free (letter);
        }
    }
  msa_mailbox_unref (writer->mailbox);
  return NULL;
}

static void
start_writers (MsaMailbox *mailbox,
               Writer *writers,
               GThread **threads)
{
  for (guint i = 0; i < N_THREADS; i++)
    {
      writers[i] = (Writer) { msa_mailbox_ref (mailbox), i, 0 };
      threads[i] = g_thread_new ("writer", write_letters, &writers[i]);
    }
}

static guint
read_letters (MsaMail *mail,
              guint *next)
{
  guint n = 0;

  while (mail != NULL)
    {
      Letter *letter = (Letter *) mail;

      mail = mail->next;
      g_assert_cmpuint (letter->number, ==, next[letter->thread]);
      next[letter->thread]++;
      g_free (letter);
      n++;
    }
  return n;
}

/* Nothing is lost, and what one thread puts keeps its order. */
static void
test_threads (void)
{
  int n_wakes = 0;
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (count_cb, &n_wakes, NULL);
  Writer writers[N_THREADS];
  GThread *threads[N_THREADS];
  guint next[N_THREADS] = { 0 };
  guint n = 0;

  start_writers (mailbox, writers, threads);
  while (n < N_THREADS * N_EACH)
    {
      if (msa_mailbox_is_empty (mailbox))
        g_thread_yield ();
      else
        n += read_letters (msa_mailbox_take_all (mailbox), next);
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (n_wakes, ==, N_THREADS * N_EACH);
  g_assert_null (msa_mailbox_close (mailbox));
}

/* Not atomic, so that ThreadSanitizer sees a wake that comes after close(). */
static void
touch_cb (gpointer data)
{
  ++*(guint *) data;
}

static void
test_close_is_barrier (void)
{
  guint *n_wakes = g_new0 (guint, 1);
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (touch_cb, n_wakes, NULL);
  Writer writers[N_THREADS];
  GThread *threads[N_THREADS];
  guint next[N_THREADS] = { 0 };
  guint n = 0, n_refused = 0, n_woken;

  start_writers (mailbox, writers, threads);
  while (n < N_EACH / 2)
    {
      n += read_letters (msa_mailbox_take_all (mailbox), next);
      g_thread_yield ();
    }
  n += read_letters (msa_mailbox_close (mailbox), next);
  n_woken = *n_wakes;
  g_free (n_wakes);

  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      n_refused += writers[i].n_refused;
    }
  g_assert_cmpuint (n_woken, ==, n);
  g_assert_cmpuint (n + n_refused, ==, N_THREADS * N_EACH);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/msa/mailbox/order", test_order);
  g_test_add_func ("/msa/mailbox/used-again", test_used_again);
  g_test_add_func ("/msa/mailbox/close", test_close);
  g_test_add_func ("/msa/mailbox/destroy", test_destroy);
  g_test_add_func ("/msa/mailbox/threads", test_threads);
  g_test_add_func ("/msa/mailbox/close-is-barrier", test_close_is_barrier);
  return g_test_run ();
}

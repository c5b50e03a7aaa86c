/* threads.c: some threads, each with a context and a multi of its own
 *
 *   threads CA-FILE URL…
 *
 * Each thread fetches all URLs, over TLS sessions that all of them share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <msa.h>

#define N_THREADS 4

/* What the threads share. */
typedef struct
{
  MsaTlsConfig       *config;
  MsaTlsSessionStore *store;
  GCancellable       *cancellable;
  char              **uris;
  int                 n_done; /* (atomic) */
} Shared;

typedef struct
{
  Shared *shared;
  guint   n_left;
} Worker;

static void
done_cb (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  Worker *worker = user_data;
  g_autoptr (GError) error = NULL;

  if (msa_multi_run_finish (MSA_MULTI (source), result, &error))
    g_atomic_int_inc (&worker->shared->n_done);
  else
    g_printerr ("%s\n", error->message);
  worker->n_left--;
}

/* [thread] */
static gpointer
work (gpointer data)
{
  Shared *shared = data;
  Worker worker = { .shared = shared };
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  /* Asynchronous calls come back to the thread-default context. */
  g_main_context_push_thread_default (context);
  msa_multi_attach (multi, context);
  msa_multi_set_tls_config (multi, shared->config);
  msa_multi_set_tls_session_store (multi, shared->store);

  for (char **uri = shared->uris; *uri != NULL; uri++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (*uri);

      worker.n_left++;
      msa_multi_run_async (multi, easy, G_PRIORITY_DEFAULT, shared->cancellable, done_cb, &worker);
    }
  while (worker.n_left > 0)
    g_main_context_iteration (context, TRUE);

  g_main_context_pop_thread_default (context);
  return NULL;
}
/* [/thread] */

/* [wakeup] */
static gpointer
wait_for_work (gpointer data)
{
  MsaMulti *multi = data;

  /* Nothing to do, for as long as it takes. */
  msa_multi_poll (multi, -1, NULL, NULL);
  return NULL;
}

static void
end_wait (MsaMulti *multi,
          GThread *waiting)
{
  msa_multi_wakeup (multi); /* the one function of a multi for all threads */
  g_thread_join (waiting);
}
/* [/wakeup] */

int
main (int argc,
      char **argv)
{
  GThread *threads[N_THREADS];
  Shared shared = { 0 };
  g_autoptr (MsaMulti) idle = msa_multi_new ();

  if (argc < 3)
    {
      g_printerr ("Usage: threads CA-FILE URL…\n");
      return 2;
    }

  /* [shared] */
  shared.config = msa_tls_config_new_for_ca_file (argv[1]);
  shared.store = msa_tls_session_store_new ();
  shared.cancellable = g_cancellable_new ();
  shared.uris = argv + 2;
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", work, &shared);
  /* [/shared] */
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  end_wait (idle, g_thread_new ("waiting", wait_for_work, idle));

  g_print ("%d transfers in %d threads, %s sessions left to resume\n", shared.n_done, N_THREADS,
           msa_tls_session_store_get_n_sessions (shared.store) > 0 ? "with" : "no");
  g_clear_object (&shared.config);
  g_clear_object (&shared.store);
  g_clear_object (&shared.cancellable);
  return shared.n_done == N_THREADS * (argc - 2) ? 0 : 1;
}

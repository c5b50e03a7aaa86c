/* test-contract-work.c: how much a call does, and what it never does
 *
 * No call blocks; a dispatch ends when its budget is spent; nothing outside of the multi is
 * touched. The system is watched through its table of functions. What a dispatch costs is in
 * test-contract-cost.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "base/msa-lock-private.h"
#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-world.h"

#include <errno.h>
#include <signal.h>

/* The watched system */

static struct
{
  const MsaSysOps *ops;
  guint            n_waits;      /* calls that may wait */
  guint            n_misplaced;  /* blocking calls outside of a job */
  gboolean         in_job;
  guint64          stale_token;
  gboolean         give_stale;   /* once */
  gint64           cost_us;      /* of each recv */
  int              endless_fd;   /* recv always has more from it */
  guint            n_endless;
} watch;

static MsaSysOps watched_ops;

static int
watched_poll (MsaSys *sys,
              GPollFD *fds,
              guint n_fds,
              int timeout_ms)
{
  watch.n_waits += timeout_ms != 0;

  return watch.ops->poll (sys, fds, n_fds, timeout_ms);
}

static int
watched_poller_wait (MsaSys *sys,
                     int poller,
                     MsaSysEvent *events,
                     guint max,
                     int timeout_ms)
{
  int n;

  watch.n_waits += timeout_ms != 0;
  n = watch.ops->poller_wait (sys, poller, events, max, timeout_ms);
  if (n > 0 && watch.stale_token == 0)
    for (int i = 0; i < n; i++)
      watch.stale_token = events[i].token;
  if (watch.give_stale && n >= 0 && (guint) n < max)
    {
      watch.give_stale = FALSE;
      events[n].token = watch.stale_token;
      events[n].events = MSA_SOCKET_IN | MSA_SOCKET_ERR | MSA_SOCKET_HUP;
      n++;
    }

  return n;
}

static gboolean
watched_run_job (MsaSys *sys,
                 MsaJob *job,
                 GError **error)
{
  gboolean run;

  watch.in_job = TRUE;
  run = watch.ops->run_job (sys, job, error);
  watch.in_job = FALSE;

  return run;
}

static int
watched_look_up (MsaSys *sys,
                 MsaJob *job,
                 const char *name,
                 int family,
                 GArray *addresses)
{
  watch.n_misplaced += !watch.in_job;

  return watch.ops->look_up (sys, job, name, family, addresses);
}

static GBytes *
watched_read_file (MsaSys *sys,
                   const char *path,
                   gsize max,
                   GError **error)
{
  watch.n_misplaced += !watch.in_job;

  return watch.ops->read_file (sys, path, max, error);
}

static gssize
watched_recv (MsaSys *sys,
              int fd,
              void *buffer,
              gsize size)
{
  gssize n = watch.ops->socket_recv (sys, fd, buffer, size);

  msa_sim_advance_by ((MsaSim *) sys, watch.cost_us);
  if (n >= 0 || fd != watch.endless_fd)
    return n;

  watch.n_endless++;
  memset (buffer, 'x', size);

  return (gssize) size;
}

static void
watch_sim (MsaTestWorld *world)
{
  MsaSys *sys = msa_sim_get_sys (world->sim);

  memset (&watch, 0, sizeof watch);
  watch.endless_fd = -1;
  watch.ops = sys->ops;
  watched_ops = *sys->ops;
  watched_ops.poll = watched_poll;
  watched_ops.poller_wait = watched_poller_wait;
  watched_ops.run_job = watched_run_job;
  watched_ops.look_up = watched_look_up;
  watched_ops.read_file = watched_read_file;
  watched_ops.socket_recv = watched_recv;
  sys->ops = &watched_ops;
}

/* Nothing blocks */

static void
act_on_all (MsaTestWorld *world)
{
  guint n_fds = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (world->multi, &n_fds);

  for (guint i = 0; i < n_fds; i++)
    msa_multi_socket_action (world->multi, fds[i].fd, MSA_SOCKET_NONE, NULL, NULL);
  msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
}

/* These drivers wait by themselves when they are run as usual. */
static gboolean
drive_by_hand (MsaTestWorld *world)
{
  if (world->kind == MSA_TEST_CALLBACKS)
    act_on_all (world);
  else if (world->kind == MSA_TEST_PERFORM)
    msa_multi_perform (world->multi, NULL, NULL);
  else
    return FALSE;
  msa_sim_advance_by (world->sim, 500);

  return TRUE;
}

static void
test_never_waits (MsaTestWorld *world)
{
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/no/such/file");

  watch_sim (world);
  msa_multi_set_tls_config (world->multi, config);
  for (guint i = 0; i < 20; i++)
    msa_test_world_add (world, i % 2 == 0 ? "/size/100000" : "http://other.org/chunked/5000");
  msa_test_world_add (world, "http://nowhere.org/");
  msa_test_world_add (world, "https://example.org/");
  while (world->n_completed < 22 && drive_by_hand (world))
    ;
  g_assert_true (msa_test_world_run (world, 22));
  g_assert_cmpuint (world->n_ok, ==, 20);

  msa_test_world_end_multi (world);
  g_assert_cmpuint (watch.n_waits, ==, 0);
  g_assert_cmpuint (watch.n_misplaced, ==, 0);
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), >=, 3);
  g_assert_cmpuint (msa_sim_count (world->sim, "read_file"), >=, 1);
}

static void
test_dispose_resolving (MsaTestWorld *world)
{
  gint64 now_us;

  watch_sim (world);
  msa_sim_set_host (world->sim, "slow.org", 100 * G_USEC_PER_SEC, "10.0.0.1", NULL);
  msa_test_world_add (world, "http://slow.org/");
  for (guint i = 0; i < 10; i++)
    if (!drive_by_hand (world))
      msa_test_world_settle (world, 1000);

  now_us = msa_sim_get_now_us (world->sim);
  msa_multi_remove (world->multi, ((MsaTestRecord *) world->records->pdata[0])->easy);
  msa_test_world_end_multi (world);
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, now_us);
  g_assert_cmpuint (watch.n_waits, ==, 0);
}

/* What jobs have brought lies in the mail, which nobody has read. */
static void
test_dispose_unread (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "https://example.org/");
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/ca.pem");

  msa_sim_set_file (world->sim, "/ca.pem", "no certificate", -1);
  msa_sim_set_job_delay (world->sim, 50 * 1000);
  msa_easy_set_tls_config (easy, config);
  msa_test_world_add_again (world, easy);
  msa_test_world_settle (world, 10 * 1000);
  msa_multi_remove (world->multi, easy);
  msa_sim_advance_by (world->sim, 100 * 1000);
  msa_test_world_end_multi (world);
  g_assert_cmpuint (world->n_completed, ==, 0);
}

/* A real look-up that does not return: two threads, one for each family */

#define N_LOOK_UPS 2

static struct
{
  MsaLock          lock;
  GCond            cond;
  guint            n_entered;
  gboolean         released;
  guint            n_left;
  const MsaSysOps *ops;
} blocked;

static int
blocked_look_up (MsaSys *sys,
                 MsaJob *job,
                 const char *name,
                 int family,
                 GArray *addresses)
{
  msa_lock_take (&blocked.lock);
  blocked.n_entered++;
  g_cond_broadcast (&blocked.cond);
  while (!blocked.released)
    msa_lock_wait_until (&blocked.lock, &blocked.cond, G_MAXINT64);
  blocked.n_left++;
  g_cond_broadcast (&blocked.cond);
  msa_lock_give (&blocked.lock);

  return -1;
}

static gboolean
have_entered (void)
{
  gboolean entered;

  msa_lock_take (&blocked.lock);
  entered = blocked.n_entered == N_LOOK_UPS;
  msa_lock_give (&blocked.lock);

  return entered;
}

/* Did dispose wait for a thread, it would wait for ever. */
static void
test_dispose_joins_nothing (MsaTestWorld *world)
{
  static MsaSysOps ops;
  MsaSys *sys = msa_multi_get_engine (world->multi)->reactor.sys;

  blocked.n_entered = blocked.n_left = 0;
  blocked.released = FALSE;
  ops = *sys->ops;
  ops.look_up = blocked_look_up;
  sys->ops = &ops;

  msa_test_world_add (world, "http://blocked.example/");
  while (!have_entered ())
    {
      msa_test_world_settle (world, 0);
      g_thread_yield ();
    }
  msa_multi_remove (world->multi, ((MsaTestRecord *) world->records->pdata[0])->easy);
  msa_test_world_end_multi (world);

  msa_lock_take (&blocked.lock);
  g_assert_cmpuint (blocked.n_left, ==, 0);
  blocked.released = TRUE;
  g_cond_broadcast (&blocked.cond);
  while (blocked.n_left < N_LOOK_UPS)
    msa_lock_wait_until (&blocked.lock, &blocked.cond, G_MAXINT64);
  msa_lock_give (&blocked.lock);
}

/* A descriptor's number is used again at once */

/* The application acts upon an event of a round in which the number was another connection's. */
static void
test_stale_event (MsaTestWorld *world)
{
  MsaEasy *old = msa_test_world_add_waiting (world, "/hang");
  int fd = msa_test_world_get_fd (world);
  MsaEasy *fresh;

  msa_multi_remove (world->multi, old);
  fresh = msa_test_world_add (world, "http://other.org/hello");
  for (guint i = 0; msa_easy_get_state (fresh) != MSA_EASY_DONE; i++)
    {
      msa_multi_socket_action (world->multi, fd, MSA_SOCKET_IN | MSA_SOCKET_HUP | MSA_SOCKET_ERR,
                               NULL, NULL);
      if (msa_easy_get_state (fresh) == MSA_EASY_WAITING)
        g_assert_cmpint (msa_test_world_get_fd (world), ==, fd);
      msa_sim_advance_by (world->sim, 300);
      g_assert_cmpuint (i, <, 100);
    }
  g_assert_no_error (msa_easy_get_error (fresh));
  g_assert_cmpuint (msa_sim_get_violations (world->sim)->len, ==, 0);
}

/* The own poller gives an event of a registration that is over: nobody is asked to look. */
static void
test_stale_token (MsaTestWorld *world)
{
  MsaEasy *old, *fresh;
  guint n_receives;
  int fd;

  old = msa_test_world_add_waiting (world, "/hang");
  fd = msa_test_world_get_fd (world);
  watch_sim (world);
  /* Something must have come, for its token. */
  msa_sim_peer_send (msa_sim_get_peer (world->sim, 0), "HTTP/1.1 103 x\r\n\r\n", -1);
  msa_test_world_settle (world, 5000);
  g_assert_cmpint ((int) (watch.stale_token & G_MAXUINT32), ==, fd);

  msa_multi_remove (world->multi, old);
  fresh = msa_test_world_add_waiting (world, "http://other.org/hang");
  g_assert_cmpint (msa_test_world_get_fd (world), ==, fd);
  n_receives = msa_sim_count (world->sim, "socket_recv");
  watch.give_stale = TRUE;
  msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
  g_assert_false (watch.give_stale);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_recv"), ==, n_receives);
  g_assert_cmpint (msa_easy_get_state (fresh), ==, MSA_EASY_WAITING);
}

/* The budget */

static guint
count_begun (MsaTestWorld *world)
{
  return world->n_completed + msa_multi_get_n_pending (world->multi) +
         msa_multi_get_n_connections (world->multi);
}

static void
test_budget_starting (MsaTestWorld *world)
{
  guint n_dispatches = 0;

  for (guint i = 0; i < 5000; i++)
    msa_test_world_add (world, "/hello");
  while (count_begun (world) < 5000)
    {
      guint n_begun = count_begun (world);

      g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
      msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
      g_assert_cmpuint (count_begun (world), >, n_begun);
      g_assert_cmpuint (count_begun (world), <=, n_begun + MSA_DISPATCH_BUDGET_EVENTS);
      n_dispatches++;
    }
  g_assert_cmpuint (n_dispatches, >=, 5000 / MSA_DISPATCH_BUDGET_EVENTS);
  g_assert_cmpuint (n_dispatches, <=, 25);
  g_assert_true (msa_test_world_run (world, 5000));
  g_assert_cmpuint (world->n_ok, ==, 5000);
}

static void
take_time_cb (MsaTestRecord *record,
              gpointer data)
{
  msa_sim_advance_by (record->world->sim, 50);
}

/* Handlers that take their time, and more to deliver than fits. */
static void
test_budget_delivering (MsaTestWorld *world)
{
  for (guint i = 0; i < 2000; i++)
    {
      MsaEasy *easy = msa_test_world_add (world, "http://:bad/");

      msa_test_world_get_record (easy)->completed = take_time_cb;
    }
  while (world->n_completed < 2000)
    {
      gint64 now_us = msa_sim_get_now_us (world->sim);

      g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
      msa_multi_socket_action (world->multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
      g_assert_cmpint (msa_sim_get_now_us (world->sim) - now_us, <=, MSA_DISPATCH_BUDGET_US);
    }
  g_assert_cmpint (msa_sim_get_now_us (world->sim), ==, MSA_SIM_START_US + 2000 * 50);
  msa_test_world_assert_all_once (world);
}

static gboolean
count_cb (gpointer data)
{
  (*(guint *) data)++;

  return G_SOURCE_CONTINUE;
}

/* What is left stands behind other sources, those of equal priority too. */
static void
test_budget_yields (MsaTestWorld *world)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GSource *source = g_idle_source_new ();
  guint n_turns = 0;

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, count_cb, &n_turns, NULL);
  g_source_attach (source, context);
  msa_multi_attach (world->multi, context);
  for (guint i = 0; i < 5000; i++)
    msa_test_world_add (world, "/hello");
  while (count_begun (world) < 5000)
    g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (n_turns, >=, 5000 / MSA_DISPATCH_BUDGET_EVENTS - 1);

  msa_multi_detach (world->multi);
  g_source_destroy (source);
  g_source_unref (source);
}

static MsaWriteResult
count_bytes_cb (MsaEasy *easy,
                const guint8 *data,
                gsize len,
                gpointer user_data)
{
  *(guint64 *) user_data += len;

  return MSA_WRITE_CONTINUE;
}

static MsaEasy *
add_endless (MsaTestWorld *world,
             guint64 *n_bytes)
{
  MsaEasy *easy = msa_test_world_make (world, "/hang");

  msa_easy_set_write_func (easy, count_bytes_cb, n_bytes, NULL);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_WAITING));
  msa_sim_peer_send (msa_sim_get_peer (world->sim, 0), "HTTP/1.1 200 OK\r\n\r\n", -1);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_RECEIVING));

  return easy;
}

/* A peer that sends as fast as we read, and reading takes time. */
static void
test_budget_time (MsaTestWorld *world)
{
  guint64 n_bytes = 0;
  MsaEasy *easy;
  gint64 now_us;
  int fd;

  watch_sim (world);
  easy = add_endless (world, &n_bytes);
  fd = msa_test_world_get_fd (world);
  watch.cost_us = 50;
  watch.endless_fd = fd;
  for (guint i = 0; i < 20; i++)
    {
      now_us = msa_sim_get_now_us (world->sim);
      msa_multi_socket_action (world->multi, i == 0 ? fd : MSA_SOCKET_TIMEOUT, MSA_SOCKET_IN,
                               NULL, NULL);
      g_assert_cmpint (msa_sim_get_now_us (world->sim) - now_us, >=, MSA_DISPATCH_BUDGET_US);
      g_assert_cmpint (msa_sim_get_now_us (world->sim) - now_us, <=,
                       MSA_DISPATCH_BUDGET_US + MSA_READS_IN_A_ROW * watch.cost_us);
      g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
    }
  g_assert_cmpuint (n_bytes, >, 20 * 1000 * 1000);
  g_assert_cmpint (msa_easy_get_state (easy), ==, MSA_EASY_RECEIVING);
  watch.endless_fd = -1;
}

/* The same where the clock stands still: the steps are counted. */
static void
test_budget_steps (MsaTestWorld *world)
{
  guint64 n_bytes = 0;
  int fd;

  watch_sim (world);
  add_endless (world, &n_bytes);
  fd = msa_test_world_get_fd (world);
  watch.endless_fd = fd;
  msa_multi_socket_action (world->multi, fd, MSA_SOCKET_IN, NULL, NULL);
  g_assert_cmpuint (watch.n_endless, >, 0);
  g_assert_cmpuint (watch.n_endless, <=, MSA_DISPATCH_BUDGET_EVENTS * MSA_READS_IN_A_ROW);
  g_assert_cmpint (msa_multi_get_timeout_ms (world->multi), ==, 0);
  watch.endless_fd = -1;
}

/* Others go on beside it. */
static void
test_budget_fair (MsaTestWorld *world)
{
  guint64 n_bytes = 0;

  watch_sim (world);
  add_endless (world, &n_bytes);
  watch.cost_us = 50;
  watch.endless_fd = msa_test_world_get_fd (world);
  msa_multi_socket_action (world->multi, watch.endless_fd, MSA_SOCKET_IN, NULL, NULL);
  for (guint i = 0; i < 50; i++)
    msa_test_world_add (world, "http://other.org/hello");
  for (guint i = 0; world->n_ok < 50; i++)
    {
      act_on_all (world);
      g_assert_cmpuint (i, <, 100);
    }
  g_assert_cmpuint (n_bytes, >, 1000000);
  watch.endless_fd = -1;
}

/* The process is left alone */

static int is_over;

/* Ends its direction and then resets the connection: the first send that follows raises the
 * signal. */
static gpointer
reset_thread (gpointer data)
{
  g_autoptr (GSocket) listener = data;
  g_autoptr (GSocket) peer = g_socket_accept (listener, NULL, NULL);
  struct linger now = { .l_onoff = 1, .l_linger = 0 };
  char buffer[1];

  g_socket_receive (peer, buffer, sizeof buffer, NULL, NULL);
  g_socket_shutdown (peer, FALSE, TRUE, NULL);
  g_assert_cmpint (setsockopt (g_socket_get_fd (peer), SOL_SOCKET, SO_LINGER, &now, sizeof now), ==,
                   0);
  g_socket_close (peer, NULL);
  g_atomic_int_set (&is_over, TRUE);

  return NULL;
}

static GSocket *
listen_somewhere (guint16 *port)
{
  GSocket *listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                    G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  g_assert_true (g_socket_bind (listener, address, TRUE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));

  return listener;
}

static gboolean
is_thread_over (gpointer data)
{
  return g_atomic_int_get (&is_over);
}

/* The peer resets the connection while we write: without care the process would be gone. */
static void
test_no_sigpipe (MsaTestWorld *world)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (1000), 1000);
  guint16 port;
  GThread *thread;
  g_autofree char *uri = NULL;
  MsaEasy *easy;

  g_atomic_int_set (&is_over, FALSE);
  thread = g_thread_new ("reset", reset_thread, listen_somewhere (&port));
  /* GLib's sockets ignore it. */
  signal (SIGPIPE, SIG_DFL);
  uri = g_strdup_printf ("http://127.0.0.1:%u/", port);
  easy = msa_test_world_make (world, uri);
  msa_easy_set_body (easy, NULL, body);
  msa_test_world_add_again (world, easy);
  msa_easy_pause (easy, MSA_DIRECTION_BOTH);
  while (!is_thread_over (NULL))
    msa_test_world_run_until_state (world, easy, MSA_EASY_SENDING);
  g_thread_join (thread);
  g_assert_cmpuint (world->n_completed, ==, 0);

  msa_easy_resume (easy, MSA_DIRECTION_BOTH);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_SEND);
  g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (EPIPE)));
  g_assert_true (signal (SIGPIPE, SIG_DFL) == SIG_DFL);
}

static void
read_dispositions (struct sigaction *actions)
{
  for (int i = 1; i < 32; i++)
    sigaction (i, NULL, &actions[i]);
}

static void
test_process_unchanged (MsaTestDriverKind kind)
{
  struct sigaction before[32] = { 0 };
  struct sigaction after[32] = { 0 };
  g_auto (GStrv) environment = NULL;
  g_auto (GStrv) environment_after = NULL;
  sigset_t mask, mask_after;
  MsaTestWorld *world;

  /* The system fills in less than all of it. */
  memset (&mask, 0, sizeof mask);
  memset (&mask_after, 0, sizeof mask_after);
  /* What GLib's own sockets do is done once before. */
  world = msa_test_world_new_real (kind);
  msa_test_world_free (world);
  signal (SIGPIPE, SIG_DFL);

  read_dispositions (before);
  environment = g_get_environ ();
  sigprocmask (SIG_SETMASK, NULL, &mask);
  world = msa_test_world_new_real (kind);
  msa_test_world_add (world, "/size/100000");
  msa_test_world_add (world, "/truncated/1000");
  msa_test_world_add (world, "http://localhost:1/");
  g_assert_true (msa_test_world_run (world, 3));
  msa_test_world_free (world);

  read_dispositions (after);
  environment_after = g_get_environ ();
  sigprocmask (SIG_SETMASK, NULL, &mask_after);
  for (int i = 1; i < 32; i++)
    {
      g_assert_true (before[i].sa_handler == after[i].sa_handler);
      g_assert_cmpint (before[i].sa_flags, ==, after[i].sa_flags);
    }
  g_assert_cmpmem (&mask, sizeof mask, &mask_after, sizeof mask_after);
  g_assert_true (g_strv_equal ((const char *const *) environment,
                               (const char *const *) environment_after));
}

static void
test_process_unchanged_attached (void)
{
  test_process_unchanged (MSA_TEST_ATTACHED);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  msa_test_world_add_test ("/msa/contract/work/never-waits", test_never_waits);
  msa_test_world_add_test ("/msa/contract/work/dispose-resolving", test_dispose_resolving);
  msa_test_world_add_test ("/msa/contract/work/dispose-unread", test_dispose_unread);
  msa_test_world_add_real_test ("/msa/contract/work/dispose-joins-nothing",
                                test_dispose_joins_nothing);
  msa_test_world_add_test ("/msa/contract/work/stale-event", test_stale_event);
  msa_test_world_add_test_in (MSA_TEST_ATTACHED, "/msa/contract/work/stale-token",
                              test_stale_token);
  msa_test_world_add_test ("/msa/contract/work/budget-starting", test_budget_starting);
  msa_test_world_add_test ("/msa/contract/work/budget-delivering", test_budget_delivering);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/work/budget-yields",
                              test_budget_yields);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/work/budget-time",
                              test_budget_time);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/work/budget-steps",
                              test_budget_steps);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/contract/work/budget-fair",
                              test_budget_fair);
  msa_test_world_add_real_test ("/msa/contract/work/no-sigpipe", test_no_sigpipe);
  g_test_add_func ("/msa/contract/work/process-unchanged", test_process_unchanged_attached);

  return g_test_run ();
}

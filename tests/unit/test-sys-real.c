/* test-sys-real.c: the real system, on the loopback interface
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "base/msa-mailbox-private.h"
#include "model/msa-enums.h"
#include "model/msa-sys-private.h"
#include "net/msa-socket-private.h"
#include "sim/msa-test-rows.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

/* What a test waits for at most. */
#define DEADLINE_US (20 * G_USEC_PER_SEC)

static MsaSys *sys;

/* Threads are started here, so that a test may refuse them. */
static gboolean refuse_threads;

GThread *
g_thread_try_new (const char *name,
                  GThreadFunc func,
                  gpointer data,
                  GError **error)
{
  static GThread *(*real) (const char *, GThreadFunc, gpointer, GError **);

  if (refuse_threads)
    {
      g_set_error_literal (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "refused");
      return NULL;
    }
  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "g_thread_try_new");
  return real (name, func, data, error);
}

static void
test_clocks (void)
{
  gint64 before_us = g_get_monotonic_time ();
  gint64 now_us = sys->ops->now_us (sys);
  gint64 boot_us = sys->ops->boot_us (sys);

  g_assert_cmpint (now_us, >=, before_us);
  g_assert_cmpint (now_us, <=, g_get_monotonic_time ());
  g_assert_cmpint (boot_us, >=, now_us);
  g_assert_cmpint (sys->ops->boot_us (sys), >=, boot_us);
}

/* Sockets */

/* A listening socket on a free port. */
static int
listen_somewhere (MsaAddress *address)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in *in = (struct sockaddr_in *) &address->addr;

  *address = (MsaAddress) { .len = sizeof *in };
  in->sin_family = AF_INET;
  in->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (fd, (struct sockaddr *) in, sizeof *in), ==, 0);
  g_assert_cmpint (listen (fd, 10), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) in, &address->len), ==, 0);
  return fd;
}

static guint
wait_ready (int fd,
            guint events)
{
  GPollFD poll_fd = { fd, (gushort) events, 0 };

  g_assert_cmpint (sys->ops->poll (sys, &poll_fd, 1, (int) (DEADLINE_US / 1000)), ==, 1);
  return poll_fd.revents;
}

/* Both ends of a connection; the other one, of the test, is blocking. */
static int
connect_pair (int *other)
{
  MsaAddress address;
  int listener = listen_somewhere (&address);
  int fd = sys->ops->socket_open (sys, AF_INET);

  g_assert_cmpint (fd, >=, 0);
  if (sys->ops->socket_connect (sys, fd, &address) < 0)
    g_assert_cmpint (errno, ==, EINPROGRESS);
  *other = accept (listener, NULL, NULL);
  g_assert_cmpint (*other, >=, 0);
  wait_ready (fd, MSA_SOCKET_OUT);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, 0);
  close (listener);
  return fd;
}

static int
get_option (int fd,
            int level,
            int option)
{
  int value = -1;
  socklen_t len = sizeof value;

  g_assert_cmpint (getsockopt (fd, level, option, &value, &len), ==, 0);
  return value;
}

static void
test_socket_options (gconstpointer data)
{
  int fd = sys->ops->socket_open (sys, GPOINTER_TO_INT (data));

  if (fd < 0 && errno == EAFNOSUPPORT)
    {
      g_test_skip ("no such family");
      return;
    }
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (fcntl (fd, F_GETFL) & O_NONBLOCK);
  g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
  sys->ops->close (sys, fd);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

static const struct
{
  const char     *name;
  MsaSocketTuning tuning;
} tunings[] = {
  { "usual", { TRUE, 60, 60 } },
  { "gathers", { FALSE, 60, 60 } },
  { "no-probes", { TRUE, 0, 60 } },
  { "probes", { FALSE, 7, 3 } },
  { "longest", { TRUE, 32767, 32767 } },
};

static void
test_socket_tune (gconstpointer data)
{
  const MsaSocketTuning *tuning = &tunings[GPOINTER_TO_UINT (data)].tuning;
  int other;
  int fd = connect_pair (&other);

  sys->ops->socket_tune (sys, fd, tuning);
  g_assert_cmpint (get_option (fd, IPPROTO_TCP, TCP_NODELAY) != 0, ==, tuning->nodelay);
  g_assert_cmpint (get_option (fd, SOL_SOCKET, SO_KEEPALIVE) != 0, ==,
                   tuning->keepalive_idle_s > 0);
  if (tuning->keepalive_idle_s > 0)
    {
      g_assert_cmpint (get_option (fd, IPPROTO_TCP, TCP_KEEPIDLE), ==, tuning->keepalive_idle_s);
      g_assert_cmpint (get_option (fd, IPPROTO_TCP, TCP_KEEPINTVL), ==,
                       tuning->keepalive_interval_s);
      g_assert_cmpint (get_option (fd, IPPROTO_TCP, TCP_KEEPCNT), ==, 9);
    }
  sys->ops->close (sys, fd);
  close (other);
}

static void
test_socket_bad_family (void)
{
  g_assert_cmpint (sys->ops->socket_open (sys, -1), ==, -1);
  g_assert_cmpint (errno, ==, EAFNOSUPPORT);
}

static void
test_socket_exchange (void)
{
  char buffer[16];
  int other;
  int fd = connect_pair (&other);

  g_assert_cmpint (sys->ops->socket_recv (sys, fd, buffer, sizeof buffer), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_cmpint (sys->ops->socket_peek (sys, fd, buffer, sizeof buffer), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);

  g_assert_cmpint (sys->ops->socket_send (sys, fd, "ping", 4), ==, 4);
  g_assert_cmpint (recv (other, buffer, 4, MSG_WAITALL), ==, 4);
  g_assert_cmpmem (buffer, 4, "ping", 4);

  g_assert_cmpint (send (other, "pong!", 5, 0), ==, 5);
  wait_ready (fd, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->socket_peek (sys, fd, buffer, 1), ==, 1);
  g_assert_cmpint (buffer[0], ==, 'p');
  g_assert_cmpint (sys->ops->socket_recv (sys, fd, buffer, sizeof buffer), ==, 5);
  g_assert_cmpmem (buffer, 5, "pong!", 5);

  g_assert_cmpint (sys->ops->socket_shutdown_write (sys, fd), ==, 0);
  g_assert_cmpint (recv (other, buffer, 1, 0), ==, 0);
  close (other);
  wait_ready (fd, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->socket_recv (sys, fd, buffer, sizeof buffer), ==, 0);
  sys->ops->close (sys, fd);
}

static void
test_socket_refused (void)
{
  MsaAddress address;
  int listener = listen_somewhere (&address);
  int fd = sys->ops->socket_open (sys, AF_INET);

  /* The port was free a moment ago, and is again. */
  close (listener);
  if (sys->ops->socket_connect (sys, fd, &address) < 0 && errno == EINPROGRESS)
    {
      wait_ready (fd, MSA_SOCKET_OUT);
      g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, ECONNREFUSED);
    }
  else
    g_assert_cmpint (errno, ==, ECONNREFUSED);
  sys->ops->close (sys, fd);
}

/* A hint of readiness before there is a connection must not look like one. */
static void
test_socket_asked_too_early (void)
{
  int fd = sys->ops->socket_open (sys, AF_INET);

  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, EINPROGRESS);
  sys->ops->close (sys, fd);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
}

/* Would end the process by SIGPIPE, if that were raised. */
static void
test_socket_no_sigpipe (void)
{
  const struct linger hard = { 1, 0 };
  int other;
  int fd = connect_pair (&other);

  g_assert_cmpint (setsockopt (other, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), ==, 0);
  close (other);
  wait_ready (fd, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, ECONNRESET);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  sys->ops->close (sys, fd);
}

/* Local ends */

static MsaAddress
loopback_address (const char *text,
                  guint16 port)
{
  MsaAddress address;

  g_assert_true (msa_address_parse (&address, text));
  msa_address_set_port (&address, port);
  return address;
}

static MsaAddress
get_local (int fd)
{
  MsaAddress address = { .len = sizeof address.addr };

  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address.addr, &address.len), ==, 0);
  return address;
}

static guint16
get_local_port (int fd)
{
  MsaAddress address = get_local (fd);

  return msa_address_get_port (&address);
}

static void
test_bind_address (void)
{
  MsaAddress address, local = loopback_address ("127.0.0.2", 0);
  int listener = listen_somewhere (&address);
  int fd = sys->ops->socket_open (sys, AF_INET);
  g_autofree char *text = NULL;

  g_assert_cmpint (sys->ops->socket_bind (sys, fd, &local), ==, 0);
  /* No port is kept from other destinations before it is known which. */
  g_assert_cmpuint (get_local_port (fd), ==, 0);
  if (sys->ops->socket_connect (sys, fd, &address) < 0)
    g_assert_cmpint (errno, ==, EINPROGRESS);
  wait_ready (fd, MSA_SOCKET_OUT);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, 0);
  g_assert_cmpuint (get_local_port (fd), !=, 0);
  local = get_local (fd);
  text = msa_address_to_string (&local);
  g_assert_true (g_str_has_prefix (text, "127.0.0.2:"));
  sys->ops->close (sys, fd);
  close (listener);
}

static void
test_bind_fails (void)
{
  /* Of the range for documentation: nobody's. */
  MsaAddress foreign = loopback_address ("192.0.2.1", 0);
  MsaAddress taken;
  int listener = listen_somewhere (&taken);
  int fd = sys->ops->socket_open (sys, AF_INET);

  g_assert_cmpint (sys->ops->socket_bind (sys, fd, &taken), ==, -1);
  g_assert_cmpint (errno, ==, EADDRINUSE);
  g_assert_cmpint (sys->ops->socket_bind (sys, fd, &foreign), ==, -1);
  g_assert_cmpint (errno, ==, EADDRNOTAVAIL);
  sys->ops->close (sys, fd);
  close (listener);
}

/* A port that was free a moment ago. */
static guint16
find_free_port (void)
{
  MsaAddress address;

  close (listen_somewhere (&address));
  return msa_address_get_port (&address);
}

/* Sockets have the same port, as long as they go to different places. */
static void
test_bind_shared (void)
{
  MsaAddress addresses[2];
  int listeners[2] = { listen_somewhere (&addresses[0]), listen_somewhere (&addresses[1]) };
  MsaAddress local = loopback_address ("127.0.0.2", find_free_port ());
  int fds[3];

  for (guint i = 0; i < 3; i++)
    {
      errno = EINPROGRESS;
      fds[i] = sys->ops->socket_open (sys, AF_INET);
      g_assert_cmpint (sys->ops->socket_bind (sys, fds[i], &local), ==, 0);
      sys->ops->socket_connect (sys, fds[i], &addresses[i % 2]);
      g_assert_cmpint (errno, ==, i < 2 ? EINPROGRESS : EADDRNOTAVAIL);
    }
  for (guint i = 0; i < 3; i++)
    sys->ops->close (sys, fds[i]);
  for (guint i = 0; i < 2; i++)
    close (listeners[i]);
}

static const struct
{
  const char *name;
  const char *device;
  int         error_number;
} devices[] = {
  { "loopback", "lo", 0 },
  { "none", "no-such-thing", ENODEV },
  /* What the kernel would take for the end of the binding, and what it would cut. */
  { "empty", "", ENODEV },
  { "too-long", "0123456789abcdef", ENODEV },
};

static void
test_bind_device (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  int fd = sys->ops->socket_open (sys, AF_INET);
  int result = sys->ops->socket_bind_device (sys, fd, devices[i].device);
  int code = result < 0 ? errno : 0;

  /* Some kernels leave this to the administrator. */
  if (code != EPERM)
    g_assert_cmpint (code, ==, devices[i].error_number);
  sys->ops->close (sys, fd);
}

static void
test_unix (gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-sys-real-XXXXXX", NULL);
  g_autofree char *path = data == NULL ? g_build_filename (folder, "socket", NULL)
                                       : g_strconcat ("@", folder, NULL);
  g_autofree char *expected = g_strconcat ("unix:", path, NULL);
  int listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int fd = sys->ops->socket_open (sys, AF_UNIX);
  MsaAddress address, peer = { .len = sizeof peer.addr };
  g_autofree char *text = NULL;
  char byte;
  int other;

  g_assert_true (msa_address_parse_path (&address, path, NULL));
  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &address), ==, -1);
  g_assert_cmpint (errno, ==, data == NULL ? ENOENT : ECONNREFUSED);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address.addr, address.len), ==, 0);
  g_assert_cmpint (listen (listener, 0), ==, 0);
  g_assert_cmpint (sys->ops->socket_connect (sys, fd, &address), ==, 0);
  g_assert_cmpint (sys->ops->socket_error (sys, fd), ==, 0);
  g_assert_cmpint (getpeername (fd, (struct sockaddr *) &peer.addr, &peer.len), ==, 0);
  text = msa_address_to_string (&peer);
  g_assert_cmpstr (text, ==, expected);

  other = accept (listener, NULL, NULL);
  g_assert_cmpint (sys->ops->socket_send (sys, fd, "x", 1), ==, 1);
  g_assert_cmpint (recv (other, &byte, 1, 0), ==, 1);
  close (other);
  close (listener);
  sys->ops->close (sys, fd);
  g_unlink (path);
  g_rmdir (folder);
}

/* What the bottom filter takes for a full backlog. */
static void
test_unix_backlog (void)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-sys-real-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  int listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int fds[8];
  guint n = 0;
  MsaAddress address;
  int code = 0;

  g_assert_true (msa_address_parse_path (&address, path, NULL));
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address.addr, address.len), ==, 0);
  g_assert_cmpint (listen (listener, 0), ==, 0);
  while (n < G_N_ELEMENTS (fds) && code == 0)
    {
      fds[n] = sys->ops->socket_open (sys, AF_UNIX);
      code = sys->ops->socket_connect (sys, fds[n], &address) < 0 ? errno : 0;
      n++;
    }
  g_assert_cmpint (code, ==, EAGAIN);
  while (n > 0)
    sys->ops->close (sys, fds[--n]);
  close (listener);
  g_unlink (path);
  g_rmdir (folder);
}

/* Waiting */

static void
test_poller_events (void)
{
  MsaSysEvent events[4];
  int poller = sys->ops->poller_open (sys);
  int other;
  int fd = connect_pair (&other);
  const guint64 token = G_GUINT64_CONSTANT (0xfedcba9876543210);

  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, 0, MSA_SOCKET_IN, token), ==, 0);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 4, 0), ==, 0);

  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, MSA_SOCKET_IN,
                                         MSA_SOCKET_IN | MSA_SOCKET_OUT, token + 1),
                   ==, 0);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 4, 0), ==, 1);
  g_assert_cmpuint (events[0].token, ==, token + 1);
  g_assert_cmpuint (events[0].events, ==, MSA_SOCKET_OUT);

  g_assert_cmpint (send (other, "x", 1, 0), ==, 1);
  wait_ready (fd, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 4, -1), ==, 1);
  g_assert_cmpuint (events[0].events, ==, MSA_SOCKET_IN | MSA_SOCKET_OUT);
  /* Level-triggered. */
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 4, 0), ==, 1);

  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, MSA_SOCKET_IN | MSA_SOCKET_OUT, 0, 0),
                   ==, 0);
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 4, 0), ==, 0);
  g_assert_cmpint (sys->ops->poller_set (sys, poller, fd, MSA_SOCKET_IN, 0, 0), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  close (other);
  sys->ops->close (sys, fd);
  sys->ops->close (sys, poller);
}

static void
test_poller_max (void)
{
  MsaSysEvent events[2];
  int poller = sys->ops->poller_open (sys);
  int fds[3];

  for (guint i = 0; i < 3; i++)
    {
      fds[i] = sys->ops->event_open (sys);
      sys->ops->event_set (sys, fds[i]);
      g_assert_cmpint (sys->ops->poller_set (sys, poller, fds[i], 0, MSA_SOCKET_IN, i), ==, 0);
    }
  g_assert_cmpint (sys->ops->poller_wait (sys, poller, events, 2, 0), ==, 2);
  g_assert_cmpuint (events[0].token, !=, events[1].token);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (sys->ops->poller_set (sys, poller, fds[i], MSA_SOCKET_IN, 0, 0), ==, 0);
      sys->ops->close (sys, fds[i]);
    }
  sys->ops->close (sys, poller);
}

static void
test_event (void)
{
  int fd = sys->ops->event_open (sys);
  GPollFD poll_fd = { fd, MSA_SOCKET_IN, 0 };

  g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
  g_assert_cmpint (sys->ops->poll (sys, &poll_fd, 1, 0), ==, 0);
  sys->ops->event_clear (sys, fd);
  sys->ops->event_set (sys, fd);
  sys->ops->event_set (sys, fd);
  g_assert_cmpint (sys->ops->poll (sys, &poll_fd, 1, 0), ==, 1);
  g_assert_cmpuint (poll_fd.revents, ==, MSA_SOCKET_IN);
  sys->ops->event_clear (sys, fd);
  g_assert_cmpint (sys->ops->poll (sys, &poll_fd, 1, 0), ==, 0);
  sys->ops->close (sys, fd);
}

static void
test_timer (void)
{
  int fd = sys->ops->timer_open (sys);
  GPollFD poll_fd = { fd, MSA_SOCKET_IN, 0 };
  gint64 deadline_us = sys->ops->now_us (sys) + 2000;

  g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
  g_assert_cmpint (sys->ops->poll (sys, &poll_fd, 1, 0), ==, 0);
  g_assert_cmpint (sys->ops->timer_set (sys, fd, deadline_us), ==, 0);
  wait_ready (fd, MSA_SOCKET_IN);
  g_assert_cmpint (sys->ops->now_us (sys), >=, deadline_us);

  g_assert_cmpint (sys->ops->timer_set (sys, fd, G_MAXINT64), ==, 0);
  g_assert_cmpint (sys->ops->poll (sys, &poll_fd, 1, 0), ==, 0);
  sys->ops->close (sys, fd);
}

static void
test_timer_past (gconstpointer data)
{
  int fd = sys->ops->timer_open (sys);

  g_assert_cmpint (sys->ops->timer_set (sys, fd, GPOINTER_TO_INT (data)), ==, 0);
  g_assert_cmpuint (wait_ready (fd, MSA_SOCKET_IN), ==, MSA_SOCKET_IN);
  sys->ops->close (sys, fd);
}

static int n_alarms;

static void
alarm_cb (int number)
{
  n_alarms++;
}

/* Waits for 20 ms while alarms come. */
static int
wait_among_alarms (int poller,
                   gboolean by_poll)
{
  const struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
  GPollFD poll_fd = { poller, MSA_SOCKET_IN, 0 };
  MsaSysEvent event;
  int n;

  n_alarms = 0;
  setitimer (ITIMER_REAL, &often, NULL);
  if (by_poll)
    n = sys->ops->poll (sys, &poll_fd, 1, 20);
  else
    n = sys->ops->poller_wait (sys, poller, &event, 1, 20);
  setitimer (ITIMER_REAL, &never, NULL);
  return n;
}

/* A signal neither ends a wait early nor makes it longer. On a busy machine several alarms may come
 * as one, before the wait has begun or after it: then it is tried again. */
static void
test_wait_interrupted (gconstpointer data)
{
  struct sigaction action = { .sa_handler = alarm_cb }, before;
  int poller = sys->ops->poller_open (sys);

  sigaction (SIGALRM, &action, &before);
  for (guint n_tries = 0; n_tries == 0 || n_alarms < 2; n_tries++)
    {
      gint64 start_us = sys->ops->now_us (sys);

      g_assert_cmpuint (n_tries, <, 500);
      g_assert_cmpint (wait_among_alarms (poller, GPOINTER_TO_INT (data)), ==, 0);
      g_assert_cmpint (sys->ops->now_us (sys) - start_us, >=, 20000);
    }
  sigaction (SIGALRM, &before, NULL);
  sys->ops->close (sys, poller);
}

/* Jobs */

typedef struct
{
  MsaJob      job;      /* first */
  MsaMail     mail;
  MsaMailbox *mailbox;  /* (owned) */
  GMutex     *gate;     /* (unowned) (nullable): work() waits for it */
  int        *n_inside; /* (unowned) (nullable) */
  GThread    *thread;   /* (unowned): that ran it */
  gboolean    blocked;  /* SIGUSR1 was, there */
  gboolean    worked;
} TestJob;

static void
work_cb (MsaJob *job,
         MsaSys *job_sys)
{
  TestJob *self = (TestJob *) job;
  sigset_t mask;

  pthread_sigmask (SIG_SETMASK, NULL, &mask);
  self->blocked = sigismember (&mask, SIGUSR1) == 1;
  self->thread = g_thread_self ();
  self->worked = TRUE;
  if (self->n_inside != NULL)
    g_atomic_int_inc (self->n_inside);
  if (self->gate != NULL)
    {
      g_mutex_lock (self->gate);
      g_mutex_unlock (self->gate);
    }
}

static void
finished_cb (MsaJob *job)
{
  TestJob *self = (TestJob *) job;
  g_autoptr (MsaMailbox) mailbox = self->mailbox;

  g_assert_true (msa_mailbox_put (mailbox, &self->mail));
}

static TestJob *
new_job (MsaMailbox *mailbox)
{
  TestJob *self = g_new0 (TestJob, 1);

  self->job.work = work_cb;
  self->job.finished = finished_cb;
  self->mailbox = msa_mailbox_ref (mailbox);
  return self;
}

static void
ignore_cb (gpointer data)
{
}

static TestJob *
job_of (MsaMail *mail)
{
  return (gpointer) ((guint8 *) mail - G_STRUCT_OFFSET (TestJob, mail));
}

/* The jobs that end until there are @n of them; counts those that worked. */
static guint
collect_jobs (MsaMailbox *mailbox,
              guint n)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;
  guint n_worked = 0;

  while (n > 0)
    {
      MsaMail *mail = msa_mailbox_take_all (mailbox);

      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      if (mail == NULL)
        g_thread_yield ();
      while (mail != NULL)
        {
          TestJob *job = job_of (mail);

          mail = mail->next;
          g_assert_true (job->worked == (job->job.work != NULL));
          n_worked += job->worked;
          g_free (job);
          g_assert_cmpuint (n, >, 0);
          n--;
        }
    }
  return n_worked;
}

static MsaMail *
wait_for_mail (MsaMailbox *mailbox)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (msa_mailbox_is_empty (mailbox))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_thread_yield ();
    }
  return msa_mailbox_take_all (mailbox);
}

static void
test_job (void)
{
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (ignore_cb, NULL, NULL);
  g_autoptr (GError) error = NULL;
  TestJob *job = new_job (mailbox);
  gboolean taken = sys->ops->run_job (sys, &job->job, &error);

  g_assert_no_error (error);
  g_assert_true (taken);
  g_assert_true (wait_for_mail (mailbox) == &job->mail);
  g_assert_true (job->worked);
  g_assert_true (job->thread != g_thread_self ());
  /* The application's signal handlers do not run in our threads. */
  g_assert_true (job->blocked);
  g_free (job);
}

static void
wait_for_count (int *count,
                int n)
{
  gint64 end_us = g_get_monotonic_time () + DEADLINE_US;

  while (g_atomic_int_get (count) < n)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_thread_yield ();
    }
}

static void
run_gated (MsaSys *system,
           MsaMailbox *mailbox,
           GMutex *gate,
           int *n_inside,
           guint n)
{
  for (guint i = 0; i < n; i++)
    {
      TestJob *job = new_job (mailbox);

      job->gate = gate;
      job->n_inside = n_inside;
      g_assert_true (system->ops->run_job (system, &job->job, NULL));
    }
}

static void
test_jobs_bounded (void)
{
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (ignore_cb, NULL, NULL);
  MsaSys *system = msa_sys_real_new ();
  int n_inside = 0;
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  run_gated (system, mailbox, &gate, &n_inside, MSA_MAX_RESOLVER_THREADS + 5);
  wait_for_count (&n_inside, MSA_MAX_RESOLVER_THREADS);
  g_assert_cmpint (g_atomic_int_get (&n_inside), ==, MSA_MAX_RESOLVER_THREADS);
  g_mutex_unlock (&gate);

  g_assert_cmpuint (collect_jobs (mailbox, MSA_MAX_RESOLVER_THREADS + 5), ==,
                    MSA_MAX_RESOLVER_THREADS + 5);
  system->ops->free (system);
  g_mutex_clear (&gate);
}

/* free() does not wait: what runs ends later, what did not start comes back at once. */
static void
test_jobs_end_with_system (void)
{
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (ignore_cb, NULL, NULL);
  MsaSys *system = msa_sys_real_new ();
  int n_inside = 0;
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  run_gated (system, mailbox, &gate, &n_inside, MSA_MAX_RESOLVER_THREADS + 5);
  wait_for_count (&n_inside, MSA_MAX_RESOLVER_THREADS);
  system->ops->free (system);
  g_assert_cmpuint (collect_jobs (mailbox, 5), ==, 0);
  g_mutex_unlock (&gate);

  g_assert_cmpuint (collect_jobs (mailbox, MSA_MAX_RESOLVER_THREADS), ==,
                    MSA_MAX_RESOLVER_THREADS);
  g_mutex_clear (&gate);
}

static void
test_job_without_thread (void)
{
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (ignore_cb, NULL, NULL);
  g_autoptr (GError) error = NULL;
  MsaSys *system = msa_sys_real_new ();
  TestJob *job = new_job (mailbox);
  gboolean taken;

  refuse_threads = TRUE;
  taken = system->ops->run_job (system, &job->job, &error);
  refuse_threads = FALSE;
  g_assert_false (taken);
  g_assert_error (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN);

  system->ops->free (system);
  g_assert_true (msa_mailbox_is_empty (mailbox));
  msa_mailbox_unref (job->mailbox);
  g_free (job);
}

/* One thread is there: it does the job that got none of its own. */
static void
test_job_with_few_threads (void)
{
  g_autoptr (MsaMailbox) mailbox = msa_mailbox_new (ignore_cb, NULL, NULL);
  MsaSys *system = msa_sys_real_new ();
  int n_inside = 0;
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  run_gated (system, mailbox, &gate, &n_inside, 1);
  wait_for_count (&n_inside, 1);
  refuse_threads = TRUE;
  run_gated (system, mailbox, &gate, &n_inside, 1);
  refuse_threads = FALSE;
  g_mutex_unlock (&gate);

  g_assert_cmpuint (collect_jobs (mailbox, 2), ==, 2);
  system->ops->free (system);
  g_mutex_clear (&gate);
}

/* Names, files, environment */

static const struct
{
  const char *name, *host;
  int         family;
  gboolean    found;
} lookups[] = {
  { "ipv4", "127.0.0.1", AF_INET, TRUE },
  { "ipv6", "::1", AF_INET6, TRUE },
  { "ipv4-as-ipv6", "127.0.0.1", AF_INET6, FALSE },
};

static void
test_look_up (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GArray) addresses = g_array_new (FALSE, FALSE, sizeof (MsaAddress));
  MsaJob job = { 0 };
  const MsaAddress *found;
  int code = sys->ops->look_up (sys, &job, lookups[i].host, lookups[i].family, addresses);

  if (!lookups[i].found)
    {
      g_assert_cmpint (code, !=, 0);
      g_assert_cmpuint (addresses->len, ==, 0);
      return;
    }

  g_assert_cmpint (code, ==, 0);
  g_assert_cmpuint (addresses->len, ==, 1);
  found = &g_array_index (addresses, MsaAddress, 0);
  g_assert_cmpint (found->addr.ss_family, ==, lookups[i].family);
  g_assert_cmpint (((const struct sockaddr_in *) &found->addr)->sin_port, ==, 0);
}

static void
test_look_up_scope (void)
{
  g_autoptr (GArray) addresses = g_array_new (FALSE, FALSE, sizeof (MsaAddress));
  MsaJob job = { 0 };

  g_assert_cmpint (sys->ops->look_up (sys, &job, "fe80::1%lo", AF_INET6, addresses), ==, 0);
  g_assert_cmpuint (addresses->len, ==, 1);
  g_assert_cmpuint (
      ((struct sockaddr_in6 *) &g_array_index (addresses, MsaAddress, 0).addr)->sin6_scope_id, ==,
      if_nametoindex ("lo"));
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = g_strnfill (40000, 'x');
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp (NULL, &path, NULL);

  close (fd);
  g_assert_true (g_file_set_contents (path, text, 40000, NULL));
  bytes = sys->ops->read_file (sys, path, 40000, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, 40000);

  g_assert_null (sys->ops->read_file (sys, path, 39999, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, "39999"));
  g_clear_error (&error);

  g_unlink (path);
  g_assert_null (sys->ops->read_file (sys, path, 40000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, path));
}

static void
test_file_stamp (void)
{
  g_autofree char *path = NULL;
  guint64 first, second, third;
  int fd = g_file_open_tmp (NULL, &path, NULL);

  close (fd);
  g_assert_true (g_file_set_contents (path, "one", 3, NULL));
  g_assert_true (sys->ops->file_stamp (sys, path, &first));
  g_assert_true (sys->ops->file_stamp (sys, path, &second));
  g_assert_cmpuint (first, ==, second);

  /* Replaced by another one of the same size, within the same instant for all that is known. */
  g_assert_true (g_file_set_contents (path, "two", 3, NULL));
  g_assert_true (sys->ops->file_stamp (sys, path, &second));
  g_assert_cmpuint (first, !=, second);

  fd = g_open (path, O_WRONLY | O_APPEND, 0);
  g_assert_cmpint (write (fd, "more", 4), ==, 4);
  close (fd);
  g_assert_true (sys->ops->file_stamp (sys, path, &third));
  g_assert_cmpuint (second, !=, third);

  g_unlink (path);
  g_assert_false (sys->ops->file_stamp (sys, path, &third));
}

static void
test_wall_clock (void)
{
  gint64 before_us = g_get_real_time ();
  gint64 now_us = sys->ops->real_us (sys);

  g_assert_cmpint (now_us, >=, before_us);
  g_assert_cmpint (now_us, <=, g_get_real_time ());
}

static void
test_file_empty (void)
{
  g_autoptr (GBytes) bytes = sys->ops->read_file (sys, "/dev/null", 0, NULL);

  g_assert_nonnull (bytes);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_file_directory (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sys->ops->read_file (sys, "/", 100, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
}

/* Without a size beforehand, and without an end. */
static void
test_file_endless (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sys->ops->read_file (sys, "/dev/zero", 100000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
}

static void
test_environment (void)
{
  g_setenv ("MSA_TEST_VARIABLE", "value", TRUE);
  g_assert_cmpstr (sys->ops->getenv (sys, "MSA_TEST_VARIABLE"), ==, "value");
  g_unsetenv ("MSA_TEST_VARIABLE");
  g_assert_null (sys->ops->getenv (sys, "MSA_TEST_VARIABLE"));
}

static void
test_interface (void)
{
  g_assert_cmpuint (sys->ops->interface_index (sys, "lo"), ==, if_nametoindex ("lo"));
  g_assert_cmpuint (sys->ops->interface_index (sys, "no-such-thing"), ==, 0);
}

static void
add_socket_tests (void)
{
  g_test_add_func ("/msa/sys-real/clocks", test_clocks);
  g_test_add_data_func ("/msa/sys-real/socket/options-ipv4", GINT_TO_POINTER (AF_INET),
                        test_socket_options);
  g_test_add_data_func ("/msa/sys-real/socket/options-ipv6", GINT_TO_POINTER (AF_INET6),
                        test_socket_options);
  g_test_add_func ("/msa/sys-real/socket/bad-family", test_socket_bad_family);
  MSA_TEST_ADD_NUMBERED ("/msa/sys-real/socket/tune", tunings, test_socket_tune);
  g_test_add_func ("/msa/sys-real/socket/exchange", test_socket_exchange);
  g_test_add_func ("/msa/sys-real/socket/refused", test_socket_refused);
  g_test_add_func ("/msa/sys-real/socket/asked-too-early", test_socket_asked_too_early);
  g_test_add_func ("/msa/sys-real/socket/no-sigpipe", test_socket_no_sigpipe);
  g_test_add_func ("/msa/sys-real/bind/address", test_bind_address);
  g_test_add_func ("/msa/sys-real/bind/fails", test_bind_fails);
  g_test_add_func ("/msa/sys-real/bind/shared", test_bind_shared);
  MSA_TEST_ADD_NUMBERED ("/msa/sys-real/bind-device", devices, test_bind_device);
  g_test_add_data_func ("/msa/sys-real/unix/path", NULL, test_unix);
  g_test_add_data_func ("/msa/sys-real/unix/abstract", "@", test_unix);
  g_test_add_func ("/msa/sys-real/unix/backlog", test_unix_backlog);
}

static void
add_wait_tests (void)
{
  g_test_add_func ("/msa/sys-real/poller/events", test_poller_events);
  g_test_add_func ("/msa/sys-real/poller/max", test_poller_max);
  g_test_add_data_func ("/msa/sys-real/poller/interrupted", GINT_TO_POINTER (FALSE),
                        test_wait_interrupted);
  g_test_add_data_func ("/msa/sys-real/poll/interrupted", GINT_TO_POINTER (TRUE),
                        test_wait_interrupted);
  g_test_add_func ("/msa/sys-real/event", test_event);
  g_test_add_func ("/msa/sys-real/timer/fires", test_timer);
  g_test_add_data_func ("/msa/sys-real/timer/past", GINT_TO_POINTER (1), test_timer_past);
  g_test_add_data_func ("/msa/sys-real/timer/zero", GINT_TO_POINTER (0), test_timer_past);
  g_test_add_data_func ("/msa/sys-real/timer/negative", GINT_TO_POINTER (-5), test_timer_past);
}

static void
add_job_tests (void)
{
  g_test_add_func ("/msa/sys-real/job/in-thread", test_job);
  g_test_add_func ("/msa/sys-real/job/bounded", test_jobs_bounded);
  g_test_add_func ("/msa/sys-real/job/end-with-system", test_jobs_end_with_system);
  g_test_add_func ("/msa/sys-real/job/without-thread", test_job_without_thread);
  g_test_add_func ("/msa/sys-real/job/with-few-threads", test_job_with_few_threads);
  MSA_TEST_ADD_NUMBERED ("/msa/sys-real/look-up", lookups, test_look_up);
  g_test_add_func ("/msa/sys-real/look-up/scope", test_look_up_scope);
  g_test_add_func ("/msa/sys-real/file/read", test_file);
  g_test_add_func ("/msa/sys-real/file/empty", test_file_empty);
  g_test_add_func ("/msa/sys-real/file/stamp", test_file_stamp);
  g_test_add_func ("/msa/sys-real/wall-clock", test_wall_clock);
  g_test_add_func ("/msa/sys-real/file/directory", test_file_directory);
  g_test_add_func ("/msa/sys-real/file/endless", test_file_endless);
  g_test_add_func ("/msa/sys-real/environment", test_environment);
  g_test_add_func ("/msa/sys-real/interface", test_interface);
}

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  sys = msa_sys_real_new ();
  add_socket_tests ();
  add_wait_tests ();
  add_job_tests ();
  result = g_test_run ();
  sys->ops->free (sys);
  return result;
}

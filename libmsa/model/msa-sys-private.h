/* msa-sys-private.h: the one door to the kernel
 *
 * Sockets, poller, clocks, files, environment, name look-up and threads are reached through
 * this table, libc's doors and GLib's alike, so that the simulation can stand behind all of it.
 * The real side is net/msa-sys-real.c. A test reads the objects' undefined symbols to hold
 * this.
 *
 * Calls that fail return -1 (or FALSE) with errno set, as their models do; EINTR is
 * retried inside. All descriptors are close-on-exec, sockets non-blocking.
 * Everything is called from the multi's thread, except what runs within a job.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <sys/socket.h>

typedef struct _MsaSys MsaSys;
typedef struct _MsaJob MsaJob;
typedef struct _MsaPipe MsaPipe;

/* A readiness of one registration. */
typedef struct
{
  guint64 token;  /* what the registration gave */
  guint   events; /* MsaSocketEvents */
} MsaSysEvent;

typedef struct
{
  struct sockaddr_storage addr;
  socklen_t               len;
} MsaAddress;

/* What is wished of a connection's socket. */
typedef struct
{
  gboolean nodelay;              /* small pieces are not kept back */
  guint    keepalive_idle_s;     /* silence before the first probe; 0: none is sent */
  guint    keepalive_interval_s; /* between probes */
} MsaSocketTuning;

/* Where bytes pass from a socket to a file without coming through our memory. Its maker frees it: that
 * needs no system any more, and may be done in any thread. */
struct _MsaPipe
{
  int    in;
  int    out;
  void (*free) (MsaPipe *self);
};

/* Work for a thread. The owner embeds it. */
struct _MsaJob
{
  /* In a thread, or in the simulation at once: may block, touches nothing but its job. */
  void   (*work) (MsaJob *self, MsaSys *sys);
  /* In a thread, right after: hands the job over to whoever waits, and the ownership
   * of the job with it. Must not block. */
  void   (*finished) (MsaJob *self);
  /* The simulation lets this much time pass between work and finished; set by
   * look_up() there, 0 otherwise. */
  gint64   duration_us;
};

typedef struct
{
  /* Monotonic µs: does not count suspended time. */
  gint64   (*now_us) (MsaSys *self);
  /* Monotonic µs with suspended time, for the ages of idle connections. */
  gint64   (*boot_us) (MsaSys *self);
  /* The wall clock: µs since 1970, UTC. It may be set, in both directions. */
  gint64   (*real_us) (MsaSys *self);

  /* No SIGPIPE comes from it. */
  int      (*socket_open) (MsaSys *self, int family);
  /* Before connecting. Any number of sockets may have the same local port, as long as they go to
   * different places: a clash of two is EADDRNOTAVAIL from socket_connect(). A port that others
   * hold is EADDRINUSE, and another one may then be tried. */
  int      (*socket_bind) (MsaSys *self, int fd, const MsaAddress *address);
  /* What the socket sends leaves through the interface @name alone. */
  int      (*socket_bind_device) (MsaSys *self, int fd, const char *name);
  int      (*socket_connect) (MsaSys *self, int fd, const MsaAddress *address);
  /* A duplicate of the descriptor of a socket that the application made; @connected: whether there is a peer. */
  int      (*socket_adopt) (MsaSys *self, GSocket *socket, gboolean *connected);
  /* A socket without these serves as well, only worse: nothing is said if one cannot be had. */
  void     (*socket_tune) (MsaSys *self, int fd, const MsaSocketTuning *tuning);
  /* 0 when connected; SO_ERROR when connecting failed or the connection broke; EINPROGRESS
   * while it is being made (asked too early); -1 with errno when the call itself failed. */
  int      (*socket_error) (MsaSys *self, int fd);
  gssize   (*socket_send) (MsaSys *self, int fd, const void *data, gsize len);
  gssize   (*socket_recv) (MsaSys *self, int fd, void *buffer, gsize size);
  /* As recv, without taking the bytes. */
  gssize   (*socket_peek) (MsaSys *self, int fd, void *buffer, gsize size);
  int      (*socket_shutdown_write) (MsaSys *self, int fd);
  /* NULL where the system has none, or no more. */
  MsaPipe * (*pipe_open) (MsaSys *self);
  /* As recv, into a pipe. EAGAIN: the socket is empty, or the pipe is full. */
  gssize   (*socket_splice) (MsaSys *self, int fd, MsaPipe *pipe, gsize max);
  void     (*close) (MsaSys *self, int fd);

  /* An own poller (epoll), level-triggered. ENOSYS where there is none. */
  int      (*poller_open) (MsaSys *self);
  /* @old and @events are MsaSocketEvents; 0 for @old registers, 0 for @events removes. */
  int      (*poller_set) (MsaSys *self, int poller, int fd, guint old, guint events, guint64 token);
  /* timeout_ms as poll(2). Gives the number of events. */
  int      (*poller_wait) (MsaSys *self, int poller, MsaSysEvent *events, guint max, int timeout_ms);
  /* poll(2), for descriptors without a poller. */
  int      (*poll) (MsaSys *self, GPollFD *fds, guint n_fds, int timeout_ms);

  /* A descriptor that another thread can make readable (eventfd). */
  int      (*event_open) (MsaSys *self);
  void     (*event_set) (MsaSys *self, int fd);    /* from any thread */
  void     (*event_clear) (MsaSys *self, int fd);
  /* A descriptor that gets readable at a monotonic time (timerfd); G_MAXINT64 disarms. */
  int      (*timer_open) (MsaSys *self);
  int      (*timer_set) (MsaSys *self, int fd, gint64 deadline_us);

  /* Runs the job in one of a bounded number of threads. FALSE if none could be had: the
   * job was not taken. */
  gboolean (*run_job) (MsaSys *self, MsaJob *job, GError **error);

  /* Only within a job, since they block: */

  /* The addresses of a name in one family (AF_INET, AF_INET6), port 0: appended to @addresses.
   * Returns 0 or an EAI_* code, of which EAI_SYSTEM leaves the cause in errno. */
  int      (*look_up) (MsaSys *self, MsaJob *job, const char *name, int family, GArray *addresses /* of MsaAddress */);
  /* The same, asked of the application's @resolver. On failure @reason has its text. */
  int      (*ask_resolver) (MsaSys *self, MsaJob *job, GResolver *resolver, const char *name, int family, GArray *addresses /* of MsaAddress */, char **reason);
  /* The whole of a file of at most @max bytes. */
  GBytes * (*read_file) (MsaSys *self, const char *path, gsize max, GError **error);
  /* A number that is another one when the file was changed or replaced. FALSE: it cannot be
   * looked at. */
  gboolean (*file_stamp) (MsaSys *self, const char *path, guint64 *stamp);

  /* The index of a network interface, for an IPv6 zone; 0 if there is none of that name. */
  guint    (*interface_index) (MsaSys *self, const char *name);
  /* The file takes its name, and what stood there goes, with finish_output(). */
  GOutputStream * (*open_output) (MsaSys *self, GFile *file, gboolean *existed, GCancellable *cancellable, GError **error);
  /* @length: of the file, -1 if it has none. */
  GInputStream * (*open_input) (MsaSys *self, GFile *file, gint64 *length, GCancellable *cancellable, GError **error);
  /* Writes @n bytes, which lie in the pipe, to what open_output() gave. */
  gboolean (*pipe_drain) (MsaSys *self, MsaPipe *pipe, GOutputStream *stream, gsize n, GCancellable *cancellable, GError **error);
  /* Closes what open_output() gave for @file. */
  gboolean (*finish_output) (MsaSys *self, GOutputStream *stream, GFile *file, GCancellable *cancellable, GError **error);
  /* Closes it, and leaves nothing behind that was not there before:
   * @existed says whether the file was. */
  void     (*discard_output) (MsaSys *self, GOutputStream *stream, GFile *file, gboolean existed);

  /* NULL in a set-user-id program. */
  const char * (*getenv) (MsaSys *self, const char *name);

  /* Ends the threads without waiting for them, frees @self. Jobs that did not start are
   * finished here, with work set to NULL; those that run finish later, from their threads. */
  void     (*free) (MsaSys *self);
} MsaSysOps;

struct _MsaSys
{
  const MsaSysOps *ops;
};

/* net/msa-sys-real.c */
MsaSys *msa_sys_real_new (void) G_GNUC_WARN_UNUSED_RESULT;

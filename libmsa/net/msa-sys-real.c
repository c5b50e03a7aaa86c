/* msa-sys-real.c: the real system behind MsaSys
 *
 * Sockets, clocks, files, names and environment as libc has them, with EINTR
 * retried. Threads are in msa-sys-real-jobs.c, the poller in msa-sys-real-poller.c, files that are
 * written in msa-sys-real-files.c.
 * The memory outlives the owner's free() for as long as a job runs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include "base/msa-english-private.h"
#include "base/msa-limits-private.h"
#include "base/msa-wipe-private.h"
#include "net/msa-socket-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Probes without an answer, after which a connection is given up. */
#define KEEP_ALIVE_PROBES 9

static gint64
read_clock (clockid_t clock)
{
  struct timespec time = { 0, 0 };

  clock_gettime (clock, &time);
  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static gint64
real_now_us (MsaSys *sys)
{
  return read_clock (CLOCK_MONOTONIC);
}

static gint64
real_boot_us (MsaSys *sys)
{
#ifdef CLOCK_BOOTTIME
  return read_clock (CLOCK_BOOTTIME);
#else
  return read_clock (CLOCK_MONOTONIC);
#endif
}

static gint64
real_real_us (MsaSys *sys)
{
  return read_clock (CLOCK_REALTIME);
}

static void
set_option (int fd,
            int level,
            int option,
            int value)
{
  /* A socket without it serves as well, only worse. */
  (void) setsockopt (fd, level, option, &value, sizeof value);
}

static int
real_socket_open (MsaSys *sys,
                  int family)
{
  return socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int
real_socket_adopt (MsaSys *sys,
                   GSocket *socket,
                   gboolean *connected)
{
  struct sockaddr_storage peer;
  socklen_t len = sizeof peer;
  int fd = g_socket_get_fd (socket);
  int copy;

  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_STREAM)
    {
      errno = EPROTOTYPE;
      return -1;
    }

  copy = fd < 0 ? -1 : fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    {
      errno = fd < 0 ? EBADF : errno;
      return -1;
    }

  /* The mode is shared with the application's own descriptor, which GIO keeps like this too. */
  fcntl (copy, F_SETFL, fcntl (copy, F_GETFL) | O_NONBLOCK);
  *connected = getpeername (copy, (struct sockaddr *) &peer, &len) == 0;
  return copy;
}

static void
real_socket_tune (MsaSys *sys,
                  int fd,
                  const MsaSocketTuning *tuning)
{
  if (tuning->nodelay)
    set_option (fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (tuning->keepalive_idle_s == 0)
    return;

  set_option (fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option (fd, IPPROTO_TCP, TCP_KEEPIDLE, (int) tuning->keepalive_idle_s);
  set_option (fd, IPPROTO_TCP, TCP_KEEPINTVL, (int) tuning->keepalive_interval_s);
  set_option (fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE_PROBES);
}

static int
real_socket_bind (MsaSys *sys,
                  int fd,
                  const MsaAddress *address)
{
  gboolean has_port = msa_address_get_port (address) != 0;

  /* Or a fixed port would be of no use for a minute after each connection, and each address of a
   * race would need one of its own. */
  if (has_port)
    set_option (fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef IP_BIND_ADDRESS_NO_PORT
  /* Else the kernel takes a port now that no other destination can then have. */
  else
    set_option (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif

  return bind (fd, (const struct sockaddr *) &address->addr, address->len);
}

static int
real_socket_bind_device (MsaSys *sys,
                         int fd,
                         const char *name)
{
#ifdef SO_BINDTODEVICE
  gsize len = strlen (name);

  /* The kernel would cut a longer name, and undo the binding for none at all. */
  if (len > 0 && len < IFNAMSIZ)
    return setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t) len);
  errno = ENODEV;
#else
  errno = ENOPROTOOPT;
#endif
  return -1;
}

static int
real_socket_connect (MsaSys *sys,
                     int fd,
                     const MsaAddress *address)
{
  int result = connect (fd, (const struct sockaddr *) &address->addr, address->len);

  /* Not to be retried: a connect broken off goes on by itself. */
  if (result < 0 && errno == EINTR)
    errno = EINPROGRESS;
  return result;
}

static int
real_socket_error (MsaSys *sys,
                   int fd)
{
  struct sockaddr_storage peer;
  socklen_t peer_len = sizeof peer;
  int error = 0;
  socklen_t len = sizeof error;

  if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
    return -1;
  if (error != 0)
    return error;

  /* SO_ERROR is 0 too as long as the handshake lasts, and readiness is but a hint. */
  if (getpeername (fd, (struct sockaddr *) &peer, &peer_len) < 0)
    return errno == ENOTCONN ? EINPROGRESS : -1;
  return 0;
}

static gssize
real_socket_send (MsaSys *sys,
                  int fd,
                  const void *data,
                  gsize len)
{
  gssize n;

  while ((n = send (fd, data, len, MSG_NOSIGNAL)) < 0 && errno == EINTR)
    ;
  return n;
}

static gssize
receive (int fd,
         void *buffer,
         gsize size,
         int flags)
{
  gssize n;

  while ((n = recv (fd, buffer, size, flags)) < 0 && errno == EINTR)
    ;
  return n;
}

static gssize
real_socket_recv (MsaSys *sys,
                  int fd,
                  void *buffer,
                  gsize size)
{
  return receive (fd, buffer, size, 0);
}

static gssize
real_socket_peek (MsaSys *sys,
                  int fd,
                  void *buffer,
                  gsize size)
{
  return receive (fd, buffer, size, MSG_PEEK | MSG_DONTWAIT);
}

static int
real_socket_shutdown_write (MsaSys *sys,
                            int fd)
{
  return shutdown (fd, SHUT_WR);
}

static void
real_close (MsaSys *sys,
            int fd)
{
  /* Never retried: the number is free even if a signal came, and may be another's by now. */
  (void) close (fd);
}

static int
real_poll (MsaSys *sys,
           GPollFD *fds,
           guint n_fds,
           int timeout_ms)
{
  gint64 end_us = timeout_ms > 0 ? g_get_monotonic_time () + (gint64) timeout_ms * 1000 : 0;
  int n;

  while ((n = g_poll (fds, n_fds, timeout_ms)) < 0 && errno == EINTR)
    timeout_ms = msa_sys_real_time_left (timeout_ms, end_us);
  return n;
}

gboolean
msa_sys_real_has_address (const GArray *addresses,
                          const MsaAddress *address)
{
  for (guint i = 0; i < addresses->len; i++)
    {
      const MsaAddress *other = &g_array_index (addresses, MsaAddress, i);

      if (other->len == address->len &&
          memcmp (&other->addr, &address->addr, address->len) == 0)
        return TRUE;
    }
  return FALSE;
}

/* AI_ADDRCONFIG is not asked for: it hides the addresses of a family of which the machine has
 * only loopback ones, and racing finds out about unreachable ones anyway. */
static int
real_look_up (MsaSys *sys,
              MsaJob *job,
              const char *name,
              int family,
              GArray *addresses)
{
  struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  int result = getaddrinfo (name, NULL, &hints, &found);

  if (result != 0)
    return result;

  for (const struct addrinfo *info = found; info != NULL; info = info->ai_next)
    {
      MsaAddress address = { .len = info->ai_addrlen };

      if (addresses->len >= MSA_MAX_ADDRESSES)
        break;
      if (info->ai_family != family || info->ai_addrlen > sizeof address.addr)
        continue;
      memcpy (&address.addr, info->ai_addr, info->ai_addrlen);
      if (!msa_sys_real_has_address (addresses, &address))
        g_array_append_val (addresses, address);
    }

  freeaddrinfo (found);
  return 0;
}

static GBytes *
fail_file (const char *path,
           int code,
           GError **error)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               "Reading '%s' failed: %s", name, msa_english_errno (code));
  return NULL;
}

static GBytes *
fail_large (const char *path,
            gsize max,
            GError **error)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               "'%s' is larger than %" G_GSIZE_FORMAT " bytes", name, max);
  return NULL;
}

#define FIRST_READ_BYTES (16 * 1024)

/* There may be a key in it: no byte stays in memory that is given back. */
static void
move_contents (guint8 **data,
               gsize len,
               gsize size)
{
  guint8 *larger = g_malloc (size);

  if (len > 0)
    memcpy (larger, *data, len);
  msa_wipe (*data, len);
  g_free (*data);
  *data = larger;
}

static GBytes *
read_whole (int fd,
            const char *path,
            gsize max,
            GError **error)
{
  guint8 *data = NULL;
  gsize len = 0, size = 0;
  g_autoptr (GBytes) bytes = NULL;
  gssize n;
  int code;

  /* Until the end and not by its size: a pipe or a file in /proc has none. */
  do
    {
      if (len == size)
        {
          size = MAX (2 * size, FIRST_READ_BYTES);
          move_contents (&data, len, size);
        }
      while ((n = read (fd, data + len, size - len)) < 0 && errno == EINTR)
        ;
      len += MAX (n, 0);
    }
  while (n > 0 && len <= max);

  code = errno;
  /* Wiped also if it is not wanted. */
  bytes = msa_wipe_bytes_take (data, len);
  if (n < 0)
    return fail_file (path, code, error);

  return len <= max ? g_steal_pointer (&bytes) : fail_large (path, max, error);
}

static GBytes *
real_read_file (MsaSys *sys,
                const char *path,
                gsize max,
                GError **error)
{
  GBytes *bytes;
  int fd;

  while ((fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0 && errno == EINTR)
    ;
  if (fd < 0)
    return fail_file (path, errno, error);

  bytes = read_whole (fd, path, max, error);
  close (fd);
  return bytes;
}

/* Also by its place and the time of its last change of any kind: a file may be replaced by one
 * of the same size, and the time of its contents may be set back. */
static gboolean
real_file_stamp (MsaSys *sys,
                 const char *path,
                 guint64 *stamp)
{
  const guint64 prime = 1099511628211u;
  struct stat info;
  guint64 sum = 14695981039346656037u;

  if (stat (path, &info) < 0)
    return FALSE;

  sum = (sum ^ (guint64) info.st_dev) * prime;
  sum = (sum ^ (guint64) info.st_ino) * prime;
  sum = (sum ^ (guint64) info.st_size) * prime;
  sum = (sum ^ (guint64) info.st_mtim.tv_sec) * prime;
  sum = (sum ^ (guint64) info.st_mtim.tv_nsec) * prime;
  sum = (sum ^ (guint64) info.st_ctim.tv_sec) * prime;
  sum = (sum ^ (guint64) info.st_ctim.tv_nsec) * prime;
  *stamp = sum;
  return TRUE;
}

static guint
real_interface_index (MsaSys *sys,
                      const char *name)
{
  return if_nametoindex (name);
}

static const char *
real_getenv (MsaSys *sys,
             const char *name)
{
  return secure_getenv (name);
}

void
msa_sys_real_unref (MsaSysReal *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  g_cond_clear (&self->wake);
  msa_lock_clear (&self->lock);
  g_free (self);
}

static void
real_free (MsaSys *sys)
{
  MsaSysReal *self = (MsaSysReal *) sys;

  msa_sys_real_end_jobs (self);
  msa_sys_real_unref (self);
}

static GInputStream *
real_open_input (MsaSys *sys,
                 GFile *file,
                 gint64 *length,
                 GCancellable *cancellable,
                 GError **error)
{
  GFileInputStream *stream = g_file_read (file, cancellable, error);
  g_autoptr (GFileInfo) info = NULL;

  *length = -1;
  if (stream == NULL)
    return NULL;
  info = g_file_input_stream_query_info (stream, "standard::size,standard::type", cancellable,
                                         NULL);
  /* Pipes and devices say 0. */
  if (info != NULL && g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR)
    *length = g_file_info_get_size (info);

  return G_INPUT_STREAM (stream);
}

static const MsaSysOps ops = {
  .now_us = real_now_us,
  .boot_us = real_boot_us,
  .real_us = real_real_us,
  .socket_open = real_socket_open,
  .socket_bind = real_socket_bind,
  .socket_bind_device = real_socket_bind_device,
  .socket_connect = real_socket_connect,
  .socket_adopt = real_socket_adopt,
  .socket_tune = real_socket_tune,
  .socket_error = real_socket_error,
  .socket_send = real_socket_send,
  .socket_recv = real_socket_recv,
  .socket_peek = real_socket_peek,
  .socket_shutdown_write = real_socket_shutdown_write,
  .pipe_open = msa_sys_real_pipe_open,
  .socket_splice = msa_sys_real_socket_splice,
  .close = real_close,
  .poller_open = msa_sys_real_poller_open,
  .poller_set = msa_sys_real_poller_set,
  .poller_wait = msa_sys_real_poller_wait,
  .poll = real_poll,
  .event_open = msa_sys_real_event_open,
  .event_set = msa_sys_real_event_set,
  .event_clear = msa_sys_real_event_clear,
  .timer_open = msa_sys_real_timer_open,
  .timer_set = msa_sys_real_timer_set,
  .run_job = msa_sys_real_run_job,
  .look_up = real_look_up,
  .ask_resolver = msa_sys_real_ask_resolver,
  .read_file = real_read_file,
  .file_stamp = real_file_stamp,
  .open_output = msa_sys_real_open_output,
  .pipe_drain = msa_sys_real_pipe_drain,
  .finish_output = msa_sys_real_finish_output,
  .discard_output = msa_sys_real_discard_output,
  .open_input = real_open_input,
  .interface_index = real_interface_index,
  .getenv = real_getenv,
  .free = real_free,
};

MsaSys *
msa_sys_real_new (void)
{
  MsaSysReal *self = g_new0 (MsaSysReal, 1);

  self->sys.ops = &ops;
  self->refs = 1;
  msa_lock_init (&self->lock);
  g_cond_init (&self->wake);
  g_queue_init (&self->jobs);
  return &self->sys;
}

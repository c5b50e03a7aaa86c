/* msa-fault-sys.c: the errors that the manuals name for the calls behind MsaSys
 *
 * Each member has its errors, or the reason why it has none: the list of members is the
 * simulation's, and one that is missing here fails the test. EINTR is retried behind MsaSys, and
 * EINPROGRESS of connect() is its success.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "sim/msa-fault-sweep.h"

#include <errno.h>
#include <netdb.h>

#define CODES(...) \
  (const int[]) \
  { \
    __VA_ARGS__, 0 \
  }

/* Said of a descriptor that is ready: it is asked again. */
static const int again[] = { EAGAIN, 0 };

static const int send_errors[] = { EACCES, ECONNRESET, EHOSTUNREACH, EMSGSIZE, ENOBUFS,
                                   ENOMEM, ENOTCONN, EPIPE, ETIMEDOUT, 0 };
static const int receive_errors[] = { ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENOMEM,
                                      ENOTCONN, ETIMEDOUT, 0 };
/* That nothing is there is what a peek hopes for. */
static const int peek_errors[] = { EAGAIN, ECONNREFUSED, ECONNRESET, EHOSTUNREACH,
                                   ENOMEM, ENOTCONN, ETIMEDOUT, 0 };
static const int splice_errors[] = { ECONNRESET, EINVAL, ENOMEM, ESPIPE, 0 };
static const int socket_errors[] = { EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE,
                                     ENOBUFS, ENOMEM, EPROTONOSUPPORT, 0 };
static const int connect_errors[] = { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN,
                                      ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOBUFS, ENOENT,
                                      EPERM, EPROTOTYPE, ETIMEDOUT, 0 };
/* What the call itself says, and, negative, what it finds out. */
static const int so_errors[] = { EBADF, ENOBUFS, ENOMEM, -EACCES, -ECONNREFUSED,
                                 -ECONNRESET, -EHOSTUNREACH, -ENETUNREACH, -ETIMEDOUT, 0 };
static const int bind_errors[] = { EACCES, EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOMEM, 0 };
static const int open_errors[] = { EMFILE, ENFILE, ENODEV, ENOMEM, 0 };
static const int lookup_errors[] = { EAI_ADDRFAMILY, EAI_AGAIN, EAI_BADFLAGS, EAI_FAIL,
                                     EAI_FAMILY, EAI_MEMORY, EAI_NODATA, EAI_NONAME,
                                     EAI_SERVICE, EAI_SOCKTYPE, EAI_SYSTEM, 0 };
static const int file_errors[] = { EACCES, EIO, EISDIR, ELOOP, EMFILE, ENAMETOOLONG,
                                   ENFILE, ENOENT, ENOMEM, ENOTDIR, 0 };
static const int stat_errors[] = { EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM,
                                   ENOTDIR, EOVERFLOW, 0 };
static const int output_errors[] = { EACCES, EDQUOT, EIO, EISDIR, ELOOP,
                                     EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM,
                                     ENOSPC, ENOTDIR, EPERM, EROFS, 0 };
static const int finish_errors[] = { EACCES, EBUSY, EDQUOT, EIO, EISDIR, ENOENT, ENOSPC, EROFS, 0 };
static const int write_errors[] = { EDQUOT, EFBIG, EIO, ENOSPC, 0 };

static const char *
tell (int code)
{
  return g_strerror (ABS (code));
}

/* That of a Unix socket means something else. */
static const char *
tell_connect (int code)
{
  return code == EAGAIN ? NULL : g_strerror (code);
}

static const char *
tell_watch (int code)
{
  return "The system watches no more descriptors";
}

/* Other places than the usual one. */
#define BODIES "/msa/fault-sweep/bodies"
#define TLS "/msa/fault-sweep/tls"

/* clang-format off */

static const MsaFaultDoor doors[] = {
  { "now_us", .excuse = "clock_gettime() of a clock that exists" },
  { "boot_us", .excuse = "the same" },
  { "real_us", .excuse = "the same" },
  { "socket_open", .errors = socket_errors,
    .ends = CODES (MSA_ERROR_CONNECT), .tell = tell },
  { "socket_connect", .errors = connect_errors,
    .ends = CODES (MSA_ERROR_CONNECT, MSA_ERROR_BIND), .tell = tell_connect },
  { "socket_error", .errors = so_errors,
    .ends = CODES (MSA_ERROR_CONNECT), .tell = tell },
  { "socket_bind", .errors = bind_errors,
    .ends = CODES (MSA_ERROR_BIND), .tell = tell },
  { "socket_bind_device", .errors = CODES (EINVAL, ENODEV, ENOPROTOOPT, EPERM),
    .ends = CODES (MSA_ERROR_BIND), .tell = tell },
  { "socket_adopt", .errors = CODES (EBADF, EMFILE, EPROTOTYPE),
    .ends = CODES (MSA_ERROR_CONNECT), .tell = tell },
  { "socket_tune", .excuse = "says nothing: a socket without it serves as well" },
  { "socket_send", .errors = send_errors, .harmless = again,
    .ends = CODES (MSA_ERROR_SEND, MSA_ERROR_TLS_HANDSHAKE), .tell = tell },
  { "socket_recv", .errors = receive_errors, .harmless = again,
    .ends = CODES (MSA_ERROR_RECEIVE, MSA_ERROR_TLS_HANDSHAKE), .tell = tell },
  { "socket_peek", .errors = peek_errors, .where = BODIES },
  { "socket_shutdown_write", .errors = CODES (EBADF, ENOTCONN) },
  { "close", .excuse = "the descriptor is gone, whatever close() says" },
  { "poller_open", .errors = CODES (EMFILE, ENFILE, ENOMEM, ENOSYS) },
  { "poller_set", .general = CODES (ENOMEM, ENOSPC, EPERM),
    .ends = CODES (MSA_ERROR_CONNECT), .tell = tell_watch },
  { "poller_wait", .harmless = CODES (EBADF, EINTR, EINVAL) },
  { "poll", .harmless = CODES (EINTR, EINVAL, ENOMEM) },
  { "event_open", .errors = open_errors },
  { "event_set", .excuse = "a counter that is full is readable as well" },
  { "event_clear", .excuse = "a counter that is empty is clear as well" },
  { "timer_open", .errors = open_errors },
  { "timer_set", .excuse = "timerfd_settime() needs nothing" },
  { "run_job", .errors = CODES (EAGAIN, ENOMEM),
    .ends = CODES (MSA_ERROR_RESOLVE, MSA_ERROR_CONNECT, MSA_ERROR_TLS_TRUST, MSA_ERROR_READ,
      MSA_ERROR_WRITE) },
  { "look_up", .errors = lookup_errors,
    .ends = CODES (MSA_ERROR_RESOLVE, MSA_ERROR_CONNECT) },
  { "ask_resolver", .errors = CODES (EAI_AGAIN, EAI_NODATA, EAI_NONAME),
    .ends = CODES (MSA_ERROR_RESOLVE) },
  { "read_file", .errors = file_errors,
    .ends = CODES (MSA_ERROR_TLS_TRUST, MSA_ERROR_TLS_CLIENT_CERTIFICATE), .tell = tell,
    .where = TLS },
  { "file_stamp", .errors = stat_errors, .where = TLS },
  { "open_output", .errors = output_errors,
    .ends = CODES (MSA_ERROR_WRITE), .tell = tell, .where = BODIES },
  { "open_input", .errors = file_errors,
    .ends = CODES (MSA_ERROR_READ), .tell = tell, .where = BODIES },
  { "interface_index", .errors = CODES (ENODEV),
    .ends = CODES (MSA_ERROR_RESOLVE) },
  { "pipe_open", .harmless = CODES (EMFILE, ENFILE), .where = BODIES },
  { "socket_splice", .errors = splice_errors, .harmless = again,
    .ends = CODES (MSA_ERROR_RECEIVE), .tell = tell, .where = BODIES },
  { "pipe_drain", .errors = write_errors,
    .ends = CODES (MSA_ERROR_WRITE), .tell = tell, .where = BODIES },
  { "finish_output", .errors = finish_errors,
    .ends = CODES (MSA_ERROR_WRITE), .tell = tell, .where = BODIES },
  { "discard_output", .excuse = "nobody could do anything about it" },
  { "getenv", .excuse = "a variable that is not set is no failure" },
  { "free", .excuse = "nothing is asked for" },
  { .name = NULL },
};

/* clang-format on */

static const MsaFaultDoor *
find_door (const char *name)
{
  for (guint i = 0; doors[i].name != NULL; i++)
    if (g_str_equal (doors[i].name, name))
      return &doors[i];
  g_error ("MsaSysOps::%s has neither errors nor an excuse in the fault sweep", name);
}

/* No member is forgotten, and none stands here that is not one. */
static void
check_doors (void)
{
  const char *name;
  gboolean can_fail;
  guint n = 0;

  while ((name = msa_sim_get_op (n, &can_fail)) != NULL)
    {
      const MsaFaultDoor *door = find_door (name);

      g_assert_cmpint (can_fail, ==, door->excuse == NULL);
      g_assert_cmpint (can_fail, ==,
                       door->errors != NULL || door->harmless != NULL || door->general != NULL);
      n++;
    }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (doors) - 1);
}

static void
arm (MsaSim *sim)
{
  check_doors ();
}

const MsaFaultKind msa_fault_sys = {
  .doors = doors,
  .where = "/msa/fault-sweep",
  .arm = arm,
  .fail = msa_sim_fail_nth,
  .disarm = msa_sim_fail_no_more,
  .count = msa_sim_count,
};

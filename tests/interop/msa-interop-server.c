/* msa-interop-server.c: a real server as a process of its own, for the time of a test
 *
 * The server holds the writing end of a pipe that nobody writes to: when the reading end sees the
 * end, it is gone. That is what starting and stopping wait on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Both are what a machine under load may need, not what is waited. */
#define START_LIMIT_US (30 * G_USEC_PER_SEC)
#define STOP_LIMIT_US (20 * G_USEC_PER_SEC)
/* Between two looks at a server that is starting: its death ends it early. */
#define LOOK_AGAIN_MS 5
#define MAX_STARTS 5
#define MAX_SERVERS 16

/* The user that owns nothing, as Linux numbers it. */
#define NOBODY 65534

/* In the server: the end of the pipe. Behind it, files of ours. */
#define GONE_FD 3
#define MAX_HANDED_FDS 4

/* Where servers log, whatever their kind. */
static const char *const log_names[] = { "output", "error.log" };

struct _MsaInteropServer
{
  const MsaInteropKind *kind;
  char                 *folder; /* (owned) */
  GPtrArray            *argv;   /* (owned) (element-type utf8) */
  GArray               *handed_fds; /* (owned) (element-type int): the server's from GONE_FD on */
  guint16               ports[MSA_INTEROP_MAX_PORTS];
  int                   port_fds[MSA_INTEROP_MAX_PORTS]; /* bound to them */
  pid_t                 parent;
  GPid                  pid;
  int                   gone_fd; /* ends when the server has ended */
  int                   talk_fd; /* its standard input; or -1 */
  gboolean              drops;   /* runs as nobody, not as root */
  gboolean              killed;
  int                   slot;
};

static void
close_handed_cb (gpointer data)
{
  int fd = *(int *) data;

  if (fd >= 0)
    close (fd);
}

/* Logs at failure */

/* Of the running servers; read by a signal handler. */
static char log_paths[MAX_SERVERS][G_N_ELEMENTS (log_names)][512];

static void
copy_to_stderr (const char *path)
{
  char buffer[4096];
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t n;

  if (fd < 0)
    return;

  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    if (write (STDERR_FILENO, buffer, (size_t) n) < 0)
      break;
  close (fd);
}

/* Nothing but what a signal handler may do. */
static void
show_logs (void)
{
  for (guint i = 0; i < MAX_SERVERS; i++)
    for (guint j = 0; j < G_N_ELEMENTS (log_names); j++)
      if (log_paths[i][j][0] != '\0')
        {
          copy_to_stderr (log_paths[i][j]);
          log_paths[i][j][0] = '\0';
        }
}

static void
abort_cb (int signal_number)
{
  show_logs ();
  signal (signal_number, SIG_DFL);
  raise (signal_number);
}

static void
take_slot (MsaInteropServer *self)
{
  /* An assertion; a fatal message. */
  signal (SIGABRT, abort_cb);
  signal (SIGTRAP, abort_cb);
  for (self->slot = 0; log_paths[self->slot][0][0] != '\0'; self->slot++)
    g_assert_cmpint (self->slot + 1, <, MAX_SERVERS);
  for (guint j = 0; j < G_N_ELEMENTS (log_names); j++)
    g_snprintf (log_paths[self->slot][j], sizeof log_paths[0][0], "%s/%s", self->folder,
                log_names[j]);
}

static void
leave_slot (MsaInteropServer *self)
{
  for (guint j = 0; j < G_N_ELEMENTS (log_names); j++)
    log_paths[self->slot][j][0] = '\0';
}

/* The folder */

char *
msa_interop_server_get_path (MsaInteropServer *self,
                             const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

static void
make_parent (MsaInteropServer *self,
             const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
}

void
msa_interop_server_write (MsaInteropServer *self,
                          const char *name,
                          const void *data,
                          gsize len)
{
  g_autofree char *path = msa_interop_server_get_path (self, name);
  g_autoptr (GError) error = NULL;

  make_parent (self, path);
  g_file_set_contents_full (path, data, (gssize) len, G_FILE_SET_CONTENTS_NONE, 0644, &error);
  g_assert_no_error (error);
}

/* A file in memory, which the server inherits: there, holes are read without a page for each. */
void
msa_interop_server_write_sparse (MsaInteropServer *self,
                                 const char *name,
                                 guint64 len)
{
  g_autofree char *path = msa_interop_server_get_path (self, name);
  g_autofree char *target = NULL;
  int fd = memfd_create ("msa-interop", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (self->handed_fds->len, <, MAX_HANDED_FDS);
  g_assert_cmpint (ftruncate (fd, (off_t) len), ==, 0);
  target = g_strdup_printf ("/proc/self/fd/%d", GONE_FD + (int) self->handed_fds->len);
  g_array_append_val (self->handed_fds, fd);

  make_parent (self, path);
  g_unlink (path);
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
write_text (MsaInteropServer *self,
            const char *name,
            const char *suffix,
            const char *text)
{
  g_autofree char *full_name = g_strconcat (name, suffix, NULL);

  msa_interop_server_write (self, full_name, text, strlen (text));
}

void
msa_interop_server_write_cert (MsaInteropServer *self,
                               const char *name,
                               MsaTestPki *pki,
                               const MsaTestCertSpec *spec)
{
  g_autoptr (MsaTestCert) cert = msa_test_pki_issue (pki, spec);

  write_text (self, name, ".pem", cert->cert_pem);
  write_text (self, name, ".key", cert->key_pem);
}

void
msa_interop_server_write_good_cert (MsaInteropServer *self,
                                    MsaTestPki *pki)
{
  const MsaTestCertSpec spec = {
    .common_name = "good",
    .dns = { "localhost" },
    .ip = { "127.0.0.1" },
  };

  msa_interop_server_write_cert (self, "good", pki, &spec);
  write_text (self, "ca", ".pem", msa_test_pki_ca_pem (pki));
}

void
msa_interop_server_make_folder (MsaInteropServer *self,
                                const char *name)
{
  g_autofree char *path = msa_interop_server_get_path (self, name);

  g_assert_cmpint (g_mkdir_with_parents (path, 0755), ==, 0);
  if (self->drops)
    g_assert_cmpint (chown (path, NOBODY, NOBODY), ==, 0);
}

char *
msa_interop_server_read (MsaInteropServer *self,
                         const char *name)
{
  g_autofree char *path = msa_interop_server_get_path (self, name);
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    text = g_strdup ("");

  return text;
}

static void
make_home (MsaInteropServer *self)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("msa-interop-XXXXXX", &error);
  g_assert_no_error (error);
  /* Where root may not give files away it is no more than a user. */
  self->drops = geteuid () == 0 && chown (self->folder, NOBODY, NOBODY) == 0;
}

static void
remove_tree (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_rmdir (path);
}

/* Ports */

static int
bind_any (guint16 *port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  socklen_t len = sizeof address;
  const int yes = 1;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), ==, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &len), ==, 0);
  *port = ntohs (address.sin_port);

  return fd;
}

static void
release_ports (MsaInteropServer *self)
{
  for (guint i = 0; i < self->kind->n_ports; i++)
    close (self->port_fds[i]);
}

/* Held as long as the server lives, and while it is away. It can listen there all the same, since
 * both sides allow that, and nobody else is given the port. */
static void
choose_ports (MsaInteropServer *self)
{
  g_assert_cmpuint (self->kind->n_ports, <=, MSA_INTEROP_MAX_PORTS);
  for (guint i = 0; i < self->kind->n_ports; i++)
    self->port_fds[i] = bind_any (&self->ports[i]);
}

static gboolean
is_listening (guint16 port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean done = connect (fd, (struct sockaddr *) &address, sizeof address) == 0;

  close (fd);

  return done;
}

/* The process */

/* In the child, between fork and exec. */
static void
become_server_cb (gpointer data)
{
  MsaInteropServer *self = data;

  setpgid (0, 0);
  if (self->drops && (setresgid (NOBODY, NOBODY, NOBODY) != 0 ||
                      setresuid (NOBODY, NOBODY, NOBODY) != 0))
    _exit (126);
  /* After the change of user, which would undo it. */
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != self->parent)
    _exit (126);
}

char *
msa_interop_find_program (const MsaInteropKind *kind)
{
  char *path = g_find_program_in_path (kind->program);

  if (path == NULL)
    {
      path = g_strdup_printf ("/usr/sbin/%s", kind->program);
      if (!g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        g_clear_pointer (&path, g_free);
    }

  return path;
}

static GPtrArray *
make_argv (MsaInteropServer *self,
           gpointer data)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) args = self->kind->configure (self, data);
  char *program = msa_interop_find_program (self->kind);

  g_assert_nonnull (program);
  g_ptr_array_add (argv, program);
  for (guint i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (args[i]));
  g_ptr_array_add (argv, NULL);

  return argv;
}

/* Gives the server's end. By packets: what is said in one piece is read as one. */
static int
open_talk (MsaInteropServer *self)
{
  int fds[2];

  self->talk_fd = -1;
  if (!self->kind->listens)
    return -1;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  self->talk_fd = fds[0];

  return fds[1];
}

static void
spawn (MsaInteropServer *self)
{
  const char *const env[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
  g_autofree char *output = msa_interop_server_get_path (self, log_names[0]);
  g_autoptr (GError) error = NULL;
  int targets[MAX_HANDED_FDS];
  int pipe_fds[2];
  int talk_fd = open_talk (self);
  int log_fd;

  log_fd = g_open (output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  g_assert_cmpint (log_fd, >=, 0);
  g_assert_cmpint (pipe2 (pipe_fds, O_CLOEXEC), ==, 0);
  g_array_index (self->handed_fds, int, 0) = pipe_fds[1];
  for (guint i = 0; i < self->handed_fds->len; i++)
    targets[i] = GONE_FD + (int) i;
  g_spawn_async_with_pipes_and_fds (self->folder, (const char *const *) self->argv->pdata, env,
                                    G_SPAWN_DO_NOT_REAP_CHILD, become_server_cb, self, talk_fd,
                                    log_fd, log_fd, (const int *) self->handed_fds->data, targets,
                                    self->handed_fds->len, &self->pid, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  close (pipe_fds[1]);
  g_array_index (self->handed_fds, int, 0) = -1;
  close (log_fd);
  if (talk_fd >= 0)
    close (talk_fd);
  self->gone_fd = pipe_fds[0];
}

/* Waits up to @limit_us for the last process of the server to end. */
static gboolean
is_gone (MsaInteropServer *self,
         gint64 limit_us)
{
  gint64 end_us = g_get_monotonic_time () + limit_us;
  struct pollfd poll_fd = { .fd = self->gone_fd, .events = POLLIN };
  int n;

  do
    {
      gint64 left_us = end_us - g_get_monotonic_time ();

      n = poll (&poll_fd, 1, left_us <= 0 ? 0 : (int) (left_us / 1000));
    }
  while (n < 0 && errno == EINTR);

  return n > 0;
}

/* Leaves no process behind. */
static void
reap (MsaInteropServer *self)
{
  int status;

  while (waitpid (self->pid, &status, 0) < 0 && errno == EINTR)
    ;
  g_spawn_close_pid (self->pid);
  close (self->gone_fd);
  if (self->talk_fd >= 0)
    close (self->talk_fd);
  self->pid = 0;
}

static gboolean
is_ready (MsaInteropServer *self)
{
  g_autofree char *path = msa_interop_server_get_path (self, self->kind->ready_file);
  g_autofree char *text = msa_interop_server_read (self, self->kind->ready_file);

  /* It says itself that the ports are its own: another process may answer there. */
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  if (self->kind->ready_text != NULL && strstr (text, self->kind->ready_text) == NULL)
    return FALSE;

  for (guint i = 0; i < self->kind->n_ports; i++)
    if (!is_listening (self->ports[i]))
      return FALSE;

  return TRUE;
}

/* FALSE: it ended. */
static gboolean
wait_until_ready (MsaInteropServer *self)
{
  gint64 end_us = g_get_monotonic_time () + START_LIMIT_US;

  while (!is_ready (self))
    {
      if (is_gone (self, LOOK_AGAIN_MS * 1000))
        return FALSE;
      if (g_get_monotonic_time () > end_us)
        g_error ("%s does not get ready", self->kind->program);
    }

  return TRUE;
}

/* FALSE: it ended at once. */
static gboolean
start (MsaInteropServer *self)
{
  g_autofree char *ready_path = msa_interop_server_get_path (self, self->kind->ready_file);

  g_unlink (ready_path);
  spawn (self);
  if (wait_until_ready (self))
    return TRUE;

  reap (self);

  return FALSE;
}

MsaInteropServer *
msa_interop_server_start (const MsaInteropKind *kind,
                          gpointer data)
{
  MsaInteropServer *self = g_new0 (MsaInteropServer, 1);
  const int no_fd = -1;

  self->kind = kind;
  self->parent = getpid ();
  self->handed_fds = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_set_clear_func (self->handed_fds, close_handed_cb);
  make_home (self);
  take_slot (self);
  for (guint i = 0; i < MAX_STARTS; i++)
    {
      choose_ports (self);
      g_array_set_size (self->handed_fds, 0);
      g_array_append_val (self->handed_fds, no_fd);
      g_clear_pointer (&self->argv, g_ptr_array_unref);
      self->argv = make_argv (self, data);
      if (start (self))
        return self;
      release_ports (self);
    }

  g_error ("%s does not start", kind->program);
}

void
msa_interop_server_restart (MsaInteropServer *self)
{
  g_assert_true (self->killed);
  reap (self);
  self->killed = FALSE;
  if (!start (self))
    g_error ("%s does not start again", self->kind->program);
}

void
msa_interop_server_wait_for (MsaInteropServer *self,
                             const char *name,
                             const char *text)
{
  gint64 end_us = g_get_monotonic_time () + START_LIMIT_US;

  for (;;)
    {
      g_autofree char *written = msa_interop_server_read (self, name);

      if (strstr (written, text) != NULL)
        return;
      if (is_gone (self, LOOK_AGAIN_MS * 1000) || g_get_monotonic_time () > end_us)
        g_error ("%s did not write '%s' to %s", self->kind->program, text, name);
    }
}

void
msa_interop_server_say (MsaInteropServer *self,
                        const char *text)
{
  g_assert_cmpint (send (self->talk_fd, text, strlen (text), MSG_NOSIGNAL), ==,
                   (gssize) strlen (text));
}

/* What dies closes its files one after the other: the pipe may end before its sockets do. */
static void
wait_until_refused (MsaInteropServer *self)
{
  gint64 end_us = g_get_monotonic_time () + STOP_LIMIT_US;

  for (guint i = 0; i < self->kind->n_ports; i++)
    while (is_listening (self->ports[i]))
      {
        g_assert_cmpint (g_get_monotonic_time (), <, end_us);
        g_thread_yield ();
      }
}

void
msa_interop_server_kill (MsaInteropServer *self)
{
  kill (-self->pid, SIGKILL);
  self->killed = TRUE;
  g_assert_true (is_gone (self, STOP_LIMIT_US));
  wait_until_refused (self);
}

void
msa_interop_server_stop (MsaInteropServer *self)
{
  gboolean stopped;

  if (!self->killed)
    kill (self->pid, SIGTERM);
  stopped = is_gone (self, STOP_LIMIT_US);
  if (!stopped)
    kill (-self->pid, SIGKILL);
  reap (self);
  if (!stopped)
    g_error ("%s did not stop when told to", self->kind->program);

  leave_slot (self);
  remove_tree (self->folder);
  g_array_unref (self->handed_fds);
  release_ports (self);
  g_ptr_array_unref (self->argv);
  g_free (self->folder);
  g_free (self);
}

guint16
msa_interop_server_get_port (MsaInteropServer *self,
                             guint index)
{
  g_assert_cmpuint (index, <, self->kind->n_ports);

  return self->ports[index];
}

char *
msa_interop_server_make_uri (MsaInteropServer *self,
                             const char *start,
                             guint port_index,
                             const char *path)
{
  return g_strdup_printf ("%s:%u%s", start, msa_interop_server_get_port (self, port_index), path);
}

gboolean
msa_interop_allow_descriptors (guint n)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_cur >= n)
    return TRUE;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < n)
    return FALSE;
  limit.rlim_cur = n;

  return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

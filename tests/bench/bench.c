/* bench.c: what the programs of the bench share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* So often is the clock read, if there is a limit. */
#define REQUESTS_A_LOOK 16

void
bench_fail (const char *format,
            ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_printerr ("%s: %s\n", g_get_prgname (), message);
  exit (1);
}

static void
raise_limit_of_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
parse (Bench *self,
       int argc,
       char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  const GOptionEntry options[] = {
    { "port", 0, 0, G_OPTION_ARG_INT, &self->port, "Of the server", "N" },
    { "path", 0, 0, G_OPTION_ARG_STRING, &self->path, "What to ask for", "PATH" },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &self->ca_file, "Use TLS", "FILE" },
    { "mode", 0, 0, G_OPTION_ARG_STRING, &self->mode, "In which way", "NAME" },
    { "output", 0, 0, G_OPTION_ARG_FILENAME, &self->output, "Where to", "FILE" },
    { "server", 0, 0, G_OPTION_ARG_INT, &self->server, "Its process", "PID" },
    { "in-flight", 0, 0, G_OPTION_ARG_INT, &self->in_flight, "Requests at once", "N" },
    { "warm-up", 0, 0, G_OPTION_ARG_INT, &self->warm_up, "Requests first", "N" },
    { "requests", 0, 0, G_OPTION_ARG_INT, &self->requests, "Requests to measure", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &self->seconds, "Longest time of each part", "N" },
    { "body-length", 0, 0, G_OPTION_ARG_INT64, &self->body_length, "Of each body", "N" },
    G_OPTION_ENTRY_NULL
  };

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    bench_fail ("%s", error->message);
  if (self->port <= 0 || self->path == NULL || self->in_flight <= 0 || self->warm_up < 0 ||
      self->requests <= 0)
    bench_fail ("wrong options");
}

void
bench_init (Bench *self,
            int argc,
            char **argv)
{
  *self = (Bench) { .in_flight = 1, .requests = 1 };
  parse (self, argc, argv);
  raise_limit_of_files ();

  self->uri = g_strdup_printf ("%s://127.0.0.1:%d%s", self->ca_file != NULL ? "https" : "http",
                               self->port, self->path);
  self->n_last = (gint64) self->warm_up + self->requests;
  self->next_mark = self->warm_up;
  self->part_end_us = G_MAXINT64;
  if (self->seconds > 0)
    self->part_end_us = g_get_monotonic_time () + self->seconds * G_USEC_PER_SEC;
  if (self->warm_up == 0)
    bench_begin (self);
}

static gint64
microseconds_of (struct timeval time)
{
  return time.tv_sec * G_USEC_PER_SEC + time.tv_usec;
}

static BenchClock
read_clock (Bench *self)
{
  BenchClock now = { .wall_us = g_get_monotonic_time () };
  struct rusage usage;
  struct timespec spent;
  clockid_t clock;

  getrusage (RUSAGE_SELF, &usage);
  now.user_us = microseconds_of (usage.ru_utime);
  now.system_us = microseconds_of (usage.ru_stime);
  if (self->server != 0 && clock_getcpuclockid (self->server, &clock) == 0 &&
      clock_gettime (clock, &spent) == 0)
    now.server_us = spent.tv_sec * G_USEC_PER_SEC + spent.tv_nsec / 1000;

  return now;
}

void
bench_begin (Bench *self)
{
  self->is_measuring = TRUE;
  self->next_mark = self->n_done + self->requests;
  if (self->seconds > 0)
    self->part_end_us = g_get_monotonic_time () + self->seconds * G_USEC_PER_SEC;
  self->begin = read_clock (self);
}

static void
end_part (Bench *self)
{
  if (!self->is_measuring)
    {
      bench_begin (self);
      self->n_last = self->next_mark;
      return;
    }

  self->end = read_clock (self);
  self->n_measured = self->n_done - (self->next_mark - self->requests);
  self->n_last = self->n_started;
  self->next_mark = G_MAXINT64;
  self->part_end_us = G_MAXINT64;
}

gboolean
bench_start (Bench *self)
{
  if (self->n_started >= self->n_last)
    return FALSE;

  self->n_started++;
  return TRUE;
}

static gboolean
is_late (Bench *self)
{
  return self->part_end_us != G_MAXINT64 && self->n_done % REQUESTS_A_LOOK == 0 &&
         g_get_monotonic_time () >= self->part_end_us;
}

void
bench_finish (Bench *self,
              unsigned int status,
              gsize body_len)
{
  if (status != 200 || (gint64) body_len != self->body_length)
    bench_fail ("status %u and %" G_GSIZE_FORMAT " bytes instead of 200 and %" G_GINT64_FORMAT,
                status, body_len, self->body_length);

  self->n_done++;
  self->n_bytes += (gint64) body_len;
  if (self->n_done == self->next_mark || is_late (self))
    end_part (self);
}

gboolean
bench_is_over (Bench *self)
{
  return self->n_done >= self->n_last;
}

/* The peak since this program began: that of getrusage() is at least the size of its parent. */
static gint64
read_peak_kb (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmHWM:");

  return line != NULL ? g_ascii_strtoll (line + strlen ("VmHWM:"), NULL, 10) : 0;
}

static void
put (const char *name,
     gint64 value)
{
  g_print ("\"%s\": %" G_GINT64_FORMAT ", ", name, value);
}

void
bench_report (Bench *self)
{
  g_print ("{");
  put ("started", self->n_started);
  put ("done", self->n_done);
  put ("bytes", self->n_bytes);
  put ("requests", self->n_measured);
  put ("wall_us", self->end.wall_us - self->begin.wall_us);
  put ("user_us", self->end.user_us - self->begin.user_us);
  put ("system_us", self->end.system_us - self->begin.system_us);
  put ("server_us", self->end.server_us - self->begin.server_us);
  g_print ("\"peak_kb\": %" G_GINT64_FORMAT "}\n", read_peak_kb ());
}

GString *
bench_make_request (Bench *self)
{
  GString *request = g_string_new (NULL);

  g_string_printf (request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n\r\n",
                   self->path, self->port);
  return request;
}

int
bench_connect (Bench *self)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons ((guint16) self->port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;

  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof (address)) != 0)
    bench_fail ("cannot connect: %s", g_strerror (errno));
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof (on));

  return fd;
}

static void
check_tls (int result)
{
  if (result < 0)
    bench_fail ("%s", gnutls_strerror (result));
}

gnutls_certificate_credentials_t
bench_make_credentials (Bench *self)
{
  gnutls_certificate_credentials_t credentials;

  check_tls (gnutls_certificate_allocate_credentials (&credentials));
  check_tls (gnutls_certificate_set_x509_trust_file (credentials, self->ca_file,
                                                     GNUTLS_X509_FMT_PEM));
  return credentials;
}

gnutls_session_t
bench_connect_tls (int fd,
                   gnutls_certificate_credentials_t credentials)
{
  gnutls_session_t session;
  int result;

  check_tls (gnutls_init (&session, GNUTLS_CLIENT));
  check_tls (gnutls_set_default_priority (session));
  check_tls (gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, credentials));
  gnutls_session_set_verify_cert (session, "127.0.0.1", 0);
  gnutls_transport_set_int (session, fd);
  do
    result = gnutls_handshake (session);
  while (result < 0 && !gnutls_error_is_fatal (result));
  check_tls (result);

  return session;
}

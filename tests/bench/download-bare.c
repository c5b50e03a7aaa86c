/* download-bare.c: the floors of a large download, with blocking calls but for one
 *
 *   --mode recv      counts what a buffer receives
 *          write     writes it into a file
 *          splice    from the socket into a file through a pipe, past user space
 *          tls       gnutls_record_recv()
 *          tls-pull  the same, with a pull function that receives much at once
 *
 *          source    recv() in a GSource, which waits in a main loop
 *
 * The connection is there when measuring begins.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* splice, memmem */

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (64 * 1024)
#define PIPE_BYTES (1024 * 1024)

typedef struct
{
  Bench            bench;
  int              fd;
  int              file; /* -1: none */
  int              pipe[2];
  gnutls_session_t tls;  /* (nullable) */
  gint64           n_body;
  gsize            n_in; /* what the pull function has, and has given */
  gsize            n_given;
  char             buffer[BUFFER_BYTES];
  char             in[BUFFER_BYTES];
} Download;

static gssize
pull_cb (gnutls_transport_ptr_t transport,
         void *data,
         size_t len)
{
  Download *self = transport;

  if (self->n_given == self->n_in)
    {
      gssize n = recv (self->fd, self->in, sizeof (self->in), 0);

      if (n <= 0)
        return n;
      self->n_in = (gsize) n;
      self->n_given = 0;
    }
  len = MIN (len, self->n_in - self->n_given);
  memcpy (data, self->in + self->n_given, len);
  self->n_given += len;

  return (gssize) len;
}

static gssize
push_cb (gnutls_transport_ptr_t transport,
         const void *data,
         size_t len)
{
  return send (((Download *) transport)->fd, data, len, MSG_NOSIGNAL);
}

static gssize
receive (Download *self)
{
  gssize n;

  if (self->tls == NULL)
    return recv (self->fd, self->buffer, sizeof (self->buffer), 0);

  do
    n = gnutls_record_recv (self->tls, self->buffer, sizeof (self->buffer));
  while (n < 0 && !gnutls_error_is_fatal ((int) n));
  return n;
}

static void
keep (Download *self,
      const char *data,
      gsize len)
{
  self->n_body += (gint64) len;
  if (self->file >= 0 && write (self->file, data, len) != (gssize) len)
    bench_fail ("cannot write: %s", g_strerror (errno));
}

/* A reply's head arrives in one piece here. */
static void
receive_head (Download *self)
{
  gssize n = receive (self);
  const char *end = n > 0 ? memmem (self->buffer, (gsize) n, "\r\n\r\n", 4) : NULL;

  if (end == NULL)
    bench_fail ("cannot receive");
  keep (self, end + 4, (gsize) (self->buffer + n - (end + 4)));
}

static void
receive_body (Download *self)
{
  while (self->n_body < self->bench.body_length)
    {
      gssize n = receive (self);

      if (n <= 0)
        bench_fail ("cannot receive");
      keep (self, self->buffer, (gsize) n);
    }
}

static void
splice_body (Download *self)
{
  while (self->n_body < self->bench.body_length)
    {
      gssize n = splice (self->fd, NULL, self->pipe[1], NULL, PIPE_BYTES, SPLICE_F_MOVE);

      if (n <= 0)
        bench_fail ("cannot splice: %s", g_strerror (errno));
      self->n_body += n;
      while (n > 0)
        {
          gssize written = splice (self->pipe[0], NULL, self->file, NULL, (gsize) n, SPLICE_F_MOVE);

          if (written <= 0)
            bench_fail ("cannot splice: %s", g_strerror (errno));
          n -= written;
        }
    }
}

static gboolean
readable_cb (int fd,
             GIOCondition condition,
             gpointer user_data)
{
  Download *self = user_data;
  gssize n;

  /* A buffer that is not filled has emptied the socket. */
  do
    {
      n = recv (fd, self->buffer, sizeof (self->buffer), MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EAGAIN))
        bench_fail ("cannot receive");
      if (n > 0)
        keep (self, self->buffer, (gsize) n);
    }
  while (n == sizeof (self->buffer));

  return self->n_body < self->bench.body_length;
}

static void
receive_in_source (Download *self)
{
  g_unix_fd_add (self->fd, G_IO_IN, readable_cb, self);
  while (self->n_body < self->bench.body_length)
    g_main_context_iteration (NULL, TRUE);
}

static void
start_tls (Download *self)
{
  self->tls = bench_connect_tls (self->fd, bench_make_credentials (&self->bench));
  if (!g_str_equal (self->bench.mode, "tls-pull"))
    return;

  gnutls_transport_set_ptr (self->tls, self);
  gnutls_transport_set_pull_function (self->tls, pull_cb);
  gnutls_transport_set_push_function (self->tls, push_cb);
}

int
main (int argc,
      char **argv)
{
  g_autofree Download *self = g_new0 (Download, 1);
  g_autoptr (GString) request = NULL;
  gssize n;

  bench_init (&self->bench, argc, argv);
  request = bench_make_request (&self->bench);
  self->fd = bench_connect (&self->bench);
  self->file = -1;
  if (self->bench.ca_file != NULL)
    start_tls (self);

  bench_begin (&self->bench);
  bench_start (&self->bench);
  if (self->bench.output != NULL)
    self->file = open (self->bench.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  n = self->tls != NULL ? gnutls_record_send (self->tls, request->str, request->len)
                        : send (self->fd, request->str, request->len, MSG_NOSIGNAL);
  if (n != (gssize) request->len)
    bench_fail ("cannot send");
  receive_head (self);
  if (g_str_equal (self->bench.mode, "splice"))
    {
      if (pipe2 (self->pipe, O_CLOEXEC) != 0)
        bench_fail ("no pipe");
      fcntl (self->pipe[0], F_SETPIPE_SZ, PIPE_BYTES);
      splice_body (self);
    }
  else if (g_str_equal (self->bench.mode, "source"))
    {
      receive_in_source (self);
    }
  else
    {
      receive_body (self);
    }
  if (self->file >= 0)
    close (self->file);
  bench_finish (&self->bench, 200, (gsize) self->n_body);

  bench_report (&self->bench);
  return 0;
}

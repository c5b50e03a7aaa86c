/* msa-sys-real-pipe.c: from a socket to a file by splice(2)
 *
 * Part of the real system, on Linux. The pages of what was received are lent to a pipe and written
 * from there: that saves one of two copies of each byte.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-sys-real-private.h"

#include "base/msa-english-private.h"
#include "base/msa-limits-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <unistd.h>

static void
pipe_free (MsaPipe *self)
{
  close (self->in);
  close (self->out);
  g_free (self);
}

MsaPipe *
msa_sys_real_pipe_open (MsaSys *sys)
{
  MsaPipe *self;
  int fds[2];

  if (pipe2 (fds, O_CLOEXEC | O_NONBLOCK) < 0)
    return NULL;

  self = g_new0 (MsaPipe, 1);
  self->out = fds[0];
  self->in = fds[1];
  self->free = pipe_free;
  /* A user may have so many pages of pipes and no more: then it stays smaller. */
  fcntl (self->in, F_SETPIPE_SZ, MSA_PIPE_BYTES);

  return self;
}

gssize
msa_sys_real_socket_splice (MsaSys *sys,
                            int fd,
                            MsaPipe *pipe,
                            gsize max)
{
  gssize n;

  while ((n = splice (fd, NULL, pipe->in, NULL, max, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)) < 0 &&
         errno == EINTR)
    ;
  return n;
}

/* For what is no plain file, or lies where splicing is not known. */
static gboolean
copy_out (MsaPipe *self,
          GOutputStream *stream,
          gsize n,
          GCancellable *cancellable,
          GError **error)
{
  g_autofree guint8 *buffer = g_malloc (MSA_SCRATCH_BYTES);

  while (n > 0)
    {
      gssize n_read = read (self->out, buffer, MIN (n, (gsize) MSA_SCRATCH_BYTES));

      if (n_read < 0 && errno == EINTR)
        continue;
      if (n_read <= 0)
        {
          int code = n_read == 0 ? EPIPE : errno;

          g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                               msa_english_errno (code));
          return FALSE;
        }
      if (!g_output_stream_write_all (stream, buffer, (gsize) n_read, NULL, cancellable, error))
        return FALSE;
      n -= (gsize) n_read;
    }

  return TRUE;
}

gboolean
msa_sys_real_pipe_drain (MsaSys *sys,
                         MsaPipe *pipe,
                         GOutputStream *stream,
                         gsize n,
                         GCancellable *cancellable,
                         GError **error)
{
  int fd;

  if (!G_IS_FILE_DESCRIPTOR_BASED (stream))
    return copy_out (pipe, stream, n, cancellable, error);

  fd = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (stream));
  while (n > 0)
    {
      gssize n_moved;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      n_moved = splice (pipe->out, NULL, fd, NULL, n, SPLICE_F_MOVE);
      if (n_moved < 0 && errno == EINTR)
        continue;
      if (n_moved < 0 && errno == EINVAL)
        return copy_out (pipe, stream, n, cancellable, error);
      if (n_moved <= 0)
        {
          int code = n_moved == 0 ? EPIPE : errno;

          g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                               msa_english_errno (code));
          return FALSE;
        }
      n -= (gsize) n_moved;
    }

  return TRUE;
}

/* msa-tls-transport.c: how GnuTLS reads and writes
 *
 * It is given bytes from one large read, and is asked to write by one send for each
 * flight. Its callbacks take note of what failed and say so by errno.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-filter-private.h"

#include <errno.h>
#include <string.h>

/* One read from below: two records of the largest size (RFC 8446, 5.2), so that a busy connection
 * asks the kernel less than once a record. Held only while bytes lie in it. */
#define INPUT_BYTES (2 * (5 + 16384 + 256))
/* Pieces of a flight that go out in one send. */
#define MAX_FLIGHT_BYTES (16 * 1024)
/* FALSE: nothing came, and lower_end or the session's errno says why. */
static gboolean
fill_input (MsaTlsFilter *self)
{
  guint8 *room = msa_writer_reserve (&self->input, INPUT_BYTES);
  gsize n_read = 0;

  if (room == NULL)
    {
      gnutls_transport_set_errno (self->session, ENOMEM);
      return FALSE;
    }

  gnutls_transport_set_errno (self->session, 0);
  switch (msa_filter_recv (self->base.next, room, INPUT_BYTES, &n_read, &self->pull_error))
    {
    case MSA_IO_DONE:
      msa_writer_commit (&self->input, n_read);
      return TRUE;
    case MSA_IO_AGAIN:
      self->blocked = TRUE;
      gnutls_transport_set_errno (self->session, EAGAIN);
      return FALSE;
    case MSA_IO_END:
      self->lower_end = TRUE;
      return FALSE;
    case MSA_IO_ERROR:
    default:
      gnutls_transport_set_errno (self->session, EIO);
      return FALSE;
    }
}

static ssize_t
pull_cb (gnutls_transport_ptr_t user_data,
         void *buffer,
         size_t size)
{
  MsaTlsFilter *self = user_data;
  gsize len;

  if (self->input.len == 0)
    {
      if (self->lower_end)
        return 0;
      if (self->pull_error != NULL)
        {
          gnutls_transport_set_errno (self->session, EIO);
          return -1;
        }
      if (!fill_input (self))
        return self->lower_end ? 0 : -1;
    }

  len = MIN (size, self->input.len);
  memcpy (buffer, msa_writer_slice (&self->input).data, len);
  msa_writer_consume (&self->input, len);
  return (ssize_t) len;
}

static int
pull_timeout_cb (gnutls_transport_ptr_t user_data,
                 unsigned int timeout_ms)
{
  MsaTlsFilter *self = user_data;

  return self->input.len > 0 || self->lower_end || msa_filter_pending (self->base.next) ? 1 : 0;
}

static ssize_t
push_bytes (MsaTlsFilter *self,
            MsaSlice bytes)
{
  gsize n_sent = 0;

  if (bytes.len == 0)
    return 0;
  if (self->push_error != NULL)
    {
      gnutls_transport_set_errno (self->session, EIO);
      return -1;
    }

  switch (msa_filter_send (self->base.next, (const guint8 *) bytes.data, bytes.len, &n_sent,
                           &self->push_error))
    {
    case MSA_IO_DONE:
      return (ssize_t) n_sent;
    case MSA_IO_AGAIN:
      self->blocked = TRUE;
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    case MSA_IO_END:
    case MSA_IO_ERROR:
    default:
      gnutls_transport_set_errno (self->session, EIO);
      return -1;
    }
}

/* A flight of the handshake comes in pieces: joined they are one send and, with TCP_NODELAY, one
 * packet. After a partial send GnuTLS comes again with what is left. */
static ssize_t
push_cb (gnutls_transport_ptr_t user_data,
         const giovec_t *pieces,
         int n_pieces)
{
  MsaTlsFilter *self = user_data;
  MsaWriter flight;
  ssize_t result;
  int i;

  if (n_pieces <= 0)
    return 0;

  msa_writer_init (&flight, MAX_FLIGHT_BYTES);
  for (i = 0; i < n_pieces && n_pieces > 1; i++)
    if (!msa_writer_append (&flight, pieces[i].iov_base, pieces[i].iov_len))
      break;

  if (flight.len > 0)
    result = push_bytes (self, msa_writer_slice (&flight));
  else
    result = push_bytes (self, msa_slice (pieces[0].iov_base, pieces[0].iov_len));
  msa_writer_release (&flight);
  return result;
}

void
msa_tls_transport_init (MsaTlsFilter *self)
{
  msa_writer_init (&self->input, INPUT_BYTES);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_pull_function (self->session, pull_cb);
  gnutls_transport_set_pull_timeout_function (self->session, pull_timeout_cb);
  gnutls_transport_set_vec_push_function (self->session, push_cb);
}

void
msa_tls_transport_rest (MsaTlsFilter *self)
{
  if (self->input.len == 0)
    msa_writer_release (&self->input);
}

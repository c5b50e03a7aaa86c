/* msa-socket.c: the bottom filter, a TCP or Unix socket
 *
 * Opens, connects, sends and receives without ever waiting, and says what it waits for.
 * Which of several addresses is tried, and when one is given up, is decided above.
 * Used from the multi's thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "net/msa-socket-private.h"

#include "base/msa-english-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-error.h"

#include <errno.h>

typedef enum
{
  SOCKET_NEW,
  SOCKET_CONNECTING,
  SOCKET_CONNECTED,
  SOCKET_FAILED,
} SocketState;

typedef struct
{
  MsaFilter          filter;    /* first */

  MsaReactor        *reactor;   /* (unowned) */
  MsaWatch           watch;
  MsaAddress        *address;   /* (owned) (nullable): until it is connected */
  char              *peer;      /* (owned): a GRefString, the address for people */
  const MsaLocalEnd *local;     /* (unowned) (nullable): NULL once it connects */
  GSocket           *handed;    /* (owned) (nullable): the application's */
  MsaSocketReadyFunc ready;
  gpointer           user_data;

  SocketState state;
  gboolean is_unix;
  gboolean blocked; /* the last send would have blocked */
  gboolean filled; /* the last recv used all of the buffer: there may be more */
  guint n_tried; /* of the local ports */
  guint64 n_bytes; /* sent and received */
} MsaSocket;

static void
set_error (MsaSocket *self,
           MsaError code,
           const char *what,
           const char *cause,
           GError **error)
{
  MSA_TRACE_BY (self->filter.trace, SOCKET, "%s %s failed: %s", what, self->peer, cause);
  g_set_error (error, MSA_ERROR, code, "%s %s failed: %s", what, self->peer, cause);
}

static void
set_connected (MsaSocket *self,
               const char *what)
{
  self->state = SOCKET_CONNECTED;
  g_clear_pointer (&self->address, g_free);
  MSA_TRACE_BY (self->filter.trace, SOCKET, "%s %s", what, self->peer);
}

static MsaIo
fail_connect (MsaSocket *self,
              const char *what,
              const char *cause,
              GError **error)
{
  self->state = SOCKET_FAILED;
  set_error (self, MSA_ERROR_CONNECT, what, cause, error);
  return MSA_IO_ERROR;
}

static MsaIo
fail_bind (MsaSocket *self,
           const char *cause,
           GError **error)
{
  g_autofree char *local = msa_local_end_describe (self->local);
  g_autofree char *what = g_strdup_printf ("Binding to %s for", local);

  self->state = SOCKET_FAILED;
  set_error (self, MSA_ERROR_BIND, what, cause, error);
  return MSA_IO_ERROR;
}

/* It is bound to none of the ports that had their turn, or to a wrong one. The reactor has not
 * heard of it yet. */
static void
drop_unbound (MsaSocket *self)
{
  MsaSys *sys = self->reactor->sys;

  sys->ops->close (sys, self->watch.fd);
  self->watch.fd = -1;
}

/* AGAIN: no port up to the one numbered @end is free. */
static MsaIo
open_socket (MsaSocket *self,
             guint end,
             GError **error)
{
  MsaSys *sys = self->reactor->sys;
  const MsaLocalEnd *local = self->local;
  int family = self->address->addr.ss_family;

  if (local != NULL && !msa_local_end_suits (local, family))
    return fail_bind (self, "One is IPv4, the other IPv6", error);

  self->watch.fd = sys->ops->socket_open (sys, family);
  if (self->watch.fd < 0)
    return fail_connect (self, "Opening a socket for", msa_english_errno (errno), error);
  if (local == NULL || msa_local_end_bind (local, sys, self->watch.fd, family, &self->n_tried, end))
    return MSA_IO_DONE;
  if (!msa_local_end_may_go_on (errno) || self->n_tried >= local->n_ports)
    return fail_bind (self, msa_english_errno (errno), error);

  drop_unbound (self);
  return MSA_IO_AGAIN;
}

/* FALSE: there is a connection from this port to that address already. */
static gboolean
connect_socket (MsaSocket *self,
                MsaIo *io,
                GError **error)
{
  MsaSys *sys = self->reactor->sys;

  *io = MSA_IO_DONE;
  /* One that was handed over may be on its way. */
  if (sys->ops->socket_connect (sys, self->watch.fd, self->address) == 0 || errno == EISCONN)
    {
      set_connected (self, "connected to");
    }
  else if (errno == EINPROGRESS || errno == EALREADY)
    {
      self->state = SOCKET_CONNECTING;
      *io = MSA_IO_AGAIN;
      MSA_TRACE_BY (self->filter.trace, SOCKET, "connecting to %s", self->peer);
    }
  else if (errno == EADDRNOTAVAIL && self->local != NULL && self->local->port != 0)
    return FALSE;
  else if (errno == EAGAIN && self->is_unix)
    /* Unix sockets do not wait for room, and no readiness would follow (unix(7)). */
    *io = fail_connect (self, "Connecting to", "Its queue of connections is full", error);
  else
    *io = fail_connect (self, "Connecting to", msa_english_errno (errno), error);

  return TRUE;
}

/* The application has made it, and bound it as it likes. */
static MsaIo
adopt_socket (MsaSocket *self,
              GError **error)
{
  MsaSys *sys = self->reactor->sys;
  gboolean connected = FALSE;
  MsaIo io;

  self->local = NULL;
  self->watch.fd = sys->ops->socket_adopt (sys, self->handed, &connected);
  if (self->watch.fd < 0)
    return fail_connect (self, "Taking over a socket for", msa_english_errno (errno), error);
  if (!connected)
    {
      connect_socket (self, &io, error);
      return io;
    }

  set_connected (self, "given a socket that is connected to");
  return MSA_IO_DONE;
}

static MsaIo
start_connect (MsaSocket *self,
               gint64 now_us,
               GError **error)
{
  guint end = self->n_tried + MSA_BINDS_IN_A_ROW;
  MsaIo io;

  if (self->handed != NULL)
    return adopt_socket (self, error);

  io = open_socket (self, end, error);
  while (io == MSA_IO_DONE && !connect_socket (self, &io, error))
    {
      /* It cannot be bound anew. */
      drop_unbound (self);
      io = open_socket (self, end, error);
    }
  /* Others have their turn before the next ports. */
  if (self->watch.fd < 0 && io == MSA_IO_AGAIN)
    self->ready (self->user_data, MSA_SOCKET_OUT, now_us);
  else
    self->local = NULL;

  return io;
}

static MsaIo
check_connect (MsaSocket *self,
               GError **error)
{
  MsaSys *sys = self->reactor->sys;
  int result = sys->ops->socket_error (sys, self->watch.fd);

  if (result == EINPROGRESS)
    return MSA_IO_AGAIN;
  if (result != 0)
    return fail_connect (self, "Connecting to", msa_english_errno (result > 0 ? result : errno),
                         error);

  set_connected (self, "connected to");
  return MSA_IO_DONE;
}

static MsaIo
socket_connect (MsaFilter *filter,
                gint64 now_us,
                GError **error)
{
  MsaSocket *self = (MsaSocket *) filter;

  switch (self->state)
    {
    case SOCKET_NEW:
      return start_connect (self, now_us, error);
    case SOCKET_CONNECTING:
      return check_connect (self, error);
    case SOCKET_CONNECTED:
      return MSA_IO_DONE;
    case SOCKET_FAILED:
    default:
      return fail_connect (self, "Connecting to", msa_english_errno (ENOTCONN), error);
    }
}

static MsaIo
socket_send (MsaFilter *filter,
             const guint8 *data,
             gsize len,
             gsize *n_sent,
             GError **error)
{
  MsaSocket *self = (MsaSocket *) filter;
  MsaSys *sys = self->reactor->sys;
  gssize n = sys->ops->socket_send (sys, self->watch.fd, data, len);

  self->blocked = n < 0 && errno == EAGAIN;
  if (self->blocked)
    return MSA_IO_AGAIN;
  if (n < 0)
    {
      set_error (self, MSA_ERROR_SEND, "Sending to", msa_english_errno (errno), error);
      return MSA_IO_ERROR;
    }

  MSA_TRACE_BY (self->filter.trace, SOCKET, "sent %" G_GSSIZE_FORMAT " bytes", n);
  *n_sent = (gsize) n;
  self->n_bytes += (gsize) n;
  return MSA_IO_DONE;
}

/* What a read came to. */
static MsaIo
take_result (MsaSocket *self,
             gssize n,
             gsize size,
             gsize *n_read,
             GError **error)
{
  self->filled = n > 0 && (gsize) n == size;
  if (n == 0)
    {
      MSA_TRACE_BY (self->filter.trace, SOCKET, "the peer has closed");
      return MSA_IO_END;
    }
  if (n < 0 && errno == EAGAIN)
    return MSA_IO_AGAIN;
  if (n < 0)
    {
      set_error (self, MSA_ERROR_RECEIVE, "Receiving from", msa_english_errno (errno), error);
      return MSA_IO_ERROR;
    }

  MSA_TRACE_BY (self->filter.trace, SOCKET, "received %" G_GSSIZE_FORMAT " bytes", n);
  *n_read = (gsize) n;
  self->n_bytes += (gsize) n;
  return MSA_IO_DONE;
}

static MsaIo
socket_recv (MsaFilter *filter,
             guint8 *buffer,
             gsize size,
             gsize *n_read,
             GError **error)
{
  MsaSocket *self = (MsaSocket *) filter;
  MsaSys *sys = self->reactor->sys;

  return take_result (self, sys->ops->socket_recv (sys, self->watch.fd, buffer, size), size, n_read,
                      error);
}

static gboolean
socket_pending (MsaFilter *filter)
{
  MsaSocket *self = (MsaSocket *) filter;

  return self->filled;
}

static gboolean
socket_peek (MsaFilter *filter)
{
  MsaSocket *self = (MsaSocket *) filter;
  MsaSys *sys = self->reactor->sys;
  guint8 byte;

  /* An error is news too: the socket is of no more use. */
  return sys->ops->socket_peek (sys, self->watch.fd, &byte, 1) >= 0 || errno != EAGAIN;
}

static MsaIo
socket_splice (MsaFilter *filter,
               MsaPipe *pipe,
               gsize max,
               gsize *n_read,
               GError **error)
{
  MsaSocket *self = (MsaSocket *) filter;
  MsaSys *sys = self->reactor->sys;
  gssize n = sys->ops->socket_splice (sys, self->watch.fd, pipe, max);

  /* Empty, or no room? If bytes wait now, they may have come just after the question. */
  if (n < 0 && errno == EAGAIN && socket_peek (filter))
    {
      n = sys->ops->socket_splice (sys, self->watch.fd, pipe, max);
      if (n < 0 && errno == EAGAIN)
        errno = ENOBUFS;
    }
  /* A kind of socket that cannot be spliced is as a pipe that never has room. */
  if (n < 0 && (errno == ENOBUFS || errno == EINVAL))
    {
      *n_read = 0;
      return MSA_IO_DONE;
    }

  return take_result (self, n, max, n_read, error);
}

static MsaSocketEvents
socket_wants (MsaFilter *filter)
{
  MsaSocket *self = (MsaSocket *) filter;

  if (self->state == SOCKET_CONNECTING || self->blocked)
    return MSA_SOCKET_OUT;
  return MSA_SOCKET_NONE;
}

static MsaIo
socket_shutdown (MsaFilter *filter)
{
  MsaSocket *self = (MsaSocket *) filter;
  MsaSys *sys = self->reactor->sys;

  if (self->state != SOCKET_CONNECTED)
    return MSA_IO_ERROR;

  /* The peer may have reset it. */
  return sys->ops->socket_shutdown_write (sys, self->watch.fd) == 0 ? MSA_IO_DONE : MSA_IO_ERROR;
}

static void
socket_free (MsaFilter *filter)
{
  MsaSocket *self = (MsaSocket *) filter;

  if (self->watch.fd >= 0)
    MSA_TRACE_BY (self->filter.trace, SOCKET, "closed: %s", self->peer);
  msa_reactor_close (self->reactor, &self->watch);
  g_clear_object (&self->handed);
  g_free (self->address);
  g_ref_string_release (self->peer);
  g_free (self);
}

static const MsaFilterOps ops = {
  .name = "socket",
  .connect = socket_connect,
  .send = socket_send,
  .recv = socket_recv,
  .splice = socket_splice,
  .pending = socket_pending,
  .peek = socket_peek,
  .wants = socket_wants,
  .shutdown = socket_shutdown,
  .free = socket_free,
};

static void
watch_ready_cb (MsaWatch *watch,
                MsaSocketEvents events,
                gint64 now_us)
{
  MsaSocket *self = (gpointer) ((guint8 *) watch - G_STRUCT_OFFSET (MsaSocket, watch));

  self->ready (self->user_data, events, now_us);
}

MsaFilter *
msa_socket_new (MsaReactor *reactor,
                const MsaAddress *address,
                const MsaLocalEnd *local,
                MsaSocketReadyFunc ready,
                gpointer user_data)
{
  MsaSocket *self = g_new0 (MsaSocket, 1);
  g_autofree char *text = msa_address_to_string (address);

  self->filter.ops = &ops;
  self->reactor = reactor;
  self->watch.fd = -1;
  self->watch.ready = watch_ready_cb;
  self->address = g_new (MsaAddress, 1);
  *self->address = *address;
  self->peer = g_ref_string_new (text);
  self->is_unix = address->addr.ss_family == AF_UNIX;
  self->local = local;
  self->ready = ready;
  self->user_data = user_data;
  return &self->filter;
}

void
msa_socket_take_over (MsaFilter *filter,
                      GSocket *handed)
{
  ((MsaSocket *) filter)->handed = handed;
}

void
msa_socket_set_ready (MsaFilter *filter,
                      MsaSocketReadyFunc ready,
                      gpointer user_data)
{
  MsaSocket *self = (MsaSocket *) filter;

  self->ready = ready;
  self->user_data = user_data;
}

void
msa_socket_want (MsaFilter *filter,
                 MsaSocketEvents events)
{
  MsaSocket *self = (MsaSocket *) filter;

  if (self->watch.fd >= 0)
    msa_reactor_want (self->reactor, &self->watch, events);
}

void
msa_socket_tune (MsaFilter *filter,
                 const MsaSettings *settings)
{
  MsaSocket *self = (MsaSocket *) filter;
  MsaSys *sys = self->reactor->sys;
  const MsaSocketTuning tuning = {
    .nodelay = settings->tcp_nodelay,
    .keepalive_idle_s = settings->tcp_keepalive_idle_s,
    .keepalive_interval_s = settings->tcp_keepalive_interval_s,
  };

  if (!self->is_unix)
    sys->ops->socket_tune (sys, self->watch.fd, &tuning);
}

int
msa_socket_get_fd (MsaFilter *filter)
{
  return ((MsaSocket *) filter)->watch.fd;
}

guint64
msa_socket_count_bytes (MsaFilter *filter)
{
  return ((MsaSocket *) filter)->n_bytes;
}

char *
msa_socket_get_peer (MsaFilter *filter)
{
  return ((MsaSocket *) filter)->peer;
}

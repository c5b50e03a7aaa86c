/* msa-sim-socket.c: connections of the simulation and their peers
 *
 * A connection has two ends: SimSocket, which goes with the client's descriptor, and SimPeer, which
 * stays until the simulation ends, so that what is on its way may name it. Whatever passes
 * between them takes the latency and keeps its order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-private.h"

#include "model/msa-enums.h"
#include "net/msa-socket-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#define DEFAULT_LATENCY_US 1000
#define DEFAULT_SEND_WINDOW (256 * 1024)

struct _SimPeer
{
  MsaSimPeer peer;          /* first */

  SimSocket *socket;        /* (unowned) (nullable): cleared when the client closes */
  GString   *received;      /* (owned): read */
  GString   *unread;        /* (owned): arrived while not reading */
  gboolean   accepted;
  gboolean   reading;
  gboolean   finished;      /* sent its FIN or a reset: sends nothing any more */
  gboolean   closed;        /* closed in both directions */
  gboolean   client_closed; /* the client's FIN or reset has arrived */
  gint64     last_to_client_us;
  gint64     last_to_peer_us;
  gint64     extra_us;      /* of latency */
};

typedef struct
{
  MsaSimAcceptFunc accept;
  gpointer         data;
} SimListener;

typedef enum
{
  ROUTE_BLACK_HOLE = 1,
  ROUTE_UNREACHABLE,
} SimRoute;

/* One of IPv6 may have the index of an interface behind a '%'. */
MsaAddress
sim_parse_address (const char *text,
                   guint16 port)
{
  g_auto (GStrv) parts = g_strsplit (text, "%", 2);
  MsaAddress address;

  g_assert_true (msa_address_parse (&address, parts[0]));
  if (parts[1] != NULL)
    ((struct sockaddr_in6 *) &address.addr)->sin6_scope_id = (guint32) atoi (parts[1]);
  msa_address_set_port (&address, port);

  return address;
}

char *
sim_format_address (const MsaAddress *address,
                    gboolean with_port)
{
  MsaAddress copy = *address;

  if (!with_port)
    msa_address_set_port (&copy, 0);
  return msa_address_to_string (&copy);
}

static char *
key_of (const char *address,
        guint16 port)
{
  MsaAddress parsed;

  if (g_str_has_prefix (address, "unix:"))
    return g_strdup (address);

  parsed = sim_parse_address (address, port);
  return msa_address_to_string (&parsed);
}

static void
free_peer (SimPeer *peer)
{
  g_string_free (peer->received, TRUE);
  g_string_free (peer->unread, TRUE);
  g_free (peer->peer.address);
  g_free (peer->peer.client);
  g_free (peer->peer.device);
  g_free (peer);
}

void
sim_sockets_init (MsaSim *self)
{
  self->latency_us = DEFAULT_LATENCY_US;
  self->send_window = DEFAULT_SEND_WINDOW;
  self->listeners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->routes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->links = g_ptr_array_new_with_free_func ((GDestroyNotify) free_peer);
  self->peers = g_ptr_array_new ();
}

void
sim_sockets_clear (MsaSim *self)
{
  g_hash_table_unref (self->listeners);
  g_hash_table_unref (self->routes);
  g_ptr_array_unref (self->peers);
  g_ptr_array_unref (self->links);
}

void
msa_sim_listen (MsaSim *self,
                const char *address,
                guint16 port,
                MsaSimAcceptFunc accept,
                gpointer data)
{
  SimListener *listener = g_new (SimListener, 1);

  *listener = (SimListener) { accept, data };
  g_hash_table_replace (self->listeners, key_of (address, port), listener);
}

void
msa_sim_unlisten (MsaSim *self,
                  const char *address,
                  guint16 port)
{
  g_autofree char *key = key_of (address, port);

  g_hash_table_remove (self->listeners, key);
}

void
msa_sim_set_black_hole (MsaSim *self,
                        const char *address)
{
  g_hash_table_replace (self->routes, key_of (address, 0), GINT_TO_POINTER (ROUTE_BLACK_HOLE));
}

void
msa_sim_set_unreachable (MsaSim *self,
                         const char *address)
{
  g_hash_table_replace (self->routes, key_of (address, 0), GINT_TO_POINTER (ROUTE_UNREACHABLE));
}

void
msa_sim_set_latency (MsaSim *self,
                     gint64 latency_us)
{
  self->latency_us = latency_us;
}

void
msa_sim_set_send_window (MsaSim *self,
                         gsize bytes)
{
  self->send_window = bytes;
}

void
msa_sim_set_segment (MsaSim *self,
                     gsize bytes)
{
  self->segment = bytes;
}

void
msa_sim_set_unsteady (MsaSim *self,
                      guint64 seed)
{
  self->unsteady = seed | 1;
}

void
msa_sim_set_watch_func (MsaSim *self,
                        MsaSimWatchFunc watch,
                        gpointer data)
{
  self->watch = watch;
  self->watch_data = data;
}

guint
msa_sim_get_n_peers (MsaSim *self)
{
  return self->peers->len;
}

MsaSimPeer *
msa_sim_get_peer (MsaSim *self,
                  guint i)
{
  g_assert_cmpuint (i, <, self->peers->len);
  return self->peers->pdata[i];
}

guint
sim_socket_get_ready (SimSocket *self)
{
  guint ready = 0;

  switch (self->state)
    {
    case SIM_NEW:
      return MSA_SOCKET_OUT | MSA_SOCKET_HUP;
    case SIM_CONNECTING:
      return 0;
    case SIM_FAILED:
      return MSA_SOCKET_IN | MSA_SOCKET_OUT | MSA_SOCKET_HUP |
             (self->error != 0 ? MSA_SOCKET_ERR : 0);
    case SIM_CONNECTED:
    default:
      break;
    }

  if (self->inbox->len > 0 || self->eof || self->reset)
    ready |= MSA_SOCKET_IN;
  if (self->in_flight < self->sim->send_window || self->write_shut || self->reset)
    ready |= MSA_SOCKET_OUT;
  if (self->error != 0)
    ready |= MSA_SOCKET_ERR;
  if (self->reset || (self->eof && self->write_shut))
    ready |= MSA_SOCKET_HUP;
  return ready;
}

/* What is on its way. */
typedef struct
{
  SimPeer *peer;  /* (unowned) */
  GBytes  *bytes; /* (owned) (nullable) */
} SimPacket;

static void
free_packet (gpointer data)
{
  SimPacket *packet = data;

  g_clear_pointer (&packet->bytes, g_bytes_unref);
  g_free (packet);
}

static void
schedule_packet (SimPeer *peer,
                 gint64 at_us,
                 void (*run) (MsaSim *sim, gpointer data),
                 GBytes *bytes)
{
  SimPacket *packet = g_new (SimPacket, 1);

  *packet = (SimPacket) { peer, bytes };
  sim_schedule (peer->peer.sim, at_us, run, packet, free_packet);
}

static void
send_to_client (SimPeer *peer,
                void (*run) (MsaSim *sim, gpointer data),
                GBytes *bytes)
{
  MsaSim *sim = peer->peer.sim;
  /* Apart, or two arrivals would be read as one. */
  gint64 gap_us = sim->segment != 0 ? 1 : 0;

  peer->last_to_client_us = MAX (sim->now_us + sim->latency_us + peer->extra_us,
                                 peer->last_to_client_us + gap_us);
  schedule_packet (peer, peer->last_to_client_us, run, bytes);
}

static void
send_to_peer (SimPeer *peer,
              void (*run) (MsaSim *sim, gpointer data),
              GBytes *bytes)
{
  MsaSim *sim = peer->peer.sim;

  peer->last_to_peer_us = MAX (sim->now_us + sim->latency_us + peer->extra_us,
                               peer->last_to_peer_us);
  schedule_packet (peer, peer->last_to_peer_us, run, bytes);
}

/* Arrivals at the client */

static void
client_gets_data (MsaSim *sim,
                  gpointer data)
{
  SimPacket *packet = data;
  SimSocket *client = packet->peer->socket;
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet->bytes, &len);

  if (client == NULL || client->reset)
    return;
  g_byte_array_append (client->inbox, bytes, (guint) len);
  sim_descriptor_changed (client->descriptor);
}

static void
client_gets_end (MsaSim *sim,
                 gpointer data)
{
  SimPacket *packet = data;
  SimSocket *client = packet->peer->socket;

  if (client == NULL || client->reset)
    return;
  client->eof = TRUE;
  sim_descriptor_changed (client->descriptor);
}

static void
client_gets_reset (MsaSim *sim,
                   gpointer data)
{
  SimPacket *packet = data;
  SimSocket *client = packet->peer->socket;

  if (client == NULL || client->reset)
    return;
  client->reset = TRUE;
  client->error = ECONNRESET;
  sim_descriptor_changed (client->descriptor);
}

static void
client_gets_connected (MsaSim *sim,
                       gpointer data)
{
  SimPacket *packet = data;
  SimSocket *client = packet->peer->socket;

  if (client == NULL)
    return;
  client->state = SIM_CONNECTED;
  sim_descriptor_changed (client->descriptor);
}

static void
client_gets_refused (MsaSim *sim,
                     gpointer data)
{
  SimPacket *packet = data;
  SimSocket *client = packet->peer->socket;

  if (client == NULL)
    return;
  client->state = SIM_FAILED;
  client->error = ECONNREFUSED;
  sim_descriptor_changed (client->descriptor);
}

/* Arrivals at the peer */

static void
peer_gets_request (MsaSim *sim,
                   gpointer data)
{
  SimPacket *packet = data;
  SimPeer *peer = packet->peer;
  SimListener *listener = g_hash_table_lookup (sim->listeners, peer->peer.address);

  if (peer->socket == NULL)
    return;
  if (listener == NULL)
    {
      send_to_client (peer, client_gets_refused, NULL);
      return;
    }

  send_to_client (peer, client_gets_connected, NULL);
  peer->accepted = TRUE;
  g_ptr_array_add (sim->peers, peer);
  peer->peer.serial = sim->peers->len;
  if (listener->accept != NULL)
    listener->accept (sim, &peer->peer, listener->data);
}

static void
let_peer_read (SimPeer *peer)
{
  gsize len = peer->unread->len;

  if (!peer->reading || len == 0)
    return;

  g_string_append_len (peer->received, peer->unread->str, (gssize) len);
  g_string_truncate (peer->unread, 0);
  if (peer->socket != NULL)
    {
      peer->socket->in_flight -= len;
      sim_descriptor_changed (peer->socket->descriptor);
    }
  if (peer->peer.received != NULL)
    peer->peer.received (&peer->peer, peer->peer.user_data);
}

static void
peer_gets_data (MsaSim *sim,
                gpointer data)
{
  SimPacket *packet = data;
  SimPeer *peer = packet->peer;
  gsize len;
  const char *bytes = g_bytes_get_data (packet->bytes, &len);

  if (peer->closed)
    {
      send_to_client (peer, client_gets_reset, NULL);
      return;
    }
  g_string_append_len (peer->unread, bytes, (gssize) len);
  let_peer_read (peer);
}

static void
peer_gets_end (MsaSim *sim,
               gpointer data)
{
  SimPacket *packet = data;
  SimPeer *peer = packet->peer;

  if (!peer->accepted || peer->client_closed)
    return;
  peer->client_closed = TRUE;
  if (peer->peer.closed != NULL && !peer->closed)
    peer->peer.closed (&peer->peer, peer->peer.user_data);
}

/* What the peer does */

void
msa_sim_peer_send (MsaSimPeer *self,
                   const void *data,
                   gssize len)
{
  SimPeer *peer = (SimPeer *) self;
  const char *bytes = data;
  gsize left = len < 0 ? strlen (bytes) : (gsize) len;
  gsize segment = self->sim->segment != 0 ? self->sim->segment : G_MAXUINT16;

  if (peer->finished)
    return;
  while (left > 0)
    {
      gsize n = MIN (left, segment);

      send_to_client (peer, client_gets_data, g_bytes_new (bytes, n));
      bytes += n;
      left -= n;
    }
}

static void
run_peer_send (MsaSim *sim,
               gpointer data)
{
  SimPacket *packet = data;
  gsize len;
  const void *bytes = g_bytes_get_data (packet->bytes, &len);

  msa_sim_peer_send (&packet->peer->peer, bytes, (gssize) len);
}

void
msa_sim_peer_send_at (MsaSimPeer *self,
                      gint64 delay_us,
                      const void *data,
                      gssize len)
{
  gsize size = len < 0 ? strlen (data) : (gsize) len;

  schedule_packet ((SimPeer *) self, self->sim->now_us + delay_us, run_peer_send,
                   g_bytes_new (data, size));
}

void
msa_sim_peer_shutdown (MsaSimPeer *self)
{
  SimPeer *peer = (SimPeer *) self;

  if (peer->finished)
    return;
  peer->finished = TRUE;
  send_to_client (peer, client_gets_end, NULL);
}

void
msa_sim_peer_close (MsaSimPeer *self)
{
  msa_sim_peer_shutdown (self);
  ((SimPeer *) self)->closed = TRUE;
}

static void
run_peer_close (MsaSim *sim,
                gpointer data)
{
  SimPacket *packet = data;

  msa_sim_peer_close (&packet->peer->peer);
}

void
msa_sim_peer_close_at (MsaSimPeer *self,
                       gint64 delay_us)
{
  schedule_packet ((SimPeer *) self, self->sim->now_us + delay_us, run_peer_close, NULL);
}

void
msa_sim_peer_reset (MsaSimPeer *self)
{
  SimPeer *peer = (SimPeer *) self;

  peer->finished = TRUE;
  peer->closed = TRUE;
  send_to_client (peer, client_gets_reset, NULL);
}

void
msa_sim_peer_stop_reading (MsaSimPeer *self)
{
  ((SimPeer *) self)->reading = FALSE;
}

void
msa_sim_peer_go_on_reading (MsaSimPeer *self)
{
  SimPeer *peer = (SimPeer *) self;

  peer->reading = TRUE;
  let_peer_read (peer);
}

GString *
msa_sim_peer_get_received (MsaSimPeer *self)
{
  return ((SimPeer *) self)->received;
}

gboolean
msa_sim_peer_is_closed (MsaSimPeer *self)
{
  return ((SimPeer *) self)->client_closed;
}

/* What the client does */

static SimSocket *
find_socket (MsaSim *self,
             int fd,
             const char *op)
{
  SimDescriptor *descriptor = sim_descriptor_find (self, fd, SIM_SOCKET, op);

  return descriptor != NULL ? descriptor->socket : NULL;
}

int
sim_socket_open (MsaSys *sys,
                 int family)
{
  MsaSim *self = (MsaSim *) sys;
  SimDescriptor *descriptor;

  if (!sim_enter (self, SIM_OP_socket_open))
    return -1;
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
    {
      errno = EAFNOSUPPORT;
      return -1;
    }
  descriptor = sim_descriptor_open (self, SIM_SOCKET);
  if (descriptor == NULL)
    return -1;

  descriptor->socket = g_new0 (SimSocket, 1);
  descriptor->socket->sim = self;
  descriptor->socket->descriptor = descriptor;
  descriptor->socket->family = family;
  descriptor->socket->inbox = g_byte_array_new ();
  return descriptor->fd;
}

void
sim_socket_close (SimSocket *self)
{
  SimPeer *peer = self->peer;

  if (peer != NULL && self->sim->watch != NULL)
    self->sim->watch (self->sim, peer->peer.address, FALSE, self->sim->watch_data);
  if (peer != NULL)
    {
      peer->socket = NULL;
      if (!self->sim->freed && !self->write_shut)
        send_to_peer (peer, peer_gets_end, NULL);
    }
  g_byte_array_unref (self->inbox);
  g_free (self->device);
  g_free (self);
}

static int
fail (int error_number)
{
  errno = error_number;
  return -1;
}

/* The next number of a sequence that is the socket's own: what others do has no part in it. */
static guint
draw (SimSocket *self,
      guint below)
{
  self->whim = self->whim * G_GUINT64_CONSTANT (6364136223846793005) +
               G_GUINT64_CONSTANT (1442695040888963407);
  return (guint) ((self->whim >> 33) % below);
}

/* How many of @n bytes are moved; 0: none this time. */
static gsize
shorten (SimSocket *self,
         gsize n)
{
  if (self->sim->unsteady == 0 || n == 0)
    return n;

  self->balked = !self->balked && draw (self, 8) == 0;
  if (self->balked)
    return 0;
  return draw (self, 4) == 0 ? 1 + draw (self, (guint) n) : n;
}

static SimPeer *
make_peer (MsaSim *self,
           SimSocket *client,
           const MsaAddress *address)
{
  SimPeer *peer = g_new0 (SimPeer, 1);

  peer->peer.sim = self;
  peer->peer.address = msa_address_to_string (address);
  peer->peer.client = msa_address_to_string (&client->local);
  peer->peer.device = g_strdup (client->device);
  peer->socket = client;
  peer->received = g_string_new (NULL);
  peer->unread = g_string_new (NULL);
  peer->reading = TRUE;
  g_ptr_array_add (self->links, peer);
  if (self->unsteady != 0)
    {
      client->whim = self->unsteady + self->links->len * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      draw (client, 2);
      peer->extra_us = draw (client, (guint) self->latency_us + 1);
    }
  return peer;
}

int
sim_socket_connect (MsaSys *sys,
                    int fd,
                    const MsaAddress *address)
{
  MsaSim *self = (MsaSim *) sys;
  g_autofree char *host = NULL;
  SimSocket *client;
  guint route;

  if (!sim_enter (self, SIM_OP_socket_connect))
    return -1;
  client = find_socket (self, fd, "socket_connect");
  if (client == NULL)
    return -1;
  if (client->state != SIM_NEW)
    return fail (client->state == SIM_CONNECTED ? EISCONN : EALREADY);
  if (address->addr.ss_family != client->family)
    return fail (EAFNOSUPPORT);

  host = sim_format_address (address, FALSE);
  route = GPOINTER_TO_UINT (g_hash_table_lookup (self->routes, host));
  if (route == ROUTE_UNREACHABLE)
    return fail (ENETUNREACH);

  if (client->family == AF_UNIX && !g_hash_table_contains (self->listeners, host))
    return fail (ENOENT);
  if (!sim_local_choose (client, address))
    return fail (EADDRNOTAVAIL);

  client->state = SIM_CONNECTING;
  client->remote = *address;
  client->peer = make_peer (self, client, address);
  if (route != ROUTE_BLACK_HOLE)
    send_to_peer (client->peer, peer_gets_request, NULL);
  sim_descriptor_changed (client->descriptor);
  self->progress++;
  if (self->watch != NULL)
    self->watch (self, client->peer->peer.address, TRUE, self->watch_data);
  if (client->family != AF_UNIX)
    return fail (EINPROGRESS);

  /* It stands before it is accepted. */
  client_gets_connected (self, &(SimPacket) { client->peer, NULL });
  return 0;
}

void
sim_socket_tune (MsaSys *sys,
                 int fd,
                 const MsaSocketTuning *tuning)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client;

  sim_enter (self, SIM_OP_socket_tune);
  client = find_socket (self, fd, "socket_tune");
  if (client != NULL && client->state == SIM_CONNECTED)
    client->peer->peer.tuning = *tuning;
  else
    sim_violate (self, "socket_tune before there is a connection");
}

static int
take_error (SimSocket *self)
{
  int error_number = self->error;

  self->sim->progress++;
  self->error = 0;
  sim_descriptor_changed (self->descriptor);
  return error_number;
}

int
sim_socket_error (MsaSys *sys,
                  int fd)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client;

  /* A negative code is what it finds out. */
  if (!sim_enter (self, SIM_OP_socket_error))
    return errno < 0 ? -errno : -1;
  client = find_socket (self, fd, "socket_error");
  if (client == NULL)
    return -1;
  if (client->error != 0)
    return take_error (client);
  return client->state == SIM_CONNECTED && !client->reset ? 0 : EINPROGRESS;
}

/* NULL: the call fails, by msa_sim_fail_nth(). What failed for good is not asked again until it is
 * shut down; EAGAIN is no failure, nor is that of a peek, and EINVAL of splice() says what kind of
 * socket it is. */
static SimSocket *
enter_socket (MsaSim *self,
              SimOp op,
              int fd,
              const char *name)
{
  gboolean passes = sim_enter (self, op);
  int error_number = errno;
  SimSocket *client = find_socket (self, fd, name);
  gboolean *failed;

  if (client == NULL)
    return NULL;

  failed = op == SIM_OP_socket_send ? &client->send_failed : &client->recv_failed;
  if (*failed)
    sim_violate (self, "%s (%d) after it failed", name, fd);
  if (passes)
    return client;

  *failed |= op != SIM_OP_socket_peek && error_number != EAGAIN &&
             !(op == SIM_OP_socket_splice && error_number == EINVAL);
  errno = error_number;
  return NULL;
}

gssize
sim_socket_send (MsaSys *sys,
                 int fd,
                 const void *data,
                 gsize len)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client;
  gsize n;

  client = enter_socket (self, SIM_OP_socket_send, fd, "socket_send");
  if (client == NULL)
    return -1;
  if (client->error != 0)
    return fail (take_error (client));
  if (client->state == SIM_CONNECTING)
    return fail (EAGAIN);
  if (client->state != SIM_CONNECTED || client->write_shut || client->reset)
    return fail (EPIPE);
  if (client->in_flight >= self->send_window)
    return fail (EAGAIN);

  n = shorten (client, MIN (len, self->send_window - client->in_flight));
  if (n == 0 && len > 0)
    return fail (EAGAIN);
  self->progress++;
  client->in_flight += n;
  send_to_peer (client->peer, peer_gets_data, g_bytes_new (data, n));
  sim_descriptor_changed (client->descriptor);
  return (gssize) n;
}

static gssize
read_inbox (SimSocket *self,
            void *buffer,
            gsize size,
            gboolean take)
{
  gsize there = MIN (size, self->inbox->len);
  gsize n = take ? shorten (self, there) : there;

  if (n == 0 && there > 0)
    return fail (EAGAIN);
  if (n > 0)
    {
      self->sim->progress += take;
      memcpy (buffer, self->inbox->data, n);
      if (take)
        g_byte_array_remove_range (self->inbox, 0, (guint) n);
      sim_descriptor_changed (self->descriptor);
      return (gssize) n;
    }
  if (self->error != 0)
    return fail (take_error (self)); /* by a peek too, as in Linux */
  if (self->state == SIM_NEW || self->state == SIM_FAILED)
    return fail (ENOTCONN);
  return self->eof || self->reset ? 0 : fail (EAGAIN);
}

gssize
sim_socket_recv (MsaSys *sys,
                 int fd,
                 void *buffer,
                 gsize size)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client = enter_socket (self, SIM_OP_socket_recv, fd, "socket_recv");

  return client != NULL ? read_inbox (client, buffer, size, TRUE) : -1;
}

gssize
sim_socket_peek (MsaSys *sys,
                 int fd,
                 void *buffer,
                 gsize size)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client = enter_socket (self, SIM_OP_socket_peek, fd, "socket_peek");

  return client != NULL ? read_inbox (client, buffer, size, FALSE) : -1;
}

/* Into a real pipe, with its room. */
gssize
sim_socket_splice (MsaSys *sys,
                   int fd,
                   MsaPipe *pipe,
                   gsize max)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client;
  gssize n;

  client = enter_socket (self, SIM_OP_socket_splice, fd, "socket_splice");
  if (client == NULL)
    return -1;
  if (client->inbox->len == 0)
    return read_inbox (client, NULL, 0, FALSE);

  n = write (pipe->in, client->inbox->data, MIN (max, client->inbox->len));
  if (n > 0)
    {
      g_byte_array_remove_range (client->inbox, 0, (guint) n);
      sim_descriptor_changed (client->descriptor);
    }
  return n;
}

int
sim_socket_shutdown_write (MsaSys *sys,
                           int fd)
{
  MsaSim *self = (MsaSim *) sys;
  SimSocket *client;

  if (!sim_enter (self, SIM_OP_socket_shutdown_write))
    return -1;
  client = find_socket (self, fd, "socket_shutdown_write");
  if (client == NULL)
    return -1;
  /* What is left is thrown away, to the end. */
  client->recv_failed = FALSE;
  if (client->state != SIM_CONNECTED || client->reset)
    return fail (ENOTCONN);
  if (!client->write_shut)
    send_to_peer (client->peer, peer_gets_end, NULL);
  client->write_shut = TRUE;
  sim_descriptor_changed (client->descriptor);
  return 0;
}

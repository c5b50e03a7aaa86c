/* conformance-server.c: the peer of the checks, a process of its own
 *
 * One thread and one poll(). It is a process, so that its descriptors do not mix with those of the
 * multi that is watched, and so that a glue that hangs does not stop it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define PIECE_INTERVAL_US 2000
#define READ_BYTES 65536
#define RECEIVE_BUFFER_BYTES 65536

struct _Server
{
  int     control; /* a byte for each request that is held; a byte back releases */
  guint16 port;
  guint   n_held;
};

typedef enum
{
  HELD_NOT,
  HELD_ANSWER,
  HELD_UPLOAD,
  HELD_CONNECTION,
} Held;

typedef struct
{
  int      fd;
  GString *in;       /* (owned) */
  GString *out;      /* (owned) */
  gsize    n_sent;   /* of out */
  gsize    n_upload; /* bytes of a request's body that are still to come */
  gsize    number;   /* of the target */
  guint    n_pieces; /* still to be sent */
  gint64   piece_us; /* when the next one is due */
  Held     held;
  gboolean closes;   /* when all of out is sent */
} Client;

typedef struct
{
  int        listener;
  int        control;
  GPtrArray *clients; /* (owned) (element-type Client) */
} Peer;

static void
client_free (gpointer data)
{
  Client *client = data;

  close (client->fd);
  g_string_free (client->in, TRUE);
  g_string_free (client->out, TRUE);
  g_free (client);
}

/* Answers */

static void
put_bytes (Client *client,
           gsize n)
{
  gsize old = client->out->len;

  g_string_set_size (client->out, old + n);
  memset (client->out->str + old, 'x', n);
}

static void
put_head (Client *client,
          gsize n_announced)
{
  g_string_append_printf (client->out,
                          "HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n%s\r\n",
                          n_announced, client->closes ? "Connection: close\r\n" : "");
}

static void
answer (Client *client,
        gsize n)
{
  put_head (client, n);
  put_bytes (client, n);
}

static void
hold (Peer *peer,
      Client *client,
      Held held)
{
  client->held = held;
  if (write (peer->control, "h", 1) != 1)
    _exit (1);
}

static void
answer_size (Peer *peer,
             Client *client)
{
  answer (client, client->number);
}

static void
answer_close (Peer *peer,
              Client *client)
{
  client->closes = TRUE;
  answer (client, client->number);
}

static void
answer_pieces (Peer *peer,
               Client *client)
{
  client->n_pieces = (guint) client->number;
  client->piece_us = g_get_monotonic_time ();
  put_head (client, client->number * SERVER_PIECE_BYTES);
}

static void
answer_truncated (Peer *peer,
                  Client *client)
{
  put_head (client, client->number);
  put_bytes (client, client->number / 2);
  client->closes = TRUE;
}

static void
answer_empty (Peer *peer,
              Client *client)
{
  client->closes = TRUE;
}

static void
answer_bad (Peer *peer,
            Client *client)
{
  g_string_append (client->out, "This is no HTTP.\r\n\r\n");
  client->closes = TRUE;
}

static void
answer_silent (Peer *peer,
               Client *client)
{
}

static void
answer_held (Peer *peer,
             Client *client)
{
  hold (peer, client, HELD_ANSWER);
}

static void
answer_upload (Peer *peer,
               Client *client)
{
  hold (peer, client, HELD_UPLOAD);
}

static void
answer_leave (Peer *peer,
              Client *client)
{
  answer (client, client->number);
  hold (peer, client, HELD_CONNECTION);
}

static const struct
{
  const char *path;
  void (*answer) (Peer *peer,
                  Client *client);
} answers[] = {
  { "/size/", answer_size },
  { "/close/", answer_close },
  { "/pieces/", answer_pieces },
  { "/truncated/", answer_truncated },
  { "/empty", answer_empty },
  { "/bad", answer_bad },
  { "/silent", answer_silent },
  { "/held/", answer_held },
  { "/upload", answer_upload },
  { "/leave/", answer_leave },
};

static void
release (Client *client)
{
  Held held = client->held;

  client->held = HELD_NOT;
  if (held == HELD_ANSWER)
    answer (client, client->number);
  else if (held == HELD_CONNECTION)
    client->closes = TRUE;
}

/* Requests */

static void
take_upload (Client *client)
{
  gsize n = MIN (client->n_upload, client->in->len);

  if (client->n_upload == 0 || client->held == HELD_UPLOAD)
    return;

  g_string_erase (client->in, 0, (gssize) n);
  client->n_upload -= n;
  if (client->n_upload == 0)
    answer (client, 0);
}

static void
take_request (Peer *peer,
              Client *client)
{
  char *end = strstr (client->in->str, "\r\n\r\n");
  char *length, *path;

  if (client->n_upload > 0 || end == NULL)
    return;

  *end = '\0';
  path = strchr (client->in->str, ' ');
  path = path != NULL ? path + 1 : end;
  client->number = strtoul (path + strcspn (path, "0123456789\r"), NULL, 10);
  length = strstr (client->in->str, "Content-Length: ");
  if (length != NULL)
    client->n_upload = strtoul (length + strlen ("Content-Length: "), NULL, 10);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    if (g_str_has_prefix (path, answers[i].path))
      {
        answers[i].answer (peer, client);
        break;
      }
  g_string_erase (client->in, 0, end + 4 - client->in->str);
}

/* Connections */

static gboolean
wants_to_read (const Client *client)
{
  return client->held != HELD_UPLOAD;
}

/* FALSE: the connection has ended. */
static gboolean
receive_some (Client *client)
{
  char bytes[READ_BYTES];
  ssize_t n = recv (client->fd, bytes, sizeof bytes, 0);

  if (n > 0)
    g_string_append_len (client->in, bytes, n);

  return n > 0 || (n < 0 && errno == EAGAIN);
}

static gboolean
send_some (Client *client)
{
  ssize_t n;

  if (client->n_sent == client->out->len)
    return TRUE;
  n = send (client->fd, client->out->str + client->n_sent, client->out->len - client->n_sent,
            MSG_NOSIGNAL);
  if (n < 0)
    return errno == EAGAIN;

  client->n_sent += (gsize) n;
  if (client->n_sent == client->out->len)
    {
      g_string_truncate (client->out, 0);
      client->n_sent = 0;
    }

  return TRUE;
}

static gboolean
serve (Peer *peer,
       Client *client,
       short events,
       gint64 now_us)
{
  if (events != 0 && !wants_to_read (client))
    return FALSE;
  if (events != 0 && !receive_some (client))
    return FALSE;

  take_upload (client);
  take_request (peer, client);
  if (client->n_pieces > 0 && now_us >= client->piece_us)
    {
      put_bytes (client, SERVER_PIECE_BYTES);
      client->n_pieces--;
      client->piece_us = now_us + PIECE_INTERVAL_US;
    }

  return send_some (client) && !(client->closes && client->out->len == 0);
}

static void
accept_all (Peer *peer)
{
  int fd;

  while ((fd = accept4 (peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
    {
      Client *client = g_new0 (Client, 1);

      client->fd = fd;
      client->in = g_string_new (NULL);
      client->out = g_string_new (NULL);
      g_ptr_array_add (peer->clients, client);
    }
}

/* Ends the process when the other one has ended. */
static void
obey (Peer *peer)
{
  char bytes[16];

  if (read (peer->control, bytes, sizeof bytes) <= 0)
    _exit (0);
  for (guint i = 0; i < peer->clients->len; i++)
    release (g_ptr_array_index (peer->clients, i));
}

/* Gives how long to wait. */
static int
fill_poll (Peer *peer,
           GArray *fds)
{
  struct pollfd first[2] = {
    { .fd = peer->listener, .events = POLLIN },
    { .fd = peer->control, .events = POLLIN },
  };
  gboolean any_piece = FALSE;

  g_array_set_size (fds, 0);
  g_array_append_vals (fds, first, 2);
  for (guint i = 0; i < peer->clients->len; i++)
    {
      const Client *client = g_ptr_array_index (peer->clients, i);
      struct pollfd poll_fd = { .fd = client->fd };

      poll_fd.events = wants_to_read (client) ? POLLIN : 0;
      if (client->out->len > 0)
        poll_fd.events |= POLLOUT;
      any_piece |= client->n_pieces > 0;
      g_array_append_val (fds, poll_fd);
    }

  return any_piece ? 1 : -1;
}

static void
run_peer (Peer *peer)
{
  g_autoptr (GArray) fds = g_array_new (FALSE, TRUE, sizeof (struct pollfd));

  while (TRUE)
    {
      int timeout_ms = fill_poll (peer, fds);
      struct pollfd *poll_fds = (struct pollfd *) (gpointer) fds->data;
      gint64 now_us;

      if (poll (poll_fds, fds->len, timeout_ms) < 0)
        continue;
      now_us = g_get_monotonic_time ();
      if (poll_fds[1].revents != 0)
        obey (peer);
      for (guint i = fds->len - 2; i-- > 0;)
        if (!serve (peer, g_ptr_array_index (peer->clients, i), poll_fds[i + 2].revents, now_us))
          g_ptr_array_remove_index_fast (peer->clients, i);
      if (poll_fds[0].revents != 0)
        accept_all (peer);
    }
}

/* The other side */

static int
listen_on_loopback (guint16 *port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  socklen_t len = sizeof address;
  int size = RECEIVE_BUFFER_BYTES;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (bind (fd, (struct sockaddr *) &address, sizeof address) < 0 || listen (fd, BACKLOG) < 0 ||
      getsockname (fd, (struct sockaddr *) &address, &len) < 0)
    {
      close (fd);
      return -1;
    }
  *port = ntohs (address.sin_port);

  return fd;
}

Server *
server_start (void)
{
  g_autofree Server *self = g_new0 (Server, 1);
  int controls[2];
  Peer peer;
  pid_t pid;

  peer.listener = listen_on_loopback (&self->port);
  if (peer.listener < 0 || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, controls) < 0)
    return NULL;
  pid = fork ();
  if (pid < 0)
    return NULL;
  if (pid == 0)
    {
      close (controls[0]);
      peer.control = controls[1];
      peer.clients = g_ptr_array_new_with_free_func (client_free);
      run_peer (&peer);
    }

  close (peer.listener);
  close (controls[1]);
  fcntl (controls[0], F_SETFL, O_NONBLOCK);
  self->control = controls[0];

  return g_steal_pointer (&self);
}

guint16
server_get_port (Server *self)
{
  return self->port;
}

guint
server_count_held (Server *self)
{
  char bytes[256];
  ssize_t n;

  while ((n = read (self->control, bytes, sizeof bytes)) > 0)
    self->n_held += (guint) n;

  return self->n_held;
}

void
server_release (Server *self)
{
  if (write (self->control, "r", 1) != 1)
    g_error ("the server of the checks has ended");
}

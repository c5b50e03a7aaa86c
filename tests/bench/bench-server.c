/* bench-server.c: answers faster than anybody asks
 *
 *   bench-server SYSTEM-CA-FILE CA-FILE
 *
 * Listens on two free ports of 127.0.0.1, plain and with TLS, and prints them in one line. Writes
 * its authority behind the certificates of the system into CA-FILE, so that verifying is as much
 * work as elsewhere. Ends when its standard input does. One thread, one epoll, prepared replies:
 *
 *   /small     138 bytes
 *   /close     the same, and the connection is closed
 *   /zeros/N   N bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* accept4, memmem */

#include "../../docs/examples/example-authority.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_BYTES 138
#define EVENTS_A_TURN 1024
#define MAX_HEAD_BYTES 4096
#define ZEROS_BYTES (1024 * 1024)

/* Eight fields, as many servers send them. */
#define REPLY_FORMAT                        \
  "HTTP/1.1 200 OK\r\n"                     \
  "Server: bench\r\n"                       \
  "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n" \
  "Content-Type: application/json\r\n"      \
  "Content-Length: %" G_GINT64_FORMAT       \
  "\r\n"                                    \
  "Cache-Control: max-age=60\r\n"           \
  "ETag: \"5f3c-1b2a3c4d\"\r\n"             \
  "Vary: Accept-Encoding\r\n"               \
  "Connection: %s\r\n"                      \
  "\r\n"

typedef struct
{
  int              fd;
  gnutls_session_t tls;        /* (owned) (nullable) */
  gboolean         is_shaking; /* the TLS handshake is not over */
  gboolean         closes;     /* behind the reply */
  guint32          wanted;     /* events */
  gint64           n_zeros;    /* still to send */
  gsize            n_in;       /* of a head that is not complete */
  char             in[MAX_HEAD_BYTES];
} Client;

typedef struct
{
  int                              epoll_fd;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t                priorities;
  GString                         *small;
  GString                         *close;
  guint8                          *zeros;
} Server;

static void
die (const char *what)
{
  g_printerr ("bench-server: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

static GString *
make_reply (gint64 length,
            const char *connection,
            gsize n_body)
{
  GString *reply = g_string_new (NULL);

  g_string_printf (reply, REPLY_FORMAT, length, connection);
  for (gsize i = 0; i < n_body; i++)
    g_string_append_c (reply, 'x');

  return reply;
}

static void
close_client (Client *client)
{
  if (client->tls != NULL)
    {
      gnutls_bye (client->tls, GNUTLS_SHUT_WR);
      gnutls_deinit (client->tls);
    }
  close (client->fd);
  g_free (client);
}

static void
want (Server *self,
      Client *client,
      guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = client };

  if (client->wanted == events)
    return;
  if (epoll_ctl (self->epoll_fd, client->wanted == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, client->fd,
                 &event) != 0)
    die ("epoll_ctl");
  client->wanted = events;
}

/* Bytes, 0 at the end, -1 and EAGAIN, or another error. */
static gssize
result_of_tls (gssize result)
{
  if (result >= 0)
    return result;

  errno = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ? EAGAIN : ECONNRESET;
  return -1;
}

static gssize
client_send (Client *client,
             const void *data,
             gsize len)
{
  if (client->tls != NULL)
    return result_of_tls (gnutls_record_send (client->tls, data, len));

  return send (client->fd, data, len, MSG_NOSIGNAL);
}

static gssize
client_recv (Client *client,
             void *data,
             gsize len)
{
  if (client->tls != NULL)
    return result_of_tls (gnutls_record_recv (client->tls, data, len));

  return recv (client->fd, data, len, 0);
}

static gboolean
send_zeros (Server *self,
            Client *client)
{
  while (client->n_zeros > 0)
    {
      gssize n = client_send (client, self->zeros, (gsize) MIN (client->n_zeros, ZEROS_BYTES));

      if (n < 0 && errno == EAGAIN)
        {
          want (self, client, EPOLLOUT);
          return TRUE;
        }
      if (n < 0)
        return FALSE;
      client->n_zeros -= n;
    }

  want (self, client, EPOLLIN);
  return TRUE;
}

/* A reply fits into the buffer of a socket that has been read from. */
static gboolean
send_reply (Client *client,
            GString *reply)
{
  return client_send (client, reply->str, reply->len) == (gssize) reply->len && !client->closes;
}

static gboolean
answer (Server *self,
        Client *client,
        const char *head)
{
  if (g_str_has_prefix (head, "GET /small "))
    return send_reply (client, self->small);
  if (g_str_has_prefix (head, "GET /close "))
    {
      client->closes = TRUE;
      return send_reply (client, self->close);
    }
  if (g_str_has_prefix (head, "GET /zeros/"))
    {
      g_autoptr (GString) reply = NULL;

      client->n_zeros = g_ascii_strtoll (head + strlen ("GET /zeros/"), NULL, 10);
      reply = make_reply (client->n_zeros, "keep-alive", 0);
      return send_reply (client, reply) && send_zeros (self, client);
    }

  return FALSE;
}

static gboolean
read_head (Server *self,
           Client *client)
{
  gssize n = client_recv (client, client->in + client->n_in, MAX_HEAD_BYTES - client->n_in - 1);

  if (n <= 0)
    return n < 0 && errno == EAGAIN;

  client->n_in += (gsize) n;
  client->in[client->n_in] = '\0';
  if (client->n_in < 4 || memcmp (client->in + client->n_in - 4, "\r\n\r\n", 4) != 0)
    return client->n_in < MAX_HEAD_BYTES - 1;

  client->n_in = 0;
  return answer (self, client, client->in);
}

/* FALSE: the client is to be closed. */
static gboolean
serve (Server *self,
       Client *client)
{
  if (client->is_shaking)
    {
      int result = gnutls_handshake (client->tls);

      if (result < 0)
        return !gnutls_error_is_fatal (result);
      client->is_shaking = FALSE;
    }
  if (client->n_zeros > 0)
    return send_zeros (self, client);

  return read_head (self, client);
}

static void
start_tls (Server *self,
           Client *client)
{
  gnutls_init (&client->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);
  gnutls_priority_set (client->tls, self->priorities);
  gnutls_credentials_set (client->tls, GNUTLS_CRD_CERTIFICATE, self->credentials);
  gnutls_transport_set_int (client->tls, client->fd);
  gnutls_handshake_set_timeout (client->tls, GNUTLS_INDEFINITE_TIMEOUT);
  client->is_shaking = TRUE;
}

static void
accept_clients (Server *self,
                int listener,
                gboolean with_tls)
{
  int fd, on = 1;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
    {
      Client *client = g_new0 (Client, 1);

      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof (on));
      client->fd = fd;
      if (with_tls)
        start_tls (self, client);
      want (self, client, EPOLLIN);
    }
}

static int
listen_on_free_port (Server *self,
                     gpointer mark,
                     guint *port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = mark };
  socklen_t len = sizeof (address);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, len) != 0 || listen (fd, SOMAXCONN) != 0 ||
      getsockname (fd, (struct sockaddr *) &address, &len) != 0 ||
      epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
    die ("listen");

  *port = ntohs (address.sin_port);
  return fd;
}

static void
make_authority (Server *self,
                const char *system_path,
                const char *path)
{
  g_autofree char *system_pem = NULL;
  gsize len;
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd < 0)
    die (path);
  if (g_file_get_contents (system_path, &system_pem, &len, NULL) &&
      write (fd, system_pem, len) != (gssize) len)
    die (path);
  self->credentials = example_authority_issue (fd);
  close (fd);

  /* One cipher, so that all clients have the same work. */
  if (gnutls_priority_init (&self->priorities, "NORMAL:-CIPHER-ALL:+AES-256-GCM", NULL) < 0)
    die ("priorities");
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

int
main (int argc,
      char **argv)
{
  static char marks[3]; /* what is no client: plain, secure, standard input */
  static struct epoll_event events[EVENTS_A_TURN];
  Server self = { .epoll_fd = epoll_create1 (EPOLL_CLOEXEC) };
  struct epoll_event input = { .events = EPOLLIN, .data.ptr = &marks[2] };
  guint port, secure_port;
  int plain, secure;

  if (argc != 3)
    {
      g_printerr ("Usage: bench-server SYSTEM-CA-FILE CA-FILE\n");
      return 2;
    }

  /* GnuTLS's own send raises it. */
  signal (SIGPIPE, SIG_IGN);
  raise_limit_of_files ();
  make_authority (&self, argv[1], argv[2]);
  self.small = make_reply (BODY_BYTES, "keep-alive", BODY_BYTES);
  self.close = make_reply (BODY_BYTES, "close", BODY_BYTES);
  self.zeros = g_malloc0 (ZEROS_BYTES);
  plain = listen_on_free_port (&self, &marks[0], &port);
  secure = listen_on_free_port (&self, &marks[1], &secure_port);
  if (epoll_ctl (self.epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0)
    die ("standard input");
  printf ("%u %u\n", port, secure_port);
  fflush (stdout);

  for (;;)
    {
      int n = epoll_wait (self.epoll_fd, events, EVENTS_A_TURN, -1);

      for (int i = 0; i < n; i++)
        {
          gpointer mark = events[i].data.ptr;

          if (mark == &marks[2])
            return 0;
          if (mark == &marks[0])
            accept_clients (&self, plain, FALSE);
          else if (mark == &marks[1])
            accept_clients (&self, secure, TRUE);
          else if (!serve (&self, mark))
            close_client (mark);
        }
    }
}

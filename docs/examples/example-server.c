/* example-server.c: a small HTTP/1.1 server to try things against
 *
 * Listens on two free ports of 127.0.0.1, plain and with TLS, and prints one line: the URL of each,
 * and the file with the authority. Ends when its standard input is closed, or by SIGTERM.
 *
 *   /bytes/N       N bytes: 0 to 250, over and over
 *   /chunked/N     the same with chunked coding and the trailer X-Sum
 *   /truncated/N   the same, but twice as much is announced
 *   /status/N      the status N, with a line of text
 *   /hints         an interim head (103) first
 *   /echo          the request's body
 *   /request       the request's head
 *   /never         no answer
 *
 * One thread and one poll(): a client is either sent to or read from. What clients do wrong closes
 * their connection.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* accept4 */

#include "example-authority.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_REQUEST_BYTES (16 * 1024 * 1024)
#define MAX_STEPS_A_TURN 32
#define PATTERN_BYTES (251 * 256)
#define READ_BYTES 65536

typedef struct
{
  int              fd;
  gnutls_session_t tls;          /* (owned) (nullable) */
  gboolean         is_shaking;   /* the TLS handshake is not over */
  short            wanted;       /* what to poll for */
  GByteArray      *in;           /* (owned): what is not answered yet */
  GByteArray      *out;          /* (owned): filled again only when all of it was sent */
  guint            n_sent;       /* of out */
  guint64          n_body_left;  /* of the pattern, behind out */
  gboolean         is_chunked;
  gboolean         closes;       /* behind the answer */
} Client;

typedef struct
{
  const char *method;
  const char *head;
  gsize       head_len;
  const guint8 *body;
  gsize       body_len;
  guint64     number; /* at the end of the path */
} Request;

typedef enum
{
  STEP_DONE,
  STEP_AGAIN, /* the socket is not ready for it */
  STEP_END,
} Step;

static guint8 pattern[PATTERN_BYTES];
static gnutls_datum_t ticket_key; /* for sessions to be resumed */
static char *ca_path;

/* Answers */

static void
put (Client *client,
     const char *format,
     ...) G_GNUC_PRINTF (2, 3);

static void
put (Client *client,
     const char *format,
     ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_byte_array_append (client->out, (const guint8 *) text, (guint) strlen (text));
}

static gboolean
has_body (const Request *request)
{
  return strcmp (request->method, "HEAD") != 0;
}

static void
answer_text (Client *client,
             const Request *request,
             guint status,
             const char *text,
             gsize len)
{
  put (client, "HTTP/1.1 %u Example\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
       status, len);
  if (has_body (request))
    g_byte_array_append (client->out, (const guint8 *) text, (guint) len);
}

static void
answer_pattern (Client *client,
                const Request *request,
                guint64 announced)
{
  put (client, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
               "Content-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
       announced);
  if (has_body (request))
    client->n_body_left = request->number;
}

static void
answer_bytes (Client *client,
              const Request *request)
{
  answer_pattern (client, request, request->number);
}

static void
answer_truncated (Client *client,
                  const Request *request)
{
  answer_pattern (client, request, 2 * request->number);
  client->closes = TRUE;
}

static void
answer_chunked (Client *client,
                const Request *request)
{
  put (client, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
  client->is_chunked = has_body (request);
  if (has_body (request))
    client->n_body_left = request->number;
}

static void
answer_status (Client *client,
               const Request *request)
{
  guint status = (guint) CLAMP (request->number, 200, 599);

  if (status == 204 || status == 304)
    put (client, "HTTP/1.1 %u Example\r\n\r\n", status);
  else
    answer_text (client, request, status, "As you wish.\n", strlen ("As you wish.\n"));
}

static void
answer_hints (Client *client,
              const Request *request)
{
  put (client, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
  answer_text (client, request, 200, "hinted\n", strlen ("hinted\n"));
}

static void
answer_echo (Client *client,
             const Request *request)
{
  answer_text (client, request, 200, (const char *) request->body, request->body_len);
}

static void
answer_request (Client *client,
                const Request *request)
{
  answer_text (client, request, 200, request->head, request->head_len);
}

static void
answer_never (Client *client,
              const Request *request)
{
}

static void
answer_unknown (Client *client,
                const Request *request)
{
  answer_text (client, request, 404, "Not here.\n", strlen ("Not here.\n"));
}

static const struct
{
  const char *path;
  void (*answer) (Client *client,
                  const Request *request);
} answers[] = {
  { "/bytes/", answer_bytes },
  { "/chunked/", answer_chunked },
  { "/truncated/", answer_truncated },
  { "/status/", answer_status },
  { "/hints", answer_hints },
  { "/echo", answer_echo },
  { "/request", answer_request },
  { "/never", answer_never },
  { "/", answer_unknown },
};

/* The next part of a body. */
static void
fill_out (Client *client)
{
  guint len = (guint) MIN (client->n_body_left, PATTERN_BYTES);

  if (client->is_chunked && len > 0)
    put (client, "%x\r\n", len);
  g_byte_array_append (client->out, pattern, len);
  client->n_body_left -= len;
  if (!client->is_chunked)
    return;

  if (len > 0)
    put (client, "\r\n");
  if (client->n_body_left == 0)
    {
      put (client, "0\r\nX-Sum: none\r\n\r\n");
      client->is_chunked = FALSE;
    }
}

/* Requests */

static gsize
read_content_length (const char *head)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_ascii_strncasecmp (*line, "Content-Length:", strlen ("Content-Length:")) == 0)
      return (gsize) g_ascii_strtoull (*line + strlen ("Content-Length:"), NULL, 10);

  return 0;
}

static void
answer (Client *client,
        Request *request,
        const char *path)
{
  const char *number = path + strcspn (path, "0123456789");

  request->number = g_ascii_strtoull (number, NULL, 10);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    if (g_str_has_prefix (path, answers[i].path))
      {
        answers[i].answer (client, request);
        return;
      }
  client->closes = TRUE;
}

/* Answers the request that came, if all of it is there. */
static Step
take_request (Client *client)
{
  const char *end = g_strstr_len ((const char *) client->in->data, client->in->len, "\r\n\r\n");
  g_autofree char *head = NULL;
  g_auto (GStrv) words = NULL;
  Request request = { 0 };

  if (end == NULL)
    return STEP_AGAIN;

  request.head_len = (gsize) (end - (const char *) client->in->data) + 4;
  request.head = head = g_strndup ((const char *) client->in->data, request.head_len);
  request.body_len = read_content_length (head);
  request.body = client->in->data + request.head_len;
  if (request.body_len > MAX_REQUEST_BYTES)
    return STEP_END;
  if (request.head_len + request.body_len > client->in->len)
    return STEP_AGAIN;

  words = g_strsplit (head, " ", 3);
  if (g_strv_length (words) < 3 || strlen (head) != request.head_len)
    return STEP_END;
  request.method = words[0];
  answer (client, &request, words[1]);
  g_byte_array_remove_range (client->in, 0, (guint) (request.head_len + request.body_len));

  return STEP_DONE;
}

/* The connection */

static Step
note_tls_result (Client *client,
                 ssize_t result)
{
  if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
    client->wanted = gnutls_record_get_direction (client->tls) == 1 ? POLLOUT : POLLIN;
  else if (result <= 0)
    return STEP_END;

  return result > 0 ? STEP_DONE : STEP_AGAIN;
}

static Step
note_result (Client *client,
             ssize_t result,
             short wanted)
{
  if (client->tls != NULL)
    return note_tls_result (client, result);
  if (result > 0)
    return STEP_DONE;

  client->wanted = wanted;
  return result < 0 && (errno == EAGAIN || errno == EINTR) ? STEP_AGAIN : STEP_END;
}

static Step
shake_hands (Client *client)
{
  int result = gnutls_handshake (client->tls);

  client->is_shaking = result != GNUTLS_E_SUCCESS;
  return client->is_shaking ? note_tls_result (client, result) : STEP_DONE;
}

static Step
send_some (Client *client)
{
  const guint8 *data = client->out->data + client->n_sent;
  gsize len = client->out->len - client->n_sent;
  ssize_t n = client->tls != NULL ? gnutls_record_send (client->tls, data, len)
                                  : send (client->fd, data, len, 0);

  if (n > 0)
    client->n_sent += (guint) n;
  if (client->n_sent == client->out->len)
    {
      g_byte_array_set_size (client->out, 0);
      client->n_sent = 0;
    }
  return note_result (client, n, POLLOUT);
}

static Step
receive_some (Client *client)
{
  guint8 data[READ_BYTES];
  ssize_t n = client->tls != NULL ? gnutls_record_recv (client->tls, data, sizeof (data))
                                  : recv (client->fd, data, sizeof (data), 0);

  if (n > 0)
    g_byte_array_append (client->in, data, (guint) n);
  if (client->in->len > MAX_REQUEST_BYTES)
    return STEP_END;
  return note_result (client, n, POLLIN);
}

static Step
take_step (Client *client)
{
  Step step;

  if (client->is_shaking)
    return shake_hands (client);
  if (client->out->len == 0 && (client->n_body_left > 0 || client->is_chunked))
    fill_out (client);
  if (client->out->len > 0)
    return send_some (client);
  if (client->closes)
    return STEP_END;

  step = take_request (client);
  return step == STEP_AGAIN ? receive_some (client) : step;
}

/* FALSE: it is over. */
static gboolean
serve (Client *client)
{
  for (int i = 0; i < MAX_STEPS_A_TURN; i++)
    {
      Step step = take_step (client);

      if (step != STEP_DONE)
        return step == STEP_AGAIN;
    }

  /* The others first: a writable socket brings it back. */
  client->wanted = POLLIN | POLLOUT;
  return TRUE;
}

static void
client_free (gpointer data)
{
  Client *client = data;

  if (client->tls != NULL)
    {
      if (!client->is_shaking)
        gnutls_bye (client->tls, GNUTLS_SHUT_WR);
      gnutls_deinit (client->tls);
    }
  close (client->fd);
  g_byte_array_unref (client->in);
  g_byte_array_unref (client->out);
  g_free (client);
}

static Client *
client_new (int fd,
            gnutls_certificate_credentials_t credentials)
{
  Client *client = g_new0 (Client, 1);
  const int yes = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof (yes));
  client->fd = fd;
  client->wanted = POLLIN;
  client->in = g_byte_array_sized_new (READ_BYTES);
  client->out = g_byte_array_new ();
  if (credentials != NULL)
    {
      gnutls_init (&client->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK);
      gnutls_set_default_priority (client->tls);
      gnutls_credentials_set (client->tls, GNUTLS_CRD_CERTIFICATE, credentials);
      gnutls_session_ticket_enable_server (client->tls, &ticket_key);
      gnutls_transport_set_int (client->tls, fd);
      client->is_shaking = TRUE;
    }
  return client;
}

/* The server */

static int
listen_on_loopback (guint16 *port)
{
  struct sockaddr_in address = { AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof (address);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, len) < 0 || listen (fd, SOMAXCONN) < 0 ||
      getsockname (fd, (struct sockaddr *) &address, &len) < 0)
    {
      g_printerr ("Cannot listen: %s\n", g_strerror (errno));
      exit (1);
    }
  *port = ntohs (address.sin_port);
  return fd;
}

static void
accept_all (int listener,
            gnutls_certificate_credentials_t credentials,
            GPtrArray *clients)
{
  int fd;

  while ((fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
    g_ptr_array_add (clients, client_new (fd, credentials));
}

static gboolean
is_input_closed (void)
{
  char data[256];
  ssize_t n = read (STDIN_FILENO, data, sizeof (data));

  return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void
run (int plain,
     int tls,
     gnutls_certificate_credentials_t credentials)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (client_free);
  g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (struct pollfd));
  const struct pollfd own[] = {
    { STDIN_FILENO, POLLIN, 0 },
    { plain, POLLIN, 0 },
    { tls, POLLIN, 0 },
  };
  const struct pollfd *polled;

  do
    {
      g_array_set_size (fds, 0);
      g_array_append_vals (fds, own, G_N_ELEMENTS (own));
      for (guint i = 0; i < clients->len; i++)
        {
          const Client *client = clients->pdata[i];
          const struct pollfd wanted = { client->fd, client->wanted, 0 };

          g_array_append_val (fds, wanted);
        }
      polled = (const struct pollfd *) (gpointer) fds->data;
      while (poll ((struct pollfd *) polled, fds->len, -1) < 0 && errno == EINTR)
        ;

      /* From the last to the first: one that is over gives its place to a later one. */
      for (guint i = clients->len; i-- > 0;)
        if (polled[G_N_ELEMENTS (own) + i].revents != 0 && !serve (clients->pdata[i]))
          g_ptr_array_remove_index_fast (clients, i);
      accept_all (plain, NULL, clients);
      accept_all (tls, credentials, clients);
    }
  while (polled[0].revents == 0 || !is_input_closed ());
}

static void
terminated_cb (int number)
{
  unlink (ca_path);
  _exit (0);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  gnutls_certificate_credentials_t credentials;
  guint16 plain_port, tls_port;
  int ca_file, plain, tls;

  signal (SIGPIPE, SIG_IGN);
  for (gsize i = 0; i < sizeof (pattern); i++)
    pattern[i] = (guint8) (i % 251);

  ca_file = g_file_open_tmp ("example-authority-XXXXXX.pem", &ca_path, &error);
  if (ca_file < 0)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  signal (SIGTERM, terminated_cb);
  signal (SIGINT, terminated_cb);
  credentials = example_authority_issue (ca_file);
  gnutls_session_ticket_key_generate (&ticket_key);
  close (ca_file);

  plain = listen_on_loopback (&plain_port);
  tls = listen_on_loopback (&tls_port);
  g_print ("http://127.0.0.1:%u https://localhost:%u %s\n", plain_port, tls_port, ca_path);
  run (plain, tls, credentials);

  close (plain);
  close (tls);
  gnutls_certificate_free_credentials (credentials);
  gnutls_free (ticket_key.data);
  g_unlink (ca_path);
  g_free (ca_path);
  return 0;
}

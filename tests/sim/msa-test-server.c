/* msa-test-server.c: what the servers of the tests answer, and one of them on the loopback
 * interface
 *
 * One thread accepts and one more serves each connection, all blocking; a cancellable ends their
 * waiting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-test-server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void
msa_test_fill (char *bytes,
               gsize offset,
               gsize len)
{
  for (gsize i = 0; i < len; i++)
    bytes[i] = (char) ('a' + (offset + i) % 23);
}

void
msa_test_assert_fill (gconstpointer bytes,
                      gsize size,
                      gsize len)
{
  g_autofree char *fill = g_malloc (len);

  msa_test_fill (fill, 0, len);
  g_assert_cmpmem (bytes, size, fill, len);
}

static void
append_fill (GString *text,
             gsize offset,
             gsize len)
{
  gsize start = text->len;

  g_string_set_size (text, start + len);
  msa_test_fill (text->str + start, offset, len);
}

static GString *
answer_with (guint status,
             const char *body)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "HTTP/1.1 %u Answer\r\nX-Test: yes\r\n", status);
  if (status != 204 && status != 304)
    g_string_append_printf (text, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", strlen (body),
                            body);
  else
    g_string_append (text, "\r\n");

  return text;
}

static GString *
answer_sized (gsize promised,
              gsize given)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                   promised);
  append_fill (text, 0, given);

  return text;
}

static GString *
answer_chunked (gsize len)
{
  GString *text = g_string_new ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  gsize part;

  for (gsize offset = 0; offset < len; offset += part)
    {
      part = MIN (1000, len - offset);
      g_string_append_printf (text, "%" G_GSIZE_MODIFIER "x\r\n", part);
      append_fill (text, offset, part);
      g_string_append (text, "\r\n");
    }
  g_string_append (text, "0\r\n\r\n");

  return text;
}

/* The number after @name in “/name/N”. */
static gboolean
parse_target (const char *target,
              const char *name,
              gsize *number)
{
  gsize len = strlen (name);

  if (strncmp (target, name, len) != 0)
    return FALSE;
  *number = strtoul (target + len, NULL, 10);

  return TRUE;
}

GString *
msa_test_answer (const char *target,
                 MsaTestThen *then)
{
  gsize n;

  *then = MSA_TEST_THEN_KEEP;
  if (parse_target (target, "/size/", &n))
    return answer_sized (n, n);
  if (parse_target (target, "/chunked/", &n))
    return answer_chunked (n);
  if (parse_target (target, "/status/", &n))
    return answer_with ((guint) n, target);
  if (g_str_has_prefix (target, "/interim"))
    {
      g_autoptr (GString) answer = answer_with (200, target);
      GString *text = g_string_new ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");

      return g_string_append_len (text, answer->str, (gssize) answer->len);
    }

  *then = MSA_TEST_THEN_HOLD;
  if (g_str_has_prefix (target, "/hang"))
    return g_string_new (NULL);
  if (g_str_has_prefix (target, "/head-only"))
    return answer_sized (10, 0);
  if (parse_target (target, "/part/", &n))
    return answer_sized (n, n / 2);

  *then = MSA_TEST_THEN_CLOSE;
  if (parse_target (target, "/truncated/", &n))
    return answer_sized (n, n / 2);
  if (g_str_has_prefix (target, "/empty"))
    return g_string_new (NULL);
  if (g_str_has_prefix (target, "/bad"))
    return g_string_new ("What is no HTTP\r\n\r\n");

  *then = MSA_TEST_THEN_KEEP;
  return answer_with (200, target);
}

/* The real one */

struct _MsaTestServer
{
  GSocket      *socket;      /* (owned): listens */
  GCancellable *cancellable; /* (owned): ends all */
  GThread      *thread;      /* (owned): accepts */
  GPtrArray    *threads;     /* (element-type GThread): the accepting thread's until it ended */
  guint16       port;
  gint          n_requests;  /* atomic */
};

typedef struct
{
  MsaTestServer *server; /* (unowned): joins this thread */
  GSocket       *socket; /* (owned) */
  GString       *input;  /* (owned) */
} ServedConnection;

/* FALSE: the connection has ended. */
static gboolean
receive_head (ServedConnection *self)
{
  while (strstr (self->input->str, "\r\n\r\n") == NULL)
    {
      char bytes[4096];
      gssize n = g_socket_receive (self->socket, bytes, sizeof bytes, self->server->cancellable,
                                   NULL);

      if (n <= 0)
        return FALSE;
      g_string_append_len (self->input, bytes, n);
    }

  return TRUE;
}

static gboolean
send_all (ServedConnection *self,
          const GString *text)
{
  gssize n;

  for (gsize sent = 0; sent < text->len; sent += (gsize) n)
    {
      n = g_socket_send (self->socket, text->str + sent, text->len - sent,
                         self->server->cancellable, NULL);
      if (n <= 0)
        return FALSE;
    }

  return TRUE;
}

static void
wait_for_end (ServedConnection *self)
{
  char bytes[4096];

  while (g_socket_receive (self->socket, bytes, sizeof bytes, self->server->cancellable, NULL) > 0)
    ;
}

/* Bodies of requests are not expected. */
static MsaTestThen
serve_next (ServedConnection *self)
{
  g_auto (GStrv) words = NULL;
  g_autoptr (GString) answer = NULL;
  MsaTestThen then;

  if (!receive_head (self))
    return MSA_TEST_THEN_CLOSE;

  words = g_strsplit (self->input->str, " ", 3);
  if (g_strv_length (words) != 3)
    return MSA_TEST_THEN_CLOSE;
  g_string_erase (self->input, 0, strstr (self->input->str, "\r\n\r\n") + 4 - self->input->str);
  g_atomic_int_inc (&self->server->n_requests);

  answer = msa_test_answer (words[1], &then);
  return send_all (self, answer) ? then : MSA_TEST_THEN_CLOSE;
}

static gpointer
serve_connection (gpointer data)
{
  ServedConnection *self = data;
  MsaTestThen then = MSA_TEST_THEN_KEEP;

  while (then == MSA_TEST_THEN_KEEP)
    then = serve_next (self);
  if (then == MSA_TEST_THEN_HOLD)
    wait_for_end (self);

  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_string_free (self->input, TRUE);
  g_free (self);

  return NULL;
}

static void
join_thread (gpointer data)
{
  g_thread_join (data);
}

static gpointer
accept_all (gpointer data)
{
  MsaTestServer *self = data;
  GSocket *socket;

  while ((socket = g_socket_accept (self->socket, self->cancellable, NULL)) != NULL)
    {
      ServedConnection *connection = g_new0 (ServedConnection, 1);

      connection->server = self;
      connection->socket = socket;
      connection->input = g_string_new (NULL);
      g_ptr_array_add (self->threads, g_thread_new ("connection", serve_connection, connection));
    }

  return NULL;
}

static MsaTestServer *
serve_at (GSocketAddress *address)
{
  MsaTestServer *self = g_new0 (MsaTestServer, 1);
  g_autoptr (GError) error = NULL;

  self->cancellable = g_cancellable_new ();
  self->threads = g_ptr_array_new_with_free_func (join_thread);
  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_set_listen_backlog (self->socket, 128);
  g_socket_listen (self->socket, &error);
  g_assert_no_error (error);
  self->thread = g_thread_new ("server", accept_all, self);

  return self;
}

MsaTestServer *
msa_test_server_new (void)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) local = NULL;
  MsaTestServer *self = serve_at (any);

  local = g_socket_get_local_address (self->socket, NULL);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local));

  return self;
}

MsaTestServer *
msa_test_server_new_unix (const char *path)
{
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  g_autoptr (GSocketAddress) address = NULL;

  g_strlcpy (un.sun_path, path, sizeof un.sun_path);
  address = g_socket_address_new_from_native (&un, sizeof un);

  return serve_at (address);
}

void
msa_test_server_free (MsaTestServer *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_ptr_array_unref (self->threads);
  g_object_unref (self->socket);
  g_object_unref (self->cancellable);
  g_free (self);
}

guint16
msa_test_server_get_port (MsaTestServer *self)
{
  return self->port;
}

guint
msa_test_server_count_requests (MsaTestServer *self)
{
  return (guint) g_atomic_int_get (&self->n_requests);
}

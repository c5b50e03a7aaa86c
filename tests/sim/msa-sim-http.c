/* msa-sim-http.c: a small HTTP/1 server on the simulation's network
 *
 * Parses requests in the simplest way, apart from the library's own parser, so that it does not
 * share its mistakes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-private.h"

#include <stdlib.h>

typedef struct
{
  MsaSimHttpFunc handler;
  gpointer       data;
} HttpServer;

typedef struct
{
  const HttpServer *server; /* (unowned) */
  gsize             used;   /* bytes of what was received that were requests */
  gsize             wanted; /* so many there must be before the next one is looked for */
} HttpConnection;

static gsize
find_content_length (const char *head)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_ascii_strncasecmp (lines[i], "Content-Length:", 15) == 0)
        return strtoul (lines[i] + 15, NULL, 10);
    }
  return 0;
}

/* Serves the next request; FALSE if it is not whole yet. */
static gboolean
serve_next (MsaSimPeer *peer,
            HttpConnection *connection)
{
  GString *received = msa_sim_peer_get_received (peer);
  const char *start, *end;
  g_autofree char *head = NULL;
  g_autoptr (GBytes) body = NULL;
  g_auto (GStrv) words = NULL;
  gsize head_len, body_len;

  if (received->len < connection->wanted)
    return FALSE;
  start = received->str + MIN (connection->used, received->len);
  end = strstr (start, "\r\n\r\n");
  if (end == NULL)
    return FALSE;
  head_len = (gsize) (end - start) + 4;
  head = g_strndup (start, head_len);
  body_len = find_content_length (head);
  /* Until then the head is not read again: a body comes in many pieces. */
  connection->wanted = connection->used + head_len + body_len;
  if (received->len < connection->wanted)
    return FALSE;

  body = g_bytes_new (start + head_len, body_len);
  connection->used += head_len + body_len;
  words = g_strsplit (head, " ", 3);
  g_assert_cmpuint (g_strv_length (words), ==, 3);
  connection->server->handler (peer, words[0], words[1], head, body, connection->server->data);
  return TRUE;
}

static void
http_received_cb (MsaSimPeer *peer,
                  gpointer user_data)
{
  while (serve_next (peer, user_data))
    ;
}

/* As a server does that reads the end of the last request. */
static void
http_closed_cb (MsaSimPeer *peer,
                gpointer user_data)
{
  msa_sim_peer_close (peer);
}

static void
http_accept_cb (MsaSim *sim,
                MsaSimPeer *peer,
                gpointer data)
{
  HttpConnection *connection = g_new0 (HttpConnection, 1);

  connection->server = data;
  g_ptr_array_add (sim->servers, connection);
  peer->user_data = connection;
  peer->received = http_received_cb;
  peer->closed = http_closed_cb;
}

void
msa_sim_http_server (MsaSim *self,
                     const char *address,
                     guint16 port,
                     MsaSimHttpFunc handler,
                     gpointer data)
{
  HttpServer *server = g_new0 (HttpServer, 1);

  server->handler = handler;
  server->data = data;
  g_ptr_array_add (self->servers, server);
  msa_sim_listen (self, address, port, http_accept_cb, server);
}

static const char *
reason_of (guint status)
{
  static const struct
  {
    guint       status;
    const char *reason;
  } reasons[] = {
    { 100, "Continue" },
    { 200, "OK" },
    { 201, "Created" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 304, "Not Modified" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 404, "Not Found" },
    { 500, "Internal Server Error" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      if (reasons[i].status == status)
        return reasons[i].reason;
    }
  return "Status";
}

void
msa_sim_http_respond (MsaSimPeer *peer,
                      guint status,
                      const char *headers,
                      const char *body)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *lower = g_ascii_strdown (headers != NULL ? headers : "", -1);
  gboolean bodiless = status < 200 || status == 204 || status == 304;

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\n%s", status, reason_of (status),
                          headers != NULL ? headers : "");
  if (!bodiless && strstr (lower, "content-length:") == NULL &&
      strstr (lower, "transfer-encoding:") == NULL)
    g_string_append_printf (text, "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                            body != NULL ? strlen (body) : 0);
  g_string_append (text, "\r\n");
  if (body != NULL)
    g_string_append (text, body);
  msa_sim_peer_send (peer, text->str, (gssize) text->len);
}

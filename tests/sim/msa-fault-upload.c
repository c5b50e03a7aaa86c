/* msa-fault-upload.c: a server that reads requests with bodies, and says what it got
 *
 * Bodies of a length and in chunks, and 100-continue. Apart from the library's own parser.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-fault-private.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  gboolean has_begun; /* the head was read, and answered if that is asked for */
  gboolean is_done;   /* nothing is read any more */
} Link;

/* How many bytes of @text the body in chunks takes; 0: it is not whole yet. */
static gsize
decode_chunks (const char *text,
               GString *body)
{
  const char *at = text;

  for (;;)
    {
      const char *end = strstr (at, "\r\n");
      gsize len = strtoul (at, NULL, 16);

      if (end == NULL)
        return 0;
      at = end + 2;
      if (len == 0)
        break;
      if (strlen (at) < len + 2)
        return 0;
      g_string_append_len (body, at, (gssize) len);
      at += len + 2;
    }

  /* Trailers, and the empty line. */
  if (strncmp (at, "\r\n", 2) == 0)
    return (gsize) (at - text) + 2;
  at = strstr (at, "\r\n\r\n");

  return at == NULL ? 0 : (gsize) (at - text) + 4;
}

static gsize
read_body (const char *head,
           gsize head_len,
           const GString *received,
           GString *body)
{
  const char *length = strstr (head, "Content-Length: ");
  gsize len;

  if (strstr (head, "Transfer-Encoding: chunked") != NULL)
    return decode_chunks (received->str + head_len, body);

  len = length == NULL ? 0 : strtoul (length + 16, NULL, 10);
  if (received->len - head_len < len)
    return 0;
  g_string_append_len (body, received->str + head_len, (gssize) len);

  return len;
}

static void
report (MsaSimPeer *peer,
        const GString *body)
{
  g_autofree char *expected = g_malloc (body->len + 1);
  g_autofree char *text = NULL;

  msa_test_fill (expected, 0, body->len);
  text = g_strdup_printf ("%" G_GSIZE_FORMAT " bytes, %s", body->len,
                          memcmp (expected, body->str, body->len) == 0 ? "as they are to be"
                                                                       : "which are others");
  msa_sim_http_respond (peer, 200, NULL, text);
}

/* What still comes is read and thrown away, so that no reset overtakes the answer. */
static void
refuse (MsaSimPeer *peer,
        Link *link,
        guint status)
{
  link->is_done = TRUE;
  msa_sim_http_respond (peer, status, "Connection: close\r\n", "no");
}

/* FALSE: there is nothing to read. */
static gboolean
begin (MsaSimPeer *peer,
       Link *link,
       const char *head)
{
  gboolean expects = strstr (head, "Expect: 100-continue") != NULL;

  link->has_begun = TRUE;
  if (strstr (head, " /early") != NULL)
    refuse (peer, link, 413);
  else if (strstr (head, " /refuse") != NULL && expects)
    {
      msa_sim_http_respond (peer, 417, NULL, "no");
      return FALSE;
    }
  else if (expects)
    msa_sim_peer_send (peer, "HTTP/1.1 100 Continue\r\n\r\n", -1);

  return !link->is_done;
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  Link *link = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  const char *end = strstr (received->str, "\r\n\r\n");
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *head = NULL;
  gsize head_len, used;

  if (link->is_done || end == NULL)
    return;
  head_len = (gsize) (end - received->str) + 4;
  head = g_strndup (received->str, head_len);
  if (!link->has_begun && !begin (peer, link, head))
    {
      link->has_begun = FALSE;
      g_string_truncate (received, 0);
      return;
    }

  used = read_body (head, head_len, received, body);
  if (used == 0)
    return;
  g_string_erase (received, 0, (gssize) (head_len + used));
  link->has_begun = FALSE;
  report (peer, body);
}

static void
closed_cb (MsaSimPeer *peer,
           gpointer user_data)
{
  msa_sim_peer_close (peer);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaFaultPlay *play = data;
  Link *link = g_new0 (Link, 1);

  g_ptr_array_add (play->links, link);
  peer->user_data = link;
  peer->received = received_cb;
  peer->closed = closed_cb;
}

void
msa_fault_serve_uploads (MsaFaultPlay *play,
                         const char *address)
{
  msa_sim_listen (play->sim, address, 80, accept_cb, play);
}

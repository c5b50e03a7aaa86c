/* msa-world-server.c: the peers of a random world
 *
 * Hosts speak HTTP/1 by a model of their own, or say what a script has for them. In TLS they are
 * real GnuTLS, with keys whose signatures have constant lengths, so that the same seed gives the
 * same lengths. What is answered to a request depends on the request alone, not on what else
 * happens.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-world-private.h"
#include "unit/msa-test-tls-peer.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  MsaWorld *world; /* (unowned) */
  guint host;
  MsaSimPeer *peer; /* (unowned) */
  MsaTestTlsPeer *tls; /* (owned) (nullable) */
  MsaWorldIdentity identity;
  GString *in; /* (owned): decrypted, not yet used */
  gboolean has_greeted;
  gboolean is_over; /* nothing more is answered */
  gboolean is_busy; /* a reply is under way */
  gboolean skips; /* the body of a request that was answered early */
  gboolean has_end; /* the client's */
  guint n_requests;
} Link;

typedef enum
{
  THEN_KEEP,
  THEN_CLOSE,
  THEN_RESET,
  THEN_HANG,
} Then;

/* A part of a reply, to be sent later. */
typedef struct
{
  Link *link; /* (unowned) */
  GString *bytes; /* (owned) */
  gboolean is_last;
  gboolean is_rude; /* more follows than the reply */
  Then then; /* after the last one */
  gboolean clean;
} Piece;

static MsaTestPki *authority;
static MsaTestCert *certs[2][2]; /* by is_stranger and rsa */
static gnutls_datum_t ticket_key; /* of all servers: who is asked for what tells them apart */

void
msa_world_prepare_servers (gboolean tls)
{
  static const MsaTestAuthoritySpec authority_spec = { .key = MSA_TEST_ED25519 };

  if (!tls || authority != NULL)
    return;

  gnutls_session_ticket_key_generate (&ticket_key);
  authority = msa_test_pki_new_full (NULL, &authority_spec);
  for (guint stranger = 0; stranger < 2; stranger++)
    for (guint rsa = 0; rsa < 2; rsa++)
      {
        MsaTestCertSpec spec = {
          .dns = { stranger ? "elsewhere.test" : "*.world.test" },
          .key = rsa ? MSA_TEST_RSA_2048 : MSA_TEST_ED25519,
        };

        certs[stranger][rsa] = msa_test_pki_issue (authority, &spec);
      }
}

const char *
msa_world_get_ca_pem (void)
{
  return msa_test_pki_ca_pem (authority);
}

static void
link_free (gpointer data)
{
  Link *self = data;

  self->peer->received = NULL;
  self->peer->closed = NULL;
  g_clear_pointer (&self->tls, msa_test_tls_peer_free);
  msa_world_identity_clear (&self->identity);
  g_string_free (self->in, TRUE);
  g_free (self);
}

static void
piece_free (gpointer data)
{
  Piece *self = data;

  g_string_free (self->bytes, TRUE);
  g_free (self);
}

/* --- what is sent --- */

static void
send_records (Link *self)
{
  GByteArray *bytes = self->tls->to_client;

  if (bytes->len > 0)
    msa_sim_peer_send (self->peer, bytes->data, bytes->len);
  g_byte_array_set_size (bytes, 0);
}

static void
send_bytes (Link *self,
            const GString *bytes)
{
  if (bytes->len == 0)
    return;
  if (self->tls == NULL)
    {
      msa_sim_peer_send (self->peer, bytes->str, (gssize) bytes->len);
      return;
    }
  msa_test_tls_peer_write (self->tls, bytes->str, bytes->len);
  send_records (self);
}

static void
end_link (Link *self,
          gboolean clean)
{
  if (self->tls != NULL && self->has_greeted && clean && !self->is_over)
    {
      gnutls_bye (self->tls->session, GNUTLS_SHUT_WR);
      send_records (self);
    }
  self->is_over = TRUE;
  msa_sim_peer_close (self->peer);
}

static void read_requests (Link *self);

/* From now on a transfer at this host may fail for what it has no part in. */
static void
be_rude (Link *self)
{
  self->world->hosts[self->host].rude_us = msa_sim_get_now_us (self->world->sim);
}

/* Idle for too long. */
static void
idle_cb (MsaSim *sim,
         gpointer data)
{
  Piece *mark = data;
  Link *self = mark->link;
  guint n_then = (guint) strtoul (mark->bytes->str, NULL, 10);

  if (self->is_busy || self->is_over || self->n_requests != n_then)
    return;

  be_rude (self);
  end_link (self, mark->clean);
}

static void
watch_idleness (Link *self)
{
  MsaWorldHost *host = &self->world->hosts[self->host];
  Piece *mark;

  if (host->idle_us == 0)
    return;

  mark = g_new0 (Piece, 1);
  mark->link = self;
  mark->bytes = g_string_new (NULL);
  mark->clean = self->n_requests % 2 == 0;
  g_string_printf (mark->bytes, "%u", self->n_requests);
  g_ptr_array_add (self->world->pieces, mark);
  msa_sim_call_after (self->world->sim, host->idle_us, idle_cb, mark);
}

static void
finish_reply (Link *self,
              Then then,
              gboolean clean)
{
  self->is_busy = FALSE;
  switch (then)
    {
    case THEN_CLOSE:
      end_link (self, clean);
      break;
    case THEN_RESET:
      self->is_over = TRUE;
      msa_sim_peer_reset (self->peer);
      break;
    case THEN_HANG:
      self->is_busy = TRUE;
      break;
    case THEN_KEEP:
    default:
      if (self->has_end)
        end_link (self, TRUE);
      else
        watch_idleness (self);
      read_requests (self);
      break;
    }
}

static void
piece_cb (MsaSim *sim,
          gpointer data)
{
  Piece *piece = data;
  Link *self = piece->link;

  if (self->is_over)
    return;

  msa_world_tell (self->world, MSA_WORLD_TOLD_REPLY, NULL, (gint64) piece->bytes->len);
  send_bytes (self, piece->bytes);
  if (piece->is_rude)
    be_rude (self);
  if (piece->is_last)
    finish_reply (self, piece->then, piece->clean);
}

/* --- replies --- */

static void
append_body (GString *wire,
             const MsaWorldReply *reply,
             gsize offset,
             gsize len)
{
  gsize start = wire->len;

  g_string_set_size (wire, start + len);
  msa_world_fill (reply->salt, offset, (guint8 *) wire->str + start, len);
}

static void
append_chunks (GString *wire,
               const MsaWorldReply *reply)
{
  gsize part;

  for (gsize offset = 0; offset < reply->n_body; offset += part)
    {
      part = MIN (reply->chunk, reply->n_body - offset);
      g_string_append_printf (wire, "%" G_GSIZE_MODIFIER "x\r\n", part);
      append_body (wire, reply, offset, part);
      g_string_append (wire, "\r\n");
    }
  if (reply->kind == MSA_WORLD_BAD_CHUNK)
    g_string_append (wire, "zz\r\n");
  else
    g_string_append (wire, reply->trailers ? "0\r\nX-Sum: 1\r\n\r\n" : "0\r\n\r\n");
}

static gboolean
is_chunked (const MsaWorldReply *reply)
{
  return reply->kind == MSA_WORLD_BY_CHUNKS || reply->kind == MSA_WORLD_CUT_CHUNKS ||
         reply->kind == MSA_WORLD_BAD_CHUNK ||
         ((reply->kind == MSA_WORLD_RESET || reply->kind == MSA_WORLD_HANGS) && reply->trailers);
}

/* Writes the reply, were it whole. Gives where its body begins. */
static gsize
write_reply (GString *wire,
             const MsaWorldReply *reply,
             gboolean has_body)
{
  gsize head;

  for (guint i = 0; i < reply->n_interim; i++)
    g_string_append (wire, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  g_string_append_printf (wire, "HTTP/1.%d %u Said\r\nX-Pad: 0123456789\r\n",
                          reply->kind != MSA_WORLD_OLD, reply->status);
  if (reply->closes)
    g_string_append (wire, "Connection: close\r\n");
  if (is_chunked (reply))
    g_string_append (wire, "Transfer-Encoding: chunked\r\n");
  else if (reply->kind != MSA_WORLD_BY_CLOSE && reply->kind != MSA_WORLD_BODILESS)
    g_string_append_printf (wire, "Content-Length: %" G_GSIZE_FORMAT "\r\n", reply->n_body);
  g_string_append (wire, "\r\n");
  head = wire->len;

  if (!has_body)
    return head;
  if (is_chunked (reply))
    append_chunks (wire, reply);
  else
    append_body (wire, reply, 0, reply->n_body);
  if (reply->kind == MSA_WORLD_SURPLUS)
    g_string_append (wire, "and something more\r\n\r\n");
  return head;
}

static void
send_pieces (Link *self,
             const MsaWorldReply *reply,
             const GString *wire,
             Then then,
             gboolean is_rude)
{
  gint64 at_us = 0;
  gsize from = 0;

  for (guint i = 0; i < reply->n_pieces; i++)
    {
      Piece *piece = g_new0 (Piece, 1);
      gsize to = wire->len * reply->cuts[i] / 1000;

      piece->is_last = i + 1 == reply->n_pieces;
      if (piece->is_last || to > wire->len)
        to = wire->len;
      to = MAX (to, from);
      piece->link = self;
      piece->bytes = g_string_new_len (wire->str + from, (gssize) (to - from));
      piece->then = then;
      piece->is_rude = is_rude;
      piece->clean = reply->says_goodbye || reply->kind == MSA_WORLD_BY_CLOSE;
      from = to;
      at_us += reply->delays_us[i];
      g_ptr_array_add (self->world->pieces, piece);
      msa_sim_call_after (self->world->sim, at_us, piece_cb, piece);
    }
}

/* How much of the body is in @wire, which begins with the @head bytes before it. */
static gsize
count_body (const GString *wire,
            gsize head,
            const MsaWorldReply *reply)
{
  gsize left = wire->len > head ? wire->len - head : 0;
  gsize n = 0;

  if (!is_chunked (reply))
    return MIN (left, reply->n_body);
  while (n < reply->n_body)
    {
      gsize part = MIN (reply->chunk, reply->n_body - n);
      gsize line = (gsize) g_snprintf (NULL, 0, "%" G_GSIZE_MODIFIER "x\r\n", part);

      if (left <= line + part)
        return n + (left > line ? left - line : 0);
      n += part;
      left -= MIN (left, line + part + strlen ("\r\n"));
    }
  return n;
}

static void
answer (Link *self,
        MsaWorldEasy *easy,
        guint run,
        const MsaWorldReply *reply,
        gboolean is_head,
        gboolean is_whole)
{
  g_autoptr (GString) wire = g_string_new (NULL);
  gboolean has_body = !is_head && reply->kind != MSA_WORLD_BODILESS;
  gsize head = write_reply (wire, reply, has_body);
  /* Who sent it all meanwhile may use the connection again. */
  gboolean is_rude = !is_whole;
  Then then = !is_whole || reply->closes ? THEN_CLOSE : THEN_KEEP;

  switch (reply->kind)
    {
    case MSA_WORLD_BY_CLOSE:
    case MSA_WORLD_BAD_CHUNK:
      /* Without a body nothing says that the connection ends. */
      is_rude |= !has_body;
      then = THEN_CLOSE;
      break;
    case MSA_WORLD_OLD:
      then = THEN_CLOSE;
      break;
    case MSA_WORLD_SURPLUS:
      /* It comes, it may be, when the next transfer has the connection, and is taken for that one's
       * reply. */
      is_rude = TRUE;
      break;
    case MSA_WORLD_CUT_LENGTH:
    case MSA_WORLD_CUT_CHUNKS:
      then = THEN_CLOSE;
      /* The head is whole; of what follows at least a byte is missing. */
      if (has_body && wire->len > head)
        g_string_truncate (wire, head + (wire->len - head - 1) * reply->cut / 1000);
      else
        g_string_truncate (wire, head - 1);
      break;
    case MSA_WORLD_RESET:
    case MSA_WORLD_HANGS:
      then = reply->kind == MSA_WORLD_RESET ? THEN_RESET : THEN_HANG;
      g_string_truncate (wire, (wire->len - 1) * reply->cut / 1000);
      break;
    case MSA_WORLD_EMPTY:
      then = THEN_CLOSE;
      g_string_truncate (wire, 0);
      break;
    case MSA_WORLD_GARBAGE:
      then = THEN_CLOSE;
      g_string_assign (wire, "What is no HTTP\r\n\r\n");
      break;
    case MSA_WORLD_BY_LENGTH:
    case MSA_WORLD_BY_CHUNKS:
    case MSA_WORLD_BODILESS:
    default:
      break;
    }
  if (easy->run == run && has_body && reply->kind != MSA_WORLD_GARBAGE)
    easy->n_sent = count_body (wire, head, reply);
  self->is_busy = TRUE;
  send_pieces (self, reply, wire, then, is_rude);
}

/* --- requests --- */

/* The text after @name in a field of @head. NULL: there is none. */
static const char *
find_field (const char *head,
            const char *name)
{
  const char *found = strcasestr (head, name);

  return found != NULL ? found + strlen (name) : NULL;
}

/* Takes a chunked body from @from on. FALSE: it has not come to its end; else that is @end. */
static gboolean
read_chunks (const GString *in,
             gsize from,
             GString *body,
             gsize *end)
{
  while (TRUE)
    {
      const char *line = in->str + from;
      const char *line_end = strstr (line, "\r\n");
      gsize size, after;

      if (line_end == NULL)
        return FALSE;
      size = strtoul (line, NULL, 16);
      after = (gsize) (line_end - in->str) + 2;
      if (in->len < after + size + 2)
        return FALSE;
      g_string_append_len (body, in->str + after, (gssize) size);
      from = after + size + 2;
      if (size == 0)
        break;
    }
  *end = from;
  return TRUE;
}

static void
check_request (Link *self,
               MsaWorldEasy *easy,
               guint run,
               const char *head,
               const GString *body)
{
  const MsaWorldTransfer *plan = &easy->plan;

  if (strncmp (head, plan->method, strlen (plan->method)) != 0)
    msa_world_fail ("transfer %u has the method %s and sent %.8s", easy->id, plan->method, head);
  if (body->len != plan->n_upload)
    msa_world_fail ("transfer %u uploads %" G_GSIZE_FORMAT " bytes, and %" G_GSIZE_FORMAT " came",
                    easy->id, plan->n_upload, body->len);
  if (!msa_world_match (easy->id, 0, (guint8 *) body->str, body->len))
    msa_world_fail ("the upload of transfer %u came with other bytes", easy->id);
  if (run > easy->run)
    msa_world_fail ("run %u of transfer %u was asked for before it began", run, easy->id);
}

static MsaWorldEasy *
find_easy (MsaWorld *world,
           const char *head,
           guint *run)
{
  const char *target = strchr (head, ' ');
  char *rest;
  gulong id;

  if (target == NULL || strncmp (target, " /", 2) != 0)
    msa_world_fail ("a request is none: %.40s", head);
  id = strtoul (target + 2, &rest, 10);
  *run = *rest == '/' ? (guint) strtoul (rest + 1, NULL, 10) : 0;
  if (id >= world->n_steps || world->easies[id] == NULL || *run == 0)
    msa_world_fail ("a request of nobody: %.40s", head);
  return world->easies[id];
}

/* FALSE: there is no whole request. */
static gboolean
read_request (Link *self)
{
  const char *head_end = strstr (self->in->str, "\r\n\r\n");
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *head = NULL;
  const char *field;
  gboolean expects, is_whole;
  gsize end, len = 0;
  guint run;
  MsaWorldEasy *easy;
  MsaWorldReply reply;

  if (head_end == NULL)
    return FALSE;
  end = (gsize) (head_end - self->in->str) + 4;
  head = g_strndup (self->in->str, end);
  easy = find_easy (self->world, head, &run);
  msa_world_plan_reply (self->world->seed, easy->id, run, &reply);

  field = find_field (head, "\r\nContent-Length: ");
  if (field != NULL)
    len = strtoul (field, NULL, 10);
  expects = find_field (head, "\r\nExpect: 100-continue") != NULL;
  if (find_field (head, "\r\nTransfer-Encoding: chunked") != NULL)
    is_whole = read_chunks (self->in, end, body, &end);
  else
    {
      is_whole = self->in->len >= end + len;
      g_string_append_len (body, self->in->str + end, (gssize) MIN (len, self->in->len - end));
      end += len;
    }

  if (!is_whole && expects && !reply.early && !self->skips)
    {
      g_autoptr (GString) go_on = g_string_new ("HTTP/1.1 100 Continue\r\n\r\n");

      self->skips = TRUE;
      easy->may_go_on |= easy->run == run;
      send_bytes (self, go_on);
    }
  if (!is_whole && !reply.early)
    return FALSE;

  self->n_requests++;
  self->skips = FALSE;
  msa_world_tell (self->world, MSA_WORLD_TOLD_REQUEST, easy, (gint64) run);
  msa_world_identity_check (&self->identity, easy, run, head);
  if (is_whole)
    check_request (self, easy, run, head, body);
  answer (self, easy, run, &reply, g_str_has_prefix (head, "HEAD "), is_whole);
  g_string_erase (self->in, 0, (gssize) MIN (end, self->in->len));
  return TRUE;
}

static void
read_requests (Link *self)
{
  while (!self->is_over && !self->is_busy && read_request (self))
    ;
}

/* --- connections --- */

/* FALSE: the handshake goes on, or has failed. */
static gboolean
shake_hands (Link *self)
{
  if (self->has_greeted)
    return TRUE;

  msa_test_tls_peer_run (self->tls);
  send_records (self);
  if (self->tls->is_done && self->tls->result < 0)
    end_link (self, FALSE);
  self->has_greeted = self->tls->is_done && self->tls->result >= 0;
  return self->has_greeted;
}

static void
take_records (Link *self,
              const GString *bytes)
{
  g_autoptr (GByteArray) clear = NULL;
  int result;

  g_byte_array_append (self->tls->to_server, (guint8 *) bytes->str, (guint) bytes->len);
  if (!shake_hands (self))
    return;

  clear = msa_test_tls_peer_read (self->tls, &result);
  g_string_append_len (self->in, (char *) clear->data, clear->len);
  send_records (self);
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  Link *self = user_data;
  GString *bytes = msa_sim_peer_get_received (peer);

  if (!self->is_over && self->tls != NULL)
    take_records (self, bytes);
  else if (!self->is_over)
    g_string_append_len (self->in, bytes->str, (gssize) bytes->len);
  g_string_truncate (bytes, 0);
  read_requests (self);
}

static void
closed_cb (MsaSimPeer *peer,
           gpointer user_data)
{
  Link *self = user_data;

  self->has_end = TRUE;
  if (!self->is_busy)
    end_link (self, TRUE);
}

static void
script_cb (MsaSim *sim,
           gpointer data)
{
  Piece *piece = data;
  MsaSimPeer *peer = piece->link->peer;

  msa_sim_peer_send (peer, piece->bytes->str, (gssize) piece->bytes->len);
  switch (piece->link->world->hosts[piece->link->host].script_end)
    {
    case 1:
      msa_sim_peer_close (peer);
      break;
    case 2:
      msa_sim_peer_reset (peer);
      break;
    case 3:
      msa_sim_peer_shutdown (peer);
      break;
    default:
      break;
    }
}

static void
follow_script (Link *self)
{
  MsaWorldHost *host = &self->world->hosts[self->host];
  Piece *piece = g_new0 (Piece, 1);

  self->is_over = TRUE;
  piece->link = self;
  piece->bytes = g_string_new (host->script->text);
  if (host->is_deaf)
    msa_sim_peer_stop_reading (self->peer);
  g_ptr_array_add (self->world->pieces, piece);
  msa_sim_call_after (self->world->sim, host->script_us, script_cb, piece);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaWorldDoor *door = data;
  MsaWorldHost *host = &door->world->hosts[door->host];
  Link *self = g_new0 (Link, 1);

  self->world = door->world;
  self->host = door->host;
  self->peer = peer;
  self->in = g_string_new (NULL);
  msa_world_identity_init (&self->identity, self->world, peer, door);
  peer->user_data = self;
  peer->received = received_cb;
  peer->closed = closed_cb;
  g_ptr_array_add (self->world->links, self);
  if (host->kind == MSA_WORLD_SCRIPT)
    {
      follow_script (self);
    }
  else if (host->tls)
    {
      MsaTestTlsOptions options = {
        .cert = certs[host->is_stranger][host->rsa],
        .priority = host->old_tls ? "NORMAL:-VERS-TLS1.3" : NULL,
        .no_tickets = host->no_tickets,
        .ticket_key = &ticket_key,
      };

      self->tls = msa_test_tls_peer_new_full (&options);
      msa_world_identity_watch (&self->identity, self->tls->session);
    }
  if (host->kind == MSA_WORLD_MODEL)
    watch_idleness (self);
}

static void
serve_at (MsaWorld *self,
          guint i,
          MsaWorldWay way)
{
  for (guint port = 0; port < 2; port++)
    {
      g_autofree char *address = msa_world_dup_address (i, way, port);
      MsaWorldDoor *door = g_new0 (MsaWorldDoor, 1);

      door->world = self;
      door->host = i;
      door->way = way;
      door->other_port = port;
      g_ptr_array_add (self->doors, door);
      msa_sim_listen (self->sim, address,
                      way == MSA_WORLD_WAY_UNIX
                          ? 0
                          : (guint16) msa_world_get_port (&self->hosts[i], port),
                      accept_cb, door);
    }
}

static void
serve_host (MsaWorld *self,
            guint i)
{
  MsaWorldHost *host = &self->hosts[i];
  g_autofree char *name = g_strdup_printf ("h%u.world.test", i);
  g_autofree char *annex_name = g_strdup_printf ("annex%u.world.test", i);
  g_autofree char *ipv4 = msa_world_dup_address (i, MSA_WORLD_WAY_IPV4, FALSE);
  g_autofree char *ipv6 = msa_world_dup_address (i, MSA_WORLD_WAY_IPV6, FALSE);
  g_autofree char *annex = msa_world_dup_address (i, MSA_WORLD_WAY_ANNEX, FALSE);
  gboolean speaks = host->kind == MSA_WORLD_MODEL || host->kind == MSA_WORLD_SCRIPT;

  if (host->kind == MSA_WORLD_NAMELESS)
    {
      int code = host->idle_us > 0 ? EAI_AGAIN : EAI_NONAME;

      msa_sim_set_host_error (self->sim, name, code, host->look_up_us);
      msa_sim_set_host_error (self->sim, annex_name, code, host->look_up_us);
      return;
    }
  msa_sim_set_host (self->sim, name, host->look_up_us, ipv4, host->has_ipv6 ? ipv6 : NULL, NULL);
  msa_sim_set_host (self->sim, annex_name, host->look_up_us, annex, NULL);
  for (guint way = 0; speaks && way < MSA_WORLD_N_WAYS; way++)
    if (way != MSA_WORLD_WAY_IPV6 || (host->has_ipv6 && host->ipv6 == 0))
      serve_at (self, i, way);
  if (host->kind == MSA_WORLD_SILENT)
    {
      msa_sim_set_black_hole (self->sim, ipv4);
      msa_sim_set_black_hole (self->sim, annex);
    }
  if (!host->has_ipv6)
    return;
  if (host->ipv6 == 1)
    msa_sim_set_unreachable (self->sim, ipv6);
  if (host->ipv6 == 2 || host->kind == MSA_WORLD_SILENT)
    msa_sim_set_black_hole (self->sim, ipv6);
}

void
msa_world_serve (MsaWorld *self)
{
  self->links = g_ptr_array_new_with_free_func (link_free);
  self->pieces = g_ptr_array_new_with_free_func (piece_free);
  self->doors = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < self->net.n_hosts; i++)
    serve_host (self, i);
}

void
msa_world_end_servers (MsaWorld *self)
{
  g_ptr_array_unref (self->links);
  g_ptr_array_unref (self->pieces);
  g_ptr_array_unref (self->doors);
}

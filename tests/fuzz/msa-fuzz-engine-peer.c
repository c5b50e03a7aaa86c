/* msa-fuzz-engine-peer.c: peers, who do what the input says
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"
#include "fuzz/msa-fuzz-pki.h"
#include "unit/msa-test-tls-peer.h"

#define LONG_HEAD "HTTP/1.1 200 OK\r\nContent-Length: " G_STRINGIFY (MSA_FUZZ_LONG_BYTES) "\r\n\r\n"

/* One connection. */
typedef struct
{
  MsaFuzzEngine  *engine; /* (unowned) */
  MsaSimPeer     *peer;   /* (unowned) */
  MsaTestTlsPeer *tls;    /* (owned) (nullable): NULL in the clear */
  GString        *clear;  /* (owned): what came, decrypted, as far as it is no request yet */
  gint64          due_us; /* when what was sent last leaves */
  gboolean        is_bare; /* what is sent is no TLS */
  gboolean        mangles; /* the next record */
} Link;

static char long_answer[sizeof (LONG_HEAD) - 1 + MSA_FUZZ_LONG_BYTES];

static const struct
{
  char        key;
  const char *text;
} phrases[] = {
  { 'r', "\r" },
  { 'n', "\n" },
  { 'k', "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
  { 'u', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n" },
  { 'i', "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" },
  { 'e', "HTTP/1.1 204 No Content\r\n\r\n" },
  { 'o', "HTTP/1.1 200 OK\r\n\r\nuntil the end" },
  { 't', "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" },
  { 'd', "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
};

/* Sending */

/* In the order in which they were made, whatever their delay. */
static void
send_raw (Link *self,
          gint64 delay_us,
          gconstpointer data,
          gsize len)
{
  gint64 now_us = msa_sim_get_now_us (self->engine->world->sim);

  if (self->tls != NULL)
    self->due_us = delay_us = MAX (delay_us, self->due_us - now_us);
  self->due_us = now_us + delay_us;
  msa_sim_peer_send_at (self->peer, delay_us, data, (gssize) len);
}

static void
send_records (Link *self,
              gint64 delay_us)
{
  GByteArray *records = self->tls->to_client;

  if (records->len > 0 && self->mangles)
    records->data[records->len - 1] ^= 1;
  self->mangles &= records->len == 0;
  if (records->len > 0)
    send_raw (self, delay_us, records->data, records->len);
  g_byte_array_set_size (records, 0);
}

static gboolean
has_shaken_hands (Link *self)
{
  return self->tls != NULL && self->tls->is_done && self->tls->result >= 0;
}

static void
send_text (Link *self,
           gint64 delay_us,
           const char *data,
           gsize len)
{
  if (!has_shaken_hands (self) || self->is_bare)
    {
      send_raw (self, delay_us, data, len);
      return;
    }

  while (len > 0)
    {
      gssize n = gnutls_record_send (self->tls->session, data, len);

      /* After a goodbye, or what was no TLS. */
      if (n <= 0)
        break;
      data += n;
      len -= (gsize) n;
    }
  send_records (self, delay_us);
}

/* What only TLS knows; handshakes are over. */
static void
play_tls (Link *self,
          int key,
          gint64 delay_us)
{
  gnutls_session_t session = self->tls->session;

  switch (key)
    {
    case 'z':
      gnutls_bye (session, GNUTLS_SHUT_WR);
      break;
    case 'y':
      gnutls_session_key_update (session, GNUTLS_KU_PEER);
      break;
    case 'v':
      if (gnutls_protocol_get_version (session) == GNUTLS_TLS1_3)
        gnutls_session_ticket_send (session, 1, 0);
      break;
    case 'a':
      gnutls_alert_send (session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
      break;
    case 'm':
      self->mangles = TRUE;
      break;
    case 'b':
      self->is_bare = TRUE;
      break;
    default:
      break;
    }
  send_records (self, delay_us);
}

/* What stands behind a backslash. */
static void
play_escape (Link *self,
             int key,
             MsaCursor *answer,
             gint64 *delay_us)
{
  switch (key)
    {
    case 'w': /* all that follows comes later */
      *delay_us += (gint64) 1 << msa_fuzz_choose (answer, 22);
      break;
    case 'l':
      send_text (self, *delay_us, long_answer, sizeof (long_answer));
      break;
    case 'c':
      msa_sim_peer_close_at (self->peer, *delay_us);
      break;
    case 'h':
      msa_sim_peer_shutdown (self->peer);
      break;
    case 'x':
      msa_sim_peer_reset (self->peer);
      break;
    case 's':
      msa_sim_peer_stop_reading (self->peer);
      break;
    case 'g':
      msa_sim_peer_go_on_reading (self->peer);
      break;
    default:
      for (guint i = 0; i < G_N_ELEMENTS (phrases); i++)
        if (phrases[i].key == key)
          send_text (self, *delay_us, phrases[i].text, strlen (phrases[i].text));
      if (has_shaken_hands (self))
        play_tls (self, key, *delay_us);
      break;
    }
}

/* Bytes are sent as they are; "\k" and its like are phrases and deeds. */
static void
play (Link *self,
      MsaSlice text)
{
  MsaCursor answer = msa_cursor_from_slice (text);
  gint64 delay_us = 0;

  while (!msa_cursor_is_empty (&answer))
    {
      MsaSlice plain = MSA_SLICE_INIT;

      if (!msa_cursor_take_until (&answer, '\\', &plain))
        plain = msa_cursor_take (&answer, G_MAXSIZE);
      if (plain.len > 0)
        send_text (self, delay_us, plain.data, plain.len);
      if (msa_cursor_next (&answer) == '\\')
        play_escape (self, msa_cursor_next (&answer), &answer, &delay_us);
    }
}

/* Receiving */

static void
answer_requests (Link *self,
                 GString *text)
{
  MsaFuzzEngine *engine = self->engine;
  const char *end;

  while ((end = memmem (text->str, text->len, "\r\n\r\n", 4)) != NULL)
    {
      g_string_erase (text, 0, end - text->str + 4);
      if (engine->answers->len > 0)
        play (self, g_array_index (engine->answers, MsaSlice,
                                   engine->n_requests++ % engine->answers->len));
    }
  /* What is left may begin with the body, and end with the start of an end. */
  if (text->len > 3)
    g_string_erase (text, 0, (gssize) text->len - 3);
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  Link *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  g_autoptr (GByteArray) clear = NULL;

  if (self->tls == NULL)
    {
      answer_requests (self, received);
      return;
    }

  g_byte_array_append (self->tls->to_server, (guint8 *) received->str, (guint) received->len);
  g_string_truncate (received, 0);
  msa_test_tls_peer_run (self->tls);
  send_records (self, 0);
  if (self->tls->is_done && self->tls->result < 0)
    msa_sim_peer_close (peer);
  if (!has_shaken_hands (self))
    return;

  clear = msa_test_tls_peer_read (self->tls, NULL);
  g_string_append_len (self->clear, (char *) clear->data, clear->len);
  /* What GnuTLS answers of its own accord. */
  send_records (self, 0);
  answer_requests (self, self->clear);
}

/* Accepting */

static void
link_free (gpointer data)
{
  Link *self = data;

  g_clear_pointer (&self->tls, msa_test_tls_peer_free);
  g_string_free (self->clear, TRUE);
  g_free (self);
}

static Link *
link_new (MsaFuzzEngine *engine,
          MsaSimPeer *peer)
{
  Link *self = g_new0 (Link, 1);

  self->engine = engine;
  self->peer = peer;
  self->clear = g_string_new (NULL);
  g_ptr_array_add (engine->links, self);
  peer->user_data = self;
  peer->received = received_cb;

  return self;
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaFuzzEngine *engine = data;

  link_new (engine, peer);
  switch (msa_fuzz_choose (&engine->accepts, 6))
    {
    case 1:
      msa_sim_peer_close (peer);
      break;
    case 2:
      msa_sim_peer_reset (peer);
      break;
    case 3:
      msa_sim_peer_stop_reading (peer);
      break;
    case 4:
      msa_sim_peer_send (peer, "HTTP/1.1 408 Timeout\r\n\r\n", -1);
      break;
    case 5:
      msa_sim_peer_close_at (peer, 100 * 1000);
      break;
    default:
      break;
    }
}

static const MsaTestCert *
get_cert (MsaFuzzCert which)
{
  static MsaTestCert certs[MSA_FUZZ_N_CERTS];
  const MsaFuzzIdentity *identity = msa_fuzz_pki_get (which);

  if (certs[which].cert_pem == NULL)
    {
      certs[which].cert_pem = g_strndup ((char *) identity->pem.data, identity->pem.size);
      certs[which].key_pem = g_strndup ((char *) identity->key_pem.data, identity->key_pem.size);
    }

  return &certs[which];
}

/* A key for tickets that all servers have: what one gave is taken by the next one. */
static void
accept_tls_cb (MsaSim *sim,
               MsaSimPeer *peer,
               gpointer data)
{
  static guint8 key_bytes[64];
  static const gnutls_datum_t key = { key_bytes, sizeof (key_bytes) };
  MsaFuzzEngine *engine = data;
  Link *link = link_new (engine, peer);
  MsaTestTlsOptions options = { .cert = get_cert (MSA_FUZZ_LEAF), .ticket_key = &key };

  switch (msa_fuzz_choose (&engine->accepts, 8))
    {
    case 1:
      options.priority = "NORMAL:-VERS-TLS1.3";
      break;
    case 2:
      options.no_tickets = TRUE;
      break;
    case 3:
      options.client_ca = get_cert (MSA_FUZZ_ROOT)->cert_pem;
      break;
    case 4:
      options.cert = get_cert (MSA_FUZZ_TWIN);
      break;
    case 5:
      options.priority = "NORMAL:-GROUP-ALL:+GROUP-SECP384R1";
      break;
    case 6: /* never says a word */
      peer->received = NULL;
      break;
    case 7:
      msa_sim_peer_close_at (peer, 2 * 1000);
      break;
    default:
      break;
    }
  link->tls = msa_test_tls_peer_new_full (&options);
}

static void
prepare (void)
{
  memcpy (long_answer, LONG_HEAD, sizeof (LONG_HEAD) - 1);
  memset (&long_answer[sizeof (LONG_HEAD) - 1], 'l', MSA_FUZZ_LONG_BYTES);
}

void
msa_fuzz_engine_listen (MsaFuzzEngine *self)
{
  MsaSim *sim = self->world->sim;

  if (long_answer[0] == '\0')
    prepare ();
  self->links = g_ptr_array_new_with_free_func (link_free);
  msa_sim_listen (sim, "10.0.0.3", 80, accept_cb, self);
  msa_sim_listen (sim, "10.0.0.3", 443, accept_tls_cb, self);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_unreachable (sim, "fd00::1");
  msa_sim_set_host (sim, "fuzz.org", 2000, "10.0.0.3", NULL);
  msa_sim_set_host (sim, "two.org", 2000, "fd00::1", "10.0.0.9", "10.0.0.3", NULL);
  msa_sim_set_host (sim, "hole.org", 2000, "10.0.0.9", NULL);
  msa_sim_set_host (sim, "slow.org", 3 * G_USEC_PER_SEC, "10.0.0.3", NULL);
}

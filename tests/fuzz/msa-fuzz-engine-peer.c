/* msa-fuzz-engine-peer.c: peers, who do what the input says
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"

#define LONG_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n"

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

/* What stands behind a backslash. */
static void
play_escape (MsaSimPeer *peer,
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
      msa_sim_peer_send_at (peer, *delay_us, long_answer, sizeof (long_answer));
      break;
    case 'c':
      msa_sim_peer_close_at (peer, *delay_us);
      break;
    case 'h':
      msa_sim_peer_shutdown (peer);
      break;
    case 'x':
      msa_sim_peer_reset (peer);
      break;
    case 's':
      msa_sim_peer_stop_reading (peer);
      break;
    case 'g':
      msa_sim_peer_go_on_reading (peer);
      break;
    default:
      for (guint i = 0; i < G_N_ELEMENTS (phrases); i++)
        if (phrases[i].key == key)
          msa_sim_peer_send_at (peer, *delay_us, phrases[i].text, -1);
      break;
    }
}

/* Bytes are sent as they are; "\k" and its like are phrases and deeds. */
static void
play (MsaSimPeer *peer,
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
        msa_sim_peer_send_at (peer, delay_us, plain.data, (gssize) plain.len);
      if (msa_cursor_next (&answer) == '\\')
        play_escape (peer, msa_cursor_next (&answer), &answer, &delay_us);
    }
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  MsaFuzzEngine *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  const char *end;

  while ((end = memmem (received->str, received->len, "\r\n\r\n", 4)) != NULL)
    {
      g_string_erase (received, 0, end - received->str + 4);
      if (self->answers->len > 0)
        play (peer, g_array_index (self->answers, MsaSlice,
                                   self->n_requests++ % self->answers->len));
    }
  /* What is left may begin with the body, and end with the start of an end. */
  if (received->len > 3)
    g_string_erase (received, 0, (gssize) received->len - 3);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  MsaFuzzEngine *self = data;

  peer->user_data = self;
  peer->received = received_cb;
  switch (msa_fuzz_choose (&self->accepts, 6))
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
  msa_sim_listen (sim, "10.0.0.3", 80, accept_cb, self);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_unreachable (sim, "fd00::1");
  msa_sim_set_host (sim, "fuzz.org", 2000, "10.0.0.3", NULL);
  msa_sim_set_host (sim, "two.org", 2000, "fd00::1", "10.0.0.9", "10.0.0.3", NULL);
  msa_sim_set_host (sim, "hole.org", 2000, "10.0.0.9", NULL);
  msa_sim_set_host (sim, "slow.org", 3 * G_USEC_PER_SEC, "10.0.0.3", NULL);
}

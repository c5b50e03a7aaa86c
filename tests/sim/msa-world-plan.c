/* msa-world-plan.c: what a seed says
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "sim/msa-world-plan.h"

#include <string.h>

typedef struct
{
  guint64 state;
} Dice;

/* Of which part of the plan a sequence is. */
enum
{
  OF_NET = 1,
  OF_HOST,
  OF_TRANSFER,
  OF_REPLY,
  OF_STEP,
};

/* SplitMix64. */
static guint64
mix (guint64 x)
{
  x += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static Dice
dice_of (guint64 seed,
         guint part,
         guint64 number)
{
  return (Dice) { mix (mix (seed) + part * G_GUINT64_CONSTANT (0x100000001) + mix (number)) };
}

static guint
below (Dice *dice,
       guint n)
{
  dice->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return (guint) ((mix (dice->state) >> 32) % n);
}

static gboolean
one_in (Dice *dice,
        guint n)
{
  return below (dice, n) == 0;
}

static guint
pick (Dice *dice,
      const guint *values,
      guint n)
{
  return values[below (dice, n)];
}

#define PICK(dice, ...) \
  pick (dice, (const guint[]) { __VA_ARGS__ }, G_N_ELEMENTS (((const guint[]) { __VA_ARGS__ })))

/* An index, by its share of the whole. */
static guint
weigh (Dice *dice,
       const guint *shares,
       guint n)
{
  guint sum = 0, x, i;

  for (i = 0; i < n; i++)
    sum += shares[i];
  x = below (dice, sum);
  for (i = 0; x >= shares[i]; i++)
    x -= shares[i];
  return i;
}

void
msa_world_plan_net (guint64 seed,
                    MsaWorldNet *net)
{
  Dice dice = dice_of (seed, OF_NET, 0);

  memset (net, 0, sizeof *net);
  net->n_hosts = 1 + below (&dice, MSA_WORLD_MAX_HOSTS);
  net->n_steps = 3 + below (&dice, 14);
  net->latency_us = PICK (&dice, 51, 480, 1013, 9970, 41007);
  if (one_in (&dice, 3))
    net->segment = 1 + below (&dice, one_in (&dice, 4) ? 40 : 2000);
  if (one_in (&dice, 4))
    net->send_window = 64 + below (&dice, 5000);
  net->unsteady = !one_in (&dice, 3);
  net->max_connections = PICK (&dice, 0, 0, 0, 1, 2, 3, 5);
  net->max_per_host = PICK (&dice, 6, 6, 6, 0, 1, 2);
  net->max_idle = PICK (&dice, 64, 64, 64, 0, 1, 2);
  net->reads_messages = one_in (&dice, 5);
  net->acts_in_functions = one_in (&dice, 8);
}

static const MsaWorldScript scripts[] = {
  { "", NULL, 0, MSA_ERROR_EMPTY_REPLY },
  { "\r\n\r\n", NULL, MSA_ERROR_BAD_REPLY, 0 },
  { "HTTP/1.1 200 OK\r\n", NULL, 0, MSA_ERROR_TRUNCATED },
  { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "ab", 0, MSA_ERROR_TRUNCATED },
  { "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", NULL, MSA_ERROR_BAD_REPLY, 0 },
  { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", NULL,
    MSA_ERROR_BAD_REPLY, 0 },
  { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    NULL, MSA_ERROR_BAD_REPLY, 0 },
  { "\x15\x03\x03\x00\x02\x02\x28", NULL, MSA_ERROR_BAD_REPLY, 0 },
  { "\x16\x03\x03\x00\x04\x02", NULL, MSA_ERROR_BAD_REPLY, 0 },
  { "SSH-2.0-x\r\n", NULL, MSA_ERROR_BAD_REPLY, 0 },
};

void
msa_world_plan_host (guint64 seed,
                     gboolean tls,
                     guint i,
                     MsaWorldHost *host)
{
  static const guint kinds[] = { 16, 2, 1, 1, 1 };
  Dice dice = dice_of (seed, OF_HOST, i);

  memset (host, 0, sizeof *host);
  /* The first one is as it should be, or some worlds would have nothing good. */
  host->kind = weigh (&dice, kinds, G_N_ELEMENTS (kinds));
  if (i == 0)
    host->kind = MSA_WORLD_MODEL;
  host->tls = tls && (i == 0 || !one_in (&dice, 3));
  host->is_stranger = one_in (&dice, 4);
  host->old_tls = one_in (&dice, 3);
  host->rsa = one_in (&dice, 4);
  host->no_tickets = one_in (&dice, 3);
  host->look_up_us = PICK (&dice, 0, 0, 1700, 21003, 300011);
  host->has_ipv6 = one_in (&dice, 4);
  host->ipv6 = below (&dice, 4);
  if (one_in (&dice, 4))
    host->idle_us = 1 + below (&dice, 3000000);
  host->script = &scripts[below (&dice, G_N_ELEMENTS (scripts))];
  host->script_us = one_in (&dice, 2) ? 0 : below (&dice, 400000);
  host->script_end = below (&dice, 4);
  host->is_deaf = one_in (&dice, 3);
}

static gsize
draw_length (Dice *dice,
             guint64 seed)
{
  MsaWorldNet net;

  switch (below (dice, 12))
    {
    case 0:
      return 0;
    case 1:
      /* In small pieces much would take long. */
      msa_world_plan_net (seed, &net);
      if (one_in (dice, 8) && net.segment == 0 && net.send_window == 0)
        return 1 + below (dice, 1500000);
      return 1 + below (dice, 60000);
    case 2:
    case 3:
    case 4:
    case 5:
      return 1 + below (dice, 5000);
    default:
      return 1 + below (dice, 200);
    }
}

static void
draw_clocks (Dice *dice,
             MsaWorldTransfer *transfer)
{
  if (one_in (dice, 3))
    transfer->timeout_ms = 1 + below (dice, 6000);
  if (one_in (dice, 4))
    transfer->connect_ms = 1 + below (dice, 2000);
  if (one_in (dice, 6))
    transfer->resolve_ms = 1 + below (dice, 400);
  if (one_in (dice, 6))
    transfer->tls_ms = 1 + below (dice, 400);
  if (one_in (dice, 6))
    transfer->queue_ms = 1 + below (dice, 2000);
  if (one_in (dice, 6))
    transfer->response_ms = 1 + below (dice, 1500);
  if (one_in (dice, 6))
    transfer->idle_ms = 1 + below (dice, 1500);
}

void
msa_world_plan_transfer (guint64 seed,
                         guint i,
                         MsaWorldTransfer *transfer)
{
  static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE" };
  static const guint shares[] = { 14, 1, 3, 2, 1 };
  Dice dice = dice_of (seed, OF_TRANSFER, i);
  MsaWorldNet net;

  memset (transfer, 0, sizeof *transfer);
  msa_world_plan_net (seed, &net);
  transfer->host = one_in (&dice, 2) ? 0 : below (&dice, net.n_hosts);
  transfer->method = methods[weigh (&dice, shares, G_N_ELEMENTS (shares))];
  if (transfer->method[0] == 'P')
    transfer->n_upload = draw_length (&dice, seed);
  transfer->streams = transfer->n_upload > 0 && one_in (&dice, 3);
  transfer->hides_length = one_in (&dice, 2);
  transfer->sink = PICK (&dice, MSA_WORLD_IN_MEMORY, MSA_WORLD_BY_FUNCTION, MSA_WORLD_BY_FUNCTION,
                         MSA_WORLD_IN_MEMORY, MSA_WORLD_INTO_STREAM);
  transfer->by_async = one_in (&dice, 3);
  transfer->listens = one_in (&dice, 3);
  transfer->traces = one_in (&dice, 24);
  transfer->priority = (int) below (&dice, 3);
  transfer->fresh = one_in (&dice, 16);
  transfer->forbids_reuse = one_in (&dice, 16);
  if (one_in (&dice, 4))
    draw_clocks (&dice, transfer);
  transfer->max_body = one_in (&dice, 10) ? 1 + (gint64) below (&dice, 3000) : -1;
  transfer->answer = PICK (&dice, 0, 1, 1, 2, 3);
  transfer->other_port = one_in (&dice, 8);
  transfer->via = one_in (&dice, 4) ? below (&dice, MSA_WORLD_VIA_UNIX + 1) : MSA_WORLD_VIA_NAME;
  transfer->from_address = one_in (&dice, 8) && transfer->via != MSA_WORLD_VIA_UNIX;
  transfer->tuned = one_in (&dice, 8);
  transfer->ipv4_only = one_in (&dice, 8);
  transfer->names_version = one_in (&dice, 8);
  transfer->is_lax = one_in (&dice, 4);
  if (one_in (&dice, 12) && transfer->via != MSA_WORLD_VIA_UNIX)
    {
      transfer->from_port = 5000 + below (&dice, 6);
      transfer->n_ports = 1 + below (&dice, 4);
    }
  transfer->by_message = net.reads_messages && !transfer->by_async && one_in (&dice, 2);
}

void
msa_world_plan_reply (guint64 seed,
                      guint transfer,
                      guint run,
                      MsaWorldReply *reply)
{
  static const guint shares[] = {
    [MSA_WORLD_BY_LENGTH] = 40,
    [MSA_WORLD_BY_CHUNKS] = 24,
    [MSA_WORLD_BY_CLOSE] = 5,
    [MSA_WORLD_BODILESS] = 4,
    [MSA_WORLD_OLD] = 3,
    [MSA_WORLD_SURPLUS] = 4,
    [MSA_WORLD_CUT_LENGTH] = 4,
    [MSA_WORLD_CUT_CHUNKS] = 4,
    [MSA_WORLD_RESET] = 3,
    [MSA_WORLD_EMPTY] = 2,
    [MSA_WORLD_GARBAGE] = 2,
    [MSA_WORLD_BAD_CHUNK] = 2,
    [MSA_WORLD_HANGS] = 2,
  };
  Dice dice = dice_of (seed, OF_REPLY, ((guint64) transfer << 32) | run);

  memset (reply, 0, sizeof *reply);
  reply->kind = weigh (&dice, shares, G_N_ELEMENTS (shares));
  reply->status = PICK (&dice, 200, 200, 200, 206, 301, 404, 500);
  if (reply->kind == MSA_WORLD_BODILESS)
    reply->status = one_in (&dice, 2) ? 204 : 304;
  reply->n_body = reply->kind == MSA_WORLD_BODILESS ? 0 : draw_length (&dice, seed);
  if (one_in (&dice, 8))
    reply->n_interim = 1 + below (&dice, 3);
  reply->trailers = one_in (&dice, 4);
  reply->closes = one_in (&dice, 8);
  reply->early = one_in (&dice, 8);
  reply->says_goodbye = one_in (&dice, 2);
  reply->n_pieces = one_in (&dice, 2) ? 1 : 1 + below (&dice, MSA_WORLD_MAX_PIECES);
  reply->cut = below (&dice, 1000);
  for (guint i = 0; i < MSA_WORLD_MAX_PIECES; i++)
    {
      reply->cuts[i] = below (&dice, 1001);
      reply->delays_us[i] = one_in (&dice, 2) ? 1 + (gint64) below (&dice, 90)
                                              : 1 + (gint64) below (&dice, 400000);
    }
  reply->chunk = 1 + below (&dice, one_in (&dice, 4) ? 30 : 4000);
  reply->salt = below (&dice, 1u << 30);
}

/* The first of a step's draws. */
static MsaWorldStepKind
draw_kind (Dice *dice,
           guint i)
{
  static const guint shares[] = {
    [MSA_WORLD_ADD] = 40,
    [MSA_WORLD_ADD_AGAIN] = 9,
    [MSA_WORLD_REMOVE] = 5,
    [MSA_WORLD_PAUSE] = 7,
    [MSA_WORLD_RESUME] = 5,
    [MSA_WORLD_CANCEL] = 4,
    [MSA_WORLD_DROP] = 2,
    [MSA_WORLD_TURN] = 6,
    [MSA_WORLD_PASS] = 6,
    [MSA_WORLD_LIMITS] = 4,
    [MSA_WORLD_OPTIONS] = 3,
    [MSA_WORLD_ASK] = 2,
    [MSA_WORLD_WAKE] = 1,
    [MSA_WORLD_SWITCH] = 1,
    [MSA_WORLD_ADDRESSES] = 3,
    [MSA_WORLD_ANSWER] = 2,
    [MSA_WORLD_HOLD] = 3,
    [MSA_WORLD_ABORT] = 2,
  };

  if (i == 0)
    return MSA_WORLD_ADD;
  return weigh (dice, shares, G_N_ELEMENTS (shares));
}

/* The last step up to @from that adds. */
static guint
find_adding (guint64 seed,
             guint from)
{
  while (from > 0)
    {
      Dice dice = dice_of (seed, OF_STEP, from);

      if (draw_kind (&dice, from) == MSA_WORLD_ADD)
        break;
      from--;
    }
  return from;
}

void
msa_world_plan_step (guint64 seed,
                     guint i,
                     MsaWorldStep *step)
{
  static const guint places[] = {
    [MSA_WORLD_OUTSIDE] = 20,
    [MSA_WORLD_IN_HEADERS] = 6,
    [MSA_WORLD_IN_INFORMATIONAL] = 1,
    [MSA_WORLD_IN_DATA] = 2,
    [MSA_WORLD_IN_PROGRESS] = 1,
    [MSA_WORLD_IN_TRACE] = 1,
    [MSA_WORLD_IN_WRITE] = 4,
    [MSA_WORLD_IN_COMPLETED] = 6,
    [MSA_WORLD_IN_MULTI_COMPLETED] = 2,
    [MSA_WORLD_IN_ASYNC] = 1,
    [MSA_WORLD_IN_QUESTION] = 1,
    [MSA_WORLD_IN_ADDRESS] = 1,
  };
  Dice dice = dice_of (seed, OF_STEP, i);
  MsaWorldNet net;

  msa_world_plan_net (seed, &net);
  memset (step, 0, sizeof *step);
  step->kind = draw_kind (&dice, i);
  step->place = i == 0 ? MSA_WORLD_OUTSIDE : weigh (&dice, places, G_N_ELEMENTS (places));
  if (i > 0 && net.acts_in_functions && one_in (&dice, 3))
    step->place = one_in (&dice, 2) ? MSA_WORLD_IN_SOCKET_FUNC : MSA_WORLD_IN_TIMER_FUNC;
  if (step->kind == MSA_WORLD_SWITCH)
    step->place = MSA_WORLD_OUTSIDE;
  if (step->kind == MSA_WORLD_HOLD || step->kind == MSA_WORLD_ABORT)
    step->place = MSA_WORLD_IN_WRITE;
  step->nth = one_in (&dice, 2) ? 0 : below (&dice, 6);
  step->wait_us = one_in (&dice, 2) ? 0 : 1 + below (&dice, one_in (&dice, 4) ? 3000000 : 90000);
  step->number = below (&dice, 1u << 30);
  step->target = find_adding (seed, i == 0 ? 0 : below (&dice, i));
  step->victim = step->target;
  if (i > 0 && one_in (&dice, 2))
    step->victim = find_adding (seed, below (&dice, i));
}

const char *
msa_world_step_get_name (MsaWorldStepKind kind)
{
  static const char *const names[] = {
    "add",
    "add-again",
    "remove",
    "pause",
    "resume",
    "cancel",
    "drop",
    "turn",
    "pass",
    "limits",
    "options",
    "ask",
    "wake",
    "switch",
    "addresses",
    "answer",
    "hold",
    "abort",
  };

  return names[kind];
}

static guint8
get_byte (guint salt,
          gsize offset)
{
  return (guint8) (salt + offset * 167 + (offset >> 8) * 13);
}

void
msa_world_fill (guint salt,
                gsize offset,
                guint8 *bytes,
                gsize len)
{
  for (gsize i = 0; i < len; i++)
    bytes[i] = get_byte (salt, offset + i);
}

gboolean
msa_world_match (guint salt,
                 gsize offset,
                 const guint8 *bytes,
                 gsize len)
{
  for (gsize i = 0; i < len; i++)
    if (bytes[i] != get_byte (salt, offset + i))
      return FALSE;
  return TRUE;
}

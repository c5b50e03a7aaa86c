/* msa-world-judge.c: what may become of a transfer of a random world
 *
 * A success is one only if the whole reply was sent and is here, byte by byte. An error is one
 * only if something was wrong that it speaks of, and what came before it is the beginning of what
 * was sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "sim/msa-world-private.h"

#include <string.h>

/* A deadline fires at most so late: times are told in whole milliseconds. */
#define LATE_US 3000
/* The default of :connect-timeout-ms. */
#define CONNECT_MS 30000
/* What a server does is known to the client so much later, by latencies and by how it is cut. */
#define NEWS_US 300000

static const MsaWorldHost *
get_host (MsaWorldEasy *self)
{
  return &self->world->hosts[self->plan.host];
}

static gboolean
has_body (MsaWorldEasy *self)
{
  return self->plan.method[0] != 'H' && self->reply.kind != MSA_WORLD_BODILESS;
}

static gsize
get_length (MsaWorldEasy *self)
{
  return has_body (self) ? self->reply.n_body : 0;
}

/* The server sends it whole. */
static gboolean
is_reply_good (MsaWorldEasy *self)
{
  return self->reply.kind <= MSA_WORLD_SURPLUS ||
         (self->reply.kind == MSA_WORLD_BAD_CHUNK && !has_body (self));
}

/* What the server has sent of it begins so. */
void
msa_world_judge_part (MsaWorldEasy *self,
                      gsize offset,
                      const guint8 *bytes,
                      gsize len)
{
  const MsaWorldHost *host = get_host (self);
  const char *text = host->kind == MSA_WORLD_SCRIPT ? host->script->body : NULL;
  gsize n_sent = text != NULL && self->plan.method[0] != 'H' ? strlen (text) : self->n_sent;

  if (offset + len > n_sent)
    msa_world_fail ("transfer %u took %" G_GSIZE_FORMAT " bytes, and %" G_GSIZE_FORMAT " were sent",
                    self->id, offset + len, n_sent);
  if (text != NULL ? memcmp (bytes, text + offset, len) != 0
                   : !msa_world_match (self->reply.salt, offset, bytes, len))
    msa_world_fail ("the body of transfer %u is another one at byte %" G_GSIZE_FORMAT, self->id,
                    offset);
}

/* What came by other ways than the function. */
static void
judge_sink (MsaWorldEasy *self,
            gboolean is_whole)
{
  GBytes *body = msa_easy_get_body (self->alive);

  /* What was cut short is not handed out. */
  if (body != NULL && !is_whole)
    msa_world_fail ("transfer %u failed, and has a body", self->id);
  if (body != NULL)
    {
      msa_world_judge_part (self, 0, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
      self->n_body = g_bytes_get_size (body);
    }
  else if (self->plan.sink == MSA_WORLD_INTO_STREAM)
    {
      GMemoryOutputStream *stream = G_MEMORY_OUTPUT_STREAM (self->stream);

      self->n_body = g_memory_output_stream_get_data_size (stream);
      if (self->n_body > 0)
        msa_world_judge_part (self, 0, g_memory_output_stream_get_data (stream), self->n_body);
    }
}

static void
judge_body (MsaWorldEasy *self)
{
  gsize len = get_length (self);

  judge_sink (self, TRUE);
  if (self->n_body != len)
    msa_world_fail ("transfer %u ended well with %" G_GSIZE_FORMAT " bytes of %" G_GSIZE_FORMAT,
                    self->id, self->n_body, len);
  if (self->plan.listens && self->n_data != len)
    msa_world_fail ("transfer %u told of %" G_GSIZE_FORMAT " bytes of %" G_GSIZE_FORMAT, self->id,
                    self->n_data, len);
}

static void
judge_success (MsaWorldEasy *self)
{
  const MsaWorldHost *host = get_host (self);
  gint64 took_us = msa_sim_get_now_us (self->world->sim) - self->begun_us;
  gint64 nested_us = self->world->nested_us - self->nested_us;

  /* The first word of a script is an answer to HEAD if it is a head. */
  if (host->kind == MSA_WORLD_SCRIPT && !has_body (self) &&
      g_str_has_prefix (host->script->text, "HTTP/1.1 "))
    return;
  if (self->has_refused)
    msa_world_fail ("transfer %u ended well, and its application refused it", self->id);
  if (host->kind != MSA_WORLD_MODEL)
    msa_world_fail ("transfer %u ended well, and its host answers to nobody", self->id);
  if (!is_reply_good (self))
    msa_world_fail ("transfer %u ended well, and its reply was none (%d)", self->id,
                    self->reply.kind);
  if (host->tls && host->is_stranger && !self->plan.is_lax && !self->was_accepted)
    msa_world_fail ("transfer %u ended well, and its peer is a stranger", self->id);
  if (msa_easy_get_status (self->alive) != self->reply.status)
    msa_world_fail ("transfer %u has the status %u, not %u", self->id,
                    msa_easy_get_status (self->alive), self->reply.status);
  if (self->plan.max_body >= 0 && get_length (self) > (gsize) self->plan.max_body)
    msa_world_fail ("transfer %u took %" G_GSIZE_FORMAT " bytes of %" G_GINT64_FORMAT, self->id,
                    get_length (self), self->plan.max_body);
  if (self->plan.timeout_ms > 0 && self->world->depth == 0 && nested_us == 0 &&
      took_us > self->plan.timeout_ms * G_GINT64_CONSTANT (1000) + LATE_US)
    msa_world_fail ("transfer %u ended well after its time", self->id);
  judge_body (self);
  self->world->result->n_ok++;
}

/* One of the clocks is over: it must have been set, and the time have passed. */
static gboolean
judge_clock (MsaWorldEasy *self,
             guint timeout_ms)
{
  gint64 took_us = msa_sim_get_now_us (self->world->sim) - self->begun_us;

  if (timeout_ms > 0 && took_us < timeout_ms * G_GINT64_CONSTANT (1000))
    msa_world_fail ("transfer %u timed out before its time", self->id);
  return timeout_ms > 0;
}

/* A connection was not looked at for long: a handler was on the stack, or it was paused. */
static gboolean
is_slow (MsaWorld *self)
{
  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL && self->easies[i]->was_paused)
      return TRUE;
  return self->nested_us > 0;
}

/* The server did something, of late, that is of another transfer, or of none. */
static gboolean
is_disturbed (MsaWorldEasy *self)
{
  gint64 rude_us = get_host (self)->rude_us;

  return rude_us > 0 && (rude_us + NEWS_US >= self->begun_us || is_slow (self->world));
}

/* The server answers before all was sent, and may end the connection then. */
static gboolean
is_cut_off (MsaWorldEasy *self)
{
  return self->reply.early && self->plan.n_upload > 0;
}

static gboolean
judge_script (MsaWorldEasy *self,
              int code)
{
  const MsaWorldHost *host = get_host (self);
  gboolean has_end = host->script_end != 0;

  switch (code)
    {
    case MSA_ERROR_TLS_HANDSHAKE:
      return host->tls;
    case MSA_ERROR_CONNECT:
      return host->script_end == 2;
    case MSA_ERROR_RECEIVE:
    case MSA_ERROR_SEND:
      /* Whoever has closed answers what comes then by a reset. */
      return host->script_end == 1 || host->script_end == 2;
    default:
      return !host->tls && (code == host->script->verdict ||
                            (has_end && code == host->script->at_end));
    }
}

/* Neither is it in the middle of a reply, nor of TLS. */
static gboolean
is_silent_end (MsaWorldEasy *self)
{
  return !self->may_go_on && (!get_host (self)->tls || self->reply.says_goodbye);
}

/* Whether what the server did, or had for an answer, is an error of that kind. */
static gboolean
judge_reply (MsaWorldEasy *self,
             int code)
{
  MsaWorldReplyKind kind = self->reply.kind;

  if (get_host (self)->kind == MSA_WORLD_SCRIPT)
    return judge_script (self, code);
  if (get_host (self)->kind != MSA_WORLD_MODEL)
    return FALSE;
  if (is_disturbed (self))
    return TRUE;

  switch (code)
    {
    case MSA_ERROR_TRUNCATED:
      return kind == MSA_WORLD_CUT_LENGTH || kind == MSA_WORLD_CUT_CHUNKS ||
             (kind == MSA_WORLD_EMPTY && !is_silent_end (self));
    case MSA_ERROR_EMPTY_REPLY:
      return kind == MSA_WORLD_EMPTY && is_silent_end (self);
    case MSA_ERROR_RECEIVE:
      return kind == MSA_WORLD_RESET || is_cut_off (self);
    case MSA_ERROR_SEND:
      return self->plan.n_upload > 0 && (kind == MSA_WORLD_RESET || is_cut_off (self));
    case MSA_ERROR_BAD_REPLY:
      return kind == MSA_WORLD_GARBAGE || (kind == MSA_WORLD_BAD_CHUNK && has_body (self));
    default:
      return FALSE;
    }
}

/* Somebody has said an address for the names of that host. */
static gboolean
is_told (MsaWorldEasy *self)
{
  for (guint i = 0; i < self->world->n_steps; i++)
    {
      const MsaWorldEasy *other = self->world->easies[i];

      if (other != NULL && other->plan.host == self->plan.host &&
          other->plan.via == MSA_WORLD_VIA_TELLING)
        return TRUE;
    }
  return FALSE;
}

/* Nobody is there: a name is known without a look-up, or there is none. */
static gboolean
judge_connect (MsaWorldEasy *self)
{
  MsaWorldVia via = self->plan.via;

  switch (get_host (self)->kind)
    {
    case MSA_WORLD_REFUSES:
      return TRUE;
    case MSA_WORLD_SILENT:
      return via == MSA_WORLD_VIA_UNIX;
    case MSA_WORLD_NAMELESS:
      return via == MSA_WORLD_VIA_UNIX || via == MSA_WORLD_VIA_PIN || is_told (self);
    case MSA_WORLD_MODEL:
    case MSA_WORLD_SCRIPT:
    default:
      return judge_reply (self, MSA_ERROR_CONNECT);
    }
}

static gboolean
judge_code (MsaWorldEasy *self,
            int code)
{
  const MsaWorldHost *host = get_host (self);
  const MsaWorldTransfer *plan = &self->plan;
  gint64 took_us = msa_sim_get_now_us (self->world->sim) - self->begun_us;

  switch (code)
    {
    case MSA_ERROR_TIMED_OUT:
      if (took_us > plan->timeout_ms * G_GINT64_CONSTANT (1000) + LATE_US &&
          self->world->nested_us == self->nested_us && self->world->depth == 0)
        msa_world_fail ("transfer %u timed out after its time", self->id);
      return judge_clock (self, plan->timeout_ms);
    case MSA_ERROR_CONNECT_TIMED_OUT:
      return judge_clock (self, plan->connect_ms > 0 ? plan->connect_ms : CONNECT_MS) &&
             (plan->connect_ms > 0 || plan->from_port > 0 || host->kind == MSA_WORLD_SILENT ||
              host->tls ||
              (host->has_ipv6 && host->ipv6 == 2 && host->kind != MSA_WORLD_MODEL));
    case MSA_ERROR_RESOLVE_TIMED_OUT:
      return judge_clock (self, plan->resolve_ms);
    case MSA_ERROR_TLS_TIMED_OUT:
      return host->tls && judge_clock (self, plan->tls_ms);
    case MSA_ERROR_QUEUE_TIMED_OUT:
      return judge_clock (self, plan->queue_ms);
    case MSA_ERROR_RESPONSE_TIMED_OUT:
      return judge_clock (self, plan->response_ms);
    case MSA_ERROR_IDLE_TIMED_OUT:
      return judge_clock (self, plan->idle_ms);
    case MSA_ERROR_RESOLVE:
      return host->kind == MSA_WORLD_NAMELESS && plan->via != MSA_WORLD_VIA_PIN &&
             plan->via != MSA_WORLD_VIA_UNIX;
    case MSA_ERROR_CONNECT:
      /* The port was not free for the address that is there. */
      return judge_connect (self) || plan->from_port > 0;
    case MSA_ERROR_BIND:
      return plan->from_port > 0;
    case MSA_ERROR_WRITE:
      return self->has_refused;
    case MSA_ERROR_TLS_VERIFY:
      return host->tls && host->is_stranger && !plan->is_lax && self->was_asked &&
             !self->was_accepted;
    case MSA_ERROR_TOO_LARGE:
      return plan->max_body >= 0 && get_length (self) > (gsize) plan->max_body;
    case MSA_ERROR_TLS_HANDSHAKE:
    case MSA_ERROR_TRUNCATED:
    case MSA_ERROR_EMPTY_REPLY:
    case MSA_ERROR_SEND:
    case MSA_ERROR_RECEIVE:
    case MSA_ERROR_BAD_REPLY:
      return judge_reply (self, code);
    default:
      return FALSE;
    }
}

/* A reset in the middle of an upload is met by a send or by a read, whichever comes first, and what
 * comes then is an end: that is one error here. */
gint64
msa_world_get_code (MsaWorldEasy *self,
                    const GError *error)
{
  if (error == NULL)
    return 0;
  if (self->plan.n_upload > 0 &&
      (is_cut_off (self) || is_disturbed (self) || self->reply.kind == MSA_WORLD_RESET ||
       get_host (self)->kind == MSA_WORLD_SCRIPT) &&
      (g_error_matches (error, MSA_ERROR, MSA_ERROR_SEND) ||
       g_error_matches (error, MSA_ERROR, MSA_ERROR_TRUNCATED) ||
       g_error_matches (error, MSA_ERROR, MSA_ERROR_EMPTY_REPLY)))
    return MSA_ERROR_RECEIVE + 1;
  return error->code + 1;
}

/* Not so where a reset overtakes what was said before it, where a stream is still being written to,
 * and where the reply was read no further: past a limit, a deadline, or a cancellation. */
gboolean
msa_world_gives_all (MsaWorldEasy *self,
                     gint64 code)
{
  return self->plan.sink == MSA_WORLD_BY_FUNCTION && !is_disturbed (self) && !is_cut_off (self) &&
         (code == MSA_ERROR_TRUNCATED + 1 || code == MSA_ERROR_BAD_REPLY + 1);
}

static gboolean
is_clock (const GError *error)
{
  static const int codes[] = {
    MSA_ERROR_TIMED_OUT,
    MSA_ERROR_CONNECT_TIMED_OUT,
    MSA_ERROR_QUEUE_TIMED_OUT,
    MSA_ERROR_RESOLVE_TIMED_OUT,
    MSA_ERROR_TLS_TIMED_OUT,
    MSA_ERROR_RESPONSE_TIMED_OUT,
    MSA_ERROR_IDLE_TIMED_OUT,
  };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, MSA_ERROR, codes[i]))
      return TRUE;
  return FALSE;
}

void
msa_world_judge (MsaWorldEasy *self,
                 const GError *error)
{
  if (error == NULL)
    {
      judge_success (self);
      return;
    }

  judge_sink (self, FALSE);
  self->world->result->n_failed++;
  self->world->result->n_clocks += is_clock (error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      if (!self->is_cancelled)
        msa_world_fail ("transfer %u was cancelled by nobody", self->id);
      return;
    }
  if (self->has_refused && !is_clock (error) &&
      !g_error_matches (error, MSA_ERROR, MSA_ERROR_WRITE))
    msa_world_fail ("transfer %u failed, and not for what its application refused: %s", self->id,
                    error->message);
  if (error->domain != MSA_ERROR || !judge_code (self, error->code))
    msa_world_fail ("transfer %u (reply %d, host %d) failed, and nothing of the kind was wrong: %s",
                    self->id, self->reply.kind, get_host (self)->kind, error->message);
}

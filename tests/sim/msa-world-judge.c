/* msa-world-judge.c: what may become of a transfer of a random world
 *
 * A success is one only if the whole reply was sent and is here, byte by byte. An error is one
 * only if something was wrong that it speaks of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "sim/msa-world-private.h"

/* A deadline fires at most so late: times are told in whole milliseconds. */
#define LATE_US 3000
/* The default of :connect-timeout-ms. */
#define CONNECT_MS 30000

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

void
msa_world_judge_part (MsaWorldEasy *self,
                      const guint8 *bytes,
                      gsize len)
{
  gboolean is_script = get_host (self)->kind == MSA_WORLD_SCRIPT;

  if (!has_body (self) && !is_script)
    msa_world_fail ("transfer %u has no body, and %" G_GSIZE_FORMAT " bytes came", self->id, len);
  if (!is_script &&
      !msa_world_match (self->reply.salt, self->n_body, bytes, len))
    msa_world_fail ("the body of transfer %u is another one at byte %" G_GSIZE_FORMAT, self->id,
                    self->n_body);
  self->n_body += len;
}

static void
judge_body (MsaWorldEasy *self)
{
  gsize len = get_length (self);

  if (self->plan.sink == MSA_WORLD_IN_MEMORY && len > 0)
    {
      GBytes *body = msa_easy_get_body (self->alive);

      if (body == NULL)
        msa_world_fail ("transfer %u ended well without its body", self->id);
      msa_world_judge_part (self, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
    }
  else if (self->plan.sink == MSA_WORLD_INTO_STREAM)
    {
      GMemoryOutputStream *stream = G_MEMORY_OUTPUT_STREAM (self->stream);
      gsize n = g_memory_output_stream_get_data_size (stream);

      if (n > 0)
        msa_world_judge_part (self, g_memory_output_stream_get_data (stream), n);
    }
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
      g_str_has_prefix (host->script, "HTTP/1.1 "))
    return;
  if (host->kind != MSA_WORLD_MODEL)
    msa_world_fail ("transfer %u ended well, and its host answers to nobody", self->id);
  if (!is_reply_good (self))
    msa_world_fail ("transfer %u ended well, and its reply was none (%d)", self->id,
                    self->reply.kind);
  if (host->tls && host->is_stranger && !self->was_accepted)
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

/* The connection may end at any time. */
static gboolean
is_shaky (MsaWorldEasy *self)
{
  const MsaWorldHost *host = get_host (self);

  return host->kind == MSA_WORLD_SCRIPT || host->idle_us > 0 || host->is_rude ||
         (self->reply.early && self->plan.n_upload > 0);
}

static gboolean
judge_code (MsaWorldEasy *self,
            int code)
{
  const MsaWorldHost *host = get_host (self);
  const MsaWorldTransfer *plan = &self->plan;
  gboolean is_shaken = is_shaky (self) || !is_reply_good (self);
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
             (plan->connect_ms > 0 || host->kind == MSA_WORLD_SILENT || host->tls ||
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
      return host->kind == MSA_WORLD_NAMELESS;
    case MSA_ERROR_CONNECT:
      return host->kind == MSA_WORLD_REFUSES || host->kind == MSA_WORLD_SILENT ||
             (host->kind == MSA_WORLD_SCRIPT && host->script_end == 2);
    case MSA_ERROR_TLS_HANDSHAKE:
      return host->tls && is_shaky (self);
    case MSA_ERROR_TLS_VERIFY:
      return host->tls && host->is_stranger && !self->was_accepted;
    case MSA_ERROR_TOO_LARGE:
      return host->kind == MSA_WORLD_SCRIPT ||
             (plan->max_body >= 0 && get_length (self) > (gsize) plan->max_body);
    case MSA_ERROR_TRUNCATED:
      return is_shaken;
    case MSA_ERROR_EMPTY_REPLY:
    case MSA_ERROR_SEND:
    case MSA_ERROR_RECEIVE:
      return is_shaky (self) || self->reply.kind == MSA_WORLD_EMPTY ||
             self->reply.kind == MSA_WORLD_RESET;
    case MSA_ERROR_BAD_REPLY:
      return host->kind == MSA_WORLD_SCRIPT || self->reply.kind == MSA_WORLD_GARBAGE ||
             self->reply.kind == MSA_WORLD_BAD_CHUNK || host->is_rude;
    default:
      return FALSE;
    }
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

  self->world->result->n_failed++;
  self->world->result->n_clocks += is_clock (error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      if (!self->is_cancelled)
        msa_world_fail ("transfer %u was cancelled by nobody", self->id);
      return;
    }
  if (error->domain != MSA_ERROR || !judge_code (self, error->code))
    msa_world_fail ("transfer %u (reply %d, host %d) failed, and nothing of the kind was wrong: %s",
                    self->id, self->reply.kind, get_host (self)->kind, error->message);
}

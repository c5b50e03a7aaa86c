/* msa-connection-clock.c: how long connecting may take, in whole and in part
 *
 * One timer serves the whole and the part that it has come to, whichever ends first. What an open
 * connection waits for by the same timer is msa-connection.c's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-connection-parts-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"

static guint
get_connect_timeout_ms (const MsaSettings *settings)
{
  return settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms
                                          : MSA_DEFAULT_CONNECT_TIMEOUT_MS;
}

gint64
msa_connection_get_connect_timeout_us (const MsaSettings *settings)
{
  return (gint64) get_connect_timeout_ms (settings) * 1000;
}

/* The clock of one part of connecting. */
typedef struct
{
  MsaError code;
  const char *what;
  guint limit_ms; /* 0: none */
  gint64 since_us;
} MsaPartClock;

static MsaPartClock
get_part_clock (const MsaConnection *self)
{
  if (self->state < MSA_CONNECTION_CONNECTING && self->addresses == NULL)
    return (MsaPartClock) { MSA_ERROR_RESOLVE_TIMED_OUT, "The look-up of",
                            self->settings->resolve_timeout_ms, self->started_us };
  /* It measures the peer, not whoever thinks about an answer. */
  if (self->socket != NULL && msa_connection_uses_tls (self) && self->asking_us == 0)
    return (MsaPartClock) { MSA_ERROR_TLS_TIMED_OUT, "The TLS handshake with",
                            self->settings->tls_timeout_ms,
                            self->times.at_us[MSA_PHASE_CONNECTED] + self->asked_us };

  return (MsaPartClock) { .limit_ms = 0 };
}

static gint64
get_part_deadline_us (const MsaPartClock *clock)
{
  return clock->limit_ms > 0 ? clock->since_us + (gint64) clock->limit_ms * 1000 : G_MAXINT64;
}

void
msa_connection_set_deadline (MsaConnection *self)
{
  MsaPartClock clock = get_part_clock (self);
  gint64 whole_us = self->started_us + msa_connection_get_connect_timeout_us (self->settings);

  msa_reactor_set_timer (self->env->reactor, &self->timer,
                         MIN (whole_us, get_part_deadline_us (&clock)));
}

static const char *
describe_phase (MsaConnection *self)
{
  if (msa_connection_get_asks (self) != MSA_ASKS_NOTHING)
    return "waiting for the application's answer";

  if (self->state < MSA_CONNECTION_CONNECTING)
    return self->addresses == NULL ? "looking up the name" : "loading the trust store";

  if (self->socket != NULL)
    return "in the TLS handshake";

  /* All that is known has failed, and one family is late. */
  return self->dial->race.n_running == 0 ? "looking up the name" : "connecting";
}

static GError *
make_timeout_error (MsaConnection *self,
                    gint64 now_us)
{
  const GString *failures = self->dial == NULL ? NULL : self->dial->race.failures;
  MsaPartClock clock = get_part_clock (self);

  if (get_part_deadline_us (&clock) <= now_us)
    return g_error_new (MSA_ERROR, clock.code,
                        "%s “%s” took longer than %u ms: given up after %" G_GINT64_FORMAT
                        " ms",
                        clock.what, self->url->authority, clock.limit_ms,
                        (now_us - clock.since_us) / 1000);

  return g_error_new (MSA_ERROR, MSA_ERROR_CONNECT_TIMED_OUT,
                      "No connection to “%s” within %u ms: still %s after %" G_GINT64_FORMAT
                      " ms%s%s",
                      self->url->authority, get_connect_timeout_ms (self->settings),
                      describe_phase (self), (now_us - self->started_us) / 1000,
                      failures != NULL ? "; " : "", failures != NULL ? failures->str : "");
}

void
msa_connection_note_timed_out (MsaConnection *self,
                               gint64 now_us)
{
  gboolean has_failed = self->state < MSA_CONNECTION_CONNECTING && self->addresses != NULL &&
                        self->addresses->error != NULL;

  if (self->error == NULL && !has_failed)
    self->error = make_timeout_error (self, now_us);
  if (self->state == MSA_CONNECTION_CONNECTING && self->socket == NULL)
    msa_endpoint_forget (self->endpoint, self->env->resolver);
}

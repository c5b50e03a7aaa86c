/* msa-tls-filter.c: the client's side of TLS, as a layer of a connection
 *
 * Data, ends and errors. Without the token of a verified peer, which the handshake brings (see
 * msa-tls-handshake.c), nothing is sent or received here. Used from the multi's thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-filter-private.h"

#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

/* What a peer may say that is neither data nor an end: warnings, requests to renegotiate, requests
 * for keys. */
#define MAX_WARNINGS 16

/* --- errors: the one place where GnuTLS' codes become ours --- */

/* Bytes that are no TLS at all, and nothing of the peer's was understood before. */
static gboolean
looks_foreign (MsaTlsFilter *self,
               int result)
{
  if (gnutls_handshake_get_last_in (self->session) != (gnutls_handshake_description_t) -1)
    return FALSE;

  return result == GNUTLS_E_UNEXPECTED_PACKET || result == GNUTLS_E_UNEXPECTED_PACKET_LENGTH ||
         result == GNUTLS_E_RECORD_OVERFLOW || result == GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
}

static char *
describe (MsaTlsFilter *self,
          int result)
{
  const char *alert;

  if (result != GNUTLS_E_FATAL_ALERT_RECEIVED && result != GNUTLS_E_WARNING_ALERT_RECEIVED)
    return msa_tls_describe (result);

  alert = gnutls_alert_get_name (gnutls_alert_get (self->session));
  return g_strdup_printf ("the peer sent the alert '%s'", alert != NULL ? alert : "unknown");
}

static GError *
make_handshake_error (MsaTlsFilter *self,
                      int result)
{
  const GError *below = self->pull_error != NULL ? self->pull_error : self->push_error;
  g_autofree char *text = NULL;

  if (below != NULL)
    text = g_strdup (below->message);
  else if (self->lower_end)
    text = g_strdup ("the peer closed the connection");
  else
    text = describe (self, result);

  return g_error_new (MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE, "TLS handshake with %s failed: %s%s",
                      self->host->name, text,
                      below == NULL && !self->lower_end && looks_foreign (self, result)
                          ? " (the peer does not seem to speak TLS)"
                          : "");
}

static GError *
make_receive_error (MsaTlsFilter *self,
                    int result)
{
  g_autofree char *text = NULL;

  if (self->pull_error != NULL)
    return g_error_copy (self->pull_error);
  if (self->lower_end)
    return g_error_new (MSA_ERROR, MSA_ERROR_TRUNCATED,
                        "%s closed the connection without ending TLS by a close_notify",
                        self->host->name);

  text = describe (self, result);
  return g_error_new (MSA_ERROR, MSA_ERROR_RECEIVE, "receiving over TLS from %s failed: %s",
                      self->host->name, text);
}

static GError *
make_send_error (MsaTlsFilter *self,
                 int result)
{
  g_autofree char *text = NULL;

  if (self->push_error != NULL)
    return g_error_copy (self->push_error);

  text = describe (self, result);
  return g_error_new (MSA_ERROR, MSA_ERROR_SEND, "sending over TLS to %s failed: %s",
                      self->host->name, text);
}

MsaIo
msa_tls_report (const GError *failure,
                GError **error)
{
  g_propagate_error (error, g_error_copy (failure));
  return MSA_IO_ERROR;
}

MsaIo
msa_tls_fail (MsaTlsFilter *self,
              MsaTlsPhase phase,
              int result,
              GError **error)
{
  if (phase == MSA_TLS_PHASE_SEND)
    {
      self->send_failure = make_send_error (self, result);
      MSA_TRACE_BY (self->base.trace, TLS, "%s", self->send_failure->message);
      return msa_tls_report (self->send_failure, error);
    }

  self->failure = phase == MSA_TLS_PHASE_HANDSHAKE ? make_handshake_error (self, result)
                                                   : make_receive_error (self, result);
  MSA_TRACE_BY (self->base.trace, TLS, "%s", self->failure->message);
  if (!self->lower_end && self->pull_error == NULL && result != GNUTLS_E_FATAL_ALERT_RECEIVED)
    gnutls_alert_send_appropriate (self->session, result);
  return msa_tls_report (self->failure, error);
}

/* --- what is neither data nor an end --- */

/* TRUE: goes on. Warnings are harmless one by one; a peer that sends nothing else must end. */
static gboolean
count_warning (MsaTlsFilter *self)
{
  MSA_TRACE_BY (self->base.trace, TLS, "the peer sent what is passed over");
  return ++self->n_warnings <= MAX_WARNINGS;
}

/* Renegotiation could change who the peer is behind the token's back. */
static void
refuse_renegotiation (MsaTlsFilter *self)
{
  int result;

  /* While a send of data waits to be repeated, nothing may come between. The peer then gets no
   * answer, which the protocol allows (RFC 5246, 7.4.1.1). */
  if (self->send_blocked || self->alert_unsent || self->leaving)
    return;

  result = gnutls_alert_send (self->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
  self->alert_unsent = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

gboolean
msa_tls_pass_over (MsaTlsFilter *self,
                   gssize result)
{
  if (result == GNUTLS_E_REHANDSHAKE)
    {
      refuse_renegotiation (self);
      return count_warning (self);
    }
  if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
    return TRUE;
  return gnutls_error_is_fatal ((int) result) == 0 && count_warning (self);
}

static MsaIo
tls_connect (MsaFilter *filter,
             gint64 now_us,
             GError **error)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  MsaIo io;

  if (self->failure != NULL)
    return msa_tls_report (self->failure, error);
  if (self->verified != NULL)
    return MSA_IO_DONE;
  if (self->asking == MSA_TLS_UNDECIDED)
    return MSA_IO_AGAIN;

  io = msa_tls_shake_hands (self, error);
  msa_tls_transport_rest (self);
  return io;
}

/* --- data --- */

/* FALSE, with the error, when no application byte may go through. */
static gboolean
is_open (MsaTlsFilter *self,
         GError **error)
{
  if (self->failure != NULL)
    {
      msa_tls_report (self->failure, error);
      return FALSE;
    }
  if (self->verified == NULL)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_INTERNAL, "TLS with %s is not verified yet",
                   self->host->name);
      return FALSE;
    }
  return TRUE;
}

/* A warning that was half sent has to go first: GnuTLS would take its end for that of our data. */
static int
flush_alert (MsaTlsFilter *self)
{
  int result;

  if (!self->alert_unsent)
    return 0;

  result = (int) gnutls_record_send (self->session, NULL, 0);
  if (result >= 0)
    self->alert_unsent = FALSE;
  return result;
}

/* GnuTLS says "again" for a ticket or a new key just as for want of bytes. In the first case no
 * readiness need follow, since what comes next may be in the input already: pending() tells. */
static MsaIo
receive_record (MsaTlsFilter *self,
                guint8 *buffer,
                gsize size,
                gsize *n_read,
                GError **error)
{
  guint n_turns = 0;
  gssize result;

  do
    {
      self->blocked = FALSE;
      result = gnutls_record_recv (self->session, buffer, size);
      if (result > 0)
        {
          *n_read = (gsize) result;
          return MSA_IO_DONE;
        }
      if (result == 0)
        {
          MSA_TRACE_BY (self->base.trace, TLS, "the peer has ended TLS (close_notify)");
          self->ended = TRUE;
          return MSA_IO_END;
        }
      if (!msa_tls_pass_over (self, result))
        return msa_tls_fail (self, MSA_TLS_PHASE_RECEIVE, (int) result, error);
    }
  while (!self->blocked && ++n_turns < MSA_TLS_MAX_TURNS);

  return MSA_IO_AGAIN;
}

static MsaIo
receive (MsaTlsFilter *self,
         guint8 *buffer,
         gsize size,
         gsize *n_read,
         GError **error)
{
  MsaIo io = receive_record (self, buffer, size, n_read, error);

  msa_tls_resume_flush (self);
  msa_tls_transport_rest (self);
  return io;
}

/* In TLS 1.3 a client that is refused has ended its handshake: the alert is there, and perhaps the
 * connection is closed, before the first send. What the peer said is the cause. One byte, if it is
 * data, is kept for the next recv(). */
static gboolean
was_told_why (MsaTlsFilter *self)
{
  gsize n_read = 0;

  if (!self->has_held && !self->ended)
    self->has_held = receive (self, &self->held, 1, &n_read, NULL) == MSA_IO_DONE;
  return self->failure != NULL && self->pull_error == NULL && !self->lower_end;
}

static MsaIo
tls_send (MsaFilter *filter,
          const guint8 *data,
          gsize len,
          gsize *n_sent,
          GError **error)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  gssize result;

  if (!is_open (self, error))
    return MSA_IO_ERROR;
  if (self->send_failure != NULL)
    return msa_tls_report (self->send_failure, error);

  result = flush_alert (self);
  if (result >= 0)
    result = gnutls_record_send (self->session, data, len);

  self->send_blocked = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
  if (self->send_blocked)
    return MSA_IO_AGAIN;
  if (result <= 0 && self->push_error != NULL && was_told_why (self))
    return msa_tls_report (self->failure, error);
  if (result <= 0)
    return msa_tls_fail (self, MSA_TLS_PHASE_SEND, (int) result, error);

  *n_sent = (gsize) result;
  return MSA_IO_DONE;
}

static MsaIo
tls_recv (MsaFilter *filter,
          guint8 *buffer,
          gsize size,
          gsize *n_read,
          GError **error)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  if (self->has_held)
    {
      *buffer = self->held;
      *n_read = 1;
      self->has_held = FALSE;
      return MSA_IO_DONE;
    }
  if (self->ended)
    return MSA_IO_END;
  if (!is_open (self, error))
    return MSA_IO_ERROR;

  flush_alert (self);
  return receive (self, buffer, size, n_read, error);
}

/* TRUE: what is to be said next is known without the layers below. */
static gboolean
has_news (MsaTlsFilter *self)
{
  return self->has_held || self->ended || (self->failure != NULL && self->verified != NULL);
}

static gboolean
tls_pending (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  return has_news (self) || self->input.len > 0 ||
         (self->session != NULL && gnutls_record_check_pending (self->session) > 0) ||
         msa_filter_pending (self->base.next);
}

/* Bytes from below need not be the application's: only what GnuTLS makes of them tells. One
 * byte is taken and kept for the next recv(). */
static gboolean
tls_peek (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  gsize n_read = 0;
  MsaIo io;

  if (has_news (self))
    return TRUE;
  if (self->verified == NULL)
    return msa_filter_peek (self->base.next);
  if (!tls_pending (filter) && !msa_filter_peek (self->base.next))
    return FALSE;

  io = receive (self, &self->held, 1, &n_read, NULL);
  self->has_held = io == MSA_IO_DONE;
  return io != MSA_IO_AGAIN;
}

static MsaSocketEvents
tls_wants (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  if (!self->base.next->connected)
    return msa_filter_wants (self->base.next);
  if (self->asking == MSA_TLS_UNDECIDED || self->session == NULL)
    return MSA_SOCKET_NONE;
  if (self->verified == NULL)
    return gnutls_record_get_direction (self->session) == 1 ? MSA_SOCKET_OUT : MSA_SOCKET_IN;

  /* For an alert alone nobody would come to send: it goes with the next call. */
  return self->send_blocked ? MSA_SOCKET_OUT : MSA_SOCKET_NONE;
}

/* GnuTLS remembers how far it got, and would say it once more when asked after its end. */
static MsaIo
say_close_notify (MsaTlsFilter *self)
{
  int result;

  MSA_TRACE_BY (self->base.trace, TLS, "TLS is ended (close_notify)");
  self->leaving = TRUE;
  result = gnutls_bye (self->session, GNUTLS_SHUT_WR);
  self->send_blocked = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
  if (self->send_blocked)
    return MSA_IO_AGAIN;

  self->has_left = TRUE;
  return result == 0 ? MSA_IO_DONE : MSA_IO_ERROR;
}

/* One that failed or was never made has nothing to close. */
static MsaIo
tls_shutdown (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  MsaIo io = MSA_IO_DONE;

  if (!self->has_left && self->verified != NULL && self->failure == NULL &&
      self->send_failure == NULL)
    io = say_close_notify (self);

  return io == MSA_IO_DONE ? msa_filter_shutdown (self->base.next) : io;
}

static void
tls_free (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  msa_tls_resume_clear (self);
  g_clear_pointer (&self->session, gnutls_deinit);
  g_clear_pointer (&self->candidate, msa_tls_verified_free);
  g_clear_pointer (&self->verified, msa_tls_verified_free);
  g_clear_error (&self->doubt_error);
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_object (&self->config);
  g_clear_pointer (&self->host, msa_host_unref);
  g_strfreev (self->alpn);
  msa_writer_release (&self->input);
  g_clear_error (&self->pull_error);
  g_clear_error (&self->push_error);
  g_clear_error (&self->failure);
  g_clear_error (&self->send_failure);
  g_free (self);
}

static const MsaFilterOps tls_ops = {
  .name = "tls",
  .connect = tls_connect,
  .send = tls_send,
  .recv = tls_recv,
  .pending = tls_pending,
  .peek = tls_peek,
  .wants = tls_wants,
  .shutdown = tls_shutdown,
  .free = tls_free,
};

/* --- making --- */

MsaFilter *
msa_tls_filter_new (MsaSys *sys,
                    MsaFilter *next,
                    MsaTrust *trust,
                    MsaTlsConfig *config,
                    MsaHost *host,
                    const char *const *alpn,
                    GError **error)
{
  MsaTlsFilter *self = g_new0 (MsaTlsFilter, 1);
  g_autoptr (MsaFilter) filter = &self->base;

  self->base.ops = &tls_ops;
  self->base.next = next;
  self->sys = sys;
  self->trust = msa_trust_ref (trust);
  self->host = msa_host_ref (host);
  self->alpn = g_strdupv ((char **) alpn);
  g_queue_init (&self->fresh);
  if (config != NULL)
    {
      self->config = g_object_ref (config);
      if (!msa_tls_config_check (config, error))
        return NULL;
    }
  return g_steal_pointer (&filter);
}

const char *
msa_tls_filter_get_alpn (MsaFilter *filter)
{
  return ((MsaTlsFilter *) filter)->chosen;
}

GPtrArray *
msa_tls_filter_dup_chain (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  const gnutls_datum_t *chain = NULL;
  GPtrArray *copy;
  guint i, len = 0;

  if (self->session != NULL)
    chain = gnutls_certificate_get_peers (self->session, &len);
  if (chain == NULL || len == 0)
    return NULL;

  copy = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (i = 0; i < len; i++)
    g_ptr_array_add (copy, g_bytes_new (chain[i].data, chain[i].size));
  return copy;
}

/* --- peers in doubt --- */

void
msa_tls_filter_set_may_ask (MsaFilter *filter,
                            gboolean may_ask)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  if (self->asking == MSA_TLS_NOT_ASKED || self->asking == MSA_TLS_MAY_ASK)
    self->asking = may_ask ? MSA_TLS_MAY_ASK : MSA_TLS_NOT_ASKED;
}

gboolean
msa_tls_filter_is_undecided (MsaFilter *filter)
{
  return ((MsaTlsFilter *) filter)->asking == MSA_TLS_UNDECIDED;
}

const GError *
msa_tls_filter_get_doubt (MsaFilter *filter)
{
  return ((MsaTlsFilter *) filter)->doubt_error;
}

guint
msa_tls_filter_get_doubt_flags (MsaFilter *filter)
{
  return ((MsaTlsFilter *) filter)->doubt.flags;
}

void
msa_tls_filter_decide (MsaFilter *filter,
                       gboolean accept)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  if (self->asking == MSA_TLS_UNDECIDED)
    self->asking = accept ? MSA_TLS_ACCEPTED : MSA_TLS_REJECTED;
}

gboolean
msa_tls_filter_is_excepted (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  return self->asking == MSA_TLS_ACCEPTED && self->verified != NULL;
}

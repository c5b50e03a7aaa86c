/* msa-tls-handshake.c: from nothing to a verified peer
 *
 * GnuTLS asks in the middle of the handshake what to think of the peer's certificate: before
 * the client's own is shown. The answer is msa-tls-verify.c's; what it lets through becomes
 * the filter's token when the handshake is done. Of a resumed session GnuTLS does not ask:
 * it is verified at the end, from the certificates that were kept with it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-filter-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

#include <string.h>

/* --- the peer --- */

/* What was not offered cannot be chosen (RFC 7301, 3.2); GnuTLS takes it. */
static gboolean
note_alpn (MsaTlsFilter *self)
{
  gnutls_datum_t datum;
  gsize i;

  if (gnutls_alpn_get_selected_protocol (self->session, &datum) < 0)
    return TRUE;

  for (i = 0; self->alpn != NULL && self->alpn[i] != NULL; i++)
    if (msa_slice_equal (msa_slice_from_string (self->alpn[i]), msa_slice (datum.data, datum.size)))
      self->chosen = self->alpn[i];
  return self->chosen != NULL;
}

/* Sets candidate, or failure, or, if @can_rest, rests undecided. */
static void
verify_peer (MsaTlsFilter *self,
             gboolean can_rest)
{
  gboolean accepted = self->asking == MSA_TLS_ACCEPTED;
  g_autoptr (GError) error = NULL;

  if (!note_alpn (self))
    {
      g_set_error (&self->failure, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE,
                   "TLS handshake with %s failed: the peer chose a protocol that was not offered",
                   self->host->name);
      return;
    }

  self->candidate = msa_tls_verify (self->session, self->config, self->host, self->trust,
                                    self->sys, accepted, &self->doubt, &error);
  if (self->candidate != NULL)
    return;

  MSA_TRACE_BY (self->base.trace, TLS, "the peer is in doubt: %s", error->message);
  g_clear_error (&self->doubt_error);
  self->doubt_error = g_error_copy (error);
  if (can_rest && self->asking == MSA_TLS_MAY_ASK && !self->doubt.is_final)
    self->asking = MSA_TLS_UNDECIDED;
  else
    self->failure = g_steal_pointer (&error);
}

/* Called by GnuTLS when it has the peer's certificate; again after "again". */
static int
verify_cb (gnutls_session_t session)
{
  MsaTlsFilter *self = gnutls_session_get_ptr (session);

  if (self->asking == MSA_TLS_REJECTED)
    {
      self->failure = g_error_copy (self->doubt_error);
      return GNUTLS_E_CERTIFICATE_ERROR;
    }
  if (self->candidate == NULL && self->failure == NULL && self->asking != MSA_TLS_UNDECIDED)
    verify_peer (self, TRUE);

  if (self->candidate != NULL)
    return 0;
  return self->failure != NULL ? GNUTLS_E_CERTIFICATE_ERROR : GNUTLS_E_AGAIN;
}

/* --- setting up --- */

static int
offer_alpn (MsaTlsFilter *self)
{
  guint n_protocols = self->alpn != NULL ? g_strv_length (self->alpn) : 0;
  g_autofree gnutls_datum_t *protocols = g_new0 (gnutls_datum_t, n_protocols);
  guint i;

  for (i = 0; i < n_protocols; i++)
    {
      protocols[i].data = (unsigned char *) self->alpn[i];
      protocols[i].size = (unsigned int) strlen (self->alpn[i]);
    }
  return n_protocols == 0 ? 0
                          : gnutls_alpn_set_protocols (self->session, protocols, n_protocols, 0);
}

/* Gives a code of GnuTLS. Tickets are asked for only where they are kept; a peer may send them all
 * the same. The client's certificate was chosen by the application: it is shown whatever issuers
 * the peer would like. */
static int
set_up_session (MsaTlsFilter *self)
{
  guint flags = GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT;
  int result;

  result = gnutls_init (&self->session,
                        self->sessions != NULL ? flags : flags | GNUTLS_NO_TICKETS);
  if (result < 0)
    return result;

  gnutls_session_set_ptr (self->session, self);
  gnutls_session_set_verify_function (self->session, verify_cb);
  gnutls_handshake_set_max_packet_length (self->session, MSA_MAX_TLS_HANDSHAKE_BYTES);
  msa_tls_transport_init (self);

  result = gnutls_priority_set (self->session, msa_trust_get_priority (self->trust));
  if (result >= 0)
    result = gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE,
                                     msa_trust_get_credentials (self->trust));
  /* An address is no server name (RFC 6066, 3). */
  if (result >= 0 && self->host->kind == MSA_HOST_NAME)
    result = gnutls_server_name_set (self->session, GNUTLS_NAME_DNS, self->host->name,
                                     self->host->name_len);
  if (result >= 0)
    result = offer_alpn (self);
  return result;
}

static gboolean
begin (MsaTlsFilter *self,
       GError **error)
{
  g_autofree char *text = NULL;
  int result = set_up_session (self);

  if (result < 0)
    {
      text = msa_tls_describe (result);
      g_set_error (&self->failure, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE,
                   "TLS with %s cannot be set up: %s", self->host->name, text);
      msa_tls_report (self->failure, error);
      return FALSE;
    }
  msa_tls_resume_offer (self);
  MSA_TRACE_BY (self->base.trace, TLS, "handshake with %s begins%s", self->host->name,
                self->offered ? ", a session is offered" : "");
  return TRUE;
}

/* --- shaking hands --- */

/* Why the peer is refused is known already: it is told by an alert. */
static MsaIo
refuse_peer (MsaTlsFilter *self,
             GError **error)
{
  gboolean is_doubt = self->failure->code != MSA_ERROR_TLS_HANDSHAKE;

  MSA_TRACE_BY (self->base.trace, TLS, "the peer is refused, with an alert: %s",
                self->failure->message);
  msa_tls_resume_drop (self);
  gnutls_alert_send (self->session, GNUTLS_AL_FATAL,
                     is_doubt ? GNUTLS_A_BAD_CERTIFICATE : GNUTLS_A_ILLEGAL_PARAMETER);
  return msa_tls_report (self->failure, error);
}

static void
trace_agreement (MsaTlsFilter *self)
{
  char *text;

  if (!msa_log_has_topic (self->base.trace.log, MSA_LOG_TLS))
    return;

  text = gnutls_session_get_desc (self->session);
  MSA_TRACE_BY (self->base.trace, TLS, "agreed on %s, ALPN %s, %s; the peer is %s",
                text != NULL ? text : "what has no name",
                self->chosen != NULL ? self->chosen : "none",
                gnutls_session_is_resumed (self->session) != 0 ? "resumed" : "a new session",
                self->asking == MSA_TLS_ACCEPTED ? "accepted" : "verified");
  gnutls_free (text);
}

static MsaIo
finish (MsaTlsFilter *self,
        GError **error)
{
  /* Of a resumed session: it is over, and there is nothing to rest in. */
  if (self->candidate == NULL)
    verify_peer (self, FALSE);
  if (self->failure != NULL)
    return refuse_peer (self, error);

  self->verified = g_steal_pointer (&self->candidate);
  trace_agreement (self);
  msa_tls_resume_keep (self);
  return MSA_IO_DONE;
}

/* GnuTLS says "again" also when it was given less than it asked for, which is no reason to wait:
 * what is needed may be in the input already. With nothing there, readiness tells of more. */
MsaIo
msa_tls_shake_hands (MsaTlsFilter *self,
                     GError **error)
{
  guint n_turns = 0;
  int result;

  if (self->session == NULL && !begin (self, error))
    return MSA_IO_ERROR;

  do
    {
      self->blocked = FALSE;
      result = gnutls_handshake (self->session);
      if (self->failure != NULL)
        return refuse_peer (self, error);
      if (result == GNUTLS_E_SUCCESS)
        return finish (self, error);
      if (self->asking == MSA_TLS_UNDECIDED)
        return MSA_IO_AGAIN;
      if (!msa_tls_pass_over (self, result))
        {
          msa_tls_resume_drop (self);
          return msa_tls_fail (self, MSA_TLS_PHASE_HANDSHAKE, result, error);
        }
    }
  while (!self->blocked && (self->input.len > 0 || ++n_turns < MSA_TLS_MAX_TURNS));

  return MSA_IO_AGAIN;
}

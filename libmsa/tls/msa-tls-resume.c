/* msa-tls-resume.c: sessions taken from a store, and put there
 *
 * A session is found again by all that it was made under: who the peer is, in which place,
 * and what was asked of it by which client. It is kept only after the peer was verified without
 * anybody's exception, and for no longer than the certificates of the peer live. GnuTLS keeps
 * those with it, so that a resumed peer is verified as any other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-filter-private.h"

#include "base/msa-limits-private.h"
#include "tls/msa-tls-trust-private.h"

#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

/* By which address, Unix socket or proxy the peer is reached does not count: it has proved to be
 * this host, under this policy, and whoever cannot has not the secret of its sessions. What the
 * role tells apart are hops, where the same host may be trusted with other things. */
void
msa_tls_filter_set_sessions (MsaFilter *filter,
                             MsaTlsSessions *sessions,
                             const char *role,
                             guint16 port)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;
  const char *policy = self->config != NULL ? msa_tls_config_get_identity (self->config) : "";
  const char *zone = self->host->zone != NULL ? self->host->zone : "";

  g_return_if_fail (self->session == NULL && self->sessions == NULL);

  self->sessions = msa_tls_sessions_ref (sessions);
  /* A host, a zone and a role hold no line break. */
  self->session_key =
      g_strdup_printf ("%s\n%s\n%s\n%u\n%s\n%s", role, self->host->name, zone, port, policy,
                       msa_trust_get_contents (self->trust));
}

gboolean
msa_tls_filter_is_resumed (MsaFilter *filter)
{
  MsaTlsFilter *self = (MsaTlsFilter *) filter;

  return self->session != NULL && gnutls_session_is_resumed (self->session) != 0;
}

/* --- how long --- */

static gint64
until (time_t time,
       gint64 real_us)
{
  return time == (time_t) -1 ? G_MAXINT64 : (gint64) time * G_USEC_PER_SEC - real_us;
}

/* Until the first of the peer's certificates expires. One that cannot be read keeps nothing. */
static gint64
get_chain_lifetime (MsaTlsFilter *self,
                    gint64 real_us)
{
  guint len = 0;
  /* It was verified, so that there is one. */
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (self->session, &len);
  gint64 lifetime_us = G_MAXINT64;
  guint i;

  if (chain == NULL)
    return 0;

  for (i = 0; i < len; i++)
    {
      gnutls_x509_crt_t crt;

      if (gnutls_x509_crt_init (&crt) < 0)
        return 0;
      if (gnutls_x509_crt_import (crt, &chain[i], GNUTLS_X509_FMT_DER) < 0)
        lifetime_us = 0;
      lifetime_us = MIN (lifetime_us, until (gnutls_x509_crt_get_expiration_time (crt), real_us));
      gnutls_x509_crt_deinit (crt);
    }
  return lifetime_us;
}

/* Until the status that the peer stapled is out of date; "try later" is none. */
static gint64
get_staple_lifetime (MsaTlsFilter *self,
                     gint64 real_us)
{
  gnutls_datum_t datum = { NULL, 0 };
  gint64 lifetime_us;
  gnutls_ocsp_resp_t response;
  time_t next = (time_t) -1;

  if (gnutls_ocsp_status_request_get2 (self->session, 0, &datum) < 0)
    return G_MAXINT64;
  if (gnutls_ocsp_resp_init (&response) < 0)
    return 0;

  if (gnutls_ocsp_resp_import (response, &datum) < 0)
    lifetime_us = 0;
  else if (gnutls_ocsp_resp_get_status (response) == GNUTLS_OCSP_RESP_SUCCESSFUL &&
           gnutls_ocsp_resp_get_single (response, 0, NULL, NULL, NULL, NULL, NULL, NULL, &next,
                                        NULL, NULL) < 0)
    lifetime_us = 0;
  else
    lifetime_us = until (next, real_us);
  gnutls_ocsp_resp_deinit (response);
  return lifetime_us;
}

static void
put (MsaTlsFilter *self,
     MsaTlsSessionKind kind,
     gconstpointer data,
     gsize len)
{
  gint64 real_us = self->sys->ops->real_us (self->sys);
  gint64 chain_us = get_chain_lifetime (self, real_us);
  gint64 staple_us = get_staple_lifetime (self, real_us);

  msa_tls_sessions_put (self->sessions, self->session_key, kind, data, len,
                        MIN (chain_us, staple_us), self->sys->ops->boot_us (self->sys));
}

/* --- keeping --- */

static gboolean
is_tls_1_3 (MsaTlsFilter *self)
{
  return gnutls_protocol_get_version (self->session) == GNUTLS_TLS1_3;
}

/* Gives secrets, to be overwritten. */
static gboolean
get_data (gnutls_session_t session,
          gnutls_datum_t *datum)
{
  return gnutls_session_get_data2 (session, datum) >= 0;
}

static void
free_data (gnutls_datum_t *datum)
{
  gnutls_memset (datum->data, 0, datum->size);
  gnutls_free (datum->data);
}

static void
wipe_data (gpointer data)
{
  gnutls_datum_t *datum = data;

  free_data (datum);
  g_free (datum);
}

/* Only takes note. In TLS 1.3 each ticket is one session, and GnuTLS holds but the last: asked
 * before one came, it would wait for it. In TLS 1.2 it is part of the session that the handshake
 * makes. */
static int
ticket_cb (gnutls_session_t session,
           unsigned int type,
           unsigned int when,
           unsigned int incoming,
           const gnutls_datum_t *message)
{
  MsaTlsFilter *self = gnutls_session_get_ptr (session);
  gnutls_datum_t *datum;

  self->has_ticket = TRUE;
  if (!is_tls_1_3 (self) || self->fresh.length >= MSA_MAX_TLS_SESSIONS_PER_PEER)
    return 0;

  datum = g_new0 (gnutls_datum_t, 1);
  if (get_data (session, datum))
    g_queue_push_tail (&self->fresh, datum);
  else
    g_free (datum);
  return 0;
}

static gboolean
may_keep (MsaTlsFilter *self)
{
  return self->sessions != NULL && self->verified != NULL && self->failure == NULL &&
         self->asking != MSA_TLS_ACCEPTED;
}

void
msa_tls_resume_flush (MsaTlsFilter *self)
{
  gnutls_datum_t *datum;

  while ((datum = g_queue_pop_head (&self->fresh)) != NULL)
    {
      if (may_keep (self))
        put (self, MSA_TLS_SESSION_TICKET, datum->data, datum->size);
      wipe_data (datum);
    }
}

/* TLS 1.2: a ticket, or a number under which the peer keeps the session. A session that was resumed
 * without a new ticket is the old one, and its age counts on. */
static gboolean
has_new_session (MsaTlsFilter *self)
{
  gnutls_datum_t id = { NULL, 0 };

  if (self->has_ticket)
    return TRUE;
  return gnutls_session_is_resumed (self->session) == 0 &&
         gnutls_session_get_id2 (self->session, &id) >= 0 && id.size > 0;
}

void
msa_tls_resume_keep (MsaTlsFilter *self)
{
  gnutls_datum_t datum;

  if (!may_keep (self))
    return;
  if (is_tls_1_3 (self))
    {
      msa_tls_resume_flush (self);
      return;
    }

  if (has_new_session (self) && get_data (self->session, &datum))
    {
      put (self, MSA_TLS_SESSION_OLD, datum.data, datum.size);
      free_data (&datum);
    }
}

/* --- offering --- */

void
msa_tls_resume_offer (MsaTlsFilter *self)
{
  g_autoptr (GBytes) bytes = NULL;
  gconstpointer data;
  gsize len;

  if (self->sessions == NULL)
    return;

  gnutls_handshake_set_hook_function (self->session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET,
                                      GNUTLS_HOOK_POST, ticket_cb);
  bytes = msa_tls_sessions_take (self->sessions, self->session_key,
                                 self->sys->ops->boot_us (self->sys));
  if (bytes == NULL)
    return;

  data = g_bytes_get_data (bytes, &len);
  self->offered = gnutls_session_set_data (self->session, data, len) >= 0;
}

/* A handshake that failed with a session of the store: none of that peer is offered again. */
void
msa_tls_resume_drop (MsaTlsFilter *self)
{
  if (self->offered)
    msa_tls_sessions_forget (self->sessions, self->session_key);
}

void
msa_tls_resume_clear (MsaTlsFilter *self)
{
  gnutls_datum_t *datum;

  while ((datum = g_queue_pop_head (&self->fresh)) != NULL)
    wipe_data (datum);
  g_clear_pointer (&self->sessions, msa_tls_sessions_unref);
  g_free (self->session_key);
}

/* msa-connection-ask.c: what a connection has to know before it goes on
 *
 * Reads what it waits for from its parts (the race, the trust store, TLS), and hands the answer to
 * the one that asked. Who is asked, and when, is the engine's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-connection-parts-private.h"

static gboolean
is_in_tls (const MsaConnection *self)
{
  return self->state == MSA_CONNECTION_CONNECTING && self->chain != NULL &&
         msa_connection_uses_tls (self);
}

static gboolean
is_in_race (const MsaConnection *self)
{
  return self->state == MSA_CONNECTION_CONNECTING && self->chain == NULL;
}

void
msa_connection_note_asking (MsaConnection *self,
                            gint64 now_us)
{
  gboolean asking = is_in_tls (self) && msa_tls_filter_is_undecided (self->chain);

  if (asking == (self->asking_us != 0))
    return;

  if (!asking)
    self->asked_us += now_us - self->asking_us;
  self->asking_us = asking ? now_us : 0;
  msa_connection_set_deadline (self);
}

MsaAsks
msa_connection_get_asks (MsaConnection *self)
{
  MsaAddress address;

  if (is_in_race (self) && msa_race_get_asked (&self->dial->race, &address))
    return MSA_ASKS_ADDRESS;
  if (self->lock != NULL)
    return MSA_ASKS_PASSWORD;
  if (is_in_tls (self) && msa_tls_filter_is_undecided (self->chain))
    return MSA_ASKS_CERTIFICATE;

  return MSA_ASKS_NOTHING;
}

const GError *
msa_connection_get_cause (const MsaConnection *self)
{
  if (self->lock != NULL)
    return self->lock;

  return is_in_tls (self) ? msa_tls_filter_get_doubt (self->chain) : NULL;
}

guint
msa_connection_get_peer_flags (const MsaConnection *self)
{
  if (!msa_connection_uses_tls (self))
    return 0;
  if (self->session != NULL)
    return msa_tls_filter_get_doubt_flags (self->session->chain);

  return self->chain != NULL ? msa_tls_filter_get_doubt_flags (self->chain) : 0;
}

void
msa_connection_answer_password (MsaConnection *self,
                                const char *password,
                                gint64 now_us)
{
  g_clear_error (&self->lock);
  if (password == NULL)
    {
      msa_trust_cache_give_up (self->env->trusts, &self->dial->trust_waiter, now_us);
      return;
    }

  self->n_passwords++;
  msa_trust_cache_unlock (self->env->trusts, &self->dial->trust_waiter, password);
}

void
msa_connection_answer (MsaConnection *self,
                       gboolean yes,
                       const char *text,
                       gint64 now_us)
{
  switch (msa_connection_get_asks (self))
    {
    case MSA_ASKS_PASSWORD:
      msa_connection_answer_password (self, yes ? text : NULL, now_us);
      break;
    case MSA_ASKS_CERTIFICATE:
      msa_tls_filter_decide (self->chain, yes);
      msa_connection_note_asking (self, now_us);
      break;
    case MSA_ASKS_ADDRESS: /* by msa_connection_answer_address() */
    case MSA_ASKS_NOTHING:
    default:
      break;
    }
}

void
msa_connection_get_address (MsaConnection *self,
                            MsaAddress *address)
{
  msa_race_get_asked (&self->dial->race, address);
}

void
msa_connection_answer_address (MsaConnection *self,
                               gboolean allowed,
                               GSocket *socket)
{
  msa_race_answer (&self->dial->race, allowed, socket);
}

/* msa-easy-results.c: what came of an easy's last run
 *
 * Reads the run, which the easy keeps until its next one begins.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy.h"

#include "engine/msa-exchange-private.h"
#include "msa-easy-private.h"
#include "msa-peer-chain-private.h"
#include "net/msa-socket-private.h"

static MsaTransfer *
get_transfer (MsaEasy *self)
{
  return msa_easy_get_membership (self)->transfer;
}

/**
 * msa_easy_get_state:
 * @self: the easy
 *
 * Gets how far the current run has come.
 *
 * Returns: the state; %MSA_EASY_IDLE if it never ran
 *
 * Since: 1.0
 */
MsaEasyState
msa_easy_get_state (MsaEasy *self)
{
  static const MsaEasyState public_states[] = {
    [MSA_TRANSFER_QUEUED] = MSA_EASY_QUEUED,
    [MSA_TRANSFER_CONNECTING] = MSA_EASY_CONNECTING,
    [MSA_TRANSFER_SENDING] = MSA_EASY_SENDING,
    [MSA_TRANSFER_WAITING] = MSA_EASY_WAITING,
    [MSA_TRANSFER_RECEIVING] = MSA_EASY_RECEIVING,
    [MSA_TRANSFER_STORING] = MSA_EASY_RECEIVING,
    [MSA_TRANSFER_DONE] = MSA_EASY_DONE,
    [MSA_TRANSFER_GONE] = MSA_EASY_DONE,
  };

  g_return_val_if_fail (MSA_IS_EASY (self), MSA_EASY_IDLE);

  if (get_transfer (self) == NULL)
    return MSA_EASY_IDLE;

  return public_states[get_transfer (self)->state];
}

/**
 * msa_easy_get_error:
 * @self: the easy
 *
 * Gets why the last run failed.
 *
 * Returns: (transfer none) (nullable): the error; %NULL if the run succeeded, or has not ended
 *
 * Since: 1.0
 */
const GError *
msa_easy_get_error (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  return get_transfer (self) == NULL ? NULL : get_transfer (self)->error;
}

/**
 * msa_easy_get_status:
 * @self: the easy
 *
 * Gets the status of the response.
 *
 * Returns: the status; 0 until there is one
 *
 * Since: 1.0
 */
guint
msa_easy_get_status (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), 0);

  return get_transfer (self) == NULL ? 0 : get_transfer (self)->status;
}

/**
 * msa_easy_get_reason_phrase:
 * @self: the easy
 *
 * Gets what the peer wrote behind the status.
 *
 * Returns: (transfer none) (nullable): the phrase, %NULL if there was none
 *
 * Since: 1.0
 */
const char *
msa_easy_get_reason_phrase (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  return get_transfer (self) == NULL ? NULL : get_transfer (self)->reason;
}

/**
 * msa_easy_get_response_version:
 * @self: the easy
 *
 * Gets the version of HTTP that the response was written in.
 *
 * Returns: the version; %MSA_HTTP_VERSION_AUTO until there is a response
 *
 * Since: 1.0
 */
MsaHttpVersion
msa_easy_get_response_version (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), MSA_HTTP_VERSION_AUTO);

  return get_transfer (self) == NULL ? MSA_HTTP_VERSION_AUTO
                                     : get_transfer (self)->version;
}

/**
 * msa_easy_get_response_headers:
 * @self: the easy
 *
 * Gets the fields of the final response, in the order and spelling they came in.
 *
 * Returns: (transfer none) (nullable): the list, which cannot be changed; %NULL until it came
 *
 * Since: 1.0
 */
MsaHeaders *
msa_easy_get_response_headers (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  return get_transfer (self) == NULL ? NULL : get_transfer (self)->headers;
}

/**
 * msa_easy_get_headers:
 * @self: the easy
 * @origin: which fields
 * @hop: of which request of the run, from 0 on
 *
 * Gets fields that came with the response, by where they came from.
 *
 * Returns: (transfer none) (nullable): the list, which cannot be changed; %NULL if there were none
 *
 * Since: 1.0
 */
MsaHeaders *
msa_easy_get_headers (MsaEasy *self,
                      MsaHeaderOrigin origin,
                      guint hop)
{
  MsaTransfer *transfer;

  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  transfer = get_transfer (self);
  if (transfer == NULL || hop > 0)
    return NULL;

  switch (origin)
    {
    case MSA_HEADER_FINAL:
      return transfer->headers;
    case MSA_HEADER_INFORMATIONAL:
      return transfer->interim;
    case MSA_HEADER_TRAILER:
      return transfer->trailers;
    default:
      return NULL;
    }
}

/**
 * msa_easy_get_body:
 * @self: the easy
 *
 * Gets the response's body, where it is kept in memory.
 *
 * Returns: (transfer none) (nullable): the body, empty if the response had none; %NULL until
 * the run
 *   has succeeded, or if the body went elsewhere
 *
 * Since: 1.0
 */
GBytes *
msa_easy_get_body (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  return get_transfer (self) == NULL ? NULL : get_transfer (self)->body;
}

/**
 * msa_easy_get_content_length:
 * @self: the easy
 *
 * Gets the length of the response's body as announced.
 *
 * A response to `HEAD` has no body: what it would have been long stands in its `Content-Length`.
 *
 * Returns: bytes; -1 while it is unknown, 0 where there is no body
 *
 * Since: 1.0
 */
gint64
msa_easy_get_content_length (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), -1);

  return get_transfer (self) == NULL ? -1 : get_transfer (self)->content_length;
}

/**
 * msa_easy_get_bytes_received:
 * @self: the easy
 *
 * Gets how much of the response's body came in.
 *
 * Returns: bytes
 *
 * Since: 1.0
 */
guint64
msa_easy_get_bytes_received (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), 0);

  return get_transfer (self) == NULL ? 0 : get_transfer (self)->bytes_received;
}

/**
 * msa_easy_get_bytes_sent:
 * @self: the easy
 *
 * Gets how much of the request's body was sent.
 *
 * Returns: bytes
 *
 * Since: 1.0
 */
guint64
msa_easy_get_bytes_sent (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), 0);

  return get_transfer (self) == NULL ? 0 : get_transfer (self)->bytes_sent;
}

/**
 * msa_easy_dup_effective_uri: (get-property effective-uri)
 * @self: the easy
 *
 * Gets the URI that the response came from, normalised, without user and password.
 *
 * Returns: (transfer full) (nullable): the URI; %NULL until a request was sent
 *
 * Since: 1.0
 */
char *
msa_easy_dup_effective_uri (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  if (get_transfer (self) == NULL || get_transfer (self)->url == NULL)
    return NULL;

  return msa_url_to_string (get_transfer (self)->url);
}

/**
 * msa_easy_dup_remote_address: (get-property remote-address)
 * @self: the easy
 *
 * Gets the address that the request was sent to.
 *
 * Returns: (transfer full) (nullable): as `192.0.2.1:80` or `[2001:db8::1]:443`; %NULL until a
 *   request was sent
 *
 * Since: 1.0
 */
char *
msa_easy_dup_remote_address (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  return get_transfer (self) == NULL ? NULL : g_strdup (get_transfer (self)->remote);
}

/**
 * msa_easy_get_timings: (get-property timings)
 * @self: the easy
 *
 * Gets when what happened in the last run, as far as it has come.
 *
 * Returns: (transfer full) (nullable): the timings; %NULL if it never ran
 *
 * Since: 1.0
 */
MsaTimings *
msa_easy_get_timings (MsaEasy *self)
{
  MsaTransfer *transfer;

  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  transfer = get_transfer (self);
  if (transfer != NULL && transfer->state == MSA_TRANSFER_CONNECTING)
    msa_exchange_note_connecting (transfer, transfer->connection);

  return transfer == NULL ? NULL : msa_timings_new (&transfer->times, transfer->added_us);
}

/**
 * msa_easy_dup_peer_chain:
 * @self: the easy
 *
 * Gets the certificates that the peer sent, also if they were not trusted.
 *
 * Returns: (transfer container) (nullable) (element-type GBytes): the certificates in DER, the
 *   peer's own first; %NULL without TLS, or until they are known
 *
 * Since: 1.0
 */
GPtrArray *
msa_easy_dup_peer_chain (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  return get_transfer (self) == NULL ? NULL : msa_peer_chain_copy (get_transfer (self)->peer_chain);
}

/**
 * msa_easy_dup_peer_certificate: (get-property peer-certificate)
 * @self: the easy
 *
 * Gets the peer's certificate as GIO's type, with its issuers as far as the peer sent them.
 *
 * Needs a TLS backend of GIO, as glib-networking, which libmsa itself does without. It is loaded
 * at the first need.
 *
 * Returns: (transfer full) (nullable): the certificate; %NULL without a backend, without TLS, or
 *   until it is known
 *
 * Since: 1.0
 */
GTlsCertificate *
msa_easy_dup_peer_certificate (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  if (get_transfer (self) == NULL)
    return NULL;

  return msa_peer_chain_to_certificate (get_transfer (self)->peer_chain);
}

/**
 * msa_easy_get_peer_errors: (get-property peer-errors)
 * @self: the easy
 *
 * Gets what spoke against the peer's certificate.
 *
 * Returns: the flags; none if nothing did, without TLS, or until it is known
 *
 * Since: 1.0
 */
GTlsCertificateFlags
msa_easy_get_peer_errors (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), G_TLS_CERTIFICATE_NO_FLAGS);

  return get_transfer (self) == NULL ? G_TLS_CERTIFICATE_NO_FLAGS : get_transfer (self)->peer_flags;
}

/* msa-certificate-request.c: whether a peer in doubt is taken all the same
 *
 * What a handler of MsaEasy::accept-certificate is given. It holds copies of what is known of
 * the peer, so it may outlive connection, transfer and multi; the answer goes through an
 * MsaQuestion.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-certificate-request-private.h"

#include "msa-peer-chain-private.h"

/**
 * MsaCertificateRequest:
 *
 * The question whether a peer whose certificate is in doubt is taken all the same.
 *
 * A handler of [signal@Easy::accept-certificate] gets it. It may answer at once, or keep the
 * request and answer later, for instance when a person has decided; the transfer's timeouts
 * go on meanwhile. An answer counts if the handler returned %TRUE, and the first one does. A
 * request that is let go without one is a refusal, and an answer that comes too late does nothing.
 *
 * All its methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MsaCertificateRequest
{
  GObject parent_instance;

  MsaQuestion *question; /* (owned) */
  char *host; /* (owned) */
  guint16 port;
  GError *cause; /* (owned) */
  guint errors; /* GTlsCertificateFlags */
  GPtrArray *chain; /* (owned) (nullable) (element-type GBytes) */
};

G_DEFINE_TYPE (MsaCertificateRequest, msa_certificate_request, G_TYPE_OBJECT)

static void
msa_certificate_request_finalize (GObject *object)
{
  MsaCertificateRequest *self = MSA_CERTIFICATE_REQUEST (object);

  msa_question_answer (self->question, FALSE, NULL);
  msa_question_unref (self->question);
  g_free (self->host);
  g_error_free (self->cause);
  g_clear_pointer (&self->chain, g_ptr_array_unref);

  G_OBJECT_CLASS (msa_certificate_request_parent_class)->finalize (object);
}

static void
msa_certificate_request_class_init (MsaCertificateRequestClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = msa_certificate_request_finalize;
}

static void
msa_certificate_request_init (MsaCertificateRequest *self)
{
}

MsaCertificateRequest *
msa_certificate_request_new (MsaQuestion *question,
                             const MsaConnection *connection)
{
  MsaCertificateRequest *self = g_object_new (MSA_TYPE_CERTIFICATE_REQUEST, NULL);

  self->question = msa_question_ref (question);
  self->host = g_strdup (connection->url->host->name);
  self->port = connection->url->port;
  self->cause = g_error_copy (msa_connection_get_cause (connection));
  self->errors = msa_connection_get_peer_flags (connection);
  if (connection->peer_chain != NULL)
    self->chain = g_ptr_array_ref (connection->peer_chain);

  return self;
}

/**
 * msa_certificate_request_accept:
 * @self: the request
 *
 * Takes the peer against the doubt.
 *
 * The connection then serves this one transfer and is closed after it; no TLS session of it is
 * kept, and nothing is learnt from it. Where exceptions are for many, a key can be pinned:
 * see [property@TlsConfig:pinned-keys], and `docs/examples/tls-exceptions.py`.
 *
 * Since: 1.0
 */
void
msa_certificate_request_accept (MsaCertificateRequest *self)
{
  g_return_if_fail (MSA_IS_CERTIFICATE_REQUEST (self));

  msa_question_answer (self->question, TRUE, NULL);
}

/**
 * msa_certificate_request_reject:
 * @self: the request
 *
 * Refuses the peer: the transfer ends with %MSA_ERROR_TLS_VERIFY.
 *
 * Since: 1.0
 */
void
msa_certificate_request_reject (MsaCertificateRequest *self)
{
  g_return_if_fail (MSA_IS_CERTIFICATE_REQUEST (self));

  msa_question_answer (self->question, FALSE, NULL);
}

/**
 * msa_certificate_request_get_host:
 * @self: the request
 *
 * Gets the name or address that the peer was to prove.
 *
 * Returns: (transfer none): the name, in ASCII
 *
 * Since: 1.0
 */
const char *
msa_certificate_request_get_host (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), NULL);

  return self->host;
}

/**
 * msa_certificate_request_get_port:
 * @self: the request
 *
 * Gets the port of the URI.
 *
 * Returns: the port
 *
 * Since: 1.0
 */
guint
msa_certificate_request_get_port (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), 0);

  return self->port;
}

/**
 * msa_certificate_request_get_message:
 * @self: the request
 *
 * Gets what speaks against the peer, as a sentence in English that names the host.
 *
 * Returns: (transfer none): the message of the error that a refusal gives
 *
 * Since: 1.0
 */
const char *
msa_certificate_request_get_message (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), NULL);

  return self->cause->message;
}

/**
 * msa_certificate_request_get_errors:
 * @self: the request
 *
 * Gets what speaks against the peer.
 *
 * Returns: the flags, of which at least one is set
 *
 * Since: 1.0
 */
GTlsCertificateFlags
msa_certificate_request_get_errors (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), G_TLS_CERTIFICATE_NO_FLAGS);

  return self->errors;
}

/**
 * msa_certificate_request_dup_pin:
 * @self: the request
 *
 * Gets what pins the peer's key.
 *
 * A program that remembers it for the host, and puts it into
 * [property@TlsConfig:pinned-keys] of a configuration that does without
 * [property@TlsConfig:verify-chain] or [property@TlsConfig:verify-name], need not ask again as
 * long as the peer has this key.
 *
 * Returns: (transfer full) (nullable): `sha256//` and the digest in Base64; %NULL if the
 *   certificate cannot be read
 *
 * Since: 1.0
 */
char *
msa_certificate_request_dup_pin (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), NULL);

  return self->chain != NULL ? msa_tls_pin_new (self->chain->pdata[0]) : NULL;
}

/**
 * msa_certificate_request_dup_chain:
 * @self: the request
 *
 * Gets the certificates that the peer sent.
 *
 * Returns: (transfer container) (element-type GBytes): the certificates in DER, the peer's own
 *   first
 *
 * Since: 1.0
 */
GPtrArray *
msa_certificate_request_dup_chain (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), NULL);

  return msa_peer_chain_copy (self->chain);
}

/**
 * msa_certificate_request_dup_certificate:
 * @self: the request
 *
 * Gets the peer's certificate as GIO's type, with its issuers as far as the peer sent them.
 *
 * Needs a TLS backend of GIO, as glib-networking, which libmsa itself does without. It is loaded
 * at the first need.
 *
 * Returns: (transfer full) (nullable): the certificate, %NULL without a backend
 *
 * Since: 1.0
 */
GTlsCertificate *
msa_certificate_request_dup_certificate (MsaCertificateRequest *self)
{
  g_return_val_if_fail (MSA_IS_CERTIFICATE_REQUEST (self), NULL);

  return msa_peer_chain_to_certificate (self->chain);
}

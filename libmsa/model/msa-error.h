/* msa-error.h: the one error domain
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-version-macros.h"

G_BEGIN_DECLS

#define MSA_ERROR (msa_error_quark ())

/**
 * MsaError:
 * @MSA_ERROR_FAILED: none of the others fits; see the message
 * @MSA_ERROR_INTERNAL: a fault of libmsa itself; please report it
 * @MSA_ERROR_INVALID_ARGUMENT: a setting, header or argument has a value that is not allowed
 * @MSA_ERROR_BAD_URI: the URI cannot be parsed, or names an impossible host or port
 * @MSA_ERROR_UNSUPPORTED_SCHEME: no transfer is known for this scheme
 * @MSA_ERROR_NOT_BUILT_IN: the feature was left out when libmsa was built. So far nothing can be
 *   left out: for a build in which something can.
 * @MSA_ERROR_ALREADY_ADDED: the easy is in a multi already
 * @MSA_ERROR_CLOSED: the multi was closed
 * @MSA_ERROR_RESOLVE: the host name could not be resolved
 * @MSA_ERROR_CONNECT: no connection could be made to any of the host's addresses, or the
 *   application refused them all
 * @MSA_ERROR_TLS_HANDSHAKE: the TLS handshake failed
 * @MSA_ERROR_TLS_VERIFY: the peer's certificate is not to be trusted for this host
 * @MSA_ERROR_TLS_TRUST: the trust store, or a file of trusted certificates or of a pinned key,
 *   could not be read or parsed
 * @MSA_ERROR_TIMED_OUT: the transfer took longer than [property@Easy:timeout-ms]
 * @MSA_ERROR_CONNECT_TIMED_OUT: connecting took longer than [property@Easy:connect-timeout-ms]
 * @MSA_ERROR_SEND: sending failed
 * @MSA_ERROR_RECEIVE: receiving failed
 * @MSA_ERROR_EMPTY_REPLY: the peer closed the connection without a word
 * @MSA_ERROR_BAD_REPLY: the peer broke the protocol
 * @MSA_ERROR_TRUNCATED: the peer closed the connection in the middle of the reply
 * @MSA_ERROR_TOO_LARGE: a limit on size was passed, of the reply or of the request
 * @MSA_ERROR_HTTP_STATUS: the status was 400 or more, where that counts as failure
 * @MSA_ERROR_WRITE: the application's write function or sink refused the body
 * @MSA_ERROR_READ: the request's body could not be read, or was shorter than announced
 * @MSA_ERROR_TLS_TRUST_EMPTY: the trust store was read, but there is no certificate in it
 * @MSA_ERROR_TLS_CLIENT_CERTIFICATE: the client's certificate or key could not be read or
 *   parsed, or they do not belong together
 * @MSA_ERROR_TLS_PASSWORD: the client's key is locked, by a password or the PIN of a token,
 *   and that is missing or wrong
 * @MSA_ERROR_TLS_PIN: the peer's key is none of those that are pinned
 * @MSA_ERROR_QUEUE_TIMED_OUT: waiting for a connection took longer than
 *   [property@Easy:queue-timeout-ms]
 * @MSA_ERROR_RESOLVE_TIMED_OUT: the look-up of the host's name took longer than
 *   [property@Easy:resolve-timeout-ms]
 * @MSA_ERROR_TLS_TIMED_OUT: the TLS handshake took longer than [property@Easy:tls-timeout-ms]
 * @MSA_ERROR_RESPONSE_TIMED_OUT: the response did not begin within
 *   [property@Easy:response-timeout-ms] of the request
 * @MSA_ERROR_IDLE_TIMED_OUT: nothing was sent or received for
 *   [property@Easy:idle-timeout-ms]
 * @MSA_ERROR_BIND: the local end that was asked for is not to be had: no such interface, an address
 *   that is not this machine's, or no free port
 *
 * What can go wrong with a transfer.
 *
 * Cancelling gives %G_IO_ERROR_CANCELLED, which is passed through. Messages are
 * English and made for people: one sentence that names the host, what failed and why, and in which
 * no byte of a peer can do harm to a terminal or log. The codes are what a program acts upon.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_ERROR_FAILED,
  MSA_ERROR_INTERNAL,
  MSA_ERROR_INVALID_ARGUMENT,
  MSA_ERROR_BAD_URI,
  MSA_ERROR_UNSUPPORTED_SCHEME,
  MSA_ERROR_NOT_BUILT_IN,
  MSA_ERROR_ALREADY_ADDED,
  MSA_ERROR_CLOSED,
  MSA_ERROR_RESOLVE,
  MSA_ERROR_CONNECT,
  MSA_ERROR_TLS_HANDSHAKE,
  MSA_ERROR_TLS_VERIFY,
  MSA_ERROR_TLS_TRUST,
  MSA_ERROR_TIMED_OUT,
  MSA_ERROR_CONNECT_TIMED_OUT,
  MSA_ERROR_SEND,
  MSA_ERROR_RECEIVE,
  MSA_ERROR_EMPTY_REPLY,
  MSA_ERROR_BAD_REPLY,
  MSA_ERROR_TRUNCATED,
  MSA_ERROR_TOO_LARGE,
  MSA_ERROR_HTTP_STATUS,
  MSA_ERROR_WRITE,
  MSA_ERROR_READ,
  MSA_ERROR_TLS_TRUST_EMPTY,
  MSA_ERROR_TLS_CLIENT_CERTIFICATE,
  MSA_ERROR_TLS_PASSWORD,
  MSA_ERROR_TLS_PIN,
  MSA_ERROR_QUEUE_TIMED_OUT,
  MSA_ERROR_RESOLVE_TIMED_OUT,
  MSA_ERROR_TLS_TIMED_OUT,
  MSA_ERROR_RESPONSE_TIMED_OUT,
  MSA_ERROR_IDLE_TIMED_OUT,
  MSA_ERROR_BIND,
} MsaError;

MSA_AVAILABLE_IN_1_0
GQuark msa_error_quark (void);

G_END_DECLS

/* msa-enums.h: the public enumerations and flags
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "msa-version-macros.h"

G_BEGIN_DECLS

/**
 * MSA_SOCKET_TIMEOUT:
 *
 * Passed to [method@Multi.socket_action] in place of a descriptor: starts the
 * transfers that were added, and says that the announced timeout is over.
 *
 * Since: 1.0
 */
#define MSA_SOCKET_TIMEOUT (-1)

/**
 * MsaSocketEvents:
 * @MSA_SOCKET_NONE: nothing; passed in: unknown, the descriptor is to be tested
 * @MSA_SOCKET_IN: data can be read
 * @MSA_SOCKET_OUT: data can be written
 * @MSA_SOCKET_ERR: the descriptor has an error
 * @MSA_SOCKET_HUP: the peer hung up
 *
 * What a descriptor is waited for, or is ready for.
 *
 * The values are those of [flags@GLib.IOCondition], so either may be passed.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  MSA_SOCKET_NONE = 0,
  MSA_SOCKET_IN = 1,
  MSA_SOCKET_OUT = 4,
  MSA_SOCKET_ERR = 8,
  MSA_SOCKET_HUP = 16,
} MsaSocketEvents;

/**
 * MsaWriteResult:
 * @MSA_WRITE_ABORT: end the transfer with %MSA_ERROR_WRITE
 * @MSA_WRITE_CONTINUE: the bytes were taken
 * @MSA_WRITE_PAUSE: pause the receiving direction; the same bytes come again after
 *   [method@Easy.resume]
 *
 * What a write function answers. Zero refuses, so that an exception or a forgotten
 * return in a language binding does so too.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_WRITE_ABORT = 0,
  MSA_WRITE_CONTINUE = 1,
  MSA_WRITE_PAUSE = 2,
} MsaWriteResult;

/**
 * MsaDirections:
 * @MSA_DIRECTION_RECEIVE: what the peer sends
 * @MSA_DIRECTION_SEND: what is sent to the peer
 * @MSA_DIRECTION_BOTH: both
 *
 * The directions of a transfer that can be paused.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  MSA_DIRECTION_RECEIVE = 1,
  MSA_DIRECTION_SEND = 2,
  MSA_DIRECTION_BOTH = 3,
} MsaDirections;

/**
 * MsaEasyState:
 * @MSA_EASY_IDLE: not added to a multi, or never run
 * @MSA_EASY_QUEUED: added; waits for its turn, or for a connection to get free
 * @MSA_EASY_CONNECTING: its connection is being made
 * @MSA_EASY_SENDING: the request is being sent
 * @MSA_EASY_WAITING: waits for the response
 * @MSA_EASY_RECEIVING: the response's body comes in
 * @MSA_EASY_DONE: ended, with or without an error
 *
 * How far a transfer has come.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_EASY_IDLE,
  MSA_EASY_QUEUED,
  MSA_EASY_CONNECTING,
  MSA_EASY_SENDING,
  MSA_EASY_WAITING,
  MSA_EASY_RECEIVING,
  MSA_EASY_DONE,
} MsaEasyState;

/**
 * MsaHttpVersion:
 * @MSA_HTTP_VERSION_AUTO: the best that both sides speak
 * @MSA_HTTP_VERSION_HTTP_1_0: HTTP/1.0 (RFC 1945): no keep-alive by itself, no chunked request
 * @MSA_HTTP_VERSION_HTTP_1_1: HTTP/1.1 (RFC 9112)
 *
 * The versions of HTTP.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_HTTP_VERSION_AUTO,
  MSA_HTTP_VERSION_HTTP_1_0,
  MSA_HTTP_VERSION_HTTP_1_1,
} MsaHttpVersion;

/**
 * MsaIpVersion:
 * @MSA_IP_VERSION_AUTO: whichever answers first, IPv6 with a head start (RFC 8305)
 * @MSA_IP_VERSION_IPV4: IPv4 only
 * @MSA_IP_VERSION_IPV6: IPv6 only
 *
 * The versions of the Internet Protocol.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_IP_VERSION_AUTO,
  MSA_IP_VERSION_IPV4,
  MSA_IP_VERSION_IPV6,
} MsaIpVersion;

/**
 * MsaHeaderOrigin:
 * @MSA_HEADER_FINAL: the head of the final response
 * @MSA_HEADER_INFORMATIONAL: an interim (1xx) head
 * @MSA_HEADER_TRAILER: after the body
 *
 * Where response headers came from.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_HEADER_FINAL,
  MSA_HEADER_INFORMATIONAL,
  MSA_HEADER_TRAILER,
} MsaHeaderOrigin;

/**
 * MsaPhase:
 * @MSA_PHASE_STARTED: its turn came: a connection was taken or begun for it
 * @MSA_PHASE_RESOLVED: the host's addresses were known
 * @MSA_PHASE_CONNECTED: one of them had answered
 * @MSA_PHASE_SECURED: the TLS handshake was done
 * @MSA_PHASE_REQUESTED: the request was begun
 * @MSA_PHASE_SENT: all of the request was sent, its body included; left out if the response
 *   began before
 * @MSA_PHASE_RESPONDED: the final response's head was there
 * @MSA_PHASE_FINISHED: the run had its result
 *
 * What a run goes through, in order. From its start to %MSA_PHASE_STARTED it was in the queue.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_PHASE_STARTED,
  MSA_PHASE_RESOLVED,
  MSA_PHASE_CONNECTED,
  MSA_PHASE_SECURED,
  MSA_PHASE_REQUESTED,
  MSA_PHASE_SENT,
  MSA_PHASE_RESPONDED,
  MSA_PHASE_FINISHED,
} MsaPhase;

/**
 * MsaTlsVersion:
 * @MSA_TLS_VERSION_AUTO: what libmsa holds safe: TLS 1.2 and later
 * @MSA_TLS_VERSION_TLS_1_2: TLS 1.2 (RFC 5246)
 * @MSA_TLS_VERSION_TLS_1_3: TLS 1.3 (RFC 8446)
 *
 * The versions of TLS.
 *
 * Since: 1.0
 */
typedef enum
{
  MSA_TLS_VERSION_AUTO,
  MSA_TLS_VERSION_TLS_1_2,
  MSA_TLS_VERSION_TLS_1_3,
} MsaTlsVersion;

G_END_DECLS

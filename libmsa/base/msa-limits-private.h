/* msa-limits-private.h: every ceiling on what a peer can make grow, with its reason
 *
 * A limit stands here, not where it is used. Public settings that change a limit
 * start from the value here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* curl's limit too: longer texts are mistakes or attacks on quadratic parsers. */
#define MSA_MAX_URI_BYTES 8000000
/* Any other option that is a text. */
#define MSA_MAX_OPTION_BYTES MSA_MAX_URI_BYTES
/* Before percent-decoding and IDNA, which can make a name of 253 bytes out of a long text. */
#define MSA_MAX_RAW_HOST_BYTES 4096
/* The request head is made by the application; a server refuses far smaller ones. */
#define MSA_MAX_REQUEST_HEAD_BYTES (1024 * 1024)
/* Its trailers come from the same hand. */
#define MSA_MAX_REQUEST_TRAILER_BYTES MSA_MAX_REQUEST_HEAD_BYTES
/* As in curl: cookies and CSP make lines of tens of KiB, none of 100. */
#define MSA_MAX_HEADER_LINE_BYTES (100 * 1024)
/* As in curl: the sum of all lines of one response head. */
#define MSA_MAX_HEAD_BYTES (300 * 1024)
#define MSA_MAX_HEADER_FIELDS 5000
/* As in curl: the sum of all heads of a transfer, interim ones and those of earlier hops. */
#define MSA_MAX_TRANSFER_HEAD_BYTES (20 * MSA_MAX_HEAD_BYTES)
/* One list, whoever fills it: far above a head, below what an offset of 32 bits can say. */
#define MSA_MAX_HEADER_LIST_BYTES (16 * 1024 * 1024)
/* The text of an error, with what a peer or the system adds to it. */
#define MSA_MAX_MESSAGE_BYTES 2000
/* A peer may send 1xx heads without end. */
#define MSA_MAX_INTERIM_HEADS 32
/* Trailers: a line as in curl, all of them as few heads ever are. */
#define MSA_MAX_TRAILER_LINE_BYTES (4 * 1024)
#define MSA_MAX_TRAILER_BYTES (64 * 1024)
/* A chunk-size line with its extensions, which nobody uses. */
#define MSA_MAX_CHUNK_LINE_BYTES (4 * 1024)
/* What size lines may take beyond a fair share, which is so much for each chunk and this many times
 * its data: tiny chunks with long extensions would send thousands of bytes for one. */
#define MSA_MAX_CHUNK_EXCESS_BYTES (16 * 1024)
#define MSA_FAIR_CHUNK_LINE_BYTES 16
#define MSA_FAIR_CHUNK_LINE_FACTOR 2
/* Sixteen digits say 2^64-1, more than a length may be. */
#define MSA_MAX_CHUNK_SIZE_DIGITS 16

/* One read; as large as a TCP window often is, as small as a cache allows. */
#define MSA_SCRATCH_BYTES (64 * 1024)
/* The first allocation for a body, whatever the peer's Content-Length says. */
#define MSA_MAX_FIRST_BODY_BYTES (1024 * 1024)
/* :max-body-bytes of the memory sink: what a program may well hold by mistake. */
#define MSA_DEFAULT_MAX_BODY_BYTES (64 * 1024 * 1024)
/* One part of a body, as a write function or a handler of ::data is given it: bindings copy it. */
#define MSA_MAX_WRITE_CHUNK_BYTES (64 * 1024)
/* Of a request's body, taken from its source but not yet by the socket. */
#define MSA_MAX_PENDING_OUTPUT_BYTES (64 * 1024)
/* Of the reply, what a connection keeps itself: the parser leaves less than a line, and a caller that
 * stops parks at most what it passed. */
#define MSA_MAX_HELD_BYTES (MSA_MAX_HEADER_LINE_BYTES + MSA_MAX_FIRST_BODY_BYTES)

/* A dispatch yields after either. */
#define MSA_DISPATCH_BUDGET_US 2000
#define MSA_DISPATCH_BUDGET_EVENTS 256
/* Reads of one connection in a row, so that a fast peer does not starve others. */
#define MSA_READS_IN_A_ROW 10
/* Local ports that one socket tries in a row: a µs each, and six sockets may try in one step. */
#define MSA_BINDS_IN_A_ROW 256

/* Between two looks into the mailbox while there is no descriptor to be woken by. */
#define MSA_DEAF_RETRY_US (20 * 1000)

/* Servers drop idle connections at 120 s and more (Apache at 5): stay below the former. */
#define MSA_IDLE_EXPIRY_US (118 * G_USEC_PER_SEC)
/* However busy: a connection is not kept for ever, so that DNS changes are seen. */
#define MSA_CONNECTION_MAX_AGE_US ((gint64) 24 * 3600 * G_USEC_PER_SEC)
#define MSA_DEFAULT_CONNECT_TIMEOUT_MS 30000
/* A peer that never answers a goodbye, or answers with bytes: what may be on its way when it learns
 * of the end is a window's worth. */
#define MSA_SHUTDOWN_BUDGET_US (2 * G_USEC_PER_SEC)
#define MSA_MAX_SHUTDOWN_BYTES (256 * 1024)
/* Connections that wait for such an answer: as many as idle by default. A program that asks ever
 * new hosts would else run out of descriptors by those it needs no more. */
#define MSA_MAX_SHUTTING_CONNECTIONS 64

#define MSA_MAX_RESOLVER_THREADS 20
#define MSA_DNS_TTL_US (60 * G_USEC_PER_SEC)
#define MSA_DNS_NEGATIVE_TTL_US (30 * G_USEC_PER_SEC)
#define MSA_MAX_DNS_ENTRIES 29999
/* Addresses of one name: more than any honest name has. */
#define MSA_MAX_ADDRESSES 64
/* A trust file: the system's has about 220 KiB. */
#define MSA_MAX_TRUST_BYTES (32 * 1024 * 1024)
/* A certificate chain sent by a peer, in certificates. */
#define MSA_MAX_PEER_CHAIN 16
/* Passwords that are tried on one key, for one connection: an application that answers without asking
 * anybody would else go on for ever. */
#define MSA_MAX_PASSWORDS 3
/* A parsed trust store is kept this long, then read again at the next need. */
#define MSA_TRUST_TTL_US ((gint64) 24 * 3600 * G_USEC_PER_SEC)
/* Its files are looked at for changes no more often than this: a thread is needed for it. */
#define MSA_TRUST_CHECK_US (1 * G_USEC_PER_SEC)
/* Parsed trust stores that are kept: the system's takes some MiB. */
#define MSA_MAX_TRUSTS 64
/* A certificate or key of the client's. */
#define MSA_MAX_CLIENT_KEY_BYTES (1024 * 1024)
/* One message of a TLS handshake. The largest is the peer's chain, of some KiB; GnuTLS takes 4
 * µs for each name in it, several times over, before anybody can object. */
#define MSA_MAX_TLS_HANDSHAKE_BYTES (64 * 1024)
/* Alternative names in one certificate: authorities issue with hundreds at most, and matching
 * costs by the number. */
#define MSA_MAX_PEER_NAMES 2000
/* TLS sessions to resume: in one store, for one peer, and the bytes of one, in which the peer's
 * chain lies. */
#define MSA_MAX_TLS_SESSIONS 512
#define MSA_MAX_TLS_SESSIONS_PER_PEER 4
#define MSA_MAX_TLS_SESSION_BYTES (32 * 1024)
/* Tickets of TLS 1.3 (RFC 8446, 4.6.1) and sessions of earlier ones (RFC 5246, F.1.4) live this
 * long at most. */
#define MSA_TLS_TICKET_LIFETIME_US ((gint64) 7 * 24 * 3600 * G_USEC_PER_SEC)
#define MSA_TLS_SESSION_LIFETIME_US ((gint64) 24 * 3600 * G_USEC_PER_SEC)
/* Attempts to connect at the same time (RFC 8305, 5). */
#define MSA_MAX_RUNNERS 6
/* How long the addresses of one family wait for those of the other (RFC 8305, 3). */
#define MSA_LATE_FAMILY_DELAY_US (50 * 1000)
/* What a stream sink gathers while a write is under way, before the peer has to wait. */
#define MSA_MAX_SINK_BYTES (256 * 1024)
/* What a pipe between a socket and a file may hold (the most that a user may ask for by default), and
 * the body that is worth one. */
#define MSA_PIPE_BYTES (1024 * 1024)
#define MSA_MIN_PIPED_BODY_BYTES (1024 * 1024)
/* Bodies beyond this are asked for first (as in curl). */
#define MSA_EXPECT_THRESHOLD_BYTES (1024 * 1024)
/* Progress is told this often at most, and this often even if nothing moves. */
#define MSA_PROGRESS_INTERVAL_US (100 * 1000)
#define MSA_PROGRESS_IDLE_US (1000 * 1000)
/* One trace line, which may quote what a peer sent; fields of one head that are traced; and the
 * lines that wait for a handler of ::trace, for each transfer: beyond, the oldest are lost. */
#define MSA_MAX_TRACE_LINE_BYTES 1024
#define MSA_MAX_TRACE_FIELDS 100
#define MSA_MAX_TRACE_LINES 512

#ifdef MSA_FUZZING
/* In the builds of libFuzzer, so that inputs of a few hundred bytes reach what else takes many. */
#undef MSA_SCRATCH_BYTES
#define MSA_SCRATCH_BYTES 2048
#undef MSA_MAX_PENDING_OUTPUT_BYTES
#define MSA_MAX_PENDING_OUTPUT_BYTES 2048
#undef MSA_MAX_HEADER_LINE_BYTES
#define MSA_MAX_HEADER_LINE_BYTES 300
#undef MSA_MAX_HEAD_BYTES
#define MSA_MAX_HEAD_BYTES 600
#undef MSA_MAX_HEADER_FIELDS
#define MSA_MAX_HEADER_FIELDS 20
#undef MSA_MAX_INTERIM_HEADS
#define MSA_MAX_INTERIM_HEADS 5
#undef MSA_MAX_TRAILER_LINE_BYTES
#define MSA_MAX_TRAILER_LINE_BYTES 100
#undef MSA_MAX_TRAILER_BYTES
#define MSA_MAX_TRAILER_BYTES 200
#undef MSA_MAX_CHUNK_LINE_BYTES
#define MSA_MAX_CHUNK_LINE_BYTES 60
#undef MSA_MAX_CHUNK_EXCESS_BYTES
#define MSA_MAX_CHUNK_EXCESS_BYTES 100
#endif

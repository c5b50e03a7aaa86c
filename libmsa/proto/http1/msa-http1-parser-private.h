/* msa-http1-parser-private.h: HTTP/1 responses, from bytes to events
 *
 * A pull parser after RFC 9112 and the decisions on framing in docs/architecture.md. It owns no
 * socket and keeps none of its input: what it does not take of the cursor, the caller brings
 * again with more bytes behind it. Linear in its input, however that is cut.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "model/msa-message-private.h"
#include "proto/http1/msa-http1-framing-private.h"

typedef enum
{
  MSA_HTTP1_MORE,          /* needs more bytes: the cursor stands where they are to be joined */
  MSA_HTTP1_INFORMATIONAL, /* head: of an interim response; another head follows */
  MSA_HTTP1_HEAD,          /* head: of the final response */
  MSA_HTTP1_DATA,          /* data */
  MSA_HTTP1_TRAILERS,      /* trailers: not empty */
  MSA_HTTP1_END,           /* the message is over; the cursor stands behind it */
  MSA_HTTP1_ERROR,         /* error is set; stays so */
} MsaHttp1Result;

typedef struct _MsaHttp1Parser MsaHttp1Parser;

MsaHttp1Parser *msa_http1_parser_new  (void) G_GNUC_WARN_UNUSED_RESULT;
void            msa_http1_parser_free (MsaHttp1Parser *self);

/* Begins with a new response. @no_body: to a HEAD request. */
void            msa_http1_parser_start (MsaHttp1Parser *self,
                                        gboolean no_body);
/* After start(): bytes that cannot begin a head are a body until the peer closes (HTTP/0.9); the
 * head is then one of HTTP/1.0 with status 200 and no fields. */
void            msa_http1_parser_allow_http09 (MsaHttp1Parser *self);
MsaHttp1Result  msa_http1_parser_next (MsaHttp1Parser *self,
                                       MsaCursor *input,
                                       GError **error);
/* The peer closed: END if that ends the message in its own way, else ERROR:
 * MSA_ERROR_EMPTY_REPLY before the first byte, else MSA_ERROR_TRUNCATED. @n_left: bytes that
 * MORE left with the caller. */
MsaHttp1Result  msa_http1_parser_eof  (MsaHttp1Parser *self,
                                       gsize n_left,
                                       GError **error);

/* After (INFORMATIONAL,) HEAD: the caller may steal its members. True until the next start() or
 * head. */
MsaHead        *msa_http1_parser_get_head (MsaHttp1Parser *self);
/* After HEAD: what follows it. */
const MsaHttp1Framing *msa_http1_parser_get_framing (const MsaHttp1Parser *self);
MsaSlice        msa_http1_parser_get_data (const MsaHttp1Parser *self);
MsaHeaders     *msa_http1_parser_get_trailers (MsaHttp1Parser *self);

/* Raw body bytes, and nothing else, come next: at most this many. 0: not so. */
guint64         msa_http1_parser_get_raw_left (const MsaHttp1Parser *self);
/* The caller received @len of them without the parser. */
void            msa_http1_parser_skip_raw (MsaHttp1Parser *self,
                                           gsize len);

/* The next event comes of bytes; FALSE: next() gives one without (the end, or the failure
 * again). */
gboolean        msa_http1_parser_needs_bytes (const MsaHttp1Parser *self);
/* Not one byte of this response was seen. */
gboolean        msa_http1_parser_is_virgin (const MsaHttp1Parser *self);
/* After END: the connection may carry another exchange. */
gboolean        msa_http1_parser_keeps_alive (const MsaHttp1Parser *self);

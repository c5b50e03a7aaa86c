/* msa-http1-request-private.h: the head of an HTTP/1 request, written
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-writer-private.h"
#include "model/msa-message-private.h"

/* Appends the request line and all fields with the empty line (RFC 9112, 3; B18 to B23, B26).
 * MSA_ERROR_TOO_LARGE past MSA_MAX_REQUEST_HEAD_BYTES, MSA_ERROR_INVALID_ARGUMENT for a body of
 * unknown length on HTTP/1.0 or what does not fit the grammar (checked here once more: nothing
 * else stands between an option and the wire). After an error @writer may hold a part of the
 * head. */
gboolean msa_http1_write_request_head (MsaWriter *writer,
                                       const MsaRequest *request,
                                       GError **error);

/* The trailers that the head announces: all, or those that an own Trailer field names. */
MsaHeaders *msa_http1_request_dup_trailers (const MsaRequest *request) G_GNUC_WARN_UNUSED_RESULT;

/* The connection ends with this exchange, as far as the request says. */
gboolean msa_http1_request_asks_close (const MsaRequest *request);

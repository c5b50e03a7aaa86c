/* msa-http1-trace-private.h: trace lines of heads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-log-private.h"
#include "proto/http1/msa-http1-framing-private.h"

/* @head: as it goes out, a request line and fields with their line ends. */
void msa_http1_trace_request  (const MsaLogContext *trace,
                               MsaSlice head);
/* @framing (nullable): NULL for that of an interim response. */
void msa_http1_trace_response (const MsaLogContext *trace,
                               const MsaHead *head,
                               const MsaHttp1Framing *framing);
void msa_http1_trace_trailers (const MsaLogContext *trace,
                               MsaHeaders *trailers);

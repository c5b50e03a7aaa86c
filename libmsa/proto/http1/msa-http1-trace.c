/* msa-http1-trace.c: trace lines of heads
 *
 * A line each: > is before what was sent, < before what came. Of bodies only the framing is
 * told, never a byte.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-trace-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "base/msa-mask-private.h"

/* As much of a text as a line has room for. */
static int
shown_len (MsaSlice text)
{
  return (int) MIN (text.len, MSA_MAX_TRACE_LINE_BYTES);
}

static void
trace_field (const MsaLogContext *trace,
             char direction,
             MsaSlice name,
             MsaSlice value)
{
  value = msa_mask_field (name, value);
  MSA_TRACE_BY (*trace, HTTP, "%c %.*s: %.*s", direction, shown_len (name), name.data,
                shown_len (value), value.data);
}

static void
trace_field_line (const MsaLogContext *trace,
                  MsaSlice line)
{
  MsaCursor rest = msa_cursor_from_slice (line);
  MsaSlice name = line;

  if (msa_cursor_take_until (&rest, ':', &name))
    msa_cursor_accept (&rest, ':');
  trace_field (trace, '>', name, msa_slice_trim (msa_cursor_rest (&rest)));
}

void
msa_http1_trace_request (const MsaLogContext *trace,
                         MsaSlice head)
{
  MsaCursor rest = msa_cursor_from_slice (head);
  MsaSlice line = { "", 0 };
  guint n_fields = 0;

  msa_cursor_take_line (&rest, 0, &line);
  MSA_TRACE_BY (*trace, HTTP, "> %.*s", shown_len (line), line.data);
  while (msa_cursor_take_line (&rest, 0, &line) != MSA_LINE_NONE && line.len > 0)
    {
      if (n_fields++ < MSA_MAX_TRACE_FIELDS)
        trace_field_line (trace, line);
    }
  if (n_fields > MSA_MAX_TRACE_FIELDS)
    MSA_TRACE_BY (*trace, HTTP, "> (%u more fields)", n_fields - MSA_MAX_TRACE_FIELDS);
}

static void
trace_fields (const MsaLogContext *trace,
              MsaHeaders *headers)
{
  guint n_fields = headers != NULL ? msa_headers_get_length (headers) : 0;

  for (guint i = 0; i < MIN (n_fields, MSA_MAX_TRACE_FIELDS); i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      trace_field (trace, '<', name, value);
    }
  if (n_fields > MSA_MAX_TRACE_FIELDS)
    MSA_TRACE_BY (*trace, HTTP, "< (%u more fields)", n_fields - MSA_MAX_TRACE_FIELDS);
}

static void
trace_framing (const MsaLogContext *trace,
               const MsaHttp1Framing *framing)
{
  static const char *const names[] = {
    [MSA_HTTP1_BODY_NONE] = "no body",
    [MSA_HTTP1_BODY_CHUNKED] = "a body in chunks",
    [MSA_HTTP1_BODY_CLOSE] = "a body until the peer closes",
  };

  if (framing->kind == MSA_HTTP1_BODY_LENGTH)
    MSA_TRACE_BY (*trace, HTTP, "a body of %" G_GUINT64_FORMAT " bytes follows", framing->length);
  else
    MSA_TRACE_BY (*trace, HTTP, "%s follows", names[framing->kind]);
}

void
msa_http1_trace_response (const MsaLogContext *trace,
                          const MsaHead *head,
                          const MsaHttp1Framing *framing)
{
  MSA_TRACE_BY (*trace, HTTP, "< HTTP/1.%c %03u %s",
                head->version == MSA_HTTP_VERSION_HTTP_1_0 ? '0' : '1', head->status,
                head->reason != NULL ? head->reason : "");
  trace_fields (trace, head->headers);
  if (framing != NULL)
    trace_framing (trace, framing);
}

void
msa_http1_trace_trailers (const MsaLogContext *trace,
                          MsaHeaders *trailers)
{
  MSA_TRACE_BY (*trace, HTTP, "trailers:");
  trace_fields (trace, trailers);
}

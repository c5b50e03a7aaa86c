/* msa-http1-framing-private.h: where a response's body ends, and the connection after it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "model/msa-message-private.h"

typedef enum
{
  MSA_HTTP1_BODY_NONE,
  MSA_HTTP1_BODY_LENGTH,
  MSA_HTTP1_BODY_CHUNKED,
  MSA_HTTP1_BODY_CLOSE, /* until the peer closes */
} MsaHttp1BodyKind;

typedef struct
{
  MsaHttp1BodyKind kind;
  guint64          length;      /* of MSA_HTTP1_BODY_LENGTH */
  gboolean         keeps_alive; /* another response may follow on the connection */
} MsaHttp1Framing;

/* Reads the fields of a final head. @no_body: to a HEAD request. FALSE with MSA_ERROR_BAD_REPLY. */
gboolean msa_http1_framing_decide (const MsaHead *head,
                                   gboolean no_body,
                                   MsaHttp1Framing *framing,
                                   GError **error);

/* Takes the next member of a comma list, trimmed; it may be empty. FALSE when none is left; a
 * list without a comma has one. @list starts as all of the value, @more as TRUE. */
gboolean msa_http1_list_next      (MsaCursor *list,
                                   gboolean *more,
                                   MsaSlice *member);
/* ASCII case is ignored. */
gboolean msa_http1_list_has       (MsaSlice list,
                                   MsaSlice member);

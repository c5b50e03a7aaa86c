/* msa-message-private.h: a request as it is to be sent, a head as it came
 *
 * Both speak of HTTP's semantics, not of a version of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-enums.h"
#include "model/msa-headers-private.h"

/* What a session is asked to send. All is borrowed for the call of open() and already checked
 * against its grammar. */
typedef struct
{
  MsaSlice       method;
  MsaSlice       target;       /* origin-form, or what replaces it verbatim */
  MsaSlice       authority;    /* for Host */
  const MsaHeaders *headers;   /* (nullable): the application's; see B18 to B22 in docs/contract.md */
  MsaSlice       user_agent;   /* len 0: none */
  MsaSlice       referer;      /* len 0: none */
  MsaSlice       content_type; /* len 0: none */
  gboolean       has_body;
  gint64         body_length;  /* -1: unknown */
  MsaHttpVersion version;
  gboolean       close;        /* ask the peer to close afterwards */
  gboolean       expect;       /* ask whether the body may come */
  MsaHeaders    *trailers;     /* (nullable): sent after a body of unknown length, announced in the head */
  gboolean       allow_http09; /* a reply without a head is a body */
  gboolean       keep_sending; /* also after a refusal the exchange is not over before the body is sent */
} MsaRequest;

/* What came before a body. */
typedef struct
{
  guint          status;
  MsaHttpVersion version;
  char          *reason;         /* (owned) (nullable): NULL for an empty one; msa_reason_free() */
  MsaHeaders    *headers;        /* (owned) */
  gint64         content_length; /* of the body that follows as framed; -1: unknown */
  gsize          n_bytes;        /* on the wire */
} MsaHead;

char *msa_reason_new  (MsaSlice reason) G_GNUC_WARN_UNUSED_RESULT;
void  msa_reason_free (char *reason);

static inline void
msa_head_clear (MsaHead *self)
{
  g_clear_pointer (&self->reason, msa_reason_free);
  g_clear_pointer (&self->headers, msa_headers_unref);
  *self = (MsaHead) { .content_length = -1 };
}

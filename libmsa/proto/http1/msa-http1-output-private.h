/* msa-http1-output-private.h: a request on its way to the chain
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-writer-private.h"
#include "filter/msa-filter-private.h"
#include "model/msa-message-private.h"

#include <stdbool.h>

typedef struct
{
  MsaWriter       queue;        /* written, not yet sent */
  guint64         left;         /* of a body of known length, still to be written */
  bool            chunked;      /* its length is unknown */
  bool            complete;     /* the whole request is in the queue or beyond */
  bool            refused;      /* write() could not take all */
  bool            writable_due; /* the queue ran empty after that; the owner resets it */
  MsaSocketEvents wants;        /* after a send that would block */
  MsaHeaders     *trailers;     /* (owned) (nullable): to be written behind the last chunk */
  GError         *failure;      /* (owned) (nullable): of sending */
} MsaHttp1Output;

void     msa_http1_output_init    (MsaHttp1Output *self);
void     msa_http1_output_clear   (MsaHttp1Output *self);
/* Between exchanges: keeps little. */
void     msa_http1_output_settle  (MsaHttp1Output *self);

/* Queues the head of @request. */
gboolean msa_http1_output_open    (MsaHttp1Output *self,
                                   const MsaRequest *request,
                                   GError **error);
/* As MsaSessionOps.write. Bytes past the announced length are taken and dropped. */
gsize    msa_http1_output_write   (MsaHttp1Output *self,
                                   MsaFilter *chain,
                                   const guint8 *data,
                                   gsize len,
                                   gboolean end);
/* Sends until the queue is empty (TRUE) or the chain takes no more. A failure is kept and empties
 * the queue. */
gboolean msa_http1_output_flush   (MsaHttp1Output *self,
                                   MsaFilter *chain);
/* The whole request was taken by the chain. */
gboolean msa_http1_output_is_sent (const MsaHttp1Output *self);

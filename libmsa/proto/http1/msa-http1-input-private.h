/* msa-http1-input-private.h: the bytes between the chain and the parser
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"
#include "base/msa-writer-private.h"
#include "filter/msa-filter-private.h"
#include "proto/http1/msa-http1-parser-private.h"

typedef struct
{
  MsaCursor place;     /* what the parser left in the caller's buffer */
  MsaWriter held;      /* what the connection keeps itself; then the place is empty */
  MsaSlice  shown;     /* the data given last, in either */
  gsize     n_shown;   /* bytes of held up to its end; 0: it is in the caller's buffer */
  gsize     again_len; /* bytes at the start of held that are data to be given again */
  gboolean  drained;   /* the last read left nothing in the chain, as far as it says */
} MsaHttp1Input;

void           msa_http1_input_init    (MsaHttp1Input *self);
/* Forgets all bytes and frees what is held. */
void           msa_http1_input_clear   (MsaHttp1Input *self);

/* Bytes that wait for the parser, or to be given again. */
gsize          msa_http1_input_left    (const MsaHttp1Input *self);
/* The data given last is not needed any more. Comes before all that follows. */
void           msa_http1_input_settle  (MsaHttp1Input *self);

/* Runs the parser on what is there; data is in shown. */
MsaHttp1Result msa_http1_input_parse   (MsaHttp1Input *self,
                                        MsaHttp1Parser *parser,
                                        GError **error);
/* One recv, in @buffer or behind what is held. */
MsaIo          msa_http1_input_receive (MsaHttp1Input *self,
                                        MsaFilter *chain,
                                        guint8 *buffer,
                                        gsize size,
                                        GError **error);
/* One recv of raw body, in @buffer: at most @max bytes, which are then in shown. Nothing must be
 * left. */
MsaIo          msa_http1_input_receive_raw (MsaHttp1Input *self,
                                            MsaFilter *chain,
                                            guint8 *buffer,
                                            gsize size,
                                            guint64 max,
                                            GError **error);
/* One splice of raw body, of at most @max bytes, into @pipe. Nothing must be left. DONE with
 * *n_read 0: it has no room. */
MsaIo          msa_http1_input_splice  (MsaHttp1Input *self,
                                        MsaFilter *chain,
                                        MsaPipe *pipe,
                                        guint64 max,
                                        gsize *n_read,
                                        GError **error);
/* The caller's buffer goes: what is left in it is held from now on. FALSE past the ceiling. */
gboolean       msa_http1_input_hold    (MsaHttp1Input *self);
/* As hold; with @again the data given last comes again. */
gboolean       msa_http1_input_park    (MsaHttp1Input *self,
                                        gboolean again);
/* TRUE: there was such data, it is in shown. */
gboolean       msa_http1_input_give_again (MsaHttp1Input *self);
/* Why held.failed is set. */
GError        *msa_http1_input_dup_failure (const MsaHttp1Input *self) G_GNUC_WARN_UNUSED_RESULT;

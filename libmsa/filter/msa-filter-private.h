/* msa-filter-private.h: one layer of a connection
 *
 * A connection is a chain of filters, the socket at the bottom. Each does one job and
 * calls only the next one below. A slot that is NULL passes through to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-enums.h"
#include "model/msa-reactor-private.h"

typedef enum
{
  MSA_IO_DONE,  /* did something */
  MSA_IO_AGAIN, /* would block: see wants() */
  MSA_IO_END,   /* the peer closed its direction, in the way of the protocol */
  MSA_IO_ERROR, /* error is set; the chain is of no more use */
} MsaIo;

typedef struct _MsaFilter MsaFilter;

typedef struct
{
  const char *name;
  /* Called again until it is DONE. The next filter is connected first, by msa_filter_connect(). */
  MsaIo           (*connect)  (MsaFilter *self, gint64 now_us, GError **error);
  /* DONE with *n_sent > 0, AGAIN, or ERROR. May take less than @len. @len is not 0. After
   * AGAIN the caller comes again with the same bytes (more may follow them). */
  MsaIo           (*send)     (MsaFilter *self, const guint8 *data, gsize len, gsize *n_sent, GError **error);
  /* DONE with *n_read > 0, AGAIN, END or ERROR. @size is not 0. An end that the protocol does
   * not allow (TLS without close_notify) is ERROR with MSA_ERROR_TRUNCATED. */
  MsaIo           (*recv)     (MsaFilter *self, guint8 *buffer, gsize size, gsize *n_read, GError **error);
  /* (nullable): As recv, into a pipe. DONE with *n_read 0: bytes wait, but the pipe has no room for
   * them. Only what a filter would give unchanged can be had so. */
  MsaIo           (*splice)  (MsaFilter *self, MsaPipe *pipe, gsize max, gsize *n_read, GError **error);
  /* TRUE: recv may give bytes that no readiness of the socket will tell of. */
  gboolean        (*pending)  (MsaFilter *self);
  /* TRUE: a byte or an end waits to be read (asks the socket by a peek). */
  gboolean        (*peek)     (MsaFilter *self);
  /* What the chain itself waits for after AGAIN: for the bottom IN or OUT, for TLS what its
   * handshake or record layer needs. Asked from the top. NONE: nothing special (a reader waits
   * for IN). */
  MsaSocketEvents (*wants)    (MsaFilter *self);
  /* Says goodbye (close_notify, FIN), from the top down. Called again after AGAIN until it is
   * DONE; ERROR: it cannot be said any more. Nothing is sent after the first call, what the peer
   * sends can still be received. */
  MsaIo           (*shutdown) (MsaFilter *self);
  void            (*free)     (MsaFilter *self);
} MsaFilterOps;

struct _MsaFilter
{
  const MsaFilterOps *ops;
  MsaFilter          *next;      /* (owned) (nullable) */
  gboolean            connected; /* msa_filter_connect()'s */
  MsaLogContext       trace;     /* the maker's to set */
};

/* Connects the chain from the bottom up; DONE when all of it is. */
MsaIo           msa_filter_connect  (MsaFilter *self,
                                     gint64 now_us,
                                     GError **error);
MsaIo           msa_filter_send     (MsaFilter *self,
                                     const guint8 *data,
                                     gsize len,
                                     gsize *n_sent,
                                     GError **error);
MsaIo           msa_filter_recv     (MsaFilter *self,
                                     guint8 *buffer,
                                     gsize size,
                                     gsize *n_read,
                                     GError **error);
gboolean        msa_filter_can_splice (MsaFilter *self);
MsaIo           msa_filter_splice   (MsaFilter *self,
                                     MsaPipe *pipe,
                                     gsize max,
                                     gsize *n_read,
                                     GError **error);
gboolean        msa_filter_pending  (MsaFilter *self);
gboolean        msa_filter_peek     (MsaFilter *self);
MsaSocketEvents msa_filter_wants    (MsaFilter *self);
MsaIo           msa_filter_shutdown (MsaFilter *self);
/* Frees the chain from the top down. */
void            msa_filter_free     (MsaFilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaFilter, msa_filter_free)

/* msa-stream-io-private.h: one operation at a time on a GIO stream, off the loop
 *
 * An attached multi's streams work on its own context, as GIO's do everywhere. The other
 * drivers have no context: there the operation runs in a job. Either way its end is reported in
 * a dispatch. It begins when nobody else's is under way on the same stream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "model/msa-reactor-private.h"

typedef struct _MsaStreamIo MsaStreamIo;

/* In a dispatch, once for each operation, unless the io was freed. Exactly one of a result and
 * @error: @n is what was read or written, 0 at the end of a stream. */
typedef void (*MsaStreamIoFunc) (gpointer owner,
                                 gsize n,
                                 const GError *error,
                                 gint64 now_us);

MsaStreamIo *msa_stream_io_new     (MsaReactor *reactor,
                                    MsaStreamIoFunc done,
                                    gpointer owner) G_GNUC_WARN_UNUSED_RESULT;
/* Cancels what is under way; nobody is told, and no thread is waited for. */
void         msa_stream_io_free    (MsaStreamIo *self);
gboolean     msa_stream_io_is_busy (const MsaStreamIo *self);

/* What the operations are on; streams are held. */
void         msa_stream_io_set_input  (MsaStreamIo *self,
                                       GInputStream *stream);
void         msa_stream_io_set_output (MsaStreamIo *self,
                                       GOutputStream *stream);
GInputStream *msa_stream_io_get_input (MsaStreamIo *self);
/* TRUE: nothing is under way on the stream. FALSE: done() follows when that is so. */
gboolean     msa_stream_io_await_stream (MsaStreamIo *self);

/* One of these at a time. */
void         msa_stream_io_open_input  (MsaStreamIo *self,
                                        GFile *file);
/* Of the file that was opened; -1 if it has none. */
gint64       msa_stream_io_get_length  (const MsaStreamIo *self);
void         msa_stream_io_open_output (MsaStreamIo *self,
                                        GFile *file);
/* Into the io's own buffer, at most MSA_SCRATCH_BYTES. */
void         msa_stream_io_read        (MsaStreamIo *self);
const guint8 *msa_stream_io_get_data   (const MsaStreamIo *self);
void         msa_stream_io_seek        (MsaStreamIo *self,
                                        gint64 offset);
/* All of @bytes. */
void         msa_stream_io_write       (MsaStreamIo *self,
                                        GBytes *bytes);
gboolean     msa_stream_io_has_pipe    (const MsaStreamIo *self);
/* NULL: the system has none for it. For a file's output alone. */
MsaPipe     *msa_stream_io_ensure_pipe (MsaStreamIo *self);
/* Writes @n bytes that lie in the pipe. */
void         msa_stream_io_drain       (MsaStreamIo *self,
                                        gsize n);
/* Of the output. A file that was opened here takes its name only now. */
void         msa_stream_io_close       (MsaStreamIo *self);
/* Now: where a stream stands that can be sought in; -1 for one that cannot. */
gint64       msa_stream_io_tell        (MsaStreamIo *self);

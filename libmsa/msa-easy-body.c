/* msa-easy-body.c: where an easy's bodies come from and go to
 *
 * The body of the request is a setting; where the response's goes belongs to the easy, and each
 * run makes its sink from it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy.h"

#include "msa-easy-private.h"

/* Sinks */

typedef struct
{
  MsaEasy *easy; /* (unowned): held by the multi while the sink is in use */
  MsaCallback *write; /* (owned) */
} MsaWriteTarget;

static MsaWriteResult
call_write_func (gpointer user_data,
                 MsaSlice data)
{
  MsaWriteTarget *target = user_data;
  MsaEasyWriteFunc func = (MsaEasyWriteFunc) target->write->func;
  g_autoptr (MsaEasy) easy = g_object_ref (target->easy);

  return func (easy, (const guint8 *) data.data, data.len, target->write->user_data);
}

static void
write_target_free (gpointer data)
{
  MsaWriteTarget *self = data;

  msa_callback_unref (self->write);
  g_free (self);
}

static MsaSink *
make_callback_sink (MsaEasy *self)
{
  MsaWriteTarget *target = g_new0 (MsaWriteTarget, 1);
  target->easy = self;
  target->write = msa_callback_ref (self->write);

  return msa_sink_new_callback (call_write_func, target, write_target_free);
}

MsaSink *
msa_easy_make_sink (MsaEasy *self,
                    MsaReactor *reactor)
{
  if (self->write != NULL)
    return make_callback_sink (self);
  if (self->output_stream != NULL)
    return msa_sink_new_stream (reactor, self->output_stream);
  if (self->output_file != NULL)
    return msa_sink_new_file (reactor, self->output_file);

  return msa_sink_new_memory ();
}

/* Takes what is given. The end of what was there may be application code, which may set another
 * one, or drop the easy: it comes last. */
static void
replace_output (MsaEasy *self,
                MsaCallback *write,
                GOutputStream *stream,
                GFile *file)
{
  g_autoptr (MsaCallback) old_write G_GNUC_UNUSED = g_steal_pointer (&self->write);
  g_autoptr (GOutputStream) old_stream G_GNUC_UNUSED = g_steal_pointer (&self->output_stream);
  g_autoptr (GFile) old_file G_GNUC_UNUSED = g_steal_pointer (&self->output_file);

  self->write = write;
  self->output_stream = stream;
  self->output_file = file;
}

void
msa_easy_clear_output (MsaEasy *self)
{
  replace_output (self, NULL, NULL, NULL);
}

/* The request's body */

/* What frees the old one's bytes may be application code, as for an output. */
static void
take_body (MsaEasy *self,
           MsaBody *body)
{
  MsaSettings *settings = msa_easy_edit_settings (self);
  MsaBody *old = g_steal_pointer (&settings->body);

  settings->body = body;
  g_clear_pointer (&old, msa_body_unref);
}

/**
 * msa_easy_set_body:
 * @self: the easy
 * @content_type: (nullable): its `Content-Type`; %NULL sends none, but for `POST`
 *   `application/x-www-form-urlencoded`
 * @body: (nullable): what to send; %NULL for no body
 *
 * Sets the body of the request. With one, the method is `POST` unless it was set.
 *
 * Since: 1.0
 */
void
msa_easy_set_body (MsaEasy *self,
                   const char *content_type,
                   GBytes *body)
{
  g_return_if_fail (MSA_IS_EASY (self));

  take_body (self, body == NULL ? NULL : msa_body_new_bytes (content_type, body));
}

/**
 * msa_easy_set_body_stream:
 * @self: the easy
 * @content_type: (nullable): its `Content-Type`; %NULL sends none
 * @stream: where the body is read from
 * @length: how many bytes to send, or -1 for all until the end
 *
 * Sets the body of the request to what a stream gives.
 *
 * It is read as it is sent, without blocking: on the context of an attached multi, else in a
 * thread, and must not be used by others meanwhile. Without a length the body goes out in
 * chunks, which needs HTTP/1.1. A stream that ends early ends the transfer with
 * %MSA_ERROR_READ; what it has beyond @length is not sent. To be sent again (a connection died,
 * the easy runs once more) the stream has to be one that can be sought in, unless nothing was read
 * from it.
 *
 * A run that ends while a read is under way does not wait for it. The next run of the stream does,
 * in any multi.
 *
 * Since: 1.0
 */
void
msa_easy_set_body_stream (MsaEasy *self,
                          const char *content_type,
                          GInputStream *stream,
                          gint64 length)
{
  g_return_if_fail (MSA_IS_EASY (self));
  g_return_if_fail (G_IS_INPUT_STREAM (stream));
  g_return_if_fail (length >= -1);

  take_body (self, msa_body_new_stream (content_type, stream, length));
}

/**
 * msa_easy_set_body_file:
 * @self: the easy
 * @content_type: (nullable): its `Content-Type`; %NULL sends none
 * @file: the file
 *
 * Sets the body of the request to a file's contents, which are read as they are sent.
 *
 * A file that cannot be read ends the transfer with %MSA_ERROR_READ.
 *
 * Since: 1.0
 */
void
msa_easy_set_body_file (MsaEasy *self,
                        const char *content_type,
                        GFile *file)
{
  g_return_if_fail (MSA_IS_EASY (self));
  g_return_if_fail (G_IS_FILE (file));

  take_body (self, msa_body_new_file (content_type, file));
}

/**
 * msa_easy_get_request_trailers:
 * @self: the easy
 *
 * The fields that are sent behind the request's body (RFC 9110, section 6.5), to be changed in
 * place.
 *
 * With any, the body goes out in chunks and the head announces their names; if there is a
 * `Trailer` among the request's headers, only what that names is sent. HTTP/1.0 has no
 * trailers: they are left out there. More than 1 MiB of them end the run with
 * %MSA_ERROR_TOO_LARGE.
 *
 * Returns: (transfer none): the list
 *
 * Since: 1.0
 */
MsaHeaders *
msa_easy_get_request_trailers (MsaEasy *self)
{
  g_return_val_if_fail (MSA_IS_EASY (self), NULL);

  if (self->request_trailers == NULL)
    {
      self->request_trailers = msa_headers_new ();
      self->trailers_serial = msa_headers_get_serial (self->request_trailers);
    }

  return self->request_trailers;
}

/* The response's body */

/**
 * msa_easy_set_write_func:
 * @self: the easy
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): takes the body as
 *   it comes; %NULL: it is kept in memory
 * @user_data: passed to @func
 * @destroy: (nullable): frees @user_data
 *
 * Hands the response's body to a function.
 *
 * If @func refuses, the transfer ends with %MSA_ERROR_WRITE. Of this,
 * [method@Easy.set_output_stream] and [method@Easy.set_output_file] the last one counts.
 *
 * Since: 1.0
 */
void
msa_easy_set_write_func (MsaEasy *self,
                         MsaEasyWriteFunc func,
                         gpointer user_data,
                         GDestroyNotify destroy)
{
  g_return_if_fail (MSA_IS_EASY (self));

  /* Without a function its data is destroyed at once. */
  g_object_ref (self);
  replace_output (self, msa_callback_new (G_CALLBACK (func), user_data, destroy), NULL, NULL);
  g_object_unref (self);
}

/**
 * msa_easy_set_output_stream:
 * @self: the easy
 * @stream: (nullable): where to write the body; %NULL: it is kept in memory
 *
 * Writes the response's body to a stream, without blocking: on the context of an attached
 * multi, else in a thread.
 *
 * While the stream is slow, the peer has to wait. The run ends when all is written; the stream
 * stays open. It must not be used by others meanwhile. A stream that cannot be written to ends
 * the transfer with %MSA_ERROR_WRITE.
 *
 * A run that fails or is removed while a write is under way does not wait for it. The next run
 * that writes to the stream does.
 *
 * Since: 1.0
 */
void
msa_easy_set_output_stream (MsaEasy *self,
                            GOutputStream *stream)
{
  g_return_if_fail (MSA_IS_EASY (self));
  g_return_if_fail (stream == NULL || G_IS_OUTPUT_STREAM (stream));

  replace_output (self, NULL, stream != NULL ? g_object_ref (stream) : NULL, NULL);
}

/**
 * msa_easy_set_output_file:
 * @self: the easy
 * @file: (nullable): where to write the body; %NULL: it is kept in memory
 *
 * Writes the response's body to a file, which is replaced when all of it has come.
 *
 * If the transfer fails or is removed, the file stays as it was, or does not come into being. Until
 * all has come, it lies in the same folder under another name, which begins with a dot; a program
 * that is ended meanwhile may leave that.
 * A symbolic link is followed. The new file has the mode of the old one and its owner, as far as
 * the program may give them.
 * One that cannot be written ends the transfer with %MSA_ERROR_WRITE.
 *
 * Since: 1.0
 */
void
msa_easy_set_output_file (MsaEasy *self,
                          GFile *file)
{
  g_return_if_fail (MSA_IS_EASY (self));
  g_return_if_fail (file == NULL || G_IS_FILE (file));

  replace_output (self, NULL, NULL, file != NULL ? g_object_ref (file) : NULL);
}

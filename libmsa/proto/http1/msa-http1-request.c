/* msa-http1-request.c: the head of an HTTP/1 request, written
 *
 * The built-in fields first, Host before all others, then the application's in
 * their order. What would break the framing is refused: the session alone frames.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-request-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-framing-private.h"
#include "proto/http1/msa-http1-quote-private.h"

/* The version, the built-in fields, and what stands between all of them. */
#define USUAL_FIELDS_BYTES 96

/* The fields that are not merely passed on. */
typedef enum
{
  FIELD_OTHER,
  FIELD_HOST,
  FIELD_USER_AGENT,
  FIELD_ACCEPT,
  FIELD_REFERER,
  FIELD_CONTENT_TYPE,
  FIELD_EXPECT,
  FIELD_CONTENT_LENGTH,
  FIELD_TRANSFER_ENCODING,
  FIELD_CONNECTION,
  FIELD_TRAILER,
  N_FIELDS,
} Field;

static const MsaSlice field_names[N_FIELDS] = {
  [FIELD_HOST] = { "Host", 4 },
  [FIELD_USER_AGENT] = { "User-Agent", 10 },
  [FIELD_ACCEPT] = { "Accept", 6 },
  [FIELD_REFERER] = { "Referer", 7 },
  [FIELD_CONTENT_TYPE] = { "Content-Type", 12 },
  [FIELD_EXPECT] = { "Expect", 6 },
  [FIELD_CONTENT_LENGTH] = { "Content-Length", 14 },
  [FIELD_TRANSFER_ENCODING] = { "Transfer-Encoding", 17 },
  [FIELD_CONNECTION] = { "Connection", 10 },
  [FIELD_TRAILER] = { "Trailer", 7 },
};

/* What the application's fields come to. */
typedef struct
{
  gboolean given[N_FIELDS]; /* the built-in one is not wanted */
  MsaSlice host; /* of the first Host, if given */
  gboolean has_host;
  gboolean close; /* a Connection field says so */
  gboolean keep_alive;
} Given;

static gboolean
fail (const char *what,
      MsaSlice value,
      const char *fault,
      GError **error)
{
  g_autofree gchar *quoted = msa_http1_quote (value);

  g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, "The %s %s %s", what, quoted, fault);

  return FALSE;
}

static Field
find_field (MsaSlice name)
{
  for (guint i = FIELD_HOST; i < N_FIELDS; i++)
    {
      if (name.len == field_names[i].len && msa_slice_equal_ci (name, field_names[i]))
        return (Field) i;
    }

  return FIELD_OTHER;
}

static void
read_connection (Given *self,
                 MsaSlice value)
{
  self->close |= msa_http1_list_has (value, MSA_SLICE ("close"));
  self->keep_alive |= msa_http1_list_has (value, MSA_SLICE ("keep-alive"));
}

/* What the list of fields refused before. */
static gboolean
check_field (const char *what,
             MsaSlice name,
             MsaSlice value,
             GError **error)
{
  const char *fault = NULL;

  if (!msa_is_token (name))
    fault = "has a name that is not a token";
  else if (!msa_is_field_value (value))
    fault = "has a control character in its value";

  return fault == NULL || fail (what, name, fault, error);
}

static gboolean
read_given (Given *self,
            const MsaHeaders *headers,
            GError **error)
{
  guint n_fields = msa_headers_get_length ((MsaHeaders *) headers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;
      Field field;

      msa_headers_peek_nth (headers, i, &name, &value);
      if (!check_field ("header", name, value, error))
        return FALSE;

      field = find_field (name);
      if (field == FIELD_CONTENT_LENGTH || field == FIELD_TRANSFER_ENCODING)
        return fail ("header", name, "is made by the library and cannot be set", error);
      if (field == FIELD_CONNECTION)
        read_connection (self, value);
      if (field == FIELD_HOST && !self->has_host)
        {
          self->host = value;
          self->has_host = TRUE;
        }
      self->given[field] = TRUE;
    }

  return TRUE;
}

/* Names that the application took out. The fields that frame and end the message stay. */
static void
read_suppressed (Given *self,
                 const MsaHeaders *headers)
{
  for (guint i = FIELD_HOST; i <= FIELD_EXPECT; i++)
    self->given[i] |= msa_headers_is_suppressed (headers, field_names[i]);
}

/* Visible ASCII, so that nothing can end the request line early. */
static gboolean
is_visible (MsaSlice text)
{
  MsaCursor rest = msa_cursor_from_slice (text);
  int byte;

  while ((byte = msa_cursor_next (&rest)) >= 0)
    {
      if (byte <= ' ' || byte >= 0x7f)
        return FALSE;
    }

  return text.len > 0;
}

/* As they are written, each with its colon, blank and line end. */
static gsize
measure_fields (const MsaHeaders *headers)
{
  guint n_fields = msa_headers_get_length ((MsaHeaders *) headers);
  gsize len = 0;

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      len += name.len + value.len + MSA_SLICE (": \r\n").len;
    }

  return len;
}

/* What frames or routes a message, or was to be known before its body, has no place behind that
 * (RFC 9110, 6.5.1). */
static gboolean
check_trailers (MsaHeaders *trailers,
                GError **error)
{
  static const MsaSlice forbidden[] = {
    { "Transfer-Encoding", 17 },
    { "Content-Length", 14 },
    { "Host", 4 },
    { "Content-Type", 12 },
    { "Connection", 10 },
    { "Trailer", 7 },
    { "Authorization", 13 },
    { "Expect", 6 },
    { "Content-Encoding", 16 },
  };

  guint n_fields = msa_headers_get_length (trailers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (trailers, i, &name, &value);
      if (!check_field ("trailer", name, value, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (forbidden); i++)
    {
      MsaSlice value;

      if (msa_headers_find (trailers, forbidden[i], &value))
        return fail ("trailer", forbidden[i], "may not stand behind the body", error);
    }
  if (measure_fields (trailers) > MSA_MAX_REQUEST_TRAILER_BYTES)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE,
                   "The request's trailers are longer than %d bytes",
                   MSA_MAX_REQUEST_TRAILER_BYTES);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_request (const MsaRequest *request,
               GError **error)
{
  if (!msa_is_token (request->method))
    return fail ("method", request->method, "is not a token", error);
  if (!is_visible (request->target))
    return fail ("request target", request->target, "is not of visible ASCII characters", error);
  if (!is_visible (request->authority))
    return fail ("authority", request->authority, "is not of visible ASCII characters", error);
  if (!msa_is_field_value (request->user_agent))
    return fail ("user agent", request->user_agent, "has a control character", error);
  if (!msa_is_field_value (request->referer))
    return fail ("referer", request->referer, "has a control character", error);
  if (!msa_is_field_value (request->content_type))
    return fail ("content type", request->content_type, "has a control character", error);

  if (request->version == MSA_HTTP_VERSION_HTTP_1_0 && request->has_body &&
      request->body_length < 0)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                   "A body of unknown length cannot be sent with HTTP/1.0");
      return FALSE;
    }

  return request->trailers == NULL || check_trailers (request->trailers, error);
}

static void
write_request_line (MsaWriter *writer,
                    const MsaRequest *request,
                    const Given *given)
{
  msa_writer_append_slice (writer, request->method);
  msa_writer_append_byte (writer, ' ');
  msa_writer_append_slice (writer, request->target);

  if (request->version == MSA_HTTP_VERSION_HTTP_1_0)
    msa_writer_append_slice (writer, MSA_SLICE (" HTTP/1.0\r\n"));
  else
    msa_writer_append_slice (writer, MSA_SLICE (" HTTP/1.1\r\n"));

  if (given->given[FIELD_HOST] && !given->has_host)
    return;
  msa_writer_append_slice (writer, MSA_SLICE ("Host: "));
  msa_writer_append_slice (writer, given->has_host ? given->host : request->authority);
  msa_writer_append_slice (writer, MSA_SLICE ("\r\n"));
}

/* @start has the colon and the blank. */
static void
write_built_in (MsaWriter *writer,
                MsaSlice start,
                MsaSlice value)
{
  msa_writer_append_slice (writer, start);
  msa_writer_append_slice (writer, value);
  msa_writer_append_slice (writer, MSA_SLICE ("\r\n"));
}

/* Their names, so that the peer may keep what it expects (RFC 9110, 6.6.2). */
static void
write_trailer_names (MsaWriter *writer,
                     const MsaHeaders *trailers)
{
  guint n_fields = msa_headers_get_length ((MsaHeaders *) trailers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (trailers, i, &name, &value);
      msa_writer_append_slice (writer, i == 0 ? MSA_SLICE ("Trailer: ") : MSA_SLICE (", "));
      msa_writer_append_slice (writer, name);
    }
  msa_writer_append_slice (writer, MSA_SLICE ("\r\n"));
}

/* Methods whose servers would wait for a length that nobody said (RFC 9110, 8.6). */
static gboolean
wants_body (MsaSlice method)
{
  return msa_slice_equal (method, MSA_SLICE ("POST")) ||
         msa_slice_equal (method, MSA_SLICE ("PUT")) ||
         msa_slice_equal (method, MSA_SLICE ("PATCH"));
}

static void
write_body_fields (MsaWriter *writer,
                   const MsaRequest *request,
                   const Given *given)
{
  if (request->content_type.len > 0 && !given->given[FIELD_CONTENT_TYPE])
    write_built_in (writer, MSA_SLICE ("Content-Type: "), request->content_type);

  if (request->expect && !given->given[FIELD_EXPECT])
    msa_writer_append_slice (writer, MSA_SLICE ("Expect: 100-continue\r\n"));
  if (!request->has_body && !wants_body (request->method))
    return;

  if (request->has_body && request->body_length < 0)
    {
      msa_writer_append_slice (writer, MSA_SLICE ("Transfer-Encoding: chunked\r\n"));
      if (request->trailers != NULL && !given->given[FIELD_TRAILER])
        write_trailer_names (writer, request->trailers);
      return;
    }
  msa_writer_append_slice (writer, MSA_SLICE ("Content-Length: "));
  msa_writer_append_number (writer, request->has_body ? (guint64) request->body_length : 0);
  msa_writer_append_slice (writer, MSA_SLICE ("\r\n"));
}

static void
write_built_ins (MsaWriter *writer,
                 const MsaRequest *request,
                 const Given *given)
{
  if (request->user_agent.len > 0 && !given->given[FIELD_USER_AGENT])
    write_built_in (writer, MSA_SLICE ("User-Agent: "), request->user_agent);
  if (!given->given[FIELD_ACCEPT])
    msa_writer_append_slice (writer, MSA_SLICE ("Accept: */*\r\n"));
  if (request->referer.len > 0 && !given->given[FIELD_REFERER])
    write_built_in (writer, MSA_SLICE ("Referer: "), request->referer);
  write_body_fields (writer, request, given);
  if (request->close && !given->close)
    msa_writer_append_slice (writer, MSA_SLICE ("Connection: close\r\n"));
}

/* Host stands first already, and HTTP/1.0 knows no Expect (RFC 9110, 10.1.1). */
static gboolean
is_passed_on (const MsaRequest *request,
              MsaSlice name)
{
  return !msa_slice_equal_ci (name, field_names[FIELD_HOST]) &&
         (request->version != MSA_HTTP_VERSION_HTTP_1_0 ||
          !msa_slice_equal_ci (name, field_names[FIELD_EXPECT]));
}

static void
write_given (MsaWriter *writer,
             const MsaRequest *request)
{
  guint n_fields = msa_headers_get_length ((MsaHeaders *) request->headers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (request->headers, i, &name, &value);
      if (!is_passed_on (request, name))
        continue;

      msa_writer_append_slice (writer, name);
      msa_writer_append_slice (writer, value.len > 0 ? MSA_SLICE (": ") : MSA_SLICE (":"));
      msa_writer_append_slice (writer, value);
      msa_writer_append_slice (writer, MSA_SLICE ("\r\n"));
    }
}

/* So that its storage is made once, and is not much larger: it stays as long as the connection. */
static gsize
estimate_head (const MsaRequest *request)
{
  gsize len = USUAL_FIELDS_BYTES + request->method.len + request->target.len;

  len += request->authority.len + request->user_agent.len + request->referer.len;
  len += request->content_type.len;
  if (request->headers != NULL)
    len += measure_fields (request->headers);

  return len;
}

gboolean
msa_http1_write_request_head (MsaWriter *writer,
                              const MsaRequest *request,
                              GError **error)
{
  Given given = { .close = FALSE };
  gsize before = writer->len;
  gsize room;

  if (!check_request (request, error))
    return FALSE;
  if (request->headers != NULL)
    {
      if (!read_given (&given, request->headers, error))
        return FALSE;
      read_suppressed (&given, request->headers);
    }

  room = estimate_head (request);
  if (writer->cap - writer->len >= room)
    msa_writer_reserve (writer, room);
  write_request_line (writer, request, &given);
  write_built_ins (writer, request, &given);
  if (request->headers != NULL)
    write_given (writer, request);
  msa_writer_append_slice (writer, MSA_SLICE ("\r\n"));

  if (writer->failed || writer->len - before > MSA_MAX_REQUEST_HEAD_BYTES)
    {
      g_set_error (error, MSA_ERROR, MSA_ERROR_TOO_LARGE,
                   "The request head is longer than %d bytes", MSA_MAX_REQUEST_HEAD_BYTES);
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_announced (const MsaHeaders *headers,
              MsaSlice trailer)
{
  guint n_fields = msa_headers_get_length ((MsaHeaders *) headers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      if (msa_slice_equal_ci (name, field_names[FIELD_TRAILER]) &&
          msa_http1_list_has (value, trailer))
        return TRUE;
    }

  return FALSE;
}

MsaHeaders *
msa_http1_request_dup_trailers (const MsaRequest *request)
{
  guint n_fields = msa_headers_get_length (request->trailers);
  MsaHeaders *announced;
  MsaSlice name, value;

  if (request->headers == NULL ||
      !msa_headers_find (request->headers, field_names[FIELD_TRAILER], &value))
    return msa_headers_ref (request->trailers);

  announced = msa_headers_new ();
  for (guint i = 0; i < n_fields; i++)
    {
      msa_headers_peek_nth (request->trailers, i, &name, &value);
      if (is_announced (request->headers, name))
        msa_headers_append_checked (announced, name, value);
    }

  return announced;
}

/* HTTP/1.0 goes on only if both sides say so (RFC 9112, 9.3). */
gboolean
msa_http1_request_asks_close (const MsaRequest *request)
{
  Given given = { .close = FALSE };
  guint n_fields = 0;

  if (request->headers != NULL)
    n_fields = msa_headers_get_length ((MsaHeaders *) request->headers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (request->headers, i, &name, &value);
      if (msa_slice_equal_ci (name, field_names[FIELD_CONNECTION]))
        read_connection (&given, value);
    }

  if (request->close || given.close)
    return TRUE;

  return request->version == MSA_HTTP_VERSION_HTTP_1_0 && !given.keep_alive;
}

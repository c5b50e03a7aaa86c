/* fuzz-request.c: the head of a request, as a simple reader reads it
 *
 * Input: in the first line, a digit each, the version, whether there is a body (1: of
 * known length, 2: of unknown length), whether the connection is to close, and whether the
 * body is asked for first. Then, a line each, method, target, authority, user agent,
 * referer and content type; then fields: "name: value", "-name" for one that is taken out,
 * ">name: value" for a trailer.
 *
 * What is refused has something that no head may have; else the lines are those that were
 * wanted, and no others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "base/msa-writer-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-request-private.h"

#define MAX_LINES 40
#define BODY_LENGTH 1234

typedef struct
{
  MsaRequest  request;
  MsaHeaders *headers;  /* (owned) */
  MsaHeaders *trailers; /* (owned) */
} Fuzz;

/* The simple reading of what may be sent */

static gboolean
is_visible (MsaSlice text)
{
  for (gsize i = 0; i < text.len; i++)
    if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
      return FALSE;

  return text.len > 0;
}

static gboolean
is_printable (MsaSlice text)
{
  for (gsize i = 0; i < text.len; i++)
    if (g_ascii_iscntrl (text.data[i]) && text.data[i] != '\t')
      return FALSE;

  return TRUE;
}

static const char *
get_field (MsaHeaders *headers,
           const char *name)
{
  return msa_headers_get (headers, name);
}

static gboolean
is_good (const Fuzz *self)
{
  static const char *const forbidden[] = {
    "Transfer-Encoding",
    "Content-Length",
    "Host",
    "Content-Type",
    "Connection",
    "Trailer",
    "Authorization",
    "Expect",
    "Content-Encoding",
  };
  const MsaRequest *request = &self->request;

  for (guint i = 0; request->trailers != NULL && i < G_N_ELEMENTS (forbidden); i++)
    if (get_field (self->trailers, forbidden[i]) != NULL)
      return FALSE;
  if (get_field (self->headers, "Content-Length") != NULL ||
      get_field (self->headers, "Transfer-Encoding") != NULL)
    return FALSE;
  if (request->version == MSA_HTTP_VERSION_HTTP_1_0 && request->has_body &&
      request->body_length < 0)
    return FALSE;

  return msa_is_token (request->method) && is_visible (request->target) &&
         is_visible (request->authority) && is_printable (request->user_agent) &&
         is_printable (request->referer) && is_printable (request->content_type);
}

/* The lines that are wanted */

static gboolean
is_free (const Fuzz *self,
         const char *name)
{
  return get_field (self->headers, name) == NULL &&
         !msa_headers_is_suppressed (self->headers, msa_slice_from_string (name));
}

static void
add_line (GString *text,
          const char *name,
          MsaSlice value)
{
  g_string_append (text, name);
  g_string_append (text, ": ");
  g_string_append_len (text, value.data, (gssize) value.len);
  g_string_append (text, "\r\n");
}

static void
add_body_lines (const Fuzz *self,
                GString *text)
{
  const MsaRequest *request = &self->request;
  g_autofree char *method = msa_slice_dup (request->method);

  if (request->content_type.len > 0 && is_free (self, "Content-Type"))
    add_line (text, "Content-Type", request->content_type);
  if (request->expect && is_free (self, "Expect"))
    add_line (text, "Expect", MSA_SLICE ("100-continue"));
  if (request->has_body && request->body_length >= 0)
    add_line (text, "Content-Length", MSA_SLICE (G_STRINGIFY (BODY_LENGTH)));
  else if (!request->has_body && (g_str_equal (method, "POST") || g_str_equal (method, "PUT") ||
                                  g_str_equal (method, "PATCH")))
    add_line (text, "Content-Length", MSA_SLICE ("0"));
  if (!request->has_body || request->body_length >= 0)
    return;

  add_line (text, "Transfer-Encoding", MSA_SLICE ("chunked"));
  if (request->trailers == NULL || get_field (self->headers, "Trailer") != NULL)
    return;
  for (guint i = 0; i < msa_headers_get_length (self->trailers); i++)
    {
      g_string_append (text, i == 0 ? "Trailer: " : ", ");
      g_string_append (text, msa_headers_get_nth (self->trailers, i, NULL));
    }
  g_string_append (text, "\r\n");
}

/* As a list of texts: whether one of them is @token. */
static gboolean
has_option (const Fuzz *self,
            const char *token)
{
  g_auto (GStrv) values = msa_headers_get_all (self->headers, "Connection");

  for (guint i = 0; values[i] != NULL; i++)
    {
      g_auto (GStrv) elements = g_strsplit (values[i], ",", -1);

      for (guint j = 0; elements[j] != NULL; j++)
        if (g_ascii_strcasecmp (g_strstrip (elements[j]), token) == 0)
          return TRUE;
    }

  return FALSE;
}

static GString *
make_head (const Fuzz *self)
{
  const MsaRequest *request = &self->request;
  GString *text = g_string_new (NULL);
  const char *host = get_field (self->headers, "Host");

  g_string_append_len (text, request->method.data, (gssize) request->method.len);
  g_string_append_c (text, ' ');
  g_string_append_len (text, request->target.data, (gssize) request->target.len);
  g_string_append (text, request->version == MSA_HTTP_VERSION_HTTP_1_0 ? " HTTP/1.0\r\n"
                                                                       : " HTTP/1.1\r\n");
  if (host != NULL || is_free (self, "Host"))
    add_line (text, "Host", host != NULL ? msa_slice_from_string (host) : request->authority);
  if (request->user_agent.len > 0 && is_free (self, "User-Agent"))
    add_line (text, "User-Agent", request->user_agent);
  if (is_free (self, "Accept"))
    add_line (text, "Accept", MSA_SLICE ("*/*"));
  if (request->referer.len > 0 && is_free (self, "Referer"))
    add_line (text, "Referer", request->referer);
  add_body_lines (self, text);
  if (request->close && !has_option (self, "close"))
    add_line (text, "Connection", MSA_SLICE ("close"));

  for (guint i = 0; i < msa_headers_get_length (self->headers); i++)
    {
      const char *value;
      const char *name = msa_headers_get_nth (self->headers, i, &value);

      if (g_ascii_strcasecmp (name, "Host") != 0 &&
          (request->version != MSA_HTTP_VERSION_HTTP_1_0 ||
           g_ascii_strcasecmp (name, "Expect") != 0))
        g_string_append_printf (text, "%s:%s%s\r\n", name, value[0] != '\0' ? " " : "", value);
    }
  g_string_append (text, "\r\n");

  return text;
}

static void
check (const Fuzz *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) wanted = NULL;
  g_autoptr (GString) head = NULL;
  gboolean closes;
  MsaWriter writer;
  MsaSlice written;

  msa_writer_init (&writer, 1024 * 1024);
  if (!msa_http1_write_request_head (&writer, &self->request, &error))
    {
      g_assert_false (is_good (self));
      head = g_string_new (NULL);
      msa_fuzz_append_error (head, error);
      g_assert_cmpint (error->code, ==, MSA_ERROR_INVALID_ARGUMENT);
      msa_writer_release (&writer);
      return;
    }

  g_assert_no_error (error);
  g_assert_true (is_good (self));
  written = msa_writer_slice (&writer);
  head = g_string_new_len (written.data, (gssize) written.len);
  wanted = make_head (self);
  msa_fuzz_assert_equal (head, wanted);
  /* It ends where it seems to, and nowhere else. */
  g_assert_true (strstr (head->str, "\r\n\r\n") == head->str + head->len - 4);
  g_assert_cmpuint (strlen (head->str), ==, head->len);

  closes = self->request.close || has_option (self, "close");
  closes |= self->request.version == MSA_HTTP_VERSION_HTTP_1_0 && !has_option (self, "keep-alive");
  g_assert_cmpint (msa_http1_request_asks_close (&self->request), ==, closes);
  msa_writer_release (&writer);
}

/* As an application does it: what no field can be is refused here already. */
static void
add_field (Fuzz *self,
           MsaSlice line)
{
  MsaCursor rest = msa_cursor_from_slice (line);
  MsaHeaders *headers = msa_cursor_accept (&rest, '>') ? self->trailers : self->headers;
  gboolean is_out = msa_cursor_accept (&rest, '-');
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;
  MsaSlice part;

  if (!msa_cursor_take_until (&rest, ':', &part))
    part = msa_cursor_take (&rest, G_MAXSIZE);
  name = msa_slice_dup (part);
  msa_cursor_next (&rest);
  value = msa_slice_dup (msa_cursor_rest (&rest));
  msa_headers_append (headers, name, is_out ? NULL : value, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor line = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  Fuzz self = { .headers = msa_headers_new (), .trailers = msa_headers_new () };
  MsaRequest *request = &self.request;
  MsaSlice *slices[] = { &request->method,     &request->target,  &request->authority,
                         &request->user_agent, &request->referer, &request->content_type };
  guint body;

  request->version = msa_fuzz_choose (&line, 2) == 1 ? MSA_HTTP_VERSION_HTTP_1_0
                                                     : MSA_HTTP_VERSION_HTTP_1_1;
  body = msa_fuzz_choose (&line, 3);
  request->has_body = body > 0;
  request->body_length = body == 1 ? BODY_LENGTH : -1;
  request->close = msa_fuzz_choose (&line, 2) == 1;
  request->expect = msa_fuzz_choose (&line, 2) == 1;
  for (guint i = 0; i < G_N_ELEMENTS (slices); i++)
    *slices[i] = msa_fuzz_take_line (&input);
  for (guint i = 0; i < MAX_LINES && !msa_cursor_is_empty (&input); i++)
    add_field (&self, msa_fuzz_take_line (&input));
  request->headers = self.headers;
  if (msa_headers_get_length (self.trailers) > 0)
    request->trailers = self.trailers;
  check (&self);

  msa_headers_unref (self.headers);
  msa_headers_unref (self.trailers);

  return 0;
}

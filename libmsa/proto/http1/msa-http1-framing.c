/* msa-http1-framing.c: where a response's body ends, and the connection after it
 *
 * RFC 9112, 6.3 and 9.3, strictly: what two readers could understand in two ways is
 * refused, or ends the connection. Decided once, over the finished fields of a
 * head, so that a folded line is judged as a whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-framing-private.h"

#include "base/msa-number-private.h"
#include "model/msa-error.h"
#include "proto/http1/msa-http1-quote-private.h"

/* What the fields said. */
typedef struct
{
  gboolean has_length;
  guint64  length;
  gboolean has_codings;
  gboolean has_chunked;
  gboolean close;
  gboolean keep_alive;
} Fields;

static gboolean
fail (const char *what,
      MsaSlice value,
      const char *fault,
      GError **error)
{
  g_autofree gchar *quoted = msa_http1_quote (value);

  g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_REPLY, "The %s %s %s", what, quoted, fault);

  return FALSE;
}

/* Most servers write a word as we do, which is told sooner. */
static inline gboolean
is_word (MsaSlice text,
         MsaSlice word)
{
  return msa_slice_equal (text, word) || msa_slice_equal_ci (text, word);
}

gboolean
msa_http1_list_next (MsaCursor *list,
                     gboolean *more,
                     MsaSlice *member)
{
  if (!*more)
    return FALSE;

  if (!msa_cursor_take_until (list, ',', member))
    *member = msa_cursor_take (list, msa_cursor_left (list));
  *member = msa_slice_trim (*member);
  *more = msa_cursor_accept (list, ',');

  return TRUE;
}

gboolean
msa_http1_list_has (MsaSlice list,
                    MsaSlice member)
{
  MsaCursor rest = msa_cursor_from_slice (list);
  gboolean more = TRUE;
  MsaSlice each;

  while (msa_http1_list_next (&rest, &more, &each))
    {
      if (is_word (each, member))
        return TRUE;
    }

  return FALSE;
}

/* Proxies join repeated fields to "5, 5" (RFC 9110, 8.6): equal values are one. */
static gboolean
read_content_length (Fields *self,
                     MsaSlice value,
                     GError **error)
{
  MsaCursor rest = msa_cursor_from_slice (value);
  gboolean more = TRUE;
  MsaSlice member;

  while (msa_http1_list_next (&rest, &more, &member))
    {
      guint64 length;

      if (!msa_number_parse (member, 10, G_MAXINT64, &length))
        return fail ("Content-Length", value, "is not a number up to 2^63-1", error);
      if (self->has_length && length != self->length)
        return fail ("Content-Length", value, "differs from an earlier one", error);
      self->has_length = TRUE;
      self->length = length;
    }

  return TRUE;
}

/* Only chunked is known, since no TE field asks for others. "identity" was a coding in
 * RFC 2616 and says nothing. */
static gboolean
read_transfer_encoding (Fields *self,
                        MsaSlice value,
                        GError **error)
{
  MsaCursor rest = msa_cursor_from_slice (value);
  gboolean more = TRUE;
  gboolean any = FALSE;
  MsaSlice member;

  while (msa_http1_list_next (&rest, &more, &member))
    {
      if (member.len == 0)
        continue;
      if (self->has_chunked)
        return fail ("Transfer-Encoding", value, "goes on after chunked", error);
      if (msa_slice_equal_ci (member, MSA_SLICE ("chunked")))
        self->has_chunked = TRUE;
      else if (!msa_slice_equal_ci (member, MSA_SLICE ("identity")))
        return fail ("transfer coding", member, "was not asked for", error);
      any = TRUE;
    }
  self->has_codings = TRUE;
  if (!any)
    return fail ("Transfer-Encoding", value, "names no coding", error);

  return TRUE;
}

static void
read_connection (Fields *self,
                 MsaSlice value)
{
  MsaCursor rest = msa_cursor_from_slice (value);
  gboolean more = TRUE;
  MsaSlice member;

  while (msa_http1_list_next (&rest, &more, &member))
    {
      self->close |= is_word (member, MSA_SLICE ("close"));
      self->keep_alive |= is_word (member, MSA_SLICE ("keep-alive"));
    }
}

/* Looks at the length and the first letter first: few names get further. */
static gboolean
read_field (Fields *self,
            MsaSlice name,
            MsaSlice value,
            GError **error)
{
  switch (name.len)
    {
    case sizeof ("Connection") - 1:
      if ((name.data[0] | 0x20) == 'c' && is_word (name, MSA_SLICE ("Connection")))
        read_connection (self, value);
      return TRUE;

    case sizeof ("Content-Length") - 1:
      if ((name.data[0] | 0x20) == 'c' && is_word (name, MSA_SLICE ("Content-Length")))
        return read_content_length (self, value, error);
      return TRUE;

    case sizeof ("Transfer-Encoding") - 1:
      if ((name.data[0] | 0x20) == 't' && is_word (name, MSA_SLICE ("Transfer-Encoding")))
        return read_transfer_encoding (self, value, error);
      return TRUE;

    default:
      return TRUE;
    }
}

static gboolean
read_fields (Fields *self,
             MsaHeaders *headers,
             GError **error)
{
  guint n_fields = msa_headers_get_length (headers);

  for (guint i = 0; i < n_fields; i++)
    {
      MsaSlice name, value;

      msa_headers_peek_nth (headers, i, &name, &value);
      if (!read_field (self, name, value, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
msa_http1_framing_decide (const MsaHead *head,
                          gboolean no_body,
                          MsaHttp1Framing *framing,
                          GError **error)
{
  gboolean is_1_1 = head->version == MSA_HTTP_VERSION_HTTP_1_1;
  g_autoptr (GError) failure = NULL;
  Fields fields = { .close = FALSE };

  no_body |= head->status == 204 || head->status == 304;

  /* Fields that frame nothing do no harm, except that this peer may not mean what we understand. */
  if (!read_fields (&fields, head->headers, &failure))
    {
      if (!no_body)
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      fields.close = TRUE;
    }

  *framing = (MsaHttp1Framing) { .keeps_alive = !fields.close && (is_1_1 || fields.keep_alive) };

  /* A server that says both may have passed on what a proxy before us reads differently, one of
   * HTTP/1.0 does not know chunked (RFC 9112, 6.1 and 6.3): understood, but not trusted again. */
  if (fields.has_codings && (fields.has_length || !is_1_1 || !fields.has_chunked))
    framing->keeps_alive = FALSE;

  if (no_body)
    framing->kind = MSA_HTTP1_BODY_NONE;
  else if (fields.has_chunked)
    framing->kind = MSA_HTTP1_BODY_CHUNKED;
  else if (fields.has_length)
    framing->kind = MSA_HTTP1_BODY_LENGTH;
  else
    framing->kind = MSA_HTTP1_BODY_CLOSE;

  framing->length = framing->kind == MSA_HTTP1_BODY_LENGTH ? fields.length : 0;
  if (framing->kind == MSA_HTTP1_BODY_CLOSE)
    framing->keeps_alive = FALSE;

  return TRUE;
}

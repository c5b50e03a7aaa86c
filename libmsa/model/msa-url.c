/* msa-url.c: a URL, parsed once
 *
 * One pass of a cursor over the text, part after part, in time proportional to its
 * length. Follows RFC 3986 where it can and curl where people rely on more: a missing
 * scheme, one or three slashes, bytes outside of ASCII. Hosts are made in msa-host.c.
 * Messages quote no part in which a mistyped password could stand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-url-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "base/msa-number-private.h"
#include "model/msa-error.h"

#define MAX_PORT 65535
#define MAX_SLASHES 3
#define MAX_QUOTED_SCHEME 40

/* RFC 3986, 3.1 */
static const guint8 scheme_set[256] = {
  ['+'] = 1,
  ['-' ... '.'] = 1,
  ['0' ... '9'] = 1,
  ['A' ... 'Z'] = 1,
  ['a' ... 'z'] = 1,
};
/* All but controls and the space. */
static const guint8 visible_set[256] = { ['!' ... '~'] = 1, [0x80 ... 0xff] = 1 };
static const guint8 ascii_set[256] = { [0 ... 0x7f] = 1 };
/* All but what ends the part: "/?#", "?#", "#" and "/". */
static const guint8 authority_set[256] = {
  [0 ... '"'] = 1,
  ['$' ... '.'] = 1,
  ['0' ... '>'] = 1,
  ['@' ... 0xff] = 1,
};
static const guint8 path_set[256] = { [0 ... '"'] = 1, ['$' ... '>'] = 1, ['@' ... 0xff] = 1 };
static const guint8 query_set[256] = { [0 ... '"'] = 1, ['$' ... 0xff] = 1 };
static const guint8 segment_set[256] = { [0 ... '.'] = 1, ['0' ... 0xff] = 1 };

static const struct
{
  const char *name;
  guint16 port;
} schemes[] = {
  [MSA_SCHEME_HTTP] = { "http", 80 },
  [MSA_SCHEME_HTTPS] = { "https", 443 },
};

/* What the first label of a host says of a URL without a scheme: as in curl. */
static const char *const guesses[] = { "ftp", "dict", "ldap", "imap", "smtp", "pop3" };

static gboolean
refuse (GError **error,
        const char *message)
{
  g_set_error_literal (error, MSA_ERROR, MSA_ERROR_BAD_URI, message);
  return FALSE;
}

static gboolean
check_bytes (MsaSlice text,
             GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (text);
  gsize at = msa_cursor_take_set (&cursor, visible_set).len;
  int byte = msa_cursor_next (&cursor);

  if (byte < 0)
    return TRUE;

  if (byte == ' ')
    g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_URI,
                 "URI has a space as byte %" G_GSIZE_FORMAT ", to be written as %%20", at);
  else
    g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_URI,
                 "URI has the control character 0x%02x as byte %" G_GSIZE_FORMAT, (guint) byte, at);
  return FALSE;
}

/* @how: the scheme came to be, for the message. */
static gboolean
set_scheme (MsaUrl *self,
            MsaSlice name,
            const char *how,
            GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      if (msa_slice_equal_ci (name, msa_slice_from_string (schemes[i].name)))
        {
          self->scheme = (MsaScheme) i;
          return TRUE;
        }
    }

  g_set_error (error, MSA_ERROR, MSA_ERROR_UNSUPPORTED_SCHEME,
               "Scheme “%.*s”%s is not supported",
               (int) MIN (name.len, MAX_QUOTED_SCHEME), name.data, how);
  return FALSE;
}

/* Takes the scheme with its slashes. "localhost:8080/x" has none: it takes ":/". */
static gboolean
parse_scheme (MsaUrl *self,
              MsaCursor *cursor,
              gboolean *written,
              GError **error)
{
  MsaCursor ahead = *cursor;
  MsaSlice name = msa_cursor_take_set (&ahead, scheme_set);

  self->scheme = MSA_SCHEME_HTTP;
  *written = name.len > 0 && g_ascii_isalpha (name.data[0]) &&
             msa_cursor_accept_slice (&ahead, MSA_SLICE (":/"));
  if (!*written)
    return TRUE;
  if (!set_scheme (self, name, "", error))
    return FALSE;

  for (guint n_slashes = 1; msa_cursor_accept (&ahead, '/'); n_slashes++)
    {
      if (n_slashes == MAX_SLASHES)
        return refuse (error, "URI has more than three slashes after its scheme");
    }

  *cursor = ahead;
  return TRUE;
}

/* "ftp.example.org" is no web server, whoever asks for it. */
static gboolean
guess_scheme (MsaUrl *self,
              GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (guesses); i++)
    {
      MsaSlice guess = msa_slice_from_string (guesses[i]);
      MsaCursor host = msa_cursor (self->host->name, self->host->name_len);

      if (msa_cursor_accept_slice (&host, guess) && msa_cursor_accept (&host, '.'))
        return set_scheme (self, guess, ", which the host's name suggests,", error);
    }
  return TRUE;
}

/* NULL if there is a NUL in what was decoded. The text is not moved on the way,
 * so that no copy of a password stays behind. */
static char *
decode (MsaSlice coded)
{
  GString *text = g_string_sized_new (coded.len + 1);
  MsaCursor cursor = msa_cursor_from_slice (coded);
  int byte;

  while ((byte = msa_cursor_next_decoded (&cursor)) > 0)
    g_string_append_c (text, (gchar) byte);
  return g_string_free (text, byte == 0);
}

static gboolean
parse_userinfo (MsaUrl *self,
                MsaSlice userinfo,
                GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (userinfo);
  MsaSlice user;

  if (userinfo.len == 0)
    return TRUE;

  if (msa_cursor_take_until (&cursor, ':', &user))
    {
      msa_cursor_next (&cursor);
      self->password = decode (msa_cursor_rest (&cursor));
      if (self->password == NULL)
        return refuse (error, "Password in URI has a NUL byte");
    }
  else
    user = userinfo;

  self->user = decode (user);
  if (self->user == NULL)
    return refuse (error, "User in URI has a NUL byte");
  return TRUE;
}

static gboolean
parse_port (MsaUrl *self,
            MsaCursor *cursor,
            GError **error)
{
  guint64 port = schemes[self->scheme].port;

  if (!msa_cursor_is_empty (cursor) && !msa_cursor_accept (cursor, ':'))
    return refuse (error, "URI goes on after the closing bracket of its host");
  if (!msa_cursor_is_empty (cursor) &&
      !msa_number_parse (msa_cursor_rest (cursor), 10, MAX_PORT, &port))
    return refuse (error, "Port in URI is not a decimal number from 0 to " G_STRINGIFY (MAX_PORT));

  self->port = (guint16) port;
  return TRUE;
}

static gboolean
parse_host_and_port (MsaUrl *self,
                     MsaSlice text,
                     gboolean guessing,
                     gboolean quotable,
                     GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (text);
  MsaSlice host = msa_host_take (&cursor);

  if (host.len == 0)
    return refuse (error, "URI has no host");

  self->host = msa_host_new (host, quotable ? error : NULL);
  if (self->host == NULL)
    return quotable ? FALSE : refuse (error, "Host in URI is not valid");
  return (!guessing || guess_scheme (self, error)) && parse_port (self, &cursor, error);
}

static gboolean
parse_authority (MsaUrl *self,
                 MsaCursor *cursor,
                 gboolean guessing,
                 GError **error)
{
  MsaCursor authority = msa_cursor_from_slice (msa_cursor_take_set (cursor, authority_set));
  MsaSlice userinfo = MSA_SLICE_INIT;

  if (msa_slice_has_byte (msa_cursor_rest (&authority), '\\'))
    return refuse (error, "URI has a backslash before its path");

  if (msa_cursor_take_until_last (&authority, '@', &userinfo))
    msa_cursor_next (&authority);

  /* An '@' further on may mean that a slash in the password has ended the authority early,
   * and what seems to be the host is a piece of it. */
  return parse_userinfo (self, userinfo, error) &&
         parse_host_and_port (self, msa_cursor_rest (&authority), guessing,
                              !msa_slice_has_byte (msa_cursor_rest (cursor), '@'), error);
}

/* Bytes outside of ASCII become %XX; all else stays, a stray '%' too. */
static void
append_encoded (GString *out,
                MsaSlice text)
{
  static const char digits[] = "0123456789ABCDEF";
  MsaCursor cursor = msa_cursor_from_slice (text);

  while (!msa_cursor_is_empty (&cursor))
    {
      MsaSlice plain = msa_cursor_take_set (&cursor, ascii_set);
      int byte = msa_cursor_next (&cursor);

      g_string_append_len (out, plain.data, (gssize) plain.len);
      if (byte >= 0)
        {
          g_string_append_c (out, '%');
          g_string_append_c (out, digits[byte >> 4]);
          g_string_append_c (out, digits[byte & 15]);
        }
    }
}

/* 1 for ".", 2 for "..", also spelled with "%2e"; 0 for all else. */
static guint
count_dots (MsaSlice segment)
{
  MsaCursor cursor = msa_cursor_from_slice (segment);
  guint n_dots = 0;
  int byte;

  while ((byte = msa_cursor_next_decoded (&cursor)) >= 0)
    {
      if (byte != '.' || n_dots == 2)
        return 0;
      n_dots++;
    }
  return n_dots;
}

static void
remove_last_segment (GString *path)
{
  gsize len = path->len;

  while (len > 0 && path->str[--len] != '/')
    ;
  g_string_truncate (path, len);
}

/* RFC 3986, 5.2.4: each step back drops bytes that were written once, so this is linear. */
static void
append_without_dots (GString *out,
                     MsaSlice path)
{
  MsaCursor cursor = msa_cursor_from_slice (path);

  while (msa_cursor_accept (&cursor, '/'))
    {
      MsaSlice segment = msa_cursor_take_set (&cursor, segment_set);
      guint n_dots = count_dots (segment);

      if (n_dots == 2)
        remove_last_segment (out);
      if (n_dots == 0 || msa_cursor_is_empty (&cursor))
        g_string_append_c (out, '/');
      if (n_dots == 0)
        append_encoded (out, segment);
    }
}

static void
parse_target (MsaUrl *self,
              MsaCursor *cursor,
              MsaUrlFlags flags)
{
  GString *target = g_string_sized_new (msa_cursor_left (cursor) + 1);
  MsaSlice path = msa_cursor_take_set (cursor, path_set);

  if (path.len == 0)
    g_string_append_c (target, '/');
  else if (flags & MSA_URL_PATH_AS_IS)
    append_encoded (target, path);
  else
    append_without_dots (target, path);

  append_encoded (target, msa_cursor_take_set (cursor, query_set));
  /* It is kept for long. */
  self->target = g_strndup (target->str, target->len);
  g_string_free (target, TRUE);
}

static void
parse_fragment (MsaUrl *self,
                MsaCursor *cursor)
{
  GString *fragment;

  if (!msa_cursor_accept (cursor, '#'))
    return;

  fragment = g_string_new (NULL);
  append_encoded (fragment, msa_cursor_rest (cursor));
  self->fragment = g_string_free (fragment, FALSE);
}

static void
set_authority (MsaUrl *self)
{
  g_autofree gchar *host = msa_host_to_authority (self->host);

  if (self->port == schemes[self->scheme].port)
    self->authority = g_steal_pointer (&host);
  else
    self->authority = g_strdup_printf ("%s:%u", host, self->port);
}

static gboolean
parse_place (MsaUrl *self,
             MsaCursor *cursor,
             const char *default_scheme,
             GError **error)
{
  gboolean written;

  if (!parse_scheme (self, cursor, &written, error))
    return FALSE;
  if (!written && default_scheme != NULL &&
      !set_scheme (self, msa_slice_from_string (default_scheme), ", set as the default,", error))
    return FALSE;

  return parse_authority (self, cursor, !written && default_scheme == NULL, error);
}

MsaUrl *
msa_url_parse_with_scheme (const char *text,
                           const char *default_scheme,
                           MsaUrlFlags flags,
                           GError **error)
{
  g_autoptr (MsaUrl) self = g_new0 (MsaUrl, 1);
  MsaSlice whole = MSA_SLICE_INIT;
  MsaCursor cursor;

  g_ref_count_init (&self->refs);

  if (text != NULL)
    whole = msa_slice (text, strnlen (text, MSA_MAX_URI_BYTES + 1));
  if (whole.len > MSA_MAX_URI_BYTES)
    {
      refuse (error, "URI is longer than " G_STRINGIFY (MSA_MAX_URI_BYTES) " bytes");
      return NULL;
    }

  cursor = msa_cursor_from_slice (whole);
  if (!check_bytes (whole, error) || !parse_place (self, &cursor, default_scheme, error))
    return NULL;

  parse_target (self, &cursor, flags);
  parse_fragment (self, &cursor);
  set_authority (self);
  return g_steal_pointer (&self);
}

MsaUrl *
msa_url_parse (const char *text,
               MsaUrlFlags flags,
               GError **error)
{
  return msa_url_parse_with_scheme (text, NULL, flags, error);
}

MsaUrl *
msa_url_ref (MsaUrl *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_url_unref (MsaUrl *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  if (self->password != NULL)
    explicit_bzero (self->password, strlen (self->password));
  g_clear_pointer (&self->host, msa_host_unref);
  g_free (self->user);
  g_free (self->password);
  g_free (self->authority);
  g_free (self->target);
  g_free (self->fragment);
  g_free (self);
}

gchar *
msa_url_to_string (const MsaUrl *self)
{
  return g_strconcat (schemes[self->scheme].name, "://", self->authority, self->target,
                      self->fragment == NULL ? NULL : "#", self->fragment, NULL);
}

const char *
msa_scheme_get_name (MsaScheme scheme)
{
  return schemes[scheme].name;
}

guint16
msa_scheme_get_default_port (MsaScheme scheme)
{
  return schemes[scheme].port;
}

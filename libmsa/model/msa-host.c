/* msa-host.c: the one type of a host name
 *
 * A text becomes a host in one direction only: decode, convert to ASCII, then check what
 * came out, so that no spelling reaches the checks' far side unchecked (a full-width
 * slash or dot, "%2f", "0x7f.1"). Nothing is looked up here; inet_pton() and inet_ntop()
 * only convert.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-host-private.h"

#include "base/msa-cursor-private.h"
#include "base/msa-limits-private.h"
#include "base/msa-number-private.h"
#include "base/msa-quote-private.h"
#include "model/msa-error.h"

#include <arpa/inet.h>
#include <idn2.h>

/* RFC 1035, 2.3.4 */
#define MAX_LABEL_BYTES 63
#define MAX_NAME_BYTES 253
/* IFNAMSIZ without the NUL: no interface has a longer name. */
#define MAX_ZONE_BYTES 15

static const char forbidden[] = " #%/:<>?@[\\]^`{|}\"'";

static gboolean
refuse (MsaSlice text,
        GError **error,
        const char *rule)
{
  g_autofree gchar *quoted = msa_quote (text);

  g_set_error (error, MSA_ERROR, MSA_ERROR_BAD_URI, "Host “%s” %s", quoted, rule);
  return FALSE;
}

static gboolean
refuse_byte (MsaSlice text,
             GError **error,
             int byte)
{
  g_autofree gchar *rule = NULL;

  if (byte > 0x20 && byte < 0x7f)
    rule = g_strdup_printf ("must not contain “%c”", byte);
  else
    rule = g_strdup_printf ("must not contain the byte 0x%02x", (guint) byte);
  return refuse (text, error, rule);
}

/* FALSE with the first byte that no host may contain; bytes outside of ASCII pass. */
static gboolean
check_bytes (MsaSlice name,
             MsaSlice text,
             GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (name);
  int byte;

  while ((byte = msa_cursor_next (&cursor)) >= 0)
    {
      if (byte < 0x20 || byte == 0x7f || strchr (forbidden, byte) != NULL)
        return refuse_byte (text, error, byte);
    }
  return TRUE;
}

static MsaSlice
string_slice (const GString *string)
{
  return msa_slice (string->str, string->len);
}

static gboolean
is_ascii (const GString *name)
{
  for (gsize i = 0; i < name->len; i++)
    {
      if ((guchar) name->str[i] >= 0x80)
        return FALSE;
    }
  return TRUE;
}

/* @name holds no NUL: its bytes were checked. */
static gboolean
convert_to_ascii (GString *name,
                  MsaSlice text,
                  GError **error)
{
  char *ascii = NULL;
  int result;

  if (!g_utf8_validate_len (name->str, name->len, NULL))
    return refuse (text, error, "is not UTF-8");

  result = idn2_to_ascii_8z (name->str, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  if (result != IDN2_OK)
    {
      g_autofree gchar *rule =
          g_strdup_printf ("is not an internationalized name: %s", idn2_strerror (result));

      return refuse (text, error, rule);
    }

  g_string_assign (name, ascii);
  idn2_free (ascii);
  return TRUE;
}

/* Decoded, in ASCII and lower case; NULL if that cannot be. */
static GString *
make_plain (MsaSlice text,
            GError **error)
{
  GString *name = g_string_sized_new (text.len);
  MsaCursor cursor = msa_cursor_from_slice (text);
  int byte;

  while ((byte = msa_cursor_next_decoded (&cursor)) >= 0)
    g_string_append_c (name, (gchar) byte);

  /* The second check is for what the conversion made of other characters. */
  if (!check_bytes (string_slice (name), text, error) ||
      (!is_ascii (name) && (!convert_to_ascii (name, text, error) ||
                            !check_bytes (string_slice (name), text, error))))
    {
      g_string_free (name, TRUE);
      return NULL;
    }

  g_string_ascii_down (name);
  return name;
}

static gboolean
strip_trailing_dot (MsaHost *self,
                    GString *name,
                    MsaSlice text,
                    GError **error)
{
  if (name->len == 0 || name->str[name->len - 1] != '.')
    return TRUE;

  g_string_truncate (name, name->len - 1);
  self->trailing_dot = TRUE;
  if (name->len > 0 && name->str[name->len - 1] == '.')
    return refuse (text, error, "ends with two dots");
  return TRUE;
}

MsaSlice
msa_host_take (MsaCursor *cursor)
{
  MsaSlice host;

  if (msa_cursor_peek (cursor) == '[')
    {
      if (!msa_cursor_take_until (cursor, ']', &host))
        return msa_cursor_take (cursor, G_MAXSIZE);
      msa_cursor_next (cursor);
      return msa_slice (host.data, host.len + 1);
    }

  if (!msa_cursor_take_until (cursor, ':', &host))
    host = msa_cursor_take (cursor, G_MAXSIZE);
  return host;
}

static MsaSlice
take_label (MsaCursor *cursor)
{
  MsaSlice label;

  if (msa_cursor_take_until (cursor, '.', &label))
    {
      msa_cursor_next (cursor);
      return label;
    }
  return msa_cursor_take (cursor, G_MAXSIZE);
}

static gboolean
check_labels (MsaSlice name,
              MsaSlice text,
              GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (name);

  if (name.len > MAX_NAME_BYTES)
    return refuse (text, error, "is longer than " G_STRINGIFY (MAX_NAME_BYTES) " bytes");

  do
    {
      MsaSlice label = take_label (&cursor);

      if (label.len == 0)
        return refuse (text, error, "has an empty label");
      if (label.len > MAX_LABEL_BYTES)
        return refuse (text, error,
                       "has a label of more than " G_STRINGIFY (MAX_LABEL_BYTES) " bytes");
    }
  while (!msa_cursor_is_empty (&cursor));

  return TRUE;
}

/* Digits, or "0x" and hexadecimal digits: what no top-level domain looks like. */
static gboolean
looks_like_number (MsaSlice label)
{
  MsaCursor cursor = msa_cursor_from_slice (label);
  gboolean hex = msa_cursor_accept_slice (&cursor, MSA_SLICE ("0x"));
  int byte;

  while ((byte = msa_cursor_next (&cursor)) >= 0)
    {
      if (hex ? !g_ascii_isxdigit (byte) : !g_ascii_isdigit (byte))
        return FALSE;
    }
  return label.len > 0;
}

static MsaSlice
last_label (MsaSlice name)
{
  MsaCursor cursor = msa_cursor_from_slice (name);
  MsaSlice before;

  if (msa_cursor_take_until_last (&cursor, '.', &before))
    msa_cursor_next (&cursor);
  return msa_cursor_rest (&cursor);
}

/* As inet_aton(3): "0x" hexadecimal, a leading "0" octal, else decimal. */
static gboolean
parse_ipv4_part (MsaSlice part,
                 guint64 *value)
{
  MsaCursor cursor = msa_cursor_from_slice (part);

  if (msa_cursor_accept_slice (&cursor, MSA_SLICE ("0x")))
    return msa_number_parse (msa_cursor_rest (&cursor), 16, G_MAXUINT32, value);
  return msa_number_parse (part, msa_cursor_peek (&cursor) == '0' ? 8 : 10, G_MAXUINT32, value);
}

/* As inet_aton(3): one to four parts, of which the last fills what the others leave. */
static gboolean
parse_ipv4 (MsaSlice name,
            guint32 *address)
{
  MsaCursor cursor = msa_cursor_from_slice (name);
  guint32 high = 0;
  guint bits_left = 32;

  for (guint i = 0; i < 4; i++)
    {
      guint64 part;

      if (!parse_ipv4_part (take_label (&cursor), &part))
        return FALSE;
      if (msa_cursor_is_empty (&cursor))
        {
          *address = high | (guint32) part;
          return part < G_GUINT64_CONSTANT (1) << bits_left;
        }
      if (part > 255)
        return FALSE;
      bits_left -= 8;
      high |= (guint32) part << bits_left;
    }
  return FALSE;
}

static void
set_name (MsaHost *self,
          const char *name)
{
  self->name = g_strdup (name);
  self->name_len = strlen (name);
}

static gboolean
set_ipv4 (MsaHost *self,
          MsaSlice name,
          MsaSlice text,
          GError **error)
{
  char canonical[INET_ADDRSTRLEN];
  guint32 address;

  if (!parse_ipv4 (name, &address))
    return refuse (text, error, "ends in a number but is not an IPv4 address");

  address = g_htonl (address);
  memcpy (self->address, &address, sizeof (address));
  inet_ntop (AF_INET, self->address, canonical, sizeof (canonical));
  set_name (self, canonical);
  self->kind = MSA_HOST_IPV4;
  /* A dot means "not to be completed with a search domain", which an address never is. */
  self->trailing_dot = FALSE;
  return TRUE;
}

static gboolean
parse_name (MsaHost *self,
            MsaSlice text,
            GError **error)
{
  GString *plain = make_plain (text, error);
  gboolean ok;

  if (plain == NULL)
    return FALSE;

  ok = strip_trailing_dot (self, plain, text, error);
  if (ok && looks_like_number (last_label (string_slice (plain))))
    ok = set_ipv4 (self, string_slice (plain), text, error);
  else if (ok)
    {
      ok = check_labels (string_slice (plain), text, error);
      if (ok)
        set_name (self, plain->str);
    }

  g_string_free (plain, TRUE);
  return ok;
}

static gboolean
is_unreserved (int byte)
{
  return g_ascii_isalnum (byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

/* Both "%25eth0" (RFC 6874) and "%eth0", which people type. */
static gboolean
parse_zone (MsaHost *self,
            MsaSlice coded,
            MsaSlice text,
            GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (coded);
  MsaSlice zone;

  if (coded.len > 2)
    msa_cursor_accept_slice (&cursor, MSA_SLICE ("25"));
  zone = msa_cursor_rest (&cursor);

  if (zone.len == 0)
    return refuse (text, error, "has an empty zone");
  if (zone.len > MAX_ZONE_BYTES)
    return refuse (text, error, "has a zone of more than " G_STRINGIFY (MAX_ZONE_BYTES) " bytes");
  for (gsize i = 0; i < zone.len; i++)
    {
      if (!is_unreserved (zone.data[i]))
        return refuse (text, error, "has a character in its zone that is not allowed there");
    }

  self->zone = msa_slice_dup (zone);
  return TRUE;
}

/* @text without its brackets and zone; inet_pton() wants a string of what it knows only. */
static gboolean
set_ipv6 (MsaHost *self,
          MsaSlice address,
          MsaSlice text,
          GError **error)
{
  char canonical[INET6_ADDRSTRLEN];
  g_autofree gchar *copy = NULL;

  if (address.len < sizeof (canonical) && !msa_slice_has_byte (address, '\0'))
    copy = msa_slice_dup (address);
  if (copy == NULL || inet_pton (AF_INET6, copy, self->address) != 1)
    return refuse (text, error, "is not an IPv6 address");

  inet_ntop (AF_INET6, self->address, canonical, sizeof (canonical));
  set_name (self, canonical);
  self->kind = MSA_HOST_IPV6;
  return TRUE;
}

static gboolean
parse_bracketed (MsaHost *self,
                 MsaSlice text,
                 GError **error)
{
  MsaCursor cursor = msa_cursor_from_slice (text);
  MsaSlice inner, address;

  msa_cursor_accept (&cursor, '[');
  if (!msa_cursor_take_until (&cursor, ']', &inner))
    return refuse (text, error, "lacks its closing bracket");
  msa_cursor_next (&cursor);
  if (!msa_cursor_is_empty (&cursor))
    return refuse (text, error, "goes on after its closing bracket");

  cursor = msa_cursor_from_slice (inner);
  if (!msa_cursor_take_until (&cursor, '%', &address))
    return set_ipv6 (self, inner, text, error);

  msa_cursor_next (&cursor);
  return set_ipv6 (self, address, text, error) &&
         parse_zone (self, msa_cursor_rest (&cursor), text, error);
}

MsaHost *
msa_host_new (MsaSlice text,
              GError **error)
{
  g_autoptr (MsaHost) self = g_new0 (MsaHost, 1);
  MsaCursor cursor = msa_cursor_from_slice (text);
  gboolean ok;

  g_ref_count_init (&self->refs);

  if (text.len > MSA_MAX_RAW_HOST_BYTES)
    ok = refuse (text, error, "is longer than " G_STRINGIFY (MSA_MAX_RAW_HOST_BYTES) " bytes");
  else if (msa_cursor_peek (&cursor) == '[')
    ok = parse_bracketed (self, text, error);
  else
    ok = parse_name (self, text, error);

  return ok ? g_steal_pointer (&self) : NULL;
}

MsaHost *
msa_host_ref (MsaHost *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_host_unref (MsaHost *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  g_free (self->zone);
  g_free (self->name);
  g_free (self);
}

gboolean
msa_host_equal (const MsaHost *self,
                const MsaHost *other)
{
  return self->kind == other->kind && strcmp (self->name, other->name) == 0 &&
         g_strcmp0 (self->zone, other->zone) == 0;
}

gchar *
msa_host_to_authority (const MsaHost *self)
{
  if (self->kind == MSA_HOST_IPV6)
    return g_strdup_printf ("[%s]", self->name);
  return g_strconcat (self->name, self->trailing_dot ? "." : NULL, NULL);
}

static gboolean
is_within (const MsaHost *self,
           MsaSlice top_level)
{
  return self->kind == MSA_HOST_NAME &&
         msa_slice_equal (last_label (msa_slice (self->name, self->name_len)), top_level);
}

gboolean
msa_host_is_localhost (const MsaHost *self)
{
  return is_within (self, MSA_SLICE ("localhost"));
}

gboolean
msa_host_is_onion (const MsaHost *self)
{
  return is_within (self, MSA_SLICE ("onion"));
}

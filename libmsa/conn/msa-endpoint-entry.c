/* msa-endpoint-entry.c: one entry of connect-to, one of resolve
 *
 * Each is read from left to right. Hosts are made in msa-host.c, so that an entry means the
 * host that a URL of the same spelling means.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-endpoint-entry-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-number-private.h"
#include "base/msa-quote-private.h"
#include "model/msa-error.h"

#define MAX_PORT 65535
#define CONNECT_TO_FORM "it is not of the form HOST:PORT:CONNECT-HOST:CONNECT-PORT"
#define RESOLVE_FORM "it is not of the form HOST:PORT:ADDRESS[,ADDRESS]..."
#define DROP_FORM "it is not of the form -HOST:PORT"

static gboolean
refuse (GError **error,
        const char *reason)
{
  g_set_error_literal (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, reason);
  return FALSE;
}

/* Puts the entry before what is wrong with it. */
static void
name_entry (GError **error,
            const char *option,
            const char *text)
{
  g_autofree char *quoted = msa_quote (msa_slice_from_string (text));
  g_autofree char *reason = NULL;

  if (error == NULL)
    return;

  reason = g_strdup ((*error)->message);
  g_clear_error (error);
  g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, "Entry “%s” of %s: %s", quoted,
               option, reason);
}

/* *@host stays NULL where none is written. */
static gboolean
take_host (MsaCursor *cursor,
           MsaHost **host,
           GError **error)
{
  MsaSlice text = msa_host_take (cursor);

  if (text.len == 0)
    return TRUE;
  *host = msa_host_new (text, error);
  return *host != NULL;
}

static gboolean
take_port (MsaCursor *cursor,
           int *port,
           GError **error)
{
  guint64 number;
  MsaSlice text;

  if (!msa_cursor_take_until (cursor, ':', &text))
    text = msa_cursor_take (cursor, G_MAXSIZE);
  *port = MSA_ENTRY_NO_PORT;
  if (text.len == 0)
    return TRUE;
  if (!msa_number_parse (text, 10, MAX_PORT, &number))
    return refuse (error, "a port is not a decimal number from 0 to " G_STRINGIFY (MAX_PORT));

  *port = (int) number;
  return TRUE;
}

static gboolean
take_colon (MsaCursor *cursor,
            const char *form,
            GError **error)
{
  return msa_cursor_accept (cursor, ':') || refuse (error, form);
}

static gboolean
take_end (MsaCursor *cursor,
          const char *form,
          GError **error)
{
  return msa_cursor_is_empty (cursor) || refuse (error, form);
}

void
msa_connect_to_free (MsaConnectTo *self)
{
  g_clear_pointer (&self->host, msa_host_unref);
  g_clear_pointer (&self->to_host, msa_host_unref);
  g_free (self);
}

MsaConnectTo *
msa_connect_to_parse (const char *text,
                      GError **error)
{
  g_autoptr (MsaConnectTo) self = g_new0 (MsaConnectTo, 1);
  MsaCursor cursor = msa_cursor_from_slice (msa_slice_from_string (text));

  if (take_host (&cursor, &self->host, error) && take_colon (&cursor, CONNECT_TO_FORM, error) &&
      take_port (&cursor, &self->port, error) && take_colon (&cursor, CONNECT_TO_FORM, error) &&
      take_host (&cursor, &self->to_host, error) && take_colon (&cursor, CONNECT_TO_FORM, error) &&
      take_port (&cursor, &self->to_port, error) && take_end (&cursor, CONNECT_TO_FORM, error))
    return g_steal_pointer (&self);

  name_entry (error, "connect-to", text);
  return NULL;
}

void
msa_resolve_entry_free (MsaResolveEntry *self)
{
  g_clear_pointer (&self->host, msa_host_unref);
  g_ptr_array_unref (self->literals);
  g_free (self);
}

/* IPv6 in brackets or, since nothing but addresses can follow, without. */
static MsaHost *
parse_literal (MsaSlice text,
               GError **error)
{
  g_autofree char *quoted = NULL;
  g_autoptr (MsaHost) literal = NULL;

  if (text.len <= MSA_MAX_RAW_HOST_BYTES && text.len > 0 && text.data[0] != '[' &&
      msa_slice_has_byte (text, ':'))
    {
      g_autofree char *bracketed = g_strdup_printf ("[%.*s]", (int) text.len, text.data);

      literal = msa_host_new (msa_slice_from_string (bracketed), NULL);
    }
  else
    literal = msa_host_new (text, NULL);

  if (literal != NULL && literal->kind != MSA_HOST_NAME)
    return g_steal_pointer (&literal);

  quoted = msa_quote (text);
  g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT, "“%s” is not an IP address",
               quoted);
  return NULL;
}

static gboolean
take_literals (MsaCursor *cursor,
               GPtrArray *literals,
               GError **error)
{
  gboolean more;

  do
    {
      MsaSlice text;
      MsaHost *literal;

      more = msa_cursor_take_until (cursor, ',', &text);
      if (more)
        msa_cursor_next (cursor);
      else
        text = msa_cursor_take (cursor, G_MAXSIZE);
      if (literals->len == MSA_MAX_ADDRESSES)
        return refuse (error,
                       "it has more than " G_STRINGIFY (MSA_MAX_ADDRESSES) " addresses");
      literal = parse_literal (text, error);
      if (literal == NULL)
        return FALSE;
      g_ptr_array_add (literals, literal);
    }
  while (more);

  return TRUE;
}

/* What an entry is for. */
static gboolean
take_place (MsaResolveEntry *self,
            MsaCursor *cursor,
            const char *form,
            GError **error)
{
  int port;

  if (msa_cursor_accept_slice (cursor, MSA_SLICE ("*:")))
    {
      if (self->kind != MSA_RESOLVE_PIN)
        return refuse (error, "only a pin may be for every host");
    }
  else if (!take_host (cursor, &self->host, error))
    return FALSE;
  else if (self->host == NULL)
    return refuse (error, "it has no host");
  else if (!take_colon (cursor, form, error))
    return FALSE;

  if (!take_port (cursor, &port, error))
    return FALSE;
  if (port == MSA_ENTRY_NO_PORT)
    return refuse (error, "it has no port");
  self->port = (guint16) port;
  return TRUE;
}

MsaResolveEntry *
msa_resolve_entry_parse (const char *text,
                         GError **error)
{
  g_autoptr (MsaResolveEntry) self = g_new0 (MsaResolveEntry, 1);
  MsaCursor cursor = msa_cursor_from_slice (msa_slice_from_string (text));
  const char *form = RESOLVE_FORM;
  gboolean ok;

  self->literals = g_ptr_array_new_with_free_func ((GDestroyNotify) msa_host_unref);
  if (msa_cursor_accept (&cursor, '+'))
    self->kind = MSA_RESOLVE_PUT;
  else if (msa_cursor_accept (&cursor, '-'))
    {
      self->kind = MSA_RESOLVE_DROP;
      form = DROP_FORM;
    }

  ok = take_place (self, &cursor, form, error);
  if (ok && self->kind == MSA_RESOLVE_DROP)
    ok = take_end (&cursor, form, error);
  else if (ok)
    ok = take_colon (&cursor, form, error) && take_literals (&cursor, self->literals, error);
  if (ok)
    return g_steal_pointer (&self);

  name_entry (error, "resolve", text);
  return NULL;
}

/* msa-conn-key.c: all that must be equal for two transfers to share a connection
 *
 * The options come from the generated msa_settings_append_key(), so that a new option
 * cannot be forgotten here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-conn-key-private.h"

#include "base/msa-writer-private.h"

/* FNV-1a: keys are made by the application's own settings, not by a peer. */
static guint
hash_bytes (MsaSlice bytes)
{
  guint hash = 2166136261u;

  for (gsize i = 0; i < bytes.len; i++)
    hash = (hash ^ (guint8) bytes.data[i]) * 16777619u;

  return hash;
}

static void
append_origin (MsaWriter *writer,
               const MsaUrl *url)
{
  msa_writer_append_string (writer, msa_scheme_get_name (url->scheme));
  msa_writer_append_string (writer, "://");
  msa_writer_append (writer, url->host->name, url->host->name_len);
  /* Without it the system's resolver may try search domains: the name of another machine. */
  if (url->host->trailing_dot)
    msa_writer_append_byte (writer, '.');
  if (url->host->zone != NULL)
    {
      msa_writer_append_byte (writer, '%');
      msa_writer_append_string (writer, url->host->zone);
    }
  msa_writer_append_byte (writer, ':');
  msa_writer_append_number (writer, url->port);
}

MsaConnKey *
msa_conn_key_new (const MsaUrl *url,
                  const MsaSettings *settings)
{
  MsaWriter writer;
  MsaConnKey *self;
  MsaSlice bytes;
  gsize origin_len;

  msa_writer_init (&writer, G_MAXUINT32);
  append_origin (&writer, url);
  origin_len = writer.len;
  msa_writer_append_byte (&writer, '\n');
  msa_settings_append_key (settings, &writer);

  bytes = msa_writer_slice (&writer);
  self = g_malloc0 (sizeof *self + bytes.len);
  g_ref_count_init (&self->refs);
  self->origin_len = origin_len;
  self->len = bytes.len;
  memcpy (self->bytes, bytes.data, bytes.len);
  self->hash = hash_bytes (bytes);
  self->origin_hash = hash_bytes (msa_conn_key_get_origin (self));
  msa_writer_release (&writer);

  return self;
}

MsaConnKey *
msa_conn_key_ref (MsaConnKey *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_conn_key_unref (MsaConnKey *self)
{
  if (g_ref_count_dec (&self->refs))
    g_free (self);
}

guint
msa_conn_key_hash (gconstpointer self)
{
  return ((const MsaConnKey *) self)->hash;
}

gboolean
msa_conn_key_equal (gconstpointer a,
                    gconstpointer b)
{
  const MsaConnKey *one = a;
  const MsaConnKey *other = b;

  return one == other ||
         (one->hash == other->hash &&
          msa_slice_equal (msa_slice (one->bytes, one->len), msa_slice (other->bytes, other->len)));
}

guint
msa_conn_key_origin_hash (gconstpointer self)
{
  return ((const MsaConnKey *) self)->origin_hash;
}

gboolean
msa_conn_key_origin_equal (gconstpointer a,
                           gconstpointer b)
{
  return a == b || msa_slice_equal (msa_conn_key_get_origin (a), msa_conn_key_get_origin (b));
}

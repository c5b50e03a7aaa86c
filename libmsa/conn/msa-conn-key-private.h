/* msa-conn-key-private.h: all that must be equal for two transfers to share a connection
 *
 * A text compared byte by byte: the origin, then every option that the option table places in
 * the key. Immutable and reference-counted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"
#include "model/msa-settings-private.h"
#include "model/msa-url-private.h"

typedef struct
{
  grefcount refs;
  guint     hash;
  guint     origin_hash;
  gsize     origin_len; /* the first bytes name scheme, host and port */
  gsize     len;
  char      bytes[];
} MsaConnKey;

MsaConnKey *msa_conn_key_new   (const MsaUrl *url,
                                const MsaSettings *settings) G_GNUC_WARN_UNUSED_RESULT;
MsaConnKey *msa_conn_key_ref   (MsaConnKey *self);
void        msa_conn_key_unref (MsaConnKey *self);

/* For hash tables. */
guint       msa_conn_key_hash  (gconstpointer self);
gboolean    msa_conn_key_equal (gconstpointer a,
                                gconstpointer b);

/* "https://example.org:443": the part that limits for each host go by. */
static inline MsaSlice
msa_conn_key_get_origin (const MsaConnKey *self)
{
  return msa_slice (self->bytes, self->origin_len);
}

/* For hash tables by that alone. */
guint       msa_conn_key_origin_hash  (gconstpointer self);
gboolean    msa_conn_key_origin_equal (gconstpointer a,
                                       gconstpointer b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaConnKey, msa_conn_key_unref)

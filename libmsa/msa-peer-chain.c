/* msa-peer-chain.c: a peer's certificates, as the public API gives them
 *
 * Inside they are DER. GIO's type is made here only, and by GIO's own backend: libmsa works
 * without one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-peer-chain-private.h"

GPtrArray *
msa_peer_chain_copy (GPtrArray *chain)
{
  GPtrArray *copy;

  if (chain == NULL)
    return NULL;

  copy = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < chain->len; i++)
    g_ptr_array_add (copy, g_bytes_ref (chain->pdata[i]));

  return copy;
}

static GTlsCertificate *
import (GType type,
        GBytes *der,
        GTlsCertificate *issuer)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize len;
  gconstpointer data = g_bytes_get_data (der, &len);

  g_byte_array_append (bytes, data, (guint) len);
  return g_initable_new (type, NULL, NULL, "certificate", bytes, "issuer", issuer, NULL);
}

/* From the last one on, since each is made with its issuer. One that GIO cannot read, though it
 * followed the peer's own, ends the chain above it. */
GTlsCertificate *
msa_peer_chain_to_certificate (GPtrArray *chain)
{
  GTlsBackend *backend = g_tls_backend_get_default ();
  GTlsCertificate *certificate = NULL;

  if (chain == NULL || !g_tls_backend_supports_tls (backend))
    return NULL;

  for (guint i = chain->len; i > 0; i--)
    {
      g_autoptr (GTlsCertificate) issuer = certificate;

      certificate =
          import (g_tls_backend_get_certificate_type (backend), chain->pdata[i - 1], issuer);
    }

  return certificate;
}

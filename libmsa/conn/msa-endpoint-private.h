/* msa-endpoint-private.h: where a connection goes
 *
 * The URL says who is spoken to: Host, TLS name, key and limits. The endpoint says which machine
 * and port are connected to for it, after the settings had their say. Immutable,
 * reference-counted, made with the hop.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-settings-private.h"
#include "model/msa-url-private.h"
#include "net/msa-resolver-private.h"

typedef struct
{
  grefcount    refs;
  MsaHost     *host;    /* (owned): whose addresses are wanted */
  guint16      port;
  MsaIpVersion version;
  MsaAddresses *socket; /* (owned) (nullable): a Unix socket's, which stands in the place of the host */
  GPtrArray   *pins;    /* (owned) (nullable) (element-type MsaHost): the addresses, if not to be looked up */
  GPtrArray   *edits;   /* (owned) (nullable) (element-type MsaResolveEntry): of the cache, in their order */
} MsaEndpoint;

/* MSA_ERROR_INVALID_ARGUMENT with the entry of connect-to or resolve, or the path, that is wrong. */
MsaEndpoint  *msa_endpoint_new     (const MsaUrl *url,
                                    const MsaSettings *settings,
                                    GError **error);
MsaEndpoint  *msa_endpoint_ref     (MsaEndpoint *self);
void          msa_endpoint_unref   (MsaEndpoint *self);

/* Tells @resolver what the settings say of its cache; then as msa_resolver_start(). */
MsaAddresses *msa_endpoint_resolve (const MsaEndpoint *self,
                                    MsaSys *sys,
                                    MsaResolver *resolver,
                                    MsaLookup *lookup,
                                    gint64 now_us);
/* None of the addresses was of use: they are looked up anew next time. Pins stay. */
void          msa_endpoint_forget  (const MsaEndpoint *self,
                                    MsaResolver *resolver);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaEndpoint, msa_endpoint_unref)

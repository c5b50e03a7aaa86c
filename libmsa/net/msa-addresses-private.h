/* msa-addresses-private.h: what a host's name stands for
 *
 * Several addresses in the order in which they are to be tried, or the reason why there
 * are none. Immutable once shared, reference-counted, used from the multi's thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-enums.h"
#include "model/msa-host-private.h"
#include "model/msa-sys-private.h"

typedef struct
{
  grefcount   refs;
  GError     *error;       /* (owned) (nullable): MSA_ERROR_RESOLVE with the cause */
  guint       n_addresses;
  MsaAddress  addresses[]; /* port 0 */
} MsaAddresses;

/* With room for @max addresses, of which there are none yet. */
MsaAddresses *msa_addresses_new         (guint max) G_GNUC_WARN_UNUSED_RESULT;
/* Just this one. */
MsaAddresses *msa_addresses_new_single  (const MsaAddress *address) G_GNUC_WARN_UNUSED_RESULT;
/* @name has none of @version, because of @reason. */
MsaAddresses *msa_addresses_new_failure (const char *name,
                                         MsaIpVersion version,
                                         const char *reason) G_GNUC_WARN_UNUSED_RESULT;
/* Those of @version among @literals, which are no names, in their order. A zone is looked for among
 * the network interfaces. */
MsaAddresses *msa_addresses_new_literal (MsaSys *sys,
                                         const char *name,
                                         MsaHost *const *literals,
                                         guint n_literals,
                                         MsaIpVersion version) G_GNUC_WARN_UNUSED_RESULT;
MsaAddresses *msa_addresses_new_localhost (MsaIpVersion version) G_GNUC_WARN_UNUSED_RESULT;
MsaAddresses *msa_addresses_ref         (MsaAddresses *self);
void          msa_addresses_unref       (MsaAddresses *self);

/* @family: AF_INET or AF_INET6. */
static inline gboolean
msa_ip_version_has (MsaIpVersion version,
                    int family)
{
  return version == MSA_IP_VERSION_AUTO ||
         family == (version == MSA_IP_VERSION_IPV4 ? AF_INET : AF_INET6);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaAddresses, msa_addresses_unref)

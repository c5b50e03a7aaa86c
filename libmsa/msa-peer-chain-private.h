/* msa-peer-chain-private.h: a peer's certificates, as the public API gives them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

/* @chain: (nullable) (element-type GBytes). Another array with the same bytes, as introspection needs it. */
GPtrArray       *msa_peer_chain_copy           (GPtrArray *chain) G_GNUC_WARN_UNUSED_RESULT;
/* NULL where GIO has no TLS backend, or that cannot read it. */
GTlsCertificate *msa_peer_chain_to_certificate (GPtrArray *chain) G_GNUC_WARN_UNUSED_RESULT;

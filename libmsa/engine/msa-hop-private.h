/* msa-hop-private.h: one request, worked out from the settings
 *
 * What the settings say for one place, checked and ready to be sent. The first hop depends
 * on nothing but the settings and is kept with them: an easy that runs again unchanged does not
 * parse its URI again. Immutable.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conn/msa-conn-key-private.h"
#include "conn/msa-endpoint-private.h"
#include "model/msa-message-private.h"

typedef struct
{
  MsaUrl      *url;           /* (owned) */
  MsaConnKey  *key;           /* (owned) */
  MsaEndpoint *endpoint;      /* (owned) */
  MsaRequest   request;       /* borrows from url and settings */
  gboolean     is_head;
  gboolean     is_idempotent; /* may be sent again by itself (RFC 9110, 9.2.2) */
} MsaHop;

/* The first hop of @settings, which keep it until they change. MSA_ERROR_BAD_URI,
 * _UNSUPPORTED_SCHEME, _INVALID_ARGUMENT, naming the value and the rule. */
const MsaHop *msa_hop_get_first (MsaSettings *settings,
                                 GError **error);

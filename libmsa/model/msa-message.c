/* msa-message.c: what a request asks for, and what came before a body
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-message-private.h"

/* Nearly all heads have the same reason, which needs no copy. */
static const char ok[] = "OK";

char *
msa_reason_new (MsaSlice reason)
{
  return msa_slice_equal (reason, MSA_SLICE ("OK")) ? (char *) ok : msa_slice_dup (reason);
}

void
msa_reason_free (char *reason)
{
  if (reason != ok)
    g_free (reason);
}

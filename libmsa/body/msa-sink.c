/* msa-sink.c: where a response's body goes
 *
 * What all sinks share: their life.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "body/msa-sink-private.h"

MsaSink *
msa_sink_ref (MsaSink *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
msa_sink_unref (MsaSink *self)
{
  if (g_ref_count_dec (&self->refs))
    self->ops->free (self);
}

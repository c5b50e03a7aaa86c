/* msa-multi-source-private.h: a multi on a GMainContext
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-engine-private.h"

/* Becomes the driver of @engine; @owner is held during each dispatch. @singly: watches each
 * descriptor by itself, else through the engine's poller if that can be had. */
GSource *msa_multi_source_new   (MsaEngine *engine,
                                 GObject *owner,
                                 gboolean singly) G_GNUC_WARN_UNUSED_RESULT;
/* Ends being the driver, destroys and releases. */
void     msa_multi_source_free  (GSource *source);

/* msa-local-end-private.h: from where a socket connects
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-settings-private.h"
#include "model/msa-sys-private.h"

typedef struct
{
  const char *interface; /* (unowned) (nullable): of the settings */
  MsaAddress  address;   /* len 0: any, of either family */
  guint16     port;      /* the first that is tried; 0: any */
  guint       n_ports;   /* 1 if any */
} MsaLocalEnd;

/* What @settings say, which must outlive it. MSA_ERROR_INVALID_ARGUMENT, naming the value, for what
 * cannot be meant. */
gboolean msa_local_end_read     (MsaLocalEnd *self,
                                 const MsaSettings *settings,
                                 GError **error);
/* Whether sockets of @family may be bound to it. */
gboolean msa_local_end_suits    (const MsaLocalEnd *self,
                                 int family);
/* Whether the next port may be had, after this one gave @code. */
gboolean msa_local_end_may_go_on (int code);
/* @n_tried: how many of the ports were tried already; counts on, at most up to @end; to the last if none can be had. FALSE
 * with errno, of the last that was tried. */
gboolean msa_local_end_bind     (const MsaLocalEnd *self,
                                 MsaSys *sys,
                                 int fd,
                                 int family,
                                 guint *n_tried,
                                 guint end);
/* “interface eth0, address 192.0.2.1, ports 5000 to 5009”: for messages. */
char    *msa_local_end_describe (const MsaLocalEnd *self) G_GNUC_WARN_UNUSED_RESULT;

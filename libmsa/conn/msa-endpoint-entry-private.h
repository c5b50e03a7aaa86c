/* msa-endpoint-entry-private.h: one entry of connect-to, one of resolve
 *
 * Their grammar is that of CURLOPT_CONNECT_TO and CURLOPT_RESOLVE. What they do stands in
 * msa-endpoint.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-host-private.h"

#define MSA_ENTRY_NO_PORT (-1)

/* HOST:PORT:CONNECT-HOST:CONNECT-PORT */
typedef struct
{
  MsaHost *host;    /* (owned) (nullable): NULL: any */
  int      port;    /* MSA_ENTRY_NO_PORT: any */
  MsaHost *to_host; /* (owned) (nullable): NULL: as it is */
  int      to_port; /* MSA_ENTRY_NO_PORT: as it is */
} MsaConnectTo;

typedef enum
{
  MSA_RESOLVE_PIN,  /* HOST:PORT:ADDRESS[,ADDRESS]... */
  MSA_RESOLVE_PUT,  /* +HOST:PORT:ADDRESS[,ADDRESS]... */
  MSA_RESOLVE_DROP, /* -HOST:PORT */
} MsaResolveKind;

typedef struct
{
  MsaResolveKind kind;
  MsaHost       *host;     /* (owned) (nullable): NULL: any, in a pin */
  guint16        port;
  GPtrArray     *literals; /* (owned) (element-type MsaHost): none to drop */
} MsaResolveEntry;

/* MSA_ERROR_INVALID_ARGUMENT with the entry and what is wrong with it. */
MsaConnectTo    *msa_connect_to_parse    (const char *text,
                                          GError **error);
void             msa_connect_to_free     (MsaConnectTo *self);
MsaResolveEntry *msa_resolve_entry_parse (const char *text,
                                          GError **error);
void             msa_resolve_entry_free  (MsaResolveEntry *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaConnectTo, msa_connect_to_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaResolveEntry, msa_resolve_entry_free)

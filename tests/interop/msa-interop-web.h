/* msa-interop-web.h: what nginx and httpd are set up to have alike, and tests that both run
 *
 * Both serve the files of msa-interop-batch.h, and others, from the folder they run in:
 *   /files/      as they are
 *   /files/large  MSA_INTEROP_LARGE_BYTES zeros, which take no room
 *   /files/huge   the same, MSA_INTEROP_HUGE_BYTES
 *   /chunked/    in chunks
 *   /gzip/       compressed, for clients that say they take that
 *   /slow/       at some 64 KiB a second
 *   /slow-chunked/  the same, in chunks
 *   /dav/        PUT and DELETE
 *   /picky/      the same; any "Expect" is refused by 417
 * X-Connection of a reply tells connections apart.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "interop/msa-interop-batch.h"
#include "msa-test-pki.h"

/* Ports. All serve the same. */
enum
{
  MSA_INTEROP_WEB_PLAIN,
  MSA_INTEROP_WEB_TLS,     /* for localhost and 127.0.0.1 */
  MSA_INTEROP_WEB_TLS_1_2, /* the same, in one version */
  MSA_INTEROP_WEB_TLS_1_3,
  MSA_INTEROP_WEB_CLIENT,  /* TLS with those alone that show a certificate of the authority */
  MSA_INTEROP_WEB_N_PORTS
};

#define MSA_INTEROP_LARGE_BYTES (64 * 1024 * 1024)
/* Longer than 32 bits can count. */
#define MSA_INTEROP_HUGE_BYTES (G_GUINT64_CONSTANT (5) * 1024 * 1024 * 1024)

/* One of the two. */
typedef struct
{
  const char           *name;
  const MsaInteropKind *kind;
  MsaInteropServer     *running; /* (owned) (nullable): started at its first use */
} MsaInteropWeb;

typedef struct
{
  const char   *name; /* registered as /msa/interop/<server>/<name>/<driver> */
  void        (*test) (MsaTestDriverKind kind,
                       MsaInteropWeb *web,
                       gconstpointer data);
  gconstpointer data;
} MsaInteropWebCase;

MsaTestPki       *msa_interop_web_get_pki   (void);
MsaInteropServer *msa_interop_web_start     (MsaInteropWeb *web);
/* On localhost, with the scheme that goes with the port. */
char             *msa_interop_web_make_uri  (MsaInteropWeb *web,
                                             guint port_index,
                                             const char *path) G_GNUC_WARN_UNUSED_RESULT;
/* The multi trusts the server. */
MsaInteropBatch  *msa_interop_web_make_batch (MsaInteropWeb *web,
                                              MsaTestDriverKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* One transfer from there, waited for; @field (nullable) is a header of its request. */
MsaEasy          *msa_interop_web_request   (MsaInteropWeb *web,
                                             MsaInteropBatch *batch,
                                             const char *method,
                                             const char *path,
                                             const char *field,
                                             const char *value);
/* How many connections there were. */
void              msa_interop_web_check_connections (MsaInteropWeb *web,
                                                     MsaInteropBatch *batch,
                                                     guint n);

/* For each server, in all drivers; or in the attached one alone. @cases is kept. */
void              msa_interop_web_add_cases (const MsaInteropWebCase *cases,
                                             guint n,
                                             gboolean once);
/* Runs what was added and stops the servers. */
int               msa_interop_web_run       (void);

/* msa-interop-server.h: a real server as a process of its own, for the time of a test
 *
 * Runs as an ordinary user in a folder of its own under the temporary one, on free ports of
 * 127.0.0.1, in a process group of its own, and goes when the test goes, however that ends. What it
 * and its logs said is shown when it does not start and when the test fails.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-test-pki.h"

#include <glib.h>

#define MSA_INTEROP_MAX_PORTS 8

typedef struct _MsaInteropServer MsaInteropServer;

/* One kind of server. */
typedef struct
{
  const char *program;       /* looked for in PATH and where Debian keeps servers */
  guint       n_ports;
  /* Fills the folder; called again with other ports if one was taken meanwhile. Gives the
   * arguments after the program's name. */
  GStrv     (*configure) (MsaInteropServer *server,
                          gpointer data);
  const char *ready_file;    /* exists once the ports are open: a file in the folder */
  const char *ready_text;    /* (nullable): and this stands in it */
  gboolean    listens;       /* to say() */
} MsaInteropKind;

/* The program, or (nullable): it is not installed. */
char             *msa_interop_find_program     (const MsaInteropKind *kind)
    G_GNUC_WARN_UNUSED_RESULT;
/* Fails the test if it does not come up. */
MsaInteropServer *msa_interop_server_start     (const MsaInteropKind *kind,
                                                gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* Ends it in an orderly way, waits for it and removes the folder. */
void              msa_interop_server_stop      (MsaInteropServer *self);
/* At once: the kernel closes what it had open, and the ports refuse. The rest is up to stop(). */
void              msa_interop_server_kill      (MsaInteropServer *self);
/* After kill(): the same ports, and the folder as it is. */
void              msa_interop_server_restart   (MsaInteropServer *self);

/* On its standard input; read at once. */
void              msa_interop_server_say       (MsaInteropServer *self,
                                                const char *text);

guint16           msa_interop_server_get_port  (MsaInteropServer *self,
                                                guint index);
/* @start is scheme and host: "http://localhost". */
char             *msa_interop_server_make_uri  (MsaInteropServer *self,
                                                const char *start,
                                                guint port_index,
                                                const char *path) G_GNUC_WARN_UNUSED_RESULT;
/* Of a file in the folder. */
char             *msa_interop_server_get_path  (MsaInteropServer *self,
                                                const char *name) G_GNUC_WARN_UNUSED_RESULT;
/* What the server has written to a file of the folder: "" if there is none. */
char             *msa_interop_server_read      (MsaInteropServer *self,
                                                const char *name) G_GNUC_WARN_UNUSED_RESULT;
/* Waits until that stands there. */
void              msa_interop_server_wait_for  (MsaInteropServer *self,
                                                const char *name,
                                                const char *text);

/* For configure(). */
void              msa_interop_server_write     (MsaInteropServer *self,
                                                const char *name,
                                                const void *data,
                                                gsize len);
/* A file of @len zero bytes that takes no room. */
void              msa_interop_server_write_sparse (MsaInteropServer *self,
                                                   const char *name,
                                                   guint64 len);
/* Files @name.pem and @name.key. */
void              msa_interop_server_write_cert (MsaInteropServer *self,
                                                 const char *name,
                                                 MsaTestPki *pki,
                                                 const MsaTestCertSpec *spec);
/* "good.pem" and "good.key" for localhost and 127.0.0.1, and the authority's "ca.pem". */
void              msa_interop_server_write_good_cert (MsaInteropServer *self,
                                                      MsaTestPki *pki);
/* A folder that the server may write to. */
void              msa_interop_server_make_folder (MsaInteropServer *self,
                                                  const char *name);

/* So that this process and its servers may have @n descriptors open. FALSE: not allowed. */
gboolean          msa_interop_allow_descriptors (guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaInteropServer, msa_interop_server_stop)

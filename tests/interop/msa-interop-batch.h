/* msa-interop-batch.h: many transfers of one multi, in one of its drivers, against a real server
 *
 * Besides, the files that servers are given to serve, and the table that registers
 * a test in each driver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "interop/msa-interop-server.h"
#include "msa-multi.h"
#include "sim/msa-test-driver.h"

typedef struct _MsaInteropBatch MsaInteropBatch;

MsaInteropBatch *msa_interop_batch_new       (MsaTestDriverKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* Fails the test if something still runs, if the multi lives on, or if the contract was broken. */
void             msa_interop_batch_free      (MsaInteropBatch *self);
MsaMulti        *msa_interop_batch_get_multi (MsaInteropBatch *self);
MsaTestDriver   *msa_interop_batch_get_driver (MsaInteropBatch *self);

/* The easies are held, in the order of adding, until clear(). */
void             msa_interop_batch_add       (MsaInteropBatch *self,
                                              MsaEasy *easy);
MsaEasy         *msa_interop_batch_get       (MsaInteropBatch *self,
                                              const char *uri);
guint            msa_interop_batch_get_length (MsaInteropBatch *self);
MsaEasy         *msa_interop_batch_get_nth   (MsaInteropBatch *self,
                                              guint i);
guint            msa_interop_batch_get_n_left (MsaInteropBatch *self);
void             msa_interop_batch_clear     (MsaInteropBatch *self);
/* Drives until all have ended. */
void             msa_interop_batch_wait      (MsaInteropBatch *self);
void             msa_interop_batch_wait_for  (MsaInteropBatch *self,
                                              MsaTestCondition done,
                                              gpointer data);
/* Waits, without letting the multi know, until the server has closed all connections that idle. */
void             msa_interop_batch_wait_for_close (MsaInteropBatch *self);
/* How many connections the server saw, by the header X-Connection of its replies. */
guint            msa_interop_batch_count_connections (MsaInteropBatch *self);
/* Tells how many transfers a second the last wait() had. */
void             msa_interop_batch_tell_rate (MsaInteropBatch *self);

/* One transfer, waited for. */
MsaEasy         *msa_interop_batch_request   (MsaInteropBatch *self,
                                              const char *method,
                                              const char *uri,
                                              GBytes *body);
/* Gets @len zeros through a write function, and tells how fast. */
void             msa_interop_batch_get_zeros (MsaInteropBatch *self,
                                              const char *uri,
                                              gsize len);
/* Bytes for a request. */
GBytes          *msa_interop_make_body       (gsize len) G_GNUC_WARN_UNUSED_RESULT;

/* Fails the test unless it ended well, with this status. */
void             msa_interop_check_status    (MsaEasy *easy,
                                              guint status);
void             msa_interop_check_body      (MsaEasy *easy,
                                              const void *data,
                                              gsize len);
void             msa_interop_check_failure   (MsaEasy *easy,
                                              MsaError code);

/* Files "0" to "99", of 0 bytes to 200 KiB, each with other bytes. */
#define MSA_INTEROP_N_FILES 100
/* One of a few hundred bytes; of some tens of KiB; the longest. */
#define MSA_INTEROP_SMALL_FILE 10
#define MSA_INTEROP_MIDDLE_FILE 60
#define MSA_INTEROP_LONG_FILE 99
/* Bytes that do not repeat soon. */
const guint8    *msa_interop_get_bytes       (void);
gsize            msa_interop_get_file_size   (guint i);
void             msa_interop_write_files     (MsaInteropServer *server,
                                              const char *folder);
/* Gets @n files in turn from below @start, all at once. */
void             msa_interop_batch_get_files (MsaInteropBatch *self,
                                              const char *start,
                                              guint n,
                                              MsaTlsConfig *tls_config);
void             msa_interop_batch_check_files (MsaInteropBatch *self);
void             msa_interop_check_file      (MsaEasy *easy,
                                              guint i);

typedef struct
{
  const char   *name; /* registered as /msa/interop/<server>/<name>/<driver> */
  void        (*test) (MsaTestDriverKind kind,
                       gconstpointer data);
  gconstpointer data;
} MsaInteropCase;

/* Each in all drivers. Skipped where the server is not installed. @cases is kept. */
void             msa_interop_add_cases       (const char *server,
                                              const MsaInteropKind *kind,
                                              const MsaInteropCase *cases,
                                              guint n);
/* The same in the attached driver alone: they cost much, or the driver is nothing to them. */
void             msa_interop_add_cases_once  (const char *server,
                                              const MsaInteropKind *kind,
                                              const MsaInteropCase *cases,
                                              guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaInteropBatch, msa_interop_batch_free)

/* msa-easy.h: one transfer, its settings and its results
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-enums.h"
#include "msa-error.h"
#include "msa-headers.h"
#include "msa-timings.h"
#include "msa-tls-config.h"

G_BEGIN_DECLS

#define MSA_TYPE_EASY (msa_easy_get_type ())

MSA_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MsaEasy, msa_easy, MSA, EASY, GObject)

/**
 * MsaEasyWriteFunc:
 * @easy: the easy whose response comes in
 * @data: (array length=len) (element-type guint8): bytes of the body, in order
 * @len: the length of @data, at least 1
 * @user_data: what was passed to [method@Easy.set_write_func]
 *
 * Takes a part of a response's body.
 *
 * Called from a dispatch, in the thread of the multi. It may call any function of
 * libmsa.
 *
 * Returns: whether the bytes were taken
 *
 * Since: 1.0
 */
typedef MsaWriteResult (*MsaEasyWriteFunc) (MsaEasy *easy,
                                            const guint8 *data,
                                            gsize len,
                                            gpointer user_data);

MSA_AVAILABLE_IN_1_0
MsaEasy      *msa_easy_new                  (const char *uri) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
MsaEasy      *msa_easy_copy                 (MsaEasy *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
void          msa_easy_reset                (MsaEasy *self);

MSA_AVAILABLE_IN_1_0
MsaHeaders   *msa_easy_get_request_headers  (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
void          msa_easy_set_body             (MsaEasy *self,
                                             const char *content_type,
                                             GBytes *body);
MSA_AVAILABLE_IN_1_0
void          msa_easy_set_body_stream      (MsaEasy *self,
                                             const char *content_type,
                                             GInputStream *stream,
                                             gint64 length);
MSA_AVAILABLE_IN_1_0
void          msa_easy_set_body_file        (MsaEasy *self,
                                             const char *content_type,
                                             GFile *file);
MSA_AVAILABLE_IN_1_0
MsaHeaders   *msa_easy_get_request_trailers (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
void          msa_easy_set_output_stream    (MsaEasy *self,
                                             GOutputStream *stream);
MSA_AVAILABLE_IN_1_0
void          msa_easy_set_output_file      (MsaEasy *self,
                                             GFile *file);
MSA_AVAILABLE_IN_1_0
void          msa_easy_set_write_func       (MsaEasy *self,
                                             MsaEasyWriteFunc func,
                                             gpointer user_data,
                                             GDestroyNotify destroy);

MSA_AVAILABLE_IN_1_0
void          msa_easy_pause                (MsaEasy *self,
                                             MsaDirections directions);
MSA_AVAILABLE_IN_1_0
void          msa_easy_resume               (MsaEasy *self,
                                             MsaDirections directions);
MSA_AVAILABLE_IN_1_0
gboolean      msa_easy_run_sync             (MsaEasy *self,
                                             GCancellable *cancellable,
                                             GError **error);

MSA_AVAILABLE_IN_1_0
MsaEasyState  msa_easy_get_state            (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
const GError *msa_easy_get_error            (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
guint         msa_easy_get_status           (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
const char   *msa_easy_get_reason_phrase    (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
MsaHttpVersion msa_easy_get_response_version (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
MsaHeaders   *msa_easy_get_response_headers (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
MsaHeaders   *msa_easy_get_headers          (MsaEasy *self,
                                             MsaHeaderOrigin origin,
                                             guint hop);
MSA_AVAILABLE_IN_1_0
GBytes       *msa_easy_get_body             (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
gint64        msa_easy_get_content_length   (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
guint64       msa_easy_get_bytes_received   (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
guint64       msa_easy_get_bytes_sent       (MsaEasy *self);
MSA_AVAILABLE_IN_1_0
MsaTimings   *msa_easy_get_timings          (MsaEasy *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
char         *msa_easy_dup_effective_uri    (MsaEasy *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
char         *msa_easy_dup_remote_address   (MsaEasy *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
GPtrArray    *msa_easy_dup_peer_chain       (MsaEasy *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
GTlsCertificate *msa_easy_dup_peer_certificate (MsaEasy *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
GTlsCertificateFlags msa_easy_get_peer_errors (MsaEasy *self);

G_END_DECLS

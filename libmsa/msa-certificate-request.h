/* msa-certificate-request.h: whether a peer in doubt is taken all the same
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-version-macros.h"

G_BEGIN_DECLS

#define MSA_TYPE_CERTIFICATE_REQUEST (msa_certificate_request_get_type ())

MSA_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MsaCertificateRequest, msa_certificate_request, MSA, CERTIFICATE_REQUEST, GObject)

MSA_AVAILABLE_IN_1_0
void                 msa_certificate_request_accept (MsaCertificateRequest *self);
MSA_AVAILABLE_IN_1_0
void                 msa_certificate_request_reject (MsaCertificateRequest *self);

MSA_AVAILABLE_IN_1_0
const char          *msa_certificate_request_get_host (MsaCertificateRequest *self);
MSA_AVAILABLE_IN_1_0
guint                msa_certificate_request_get_port (MsaCertificateRequest *self);
MSA_AVAILABLE_IN_1_0
const char          *msa_certificate_request_get_message (MsaCertificateRequest *self);
MSA_AVAILABLE_IN_1_0
GTlsCertificateFlags msa_certificate_request_get_errors (MsaCertificateRequest *self);
MSA_AVAILABLE_IN_1_0
char                *msa_certificate_request_dup_pin (MsaCertificateRequest *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
GPtrArray           *msa_certificate_request_dup_chain (MsaCertificateRequest *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
GTlsCertificate     *msa_certificate_request_dup_certificate (MsaCertificateRequest *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

/* msa-certificate-request-private.h: how a request for a decision is made
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-question-private.h"
#include "msa-certificate-request.h"

/* @connection asks for a certificate. */
MsaCertificateRequest *msa_certificate_request_new (MsaQuestion *question,
                                                    const MsaConnection *connection) G_GNUC_WARN_UNUSED_RESULT;

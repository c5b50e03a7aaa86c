/* msa-password-request.h: the password of a client's key
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "msa-version-macros.h"

G_BEGIN_DECLS

#define MSA_TYPE_PASSWORD_REQUEST (msa_password_request_get_type ())

MSA_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MsaPasswordRequest, msa_password_request, MSA, PASSWORD_REQUEST, GObject)

MSA_AVAILABLE_IN_1_0
void        msa_password_request_answer (MsaPasswordRequest *self,
                                         const char *password);
MSA_AVAILABLE_IN_1_0
void        msa_password_request_cancel (MsaPasswordRequest *self);

MSA_AVAILABLE_IN_1_0
const char *msa_password_request_get_message (MsaPasswordRequest *self);
MSA_AVAILABLE_IN_1_0
gboolean    msa_password_request_get_retry (MsaPasswordRequest *self);

G_END_DECLS

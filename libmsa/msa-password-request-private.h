/* msa-password-request-private.h: how a request for a password is made
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-question-private.h"
#include "msa-password-request.h"

/* @connection asks for a password. */
MsaPasswordRequest *msa_password_request_new (MsaQuestion *question,
                                              const MsaConnection *connection) G_GNUC_WARN_UNUSED_RESULT;

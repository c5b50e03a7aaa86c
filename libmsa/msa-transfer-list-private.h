/* msa-transfer-list-private.h: a multi's easies as a list model
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-easy.h"

#define MSA_TYPE_TRANSFER_LIST (msa_transfer_list_get_type ())

G_DECLARE_FINAL_TYPE (MsaTransferList, msa_transfer_list, MSA, TRANSFER_LIST, GObject)

MsaTransferList *msa_transfer_list_new    (void) G_GNUC_WARN_UNUSED_RESULT;
/* Take note; what changed is emitted by msa_transfer_list_emit(). */
void             msa_transfer_list_add    (MsaTransferList *self,
                                           MsaEasy *easy);
void             msa_transfer_list_remove (MsaTransferList *self,
                                           MsaEasy *easy);
/* Runs application code. */
void             msa_transfer_list_emit   (MsaTransferList *self);

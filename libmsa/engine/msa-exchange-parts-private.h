/* msa-exchange-parts-private.h: the three parts of an exchange among themselves
 *
 * msa-exchange-connect.c: until the connection is open. msa-exchange-request.c: the way of the
 * request. msa-exchange.c: the response, and who drives what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-engine-private.h"

/* msa-exchange-connect.c: the connection is not open yet. */
void     msa_exchange_drive_connecting (MsaEngine *engine,
                                        MsaConnection *connection);
/* What is known of the connection's peer becomes the transfer's. */
void     msa_exchange_note_peer    (MsaTransfer *transfer,
                                    const MsaConnection *connection);

/* msa-exchange-request.c */

/* The connection is open: the request goes out. */
void     msa_exchange_begin        (MsaEngine *engine,
                                    MsaTransfer *transfer);
void     msa_exchange_send_more    (MsaTransfer *transfer,
                                    MsaSession *session);
/* The peer has said that it wants the body, or is late with that. */
void     msa_exchange_release_body (MsaTransfer *transfer,
                                    MsaSession *session);
/* A final answer came while the body was held or on its way. */
void     msa_exchange_judge_upload (MsaTransfer *transfer,
                                    MsaSession *session);

/* msa-exchange.c */

/* Application code is about to run, and may run a main loop of its own: it must know what is due.
 * FALSE: the driver, when told so, has ended the transfer. */
gboolean msa_exchange_settle       (MsaEngine *engine,
                                    const MsaTransfer *transfer);
/* It has run: what came up meanwhile takes effect. */
void     msa_exchange_end_busy     (MsaEngine *engine,
                                    MsaTransfer *transfer);
/* What lies in a buffer above the socket makes nothing ready. */
void     msa_exchange_look_again   (MsaEngine *engine,
                                    MsaConnection *connection);

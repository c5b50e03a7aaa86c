/* msa-socket-private.h: the bottom filter, a TCP socket
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filter/msa-filter-private.h"

/* Opens a socket for @address and begins to connect when msa_filter_connect() is called. The
 * socket's watch calls @ready with @user_data. The filter owns the descriptor, and hands it to
 * the reactor when freed. Errors are MSA_ERROR_CONNECT with the errno's text and the address;
 * MSA_ERROR_SEND, MSA_ERROR_RECEIVE later. */
typedef void (*MsaSocketReadyFunc) (gpointer user_data,
                                    MsaSocketEvents events,
                                    gint64 now_us);

MsaFilter *msa_socket_new (MsaReactor *reactor,
                           const MsaAddress *address,
                           MsaSocketReadyFunc ready,
                           gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* What the socket waits for from now on. */
void       msa_socket_want (MsaFilter *self,
                            MsaSocketEvents events);
int        msa_socket_get_fd (MsaFilter *self);
/* Sent and received. */
guint64    msa_socket_count_bytes (MsaFilter *self);
const MsaAddress *msa_socket_get_address (MsaFilter *self);

/* "192.0.2.1:80", "[2001:db8::1]:443": for messages and the public property. */
gchar     *msa_address_to_string (const MsaAddress *self) G_GNUC_WARN_UNUSED_RESULT;
void       msa_address_set_port  (MsaAddress *self,
                                  guint16 port);

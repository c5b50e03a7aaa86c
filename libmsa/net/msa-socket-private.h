/* msa-socket-private.h: the bottom filter, a TCP or Unix socket
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "filter/msa-filter-private.h"
#include "net/msa-local-end-private.h"

/* Opens a socket for @address, binds it to @local (nullable) and begins to connect when
 * msa_filter_connect() is first called; @local is not needed after that. The socket's watch calls
 * @ready with @user_data. The filter owns the descriptor, and hands it to the reactor when freed.
 * Errors are MSA_ERROR_BIND and MSA_ERROR_CONNECT with the errno's text and the address;
 * MSA_ERROR_SEND, MSA_ERROR_RECEIVE later. */
typedef void (*MsaSocketReadyFunc) (gpointer user_data,
                                    MsaSocketEvents events,
                                    gint64 now_us);

MsaFilter *msa_socket_new (MsaReactor *reactor,
                           const MsaAddress *address,
                           const MsaLocalEnd *local,
                           MsaSocketReadyFunc ready,
                           gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Before connecting: uses @handed, which is taken, in place of one that is opened and bound here. It may be connected
 * already. The object is held as long as the filter lives; the descriptor is a duplicate of its. */
void       msa_socket_take_over (MsaFilter *self,
                                 GSocket *handed);
/* Whom it calls from now on. */
void       msa_socket_set_ready (MsaFilter *self,
                                 MsaSocketReadyFunc ready,
                                 gpointer user_data);
/* What the socket waits for from now on. */
void       msa_socket_want (MsaFilter *self,
                            MsaSocketEvents events);
/* For one that is connected: as @settings wish. */
void       msa_socket_tune (MsaFilter *self,
                            const MsaSettings *settings);
int        msa_socket_get_fd (MsaFilter *self);
/* Sent and received. */
guint64    msa_socket_count_bytes (MsaFilter *self);
/* The address as msa_address_to_string() gives it: a GRefString, which the caller may hold on to. */
char      *msa_socket_get_peer (MsaFilter *self);

/* "192.0.2.1:80", "[2001:db8::1]:443", "unix:/run/x", "unix:@x": for messages and the public
 * property. */
gchar     *msa_address_to_string (const MsaAddress *self) G_GNUC_WARN_UNUSED_RESULT;
/* 0 where there are no ports, and nothing is set there. */
guint16    msa_address_get_port  (const MsaAddress *self);
void       msa_address_set_port  (MsaAddress *self,
                                  guint16 port);
/* FALSE: @text is no numeric address of either family. The port is 0. */
gboolean   msa_address_parse     (MsaAddress *self,
                                  const char *text);
/* A Unix socket; '@' leads a name of Linux's abstract namespace. MSA_ERROR_INVALID_ARGUMENT for a
 * path that is empty or too long. */
gboolean   msa_address_parse_path (MsaAddress *self,
                                   const char *path,
                                   GError **error);

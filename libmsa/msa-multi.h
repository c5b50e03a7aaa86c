/* msa-multi.h: the driver of any number of transfers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "msa-easy.h"
#include "msa-tls-session-store.h"

G_BEGIN_DECLS

#define MSA_TYPE_MULTI (msa_multi_get_type ())

MSA_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (MsaMulti, msa_multi, MSA, MULTI, GObject)

/**
 * MsaMultiSocketFunc:
 * @multi: the multi
 * @fd: a descriptor
 * @wanted: what to watch it for from now on; none if @removed
 * @removed: whether it is to be watched no longer. It may be closed, and its number
 *   used again, as soon as this function has returned
 * @user_data: what was passed to [method@Multi.set_socket_func]
 *
 * Tells an application's own loop about a descriptor whose interest changed.
 *
 * Called from a dispatch, in the thread of the multi, and where the driver is changed. It may
 * call any function of libmsa.
 *
 * Since: 1.0
 */
typedef void (*MsaMultiSocketFunc) (MsaMulti *multi,
                                    int fd,
                                    MsaSocketEvents wanted,
                                    gboolean removed,
                                    gpointer user_data);

/**
 * MsaMultiTimerFunc:
 * @multi: the multi
 * @timeout_ms: after how many milliseconds [method@Multi.socket_action] is to be
 *   called with %MSA_SOCKET_TIMEOUT, once: 0 at once, but not from within this function; -1
 *   never. Replaces what was said before
 * @user_data: what was passed to [method@Multi.set_timer_func]
 *
 * Tells an application's own loop about the one timeout that the multi waits for.
 *
 * Called in the thread of the multi, from a dispatch and from calls that make something due. It
 * may call any function of libmsa.
 *
 * Since: 1.0
 */
typedef void (*MsaMultiTimerFunc) (MsaMulti *multi,
                                   int timeout_ms,
                                   gpointer user_data);

/**
 * MsaMultiAddressFunc:
 * @multi: the multi
 * @easy: whose connection is being made
 * @address: what is about to be connected to: a [class@Gio.InetSocketAddress] or a
 *   [class@Gio.UnixSocketAddress]
 * @user_data: what was passed to [method@Multi.set_address_func]
 *
 * Says whether a connection may be made to an address.
 *
 * Called from a dispatch, in the thread of the multi; every connection waits for it, so it
 * should not block. It may call any function of libmsa. In language bindings an exception
 * or a forgotten return refuses.
 *
 * Returns: %TRUE if it may; %FALSE refuses
 *
 * Since: 1.0
 */
typedef gboolean (*MsaMultiAddressFunc) (MsaMulti *multi,
                                         MsaEasy *easy,
                                         GSocketAddress *address,
                                         gpointer user_data);

/**
 * MsaMultiOpenFunc:
 * @multi: the multi
 * @easy: whose connection is being made
 * @address: what is about to be connected to
 * @user_data: what was passed to [method@Multi.set_open_func]
 *
 * Makes the socket of a connection.
 *
 * Called from a dispatch, in the thread of the multi; every connection waits for it, so it
 * should not block. It may call any function of libmsa. In language bindings an exception,
 * a forgotten return or another object refuses.
 *
 * Returns: (transfer full) (nullable): a stream socket, connected or not; %NULL refuses the address
 *
 * Since: 1.0
 */
typedef GSocket *(*MsaMultiOpenFunc) (MsaMulti *multi,
                                      MsaEasy *easy,
                                      GSocketAddress *address,
                                      gpointer user_data);

MSA_AVAILABLE_IN_1_0
MsaMulti   *msa_multi_new             (void) G_GNUC_WARN_UNUSED_RESULT;

MSA_AVAILABLE_IN_1_0
void        msa_multi_attach          (MsaMulti *self,
                                       GMainContext *context);
MSA_AVAILABLE_IN_1_0
void        msa_multi_detach          (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
int         msa_multi_get_priority    (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_priority    (MsaMulti *self,
                                       int priority);

MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_add             (MsaMulti *self,
                                       MsaEasy *easy,
                                       GError **error);
MSA_AVAILABLE_IN_1_0
void        msa_multi_remove          (MsaMulti *self,
                                       MsaEasy *easy);
MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_get_keep_finished (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_keep_finished (MsaMulti *self,
                                         gboolean keep_finished);

MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_socket_action   (MsaMulti *self,
                                       int fd,
                                       MsaSocketEvents events,
                                       guint *n_running,
                                       GError **error);
MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_perform         (MsaMulti *self,
                                       guint *n_running,
                                       GError **error);
MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_poll            (MsaMulti *self,
                                       int timeout_ms,
                                       guint *n_ready,
                                       GError **error);
MSA_AVAILABLE_IN_1_0
void        msa_multi_wakeup          (MsaMulti *self);

MSA_AVAILABLE_IN_1_0
void        msa_multi_set_socket_func (MsaMulti *self,
                                       MsaMultiSocketFunc func,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_timer_func  (MsaMulti *self,
                                       MsaMultiTimerFunc func,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
MSA_AVAILABLE_IN_1_0
int         msa_multi_get_timeout_ms  (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
int         msa_multi_get_fd          (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
GPollFD    *msa_multi_get_poll_fds    (MsaMulti *self,
                                       guint *n_fds) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_assign          (MsaMulti *self,
                                       int fd,
                                       gpointer data);
MSA_AVAILABLE_IN_1_0
gpointer    msa_multi_get_assigned    (MsaMulti *self,
                                       int fd);
MSA_AVAILABLE_IN_1_0
MsaEasy    *msa_multi_info_read       (MsaMulti *self,
                                       guint *n_left) G_GNUC_WARN_UNUSED_RESULT;

MSA_AVAILABLE_IN_1_0
void        msa_multi_run_async       (MsaMulti *self,
                                       MsaEasy *easy,
                                       int io_priority,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_run_finish      (MsaMulti *self,
                                       GAsyncResult *result,
                                       GError **error);
MSA_AVAILABLE_IN_1_0
void        msa_multi_fetch_async     (MsaMulti *self,
                                       const char *uri,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MSA_AVAILABLE_IN_1_0
GBytes     *msa_multi_fetch_finish    (MsaMulti *self,
                                       GAsyncResult *result,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
void        msa_multi_close_async     (MsaMulti *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
MSA_AVAILABLE_IN_1_0
gboolean    msa_multi_close_finish    (MsaMulti *self,
                                       GAsyncResult *result,
                                       GError **error);

MSA_AVAILABLE_IN_1_0
GListModel *msa_multi_get_transfers   (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
GPtrArray  *msa_multi_dup_easies      (MsaMulti *self) G_GNUC_WARN_UNUSED_RESULT;
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_n_running   (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_n_pending   (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_n_connections (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_max_connections (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_max_connections (MsaMulti *self,
                                           guint max_connections);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_max_connections_per_host (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_max_connections_per_host (MsaMulti *self,
                                                    guint max_connections_per_host);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_max_idle_connections (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_max_idle_connections (MsaMulti *self,
                                                guint max_idle_connections);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_max_idle_age_s (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_max_idle_age_s (MsaMulti *self,
                                          guint max_idle_age_s);
MSA_AVAILABLE_IN_1_0
guint       msa_multi_get_max_connection_age_s (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_max_connection_age_s (MsaMulti *self,
                                                guint max_connection_age_s);
MSA_AVAILABLE_IN_1_0
int         msa_multi_get_dns_cache_timeout_s (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_dns_cache_timeout_s (MsaMulti *self,
                                               int dns_cache_timeout_s);
MSA_AVAILABLE_IN_1_0
MsaTlsConfig *msa_multi_get_tls_config (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_tls_config  (MsaMulti *self,
                                       MsaTlsConfig *tls_config);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_address_func (MsaMulti *self,
                                        MsaMultiAddressFunc func,
                                        gpointer user_data,
                                        GDestroyNotify destroy);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_open_func   (MsaMulti *self,
                                       MsaMultiOpenFunc func,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
MSA_AVAILABLE_IN_1_0
GResolver  *msa_multi_get_resolver    (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_resolver    (MsaMulti *self,
                                       GResolver *resolver);
MSA_AVAILABLE_IN_1_0
MsaTlsSessionStore *msa_multi_get_tls_session_store (MsaMulti *self);
MSA_AVAILABLE_IN_1_0
void        msa_multi_set_tls_session_store (MsaMulti *self,
                                             MsaTlsSessionStore *tls_session_store);

G_END_DECLS

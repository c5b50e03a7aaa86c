/* epoll-loop.h: a loop over epoll that drives a multi of libmsa, and what else a program has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <msa.h>

typedef struct _EpollLoop EpollLoop;

/* A transfer has ended. */
typedef void     (*EpollLoopFinished) (MsaEasy *easy,
                                       gpointer data);
/* A descriptor can be read. */
typedef void     (*EpollLoopReady)    (int fd,
                                       gpointer data);
typedef gboolean (*EpollLoopDone)     (gpointer data);

/* NULL, and errno: there is no epoll. @finished may be NULL. */
EpollLoop *epoll_loop_new   (MsaMulti *multi,
                             EpollLoopFinished finished,
                             gpointer data);
void       epoll_loop_free  (EpollLoop *self);
/* A descriptor of the program's own. */
gboolean   epoll_loop_watch (EpollLoop *self,
                             int fd,
                             EpollLoopReady ready,
                             gpointer data);
/* Until @done says so: TRUE; FALSE if @limit_us have passed first (-1: there is no limit). */
gboolean   epoll_loop_run   (EpollLoop *self,
                             EpollLoopDone done,
                             gpointer data,
                             gint64 limit_us);

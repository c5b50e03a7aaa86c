/* conformance-watch.h: what a glue was told, and what it then calls
 *
 * The program defines the functions of MsaMulti that drive, so that the glue's calls come here first;
 * they are passed on to the library. Rules that hold at any time are checked here. One
 * multi is watched at a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <msa.h>

/* Who drives the multi, as far as the calls tell. */
typedef enum
{
  KIND_CALLBACKS = 1 << 0, /* set_socket_func, set_timer_func */
  KIND_ATTACHED = 1 << 1,  /* attach */
  KIND_EXPORTED = 1 << 2,  /* get_fd */
  KIND_PERFORM = 1 << 3,   /* perform, poll */
} Kinds;

typedef struct
{
  int             fd;
  MsaSocketEvents announced; /* none: it was removed */
  guint           n_stale;   /* calls for it since then */
} WatchedFd;

/* A rule was broken. @expected is one sentence, and told once. */
typedef void (*WatchBroken) (const char *clause,
                             const char *expected,
                             const char *seen);

void        watch_begin (MsaMulti *multi,
                         WatchBroken broken);
void        watch_end   (void);
/* Whether the glue must not drive any more. */
void        watch_set_detached (gboolean detached);
/* One turn by poll and perform, past what is watched. */
void        watch_drive (int timeout_ms);

Kinds       watch_get_kinds      (void);
/* Whether both functions are set. */
gboolean    watch_has_socket_func (void);
gboolean    watch_has_timer_func  (void);
gboolean    watch_is_attached    (void);
/* Calls of socket_action, perform and poll. */
guint       watch_count_calls    (void);
guint       watch_count_performs (void);
guint       watch_count_messages (void);
/* Calls with MSA_SOCKET_TIMEOUT since the timeout was told to be none. */
guint       watch_count_unbidden (void);
/* The timeout as told last, and when; -1: none. */
int         watch_get_told_ms    (gint64 *when_us);
/* When the timeout would have been over that the last -1 took away; 0: it took none. */
gint64      watch_get_withdrawn_us (void);
/* (element-type WatchedFd): all descriptors that were ever told of, by number. */
GHashTable *watch_get_fds        (void);
guint       watch_count_announced (void);

/* conformance-server.h: the peer of the checks, a process of its own
 *
 * Speaks plain HTTP on a free port of 127.0.0.1. The target of a request says what happens:
 *
 *   /size/N        N bytes; the connection stays
 *   /close/N       the same, then the end of the connection
 *   /pieces/N      N times 100 bytes, one after the other
 *   /truncated/N   half of what is announced, then the end
 *   /empty, /bad   the end without a word; no HTTP
 *   /silent        no answer
 *   /held/N        held: N bytes after the next release
 *   /upload        held: the body is not read before the next release
 *   /leave/N       N bytes; held: the end of the connection at the next release
 *
 * It ends with the process that started it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define SERVER_PIECE_BYTES 100

typedef struct _Server Server;

/* NULL, and errno, if it could not be started. To be called before there are threads. */
Server *server_start      (void);
guint16 server_get_port   (Server *self);
/* How many requests were held so far. */
guint   server_count_held (Server *self);
/* Goes on with all that are held. */
void    server_release    (Server *self);

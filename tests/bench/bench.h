/* bench.h: what the programs of the bench share
 *
 * A program asks bench_start() before each request and says bench_finish() after it. The first requests
 * warm up, those behind them are measured. No request is begun when enough were, and the program ends
 * when all that were begun have ended: so each request has its system calls. What comes back wrong
 * ends the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

typedef struct
{
  gint64 wall_us;
  gint64 user_us;
  gint64 system_us;
  gint64 server_us; /* CPU of the server */
} BenchClock;

/* Signed where they come from the command line. */
typedef struct
{
  int         port;
  char       *path;
  char       *ca_file;     /* (nullable): then over TLS */
  char       *mode;        /* which of a program's ways */
  char       *output;      /* (nullable): a file to download into */
  int         server;      /* its process, or 0 */
  int         in_flight;
  int         warm_up;     /* requests that are not measured */
  int         requests;    /* those that are */
  int         seconds;     /* the longest time for either; 0: none */
  gint64      body_length; /* what each body must have */

  char       *uri;
  gint64      n_started;
  gint64      n_done;
  gint64      n_bytes;
  gint64      n_measured;
  gint64      n_last;      /* requests to start in all */
  gint64      next_mark;   /* requests done when a part ends */
  gint64      part_end_us; /* G_MAXINT64: no limit */
  gboolean    is_measuring;
  BenchClock  begin;
  BenchClock  end;
} Bench;

void     bench_init    (Bench *self,
                        int argc,
                        char **argv);
/* FALSE: no more requests. */
gboolean bench_start   (Bench *self);
void     bench_finish  (Bench *self,
                        unsigned int status,
                        gsize body_len);
gboolean bench_is_over (Bench *self);
/* One line of JSON. */
void     bench_report  (Bench *self);

/* All of a program is measured, and one body. */
void     bench_begin   (Bench *self);

void     bench_fail    (const char *format,
                        ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

/* For the floors: the request, and a socket that is connected. */
GString *bench_make_request (Bench *self);
int      bench_connect      (Bench *self);

/* A verified session on @fd, with blocking calls; ended with bench_close_tls(). */
gnutls_certificate_credentials_t bench_make_credentials (Bench *self);
gnutls_session_t                 bench_connect_tls      (int fd,
                                                         gnutls_certificate_credentials_t credentials);

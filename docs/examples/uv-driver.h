/* uv-driver.h: a multi of libmsa in a loop of libuv
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <msa.h>
#include <uv.h>

typedef struct _UvDriver UvDriver;

/* A transfer has ended. */
typedef void (*UvDriverFinished) (MsaEasy *easy,
                                  gpointer data);

/* @finished may be NULL. */
UvDriver *uv_driver_new  (uv_loop_t *loop,
                          MsaMulti *multi,
                          UvDriverFinished finished,
                          gpointer data);
/* Its handles close as the loop goes on to run. */
void      uv_driver_free (UvDriver *self);

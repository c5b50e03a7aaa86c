/* msa-conformance.h: what msa-conformance asks of the glue between a multi and a loop
 *
 * A shared object that includes this header and exports msa_conformance_get_glue() can be tried by
 * the program msa-conformance. It uses nothing that a program does not use, and links libmsa-1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <msa.h>

G_BEGIN_DECLS

/**
 * MSA_CONFORMANCE_VERSION:
 *
 * Goes up when [struct@ConformanceGlue] changes.
 */
#define MSA_CONFORMANCE_VERSION 1

/**
 * MsaConformanceDone:
 * @data: what was passed with it
 *
 * Says whether the loop may end. It may call any function of libmsa.
 *
 * Returns: %TRUE if it may
 */
typedef gboolean (*MsaConformanceDone) (gpointer data);

/**
 * MsaConformanceGlue:
 * @version: %MSA_CONFORMANCE_VERSION
 * @name: what to call it in reports
 * @attach: has @multi driven by a loop; gives what is passed to the others. %NULL: it cannot
 * @run_until: runs the loop until @done gives %TRUE, which is asked each time before the loop
 *   waits: %TRUE. %FALSE if @limit_us microseconds have passed first. Messages are read
 *   meanwhile, by [method@Multi.info_read], unless the multi is attached to a main context
 * @detach: ends that, and frees @handle. The multi may be attached again
 *
 * The glue, as a table. All functions are called in one thread.
 */
typedef struct
{
  guint       version;
  const char *name;
  gpointer  (*attach)    (MsaMulti *multi);
  gboolean  (*run_until) (gpointer handle,
                          MsaConformanceDone done,
                          gpointer data,
                          gint64 limit_us);
  void      (*detach)    (gpointer handle);
} MsaConformanceGlue;

/**
 * msa_conformance_get_glue:
 *
 * The one function that the shared object exports.
 *
 * Returns: (transfer none): the glue
 */
__attribute__ ((visibility ("default")))
const MsaConformanceGlue *msa_conformance_get_glue (void);

G_END_DECLS

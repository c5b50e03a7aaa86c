/* conformance-trial.h: one check of one glue: a multi, the server, and what is found
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conformance-server.h"
#include "conformance-watch.h"
#include "msa-conformance.h"

#include "msa-easy-options.h"

typedef struct _Trial Trial;

typedef struct
{
  const char *name;
  const char *clause;
  const char *expected; /* one sentence */
  void      (*run) (Trial *trial);
} Check;

struct _Trial
{
  const MsaConformanceGlue *glue;
  const Check *check;
  Server      *server;
  MsaMulti    *multi;       /* (owned) (nullable) */
  gpointer     handle;      /* (nullable): while it is attached */
  gint64       limit_us;    /* of each wait */
  GPtrArray   *easies;      /* (owned) (element-type MsaEasy): all that were made */
  guint        n_completed;
  guint        n_wanted;    /* for trial_run_completed() */
  gpointer     data;        /* the check's own */
  gboolean     is_untried;  /* run_until() did not run: what is missing tells nothing */
  int          report_fd;
};

typedef gboolean (*TrialDone) (Trial *trial);

/* Tables of checks, each ended by one without a name. */
extern const Check result_checks[];
extern const Check timer_checks[];
extern const Check socket_checks[];
extern const Check life_checks[];

/* Runs a check in this process; what it finds goes to @report_fd, see the head of
 * conformance-trial.c. */
void     trial_perform (const MsaConformanceGlue *glue,
                        const Check *check,
                        gint64 limit_us,
                        Server *server,
                        int report_fd);

/* For the checks. A new multi is there, and attached. */

/* What was seen, against the check's own clause and sentence. */
void     trial_broken  (Trial *trial,
                        const char *format,
                        ...) G_GNUC_PRINTF (2, 3);
/* The same, where nothing happened any more: adds what was due. */
void     trial_stalled (Trial *trial,
                        const char *format,
                        ...) G_GNUC_PRINTF (2, 3);
/* The check does not concern this glue. */
void     trial_skip    (Trial *trial,
                        const char *reason);

/* Another multi, once the one before has gone. */
void     trial_watch_new (Trial *trial);
void     trial_attach  (Trial *trial);
void     trial_detach  (Trial *trial);

/* A transfer of the server's @target (see conformance-server.h). */
MsaEasy *trial_make     (Trial *trial,
                         const char *target);
/* Its delivery is counted. */
MsaEasy *trial_make_counted (Trial *trial,
                             const char *target);
void     trial_add      (Trial *trial,
                         MsaEasy *easy);

/* Runs the glue: FALSE if the limit has passed first. */
gboolean trial_run      (Trial *trial,
                         TrialDone done);
/* Until @n were delivered in all; FALSE, and it is told, if they were not. */
gboolean trial_run_completed (Trial *trial,
                              guint n);
/* Until @n requests were held; the same. */
gboolean trial_run_held (Trial *trial,
                         guint n);
/* For that long, whatever happens. */
void     trial_rest     (Trial *trial,
                         guint ms);
/* How many calls there were meanwhile. */
guint    trial_rest_counting (Trial *trial,
                              guint ms);

gboolean trial_is_by_callbacks (Trial *trial);

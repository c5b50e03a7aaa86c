/* msa-easy-private.h: the side of MsaEasy that options and multi use
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-question-private.h"
#include "msa-callback-private.h"
#include "msa-multi.h"

/* What a multi keeps with each easy that is added to it. */
typedef struct
{
  MsaMulti    *multi;    /* (unowned) (nullable): it holds the easy, and clears this before it goes */
  MsaTransfer *transfer; /* (owned) (nullable): the current or last run */
  GList        link;     /* among the multi's easies */
  gpointer     run;      /* (unowned) (nullable): the pending asynchronous call */
} MsaMembership;

struct _MsaEasy
{
  GObject       parent_instance;

  MsaSettings  *settings;        /* (owned): shared with runs; changed through edit_settings() */
  MsaSettings  *filled;          /* (owned) (nullable): settings with the multi's defaults */
  MsaTlsConfig *filled_with;     /* (unowned): the default in filled, which holds it */
  MsaHeaders   *request_headers; /* (owned) (nullable): until somebody asks for it */
  guint         headers_serial;  /* of request_headers, when settings took a copy */
  MsaHeaders   *request_trailers; /* (owned) (nullable): made at first use */
  guint         trailers_serial; /* as headers_serial */
  /* Where the body goes: at most one of these; none: it is kept in memory. */
  MsaCallback  *write;           /* (owned) (nullable) */
  GOutputStream *output_stream;  /* (owned) (nullable) */
  GFile        *output_file;     /* (owned) (nullable) */
  MsaMembership membership;
  MsaMulti     *own_multi;       /* (owned) (nullable): of run_sync() */
};

MsaMembership     *msa_easy_get_membership (MsaEasy *self);

const MsaSettings *msa_easy_peek_settings (MsaEasy *self);
/* To be changed by the caller: no transfer sees it. */
MsaSettings       *msa_easy_edit_settings (MsaEasy *self);

/* What a run that begins now goes by; @tls_config fills in where the easy has none. */
MsaSettings       *msa_easy_take_snapshot (MsaEasy *self,
                                           MsaTlsConfig *tls_config);

void               msa_easy_notify_state  (MsaEasy *self);

/* msa-easy-body.c */

MsaSink           *msa_easy_make_sink     (MsaEasy *self,
                                           MsaReactor *reactor);
/* The body is kept in memory. */
void               msa_easy_clear_output  (MsaEasy *self);

/* msa-easy-signals.c */

void               msa_easy_install_signals    (GObjectClass *klass);
gboolean           msa_easy_hears_completed    (MsaEasy *self);
void               msa_easy_emit_completed     (MsaEasy *self,
                                                const GError *error);
gboolean           msa_easy_wants_data         (MsaEasy *self);
void               msa_easy_emit_data          (MsaEasy *self,
                                                GBytes *part);
gboolean           msa_easy_wants_progress     (MsaEasy *self);
void               msa_easy_emit_progress      (MsaEasy *self);
/* What a handler is there for. */
MsaAsks            msa_easy_get_answerable     (MsaEasy *self);
/* Asks what @connection has to know. TRUE if a handler has taken it upon itself. */
gboolean           msa_easy_emit_question      (MsaEasy *self,
                                                MsaQuestion *question,
                                                MsaConnection *connection);
gboolean           msa_easy_wants_trace        (MsaEasy *self);
void               msa_easy_emit_trace         (MsaEasy *self,
                                                const char *topic,
                                                const char *message);
void               msa_easy_emit_headers       (MsaEasy *self);
void               msa_easy_emit_informational (MsaEasy *self,
                                                guint status,
                                                MsaHeaders *headers);

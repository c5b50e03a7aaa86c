/* msa-log-private.h: trace lines by topic
 *
 * The engine embeds one MsaLog and lends it to the layers below. A line of a topic that nobody
 * listens to costs one test: its arguments are not even evaluated. What MSA_DEBUG names goes to
 * GLib's structured log, at debug level in the domain "msa", so that G_MESSAGES_DEBUG and the
 * program's own writer decide what becomes of it; hear() is told of every line. A line as a whole
 * passes through msa_mask_append(); a field's value does through msa_mask_field() before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

/* The topic says whose id a line carries. */
typedef enum
{
  MSA_LOG_MULTI,    /* none */
  MSA_LOG_TRANSFER, /* the transfer's */
  MSA_LOG_CONN,     /* this one and those below but for the timer: the connection's */
  MSA_LOG_SOCKET,
  MSA_LOG_TIMER,    /* none */
  MSA_LOG_DNS,
  MSA_LOG_TLS,
  MSA_LOG_HTTP,
} MsaLogTopic;

typedef enum
{
  MSA_LOG_OF_NONE,
  MSA_LOG_OF_TRANSFER,
  MSA_LOG_OF_CONNECTION,
} MsaLogOwner;

typedef struct
{
  const char *topic; /* static */
  MsaLogOwner owner;
  guint64     id;    /* of the owner */
  const char *text;  /* with time and id */
} MsaLogLine;

typedef struct
{
  guint    topics;  /* bit set over MsaLogTopic: what anybody listens to; 0: silent */
  guint    printed; /* of these, what goes to GLib's log */
  gint64 (*now_us) (gpointer data); /* (nullable): without it lines have no time */
  void   (*hear)   (gpointer data, const MsaLogLine *line); /* (nullable): only takes note */
  gpointer data;    /* of both */
} MsaLog;

/* What a layer traces by. */
typedef struct
{
  MsaLog *log;    /* (unowned) (nullable) */
  guint64 serial; /* of the connection */
} MsaLogContext;

/* @debug is the value of MSA_DEBUG: topics in lower case with commas between, or "all".
 * Spaces around a topic and topics that are not known are passed over. */
void msa_log_init (MsaLog *self,
                   const char *debug);
/* Whether hear() is told. */
void msa_log_set_heard (MsaLog *self,
                        gboolean heard);
/* Use MSA_TRACE. */
void msa_log_write (const MsaLog *self,
                    MsaLogTopic topic,
                    guint64 id,
                    const char *format,
                    ...) G_GNUC_PRINTF (4, 5);

static inline gboolean
msa_log_has_topic (const MsaLog *self,
                   MsaLogTopic topic)
{
  return self != NULL && (self->topics & (1u << topic)) != 0;
}

/* MSA_TRACE (log, CONN, serial, "%s -> %s", from, to): @log may be NULL. */
#define MSA_TRACE(log, TOPIC, id, ...) \
  G_STMT_START \
  { \
    if (G_UNLIKELY (msa_log_has_topic ((log), MSA_LOG_##TOPIC))) \
      msa_log_write ((log), MSA_LOG_##TOPIC, (id), __VA_ARGS__); \
  } \
  G_STMT_END

/* The same by an MsaLogContext. */
#define MSA_TRACE_BY(context, TOPIC, ...) \
  MSA_TRACE ((context).log, TOPIC, (context).serial, __VA_ARGS__)

/* msa-log-private.h: trace lines by topic
 *
 * The engine embeds one MsaLog and lends it to the layers below. A line of a topic
 * that is off costs one test: its arguments are not even evaluated. What is on goes
 * to GLib's structured log, at debug level in the domain "msa", so that G_MESSAGES_DEBUG
 * and the program's own writer decide what becomes of it. Secrets are not traced:
 * values of fields pass through msa_log_mask_field().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-slice-private.h"

typedef enum
{
  MSA_LOG_MULTI,
  MSA_LOG_TRANSFER,
  MSA_LOG_CONN,
  MSA_LOG_SOCKET,
  MSA_LOG_TIMER,
  MSA_LOG_DNS,
  MSA_LOG_TLS,
  MSA_LOG_HTTP,
} MsaLogTopic;

typedef struct
{
  guint topics; /* bit set over MsaLogTopic; 0: silent */
} MsaLog;

/* @debug is the value of MSA_DEBUG: topics in lower case with commas between, or "all".
 * Spaces around a topic and topics that are not known are passed over. */
void msa_log_init (MsaLog *self,
                   const char *debug);
/* Use MSA_TRACE. */
void msa_log_write (MsaLogTopic topic,
                    guint64 id,
                    const char *format,
                    ...) G_GNUC_PRINTF (3, 4);

/* @value, or what stands for it in a trace if fields of this name carry secrets. */
const char *msa_log_mask_field (MsaSlice name,
                                const char *value);

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
      msa_log_write (MSA_LOG_##TOPIC, (id), __VA_ARGS__); \
  } \
  G_STMT_END

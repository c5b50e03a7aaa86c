/* msa-log.c: trace lines by topic
 *
 * Keeps no state: who listens to what stands in the caller's MsaLog, and what becomes of a line is
 * GLib's affair, or that of whoever hears it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-log-private.h"

#include "base/msa-limits-private.h"
#include "base/msa-mask-private.h"

#define DOMAIN "msa"
#define MAX_NUMBER_TEXT 21 /* the digits of 2^64-1, and the NUL */

static const struct
{
  const char *name;
  MsaLogOwner owner;
} topics[] = {
  [MSA_LOG_MULTI] = { "multi", MSA_LOG_OF_NONE },
  [MSA_LOG_TRANSFER] = { "transfer", MSA_LOG_OF_TRANSFER },
  [MSA_LOG_CONN] = { "conn", MSA_LOG_OF_CONNECTION },
  [MSA_LOG_SOCKET] = { "socket", MSA_LOG_OF_CONNECTION },
  [MSA_LOG_TIMER] = { "timer", MSA_LOG_OF_NONE },
  [MSA_LOG_DNS] = { "dns", MSA_LOG_OF_CONNECTION },
  [MSA_LOG_TLS] = { "tls", MSA_LOG_OF_CONNECTION },
  [MSA_LOG_HTTP] = { "http", MSA_LOG_OF_CONNECTION },
};

/* In the text, and as the name of the structured log's field. */
static const struct
{
  const char *name;
  const char *field;
} owners[] = {
  [MSA_LOG_OF_NONE] = { NULL, NULL },
  [MSA_LOG_OF_TRANSFER] = { "transfer", "MSA_TRANSFER" },
  [MSA_LOG_OF_CONNECTION] = { "conn", "MSA_CONNECTION" },
};

#define ALL_TOPICS ((1u << G_N_ELEMENTS (topics)) - 1)

static guint
find_topics (const char *name)
{
  if (g_str_equal (name, "all"))
    return ALL_TOPICS;

  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    {
      if (g_str_equal (name, topics[i].name))
        return 1u << i;
    }
  return 0;
}

void
msa_log_init (MsaLog *self,
              const char *debug)
{
  g_auto (GStrv) names = NULL;

  *self = (MsaLog) { .topics = 0 };
  if (debug == NULL)
    return;

  names = g_strsplit (debug, ",", -1);
  for (guint i = 0; names[i] != NULL; i++)
    self->printed |= find_topics (g_strstrip (names[i]));
  self->topics = self->printed;
}

void
msa_log_set_heard (MsaLog *self,
                   gboolean heard)
{
  self->topics = heard ? ALL_TOPICS : self->printed;
}

/* What stands before a line's own words. */
static GString *
begin_text (const MsaLogLine *line,
            gint64 now_us)
{
  GString *text = g_string_new (NULL);

  if (now_us >= 0)
    g_string_append_printf (text, "%" G_GINT64_FORMAT ".%06d ", now_us / G_USEC_PER_SEC,
                            (int) (now_us % G_USEC_PER_SEC));
  if (line->owner != MSA_LOG_OF_NONE)
    g_string_append_printf (text, "[%s %" G_GUINT64_FORMAT "] ", owners[line->owner].name,
                            line->id);

  return text;
}

static void
print (const MsaLogLine *line,
       gint64 now_us)
{
  g_autofree gchar *message = g_strdup_printf ("[%s] %s", line->topic, line->text);
  char time_text[MAX_NUMBER_TEXT];
  char id_text[MAX_NUMBER_TEXT];
  GLogField fields[] = {
    { "GLIB_DOMAIN", DOMAIN, -1 },
    { "PRIORITY", "7", -1 },
    { "MESSAGE", message, -1 },
    { "MSA_TOPIC", line->topic, -1 },
    { "MSA_TIME_US", time_text, -1 },
    { owners[line->owner].field, id_text, -1 },
  };

  g_snprintf (time_text, sizeof (time_text), "%" G_GINT64_FORMAT, now_us);
  g_snprintf (id_text, sizeof (id_text), "%" G_GUINT64_FORMAT, line->id);
  g_log_structured_array (G_LOG_LEVEL_DEBUG, fields,
                          G_N_ELEMENTS (fields) - (line->owner == MSA_LOG_OF_NONE));
}

void
msa_log_write (const MsaLog *self,
               MsaLogTopic topic,
               guint64 id,
               const char *format,
               ...)
{
  MsaLogLine line = { topics[topic].name, topics[topic].owner, id, NULL };
  gint64 now_us = self->now_us != NULL ? self->now_us (self->data) : -1;
  GString *text = begin_text (&line, now_us);
  g_autofree gchar *words = NULL;
  va_list args;

  va_start (args, format);
  words = g_strdup_vprintf (format, args);
  va_end (args);
  msa_mask_append (text, msa_slice_from_string (words), MSA_MAX_TRACE_LINE_BYTES);
  line.text = text->str;

  if ((self->printed & (1u << topic)) != 0)
    print (&line, now_us);
  if (self->hear != NULL)
    self->hear (self->data, &line);
  g_string_free (text, TRUE);
}

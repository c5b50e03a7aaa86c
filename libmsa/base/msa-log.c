/* msa-log.c: trace lines by topic
 *
 * Keeps no state: which topics are on stands in the caller's MsaLog, and what
 * becomes of a line is GLib's affair. May be called in any thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-log-private.h"

#define DOMAIN "msa"
#define MAX_ID_TEXT 21 /* the digits of 2^64-1, and the NUL */

static const char *const topic_names[] = {
  [MSA_LOG_MULTI] = "multi",
  [MSA_LOG_TRANSFER] = "transfer",
  [MSA_LOG_CONN] = "conn",
  [MSA_LOG_SOCKET] = "socket",
  [MSA_LOG_TIMER] = "timer",
  [MSA_LOG_DNS] = "dns",
  [MSA_LOG_TLS] = "tls",
  [MSA_LOG_HTTP] = "http",
};

static guint
find_topics (const char *name)
{
  if (g_str_equal (name, "all"))
    return (1u << G_N_ELEMENTS (topic_names)) - 1;

  for (guint i = 0; i < G_N_ELEMENTS (topic_names); i++)
    {
      if (g_str_equal (name, topic_names[i]))
        return 1u << i;
    }
  return 0;
}

void
msa_log_init (MsaLog *self,
              const char *debug)
{
  g_auto (GStrv) names = NULL;

  self->topics = 0;
  if (debug == NULL)
    return;

  names = g_strsplit (debug, ",", -1);
  for (guint i = 0; names[i] != NULL; i++)
    self->topics |= find_topics (g_strstrip (names[i]));
}

void
msa_log_write (MsaLogTopic topic,
               guint64 id,
               const char *format,
               ...)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *message = NULL;
  char id_text[MAX_ID_TEXT];
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_snprintf (id_text, sizeof (id_text), "%" G_GUINT64_FORMAT, id);
  message = g_strdup_printf ("[%s %s] %s", topic_names[topic], id_text, text);

  {
    const GLogField fields[] = {
      { "GLIB_DOMAIN", DOMAIN, -1 },
      { "PRIORITY", "7", -1 },
      { "MESSAGE", message, -1 },
      { "MSA_TOPIC", topic_names[topic], -1 },
      { "MSA_ID", id_text, -1 },
    };

    g_log_structured_array (G_LOG_LEVEL_DEBUG, fields, G_N_ELEMENTS (fields));
  }
}

const char *
msa_log_mask_field (MsaSlice name,
                    const char *value)
{
  static const MsaSlice secret[] = {
    { "authorization", 13 },
    { "proxy-authorization", 19 },
    { "cookie", 6 },
    { "set-cookie", 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (secret); i++)
    {
      if (msa_slice_equal_ci (name, secret[i]))
        return "(masked)";
    }
  return value;
}

/* msa-trace.c: trace lines of a transfer, kept until the application can be told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-trace-private.h"

#include "base/msa-limits-private.h"
#include "engine/msa-engine-private.h"

typedef struct
{
  const char *topic; /* static */
  gchar *text;       /* (owned) */
} Line;

static void
line_free (gpointer data)
{
  Line *self = data;

  g_free (self->text);
  g_free (self);
}

void
msa_traces_init (MsaTraces *self)
{
  self->transfers = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->connections = g_hash_table_new (g_int64_hash, g_int64_equal);
}

void
msa_traces_clear (MsaTraces *self)
{
  g_assert (g_hash_table_size (self->transfers) == 0 && self->due.length == 0);

  g_hash_table_unref (self->transfers);
  g_hash_table_unref (self->connections);
}

/* Starting and ending */

void
msa_trace_start (MsaTransfer *transfer)
{
  MsaEngine *engine = transfer->engine;

  transfer->trace = g_new0 (MsaTrace, 1);
  transfer->trace->link.data = transfer;
  g_hash_table_insert (engine->traces.transfers, &transfer->serial, transfer);
  msa_log_set_heard (&engine->log, TRUE);
}

static void
make_not_due (MsaEngine *engine,
              MsaTrace *trace)
{
  if (trace->due)
    g_queue_unlink (&engine->traces.due, &trace->link);
  trace->due = FALSE;
}

void
msa_trace_end (MsaEngine *engine,
               MsaTransfer *transfer)
{
  MsaTrace *trace = g_steal_pointer (&transfer->trace);

  make_not_due (engine, trace);
  g_hash_table_remove (engine->traces.transfers, &transfer->serial);
  g_queue_clear_full (&trace->lines, line_free);
  g_free (trace);
  if (g_hash_table_size (engine->traces.transfers) == 0)
    msa_log_set_heard (&engine->log, FALSE);
}

void
msa_trace_attach (MsaEngine *engine,
                  MsaTransfer *transfer)
{
  MsaConnection *connection = transfer->connection;

  if (transfer->trace != NULL)
    g_hash_table_insert (engine->traces.connections, &connection->serial, transfer);
  MSA_TRACE (&engine->log, TRANSFER, transfer->serial, "on [conn %" G_GUINT64_FORMAT "], %s",
             connection->serial, connection->n_streams > 0 ? "used before" : "new");
}

void
msa_trace_detach (MsaEngine *engine,
                  MsaTransfer *transfer)
{
  g_hash_table_remove (engine->traces.connections, &transfer->connection->serial);
}

/* Keeping */

static void
make_due (MsaEngine *engine,
          MsaTrace *trace)
{
  if (trace->due)
    return;

  trace->due = TRUE;
  g_queue_push_tail_link (&engine->traces.due, &trace->link);
}

void
msa_traces_hear (gpointer data,
                 const MsaLogLine *line)
{
  MsaEngine *engine = data;
  MsaTransfer *transfer = NULL;
  Line *kept;

  if (line->owner == MSA_LOG_OF_TRANSFER)
    transfer = g_hash_table_lookup (engine->traces.transfers, &line->id);
  else if (line->owner == MSA_LOG_OF_CONNECTION)
    transfer = g_hash_table_lookup (engine->traces.connections, &line->id);
  if (transfer == NULL)
    return;

  if (transfer->trace->lines.length >= MSA_MAX_TRACE_LINES)
    {
      line_free (g_queue_pop_head (&transfer->trace->lines));
      transfer->trace->n_lost++;
    }
  kept = g_new (Line, 1);
  *kept = (Line) { line->topic, g_strdup (line->text) };
  g_queue_push_tail (&transfer->trace->lines, kept);
  make_due (engine, transfer->trace);
}

/* Telling */

MsaTransfer *
msa_traces_take_due (MsaEngine *engine)
{
  MsaTransfer *transfer = g_queue_peek_head (&engine->traces.due);

  if (transfer != NULL)
    make_not_due (engine, transfer->trace);

  return transfer;
}

void
msa_trace_look_again (MsaEngine *engine,
                      MsaTransfer *transfer)
{
  if (transfer->trace->lines.length > 0)
    make_due (engine, transfer->trace);
}

/* NULL: nothing is left to tell, or nobody to tell it of. */
static Line *
take_line (MsaTransfer *transfer)
{
  MsaTrace *trace = transfer->trace;
  Line *line;

  if (trace == NULL)
    return NULL;
  if (trace->n_lost == 0)
    return g_queue_pop_head (&trace->lines);

  line = g_new (Line, 1);
  *line = (Line) { "transfer", g_strdup_printf ("(%u older lines were lost)", trace->n_lost) };
  trace->n_lost = 0;

  return line;
}

void
msa_trace_tell (MsaEngine *engine,
                MsaTransfer *transfer)
{
  Line *line;

  if (!msa_engine_begin_telling (engine, transfer))
    return;

  while ((line = take_line (transfer)) != NULL)
    {
      engine->client->trace (engine->client_data, transfer, line->topic, line->text);
      line_free (line);
    }
  msa_engine_end_telling (engine, transfer);
}

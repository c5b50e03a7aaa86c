/* msa-exchange-connect.c: a transfer whose connection is being made
 *
 * Drives the connection, and asks the application what only that can say: about addresses, a
 * peer in doubt, the password of a key. Meanwhile the connection is busy, so that a nested
 * dispatch passes it over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-exchange-parts-private.h"

#include "engine/msa-transfer-clock-private.h"

void
msa_exchange_note_connecting (MsaTransfer *transfer,
                              const MsaConnection *connection)
{
  gint64 started_us = transfer->times.at_us[MSA_PHASE_STARTED];

  /* It counts for the connection's first exchange alone. */
  if (connection->n_streams > 0)
    {
      transfer->times.reused = TRUE;
      return;
    }

  transfer->times = connection->times;
  transfer->times.at_us[MSA_PHASE_STARTED] = started_us;
}

void
msa_exchange_note_peer (MsaTransfer *transfer,
                        const MsaConnection *connection)
{
  g_clear_pointer (&transfer->peer_chain, g_ptr_array_unref);
  if (connection->peer_chain != NULL)
    transfer->peer_chain = g_ptr_array_ref (connection->peer_chain);
  transfer->peer_flags = msa_connection_get_peer_flags (connection);
}

static void
take_answer (MsaEngine *engine,
             MsaConnection *connection)
{
  const char *text;
  gboolean yes;

  if (connection->question == NULL ||
      !msa_question_get_answer (connection->question, &yes, &text))
    return;

  MSA_TRACE (&engine->log, CONN, connection->serial, "the answer is %s", yes ? "yes" : "no");
  msa_connection_answer (connection, yes, text, engine->now_us);
  g_clear_pointer (&connection->question, msa_question_drop);
}

/* Nobody has taken it: whatever was said meanwhile does not count. */
static void
refuse (MsaEngine *engine,
        MsaConnection *connection)
{
  if (connection->question == NULL)
    return;

  g_clear_pointer (&connection->question, msa_question_drop);
  msa_connection_answer (connection, FALSE, NULL, engine->now_us);
  msa_engine_wake_connection (engine, connection);
}

/* The answer comes at once, and may be a socket. */
static void
ask_about_address (MsaEngine *engine,
                   MsaConnection *connection)
{
  g_autoptr (GSocket) socket = NULL;
  MsaAddress address;
  gboolean allowed;

  msa_connection_get_address (connection, &address);
  allowed = engine->client->ask_about_address (engine->client_data, connection->stream, &address,
                                               &socket);
  if (connection->state == MSA_CONNECTION_CLOSED)
    return;

  msa_connection_answer_address (connection, allowed, g_steal_pointer (&socket));
  msa_engine_wake_connection (engine, connection);
}

/* The answer may come at once: that is taken up by the next round. */
static void
ask_to_decide (MsaEngine *engine,
               MsaConnection *connection)
{
  g_autoptr (MsaQuestion) question = msa_question_new (engine, connection);

  connection->question = msa_question_ref (question);
  if (!engine->client->ask (engine->client_data, connection->stream, question))
    refuse (engine, connection);
}

/* Application code runs. */
static void
ask (MsaEngine *engine,
     MsaConnection *connection)
{
  MsaTransfer *transfer = msa_transfer_ref (connection->stream);

  /* Not underneath another handler of the transfer. */
  if (transfer->telling)
    {
      connection->again = TRUE;
      msa_transfer_unref (transfer);
      return;
    }

  MSA_TRACE (&engine->log, CONN, connection->serial, "the application is asked");
  connection->busy = TRUE;
  if (msa_exchange_settle (engine, transfer))
    {
      if (msa_connection_get_asks (connection) == MSA_ASKS_ADDRESS)
        ask_about_address (engine, connection);
      else
        ask_to_decide (engine, connection);
    }
  connection->busy = FALSE;
  engine->scheduler.reap_due |= connection->doomed;
  msa_exchange_end_busy (engine, transfer);
  if (connection->again)
    msa_engine_wake_connection (engine, connection);
  connection->again = FALSE;
  msa_transfer_unref (transfer);
}

void
msa_exchange_drive_connecting (MsaEngine *engine,
                               MsaConnection *connection)
{
  MsaTransfer *transfer = connection->stream;
  GError *error = NULL;

  take_answer (engine, connection);
  switch (msa_connection_connect (connection, engine->now_us, &error))
    {
    case MSA_IO_DONE:
      msa_exchange_begin (engine, transfer);
      if (transfer->clocked)
        msa_transfer_clock_check (transfer);
      break;
    case MSA_IO_AGAIN:
      if (connection->question == NULL && msa_connection_get_asks (connection) != MSA_ASKS_NOTHING)
        ask (engine, connection);
      break;
    case MSA_IO_END:
    case MSA_IO_ERROR:
    default:
      msa_exchange_note_peer (transfer, connection);
      msa_transfer_interrupt (transfer, error);
      break;
    }
}

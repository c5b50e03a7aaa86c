/* msa-race.c: the first of several addresses that answers
 *
 * Sockets only: what is spoken above begins on the winner alone, so that no peer sees a
 * handshake that is then dropped. Looking names up lives in net/msa-resolver.c, which also
 * gives the order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-race-private.h"

#include "base/msa-container-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"

static void
delay_over_cb (MsaTimer *timer,
               gint64 now_us)
{
  MsaRace *self = MSA_CONTAINER_OF (timer, MsaRace, timer);

  self->delay_over = TRUE;
  self->wake (self);
}

static void
socket_ready_cb (gpointer user_data,
                 MsaSocketEvents events,
                 gint64 now_us)
{
  MsaRunner *runner = user_data;
  MsaRace *self = runner->race;

  if (events == MSA_SOCKET_NONE)
    runner->unwatchable = TRUE;
  self->wake (self);
}

void
msa_race_init (MsaRace *self,
               MsaReactor *reactor,
               void (*wake) (MsaRace *self))
{
  *self = (MsaRace) { .reactor = reactor, .wake = wake };
  self->timer.expired = delay_over_cb;
  for (guint i = 0; i < MSA_MAX_RUNNERS; i++)
    self->runners[i].race = self;
}

static void
stop_runner (MsaRace *self,
             MsaRunner *runner)
{
  g_clear_pointer (&runner->socket, msa_filter_free);
  self->n_running--;
}

static void
stop_all (MsaRace *self)
{
  for (guint i = 0; i < MSA_MAX_RUNNERS; i++)
    if (self->runners[i].socket != NULL)
      stop_runner (self, &self->runners[i]);
  msa_reactor_remove_timer (self->reactor, &self->timer);
}

void
msa_race_clear (MsaRace *self)
{
  stop_all (self);
  g_clear_pointer (&self->addresses, msa_addresses_unref);
  g_clear_pointer (&self->tried, g_array_unref);
  g_clear_object (&self->handed);
  if (self->failures != NULL)
    g_string_free (g_steal_pointer (&self->failures), TRUE);
}

void
msa_race_begin (MsaRace *self,
                MsaAddresses *addresses,
                guint16 port)
{
  msa_race_clear (self);
  self->addresses = msa_addresses_ref (addresses);
  self->port = port;
  self->next = 0;
  self->delay_over = TRUE;
  self->more_to_come = FALSE;
  self->gate = MSA_GATE_NONE;
}

void
msa_race_join (MsaRace *self,
               MsaAddresses *addresses)
{
  if (self->tried == NULL)
    self->tried = g_array_new (FALSE, FALSE, sizeof (MsaAddress));
  g_array_append_vals (self->tried, self->addresses->addresses, self->next);
  msa_addresses_unref (self->addresses);
  self->addresses = msa_addresses_ref (addresses);
  self->next = 0;
}

static gboolean
was_tried (const MsaRace *self,
           const MsaAddress *address)
{
  for (guint i = 0; self->tried != NULL && i < self->tried->len; i++)
    {
      const MsaAddress *other = &g_array_index (self->tried, MsaAddress, i);

      if (other->len == address->len && memcmp (&other->addr, &address->addr, address->len) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
has_next (MsaRace *self)
{
  while (self->next < self->addresses->n_addresses &&
         was_tried (self, &self->addresses->addresses[self->next]))
    self->next++;

  return self->next < self->addresses->n_addresses;
}

/* Every address's own cause is told: which of them matters, only the reader knows. */
static void
note_failure (MsaRace *self,
              const GError *error)
{
  gboolean first = self->failures == NULL;

  if (first)
    self->failures = g_string_new (NULL);
  else
    g_string_append (self->failures, "; ");
  g_string_append (self->failures, error->message);
  /* A local end that does not suit some of the addresses is not why the others failed. */
  if (first || error->code != MSA_ERROR_BIND)
    self->last_code = error->code;
}

static MsaIo
connect_runner (MsaRunner *runner,
                gint64 now_us,
                GError **error)
{
  if (!runner->unwatchable)
    return msa_filter_connect (runner->socket, now_us, error);

  g_set_error (error, MSA_ERROR, MSA_ERROR_CONNECT,
               "Connecting to %s failed: The system watches no more descriptors",
               msa_socket_get_peer (runner->socket));
  return MSA_IO_ERROR;
}

/* TRUE: it has won. */
static gboolean
drive_runner (MsaRace *self,
              MsaRunner *runner,
              gint64 now_us)
{
  g_autoptr (GError) error = NULL;

  switch (connect_runner (runner, now_us, &error))
    {
    case MSA_IO_DONE:
      return TRUE;
    case MSA_IO_AGAIN:
      msa_socket_want (runner->socket, msa_filter_wants (runner->socket));
      return FALSE;
    case MSA_IO_END:
    case MSA_IO_ERROR:
    default:
      note_failure (self, error);
      stop_runner (self, runner);
      /* One that failed does not keep the next waiting. */
      self->delay_over = TRUE;
      return FALSE;
    }
}

static MsaFilter *
take_winner (MsaRace *self,
             MsaRunner *runner)
{
  MsaFilter *winner = g_steal_pointer (&runner->socket);

  self->n_running--;
  stop_all (self);

  return winner;
}

static MsaRunner *
start_runner (MsaRace *self,
              gint64 now_us)
{
  gboolean was_asked = self->gate == MSA_GATE_OPEN;
  MsaAddress address = was_asked ? self->allowed : self->addresses->addresses[self->next++];
  MsaRunner *runner = self->runners;

  while (runner->socket != NULL)
    runner++;
  msa_address_set_port (&address, self->port);
  runner->socket = msa_socket_new (self->reactor, &address, self->local, socket_ready_cb, runner);
  if (self->handed != NULL)
    msa_socket_take_over (runner->socket, g_steal_pointer (&self->handed));
  if (was_asked)
    self->gate = MSA_GATE_SHUT;
  runner->socket->trace = self->trace;
  runner->unwatchable = FALSE;
  self->n_running++;
  self->delay_over = FALSE;
  /* Addresses that join later have the same delay to wait for. */
  msa_reactor_set_timer (self->reactor, &self->timer,
                         has_next (self) || self->more_to_come ? now_us + self->delay_us
                                                               : G_MAXINT64);

  return runner;
}

static gboolean
may_start (MsaRace *self)
{
  if (!self->delay_over || self->n_running == MSA_MAX_RUNNERS)
    return FALSE;
  if (self->gate == MSA_GATE_OPEN)
    return TRUE;
  if (!has_next (self))
    return FALSE;
  if (self->gate == MSA_GATE_SHUT)
    self->gate = MSA_GATE_ASKING;

  return self->gate != MSA_GATE_ASKING;
}

gboolean
msa_race_get_asked (MsaRace *self,
                    MsaAddress *address)
{
  if (self->gate != MSA_GATE_ASKING || !has_next (self))
    return FALSE;

  *address = self->addresses->addresses[self->next];
  msa_address_set_port (address, self->port);
  return TRUE;
}

static void
note_refusal (MsaRace *self)
{
  g_autofree char *address = NULL;
  g_autoptr (GError) error = NULL;
  MsaAddress refused;

  msa_race_get_asked (self, &refused);
  address = msa_address_to_string (&refused);
  error = g_error_new (MSA_ERROR, MSA_ERROR_CONNECT, "The application refused %s", address);
  note_failure (self, error);
}

void
msa_race_answer (MsaRace *self,
                 gboolean allowed,
                 GSocket *socket)
{
  /* Before it is tried, others may join, and stand before it. */
  if (allowed)
    {
      self->allowed = self->addresses->addresses[self->next++];
      self->handed = socket;
      self->gate = MSA_GATE_OPEN;
      return;
    }

  g_clear_object (&socket);
  note_refusal (self);
  self->next++;
  self->gate = MSA_GATE_SHUT;
}

void
msa_race_rest (MsaRace *self)
{
  for (guint i = 0; i < MSA_MAX_RUNNERS; i++)
    if (self->runners[i].socket != NULL)
      msa_socket_want (self->runners[i].socket, MSA_SOCKET_NONE);
}

MsaIo
msa_race_drive (MsaRace *self,
                gint64 now_us,
                MsaFilter **winner,
                GError **error)
{
  MsaRunner *first = NULL;

  for (guint i = 0; i < MSA_MAX_RUNNERS && first == NULL; i++)
    if (self->runners[i].socket != NULL && drive_runner (self, &self->runners[i], now_us))
      first = &self->runners[i];

  while (first == NULL && may_start (self))
    {
      MsaRunner *runner = start_runner (self, now_us);

      if (drive_runner (self, runner, now_us))
        first = runner;
    }

  if (first != NULL)
    {
      *winner = take_winner (self, first);
      return MSA_IO_DONE;
    }
  if (self->n_running > 0 || self->more_to_come ||
      (self->gate == MSA_GATE_ASKING && has_next (self)))
    return MSA_IO_AGAIN;

  stop_all (self);
  g_set_error_literal (error, MSA_ERROR, self->last_code, self->failures->str);
  return MSA_IO_ERROR;
}

/* msa-connection.c: one transport to a peer
 *
 * The machine from look-up to close, with its table of edges. Whether to build, share or
 * close a connection is the engine's to decide; idle ones are kept by msa-conn-pool.c. How long
 * connecting may take is msa-connection-clock.c, what has to be asked first
 * msa-connection-ask.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-connection-parts-private.h"

#include "base/msa-container-private.h"
#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "net/msa-socket-private.h"
#include "proto/http1/msa-http1-session-private.h"

#define TO(s) (1u << MSA_CONNECTION_##s)

static const struct
{
  const char *name;
  guint next; /* bit set: states allowed after this one */
} states[] = {
  [MSA_CONNECTION_NEW] = { "new", TO (RESOLVING) | TO (CLOSED) },
  [MSA_CONNECTION_RESOLVING] = { "resolving", TO (CONNECTING) | TO (CLOSED) },
  [MSA_CONNECTION_CONNECTING] = { "connecting", TO (OPEN) | TO (CLOSED) },
  [MSA_CONNECTION_OPEN] = { "open", TO (CHECKING) | TO (SHUTTING) | TO (CLOSED) },
  [MSA_CONNECTION_CHECKING] = { "checking", TO (OPEN) | TO (CLOSED) },
  [MSA_CONNECTION_SHUTTING] = { "shutting", TO (CLOSED) },
  [MSA_CONNECTION_CLOSED] = { "closed", 0 },
};

static void
set_state (MsaConnection *self,
           MsaConnectionState state)
{
  g_assert ((states[self->state].next & (1u << state)) != 0);

  MSA_TRACE (self->env->reactor->log, CONN, self->serial, "%s -> %s", states[self->state].name,
             states[state].name);
  self->state = state;
}

static void
wake (MsaConnection *self)
{
  self->env->wake (self->env, self);
}

static void
looked_up_cb (MsaLookup *lookup,
              MsaAddresses *addresses,
              gint64 now_us)
{
  MsaConnection *self = MSA_CONTAINER_OF (lookup, MsaDial, lookup)->connection;

  g_clear_pointer (&self->addresses, msa_addresses_unref);
  self->addresses = msa_addresses_ref (addresses);
  self->addresses_late = FALSE;
  msa_connection_set_deadline (self);
  wake (self);
}

static void
looked_up_partly_cb (MsaLookup *lookup,
                     MsaAddresses *addresses,
                     gint64 now_us)
{
  looked_up_cb (lookup, addresses, now_us);
  MSA_CONTAINER_OF (lookup, MsaDial, lookup)->connection->addresses_late = TRUE;
}

static void
trust_loaded_cb (MsaTrustWaiter *waiter,
                 MsaTrust *trust,
                 const GError *error,
                 gint64 now_us)
{
  MsaConnection *self = MSA_CONTAINER_OF (waiter, MsaDial, trust_waiter)->connection;

  if (trust != NULL)
    self->trust = msa_trust_ref (trust);
  else if (self->error == NULL)
    self->error = g_error_copy (error);
  wake (self);
}

static void
trust_locked_cb (MsaTrustWaiter *waiter,
                 const GError *error,
                 gint64 now_us)
{
  MsaConnection *self = MSA_CONTAINER_OF (waiter, MsaDial, trust_waiter)->connection;

  g_clear_error (&self->lock);
  self->lock = g_error_copy (error);
  wake (self);
}

static void
timer_expired_cb (MsaTimer *timer,
                  gint64 now_us)
{
  MsaConnection *self = MSA_CONTAINER_OF (timer, MsaConnection, timer);

  MSA_TRACE (self->env->reactor->log, CONN, self->serial, "its time is over");
  if (self->state < MSA_CONNECTION_OPEN)
    msa_connection_note_timed_out (self, now_us);
  self->timed_out = TRUE;
  wake (self);
}

static void
race_wake (MsaRace *race)
{
  wake (MSA_CONTAINER_OF (race, MsaDial, race)->connection);
}

/* Of the socket that is connected. */
static void
socket_ready_cb (gpointer user_data,
                 MsaSocketEvents events,
                 gint64 now_us)
{
  MsaConnection *self = user_data;

  self->unwatchable |= events == MSA_SOCKET_NONE;
  wake (self);
}

static MsaLogContext
get_trace (const MsaConnection *self)
{
  return (MsaLogContext) { self->env->reactor->log, self->serial };
}

static MsaDial *
dial_new (MsaConnection *connection)
{
  MsaSettings *settings = connection->settings;
  MsaDial *self = g_new0 (MsaDial, 1);

  self->connection = connection;
  self->lookup.done = looked_up_cb;
  self->lookup.partial = looked_up_partly_cb;
  self->lookup.serial = connection->serial;
  self->trust_waiter.done = trust_loaded_cb;
  msa_local_end_read (&self->local, settings, &connection->error);
  msa_race_init (&self->race, connection->env->reactor, race_wake);
  self->race.trace = get_trace (connection);
  self->race.local = &self->local;
  self->race.delay_us = (gint64) settings->happy_eyeballs_delay_ms * 1000;

  return self;
}

/* Nothing of it calls back any more. */
static void
dial_free (MsaDial *self)
{
  MsaConnEnv *env = self->connection->env;

  msa_resolver_cancel (env->resolver, &self->lookup);
  msa_trust_cache_cancel (env->trusts, &self->trust_waiter);
  msa_race_clear (&self->race);
  g_free (self);
}

MsaConnection *
msa_connection_new (MsaConnEnv *env,
                    MsaConnKey *key,
                    MsaUrl *url,
                    MsaEndpoint *endpoint,
                    MsaSettings *settings,
                    guint64 serial,
                    gint64 now_us)
{
  MsaConnection *self = g_new0 (MsaConnection, 1);

  self->env = env;
  self->key = msa_conn_key_ref (key);
  self->url = msa_url_ref (url);
  self->endpoint = msa_endpoint_ref (endpoint);
  self->settings = msa_settings_ref (settings);
  self->serial = serial;
  self->dial = dial_new (self);
  self->timer.expired = timer_expired_cb;
  self->started_us = now_us;
  self->due_link.data = self->pool_link.data = self;
  self->lru_link.data = self->site_link.data = self;
  msa_connection_set_deadline (self);

  return self;
}

static void
look_free (MsaTrustLook *self)
{
  msa_trust_cache_cancel (self->connection->env->trusts, &self->waiter);
  g_free (self);
}

/* Ends all that could still call back. */
static void
cancel_waits (MsaConnection *self)
{
  g_clear_pointer (&self->dial, dial_free);
  g_clear_pointer (&self->look, look_free);
  msa_reactor_remove_timer (self->env->reactor, &self->timer);
}

void
msa_connection_free (MsaConnection *self)
{
  g_assert (!self->busy && !self->due && !self->idle);

  cancel_waits (self);
  g_clear_pointer (&self->chain, msa_filter_free);
  if (self->session != NULL)
    self->session->ops->free (self->session);
  g_clear_pointer (&self->addresses, msa_addresses_unref);
  g_clear_pointer (&self->trust, msa_trust_unref);
  g_clear_pointer (&self->settings, msa_settings_unref);
  g_clear_pointer (&self->peer_chain, g_ptr_array_unref);
  g_clear_error (&self->lock);
  g_clear_error (&self->error);
  msa_conn_key_unref (self->key);
  msa_url_unref (self->url);
  msa_endpoint_unref (self->endpoint);
  g_free (self);
}

void
msa_connection_close (MsaConnection *self)
{
  if (self->state == MSA_CONNECTION_CLOSED)
    return;

  if (self->session != NULL && self->stream == NULL && !self->said_goodbye)
    msa_filter_shutdown (self->session->chain);
  cancel_waits (self);
  /* It may stay for as long as application code that it called runs: what its peer sends wakes
   * nobody. */
  if (self->socket != NULL)
    msa_socket_want (self->socket, MSA_SOCKET_NONE);
  set_state (self, MSA_CONNECTION_CLOSED);
}

void
msa_connection_shut_down (MsaConnection *self)
{
  set_state (self, MSA_CONNECTION_SHUTTING);
  msa_reactor_set_timer (self->env->reactor, &self->timer, G_MAXINT64);
  wake (self);
}

/* TRUE: that was long enough. */
static gboolean
check_patience (MsaConnection *self,
                gint64 now_us)
{
  if (self->give_up_us == 0)
    {
      self->give_up_us = now_us + MSA_SHUTDOWN_BUDGET_US;
      msa_reactor_set_timer (self->env->reactor, &self->timer, self->give_up_us);
    }

  return now_us >= self->give_up_us;
}

/* FALSE: it cannot be said any more. */
static gboolean
say_goodbye (MsaConnection *self)
{
  MsaIo io = self->said_goodbye ? MSA_IO_DONE : msa_filter_shutdown (self->session->chain);

  self->said_goodbye = io == MSA_IO_DONE;

  return io != MSA_IO_ERROR;
}

/* A close with unread bytes makes a reset, which may cost the peer what it has not read yet of
 * ours. One read for each call. FALSE: there is nothing to wait for. */
static gboolean
throw_away (MsaConnection *self,
            guint8 *buffer,
            gsize size)
{
  gsize n_read = 0;
  MsaIo io = msa_filter_recv (self->session->chain, buffer, size, &n_read, NULL);

  self->n_drained += n_read;
  if (self->n_drained > MSA_MAX_SHUTDOWN_BYTES)
    return FALSE;

  return io == MSA_IO_DONE || io == MSA_IO_AGAIN;
}

gboolean
msa_connection_drain (MsaConnection *self,
                      gint64 now_us,
                      guint8 *buffer,
                      gsize size)
{
  MsaFilter *chain = self->session->chain;
  MsaSocketEvents wants;

  if (check_patience (self, now_us) || self->unwatchable)
    return TRUE;
  if (!say_goodbye (self) || !throw_away (self, buffer, size))
    return TRUE;

  wants = self->said_goodbye ? MSA_SOCKET_NONE : msa_filter_wants (chain);
  msa_socket_want (self->socket, MSA_SOCKET_IN | wants);
  /* What lies in a buffer above the socket makes nothing ready. */
  if (msa_filter_pending (chain))
    wake (self);

  return FALSE;
}

static void
start_waits (MsaConnection *self,
             gint64 now_us)
{
  MsaAddresses *known = msa_endpoint_resolve (self->endpoint, self->env->reactor->sys,
                                              self->env->resolver, &self->dial->lookup, now_us);

  /* If not, one family may have been told of already. */
  if (known != NULL)
    self->addresses = known;
  msa_connection_set_deadline (self);
  if ((self->may_ask & MSA_ASKS_PASSWORD) != 0)
    self->dial->trust_waiter.locked = trust_locked_cb;
  if (msa_connection_uses_tls (self))
    self->trust =
        msa_trust_cache_start (self->env->trusts, self->settings->tls_config,
                               &self->dial->trust_waiter, now_us);
  set_state (self, MSA_CONNECTION_RESOLVING);
}

static MsaIo
finish_waits (MsaConnection *self,
              gint64 now_us)
{
  if (self->error != NULL)
    return MSA_IO_ERROR;
  if (self->addresses == NULL)
    return MSA_IO_AGAIN;
  if (self->addresses->error != NULL)
    {
      self->error = g_error_copy (self->addresses->error);
      return MSA_IO_ERROR;
    }
  if (msa_connection_uses_tls (self) && self->trust == NULL)
    return MSA_IO_AGAIN;

  self->times.at_us[MSA_PHASE_RESOLVED] = now_us;
  msa_race_begin (&self->dial->race, self->addresses, self->endpoint->port);
  self->dial->race.more_to_come = self->addresses_late;
  if ((self->may_ask & MSA_ASKS_ADDRESS) != 0)
    self->dial->race.gate = MSA_GATE_SHUT;
  set_state (self, MSA_CONNECTION_CONNECTING);

  return MSA_IO_DONE;
}

static MsaTlsSessions *
get_sessions (const MsaConnection *self)
{
  MsaTlsSessionStore *store = self->settings->tls_session_store;

  return store != NULL ? msa_tls_session_store_get_sessions (store) : self->env->sessions;
}

/* What TLS tells the peer. To name HTTP/1.0 alone would make those refuse that know its name no
 * more; to whom nothing is said both are the same. */
static const char *const *
get_alpn (const MsaConnection *self)
{
  static const char *const http_1_1[] = { "http/1.1", NULL };

  return self->settings->http_version == MSA_HTTP_VERSION_HTTP_1_0 ? NULL : http_1_1;
}

/* Puts the other filters on the socket that won. */
static gboolean
build_chain (MsaConnection *self,
             MsaFilter *socket)
{
  self->socket = socket;
  msa_socket_set_ready (socket, socket_ready_cb, self);
  msa_connection_set_deadline (self);
  msa_socket_tune (socket, self->settings);
  if (!msa_connection_uses_tls (self))
    {
      self->chain = socket;
      return TRUE;
    }

  self->chain = msa_tls_filter_new (self->env->reactor->sys, socket, self->trust,
                                    self->settings->tls_config, self->url->host,
                                    get_alpn (self), &self->error);
  /* It took the socket along. */
  if (self->chain == NULL)
    {
      self->socket = NULL;
      return FALSE;
    }
  self->chain->trace = get_trace (self);

  if (get_sessions (self) != NULL)
    msa_tls_filter_set_sessions (self->chain, get_sessions (self), "origin", self->url->port);
  msa_tls_filter_set_may_ask (self->chain, (self->may_ask & MSA_ASKS_CERTIFICATE) != 0);
  return TRUE;
}

/* The family that was late is in. */
static void
join_addresses (MsaConnection *self)
{
  MsaRace *race = &self->dial->race;

  if (!race->more_to_come || self->addresses_late)
    return;

  race->more_to_come = FALSE;
  if (self->addresses->error == NULL)
    msa_race_join (race, self->addresses);
}

/* They have done their work, and those of a family that is late are not needed any more. */
static void
forget_addresses (MsaConnection *self)
{
  g_clear_pointer (&self->dial, dial_free);
  g_clear_pointer (&self->addresses, msa_addresses_unref);
}

static MsaIo
race_addresses (MsaConnection *self,
                gint64 now_us)
{
  MsaFilter *socket;
  MsaIo io;

  join_addresses (self);
  io = msa_race_drive (&self->dial->race, now_us, &socket, &self->error);
  if (io == MSA_IO_DONE)
    {
      self->times.at_us[MSA_PHASE_CONNECTED] = now_us;
      forget_addresses (self);
      return build_chain (self, socket) ? MSA_IO_DONE : MSA_IO_ERROR;
    }
  /* None of the addresses is of use: the next connection looks the name up anew. */
  if (io == MSA_IO_ERROR)
    msa_endpoint_forget (self->endpoint, self->env->resolver);

  return io;
}

/* The chain is wanted also where the peer is refused. */
static void
note_peer (MsaConnection *self,
           MsaIo io,
           gint64 now_us)
{
  if (self->peer_chain == NULL)
    self->peer_chain = msa_tls_filter_dup_chain (self->chain);
  if (io != MSA_IO_DONE)
    return;

  self->times.at_us[MSA_PHASE_SECURED] = now_us;
  self->exclusive |= msa_tls_filter_is_excepted (self->chain);
}

static MsaIo
connect_chain (MsaConnection *self,
               gint64 now_us)
{
  MsaIo io = self->chain == NULL ? race_addresses (self, now_us) : MSA_IO_DONE;

  if (io != MSA_IO_DONE)
    return io;

  io = msa_filter_connect (self->chain, now_us, &self->error);
  if (io == MSA_IO_AGAIN)
    msa_socket_want (self->socket, msa_filter_wants (self->chain));
  if (msa_connection_uses_tls (self))
    {
      note_peer (self, io, now_us);
      msa_connection_note_asking (self, now_us);
    }

  return io;
}

static void
open_session (MsaConnection *self)
{
  /* They may hold the body of a request, and this may live for long. */
  g_clear_pointer (&self->settings, msa_settings_unref);
  g_clear_error (&self->error);
  self->session = msa_http1_session_new (g_steal_pointer (&self->chain));
  self->session->trace = get_trace (self);
  self->opened_boot_us = self->env->reactor->sys->ops->boot_us (self->env->reactor->sys);
  msa_reactor_set_timer (self->env->reactor, &self->timer, G_MAXINT64);
  set_state (self, MSA_CONNECTION_OPEN);
}

static MsaIo
fail (MsaConnection *self,
      GError **error)
{
  g_propagate_error (error, g_steal_pointer (&self->error));
  msa_connection_close (self);

  return MSA_IO_ERROR;
}

MsaIo
msa_connection_connect (MsaConnection *self,
                        gint64 now_us,
                        GError **error)
{
  MsaIo io;

  /* The time that ran out, or a trust store that cannot be had. */
  if (self->error != NULL)
    return fail (self, error);
  if (self->unwatchable)
    {
      g_set_error (&self->error, MSA_ERROR, MSA_ERROR_CONNECT,
                   "Connecting to “%s” failed: The system watches no more descriptors",
                   self->url->authority);
      return fail (self, error);
    }

  if (self->state == MSA_CONNECTION_NEW)
    start_waits (self, now_us);
  if (self->lock != NULL && self->n_passwords == MSA_MAX_PASSWORDS)
    msa_connection_answer_password (self, NULL, now_us);

  if (self->state == MSA_CONNECTION_RESOLVING)
    {
      io = finish_waits (self, now_us);
      if (io == MSA_IO_ERROR)
        return fail (self, error);
      if (io == MSA_IO_AGAIN)
        return MSA_IO_AGAIN;
    }

  io = connect_chain (self, now_us);
  if (io == MSA_IO_ERROR)
    return fail (self, error);
  if (io == MSA_IO_DONE)
    open_session (self);

  return io;
}

void
msa_connection_update_interest (MsaConnection *self,
                                gboolean receiving)
{
  MsaSocketEvents events = self->session->ops->wants (self->session);

  if (receiving)
    events |= MSA_SOCKET_IN;
  msa_socket_want (self->socket, events);
}

static gint64
get_boot_us (const MsaConnection *self)
{
  return self->env->reactor->sys->ops->boot_us (self->env->reactor->sys);
}

/* How long it may still wait for an exchange: G_MAXINT64 for ever. */
static gint64
get_time_left (const MsaConnection *self)
{
  gint64 boot_us = get_boot_us (self);
  gint64 left_us = G_MAXINT64;

  if (self->env->max_idle_us > 0)
    left_us = self->idle_boot_us + self->env->max_idle_us - boot_us;
  if (self->env->max_age_us > 0)
    left_us = MIN (left_us, self->opened_boot_us + self->env->max_age_us - boot_us);

  return left_us;
}

void
msa_connection_renew_expiry (MsaConnection *self,
                             gint64 now_us)
{
  gint64 left_us = get_time_left (self);

  msa_reactor_set_timer (self->env->reactor, &self->timer,
                         left_us == G_MAXINT64 ? G_MAXINT64 : now_us + MAX (left_us, 0));
}

void
msa_connection_rest (MsaConnection *self)
{
  if (self->socket != NULL)
    msa_socket_want (self->socket, MSA_SOCKET_NONE);
  else if (self->dial != NULL)
    msa_race_rest (&self->dial->race);
}

void
msa_connection_set_idle (MsaConnection *self,
                         gint64 now_us)
{
  self->idle_boot_us = get_boot_us (self);
  msa_connection_renew_expiry (self, now_us);
}

static gboolean
is_outdated (const MsaConnection *self)
{
  return self->trust != NULL && msa_trust_is_outdated (self->trust);
}

gboolean
msa_connection_is_fresh (MsaConnection *self)
{
  return !is_outdated (self) && get_time_left (self) > 0;
}

/* What came of it is told by the connection's own trust: whether that is outdated. */
static void
looked_at_cb (MsaTrustWaiter *waiter,
              MsaTrust *trust,
              const GError *error,
              gint64 now_us)
{
  MsaConnection *self = MSA_CONTAINER_OF (waiter, MsaTrustLook, waiter)->connection;

  g_clear_pointer (&self->look, look_free);
  wake (self);
}

/* FALSE: it is known. */
static gboolean
start_look (MsaConnection *self,
            MsaTlsConfig *config,
            gint64 now_us)
{
  g_autoptr (MsaTrust) trust = NULL;

  if (self->trust == NULL || config == NULL ||
      !msa_trust_has_files (msa_tls_config_get_settings (config)) ||
      msa_trust_cache_is_current (self->env->trusts, config, now_us))
    return FALSE;

  self->look = g_new0 (MsaTrustLook, 1);
  self->look->connection = self;
  self->look->waiter.done = looked_at_cb;
  trust = msa_trust_cache_start (self->env->trusts, config, &self->look->waiter, now_us);
  if (trust != NULL)
    g_clear_pointer (&self->look, look_free);

  return trust == NULL;
}

void
msa_connection_set_used (MsaConnection *self,
                         MsaSettings *settings,
                         gint64 now_us)
{
  gint64 deadline_us = G_MAXINT64;

  self->timed_out = FALSE;
  if (start_look (self, settings->tls_config, now_us))
    {
      set_state (self, MSA_CONNECTION_CHECKING);
      /* What its peer sends meanwhile is read afterwards. */
      msa_connection_rest (self);
      deadline_us = now_us + msa_connection_get_connect_timeout_us (settings);
    }
  msa_reactor_set_timer (self->env->reactor, &self->timer, deadline_us);
}

/* Where looking takes too long the connection goes, too: the next has its own limits. */
MsaIo
msa_connection_check (MsaConnection *self)
{
  if (self->look != NULL && !self->timed_out)
    return MSA_IO_AGAIN;

  if (self->look != NULL || is_outdated (self) || self->unwatchable)
    {
      msa_connection_close (self);
      return MSA_IO_END;
    }

  msa_reactor_set_timer (self->env->reactor, &self->timer, G_MAXINT64);
  set_state (self, MSA_CONNECTION_OPEN);
  return MSA_IO_DONE;
}

/* msa-multi-settings.c: the properties of a multi
 *
 * Limits live in the engine's scheduler; setting them there wakes whom they kept waiting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi.h"

#include "base/msa-limits-private.h"
#include "msa-multi-private.h"

typedef enum
{
  PROP_PRIORITY = 1,
  PROP_KEEP_FINISHED,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_CONNECTIONS_PER_HOST,
  PROP_MAX_IDLE_CONNECTIONS,
  PROP_MAX_IDLE_AGE_S,
  PROP_MAX_CONNECTION_AGE_S,
  PROP_DNS_CACHE_TIMEOUT_S,
  PROP_TLS_CONFIG,
  PROP_RESOLVER,
  PROP_TLS_SESSION_STORE,
  PROP_N_RUNNING,
  PROP_N_PENDING,
  PROP_N_CONNECTIONS,
} MsaMultiProperty;

static GParamSpec *props[PROP_N_CONNECTIONS + 1];

void
msa_multi_notify_counts (MsaMulti *self)
{
  guint running = self->engine->n_transfers;
  guint pending = self->engine->scheduler.n_waiting;

  if (running != self->seen_running)
    {
      self->seen_running = running;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_RUNNING]);
    }
  if (pending != self->seen_pending)
    {
      self->seen_pending = pending;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_PENDING]);
    }
}

/* Properties */

/**
 * msa_multi_get_priority:
 * @self: the multi
 *
 * Gets the priority of the multi's source.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
int
msa_multi_get_priority (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), G_PRIORITY_DEFAULT);

  return self->priority;
}

/**
 * msa_multi_set_priority:
 * @self: the multi
 * @priority: as of [type@GLib.Source]s
 *
 * Sets the priority of the multi's source, the present one and later ones.
 *
 * Since: 1.0
 */
void
msa_multi_set_priority (MsaMulti *self,
                        int priority)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  if (self->priority == priority)
    return;
  self->priority = priority;
  if (self->source != NULL)
    g_source_set_priority (self->source, priority);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PRIORITY]);
}

/**
 * msa_multi_get_keep_finished:
 * @self: the multi
 *
 * Gets whether easies stay in the multi when they have finished.
 *
 * Returns: %TRUE if they stay
 *
 * Since: 1.0
 */
gboolean
msa_multi_get_keep_finished (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), FALSE);

  return self->keep_finished;
}

/**
 * msa_multi_set_keep_finished:
 * @self: the multi
 * @keep_finished: whether they stay
 *
 * Sets whether easies stay in the multi until they are removed, or leave it when they are
 * delivered.
 *
 * Since: 1.0
 */
void
msa_multi_set_keep_finished (MsaMulti *self,
                             gboolean keep_finished)
{
  g_return_if_fail (MSA_IS_MULTI (self));

  if (self->keep_finished == !!keep_finished)
    return;
  self->keep_finished = !!keep_finished;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_KEEP_FINISHED]);
}

static void
set_limit (MsaMulti *self,
           guint *place,
           guint value,
           MsaMultiProperty property)
{
  if (*place == value)
    return;
  *place = value;
  msa_scheduler_limits_changed (self->engine);
  /* Both may run application code, which may let go of the multi. */
  g_object_ref (self);
  msa_engine_announce (self->engine);
  g_object_notify_by_pspec (G_OBJECT (self), props[property]);
  g_object_unref (self);
}

/**
 * msa_multi_get_max_connections:
 * @self: the multi
 *
 * Gets how many connections there may be at once.
 *
 * Returns: the number; 0: no limit
 *
 * Since: 1.0
 */
guint
msa_multi_get_max_connections (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return self->engine->scheduler.max_connections;
}

/**
 * msa_multi_set_max_connections:
 * @self: the multi
 * @max_connections: the number, at most %G_MAXINT; 0: no limit
 *
 * Sets how many connections there may be at once. Transfers beyond it wait. Lowering it ends no
 * transfer.
 *
 * Since: 1.0
 */
void
msa_multi_set_max_connections (MsaMulti *self,
                               guint max_connections)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (max_connections <= G_MAXINT);

  set_limit (self, &self->engine->scheduler.max_connections, max_connections, PROP_MAX_CONNECTIONS);
}

/**
 * msa_multi_get_max_connections_per_host:
 * @self: the multi
 *
 * Gets how many connections there may be at once to one host and port.
 *
 * Returns: the number; 0: no limit
 *
 * Since: 1.0
 */
guint
msa_multi_get_max_connections_per_host (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return self->engine->scheduler.max_connections_per_host;
}

/**
 * msa_multi_set_max_connections_per_host:
 * @self: the multi
 * @max_connections_per_host: the number, at most %G_MAXINT; 0: no limit
 *
 * Sets how many connections there may be at once to one host and port. Transfers beyond it
 * wait. Lowering it ends no transfer.
 *
 * Since: 1.0
 */
void
msa_multi_set_max_connections_per_host (MsaMulti *self,
                                        guint max_connections_per_host)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (max_connections_per_host <= G_MAXINT);

  set_limit (self, &self->engine->scheduler.max_connections_per_host, max_connections_per_host,
             PROP_MAX_CONNECTIONS_PER_HOST);
}

/**
 * msa_multi_get_max_idle_connections:
 * @self: the multi
 *
 * Gets how many connections are kept for later transfers.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
msa_multi_get_max_idle_connections (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return self->engine->scheduler.max_idle_connections;
}

/**
 * msa_multi_set_max_idle_connections:
 * @self: the multi
 * @max_idle_connections: the number, at most %G_MAXINT; 0: none is kept
 *
 * Sets how many connections are kept for later transfers. Beyond it, the one unused for longest is
 * closed.
 *
 * Since: 1.0
 */
void
msa_multi_set_max_idle_connections (MsaMulti *self,
                                    guint max_idle_connections)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (max_idle_connections <= G_MAXINT);

  set_limit (self, &self->engine->scheduler.max_idle_connections, max_idle_connections,
             PROP_MAX_IDLE_CONNECTIONS);
}

/**
 * msa_multi_get_tls_config:
 * @self: the multi
 *
 * Gets the TLS configuration of easies that have none of their own.
 *
 * Returns: (transfer none) (nullable): the configuration
 *
 * Since: 1.0
 */
MsaTlsConfig *
msa_multi_get_tls_config (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  return self->tls_config;
}

/**
 * msa_multi_set_tls_config:
 * @self: the multi
 * @tls_config: (nullable): the configuration; %NULL for libmsa's defaults
 *
 * Sets the TLS configuration of easies that are added from now on and have none of their own.
 *
 * Since: 1.0
 */
void
msa_multi_set_tls_config (MsaMulti *self,
                          MsaTlsConfig *tls_config)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (tls_config == NULL || MSA_IS_TLS_CONFIG (tls_config));

  if (g_set_object (&self->tls_config, tls_config))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TLS_CONFIG]);
}

/**
 * msa_multi_get_tls_session_store:
 * @self: the multi
 *
 * Gets where the TLS sessions of easies are kept that name no store of their own.
 *
 * Returns: (transfer none) (nullable): the store; %NULL if they are not kept
 *
 * Since: 1.0
 */
MsaTlsSessionStore *
msa_multi_get_tls_session_store (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  return self->tls_session_store;
}

/**
 * msa_multi_set_tls_session_store:
 * @self: the multi
 * @tls_session_store: (nullable): the store; %NULL to keep none
 *
 * Sets where the TLS sessions of easies are kept that name no store of their own.
 *
 * Counts for connections that are made from now on.
 *
 * Since: 1.0
 */
void
msa_multi_set_tls_session_store (MsaMulti *self,
                                 MsaTlsSessionStore *tls_session_store)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (tls_session_store == NULL || MSA_IS_TLS_SESSION_STORE (tls_session_store));

  if (!g_set_object (&self->tls_session_store, tls_session_store))
    return;

  msa_engine_set_tls_sessions (self->engine,
                               tls_session_store == NULL
                                   ? NULL
                                   : msa_tls_session_store_get_sessions (tls_session_store));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TLS_SESSION_STORE]);
}

/**
 * msa_multi_get_resolver:
 * @self: the multi
 *
 * Gets what is asked for the addresses of names.
 *
 * Returns: (transfer none) (nullable): the resolver; %NULL: the system's
 *
 * Since: 1.0
 */
GResolver *
msa_multi_get_resolver (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  return msa_resolver_get_source (self->engine->resolver);
}

/**
 * msa_multi_set_resolver:
 * @self: the multi
 * @resolver: (nullable): the resolver; %NULL for the system's
 *
 * Sets what is asked for the addresses of names.
 *
 * It is asked in threads of the library's own, where it may block, for several names and for
 * each IP version by itself, by [method@Gio.Resolver.lookup_by_name_with_flags]; one that does
 * not implement that, by [method@Gio.Resolver.lookup_by_name]. No main context is needed. Its
 * answers are kept and shared as the system's are ([property@Multi:dns-cache-timeout-s]), where
 * %G_RESOLVER_ERROR_NOT_FOUND says that there is no such name. A failure ends the transfer with
 * %MSA_ERROR_RESOLVE and the resolver's text.
 *
 * It is never asked for addresses, `localhost` and its subdomains, names in `.onion`, and what
 * [property@Easy:resolve] pins.
 *
 * Setting another one drops all that is known of names, and what is being looked up is looked up
 * anew.
 *
 * Since: 1.0
 */
void
msa_multi_set_resolver (MsaMulti *self,
                        GResolver *resolver)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (resolver == NULL || G_IS_RESOLVER (resolver));

  if (msa_resolver_get_source (self->engine->resolver) == resolver)
    return;
  /* The end of the one before may be the application's code. */
  g_object_ref (self);
  msa_resolver_set_source (self->engine->resolver, resolver);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_RESOLVER]);
  g_object_unref (self);
}

static void
get_property (GObject *object,
              guint id,
              GValue *value,
              GParamSpec *pspec)
{
  MsaMulti *self = MSA_MULTI (object);

  switch ((MsaMultiProperty) id)
    {
    case PROP_PRIORITY:
      g_value_set_int (value, self->priority);
      break;
    case PROP_KEEP_FINISHED:
      g_value_set_boolean (value, self->keep_finished);
      break;
    case PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, msa_multi_get_max_connections (self));
      break;
    case PROP_MAX_CONNECTIONS_PER_HOST:
      g_value_set_uint (value, msa_multi_get_max_connections_per_host (self));
      break;
    case PROP_MAX_IDLE_CONNECTIONS:
      g_value_set_uint (value, msa_multi_get_max_idle_connections (self));
      break;
    case PROP_MAX_IDLE_AGE_S:
      g_value_set_uint (value, msa_multi_get_max_idle_age_s (self));
      break;
    case PROP_MAX_CONNECTION_AGE_S:
      g_value_set_uint (value, msa_multi_get_max_connection_age_s (self));
      break;
    case PROP_DNS_CACHE_TIMEOUT_S:
      g_value_set_int (value, msa_multi_get_dns_cache_timeout_s (self));
      break;
    case PROP_TLS_CONFIG:
      g_value_set_object (value, self->tls_config);
      break;
    case PROP_TLS_SESSION_STORE:
      g_value_set_object (value, self->tls_session_store);
      break;
    case PROP_RESOLVER:
      g_value_set_object (value, msa_multi_get_resolver (self));
      break;
    case PROP_N_RUNNING:
      g_value_set_uint (value, msa_multi_get_n_running (self));
      break;
    case PROP_N_PENDING:
      g_value_set_uint (value, msa_multi_get_n_pending (self));
      break;
    case PROP_N_CONNECTIONS:
      g_value_set_uint (value, msa_multi_get_n_connections (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
    }
}

static void
set_property (GObject *object,
              guint id,
              const GValue *value,
              GParamSpec *pspec)
{
  MsaMulti *self = MSA_MULTI (object);

  switch ((MsaMultiProperty) id)
    {
    case PROP_PRIORITY:
      msa_multi_set_priority (self, g_value_get_int (value));
      break;
    case PROP_KEEP_FINISHED:
      msa_multi_set_keep_finished (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_CONNECTIONS:
      msa_multi_set_max_connections (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CONNECTIONS_PER_HOST:
      msa_multi_set_max_connections_per_host (self, g_value_get_uint (value));
      break;
    case PROP_MAX_IDLE_CONNECTIONS:
      msa_multi_set_max_idle_connections (self, g_value_get_uint (value));
      break;
    case PROP_MAX_IDLE_AGE_S:
      msa_multi_set_max_idle_age_s (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CONNECTION_AGE_S:
      msa_multi_set_max_connection_age_s (self, g_value_get_uint (value));
      break;
    case PROP_DNS_CACHE_TIMEOUT_S:
      msa_multi_set_dns_cache_timeout_s (self, g_value_get_int (value));
      break;
    case PROP_TLS_CONFIG:
      msa_multi_set_tls_config (self, g_value_get_object (value));
      break;
    case PROP_TLS_SESSION_STORE:
      msa_multi_set_tls_session_store (self, g_value_get_object (value));
      break;
    case PROP_RESOLVER:
      msa_multi_set_resolver (self, g_value_get_object (value));
      break;
    case PROP_N_RUNNING:
    case PROP_N_PENDING:
    case PROP_N_CONNECTIONS:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
    }
}

static GParamSpec *
new_limit (const char *name,
           guint preset)
{
  return g_param_spec_uint (name, NULL, NULL, 0, G_MAXINT, preset,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static GParamSpec *
new_count (const char *name)
{
  return g_param_spec_uint (name, NULL, NULL, 0, G_MAXUINT, 0,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_limits (void)
{
  /**
   * MsaMulti:max-connections:
   *
   * How many connections there may be at once; 0, the default, is no limit.
   *
   * Transfers beyond it wait, for [property@Easy:queue-timeout-ms] at most.
   *
   * Since: 1.0
   */
  props[PROP_MAX_CONNECTIONS] = new_limit ("max-connections", 0);
  /**
   * MsaMulti:max-connections-per-host:
   *
   * How many connections there may be at once to one host and port; 0 is no limit. By default 6.
   *
   * Transfers beyond it wait, for [property@Easy:queue-timeout-ms] at most.
   *
   * Since: 1.0
   */
  props[PROP_MAX_CONNECTIONS_PER_HOST] = new_limit ("max-connections-per-host", 6);
  /**
   * MsaMulti:max-idle-connections:
   *
   * How many connections are kept for later transfers; with 0 none is. By default 64.
   *
   * Since: 1.0
   */
  props[PROP_MAX_IDLE_CONNECTIONS] = new_limit ("max-idle-connections", 64);
}

static void
install_ages (void)
{
  /**
   * MsaMulti:max-idle-age-s:
   *
   * How long a connection that no transfer uses is kept for later ones, in seconds; 0 is no limit.
   * By default 118.
   *
   * Since: 1.0
   */
  props[PROP_MAX_IDLE_AGE_S] = new_limit ("max-idle-age-s", MSA_IDLE_EXPIRY_US / G_USEC_PER_SEC);
  /**
   * MsaMulti:max-connection-age-s:
   *
   * How long after it was opened a connection begins transfers, in seconds; 0 is no limit. By
   * default 86400, a day.
   *
   * Since: 1.0
   */
  props[PROP_MAX_CONNECTION_AGE_S] =
      new_limit ("max-connection-age-s", MSA_CONNECTION_MAX_AGE_US / G_USEC_PER_SEC);
  /**
   * MsaMulti:dns-cache-timeout-s:
   *
   * How long the addresses of a name are kept, in seconds; 0: not at all, -1: for ever. By
   * default 60.
   *
   * Since: 1.0
   */
  props[PROP_DNS_CACHE_TIMEOUT_S] =
      g_param_spec_int ("dns-cache-timeout-s", NULL, NULL, -1, G_MAXINT,
                        MSA_DNS_TTL_US / G_USEC_PER_SEC,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_counts (void)
{
  /**
   * MsaMulti:n-running:
   *
   * How many transfers are added and not finished, those that wait included. Notified at the
   * end of a dispatch.
   *
   * Since: 1.0
   */
  props[PROP_N_RUNNING] = new_count ("n-running");
  /**
   * MsaMulti:n-pending:
   *
   * How many transfers wait for a connection because of a limit. Notified at the end of a dispatch.
   *
   * Since: 1.0
   */
  props[PROP_N_PENDING] = new_count ("n-pending");
  /**
   * MsaMulti:n-connections:
   *
   * How many connections there are: being made, in use, idle, or being closed. Not notified.
   *
   * Since: 1.0
   */
  props[PROP_N_CONNECTIONS] = new_count ("n-connections");
}

void
msa_multi_install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  klass->get_property = get_property;
  klass->set_property = set_property;
  /**
   * MsaMulti:priority:
   *
   * The priority of the source that drives an attached multi. By default %G_PRIORITY_DEFAULT.
   *
   * Since: 1.0
   */
  props[PROP_PRIORITY] = g_param_spec_int ("priority", NULL, NULL, G_MININT, G_MAXINT,
                                           G_PRIORITY_DEFAULT, flags);
  /**
   * MsaMulti:keep-finished:
   *
   * Whether easies stay in the multi until they are removed. Otherwise they leave it when they are
   * delivered. By default %FALSE.
   *
   * Since: 1.0
   */
  props[PROP_KEEP_FINISHED] = g_param_spec_boolean ("keep-finished", NULL, NULL, FALSE, flags);
  /**
   * MsaMulti:tls-config:
   *
   * The TLS configuration of easies that have none of their own.
   *
   * %NULL, the default, trusts the system's certificates and verifies all.
   *
   * Since: 1.0
   */
  props[PROP_TLS_CONFIG] =
      g_param_spec_object ("tls-config", NULL, NULL, MSA_TYPE_TLS_CONFIG, flags);
  /**
   * MsaMulti:resolver:
   *
   * What is asked for the addresses of names; %NULL, as at first, is the system's resolver.
   *
   * Since: 1.0
   */
  props[PROP_RESOLVER] = g_param_spec_object ("resolver", NULL, NULL, G_TYPE_RESOLVER, flags);
  /**
   * MsaMulti:tls-session-store:
   *
   * Where the TLS sessions of easies are kept that name no store of their own.
   *
   * By default a store that the multi has made. It may be shared with other multis, also of
   * other threads; %NULL keeps no sessions.
   *
   * Since: 1.0
   */
  props[PROP_TLS_SESSION_STORE] = g_param_spec_object ("tls-session-store", NULL, NULL,
                                                       MSA_TYPE_TLS_SESSION_STORE, flags);
  install_limits ();
  install_ages ();
  install_counts ();
  g_object_class_install_properties (klass, PROP_N_CONNECTIONS + 1, props);
}

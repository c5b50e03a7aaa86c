/* msa-multi-ages.c: how long a multi keeps what others could use
 *
 * Connections and addresses of names. The values live where they count: with the connections'
 * environment and the resolver. The properties themselves are in msa-multi-settings.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi.h"

#include "msa-multi-private.h"

static void
set_age (MsaMulti *self,
         gint64 *place_us,
         guint value_s,
         const char *property)
{
  const gint64 value_us = (gint64) value_s * G_USEC_PER_SEC;

  if (*place_us == value_us)
    return;
  *place_us = value_us;
  msa_scheduler_ages_changed (self->engine);
  /* Both may run application code, which may let go of the multi. */
  g_object_ref (self);
  msa_engine_announce (self->engine);
  g_object_notify (G_OBJECT (self), property);
  g_object_unref (self);
}

/**
 * msa_multi_get_max_idle_age_s:
 * @self: the multi
 *
 * Gets how long a connection that no transfer uses is kept for later ones.
 *
 * Returns: the time in seconds; 0: no limit
 *
 * Since: 1.0
 */
guint
msa_multi_get_max_idle_age_s (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return (guint) (self->engine->conn_env.max_idle_us / G_USEC_PER_SEC);
}

/**
 * msa_multi_set_max_idle_age_s:
 * @self: the multi
 * @max_idle_age_s: the time in seconds, at most %G_MAXINT; 0: no limit
 *
 * Sets how long a connection that no transfer uses is kept for later ones. Then it is closed.
 *
 * The default is 118: many servers close after 120. Time in which the machine slept counts. A
 * change counts also for connections that are there already.
 *
 * Since: 1.0
 */
void
msa_multi_set_max_idle_age_s (MsaMulti *self,
                              guint max_idle_age_s)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (max_idle_age_s <= G_MAXINT);

  set_age (self, &self->engine->conn_env.max_idle_us, max_idle_age_s, "max-idle-age-s");
}

/**
 * msa_multi_get_max_connection_age_s:
 * @self: the multi
 *
 * Gets how long after it was opened a connection begins transfers.
 *
 * Returns: the time in seconds; 0: no limit
 *
 * Since: 1.0
 */
guint
msa_multi_get_max_connection_age_s (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return (guint) (self->engine->conn_env.max_age_us / G_USEC_PER_SEC);
}

/**
 * msa_multi_set_max_connection_age_s:
 * @self: the multi
 * @max_connection_age_s: the time in seconds, at most %G_MAXINT; 0: no limit
 *
 * Sets how long after it was opened a connection begins transfers, however busy it is. Then it is
 * closed, as soon as no transfer uses it.
 *
 * The default is 86400, a day: so a name that has moved is noticed. Time in which the machine
 * slept counts. A change counts also for connections that are there already.
 *
 * Since: 1.0
 */
void
msa_multi_set_max_connection_age_s (MsaMulti *self,
                                    guint max_connection_age_s)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (max_connection_age_s <= G_MAXINT);

  set_age (self, &self->engine->conn_env.max_age_us, max_connection_age_s, "max-connection-age-s");
}

/**
 * msa_multi_get_dns_cache_timeout_s:
 * @self: the multi
 *
 * Gets how long the addresses of a name are kept.
 *
 * Returns: the time in seconds; 0: not at all, -1: for ever
 *
 * Since: 1.0
 */
int
msa_multi_get_dns_cache_timeout_s (MsaMulti *self)
{
  gint64 ttl_us;

  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  ttl_us = msa_resolver_get_ttl_us (self->engine->resolver);
  return ttl_us < 0 ? -1 : (int) (ttl_us / G_USEC_PER_SEC);
}

/**
 * msa_multi_set_dns_cache_timeout_s:
 * @self: the multi
 * @dns_cache_timeout_s: the time in seconds; 0: not at all, -1: for ever
 *
 * Sets how long the addresses of a name are kept, those that [property@Easy:resolve] puts included.
 *
 * The default is 60. That there is no such name is kept half as long, and for 30 seconds with -1;
 * other failures are not kept. Whatever it is, transfers that need the same name at the same time
 * share one look-up. A change counts also for what is known already.
 *
 * Since: 1.0
 */
void
msa_multi_set_dns_cache_timeout_s (MsaMulti *self,
                                   int dns_cache_timeout_s)
{
  g_return_if_fail (MSA_IS_MULTI (self));
  g_return_if_fail (dns_cache_timeout_s >= -1);

  if (msa_multi_get_dns_cache_timeout_s (self) == dns_cache_timeout_s)
    return;
  msa_resolver_set_ttl_us (self->engine->resolver,
                           dns_cache_timeout_s < 0
                               ? -1
                               : (gint64) dns_cache_timeout_s * G_USEC_PER_SEC);
  g_object_notify (G_OBJECT (self), "dns-cache-timeout-s");
}

/* msa-world-watch.c: what holds at any time in a random world
 *
 * Every turn of the driver is looked at: it makes progress, and no more connections exist than are
 * allowed. When all has ended nothing wakes the multi.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-sim-kernel.h"
#include "sim/msa-world-private.h"

#include <stdlib.h>
#include <string.h>

/* A driver may be called in vain once: what it heard of was gone. */
#define MAX_VAIN 2
#define MAX_VAIN_IN_STREAMS 20
/* A deadline that moved on is noticed when it was to come. */
#define MAX_WAKES 8
#define MAX_TURNS 2000000
#define IDLE_US (3600 * G_GINT64_CONSTANT (1000000))

/* Connections to an origin that surely exist: of a race's sockets there is one at most to each
 * address. */
static guint
count_at (MsaWorld *self,
          guint host,
          guint port)
{
  const guint *n = self->n_sockets[host][port];

  return MAX (n[MSA_WORLD_WAY_IPV4], n[MSA_WORLD_WAY_IPV6]) + n[MSA_WORLD_WAY_ANNEX] +
         n[MSA_WORLD_WAY_UNIX];
}

static guint
count_connections (MsaWorld *self)
{
  guint n = 0;

  for (guint i = 0; i < self->net.n_hosts; i++)
    n += count_at (self, i, 0) + count_at (self, i, 1);
  return n;
}

/* Where @address is; NULL: nowhere. */
static guint *
find_sockets (MsaWorld *self,
              const char *address,
              guint *host,
              guint *port)
{
  for (*host = 0; *host < self->net.n_hosts; (*host)++)
    for (*port = 0; *port < 2; (*port)++)
      for (guint way = 0; way < MSA_WORLD_N_WAYS; way++)
        {
          g_autofree char *there = msa_world_dup_address (*host, way, *port);
          guint number = msa_world_get_port (&self->hosts[*host], *port);
          g_autofree char *whole = g_strdup_printf (way == MSA_WORLD_WAY_UNIX   ? "%s"
                                                    : way == MSA_WORLD_WAY_IPV6 ? "[%s]:%u"
                                                                                : "%s:%u",
                                                    there, number);

          if (g_str_equal (address, whole))
            return &self->n_sockets[*host][*port][way];
        }

  return NULL;
}

static void
watch_cb (MsaSim *sim,
          const char *address,
          gboolean connects,
          gpointer data)
{
  MsaWorld *self = data;
  guint host, port;
  guint *n_sockets = find_sockets (self, address, &host, &port);

  if (n_sockets == NULL)
    msa_world_fail ("a connection to %s, where nobody is", address);
  *n_sockets += connects ? 1 : (guint) -1;
  msa_world_tell (self, connects ? MSA_WORLD_TOLD_CONNECT : MSA_WORLD_TOLD_CLOSE, NULL, host);
  /* A socket is closed when its function has heard that it is removed. */
  if (!connects || self->func_depth > 0)
    return;

  if (self->highest_per_host > 0 && count_at (self, host, port) > self->highest_per_host)
    msa_world_fail ("%u connections to host %u, where %u are allowed",
                    count_at (self, host, port), host, self->highest_per_host);
  if (self->highest_connections > 0 && count_connections (self) > self->highest_connections)
    msa_world_fail ("%u connections, where %u are allowed", count_connections (self),
                    self->highest_connections);
}

void
msa_world_watch (MsaWorld *self)
{
  msa_sim_set_watch_func (self->sim, watch_cb, self);
  self->driver = msa_test_driver_new (self->options->driver, self->multi, self->sim);
  msa_test_driver_set_limit_func (self->driver, msa_sim_kernel_set_limit);
  msa_test_driver_set_hook (self->driver, msa_world_come_by_driver, self);
  /* Who performs is a driver from then on. */
  msa_world_turn (self, msa_sim_get_now_us (self->sim));
}

static void
check_connections (MsaWorld *self)
{
  guint n = msa_multi_get_n_connections (self->multi);

  if (count_connections (self) > n && self->func_depth == 0)
    msa_world_fail ("%u connections exist, and the multi says %u", count_connections (self), n);
  if (self->highest_connections > 0 && n > self->highest_connections)
    msa_world_fail ("the multi has %u connections, where %u are allowed", n,
                    self->highest_connections);
}

/* The streams of bodies are GIO's: what they do on the context of the multi is not its own. */
static gboolean
has_streams (MsaWorld *self)
{
  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL &&
        (self->easies[i]->stream != NULL || self->easies[i]->plan.streams))
      return TRUE;
  return FALSE;
}

/* The multi was called. Did it do anything? */
static void
watch_progress (MsaWorld *self,
                gboolean has_progress)
{
  gint64 now_us = msa_sim_get_now_us (self->sim);

  self->n_turns++;
  if (self->n_turns > MAX_TURNS)
    msa_world_fail ("the multi was called %d times", MAX_TURNS);
  if (has_progress)
    self->n_vain = self->n_wakes = 0;
  else if (now_us == self->turned_us)
    self->n_vain++;
  else
    self->n_wakes++;
  self->turned_us = now_us;

  if (self->n_vain > (has_streams (self) ? MAX_VAIN_IN_STREAMS : MAX_VAIN))
    msa_world_fail ("the multi was called %u times in a row without any progress", self->n_vain);
  if (self->n_wakes > MAX_WAKES)
    msa_world_fail ("the multi woke up %u times in a row for nothing", self->n_wakes);
}

/* What was read at once may take several turns. */
static guint64
get_progress (MsaWorld *self)
{
  guint64 progress = self->progress + msa_sim_get_progress (self->sim);

  for (guint i = 0; i < self->n_steps; i++)
    if (self->easies[i] != NULL && self->easies[i]->runs && self->easies[i]->alive != NULL)
      progress += msa_easy_get_bytes_received (self->easies[i]->alive) +
                  msa_easy_get_bytes_sent (self->easies[i]->alive);
  return progress;
}

gboolean
msa_world_turn (MsaWorld *self,
                gint64 until_us)
{
  guint64 progress = get_progress (self);
  gboolean any = msa_test_driver_turn_until (self->driver, until_us);
  GPtrArray *broken = msa_sim_get_violations (self->sim);

  if (broken->len > 0)
    msa_world_fail ("the kernel is misused: %s", (char *) broken->pdata[0]);
  broken = msa_test_driver_get_violations (self->driver);
  if (broken->len > 0)
    msa_world_fail ("the contract is broken: %s", (char *) broken->pdata[0]);
  check_connections (self);
  if (any)
    msa_world_read_messages (self);
  if (any)
    watch_progress (self, progress != get_progress (self));
  return any;
}

static gboolean
is_dead (MsaWorld *self)
{
  return msa_sim_next_event (self->sim) == G_MAXINT64 &&
         msa_multi_get_timeout_ms (self->multi) < 0;
}

void
msa_world_drive (MsaWorld *self,
                 gint64 until_us)
{
  while (TRUE)
    {
      if (msa_world_is_waiting (self))
        while (g_main_context_iteration (NULL, FALSE))
          ;
      if (msa_world_turn (self, until_us))
        continue;
      if (self->is_calm && msa_multi_get_n_running (self->multi) == 0 &&
          !msa_world_is_waiting (self) && until_us != G_MAXINT64 - 1)
        break;
      if (msa_sim_get_now_us (self->sim) < until_us && !is_dead (self))
        continue;
      /* What happened last may have made something ready. */
      if (!msa_world_turn (self, msa_sim_get_now_us (self->sim)))
        break;
    }
  if (!self->is_calm && msa_sim_get_now_us (self->sim) < until_us)
    msa_sim_advance_to (self->sim, until_us);
}

void
msa_world_watch_idle (MsaWorld *self)
{
  guint n = msa_multi_get_n_connections (self->multi);
  gint64 end_us = msa_sim_get_now_us (self->sim) + IDLE_US;
  guint64 n_turns = self->n_turns;

  while (msa_sim_get_now_us (self->sim) < end_us && !is_dead (self))
    msa_world_turn (self, end_us);
  while (msa_world_turn (self, msa_sim_get_now_us (self->sim)))
    ;

  /* Of each: its peer's words and end, its age, the end of its goodbye; and what was due. */
  if (self->n_turns - n_turns > 8 + 8 * (guint64) n)
    msa_world_fail ("an idle multi with %u connections was called %" G_GUINT64_FORMAT " times", n,
                    self->n_turns - n_turns);
  if (msa_multi_get_n_connections (self->multi) > 0 || count_connections (self) > 0)
    msa_world_fail ("%u connections are left after an hour",
                    msa_multi_get_n_connections (self->multi));
  if (msa_multi_get_timeout_ms (self->multi) >= 0)
    msa_world_fail ("a multi without transfers and connections wants to be called");
}

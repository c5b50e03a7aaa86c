/* msa-world-identity.c: who comes to a server of a random world, and over which connection
 *
 * Servers know which request may come to them, over what. A connection is of the transfers whose
 * options of the pool's key are the first one's; what is meant for one origin, place or run is
 * seen nowhere else; a TLS session is resumed under its own policy.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "sim/msa-world-private.h"

#include <stdlib.h>
#include <string.h>

/* What a server handed out. */
typedef struct
{
  GBytes *bytes; /* (owned) */
  MsaWorldIdentity *of; /* (unowned) */
} Ticket;

static void
ticket_free (gpointer data)
{
  Ticket *self = data;

  g_bytes_unref (self->bytes);
  g_free (self);
}

GPtrArray *
msa_world_tickets_new (void)
{
  return g_ptr_array_new_with_free_func (ticket_free);
}

/* --- addresses --- */

char *
msa_world_dup_address (guint host,
                       MsaWorldWay way,
                       gboolean other_port)
{
  switch (way)
    {
    case MSA_WORLD_WAY_IPV6:
      return g_strdup_printf ("fd00::%u", host + 1);
    case MSA_WORLD_WAY_ANNEX:
      return g_strdup_printf ("10.0.1.%u", host + 1);
    case MSA_WORLD_WAY_UNIX:
      return g_strdup_printf ("unix:/run/h%u%s", host, other_port ? "-other" : "");
    case MSA_WORLD_WAY_IPV4:
    case MSA_WORLD_N_WAYS:
    default:
      return g_strdup_printf ("10.0.0.%u", host + 1);
    }
}

guint
msa_world_get_port (const MsaWorldHost *host,
                    gboolean other_port)
{
  return (host->tls ? 443 : 80) + (other_port ? 8000 : 0);
}

/* --- transfers --- */

/* All that stands in the key besides the origin. */
static char *
describe (const MsaWorldTransfer *plan)
{
  return g_strdup_printf ("via %d, %s, port %u to %u, %s, %s, %s, %s", plan->via,
                          plan->from_address ? "from an address" : "from any", plan->from_port,
                          plan->from_port + plan->n_ports,
                          plan->tuned ? "tuned" : "not tuned",
                          plan->ipv4_only ? "IPv4" : "any IP",
                          plan->names_version ? "HTTP/1.1" : "any HTTP",
                          plan->is_lax ? "any name" : "its name");
}

void
msa_world_set_identity (MsaWorldEasy *self)
{
  const MsaWorldTransfer *plan = &self->plan;
  MsaWorld *world = self->world;
  MsaEasy *easy = self->easy;
  guint port = msa_world_get_port (&world->hosts[plan->host], plan->other_port);
  g_autofree char *name = g_strdup_printf ("h%u.world.test", plan->host);
  g_autofree char *entry = NULL;
  const char *entries[2] = { NULL };

  switch (plan->via)
    {
    case MSA_WORLD_VIA_PIN:
      entries[0] = entry = g_strdup_printf ("%s:%u:10.0.1.%u", name, port, plan->host + 1);
      msa_easy_set_resolve (easy, entries);
      break;
    case MSA_WORLD_VIA_FORGETTING:
      entries[0] = entry = g_strdup_printf ("-%s:%u", name, port);
      msa_easy_set_resolve (easy, entries);
      break;
    case MSA_WORLD_VIA_TELLING:
      entries[0] = entry = g_strdup_printf ("+%s:%u:10.0.0.%u", name, port, plan->host + 1);
      msa_easy_set_resolve (easy, entries);
      break;
    case MSA_WORLD_VIA_OTHER_NAME:
      entries[0] = entry = g_strdup_printf ("%s:%u:annex%u.world.test:", name, port, plan->host);
      msa_easy_set_connect_to (easy, entries);
      break;
    case MSA_WORLD_VIA_UNIX:
      entry = msa_world_dup_address (plan->host, MSA_WORLD_WAY_UNIX, plan->other_port);
      msa_easy_set_unix_socket_path (easy, entry + strlen ("unix:"));
      break;
    case MSA_WORLD_VIA_NAME:
    default:
      break;
    }
  if (plan->from_address)
    msa_easy_set_local_address (easy, MSA_WORLD_LOCAL_ADDRESS);
  if (plan->from_port > 0)
    {
      msa_easy_set_local_port (easy, plan->from_port);
      msa_easy_set_local_port_range (easy, plan->n_ports);
    }
  if (plan->tuned)
    {
      msa_easy_set_tcp_nodelay (easy, FALSE);
      msa_easy_set_tcp_keepalive_idle_s (easy, 7);
    }
  if (plan->ipv4_only)
    msa_easy_set_ip_version (easy, MSA_IP_VERSION_IPV4);
  if (plan->names_version)
    msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_1);
  if (world->tls)
    msa_easy_set_tls_config (easy, world->tls_configs[plan->is_lax]);
}

/* What nobody but the server of this run is to see. */
char *
msa_world_dup_secret (MsaWorldEasy *self,
                      guint run)
{
  return g_strdup_printf ("Bearer of-%u-run-%u", self->id, run);
}

/* --- connections --- */

void
msa_world_identity_init (MsaWorldIdentity *self,
                         MsaWorld *world,
                         MsaSimPeer *peer,
                         const MsaWorldDoor *door)
{
  self->world = world;
  self->peer = peer;
  self->door = door;
  self->generation = world->generation;
}

void
msa_world_identity_clear (MsaWorldIdentity *self)
{
  g_clear_pointer (&self->options, g_free);
}

static gboolean
is_right_way (const MsaWorldTransfer *plan,
              MsaWorldWay way)
{
  switch (plan->via)
    {
    case MSA_WORLD_VIA_PIN:
    case MSA_WORLD_VIA_OTHER_NAME:
      return way == MSA_WORLD_WAY_ANNEX;
    case MSA_WORLD_VIA_UNIX:
      return way == MSA_WORLD_WAY_UNIX;
    case MSA_WORLD_VIA_NAME:
    case MSA_WORLD_VIA_FORGETTING:
    case MSA_WORLD_VIA_TELLING:
    default:
      return way == MSA_WORLD_WAY_IPV4 ||
             (way == MSA_WORLD_WAY_IPV6 && !plan->ipv4_only && !plan->from_address);
    }
}

/* The socket is as the transfer wants it. */
static void
check_socket (MsaWorldIdentity *self,
              MsaWorldEasy *easy)
{
  const MsaWorldTransfer *plan = &easy->plan;
  const MsaSocketTuning *tuning = &self->peer->tuning;

  if (plan->host != self->door->host || plan->other_port != self->door->other_port)
    msa_world_fail ("transfer %u is at host %u and asked host %u, or another port", easy->id,
                    plan->host, self->door->host);
  if (!is_right_way (plan, self->door->way))
    msa_world_fail ("transfer %u (%s) came to %s", easy->id, self->options, self->peer->address);
  if (plan->via == MSA_WORLD_VIA_UNIX)
    return;
  if (g_str_has_prefix (self->peer->client, MSA_WORLD_LOCAL_ADDRESS ":") != plan->from_address)
    msa_world_fail ("transfer %u (%s) came from %s", easy->id, self->options, self->peer->client);
  if (plan->from_port > 0)
    {
      guint port = (guint) strtoul (strrchr (self->peer->client, ':') + 1, NULL, 10);

      if (port < plan->from_port || port >= plan->from_port + plan->n_ports)
        msa_world_fail ("transfer %u (%s) came from %s", easy->id, self->options,
                        self->peer->client);
    }
  if (tuning->nodelay == plan->tuned || (tuning->keepalive_idle_s == 7) != plan->tuned)
    msa_world_fail ("transfer %u (%s) came by a socket that is not so", easy->id, self->options);
}

static void
check_history (MsaWorldIdentity *self,
               MsaWorldEasy *easy,
               guint run)
{
  g_autofree char *options = describe (&easy->plan);

  if (self->options == NULL)
    {
      self->options = g_steal_pointer (&options);
      self->first = easy;
      self->first_run = run;
    }
  else if (!g_str_equal (self->options, options))
    {
      msa_world_fail ("transfer %u (%s) came over a connection of transfer %u (%s)", easy->id,
                      options, self->first->id, self->options);
    }
  if (self->is_spent)
    msa_world_fail ("transfer %u came over a connection of which one before allowed no reuse",
                    easy->id);
  if (self->is_exclusive && (self->first != easy || self->first_run != run))
    msa_world_fail ("transfer %u came over a connection let through for transfer %u", easy->id,
                    self->first->id);
  if (run != easy->run || !easy->runs)
    return;

  if (easy->plan.fresh && self->n_requests > 0)
    msa_world_fail ("transfer %u came over a connection that is not new", easy->id);
  if (self->generation < easy->generation)
    msa_world_fail ("transfer %u came over a connection that was made before the function that is"
                    " asked about addresses",
                    easy->id);
  self->is_spent |= easy->plan.forbids_reuse;
  self->is_exclusive |= easy->was_accepted;
}

/* Once, and as it is to be. */
static void
check_field (MsaWorldEasy *easy,
             const char *head,
             const char *name,
             const char *value)
{
  g_autofree char *line = g_strdup_printf ("\r\n%s: %s\r\n", name, value);
  g_autofree char *start = g_strdup_printf ("\r\n%s:", name);
  const char *found = strcasestr (head, start);

  if (found == NULL || !g_str_has_prefix (found, line) ||
      strcasestr (found + strlen (start), start) != NULL)
    msa_world_fail ("transfer %u: not once %s: %s in its head: %s", easy->id, name, value, head);
}

static void
check_head (MsaWorldIdentity *self,
            MsaWorldEasy *easy,
            guint run,
            const char *head)
{
  g_autofree char *secret = msa_world_dup_secret (easy, run);
  g_autofree char *host = g_strdup_printf (
      easy->plan.other_port ? "h%u.world.test:%u" : "h%u.world.test", easy->plan.host,
      msa_world_get_port (&self->world->hosts[easy->plan.host], easy->plan.other_port));

  check_field (easy, head, "Host", host);
  check_field (easy, head, "Authorization", secret);
  if (!g_str_has_prefix (strstr (head, "\r\n") - strlen ("HTTP/1.1"), "HTTP/1.1"))
    msa_world_fail ("transfer %u speaks another version: %s", easy->id, head);
}

static void
check_session (MsaWorldIdentity *self,
               MsaWorldEasy *easy)
{
  const MsaWorldIdentity *old = self->resumes;

  if (old == NULL || old->first == NULL)
    return;
  if (old->first->plan.is_lax != easy->plan.is_lax)
    msa_world_fail ("transfer %u offered a TLS session of transfer %u, under another policy",
                    easy->id, old->first->id);
}

void
msa_world_identity_check (MsaWorldIdentity *self,
                          MsaWorldEasy *easy,
                          guint run,
                          const char *head)
{
  check_history (self, easy, run);
  check_socket (self, easy);
  check_head (self, easy, run, head);
  check_session (self, easy);
  self->n_requests++;
}

/* --- TLS sessions --- */

static void
note_ticket (MsaWorldIdentity *self,
             const gnutls_datum_t *message)
{
  Ticket *ticket = g_new0 (Ticket, 1);
  /* It ends the message, but for extensions that are empty: its middle tells it from others. */
  gsize len = message->size / 2;

  ticket->bytes = g_bytes_new (message->data + len / 2, len);
  ticket->of = self;
  g_ptr_array_add (self->world->tickets, ticket);
}

/* Whose policy it is, is seen when a request comes. */
static void
check_offer (MsaWorldIdentity *self,
             MsaWorldIdentity *old)
{
  if (old->door->host != self->door->host || old->door->other_port != self->door->other_port)
    msa_world_fail ("host %u is offered a TLS session of host %u, or of another port",
                    self->door->host, old->door->host);
  if (old->is_exclusive)
    msa_world_fail ("host %u is offered a TLS session that was let through for transfer %u",
                    self->door->host, old->first->id);
  self->resumes = old;
}

static void
find_ticket (MsaWorldIdentity *self,
             const gnutls_datum_t *message)
{
  for (guint i = 0; i < self->world->tickets->len; i++)
    {
      Ticket *ticket = g_ptr_array_index (self->world->tickets, i);
      gsize len;
      gconstpointer bytes = g_bytes_get_data (ticket->bytes, &len);

      if (memmem (message->data, message->size, bytes, len) != NULL)
        check_offer (self, ticket->of);
    }
}

static int
message_cb (gnutls_session_t session,
            unsigned int type,
            unsigned int when,
            unsigned int incoming,
            const gnutls_datum_t *message)
{
  MsaWorldIdentity *self = gnutls_session_get_ptr (session);

  if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && incoming == 0)
    note_ticket (self, message);
  else if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && incoming != 0)
    find_ticket (self, message);
  return 0;
}

void
msa_world_identity_watch (MsaWorldIdentity *self,
                          gnutls_session_t session)
{
  gnutls_session_set_ptr (session, self);
  gnutls_handshake_set_hook_function (session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST, message_cb);
}

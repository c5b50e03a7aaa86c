/* test-fault-sweep.c: each call behind MsaSys fails in turn, while connections are made, kept, used
 * again and ended
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-fault-sweep.h"

#include <netdb.h>

#define MS G_GINT64_CONSTANT (1000)
#define S (1000 * MS)

static void
add_several (MsaFaultPlay *play,
             guint n)
{
  for (guint i = 0; i < n; i++)
    msa_fault_add (play, i % 3 == 2 ? "http://other.org/size/400" : "/size/300");
}

/* One transfer */

static void
play_get (MsaFaultPlay *play)
{
  msa_fault_add (play, "/size/3000");
  msa_fault_finish (play);
}

static void
play_chunked (MsaFaultPlay *play)
{
  msa_sim_set_segment (play->sim, 700);
  msa_fault_add (play, "/chunked/3000");
  msa_fault_finish (play);
}

static void
play_statuses (MsaFaultPlay *play)
{
  msa_fault_add (play, "/interim");
  msa_fault_add (play, "/status/204");
  msa_fault_add (play, "/status/404");
  msa_fault_finish (play);
}

static void
play_address (MsaFaultPlay *play)
{
  msa_fault_add (play, "http://10.0.0.1/size/10");
  msa_fault_finish (play);
}

static void
play_refused (MsaFaultPlay *play)
{
  msa_sim_set_host (play->sim, "nobody.org", 1000, "fd00::9", "10.0.0.9", "10.0.0.8", NULL);
  msa_sim_set_unreachable (play->sim, "10.0.0.8");
  msa_fault_add (play, "http://nobody.org/size/10");
  msa_fault_finish (play);
}

static void
play_broken_replies (MsaFaultPlay *play)
{
  msa_fault_add (play, "/truncated/2000");
  msa_fault_add (play, "/empty");
  msa_fault_add (play, "/bad");
  msa_fault_finish (play);
}

/* Without an answer, until its time is over. */
static void
add_hanging (MsaFaultPlay *play,
             const char *uri,
             guint timeout_ms)
{
  MsaEasy *easy = msa_fault_make (play, uri);

  msa_easy_set_timeout_ms (easy, timeout_ms);
  msa_test_world_add_again (play->world, easy);
}

static void
play_timeouts (MsaFaultPlay *play)
{
  MsaEasy *idle = msa_fault_make (play, "/part/2000");
  MsaEasy *silent = msa_fault_make (play, "http://other.org/hang");

  msa_easy_set_idle_timeout_ms (idle, 300);
  msa_easy_set_response_timeout_ms (silent, 200);
  add_hanging (play, "/hang", 400);
  msa_test_world_add_again (play->world, idle);
  msa_test_world_add_again (play->world, silent);
  msa_fault_finish (play);
}

static void
play_connect_timeout (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "http://hole.org/size/10");

  msa_sim_set_host (play->sim, "hole.org", 1000, "10.0.0.66", NULL);
  msa_sim_set_black_hole (play->sim, "10.0.0.66");
  msa_easy_set_connect_timeout_ms (easy, 500);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

/* Connections that are shared */

static void
play_reuse (MsaFaultPlay *play)
{
  for (guint i = 0; i < 4; i++)
    {
      msa_fault_add (play, "/size/300");
      msa_fault_finish (play);
    }
}

static void
play_parallel (MsaFaultPlay *play)
{
  add_several (play, 6);
  msa_fault_finish (play);
}

static void
play_pool_full (MsaFaultPlay *play)
{
  msa_multi_set_max_connections_per_host (play->multi, 1);
  add_several (play, 6);
  msa_fault_finish (play);
}

/* Idle connections of one host make room for another. */
static void
play_queue (MsaFaultPlay *play)
{
  msa_multi_set_max_connections (play->multi, 1);
  add_several (play, 5);
  msa_fault_finish (play);
}

static void
play_queue_timeout (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "/size/10");

  msa_multi_set_max_connections (play->multi, 1);
  msa_easy_set_queue_timeout_ms (easy, 500);
  add_hanging (play, "/hang", 2000);
  msa_test_world_add_again (play->world, easy);
  msa_fault_add (play, "/size/20");
  msa_fault_finish (play);
}

static void
play_priorities (MsaFaultPlay *play)
{
  msa_multi_set_max_connections_per_host (play->multi, 1);
  for (int i = 0; i < 4; i++)
    {
      MsaEasy *easy = msa_fault_make (play, "/size/100");

      msa_easy_set_priority (easy, -i);
      msa_test_world_add_again (play->world, easy);
    }
  msa_fault_finish (play);
}

static void
play_idle_limit (MsaFaultPlay *play)
{
  msa_multi_set_max_idle_connections (play->multi, 1);
  add_several (play, 4);
  msa_fault_finish (play);
  msa_fault_pass (play, 100 * MS);
}

static void
play_idle_expiry (MsaFaultPlay *play)
{
  msa_multi_set_max_idle_age_s (play->multi, 5);
  add_several (play, 3);
  msa_fault_finish (play);
  msa_fault_pass (play, 6 * S);
  g_assert_cmpuint (msa_multi_get_n_connections (play->multi), ==, 0);
  msa_fault_add (play, "/size/300");
  msa_fault_finish (play);
}

static void
play_connection_age (MsaFaultPlay *play)
{
  msa_multi_set_max_connection_age_s (play->multi, 2);
  for (guint i = 0; i < 3; i++)
    {
      msa_fault_add (play, "/size/300");
      msa_fault_finish (play);
      msa_fault_pass (play, 1100 * MS);
    }
}

static void
close_peers (MsaSim *sim,
             gpointer data)
{
  for (guint i = 0; i < msa_sim_get_n_peers (sim); i++)
    msa_sim_peer_close (msa_sim_get_peer (sim, i));
}

/* The peers end their idle connections, which is noticed in time. */
static void
play_ended_by_peer (MsaFaultPlay *play)
{
  add_several (play, 3);
  msa_fault_finish (play);
  close_peers (play->sim, NULL);
  msa_fault_pass (play, 100 * MS);
  add_several (play, 3);
  msa_fault_finish (play);
}

/* The same while the next requests are on their way already. */
static void
play_stale (MsaFaultPlay *play)
{
  for (guint i = 0; i < 2; i++)
    {
      add_several (play, 3);
      msa_fault_finish (play);
      msa_sim_call_after (play->sim, 500, close_peers, NULL);
    }
  add_several (play, 3);
  msa_fault_finish (play);
}

static void
play_fresh (MsaFaultPlay *play)
{
  for (guint i = 0; i < 3; i++)
    {
      MsaEasy *easy = msa_fault_make (play, "/size/30");

      msa_easy_set_fresh_connection (easy, i == 1);
      msa_easy_set_forbid_reuse (easy, i == 2);
      msa_test_world_add_again (play->world, easy);
      msa_fault_finish (play);
    }
}

static void
add_next_cb (MsaTestRecord *record,
             gpointer data)
{
  MsaFaultPlay *play = data;
  MsaTestRecord *next;

  if (play->world->records->len >= 5)
    return;
  next = msa_test_world_get_record (msa_fault_add (play, "/size/50"));
  next->completed = add_next_cb;
  next->data = play;
}

/* Each is added by the one before. */
static void
play_chain (MsaFaultPlay *play)
{
  MsaTestRecord *record = msa_test_world_get_record (msa_fault_add (play, "/size/50"));

  record->completed = add_next_cb;
  record->data = play;
  msa_fault_finish (play);
}

/* Ends by the application */

static void
run_cb (GObject *source,
        GAsyncResult *result,
        gpointer data)
{
  MsaFaultPlay *play = data;
  g_autoptr (GError) error = NULL;

  msa_multi_run_finish (MSA_MULTI (source), result, &error);
  play->n_extra--;
}

static void
cancel (MsaSim *sim,
        gpointer data)
{
  g_cancellable_cancel (data);
}

/* In its look-up, its connection, its answer; and one that is not cancelled. */
static void
play_cancel (MsaFaultPlay *play)
{
  static const gint64 delays_us[] = { 0, 500, 2500, 50000, 0 };
  g_autoptr (GPtrArray) cancellables = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < G_N_ELEMENTS (delays_us); i++)
    {
      GCancellable *cancellable = g_cancellable_new ();
      MsaEasy *easy = msa_fault_make (play, i < 4 ? "/hang" : "/size/10");

      g_ptr_array_add (cancellables, cancellable);
      msa_test_world_get_record (easy)->n_added++;
      play->n_extra++;
      msa_multi_run_async (play->multi, easy, G_PRIORITY_DEFAULT, cancellable, run_cb, play);
      if (i < 4)
        msa_sim_call_after (play->sim, delays_us[i], cancel, cancellable);
    }
  msa_fault_finish (play);
  msa_fault_pass (play, 60 * MS);
}

static void
play_remove (MsaFaultPlay *play)
{
  static const gint64 delays_us[] = { 0, 500, 2500, 50000 };

  for (guint i = 0; i < G_N_ELEMENTS (delays_us); i++)
    {
      MsaEasy *easy = msa_fault_add (play, "/hang");

      msa_fault_pass (play, delays_us[i]);
      if (msa_test_world_get_record (easy)->n_easy == 0)
        msa_test_world_remove (play->world, easy);
    }
  msa_fault_add (play, "/size/10");
  msa_fault_finish (play);
}

static void
remove_other_cb (MsaTestRecord *record,
                 gpointer data)
{
  MsaTestRecord *other = data;

  if (other->n_added > other->n_easy)
    msa_test_world_remove (record->world, other->easy);
}

static void
play_remove_in_handler (MsaFaultPlay *play)
{
  MsaTestRecord *other = msa_test_world_get_record (msa_fault_add (play, "/hang"));
  MsaTestRecord *record = msa_test_world_get_record (msa_fault_add (play, "/size/10"));

  record->completed = remove_other_cb;
  record->data = other;
  msa_fault_finish (play);
}

static void
play_pause (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_add (play, "/size/300000");
  MsaEasy *other = msa_fault_add (play, "/size/3000");

  msa_easy_pause (other, MSA_DIRECTION_RECEIVE);
  msa_fault_pass (play, 4 * MS);
  msa_easy_pause (easy, MSA_DIRECTION_RECEIVE);
  msa_fault_pass (play, 50 * MS);
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  msa_easy_resume (other, MSA_DIRECTION_RECEIVE);
  msa_fault_finish (play);
}

static void
nest_cb (MsaTestRecord *record,
         gpointer data)
{
  for (guint i = 0; i < 10; i++)
    msa_test_driver_turn (record->world->driver);
}

/* Each end drives the others on. */
static void
play_nested (MsaFaultPlay *play)
{
  for (guint i = 0; i < 4; i++)
    {
      MsaEasy *easy = msa_fault_add (play, i % 2 == 0 ? "/size/300" : "http://other.org/size/300");

      msa_test_world_get_record (easy)->completed = nest_cb;
    }
  msa_fault_finish (play);
}

static void
play_close (MsaFaultPlay *play)
{
  add_several (play, 2);
  msa_fault_finish (play);
  add_hanging (play, "/hang", 300);
  msa_fault_add (play, "http://many.org/size/10");
  msa_fault_pass (play, 3 * MS);
  msa_fault_close (play);
}

static void
play_close_idle (MsaFaultPlay *play)
{
  add_several (play, 3);
  msa_fault_finish (play);
  msa_fault_close (play);
}

/* Ends with connections in each state. */
static void
play_dispose (MsaFaultPlay *play)
{
  play->is_closed = TRUE;
  add_several (play, 3);
  msa_fault_finish (play);
  for (guint i = 0; i < 3; i++)
    {
      MsaEasy *easy = msa_fault_add (play, i < 2 ? "/hang" : "http://many.org/size/10");

      msa_fault_pass (play, 2 * MS);
      if (msa_test_world_get_record (easy)->n_easy == 0)
        msa_test_world_remove (play->world, easy);
    }
  msa_test_world_end_multi (play->world);
}

static void
play_driver_changes (MsaFaultPlay *play)
{
  add_several (play, 4);
  msa_fault_pass (play, 2500);
  msa_test_world_renew_driver (play->world);
  msa_test_driver_let_waits_fail (play->world->driver);
  msa_fault_finish (play);
  msa_test_world_renew_driver (play->world);
  msa_test_driver_let_waits_fail (play->world->driver);
}

static void
fetched_cb (GObject *source,
            GAsyncResult *result,
            gpointer data)
{
  MsaFaultPlay *play = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = msa_multi_fetch_finish (MSA_MULTI (source), result, &error);

  g_assert_true ((bytes == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_cmpuint (error->domain, ==, MSA_ERROR);
  play->n_extra--;
}

static void
play_fetch (MsaFaultPlay *play)
{
  for (guint i = 0; i < 2; i++)
    {
      play->n_extra++;
      msa_multi_fetch_async (play->multi, "http://example.org/size/300", NULL, fetched_cb, play);
    }
  msa_fault_finish (play);
}

static void
play_wakeup (MsaFaultPlay *play)
{
  msa_multi_wakeup (play->multi);
  msa_fault_add (play, "/size/10");
  msa_fault_pass (play, 500);
  msa_multi_wakeup (play->multi);
  msa_fault_finish (play);
}

/* Names and addresses */

static void
play_many_addresses (MsaFaultPlay *play)
{
  msa_fault_add (play, "http://many.org/size/300");
  msa_fault_finish (play);
}

/* One answer is late, and the other family goes first. */
static void
play_late_family (MsaFaultPlay *play)
{
  msa_sim_set_host (play->sim, "late.org", 1000, "fd00::2", "10.0.0.2", NULL);
  msa_sim_set_host_family (play->sim, "late.org", AF_INET6, 0, 300000);
  msa_fault_add (play, "http://late.org/size/300");
  msa_fault_finish (play);
}

/* One look-up for all that want it. */
static void
play_same_name (MsaFaultPlay *play)
{
  for (guint i = 0; i < 4; i++)
    msa_fault_add (play, "http://many.org/size/30");
  msa_fault_finish (play);
}

static void
play_no_such_name (MsaFaultPlay *play)
{
  msa_sim_set_host_error (play->sim, "gone.org", EAI_NONAME, 1000);
  msa_sim_set_host_error (play->sim, "busy.org", EAI_AGAIN, 1000);
  msa_fault_add (play, "http://gone.org/size/30");
  msa_fault_add (play, "http://busy.org/size/30");
  msa_fault_finish (play);
  msa_fault_add (play, "http://gone.org/size/30");
  msa_fault_finish (play);
}

static void
play_resolve_timeout (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "http://slow.org/size/30");

  msa_sim_set_host (play->sim, "slow.org", 5 * S, "10.0.0.1", NULL);
  msa_easy_set_resolve_timeout_ms (easy, 1000);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

static void
play_zone (MsaFaultPlay *play)
{
  msa_fault_add (play, "http://[fe80::1%25eth0]/size/10");
  msa_fault_add (play, "http://[fe80::1%25eth9]/size/10");
  msa_fault_finish (play);
}

static void
play_overrides (MsaFaultPlay *play)
{
  static const char *const resolve[] = { "told.org:80:10.0.0.2", NULL };
  static const char *const connect_to[] = { "sent.org:80:other.org:80", NULL };
  MsaEasy *told = msa_fault_make (play, "http://told.org/size/10");
  MsaEasy *sent = msa_fault_make (play, "http://sent.org/size/10");

  msa_easy_set_resolve (told, resolve);
  msa_easy_set_connect_to (sent, connect_to);
  msa_test_world_add_again (play->world, told);
  msa_test_world_add_again (play->world, sent);
  msa_fault_finish (play);
}

/* What the application looks up itself */

typedef GResolver      NameList;
typedef GResolverClass NameListClass;

static GType name_list_get_type (void);
G_DEFINE_TYPE (NameList, name_list, G_TYPE_RESOLVER)

static GList *
look_up (GResolver *resolver,
         const char *name,
         GCancellable *cancellable,
         GError **error)
{
  if (!g_str_equal (name, "app.org"))
    {
      g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
                           "The application does not know it");
      return NULL;
    }

  return g_list_prepend (NULL, g_inet_address_new_from_string ("10.0.0.1"));
}

static void
name_list_class_init (NameListClass *klass)
{
  klass->lookup_by_name = look_up;
}

static void
name_list_init (NameList *self)
{
}

static void
play_resolver (MsaFaultPlay *play)
{
  g_autoptr (GResolver) resolver = g_object_new (name_list_get_type (), NULL);

  msa_sim_set_resolver_delay (play->sim, 1000);
  msa_multi_set_resolver (play->multi, resolver);
  msa_fault_add (play, "http://app.org/size/30");
  msa_fault_add (play, "http://unknown.org/size/30");
  msa_fault_finish (play);
  msa_multi_set_resolver (play->multi, NULL);
}

/* Local ends */

static void
play_unix_socket (MsaFaultPlay *play)
{
  for (guint i = 0; i < 2; i++)
    {
      MsaEasy *easy = msa_fault_make (play, "http://local.org/size/10");

      msa_easy_set_unix_socket_path (easy, i == 0 ? "/run/server" : "/run/none");
      msa_test_world_add_again (play->world, easy);
    }
  msa_fault_finish (play);
}

static void
play_local_ports (MsaFaultPlay *play)
{
  msa_sim_take_local_port (play->sim, 5000);
  for (guint i = 0; i < 3; i++)
    {
      MsaEasy *easy = msa_fault_make (play, "/size/10");

      msa_easy_set_local_port (easy, 5000);
      msa_easy_set_local_port_range (easy, 3);
      msa_test_world_add_again (play->world, easy);
    }
  msa_fault_finish (play);
}

static void
play_interface (MsaFaultPlay *play)
{
  MsaEasy *bound = msa_fault_make (play, "http://many.org/size/10");
  MsaEasy *addressed = msa_fault_make (play, "/size/10");

  msa_easy_set_interface (bound, "eth0");
  msa_easy_set_local_address (addressed, "10.255.0.1");
  msa_test_world_add_again (play->world, bound);
  msa_test_world_add_again (play->world, addressed);
  msa_fault_finish (play);
}

static gboolean
address_cb (MsaMulti *multi,
            MsaEasy *easy,
            GSocketAddress *address,
            gpointer data)
{
  return g_socket_address_get_family (address) == G_SOCKET_FAMILY_IPV4;
}

static GSocket *
open_cb (MsaMulti *multi,
         MsaEasy *easy,
         GSocketAddress *address,
         gpointer data)
{
  return g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
}

static void
play_chosen_addresses (MsaFaultPlay *play)
{
  msa_multi_set_address_func (play->multi, address_cb, NULL, NULL);
  msa_fault_add (play, "http://many.org/size/10");
  msa_fault_finish (play);
  msa_multi_set_address_func (play->multi, NULL, NULL, NULL);
}

/* Such a socket is none of the simulation's, and so there is no peer: it fails in any case. */
static void
play_own_sockets (MsaFaultPlay *play)
{
  msa_multi_set_open_func (play->multi, open_cb, NULL, NULL);
  msa_fault_add (play, "http://many.org/size/10");
  msa_fault_finish (play);
  msa_multi_set_open_func (play->multi, NULL, NULL, NULL);
}

static void
play_tuned (MsaFaultPlay *play)
{
  MsaEasy *easy = msa_fault_make (play, "/size/10");

  msa_easy_set_tcp_keepalive_idle_s (easy, 60);
  msa_easy_set_tcp_keepalive_interval_s (easy, 5);
  msa_test_world_add_again (play->world, easy);
  msa_fault_finish (play);
}

static const MsaFaultScene scenes[] = {
  { "get", play_get },
  { "chunked", play_chunked },
  { "statuses", play_statuses },
  { "address", play_address },
  { "refused", play_refused },
  { "broken-replies", play_broken_replies },
  { "timeouts", play_timeouts },
  { "connect-timeout", play_connect_timeout },
  { "reuse", play_reuse },
  { "parallel", play_parallel },
  { "pool-full", play_pool_full },
  { "queue", play_queue },
  { "queue-timeout", play_queue_timeout },
  { "priorities", play_priorities },
  { "idle-limit", play_idle_limit },
  { "idle-expiry", play_idle_expiry },
  { "connection-age", play_connection_age },
  { "ended-by-peer", play_ended_by_peer },
  { "stale", play_stale },
  { "fresh", play_fresh },
  { "chain", play_chain },
  { "cancel", play_cancel },
  { "remove", play_remove },
  { "remove-in-handler", play_remove_in_handler },
  { "pause", play_pause },
  { "nested", play_nested },
  { "close", play_close },
  { "close-idle", play_close_idle },
  { "dispose", play_dispose },
  { "driver-changes", play_driver_changes },
  { "fetch", play_fetch },
  { "wakeup", play_wakeup },
  { "many-addresses", play_many_addresses },
  { "late-family", play_late_family },
  { "same-name", play_same_name },
  { "no-such-name", play_no_such_name },
  { "resolve-timeout", play_resolve_timeout },
  { "zone", play_zone },
  { "overrides", play_overrides },
  { "resolver", play_resolver },
  { "unix-socket", play_unix_socket },
  { "local-ports", play_local_ports },
  { "interface", play_interface },
  { "chosen-addresses", play_chosen_addresses },
  { "own-sockets", play_own_sockets },
  { "tuned", play_tuned },
};

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  msa_fault_add_scenes ("/msa/fault-sweep", &msa_fault_sys, scenes, G_N_ELEMENTS (scenes));

  return g_test_run ();
}

/* test-multi-resolver.c: names that the application's GResolver looks up
 *
 * In virtual time, where it is called in the test's own thread, and in real threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define MS G_GINT64_CONSTANT (1000)

/* A resolver of the application. */

#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver)

struct _TestResolver
{
  GResolver parent_instance;

  const char *ipv4, *ipv6; /* (nullable): what app.org has */
  int         n_calls;     /* atomic */
  GThread    *thread;      /* (unowned) (nullable): that of the last call */
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static GList *
prepend (GList *list,
         const char *address)
{
  return address == NULL ? list : g_list_prepend (list, g_inet_address_new_from_string (address));
}

/* Both families: those asked for are taken. */
static GList *
look_up (GResolver *resolver,
         const char *name,
         GCancellable *cancellable,
         GError **error)
{
  TestResolver *self = TEST_RESOLVER (resolver);

  g_atomic_int_inc (&self->n_calls);
  g_atomic_pointer_set (&self->thread, g_thread_self ());
  if (strcmp (name, "gone.org") == 0)
    g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
                         "The application knows no gone.org");
  else if (strcmp (name, "busy.org") == 0)
    g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE,
                         "The application is busy");
  else if (strcmp (name, "broken.org") == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The application is broken");
  else if (strcmp (name, "many.org") == 0)
    {
      GList *list = NULL;

      for (guint i = 0; i < 1000; i++)
        list = prepend (list, "10.0.0.8");
      return g_list_append (list, g_inet_address_new_from_string ("10.0.0.2"));
    }
  else if (strcmp (name, "empty.org") != 0)
    return prepend (prepend (NULL, self->ipv4), self->ipv6);

  return NULL;
}

static GList *
look_up_with_flags (GResolver *resolver,
                    const char *name,
                    GResolverNameLookupFlags flags,
                    GCancellable *cancellable,
                    GError **error)
{
  g_assert_true (flags == G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY ||
                 flags == G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY);
  return look_up (resolver, name, cancellable, error);
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  klass->parent_class.lookup_by_name_with_flags = look_up_with_flags;
}

static void
test_resolver_init (TestResolver *self)
{
  self->ipv4 = "10.0.0.2";
}

/* One from before there were flags. */

typedef struct
{
  GResolver parent_instance;
} OldResolver;

typedef GResolverClass OldResolverClass;

static GType old_resolver_get_type (void);
G_DEFINE_TYPE (OldResolver, old_resolver, G_TYPE_RESOLVER)

static GList *
look_up_without_flags (GResolver *resolver,
                       const char *name,
                       GCancellable *cancellable,
                       GError **error)
{
  return prepend (prepend (NULL, "10.0.0.2"), "fd00::3");
}

static void
old_resolver_class_init (OldResolverClass *klass)
{
  klass->lookup_by_name = look_up_without_flags;
}

static void
old_resolver_init (OldResolver *self)
{
}

/* One without anything. */

typedef GResolver DeafResolver;
typedef GResolverClass DeafResolverClass;

static GType deaf_resolver_get_type (void);
G_DEFINE_TYPE (DeafResolver, deaf_resolver, G_TYPE_RESOLVER)

static void
deaf_resolver_class_init (DeafResolverClass *klass)
{
}

static void
deaf_resolver_init (DeafResolver *self)
{
}

/* The world: servers at 10.0.0.1 to 3 and fd00::3 */

static void
respond_cb (MsaSimPeer *peer,
            const char *method,
            const char *target,
            const char *head,
            GBytes *body,
            gpointer data)
{
  msa_sim_http_respond (peer, 200, NULL, peer->address);
}

static TestResolver *
set_up (MsaTestWorld *world)
{
  static const char *const servers[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::3" };
  TestResolver *resolver = g_object_new (TEST_TYPE_RESOLVER, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    msa_sim_http_server (world->sim, servers[i], 80, respond_cb, NULL);
  msa_sim_http_server (world->sim, "::1", 80, respond_cb, NULL);
  msa_multi_set_max_idle_connections (world->multi, 0);
  msa_multi_set_resolver (world->multi, G_RESOLVER (resolver));
  return resolver;
}

/* Nothing of the library holds it any more. */
static void
tear_down (MsaTestWorld *world,
           TestResolver *resolver)
{
  msa_multi_set_resolver (world->multi, NULL);
  g_assert_finalize_object (resolver);
}

static MsaEasy *
fetch (MsaTestWorld *world,
       const char *uri)
{
  MsaEasy *easy = msa_test_world_add (world, uri);

  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  return easy;
}

static void
expect_from (MsaEasy *easy,
             const char *address)
{
  g_assert_no_error (msa_easy_get_error (easy));
  msa_test_world_assert_body (easy, address);
}

/* What comes out */

typedef struct
{
  const char *name, *host;
  const char *ipv4, *ipv6;
  const char *text;     /* where the answer comes from, or the error */
  int         code;
  int         n_calls;
  guint       cached_s; /* 0: not */
} Outcome;

static const Outcome outcomes[] = {
  { "ipv4", "app.org", "10.0.0.2", NULL, "10.0.0.2:80", 0, 2, 60 },
  { "ipv6", "app.org", NULL, "fd00::3", "[fd00::3]:80", 0, 2, 60 },
  { "both", "app.org", "10.0.0.2", "fd00::3", "[fd00::3]:80", 0, 2, 60 },
  { "neither", "app.org", NULL, NULL,
    "Could not resolve host 'app.org': No address associated with hostname", MSA_ERROR_RESOLVE, 2,
    30 },
  { "not-found", "gone.org", NULL, NULL,
    "Could not resolve host 'gone.org': The application knows no gone.org", MSA_ERROR_RESOLVE, 2,
    30 },
  { "temporary", "busy.org", NULL, NULL,
    "Could not resolve host 'busy.org': The application is busy", MSA_ERROR_RESOLVE, 2, 0 },
  { "other-error", "broken.org", NULL, NULL,
    "Could not resolve host 'broken.org': The application is broken", MSA_ERROR_RESOLVE, 2, 0 },
  { "nothing-at-all", "empty.org", NULL, NULL,
    "Could not resolve host 'empty.org': No address associated with hostname", MSA_ERROR_RESOLVE,
    2, 30 },
  /* The same ones count once. */
  { "many", "many.org", NULL, NULL, "10.0.0.2:80", 0, 2, 60 },
  { "address", "10.0.0.3", NULL, NULL, "10.0.0.3:80", 0, 0, 3600 },
  { "localhost", "a.localhost", NULL, NULL, "[::1]:80", 0, 0, 3600 },
  { "onion", "a.onion", NULL, NULL,
    "Could not resolve host 'a.onion': Names in .onion are not looked up", MSA_ERROR_RESOLVE, 0,
    3600 },
};

static void
expect_outcome (MsaTestWorld *world,
                const Outcome *outcome)
{
  g_autofree char *uri = g_strdup_printf ("http://%s/", outcome->host);
  MsaEasy *easy = fetch (world, uri);

  if (outcome->code == 0)
    {
      expect_from (easy, outcome->text);
      return;
    }
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, outcome->code);
  g_assert_cmpstr (msa_easy_get_error (easy)->message, ==, outcome->text);
}

static void
test_outcome (gconstpointer data)
{
  const Outcome *outcome = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  TestResolver *resolver = set_up (world);
  const gint64 ttl_us = (gint64) outcome->cached_s * G_USEC_PER_SEC;
  const gint64 end_us = msa_sim_get_now_us (world->sim) + ttl_us;

  resolver->ipv4 = outcome->ipv4;
  resolver->ipv6 = outcome->ipv6;
  expect_outcome (world, outcome);
  g_assert_cmpint (resolver->n_calls, ==, outcome->n_calls);
  if (ttl_us > 0)
    {
      msa_test_world_settle (world, end_us - 100 * MS - msa_sim_get_now_us (world->sim));
      expect_outcome (world, outcome);
      g_assert_cmpint (resolver->n_calls, ==, outcome->n_calls);
      msa_test_world_settle (world, 200 * MS);
    }
  expect_outcome (world, outcome);
  g_assert_cmpint (resolver->n_calls, ==, 2 * outcome->n_calls);
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 0);
  tear_down (world, resolver);
  msa_test_world_free (world);
}

static void
test_without_flags (MsaTestWorld *world)
{
  g_autoptr (GResolver) old = g_object_new (old_resolver_get_type (), NULL);
  MsaEasy *easy = msa_test_world_make (world, "http://app.org/");
  TestResolver *resolver = set_up (world);

  msa_multi_set_resolver (world->multi, old);
  g_assert_finalize_object (resolver);
  msa_easy_set_ip_version (easy, MSA_IP_VERSION_IPV4);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  expect_from (easy, "10.0.0.2:80");
  expect_from (fetch (world, "http://app.org/"), "[fd00::3]:80");
}

static void
test_without_anything (MsaTestWorld *world)
{
  g_autoptr (GResolver) deaf = g_object_new (deaf_resolver_get_type (), NULL);
  MsaEasy *easy;

  msa_multi_set_resolver (world->multi, deaf);
  easy = fetch (world, "http://app.org/");
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_RESOLVE);
  g_assert_cmpstr (msa_easy_get_error (easy)->message, ==,
                   "Could not resolve host 'app.org': DeafResolver looks no names up");
}

/* One question serves all who ask it meanwhile. */
static void
test_shared (MsaTestWorld *world)
{
  TestResolver *resolver = set_up (world);
  MsaEasy *easies[3];

  msa_sim_set_resolver_delay (world->sim, 50 * MS);
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    easies[i] = msa_test_world_add (world, "http://app.org/");
  g_assert_true (msa_test_world_run (world, G_N_ELEMENTS (easies)));
  for (guint i = 0; i < G_N_ELEMENTS (easies); i++)
    expect_from (easies[i], "10.0.0.2:80");
  g_assert_cmpint (resolver->n_calls, ==, 2);
  tear_down (world, resolver);
}

static void
notify_cb (MsaMulti *multi,
           GParamSpec *pspec,
           guint *count)
{
  (*count)++;
}

/* What was known is not known any more. */
static void
test_changed (MsaTestWorld *world)
{
  TestResolver *resolver = set_up (world);
  TestResolver *other = g_object_new (TEST_TYPE_RESOLVER, NULL);
  guint n_notified = 0;

  g_signal_connect (world->multi, "notify::resolver", G_CALLBACK (notify_cb), &n_notified);
  other->ipv4 = "10.0.0.3";
  expect_from (fetch (world, "http://example.org/"), "10.0.0.2:80");
  g_object_set (world->multi, "resolver", other, NULL);
  g_assert_true (msa_multi_get_resolver (world->multi) == G_RESOLVER (other));
  g_assert_finalize_object (resolver);
  expect_from (fetch (world, "http://example.org/"), "10.0.0.3:80");

  msa_multi_set_resolver (world->multi, G_RESOLVER (other));
  expect_from (fetch (world, "http://example.org/"), "10.0.0.3:80");
  g_assert_cmpint (other->n_calls, ==, 2);
  tear_down (world, other);
  g_assert_null (msa_multi_get_resolver (world->multi));
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 0);
  expect_from (fetch (world, "http://example.org/"), "10.0.0.1:80");
  g_assert_cmpuint (n_notified, ==, 2);
}

/* Those who wait for the old one get the answer of the new one, and no other. */
static void
test_changed_meanwhile (MsaTestWorld *world)
{
  TestResolver *resolver = set_up (world);
  MsaEasy *easy = msa_test_world_add (world, "http://app.org/");
  MsaEasy *later;

  msa_sim_set_resolver_delay (world->sim, 5000 * MS);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_CONNECTING));
  g_assert_cmpint (resolver->n_calls, ==, 2);
  resolver->ipv4 = "10.0.0.3";
  g_object_ref (resolver);
  msa_multi_set_resolver (world->multi, NULL);
  msa_sim_set_resolver_delay (world->sim, 100 * MS);
  msa_multi_set_resolver (world->multi, G_RESOLVER (resolver));
  later = msa_test_world_add (world, "http://app.org/");
  g_assert_true (msa_test_world_run (world, 2));
  expect_from (easy, "10.0.0.3:80");
  expect_from (later, "10.0.0.3:80");
  g_assert_cmpint (msa_sim_get_now_us (world->sim), <, MSA_SIM_START_US + 200 * MS);
  g_assert_cmpint (resolver->n_calls, ==, 4);

  /* What the first said comes, and nobody cares. */
  msa_test_world_settle (world, 6000 * MS);
  expect_from (fetch (world, "http://app.org/"), "10.0.0.3:80");
  g_assert_cmpint (resolver->n_calls, ==, 4);
  g_object_unref (resolver);
  tear_down (world, resolver);
}

/* Between the families: the one that is in counts no more. */
static void
test_changed_in_part (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_add (world, "http://part.org/");
  TestResolver *resolver;

  msa_sim_set_host (world->sim, "part.org", 0, "10.0.0.8", "fd00::8", NULL);
  msa_sim_set_host_family (world->sim, "part.org", AF_INET, 0, 1000 * MS);
  g_assert_true (msa_test_world_run_until_state (world, easy, MSA_EASY_CONNECTING));
  msa_test_world_settle (world, 10 * MS);
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_connect"), ==, 1);
  resolver = set_up (world);
  g_assert_true (msa_test_world_run (world, 1));
  expect_from (easy, "10.0.0.2:80");
  msa_test_world_settle (world, 2000 * MS);
  tear_down (world, resolver);
}

/* The transfer does not wait for it, nor does the end of the multi. */
static void
test_abandoned (MsaTestWorld *world)
{
  TestResolver *resolver = set_up (world);
  MsaEasy *easy = msa_test_world_make (world, "http://app.org/");

  msa_sim_set_resolver_delay (world->sim, 5000 * MS);
  msa_easy_set_timeout_ms (easy, 100);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_TIMED_OUT);
  msa_test_world_end_multi (world);
  msa_sim_advance_by (world->sim, 6000 * MS);
  g_assert_finalize_object (resolver);
}

/* In real threads, whatever drives. */
static void
test_threads (MsaTestWorld *world)
{
  TestResolver *resolver = g_object_new (TEST_TYPE_RESOLVER, NULL);
  g_autofree char *uri = g_strdup_printf ("http://app.test:%u/size/10",
                                          msa_test_server_get_port (world->server));
  MsaEasy *easy;

  resolver->ipv4 = "127.0.0.1";
  msa_multi_set_resolver (world->multi, G_RESOLVER (resolver));
  easy = fetch (world, uri);
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_cmpint (g_atomic_int_get (&resolver->n_calls), ==, 2);
  g_assert_true (g_atomic_pointer_get (&resolver->thread) != g_thread_self ());
  msa_multi_set_resolver (world->multi, NULL);
  g_object_unref (resolver);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/multi-resolver/outcome", outcomes, test_outcome);
  msa_test_world_add_test ("/msa/multi-resolver/without-flags", test_without_flags);
  msa_test_world_add_test ("/msa/multi-resolver/without-anything", test_without_anything);
  msa_test_world_add_test ("/msa/multi-resolver/shared", test_shared);
  msa_test_world_add_test ("/msa/multi-resolver/changed", test_changed);
  msa_test_world_add_test ("/msa/multi-resolver/changed-meanwhile", test_changed_meanwhile);
  msa_test_world_add_test ("/msa/multi-resolver/changed-in-part", test_changed_in_part);
  msa_test_world_add_test ("/msa/multi-resolver/abandoned", test_abandoned);
  msa_test_world_add_real_test ("/msa/multi-resolver/threads", test_threads);

  return g_test_run ();
}

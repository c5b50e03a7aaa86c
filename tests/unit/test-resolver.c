/* test-resolver.c: names to addresses, in virtual time
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "net/msa-resolver-private.h"
#include "net/msa-socket-private.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-reactor.h"
#include "sim/msa-test-rows.h"

#include <errno.h>
#include <netdb.h>

typedef struct
{
  MsaSim         *sim;
  MsaTestReactor *reactor;
  MsaResolver    *resolver;
  MsaIpVersion    version;  /* asked for by start() */
} Fixture;

typedef struct
{
  MsaLookup     lookup;  /* first */
  Fixture      *fixture;
  gboolean      done;
  guint         n_done;
  MsaAddresses *answer;  /* (owned) (nullable) */
  gint64        now_us;
  gboolean      wants_partial;
  guint         n_partial;
  MsaAddresses *partial; /* (owned) (nullable) */
  gint64        partial_us;
  /* (nullable): what done() does besides */
  void        (*act) (Fixture *fixture, gpointer data);
  gpointer      data;
} Waiter;

static void
setup (Fixture *fixture,
       gconstpointer data)
{
  fixture->sim = msa_sim_new ();
  fixture->reactor = msa_test_reactor_new (msa_sim_get_sys (msa_sim_ref (fixture->sim)));
  fixture->resolver = msa_resolver_new (msa_test_reactor_get (fixture->reactor));
}

static void
teardown (Fixture *fixture,
          gconstpointer data)
{
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
  g_clear_pointer (&fixture->reactor, msa_test_reactor_free);
  msa_sim_assert_clean (fixture->sim);
  msa_sim_unref (fixture->sim);
}

static void
done_cb (MsaLookup *lookup,
         MsaAddresses *addresses,
         gint64 now_us)
{
  Waiter *self = (Waiter *) lookup;

  self->done = TRUE;
  self->n_done++;
  self->answer = msa_addresses_ref (addresses);
  self->now_us = now_us;
  if (self->act != NULL)
    self->act (self->fixture, self->data);
}

static void
partial_cb (MsaLookup *lookup,
            MsaAddresses *addresses,
            gint64 now_us)
{
  Waiter *self = (Waiter *) lookup;

  g_assert_false (self->done);
  self->n_partial++;
  self->partial = msa_addresses_ref (addresses);
  self->partial_us = now_us;
}

static void
clear_waiter (Waiter *self)
{
  g_clear_pointer (&self->answer, msa_addresses_unref);
  g_clear_pointer (&self->partial, msa_addresses_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Waiter, clear_waiter)

static MsaHost *
make_host (const char *name)
{
  g_autoptr (GError) error = NULL;
  MsaHost *host = msa_host_new (msa_slice_from_string (name), &error);

  g_assert_no_error (error);
  return host;
}

/* The answer is in waiter->answer if there is one already. */
static void
start (Fixture *fixture,
       const char *name,
       Waiter *waiter)
{
  g_autoptr (MsaHost) host = make_host (name);

  waiter->fixture = fixture;
  waiter->lookup.done = done_cb;
  waiter->lookup.partial = waiter->wants_partial ? partial_cb : NULL;
  waiter->answer = msa_resolver_start (fixture->resolver, host, 80, fixture->version,
                                       &waiter->lookup, msa_sim_get_now_us (fixture->sim));
}

static void
forget (Fixture *fixture,
        const char *name)
{
  g_autoptr (MsaHost) host = make_host (name);

  msa_resolver_forget (fixture->resolver, host, 80);
}

static void
wait_done (Fixture *fixture,
           Waiter *waiter)
{
  g_assert_true (msa_test_reactor_run_until (fixture->reactor, &waiter->done, 60000));
  g_assert_cmpuint (waiter->n_done, ==, 1);
}

/* Addresses with commas between, or "error: " and its text. */
static char *
describe (const MsaAddresses *answer)
{
  GString *text = g_string_new (NULL);

  if (answer->error != NULL)
    {
      g_assert_error (answer->error, MSA_ERROR, MSA_ERROR_RESOLVE);
      g_assert_cmpuint (answer->n_addresses, ==, 0);
      g_string_append_printf (text, "error: %s", answer->error->message);
    }
  for (guint i = 0; i < answer->n_addresses; i++)
    {
      g_autofree char *address = msa_address_to_string (&answer->addresses[i]);

      g_string_append_printf (text, "%s%s", i > 0 ? "," : "", address);
    }
  return g_string_free (text, FALSE);
}

static void
expect_answer (const Waiter *waiter,
               const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_nonnull (waiter->answer);
  text = describe (waiter->answer);
  g_assert_cmpstr (text, ==, expected);
}

/* Looks @name up, whether it is known or not. */
static void
expect_look_up (Fixture *fixture,
                const char *name,
                const char *expected)
{
  g_auto (Waiter) waiter = { 0 };

  start (fixture, name, &waiter);
  if (waiter.answer == NULL)
    wait_done (fixture, &waiter);
  expect_answer (&waiter, expected);
}

static guint
count_look_ups (Fixture *fixture)
{
  return msa_sim_count (fixture->sim, "look_up");
}

/* Without a look-up */

static const struct
{
  const char *name, *host, *answer;
} direct[] = {
  { "ipv4", "192.0.2.7", "192.0.2.7:0" },
  { "ipv6", "[2001:db8::7]", "[2001:db8::7]:0" },
  { "ipv6-zone-name", "[fe80::1%25eth0]", "[fe80::1%7]:0" },
  { "ipv6-zone-number", "[fe80::1%2512]", "[fe80::1%12]:0" },
  { "ipv6-zone-unknown", "[fe80::1%25eth9]",
    "error: Could not resolve host 'fe80::1': There is no network interface 'eth9'" },
  { "localhost", "localhost", "[::1]:0,127.0.0.1:0" },
  { "localhost-upper-case", "LOCALHOST", "[::1]:0,127.0.0.1:0" },
  { "localhost-dot", "localhost.", "[::1]:0,127.0.0.1:0" },
  { "localhost-subdomain", "a.b.localhost", "[::1]:0,127.0.0.1:0" },
  { "onion", "expyuzz4wqqyqhjn.onion",
    "error: Could not resolve host 'expyuzz4wqqyqhjn.onion': "
    "Names in .onion are not looked up" },
  { "onion-dot", "a.onion.",
    "error: Could not resolve host 'a.onion': Names in .onion are not looked up" },
};

static void
test_direct (Fixture *fixture,
             gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_interface (fixture->sim, "eth0", 7);
  start (fixture, direct[i].host, &waiter);
  expect_answer (&waiter, direct[i].answer);
  g_assert_cmpuint (count_look_ups (fixture), ==, 0);
  /* Harmless: it did not wait. */
  msa_resolver_cancel (fixture->resolver, &waiter.lookup);
}

/* Looking up */

static void
test_families (Fixture *fixture,
               gconstpointer data)
{
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 3000, "10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1",
                    "fd00::2", NULL);
  start (fixture, "a.test", &waiter);
  g_assert_null (waiter.answer);
  g_assert_cmpuint (waiter.n_done, ==, 0);
  wait_done (fixture, &waiter);
  expect_answer (&waiter, "[fd00::1]:0,10.0.0.1:0,[fd00::2]:0,10.0.0.2:0,10.0.0.3:0");
  /* Side by side, not one after the other. */
  g_assert_cmpint (waiter.now_us, ==, MSA_SIM_START_US + 3000);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

static const struct
{
  const char *name;
  int         code_ipv6, code_ipv4; /* 0: has an address */
  const char *answer;
  guint       cached_s; /* 0: not */
  MsaIpVersion version;
} outcomes[] = {
  { "both", 0, 0, "[fd00::1]:0,10.0.0.1:0", 60, 0 },
  { "only-ipv4", EAI_NODATA, 0, "10.0.0.1:0", 60, 0 },
  { "only-ipv6", 0, EAI_NONAME, "[fd00::1]:0", 60, 0 },
  { "ipv6-passing", EAI_AGAIN, 0, "10.0.0.1:0", 60, 0 },
  { "no-name", EAI_NONAME, EAI_NONAME,
    "error: Could not resolve host 'a.test': Name or service not known", 30, 0 },
  { "no-address", EAI_NODATA, EAI_NODATA,
    "error: Could not resolve host 'a.test': No address associated with hostname", 30, 0 },
  { "try-again", EAI_AGAIN, EAI_AGAIN,
    "error: Could not resolve host 'a.test': Temporary failure in name resolution", 0, 0 },
  { "server-failure", EAI_FAIL, EAI_FAIL,
    "error: Could not resolve host 'a.test': Non-recoverable failure in name resolution", 0, 0 },
  { "system-failure", EAI_SYSTEM, EAI_NONAME,
    "error: Could not resolve host 'a.test': Too many open files", 0, 0 },
  { "one-passing", EAI_NONAME, EAI_AGAIN,
    "error: Could not resolve host 'a.test': Temporary failure in name resolution", 0, 0 },
  /* The other family is not asked, whatever it has. */
  { "ipv4-asked", EAI_AGAIN, 0, "10.0.0.1:0", 60, MSA_IP_VERSION_IPV4 },
  { "ipv6-asked", 0, EAI_AGAIN, "[fd00::1]:0", 60, MSA_IP_VERSION_IPV6 },
  { "ipv4-asked-no-name", 0, EAI_NONAME,
    "error: Could not resolve host 'a.test' to an IPv4 address: Name or service not known", 30,
    MSA_IP_VERSION_IPV4 },
  { "ipv6-asked-no-address", EAI_NODATA, 0,
    "error: Could not resolve host 'a.test' to an IPv6 address: "
    "No address associated with hostname",
    30, MSA_IP_VERSION_IPV6 },
  { "ipv4-asked-try-again", 0, EAI_AGAIN,
    "error: Could not resolve host 'a.test' to an IPv4 address: "
    "Temporary failure in name resolution",
    0, MSA_IP_VERSION_IPV4 },
};

/* What comes out, and how long it is kept. */
static void
test_outcome (Fixture *fixture,
              gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  gint64 ttl_us = (gint64) outcomes[i].cached_s * G_USEC_PER_SEC;
  guint n_families = outcomes[i].version == MSA_IP_VERSION_AUTO ? 2 : 1;

  fixture->version = outcomes[i].version;
  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_host_family (fixture->sim, "a.test", AF_INET6, outcomes[i].code_ipv6, 0);
  msa_sim_set_host_family (fixture->sim, "a.test", AF_INET, outcomes[i].code_ipv4, 0);
  expect_look_up (fixture, "a.test", outcomes[i].answer);
  g_assert_cmpuint (count_look_ups (fixture), ==, n_families);

  if (ttl_us > 0)
    {
      msa_sim_advance_by (fixture->sim, ttl_us - 1);
      expect_look_up (fixture, "a.test", outcomes[i].answer);
      g_assert_cmpuint (count_look_ups (fixture), ==, n_families);
      msa_sim_advance_by (fixture->sim, 1);
    }
  expect_look_up (fixture, "a.test", outcomes[i].answer);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2 * n_families);
}

static void
test_too_many (Fixture *fixture,
               gconstpointer data)
{
  g_auto (Waiter) waiter = { 0 };

  /* One family alone would fit. */
  for (guint i = 0; i < MSA_MAX_ADDRESSES - 1; i++)
    {
      g_autofree char *ipv4 = g_strdup_printf ("10.0.0.%u", i);
      g_autofree char *ipv6 = g_strdup_printf ("fd00::%x", i);

      msa_sim_add_host_address (fixture->sim, "a.test", ipv4);
      msa_sim_add_host_address (fixture->sim, "a.test", ipv6);
    }
  start (fixture, "a.test", &waiter);
  wait_done (fixture, &waiter);
  g_assert_cmpuint (waiter.answer->n_addresses, ==, MSA_MAX_ADDRESSES);
}

/* With the final dot, search domains are not tried: another question. */
static void
test_final_dot (Fixture *fixture,
                gconstpointer data)
{
  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", NULL);
  msa_sim_set_host (fixture->sim, "a.test.", 0, "10.0.0.2", NULL);
  expect_look_up (fixture, "a.test", "10.0.0.1:0");
  expect_look_up (fixture, "a.test.", "10.0.0.2:0");
  expect_look_up (fixture, "A.TEST", "10.0.0.1:0");
  g_assert_cmpuint (count_look_ups (fixture), ==, 4);
}

static void
test_no_thread (Fixture *fixture,
                gconstpointer data)
{
  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", NULL);
  msa_sim_fail_nth (fixture->sim, "run_job", 1, EAGAIN);
  msa_sim_fail_nth (fixture->sim, "run_job", 2, EAGAIN);
  expect_look_up (fixture, "a.test",
                  "error: Could not resolve host 'a.test': No thread could be started");
  /* That passes, and is not kept. */
  expect_look_up (fixture, "a.test", "10.0.0.1:0");
}

/* Half of it is better than nothing. */
static void
test_one_thread (Fixture *fixture,
                 gconstpointer data)
{
  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", "fd00::1", NULL);
  msa_sim_fail_nth (fixture->sim, "run_job", 1, EAGAIN);
  expect_look_up (fixture, "a.test", "10.0.0.1:0");
}

/* Single flight */

static void
test_shared (Fixture *fixture,
             gconstpointer data)
{
  g_auto (Waiter) first = { 0 };
  g_auto (Waiter) second = { 0 };
  g_auto (Waiter) other = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  msa_sim_set_host (fixture->sim, "b.test", 1000, "10.0.0.2", NULL);
  start (fixture, "a.test", &first);
  msa_sim_advance_by (fixture->sim, 2000);
  start (fixture, "a.test", &second);
  start (fixture, "b.test", &other);
  g_assert_cmpuint (count_look_ups (fixture), ==, 4);

  wait_done (fixture, &other);
  g_assert_false (first.done);
  wait_done (fixture, &first);
  wait_done (fixture, &second);
  g_assert_true (first.answer == second.answer);
  g_assert_cmpint (first.now_us, ==, second.now_us);
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  Waiter waiters[3] = { 0 };
  guint i_cancelled = GPOINTER_TO_UINT (data);

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  for (guint i = 0; i < 3; i++)
    start (fixture, "a.test", &waiters[i]);
  msa_resolver_cancel (fixture->resolver, &waiters[i_cancelled].lookup);
  msa_resolver_cancel (fixture->resolver, &waiters[i_cancelled].lookup);
  msa_test_reactor_run_for (fixture->reactor, 100);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (waiters[i].n_done, ==, i != i_cancelled);
      clear_waiter (&waiters[i]);
    }
}

/* The look-up goes on, and who asks next has its answer. */
static void
test_cancel_all (Fixture *fixture,
                 gconstpointer data)
{
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  start (fixture, "a.test", &waiter);
  msa_resolver_cancel (fixture->resolver, &waiter.lookup);
  msa_test_reactor_run_for (fixture->reactor, 100);
  g_assert_false (waiter.done);
  start (fixture, "a.test", &waiter);
  expect_answer (&waiter, "10.0.0.1:0");
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

/* From within done() */

static void
cancel_act (Fixture *fixture,
            gpointer data)
{
  Waiter *other = data;

  msa_resolver_cancel (fixture->resolver, &other->lookup);
}

static void
test_done_cancels_next (Fixture *fixture,
                        gconstpointer data)
{
  g_auto (Waiter) first = { 0 };
  g_auto (Waiter) second = { 0 };
  g_auto (Waiter) third = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  first.act = cancel_act;
  first.data = &second;
  third.act = cancel_act;
  third.data = &first;
  start (fixture, "a.test", &first);
  start (fixture, "a.test", &second);
  start (fixture, "a.test", &third);
  msa_test_reactor_run_for (fixture->reactor, 100);
  g_assert_cmpuint (first.n_done, ==, 1);
  g_assert_cmpuint (second.n_done, ==, 0);
  g_assert_cmpuint (third.n_done, ==, 1);
}

static void
start_act (Fixture *fixture,
           gpointer data)
{
  Waiter *other = data;

  clear_waiter (other);
  other->done = FALSE;
  start (fixture, "a.test", other);
}

/* The answer is kept: it comes at once. */
static void
test_done_starts_known (Fixture *fixture,
                        gconstpointer data)
{
  g_auto (Waiter) first = { 0 };
  g_auto (Waiter) second = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  first.act = start_act;
  first.data = &second;
  start (fixture, "a.test", &first);
  wait_done (fixture, &first);
  expect_answer (&second, "10.0.0.1:0");
  g_assert_cmpuint (second.n_done, ==, 0);
}

/* The failure is not kept: a new look-up, also for one who asks while others are told of it. */
static void
test_done_starts_again (Fixture *fixture,
                        gconstpointer data)
{
  g_auto (Waiter) first = { 0 };
  g_auto (Waiter) second = { 0 };
  g_auto (Waiter) late = { 0 };

  msa_sim_set_host_error (fixture->sim, "a.test", EAI_AGAIN, 5000);
  first.act = start_act;
  first.data = &late;
  start (fixture, "a.test", &first);
  start (fixture, "a.test", &second);
  wait_done (fixture, &second);
  g_assert_cmpuint (first.n_done, ==, 1);
  g_assert_false (late.done);
  g_assert_cmpuint (count_look_ups (fixture), ==, 4);
  wait_done (fixture, &late);
  g_assert_cmpint (late.now_us, ==, second.now_us + 5000);
}

static void
free_act (Fixture *fixture,
          gpointer data)
{
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
}

static void
test_done_frees_resolver (Fixture *fixture,
                          gconstpointer data)
{
  g_auto (Waiter) first = { 0 };
  g_auto (Waiter) second = { 0 };
  g_auto (Waiter) other = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  msa_sim_set_host (fixture->sim, "b.test", 9000, "10.0.0.1", NULL);
  first.act = free_act;
  start (fixture, "a.test", &first);
  start (fixture, "a.test", &second);
  start (fixture, "b.test", &other);
  msa_test_reactor_run_for (fixture->reactor, 100);
  expect_answer (&first, "10.0.0.1:0");
  g_assert_cmpuint (second.n_done, ==, 0);
  g_assert_cmpuint (other.n_done, ==, 0);
}

/* Ends */

static void
test_free_resolver (Fixture *fixture,
                    gconstpointer data)
{
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  start (fixture, "a.test", &waiter);
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
  msa_test_reactor_run_for (fixture->reactor, 100);
  g_assert_cmpuint (waiter.n_done, ==, 0);
}

/* The jobs end when all else has gone. */
static void
test_free_reactor (Fixture *fixture,
                   gconstpointer data)
{
  const gboolean reactor_first = GPOINTER_TO_INT (data);
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.1", NULL);
  start (fixture, "a.test", &waiter);
  if (reactor_first)
    g_clear_pointer (&fixture->reactor, msa_test_reactor_free);
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
  g_clear_pointer (&fixture->reactor, msa_test_reactor_free);
  g_assert_cmpuint (waiter.n_done, ==, 0);
}

/* The cache */

static void
test_in_use_survives (Fixture *fixture,
                      gconstpointer data)
{
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", NULL);
  start (fixture, "a.test", &waiter);
  wait_done (fixture, &waiter);
  msa_sim_advance_by (fixture->sim, MSA_DNS_TTL_US);
  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.2", NULL);
  expect_look_up (fixture, "a.test", "10.0.0.2:0");
  expect_answer (&waiter, "10.0.0.1:0");
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
  expect_answer (&waiter, "10.0.0.1:0");
}

static void
test_forget (Fixture *fixture,
             gconstpointer data)
{
  g_auto (Waiter) waiter = { 0 };

  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", NULL);
  expect_look_up (fixture, "a.test", "10.0.0.1:0");
  msa_sim_set_host (fixture->sim, "a.test", 5000, "10.0.0.2", NULL);
  forget (fixture, "b.test");
  expect_look_up (fixture, "a.test", "10.0.0.1:0");
  forget (fixture, "a.test");
  forget (fixture, "a.test");

  /* One under way is as fresh as can be. */
  start (fixture, "a.test", &waiter);
  forget (fixture, "a.test");
  wait_done (fixture, &waiter);
  expect_answer (&waiter, "10.0.0.2:0");
  g_assert_cmpuint (count_look_ups (fixture), ==, 4);
}

static void
test_oldest_goes (Fixture *fixture,
                  gconstpointer data)
{
  msa_sim_set_host (fixture->sim, "first.test", 0, "10.0.0.1", NULL);
  msa_sim_set_host (fixture->sim, "second.test", 0, "10.0.0.2", NULL);
  expect_look_up (fixture, "first.test", "10.0.0.1:0");
  expect_look_up (fixture, "second.test", "10.0.0.2:0");
  for (guint i = 2; i < MSA_MAX_DNS_ENTRIES; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      g_autofree char *answer = g_strdup_printf (
          "error: Could not resolve host '%s': Name or service not known", name);

      expect_look_up (fixture, name, answer);
    }
  g_assert_cmpuint (MSA_MAX_DNS_ENTRIES, ==, 29999);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2 * MSA_MAX_DNS_ENTRIES);

  /* All fit; using one does not make it younger. */
  expect_look_up (fixture, "first.test", "10.0.0.1:0");
  g_assert_cmpuint (count_look_ups (fixture), ==, 2 * MSA_MAX_DNS_ENTRIES);
  expect_look_up (fixture, "more.test",
                  "error: Could not resolve host 'more.test': Name or service not known");
  expect_look_up (fixture, "second.test", "10.0.0.2:0");
  g_assert_cmpuint (count_look_ups (fixture), ==, 2 * (MSA_MAX_DNS_ENTRIES + 1));
  expect_look_up (fixture, "first.test", "10.0.0.1:0");
  g_assert_cmpuint (count_look_ups (fixture), ==, 2 * (MSA_MAX_DNS_ENTRIES + 2));
}

/* One family is late */

#define BOTH "[fd00::1]:0,10.0.0.1:0"

/* Of a.test: when each family is in. */
static void
set_late_host (Fixture *fixture,
               gint64 ipv6_ms,
               gint64 ipv4_ms)
{
  msa_sim_set_host (fixture->sim, "a.test", 0, "10.0.0.1", "fd00::1", NULL);
  msa_sim_set_host_family (fixture->sim, "a.test", AF_INET6, 0, ipv6_ms * 1000);
  msa_sim_set_host_family (fixture->sim, "a.test", AF_INET, 0, ipv4_ms * 1000);
}

static void
run_to (Fixture *fixture,
        gint64 at_ms)
{
  gint64 left_us = MSA_SIM_START_US + at_ms * 1000 - msa_sim_get_now_us (fixture->sim);

  msa_test_reactor_run_for (fixture->reactor, (int) (left_us / 1000));
}

static void
expect_partial (const Waiter *waiter,
                const char *expected,
                gint64 at_ms)
{
  g_autofree char *text = NULL;

  g_assert_cmpuint (waiter->n_partial, ==, 1);
  text = describe (waiter->partial);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (waiter->partial_us, ==, MSA_SIM_START_US + at_ms * 1000);
}

static const struct
{
  const char *name;
  int         code_ipv6, code_ipv4; /* 0: has an address */
  int         ipv6_ms, ipv4_ms;     /* when it is in */
  const char *partial;              /* (nullable) */
  int         partial_ms;
  const char *answer;
} late[] = {
  { "ipv6-first", 0, 0, 1, 500, "[fd00::1]:0", 1, BOTH },
  { "ipv4-first", 0, 0, 500, 1, "10.0.0.1:0", 51, BOTH },
  { "ipv4-within-delay", 0, 0, 30, 1, NULL, 0, BOTH },
  { "ipv4-at-delay", 0, 0, 51, 1, NULL, 0, BOTH },
  { "ipv4-past-delay", 0, 0, 52, 1, "10.0.0.1:0", 51, BOTH },
  /* The first is told at once, though the other comes in the same dispatch. */
  { "together", 0, 0, 5, 5, "[fd00::1]:0", 5, BOTH },
  { "ipv6-has-none", EAI_NODATA, 0, 1, 500, NULL, 0, "10.0.0.1:0" },
  { "ipv4-has-none", 0, EAI_NODATA, 500, 1, NULL, 0, "[fd00::1]:0" },
  { "ipv6-fails-first", EAI_AGAIN, 0, 1, 500, NULL, 0, "10.0.0.1:0" },
  { "ipv6-fails-late", EAI_AGAIN, 0, 500, 1, "10.0.0.1:0", 51, "10.0.0.1:0" },
  { "ipv4-fails-late", 0, EAI_FAIL, 1, 500, "[fd00::1]:0", 1, "[fd00::1]:0" },
  { "ipv4-has-none-late", 0, EAI_NODATA, 1, 500, "[fd00::1]:0", 1, "[fd00::1]:0" },
  { "both-fail", EAI_AGAIN, EAI_NODATA, 500, 1, NULL, 0,
    "error: Could not resolve host 'a.test': Temporary failure in name resolution" },
};

static void
test_late (Fixture *fixture,
           gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_auto (Waiter) waiter = { .wants_partial = TRUE };
  g_auto (Waiter) plain = { 0 };

  set_late_host (fixture, late[i].ipv6_ms, late[i].ipv4_ms);
  msa_sim_set_host_family (fixture->sim, "a.test", AF_INET6, late[i].code_ipv6,
                           late[i].ipv6_ms * 1000);
  msa_sim_set_host_family (fixture->sim, "a.test", AF_INET, late[i].code_ipv4,
                           late[i].ipv4_ms * 1000);
  start (fixture, "a.test", &plain);
  start (fixture, "a.test", &waiter);
  wait_done (fixture, &waiter);
  if (late[i].partial != NULL)
    expect_partial (&waiter, late[i].partial, late[i].partial_ms);
  else
    g_assert_cmpuint (waiter.n_partial, ==, 0);
  expect_answer (&waiter, late[i].answer);
  g_assert_cmpint (waiter.now_us, ==,
                   MSA_SIM_START_US + MAX (late[i].ipv6_ms, late[i].ipv4_ms) * 1000);

  g_assert_null (msa_heap_first (&msa_test_reactor_get (fixture->reactor)->timers));

  /* Who has no use for a part of the answer is told once, of all of it. */
  g_assert_cmpuint (plain.n_done, ==, 1);
  g_assert_true (plain.answer == waiter.answer);

  /* Nothing comes after that. */
  run_to (fixture, 2000);
  g_assert_cmpuint (waiter.n_done, ==, 1);
  g_assert_cmpuint (waiter.n_partial, ==, late[i].partial != NULL);
}

/* Whole answers are kept, not parts of them. */
static void
test_late_cached (Fixture *fixture,
                  gconstpointer data)
{
  g_auto (Waiter) waiter = { .wants_partial = TRUE };
  g_auto (Waiter) later = { .wants_partial = TRUE };

  set_late_host (fixture, 1, 500);
  start (fixture, "a.test", &waiter);
  wait_done (fixture, &waiter);
  start (fixture, "a.test", &later);
  expect_answer (&later, BOTH);
  g_assert_cmpuint (later.n_partial, ==, 0);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

/* Who comes when the part is known has it at once. */
static void
test_late_joined (Fixture *fixture,
                  gconstpointer data)
{
  g_auto (Waiter) waiter = { .wants_partial = TRUE };
  g_auto (Waiter) joined = { .wants_partial = TRUE };
  g_auto (Waiter) plain = { 0 };

  set_late_host (fixture, 500, 1);
  start (fixture, "a.test", &waiter);
  run_to (fixture, 100);
  start (fixture, "a.test", &joined);
  start (fixture, "a.test", &plain);
  g_assert_null (joined.answer);
  expect_partial (&joined, "10.0.0.1:0", 100);
  g_assert_cmpuint (plain.n_done, ==, 0);

  wait_done (fixture, &joined);
  expect_answer (&joined, BOTH);
  g_assert_cmpint (joined.now_us, ==, MSA_SIM_START_US + 500 * 1000);
  expect_partial (&waiter, "10.0.0.1:0", 51);
  g_assert_cmpuint (waiter.n_done, ==, 1);
  g_assert_cmpuint (plain.n_done, ==, 1);
  g_assert_cmpuint (joined.n_partial, ==, 1);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

/* The delay counts from the first family's answer, whoever waits. */
static void
test_late_joined_in_delay (Fixture *fixture,
                           gconstpointer data)
{
  g_auto (Waiter) waiter = { .wants_partial = TRUE };
  g_auto (Waiter) joined = { .wants_partial = TRUE };

  set_late_host (fixture, 500, 1);
  start (fixture, "a.test", &waiter);
  run_to (fixture, 30);
  start (fixture, "a.test", &joined);
  g_assert_cmpuint (joined.n_partial, ==, 0);
  run_to (fixture, 100);
  expect_partial (&waiter, "10.0.0.1:0", 51);
  expect_partial (&joined, "10.0.0.1:0", 51);
  wait_done (fixture, &joined);
}

static void
test_late_cancel (Fixture *fixture,
                  gconstpointer data)
{
  const gint64 at_ms = GPOINTER_TO_INT (data);
  g_auto (Waiter) waiter = { .wants_partial = TRUE };
  g_auto (Waiter) other = { .wants_partial = TRUE };

  set_late_host (fixture, 500, 1);
  start (fixture, "a.test", &waiter);
  start (fixture, "a.test", &other);
  run_to (fixture, at_ms);
  msa_resolver_cancel (fixture->resolver, &waiter.lookup);
  run_to (fixture, 1000);
  g_assert_cmpuint (waiter.n_done, ==, 0);
  g_assert_cmpuint (waiter.n_partial, ==, at_ms > 51);
  expect_partial (&other, "10.0.0.1:0", 51);
  expect_answer (&other, BOTH);
}

/* Nobody waits any more when the part and the rest come: they are kept for the next. */
static void
test_late_cancel_all (Fixture *fixture,
                      gconstpointer data)
{
  g_auto (Waiter) waiter = { .wants_partial = TRUE };
  g_auto (Waiter) next = { .wants_partial = TRUE };

  set_late_host (fixture, 500, 1);
  start (fixture, "a.test", &waiter);
  run_to (fixture, 20);
  msa_resolver_cancel (fixture->resolver, &waiter.lookup);
  run_to (fixture, 100);
  start (fixture, "a.test", &next);
  expect_partial (&next, "10.0.0.1:0", 100);
  wait_done (fixture, &next);
  expect_answer (&next, BOTH);
  g_assert_cmpuint (waiter.n_partial, ==, 0);
  g_assert_cmpuint (waiter.n_done, ==, 0);
}

/* A look-up under way is not forgotten, also when a part of it is known to be of no use. */
static void
test_late_forget (Fixture *fixture,
                  gconstpointer data)
{
  g_auto (Waiter) waiter = { .wants_partial = TRUE };

  set_late_host (fixture, 1, 500);
  start (fixture, "a.test", &waiter);
  run_to (fixture, 100);
  forget (fixture, "a.test");
  wait_done (fixture, &waiter);
  expect_answer (&waiter, BOTH);
  g_assert_cmpuint (count_look_ups (fixture), ==, 2);
}

/* What was told stays with who was told. */
static void
test_late_free (Fixture *fixture,
                gconstpointer data)
{
  const gint64 at_ms = GPOINTER_TO_INT (data);
  g_auto (Waiter) waiter = { .wants_partial = TRUE };

  set_late_host (fixture, 500, 1);
  start (fixture, "a.test", &waiter);
  run_to (fixture, at_ms);
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
  g_assert_null (msa_heap_first (&msa_test_reactor_get (fixture->reactor)->timers));
  run_to (fixture, 1000);
  g_assert_cmpuint (waiter.n_done, ==, 0);
  g_assert_cmpuint (waiter.n_partial, ==, at_ms > 51);
  if (at_ms > 51)
    expect_partial (&waiter, "10.0.0.1:0", 51);
}

static void
test_late_free_reactor (Fixture *fixture,
                        gconstpointer data)
{
  const gint64 at_ms = GPOINTER_TO_INT (data);
  g_auto (Waiter) waiter = { .wants_partial = TRUE };

  set_late_host (fixture, 500, 1);
  start (fixture, "a.test", &waiter);
  run_to (fixture, at_ms);
  g_clear_pointer (&fixture->reactor, msa_test_reactor_free);
  g_clear_pointer (&fixture->resolver, msa_resolver_free);
  g_assert_cmpuint (waiter.n_done, ==, 0);
}

/* In real threads, without waiting for them. */
static void
test_threads (void)
{
  MsaTestReactor *reactor = msa_test_reactor_new (msa_sys_real_new ());
  MsaResolver *resolver = msa_resolver_new (msa_test_reactor_get (reactor));
  const char *names[] = { "127.0.0.1", "127.0.0.2", "127.0.0.3" };
  Waiter waiters[6] = { 0 };

  /* Addresses in the guise of names, so that no query leaves the machine. */
  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      char *name = (char *) names[i % 3];
      MsaHost host = { .kind = MSA_HOST_NAME, .name = name, .name_len = strlen (name) };

      waiters[i].lookup.done = done_cb;
      g_assert_null (
          msa_resolver_start (resolver, &host, 80, MSA_IP_VERSION_AUTO, &waiters[i].lookup, 0));
    }
  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      g_autofree char *expected = g_strconcat (names[i % 3], ":0", NULL);

      g_assert_true (msa_test_reactor_run_until (reactor, &waiters[i].done, 20000));
      expect_answer (&waiters[i], expected);
      clear_waiter (&waiters[i]);
    }

  msa_resolver_free (resolver);
  msa_test_reactor_free (reactor);
}

static void
test_threads_abandoned (void)
{
  for (guint i = 0; i < 20; i++)
    {
      MsaTestReactor *reactor = msa_test_reactor_new (msa_sys_real_new ());
      MsaResolver *resolver = msa_resolver_new (msa_test_reactor_get (reactor));
      MsaHost host = { .kind = MSA_HOST_NAME, .name = (char *) "127.0.0.1", .name_len = 9 };
      Waiter waiter = { .lookup = { .done = done_cb } };

      g_assert_null (
          msa_resolver_start (resolver, &host, 80, MSA_IP_VERSION_AUTO, &waiter.lookup, 0));
      if (i % 2 == 0)
        msa_resolver_free (resolver);
      msa_test_reactor_free (reactor);
      if (i % 2 != 0)
        msa_resolver_free (resolver);
      g_assert_cmpuint (waiter.n_done, ==, 0);
    }
}

static const struct
{
  const char *path;
  void      (*func) (Fixture *fixture, gconstpointer data);
  guint       data;
} tests[] = {
  { "/msa/resolver/families", test_families, 0 },
  { "/msa/resolver/too-many", test_too_many, 0 },
  { "/msa/resolver/final-dot", test_final_dot, 0 },
  { "/msa/resolver/no-thread", test_no_thread, 0 },
  { "/msa/resolver/one-thread", test_one_thread, 0 },
  { "/msa/resolver/shared", test_shared, 0 },
  { "/msa/resolver/cancel/first", test_cancel, 0 },
  { "/msa/resolver/cancel/middle", test_cancel, 1 },
  { "/msa/resolver/cancel/last", test_cancel, 2 },
  { "/msa/resolver/cancel/all", test_cancel_all, 0 },
  { "/msa/resolver/done/cancels-next", test_done_cancels_next, 0 },
  { "/msa/resolver/done/starts-known", test_done_starts_known, 0 },
  { "/msa/resolver/done/starts-again", test_done_starts_again, 0 },
  { "/msa/resolver/done/frees-resolver", test_done_frees_resolver, 0 },
  { "/msa/resolver/free/during-look-up", test_free_resolver, 0 },
  { "/msa/resolver/free/before-reactor", test_free_reactor, FALSE },
  { "/msa/resolver/free/after-reactor", test_free_reactor, TRUE },
  { "/msa/resolver/cache/in-use-survives", test_in_use_survives, 0 },
  { "/msa/resolver/cache/forget", test_forget, 0 },
  { "/msa/resolver/cache/oldest-goes", test_oldest_goes, 0 },
  { "/msa/resolver/late/cached", test_late_cached, 0 },
  { "/msa/resolver/late/joined", test_late_joined, 0 },
  { "/msa/resolver/late/joined-in-delay", test_late_joined_in_delay, 0 },
  { "/msa/resolver/late/cancel/in-delay", test_late_cancel, 30 },
  { "/msa/resolver/late/cancel/after-partial", test_late_cancel, 100 },
  { "/msa/resolver/late/cancel/all", test_late_cancel_all, 0 },
  { "/msa/resolver/late/forget", test_late_forget, 0 },
  { "/msa/resolver/late/free/in-delay", test_late_free, 30 },
  { "/msa/resolver/late/free/after-partial", test_late_free, 100 },
  { "/msa/resolver/late/free/in-delay-after-reactor", test_late_free_reactor, 30 },
  { "/msa/resolver/late/free/after-partial-and-reactor", test_late_free_reactor, 100 },
};

static void
add_rows (void)
{
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/resolver/direct", direct, test_direct);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/resolver/outcome", outcomes, test_outcome);
  MSA_TEST_FIXTURE_ADD_NUMBERED ("/msa/resolver/late", late, test_late);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ();
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, GUINT_TO_POINTER (tests[i].data), setup, tests[i].func,
                teardown);
  g_test_add_func ("/msa/resolver/threads/answer", test_threads);
  g_test_add_func ("/msa/resolver/threads/abandoned", test_threads_abandoned);
  return g_test_run ();
}

/* test-tls-sessions.c: the store of TLS sessions by itself
 *
 * What is put there, and when, is in test-tls-resume.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "base/msa-wipe-private.h"
#include "model/msa-tls-sessions-private.h"

#include <string.h>

#define NOW_US 1000000
#define HOUR_US ((gint64) 3600 * G_USEC_PER_SEC)

static MsaTlsSessions *sessions;

static void
put (const char *key,
     MsaTlsSessionKind kind,
     const char *data)
{
  msa_tls_sessions_put (sessions, key, kind, data, strlen (data), HOUR_US, NOW_US);
}

static void
assert_takes_at (const char *key,
                 const char *data,
                 gint64 now_us)
{
  g_autoptr (GBytes) bytes = msa_tls_sessions_take (sessions, key, now_us);

  if (data == NULL)
    {
      g_assert_null (bytes);
      return;
    }
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data, strlen (data));
}

static void
assert_takes (const char *key,
              const char *data)
{
  assert_takes_at (key, data, NOW_US);
}

static void
test_ticket_once (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "one");
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 1);
  assert_takes ("a", "one");
  assert_takes ("a", NULL);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 0);
}

static void
test_old_again (void)
{
  put ("a", MSA_TLS_SESSION_OLD, "one");
  assert_takes ("a", "one");
  assert_takes ("a", "one");
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 1);
}

static void
test_newest_first (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "one");
  put ("a", MSA_TLS_SESSION_TICKET, "two");
  assert_takes ("a", "two");
  assert_takes ("a", "one");
  assert_takes ("a", NULL);
}

static void
test_old_replaced (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "ticket");
  put ("a", MSA_TLS_SESSION_OLD, "one");
  put ("a", MSA_TLS_SESSION_OLD, "two");
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 2);
  assert_takes ("a", "two");
}

static void
test_keys_apart (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "one");
  put ("ab", MSA_TLS_SESSION_TICKET, "two");
  assert_takes ("b", NULL);
  assert_takes ("", NULL);
  assert_takes ("ab", "two");
  assert_takes ("ab", NULL);
  assert_takes ("a", "one");
}

static void
test_expires (void)
{
  put ("a", MSA_TLS_SESSION_OLD, "one");
  assert_takes_at ("a", "one", NOW_US + HOUR_US - 1);
  assert_takes_at ("a", NULL, NOW_US + HOUR_US);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 0);
}

/* A newer one that lives shorter does not hide the older one. */
static void
test_expires_before_older (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "long");
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, "short", 5, 10, NOW_US);
  assert_takes_at ("a", "long", NOW_US + 10);
}

static void
assert_lives (MsaTlsSessionKind kind,
              gint64 most_us)
{
  msa_tls_sessions_put (sessions, "a", kind, "x", 1, G_MAXINT64, NOW_US);
  assert_takes_at ("a", NULL, NOW_US + most_us);
  msa_tls_sessions_put (sessions, "a", kind, "x", 1, G_MAXINT64, NOW_US);
  assert_takes_at ("a", "x", NOW_US + most_us - 1);
}

static void
test_ticket_lives_7_days (void)
{
  assert_lives (MSA_TLS_SESSION_TICKET, 7 * 24 * HOUR_US);
}

static void
test_old_lives_24_hours (void)
{
  assert_lives (MSA_TLS_SESSION_OLD, 24 * HOUR_US);
}

static void
test_dead_on_arrival (void)
{
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, "x", 1, 0, NOW_US);
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, "x", 1, -1, NOW_US);
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, "x", 0, HOUR_US, NOW_US);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 0);
}

static void
test_size (void)
{
  g_autofree char *data = g_strnfill (MSA_MAX_TLS_SESSION_BYTES + 1, 'x');

  put ("a", MSA_TLS_SESSION_TICKET, data);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 0);
  data[MSA_MAX_TLS_SESSION_BYTES] = '\0';
  put ("a", MSA_TLS_SESSION_TICKET, data);
  assert_takes ("a", data);
}

/* The oldest of the peer goes, not that of another one. */
static void
test_most_of_peer (void)
{
  char data[2] = { 'a', '\0' };
  guint i;

  put ("other", MSA_TLS_SESSION_TICKET, "other");
  for (i = 0; i <= MSA_MAX_TLS_SESSIONS_PER_PEER; i++, data[0]++)
    put ("a", MSA_TLS_SESSION_TICKET, data);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, MSA_MAX_TLS_SESSIONS_PER_PEER + 1);

  for (i = 0; i < MSA_MAX_TLS_SESSIONS_PER_PEER; i++)
    {
      data[0]--;
      assert_takes ("a", data);
    }
  assert_takes ("a", NULL);
  assert_takes ("other", "other");
}

static void
test_most_of_all (void)
{
  guint i;

  for (i = 0; i <= MSA_MAX_TLS_SESSIONS; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      put (key, MSA_TLS_SESSION_TICKET, key);
    }
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, MSA_MAX_TLS_SESSIONS);
  assert_takes ("0", NULL);
  assert_takes ("1", "1");
}

static void
test_forget (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "one");
  put ("b", MSA_TLS_SESSION_TICKET, "two");
  put ("a", MSA_TLS_SESSION_OLD, "three");
  msa_tls_sessions_forget (sessions, "a");
  msa_tls_sessions_forget (sessions, "a");
  assert_takes ("a", NULL);
  assert_takes ("b", "two");
}

static void
test_clear (void)
{
  put ("a", MSA_TLS_SESSION_TICKET, "one");
  put ("b", MSA_TLS_SESSION_OLD, "two");
  msa_tls_sessions_clear (sessions);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 0);
  assert_takes ("a", NULL);
  assert_takes ("b", NULL);
  put ("a", MSA_TLS_SESSION_TICKET, "three");
  assert_takes ("a", "three");
}

/* What was taken outlives the store. */
static void
test_outlives_store (void)
{
  g_autoptr (MsaTlsSessions) own = msa_tls_sessions_new ();
  g_autoptr (GBytes) bytes = NULL;

  msa_tls_sessions_put (own, "a", MSA_TLS_SESSION_OLD, "one", 3, HOUR_US, NOW_US);
  bytes = msa_tls_sessions_take (own, "a", NOW_US);
  g_clear_pointer (&own, msa_tls_sessions_unref);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "one", 3);
}

#define N_ROUNDS 2000

static gpointer
use_in_thread (gpointer key)
{
  guint n_taken = 0;
  guint i;

  for (i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      put (key, MSA_TLS_SESSION_TICKET, key);
      put ("common", MSA_TLS_SESSION_TICKET, "common");
      bytes = msa_tls_sessions_take (sessions, "common", NOW_US);
      n_taken += bytes != NULL;
    }
  return GUINT_TO_POINTER (n_taken);
}

/* Each ticket is handed out once, to one of them. */
static void
test_threads (void)
{
  static char keys[3][2] = { "a", "b", "c" };
  GThread *threads[G_N_ELEMENTS (keys)];
  guint n_taken = 0;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    threads[i] = g_thread_new (keys[i], use_in_thread, keys[i]);
  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    n_taken += GPOINTER_TO_UINT (g_thread_join (threads[i]));
  g_assert_cmpuint (n_taken, >, 0);
  g_assert_cmpuint (n_taken, <=, G_N_ELEMENTS (keys) * N_ROUNDS);
  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    assert_takes (keys[i], keys[i]);
}

static void
test_wipe (void)
{
  char secret[] = "secret";

  msa_wipe (secret, 3);
  g_assert_cmpmem (secret, sizeof (secret), "\0\0\0ret", sizeof (secret));
}

typedef struct
{
  const char *path;
  void (*func) (void);
} Test;

static void
run (gconstpointer data)
{
  const Test *test = data;

  sessions = msa_tls_sessions_new ();
  test->func ();
  g_clear_pointer (&sessions, msa_tls_sessions_unref);
}

static const Test tests[] = {
  { "/msa/tls-sessions/ticket-once", test_ticket_once },
  { "/msa/tls-sessions/old-again", test_old_again },
  { "/msa/tls-sessions/newest-first", test_newest_first },
  { "/msa/tls-sessions/old-replaced", test_old_replaced },
  { "/msa/tls-sessions/keys-apart", test_keys_apart },
  { "/msa/tls-sessions/expires", test_expires },
  { "/msa/tls-sessions/expires-before-older", test_expires_before_older },
  { "/msa/tls-sessions/lifetime/ticket-7-days", test_ticket_lives_7_days },
  { "/msa/tls-sessions/lifetime/old-24-hours", test_old_lives_24_hours },
  { "/msa/tls-sessions/dead-on-arrival", test_dead_on_arrival },
  { "/msa/tls-sessions/limit/size", test_size },
  { "/msa/tls-sessions/limit/of-peer", test_most_of_peer },
  { "/msa/tls-sessions/limit/of-all", test_most_of_all },
  { "/msa/tls-sessions/forget", test_forget },
  { "/msa/tls-sessions/clear", test_clear },
  { "/msa/tls-sessions/outlives-store", test_outlives_store },
  { "/msa/tls-sessions/threads", test_threads },
  { "/msa/tls-sessions/wipe", test_wipe },
};

int
main (int argc,
      char **argv)
{
  gsize i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].path, &tests[i], run);
  return g_test_run ();
}

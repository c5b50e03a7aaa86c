/* test-tls-session-store.c: the object around a store of TLS sessions
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-tls-session-store-private.h"

static void
test_clear (void)
{
  MsaTlsSessionStore *store = msa_tls_session_store_new ();
  MsaTlsSessions *sessions = msa_tls_session_store_get_sessions (store);

  g_assert_cmpuint (msa_tls_session_store_get_n_sessions (store), ==, 0);
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, "x", 1, G_USEC_PER_SEC, 0);
  g_assert_cmpuint (msa_tls_session_store_get_n_sessions (store), ==, 1);
  msa_tls_session_store_clear (store);
  g_assert_cmpuint (msa_tls_session_store_get_n_sessions (store), ==, 0);
  g_assert_finalize_object (store);
}

/* A connection may have it for longer than the object lives. */
static void
test_outlived (void)
{
  MsaTlsSessionStore *store = msa_tls_session_store_new ();
  g_autoptr (MsaTlsSessions) sessions =
      msa_tls_sessions_ref (msa_tls_session_store_get_sessions (store));

  g_assert_finalize_object (store);
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, "x", 1, G_USEC_PER_SEC, 0);
  g_assert_cmpuint (msa_tls_sessions_count (sessions), ==, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/msa/tls-session-store/clear", test_clear);
  g_test_add_func ("/msa/tls-session-store/outlived", test_outlived);
  return g_test_run ();
}

/* test-tls-keylog.c: secrets for Wireshark, where SSLKEYLOGFILE asks for them
 *
 * GnuTLS writes them by itself, and looks at the environment once: hence a program of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-test-tls-peer.h"

#include <glib/gstdio.h>

#define HOST "www.example.org"

static char *path;

/* The server shares the process, and would write the same lines. */
static int
ignore_cb (gnutls_session_t session,
           const char *label,
           const gnutls_datum_t *secret)
{
  return 0;
}

static char *
connect_and_read_log (const char *priority)
{
  const MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaTestPki) pki = msa_test_pki_new ();
  g_autoptr (MsaTestCert) cert = msa_test_pki_issue (pki, &spec);
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (pki), NULL);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new (cert, priority, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = msa_host_new (msa_slice_from_string (HOST), &error);
  g_autoptr (MsaFilter) client =
      msa_tls_filter_new (msa_test_tls_get_sys (),
                          msa_test_tls_peer_new_bottom (peer),
                          trust, NULL, host, NULL, &error);
  char *text = NULL;

  g_assert_no_error (error);
  gnutls_session_set_keylog_function (peer->session, ignore_cb);
  g_assert_cmpint (msa_test_tls_peer_connect (peer, client, &error), ==, MSA_IO_DONE);
  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_assert_no_error (error);
  return text;
}

/* The client's random number, by which Wireshark finds the connection, comes second. */
static void
assert_line (const char *text,
             const char *label)
{
  g_autofree char *pattern = g_strdup_printf ("^%s [0-9a-f]{64} [0-9a-f]{64,96}$", label);

  if (!g_regex_match_simple (pattern, text, G_REGEX_MULTILINE, 0))
    g_error ("no line %s in: %s", label, text);
}

static void
test_tls_1_2 (void)
{
  g_autofree char *text = connect_and_read_log ("NORMAL:-VERS-ALL:+VERS-TLS1.2");

  assert_line (text, "CLIENT_RANDOM");
}

static void
test_tls_1_3 (void)
{
  g_autofree char *text = connect_and_read_log ("NORMAL:-VERS-ALL:+VERS-TLS1.3");

  assert_line (text, "CLIENT_HANDSHAKE_TRAFFIC_SECRET");
  assert_line (text, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
  assert_line (text, "CLIENT_TRAFFIC_SECRET_0");
  assert_line (text, "SERVER_TRAFFIC_SECRET_0");
}

int
main (int argc,
      char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-keylog-XXXXXX", NULL);
  int status;

  path = g_build_filename (folder, "keys", NULL);
  g_setenv ("SSLKEYLOGFILE", path, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/msa/tls-keylog/tls-1-2", test_tls_1_2);
  g_test_add_func ("/msa/tls-keylog/tls-1-3", test_tls_1_3);
  status = g_test_run ();

  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
  return status;
}

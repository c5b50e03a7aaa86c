/* test-tls-wipe.c: secrets are overwritten before their memory is given back
 *
 * GLib's g_free() is replaced in this program by one that looks into what it gets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-wipe-private.h"
#include "model/msa-tls-sessions-private.h"
#include "model/msa-tls-settings-private.h"
#include "net/msa-sys-real-private.h"
#include "tls/msa-tls-trust-private.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "hunter2 and more"
#define NOW_US 1000000

static guint n_found;

void (g_free) (gpointer memory)
{
  if (memory != NULL && memmem (memory, malloc_usable_size (memory), SECRET, sizeof (SECRET) - 1))
    n_found++;
  free (memory);
}

/* What is not overwritten is found. */
static void
test_finds (void)
{
  char *text = g_strdup (SECRET);

  n_found = 0;
  (g_free) (text);
  g_assert_cmpuint (n_found, ==, 1);
}

static void
put (MsaTlsSessions *sessions)
{
  msa_tls_sessions_put (sessions, "a", MSA_TLS_SESSION_TICKET, SECRET, strlen (SECRET),
                        G_USEC_PER_SEC, NOW_US);
}

static void
test_sessions (void)
{
  MsaTlsSessions *sessions = msa_tls_sessions_new ();
  GBytes *bytes;

  n_found = 0;
  put (sessions);
  bytes = msa_tls_sessions_take (sessions, "a", NOW_US);
  g_assert_nonnull (bytes);
  g_bytes_unref (bytes);
  put (sessions);
  msa_tls_sessions_forget (sessions, "a");
  put (sessions);
  msa_tls_sessions_unref (sessions);
  g_assert_cmpuint (n_found, ==, 0);
}

static void
test_settings (void)
{
  MsaTlsSettings settings, copy;

  n_found = 0;
  msa_tls_settings_init (&settings);
  settings.key_password = g_strdup (SECRET);
  msa_tls_settings_copy (&settings, &copy);
  msa_tls_settings_clear (&settings);
  msa_tls_settings_clear (&copy);
  g_assert_cmpuint (n_found, ==, 0);
}

static void
test_config (void)
{
  MsaTlsConfig *config = g_object_new (MSA_TYPE_TLS_CONFIG, "key-file", "key.pem",
                                       "certificate-file", "cert.pem", "key-password", SECRET,
                                       NULL);

  n_found = 0;
  g_assert_finalize_object (config);
  g_assert_cmpuint (n_found, ==, 0);
}

/* There may be a key in any of it, also in what was too small while it was read. */
static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("msa-tls-wipe-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "key", NULL);
  g_autofree char *contents = g_malloc (100 * 1000);
  MsaSys *sys = msa_sys_real_new ();
  GBytes *bytes;

  for (gsize i = 0; i < 100 * 1000; i++)
    contents[i] = SECRET[i % strlen (SECRET)];
  g_assert_true (g_file_set_contents (path, contents, 100 * 1000, NULL));
  memset (contents, 0, 100 * 1000);

  n_found = 0;
  bytes = sys->ops->read_file (sys, path, 100 * 1000, NULL);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 100 * 1000);
  g_bytes_unref (bytes);
  g_assert_null (sys->ops->read_file (sys, path, 90 * 1000, NULL));
  g_assert_cmpuint (n_found, ==, 0);

  sys->ops->free (sys);
  remove (path);
  remove (folder);
}

static void
test_bytes (void)
{
  n_found = 0;
  g_bytes_unref (msa_wipe_bytes_take ((guint8 *) g_strdup (SECRET), strlen (SECRET)));
  g_assert_cmpuint (n_found, ==, 0);
}

static void
test_token_pin (void)
{
  n_found = 0;
  msa_tls_token_pin_free (msa_tls_token_pin_new (SECRET));
  g_assert_cmpuint (n_found, ==, 0);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/msa/tls-wipe/finds", test_finds);
  g_test_add_func ("/msa/tls-wipe/sessions", test_sessions);
  g_test_add_func ("/msa/tls-wipe/settings", test_settings);
  g_test_add_func ("/msa/tls-wipe/config", test_config);
  g_test_add_func ("/msa/tls-wipe/file", test_file);
  g_test_add_func ("/msa/tls-wipe/bytes", test_bytes);
  g_test_add_func ("/msa/tls-wipe/token-pin", test_token_pin);
  return g_test_run ();
}

/* test-version.c: what the library in use says of itself
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-version-info.h"

static void
test_version (void)
{
  g_autofree char *numbers = g_strdup_printf ("%d.%d.%d", MSA_MAJOR_VERSION, MSA_MINOR_VERSION,
                                              MSA_MICRO_VERSION);

  g_assert_cmpstr (msa_get_version (), ==, MSA_VERSION_S);
  g_assert_cmpstr (msa_get_version (), ==, numbers);
}

static void
test_check (void)
{
  g_assert_true (MSA_CHECK_VERSION (MSA_MAJOR_VERSION, MSA_MINOR_VERSION, MSA_MICRO_VERSION));
  g_assert_true (MSA_CHECK_VERSION (MSA_MAJOR_VERSION - 1, MSA_MINOR_VERSION + 1,
                                    MSA_MICRO_VERSION + 1));
  g_assert_false (MSA_CHECK_VERSION (MSA_MAJOR_VERSION + 1, 0, 0));
  g_assert_false (MSA_CHECK_VERSION (MSA_MAJOR_VERSION, MSA_MINOR_VERSION + 1, 0));
  g_assert_false (MSA_CHECK_VERSION (MSA_MAJOR_VERSION, MSA_MINOR_VERSION, MSA_MICRO_VERSION + 1));
}

static void
test_features (void)
{
  g_assert_true (msa_has_feature ("http1"));
  g_assert_true (msa_has_feature ("tls"));
  g_assert_true (msa_has_feature ("idn"));
  g_assert_false (msa_has_feature ("HTTP1"));
  g_assert_false (msa_has_feature ("time-travel"));
  g_assert_false (msa_has_feature (""));
}

static void
test_schemes (void)
{
  g_assert_true (msa_supports_scheme ("http"));
  g_assert_true (msa_supports_scheme ("https"));
  g_assert_true (msa_supports_scheme ("HTTPS"));
  g_assert_false (msa_supports_scheme ("gopher"));
  g_assert_false (msa_supports_scheme ("http:"));
  g_assert_false (msa_supports_scheme (""));
}

static void
test_arguments (void)
{
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  g_assert_false (msa_has_feature (NULL));
  g_test_expect_message ("msa", G_LOG_LEVEL_CRITICAL, "*scheme != NULL*");
  g_assert_false (msa_supports_scheme (NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/version/text", test_version);
  g_test_add_func ("/msa/version/check", test_check);
  g_test_add_func ("/msa/version/features", test_features);
  g_test_add_func ("/msa/version/schemes", test_schemes);
  g_test_add_func ("/msa/version/arguments", test_arguments);

  return g_test_run ();
}

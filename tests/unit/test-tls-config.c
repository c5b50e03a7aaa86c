/* test-tls-config.c: how TLS is to be spoken and whom to trust
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "model/msa-error.h"
#include "model/msa-tls-config-private.h"
#include "msa-enum-types.h"

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  MsaTlsConfig *config = msa_tls_config_new ();

  g_assert_null (msa_tls_config_get_ca_file (config));
  g_assert_null (msa_tls_config_get_ca_pem (config));
  g_assert_cmpint (msa_tls_config_get_min_version (config), ==, MSA_TLS_VERSION_AUTO);
  g_assert_cmpint (msa_tls_config_get_max_version (config), ==, MSA_TLS_VERSION_AUTO);
  g_assert_true (msa_tls_config_get_verify_chain (config));
  g_assert_true (msa_tls_config_get_verify_name (config));
  g_assert_true (msa_tls_config_check (config, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (config);
}

static void
test_accessors (void)
{
  g_autoptr (GBytes) pem = g_bytes_new_static ("pem", 3);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "/a", "ca-pem", pem, "min-version",
                    MSA_TLS_VERSION_TLS_1_2, "max-version", MSA_TLS_VERSION_TLS_1_3, "verify-chain",
                    FALSE, "verify-name", FALSE, NULL);

  g_assert_cmpstr (msa_tls_config_get_ca_file (config), ==, "/a");
  g_assert_true (msa_tls_config_get_ca_pem (config) == pem);
  g_assert_cmpint (msa_tls_config_get_min_version (config), ==, MSA_TLS_VERSION_TLS_1_2);
  g_assert_cmpint (msa_tls_config_get_max_version (config), ==, MSA_TLS_VERSION_TLS_1_3);
  g_assert_false (msa_tls_config_get_verify_chain (config));
  g_assert_false (msa_tls_config_get_verify_name (config));
}

static void
test_properties (void)
{
  g_autoptr (GBytes) pem = g_bytes_new_static ("pem", 3);
  g_autoptr (MsaTlsConfig) config =
      g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", "/a", "ca-pem", pem, "min-version",
                    MSA_TLS_VERSION_TLS_1_2, "max-version", MSA_TLS_VERSION_TLS_1_3, "verify-chain",
                    FALSE, "verify-name", TRUE, NULL);
  g_autofree gchar *ca_file = NULL;
  g_autoptr (GBytes) ca_pem = NULL;
  MsaTlsVersion min_version, max_version;
  gboolean verify_chain, verify_name;

  g_object_get (config, "ca-file", &ca_file, "ca-pem", &ca_pem, "min-version", &min_version,
                "max-version", &max_version, "verify-chain", &verify_chain, "verify-name",
                &verify_name, NULL);
  g_assert_cmpstr (ca_file, ==, "/a");
  g_assert_true (g_bytes_equal (ca_pem, pem));
  g_assert_cmpint (min_version, ==, MSA_TLS_VERSION_TLS_1_2);
  g_assert_cmpint (max_version, ==, MSA_TLS_VERSION_TLS_1_3);
  g_assert_false (verify_chain);
  g_assert_true (verify_name);
}

/* What is shared must not change: no property can be set afterwards. */
static void
test_immutable (void)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (MSA_TYPE_TLS_CONFIG);
  g_autofree GParamSpec **props = NULL;
  guint n_props;

  props = g_object_class_list_properties (G_OBJECT_CLASS (klass), &n_props);
  g_assert_cmpuint (n_props, ==, 6);
  for (guint i = 0; i < n_props; i++)
    g_assert_true (props[i]->flags & G_PARAM_CONSTRUCT_ONLY);
}

static void
test_new_for_ca_file (void)
{
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file ("/etc/ca.pem");

  g_assert_cmpstr (msa_tls_config_get_ca_file (config), ==, "/etc/ca.pem");
  g_assert_true (msa_tls_config_check (config, NULL));
}

/* No two rows ask for the same, though some try to spell the text of another. */
static const struct
{
  const char *name;
  const char *ca_file;
  const char *ca_pem;
  MsaTlsVersion min_version;
  MsaTlsVersion max_version;
  gboolean verify_chain;
  gboolean verify_name;
} configs[] = {
  { "default", NULL, NULL, 0, 0, TRUE, TRUE },
  { "no-chain", NULL, NULL, 0, 0, FALSE, TRUE },
  { "no-name", NULL, NULL, 0, 0, TRUE, FALSE },
  { "neither", NULL, NULL, 0, 0, FALSE, FALSE },
  { "min-1.2", NULL, NULL, MSA_TLS_VERSION_TLS_1_2, 0, TRUE, TRUE },
  { "min-1.3", NULL, NULL, MSA_TLS_VERSION_TLS_1_3, 0, TRUE, TRUE },
  { "max-1.2", NULL, NULL, 0, MSA_TLS_VERSION_TLS_1_2, TRUE, TRUE },
  { "max-1.3", NULL, NULL, 0, MSA_TLS_VERSION_TLS_1_3, TRUE, TRUE },
  { "file", "/a", NULL, 0, 0, TRUE, TRUE },
  { "other-file", "/b", NULL, 0, 0, TRUE, TRUE },
  { "empty-file", "", NULL, 0, 0, TRUE, TRUE },
  { "file-named-none", "none", NULL, 0, 0, TRUE, TRUE },
  { "file-named-like-text", "=/a", NULL, 0, 0, TRUE, TRUE },
  { "pem", NULL, "a", 0, 0, TRUE, TRUE },
  { "other-pem", NULL, "b", 0, 0, TRUE, TRUE },
  { "empty-pem", NULL, "", 0, 0, TRUE, TRUE },
  { "file-and-pem", "/a", "a", 0, 0, TRUE, TRUE },
};

static MsaTlsConfig *
make_config (guint row)
{
  g_autoptr (GBytes) pem = NULL;

  if (configs[row].ca_pem != NULL)
    pem = g_bytes_new (configs[row].ca_pem, strlen (configs[row].ca_pem));
  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", configs[row].ca_file, "ca-pem", pem,
                       "min-version", configs[row].min_version, "max-version",
                       configs[row].max_version, "verify-chain", configs[row].verify_chain,
                       "verify-name", configs[row].verify_name, NULL);
}

static void
test_identity (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (MsaTlsConfig) config = make_config (row);

  for (guint i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      g_autoptr (MsaTlsConfig) other = make_config (i);
      gboolean equal = g_str_equal (msa_tls_config_get_identity (config),
                                    msa_tls_config_get_identity (other));

      g_assert_cmpint (equal, ==, i == row);
    }
}

static const struct
{
  const char *name;
  const char *ca_file;
  const char *ca_pem;
  MsaTlsVersion min_version;
  MsaTlsVersion max_version;
  gboolean possible;
} checks[] = {
  { "range", NULL, NULL, MSA_TLS_VERSION_TLS_1_2, MSA_TLS_VERSION_TLS_1_3, TRUE },
  { "one-version", NULL, NULL, MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_TLS_1_3, TRUE },
  { "lowest-only", NULL, NULL, MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_AUTO, TRUE },
  { "highest-only", NULL, NULL, MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_TLS_1_2, TRUE },
  { "empty-range", NULL, NULL, MSA_TLS_VERSION_TLS_1_3, MSA_TLS_VERSION_TLS_1_2, FALSE },
  { "file", "/a", NULL, MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO, TRUE },
  { "pem", NULL, "a", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO, TRUE },
  { "file-and-pem", "/a", "a", MSA_TLS_VERSION_AUTO, MSA_TLS_VERSION_AUTO, FALSE },
};

static void
test_check (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GBytes) pem = NULL;
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  if (checks[row].ca_pem != NULL)
    pem = g_bytes_new (checks[row].ca_pem, strlen (checks[row].ca_pem));
  config = g_object_new (MSA_TYPE_TLS_CONFIG, "ca-file", checks[row].ca_file, "ca-pem", pem,
                         "min-version", checks[row].min_version, "max-version",
                         checks[row].max_version, NULL);

  g_assert_cmpint (msa_tls_config_check (config, &error), ==, checks[row].possible);
  if (checks[row].possible)
    g_assert_no_error (error);
  else
    g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
}

#define ADD_ROWS(rows, folder, func) \
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) \
    { \
      g_autofree gchar *path = g_strdup_printf ("/msa/tls-config/" folder "/%s", rows[i].name); \
\
      g_test_add_data_func (path, GUINT_TO_POINTER (i), func); \
    }

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/tls-config/defaults", test_defaults);
  g_test_add_func ("/msa/tls-config/accessors", test_accessors);
  g_test_add_func ("/msa/tls-config/properties", test_properties);
  g_test_add_func ("/msa/tls-config/immutable", test_immutable);
  g_test_add_func ("/msa/tls-config/new-for-ca-file", test_new_for_ca_file);
  ADD_ROWS (configs, "identity", test_identity);
  ADD_ROWS (checks, "check", test_check);

  return g_test_run ();
}

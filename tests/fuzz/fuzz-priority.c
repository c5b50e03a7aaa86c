/* fuzz-priority.c: what of TLS a configuration lets be spoken
 *
 * Input: lowest and highest version in the first line, a digit each; then the priority
 * string, to the end of its line; without a second line there is none. Whatever it says,
 * nothing is offered but the versions that are wanted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"
#include "tls/msa-tls-trust-private.h"

static gboolean
is_wanted (const MsaTlsSettings *settings,
           guint version)
{
  if (version == GNUTLS_TLS1_3)
    return settings->max_version != MSA_TLS_VERSION_TLS_1_2;

  return version == GNUTLS_TLS1_2 && settings->min_version != MSA_TLS_VERSION_TLS_1_3;
}

static void
check_versions (const MsaTlsSettings *settings,
                gnutls_priority_t priority)
{
  const guint *versions;
  int n = gnutls_priority_protocol_list (priority, &versions);

  g_assert_cmpint (n, >, 0);
  for (int i = 0; i < n; i++)
    g_assert_true (is_wanted (settings, versions[i]));
}

/* The fault is where it is said to be: what stands behind it does not count. */
static void
check_position (const MsaTlsSettings *settings,
                const char *message)
{
  const char *place = g_strrstr (message, " at position ");
  guint64 position;

  if (place == NULL)
    {
      g_assert_true (g_str_has_suffix (message, "leaves nothing that could be offered"));
      return;
    }
  g_assert_true (g_ascii_string_to_unsigned (place + strlen (" at position "), 10, 0, 100000,
                                             &position, NULL));
  g_assert_cmpuint (position, <=, strlen (settings->priority));
}

static void
check (const MsaTlsSettings *settings)
{
  g_autoptr (GError) error = NULL;
  gnutls_priority_t priority = NULL;

  if (msa_tls_settings_check (settings, &error))
    {
      g_assert_no_error (error);
      priority = msa_tls_priority_new (settings, &error);
    }
  if (priority != NULL)
    {
      g_assert_no_error (error);
      check_versions (settings, priority);
      gnutls_priority_deinit (priority);
      return;
    }

  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (settings->priority != NULL && settings->priority[0] != '\0' &&
      (settings->max_version == MSA_TLS_VERSION_AUTO ||
       settings->min_version <= settings->max_version))
    check_position (settings, error->message);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor versions = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  g_autofree char *text = msa_cursor_is_empty (&input) ? NULL : msa_fuzz_take_string (&input);
  MsaTlsSettings settings = { .priority = text };

  settings.min_version = (MsaTlsVersion) msa_fuzz_choose (&versions, MSA_TLS_VERSION_TLS_1_3 + 1);
  settings.max_version = (MsaTlsVersion) msa_fuzz_choose (&versions, MSA_TLS_VERSION_TLS_1_3 + 1);
  check (&settings);

  return 0;
}

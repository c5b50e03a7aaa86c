/* msa-version.c: what the library in use can do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-version-info.h"

static const char *const features[] = { "http1", "tls", "idn", NULL };
static const char *const schemes[] = { "http", "https", NULL };

/**
 * msa_get_version:
 *
 * The version of the library in use, which may be newer than the headers a program
 * was built with.
 *
 * Returns: the version, as `1.0.0`
 *
 * Since: 1.0
 */
const char *
msa_get_version (void)
{
  return MSA_VERSION;
}

/**
 * msa_has_feature:
 * @name: `http1`, `tls`, or `idn` (non-ASCII host names)
 *
 * Tells whether the library in use was built with a feature.
 *
 * Returns: %FALSE also for names that are not known
 *
 * Since: 1.0
 */
gboolean
msa_has_feature (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  return g_strv_contains (features, name);
}

/**
 * msa_supports_scheme:
 * @scheme: a URI scheme, in any case
 *
 * Tells whether URIs of a scheme can be transferred.
 *
 * Returns: %TRUE if so
 *
 * Since: 1.0
 */
gboolean
msa_supports_scheme (const char *scheme)
{
  g_autofree char *lower = NULL;

  g_return_val_if_fail (scheme != NULL, FALSE);

  lower = g_ascii_strdown (scheme, -1);
  return g_strv_contains (schemes, lower);
}

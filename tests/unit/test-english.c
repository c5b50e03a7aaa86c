/* test-english.c: what others say of their error codes, untranslated
 *
 * GnuTLS' dcgettext() is replaced in this program by one that knows another language, which it
 * speaks except in the C locale.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-english-private.h"
#include "tls/msa-tls-trust-private.h"

#include <errno.h>
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <netdb.h>

static guint n_translated;

/* The locale of the thread alone is set while somebody is asked. */
static gboolean
is_asked (void)
{
  return uselocale ((locale_t) 0) != LC_GLOBAL_LOCALE;
}

char *(dcgettext) (const char *domain, const char *text, int category)
{
  if (is_asked ())
    return (char *) text;

  n_translated++;
  return (char *) "Das ging nicht.";
}

static const char *
tell_cb (int code)
{
  g_assert_true (is_asked ());
  g_assert_cmpstr (nl_langinfo (CODESET), ==, "ANSI_X3.4-1968");

  return code == 3 ? "three" : "another";
}

static void
test_asked (void)
{
  locale_t own = newlocale (LC_ALL_MASK, "C.UTF-8", (locale_t) 0);

  g_assert_cmpstr (msa_english (tell_cb, 3), ==, "three");
  g_assert_false (is_asked ());

  /* A thread may have a locale already. */
  uselocale (own);
  g_assert_cmpstr (msa_english (tell_cb, 4), ==, "another");
  g_assert_true (uselocale ((locale_t) 0) == own);
  uselocale (LC_GLOBAL_LOCALE);
  freelocale (own);
}

static void
test_errno (void)
{
  g_assert_cmpstr (msa_english_errno (ECONNREFUSED), ==, "Connection refused");
  g_assert_cmpstr (msa_english_errno (12345), ==, "Unknown error 12345");
  g_assert_cmpstr (msa_english (gai_strerror, EAI_NONAME), ==, "Name or service not known");
}

static void
test_gnutls (void)
{
  g_autofree char *text = NULL;

  g_assert_cmpstr (gnutls_strerror (GNUTLS_E_EXPIRED), ==, "Das ging nicht.");
  n_translated = 0;
  text = msa_tls_describe (GNUTLS_E_EXPIRED);
  g_assert_cmpuint (n_translated, ==, 0);
  g_assert_cmpstr (text, !=, "Das ging nicht");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/msa/english/asked", test_asked);
  g_test_add_func ("/msa/english/errno", test_errno);
  g_test_add_func ("/msa/english/gnutls", test_gnutls);

  return g_test_run ();
}

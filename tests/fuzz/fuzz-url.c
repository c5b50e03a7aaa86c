/* fuzz-url.c: URLs and hosts
 *
 * Input: the text of a URL, and of a host. What is made of either, written and read
 * again, is the same, and is in its canonical form.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"
#include "model/msa-url-private.h"

#define PASSWORD "Xhunter2X"

static void
check_error (const GError *error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  msa_fuzz_append_error (text, error);
  g_assert_true (error->code == MSA_ERROR_BAD_URI || error->code == MSA_ERROR_UNSUPPORTED_SCHEME);
}

static void
assert_same_host (const MsaHost *a,
                  const MsaHost *b)
{
  g_assert_cmpint (a->kind, ==, b->kind);
  g_assert_cmpint (a->trailing_dot, ==, b->trailing_dot);
  g_assert_cmpmem (a->name, a->name_len, b->name, b->name_len);
  g_assert_cmpmem (a->address, sizeof (a->address), b->address, sizeof (b->address));
}

/* What the resolver, Host and comparisons are given. */
static void
check_host_name (const MsaHost *host)
{
  g_assert_cmpuint (host->name_len, ==, strlen (host->name));
  g_assert_cmpuint (host->name_len, >, 0);
  g_assert_cmpuint (host->name_len, <=, 253);
  for (const char *at = host->name; *at != '\0'; at++)
    {
      g_assert_true (g_ascii_isgraph (*at) && !g_ascii_isupper (*at));
      g_assert_null (strchr (" #%/<>?@[\\]^`{|}\"'", *at));
      g_assert_true (*at != ':' || host->kind == MSA_HOST_IPV6);
    }
  if (host->kind == MSA_HOST_NAME)
    {
      g_assert_false (g_hostname_is_ip_address (host->name));
      g_assert_true (host->name[0] != '.' && host->name[host->name_len - 1] != '.');
      g_assert_null (strstr (host->name, ".."));
    }
  else
    {
      g_assert_true (g_hostname_is_ip_address (host->name));
      g_assert_false (host->trailing_dot);
    }
  g_assert_true (host->zone == NULL || host->kind == MSA_HOST_IPV6);
  g_assert_false (msa_host_is_localhost (host) && msa_host_is_onion (host));
}

static void
check_host (MsaSlice text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = msa_host_new (text, &error);
  g_autoptr (MsaHost) again = NULL;
  g_autofree char *authority = NULL;

  if (host == NULL)
    {
      check_error (error);
      return;
    }

  g_assert_no_error (error);
  check_host_name (host);
  authority = msa_host_to_authority (host);
  again = msa_host_new (msa_slice_from_string (authority), &error);
  g_assert_no_error (error);
  assert_same_host (host, again);
}

/* No member of a path is "." or "..", also spelled with "%2e". */
static gboolean
has_dots (const char *target)
{
  g_autofree char *path = g_strndup (target, strcspn (target, "?"));
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);

  for (guint i = 0; segments[i] != NULL; i++)
    {
      g_autofree char *lower = g_ascii_strdown (segments[i], -1);
      g_autoptr (GString) plain = g_string_new (lower);

      g_string_replace (plain, "%2e", ".", 0);
      if (g_str_equal (plain->str, ".") || g_str_equal (plain->str, ".."))
        return TRUE;
    }

  return FALSE;
}

static void
check_visible (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    g_assert_true (g_ascii_isgraph (*at));
}

static void
check_parts (const MsaUrl *url,
             MsaUrlFlags flags)
{
  check_host_name (url->host);
  check_visible (url->authority);
  g_assert_null (strpbrk (url->authority, "@/?#"));
  check_visible (url->target);
  g_assert_true (url->target[0] == '/');
  g_assert_null (strchr (url->target, '#'));
  if (flags == MSA_URL_DEFAULT)
    g_assert_false (has_dots (url->target));
  if (url->fragment != NULL)
    check_visible (url->fragment);
}

static void
assert_same_url (const MsaUrl *a,
                 const MsaUrl *b)
{
  g_assert_cmpint (a->scheme, ==, b->scheme);
  assert_same_host (a->host, b->host);
  g_assert_cmpuint (a->port, ==, b->port);
  g_assert_cmpstr (a->authority, ==, b->authority);
  g_assert_cmpstr (a->target, ==, b->target);
  g_assert_cmpstr (a->fragment, ==, b->fragment);
}

static void
check_url (const char *text,
           MsaUrlFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse (text, flags, &error);
  g_autoptr (MsaUrl) again = NULL;
  g_autofree char *written = NULL;
  g_autofree char *rewritten = NULL;

  if (url == NULL)
    {
      check_error (error);
      return;
    }

  g_assert_no_error (error);
  check_parts (url, flags);
  written = msa_url_to_string (url);
  again = msa_url_parse (written, flags, &error);
  g_assert_no_error (error);
  assert_same_url (url, again);
  g_assert_null (again->user);
  g_assert_null (again->password);
  rewritten = msa_url_to_string (again);
  g_assert_cmpstr (written, ==, rewritten);
}

/* The host may come to hold the word: of letters that are large, coded, or not of ASCII. */
static gboolean
may_become_word (const char *rest)
{
  g_autofree char *lower = g_ascii_strdown (rest, -1);

  return strstr (lower, "hunter") != NULL || strchr (rest, '%') != NULL ||
         !g_str_is_ascii (rest);
}

/* A password stands in no message and in nothing that is written, whatever follows it. */
static void
check_password (const char *rest)
{
  g_autofree char *text = g_strconcat ("http://user:" PASSWORD, rest, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = NULL;
  g_autofree char *written = NULL;

  /* Not where it is no password: it was written a second time, or no '@' makes it one. */
  if (strstr (rest, "hunter") != NULL || strchr (rest, '@') == NULL)
    return;

  url = msa_url_parse (text, MSA_URL_DEFAULT, &error);
  if (url == NULL)
    {
      g_assert_null (strstr (error->message, "hunter"));
      return;
    }

  written = msa_url_to_string (url);
  if (url->password != NULL && strstr (written, "hunter") != NULL)
    g_assert_true (may_become_word (rest) && strstr (url->authority, "hunter") != NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  g_autofree char *text = msa_slice_dup (msa_slice (data, size));

  check_host (msa_slice (data, size));
  check_url (text, MSA_URL_DEFAULT);
  check_url (text, MSA_URL_PATH_AS_IS);
  check_password (text);

  return 0;
}

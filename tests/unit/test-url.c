/* test-url.c: a URL, parsed once
 *
 * Each input lies in an allocation of exactly its size; each is also tried cut at every
 * byte, which must give a URL or an error, and nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "model/msa-url-private.h"
#include "sim/msa-test-rows.h"

static void
assert_cuts_are_safe (const char *text)
{
  for (gsize len = 0; len < strlen (text); len++)
    {
      g_autofree gchar *cut = g_strndup (text, len);
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaUrl) url = msa_url_parse (cut, MSA_URL_DEFAULT, &error);

      if (url == NULL)
        {
          g_assert_nonnull (error);
          g_assert_true (error->domain == MSA_ERROR);
          g_assert_true (error->code == MSA_ERROR_BAD_URI ||
                         error->code == MSA_ERROR_UNSUPPORTED_SCHEME);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpint (url->target[0], ==, '/');
      g_assert_nonnull (url->host);
    }
}

static const struct
{
  const char *name;
  const char *text;
  const char *normal; /* as msa_url_to_string() says it */
} accepted[] = {
  { "plain", "http://example.com/", "http://example.com/" },
  { "https", "https://example.com/a", "https://example.com/a" },
  { "upper-case-scheme", "HTTPS://EXAMPLE.com/A", "https://example.com/A" },
  { "no-scheme", "example.com/x", "http://example.com/x" },
  { "no-scheme-port", "localhost:8080/x", "http://localhost:8080/x" },
  { "no-scheme-port-only", "localhost:8080", "http://localhost:8080/" },
  { "no-scheme-query", "example.com?a=http://b/", "http://example.com/?a=http://b/" },
  { "no-scheme-user", "user@example.com", "http://example.com/" },
  { "no-scheme-address", "127.0.0.1/x", "http://127.0.0.1/x" },
  { "no-scheme-ipv6", "[::1]:81/x", "http://[::1]:81/x" },
  { "no-scheme-prefix-only", "ftp", "http://ftp/" },
  { "no-scheme-prefix-and-dot", "ftp.", "http://ftp./" },
  { "no-scheme-prefix-longer", "ftpd.example.com", "http://ftpd.example.com/" },
  { "no-scheme-prefix-within", "a.ftp.example.com", "http://a.ftp.example.com/" },
  { "no-scheme-www", "www.example.com", "http://www.example.com/" },
  { "scheme-before-prefix", "http://ftp.example.com/", "http://ftp.example.com/" },
  { "no-scheme-http-is-host", "http:80", "http://http/" },
  { "one-slash", "http:/example.com/a", "http://example.com/a" },
  { "two-slashes", "http://example.com//a", "http://example.com//a" },
  { "three-slashes", "http:///example.com/a", "http://example.com/a" },
  { "no-path", "http://example.com", "http://example.com/" },
  { "query-without-path", "http://example.com?a=b", "http://example.com/?a=b" },
  { "fragment-without-path", "http://example.com#f", "http://example.com/#f" },
  { "lone-question-mark", "http://example.com/?", "http://example.com/?" },
  { "lone-question-mark-no-path", "http://example.com?", "http://example.com/?" },
  { "lone-question-mark-fragment", "http://example.com/?#f", "http://example.com/?#f" },
  { "fragment", "http://example.com/a?b#c?d#e/f", "http://example.com/a?b#c?d#e/f" },
  { "fragment-empty", "http://example.com/#", "http://example.com/#" },
  { "query-kept", "http://example.com/a?b=../c/./d?e/..", "http://example.com/a?b=../c/./d?e/.." },
  { "default-port", "http://example.com:80/", "http://example.com/" },
  { "default-port-https", "https://example.com:443/", "https://example.com/" },
  { "other-default-port", "https://example.com:80/", "https://example.com:80/" },
  { "port-leading-zeros", "http://example.com:0008080/", "http://example.com:8080/" },
  { "port-zero", "http://example.com:0/", "http://example.com:0/" },
  { "port-largest", "http://example.com:65535/", "http://example.com:65535/" },
  { "port-empty", "http://example.com:/a", "http://example.com/a" },
  { "port-empty-https", "https://example.com:?a", "https://example.com/?a" },
  { "port-empty-ipv6", "http://[::1]:/", "http://[::1]/" },
  { "user-dropped", "http://user:pass@example.com/a", "http://example.com/a" },
  { "last-at", "http://a@b@example.com/", "http://example.com/" },
  { "at-in-path", "http://example.com/a@b", "http://example.com/a@b" },
  { "at-in-query", "http://example.com?a@b", "http://example.com/?a@b" },
  { "trailing-dot", "http://Example.com./a", "http://example.com./a" },
  { "trailing-dot-port", "http://example.com.:81/a", "http://example.com.:81/a" },
  { "ipv4-forms", "http://0x7f.1:81/", "http://127.0.0.1:81/" },
  { "ipv4-one-number", "http://2130706433/", "http://127.0.0.1/" },
  { "ipv6-zone-coded", "http://[FE80::1%25eth0]/a", "http://[fe80::1]/a" },
  { "ipv6-zone", "http://[fe80::1%eth0]:81/a", "http://[fe80::1]:81/a" },
  { "idn", "http://b\xc3\xbc"
           "cher.example/",
    "http://xn--bcher-kva.example/" },
  { "host-percent-coded", "http://ex%61mple.com/", "http://example.com/" },
  { "path-utf8", "http://a/\xc3\xbc?\xc3\xa4#\xe2\x82\xac", "http://a/%C3%BC?%C3%A4#%E2%82%AC" },
  { "path-latin1", "http://example.com/\xfc", "http://example.com/%FC" },
  { "percent-kept", "http://example.com/%7e%2F%c3%bc?%20", "http://example.com/%7e%2F%c3%bc?%20" },
  { "percent-stray", "http://example.com/100%?%zz%4", "http://example.com/100%?%zz%4" },
  { "path-odd-bytes", "http://example.com/\"<>[]^`{|}", "http://example.com/\"<>[]^`{|}" },
  { "backslash-in-path", "http://example.com/a\\..\\b", "http://example.com/a\\..\\b" },
  { "backslash-in-query", "http://example.com?a\\b", "http://example.com/?a\\b" },
  { "backslash-in-fragment", "http://example.com#a\\b", "http://example.com/#a\\b" },
};

static void
test_accepts (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *text = g_strdup (accepted[row].text);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse (text, MSA_URL_DEFAULT, &error);
  g_autofree gchar *normal = NULL;

  g_assert_no_error (error);
  normal = msa_url_to_string (url);
  g_assert_cmpstr (normal, ==, accepted[row].normal);
  assert_cuts_are_safe (text);
}

/* What is normal stays as it is. */
static void
test_normal_is_stable (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse (accepted[row].normal, MSA_URL_DEFAULT, &error);
  g_autofree gchar *again = NULL;

  g_assert_no_error (error);
  again = msa_url_to_string (url);
  g_assert_cmpstr (again, ==, accepted[row].normal);
}

static const struct
{
  const char *name;
  const char *path;
  const char *target;
} dots[] = {
  { "single", "/a/./b", "/a/b" },
  { "double", "/a/../b", "/b" },
  { "double-at-root", "/../a", "/a" },
  { "many-at-root", "/../../../a", "/a" },
  { "single-last", "/a/.", "/a/" },
  { "double-last", "/a/b/..", "/a/" },
  { "double-last-slash", "/a/b/../", "/a/" },
  { "double-to-root", "/a/..", "/" },
  { "single-alone", "/.", "/" },
  { "double-alone", "/..", "/" },
  { "rfc-example", "/a/b/c/./../../g", "/a/g" },
  { "rfc-example-two", "/mid/content=5/../6", "/mid/6" },
  { "empty-segments", "//a//b//", "//a//b//" },
  { "double-takes-empty-segment", "/a//../b", "/a/b" },
  { "root-empty-segment", "//..", "/" },
  { "coded-single", "/a/%2e/b", "/a/b" },
  { "coded-single-upper", "/a/%2E/b", "/a/b" },
  { "coded-double", "/a/%2e%2e/b", "/b" },
  { "coded-double-upper", "/a/%2E%2E/b", "/b" },
  { "coded-first-dot", "/a/%2e./b", "/b" },
  { "coded-second-dot", "/a/.%2E/b", "/b" },
  { "coded-twice", "/a/%252e%252e/b", "/a/%252e%252e/b" },
  { "coded-slash", "/a/..%2fb", "/a/..%2fb" },
  { "three-dots", "/a/.../b", "/a/.../b" },
  { "three-dots-coded", "/a/%2e../b", "/a/%2e../b" },
  { "dots-in-name", "/a/..b/c../.d/e.", "/a/..b/c../.d/e." },
  { "backslash", "/a/..\\b", "/a/..\\b" },
  { "query", "/a/../b?/../c", "/b?/../c" },
  { "before-query", "/a/..?b", "/?b" },
  { "encoded-then-removed", "/\xc3\xbc/../\xc3\xa4/b", "/%C3%A4/b" },
};

static void
test_dots (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *text = g_strconcat ("http://a", dots[row].path, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse (text, MSA_URL_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (url->target, ==, dots[row].target);
  assert_cuts_are_safe (text);
}

static void
test_path_as_is (void)
{
  static const struct
  {
    const char *path;
    const char *target;
  } rows[] = {
    { "/a/../b/./%2e%2e/c?d/..", "/a/../b/./%2e%2e/c?d/.." },
    { "/..", "/.." },
    { "", "/" },
    { "?a", "/?a" },
    { "/\xc3\xbc/../b", "/%C3%BC/../b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree gchar *text = g_strconcat ("http://a", rows[i].path, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaUrl) url = msa_url_parse (text, MSA_URL_PATH_AS_IS, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (url->target, ==, rows[i].target);
    }
}

static const struct
{
  const char *name;
  const char *text;
  const char *user;
  const char *password;
} users[] = {
  { "none", "http://example.com/", NULL, NULL },
  { "empty", "http://@example.com/", NULL, NULL },
  { "user", "http://user@example.com/", "user", NULL },
  { "both", "http://user:pass@example.com/", "user", "pass" },
  { "empty-password", "http://user:@example.com/", "user", "" },
  { "empty-user", "http://:pass@example.com/", "", "pass" },
  { "both-empty", "http://:@example.com/", "", "" },
  { "colon-in-password", "http://user:a:b@example.com/", "user", "a:b" },
  { "at-in-user", "http://a@b@example.com/", "a@b", NULL },
  { "at-in-password", "http://a:b@c@example.com/", "a", "b@c" },
  { "coded", "http://us%65r%3a:p%40ss%2f@example.com/", "user:", "p@ss/" },
  { "coded-once", "http://%2541:%2541@example.com/", "%41", "%41" },
  { "coded-line-feed", "http://a%0d%0ab:c%0a@example.com/", "a\r\nb", "c\n" },
  { "stray-percent", "http://100%:%zz@example.com/", "100%", "%zz" },
  { "utf8", "http://\xc3\xbc:\xc3\xa4@example.com/", "\xc3\xbc", "\xc3\xa4" },
  { "not-in-path", "http://example.com/user:pass@host", NULL, NULL },
  { "not-in-query", "http://example.com?user:pass@host", NULL, NULL },
  { "not-in-fragment", "http://example.com#user:pass@host", NULL, NULL },
  { "without-scheme", "user:pass@example.com", "user", "pass" },
};

static void
test_user (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *text = g_strdup (users[row].text);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse (text, MSA_URL_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (url->host->name, ==, "example.com");
  g_assert_cmpstr (url->user, ==, users[row].user);
  g_assert_cmpstr (url->password, ==, users[row].password);
  g_assert_null (strchr (url->authority, '@'));
  assert_cuts_are_safe (text);
}

static const struct
{
  const char *name;
  const char *text;
  const char *rule; /* in the message */
} rejected[] = {
  { "empty", "", "no host" },
  { "scheme-only", "http://", "no host" },
  { "three-slashes-only", "http:///", "no host" },
  { "four-slashes", "http:////example.com/", "three slashes" },
  { "many-slashes", "http:////////////example.com/", "three slashes" },
  { "slash", "/", "no host" },
  { "two-slashes", "//example.com/", "no host" },
  { "no-host-port", "http://:80/", "no host" },
  { "no-host-user", "http://user@/", "no host" },
  { "no-host-query", "http://?a", "no host" },
  { "no-host-fragment", "http://#a", "no host" },
  { "space-in-path", "http://example.com/a b", "space" },
  { "space-in-front", " http://example.com/", "space" },
  { "space-at-end", "http://example.com/ ", "space" },
  { "space-in-host", "http://exa mple.com/", "space" },
  { "space-in-fragment", "http://example.com/#a b", "space" },
  { "tab", "http://example.com/\ta", "0x09" },
  { "line-feed", "http://example.com/a\n", "0x0a" },
  { "carriage-return", "http://example.com/a\rb", "0x0d" },
  { "request-splitting", "http://example.com/ HTTP/1.1\r\nX: y", "space" },
  { "control", "http://example.com/\x01", "0x01" },
  { "delete", "http://example.com/\x7f", "0x7f" },
  { "delete-in-fragment", "http://example.com/#\x7f", "0x7f" },
  { "backslash-after-scheme", "http:\\\\example.com\\a", "backslash" },
  { "backslash-after-slashes", "http://\\example.com/", "backslash" },
  { "backslash-in-host", "http://example.com\\@evil.example/", "backslash" },
  { "backslash-in-user", "http://us\\er@example.com/", "backslash" },
  { "backslash-in-port", "http://example.com:8\\0/", "backslash" },
  { "backslash-after-port", "http://example.com:80\\a/", "backslash" },
  { "port-letters", "http://example.com:http/", "Port" },
  { "port-rubbish", "http://example.com:80a/", "Port" },
  { "port-too-large", "http://example.com:65536/", "65535" },
  { "port-far-too-large", "http://example.com:99999999999999999999999/", "Port" },
  { "port-minus", "http://example.com:-1/", "Port" },
  { "port-plus", "http://example.com:+80/", "Port" },
  { "port-hexadecimal", "http://example.com:0x50/", "Port" },
  { "port-percent-coded", "http://example.com:%38%30/", "Port" },
  { "port-twice", "http://example.com:80:80/", "Port" },
  { "ipv6-rubbish", "http://[::1]a/", "closing bracket" },
  { "ipv6-rubbish-port", "http://[::1]80/", "closing bracket" },
  { "ipv6-unclosed", "http://[::1/", "closing bracket" },
  { "ipv6-unclosed-port", "http://[::1:80/", "closing bracket" },
  { "ipv6-without-brackets", "http://fe80::1/", "Port" },
  { "ipv6-bad", "http://[1:2]/", "IPv6" },
  { "ipv6-zone-bad", "http://[fe80::1%25a%20b]/", "zone" },
  { "ipv4-bad", "http://1.2.3.256/", "IPv4" },
  { "two-trailing-dots", "http://example.com../", "two dots" },
  { "empty-label", "http://a..b/", "empty label" },
  { "host-not-utf8", "http://\xfc/", "UTF-8" },
  { "host-coded-slash", "http://a%2fb/", "“/”" },
  { "host-coded-nul", "http://a%00b/", "0x00" },
  { "user-nul", "http://a%00b@example.com/", "User" },
  { "password-nul", "http://a:b%00c@example.com/", "Password" },
};

static void
test_rejects (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *text = g_strdup (rejected[row].text);
  g_autoptr (GError) error = NULL;

  g_assert_null (msa_url_parse (text, MSA_URL_DEFAULT, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
  g_assert_nonnull (strstr (error->message, rejected[row].rule));
  g_assert_null (msa_url_parse (text, MSA_URL_PATH_AS_IS, NULL));
  assert_cuts_are_safe (text);
}

static const struct
{
  const char *name;
  const char *text;
  const char *scheme; /* in the message */
} schemes[] = {
  { "ftp", "ftp://example.com/", "“ftp”" },
  { "file", "file:///etc/passwd", "“file”" },
  { "ws", "WS://example.com/", "“WS”" },
  { "one-letter", "h://example.com/", "“h”" },
  { "longer-than-http", "httpx://example.com/", "“httpx”" },
  { "shorter-than-http", "htt://example.com/", "“htt”" },
  { "punctuation", "svn+ssh-1.0://example.com/", "“svn+ssh-1.0”" },
  { "one-slash", "foo:/example.com/", "“foo”" },
  { "host-and-empty-port", "localhost:/x", "“localhost”" },
  { "long", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee://x", "ccccccccccdddddddddd”" },
  { "guessed-ftp", "ftp.example.com", "“ftp”, which" },
  { "guessed-ftp-upper-case", "FTP.example.com:81/x", "“ftp”, which" },
  { "guessed-ftp-user", "user@ftp.example.com", "“ftp”, which" },
  { "guessed-dict", "dict.example.com", "“dict”, which" },
  { "guessed-ldap", "ldap.example.com", "“ldap”, which" },
  { "guessed-imap", "imap.example.com", "“imap”, which" },
  { "guessed-smtp", "smtp.example.com", "“smtp”, which" },
  { "guessed-pop3", "pop3.example.com", "“pop3”, which" },
};

static void
test_unsupported_scheme (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *text = g_strdup (schemes[row].text);
  g_autoptr (GError) error = NULL;

  g_assert_null (msa_url_parse (text, MSA_URL_DEFAULT, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_UNSUPPORTED_SCHEME);
  g_assert_nonnull (strstr (error->message, schemes[row].scheme));
  assert_cuts_are_safe (text);
}

/* What is set wins over what would be guessed, and loses to what is written. */
static const struct
{
  const char *name;
  const char *text;
  const char *scheme;
  const char *normal; /* NULL: refused, naming the scheme */
} defaults[] = {
  { "http", "example.com", "http", "http://example.com/" },
  { "https", "example.com/a", "https", "https://example.com/a" },
  { "https-upper-case", "example.com", "HTTPS", "https://example.com/" },
  { "https-port", "example.com:80", "https", "https://example.com:80/" },
  { "over-guess", "ftp.example.com", "https", "https://ftp.example.com/" },
  { "not-needed", "http://example.com/", "https", "http://example.com/" },
  { "unknown-not-needed", "http://example.com/", "gopher", "http://example.com/" },
  { "unknown", "example.com", "gopher", NULL },
  { "empty", "example.com", "", NULL },
  { "no-scheme-at-all", "example.com", "https://", NULL },
};

static void
test_default_scheme (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url = msa_url_parse_with_scheme (defaults[row].text, defaults[row].scheme,
                                                      MSA_URL_DEFAULT, &error);

  if (defaults[row].normal != NULL)
    {
      g_autofree gchar *normal = NULL;

      g_assert_no_error (error);
      normal = msa_url_to_string (url);
      g_assert_cmpstr (normal, ==, defaults[row].normal);
    }
  else
    {
      g_autofree gchar *text = g_strdup_printf (
          "Scheme “%s”, set as the default, is not supported", defaults[row].scheme);

      g_assert_error (error, MSA_ERROR, MSA_ERROR_UNSUPPORTED_SCHEME);
      g_assert_cmpstr (error->message, ==, text);
    }
}

#define SECRET "s3cret"

/* Right and mistyped: whatever is wrong, the message does not show the password. */
static const struct
{
  const char *name;
  const char *text;
} secrets[] = {
  { "bad-host", "http://user:" SECRET "@exa|mple.com/" },
  { "bad-port", "http://user:" SECRET "@example.com:x/" },
  { "backslash", "http://user:" SECRET "\\@example.com/" },
  { "space", "http://user:" SECRET " @example.com/" },
  { "nul", "http://user:" SECRET "%00@example.com/" },
  { "slash-in-password", "http://user:" SECRET "/x@example.com/" },
  { "hash-in-password", "http://user:" SECRET "#x@example.com/" },
  { "question-mark-in-password", "http://user:" SECRET "?x@example.com/" },
  { "at-and-slash-in-password", "http://user:x@" SECRET "|/x@example.com/" },
  { "at-and-hash-in-password", "http://user:x@" SECRET "|#x@example.com/" },
  { "digits-then-slash", "http://user:123456" SECRET "/x@example.com/" },
  { "no-host", "http://user:" SECRET "@/" },
  { "without-scheme", "user:" SECRET "@exa|mple.com/" },
  { "unsupported-scheme", "ftp://user:" SECRET "@example.com/" },
  { "guessed-scheme", "user:" SECRET "@ftp.example.com/" },
  { "bracket", "http://user:" SECRET "@[::1/" },
};

static void
test_secret (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autofree gchar *text = g_strdup (secrets[row].text);
  g_autoptr (GError) error = NULL;

  g_assert_null (msa_url_parse (text, MSA_URL_DEFAULT, &error));
  g_assert_nonnull (error);
  g_assert_null (strstr (error->message, SECRET));
  assert_cuts_are_safe (text);
}

/* A message does quote a host that is wrong, when it can be nothing else. */
static void
test_bad_host_is_named (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (msa_url_parse ("http://user:pw@exa|mple.com/a", MSA_URL_DEFAULT, &error));
  g_assert_nonnull (strstr (error->message, "exa|mple.com"));
}

static void
test_parts (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaUrl) url =
      msa_url_parse ("https://u:p@Example.com:8443/a/../b?c#d", MSA_URL_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_cmpint (url->scheme, ==, MSA_SCHEME_HTTPS);
  g_assert_cmpstr (url->host->name, ==, "example.com");
  g_assert_cmpuint (url->port, ==, 8443);
  g_assert_cmpstr (url->user, ==, "u");
  g_assert_cmpstr (url->password, ==, "p");
  g_assert_cmpstr (url->authority, ==, "example.com:8443");
  g_assert_cmpstr (url->target, ==, "/b?c");
  g_assert_cmpstr (url->fragment, ==, "d");
}

static void
test_default_ports (void)
{
  g_autoptr (MsaUrl) http = msa_url_parse ("http://a", MSA_URL_DEFAULT, NULL);
  g_autoptr (MsaUrl) https = msa_url_parse ("https://a:", MSA_URL_DEFAULT, NULL);

  g_assert_cmpuint (http->port, ==, 80);
  g_assert_cmpstr (http->authority, ==, "a");
  g_assert_null (http->fragment);
  g_assert_cmpuint (https->port, ==, 443);
  g_assert_cmpstr (https->authority, ==, "a");
  g_assert_cmpstr (msa_scheme_get_name (MSA_SCHEME_HTTP), ==, "http");
  g_assert_cmpstr (msa_scheme_get_name (MSA_SCHEME_HTTPS), ==, "https");
  g_assert_cmpuint (msa_scheme_get_default_port (MSA_SCHEME_HTTP), ==, 80);
  g_assert_cmpuint (msa_scheme_get_default_port (MSA_SCHEME_HTTPS), ==, 443);
}

/* The zone steers the connection and stays on this side. */
static void
test_zone (void)
{
  static const char *const texts[] = { "http://[fe80::1%25eth0]:81/", "http://[fe80::1%eth0]:81/" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (MsaUrl) url = msa_url_parse (texts[i], MSA_URL_DEFAULT, NULL);

      g_assert_nonnull (url);
      g_assert_cmpstr (url->host->zone, ==, "eth0");
      g_assert_cmpstr (url->authority, ==, "[fe80::1]:81");
    }
}

static void
test_unset (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (msa_url_parse (NULL, MSA_URL_DEFAULT, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
}

static gchar *
make_long (const char *part,
           gsize len)
{
  GString *text = g_string_new ("http://a");

  while (text->len + strlen (part) <= len)
    g_string_append (text, part);
  while (text->len < len)
    g_string_append_c (text, 'a');
  return g_string_free (text, FALSE);
}

/* The longest URL passes and the next one does not. Each shape would take minutes if
 * a part were gone through again for each of its bytes. */
static void
test_length (void)
{
  static const char *const parts[] = {
    "/a",
    "/../",
    "/a/..",
    "//",
    "/\xc3\xbc",
    "/%2e%2e",
    "?@",
    "#@",
  };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree gchar *shorter = make_long (parts[i], MSA_MAX_URI_BYTES - 1);
      g_autofree gchar *longest = make_long (parts[i], MSA_MAX_URI_BYTES);
      g_autofree gchar *longer = make_long (parts[i], MSA_MAX_URI_BYTES + 1);
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaUrl) below = msa_url_parse (shorter, MSA_URL_DEFAULT, &error);
      g_autoptr (MsaUrl) url = msa_url_parse (longest, MSA_URL_DEFAULT, &error);

      g_assert_no_error (error);
      g_assert_nonnull (below);
      g_assert_nonnull (url);
      g_assert_null (msa_url_parse (longer, MSA_URL_DEFAULT, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
      g_assert_nonnull (strstr (error->message, "8000000"));
    }
}

static void
test_long_authority (void)
{
  static const char *const parts[] = { "@", ":", "a", ":@", "%41", "[" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree gchar *text = make_long (parts[i], MSA_MAX_URI_BYTES);
      g_autoptr (GError) error = NULL;

      g_assert_null (msa_url_parse (text, MSA_URL_DEFAULT, &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
      g_assert_cmpuint (strlen (error->message), <, 1000);
    }
}

static void
test_ref (void)
{
  g_autoptr (MsaUrl) url = msa_url_parse ("http://a", MSA_URL_DEFAULT, NULL);
  MsaUrl *other = msa_url_ref (url);

  g_assert_true (other == url);
  msa_url_unref (other);
  g_assert_cmpstr (url->target, ==, "/");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_NUMBERED ("/msa/url/accepts", accepted, test_accepts);
  MSA_TEST_ADD_NUMBERED ("/msa/url/normal-is-stable", accepted, test_normal_is_stable);
  MSA_TEST_ADD_NUMBERED ("/msa/url/dot-segments", dots, test_dots);
  MSA_TEST_ADD_NUMBERED ("/msa/url/user", users, test_user);
  MSA_TEST_ADD_NUMBERED ("/msa/url/rejects", rejected, test_rejects);
  MSA_TEST_ADD_NUMBERED ("/msa/url/unsupported-scheme", schemes, test_unsupported_scheme);
  MSA_TEST_ADD_NUMBERED ("/msa/url/default-scheme", defaults, test_default_scheme);
  MSA_TEST_ADD_NUMBERED ("/msa/url/keeps-password", secrets, test_secret);
  g_test_add_func ("/msa/url/path-as-is", test_path_as_is);
  g_test_add_func ("/msa/url/bad-host-is-named", test_bad_host_is_named);
  g_test_add_func ("/msa/url/parts", test_parts);
  g_test_add_func ("/msa/url/default-ports", test_default_ports);
  g_test_add_func ("/msa/url/zone", test_zone);
  g_test_add_func ("/msa/url/unset", test_unset);
  g_test_add_func ("/msa/url/length", test_length);
  g_test_add_func ("/msa/url/long-authority", test_long_authority);
  g_test_add_func ("/msa/url/ref", test_ref);

  return g_test_run ();
}

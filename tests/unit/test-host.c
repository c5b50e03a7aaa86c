/* test-host.c: the one type of a host name
 *
 * Each input lies in an allocation of exactly its size; each is also tried cut at every
 * byte, which must give a host or an error, and nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "model/msa-host-private.h"
#include "sim/msa-test-rows.h"

#define TEN "abcdefghij"
#define LABEL_63 TEN TEN TEN TEN TEN TEN "abc"
#define LABEL_61 TEN TEN TEN TEN TEN TEN "a"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61

static MsaHost *
parse (const char *text,
       gsize len,
       GError **error)
{
  g_autofree char *exact = g_memdup2 (text, len);

  return msa_host_new (msa_slice (exact, len), error);
}

static void
assert_cuts_are_safe (const char *text)
{
  for (gsize len = 0; len < strlen (text); len++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaHost) host = parse (text, len, &error);

      if (host == NULL)
        {
          g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpuint (host->name_len, ==, strlen (host->name));
      g_assert_cmpuint (host->name_len, >, 0);
    }
}

static const struct
{
  const char *name;
  const char *text;
  const char *canonical;
} names[] = {
  { "plain", "example.com", "example.com" },
  { "lower-case", "EXAMPLE.Com", "example.com" },
  { "one-label", "localhost", "localhost" },
  { "underscore", "_dmarc.example_1.com", "_dmarc.example_1.com" },
  { "hyphens", "r3---sn.example", "r3---sn.example" },
  { "digits-in-front", "1.2.3.4.com", "1.2.3.4.com" },
  { "hexadecimal-in-front", "0x7f.example", "0x7f.example" },
  { "digits-and-letter", "1.2.3.4a", "1.2.3.4a" },
  { "hexadecimal-look-alike", "0xg", "0xg" },
  { "label-of-63", LABEL_63 ".com", LABEL_63 ".com" },
  { "name-of-253", NAME_253, NAME_253 },
  { "name-of-253-and-dot", NAME_253 ".", NAME_253 },
  { "percent-coded", "ex%61mpl%45.com", "example.com" },
  { "percent-coded-dot", "example%2ecom", "example.com" },
  { "sub-delims", "a!$&()*+,;=b.example", "a!$&()*+,;=b.example" },
  { "punycode-as-is", "XN--bcher-kva.example", "xn--bcher-kva.example" },
  { "idn", "b\xc3\xbc"
           "cher.example",
    "xn--bcher-kva.example" },
  { "idn-percent-coded", "b%C3%BCcher.example", "xn--bcher-kva.example" },
  { "idn-upper-case", "B\xc3\x9c"
                      "CHER.example",
    "xn--bcher-kva.example" },
  { "idn-decomposed", "bu\xcc\x88"
                      "cher.example",
    "xn--bcher-kva.example" },
  { "idn-sharp-s-is-kept", "stra\xc3\x9f"
                           "e.de",
    "xn--strae-oqa.de" },
  { "idn-full-width", "\xef\xbd\x85xample.com", "example.com" },
  { "idn-full-stop", "example\xe3\x80\x82"
                     "com",
    "example.com" },
  { "idn-soft-hyphen", "exam\xc2\xadple.com", "example.com" },
  { "idn-final-sigma", "\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x82.example", "xn--nxasmm1c.example" },
  { "idn-sigma", "\xce\xb2\xcf\x8c\xce\xbb\xce\xbf\xcf\x83.example", "xn--nxasmq6b.example" },
  { "idn-sigma-upper-case", "\xce\x92\xce\x8c\xce\x9b\xce\x9f\xce\xa3.example",
    "xn--nxasmq6b.example" },
  { "idn-joiner", "\xe0\xb7\x81\xe0\xb7\x8a\xe2\x80\x8d\xe0\xb6\xbb\xe0\xb7\x93.example",
    "xn--10cl1a0b660p.example" },
  { "idn-second-label", "www.b\xc3\xbc"
                        "cher.example",
    "www.xn--bcher-kva.example" },
};

static void
test_name (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = parse (names[row].text, strlen (names[row].text), &error);

  g_assert_no_error (error);
  g_assert_cmpint (host->kind, ==, MSA_HOST_NAME);
  g_assert_cmpstr (host->name, ==, names[row].canonical);
  g_assert_cmpuint (host->name_len, ==, strlen (names[row].canonical));
  g_assert_null (host->zone);
  assert_cuts_are_safe (names[row].text);
}

static const struct
{
  const char *name;
  const char *text;
  const char *canonical;
  guint32 address;
} ipv4s[] = {
  { "plain", "127.0.0.1", "127.0.0.1", 0x7f000001 },
  { "largest", "255.255.255.255", "255.255.255.255", 0xffffffff },
  { "smallest", "0.0.0.0", "0.0.0.0", 0 },
  { "octal", "0177.0.0.01", "127.0.0.1", 0x7f000001 },
  { "octal-many-zeros", "00000177.1", "127.0.0.1", 0x7f000001 },
  { "hexadecimal", "0x7f.0x0.0X0.0x1", "127.0.0.1", 0x7f000001 },
  { "mixed", "0x7f.0.01", "127.0.0.1", 0x7f000001 },
  { "one-part", "2130706433", "127.0.0.1", 0x7f000001 },
  { "one-part-hexadecimal", "0x7F000001", "127.0.0.1", 0x7f000001 },
  { "one-part-octal", "017700000001", "127.0.0.1", 0x7f000001 },
  { "one-part-largest", "4294967295", "255.255.255.255", 0xffffffff },
  { "zero", "0", "0.0.0.0", 0 },
  { "two-parts", "127.1", "127.0.0.1", 0x7f000001 },
  { "two-parts-largest", "1.16777215", "1.255.255.255", 0x01ffffff },
  { "three-parts", "127.0.1", "127.0.0.1", 0x7f000001 },
  { "three-parts-largest", "1.2.65535", "1.2.255.255", 0x0102ffff },
  { "percent-coded", "%31%32%37.1", "127.0.0.1", 0x7f000001 },
  { "full-width", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1", "127.0.0.1", 0x7f000001 },
  { "full-width-dots", "127\xef\xbc\x8e"
                       "0\xef\xbc\x8e"
                       "0\xef\xbc\x8e"
                       "1",
    "127.0.0.1", 0x7f000001 },
  { "trailing-dot", "127.0.0.1.", "127.0.0.1", 0x7f000001 },
};

static void
test_ipv4 (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  guint32 address = g_htonl (ipv4s[row].address);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = parse (ipv4s[row].text, strlen (ipv4s[row].text), &error);
  g_autofree gchar *authority = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (host->kind, ==, MSA_HOST_IPV4);
  g_assert_cmpstr (host->name, ==, ipv4s[row].canonical);
  g_assert_cmpmem (host->address, 4, &address, 4);
  g_assert_false (host->trailing_dot);
  authority = msa_host_to_authority (host);
  g_assert_cmpstr (authority, ==, ipv4s[row].canonical);
  assert_cuts_are_safe (ipv4s[row].text);
}

static const struct
{
  const char *name;
  const char *text;
  const char *canonical;
  const char *zone;
} ipv6s[] = {
  { "loopback", "[::1]", "::1", NULL },
  { "any", "[::]", "::", NULL },
  { "full", "[2001:0DB8:0000:0000:0000:0000:0000:0001]", "2001:db8::1", NULL },
  { "mapped", "[::ffff:192.0.2.1]", "::ffff:192.0.2.1", NULL },
  { "longest", "[0000:0000:0000:0000:0000:ffff:192.168.100.228]", "::ffff:192.168.100.228", NULL },
  { "zone", "[fe80::1%eth0]", "fe80::1", "eth0" },
  { "zone-coded", "[fe80::1%25eth0]", "fe80::1", "eth0" },
  { "zone-number", "[fe80::1%2]", "fe80::1", "2" },
  { "zone-25", "[fe80::1%25]", "fe80::1", "25" },
  { "zone-coded-25", "[fe80::1%2525]", "fe80::1", "25" },
  { "zone-250", "[fe80::1%25250]", "fe80::1", "250" },
  { "zone-unreserved", "[fe80::1%25a-b.c_d~1]", "fe80::1", "a-b.c_d~1" },
  { "zone-of-15", "[fe80::1%25abcdefghijklmno]", "fe80::1", "abcdefghijklmno" },
};

static void
test_ipv6 (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = parse (ipv6s[row].text, strlen (ipv6s[row].text), &error);
  g_autofree gchar *authority = NULL;
  g_autofree gchar *expected = g_strdup_printf ("[%s]", ipv6s[row].canonical);

  g_assert_no_error (error);
  g_assert_cmpint (host->kind, ==, MSA_HOST_IPV6);
  g_assert_cmpstr (host->name, ==, ipv6s[row].canonical);
  g_assert_cmpstr (host->zone, ==, ipv6s[row].zone);
  authority = msa_host_to_authority (host);
  g_assert_cmpstr (authority, ==, expected);
  assert_cuts_are_safe (ipv6s[row].text);
}

static void
test_ipv6_binary (void)
{
  static const guint8 expected[16] = { 0x20, 0x01, 0x0d, 0xb8, [14] = 0x12, 0x34 };
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = parse ("[2001:db8::1234]", 16, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (host->address, 16, expected, 16);
}

static const struct
{
  const char *name;
  const char *text;
  const char *rule; /* in the message */
} rejected[] = {
  { "empty", "", "empty label" },
  { "dot", ".", "empty label" },
  { "two-dots", "..", "two dots" },
  { "two-trailing-dots", "example.com..", "two dots" },
  { "two-trailing-dots-coded", "example.com.%2e", "two dots" },
  { "two-trailing-dots-wide", "example.com.\xe3\x80\x82", NULL },
  { "ipv4-two-trailing-dots", "127.0.0.1..", "two dots" },
  { "leading-dot", ".example.com", "empty label" },
  { "empty-label", "a..b", "empty label" },
  { "empty-label-wide", "a.\xe3\x80\x82"
                        "b",
    NULL },
  { "label-of-64", LABEL_63 "x.com", "63" },
  { "name-of-254", NAME_253 "x", "253" },
  { "only-ignored", "\xc2\xad", NULL },
  { "idn-label-too-long", "\xc3\xbc" LABEL_63 ".example", NULL },
  { "not-utf8", "b\xfc"
                "cher.example",
    "UTF-8" },
  { "not-utf8-coded", "b%FCcher.example", "UTF-8" },
  { "not-utf8-overlong", "a%C0%AEb", "UTF-8" },
  { "surrogate", "a\xed\xa0\x80", "UTF-8" },
  { "joiner-alone",
    "a\xe2\x80\x8d"
    "b.example",
    NULL },
  { "bidi-mixed", "a\xd7\x90"
                  "b",
    NULL },
  { "right-to-left-override", "a\xe2\x80\xae"
                              "b.example",
    NULL },
  { "space", "a b", "0x20" },
  { "tab", "a\tb", "0x09" },
  { "line-feed", "a\nb", "0x0a" },
  { "delete", "a\x7f", "0x7f" },
  { "nul-coded", "a%00b", "0x00" },
  { "line-feed-coded", "a%0d%0ab", "0x0d" },
  { "percent-coded-twice", "ex%2561mple.com", "“%”" },
  { "percent-stray", "ex%zzample.com", "“%”" },
  { "percent-at-end", "example%", "“%”" },
  { "slash", "a/b", "“/”" },
  { "slash-coded", "a%2fb", "“/”" },
  { "slash-wide", "a\xef\xbc\x8f"
                  "b",
    NULL },
  { "question-mark-wide", "a\xef\xbc\x9f"
                          "b",
    NULL },
  { "at-wide", "a\xef\xbc\xa0"
               "b",
    NULL },
  { "account-of", "a\xe2\x84\x80"
                  "b",
    NULL },
  { "backslash", "a\\b", "“\\”" },
  { "backslash-coded", "a%5cb", "“\\”" },
  { "colon", "a:b", "“:”" },
  { "colon-coded", "a%3ab", "“:”" },
  { "colon-coded-port", "a%3A80", "“:”" },
  { "colon-wide",
    "a\xef\xbc\x9a"
    "80",
    NULL },
  { "at", "a@b", "“@”" },
  { "at-coded", "a%40b", "“@”" },
  { "hash", "a#b", "“#”" },
  { "hash-coded", "a%23b", "“#”" },
  { "question-mark", "a?b", "“?”" },
  { "question-mark-coded", "a%3fb", "“?”" },
  { "less", "a<b", "“<”" },
  { "greater", "a>b", "“>”" },
  { "bracket-open", "a[b", "“[”" },
  { "bracket-close", "a]b", "“]”" },
  { "bracket-coded", "%5b::1%5d", "“[”" },
  { "caret", "a^b", "“^”" },
  { "grave", "a`b", "“`”" },
  { "brace-open", "a{b", "“{”" },
  { "brace-close", "a}b", "“}”" },
  { "bar", "a|b", "“|”" },
  { "quotation-mark", "a\"b", "“\"”" },
  { "apostrophe", "a'b", "“'”" },
  { "ipv4-five-parts", "1.2.3.4.5", "IPv4" },
  { "ipv4-part-too-large", "1.2.3.256", "IPv4" },
  { "ipv4-first-too-large", "256.1.1.1", "IPv4" },
  { "ipv4-two-parts-too-large", "1.16777216", "IPv4" },
  { "ipv4-three-parts-too-large", "1.2.65536", "IPv4" },
  { "ipv4-one-part-too-large", "4294967296", "IPv4" },
  { "ipv4-one-part-far-too-large", "99999999999999999999999999", "IPv4" },
  { "ipv4-hexadecimal-too-large", "0x100000000", "IPv4" },
  { "ipv4-octal-eight", "08.1.1.1", "IPv4" },
  { "ipv4-octal-nine-last", "1.1.1.09", "IPv4" },
  { "ipv4-hexadecimal-empty", "0x", "IPv4" },
  { "ipv4-empty-part", "1..2", "IPv4" },
  { "ipv4-leading-dot", ".1", "IPv4" },
  { "ipv4-name-in-front", "example.1", "IPv4" },
  { "ipv4-letter-in-part", "1.2a.3.4", "IPv4" },
  { "ipv4-minus", "-1.2.3.4", "IPv4" },
  { "ipv6-without-brackets", "::1", "“:”" },
  { "ipv6-unclosed", "[::1", "closing bracket" },
  { "ipv6-goes-on", "[::1]a", "goes on" },
  { "ipv6-empty", "[]", "IPv6" },
  { "ipv6-ipv4-in-brackets", "[127.0.0.1]", "IPv6" },
  { "ipv6-name-in-brackets", "[example.com]", "IPv6" },
  { "ipv6-future", "[v1.fe80::a]", "IPv6" },
  { "ipv6-too-many-groups", "[1:2:3:4:5:6:7:8:9]", "IPv6" },
  { "ipv6-too-few-groups", "[1:2:3]", "IPv6" },
  { "ipv6-two-gaps", "[1::2::3]", "IPv6" },
  { "ipv6-long-group", "[::00001]", "IPv6" },
  { "ipv6-space", "[ ::1]", "IPv6" },
  { "ipv6-too-long", "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", "IPv6" },
  { "ipv6-percent-coded", "[%3a%3a1]", "IPv6" },
  { "ipv6-nested-brackets", "[[::1]]", "goes on" },
  { "ipv6-trailing-dot", "[::1].", "goes on" },
  { "zone-empty", "[fe80::1%]", "empty zone" },
  { "zone-space", "[fe80::1%25a b]", "zone" },
  { "zone-percent", "[fe80::1%25a%20b]", "zone" },
  { "zone-slash", "[fe80::1%25a/b]", "zone" },
  { "zone-line-feed", "[fe80::1%25a\nb]", "zone" },
  { "zone-of-16", "[fe80::1%25abcdefghijklmnop]", "zone of more than 15" },
};

static void
test_rejects (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaHost) host = parse (rejected[row].text, strlen (rejected[row].text), &error);

  g_assert_null (host);
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
  g_assert_true (g_str_has_prefix (error->message, "Host “"));
  if (rejected[row].rule != NULL)
    g_assert_nonnull (strstr (error->message, rejected[row].rule));
  /* Nothing that a terminal or a log would obey. */
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *at = error->message; *at != '\0'; at++)
    g_assert_false (g_ascii_iscntrl (*at));
  assert_cuts_are_safe (rejected[row].text);
}

static void
test_rejects_nul (void)
{
  static const char *const texts[] = { "a\0b", "[::1\0]", "[fe80::1%25a\0b]", "[\0::1]" };
  static const gsize lens[] = { 3, 6, 15, 6 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (texts[i], lens[i], &error));
      g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
    }
}

static void
test_rejects_very_long (void)
{
  g_autofree gchar *text = g_strnfill (100000, 'a');
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (text, 100000, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
  g_assert_cmpuint (strlen (error->message), <, 400);
}

/* Soft hyphens count for nothing in a name: what is long here is the text alone. */
static void
test_longest_text (void)
{
  for (int over = -1; over <= 1; over++)
    {
      gsize len = (gsize) (MSA_MAX_RAW_HOST_BYTES + over);
      g_autoptr (GString) text = g_string_new ("ab");
      g_autoptr (GError) error = NULL;
      g_autoptr (MsaHost) host = NULL;

      if (len % 2 != 0)
        g_string_append_c (text, 'c');
      while (text->len < len)
        g_string_append (text, "\xc2\xad");
      g_assert_cmpuint (text->len, ==, len);
      host = parse (text->str, text->len, &error);
      if (over <= 0)
        {
          g_assert_no_error (error);
          g_assert_cmpstr (host->name, ==, (len % 2 != 0 ? "abc" : "ab"));
          continue;
        }
      g_assert_null (host);
      g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
      g_assert_nonnull (strstr (error->message, "longer than 4096 bytes"));
    }
}

/* A name that the conversion makes, on both sides of what DNS can carry, and of what libidn2 has
 * room for. */
static void
test_idn_lengths (void)
{
  static const char start[] = "xn--tda." LABEL_63 "." LABEL_63 "." LABEL_63 ".";

  for (gsize len = 248; len <= 260; len++)
    for (guint dot = 0; dot <= 1; dot++)
      {
        g_autofree char *last = g_strnfill (len - strlen (start), 'z');
        g_autofree char *ascii = g_strconcat (start, last, NULL);
        g_autofree char *text =
            g_strconcat ("\xc3\xbc", start + strlen ("xn--tda"), last, dot ? "." : "", NULL);
        g_autoptr (GError) error = NULL;
        g_autoptr (MsaHost) host = parse (text, strlen (text), &error);

        if (len > 253)
          {
            g_assert_null (host);
            g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_URI);
            continue;
          }
        g_assert_no_error (error);
        g_assert_cmpstr (host->name, ==, ascii);
        g_assert_cmpuint (host->name_len, ==, len);
        g_assert_cmpint (host->trailing_dot, ==, dot);
      }
}

static void
test_trailing_dot (void)
{
  g_autoptr (MsaHost) with = parse ("Example.com.", 12, NULL);
  g_autoptr (MsaHost) coded = parse ("example.com%2E", 14, NULL);
  g_autoptr (MsaHost) without = parse ("example.com", 11, NULL);
  g_autofree gchar *authority = msa_host_to_authority (with);
  g_autofree gchar *plain = msa_host_to_authority (without);

  g_assert_true (with->trailing_dot);
  g_assert_cmpstr (with->name, ==, "example.com");
  g_assert_cmpstr (authority, ==, "example.com.");
  g_assert_true (coded->trailing_dot);
  g_assert_cmpstr (coded->name, ==, "example.com");
  g_assert_false (without->trailing_dot);
  g_assert_cmpstr (plain, ==, "example.com");
}

static const struct
{
  const char *name;
  const char *text;
  gboolean localhost;
  gboolean onion;
} specials[] = {
  { "localhost", "LocalHost", TRUE, FALSE },
  { "localhost-dot", "localhost.", TRUE, FALSE },
  { "below-localhost", "a.b.localhost", TRUE, FALSE },
  { "below-localhost-dot", "a.localhost.", TRUE, FALSE },
  { "localhost-look-alike", "notlocalhost", FALSE, FALSE },
  { "localhost-in-front", "localhost.example", FALSE, FALSE },
  { "onion", "abc.onion", FALSE, TRUE },
  { "onion-dot", "abc.ONION.", FALSE, TRUE },
  { "onion-alone", "onion", FALSE, TRUE },
  { "onion-look-alike", "abc.onions", FALSE, FALSE },
  { "onion-suffix", "abconion", FALSE, FALSE },
  { "address", "127.0.0.1", FALSE, FALSE },
  { "address-6", "[::1]", FALSE, FALSE },
};

static void
test_special (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (MsaHost) host = parse (specials[row].text, strlen (specials[row].text), NULL);

  g_assert_nonnull (host);
  g_assert_cmpint (msa_host_is_localhost (host), ==, specials[row].localhost);
  g_assert_cmpint (msa_host_is_onion (host), ==, specials[row].onion);
}

static void
test_ref (void)
{
  g_autoptr (MsaHost) host = parse ("a", 1, NULL);
  MsaHost *other = msa_host_ref (host);

  g_assert_true (other == host);
  msa_host_unref (other);
  g_assert_cmpstr (host->name, ==, "a");
}

static void
test_equal (void)
{
  const char *const texts[] = { "a.example", "b.example", "127.0.0.1", "[fe80::1]", "[fe80::1%a]",
                                "[fe80::1%b]" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (texts); j++)
      {
        g_autoptr (MsaHost) one = msa_host_new (msa_slice_from_string (texts[i]), NULL);
        g_autoptr (MsaHost) other = msa_host_new (msa_slice_from_string (texts[j]), NULL);

        g_assert_cmpint (msa_host_equal (one, other), ==, i == j);
      }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_NUMBERED ("/msa/host/name", names, test_name);
  MSA_TEST_ADD_NUMBERED ("/msa/host/ipv4", ipv4s, test_ipv4);
  MSA_TEST_ADD_NUMBERED ("/msa/host/ipv6", ipv6s, test_ipv6);
  MSA_TEST_ADD_NUMBERED ("/msa/host/rejects", rejected, test_rejects);
  MSA_TEST_ADD_NUMBERED ("/msa/host/special", specials, test_special);
  g_test_add_func ("/msa/host/ipv6-binary", test_ipv6_binary);
  g_test_add_func ("/msa/host/rejects/nul", test_rejects_nul);
  g_test_add_func ("/msa/host/rejects/very-long", test_rejects_very_long);
  g_test_add_func ("/msa/host/longest-text", test_longest_text);
  g_test_add_func ("/msa/host/idn-lengths", test_idn_lengths);
  g_test_add_func ("/msa/host/trailing-dot", test_trailing_dot);
  g_test_add_func ("/msa/host/equal", test_equal);
  g_test_add_func ("/msa/host/ref", test_ref);

  return g_test_run ();
}

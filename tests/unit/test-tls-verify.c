/* test-tls-verify.c: whom the verify function lets pass
 *
 * A table of verdicts: each row is a certificate, the host it is met under and what has to be
 * said of it, in real handshakes of TLS 1.2 and 1.3.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "msa-test-tls-peer.h"
#include "sim/msa-sim.h"
#include "sim/msa-test-rows.h"
#include "tls/msa-tls-trust-private.h"
#include "tls/msa-tls-verify-private.h"

#include <errno.h>

/* How the chain differs from a leaf signed by the trusted root. */
typedef enum
{
  CHAIN_PLAIN,
  CHAIN_ROOT, /* the root is as the row says */
  CHAIN_INTERMEDIATE, /* the same, of one between root and leaf */
  CHAIN_DEEP, /* the same, and an honest one between it and the leaf */
  CHAIN_INCOMPLETE, /* the intermediate is not sent */
  CHAIN_TOO_LONG,
  CHAIN_LONGEST,
  CHAIN_OTHER_ROOT, /* the trust knows another root only */
  CHAIN_SAME_NAME, /* and that one bears the name of this */
  CHAIN_LEAF_TRUSTED, /* the trust is the leaf itself */
  CHAIN_ISSUER_TRUSTED, /* the trust is the intermediate */
  CHAIN_LEAF_SIGNS, /* the trust is a leaf, which signed this one */
  CHAIN_CROSS_TRUSTED, /* the intermediate, as the trusted root certified it, not as its own did */
  CHAIN_CROSS_ROOT, /* the trusted root, as another one certified it */
  CHAIN_CROSS_BOTH, /* both, the one nobody trusts first */
  CHAIN_REVERSED, /* two intermediates, the wrong way round */
  CHAIN_WITH_ROOT, /* the root is sent along */
  CHAIN_WITH_STRANGER, /* an authority that has nothing to do with it is sent along */
  CHAIN_TWO_ROOTS, /* the trust knows the other root as well */
  CHAIN_WITH_TWIN, /* a root that only calls itself as the trusted one does is sent along */
  CHAIN_SELF_ISSUED, /* root and intermediate bear one name */
  CHAIN_LOOP, /* two that certified each other */
  CHAIN_LOOP_TRUSTED, /* the same, one of them trusted */
  CHAIN_ABSURD, /* as long as it may be within one message */
  CHAIN_TWICE, /* the intermediate is sent twice */
} Chain;

typedef enum
{
  CHECK_ALL,
  CHECK_CHAIN,
  CHECK_NAME,
  CHECK_NOTHING,
} Checks;

typedef enum
{
  PIN_NONE,
  PIN_LEAF,
  PIN_OTHER, /* of another certificate */
  PIN_ISSUER, /* of the one that signed the leaf */
  PIN_SECOND, /* of another one, and of the leaf */
} Pin;

typedef enum
{
  STAPLE_NONE,
  STAPLE_HONEST,
  STAPLE_OF_SIBLING, /* about another certificate of the same authority */
  STAPLE_BY_STRANGER, /* signed by another authority */
  STAPLE_BY_TWIN, /* signed by one that only calls itself as the issuer does */
  STAPLE_BY_DELEGATE, /* signed by one that the issuer certified for this */
  STAPLE_BY_CUSTOMER, /* signed by one that the issuer certified for something else */
  STAPLE_TRY_LATER, /* no status at all */
  STAPLE_JUNK,
} Staple;

typedef struct
{
  const char *name;
  const char *host;
  const char *refusal; /* in the message; NULL: to be accepted */
  const char *second_refusal; /* the same, (nullable) */
  guint flags; /* GTlsCertificateFlags; 0: not looked at */
  int code; /* 0: MSA_ERROR_TLS_VERIFY */
  MsaTestCertSpec spec;
  Chain chain;
  MsaTestAuthoritySpec authority;
  Checks checks;
  Pin pin;
  Staple staple;
  MsaTestStatus status;
  MsaTestValidity status_validity;
} Verdict;

#define HOST "www.example.org"
#define LONG_LABEL "a-label-that-goes-on-for-as-long-as-any-label-may-sixty-three-b"
#define WEAK "weak key or algorithm"
#define AGAINST "against the constraints of its issuer"
#define NO_AUTHORITY "issued by a certificate that is no authority"
#define FOR_CLIENTS GNUTLS_KP_TLS_WWW_CLIENT
#define FOR_SERVERS GNUTLS_KP_TLS_WWW_SERVER
#define FROM_ANOTHER "stapled status that is not its issuer's"
#define WRONG_KEY "its key is none of those that are pinned"

static const Verdict verdicts[] = {
  { "san-only", HOST, .spec = { .dns = { HOST } } },
  { "san-first", HOST, .spec = { .dns = { HOST, "b.example", "c.example" } } },
  { "san-last", HOST, .spec = { .dns = { "a.example", "b.example", HOST } } },
  { "san-other", HOST, "it is for DNS:a.example, DNS:b.example",
    .flags = G_TLS_CERTIFICATE_BAD_IDENTITY,
    .spec = { .dns = { "a.example", "b.example" } } },
  { "san-many-others", HOST, "it is for DNS:a.example, DNS:b.example, DNS:c.example and 2 more",
    .spec = { .dns = { "a.example", "b.example", "c.example", "d.example", "e.example" } } },
  { "san-upper-case", HOST, .spec = { .dns = { "WWW.Example.ORG" } } },
  { "san-parent", HOST, "it is for DNS:example.org", .spec = { .dns = { "example.org" } } },
  { "san-child", "example.org", "it is for DNS:" HOST, .spec = { .dns = { HOST } } },
  { "san-same-end", HOST, "it is for DNS:ample.org", .spec = { .dns = { "ample.org" } } },
  { "san-long", HOST, "it is for DNS:" LONG_LABEL "....",
    .spec = { .dns = { LONG_LABEL "." LONG_LABEL "." LONG_LABEL "." LONG_LABEL } } },
  { "san-trailing-dot", HOST, "it is for DNS:" HOST ".", .spec = { .dns = { HOST "." } } },
  /* CVE-2009-2417 */
  { "san-with-nul", HOST, "it is for DNS:" HOST "?.evil.example",
    .spec = { .dns_with_nul = HOST "|.evil.example" } },
  { "san-of-another-kind", HOST, "it is for", .spec = { .email = "webmaster@" HOST } },
  { "host-upper-case", "WWW.EXAMPLE.ORG", .spec = { .dns = { HOST } } },
  { "host-trailing-dot", HOST ".", .spec = { .dns = { HOST } } },
  { "host-single-label", "localhost", .spec = { .dns = { "localhost" } } },
  { "host-idn", "b\303\274cher.example", .spec = { .dns = { "xn--bcher-kva.example" } } },

  { "cn-without-san", HOST, .spec = { .common_name = HOST } },
  { "cn-other", HOST, "it is for CN:a.example", .spec = { .common_name = "a.example" } },
  { "cn-beside-dns-san", HOST, "it is for DNS:a.example",
    .spec = { .common_name = HOST, .dns = { "a.example" } } },
  { "cn-beside-ip-san", HOST, "it is for IP:127.0.0.1",
    .spec = { .common_name = HOST, .ip = { "127.0.0.1" } } },
  { "cn-beside-email-san", HOST, "it is for",
    .spec = { .common_name = HOST, .email = "a@a.example" } },
  { "cn-beside-empty-san", HOST, "it names nobody",
    .spec = { .common_name = HOST, .empty_san = TRUE } },
  /* GnuTLS gives such a name in hexadecimal. */
  { "cn-with-nul", HOST, "it is for CN:#",
    .spec = { .cn_with_nul = HOST "|.evil.example" } },
  { "cn-one-of-two", HOST, "it is for CN:" HOST ", a second CN",
    .spec = { .common_name = HOST, .second_common_name = "a.example" } },
  { "no-name", HOST, "it names nobody", .spec = { .common_name = NULL } },

  { "wildcard", HOST, .spec = { .dns = { "*.example.org" } } },
  { "wildcard-upper-case", HOST, .spec = { .dns = { "*.EXAMPLE.org" } } },
  { "wildcard-in-cn", HOST, .spec = { .common_name = "*.example.org" } },
  { "wildcard-for-idn", "b\303\274cher.example.org", .spec = { .dns = { "*.example.org" } } },
  /* CVE-2016-9952 and -9953: a wildcard is one label, the first, and not all there is */
  { "wildcard-for-parent", "example.org", "it is for DNS:*.example.org",
    .spec = { .dns = { "*.example.org" } } },
  { "wildcard-for-two-labels", "a.b.example.org", "it is for",
    .spec = { .dns = { "*.example.org" } } },
  { "wildcard-for-same-end", "wwwexample.org", "it is for",
    .spec = { .dns = { "*.example.org" } } },
  { "wildcard-label-start", HOST, "it is for DNS:*w.example.org",
    .spec = { .dns = { "*w.example.org" } } },
  { "wildcard-label-end", HOST, "it is for DNS:w*.example.org",
    .spec = { .dns = { "w*.example.org" } } },
  { "wildcard-whole-label-and-more", HOST, "it is for", .spec = { .dns = { "*www.example.org" } } },
  { "wildcard-inside", HOST, "it is for", .spec = { .dns = { "w*w.example.org" } } },
  { "wildcard-second-label", HOST, "it is for", .spec = { .dns = { "www.*.org" } } },
  { "wildcard-twice", HOST, "it is for", .spec = { .dns = { "*.*.org" } } },
  { "wildcard-top-level", "example.org", "it is for DNS:*.org", .spec = { .dns = { "*.org" } } },
  { "wildcard-alone", HOST, "it is for DNS:*", .spec = { .dns = { "*" } } },
  { "wildcard-single-label", "localhost", "it is for", .spec = { .dns = { "*" } } },
  { "wildcard-for-single-label", "localhost", "it is for DNS:*.example.org",
    .spec = { .dns = { "*.example.org" } } },

  /* CVE-2014-1263, -2522, CVE-2016-3739, CVE-2024-2466: an address is checked as any name */
  { "ip4-san", "127.0.0.1", .spec = { .ip = { "192.0.2.1", "127.0.0.1" } } },
  { "ip4-other", "127.0.0.1", "it is for IP:127.0.0.2", .spec = { .ip = { "127.0.0.2" } } },
  { "ip4-in-dns-san", "127.0.0.1", "it is for DNS:127.0.0.1", .spec = { .dns = { "127.0.0.1" } } },
  { "ip4-in-cn", "127.0.0.1", "it is for CN:127.0.0.1", .spec = { .common_name = "127.0.0.1" } },
  /* CVE-2014-0139 */
  { "ip4-wildcard", "127.0.0.1", "it is for DNS:*.0.0.1", .spec = { .dns = { "*.0.0.1" } } },
  { "ip4-as-ip6", "[::ffff:127.0.0.1]", "it is for IP:127.0.0.1",
    .spec = { .ip = { "127.0.0.1" } } },
  { "ip6-san", "[2001:db8::1]", .spec = { .ip = { "2001:db8:0::1" } } },
  { "ip6-other", "[2001:db8::1]", "it is for IP:2001:db8::2", .spec = { .ip = { "2001:db8::2" } } },
  { "ip6-in-dns-san", "[2001:db8::1]", "it is for", .spec = { .dns = { "2001:db8::1" } } },
  { "name-with-ip-san", HOST, "it is for IP:127.0.0.1", .spec = { .ip = { "127.0.0.1" } } },

  /* CVE-2007-3564 */
  { "expired", HOST, "expired", .flags = G_TLS_CERTIFICATE_EXPIRED,
    .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED } },
  { "not-yet-valid", HOST, "not yet valid",
    .flags = G_TLS_CERTIFICATE_NOT_ACTIVATED,
    .spec = { .dns = { HOST }, .validity = MSA_TEST_NOT_YET_VALID } },
  { "unknown-issuer", HOST, "unknown issuer", .flags = G_TLS_CERTIFICATE_UNKNOWN_CA,
    .spec = { .dns = { HOST } },
    .chain = CHAIN_OTHER_ROOT },
  { "self-signed", HOST, "unknown issuer", .spec = { .dns = { HOST }, .self_signed = TRUE } },
  { "self-signed-and-trusted", HOST, .spec = { .dns = { HOST }, .self_signed = TRUE },
    .chain = CHAIN_LEAF_TRUSTED },
  { "self-signed-trusted-expired", HOST, "expired",
    .spec = { .dns = { HOST }, .self_signed = TRUE, .validity = MSA_TEST_EXPIRED },
    .chain = CHAIN_LEAF_TRUSTED },
  { "self-signed-trusted-other-name", HOST, "it is for DNS:a.example",
    .spec = { .dns = { "a.example" }, .self_signed = TRUE }, .chain = CHAIN_LEAF_TRUSTED },
  { "for-clients", HOST, "not meant for TLS servers",
    .flags = G_TLS_CERTIFICATE_GENERIC_ERROR,
    .spec = { .dns = { HOST }, .purpose = GNUTLS_KP_TLS_WWW_CLIENT } },
  { "weak-key", HOST, "weak key or algorithm", .flags = G_TLS_CERTIFICATE_INSECURE,
    .spec = { .dns = { HOST }, .weak_key = TRUE } },
  { "unknown-critical-extension", HOST, "unknown critical extension",
    .spec = { .dns = { HOST }, .unknown_critical = TRUE } },
  { "intermediate", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE },
  { "intermediate-missing", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_INCOMPLETE },
  { "issuer-no-authority", HOST, "issued by a certificate that is no authority",
    .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .not_authority = TRUE } },
  /* CVE-2022-27781 */
  { "chain-too-long", HOST, "a chain of 17 certificates, where at most 16 are taken",
    .spec = { .dns = { HOST } }, .chain = CHAIN_TOO_LONG },
  { "chain-too-long-unchecked", HOST, "a chain of 17 certificates", .spec = { .dns = { HOST } },
    .chain = CHAIN_TOO_LONG, .checks = CHECK_NOTHING },
  { "chain-longest-unchecked", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_LONGEST,
    .checks = CHECK_NAME },
  { "unknown-issuer-and-other-name", HOST, "unknown issuer", "it is for DNS:a.example",
    .spec = { .dns = { "a.example" } }, .chain = CHAIN_OTHER_ROOT },
  { "unknown-issuer-and-expired", HOST, "unknown issuer", "expired",
    .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED }, .chain = CHAIN_OTHER_ROOT },
  { "expired-and-other-name", HOST, "expired", "it is for DNS:a.example",
    .flags = G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_BAD_IDENTITY,
    .spec = { .dns = { "a.example" }, .validity = MSA_TEST_EXPIRED } },

  /* CVE-2013-4545, -6422: one check off leaves the other */
  { "chain-off-unknown-issuer", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_OTHER_ROOT,
    .checks = CHECK_NAME },
  { "chain-off-expired", HOST, .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED },
    .checks = CHECK_NAME },
  { "chain-off-other-name", HOST, "it is for DNS:a.example",
    .spec = { .dns = { "a.example" }, .self_signed = TRUE }, .checks = CHECK_NAME },
  { "name-off-other-name", HOST, .spec = { .dns = { "a.example" } }, .checks = CHECK_CHAIN },
  { "name-off-expired", HOST, "expired", .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED },
    .checks = CHECK_CHAIN },
  { "name-off-unknown-issuer", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_OTHER_ROOT, .checks = CHECK_CHAIN },
  { "both-off", HOST,
    .spec = { .dns = { "a.example" }, .self_signed = TRUE, .validity = MSA_TEST_EXPIRED },
    .checks = CHECK_NOTHING },

  { "san-of-uri-kind", HOST, "it is for another kind of name",
    .spec = { .common_name = HOST, .uri = "https://" HOST "/" } },
  { "san-among-many", HOST, .spec = { .dns = { HOST }, .n_other_dns = 999 } },
  { "san-most", HOST, .spec = { .dns = { HOST }, .n_other_dns = MSA_MAX_PEER_NAMES - 1 } },
  { "san-too-many", HOST, "it has 2001 names, where at most 2000 are taken",
    .spec = { .dns = { HOST }, .n_other_dns = MSA_MAX_PEER_NAMES } },
  { "san-too-many-bytes", HOST, "TLS handshake with " HOST " failed",
    .code = MSA_ERROR_TLS_HANDSHAKE, .spec = { .dns = { HOST }, .n_other_dns = 4500 } },
  { "san-longer-than-host", "org", "it is for DNS:" HOST, .spec = { .dns = { HOST } } },
  { "san-idn-not-encoded", "b\303\274cher.example", "it is for",
    .spec = { .dns = { "b\303\274cher.example" }, .n_other_dns = 1 } },
  { "wildcard-longer-than-host", "a.org", "it is for DNS:*.example.org",
    .spec = { .dns = { "*.example.org" } } },
  { "ip4-with-mask", "127.0.0.1", "it is for IP:?", .spec = { .ip_with_mask = "127.0.0.1" } },
  { "ip6-zone-other", "[fe80::1%25lo]", "it is for IP:fe80::2", .spec = { .ip = { "fe80::2" } } },
  { "san-leading-dot", HOST, "it is for DNS:.example.org", .spec = { .dns = { ".example.org" } } },
  { "san-with-space", HOST, "it is for DNS:" HOST "?", .spec = { .dns = { HOST " " } } },
  { "cn-with-trailing-dot", HOST, "it is for CN:" HOST ".", .spec = { .common_name = HOST "." } },
  /* CVE-2023-28321 */
  { "wildcard-in-punycode", "xn--bcher-kva.example.org", "it is for DNS:x*.example.org",
    .spec = { .dns = { "x*.example.org" } } },
  { "wildcard-after-punycode", "xn--bcher-kva.example.org", "it is for DNS:xn--*.example.org",
    .spec = { .dns = { "xn--*.example.org" } } },
  { "wildcard-below-punycode", "www.xn--bcher-kva.example",
    .spec = { .dns = { "*.xn--bcher-kva.example" } } },
  { "wildcard-beside-name", HOST, .spec = { .dns = { "*.a.example", "*.example.org" } } },
  { "wildcard-empty-label", HOST, "it is for DNS:*..example.org",
    .spec = { .dns = { "*..example.org" } } },
  { "ip6-zone", "[fe80::1%25lo]", .spec = { .ip = { "fe80::1" } } },
  { "ip6-short-of-ip4", "[::7f00:1]", "it is for IP:127.0.0.1", .spec = { .ip = { "127.0.0.1" } } },
  { "ip4-wildcard-cn", "127.0.0.1", "it is for CN:*.0.0.1", .spec = { .common_name = "*.0.0.1" } },

  { "expired-an-hour-ago", HOST, "expired",
    .spec = { .dns = { HOST }, .validity = MSA_TEST_JUST_EXPIRED } },
  { "valid-for-an-hour", HOST, .spec = { .dns = { HOST }, .validity = MSA_TEST_JUST_VALID } },
  { "intermediate-expired", HOST, "expired", .flags = G_TLS_CERTIFICATE_EXPIRED,
    .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .validity = MSA_TEST_EXPIRED } },
  { "intermediate-not-yet-valid", HOST, "not yet valid", .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .validity = MSA_TEST_NOT_YET_VALID } },
  { "root-expired", HOST, "expired", .spec = { .dns = { HOST } }, .chain = CHAIN_ROOT,
    .authority = { .validity = MSA_TEST_EXPIRED } },
  { "root-not-yet-valid", HOST, "not yet valid", .spec = { .dns = { HOST } }, .chain = CHAIN_ROOT,
    .authority = { .validity = MSA_TEST_NOT_YET_VALID } },

  { "intermediate-silent-on-authority", HOST, NO_AUTHORITY, .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .no_constraints = TRUE } },
  { "intermediate-may-not-sign", HOST, AGAINST, .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .no_cert_sign = TRUE } },
  { "intermediate-for-servers", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .purpose = GNUTLS_KP_TLS_WWW_SERVER } },
  { "intermediate-for-clients", HOST, "not meant for TLS servers", .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .purpose = GNUTLS_KP_TLS_WWW_CLIENT } },
  { "intermediate-unknown-critical", HOST, "unknown critical extension",
    .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .unknown_critical = TRUE } },
  { "intermediate-rsa", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .key = MSA_TEST_RSA_2048 } },
  { "intermediate-weak-key", HOST, WEAK, .flags = G_TLS_CERTIFICATE_INSECURE,
    .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .key = MSA_TEST_RSA_1024 } },
  { "intermediate-sha1", HOST, WEAK, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .digest = MSA_TEST_SHA1 } },
  { "root-sha1", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_ROOT,
    .authority = { .digest = MSA_TEST_SHA1 } },
  { "root-weak-key", HOST, WEAK, .spec = { .dns = { HOST } }, .chain = CHAIN_ROOT,
    .authority = { .key = MSA_TEST_RSA_1024 } },
  { "root-rsa", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_ROOT,
    .authority = { .key = MSA_TEST_RSA_2048 } },
  { "path-length-kept", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .max_depth = 1 } },
  { "path-length-broken", HOST, AGAINST, .spec = { .dns = { HOST } }, .chain = CHAIN_DEEP,
    .authority = { .max_depth = 1 } },
  { "path-length-one-kept", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_DEEP,
    .authority = { .max_depth = 2 } },
  { "path-length-any", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_DEEP },
  { "permitted-name", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .permitted_dns = "example.org" } },
  { "not-permitted-name", HOST, AGAINST, .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .permitted_dns = "a.example" } },
  { "not-permitted-other-name", HOST, AGAINST, .spec = { .dns = { HOST, "b.example" } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .permitted_dns = "example.org" } },
  { "not-permitted-same-end", "wwwexample.org", AGAINST, .spec = { .dns = { "wwwexample.org" } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .permitted_dns = "example.org" } },
  { "not-permitted-cn", HOST, AGAINST, .spec = { .common_name = HOST },
    .chain = CHAIN_INTERMEDIATE, .authority = { .permitted_dns = "a.example" } },
  { "not-permitted-wildcard", HOST, AGAINST, .spec = { .dns = { "*.example.org" } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .permitted_dns = "a.example" } },
  { "not-permitted-deep", HOST, AGAINST, .spec = { .dns = { HOST } }, .chain = CHAIN_DEEP,
    .authority = { .permitted_dns = "a.example" } },
  { "excluded-name", HOST, AGAINST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .excluded_dns = "example.org" } },
  { "excluded-other-name", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .excluded_dns = "a.example" } },
  { "excluded-beside-permitted", HOST, AGAINST, .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE,
    .authority = { .permitted_dns = "example.org", .excluded_dns = HOST } },
  { "permitted-ip", "192.0.2.7", .spec = { .ip = { "192.0.2.7" } }, .chain = CHAIN_INTERMEDIATE,
    .authority = { .permitted_ip = "192.0.2.0/24" } },
  { "not-permitted-ip", "198.51.100.7", AGAINST, .spec = { .ip = { "198.51.100.7" } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .permitted_ip = "192.0.2.0/24" } },
  { "deep-expired", HOST, "expired", .spec = { .dns = { HOST } }, .chain = CHAIN_DEEP,
    .authority = { .validity = MSA_TEST_EXPIRED } },
  { "deep-no-authority", HOST, NO_AUTHORITY, .spec = { .dns = { HOST } }, .chain = CHAIN_DEEP,
    .authority = { .not_authority = TRUE } },

  { "wrong-order", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_REVERSED },
  { "with-root", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_WITH_ROOT },
  { "with-stranger", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_WITH_STRANGER },
  { "intermediate-twice", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_TWICE },
  { "cross-signed", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_CROSS_TRUSTED },
  { "cross-signed-root", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_CROSS_ROOT },
  /* On the safe side: GnuTLS follows the first issuer of a name and looks for no other way. */
  { "cross-signed-both", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_CROSS_BOTH },
  { "issuer-trusted", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_ISSUER_TRUSTED },
  { "issuer-named-as-root", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_SAME_NAME },
  { "with-twin", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_WITH_TWIN },
  { "self-issued", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_SELF_ISSUED },
  /* CVE-2022-27781, CVE-2024-0567, CVE-2026-10028 */
  { "loop", HOST, "unknown issuer", .spec = { .dns = { HOST } }, .chain = CHAIN_LOOP },
  { "loop-trusted", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_LOOP_TRUSTED },
  { "chain-absurd", HOST, "a chain of 101 certificates", .spec = { .dns = { HOST } },
    .chain = CHAIN_ABSURD },
  { "intermediate-version-1", HOST, NO_AUTHORITY, .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .authority = { .is_version_1 = TRUE } },
  { "issuer-trusted-leaf", HOST, "issued by", .spec = { .dns = { HOST } },
    .chain = CHAIN_LEAF_SIGNS },

  { "leaf-is-authority", HOST, .spec = { .dns = { HOST }, .is_authority = TRUE } },
  { "leaf-no-purpose", HOST, .spec = { .dns = { HOST }, .no_purpose = TRUE } },
  { "leaf-any-purpose", HOST, .spec = { .dns = { HOST }, .purpose = GNUTLS_KP_ANY } },
  { "leaf-both-purposes", HOST,
    .spec = { .dns = { HOST }, .purpose = FOR_CLIENTS, .second_purpose = FOR_SERVERS } },
  { "leaf-for-code", HOST, "not meant for TLS servers",
    .spec = { .dns = { HOST }, .purpose = GNUTLS_KP_CODE_SIGNING } },
  { "leaf-no-usage", HOST, .spec = { .dns = { HOST }, .no_key_usage = TRUE } },
  { "leaf-may-not-sign", HOST, "TLS handshake with " HOST " failed",
    .code = MSA_ERROR_TLS_HANDSHAKE, .spec = { .dns = { HOST }, .only_cert_sign = TRUE } },
  { "leaf-sha1", HOST, WEAK, .flags = G_TLS_CERTIFICATE_INSECURE,
    .spec = { .dns = { HOST }, .digest = MSA_TEST_SHA1 } },
  { "leaf-md5", HOST, WEAK, .spec = { .dns = { HOST }, .digest = MSA_TEST_MD5 },
    .chain = CHAIN_ROOT, .authority = { .key = MSA_TEST_RSA_2048 } },
  { "leaf-rsa", HOST, .spec = { .dns = { HOST }, .key = MSA_TEST_RSA_2048 } },
  { "leaf-p384", HOST, .spec = { .dns = { HOST }, .key = MSA_TEST_P384 } },
  { "leaf-ed25519", HOST, .spec = { .dns = { HOST }, .key = MSA_TEST_ED25519 } },
  { "leaf-broken-signature", HOST, "wrong signature",
    .spec = { .dns = { HOST }, .broken_signature = TRUE } },
  { "weak-key-chain-off", HOST, .spec = { .dns = { HOST }, .weak_key = TRUE },
    .checks = CHECK_NAME },

  { "pin-right", HOST, .spec = { .dns = { HOST } }, .pin = PIN_LEAF },
  { "pin-right-rsa", HOST, .spec = { .dns = { HOST }, .key = MSA_TEST_RSA_2048 }, .pin = PIN_LEAF },
  { "pin-right-second", HOST, .spec = { .dns = { HOST } }, .pin = PIN_SECOND },
  { "pin-right-both-off", HOST, .spec = { .dns = { "a.example" }, .self_signed = TRUE },
    .checks = CHECK_NOTHING, .pin = PIN_LEAF },
  { "pin-right-unknown-issuer", HOST, "unknown issuer", .spec = { .dns = { HOST } },
    .chain = CHAIN_OTHER_ROOT, .pin = PIN_LEAF },
  { "pin-right-other-name", HOST, "it is for DNS:a.example", .spec = { .dns = { "a.example" } },
    .pin = PIN_LEAF },
  { "pin-right-expired", HOST, "expired",
    .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED }, .pin = PIN_LEAF },
  { "pin-wrong", HOST, WRONG_KEY, .code = MSA_ERROR_TLS_PIN, .spec = { .dns = { HOST } },
    .pin = PIN_OTHER },
  /* CVE-2025-5025, -13034: a pin counts whatever else is checked */
  { "pin-wrong-chain-off", HOST, WRONG_KEY, .code = MSA_ERROR_TLS_PIN, .spec = { .dns = { HOST } },
    .checks = CHECK_NAME, .pin = PIN_OTHER },
  { "pin-wrong-name-off", HOST, WRONG_KEY, .code = MSA_ERROR_TLS_PIN, .spec = { .dns = { HOST } },
    .checks = CHECK_CHAIN, .pin = PIN_OTHER },
  { "pin-wrong-both-off", HOST, WRONG_KEY, .code = MSA_ERROR_TLS_PIN, .spec = { .dns = { HOST } },
    .checks = CHECK_NOTHING, .pin = PIN_OTHER },
  { "pin-of-issuer", HOST, WRONG_KEY, .code = MSA_ERROR_TLS_PIN, .spec = { .dns = { HOST } },
    .chain = CHAIN_INTERMEDIATE, .pin = PIN_ISSUER },
  { "pin-wrong-and-expired", HOST, WRONG_KEY, "expired", .code = MSA_ERROR_TLS_PIN,
    .spec = { .dns = { HOST }, .validity = MSA_TEST_EXPIRED }, .pin = PIN_OTHER },

  { "staple-good", HOST, .spec = { .dns = { HOST } }, .staple = STAPLE_HONEST },
  /* CVE-2024-8096: only a good one, in its time, from the issuer, is good */
  { "staple-revoked", HOST, "revoked", .flags = G_TLS_CERTIFICATE_REVOKED,
    .spec = { .dns = { HOST } }, .staple = STAPLE_HONEST, .status = MSA_TEST_STATUS_REVOKED },
  { "staple-unknown", HOST, "unknown to the authority that staples", .spec = { .dns = { HOST } },
    .staple = STAPLE_HONEST, .status = MSA_TEST_STATUS_UNKNOWN },
  { "staple-outdated", HOST, "outdated revocation data", .spec = { .dns = { HOST } },
    .staple = STAPLE_HONEST, .status_validity = MSA_TEST_EXPIRED },
  /* CVE-2020-8286 */
  { "staple-of-sibling", HOST, "invalid stapled status", .spec = { .dns = { HOST } },
    .staple = STAPLE_OF_SIBLING },
  { "staple-by-stranger", HOST, "invalid stapled status", .spec = { .dns = { HOST } },
    .staple = STAPLE_BY_STRANGER },
  { "staple-junk", HOST, "invalid stapled status", .spec = { .dns = { HOST } },
    .staple = STAPLE_JUNK },
  { "staple-by-stranger-sent-along", HOST, "invalid stapled status", .spec = { .dns = { HOST } },
    .chain = CHAIN_WITH_STRANGER, .staple = STAPLE_BY_STRANGER },
  { "staple-by-other-root", HOST, FROM_ANOTHER, .spec = { .dns = { HOST } },
    .chain = CHAIN_TWO_ROOTS, .staple = STAPLE_BY_STRANGER },
  { "staple-by-twin", HOST, "invalid stapled status", .spec = { .dns = { HOST } },
    .staple = STAPLE_BY_TWIN },
  { "staple-by-twin-sent-along", HOST, FROM_ANOTHER, .spec = { .dns = { HOST } },
    .chain = CHAIN_WITH_TWIN, .staple = STAPLE_BY_TWIN },
  { "staple-by-delegate", HOST, .spec = { .dns = { HOST } }, .staple = STAPLE_BY_DELEGATE },
  { "staple-by-customer", HOST, "invalid stapled status", .spec = { .dns = { HOST } },
    .staple = STAPLE_BY_CUSTOMER },
  { "staple-below-intermediate", HOST, .spec = { .dns = { HOST } }, .chain = CHAIN_INTERMEDIATE,
    .staple = STAPLE_HONEST },
  { "staple-below-issuer-trusted", HOST, .spec = { .dns = { HOST } },
    .chain = CHAIN_ISSUER_TRUSTED, .staple = STAPLE_HONEST },
  /* As if there were none. */
  { "staple-try-later", HOST, .spec = { .dns = { HOST } }, .staple = STAPLE_TRY_LATER },
  { "staple-of-the-future", HOST, "from the future", .spec = { .dns = { HOST } },
    .staple = STAPLE_HONEST, .status_validity = MSA_TEST_NOT_YET_VALID },
  { "must-staple-by-stranger-sent-along", HOST, "invalid stapled status",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .chain = CHAIN_WITH_STRANGER,
    .staple = STAPLE_BY_STRANGER },
  { "must-staple-by-twin-sent-along", HOST, FROM_ANOTHER,
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .chain = CHAIN_WITH_TWIN,
    .staple = STAPLE_BY_TWIN },
  { "must-staple-outdated", HOST, "outdated revocation data",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .staple = STAPLE_HONEST,
    .status_validity = MSA_TEST_EXPIRED },
  { "must-staple-of-the-future", HOST, "from the future",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .staple = STAPLE_HONEST,
    .status_validity = MSA_TEST_NOT_YET_VALID },
  { "must-staple-junk", HOST, "invalid stapled status",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .staple = STAPLE_JUNK },
  { "must-staple-try-later", HOST, "without the status it says will be stapled",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .staple = STAPLE_TRY_LATER },
  /* CVE-2017-2629 */
  { "must-staple-none", HOST, "without the status it says will be stapled",
    .spec = { .dns = { HOST }, .must_staple = TRUE } },
  { "must-staple-good", HOST, .spec = { .dns = { HOST }, .must_staple = TRUE },
    .staple = STAPLE_HONEST },
  { "must-staple-revoked", HOST, "revoked", .spec = { .dns = { HOST }, .must_staple = TRUE },
    .staple = STAPLE_HONEST, .status = MSA_TEST_STATUS_REVOKED },
  { "must-staple-unknown", HOST, "unknown to the authority that staples",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .staple = STAPLE_HONEST,
    .status = MSA_TEST_STATUS_UNKNOWN },
  { "must-staple-of-sibling", HOST, "invalid stapled status",
    .spec = { .dns = { HOST }, .must_staple = TRUE }, .staple = STAPLE_OF_SIBLING },
  { "staple-revoked-chain-off", HOST, .spec = { .dns = { HOST } }, .checks = CHECK_NAME,
    .staple = STAPLE_HONEST, .status = MSA_TEST_STATUS_REVOKED },
};

static MsaTestPki *root;
static MsaTestPki *other_root;
static MsaTestPki *twin; /* of the root */
static MsaSim *sim; /* its clock shows the real time, by which certificates are made */

/* What a row needs. */
typedef struct
{
  GPtrArray *authorities; /* (owned) (element-type MsaTestPki): its own, the highest first */
  MsaTestCert *cert; /* (owned) */
  char *ca_pem; /* (owned): what is trusted */
  GBytes *staple; /* (owned) (nullable) */
} Scene;

/* --- chains --- */

static MsaTestPki *
add_authority (Scene *self,
               MsaTestPki *issuer,
               const MsaTestAuthoritySpec *spec)
{
  MsaTestPki *authority = msa_test_pki_new_full (issuer, spec);

  g_ptr_array_add (self->authorities, authority);
  return authority;
}

/* @n honest ones below the root. */
static MsaTestPki *
add_line (Scene *self,
          MsaTestPki *issuer,
          guint n)
{
  const MsaTestAuthoritySpec honest = { .name = NULL };
  guint i;

  for (i = 0; i < n; i++)
    issuer = add_authority (self, issuer, &honest);
  return issuer;
}

/* The first as the second certified it, which was certified by the first. */
static MsaTestPki *
add_loop (Scene *self)
{
  MsaTestPki *first = add_line (self, NULL, 1);
  MsaTestPki *second = add_line (self, first, 1);

  g_ptr_array_add (self->authorities, msa_test_pki_new_cross (first, second));
  return self->authorities->pdata[2];
}

/* Whoever signs the row's leaf. */
static MsaTestPki *
find_issuer (Scene *self,
             const Verdict *row)
{
  const MsaTestAuthoritySpec same_name = { .name = "Test of one name" };
  const MsaTestAuthoritySpec leaf = { .not_authority = TRUE };

  switch (row->chain)
    {
    case CHAIN_ROOT:
      return add_authority (self, NULL, &row->authority);
    case CHAIN_INTERMEDIATE:
      return add_authority (self, root, &row->authority);
    case CHAIN_DEEP:
      return add_line (self, add_authority (self, root, &row->authority), 1);
    case CHAIN_TOO_LONG:
      return add_line (self, root, MSA_MAX_PEER_CHAIN);
    case CHAIN_LONGEST:
      return add_line (self, root, MSA_MAX_PEER_CHAIN - 1);
    case CHAIN_ABSURD:
      return add_line (self, root, 100);
    case CHAIN_SELF_ISSUED:
      return add_authority (self, add_authority (self, NULL, &same_name), &same_name);
    case CHAIN_LOOP:
    case CHAIN_LOOP_TRUSTED:
      return add_loop (self);
    case CHAIN_REVERSED:
      return add_line (self, root, 2);
    case CHAIN_SAME_NAME:
      return add_authority (self, NULL, &same_name);
    case CHAIN_LEAF_SIGNS:
      return add_authority (self, NULL, &leaf);
    case CHAIN_CROSS_ROOT:
      g_ptr_array_add (self->authorities,
                       msa_test_pki_new_cross (add_line (self, NULL, 1), other_root));
      return self->authorities->pdata[1];
    case CHAIN_CROSS_TRUSTED:
    case CHAIN_CROSS_BOTH:
      g_ptr_array_add (self->authorities,
                       msa_test_pki_new_cross (add_line (self, other_root, 1), root));
      return self->authorities->pdata[1];
    case CHAIN_INCOMPLETE:
    case CHAIN_ISSUER_TRUSTED:
    case CHAIN_WITH_ROOT:
    case CHAIN_WITH_STRANGER:
    case CHAIN_TWICE:
      return add_line (self, root, 1);
    case CHAIN_PLAIN:
    case CHAIN_OTHER_ROOT:
    case CHAIN_LEAF_TRUSTED:
    case CHAIN_TWO_ROOTS:
    case CHAIN_WITH_TWIN:
    default:
      return root;
    }
}

/* The certificates of a chain, as PEM each. */
static GPtrArray *
split_pem (const char *pem)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func (g_free);
  const char *next;

  for (; pem != NULL; pem = next)
    {
      next = strstr (pem + 1, "-----BEGIN");
      g_ptr_array_add (parts, next != NULL ? g_strndup (pem, (gsize) (next - pem))
                                           : g_strdup (pem));
    }
  return parts;
}

/* What the server sends besides, or in another order. */
static void
change_sent_chain (Scene *self,
                   const Verdict *row)
{
  g_autoptr (GPtrArray) parts = split_pem (self->cert->cert_pem);
  g_autofree char *pem = g_steal_pointer (&self->cert->cert_pem);
  g_autofree char *first =
      self->authorities->len > 0 ? msa_test_pki_own_pem (self->authorities->pdata[0]) : NULL;

  if (row->chain == CHAIN_CROSS_BOTH)
    self->cert->cert_pem = g_strconcat (parts->pdata[0], first, parts->pdata[1], NULL);
  else if (row->chain == CHAIN_INCOMPLETE)
    self->cert->cert_pem = g_strdup (parts->pdata[0]);
  else if (row->chain == CHAIN_REVERSED)
    self->cert->cert_pem =
        g_strconcat (parts->pdata[0], parts->pdata[2], parts->pdata[1], NULL);
  else if (row->chain == CHAIN_WITH_ROOT)
    self->cert->cert_pem = g_strconcat (pem, msa_test_pki_ca_pem (root), NULL);
  else if (row->chain == CHAIN_WITH_STRANGER)
    self->cert->cert_pem = g_strconcat (pem, msa_test_pki_ca_pem (other_root), NULL);
  else if (row->chain == CHAIN_WITH_TWIN)
    self->cert->cert_pem = g_strconcat (pem, msa_test_pki_ca_pem (twin), NULL);
  else if (row->chain == CHAIN_TWICE)
    self->cert->cert_pem = g_strconcat (pem, parts->pdata[1], NULL);
  else
    self->cert->cert_pem = g_steal_pointer (&pem);
}

static char *
get_trusted (Scene *self,
             const Verdict *row,
             MsaTestPki *issuer)
{
  const MsaTestAuthoritySpec same_name = { .name = "Test of one name" };
  g_autoptr (MsaTestPki) same = NULL;

  switch ((guint) row->chain)
    {
    case CHAIN_ROOT:
    case CHAIN_LEAF_SIGNS:
    case CHAIN_ISSUER_TRUSTED:
      return msa_test_pki_own_pem (issuer);
    case CHAIN_CROSS_ROOT:
    case CHAIN_LOOP_TRUSTED:
    case CHAIN_SELF_ISSUED:
      return msa_test_pki_own_pem (self->authorities->pdata[0]);
    case CHAIN_LEAF_TRUSTED:
      return g_strdup (self->cert->cert_pem);
    case CHAIN_OTHER_ROOT:
      return g_strdup (msa_test_pki_ca_pem (other_root));
    case CHAIN_TWO_ROOTS:
      return g_strconcat (msa_test_pki_ca_pem (root), msa_test_pki_ca_pem (other_root), NULL);
    case CHAIN_SAME_NAME:
      same = msa_test_pki_new_full (NULL, &same_name);
      return g_strdup (msa_test_pki_ca_pem (same));
    default:
      return g_strdup (msa_test_pki_ca_pem (root));
    }
}

static MsaTestPki *
find_signer (Scene *self,
             const Verdict *row,
             MsaTestPki *issuer)
{
  const MsaTestAuthoritySpec delegate = { .not_authority = TRUE,
                                          .purpose = GNUTLS_KP_OCSP_SIGNING };
  const MsaTestAuthoritySpec customer = { .not_authority = TRUE, .purpose = FOR_SERVERS };

  switch (row->staple)
    {
    case STAPLE_BY_STRANGER:
      return other_root;
    case STAPLE_BY_TWIN:
      return twin;
    case STAPLE_BY_DELEGATE:
      return add_authority (self, issuer, &delegate);
    case STAPLE_BY_CUSTOMER:
      return add_authority (self, issuer, &customer);
    case STAPLE_NONE:
    case STAPLE_HONEST:
    case STAPLE_OF_SIBLING:
    case STAPLE_TRY_LATER:
    case STAPLE_JUNK:
    default:
      return issuer;
    }
}

static void
staple (Scene *self,
        const Verdict *row,
        MsaTestPki *issuer)
{
  g_autoptr (MsaTestCert) sibling = msa_test_pki_issue (issuer, &row->spec);

  if (row->staple == STAPLE_JUNK)
    self->staple = g_bytes_new_static ("\x30\x03junk", 6);
  else if (row->staple == STAPLE_TRY_LATER)
    self->staple = g_bytes_new_static ("\x30\x03\x0a\x01\x03", 5);
  else if (row->staple != STAPLE_NONE)
    self->staple = msa_test_ocsp_new (
        issuer, find_signer (self, row, issuer),
        row->staple == STAPLE_OF_SIBLING ? sibling : self->cert, row->status, row->status_validity);
}

static void
scene_init (Scene *self,
            const Verdict *row)
{
  MsaTestPki *issuer;

  *self = (Scene) { .authorities = g_ptr_array_new_with_free_func (
                        (GDestroyNotify) msa_test_pki_free) };
  issuer = find_issuer (self, row);
  self->cert = msa_test_pki_issue (issuer, &row->spec);
  change_sent_chain (self, row);
  self->ca_pem = get_trusted (self, row, issuer);
  if (row->staple != STAPLE_NONE)
    staple (self, row, issuer);
}

static void
scene_clear (Scene *self)
{
  g_ptr_array_unref (self->authorities);
  msa_test_cert_free (self->cert);
  g_free (self->ca_pem);
  g_clear_pointer (&self->staple, g_bytes_unref);
}

/* --- verdicts --- */

static char **
make_pins (const Scene *scene,
           Pin pin)
{
  const char *issuer_pem = strstr (scene->cert->cert_pem + 1, "-----BEGIN");
  g_autofree char *leaf = NULL;
  g_autofree char *other = NULL;
  g_autofree char *issuer = NULL;
  const char *pins[3] = { NULL };

  if (pin == PIN_NONE)
    return NULL;

  leaf = msa_test_pin_new (scene->cert->cert_pem);
  other = msa_test_pin_new (msa_test_pki_ca_pem (root));
  issuer = issuer_pem != NULL ? msa_test_pin_new (issuer_pem) : NULL;
  if (pin == PIN_SECOND)
    pins[1] = leaf;
  pins[0] = other;
  if (pin == PIN_LEAF)
    pins[0] = leaf;
  else if (pin == PIN_ISSUER)
    pins[0] = issuer;
  return g_strdupv ((char **) pins);
}

static MsaTlsConfig *
make_config (Checks checks,
             char **pins)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "verify-chain",
                       checks == CHECK_ALL || checks == CHECK_CHAIN, "verify-name",
                       checks == CHECK_ALL || checks == CHECK_NAME, "pinned-keys", pins, NULL);
}

static MsaHost *
make_host (const char *text)
{
  g_autoptr (GError) error = NULL;
  MsaHost *host = msa_host_new (msa_slice_from_string (text), &error);

  g_assert_no_error (error);
  return host;
}

static void
assert_refused (const Verdict *row,
                MsaFilter *client,
                const MsaHost *host,
                const GError *error)
{
  int code = row->code != 0 ? row->code : MSA_ERROR_TLS_VERIFY;

  g_assert_error (error, MSA_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, row->refusal));
  g_assert_nonnull (strstr (error->message, host->name));
  if (row->second_refusal != NULL)
    g_assert_nonnull (strstr (error->message, row->second_refusal));
  if (row->flags != 0)
    g_assert_cmpuint (msa_tls_filter_get_doubt_flags (client), ==, row->flags);
  else if (row->code == 0)
    g_assert_cmpuint (msa_tls_filter_get_doubt_flags (client), !=, 0);
}

/* The config that is NULL and the one of defaults have to say the same: @use_null asks for the
 * former. */
static void
meet (const Verdict *row,
      const Scene *scene,
      const char *priority,
      gboolean use_null)
{
  MsaTestTlsOptions options = {
    .cert = scene->cert,
    .priority = priority,
    .staple = scene->staple,
  };
  g_auto (GStrv) pins = make_pins (scene, row->pin);
  g_autoptr (MsaTlsConfig) config = use_null ? NULL : make_config (row->checks, pins);
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_new (scene->ca_pem, config);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new_full (&options);
  g_autoptr (MsaHost) host = make_host (row->host);
  g_autoptr (MsaTlsSessions) sessions = msa_tls_sessions_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaFilter) client =
      msa_tls_filter_new (msa_sim_get_sys (sim),
                          msa_test_tls_peer_new_bottom (peer),
                          trust, config, host, NULL, &error);
  MsaIo io;

  g_assert_no_error (error);
  msa_tls_filter_set_sessions (client, sessions, "origin", 443);
  io = msa_test_tls_peer_connect (peer, client, &error);
  if (row->refusal == NULL)
    {
      g_assert_no_error (error);
      g_assert_cmpint (io, ==, MSA_IO_DONE);
      g_assert_cmpuint (msa_tls_filter_get_doubt_flags (client), ==, 0);
      return;
    }

  g_assert_cmpint (io, ==, MSA_IO_ERROR);
  assert_refused (row, client, host, error);
}

static void
test_verdict (gconstpointer data)
{
  static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                          "NORMAL:-VERS-ALL:+VERS-TLS1.3" };
  const Verdict *row = data;
  Scene scene;
  gsize i;

  scene_init (&scene, row);
  for (i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      meet (row, &scene, versions[i], FALSE);
      if (row->checks == CHECK_ALL && row->pin == PIN_NONE)
        meet (row, &scene, versions[i], TRUE);
    }
  scene_clear (&scene);
}

/* --- the status of an issuer: in TLS 1.3 each certificate may have one --- */

static void
meet_peer (MsaTestTlsPeer *peer,
           MsaTrust *trust,
           GError **error)
{
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (MsaTlsSessions) sessions = msa_tls_sessions_new ();
  g_autoptr (MsaFilter) client =
      msa_tls_filter_new (msa_sim_get_sys (sim),
                          msa_test_tls_peer_new_bottom (peer),
                          trust, NULL, host, NULL, NULL);

  msa_tls_filter_set_sessions (client, sessions, "origin", 443);
  msa_test_tls_peer_connect (peer, client, error);
}

static const struct
{
  const char *name;
  const char *refusal; /* NULL: to be accepted */
  MsaTestStatus status;
  MsaTestValidity validity;
  gboolean by_stranger;
} of_issuers[] = {
  { "good", NULL, .status = MSA_TEST_STATUS_GOOD },
  { "revoked", "revoked", .status = MSA_TEST_STATUS_REVOKED },
  { "outdated", "outdated revocation data", .validity = MSA_TEST_EXPIRED },
  { "unknown", "unknown to the authority", .status = MSA_TEST_STATUS_UNKNOWN },
  { "of-the-future", "from the future", .validity = MSA_TEST_NOT_YET_VALID },
  { "by-stranger", "not its issuer's", .by_stranger = TRUE },
};

static void
test_status_of_issuer (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  const MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaTestPki) issuer = msa_test_pki_new_sub (root, TRUE);
  g_autofree char *issuer_pem = msa_test_pki_own_pem (issuer);
  const MsaTestCert issuer_cert = { .cert_pem = issuer_pem };
  g_autoptr (MsaTestCert) cert = msa_test_pki_issue (issuer, &spec);
  g_autoptr (GBytes) staple =
      msa_test_ocsp_new (issuer, issuer, cert, MSA_TEST_STATUS_GOOD, MSA_TEST_VALID);
  g_autoptr (GBytes) issuer_staple =
      msa_test_ocsp_new (root, of_issuers[row].by_stranger ? other_root : root, &issuer_cert,
                         of_issuers[row].status, of_issuers[row].validity);
  const MsaTestTlsOptions options = { .cert = cert,
                                      .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                      .staple = staple,
                                      .issuer_staple = issuer_staple };
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (root), NULL);
  g_autoptr (MsaTestTlsPeer) peer = msa_test_tls_peer_new_full (&options);
  g_autoptr (GError) error = NULL;

  meet_peer (peer, trust, &error);
  if (of_issuers[row].refusal == NULL)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_nonnull (strstr (error->message, of_issuers[row].refusal));
}

/* --- the token --- */

typedef struct
{
  MsaTestTlsPeer *peer;
  MsaTrust *trust;
  gnutls_session_t session;
} Plain;

static ssize_t
plain_push_cb (gnutls_transport_ptr_t user_data,
               const void *data,
               size_t len)
{
  Plain *plain = user_data;

  g_byte_array_append (plain->peer->to_server, data, (guint) len);
  return (ssize_t) len;
}

static ssize_t
plain_pull_cb (gnutls_transport_ptr_t user_data,
               void *buffer,
               size_t size)
{
  Plain *plain = user_data;
  GByteArray *from = plain->peer->to_client;
  gsize len = MIN (size, from->len);

  if (len == 0)
    {
      gnutls_transport_set_errno (plain->session, EAGAIN);
      return -1;
    }
  memcpy (buffer, from->data, len);
  g_byte_array_remove_range (from, 0, (guint) len);
  return (ssize_t) len;
}

/* A bare GnuTLS client: the verify function is asked without the filter. */
static void
plain_open (Plain *plain,
            const MsaTestCertSpec *spec,
            gboolean shake)
{
  g_autoptr (MsaTestCert) cert = msa_test_pki_issue (root, spec);
  int client = -1, server = -1;

  plain->peer = msa_test_tls_peer_new (cert, NULL, NULL);
  plain->trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (root), NULL);
  gnutls_init (&plain->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
  gnutls_set_default_priority (plain->session);
  gnutls_credentials_set (plain->session, GNUTLS_CRD_CERTIFICATE,
                          msa_trust_get_credentials (plain->trust));
  gnutls_transport_set_ptr (plain->session, plain);
  gnutls_transport_set_push_function (plain->session, plain_push_cb);
  gnutls_transport_set_pull_function (plain->session, plain_pull_cb);

  while (shake && (client != 0 || server != 0))
    {
      if (client != 0)
        client = gnutls_handshake (plain->session);
      if (server != 0)
        server = gnutls_handshake (plain->peer->session);
      g_assert_true (client == 0 || client == GNUTLS_E_AGAIN);
      g_assert_true (server == 0 || server == GNUTLS_E_AGAIN);
    }
}

static void
plain_close (Plain *plain)
{
  gnutls_deinit (plain->session);
  msa_test_tls_peer_free (plain->peer);
  msa_trust_unref (plain->trust);
}

static void
test_token_names_host (void)
{
  MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (MsaTlsVerified) token = NULL;
  g_autoptr (GError) error = NULL;
  Plain plain;

  plain_open (&plain, &spec, TRUE);
  token = msa_tls_verify (plain.session, NULL, host, plain.trust,
                          msa_sim_get_sys (sim), FALSE, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (token);
  g_assert_true (msa_tls_verified_get_host (token) == host);
  plain_close (&plain);
}

/* Also with nothing to check: no handshake is no peer. */
static void
test_no_token_before_handshake (void)
{
  MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaTlsConfig) config = make_config (CHECK_NOTHING, NULL);
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (GError) error = NULL;
  Plain plain;

  plain_open (&plain, &spec, FALSE);
  g_assert_null (
      msa_tls_verify (plain.session, config, host, plain.trust,
                      msa_sim_get_sys (sim), TRUE, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  plain_close (&plain);
}

static void
test_no_token_for_other_trust (void)
{
  MsaTestCertSpec spec = { .dns = { HOST } };
  g_autoptr (MsaTrust) trust = msa_test_tls_trust_new (msa_test_pki_ca_pem (root), NULL);
  g_autoptr (MsaHost) host = make_host (HOST);
  g_autoptr (GError) error = NULL;
  Plain plain;

  plain_open (&plain, &spec, TRUE);
  g_assert_null (msa_tls_verify (plain.session, NULL, host, trust,
                                 msa_sim_get_sys (sim), TRUE, NULL, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY);
  g_assert_nonnull (strstr (error->message, "another trust store"));
  plain_close (&plain);
}

int
main (int argc,
      char **argv)
{
  MsaSys *sys;
  int status;

  g_test_init (&argc, &argv, NULL);
  sim = msa_sim_new ();
  sys = msa_sim_get_sys (sim);
  msa_sim_advance_by (sim, g_get_real_time () - sys->ops->real_us (sys));
  root = msa_test_pki_new ();
  other_root = msa_test_pki_new ();
  twin = msa_test_pki_new_twin (root);

  MSA_TEST_ADD_ROWS ("/msa/tls-verify/verdict", verdicts, test_verdict);
  MSA_TEST_ADD_NUMBERED ("/msa/tls-verify/status-of-issuer", of_issuers, test_status_of_issuer);
  g_test_add_func ("/msa/tls-verify/token/names-host", test_token_names_host);
  g_test_add_func ("/msa/tls-verify/token/none-before-handshake", test_no_token_before_handshake);
  g_test_add_func ("/msa/tls-verify/token/none-for-other-trust", test_no_token_for_other_trust);

  status = g_test_run ();
  msa_test_pki_free (root);
  msa_test_pki_free (other_root);
  msa_test_pki_free (twin);
  msa_sim_unref (sim);
  return status;
}

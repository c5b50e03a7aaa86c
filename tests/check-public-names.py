#!/usr/bin/env python3
# check-public-names.py: the public API speaks of GLib and GIO, and of no other dependency
#
#   check-public-names.py public-header...
#
# No public header includes a system header other than those of GLib and GIO, or names a type, constant or function of
# another library, an errno value, a signal or a structure of the system.
# SPDX-License-Identifier: LGPL-2.1-or-later

import errno
import os
import re
import signal
import sys

import tap

ALLOWED = {'glib.h', 'glib-object.h', 'gio/gio.h'}
INCLUDE = re.compile(r'^\s*#\s*include\s+<([^>]+)>', re.MULTILINE)
FOREIGN = re.compile(r'\b(gnutls|psl|idn|idn2|nettle|deflate|inflate|nghttp|brotli|zstd|ssl|openssl|curl|ares|gss|ssh)'
                     r'(_\w*|\d\w*)?\b', re.IGNORECASE)
SYSTEM = re.compile(r'\b(struct\s+(sockaddr|timeval|timespec|pollfd|addrinfo|epoll)\w*|socklen_t|pthread_\w+|errno)\b')
NUMBERS = re.compile(r'\b(%s)\b' % '|'.join(sorted(set(errno.errorcode.values()) |
                                                   {name.name for name in signal.Signals})))


def code_of(text):
    """A header without comments and without texts."""
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.DOTALL)
    text = re.sub(r'//[^\n]*', ' ', text)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)


def check(headers):
    for name, text in headers.items():
        code = code_of(text)
        for include in INCLUDE.findall(code):
            if include not in ALLOWED:
                yield f'{name}: includes <{include}>'
        code = re.sub(r'^\s*#\s*include\b[^\n]*', ' ', code, flags=re.MULTILINE)
        for pattern in (FOREIGN, SYSTEM, NUMBERS):
            for found in pattern.finditer(code):
                yield f'{name}: names {found[0]}'


def prove(test):
    planted = {
        'good': ('#include <gio/gio.h>\n#include "msa-b.h"\n/* gnutls_init(), EINVAL */\n'
                 '#define MSA_ERROR_TLS 3 // SIGPIPE\nvoid msa_tls_a (GSocketAddress *address);\n', False),
        'foreign-include': ('#include <gnutls/gnutls.h>\n', True),
        'system-include': ('#include <errno.h>\n', True),
        'foreign-type': ('void msa_a (gnutls_session_t session);\n', True),
        'foreign-constant': ('enum { MSA_A = GNUTLS_E_AGAIN };\n', True),
        'idn-constant': ('enum { MSA_A = IDN2_OK };\n', True),
        'psl-type': ('void msa_a (const psl_ctx_t *list);\n', True),
        'errno-constant': ('#define MSA_A EINVAL\n', True),
        'errno': ('#define MSA_A (errno)\n', True),
        'signal': ('enum { MSA_A = SIGPIPE };\n', True),
        'system-structure': ('void msa_a (const struct sockaddr *address);\n', True),
    }
    for name, (text, refused) in planted.items():
        complaints = list(check({'planted.h': text}))
        test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    test = tap.Test('/checks/public-names')
    headers = {}
    for path in sys.argv[1:]:
        with open(path, encoding='utf-8') as file:
            headers[os.path.basename(path)] = file.read()
    complaints = list(check(headers))
    test.ok('clean', not complaints and headers, complaints)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

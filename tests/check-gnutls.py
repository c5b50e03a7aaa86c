#!/usr/bin/env python3
# check-gnutls.py: the fault sweep knows every call of GnuTLS
#
#   check-gnutls.py internal-archive fault-gnutls.list
#
# Each name that the library's objects leave to GnuTLS stands in the list, alone if the call may fail (then it has a
# wrapper, or the test would not link), else with the reason why it cannot. None stands there that is not called.
# SPDX-License-Identifier: LGPL-2.1-or-later

import re
import subprocess
import sys

import tap


def called_names(archive):
    listing = subprocess.run(['nm', '-u', archive], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r'\bU (gnutls_\w+)', listing))


def read_list(text):
    """Name to reason; '' where the call may fail."""
    return dict((line.split('\t') + [''])[:2] for line in text.splitlines())


def complaints(called, known):
    for name in sorted(called - known.keys()):
        yield f'{name} is called, and is not in the list'
    for name in sorted(known.keys() - called):
        yield f'{name} is in the list, and is not called'


def main():
    archive, path = sys.argv[1:]
    test = tap.Test('/checks/gnutls')
    called = called_names(archive)
    with open(path, encoding='utf-8') as file:
        text = file.read()
    known = read_list(text)

    found = list(complaints(called, known))
    test.ok('complete', not found, found)
    test.ok('sorted', list(known) == sorted(known) and len(known) == len(text.splitlines()))
    test.ok('some-may-fail', len(called) > 50 and list(known.values()).count('') > 40)
    some = next(iter(called))
    test.ok('refuses-unknown', list(complaints(called | {'gnutls_new'}, known)) != found)
    test.ok('refuses-unused', list(complaints(called - {some}, known)) != found)
    test.finish()


if __name__ == '__main__':
    main()

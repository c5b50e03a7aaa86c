#!/usr/bin/env python3
# check-environments.py: a critical ends every test
#
#   check-environments.py build-folder
#
# Every test runs with G_DEBUG=fatal-criticals: what GLib calls a critical is a fault, and nobody reads the log of a
# test that passes. Exempt are the tests of EXEMPT, for a reason.
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import subprocess
import sys

import tap

# A test: why a critical may pass there.
EXEMPT = {
    'gjs-exceptions': 'what a callback in JavaScript throws is a critical of GJS',
    'gjs-thrown': 'what a callback in JavaScript throws is a critical of GJS',
}


def check(tests, exempt):
    for entry in tests:
        name = entry['name']
        flags = entry['env'].get('G_DEBUG', '').replace(':', ',').split(',')
        is_fatal = 'fatal-criticals' in flags or 'fatal-warnings' in flags
        if not is_fatal and name not in exempt:
            yield f'{name}: runs without G_DEBUG=fatal-criticals'
        if is_fatal and name in exempt:
            yield f'{name}: is exempt for nothing'


def prove(test):
    fatal = {'name': 'a', 'env': {'G_DEBUG': 'fatal-criticals'}}
    bare = {'name': 'a', 'env': {'G_SLICE': 'always-malloc'}}
    planted = {
        # name: (tests, exempt, whether it is refused)
        'fatal': ([fatal], {}, False),
        'fatal-and-more': ([{'name': 'a', 'env': {'G_DEBUG': 'gc-friendly,fatal-criticals'}}], {}, False),
        'nothing-set': ([bare], {}, True),
        'another-flag': ([{'name': 'a', 'env': {'G_DEBUG': 'gc-friendly'}}], {}, True),
        'one-of-two': ([fatal, {'name': 'b', 'env': {}}], {}, True),
        'exempt': ([bare], {'a': 'why'}, False),
        'exempt-for-nothing': ([fatal], {'a': 'why'}, True),
        'another-one-is-exempt': ([bare], {'b': 'why'}, True),
    }
    for name, (tests, exempt, refused) in planted.items():
        complaints = list(check(tests, exempt))
        test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    test = tap.Test('/checks/environments')
    listing = subprocess.run(['meson', 'introspect', '--tests', sys.argv[1]], check=True, capture_output=True, text=True)
    tests = json.loads(listing.stdout)
    complaints = list(check(tests, EXEMPT))
    test.ok('criticals-are-fatal', len(tests) > 50 and not complaints, complaints or [f'{len(tests)} tests'])
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

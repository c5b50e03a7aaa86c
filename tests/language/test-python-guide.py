#!/usr/bin/env python3
# test-python-guide.py: the programs of the guide for Python
#
# python-first.py, python-tour.py, python-glib.py and asyncio-embedding.py of docs/examples.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import subprocess
import sys

import tap
from support import DEADLINE_S, Case

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/examples')

TOUR = '''20 bodies, 20000 bytes
GET /request HTTP/1.1
no good answer: *
failed: *
no URL
200 OK from 127.0.0.1:*
200 {'name': 'tour'}
application/octet-stream no tag []
Content-Type: application/octet-stream
Content-Length: 10
100000 bytes in the file
1000000 bytes in parts
200 1000000
the first part begins with b'\\x00\\x01\\x02'
0 transfers run
1000 bytes
cancelled
given up
trusted: 10 bytes
refused
'''


class Programs(Case):
    def run_program(self, name, *arguments):
        # As a person would see it who asks for all warnings.
        return subprocess.run([sys.executable, '-W', 'default', '-W', 'ignore::ImportWarning', '-W', 'ignore::DeprecationWarning',
                               os.path.join(EXAMPLES, name), *arguments],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def assert_output(self, name, arguments, expected):
        result = self.run_program(name, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), len(expected.splitlines()), result.stdout)
        for line, wanted in zip(lines, expected.splitlines()):
            if wanted.endswith('*'):
                self.assertTrue(line.startswith(wanted[:-1]), line)
            else:
                self.assertEqual(line, wanted)

    def test_first(self):
        self.assert_output('python-first.py', [self.server.plain + '/bytes/12345'], '12345 bytes\n')

    def test_first_tells_errors(self):
        result = self.run_program('python-first.py', 'gopher://127.0.0.1/')
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertIn('gopher', result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_tour(self):
        self.assert_output('python-tour.py', ['--tls', self.server.tls, '--ca-file', self.server.ca_file, self.server.plain], TOUR)

    def test_on_glib(self):
        self.assert_output('python-glib.py', [self.server.plain + '/bytes/10'], '10 bytes came\n200 10 bytes\n')
        result = self.run_program('python-glib.py', 'http://')
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertNotEqual(result.stderr, '')

    def test_embedding(self):
        urls = [self.server.plain + path for path in ('/bytes/10', '/chunked/100000', '/truncated/5', '/status/404')]
        self.assert_output('asyncio-embedding.py', urls, f'{urls[0]}: 200, 10 bytes\n{urls[1]}: 200, 100000 bytes\n'
                                                         f'{urls[2]}: *\n{urls[3]}: 404, 13 bytes\n')


if __name__ == '__main__':
    tap.main('/msa/python/guide')

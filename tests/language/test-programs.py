#!/usr/bin/env python3
# test-programs.py: the examples of docs/examples and README.md, against the server of the examples
#
#   test-programs.py [language parallel-fetch fetch]...
#
# Languages are c, vala, python and js. Each has the same tests: it is one program in four languages.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import pty
import re
import socket
import subprocess
import sys
import tempfile

import tap
from support import DEADLINE_S, Case

TABLE = re.compile(r'done    +(\d+)\nfailed  +(\d+)\nbytes   +(\d+)\nseconds +(\d+\.\d{3})\n')
COMMANDS = {'c': [], 'vala': [], 'python': [sys.executable], 'js': ['gjs', '-m']}


class Program:
    """The tests of one language."""

    def run_program(self, command, *arguments):
        result = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False)
        # Not by `text`, which makes another line end of each \r.
        result.stdout, result.stderr = result.stdout.decode(), result.stderr.decode()
        return result

    def assert_table(self, text, done, failed, size):
        match = TABLE.fullmatch(text)
        self.assertIsNotNone(match, text)
        self.assertEqual([int(match[i]) for i in (1, 2, 3)], [done, failed, size])
        self.assertLess(float(match[4]), DEADLINE_S)


class Example(Program):
    def fetch(self, *arguments):
        return self.run_program(self.example, *arguments)

    def trusting(self, *arguments):
        return self.fetch('--ca-file', self.server.ca_file, *arguments)

    def unreachable(self):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            return f'http://127.0.0.1:{unused.getsockname()[1]}/'

    def test_table(self):
        result = self.trusting('--count', '10', self.server.plain + '/bytes/1000', self.server.tls + '/chunked/2000')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assert_table(result.stdout, 20, 0, 30000)

    def test_many(self):
        result = self.trusting('--count', '500', self.server.plain + '/bytes/10000', self.server.tls + '/bytes/10000')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assert_table(result.stdout, 1000, 0, 10000000)

    def test_progress(self):
        result = self.trusting('--progress', self.server.plain + '/bytes/1000000', self.server.tls + '/bytes/1000000')
        self.assertEqual(result.returncode, 0, result.stderr)
        lines, _, rest = result.stdout.partition('\n')
        self.assertTrue(lines.startswith('\r'), lines)
        self.assertEqual(lines.split('\r')[-1].strip(), '2 done, 0 failed, 2.0 MB')
        self.assert_table(rest, 2, 0, 2000000)

    def test_progress_on_a_terminal(self):
        ours, its = pty.openpty()
        with subprocess.Popen([*self.example, self.server.plain + '/bytes/10'], stdin=subprocess.DEVNULL, stdout=its,
                              env=dict(os.environ, TERM='xterm')) as process:
            os.close(its)
            text = b''
            try:
                while part := os.read(ours, 4096):
                    text += part
            except OSError:
                # The end of a terminal.
                pass
            self.assertEqual(process.wait(DEADLINE_S), 0)
        os.close(ours)
        self.assertIn('\r1 done, 0 failed, 0.0 MB', text.decode())

    def test_failures(self):
        unreachable = self.unreachable()
        result = self.trusting(unreachable, self.server.plain + '/status/404', self.server.plain + '/bytes/7', 'http://',
                               self.server.plain + '/truncated/10')
        self.assertEqual(result.returncode, 1)
        match = TABLE.fullmatch(result.stdout)
        self.assertEqual((int(match[1]), int(match[2])), (1, 4))
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 4, result.stderr)
        self.assertTrue(any(line.startswith(unreachable + ': ') for line in lines), result.stderr)
        self.assertIn(self.server.plain + '/status/404: HTTP status 404', lines)

    def test_few_errors_are_listed(self):
        result = self.fetch('--count', '30', self.unreachable())
        self.assertEqual((result.returncode, len(result.stderr.splitlines())), (1, 5))
        self.assert_table(result.stdout, 0, 30, 0)

    def test_authority_is_needed(self):
        result = self.fetch(self.server.tls + '/bytes/1')
        self.assertEqual(result.returncode, 1)
        self.assertIn('certificate', result.stderr)

    def test_authority_cannot_be_read(self):
        result = self.fetch('--ca-file', '/nonexistent/ca.pem', self.server.tls + '/bytes/1')
        self.assertEqual(result.returncode, 1)
        self.assertIn('/nonexistent/ca.pem', result.stderr)

    def test_wrong_usage(self):
        url = self.server.plain + '/bytes/1'
        for arguments in ([], ['--count'], ['--count', '0', url], ['--count', '-1', url], ['--count', 'x', url],
                          ['--no-such-option', url], [url, '--ca-file']):
            result = self.fetch(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ''), arguments)
            self.assertRegex(result.stderr, '[Uu]sage:', arguments)
            self.assertIn('--ca-file', result.stderr, arguments)

    def test_help(self):
        result = self.fetch('--help')
        self.assertEqual(result.returncode, 0)
        self.assertIn('--count', result.stdout)


class Readme(Program):
    def test_fetches(self):
        result = self.run_program(self.readme, self.server.plain + '/bytes/12345')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertIn('12345 bytes', result.stdout)

    def test_tells_errors(self):
        result = self.run_program(self.readme, 'gopher://127.0.0.1/')
        self.assertIn('gopher', result.stdout + result.stderr)


class TlsExceptions(Program, Case):
    """docs/examples/tls-exceptions.py, which asks about the server's certificate."""

    program = [sys.executable, os.path.join(os.path.dirname(__file__), '../../docs/examples/tls-exceptions.py')]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pins = os.path.join(folder.name, 'pins.json')

    def fetch(self, answer, url=None):
        return subprocess.run([*self.program, '--pins', self.pins, url or self.server.tls + '/bytes/100'],
                              input=answer, capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def test_taken_once_and_for_all(self):
        first = self.fetch('y\n')
        self.assertEqual((first.returncode, first.stdout), (0, '200: 100 bytes\n'), first.stderr)
        self.assertIn('unknown issuer', first.stderr)
        second = self.fetch('')
        self.assertEqual((second.returncode, second.stdout, second.stderr), (0, '200: 100 bytes\n', ''))

    def test_refused(self):
        for answer in ('n\n', '\n', ''):
            result = self.fetch(answer)
            self.assertEqual((result.returncode, result.stdout), (1, ''))
            self.assertIn('the certificate of localhost is not trusted', result.stderr.splitlines()[-1])
        self.assertFalse(os.path.exists(self.pins))

    def test_another_key(self):
        with open(self.pins, 'w', encoding='utf-8') as file:
            file.write('{"localhost": "sha256//%s="}' % ('A' * 43))
        result = self.fetch('y\n')
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertIn('pin', result.stderr)
        self.assertNotIn('y/N', result.stderr)

    def test_wrong_url(self):
        self.assertEqual(self.fetch('', 'http://').returncode, 1)
        self.assertEqual(self.fetch('', 'http://[').returncode, 2)


def main():
    words = iter(sys.argv[1:])
    for language, example, readme in zip(words, words, words):
        programs = {'example': [*COMMANDS[language], example], 'readme': [*COMMANDS[language], readme]}
        for kind in (Example, Readme):
            name = f'{language}_{kind.__name__}'
            globals()[name] = type(name, (kind, Case), programs)
    tap.main('/msa/programs')


if __name__ == '__main__':
    main()

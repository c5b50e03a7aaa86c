#!/usr/bin/env python3
# test-clients.py: the programs that the guides to JavaScript and Vala show in parts, against the server of the examples
#
#   test-clients.py [js client first application script] [vala client first application]
#
# Languages are js and vala; a client does the same in both, but for what only one of them has.
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import os
import socket
import subprocess
import sys
import tempfile

import tap
from support import DEADLINE_S, Case, pattern

COMMANDS = {'js': ['gjs', '-m'], 'vala': []}


class Client:
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, 'file')

    def run_program(self, program, *arguments, status=0):
        result = subprocess.run([*program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout

    def client(self, command, path, *arguments, status=0):
        return self.run_program(self.program, command, self.server.plain + path, *arguments, status=status)

    def unreachable(self):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            return f'http://127.0.0.1:{unused.getsockname()[1]}/'

    def test_first(self):
        self.assertEqual(self.run_program(self.first, self.server.plain + '/bytes/100'), '100 bytes\n')
        self.run_program(self.first, self.server.plain + '/status/404', status=1)

    def test_application(self):
        self.assertEqual(self.run_program(self.application, self.server.plain + '/bytes/100'), '100 bytes\n')
        self.assertIn('404', self.run_program(self.application, self.server.plain + '/status/404'))

    def test_get(self):
        self.assertEqual(self.client('get', '/bytes/1000'), '200, 1000 bytes\n')
        self.assertTrue(self.client('get', '/status/404').startswith('404, '))

    def test_errors(self):
        def fails(uri):
            return self.run_program(self.program, 'get', uri, status=1)

        self.assertTrue(fails(self.unreachable()).startswith('Nobody is there: '))
        self.assertTrue(fails(self.server.tls + '/bytes/1').startswith('It is not who it says: '))
        self.assertIn('gopher', fails('gopher://localhost/'))

    def test_post(self):
        self.assertEqual(self.client('post', '/echo'), f'200, {self.json_length} bytes\n')

    def test_upload(self):
        with open(self.file, 'wb') as file:
            file.write(pattern(100000))
        self.assertEqual(self.client('upload', '/echo', self.file), '200, 100000 bytes\n')
        self.client('upload', '/echo', '/nonexistent/file', status=1)

    def test_headers(self):
        lines = self.client('headers', '/request').splitlines()
        self.assertEqual(lines[0], 'Content-Type: text/plain')
        self.assertTrue(any(line.startswith('Content-Length is ') for line in lines), lines)

    def test_download(self):
        self.assertEqual(self.client('download', '/bytes/100000', self.file), '200, 100000 bytes\n')
        self.client('download', '/truncated/10', self.file, status=1)
        with open(self.file, 'rb') as file:
            self.assertEqual(file.read(), pattern(100000))

    def test_stream(self):
        output = self.client('stream', '/chunked/300000')
        self.assertEqual(output.splitlines()[0], hashlib.sha256(pattern(300000)).hexdigest())

    def test_progress(self):
        """The second half of the body comes when progress of the first was told."""
        with socket.create_server(('127.0.0.1', 0)) as listener:
            url = f'http://127.0.0.1:{listener.getsockname()[1]}/'
            listener.settimeout(DEADLINE_S)
            with subprocess.Popen([*self.program, 'progress', url], stdout=subprocess.PIPE, text=True) as process:
                connection = listener.accept()[0]
                with connection:
                    connection.settimeout(DEADLINE_S)
                    connection.recv(65536)
                    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n' + b'a' * 10)
                    line = process.stdout.readline()
                    # Before the head came.
                    while line in ('0 %\n', '0 bytes\n'):
                        line = process.stdout.readline()
                    self.assertEqual(line, '50 %\n')
                    connection.sendall(b'a' * 10)
                    self.assertTrue(process.stdout.read().endswith('200, 20 bytes\n'))
            self.assertEqual(process.returncode, 0)

    def test_timeouts(self):
        self.assertIn('500', self.client('timeouts', '/never', status=1))

    def test_cancel(self):
        # More than can have come before it takes effect.
        self.assertEqual(self.client('cancel', '/bytes/50000000', status=1), 'Cancelled\n')

    def test_authority(self):
        output = self.run_program(self.program, 'get', self.server.tls + '/bytes/10', self.server.ca_file)
        self.assertEqual(output, '200, 10 bytes\n')

    def test_wrong_usage(self):
        self.assertEqual(self.run_program(self.program, status=2), '')


class Js(Client):
    programs = ('program', 'first', 'application', 'script')
    json_length = 16

    def test_script(self):
        script = ['gjs', self.script[-1]]
        self.assertEqual(self.run_program(script, self.server.plain + '/bytes/100'), '200: 100 bytes\n')
        self.assertIn('gopher', self.run_program(script, 'gopher://localhost/'))

    def test_text(self):
        self.assertTrue(self.client('text', '/request').startswith('GET /request HTTP/1.1'))

    def test_write(self):
        self.assertEqual(self.client('write', '/bytes/1000000'), '200, 1000000 bytes\n')
        self.client('write', '/bytes/2000000', status=1)

    def test_many(self):
        self.assertEqual(self.client('many', '/bytes/10'), '100 bodies\n')


class Vala(Client):
    programs = ('program', 'first', 'application')
    json_length = 17

    def test_list(self):
        output = self.client('list', '/bytes/10')
        self.assertEqual(output, f'{self.server.plain}/bytes/10 is running\n200, 10 bytes\n')


def main():
    words = iter(sys.argv[1:])
    kinds = {'js': Js, 'vala': Vala}
    for language in words:
        programs = {name: [*COMMANDS[language], next(words)] for name in kinds[language].programs}
        globals()[language] = type(language, (kinds[language], Case), programs)
    # Else the loader would find those of the module, which are of no language.
    del globals()['Js'], globals()['Vala'], globals()['Client']
    tap.main('/msa/clients')


if __name__ == '__main__':
    main()

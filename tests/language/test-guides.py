#!/usr/bin/env python3
# test-guides.py: the programs that guides show in parts, against the server of the examples
#
#   test-guides.py [name program]...
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import os
import socket
import subprocess
import sys
import tempfile

import tap
from support import DEADLINE_S, Case, pattern

# Those that meson names by a relative path stay the same in another folder.
PROGRAMS = {name: os.path.abspath(program) for name, program in zip(sys.argv[1::2], sys.argv[2::2])}


class Programs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_program(self, name, *arguments, status=0):
        result = subprocess.run([PROGRAMS[name], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False, cwd=self.folder)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout

    def unreachable(self):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            return f'http://127.0.0.1:{unused.getsockname()[1]}/'

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name), 'rb') as file:
            return file.read()


class Client(Programs):
    """docs/examples/client.c"""

    def client(self, *arguments, status=0):
        return self.run_program('client', *arguments, status=status)

    def test_get(self):
        self.assertEqual(self.client('get', self.server.plain + '/bytes/1000'), '200, 1000 bytes\n')
        self.assertTrue(self.client('get', self.server.plain + '/status/404').startswith('404, '))

    def test_errors(self):
        self.assertTrue(self.client('get', self.unreachable(), status=1).startswith('Nobody is there: '))
        self.assertTrue(self.client('get', self.server.tls + '/bytes/1', status=1).startswith('It is not who it says: '))
        self.assertIn('gopher', self.client('get', 'gopher://localhost/', status=1))

    def test_post(self):
        self.assertEqual(self.client('post', self.server.plain + '/echo'), '200, 17 bytes\n')

    def test_upload(self):
        file = self.write('in', pattern(100000))
        self.assertEqual(self.client('upload', self.server.plain + '/echo', file), '200, 100000 bytes\n')
        self.client('upload', self.server.plain + '/echo', '/nonexistent/file', status=1)

    def test_headers(self):
        output = self.client('headers', self.server.plain + '/request')
        self.assertTrue(output.startswith('Content-Type: text/plain\n'), output)
        self.assertIn('Content-Length is ', output)

    def test_download(self):
        url = self.server.plain + '/bytes/100000'
        self.assertEqual(self.client('download', url, 'out'), '200, 100000 bytes\n')
        self.assertEqual(self.read('out'), pattern(100000))
        self.client('download', self.server.plain + '/truncated/10', 'out', status=1)
        self.assertEqual(self.read('out'), pattern(100000))

    def test_stream(self):
        output = self.client('stream', self.server.plain + '/chunked/100000')
        self.assertEqual(output, hashlib.sha256(pattern(100000)).hexdigest() + '\n200, 100000 bytes\n')

    def test_progress(self):
        """The second half of the body comes when progress of the first was told."""
        with socket.create_server(('127.0.0.1', 0)) as listener:
            url = f'http://127.0.0.1:{listener.getsockname()[1]}/'
            with subprocess.Popen([PROGRAMS['client'], 'progress', url], stdout=subprocess.PIPE, text=True) as process:
                connection = listener.accept()[0]
                with connection:
                    connection.recv(65536)
                    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n' + b'a' * 10)
                    line = process.stdout.readline()
                    while line == '0 %\n':
                        line = process.stdout.readline()
                    self.assertEqual(line, '50 %\n')
                    connection.sendall(b'a' * 10)
                    self.assertTrue(process.stdout.read().endswith('200, 20 bytes\n'))
            self.assertEqual(process.returncode, 0)

    def test_cancel(self):
        # More than can have come before it takes effect.
        self.assertEqual(self.client('cancel', self.server.plain + '/bytes/50000000', status=1), 'Cancelled\n')

    def test_timeout(self):
        self.assertIn('500', self.client('timeout', self.server.plain + '/never', status=1))

    def test_authority(self):
        self.assertEqual(self.client('get', self.server.tls + '/bytes/10', self.server.ca_file), '200, 10 bytes\n')

    def test_wrong_usage(self):
        for arguments in ([], ['get'], ['walk', self.server.plain], ['download', self.server.plain]):
            self.assertEqual(self.client(*arguments, status=2), '')


if __name__ == '__main__':
    tap.main('/msa/guides')

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
from support import DEADLINE_S, PASSWORD, Case, make_locked_client, pattern

# Those that meson names by a relative path stay the same in another folder.
PROGRAMS = {name: os.path.abspath(program) for name, program in zip(sys.argv[1::2], sys.argv[2::2])}
# libcurl and libsoup would look for proxies, by libraries that not every sanitizer takes.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith('_proxy')}
ENVIRONMENT['GIO_USE_PROXY_RESOLVER'] = 'dummy'


class Programs(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_program(self, name, *arguments, status=0):
        result = subprocess.run([PROGRAMS[name], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False, cwd=self.folder,
                                env=ENVIRONMENT)
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


class Peers(Programs):
    """Of programs with libcurl and libsoup, and the same with libmsa, each pair does the same."""

    def both(self, name, *arguments):
        after = self.run_program(name + '-after', *arguments)
        before = self.run_program(name + '-before', *arguments) if name + '-before' in PROGRAMS else after
        return sorted(before.splitlines()), sorted(after.splitlines())

    def test_curl(self):
        urls = [self.server.plain + path for path in ('/bytes/1000', '/chunked/70000', '/status/404', '/truncated/10')]
        before, after = self.both('curl', *urls, self.unreachable())
        self.assertEqual(before, after)
        self.assertEqual(len(after), 5)
        self.assertIn(urls[1] + ': 200, 70000 bytes', after)
        self.assertIn(urls[3] + ': failed', after)
        self.assertEqual(self.both('curl'), ([], []))

    def test_soup(self):
        before, after = self.both('soup', self.server.plain + '/echo')
        self.assertEqual(before, after)
        self.assertEqual(after, ['200: {"name": "value"}', 'type: text/plain'])
        self.assertEqual(self.both('soup', self.unreachable()), (['nobody is there'], ['nobody is there']))
        self.assertEqual(self.both('soup', 'nonsense://[')[1], ['failed'])
        self.assertEqual(self.both('soup')[1], ['failed'])


class Threads(Programs):
    """docs/examples/threads.c"""

    def test_threads(self):
        urls = [self.server.tls + '/bytes/1000', self.server.plain + '/chunked/1000', self.server.tls + '/status/404']
        self.assertEqual(self.run_program('threads', self.server.ca_file, *urls),
                         '12 transfers in 4 threads, with sessions left to resume\n')

    def test_failures(self):
        output = self.run_program('threads', self.server.ca_file, self.unreachable(), status=1)
        self.assertEqual(output, '0 transfers in 4 threads, no sessions left to resume\n')
        self.assertEqual(self.run_program('threads', self.server.ca_file, status=2), '')


class Tls(Programs):
    """docs/examples/tls.c"""

    def setUp(self):
        super().setUp()
        self.url = self.server.tls + '/bytes/100'

    def tls(self, *arguments, status=0):
        return self.run_program('tls', self.url, *arguments, status=status)

    def find_pin(self):
        """As tls-exceptions.py tells it, of the server's key."""
        script = os.path.join(os.path.dirname(__file__), '../../docs/examples/tls-exceptions.py')
        result = subprocess.run([sys.executable, script, '--pins', os.path.join(self.folder, 'pins.json'), self.url],
                                input='n\n', capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        return result.stderr.split('Its key is ')[1].split()[0]

    def test_system(self):
        self.assertTrue(self.tls('system', status=1).startswith('not trusted: '))

    def test_authority(self):
        self.assertEqual(self.tls('authority', self.server.ca_file), '200\n')
        self.assertTrue(self.tls('authority', '/nonexistent/ca.pem', status=1).startswith('no trust store: '))
        empty = self.write('empty.pem', b'')
        self.assertTrue(self.tls('authority', empty, status=1).startswith('no trust store: '))

    def test_authority_in_memory(self):
        self.assertEqual(self.tls('authority-pem', self.server.ca_file), '200\n')

    def test_pin(self):
        self.assertEqual(self.tls('pin', self.find_pin()), '200\n')
        self.assertTrue(self.tls('pin', 'sha256//' + 'A' * 43 + '=', status=1).startswith('another key: '))

    def test_client(self):
        certificate, key = make_locked_client(self.folder)
        # The server does not ask for it, and is not trusted: that is found first.
        self.assertTrue(self.tls('client', certificate, key, PASSWORD, status=1).startswith('not trusted: '))
        for arguments in ((certificate, key, 'wrong'), (certificate, key), (certificate, '/nonexistent/key.pem')):
            self.assertTrue(self.tls('client', *arguments, status=1).startswith('no client certificate: '))

    def test_modern(self):
        self.assertTrue(self.tls('modern', status=1).startswith('not trusted: '))

    def test_sessions(self):
        self.assertEqual(self.tls('twice', self.server.ca_file), 'sessions to resume: some\n200\n')

    def test_peer(self):
        self.assertRegex(self.tls('show', self.server.ca_file), r'certificate 0: \d+ bytes of DER\n.*200\n')

    def test_wrong_usage(self):
        for arguments in ([], ['authority'], ['client', 'a'], ['magic']):
            self.assertEqual(self.tls(*arguments, status=2), '')


if __name__ == '__main__':
    tap.main('/msa/guides')

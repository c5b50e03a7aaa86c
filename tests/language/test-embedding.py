#!/usr/bin/env python3
# test-embedding.py: the examples that drive a multi in loops of other kinds
#
#   test-embedding.py [name program]...
#
# Names are action, fd, fifo, glib, poll and uv: docs/examples/<name>-fetch.c.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap
from support import DEADLINE_S, Case


class Program(Case):
    def run_program(self, *arguments, stdin=''):
        result = subprocess.run([self.program, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, timeout=DEADLINE_S, check=False)
        return result.returncode, result.stdout, result.stderr

    def unreachable(self):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            return f'http://127.0.0.1:{unused.getsockname()[1]}/'

    def line(self, target, status, size):
        return f'{self.server.plain}{target}: {status}, {size} bytes'

    def assert_usage(self, *arguments):
        status, out, error = self.run_program(*arguments)
        self.assertEqual((status, out), (2, ''))
        self.assertIn('Usage: ', error)


class ByArguments:
    """Programs that fetch their arguments."""

    def test_fetches(self):
        targets = ['/bytes/1000', '/chunked/20000', '/status/404', '/status/204', '/hints', '/bytes/3000000']
        status, out, error = self.run_program(*(self.server.plain + target for target in targets))
        self.assertEqual((status, error), (0, ''))
        self.assertEqual(sorted(out.splitlines()), sorted([
            self.line('/bytes/1000', 200, 1000), self.line('/chunked/20000', 200, 20000),
            self.line('/status/404', 404, len('As you wish.\n')), self.line('/status/204', 204, 0),
            self.line('/hints', 200, len('hinted\n')), self.line('/bytes/3000000', 200, 3000000)]))

    def test_many(self):
        status, out, error = self.run_program(*[self.server.plain + '/bytes/10'] * 300)
        self.assertEqual((status, error), (0, ''))
        self.assertEqual(out.splitlines(), [self.line('/bytes/10', 200, 10)] * 300)

    def test_failures(self):
        unreachable = self.unreachable()
        status, out, error = self.run_program('http://[', unreachable, self.server.plain + '/truncated/10',
                                              self.server.plain + '/bytes/10')
        self.assertEqual((status, error), (1, ''))
        lines = out.splitlines()
        self.assertEqual(len(lines), 4, out)
        self.assertIn(self.line('/bytes/10', 200, 10), lines)
        for url in ('http://[', unreachable, self.server.plain + '/truncated/10'):
            self.assertTrue(any(line.startswith(url + ': ') and 'bytes' not in line.split()[-1] for line in lines), out)

    def test_usage(self):
        self.assert_usage()


class ByLines:
    """fd-fetch, which reads its standard input."""

    def test_fetches(self):
        urls = [self.server.plain + '/bytes/1000', '', self.server.plain + '/chunked/20', self.server.plain + '/bytes/7']
        status, out, error = self.run_program(stdin='\n'.join(urls))
        self.assertEqual((status, error), (0, ''))
        self.assertEqual(sorted(out.splitlines()), sorted([
            self.line('/bytes/1000', 200, 1000), self.line('/chunked/20', 200, 20), self.line('/bytes/7', 200, 7)]))

    def test_while_lines_come(self):
        with subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            for size in (1, 20, 300):
                url = f'{self.server.plain}/bytes/{size}\n'.encode()
                process.stdin.write(url[:10])
                process.stdin.flush()
                process.stdin.write(url[10:])
                process.stdin.flush()
            process.stdin.close()
            out = process.stdout.read().decode()
            self.assertEqual(process.wait(DEADLINE_S), 0)
        self.assertEqual(len(out.splitlines()), 3, out)

    def test_nothing(self):
        self.assertEqual(self.run_program(), (0, '', ''))

    def test_failures(self):
        status, out, _ = self.run_program(stdin=f'http://[\n{self.server.plain}/bytes/10\n')
        self.assertEqual((status, len(out.splitlines())), (1, 2), out)

    def test_long_line(self):
        status, out, error = self.run_program(stdin=f'{self.server.plain}/bytes/10\n' + 'x' * 100000)
        self.assertEqual((status, out.splitlines()), (0, [self.line('/bytes/10', 200, 10)]))
        self.assertIn('too long', error)

    def test_usage(self):
        self.assert_usage('http://localhost/')


class ByFifo:
    """fifo-fetch."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'urls')

    def start(self):
        process = subprocess.Popen([self.program, self.path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def write(self, text):
        # Waits until somebody reads there.
        with open(self.path, 'w', encoding='ascii') as fifo:
            fifo.write(text)

    def finish(self, process):
        # communicate() would leave out what readline() has taken in and not given.
        out, error = process.stdout.read(), process.stderr.read()
        return process.wait(DEADLINE_S), out, error

    def test_fetches(self):
        os.mkfifo(self.path)
        process = self.start()
        # Several writers, one after the other; a line in pieces.
        self.write(f'{self.server.plain}/bytes/1000\n\n{self.server.plain}/by')
        self.write(f'tes/20\nhttp://[\n{self.unreachable()}\n')
        first = process.stdout.readline()
        self.write(f'{self.server.plain}/chunked/3000\n.\n')
        status, out, error = self.finish(process)
        self.assertEqual((status, error), (0, ''))
        lines = (first + out).splitlines()
        self.assertEqual(len(lines), 5, lines)
        for target, size in (('/bytes/1000', 1000), ('/bytes/20', 20), ('/chunked/3000', 3000)):
            self.assertIn(self.line(target, 200, size), lines)
        self.assertTrue(os.path.exists(self.path))

    def test_many(self):
        os.mkfifo(self.path)
        process = self.start()
        self.write(f'{self.server.plain}/bytes/10\n' * 500 + '.\n')
        status, out, error = self.finish(process)
        self.assertEqual((status, error), (0, ''))
        self.assertEqual(out.splitlines(), [self.line('/bytes/10', 200, 10)] * 500)

    def test_makes_its_fifo(self):
        process = self.start()
        while not os.path.exists(self.path):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        self.write('.\n')
        self.assertEqual(self.finish(process), (0, '', ''))
        self.assertFalse(os.path.exists(self.path))

    def test_signals(self):
        os.mkfifo(self.path)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start()
            self.write(f'{self.server.plain}/never\n{self.server.plain}/bytes/10\n')
            self.assertEqual(process.stdout.readline().rstrip(), self.line('/bytes/10', 200, 10))
            process.send_signal(number)
            self.assertEqual(self.finish(process), (0, '', ''))

    def test_long_lines(self):
        os.mkfifo(self.path)
        process = self.start()
        self.write('x' * 100000 + f'\n{self.server.plain}/bytes/10\n.\n')
        status, out, error = self.finish(process)
        self.assertEqual((status, out.splitlines()), (0, [self.line('/bytes/10', 200, 10)]))
        self.assertEqual(error.count('too long'), 1)

    def test_no_fifo(self):
        with open(self.path, 'w', encoding='ascii') as file:
            file.write('mine')
        for path in (self.path, os.path.dirname(self.path), '/nonexistent/urls'):
            status, out, error = self.run_program(path)
            self.assertEqual((status, out), (1, ''))
            self.assertIn(path, error)
        with open(self.path, encoding='ascii') as file:
            self.assertEqual(file.read(), 'mine')

    def test_usage(self):
        self.assert_usage()
        self.assert_usage(self.path, self.path)


def main():
    kinds = {'fd': ByLines, 'fifo': ByFifo}
    words = iter(sys.argv[1:])
    for name, program in zip(words, words):
        globals()[name] = type(name, (kinds.get(name, ByArguments), Program), {'program': program})
    # It is no case by itself.
    del globals()['Program']
    tap.main('/msa/embedding')


if __name__ == '__main__':
    main()

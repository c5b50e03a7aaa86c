# support.py: what the tests of the Python binding share
#
# The server of the examples, and waiting by iterating the main context under one deadline.
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import os
import subprocess
import sys
import time
import unittest

DEADLINE_S = 60


class Server:
    """docs/examples/example-server.c, for the life of this process."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ['MSA_EXAMPLE_SERVER']], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.plain, self.tls, self.ca_file = self.process.stdout.readline().split()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait(DEADLINE_S)
        if status != 0 or os.path.exists(self.ca_file):
            raise AssertionError(f'the server ended with {status}, its file is {self.ca_file}')


PASSWORD = 'open sesame'


def make_locked_client(folder):
    """A client's certificate and its key, which PASSWORD opens; gives both files."""
    certificate, key = os.path.join(folder, 'client.pem'), os.path.join(folder, 'client-key.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '1',
                    '-subj', '/CN=client', '-passout', 'pass:' + PASSWORD, '-keyout', key, '-out', certificate],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=DEADLINE_S)
    return certificate, key


def pattern(length):
    """What the server gives for /bytes/N."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)

    def wait(self, is_done):
        """Iterates the default context until is_done() is true."""
        from gi.repository import GLib

        context = GLib.MainContext.default()
        deadline = time.monotonic() + DEADLINE_S
        timer = GLib.timeout_add(100, lambda: GLib.SOURCE_CONTINUE)
        while not is_done():
            self.assertLess(time.monotonic(), deadline, 'nothing happened')
            context.iteration(True)
        GLib.source_remove(timer)

    def assert_error(self, error, code):
        """error is one of Msa with this code."""
        from gi.repository import Msa

        self.assertIsNotNone(error)
        self.assertTrue(error.matches(Msa.Error.quark(), code), f'{error.domain} {error.code}: {error.message}')

    def assert_raises(self, code, function, *arguments):
        from gi.repository import GLib

        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assert_error(caught.exception, code)
        return caught.exception


@contextlib.contextmanager
def exceptions_of_callbacks():
    """Gives the list of exceptions that callbacks raise, which are printed nowhere."""
    raised = []
    saved = sys.excepthook
    sys.excepthook = lambda kind, value, trace: raised.append(value)
    try:
        yield raised
    finally:
        sys.excepthook = saved

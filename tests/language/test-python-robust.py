#!/usr/bin/env python3
# test-python-robust.py: exceptions in every callback, and wrong values for every argument
#
# Both lists are made from the introspection data: what is new in the library has to be said here what becomes of it.
# A critical is fatal in these runs.
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import os
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import gi

import tap
from support import Case, exceptions_of_callbacks, make_locked_client, pattern

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, GObject, Msa

GIR = '{http://www.gtk.org/introspection/core/1.0}'
GIR_GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
NAMESPACE = ElementTree.parse(os.environ['MSA_GIR']).getroot().find(GIR + 'namespace')


def members(*tags):
    """(element of the class or None, element) of each with one of these tags."""
    for node in NAMESPACE:
        for element in [node, *node]:
            if element.tag in tags and element.get('introspectable') != '0':
                yield None if element is node else node, element


def parameters_of(element):
    return element.findall(f'{GIR}parameters/{GIR}parameter')


def type_name(parameter):
    kind = parameter.find(GIR + 'type')
    return 'array' if kind is None else kind.get('name')


class Exceptions(Case):
    """A handler that raises: the exception is told of, and the transfer ends as it should."""

    def setUp(self):
        self.multi = Msa.Multi()
        self.multi.attach()

    @staticmethod
    def fail(*arguments):
        gc.collect()
        raise ZeroDivisionError

    def run_easy(self, path='/bytes/100000', prepare=None, trusting=True, **settings):
        """Gives the error."""
        if trusting:
            settings.setdefault('tls_config', Msa.TlsConfig(ca_file=self.server.ca_file))
        easy, ends = Msa.Easy(path if '://' in path else self.server.plain + path, **settings), []
        if prepare:
            prepare(easy)
        easy.connect('completed', lambda easy, error: ends.append(error))
        self.multi.add(easy)
        self.wait(lambda: ends)
        return ends[0]

    def signal(self, name, **settings):
        return self.run_easy(prepare=lambda easy: easy.connect(name, self.fail), **settings)

    def signal_accept_certificate(self):
        error = self.signal('accept-certificate', path=self.server.tls + '/bytes/1', trusting=False)
        self.assert_error(error, Msa.Error.TLS_VERIFY)

    def signal_key_password(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = make_locked_client(folder)
            config = Msa.TlsConfig(ca_file=self.server.ca_file, certificate_file=certificate, key_file=key)
            error = self.signal('key-password', path=self.server.tls + '/bytes/1', tls_config=config)
        self.assert_error(error, Msa.Error.TLS_PASSWORD)

    def signal_completed(self):
        self.assertIsNone(self.signal('completed'))

    def signal_data(self):
        self.assertIsNone(self.signal('data'))

    def signal_headers(self):
        self.assertIsNone(self.signal('headers'))

    def signal_informational(self):
        self.assertIsNone(self.signal('informational', path='/hints'))

    def signal_progress(self):
        # One that has something to tell, and does not end.
        easy = Msa.Easy(self.server.plain + '/never')
        easy.set_body(None, b'sent')
        easy.connect('progress', self.fail)
        easy.connect('progress', self.multi.remove)
        self.multi.add(easy)
        self.wait(lambda: easy not in self.multi)

    def signal_trace(self):
        self.assertIsNone(self.signal('trace'))

    def signal_multi_completed(self):
        self.multi.connect('completed', self.fail)
        self.assertIsNone(self.run_easy())

    def function_set_write_func(self):
        error = self.run_easy(prepare=lambda easy: easy.set_write_func(self.fail))
        self.assert_error(error, Msa.Error.WRITE)

    def function_set_address_func(self):
        self.multi.set_address_func(self.fail)
        self.assert_error(self.run_easy(), Msa.Error.CONNECT)

    def function_set_open_func(self):
        self.multi.set_open_func(self.fail)
        self.assert_error(self.run_easy(), Msa.Error.CONNECT)

    def function_set_socket_func(self):
        self.drive_blindly(lambda multi: multi.set_socket_func(self.fail))

    def function_set_timer_func(self):
        self.drive_blindly(lambda multi: multi.set_timer_func(self.fail))

    def drive_blindly(self, prepare):
        """Who was told of nothing can still go on."""
        multi, easy = Msa.Multi(), Msa.Easy(self.server.plain + '/bytes/100000')
        prepare(multi)
        multi.add(easy)
        while multi.perform() > 0:
            multi.poll(1000)
        self.assertEqual(easy.body, pattern(100000))
        multi.detach()

    def function_foreach(self):
        Msa.Headers({'A': '1'}).foreach(self.fail)

    def function_fetch_async(self):
        self.multi.fetch_async(self.server.plain + '/bytes/1', None, self.fail_once)
        self.wait(lambda: self.failed)

    def function_run_async(self):
        self.multi.run_async(Msa.Easy(self.server.plain + '/bytes/1'), 0, None, self.fail_once)
        self.wait(lambda: self.failed)

    def function_close_async(self):
        self.multi.close_async(None, self.fail_once)
        self.wait(lambda: self.failed)

    def fail_once(self, *arguments):
        self.failed = True
        raise ZeroDivisionError

    def attempt(self, function):
        self.failed = False
        with exceptions_of_callbacks() as raised:
            function()
            gc.collect()
        self.assertNotEqual(raised, [])
        self.assertEqual({type(error) for error in raised}, {ZeroDivisionError})

    def test_in_signals(self):
        names = [('multi_' if node.get('name') == 'Multi' else '') + element.get('name').replace('-', '_')
                 for node, element in members(GIR_GLIB + 'signal')]
        self.assertGreaterEqual(len(names), 9)
        for name in names:
            with self.subTest(name):
                self.setUp()
                self.attempt(getattr(self, 'signal_' + name))

    def test_in_functions(self):
        names = [element.get('name') for _, element in members(GIR + 'method', GIR + 'function')
                 if any(type_name(parameter).endswith(('Func', 'Callback')) for parameter in parameters_of(element))]
        self.assertGreaterEqual(len(names), 9)
        for name in names:
            with self.subTest(name):
                self.setUp()
                self.attempt(getattr(self, 'function_' + name))

    def test_in_notifications(self):
        easy = Msa.Easy(self.server.plain + '/bytes/1')
        easy.connect('notify::state', self.fail)
        self.attempt(easy.run_sync)

    def test_in_the_list_of_transfers(self):
        self.multi.get_transfers().connect('items-changed', self.fail)
        self.attempt(lambda: self.assertIsNone(self.run_easy()))


class Recursive(Case):
    """Every signal's handler collects garbage, drops what it is given and the last references."""

    def test_last_references_dropped_in_each_signal(self):
        for _, element in members(GIR_GLIB + 'signal'):
            name = element.get('name')
            if name in ('accept-certificate', 'key-password'):
                # They need a peer in doubt: see test-python-connecting.py.
                continue
            with self.subTest(name):
                multi, seen = Msa.Multi(), []
                holder = [multi]

                def drop(easy, *arguments, name=name, holder=holder, seen=seen):
                    if name == 'progress':
                        # Which would go on.
                        holder[0].remove(easy)
                    holder.clear()
                    del easy, arguments
                    gc.collect()
                    seen.append(name)

                easy = Msa.Easy(self.server.plain + ('/never' if name == 'progress' else '/hints'))
                easy.set_body(None, b'sent')
                easy.connect(name, drop)
                multi.attach()
                multi.add(easy)
                gone = []
                easy.weak_ref(lambda gone=gone: gone.append('easy'))
                multi.weak_ref(lambda gone=gone: gone.append('multi'))
                del easy, multi, drop
                self.wait(lambda seen=seen: seen)
                self.wait(lambda gone=gone: gc.collect() and False or len(gone) == 2)

    def test_handlers_that_hold_their_easy_are_collected(self):
        for name in ('completed', 'headers', 'data', 'notify::state'):
            gone = []
            easy = Msa.Easy(self.server.plain + '/bytes/1')
            easy.connect(name, lambda *arguments, easy=easy: None)
            easy.myself = easy
            easy.run_sync()
            easy.weak_ref(lambda gone=gone: gone.append(True))
            del easy
            gc.collect()
            self.assertEqual(gone, [True], name)


class Wrong(unittest.TestCase):
    """Values of other types, out of range, or with a NUL."""

    maxDiff = None
    VALUES = [None, 5, -1, 2 ** 31, 2 ** 63, 2 ** 100, 1.5, True, 'text', 'te\0xt', b'bytes', [], [5], ['te\0xt'], {}, object(),
              Gio.Cancellable(), Gio.SimpleAction.new('x', None), Msa.Headers(), lambda *arguments: None, GLib.Bytes.new(b'')]

    NUMBERS = {'gint': (-2 ** 31, 2 ** 31 - 1), 'guint': (0, 2 ** 32 - 1), 'gint64': (-2 ** 63, 2 ** 63 - 1)}

    def setUp(self):
        self.count = 0
        self.taken = []

    @staticmethod
    def make(kind):
        """A value that is right."""
        if kind in ('utf8', 'filename'):
            return 'x'
        if kind in Wrong.NUMBERS:
            return 0
        if kind.endswith(('Func', 'Callback')):
            return lambda *arguments: None
        made = {
            'gboolean': False, 'array': [], 'GLib.Bytes': GLib.Bytes.new(b'x'), 'Gio.File': Gio.File.new_for_path('/x'),
            'Gio.Cancellable': None, 'GLib.MainContext': None, 'Gio.InputStream': Gio.MemoryInputStream.new(),
            'Gio.OutputStream': Gio.MemoryOutputStream.new_resizable(), 'Gio.Resolver': None, 'Gio.AsyncResult': None,
        }
        if kind in made:
            return made[kind]
        owner = getattr(Msa, kind)
        if issubclass(owner, (GObject.GEnum, GObject.GFlags)):
            return owner(0)
        return owner()

    def is_right(self, value, parameter):
        """Whether PyGObject may take a value there."""
        kind, nullable = type_name(parameter), parameter.get('nullable') == '1'
        if kind == 'gboolean':
            return True
        if value is None:
            return nullable
        if kind in self.NUMBERS:
            least, most = self.NUMBERS[kind]
            return isinstance(value, (int, float)) and least <= value <= most
        if kind == 'utf8':
            return isinstance(value, str) and '\0' not in value
        if kind == 'filename':
            return isinstance(value, (str, bytes)) and '\0' not in str(value)
        if kind == 'array':
            return isinstance(value, (str, bytes, Msa.Headers)) and value != 'te\0xt' or value in ([], {})
        if kind == 'GLib.Bytes':
            return isinstance(value, (bytes, GLib.Bytes))
        if kind.endswith(('Func', 'Callback')):
            return callable(value)
        if kind.startswith(('Gio.', 'GLib.')):
            return isinstance(value, getattr(Gio if kind.startswith('Gio.') else GLib, kind.split('.')[1]))
        owner = getattr(Msa, kind)
        if kind == 'SocketEvents':
            return isinstance(value, int) and 0 <= value < 2 ** 16
        if issubclass(owner, GObject.GFlags):
            # PyGObject looks at the lowest bits.
            return isinstance(value, int) and value % 2 ** 32 == 0
        if issubclass(owner, GObject.GEnum):
            return isinstance(value, (int, float)) and value < 2
        return isinstance(value, owner)

    def attempt(self, function, arguments, name, is_right):
        self.count += 1
        try:
            function(*arguments)
        except (TypeError, ValueError, OverflowError, GLib.Error):
            return
        if not is_right:
            self.taken.append((name, arguments))

    def test_each_argument(self):
        for node, element in members(GIR + 'method', GIR + 'constructor', GIR + 'function'):
            owner = Msa if node is None else getattr(Msa, node.get('name'))
            name = f'{"" if node is None else node.get("name") + "."}{element.get("name")}'
            if element.get('name') in ('ref', 'unref', 'run_sync', 'poll'):
                # Counted by PyGObject; and those that wait.
                continue
            inputs = [parameter for parameter in parameters_of(element) if parameter.get('direction') != 'out'
                      and parameter.get('name') not in ('user_data', 'destroy')]
            for i, parameter in enumerate(inputs):
                for value in self.VALUES:
                    arguments = [self.make(type_name(other)) for other in inputs]
                    arguments[i] = value
                    function = getattr(owner() if element.tag == GIR + 'method' and node.get('name') not in self.made_by_c
                                       else owner, element.get('name'))
                    if element.tag == GIR + 'method' and node.get('name') in self.made_by_c:
                        continue
                    self.attempt(function, arguments, name, self.is_right(value, parameter))
        self.assertGreater(self.count, 1500)
        self.assertEqual(self.taken, [])

    # No program makes one that works.
    made_by_c = {'CertificateRequest', 'PasswordRequest', 'Timings', 'Error'}

    def test_each_setting(self):
        """As attributes, to the constructor, and by set_property()."""
        for node, element in members(GIR + 'property'):
            if element.get('writable') != '1':
                continue
            owner, name = getattr(Msa, node.get('name')), element.get('name').replace('-', '_')
            for value in self.VALUES:
                self.attempt(lambda owner, name, value: owner(**{name: value}), (owner, name, value), name, True)
                self.attempt(lambda owner, name, value: owner().set_property(name, value), (owner, name, value), name, True)
                if element.get('construct-only') != '1':
                    is_text = element.find(GIR + 'type') is not None and type_name(element) == 'utf8'
                    self.attempt(lambda owner, name, value: setattr(owner(), name, value), (owner, name, value), name,
                                 not is_text or value is None or isinstance(value, str) and '\0' not in value)
        self.assertGreater(self.count, 2000)
        self.assertEqual(self.taken, [])

    def test_too_many_and_too_few(self):
        for node, element in members(GIR + 'method', GIR + 'constructor'):
            if node.get('name') in self.made_by_c or element.get('name') in ('ref', 'unref', 'run_sync'):
                continue
            owner = getattr(Msa, node.get('name'))
            function = getattr(owner() if element.tag == GIR + 'method' else owner, element.get('name'))
            has_user_data = any(parameter.get('name') == 'user_data' for parameter in parameters_of(element))
            self.attempt(function, [None] * 9, element.get('name'), has_user_data)
            needed = [parameter for parameter in parameters_of(element) if parameter.get('nullable') != '1'
                      and parameter.get('direction') != 'out']
            self.attempt(function, [], element.get('name'), not needed or element.get('name') == 'poll')
        self.assertEqual(self.taken, [])

    def test_results_of_others(self):
        multi = Msa.Multi()
        for finish in (multi.fetch_finish, multi.run_finish, multi.close_finish):
            for wrong in (Gio.Task.new(None, None, None), Gio.Task.new(multi, None, None)):
                with self.assertRaises(Msa.Failure.INVALID_ARGUMENT):
                    finish(wrong)


class WrongResults(Case):
    def test_result_of_another_call(self):
        multi, refused = Msa.Multi(), []

        def finish_wrongly(multi, result):
            for finish in (multi.run_finish, multi.close_finish):
                with self.assertRaises(Msa.Failure.INVALID_ARGUMENT):
                    finish(result)
            with self.assertRaises(Msa.Failure.INVALID_ARGUMENT):
                Msa.Multi().fetch_finish(result)
            refused.append(multi.fetch_finish(result).get_data())

        multi.fetch_async(self.server.plain + '/bytes/10', None, finish_wrongly)
        self.wait(lambda: refused)
        self.assertEqual(refused, [pattern(10)])


if __name__ == '__main__':
    tap.main('/msa/python/robust')

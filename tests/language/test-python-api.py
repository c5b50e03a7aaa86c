#!/usr/bin/env python3
# test-python-api.py: the public API as Python sees it
#
# All of it is there, in the forms that it should have; wrong arguments are refused with an exception and without a
# critical (which is fatal here).
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import os
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import gi

import tap
from support import Case

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, GObject, Msa

GIR = '{http://www.gtk.org/introspection/core/1.0}'
GIR_C = '{http://www.gtk.org/introspection/c/1.0}'
# For C alone.
NOT_INTROSPECTED = {'msa_multi_assign', 'msa_multi_get_assigned'}


class Namespace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.namespace = ElementTree.parse(os.environ['MSA_GIR']).getroot().find(GIR + 'namespace')

    def callables(self):
        """(container or None, element) of each that languages can call."""
        for node in self.namespace:
            for element in [node, *node]:
                if element.tag in (GIR + 'function', GIR + 'method', GIR + 'constructor') \
                   and element.get('introspectable') != '0':
                    yield None if element is node else node, element

    def test_all_names_resolve(self):
        names = [name for name in dir(Msa) if not name.startswith('_')]
        self.assertGreater(len(names), 20)
        for name in names:
            # Types of callbacks are no objects in Python.
            if not name.endswith('Func'):
                self.assertIsNotNone(getattr(Msa, name), name)

    def test_all_methods_resolve(self):
        count = 0
        for container, element in self.callables():
            owner = Msa if container is None else getattr(Msa, container.get('name'))
            self.assertTrue(callable(getattr(owner, element.get('name'))), element.get(GIR_C + 'identifier'))
            count += 1
        self.assertGreater(count, 90)

    def test_all_public_symbols_are_introspected(self):
        listing = subprocess.run(['nm', '-D', '--defined-only', os.environ['MSA_LIBRARY']], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        symbols = {line.split()[-1] for line in listing.splitlines()}
        symbols = {name for name in symbols if name.startswith('msa_') and not name.endswith('_get_type')}
        known = {element.get(GIR_C + 'identifier') for _, element in self.callables()}
        self.assertGreater(len(symbols), 90)
        self.assertEqual(symbols - known, NOT_INTROSPECTED)
        self.assertEqual(known - symbols, set())

    def test_forms(self):
        """What went wrong in other forms; see the annotations."""
        for container, element in self.callables():
            name = element.get(GIR_C + 'identifier')
            result = element.find(GIR + 'return-value')
            if result.find(GIR + 'array') is not None and result.find(f'{GIR}array/{GIR}type').get('name') != 'utf8':
                self.assertEqual(result.get('transfer-ownership'), 'container', name)
            for parameter in element.iter(GIR + 'parameter'):
                kind = parameter.find(GIR + 'type')
                if kind is None or not kind.get('name', '').endswith('Func') and 'Callback' not in kind.get('name', ''):
                    continue
                self.assertIn(parameter.get('scope'), ('async', 'notified', 'call'), name)
                self.assertIsNotNone(parameter.get('closure'), name)
                if parameter.get('scope') == 'notified':
                    self.assertIsNotNone(parameter.get('destroy'), name)
                    self.assertEqual(parameter.get('nullable'), '1', name)

    def test_classes_are_final_by_declaration_only(self):
        # A type that is final by registration cannot be made in Python.
        for kind in (Msa.Easy, Msa.Multi, Msa.TlsConfig, Msa.TlsSessionStore):
            self.assertIsInstance(kind(), GObject.Object)

    def test_version(self):
        words = Msa.get_version().split('.')
        self.assertEqual(words, [str(Msa.MAJOR_VERSION), str(Msa.MINOR_VERSION), str(Msa.MICRO_VERSION)])

    def test_features(self):
        self.assertTrue(Msa.supports_scheme('http'))
        self.assertTrue(Msa.supports_scheme('https'))
        self.assertFalse(Msa.supports_scheme('gopher'))
        self.assertFalse(Msa.has_feature('no such feature'))


class Enumerations(unittest.TestCase):
    def test_zero_refuses(self):
        self.assertEqual(int(Msa.WriteResult.ABORT), 0)
        self.assertEqual(int(Msa.WriteResult.CONTINUE), 1)
        self.assertEqual(int(Msa.WriteResult.PAUSE), 2)

    def test_socket_events_are_conditions(self):
        for name in ('IN', 'OUT', 'ERR', 'HUP'):
            self.assertEqual(int(getattr(Msa.SocketEvents, name)), int(getattr(GLib.IOCondition, name)))
        self.assertEqual(Msa.SOCKET_TIMEOUT, -1)

    def test_names_with_digits(self):
        self.assertEqual([int(getattr(Msa.HttpVersion, name)) for name in ('AUTO', 'HTTP_1_0', 'HTTP_1_1')], [0, 1, 2])
        self.assertEqual([int(getattr(Msa.IpVersion, name)) for name in ('AUTO', 'IPV4', 'IPV6')], [0, 1, 2])
        self.assertEqual([int(getattr(Msa.TlsVersion, name)) for name in ('AUTO', 'TLS_1_2', 'TLS_1_3')], [0, 1, 2])

    def test_directions_are_flags(self):
        self.assertEqual(Msa.Directions.RECEIVE | Msa.Directions.SEND, Msa.Directions.BOTH)

    def test_error_domain(self):
        self.assertEqual(GLib.quark_to_string(Msa.Error.quark()), 'msa-error-quark')
        error = GLib.Error.new_literal(Msa.Error.quark(), 'late', Msa.Error.TIMED_OUT)
        self.assertTrue(error.matches(Msa.Error.quark(), Msa.Error.TIMED_OUT))


class Properties(unittest.TestCase):
    VALUES = {
        'gchararray': 'http://127.0.0.1/',
        'guint': 7,
        'gint': -1,
        'gint64': 1 << 40,
        'gboolean': True,
        'GStrv': ['one', 'two'],
        'MsaHttpVersion': Msa.HttpVersion.HTTP_1_0,
        'MsaIpVersion': Msa.IpVersion.IPV6,
        'MsaTlsVersion': Msa.TlsVersion.TLS_1_3,
    }

    def set_all(self, thing):
        count = 0
        for pspec in thing.list_properties():
            name = pspec.name.replace('-', '_')
            if pspec.value_type.name == 'MsaTlsConfig':
                value = Msa.TlsConfig.new()
            elif pspec.value_type.name == 'MsaTlsSessionStore':
                value = Msa.TlsSessionStore.new()
            elif pspec.value_type.name == 'GResolver':
                value = Gio.Resolver.get_default()
            else:
                value = self.VALUES.get(pspec.value_type.name)
            if pspec.flags & GObject.ParamFlags.WRITABLE == 0:
                continue
            thing.set_property(pspec.name, value)
            self.assertEqual(thing.get_property(pspec.name), value, name)
            self.assertEqual(getattr(thing.props, name), value, name)
            self.assertEqual(getattr(thing, 'get_' + name)(), value, name)
            getattr(thing, 'set_' + name)(getattr(pspec, 'default_value', None))
            count += 1
        return count

    def test_easy(self):
        self.assertGreaterEqual(self.set_all(Msa.Easy()), 12)

    def test_multi(self):
        self.assertGreaterEqual(self.set_all(Msa.Multi()), 6)

    def test_results_before_a_run(self):
        easy = Msa.Easy.new('http://127.0.0.1/')
        self.assertEqual(easy.get_state(), Msa.EasyState.IDLE)
        self.assertEqual((easy.get_status(), easy.get_content_length(), easy.get_bytes_received()), (0, -1, 0))
        for name in ('error', 'body', 'reason_phrase', 'response_headers'):
            self.assertIsNone(getattr(easy, 'get_' + name)(), name)
        self.assertIsNone(easy.dup_effective_uri())
        self.assertIsNone(easy.dup_remote_address())
        for pspec in easy.list_properties():
            easy.get_property(pspec.name)

    def test_constructor_arguments(self):
        easy = Msa.Easy(uri='http://127.0.0.1/x', timeout_ms=5)
        self.assertEqual((easy.get_uri(), easy.get_timeout_ms()), ('http://127.0.0.1/x', 5))
        self.assertIsNone(Msa.Easy.new(None).get_uri())

    def test_unsigned_refuse_minus_one(self):
        count = 0
        for thing in (Msa.Easy(), Msa.Multi()):
            for pspec in thing.list_properties():
                if pspec.value_type.name != 'guint' or pspec.flags & GObject.ParamFlags.WRITABLE == 0:
                    continue
                # What a language makes of -1 is past the largest value.
                self.assertLessEqual(pspec.maximum, GLib.MAXINT, pspec.name)
                before = thing.get_property(pspec.name)
                with self.assertRaises((TypeError, OverflowError, ValueError)):
                    thing.set_property(pspec.name, -1)
                self.assertEqual(thing.get_property(pspec.name), before, pspec.name)
                count += 1
        self.assertGreaterEqual(count, 5)

    def test_unsigned_setters_refuse_minus_one(self):
        easy = Msa.Easy()
        with self.assertRaises((TypeError, OverflowError, ValueError)):
            easy.set_timeout_ms(-1)
        self.assertEqual(easy.get_timeout_ms(), 0)

    def test_minus_one_where_it_means_unlimited(self):
        easy = Msa.Easy(max_body_bytes=-1)
        self.assertEqual(easy.get_max_body_bytes(), -1)

    def test_notify(self):
        seen = []
        easy = Msa.Easy()
        easy.connect('notify::uri', lambda easy, pspec: seen.append(easy.get_uri()))
        easy.set_uri('http://127.0.0.1/1')
        easy.set_uri('http://127.0.0.1/1')
        self.assertEqual(seen, ['http://127.0.0.1/1'])

    def test_copy_and_reset(self):
        easy = Msa.Easy(uri='http://127.0.0.1/', method='PUT')
        easy.get_request_headers().append('X-Test', '1')
        copy = easy.copy()
        easy.reset()
        self.assertEqual((easy.get_uri(), easy.get_method(), easy.get_request_headers().get('X-Test')), (None, None, None))
        self.assertEqual((copy.get_uri(), copy.get_method(), copy.get_request_headers().get('x-test')),
                         ('http://127.0.0.1/', 'PUT', '1'))

    def test_tls_config(self):
        pem = GLib.Bytes.new(b'-----BEGIN')
        config = Msa.TlsConfig(ca_pem=pem, min_version=Msa.TlsVersion.TLS_1_3, verify_name=False)
        self.assertEqual(config.get_ca_pem().get_data(), b'-----BEGIN')
        self.assertEqual(config.get_min_version(), Msa.TlsVersion.TLS_1_3)
        self.assertEqual(config.get_max_version(), Msa.TlsVersion.AUTO)
        self.assertFalse(config.get_verify_name())
        self.assertTrue(config.get_verify_chain())
        self.assertEqual(Msa.TlsConfig.new_for_ca_file('/a/b').get_ca_file(), '/a/b')

    def test_attributes_survive_collection(self):
        easy = Msa.Easy.new('http://127.0.0.1/')
        easy.note = ['kept']
        multi = Msa.Multi()
        multi.add(easy)
        del easy
        gc.collect()
        self.assertEqual(multi.get_transfers().get_item(0).note, ['kept'])


class Headers(Case):
    def setUp(self):
        self.headers = Msa.Headers.new()
        self.headers.append('Accept', 'text/html')
        self.headers.append('X-List', '1')
        self.headers.append('x-list', '2')

    def fields(self, headers):
        return [headers.get_nth(i) for i in range(headers.get_length())]

    def test_get(self):
        self.assertEqual(self.headers.get('ACCEPT'), 'text/html')
        self.assertIsNone(self.headers.get('Other'))

    def test_get_all(self):
        self.assertEqual(self.headers.get_all('X-LIST'), ['1', '2'])
        self.assertEqual(self.headers.get_all('Other'), [])

    def test_get_nth(self):
        self.assertEqual(self.headers.get_length(), 3)
        self.assertEqual(self.fields(self.headers), [('Accept', 'text/html'), ('X-List', '1'), ('x-list', '2')])
        self.assertEqual(tuple(self.headers.get_nth(3)), (None, None))

    def test_foreach(self):
        seen = []
        self.headers.foreach(lambda name, value: (gc.collect(), seen.append((name, value))))
        self.assertEqual(seen, self.fields(self.headers))

    def test_foreach_may_change_the_list(self):
        seen = []

        def visit(name, value):
            seen.append(value)
            self.headers.clear()

        self.headers.foreach(visit)
        self.assertEqual(seen, ['text/html', '1', '2'])
        self.assertEqual(self.headers.get_length(), 0)

    def test_replace_and_remove(self):
        self.assertTrue(self.headers.replace('X-List', '3'))
        self.assertEqual(self.headers.get_all('X-List'), ['3'])
        self.assertTrue(self.headers.remove('x-list'))
        self.assertFalse(self.headers.remove('x-list'))
        self.assertEqual(self.headers.get_length(), 1)

    def test_copy_is_its_own(self):
        copy = self.headers.copy()
        copy.clear()
        self.assertEqual((copy.get_length(), self.headers.get_length()), (0, 3))

    def test_bad_fields(self):
        for name, value in (('Bad Name', 'x'), ('', 'x'), ('X', 'a\r\nb'), ('X', '\x01')):
            error = self.assert_raises(Msa.Error.INVALID_ARGUMENT, self.headers.append, name, value)
            self.assertTrue(error.message)
            self.assert_raises(Msa.Error.INVALID_ARGUMENT, self.headers.replace, name, value)
        self.assertEqual(self.headers.get_length(), 3)

    def test_of_a_request_belong_to_the_easy(self):
        headers = Msa.Easy.new('http://127.0.0.1/').get_request_headers()
        gc.collect()
        self.assertTrue(headers.append('X-Kept', '1'))
        self.assertEqual(headers.get('X-Kept'), '1')

    def test_of_a_response_cannot_be_changed(self):
        easy = Msa.Easy.new(self.server.plain + '/bytes/3')
        self.assertTrue(easy.run_sync(None))
        headers = easy.get_response_headers()
        del easy
        gc.collect()
        self.assertEqual(headers.get('Content-Length'), '3')
        self.assert_raises(Msa.Error.INVALID_ARGUMENT, headers.append, 'X', '1')
        self.assertFalse(headers.remove('Content-Length'))
        headers.clear()
        self.assertEqual(headers.get('Content-Length'), '3')
        copy = headers.copy()
        self.assertTrue(copy.append('X', '1'))


class WrongTypes(unittest.TestCase):
    def test_refused(self):
        easy, multi, headers = Msa.Easy(), Msa.Multi(), Msa.Headers.new()
        wrong = [
            (Msa.Easy.new, 5),
            (easy.set_uri, b'http://127.0.0.1/'),
            (easy.set_uri, 5),
            (easy.set_timeout_ms, 'soon'),
            (easy.set_timeout_ms, None),
            (easy.set_tls_config, easy),
            (easy.set_tls_config, 'file'),
            (easy.set_body, None, 'text'),
            (easy.set_body, 5, None),
            (easy.set_write_func, 5),
            (easy.set_write_func, 'print'),
            (easy.pause, 'both'),
            (easy.get_headers, 'final', 0),
            (easy.run_sync, 5),
            (multi.add, None),
            (multi.add, multi),
            (multi.add, 'http://127.0.0.1/'),
            (multi.remove, None),
            (multi.remove, 5),
            (multi.attach, 5),
            (multi.socket_action, 'fd', 0),
            (multi.socket_action, None, 0),
            (multi.socket_action, 1, 'in'),
            (multi.poll, 'long'),
            (multi.set_socket_func, 5),
            (multi.set_timer_func, 'f'),
            (multi.run_async, None, 0, None, None),
            (multi.run_async, easy, 'soon', None, None),
            (multi.run_async, easy, 0, easy, None),
            (multi.fetch_async, None, None, None),
            (multi.fetch_async, 5, None, None),
            (multi.fetch_finish, None),
            (multi.fetch_finish, easy),
            (multi.run_finish, 5),
            (multi.close_finish, None),
            (headers.append, 5, 'x'),
            (headers.append, None, 'x'),
            (headers.append, 'X', 5),
            (headers.get, None),
            (headers.get_all, 5),
            (headers.get_nth, 'first'),
            (headers.foreach, None),
            (headers.foreach, 5),
            (Msa.TlsConfig.new_for_ca_file, None),
            (Msa.TlsConfig.new_for_ca_file, 5),
            (Msa.has_feature, None),
            (Msa.supports_scheme, 5),
        ]
        taken = []
        for function, *arguments in wrong:
            try:
                function(*arguments)
                taken.append((function, arguments))
            except TypeError:
                pass
        self.assertEqual(taken, [])

    def test_result_of_another_call(self):
        with self.assertRaises(TypeError):
            Msa.Multi().run_finish(Gio.File.new_for_path('/'))

    def test_unknown_properties(self):
        with self.assertRaises(TypeError):
            Msa.Easy(no_such_property=1)
        with self.assertRaises(TypeError):
            Msa.Easy().set_property('status', 200)
        with self.assertRaises(TypeError):
            Msa.Easy().connect('no-such-signal', print)


if __name__ == '__main__':
    tap.main('/msa/python/api')

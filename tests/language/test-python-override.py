#!/usr/bin/env python3
# test-python-override.py: what the override adds to the classes, without a loop
#
# Mappings, collections, bytes, attributes, results and failures. What the introspection data says must be covered is
# read from there: a function that is new in the library fails here until the override knows it.
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import os
import pickle
import subprocess
import sys
import unittest
import weakref
import xml.etree.ElementTree as ElementTree

import gi

import tap
from support import Case, pattern

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, GObject, Msa

GIR = '{http://www.gtk.org/introspection/core/1.0}'
URI = 'http://127.0.0.1/'
FORMS = (b'data', bytearray(b'data'), memoryview(b'data'), GLib.Bytes.new(b'data'))


def introspected(tags=('method', 'constructor', 'function')):
    """(class, element) of each that can be called."""
    for node in ElementTree.parse(os.environ['MSA_GIR']).getroot().find(GIR + 'namespace'):
        for element in node:
            if element.tag.replace(GIR, '') in tags and element.get('introspectable') != '0':
                yield getattr(Msa, node.get('name')), element


def parameters_of(element):
    return element.findall(f'{GIR}parameters/{GIR}parameter')


def is_bytes(parameter):
    kind = parameter.find(GIR + 'type')
    return kind is not None and kind.get('name') == 'GLib.Bytes'


class Loading(unittest.TestCase):
    def test_classes_are_the_override_s(self):
        for kind in (Msa.Multi, Msa.Easy, Msa.Headers, Msa.TlsConfig, Msa.TlsSessionStore, Msa.CertificateRequest,
                     Msa.PasswordRequest):
            self.assertEqual(kind.__module__, 'gi.overrides.Msa', kind)

    def test_all_classes_are_covered(self):
        classes = {kind for kind, _ in introspected() if isinstance(kind, type) and issubclass(kind, GObject.Object)}
        self.assertGreaterEqual(len(classes), 6)
        for kind in classes:
            self.assertEqual(kind.__module__, 'gi.overrides.Msa', kind)

    def test_asyncio_is_not_loaded_before_it_is_needed(self):
        script = "import sys, gi; gi.require_version('Msa', '1'); from gi.repository import Msa; Msa.Multi(); " \
                 "sys.exit('asyncio' in sys.modules)"
        self.assertEqual(subprocess.run([sys.executable, '-c', script], check=False).returncode, 0)

    def test_what_c_makes_is_of_the_classes(self):
        easy = Msa.Easy.new(URI)
        self.assertIs(type(easy), Msa.Easy)
        self.assertIs(type(easy.copy()), Msa.Easy)
        self.assertIs(type(Msa.Multi.new()), Msa.Multi)
        self.assertIs(type(easy.get_request_headers()), Msa.Headers)
        self.assertIs(type(Msa.Headers.new()), Msa.Headers)
        self.assertIs(type(Msa.TlsConfig.new_for_ca_file('/a')), Msa.TlsConfig)


class Mapping(unittest.TestCase):
    def setUp(self):
        self.headers = Msa.Headers([('Accept', 'text/html'), ('X-List', '1')])
        self.headers.append('x-list', '2')

    def test_made(self):
        self.assertEqual(Msa.Headers().items(), [])
        self.assertEqual(Msa.Headers({'A': '1', 'B': '2'}).items(), [('A', '1'), ('B', '2')])
        self.assertEqual(Msa.Headers(Msa.Headers({'A': '1'})).items(), [('A', '1')])

    def test_each_field_counts(self):
        self.assertEqual(len(self.headers), 3)
        self.assertEqual(list(self.headers), ['Accept', 'X-List', 'x-list'])
        self.assertEqual(self.headers.keys(), ['Accept', 'X-List', 'x-list'])
        self.assertEqual(self.headers.values(), ['text/html', '1', '2'])
        self.assertEqual(self.headers.items(), [('Accept', 'text/html'), ('X-List', '1'), ('x-list', '2')])

    def test_empty_is_true(self):
        self.assertTrue(Msa.Headers())
        self.assertEqual(len(Msa.Headers()), 0)

    def test_get(self):
        self.assertEqual(self.headers['ACCEPT'], 'text/html')
        self.assertEqual(self.headers['x-LIST'], '1')
        self.assertEqual(self.headers.get('Accept', 'x'), 'text/html')
        self.assertEqual(self.headers.get('Other', 'x'), 'x')
        self.assertIsNone(self.headers.get('Other'))
        self.assertEqual(self.headers.get_all('X-List'), ['1', '2'])
        with self.assertRaises(KeyError) as caught:
            self.headers['Other']
        self.assertEqual(caught.exception.args, ('Other',))

    def test_contains(self):
        self.assertIn('accept', self.headers)
        self.assertNotIn('Other', self.headers)
        self.assertNotIn(5, self.headers)
        self.assertNotIn(None, self.headers)

    def test_set(self):
        self.headers['X-LIST'] = '3'
        self.assertEqual(self.headers.get_all('x-list'), ['3'])
        self.headers['New'] = '4'
        self.assertEqual(self.headers['new'], '4')
        self.headers.update({'New': '5'})
        self.assertEqual(self.headers.get_all('new'), ['5'])

    def test_delete(self):
        del self.headers['X-List']
        self.assertEqual(self.headers.items(), [('Accept', 'text/html')])
        with self.assertRaises(KeyError):
            del self.headers['X-List']

    def test_field_without_a_value(self):
        self.headers['Accept'] = None
        self.assertNotIn('accept', self.headers)
        # What libmsa sends of itself is sent again.
        del self.headers['Accept']
        with self.assertRaises(KeyError):
            del self.headers['Accept']

    def test_dict_of_it(self):
        self.assertEqual(dict(self.headers), {'Accept': 'text/html', 'X-List': '1', 'x-list': '1'})

    def test_bad_fields(self):
        with self.assertRaises(Msa.Failure.INVALID_ARGUMENT):
            self.headers['Bad Name'] = 'x'
        with self.assertRaises(Msa.Failure.INVALID_ARGUMENT):
            self.headers['X'] = 'a\r\nb'
        with self.assertRaises(ValueError):
            self.headers['X'] = 'a\0b'
        for name, value in ((5, 'x'), ('X', 5), (None, 'x'), (b'X', 'x')):
            with self.assertRaises(TypeError):
                self.headers[name] = value
        for name in (5, None, b'X'):
            with self.assertRaises(TypeError):
                self.headers[name]
            with self.assertRaises(TypeError):
                del self.headers[name]
        self.assertEqual(len(self.headers), 3)

    def test_of_a_request(self):
        easy = Msa.Easy(URI)
        easy.request_headers['X-Kept'] = '1'
        gc.collect()
        self.assertEqual(easy.get_request_headers().items(), [('X-Kept', '1')])
        self.assertIs(type(easy.request_trailers), Msa.Headers)


class Responses(Case):
    def setUp(self):
        self.easy = Msa.Easy(self.server.plain + '/bytes/1000')
        self.easy.run_sync()

    def test_headers_cannot_be_changed(self):
        headers = self.easy.response_headers
        self.assertEqual(headers['content-length'], '1000')
        for change in (lambda: headers.update({'X': '1'}), lambda: headers.__delitem__('content-length')):
            with self.assertRaises(Msa.Failure.INVALID_ARGUMENT):
                change()
        with self.assertRaises(KeyError):
            del headers['other']
        self.assertEqual(len(headers), 2)

    def test_body_is_bytes(self):
        self.assertEqual(self.easy.body, pattern(1000))
        self.assertIs(type(self.easy.get_body()), GLib.Bytes)
        empty = Msa.Easy(self.server.plain + '/bytes/0')
        empty.run_sync()
        self.assertEqual(empty.body, b'')
        self.assertIsNone(Msa.Easy().body)

    def test_attributes(self):
        self.assertEqual((self.easy.status, self.easy.reason_phrase), (200, 'OK'))
        self.assertEqual(self.easy.effective_uri, self.server.plain + '/bytes/1000')
        self.assertEqual('http://' + self.easy.remote_address, self.server.plain)
        self.assertIsNone(self.easy.error)

    def test_error(self):
        easy = Msa.Easy('http://')
        with self.assertRaises(Msa.Failure.BAD_URI):
            easy.run_sync()
        self.assertIsInstance(easy.error, Msa.Failure.BAD_URI)
        self.assertIs(easy.error.easy, easy)


class Attributes(unittest.TestCase):
    def test_each_property_is_one(self):
        count = 0
        for kind, element in introspected(['property']):
            name = element.get('name').replace('-', '_')
            if name in ('key_password', 'key_pem'):
                # Nobody can read them.
                self.assertFalse(hasattr(kind, name))
                continue
            attribute = getattr(kind, name)
            self.assertIsInstance(attribute, property, name)
            writable = element.get('writable') == '1' and element.get('construct-only') != '1'
            self.assertEqual(attribute.fset is not None, writable, name)
            count += 1
        self.assertGreater(count, 60)

    def test_values(self):
        easy = Msa.Easy()
        easy.timeout_ms = 5
        easy.uri = URI
        easy.resolve = ['a:80:127.0.0.1']
        self.assertEqual((easy.get_timeout_ms(), easy.get_uri(), easy.get_resolve()), (5, URI, ['a:80:127.0.0.1']))
        self.assertEqual((easy.timeout_ms, easy.uri, easy.resolve), (5, URI, ['a:80:127.0.0.1']))
        self.assertEqual(easy.props.timeout_ms, 5)
        multi = Msa.Multi(max_connections=7)
        multi.max_connections_per_host = 3
        self.assertEqual((multi.max_connections, multi.get_max_connections_per_host()), (7, 3))

    def test_results_cannot_be_set(self):
        for name in ('status', 'body', 'response_headers', 'state'):
            with self.assertRaises(AttributeError):
                setattr(Msa.Easy(), name, None)

    def test_wrong_values(self):
        easy = Msa.Easy()
        for name, value in (('timeout_ms', 'soon'), ('timeout_ms', None), ('uri', 5), ('uri', b'x')):
            with self.assertRaises(TypeError):
                setattr(easy, name, value)
        with self.assertRaises((ValueError, OverflowError)):
            easy.timeout_ms = -1
        self.assertEqual((easy.timeout_ms, easy.uri), (0, None))

    def test_constructors(self):
        self.assertEqual(Msa.Easy(URI, timeout_ms=5).timeout_ms, 5)
        self.assertEqual(Msa.Easy(URI).uri, URI)
        self.assertEqual(Msa.Easy(uri=URI).uri, URI)
        self.assertIsNone(Msa.Easy(None).uri)
        for arguments, settings in (((5,), {}), ((), {'uri': 5}), ((b'x',), {}), ((URI,), {'nothing': 1}),
                                    ((URI, 5), {}), ((), {'timeout_ms': 'x'})):
            with self.assertRaises(TypeError):
                Msa.Easy(*arguments, **settings)

    def test_null_characters(self):
        for arguments, settings in (((URI + '\0',), {}), ((), {'method': 'GET\0'}), ((), {'resolve': ['a', 'b\0']})):
            with self.assertRaises(ValueError):
                Msa.Easy(*arguments, **settings)
        easy = Msa.Easy()
        for method, value in ((easy.set_uri, 'a\0b'), (easy.set_resolve, ['a\0b']), (Msa.Easy.new, 'a\0b'),
                              (Msa.TlsConfig.new_for_ca_file, '/a\0b'), (easy.request_headers.get, 'a\0b')):
            with self.assertRaises(ValueError):
                method(value)
        with self.assertRaises(ValueError):
            Msa.TlsConfig(ca_file='/a\0b')


class Bytes(Case):
    def test_each_parameter_takes_bytes(self):
        taking = [(kind, element) for kind, element in introspected() if any(map(is_bytes, parameters_of(element)))]
        self.assertGreater(len(taking), 0)
        for kind, element in taking:
            for data in FORMS:
                arguments = [data if is_bytes(parameter) else None for parameter in parameters_of(element)]
                getattr(kind(), element.get('name'))(*arguments)

    def test_each_property_takes_bytes(self):
        count = 0
        for kind, element in introspected(['property']):
            kind_of_value = element.find(GIR + 'type')
            if kind_of_value is None or kind_of_value.get('name') != 'GLib.Bytes' or element.get('writable') != '1':
                continue
            name = element.get('name').replace('-', '_')
            for data in FORMS:
                made = kind(**{name: data})
                if element.get('readable') != '0':
                    self.assertEqual(made.get_property(name).get_data(), b'data')
            with self.assertRaises(TypeError):
                kind(**{name: 5})
            count += 1
        self.assertEqual(count, 3)

    def test_pem_as_text(self):
        self.assertEqual(Msa.TlsConfig(ca_pem='text').ca_pem.get_data(), b'text')

    def test_body_is_sent(self):
        for data in (pattern(70000), bytearray(b'data'), memoryview(b'some data')[5:], b'', GLib.Bytes.new(b'data')):
            easy = Msa.Easy(self.server.plain + '/echo', method='POST')
            easy.set_body('text/plain', data)
            easy.run_sync()
            self.assertEqual(easy.body, data.get_data() if isinstance(data, GLib.Bytes) else bytes(data))

    def test_a_view_of_other_items(self):
        view = memoryview(bytes(range(16))).cast('I')[::2]
        easy = Msa.Easy(self.server.plain + '/echo', method='POST')
        easy.set_body(None, view)
        easy.run_sync()
        self.assertEqual(easy.body, view.tobytes())

    def test_no_bytes(self):
        for wrong in ('text', 5, object(), [1]):
            with self.assertRaises(TypeError):
                Msa.Easy().set_body(None, wrong)
        Msa.Easy().set_body(None, None)


class Failures(Case):
    def catch(self, function, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        return caught.exception

    def test_by_class_code_and_domain(self):
        error = self.catch(Msa.Easy('http://').run_sync)
        self.assertIsInstance(error, Msa.Failure)
        self.assertIsInstance(error, Msa.Failure.BAD_URI)
        self.assertNotIsInstance(error, Msa.Failure.TIMED_OUT)
        self.assertEqual(error.code, Msa.Error.BAD_URI)
        self.assertIsInstance(error.code, Msa.Error)
        self.assertTrue(error.matches(Msa.Error.quark(), Msa.Error.BAD_URI))
        self.assertFalse(error.matches(Msa.Error.quark(), Msa.Error.TIMED_OUT))
        self.assertFalse(error.matches(Gio.io_error_quark(), Msa.Error.BAD_URI))
        match error.code:
            case Msa.Error.TIMED_OUT:
                self.fail('matched another')
            case Msa.Error.BAD_URI:
                pass
            case _:
                self.fail('not matched')

    def test_class_for_each_code(self):
        codes = [name for name in dir(Msa.Error) if name.isupper()]
        self.assertGreater(len(codes), 30)
        for name in codes:
            kind = getattr(Msa.Failure, name)
            self.assertTrue(issubclass(kind, Msa.Failure))
            self.assertEqual(kind.__name__, name)

    def test_text(self):
        error = self.catch(Msa.Easy('gopher://127.0.0.1/').run_sync)
        self.assertEqual(str(error), error.message)
        self.assertIn('gopher', str(error))
        self.assertEqual(repr(error), f'Msa.Failure.UNSUPPORTED_SCHEME({error.message!r})')

    def test_pickled(self):
        error = self.catch(Msa.Easy('http://').run_sync)
        copy = pickle.loads(pickle.dumps(error))
        self.assertIs(type(copy), Msa.Failure.BAD_URI)
        self.assertEqual((copy.message, copy.code), (error.message, error.code))

    def test_each_method_that_fails_raises_them(self):
        """Those whose arguments can be made to fail; all are wrapped."""
        count = 0
        for kind, element in introspected(['method']):
            if element.get('throws') == '1':
                self.assertTrue(hasattr(getattr(kind, element.get('name')), '__wrapped__')
                                or element.get('name') in ('socket_action', 'perform', 'poll'), element.get('name'))
                count += 1
        self.assertGreaterEqual(count, 9)
        multi, easy = Msa.Multi(), Msa.Easy(URI)
        multi.add(easy)
        self.assertIs(type(self.catch(multi.add, easy)), Msa.Failure.ALREADY_ADDED)

    def test_finish_functions(self):
        multi, caught = Msa.Multi(), []

        def fetched(multi, result):
            try:
                multi.fetch_finish(result)
            except Msa.Failure.BAD_URI as error:
                caught.append(error)

        multi.fetch_async('http://', None, fetched)
        self.wait(lambda: caught)

    def test_other_domains_stay(self):
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        error = self.catch(Msa.Easy(self.server.plain + '/never').run_sync, cancellable)
        self.assertNotIsInstance(error, Msa.Failure)
        self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_passes_through_c(self):
        task = Gio.Task.new(None, None, None)
        task.return_error(Msa.Failure.TIMED_OUT('late', code=Msa.Error.TIMED_OUT))
        self.assert_error(self.catch(task.propagate_boolean), Msa.Error.TIMED_OUT)


class Collection(Case):
    def setUp(self):
        self.multi = Msa.Multi()
        self.easies = [Msa.Easy(self.server.plain + '/never') for _ in range(3)]
        for easy in self.easies:
            self.multi.add(easy)

    def test_len_and_iteration(self):
        self.assertEqual(len(self.multi), 3)
        self.assertEqual(list(self.multi), self.easies)
        for easy in self.multi:
            self.multi.remove(easy)
        self.assertEqual((len(self.multi), list(self.multi)), (0, []))

    def test_contains(self):
        self.assertIn(self.easies[1], self.multi)
        self.assertNotIn(Msa.Easy(URI), self.multi)
        self.assertNotIn(None, self.multi)
        self.multi.remove(self.easies[1])
        self.assertNotIn(self.easies[1], self.multi)

    def test_empty_is_true(self):
        self.assertTrue(Msa.Multi())
        self.assertTrue(Msa.TlsSessionStore())
        self.assertEqual(len(Msa.TlsSessionStore()), 0)

    def test_results(self):
        self.assertEqual(self.multi.socket_action(Msa.SOCKET_TIMEOUT), 3)
        self.assertEqual(self.multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE), 3)
        self.assertEqual(self.multi.perform(), 3)
        self.assertIsInstance(self.multi.poll(0), int)
        self.assertIsNone(self.multi.info_read())

    def test_messages(self):
        easy = Msa.Easy('http://')
        self.multi.add(easy)
        self.multi.perform()
        self.assertIs(self.multi.info_read(), easy)
        self.assertIsNone(self.multi.info_read())


class WriteFunc(Case):
    def run_easy(self, func, *user_data):
        easy = Msa.Easy(self.server.plain + '/bytes/100000')
        easy.set_write_func(func, *user_data)
        easy.run_sync()
        return easy

    def test_has_no_length(self):
        parts = []
        easy = self.run_easy(lambda easy, data: parts.append(data) or Msa.WriteResult.CONTINUE)
        self.assertEqual(b''.join(parts), pattern(100000))
        self.assertIsNone(easy.body)

    def test_user_data(self):
        self.run_easy(lambda easy, data, one, two: Msa.WriteResult.CONTINUE if (one, two) == (1, 2) else 0, 1, 2)

    def test_none_keeps_it_in_memory(self):
        easy = Msa.Easy(self.server.plain + '/bytes/10')
        easy.set_write_func(lambda easy, data: Msa.WriteResult.ABORT)
        easy.set_write_func(None)
        easy.run_sync()
        self.assertEqual(easy.body, pattern(10))

    def test_no_function(self):
        for wrong in (5, 'print', object()):
            with self.assertRaises(TypeError):
                Msa.Easy().set_write_func(wrong)

    def test_is_dropped_with_the_easy(self):
        class Func:
            def __call__(self, easy, data):
                return Msa.WriteResult.CONTINUE

        func = Func()
        gone = weakref.ref(func)
        easy = self.run_easy(func)
        del func
        self.assertIsNotNone(gone())
        del easy
        gc.collect()
        self.assertIsNone(gone())


class Installation(unittest.TestCase):
    """Where the override goes; see bindings/python/overrides-dir.py."""

    def dir_for(self, prefix):
        return subprocess.run([sys.executable, os.environ['MSA_OVERRIDES_DIR'], prefix], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def test_stays_below_the_prefix(self):
        for prefix in ('/usr', '/usr/local', '/opt/x', '/home/somebody/.local', '/opt/x/'):
            self.assertEqual(os.path.commonpath([prefix, self.dir_for(prefix)]), os.path.abspath(prefix))

    def test_is_where_the_interpreter_looks(self):
        looked_in = [path for path in sys.path if path.startswith(sys.base_prefix)]
        self.assertIn(self.dir_for(sys.base_prefix), looked_in)


if __name__ == '__main__':
    tap.main('/msa/python/override')

#!/usr/bin/env python3
# test-python-connecting.py: what an application has a say in when connections are made, in Python
#
# Doubts about certificates, passwords of keys, addresses, sockets, and what is known of the peer. Answers are given
# at once, later, never, and by an exception; the garbage collector is forced in between.
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import os
import shutil
import ssl
import tempfile
import unittest
import warnings

import gi

import tap
from support import PASSWORD, Case, exceptions_of_callbacks, make_locked_client, pattern

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, Msa


class Connecting(Case):
    def setUp(self):
        self.multi = Msa.Multi()
        self.multi.attach(None)
        self.port = int(self.server.plain.rpartition(':')[2])

    def run_easy(self, uri=None, handlers=(), **settings):
        easy = Msa.Easy(uri=uri or self.server.plain + '/bytes/10', **settings)
        ends = []
        for name, handler in handlers:
            easy.connect(name, handler)
        easy.connect('completed', lambda easy, error: ends.append(error))
        self.multi.add(easy)
        self.wait(lambda: ends)
        self.assertEqual(len(ends), 1)
        return easy

    def assert_fails(self, code, *arguments, **settings):
        easy = self.run_easy(*arguments, **settings)
        self.assert_error(easy.get_error(), code)
        return easy

    def assert_succeeds(self, *arguments, **settings):
        easy = self.run_easy(*arguments, **settings)
        self.assertIsNone(easy.get_error())
        self.assertEqual(easy.get_body().get_data(), pattern(10))
        return easy


class Certificates(Connecting):
    """The multi does not trust the server."""

    def ask(self, handler):
        self.asked = 0

        def count(easy, request):
            self.asked += 1
            return handler(easy, request)

        easy = self.run_easy(self.server.tls + '/bytes/10', [('accept-certificate', count)])
        self.assertEqual(self.asked, 1)
        return easy

    def assert_refused(self, handler):
        self.assert_error(self.ask(handler).get_error(), Msa.Error.TLS_VERIFY)

    def assert_accepted(self, handler):
        easy = self.ask(handler)
        self.assertIsNone(easy.get_error())
        self.assertTrue(easy.get_peer_errors() & Gio.TlsCertificateFlags.UNKNOWN_CA)

    def test_told(self):
        told = []

        def look(easy, request):
            told.append((request.get_host(), request.get_port(), request.get_message(), request.get_errors()))
            told.append(request.dup_chain())
            certificate = request.dup_certificate()
            # There need not be a backend of GIO.
            self.assertTrue(certificate is None or isinstance(certificate, Gio.TlsCertificate))
            gc.collect()
            request.reject()
            return True

        self.assert_refused(look)
        host, port, message, errors = told[0]
        self.assertEqual((host, port), ('localhost', int(self.server.tls.rpartition(':')[2])))
        self.assertIn('localhost', message)
        self.assertTrue(errors & Gio.TlsCertificateFlags.UNKNOWN_CA)
        self.assertFalse(errors & Gio.TlsCertificateFlags.BAD_IDENTITY)
        self.assertEqual([type(one) for one in told[1]], [GLib.Bytes])
        self.assertIn('CERTIFICATE', ssl.DER_cert_to_PEM_cert(told[1][0].get_data()))

    def test_accepted_at_once(self):
        self.assert_accepted(lambda easy, request: request.accept() or True)
        # It was let through for that transfer alone.
        self.assert_fails(Msa.Error.TLS_VERIFY, self.server.tls + '/bytes/10')

    def test_accepted_later(self):
        kept = []

        def keep(easy, request):
            kept.append(request)
            GLib.idle_add(lambda: kept.pop().accept())
            gc.collect()
            return True

        self.assert_accepted(keep)

    def test_refused_later(self):
        def keep(easy, request):
            GLib.idle_add(request.reject)
            return True

        self.assert_refused(keep)

    def test_dropped_request_is_a_refusal(self):
        self.assert_refused(lambda easy, request: True)

    def test_request_in_a_cycle_is_a_refusal_once_collected(self):
        def tangle(easy, request):
            request.myself = [request]
            GLib.idle_add(lambda: gc.collect() and False)
            return True

        self.assert_refused(tangle)

    def test_not_taken_is_a_refusal(self):
        self.assert_refused(lambda easy, request: None)

    def test_answered_but_not_taken_is_a_refusal(self):
        self.assert_refused(lambda easy, request: request.accept())

    def test_exception_is_a_refusal(self):
        with exceptions_of_callbacks() as raised:
            self.assert_refused(lambda easy, request: 1 // 0)
        self.assertIsInstance(raised[0], ZeroDivisionError)

    def test_coroutine_is_a_refusal(self):
        async def decide(easy, request):
            request.accept()
            return True

        with warnings.catch_warnings():
            # That nobody awaits it.
            warnings.simplefilter('ignore')
            self.assert_refused(decide)
            gc.collect()

    def test_first_answer_counts(self):
        def answer(easy, request):
            request.reject()
            request.accept()
            return True

        self.assert_refused(answer)

    def test_answer_after_the_end(self):
        kept = []
        easy = Msa.Easy.new(self.server.tls + '/bytes/10')
        easy.connect('accept-certificate', lambda easy, request: kept.append(request) or True)
        self.multi.add(easy)
        self.wait(lambda: kept)
        self.multi.remove(easy)
        del easy
        kept[0].accept()
        self.wait(lambda: self.multi.get_n_connections() == 0)
        self.multi = None
        gc.collect()
        kept[0].reject()
        self.assertEqual(kept[0].get_host(), 'localhost')

    def test_handler_removes_its_easy(self):
        def remove(easy, request):
            self.multi.remove(easy)
            request.accept()
            return True

        easy = Msa.Easy.new(self.server.tls + '/bytes/10')
        easy.connect('accept-certificate', remove)
        self.multi.add(easy)
        self.wait(lambda: self.multi.get_n_running() == 0)
        self.wait(lambda: self.multi.get_n_connections() == 0)


@unittest.skipUnless(shutil.which('openssl'), 'needs openssl')
class Passwords(Connecting):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.certificate, cls.key = make_locked_client(cls.folder)

    def ask(self, handler, **settings):
        config = Msa.TlsConfig(ca_file=self.server.ca_file, certificate_file=self.certificate, key_file=self.key,
                               **settings)
        return self.run_easy(self.server.tls + '/bytes/10', [('key-password', handler)] if handler else [],
                             tls_config=config)

    def assert_refused(self, handler, **settings):
        error = self.ask(handler, **settings).get_error()
        self.assert_error(error, Msa.Error.TLS_PASSWORD)
        self.assertIn(self.key, error.message)

    def test_known_beforehand(self):
        self.assertIsNone(self.ask(None, key_password=PASSWORD).get_error())

    def test_nobody_to_ask(self):
        self.assert_refused(None)

    def test_answered_at_once(self):
        retries = []

        def answer(easy, request):
            retries.append(request.get_retry())
            self.assertIn(self.key, request.get_message())
            request.answer(PASSWORD)
            return True

        self.assertIsNone(self.ask(answer).get_error())
        self.assertEqual(retries, [False])

    def test_wrong_first(self):
        retries = []

        def answer(easy, request):
            request.answer(PASSWORD if request.get_retry() else 'wrong')
            retries.append(request.get_retry())
            return True

        self.assertIsNone(self.ask(answer).get_error())
        self.assertEqual(retries, [False, True])

    def test_wrong_to_the_end(self):
        asked = []
        self.assert_refused(lambda easy, request: asked.append(request.answer('wrong')) or True)
        self.assertEqual(len(asked), 3)

    def test_answered_later(self):
        def keep(easy, request):
            GLib.idle_add(request.answer, PASSWORD)
            gc.collect()
            return True

        self.assertIsNone(self.ask(keep).get_error())

    def test_cancelled(self):
        self.assert_refused(lambda easy, request: request.cancel() or True)

    def test_dropped_request_is_a_refusal(self):
        self.assert_refused(lambda easy, request: True)

    def test_not_taken_is_a_refusal(self):
        self.assert_refused(lambda easy, request: False)

    def test_exception_is_a_refusal(self):
        with exceptions_of_callbacks() as raised:
            self.assert_refused(lambda easy, request: 1 // 0)
        self.assertIsInstance(raised[0], ZeroDivisionError)

    def test_no_text_is_no_answer(self):
        raised = []

        def answer(easy, request):
            for wrong in (None, 5, PASSWORD.encode()):
                try:
                    request.answer(wrong)
                except TypeError:
                    raised.append(wrong)
            return True

        self.assert_refused(answer)
        self.assertEqual(len(raised), 3)


class Addresses(Connecting):
    def test_allowed(self):
        seen = []

        def judge(multi, easy, address):
            gc.collect()
            seen.append((multi, easy, address.get_address().to_string(), address.get_port()))
            return True

        self.multi.set_address_func(judge)
        easy = self.assert_succeeds()
        self.assertEqual(seen, [(self.multi, easy, '127.0.0.1', self.port)])

    def assert_refuses(self, func):
        self.multi.set_address_func(func)
        easy = self.assert_fails(Msa.Error.CONNECT)
        self.assertIn('127.0.0.1', easy.get_error().message)
        self.multi.set_address_func(None)
        self.assert_succeeds()

    def test_refused(self):
        self.assert_refuses(lambda multi, easy, address: False)

    def test_forgotten_return_refuses(self):
        self.assert_refuses(lambda multi, easy, address: None)

    def test_exception_refuses(self):
        with exceptions_of_callbacks() as raised:
            self.assert_refuses(lambda multi, easy, address: 1 // 0)
        self.assertIsInstance(raised[0], ZeroDivisionError)

    def test_wrong_signature_refuses(self):
        with exceptions_of_callbacks() as raised:
            self.assert_refuses(lambda: True)
        self.assertIsInstance(raised[0], TypeError)

    def test_idle_connections_are_not_used_unasked(self):
        self.assert_succeeds()
        self.multi.set_address_func(lambda multi, easy, address: False)
        self.assert_fails(Msa.Error.CONNECT)

    def test_replaced_within_itself(self):
        calls = []

        def second(multi, easy, address):
            calls.append('second')
            return True

        def first(multi, easy, address):
            multi.set_address_func(second)
            gc.collect()
            calls.append('first')
            return True

        self.multi.set_address_func(first)
        del first
        self.assert_succeeds()
        self.multi.set_max_idle_connections(0)
        self.assert_succeeds()
        self.assertEqual(calls[0], 'first')
        self.assertIn('second', calls)

    def test_removes_its_easy(self):
        def remove(multi, easy, address):
            multi.remove(easy)
            return True

        self.multi.set_address_func(remove)
        self.multi.add(Msa.Easy.new(self.server.plain + '/never'))
        self.wait(lambda: self.multi.get_n_running() == 0 and self.multi.get_n_connections() == 0)

    def test_unix_socket(self):
        seen = []
        self.multi.set_address_func(lambda multi, easy, address: seen.append(address) or False)
        self.assert_fails(Msa.Error.CONNECT, unix_socket_path='/nonexistent/socket')
        self.assertIsInstance(seen[0], Gio.UnixSocketAddress)
        self.assertEqual(seen[0].get_path(), '/nonexistent/socket')


class Sockets(Connecting):
    @staticmethod
    def make():
        return Gio.Socket.new(Gio.SocketFamily.IPV4, Gio.SocketType.STREAM, Gio.SocketProtocol.TCP)

    def test_made(self):
        made = []

        def make(multi, easy, address):
            made.append((self.make(), address.get_port()))
            gc.collect()
            return made[-1][0]

        self.multi.set_open_func(make)
        self.assert_succeeds()
        self.assertEqual([port for _, port in made], [self.port])
        self.assert_succeeds()
        self.assertEqual(len(made), 1)

    def test_connected_already(self):
        def connect(multi, easy, address):
            socket = self.make()
            socket.connect(Gio.InetSocketAddress.new_from_string('127.0.0.1', self.port), None)
            return socket

        # Wherever the URL leads.
        self.multi.set_open_func(connect)
        self.assert_succeeds('http://127.0.0.2:9/bytes/10')

    def test_is_let_go(self):
        gone = []

        def make(multi, easy, address):
            socket = self.make()
            socket.weak_ref(lambda: gone.append(True))
            return socket

        self.multi.set_open_func(make)
        self.multi.set_max_idle_connections(0)
        self.assert_succeeds()
        self.wait(lambda: self.multi.get_n_connections() == 0)
        gc.collect()
        self.wait(lambda: gone)

    def assert_refuses(self, func):
        self.multi.set_open_func(func)
        self.assert_fails(Msa.Error.CONNECT)
        self.multi.set_open_func(None)
        self.assert_succeeds()

    def test_none_refuses(self):
        self.assert_refuses(lambda multi, easy, address: None)

    def test_exception_refuses(self):
        with exceptions_of_callbacks() as raised:
            self.assert_refuses(lambda multi, easy, address: 1 // 0)
        self.assertIsInstance(raised[0], ZeroDivisionError)

    def test_wrong_type_refuses(self):
        for wrong in ('socket', 5, Gio.Cancellable()):
            with exceptions_of_callbacks() as raised:
                self.assert_refuses(lambda multi, easy, address, wrong=wrong: wrong)
            self.assertIsInstance(raised[0], TypeError)

    def test_closed_socket_refuses(self):
        def make(multi, easy, address):
            socket = self.make()
            socket.close()
            return socket

        self.assert_refuses(make)

    def test_socket_of_another_kind_is_an_error(self):
        self.multi.set_open_func(lambda multi, easy, address: Gio.Socket.new(
            Gio.SocketFamily.IPV4, Gio.SocketType.DATAGRAM, Gio.SocketProtocol.UDP))
        self.assertIsNotNone(self.run_easy().get_error())

    def test_asked_after_the_address_func(self):
        calls = []
        self.multi.set_address_func(lambda *arguments: calls.append('address') or True)
        self.multi.set_open_func(lambda *arguments: calls.append('open') or self.make())
        self.assert_succeeds()
        self.assertEqual(calls, ['address', 'open'])


class Lists(Connecting):
    """Options that are lists of texts."""

    def test_values(self):
        easy = Msa.Easy()
        for name in ('resolve', 'connect-to'):
            get, put = (getattr(easy, f'{verb}_{name.replace("-", "_")}') for verb in ('get', 'set'))
            # As a property, no list is an empty one in Python.
            for value, shown in ((['a:1:b', 'c'], ['a:1:b', 'c']), ([], []), (None, None), (('x',), ['x'])):
                put(value)
                self.assertEqual(get() or None, shown or None)
                self.assertEqual(easy.get_property(name) or None, shown or None)
                easy.set_property(name, value)
                self.assertEqual(get() or None, shown or None)
            for wrong in (5, [5], easy):
                with self.assertRaises(TypeError):
                    put(wrong)

    def test_connect_to(self):
        easy = self.assert_succeeds('http://other.test/bytes/10', connect_to=[f'other.test:80:127.0.0.1:{self.port}'])
        self.assertEqual(easy.dup_remote_address(), f'127.0.0.1:{self.port}')

    def test_resolve(self):
        self.assert_succeeds(f'http://other.test:{self.port}/bytes/10', resolve=[f'other.test:{self.port}:127.0.0.1'])

    def test_wrong_entries(self):
        for settings in ({'connect_to': ['a']}, {'connect_to': ['']}, {'resolve': ['a:b:c']}, {'resolve': ['']}):
            easy = self.assert_fails(Msa.Error.INVALID_ARGUMENT, **settings)
            self.assertIn(next(iter(settings)).replace('_', '-'), easy.get_error().message)

    def test_empty_lists_change_nothing(self):
        self.assert_succeeds(connect_to=[], resolve=[])

    def test_numbers_out_of_range(self):
        easy = Msa.Easy()
        for name, values in (('local_port', (65536, -1)), ('local_port_range', (65536,)),
                             ('tcp_keepalive_idle_s', (32768,)), ('tcp_keepalive_interval_s', (32768,))):
            before = easy.get_property(name)
            for value in values:
                # GObject warns of what a guint can hold, and PyGObject refuses the rest.
                with warnings.catch_warnings(record=True) as warned:
                    warnings.simplefilter('always')
                    try:
                        easy.set_property(name, value)
                    except (TypeError, OverflowError, ValueError) as error:
                        warned.append(error)
                self.assertEqual(len(warned), 1, (name, value))
                self.assertEqual(easy.get_property(name), before)

    def test_scheme_that_is_left_out(self):
        self.assert_succeeds(self.server.plain.partition('//')[2] + '/bytes/10', default_scheme='http')
        self.assert_fails(Msa.Error.UNSUPPORTED_SCHEME, '127.0.0.1/', default_scheme='gopher')

    def test_local_end(self):
        self.assert_succeeds(local_address='127.0.0.1')
        self.assert_fails(Msa.Error.INVALID_ARGUMENT, local_address='here')
        self.assert_fails(Msa.Error.BIND, interface='no-such-interface')

    def test_unix_socket(self):
        self.assert_fails(Msa.Error.CONNECT, unix_socket_path='/nonexistent/socket')

    def test_ip_version(self):
        self.assert_fails(Msa.Error.RESOLVE, ip_version=Msa.IpVersion.IPV6)

    def test_part_timeouts(self):
        uri = self.server.plain + '/never'
        self.assert_fails(Msa.Error.RESPONSE_TIMED_OUT, uri, response_timeout_ms=20)
        self.multi.set_max_connections(1)
        other = Msa.Easy.new(uri)
        self.multi.add(other)
        self.assert_fails(Msa.Error.QUEUE_TIMED_OUT, uri, queue_timeout_ms=20, priority=100)
        self.multi.remove(other)


class Peers(Connecting):
    def test_nothing_without_tls(self):
        easy = self.assert_succeeds()
        self.assertEqual(len(easy.dup_peer_chain()), 0)
        self.assertIsNone(easy.dup_peer_certificate())
        self.assertEqual(easy.get_peer_errors(), Gio.TlsCertificateFlags.NO_FLAGS)

    def test_verified(self):
        config = Msa.TlsConfig.new_for_ca_file(self.server.ca_file)
        easy = self.assert_succeeds(self.server.tls + '/bytes/10', tls_config=config)
        chain = easy.dup_peer_chain()
        self.assertEqual(len(chain), 1)
        self.assertEqual(easy.get_peer_errors(), Gio.TlsCertificateFlags.NO_FLAGS)
        certificate = easy.dup_peer_certificate()
        self.assertTrue(certificate is None or certificate.props.certificate == chain[0].get_data())
        self.assertEqual(easy.props.peer_certificate is None, certificate is None)
        del easy
        gc.collect()
        ssl.DER_cert_to_PEM_cert(chain[0].get_data())

    def test_refused(self):
        easy = self.assert_fails(Msa.Error.TLS_VERIFY, self.server.tls.replace('localhost', '127.0.0.1') + '/bytes/10')
        self.assertTrue(easy.get_peer_errors() & Gio.TlsCertificateFlags.UNKNOWN_CA)
        self.assertEqual(len(easy.dup_peer_chain()), 1)
        self.assertEqual(easy.props.peer_errors, easy.get_peer_errors())

    def test_pins(self):
        settings = {'ca_file': self.server.ca_file, 'pinned_keys': ['sha256//' + 'A' * 43 + '=']}
        uri = self.server.tls + '/bytes/10'
        self.assert_fails(Msa.Error.TLS_PIN, uri, [('accept-certificate', self.fail)],
                          tls_config=Msa.TlsConfig(**settings))
        self.assert_fails(Msa.Error.INVALID_ARGUMENT, uri, tls_config=Msa.TlsConfig(pinned_keys=['A']))
        self.assertEqual(Msa.TlsConfig(**settings).get_pinned_keys(), settings['pinned_keys'])

    def test_faults_of_a_configuration(self):
        uri = self.server.tls + '/bytes/10'
        for code, settings in ((Msa.Error.INVALID_ARGUMENT, {'priority': 'NO-SUCH-CIPHER'}),
                               (Msa.Error.INVALID_ARGUMENT, {'certificate_file': '/nonexistent'}),
                               (Msa.Error.TLS_CLIENT_CERTIFICATE,
                                {'certificate_file': '/nonexistent', 'key_file': '/nonexistent'}),
                               (Msa.Error.TLS_TRUST_EMPTY, {'ca_file': os.devnull})):
            self.assert_fails(code, uri, tls_config=Msa.TlsConfig(**settings))

    def test_timings(self):
        config = Msa.TlsConfig.new_for_ca_file(self.server.ca_file)
        timings = self.assert_succeeds(self.server.tls + '/bytes/10', tls_config=config).get_timings()
        phases = [Msa.Phase.STARTED, Msa.Phase.RESOLVED, Msa.Phase.CONNECTED, Msa.Phase.SECURED, Msa.Phase.REQUESTED,
                  Msa.Phase.SENT, Msa.Phase.RESPONDED, Msa.Phase.FINISHED]
        times = [timings.get_time_us(phase) for phase in phases]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[0], 0)
        self.assertFalse(timings.is_reused())


class Sessions(Connecting):
    def fetch(self, multi):
        """Whether the session was resumed."""
        lines = []
        self.multi = multi
        self.multi.set_tls_config(Msa.TlsConfig.new_for_ca_file(self.server.ca_file))
        self.multi.set_max_idle_connections(0)
        self.multi.attach(None)
        self.assert_succeeds(self.server.tls + '/bytes/10',
                             [('trace', lambda easy, topic, message: lines.append(message))])
        return any('resumed' in line for line in lines)

    def test_shared_by_two_multis(self):
        store = Msa.TlsSessionStore.new()
        self.assertEqual(store.get_n_sessions(), 0)
        self.assertFalse(self.fetch(Msa.Multi(tls_session_store=store)))
        self.assertGreater(store.get_n_sessions(), 0)
        self.multi = None
        gc.collect()
        self.assertTrue(self.fetch(Msa.Multi(tls_session_store=store)))
        store.clear()
        self.assertEqual(store.get_n_sessions(), 0)
        self.assertFalse(self.fetch(Msa.Multi(tls_session_store=store)))

    def test_own_store(self):
        multi = Msa.Multi()
        self.assertIsInstance(multi.get_tls_session_store(), Msa.TlsSessionStore)
        self.assertFalse(self.fetch(multi))
        self.assertTrue(self.fetch(multi))
        self.assertFalse(self.fetch(Msa.Multi()))

    def test_none(self):
        multi = Msa.Multi(tls_session_store=None)
        multi.set_tls_session_store(None)
        self.assertIsNone(multi.get_tls_session_store())
        self.assertFalse(self.fetch(multi))
        self.assertFalse(self.fetch(multi))


class WrongTypes(unittest.TestCase):
    def test_refused(self):
        easy, multi, store = Msa.Easy(), Msa.Multi(), Msa.TlsSessionStore()
        wrong = [
            (multi.set_address_func, 5),
            (multi.set_open_func, 'socket'),
            (multi.set_resolver, 'resolver'),
            (multi.set_resolver, multi),
            (multi.set_tls_session_store, multi),
            (multi.set_tls_session_store, 5),
            (easy.set_tls_session_store, easy),
            (easy.set_ip_version, 'IPv6'),
            (easy.set_unix_socket_path, 5),
            (easy.set_local_port, 'http'),
            (easy.set_interface, b'lo'),
            (store.clear, 5),
            (Msa.TlsConfig, 5),
        ]
        taken = []
        for function, *arguments in wrong:
            try:
                function(*arguments)
                taken.append((function, arguments))
            except TypeError:
                pass
        self.assertEqual(taken, [])

    def test_properties_of_a_configuration(self):
        for settings in ({'pinned_keys': 5}, {'pinned_keys': [5]}, {'certificate': 'file'}, {'ca_pem': 'text'},
                         {'min_version': 'TLS 1.3'}, {'verify_chains': True}):
            with self.assertRaises(TypeError, msg=settings):
                Msa.TlsConfig(**settings)

    def test_secrets_are_not_read_back(self):
        config = Msa.TlsConfig(key_password='secret', key_pem=GLib.Bytes.new(b'x'))
        for name in ('key-password', 'key-pem'):
            with self.assertRaises(TypeError):
                config.get_property(name)


if __name__ == '__main__':
    tap.main('/msa/python/connecting')

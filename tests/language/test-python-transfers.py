#!/usr/bin/env python3
# test-python-transfers.py: transfers, their results and errors, in Python
#
# On an attached multi, against the server of the examples. The garbage collector is forced in callbacks.
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import socket
import threading
import warnings

import gi

import tap
from support import Case, exceptions_of_callbacks, pattern

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, Msa


class Attached(Case):
    """A multi on the default context that trusts the server."""

    def setUp(self):
        self.multi = Msa.Multi()
        self.multi.set_tls_config(Msa.TlsConfig.new_for_ca_file(self.server.ca_file))
        self.multi.attach(None)

    def start(self, path, base=None, **settings):
        """Adds an easy; its list ends gets what ::completed gives."""
        easy = Msa.Easy(uri=path if '://' in path else (base or self.server.plain) + path, **settings)
        easy.ends = []
        easy.connect('completed', self.note_end)
        self.multi.add(easy)
        return easy

    @staticmethod
    def note_end(easy, error):
        gc.collect()
        easy.ends.append(error)

    def run_easy(self, path, **settings):
        easy = self.start(path, **settings)
        self.wait(lambda: easy.ends)
        self.assertEqual(len(easy.ends), 1)
        return easy

    def assert_fails(self, code, path, **settings):
        easy = self.run_easy(path, **settings)
        self.assert_error(easy.ends[0], code)
        self.assert_error(easy.get_error(), code)
        self.assertEqual(easy.get_state(), Msa.EasyState.DONE)
        self.assertIsNone(easy.get_body())
        return easy


class Results(Attached):
    def test_plain(self):
        easy = self.run_easy('/bytes/1000')
        self.assertEqual(easy.ends, [None])
        self.assertIsNone(easy.get_error())
        self.assertEqual(easy.get_status(), 200)
        self.assertEqual(easy.get_reason_phrase(), 'OK')
        self.assertEqual(easy.get_response_version(), Msa.HttpVersion.HTTP_1_1)
        self.assertEqual(easy.get_content_length(), 1000)
        self.assertEqual(easy.get_bytes_received(), 1000)
        self.assertEqual(easy.get_body().get_data(), pattern(1000))
        self.assertEqual(easy.get_response_headers().get('content-type'), 'application/octet-stream')
        self.assertEqual(easy.dup_effective_uri(), self.server.plain + '/bytes/1000')
        self.assertEqual('http://' + easy.dup_remote_address(), self.server.plain)
        self.assertEqual(easy.get_state(), Msa.EasyState.DONE)

    def test_tls(self):
        easy = self.run_easy('/bytes/100000', base=self.server.tls)
        self.assertEqual(easy.ends, [None])
        self.assertEqual(easy.get_body().get_data(), pattern(100000))

    def test_as_properties(self):
        easy = self.run_easy('/bytes/5')
        self.assertEqual((easy.props.status, easy.props.reason_phrase, easy.props.bytes_received), (200, 'OK', 5))
        self.assertEqual(easy.props.body.get_data(), pattern(5))
        self.assertEqual(easy.props.effective_uri, self.server.plain + '/bytes/5')
        self.assertEqual('http://' + easy.props.remote_address, self.server.plain)
        self.assertEqual(easy.props.response_headers.get('Content-Length'), '5')

    def test_empty_body(self):
        easy = self.run_easy('/bytes/0')
        self.assertEqual(easy.get_body().get_size(), 0)

    def test_no_body_for_head(self):
        easy = self.run_easy('/bytes/10', method='HEAD')
        self.assertEqual((easy.get_bytes_received(), easy.get_body().get_size()), (0, 0))
        self.assertEqual(easy.get_response_headers().get('Content-Length'), '10')

    def test_chunked_and_trailer(self):
        easy = self.run_easy('/chunked/200000')
        self.assertEqual(easy.get_body().get_data(), pattern(200000))
        self.assertEqual(easy.get_content_length(), -1)
        self.assertEqual(easy.get_headers(Msa.HeaderOrigin.TRAILER, 0).get('X-Sum'), 'none')
        self.assertIsNone(easy.get_headers(Msa.HeaderOrigin.TRAILER, 1))

    def test_status_is_no_error(self):
        easy = self.run_easy('/status/404')
        self.assertEqual((easy.ends, easy.get_status()), ([None], 404))

    def test_body_and_headers_are_sent(self):
        easy = Msa.Easy(uri=self.server.plain + '/echo', user_agent='test/1')
        easy.set_body('text/x-test', GLib.Bytes.new(pattern(70000)))
        easy.get_request_headers().append('X-Test', 'yes')
        self.assertTrue(easy.run_sync(None))
        self.assertEqual(easy.get_body().get_data(), pattern(70000))
        self.assertEqual(easy.get_bytes_sent(), 70000)
        easy.set_uri(self.server.plain + '/request')
        self.assertTrue(easy.run_sync(None))
        head = easy.get_body().get_data().decode()
        self.assertTrue(head.startswith('POST /request HTTP/1.1\r\n'), head)
        for line in ('X-Test: yes', 'Content-Type: text/x-test', 'User-Agent: test/1'):
            self.assertIn(f'\r\n{line}\r\n', head)

    def test_body_outlives_its_easy(self):
        easy = self.run_easy('/bytes/1000')
        body = easy.get_body()
        del easy
        gc.collect()
        self.assertEqual(body.get_data(), pattern(1000))


class Signals(Attached):
    def test_order(self):
        order = []
        self.multi.connect('completed', lambda multi, easy, error: order.append(('multi', easy, error)))
        easy = Msa.Easy.new(self.server.plain + '/hints')
        easy.connect('informational', lambda easy, status, headers: order.append((status, headers.get('link'))))
        easy.connect('headers', lambda easy: order.append((easy.get_status(), easy.get_bytes_received())))
        easy.connect('completed', lambda easy, error: order.append(('easy', error)))
        self.multi.add(easy)
        self.wait(lambda: len(order) == 4)
        self.assertEqual(order, [(103, '</style.css>; rel=preload'), (200, 0), ('easy', None), ('multi', easy, None)])

    def test_error_on_both(self):
        errors = []
        self.multi.connect('completed', lambda multi, easy, error: errors.append(error))
        easy = self.run_easy('gopher://127.0.0.1/')
        self.wait(lambda: errors)
        self.assert_error(errors[0], Msa.Error.UNSUPPORTED_SCHEME)
        self.assert_error(easy.ends[0], Msa.Error.UNSUPPORTED_SCHEME)

    def test_counters_notify(self):
        seen = []
        self.multi.connect('notify::n-running', lambda multi, pspec: seen.append(multi.get_n_running()))
        easy = self.start('/never')
        self.wait(lambda: seen == [1])
        self.multi.remove(easy)
        self.wait(lambda: seen == [1, 0])

    def test_state_notifies(self):
        seen = []
        easy = self.start('/bytes/1')
        easy.connect('notify::state', lambda easy, pspec: seen.append(easy.get_state()))
        self.wait(lambda: easy.ends)
        self.assertEqual(seen[-1], Msa.EasyState.DONE)

    def test_data(self):
        parts = []
        for path in ('/bytes/300000', '/chunked/300000'):
            easy = Msa.Easy.new(self.server.plain + path)
            easy.ends = []
            easy.connect('data', lambda easy, part: parts.append(part) or gc.collect())
            easy.connect('completed', self.note_end)
            self.multi.add(easy)
            self.wait(lambda: easy.ends)
            self.assertEqual(easy.ends, [None])
            # They are kept past their easy.
            del easy
            gc.collect()
            self.assertEqual(b''.join(part.get_data() for part in parts), pattern(300000))
            self.assertLessEqual(max(part.get_size() for part in parts), 65536)
            parts.clear()

    def test_exception_in_a_handler_of_data(self):
        with exceptions_of_callbacks() as raised:
            easy = Msa.Easy.new(self.server.plain + '/bytes/1')
            easy.ends = []
            easy.connect('data', lambda easy, part: 1 // 0)
            easy.connect('completed', self.note_end)
            self.multi.add(easy)
            self.wait(lambda: easy.ends)
        self.assertIsInstance(raised[0], ZeroDivisionError)
        self.assertEqual(easy.ends, [None])

    def test_trace(self):
        lines = []
        easy = Msa.Easy.new(self.server.plain + '/bytes/1')
        easy.get_request_headers().append('Authorization', 'Basic s3cret')
        easy.connect('trace', lambda easy, topic, message: lines.append((topic, message)) or gc.collect())
        easy.connect('completed', lambda easy, error: lines.append(('end', error)))
        self.multi.add(easy)
        self.wait(lambda: lines and lines[-1][0] == 'end')
        self.assertEqual(lines[-1], ('end', None))
        self.assertEqual({topic for topic, message in lines[:-1]}, {'transfer', 'conn', 'dns', 'socket', 'http'})
        text = '\n'.join(message for topic, message in lines[:-1])
        self.assertRegex(text, r'(?m)^\d+\.\d{6} \[conn \d+\] > GET /bytes/1 HTTP/1\.1$')
        self.assertIn('> Authorization: (masked)', text)
        self.assertNotIn('s3cret', text)

    def test_exception_in_a_handler_of_trace(self):
        with exceptions_of_callbacks() as raised:
            easy = Msa.Easy.new(self.server.plain + '/bytes/1')
            easy.ends = []
            easy.connect('trace', lambda easy, topic, message: 1 // 0)
            easy.connect('completed', self.note_end)
            self.multi.add(easy)
            self.wait(lambda: easy.ends)
        self.assertIsInstance(raised[0], ZeroDivisionError)
        self.assertEqual(easy.ends, [None])

    def test_exception_in_a_handler_harms_nothing(self):
        with exceptions_of_callbacks() as raised:
            easy = Msa.Easy.new(self.server.plain + '/bytes/1')
            easy.connect('completed', lambda easy, error: 1 // 0)
            self.multi.add(easy)
            self.wait(lambda: raised)
        self.assertIsInstance(raised[0], ZeroDivisionError)
        self.assertEqual(self.run_easy('/bytes/1').ends, [None])

    def test_added_again_by_its_own_handler(self):
        sizes = []

        def again(easy, error):
            sizes.append(easy.get_body().get_size())
            if len(sizes) < 20:
                easy.set_uri(f'{self.server.plain}/bytes/{len(sizes)}')
                self.multi.add(easy)

        easy = Msa.Easy.new(self.server.plain + '/bytes/0')
        easy.connect('completed', again)
        self.multi.add(easy)
        self.wait(lambda: len(sizes) == 20)
        self.assertEqual(sizes, list(range(20)))

    def test_handler_removes_another(self):
        other = self.start('/never')
        first = self.start('/bytes/1')
        first.connect('completed', lambda easy, error: self.multi.remove(other))
        self.wait(lambda: self.multi.get_n_running() == 0)
        self.assertEqual((first.ends, other.ends), ([None], []))


class Errors(Attached):
    def test_bad_uri(self):
        easy = self.assert_fails(Msa.Error.BAD_URI, 'http://')
        self.assertTrue(easy.ends[0].message)
        self.assertEqual(easy.ends[0].domain, 'msa-error-quark')

    def test_unsupported_scheme(self):
        self.assert_fails(Msa.Error.UNSUPPORTED_SCHEME, 'gopher://127.0.0.1/')

    def test_invalid_argument(self):
        self.assert_fails(Msa.Error.INVALID_ARGUMENT, '/bytes/1', method='GE T')

    def test_connect(self):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            self.assert_fails(Msa.Error.CONNECT, f'http://127.0.0.1:{unused.getsockname()[1]}/')

    def test_timed_out(self):
        self.assert_fails(Msa.Error.TIMED_OUT, '/never', timeout_ms=50)

    def test_truncated(self):
        self.assert_fails(Msa.Error.TRUNCATED, '/truncated/1000')

    def test_too_large(self):
        self.assert_fails(Msa.Error.TOO_LARGE, '/bytes/1000', max_body_bytes=999)
        self.assert_fails(Msa.Error.TOO_LARGE, '/chunked/1000', max_body_bytes=999)

    def test_tls_verify(self):
        self.multi.set_tls_config(None)
        self.assert_fails(Msa.Error.TLS_VERIFY, '/bytes/1', base=self.server.tls)

    def test_tls_trust(self):
        config = Msa.TlsConfig.new_for_ca_file('/nonexistent/ca.pem')
        easy = self.assert_fails(Msa.Error.TLS_TRUST, '/bytes/1', base=self.server.tls, tls_config=config)
        self.assertIn('/nonexistent/ca.pem', easy.ends[0].message)

    def test_already_added(self):
        easy = self.start('/never')
        error = self.assert_raises(Msa.Error.ALREADY_ADDED, self.multi.add, easy)
        self.assertIn('/never', error.message)
        self.assert_raises(Msa.Error.ALREADY_ADDED, Msa.Multi().add, easy)
        self.multi.remove(easy)
        self.multi.remove(easy)

    def test_run_sync(self):
        self.assert_raises(Msa.Error.BAD_URI, Msa.Easy.new('http://').run_sync, None)

    def test_kept_after_the_run(self):
        error = self.assert_fails(Msa.Error.BAD_URI, 'http://').ends[0]
        gc.collect()
        self.assertTrue(error.message)
        self.assertTrue(error.copy().matches(Msa.Error.quark(), Msa.Error.BAD_URI))


class WriteFunc(Attached):
    def write(self, path, func, **settings):
        easy = Msa.Easy(uri=self.server.plain + path, **settings)
        easy.ends = []
        easy.connect('completed', self.note_end)
        easy.set_write_func(func)
        self.multi.add(easy)
        return easy

    def test_gets_bytes(self):
        parts = []

        def take(easy, data, length):
            gc.collect()
            self.assertIsInstance(easy, Msa.Easy)
            self.assertIsInstance(data, bytes)
            self.assertEqual(len(data), length)
            self.assertTrue(0 < length <= 65536)
            parts.append(data)
            return Msa.WriteResult.CONTINUE

        easy = self.write('/bytes/500000', take)
        self.wait(lambda: easy.ends)
        self.assertEqual(easy.ends, [None])
        self.assertEqual(b''.join(parts), pattern(500000))
        self.assertIsNone(easy.get_body())
        self.assertEqual(easy.get_bytes_received(), 500000)

    def test_refusing(self):
        easy = self.write('/bytes/10', lambda easy, data, length: Msa.WriteResult.ABORT)
        self.wait(lambda: easy.ends)
        self.assert_error(easy.ends[0], Msa.Error.WRITE)

    def test_forgotten_return_refuses(self):
        with exceptions_of_callbacks():
            easy = self.write('/bytes/10', lambda easy, data, length: None)
            self.wait(lambda: easy.ends)
        self.assert_error(easy.ends[0], Msa.Error.WRITE)

    def test_exception_refuses(self):
        with exceptions_of_callbacks() as raised:
            easy = self.write('/bytes/10', lambda easy, data, length: 1 // 0)
            self.wait(lambda: easy.ends)
        self.assert_error(easy.ends[0], Msa.Error.WRITE)
        self.assertIsInstance(raised[0], ZeroDivisionError)

    def test_coroutine_refuses(self):
        async def take(easy, data, length):
            return Msa.WriteResult.CONTINUE

        with exceptions_of_callbacks(), warnings.catch_warnings():
            # That nobody awaits it.
            warnings.simplefilter('ignore')
            easy = self.write('/bytes/10', take)
            self.wait(lambda: easy.ends)
        self.assert_error(easy.ends[0], Msa.Error.WRITE)

    def test_unknown_value_refuses(self):
        with exceptions_of_callbacks():
            easy = self.write('/bytes/10', lambda easy, data, length: 77)
            self.wait(lambda: easy.ends)
        self.assert_error(easy.ends[0], Msa.Error.WRITE)

    def test_pause_gives_the_same_bytes_again(self):
        calls = []

        def take(easy, data, length):
            calls.append(data)
            if len(calls) > 1:
                return Msa.WriteResult.CONTINUE
            GLib.idle_add(easy.resume, Msa.Directions.RECEIVE)
            return Msa.WriteResult.PAUSE

        easy = self.write('/bytes/100', take)
        self.wait(lambda: easy.ends)
        self.assertEqual(easy.ends, [None])
        self.assertEqual(calls, [pattern(100), pattern(100)])

    def test_pause_from_outside(self):
        received = []

        def take(easy, data, length):
            received.append(length)
            easy.pause(Msa.Directions.BOTH)
            GLib.idle_add(easy.resume, Msa.Directions.BOTH)
            return Msa.WriteResult.CONTINUE

        easy = self.write('/bytes/300000', take)
        self.wait(lambda: easy.ends)
        self.assertEqual(easy.ends, [None])
        self.assertEqual(sum(received), 300000)

    def test_replaced_within_itself(self):
        calls = []

        def second(easy, data, length):
            calls.append('second')
            return Msa.WriteResult.CONTINUE

        def first(easy, data, length):
            easy.set_write_func(second)
            gc.collect()
            calls.append('first')
            return Msa.WriteResult.CONTINUE

        easy = self.write('/bytes/10', first)
        del first
        self.wait(lambda: easy.ends)
        self.multi.add(easy)
        self.wait(lambda: len(easy.ends) == 2)
        self.assertEqual((calls, easy.ends), (['first', 'second'], [None, None]))

    def test_cleared_within_itself(self):
        def take(easy, data, length):
            easy.set_write_func(None)
            gc.collect()
            return Msa.WriteResult.CONTINUE

        easy = self.write('/bytes/10', take)
        self.wait(lambda: easy.ends)
        self.assertIsNone(easy.get_body())
        self.multi.add(easy)
        self.wait(lambda: len(easy.ends) == 2)
        self.assertEqual(easy.get_body().get_data(), pattern(10))

    def test_removes_its_easy(self):
        def take(easy, data, length):
            self.multi.remove(easy)
            gc.collect()
            return Msa.WriteResult.CONTINUE

        easy = self.write('/bytes/1000000', take)
        self.wait(lambda: self.multi.get_n_running() == 0)
        self.assertEqual(self.run_easy('/bytes/1').ends, [None])
        self.assertEqual(easy.ends, [])

    def test_is_dropped_with_its_easy(self):
        class Func:
            def __call__(self, easy, data, length):
                return Msa.WriteResult.CONTINUE

            def __del__(self):
                dropped.append(True)

        dropped = []
        easy = self.write('/bytes/10', Func())
        self.wait(lambda: easy.ends)
        easy.set_write_func(None)
        gc.collect()
        # The last run's record may hold it until the next.
        del easy
        gc.collect()
        self.wait(lambda: dropped)


class Async(Attached):
    def ended(self, start, *arguments):
        """Starts an asynchronous call and gives what its callback got."""
        results = []
        start(*arguments, lambda source, result: (gc.collect(), results.append((source, result))))
        gc.collect()
        self.wait(lambda: results)
        self.assertIs(results[0][0], self.multi)
        return results[0][1]

    def test_fetch(self):
        result = self.ended(self.multi.fetch_async, self.server.plain + '/bytes/1000', None)
        self.assertEqual(self.multi.fetch_finish(result).get_data(), pattern(1000))

    def test_fetch_of_nothing(self):
        result = self.ended(self.multi.fetch_async, self.server.plain + '/bytes/0', None)
        self.assertEqual(self.multi.fetch_finish(result).get_size(), 0)

    def test_fetch_fails_on_status(self):
        result = self.ended(self.multi.fetch_async, self.server.plain + '/status/404', None)
        error = self.assert_raises(Msa.Error.HTTP_STATUS, self.multi.fetch_finish, result)
        self.assertIn('404', error.message)

    def test_fetch_fails(self):
        result = self.ended(self.multi.fetch_async, 'http://', None)
        self.assert_raises(Msa.Error.BAD_URI, self.multi.fetch_finish, result)

    def test_fetch_with_user_data(self):
        results = []
        self.multi.fetch_async(self.server.plain + '/bytes/1', None, lambda *arguments: results.append(arguments), 'a')
        self.wait(lambda: results)
        self.assertEqual((results[0][0], results[0][2]), (self.multi, 'a'))

    def test_run(self):
        easy = Msa.Easy.new(self.server.plain + '/bytes/10')
        result = self.ended(self.multi.run_async, easy, GLib.PRIORITY_DEFAULT, None)
        self.assertTrue(self.multi.run_finish(result))
        self.assertEqual(easy.get_body().get_data(), pattern(10))

    def test_run_comes_after_the_signals(self):
        order = []
        easy = self.start('/bytes/1')
        self.wait(lambda: easy.ends)
        easy.connect('completed', lambda easy, error: order.append('easy'))
        self.multi.connect('completed', lambda multi, easy, error: order.append('multi'))
        self.multi.run_async(easy, 0, None, lambda multi, result: order.append('call'))
        self.wait(lambda: len(order) == 3)
        self.assertEqual(order, ['easy', 'multi', 'call'])

    def test_run_cancelled(self):
        cancellable = Gio.Cancellable()
        easy = Msa.Easy.new(self.server.plain + '/never')
        GLib.idle_add(cancellable.cancel)
        result = self.ended(self.multi.run_async, easy, 0, cancellable)
        with self.assertRaises(GLib.Error) as caught:
            self.multi.run_finish(result)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_run_removed(self):
        easy = Msa.Easy.new(self.server.plain + '/never')
        GLib.idle_add(self.multi.remove, easy)
        result = self.ended(self.multi.run_async, easy, 0, None)
        with self.assertRaises(GLib.Error) as caught:
            self.multi.run_finish(result)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_without_a_driver_attaches(self):
        self.multi.detach()
        result = self.ended(self.multi.fetch_async, self.server.plain + '/bytes/1', None)
        self.assertEqual(self.multi.fetch_finish(result).get_data(), pattern(1))

    def test_close(self):
        easy = self.start('/bytes/100000')
        result = self.ended(self.multi.close_async, None)
        self.assertTrue(self.multi.close_finish(result))
        self.assertEqual(easy.ends, [None])
        self.assertEqual(self.multi.get_n_connections(), 0)
        self.assert_raises(Msa.Error.CLOSED, self.multi.add, easy)
        result = self.ended(self.multi.close_async, None)
        self.assert_raises(Msa.Error.CLOSED, self.multi.close_finish, result)


class Lists(Attached):
    def test_transfers(self):
        easies = [self.start('/never') for _ in range(3)]
        transfers = self.multi.get_transfers()
        self.assertEqual(transfers.get_item_type(), Msa.Easy.__gtype__)
        self.assertEqual([transfers.get_item(i) for i in range(transfers.get_n_items())], easies)
        changes = []
        transfers.connect('items-changed', lambda model, *change: changes.append(change))
        self.multi.remove(easies[1])
        self.assertEqual(changes, [])
        self.wait(lambda: changes)
        self.assertEqual(changes, [(1, 1, 0)])
        self.assertEqual([easy for easy in transfers], [easies[0], easies[2]])
        for easy in easies:
            self.multi.remove(easy)

    def test_finished_are_kept_if_wanted(self):
        self.multi.set_keep_finished(True)
        easy = self.run_easy('/bytes/1')
        self.assertEqual(self.multi.get_transfers().get_n_items(), 1)
        self.multi.remove(easy)

    def test_limits_keep_the_rest_waiting(self):
        self.multi.set_max_connections(1)
        easies = [self.start('/never') for _ in range(3)]
        self.wait(lambda: self.multi.get_n_pending() == 2)
        self.assertEqual((self.multi.get_n_running(), self.multi.get_n_connections()), (3, 1))
        for easy in easies:
            self.multi.remove(easy)


class MappingResolver(Gio.Resolver):
    """Knows one name, and says no to others; called in threads of the library's own."""

    def __init__(self):
        super().__init__()
        self.threads = set()

    def do_lookup_by_name_with_flags(self, hostname, flags, cancellable):
        self.threads.add(threading.get_ident())
        gc.collect()
        if hostname != 'python.test':
            raise GLib.Error.new_literal(Gio.ResolverError.quark(), 'no such name in Python',
                                         Gio.ResolverError.NOT_FOUND)
        if flags == Gio.ResolverNameLookupFlags.IPV6_ONLY:
            return []
        return [Gio.InetAddress.new_from_string('127.0.0.1')]


class Resolver(Attached):
    def setUp(self):
        super().setUp()
        self.resolver = MappingResolver()
        self.multi.set_resolver(self.resolver)

    def test_answer(self):
        base = self.server.plain.replace('127.0.0.1', 'python.test')
        easy = self.run_easy('/bytes/10', base=base)
        self.assertEqual(easy.ends, [None])
        self.assertEqual('http://' + easy.dup_remote_address(), self.server.plain)
        self.assertNotIn(threading.get_ident(), self.resolver.threads)

    def test_failure(self):
        easy = self.assert_fails(Msa.Error.RESOLVE, 'http://other.test/')
        self.assertEqual(easy.get_error().message, "Could not resolve host 'other.test': no such name in Python")

    def test_pins_of_an_easy(self):
        port = self.server.plain.rpartition(':')[2]
        easy = self.run_easy(f'http://other.test:{port}/bytes/10', resolve=[f'other.test:{port}:127.0.0.1'])
        self.assertEqual((easy.ends, self.resolver.threads), ([None], set()))


class References(Attached):
    def gone(self, thing):
        """A list that gets an item when the GObject is finalized."""
        events = []
        thing.weak_ref(lambda: events.append(True))
        return events

    def test_easy_goes_after_its_run(self):
        ends = []
        easy = Msa.Easy.new(self.server.plain + '/bytes/10')
        easy.connect('completed', lambda easy, error: ends.append((easy.get_body().get_size(), error)))
        gone = self.gone(easy)
        self.multi.add(easy)
        del easy
        gc.collect()
        self.wait(lambda: ends)
        gc.collect()
        self.wait(lambda: gone)
        self.assertEqual(ends, [(10, None)])

    def test_multi_goes_after_the_last_run(self):
        ends = []
        multi = Msa.Multi()
        multi.attach(None)
        gone = self.gone(multi)
        for _ in range(10):
            easy = Msa.Easy.new(self.server.plain + '/bytes/10')
            easy.connect('completed', lambda easy, error: ends.append(error))
            multi.add(easy)
        del multi, easy
        gc.collect()
        self.assertEqual(gone, [])
        self.wait(lambda: len(ends) == 10 and gone)
        self.assertEqual(ends, [None] * 10)

    def test_multi_dropped_in_a_handler(self):
        ends = []
        held = {'multi': Msa.Multi()}
        gone = self.gone(held['multi'])

        def drop(easy, error):
            held.clear()
            gc.collect()
            ends.append(error)

        held['multi'].attach(None)
        for _ in range(5):
            easy = Msa.Easy.new(self.server.plain + '/bytes/10')
            easy.connect('completed', drop)
            held['multi'].add(easy)
        del easy
        self.wait(lambda: len(ends) == 5 and gone)

    def test_multi_that_is_not_attached_goes_at_once(self):
        ends = []
        multi = Msa.Multi()
        gone = self.gone(multi)
        easy = Msa.Easy.new(self.server.plain + '/never')
        easy.connect('completed', lambda easy, error: ends.append(error))
        multi.add(easy)
        multi.perform()
        del multi
        gc.collect()
        self.assertEqual((gone, ends), ([True], []))
        self.multi.add(easy)
        self.multi.remove(easy)

    def test_cycle_over_a_signal_is_collected(self):
        easy = Msa.Easy.new(self.server.plain + '/bytes/10')
        easy.connect('completed', lambda *arguments: easy)
        gone = self.gone(easy)
        del easy
        gc.collect()
        self.assertEqual(gone, [True])

    def test_nested_loop_in_a_handler(self):
        ends = []

        def nest(easy, error):
            inner = self.start('/bytes/20')
            self.wait(lambda: inner.ends)
            ends.append(inner.get_body().get_size())

        easy = Msa.Easy.new(self.server.plain + '/bytes/10')
        easy.connect('completed', nest)
        self.multi.add(easy)
        self.wait(lambda: ends)
        self.assertEqual(ends, [20])


class Thousand(Attached):
    def test_plain_and_tls_under_collection(self):
        self.multi.set_max_connections_per_host(50)
        ends = []

        def completed(easy, error):
            gc.collect()
            ends.append((easy.number, error, easy.get_body().get_data() == pattern(easy.number)))

        for number in range(1000):
            base = self.server.tls if number % 2 else self.server.plain
            easy = Msa.Easy.new(f'{base}/{"bytes" if number % 4 < 2 else "chunked"}/{number}')
            easy.number = number
            easy.connect('completed', completed)
            self.multi.add(easy)
            if number % 100 == 0:
                gc.collect()
        del easy
        self.wait(lambda: len(ends) == 1000)
        self.assertEqual(sorted(ends), [(number, None, True) for number in range(1000)])
        self.assertEqual(self.multi.get_n_running(), 0)

    def test_write_funcs_under_collection(self):
        self.multi.set_max_connections_per_host(50)
        received, ends = {}, []

        def take(easy, data, length):
            if length % 7 == 0:
                gc.collect()
            received[easy.number] = received.get(easy.number, b'') + data
            return Msa.WriteResult.CONTINUE

        for number in range(500):
            easy = Msa.Easy.new(f'{self.server.tls if number % 2 else self.server.plain}/bytes/{number + 1}')
            easy.number = number
            easy.set_write_func(take)
            easy.connect('completed', lambda easy, error: ends.append(error))
            self.multi.add(easy)
        self.wait(lambda: len(ends) == 500)
        self.assertEqual(ends, [None] * 500)
        for number in range(500):
            self.assertEqual(received[number], pattern(number + 1))


if __name__ == '__main__':
    tap.main('/msa/python/transfers')

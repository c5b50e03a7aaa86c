#!/usr/bin/env python3
# test-python-drivers.py: loops of Python's own that drive a multi
#
# selectors with the two functions, asyncio with the exported descriptor, perform and poll, poll with the list of
# descriptors; switching among them, and functions that are replaced from within themselves.
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import gc
import select
import selectors
import threading
import time

import gi

import tap
from support import DEADLINE_S, Case, pattern

gi.require_version('Msa', '1')
from gi.repository import GLib, Msa

IN, OUT = Msa.SocketEvents.IN, Msa.SocketEvents.OUT


class Selector:
    """Drives a multi by its two functions, and holds it to what they promise."""

    def __init__(self, multi):
        self.selector = selectors.DefaultSelector()
        self.deadline = None
        self.n_events = 0
        self.in_timer_func = False
        multi.set_socket_func(self.watch)
        multi.set_timer_func(self.set_timer)

    def watch(self, multi, fd, wanted, removed):
        gc.collect(0)
        mask = (selectors.EVENT_READ if wanted & IN else 0) | (selectors.EVENT_WRITE if wanted & OUT else 0)
        known = self.selector.get_map().get(fd)
        if removed:
            assert known is not None, f'{fd} is removed, but was not announced'
            assert wanted == 0, f'{fd} is removed, but wanted'
            self.selector.unregister(fd)
        elif known is None:
            self.selector.register(fd, mask)
        else:
            assert known.events != mask, f'{fd} is announced without a change'
            self.selector.modify(fd, mask)

    def set_timer(self, multi, timeout_ms):
        self.deadline = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    def turn(self, multi):
        wait = DEADLINE_S if self.deadline is None else max(0, self.deadline - time.monotonic())
        ready = self.selector.select(wait)
        for key, mask in ready:
            events = (IN if mask & selectors.EVENT_READ else 0) | (OUT if mask & selectors.EVENT_WRITE else 0)
            self.n_events += 1
            multi.socket_action(key.fd, Msa.SocketEvents(events))
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self.deadline = None
            multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)

    def close(self):
        assert not self.selector.get_map(), 'not all was removed'
        self.selector.close()


class Driven(Case):
    def setUp(self):
        self.multi = Msa.Multi(max_connections_per_host=20)
        self.multi.set_tls_config(Msa.TlsConfig.new_for_ca_file(self.server.ca_file))
        self.ends = []

    def add_all(self, count):
        for number in range(count):
            easy = Msa.Easy.new(f'{self.server.tls if number % 2 else self.server.plain}/bytes/{number * 100}')
            easy.number = number
            easy.connect('completed', self.note_end)
            self.multi.add(easy)

    def note_end(self, easy, error):
        gc.collect()
        self.ends.append((easy.number, error, easy.get_body() and easy.get_body().get_data() == pattern(easy.number * 100)))

    def assert_all(self, count):
        self.assertEqual(sorted(self.ends), [(number, None, True) for number in range(count)])
        self.assertEqual(self.multi.get_n_running(), 0)


class Functions(Driven):
    def test_selectors(self):
        driver = Selector(self.multi)
        self.add_all(200)
        while len(self.ends) < 200:
            driver.turn(self.multi)
        self.assert_all(200)
        self.assertGreater(driver.n_events, 50)
        self.multi.detach()
        driver.close()

    def test_n_running(self):
        driver = Selector(self.multi)
        self.add_all(3)
        self.assertEqual(self.multi.socket_action(Msa.SOCKET_TIMEOUT, 0), (True, 3))
        while self.ends == []:
            driver.turn(self.multi)
        while True:
            good, n_running = self.multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)
            self.assertTrue(good)
            if n_running == 0:
                break
            driver.turn(self.multi)
        self.assert_all(3)
        self.multi.detach()
        driver.close()

    def test_unknown_descriptors_do_no_harm(self):
        self.assertTrue(self.multi.socket_action(0, IN)[0])
        self.assertTrue(self.multi.socket_action(9999, IN | OUT)[0])
        self.assertTrue(self.multi.socket_action(-7, Msa.SocketEvents.ERR)[0])

    def test_detach_removes_all(self):
        driver = Selector(self.multi)
        easy = Msa.Easy.new(self.server.plain + '/never')
        self.multi.add(easy)
        while easy.get_state() != Msa.EasyState.WAITING:
            driver.turn(self.multi)
        self.assertGreaterEqual(len(driver.selector.get_map()), 1)
        self.multi.detach()
        driver.close()

    def test_socket_func_replaced_within_itself(self):
        calls = []

        def make(number):
            def watch(multi, fd, wanted, removed):
                calls.append((number, fd, int(wanted), removed))
                if number < 3 and not removed:
                    multi.set_socket_func(make(number + 1))
                gc.collect()
                calls.append(number)

            return watch

        self.multi.set_socket_func(make(0))
        self.add_all(1)
        while not self.ends:
            self.multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)
            for call in [call for call in calls if isinstance(call, tuple)]:
                self.multi.socket_action(call[1], Msa.SocketEvents.NONE)
        self.assert_all(1)
        # Each returned, and the next heard anew what is wanted.
        numbers = [call for call in calls if isinstance(call, int)]
        self.assertEqual(sorted(set(numbers)), [0, 1, 2, 3])
        self.assertEqual(len(numbers), len([call for call in calls if isinstance(call, tuple)]))
        self.multi.detach()
        announced = {}
        for number, fd, wanted, removed in [call for call in calls if isinstance(call, tuple)]:
            if removed:
                self.assertIn((number, fd), announced)
                del announced[number, fd]
            else:
                announced[number, fd] = wanted
        self.assertEqual(announced, {})

    def test_timer_func_cleared_within_itself(self):
        calls = []

        def set_timer(multi, timeout_ms):
            calls.append(timeout_ms)
            multi.set_timer_func(None)
            gc.collect()

        self.multi.set_timer_func(set_timer)
        self.add_all(1)
        self.assertEqual(calls, [0] if calls[0] == 0 else [-1])
        del set_timer
        gc.collect()
        self.multi.attach(None)
        self.wait(lambda: self.ends)
        self.assert_all(1)

    def test_functions_are_dropped_once_replaced(self):
        class Func:
            def __call__(self, *arguments):
                pass

            def __del__(self):
                dropped.append(True)

        dropped = []
        for _ in range(10):
            self.multi.set_socket_func(Func())
            self.multi.set_timer_func(Func())
        gc.collect()
        self.assertEqual(len(dropped), 18)
        self.multi.detach()
        gc.collect()
        self.assertEqual(len(dropped), 20)

    def test_timeout_is_announced(self):
        driver = Selector(self.multi)
        easy = Msa.Easy(uri=self.server.plain + '/never', timeout_ms=100)
        easy.number = 0
        easy.connect('completed', self.note_end)
        self.multi.add(easy)
        while not self.ends:
            driver.turn(self.multi)
        self.assert_error(self.ends[0][1], Msa.Error.TIMED_OUT)
        self.multi.detach()
        driver.close()


class Descriptor(Driven):
    def test_asyncio(self):
        async def fetch(path):
            future = asyncio.get_running_loop().create_future()
            easy = Msa.Easy.new(self.server.tls + path)
            easy.connect('completed', lambda easy, error: future.set_result(error))
            self.multi.add(easy)
            error = await future
            gc.collect()
            if error:
                raise error
            return easy.get_body().get_data()

        async def fetch_all():
            loop = asyncio.get_running_loop()
            fd = self.multi.get_fd()
            self.assertGreaterEqual(fd, 0)
            loop.add_reader(fd, self.multi.perform)
            bodies = await asyncio.gather(*(fetch(f'/bytes/{number}') for number in range(100)))
            with self.assertRaises(GLib.Error) as caught:
                await fetch('/truncated/10')
            loop.remove_reader(fd)
            self.assert_error(caught.exception, Msa.Error.TRUNCATED)
            return bodies

        bodies = asyncio.run(asyncio.wait_for(fetch_all(), DEADLINE_S))
        self.assertEqual(bodies, [pattern(number) for number in range(100)])

    def test_deadline_makes_it_readable(self):
        easy = Msa.Easy(uri=self.server.plain + '/never', timeout_ms=100)
        easy.number = 0
        easy.connect('completed', self.note_end)
        fd = self.multi.get_fd()
        self.multi.add(easy)
        while not self.ends:
            self.assertNotEqual(select.select([fd], [], [], DEADLINE_S)[0], [])
            self.multi.perform()
        self.assert_error(self.ends[0][1], Msa.Error.TIMED_OUT)

    def test_wakeup_from_a_thread(self):
        fd = self.multi.get_fd()
        self.multi.perform()
        self.assertEqual(select.select([fd], [], [], 0)[0], [])
        thread = threading.Thread(target=self.multi.wakeup)
        thread.start()
        self.assertEqual(select.select([fd], [], [], DEADLINE_S)[0], [fd])
        thread.join()
        self.multi.perform()
        self.assertEqual(select.select([fd], [], [], 0)[0], [])


class Performing(Driven):
    def test_perform_and_poll(self):
        self.add_all(100)
        deadline = time.monotonic() + DEADLINE_S
        while self.multi.perform()[1] > 0:
            self.assertLess(time.monotonic(), deadline)
            good, n_ready = self.multi.poll(1000)
            self.assertTrue(good)
            self.assertGreaterEqual(n_ready, 0)
        self.assert_all(100)
        self.assertEqual(tuple(self.multi.info_read()), (None, 0))

    def test_messages(self):
        easies = [Msa.Easy.new(f'{self.server.plain}/bytes/{number}') for number in range(10)]
        easies.append(Msa.Easy.new('http://'))
        for easy in easies:
            self.multi.add(easy)
        while self.multi.perform()[1] > 0:
            self.multi.poll(1000)
        read = []
        for n_left in range(10, -1, -1):
            easy, left = self.multi.info_read()
            gc.collect()
            self.assertEqual(left, n_left)
            read.append(easy)
        self.assertEqual(tuple(self.multi.info_read()), (None, 0))
        self.assertEqual({id(easy) for easy in read}, {id(easy) for easy in easies})
        self.assert_error(easies[10].get_error(), Msa.Error.BAD_URI)

    def test_messages_own_what_they_name(self):
        easy = Msa.Easy.new(self.server.plain + '/bytes/10')
        self.multi.add(easy)
        del easy
        while self.multi.perform()[1] > 0:
            self.multi.poll(1000)
        gc.collect()
        easy, left = self.multi.info_read()
        self.assertEqual((easy.get_body().get_data(), left), (pattern(10), 0))

    def test_wakeup_ends_poll(self):
        timer = threading.Timer(0.05, self.multi.wakeup)
        timer.start()
        self.assertTrue(self.multi.poll(-1)[0])
        timer.join()

    def test_poll_descriptors(self):
        self.multi.set_socket_func(lambda *arguments: None)
        self.add_all(50)
        self.multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)
        deadline = time.monotonic() + DEADLINE_S
        while len(self.ends) < 50:
            self.assertLess(time.monotonic(), deadline)
            poll = select.poll()
            for wanted in self.multi.get_poll_fds() or []:
                self.assertTrue(wanted.events)
                poll.register(wanted.fd, wanted.events)
            timeout_ms = self.multi.get_timeout_ms()
            for fd, events in poll.poll(timeout_ms if timeout_ms >= 0 else 1000):
                self.multi.socket_action(fd, Msa.SocketEvents(events & 0x1d))
            self.multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)
        self.assert_all(50)

    def test_poll_descriptors_many_times(self):
        easies = [Msa.Easy.new(self.server.plain + '/never') for _ in range(5)]
        for easy in easies:
            self.multi.add(easy)
        while any(easy.get_state() != Msa.EasyState.WAITING for easy in easies):
            self.multi.perform()
            self.multi.poll(10)
        for i in range(2000):
            fds = self.multi.get_poll_fds()
            # The connections, and what wakeup() uses.
            self.assertEqual(len(fds), 6)
            if i % 100 == 0:
                gc.collect()
        self.assertEqual({fd.events for fd in fds}, {int(IN)})

    def test_nothing_to_wait_for_but_wakeup(self):
        self.multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)
        fds = [wanted.fd for wanted in self.multi.get_poll_fds()]
        self.assertEqual(self.multi.get_timeout_ms(), -1)
        self.assertEqual(select.select(fds, [], [], 0)[0], [])
        self.multi.wakeup()
        self.assertEqual(select.select(fds, [], [], DEADLINE_S)[0], fds)


class Switching(Driven):
    def test_through_all_while_transfers_run(self):
        driver = Selector(self.multi)
        self.add_all(100)
        for _ in range(5):
            driver.turn(self.multi)
        self.multi.attach(None)
        driver.close()
        self.wait(lambda: len(self.ends) >= 10)
        fd = self.multi.get_fd()
        self.multi.perform()
        select.select([fd], [], [], 1)
        self.multi.perform()
        driver = Selector(self.multi)
        while len(self.ends) < 100:
            driver.turn(self.multi)
        self.assert_all(100)
        self.multi.detach()
        driver.close()

    def test_own_context(self):
        context = GLib.MainContext.new()
        self.multi.attach(context)
        self.add_all(20)
        deadline = time.monotonic() + DEADLINE_S
        while len(self.ends) < 20:
            self.assertLess(time.monotonic(), deadline)
            context.iteration(True)
        self.assert_all(20)

    def test_in_another_thread(self):
        def run():
            context = GLib.MainContext.new()
            context.push_thread_default()
            self.multi.attach(None)
            self.add_all(20)
            while len(self.ends) < 20:
                context.iteration(True)
            self.multi.detach()
            context.pop_thread_default()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(DEADLINE_S)
        self.assert_all(20)


if __name__ == '__main__':
    tap.main('/msa/python/drivers')

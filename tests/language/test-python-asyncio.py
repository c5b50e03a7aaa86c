#!/usr/bin/env python3
# test-python-asyncio.py: transfers that are awaited
#
# On plain asyncio, where no GLib loop runs, by each kind of driver; on a loop that waits in GLib; on more loops than
# one. After each nothing is left behind, and nobody complains.
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import ctypes
import gc
import subprocess
import sys
import threading
import unittest.mock
import weakref

import gi

import tap
from support import exceptions_of_callbacks, pattern
from support_asyncio import AsyncioCase, make_glib_loop, turns

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, Msa


class Awaitables:
    """What holds for each driver."""

    make_loop = None

    def make_multi(self):
        multi = Msa.Multi(max_connections_per_host=20,
                          tls_config=Msa.TlsConfig.new_for_ca_file(self.server.ca_file))
        self.drive(multi)
        return self.expect_gone(multi)

    def run_with_multi(self, main):
        async def run():
            multi = self.make_multi()
            await main(multi)
            self.assertEqual(len(multi), 0)

        self.run_async(run, self.make_loop)

    def test_fetch(self):
        async def main(multi):
            for base in (self.server.plain, self.server.tls):
                body = await multi.fetch(base + '/bytes/300000')
                self.assertIs(type(body), bytes)
                self.assertEqual(body, pattern(300000))
            self.assertEqual(await multi.fetch(self.server.plain + '/bytes/0'), b'')

        self.run_with_multi(main)

    def test_fetch_many(self):
        async def main(multi):
            uris = [f'{self.server.tls if n % 2 else self.server.plain}/bytes/{n * 100}' for n in range(100)]
            bodies = await asyncio.gather(*(multi.fetch(uri) for uri in uris))
            self.assertEqual(bodies, [pattern(n * 100) for n in range(100)])

        self.run_with_multi(main)

    def test_fetch_with_settings(self):
        async def main(multi):
            head = await multi.fetch(self.server.plain + '/request', method='PUT', user_agent='test/1')
            self.assertTrue(head.startswith(b'PUT /request'))
            self.assertIn(b'User-Agent: test/1\r\n', head)

        self.run_with_multi(main)

    def test_run(self):
        async def main(multi):
            easy = self.expect_gone(Msa.Easy(self.server.plain + '/chunked/1000'))
            self.assertIs(await multi.run(easy), easy)
            self.assertEqual((easy.status, easy.body), (200, pattern(1000)))
            # And once more.
            self.assertEqual((await multi.run(easy)).body, pattern(1000))

        self.run_with_multi(main)

    def test_status(self):
        async def main(multi):
            easy = await multi.run(Msa.Easy(self.server.plain + '/status/404'))
            self.assertEqual(easy.status, 404)
            with self.assertRaises(Msa.Failure.HTTP_STATUS) as caught:
                await multi.fetch(self.server.plain + '/status/404')
            self.assertEqual(caught.exception.message, f'{self.server.plain[7:]} answered with 404 Example')
            self.assertEqual(caught.exception.easy.status, 404)
            self.assertEqual(caught.exception.easy.body, b'As you wish.\n')

        self.run_with_multi(main)

    def test_failures(self):
        async def main(multi):
            for uri, code, kind in (('http://', Msa.Error.BAD_URI, Msa.Failure.BAD_URI),
                                    ('gopher://x/', Msa.Error.UNSUPPORTED_SCHEME, Msa.Failure.UNSUPPORTED_SCHEME),
                                    (self.server.plain + '/truncated/9', Msa.Error.TRUNCATED, Msa.Failure.TRUNCATED)):
                easy = Msa.Easy(uri)
                with self.assertRaises(kind) as caught:
                    await multi.run(easy)
                self.assertIs(caught.exception.easy, easy)
                self.assert_error(caught.exception, code)
                with self.assertRaises(kind):
                    await multi.fetch(uri)
            with self.assertRaises(Msa.Failure.TIMED_OUT):
                await multi.fetch(self.server.plain + '/never', timeout_ms=20)

        self.run_with_multi(main)

    def test_added_already(self):
        async def main(multi):
            easy = Msa.Easy(self.server.plain + '/never')
            first = asyncio.create_task(multi.run(easy))
            await turns(1)
            with self.assertRaises(Msa.Failure.ALREADY_ADDED):
                await multi.run(easy)
            # Which does not harm the first.
            self.assertIn(easy, multi)
            first.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await first

        self.run_with_multi(main)

    def test_cancelled_at_each_step(self):
        async def main(multi):
            for n_turns in range(12):
                for path in ('/never', '/bytes/1000000', '/chunked/10'):
                    easy = self.expect_gone(Msa.Easy(self.server.plain + path))
                    task = asyncio.create_task(multi.run(easy))
                    await turns(n_turns)
                    gc.collect()
                    task.cancel()
                    try:
                        await task
                    except asyncio.CancelledError:
                        pass
                    self.assertNotIn(easy, multi)
                    del task
            self.assertEqual(len(multi), 0)

        self.run_with_multi(main)

    def test_timeout_of_asyncio(self):
        async def main(multi):
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(multi.fetch(self.server.plain + '/never'), 0.01)
            self.assertEqual(len(multi), 0)
            self.assertEqual(await multi.fetch(self.server.plain + '/bytes/5'), pattern(5))

        self.run_with_multi(main)

    def test_removed(self):
        async def main(multi):
            easy = Msa.Easy(self.server.plain + '/never')
            task = asyncio.create_task(multi.run(easy))
            await turns(5)
            multi.remove(easy)
            with self.assertRaises(GLib.Error) as caught:
                await task
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
            # Another's remove is not for it.
            task = asyncio.create_task(multi.run(easy))
            await turns(1)
            Msa.Multi().remove(easy)
            await turns(3)
            self.assertFalse(task.done())
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.run_with_multi(main)

    def test_kept_when_finished(self):
        async def main(multi):
            multi.keep_finished = True
            easy = await multi.run(Msa.Easy(self.server.plain + '/bytes/1'))
            self.assertEqual(list(multi), [easy])
            multi.remove(easy)

        self.run_with_multi(main)

    def test_handlers_are_called(self):
        async def main(multi):
            seen = []
            easy = Msa.Easy(self.server.plain + '/bytes/1')
            easy.connect('headers', lambda easy: seen.append('headers'))
            easy.connect('completed', lambda easy, error: seen.append(error))
            multi.connect('completed', lambda multi, easy, error: seen.append(easy))
            await multi.run(easy)
            self.assertEqual(seen, ['headers', None, easy])
            await multi.run(easy)
            self.assertEqual(len(seen), 6)

        self.run_with_multi(main)

    def test_from_a_handler(self):
        """A handler of a transfer begins another that is awaited."""
        async def main(multi):
            tasks = []
            easy = Msa.Easy(self.server.plain + '/bytes/1')
            easy.connect('headers', lambda easy: tasks.append(loop.create_task(multi.fetch(self.server.plain + '/bytes/7'))))
            await multi.run(easy)
            self.assertEqual(await tasks[0], pattern(7))

        async def run(multi):
            nonlocal loop
            loop = asyncio.get_running_loop()
            await main(multi)

        loop = None
        self.run_with_multi(run)
        loop = None

    def test_multi_is_held_by_who_awaits(self):
        async def main():
            multi = self.make_multi()
            task = asyncio.create_task(multi.fetch(self.server.plain + '/bytes/1000'))
            del multi
            await turns(2)
            gc.collect()
            self.assertEqual(await task, pattern(1000))

        self.run_async(main, self.make_loop)

    def test_garbage_at_each_step(self):
        """The collector runs in each turn, and each thing goes once nobody needs it."""
        async def collect():
            while True:
                gc.collect()
                await asyncio.sleep(0)

        async def main(multi):
            collector = asyncio.create_task(collect())
            for base in (self.server.plain, self.server.tls):
                easy = Msa.Easy(base + '/bytes/100000')
                for name in ('headers', 'data', 'progress', 'completed', 'trace'):
                    easy.connect(name, lambda *arguments: gc.collect())
                gone = weakref.ref(easy)
                await multi.run(easy)
                del easy
                await turns(2)
                self.assertIsNone(gone())
            collector.cancel()
            await asyncio.gather(collector, return_exceptions=True)

        self.run_with_multi(main)

    def test_wrong_arguments(self):
        async def main(multi):
            for wrong in (None, 5, b'http://127.0.0.1/', object(), Msa.Easy()):
                with self.assertRaises(TypeError):
                    await multi.fetch(wrong)
            for wrong in (None, 5, 'http://127.0.0.1/', object(), multi):
                with self.assertRaises(TypeError):
                    await multi.run(wrong)
            with self.assertRaises(TypeError):
                await multi.fetch(self.server.plain, no_such_setting=1)
            with self.assertRaises(ValueError):
                await multi.fetch(self.server.plain + '\0')
            with self.assertRaises(ValueError):
                await multi.fetch(self.server.plain, local_port=70000)

        self.run_with_multi(main)

    def test_left_running(self):
        """The loop ends while transfers run, with and without somebody who awaits."""
        async def main():
            multi = self.make_multi()
            multi.add(Msa.Easy(self.server.plain + '/never'))
            tasks = [asyncio.create_task(multi.fetch(self.server.plain + '/never')) for _ in range(3)]
            await turns(10)
            self.assertFalse(any(task.done() for task in tasks))

        self.run_async(main, self.make_loop)

    def test_thousand(self):
        """No object is left of them."""
        async def main(multi):
            # Asyncio's debug mode keeps things.
            asyncio.get_running_loop().set_debug(False)
            await fetch_thousand(multi, self.server.plain)
            before = len(gc.get_objects())
            await fetch_thousand(multi, self.server.plain)
            self.assertLess(len(gc.get_objects()) - before, 50)

        self.run_with_multi(main)


async def fetch_thousand(multi, base):
    for _ in range(20):
        await asyncio.gather(*(multi.fetch(base + '/bytes/10') for _ in range(50)))
    gc.collect()


class MallInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ('arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks',
                                                     'uordblks', 'fordblks', 'keepcost')]


def bytes_in_use():
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = MallInfo
    return mallinfo().uordblks


class Default(Awaitables, AsyncioCase):
    def drive(self, multi):
        pass


class Descriptor(Awaitables, AsyncioCase):
    def drive(self, multi):
        self.expect_gone(Msa.AsyncioDriver(multi))


class Functions(Awaitables, AsyncioCase):
    def drive(self, multi):
        self.expect_gone(Msa.AsyncioDriver(multi, use_functions=True))


class Attached(Awaitables, AsyncioCase):
    """A GLib loop drives the multi, and asyncio waits in it."""

    make_loop = staticmethod(make_glib_loop)

    def drive(self, multi):
        multi.attach()

    def test_left_running(self):
        """An attached multi holds itself until its transfers are removed."""
        async def main():
            multi = self.make_multi()
            multi.add(Msa.Easy(self.server.plain + '/never'))
            task = asyncio.create_task(multi.fetch(self.server.plain + '/never'))
            await turns(10)
            self.assertFalse(task.done())
            multi.remove(next(iter(multi)))

        self.run_async(main, self.make_loop)


class InGLib(Awaitables, AsyncioCase):
    """The default driver in asyncio that waits in a GLib loop."""

    make_loop = staticmethod(make_glib_loop)

    def drive(self, multi):
        pass


class Own(Awaitables, AsyncioCase):
    """The application's own use of the descriptor."""

    def drive(self, multi):
        reference = weakref.ref(multi)

        def perform():
            if reference() is not None:
                reference().perform()

        loop, fd = asyncio.get_running_loop(), multi.get_fd()
        loop.add_reader(fd, perform)
        weakref.finalize(multi, lambda: loop.is_closed() or loop.remove_reader(fd))


class Memory(AsyncioCase):
    def test_stays_where_it_is(self):
        """What PyGObject 3.42 keeps of each function that is passed, 50 bytes and more, is not kept here."""
        async def main():
            multi = Msa.Multi()
            asyncio.get_running_loop().set_debug(False)
            for _ in range(3):
                await fetch_thousand(multi, self.server.plain)
            before = bytes_in_use()
            for _ in range(3):
                await fetch_thousand(multi, self.server.plain)
            self.assertLess(bytes_in_use() - before, 60000)

        self.run_async(main)


class Drivers(AsyncioCase):
    def uri(self, path):
        return self.server.plain + path

    def readers(self):
        return set(asyncio.get_running_loop()._selector.get_map())

    def test_without_epoll(self):
        """Where the system has no such descriptor, the functions are used."""
        base, used = Msa.Multi.__mro__[1], []
        set_socket_func = base.set_socket_func

        def use(multi, func):
            used.append(True)
            set_socket_func(multi, func)

        async def main():
            multi = self.expect_gone(Msa.Multi())
            self.assertEqual(await multi.fetch(self.uri('/bytes/10')), pattern(10))

        with unittest.mock.patch.object(base, 'get_fd', lambda self: -1), \
             unittest.mock.patch.object(base, 'set_socket_func', use):
            self.run_async(main)
        self.assertEqual(used, [True])

    def test_closed_by_with(self):
        async def main():
            for use_functions in (False, True):
                multi = Msa.Multi()
                before = self.readers()
                with Msa.AsyncioDriver(multi, use_functions=use_functions) as driver:
                    self.assertIs(driver.loop, asyncio.get_running_loop())
                    self.assertEqual(await multi.fetch(self.uri('/bytes/10')), pattern(10))
                    self.assertNotEqual(self.readers(), before)
                self.assertEqual(self.readers(), before)
                driver.close()
                # A new one is made.
                self.assertEqual(await multi.fetch(self.uri('/bytes/10')), pattern(10))

        self.run_async(main)

    def test_goes_with_the_multi(self):
        async def main():
            before = self.readers()
            for use_functions in (False, True):
                multi = Msa.Multi()
                driver = Msa.AsyncioDriver(multi, use_functions=use_functions)
                task = asyncio.create_task(multi.fetch(self.uri('/never')))
                await turns(5)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                multi.add(Msa.Easy(self.uri('/never')))
                await turns(5)
                self.assertNotEqual(self.readers(), before)
                del multi, task
                gc.collect()
                self.assertEqual(self.readers(), before)
                driver.close()

        self.run_async(main)

    def test_switched_while_transfers_run(self):
        async def main():
            multi = self.expect_gone(Msa.Multi())
            tasks = [asyncio.create_task(multi.fetch(self.uri(f'/bytes/{n * 1000}'))) for n in range(50)]
            for turn in range(20):
                await turns(3)
                Msa.AsyncioDriver(multi, use_functions=turn % 2 == 0)
            self.assertEqual(await asyncio.gather(*tasks), [pattern(n * 1000) for n in range(50)])

        self.run_async(main)

    def test_stopped_and_taken_up_again(self):
        async def main():
            multi = Msa.Multi()
            task = asyncio.create_task(multi.fetch(self.uri('/bytes/1000')))
            await turns(1)
            multi.detach()
            await turns(20)
            self.assertFalse(task.done())
            Msa.AsyncioDriver(multi)
            self.assertEqual(await task, pattern(1000))

        self.run_async(main)

    def test_timer_function(self):
        async def main():
            multi = Msa.Multi()
            Msa.AsyncioDriver(multi, use_functions=True)
            with self.assertRaises(Msa.Failure.TIMED_OUT):
                await multi.fetch(self.uri('/never'), timeout_ms=20)

        self.run_async(main)

    def test_one_multi_in_many_loops(self):
        multi = Msa.Multi()
        for use_functions in (False, True, None, None):
            async def main():
                if use_functions is not None:
                    Msa.AsyncioDriver(multi, use_functions=use_functions)
                return await asyncio.gather(*(multi.fetch(self.uri('/bytes/10')) for _ in range(3)))

            self.assertEqual(self.run_async(main), [pattern(10)] * 3)
        self.assertGreaterEqual(multi.n_connections, 1)

    def test_loops_in_turn(self):
        """None is closed: the one that runs has the multi."""
        multi = Msa.Multi()
        loops = [asyncio.new_event_loop() for _ in range(2)]
        for loop in loops * 3:
            self.assertEqual(loop.run_until_complete(multi.fetch(self.uri('/bytes/10'))), pattern(10))
        for loop in loops:
            loop.close()

    def test_transfer_goes_on_in_the_next_loop(self):
        multi, easy = Msa.Multi(), Msa.Easy(self.uri('/bytes/100000'))
        ends = []
        easy.connect('completed', lambda easy, error: ends.append(error))

        async def begin():
            Msa.AsyncioDriver(multi)
            multi.add(easy)
            await turns(2)

        async def end():
            await multi.fetch(self.uri('/bytes/1'))
            while not ends:
                await asyncio.sleep(0.001)

        self.run_async(begin)
        self.run_async(end)
        self.assertEqual((ends, easy.body), ([None], pattern(100000)))

    def test_used_after_the_loop(self):
        """The driver is still set, and has nothing to say to a loop that is closed."""
        for use_functions in (False, True):
            multi, easy = Msa.Multi(), Msa.Easy(self.uri('/bytes/10'))

            async def main(multi=multi, use_functions=use_functions):
                Msa.AsyncioDriver(multi, use_functions=use_functions)
                await multi.fetch(self.uri('/bytes/10'))

            self.run_async(main)
            del main
            with exceptions_of_callbacks() as raised:
                multi.add(easy)
                while multi.perform() > 0:
                    multi.poll(1000)
                gone = self.expect_gone(multi)
                del multi, gone
                gc.collect()
            self.assertEqual((raised, easy.body), ([], pattern(10)))

    def test_running_elsewhere(self):
        """Another loop that runs has it: a clear error."""
        multi, ready, done = Msa.Multi(), threading.Event(), threading.Event()

        async def first():
            await multi.fetch(self.uri('/bytes/1'))
            ready.set()
            await asyncio.get_running_loop().run_in_executor(None, done.wait)

        async def second():
            with self.assertRaisesRegex(RuntimeError, 'another event loop'):
                await multi.fetch(self.uri('/bytes/1'))

        thread = threading.Thread(target=asyncio.run, args=(first(),))
        thread.start()
        ready.wait()
        try:
            self.run_async(second)
        finally:
            done.set()
            thread.join()

    def test_explicit_loop(self):
        loop = asyncio.new_event_loop()
        multi = Msa.Multi()
        Msa.AsyncioDriver(multi, loop)
        self.assertEqual(loop.run_until_complete(multi.fetch(self.uri('/bytes/10'))), pattern(10))
        loop.close()
        with self.assertRaises(RuntimeError):
            Msa.AsyncioDriver(Msa.Multi())
        for wrong in (None, 5, Msa.Easy()):
            with self.assertRaises(TypeError):
                Msa.AsyncioDriver(wrong, loop)

    def test_without_a_loop(self):
        coroutine = Msa.Multi().fetch(self.uri('/bytes/10'))
        with self.assertRaises(RuntimeError):
            coroutine.send(None)

    def test_chosen_by_the_application(self):
        """No driver is made where there is one."""
        async def main():
            multi = Msa.Multi()
            multi.set_socket_func(lambda *arguments: None)
            multi.set_timer_func(lambda *arguments: None)
            before = self.readers()
            task = asyncio.create_task(multi.fetch(self.uri('/bytes/10')))
            await turns(3)
            self.assertEqual(self.readers(), before)
            self.assertEqual(multi.socket_action(Msa.SOCKET_TIMEOUT), 1)
            while multi.perform() > 0:
                multi.poll(1000)
            self.assertEqual(await task, pattern(10))

        self.run_async(main)

    def test_dropped_in_another_thread(self):
        """The collector may run anywhere."""
        async def main():
            before = self.readers()
            multi = Msa.Multi()
            Msa.AsyncioDriver(multi)
            await multi.fetch(self.uri('/bytes/10'))
            multi.myself = [multi]
            holder = [multi]
            del multi
            await asyncio.get_running_loop().run_in_executor(None, holder.clear)
            multi = None
            await asyncio.get_running_loop().run_in_executor(None, gc.collect)
            await turns(3)
            self.assertEqual(self.readers() - before, set())

        self.run_async(main)

    def test_program_ends(self):
        """Nothing keeps the process, and it has nothing to say."""
        script = '''
import asyncio, sys, gi
gi.require_version('Msa', '1')
from gi.repository import Msa
multi = Msa.Multi()
async def main():
    task = asyncio.create_task(multi.fetch(sys.argv[1] + '/never'))
    print(len(await multi.fetch(sys.argv[1] + '/bytes/10')))
    stream = multi.stream(sys.argv[1] + '/bytes/10000000')
    async for part in stream:
        break
asyncio.run(main(), debug=True)
'''
        result = subprocess.run([sys.executable, '-X', 'dev', '-W', 'ignore::ImportWarning', '-W',
                                 'ignore::DeprecationWarning', '-c', script, self.server.plain],
                                capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, '10\n', ''))


if __name__ == '__main__':
    tap.main('/msa/python/asyncio')

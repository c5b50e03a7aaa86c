#!/usr/bin/env python3
# test-python-streams.py: bodies that are read in parts, by `async for`
#
# Parts in order, backpressure, ends by error, break, cancelling and garbage collection.
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import contextlib
import gc
import weakref

import gi

import tap
from support import pattern
from support_asyncio import AsyncioCase, make_glib_loop, turns

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, Msa

PART = 65536


class Streams:
    """What holds for each driver."""

    make_loop = None

    def run_with_multi(self, main):
        async def run():
            multi = self.expect_gone(Msa.Multi(tls_config=Msa.TlsConfig.new_for_ca_file(self.server.ca_file)))
            self.drive(multi)
            await main(multi)
            self.assertEqual(len(multi), 0)

        self.run_async(run, self.make_loop)

    def test_async_for(self):
        async def main(multi):
            for base in (self.server.plain, self.server.tls):
                for path in ('/bytes/1000000', '/chunked/1000000'):
                    parts = []
                    async for part in multi.stream(base + path):
                        self.assertIs(type(part), bytes)
                        self.assertTrue(0 < len(part) <= PART)
                        parts.append(part)
                    self.assertEqual(b''.join(parts), pattern(1000000))

        self.run_with_multi(main)

    def test_head_before_the_body(self):
        async def main(multi):
            async with multi.stream(self.server.plain + '/bytes/1000000') as response:
                self.assertIs(type(response), Msa.Stream)
                self.assertEqual(response.status, 200)
                self.assertEqual(response.headers['content-length'], '1000000')
                self.assertEqual(response.easy.state, Msa.EasyState.RECEIVING)
                body = b''.join([part async for part in response])
            self.assertEqual(body, pattern(1000000))
            self.assertEqual((response.status, response.easy.error), (200, None))

        self.run_with_multi(main)

    def test_read(self):
        async def main(multi):
            async with multi.stream(self.server.plain + '/chunked/300000') as response:
                first = await response.__anext__()
                self.assertEqual(first + await response.read(), pattern(300000))
                self.assertEqual(await response.read(), b'')
            self.assertEqual(response.easy.get_headers(Msa.HeaderOrigin.TRAILER, 0)['X-Sum'], 'none')
            self.assertEqual(await multi.stream(self.server.plain + '/bytes/0').read(), b'')

        self.run_with_multi(main)

    def test_empty(self):
        async def main(multi):
            async for _ in multi.stream(self.server.plain + '/bytes/0'):
                self.fail('there is nothing')
            async for _ in multi.stream(self.server.plain + '/bytes/10', method='HEAD'):
                self.fail('there is nothing')

        self.run_with_multi(main)

    def test_backpressure(self):
        """What nobody asks for is not read."""
        async def main(multi):
            for base in (self.server.plain, self.server.tls):
                n_taken = 0
                async with multi.stream(base + '/bytes/20000000', max_buffer=3 * PART) as response:
                    async for part in response:
                        if n_taken < 10 * PART:
                            await turns(50)
                        n_taken += len(part)
                        self.assertLessEqual(response.easy.bytes_received - n_taken, 4 * PART)
                self.assertEqual(n_taken, 20000000)

        self.run_with_multi(main)

    def test_smallest_buffer(self):
        async def main(multi):
            for max_buffer in (0, 1):
                n_taken = 0
                async for part in multi.stream(self.server.plain + '/bytes/3000000', max_buffer=max_buffer):
                    n_taken += len(part)
                self.assertEqual(n_taken, 3000000)

        self.run_with_multi(main)

    def test_wrong_buffer(self):
        """Said at once: a stream that may hold less than nothing would wait for ever."""
        multi = Msa.Multi()
        for wrong in ('1', None, 1.5, True):
            with self.assertRaisesRegex(TypeError, 'max_buffer is an int'):
                multi.stream(self.server.plain, max_buffer=wrong)
        with self.assertRaisesRegex(ValueError, 'max_buffer is 0 or more, not -1'):
            multi.stream(self.server.plain, max_buffer=-1)

    def test_longer_than_memory_takes(self):
        async def main(multi):
            n_taken = 0
            async for part in multi.stream(self.server.plain + '/bytes/70000000'):
                n_taken += len(part)
            self.assertEqual(n_taken, 70000000)

        self.run_with_multi(main)

    def test_break(self):
        async def main(multi):
            async for _ in multi.stream(self.server.plain + '/bytes/10000000'):
                break
            self.assertEqual(len(multi), 0)
            async with multi.stream(self.server.plain + '/bytes/10000000') as response:
                async for _ in response:
                    break
                self.assertEqual(len(multi), 1)
            self.assertEqual(len(multi), 0)
            self.assertEqual([part async for part in response], [])

        self.run_with_multi(main)

    def test_close(self):
        async def main(multi):
            stream = multi.stream(self.server.plain + '/bytes/10000000')
            stream.close()
            self.assertEqual([part async for part in stream], [])
            async with contextlib.aclosing(multi.stream(self.server.plain + '/bytes/10000000')) as stream:
                await stream.__anext__()
            self.assertEqual(len(multi), 0)
            stream.close()
            # While somebody waits.
            stream = multi.stream(self.server.plain + '/never')
            task = asyncio.create_task(stream.read())
            await turns(5)
            stream.close()
            self.assertEqual(await task, b'')

        self.run_with_multi(main)

    def test_exception_within(self):
        async def main(multi):
            with self.assertRaises(ZeroDivisionError):
                async with multi.stream(self.server.plain + '/bytes/10000000') as response:
                    async for _ in response:
                        1 // 0
            self.assertEqual(len(multi), 0)

        self.run_with_multi(main)

    def test_error_at_the_end(self):
        async def main(multi):
            parts = []
            with self.assertRaises(Msa.Failure.TRUNCATED) as caught:
                async with multi.stream(self.server.plain + '/truncated/200000') as response:
                    async for part in response:
                        parts.append(part)
            self.assertEqual(b''.join(parts), pattern(200000))
            self.assertIs(caught.exception.easy, response.easy)

        self.run_with_multi(main)

    def test_error_before_the_head(self):
        async def main(multi):
            with self.assertRaises(Msa.Failure.BAD_URI):
                async with multi.stream('http://'):
                    self.fail('there is no response')
            with self.assertRaises(Msa.Failure.BAD_URI):
                async for _ in multi.stream('http://'):
                    self.fail('there is no response')
            stream = multi.stream(self.server.plain + '/never', timeout_ms=20)
            with self.assertRaises(Msa.Failure.TIMED_OUT):
                await stream.read()
            self.assertEqual(await stream.read(), b'')

        self.run_with_multi(main)

    def test_status(self):
        """As fetch() and run() have it."""
        async def main(multi):
            for use in (self.enter, self.iterate):
                with self.assertRaises(Msa.Failure.HTTP_STATUS) as caught:
                    await use(multi.stream(self.server.plain + '/status/404'))
                self.assertEqual(caught.exception.easy.status, 404)
            async with multi.stream(Msa.Easy(self.server.plain + '/status/404')) as response:
                self.assertEqual((response.status, await response.read()), (404, b'As you wish.\n'))

        self.run_with_multi(main)

    @staticmethod
    async def enter(stream):
        async with stream:
            pass

    @staticmethod
    async def iterate(stream):
        async for _ in stream:
            pass

    def test_easy_again(self):
        async def main(multi):
            easy = Msa.Easy(self.server.plain + '/bytes/1000')
            for _ in range(3):
                self.assertEqual(await multi.stream(easy).read(), pattern(1000))
                self.assertIsNone(easy.body)
            # The body is kept in memory again.
            self.assertEqual((await multi.run(easy)).body, pattern(1000))

        self.run_with_multi(main)

    def test_removed(self):
        async def main(multi):
            stream = multi.stream(self.server.plain + '/never')
            task = asyncio.create_task(stream.read())
            await turns(5)
            multi.remove(stream.easy)
            with self.assertRaises(GLib.Error) as caught:
                await task
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

        self.run_with_multi(main)

    def test_cancelled_at_each_step(self):
        async def main(multi):
            for n_turns in range(10):
                for path in ('/never', '/bytes/10000000', '/truncated/1000000'):
                    stream = multi.stream(self.server.plain + path)
                    self.expect_gone(stream)
                    self.expect_gone(stream.easy)
                    task = asyncio.create_task(stream.read())
                    await turns(n_turns)
                    gc.collect()
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                    self.assertEqual(len(multi), 0)

        self.run_with_multi(main)

    def test_dropped_at_each_step(self):
        async def main(multi):
            for n_parts in range(4):
                for path in ('/bytes/10000000', '/chunked/150000'):
                    stream = self.expect_gone(multi.stream(self.server.plain + path))
                    easy = weakref.ref(stream.easy)
                    for _ in range(n_parts):
                        with contextlib.suppress(StopAsyncIteration):
                            await stream.__anext__()
                    gc.collect()
                    del stream
                    self.assertEqual(len(multi), 0)
                    self.assertIsNone(easy())

        self.run_with_multi(main)

    def test_dropped_in_another_thread(self):
        async def main(multi):
            holder = [multi.stream(self.server.plain + '/bytes/10000000')]
            await holder[0].__anext__()
            await asyncio.get_running_loop().run_in_executor(None, holder.clear)
            await turns(3)
            self.assertEqual(len(multi), 0)

        self.run_with_multi(main)

    def test_never_begun(self):
        async def main(multi):
            stream = multi.stream(self.server.plain + '/never')
            self.assertIsNone(stream.headers)
            self.assertEqual(len(multi), 0)

        self.run_with_multi(main)

    def test_one_reader(self):
        async def main(multi):
            stream = multi.stream(self.server.plain + '/never')
            task = asyncio.create_task(stream.read())
            await turns(3)
            with self.assertRaises(RuntimeError):
                await stream.read()
            # The first goes on.
            await turns(3)
            self.assertFalse(task.done())
            stream.close()
            await task

        self.run_with_multi(main)

    def test_many_at_once(self):
        async def main(multi):
            async def read(n):
                size = 0
                async for part in multi.stream(f'{self.server.plain}/bytes/{n * 10000}', max_buffer=PART):
                    size += len(part)
                return size

            sizes = await asyncio.gather(*(read(n) for n in range(60)))
            self.assertEqual(sizes, [n * 10000 for n in range(60)])

        self.run_with_multi(main)

    def test_wrong_arguments(self):
        async def main(multi):
            for wrong in (None, 5, b'http://127.0.0.1/', multi):
                with self.assertRaises(TypeError):
                    multi.stream(wrong)
            with self.assertRaises(TypeError):
                multi.stream(Msa.Easy(), timeout_ms=5)
            with self.assertRaises(TypeError):
                multi.stream('http://127.0.0.1/', no_such_setting=5)

        self.run_with_multi(main)

    def test_added_already(self):
        async def main(multi):
            easy = Msa.Easy(self.server.plain + '/never')
            multi.add(easy)
            with self.assertRaises(Msa.Failure.ALREADY_ADDED):
                await multi.stream(easy).read()
            self.assertIn(easy, multi)
            multi.remove(easy)

        self.run_with_multi(main)


class Descriptor(Streams, AsyncioCase):
    def drive(self, multi):
        pass


class Functions(Streams, AsyncioCase):
    def drive(self, multi):
        Msa.AsyncioDriver(multi, use_functions=True)


class Attached(Streams, AsyncioCase):
    make_loop = staticmethod(make_glib_loop)

    def drive(self, multi):
        multi.attach()


if __name__ == '__main__':
    tap.main('/msa/python/streams')

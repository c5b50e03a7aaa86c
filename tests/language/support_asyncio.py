# support_asyncio.py: what the tests of the awaitables share
#
# A run of asyncio after which nothing may be left: no task, warning, exception that nobody saw, easy or multi.
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import gc
import selectors
import sys
import time
import warnings
import weakref

from support import DEADLINE_S, Case


class GLibSelector(selectors.DefaultSelector):
    """Has asyncio wait in GLib's default main context, as the loops of GLib programs do."""

    def select(self, timeout=None):
        from gi.repository import GLib

        context = GLib.MainContext.default()
        sources = [GLib.unix_fd_source_new(self.fileno(), GLib.IOCondition.IN)]
        if timeout is not None:
            sources.append(GLib.timeout_source_new(max(0, int(timeout * 1000))))
        woken = []
        for source in sources:
            source.set_callback(lambda *arguments: woken.append(True) or GLib.SOURCE_CONTINUE)
            source.attach(context)
        deadline = time.monotonic() + DEADLINE_S
        context.iteration(True)
        for source in sources:
            source.destroy()
        assert time.monotonic() < deadline
        return super().select(0)


def make_glib_loop():
    return asyncio.SelectorEventLoop(GLibSelector())


class AsyncioCase(Case):
    """Runs coroutines, each in a loop of its own."""

    def setUp(self):
        self.kept = []

    def expect_gone(self, thing):
        """After the run nobody may hold it."""
        self.kept.append((repr(thing), weakref.ref(thing)))
        return thing

    def run_async(self, main, make_loop=None):
        complaints = []

        def complain(loop, context):
            complaints.append(context)
            # Else it might go on like this.
            for task in asyncio.all_tasks(loop):
                task.cancel()

        saved = sys.unraisablehook, sys.excepthook
        sys.unraisablehook = lambda event: complaints.append((event.err_msg, event.object, repr(event.exc_value)))
        sys.excepthook = lambda kind, value, trace: complaints.append(repr(value))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('error')
                with asyncio.Runner(debug=True, loop_factory=make_loop) as runner:
                    runner.get_loop().set_exception_handler(complain)
                    # A machine may be slow.
                    runner.get_loop().slow_callback_duration = DEADLINE_S
                    result = None
                    try:
                        result = runner.run(asyncio.wait_for(main(), DEADLINE_S))
                    except asyncio.CancelledError:
                        self.assertNotEqual(complaints, [])
                del main
                gc.collect()
        finally:
            sys.unraisablehook, sys.excepthook = saved
        self.assertEqual(complaints, [])
        self.assertEqual([name for name, reference in self.kept if reference() is not None], [])
        return result


def turns(count):
    """So many turns of the loop."""
    async def wait():
        for _ in range(count):
            await asyncio.sleep(0)

    return wait()

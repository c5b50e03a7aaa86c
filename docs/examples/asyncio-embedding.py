#!/usr/bin/env python3
# asyncio-embedding.py: has an asyncio loop drive a multi by its two functions
#
#   asyncio-embedding.py URL...
#
# What Msa.AsyncioDriver does of itself, written out: a pattern for other loops.
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import sys
import weakref

import gi

gi.require_version('Msa', '1')
from gi.repository import Msa


# [driver]
class Driver:
    def __init__(self, multi, loop):
        # Weakly, as the multi holds this object: PyGObject collects no cycle that leads through a function.
        self.multi = weakref.ref(multi)
        self.loop = loop
        self.timer = None
        multi.set_socket_func(self.on_socket)
        multi.set_timer_func(self.on_timer)

    def on_socket(self, multi, fd, wanted, removed):
        """From now on fd is to be watched for what is wanted, and for nothing else."""
        if not removed and wanted & Msa.SocketEvents.IN:
            self.loop.add_reader(fd, self.act, fd, Msa.SocketEvents.IN)
        else:
            self.loop.remove_reader(fd)
        if not removed and wanted & Msa.SocketEvents.OUT:
            self.loop.add_writer(fd, self.act, fd, Msa.SocketEvents.OUT)
        else:
            self.loop.remove_writer(fd)

    def on_timer(self, multi, timeout_ms):
        """Replaces the one timeout. At once is not from within this function: call_later(0) sees to it."""
        if self.timer:
            self.timer.cancel()
        self.timer = None
        if timeout_ms >= 0:
            self.timer = self.loop.call_later(timeout_ms / 1000, self.act, Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE)

    def act(self, fd, events):
        multi = self.multi()
        if multi:
            multi.socket_action(fd, events)

    def close(self):
        # Has all sockets removed. Before the multi goes: then nobody is called any more.
        multi = self.multi()
        if multi:
            multi.detach()
        self.on_timer(multi, -1)
# [/driver]


# [use]
async def main(urls):
    loop = asyncio.get_running_loop()
    multi = Msa.Multi()
    driver = Driver(multi, loop)
    ends = []

    for url in urls:
        end = loop.create_future()
        easy = Msa.Easy(url)
        easy.connect('completed', lambda easy, error, end=end: end.set_result(error))
        multi.add(easy)
        ends.append((url, easy, end))

    for url, easy, end in ends:
        error = await end
        print(f'{url}: {error.message if error else f"{easy.status}, {easy.bytes_received} bytes"}')
    driver.close()
# [/use]


asyncio.run(main(sys.argv[1:]))

#!/usr/bin/env python3
# get-python.py: libmsa in Python, see get-msa.c
#
# --mode await: with the override, on asyncio.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import asyncio
import json
import os
import resource
import sys
import time
import traceback

import gi

gi.require_version('Msa', '1')
from gi.repository import GLib, Msa


class Bench:
    """What bench.c does for programs in C."""

    def __init__(self):
        parser = argparse.ArgumentParser()
        for name in ('port', 'server', 'in-flight', 'warm-up', 'requests', 'seconds', 'body-length'):
            parser.add_argument('--' + name, type=int, default=0)
        parser.add_argument('--path')
        parser.add_argument('--mode')
        parser.parse_args(namespace=self)
        self.uri = f'http://127.0.0.1:{self.port}{self.path}'
        self.started = self.done = 0
        self.last = self.warm_up + self.requests
        self.begin = self.end = None

    @staticmethod
    def clock():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return time.monotonic(), usage.ru_utime, usage.ru_stime

    def start(self):
        if self.started == self.last:
            return False
        self.started += 1
        return True

    def finish(self, status, length):
        if status != 200 or length != self.body_length:
            raise ValueError(f'status {status} and {length} bytes')
        self.done += 1
        if self.done == self.warm_up:
            self.begin = self.clock()
        elif self.done == self.last:
            self.end = self.clock()

    def is_over(self):
        return self.done == self.last

    def report(self):
        wall, user, system = (round((end - begin) * 1e6) for begin, end in zip(self.begin, self.end))
        print(json.dumps({'started': self.started, 'done': self.done, 'bytes': self.done * self.body_length,
                          'requests': self.requests, 'wall_us': wall, 'user_us': user, 'system_us': system}))


def make_multi(bench):
    return Msa.Multi(max_connections_per_host=bench.in_flight, max_idle_connections=bench.in_flight)


class Get:
    def __init__(self, bench):
        self.bench = bench
        self.loop = GLib.MainLoop()
        self.multi = make_multi(bench)
        self.multi.attach()

    def finish(self, status, body):
        self.bench.finish(status, body.get_size())
        if self.bench.is_over():
            self.loop.quit()

    def ask_signal(self, easy):
        if self.bench.start():
            self.multi.add(easy)

    def on_completed(self, easy, error):
        self.finish(easy.get_status(), easy.get_body())
        self.ask_signal(easy)

    def ask_fetch(self):
        if self.bench.start():
            self.multi.fetch_async(self.bench.uri, None, self.on_fetched)

    def on_fetched(self, multi, result):
        self.finish(200, multi.fetch_finish(result))
        self.ask_fetch()

    def start_signal(self):
        easy = Msa.Easy.new(self.bench.uri)
        easy.connect('completed', self.on_completed)
        self.ask_signal(easy)
        return easy

    def run(self):
        start = {'signal': self.start_signal, 'fetch': self.ask_fetch}[self.bench.mode]
        easies = [start() for _ in range(self.bench.in_flight)]
        self.loop.run()
        del easies


async def fetch_and_await(bench):
    multi = make_multi(bench)

    async def fetch():
        while bench.start():
            bench.finish(200, len(await multi.fetch(bench.uri)))

    await asyncio.gather(*(fetch() for _ in range(bench.in_flight)))


def end_at_once(kind, value, trace):
    """An exception in a callback would be printed, and the loop go on for ever."""
    traceback.print_exception(kind, value, trace)
    os._exit(1)


sys.excepthook = end_at_once
bench = Bench()
if bench.mode == 'await':
    asyncio.run(fetch_and_await(bench))
else:
    Get(bench).run()
bench.report()

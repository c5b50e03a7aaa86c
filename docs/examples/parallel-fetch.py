#!/usr/bin/env python3
# parallel-fetch.py: fetches many URLs at once
#
#   parallel-fetch.py [--ca-file FILE] [--count N] [--progress] URL...
#
# Bodies are counted and thrown away. The same program stands beside this one in C, Vala and JavaScript.
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import sys
import time

import gi

gi.require_version('Msa', '1')
from gi.repository import GLib, Msa

MAX_CONNECTIONS_PER_HOST = 100
MAX_ERRORS_SHOWN = 5
PROGRESS_INTERVAL_MS = 100


class Fetch:
    def __init__(self, ca_file):
        self.loop = GLib.MainLoop()
        self.multi = Msa.Multi(max_connections_per_host=MAX_CONNECTIONS_PER_HOST)
        self.multi.attach()
        if ca_file:
            self.multi.set_tls_config(Msa.TlsConfig.new_for_ca_file(ca_file))
        self.left = self.done = self.failed = self.bytes = 0
        self.errors = []

    def on_data(self, easy, data):
        self.bytes += len(data)
        return Msa.WriteResult.CONTINUE

    def on_completed(self, easy, error):
        if not error and easy.status < 400:
            self.done += 1
        else:
            self.failed += 1
            self.errors.append(f'{easy.uri}: {error.message if error else f"HTTP status {easy.status}"}')
        self.left -= 1
        if self.left == 0:
            self.loop.quit()

    def add(self, url):
        easy = Msa.Easy(url)
        easy.set_write_func(self.on_data)
        easy.connect('completed', self.on_completed)
        self.left += 1
        # The multi holds the easy until it has ended. A bad URL is heard of then.
        self.multi.add(easy)

    def on_progress(self):
        print(f'\r{self.done} done, {self.failed} failed, {self.bytes / 1e6:.1f} MB ', end='', flush=True)
        return GLib.SOURCE_CONTINUE

    def run(self, progress):
        start = time.monotonic()
        if progress:
            GLib.timeout_add(PROGRESS_INTERVAL_MS, self.on_progress)
        self.loop.run()
        if progress:
            self.on_progress()
            print()

        for line in self.errors[:MAX_ERRORS_SHOWN]:
            print(line, file=sys.stderr)
        print(f'done    {self.done:12}')
        print(f'failed  {self.failed:12}')
        print(f'bytes   {self.bytes:12}')
        print(f'seconds {time.monotonic() - start:12.3f}')
        return 1 if self.failed else 0


def main():
    parser = argparse.ArgumentParser(description='Fetches many URLs at once.')
    parser.add_argument('urls', nargs='+', metavar='URL')
    parser.add_argument('--ca-file', metavar='FILE', help='trust the certificates in this file')
    parser.add_argument('--count', metavar='N', type=int, default=1, help='fetch each URL so many times (1)')
    parser.add_argument('--progress', action='store_true', default=sys.stdout.isatty(),
                        help='show progress also where it is no terminal')
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error('the count must be above 0')

    fetch = Fetch(arguments.ca_file)
    for url in arguments.urls * arguments.count:
        fetch.add(url)
    return fetch.run(arguments.progress)


sys.exit(main())

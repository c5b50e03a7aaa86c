#!/usr/bin/env python3
# tls-exceptions.py: fetches a URL, and asks about a certificate that is in doubt
#
#   tls-exceptions.py [--pins FILE] URL
#
# Who answers `y` is asked once: the key of the host is remembered in the file, and from then on no other
# key is taken for that host, whatever certificate it comes in.
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import json
import pathlib
import sys

import gi

gi.require_version('Msa', '1')
from gi.repository import GLib, Msa

# A person decides while the transfer waits.
CONNECT_TIMEOUT_MS = 5 * 60 * 1000


class Fetch:
    def __init__(self, url, pins_file):
        self.pins_file = pins_file
        self.pins = json.loads(pins_file.read_text()) if pins_file.exists() else {}
        self.loop = GLib.MainLoop()
        self.multi = Msa.Multi()
        self.multi.attach()
        self.easy = Msa.Easy(uri=url, connect_timeout_ms=CONNECT_TIMEOUT_MS)
        host = GLib.Uri.parse(url, GLib.UriFlags.NONE).get_host()
        if host in self.pins:
            # The key says who it is: neither an authority nor a name has to.
            config = Msa.TlsConfig(pinned_keys=[self.pins[host]], verify_chain=False, verify_name=False)
            self.easy.set_tls_config(config)
        self.easy.connect('accept-certificate', self.on_accept_certificate)
        self.easy.connect('completed', lambda easy, error: self.loop.quit())

    # [ask]
    def on_accept_certificate(self, easy, request):
        pin = request.dup_pin()
        print(f'{request.get_message()}\nIts key is {pin}\nTake it all the same? [y/N] ', end='', file=sys.stderr,
              flush=True)
        # The loop goes on meanwhile, with other transfers.
        GLib.io_add_watch(GLib.IOChannel.unix_new(sys.stdin.fileno()), GLib.PRIORITY_DEFAULT,
                          GLib.IOCondition.IN | GLib.IOCondition.HUP, self.on_answer, request, pin)
        return True
    # [/ask]

    # [answer]
    def on_answer(self, channel, condition, request, pin):
        if sys.stdin.readline().strip().lower() == 'y':
            self.pins[request.get_host()] = pin
            self.pins_file.write_text(json.dumps(self.pins, indent=2) + '\n')
            request.accept()
        else:
            request.reject()
        return GLib.SOURCE_REMOVE
    # [/answer]

    def run(self):
        self.multi.add(self.easy)
        self.loop.run()
        error = self.easy.error
        print(error.message if error else f'{self.easy.status}: {len(self.easy.body or b"")} bytes',
              file=sys.stderr if error else sys.stdout)
        return 1 if error else 0


def main():
    parser = argparse.ArgumentParser(description='Fetches a URL, and asks about a certificate that is in doubt.')
    parser.add_argument('url', metavar='URL')
    parser.add_argument('--pins', metavar='FILE', type=pathlib.Path, default='tls-exceptions.json',
                        help='where keys are remembered (%(default)s)')
    arguments = parser.parse_args()
    try:
        fetch = Fetch(arguments.url, arguments.pins)
    except GLib.Error as error:
        parser.error(error.message)
    return fetch.run()


sys.exit(main())

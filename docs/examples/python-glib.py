#!/usr/bin/env python3
# python-glib.py: fetches a URL, on a GLib main loop
#
#   python-glib.py URL
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys

import gi

gi.require_version('Msa', '1')
from gi.repository import GLib, Msa


def on_data(easy, part):
    print(part.get_size(), 'bytes came')


def on_completed(easy, error):
    if error:
        print(error.message, file=sys.stderr)
    else:
        print(easy.status, len(easy.body), 'bytes')
    loop.quit()


loop = GLib.MainLoop()
multi = Msa.Multi()
multi.attach()

easy = Msa.Easy(sys.argv[1])
easy.connect('data', on_data)
easy.connect('completed', on_completed)
multi.add(easy)
loop.run()
sys.exit(easy.error is not None)

#!/usr/bin/env python3
# fetch.py: fetches a URL, and tells how long its body is
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys
import gi
gi.require_version('Msa', '1')
from gi.repository import GLib, Msa

loop = GLib.MainLoop()
multi = Msa.Multi()
multi.attach(None)

def completed(easy, error):
    print(error.message if error else f'{easy.get_status()}: {easy.get_body().get_size()} bytes')
    loop.quit()

easy = Msa.Easy(uri=sys.argv[1])
easy.connect('completed', completed)
multi.add(easy)
loop.run()

#!/usr/bin/env python3
# python-first.py: fetches a URL, on asyncio
#
#   python-first.py URL
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import sys

import gi

gi.require_version('Msa', '1')
from gi.repository import Msa


async def main(url):
    multi = Msa.Multi()
    try:
        body = await multi.fetch(url)
    except Msa.Failure as failure:
        sys.exit(str(failure))
    print(len(body), 'bytes')


asyncio.run(main(sys.argv[1]))

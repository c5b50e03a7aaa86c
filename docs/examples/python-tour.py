#!/usr/bin/env python3
# python-tour.py: one function for each thing that the guide shows
#
#   python-tour.py [--tls URL --ca-file FILE] URL
#
# URL is where docs/examples/example-server listens: its paths are used.
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import asyncio
import json
import os
import tempfile

import gi

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, Msa


# [many]
async def fetch_many(multi, urls):
    multi.max_connections_per_host = 4
    bodies = await asyncio.gather(*(multi.fetch(url) for url in urls))
    print(len(bodies), 'bodies,', sum(map(len, bodies)), 'bytes')
# [/many]


# [settings]
async def fetch_with_settings(multi, url):
    body = await multi.fetch(url, user_agent='tour/1.0', timeout_ms=10_000)
    print(body.decode().splitlines()[0])
# [/settings]


# [errors]
async def tell_errors(multi, url):
    try:
        await multi.fetch(url)
    except Msa.Failure.HTTP_STATUS as failure:
        print('no good answer:', failure)
    except (Msa.Failure.CONNECT, Msa.Failure.RESOLVE) as failure:
        print('not reached:', failure)
    except Msa.Failure as failure:
        match failure.code:
            case Msa.Error.TIMED_OUT | Msa.Error.CONNECT_TIMED_OUT:
                print('too slow')
            case _:
                print('failed:', failure)
# [/errors]


# [glib-errors]
async def tell_errors_of_glib(multi, url):
    try:
        await multi.fetch(url)
    except GLib.Error as error:
        if error.matches(Msa.Error.quark(), Msa.Error.BAD_URI):
            print('no URL')
# [/glib-errors]


# [run]
async def look_at_a_response(multi, url):
    easy = Msa.Easy(url, method='HEAD')
    await multi.run(easy)
    print(easy.status, easy.reason_phrase, 'from', easy.remote_address)
# [/run]


# [post]
async def post(multi, url):
    easy = Msa.Easy(url)
    easy.set_body('application/json', json.dumps({'name': 'tour'}).encode())
    easy.request_headers['Accept'] = 'application/json'
    easy.request_headers.append('X-Tag', 'one')
    easy.request_headers.append('X-Tag', 'two')
    await multi.run(easy)
    print(easy.status, json.loads(easy.body or b'null'))
# [/post]


# [headers]
async def list_headers(multi, url):
    easy = await multi.run(Msa.Easy(url))
    headers = easy.response_headers
    if headers:
        print(headers['content-type'], headers.get('ETag', 'no tag'), headers.get_all('Set-Cookie'))
        for name, value in headers.items():
            print(f'{name}: {value}')
# [/headers]


# [file]
async def download(multi, url, path):
    easy = Msa.Easy(url)
    easy.set_output_file(Gio.File.new_for_path(path))
    await multi.run(easy)
    print(os.path.getsize(path), 'bytes in the file')
# [/file]


# [stream]
async def read_in_parts(multi, url):
    n_bytes = 0
    async for part in multi.stream(url):
        n_bytes += len(part)
    print(n_bytes, 'bytes in parts')
# [/stream]


# [response]
async def read_what_is_wanted(multi, url):
    async with multi.stream(url, max_buffer=1024 * 1024) as response:
        print(response.status, response.headers['Content-Length'])
        async for part in response:
            print('the first part begins with', part[:3])
            break
    # Here the transfer has ended.
    print(len(multi), 'transfers run')
# [/response]


# [progress]
async def tell_progress(multi, url):
    def on_progress(easy):
        print(f'{easy.bytes_received} of {easy.content_length}')

    easy = Msa.Easy(url)
    easy.connect('progress', on_progress)
    await multi.run(easy)
    print(easy.bytes_received, 'bytes')
# [/progress]


# [cancel]
async def cancel(multi, url):
    task = asyncio.create_task(multi.fetch(url))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print('cancelled')
# [/cancel]


# [timeout]
async def give_up(multi, url):
    try:
        await asyncio.wait_for(multi.fetch(url), 0.05)
    except TimeoutError:
        print('given up')
# [/timeout]


# [tls]
async def trust_an_authority(multi, url, ca_file):
    multi.tls_config = Msa.TlsConfig(ca_file=ca_file, min_version=Msa.TlsVersion.TLS_1_3)
    print('trusted:', len(await multi.fetch(url)), 'bytes')
    try:
        # Of a transfer alone.
        await multi.fetch(url, tls_config=Msa.TlsConfig(pinned_keys=['sha256//' + 43 * 'A' + '=']))
    except (Msa.Failure.TLS_VERIFY, Msa.Failure.TLS_PIN):
        print('refused')
# [/tls]


async def main(base, tls, ca_file):
    multi = Msa.Multi()
    await fetch_many(multi, [base + '/bytes/1000'] * 20)
    await fetch_with_settings(multi, base + '/request')
    for url in (base + '/status/404', 'http://'):
        await tell_errors(multi, url)
    await tell_errors_of_glib(multi, 'http://')
    await look_at_a_response(multi, base + '/bytes/10')
    await post(multi, base + '/echo')
    await list_headers(multi, base + '/bytes/10')
    with tempfile.TemporaryDirectory() as folder:
        await download(multi, base + '/bytes/100000', os.path.join(folder, 'file'))
    await read_in_parts(multi, base + '/bytes/1000000')
    await read_what_is_wanted(multi, base + '/bytes/1000000')
    await tell_progress(multi, base + '/bytes/1000')
    await cancel(multi, base + '/never')
    await give_up(multi, base + '/never')
    if tls:
        await trust_an_authority(multi, tls + '/bytes/10', ca_file)


parser = argparse.ArgumentParser(description='Shows what the guide shows.')
parser.add_argument('url', metavar='URL')
parser.add_argument('--tls', metavar='URL', help='the same with TLS')
parser.add_argument('--ca-file', metavar='FILE', help='trust the certificates in this file')
arguments = parser.parse_args()
asyncio.run(main(arguments.url, arguments.tls, arguments.ca_file))

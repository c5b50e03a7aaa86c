# good.py: a program without mistakes, as a type checker sees it
# SPDX-License-Identifier: LGPL-2.1-or-later

import gi
from typing_extensions import assert_type

gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, Msa


async def use_awaitables(multi: Msa.Multi) -> None:
    assert_type(await multi.fetch('http://x/'), bytes)
    assert_type(await multi.fetch('http://x/', method='PUT', timeout_ms=500), bytes)
    easy = Msa.Easy('http://x/', max_body_bytes=-1)
    assert_type(await multi.run(easy), Msa.Easy)
    async for part in multi.stream(easy):
        assert_type(part, bytes)
    async with multi.stream('http://x/', timeout_ms=5) as response:
        assert_type(response.status, int)
        assert_type(response.headers['x'], str)
        assert_type(await response.read(), bytes)


def use_failures(multi: Msa.Multi, easy: Msa.Easy) -> None:
    try:
        assert_type(multi.add(easy), bool)
    except Msa.Failure.ALREADY_ADDED as failure:
        assert_type(failure.code, Msa.Error)
        assert_type(failure.easy, Msa.Easy | None)
    except (Msa.Failure.CLOSED, Msa.Failure.INTERNAL):
        pass
    except Msa.Failure as failure:
        match failure.code:
            case Msa.Error.BAD_URI:
                print(failure.message)


def use_the_rest(multi: Msa.Multi, easy: Msa.Easy) -> None:
    assert_type(len(multi), int)
    assert_type(list(multi), list[Msa.Easy])
    assert_type(multi.perform(), int)
    assert_type(multi.socket_action(Msa.SOCKET_TIMEOUT), int)
    assert_type(multi.info_read(), Msa.Easy | None)
    assert_type(easy.body, bytes | None)
    assert_type(easy.get_body(), GLib.Bytes | None)
    assert_type(easy.status, int)
    assert_type(easy.uri, str | None)
    assert_type(easy.request_headers.get('x', ''), str)
    assert_type(easy.get_headers(Msa.HeaderOrigin.FINAL, 0), Msa.Headers | None)
    easy.timeout_ms = 5
    easy.tls_config = Msa.TlsConfig(ca_pem=b'', verify_name=False)
    easy.resolve = ['x:80:127.0.0.1']
    easy.set_body(None, b'')
    easy.set_output_file(Gio.File.new_for_path('/x'))
    easy.set_write_func(lambda easy, data: Msa.WriteResult.CONTINUE if data else Msa.WriteResult.ABORT)
    easy.connect('informational', lambda easy, status, headers: print(status + 1, headers['x']))
    multi.set_address_func(lambda multi, easy, address: True)
    multi.set_socket_func(lambda multi, fd, wanted, removed: None)
    multi.fetch_async('http://x/', None, lambda multi, result: None)
    multi.attach()
    with Msa.AsyncioDriver(multi) as driver:
        driver.close()
    easy.pause(Msa.Directions.BOTH)
    headers = Msa.Headers({'a': 'b'})
    for name in headers:
        del headers[name]

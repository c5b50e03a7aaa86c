# mistakes.py: a type checker finds a fault in each line that says so, of the kind that stands there
# SPDX-License-Identifier: LGPL-2.1-or-later

import gi

gi.require_version('Msa', '1')
from gi.repository import Msa


async def use_awaitables(multi: Msa.Multi) -> None:
    await multi.fetch(b'http://x/')  # error: arg-type
    await multi.fetch('http://x/', time_out=5)  # error: call-arg
    await multi.fetch('http://x/', timeout_ms='5')  # error: arg-type
    multi.fetch('http://x/').decode()  # error: attr-defined
    await multi.run('http://x/')  # error: arg-type
    for part in multi.stream('http://x/'):  # error: attr-defined
        print(part)


def use_the_rest(multi: Msa.Multi, easy: Msa.Easy) -> None:
    Msa.Easyy()  # error: attr-defined
    Msa.Easy(5)  # error: arg-type
    Msa.Easy('http://x/', timeout=5)  # error: call-arg
    Msa.TlsConfig(ca_pem=5)  # error: arg-type
    easy.body.decode()  # error: union-attr
    easy.body = b''  # error: misc
    easy.status = 200  # error: misc
    easy.timeout_ms = '5'  # error: assignment
    easy.get_timeout()  # error: attr-defined
    easy.set_body(None, 'text')  # error: arg-type
    easy.request_headers['x'] = 5  # error: assignment
    multi.add(None)  # error: arg-type
    multi.socket_action('fd')  # error: arg-type
    multi.set_address_func(len)  # error: arg-type
    easy.http_version = Msa.IpVersion.IPV4  # error: assignment
    print(Msa.Error.TIMEDOUT)  # error: attr-defined
    try:
        pass
    except Msa.Error.TIMED_OUT:  # error: misc
        pass

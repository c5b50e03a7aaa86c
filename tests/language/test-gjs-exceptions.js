// test-gjs-exceptions.js: what is thrown in callbacks of JavaScript
//
// GJS logs it with a critical and gives zero, which refuses. So criticals are not fatal here.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

import {Server, equal, inTime, makeLockedClient, ok, run} from './support.js';

const server = await Server.start();
const multi = new Msa.Multi();
multi.attach(null);

function start(path, write = null, completed = null) {
    return inTime(new Promise(resolve => {
        const easy = Msa.Easy.new(server.plain + path);
        easy.set_write_func(write);
        easy.connect('completed', (_easy, error) => resolve([easy, error]));
        if (completed)
            easy.connect('completed', completed);
        multi.add(easy);
    }));
}

/** Runs an easy; the promise gives its error. */
function end(its, easy) {
    return inTime(new Promise(resolve => {
        easy.connect('completed', (_easy, error) => resolve(error));
        its.add(easy);
    }));
}

async function refusesToConnect(setter, func) {
    const other = new Msa.Multi();
    other.attach(null);
    other[setter](func);
    const error = await end(other, Msa.Easy.new(`${server.plain}/bytes/10`));
    ok(error instanceof Msa.Error && error.matches(Msa.Error, Msa.Error.CONNECT), `${error} is the refusal`);
    other[setter](null);
    equal(await end(other, Msa.Easy.new(`${server.plain}/bytes/10`)), null);
}

async function refuses(write) {
    const [easy, error] = await start('/bytes/10', write);
    ok(error instanceof Msa.Error && error.matches(Msa.Error, Msa.Error.WRITE), `${error} is the refusal`);
    equal(easy.get_body(), null);
    const [, next] = await start('/bytes/10');
    equal(next, null);
}

await run('/msa/gjs/exceptions', {
    'write-func-throws': () => refuses(() => {
        throw new Error('thrown by the write function');
    }),
    'write-func-forgets-to-return': () => refuses(() => {}),
    'write-func-returns-a-promise': () => refuses(async () => Msa.WriteResult.CONTINUE),
    'write-func-returns-nonsense': () => refuses(() => 'continue'),

    'handler-throws': async () => {
        const [, error] = await start('/bytes/10', null, () => {
            throw new Error('thrown by the handler');
        });
        equal(error, null);
        equal((await start('/bytes/10'))[1], null);
    },

    'accept-certificate-throws': async () => {
        const easy = new Msa.Easy({uri: `${server.tls}/bytes/10`});
        easy.connect('accept-certificate', () => {
            throw new Error('thrown while a certificate is judged');
        });
        ok((await end(multi, easy)).matches(Msa.Error, Msa.Error.TLS_VERIFY));
    },

    'accept-certificate-returns-a-promise': async () => {
        const easy = new Msa.Easy({uri: `${server.tls}/bytes/10`});
        easy.connect('accept-certificate', async () => {
            GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
                System.gc();
                return GLib.SOURCE_REMOVE;
            });
            return true;
        });
        ok((await end(multi, easy)).matches(Msa.Error, Msa.Error.TLS_VERIFY));
    },

    'key-password-throws': async () => {
        const client = await makeLockedClient();
        const tls_config = new Msa.TlsConfig({certificate_file: client.certificate, key_file: client.key});
        const easy = new Msa.Easy({uri: `${server.tls}/bytes/10`, tls_config});
        easy.connect('key-password', () => {
            throw new Error('thrown while a password is asked for');
        });
        ok((await end(multi, easy)).matches(Msa.Error, Msa.Error.TLS_PASSWORD));
        client.remove();
    },

    'address-func-throws': () => refusesToConnect('set_address_func', () => {
        throw new Error('thrown by the address function');
    }),
    'address-func-forgets-to-return': () => refusesToConnect('set_address_func', () => {}),
    'open-func-throws': () => refusesToConnect('set_open_func', () => {
        throw new Error('thrown by the open function');
    }),
    'open-func-forgets-to-return': () => refusesToConnect('set_open_func', () => {}),
    'open-func-returns-nonsense': () => refusesToConnect('set_open_func', () => 'socket'),
    'open-func-returns-another-object': () => refusesToConnect('set_open_func', () => new Gio.Cancellable()),
    'open-func-returns-a-promise': () => refusesToConnect('set_open_func', async () => null),

    'socket-and-timer-func-throw': async () => {
        const other = new Msa.Multi();
        other.set_socket_func(() => {
            throw new Error('thrown by the socket function');
        });
        other.set_timer_func(() => {
            throw new Error('thrown by the timer function');
        });
        const easy = Msa.Easy.new(`${server.plain}/bytes/10`);
        other.add(easy);
        for (let i = 0; i < 10; i++) {
            other.socket_action(Msa.SOCKET_TIMEOUT, 0);
            System.gc();
        }
        other.attach(null);
        while (other.n_running > 0)
            GLib.MainContext.default().iteration(true);
        equal(easy.get_error(), null);
        equal(easy.bytesReceived, 10);
    },

    'foreach-throws': async () => {
        const headers = Msa.Headers.new();
        headers.append('A', '1');
        headers.append('B', '2');
        headers.foreach(() => {
            throw new Error('thrown while going through');
        });
        equal(headers.get_length(), 2);
    },
}, () => server.close());

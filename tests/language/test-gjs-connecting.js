// test-gjs-connecting.js: what an application has a say in when connections are made, in JavaScript
//
// Doubts about certificates, passwords of keys, addresses, sockets, and what is known of the peer. Criticals are
// fatal here; for what is thrown see test-gjs-exceptions.js.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

import {PASSWORD, Server, equal, inTime, makeLockedClient, ok, pattern, run, thrown} from './support.js';

const server = await Server.start();
const client = await makeLockedClient();
const port = Number(server.plain.split(':').at(-1));

function attached(settings = {}) {
    const multi = new Msa.Multi(settings);
    multi.attach(null);
    return multi;
}

/** Runs an easy; the promise gives it and its error. */
function runEasy(multi, settings = {}, handlers = {}) {
    return inTime(new Promise(resolve => {
        const easy = new Msa.Easy({uri: `${server.plain}/bytes/10`, ...settings});
        for (const [name, handler] of Object.entries(handlers))
            easy.connect(name, handler);
        easy.connect('completed', (_easy, error) => resolve([easy, error]));
        multi.add(easy);
    }));
}

async function succeeds(...settings) {
    const [easy, error] = await runEasy(...settings);
    equal(error, null);
    equal(easy.get_body().toArray(), pattern(10));
    return easy;
}

async function fails(code, ...settings) {
    const [easy, error] = await runEasy(...settings);
    ok(error instanceof Msa.Error && error.matches(Msa.Error, code), `${error} has the code ${code}`);
    return easy;
}

function later(func) {
    GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
        func();
        return GLib.SOURCE_REMOVE;
    });
}

const doubtful = {uri: `${server.tls}/bytes/10`};

function locked(settings = {}) {
    return {
        ...doubtful,
        tls_config: new Msa.TlsConfig({
            ca_file: server.caFile, certificate_file: client.certificate, key_file: client.key, ...settings,
        }),
    };
}

function makeSocket() {
    return Gio.Socket.new(Gio.SocketFamily.IPV4, Gio.SocketType.STREAM, Gio.SocketProtocol.TCP);
}

await run('/msa/gjs/connecting', {
    'certificate/accepted-at-once': async () => {
        let told = null;
        const easy = await succeeds(attached(), doubtful, {'accept-certificate': (_easy, request) => {
            told = [request.get_host(), request.get_message(), request.get_errors(), request.dup_chain()];
            request.dup_certificate();
            System.gc();
            request.accept();
            return true;
        }});
        const [host, message, errors, chain] = told;
        equal(host, 'localhost');
        ok(message.includes('localhost'));
        ok(errors & Gio.TlsCertificateFlags.UNKNOWN_CA);
        equal(chain.length, 1);
        equal(chain[0].get_data()[0], 0x30);
        ok(easy.get_peer_errors() & Gio.TlsCertificateFlags.UNKNOWN_CA);
        equal(easy.peerErrors, easy.get_peer_errors());
        equal(easy.dup_peer_chain()[0].get_data(), chain[0].get_data());
    },

    'certificate/accepted-later': () => succeeds(attached(), doubtful, {'accept-certificate': (_easy, request) => {
        later(() => {
            System.gc();
            request.accept();
        });
        return true;
    }}),

    'certificate/rejected-later': () => fails(Msa.Error.TLS_VERIFY, attached(), doubtful, {
        'accept-certificate': (_easy, request) => {
            later(() => request.reject());
            return true;
        },
    }),

    'certificate/dropped-is-a-refusal-once-collected': () => fails(Msa.Error.TLS_VERIFY, attached(), doubtful, {
        'accept-certificate': () => {
            later(() => System.gc());
            return true;
        },
    }),

    'certificate/not-taken-is-a-refusal': () => fails(Msa.Error.TLS_VERIFY, attached(), doubtful, {
        'accept-certificate': () => false,
    }),

    'password/answered-at-once': async () => {
        const retries = [];
        await succeeds(attached(), locked(), {'key-password': (_easy, request) => {
            ok(request.get_message().includes(client.key));
            retries.push(request.get_retry());
            request.answer(retries.length > 1 ? PASSWORD : 'wrong');
            return true;
        }});
        equal(retries, [false, true]);
    },

    'password/answered-later': () => succeeds(attached(), locked(), {'key-password': (_easy, request) => {
        later(() => request.answer(PASSWORD));
        return true;
    }}),

    'password/dropped-is-a-refusal-once-collected': () => fails(Msa.Error.TLS_PASSWORD, attached(), locked(), {
        'key-password': () => {
            later(() => System.gc());
            return true;
        },
    }),

    'password/known-beforehand': () => succeeds(attached(), locked({key_password: PASSWORD})),

    'password/no-text-is-no-answer': async () => {
        let error = null;
        await fails(Msa.Error.TLS_PASSWORD, attached(), locked(), {'key-password': (_easy, request) => {
            try {
                request.answer(null);
            } catch (its) {
                error = its;
            }
            request.cancel();
            return true;
        }});
        ok(error instanceof Error);
    },

    'address/allowed': async () => {
        const multi = attached(), seen = [];
        multi.set_address_func((its, easy, address) => {
            System.gc();
            seen.push(its === multi, easy instanceof Msa.Easy, address.get_address().to_string(), address.get_port());
            return true;
        });
        await succeeds(multi);
        equal(seen, [true, true, '127.0.0.1', port]);
    },

    'address/refused': async () => {
        const multi = attached();
        multi.set_address_func(() => false);
        await fails(Msa.Error.CONNECT, multi);
        multi.set_address_func(null);
        await succeeds(multi);
    },

    'address/replaced-within-itself': async () => {
        const multi = attached(), calls = [];
        multi.set_address_func(() => {
            multi.set_address_func(() => {
                calls.push('second');
                return true;
            });
            System.gc();
            calls.push('first');
            return true;
        });
        await succeeds(multi);
        multi.max_idle_connections = 0;
        await succeeds(multi);
        equal(calls[0], 'first');
        ok(calls.includes('second'));
    },

    'socket/made': async () => {
        const multi = attached();
        let made = 0;
        multi.set_open_func(() => {
            const socket = makeSocket();
            made++;
            System.gc();
            return socket;
        });
        await succeeds(multi);
        System.gc();
        await succeeds(multi);
        equal(made, 1);
    },

    'socket/connected-already': async () => {
        const multi = attached();
        multi.set_open_func(() => {
            const socket = makeSocket();
            socket.connect(Gio.InetSocketAddress.new_from_string('127.0.0.1', port), null);
            return socket;
        });
        await succeeds(multi, {uri: 'http://127.0.0.2:9/bytes/10'});
    },

    'socket/null-refuses': async () => {
        const multi = attached();
        multi.set_open_func(() => null);
        await fails(Msa.Error.CONNECT, multi);
        multi.set_open_func(null);
        await succeeds(multi);
    },

    'lists': async () => {
        const easy = new Msa.Easy({resolve: ['a:1:::1'], connectTo: []});
        equal([easy.resolve, easy.get_resolve()], [['a:1:::1'], ['a:1:::1']]);
        for (const value of [['x', 'y'], [], null]) {
            easy.set_connect_to(value);
            equal(easy.get_connect_to() ?? [], value ?? []);
            easy.connect_to = value;
            equal(easy.connectTo ?? [], value ?? []);
        }
        for (const wrong of [5, [5], {}])
            await thrown(() => easy.set_resolve(wrong)).catch(() => Promise.reject(new Error(`not refused: ${wrong}`)));
        await succeeds(attached(), {uri: 'http://other.test/bytes/10', connect_to: [`::127.0.0.1:${port}`]});
        await succeeds(attached(), {uri: `http://other.test:${port}/bytes/10`, resolve: [`*:${port}:127.0.0.1`]});
        await fails(Msa.Error.INVALID_ARGUMENT, attached(), {resolve: ['a']});
    },

    'options': async () => {
        equal([Msa.IpVersion.AUTO, Msa.IpVersion.IPV4, Msa.IpVersion.IPV6], [0, 1, 2]);
        await succeeds(attached(), {local_address: '127.0.0.1', tcp_nodelay: false, ip_version: Msa.IpVersion.IPV4});
        await fails(Msa.Error.BIND, attached(), {interface: 'no-such-interface'});
        await fails(Msa.Error.CONNECT, attached(), {unix_socket_path: '/nonexistent/socket'});
        await fails(Msa.Error.RESPONSE_TIMED_OUT, attached(), {uri: `${server.plain}/never`, response_timeout_ms: 20});
        for (const call of [
            () => attached().set_address_func(5),
            () => attached().set_open_func('socket'),
            () => attached().set_resolver(5),
            () => attached().set_tls_session_store(attached()),
            () => new Msa.TlsConfig({pinned_keys: 5}),
            () => new Msa.TlsConfig({certificate: 'file'}),
        ])
            await thrown(call).catch(() => Promise.reject(new Error(`not refused: ${call}`)));
    },

    'resolver': async () => {
        const multi = attached({resolver: Gio.Resolver.get_default()});
        equal(multi.resolver, Gio.Resolver.get_default());
        multi.set_resolver(null);
        equal(multi.get_resolver(), null);
        await succeeds(multi);
    },

    'peer/verified': async () => {
        const tls_config = Msa.TlsConfig.new_for_ca_file(server.caFile);
        const easy = await succeeds(attached(), {...doubtful, tls_config});
        equal([easy.get_peer_errors(), easy.dup_peer_chain().length], [0, 1]);
        const timings = easy.get_timings();
        const times = [Msa.Phase.SECURED, Msa.Phase.SENT, Msa.Phase.FINISHED].map(phase => timings.get_time_us(phase));
        ok(times[0] > 0 && times[0] <= times[1] && times[1] <= times[2]);
        equal((await succeeds(attached())).dup_peer_chain(), null);
    },

    'peer/pinned': async () => {
        const pinned_keys = [`sha256//${'A'.repeat(43)}=`];
        const tls_config = new Msa.TlsConfig({ca_file: server.caFile, pinned_keys});
        equal(tls_config.pinnedKeys, pinned_keys);
        await fails(Msa.Error.TLS_PIN, attached(), {...doubtful, tls_config});
    },

    'sessions/shared-by-two-multis': async () => {
        const store = Msa.TlsSessionStore.new();
        const tls_config = Msa.TlsConfig.new_for_ca_file(server.caFile);
        const isResumed = async () => {
            const lines = [];
            await succeeds(attached({tls_session_store: store, tls_config}), doubtful, {
                trace: (_easy, topic, message) => lines.push(`${topic}: ${message}`),
            });
            return lines.some(line => line.startsWith('tls: ') && line.includes('resumed'));
        };
        equal(await isResumed(), false);
        ok(store.get_n_sessions() > 0);
        System.gc();
        equal(await isResumed(), true);
        store.clear();
        equal(store.get_n_sessions(), 0);
    },
}, () => {
    client.remove();
    return server.close();
});

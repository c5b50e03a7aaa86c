// test-gjs-collection.js: the garbage collector at every point
//
// It runs in each callback and handler, where besides all references are dropped; afterwards nothing is left.
// Criticals are fatal here, which GJS logs for a callback that it blocks. What there is comes from the introspection
// data, so that a new callback cannot be forgotten.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Msa from 'gi://Msa?version=1';
import System from 'system';

import {getCallbacks} from './gir.js';
import {PASSWORD, Server, inTime, equal, makeLockedClient, ok, run} from './support.js';

const ROUNDS = 5, COLLECTIONS = 4;

const seen = new Set();
const server = await Server.start(), client = await makeLockedClient();

function turn() {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_LOW, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

/** What is to be gone in the end, after ROUNDS of the same. Groups of signals refer to their object weakly. */
class Watched {
    constructor() {
        this.groups = [];
        this.kinds = [];
    }

    add(object) {
        const group = GObject.SignalGroup.new(object.constructor);
        group.set_target(object);
        this.groups.push(group);
        this.kinds.push(object.constructor.name);
        // What has a member keeps its wrapper, which is the harder case.
        object.mark = {};
        return object;
    }

    // GJS keeps some wrappers longer, which nobody else refers to. What JavaScript leaks is left of each round, what C
    // leaks has a reference besides.
    async assertGone() {
        for (let i = 0; i < COLLECTIONS; i++) {
            System.gc();
            await turn();
        }
        const kinds = new Map();
        for (const [i, group] of this.groups.entries()) {
            const object = group.dup_target();
            const kind = this.kinds[i];
            ok(object === null || System.refcount(object) === 1, `only GJS refers to a ${kind}`);
            kinds.set(kind, [...kinds.get(kind) ?? [], object === null]);
        }
        ok(kinds.size > 0, 'something is looked at');
        for (const [kind, gone] of kinds) {
            ok(gone.length >= ROUNDS, `${kind} is looked at in each round`);
            ok(gone.filter(is => is).length > 1, `${kind} is collected`);
        }
    }
}

/** Does what func does some times, with what it gets to watch in the end. */
async function rounds(func) {
    const watched = new Watched();
    for (let i = 0; i < ROUNDS; i++)
        await func(watched);
    await watched.assertGone();
}

/** One transfer that goes by each callback. In the one of this name, references are dropped as well. */
class Run {
    constructor(name, settings, watched) {
        this.name = name;
        this.settings = settings;
        this.watched = watched;
        this.calls = new Set();
    }

    point(name, result) {
        this.calls.add(name);
        System.gc();
        if (name === this.name || this.name === 'all') {
            this.multi = this.easy = null;
            System.gc();
        }
        return result;
    }

    make() {
        const multi = this.multi = this.watched.add(new Msa.Multi());
        const {write, ...settings} = this.settings;
        const easy = this.easy = this.watched.add(new Msa.Easy({uri: `${server.plain}/hints`, ...settings}));
        const signal = (name, result) => easy.connect(name, () => this.point(`Easy::${name}`, result));
        let isTold = false, nWritten = 0;

        ['headers', 'informational', 'data', 'trace'].forEach(name => signal(name));
        easy.connect('progress', its => {
            isTold = true;
            its.resume(Msa.Directions.RECEIVE);
            this.point('Easy::progress');
        });
        easy.connect('accept-certificate', (_easy, request) => {
            this.watched.add(request);
            request.accept();
            return this.point('Easy::accept-certificate', true);
        });
        easy.connect('key-password', (_easy, request) => {
            this.watched.add(request);
            request.answer(PASSWORD);
            return this.point('Easy::key-password', true);
        });
        if (write) {
            easy.set_write_func(() => {
                this.point('EasyWriteFunc');
                // It goes on a bit, and ends when its progress was told.
                return isTold || nWritten++ === 0 ? Msa.WriteResult.CONTINUE : Msa.WriteResult.PAUSE;
            });
        }
        multi.set_address_func(() => this.point('MultiAddressFunc', true));
        multi.set_open_func(() => this.point('MultiOpenFunc',
            Gio.Socket.new(Gio.SocketFamily.IPV4, Gio.SocketType.STREAM, Gio.SocketProtocol.TCP)));
        multi.connect('completed', () => this.point('Multi::completed'));
    }

    start() {
        return new Promise(resolve => {
            const {multi, easy} = this;
            easy.connect('completed', (_easy, error) => {
                this.point('Easy::completed');
                resolve(error);
            });
            if (this.name === 'drives') {
                // Functions that drive nothing: another driver goes on.
                multi.set_socket_func(() => this.point('MultiSocketFunc'));
                multi.set_timer_func(() => this.point('MultiTimerFunc'));
                multi.add(easy);
                multi.socket_action(Msa.SOCKET_TIMEOUT, 0);
            } else {
                multi.add(easy);
            }
            multi.attach();
        });
    }

    async check() {
        this.make();
        equal(await inTime(this.start()), null);
        this.multi = this.easy = null;
        this.calls.forEach(call => seen.add(call));
        ok(this.name === 'all' || this.name === 'drives' || this.calls.has(this.name), `${this.name} was called`);
    }
}

const written = {write: true, uri: `${server.plain}/bytes/500000`};
const asked = {
    uri: `${server.tls}/bytes/10`,
    tls_config: new Msa.TlsConfig({certificate_file: client.certificate, key_file: client.key}),
};
const check = (name, settings) => () => rounds(watched => new Run(name, settings, watched).check());
const settingsOf = {
    'EasyWriteFunc': written,
    'Easy::progress': written,
    'Easy::accept-certificate': asked,
    'Easy::key-password': asked,
};
const tests = {
    'all/plain': check('all', {}),
    'all/write': check('all', written),
    'all/tls': check('all', asked),
    'drives': check('drives', {}),
};
for (const name of getCallbacks()) {
    if (!['HeadersForeachFunc', 'MultiSocketFunc', 'MultiTimerFunc'].includes(name))
        tests[`dropped-in/${name.replace('::', '/')}`] = check(name, settingsOf[name] ?? {});
}

await run('/msa/gjs/collection', {
    ...tests,

    'headers-foreach': async () => {
        let headers = Msa.Headers.new(), count = 0;
        headers.append('A', '1');
        headers.append('B', '2');
        headers.foreach(() => {
            headers = null;
            System.gc();
            count++;
        });
        equal(count, 2);
        seen.add('HeadersForeachFunc');
    },

    'every-callback-was-called': async () => {
        equal(getCallbacks().filter(name => !seen.has(name)), []);
    },

    'dropped/before-it-starts': () => rounds(async watched => {
        const multi = watched.add(new Msa.Multi()), easy = watched.add(new Msa.Easy());
        easy.set_write_func(() => Msa.WriteResult.CONTINUE);
        easy.connect('completed', () => {});
        multi.set_socket_func(() => {});
        multi.set_timer_func(() => {});
    }),

    'dropped/added': () => rounds(async watched => {
        const multi = watched.add(new Msa.Multi()), easy = watched.add(new Msa.Easy({uri: `${server.plain}/never`}));
        easy.connect('completed', () => {});
        multi.add(easy);
    }),

    'dropped/removed': () => rounds(async watched => {
        const multi = watched.add(new Msa.Multi()), easy = watched.add(new Msa.Easy({uri: `${server.plain}/never`}));
        multi.attach();
        multi.add(easy);
        await turn();
        for (const its of multi)
            multi.remove(its);
        multi.perform();
    }),

    'dropped/in-a-promise': () => rounds(async watched => {
        const multi = watched.add(new Msa.Multi()), easy = watched.add(new Msa.Easy({uri: `${server.plain}/bytes/10`}));
        await inTime(multi.run(easy).then(() => System.gc()));
    }),

    'dropped/in-a-stream': () => rounds(async watched => {
        for (const leaves of [true, false]) {
            const multi = watched.add(new Msa.Multi());
            const easy = watched.add(new Msa.Easy({uri: `${server.plain}/bytes/1000000`}));
            for await (const part of multi.stream(easy)) {
                System.gc();
                ok(part.length > 0);
                if (leaves)
                    break;
            }
        }
    }),

    'circle/function-that-captures-its-easy': () => rounds(async watched => {
        const easy = watched.add(new Msa.Easy());
        easy.set_write_func(() => easy.status > 0 ? Msa.WriteResult.CONTINUE : Msa.WriteResult.ABORT);
    }),

    'circle/handler-that-captures-its-easy': () => rounds(async watched => {
        const easy = watched.add(new Msa.Easy());
        easy.connect('completed', () => print(easy.status));
    }),
}, () => {
    client.remove();
    return server.close();
});

// test-gjs-override.js: what bindings/gjs/Msa.js adds to the introspection data
//
// Criticals are fatal here; for what is thrown in callbacks see test-gjs-exceptions.js.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Msa from 'gi://Msa?version=1';
import System from 'system';

import {getCallables, getEnumerations, getProperties, isInteger} from './gir.js';
import {Server, equal, inTime, ok, pattern, run, thrown} from './support.js';

const MAX_PARTS_KEPT = 4, MAX_PART_BYTES = 65536;

const server = await Server.start();
const text = bytes => new TextDecoder().decode(bytes);

function attached() {
    const multi = new Msa.Multi({tls_config: Msa.TlsConfig.new_for_ca_file(server.caFile)});
    multi.attach();
    return multi;
}

function easyOf(path, settings = {}) {
    return new Msa.Easy({uri: server.plain + path, ...settings});
}

function later(func = () => {}) {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
            resolve(func());
            return GLib.SOURCE_REMOVE;
        });
    });
}

async function fails(code, func) {
    const error = await inTime(thrown(func));
    ok(error instanceof GLib.Error, `${error} is a GLib.Error`);
    ok(error.matches(Msa.Error, code), `${error} has the code ${code}`);
    return error;
}

async function isCancelled(func) {
    const error = await inTime(thrown(func));
    ok(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), `${error} is the cancellation`);
}

async function collect(stream, each = () => {}) {
    const parts = [];
    for await (const part of stream) {
        ok(part instanceof Uint8Array && part.length <= MAX_PART_BYTES, 'a part');
        parts.push(...part);
        await each(part);
    }
    return Uint8Array.from(parts);
}

/** Runs func with the collector counted; func gets what gives the count. */
async function countingCollections(func) {
    const system = imports.system, gc = system.gc;
    let count = 0;
    system.gc = () => {
        count++;
        gc.call(system);
    };
    try {
        await func(() => count);
    } finally {
        system.gc = gc;
    }
}

/** How often func has to be called until the collector is. */
function countUntilCollection(getCount, func) {
    const before = getCount();
    for (let i = 1; i < 100000; i++) {
        func();
        if (getCount() > before)
            return i;
    }
    throw new Error('nothing was collected');
}

function listens(easy, signal) {
    easy.connect(signal, () => {});
    return easy;
}

await run('/msa/gjs/override', {
    'promise/fetch': async () => {
        const body = await inTime(attached().fetch(`${server.tls}/bytes/1000`));
        ok(body instanceof Uint8Array, 'bytes');
        equal(body, pattern(1000));
        equal((await inTime(new Msa.Multi().fetch(`${server.plain}/bytes/0`))).length, 0);
    },

    'promise/fetch-fails': async () => {
        const multi = attached();
        const error = await fails(Msa.Error.HTTP_STATUS, () => multi.fetch(`${server.plain}/status/404`));
        ok(error.message.includes('404'));
        ok(error.stack.includes('test-gjs-override.js'), 'the stack says who asked');
        await fails(Msa.Error.BAD_URI, () => multi.fetch('http://'));
        ok(await thrown(() => multi.fetch()) instanceof Error);
        ok(await thrown(() => multi.fetch(5)) instanceof Error);
        ok(await thrown(() => multi.fetch(server.plain, 5)) instanceof Error);
    },

    'promise/fetch-cancelled': async () => {
        const cancellable = new Gio.Cancellable();
        later(() => cancellable.cancel());
        await isCancelled(() => attached().fetch(`${server.plain}/never`, cancellable));
    },

    'promise/run': async () => {
        const easy = easyOf('/status/404');
        equal(await inTime(attached().run(easy)) === easy, true);
        equal(easy.status, 404);
        await fails(Msa.Error.TIMED_OUT, () => attached().run(easyOf('/never', {timeout_ms: 20})));
        const cancellable = new Gio.Cancellable();
        cancellable.cancel();
        await isCancelled(() => attached().run(easyOf('/never'), cancellable));
        ok(await thrown(() => attached().run(5)) instanceof Error);
    },

    'promise/removed': async () => {
        const multi = attached(), easy = easyOf('/never');
        later(() => multi.remove(easy));
        await isCancelled(() => multi.run(easy));
    },

    'promise/defaults': async () => {
        const multi = attached(), url = `${server.plain}/bytes/10`;
        for (const args of [[], [null]])
            equal((await inTime(multi.fetch_async(url, ...args))).toArray(), pattern(10));
        for (const args of [[], [GLib.PRIORITY_LOW], [GLib.PRIORITY_LOW, null]])
            equal(await inTime(multi.run_async(easyOf('/bytes/10'), ...args)), true);
        equal(await inTime(multi.close_async()), true);
        equal(await inTime(attached().close_async(null)), true);
        ok(await thrown(() => multi.fetch_async()) instanceof Error);
        ok(await thrown(() => multi.run_async()) instanceof Error);
    },

    'promise/callback': async () => {
        const multi = attached(), url = `${server.plain}/bytes/10`;
        for (const args of [[], [null]]) {
            const result = await inTime(new Promise(resolve => {
                equal(multi.fetch_async(url, ...args, (_multi, its) => resolve(its)), undefined);
            }));
            equal(multi.fetch_finish(result).toArray(), pattern(10));
        }
    },

    'promise/promisified-again': async () => {
        for (const name of ['fetch_async', 'run_async', 'close_async'])
            Gio._promisify(Msa.Multi.prototype, name);
        const multi = attached();
        equal((await inTime(multi.fetch_async(`${server.plain}/bytes/10`, null))).toArray(), pattern(10));
        equal(await inTime(multi.run_async(easyOf('/bytes/10'), GLib.PRIORITY_DEFAULT, null)), true);
        equal(await inTime(multi.close_async(null)), true);
    },

    'promise/result-of-another-call': async () => {
        const multi = attached(), other = attached();
        const result = await inTime(new Promise(resolve => {
            multi.run_async(easyOf('/bytes/10'), (_multi, its) => resolve(its));
        }));
        for (const call of [
            () => multi.fetch_finish(result), () => multi.close_finish(result), () => other.run_finish(result),
            () => multi.run_finish(Gio.Task.new(multi, null, null)), () => multi.run_finish(null), () => multi.run_finish(5),
        ])
            ok(await thrown(call) instanceof Error, `refused: ${call}`);
        equal(multi.run_finish(result), true);
    },

    'stream/whole': async () => {
        for (const path of ['/bytes/300000', '/chunked/300000', '/bytes/1', '/bytes/0']) {
            const easy = easyOf(path);
            equal(await inTime(collect(attached().stream(easy))), pattern(Number(path.split('/').at(-1))));
            equal([easy.status, easy.get_body(), easy.state], [200, null, Msa.EasyState.DONE]);
        }
    },

    'stream/backpressure': async () => {
        const easy = easyOf('/bytes/3000000');
        let nResumed = 0, nRead = 0;
        easy.resume = function (directions) {
            nResumed++;
            Msa.Easy.prototype.resume.call(this, directions);
        };
        equal(await inTime(collect(attached().stream(easy), async part => {
            // The loop goes on, and would read all, if nothing held it.
            for (let i = 0; i < 20; i++)
                await later();
            nRead += part.length;
            const kept = easy.bytesReceived - nRead;
            ok(kept <= (MAX_PARTS_KEPT + 1) * MAX_PART_BYTES, `${kept} bytes are kept`);
        })), pattern(3000000));
        ok(nResumed > 0, 'the transfer was paused');
    },

    'stream/left': async () => {
        const multi = attached(), easy = easyOf('/bytes/30000000');
        for await (const part of multi.stream(easy)) {
            ok(part.length > 0);
            break;
        }
        equal([multi.n_running, easy.state], [0, Msa.EasyState.DONE]);
        easy.uri = `${server.plain}/bytes/10`;
        await inTime(multi.run(easy));
        equal(easy.get_body().toArray(), pattern(10));
    },

    'stream/left-by-an-exception': async () => {
        const multi = attached(), mine = new Error('mine');
        const error = await thrown(() => collect(multi.stream(easyOf('/bytes/30000000')), () => {
            throw mine;
        }));
        equal(error === mine, true);
        equal(multi.n_running, 0);
    },

    'stream/left-while-waiting': async () => {
        const multi = attached(), stream = multi.stream(easyOf('/never'));
        const reading = stream.next();
        await later();
        equal(await stream.return(7), {done: true, value: 7});
        equal(await inTime(reading), {done: true});
        equal(await inTime(stream.next()), {done: true});
        equal(multi.n_running, 0);
        ok(await thrown(() => stream.throw(new Error())) instanceof Error);
    },

    'stream/left-before-it-began': async () => {
        const multi = attached(), stream = multi.stream(easyOf('/never'));
        await stream.return();
        equal(await inTime(stream.next()), {done: true});
        equal(multi.n_running, 0);
    },

    'stream/starts-when-read': async () => {
        const multi = attached();
        multi.stream(easyOf('/never'));
        equal(multi.n_running, 0);
    },

    'stream/reads-at-once': async () => {
        const stream = attached().stream(easyOf('/bytes/10'));
        const [first, second, third] = await inTime(Promise.all([stream.next(), stream.next(), stream.next()]));
        equal(first.value, pattern(10));
        equal([first.done, second.done, third.done], [false, true, true]);
    },

    'stream/fails': async () => {
        const parts = [];
        await fails(Msa.Error.TRUNCATED, () => collect(attached().stream(easyOf('/truncated/100000')), part => {
            parts.push(...part);
        }));
        ok(parts.length > 0, 'what came before is there');
        await fails(Msa.Error.TIMED_OUT, () => collect(attached().stream(easyOf('/never', {timeout_ms: 20}))));
        await fails(Msa.Error.BAD_URI, () => collect(attached().stream(new Msa.Easy({uri: 'http://'}))));
    },

    'stream/cancelled': async () => {
        const multi = attached(), cancellable = new Gio.Cancellable();
        await isCancelled(() => collect(multi.stream(easyOf('/bytes/30000000'), cancellable), () => cancellable.cancel()));
        equal(multi.n_running, 0);
    },

    'stream/easy-that-runs': async () => {
        const multi = attached(), easy = easyOf('/bytes/100000');
        const received = [];
        easy.set_write_func((_easy, part) => {
            received.push(...part);
            return Msa.WriteResult.CONTINUE;
        });
        const running = multi.run(easy);
        await fails(Msa.Error.ALREADY_ADDED, () => collect(multi.stream(easy)));
        await inTime(running);
        await inTime(multi.run(easy));
        equal(received.length, 200000);
    },

    'stream/wrong-types': async () => {
        for (const wrong of [undefined, null, 5, {}, new Msa.Multi()])
            ok(await thrown(() => new Msa.Multi().stream(wrong)) instanceof TypeError);
        ok(await thrown(() => inTime(collect(attached().stream(easyOf('/bytes/1'), 5)))) instanceof Error);
    },

    'iteration/headers': async () => {
        const headers = Msa.Headers.new();
        equal([...headers], []);
        headers.append('A', '1');
        headers.append('B', '');
        headers.append('a', '2');
        equal([...headers], [['A', '1'], ['B', ''], ['a', '2']]);
        equal(new Map(headers).get('a'), '2');
        equal([headers.get('B'), headers.get('A'), headers.get('C')], ['', '1', null]);
        for (const [name] of headers)
            headers.remove(name);
        equal([...headers], []);
        const easy = await inTime(attached().run(easyOf('/bytes/10')));
        equal(Object.fromEntries(easy.get_response_headers())['Content-Length'], '10');
    },

    'iteration/transfers': async () => {
        const multi = new Msa.Multi(), easies = [1, 2, 3].map(() => easyOf('/never'));
        equal([...multi], []);
        easies.forEach(easy => multi.add(easy));
        equal([...multi].map((easy, i) => easy === easies[i]), [true, true, true]);
        multi.perform();
        equal([...multi.get_transfers()].map((easy, i) => easy === easies[i]), [true, true, true]);
        for (const easy of multi)
            multi.remove(easy);
        equal([...multi], []);
        multi.perform();
        equal([...multi.get_transfers()], []);
    },

    'numbers/of-drivers': async () => {
        const multi = new Msa.Multi();
        equal([multi.perform(), multi.socket_action(Msa.SOCKET_TIMEOUT, 0), multi.poll(0)], [0, 0, 0]);
        const never = easyOf('/never');
        multi.add(never);
        equal(multi.socket_action(Msa.SOCKET_TIMEOUT, Msa.SocketEvents.NONE), 1);
        multi.remove(never);
        multi.add(easyOf('/bytes/10'));
        while (multi.perform() > 0)
            multi.poll(1000);
        const [easy, left] = multi.info_read();
        equal([easy.bytesReceived, left], [10, 0]);
    },

    'numbers/of-properties': async () => {
        const enumerations = getEnumerations();
        const names = getProperties().filter(({type, isWritable}) => isWritable && (isInteger(type) || enumerations.includes(type)));
        ok(names.length > 20, 'there are such properties');
        for (const {owner, name, isConstructOnly} of names) {
            const klass = Msa[owner], snake = name.replaceAll('-', '_');
            const camel = name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase());
            const object = new klass(), saved = object[snake];
            for (const value of ['1', null, undefined, {}, true, Symbol('one'), () => 1, 1.5, NaN, Infinity, 2 ** 53, -(2 ** 31) - 1]) {
                const ways = [name, snake, camel].map(spelling => () => new klass({[spelling]: value}));
                if (!isConstructOnly) {
                    ways.push(...[name, snake, camel].map(spelling => () => {
                        object[spelling] = value;
                    }), () => object[`set_${snake}`](value));
                }
                for (const way of ways) {
                    const error = await thrown(way).catch(() => null);
                    ok(error instanceof Error && error.message.length > 0, `${owner}:${name} refuses ${String(value)}`);
                }
            }
            equal(object[snake], saved, name);
            for (const spelling of [name, snake, camel])
                equal(new klass({[spelling]: saved})[spelling], saved, spelling);
        }
    },

    'numbers/of-unsigned-properties': async () => {
        const easy = new Msa.Easy();
        const error = await thrown(() => {
            easy.timeout_ms = -1;
        });
        ok(error instanceof RangeError);
        equal(error.message, 'timeout_ms must be from 0 to 2147483647, not -1');
        equal(easy.timeout_ms, 0);
        for (const property of getProperties().filter(({type, isWritable}) => isWritable && type === 'guint')) {
            const object = new Msa[property.owner]();
            const its = await thrown(() => {
                object[property.name] = -1;
            });
            ok(its instanceof RangeError, property.name);
            object[property.name] = 30000;
            equal(object[property.name], 30000);
        }
    },

    'bytes/every-argument': async () => {
        const arguments_ = getCallables().flatMap(({owner, name, parameters}) =>
            parameters.filter(({type}) => type === 'GLib.Bytes').map(({name: its}) => `${owner}.${name} ${its}`));
        equal(arguments_, ['Easy.set_body body'], 'a new function wants bytes: bindings/gjs/Msa.js is to know it');
        for (const value of ['grüße', new TextEncoder().encode('grüße'), new TextEncoder().encode('grüße').buffer,
            new GLib.Bytes('grüße')]) {
            const easy = easyOf('/echo');
            easy.set_body('text/plain', value);
            await inTime(attached().run(easy));
            equal(text(easy.get_body().toArray()), 'grüße');
            easy.set_body(null, null);
        }
        for (const wrong of [5, {}, [1, 2], true])
            ok(await thrown(() => new Msa.Easy().set_body(null, wrong)) instanceof Error);
    },

    'bytes/every-property': async () => {
        const properties = getProperties().filter(({type, isWritable}) => type === 'GLib.Bytes' && isWritable);
        ok(properties.length > 0, 'there are such properties');
        for (const {owner, name, isConstructOnly} of properties) {
            ok(isConstructOnly, `${name} is set when an object is made; else test setting`);
            for (const spelling of [name, name.replaceAll('-', '_'), name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase())]) {
                for (const value of ['text', new TextEncoder().encode('text'), new GLib.Bytes('text'), null]) {
                    const object = new Msa[owner]({[spelling]: value});
                    // A key cannot be read.
                    if (object[`get_${name.replaceAll('-', '_')}`])
                        equal(text(object[spelling]?.toArray() ?? new Uint8Array()), value ? 'text' : '');
                }
            }
            ok(await thrown(() => new Msa[owner]({[name]: 5})) instanceof Error);
        }
    },

    'defaults': async () => {
        const multi = new Msa.Multi(), easy = easyOf('/bytes/10');
        multi.attach();
        multi.detach();
        multi.attach(null);
        ok(easy.run_sync());
        ok(easy.run_sync(null));
        const stream = () => Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes('four'));
        easy.uri = `${server.plain}/echo`;
        easy.set_body_stream('text/plain', stream(), 4);
        ok(easy.run_sync());
        equal(text(easy.get_body().toArray()), 'four');
        easy.uri = `${server.plain}/request`;
        easy.set_body_stream('text/plain', stream());
        ok(easy.run_sync());
        ok(text(easy.get_body().toArray()).includes('Transfer-Encoding: chunked'), 'the length is not known');
        for (const wrong of [-2, 1.5, '4', null])
            ok(await thrown(() => easy.set_body_stream(null, new Gio.MemoryInputStream(), wrong)) instanceof Error);
    },

    'errors': async () => {
        try {
            await inTime(attached().run(easyOf('/never', {timeout_ms: 20})));
        } catch (e) {
            ok(e.matches(Msa.Error, Msa.Error.TIMED_OUT));
            ok(!e.matches(Msa.Error, Msa.Error.CONNECT));
            ok(!e.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
            ok(e instanceof Msa.Error && e instanceof GLib.Error);
            return;
        }
        throw new Error('nothing was thrown');
    },

    'collection/completions': () => countingCollections(async getCount => {
        const easy = listens(easyOf('/bytes/10'), 'completed'), multi = new Msa.Multi();
        const completes = () => easy.emit('completed', null);
        listens(multi, 'completed');
        countUntilCollection(getCount, completes);
        equal(countUntilCollection(getCount, completes), 2000);
        equal(countUntilCollection(getCount, () => multi.emit('completed', easy, null)), 2000);
        const nothing = easyOf('/bytes/10');
        nothing.connect_after('completed', () => {});
        equal(countUntilCollection(getCount, () => nothing.emit('completed', null)), 2000);
        // What ends with a promise counts as well.
        for (const ends of [
            () => attached().fetch(`${server.plain}/bytes/1`),
            () => attached().run(easyOf('/bytes/1')),
            () => collect(attached().stream(easyOf('/bytes/1'))),
        ]) {
            for (let i = 0; i < 1999; i++)
                completes();
            const before = getCount();
            await inTime(ends());
            equal(getCount(), before + 1, String(ends));
            countUntilCollection(getCount, completes);
        }
    }),

    'collection/bytes': () => countingCollections(async getCount => {
        const easy = listens(easyOf('/bytes/10'), 'data');
        const part = new GLib.Bytes(new Uint8Array(1024 * 1024));
        countUntilCollection(getCount, () => easy.emit('data', part));
        equal(countUntilCollection(getCount, () => easy.emit('data', part)), 32);
        const received = easyOf('/bytes/40000000'), before = getCount();
        let last = before;
        received.set_write_func(() => {
            last = getCount();
            return Msa.WriteResult.CONTINUE;
        });
        await inTime(attached().run(received));
        ok(last > before, 'a write function counts');
    }),

    'collection/bodies-are-freed': async () => {
        const multi = attached(), url = `${server.plain}/bytes/1000000`;
        const peak = () => {
            const [, status] = GLib.file_get_contents('/proc/self/status');
            return Number(/VmHWM:\s*(\d+)/.exec(text(status))[1]) / 1024;
        };
        for (const run of [
            () => multi.fetch(url),
            () => multi.run(new Msa.Easy({uri: url})),
            () => multi.run(listens(new Msa.Easy({uri: url}), 'data')),
        ]) {
            const before = peak();
            for (let i = 0; i < 150; i++)
                await inTime(run());
            // ASAN keeps 256 MiB of what was freed.
            const limit = GLib.getenv('LD_PRELOAD') ? 400 : 100;
            ok(peak() - before < limit, `150 bodies of 1 MB take ${peak() - before} MiB: ${run}`);
        }
    },

    'collection/handlers-are-as-ever': async () => {
        const easy = easyOf('/bytes/10'), seen = [];
        const id = easy.connect('completed', (its, error) => seen.push(its === easy, error));
        easy.emit('completed', null);
        equal(seen, [true, null]);
        easy.disconnect(id);
        easy.emit('completed', null);
        equal(seen.length, 2);
        const other = GObject.signal_connect(easy, 'completed', () => seen.push('other'));
        easy.emit('completed', null);
        GObject.signal_handler_disconnect(easy, other);
        equal(seen.at(-1), 'other');
        for (const wrong of [5, null, {}])
            ok(await thrown(() => easy.connect('completed', wrong)) instanceof Error);
    },

    'collection/thousands': () => countingCollections(async getCount => {
        const multi = attached();
        let left = 5000;
        multi.max_connections_per_host = 50;
        const fetchAll = async () => {
            while (left-- > 0)
                equal((await multi.fetch(`${server.plain}/bytes/1000`)).length, 1000);
        };
        await inTime(Promise.all(Array.from({length: 50}, fetchAll)));
        ok(getCount() >= 2, `${getCount()} collections`);
        System.gc();
    }),
}, () => server.close());

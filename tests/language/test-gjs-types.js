// test-gjs-types.js: wrong types, given to everything that there is
//
// Read from the introspection data, so that what is new cannot be forgotten. Criticals are fatal here: a wrong type
// is an exception of JavaScript.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

import {getCallables, getCallbacks, getEnumerations, getProperties, isInteger} from './gir.js';
import {inTime, ok, run} from './support.js';

const callbacks = [...getCallbacks(), 'Gio.AsyncReadyCallback'], enumerations = getEnumerations();

// What bindings/gjs/Msa.js has a default for.
const WITH_DEFAULT = ['io_priority', 'length'];

class Foreign {}
const foreign = new Gio.Cancellable(), other = new GLib.DateTime();
const nobody = [{}, new Foreign(), foreign, other, 5, true, 'text', [], () => {}, Symbol('s')];

/** A value that is right: functions are called with it in the other places. */
function makeGood(type) {
    if (isInteger(type) || enumerations.includes(type) || type === 'Gio.TlsCertificateFlags')
        return 0;
    if (callbacks.includes(type))
        return () => 0;
    switch (type) {
    case 'utf8':
    case 'filename':
        return 'text';
    case 'array':
        return [];
    case 'gboolean':
        return false;
    case 'Headers':
        return Msa.Headers.new();
    case 'Timings':
        return null;
    case 'GLib.Bytes':
        return new GLib.Bytes('text');
    case 'Easy':
        return new Msa.Easy();
    case 'Gio.File':
        return Gio.File.new_for_path('/nonexistent/file');
    case 'Gio.InputStream':
        return new Gio.MemoryInputStream();
    case 'Gio.AsyncResult':
        return Gio.Task.new(new Msa.Multi(), null, null);
    // Those that may be null.
    case 'GLib.MainContext':
    case 'Gio.Cancellable':
    case 'Gio.OutputStream':
    case 'Gio.Resolver':
    case 'Gio.TlsCertificate':
    case 'TlsConfig':
    case 'TlsSessionStore':
        return null;
    default:
        throw new Error(`${type} is new: say what is a right value, and what a wrong one`);
    }
}

/** Values that are wrong: of another type, or that C would cut off. Of a boolean none is, in JavaScript. */
function makeWrong(type, isNullable) {
    const nothing = isNullable ? [] : [null, undefined];
    if (isInteger(type))
        return ['text', {}, NaN, undefined, Symbol('s'), foreign, [1, 2]];
    if (enumerations.includes(type))
        return ['text', {}, NaN, undefined, Symbol('s'), foreign, 1000];
    if (callbacks.includes(type))
        return [5, 'text', {}, true, foreign, ...nothing];
    switch (type) {
    case 'gboolean':
        return [];
    case 'utf8':
    case 'filename':
        return [5, {}, true, [], () => {}, Symbol('s'), foreign, 'a\0b', ...nothing];
    case 'array':
        return [5, {}, [5], ['text', {}], [null], ['a\0b'], true, foreign];
    case 'GLib.Bytes':
        return [5, {}, [], true, foreign, other, ...nothing];
    case 'Gio.Cancellable':
        return nobody.filter(value => value !== foreign);
    default:
        return [...nobody, ...nothing];
    }
}

function show(value) {
    return typeof value === 'symbol' ? 'a symbol' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What does not throw is written down; all at once, since one fault seldom comes alone. */
class Faults {
    constructor() {
        this.found = [];
        this.count = 0;
    }

    async mustThrow(what, value, call) {
        this.count++;
        try {
            // A promise is rejected instead.
            await inTime(Promise.resolve(call()));
        } catch (error) {
            if (error instanceof Error || error instanceof GLib.Error)
                return;
        }
        this.found.push(`${what} (${show(value)})`);
    }

    check() {
        System.gc();
        ok(this.count > 0, 'something is looked at');
        ok(this.found.length === 0, `refusing a wrong type: ${this.found.join(', ')}`);
    }
}

function makeOwner(name) {
    switch (name) {
    case 'Headers':
        return Msa.Headers.new();
    case 'Easy':
    case 'Multi':
    case 'TlsConfig':
    case 'TlsSessionStore':
        return new Msa[name]();
    case 'Timings': {
        const easy = new Msa.Easy({uri: 'http://['});
        try {
            easy.run_sync();
        } catch {
            // It has them all the same.
        }
        return easy.get_timings();
    }
    default:
        // They come from signals only.
        return null;
    }
}

/** Calls what there is with these arguments, on a fresh object. */
function callWith({owner, name, kind}, args) {
    if (owner === null)
        return Msa[name](...args);
    if (kind !== 'method')
        return Msa[owner][name](...args);
    const object = makeOwner(owner);
    if (object === null)
        throw new Error('nothing to call it on');
    return object[name](...args);
}

const spellings = name => [name, name.replaceAll('-', '_'), name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase())];

await run('/msa/gjs/types', {
    'arguments': async () => {
        const faults = new Faults();
        for (const callable of getCallables()) {
            for (const [i, {name, type, isNullable}] of callable.parameters.entries()) {
                for (const value of makeWrong(type, isNullable)) {
                    if (value === undefined && WITH_DEFAULT.includes(name))
                        continue;
                    const args = callable.parameters.map(parameter => makeGood(parameter.type));
                    args[i] = value;
                    await faults.mustThrow(`${callable.owner}.${callable.name} ${name}`, value, () => callWith(callable, args));
                }
            }
        }
        faults.check();
    },

    'missing-arguments': async () => {
        const faults = new Faults();
        for (const callable of getCallables()) {
            const needed = callable.parameters.filter(({isNullable, type}) => !isNullable && type !== 'gboolean');
            if (needed.length > 0 && !['run_sync', 'attach'].includes(callable.name))
                await faults.mustThrow(`${callable.owner}.${callable.name}`, undefined, () => callWith(callable, []));
        }
        faults.check();
    },

    'objects': async () => {
        const faults = new Faults();
        for (const callable of getCallables().filter(({kind}) => kind === 'method')) {
            const method = Msa[callable.owner].prototype[callable.name];
            const args = callable.parameters.map(({type}) => makeGood(type));
            for (const value of [null, undefined, {}, 5, 'text', foreign, other, new Foreign()])
                await faults.mustThrow(`${callable.owner}.${callable.name} of`, value, () => method.call(value, ...args));
        }
        faults.check();
    },

    'properties': async () => {
        const faults = new Faults();
        for (const {owner, name, type, isWritable, isConstructOnly} of getProperties()) {
            const object = makeOwner(owner);
            if (object) {
                for (const value of isWritable && !isConstructOnly ? makeWrong(type, true) : [makeGood(type)])
                    await faults.mustThrow(`${owner}.set_property ${name}`, value, () => object.set_property(name, value));
            }
            for (const spelling of spellings(name)) {
                if (object && isConstructOnly) {
                    await faults.mustThrow(`${owner}:${spelling}, later,`, makeGood(type), () => {
                        object[spelling] = makeGood(type);
                    });
                }
                for (const value of isWritable ? makeWrong(type, true) : [makeGood(type)]) {
                    // Both mean the default when an object is made, and nothing else.
                    if (value !== undefined)
                        await faults.mustThrow(`new ${owner}:${spelling}`, value, () => new Msa[owner]({[spelling]: value}));
                    if (object) {
                        await faults.mustThrow(`${owner}:${spelling}`, value, () => {
                            object[spelling] = value;
                        });
                    }
                }
            }
        }
        faults.check();
    },

    'no-property': async () => {
        const faults = new Faults(), easy = new Msa.Easy();
        for (const name of ['none', '', null, 5, {}])
            await faults.mustThrow('Easy.set_property', name, () => easy.set_property(name, 1));
        faults.check();
        for (const name of ['timeout-ms', 'timeout_ms'])
            easy.set_property(name, easy.timeout_ms + 1);
        ok(easy.timeout_ms === 2, 'what is right is taken');
    },

    'everything-is-there': async () => {
        const missing = getCallables().filter(({owner, name, kind}) => {
            const its = owner === null ? Msa : kind === 'method' ? Msa[owner].prototype : Msa[owner];
            return typeof its[name] !== 'function';
        });
        ok(missing.length === 0, `${missing.map(({name}) => name)} in JavaScript`);
    },
}, async () => {});

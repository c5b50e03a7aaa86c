// Msa.js: what JavaScript expects of libmsa, and the introspection data cannot say
//
// GJS runs _init() when Msa is first imported. Promises, iteration, bytes and text where GBytes is asked,
// numbers that are checked before they come to C, and a collector that is called in time.
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported _init */

const {Gio, GLib, GObject} = imports.gi;
const System = imports.system;

// GJS before 1.81.90 blocks callbacks while its collector runs by itself, and loses them: it must not have to. Nor does
// it see the memory of bodies. Measured: with these 30,000 bodies of 128 KiB stay below 100 MiB.
const COMPLETIONS_PER_COLLECTION = 2000;
const BYTES_PER_COLLECTION = 32 * 1024 * 1024;

// Parts of at most 64 KiB that a stream keeps for a reader who is slower.
const MAX_PARTS_KEPT = 4;

let Msa;

/* Collection */

let nCompletions = 0, nBytes = 0;

function collectIfDue() {
    if (nCompletions < COMPLETIONS_PER_COLLECTION && nBytes < BYTES_PER_COLLECTION)
        return;
    nCompletions = nBytes = 0;
    System.gc();
}

function countBytes(size) {
    nBytes += size;
    collectIfDue();
}

function countCompletion(size) {
    nCompletions++;
    countBytes(size);
}

/** Has a signal's calls of handlers counted by count(), which gets what they get. No signal of these has more arguments. */
function countHandlers(proto, signal, count) {
    for (const name of ['connect', 'connect_after']) {
        const connect = proto[name];
        proto[name] = function (detailedSignal, handler) {
            if (detailedSignal !== signal || typeof handler !== 'function')
                return connect.call(this, detailedSignal, handler);
            return connect.call(this, signal, (object, first, second) => {
                count(object, first);
                return handler(object, first, second);
            });
        };
    }
}

/** GJS 1.74 leaks GBytes of which a method is called, but not of this one, which is its own. */
function lengthOf(bytes) {
    return bytes.toArray().length;
}

function countAll() {
    countHandlers(Msa.Easy.prototype, 'completed', easy => countCompletion(easy.get_bytes_received()));
    countHandlers(Msa.Easy.prototype, 'data', (_easy, part) => countBytes(lengthOf(part)));
    countHandlers(Msa.Multi.prototype, 'completed', (_multi, easy) => countCompletion(easy.get_bytes_received()));

    const setWriteFunc = Msa.Easy.prototype.set_write_func;
    Msa.Easy.prototype.set_write_func = function (func) {
        if (typeof func !== 'function')
            return setWriteFunc.call(this, func);
        return setWriteFunc.call(this, (easy, data) => {
            countBytes(data.length);
            return func(easy, data);
        });
    };
}

/* Arguments */

/** Gives a method defaults for its last arguments. */
function giveDefaults(proto, name, nRequired, ...defaults) {
    const method = proto[name];
    proto[name] = function (...args) {
        if (args.length >= nRequired)
            args.push(...defaults.slice(args.length - nRequired));
        return method.call(this, ...args);
    };
}

/** Of [true, n] gives n. */
function giveNumber(proto, name) {
    const method = proto[name];
    proto[name] = function (...args) {
        return method.call(this, ...args)[1];
    };
}

/** Has the numbers checked that a method takes, by their names and ranges in their order; null for what is none. */
function checkNumbers(proto, name, ...numbers) {
    const method = proto[name];
    proto[name] = function (...args) {
        numbers.forEach((number, i) => number && i < args.length && checkNumber(number[0], args[i], number[1]));
        return method.call(this, ...args);
    };
}

function toBytes(value) {
    if (typeof value === 'string')
        value = new TextEncoder().encode(value);
    else if (value instanceof ArrayBuffer)
        value = new Uint8Array(value);
    return value instanceof Uint8Array ? new GLib.Bytes(value) : value;
}

function checkNumber(name, value, [least, most]) {
    if (typeof value !== 'number' && typeof value !== 'bigint')
        throw new TypeError(`${name} must be a number, not ${value === null ? 'null' : typeof value}`);
    if (typeof value === 'number' && !Number.isInteger(value))
        throw new RangeError(`${name} must be an integer, not ${value}`);
    if (value < least || value > most)
        throw new RangeError(`${name} must be from ${least} to ${most}, not ${value}`);
}

/** C would read a text to its first NUL only. */
function checkText(name, value) {
    if (typeof value === 'string' ? value.includes('\0') : Array.isArray(value) && value.some(text => String(text).includes('\0')))
        throw new RangeError(`${name} must be without NUL`);
}

/** Has the texts checked that a function takes, by their names in its order. */
function checkTexts(owner, name, ...texts) {
    const func = owner[name];
    owner[name] = function (...args) {
        texts.forEach((text, i) => checkText(text, args[i]));
        return func.call(this, ...args);
    };
}

const INT_RANGE = [-(2 ** 31), 2 ** 31 - 1];
const UINT_RANGE = [0, 2 ** 32 - 1];

// The least and the most that a type holds, as far as JavaScript counts exactly.
const NUMBER_TYPES = {
    gint: ['int', ...INT_RANGE],
    guint: ['uint', ...UINT_RANGE],
    gint64: ['int64', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    guint64: ['uint64', 0, Number.MAX_SAFE_INTEGER],
};

const TEXT_TYPES = ['gchararray', 'GStrv'];

/** The least and the most that a property takes: what GObject makes of the ends of its type. */
function getRange(pspec) {
    const [type, ...ends] = NUMBER_TYPES[pspec.value_type.name];
    return ends.map(end => {
        const value = new GObject.Value();
        value.init(pspec.value_type);
        value[`set_${type}`](end);
        GObject.param_value_validate(pspec, value);
        return value[`get_${type}`]();
    });
}

function isEnumeration(pspec) {
    return GObject.type_is_a(pspec.value_type, GObject.TYPE_ENUM);
}

/** By name, what turns a value into one that the property takes, or throws. */
function getConverters(klass) {
    const converters = new Map();
    for (const pspec of GObject.Object.list_properties.call(klass)) {
        const name = pspec.name;
        let range = null;
        if (!(pspec.flags & GObject.ParamFlags.WRITABLE))
            continue;
        if (pspec.value_type === GLib.Bytes.$gtype) {
            converters.set(name, toBytes);
        } else if (TEXT_TYPES.includes(pspec.value_type.name)) {
            converters.set(name, value => {
                checkText(name.replaceAll('-', '_'), value);
                return value;
            });
        } else if (pspec.value_type.name in NUMBER_TYPES || isEnumeration(pspec)) {
            converters.set(name, value => {
                // GJS itself knows the values of an enumeration.
                range ??= isEnumeration(pspec) ? INT_RANGE : getRange(pspec);
                checkNumber(name.replaceAll('-', '_'), value, range);
                return value;
            });
        }
    }
    return converters;
}

/** As GObject writes a property, in C, and in JavaScript. */
function spellingsOf(name) {
    return [name, name.replaceAll('-', '_'), name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase())];
}

function convertInSetter(proto, name, convert) {
    const spellings = spellingsOf(name), snake = spellings[1];
    const getter = proto[`get_${snake}`], setter = proto[`set_${snake}`];
    if (!getter || !setter)
        return;

    const set = function (value) {
        setter.call(this, convert(value));
    };
    const get = function () {
        return getter.call(this);
    };
    proto[`set_${snake}`] = set;
    for (const spelling of spellings)
        Object.defineProperty(proto, spelling, {configurable: true, get, set});
}

/** GObject warns only, and the value is lost. */
function refuseInSetter(proto, name) {
    const spellings = spellingsOf(name), snake = spellings[1], getter = proto[`get_${snake}`];
    const get = getter && function () {
        return getter.call(this);
    };
    const set = () => {
        throw new TypeError(`${snake} is set by the constructor only`);
    };
    for (const spelling of spellings)
        Object.defineProperty(proto, spelling, {configurable: true, get, set});
}

function convertProperties(klass) {
    const proto = klass.prototype, init = proto._init;
    const converters = getConverters(klass), bySpelling = new Map();

    converters.forEach((convert, name) => convertInSetter(proto, name, convert));
    GObject.Object.list_properties.call(klass).filter(({flags}) => flags & GObject.ParamFlags.CONSTRUCT_ONLY).forEach(
        ({name}) => refuseInSetter(proto, name));
    converters.forEach((convert, name) => spellingsOf(name).forEach(spelling => bySpelling.set(spelling, convert)));
    // GObject warns of what it does not take, and goes on.
    proto.set_property = function (name, value) {
        if (!GObject.Object.find_property.call(klass, name))
            throw new Error(`No property ${name} on ${klass.$gtype.name}`);
        this[name.replaceAll('-', '_')] = value;
    };
    proto._init = function (params = {}, ...rest) {
        let converted = params;
        for (const spelling in params) {
            const convert = bySpelling.get(spelling);
            if (!convert)
                continue;
            if (converted === params)
                converted = {...params};
            converted[spelling] = convert(params[spelling]);
        }
        return init.call(this, converted, ...rest);
    };
}

function convertArguments() {
    const easy = Msa.Easy.prototype;
    const {set_body: setBody, set_body_stream: setBodyStream} = easy;

    [Msa.Easy, Msa.Multi, Msa.TlsConfig].forEach(convertProperties);
    easy.set_body = function (contentType, body) {
        setBody.call(this, contentType, toBytes(body));
    };
    easy.set_body_stream = function (contentType, stream, length = -1) {
        checkNumber('length', length, [-1, Number.MAX_SAFE_INTEGER]);
        setBodyStream.call(this, contentType, stream, length);
    };
    checkTexts(Msa, 'has_feature', 'name');
    checkTexts(Msa, 'supports_scheme', 'scheme');
    checkTexts(Msa.Easy, 'new', 'uri');
    checkTexts(Msa.TlsConfig, 'new_for_ca_file', 'ca_file');
    checkTexts(Msa.PasswordRequest.prototype, 'answer', 'password');
    checkTexts(Msa.Multi.prototype, 'fetch_async', 'uri');
    ['set_body', 'set_body_file', 'set_body_stream'].forEach(name => checkTexts(easy, name, 'content_type'));
    ['append', 'replace'].forEach(name => checkTexts(Msa.Headers.prototype, name, 'name', 'value'));
    ['get', 'get_all', 'remove'].forEach(name => checkTexts(Msa.Headers.prototype, name, 'name'));
    checkNumbers(easy, 'get_headers', ['origin', INT_RANGE], ['hop', UINT_RANGE]);
    checkNumbers(easy, 'pause', ['directions', INT_RANGE]);
    checkNumbers(easy, 'resume', ['directions', INT_RANGE]);
    checkNumbers(Msa.Headers.prototype, 'get_nth', ['i', UINT_RANGE]);
    checkNumbers(Msa.Timings.prototype, 'get_time_us', ['phase', INT_RANGE]);
    checkNumbers(Msa.Multi.prototype, 'poll', ['timeout_ms', INT_RANGE]);
    checkNumbers(Msa.Multi.prototype, 'run_async', null, ['io_priority', INT_RANGE]);
    checkNumbers(Msa.Multi.prototype, 'socket_action', ['fd', INT_RANGE], ['events', INT_RANGE]);
    giveDefaults(easy, 'run_sync', 0, null);
    giveDefaults(Msa.Multi.prototype, 'attach', 0, null);
    ['socket_action', 'perform', 'poll'].forEach(name => giveNumber(Msa.Multi.prototype, name));
}

/* Promises */

/** A result of another call is refused here: in C it would be a critical. */
function checkResults(name) {
    const proto = Msa.Multi.prototype, finish = proto[`${name}_finish`];
    proto[`${name}_finish`] = function (result) {
        if (result instanceof Gio.Task && !(result.get_name() === `msa_multi_${name}_async` && Gio.Task.is_valid(result, this)))
            throw new TypeError(`This is no result of ${name}_async() of this multi`);
        return finish.call(this, result);
    };
}

/** Has <name>_async() give a promise, unless its last argument is a callback. Other last arguments may be left out. */
function promisify(name, nRequired, ...defaults) {
    const proto = Msa.Multi.prototype, async = proto[`${name}_async`];

    checkResults(name);
    proto[`${name}_async`] = function (...args) {
        const most = nRequired + defaults.length;
        const callback = typeof args.at(-1) === 'function' ? args.pop() : null;
        if (args.length > most && args.slice(most).some(arg => arg !== null && arg !== undefined))
            throw new TypeError(`The callback of ${name}_async() is not a function`);
        if (args.length >= nRequired)
            args.splice(most, args.length, ...defaults.slice(args.length - nRequired));
        if (callback)
            return async.call(this, ...args, callback);

        const caller = new Error();
        return new Promise((resolve, reject) => {
            async.call(this, ...args, (multi, result) => {
                try {
                    resolve(multi[`${name}_finish`](result));
                } catch (error) {
                    error.stack += caller.stack;
                    reject(error);
                }
            });
        });
    };
    // Gio._promisify() takes this for a sign that it was here already. Around this it would want all arguments.
    proto[`_original_${name}_async`] = async;
}

/* Streams */

/** The parts of a body, one after the other. At most MAX_PARTS_KEPT wait here; then the transfer is paused. */
class Stream {
    constructor(multi, easy, cancellable) {
        this._multi = multi;
        this._easy = easy;
        this._cancellable = cancellable;
        this._parts = [];
        this._readers = [];
        this._isStarted = this._isPaused = this._isEnded = false;
        this._error = null;
    }

    [Symbol.asyncIterator]() {
        return this;
    }

    next() {
        return new Promise((resolve, reject) => {
            this._readers.push({resolve, reject});
            if (!this._isStarted)
                this._start();
            this._serve();
        });
    }

    /** The loop was left early. */
    return(value) {
        this._leave();
        return Promise.resolve({done: true, value});
    }

    throw(error) {
        this._leave();
        return Promise.reject(error);
    }

    _start() {
        const easy = this._easy;
        const isFree = easy.state === Msa.EasyState.IDLE || easy.state === Msa.EasyState.DONE;
        this._isStarted = true;
        // One that runs for somebody else is refused below, and is to keep its function.
        if (isFree)
            easy.set_write_func((_easy, part) => this._write(part));
        this._unset = () => {
            if (isFree)
                easy.set_write_func(null);
        };
        try {
            this._multi.run_async(easy, GLib.PRIORITY_DEFAULT, this._cancellable, (multi, result) => {
                try {
                    multi.run_finish(result);
                    this._end(null);
                } catch (error) {
                    this._end(error);
                }
            });
        } catch (error) {
            this._end(error);
        }
    }

    _write(part) {
        if (this._parts.length >= MAX_PARTS_KEPT) {
            this._isPaused = true;
            return Msa.WriteResult.PAUSE;
        }
        this._parts.push(part);
        this._serve();
        return Msa.WriteResult.CONTINUE;
    }

    _serve() {
        while (this._readers.length > 0 && this._parts.length > 0)
            this._readers.shift().resolve({done: false, value: this._parts.shift()});
        if (this._isEnded) {
            while (this._readers.length > 0)
                this._settle(this._readers.shift());
        } else if (this._isPaused && this._parts.length === 0) {
            this._isPaused = false;
            this._easy.resume(Msa.Directions.RECEIVE);
        }
    }

    _settle(reader) {
        const error = this._error;
        this._error = null;
        if (error)
            reader.reject(error);
        else
            reader.resolve({done: true, value: undefined});
    }

    _end(error) {
        if (this._isEnded)
            return;
        this._isEnded = true;
        this._error = error;
        this._unset();
        countCompletion(0);
        this._serve();
    }

    _leave() {
        const isRunning = this._isStarted && !this._isEnded;
        this._parts = [];
        if (isRunning)
            this._end(null);
        else
            this._isStarted = this._isEnded = true;
        if (isRunning)
            this._multi.remove(this._easy);
    }
}

function addPromises() {
    const multi = Msa.Multi.prototype;

    promisify('fetch', 1, null);
    promisify('run', 1, GLib.PRIORITY_DEFAULT, null);
    promisify('close', 0, null);

    multi.fetch = async function (uri, cancellable = null) {
        const body = (await this.fetch_async(uri, cancellable)).toArray();
        countCompletion(body.length);
        return body;
    };
    multi.run = async function (easy, cancellable = null) {
        await this.run_async(easy, GLib.PRIORITY_DEFAULT, cancellable);
        countCompletion(easy.get_bytes_received());
        return easy;
    };
    multi.stream = function (easy, cancellable = null) {
        if (!(easy instanceof Msa.Easy))
            throw new TypeError('A stream is of a Msa.Easy');
        return new Stream(this, easy, cancellable);
    };
}

/* Iteration */

// What is gone through is what was there at the beginning.

function getItems(list) {
    return Array.from({length: list.get_n_items()}, (_, i) => list.get_item(i));
}

function addIterators() {
    const multi = Msa.Multi.prototype, getTransfers = multi.get_transfers;

    Msa.Headers.prototype[Symbol.iterator] = function () {
        return Array.from({length: this.get_length()}, (_, i) => this.get_nth(i)).values();
    };
    // The list follows at the end of a dispatch; this tells of this moment.
    multi[Symbol.iterator] = function () {
        return this.dup_easies().values();
    };
    multi.get_transfers = function () {
        const list = getTransfers.call(this);
        list[Symbol.iterator] ??= function () {
            return getItems(this).values();
        };
        return list;
    };
}

function _init() {
    Msa = this;

    countAll();
    convertArguments();
    addPromises();
    addIterators();
}

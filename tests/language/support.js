// support.js: what the tests of the JavaScript binding share
//
// Results in the Test Anything Protocol, checks, and the server of the examples.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const DEADLINE_MS = 60000;

Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');
Gio._promisify(Gio.Subprocess.prototype, 'wait_async');

export class Server {
    static async start() {
        const self = new Server();
        const flags = Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE;
        self.process = Gio.Subprocess.new([GLib.getenv('MSA_EXAMPLE_SERVER')], flags);
        const output = new Gio.DataInputStream({base_stream: self.process.get_stdout_pipe()});
        const [line] = await output.read_line_async(GLib.PRIORITY_DEFAULT, null);
        [self.plain, self.tls, self.caFile] = line.split(' ');
        return self;
    }

    async close() {
        this.process.get_stdin_pipe().close(null);
        await this.process.wait_async(null);
    }
}

export const PASSWORD = 'open sesame';

/** Files of a client's certificate and its key, which PASSWORD opens. */
export async function makeLockedClient() {
    const folder = GLib.Dir.make_tmp('msa-client-XXXXXX');
    const certificate = `${folder}/client.pem`, key = `${folder}/client-key.pem`;
    const command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '1',
        '-subj', '/CN=client', '-passout', `pass:${PASSWORD}`, '-keyout', key, '-out', certificate];
    const flags = Gio.SubprocessFlags.STDOUT_SILENCE | Gio.SubprocessFlags.STDERR_SILENCE;
    await Gio.Subprocess.new(command, flags).wait_async(null);
    const remove = () => [certificate, key, folder].forEach(path => Gio.File.new_for_path(path).delete(null));
    return {certificate, key, remove};
}

/** What the server gives for /bytes/N. */
export function pattern(length) {
    return Uint8Array.from({length}, (_, i) => i % 251);
}

function show(value) {
    return value instanceof Uint8Array ? `${value.length} bytes [${value.slice(0, 10)}…]` : JSON.stringify(value) ?? String(value);
}

export function equal(is, shall, what = '') {
    const same = is instanceof Uint8Array && shall instanceof Uint8Array
        ? is.length === shall.length && is.every((byte, i) => byte === shall[i])
        : is === shall || show(is) === show(shall);
    if (!same)
        throw new Error(`${what}: is ${show(is)}, shall be ${show(shall)}`);
}

export function ok(value, what) {
    if (!value)
        throw new Error(`${what ?? 'a condition'} does not hold`);
}

/** The exception that func throws, or its promise. */
export async function thrown(func) {
    try {
        await func();
    } catch (error) {
        return error;
    }
    throw new Error('nothing was thrown');
}

/** Settles as the promise does, or is rejected when the deadline is over. */
export async function inTime(promise) {
    let timer = 0;
    const late = new Promise((_, reject) => {
        timer = GLib.timeout_add(GLib.PRIORITY_DEFAULT, DEADLINE_MS, () => {
            timer = 0;
            reject(new Error('nothing happened'));
            return GLib.SOURCE_REMOVE;
        });
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        if (timer)
            GLib.source_remove(timer);
    }
}

/** Runs each function of an object, as <prefix>/<its key>, cleans up and ends the program: nothing runs behind it. */
export async function run(prefix, tests, cleanUp) {
    let count = 0, failed = 0;
    for (const [name, test] of Object.entries(tests)) {
        count++;
        try {
            await inTime(test());
            print(`ok ${count} ${prefix}/${name}`);
        } catch (error) {
            failed++;
            print(`not ok ${count} ${prefix}/${name}`);
            print(`# ${error}\n# ${error.stack}`.replaceAll('\n', '\n# '));
        }
        System.gc();
    }
    await inTime(cleanUp());
    print(`1..${count}`);
    System.exit(failed > 0 ? 1 : 0);
}

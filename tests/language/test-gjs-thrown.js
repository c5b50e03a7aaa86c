// test-gjs-thrown.js: an exception in each callback and each handler
//
// The transfer fails where the application was asked, and the exception is logged: nothing is lost silently. This
// program runs itself for that, and reads what it logs. What there is comes from the introspection data, so that a
// new callback cannot be forgotten. GJS logs with a critical, so these are not fatal here.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

import {getCallbacks} from './gir.js';
import {Server, equal, inTime, makeLockedClient, ok, run} from './support.js';

const CHILD = '--child';

Gio._promisify(Gio.Subprocess.prototype, 'communicate_utf8_async');

class Cases {
    constructor(server, client) {
        this.server = server;
        this.client = client;
    }

    makeMulti() {
        const multi = new Msa.Multi();
        multi.attach();
        return multi;
    }

    makeEasy(path, settings = {}) {
        return new Msa.Easy({uri: this.server.plain + path, ...settings});
    }

    /** Runs an easy whose handler of a signal throws; gives its error. */
    async runEasy(throws, signal, easy) {
        const multi = this.makeMulti();
        easy.connect(signal, throws);
        let error = null;
        try {
            await inTime(multi.run(easy));
        } catch (its) {
            error = its;
        }
        // Who threw, harmed nobody else.
        equal((await inTime(multi.run(this.makeEasy('/bytes/10')))).status, 200);
        return error;
    }

    async succeeds(...args) {
        equal(await this.runEasy(...args), null);
    }

    async refuses(code, ...args) {
        const error = await this.runEasy(...args);
        ok(error instanceof Msa.Error && error.matches(Msa.Error, code), `${error} is the refusal`);
    }

    async refusesToConnect(throws, setter) {
        const multi = this.makeMulti();
        multi[setter](throws);
        const error = await inTime(multi.run(this.makeEasy('/bytes/10'))).catch(its => its);
        ok(error instanceof Msa.Error && error.matches(Msa.Error, Msa.Error.CONNECT), `${error} is the refusal`);
    }

    /** Drives with functions that throw, then attached. */
    async drives(throws, setter) {
        const multi = new Msa.Multi(), easy = this.makeEasy('/bytes/10');
        multi[setter](throws);
        multi.add(easy);
        multi.socket_action(Msa.SOCKET_TIMEOUT, 0);
        multi.attach();
        while (multi.n_running > 0)
            GLib.MainContext.default().iteration(true);
        equal([easy.get_error(), easy.bytesReceived], [null, 10]);
    }

    get all() {
        const {server, client} = this;
        return {
            'EasyWriteFunc': async throws => {
                const multi = this.makeMulti(), easy = this.makeEasy('/bytes/10');
                easy.set_write_func(throws);
                const error = await inTime(multi.run(easy)).catch(its => its);
                ok(error instanceof Msa.Error && error.matches(Msa.Error, Msa.Error.WRITE), `${error} is the refusal`);
                equal(easy.get_body(), null);
            },
            'HeadersForeachFunc': async throws => {
                const headers = Msa.Headers.new();
                headers.append('A', '1');
                headers.foreach(throws);
                equal([...headers], [['A', '1']]);
            },
            'MultiAddressFunc': throws => this.refusesToConnect(throws, 'set_address_func'),
            'MultiOpenFunc': throws => this.refusesToConnect(throws, 'set_open_func'),
            'MultiSocketFunc': throws => this.drives(throws, 'set_socket_func'),
            'MultiTimerFunc': throws => this.drives(throws, 'set_timer_func'),
            'Easy::accept-certificate': throws => this.refuses(Msa.Error.TLS_VERIFY, throws, 'accept-certificate',
                new Msa.Easy({uri: `${server.tls}/bytes/10`})),
            'Easy::completed': throws => this.succeeds(throws, 'completed', this.makeEasy('/bytes/10')),
            'Easy::data': throws => this.succeeds(throws, 'data', this.makeEasy('/bytes/10')),
            'Easy::headers': throws => this.succeeds(throws, 'headers', this.makeEasy('/bytes/10')),
            'Easy::informational': throws => this.succeeds(throws, 'informational', this.makeEasy('/hints')),
            'Easy::key-password': throws => this.refuses(Msa.Error.TLS_PASSWORD, throws, 'key-password', new Msa.Easy({
                uri: `${server.tls}/bytes/10`,
                tls_config: new Msa.TlsConfig({
                    ca_file: server.caFile, certificate_file: client.certificate, key_file: client.key,
                }),
            })),
            'Easy::progress': throws => {
                const easy = this.makeEasy('/bytes/1000000');
                let isTold = false;
                // It has not ended before it is told.
                easy.set_write_func(() => isTold ? Msa.WriteResult.CONTINUE : Msa.WriteResult.PAUSE);
                return this.succeeds(() => {
                    isTold = true;
                    easy.resume(Msa.Directions.RECEIVE);
                    throws();
                }, 'progress', easy);
            },
            'Easy::trace': throws => this.succeeds(throws, 'trace', this.makeEasy('/bytes/10')),
            'Multi::completed': async throws => {
                const multi = this.makeMulti();
                multi.connect('completed', throws);
                equal((await inTime(multi.run(this.makeEasy('/bytes/10')))).status, 200);
            },
        };
    }
}

/** Runs all cases, and tells each result in a line. */
async function runChild() {
    const server = await Server.start(), client = await makeLockedClient();
    for (const [name, test] of Object.entries(new Cases(server, client).all)) {
        try {
            await inTime(test(() => {
                throw new Error(`thrown in ${name}.`);
            }));
            print(`${name}: good`);
        } catch (error) {
            print(`${name}: ${error} ${error.stack}`.replaceAll('\n', ' '));
        }
        System.gc();
    }
    client.remove();
    await server.close();
}

async function runParent() {
    const child = Gio.Subprocess.new(['gjs', '-m', System.programPath, CHILD],
        Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE);
    const [results, log] = await inTime(child.communicate_utf8_async(null, null));
    const tests = {
        'ends': async () => ok(child.get_if_exited() && child.get_exit_status() === 0, log),
    };
    for (const name of getCallbacks()) {
        tests[name.replace('::', '/')] = async () => {
            const result = results.split('\n').find(line => line.startsWith(`${name}: `));
            ok(result, `${name} is new: say what an exception in it does`);
            equal(result, `${name}: good`);
            ok(log.includes(`thrown in ${name}.`), `${name} is logged`);
        };
    }
    await run('/msa/gjs/thrown', tests, async () => {});
}

if (System.programArgs.includes(CHILD))
    await runChild();
else
    await runParent();

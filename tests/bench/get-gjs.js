#!/usr/bin/env -S gjs -m
// get-gjs.js: libmsa in JavaScript, see get-msa.c
//
// --mode await: with the override.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

const CALLBACKS_PER_COLLECTION = 5000;

function readText(path) {
    return new TextDecoder().decode(GLib.file_get_contents(path)[1]);
}

// GJS 1.74 leaks GBytes of which another method is called.
function lengthOf(bytes) {
    return bytes.toArray().length;
}

// What bench.c does for programs in C.
class Bench {
    constructor(words) {
        for (const word of words) {
            const [, name, value] = word.match(/^--([a-z-]+)=(.*)$/);
            this[name.replace('-', '_')] = /^[0-9]+$/.test(value) ? Number(value) : value;
        }
        this.uri = `http://127.0.0.1:${this.port}${this.path}`;
        this.started = this.done = 0;
        this.last = this.warm_up + this.requests;
    }

    // There is no getrusage(): the nanoseconds of all threads.
    static clock() {
        const tasks = Gio.File.new_for_path('/proc/self/task').enumerate_children('standard::name', 0, null);
        let spent = 0;
        for (let task = tasks.next_file(null); task !== null; task = tasks.next_file(null))
            spent += Number(readText(`/proc/self/task/${task.get_name()}/schedstat`).split(' ')[0]);
        return {wall: GLib.get_monotonic_time(), spent: Math.round(spent / 1000)};
    }

    start() {
        if (this.started === this.last)
            return false;
        this.started++;
        return true;
    }

    finish(status, length) {
        // Fatal with G_DEBUG=fatal-criticals.
        if (status !== 200 || length !== this.body_length)
            throw new Error(`status ${status} and ${length} bytes`);
        this.done++;
        if (this.done === this.warm_up)
            this.begin = Bench.clock();
        else if (this.done === this.last)
            this.end = Bench.clock();
        // GJS before 1.81.90 loses callbacks while its collector runs by itself; the override knows.
        if (this.mode !== 'await' && this.done % CALLBACKS_PER_COLLECTION === 0)
            System.gc();
    }

    get isOver() {
        return this.done === this.last;
    }

    report() {
        print(JSON.stringify({
            started: this.started, done: this.done, bytes: this.done * this.body_length, requests: this.requests,
            wall_us: this.end.wall - this.begin.wall, user_us: this.end.spent - this.begin.spent, system_us: 0,
        }));
    }
}

class Get {
    constructor(words) {
        this.bench = new Bench(words);
        this.loop = new GLib.MainLoop(null, false);
        this.multi = new Msa.Multi({
            max_connections_per_host: this.bench.in_flight, max_idle_connections: this.bench.in_flight,
        });
        this.multi.attach(null);
    }

    finish(status, length) {
        this.bench.finish(status, length);
        if (this.bench.isOver)
            this.loop.quit();
    }

    askSignal(easy) {
        if (this.bench.start())
            this.multi.add(easy);
    }

    startSignal() {
        const easy = Msa.Easy.new(this.bench.uri);
        easy.connect('completed', () => {
            this.finish(easy.status, lengthOf(easy.get_body()));
            this.askSignal(easy);
        });
        this.askSignal(easy);
        return easy;
    }

    startFetch() {
        if (!this.bench.start())
            return;
        this.multi.fetch_async(this.bench.uri, null, (multi, result) => {
            this.finish(200, lengthOf(multi.fetch_finish(result)));
            this.startFetch();
        });
    }

    async fetchAndAwait() {
        while (this.bench.start())
            this.finish(200, (await this.multi.fetch(this.bench.uri)).length);
    }

    // What is thrown in a promise would be told and forgotten, and to exit there waits for ever.
    startAwait() {
        this.fetchAndAwait().catch(error => {
            printerr(error);
            this.hasFailed = true;
            this.loop.quit();
        });
    }

    run() {
        const start = {
            signal: () => this.startSignal(),
            fetch: () => this.startFetch(),
            await: () => this.startAwait(),
        }[this.bench.mode];
        this.easies = Array.from({length: this.bench.in_flight}, start);
        this.loop.run();
        if (this.hasFailed)
            System.exit(1);
        this.bench.report();
    }
}

new Get(System.programArgs).run();

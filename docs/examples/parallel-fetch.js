#!/usr/bin/env -S gjs -m
// parallel-fetch.js: fetches many URLs at once
//
//   parallel-fetch.js [--ca-file FILE] [--count N] [--progress] URL…
//
// Bodies are counted and thrown away. The same program stands beside this one in C, Vala and Python.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

const HELP = `Usage: parallel-fetch.js [OPTION…] URL…

  --ca-file FILE  Trust the certificates in this file
  --count N       Fetch each URL so many times (1)
  --progress      Show progress also where it is no terminal`;
const MAX_CONNECTIONS_PER_HOST = 100;
const MAX_ERRORS_SHOWN = 5;
const CALLBACKS_PER_COLLECTION = 500;
const PROGRESS_INTERVAL_MS = 100;

const stdout = new Gio.UnixOutputStream({fd: 1, close_fd: false});

class Fetch {
    constructor(caFile) {
        this.loop = new GLib.MainLoop(null, false);
        this.multi = new Msa.Multi({max_connections_per_host: MAX_CONNECTIONS_PER_HOST});
        this.multi.attach(null);
        if (caFile)
            this.multi.tls_config = Msa.TlsConfig.new_for_ca_file(caFile);
        this.left = this.done = this.failed = this.bytes = 0;
        this.callbacks = 0;
        this.errors = [];
    }

    // GJS before 1.81.90 loses callbacks while its collector runs by itself. So it must not have to.
    collect() {
        if (this.callbacks++ % CALLBACKS_PER_COLLECTION === 0)
            System.gc();
    }

    onData(data) {
        this.bytes += data.length;
        this.collect();
        return Msa.WriteResult.CONTINUE;
    }

    onCompleted(easy, error) {
        if (!error && easy.status < 400)
            this.done++;
        else if (this.failed++ < MAX_ERRORS_SHOWN)
            this.errors.push(`${easy.uri}: ${error ? error.message : `HTTP status ${easy.status}`}`);
        if (--this.left === 0)
            this.loop.quit();
        this.collect();
    }

    add(url) {
        const easy = Msa.Easy.new(url);
        easy.set_write_func((_easy, data) => this.onData(data));
        easy.connect('completed', this.onCompleted.bind(this));
        this.left++;
        // The multi holds the easy until it has ended. A bad URL is heard of then.
        this.multi.add(easy);
    }

    showProgress() {
        const text = `\r${this.done} done, ${this.failed} failed, ${(this.bytes / 1e6).toFixed(1)} MB `;
        stdout.write_all(new TextEncoder().encode(text), null);
        return GLib.SOURCE_CONTINUE;
    }

    run(progress) {
        const start = GLib.get_monotonic_time();
        if (progress)
            GLib.timeout_add(GLib.PRIORITY_DEFAULT, PROGRESS_INTERVAL_MS, () => this.showProgress());
        this.loop.run();
        if (progress) {
            this.showProgress();
            print();
        }

        this.errors.forEach(line => printerr(line));
        const seconds = (GLib.get_monotonic_time() - start) / 1e6;
        print(`done    ${String(this.done).padStart(12)}`);
        print(`failed  ${String(this.failed).padStart(12)}`);
        print(`bytes   ${String(this.bytes).padStart(12)}`);
        print(`seconds ${seconds.toFixed(3).padStart(12)}`);
        return this.failed > 0 ? 1 : 0;
    }
}

function parseArguments(words) {
    const options = {count: 1, progress: GLib.log_writer_supports_color(1), urls: []};
    while (words.length > 0) {
        const word = words.shift();
        if (word === '--help')
            options.help = true;
        else if (word === '--progress')
            options.progress = true;
        else if (word === '--ca-file')
            options.caFile = words.shift() ?? null;
        else if (word === '--count')
            options.count = Number(words.shift());
        else if (word.startsWith('-'))
            return null;
        else
            options.urls.push(word);
    }
    const good = options.help || options.urls.length > 0 && options.caFile !== null && options.count > 0;
    return good ? options : null;
}

const options = parseArguments(System.programArgs);
if (options === null || options.help) {
    (options ? print : printerr)(HELP);
    System.exit(options ? 0 : 2);
}

const fetch = new Fetch(options.caFile);
for (let i = 0; i < options.count; i++)
    options.urls.forEach(url => fetch.add(url));
System.exit(fetch.run(options.progress));

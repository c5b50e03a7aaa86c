#!/usr/bin/env -S gjs -m
// application.js: a transfer in an application of GLib; one of GTK is the same
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import Msa from 'gi://Msa?version=1';
import System from 'system';

const application = new Gio.Application();
const multi = new Msa.Multi();

async function load(uri) {
    // Keeps the application running: a window would do so by itself.
    application.hold();
    try {
        const body = await multi.fetch(uri);
        print(`${body.length} bytes`);
    } catch (e) {
        print(e.message);
    }
    application.release();
}

application.connect('activate', () => {
    load(System.programArgs[0]).catch(logError);
});
application.run([]);

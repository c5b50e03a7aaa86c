#!/usr/bin/env gjs
// script.js: fetches a URL in a script that is no module, by a signal
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.Msa = '1';
const {GLib, Msa} = imports.gi;

const loop = GLib.MainLoop.new(null, false);
const multi = new Msa.Multi();
multi.attach(null);

const easy = new Msa.Easy({uri: ARGV[0]});
easy.connect('completed', (_easy, error) => {
    print(error ? error.message : `${easy.status}: ${easy.body.toArray().length} bytes`);
    loop.quit();
});
multi.add(easy);
loop.run();

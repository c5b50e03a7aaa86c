#!/usr/bin/env -S gjs -m
// first.js: fetches a URL, and tells how long its body is
// SPDX-License-Identifier: LGPL-2.1-or-later

import Msa from 'gi://Msa?version=1';
import System from 'system';

const multi = new Msa.Multi();
const uri = System.programArgs[0] ?? 'https://example.org/';

try {
    const body = await multi.fetch(uri);
    print(`${body.length} bytes`);
} catch (e) {
    printerr(e.message);
    System.exit(1);
}

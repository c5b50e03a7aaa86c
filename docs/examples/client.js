#!/usr/bin/env -S gjs -m
// client.js: what one transfer can be told to do, one command each
//
//   client.js get|text|post|upload|headers|download|stream|write|progress|timeouts|cancel|many URL [FILE]
//
// FILE is what `download` writes and `upload` reads; with the others, an authority to trust.
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Msa from 'gi://Msa?version=1';
import System from 'system';

const [command, uri, fileName] = System.programArgs;

function get() {
}

async function fetchText(multi) {
    // [text]
    const body = await multi.fetch(uri);
    print(new TextDecoder().decode(body));
    // [/text]
}

function post(easy) {
    // [post]
    easy.set_body('application/json', JSON.stringify({name: 'value'}));
    // [/post]
}

function upload(easy) {
    // [upload]
    easy.method = 'PUT';
    easy.set_body_file('application/octet-stream', Gio.File.new_for_path(fileName));
    // [/upload]
}

function headers(easy) {
    // [headers-send]
    easy.get_request_headers().replace('Accept', 'application/json');
    easy.user_agent = 'client/1.0';
    // [/headers-send]
    // [headers-read]
    easy.connect('headers', its => {
        const fields = its.get_response_headers();
        print(`Content-Type: ${fields.get('content-type')}`);
        for (const [name, value] of fields)
            print(`${name} is ${value}`);
    });
    // [/headers-read]
}

function download(easy) {
    // [download]
    easy.set_output_file(Gio.File.new_for_path(fileName));
    // [/download]
}

async function stream(multi, easy) {
    // [stream]
    const checksum = new GLib.Checksum(GLib.ChecksumType.SHA256);
    for await (const part of multi.stream(easy))
        checksum.update(part);
    print(checksum.get_string());
    // [/stream]
}

function write(easy) {
    // [write]
    let length = 0;
    easy.set_write_func((_easy, data) => {
        length += data.length;
        return length > 1000000 ? Msa.WriteResult.ABORT : Msa.WriteResult.CONTINUE;
    });
    // [/write]
}

function progress(easy) {
    // [progress]
    easy.connect('progress', its => {
        const received = its.bytes_received, length = its.content_length;
        print(length > 0 ? `${(100 * received / length).toFixed()} %` : `${received} bytes`);
    });
    // [/progress]
}

function timeouts(easy) {
    // [timeouts]
    easy.timeout_ms = 60000; // for all of it
    easy.connect_timeout_ms = 5000; // until the request can be sent
    easy.response_timeout_ms = 500; // for the response to begin
    easy.idle_timeout_ms = 10000; // for the next byte
    // [/timeouts]
}

async function cancel(multi, easy) {
    // [cancel]
    const cancellable = new Gio.Cancellable();
    easy.connect('headers', () => cancellable.cancel());
    await multi.run(easy, cancellable);
    // [/cancel]
}

async function many(multi) {
    // [many]
    multi.max_connections_per_host = 10;
    const bodies = await Promise.all(Array.from({length: 100}, () => multi.fetch(uri)));
    print(`${bodies.length} bodies`);
    // [/many]
}

async function run(multi, easy) {
    if (command === 'text')
        return fetchText(multi);
    if (command === 'stream')
        return stream(multi, easy);
    if (command === 'cancel')
        return cancel(multi, easy);
    if (command === 'many')
        return many(multi);

    ({get, post, upload, headers, download, write, progress, timeouts})[command](easy);
    // [run]
    await multi.run(easy);
    print(`${easy.status}, ${easy.bytes_received} bytes`);
    // [/run]
    return null;
}

if (!uri) {
    printerr('Usage: client.js COMMAND URL [FILE]');
    System.exit(2);
}

const multi = new Msa.Multi();
const easy = new Msa.Easy({uri});
if (fileName && !['upload', 'download'].includes(command)) {
    // [tls]
    multi.tls_config = new Msa.TlsConfig({ca_file: fileName});
    // [/tls]
}

// [errors]
try {
    await run(multi, easy);
} catch (e) {
    if (!(e instanceof GLib.Error))
        throw e;
    if (e.matches(Msa.Error, Msa.Error.CONNECT))
        print(`Nobody is there: ${e.message}`);
    else if (e.matches(Msa.Error, Msa.Error.TLS_VERIFY))
        print(`It is not who it says: ${e.message}`);
    else if (e.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
        print('Cancelled');
    else
        print(e.message);
    System.exit(1);
}
// [/errors]

// gir.js: what there is in the introspection data, for tests that must not forget anything
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GLib from 'gi://GLib';

const INTEGERS = ['gint', 'guint', 'gint64', 'guint64', 'gsize', 'gssize'];

/** A tree of {tag, name, ..., children}, of attributes and elements. Text is left out. */
function parse(text) {
    const root = {tag: '', children: []}, open = [root];
    for (const [, end, tag, attributes, empty] of text.matchAll(/<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g)) {
        if (end) {
            open.pop();
            continue;
        }
        const node = {tag, children: []};
        for (const [, key, value] of attributes.matchAll(/([\w:-]+)="([^"]*)"/g))
            node[key] = value;
        open.at(-1).children.push(node);
        if (!empty)
            open.push(node);
    }
    return root;
}

function find(node, ...tags) {
    return node.children.filter(child => tags.includes(child.tag));
}

function load() {
    const [, bytes] = GLib.file_get_contents(GLib.getenv('MSA_GIR'));
    const [repository] = find(parse(new TextDecoder().decode(bytes)), 'repository');
    return find(repository, 'namespace')[0];
}

const namespace = load();
const types = find(namespace, 'class', 'record').filter(type => !type.name.endsWith('Class'));

function typeOf(node) {
    return find(node, 'type', 'array')[0];
}

/** The parameters that JavaScript gives, as [{name, type, nullable}]. */
function parametersOf(callable) {
    const all = find(callable, 'parameters').flatMap(parameters => find(parameters, 'parameter'));
    // The user data of a callback, and what frees it.
    const hidden = new Set(all.flatMap(({closure, destroy}) => [closure, destroy]).filter(i => i !== undefined).map(Number));
    return all.filter((parameter, i) => parameter.direction !== 'out' && !hidden.has(i)).map(parameter => {
        const type = typeOf(parameter);
        const isNullable = parameter.nullable === '1' || parameter['allow-none'] === '1';
        return {name: parameter.name, type: type.tag === 'array' ? 'array' : type.name, isNullable};
    });
}

/** Each method, constructor and function that is introspectable, as {owner, name, kind, parameters}. */
export function getCallables() {
    const callables = [];
    for (const owner of [...types, namespace]) {
        for (const callable of find(owner, 'method', 'constructor', 'function')) {
            if (callable.introspectable !== '0' && !callable['moved-to'] && !callable.shadowed) {
                callables.push({
                    owner: owner === namespace ? null : owner.name,
                    name: callable.name,
                    kind: callable.tag,
                    parameters: parametersOf(callable),
                });
            }
        }
    }
    return callables;
}

/** Each property, as {owner, name, type, isWritable, isConstructOnly}. */
export function getProperties() {
    return types.flatMap(owner => find(owner, 'property').map(property => {
        const type = typeOf(property);
        return {
            owner: owner.name,
            name: property.name,
            type: type.tag === 'array' ? 'array' : type.name,
            isWritable: property.writable === '1',
            isConstructOnly: property['construct-only'] === '1',
        };
    }));
}

export function isInteger(type) {
    return INTEGERS.includes(type);
}

/** The names of the enumerations and sets of flags. */
export function getEnumerations() {
    return find(namespace, 'enumeration', 'bitfield').map(({name}) => name);
}

/** What runs functions of the application: callbacks by name, signals as <class>::<name>. */
export function getCallbacks() {
    return [
        ...find(namespace, 'callback').map(({name}) => name),
        ...types.flatMap(owner => find(owner, 'glib:signal').map(({name}) => `${owner.name}::${name}`)),
    ];
}

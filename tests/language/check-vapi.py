#!/usr/bin/env python3
# check-vapi.py: what Vala is told, beside the introspection data
#
#   check-vapi.py Msa-1.gir libmsa-1.vapi include-folders compiler...
#
# What is in the introspection data is in the vapi, unless left out on purpose; what a getter says may be null, its
# property says too; and a program that calls each method, with all arguments and with the defaults, reads and writes
# each property and listens to each signal can be compiled, by Vala and by C.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import tap

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

# Finishing belongs to the asynchronous method.
LEFT_OUT = {'Multi.fetch_finish', 'Multi.run_finish', 'Multi.close_finish', 'error_quark', 'Error.quark'}
# Vala has a name of its own for these.
RENAMED = {'TlsConfig.new_for_ca_file': 'TlsConfig.for_ca_file'}
# Taken by the language when an object goes.
NOT_CALLED = {'ref', 'unref'}

CLASS = re.compile(r'\tpublic (?:sealed )?(?:class|enum|errordomain|interface) (\w+)')
METHOD = re.compile(r'\t\tpublic (?P<mode>async |static |)(?P<type>[^ (]+ |unowned [^ ]+ |)@?(?P<name>[\w.]+) \((?P<parameters>.*)\)'
                    r'(?P<throws> throws [\w.]+)?;')
PROPERTY = re.compile(r'\t\tpublic (?P<type>[\w.\[\]<>?]+) @?(?P<name>\w+) \{(?P<accessors>[^}]*)\}')
SIGNAL = re.compile(r'\t\tpublic signal (?P<type>\S+) (?P<name>\w+) \((?P<parameters>.*)\);')
MEMBER = re.compile(r'\t\t(\w+)[,;]?$')
TOP = re.compile(r'\tpublic (?:const|static|delegate|class|sealed class|enum|errordomain|interface)[^;]*?@?(\w+)(?: \(.*\)| : .*)?(?:;| \{)$')


class Entry:
    def __init__(self, owner, kind, match):
        self.owner = owner
        self.kind = kind
        self.groups = match.groupdict()

    @property
    def name(self):
        return self.groups['name']


def read_vapi(path):
    """All names, as <class>.<member>, and what can be called and read."""
    names, entries, owner = set(), [], None
    with open(path, encoding='utf-8') as file:
        lines = file.read().splitlines()
    for line in lines:
        if match := CLASS.match(line):
            owner = match[1]
            names.add(owner)
        elif line == '\t}':
            owner = None
        elif match := TOP.match(line):
            names.add(match[1])
        elif owner is not None:
            for kind, pattern in (('signal', SIGNAL), ('property', PROPERTY), ('method', METHOD)):
                if match := pattern.match(line):
                    entries.append(Entry(owner, kind, match))
                    names.add(f'{owner}.{entries[-1].name}')
                    break
            else:
                if match := MEMBER.match(line):
                    names.add(f'{owner}.{match[1]}')
    return names, entries


def read_gir(path):
    """The name of each symbol that languages see."""
    namespace = ElementTree.parse(path).getroot().find(CORE + 'namespace')
    for node in namespace:
        tag = node.tag.replace(CORE, '')
        if node.get('introspectable') == '0' or node.get(GLIB + 'is-gtype-struct-for') or 'name' not in node.attrib:
            continue
        if tag in ('class', 'record', 'enumeration', 'bitfield', 'callback', 'constant', 'function'):
            yield node.get('name')
        for member in node:
            kind = member.tag.replace(CORE, '').replace(GLIB, '')
            if member.get('introspectable') == '0':
                continue
            name = member.get('name', '').replace('-', '_')
            if kind == 'member':
                yield f'{node.get("name")}.{name.upper()}'
            elif kind == 'constructor' and name == 'new':
                yield f'{node.get("name")}.{node.get("name")}'
            elif kind in ('constructor', 'method', 'function', 'property', 'signal'):
                yield f'{node.get("name")}.{name}'


def check_symbols(test, gir, names):
    # A constructor stands under the name of its class.
    known = {RENAMED.get(name, name) for name in gir} - LEFT_OUT
    missing = sorted(name for name in known if name not in names and
                     name.replace('.', '.' + name.split('.')[0] + '.') not in names)
    test.ok('everything-is-there', not missing and len(known) > 200, missing)


def check_nullable(test, entries):
    getters = {}
    for entry in entries:
        if entry.kind == 'method' and (match := re.match('(?:get|dup)_(.*)', entry.name)):
            getters[entry.owner, match[1]] = entry.groups['type'].replace('unowned', '').strip()
    wrong, count = [], 0
    for entry in entries:
        getter = getters.get((entry.owner, entry.name))
        if entry.kind == 'property' and getter is not None:
            count += 1
            if getter != entry.groups['type']:
                wrong.append(f'{entry.owner}.{entry.name}: {entry.groups["type"]}, its getter gives {getter}')
    test.ok('properties-as-their-getters', not wrong and count > 40, wrong)


def write_parameters(text):
    """The same parameters without attributes and defaults, and what to call with."""
    declared, called = [], []
    text = re.sub(r'\[CCode \([^)]*\)\] ', '', text)
    for parameter in filter(None, text.split(', ')):
        parameter = re.sub(' = .*', '', parameter)
        words = parameter.split(' ')
        declared.append(parameter)
        direction = words[0] if words[0] == 'out' else ''
        called.append('(owned) ' + words[-1] if words[0] == 'owned' else f'{direction} {words[-1]}'.strip())
    return declared, called


def n_required(text):
    """How many come before the first with a default."""
    parameters = [p for p in re.sub(r'\[CCode \([^)]*\)\] ', '', text).split(', ') if p]
    return next((i for i, parameter in enumerate(parameters) if ' = ' in parameter), len(parameters))


# What valac makes of a closure is to have the type that C declares.
CLOSURES = '''void call_closures (Msa.Easy easy, Msa.Multi multi) {
	easy.set_write_func ((its, data) => CONTINUE);
	easy.get_request_headers ().foreach ((name, value) => {});
	multi.set_socket_func ((its, fd, wanted, removed) => {});
	multi.set_timer_func ((its, timeout_ms) => {});
	multi.set_open_func ((its, easy, address) => null);
	multi.set_address_func ((its, easy, address) => true);
}

void main () {
}
'''


def write_method(entry, number):
    owner, name, parameters = entry.owner, entry.name, entry.groups['parameters']
    declared, called = write_parameters(parameters)
    throws = ' throws Error' if entry.groups['throws'] else ''
    is_constructor = name.split('.')[0] == owner
    mode = 'async ' if entry.groups['mode'] == 'async ' else ''
    if is_constructor:
        call = f'new Msa.{name}'
    elif entry.groups['mode'] == 'static ':
        call = f'Msa.{owner}.{name}'
    else:
        declared.insert(0, f'Msa.{owner} self')
        call = f'self.@{name}'
    if mode:
        call = 'yield ' + call
    lines = [f'{call} ({", ".join(called)});']
    # Again with the defaults.
    short = n_required(parameters)
    if short < len(called):
        lines.append(f'{call} ({", ".join(called[:short])});')
    if is_constructor or entry.groups['type'].strip() != 'void':
        lines = [f'var result_{i} = {line}' for i, line in enumerate(lines)]
    out = ''.join(f'\t{p.split(" ")[-1]} = {"0" if "unowned" not in p else "null"};\n' for p in declared if p.startswith('out '))
    body = ''.join(f'\t{line}\n' for line in lines)
    return f'{mode}void call_{number} ({", ".join(declared)}){throws} {{\n{out}{body}}}\n'


def write_property(entry, number):
    name = f'self.@{entry.name}'
    lines = []
    if 'get;' in entry.groups['accessors']:
        lines.append(f'{entry.groups["type"]} value = {name};')
        if ' set;' in entry.groups['accessors']:
            lines.append(f'{name} = value;')
    return f'void call_{number} (Msa.{entry.owner} self) {{\n' + ''.join(f'\t{line}\n' for line in lines) + '}\n'


def write_signal(entry, number):
    declared, _ = write_parameters(entry.groups['parameters'])
    names = ', '.join(['its'] + [p.split(' ')[-1] for p in declared])
    result = 'return true;' if entry.groups['type'] == 'bool' else ''
    return (f'void call_{number} (Msa.{entry.owner} self) {{\n'
            f'\tself.{entry.name}.connect (({names}) => {{ {result} }});\n}}\n')


def write_program(entries, path):
    writers = {'method': write_method, 'property': write_property, 'signal': write_signal}
    count = 0
    with open(path, 'w', encoding='utf-8') as file:
        for number, entry in enumerate(entries):
            # A request is made by the library alone, a quark is for C.
            is_hidden = entry.name == entry.owner and entry.owner.endswith('Request')
            if entry.name not in NOT_CALLED and not is_hidden and entry.owner not in ('Error', 'TransferList'):
                file.write(writers[entry.kind](entry, number))
                count += 1
        file.write('void main () {\n}\n')
    return count


def run_quietly(command, folder):
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return [] if result.returncode == 0 else [line for line in result.stdout.splitlines() if 'error' in line]


def compile_vala(vapi, folder, name):
    return run_quietly(['valac', '--ccode', '--vapidir', os.path.dirname(vapi), '--pkg', 'gio-2.0', '--pkg', 'libmsa-1', name],
                       folder)


def compile_c(compiler, includes, folder, name, *flags):
    """What valac writes has warnings; these are mistakes of the vapi, which newer compilers refuse."""
    cflags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], stdout=subprocess.PIPE, text=True, check=True).stdout
    return run_quietly([*compiler, '-Werror=int-conversion', '-Werror=implicit-function-declaration', *flags,
                        *['-I' + path for path in includes.split(':')], *cflags.split(), '-c', name], folder)


def check_program(test, entries, vapi, includes, compiler):
    with tempfile.TemporaryDirectory() as folder:
        count = write_program(entries, os.path.join(folder, 'calls.vala'))
        errors = compile_vala(vapi, folder, 'calls.vala')
        test.ok('calls-compile', not errors and count > 200, errors)
        # Vala knows no array of constant strings.
        errors = compile_c(compiler, includes, folder, 'calls.c', '-Wno-incompatible-pointer-types')
        test.ok('calls-compile-in-c', not errors, errors)

        with open(os.path.join(folder, 'closures.vala'), 'w', encoding='utf-8') as file:
            file.write(CLOSURES)
        errors = compile_vala(vapi, folder, 'closures.vala')
        test.ok('closures-compile', not errors, errors)
        errors = compile_c(compiler, includes, folder, 'closures.c', '-Werror=incompatible-pointer-types',
                           '-Wno-incompatible-pointer-types-discards-qualifiers')
        test.ok('closures-compile-in-c', not errors, errors)


def main():
    gir, vapi, includes, *compiler = sys.argv[1:]
    test = tap.Test('/msa/vapi')
    names, entries = read_vapi(vapi)
    check_symbols(test, set(read_gir(gir)), names)
    check_nullable(test, entries)
    check_program(test, entries, os.path.abspath(vapi), includes, compiler)
    test.finish()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# check-headers.py: what is public, is marked, exported and includes nothing private
#
#   check-headers.py shared-library public-header...
#
# Every function that a public header declares is marked MSA_AVAILABLE_IN_ and exported by the library;
# every symbol that the library exports is declared so; no public header includes a private one, or
# one that is not installed beside it.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import subprocess
import sys

import tap

MARK = re.compile(r'\bMSA_AVAILABLE_IN_\d+_\d+\b')
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
FUNCTION = re.compile(r'\b(_?msa_\w+)\s*\(')
TYPE = re.compile(r'\bG_DECLARE_(?:FINAL|DERIVABLE|INTERFACE)_TYPE\s*\(\s*\w+\s*,\s*(\w+)')


def declarations(text):
    """The statements of a header, without comments, preprocessor lines and bodies."""
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.DOTALL)
    text = re.sub(r'//[^\n]*', ' ', text)
    text = re.sub(r'^\s*#(?:[^\n\\]|\\\n|\\.)*$', ' ', text, flags=re.MULTILINE)
    text = re.sub(r'\bG_(?:BEGIN|END)_DECLS\b', ';', text)
    text = re.sub(r'(\bG_(?:DECLARE|DEFINE)_\w+\s*\([^)]*\))', r'\1;', text)
    while re.search(r'\{[^{}]*\}', text):
        text = re.sub(r'\{[^{}]*\}', '{;', text).replace('{;', ' @body; ')
    return [' '.join(statement.split()) for statement in text.split(';')]


def read_functions(text):
    """(name, whether it is marked) of each function that a header declares."""
    for statement in declarations(text):
        marked = MARK.search(statement) is not None
        declared = TYPE.search(statement)
        if declared:
            yield declared[1] + '_get_type', marked
        elif not statement.startswith(('typedef', 'static', 'G_D')) and '@body' not in statement:
            function = FUNCTION.search(statement)
            if function:
                yield function[1], marked


def read_exports(library):
    listing = subprocess.run(['nm', '-D', '--defined-only', library], check=True, capture_output=True, text=True)
    names = {line.split()[-1].split('@')[0] for line in listing.stdout.splitlines()}
    # What the linker and the sanitizers put there.
    return {name for name in names if not re.match(r'_init$|_fini$|__|_edata$|_end$|_etext$', name)}


def check_includes(headers):
    names = {os.path.basename(path) for path in headers}
    for path, text in headers.items():
        for include in INCLUDE.findall(text):
            if include.endswith('-private.h'):
                yield f'{os.path.basename(path)}: includes the private "{include}"'
            elif include not in names:
                yield f'{os.path.basename(path)}: includes "{include}", which is not installed'


def check_symbols(headers, exports):
    declared = set()
    for path, text in headers.items():
        for name, marked in read_functions(text):
            declared.add(name)
            if not marked:
                yield f'{os.path.basename(path)}: {name} has no MSA_AVAILABLE_IN_ mark'
            if name not in exports:
                yield f'{os.path.basename(path)}: {name} is not exported'
    for name in sorted(exports - declared):
        yield f'{name} is exported, but no public header declares it'


def prove(test):
    good = 'MSA_AVAILABLE_IN_1_0\nvoid msa_a (int x);\n'
    planted = {
        # name: (header, exports, whether it is refused)
        'good': (good, {'msa_a'}, False),
        'type': ('MSA_AVAILABLE_IN_1_0\nG_DECLARE_FINAL_TYPE (MsaA, msa_a, MSA, A, GObject)\n', {'msa_a_get_type'},
                 False),
        'no-functions': ('/* void msa_c (void); */\ntypedef void (*MsaFunc) (int msa_x);\n'
                         '#define MSA_B \\\n  msa_b (1)\nstatic inline int msa_i (void) { return msa_a (0); }\n' + good,
                         {'msa_a'}, False),
        'unmarked': ('void msa_b (void);\n' + good, {'msa_a', 'msa_b'}, True),
        'unmarked-after-type': ('MSA_AVAILABLE_IN_1_0\nG_DECLARE_FINAL_TYPE (MsaA, msa_a, MSA, A, GObject)\n'
                                'MsaA *msa_a_new (void);\n', {'msa_a_get_type', 'msa_a_new'}, True),
        'unmarked-type': ('G_DECLARE_FINAL_TYPE (MsaA, msa_a, MSA, A, GObject)\n', {'msa_a_get_type'}, True),
        'not-exported': (good, set(), True),
        'undeclared-export': (good, {'msa_a', 'msa_secret'}, True),
        'private-include': ('#include "msa-b-private.h"\n' + good, {'msa_a'}, True),
        'uninstalled-include': ('#include "config.h"\n' + good, {'msa_a'}, True),
    }
    for name, (text, exports, refused) in planted.items():
        headers = {'msa-a.h': text}
        complaints = list(check_includes(headers)) + list(check_symbols(headers, exports))
        test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    test = tap.Test('/checks/headers')
    headers = {}
    for path in sys.argv[2:]:
        with open(path, encoding='utf-8') as file:
            headers[path] = file.read()
    complaints = list(check_includes(headers))
    test.ok('includes', not complaints and headers, complaints)
    complaints = list(check_symbols(headers, read_exports(sys.argv[1])))
    test.ok('symbols', not complaints, complaints)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# check-includes.py: includes point down the table of layers only
#
#   check-includes.py libmsa-folder [folder-of-generated-files]
#
# Reads the #include lines of all C files. What may include what is the table LAYERS; docs/architecture.md
# says what each folder holds. It holds also that a source starts with config.h.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import sys
import tempfile

import tap

# A folder: those it may include besides itself. '' are the objects at the top.
LAYERS = {
    'base': set(),
    'model': {'base'},
    'filter': {'model', 'base'},
    'net': {'filter', 'model', 'base'},
    'tls': {'filter', 'model', 'base'},
    'proto/http': {'filter', 'model', 'base'},
    'proto/*': {'proto/http', 'filter', 'model', 'base'},
    'body': {'model', 'base'},
    'policy': {'model', 'base'},
    'conn': {'net', 'tls', 'proto', 'filter', 'model', 'base'},
    'engine': {'conn', 'policy', 'body', 'net', 'tls', 'proto', 'filter', 'model', 'base'},
    '': {'engine', 'conn', 'policy', 'body', 'net', 'tls', 'proto', 'filter', 'model', 'base'},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def layer_of(path):
    """The folder of a file, by its path from libmsa/."""
    folder = os.path.dirname(path)
    return '/'.join(folder.split('/')[:2])


def allowed(here, there):
    if here == there:
        return True
    rule = LAYERS.get(here)
    if rule is None and here.startswith('proto/'):
        rule = LAYERS['proto/*']
    if rule is None:
        return False
    return there in rule or there.split('/')[0] in rule


def find_files(root):
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(('.c', '.h')) and '.p' not in os.path.splitext(os.path.basename(folder))[1:]:
                yield os.path.relpath(os.path.join(folder, name), root)


def read_includes(path):
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1]


def check_file(path, name, folders, made):
    """Complaints about one file; name is its path from libmsa/."""
    here = layer_of(name)
    includes = list(read_includes(path))
    for number, include in includes:
        if include == 'config.h':
            continue
        there = folders.get(include)
        if there is None:
            yield f'{name}:{number}: includes "{include}", which is no file of libmsa/'
        elif not allowed(here, there):
            yield f'{name}:{number}: {here or "the top"} must not include "{include}" of {there or "the top"}'

    if name.endswith('.c') and (not includes or includes[0][1] != 'config.h') and not made:
        yield f'{name}:1: does not include "config.h" first'


def check(root, generated=None):
    """All complaints about a tree."""
    paths = {name: os.path.join(root, name) for name in find_files(root)}
    made = {}
    if generated is not None:
        made = {name: os.path.join(generated, name) for name in find_files(generated) if name not in paths}
    folders = {}
    for name in list(paths) + list(made):
        folders[name] = layer_of(name)
        # Public headers name each other without a folder, as they are installed.
        if not name.endswith('-private.h'):
            folders.setdefault(os.path.basename(name), layer_of(name))

    complaints = []
    for name, path in sorted({**paths, **made}.items()):
        complaints += check_file(path, name, folders, name in made)
    return complaints, len(paths)


PLANTED = {
    # name: (file, its text, whether it is refused)
    'upward': ('base/msa-a.c', '#include "config.h"\n#include "model/msa-m-private.h"\n', True),
    'sibling': ('net/msa-a.c', '#include "config.h"\n#include "tls/msa-t-private.h"\n', True),
    'sibling-protocol': ('proto/http1/msa-a.c', '#include "config.h"\n#include "proto/http2/msa-h-private.h"\n', True),
    'policy-to-engine': ('policy/msa-a.c', '#include "config.h"\n#  include "engine/msa-e-private.h"\n', True),
    'public-name-upward': ('model/msa-a.c', '#include "config.h"\n#include "msa-easy.h"\n', True),
    'no-such-file': ('model/msa-a.c', '#include "config.h"\n#include "model/msa-none-private.h"\n', True),
    'no-such-folder': ('other/msa-a.c', '#include "config.h"\n#include "model/msa-m-private.h"\n', True),
    'config-later': ('model/msa-a.c', '#include "model/msa-m-private.h"\n#include "config.h"\n', True),
    'downward': ('conn/msa-a.c', '#include "config.h"\n#include "proto/http2/msa-h-private.h"\n', False),
    'shared-protocol-part': ('proto/http1/msa-a.c', '#include "config.h"\n#include "proto/http/msa-p-private.h"\n',
                             False),
}


def prove(test):
    """Each planted file must be refused, or taken, as said."""
    for name, (path, text, refused) in PLANTED.items():
        with tempfile.TemporaryDirectory() as root:
            for header in ('model/msa-m-private.h', 'tls/msa-t-private.h', 'proto/http2/msa-h-private.h',
                           'proto/http/msa-p-private.h', 'engine/msa-e-private.h', 'msa-easy.h'):
                os.makedirs(os.path.join(root, os.path.dirname(header)), exist_ok=True)
                with open(os.path.join(root, header), 'w', encoding='utf-8') as file:
                    file.write('#pragma once\n')
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
                file.write(text)
            complaints, _ = check(root)
            test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    test = tap.Test('/checks/includes')
    complaints, n_files = check(*sys.argv[1:3])
    test.ok('directions', not complaints and n_files > 0, complaints)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

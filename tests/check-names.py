#!/usr/bin/env python3
# check-names.py: what the documents name in the tree is there
#
#   check-names.py source-root
#
# Paths and names of code between backticks in README.md and docs/*.md: `engine/msa-hop.c`, `MsaHop`,
# `msa_scheduler_reap()`, `tests/unit/test-contract-*.c`. In pages for those who work on libmsa a path may begin in libmsa/
# or tests/; elsewhere only those count that begin in the top folder, since others may be the reader's.
# SPDX-License-Identifier: LGPL-2.1-or-later

import glob
import os
import re
import sys
import tempfile

import tap

QUOTED = re.compile(r'`([^`\n]+)`')
NAME = re.compile(r'_?(?:msa_[a-z0-9_]+|Msa[A-Z]\w*|MSA_[A-Z0-9_]+)$')
PATH = re.compile(r'[\w.*-]+(?:/[\w.*-]+)*(?:/|\.(?:c|h|py|sh|toml|in|js|vala|tsv|required|build|md|list))$')
FOLDERS = ('', 'libmsa', 'libmsa/*', 'tests', 'tests/*', 'docs', 'docs/examples', 'docs/examples/*', 'bindings', 'bindings/*')
MAINTAINERS = ('architecture.md', 'contributing.md', 'testing.md')
TOP = ('libmsa/', 'tests/', 'docs/', 'bindings/', '.ci/')
# What is to come.
OTHERS = {'policy/'}
SOURCES = ('.c', '.h', '.py', '.js', '.vala', '.in', '.toml', '.build', '.sh', '.list')


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def read_words(root):
    words = set()
    for folder in ('libmsa', 'tests', 'docs/examples', 'bindings'):
        for path, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = [name for name in folders if name not in ('corpus', 'mutants')]
            for name in names:
                if name.endswith(SOURCES):
                    words.update(re.findall(r'\w+', read(os.path.join(path, name))))
    return words


def is_known(name, words):
    """In the sources by itself, or put together there by a generator or a macro of GObject."""
    if name in words:
        return True
    generated = re.match(r'msa_easy_[gs]et_(\w+)$', name)
    return bool(generated) and generated[1].replace('_', '-').split('-')[0] in words


def check_page(path, text, root, words):
    # Blocks are check-samples.py's.
    text = re.sub(r'^ *```.*?^ *```$', '', text, flags=re.MULTILINE | re.DOTALL)
    for quoted in sorted(set(QUOTED.findall(text)) - OTHERS):
        name = re.sub(r' ?\(.*\)$', '', quoted)
        if NAME.match(name):
            if not is_known(name, words):
                yield f'{path}: names {quoted}, which is not in the sources'
        elif PATH.match(name) and (name.startswith(TOP) or path.endswith(MAINTAINERS)):
            if not any(glob.glob(os.path.join(root, folder, name)) for folder in FOLDERS):
                yield f'{path}: names {quoted}, which is not there'


def prove(test):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, 'libmsa/engine'))
        with open(os.path.join(root, 'libmsa/engine/msa-a.c'), 'w', encoding='utf-8') as file:
            file.write('void msa_a_run (MsaA *self);\n')
        words = read_words(root)
        for name, page, refused in (
                ('path', '`engine/msa-a.c`, `engine/`, `libmsa/engine/msa-*.c`', False),
                ('path-of-the-reader', '`my/program.c`', False), ('function', '`msa_a_run()`', False),
                ('type', '`MsaA`', False), ('block', '```c\nmsa_b ();\n`msa_b`\n```', False), ('text', '`example.org`, `GET /`', False),
                ('no-path', '`libmsa/engine/msa-b.c`', True), ('no-folder', '`libmsa/motor/`', True),
                ('no-inner-path', '`engine/msa-b.c`', True),
                ('no-function', '`msa_b_run ()`', True), ('no-type', '`MsaB`', True), ('no-constant', '`MSA_B`', True)):
            path = 'testing.md' if name == 'no-inner-path' else 'page.md'
            complaints = list(check_page(path, page, root, words))
            test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    test = tap.Test('/docs/names')
    root = sys.argv[1]
    words = read_words(root)
    for path in [os.path.join(root, 'README.md'), *sorted(glob.glob(os.path.join(root, 'docs/*.md')))]:
        name = os.path.relpath(path, root)
        complaints = list(check_page(name, read(path), root, words))
        test.ok(name, words and not complaints, complaints)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# coverage.py: lines and branches of the library that a run of the tests took, told by gcov
#
#   coverage.py build-folder source-folder document [gcov]
#
# The build folder has -Db_coverage=true, and tests ran in it. Prints lines and branches of each file, the sums, and
# each branch of the security core (CORE) that nothing took. Those that a table in the document explains are
# counted apart. Exit status 1 if the library has less than LEAST_LINES of its lines, if a branch of the
# core is neither taken nor explained, or if the table explains a branch that is taken or gone.
#
# Not counted are branches that a macro of GLib has by itself: checks (g_return_if_fail, g_assert ...), definitions
# of types, and the look for NULL of g_clear_pointer, g_autoptr and casts. A check that fails ends a test.
# SPDX-License-Identifier: LGPL-2.1-or-later

import collections
import json
import os
import re
import subprocess
import sys

LEAST_LINES = 90

# The security core: whatever reads what a peer sent, decides whom to trust, or what may be shared.
CORE = [
    # The cursor, the writer, numbers.
    'base/msa-cursor.c',
    'base/msa-cursor-private.h',
    'base/msa-number.c',
    'base/msa-quote.c',
    'base/msa-writer.c',
    'base/msa-writer-private.h',
    # Names.
    'model/msa-headers.c',
    'model/msa-host.c',
    'model/msa-url.c',
    # The key of the pool.
    'conn/msa-conn-key.c',
    # Whom to trust, and secrets.
    'model/msa-tls-settings.c',
    'tls/msa-tls-names.c',
    'tls/msa-tls-pinned-key.c',
    'tls/msa-tls-priority.c',
    'tls/msa-tls-staple.c',
    'tls/msa-tls-verify.c',
    # Tickets.
    'model/msa-tls-session-store.c',
    'model/msa-tls-sessions.c',
    'tls/msa-tls-resume.c',
    # Framing.
    'proto/http1/msa-http1-chunked.c',
    'proto/http1/msa-http1-framing.c',
    'proto/http1/msa-http1-input.c',
    'proto/http1/msa-http1-lines.c',
    'proto/http1/msa-http1-parser.c',
    # Files that are put in place of others.
    'net/msa-sys-real-files.c',
]

# Macros that branch by themselves, to their last parenthesis.
OWN_BRANCHES = re.compile(
    r'\b(?:g_return_(?:val_)?if_(?:fail|reached)|g_assert\w*|g_clear_(?:pointer|object|error|list|handle_id)'
    r'|G_DEFINE_\w+|G_DECLARE_\w+|g_warn_if_\w+|g_once_init_enter\w*)\s*\(')

# Variables that are freed at the end of their block, and begin as NULL.
AUTO_CLEANUP = re.compile(r'^ *g_auto\w*[^=;\n]*(?:= NULL)?;', re.M)

COMMENT_OR_TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)

ROW = re.compile(r'^\| `([^`]+)` \| (`+)(.+?)\2 \| (.+) \|$')


def run_gcov(gcov, objects, folder):
    """What gcov says of these .gcda files, a document each."""
    done = subprocess.run([gcov, '--json-format', '--stdout', '--branch-probabilities', *objects], cwd=folder,
                          capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{')]


def find_objects(folder):
    for top, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith('.gcno'):
                yield os.path.join(top, name)


def merge(documents, folder, root):
    """{path below root: {line: [count, [branch counts]]}}: a header's lines are in many objects."""
    files = collections.defaultdict(lambda: collections.defaultdict(dict))
    for document in documents:
        base = document.get('current_working_directory', folder)
        for file in document['files']:
            path = os.path.relpath(os.path.normpath(os.path.join(base, file['file'])), root)
            if path.startswith('..'):
                continue
            for line in file['lines']:
                function = line.get('function_name', '')
                counts = [line['count']] + [branch['count'] for branch in line['branches']]
                known = files[path][line['line_number']]
                if len(known.get(function, counts)) == len(counts):
                    known[function] = [a + b for a, b in zip(known.get(function, [0] * len(counts)), counts)]
    return {path: {number: (sum(counts[0] for counts in by_function.values()),
                            [count for _, counts in sorted(by_function.items()) for count in counts[1:]])
                   for number, by_function in sorted(lines.items())}
            for path, lines in files.items()}


def lines_of_macros(text):
    """Numbers of the lines that belong to a macro of OWN_BRANCHES."""
    text = COMMENT_OR_TEXT.sub(lambda match: re.sub(r'[^\n]', ' ', match.group()), text)
    numbers = set()
    numbers.update(text.count('\n', 0, match.start()) + 1 for match in AUTO_CLEANUP.finditer(text))
    for match in OWN_BRANCHES.finditer(text):
        depth, end = 1, match.end()
        while end < len(text) and depth:
            depth += {'(': 1, ')': -1}.get(text[end], 0)
            end += 1
        first = text.count('\n', 0, match.start()) + 1
        numbers.update(range(first, first + text.count('\n', match.start(), end) + 1))
    return numbers


class File:
    """Counts of one source, and the branches that nothing took: (line, text, which)."""

    def __init__(self, lines, text):
        source = text.split('\n')
        macros = lines_of_macros(text)
        self.lines = len(lines)
        self.lines_run = sum(count > 0 for count, _ in lines.values())
        self.branches = self.branches_taken = 0
        self.missed = []
        self.lines_missed = [number for number, (count, _) in lines.items() if not count]
        for number, (_, branches) in lines.items():
            if number in macros:
                continue
            self.branches += len(branches)
            self.branches_taken += sum(count > 0 for count in branches)
            which = [index for index, count in enumerate(branches) if not count]
            if which:
                self.missed.append((number, source[number - 1].strip(), len(which), len(branches)))


def read_explained(document):
    """{(file, text of the line): reason} of the table in the document."""
    with open(document, encoding='utf-8') as file:
        rows = [ROW.match(line.rstrip('\n')) for line in file]
    return {(row[1], row[3].strip().replace('\\|', '|')): row[4] for row in rows if row}


def judge(files, explained, core):
    """The report's lines, and whether all holds."""
    def share(part, whole):
        return f'{100 * part / whole if whole else 100:6.2f} %'

    def row(name, lines, run, branches, taken):
        return f'{name:44} {run:5} of {lines:5} {share(run, lines)}  {taken:5} of {branches:5} {share(taken, branches)}'

    report = [f'{"":44} {"lines":>24}  {"branches":>24}']
    sums = {'the library': [0, 0, 0, 0], 'the security core': [0, 0, 0, 0]}
    for path, file in sorted(files.items()):
        counts = [file.lines, file.lines_run, file.branches, file.branches_taken]
        report.append(row(path, *counts))
        for name, total in sums.items():
            if name == 'the library' or path in core:
                total[:] = map(sum, zip(total, counts))
    for name, total in sums.items():
        report.append(row(name, *total))

    good = True
    seen = set()
    reasoned = 0
    for path in core:
        if path not in files:
            # A header with nothing but macros has no lines.
            if not path.endswith('.h'):
                report.append(f'{path} is of the core, and nothing is known of it')
                good = False
            continue
        for number, text, missed, branches in files[path].missed:
            if (path, text) in explained:
                seen.add((path, text))
                reasoned += missed
            else:
                report.append(f'{path}:{number}: {missed} of {branches} branches are never taken: {text}')
                good = False
    for path, text in sorted(set(explained) - seen):
        report.append(f'{path}: explained, but taken or gone: {text}')
        good = False
    lines, run = sums['the library'][:2]
    if 100 * run < LEAST_LINES * lines:
        report.append(f'fewer than {LEAST_LINES} % of the lines')
        good = False
    report.append(f'security core: {reasoned} branches that are never taken are explained')
    return report, good


def read_files(gcov, build, source):
    """{path below libmsa/: File}, of the sources and of what is generated from the table of options."""
    objects = [path for path in find_objects(os.path.join(build, 'libmsa')) if 'libmsa-internal' in path]
    if not objects:
        sys.exit(f'{build} has no objects with -Db_coverage=true')
    root = os.path.join(source, 'libmsa')
    build_root = os.path.join(build, 'libmsa')
    documents = run_gcov(gcov, objects, build)
    files = {}
    for folder in [root, build_root]:
        for path, lines in merge(documents, build, folder).items():
            with open(os.path.join(folder, path), encoding='utf-8') as file:
                files[path] = File(lines, file.read())
    return files


def main(build, source, document, gcov='gcov'):
    build, source = os.path.realpath(build), os.path.realpath(source)
    report, good = judge(read_files(gcov, build, source), read_explained(document), CORE)
    print('\n'.join(report))
    sys.exit(not good)


if __name__ == '__main__':
    main(*sys.argv[1:])

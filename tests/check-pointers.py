#!/usr/bin/env python3
# check-pointers.py: two files move pointers into a peer's bytes
#
#   check-pointers.py build-folder libmsa-folder
#
# Nothing but base/msa-cursor* and base/msa-writer* counts on from a pointer to bytes (char, guint8; -Wpointer-arith refuses void): adds
# to it, steps it, subtracts it or takes an index of it. Other files read by MsaCursor and write by MsaWriter. Exempt are
# places in the files of EXEMPT, as many as it says, for a reason; what finds the struct around a member; and
# arrays, whose bounds the compiler knows. The types are clang-query's, with the commands that the build compiles by.
# SPDX-License-Identifier: LGPL-2.1-or-later

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

import tap

OWN = ('base/msa-cursor', 'base/msa-writer', 'base/msa-slice')

# A file: lines that count on from a pointer, and why none of it goes astray by what a peer sends.
EXEMPT = {
    'base/msa-mask.c': (9, 'lines of a trace: each index is below the length; tests/fuzz/fuzz-mask.c'),
    'base/msa-number.c': (1, 'an index below the length; tests/fuzz/fuzz-number.c'),
    'base/msa-quote.c': (1, 'a terminated string that is UTF-8 by then'),
    'base/msa-wipe-private.h': (2, 'our own memory, overwritten'),
    'conn/msa-conn-key.c': (1, 'the hash of a key that we wrote'),
    'conn/msa-endpoint-entry.c': (1, 'of an option: the first byte, if there is one'),
    'engine/msa-hop.c': (1, 'of an option: an index below the length'),
    'engine/msa-transfer-error.c': (4, 'a message of ours, and what strstr() found in it'),
    'model/msa-error.c': (7, 'a message, terminated; what is no text is found by the length given'),
    'model/msa-headers.c': (11, 'the block of the list, which it wrote; tests/fuzz/fuzz-headers.c'),
    'model/msa-host.c': (4, 'an index below the length; tests/fuzz/fuzz-url.c'),
    'model/msa-tls-settings.c': (4, 'of an option, terminated; tests/fuzz/fuzz-pin.c'),
    'model/msa-url.c': (2, 'an index below the length; tests/fuzz/fuzz-url.c'),
    'msa-multi-async.c': (1, 'the first byte of a terminated string'),
    'net/msa-address.c': (3, 'a path of ours in a sockaddr_un'),
    'net/msa-local-end.c': (2, 'options, and a text of ours'),
    'net/msa-sys-real.c': (1, 'a file that the application names: the place below the size of the block'),
    'proto/http1/msa-http1-framing.c': (3, 'the first byte of a name, which is a token: not empty'),
    'proto/http1/msa-http1-lines.c': (1, 'the first byte of a line that is not empty'),
    'tls/msa-tls-client.c': (5, 'of an option, terminated'),
    'tls/msa-tls-priority.c': (2, 'of an option, and where GnuTLS stopped in it'),
}

# What the struct is that a member is in.
CONTAINER = re.compile(r'MSA_CONTAINER_OF \(|G_STRUCT_OFFSET \(|\bG_DEFINE_\w+')

BYTES = 'hasType(pointsTo(isAnyCharacter()))'
PLACES = [
    'binaryOperator(hasAnyOperatorName("+", "-", "+=", "-="), anyOf(hasLHS(%(bytes)s), hasRHS(%(bytes)s)))',
    'unaryOperator(hasAnyOperatorName("++", "--"), %(bytes)s)',
    'arraySubscriptExpr(hasBase(expr(ignoringParens(expr(%(bytes)s, '
    'unless(implicitCastExpr(hasCastKind("CK_ArrayToPointerDecay"))))))))',
]
NOTE = re.compile(r'^(.+?):(\d+):\d+: note: "place" binds here$')


def write_queries(folder):
    path = os.path.join(folder, 'queries')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('set output diag\nset bind-root false\n')
        for place in PLACES:
            file.write(f'match stmt(unless(isExpansionInSystemHeader()), {place % {"bytes": BYTES}}).bind("place")\n')
    return path


def run_query(queries, paths, *options):
    """(path, line) of each place in @paths and what they include."""
    done = subprocess.run(['clang-query', *options[:1], '-f', queries, *paths, *options[1:]], capture_output=True,
                          text=True, check=False)
    text = done.stdout + done.stderr
    broken = [line for line in text.splitlines() if 'error:' in line or 'Error' in line]
    if done.returncode != 0 or broken:
        raise RuntimeError('clang-query: ' + '; '.join(broken[:3] or [text[-300:]]))
    for line in text.splitlines():
        match = NOTE.match(line)
        if match:
            yield os.path.realpath(match[1]), int(match[2])


def read_line(path, number):
    with open(path, encoding='utf-8') as file:
        return file.read().splitlines()[number - 1]


def group(places, root):
    """By file, from @root on: the lines that count."""
    found = {}
    for path, number in sorted(set(places)):
        name = os.path.relpath(path, root)
        if name.startswith('..') or name.startswith(OWN):
            continue
        text = read_line(path, number)
        if not CONTAINER.search(text):
            found.setdefault(name, []).append(f'{name}:{number}: {text.strip()}')
    return found


def check(found, exempt):
    for name, lines in sorted(found.items()):
        allowed = exempt.get(name, (0, ''))[0]
        if len(lines) > allowed:
            yield f'{name}: {len(lines)} lines count on from a pointer to bytes, {allowed} may'
            yield from lines
    for name, (allowed, _) in sorted(exempt.items()):
        n = len(found.get(name, []))
        if n < allowed:
            yield f'{name}: {allowed} lines are exempt, and there are only {n}: say so'


def read_sources(build, root):
    with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as file:
        for command in json.load(file):
            path = os.path.realpath(os.path.join(command['directory'], command['file']))
            if path.startswith(os.path.realpath(root) + os.sep):
                yield path


def find_places(build, root, queries):
    sources = sorted(set(read_sources(build, root)))
    parts = [sources[i::4] for i in range(4) if sources[i::4]]
    places = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda paths: list(run_query(queries, paths, f'-p={build}', '--extra-arg=-w')), parts):
            places += part
    return len(sources), places


PLANTED = {
    # name: (source, whether it is refused)
    'step': ('int f (const char *p) { p++; return *p; }', True),
    'sum': ('const unsigned char *f (const unsigned char *p) { return p + 1; }', True),
    'sum-assigned': ('void f (const char **p) { *p += 2; }', True),
    'difference': ('long f (const char *p, const char *q) { return q - p; }', True),
    'index': ('int f (const char *p, int i) { return p[i]; }', True),
    'index-of-member': ('struct s { const char *data; };\nint f (struct s *s) { return s->data[0]; }', True),
    'hidden-by-macro': ('#define NEXT(p) (*(p)++)\nint f (const char *p) { return NEXT (p); }', True),
    'array': ('static const char set[4];\nint f (int i) { return set[i & 3]; }', False),
    'numbers': ('int f (int a, int b) { return a + b; }', False),
    'other-pointers': ('int f (int *a) { return a[1]; }', False),
    'dereferenced': ('int f (const char *p) { return *p; }', False),
}


def prove(test, folder, queries):
    for name, (source, _) in PLANTED.items():
        with open(os.path.join(folder, f'{name}.c'), 'w', encoding='utf-8') as file:
            file.write(source + '\n')
    paths = [os.path.join(folder, f'{name}.c') for name in PLANTED]
    found = group(run_query(queries, paths, '--extra-arg=-w', '--'), os.path.realpath(folder))
    for name, (_, refused) in PLANTED.items():
        complaints = list(check({f'{name}.c': found.get(f'{name}.c', [])}, {}))
        test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)
    lines = ['a.c:1: x[i]', 'a.c:2: x[i]']
    test.ok('takes-exempt', not list(check({'a.c': lines}, {'a.c': (2, 'why')})))
    test.ok('refuses-one-more-than-exempt', bool(list(check({'a.c': lines}, {'a.c': (1, 'why')}))))
    test.ok('refuses-exempt-without-place', bool(list(check({}, {'a.c': (1, 'why')}))))


def main():
    test = tap.Test('/checks/pointers')
    with tempfile.TemporaryDirectory() as folder:
        queries = write_queries(folder)
        n_sources, places = find_places(sys.argv[1], sys.argv[2], queries)
        found = group(places, os.path.realpath(sys.argv[2]))
        complaints = list(check(found, EXEMPT))
        test.ok('two-files', n_sources > 50 and not complaints, complaints or [f'{n_sources} sources'])
        test.ok('reads-them', any('/base/msa-cursor' in path for path, _ in places))
        prove(test, folder, queries)
    test.finish()


if __name__ == '__main__':
    main()

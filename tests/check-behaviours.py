#!/usr/bin/env python3
# check-behaviours.py: every behaviour that is named has a test that ran and passed
#
#   check-behaviours.py behaviours.tsv behaviours.required passed
#   check-behaviours.py --prove
#
# behaviours.tsv: a number, a tab, test paths with spaces between them, and if wanted a tab and a note. A * in a
# path stands for anything, and needs one test at least. `unmet` in place of paths needs a note that says why.
# behaviours.required: the numbers that must have a row, one a line. passed: the paths of the tests
# that passed, as tests/report.py gives them. Lines that start with # are comments.
# SPDX-License-Identifier: LGPL-2.1-or-later

import re
import sys

import tap


def read_lines(path):
    with open(path, encoding='utf-8') as file:
        return file.read().splitlines()


def content(lines):
    """(number of the line, line) without comments and empty lines."""
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith('#'):
            yield number, line


def to_pattern(path):
    return re.compile('.*'.join(map(re.escape, path.split('*'))))


def check_row(where, row, passed):
    fields = row.split('\t')
    if len(fields) not in (2, 3) or not fields[0].strip():
        yield f'{where}: not of the form number, tab, paths, tab, note'
        return
    paths = fields[1].split()
    note = fields[2].strip() if len(fields) == 3 else ''
    if paths == ['unmet']:
        if not note:
            yield f'{where}: {fields[0]} is unmet, and the note does not say why'
        return
    if not paths:
        yield f'{where}: {fields[0]} names no test'
    for path in paths:
        if '*' in path:
            if not any(map(to_pattern(path).fullmatch, passed)):
                yield f'{where}: {fields[0]}: no test {path} ran and passed'
        elif path not in passed:
            yield f'{where}: {fields[0]}: the test {path} did not run and pass'


def check(table, required, passed):
    """Complaints; and the rows that are unmet."""
    complaints = []
    unmet = []
    numbers = {}
    for line, row in content(table):
        number = row.split('\t')[0].strip()
        if number in numbers:
            complaints.append(f'line {line}: {number} stands in line {numbers[number]} already')
        numbers[number] = line
        complaints += check_row(f'line {line}', row, passed)
        if row.split('\t')[1:2] == ['unmet']:
            unmet.append(row)
    for _, number in content(required):
        if number.strip() not in numbers:
            complaints.append(f'{number.strip()} has no row')
    if not numbers:
        complaints.append('the table is empty')
    return complaints, unmet


def prove(test):
    passed = {'/msa/a/one', '/msa/a/two'}
    planted = {
        'good': (['# comment', 'B1\t/msa/a/one /msa/a/two\tnote', 'B2\t/msa/a/*'], ['B1', 'B2'], False),
        'unmet-with-reason': (['B1\tunmet\tneeds a kernel of its own'], ['B1'], False),
        'test-not-run': (['B1\t/msa/a/one /msa/a/three'], ['B1'], True),
        'prefix-is-no-path': (['B1\t/msa/a'], ['B1'], True),
        'glob-without-test': (['B1\t/msa/b/*'], ['B1'], True),
        'glob-within': (['B1\t/msa/*/one'], ['B1'], False),
        'glob-within-without-test': (['B1\t/msa/*/three'], ['B1'], True),
        'missing-number': (['B1\t/msa/a/one'], ['B1', 'B2'], True),
        'unmet-without-reason': (['B1\tunmet\t'], ['B1'], True),
        'no-paths': (['B1\t\tnote'], ['B1'], True),
        'spaces-for-tabs': (['B1 /msa/a/one'], [], True),
        'twice': (['B1\t/msa/a/one', 'B1\t/msa/a/two'], ['B1'], True),
        'empty': ([], [], True),
    }
    for name, (table, required, refused) in planted.items():
        complaints, _ = check(table, required, passed)
        test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    test = tap.Test('/checks/behaviours')
    if sys.argv[1:] == ['--prove']:
        prove(test)
    else:
        try:
            complaints, unmet = check(*(read_lines(path) for path in sys.argv[1:3]), set(read_lines(sys.argv[3])))
        except OSError as error:
            complaints, unmet = [str(error)], []
        test.ok('complete', not complaints, complaints)
        for row in unmet:
            print(f'# unmet: {row}')
    test.finish()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# report.py: what a run of `meson test` came to, counted by test cases
#
#   report.py build-folder [--passed file] [--name run]
#
# Prints each case that failed or was skipped with its output, and as its last line
# `N passed, N failed, N skipped`. --passed takes the names of all cases that passed. A program that
# ended badly after its cases passed (a crash, a leak, a missing plan) counts as a failed case.
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

# What XML cannot hold; meson copies it from the output of the programs.
NOT_XML = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')
BAD_ENDS = {'FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS'}
SHOWN_LINES = 60


def plain_name(name):
    """A program's name without the project and the suites, which meson puts before it."""
    return name.split(' / ')[-1].split(':')[-1]


def read_cases(logs):
    """(program, case, result) of each case."""
    with open(os.path.join(logs, 'testlog.junit.xml'), encoding='utf-8', errors='replace') as file:
        text = NOT_XML.sub('?', file.read())
    for suite in ElementTree.fromstring(text.encode('utf-8')).iter('testsuite'):
        for case in suite.iter('testcase'):
            # A program that is one case stands in the suite of the project itself.
            program = plain_name(suite.get('name').partition('.')[2] or case.get('name'))
            name = re.sub(r'^\d+ ', '', case.get('name')) if '.' in suite.get('name') else program
            if case.find('failure') is not None or case.find('error') is not None:
                yield program, name, 'failed'
            elif case.find('skipped') is not None:
                yield program, name, 'skipped'
            else:
                yield program, name, 'passed'


def read_programs(logs):
    """What meson says of each program."""
    with open(os.path.join(logs, 'testlog.json'), encoding='utf-8') as file:
        for line in file:
            program = json.loads(line)
            yield plain_name(program['name']), program


def show(program):
    for stream in ('stdout', 'stderr'):
        lines = [line for line in program.get(stream, '').splitlines() if not line.startswith('ok ')]
        for line in lines[-SHOWN_LINES:]:
            print('    ' + line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--passed')
    parser.add_argument('--name', default='tests')
    options = parser.parse_args()
    logs = os.path.join(options.build, 'meson-logs')

    try:
        cases = list(read_cases(logs))
        programs = dict(read_programs(logs))
    except OSError as error:
        print(f'{options.name}: no test ran: {error}')
        print('0 passed, 1 failed, 0 skipped')
        sys.exit(1)
    failed_programs = {program for program, _, result in cases if result == 'failed'}
    for name, program in programs.items():
        if program['result'] in BAD_ENDS and name not in failed_programs:
            cases.append((name, f'{name}: the program itself ({program["result"]})', 'failed'))

    for name in sorted({program for program, _, result in cases if result == 'failed'}):
        print(f'{options.name}: {name}')
        if name in programs:
            show(programs[name])
    for result in ('skipped', 'failed'):
        for _, case, its in cases:
            if its == result:
                print(f'{options.name}: {result}: {case}')
    if options.passed:
        with open(options.passed, 'a', encoding='utf-8') as file:
            file.writelines(case + '\n' for _, case, result in cases if result == 'passed')

    count = {result: sum(1 for case in cases if case[2] == result) for result in ('passed', 'failed', 'skipped')}
    print(f'{count["passed"]} passed, {count["failed"]} failed, {count["skipped"]} skipped')
    sys.exit(1 if count['failed'] or not cases else 0)


if __name__ == '__main__':
    main()

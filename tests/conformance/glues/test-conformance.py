#!/usr/bin/env python3
# test-conformance.py: msa-conformance lets our glues pass, and catches each fault
#
#   test-conformance.py msa-conformance folder-of-glues name-of-good-glue...
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

DEADLINE_S = 500
# Good glues get it from a machine that is ten times slower.
PATIENCE = ['--limit', '60']
# What a faulty one misses does not come later either.
HASTE = ['--limit', '1']

# check: the faults that it finds, and the clause that it names
FAULTS = {
    'results': {'numbers-kept': 'P1'},
    'handlers': {'numbers-kept': 'P2'},
    'outside': {'timer-looked-up': 'C7'},
    'messages': {'message-a-turn': 'C5'},
    'running': {'messages-by-count': 'C4'},
    'crowd': {'first-event-only': 'P7'},
    'timer': {'timer-ignored': 'C7', 'timer-late': 'C7'},
    'timer-earlier': {'timer-first': 'C7'},
    'timer-withdrawn': {'timer-minus-one-is-zero': 'C7'},
    'rest': {'busy': 'P5', 'out-always': 'P5'},
    'threads': {'first-ignored': 'C9'},
    'pieces': {'one-shot': 'C6', 'wrong-events': 'C1'},
    'upload': {'changes-ignored': 'C6'},
    'strangers': {'removal-ignored-by-number': 'C6'},
    'numbers': {'numbers-kept': 'C6'},
    'idle': {'stops-at-zero': 'C4'},
    'batch': {'stale-asserted': 'P4'},
    'detach': {'stays-attached': 'C10'},
    'released': {'holds-multi': 'C9', 'holds-epoll': 'C9'},
    # Rules that hold in any check.
    'starts': {
        'timer-inside': 'C7', 'no-timer': 'C8', 'other-thread': 'C9', 'wrong-calls': 'P2', 'no-handle': 'glue',
        'late': 'glue', 'early': 'glue', 'untrue': 'glue',
    },
}
# Those that are tried with all checks.
MAIN_FAULTS = {
    'removal-ignored': ('paused', 'C6'),
    'timer-minus-one': ('timer-withdrawn', 'C7'),
    'messages-unread': ('messages', 'C5'),
}
# What does not concern a glue, by its name.
NO_CALLBACKS = {'timer-withdrawn', 'strangers'}
NO_MESSAGES = {'messages', 'running'}
SKIPPED = {
    'fd': NO_CALLBACKS, 'glib': NO_CALLBACKS | NO_MESSAGES, 'poll': NO_CALLBACKS, 'unseen': NO_CALLBACKS | NO_MESSAGES,
}

RESULT = re.compile(r'(ok|not ok) \d+ (\S+) \((\w+)\)(?: # SKIP (.*))?')


class Report:
    """What the program printed: by check, how it ended and the clauses that were broken."""

    def __init__(self, text):
        self.results, self.skipped, self.broken, self.text = {}, set(), {}, text
        check = None
        for line in text.splitlines():
            match = RESULT.fullmatch(line)
            if match:
                check = match[2]
                self.results[check] = match[1]
                self.broken[check] = []
                if match[4]:
                    self.skipped.add(check)
            elif line.startswith('# broken: '):
                self.broken[check].append(line[len('# broken: '):])


class Conformance(unittest.TestCase):
    program, folder = (os.path.abspath(path) for path in sys.argv[1:3])

    def run_program(self, *arguments, cwd=None):
        return subprocess.run([self.program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False, cwd=cwd)

    def glue(self, name):
        return os.path.join(self.folder, name + '.so')

    def list_checks(self):
        return [line.split()[0] for line in self.run_program('--list').stdout.splitlines()]

    def try_good(self, glue, skipped):
        result = self.run_program(*PATIENCE, self.glue(glue))
        report = Report(result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(list(report.results), self.list_checks())
        self.assertEqual(set(report.results.values()), {'ok'})
        self.assertEqual(report.skipped, skipped)

    def try_fault(self, fault, check, clause, *arguments):
        result = self.run_program(*HASTE, *arguments, self.glue('faulty-' + fault))
        report = Report(result.stdout)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(report.results[check], 'not ok', result.stdout)
        self.assertIn(clause, report.broken[check], result.stdout)
        self.assertIn('# expected: ', result.stdout)
        self.assertIn('# seen: ', result.stdout)
        return report

    def test_without_a_fault(self):
        self.try_good('faulty-none', set())

    def test_each_check_finds_a_fault(self):
        self.assertEqual(set(FAULTS) | {check for check, _ in MAIN_FAULTS.values()}, set(self.list_checks()))

    def test_hanging(self):
        report = self.try_fault('hangs', 'crowd', 'P7', '-c', 'starts', '-c', 'outside', '-c', 'crowd', '--limit', '0.2')
        self.assertEqual(set(report.results.values()), {'not ok'})
        self.assertIn('since the glue hangs', report.text)

    def test_crashing(self):
        report = self.try_fault('crashes', 'starts', 'C3', '-c', 'starts', '-c', 'timer')
        self.assertEqual(report.broken['timer'], ['C7'])
        self.assertIn('signal 6', report.text)

    def test_exiting(self):
        report = self.try_fault('exits', 'starts', 'C3', '-c', 'starts')
        self.assertIn('It ended the process', report.text)

    def test_verbose(self):
        result = self.run_program(*PATIENCE, '--verbose', '-c', 'messages', self.glue('faulty-none'))
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r'1\.\.1\nok 1 messages \(C5\)\n# driven by callbacks, \d+ calls, 10 messages\n')

    def test_unseen(self):
        result = self.run_program(*PATIENCE, '--verbose', '-c', 'messages', self.glue('glue-unseen'))
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn('ok 1 messages (C5) # SKIP no calls of the glue are seen\n'
                      '# driven by what is not seen, 0 calls, 0 messages\n', result.stdout)

    def test_list(self):
        result = self.run_program('--list')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        lines = result.stdout.splitlines()
        self.assertGreater(len(lines), 15)
        self.assertEqual(len(set(self.list_checks())), len(lines))
        for line in lines:
            self.assertRegex(line, r'^[a-z-]+ +[CP]\d+ +[A-Z].*\.$')

    def test_help(self):
        result = self.run_program('--help')
        self.assertEqual(result.returncode, 0)
        self.assertIn('--limit', result.stdout)

    def test_without_a_slash(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.glue('faulty-none'), folder)
            result = self.run_program(*PATIENCE, '-c', 'starts', 'faulty-none.so', cwd=folder)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_wrong_usage(self):
        glue = self.glue('faulty-none')
        for arguments, message in (([], 'One shared object'), ([glue, glue], 'One shared object'),
                                   (['--check', 'no-such', glue], 'no-such'), (['--limit', '0', glue], 'limit'),
                                   (['--limit', 'x', glue], 'x'), (['--limit', 'nan', glue], 'limit'),
                                   (['--no-such', glue], 'no-such')):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ''), arguments)
            self.assertIn('msa-conformance: ', result.stderr)
            self.assertIn(message, result.stderr)

    def test_no_glue(self):
        for path, message in (('/nonexistent/glue.so', 'cannot be loaded'), (__file__, 'cannot be loaded'),
                              (self.glue('faulty-wrong-version'), 'version 2'),
                              (self.glue('faulty-no-table'), 'gave NULL'),
                              (self.glue('faulty-empty-table'), 'run_until'),
                              (self.glue('no-glue'), 'does not export msa_conformance_get_glue()')):
            result = self.run_program(path)
            self.assertEqual((result.returncode, result.stdout), (2, ''), path)
            self.assertIn(message, result.stderr)


def add_test(name, function, *arguments):
    setattr(Conformance, 'test_' + name.replace('-', '_'), lambda self: function(self, *arguments))


def main():
    for glue in sys.argv[3:]:
        add_test('good-' + glue, Conformance.try_good, 'glue-' + glue, SKIPPED.get(glue, set()))
    for check, faults in FAULTS.items():
        for fault, clause in faults.items():
            add_test(f'fault-{check}-{fault}', Conformance.try_fault, fault, check, clause, '-c', check)
    for fault, (check, clause) in MAIN_FAULTS.items():
        add_test(f'fault-{check}-{fault}', Conformance.try_fault, fault, check, clause)
    tap.main('/msa')


if __name__ == '__main__':
    main()

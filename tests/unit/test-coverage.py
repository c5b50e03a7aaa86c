#!/usr/bin/env python3
# test-coverage.py: what tests/coverage.py makes of a program's counts
#
#   test-coverage.py coverage.py
# SPDX-License-Identifier: LGPL-2.1-or-later

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

COVERAGE = sys.argv[1]

spec = importlib.util.spec_from_file_location('coverage', COVERAGE)
coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(coverage)

HEADER = '''static inline int
both (int number)
{
  if (number > 2)
    return 1;
  return 0;
}
'''

SOURCE = '''#include "inline.h"
#define g_return_val_if_fail(check, value) do { if (!(check)) return value; } while (0)
int
OTHER (int number)
{
  g_return_val_if_fail (number > 0 &&
                        number < 100, -1);
  if (number == 7)
    return 0;
  return both (number);
}
'''

MAIN = '''int one (int);
int two (int);
int
main (void)
{
  return one (1) + two (3) == 1 ? 0 : 1;
}
'''


def make_files(folder):
    """Builds and runs a program of two objects that share a header."""
    for name, text in [('inline.h', HEADER), ('source.c', SOURCE), ('main.c', MAIN)]:
        with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def run(*argv):
        subprocess.run(argv, cwd=folder, check=True)

    for name in ['one', 'two']:
        run('gcc', '--coverage', '-O0', f'-DOTHER={name}', '-c', 'source.c', '-o', f'{name}.o')
    run('gcc', '--coverage', 'main.c', 'one.o', 'two.o', '-o', 'program')
    run('./program')
    objects = [path for path in coverage.find_objects(folder) if os.path.basename(path) in ('one.gcno', 'two.gcno')]
    merged = coverage.merge(coverage.run_gcov('gcov', objects, folder), folder, folder)
    texts = {'inline.h': HEADER, 'source.c': SOURCE}
    return {path: coverage.File(lines, texts[path]) for path, lines in merged.items()}


@unittest.skipUnless(shutil.which('gcc') and shutil.which('gcov'), 'no gcc')
class Counts(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.files = make_files(folder)

    def test_header_counts_in_each_object(self):
        # one() takes one branch of it, two() the other.
        self.assertEqual(self.files['inline.h'].missed, [])
        header = self.files['inline.h']
        self.assertEqual((header.branches, header.branches_taken), (2, 2))

    def test_lines(self):
        source = self.files['source.c']
        self.assertEqual(source.lines_missed, [9])
        self.assertEqual((source.lines_run, source.lines), (source.lines - 1, source.lines))

    def test_branches_of_macros_are_not_counted(self):
        missed = {(number, text) for number, text, _, _ in self.files['source.c'].missed}
        self.assertEqual(missed, {(8, 'if (number == 7)')})


class Judgement(unittest.TestCase):

    def file(self, taken=1):
        return coverage.File({1: (1, [1, taken]), 2: (1, [])}, 'if (a)\nb ();\n')

    def judge(self, files, explained=(), core=('core.c',)):
        return coverage.judge(files, dict(explained), list(core))

    def test_all_taken(self):
        report, good = self.judge({'core.c': self.file()})
        self.assertTrue(good, report)
        self.assertIn('the library', report[-3])
        self.assertRegex(report[-2], r'^the security core +2 of +2 100.00 % +2 of +2 100.00 %$')

    def test_missed_branch_of_core(self):
        report, good = self.judge({'core.c': self.file(0)})
        self.assertFalse(good)
        self.assertIn('core.c:1: 1 of 2 branches are never taken: if (a)', report)

    def test_missed_branch_elsewhere(self):
        self.assertTrue(self.judge({'core.c': self.file(), 'other.c': self.file(0)})[1])

    def test_explained(self):
        report, good = self.judge({'core.c': self.file(0)}, {('core.c', 'if (a)'): 'It is.'})
        self.assertTrue(good, report)
        self.assertIn('security core: 1 branches that are never taken are explained', report)

    def test_explained_but_taken(self):
        report, good = self.judge({'core.c': self.file()}, {('core.c', 'if (a)'): 'It was.'})
        self.assertFalse(good)
        self.assertIn('core.c: explained, but taken or gone: if (a)', report)

    def test_unknown_file_of_core(self):
        self.assertFalse(self.judge({'core.c': self.file()}, core=('core.c', 'gone.c'))[1])

    def test_too_few_lines(self):
        lines = {number: (int(number < 89), []) for number in range(100)}
        report, good = self.judge({'core.c': coverage.File(lines, '\n' * 100)})
        self.assertFalse(good)
        self.assertIn('fewer than 90 % of the lines', report)

    def test_macro_within_text_or_comment(self):
        self.assertEqual(coverage.lines_of_macros('a ("g_assert (");\n/* g_assert (\n */\ng_assert (f (a),\n b);\nc\n'),
                         {4, 5})

    def test_cleanup_of_variable(self):
        self.assertEqual(coverage.lines_of_macros('  g_autofree char *a = NULL;\n  g_autofree char *b = c ? d : e;\n'
                                                  '  g_autoptr (GError) error = NULL;\n'), {1, 3})

    def test_table_of_document(self):
        with tempfile.NamedTemporaryFile('w', suffix='.md') as file:
            file.write('| File | Code | Why |\n|---|---|---|\n| `a.c` | `` if (`x`) `` | It cannot be. |\n'
                       '| `b.c` | `if (a \\|\\| b)` | Nor this. |\n')
            file.flush()
            self.assertEqual(coverage.read_explained(file.name),
                             {('a.c', 'if (`x`)'): 'It cannot be.', ('b.c', 'if (a || b)'): 'Nor this.'})


tap.main('/tools/coverage')

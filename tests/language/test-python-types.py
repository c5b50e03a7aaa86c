#!/usr/bin/env python3
# test-python-types.py: the stubs, as a type checker sees them, and beside the real thing
#
# mypy on programs without mistakes, on all examples, and on one whose every mistake it has to find.
# SPDX-License-Identifier: LGPL-2.1-or-later

import ast
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import gi

import tap

gi.require_version('Msa', '1')
from gi.repository import GObject, Msa

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, '../../docs/examples')
STUBS = os.environ['MSA_STUBS']
COMPLAINT = re.compile(r'(.*?):(\d+): error: .*\[([a-z-]+)\]')


@unittest.skipUnless(shutil.which('mypy'), 'needs mypy')
class Checked(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, folder)
        shutil.copytree(os.path.join(HERE, 'typing', 'gi'), os.path.join(folder, 'gi'))
        shutil.copy(STUBS, os.path.join(folder, 'gi', 'repository', 'Msa.pyi'))
        cls.examples = sorted(glob.glob(os.path.join(EXAMPLES, '*.py')))
        cls.files = [os.path.join(HERE, 'typing', name) for name in ('good.py', 'mistakes.py')] + cls.examples
        # Programs whose names have hyphens are scripts, and each is a module of its own.
        cls.output = ''
        # Of ours nothing is loaded there, so no sanitizer either.
        environment = {name: value for name, value in os.environ.items() if name != 'LD_PRELOAD'}
        for group in (cls.files[:2], *([example] for example in cls.examples)):
            result = subprocess.run(
                ['mypy', '--config-file=', '--check-untyped-defs', '--show-error-codes', '--no-error-summary',
                 '--python-version=3.11', '--scripts-are-modules', '--cache-dir', os.path.join(folder, 'cache'), *group],
                env=dict(environment, MYPYPATH=folder), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                check=False)
            cls.output += result.stdout
        cls.found = {}
        for line in cls.output.splitlines():
            match = COMPLAINT.match(line)
            if match:
                cls.found.setdefault(os.path.realpath(match[1]), []).append((int(match[2]), match[3]))

    def complaints(self, path):
        return self.found.get(os.path.realpath(path), [])

    def test_stubs(self):
        self.assertNotEqual(self.found, {}, self.output)
        self.assertEqual([path for path in self.found if path.endswith('.pyi')], [], self.output)

    def test_program_without_mistakes(self):
        self.assertEqual(self.complaints(self.files[0]), [], self.output)

    def test_examples(self):
        self.assertGreater(len(self.examples), 1)
        for example in self.examples:
            self.assertEqual(self.complaints(example), [], self.output)

    def test_mistakes(self):
        with open(self.files[1], encoding='utf-8') as file:
            expected = [(number, line.split('# error: ')[1].strip()) for number, line in enumerate(file, 1)
                        if '# error: ' in line]
        self.assertGreater(len(expected), 20)
        self.assertEqual(sorted(set(self.complaints(self.files[1]))), expected, self.output)


class Complete(unittest.TestCase):
    """What is public at run time is in the stub, and the other way round."""

    @classmethod
    def setUpClass(cls):
        with open(STUBS, encoding='utf-8') as file:
            cls.body = ast.parse(file.read()).body

    @staticmethod
    def names(body):
        found = {}
        for node in body:
            if isinstance(node, ast.AnnAssign):
                found[node.target.id] = node
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                found[node.name] = node
        return found

    def test_names(self):
        # Types of callbacks are no objects, and what makes classes is of no use.
        real = {name for name in dir(Msa) if not name.startswith('_') and not name.endswith(('Func', 'Class'))
                and name != 'OverridesProxyModule'}
        self.assertGreater(len(real), 25)
        self.assertEqual(real ^ set(self.names(self.body)), set())

    def test_members(self):
        count = 0
        for name, node in self.names(self.body).items():
            if not isinstance(node, ast.ClassDef):
                continue
            kind = getattr(Msa, name)
            known = set(self.names(node.body))
            inherited = set(dir(GObject.Object)) | {'copy', 'ref', 'unref'} if issubclass(kind, GObject.Object) else \
                set(dir(GObject.GBoxed)) if issubclass(kind, GObject.GBoxed) else \
                set(dir(RuntimeError)) if issubclass(kind, Exception) else set(dir(GObject.GFlags)) | set(dir(GObject.GEnum)) \
                if issubclass(kind, int) else set()
            real = {member for member in dir(kind) if not member.startswith('_')} - inherited
            missing = real - known - {'message', 'domain', 'matches', 'new_literal', 'copy'}
            self.assertEqual(missing - {'ref', 'unref'}, set(), name)
            for member in known:
                # Set by the constructor.
                if not member.startswith('__') and (name, member) not in {('AsyncioDriver', 'loop'), ('Stream', 'easy'),
                                                                          ('Failure', 'code')}:
                    self.assertTrue(hasattr(kind, member), f'{name}.{member}')
            count += len(known)
        self.assertGreater(count, 250)

    def test_generated_twice_is_the_same(self):
        with tempfile.NamedTemporaryFile('r', encoding='utf-8') as again:
            subprocess.run([sys.executable, os.environ['MSA_GENERATE_STUBS'], os.environ['MSA_GIR'],
                            os.path.join(os.path.dirname(os.environ['MSA_GENERATE_STUBS']), 'Msa-override.pyi'),
                            again.name], check=True)
            with open(STUBS, encoding='utf-8') as file:
                self.assertEqual(again.read(), file.read())


if __name__ == '__main__':
    tap.main('/msa/python/types')

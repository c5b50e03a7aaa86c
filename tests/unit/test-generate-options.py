#!/usr/bin/env python3
# test-generate-options.py: the generator refuses rows that do not say enough
#
#   test-generate-options.py generate-options.py options.toml
# SPDX-License-Identifier: LGPL-2.1-or-later

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

import tap

GENERATOR, OPTIONS = sys.argv[1:3]

spec = importlib.util.spec_from_file_location('generate_options', GENERATOR)
generate_options = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate_options)

GOOD = {'type': '"uint"', 'default': '"0"', 'minimum': '"0"', 'maximum': '"G_MAXINT"', 'place': '"neutral"',
        'because': '"it is a test"', 'summary': '"A row."', 'doc': '"Of a test."'}


def run(text, what='settings'):
    """Runs the generator on a table; gives its exit status, what it complained, and what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, 'options.toml')
        with open(table, 'w', encoding='utf-8') as file:
            file.write(text)
        made = os.path.join(folder, 'made')
        os.mkdir(made)
        done = subprocess.run([sys.executable, GENERATOR, what, table, made], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stderr, sorted(os.listdir(made))


def row(**changes):
    """A good row with changes; None leaves a key out."""
    values = {**GOOD, **changes}
    return '[planted-row]\n' + ''.join(f'{key} = {value}\n' for key, value in values.items() if value is not None)


class Refuses(unittest.TestCase):
    def check(self, table, reason):
        for what in ('settings', 'easy', 'test', 'rows'):
            status, complaint, made = run(table, what)
            self.assertEqual(status, 1)
            self.assertIn('planted-row', complaint)
            self.assertIn(reason, complaint)
            self.assertNotIn('Traceback', complaint)
            self.assertEqual(made, [])

    def test_no_place(self):
        self.check(row(place=None), 'has no place')

    def test_unknown_place(self):
        self.check(row(place='"somewhere"'), 'unknown place')

    def test_neutral_without_because(self):
        self.check(row(because=None), 'neutral without a because')

    def test_neutral_with_empty_because(self):
        self.check(row(because='" "'), 'neutral without a because')

    def test_unknown_type(self):
        self.check(row(type='"uint16"'), 'unknown type')

    def test_type_without_its_name(self):
        self.check(row(type='"enum"'), 'unknown type')

    def test_no_type(self):
        self.check(row(type=None), 'has no type')

    def test_no_default(self):
        self.check(row(default=None), 'has no default')

    def test_number_without_maximum(self):
        self.check(row(maximum=None), 'without a minimum and a maximum')

    def test_no_doc(self):
        self.check(row(doc=None), 'no doc')

    def test_unknown_key(self):
        self.check(row(plaec='"key"'), 'unknown key: plaec')

    def test_object_in_key_without_identity(self):
        self.check(row(type='"object:MsaTlsConfig"', default='"NULL"', header='"model/a.h"', place='"key"'),
                   'without an identity')

    def test_secret_that_is_no_string(self):
        self.check(row(secret='true'), 'cannot be wiped')

    def test_text_without_example(self):
        for kind in ('string', 'strv'):
            self.check(row(type=f'"{kind}"', default='"NULL"', minimum=None, maximum=None), 'no example')

    def test_no_property_without_example(self):
        self.check(row(type='"headers"', default='"NULL"', property='false'), 'no example')

    def test_no_property_without_undo(self):
        self.check(row(type='"headers"', default='"NULL"', property='false', example='"f (easy);"'), 'no undo')

    def test_unknown_reuse(self):
        self.check(row(reuse='"sometimes"'), 'unknown reuse')

    def test_reuse_beside_key(self):
        self.check(row(place='"key"', reuse='"takes-none"'), 'unknown reuse')

    def test_unseen_without_reason(self):
        self.check(row(unseen='" "'), 'unseen without a reason')

    def test_default_of_a_pointer(self):
        self.check(row(type='"string"', default='"none"', example='"a"'), 'default other than NULL')


class Takes(unittest.TestCase):
    def test_good_row(self):
        self.assertEqual(run(row()), (0, '', ['msa-settings-private.h', 'msa-settings.c']))

    def test_secret_is_wiped(self):
        text = row(type='"string"', default='"NULL"', minimum=None, maximum=None, secret='true', example='"a"')
        with tempfile.TemporaryDirectory() as folder:
            table = os.path.join(folder, 'options.toml')
            with open(table, 'w', encoding='utf-8') as file:
                file.write(text)
            for what, made, call in (('settings', 'msa-settings.c', 'g_clear_pointer (&self->planted_row, msa_wipe_free)'),
                                     ('easy', 'msa-easy-options.c', 'msa_wipe_free (settings->planted_row)')):
                subprocess.run([sys.executable, GENERATOR, what, table, folder], check=True)
                with open(os.path.join(folder, made), encoding='utf-8') as file:
                    self.assertIn(call, file.read())

    def test_own_table(self):
        with open(OPTIONS, encoding='utf-8') as file:
            text = file.read()
        self.assertEqual(run(text)[0], 0)
        self.assertEqual(run(text, 'easy'),
                         (0, '', ['msa-easy-options-private.h', 'msa-easy-options.c', 'msa-easy-options.h']))
        self.assertEqual(run(text, 'test'), (0, '', ['test-options-generated.c']))
        self.assertEqual(run(text, 'rows'), (0, '', ['test-option-rows.h']))


class Plants(unittest.TestCase):
    """An option that is new in the table is tested without a hand put to any test."""

    KINDS = {
        'string': row(type='"string"', default='"NULL"', minimum=None, maximum=None, example='"a text"'),
        'strv': row(type='"strv"', default='"NULL"', minimum=None, maximum=None, example='"two texts"'),
        'uint': row(),
        'int64': row(type='"int64"', place='"key"', because=None),
        'boolean': row(type='"boolean"', default='"FALSE"', minimum=None, maximum=None, place='"request"'),
        'enum': row(type='"enum:MsaIpVersion"', default='"MSA_IP_VERSION_AUTO"', minimum=None, maximum=None),
        'flags': row(type='"flags:MsaSocketEvents"', default='"MSA_SOCKET_NONE"', minimum=None, maximum=None),
    }

    def make(self, planted, what, name):
        with open(OPTIONS, encoding='utf-8') as file:
            text = file.read()
        with tempfile.TemporaryDirectory() as folder:
            table = os.path.join(folder, 'options.toml')
            with open(table, 'w', encoding='utf-8') as file:
                file.write(text + '\n' + planted)
            generate_options.main([what, table, folder])
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                return file.read()

    def test_is_in_each_test(self):
        for kind, planted in self.KINDS.items():
            with self.subTest(kind=kind):
                self.assertIn('{ "planted-row", ', self.make(planted, 'test', 'test-options-generated.c'))
                rows = self.make(planted, 'rows', 'test-option-rows.h')
                table = rows[rows.index('option_rows[] = {'):]
                self.assertEqual(table.count('{ "planted-row", TRUE, '), 1)
                self.assertIn('planted_row_apply, planted_row_undo, NULL, planted_row_append },', table)
                self.assertIn('msa_easy_set_planted_row (easy, ', rows)

    def test_place_says_who_shares(self):
        for place, reuse in (('"key"', 'REUSE_NEVER'), ('"request"', 'REUSE_ALWAYS'), ('"neutral"', 'REUSE_ALWAYS')):
            rows = self.make(row(place=place), 'rows', 'test-option-rows.h')
            self.assertIn('{ "planted-row", TRUE, ' + reuse, rows)
        rows = self.make(row(reuse='"leaves-none"'), 'rows', 'test-option-rows.h')
        self.assertIn('{ "planted-row", TRUE, REUSE_LEAVES_NONE', rows)


class Reader(unittest.TestCase):
    """The own reader, for pythons without tomllib, against tomllib where there is one."""

    def test_reads_own_table(self):
        with open(OPTIONS, encoding='utf-8') as file:
            text = file.read()
        rows = generate_options.read_toml_subset(text)
        self.assertIn('\n', rows['uri']['doc'])
        self.assertIs(rows['headers']['property'], False)
        if generate_options.tomllib is not None:
            self.assertEqual(rows, generate_options.tomllib.loads(text))

    def test_refuses_what_it_does_not_know(self):
        for text in ('key = "of no table"\n', '[a]\nnumber = 1\n', '[a]\nlist = ["b"]\n', '[a]\n[a]\n', '[a]\nrest\n'):
            with self.subTest(text=text), self.assertRaises(generate_options.RowError):
                generate_options.read_toml_subset(text)


tap.main('/tools/generate-options')

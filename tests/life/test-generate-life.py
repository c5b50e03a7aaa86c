#!/usr/bin/env python3
# test-generate-life.py: what is new in the introspection data is called, or the build fails
#
#   test-generate-life.py generate-life.py Msa-1.gir
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import subprocess
import sys
import tempfile
import unittest

import tap

GENERATOR, GIR = sys.argv[1:3]

METHOD = '''
      <method name="planted" c:identifier="msa_multi_planted">
        <return-value transfer-ownership="none"><type name="none" c:type="void"/></return-value>
        <parameters>
          <instance-parameter name="self"><type name="Multi" c:type="MsaMulti*"/></instance-parameter>
          <parameter name="planted"><type name="{type}" c:type="{type}"/></parameter>
        </parameters>
      </method>
'''


def run(planted='', before='<constructor name="new" c:identifier="msa_multi_new"'):
    """Runs the generator over the data with something planted in it: exit status, complaint, what was made."""
    with open(GIR, encoding='utf-8') as file:
        text = file.read()
    if text.count(before) != 1:
        raise AssertionError('no place to plant at')
    with tempfile.TemporaryDirectory() as folder:
        gir = os.path.join(folder, 'Msa-1.gir')
        made = os.path.join(folder, 'life-calls.h')
        with open(gir, 'w', encoding='utf-8') as file:
            file.write(text.replace(before, planted + before))
        done = subprocess.run([sys.executable, GENERATOR, gir, made], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return done.returncode, done.stderr, None
        with open(made, encoding='utf-8') as file:
            return 0, done.stderr, file.read()


class Plants(unittest.TestCase):
    def test_new_function_is_called(self):
        status, complaint, made = run(METHOD.format(type='guint'))
        self.assertEqual((status, complaint), (0, ''))
        self.assertIn('msa_multi_planted (self->multi, 1);', made)
        self.assertIn('{ "msa_multi_planted", FALSE, call_msa_multi_planted },', made)
        self.assertNotIn('planted', run()[2])

    def test_new_type_fails(self):
        status, complaint, _ = run(METHOD.format(type='Planted'))
        self.assertEqual(status, 1)
        self.assertIn('msa_multi_planted: no argument is known for Planted planted', complaint)

    def test_new_signal_fails(self):
        status, complaint, _ = run('<glib:signal name="planted"/>')
        self.assertEqual(status, 1)
        self.assertIn('Multi::planted is no point of the test', complaint)

    def test_lost_function_fails(self):
        status, complaint, _ = run(before='"msa_headers_unref"', planted='"msa_headers_gone" gone=')
        self.assertEqual(status, 1)
        self.assertIn('msa_headers_unref stands in a table, and is no public function', complaint)


tap.main('/tools/generate-life')

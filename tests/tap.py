# tap.py: results in the Test Anything Protocol, for tests written in Python
#
# Test: results counted one by one, for the checks of the tree.
# main(): runs the unittest cases of a module, for tests of the bindings.
# SPDX-License-Identifier: LGPL-2.1-or-later

import re
import sys
import traceback
import unittest


class Test:
    """Prints a line for each result, and why it failed; finish() prints the plan and ends the process."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.count = 0
        self.failed = 0

    def ok(self, name, passed, details=()):
        self.count += 1
        self.failed += 0 if passed else 1
        print(f'{"ok" if passed else "not ok"} {self.count} {self.prefix}/{name}')
        if not passed:
            for line in details:
                print(f'# {line}')
        sys.stdout.flush()

    def skip(self, name, reason):
        self.count += 1
        print(f'ok {self.count} {self.prefix}/{name} # SKIP {reason}', flush=True)

    def finish(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)


class _Result(unittest.TestResult):
    def __init__(self, prefix):
        super().__init__()
        self.tap = Test(prefix)

    @staticmethod
    def _name(case):
        # Of a subtest, its case; a class that could not be set up has no method.
        words = getattr(case, 'test_case', case).id().split('.')[-2:]
        if len(words) < 2 or not words[1].startswith('test_'):
            return case.id().replace(' ', '-')
        group = re.sub('(?<=[a-z])(?=[A-Z])', '-', words[0]).lower()
        return (group + '/' + words[1][len('test_'):]).replace('_', '-')

    def _fail(self, case, error):
        self.tap.ok(self._name(case), False, ''.join(traceback.format_exception(*error)).splitlines())

    def addSuccess(self, case):
        super().addSuccess(case)
        self.tap.ok(self._name(case), True)

    def addFailure(self, case, err):
        super().addFailure(case, err)
        self._fail(case, err)

    def addError(self, case, err):
        super().addError(case, err)
        self._fail(case, err)

    def addSubTest(self, case, subtest, err):
        super().addSubTest(case, subtest, err)
        if err is not None:
            self._fail(case, err)

    def addSkip(self, case, reason):
        super().addSkip(case, reason)
        self.tap.skip(self._name(case), reason)

    def addExpectedFailure(self, case, err):
        super().addExpectedFailure(case, err)
        self.tap.ok(self._name(case), True)

    def addUnexpectedSuccess(self, case):
        super().addUnexpectedSuccess(case)
        self.tap.ok(self._name(case), False, ['passed, though a failure was expected'])


def main(prefix, module='__main__'):
    """Runs each method test_<name> as <prefix>/<class>/<name>, in kebab-case."""
    result = _Result(prefix)
    unittest.defaultTestLoader.loadTestsFromName(module).run(result)
    result.tap.finish()

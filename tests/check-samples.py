#!/usr/bin/env python3
# check-samples.py: every block of code in README.md and docs/*.md is proven
#
#   check-samples.py source-root              checks
#   check-samples.py source-root --update     puts the examples as they are now into the pages
#
# A block with a language is a file of docs/examples/, a region of one, or run by test-walkthrough.py; or
# it says why it is shown only (samples.py has the comments that tell). Every file of
# docs/examples/ is named by a test.
# SPDX-License-Identifier: LGPL-2.1-or-later

import difflib
import glob
import os
import re
import sys
import tempfile

import samples
import tap

SHELLS = ('sh', 'bash', 'shell', 'console')
# What stands in docs/examples/ and is no program.
NO_PROGRAMS = ('meson.build', '.h', '.ui', '.css', '.png', '.svg', '.md', '.build')


def check_block(block, folder):
    """Complaints about a block."""
    if block.marker is None:
        if block.language:
            yield f'{block}: this block of {block.language} is not proven'
    elif block.marker == 'shown only':
        if not block.argument:
            yield f'{block}: shown only, but without a reason'
    elif block.marker == 'run':
        if block.language not in SHELLS:
            yield f'{block}: only blocks of sh can be run'
    elif block.marker == 'output':
        if block.language not in ('', 'text'):
            yield f'{block}: the output of a command is no {block.language}'
    else:
        sample, complaint = samples.read_sample(folder, block.argument or '')
        if complaint:
            yield f'{block}: {complaint}'
        elif sample != block.text:
            yield f'{block}: is not docs/examples/{block.argument} any more'
            yield from list(difflib.unified_diff(sample.splitlines(), block.text.splitlines(), 'example', 'page',
                                                 lineterm=''))[:20]


def check_page(path, text, folder):
    try:
        for block in samples.read_blocks(path, text):
            yield from check_block(block, folder)
    except ValueError as error:
        yield str(error)


def updated(text, path, folder):
    """The page with its examples as they are."""
    lines = text.splitlines(keepends=True)
    for block in reversed(list(samples.read_blocks(path, text))):
        sample, complaint = samples.read_sample(folder, block.argument or '') if block.marker == 'example' else (None, None)
        if complaint:
            print(f'{block}: {complaint}', file=sys.stderr)
        if sample is not None:
            opening = lines[block.line - 1]
            indent = opening[:len(opening) - len(opening.lstrip(' '))]
            lines[block.line:block.line + block.text.count('\n')] = [
                indent + line if line.strip() else line for line in sample.splitlines(keepends=True)]
    return ''.join(lines)


def update(root):
    for path in find_pages(root):
        before = read(path)
        after = updated(before, os.path.relpath(path, root), os.path.join(root, 'docs/examples'))
        if after != before:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(after)
            print(f'updated {path}')


def find_pages(root):
    return [os.path.join(root, 'README.md'), *sorted(glob.glob(os.path.join(root, 'docs/*.md')))]


def find_programs(folder):
    for path, _, names in os.walk(folder):
        for name in sorted(names):
            if not name.endswith(NO_PROGRAMS) and '__pycache__' not in path:
                yield os.path.relpath(os.path.join(path, name), folder)


def read_executables(build):
    """{source: variable} of what a meson.build makes."""
    for variable, arguments in re.findall(r'^\s*(\w+) (?:\+?=) .*?\b(?:executable|shared_module|static_library) ?\((.*?)^\s*\)$', build,
                                          re.MULTILINE | re.DOTALL):
        for source in re.findall(r"'([\w./-]+\.(?:c|vala))'", arguments):
            yield source, variable
    for variable, source in re.findall(r"^\s*(\w+) = executable ?\(.*?'([\w./-]+\.(?:c|vala))'.*\)$", build, re.MULTILINE):
        yield source, variable


def check_tested(programs, build, tests, programs_text):
    """Complaints about programs that no test names. build: docs/examples/meson.build; tests: all that tests say;
    programs_text: {program: its text}."""
    tested = set()
    executables = list(read_executables(build))
    for program in programs:
        name = os.path.basename(program)
        variables = '|'.join(variable for source, variable in executables if source == program) or '(?!)'
        stem = re.escape(os.path.splitext(name)[0])
        if re.search(rf'(?<![\w.-]){re.escape(name)}\b|\b(?:{variables})\b|\'{stem}\'', tests):
            tested.add(program)
    # What these are made of.
    for program in programs:
        stem = os.path.splitext(os.path.basename(program))[0]
        uses = re.compile(rf'^\s*(?:from|import)\b.*\b{re.escape(stem)}\b', re.MULTILINE)
        if any(uses.search(programs_text[other]) for other in programs if other != program):
            tested.add(program)
    for program in programs:
        if program not in tested:
            yield f'docs/examples/{program}: no test names it'


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def read_tests(root):
    text = ''
    for path, folders, names in os.walk(os.path.join(root, 'tests')):
        folders[:] = [name for name in folders if name not in ('mutants', 'fuzz', '__pycache__')]
        for name in names:
            if name == 'meson.build' or name.startswith('test-') or name == 'run.sh':
                text += read(os.path.join(path, name))
    return text


C_FILE = ('/* a.c: an example\n *\n * SPDX-License-Identifier: LGPL-2.1-or-later\n */\nint a;\n\nvoid\nf (void)\n{\n'
          '  /* [inner] */\n  if (a)\n    a++;\n  /* [/inner] */\n}\n')
WHOLE = 'int a;\n\nvoid\nf (void)\n{\n  if (a)\n    a++;\n}\n'
PAGES = {
    # name: (page, complaint, or None)
    'whole': (f'<!-- example: a.c -->\n```c\n{WHOLE}```\n', None),
    'whole-after-empty-line': (f'<!-- example: a.c -->\n\n```c\n{WHOLE}```\n', None),
    'region': ('<!-- example: a.c#inner -->\n```c\nif (a)\n  a++;\n```\n', None),
    'region-in-list': ('* text\n\n  <!-- example: a.c#inner -->\n  ```c\n  if (a)\n    a++;\n  ```\n', None),
    'python': ('<!-- example: a.py -->\n```python\nprint(1)\n```\n', None),
    'text': ('```\nanything\n```\n', None),
    'shown-only': ('<!-- shown only: needs a token -->\n```sh\nrm\n```\n', None),
    'run': ('<!-- run -->\n```sh\ntrue\n```\n<!-- output -->\n```\n```\n', None),
    'changed': ('<!-- example: a.c#inner -->\n```c\nif (a)\n  a--;\n```\n', 'any more'),
    'head-shown': (f'<!-- example: a.c -->\n```c\n{C_FILE}```\n', 'any more'),
    'cut': ('<!-- example: a.c -->\n```c\nint a;\n```\n', 'any more'),
    'unmarked': ('```python\nprint(1)\n```\n', 'not proven'),
    'marker-of-another': ('<!-- run -->\n```sh\ntrue\n```\n\n```sh\nfalse\n```\n', 'not proven'),
    'marker-far': ('<!-- example: a.c#inner -->\nSome text.\n\n```c\nif (a)\n  a++;\n```\n', 'not proven'),
    'marker-unknown': ('<!-- exmaple: a.c -->\n```c\nint a;\n```\n', 'not proven'),
    'no-reason': ('<!-- shown only: -->\n```sh\nrm\n```\n', 'without a reason'),
    'no-file': ('<!-- example: b.c -->\n```c\nint a;\n```\n', 'there is no'),
    'file-elsewhere': ('<!-- example: ../a.c -->\n```c\nint a;\n```\n', 'there is no'),
    'no-region': ('<!-- example: a.c#outer -->\n```c\nint a;\n```\n', 'the region outer'),
    'region-twice': ('<!-- example: a.py#twice -->\n```python\nprint(1)\n```\n', 'the region twice'),
    'region-open': ('<!-- example: a.py#open -->\n```python\nprint(1)\n```\n', 'the region open'),
    'run-c': ('<!-- run -->\n```c\nint a;\n```\n', 'only blocks of sh'),
    'output-python': ('<!-- output -->\n```python\n1\n```\n', 'is no python'),
    'no-end': ('```\nanything\n', 'has no end'),
    'longer-fence': ('````c\n```\nint a;\n````\n', 'not proven'),
}
PY_FILE = '#!/usr/bin/env python3\n# a.py: an example\n# SPDX-License-Identifier: LGPL-2.1-or-later\n\nprint(1)\n'
PY_REGIONS = ('# [twice]\nprint(1)\n# [/twice]\n# [twice]\nprint(1)\n# [/twice]\n# [open]\n')
TESTED = {
    # name: (programs, meson.build of the examples, tests, whether it is refused)
    'script': ({'a.py': ''}, '', "files('../../docs/examples/a.py')", False),
    'executable': ({'a.c': ''}, "example_a = executable('a', 'a.c', dependencies: x)\n", 'programs += [example_a]', False),
    'two-executables': ({'a.c': ''}, "one = executable('a', 'a.c')\ntwo = executable('b', ['b.c', 'a.c'])\n", 'one', False),
    'long-executable': ({'a.c': ''}, "example_a = executable('a',\n  ['a.c', 'b.c'],\n)\n", 'example_a', False),
    'module': ({'a.py': 'import b\n', 'b.py': ''}, '', 'a.py', False),
    'by-its-quoted-name': ({'a.c': ''}, '', "'a', programs['a']", False),
    'untested-script': ({'a.py': '', 'b.py': ''}, '', 'a.py', True),
    'end-of-another-name': ({'a.py': ''}, '', 'the-a.py', True),
    'untested-executable': ({'a.c': ''}, "example_a = executable('a', 'a.c')\n", 'example_ab', True),
    'not-built': ({'a.c': ''}, '', 'example_a', True),
}


def prove(test):
    with tempfile.TemporaryDirectory() as folder:
        examples = os.path.join(folder, 'examples')
        os.mkdir(examples)
        for path, text in (('a.c', C_FILE), ('../a.c', C_FILE), ('a.py', PY_FILE)):
            with open(os.path.join(examples, path), 'w', encoding='utf-8') as file:
                file.write(text)
        stale = f'* text\n\n  <!-- example: a.c#inner -->\n  ```c\n  old\n  ```\n\n<!-- example: a.c -->\n```c\n```\n'
        page = updated(stale, 'page.md', examples)
        test.ok('updates', page != stale and not list(check_page('page.md', page, examples)), page.splitlines())
        for name, (page, expected) in PAGES.items():
            if '#twice' in page or '#open' in page:
                with open(os.path.join(examples, 'a.py'), 'a', encoding='utf-8') as file:
                    file.write(PY_REGIONS)
            complaints = list(check_page('page.md', page, examples))
            good = bool(complaints) if expected else not complaints
            test.ok(f'{"refuses" if expected else "takes"}-{name}',
                    good and (not expected or expected in complaints[0]), complaints)
    for name, (programs, build, tests, refused) in TESTED.items():
        complaints = list(check_tested(list(programs), build, tests, programs))
        test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)


def main():
    root = sys.argv[1]
    if sys.argv[2:] == ['--update']:
        update(root)
        return
    test = tap.Test('/docs/samples')
    examples = os.path.join(root, 'docs/examples')
    n_blocks, shown_only = 0, []
    for path in find_pages(root):
        text = read(path)
        name = os.path.relpath(path, root)
        complaints = list(check_page(name, text, examples))
        test.ok(f'page/{name}', not complaints, complaints)
        blocks = list(samples.read_blocks(name, text)) if not complaints else []
        n_blocks += sum(block.marker == 'example' for block in blocks)
        shown_only += [f'{block}: {block.argument}' for block in blocks if block.marker == 'shown only']
    test.ok('found', n_blocks > 0, ['no block shows an example'])
    programs = list(find_programs(examples))
    complaints = list(check_tested(programs, read(os.path.join(examples, 'meson.build')), read_tests(root),
                                   {program: read(os.path.join(examples, program)) for program in programs}))
    test.ok('examples-tested', programs and not complaints, complaints)
    print(f'# {n_blocks} blocks show examples, {len(shown_only)} are shown only')
    for line in shown_only:
        print('# ' + line)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# test-walkthrough.py: each guide, followed as a reader would who has nothing but the installed library
#
#   test-walkthrough.py source-root build-folder prefix libdir
#
# The library is installed into `msa` in a home of its own. Then, for README.md and each page of docs/ that has blocks to
# run, in an empty folder: what getting-started.md runs, and the page from its top to its end: a program that it shows whole is saved under
# the name that the text before it gives, a block of shell is run, what it prints is held against the block that shows
# it. All in one shell, as it were: what a block exports, later ones have. `https://example.org/` is the
# server of the examples, which gives 1256 bytes; a block that names it has to print that.
# SPDX-License-Identifier: LGPL-2.1-or-later

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import samples
import tap
from support import DEADLINE_S, Case

SOURCE, BUILD, PREFIX, LIBDIR = sys.argv[1:]
BEGIN = os.path.join(SOURCE, 'docs/getting-started.md')
# A guide builds several programs, on a machine that may be slow.
BLOCK_DEADLINE_S = 5 * DEADLINE_S
EXAMPLE_URI = 'https://example.org/'
EXAMPLE_BYTES = 1256
# The variables that meson gives tests would help the reader.
HELPFUL = ('LD_LIBRARY_PATH', 'GI_TYPELIB_PATH', 'PKG_CONFIG_PATH', 'PYTHONPATH', 'GJS_PATH', 'XDG_DATA_DIRS')


def find_name(lines, number, default):
    """The file that the text before line number names: `like-this.c`."""
    for line in reversed(lines[:number - 1]):
        names = re.findall(r'`([\w-]+(?:\.[\w-]+)+)`', line)
        if names:
            return names[-1]
        if line.startswith('#'):
            break
    return default


def matches(shown, printed):
    """Whether what is shown is what was printed; `…` stands for anything."""
    pattern = '.*'.join(re.escape(part) for part in shown.strip().split('…'))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


class Reader:
    """Somebody with an empty folder and a terminal."""

    def __init__(self, home, uri):
        self.home, self.uri = home, uri
        self.folder = tempfile.mkdtemp(dir=home)
        self.exports = os.path.join(home, 'exports-of-' + os.path.basename(self.folder))
        with open(self.exports, 'w', encoding='utf-8'):
            pass
        self.environment = {name: value for name, value in os.environ.items() if name not in HELPFUL}
        # What is called python3 there is not always what imports gi.
        path = os.path.dirname(sys.executable) + ':' + os.environ['PATH']
        self.environment.update(HOME=home, LC_ALL='C.UTF-8', PATH=path)
        self.n_run = 0

    def save(self, name, text):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def run(self, text):
        """(status, output) of a block."""
        self.n_run += 1
        script = f'. {self.exports}\nset -eu\n{text}\nexport -p > {self.exports}\n'
        result = subprocess.run(['sh', '-c', script.replace(EXAMPLE_URI, self.uri)], cwd=self.folder,
                                env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=BLOCK_DEADLINE_S, check=False)
        return result.returncode, result.stdout.decode()

    def follow(self, path):
        """Complaints about a guide."""
        with open(path, encoding='utf-8') as file:
            text = file.read()
        lines = text.splitlines()
        printed = None
        for block in samples.read_blocks(os.path.relpath(path, SOURCE), text):
            if block.marker == 'example' and '#' not in block.argument:
                self.save(find_name(lines, block.line, os.path.basename(block.argument)), block.text)
            elif block.marker == 'run':
                for name in (block.argument or '').split():
                    shutil.copy(os.path.join(SOURCE, 'docs/examples', name), self.folder)
                status, printed = self.run(block.text)
                if status != 0:
                    yield f'{block}: ended with {status}:\n{printed}'
                    return
                if EXAMPLE_URI in block.text and str(EXAMPLE_BYTES) not in printed:
                    yield f'{block}: fetched nothing:\n{printed}'
            elif block.marker == 'output' and printed is None:
                yield f'{block}: nothing was run before'
            elif block.marker == 'output' and not matches(block.text, printed):
                yield f'{block}: printed was\n{printed}'


class Walkthrough(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.install()

    @classmethod
    def install(cls):
        """As `meson setup --prefix=$HOME/msa --libdir=lib` and `ninja install` leave it."""
        destdir = os.path.join(cls.home, 'destdir')
        subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', destdir], check=True,
                       stdout=subprocess.DEVNULL, timeout=BLOCK_DEADLINE_S)
        installed = destdir + PREFIX
        prefix = os.path.join(cls.home, 'msa')
        shutil.copytree(os.path.join(installed, LIBDIR), os.path.join(prefix, 'lib'), symlinks=True)
        shutil.rmtree(os.path.join(installed, LIBDIR))
        shutil.copytree(installed, prefix, symlinks=True, dirs_exist_ok=True)
        for path in glob.glob(os.path.join(prefix, 'lib/pkgconfig/*.pc')):
            with open(path, encoding='utf-8') as file:
                text = file.read()
            text = re.sub('^prefix=.*', f'prefix={prefix}', text, flags=re.MULTILINE)
            text = re.sub('^libdir=.*', 'libdir=${prefix}/lib', text, flags=re.MULTILINE)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)

    def make_reader(self):
        return Reader(self.home, f'{self.server.plain}/bytes/{EXAMPLE_BYTES}')

    def begin(self):
        reader = self.make_reader()
        complaints = list(reader.follow(BEGIN))
        self.assertFalse(complaints, '\n'.join(complaints))
        return reader

    def test_begin(self):
        self.assertGreater(self.begin().n_run, 1)

    def test_pages(self):
        """What is found to be followed."""
        names = [os.path.basename(path) for path in find_pages()]
        for name in ('README.md', 'getting-started-c.md'):
            self.assertIn(name, names)
        self.assertNotIn('contract.md', names)

    def test_proof(self):
        """The walk finds what is wrong."""
        for name, page, expected in (
                ('fails', '<!-- run -->\n```sh\nfalse\n```\n', 'ended with 1'),
                ('prints-else', '<!-- run -->\n```sh\necho 12\n```\n<!-- output -->\n```\n1\n```\n', 'printed was\n12'),
                ('nothing-run', '<!-- output -->\n```\n1\n```\n', 'nothing was run'),
                ('fetches-nothing', '<!-- run -->\n```sh\necho https://example.org/ | wc -l\n```\n', 'fetched nothing'),
                ('not-told-where', '<!-- run -->\n```sh\npkg-config --exists libmsa-1\n```\n', 'ended with'),
                ('no-file', '<!-- run -->\n```sh\ncc fetch.c -o fetch\n```\n', 'ended with'),
                ('prints', '<!-- run -->\n```sh\nexport a=12\n```\n<!-- run -->\n```sh\necho "$a"\n```\n'
                 '<!-- output -->\n```\n1…\n```\n', None)):
            path = os.path.join(self.home, name + '.md')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(page)
            complaints = list(self.make_reader().follow(path))
            self.assertEqual(bool(complaints), expected is not None, complaints)
            if expected:
                self.assertIn(expected, complaints[0])


def find_pages():
    """Those with blocks to run, but for the one that all begin with."""
    for path in [os.path.join(SOURCE, 'README.md'), *sorted(glob.glob(os.path.join(SOURCE, 'docs/*.md')))]:
        with open(path, encoding='utf-8') as file:
            blocks = list(samples.read_blocks(path, file.read()))
        if path != BEGIN and any(block.marker == 'run' for block in blocks):
            yield path


def add_page(path):
    def test(self):
        complaints = list(self.begin().follow(path))
        self.assertFalse(complaints, '\n'.join(complaints))

    name = os.path.basename(path).removesuffix('.md').replace('-', '_').lower()
    setattr(Walkthrough, f'test_page_{name}', test)


for page_path in find_pages():
    add_page(page_path)

if __name__ == '__main__':
    tap.main('/docs')

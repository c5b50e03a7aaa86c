#!/usr/bin/env python3
# check-reference.py: what gi-docgen made can be read, searched and found
#
#   check-reference.py folder-of-the-reference docs-folder
#
# Each page of docs/ is there, in the order of its list; each link within leads somewhere; the comments that mark
# blocks are not shown; the search index and the book for Devhelp name the API and lead to it. README.md links
# to files that are there.
# SPDX-License-Identifier: LGPL-2.1-or-later

import glob
import html.parser
import json
import os
import re
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as ElementTree

import tap

DEVHELP = '{http://www.devhelp.net/book}'
# What gi-docgen makes a link of.
UNRESOLVED = re.compile(r'\[\w+@[\w.:-]*')
MARKERS = ('example:', 'shown only:', '<!--', '-->')
SOME = ('Multi', 'Easy', 'add', 'completed', 'timeout-ms', 'Headers', 'Error')


class Page(html.parser.HTMLParser):
    """The links, the targets and the visible text of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.targets, self.text = [], set(), ''
        self.hidden = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ('href', 'src') and value:
                self.links.append(value)
            elif name in ('id', 'name') and value:
                self.targets.add(value)
        self.hidden += tag in ('script', 'style')

    def handle_endtag(self, tag):
        self.hidden -= tag in ('script', 'style')

    def handle_data(self, data):
        if not self.hidden:
            self.text += data


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def read_pages(folder):
    return {os.path.basename(path): Page(read(path)) for path in glob.glob(os.path.join(folder, '*.html'))}


def check_link(folder, pages, page, link):
    address = urllib.parse.urlsplit(link)
    if address.scheme or address.netloc:
        return
    name = urllib.parse.unquote(address.path) or page
    if not os.path.exists(os.path.join(folder, name)):
        yield f'{page}: links to {link}, which is not there'
    elif address.fragment and name in pages and address.fragment not in pages[name].targets:
        yield f'{page}: links to {link}, which has no such place'


def check_links(folder):
    pages = read_pages(folder)
    for name, page in sorted(pages.items()):
        for link in page.links:
            yield from check_link(folder, pages, name, link)


def check_markers(folder):
    for name, page in sorted(read_pages(folder).items()):
        for marker in MARKERS:
            if marker in page.text:
                yield f'{name}: shows {marker}'
        for link in UNRESOLVED.findall(page.text):
            yield f'{name}: shows {link}'


def check_guides(folder, docs):
    """Each page of docs/ has its place, and the first page links to it."""
    pages = read_pages(folder)
    first = pages['index.html'].links if 'index.html' in pages else []
    for path in sorted(glob.glob(os.path.join(docs, '*.md'))):
        name = os.path.basename(path)
        slug = re.search(r'^Slug: (\S+)$', read(path), re.MULTILINE)
        title = re.match(r'Title: \S', read(path))
        if not slug or not title or slug[1] != name.removesuffix('.md'):
            yield f'{name}: has no title, or another slug than its name'
        elif slug[1] + '.html' not in first:
            yield f'{name}: is not linked by the first page; docs/libmsa.toml.in lists pages'


def check_search(folder):
    symbols = json.loads(read(os.path.join(folder, 'index.json')))['symbols']
    names = {symbol.get('name') for symbol in symbols}
    for name in SOME:
        if name not in names:
            yield f'the search index does not have {name}'
    for script in ('search.js', 'fzy.js', 'main.js'):
        if not os.path.exists(os.path.join(folder, script)):
            yield f'{script} is missing'


def check_devhelp(folder):
    """Devhelp takes a book whose file has the name of its folder."""
    path = os.path.join(folder, os.path.basename(os.path.normpath(folder)) + '.devhelp2')
    if not os.path.exists(path):
        yield f'{os.path.basename(path)} is missing'
        return
    book = ElementTree.parse(path).getroot()
    links = [element.get('link') for element in book.iter() if element.get('link')]
    for link in links:
        if not os.path.exists(os.path.join(folder, link.partition('#')[0])):
            yield f'the book links to {link}, which is not there'
    keywords = {keyword.get('name') for keyword in book.iter(DEVHELP + 'keyword')}
    if not any('msa_multi_add' in (name or '') for name in keywords):
        yield 'the book does not know msa_multi_add()'
    if book.tag != DEVHELP + 'book' or len(links) < 100:
        yield 'the book is no book'


def check_readme(path):
    for link in re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', read(path)):
        if not urllib.parse.urlsplit(link).scheme and not os.path.exists(os.path.join(os.path.dirname(path), link)):
            yield f'README.md: links to {link}, which is not there'


def prove(test):
    with tempfile.TemporaryDirectory() as folder:
        for name, page, check, expected in (
                ('link', '<a href="a.html#there">a</a><p id="there">', check_links, None),
                ('link-elsewhere', '<a href="https://example.org/">a</a>', check_links, None),
                ('broken-link', '<a href="b.html">b</a>', check_links, 'is not there'),
                ('broken-place', '<a href="#nowhere">a</a>', check_links, 'no such place'),
                ('comment', '<!-- example: a.c --><p>text</p>', check_markers, None),
                ('shown-comment', '<p>&lt;!-- example: a.c --&gt;</p>', check_markers, 'shows example:'),
                ('no-link', '<p>[method@Multi.add-</p>', check_markers, 'shows [method@Multi.add-'),
                ('no-book', '', check_devhelp, 'is missing')):
            with open(os.path.join(folder, 'a.html'), 'w', encoding='utf-8') as file:
                file.write(page)
            complaints = list(check(folder))
            test.ok(f'{"refuses" if expected else "takes"}-{name}',
                    expected in complaints[0] if expected and complaints else not expected and not complaints, complaints)
        readme = os.path.join(folder, 'README.md')
        for name, text, refused in (('readme-link', '[a](a.html)', False), ('broken-readme-link', '[a](docs/a.md)', True)):
            with open(readme, 'w', encoding='utf-8') as file:
                file.write(text)
            test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(list(check_readme(readme))) == refused)


def main():
    test = tap.Test('/docs/reference')
    folder, docs = sys.argv[1:]
    for name, complaints in (('links', check_links(folder)), ('markers-hidden', check_markers(folder)),
                             ('guides', check_guides(folder, docs)), ('search', check_search(folder)),
                             ('devhelp', check_devhelp(folder)),
                             ('readme-links', check_readme(os.path.join(docs, '../README.md')))):
        complaints = list(complaints)
        test.ok(name, not complaints, complaints)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()

# samples.py: the blocks of code in pages of Markdown, and the samples that they show
#
# A block has a comment of its own before it, which browsers do not show:
#
#   <!-- example: FILE -->           all of docs/examples/FILE, but for its head comment and region lines
#   <!-- example: FILE#region -->    what stands there between the lines `[region]` and `[/region]`
#   <!-- run -->                     a shell block: test-walkthrough.py runs it as a reader would
#   <!-- run: FILE... -->            so does one who has copied these from docs/examples
#   <!-- output -->                  what the block run before it prints; `…` stands for anything
#   <!-- shown only: reason -->      nothing proves it
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import textwrap

FENCE = re.compile(r'^(?P<indent> *)(?P<fence>```+|~~~+) *(?P<language>[\w+-]*)[^`]*$')
COMMENT = re.compile(r'^\s*<!--\s*(?P<kind>example|run|output|shown only)\s*(?::\s*(?P<argument>.*?))?\s*-->\s*$')
REGION_LINE = re.compile(r'^\s*(?:/\*|//|#|<!--)\s*\[(?P<name>/?[\w-]+)\]\s*(?:\*/|-->)?\s*$')
# Comments at the head of a file, by how it begins.
HEADS = [r'/\*.*?\*/\s*\n', r'(?://[^\n]*\n)+', r'(?:#[^\n]*\n)+']


class Block:
    def __init__(self, path, line, language, marker, argument):
        self.path, self.line, self.language = path, line, language
        self.marker, self.argument = marker, argument
        self.text = ''

    def __str__(self):
        return f'{self.path}:{self.line}'


def read_blocks(path, text):
    """All fenced blocks of a page."""
    block = fence = None
    marker = argument = None
    indent = 0
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line.strip() == fence:
                yield block
                block = marker = argument = None
            else:
                block.text += line[min(indent, len(line) - len(line.lstrip(' '))):] + '\n'
            continue
        opens, comment = FENCE.match(line), COMMENT.match(line)
        if opens:
            fence, indent = opens['fence'], len(opens['indent'])
            block = Block(path, number, opens['language'], marker, argument)
        elif comment:
            marker, argument = comment['kind'], comment['argument']
        elif line.strip():
            marker = argument = None
    if block is not None:
        raise ValueError(f'{block}: the block has no end')


def without_head(text):
    """Without its head comment, if that holds the licence."""
    shebang = re.match(r'#![^\n]*\n', text)
    rest = text[shebang.end():] if shebang else text
    for head in HEADS:
        match = re.match(head, rest, re.DOTALL)
        if match and 'SPDX-License-Identifier' in match[0]:
            return rest[match.end():].lstrip('\n')
    return rest


def read_region(text, name):
    """The lines of a region, without those that mark regions; None if there is no such region, or more than one."""
    lines, regions, is_open = [], 0, False
    for line in text.splitlines():
        mark = REGION_LINE.match(line)
        if mark and mark['name'] == name:
            regions += 1
            is_open = True
        elif mark and mark['name'] == '/' + name:
            is_open = False
        elif is_open and not mark:
            lines.append(line)
    if regions != 1 or is_open:
        return None
    return textwrap.dedent('\n'.join(lines)).strip('\n') + '\n'


def read_whole(text):
    lines = [line for line in without_head(text).splitlines() if not REGION_LINE.match(line)]
    return '\n'.join(lines).strip('\n') + '\n'


def read_sample(folder, name):
    """(text, complaint) of what `FILE` or `FILE#region` names."""
    file, _, region = name.partition('#')
    path = os.path.normpath(os.path.join(folder, file))
    if not path.startswith(os.path.normpath(folder) + os.sep) or not os.path.isfile(path):
        return None, f'there is no docs/examples/{file}'
    with open(path, encoding='utf-8') as opened:
        text = opened.read()
    sample = read_region(text, region) if region else read_whole(text)
    if sample is None:
        return None, f'docs/examples/{file} does not have the region {region} once'
    return sample, None

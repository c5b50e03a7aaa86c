#!/usr/bin/env python3
# extract-example.py: a block of code from a page in Markdown
#
#   extract-example.py page.md language output
#
# Fails unless the page has exactly one block of the language.
# SPDX-License-Identifier: LGPL-2.1-or-later

import re
import sys

page, language, output = sys.argv[1:]
with open(page, encoding='utf-8') as file:
    blocks = re.findall(f'^```{language}\n(.*?)^```$', file.read(), re.MULTILINE | re.DOTALL)
if len(blocks) != 1:
    sys.exit(f'{page}: {len(blocks)} blocks of {language}, not one')
with open(output, 'w', encoding='utf-8') as file:
    file.write(blocks[0])

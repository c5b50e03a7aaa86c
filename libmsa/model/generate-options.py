#!/usr/bin/env python3
# generate-options.py: C from options.toml
#
#   generate-options.py settings|easy|test|rows options.toml output-folder
#
# settings   msa-settings-private.h, msa-settings.c: the struct with new, copy, edit, key
# easy       msa-easy-options.h, -private.h, .c: the properties of MsaEasy with accessors and their reference
# test       test-options-generated.c: a test of each row
# rows       test-option-rows.h: the rows for test-option-matrix.c and test-option-values.c
#
# What a row says stands at the head of options.toml. A row that does not say enough, or says
# something unknown, ends the run with its name.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import sys
import textwrap

try:
    import tomllib
except ImportError:
    tomllib = None

SINCE = '1.0'
COLUMNS = 100

ROW_KEYS = {'type', 'default', 'minimum', 'maximum', 'place', 'because', 'summary', 'doc', 'property', 'header',
            'identity', 'secret', 'example', 'undo', 'beside', 'reuse', 'unseen'}
PLACES = ('key', 'request', 'neutral')
REUSES = ('takes-none', 'leaves-none')

NUMBERS = {
    # row type: C type, lowest and highest of the C type, printf format, GValue suffix
    'uint': ('guint', ('0',), ('G_MAXUINT',), '"%u"', 'uint'),
    'int': ('int', ('G_MININT',), ('G_MAXINT',), '"%d"', 'int'),
    'int64': ('gint64', ('G_MININT64',), ('G_MAXINT64',), '"%" G_GINT64_FORMAT', 'int64'),
}


class RowError(Exception):
    pass


# Reading

def read_toml_subset(text):
    """Tables, strings, strings over several lines, true and false: all that options.toml uses."""
    rows = {}
    row = None
    lines = iter(text.splitlines())
    for line in lines:
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        table = re.fullmatch(r'\[([A-Za-z0-9_-]+)\]', line)
        pair = re.fullmatch(r'([A-Za-z0-9_-]+)\s*=\s*(.+)', line)
        if table:
            if table[1] in rows:
                raise RowError(f'[{table[1]}]: stands twice')
            row = rows.setdefault(table[1], {})
        elif pair and row is not None:
            value = pair[2]
            if value.startswith('"""'):
                value = value[3:]
                if value == '':
                    value = next(lines)
                while not value.endswith('"""'):
                    value += '\n' + next(lines)
                row[pair[1]] = value[:-3]
            elif value in ('true', 'false'):
                row[pair[1]] = value == 'true'
            elif re.fullmatch(r'"[^"\\]*"', value):
                row[pair[1]] = value[1:-1]
            else:
                raise RowError(f'cannot read the line: {line}')
        else:
            raise RowError(f'cannot read the line: {line}')
    return rows


def read_rows(path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    try:
        table = tomllib.loads(text) if tomllib is not None else read_toml_subset(text)
    except ValueError as error:
        raise RowError(f'cannot be read: {error}') from error
    return [Row(name, values) for name, values in table.items()]


class Row:
    """One option, checked, with the words that the templates need."""

    def __init__(self, name, values):
        def fail(reason):
            raise RowError(f'[{name}]: {reason}')

        if not re.fullmatch(r'[a-z][a-z0-9]*(-[a-z0-9]+)*', name):
            fail('is no name of an option: lower case words joined by hyphens')
        if not isinstance(values, dict):
            fail('is not a table')
        unknown = sorted(set(values) - ROW_KEYS)
        if unknown:
            fail(f'has an unknown key: {unknown[0]}')

        self.name = name
        self.ident = name.replace('-', '_')
        self.macro = self.ident.upper()
        self.place = values.get('place')
        if self.place is None:
            fail('has no place: it must say where its value counts')
        if self.place not in PLACES:
            fail(f'has an unknown place: {self.place}')
        if self.place == 'neutral' and not values.get('because', '').strip():
            fail('is neutral without a because')
        if 'default' not in values:
            fail('has no default')
        self.default = values['default']
        self.property = values.get('property', True)
        self.summary = values.get('summary', '').strip()
        self.doc = values.get('doc', '').strip()
        if self.property and not (self.summary and self.doc):
            fail('has no summary or no doc')

        self.type = values.get('type')
        if self.type is None:
            fail('has no type')
        self.kind, _, self.c_name = self.type.partition(':')
        if (self.kind in ('enum', 'flags', 'object', 'shared')) != (self.c_name != ''):
            fail(f'has an unknown type: {self.type}')
        self.minimum = values.get('minimum')
        self.maximum = values.get('maximum')
        self.header = values.get('header')
        self.identity = values.get('identity')
        self.secret = values.get('secret', False)
        if self.secret and self.kind != 'string':
            fail('is a secret that cannot be wiped: only a string can')
        self.free = 'msa_wipe_free' if self.secret else 'g_free'

        self.example = values.get('example')
        self.undo = values.get('undo')
        self.beside = values.get('beside', '')
        self.reuse = values.get('reuse')
        self.unseen = values.get('unseen')
        if self.example is None and (self.kind in ('string', 'strv') or not self.property):
            fail('has no example, and none can be made from its type')
        if not self.property and self.undo is None:
            fail('is no property and has no undo, which takes its example back')
        if self.reuse is not None and (self.reuse not in REUSES or self.place != 'neutral'):
            fail('has an unknown reuse, or one beside a place that says it')
        if self.unseen is not None and not self.unseen.strip():
            fail('is unseen without a reason')

        if self.kind in NUMBERS:
            if self.minimum is None or self.maximum is None:
                fail('is a number without a minimum and a maximum')
            self.c_type = NUMBERS[self.kind][0]
            self.g_value = NUMBERS[self.kind][4]
        elif self.kind == 'boolean':
            self.c_type, self.g_value = 'gboolean', 'boolean'
        elif self.kind in ('enum', 'flags'):
            self.c_type, self.g_value = self.c_name, self.kind
        elif self.kind == 'string':
            self.c_type, self.g_value = 'char *', 'string'
        elif self.kind == 'strv':
            self.c_type, self.g_value = 'char **', 'boxed'
        elif self.kind == 'object':
            self.c_type, self.g_value = self.c_name + ' *', 'object'
            if self.header is None:
                fail('is an object without a header')
        elif self.kind == 'bytes':
            self.c_type, self.g_value, self.c_name = 'GBytes *', 'boxed', 'GBytes'
        elif self.kind == 'shared':
            self.c_type, self.g_value = self.c_name + ' *', 'boxed'
            if self.header is None:
                fail('is of a shared type without a header')
        elif self.kind == 'headers':
            self.c_type, self.g_value, self.c_name = 'MsaHeaders *', 'boxed', 'MsaHeaders'
        else:
            fail(f'has an unknown type: {self.type}')

        self.pointer = self.c_type.endswith('*')
        if self.pointer and self.default != 'NULL':
            fail('has a default other than NULL, which its type cannot have')
        if self.kind in ('bytes', 'headers', 'shared') and (self.property or self.place == 'key'):
            fail(f'is of type {self.type}, which makes neither a property nor a part of the key')
        if self.kind == 'object' and self.place == 'key' and self.identity is None:
            fail('is an object in the key without an identity')

    def declare(self, name):
        """A declaration of a variable that holds the value."""
        return self.c_type + name if self.pointer else f'{self.c_type} {name}'

    @property
    def lent(self):
        """The type of a value that is only looked at."""
        return {'string': 'const char *', 'strv': 'const char *const *'}.get(self.kind, self.c_type)

    @property
    def array(self):
        """What introspection has to know besides."""
        return ' (array zero-terminated=1)' if self.kind == 'strv' else ''

    def lend(self, name):
        return self.lent + name if self.pointer else f'{self.lent} {name}'

    @property
    def g_type(self):
        fixed = {'uint': 'G_TYPE_UINT', 'int': 'G_TYPE_INT', 'int64': 'G_TYPE_INT64', 'boolean': 'G_TYPE_BOOLEAN',
                 'string': 'G_TYPE_STRING', 'strv': 'G_TYPE_STRV', 'bytes': 'G_TYPE_BYTES'}
        if self.kind in fixed:
            return fixed[self.kind]
        words = re.findall(r'[A-Z][a-z0-9]*', self.c_name)
        return '_'.join([words[0].upper(), 'TYPE'] + [word.upper() for word in words[1:]])

    @property
    def prefix(self):
        """What the functions of the type begin with."""
        return '_'.join(word.lower() for word in re.findall(r'[A-Z][a-z0-9]*', self.c_name))

    @property
    def public_header(self):
        return '-'.join(word.lower() for word in re.findall(r'[A-Z][a-z0-9]*', self.c_name)) + '.h'

    def dup(self, value):
        """An expression for an own reference or copy of a pointer."""
        return {
            'string': f'g_strdup ({value})',
            'strv': f'g_strdupv ({value})',
            'object': f'{value} != NULL ? g_object_ref ({value}) : NULL',
            'bytes': f'{value} != NULL ? g_bytes_ref ({value}) : NULL',
            'headers': f'{value} != NULL ? msa_headers_ref ({value}) : NULL',
            'shared': f'{value} != NULL ? {self.prefix}_ref ({value}) : NULL',
        }[self.kind]

    def clear(self, place):
        """A statement that lets go of a pointer."""
        return {
            'string': f'g_clear_pointer (&{place}, {self.free});',
            'strv': f'g_clear_pointer (&{place}, g_strfreev);',
            'object': f'g_clear_object (&{place});',
            'bytes': f'g_clear_pointer (&{place}, g_bytes_unref);',
            'headers': f'g_clear_pointer (&{place}, msa_headers_unref);',
            'shared': f'g_clear_pointer (&{place}, {self.prefix}_unref);',
        }[self.kind]

    def guards(self):
        """Conditions that a value passed to the setter must meet, those left out that hold anyway."""
        checks = []
        if self.kind in NUMBERS:
            _, lowest, highest, _, _ = NUMBERS[self.kind]
            if self.minimum not in lowest:
                checks.append(f'{self.ident} >= {self.minimum}')
            if self.maximum not in highest:
                checks.append(f'{self.ident} <= {self.maximum}')
        elif self.kind == 'enum':
            checks.append(f'is_enum_value ({self.g_type}, (int) {self.ident})')
        elif self.kind == 'flags':
            checks.append(f'is_flags_value ({self.g_type}, (guint) {self.ident})')
        elif self.kind == 'object':
            checks.append(f'{self.ident} == NULL || {self.g_type.replace("_TYPE_", "_IS_", 1)} ({self.ident})')
        return checks


# Writing

def head(title, *lines):
    """The comment that opens a file."""
    text = [f'/* {title}', ' *']
    text += [f' * {line}'.rstrip() for line in lines]
    return text + [' *', ' * Generated by model/generate-options.py from model/options.toml.', ' *',
                   ' * SPDX-License-Identifier: LGPL-2.1-or-later', ' */']


def function(returns, name, params, body, static=False):
    """A definition in the house's layout."""
    lead = f'{name} ('
    text = [('static ' if static else '') + returns]
    for i, param in enumerate(params):
        text.append((lead if i == 0 else ' ' * len(lead)) + param + (',' if i + 1 < len(params) else ')'))
    return text + ['{'] + [('  ' + line).rstrip() for line in body] + ['}', '']


def call(lead, arguments, end, indent):
    """A call, with its arguments below each other where a line is too short for them."""
    line = f'{lead} (' + ', '.join(arguments) + ')' + end
    if indent + len(line) <= COLUMNS:
        return [line]
    text = [f'{lead} ({arguments[0]},'] + [' ' * (len(lead) + 2) + argument + ',' for argument in arguments[1:]]
    text[-1] = text[-1][:-1] + ')' + end
    return text


def prototypes(group):
    """Declarations in columns; each is (marks before, return type, name, parameters, mark after)."""
    def spread(returns):
        base = returns.rstrip('*').rstrip()
        return base, returns[len(base):].strip()

    width = max(len(spread(returns)[0]) + 1 + len(spread(returns)[1]) for _, returns, _, _, _ in group)
    names = max(len(name) for _, _, name, _, _ in group)
    text = []
    for before, returns, name, params, after in group:
        base, stars = spread(returns)
        lead = base + ' ' * (width - len(base) - len(stars)) + stars + name.ljust(names) + ' ('
        if before:
            text.append(before)
        for i, param in enumerate(params):
            end = ',' if i + 1 < len(params) else ')' + (' ' + after if after else '') + ';'
            text.append((lead if i == 0 else ' ' * len(lead)) + param + end)
    return text


def columns(pairs):
    """Lines of two columns: struct members."""
    def width(row):
        return len(row.c_type.rstrip('* ')) + 1 + row.c_type.count('*')

    wide = max(width(row) for row in pairs)
    longest = max(len(row.ident) for row in pairs if row.pointer) if any(row.pointer for row in pairs) else 0
    text = []
    for row in pairs:
        stars = '*' * row.c_type.count('*')
        base = row.c_type.rstrip('* ')
        member = f'  {base}' + ' ' * (wide - len(base) - len(stars)) + stars + row.ident + ';'
        if row.pointer:
            member += ' ' * (longest - len(row.ident)) + ' /* (owned) (nullable) */'
        text.append(member)
    return text


def write(folder, name, lines):
    text = '\n'.join(lines)
    text = re.sub(r'\n{3,}', '\n\n', text).rstrip('\n') + '\n'
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        file.write(text)


def settings_header(rows):
    headers = sorted({row.header for row in rows if row.header} | {'base/msa-writer-private.h', 'model/msa-enums.h'}
                     | {'model/msa-headers.h' for row in rows if row.kind == 'headers'})
    text = head('msa-settings-private.h: the settings of an easy, shared until they change',
                'The easy holds them and a transfer keeps those it was started with: both have a',
                'reference, and a change of shared settings makes a copy first. Not thread-safe.')
    text += ['#pragma once', '', '#include <gio/gio.h>', '']
    text += [f'#include "{header}"' for header in headers]
    text += ['', 'typedef struct _MsaSettings MsaSettings;', '', 'struct _MsaSettings', '{', '  grefcount refs;', '']
    text += columns(rows)
    text += ['',
             '  /* What the engine derived from the settings: dropped by any change. */',
             '  gpointer       plan; /* (owned) (nullable) */',
             '  GDestroyNotify plan_free;',
             '};', '']
    new = 'G_GNUC_WARN_UNUSED_RESULT'
    text += ['/* All at their defaults. */']
    text += prototypes([('', 'MsaSettings *', 'msa_settings_new', ['void'], new)])
    text += prototypes([('', 'MsaSettings *', 'msa_settings_ref', ['MsaSettings *self'], ''),
                        ('', 'void', 'msa_settings_unref', ['MsaSettings *self'], '')])
    text += ['', '/* Strings are copied, all else is shared by reference. The plan is left behind. */']
    text += prototypes([('', 'MsaSettings *', 'msa_settings_copy', ['const MsaSettings *self'], new)])
    text += ['/* Makes the settings at @place the caller\'s alone, by a copy if others hold them too,',
             ' * drops their plan, and returns them. */']
    text += prototypes([('', 'MsaSettings *', 'msa_settings_edit', ['MsaSettings **place'], '')])
    text += ['',
             '/* The name of an option in which a text has more than @max bytes; NULL: there is none. */']
    text += prototypes([('', 'const char *', 'msa_settings_find_overlong', ['const MsaSettings *self', 'gsize max'],
                         '')])
    text += ['',
             '/* Appends all that two transfers must agree in to share a connection. Each value has its length',
             ' * before it, so that no value can be taken for another\'s. */']
    text += prototypes([('', 'void', 'msa_settings_append_key', ['const MsaSettings *self', 'MsaWriter *writer'], '')])
    text += ['', 'G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaSettings, msa_settings_unref)']
    return text


def settings_source(rows):
    keys = [row for row in rows if row.place == 'key']
    pointers = [row for row in rows if row.pointer]

    text = head('msa-settings.c: the settings of an easy, shared until they change',
                'What each setting means stands in model/options.toml.')
    text += ['#include "config.h"', '', '#include "model/msa-settings-private.h"', '',
             '#include "base/msa-wipe-private.h"', '']
    text += function('MsaSettings *', 'msa_settings_new', ['void'],
                     ['MsaSettings *self = g_new0 (MsaSettings, 1);', '', 'g_ref_count_init (&self->refs);']
                     + [f'self->{row.ident} = {row.default};' for row in rows if not row.pointer]
                     + ['', 'return self;'])
    text += function('MsaSettings *', 'msa_settings_ref', ['MsaSettings *self'],
                     ['g_ref_count_inc (&self->refs);', 'return self;'])
    text += function('void', 'drop_plan', ['MsaSettings *self'],
                     ['GDestroyNotify plan_free = g_steal_pointer (&self->plan_free);',
                      'gpointer plan = g_steal_pointer (&self->plan);', '',
                      'if (plan != NULL && plan_free != NULL)', '  plan_free (plan);'], static=True)
    text += function('void', 'msa_settings_unref', ['MsaSettings *self'],
                     ['if (!g_ref_count_dec (&self->refs))', '  return;', '', 'drop_plan (self);']
                     + [row.clear(f'self->{row.ident}') for row in pointers] + ['g_free (self);'])
    text += function('MsaSettings *', 'msa_settings_copy', ['const MsaSettings *self'],
                     ['MsaSettings *copy = msa_settings_new ();', '']
                     + [f'copy->{row.ident} = ' + (row.dup(f'self->{row.ident}') if row.pointer
                                                  else f'self->{row.ident}') + ';' for row in rows]
                     + ['', 'return copy;'])
    text += function('MsaSettings *', 'msa_settings_edit', ['MsaSettings **place'],
                     ['if (!g_ref_count_compare (&(*place)->refs, 1))',
                      '  {',
                      '    MsaSettings *shared = *place;', '',
                      '    *place = msa_settings_copy (shared);',
                      '    msa_settings_unref (shared);',
                      '  }', '',
                      'drop_plan (*place);',
                      'return *place;'])
    text += overlong_functions(rows)
    if keys:
        text += ['/* What has its default, as NULL is for a text, is left out: keys are many, and compared often. */']
        text += function('void', 'append_text', ['MsaWriter *writer', 'const char *name', 'const char *text'],
                         ['if (text == NULL)',
                          '  return;', '',
                          'msa_writer_append_string (writer, name);',
                          "msa_writer_append_byte (writer, '=');",
                          'msa_writer_append_number (writer, strlen (text));',
                          "msa_writer_append_byte (writer, ':');",
                          'msa_writer_append_string (writer, text);',
                          "msa_writer_append_byte (writer, ';');"], static=True)
    if any(row.kind == 'strv' for row in keys):
        text += ['/* The name stands with each text, and no text is told from no list. */']
        text += function('void', 'append_strv',
                         ['MsaWriter *writer', 'const char *name', 'const char *const *texts'],
                         ['append_text (writer, name, texts != NULL ? "" : NULL);',
                          'for (; texts != NULL && *texts != NULL; texts++)',
                          '  append_text (writer, name, *texts);'], static=True)
    if any(not row.pointer for row in keys):
        text += function('void', 'append_int', ['MsaWriter *writer', 'const char *name', 'gint64 value'],
                         ['char text[24];', '',
                          'g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, value);',
                          'append_text (writer, name, text);'], static=True)
    body = []
    for row in keys:
        if row.kind == 'string':
            body.append(f'append_text (writer, "{row.name}", self->{row.ident});')
        elif row.kind == 'strv':
            body.append(f'append_strv (writer, "{row.name}", (const char *const *) self->{row.ident});')
        elif row.kind == 'object':
            body += [f'append_text (writer, "{row.name}",',
                     f'             self->{row.ident} != NULL ? {row.identity} (self->{row.ident}) : NULL);']
        else:
            body += [f'if (self->{row.ident} != {row.default})',
                     f'  append_int (writer, "{row.name}", self->{row.ident});']
    text += function('void', 'msa_settings_append_key', ['const MsaSettings *self', 'MsaWriter *writer'], body)
    if keys or any(row.kind in ('string', 'strv') for row in rows):
        text.insert(text.index('#include "base/msa-wipe-private.h"') + 1, '\n#include <string.h>')
    return text


def overlong_functions(rows):
    texts = [row for row in rows if row.kind in ('string', 'strv')]
    text = function('gboolean', 'is_overlong', ['const char *text', 'gsize max'],
                    ['return text != NULL && strnlen (text, max + 1) > max;'], static=True) if texts else []
    if any(row.kind == 'strv' for row in texts):
        text += function('gboolean', 'has_overlong', ['char **texts', 'gsize max'],
                         ['for (; texts != NULL && *texts != NULL; texts++)',
                          '  if (is_overlong (*texts, max))',
                          '    return TRUE;', '',
                          'return FALSE;'], static=True)
    body = []
    for row in texts:
        has = {'string': 'is_overlong', 'strv': 'has_overlong'}[row.kind]
        body += [f'if ({has} (self->{row.ident}, max))', f'  return "{row.name}";']
    return text + function('const char *', 'msa_settings_find_overlong', ['const MsaSettings *self', 'gsize max'],
                           body + ['', 'return NULL;'])


def uncapitalized(sentence):
    """For the middle of a sentence; names and abbreviations stay."""
    return sentence[0].lower() + sentence[1:] if re.match(r'[A-Z][a-z]', sentence) else sentence


def shown_default(row):
    return {'NULL': '%NULL', 'TRUE': '%TRUE', 'FALSE': '%FALSE'}.get(
        row.default, '%' + row.default if re.match('[A-Z]', row.default) else row.default)


def values_note(row):
    """The last paragraph of each comment."""
    def shown(bound):
        return {'G_MAXUINT16': '65535'}.get(bound, '%' + bound if re.match('[A-Z]', bound) else bound)

    text = f'Default: {shown_default(row)}.'
    if row.kind in NUMBERS:
        text += f' Values: {shown(row.minimum)} to {shown(row.maximum)}.'
    return text


def comment(title, params, paragraphs, returns=None):
    text = ['/**', f' * {title}']
    text += [f' * @{param}' for param in params]
    for paragraph in paragraphs:
        text += [' *']
        for line in paragraph.splitlines():
            text += [f' * {part}' for part in textwrap.wrap(line, COLUMNS - 20, break_on_hyphens=False)] or [' *']
    if returns is not None:
        text += [' *', f' * Returns: {returns}']
    return text + [' *', f' * Since: {SINCE}', ' */']


def easy_header(rows):
    text = head('msa-easy-options.h: the options of an easy', 'Included by msa-easy.h.')
    text += ['#pragma once', '', '#include <gio/gio.h>', '', '#include "msa-enums.h"']
    text += [f'#include "{header}"' for header in sorted({row.public_header for row in rows if row.kind == 'object'})]
    text += ['#include "msa-version-macros.h"', '', 'G_BEGIN_DECLS', '', 'typedef struct _MsaEasy MsaEasy;']
    mark = f'MSA_AVAILABLE_IN_{SINCE.replace(".", "_")}'
    for row in rows:
        text += [''] + prototypes([
            (mark, row.lent, f'msa_easy_get_{row.ident}', ['MsaEasy *self'], ''),
            (mark, 'void', f'msa_easy_set_{row.ident}', ['MsaEasy *self', row.lend(row.ident)], '')])
    return text + ['', 'G_END_DECLS']


def easy_private_header(rows):
    text = head('msa-easy-options-private.h: the options as properties of the class',
                'msa-easy.c asks here first when its class is set up and a property is read or written.')
    text += ['#pragma once', '', '#include <glib-object.h>', '', '#include "msa-easy-options.h"', '',
             '/* Installs the properties with ids from @first_id on; returns the next free id. Once. */']
    text += prototypes([('', 'guint', 'msa_easy_options_install', ['GObjectClass *klass', 'guint first_id'], '')])
    text += ['', '/* FALSE: the id is none of theirs. */']
    params = ['MsaEasy *self', 'guint id', '{}GValue *value', 'GParamSpec *pspec']
    text += prototypes([
        ('', 'gboolean', 'msa_easy_options_get_property', [param.format('') for param in params], ''),
        ('', 'gboolean', 'msa_easy_options_set_property', [param.format('const ') for param in params], '')])
    return text


def property_comment(row):
    return comment(f'MsaEasy:{row.name}: (getter get_{row.ident}) (setter set_{row.ident})', [],
                   [row.summary, row.doc, values_note(row)])


def pspec_lines(row):
    """What installs one property, under its comment."""
    arguments = [f'"{row.name}"', 'NULL', 'NULL']
    if row.kind in NUMBERS:
        arguments += [row.minimum, row.maximum, row.default]
    elif row.kind in ('enum', 'flags'):
        arguments += [row.g_type, row.default]
    elif row.kind in ('object', 'strv'):
        arguments += [row.g_type]
    else:
        arguments += [row.default]
    make = call(f'g_param_spec_{row.g_value}', arguments + ['OPTION_FLAGS'], ';', 6)
    return property_comment(row) + [f'props[OPTION_{row.macro}] ='] + ['    ' + line for line in make] + ['']


def getter(row):
    zero = '0' if row.kind in NUMBERS else row.default
    cast = f'({row.lent}) ' if row.kind == 'strv' else ''
    where = f'(transfer none) (nullable){row.array}: the value' if row.pointer else 'the value'
    text = comment(f'msa_easy_get_{row.ident}: (get-property {row.name})', ['self: the easy'],
                   [f'Gets [property@Easy:{row.name}]: {uncapitalized(row.summary)}', row.doc,
                    values_note(row)], where)
    return text + function(row.lent, f'msa_easy_get_{row.ident}', ['MsaEasy *self'],
                           [f'g_return_val_if_fail (MSA_IS_EASY (self), {zero});', '',
                            f'return {cast}msa_easy_peek_settings (self)->{row.ident};'])


def setter_body(row):
    ident = row.ident
    guards = [f'g_return_if_fail ({check});' for check in ['MSA_IS_EASY (self)'] + row.guards()]
    notify = f'g_object_notify_by_pspec (G_OBJECT (self), props[OPTION_{row.macro}]);'
    peek = f'msa_easy_peek_settings (self)->{ident}'
    if row.kind in ('string', 'strv'):
        # Copied before the old text goes: the new one may be a part of it.
        equal, copy, free = {
            'string': (f'g_strcmp0 ({peek}, {ident}) == 0', f'g_strdup ({ident})', row.free),
            'strv': (f'is_same_strv ((const char *const *) {peek}, {ident})', f'g_strdupv ((char **) {ident})',
                     'g_strfreev'),
        }[row.kind]
        return ['MsaSettings *settings;', f'{row.c_type}copy;', ''] + guards + [
            '', f'if ({equal})', '  return;', '',
            f'copy = {copy};',
            'settings = msa_easy_edit_settings (self);',
            f'{free} (settings->{ident});',
            f'settings->{ident} = copy;', notify]
    equal = ['', f'if ({peek} == {ident})', '  return;', '']
    if row.kind == 'boolean':
        guards = guards + ['', f'{ident} = {ident} != FALSE;']
    if row.kind == 'object':
        return ['MsaSettings *settings;', ''] + guards + equal + [
            'settings = msa_easy_edit_settings (self);', f'g_set_object (&settings->{ident}, {ident});', notify]
    return guards + equal + [f'msa_easy_edit_settings (self)->{ident} = {ident};', notify]


def setter(row):
    nullable = f'(nullable){row.array}: ' if row.pointer else ''
    text = comment(f'msa_easy_set_{row.ident}: (set-property {row.name})',
                   ['self: the easy', f'{row.ident}: {nullable}the new value'],
                   [f'Sets [property@Easy:{row.name}]: {uncapitalized(row.summary)}', row.doc,
                    values_note(row)])
    return text + function('void', f'msa_easy_set_{row.ident}', ['MsaEasy *self', row.lend(row.ident)],
                           setter_body(row))


def value_checks(rows):
    """Functions that tell of values: whether they are allowed, or the same."""
    text = []
    if any(row.kind == 'enum' for row in rows):
        text += function('gboolean', 'is_enum_value', ['GType type', 'int value'],
                         ['g_autoptr (GEnumClass) enum_class = g_type_class_ref (type);', '',
                          'return g_enum_get_value (enum_class, value) != NULL;'], static=True)
    if any(row.kind == 'strv' and row.property for row in rows):
        text += function('gboolean', 'is_same_strv', ['const char *const *a', 'const char *const *b'],
                         ['if (a == NULL || b == NULL)', '  return a == b;', '', 'return g_strv_equal (a, b);'],
                         static=True)
    if any(row.kind == 'flags' for row in rows):
        text += function('gboolean', 'is_flags_value', ['GType type', 'guint value'],
                         ['g_autoptr (GFlagsClass) flags_class = g_type_class_ref (type);', '',
                          'return (value & ~flags_class->mask) == 0;'], static=True)
    return text


def property_switch(rows, case):
    text = ['if (id < props_first_id || id - props_first_id >= N_OPTIONS)', '  return FALSE;', '',
            'switch ((EasyOption) (id - props_first_id))', '  {']
    for row in rows:
        text += [f'  case OPTION_{row.macro}:', f'    {case(row)}', '    break;', '']
    return text + ['  case N_OPTIONS:', '  default:', '    return FALSE;', '  }', '', 'return TRUE;']


def get_case(row):
    return f'g_value_set_{row.g_value} (value, msa_easy_get_{row.ident} (self));'


def set_case(row):
    return f'msa_easy_set_{row.ident} (self, g_value_get_{row.g_value} (value));'


def easy_source(rows):
    text = head('msa-easy-options.c: the options of an easy as properties and accessors',
                'A setter guards, compares, stores, then notifies.')
    text += ['#include "config.h"', '', '#include "msa-easy-options-private.h"', '',
             '#include "base/msa-wipe-private.h"', '#include "model/msa-settings-private.h"',
             '#include "msa-easy-private.h"', '#include "msa-easy.h"',
             '#include "msa-enum-types.h"', '',
             '#define OPTION_FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)', '',
             'typedef enum', '{']
    text += [f'  OPTION_{row.macro},' for row in rows] + ['  N_OPTIONS,', '} EasyOption;', '',
             'static GParamSpec *props[N_OPTIONS];', 'static guint props_first_id;', '']
    text += value_checks(rows)
    for row in rows:
        text += getter(row) + setter(row)
    params = ['MsaEasy *self', 'guint id', 'GValue *value', 'GParamSpec *pspec']
    text += function('gboolean', 'msa_easy_options_get_property', params, property_switch(rows, get_case))
    params[2] = 'const GValue *value'
    text += function('gboolean', 'msa_easy_options_set_property', params, property_switch(rows, set_case))
    body = []
    for row in rows:
        body += pspec_lines(row)
    body += ['props_first_id = first_id;', 'for (guint i = 0; i < N_OPTIONS; i++)',
             '  g_object_class_install_property (klass, first_id + i, props[i]);', '', 'return first_id + N_OPTIONS;']
    return text + function('guint', 'msa_easy_options_install', ['GObjectClass *klass', 'guint first_id'], body)


# The test

TEST_BODY = r'''
typedef struct
{
  const char *name;
  GType (*type) (void);
  gboolean in_key;
  /* The value that the row gives, and one that differs from it. */
  void (*init_default) (GValue *value);
  void (*init_other) (GValue *value);
  /* The field of the settings. */
  void (*peek) (const MsaSettings *settings,
                GValue *value);
  void (*poke) (MsaSettings *settings,
                const GValue *value);
  /* The accessors; NULL where the row is no property. */
  void (*get) (MsaEasy *easy,
               GValue *value);
  void (*set) (MsaEasy *easy,
               const GValue *value);
} Row;

static void
assert_equal (const GValue *a,
              const GValue *b)
{
  if (G_VALUE_HOLDS_STRING (a))
    {
      g_assert_cmpstr (g_value_get_string (a), ==, g_value_get_string (b));
    }
  else if (G_VALUE_HOLDS (a, G_TYPE_STRV) && g_value_get_boxed (a) != NULL)
    {
      g_assert_cmpstrv (g_value_get_boxed (a), g_value_get_boxed (b));
    }
  else if (G_VALUE_HOLDS_OBJECT (a) || G_VALUE_HOLDS_BOXED (a))
    {
      g_assert_true (g_value_peek_pointer (a) == g_value_peek_pointer (b));
    }
  else
    {
      g_autofree char *a_text = g_strdup_value_contents (a);
      g_autofree char *b_text = g_strdup_value_contents (b);

      g_assert_cmpstr (a_text, ==, b_text);
    }
}

static void
assert_field (const Row *row,
              const MsaSettings *settings,
              const GValue *expected)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, row->type ());
  row->peek (settings, &value);
  assert_equal (&value, expected);
}

static void
init_values (const Row *row,
             GValue *normal,
             GValue *other)
{
  g_value_init (normal, row->type ());
  g_value_init (other, row->type ());
  row->init_default (normal);
  row->init_other (other);
}

static void
test_default (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaEasy) easy = g_object_new (MSA_TYPE_EASY, NULL);
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (easy), row->name);
  g_auto (GValue) normal = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;
  g_auto (GValue) value = G_VALUE_INIT;

  init_values (row, &normal, &other);
  g_assert_nonnull (pspec);
  assert_equal (g_param_spec_get_default_value (pspec), &normal);
  g_assert_true (pspec->flags & G_PARAM_EXPLICIT_NOTIFY);

  g_value_init (&value, row->type ());
  row->get (easy, &value);
  assert_equal (&value, &normal);
}

static void
test_round_trip (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaEasy) easy = g_object_new (MSA_TYPE_EASY, NULL);
  g_auto (GValue) normal = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;
  g_auto (GValue) by_accessor = G_VALUE_INIT;
  g_auto (GValue) by_property = G_VALUE_INIT;

  init_values (row, &normal, &other);
  g_value_init (&by_accessor, row->type ());
  g_value_init (&by_property, row->type ());

  row->set (easy, &other);
  g_object_get_property (G_OBJECT (easy), row->name, &by_property);
  assert_equal (&by_property, &other);

  g_object_set_property (G_OBJECT (easy), row->name, &normal);
  row->get (easy, &by_accessor);
  assert_equal (&by_accessor, &normal);

  g_object_set_property (G_OBJECT (easy), row->name, &other);
  row->get (easy, &by_accessor);
  assert_equal (&by_accessor, &other);
}

static void
count_cb (GObject *object,
          GParamSpec *pspec,
          gpointer count)
{
  (*(guint *) count)++;
}

static void
test_notify (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaEasy) easy = g_object_new (MSA_TYPE_EASY, NULL);
  g_autofree char *signal = g_strconcat ("notify::", row->name, NULL);
  g_auto (GValue) normal = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;
  guint n_notified = 0;
  guint n_any = 0;

  init_values (row, &normal, &other);
  g_signal_connect (easy, signal, G_CALLBACK (count_cb), &n_notified);
  g_signal_connect (easy, "notify", G_CALLBACK (count_cb), &n_any);

  row->set (easy, &normal);
  g_assert_cmpuint (n_any, ==, 0);
  row->set (easy, &other);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_set_property (G_OBJECT (easy), row->name, &other);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_set_property (G_OBJECT (easy), row->name, &normal);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_cmpuint (n_any, ==, 2);
}

static void
test_copy (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaSettings) settings = msa_settings_new ();
  g_autoptr (MsaSettings) copy = NULL;
  g_auto (GValue) normal = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;

  init_values (row, &normal, &other);
  assert_field (row, settings, &normal);
  row->poke (settings, &other);
  copy = msa_settings_copy (settings);
  assert_field (row, copy, &other);

  row->poke (settings, &normal);
  assert_field (row, copy, &other);
}

static void
test_edit (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaSettings) settings = msa_settings_new ();
  g_autoptr (MsaSettings) shared = msa_settings_ref (settings);
  g_auto (GValue) normal = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;

  init_values (row, &normal, &other);
  row->poke (msa_settings_edit (&shared), &other);
  g_assert_true (shared != settings);
  assert_field (row, settings, &normal);
  assert_field (row, shared, &other);
}

static GBytes *
key_of (const MsaSettings *settings)
{
  MsaWriter writer;
  MsaSlice slice;
  GBytes *key;

  msa_writer_init (&writer, 64 * 1024);
  msa_settings_append_key (settings, &writer);
  g_assert_false (writer.failed);
  slice = msa_writer_slice (&writer);
  key = g_bytes_new (slice.data, slice.len);
  msa_writer_release (&writer);

  return key;
}

static void
test_key (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (MsaSettings) settings = msa_settings_new ();
  g_autoptr (GBytes) before = key_of (settings);
  g_autoptr (GBytes) after = NULL;
  g_auto (GValue) normal = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;

  init_values (row, &normal, &other);
  row->poke (settings, &other);
  after = key_of (settings);
  g_assert_cmpint (g_bytes_equal (before, after), ==, !row->in_key);
}

static void
clear_counter (gpointer count)
{
  (*(guint *) count)++;
}

static void
test_plan (void)
{
  MsaSettings *settings = msa_settings_new ();
  g_autoptr (MsaSettings) copy = NULL;
  guint n_freed = 0;

  settings->plan = &n_freed;
  settings->plan_free = clear_counter;
  copy = msa_settings_copy (settings);
  g_assert_null (copy->plan);

  g_assert_true (msa_settings_edit (&settings) == settings);
  g_assert_null (settings->plan);
  g_assert_cmpuint (n_freed, ==, 1);

  settings->plan = &n_freed;
  settings->plan_free = clear_counter;
  msa_settings_unref (settings);
  g_assert_cmpuint (n_freed, ==, 2);
}
'''

TEST_MAIN = r'''
static void
add_test (const Row *row,
          const char *what,
          GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/msa/options/%s/%s", row->name, what);

  g_test_add_data_func (path, row, func);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (rows[i].set != NULL)
        {
          add_test (&rows[i], "default", test_default);
          add_test (&rows[i], "round-trip", test_round_trip);
          add_test (&rows[i], "notify", test_notify);
        }
      add_test (&rows[i], "copy", test_copy);
      add_test (&rows[i], "edit-of-shared", test_edit);
      add_test (&rows[i], "key", test_key);
    }
  g_test_add_func ("/msa/options/plan", test_plan);
'''


def init_other_body(row):
    if row.kind in NUMBERS:
        return [f'if ({row.default} < {row.maximum})',
                f'  g_value_set_{row.g_value} (value, {row.default} + 1);',
                'else',
                f'  g_value_set_{row.g_value} (value, {row.minimum});']
    if row.kind == 'boolean':
        return [f'g_value_set_boolean (value, !{row.default});']
    if row.kind == 'string':
        return [f'g_value_set_string (value, "other {row.name}");']
    if row.kind == 'enum':
        return [f'g_autoptr (GEnumClass) enum_class = g_type_class_ref ({row.g_type});', '',
                'for (guint i = 0; i < enum_class->n_values; i++)',
                f'  if (enum_class->values[i].value != {row.default})',
                '    g_value_set_enum (value, enum_class->values[i].value);']
    if row.kind == 'flags':
        return [f'g_autoptr (GFlagsClass) flags_class = g_type_class_ref ({row.g_type});', '',
                f'g_value_set_flags (value, flags_class->mask & ~{row.default});']
    take = {'strv': f'g_value_take_boxed (value, g_strsplit ("other {row.name}", " ", -1));',
            'object': f'g_value_take_object (value, g_object_new ({row.g_type}, NULL));',
            'bytes': 'g_value_take_boxed (value, g_bytes_new_static ("other", 5));',
            'headers': 'g_value_take_boxed (value, msa_headers_new ());'}
    return [take[row.kind]]


def poke_body(row):
    if not row.pointer:
        return [f'settings->{row.ident} = g_value_get_{row.g_value} (value);']
    dup = {'string': 'g_value_dup_string (value)', 'object': 'g_value_dup_object (value)'}
    return [row.clear(f'settings->{row.ident}'),
            f'settings->{row.ident} = {dup.get(row.kind, "g_value_dup_boxed (value)")};']


def row_functions(row):
    ident = row.ident
    text = function('GType', f'{ident}_type', ['void'], [f'return {row.g_type};'], static=True)
    text += function('void', f'{ident}_init_default', ['GValue *value'],
                     [f'g_value_set_{row.g_value} (value, {row.default});'], static=True)
    text += function('void', f'{ident}_init_other', ['GValue *value'], init_other_body(row), static=True)
    text += function('void', f'{ident}_peek', ['const MsaSettings *settings', 'GValue *value'],
                     [f'g_value_set_{row.g_value} (value, settings->{ident});'], static=True)
    text += function('void', f'{ident}_poke', ['MsaSettings *settings', 'const GValue *value'],
                     poke_body(row), static=True)
    if row.property:
        text += function('void', f'{ident}_get', ['MsaEasy *self', 'GValue *value'], [get_case(row)], static=True)
        text += function('void', f'{ident}_set', ['MsaEasy *self', 'const GValue *value'], [set_case(row)],
                         static=True)
    return text


def refusals(row):
    """Values outside of what the row allows, as (what, expression, the check that refuses)."""
    found = []
    for check in row.guards():
        if ' >= ' in check:
            found.append(('below', f'(gint64) {row.minimum} - 1', check))
        elif ' <= ' in check:
            found.append(('above', f'(gint64) {row.maximum} + 1', check))
        elif check.startswith('is_enum_value'):
            found.append(('unknown', 'G_MAXINT', 'is_enum_value'))
        elif check.startswith('is_flags_value'):
            found.append(('unknown', 'G_MAXUINT', 'is_flags_value'))
    return found


def refusal_function(row, what, value, check):
    return function('void', f'test_{row.ident}_refuses_{what}', ['void'],
                    ['g_autoptr (MsaEasy) easy = g_object_new (MSA_TYPE_EASY, NULL);',
                     f'{row.lend("before")} = msa_easy_get_{row.ident} (easy);', '',
                     f'g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*{check}*");',
                     f'msa_easy_set_{row.ident} (easy, ({row.c_type}) ({value}));',
                     'g_test_assert_expected_messages ();',
                     f'g_assert_true (msa_easy_get_{row.ident} (easy) == before);'], static=True)


def test_source(rows):
    # A shared type has no GValue to be handled by: its tests are written by hand.
    rows = [row for row in rows if row.kind != 'shared']
    text = head('test-options-generated.c: each row of the option table does what it says',
                'Default, accessors, property, notification, copy, change of shared settings, key.')
    headers = sorted({'base/msa-wipe-private.h', 'model/msa-settings-private.h', 'msa-easy-options.h', 'msa-easy.h', 'msa-enum-types.h'}
                     | {'model/msa-headers.h' for row in rows if row.kind == 'headers'})
    text += ['#include "config.h"', ''] + [f'#include "{header}"' for header in headers]
    text += TEST_BODY.splitlines() + ['']
    for row in rows:
        text += row_functions(row)
    text += ['static const Row rows[] = {']
    for row in rows:
        ident = row.ident
        accessors = f'{ident}_get, {ident}_set' if row.property else 'NULL, NULL'
        text += [f'  {{ "{row.name}", {ident}_type, {"TRUE" if row.place == "key" else "FALSE"},',
                 f'    {ident}_init_default, {ident}_init_other,',
                 f'    {ident}_peek, {ident}_poke,',
                 f'    {accessors} }},']
    text += ['};', '']
    registered = []
    for row in rows:
        if row.property:
            for what, value, check in refusals(row):
                text += refusal_function(row, what, value, check)
                registered += [f'  g_test_add_func ("/msa/options/{row.name}/refuses-{what}",',
                               f'                   test_{row.ident}_refuses_{what});']
    return text + TEST_MAIN.splitlines() + registered + ['', '  return g_test_run ();', '}']


# The rows of the matrix: two settings at a time, through a multi

def example_body(row):
    """Statements that give @easy the row's example: its nth, where the type has several."""
    if not row.property:
        return row.example.strip().splitlines()
    setter_name = f'msa_easy_set_{row.ident}'
    if row.kind == 'boolean':
        return [f'{setter_name} (easy, !{row.default});']
    if row.kind in NUMBERS:
        # A number of milliseconds, bytes, a port: what hinders nothing but what is about it.
        value = row.example or f'({row.c_type}) CLAMP (5007, (gint64) {row.minimum}, (gint64) {row.maximum})'
        return [f'{setter_name} (easy, {value});']
    if row.kind in ('enum', 'flags'):
        return [f'{setter_name} (easy, ({row.c_name}) nth_{row.kind} ({row.g_type}, {row.default}, n));']
    if row.kind == 'string':
        return [f'{setter_name} (easy, "{row.example}");']
    if row.kind == 'strv':
        texts = ', '.join(f'"{text}"' for text in row.example.split())
        return [f'const char *const texts[] = {{ {texts}, NULL }};', '', f'{setter_name} (easy, texts);']
    value = row.example or f'g_object_new ({row.g_type}, NULL)'
    return [f'g_autoptr ({row.c_name}) value = {value};', '', f'{setter_name} (easy, value);']


def field_body(row):
    """Statements that append what @settings say to @text."""
    field = f'settings->{row.ident}'
    if row.kind in NUMBERS:
        return [f'g_string_append_printf (text, {NUMBERS[row.kind][3]}, {field});']
    if not row.pointer:
        return [f'g_string_append_printf (text, "%d", (int) {field});']
    if row.kind == 'string':
        return [f'g_string_append (text, {field} != NULL ? {field} : "(none)");']
    if row.kind == 'strv':
        return [f'g_autofree char *all = {field} != NULL ? g_strjoinv (" ", {field}) : NULL;', '',
                'g_string_append (text, all != NULL ? all : "(none)");']
    if row.kind == 'headers':
        return [f'append_headers (text, {field});']
    return [f'g_string_append_printf (text, "%p", (gpointer) {field});']


def rows_header(rows):
    text = head('test-option-rows.h: the option table, for the tests that run every two of them')
    headers = sorted({row.header for row in rows if row.header} | {'msa-easy-options.h', 'msa-enum-types.h'})
    text += ['#pragma once', ''] + [f'#include "{header}"' for header in headers] + ['']
    for row in rows:
        ident = row.ident
        text += function('void', f'{ident}_apply', ['MsaEasy *easy', 'guint n'], example_body(row), static=True)
        text += function('void', f'{ident}_undo', ['MsaEasy *easy'],
                         [f'msa_easy_set_{ident} (easy, {row.default});'] if row.property
                         else row.undo.strip().splitlines(), static=True)
        if row.beside:
            text += function('void', f'{ident}_beside', ['MsaEasy *easy'], row.beside.strip().splitlines(), static=True)
        text += function('void', f'{ident}_append', ['const MsaSettings *settings', 'GString *text'],
                         field_body(row), static=True)
    text += ['static const OptionRow option_rows[] = {']
    for row in rows:
        ident = row.ident
        reuse = {None: 'REUSE_NEVER' if row.place == 'key' else 'REUSE_ALWAYS', 'takes-none': 'REUSE_TAKES_NONE',
                 'leaves-none': 'REUSE_LEAVES_NONE'}[row.reuse]
        unseen = '"' + row.unseen.replace('"', "'") + '"' if row.unseen else 'NULL'
        bounds = f'{row.minimum}, {row.maximum}' if row.kind in NUMBERS else '0, 0'
        text += [f'  {{ "{row.name}", {"TRUE" if row.property else "FALSE"}, {reuse},',
                 f'    {unseen}, {bounds},',
                 f'    {ident}_apply, {ident}_undo, {ident + "_beside" if row.beside else "NULL"}, {ident}_append }},']
    text += ['};']
    return text


def main(arguments):
    if len(arguments) != 3 or arguments[0] not in ('settings', 'easy', 'test', 'rows'):
        sys.exit('usage: generate-options.py settings|easy|test|rows options.toml output-folder')
    what, source, folder = arguments
    try:
        rows = read_rows(source)
    except RowError as error:
        sys.exit(f'{source}: {error}')
    properties = [row for row in rows if row.property]
    if what == 'settings':
        write(folder, 'msa-settings-private.h', settings_header(rows))
        write(folder, 'msa-settings.c', settings_source(rows))
    elif what == 'easy':
        write(folder, 'msa-easy-options.h', easy_header(properties))
        write(folder, 'msa-easy-options-private.h', easy_private_header(properties))
        write(folder, 'msa-easy-options.c', easy_source(properties))
    elif what == 'rows':
        write(folder, 'test-option-rows.h', rows_header(rows))
    else:
        write(folder, 'test-options-generated.c', test_source(rows))


if __name__ == '__main__':
    main(sys.argv[1:])

# generate-stubs.py: what type checkers are to know of libmsa
#
#   generate-stubs.py GIR OVERRIDE OUTPUT
#
# GIR is the introspection data, OVERRIDE the stub of what the override adds or changes: a member there replaces what is
# generated. `**name: Class` in it stands for the properties of that class that can be set, as keywords.
# SPDX-License-Identifier: LGPL-2.1-or-later

import ast
import keyword
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

HEADER = '''# Msa.pyi: the types of libmsa's Python binding, generated; see bindings/python/generate-stubs.py
# SPDX-License-Identifier: LGPL-2.1-or-later

'''

SIMPLE = {
    'none': 'None', 'gboolean': 'bool', 'utf8': 'str', 'filename': 'str', 'gpointer': 'Any', 'GType': 'type',
    'gint': 'int', 'guint': 'int', 'gint64': 'int', 'guint64': 'int', 'gsize': 'int', 'guint8': 'int',
    'gdouble': 'float', 'GLib.DestroyNotify': 'Any',
}


class Namespace:
    def __init__(self, root):
        self.node = root.find(CORE + 'namespace')
        self.callbacks = {node.get('name'): node for node in self.node.iterfind(CORE + 'callback')}

    def each(self, *tags):
        for node in self.node:
            if node.tag[len(CORE):] in tags and node.get('introspectable') != '0' and GLIB + 'is-gtype-struct-for' not in node.keys():
                yield node

    # Types

    def type_of(self, node, is_input):
        """What a parameter, property or result is, without None."""
        array = node.find(CORE + 'array')
        if array is not None:
            item = self.type_of(array, is_input)
            if item == 'int' and array.find(CORE + 'type').get('name') == 'guint8':
                return 'bytes'
            return f'Sequence[{item}]' if is_input else f'list[{item}]'
        kind = node.find(CORE + 'type')
        if kind.get('name') in ('GLib.PtrArray', 'GLib.List', 'GLib.SList'):
            return f'list[{self.type_of(kind, is_input)}]'
        return self.name_of(kind.get('name'))

    def name_of(self, name):
        if name in SIMPLE:
            return SIMPLE[name]
        if name in self.callbacks:
            return self.callable_of(self.callbacks[name])
        if name == 'Gio.AsyncReadyCallback':
            return 'Callable[..., object]'
        return name

    def callable_of(self, node):
        kinds = [self.with_none(parameter, False) for parameter in self.inputs(node)]
        result = self.result_of(node)
        return f'Callable[[{", ".join(kinds)}], {"object" if result == "None" else result}]'

    def with_none(self, node, is_input):
        kind = self.type_of(node, is_input)
        is_nullable = node.get('nullable') == '1' and kind != 'Any'
        return f'{kind} | None' if is_nullable else kind

    # Functions

    @staticmethod
    def parameters(node):
        return node.findall(f'{CORE}parameters/{CORE}parameter')

    def inputs(self, node):
        """Those that Python passes: user data is behind the others, what frees it nobody sees."""
        parameters = self.parameters(node)
        hidden = {'user_data'}
        for parameter in parameters:
            if parameter.get('destroy') is not None:
                hidden.add(parameters[int(parameter.get('destroy'))].get('name'))
        lengths = {array.get('length') for array in node.iter(CORE + 'array')}
        return [parameter for i, parameter in enumerate(parameters)
                if parameter.get('direction') != 'out' and parameter.get('name') not in hidden
                and (node.tag == CORE + 'callback' or str(i) not in lengths)]

    def result_of(self, node):
        result = node.find(CORE + 'return-value')
        lengths = {array.get('length') for array in result.iter(CORE + 'array')}
        kinds = [] if result.find(CORE + 'type') is not None and result.find(CORE + 'type').get('name') == 'none' \
            else [self.with_none(result, False)]
        kinds += [self.with_none(parameter, False) for i, parameter in enumerate(self.parameters(node))
                  if parameter.get('direction') == 'out' and str(i) not in lengths]
        if not kinds:
            return 'None'
        return kinds[0] if len(kinds) == 1 else f'tuple[{", ".join(kinds)}]'

    def function(self, node, owner=None):
        is_method = node.tag == CORE + 'method'
        words = ['self'] if is_method else []
        given = self.inputs(node)
        # A parameter may be left out if it and all behind it may be None.
        n_needed = max([i + 1 for i, parameter in enumerate(given) if parameter.get('nullable') != '1'], default=0)
        for i, parameter in enumerate(given):
            words.append(f'{safe(parameter.get("name"))}: {self.with_none(parameter, True)}{"" if i < n_needed else " = ..."}')
        if any(parameter.get('name') == 'user_data' for parameter in self.parameters(node)):
            words.append('*user_data: Any')
        result = owner if node.tag == CORE + 'constructor' else self.result_of(node)
        decorator = '' if is_method or owner is None else '@staticmethod\n'
        return f'{decorator}def {safe(node.get("name"))}({", ".join(words)}) -> {result}: ...'

    # Classes

    def properties(self, node):
        for prop in node.iterfind(CORE + 'property'):
            kind = self.type_of(prop, False)
            getter = next((method for method in node.iterfind(CORE + 'method') if method.get('name') == prop.get('getter')), None)
            is_nullable = kind in ('str', 'list[str]') or getter is not None and \
                getter.find(CORE + 'return-value').get('nullable') == '1' or '.' in kind or kind in self.objects()
            if getter is not None and getter.find(CORE + 'return-value').get('nullable') != '1' and prop.get('writable') != '1':
                is_nullable = False
            yield prop, kind + (' | None' if is_nullable and kind not in self.enums() and 'Flags' not in kind else '')

    def objects(self):
        return {node.get('name') for node in self.each('class', 'record')}

    def enums(self):
        return {node.get('name') for node in self.each('enumeration', 'bitfield')}

    def settings(self, name):
        node = next(node for node in self.each('class') if node.get('name') == name)
        return [(prop.get('name').replace('-', '_'), kind.replace('list[', 'Sequence['))
                for prop, kind in self.properties(node) if prop.get('writable') == '1']

    def members(self, node):
        name = node.get('name')
        is_object = node.tag == CORE + 'class'
        lines = []
        if is_object:
            settings = self.settings(name)
            given = ''.join(f', {setting}: {kind} = ...' for setting, kind in settings)
            lines.append(f'def __init__(self{", *" + given if given else ""}) -> None: ...')
            for prop, kind in self.properties(node):
                if prop.get('readable') == '0':
                    continue
                attribute = prop.get('name').replace('-', '_')
                lines.append(f'@property\ndef {attribute}(self) -> {kind}: ...')
                if prop.get('writable') == '1' and prop.get('construct-only') != '1':
                    lines.append(f'@{attribute}.setter\ndef {attribute}(self, value: {kind.replace("list[", "Sequence[")}) -> None: ...')
            signals = node.findall(GLIB + 'signal')
            for signal in signals:
                kinds = [name] + [self.with_none(parameter, False) for parameter in self.parameters(signal)]
                result = self.result_of(signal)
                lines.append(f'@overload\ndef connect(self, detailed_signal: Literal[{signal.get("name")!r}], '
                             f'handler: Callable[[{", ".join(kinds)}], {"object" if result == "None" else "bool | None"}]) -> int: ...')
            if signals:
                lines.append('@overload\ndef connect(self, detailed_signal: str, handler: Callable[..., object], *args: Any) -> int: ...')
        elif node.find(CORE + 'constructor') is None:
            lines.append('pass')
        for element in node:
            if element.tag in (CORE + 'method', CORE + 'constructor', CORE + 'function') and element.get('introspectable') != '0' \
               and element.get('name') not in ('ref', 'unref'):
                lines.append(self.function(element, name))
        return lines

    def source(self):
        lines = ['from collections.abc import Callable, Sequence', 'from typing import Any, ClassVar, Literal, overload',
                 'from gi.repository import Gio, GLib, GObject']
        for node in self.each('constant'):
            kind = self.type_of(node, False)
            lines.append(f'{node.get("name")}: {kind}')
        for node in self.each('enumeration', 'bitfield'):
            base = 'GObject.GFlags' if node.tag == CORE + 'bitfield' else 'GObject.GEnum'
            lines.append(f'class {node.get("name")}({base}):')
            for member in node.iterfind(CORE + 'member'):
                lines.append(f'    {member.get("name").upper()}: ClassVar[{node.get("name")}]')
            for function in node.iterfind(CORE + 'function'):
                lines += indented(self.function(function, node.get('name')))
        for node in self.each('class', 'record'):
            base = 'GObject.Object' if node.tag == CORE + 'class' else 'GObject.GBoxed'
            lines.append(f'class {node.get("name")}({base}):')
            for member in self.members(node):
                lines += indented(member)
        for node in self.each('function'):
            lines.append(self.function(node))
        # For each code a subclass, which can be caught.
        error = next(node for node in self.each('enumeration') if node.get('name') == 'Error')
        lines.append('class Failure(GLib.Error):')
        lines += [f'    {member.get("name").upper()}: ClassVar[type[Failure]]' for member in error.iterfind(CORE + 'member')]
        return '\n'.join(lines) + '\n'


def safe(name):
    return name + '_' if keyword.iskeyword(name) else name


def indented(text):
    return ['    ' + line for line in text.splitlines()]


def name_of(node):
    if isinstance(node, ast.AnnAssign):
        return node.target.id
    return getattr(node, 'name', None)


def merge(body, changes):
    """Replaces what has the name of a change; what is new comes last."""
    for change in changes:
        same = [node for node in body if name_of(node) == name_of(change) is not None]
        if isinstance(change, ast.ClassDef) and same:
            old = same[0]
            old.bases = change.bases or old.bases
            names = {name_of(node) for node in change.body}
            old.body = [node for node in old.body if name_of(node) not in names and not isinstance(node, ast.Pass)] + \
                [node for node in change.body if not isinstance(node, ast.Pass)] or [ast.Pass()]
        elif isinstance(change, (ast.Import, ast.ImportFrom)):
            body.insert(0, change)
        else:
            body[:] = [node for node in body if node not in same] + [change]


def expand(tree, namespace):
    """Puts keywords in the place of `**name: Class`."""
    classes = {node.get('name') for node in namespace.each('class')}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.args.kwarg is None:
            continue
        marker = node.args.kwarg.annotation
        if not isinstance(marker, ast.Name) or marker.id not in classes:
            continue
        known = {argument.arg for argument in node.args.args + node.args.kwonlyargs}
        for name, kind in namespace.settings(marker.id):
            if name not in known:
                node.args.kwonlyargs.append(ast.arg(name, ast.parse(kind, mode='eval').body))
                node.args.kw_defaults.append(ast.Constant(...))
        node.args.kwarg = None


def main():
    gir, override, output = sys.argv[1:]
    namespace = Namespace(ElementTree.parse(gir).getroot())
    tree = ast.parse(namespace.source())
    with open(override, encoding='utf-8') as file:
        merge(tree.body, ast.parse(file.read()).body)
    expand(tree, namespace)
    with open(output, 'w', encoding='utf-8') as file:
        file.write(HEADER + ast.unparse(ast.fix_missing_locations(tree)) + '\n')


main()

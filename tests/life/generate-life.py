#!/usr/bin/env python3
# generate-life.py: every public call, made by its types, out of the introspection data
#
#   generate-life.py Msa-1.gir life-calls.h
#
# For msa-life-calls.c. An argument is made by its type, or by type and name where that says more. A type
# without an entry here, and a function that is neither called nor exempt, fail the build: so nothing that
# is new can be forgotten.
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys
import xml.etree.ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'

# (type, name) or type: an expression. `self` is the instance.
ARGUMENTS = {
    ('Multi', 'self'): 'self->multi',
    ('Easy', 'self'): 'self->target',
    'Easy': 'self->target',
    ('Headers', 'self'): 'msa_easy_get_request_headers (self->target)',
    ('Timings', 'self'): 'self->timings',
    ('TlsConfig', 'self'): 'self->tls_config',
    ('TlsSessionStore', 'self'): 'self->store',
    ('CertificateRequest', 'self'): 'self->certificate_request',
    ('PasswordRequest', 'self'): 'self->password_request',
    'TlsConfig': 'self->tls_config',
    'TlsSessionStore': 'self->store',
    ('utf8', 'uri'): '"http://plain.org/again"',
    ('utf8', 'method'): '"PUT"',
    ('utf8', 'default_scheme'): '"http"',
    ('utf8', 'request_target'): '"/target"',
    ('utf8', 'local_address'): '"10.9.9.9"',
    ('utf8', 'content_type'): '"text/plain"',
    ('utf8', 'password'): 'MSA_LIFE_PASSWORD',
    'utf8': '"X-Life"',
    'filename': '"/ca.pem"',
    'array': 'texts',
    ('gint', 'fd'): 'self->fd',
    ('gint', 'timeout_ms'): '0',
    'gint': '1',
    'guint': '1',
    'gint64': '5',
    'gboolean': 'TRUE',
    'gpointer': 'self',
    'Directions': 'MSA_DIRECTION_BOTH',
    'SocketEvents': 'MSA_SOCKET_IN',
    'HeaderOrigin': 'MSA_HEADER_FINAL',
    'HttpVersion': 'MSA_HTTP_VERSION_HTTP_1_0',
    'IpVersion': 'MSA_IP_VERSION_IPV4',
    'Phase': 'MSA_PHASE_SENT',
    'EasyWriteFunc': 'any_write_cb',
    'HeadersForeachFunc': 'any_foreach_cb',
    'MultiAddressFunc': 'any_address_cb',
    'MultiOpenFunc': 'any_open_cb',
    'MultiSocketFunc': 'any_socket_cb',
    'MultiTimerFunc': 'any_timer_cb',
    'GLib.DestroyNotify': 'any_destroy_cb',
    'GLib.MainContext': 'self->context',
    'GLib.Bytes': 'self->bytes',
    'Gio.AsyncReadyCallback': 'msa_life_answered_cb',
    'Gio.AsyncResult': 'self->result',
    'Gio.Cancellable': 'self->cancellable',
    'Gio.File': 'self->file',
    'Gio.InputStream': 'self->input',
    'Gio.OutputStream': 'self->output',
    'Gio.Resolver': 'self->resolver',
}

# What is let go of: by the type that is returned in full.
FREED = {
    'Easy': 'g_clear_object (&result);',
    'Multi': 'g_clear_object (&result);',
    'TlsConfig': 'g_clear_object (&result);',
    'TlsSessionStore': 'g_clear_object (&result);',
    'Headers': 'g_clear_pointer (&result, msa_headers_unref);',
    'Timings': 'g_clear_pointer (&result, msa_timings_unref);',
    'utf8': 'g_clear_pointer (&result, g_free);',
    'GLib.Bytes': 'g_clear_pointer (&result, g_bytes_unref);',
    'Gio.TlsCertificate': 'g_clear_object (&result);',
    'GPtrArray*': 'g_clear_pointer (&result, g_ptr_array_unref);',
    'GPollFD*': 'g_clear_pointer (&result, g_free);',
    'gchar**': 'g_clear_pointer (&result, g_strfreev);',
    'GStrv': 'g_clear_pointer (&result, g_strfreev);',
}

# What the stage is told before, and after.
BEFORE = {
    'msa_multi_remove': 'msa_life_removes (self, self->target);',
    'msa_multi_run_async': 'msa_life_awaits (self, self->target);',
    'msa_multi_fetch_async': 'self->n_awaited++;',
    'msa_multi_close_async': 'self->n_awaited++;',
}
AFTER = {
    'msa_multi_add': 'if (result)\n  msa_life_added (self, self->target);',
    'msa_multi_run_async': 'msa_life_awaited (self, self->target);',
    'msa_multi_get_fd': 'if (self->driver != MSA_LIFE_EXPORTED)\n  self->is_driver_lost = TRUE;',
}
AFTER.update({name: 'self->is_driver_lost = TRUE;' for name in (
    'msa_multi_attach', 'msa_multi_detach', 'msa_multi_set_socket_func', 'msa_multi_set_timer_func')})

# Only where it may be called: elsewhere it is passed over.
WHERE = {
    # Runs on the real system where the easy is in no multi: it is a refusal that is looked at here.
    'msa_easy_run_sync': 'msa_easy_get_membership (self->target)->multi != NULL',
    'msa_multi_run_finish': 'self->result != NULL',
    'msa_multi_fetch_finish': 'self->result != NULL',
    'msa_multi_close_finish': 'self->result != NULL',
}

# Never called, with the reason.
EXEMPT = {
    'msa_headers_unref': 'gives back what msa_headers_ref() gave, which is called',
    'msa_timings_unref': 'gives back what msa_timings_ref() gave, which is called',
}

# Where each signal and callback is a point of the test; one that is not here fails the build, too.
POINTS = {
    'Easy::accept-certificate': 'MSA_LIFE_POINT_CERTIFICATE',
    'Easy::completed': 'MSA_LIFE_POINT_COMPLETED',
    'Easy::data': 'MSA_LIFE_POINT_DATA',
    'Easy::headers': 'MSA_LIFE_POINT_HEADERS',
    'Easy::informational': 'MSA_LIFE_POINT_INFORMATIONAL',
    'Easy::key-password': 'MSA_LIFE_POINT_PASSWORD',
    'Easy::progress': 'MSA_LIFE_POINT_PROGRESS',
    'Easy::trace': 'MSA_LIFE_POINT_TRACE',
    'Multi::completed': 'MSA_LIFE_POINT_MULTI_COMPLETED',
    'EasyWriteFunc': 'MSA_LIFE_POINT_WRITE',
    'HeadersForeachFunc': 'MSA_LIFE_POINT_FOREACH',
    'MultiAddressFunc': 'MSA_LIFE_POINT_ADDRESS',
    'MultiOpenFunc': 'MSA_LIFE_POINT_OPEN',
    'MultiSocketFunc': 'MSA_LIFE_POINT_SOCKET',
    'MultiTimerFunc': 'MSA_LIFE_POINT_TIMER',
}

# Of these a setter only changes what the next run goes by: all are called in one go.
QUIET_CLASSES = {'Headers', 'Timings', 'TlsConfig'}


def fail(reason):
    sys.exit(f'generate-life.py: {reason}')


def type_of(node):
    kind = node.find(CORE + 'type')
    if kind is not None:
        return kind.get('name'), kind.get(C + 'type')
    array = node.find(CORE + 'array')
    if array is None:
        fail(f'a parameter of no type: {node.get("name")}')
    return 'array', array.get(C + 'type')


class Call:
    def __init__(self, node, owner, options):
        self.name = node.get(C + 'identifier')
        self.owner = owner
        self.throws = node.get('throws') == '1'
        self.arguments = []
        self.outs = []
        self.needs = []
        for parameter in node.iter():
            if parameter.tag not in (CORE + 'parameter', CORE + 'instance-parameter'):
                continue
            self.add_argument(parameter, parameter.tag == CORE + 'instance-parameter')
        kind = node.find(CORE + 'return-value')
        self.returns, self.c_returns = type_of(kind)
        self.transfer = kind.get('transfer-ownership')
        short = self.name.rsplit('msa_', 1)[-1]
        for prefix in ('easy_', 'multi_', 'certificate_request_', 'password_request_', 'tls_session_store_'):
            if short.startswith(prefix):
                short = short[len(prefix):]
        self.quiet = (short.startswith(('get_', 'dup_', 'has_', 'supports_')) and short != 'get_fd'
                      or owner in QUIET_CLASSES or owner is None
                      or node.tag == CORE + 'constructor'
                      or owner == 'Easy' and short[4:].replace('_', '-') in options)

    def add_argument(self, node, is_self):
        kind, c_type = type_of(node)
        if node.get('direction', 'in') == 'out':
            name = f'out_{node.get("name")}'
            self.outs.append((c_type.removesuffix('*'), name))
            self.arguments.append('&' + name)
            return
        key = (kind, 'self' if is_self else node.get('name'))
        expression = ARGUMENTS.get(key, None if is_self else ARGUMENTS.get(kind))
        if expression is None:
            fail(f'{self.name}: no argument is known for {kind} {node.get("name")}')
        if is_self and kind in ('CertificateRequest', 'PasswordRequest', 'Timings'):
            self.needs.append(f'{expression} != NULL')
        self.arguments.append(expression)

    def write(self):
        arguments = self.arguments + (['&error'] if self.throws else [])
        where = self.needs + ([WHERE[self.name]] if self.name in WHERE else [])
        is_void = self.returns == 'none'
        lines = ['static void', f'call_{self.name} (MsaLife *self)', '{']
        if 'texts' in arguments:
            lines.append('  static const char *const texts[] = { "plain.org:80:10.0.0.2", NULL };')
        lines += [f'  {kind} {name} = {{ 0 }};' for kind, name in self.outs]
        if self.throws:
            lines.append('  g_autoptr (GError) error = NULL;')
        if not is_void:
            lines.append(f'  {self.c_returns} result = {{ 0 }};')
        if where:
            lines += ['', '  if (!(' + ' && '.join(where) + '))', '    return;']
        lines.append('')
        lines += ['  ' + line for line in BEFORE.get(self.name, '').splitlines()]
        if 'any_destroy_cb' in arguments:
            lines.append('  self->n_to_destroy++;')
        lines.append('  ' + ('' if is_void else 'result = ') + f'{self.name} ({", ".join(arguments)});')
        if not is_void:
            lines.append('  (void) result;')
        lines += [f'  (void) {name};' for _, name in self.outs]
        lines += ['  ' + line for line in AFTER.get(self.name, '').splitlines()]
        if self.transfer in ('full', 'container'):
            freed = FREED.get(self.c_returns if self.returns == 'array' else self.returns)
            if freed is None:
                fail(f'{self.name}: it is not known how {self.returns} ({self.c_returns}) is let go of')
            lines.append('  ' + freed)
        if self.throws and not is_void and self.returns == 'gboolean':
            lines.append('  g_assert_cmpint (result, ==, error == NULL);')
        return lines + ['}', '']


def check_points(namespace):
    found = {f'{owner.get("name")}::{node.get("name")}' for owner in namespace for node in owner.findall(GLIB + 'signal')}
    found |= {node.get('name') for node in namespace.findall(CORE + 'callback')}
    for name in sorted(found ^ set(POINTS)):
        fail(f'{name} is no point of the test' if name in found else f'{name} stands in a table, and is nothing')


def read(path):
    """The calls."""
    namespace = xml.etree.ElementTree.parse(path).getroot().find(CORE + 'namespace')
    options = {node.get('name') for owner in namespace.findall(CORE + 'class') if owner.get('name') == 'Easy'
               for node in owner.findall(CORE + 'property') if node.get('writable') == '1'}
    check_points(namespace)
    seen = set()
    calls = []
    for owner in [namespace] + list(namespace):
        if owner.tag not in (CORE + 'namespace', CORE + 'class', CORE + 'record', CORE + 'interface',
                             CORE + 'enumeration', CORE + 'bitfield', CORE + 'union'):
            continue
        for node in owner:
            name = node.get(C + 'identifier')
            if node.tag not in (CORE + 'function', CORE + 'method', CORE + 'constructor') or name in seen:
                continue
            seen.add(name)
            if name not in EXEMPT:
                calls.append(Call(node, owner.get('name') if owner is not namespace else None, options))
    for table in (EXEMPT, BEFORE, AFTER, WHERE):
        for name in table:
            if name not in seen:
                fail(f'{name} stands in a table, and is no public function')
    if len(calls) < 150:
        fail('the introspection data has lost its functions')
    return calls


def main(arguments):
    if len(arguments) != 2:
        sys.exit('usage: generate-life.py Msa-1.gir life-calls.h')
    calls = read(arguments[0])
    lines = ['/* life-calls.h: every public call', ' *', ' * Generated by tests/life/generate-life.py.', ' *',
             ' * SPDX-License-Identifier: LGPL-2.1-or-later', ' */', '#pragma once', '']
    for call in calls:
        lines += call.write()
    lines += [f'G_STATIC_ASSERT ({point} < MSA_LIFE_N_POINTS);' for point in POINTS.values()] + ['']
    lines += ['static const MsaLifeCall calls[] = {']
    lines += [f'  {{ "{call.name}", {"TRUE" if call.quiet else "FALSE"}, call_{call.name} }},' for call in calls]
    lines += ['};']
    with open(arguments[1], 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main(sys.argv[1:])

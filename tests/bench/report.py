# report.py: the figures of the bench as Markdown, with what they shall be
#
# SPDX-License-Identifier: LGPL-2.1-or-later

BEGIN = '<!-- Written by tests/bench/run.sh: begin -->'
END = '<!-- Written by tests/bench/run.sh: end -->'

NAMES = {
    'bare': 'bare floor',
    'glib': 'GLib floor',
    'curl': 'libcurl, one source a socket',
    'soup': 'libsoup',
    'msa': '**libmsa**',
    'msa-run': 'libmsa, `run_async`',
    'msa-fetch': 'libmsa, `fetch_async`',
    'recv': '`recv` into 64 KiB, counted',
    'source': 'the same in a `GSource`',
    'msa-count': '**libmsa**, write function',
    'splice': '`splice` into a file',
    'write': '`recv` and `write` into a file',
    'msa-file': '**libmsa**, output file',
    'gnutls': 'GnuTLS alone, counted',
    'gnutls-pull': 'GnuTLS with a pull function that reads 64 KiB, counted',
    'msa-tls': '**libmsa**, TLS, write function',
}


def find(results, *keys):
    """What is there below all keys, or None."""
    for key in keys:
        if not isinstance(results, dict) or key not in results:
            return None
        results = results[key]
    return results


def ratio(one, other):
    return one / other if one is not None and other else None


def number(value, digits=None):
    """At least three digits that say something; - for what was not measured."""
    if value is None:
        return '-'
    if digits is None:
        digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f'{value:,.{digits}f}'


def targets_of(results):
    """(what, is, at most, digits) for each figure that has a bound."""
    def total(in_flight, name):
        return find(results, 'get', in_flight, name, 'total_us')

    def user(name):
        return find(results, 'get', '100', name, 'user_us')

    def download(name):
        return find(results, 'downloads', name, 'total_us')

    return [
        ('user CPU of a request, 100 in flight, of libcurl\'s', ratio(user('msa'), user('curl')), 0.33, 2),
        ('CPU of a request, 100 in flight, of the GLib floor\'s', ratio(total('100', 'msa'), total('100', 'glib')),
         1.5, 2),
        ('the same, 1000 in flight', ratio(total('1000', 'msa'), total('1000', 'glib')), 1.6, 2),
        ('the same, 5000 in flight', ratio(total('5000', 'msa'), total('5000', 'glib')), 1.6, 2),
        ('instructions of a request', find(results, 'instructions', 'msa', 'instructions'), 16000, 0),
        ('`send` of a request', find(results, 'calls', 'msa', 'send'), 1, 3),
        ('`recv` of a request', find(results, 'calls', 'msa', 'recv'), 1, 3),
        ('bytes of a transfer in flight, with its response', find(results, 'memory', 'msa'), 4096, 0),
        ('CPU of a fresh verified TLS connection, µs', find(results, 'fresh', 'tls', 'msa', 'total_us'), 1000, 0),
        ('1 GiB counted, of the `recv` loop\'s CPU', ratio(download('msa-count'), download('recv')), 1.05, 2),
        ('1 GiB to a file, of that of `splice`', ratio(download('msa-file'), download('splice')), 1.15, 2),
        ('1 GiB over TLS, of that of GnuTLS alone', ratio(download('msa-tls'), download('gnutls')), 1.1, 2),
    ]


def row(*cells):
    return '| ' + ' | '.join(cells) + ' |'


def table(*heads):
    return [row(*heads), '|' + '---|' * len(heads)]


def write_machine(results):
    machine = results['machine']
    versions = ', '.join(f'{name} {version}' for name, version in machine['versions'].items() if version)
    shared = ' The server had no processor of its own: the times mean little.' if machine['is_shared'] else ''
    rounds = f'Medians of {results["rounds"]} rounds, in which the contenders take turns.'
    if results['rounds'] == 1:
        rounds = 'One quick round: its times mean nothing.'
    return [f'{machine["processor"]}, {machine["processors"]} processors, Linux {machine["kernel"]}, {versions}. {rounds}'
            f'{shared}', '']


def write_targets(results):
    lines = table('To reach', 'is', 'at most', '')
    for what, value, bound, digits in targets_of(results):
        verdict = 'not measured' if value is None else 'met' if value <= bound else '**missed**'
        lines.append(row(what, number(value, digits), number(bound, 0 if bound >= 100 else 2), verdict))
    return lines + ['']


def note_of(results, figures):
    """How a figure was measured, if otherwise than the rest."""
    once = figures['rounds'] < results['rounds']
    cut = figures['requests'] < figures['asked']
    if not once and not cut:
        return ''
    requests = f'{figures["requests"]:,.0f} requests'
    return f'{"One round" if once else "Each round"} with {requests}{", all that its time allowed" if cut else ""}.'


def write_get(results):
    lines = ['### A small request over a connection that is kept', '']
    lines += table('in flight', '', 'user µs', 'total µs', 'of libcurl', 'of the GLib floor', 'requests a second',
                   'server busy')
    notes = []
    for in_flight, contenders in results['get'].items():
        for name in NAMES:
            figures = contenders.get(name)
            if figures is None:
                continue
            mark = ''
            note = note_of(results, figures)
            if note:
                mark = f' ({len(notes) + 1})'
                notes.append(f'({len(notes) + 1}) {note}')
            total = figures['total_us']
            lines.append(row(in_flight, NAMES[name] + mark, number(figures['user_us']), number(total),
                             number(ratio(total, find(contenders, 'curl', 'total_us')), 2),
                             number(ratio(total, find(contenders, 'glib', 'total_us')), 2),
                             number(figures['rate'], 0), number(figures['server'] * 100, 0) + ' %'))
    return lines + [''] + (['  \n'.join(notes), ''] if notes else [])


def write_counts(results):
    if not results['calls'] and not results['instructions']:
        return []
    calls = list(next(iter(results['calls'].values()), ()))
    lines = [f'### What a request counts, {results["in_flight_counted"]} in flight', '']
    lines += table('', 'instructions', *(f'`{call}`' if call != 'other' else call for call in calls))
    for name in NAMES:
        if name in results['calls'] or name in results['instructions']:
            lines.append(row(NAMES[name], number(find(results, 'instructions', name, 'instructions'), 0),
                             *(number(find(results, 'calls', name, call), 3) for call in calls)))
    return lines + ['']


def write_memory(results):
    lines = ['### Memory of a transfer in flight, with its response', '']
    lines += table('', 'bytes')
    lines += [row(NAMES[name], number(value, 0)) for name, value in results['memory'].items()]
    return lines + ['']


def write_fresh(results):
    lines = ['### A fresh connection for each request, one after the other', '']
    lines += table('', '', 'user µs', 'total µs', 'of the bare floor')
    for kind, title in {'plain': 'plain', 'tls': 'TLS, verified'}.items():
        contenders = results['fresh'][kind]
        for name, figures in contenders.items():
            floor = 'GnuTLS alone' if kind == 'tls' else NAMES['bare']
            lines.append(row(title, floor if name == 'bare' else NAMES[name], number(figures['user_us']),
                             number(figures['total_us']),
                             number(ratio(figures['total_us'], find(contenders, 'bare', 'total_us')), 2)))
    return lines + ['']


def write_downloads(results):
    floors = {'recv': 'recv', 'source': 'recv', 'msa-count': 'recv', 'splice': 'splice', 'write': 'splice', 'msa-file': 'splice',
              'gnutls': 'gnutls', 'gnutls-pull': 'gnutls', 'msa-tls': 'gnutls'}
    lines = [f'### A body of {results["download"] >> 20:,} MiB', '']
    lines += table('', 'user s', 'total s', 'of the first')
    for name, figures in results['downloads'].items():
        lines.append(row(NAMES[name], number(figures['user_us'] / 1e6, 3), number(figures['total_us'] / 1e6, 3),
                         number(ratio(figures['total_us'], find(results, 'downloads', floors[name], 'total_us')), 2)))
    return lines + ['']


def write_languages(results):
    lines = ['### One completion and one fetch in each language', '']
    lines += table('', 'in flight', '', 'total µs', 'of C')
    for way, in_flights in results['languages'].items():
        for in_flight, languages in in_flights.items():
            for language, figures in languages.items():
                lines.append(row(f'`{way}`', in_flight, language, number(figures['total_us']),
                                 number(ratio(figures['total_us'], find(languages, 'C', 'total_us')), 2)))
    return lines + ['']


def write(results):
    lines = []
    for part in (write_machine, write_targets, write_get, write_counts, write_memory, write_fresh, write_downloads,
                 write_languages):
        lines += part(results)
    return '\n'.join(lines).rstrip('\n')


def replace(path, text):
    """Puts the text between the marks of a document."""
    with open(path) as file:
        before, begin, rest = file.read().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise OSError(f'{path} has no place for the figures: {BEGIN} and {END}')
    with open(path, 'w') as file:
        file.write(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}')

#!/usr/bin/env python3
# bench.py: runs the programs of the bench, and writes what they cost
#
#   bench.py --build FOLDER [--quick] [--results FILE] [--document FILE --plot FILE]
#   bench.py --from FILE [--document FILE --plot FILE]
#
# Contenders run in turn, each once a round; a figure is the median of its rounds. The server has a processor of
# its own. --quick only shows that all works; its times mean nothing. --results keeps the figures, --from reads
# them. The table goes to standard output, and into the document between its two marks.
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import plot
import report

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM_CA_FILE = '/etc/ssl/certs/ca-certificates.crt'
BODY_LENGTH = 138
# Where a large file goes: no disk is to be measured.
MEMORY_FOLDER = '/dev/shm'

FULL = {
    'rounds': 5,
    # Of one program.
    'timeout_s': 600,
    'in_flight': (1, 100, 1000, 5000),
    # Seconds that each part of a run may take; it is then measured with fewer requests.
    'seconds': 5,
    'requests': {'bare': 40000, 'glib': 40000, 'msa': 40000, 'msa-run': 40000, 'msa-fetch': 40000, 'curl': 15000,
                 'soup': 2000},
    # One after the other they take longer.
    'requests_at_1': {'default': 10000, 'soup': 2000},
    # Two lengths; and of those that valgrind is slow with.
    'counted': ((1000, 5000), ('bare', 'glib', 'msa', 'msa-run', 'msa-fetch')),
    'counted_slow': ((200, 700), ('curl', 'soup')),
    'in_flight_counted': 100,
    'memory': (500, 5000),
    'fresh': 1000,
    'fresh_tls': 300,
    'fresh_tls_curl': 30,
    'download': 1 << 30,
    'language': {1: 4000, 100: 10000},
}
QUICK = {
    'rounds': 1,
    'timeout_s': 120,
    'in_flight': (1, 20),
    'seconds': 0,
    'requests': {'default': 200},
    'requests_at_1': {'default': 50},
    'counted': ((200, 400), ('bare', 'glib', 'msa', 'msa-run', 'msa-fetch')),
    'counted_slow': ((0, 0), ()),
    'in_flight_counted': 20,
    'memory': (50, 250),
    'fresh': 20,
    'fresh_tls': 10,
    'fresh_tls_curl': 3,
    'download': 1 << 24,
    'language': {1: 200, 20: 200},
}

# Name of a contender: program, mode. Steps of libmsa stand behind it.
CONTENDERS = {
    'bare': ('get-bare', None),
    'glib': ('get-glib', None),
    'curl': ('get-curl', None),
    'soup': ('get-soup', None),
    'msa': ('get-msa', 'signal'),
    'msa-run': ('get-msa', 'run'),
    'msa-fetch': ('get-msa', 'fetch'),
}
# Beyond these in flight a request takes milliseconds: once, not in each round.
MOST_IN_FLIGHT = {'soup': 100}

# Language: program, its mode for each way, whether the override of the binding is loaded.
LANGUAGES = {
    'C': (['get-msa'], {'completed': 'signal', 'fetch': 'fetch'}, False),
    'Vala': (['get-vala'], {'completed': 'signal', 'fetch': 'fetch'}, False),
    'Python': (['/usr/bin/python3', 'get-python.py'], {'completed': 'signal', 'fetch': 'await'}, True),
    'Python, no override': (['/usr/bin/python3', 'get-python.py'], {'completed': 'signal', 'fetch': 'fetch'}, False),
    'JavaScript': (['gjs', '-m', 'get-gjs.js'], {'completed': 'signal', 'fetch': 'await'}, True),
    'JavaScript, no override': (['gjs', '-m', 'get-gjs.js'], {'completed': 'signal', 'fetch': 'fetch'}, False),
}

DOWNLOADS = {
    'recv': ('download-bare', 'recv', False, False),
    'source': ('download-bare', 'source', False, False),
    'msa-count': ('download-msa', 'count', False, False),
    'splice': ('download-bare', 'splice', False, True),
    'write': ('download-bare', 'write', False, True),
    'msa-file': ('download-msa', 'file', False, True),
    'gnutls': ('download-bare', 'tls', True, False),
    'gnutls-pull': ('download-bare', 'tls-pull', True, False),
    'msa-tls': ('download-msa', 'count', True, False),
}

# What counts as one call to send, and so on.
CALLS = {
    'send': ('sendto', 'sendmsg', 'sendmmsg'),
    'recv': ('recvfrom', 'recvmsg', 'recvmmsg'),
    'epoll_wait': ('epoll_wait', 'epoll_pwait', 'epoll_pwait2'),
    'poll': ('poll', 'ppoll', 'select', 'pselect6'),
    'epoll_ctl': ('epoll_ctl',),
    # Of a main context that is woken up.
    'read, write': ('read', 'write'),
}


class Failure(Exception):
    pass


class Bench:
    def __init__(self, build, sizes, scratch):
        self.programs = os.path.join(build, 'tests', 'bench')
        self.build = build
        self.sizes = sizes
        self.scratch = scratch
        self.ca_file = os.path.join(scratch, 'ca.pem')
        processors = sorted(os.sched_getaffinity(0))
        self.processor, self.server_processor = processors[0], processors[-1]
        self.server = None

    def start_server(self):
        self.server = subprocess.Popen([os.path.join(self.programs, 'bench-server'), SYSTEM_CA_FILE, self.ca_file],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                       preexec_fn=lambda: os.sched_setaffinity(0, {self.server_processor}))
        ports = self.server.stdout.readline().split()
        if len(ports) != 2:
            raise Failure('the server did not start')
        self.port, self.tls_port = ports

    def stop_server(self):
        self.server.stdin.close()
        self.server.stdout.close()
        if self.server.wait(self.sizes['timeout_s']) != 0:
            raise Failure(f'the server ended with {self.server.returncode}')

    def environment(self, with_overrides):
        library = os.path.join(self.build, 'libmsa')
        environment = dict(os.environ, GI_TYPELIB_PATH=library, LD_LIBRARY_PATH=library, G_DEBUG='fatal-criticals',
                           PYTHONDONTWRITEBYTECODE='1')
        # Of a test's environment.
        for name in ('MALLOC_CHECK_', 'MALLOC_PERTURB_', 'G_SLICE', 'PYTHONPATH', 'GJS_PATH'):
            environment.pop(name, None)
        if with_overrides:
            environment['PYTHONPATH'] = os.path.join(self.build, 'bindings', 'python')
            environment['GJS_PATH'] = os.path.join(self.build, 'bindings', 'gjs')
        return environment

    def has(self, program):
        return os.path.exists(os.path.join(self.programs, program))

    def command_of(self, words):
        """Programs are in the build folder, scripts beside this one."""
        found = []
        for word in words:
            folder = HERE if word.endswith(('.py', '.js')) else self.programs
            path = os.path.join(folder, word)
            found.append(path if os.path.exists(path) else word)
        return found

    def run(self, words, in_flight, warm_up, requests, *, mode=None, path='/small', tls=False, output=None,
            length=BODY_LENGTH, seconds=0, wrapper=(), with_overrides=False):
        """Gives what the program printed, and what its wrapper said."""
        options = {'port': self.tls_port if tls else self.port, 'path': path, 'server': self.server.pid,
                   'in-flight': in_flight, 'warm-up': warm_up, 'requests': requests, 'seconds': seconds,
                   'body-length': length, 'mode': mode, 'output': output, 'ca-file': self.ca_file if tls else None}
        command = [*wrapper, *self.command_of(words)]
        command += [f'--{name}={value}' for name, value in options.items() if value is not None]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=self.sizes['timeout_s'], env=self.environment(with_overrides),
                              preexec_fn=lambda: os.sched_setaffinity(0, {self.processor}))
        if done.returncode != 0:
            raise Failure(f'{" ".join(command)}: ended with {done.returncode}: {done.stderr.strip()}')
        figures = {**json.loads(done.stdout), 'asked': requests}
        self.check(command, figures, warm_up + requests, length, seconds)
        return figures, done.stderr

    @staticmethod
    def check(command, figures, n_requests, length, seconds):
        if figures['done'] != figures['started'] or figures['bytes'] != figures['done'] * length:
            raise Failure(f'{" ".join(command)}: not all was done: {figures}')
        if not seconds and figures['done'] != n_requests:
            raise Failure(f'{" ".join(command)}: {figures["done"]} requests instead of {n_requests}')

    def rounds(self, contenders, measure):
        """The medians, and how many rounds there were, of measure(contender), each once a round."""
        figures = {name: [] for name in contenders}
        for number in range(self.sizes['rounds']):
            for name in contenders:
                figures[name].append(measure(name))
        return {name: median_of(each) for name, each in figures.items()}


def median_of(runs):
    """CPU and wall time of a request in microseconds, the server's share of its processor, and the rest."""
    figures = {}
    for name, of_run in {
        'user_us': lambda run: run['user_us'] / run['requests'],
        'total_us': lambda run: (run['user_us'] + run['system_us']) / run['requests'],
        'rate': lambda run: run['requests'] * 1e6 / run['wall_us'],
        'server': lambda run: run.get('server_us', 0) / run['wall_us'],
        'requests': lambda run: run['requests'],
        'asked': lambda run: run['asked'],
    }.items():
        figures[name] = statistics.median(of_run(run) for run in runs)
    figures['rounds'] = len(runs)
    return figures


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure_get(bench):
    """Small requests: in flight → contender → figures."""
    sizes = bench.sizes
    table = {}
    for in_flight in sizes['in_flight']:
        say(f'{in_flight} in flight')
        requests = sizes['requests_at_1'] if in_flight == 1 else sizes['requests']

        def measure(name):
            program, mode = CONTENDERS[name]
            n = requests.get(name, requests.get('default', 0))
            return bench.run([program], in_flight, max(2 * in_flight, 100), n, mode=mode, seconds=sizes['seconds'])[0]

        present = [name for name, (program, _) in CONTENDERS.items() if bench.has(program)]
        often = [name for name in present if in_flight <= MOST_IN_FLIGHT.get(name, in_flight)]
        table[in_flight] = bench.rounds(often, measure)
        table[in_flight].update({name: median_of([measure(name)]) for name in present if name not in often})
    return table


def measure_counted(bench, count, wrapper):
    """What a tool counts for a request: contender → counts, as the difference of two lengths."""
    table = {}
    in_flight = bench.sizes['in_flight_counted']
    for lengths, names in (bench.sizes['counted'], bench.sizes['counted_slow']):
        for name in names:
            program, mode = CONTENDERS[name]
            if not bench.has(program):
                continue
            runs = []
            for requests in lengths:
                figures, said = bench.run([program], in_flight, 2 * in_flight, requests, mode=mode, wrapper=wrapper)
                runs.append((figures['done'], count(said)))
            (done, counts), (done_more, counts_more) = runs
            table[name] = {key: (counts_more[key] - counts[key]) / (done_more - done) for key in counts_more}
    return table


def works(bench, *wrapper):
    """Whether a tool is there and can run a program.

    A container may refuse strace, and Valgrind does not read the debug data of every compiler.
    """
    if shutil.which(wrapper[0]) is None:
        return False
    done = subprocess.run([*wrapper, os.path.join(bench.programs, 'get-msa'), '--help'], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=bench.sizes['timeout_s'],
                          env=bench.environment(False))
    if done.returncode != 0:
        say(f'{wrapper[0]} cannot run the programs: {done.stderr.strip()[-300:]}')
    return done.returncode == 0


def measure_calls(bench):
    if not works(bench, 'strace', '-f', '-o', os.devnull):
        return {}
    say('system calls')
    path = os.path.join(bench.scratch, 'calls')

    def count(_):
        counts = dict.fromkeys([*CALLS, 'other'], 0)
        with open(path) as file:
            for line in file:
                words = line.split()
                # % time, seconds, usecs/call, calls, [errors,] syscall
                if len(words) not in (5, 6) or not words[3].isdigit() or words[-1] == 'total':
                    continue
                group = next((group for group, calls in CALLS.items() if words[-1] in calls), 'other')
                counts[group] += int(words[3])
        return counts

    return measure_counted(bench, count, ['strace', '-f', '-c', '-o', path])


def measure_instructions(bench):
    if not works(bench, 'valgrind', '--tool=none'):
        return {}
    say('instructions')

    def count(said):
        return {'instructions': int(re.search(r'Collected : (\d+)', said)[1])}

    return measure_counted(bench, count, ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'])


def measure_memory(bench):
    """Bytes of a transfer in flight, with its response: contender → bytes."""
    say('memory')
    few, many = bench.sizes['memory']
    table = {}
    for name in ('glib', 'curl', 'msa'):
        program, mode = CONTENDERS[name]
        if bench.has(program):
            peaks = [bench.run([program], n, n, 2 * n, mode=mode, seconds=bench.sizes['seconds'])[0]['peak_kb']
                     for n in (few, many)]
            table[name] = (peaks[1] - peaks[0]) * 1024 / (many - few)
    return table


def measure_fresh(bench):
    """A connection for each request: plain or tls → contender → figures."""
    table = {}
    programs = {'bare': ('fresh-bare', None), 'curl': CONTENDERS['curl'], 'msa': CONTENDERS['msa']}
    for kind, is_tls in (('plain', False), ('tls', True)):
        say(f'fresh connections, {kind}')

        def measure(name):
            program, mode = programs[name]
            n = bench.sizes['fresh_tls' if is_tls else 'fresh']
            if name == 'curl' and is_tls:
                n = bench.sizes['fresh_tls_curl']
            return bench.run([program], 1, max(n // 10, 2), n, mode=mode, path='/close', tls=is_tls)[0]

        table[kind] = bench.rounds([name for name in programs if bench.has(programs[name][0])], measure)
    return table


def measure_downloads(bench):
    """One large body: contender → figures."""
    say('downloads')
    length = bench.sizes['download']
    folder = MEMORY_FOLDER if is_roomy(MEMORY_FOLDER, 2 * length) else bench.scratch
    with tempfile.TemporaryDirectory(dir=folder) as output_folder:
        output = os.path.join(output_folder, 'download')

        def measure(name):
            program, mode, is_tls, has_file = DOWNLOADS[name]
            figures, _ = bench.run([program], 1, 0, 1, mode=mode, path=f'/zeros/{length}', tls=is_tls, length=length,
                                   output=output if has_file else None)
            if has_file:
                if os.path.getsize(output) != length or len(os.listdir(output_folder)) != 1:
                    raise Failure(f'{name}: the file is not complete')
                os.remove(output)
            return figures

        return bench.rounds(list(DOWNLOADS), measure)


def is_roomy(folder, n_bytes):
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > n_bytes


def measure_languages(bench):
    """Way → in flight → language → figures."""
    table = {}
    present = [name for name, (words, *_) in LANGUAGES.items() if bench.has(words[0]) or shutil.which(words[0])]
    for way in ('completed', 'fetch'):
        table[way] = {}
        for in_flight, n in bench.sizes['language'].items():
            say(f'languages: {way}, {in_flight} in flight')

            def measure(language):
                words, modes, has_override = LANGUAGES[language]
                return bench.run(words, in_flight, max(in_flight, n // 10), n, mode=modes[way],
                                 with_overrides=has_override)[0]

            table[way][in_flight] = bench.rounds(present, measure)
    return table


def version_of(module):
    done = subprocess.run(['pkg-config', '--modversion', module], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True)
    return done.stdout.strip()


def describe_machine(bench):
    model = ''
    with open('/proc/cpuinfo') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.split(':', 1)[1].strip()
                break
    return {
        'processor': model,
        'processors': len(os.sched_getaffinity(0)),
        'is_shared': bench.processor == bench.server_processor,
        'kernel': platform.release().split('-')[0],
        'versions': {name: version_of(module) for name, module in
                     {'GLib': 'glib-2.0', 'GnuTLS': 'gnutls', 'libcurl': 'libcurl', 'libsoup': 'libsoup-3.0'}.items()},
    }


def measure_all(build, sizes):
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(build, sizes, scratch)
        bench.start_server()
        try:
            return {
                'rounds': sizes['rounds'],
                'download': sizes['download'],
                'in_flight_counted': sizes['in_flight_counted'],
                'machine': describe_machine(bench),
                'get': measure_get(bench),
                'calls': measure_calls(bench),
                'instructions': measure_instructions(bench),
                'memory': measure_memory(bench),
                'fresh': measure_fresh(bench),
                'downloads': measure_downloads(bench),
                'languages': measure_languages(bench),
            }
        finally:
            bench.stop_server()


def main():
    parser = argparse.ArgumentParser(description='What libmsa costs beside others.')
    parser.add_argument('--build', metavar='FOLDER', help='where ninja has made the target bench')
    parser.add_argument('--quick', action='store_true', help='only show that all works')
    parser.add_argument('--from', dest='source', metavar='FILE', help='figures of an earlier run')
    parser.add_argument('--results', metavar='FILE', help='where to keep the figures')
    parser.add_argument('--document', metavar='FILE', help='the document that holds the table')
    parser.add_argument('--plot', metavar='FILE', help='where to draw')
    arguments = parser.parse_args()
    if (arguments.build is None) == (arguments.source is None):
        parser.error('either --build or --from is needed')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    try:
        if arguments.source:
            with open(arguments.source) as file:
                results = json.load(file)
        else:
            # Numbers as keys become text, as they do in a file.
            results = json.loads(json.dumps(measure_all(arguments.build, QUICK if arguments.quick else FULL)))
        if arguments.results:
            with open(arguments.results, 'w') as file:
                json.dump(results, file, indent=1)
        text = report.write(results)
        print(text)
        if arguments.document:
            report.replace(arguments.document, text)
        if arguments.plot:
            with open(arguments.plot, 'w') as file:
                file.write(plot.draw(results['get']))
    except (Failure, OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f'bench.py: {error}')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# test-bench.py: the bench itself, run for seconds
#
#   test-bench.py BUILD-FOLDER
#
# Times are not looked at, since they mean nothing here; what is counted is.
# SPDX-License-Identifier: LGPL-2.1-or-later

import copy
import json
import os
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import bench
import plot
import report
import tap

# Of a request, in any build without sanitizers.
MOST_INSTRUCTIONS = 17000
MOST_BYTES_IN_FLIGHT = 12288

build = sys.argv.pop(1)
SIZES = bench.QUICK


class Contenders(unittest.TestCase):
    """Bench.run() has held the number of requests and the length of each body."""

    @classmethod
    def setUpClass(cls):
        cls.results = json.loads(json.dumps(bench.measure_all(build, SIZES)))

    def test_all_did_their_requests(self):
        for in_flight in SIZES['in_flight']:
            figures = self.results['get'][str(in_flight)]
            for name, (program, _) in bench.CONTENDERS.items():
                if os.path.exists(os.path.join(build, 'tests', 'bench', program)):
                    sizes = SIZES['requests_at_1' if in_flight == 1 else 'requests']
                    self.assertEqual(figures[name]['requests'], sizes['default'], f'{name}, {in_flight} in flight')
            self.assertLessEqual({'bare', 'glib', 'msa', 'msa-run', 'msa-fetch'}, set(figures))

    def test_one_send_and_one_recv_a_request(self):
        if not self.results['calls']:
            self.skipTest('there is no strace that works')
        for name in ('msa', 'msa-run', 'msa-fetch', 'bare'):
            calls = self.results['calls'][name]
            self.assertEqual((calls['send'], calls['recv']), (1, 1), name)
            self.assertEqual(calls['epoll_ctl'], 0, name)

    def test_no_wake_up_of_its_own_loop(self):
        if not self.results['calls']:
            self.skipTest('there is no strace that works')
        self.assertEqual(self.results['calls']['msa']['read, write'], 0)

    def test_instructions_of_a_request(self):
        if not self.results['instructions']:
            self.skipTest('there is no valgrind that works')
        instructions = self.results['instructions']
        self.assertGreater(instructions['msa']['instructions'], instructions['glib']['instructions'])
        self.assertLess(instructions['msa']['instructions'], MOST_INSTRUCTIONS)

    def test_memory_of_a_transfer(self):
        self.assertGreater(self.results['memory']['msa'], 0)
        self.assertLess(self.results['memory']['msa'], MOST_BYTES_IN_FLIGHT)

    def test_fresh_connections(self):
        for kind in ('plain', 'tls'):
            self.assertLessEqual({'bare', 'msa'}, set(self.results['fresh'][kind]))

    def test_downloads_are_complete(self):
        self.assertEqual(set(self.results['downloads']), set(bench.DOWNLOADS))

    def test_languages(self):
        for way in ('completed', 'fetch'):
            for in_flight, n in SIZES['language'].items():
                languages = self.results['languages'][way][str(in_flight)]
                self.assertLessEqual({'C', 'Python', 'Python, no override'}, set(languages))
                for language, figures in languages.items():
                    self.assertEqual(figures['requests'], n, language)

    def test_report_has_every_target(self):
        text = report.write(self.results)
        self.assertIn('its times mean nothing', text)
        for what, *_ in report.targets_of(self.results):
            self.assertIn(what, text)
        for name in report.NAMES:
            if name in self.results['get'][str(SIZES['in_flight'][0])] or name in self.results['downloads']:
                self.assertIn(report.NAMES[name], text)

    def test_plot_has_every_line(self):
        drawing = plot.draw(self.results['get'])
        root = xml.etree.ElementTree.fromstring(drawing)
        lines = root.findall('{http://www.w3.org/2000/svg}polyline')
        self.assertEqual(len(lines), sum(name in self.results['get']['1'] for name in plot.LINES))


class Refusals(unittest.TestCase):
    """A contender that gets something else than it shall does not count."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.bench = bench.Bench(build, SIZES, scratch.name)
        self.bench.start_server()
        self.addCleanup(self.bench.stop_server)

    def refuses(self, words, **options):
        with self.assertRaises(bench.Failure) as caught:
            self.bench.run(words, 1, 1, 1, **options)
        return str(caught.exception)

    def test_wrong_length(self):
        for program, mode in bench.CONTENDERS.values():
            if self.bench.has(program):
                self.assertIn(COMPLAINT, self.refuses([program], mode=mode, length=WRONG_LENGTH), program)

    def test_wrong_length_in_each_language(self):
        for words, modes, has_override in bench.LANGUAGES.values():
            if self.bench.has(words[0]) or shutil.which(words[0]):
                for mode in modes.values():
                    complaint = self.refuses(words, mode=mode, length=WRONG_LENGTH, with_overrides=has_override)
                    self.assertIn(COMPLAINT, complaint, f'{words} {mode}')

    def test_modes_of_overrides_need_them(self):
        for language in ('Python', 'JavaScript'):
            words, modes, _ = bench.LANGUAGES[language]
            if shutil.which(words[0]):
                self.refuses(words, mode=modes['fetch'], with_overrides=False)

    def test_wrong_length_of_download(self):
        for program, mode, is_tls, has_file in bench.DOWNLOADS.values():
            output = os.path.join(self.bench.scratch, 'file') if has_file else None
            complaint = self.refuses([program], mode=mode, tls=is_tls, output=output, length=WRONG_LENGTH)
            self.assertIn(COMPLAINT, complaint, program)

    def test_unknown_authority(self):
        self.bench.ca_file = bench.SYSTEM_CA_FILE
        for program in ('fresh-bare', 'get-curl', 'get-msa'):
            if self.bench.has(program):
                self.refuses([program], mode='signal', path='/close', tls=True)

    def test_too_few_requests(self):
        figures = {'started': 3, 'done': 3, 'bytes': 30}
        self.bench.check(['x'], figures, 3, 10, 0)
        for wrong in ({'done': 2}, {'bytes': 29}, {'started': 2, 'done': 2, 'bytes': 20}):
            with self.assertRaises(bench.Failure):
                self.bench.check(['x'], {**figures, **wrong}, 3, 10, 0)


class Report(unittest.TestCase):
    """The document, from figures that are made up."""

    @staticmethod
    def cost(total, user=None):
        return {'user_us': user or total / 2, 'total_us': total, 'rate': 1e6 / total, 'server': 0.5, 'requests': 100,
                'asked': 100, 'rounds': 5}

    def setUp(self):
        cost = self.cost
        get = {'glib': cost(10), 'curl': cost(50, 30), 'msa': cost(15, 9), 'soup': dict(cost(400), rounds=1, asked=200)}
        self.results = {
            'rounds': 5,
            'download': 1 << 30,
            'in_flight_counted': 100,
            'machine': {'processor': 'P', 'processors': 2, 'is_shared': False, 'kernel': '6', 'versions': {'GLib': '2'}},
            'get': {'100': get, '1000': copy.deepcopy(get), '5000': copy.deepcopy(get)},
            'calls': {'msa': {'send': 1.0, 'recv': 1.0}},
            'instructions': {'msa': {'instructions': 15999}},
            'memory': {'msa': 4096},
            'fresh': {'plain': {'msa': cost(100)}, 'tls': {'msa': cost(1000)}},
            'downloads': {'recv': cost(100), 'msa-count': cost(105), 'splice': cost(100), 'msa-file': cost(115),
                          'gnutls': cost(100), 'gnutls-pull': cost(90), 'msa-tls': cost(110)},
            'languages': {},
        }

    def verdicts(self):
        return [line.rsplit('|', 2)[1].strip() for line in report.write_targets(self.results)[2:-1]]

    def test_bounds_are_met(self):
        self.assertEqual(set(self.verdicts()), {'met'})

    def test_each_bound_can_be_missed(self):
        changes = (('get', '100', 'msa', 'user_us', 10), ('get', '100', 'msa', 'total_us', 15.1),
                   ('get', '1000', 'msa', 'total_us', 16.1), ('get', '5000', 'msa', 'total_us', 16.1),
                   ('instructions', 'msa', 'instructions', 16001), ('calls', 'msa', 'send', 1.001),
                   ('calls', 'msa', 'recv', 1.001), ('memory', 'msa', 4097), ('fresh', 'tls', 'msa', 'total_us', 1001),
                   ('downloads', 'msa-count', 'total_us', 105.1), ('downloads', 'msa-file', 'total_us', 115.1),
                   ('downloads', 'msa-tls', 'total_us', 110.1))
        self.assertEqual(len(changes), len(self.verdicts()))
        for number, (*path, last, value) in enumerate(changes):
            self.setUp()
            place = self.results
            for key in path:
                place = place[key]
            place[last] = value
            verdicts = self.verdicts()
            self.assertEqual(verdicts.pop(number), '**missed**', path)
            self.assertEqual(set(verdicts), {'met'}, path)

    def test_what_was_not_measured_is_not_met(self):
        self.results['calls'] = self.results['instructions'] = {}
        self.results['get']['100'].pop('curl')
        verdicts = self.verdicts()
        self.assertEqual(verdicts.count('not measured'), 4)

    def test_what_was_measured_otherwise_is_noted(self):
        self.results['get']['100']['curl']['asked'] = 101
        self.results['get']['100']['bare'] = dict(self.cost(5), rounds=4)
        text = report.write(self.results)
        for name, note in {
            'bare floor (1)': '(1) One round with 100 requests.',
            'libcurl, one source a socket (2)': '(2) Each round with 100 requests, all that its time allowed.',
            'libsoup (3)': '(3) One round with 100 requests, all that its time allowed.',
            'libsoup (5)': '(5) One round with 100 requests, all that its time allowed.',
        }.items():
            self.assertIn(f'| {name} |', text)
            self.assertIn(note, text)
        self.assertNotIn('libmsa** (', text)

    def test_replaces_what_is_between_the_marks(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'document')
            with open(path, 'w') as file:
                file.write(f'before\n{report.BEGIN}\nold\n{report.END}\nafter\n')
            for text in ('one', 'two'):
                report.replace(path, text)
            with open(path) as file:
                self.assertEqual(file.read(), f'before\n{report.BEGIN}\n\ntwo\n\n{report.END}\nafter\n')

    def test_document_without_marks_stays(self):
        with tempfile.NamedTemporaryFile('w+') as file:
            file.write('text')
            file.flush()
            with self.assertRaises(OSError):
                report.replace(file.name, 'new')
            file.seek(0)
            self.assertEqual(file.read(), 'text')

    def test_document_of_the_tree_has_marks(self):
        path = os.path.join(bench.HERE, '..', '..', 'docs', 'performance.md')
        with tempfile.TemporaryDirectory() as folder:
            copied = shutil.copy(path, folder)
            report.replace(copied, 'new')
            with open(copied) as file:
                self.assertIn('\nnew\n', file.read())

    def test_labels_of_the_plot_stand_apart(self):
        places = [place for place, _ in plot.spread([(10, 'a'), (12, 'b'), (11, 'c'), (100, 'd')])]
        self.assertEqual(places, [10, 26, 42, 100])


WRONG_LENGTH = bench.BODY_LENGTH - 1
COMPLAINT = f'{bench.BODY_LENGTH} bytes'

tap.main('/bench')

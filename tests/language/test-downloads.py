#!/usr/bin/env python3
# test-downloads.py: docs/examples/downloads, on a screen of its own
#
#   test-downloads.py [--update]
#
# The program runs in this process, so that a test presses its buttons and waits on the main loop; the bytes
# of its server come when the test says so. With --update, docs/downloads.png becomes what the window is now.
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import gc
import io
import os
import resource
import sys
import tempfile
import time
import unittest
import weakref
from unittest import mock

import tap
from screen import Picture, Screen
from scripted_server import ScriptedServer
from support import DEADLINE_S, Case, exceptions_of_callbacks, pattern

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs')
PICTURE = os.path.join(DOCS, 'downloads.png')
UPDATE = '--update' in sys.argv
# Fonts, and how they are drawn, differ a little from machine to machine.
MAX_DIFFERENT = 0.06
NEAR = 60

# Before GTK is loaded. The pointer is in the middle of the screen, where no window reaches.
SCREEN = Screen(2400, 1800)
os.environ.update(DISPLAY=SCREEN.display, GDK_BACKEND='x11', GSK_RENDERER='cairo', GDK_SCALE='1', GTK_A11Y='test',
                  GSETTINGS_BACKEND='memory', DBUS_SESSION_BUS_ADDRESS='disabled:', NO_AT_BRIDGE='1',
                  LANG='C.UTF-8', LC_ALL='C.UTF-8')
os.environ.pop('GTK_THEME', None)
sys.path.insert(0, os.path.join(DOCS, 'examples/downloads'))

import download
import downloads
import row
from download import State
from gi.repository import GLib, Gtk


def near(one, other):
    return sum(abs(a - b) for a, b in zip(one, other)) < NEAR


def colour(widget, name):
    known, rgba = widget.get_style_context().lookup_color(name)
    assert known, name
    return tuple(round(255 * value) for value in (rgba.red, rgba.green, rgba.blue))


def children(widget):
    """All that is shown below a widget, in order."""
    child = widget.get_first_child()
    while child is not None:
        if child.get_mapped():
            yield child
            yield from children(child)
        child = child.get_next_sibling()


class Window(Case):
    """A window on an empty folder, with a server."""

    per_host = 4

    @classmethod
    def setUpClass(cls):
        settings = Gtk.Settings.get_default()
        settings.set_property('gtk-enable-animations', False)
        settings.set_property('gtk-cursor-blink', False)
        settings.set_property('gtk-font-name', 'DejaVu Sans 10')
        settings.set_property('gtk-decoration-layout', ':close')

    def setUp(self):
        raised = self.enterContext(exceptions_of_callbacks())
        self.addCleanup(lambda: self.assertEqual(raised, []))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = ScriptedServer()
        self.addCleanup(self.server.close)
        self.open()

    def open(self):
        self.downloads = downloads.Downloads(self.folder, None, self.per_host)
        self.application = downloads.Application(self.downloads)
        self.application.register(None)
        self.application.activate()
        self.window = self.application.get_active_window()
        self.addCleanup(self.close)

    def close(self):
        self.window.close()
        self.wait(lambda: not self.application.get_windows())

    def rows(self):
        """As they stand in the list."""
        return [widget for widget in children(self.window.list) if isinstance(widget, row.Row)]

    def row(self, which):
        """The row of a download, when there is one."""
        def found():
            return [row for row in self.rows() if row.download is which]
        self.wait(found)
        return found()[0]

    def press(self, button):
        self.assertTrue(button.get_mapped() and button.is_sensitive(), button.get_tooltip_text())
        button.emit('clicked')

    def enter(self, text):
        self.window.entry.set_text(text)
        self.window.entry.emit('activate')

    def begin(self, path, *arguments, **more):
        """Has a path downloaded; gives the answer, and the download."""
        answer = self.server.answer(path, *arguments, **more)
        return answer, self.downloads.add(self.server.url + path)

    def begin_and_receive(self, path, count, length):
        answer, new = self.begin(path, length)
        answer.send(count)
        self.wait(lambda: self.row(new).bar.get_fraction() == count / length)
        return answer, new

    def text(self, label):
        """With plain spaces, also between a number and its unit."""
        return label.get_text().replace('\xa0', ' ')

    def wait_for(self, which, state):
        self.wait(lambda: which.state is state)

    def read(self, name):
        with open(os.path.join(self.folder, name), 'rb') as file:
            return file.read()

    def assert_folder(self, *names):
        """When the threads that discard are done, these files are there and no others."""
        self.wait(lambda: sorted(os.listdir(self.folder)) == sorted(names))

    def assert_answers(self):
        """Whatever happened before, the next download works."""
        answer, new = self.begin('/next', 10)
        answer.send()
        self.wait_for(new, State.DONE)
        self.downloads.remove(new)
        os.unlink(os.path.join(self.folder, new.name))

    # Pictures

    def draw(self):
        """Waits until all is drawn, and seen by the X server."""
        clock = self.window.get_surface().get_frame_clock()
        frames = []
        handler = clock.connect('after-paint', frames.append)
        self.window.queue_draw()
        self.wait(lambda: len(frames) > 1 or self.window.queue_draw() is None and len(frames) > 1)
        clock.disconnect(handler)
        self.window.get_display().sync()
        x, y = self.window.get_surface_transform()
        whole = SCREEN.read(self.window.get_width() + int(x), self.window.get_height() + int(y))
        return whole.cut(int(x), int(y), self.window.get_width(), self.window.get_height())

    def picture_of(self, widget, whole):
        known, bounds = widget.compute_bounds(self.window)
        self.assertTrue(known)
        return whole.cut(round(bounds.get_x()), round(bounds.get_y()), round(bounds.get_width()),
                         round(bounds.get_height()))

    def fill(self, bar, whole):
        """How much of a bar is filled, and the two colours."""
        part = self.picture_of(bar, whole)
        line = [part.pixel(x, part.height // 2) for x in range(part.width)]
        # The ends are round.
        full, empty = line[4], line[-5]
        return sum(near(pixel, full) for pixel in line) / len(line), full, empty


# The window as docs/ shows it
# path, bytes that come, length
SHOWN = {
    'done': ('/photos/meadow-in-june.jpg', 4_200_000, 4_200_000),
    'running': ('/films/aerial-survey.mp4', 9_600_000, 24_000_000),
    'paused': ('/maps/tiles-zoom-14.tar.gz', 6_300_000, 9_000_000),
    'failed': ('/books/field-guide.pdf', 1_500_000, 2_000_000),
    'waiting': ('/music/dawn-chorus.flac', 0, 5_000_000),
}


class Shown(Window):
    per_host = 3

    def setUp(self):
        super().setUp()
        # Of each download: one may be told late that a second has passed.
        self.now = {}

        def new_easy(url):
            easy = download.Msa.Easy(uri=url)
            easy.set_connect_to([f'::127.0.0.1:{self.server.port}'])
            return easy

        self.enterContext(mock.patch.object(download, 'new_easy', new_easy))
        self.enterContext(mock.patch.object(download.Download, 'clock', lambda new: self.now.get(new, 0)))
        self.files = {}
        for kind in SHOWN:
            self.add(kind)
        self.wait(lambda: len(self.rows()) == len(SHOWN))
        self.shown = {kind: self.row(which) for kind, which in self.files.items()}

    def add(self, kind):
        path, count, length = SHOWN[kind]
        if kind == 'waiting':
            self.downloads.multi.set_max_connections_per_host(2)
        answer = self.server.answer(path, length)
        self.files[kind] = new = self.downloads.add('http://files.example.org' + path)
        if count:
            # The clock of the rate begins with the head.
            self.wait(lambda: new.easy.get_status() == 200)
            self.now[new] = 4
            answer.send(count)
            self.wait(lambda: kind == 'done' or self.row(new).bar.get_fraction() == count / length)
        if kind == 'failed':
            answer.cut()
        if kind in ('done', 'failed'):
            self.wait_for(new, State(kind))
        if kind == 'paused':
            self.press(self.row(new).switch)

    def test_states(self):
        for kind, which in self.files.items():
            self.assertIs(which.state, State(kind))
            self.assertEqual(self.shown[kind].name.get_text(), os.path.basename(SHOWN[kind][0]))
            self.assertEqual(self.shown[kind].bar.get_mapped(), kind in ('running', 'paused', 'waiting'))
        self.assertEqual({kind: self.text(shown.detail) for kind, shown in self.shown.items()}, {
            'done': 'Done · 4.2 MB',
            'running': '9.6 MB of 24.0 MB · 2.4 MB/s · 6 s left',
            'paused': 'Paused · 6.3 MB of 9.0 MB',
            'failed': 'files.example.org: The peer closed the connection, and 500000 of 2000000 bytes are missing',
            'waiting': 'Waits for its turn',
        })
        self.assertEqual([self.shown[kind].percent.get_text() for kind in ('running', 'paused')], ['40 %', '70 %'])
        self.assertEqual(self.downloads.multi.get_n_pending(), 1)

    def test_bars_on_the_screen(self):
        whole = self.draw()
        accent = colour(self.window, 'theme_selected_bg_color')
        filled, full, empty = self.fill(self.shown['running'].bar, whole)
        self.assertAlmostEqual(filled, 0.4, delta=0.02)
        self.assertTrue(near(full, accent), f'{full} is not {accent}')
        self.assertFalse(near(empty, accent), empty)
        filled, full, _ = self.fill(self.shown['paused'].bar, whole)
        self.assertAlmostEqual(filled, 0.7, delta=0.02)
        self.assertFalse(near(full, accent), full)

    def test_words_on_the_screen(self):
        whole = self.draw()
        red = colour(self.window, 'error_color')
        for kind, shown in self.shown.items():
            for label in (shown.name, shown.detail):
                pixels = self.picture_of(label, whole).pixels()
                paper = max(set(pixels), key=pixels.count)
                ink = sum(not near(pixel, paper) for pixel in pixels)
                self.assertGreater(ink / len(pixels), 0.01, f'{kind}: nothing is written')
                reds = sum(near(pixel, red) for pixel in pixels)
                (self.assertGreater if kind == 'failed' and label is shown.detail else self.assertLess)(reds, 50, kind)

    def test_picture_of_the_docs(self):
        whole = self.draw()
        if UPDATE:
            whole.save(PICTURE)
        shown = Picture.load(PICTURE)
        self.assertEqual((whole.width, whole.height), (shown.width, shown.height))
        different = sum(not near(a, b) for a, b in zip(whole.pixels(), shown.pixels())) / (whole.width * whole.height)
        self.assertLess(different, MAX_DIFFERENT, 'the window looks otherwise: see it, then run this with --update')


class Transfers(Window):
    def test_empty(self):
        self.assertEqual(self.window.stack.get_visible_child_name(), 'empty')
        self.assertFalse(self.window.clear.is_sensitive())
        whole = self.draw()
        self.assertGreater(len(set(self.picture_of(self.window.stack, whole).pixels())), 10)

    def test_entered(self):
        answer = self.server.answer('/a/file.bin', 1000)
        self.enter(f'  {self.server.url}/a/file.bin ')
        self.assertEqual(self.window.entry.get_text(), '')
        self.wait(self.rows)
        self.assertEqual(self.window.stack.get_visible_child_name(), 'list')
        answer.send()
        self.wait_for(self.rows()[0].download, State.DONE)
        self.assertEqual(self.read('file.bin'), pattern(1000))
        self.assertFalse(self.rows()[0].switch.get_mapped())

    def test_wrong_urls(self):
        for text, words in (('', 'Enter a URL'), ('http://[', '“http://[” is no URL'), ('ftp://x/y', '“ftp”'),
                            ('https://', 'no host'), ('http://x:99999/', 'no URL'), ('javascript:alert(1)', 'no URL')):
            self.enter(text)
            self.assertIn(words, self.window.message.get_text(), text)
            self.assertTrue(self.window.message.get_visible() and self.window.entry.has_css_class('error'), text)
            self.assertEqual(self.window.entry.get_text(), text)
        self.window.entry.set_text('x')
        self.assertFalse(self.window.message.get_visible() or self.window.entry.has_css_class('error'))
        self.assertEqual(self.downloads.model.get_n_items(), 0)

    def test_urls_that_only_the_library_refuses(self):
        for url in ('http://x:0/', 'http://a..b/', 'http://%00/'):
            new = self.downloads.add(url)
            self.wait_for(new, State.FAILED)
            self.assertEqual(self.text(self.row(new).detail), new.error)
        self.assert_folder()

    def test_pause_and_resume(self):
        answer, new = self.begin_and_receive('/file', 40_000, 100_000)
        shown = self.row(new)
        self.assertEqual((shown.bar.get_fraction(), shown.percent.get_text()), (0.4, '40 %'))
        self.press(shown.switch)
        self.assertEqual(self.text(shown.detail), 'Paused · 40.0 kB of 100.0 kB')
        answer.send()
        # Another one is received meanwhile.
        other, second = self.begin('/second', 100_000)
        other.send()
        self.wait_for(second, State.DONE)
        self.assertEqual((new.easy.get_bytes_received(), shown.bar.get_fraction()), (40_000, 0.4))
        self.press(shown.switch)
        self.wait_for(new, State.DONE)
        self.assertEqual(self.read('file'), pattern(100_000))

    def test_paused_before_it_runs(self):
        self.downloads.multi.set_max_connections_per_host(1)
        first, one = self.begin('/one', 10)
        second, two = self.begin('/two', 10)
        self.press(self.row(two).switch)
        self.assertIs(two.state, State.PAUSED)
        for answer in (first, second):
            answer.send()
        self.wait_for(one, State.DONE)
        self.wait(lambda: second.requests)
        self.assertEqual(two.easy.get_bytes_received(), 0)
        self.press(self.row(two).switch)
        self.wait_for(two, State.DONE)

    def test_length_that_is_not_known(self):
        answer, new = self.begin('/chunks', 5000, chunked=True)
        answer.send(2000)
        self.wait(lambda: self.text(self.row(new).detail).startswith('2.0 kB'))
        self.assertFalse(self.row(new).percent.get_mapped())
        answer.send()
        self.wait_for(new, State.DONE)
        self.assertEqual(self.read('chunks'), pattern(5000))

    def test_empty_file(self):
        answer, new = self.begin('/nothing', 0)
        answer.send()
        self.wait_for(new, State.DONE)
        self.assertEqual(self.read('nothing'), b'')
        self.assertEqual(self.text(self.row(new).detail), 'Done · 0 bytes')

    def test_cancel(self):
        self.downloads.multi.set_max_connections_per_host(2)
        _, running = self.begin_and_receive('/running', 40_000, 100_000)
        _, paused = self.begin_and_receive('/paused', 70_000, 100_000)
        _, waiting = self.begin('/waiting', 100)
        self.press(self.row(paused).switch)
        self.assert_folder(*[name for name in os.listdir(self.folder)])
        for each in (waiting, paused, running):
            self.press(self.row(each).away)
        self.wait(lambda: self.window.stack.get_visible_child_name() == 'empty')
        self.assert_folder()
        self.assert_answers()

    def test_server_dies_and_comes_back(self):
        answer, new = self.begin_and_receive('/file', 40_000, 100_000)
        _, below = self.begin('/below', 10)
        self.row(below)
        answer.cut()
        self.wait_for(new, State.FAILED)
        shown = self.rows()[0]
        self.assertIs(shown.download, new)
        self.assertIn('60000 of 100000 bytes are missing', self.text(shown.detail))
        self.assertTrue(shown.has_css_class('failed') and not shown.bar.get_mapped())
        self.assert_folder('below')
        answer.rewind()
        answer.send()
        self.press(shown.switch)
        self.wait_for(new, State.DONE)
        # At its old place, with a file of its name.
        self.assertIs(self.rows()[0].download, new)
        self.assertFalse(shown.has_css_class('failed'))
        self.assertEqual(self.read('file'), pattern(100_000))

    def test_server_dies_while_paused(self):
        answer, new = self.begin_and_receive('/file', 40_000, 100_000)
        self.press(self.row(new).switch)
        answer.cut()
        # It is heard of when somebody listens again.
        self.assert_answers()
        self.assertIs(new.state, State.PAUSED)
        self.press(self.row(new).switch)
        self.wait_for(new, State.FAILED)
        self.assert_folder()

    def test_name_goes_to_another(self):
        answer, failed = self.begin('/file', 10, status='500 No')
        answer.send()
        self.wait_for(failed, State.FAILED)
        answer, second = self.begin('/file', 10)
        answer.send()
        self.wait_for(second, State.DONE)
        # Neither may take the file away, or write over it.
        answer, _ = self.server.answer('/file', 20), self.press(self.row(failed).switch)
        answer.send()
        self.wait_for(failed, State.DONE)
        answer = self.server.answer('/file', 30, status='500 No')
        third = self.downloads.add(failed.url)
        answer.send()
        self.wait_for(third, State.FAILED)
        for each in (failed, second, third):
            self.press(self.row(each).away)
        self.wait(lambda: self.downloads.model.get_n_items() == 0)
        self.assert_folder('file', 'file (2)')
        self.assertEqual((self.read('file'), self.read('file (2)')), (pattern(10), pattern(20)))

    def test_nobody_listens(self):
        url = self.server.url
        self.server.close()
        new = self.downloads.add(url + '/file')
        self.wait_for(new, State.FAILED)
        self.assertIn('refused', self.text(self.row(new).detail))
        self.assert_folder()

    def test_status_is_an_error(self):
        answer, new = self.begin('/gone.zip', 1000, status='404 Not Found')
        answer.send()
        self.wait_for(new, State.FAILED)
        self.assertEqual(self.text(self.row(new).detail), 'The server answered 404 Not Found')
        self.assert_folder()

    def test_folder_is_gone(self):
        os.rmdir(self.folder)
        answer, new = self.begin('/file', 1000)
        answer.send()
        self.wait_for(new, State.FAILED)
        self.assertIn(os.path.join(self.folder, 'file'), new.error)
        os.mkdir(self.folder)
        answer.rewind()
        answer.send()
        self.press(self.row(new).switch)
        self.wait_for(new, State.DONE)
        self.assertEqual(self.read('file'), pattern(1000))

    def test_disk_is_full(self):
        answer, new = self.begin('/file', 1_000_000)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        # A disk that ends, whoever runs this.
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
        try:
            answer.send()
            self.wait_for(new, State.FAILED)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertRegex(new.error, 'could not be written to .*/file: .*File too large')
        self.assert_folder()

    def test_hundred(self):
        files = []
        for number in range(100):
            answer, new = self.begin(f'/{number}/file.bin', 10_000 + number)
            answer.send()
            files.append(new)
        self.wait(lambda: all(new.state is State.DONE for new in files))
        self.assertEqual(self.downloads.model.get_n_items(), 100)
        self.assertLessEqual(len(self.server.connections), self.per_host)
        self.assertEqual(len({new.name for new in files}), 100)
        for number, new in enumerate(files):
            self.assertEqual(self.read(new.name), pattern(10_000 + number))
        self.press(self.window.clear)
        self.wait(lambda: self.downloads.model.get_n_items() == 0)
        self.assertEqual(self.window.stack.get_visible_child_name(), 'empty')

    def test_removed_at_once(self):
        _, new = self.begin('/file', 10)
        self.downloads.remove(new)
        self.assert_answers()
        self.wait(lambda: self.downloads.model.get_n_items() == 0)
        self.assert_folder()

    def test_removed_is_freed(self):
        answer, new = self.begin('/file', 10)
        answer.send()
        self.wait_for(new, State.DONE)
        self.press(self.row(new).away)
        self.assert_answers()
        gone = weakref.ref(new), weakref.ref(new.easy)
        del new
        gc.collect()
        self.assertEqual([ref() for ref in gone], [None, None])

    def test_clear_leaves_what_is_not_done(self):
        answer, done = self.begin('/done', 10)
        answer.send()
        self.wait_for(done, State.DONE)
        _, running = self.begin('/running', 10)
        self.row(running)
        self.press(self.window.clear)
        self.wait(lambda: [shown.download for shown in self.rows()] == [running])
        self.assertEqual(self.read('done'), pattern(10))

    def test_closed_while_transfers_run(self):
        self.downloads.multi.set_max_connections_per_host(2)
        self.begin_and_receive('/running', 40_000, 100_000)
        _, paused = self.begin_and_receive('/paused', 40_000, 100_000)
        self.begin('/waiting', 10)
        paused.pause()
        self.close()
        self.assertEqual(self.downloads.multi.get_n_running(), 0)
        self.assertEqual(os.listdir(self.folder), [])


class Looks(Window):
    def test_narrow_and_wide(self):
        self.begin_and_receive('/' + 'a-long-name-' * 20 + '.tar.gz', 40_000, 100_000)
        _, paused = self.begin_and_receive('/b', 40_000, 100_000)
        paused.pause()
        answer, failed = self.begin('/' + 'c' * 300, 100)
        answer.cut()
        self.wait_for(failed, State.FAILED)
        self.enter('ftp://' + 'x' * 500)
        self.row(failed)
        for width in (360, 1000):
            # Again and again: word of the size before may still be on its way, and counts as a person's wish.
            self.wait(lambda: self.window.set_default_size(width, 500) or
                      self.window.get_surface().get_width() == width)
            whole = self.draw()
            self.assertLessEqual(whole.width, width)
            for shown in self.rows():
                for button in (shown.switch, shown.away):
                    known, bounds = button.compute_bounds(self.window)
                    self.assertTrue(known and bounds.get_x() + bounds.get_width() <= whole.width)
                    self.assertGreater(len(set(self.picture_of(button, whole).pixels())), 3, 'no icon')

    def test_reached_by_keyboard(self):
        self.begin_and_receive('/file', 40_000, 100_000)
        shown = self.rows()[0]
        self.window.entry.grab_focus()
        reached = set()
        for _ in range(20):
            self.window.child_focus(Gtk.DirectionType.TAB_FORWARD)
            reached.add(self.window.get_focus())
        self.assertLessEqual({self.window.button, shown.switch, shown.away, self.window.clear}, reached)
        # What Return and Space do.
        shown.switch.activate()
        self.wait(lambda: shown.download.state is State.PAUSED)

    def test_names_for_those_who_do_not_see(self):
        self.begin_and_receive('/file', 40_000, 100_000)
        buttons = [widget for widget in children(self.window.get_child()) if isinstance(widget, Gtk.Button)]
        self.assertEqual(len(buttons), 3)
        for button in buttons:
            self.assertTrue(button.get_label() or
                            Gtk.test_accessible_has_property(button, Gtk.AccessibleProperty.LABEL))
        self.assertEqual([button.get_tooltip_text() for button in buttons], [None, 'Pause file', 'Cancel file'])
        for widget in (self.window.entry, self.window.list, self.window.clear):
            self.assertTrue(Gtk.test_accessible_has_property(widget, Gtk.AccessibleProperty.LABEL))


class Parts(unittest.TestCase):
    def test_names(self):
        for url, name in (('http://x/a/b.txt?q=/c', 'b.txt'), ('http://x/', 'x'), ('http://x', 'x'),
                          ('http://x/a%20b.txt', 'a b.txt'), ('http://x/..%2F..%2Fetc%2Fpasswd', '_.._etc_passwd'),
                          ('http://x/..', 'x'), ('http://x/.hidden', 'hidden'), ('http://x/%2e%2e', 'x'),
                          ('http://x/a%00b%0Ac', 'abc'), ('http://x/a%E2%80%AEtxt.exe', 'atxt.exe'),
                          ('http://x/%C3%BC', 'ü'), ('http://x/%ff', '\ufffd'), ('http://x/...', 'x')):
            self.assertEqual(download.file_name(url), name, url)
        for url in ('http://x/' + 'a' * 1000 + '.txt', 'http://x/a.' + 'b' * 1000, 'http://x/' + '%C3%BC' * 500):
            self.assertLessEqual(len(download.file_name(url).encode()), download.MAX_NAME_BYTES)
        self.assertTrue(download.file_name('http://x/' + 'a' * 1000 + '.txt').endswith('a.txt'))

    def test_nothing_is_overwritten(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink('nowhere', os.path.join(folder, 'a (2).txt'))
            names = [os.path.basename(download.reserve(folder, 'a.txt')) for _ in range(3)]
            self.assertEqual(names, ['a.txt', 'a (3).txt', 'a (4).txt'])

    def test_rate(self):
        now = 0
        rate = download.Rate(lambda: now)
        self.assertIsNone(rate.get())
        rate.add(0)
        now = 0.1
        rate.add(50)
        self.assertIsNone(rate.get())
        for now in range(1, 11):
            rate.add(100 * now)
        self.assertEqual(rate.get(), 100)
        for now in range(11, 21):
            rate.add(1000)
        self.assertEqual(rate.get(), 0)
        self.assertLess(len(rate.samples), 8)
        rate.restart()
        self.assertIsNone(rate.get())

    def test_times(self):
        self.assertEqual([download.describe_time(s) for s in (0, 1.4, 59, 90, 3599, 7200)],
                         ['1 s', '1 s', '59 s', '2 min', '60 min', '2 h'])


class Program(Window):
    """From its command line to its end."""

    def open(self):
        pass

    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stderr(out), self.assertRaises(SystemExit) as caught:
            downloads.main(arguments)
        self.assertEqual(caught.exception.code, 2)
        return out.getvalue()

    def test_wrong_usage(self):
        self.assertIn('“ftp”', self.run_main('ftp://x/'))
        self.assertIn('is no number', self.run_main('--per-host', '0'))
        self.assertIn('is no number', self.run_main('--per-host', 'x'))
        self.assertIn('/dev/null/x', self.run_main('--folder', '/dev/null/x'))
        self.assertIn('unrecognized', self.run_main('--nothing'))

    def test_runs_until_it_is_closed(self):
        answer = self.server.answer('/a', 100_000)
        self.server.answer('/b', 10).send()
        answer.send(50_000)
        seen = []
        deadline = time.monotonic() + DEADLINE_S

        def look():
            for window in Gtk.Window.list_toplevels():
                states = sorted(each.state.value for each in window.downloads.all)
                if states == ['done', 'running'] or time.monotonic() > deadline:
                    seen.append(states)
                    window.close()
                    return GLib.SOURCE_REMOVE
            return GLib.SOURCE_CONTINUE

        GLib.timeout_add(20, look)
        folder = os.path.join(self.folder, 'new')
        status = downloads.main(['--folder', folder, self.server.url + '/a', self.server.url + '/b'])
        self.assertEqual((status, seen), (0, [['done', 'running']]))
        self.assertEqual(os.listdir(folder), ['b'])


# Without tests of their own.
def load_tests(loader, tests, pattern_of_files):
    return unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in (Shown, Transfers, Looks, Parts, Program))


if __name__ == '__main__':
    try:
        tap.main('/msa/downloads')
    finally:
        SCREEN.close()

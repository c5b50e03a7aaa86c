# download.py: one download, and all of them
#
# Download: an easy that writes into a file, and what the window shows of it. Downloads: the multi, and
# its transfers as a list model of Download.
# SPDX-License-Identifier: LGPL-2.1-or-later

import collections
import contextlib
import enum
import os
import time
import unicodedata
import urllib.parse

import gi

gi.require_version('Gtk', '4.0')
gi.require_version('Msa', '1')
from gi.repository import Gio, GLib, GObject, Gtk, Msa

MAX_NAME_BYTES = 200
RATE_WINDOW_S = 5
RATE_AFTER_S = 0.5
SCHEMES = ('http', 'https')


class State(enum.Enum):
    WAITING = 'waiting'
    RUNNING = 'running'
    PAUSED = 'paused'
    DONE = 'done'
    FAILED = 'failed'


# [url]
def check_url(text):
    """The URL that a person meant; ValueError says what is wrong with it."""
    url = text.strip()
    if url and '://' not in url:
        url = 'https://' + url
    try:
        uri = GLib.Uri.parse(url, GLib.UriFlags.NONE)
    except GLib.Error as error:
        raise ValueError(f'“{text}” is no URL: {error.message}' if url else 'Enter a URL') from error
    if uri.get_scheme() not in SCHEMES:
        raise ValueError(f'“{uri.get_scheme()}” cannot be downloaded from, only http and https')
    if not uri.get_host():
        raise ValueError(f'“{text}” names no host')
    return url
# [/url]


# [name]
def file_name(url):
    """A name for what is downloaded: the last part of the path, without what could do harm in a name."""
    parts = urllib.parse.urlsplit(url)
    name = urllib.parse.unquote(parts.path.rpartition('/')[2])
    # An encoded slash is no way into another folder, a leading dot hides nothing, and no character is unseen.
    name = name.replace('/', '_').lstrip('. ')
    name = ''.join(c for c in name if unicodedata.category(c)[0] not in 'CZ' or c == ' ')
    stem, suffix = os.path.splitext(name)
    room = MAX_NAME_BYTES - len(suffix.encode())
    if room < 1:
        stem, suffix, room = name, '', MAX_NAME_BYTES
    return stem.encode()[:room].decode(errors='ignore') + suffix or parts.hostname or 'download'


def reserve(folder, name):
    """Creates an empty file that was not there before, `name (2)` if it must be, and gives its path."""
    stem, suffix = os.path.splitext(name)
    path = os.path.join(folder, name)
    number = 1
    while True:
        try:
            with open(path, 'xb'):
                return path
        except FileExistsError:
            number += 1
            path = os.path.join(folder, f'{stem} ({number}){suffix}')
# [/name]


class Rate:
    """How fast bytes came in the last seconds."""

    def __init__(self, clock):
        self.clock = clock
        self.samples = collections.deque()

    def restart(self):
        self.samples.clear()

    def add(self, size):
        now = self.clock()
        self.samples.append((now, size))
        # One that is older stays: it is where the window begins.
        while len(self.samples) > 2 and self.samples[1][0] <= now - RATE_WINDOW_S:
            self.samples.popleft()

    def get(self):
        """Bytes a second; None while that is not known."""
        if not self.samples:
            return None
        (start, before), (end, after) = self.samples[0], self.samples[-1]
        return (after - before) / (end - start) if end - start >= RATE_AFTER_S else None


def new_easy(url):
    return Msa.Easy(uri=url)


class Download(GObject.Object):
    clock = staticmethod(time.monotonic)
    __gsignals__ = {'changed': (GObject.SignalFlags.RUN_LAST, None, ())}

    # [start]
    def __init__(self, multi, url, folder):
        super().__init__()
        self.multi = multi
        self.url = url
        self.folder = folder
        self.rate = Rate(self.clock)
        self.easy = new_easy(url)
        self.easy.download = self
        self.easy.connect('headers', self.on_progress)
        self.easy.connect('progress', self.on_progress)
        self.easy.connect('completed', self.on_completed)
        self.start()

    def start(self):
        """Begins, or begins anew: a finished easy may be added again, and keeps its place in the list."""
        self.error = None
        self.is_paused = False
        self.rate.restart()
        name = file_name(self.url)
        try:
            self.path = reserve(self.folder, name)
            self.is_reserved = True
        except OSError:
            # The transfer will fail for the same reason, and its row will say why.
            self.path = os.path.join(self.folder, name)
            self.is_reserved = False
        self.easy.set_output_file(Gio.File.new_for_path(self.path))
        self.multi.add(self.easy)
        self.emit('changed')
    # [/start]

    # [signals]
    def on_progress(self, easy):
        if not self.is_paused:
            self.rate.add(easy.get_bytes_received())
        self.emit('changed')

    def on_completed(self, easy, error):
        if error:
            self.error = error.message
        elif easy.get_status() >= 400:
            # No failure of the transfer, but what came is a page about the error.
            self.error = f'The server answered {easy.get_status()} {easy.get_reason_phrase() or ""}'.rstrip()
        if self.error:
            self.discard()
        # The file is the person's now.
        self.is_reserved = False
        self.emit('changed')
    # [/signals]

    # [actions]
    def pause(self):
        self.is_paused = True
        self.easy.pause(Msa.Directions.RECEIVE)
        self.emit('changed')

    def resume(self):
        self.is_paused = False
        self.rate.restart()
        self.easy.resume(Msa.Directions.RECEIVE)
        self.emit('changed')

    def remove(self):
        """Takes it out of the list; cancels it if it runs."""
        self.multi.remove(self.easy)
        self.discard()
    # [/actions]

    def discard(self):
        """Gives the name up. Its file is empty: libmsa writes beside it until all has come."""
        if self.is_reserved:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
        self.is_reserved = False

    @property
    def state(self):
        if self.easy.get_state() == Msa.EasyState.DONE:
            return State.FAILED if self.error else State.DONE
        if self.is_paused:
            return State.PAUSED
        if self.easy.get_state() in (Msa.EasyState.IDLE, Msa.EasyState.QUEUED):
            return State.WAITING
        return State.RUNNING

    @property
    def name(self):
        return os.path.basename(self.path)

    @property
    def host(self):
        return urllib.parse.urlsplit(self.url).hostname or ''

    @property
    def fraction(self):
        """From 0 to 1; None if the length is not known."""
        length = self.easy.get_content_length()
        if self.state is State.DONE:
            return 1
        return min(self.easy.get_bytes_received() / length, 1) if length > 0 else None

    @property
    def is_endless(self):
        """Whether bytes come, and nobody knows how many."""
        return self.state is State.RUNNING and self.easy.get_bytes_received() > 0 and self.fraction is None

    def describe(self):
        """How it stands, in words."""
        return getattr(self, '_describe_' + self.state.value)()

    def _describe_size(self):
        received, length = GLib.format_size(self.easy.get_bytes_received()), self.easy.get_content_length()
        return f'{received} of {GLib.format_size(length)}' if length > 0 else received

    def _describe_waiting(self):
        return 'Waits for its turn'

    def _describe_running(self):
        if self.easy.get_state() != Msa.EasyState.RECEIVING:
            return 'Connecting' if self.easy.get_state() == Msa.EasyState.CONNECTING else 'Waits for the server'
        words = [self._describe_size()]
        rate, length = self.rate.get(), self.easy.get_content_length()
        if rate is not None:
            words.append(f'{GLib.format_size(round(rate))}/s')
        if rate and length > 0:
            words.append(describe_time((length - self.easy.get_bytes_received()) / rate) + ' left')
        return ' · '.join(words)

    def _describe_paused(self):
        return f'Paused · {self._describe_size()}'

    def _describe_done(self):
        return f'Done · {GLib.format_size(self.easy.get_bytes_received())}'

    def _describe_failed(self):
        return self.error


def describe_time(seconds):
    if seconds < 60:
        return f'{max(round(seconds), 1)} s'
    if seconds < 3600:
        return f'{round(seconds / 60)} min'
    return f'{round(seconds / 3600)} h'


# [downloads]
class Downloads:
    def __init__(self, folder, ca_file=None, per_host=4):
        self.folder = folder
        # What has finished stays, to be looked at, until it is removed.
        self.multi = Msa.Multi(keep_finished=True, max_connections_per_host=per_host)
        if ca_file:
            self.multi.set_tls_config(Msa.TlsConfig.new_for_ca_file(ca_file))
        self.multi.attach()
        self.all = set()
        # The list changes a little later, with the next dispatch.
        self.model = Gtk.MapListModel.new(self.multi.get_transfers(), lambda easy: easy.download)

    def add(self, url):
        download = Download(self.multi, url, self.folder)
        self.all.add(download)
        return download

    def remove(self, download):
        download.remove()
        self.all.discard(download)

    def close(self, callback):
        """Cancels what runs, and calls when all is closed."""
        for download in list(self.all):
            self.remove(download)
        self.multi.close_async(None, lambda multi, result: callback())
# [/downloads]

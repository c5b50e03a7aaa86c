#!/usr/bin/env python3
# downloads.py: a download manager in GTK 4
#
#   downloads.py [--ca-file FILE] [--folder FOLDER] [--per-host N] [URL...]
#
# One multi drives all downloads, and its list of transfers is the model of the list. See docs/downloads.md.
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import os
import sys

import gi

gi.require_version('Gtk', '4.0')
from gi.repository import Gio, GLib, Gtk

from download import Downloads, check_url
from window import Window


# [application]
class Application(Gtk.Application):
    def __init__(self, downloads, urls=()):
        super().__init__(application_id='org.example.Downloads', flags=Gio.ApplicationFlags.NON_UNIQUE)
        self.downloads = downloads
        self.urls = urls

    def do_activate(self):
        window = Window(self, self.downloads)
        for url in self.urls:
            self.downloads.add(url)
        window.present()
# [/application]


def parse_url(text):
    try:
        return check_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse_folder(text):
    try:
        os.makedirs(text, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f'“{text}” cannot be saved to: {error.strerror}') from error
    return text


def parse_count(text):
    if not text.isdecimal() or not 0 < int(text) <= 100:
        raise argparse.ArgumentTypeError(f'“{text}” is no number from 1 to 100')
    return int(text)


def main(arguments=None):
    standard = GLib.get_user_special_dir(GLib.UserDirectory.DIRECTORY_DOWNLOAD) or os.path.expanduser('~/Downloads')
    parser = argparse.ArgumentParser(description='Downloads files, many at once.')
    parser.add_argument('urls', nargs='*', metavar='URL', type=parse_url)
    parser.add_argument('--ca-file', metavar='FILE', help='trust the certificates in this file')
    parser.add_argument('--folder', metavar='FOLDER', type=parse_folder, default=standard,
                        help='where files are saved (%(default)s)')
    parser.add_argument('--per-host', metavar='N', type=parse_count, default=4,
                        help='how many downloads run from one host at once (%(default)s)')
    options = parser.parse_args(arguments)
    return Application(Downloads(options.folder, options.ca_file, options.per_host), options.urls).run()


if __name__ == '__main__':
    sys.exit(main())

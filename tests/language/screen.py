# screen.py: an X server without a screen, and pictures of what is on it
#
# Xvfb keeps its frame buffer in a file, in the format of xwd; read() makes a Picture of it.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import struct
import subprocess
import tempfile

DEADLINE_S = 60
# Of the 25 numbers that a file of xwd begins with, those that are needed.
XWD_HEADER_SIZE, XWD_WIDTH, XWD_HEIGHT, XWD_BITS, XWD_STRIDE, XWD_N_COLOURS = 0, 4, 5, 11, 12, 19
XWD_COLOUR_BYTES = 12


class Picture:
    """Rows of RGB, three bytes a pixel."""

    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data

    @classmethod
    def load(cls, path):
        from gi.repository import GdkPixbuf

        pixbuf = GdkPixbuf.Pixbuf.new_from_file(path)
        width, height, stride, n = (pixbuf.get_width(), pixbuf.get_height(), pixbuf.get_rowstride(),
                                    pixbuf.get_n_channels())
        pixels = pixbuf.get_pixels()
        rows = [pixels[y * stride:y * stride + width * n] for y in range(height)]
        if n == 4:
            rows = [b''.join(row[x:x + 3] for x in range(0, len(row), 4)) for row in rows]
        return cls(width, height, b''.join(rows))

    def save(self, path):
        from gi.repository import Gdk, GLib

        texture = Gdk.MemoryTexture.new(self.width, self.height, Gdk.MemoryFormat.R8G8B8, GLib.Bytes.new(self.data),
                                        3 * self.width)
        texture.save_to_png(path)

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return tuple(self.data[at:at + 3])

    def cut(self, x, y, width, height):
        rows = [self.data[3 * (row * self.width + x):3 * (row * self.width + x + width)]
                for row in range(y, y + height)]
        return Picture(width, height, b''.join(rows))

    def pixels(self):
        return [tuple(self.data[at:at + 3]) for at in range(0, len(self.data), 3)]


class Screen:
    """An Xvfb on a free display."""

    def __init__(self, width, height):
        self.folder = tempfile.TemporaryDirectory()
        reading, writing = os.pipe()
        environment = {name: value for name, value in os.environ.items() if name != 'LD_PRELOAD'}
        self.process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(writing), '-screen', '0', f'{width}x{height}x24', '-fbdir', self.folder.name,
             '-nolisten', 'tcp', '-nocursor', '-dpi', '96'],
            pass_fds=[writing], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as lines:
            number = lines.readline().strip()
        if not number:
            self.close()
            raise RuntimeError('Xvfb did not start')
        self.display = ':' + number

    def close(self):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        self.folder.cleanup()

    def read(self, width, height):
        """What is at the top left."""
        with open(os.path.join(self.folder.name, 'Xvfb_screen0'), 'rb') as file:
            data = file.read()
        numbers = struct.unpack('>25I', data[:100])
        if numbers[XWD_BITS] != 32 or width > numbers[XWD_WIDTH] or height > numbers[XWD_HEIGHT]:
            raise RuntimeError('the screen is not as it was asked for')
        begin = numbers[XWD_HEADER_SIZE] + XWD_COLOUR_BYTES * numbers[XWD_N_COLOURS]
        out = bytearray(3 * width * height)
        for y in range(height):
            row = data[begin + y * numbers[XWD_STRIDE]:begin + y * numbers[XWD_STRIDE] + 4 * width]
            for channel in range(3):
                # In the order of this machine, which Xvfb takes too: blue, green, red, nothing.
                out[3 * y * width + channel:3 * (y + 1) * width:3] = row[2 - channel::4]
        return Picture(width, height, bytes(out))

# plot.py: CPU time of a request as SVG
#
# Both axes are logarithmic; each contender is a line, named at its end.
# SPDX-License-Identifier: LGPL-2.1-or-later

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 50, 60
FONT = 'font-family="sans-serif" font-size="13"'
LABEL_DISTANCE = 16

LINES = {
    'soup': ('libsoup', '#a347ba'),
    'curl': ('libcurl', '#c64600'),
    'msa': ('libmsa', '#1a5fb4'),
    'glib': ('GLib floor', '#26a269'),
    'bare': ('bare floor', '#77767b'),
}


class Scale:
    """Logarithmic, from values to pixels."""

    def __init__(self, low, high, start, end):
        self.low, self.start = math.log10(low), start
        self.factor = (end - start) / (math.log10(high) - self.low)

    def __call__(self, value):
        return self.start + (math.log10(value) - self.low) * self.factor


def text(x, y, words, anchor='start', color='#241f31', more=''):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" {FONT}{more}>{escape(words)}</text>'


def line(x1, y1, x2, y2, color='#deddda'):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def decades(low, high):
    """Powers of ten that hold both."""
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def spread(labels):
    """Moves labels, (y, ...) from above to below, apart."""
    placed = []
    for y, *rest in sorted(labels):
        if placed:
            y = max(y, placed[-1][0] + LABEL_DISTANCE)
        placed.append((y, *rest))
    return placed


def draw_axes(x, y, in_flights, ticks):
    parts = []
    for tick in ticks:
        parts += [line(LEFT, y(tick), WIDTH - RIGHT, y(tick)), text(LEFT - 8, y(tick) + 4, f'{tick:,g}', 'end')]
    for in_flight in in_flights:
        parts += [line(x(in_flight), TOP, x(in_flight), HEIGHT - BOTTOM),
                  text(x(in_flight), HEIGHT - BOTTOM + 20, f'{in_flight:,}', 'middle')]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 15, 'requests in flight', 'middle'))
    parts.append(text(LEFT, 25, 'CPU of the client for a small request, µs', more=' font-weight="bold"'))
    return parts


def draw_line(x, y, points, color):
    places = [(x(in_flight), y(value)) for in_flight, value in points]
    parts = [f'<polyline points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in places)}" fill="none" stroke="{color}"'
             ' stroke-width="2"/>']
    parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{color}"/>' for px, py in places]
    return parts


def draw(table):
    """table: in flight → contender → figures."""
    in_flights = sorted(int(in_flight) for in_flight in table)
    points = {name: [(n, table[str(n)][name]['total_us']) for n in in_flights if name in table[str(n)]]
              for name in LINES}
    values = [value for each in points.values() for _, value in each]
    ticks = decades(min(values), max(values))
    x = Scale(in_flights[0], in_flights[-1], LEFT, WIDTH - RIGHT)
    y = Scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)

    parts = draw_axes(x, y, in_flights, ticks)
    labels = []
    for name, (title, color) in LINES.items():
        if points[name]:
            parts += draw_line(x, y, points[name], color)
            last = points[name][-1][1]
            labels.append((y(last) + 4, f'{title}: {last:,.0f}' if last >= 100 else f'{title}: {last:.1f}', color))
    parts += [text(WIDTH - RIGHT + 12, place, words, color=color) for place, words, color in spread(labels)]

    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        '<title>CPU of the client for a small request</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *parts,
        '</svg>',
        '',
    ])

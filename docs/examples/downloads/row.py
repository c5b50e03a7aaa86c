# row.py: how a download looks in the list
#
# Rows are few and used again: bind() shows a download in one, unbind() lets go of it.
# SPDX-License-Identifier: LGPL-2.1-or-later

from gi.repository import Gio, Gtk, Pango

from download import State


def label_for_accessibility(widget, text):
    widget.set_tooltip_text(text)
    widget.update_property([Gtk.AccessibleProperty.LABEL], [text])


def new_button():
    button = Gtk.Button(valign=Gtk.Align.CENTER)
    button.add_css_class('flat')
    button.add_css_class('circular')
    return button


def file_icon(name):
    kind, _ = Gio.content_type_guess(name, None)
    names = Gio.content_type_get_symbolic_icon(kind).get_names()
    # Not the coloured ones that stand behind the symbolic ones.
    return Gio.ThemedIcon.new_from_names([name for name in names if name.endswith('-symbolic')] +
                                         ['text-x-generic-symbolic'])


# [row]
class Row(Gtk.Box):
    def __init__(self, downloads):
        super().__init__(spacing=12)
        self.add_css_class('download')
        self.downloads = downloads
        self.download = None

        self.icon = Gtk.Image(valign=Gtk.Align.CENTER, pixel_size=20)
        self.icon.add_css_class('kind')
        self.name = Gtk.Label(xalign=0, hexpand=True, ellipsize=Pango.EllipsizeMode.MIDDLE)
        self.name.add_css_class('name')
        self.host = Gtk.Label(xalign=1, ellipsize=Pango.EllipsizeMode.START)
        self.host.add_css_class('host')
        self.bar = Gtk.ProgressBar()
        self.detail = Gtk.Label(xalign=0, hexpand=True, ellipsize=Pango.EllipsizeMode.END)
        self.detail.add_css_class('detail')
        self.percent = Gtk.Label(xalign=1)
        self.percent.add_css_class('detail')
        self.switch = new_button()
        self.switch.connect('clicked', self.on_switch)
        self.away = new_button()
        self.away.set_icon_name('window-close-symbolic')
        self.away.connect('clicked', lambda button: self.downloads.remove(self.download))

        middle = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4, valign=Gtk.Align.CENTER)
        for widgets in ((self.name, self.host), (self.bar,), (self.detail, self.percent)):
            line = Gtk.Box(spacing=12)
            for widget in widgets:
                line.append(widget)
            middle.append(line)
        self.bar.set_hexpand(True)
        # As wide where there is one button.
        buttons = Gtk.Box(spacing=4, width_request=76, hexpand=False)
        buttons.append(self.switch)
        buttons.append(self.away)
        self.away.set_hexpand(True)
        self.away.set_halign(Gtk.Align.END)
        for widget in (self.icon, middle, buttons):
            self.append(widget)

    def bind(self, download):
        self.download = download
        self.handler = download.connect('changed', lambda download: self.update())
        self.update()

    def unbind(self):
        self.download.disconnect(self.handler)
        self.download = None
# [/row]

    # [switch]
    def on_switch(self, button):
        {State.PAUSED: self.download.resume, State.FAILED: self.download.start}.get(
            self.download.state, self.download.pause)()
    # [/switch]

    def update(self):
        download = self.download
        state = download.state
        self.name.set_text(download.name)
        self.host.set_text(download.host)
        self.set_tooltip_text(download.url)
        self.icon.set_from_gicon(file_icon(download.name))
        for other in State:
            (self.add_css_class if other is state else self.remove_css_class)(other.value)
        self.update_progress(state)
        self.update_buttons(state)

    def update_progress(self, state):
        fraction = self.download.fraction
        self.bar.set_visible(state in (State.WAITING, State.RUNNING, State.PAUSED))
        if fraction is not None:
            self.bar.set_fraction(fraction)
        elif self.download.is_endless:
            self.bar.pulse()
        else:
            self.bar.set_fraction(0)
        self.percent.set_visible(self.bar.get_visible() and fraction is not None)
        self.percent.set_text(f'{int(100 * fraction)} %' if fraction is not None else '')
        # A sentence about an error is read to its end.
        self.detail.set_wrap(state is State.FAILED)
        self.detail.set_lines(4 if state is State.FAILED else 1)
        self.detail.set_text(self.download.describe())

    def update_buttons(self, state):
        icon, words = {State.PAUSED: ('media-playback-start-symbolic', 'Resume'),
                       State.FAILED: ('view-refresh-symbolic', 'Retry')}.get(
                           state, ('media-playback-pause-symbolic', 'Pause'))
        self.switch.set_icon_name(icon)
        self.switch.set_visible(state is not State.DONE)
        label_for_accessibility(self.switch, f'{words} {self.download.name}')
        words = 'Remove from the list:' if state in (State.DONE, State.FAILED) else 'Cancel'
        label_for_accessibility(self.away, f'{words} {self.download.name}')

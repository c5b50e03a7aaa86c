# window.py: the window of the downloads: an entry, and a list or what is there instead of one
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import os

from gi.repository import GLib, Gtk

from download import State, check_url
from row import Row, label_for_accessibility

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'style.css')


# [list]
def new_list(downloads):
    factory = Gtk.SignalListItemFactory()
    factory.connect('setup', lambda factory, item: item.set_child(Row(downloads)))
    factory.connect('bind', lambda factory, item: item.get_child().bind(item.get_item()))
    factory.connect('unbind', lambda factory, item: item.get_child().unbind())
    view = Gtk.ListView(model=Gtk.NoSelection(model=downloads.model), factory=factory, show_separators=True)
    view.update_property([Gtk.AccessibleProperty.LABEL], ['Downloads'])
    return view
# [/list]


def new_empty_page():
    page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12, valign=Gtk.Align.CENTER, vexpand=True)
    page.add_css_class('empty-page')
    page.append(Gtk.Image(icon_name='folder-download-symbolic', pixel_size=96))
    for text, style in (('No downloads', 'title-2'), ('Paste a URL above to begin', 'detail')):
        label = Gtk.Label(label=text, wrap=True, justify=Gtk.Justification.CENTER)
        label.add_css_class(style)
        page.append(label)
    return page


class Window(Gtk.ApplicationWindow):
    def __init__(self, application, downloads):
        super().__init__(application=application, title='Downloads', default_width=720, default_height=560)
        self.downloads = downloads
        provider = Gtk.CssProvider()
        provider.load_from_path(STYLE)
        Gtk.StyleContext.add_provider_for_display(self.get_display(), provider,
                                                  Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)

        self.clear = Gtk.Button(icon_name='edit-clear-all-symbolic')
        label_for_accessibility(self.clear, 'Remove what is done from the list')
        self.clear.connect('clicked', self.on_clear)
        header = Gtk.HeaderBar()
        header.pack_end(self.clear)
        self.set_titlebar(header)

        self.list = new_list(downloads)
        self.stack = Gtk.Stack(vexpand=True)
        self.stack.add_named(new_empty_page(), 'empty')
        self.stack.add_named(Gtk.ScrolledWindow(child=self.list, hscrollbar_policy=Gtk.PolicyType.NEVER), 'list')
        downloads.model.connect('items-changed', self.on_items_changed)
        self.on_items_changed(downloads.model, 0, 0, 0)

        content = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        content.append(self.new_entry())
        content.append(self.stack)
        self.set_child(content)
        self.add_shortcuts()
        self.connect('close-request', self.on_close_request)

    def new_entry(self):
        self.entry = Gtk.Entry(hexpand=True, placeholder_text='https://', input_purpose=Gtk.InputPurpose.URL)
        self.entry.update_property([Gtk.AccessibleProperty.LABEL], ['URL'])
        self.entry.connect('activate', self.on_add)
        self.entry.connect('changed', lambda entry: self.tell(None))
        self.button = Gtk.Button(label='_Download', use_underline=True)
        self.button.add_css_class('suggested-action')
        self.button.connect('clicked', self.on_add)
        self.message = Gtk.Label(xalign=0, wrap=True, visible=False)
        self.message.add_css_class('message')
        grid = Gtk.Grid(column_spacing=8, row_spacing=4)
        grid.add_css_class('entry-bar')
        grid.attach(self.entry, 0, 0, 1, 1)
        grid.attach(self.button, 1, 0, 1, 1)
        grid.attach(self.message, 0, 1, 2, 1)
        return grid

    def add_shortcuts(self):
        shortcuts = Gtk.ShortcutController(scope=Gtk.ShortcutScope.GLOBAL)
        for keys, function in (('<Control>l', lambda *_: self.entry.grab_focus()),
                               ('<Control>w', lambda *_: self.close() or True),
                               ('<Control>q', lambda *_: self.close() or True)):
            shortcuts.add_shortcut(Gtk.Shortcut.new(Gtk.ShortcutTrigger.parse_string(keys),
                                                    Gtk.CallbackAction.new(function)))
        self.add_controller(shortcuts)

    def tell(self, text):
        """Shows what is wrong with the URL; None: nothing."""
        self.message.set_visible(text is not None)
        self.message.set_text(text or '')
        (self.entry.remove_css_class if text is None else self.entry.add_css_class)('error')

    # [add]
    def on_add(self, widget):
        try:
            url = check_url(self.entry.get_text())
        except ValueError as error:
            self.tell(str(error))
            return
        self.downloads.add(url)
        self.entry.set_text('')
    # [/add]

    def on_items_changed(self, model, position, n_removed, n_added):
        count = model.get_n_items()
        self.stack.set_visible_child_name('list' if count else 'empty')
        self.clear.set_sensitive(count > 0)
        if n_added and position + n_added == count:
            self.list.activate_action('list.scroll-to-item', GLib.Variant('u', count - 1))

    def on_clear(self, button):
        for download in list(self.downloads.all):
            if download.state is State.DONE:
                self.downloads.remove(download)

    # [close]
    def on_close_request(self, window):
        """Downloads that run are cancelled; the window goes at once, the program when all is closed."""
        self.set_visible(False)
        self.downloads.close(self.destroy)
        return True
    # [/close]

/* fetch.vala: fetches a URL, and tells how long its body is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
async void fetch (Msa.Multi multi, string uri) {
    try {
        var body = yield multi.fetch_async (uri);
        print ("%zu bytes\n", body.get_size ());
    } catch (Error e) {
        printerr ("%s\n", e.message);
    }
}

void main (string[] args) {
    Intl.setlocale ();
    var loop = new MainLoop ();
    var multi = new Msa.Multi ();
    fetch.begin (multi, args[1] ?? "https://example.org/", () => loop.quit ());
    loop.run ();
}

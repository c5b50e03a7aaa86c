/* first.vala: fetches a URL, and tells how long its body is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
async int fetch (string uri) {
	var multi = new Msa.Multi ();
	try {
		var body = yield multi.fetch_async (uri);
		print ("%zu bytes\n", body.get_size ());
		return 0;
	} catch (Error e) {
		printerr ("%s\n", e.message);
		return 1;
	}
}

int main (string[] args) {
	Intl.setlocale ();
	var loop = new MainLoop ();
	var status = 0;
	fetch.begin (args[1] ?? "https://example.org/", (object, result) => {
		status = fetch.end (result);
		loop.quit ();
	});
	loop.run ();
	return status;
}

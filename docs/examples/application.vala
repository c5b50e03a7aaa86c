/* application.vala: a transfer in an application of GLib; one of GTK is the same
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
class Example : Application {
	Msa.Multi multi = new Msa.Multi ();
	string uri;

	public Example (string uri) {
		this.uri = uri;
	}

	public override void activate () {
		load.begin ();
	}

	async void load () {
		/* Keeps the application running: a window would do so by itself. */
		hold ();
		try {
			var body = yield multi.fetch_async (uri);
			print ("%zu bytes\n", body.get_size ());
		} catch (Error e) {
			print ("%s\n", e.message);
		}
		release ();
	}
}

int main (string[] args) {
	Intl.setlocale ();
	return new Example (args[1]).run ();
}

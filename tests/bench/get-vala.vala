/* get-vala.vala: libmsa in Vala, see get-msa.c
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
class Get {
	Bench bench;
	Msa.Multi multi = new Msa.Multi ();
	MainLoop loop = new MainLoop ();
	Msa.Easy[] easies = {};

	public Get (string[] args) {
		Bench.init (out bench, args);
		multi.max_connections_per_host = bench.in_flight;
		multi.max_idle_connections = bench.in_flight;
		multi.attach ();
	}

	void ask (Msa.Easy easy) {
		if (!bench.start ())
			return;
		try {
			multi.add (easy);
		} catch (Error error) {
			GLib.error ("%s", error.message);
		}
	}

	void finish (uint status, size_t length) {
		bench.finish (status, length);
		if (bench.is_over ())
			loop.quit ();
	}

	void on_completed (Msa.Easy easy, Error? error) {
		finish (easy.status, easy.get_body ().length);
		ask (easy);
	}

	async void fetch () {
		while (bench.start ()) {
			try {
				var body = yield multi.fetch_async (bench.uri, null);
				finish (200, body.length);
			} catch (Error error) {
				GLib.error ("%s", error.message);
			}
		}
	}

	public void run () {
		for (var i = 0; i < bench.in_flight; i++) {
			if (bench.mode == "fetch") {
				fetch.begin ();
				continue;
			}
			var easy = new Msa.Easy (bench.uri);
			easy.completed.connect (on_completed);
			easies += easy;
			ask (easy);
		}
		loop.run ();
		bench.report ();
	}
}

int main (string[] args) {
	new Get (args).run ();
	return 0;
}

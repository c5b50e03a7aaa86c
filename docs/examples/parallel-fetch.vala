/* parallel-fetch.vala: fetches many URLs at once
 *
 *   parallel-fetch [--ca-file=FILE] [--count=N] [--progress] URL…
 *
 * Bodies are counted and thrown away. The same program stands beside this one in C, Python and JavaScript.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
class Fetch {
	const uint MAX_CONNECTIONS_PER_HOST = 100;
	const uint MAX_ERRORS_SHOWN = 5;
	const uint PROGRESS_INTERVAL_MS = 100;

	MainLoop loop = new MainLoop ();
	Msa.Multi multi = new Msa.Multi ();
	string[] errors = {};
	uint n_left = 0;
	uint n_done = 0;
	uint n_failed = 0;
	uint64 n_bytes = 0;

	public Fetch () {
		multi.attach ();
		multi.max_connections_per_host = MAX_CONNECTIONS_PER_HOST;
		if (ca_file != null)
			multi.tls_config = new Msa.TlsConfig.for_ca_file (ca_file);
	}

	Msa.WriteResult on_data (Msa.Easy easy, uint8[] data) {
		n_bytes += data.length;
		return CONTINUE;
	}

	void on_completed (Msa.Easy easy, Error? error) {
		if (error == null && easy.status < 400)
			n_done++;
		else if (n_failed++ < MAX_ERRORS_SHOWN)
			errors += @"$(easy.uri): $(error != null ? error.message : @"HTTP status $(easy.status)")";
		if (--n_left == 0)
			loop.quit ();
	}

	public void add (string url) {
		var easy = new Msa.Easy (url);
		easy.set_write_func (on_data);
		easy.completed.connect (on_completed);
		n_left++;
		try {
			// The multi holds the easy until it has ended. A bad URL is heard of then.
			multi.add (easy);
		} catch (Error error) {
			on_completed (easy, error);
		}
	}

	bool on_progress () {
		print ("\r%u done, %u failed, %.1f MB ", n_done, n_failed, n_bytes / 1e6);
		return Source.CONTINUE;
	}

	public int run () {
		var start_us = get_monotonic_time ();
		if (show_progress)
			Timeout.add (PROGRESS_INTERVAL_MS, on_progress);
		loop.run ();
		if (show_progress) {
			on_progress ();
			print ("\n");
		}

		foreach (unowned var line in errors)
			printerr ("%s\n", line);
		print ("done    %12u\n", n_done);
		print ("failed  %12u\n", n_failed);
		print ("bytes   %12" + uint64.FORMAT + "\n", n_bytes);
		print ("seconds %12.3f\n", (get_monotonic_time () - start_us) / 1e6);
		return n_failed > 0 ? 1 : 0;
	}
}

string? ca_file;
int count;
bool show_progress;
[CCode (array_length = false, array_null_terminated = true)]
string[]? urls;

const OptionEntry[] options = {
	{ "ca-file", 0, 0, FILENAME, ref ca_file, "Trust the certificates in this file", "FILE" },
	{ "count", 0, 0, INT, ref count, "Fetch each URL so many times (1)", "N" },
	{ "progress", 0, 0, NONE, ref show_progress, "Show progress also where it is no terminal", null },
	{ OPTION_REMAINING, 0, 0, STRING_ARRAY, ref urls, null, "URL…" },
	{ null }
};

int main (string[] args) {
	var context = new OptionContext ();

	Intl.setlocale ();
	count = 1;
	show_progress = Posix.isatty (Posix.STDOUT_FILENO);
	context.add_main_entries (options, null);
	try {
		context.parse (ref args);
		if (urls == null || count < 1)
			throw new OptionError.BAD_VALUE ("A URL and a count above 0 are needed");
	} catch (OptionError error) {
		printerr ("%s\n%s", error.message, context.get_help (true, null));
		return 2;
	}

	var fetch = new Fetch ();
	for (var i = 0; i < count; i++)
		foreach (unowned var url in urls)
			fetch.add (url);
	return fetch.run ();
}

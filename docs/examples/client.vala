/* client.vala: what one transfer can be told to do, one command each
 *
 *   client get|post|upload|headers|download|stream|progress|timeouts|cancel|list URL [FILE]
 *
 * FILE is what `download` writes and `upload` reads; with the others, an authority to trust.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
string? file_name;

void post (Msa.Easy easy) {
	/* [post] */
	var json = "{\"name\": \"value\"}";
	easy.set_body ("application/json", new Bytes (json.data));
	/* [/post] */
}

void upload (Msa.Easy easy) {
	/* [upload] */
	easy.method = "PUT";
	easy.set_body_file ("application/octet-stream", File.new_for_path (file_name));
	/* [/upload] */
}

void headers (Msa.Easy easy) throws Error {
	/* [headers-send] */
	easy.get_request_headers ().replace ("Accept", "application/json");
	easy.user_agent = "client/1.0";
	/* [/headers-send] */
	/* [headers-read] */
	easy.headers.connect ((its) => {
		unowned var fields = its.response_headers;
		print ("Content-Type: %s\n", fields["content-type"]);
		fields.foreach ((name, value) => print ("%s is %s\n", name, value));
	});
	/* [/headers-read] */
}

void download (Msa.Easy easy) {
	/* [download] */
	easy.set_output_file (File.new_for_path (file_name));
	/* [/download] */
}

void stream (Msa.Easy easy) {
	/* [stream] */
	var checksum = new Checksum (SHA256);
	easy.set_write_func ((its, data) => {
		checksum.update (data, data.length);
		return CONTINUE;
	});
	easy.completed.connect (() => print ("%s\n", checksum.get_string ()));
	/* [/stream] */
}

void progress (Msa.Easy easy) {
	/* [progress] */
	easy.progress.connect ((its) => {
		if (its.content_length > 0)
			print ("%.0f %%\n", 100.0 * its.bytes_received / its.content_length);
		else
			print ("%s bytes\n", its.bytes_received.to_string ());
	});
	/* [/progress] */
}

void timeouts (Msa.Easy easy) {
	/* [timeouts] */
	easy.timeout_ms = 60000; /* for all of it */
	easy.connect_timeout_ms = 5000; /* until the request can be sent */
	easy.response_timeout_ms = 500; /* for the response to begin */
	easy.idle_timeout_ms = 10000; /* for the next byte */
	/* [/timeouts] */
}

async void cancel (Msa.Multi multi, Msa.Easy easy) throws Error {
	/* [cancel] */
	var cancellable = new Cancellable ();
	easy.headers.connect (() => cancellable.cancel ());
	yield multi.run_async (easy, Priority.DEFAULT, cancellable);
	/* [/cancel] */
}

void list (Msa.Multi multi, Msa.Easy easy) {
	easy.headers.connect (() => {
		/* [list] */
		foreach (var its in multi.get_transfers ())
			print ("%s is running\n", its.uri);
		/* [/list] */
	});
}

async void run (Msa.Multi multi, Msa.Easy easy, string command) throws Error {
	switch (command) {
	case "post":
		post (easy);
		break;
	case "upload":
		upload (easy);
		break;
	case "headers":
		headers (easy);
		break;
	case "download":
		download (easy);
		break;
	case "stream":
		stream (easy);
		break;
	case "progress":
		progress (easy);
		break;
	case "timeouts":
		timeouts (easy);
		break;
	case "list":
		list (multi, easy);
		break;
	case "cancel":
		yield cancel (multi, easy);
		return;
	}

	/* [run] */
	yield multi.run_async (easy);
	print ("%u, %s bytes\n", easy.status, easy.bytes_received.to_string ());
	/* [/run] */
}

async int try_to_run (string command, string uri) {
	var multi = new Msa.Multi ();
	var easy = new Msa.Easy (uri);
	if (file_name != null && command != "upload" && command != "download") {
		/* [tls] */
		multi.tls_config = new Msa.TlsConfig.for_ca_file (file_name);
		/* [/tls] */
	}

	/* [errors] */
	try {
		yield run (multi, easy, command);
		return 0;
	} catch (Msa.Error.CONNECT e) {
		print ("Nobody is there: %s\n", e.message);
	} catch (Msa.Error.TLS_VERIFY e) {
		print ("It is not who it says: %s\n", e.message);
	} catch (IOError.CANCELLED e) {
		print ("Cancelled\n");
	} catch (Error e) {
		print ("%s\n", e.message);
	}
	return 1;
	/* [/errors] */
}

int main (string[] args) {
	Intl.setlocale ();
	if (args.length < 3) {
		printerr ("Usage: client COMMAND URL [FILE]\n");
		return 2;
	}

	file_name = args[3];
	var loop = new MainLoop ();
	var status = 0;
	try_to_run.begin (args[1], args[2], (object, result) => {
		status = try_to_run.end (result);
		loop.quit ();
	});
	loop.run ();
	return status;
}

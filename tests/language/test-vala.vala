/* test-vala.vala: the public API, transfers and loops in Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
const uint DEADLINE_S = 60;

Subprocess server_process;
string plain;
string tls;
string ca_file;

/* What the server gives for /bytes/N. */
uint8[] pattern (size_t length) {
	var bytes = new uint8[length];
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8) (i % 251);
	return bytes;
}

void assert_pattern (Bytes? body, size_t length) {
	assert (body != null);
	assert (body.compare (new Bytes (pattern (length))) == 0);
}

void start_server () throws Error {
	server_process = new Subprocess (STDIN_PIPE | STDOUT_PIPE, Environment.get_variable ("MSA_EXAMPLE_SERVER"));
	var output = new DataInputStream (server_process.get_stdout_pipe ());
	var words = output.read_line (null).split (" ");
	plain = words[0];
	tls = words[1];
	ca_file = words[2];
}

void stop_server () throws Error {
	server_process.get_stdin_pipe ().close ();
	server_process.wait ();
}

Msa.Multi attached () {
	var multi = new Msa.Multi ();
	multi.attach ();
	multi.tls_config = new Msa.TlsConfig.for_ca_file (ca_file);
	return multi;
}

/* Runs the loop until it is quit, in time. */
void run_loop (MainLoop loop) {
	var timer = Timeout.add_seconds (DEADLINE_S, () => { error ("nothing happened"); });
	loop.run ();
	Source.remove (timer);
}

/* Waits for an asynchronous function that takes nothing. */
delegate void Begin (owned AsyncReadyCallback callback);

AsyncResult wait_for (owned Begin begin) {
	var loop = new MainLoop ();
	AsyncResult? its = null;
	begin ((object, result) => {
		its = result;
		loop.quit ();
	});
	run_loop (loop);
	return its;
}

/* Adds an easy and gives what ::completed gave. */
Error? run_easy (Msa.Multi multi, Msa.Easy easy) {
	var loop = new MainLoop ();
	Error? its = null;
	var handler = easy.completed.connect ((error) => {
		its = error;
		loop.quit ();
	});
	try {
		multi.add (easy);
	} catch (Error error) {
		assert_not_reached ();
	}
	run_loop (loop);
	easy.disconnect (handler);
	return its;
}

void test_enumerations () {
	assert (Msa.SOCKET_TIMEOUT == -1);
	assert ((int) Msa.WriteResult.ABORT == 0);
	assert ((int) Msa.HttpVersion.HTTP_1_1 == 2);
	assert ((int) Msa.TlsVersion.TLS_1_3 == 2);
	assert ((int) Msa.SocketEvents.OUT == (int) IOCondition.OUT);
	assert ((Msa.Directions.RECEIVE | Msa.Directions.SEND) == Msa.Directions.BOTH);
	assert (Msa.supports_scheme ("https"));
	assert (!Msa.has_feature ("no such feature"));
	assert (Msa.get_version ().has_prefix ("%d.%d.".printf (Msa.MAJOR_VERSION, Msa.MINOR_VERSION)));
}

void test_properties () {
	var easy = new Msa.Easy () {
		uri = "http://127.0.0.1/",
		timeout_ms = 5,
		max_body_bytes = -1
	};
	assert (easy.get_uri () == "http://127.0.0.1/");
	assert (easy.timeout_ms == 5 && easy.max_body_bytes == -1);
	assert (easy.status == 0 && easy.body == null && easy.get_error () == null && easy.effective_uri == null);
	assert (easy.state == IDLE);
	var copy = easy.copy ();
	easy.reset ();
	assert (easy.uri == null && copy.uri == "http://127.0.0.1/");
	Msa.TlsConfig config = (Msa.TlsConfig) Object.new (typeof (Msa.TlsConfig), "verify-name", false);
	assert (!config.verify_name && config.verify_chain);
}

void test_headers () {
	var headers = new Msa.Headers ();
	try {
		headers.append ("Accept", "text/html");
		headers.append ("X-List", "1");
		headers.append ("x-list", "2");
		assert (headers.get ("ACCEPT") == "text/html");
		assert (headers["accept"] == "text/html");
		assert (headers.get_all ("X-List").length == 2);
		unowned string? value;
		assert (headers.get_nth (1, out value) == "X-List" && value == "1");
		var seen = "";
		headers.foreach ((name, its) => seen += @"$name=$its ");
		assert (seen == "Accept=text/html X-List=1 x-list=2 ");
		assert (headers.replace ("Accept", "*/*") && headers.remove ("x-list"));
		assert (headers.get_length () == 1 && headers.copy ().get_length () == 1);
		headers.append ("Bad Name", "x");
		assert_not_reached ();
	} catch (Error error) {
		assert (error is Msa.Error.INVALID_ARGUMENT);
	}
}

void test_results () {
	foreach (unowned var path in new string[] { "/bytes/70000", "/chunked/70000" })
		foreach (unowned var server in new string[] { plain, tls }) {
			var easy = new Msa.Easy (server + path);
			assert (run_easy (attached (), easy) == null);
			assert (easy.status == 200 && easy.reason_phrase == "OK" && easy.state == DONE);
			assert_pattern (easy.body, 70000);
			assert (easy.bytes_received == 70000);
			assert (easy.effective_uri == server + path && easy.dup_effective_uri () == server + path);
			assert (easy.remote_address != null);
			assert (easy.get_response_headers ().get_length () > 0);
		}
}

void test_body_is_sent () {
	var easy = new Msa.Easy (plain + "/echo");
	easy.set_body ("text/x-test", new Bytes (pattern (70000)));
	assert (run_easy (attached (), easy) == null);
	assert_pattern (easy.body, 70000);
	assert (easy.bytes_sent == 70000);
}

void test_signals () {
	var multi = attached ();
	var easy = new Msa.Easy (plain + "/hints");
	var seen = "";
	easy.informational.connect ((status, headers) => seen += @"$status $(headers.get ("link")) ");
	easy.headers.connect (() => seen += @"$(easy.status) ");
	easy.completed.connect ((error) => seen += "easy ");
	multi.completed.connect ((its, error) => seen += its == easy && error == null ? "multi " : "wrong ");
	run_easy (multi, easy);
	assert (seen == "103 </style.css>; rel=preload 200 easy multi ");
}

void test_errors () {
	var multi = attached ();
	assert (run_easy (multi, new Msa.Easy ("http://")) is Msa.Error.BAD_URI);
	assert (run_easy (multi, new Msa.Easy ("gopher://127.0.0.1/")) is Msa.Error.UNSUPPORTED_SCHEME);
	assert (run_easy (multi, new Msa.Easy (plain + "/never") { timeout_ms = 50 }) is Msa.Error.TIMED_OUT);
	assert (run_easy (multi, new Msa.Easy (plain + "/truncated/10")) is Msa.Error.TRUNCATED);
	assert (run_easy (multi, new Msa.Easy (plain + "/bytes/10") { max_body_bytes = 9 }) is Msa.Error.TOO_LARGE);
	multi.tls_config = null;
	assert (run_easy (multi, new Msa.Easy (tls + "/bytes/10")) is Msa.Error.TLS_VERIFY);
}

void test_write_func () {
	var received = new ByteArray ();
	var easy = new Msa.Easy (plain + "/bytes/500000");
	easy.set_write_func ((its, data) => {
		assert (its.status == 200);
		assert (data.length > 0);
		received.append (data);
		return CONTINUE;
	});
	assert (run_easy (attached (), easy) == null);
	assert (easy.body == null);
	assert_pattern (ByteArray.free_to_bytes ((owned) received), 500000);
	easy.set_write_func (() => { return ABORT; });
	assert (run_easy (attached (), easy) is Msa.Error.WRITE);
	easy.set_write_func (null);
	assert (run_easy (attached (), easy) == null);
	assert_pattern (easy.body, 500000);
}

void test_write_func_replaced_within_itself () {
	var seen = "";
	var easy = new Msa.Easy (plain + "/bytes/10");
	var multi = attached ();
	easy.set_write_func ((its, data) => {
		its.set_write_func (() => {
			seen += "second";
			return CONTINUE;
		});
		seen += "first ";
		return CONTINUE;
	});
	run_easy (multi, easy);
	run_easy (multi, easy);
	assert (seen == "first second");
}

async void call_all () throws Error {
	var multi = new Msa.Multi ();
	assert_pattern (yield multi.fetch_async (plain + "/bytes/1000"), 1000);
	try {
		yield multi.fetch_async (plain + "/status/404");
		assert_not_reached ();
	} catch (Msa.Error.HTTP_STATUS error) {
		assert ("404" in error.message);
	}

	var easy = new Msa.Easy (plain + "/bytes/10");
	assert (yield multi.run_async (easy));
	assert_pattern (easy.body, 10);

	var cancellable = new Cancellable ();
	easy.uri = plain + "/never";
	Idle.add (() => {
		cancellable.cancel ();
		return Source.REMOVE;
	});
	try {
		yield multi.run_async (easy, Priority.DEFAULT, cancellable);
		assert_not_reached ();
	} catch (IOError.CANCELLED error) {
	}

	assert (yield multi.close_async ());
	try {
		multi.add (easy);
		assert_not_reached ();
	} catch (Msa.Error.CLOSED error) {
	}
}

void test_async () {
	var result = wait_for ((callback) => call_all.begin ((owned) callback));
	try {
		call_all.end (result);
	} catch (Error error) {
		GLib.error ("%s", error.message);
	}
}

/* Drives a multi by its two functions. */
class Driver {
	unowned Msa.Multi multi;
	HashTable<int, uint> sources = new HashTable<int, uint> (direct_hash, direct_equal);
	uint timer = 0;

	public Driver (Msa.Multi multi) {
		this.multi = multi;
		multi.set_socket_func (watch);
		multi.set_timer_func (set_timer);
	}

	void watch (Msa.Multi its, int fd, Msa.SocketEvents wanted, bool removed) {
		var known = sources.contains (fd);
		assert (known || !removed);
		if (known)
			Source.remove (sources.take (fd));
		if (removed)
			return;
		sources[fd] = new IOChannel.unix_new (fd).add_watch ((IOCondition) wanted, (channel, events) => {
			act (channel.unix_get_fd (), (Msa.SocketEvents) events);
			return Source.CONTINUE;
		});
		/* Kept with the descriptor until it is removed. */
		assert (its.assign (fd, this));
		assert (its.get_assigned (fd) == this);
	}

	void set_timer (Msa.Multi its, int timeout_ms) {
		if (timer != 0)
			Source.remove (timer);
		timer = 0;
		if (timeout_ms >= 0)
			timer = Timeout.add (timeout_ms, () => {
				timer = 0;
				act (Msa.SOCKET_TIMEOUT, NONE);
				return Source.REMOVE;
			});
	}

	void act (int fd, Msa.SocketEvents events) {
		try {
			multi.socket_action (fd, events);
		} catch (Error error) {
			assert_not_reached ();
		}
	}

	public void close () {
		multi.detach ();
		assert (sources.length == 0);
		set_timer (multi, -1);
	}
}

void test_functions () {
	var multi = new Msa.Multi ();
	var driver = new Driver (multi);
	var loop = new MainLoop ();
	var left = 100;
	multi.tls_config = new Msa.TlsConfig.for_ca_file (ca_file);
	multi.completed.connect ((easy, error) => {
		assert (error == null);
		assert (easy.bytes_received == easy.get_data<int> ("number"));
		if (--left == 0)
			loop.quit ();
	});
	for (var i = 0; i < 100; i++) {
		var easy = new Msa.Easy ("%s/bytes/%d".printf (i % 2 == 0 ? plain : tls, i));
		easy.set_data<int> ("number", i);
		try {
			multi.add (easy);
		} catch (Error error) {
			assert_not_reached ();
		}
	}
	run_loop (loop);
	driver.close ();
}

void test_perform_and_poll () {
	var multi = new Msa.Multi ();
	try {
		for (var i = 0; i < 20; i++)
			multi.add (new Msa.Easy (@"$plain/bytes/$i"));
		uint n_running, n_left, n_read = 0;
		multi.perform (out n_running);
		while (n_running > 0) {
			assert (multi.get_poll_fds ().length > 0);
			multi.poll (1000);
			multi.perform (out n_running);
		}
		assert (multi.perform () && n_running == 0);
		for (var easy = multi.info_read (out n_left); easy != null; easy = multi.info_read (out n_left)) {
			assert (easy.get_error () == null);
			n_read++;
			assert (n_read + n_left == 20);
		}
		assert (n_read == 20);
	} catch (Error error) {
		assert_not_reached ();
	}
}

void test_list () {
	var multi = new Msa.Multi ();
	var easy = new Msa.Easy (plain + "/never");
	try {
		multi.add (easy);
		multi.add (easy);
		assert_not_reached ();
	} catch (Error error) {
		assert (error is Msa.Error.ALREADY_ADDED);
	}
	ListModel list = multi.get_transfers ();
	assert (list.get_n_items () == 1);
	assert (list.get_item (0) == easy);
	var count = 0;
	foreach (var its in multi.get_transfers ()) {
		assert (its == easy && its.uri == plain + "/never");
		count++;
	}
	assert (count == 1 && multi.get_transfers ()[0] == easy && multi.get_transfers ().size == 1);
	multi.remove (easy);
	assert (multi.n_running == 0);
}

void test_thousand () {
	var multi = attached ();
	var loop = new MainLoop ();
	var left = 1000;
	multi.max_connections_per_host = 50;
	for (var i = 0; i < 1000; i++) {
		var number = i;
		var easy = new Msa.Easy ("%s/bytes/%d".printf (i % 2 == 0 ? plain : tls, i));
		easy.completed.connect ((its, error) => {
			assert (error == null);
			assert_pattern (its.body, number);
			if (--left == 0)
				loop.quit ();
		});
		try {
			multi.add (easy);
		} catch (Error error) {
			assert_not_reached ();
		}
	}
	run_loop (loop);
	assert (multi.n_running == 0);
}

/* What an application has a say in when connections are made. */

/* Runs an easy over TLS with a multi that does not trust the server. */
delegate bool Judge (Msa.CertificateRequest request);

Error? run_doubtful (Judge judge, out Msa.Easy easy = null) {
	var multi = new Msa.Multi ();
	multi.attach ();
	easy = new Msa.Easy (tls + "/bytes/10");
	easy.accept_certificate.connect ((request) => judge (request));
	return run_easy (multi, easy);
}

void test_accept_certificate () {
	Msa.Easy easy;
	assert (run_doubtful ((request) => {
		assert (request.get_host () == "localhost" && request.get_port () > 0);
		assert ("localhost" in request.get_message ());
		assert (TlsCertificateFlags.UNKNOWN_CA in request.get_errors ());
		GenericArray<Bytes> chain = request.dup_chain ();
		assert (chain.length == 1 && chain[0].get_size () > 0);
		request.accept ();
		return true;
	}, out easy) == null);
	assert (TlsCertificateFlags.UNKNOWN_CA in easy.peer_errors);
	/* What is taken out of it stays. */
	Bytes certificate = easy.dup_peer_chain ()[0];
	easy = null;
	assert (certificate.get_size () > 0);

	assert (run_doubtful ((request) => {
		Idle.add (() => {
			request.accept ();
			return Source.REMOVE;
		});
		return true;
	}) == null);
	assert (run_doubtful (() => true) is Msa.Error.TLS_VERIFY);
	assert (run_doubtful (() => false) is Msa.Error.TLS_VERIFY);
	assert (run_doubtful ((request) => {
		request.reject ();
		return true;
	}) is Msa.Error.TLS_VERIFY);
}

void test_key_password () {
	string folder, certificate, key;
	try {
		folder = DirUtils.make_tmp ("msa-client-XXXXXX");
		certificate = folder + "/client.pem";
		key = folder + "/client-key.pem";
		string[] command = {
			"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "1",
			"-subj", "/CN=client", "-passout", "pass:open sesame", "-keyout", key, "-out", certificate
		};
		new Subprocess.newv (command, STDOUT_SILENCE | STDERR_SILENCE).wait_check ();
	} catch (Error error) {
		GLib.error ("%s", error.message);
	}

	var easy = new Msa.Easy (tls + "/bytes/10");
	easy.tls_config = (Msa.TlsConfig) Object.new (typeof (Msa.TlsConfig), "ca-file", ca_file, "certificate-file",
	                                              certificate, "key-file", key);
	var asked = 0;
	easy.key_password.connect ((request) => {
		assert (request.get_retry () == (asked > 0));
		assert (key in request.get_message ());
		request.answer (asked++ == 0 ? "wrong" : "open sesame");
		return true;
	});
	assert (run_easy (attached (), easy) == null);
	assert (asked == 2);

	var other = easy.copy ();
	other.key_password.connect ((request) => {
		request.cancel ();
		return true;
	});
	assert (run_easy (attached (), other) is Msa.Error.TLS_PASSWORD);

	foreach (unowned var path in new string[] { certificate, key })
		FileUtils.unlink (path);
	DirUtils.remove (folder);
}

void test_address_and_open_func () {
	var multi = attached ();
	var seen = "";
	multi.set_address_func ((its, easy, address) => {
		assert (its == multi);
		seen += ((InetSocketAddress) address).address.to_string () + " ";
		return true;
	});
	multi.set_open_func ((its, easy, address) => {
		seen += "open ";
		try {
			return new Socket (address.get_family (), STREAM, TCP);
		} catch (Error error) {
			return null;
		}
	});
	assert (run_easy (multi, new Msa.Easy (plain + "/bytes/10")) == null);
	assert (seen == "127.0.0.1 open ");

	multi.set_open_func (() => null);
	assert (run_easy (multi, new Msa.Easy (plain + "/bytes/10")) is Msa.Error.CONNECT);
	multi.set_open_func (null);
	multi.set_address_func (() => false);
	assert (run_easy (multi, new Msa.Easy (plain + "/bytes/10")) is Msa.Error.CONNECT);
	multi.set_address_func (null);
	assert (run_easy (multi, new Msa.Easy (plain + "/bytes/10")) == null);
}

class MappingResolver : Resolver {
	public override List<InetAddress> lookup_by_name_with_flags (string name, ResolverNameLookupFlags flags,
	                                                             Cancellable? cancellable) throws Error {
		if (name != "vala.test")
			throw new ResolverError.NOT_FOUND ("no such name in Vala");
		var addresses = new List<InetAddress> ();
		if (!(ResolverNameLookupFlags.IPV6_ONLY in flags))
			addresses.append (new InetAddress.from_string ("127.0.0.1"));
		return addresses;
	}
}

void test_names () {
	var multi = attached ();
	var port = plain.substring (plain.last_index_of_char (':'));
	multi.resolver = new MappingResolver ();
	assert (run_easy (multi, new Msa.Easy ("http://vala.test" + port + "/bytes/10")) == null);
	var error = run_easy (multi, new Msa.Easy ("http://other.test" + port + "/bytes/10"));
	assert (error is Msa.Error.RESOLVE && "no such name in Vala" in error.message);

	var easy = new Msa.Easy ("http://other.test" + port + "/bytes/10");
	assert (easy.get_resolve () == null && easy.resolve.length == 0);
	easy.resolve = { "other.test" + port + ":127.0.0.1" };
	assert (easy.resolve.length == 1 && run_easy (multi, easy) == null);
	easy.resolve = null;
	easy.set_connect_to ({ "::127.0.0.1" + port });
	assert (run_easy (multi, easy) == null);
	easy.connect_to = {};
	easy.ip_version = IPV4;
	assert (run_easy (multi, easy) is Msa.Error.RESOLVE);
	easy.unix_socket_path = "/nonexistent/socket";
	assert (run_easy (multi, easy) is Msa.Error.CONNECT);
}

void test_session_store () {
	var store = new Msa.TlsSessionStore ();
	var lines = "";
	for (var i = 0; i < 2; i++) {
		var multi = attached ();
		multi.tls_session_store = store;
		var easy = new Msa.Easy (tls + "/bytes/10");
		lines = "";
		easy.trace.connect ((topic, message) => lines += @"$topic: $message\n");
		assert (run_easy (multi, easy) == null);
		assert (easy.peer_errors == 0);
		assert (easy.get_timings ().get_time_us (SECURED) > 0 && !easy.get_timings ().is_reused ());
		assert (store.get_n_sessions () > 0);
	}
	assert ("resumed" in lines);
	store.clear ();
	assert (store.get_n_sessions () == 0);
}

int main (string[] args) {
	Test.init (ref args);
	try {
		start_server ();
		Test.add_func ("/msa/vala/enumerations", test_enumerations);
		Test.add_func ("/msa/vala/properties", test_properties);
		Test.add_func ("/msa/vala/headers", test_headers);
		Test.add_func ("/msa/vala/results", test_results);
		Test.add_func ("/msa/vala/body-is-sent", test_body_is_sent);
		Test.add_func ("/msa/vala/signals", test_signals);
		Test.add_func ("/msa/vala/errors", test_errors);
		Test.add_func ("/msa/vala/write-func", test_write_func);
		Test.add_func ("/msa/vala/write-func-replaced-within-itself", test_write_func_replaced_within_itself);
		Test.add_func ("/msa/vala/async", test_async);
		Test.add_func ("/msa/vala/functions", test_functions);
		Test.add_func ("/msa/vala/perform-and-poll", test_perform_and_poll);
		Test.add_func ("/msa/vala/list", test_list);
		Test.add_func ("/msa/vala/accept-certificate", test_accept_certificate);
		Test.add_func ("/msa/vala/key-password", test_key_password);
		Test.add_func ("/msa/vala/address-and-open-func", test_address_and_open_func);
		Test.add_func ("/msa/vala/names", test_names);
		Test.add_func ("/msa/vala/session-store", test_session_store);
		Test.add_func ("/msa/vala/thousand", test_thousand);
		var status = Test.run ();
		stop_server ();
		return status;
	} catch (Error error) {
		printerr ("%s\n", error.message);
		return 1;
	}
}

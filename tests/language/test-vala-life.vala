/* test-vala-life.vala: errors in callbacks, and who holds whom, in Vala
 *
 * In each callback and handler something is thrown, or all references are dropped. What there is comes from the
 * introspection data, so that a new callback cannot be forgotten.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
const uint DEADLINE_S = 60;
const string PASSWORD = "open sesame";

Subprocess server_process;
string plain;
string tls;
string folder;
string certificate;
string key;

void start_server () throws Error {
	server_process = new Subprocess (STDIN_PIPE | STDOUT_PIPE, Environment.get_variable ("MSA_EXAMPLE_SERVER"));
	var words = new DataInputStream (server_process.get_stdout_pipe ()).read_line (null).split (" ");
	plain = words[0];
	tls = words[1];

	folder = DirUtils.make_tmp ("msa-client-XXXXXX");
	certificate = folder + "/client.pem";
	key = folder + "/client-key.pem";
	string[] command = {
		"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "1",
		"-subj", "/CN=client", "-passout", "pass:" + PASSWORD, "-keyout", key, "-out", certificate
	};
	new Subprocess.newv (command, STDOUT_SILENCE | STDERR_SILENCE).wait_check ();
}

void stop_server () throws Error {
	server_process.get_stdin_pipe ().close ();
	server_process.wait ();
	FileUtils.unlink (certificate);
	FileUtils.unlink (key);
	DirUtils.remove (folder);
}

/* The names of all callbacks, and of all signals as <class>::<name>. */
string[] read_callbacks () {
	string[] names = {};
	try {
		string text;
		MatchInfo match;
		FileUtils.get_contents (Environment.get_variable ("MSA_GIR"), out text);
		var regex = new Regex ("<(callback|class|glib:signal) name=\"([^\"]+)\"");
		var owner = "";
		for (regex.match (text, 0, out match); match.matches (); match.next ()) {
			if (match.fetch (1) == "class")
				owner = match.fetch (2);
			else if (match.fetch (1) == "callback")
				names += match.fetch (2);
			else
				names += owner + "::" + match.fetch (2);
		}
	} catch (Error error) {
		GLib.error ("%s", error.message);
	}
	return names;
}

/* Objects that are watched, and not finalized yet. */
int n_alive = 0;

void gone (Object object) {
	n_alive--;
}

void watch (Object object) {
	n_alive++;
	object.weak_ref (gone);
}

/* One transfer that goes by each callback. At the point of this name something happens. */
delegate void Happens () throws Error;

class Run {
	public Msa.Multi? multi = new Msa.Multi ();
	public Msa.Easy? easy;
	public Error? error;
	public GenericSet<string> calls = new GenericSet<string> (str_hash, str_equal);
	string name;
	Happens happens;
	bool is_told = false;
	int n_written = 0;

	public Run (string name, owned Happens happens) {
		this.name = name;
		this.happens = (owned) happens;
	}

	void point (string its) throws Error {
		calls.add (its);
		if (its == name)
			happens ();
	}

	/* What a connection asks. */
	void make_multi () {
		multi.set_address_func (() => {
			point ("MultiAddressFunc");
			return true;
		});
		multi.set_open_func ((its, its_easy, address) => {
			point ("MultiOpenFunc");
			return new Socket (address.get_family (), STREAM, TCP);
		});
		multi.completed.connect (() => point ("Multi::completed"));
	}

	void make_easy () {
		if (name == "EasyWriteFunc" || name == "Easy::progress") {
			easy = new Msa.Easy (plain + "/bytes/500000");
			/* It goes on a bit, and ends when its progress was told. */
			easy.set_write_func ((its, data) => {
				point ("EasyWriteFunc");
				return is_told || n_written++ == 0 ? Msa.WriteResult.CONTINUE : Msa.WriteResult.PAUSE;
			});
		} else if (name == "Easy::accept-certificate" || name == "Easy::key-password") {
			easy = new Msa.Easy (tls + "/bytes/10");
			easy.tls_config = (Msa.TlsConfig) Object.new (typeof (Msa.TlsConfig), "certificate-file", certificate,
			                                              "key-file", key);
		} else {
			easy = new Msa.Easy (plain + "/hints");
		}
		easy.accept_certificate.connect ((its, request) => {
			request.accept ();
			point ("Easy::accept-certificate");
			return true;
		});
		easy.key_password.connect ((its, request) => {
			request.answer (PASSWORD);
			point ("Easy::key-password");
			return true;
		});
		easy.headers.connect (() => point ("Easy::headers"));
		easy.informational.connect (() => point ("Easy::informational"));
		easy.data.connect (() => point ("Easy::data"));
		easy.trace.connect (() => point ("Easy::trace"));
		easy.progress.connect ((its) => {
			is_told = true;
			its.resume (RECEIVE);
			point ("Easy::progress");
		});
	}

	void start () throws Error {
		/* The references of this function, while those of the run may be dropped. */
		var its_multi = multi;
		var its_easy = easy;
		if (name == "MultiSocketFunc" || name == "MultiTimerFunc") {
			/* Functions that drive nothing: another driver goes on. */
			its_multi.set_socket_func (() => point ("MultiSocketFunc"));
			its_multi.set_timer_func (() => point ("MultiTimerFunc"));
			its_multi.add (its_easy);
			its_multi.socket_action (Msa.SOCKET_TIMEOUT, NONE);
			its_multi.attach ();
		} else {
			its_multi.attach ();
			its_multi.add (its_easy);
		}
	}

	public void run () {
		var loop = new MainLoop ();
		make_multi ();
		make_easy ();
		watch (multi);
		watch (easy);
		easy.completed.connect ((its, its_error) => {
			error = its_error;
			loop.quit ();
			point ("Easy::completed");
		});
		try {
			start ();
		} catch (Error its) {
			GLib.error ("%s", its.message);
		}
		var timer = Timeout.add_seconds (DEADLINE_S, () => { GLib.error ("nothing happened"); });
		loop.run ();
		Source.remove (timer);
	}

	/* What may be let go at any time. */
	public void drop () {
		multi = null;
		easy = null;
	}
}

void run_headers_foreach (Happens happens) {
	var headers = new Msa.Headers ();
	try {
		headers.append ("A", "1");
	} catch (Error error) {
		assert_not_reached ();
	}
	headers.foreach (() => happens ());
	assert (headers.get_length () == 1);
}

/* How a transfer ends in whose callback an error is thrown, which its caller cannot hear of. */
Error? expected_error (string name) {
	switch (name) {
	case "EasyWriteFunc":
		return new Msa.Error.WRITE ("");
	case "MultiAddressFunc":
	case "MultiOpenFunc":
		return new Msa.Error.CONNECT ("");
	case "Easy::accept-certificate":
		return new Msa.Error.TLS_VERIFY ("");
	case "Easy::key-password":
		return new Msa.Error.TLS_PASSWORD ("");
	default:
		return null;
	}
}

/* Vala logs what nobody catches as a critical, and gives zero, which refuses. */
void test_thrown (string name) {
	var n_thrown = 0;
	Happens happens = () => {
		if (n_thrown++ == 0)
			Test.expect_message (null, LogLevelFlags.LEVEL_CRITICAL, @"*uncaught error: thrown in $name *");
		else
			Test.expect_message (null, LogLevelFlags.LEVEL_CRITICAL, "*uncaught error*");
		throw new IOError.FAILED ("thrown in %s ", name);
	};
	if (name == "HeadersForeachFunc") {
		run_headers_foreach (happens);
	} else {
		var run = new Run (name, () => happens ());
		run.run ();
		var expected = expected_error (name);
		assert ((run.error == null) == (expected == null));
		if (expected != null)
			assert (run.error.matches (expected.domain, expected.code));
	}
	assert (n_thrown > 0);
	Test.assert_expected_messages ();
}

void test_dropped (string name) {
	n_alive = 0;
	if (name == "HeadersForeachFunc") {
		var headers = new Msa.Headers ();
		try {
			headers.append ("A", "1");
			headers.append ("B", "2");
		} catch (Error error) {
			assert_not_reached ();
		}
		var count = 0;
		headers.foreach (() => {
			headers = null;
			count++;
		});
		assert (count == 2);
		return;
	}

	var happened = false;
	Run? run = null;
	run = new Run (name, () => {
		happened = true;
		run.drop ();
	});
	run.run ();
	assert (happened && run.error == null);
	run.drop ();
	run = null;
	/* What the loop holds still, goes with its next turns. */
	for (var i = 0; i < 10 && n_alive > 0; i++)
		MainContext.default ().iteration (false);
	assert (n_alive == 0);
}

/* A multi that is not attached ends its transfers when it goes. */
void test_dropped_while_running () {
	n_alive = 0;
	var multi = new Msa.Multi ();
	var easy = new Msa.Easy (plain + "/never");
	watch (multi);
	watch (easy);
	easy.completed.connect (() => assert_not_reached ());
	try {
		multi.add (easy);
		multi.perform ();
	} catch (Error error) {
		assert_not_reached ();
	}
	easy = null;
	assert (n_alive == 2);
	multi = null;
	assert (n_alive == 0);
}

async void run_and_drop () throws Error {
	var easy = new Msa.Easy (plain + "/bytes/10");
	watch (easy);
	easy.set_write_func ((its, data) => its.status == 200 ? Msa.WriteResult.CONTINUE : Msa.WriteResult.ABORT);
	var multi = new Msa.Multi ();
	watch (multi);
	yield multi.run_async (easy);
	assert (easy.bytes_received == 10);
}

void test_dropped_in_a_call () {
	n_alive = 0;
	var loop = new MainLoop ();
	run_and_drop.begin ((object, result) => {
		try {
			run_and_drop.end (result);
		} catch (Error error) {
			GLib.error ("%s", error.message);
		}
		loop.quit ();
	});
	loop.run ();
	for (var i = 0; i < 10 && n_alive > 0; i++)
		MainContext.default ().iteration (false);
	assert (n_alive == 0);
}

int main (string[] args) {
	Test.init (ref args);
	try {
		start_server ();
		foreach (unowned var name in read_callbacks ()) {
			var path = name.replace ("::", "/");
			var its = name;
			Test.add_data_func ("/msa/vala-life/thrown/" + path, () => test_thrown (its));
			Test.add_data_func ("/msa/vala-life/dropped/" + path, () => test_dropped (its));
		}
		Test.add_func ("/msa/vala-life/dropped-while-running", test_dropped_while_running);
		Test.add_func ("/msa/vala-life/dropped-in-a-call", test_dropped_in_a_call);
		var status = Test.run ();
		stop_server ();
		return status;
	} catch (Error error) {
		printerr ("%s\n", error.message);
		return 1;
	}
}

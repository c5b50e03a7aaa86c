/* bench.vapi: bench.h in Vala
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
[CCode (cheader_filename = "bench.h", cname = "Bench", destroy_function = "", has_type_id = false)]
public struct Bench {
	public unowned string uri;
	public unowned string mode;
	public int in_flight;

	[CCode (cname = "bench_init")]
	public static void init (out Bench self, [CCode (array_length_pos = 1.9)] string[] arguments);
	public bool start ();
	public void finish (uint status, size_t body_length);
	public bool is_over ();
	public void report ();
}

// What the introspection data cannot say in Vala.
// SPDX-License-Identifier: LGPL-2.1-or-later

namespace Msa {
	// An array of bytes with its length behind it.
	[CCode (cheader_filename = "msa.h")]
	public delegate Msa.WriteResult EasyWriteFunc (Msa.Easy easy, [CCode (array_length_type = "gsize", type = "const guint8*")] uint8[] data);

	// A list that foreach goes through.
	[CCode (cheader_filename = "msa.h", cname = "GListModel", type_id = "g_list_model_get_type ()")]
	public interface TransferList : GLib.ListModel {
		public int size {
			[CCode (cname = "g_list_model_get_n_items")]
			get;
		}
		[CCode (cname = "g_list_model_get_item")]
		public Msa.Easy? @get (uint position);
	}
}

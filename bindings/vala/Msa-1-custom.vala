// What the introspection data cannot say in Vala: an array of bytes with its length behind it.
// SPDX-License-Identifier: LGPL-2.1-or-later

namespace Msa {
	[CCode (cheader_filename = "msa.h")]
	public delegate Msa.WriteResult EasyWriteFunc (Msa.Easy easy, [CCode (array_length_type = "gsize")] uint8[] data);
}

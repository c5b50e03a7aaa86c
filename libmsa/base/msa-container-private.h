/* msa-container-private.h: from an embedded member to the struct around it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MSA_CONTAINER_OF(member_pointer, Type, member) \
  ((Type *) (gpointer) ((char *) (member_pointer) - G_STRUCT_OFFSET (Type, member)))

/* msa-version-macros.h: which symbols are public, and since when
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#ifndef _MSA_EXTERN
#define _MSA_EXTERN __attribute__ ((visibility ("default"))) extern
#endif

#define MSA_AVAILABLE_IN_1_0 _MSA_EXTERN

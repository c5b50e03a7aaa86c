/* msa-english-private.h: what others say of their error codes, untranslated
 *
 * Messages are English; strerror() and its like speak the language of the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* What @tell (strerror, gai_strerror, gnutls_strerror) says of @code. Valid until the thread asks again. */
const char *msa_english (const char *(*tell) (int code),
                         int code);
/* The same for an errno. */
const char *msa_english_errno (int code);

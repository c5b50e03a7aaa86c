/* msa-test-free.c: what our code frees, as ThreadSanitizer shall see it
 *
 * GLib is not instrumented, and what it does is not looked at: not even that it frees what a
 * thread of ours still uses. With the sanitizer, the program frees by itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-lock-private.h"

#ifdef MSA_HAS_TSAN

#include <dlfcn.h>
#include <stdlib.h>

/* The program's own code, of the linker. */
extern const char __executable_start[], etext[];

void (g_free) (gpointer memory)
{
  const char *caller = __builtin_return_address (0);

  /* Other libraries call it as well, in an order that is not seen. */
  if (caller >= __executable_start && caller < etext)
    free (memory);
  else
    ((void (*) (gpointer)) dlsym (RTLD_NEXT, "g_free")) (memory);
}

#endif

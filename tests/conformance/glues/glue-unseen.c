/* glue-unseen.c: a good glue whose calls go past msa-conformance, as those of a language binding do
 *
 * The functions are looked up in the library itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "msa-conformance.h"

#include <dlfcn.h>

static gpointer
look_up (const char *name)
{
  void *library = dlopen (LIBRARY, RTLD_NOW | RTLD_NOLOAD);
  gpointer function = library != NULL ? dlsym (library, name) : NULL;

  if (function == NULL)
    g_error ("%s is not in %s", name, LIBRARY);

  return function;
}

#define REAL(name) ((__typeof__ (&name)) look_up (#name))
#define msa_multi_detach REAL (msa_multi_detach)
#define msa_multi_info_read REAL (msa_multi_info_read)
#define msa_multi_perform REAL (msa_multi_perform)
#define msa_multi_poll REAL (msa_multi_poll)

#include "conformance-glue.c"

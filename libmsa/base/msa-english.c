/* msa-english.c: what others say of their error codes, untranslated
 *
 * The thread's locale is another one while they are asked, which nobody else can see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-english-private.h"

#include <locale.h>
#include <string.h>

const char *
msa_english (const char *(*tell) (int code),
             int code)
{
  locale_t english = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
  locale_t previous = uselocale (english);
  const char *text = tell (code);

  uselocale (previous);
  freelocale (english);
  return text;
}

static const char *
tell_errno (int code)
{
  return strerror (code);
}

const char *
msa_english_errno (int code)
{
  return msa_english (tell_errno, code);
}

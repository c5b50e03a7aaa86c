/* msa-transfer-error.c: why a transfer failed, for a person to read
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-transfer-error-private.h"

#include "model/msa-error-private.h"

#include <string.h>

/* Of a URI that cannot be parsed: enough to know it by. */
#define MAX_SHOWN_URI_BYTES 80

static gboolean
is_of_name (char byte)
{
  return g_ascii_isalnum (byte) || byte == '-' || byte == '.' || byte == '_';
}

/* Not as a part of another name. A host that might be a word of the text has to be quoted. */
static gboolean
is_named_at (const char *message,
             const char *found,
             const MsaHost *host)
{
  char before = found > message ? found[-1] : ' ';
  char after = found[host->name_len] != '\0' ? found[host->name_len] : ' ';
  gboolean may_be_word = strpbrk (host->name, ".:") == NULL;

  if (is_of_name (before) || is_of_name (after))
    return FALSE;

  return !may_be_word || (before != ' ' && after != ' ') || (found == message && after == ':');
}

static gboolean
is_named (const char *message,
          const MsaHost *host)
{
  const char *found = message;

  for (; (found = strstr (found, host->name)) != NULL; found++)
    if (is_named_at (message, found, host))
      return TRUE;

  return FALSE;
}

/* What stands before the last at-sign may be a password, what stands behind a question mark a
 * secret of another kind. */
static char *
show_bad_uri (const char *uri)
{
  const char *at = strrchr (uri, '@');
  const char *shown = at != NULL ? at + 1 : uri;
  gsize len = strcspn (shown, "?#");

  return g_strdup_printf ("“%.*s%s”", (int) MIN (len, MAX_SHOWN_URI_BYTES), shown,
                          len > MAX_SHOWN_URI_BYTES ? "..." : "");
}

static void
add_prefix (GError *error,
            const char *prefix)
{
  g_autofree char *message = g_steal_pointer (&error->message);

  error->message = g_strconcat (prefix, ": ", message, NULL);
}

void
msa_transfer_explain_error (const MsaTransfer *self,
                            GError *error)
{
  g_autoptr (MsaUrl) url = NULL;

  if (error->domain != MSA_ERROR)
    return;

  if (self->hop != NULL)
    url = msa_url_ref (self->hop->url);
  else if (self->settings->uri != NULL)
    url = msa_url_parse (self->settings->uri, MSA_URL_DEFAULT, NULL);

  if (url != NULL && !is_named (error->message, url->host))
    {
      add_prefix (error, url->authority);
    }
  else if (url == NULL && self->settings->uri != NULL)
    {
      g_autofree char *shown = show_bad_uri (self->settings->uri);

      add_prefix (error, shown);
    }
  msa_error_tidy (error);
}

/* fuzz-endpoint.c: entries of connect-to and resolve
 *
 * Input: one of connect-to in the first line, one of resolve in the rest.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz.h"

#include "base/msa-limits-private.h"
#include "conn/msa-endpoint-entry-private.h"
#include "model/msa-error.h"

static void
check_refusal (const GError *error)
{
  g_assert_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 10000);
}

static void
check_port (int port)
{
  g_assert_cmpint (port, >=, MSA_ENTRY_NO_PORT);
  g_assert_cmpint (port, <=, G_MAXUINT16);
}

static void
check_connect_to (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaConnectTo) entry = msa_connect_to_parse (text, &error);

  if (entry == NULL)
    {
      check_refusal (error);
      return;
    }
  g_assert_no_error (error);
  g_assert_true ((entry->host == NULL) == (text[0] == ':'));
  check_port (entry->port);
  check_port (entry->to_port);
}

static void
check_resolve (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MsaResolveEntry) entry = msa_resolve_entry_parse (text, &error);

  if (entry == NULL)
    {
      check_refusal (error);
      return;
    }
  g_assert_no_error (error);
  g_assert_true ((entry->kind == MSA_RESOLVE_PUT) == (text[0] == '+'));
  g_assert_true ((entry->kind == MSA_RESOLVE_DROP) == (text[0] == '-'));
  g_assert_true (entry->host != NULL || entry->kind == MSA_RESOLVE_PIN);
  g_assert_true ((entry->literals->len == 0) == (entry->kind == MSA_RESOLVE_DROP));
  g_assert_cmpuint (entry->literals->len, <=, MSA_MAX_ADDRESSES);
  for (guint i = 0; i < entry->literals->len; i++)
    g_assert_cmpint (((MsaHost *) entry->literals->pdata[i])->kind, !=, MSA_HOST_NAME);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor cursor = msa_cursor (data, size);
  g_autofree char *first = msa_fuzz_take_string (&cursor);
  g_autofree char *rest = msa_slice_dup (msa_cursor_rest (&cursor));

  check_connect_to (first);
  check_resolve (rest);

  return 0;
}

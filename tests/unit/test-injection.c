/* test-injection.c: no byte of a setting becomes protocol
 *
 * Each control byte at the start, within and at the end of every text that an application
 * gives: refused before a socket is opened, and named. What clients before us let through, by the
 * name under which it was published: the method (libsoup CVE-2026-3633, urllib3 CVE-2020-26137),
 * the target (urllib3 CVE-2019-11236, curl CVE-2014-8150), the host (libsoup CVE-2026-1467 and
 * 3632, wget CVE-2017-6508, Go CVE-2023-29406), the content type (libsoup CVE-2026-3634, undici
 * CVE-2022-35948), any header (libsoup CVE-2026-1536, undici CVE-2022-31150).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

/* Puts @text into the request. FALSE: it was refused there and then. */
typedef gboolean (*SetFunc) (MsaEasy *easy,
                             const char *text);

static gboolean
set_uri (MsaEasy *easy,
         const char *format,
         const char *text)
{
  g_auto (GStrv) parts = g_strsplit (format, "@@", 2);
  g_autofree char *uri = g_strconcat (parts[0], text, parts[1], NULL);

  msa_easy_set_uri (easy, uri);

  return TRUE;
}

static gboolean
set_host (MsaEasy *easy,
          const char *text)
{
  return set_uri (easy, "http://@@/x", text);
}

static gboolean
set_user (MsaEasy *easy,
          const char *text)
{
  return set_uri (easy, "http://@@:secret@example.org/x", text);
}

static gboolean
set_password (MsaEasy *easy,
              const char *text)
{
  return set_uri (easy, "http://user:@@@example.org/x", text);
}

static gboolean
set_port (MsaEasy *easy,
          const char *text)
{
  return set_uri (easy, "http://example.org:80@@/x", text);
}

static gboolean
set_path (MsaEasy *easy,
          const char *text)
{
  return set_uri (easy, "http://example.org/@@", text);
}

static gboolean
set_query (MsaEasy *easy,
           const char *text)
{
  return set_uri (easy, "http://example.org/x?@@", text);
}

static gboolean
set_fragment (MsaEasy *easy,
              const char *text)
{
  return set_uri (easy, "http://example.org/x#@@", text);
}

static gboolean
set_method (MsaEasy *easy,
            const char *text)
{
  msa_easy_set_method (easy, text);

  return TRUE;
}

static gboolean
set_target (MsaEasy *easy,
            const char *text)
{
  msa_easy_set_request_target (easy, text);

  return TRUE;
}

static gboolean
set_user_agent (MsaEasy *easy,
                const char *text)
{
  msa_easy_set_user_agent (easy, text);

  return TRUE;
}

static gboolean
set_referer (MsaEasy *easy,
             const char *text)
{
  msa_easy_set_referer (easy, text);

  return TRUE;
}

static gboolean
set_content_type (MsaEasy *easy,
                  const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);

  msa_easy_set_body (easy, text, body);

  return TRUE;
}

static gboolean
set_header_name (MsaEasy *easy,
                 const char *text)
{
  return msa_headers_append (msa_easy_get_request_headers (easy), text, "value", NULL);
}

static gboolean
set_header_value (MsaEasy *easy,
                  const char *text)
{
  return msa_headers_append (msa_easy_get_request_headers (easy), "X-Name", text, NULL);
}

static gboolean
replace_header_value (MsaEasy *easy,
                      const char *text)
{
  return msa_headers_replace (msa_easy_get_request_headers (easy), "X-Name", text, NULL);
}

static gboolean
set_own_host (MsaEasy *easy,
              const char *text)
{
  return msa_headers_append (msa_easy_get_request_headers (easy), "Host", text, NULL);
}

static gboolean
set_trailer_name (MsaEasy *easy,
                  const char *text)
{
  return msa_headers_append (msa_easy_get_request_trailers (easy), text, "value", NULL);
}

static gboolean
set_trailer_value (MsaEasy *easy,
                   const char *text)
{
  return msa_headers_append (msa_easy_get_request_trailers (easy), "X-Name", text, NULL);
}

typedef struct
{
  const char *name;
  SetFunc set;
  gboolean takes_tab; /* within; a value of a field */
  gboolean trims_blank; /* at its ends */
  gboolean is_visible; /* a space within is no less a fault */
} Row;

static const Row rows[] = {
  { "uri-host", set_host, FALSE, FALSE, TRUE },
  { "uri-user", set_user, FALSE, FALSE, TRUE },
  { "uri-password", set_password, FALSE, FALSE, TRUE },
  { "uri-port", set_port, FALSE, FALSE, TRUE },
  { "uri-path", set_path, FALSE, FALSE, TRUE },
  { "uri-query", set_query, FALSE, FALSE, TRUE },
  { "uri-fragment", set_fragment, FALSE, FALSE, TRUE },
  { "method", set_method, FALSE, FALSE, TRUE },
  { "request-target", set_target, FALSE, FALSE, TRUE },
  { "user-agent", set_user_agent, TRUE, FALSE, FALSE },
  { "referer", set_referer, TRUE, FALSE, FALSE },
  { "content-type", set_content_type, TRUE, FALSE, FALSE },
  { "header-name", set_header_name, FALSE, TRUE, TRUE },
  { "header-value", set_header_value, TRUE, TRUE, FALSE },
  { "header-replaced", replace_header_value, TRUE, TRUE, FALSE },
  { "host-header", set_own_host, TRUE, TRUE, FALSE },
  { "trailer-name", set_trailer_name, FALSE, TRUE, TRUE },
  { "trailer-value", set_trailer_value, TRUE, TRUE, FALSE },
};

static void
assert_refused (MsaTestWorld *world,
                const Row *row,
                const char *text)
{
  MsaEasy *easy = msa_test_world_make (world, "/x");
  const GError *error;

  if (!row->set (easy, text))
    return;

  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  error = msa_easy_get_error (easy);
  if (error == NULL)
    g_test_message ("“%s” was sent", text);
  g_assert_nonnull (error);
  g_assert_true (error->domain == MSA_ERROR);
  g_assert_true (error->code == MSA_ERROR_INVALID_ARGUMENT || error->code == MSA_ERROR_BAD_URI);
  for (const char *c = error->message; *c != '\0'; c++)
    g_assert_false (g_ascii_iscntrl (*c));
}

static gboolean
is_harmless (const Row *row,
             int byte,
             guint place)
{
  if (byte == ' ' && !row->is_visible)
    return TRUE;
  if ((byte == ' ' || byte == '\t') && row->trims_blank && place != 1)
    return TRUE;

  return byte == '\t' && row->takes_tab;
}

static void
test_controls (gconstpointer data)
{
  const Row *row = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);

  for (int byte = 1; byte <= 0x7f; byte++)
    for (guint place = 0; place < 3; place++)
      {
        g_autofree char *text = g_strdup ("abc");

        text[place] = (char) byte;
        if ((byte <= ' ' || byte == 0x7f) && !is_harmless (row, byte, place))
          assert_refused (world, row, text);
      }
  assert_refused (world, row, row->is_visible ? "a\r\nX: y" : "a\r\n\r\nGET /evil HTTP/1.1");
  g_assert_cmpuint (msa_sim_count (world->sim, "socket_open"), ==, 0);
  msa_test_world_free (world);
}

/* Written as %0d%0a it is data: of the host never, of the rest as it is written. */

static void
test_coded_host (MsaTestWorld *world)
{
  for (guint byte = 0; byte < 256; byte++)
    {
      g_autofree char *uri = g_strdup_printf ("http://exa%%%02xmple.org/", byte);
      MsaEasy *easy;

      if (byte > ' ' && byte < 0x7f)
        continue;
      easy = msa_test_world_add (world, uri);
      g_assert_true (msa_test_world_run (world, world->n_completed + 1));
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BAD_URI);
    }
  g_assert_cmpuint (msa_sim_count (world->sim, "look_up"), ==, 0);
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 0);
}

static void
test_coded_path (MsaTestWorld *world)
{
  const char *target = "/a%0d%0aX:%20y%00?b%0D%0A%0d%0aGET%20/evil";
  const char *received;

  msa_test_world_add (world, target);
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpuint (world->n_ok, ==, 1);
  received = msa_sim_peer_get_received (msa_sim_get_peer (world->sim, 0))->str;
  g_assert_true (g_str_has_prefix (received, "GET /a%0d%0aX:%20y%00?b%0D%0A%0d%0aGET%20/evil "));
  g_assert_true (strstr (received, "\r\n\r\n")[4] == '\0');
}

/* One Host whatever is given (libsoup CVE-2025-14523), and no framing field in any case (undici
 * CVE-2026-1525). */

static void
test_one_host (MsaTestWorld *world)
{
  MsaEasy *easy = msa_test_world_make (world, "/x");
  MsaHeaders *headers = msa_easy_get_request_headers (easy);
  const char *received;

  g_assert_true (msa_headers_append (headers, "hOST", "one.org", NULL));
  g_assert_true (msa_headers_append (headers, "Host", "two.org", NULL));
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  received = msa_sim_peer_get_received (msa_sim_get_peer (world->sim, 0))->str;
  g_assert_nonnull (strstr (received, " HTTP/1.1\r\nHost: one.org\r\n"));
  g_assert_null (strstr (received, "two.org"));
  g_assert_null (strstr (received, "example.org"));
}

static void
test_framing_fields (MsaTestWorld *world)
{
  static const char *const names[] = {
    "Content-Length",
    "content-length",
    "CONTENT-LENGTH",
    "Transfer-Encoding",
    "transfer-encoding",
    "tRANSFER-eNCODING",
    " Content-Length",
    "Content-Length\t",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      MsaEasy *easy = msa_test_world_make (world, "/x");

      g_assert_true (
          msa_headers_append (msa_easy_get_request_headers (easy), names[i], "0", NULL));
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, i + 1));
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/injection/controls", rows, test_controls);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/injection/coded-host", test_coded_host);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/injection/coded-path", test_coded_path);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/injection/one-host", test_one_host);
  msa_test_world_add_test_in (MSA_TEST_CALLBACKS, "/msa/injection/framing-fields",
                              test_framing_fields);

  return g_test_run ();
}

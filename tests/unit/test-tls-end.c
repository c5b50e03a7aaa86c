/* test-tls-end.c: responses over TLS, and ends with and without a close_notify
 *
 * Anybody on the way can send a FIN. Where the end of the connection is the end of the body, only
 * a close_notify tells that nothing is missing; where the message says how long it is, its own
 * word counts. Each response is read in one piece, and byte by byte.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-easy-options.h"
#include "msa-multi-private.h"
#include "sim/msa-test-https.h"
#include "sim/msa-test-world.h"

#define CA_FILE "/etc/ca.pem"
#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH_5 OK "Content-Length: 5\r\n\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

#define NO_ERROR (-1)

static MsaTestPki *pki;
static MsaTestCert *cert;

typedef enum
{
  END_CLEAN,
  END_TRUNCATED, /* a FIN alone */
  END_RESET,
  N_ENDS
} End;

static const char *const end_names[N_ENDS] = { "clean", "truncated", "reset" };

/* What comes of a response that is whole, or needs the end to be. */
#define WHOLE \
  { \
    NO_ERROR, NO_ERROR, NO_ERROR \
  }
#define NEEDS_END \
  { \
    NO_ERROR, MSA_ERROR_TRUNCATED, MSA_ERROR_RECEIVE \
  }
#define CUT_OFF \
  { \
    MSA_ERROR_TRUNCATED, MSA_ERROR_TRUNCATED, MSA_ERROR_RECEIVE \
  }

static const struct
{
  const char *name;
  const char *method;
  const char *reply;
  const char *body;
  int errors[N_ENDS]; /* MsaError, or NO_ERROR */
} replies[] = {
  { "length", "GET", LENGTH_5 "hello", "hello", WHOLE },
  { "length-zero", "GET", OK "Content-Length: 0\r\n\r\n", "", WHOLE },
  { "length-then-close", "GET", OK "Connection: close\r\nContent-Length: 5\r\n\r\nhello", "hello",
    WHOLE },
  { "length-cut", "GET", LENGTH_5 "hell", NULL, CUT_OFF },
  { "length-no-body", "GET", LENGTH_5, NULL, CUT_OFF },
  { "chunked", "GET", CHUNKED "5\r\nhello\r\n0\r\n\r\n", "hello", WHOLE },
  { "chunked-trailers", "GET", CHUNKED "5\r\nhello\r\n0\r\na: b\r\n\r\n", "hello", WHOLE },
  { "chunked-cut-in-chunk", "GET", CHUNKED "5\r\nhel", NULL, CUT_OFF },
  { "chunked-cut-between", "GET", CHUNKED "5\r\nhello\r\n", NULL, CUT_OFF },
  { "chunked-cut-in-last", "GET", CHUNKED "5\r\nhello\r\n0\r\n", NULL, CUT_OFF },
  { "until-close", "GET", OK "\r\nhello", "hello", NEEDS_END },
  { "until-close-empty", "GET", OK "\r\n", "", NEEDS_END },
  { "until-close-1.0", "GET", "HTTP/1.0 200 OK\r\n\r\nhello", "hello", NEEDS_END },
  { "chunked-empty", "GET", CHUNKED "0\r\n\r\n", "", WHOLE },
  { "head", "HEAD", OK "\r\n", "", WHOLE },
  { "head-length", "HEAD", LENGTH_5, "", WHOLE },
  { "no-content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "", WHOLE },
  { "not-modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", WHOLE },
  { "head-cut", "GET", OK "Content-Len", NULL, CUT_OFF },
  { "interim-only", "GET", "HTTP/1.1 103 Early Hints\r\n\r\n", NULL, CUT_OFF },
  { "nothing", "GET", "", NULL, { MSA_ERROR_EMPTY_REPLY, MSA_ERROR_TRUNCATED, MSA_ERROR_RECEIVE } },
};

typedef struct
{
  guint reply;
  End end;
  gsize segment; /* of what arrives; 0: all */
} Case;

static void
respond_cb (MsaTestHttpsLink *link,
            gpointer data)
{
  const Case *row = data;

  if (replies[row->reply].reply[0] != '\0')
    msa_test_https_send (link, replies[row->reply].reply, -1);
  if (row->end == END_RESET)
    msa_sim_peer_reset (link->peer);
  else
    msa_test_https_end (link, row->end == END_CLEAN);
}

static void
assert_outcome (const Case *row,
                MsaEasy *easy)
{
  const char *text = replies[row->reply].body;
  int code = replies[row->reply].errors[row->end];
  const GError *error = msa_easy_get_error (easy);
  GBytes *body = msa_easy_get_body (easy);

  if (code != NO_ERROR)
    {
      g_assert_error (error, MSA_ERROR, code);
      g_assert_null (body);
      return;
    }

  g_assert_no_error (error);
  if (text[0] != '\0')
    g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), text, strlen (text));
  else
    g_assert_true (body == NULL || g_bytes_get_size (body) == 0);
}

static void
run_case (gconstpointer data)
{
  const Case *row = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  const MsaTestTlsOptions options = { .cert = cert };
  MsaTestHttps *server =
      msa_test_https_new (world->sim, "10.0.0.1", &options, respond_cb, (gpointer) row);
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (CA_FILE);
  MsaEasy *easy = msa_test_world_make (world, "https://example.org/");

  msa_sim_set_file (world->sim, CA_FILE, msa_test_pki_ca_pem (pki), -1);
  msa_sim_set_segment (world->sim, row->segment);
  msa_easy_set_tls_config (easy, config);
  msa_easy_set_method (easy, replies[row->reply].method);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  assert_outcome (row, easy);

  /* Nothing is left of the connection, however it went. */
  msa_test_world_settle (world, 10000);
  g_assert_cmpuint (msa_multi_get_n_connections (world->multi), ==, 0);
  g_assert_cmpuint (server->links->len, ==, 1);
  msa_test_world_end_multi (world);
  msa_test_https_free (server);
  msa_test_world_free (world);
}

static void
add_case (guint reply,
          End end,
          gsize segment)
{
  Case *row = g_new (Case, 1);
  g_autofree char *path =
      g_strdup_printf ("/msa/tls-end/%s/%s/%s", replies[reply].name, end_names[end],
                       segment == 0 ? "whole" : "bytes");

  *row = (Case) { reply, end, segment };
  g_test_add_data_func_full (path, row, run_case, g_free);
}

int
main (int argc,
      char **argv)
{
  const MsaTestCertSpec spec = { .common_name = "example.org", .dns = { "example.org" } };
  int status;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  cert = msa_test_pki_issue (pki, &spec);

  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    for (End end = 0; end < N_ENDS; end++)
      {
        add_case (i, end, 0);
        add_case (i, end, 1);
      }

  status = g_test_run ();
  msa_test_cert_free (cert);
  msa_test_pki_free (pki);

  return status;
}

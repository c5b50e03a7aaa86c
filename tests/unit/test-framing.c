/* test-framing.c: where a message ends, and that nobody can be made to see it elsewhere
 *
 * What went wrong in clients like this one, by the name under which it was published: each
 * reply runs through the parser whole, byte by byte and cut at each point, from an allocation of
 * exactly its size, and then through a multi, where the next request must go over a connection
 * of its own unless the reply left the first one clean.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "proto/http1/msa-http1-parser-private.h"
#include "sim/msa-test-rows.h"
#include "sim/msa-test-world.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* What becomes of a reply. */
typedef enum
{
  CLEAN, /* understood; the connection is good for the next request */
  DIRTY, /* understood, and the connection closed */
  REFUSED, /* MSA_ERROR_BAD_REPLY */
  ENORMOUS, /* MSA_ERROR_TOO_LARGE */
  CUT, /* MSA_ERROR_TRUNCATED, as the peer closes then */
} Verdict;

typedef struct
{
  const char *name;
  Verdict verdict;
  const char *input;
  gsize len;
  const char *method; /* (nullable) */
} Row;

#define INPUT(literal) literal, sizeof (literal) - 1

static const Row rows[] = {
  /* libsoup: chunk sizes with blanks, signs and what else a lenient number parser takes */
  { "cve-2026-66338-blank-before-size", REFUSED, INPUT (CHUNKED " 5\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-blank-before-size-with-extension", REFUSED,
    INPUT (CHUNKED " 5;a\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-blank-behind-size", REFUSED, INPUT (CHUNKED "5 \r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-tab-behind-size", REFUSED, INPUT (CHUNKED "5\t\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-plus", REFUSED, INPUT (CHUNKED "+5\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-prefix", REFUSED, INPUT (CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-junk-behind", REFUSED, INPUT (CHUNKED "5g\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-underscore", REFUSED, INPUT (CHUNKED "0_5\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-empty", REFUSED, INPUT (CHUNKED "\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-nul-behind", REFUSED, INPUT (CHUNKED "5\0\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-66338-digits-alone", CLEAN, INPUT (CHUNKED "5\r\nhello\r\n0\r\n\r\n"), NULL },

  /* wget: negative sizes */
  { "cve-2017-13089-minus-one", REFUSED, INPUT (CHUNKED "-1\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2017-13090-minus-large", REFUSED, INPUT (CHUNKED "-80000000\r\nhello\r\n"), NULL },
  { "cve-2017-13090-minus-zero", REFUSED, INPUT (CHUNKED "-0\r\n\r\n"), NULL },

  /* libsoup: sizes whose sign or width changes on the way */
  { "cve-2026-6324-2-31", CUT, INPUT (CHUNKED "80000000\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-6324-2-32", CUT, INPUT (CHUNKED "100000000\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-6324-2-32-and-5", CUT, INPUT (CHUNKED "100000005\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-6324-2-63-minus-1", CUT, INPUT (CHUNKED "7fffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    NULL },
  { "cve-2026-6324-2-63", REFUSED, INPUT (CHUNKED "8000000000000000\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2026-6324-2-64-minus-1", REFUSED, INPUT (CHUNKED "ffffffffffffffff\r\nhello\r\n"), NULL },
  { "cve-2026-6324-2-64", REFUSED, INPUT (CHUNKED "10000000000000000\r\nhello\r\n"), NULL },
  { "cve-2026-6324-2-64-and-5", REFUSED, INPUT (CHUNKED "10000000000000005\r\nhello\r\n"), NULL },
  { "cve-2026-6324-seventeen-zeros", REFUSED, INPUT (CHUNKED "00000000000000000\r\n\r\n"), NULL },

  /* libsoup: more than one length */
  { "cve-2026-2708-two-equal", CLEAN,
    INPUT (OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), NULL },
  { "cve-2026-2708-list-equal", CLEAN, INPUT (OK "Content-Length: 5, 5\r\n\r\nhello"), NULL },
  { "cve-2026-2708-two-different", REFUSED,
    INPUT (OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), NULL },
  { "cve-2026-2708-list-different", REFUSED, INPUT (OK "Content-Length: 5, 6\r\n\r\nhi"), NULL },
  { "cve-2026-2708-three-last-different", REFUSED,
    INPUT (OK "Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nhello"), NULL },
  { "cve-2026-2708-blank-within", REFUSED, INPUT (OK "Content-Length: 5 5\r\n\r\nhello"), NULL },
  { "cve-2026-2708-plus", REFUSED, INPUT (OK "Content-Length: +5\r\n\r\nhello"), NULL },
  { "cve-2026-2708-minus", REFUSED, INPUT (OK "Content-Length: -5\r\n\r\nhello"), NULL },
  { "cve-2026-2708-overflows", REFUSED,
    INPUT (OK "Content-Length: 18446744073709551621\r\n\r\nhello"), NULL },
  { "cve-2026-2708-2-63", REFUSED, INPUT (OK "Content-Length: 9223372036854775808\r\n\r\nhello"),
    NULL },
  { "cve-2026-2708-empty", REFUSED, INPUT (OK "Content-Length: \r\n\r\nhello"), NULL },
  { "cve-2026-2708-empty-member", REFUSED, INPUT (OK "Content-Length: 5,\r\n\r\nhello"), NULL },

  /* undici: two lengths whose names differ in case */
  { "cve-2026-1525-case-differs", REFUSED,
    INPUT (OK "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello!"), NULL },
  { "cve-2026-1525-case-differs-equal", CLEAN,
    INPUT (OK "Content-Length: 5\r\nCONTENT-LENGTH: 5\r\n\r\nhello"), NULL },

  /* libsoup: a length beside chunks */
  { "cve-2026-1760-length-first", DIRTY,
    INPUT (OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    NULL },
  { "cve-2026-1760-length-last", DIRTY,
    INPUT (OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    NULL },
  { "cve-2026-1760-junk-length", REFUSED,
    INPUT (OK "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    NULL },
  { "cve-2026-1760-identity-and-length", DIRTY,
    INPUT (OK "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"), NULL },
  { "cve-2026-1760-of-http-1-0", DIRTY,
    INPUT ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
           "5\r\nhello\r\n0\r\n\r\n"),
    NULL },

  /* Go: an unknown coding taken for chunked */
  { "cve-2022-1705-unknown", REFUSED, INPUT (OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    NULL },
  { "cve-2022-1705-control-before", REFUSED,
    INPUT (OK "Transfer-Encoding: \013chunked\r\n\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-quoted", REFUSED, INPUT (OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    NULL },
  { "cve-2022-1705-parameter", REFUSED, INPUT (OK "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n"),
    NULL },
  { "cve-2022-1705-gzip-first", REFUSED,
    INPUT (OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-not-last", REFUSED,
    INPUT (OK "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-twice", REFUSED,
    INPUT (OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-two-fields", REFUSED,
    INPUT (OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-folded", CLEAN,
    INPUT (OK "Transfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-empty", REFUSED, INPUT (OK "Transfer-Encoding:\r\n\r\n0\r\n\r\n"), NULL },
  { "cve-2022-1705-empty-and-length", REFUSED,
    INPUT (OK "Content-Length: 5\r\nTransfer-Encoding: ,\r\n\r\nhello"), NULL },

  /* Go: a blank before the colon */
  { "cve-2019-16276-blank", REFUSED, INPUT (OK "Content-Length : 5\r\n\r\nhello"), NULL },
  { "cve-2019-16276-tab", REFUSED, INPUT (OK "Content-Length\t: 5\r\n\r\nhello"), NULL },
  { "cve-2019-16276-coding", REFUSED, INPUT (OK "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    NULL },
  { "cve-2019-16276-trailer", REFUSED, INPUT (CHUNKED "0\r\nA : b\r\n\r\n"), NULL },

  /* libsoup: NUL at the end of a name */
  { "cve-2024-52530-nul-in-name", REFUSED, INPUT (OK "Content-Length\0: 5\r\n\r\nhello"), NULL },
  { "cve-2024-52530-nul-in-value", REFUSED,
    INPUT (OK "A: b\0\r\nContent-Length: 5\r\n\r\nhello"), NULL },
  { "cve-2024-52530-nul-in-trailer", REFUSED, INPUT (CHUNKED "0\r\nA\0: b\r\n\r\n"), NULL },
  { "cve-2024-52530-nul-in-status-line", REFUSED,
    INPUT ("HTTP/1.1 200\0OK\r\nContent-Length: 5\r\n\r\nhello"), NULL },

  /* aiohttp: loose syntax of heads */
  { "cve-2023-47627-version-sign", REFUSED, INPUT ("HTTP/+1.1 200 OK\r\n\r\n"), NULL },
  { "cve-2023-47627-version-digits", REFUSED, INPUT ("HTTP/1.01 200 OK\r\n\r\n"), NULL },
  { "cve-2023-47627-status-sign", REFUSED, INPUT ("HTTP/1.1 +20 OK\r\n\r\n"), NULL },
  { "cve-2023-47627-length-underscore", REFUSED, INPUT (OK "Content-Length: 0_5\r\n\r\nhello"),
    NULL },
  { "cve-2023-47627-length-unicode", REFUSED, INPUT (OK "Content-Length: \xd9\xa5\r\n\r\nhello"),
    NULL },
  { "cve-2024-23829-bracket-in-name", REFUSED, INPUT (OK "A[b]: c\r\n\r\n"), NULL },
  { "cve-2024-23829-at-in-name", REFUSED, INPUT (OK "A@b: c\r\n\r\n"), NULL },
  { "cve-2024-23829-no-name", REFUSED, INPUT (OK ": c\r\n\r\n"), NULL },
  { "cve-2024-23829-fold-before-first", REFUSED, INPUT (OK " A: b\r\n\r\n"), NULL },

  /* libsoup: a chunk's end that is elsewhere for another reader */
  { "cve-2017-2885-data-too-long", REFUSED, INPUT (CHUNKED "4\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2017-2885-data-too-short", REFUSED, INPUT (CHUNKED "6\r\nhello\r\n0\r\n\r\n"), NULL },
  { "cve-2017-2885-no-end", REFUSED, INPUT (CHUNKED "5\r\nhello0\r\n\r\n"), NULL },

  /* undici: bytes behind the message, which would be taken for the next answer */
  { "ghsa-35p6-xmwp-9g52-whole-reply", DIRTY,
    INPUT (OK "Content-Length: 5\r\n\r\nhello" OK "Content-Length: 6\r\n\r\nforged"), NULL },
  { "ghsa-35p6-xmwp-9g52-one-byte", DIRTY, INPUT (OK "Content-Length: 5\r\n\r\nhello\n"), NULL },
  { "ghsa-35p6-xmwp-9g52-behind-chunks", DIRTY,
    INPUT (CHUNKED "5\r\nhello\r\n0\r\n\r\n" OK "Content-Length: 6\r\n\r\nforged"), NULL },
  { "ghsa-35p6-xmwp-9g52-behind-no-content", DIRTY,
    INPUT ("HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\nhello"), NULL },
  { "ghsa-35p6-xmwp-9g52-behind-not-modified", DIRTY,
    INPUT ("HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), NULL },
  { "ghsa-35p6-xmwp-9g52-behind-head", DIRTY, INPUT (OK "Content-Length: 5\r\n\r\nhello"), "HEAD" },
  { "ghsa-35p6-xmwp-9g52-head-alone", CLEAN, INPUT (OK "Content-Length: 5\r\n\r\n"), "HEAD" },

  /* curl: a splitter that pointed into a buffer which had moved on; all cuts of a rich reply */
  { "cve-2018-1000301-rich", CLEAN,
    INPUT ("HTTP/1.1 100 C\r\nA: b\r\n\r\nHTTP/1.1 103 E\r\nLink: c\r\n d\r\n\r\n" OK
           "Transfer-Encoding: chunked\r\nX: y\r\n z\r\n\r\n2;a=\"b\"\r\nhe\r\n3\r\nllo\r\n0\r\n"
           "T: u\r\n v\r\n\r\n"),
    NULL },
  /* libsoup: bytes of a request line read past its end; here the status line */
  { "cve-2025-32906-short-status-line", REFUSED, INPUT ("HTTP/1.1\r\n\r\n"), NULL },
  { "cve-2025-32906-version-alone", REFUSED, INPUT ("HTTP/1.1 \r\n\r\n"), NULL },
  { "cve-2025-32906-empty-line", REFUSED, INPUT ("\r\n\r\n"), NULL },
};

/* Through the parser */

typedef struct
{
  MsaHttp1Parser *parser;
  guint8 *left; /* (owned) (nullable): exactly what the parser left */
  gsize n_left;
  GString *body;
  GError *error; /* (owned) (nullable) */
  gboolean ended;
} Run;

/* An error text is one line of bounded length, whatever the peer sent (Go CVE-2026-42507). */
static void
assert_message (const GError *error)
{
  g_assert_true (error->domain == MSA_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 300);
  for (const char *c = error->message; *c != '\0'; c++)
    g_assert_false (g_ascii_iscntrl (*c));
}

/* What is left and @len bytes more, in memory of just that size. FALSE: it is over. */
static gboolean
feed (Run *self,
      const char *data,
      gsize len)
{
  gsize n_bytes = self->n_left + len;
  g_autofree guint8 *old = g_steal_pointer (&self->left);
  g_autofree guint8 *bytes = g_malloc (n_bytes);
  MsaHttp1Result result;
  MsaCursor input;

  memcpy (bytes, old != NULL ? (const void *) old : "", self->n_left);
  memcpy (&bytes[self->n_left], data, len);
  input = msa_cursor (bytes, n_bytes);
  do
    {
      result = msa_http1_parser_next (self->parser, &input, &self->error);
      if (result == MSA_HTTP1_DATA)
        {
          MsaSlice part = msa_http1_parser_get_data (self->parser);

          g_string_append_len (self->body, part.data, (gssize) part.len);
        }
    }
  while (result != MSA_HTTP1_MORE && result != MSA_HTTP1_END && result != MSA_HTTP1_ERROR);

  self->n_left = msa_cursor_left (&input);
  self->left = g_memdup2 (msa_cursor_rest (&input).data, self->n_left);
  self->ended = result == MSA_HTTP1_END;

  return result == MSA_HTTP1_MORE;
}

static Verdict
get_verdict (const GError *error)
{
  assert_message (error);
  switch (error->code)
    {
    case MSA_ERROR_BAD_REPLY:
      return REFUSED;
    case MSA_ERROR_TOO_LARGE:
      return ENORMOUS;
    case MSA_ERROR_TRUNCATED:
      return CUT;
    default:
      g_assert_not_reached ();
    }
}

/* The input in a first part of @first bytes and further ones of @step; 0: all. */
static Verdict
parse (MsaSlice input,
       gboolean no_body,
       gsize first,
       gsize step,
       GString *body)
{
  Run run = { .parser = msa_http1_parser_new (), .body = body };
  Verdict verdict;
  gsize at = 0;
  gboolean more = TRUE;

  msa_http1_parser_start (run.parser, no_body);
  while (more && at < input.len)
    {
      gsize len = at == 0 ? first : step;

      len = MIN (len == 0 ? G_MAXSIZE : len, input.len - at);
      more = feed (&run, &input.data[at], len);
      at += len;
    }
  if (more)
    run.ended = msa_http1_parser_eof (run.parser, run.n_left, &run.error) == MSA_HTTP1_END;

  if (!run.ended)
    verdict = get_verdict (run.error);
  else if (msa_http1_parser_keeps_alive (run.parser) && run.n_left == 0 && at == input.len)
    verdict = CLEAN;
  else
    verdict = DIRTY;

  g_clear_error (&run.error);
  g_free (run.left);
  msa_http1_parser_free (run.parser);

  return verdict;
}

/* Every row's body, if it has one. */
#define BODY "hello"

static gboolean
has_body (const Row *row)
{
  return row->method == NULL && !g_str_has_prefix (row->input, "HTTP/1.1 204") &&
         !g_str_has_prefix (row->input, "HTTP/1.1 304");
}

static void
assert_verdict (MsaSlice input,
                gboolean no_body,
                Verdict verdict,
                const char *expected)
{
  g_autoptr (GString) whole = g_string_new (NULL);

  g_assert_cmpint (parse (input, no_body, 0, 0, whole), ==, verdict);
  if (verdict == CLEAN || verdict == DIRTY)
    g_assert_cmpstr (whole->str, ==, expected);
  for (gsize cut = 1; cut < input.len; cut++)
    {
      g_autoptr (GString) body = g_string_new (NULL);

      g_assert_cmpint (parse (input, no_body, cut, cut == 1 ? 1 : 0, body), ==, verdict);
      g_assert_cmpstr (body->str, ==, whole->str);
    }
}

static void
test_parser (gconstpointer data)
{
  const Row *row = data;

  assert_verdict (msa_slice (row->input, row->len), row->method != NULL, row->verdict,
                  has_body (row) ? BODY : "");
}

/* Each byte before the colon, and within a value: what a token and a field value may hold, and
 * nothing else (libsoup CVE-2024-52530). */

static void
test_each_byte (gconstpointer data)
{
  gboolean in_value = GPOINTER_TO_INT (data);

  for (guint byte = 0; byte < 256; byte++)
    {
      g_autoptr (GString) input = g_string_new ("HTTP/1.1 204 X\r\n");
      g_autoptr (GString) body = g_string_new (NULL);
      gboolean fits;

      if (in_value)
        fits = byte == '\t' || (byte >= ' ' && byte != 0x7f);
      else
        fits = byte < 0x80 && (g_ascii_isalnum ((char) byte) ||
                               (byte != 0 && strchr ("!#$%&'*+-.^_`|~", (int) byte) != NULL));
      if (byte == '\n' || byte == ':')
        continue; /* end the line, and the name */
      g_string_append (input, in_value ? "A: b" : "A");
      g_string_append_c (input, (char) byte);
      g_string_append (input, in_value ? "c\r\n\r\n" : ": b\r\n\r\n");
      for (gsize step = 0; step < 2; step++)
        g_assert_cmpint (parse (msa_slice (input->str, input->len), FALSE, step, step, body), ==,
                         fits ? CLEAN : REFUSED);
    }
}

/* Each line's end as LF, CR, CRLF and CRCRLF (libsoup CVE-2026-1801, Go CVE-2025-22871) */

#define N_PLACES 9

static const char *const parts[N_PLACES] = {
  "HTTP/1.1 200 OK",
  "Transfer-Encoding: chunked",
  "",
  "5",
  "hello",
  "0",
  "A: b",
  "C: d",
  "",
};
static const char *const place_names[N_PLACES] = {
  "status-line",
  "field",
  "head",
  "chunk-size",
  "chunk-data",
  "last-chunk",
  "trailer",
  "second-trailer",
  "message",
};

typedef struct
{
  const char *name;
  const char *text;
} LineEnd;

static const LineEnd line_ends[] = {
  { "crlf", "\r\n" },
  { "lf", "\n" },
  { "cr", "\r" },
  { "crcrlf", "\r\r\n" },
};

static GString *
make_with_end (guint place,
               const char *end)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < N_PLACES; i++)
    {
      g_string_append (text, parts[i]);
      g_string_append (text, i == place ? end : "\r\n");
    }

  return text;
}

static void
test_line_end (gconstpointer data)
{
  const LineEnd *end = data;

  for (guint place = 0; place < N_PLACES; place++)
    {
      g_autoptr (GString) input = make_with_end (place, end->text);
      MsaSlice bytes = msa_slice (input->str, input->len);
      gboolean is_chunk = place >= 3 && place <= 5;

      g_test_message ("%s", place_names[place]);
      if (g_str_equal (end->name, "crlf"))
        assert_verdict (bytes, FALSE, CLEAN, BODY);
      else if (g_str_equal (end->name, "lf"))
        assert_verdict (bytes, FALSE, is_chunk ? REFUSED : DIRTY, BODY);
      else if (g_str_equal (end->name, "cr") && place == N_PLACES - 1)
        assert_verdict (bytes, FALSE, CUT, BODY);
      else
        assert_verdict (bytes, FALSE, REFUSED, BODY);
    }
}

/* Through a multi */

static void
reply_cb (MsaSimPeer *peer,
          const char *method,
          const char *target,
          const char *head,
          GBytes *body,
          gpointer data)
{
  const Row *row = data;

  if (g_str_equal (target, "/next"))
    {
      msa_sim_http_respond (peer, 200, NULL, "next");
      return;
    }
  msa_sim_peer_send (peer, row->input, (gssize) row->len);
  if (row->verdict == CUT)
    msa_sim_peer_close (peer);
}

static void
assert_next (MsaTestWorld *world,
             gboolean reused)
{
  MsaEasy *next = msa_test_world_make (world, "/next");

  /* What comes behind the message may still be on its way. */
  msa_test_world_settle (world, 5000);
  /* One that is not sent again if it was lost: the connection must be good, or another. */
  msa_easy_set_method (next, "POST");
  msa_test_world_add_again (world, next);
  g_assert_true (msa_test_world_run (world, world->n_completed + 1));
  g_assert_no_error (msa_easy_get_error (next));
  msa_test_world_assert_body (next, "next");
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, reused ? 1 : 2);
}

static void
run_multi (const Row *row,
           gsize segment)
{
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy = msa_test_world_make (world, "/first");
  const GError *error;

  msa_sim_set_segment (world->sim, segment);
  msa_sim_http_server (world->sim, "10.0.0.1", 80, reply_cb, (gpointer) row);
  msa_easy_set_method (easy, row->method);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  error = msa_easy_get_error (easy);
  if (row->verdict == CLEAN || row->verdict == DIRTY)
    {
      g_assert_no_error (error);
      msa_test_world_assert_body (easy, has_body (row) ? BODY : "");
    }
  else
    {
      g_assert_nonnull (error);
      g_assert_cmpint (get_verdict (error), ==, row->verdict);
      g_assert_null (msa_easy_get_body (easy));
    }
  assert_next (world, row->verdict == CLEAN);
  msa_test_world_free (world);
}

static void
test_multi (gconstpointer data)
{
  run_multi (data, 0);
  run_multi (data, 1);
}

static void
test_multi_line_end (gconstpointer data)
{
  const LineEnd *end = data;

  for (guint place = 0; place < N_PLACES; place++)
    {
      g_autoptr (GString) input = make_with_end (place, end->text);
      g_autoptr (GString) body = g_string_new (NULL);
      Row row = { .input = input->str, .len = input->len };

      row.verdict = parse (msa_slice (input->str, input->len), FALSE, 0, 0, body);
      run_multi (&row, 0);
    }
}

/* A second reply on a live connection */

typedef struct
{
  const char *name;
  const char *reply;
  Verdict verdict;
  const char *first; /* the version of the replies before and after */
} Second;

static const Second seconds[] = {
  { "same-version", OK "Content-Length: 2\r\n\r\nok", CLEAN, "1.1" },
  { "same-older-version",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", CLEAN, "1.0" },
  { "newer-minor", OK "Content-Length: 2\r\n\r\nok", DIRTY, "1.0" },
  /* As a balancer whose own pages are HTTP/1.0. */
  { "older-minor", "HTTP/1.0 503 X\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    DIRTY, "1.1" },
  { "unknown-minor", "HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok", REFUSED, "1.1" },
  { "major", "HTTP/2 200\r\nContent-Length: 2\r\n\r\nok", REFUSED, "1.1" },
  { "major-with-minor", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", REFUSED, "1.1" },
  { "major-3", "HTTP/3 200\r\nContent-Length: 2\r\n\r\nok", REFUSED, "1.1" },
  { "without-head", "<html>hello", REFUSED, "1.1" },
  /* The head before it is over, and has no field to go on with. */
  { "folds-the-first", OK " folded\r\nContent-Length: 2\r\n\r\nok", REFUSED, "1.1" },
};

static void
second_cb (MsaSimPeer *peer,
           const char *method,
           const char *target,
           const char *head,
           GBytes *body,
           gpointer data)
{
  const Second *second = data;
  g_autofree char *first = g_strdup_printf ("HTTP/%s 200 OK\r\nConnection: keep-alive\r\n"
                                            "Content-Length: 4\r\nX-Last: a\r\n b\r\n\r\nnext",
                                            second->first);

  if (g_str_equal (target, "/second"))
    msa_sim_peer_send (peer, second->reply, -1);
  else
    msa_sim_peer_send (peer, first, -1);
}

static void
test_second (gconstpointer data)
{
  const Second *second = data;
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy;

  msa_sim_http_server (world->sim, "10.0.0.1", 80, second_cb, (gpointer) second);
  easy = msa_test_world_add (world, "/first");
  g_assert_true (msa_test_world_run (world, 1));
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "X-Last"), ==, "a b");
  easy = msa_test_world_make (world, "/second");
  /* Even where it may come first, it may not come here. */
  msa_easy_set_allow_http09 (easy, TRUE);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 2));
  g_assert_cmpuint (msa_sim_get_n_peers (world->sim), ==, 1);
  if (second->verdict == REFUSED)
    g_assert_error (msa_easy_get_error (easy), MSA_ERROR, MSA_ERROR_BAD_REPLY);
  else
    g_assert_no_error (msa_easy_get_error (easy));
  assert_next (world, second->verdict == CLEAN);
  msa_test_world_free (world);
}

/* HTTP/0.9, where it is allowed */

typedef struct
{
  const char *name;
  const char *reply;
  const char *method; /* (nullable) */
  gboolean allowed;
  int code; /* of MSA_ERROR; -1: none */
} Headless;

static const Headless headless[] = {
  { "refused", "<html>hello", NULL, FALSE, MSA_ERROR_BAD_REPLY },
  { "allowed", "<html>hello", NULL, TRUE, -1 },
  { "allowed-lines", "one\r\ntwo\r\n\r\n", NULL, TRUE, -1 },
  { "allowed-other-protocol", "SSH-2.0-server\r\n", NULL, TRUE, -1 },
  { "allowed-but-http", "HTTP/7 200 OK\r\n\r\n", NULL, TRUE, MSA_ERROR_BAD_REPLY },
  { "allowed-but-head", "<html>hello", "HEAD", TRUE, MSA_ERROR_BAD_REPLY },
  { "allowed-but-interim", "HTTP/1.1 103 X\r\n\r\n<html>hello", NULL, TRUE, MSA_ERROR_BAD_REPLY },
  { "allowed-but-nothing", "", NULL, TRUE, MSA_ERROR_EMPTY_REPLY },
};

static void
headless_cb (MsaSimPeer *peer,
             const char *method,
             const char *target,
             const char *head,
             GBytes *body,
             gpointer data)
{
  const Headless *row = data;

  msa_sim_peer_send (peer, row->reply, -1);
  msa_sim_peer_close (peer);
}

static void
run_headless (const Headless *row,
              gsize segment)
{
  MsaTestWorld *world = msa_test_world_new (MSA_TEST_CALLBACKS);
  MsaEasy *easy = msa_test_world_make (world, "/x");

  msa_sim_set_segment (world->sim, segment);
  msa_sim_http_server (world->sim, "10.0.0.1", 80, headless_cb, (gpointer) row);
  msa_easy_set_method (easy, row->method);
  msa_easy_set_allow_http09 (easy, row->allowed);
  msa_test_world_add_again (world, easy);
  g_assert_true (msa_test_world_run (world, 1));
  if (row->code >= 0)
    {
      g_assert_error (msa_easy_get_error (easy), MSA_ERROR, row->code);
    }
  else
    {
      g_assert_no_error (msa_easy_get_error (easy));
      msa_test_world_assert_body (easy, row->reply);
      g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
      g_assert_cmpint (msa_easy_get_response_version (easy), ==, MSA_HTTP_VERSION_HTTP_1_0);
      g_assert_cmpuint (msa_headers_get_length (msa_easy_get_response_headers (easy)), ==, 0);
    }
  msa_test_world_free (world);
}

static void
test_headless (gconstpointer data)
{
  run_headless (data, 0);
  run_headless (data, 1);
}

/* No block is larger than was promised (curl CVE-2010-0734). */

static MsaWriteResult
largest_cb (MsaEasy *easy,
            const guint8 *data,
            gsize len,
            gpointer user_data)
{
  gsize *largest = user_data;

  *largest = MAX (*largest, len);

  return MSA_WRITE_CONTINUE;
}

static void
test_largest_block (MsaTestWorld *world)
{
  static const char *const targets[] = { "/size/3000000", "/chunked/3000000" };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      MsaEasy *easy = msa_test_world_make (world, targets[i]);
      gsize largest = 0;

      msa_easy_set_write_func (easy, largest_cb, &largest, NULL);
      msa_test_world_add_again (world, easy);
      g_assert_true (msa_test_world_run (world, i + 1));
      g_assert_no_error (msa_easy_get_error (easy));
      g_assert_cmpuint (largest, >, 0);
      g_assert_cmpuint (largest, <=, MSA_MAX_WRITE_CHUNK_BYTES);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/framing/parser", rows, test_parser);
  MSA_TEST_ADD_ROWS ("/msa/framing/multi", rows, test_multi);
  MSA_TEST_ADD_ROWS ("/msa/framing/parser/cve-2026-1801-each-line", line_ends, test_line_end);
  MSA_TEST_ADD_ROWS ("/msa/framing/multi/cve-2026-1801-each-line", line_ends, test_multi_line_end);
  MSA_TEST_ADD_ROWS ("/msa/framing/second", seconds, test_second);
  MSA_TEST_ADD_ROWS ("/msa/framing/http09", headless, test_headless);
  g_test_add_data_func ("/msa/framing/parser/cve-2024-52530-each-byte/name",
                        GINT_TO_POINTER (FALSE), test_each_byte);
  g_test_add_data_func ("/msa/framing/parser/cve-2024-52530-each-byte/value",
                        GINT_TO_POINTER (TRUE), test_each_byte);
  msa_test_world_add_test ("/msa/framing/cve-2010-0734-largest-block", test_largest_block);

  return g_test_run ();
}

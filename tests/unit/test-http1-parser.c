/* test-http1-parser.c: HTTP/1 responses, from bytes to events
 *
 * Each row runs whole, byte by byte and cut at each point, always from an allocation of
 * exactly the bytes that are there. What the parser gives is written down as one line of text:
 *
 *   (103 {Link: x}) 200 OK 1.1 len=5 {Server: x|Vary: y} [hello] {Trailer: z} end keep rest=0
 *
 * and an error as its code, with what came before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "proto/http1/msa-http1-parser-private.h"

#include "base/msa-limits-private.h"
#include "model/msa-error.h"
#include "sim/msa-test-rows.h"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_IS "200 OK 1.1 len=-1 {Transfer-Encoding: chunked} "

typedef enum
{
  OPEN = 0,
  EOF_AFTER = 1 << 0, /* the peer closes behind the input */
  NO_BODY = 1 << 1,   /* the response is to a HEAD request */
} RowFlags;

typedef struct
{
  const char *name;
  RowFlags    flags;
  MsaSlice    input;
  const char *expected;
} Row;

#define INPUT(literal) \
  { \
    literal, sizeof (literal) - 1 \
  }

static const Row status_lines[] = {
  { "usual", OPEN, INPUT (HEAD "Content-Length: 0\r\n\r\n"),
    "200 OK 1.1 len=0 {Content-Length: 0} end keep rest=0" },
  { "http-1-0", EOF_AFTER, INPUT ("HTTP/1.0 200 OK\r\n\r\n"),
    "200 OK 1.0 len=-1 {} end close rest=0" },
  { "reason-of-words", OPEN, INPUT ("HTTP/1.1 204 Nothing at all\r\n\r\n"),
    "204 Nothing at all 1.1 len=0 {} end keep rest=0" },
  { "reason-empty", OPEN, INPUT ("HTTP/1.1 204 \r\n\r\n"), "204 - 1.1 len=0 {} end keep rest=0" },
  { "reason-missing", OPEN, INPUT ("HTTP/1.1 204\r\n\r\n"), "204 - 1.1 len=0 {} end keep rest=0" },
  { "reason-latin-1", OPEN, INPUT ("HTTP/1.1 204 \xe4\r\n\r\n"),
    "204 \xe4 1.1 len=0 {} end keep rest=0" },
  { "status-999", EOF_AFTER, INPUT ("HTTP/1.1 999 X\r\n\r\nb"),
    "999 X 1.1 len=-1 {} [b] end close rest=0" },
  { "status-of-one-digit", OPEN, INPUT ("HTTP/1.1 2 OK\r\n\r\n"), "bad-reply" },
  { "status-of-two-digits", OPEN, INPUT ("HTTP/1.1 20\r\n\r\n"), "bad-reply" },
  { "status-of-four-digits", OPEN, INPUT ("HTTP/1.1 2000 OK\r\n\r\n"), "bad-reply" },
  { "status-of-many-digits", OPEN,
    INPUT ("HTTP/1.1 20000000000000000000000000000000000 OK\r\n\r\n"),
    "bad-reply" },
  { "status-below-100", OPEN, INPUT ("HTTP/1.1 099 OK\r\n\r\n"), "bad-reply" },
  { "status-negative", OPEN, INPUT ("HTTP/1.1 -20 OK\r\n\r\n"), "bad-reply" },
  { "status-missing", OPEN, INPUT ("HTTP/1.1 \r\n\r\n"), "bad-reply" },
  { "version-alone", OPEN, INPUT ("HTTP/1.1\r\n\r\n"), "bad-reply" },
  { "status-glued-to-reason", OPEN, INPUT ("HTTP/1.1 200OK\r\n\r\n"), "bad-reply" },
  { "status-glued-to-version", OPEN, INPUT ("HTTP/1.1200 OK\r\n\r\n"), "bad-reply" },
  { "status-glued-to-version-1-0", OPEN, INPUT ("HTTP/1.0200 OK\r\n\r\n"), "bad-reply" },
  { "two-blanks-before-status", OPEN, INPUT ("HTTP/1.1  200 OK\r\n\r\n"), "bad-reply" },
  { "tab-before-status", OPEN, INPUT ("HTTP/1.1\t200 OK\r\n\r\n"), "bad-reply" },
  { "version-1-2", OPEN, INPUT ("HTTP/1.2 200 OK\r\n\r\n"), "bad-reply" },
  { "version-2", OPEN, INPUT ("HTTP/2 200\r\n\r\n"), "bad-reply" },
  { "version-2-0", OPEN, INPUT ("HTTP/2.0 200 OK\r\n\r\n"), "bad-reply" },
  { "version-1-10", OPEN, INPUT ("HTTP/1.10 200 OK\r\n\r\n"), "bad-reply" },
  { "lower-case", OPEN, INPUT ("http/1.1 200 OK\r\n\r\n"), "bad-reply" },
  { "http-0-9", EOF_AFTER, INPUT ("<html>hello</html>"), "bad-reply" },
  { "other-protocol", OPEN, INPUT ("SSH-2.0-server\r\n"), "bad-reply" },
  { "empty-line-first", OPEN, INPUT ("\r\nHTTP/1.1 200 OK\r\n\r\n"), "bad-reply" },
  { "nul-in-reason", OPEN, INPUT ("HTTP/1.1 200 O\0K\r\n\r\n"), "bad-reply" },
  { "cr-in-reason", OPEN, INPUT ("HTTP/1.1 200 O\rK\r\n\r\n"), "bad-reply" },
  { "escape-in-reason", OPEN, INPUT ("HTTP/1.1 200 \033[2J\r\n\r\n"), "bad-reply" },
  { "switching-protocols", OPEN, INPUT ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "bad-reply" },
};

static const Row fields[] = {
  { "order-and-case-kept", OPEN, INPUT ("HTTP/1.1 204 X\r\nb: 1\r\nA: 2\r\nB: 3\r\n\r\n"),
    "204 X 1.1 len=0 {b: 1|A: 2|B: 3} end keep rest=0" },
  { "blanks-around-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA:\t  b c \t\r\nD:e\r\n\r\n"),
    "204 X 1.1 len=0 {A: b c|D: e} end keep rest=0" },
  { "empty-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA:\r\nB: \r\n\r\n"),
    "204 X 1.1 len=0 {A: |B: } end keep rest=0" },
  { "colon-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b:c\r\n\r\n"),
    "204 X 1.1 len=0 {A: b:c} end keep rest=0" },
  { "latin-1-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: \xfc\r\n\r\n"),
    "204 X 1.1 len=0 {A: \xfc} end keep rest=0" },
  { "tab-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\tc\r\n\r\n"),
    "204 X 1.1 len=0 {A: b\tc} end keep rest=0" },
  { "folded", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\r\n  c \r\n\td\r\nE: f\r\n\r\n"),
    "204 X 1.1 len=0 {A: b c d|E: f} end keep rest=0" },
  { "folded-blank-line", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\r\n \r\nE: f\r\n\r\n"),
    "204 X 1.1 len=0 {A: b|E: f} end keep rest=0" },
  { "folded-after-empty-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA:\r\n b\r\n\r\n"),
    "204 X 1.1 len=0 {A: b} end keep rest=0" },
  { "bare-lf", OPEN, INPUT ("HTTP/1.1 204 X\nA: b\n\n"),
    "204 X 1.1 len=0 {A: b} end close rest=0" },
  { "one-bare-lf", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\n\r\n"),
    "204 X 1.1 len=0 {A: b} end close rest=0" },
  { "fold-before-first", OPEN, INPUT ("HTTP/1.1 204 X\r\n A: b\r\n\r\n"), "bad-reply" },
  { "tab-before-first", OPEN, INPUT ("HTTP/1.1 204 X\r\n\tA: b\r\n\r\n"), "bad-reply" },
  { "no-colon", OPEN, INPUT ("HTTP/1.1 204 X\r\nA b\r\n\r\n"), "bad-reply" },
  { "no-name", OPEN, INPUT ("HTTP/1.1 204 X\r\n: b\r\n\r\n"), "bad-reply" },
  { "blank-before-colon", OPEN, INPUT ("HTTP/1.1 204 X\r\nA : b\r\n\r\n"), "bad-reply" },
  { "tab-before-colon", OPEN, INPUT ("HTTP/1.1 204 X\r\nA\t: b\r\n\r\n"), "bad-reply" },
  { "name-no-token", OPEN, INPUT ("HTTP/1.1 204 X\r\nA(b): c\r\n\r\n"), "bad-reply" },
  { "name-latin-1", OPEN, INPUT ("HTTP/1.1 204 X\r\n\xfc: c\r\n\r\n"), "bad-reply" },
  { "nul-in-name", OPEN, INPUT ("HTTP/1.1 204 X\r\nA\0: c\r\n\r\n"), "bad-reply" },
  { "nul-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\0c\r\n\r\n"), "bad-reply" },
  { "nul-in-fold", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\r\n c\0\r\n\r\n"), "bad-reply" },
  { "cr-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\rc\r\n\r\n"), "bad-reply" },
  { "two-crs", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\r\r\n\r\n"), "bad-reply" },
  { "cr-as-line", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\r\n\r\r\n"), "bad-reply" },
  { "control-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\001c\r\n\r\n"), "bad-reply" },
  { "delete-in-value", OPEN, INPUT ("HTTP/1.1 204 X\r\nA: b\177c\r\n\r\n"), "bad-reply" },
};

static const Row framing[] = {
  { "length", OPEN, INPUT (HEAD "Content-Length: 5\r\n\r\nhello"),
    "200 OK 1.1 len=5 {Content-Length: 5} [hello] end keep rest=0" },
  { "length-with-surplus", OPEN, INPUT (HEAD "Content-Length: 5\r\n\r\nhello!!"),
    "200 OK 1.1 len=5 {Content-Length: 5} [hello] end keep rest=2" },
  { "length-any-case", OPEN, INPUT (HEAD "cONTENT-lENGTH: 1\r\n\r\nh"),
    "200 OK 1.1 len=1 {cONTENT-lENGTH: 1} [h] end keep rest=0" },
  { "length-leading-zeros", OPEN, INPUT (HEAD "Content-Length: 0001\r\n\r\nh"),
    "200 OK 1.1 len=1 {Content-Length: 0001} [h] end keep rest=0" },
  { "lengths-equal", OPEN, INPUT (HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\nh"),
    "200 OK 1.1 len=1 {Content-Length: 1|Content-Length: 1} [h] end keep rest=0" },
  { "length-list-equal", OPEN, INPUT (HEAD "Content-Length: 1, 1 ,01\r\n\r\nh"),
    "200 OK 1.1 len=1 {Content-Length: 1, 1 ,01} [h] end keep rest=0" },
  { "length-2-63-minus-1", OPEN, INPUT (HEAD "Content-Length: 9223372036854775807\r\n\r\nh"),
    "200 OK 1.1 len=9223372036854775807 {Content-Length: 9223372036854775807} [h] more" },
  { "length-2-63", OPEN, INPUT (HEAD "Content-Length: 9223372036854775808\r\n\r\nh"), "bad-reply" },
  { "length-2-64", OPEN, INPUT (HEAD "Content-Length: 18446744073709551616\r\n\r\nh"),
    "bad-reply" },
  { "lengths-differ", OPEN, INPUT (HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\nhi"),
    "bad-reply" },
  { "length-list-differs", OPEN, INPUT (HEAD "Content-Length: 1, 2\r\n\r\nhi"), "bad-reply" },
  { "length-list-with-gap", OPEN, INPUT (HEAD "Content-Length: 1,,1\r\n\r\nh"), "bad-reply" },
  { "length-negative", OPEN, INPUT (HEAD "Content-Length: -1\r\n\r\nh"), "bad-reply" },
  { "length-plus", OPEN, INPUT (HEAD "Content-Length: +1\r\n\r\nh"), "bad-reply" },
  { "length-junk", OPEN, INPUT (HEAD "Content-Length: 1x\r\n\r\nh"), "bad-reply" },
  { "length-empty", OPEN, INPUT (HEAD "Content-Length:\r\n\r\nh"), "bad-reply" },
  { "length-folded", OPEN, INPUT (HEAD "Content-Length: 1\r\n 2\r\n\r\nh"), "bad-reply" },
  { "length-hex", OPEN, INPUT (HEAD "Content-Length: 0x1\r\n\r\nh"), "bad-reply" },

  { "until-close", EOF_AFTER, INPUT (HEAD "\r\nhello"),
    "200 OK 1.1 len=-1 {} [hello] end close rest=0" },
  { "until-close-empty", EOF_AFTER, INPUT (HEAD "\r\n"), "200 OK 1.1 len=-1 {} end close rest=0" },
  { "until-close-in-spite-of-keep-alive", EOF_AFTER, INPUT (HEAD "Connection: keep-alive\r\n\r\nh"),
    "200 OK 1.1 len=-1 {Connection: keep-alive} [h] end close rest=0" },

  { "head-has-no-body", NO_BODY, INPUT (HEAD "Content-Length: 5\r\n\r\n"),
    "200 OK 1.1 len=0 {Content-Length: 5} end keep rest=0" },
  { "head-with-body-bytes", NO_BODY, INPUT (HEAD "Content-Length: 5\r\n\r\nhello"),
    "200 OK 1.1 len=0 {Content-Length: 5} end keep rest=5" },
  { "head-chunked", NO_BODY, INPUT (HEAD "Transfer-Encoding: chunked\r\n\r\n"),
    "200 OK 1.1 len=0 {Transfer-Encoding: chunked} end keep rest=0" },
  { "head-without-length", NO_BODY, INPUT (HEAD "\r\n"), "200 OK 1.1 len=0 {} end keep rest=0" },
  { "head-with-junk-length", NO_BODY, INPUT (HEAD "Content-Length: x\r\n\r\n"),
    "200 OK 1.1 len=0 {Content-Length: x} end close rest=0" },
  { "status-204-has-no-body", OPEN, INPUT ("HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n"),
    "204 X 1.1 len=0 {Content-Length: 5} end keep rest=0" },
  { "status-304-has-no-body", OPEN, INPUT ("HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "304 X 1.1 len=0 {Transfer-Encoding: chunked} end keep rest=0" },

  { "chunked", OPEN, INPUT (CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
    CHUNKED_IS "[hello] end keep rest=0" },
  { "chunked-any-case", OPEN, INPUT (HEAD "transfer-ENCODING: ChunKed\r\n\r\n0\r\n\r\n"),
    "200 OK 1.1 len=-1 {transfer-ENCODING: ChunKed} end keep rest=0" },
  { "chunked-with-length", OPEN,
    INPUT (HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n0\r\n\r\n"),
    "200 OK 1.1 len=-1 {Content-Length: 3|Transfer-Encoding: chunked} [h] end close rest=0" },
  { "chunked-before-length", OPEN,
    INPUT (HEAD "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nh\r\n0\r\n\r\n"),
    "200 OK 1.1 len=-1 {Transfer-Encoding: chunked|Content-Length: 3} [h] end close rest=0" },
  { "chunked-with-junk-length", OPEN,
    INPUT (HEAD "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n"),
    "bad-reply" },
  { "chunked-of-http-1-0", OPEN,
    INPUT ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"
           "h\r\n0\r\n\r\n"),
    "200 OK 1.0 len=-1 {Connection: keep-alive|Transfer-Encoding: chunked} [h] end close rest=0" },
  { "chunked-twice", OPEN, INPUT (HEAD "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    "bad-reply" },
  { "chunked-in-two-fields", OPEN,
    INPUT (HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "bad-reply" },
  { "chunked-not-last", OPEN, INPUT (HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    "bad-reply" },
  { "identity-after-chunked", OPEN,
    INPUT (HEAD "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    "bad-reply" },
  { "coding-not-asked-for", OPEN, INPUT (HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "bad-reply" },
  { "coding-unknown", OPEN, INPUT (HEAD "Transfer-Encoding: xchunked\r\n\r\n"), "bad-reply" },
  { "coding-with-parameter", OPEN, INPUT (HEAD "Transfer-Encoding: chunked;q=1\r\n\r\n"),
    "bad-reply" },
  { "coding-empty", OPEN, INPUT (HEAD "Transfer-Encoding: ,\r\n\r\n"), "bad-reply" },
  { "coding-empty-with-length", OPEN,
    INPUT (HEAD "Content-Length: 1\r\nTransfer-Encoding:\r\n\r\nh"),
    "bad-reply" },
  { "coding-empty-before-length", OPEN,
    INPUT (HEAD "Transfer-Encoding: ,\r\nContent-Length: 1\r\n\r\nh"),
    "bad-reply" },
  { "coding-identity", OPEN,
    INPUT (HEAD "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nh"),
    "200 OK 1.1 len=1 {Transfer-Encoding: identity|Content-Length: 1} [h] end close rest=0" },

  { "close", OPEN, INPUT (HEAD "Connection: close\r\nContent-Length: 0\r\n\r\n"),
    "200 OK 1.1 len=0 {Connection: close|Content-Length: 0} end close rest=0" },
  { "close-among-others", OPEN, INPUT (HEAD "Connection: x, CLOSE\r\nContent-Length: 0\r\n\r\n"),
    "200 OK 1.1 len=0 {Connection: x, CLOSE|Content-Length: 0} end close rest=0" },
  { "close-within-a-word", OPEN, INPUT (HEAD "Connection: closed\r\nContent-Length: 0\r\n\r\n"),
    "200 OK 1.1 len=0 {Connection: closed|Content-Length: 0} end keep rest=0" },
  { "close-and-keep-alive", OPEN,
    INPUT (HEAD "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    "200 OK 1.1 len=0 {Connection: keep-alive|Connection: close|Content-Length: 0} end close "
    "rest=0" },
  { "http-1-0-closes", OPEN, INPUT ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nh"),
    "200 OK 1.0 len=1 {Content-Length: 1} [h] end close rest=0" },
  { "http-1-0-keep-alive", OPEN,
    INPUT ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nh"),
    "200 OK 1.0 len=1 {Connection: Keep-Alive|Content-Length: 1} [h] end keep rest=0" },
};

static const Row chunks[] = {
  { "several", OPEN, INPUT (CHUNKED "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nX"),
    CHUNKED_IS "[hello] end keep rest=1" },
  { "none", OPEN, INPUT (CHUNKED "0\r\n\r\n"), CHUNKED_IS "end keep rest=0" },
  { "hex-any-case", OPEN, INPUT (CHUNKED "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
    CHUNKED_IS "[01234567890123456789] end keep rest=0" },
  { "sixteen-digits", OPEN, INPUT (CHUNKED "0000000000000001\r\nh\r\n0000000000000000\r\n\r\n"),
    CHUNKED_IS "[h] end keep rest=0" },
  { "extensions", OPEN, INPUT (CHUNKED "1;a=b;c=\"d\"\r\nh\r\n0 ;e\r\n\r\n"),
    CHUNKED_IS "[h] end keep rest=0" },
  { "blanks-before-extension", OPEN, INPUT (CHUNKED "1 \t;a=b\r\nh\r\n0\r\n\r\n"),
    CHUNKED_IS "[h] end keep rest=0" },
  { "lines-as-data", OPEN, INPUT (CHUNKED "4\r\n\r\n\r\n\r\n0\r\n\r\n"),
    CHUNKED_IS "[\r\n\r\n] end keep rest=0" },
  { "trailers", OPEN, INPUT (CHUNKED "1\r\nh\r\n0\r\nA: b\r\nC: d\r\n  e\r\n\r\n"),
    CHUNKED_IS "[h] {A: b|C: d e} end keep rest=0" },
  { "trailers-frame-nothing", OPEN,
    INPUT (CHUNKED "0\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n"
                   "\r\n"),
    CHUNKED_IS "{Content-Length: 7|Transfer-Encoding: gzip|Connection: close} end keep rest=0" },
  { "trailers-with-bare-lf", OPEN, INPUT (CHUNKED "0\r\nA: b\n\r\n"),
    CHUNKED_IS "{A: b} end close rest=0" },
  { "size-empty", OPEN, INPUT (CHUNKED "\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-extension-only", OPEN, INPUT (CHUNKED ";a\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-junk", OPEN, INPUT (CHUNKED "g\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-junk-behind", OPEN, INPUT (CHUNKED "5x\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-blank-behind", OPEN, INPUT (CHUNKED "5 \r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-tab-behind", OPEN, INPUT (CHUNKED "5\t\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-plus", OPEN, INPUT (CHUNKED "+5\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-two-words", OPEN, INPUT (CHUNKED "5 5\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-prefixed", OPEN, INPUT (CHUNKED "0x5\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-negative", OPEN, INPUT (CHUNKED "-5\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-blank-first", OPEN, INPUT (CHUNKED " 5\r\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "size-blank-first-with-extension", OPEN, INPUT (CHUNKED " 5;a\r\nhello\r\n"),
    CHUNKED_IS "bad-reply" },
  { "size-tab-first-with-extension", OPEN, INPUT (CHUNKED "\t5;a\r\nhello\r\n"),
    CHUNKED_IS "bad-reply" },
  { "size-overflows", OPEN, INPUT (CHUNKED "fffffffffffffffff\r\n"), CHUNKED_IS "bad-reply" },
  { "size-over-2-63", OPEN, INPUT (CHUNKED "8000000000000000\r\n"), CHUNKED_IS "bad-reply" },
  { "size-of-seventeen-digits", OPEN, INPUT (CHUNKED "00000000000000001\r\nh\r\n"),
    CHUNKED_IS "bad-reply" },
  { "bare-lf-behind-size", OPEN, INPUT (CHUNKED "5\nhello\r\n"), CHUNKED_IS "bad-reply" },
  { "bare-lf-behind-data", OPEN, INPUT (CHUNKED "5\r\nhello\n0\r\n\r\n"),
    CHUNKED_IS "[hello] bad-reply" },
  { "bare-lf-behind-last", OPEN, INPUT (CHUNKED "0\n\r\n"), CHUNKED_IS "bad-reply" },
  { "bare-cr-behind-data", OPEN, INPUT (CHUNKED "5\r\nhello\r0\r\n\r\n"),
    CHUNKED_IS "[hello] bad-reply" },
  { "data-too-long", OPEN, INPUT (CHUNKED "4\r\nhello\r\n"), CHUNKED_IS "[hell] bad-reply" },
  { "cr-in-extension", OPEN, INPUT (CHUNKED "1;\r\r\nh\r\n"), CHUNKED_IS "bad-reply" },
  { "nul-in-extension", OPEN, INPUT (CHUNKED "1;\0\r\nh\r\n"), CHUNKED_IS "bad-reply" },
  { "nul-in-trailer", OPEN, INPUT (CHUNKED "0\r\nA: \0\r\n\r\n"), CHUNKED_IS "bad-reply" },
  { "cr-in-trailer", OPEN, INPUT (CHUNKED "0\r\nA: b\rc\r\n\r\n"), CHUNKED_IS "bad-reply" },
  { "no-colon-in-trailer", OPEN, INPUT (CHUNKED "0\r\nA\r\n\r\n"), CHUNKED_IS "bad-reply" },
  { "fold-before-first-trailer", OPEN, INPUT (CHUNKED "0\r\n A: b\r\n\r\n"),
    CHUNKED_IS "bad-reply" },
};

static const Row interim[] = {
  { "continue", OPEN, INPUT ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 X\r\n\r\n"),
    "(100 {}) 204 X 1.1 len=0 {} end keep rest=0" },
  { "early-hints", OPEN,
    INPUT ("HTTP/1.1 103 Y\r\nLink: x\r\n\r\nHTTP/1.1 103 Y\r\nLink: y\r\n\r\nHTTP/1.1 204 X\r\n"
           "A: b\r\n\r\n"),
    "(103 {Link: x}) (103 {Link: y}) 204 X 1.1 len=0 {A: b} end keep rest=0" },
  { "unknown-199", OPEN,
    INPUT ("HTTP/1.1 199 Y\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 X\r\n\r\n"),
    "(199 {Content-Length: 9}) 204 X 1.1 len=0 {} end keep rest=0" },
  { "with-bare-lf", OPEN, INPUT ("HTTP/1.1 100 Continue\n\nHTTP/1.1 204 X\r\n\r\n"),
    "(100 {}) 204 X 1.1 len=0 {} end close rest=0" },
  { "fold-before-first-of-final", OPEN,
    INPUT ("HTTP/1.1 103 Y\r\nA: b\r\n\r\nHTTP/1.1 204 X\r\n c\r\n\r\n"),
    "(103 {A: b}) bad-reply" },
  { "without-final", EOF_AFTER, INPUT ("HTTP/1.1 100 Continue\r\n\r\n"), "(100 {}) truncated" },
  { "then-junk", EOF_AFTER, INPUT ("HTTP/1.1 100 Continue\r\n\r\nhello"), "(100 {}) bad-reply" },
};

static const Row ends[] = {
  { "no-byte", EOF_AFTER, INPUT (""), "empty-reply" },
  { "in-status-line", EOF_AFTER, INPUT ("HTTP/1."), "truncated" },
  { "behind-status-line", EOF_AFTER, INPUT (HEAD), "truncated" },
  { "in-field", EOF_AFTER, INPUT (HEAD "A: "), "truncated" },
  { "behind-field", EOF_AFTER, INPUT (HEAD "A: b\r\n"), "truncated" },
  { "before-body", EOF_AFTER, INPUT (HEAD "Content-Length: 2\r\n\r\n"),
    "200 OK 1.1 len=2 {Content-Length: 2} truncated" },
  { "in-body", EOF_AFTER, INPUT (HEAD "Content-Length: 2\r\n\r\nh"),
    "200 OK 1.1 len=2 {Content-Length: 2} [h] truncated" },
  { "before-chunk", EOF_AFTER, INPUT (CHUNKED), CHUNKED_IS "truncated" },
  { "in-chunk-size", EOF_AFTER, INPUT (CHUNKED "5"), CHUNKED_IS "truncated" },
  { "in-chunk", EOF_AFTER, INPUT (CHUNKED "5\r\nhe"), CHUNKED_IS "[he] truncated" },
  { "behind-chunk", EOF_AFTER, INPUT (CHUNKED "2\r\nhe"), CHUNKED_IS "[he] truncated" },
  { "before-last-chunk", EOF_AFTER, INPUT (CHUNKED "2\r\nhe\r\n"), CHUNKED_IS "[he] truncated" },
  { "before-last-line", EOF_AFTER, INPUT (CHUNKED "0\r\n"), CHUNKED_IS "truncated" },
  { "in-last-line", EOF_AFTER, INPUT (CHUNKED "0\r\n\r"), CHUNKED_IS "truncated" },
  { "in-trailer", EOF_AFTER, INPUT (CHUNKED "0\r\nA: b\r\n"), CHUNKED_IS "truncated" },
};

/* --- Running a row --- */

typedef struct
{
  MsaHttp1Parser *parser;
  GString        *text;
  GString        *body;   /* since the last other event */
  guint8         *left;   /* (owned) (nullable): exactly what the parser left */
  gsize           n_left;
  gsize           n_used;
  gboolean        over;
} Run;

static const char *
name_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == MSA_ERROR);
  /* One sentence of bounded length, whatever the peer sent. */
  g_assert_cmpuint (strlen (error->message), >, 10);
  g_assert_cmpuint (strlen (error->message), <, 300);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_false (g_str_has_suffix (error->message, "."));

  switch (error->code)
    {
    case MSA_ERROR_BAD_REPLY:
      return "bad-reply";
    case MSA_ERROR_TOO_LARGE:
      return "too-large";
    case MSA_ERROR_TRUNCATED:
      return "truncated";
    case MSA_ERROR_EMPTY_REPLY:
      return "empty-reply";
    default:
      return "another-error";
    }
}

static void
write_headers (Run *self,
               MsaHeaders *headers)
{
  guint n_fields = msa_headers_get_length (headers);

  g_string_append_c (self->text, '{');
  for (guint i = 0; i < n_fields; i++)
    {
      const char *value;
      const char *name = msa_headers_get_nth (headers, i, &value);

      g_string_append_printf (self->text, "%s%s: %s", i > 0 ? "|" : "", name, value);
    }
  g_string_append_c (self->text, '}');
}

static void
write_head (Run *self)
{
  MsaHead *head = msa_http1_parser_get_head (self->parser);

  g_string_append_printf (self->text, "%u %s %s len=%" G_GINT64_FORMAT " ", head->status,
                          head->reason != NULL ? head->reason : "-",
                          head->version == MSA_HTTP_VERSION_HTTP_1_1 ? "1.1" : "1.0",
                          head->content_length);
  write_headers (self, head->headers);
}

static void
write_body (Run *self)
{
  if (self->body->len > 0)
    {
      g_string_append_printf (self->text, "[%s] ", self->body->str);
      g_string_truncate (self->body, 0);
    }
}

static void
write_result (Run *self,
              MsaHttp1Result result,
              const GError *error)
{
  MsaSlice data;

  if (result != MSA_HTTP1_DATA)
    write_body (self);
  switch (result)
    {
    case MSA_HTTP1_MORE:
      break;
    case MSA_HTTP1_INFORMATIONAL:
      g_string_append_printf (self->text, "(%u ", msa_http1_parser_get_head (self->parser)->status);
      write_headers (self, msa_http1_parser_get_head (self->parser)->headers);
      g_string_append (self->text, ") ");
      break;
    case MSA_HTTP1_HEAD:
      write_head (self);
      g_string_append_c (self->text, ' ');
      break;
    case MSA_HTTP1_DATA:
      data = msa_http1_parser_get_data (self->parser);
      g_assert_cmpuint (data.len, >, 0);
      g_string_append_len (self->body, data.data, (gssize) data.len);
      break;
    case MSA_HTTP1_TRAILERS:
      write_headers (self, msa_http1_parser_get_trailers (self->parser));
      g_string_append_c (self->text, ' ');
      break;
    case MSA_HTTP1_END:
      g_string_append (self->text,
                       msa_http1_parser_keeps_alive (self->parser) ? "end keep" : "end close");
      break;
    case MSA_HTTP1_ERROR:
      g_string_append (self->text, name_error (error));
      g_assert_false (msa_http1_parser_keeps_alive (self->parser));
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Gives the parser what it left and @len bytes more, in memory of just that size. */
static void
feed (Run *self,
      const char *data,
      gsize len)
{
  gsize n_bytes = self->n_left + len;
  g_autofree guint8 *old = g_steal_pointer (&self->left);
  g_autofree guint8 *bytes = g_malloc (MAX (n_bytes, 1));
  MsaHttp1Result result;
  MsaCursor input;

  if (self->n_left > 0)
    memcpy (bytes, old, self->n_left);
  if (len > 0)
    memcpy (&bytes[self->n_left], data, len);
  input = msa_cursor (bytes, n_bytes);

  do
    {
      g_autoptr (GError) error = NULL;

      result = msa_http1_parser_next (self->parser, &input, &error);
      g_assert_true ((error != NULL) == (result == MSA_HTTP1_ERROR));
      if (result != MSA_HTTP1_MORE)
        write_result (self, result, error);
    }
  while (result != MSA_HTTP1_MORE && result != MSA_HTTP1_END && result != MSA_HTTP1_ERROR);

  self->over = result != MSA_HTTP1_MORE;
  self->n_left = msa_cursor_left (&input);
  self->n_used += n_bytes - self->n_left;
  self->left = g_memdup2 (msa_cursor_rest (&input).data, self->n_left);
  /* The bytes come again: they were not used yet. */
  if (result == MSA_HTTP1_MORE)
    g_assert_true (msa_http1_parser_needs_bytes (self->parser));
  else
    g_assert_false (msa_http1_parser_needs_bytes (self->parser));
}

static void
end_input (Run *self)
{
  g_autoptr (GError) error = NULL;
  MsaHttp1Result result = msa_http1_parser_eof (self->parser, self->n_left, &error);

  g_assert_true (result == MSA_HTTP1_END || result == MSA_HTTP1_ERROR);
  write_result (self, result, error);
  self->over = TRUE;
}

static gsize
min_step (gsize step,
          gsize rest)
{
  return MIN (step == 0 ? rest : step, rest);
}

/* The text of @input, given in a first part of @first bytes and further ones of @step; 0: all. */
static gchar *
run_input (Run *self,
           MsaSlice input,
           RowFlags flags,
           gsize first,
           gsize step)
{
  gsize at = 0;
  gboolean ended;

  self->text = g_string_new (NULL);
  self->body = g_string_new (NULL);
  self->n_left = self->n_used = 0;
  self->over = FALSE;
  msa_http1_parser_start (self->parser, (flags & NO_BODY) != 0);
  g_assert_true (msa_http1_parser_is_virgin (self->parser));

  while (!self->over && at < input.len)
    {
      gsize len = at == 0 ? min_step (first, input.len) : min_step (step, input.len - at);

      feed (self, &input.data[at], len);
      g_assert_false (msa_http1_parser_is_virgin (self->parser));
      at += len;
    }
  ended = self->over;
  if (!self->over && (flags & EOF_AFTER) != 0)
    {
      end_input (self);
      self->n_used += self->n_left;
    }
  if (!self->over)
    {
      write_body (self);
      g_string_append (self->text, "more");
    }
  if (g_str_has_suffix (self->text->str, "keep") || g_str_has_suffix (self->text->str, "close"))
    g_string_append_printf (self->text, " rest=%" G_GSIZE_FORMAT,
                            ended ? input.len - self->n_used : 0);

  g_clear_pointer (&self->left, g_free);
  g_string_free (self->body, TRUE);

  return g_string_free (self->text, FALSE);
}

static void
assert_run (Run *self,
            const Row *row,
            gsize first,
            gsize step)
{
  g_autofree gchar *text = run_input (self, row->input, row->flags, first, step);

  g_assert_cmpstr (text, ==, row->expected);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  Run run = { .parser = msa_http1_parser_new () };

  assert_run (&run, row, 0, 0);
  assert_run (&run, row, 1, 1);
  for (gsize cut = 1; cut < row->input.len; cut++)
    assert_run (&run, row, cut, 0);

  msa_http1_parser_free (run.parser);
}

/* --- Ceilings --- */

/* "name: xxx…CRLF" of exactly @len bytes. */
static void
append_line (GString *text,
             const char *start,
             gsize len)
{
  gsize end = text->len + len;

  g_string_append (text, start);
  while (text->len < end - 2)
    g_string_append_c (text, 'x');
  g_string_append (text, "\r\n");
}

static gchar *
run_big (GString *input,
         gsize step)
{
  Run run = { .parser = msa_http1_parser_new () };
  gchar *text = run_input (&run, msa_slice (input->str, input->len), OPEN, step, step);

  msa_http1_parser_free (run.parser);

  return text;
}

static void
assert_big (GString *input,
            gboolean fits)
{
  static const gsize steps[] = { 0, 5000, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autofree gchar *text = run_big (input, steps[i]);

      if (fits)
        g_assert_true (g_str_has_suffix (text, "end keep rest=0"));
      else
        g_assert_true (g_str_has_suffix (text, "too-large"));
    }
}

static void
test_line_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new ("HTTP/1.1 204 X\r\n");

      append_line (input, "A: ", MSA_MAX_HEADER_LINE_BYTES + over);
      g_string_append (input, "\r\n");
      assert_big (input, over == 0);
    }
}

static void
test_status_line_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new (NULL);

      append_line (input, "HTTP/1.1 204 ", MSA_MAX_HEADER_LINE_BYTES + over);
      g_string_append (input, "\r\n");
      assert_big (input, over == 0);
    }
}

/* Whether or not all of it comes at once, it is no HTTP, and not a line that is too long. */
static void
test_long_line_of_other_protocol (void)
{
  static const gsize steps[] = { 0, 5000 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GString) input = g_string_new (NULL);
      g_autofree char *text = NULL;

      append_line (input, "SSH-2.0-", MSA_MAX_HEADER_LINE_BYTES + 1);
      text = run_big (input, steps[i]);
      g_assert_cmpstr (text, ==, "bad-reply");
    }
}

static void
test_folded_field_limit (void)
{
  g_autoptr (GString) input = g_string_new ("HTTP/1.1 204 X\r\nA: b\r\n");

  append_line (input, " ", MSA_MAX_HEADER_LINE_BYTES / 2);
  append_line (input, " ", MSA_MAX_HEADER_LINE_BYTES / 2);
  append_line (input, " ", 10);
  g_string_append (input, "\r\n");
  assert_big (input, FALSE);
}

static void
test_head_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new ("HTTP/1.1 204 X\r\n");

      while (MSA_MAX_HEAD_BYTES - input->len > 60000)
        append_line (input, "A: ", 50000);
      append_line (input, "A: ", MSA_MAX_HEAD_BYTES - input->len - 2 + over);
      g_string_append (input, "\r\n");
      assert_big (input, over == 0);
    }
}

/* Each head has the whole of it. */
static void
test_head_limit_after_interim (void)
{
  g_autoptr (GString) input = g_string_new (NULL);

  for (guint status = 103; status <= 204; status += 101)
    {
      g_string_append_printf (input, "HTTP/1.1 %u X\r\n", status);
      for (guint i = 0; i < 4; i++)
        append_line (input, "A: ", 50000);
      g_string_append (input, "\r\n");
    }
  assert_big (input, TRUE);
}

/* What is too long is refused before its end comes. */
static void
test_endless_lines (void)
{
  static const struct
  {
    const char *start;
    const char *line;
    gsize       max_bytes;
  } lines[] = {
    { "", "HTTP/1.1 200 ", MSA_MAX_HEADER_LINE_BYTES },
    { HEAD, "A: ", MSA_MAX_HEADER_LINE_BYTES },
    { CHUNKED, "1;", MSA_MAX_CHUNK_LINE_BYTES },
    { CHUNKED "0\r\n", "A: ", MSA_MAX_TRAILER_LINE_BYTES },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    for (guint missing = 0; missing < 2; missing++)
      {
        g_autoptr (GString) input = g_string_new (lines[i].start);
        g_autofree gchar *text = NULL;

        g_string_append (input, lines[i].line);
        while (input->len < strlen (lines[i].start) + lines[i].max_bytes - missing)
          g_string_append_c (input, 'x');
        text = run_big (input, 0);
        g_assert_true (g_str_has_suffix (text, missing == 0 ? "too-large" : "more"));
      }
}

static void
test_field_count_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new ("HTTP/1.1 204 X\r\n");

      for (guint i = 0; i < MSA_MAX_HEADER_FIELDS + over; i++)
        g_string_append (input, "A: b\r\n");
      g_string_append (input, "\r\n");
      assert_big (input, over == 0);
    }
}

static void
test_interim_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new (NULL);

      for (guint i = 0; i < MSA_MAX_INTERIM_HEADS + over; i++)
        g_string_append (input, "HTTP/1.1 100 C\r\n\r\n");
      g_string_append (input, "HTTP/1.1 204 X\r\n\r\n");
      assert_big (input, over == 0);
    }
}

static void
test_chunk_line_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new (CHUNKED);

      append_line (input, "1;", MSA_MAX_CHUNK_LINE_BYTES + over);
      g_string_append (input, "h\r\n0\r\n\r\n");
      assert_big (input, over == 0);
    }
}

static void
test_trailer_line_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new (CHUNKED "0\r\n");

      append_line (input, "A: ", MSA_MAX_TRAILER_LINE_BYTES + over);
      g_string_append (input, "\r\n");
      assert_big (input, over == 0);
    }
}

static void
test_trailers_limit (void)
{
  for (guint over = 0; over < 2; over++)
    {
      g_autoptr (GString) input = g_string_new (CHUNKED "0\r\n");
      gsize end = input->len + MSA_MAX_TRAILER_BYTES - 2 + over;

      while (end - input->len > 4000)
        append_line (input, "A: ", 3000);
      append_line (input, "A: ", end - input->len);
      g_string_append (input, "\r\n");
      assert_big (input, over == 0);
    }
}

/* --- The rest of the interface --- */

static void
test_raw_left (void)
{
  MsaHttp1Parser *parser = msa_http1_parser_new ();
  static const char text[] = HEAD "Content-Length: 10\r\n\r\nabc";
  MsaCursor input = msa_cursor (text, strlen (text));

  g_assert_cmpuint (msa_http1_parser_get_raw_left (parser), ==, 0);
  g_assert_cmpint (msa_http1_parser_next (parser, &input, NULL), ==, MSA_HTTP1_HEAD);
  g_assert_cmpuint (msa_http1_parser_get_raw_left (parser), ==, 10);
  g_assert_cmpint (msa_http1_parser_next (parser, &input, NULL), ==, MSA_HTTP1_DATA);
  g_assert_cmpuint (msa_http1_parser_get_raw_left (parser), ==, 7);
  msa_http1_parser_skip_raw (parser, 6);
  g_assert_cmpint (msa_http1_parser_next (parser, &input, NULL), ==, MSA_HTTP1_MORE);
  msa_http1_parser_skip_raw (parser, 1);
  g_assert_cmpuint (msa_http1_parser_get_raw_left (parser), ==, 0);
  g_assert_false (msa_http1_parser_needs_bytes (parser));
  g_assert_cmpint (msa_http1_parser_next (parser, &input, NULL), ==, MSA_HTTP1_END);
  g_assert_cmpint (msa_http1_parser_next (parser, &input, NULL), ==, MSA_HTTP1_END);

  msa_http1_parser_free (parser);
}

static void
test_failure_stays (void)
{
  MsaHttp1Parser *parser = msa_http1_parser_new ();
  MsaCursor input = msa_cursor ("nonsense\r\n", 10);
  MsaCursor good = msa_cursor (HEAD "\r\n", strlen (HEAD "\r\n"));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (msa_http1_parser_next (parser, i == 0 ? &input : &good, &error), ==,
                       MSA_HTTP1_ERROR);
      g_assert_error (error, MSA_ERROR, MSA_ERROR_BAD_REPLY);
      g_assert_nonnull (strstr (error->message, "“nonsense”"));
    }
  g_assert_cmpint (msa_http1_parser_eof (parser, 0, NULL), ==, MSA_HTTP1_ERROR);

  msa_http1_parser_start (parser, FALSE);
  g_assert_cmpint (msa_http1_parser_next (parser, &good, NULL), ==, MSA_HTTP1_HEAD);
  msa_http1_parser_free (parser);
}

/* Bytes that the parser was never given are not nothing. */
static void
test_end_before_the_first_byte (void)
{
  static const struct
  {
    gsize n_left;
    MsaError code;
  } rows[] = { { 0, MSA_ERROR_EMPTY_REPLY }, { 1, MSA_ERROR_TRUNCATED } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      MsaHttp1Parser *parser = msa_http1_parser_new ();
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (msa_http1_parser_eof (parser, rows[i].n_left, &error), ==, MSA_HTTP1_ERROR);
      g_assert_error (error, MSA_ERROR, (int) rows[i].code);
      msa_http1_parser_free (parser);
    }
}

static void
test_head_is_stolen (void)
{
  MsaHttp1Parser *parser = msa_http1_parser_new ();
  MsaCursor input = msa_cursor (HEAD "A: b\r\n\r\n", strlen (HEAD "A: b\r\n\r\n"));
  g_autoptr (MsaHeaders) headers = NULL;
  char *reason;

  g_assert_cmpint (msa_http1_parser_next (parser, &input, NULL), ==, MSA_HTTP1_HEAD);
  headers = g_steal_pointer (&msa_http1_parser_get_head (parser)->headers);
  reason = g_steal_pointer (&msa_http1_parser_get_head (parser)->reason);
  g_assert_cmpint (msa_http1_parser_eof (parser, 0, NULL), ==, MSA_HTTP1_END);
  msa_http1_parser_free (parser);

  g_assert_cmpstr (msa_headers_get (headers, "a"), ==, "b");
  g_assert_cmpstr (reason, ==, "OK");
  msa_reason_free (reason);
  g_assert_false (msa_headers_append (headers, "C", "d", NULL));
}

static void
test_offending_value_is_escaped (void)
{
  MsaHttp1Parser *parser = msa_http1_parser_new ();
  g_autoptr (GString) text = g_string_new (HEAD "Content-Length: \\\xff");
  g_autoptr (GError) error = NULL;
  MsaCursor input;

  for (guint i = 0; i < 100; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, "\r\n\r\n");
  input = msa_cursor (text->str, text->len);

  g_assert_cmpint (msa_http1_parser_next (parser, &input, &error), ==, MSA_HTTP1_ERROR);
  g_assert_nonnull (strstr (error->message, "“\\x5c\\xffxxx"));
  g_assert_nonnull (strstr (error->message, "xxx...”"));
  g_assert_cmpuint (strlen (error->message), <, 120);
  msa_http1_parser_free (parser);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  MSA_TEST_ADD_ROWS ("/msa/http1-parser/status-line", status_lines, test_row);
  MSA_TEST_ADD_ROWS ("/msa/http1-parser/fields", fields, test_row);
  MSA_TEST_ADD_ROWS ("/msa/http1-parser/framing", framing, test_row);
  MSA_TEST_ADD_ROWS ("/msa/http1-parser/chunked", chunks, test_row);
  MSA_TEST_ADD_ROWS ("/msa/http1-parser/interim", interim, test_row);
  MSA_TEST_ADD_ROWS ("/msa/http1-parser/eof", ends, test_row);
  g_test_add_func ("/msa/http1-parser/limits/line", test_line_limit);
  g_test_add_func ("/msa/http1-parser/limits/status-line", test_status_line_limit);
  g_test_add_func ("/msa/http1-parser/limits/long-line-of-other-protocol",
                   test_long_line_of_other_protocol);
  g_test_add_func ("/msa/http1-parser/limits/folded-field", test_folded_field_limit);
  g_test_add_func ("/msa/http1-parser/limits/head", test_head_limit);
  g_test_add_func ("/msa/http1-parser/limits/head-after-interim", test_head_limit_after_interim);
  g_test_add_func ("/msa/http1-parser/limits/endless-lines", test_endless_lines);
  g_test_add_func ("/msa/http1-parser/limits/fields", test_field_count_limit);
  g_test_add_func ("/msa/http1-parser/limits/interim-heads", test_interim_limit);
  g_test_add_func ("/msa/http1-parser/limits/chunk-line", test_chunk_line_limit);
  g_test_add_func ("/msa/http1-parser/limits/trailer-line", test_trailer_line_limit);
  g_test_add_func ("/msa/http1-parser/limits/trailers", test_trailers_limit);
  g_test_add_func ("/msa/http1-parser/raw-left", test_raw_left);
  g_test_add_func ("/msa/http1-parser/failure-stays", test_failure_stays);
  g_test_add_func ("/msa/http1-parser/end-before-the-first-byte", test_end_before_the_first_byte);
  g_test_add_func ("/msa/http1-parser/head-is-stolen", test_head_is_stolen);
  g_test_add_func ("/msa/http1-parser/offending-value-is-escaped", test_offending_value_is_escaped);

  return g_test_run ();
}

/* msa-test-server.h: what the servers of the tests answer, and one of them on the loopback
 * interface
 *
 * The target of a request says what the answer is; see msa_test_answer(). The same answers are
 * given by the simulated server of a MsaTestWorld and by the real one here, which runs in threads
 * of its own on 127.0.0.1 at a port that is free, or at a Unix socket.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

typedef enum
{
  MSA_TEST_THEN_KEEP,  /* the connection is good for the next request */
  MSA_TEST_THEN_CLOSE,
  MSA_TEST_THEN_HOLD,  /* nothing more comes */
} MsaTestThen;

/* The answer to @target, without what follows a “?”:
 *   /size/N          200, N bytes of msa_test_fill()
 *   /chunked/N       the same in chunks
 *   /status/N        that status, the target as the body
 *   /interim         103, then 200
 *   /hang            none
 *   /head-only       a head that promises 10 bytes, and no more
 *   /part/N          a head that promises N bytes, and the first half of them
 *   /truncated/N     the same, then the end of the connection
 *   /empty           the end of the connection
 *   /bad             what is no HTTP
 *   others           200, the target as the body */
GString       *msa_test_answer (const char *target,
                                MsaTestThen *then) G_GNUC_WARN_UNUSED_RESULT;
/* Writes the bytes of a body from @offset on: no two neighbouring places are alike. */
void           msa_test_fill   (char *bytes,
                                gsize offset,
                                gsize len);
/* Fails the test unless it is the first @len of these bytes, and no others. */
void           msa_test_assert_fill (gconstpointer bytes,
                                     gsize size,
                                     gsize len);

typedef struct _MsaTestServer MsaTestServer;

MsaTestServer *msa_test_server_new            (void) G_GNUC_WARN_UNUSED_RESULT;
/* The same at a Unix socket. The path stays when the server has gone. */
MsaTestServer *msa_test_server_new_unix       (const char *path) G_GNUC_WARN_UNUSED_RESULT;
/* Ends all its connections. */
void           msa_test_server_free           (MsaTestServer *self);
guint16        msa_test_server_get_port       (MsaTestServer *self);
guint          msa_test_server_count_requests (MsaTestServer *self);

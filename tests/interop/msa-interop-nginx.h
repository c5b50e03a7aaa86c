/* msa-interop-nginx.h: nginx with a configuration for tests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "interop/msa-interop-server.h"
#include "msa-test-pki.h"

/* All serve the same. */
enum
{
  MSA_INTEROP_NGINX_PLAIN,
  MSA_INTEROP_NGINX_TLS,     /* for localhost and 127.0.0.1 */
  MSA_INTEROP_NGINX_TLS_1_2, /* the same; no later version */
  /* Its certificate is somebody else's. Requests are logged in "access.log". */
  MSA_INTEROP_NGINX_WRONG_NAME,
  MSA_INTEROP_NGINX_EXPIRED, /* the same, too old */
  MSA_INTEROP_NGINX_N_PORTS
};

/* The files of msa-interop-batch.h, and others, lie below
 *   /files/     as they are
 *   /ten/       ten requests a connection
 *   /brief/     a connection is closed as soon as it idles
 *   /chunked/   in chunks
 *   /slow/      at some 64 KiB a second
 *   /slow-chunked/  the same, in chunks
 *   /dav/       PUT and DELETE
 *   /refuse     403 without a look at the body
 *   /empty      204
 *   /files/large  MSA_INTEROP_NGINX_LARGE_BYTES zeros
 * X-Connection of a reply is the number of the connection, as the server counts. */
#define MSA_INTEROP_NGINX_LARGE_BYTES (64 * 1024 * 1024)

extern const MsaInteropKind msa_interop_nginx;

/* The CA's certificate is in the server's file "ca.pem". */
MsaInteropServer *msa_interop_nginx_start (MsaTestPki *pki) G_GNUC_WARN_UNUSED_RESULT;

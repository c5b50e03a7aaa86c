/* msa-interop-nginx.h: nginx with a configuration for tests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "interop/msa-interop-server.h"
#include "interop/msa-interop-web.h"
#include "msa-test-pki.h"

/* After those of msa-interop-web.h. */
enum
{
  /* Its certificate is somebody else's. Requests are logged in "access.log". */
  MSA_INTEROP_NGINX_WRONG_NAME = MSA_INTEROP_WEB_N_PORTS,
  MSA_INTEROP_NGINX_EXPIRED, /* the same, too old */
  MSA_INTEROP_NGINX_N_PORTS
};

/* Besides, below
 *   /ten/       ten requests a connection
 *   /brief/     a connection is closed as soon as it idles
 *   /starving/  as /slow/, but given up in the middle, in an orderly way
 *   /refuse     403 without a look at the body
 *   /empty      204
 * X-Connection is the number of the connection, as the server counts. */
/* Given a MsaTestPki. */
extern const MsaInteropKind msa_interop_nginx;

/* The CA's certificate is in the server's file "ca.pem". */
MsaInteropServer *msa_interop_nginx_start (MsaTestPki *pki) G_GNUC_WARN_UNUSED_RESULT;

/* msa-interop-httpd.h: Apache httpd with a configuration for tests
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
  MSA_INTEROP_HTTPD_TEN = MSA_INTEROP_WEB_N_PORTS, /* ten requests a connection */
  MSA_INTEROP_HTTPD_BRIEF,                         /* an idle connection is closed soon */
  MSA_INTEROP_HTTPD_N_PORTS
};

/* Besides, below
 *   /echo   what was sent
 * and of folders, pages that list them. X-Connection is the client's port. */
/* Given a MsaTestPki. */
extern const MsaInteropKind msa_interop_httpd;

/* The CA's certificate is in the server's file "ca.pem". */
MsaInteropServer *msa_interop_httpd_start (MsaTestPki *pki) G_GNUC_WARN_UNUSED_RESULT;

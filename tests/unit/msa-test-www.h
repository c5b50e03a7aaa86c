/* msa-test-www.h: an HTTP server over TLS on the simulation's network
 *
 * Answers each request with what it was made with. Lives as long as it is not freed; its
 * certificate is for www.test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-tls-config.h"
#include "sim/msa-sim.h"

typedef struct _MsaTestWww MsaTestWww;

/* Listens at @address, port 443. @reply: the bytes of an answer. */
MsaTestWww *msa_test_www_new        (MsaSim *sim,
                                                  const char *address,
                                                  const char *reply) G_GNUC_WARN_UNUSED_RESULT;
/* Its connections must have ended. */
void              msa_test_www_free       (MsaTestWww *self);
/* Trusts it. */
MsaTlsConfig     *msa_test_www_new_config (MsaTestWww *self) G_GNUC_WARN_UNUSED_RESULT;

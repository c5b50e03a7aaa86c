/* msa-tls-staple.c: whether a stapled status is worth something
 *
 * GnuTLS has checked that it is about the certificate, well signed and not outdated, and that it
 * does not say "revoked". But it takes the word of each authority that is trusted, and even of one
 * that comes along with the peer and calls itself as the issuer does; it takes "unknown" for good;
 * and it does not look whether the time of a status has come.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-verify-private.h"

#include "base/msa-limits-private.h"

#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

/* What the clocks of an authority and ours may differ. */
#define CLOCK_LEEWAY_S (5 * 60)

/* What the peer sent, and whom we trust. */
typedef struct
{
  gnutls_session_t session; /* (unowned) */
  gnutls_x509_trust_list_t trusted; /* (unowned) */
  const gnutls_datum_t *chain; /* (unowned) */
  guint n_chain;
  gnutls_x509_crt_t crts[MSA_MAX_PEER_CHAIN]; /* (owned): the same, when needed */
  guint n_crts;
  MsaSys                  *sys;     /* (unowned): gives the time */
} Stapled;

/* Also of an issuer whose time is over: that is the business of the chain. */
static gboolean
has_signed (gnutls_x509_crt_t issuer,
            gnutls_x509_crt_t crt)
{
  guint status = 1;

  if (gnutls_x509_crt_check_issuer (crt, issuer) == 0)
    return FALSE;
  if (gnutls_x509_crt_verify (crt, &issuer, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) < 0)
    return FALSE;
  return status == 0;
}

/* The issuer itself, or one whom it certified for this and whose certificate is in the response
 * (RFC 6960, 4.2.2.2). */
static gboolean
speaks_for (gnutls_x509_crt_t issuer,
            gnutls_x509_crt_t crt,
            gnutls_ocsp_resp_t response)
{
  guint status = 1;

  return has_signed (issuer, crt) &&
         gnutls_ocsp_resp_verify_direct (response, issuer, &status, 0) >= 0 && status == 0;
}

static gboolean
is_from_issuer (Stapled *self,
                gnutls_x509_crt_t crt,
                gnutls_ocsp_resp_t response)
{
  gnutls_x509_crt_t issuer;
  gboolean speaks;
  guint i;

  for (i = 0; i < self->n_crts; i++)
    if (speaks_for (self->crts[i], crt, response))
      return TRUE;

  if (gnutls_x509_trust_list_get_issuer (self->trusted, crt, &issuer, GNUTLS_TL_GET_COPY) < 0)
    return FALSE;
  speaks = speaks_for (issuer, crt, response);
  gnutls_x509_crt_deinit (issuer);
  return speaks;
}

static gboolean
is_of_the_future (Stapled *self,
                  time_t since)
{
  return (gint64) since - CLOCK_LEEWAY_S > self->sys->ops->real_us (self->sys) / G_USEC_PER_SEC;
}

static const char *
judge (Stapled *self,
       gnutls_x509_crt_t crt,
       gnutls_ocsp_resp_t response)
{
  guint status = GNUTLS_OCSP_CERT_UNKNOWN;
  time_t since = (time_t) -1;

  if (gnutls_ocsp_resp_get_single (response, 0, NULL, NULL, NULL, NULL, &status, &since, NULL,
                                   NULL, NULL) < 0 ||
      since == (time_t) -1)
    return "unreadable stapled status";
  if (status == GNUTLS_OCSP_CERT_UNKNOWN)
    return "unknown to the authority that staples";
  if (is_of_the_future (self, since))
    return "stapled status from the future";
  if (!is_from_issuer (self, crt, response))
    return "stapled status that is not its issuer's";
  return NULL;
}

static gboolean
import_chain (Stapled *self)
{
  guint i;

  for (i = 0; i < self->n_chain; i++)
    {
      if (gnutls_x509_crt_init (&self->crts[i]) < 0)
        return FALSE;
      self->n_crts++;
      if (gnutls_x509_crt_import (self->crts[i], &self->chain[i], GNUTLS_X509_FMT_DER) < 0)
        return FALSE;
    }
  return TRUE;
}

/* A response without a status ("try later") counts as none: GnuTLS minds it where there has to be
 * one. */
static const char *
judge_status_of (Stapled *self,
                 guint index)
{
  gnutls_datum_t datum = { NULL, 0 };
  gnutls_ocsp_resp_t response;
  const char *objection = NULL;

  if (gnutls_ocsp_status_request_get2 (self->session, index, &datum) < 0)
    return NULL;
  if (self->n_crts == 0 && !import_chain (self))
    return "a certificate that cannot be read";
  if (gnutls_ocsp_resp_init (&response) < 0)
    return "no memory to read its status";

  if (gnutls_ocsp_resp_import (response, &datum) < 0)
    objection = "unreadable stapled status";
  else if (gnutls_ocsp_resp_get_status (response) == GNUTLS_OCSP_RESP_SUCCESSFUL)
    objection = judge (self, self->crts[index], response);
  gnutls_ocsp_resp_deinit (response);
  return objection;
}

/* In TLS 1.3 each certificate may have a status. */
const char *
msa_tls_staple_object (gnutls_session_t session,
                       gnutls_certificate_credentials_t credentials,
                       MsaSys *sys)
{
  Stapled self = { .session = session, .sys = sys };
  const char *objection = NULL;
  guint i;

  gnutls_certificate_get_trust_list (credentials, &self.trusted);
  self.chain = gnutls_certificate_get_peers (session, &self.n_chain);
  if (self.chain == NULL)
    return "a chain that cannot be read";
  self.n_chain = MIN (self.n_chain, MSA_MAX_PEER_CHAIN);
  for (i = 0; objection == NULL && i < self.n_chain; i++)
    objection = judge_status_of (&self, i);

  for (i = 0; i < self.n_crts; i++)
    gnutls_x509_crt_deinit (self.crts[i]);
  return objection;
}
